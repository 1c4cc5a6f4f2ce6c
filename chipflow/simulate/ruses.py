"""Schemes that take more trouble to hide than the usual ones of :mod:`schemes`."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from chipflow.simulate import market
from chipflow.simulate.scene import Calendar, Lot, Scene
from chipflow.simulate.schemes import SCHEMES, VANISHED, Play, _through_one_company

MIDDLE_COMPANIES = 4  # of a chain of four
RETURN_TRADERS = ("TW", "SG", "MY", "KR", "JP", "NL", "DE", "AE")  # where returned lots go


def alias(scene: Scene) -> None:
    """One shell buys under one name and sells under another one, or mixes the two."""
    rng = scene.rng
    calendar = scene.calendar(1, int(rng.integers(3, 9)))
    country = scene.hub()
    shell = scene.shell(country, calendar.start)
    second = scene.firms.found_alias(shell)
    sellers = scene.sellers(int(rng.integers(1, 3)), calendar.start, country)
    buyers = scene.chinese_buyers(int(rng.integers(1, 4)), calendar.start)
    scene.steps = [sellers, [shell, second], buyers]
    mixes = float(rng.choice([0.0, 0.0, rng.uniform(0.05, 0.4)]))
    lots: list[Lot] = []
    for day in calendar.days:
        name = second if rng.random() < mixes else shell
        lots += scene.buy(_on(calendar, day), sellers, name)
    for lot in scene.hand_on(lots):
        name = shell if rng.random() < mixes else second
        scene.sell_on(lot, name, scene.draw(buyers), "final")


def sent_back(scene: Scene) -> None:
    """The shell sends the goods back, and whoever takes them back sells them on.

    They go to the seller or to a trader in another country under the words of returns, and
    from there to China, some by way of one more company.
    """
    rng = scene.rng
    once_more = bool(rng.random() < 0.5)
    calendar = scene.calendar(3 if once_more else 2, int(rng.integers(3, 7)))
    country = scene.hub()
    shell = scene.shell(country, calendar.start)
    sellers = scene.sellers(1, calendar.start, country)
    there = scene.one_of([code for code in RETURN_TRADERS if code != country])
    takes_back = scene.shell(there, calendar.start)
    if once_more and rng.random() < 0.5 and scene.country_of(sellers[0]) != country:
        takes_back = sellers[0]
    buyers = scene.chinese_buyers(int(rng.integers(1, 4)), calendar.start)
    scene.steps = [sellers, [shell], [takes_back], buyers]
    words = scene.one_of((*market.REPAIR_WORDS_OUT, "{} RETURNED GOODS", "{} SALES RETURN"))
    price = float(rng.uniform(0.1, 1.0))
    back = scene.hand_on(scene.buy(calendar, sellers, shell))
    for lot in back:
        said = words if rng.random() < 0.8 else "{}"
        vague = bool(rng.random() < 0.5 * scene.relabels)
        scene.ship(lot, shell, takes_back, "middle", vague=vague, price=price, words=said)
    last, stock = takes_back, back
    if once_more:
        last = scene.shell(scene.hub(scene.country_of(takes_back)), calendar.start)
        scene.steps.insert(3, [last])
        stock = scene.hand_on(back)
        for lot in stock:
            scene.sell_on(lot, takes_back, last, "middle")
    for lot in scene.hand_on(stock):
        scene.sell_on(lot, last, scene.draw(buyers), "final")


def swapped(scene: Scene) -> None:
    """What leaves is cut anew out of several lots: no lot out has the size of a lot in."""
    scene.pools = True
    if not scene.hard:
        scene.stays = float(scene.rng.choice([0.0, scene.rng.uniform(0.0, 0.15)]))
    _through_one_company(scene, lots=int(scene.rng.integers(4, 11)))


def transit(scene: Scene) -> None:
    """The shell's goods never enter its country: they pass through a port of another one."""
    rng = scene.rng
    calendar = scene.calendar(1, int(rng.integers(3, 9)))
    country = scene.hub()
    port = scene.hub(country)
    shell = scene.shell(country, calendar.start)
    sellers = scene.sellers(int(rng.integers(1, 3)), calendar.start, country, port)
    buyers = scene.chinese_buyers(int(rng.integers(1, 4)), calendar.start)
    scene.steps = [sellers, [shell], buyers]
    # Some papers on the way in name the port, the others the country of the buyer.
    bought = scene.buy(calendar, sellers, shell, lands=port if rng.random() < 0.6 else "")
    for lot in scene.hand_on(bought):
        scene.sell_on(lot, shell, scene.draw(buyers), "final", leaves=port)


def chain_of_four(scene: Scene) -> None:
    """Seller -> four companies, each in another country than the one before -> China."""
    rng = scene.rng
    calendar = scene.calendar(MIDDLE_COMPANIES, int(rng.integers(3, 6)))
    places = [scene.hub()]
    while len(places) < MIDDLE_COMPANIES:
        places.append(scene.hub(places[-1]))
    chain = [scene.shell(place, calendar.start) for place in places]
    sellers = scene.sellers(int(rng.integers(1, 3)), calendar.start, places[0])
    buyers = scene.chinese_buyers(int(rng.integers(1, 4)), calendar.start)
    scene.steps = [sellers, *([company] for company in chain), buyers]
    lots = scene.hand_on(scene.buy(calendar, sellers, chain[0]))
    for gives, takes in pairwise(chain):
        for lot in lots:
            scene.sell_on(lot, gives, takes, "middle")
        lots = scene.hand_on(lots)
    for lot in lots:
        scene.sell_on(lot, chain[-1], scene.draw(buyers), "final")


def vanished(scene: Scene) -> None:
    """A new company in a third country buys in large lots; no record says where they went."""
    rng = scene.rng
    calendar = scene.calendar(1, int(rng.integers(2, 8)))
    country = scene.hub()
    opens = calendar.start - int(rng.integers(10, 150))
    shell = scene.firms.found(rng, country, kind="trader", opens=opens)
    sellers = scene.sellers(int(rng.integers(1, 3)), calendar.start, country)
    scene.steps = [sellers, [shell]]
    scene.buy(calendar, sellers, shell, factor=float(rng.uniform(1.0, 4.0)))


def _on(calendar: Calendar, day: int) -> Calendar:
    return replace(calendar, days=[day])


#: Kinds beside the usual ones.
RUSES: dict[str, Play] = {
    "alias": alias,
    "sent_back": sent_back,
    "swapped": swapped,
    "transit": transit,
    "chain_of_four": chain_of_four,
    VANISHED: vanished,
}

#: Kinds whose route is in the records, so that a method can be asked to find it.
FINDABLE = frozenset(SCHEMES | RUSES) - {VANISHED}
