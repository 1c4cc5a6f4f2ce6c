"""Bounds of the number of chips that reached the destination.

Three things are open: which sales of a transfer carry the traced goods at all, how many chips
a sale holds that is counted in cartons or not at all, and how many shipments the records leave out.
All are drawn again and again, and the interval holds the middle nine tenths of the sums.

What the records leave out cannot be in a lead, and is in what truly arrived. The share that is
missing is estimated by :mod:`chipflow.leads.completeness`. A consignment has two chances to be
seen: when its last middle company buys it and when it arrives. Each leg, with what is missing of
it, says how many chips there were, and the upper bound is that of the leg which says more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.network.arrays import entries
from chipflow.network.columns import Columns
from chipflow.tracing.inventory import TO_DESTINATION

if TYPE_CHECKING:
    from chipflow.leads.completeness import Missing
    from chipflow.settings import UnitIntervalSettings
    from chipflow.tracing.shipments import TracedShipments
    from chipflow.tracing.trace import Tracing

Floats = np.ndarray
Ints = np.ndarray


def unit_intervals(
    finals: pd.DataFrame,
    links: pd.DataFrame,
    tracing: Tracing,
    missing: Missing,
    *,
    seed: int = 0,
) -> pd.DataFrame:
    """Give each cluster the bounds of the chips that reached the destination.

    Parameters
    ----------
    finals
        Shipments that arrive: ``cluster, record_id, units``.
    links
        Links of the clusters: ``cluster, transfer, from_record, to_record``.
    tracing
        What they are from.
    missing
        How many records are, as :func:`chipflow.leads.completeness.missing_records` says.
    seed
        Of the draws.

    Returns
    -------
    pandas.DataFrame
        By cluster: ``units_low, units_high``; missing where no shipment tells a number. The lower
        one speaks of what is in the records, the upper one also of what they leave out.
    """
    transfers, traced = tracing.transfers, tracing.traced
    settings, believed = tracing.settings.unit_intervals, tracing.settings.tracer.believed
    last = links[links["transfer"].map(transfers["place"]) == TO_DESTINATION]
    supplied_of = Columns.of(last[["cluster", "transfer", "e", "f"]]).split("cluster")
    sales_of = Columns.of(tracing.sales.astype({"transfer": "int64", "f": "int64"})).split(
        "transfer"
    )
    arrived = finals.assign(at=traced.arrays.at(finals["record_id"]))
    stock = _Stock(tracing)
    taken = np.zeros(len(traced), dtype=bool)
    taken[arrived["at"]] = True
    buyer_of = transfers["buyer"].to_numpy(dtype=np.int64)
    found = {}
    for cluster, own in Columns.of(arrived[["cluster", "at"]]).split("cluster").items():
        mine, at = supplied_of[cluster], own["at"]
        asked = np.unique(mine["transfer"])
        f, probability = _likeliest([sales_of[transfer] for transfer in asked.tolist()])
        # A sale that no lead names may belong to it all the same, if it is not of another lead.
        begin = traced.arrays.first[at].min()
        named = np.isin(f, at)
        doubtful = (traced.arrays.first[f] >= begin) & (probability < believed)
        doubtful &= (probability >= settings.least_probability) & ~named
        # What is believed and continues no purchase that is seen may continue one that is not.
        unsupplied = (probability >= believed) & ~taken[f]
        open_too = named | doubtful | unsupplied
        f, probability, unsupplied = f[open_too], probability[open_too], unsupplied[open_too]
        feed = dict(zip(mine["f"].tolist()[::-1], mine["e"].tolist()[::-1], strict=True))
        usual = int(mine["e"][0])
        e = np.array([feed.get(one, usual) for one in f.tolist()], dtype=np.int64)
        chips, spread = _chips(traced, e, f)
        rng = np.random.default_rng([seed, 1 + int(str(cluster))])
        covered = 1 - missing.draw(rng, settings.draws)
        sums = _sums(rng, chips, spread, probability, settings)
        low = float(np.quantile(sums[:, ~unsupplied].sum(axis=1), settings.bounds[0]))
        arrive = sums.sum(axis=1) + _unseen(rng, chips, probability, covered, settings)
        bought = stock.bought(buyer_of[asked], f)
        kept = bought.sum() + _unseen(rng, bought, np.ones(len(bought)), covered, settings)
        high = [np.quantile(one, settings.bounds[1]) for one in (arrive, kept)]
        # What its last companies sent there by name, with no purchase seen, may be of it too.
        high[0] += stock.unsupplied(np.unique(traced.arrays.shipper[at]), f)
        found[cluster] = low, float(np.nanmax(high)) if np.isfinite(low) else float("nan")
    table = pd.DataFrame.from_dict(found, orient="index", columns=["units_low", "units_high"])
    return table.rename_axis("cluster")


def _likeliest(sales: list[Columns]) -> tuple[Ints, Floats]:
    """Sales of some transfers, the likeliest first, each once."""
    f = np.concatenate([one["f"] for one in sales])
    probability = np.concatenate([one["probability"] for one in sales])
    order = np.argsort(-probability, kind="stable")
    _, first = np.unique(f[order], return_index=True)
    kept = order[np.sort(first)]
    return f[kept], probability[kept]


class _Stock:
    """What companies bought of what is traced, and how much of it is seen to go where."""

    def __init__(self, tracing: Tracing) -> None:
        traced = tracing.traced
        self.traced, self.window = traced, tracing.window
        at = np.flatnonzero(tracing.followed & ~traced.arrives & traced.arrays.named_consignee)
        self.at = at[np.argsort(traced.arrays.consignee[at], kind="stable")]
        self.owner = traced.arrays.consignee[self.at]
        supply = traced.supply[self.at]
        self.supply = np.where(np.isfinite(supply), supply, 0.0)
        links = tracing.continuations
        giver = links["e"].to_numpy()
        order = np.argsort(giver, kind="stable")
        self.giver = giver[order]
        self.taker = links["f"].to_numpy()[order]
        self.units = np.nan_to_num(links["units"].to_numpy(dtype=float))[order]
        # Sales of named chips to the destination of which no purchase is known.
        named = (traced.family >= 0) & traced.arrives & traced.arrays.named_shipper
        named[self.taker] = False
        at = np.flatnonzero(named)
        self.open = at[np.argsort(traced.arrays.shipper[at], kind="stable")]
        self.seller = traced.arrays.shipper[self.open]

    def unsupplied(self, sellers: Ints, f: Ints) -> float:
        """Chips like those in some shipments that sellers sent there too, with no purchase seen."""
        traced = self.traced
        low, high = np.searchsorted(self.seller, [sellers, sellers + 1])
        at = self.open[entries(low, high)[1]]
        near = (traced.arrays.last[at] >= int(traced.arrays.first[f].min()) - self.window) & (
            traced.arrays.first[at] <= int(traced.arrays.last[f].max()) + self.window
        )
        at = at[near & np.isin(traced.family[at], traced.cargo.carried[f]) & ~np.isin(at, f)]
        return float(np.nansum(traced.cargo.units[at]))

    def bought(self, buyers: Ints, f: Ints) -> Floats:
        """Chips like those in some shipments that companies bought and kept from others."""
        traced = self.traced
        low, high = np.searchsorted(self.owner, [np.unique(buyers), np.unique(buyers) + 1])
        row = entries(low, high)[1]
        at = self.at[row]
        begin, end = (
            int(traced.arrays.first[f].min()) - self.window,
            int(traced.arrays.last[f].max()),
        )
        mine = (traced.arrays.first[at] >= begin) & (traced.arrays.first[at] <= end)
        mine &= np.isin(traced.cargo.carried[at], np.unique(traced.cargo.carried[f]))
        at, left = at[mine], self.supply[row[mine]]
        low, high = np.searchsorted(self.giver, [at, at + 1])
        giver, link = entries(low, high)
        elsewhere = ~np.isin(self.taker[link], f)
        passed = self.units[link] * elsewhere
        left = left - np.bincount(giver, weights=passed, minlength=len(at))
        return np.asarray(left[left > 0])


def _chips(traced: TracedShipments, e: Ints, f: Ints) -> tuple[Floats, Floats]:
    """Chips in each shipment, and how far they may be off."""
    held = traced.holds(e, f)
    counted = np.isfinite(traced.arrays.items[f]) & (
        np.isfinite(traced.cargo.per_item[e]) | (np.isfinite(traced.cargo.per_item[f]))
    )
    weighed = np.isfinite(traced.arrays.weight[f]) & np.isfinite(traced.cargo.kg_unit[e])
    settings = traced.settings.unit_intervals
    by = [settings.counted, settings.by_weight]
    spread = np.select([counted, weighed], by, settings.by_value)
    known = np.isfinite(held)
    if not known.any():
        return np.full(len(f), np.nan), spread
    chips = np.where(known, held, np.median(held[known]))
    return chips, np.where(known, spread, settings.by_others)


def _sums(
    rng: np.random.Generator,
    chips: Floats,
    spread: Floats,
    probability: Floats,
    settings: UnitIntervalSettings,
) -> Floats:
    """Chips that each shipment may have brought, drawn again and again (rows)."""
    draws, shared = settings.draws, settings.shared
    size = (draws, len(chips))
    belongs = rng.random(size) < probability
    common, own = rng.normal(size=(draws, 1)), rng.normal(size=size)
    noise = np.sqrt(shared) * common + np.sqrt(1 - shared) * own
    return np.asarray(belongs * chips * np.exp(spread * noise))


def _unseen(
    rng: np.random.Generator,
    chips: Floats,
    probability: Floats,
    covered: Floats,
    settings: UnitIntervalSettings,
) -> Floats:
    """Chips of the shipments that the records leave out, like the seen ones; one number a draw."""
    seen = float(probability.sum())
    if not seen or not np.isfinite(chips).all():
        return np.zeros(len(covered))
    # As many as are missed before these are seen.
    looked_for = max(seen, 1.0) + settings.unseen_prior
    unseen = rng.negative_binomial(looked_for, np.maximum(covered, settings.least_coverage))
    return np.asarray(rng.multinomial(unseen, probability / seen) @ chips)
