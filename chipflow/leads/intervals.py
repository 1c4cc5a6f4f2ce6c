"""Bounds of the number of chips that reached the destination.

Three things are open: which sales of a hand-over carry the followed goods at all, how many chips
a sale holds that is counted in cartons or not at all, and how many sales the records leave out.
All are drawn again and again, and the interval holds the middle nine tenths of the sums.

That records are left out shows where companies sold more than they bought. A company bought what
is missing there, so its share tells how many records of purchases are missing, and as many of
sales will be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.network.columns import Columns
from chipflow.network.follow import BELIEVED
from chipflow.network.ledger import TO_DESTINATION
from chipflow.network.trace import RECORDED

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
# A missing purchase shows as a shortfall only where no goods are left whose sale is missing, or
# that stay: in about a third.
SHORTFALL_SHOWN = 0.35  # share of what is missing
MOST_MISSING = 0.5  # share of records
# No file is whole: rows are refused, filed late, or of a leg that is filed elsewhere.
LEAST_MISSING = 0.1  # share of records
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
    last = links[links["hop"].map(hops["place"]) == TO_DESTINATION]
    fed = last.assign(e=lots.at(last["from_record"]), f=lots.at(last["to_record"]))
    fed_of = Columns.of(fed[["scheme", "hop", "e", "f"]]).split("scheme")
    sales_of = Columns.of(tracing.sales.astype({"hop": "int64", "f": "int64"})).split("hop")
    arrived = finals.assign(at=lots.at(finals["record_id"]))
    missing, stock = missing_share(tracing), _Stock(tracing)
    buyer_of = hops["buyer"].to_numpy(dtype=np.int64)
    found = {}
    for scheme, own in Columns.of(arrived[["scheme", "at"]]).split("scheme").items():
        mine, at = fed_of[scheme], own["at"]
        asked = np.unique(mine["hop"])
        f, probability = _likeliest([sales_of[hop] for hop in asked.tolist()])
        # A sale that no lead names may belong to it all the same, if it is not of another lead.
        begin = lots.first[at].min()
        open_too = np.isin(f, at) | (
            (lots.first[f] >= begin) & (probability < BELIEVED) & (probability >= LEAST_PROBABILITY)
        )
        f, probability = f[open_too], probability[open_too]
        feed = dict(zip(mine["f"].tolist()[::-1], mine["e"].tolist()[::-1], strict=True))
        usual = int(mine["e"][0])
        e = np.array([feed.get(one, usual) for one in f.tolist()], dtype=np.int64)
        chips, spread = _chips(lots, e, f)
        rng = np.random.default_rng([seed, 1 + int(str(scheme))])
        low, high = _bounds(rng, chips, spread, probability, missing)
        # What its last companies bought and are not seen to have passed elsewhere may have gone
        # the same way unseen.
        unfed = stock.unfed(np.unique(lots.shipper[at]), f)
        found[scheme] = low, np.nanmax([high + unfed, stock.bought(buyer_of[asked], f)])
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


def missing_share(tracing: Tracing) -> float:
    """Estimate the share of records that is missing, by companies that sold more than they bought.

    Parameters
    ----------
    tracing
        What :func:`chipflow.network.trace` returned.

    Returns
    -------
    float
        Between LEAST_MISSING and MOST_MISSING.
    """
    lots, links = tracing.lots, tracing.links
    recorded = links[links["kind"] == RECORDED]
    if recorded.empty:
        return LEAST_MISSING
    # By company, and only where every purchase and every sale was counted in pieces.
    f = np.unique(lots.at(recorded["to_record"]))
    sellers = np.unique(lots.shipper[f])
    e = np.flatnonzero(tracing.follower.followed & np.isin(lots.consignee, sellers))
    counted = ~np.isin(
        sellers,
        [
            *lots.shipper[f[~np.isfinite(lots.items[f])]],
            *lots.consignee[e[~np.isfinite(lots.items[e])]],
        ],
    )
    sums = [
        np.bincount(who[at], weights=lots.units[at], minlength=int(sellers.max()) + 1)[sellers]
        for who, at in ((lots.consignee, e), (lots.shipper, f))
    ]
    bought, sold = (one[counted & np.isfinite(sums[0] + sums[1])] for one in sums)
    short = float(np.maximum(sold - bought, 0).sum())
    if sold.sum() <= 0:
        return LEAST_MISSING
    return float(np.clip(short / sold.sum() / SHORTFALL_SHOWN, LEAST_MISSING, MOST_MISSING))


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
        giver = lots.at(links["from_record"])
        order = np.argsort(giver, kind="stable")
        self.giver = giver[order]
        self.taker = lots.at(links["to_record"])[order]
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
        at = np.concatenate([self.open[a:b] for a, b in zip(low, high, strict=True)])
        near = (lots.last[at] >= int(lots.first[f].min()) - self.window) & (
            lots.first[at] <= int(lots.last[f].max()) + self.window
        )
        at = at[near & np.isin(lots.family[at], lots.carried[f]) & ~np.isin(at, f)]
        return float(np.nansum(lots.units[at]))

    def bought(self, buyers: Ints, f: Ints) -> float:
        """Chips like those in some lots that companies bought, and did not pass elsewhere."""
        lots = self.lots
        carried = np.unique(lots.carried[f])
        begin, end = int(lots.first[f].min()) - self.window, int(lots.last[f].max())
        total = 0.0
        for buyer in np.unique(buyers):
            low, high = np.searchsorted(self.owner, [buyer, buyer + 1])
            at, supply = self.at[low:high], self.supply[low:high]
            mine = (lots.first[at] >= begin) & (lots.first[at] <= end)
            mine &= np.isin(lots.carried[at], carried)
            total += float(supply[mine].sum())
            given = np.isin(self.giver, at[mine]) & ~np.isin(self.taker, f)
            total -= float(self.units[given].sum())
        return max(total, 0.0)


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
    rng: np.random.Generator,
    chips: Floats,
    spread: Floats,
    probability: Floats,
    missing: float,
) -> tuple[float, float]:
    if not np.isfinite(chips).any():
        return float("nan"), float("nan")
    size = (DRAWS, len(chips))
    belongs = rng.random(size) < probability
    common, own = rng.normal(size=(DRAWS, 1)), rng.normal(size=size)
    noise = np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own
    sums = (belongs * chips * np.exp(spread * noise)).sum(axis=1)
    # What is not seen may be none: it raises the upper bound and leaves the lower one alone.
    low = float(np.quantile(sums, BOUNDS[0]))
    # Unseen sales are like the seen ones, and as many as are missed before these are seen.
    seen = max(round(float(probability.sum())), 1)
    unseen = rng.negative_binomial(seen, 1 - missing, DRAWS)
    like = rng.choice(chips, p=probability / probability.sum(), size=(DRAWS, int(unseen.max())))
    sums += (like * (np.arange(like.shape[1]) < unseen[:, None])).sum(axis=1)
    return low, float(np.quantile(sums, BOUNDS[1]))
