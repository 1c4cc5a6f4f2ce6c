"""Honest background trade: companies that buy and sell goods over months and years."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from chipflow.simulate import market
from chipflow.simulate.firms import FAMILIES, Firms
from chipflow.simulate.market import CHINA, N_DAYS, Floats, Goods, Ints, country_codes

Texts = NDArray[np.object_]

RECORDS_PER_RELATION = 4  # mean shipments between one seller and one buyer of one kind of goods
PACKING = 0.05  # packing adds about a twentieth to the weight (log)
PACKING_SD = 0.03  # ... and varies by this much from lot to lot (log)
PRICE_SD = 0.07  # prices of one seller to one buyer vary by this much (log)
LOT_SD = 0.45  # lots of one seller to one buyer vary by this much (log)
OTHER_WORDS_SHARE = 0.2  # of a pair's shipments, under other words than the usual ones
REEXPORT_ORIGIN_SHARE = 0.65  # of a trader's goods that were made in another country

# How ready a maker, a trader, a user is to sell and to buy.
SELLS = np.array([1.0, 0.6, 0.03])
BUYS = np.array([0.35, 0.7, 1.0])
BUYS_ACCELERATORS = np.array([0.1, 0.25, 1.0])

# Demand by month, January first: flat, before the winter holidays, in spring.
SEASONS = {
    "none": np.array([1, 0.8, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1.0]),
    "autumn": np.array([0.7, 0.6, 0.8, 0.8, 0.9, 0.9, 1.1, 1.4, 1.6, 1.5, 1.2, 0.8]),
    "spring": np.array([0.9, 1.0, 1.4, 1.5, 1.4, 1.2, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8]),
}
SEASON_NAMES = tuple(SEASONS)


@dataclass(frozen=True)
class Shipments:
    """Shipments as columns of one length.

    ``shipper`` and ``consignee`` are positions of companies, ``origin`` of a country,
    ``day`` counts from the first day; ``scheme`` is -1 for background trade. ``leaves`` and
    ``lands`` are the countries that the goods leave and reach where these are not those of the
    companies, and -1 otherwise.
    """

    day: Ints
    shipper: Ints
    consignee: Ints
    origin: Ints
    text: Texts
    hs: Texts
    unit: Texts
    quantity: Floats
    kg: Floats
    usd: Floats
    scheme: Ints
    role: Ints
    leaves: Ints
    lands: Ints

    def __len__(self) -> int:
        return len(self.day)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Shipments:
        """Return the shipments at ``rows`` (positions or a mask)."""
        return Shipments(**{part.name: getattr(self, part.name)[rows] for part in fields(self)})


def concatenate(*parts: Shipments) -> Shipments:
    """Return shipments one after the other."""
    return Shipments(
        **{
            part.name: np.concatenate([getattr(each, part.name) for each in parts])
            for part in fields(Shipments)
        }
    )


def month_of_day() -> Ints:
    """Month (0..11) of every day of the calendar."""
    days = market.FIRST_DAY + np.arange(N_DAYS)
    return (days.astype("datetime64[M]").astype(np.int64) % 12).astype(np.int64)


def goods_lines(
    rng: np.random.Generator, goods: Goods, line: Ints, lot_factor: float = 1.0
) -> dict[str, NDArray[np.generic]]:
    """Draw what honest shipments of given lines of goods hold, each on its own.

    Parameters
    ----------
    rng, goods
        Source of randomness; the lines of trade.
    line
        Position of the line of goods of each shipment.
    lot_factor
        Lots relative to the usual ones.

    Returns
    -------
    dict
        text, hs, unit, quantity (items), kg (gross), usd, one entry for each shipment.
    """
    n = len(line)
    texts, codes, units = _words(goods)
    quantity = np.maximum(
        1, np.round(lot_factor * np.exp(goods.lot[line] + goods.lot_sd[line] * rng.normal(size=n)))
    )
    item_kg = np.exp(goods.kg[line] + goods.kg_sd[line] * rng.normal(size=n))
    item_usd = np.exp(goods.usd[line] + goods.usd_sd[line] * rng.normal(size=n))
    return {
        "text": texts[goods.text_first[line] + _one_of(rng, goods.text_count[line])],
        "hs": codes[goods.hs_first[line] + _one_of(rng, goods.hs_count[line])],
        "unit": units[line],
        "quantity": quantity,
        "kg": quantity * item_kg * np.exp(PACKING + PACKING_SD * rng.normal(size=n)),
        "usd": quantity * item_usd,
    }


def _one_of(rng: np.random.Generator, count: Ints) -> Ints:
    return (rng.random(len(count)) * count).astype(np.int64)


def _words(goods: Goods) -> tuple[Texts, Texts, Texts]:
    return (
        np.array(goods.texts, dtype=object),
        np.array(goods.hs, dtype=object),
        np.array(goods.unit, dtype=object),
    )


def background(
    rng: np.random.Generator, firms: Firms, n: int, goods: Goods | None = None
) -> Shipments:
    """Let companies trade honestly.

    Each line of goods has its sellers and buyers; a pair trades one line over the days on
    which both exist, at its own weight and price for one item. Strong chips go to China only
    on days when that was free.

    Parameters
    ----------
    rng
        Source of randomness.
    firms
        The companies.
    n
        Number of shipments.
    goods
        Lines of trade; None: the usual ones.

    Returns
    -------
    Shipments
        Exactly ``n`` of them, in no meaningful order.
    """
    goods = goods or market.goods()
    country, family, kind = (
        np.array(firms.country),
        np.array(firms.family),
        np.array(firms.kind),
    )
    size, opens, closes = np.array(firms.size), np.array(firms.opens), np.array(firms.closes)
    line_family = np.array([FAMILIES.index(name) for name in goods.family])
    first_item = len(goods.names) - len(market.items())

    wanted = rng.multinomial(max(60, n // RECORDS_PER_RELATION), goods.share / goods.share.sum())
    sellers, buyers, lines = [], [], []
    for at in np.flatnonzero(wanted).tolist():
        there = np.flatnonzero(family == line_family[at])
        strong = at >= first_item and not market.items()[at - first_item].consumer
        buys = (BUYS_ACCELERATORS if strong else BUYS)[kind[there]]
        weight_out = np.cumsum(size[there] * SELLS[kind[there]] * goods.sellers[at][country[there]])
        weight_in = np.cumsum(size[there] * buys * goods.buyers[at][country[there]])
        if not len(there) or weight_out[-1] <= 0 or weight_in[-1] <= 0:
            continue
        # Twice as many as wanted, since pairs inside one country are not in the records.
        draw = 2 * wanted[at] + 8
        sellers.append(there[np.searchsorted(weight_out, rng.random(draw) * weight_out[-1])])
        buyers.append(there[np.searchsorted(weight_in, rng.random(draw) * weight_in[-1])])
        lines.append(np.full(draw, at))
    seller, buyer, line = np.concatenate(sellers), np.concatenate(buyers), np.concatenate(lines)

    in_china = np.isin(country[buyer], [country_codes().index(code) for code in CHINA])
    first = np.maximum.reduce([opens[seller], opens[buyer], goods.sold_from[line]])
    last = np.minimum.reduce(
        [
            closes[seller],
            closes[buyer],
            goods.sold_to[line],
            np.where(in_china, goods.barred[line] - 1, N_DAYS - 1),
        ]
    )
    kept = (country[seller] != country[buyer]) & (last - first >= 20)
    seller, buyer, line, first, last = (part[kept] for part in (seller, buyer, line, first, last))
    n_relations = len(line)

    # A line's share of shipments is its share in the table, whatever pairs it found.
    activity = rng.lognormal(0.0, 1.0, n_relations) * (last - first + 1.0) ** 0.7
    activity *= (size[seller] * size[buyer]) ** 0.2
    of_line = np.bincount(line, weights=activity, minlength=len(goods.share))
    activity *= goods.share[line] / of_line[line]
    relation = np.repeat(np.arange(n_relations), rng.multinomial(n, activity / activity.sum()))

    texts, codes, units = _words(goods)
    usual_text = goods.text_first[line] + _one_of(rng, goods.text_count[line])
    usual_hs = goods.hs_first[line] + _one_of(rng, goods.hs_count[line])
    item_kg = goods.kg[line] + goods.kg_sd[line] * rng.normal(size=n_relations)
    item_usd = goods.usd[line] + goods.usd_sd[line] * rng.normal(size=n_relations)
    lot_spread = np.sqrt(np.maximum(goods.lot_sd[line] ** 2 - LOT_SD**2, 0.01))
    lot = goods.lot[line] + lot_spread * rng.normal(size=n_relations)
    made_here = (kind[seller] == 0) | (rng.random(n_relations) > REEXPORT_ORIGIN_SHARE)
    made_in = _made_in(rng, goods, line)
    origin = np.where(made_here, country[seller], made_in)

    on = line[relation]
    other_text = rng.random(n) < OTHER_WORDS_SHARE
    text_at = np.where(
        other_text, goods.text_first[on] + _one_of(rng, goods.text_count[on]), usual_text[relation]
    )
    quantity = np.maximum(1, np.round(np.exp(lot[relation] + LOT_SD * rng.normal(size=n))))
    unit = units[on]
    server = (unit == "SETS") & (rng.random(n) < 0.5)
    unit[server] = "UNITS"
    return Shipments(
        day=_days(rng, first[relation], last[relation], goods, on),
        shipper=seller[relation],
        consignee=buyer[relation],
        origin=origin[relation],
        text=texts[text_at],
        hs=codes[usual_hs[relation]],
        unit=unit,
        quantity=quantity,
        kg=quantity * np.exp(item_kg[relation] + PACKING + PACKING_SD * rng.normal(size=n)),
        usd=quantity * np.exp(item_usd[relation] + PRICE_SD * rng.normal(size=n)),
        scheme=np.full(n, -1),
        role=np.zeros(n, dtype=np.int64),
        leaves=np.full(n, -1),
        lands=np.full(n, -1),
    )


def _made_in(rng: np.random.Generator, goods: Goods, line: Ints) -> Ints:
    cumulated = np.cumsum(goods.sellers, axis=1)
    drawn = (cumulated[line] < rng.random(len(line))[:, None]).sum(axis=1)
    made: Ints = np.minimum(drawn, len(country_codes()) - 1)
    return made


def _days(rng: np.random.Generator, first: Ints, last: Ints, goods: Goods, line: Ints) -> Ints:
    """Draw days between two bounds, the better of two by the season of the goods."""
    n = len(line)
    season = np.array([SEASON_NAMES.index(name) for name in goods.season])[line]
    demand = np.array([SEASONS[name] for name in SEASON_NAMES])
    month = month_of_day()
    one, two = (
        first + np.floor(rng.random(n) * (last - first + 1)).astype(np.int64) for _ in range(2)
    )
    likes_one, likes_two = demand[season, month[one]], demand[season, month[two]]
    better: Ints = np.where(rng.random(n) * (likes_one + likes_two) < likes_one, one, two)
    return better
