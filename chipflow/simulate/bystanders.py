"""More innocent trade that looks like a scheme: vague words, dense goods, assembly, licences."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from chipflow.simulate import market, schemes
from chipflow.simulate.lookalikes import LATEST_START_DAYS
from chipflow.simulate.market import N_DAYS, Item
from chipflow.simulate.scene import Lot, Scene

# Goods as dense in value as accelerators that no rule keeps from China: form, kg, USD, codes,
# words. Rough figures of the trade, invented like all of the simulator's.
_DENSE = (
    ("card", (0.6, 3.0), (2500, 16000), "903082|903090", "PROBE CARD|PROBE CARD ASSEMBLY"),
    ("card", (0.9, 2.4), (3000, 12000), "903090|853400", "LOAD BOARD FOR IC TESTER|TEST BOARD"),
    ("card", (0.7, 1.5), (2500, 9500), "854239|847180", "FPGA ACCELERATOR BOARD|FPGA BOARD PCIE"),
    ("card", (0.08, 0.14), (900, 9000), "854231", "CPU EPYC 9654 TRAY|CPU XEON PLATINUM TRAY"),
    ("board", (1.2, 4.0), (4000, 22000), "903090", "PIN ELECTRONICS BOARD|ATE INSTRUMENT MODULE"),
    ("server", (9.0, 16.0), (7000, 32000), "851762", "ETHERNET SWITCH 400G 32 PORT"),
    ("server", (24.0, 52.0), (9000, 70000), "847170|847180", "ALL FLASH STORAGE ARRAY"),
)

_ASSEMBLY_OUT = ("{} FOR ASSEMBLY", "{} FOR PROCESSING AND RETURN", "BARE BOARD {}", "{}")
_ASSEMBLY_BACK = ("{} ASSEMBLED", "{} AFTER PROCESSING", "{} FINISHED GOODS", "{}")
_LICENCES = (
    "{{}} LICENSE NO D{}",
    "{{}} EXPORT LICENCE D{}",
    "{{}} UNDER BIS LICENSE D{}",
    "{{}} LIC D{}",
)
_ASSEMBLY_LOSS = 0.07  # most that is scrapped on the way through a works


@cache
def dense_items() -> tuple[Item, ...]:
    """Return dense innocent goods in the form of items; they hold no chip."""
    return tuple(
        Item(
            chip="",
            form=form,
            chips=1,
            kg=kg,
            usd=usd,
            sold=(0, N_DAYS - 1),
            barred=N_DAYS,
            consumer=False,
            honest=0.0,
            smuggled=0.0,
            hs=tuple(codes.split("|")),
            texts=tuple(texts.split("|")),
        )
        for form, kg, usd, codes, texts in _DENSE
    )


def vague_lawful(scene: Scene) -> None:
    """Chips that were free to go to China on those days, under words that do not name them."""
    scene.deals_in = tuple(item for item in market.items() if item.barred - item.sold[0] > 150)
    _pass_through(scene, scene.rng.uniform(0.6, 1.0))


def dense_goods(scene: Scene) -> None:
    """Test boards, processors and the like that pass through a third country to China."""
    scene.deals_in = dense_items()
    _pass_through(scene, float(scene.rng.choice([0.0, scene.rng.uniform(0.0, 1.0)])))


def _pass_through(scene: Scene, relabels: float) -> None:
    rng = scene.rng
    scene.relabels = float(relabels)
    shape = rng.random()
    if shape < 0.6:
        schemes._through_one_company(scene, int(rng.integers(3, 9)), lawful=True)
    elif shape < 0.8:
        schemes._through_two_companies(scene, int(rng.integers(2, 6)), lawful=True)
    else:
        schemes._split(scene, lawful=True)


def board_assembly(scene: Scene) -> None:
    """A trader has boards assembled in China: they come back and are sold elsewhere."""
    rng = scene.rng
    country = scene.one_of(("TW", "SG", "MY", "VN", "TH"), (35, 25, 20, 10, 10))
    start = int(rng.integers(0, N_DAYS - LATEST_START_DAYS))
    span = int(rng.integers(100, LATEST_START_DAYS - 200))
    opens = start - int(rng.integers(20, 500))
    trader = scene.firms.found(rng, country, kind="trader", opens=opens)
    sellers = scene.sellers(int(rng.integers(1, 3)), start, country)
    works = scene.chinese_buyers(int(rng.integers(1, 3)), start)
    abroad = [code for code in ("US", "JP", "DE", "IN", "GB", "KR") if code != country]
    users = [scene.firms.pick(rng, code, ("user", "trader"), opens=start) for code in abroad[:4]]
    scene.steps = [sellers, [trader], works]
    sold = [item for item in market.items() if item.form != "server"]
    out, back = scene.one_of(_ASSEMBLY_OUT), scene.one_of(_ASSEMBLY_BACK)
    price = float(rng.uniform(0.3, 0.95))
    lots: list[Lot] = []
    for day in sorted(int(start + rng.integers(0, span)) for _ in range(rng.integers(3, 9))):
        there = [item for item in sold if item.sold[0] <= day]
        item = there[int(rng.integers(len(there)))]
        lot = scene.lot(day, item, scene.one_of(("TW", "US", "KR")))
        lots.append(scene.ship(lot, scene.draw(sellers), trader, "source", price=price))
    finished = []
    for lot in scene.hand_on(lots):
        firm = scene.draw(works)
        scene.ship(lot, trader, firm, "final", price=price, words=out)
        kept = max(1, round(lot.quantity * (1 - rng.uniform(0, _ASSEMBLY_LOSS))))
        done = replace(lot, day=lot.day + scene.wait(60), quantity=kept, origin="CN")
        finished.append(scene.ship(done, firm, trader, "other", words=back))
    for lot in finished:
        later = replace(lot, day=lot.day + scene.wait(30))
        if rng.random() < 0.8:
            scene.ship(later, trader, scene.draw(users), "other", price=scene.markup)


def licensed_direct(scene: Scene) -> None:
    """Sales of restricted chips straight to China whose papers quote a licence."""
    rng = scene.rng
    calendar = scene.calendar(0, int(rng.integers(2, 8)))
    sellers = scene.sellers(int(rng.integers(1, 3)), calendar.start)
    buyers = scene.chinese_buyers(int(rng.integers(1, 3)), calendar.start)
    scene.steps = [sellers, buyers]
    quotes = scene.one_of(_LICENCES)
    licences = [quotes.format(number) for number in rng.integers(1_000_000, 9_999_999, 2)]
    for day in calendar.days:
        seller = scene.draw(sellers)
        item = calendar.items[int(rng.integers(len(calendar.items)))]
        lot = scene.lot(day, item, scene.made_in(seller))
        scene.ship(lot, seller, scene.draw(buyers), "final", words=scene.one_of(licences))


def honest_sideline(scene: Scene) -> None:
    """A shell and its Chinese buyers also trade in goods that nobody restricts.

    Ordinary computer goods go the way of the scheme, through the same hands and in the same
    months. In a world without schemes the trader is an honest one.
    """
    rng, firms = scene.rng, scene.firms
    start = int(rng.integers(0, N_DAYS - LATEST_START_DAYS))
    if firms.routes:
        middle, buyers = firms.routes[int(rng.integers(len(firms.routes)))]
        trader = scene.draw(middle)
        start = max(0, min(firms.opens[trader], N_DAYS - LATEST_START_DAYS))
    else:
        trader = firms.found(rng, scene.hub(), kind="trader", opens=start - 100)
        buyers = scene.chinese_buyers(2, start)
    country = scene.country_of(trader)
    origins = ("CN", "TW", "US", "MY", "KR")
    sellers = [
        firms.pick(rng, code, ("maker", "trader"), opens=start)
        for code in origins
        if code != country
    ]
    scene.steps = [sellers, [trader], buyers]
    span = int(rng.integers(60, LATEST_START_DAYS - 120))
    lots: list[Lot] = []
    for day in sorted(int(start + rng.integers(0, span)) for _ in range(rng.integers(3, 10))):
        seller = scene.draw(sellers)
        lot = scene.lot(day, scene.draw_item(ordinary_items()), scene.country_of(seller))
        lots.append(scene.ship(lot, seller, trader, "source"))
    for lot in scene.hand_on(lots):
        scene.ship(lot, trader, scene.draw(buyers), "final", price=scene.markup)


@cache
def ordinary_items() -> tuple[Item, ...]:
    """Return ordinary computer goods of the table of goods in the form of items."""
    goods = market.goods()
    plain = len(goods.names) - len(market.items())
    wanted = [
        at
        for at in range(plain)
        if goods.family[at] == "computing" and goods.names[at] != "test boards"
    ]
    return tuple(
        Item(
            chip="",
            form="server" if goods.unit[at] != "PCS" else "card",
            chips=1,
            kg=_around(float(goods.kg[at]), float(goods.kg_sd[at])),
            usd=_around(float(goods.usd[at]), float(goods.usd_sd[at])),
            sold=(0, N_DAYS - 1),
            barred=N_DAYS,
            consumer=True,
            honest=0.0,
            smuggled=0.0,
            hs=tuple(goods.hs[goods.hs_first[at] :][: goods.hs_count[at]]),
            texts=tuple(goods.texts[goods.text_first[at] :][: goods.text_count[at]]),
        )
        for at in wanted
    )


def _around(log: float, spread: float) -> tuple[float, float]:
    return float(np.exp(log - spread)), float(np.exp(log + spread))


BYSTANDERS: dict[str, schemes.Play] = {
    "vague_lawful": vague_lawful,
    "dense_goods": dense_goods,
    "board_assembly": board_assembly,
    "licensed_direct": licensed_direct,
    "honest_sideline": honest_sideline,
}
