"""The hard setting: what hides a scheme is as common in honest trade.

Whatever is done here is done to all records alike, or to honest companies as often as to
others, so that a carton, a lost weight or a second name tells nothing by itself.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from chipflow.simulate import market
from chipflow.simulate.firms import Firms
from chipflow.simulate.market import CHINA, N_DAYS, Floats, Goods, country_codes
from chipflow.simulate.trade import Shipments

# Share of honest shipments that are accelerators, of which most to China are lawful ones
# before each rule's day (the usual share is market.ACCELERATOR_SHARE).
ACCELERATOR_SHARE = 0.05
CHINA_APPETITE = 4.0  # Chinese buyers of accelerators, times the usual
HUB_SELLERS = 4.0  # sellers of accelerators in third countries, times the usual
HUBS = ("SG", "MY", "AE", "TH", "VN", "IN", "TW", "NL", "KR", "JP")

WEIGHT_SD = 0.15  # weights are off by so much (log)
NO_WEIGHT_SHARE = 1 / 6  # records without a weight
NO_VALUE_SHARE = 1 / 5  # records without a value
LOW_VALUE_SHARE = 0.12  # honest pairs that declare a tenth to all of the price
LOWEST_VALUE = 0.1

# How companies count what they send: by piece, carton or pallet, and how many keep to it.
PACKING_SHARES = (0.5, 0.3, 0.2)
KEEPS_PACKING = 0.75
CARTON_KG, PALLET_KG = (4.0, 24.0), (60.0, 600.0)  # net weight that one of them holds
PACKED_UNITS = ("PCS", "SETS", "UNITS")

SIDELINE_PAIRS = (1, 5)  # fewest and most pairs of honest trade that a shell takes part in
HONEST_ALIAS_SHARE = 0.01  # honest companies that trade under a second name
MERCHANT_SHARE = 0.02  # honest shipments that touch another country than their companies'


@cache
def goods() -> Goods:
    """Return the lines of trade with much lawful trade in strong chips."""
    usual = market.goods()
    codes = np.array(country_codes())
    strong = np.zeros(len(usual.names), dtype=bool)
    strong[-len(market.items()) :] = [not item.consumer for item in market.items()]
    share = usual.share.copy()
    share[strong] *= ACCELERATOR_SHARE / share[strong].sum()
    share[~strong] *= (1 - ACCELERATOR_SHARE) / share[~strong].sum()
    buyers, sellers = usual.buyers.copy(), usual.sellers.copy()
    buyers[np.ix_(strong, np.isin(codes, CHINA))] *= CHINA_APPETITE
    sellers[np.ix_(strong, np.isin(codes, HUBS))] *= HUB_SELLERS
    sellers[np.ix_(strong, np.isin(codes, HUBS))] += 0.02
    return replace(
        usual,
        share=share,
        buyers=buyers / buyers.sum(axis=1, keepdims=True),
        sellers=sellers / sellers.sum(axis=1, keepdims=True),
    )


def found_honest_aliases(rng: np.random.Generator, firms: Firms) -> None:
    """Give some honest companies a second name, under which they trade as well."""
    n = len(firms)
    for first in np.flatnonzero(rng.random(n) < HONEST_ALIAS_SHARE).tolist():
        firms.found_alias(first)


def with_merchants(rng: np.random.Generator, honest: Shipments) -> Shipments:
    """Let some honest goods leave or reach another country than that of the company."""
    n = len(honest)
    table = market.countries()
    open_to_all = np.where(table["code"].isin(CHINA), 0.0, table["companies"].to_numpy())
    other = rng.choice(len(table), size=n, p=open_to_all / open_to_all.sum())
    way = rng.random(n)
    leaves, lands = honest.leaves.copy(), honest.lands.copy()
    leaves[way < MERCHANT_SHARE / 2] = other[way < MERCHANT_SHARE / 2]
    landed = way > 1 - MERCHANT_SHARE / 2
    lands[landed] = other[landed]
    return replace(honest, leaves=leaves, lands=lands)


def with_sidelines(rng: np.random.Generator, honest: Shipments, firms: Firms) -> Shipments:
    """Let shells and buyers of schemes take the place of honest companies in honest trade.

    Whole pairs of a seller and a buyer are taken over on one side, so that the sideline has
    partners, goods and rhythm like any other trade.
    """
    country = np.array(firms.country)
    china = np.isin(country, [country_codes().index(code) for code in CHINA])
    shells = sorted({shell for middle, _ in firms.routes for shell in middle})
    buyers = sorted({buyer for _, last in firms.routes for buyer in last})
    if not shells:
        return honest
    n = len(firms)
    pair, of_pair = np.unique(honest.shipper * n + honest.consignee, return_inverse=True)
    seller, buyer = np.divmod(pair, n)
    first_day = np.full(len(pair), N_DAYS)
    np.minimum.at(first_day, of_pair, honest.day)
    computing = np.isin(np.array(firms.family)[seller], (0, 1))
    free = rng.permutation(np.flatnonzero(computing))
    into_china = free[china[buyer[free]]]
    opens = np.array(firms.opens)
    for who, offered, out in (
        (shells, free[len(free) // 2 :], True),
        (shells, free[: len(free) // 2], False),
        (buyers, into_china, False),
    ):
        times = rng.integers(SIDELINE_PAIRS[0], SIDELINE_PAIRS[1] + 1, len(who))
        company = np.repeat(np.array(who, dtype=np.int64), times)[: len(offered)]
        chosen = offered[: len(company)]
        partner = buyer[chosen] if out else seller[chosen]
        fits = (country[partner] != country[company]) & (opens[company] <= first_day[chosen])
        if not out and who is shells:
            fits &= ~china[company]
        side = seller if out else buyer
        side[chosen[fits]] = company[fits]
    return replace(honest, shipper=seller[of_pair], consignee=buyer[of_pair])


def with_low_values(rng: np.random.Generator, honest: Shipments, n_firms: int) -> Shipments:
    """Let some honest pairs declare far less than the price, as some families of firms do."""
    pair, of_pair = np.unique(honest.shipper * n_firms + honest.consignee, return_inverse=True)
    low = np.where(
        rng.random(len(pair)) < LOW_VALUE_SHARE,
        np.exp(rng.uniform(np.log(LOWEST_VALUE), 0.0, len(pair))),
        1.0,
    )
    return replace(honest, usd=honest.usd * low[of_pair])


def packed(rng: np.random.Generator, shipments: Shipments, n_firms: int) -> Shipments:
    """Count what is shipped by piece, carton or pallet, and let weights be off."""
    n = len(shipments)
    habit = rng.choice(len(PACKING_SHARES), size=n_firms, p=PACKING_SHARES)
    way = np.where(
        rng.random(n) < KEEPS_PACKING,
        habit[shipments.shipper],
        rng.choice(len(PACKING_SHARES), size=n, p=PACKING_SHARES),
    )
    way[~np.isin(shipments.unit.astype(str), PACKED_UNITS)] = 0
    each = shipments.kg / shipments.quantity
    holds = np.where(way == 1, _between(rng, CARTON_KG, n), _between(rng, PALLET_KG, n))
    pieces = np.maximum(1.0, np.floor(holds / each))
    unit = shipments.unit.copy()
    unit[way == 1], unit[way == 2] = "CTN", "PALLET"
    return replace(
        shipments,
        quantity=np.where(way == 0, shipments.quantity, np.ceil(shipments.quantity / pieces)),
        unit=unit,
        kg=shipments.kg * np.exp(WEIGHT_SD * rng.normal(size=n)),
    )


def _between(rng: np.random.Generator, ends: tuple[float, float], n: int) -> Floats:
    return np.exp(rng.uniform(np.log(ends[0]), np.log(ends[1]), n))


def with_gaps(rng: np.random.Generator, table: pd.DataFrame) -> pd.DataFrame:
    """Leave out a sixth of the weights and a fifth of the values, at random."""
    for column, share in (("weight_kg", NO_WEIGHT_SHARE), ("value_usd", NO_VALUE_SHARE)):
        table[column] = table[column].mask(rng.random(len(table)) < share)
    table["value"] = table["value_usd"]
    return table
