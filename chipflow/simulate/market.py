"""What is traded in a simulated world, where, at what weight and price.

The figures are rough market figures of the simulator's own (card weights and street prices
as traders quote them), kept apart from :mod:`chipflow.goods` on purpose: a method that reads
its own catalogue back would be tested against itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIRST_DAY = np.datetime64("2022-01-01", "D")
LAST_DAY = np.datetime64("2025-06-30", "D")
N_DAYS = int((LAST_DAY - FIRST_DAY).astype(int)) + 1

#: Destinations that the chip rules treat as China.
CHINA = ("CN", "HK", "MO")

# Where data centres and dealers buy accelerators in the open (relative numbers of buyers).
ACCELERATOR_BUYERS = (
    "JP:14 DE:10 GB:8 FR:7 CA:6 AU:4 KR:7 SG:9 MY:8 IN:8 NL:5 TW:5 SE:3 CH:2 IL:2 US:6 CN:14 HK:4"
)
CONSUMER_BUYERS = (
    "CN:14 HK:8 US:10 DE:9 GB:6 JP:6 KR:5 SG:6 MY:5 IN:6 VN:4 TH:4 ID:3 PH:2 AE:5 TR:3 PL:3 MX:3 "
    "BR:3 AU:3 CA:3 KZ:1 FR:4 IT:3 ES:2 NL:4"
)
ACCELERATOR_SELLERS = "US:40 TW:35 MX:5 NL:4 JP:4 KR:3 SG:4 DE:3 IE:1 CZ:1 MY:3"
CONSUMER_SELLERS = "CN:45 TW:30 VN:8 HK:6 KR:3 US:4 NL:2 SG:4 AE:1"

# Share of all honest shipments. Accelerators are rare in trade as a whole, and a set of
# records that an analyst has asked for holds more of them than a random one.
ACCELERATOR_SHARE = 0.022
CONSUMER_SHARE = 0.025

# Median lot and its spread (log) in items, for honest trade and for schemes alike.
LOT_OF_FORM = {"card": (26.0, 1.1), "board": (20.0, 1.0), "server": (4.0, 0.9)}
LOT_OF_CONSUMER_CARDS = (280.0, 1.0)

# Words under which accelerators travel when they are not to be seen: each of them is also
# what honest goods of goods.csv are called, with the same codes.
VAGUE_GOODS = (
    "computer parts",
    "power adapters",
    "contactors",
    "connectors",
    "telecom equipment",
    "network cards",
    "storage systems",
)

REPAIR_WORDS_OUT = (
    "{} DEFECTIVE FOR REPAIR",
    "{} RMA RETURN",
    "FAULTY {} SENT FOR REPAIR",
    "{} RETURN TO VENDOR NO COMMERCIAL VALUE",
)
REPAIR_WORDS_BACK = (
    "{} REPAIRED RETURN",
    "{} RMA REPLACEMENT",
    "REPAIRED {} NO CHARGE WARRANTY",
    "{} AFTER REPAIR",
)


@dataclass(frozen=True)
class Item:
    """One form in which a chip is sold.

    Attributes
    ----------
    chip, form, chips
        The chip's name, ``card | board | server``, and chips in one item.
    kg, usd
        Lowest and highest weight (kg) and price (USD) of one item.
    sold
        First and last day on the market (days since FIRST_DAY).
    barred
        First day on which a sale to China is no longer free; beyond the calendar if never.
    """

    chip: str
    form: str
    chips: int
    kg: tuple[float, float]
    usd: tuple[float, float]
    sold: tuple[int, int]
    barred: int
    consumer: bool
    honest: float
    smuggled: float
    hs: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def units(self) -> tuple[str, ...]:
        """Words for the unit that such items are counted in."""
        return ("SETS", "UNITS") if self.form == "server" else ("PCS",)

    @property
    def lot(self) -> tuple[float, float]:
        """Median lot in items and its spread in log space."""
        return LOT_OF_CONSUMER_CARDS if self.consumer else LOT_OF_FORM[self.form]


@dataclass(frozen=True)
class Goods:
    """Lines of trade as columns: position i of every array is line i.

    Weights and prices are natural logarithms of kg and USD for one unit; ``texts`` and ``hs``
    are flat, line i holding ``count`` of them from ``first`` on.
    """

    names: list[str]
    family: list[str]
    share: Floats
    unit: list[str]
    kg: Floats
    kg_sd: Floats
    usd: Floats
    usd_sd: Floats
    lot: Floats
    lot_sd: Floats
    season: list[str]
    sellers: Floats
    buyers: Floats
    sold_from: Ints
    sold_to: Ints
    barred: Ints
    texts: list[str]
    text_first: Ints
    text_count: Ints
    hs: list[str]
    hs_first: Ints
    hs_count: Ints

    def line(self, name: str) -> int:
        """Position of a line of goods by its name."""
        return self.names.index(name)


def day_number(day: str) -> int:
    """Days from FIRST_DAY to an ISO day."""
    return int((np.datetime64(day, "D") - FIRST_DAY).astype(int))


def _table(name: str) -> pd.DataFrame:
    with resources.files(__package__).joinpath("tables", name).open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


@cache
def countries() -> pd.DataFrame:
    """Return the table of countries, one row each, in its order in the file."""
    table = _table("countries.csv")
    for column in ("companies", "computing", "hub", "seller"):
        table[column] = table[column].astype(float)
    return table


@cache
def country_codes() -> tuple[str, ...]:
    """ISO 3166 alpha-2 codes in the order used for every array over countries."""
    return tuple(countries()["code"])


@cache
def items() -> tuple[Item, ...]:
    """Return every form in which a chip is sold."""
    table = _table("accelerators.csv")
    return tuple(
        Item(
            chip=row["chip"],
            form=row["form"],
            chips=int(row["chips"]),
            kg=(float(row["kg_low"]), float(row["kg_high"])),
            usd=(float(row["usd_low"]), float(row["usd_high"])),
            sold=(max(0, day_number(row["sold_from"])), day_number(row["sold_to"])),
            barred=day_number(row["barred_from"]) if row["barred_from"] else N_DAYS,
            consumer=row["consumer"] == "1",
            honest=float(row["honest"]),
            smuggled=float(row["smuggled"]),
            hs=tuple(row["hs"].split("|")),
            texts=tuple(row["texts"].split("|")),
        )
        for row in table.to_dict("records")
    )


def _shares(text: str) -> Floats:
    given = dict(part.split(":") for part in text.split())
    shares = np.array([float(given.get(code, 0.0)) for code in country_codes()])
    normal: Floats = shares / shares.sum()
    return normal


@cache
def goods() -> Goods:
    """Return every line of honest trade: the goods table, then each form of each chip."""
    table = _table("goods.csv")
    rows = table.to_dict("records")
    sold = items()
    everywhere = countries()["companies"].to_numpy() * np.where(
        countries()["code"].isin(CHINA), 0.7, 1.0
    )
    everywhere = everywhere / everywhere.sum()
    open_share = np.array([float(row["share"]) for row in rows])
    open_share *= (1 - ACCELERATOR_SHARE - CONSUMER_SHARE) / open_share.sum()
    chip_share = np.array([item.honest for item in sold])
    consumer = np.array([item.consumer for item in sold])
    chip_share[consumer] *= CONSUMER_SHARE / chip_share[consumer].sum()
    chip_share[~consumer] *= ACCELERATOR_SHARE / chip_share[~consumer].sum()

    texts = [row["texts"].split("|") for row in rows] + [list(item.texts) for item in sold]
    codes = [row["hs"].split("|") for row in rows] + [list(item.hs) for item in sold]
    n_texts = np.array([len(part) for part in texts])
    n_codes = np.array([len(part) for part in codes])

    def column(name: str) -> list[float]:
        return [float(row[name]) for row in rows]

    return Goods(
        names=[row["goods"] for row in rows] + [f"{item.chip} {item.form}" for item in sold],
        family=[row["family"] for row in rows] + ["computing"] * len(sold),
        share=np.concatenate([open_share, chip_share]),
        unit=[row["unit"] for row in rows] + [item.units[0] for item in sold],
        kg=np.log(column("kg") + [(item.kg[0] * item.kg[1]) ** 0.5 for item in sold]),
        kg_sd=np.array(column("kg_sd") + [np.log(i.kg[1] / i.kg[0]) / 4 for i in sold]),
        usd=np.log(column("usd") + [(item.usd[0] * item.usd[1]) ** 0.5 for item in sold]),
        usd_sd=np.array(column("usd_sd") + [np.log(i.usd[1] / i.usd[0]) / 4 for i in sold]),
        lot=np.log(column("quantity") + [item.lot[0] for item in sold]),
        lot_sd=np.array(column("quantity_sd") + [item.lot[1] for item in sold]),
        season=[row["season"] for row in rows]
        + ["autumn" if item.consumer else "none" for item in sold],
        sellers=np.array(
            [_shares(row["exporters"]) for row in rows]
            + [_shares(CONSUMER_SELLERS if i.consumer else ACCELERATOR_SELLERS) for i in sold]
        ),
        buyers=np.array(
            [everywhere for _ in rows]
            + [_shares(CONSUMER_BUYERS if i.consumer else ACCELERATOR_BUYERS) for i in sold]
        ),
        sold_from=np.array([0] * len(rows) + [item.sold[0] for item in sold]),
        sold_to=np.array([N_DAYS - 1] * len(rows) + [item.sold[1] for item in sold]),
        barred=np.array([N_DAYS] * len(rows) + [item.barred for item in sold]),
        texts=[text for part in texts for text in part],
        text_first=np.concatenate([[0], np.cumsum(n_texts)[:-1]]),
        text_count=n_texts,
        hs=[code for part in codes for code in part],
        hs_first=np.concatenate([[0], np.cumsum(n_codes)[:-1]]),
        hs_count=n_codes,
    )
