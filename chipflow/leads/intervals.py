"""How many chips reached the destination, between which bounds?

Two things are open: which sales of a hand-over carry the followed goods at all, and how many chips
a sale holds that is counted in cartons or not at all. Both are drawn again and again, and the
interval holds the middle nine tenths of the sums.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.network.ledger import TO_DESTINATION

if TYPE_CHECKING:
    from chipflow.network.lots import Lots
    from chipflow.network.trace import Tracing

Floats = np.ndarray
Ints = np.ndarray

DRAWS = 400  # sums drawn for each lead
BOUNDS = (0.05, 0.95)  # quantiles of the sums
LEAST_PROBABILITY = 0.02  # sales that are less likely to belong are left out
# How far the number of chips in a lot may be off, by what it is known from: pieces that were
# counted, the whole weight, the declared value, nothing but the other lots of the lead.
COUNTED, BY_WEIGHT, BY_VALUE, BY_OTHERS = 0.01, 0.25, 0.7, 1.0  # standard deviation of log chips
# The weight and price of one chip are the same guess for all lots of a lead.
SHARED = 0.5  # share of the variance that all lots of a lead have in common


def unit_intervals(
    finals: pd.DataFrame, links: pd.DataFrame, tracing: Tracing, *, seed: int = 0
) -> pd.DataFrame:
    """Give each scheme the bounds of the chips that reached the destination.

    Parameters
    ----------
    finals
        Lots that arrive: ``scheme, record_id, units``.
    links
        Links of the schemes: ``scheme, hop, from_record, to_record``.
    tracing
        What they are from.
    seed
        Of the draws.

    Returns
    -------
    pandas.DataFrame
        By scheme: ``units_low, units_high``; missing where no lot tells a number.
    """
    hops, lots = tracing.hops, tracing.lots
    position = pd.Series(np.arange(len(lots)), index=lots.record)
    last = links[links["hop"].map(hops["place"]) == TO_DESTINATION]
    feed = last.drop_duplicates(["scheme", "to_record"]).set_index(["scheme", "to_record"])
    found = {}
    sales_of = dict(list(tracing.sales.groupby("hop")))
    for scheme, own in finals.groupby("scheme"):
        mine = last[last["scheme"] == scheme]
        at = position.reindex(own["record_id"]).to_numpy()
        sales = pd.concat([sales_of[hop] for hop in sorted(mine["hop"].unique())])
        sales = sales.sort_values("probability", ascending=False).drop_duplicates("f")
        # A sale that no lead names may belong to it all the same, if it is not of another lead.
        begin = lots.first[at].min()
        open_too = sales["f"].isin(at) | (
            (lots.first[sales["f"].to_numpy()] >= begin)
            & (sales["probability"] < 0.5)
            & (sales["probability"] >= LEAST_PROBABILITY)
        )
        sales = sales[open_too]
        f = sales["f"].to_numpy()
        named = feed.loc[scheme]["from_record"]
        feeds = position.reindex(named.reindex(lots.record[f])).to_numpy()
        usual = int(position[named.iloc[0]])
        e = np.where(np.isnan(feeds), usual, feeds).astype(np.int64)
        chips, spread = _chips(lots, e, f)
        rng = np.random.default_rng([seed, 1 + int(str(scheme))])
        found[scheme] = _bounds(rng, chips, spread, sales["probability"].to_numpy())
    table = pd.DataFrame.from_dict(found, orient="index", columns=["units_low", "units_high"])
    return table.rename_axis("scheme")


def _chips(lots: Lots, e: Ints, f: Ints) -> tuple[Floats, Floats]:
    """Chips in each lot, and how far they may be off."""
    held = lots.holds(e, f)
    counted = np.isfinite(lots.items[f]) & (
        np.isfinite(lots.per_item[e]) | (np.isfinite(lots.per_item[f]))
    )
    weighed = np.isfinite(lots.weight[f]) & np.isfinite(lots.kg_unit[e])
    spread = np.select([counted, weighed], [COUNTED, BY_WEIGHT], BY_VALUE)
    known = np.isfinite(held)
    if not known.any():
        return np.full(len(f), np.nan), spread
    chips = np.where(known, held, np.median(held[known]))
    return chips, np.where(known, spread, BY_OTHERS)


def _bounds(
    rng: np.random.Generator, chips: Floats, spread: Floats, probability: Floats
) -> tuple[float, float]:
    if not np.isfinite(chips).any():
        return float("nan"), float("nan")
    size = (DRAWS, len(chips))
    belongs = rng.random(size) < probability
    common, own = rng.normal(size=(DRAWS, 1)), rng.normal(size=size)
    noise = np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own
    sums = (belongs * chips * np.exp(spread * noise)).sum(axis=1)
    low, high = np.quantile(sums, BOUNDS)
    return float(low), float(high)
