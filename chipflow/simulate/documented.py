"""Forms of documented cases, and the innocent trade that looks like each.

The shapes are those of public cases (court papers, investigations): what the goods were called on
which leg, in which lots, by which kinds of companies. Days, weights, prices and waits are
assumptions and are drawn anew every time.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from chipflow.simulate import market
from chipflow.simulate.lookalikes import LATEST_START_DAYS
from chipflow.simulate.market import N_DAYS, Item, day_number
from chipflow.simulate.scene import Lot, Scene
from chipflow.simulate.schemes import Play

#: Where goods of the common high priority list go on to, and by which countries.
RUSSIA = "RU"
BY_COUNTRIES = (("TR", "KZ", "AE", "HK", "IN"), (30, 20, 20, 20, 10))
SANCTIONS_BEGIN = day_number("2022-02-24")

WHOLE_LOTS = 0.8  # share of lots that go on with all their pieces
BOARD_KG, BOARD_SHARE = (30.0, 45.0), (0.6, 0.95)  # weight of eight chips on a board; of the price
BOARDS_WAIT = (70, 190)  # days from a server to its board, as documented
PLAIN_LOTS = 12
PLAIN_KG, PLAIN_USD, PLAIN_PIECES = (0.1, 3.0), (8.0, 400.0), (40.0, 3000.0)
DENSE_LOTS = (1, 5)  # that a stockist passes on to one buyer


@cache
def _rows(use: str) -> tuple[dict[str, str], ...]:
    table = market._table("documented.csv")
    rows = (
        {str(name): str(cell) for name, cell in row.items()} for row in table.to_dict("records")
    )
    return tuple(row for row in rows if row["use"] == use)


@cache
def goods_of(use: str) -> tuple[tuple[Item, tuple[int, int]], ...]:
    """Return goods of a use (watched or dense) in the form of items, with least and most a lot."""
    return tuple(
        (
            Item(
                chip="",
                form=row["form"],
                chips=1,
                kg=(float(row["kg_low"]), float(row["kg_high"])),
                usd=(float(row["usd_low"]), float(row["usd_high"])),
                sold=(0, N_DAYS - 1),
                barred=N_DAYS,
                consumer=False,
                honest=0.0,
                smuggled=0.0,
                hs=tuple(row["hs"].split("|")),
                texts=tuple(row["texts"].split("|")),
            ),
            (int(row["lot_low"]), int(row["lot_high"])),
        )
        for row in _rows(use)
    )


def _under(item: Item, row: dict[str, str]) -> Item:
    """Return an item under other words and another code."""
    return replace(item, hs=tuple(row["hs"].split("|")), texts=tuple(row["texts"].split("|")))


def _between(scene: Scene, low: float, high: float) -> float:
    return float(np.exp(scene.rng.uniform(np.log(low), np.log(high))))


def _days(scene: Scene, first: int, last: int, lots: int, longest: int = 240) -> list[int]:
    """Days of purchases, close together, somewhere between two days."""
    rng = scene.rng
    span = int(rng.integers(20, max(21, min(longest, last - first))))
    start = first + int(rng.integers(0, max(1, last - first - span)))
    return sorted(int(start + rng.integers(0, span)) for _ in range(lots))


def _draw(scene: Scene, use: str) -> tuple[Item, tuple[int, int]]:
    """One kind of goods: one weight and one price in all lots of a scene."""
    found = goods_of(use)
    item, lots = found[int(scene.rng.integers(len(found)))]
    kg, usd = _between(scene, *item.kg), _between(scene, *item.usd)
    words = scene.one_of(item.texts), scene.one_of(item.texts)
    return (
        replace(item, kg=(kg, kg), usd=(usd, usd), texts=words, hs=(scene.one_of(item.hs),)),
        lots,
    )


def _draw_other(scene: Scene, than: Item) -> tuple[Item, tuple[int, int]]:
    """One kind of watched goods under another code."""
    while True:
        item, lots = _draw(scene, "watched")
        if item.hs[0][:6] != than.hs[0][:6]:
            return item, lots


def _bought(scene: Scene, item: Item, lots: tuple[int, int], day: int, origin: str) -> Lot:
    lot = scene.lot(day, item, origin)
    return replace(lot, quantity=round(_between(scene, *lots)))


def _passed(scene: Scene, lots: list[Lot]) -> list[Lot]:
    """Lots as they leave: most whole, some cut in two, with a wait of days to weeks."""
    onward = []
    for lot in lots:
        whole = scene.rng.random() < WHOLE_LOTS
        pieces = [lot.quantity] if whole else scene._cut(lot.quantity, 2)
        onward += [
            replace(lot, day=lot.day + scene.wait(), quantity=quantity) for quantity in pieces
        ]
    return onward


# ---------------------------------------------------------------- accelerators


def false_words(scene: Scene) -> None:
    """Accelerators of which no leg says what they are: video cards, adapters, contactors."""
    rng = scene.rng
    calendar = scene.calendar(1, int(rng.integers(3, 9)))
    rows = _rows("false")[:-1]
    row = rows[int(rng.integers(len(rows)))]
    single = [one for one in market.items() if one.form == "card" and one.smuggled > 0.4]
    strong = [
        one
        for one in single
        if one.barred <= calendar.start and one.sold[0] <= calendar.start <= one.sold[1]
    ]
    item = scene.draw_item(strong or [one for one in single if one.chip == "H100"])
    hidden = _under(item, row)
    onward = hidden if rng.random() < 0.7 else _under(item, rows[int(rng.integers(len(rows)))])
    country = scene.hub()
    shell = scene.shell(country, calendar.start)
    sellers = scene.sellers(1, calendar.start, country)
    buyers = scene.chinese_buyers(int(rng.integers(1, 3)), calendar.start)
    scene.steps = [sellers, [shell], buyers]
    price_in, price_out = float(rng.uniform(0.4, 1.05)), float(rng.uniform(0.4, 1.2))
    lots = []
    for day in calendar.days:
        lot = _bought(scene, hidden, (8, 60), day, scene.made_in(sellers[0]))
        scene.ship(lot, sellers[0], shell, "source", price=price_in)
        lots.append(lot)
    for lot in _passed(scene, lots):
        sent = replace(lot, item=onward)
        scene.ship(sent, shell, scene.draw(buyers), "final", price=price_out)


def boards_out(scene: Scene) -> None:
    """Servers come in by name and stay for months; their boards leave under other words."""
    rng = scene.rng
    servers = [one for one in market.items() if one.form == "server" and one.smuggled > 0.4]
    last = N_DAYS - 1 - BOARDS_WAIT[1]
    servers = [one for one in servers if max(one.sold[0], one.barred) + 30 < last]
    item = scene.draw_item(servers)
    lots_in = int(rng.integers(2, 6))
    days = _days(scene, max(item.sold[0], item.barred) + 3, min(item.sold[1], last), lots_in, 150)
    country = scene.one_of(("MY", "TH", "SG", "ID", "VN"))
    shell = scene.shell(country, days[0])
    sellers = scene.sellers(1, days[0], country)
    buyers = scene.chinese_buyers(int(rng.integers(1, 3)), days[0])
    scene.steps = [sellers, [shell], buyers]
    kg, share = float(rng.uniform(*BOARD_KG)), float(rng.uniform(*BOARD_SHARE))
    board = replace(_under(item, _rows("false")[-1]), form="board")
    for day in days:
        lot = _bought(scene, item, (2, 16), day, scene.made_in(sellers[0]))
        scene.ship(lot, sellers[0], shell, "source")
        wait = int(rng.integers(*BOARDS_WAIT))
        out = replace(lot, day=lot.day + wait, item=board, kg=kg, usd=lot.usd * share)
        scene.ship(out, shell, scene.draw(buyers), "final", price=float(rng.uniform(0.6, 1.1)))


# ---------------------------------------------------------------- goods of the watch list


def _to_russia(scene: Scene, lots: int, *, many_small: bool = False) -> None:
    """Seller, a company in a third country, Russia; goods of one or two headings."""
    rng = scene.rng
    country = scene.one_of(*BY_COUNTRIES)
    days = _days(scene, SANCTIONS_BEGIN + 20, N_DAYS - 80, lots)
    shell = scene.shell(country, days[0])
    sellers = [
        scene.firms.pick(
            rng, scene.one_of(("DE", "US", "TW", "MY", "PH", "VN")), ("maker", "trader")
        )
        for _ in range(int(rng.integers(1, 4)))
    ]
    buyers = _russian_buyers(scene, int(rng.integers(1, 3)))
    scene.steps = [list(dict.fromkeys(sellers)), [shell], buyers]
    deals_in = [_draw(scene, "watched") for _ in range(int(rng.integers(1, 3)))]
    bought = []
    for day in days:
        item, sizes = deals_in[int(rng.integers(len(deals_in)))]
        seller = scene.draw(sellers)
        lot = _bought(scene, item, sizes, day, scene.country_of(seller))
        if many_small:
            lot = replace(lot, quantity=max(2, lot.quantity // 8))
        bought.append(scene.ship(lot, seller, shell, "source"))
    for lot in _passed(scene, bought):
        scene.ship(lot, shell, scene.draw(buyers), "final", price=scene.markup)


def _russian_buyers(scene: Scene, n: int) -> list[int]:
    found = [scene.firms.pick(scene.rng, RUSSIA, ("user", "trader")) for _ in range(n)]
    return list(dict.fromkeys(found))


def watched_lots(scene: Scene) -> None:
    """Few lots of watched goods, most with as many pieces out as in."""
    _to_russia(scene, int(scene.rng.integers(1, 6)))


def watched_small_lots(scene: Scene) -> None:
    """Many small lots of watched goods of several headings."""
    _to_russia(scene, int(scene.rng.integers(12, 19)), many_small=True)


def watched_sister(scene: Scene) -> None:
    """A seller that supplied a Russian buyer directly goes on through a new company."""
    rng = scene.rng
    country = scene.one_of(*BY_COUNTRIES)
    days = _days(scene, SANCTIONS_BEGIN + 20, N_DAYS - 80, int(rng.integers(3, 8)), 210)
    sister = scene.firms.pick(rng, "DE", ("trader", "maker"))
    new = scene.firms.found(rng, country, kind="trader", opens=days[0] - 10)
    buyers = _russian_buyers(scene, 1)
    scene.steps = [[sister], [new], buyers]
    item, sizes = _draw(scene, "watched")
    for _ in range(int(rng.integers(1, 4))):
        before = _bought(scene, item, sizes, int(rng.integers(0, SANCTIONS_BEGIN)), "DE")
        scene.ship(before, sister, buyers[0], "other")
    bought = [
        scene.ship(_bought(scene, item, sizes, day, "DE"), sister, new, "source") for day in days
    ]
    for lot in _passed(scene, bought):
        scene.ship(lot, new, buyers[0], "final", price=scene.markup)


def watched_forwarder(scene: Scene) -> None:
    """A forwarder is the consignee; a trading company of another country is the exporter."""
    rng = scene.rng
    country = scene.one_of(("AE", "TR", "KZ"))
    days = _days(scene, SANCTIONS_BEGIN + 60, N_DAYS - 80, int(rng.integers(3, 8)))
    forwarder = scene.firms.found(rng, country, kind="trader", opens=days[0] - 200)
    exporter = scene.firms.found(rng, "GB", kind="trader", opens=days[0] - 60)
    if rng.random() < 0.3:
        scene.firms.neighbour[exporter] = forwarder
    sellers = [scene.firms.pick(rng, scene.one_of(("HK", "TW", "MY", "US")), ("maker", "trader"))]
    buyers = _russian_buyers(scene, 1)
    scene.steps = [sellers, [forwarder, exporter], buyers]
    item, sizes = _draw(scene, "watched")
    bought = [
        scene.ship(
            _bought(scene, item, sizes, day, scene.country_of(sellers[0])),
            sellers[0],
            forwarder,
            "source",
        )
        for day in days
    ]
    for lot in _passed(scene, bought):
        scene.ship(lot, exporter, buyers[0], "final", price=scene.markup, leaves=country)


# ---------------------------------------------------------------- innocents


def dense_stockist(scene: Scene) -> None:
    """A stockist truly passes whole lots of dear and dense goods on to China."""
    rng = scene.rng
    country = scene.hub()
    lots = int(rng.integers(*DENSE_LOTS))
    days = _days(scene, 0, N_DAYS - 80, lots)
    stockist = scene.firms.found(
        rng, country, kind="trader", opens=days[0] - int(rng.integers(30, 900))
    )
    sellers = scene.sellers(int(rng.integers(1, 3)), days[0], country)
    buyers = scene.chinese_buyers(int(rng.integers(1, 3)), days[0])
    scene.steps = [sellers, [stockist], buyers]
    item, sizes = _draw(scene, "dense")
    # Others sell such goods too, in the same words.
    for _ in range(int(rng.integers(2, 6))):
        seller = scene.draw(scene.sellers(1, days[0]))
        like, like_sizes = item, sizes
        user = scene.firms.pick(
            rng, scene.one_of(("KR", "JP", "DE", "TW", "US")), ("user", "maker")
        )
        when = int(rng.integers(0, N_DAYS))
        scene.ship(_bought(scene, like, like_sizes, when, "US"), seller, user, "other")
    bought = []
    for day in days:
        seller = scene.draw(sellers)
        lot = _bought(scene, item, sizes, day, scene.made_in(seller))
        bought.append(scene.ship(lot, seller, stockist, "source"))
    for lot in bought:
        out = replace(lot, day=lot.day + scene.wait())
        scene.ship(out, stockist, scene.draw(buyers), "final", price=scene.markup)


def watched_stockist(scene: Scene) -> None:
    """A stockist sells watched goods at home and to many countries, and sends others to Russia."""
    rng = scene.rng
    country = scene.one_of(*BY_COUNTRIES)
    start = int(rng.integers(0, N_DAYS - LATEST_START_DAYS))
    stockist = scene.firms.found(rng, country, kind="trader", opens=start - 300)
    sellers = [scene.firms.pick(rng, code, ("maker", "trader")) for code in ("DE", "TW", "CN")]
    buyers = _russian_buyers(scene, 2)
    scene.steps = [sellers, [stockist]]
    # What it sends to Russia is made at home: no goods that it bought abroad.
    own, own_sizes = _draw(scene, "watched")
    stock = [_draw_other(scene, own) for _ in range(3)]
    for day in sorted(int(start + rng.integers(0, 240)) for _ in range(8)):
        item, sizes = stock[int(rng.integers(len(stock)))]
        seller = scene.draw(sellers)
        lot = _bought(scene, item, sizes, day, scene.country_of(seller))
        scene.ship(lot, seller, stockist, "source")
        if rng.random() < 0.5:
            away = scene.firms.pick(
                rng, scene.one_of([c for c in ("IN", "PL", "SA", "TH") if c != country]), ("user",)
            )
            part = replace(lot, day=lot.day + scene.wait(), quantity=max(1, lot.quantity // 2))
            scene.ship(part, stockist, away, "other", price=scene.markup)
    for _ in range(5):
        lot = _bought(scene, own, own_sizes, start + int(rng.integers(20, 300)), country)
        scene.ship(lot, stockist, scene.draw(buyers), "other")


def watched_stay(scene: Scene) -> None:
    """A company on the way to Russia buys and uses watched goods, and sends others there."""
    rng = scene.rng
    country = scene.one_of(*BY_COUNTRIES)
    start = int(rng.integers(SANCTIONS_BEGIN, N_DAYS - LATEST_START_DAYS))
    user = scene.firms.found(rng, country, kind="user", opens=start - 400)
    sellers = [scene.firms.pick(rng, code, ("maker", "trader")) for code in ("DE", "US")]
    buyers = _russian_buyers(scene, 2)
    scene.steps = [sellers, [user]]
    item, sizes = _draw(scene, "watched")
    for day in sorted(int(start + rng.integers(0, 250)) for _ in range(rng.integers(3, 9))):
        scene.ship(_bought(scene, item, sizes, day, "DE"), scene.draw(sellers), user, "source")
    scene.freight(user, 6, (start, start + LATEST_START_DAYS - 20), 0.0)
    other, other_sizes = _draw_other(scene, item)
    for _ in range(4):
        day = start + int(rng.integers(10, 280))
        lot = _bought(scene, other, other_sizes, day, country)
        scene.ship(lot, user, scene.draw(buyers), "other")


def plain_goods(scene: Scene) -> None:
    """Many sell what the false words truly mean: cheap cards, parts, adapters and contactors."""
    rng = scene.rng
    rows = _rows("false")
    origins = ("CN", "TW", "VN", "TH", "MX", "DE", "SG", "MY")
    for _ in range(PLAIN_LOTS):
        row = rows[int(rng.integers(len(rows)))]
        kg, usd = _between(scene, *PLAIN_KG), _between(scene, *PLAIN_USD)
        plain = replace(_under(goods_of("watched")[0][0], row), kg=(kg, kg), usd=(usd, usd))
        seller = scene.firms.pick(rng, scene.one_of(origins), ("maker", "trader"))
        buyer = scene.firms.pick(
            rng, scene.one_of(("US", "DE", "SG", "MY", "CN", "IN")), ("trader",)
        )
        day = int(rng.integers(0, N_DAYS))
        lot = scene.lot(day, plain, scene.country_of(seller))
        lot = replace(lot, quantity=round(_between(scene, *PLAIN_PIECES)))
        scene.ship(lot, seller, buyer, "other")
        scene.steps = [[seller], [buyer]]
        # No two lots are of one kind.
        scene._item_kg.clear()
        scene._item_usd.clear()


DOCUMENTED: dict[str, Play] = {
    "false_words": false_words,
    "boards_out": boards_out,
    "watched_lots": watched_lots,
    "watched_small_lots": watched_small_lots,
    "watched_sister": watched_sister,
    "watched_forwarder": watched_forwarder,
}

DOCUMENTED_INNOCENTS: dict[str, Play] = {
    "dense_stockist": dense_stockist,
    "watched_stockist": watched_stockist,
    "watched_stay": watched_stay,
    "plain_goods": plain_goods,
}

#: Kinds of which only a watch list, with Russia as the destination, knows anything.
WATCHED = frozenset(kind for kind in DOCUMENTED if kind.startswith("watched"))
