"""Innocent trade that looks like a scheme, and why it is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chipflow.simulate import market, schemes
from chipflow.simulate.market import N_DAYS, Item
from chipflow.simulate.scene import WAIT_DAYS, Scene

# Days before the calendar's end by which a look-alike has begun, so that it has time to show.
LATEST_START_DAYS = 330


def before_rule(scene: Scene) -> None:
    """The shape of a scheme, with chips that were free to go to China on those days."""
    rng = scene.rng
    scene.relabels = float(rng.choice([0.0, 0.0, rng.uniform(0.0, 0.3)]))
    shape = rng.random()
    if shape < 0.5:
        schemes._through_one_company(scene, int(rng.integers(3, 9)), lawful=True)
    elif shape < 0.75:
        schemes._through_two_companies(scene, int(rng.integers(2, 6)), lawful=True)
    else:
        schemes._split(scene, lawful=True)


def cloud_builder(scene: Scene) -> None:
    """Buys many lots and keeps them; sends ordinary goods out."""
    rng = scene.rng
    country = scene.one_of(("MY", "SG", "IN", "TH", "ID", "AE"), (40, 25, 15, 8, 7, 5))
    calendar = scene.calendar(0, int(rng.integers(6, 16)))
    builder = scene.firms.found(rng, country, kind="user", opens=calendar.start - 200)
    sellers = scene.sellers(int(rng.integers(1, 4)), calendar.start, country)
    scene.steps = [sellers, [builder]]
    scene.lot_factor *= 2
    scene.buy(calendar, sellers, builder)
    last = min(N_DAYS - 1, calendar.days[-1] + 60)
    scene.freight(builder, int(rng.integers(4, 13)), (calendar.start, last), 0.35)


def consumer_cards(scene: Scene) -> None:
    """A distributor of gaming cards, most of which go to China, where they may go."""
    rng = scene.rng
    country = scene.one_of(("SG", "AE", "MY", "TW", "VN", "TH"), (35, 20, 15, 15, 8, 7))
    dealer = scene.firms.found(rng, country, kind="trader", opens=int(rng.integers(-300, 200)))
    start = int(rng.integers(0, N_DAYS - LATEST_START_DAYS))
    span = int(rng.integers(120, LATEST_START_DAYS - 60))
    scene.longest_wait = WAIT_DAYS[1]
    sold = [item for item in market.items() if item.consumer and item.barred >= N_DAYS]
    home = ("CN", "TW", "VN", "KR")
    makers = [
        scene.firms.pick(rng, scene.one_of([c for c in home if c != country]), ("maker", "trader"))
        for _ in range(int(rng.integers(1, 4)))
    ]
    buyers = scene.chinese_buyers(int(rng.integers(2, 5)), start)
    abroad = [
        scene.firms.pick(rng, code, ("trader", "user"))
        for code in ("IN", "ID", "PH", "AU", "TR")
        if code != country
    ][: int(rng.integers(1, 5))]
    scene.steps = [makers, [dealer], buyers]
    scene.markup = float(rng.uniform(1.02, 1.15))
    lots = []
    for day in sorted(int(start + rng.integers(0, span)) for _ in range(rng.integers(5, 13))):
        on_sale = [item for item in sold if item.sold[0] <= day <= item.sold[1]]
        item = on_sale[int(rng.integers(len(on_sale)))]
        maker = scene.draw(makers)
        lots.append(
            scene.ship(scene.lot(day, item, scene.country_of(maker)), maker, dealer, "source")
        )
    for lot in scene.hand_on(lots):
        if rng.random() < 0.75:
            scene.ship(lot, dealer, scene.draw(buyers), "final", price=scene.markup)
        else:
            scene.ship(lot, dealer, scene.draw(abroad), "other", price=scene.markup)


def repairs(scene: Scene) -> None:
    """Cards of a Chinese owner go to a repair centre and come back, some by way of the maker."""
    rng = scene.rng
    country = scene.one_of(("SG", "MY"))
    centre = scene.firms.found(rng, country, kind="trader", opens=int(rng.integers(-300, 200)))
    start = int(rng.integers(0, N_DAYS - LATEST_START_DAYS))
    span = int(rng.integers(150, LATEST_START_DAYS - 110))
    scene.longest_wait = WAIT_DAYS[1]
    owners = scene.chinese_buyers(int(rng.integers(1, 4)), start)
    maker = scene.sellers(1, start, country)
    scene.steps = [owners, [centre], maker]
    # Only chips that were free to go to China at some time can be there to be repaired.
    sold = [
        item
        for item in market.items()
        if item.form != "server" and not item.consumer and item.barred > item.sold[0]
    ]
    for day in sorted(int(start + rng.integers(0, span)) for _ in range(rng.integers(5, 12))):
        item = _bought_before(sold, day, rng)
        owner = scene.draw(owners)
        lot = scene.lot(day, item, scene.one_of(("TW", "CN")), factor=0.25)
        price = float(rng.choice([rng.uniform(0.03, 0.3), rng.uniform(0.7, 1.0)]))
        sent = scene.one_of(market.REPAIR_WORDS_OUT)
        back = scene.one_of(market.REPAIR_WORDS_BACK)
        scene.ship(lot, owner, centre, "source", price=price, words=sent)
        if rng.random() < 0.4:
            for there in (True, False):
                lot = replace(lot, day=lot.day + scene.wait(25))
                ends = (centre, maker[0]) if there else (maker[0], centre)
                words = sent if there else back
                scene.ship(lot, *ends, "middle", price=price, words=words)
        lot = replace(lot, day=lot.day + scene.wait())
        scene.ship(lot, centre, owner, "final", price=price, words=back)


def _bought_before(sold: list[Item], day: int, rng: np.random.Generator) -> Item:
    there = [item for item in sold if item.sold[0] <= day]
    return there[int(rng.integers(len(there)))]


def forwarder_consignee(scene: Scene) -> None:
    """A forwarder is named as consignee for users in its country, and ships freight of others."""
    rng = scene.rng
    country = scene.one_of(("SG", "AE", "MY"), (45, 25, 30))
    calendar = scene.calendar(0, int(rng.integers(4, 11)))
    forwarder = scene.firms.found(
        rng, country, kind="trader", opens=min(0, calendar.start - 300), family="machinery"
    )
    sellers = scene.sellers(int(rng.integers(1, 4)), calendar.start, country)
    scene.steps = [sellers, [forwarder]]
    scene.buy(calendar, sellers, forwarder)
    first = max(0, calendar.start - 90)
    last = min(N_DAYS - 1, calendar.days[-1] + 90)
    scene.freight(forwarder, int(rng.integers(10, 26)), (first, last), 0.4)


LOOKALIKES: dict[str, schemes.Play] = {
    "before_rule": before_rule,
    "cloud_builder": cloud_builder,
    "consumer_cards": consumer_cards,
    "repairs": repairs,
    "forwarder_consignee": forwarder_consignee,
}
