"""Bounds of the number of chips that reached the destination.

Three things are open: which sales of a hand-over carry the followed goods at all, how many chips
a sale holds that is counted in cartons or not at all, and how many lots the records leave out.
All are drawn again and again, and the interval holds the middle nine tenths of the sums.

What the records leave out cannot be in a lead, and is in what truly arrived. The share that is
missing is estimated by :mod:`chipflow.leads.coverage`. A consignment has two chances to be seen:
when its last middle company buys it and when it arrives. Each leg, with what is missing of it,
says how many chips there were, and the upper bound is that of the leg which says more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.network.columns import Columns
from chipflow.network.follow import BELIEVED
from chipflow.network.ledger import TO_DESTINATION
from chipflow.network.lots import entries

if TYPE_CHECKING:
    from chipflow.leads.coverage import Missing
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
# Of what is seen with a known chance, so many and a half must have been there: the half is what
# Jeffreys' prior of a number adds, and keeps one seen lot from standing for one alone.
JEFFREYS = 0.5  # lots
LEAST_COVERED = 0.05  # share of records; a draw below it says nothing is known, and is not followed
# The weight and price of one chip are the same guess for all lots of a lead.
SHARED = 0.5  # share of the variance that all lots of a lead have in common


def unit_intervals(
    finals: pd.DataFrame,
    links: pd.DataFrame,
    tracing: Tracing,
    missing: Missing,
    *,
    seed: int = 0,
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
    missing
        How many records are, as :func:`chipflow.leads.coverage.missing_records` says.
    seed
        Of the draws.

    Returns
    -------
    pandas.DataFrame
        By scheme: ``units_low, units_high``; missing where no lot tells a number. The lower one
        speaks of what is in the records, the upper one also of what they leave out.
    """
    hops, lots = tracing.hops, tracing.lots
    last = links[links["hop"].map(hops["place"]) == TO_DESTINATION]
    fed_of = Columns.of(last[["scheme", "hop", "e", "f"]]).split("scheme")
    sales_of = Columns.of(tracing.sales.astype({"hop": "int64", "f": "int64"})).split("hop")
    arrived = finals.assign(at=lots.at(finals["record_id"]))
    stock = _Stock(tracing)
    taken = np.zeros(len(lots), dtype=bool)
    taken[arrived["at"]] = True
    buyer_of = hops["buyer"].to_numpy(dtype=np.int64)
    found = {}
    for scheme, own in Columns.of(arrived[["scheme", "at"]]).split("scheme").items():
        mine, at = fed_of[scheme], own["at"]
        asked = np.unique(mine["hop"])
        f, probability = _likeliest([sales_of[hop] for hop in asked.tolist()])
        # A sale that no lead names may belong to it all the same, if it is not of another lead.
        begin = lots.first[at].min()
        named = np.isin(f, at)
        doubtful = (lots.first[f] >= begin) & (probability < BELIEVED)
        doubtful &= (probability >= LEAST_PROBABILITY) & ~named
        # What is believed and was fed by no purchase that is seen may have been by one that is not.
        unfed = (probability >= BELIEVED) & ~taken[f]
        open_too = named | doubtful | unfed
        f, probability, unfed = f[open_too], probability[open_too], unfed[open_too]
        feed = dict(zip(mine["f"].tolist()[::-1], mine["e"].tolist()[::-1], strict=True))
        usual = int(mine["e"][0])
        e = np.array([feed.get(one, usual) for one in f.tolist()], dtype=np.int64)
        chips, spread = _chips(lots, e, f)
        rng = np.random.default_rng([seed, 1 + int(str(scheme))])
        covered = 1 - missing.draw(rng, DRAWS)
        sums = _sums(rng, chips, spread, probability)
        low = float(np.quantile(sums[:, ~unfed].sum(axis=1), BOUNDS[0]))
        arrive = sums.sum(axis=1) + _unseen(rng, chips, probability, covered)
        bought = stock.bought(buyer_of[asked], f)
        kept = bought.sum() + _unseen(rng, bought, np.ones(len(bought)), covered)
        high = [np.quantile(one, BOUNDS[1]) for one in (arrive, kept)]
        # What its last companies sent there by name, with no purchase seen, may be of it too.
        high[0] += stock.unfed(np.unique(lots.shipper[at]), f)
        found[scheme] = low, float(np.nanmax(high)) if np.isfinite(low) else float("nan")
    table = pd.DataFrame.from_dict(found, orient="index", columns=["units_low", "units_high"])
    return table.rename_axis("scheme")


def _likeliest(sales: list[Columns]) -> tuple[Ints, Floats]:
    """Sales of some hand-overs, the likeliest first, each once."""
    f = np.concatenate([one["f"] for one in sales])
    probability = np.concatenate([one["probability"] for one in sales])
    order = np.argsort(-probability, kind="stable")
    _, first = np.unique(f[order], return_index=True)
    kept = order[np.sort(first)]
    return f[kept], probability[kept]


class _Stock:
    """What companies bought of what is followed, and how much of it is seen to go where."""

    def __init__(self, tracing: Tracing) -> None:
        lots = tracing.lots
        self.lots, self.window = lots, tracing.window
        at = np.flatnonzero(tracing.follower.followed & ~lots.arrives & lots.named_consignee)
        self.at = at[np.argsort(lots.consignee[at], kind="stable")]
        self.owner = lots.consignee[self.at]
        supply = lots.supply[self.at]
        self.supply = np.where(np.isfinite(supply), supply, 0.0)
        links = tracing.links
        giver = links["e"].to_numpy()
        order = np.argsort(giver, kind="stable")
        self.giver = giver[order]
        self.taker = links["f"].to_numpy()[order]
        self.units = np.nan_to_num(links["units"].to_numpy(dtype=float))[order]
        # Sales of named chips to the destination of which no purchase is known.
        named = (lots.family >= 0) & lots.arrives & lots.named_shipper
        named[self.taker] = False
        at = np.flatnonzero(named)
        self.open = at[np.argsort(lots.shipper[at], kind="stable")]
        self.seller = lots.shipper[self.open]

    def unfed(self, sellers: Ints, f: Ints) -> float:
        """Chips like those in some lots that sellers sent there too, with no purchase seen."""
        lots = self.lots
        low, high = np.searchsorted(self.seller, [sellers, sellers + 1])
        at = self.open[entries(low, high)[1]]
        near = (lots.last[at] >= int(lots.first[f].min()) - self.window) & (
            lots.first[at] <= int(lots.last[f].max()) + self.window
        )
        at = at[near & np.isin(lots.family[at], lots.carried[f]) & ~np.isin(at, f)]
        return float(np.nansum(lots.units[at]))

    def bought(self, buyers: Ints, f: Ints) -> Floats:
        """Chips like those in some lots that companies bought and kept from others, by lot."""
        lots = self.lots
        low, high = np.searchsorted(self.owner, [np.unique(buyers), np.unique(buyers) + 1])
        row = entries(low, high)[1]
        at = self.at[row]
        begin, end = int(lots.first[f].min()) - self.window, int(lots.last[f].max())
        mine = (lots.first[at] >= begin) & (lots.first[at] <= end)
        mine &= np.isin(lots.carried[at], np.unique(lots.carried[f]))
        at, left = at[mine], self.supply[row[mine]]
        low, high = np.searchsorted(self.giver, [at, at + 1])
        giver, link = entries(low, high)
        elsewhere = ~np.isin(self.taker[link], f)
        passed = self.units[link] * elsewhere
        left = left - np.bincount(giver, weights=passed, minlength=len(at))
        return np.asarray(left[left > 0])


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


def _sums(rng: np.random.Generator, chips: Floats, spread: Floats, probability: Floats) -> Floats:
    """Chips that each lot may have brought, drawn again and again (rows)."""
    size = (DRAWS, len(chips))
    belongs = rng.random(size) < probability
    common, own = rng.normal(size=(DRAWS, 1)), rng.normal(size=size)
    noise = np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own
    return np.asarray(belongs * chips * np.exp(spread * noise))


def _unseen(
    rng: np.random.Generator, chips: Floats, probability: Floats, covered: Floats
) -> Floats:
    """Chips of the lots that the records leave out, like the seen ones; one number a draw."""
    seen = float(probability.sum())
    if not seen or not np.isfinite(chips).all():
        return np.zeros(len(covered))
    # As many as are missed before these are seen.
    unseen = rng.negative_binomial(max(seen, 1.0) + JEFFREYS, np.maximum(covered, LEAST_COVERED))
    return np.asarray(rng.multinomial(unseen, probability / seen) @ chips)
