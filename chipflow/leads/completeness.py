"""How many records are missing, as the inventories of traders show it.

No company sells what it did not buy. Where the records say that it did, a purchase is missing in
them. How much of such a shortfall a missing share makes depends on the trade: in what shipments it
buys and sells, how much it keeps, how long goods lie. So the inventories are asked themselves: some
more of their records are taken away at random, and how the shortfall grows with that is traced
back to where there would be none (simulation-extrapolation; Cook and Stefanski, "Simulation-
extrapolation estimation in parametric measurement error models", JASA 1994).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.settings import CompletenessSettings
from chipflow.tracing.transfers import RECORDED

if TYPE_CHECKING:
    from chipflow.tracing.trace import Tracing

Floats = np.ndarray
Ints = np.ndarray

AT_ONCE = 2_000_000  # entries held at once; bounds the memory to about 100 MB
ROUNDING = 1e-6  # shipments; less than this is the rounding of sums


@dataclass(frozen=True)
class Missing:
    """Share of the records that is missing, as a beta distribution.

    Attributes
    ----------
    share
        Its mean.
    shipments
        Shipments that would have to be looked for in another source to know it as well.
    """

    share: float
    shipments: float

    def draw(self, rng: np.random.Generator, number: int) -> Floats:
        """Draw shares that it may be."""
        return rng.beta(self.share * self.shipments, (1 - self.share) * self.shipments, number)


def missing_records(tracing: Tracing, links: pd.DataFrame, *, seed: int = 0) -> Missing:
    """Estimate the share of the records of traced goods that is missing.

    Parameters
    ----------
    tracing
        What :func:`chipflow.tracing.trace` returned.
    links
        Links of the clusters, whose companies are asked: ``to_record``.
    seed
        Of what is taken away.

    Returns
    -------
    Missing
    """
    settings = tracing.settings.completeness
    usual = Missing(settings.expected_missing, settings.expected_from)
    senders = np.unique(tracing.traced.arrays.shipper[links["f"].to_numpy()])
    histories = StockHistories.of(tracing, senders)
    if not len(histories):
        return usual
    rng = np.random.default_rng([seed, 0])
    short, sold = histories.curves(rng)
    # Inventories are the independent witnesses, not their shipments (Rubin, "The Bayesian
    # bootstrap", 1981).
    weights = rng.standard_exponential((settings.resamples, short.shape[1]))
    weights = np.vstack([np.ones(short.shape[1]), weights])
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.nan_to_num(weights @ short.T / (weights @ sold.T))
    found = missing_share(shares, settings)
    share, spread = float(found[0]), float(found[1:].var())
    # Taking more away shows how many shipments fall short for each one that is missing; where there
    # is no shortfall, only as many were looked for as would have shown.
    shown = float(shares[0, -1] - shares[0, 0]) / settings.most_taken * float(sold[0].sum())
    known = max(shown, 0.0)
    if spread > 0:
        known = min(known, share * (1 - share) / spread)
    total = settings.expected_from + known
    expected = settings.expected_missing * settings.expected_from
    return Missing((expected + share * known) / total, total)


def missing_share(shares: Floats, settings: CompletenessSettings) -> Floats:
    """Follow shortfalls back to where there is none.

    Parameters
    ----------
    shares
        Share of the shipments sold that falls short: a row a curve, a column for each share
        that is taken away.
    settings
        The numbers of the method.

    Returns
    -------
    numpy.ndarray
        The share of the records that is missing already, for each curve.
    """
    taken = shares_taken(settings)
    square, slope, start = np.polyfit(taken, shares.T, 2)
    line, level = np.polyfit(taken, shares.T, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        # A shortfall that grows ever slower is a parabola that crosses zero once before; put so
        # that one which is straight but for rounding divides by no rounding error.
        bent = -2 * start / (slope + np.sqrt(np.maximum(slope**2 - 4 * square * start, 0)))
        straight = np.where(line > 0, -level / line, -np.inf)
    back = np.where((square < 0) & (start > 0), bent, straight)
    none = shares[:, 0] <= 0
    back = np.where(none, 0.0, np.minimum(back, 0.0))
    # Of what there is, 1 - t are left when t are taken; so of all that there was, 1 / (1 - t).
    return np.clip(1 - 1 / (1 - back), 0.0, settings.most_missing)


def shares_taken(settings: CompletenessSettings) -> tuple[float, ...]:
    """Return the shares of the records that are taken away besides, none among them."""
    return tuple(float(one) for one in np.linspace(0.0, settings.most_taken, settings.steps))


@dataclass(frozen=True)
class StockHistories:
    """Purchases and sales of one kind of chip by one company, one history a pair and day by day.

    Attributes
    ----------
    inventory
        Number of the inventory of each entry, from 0 on.
    day
        Days after the first of all.
    bought
        Whether it is a purchase.
    shipments
        Chips, in shipments of the usual size that the inventory sells.
    window
        Most days between a purchase and a sale.
    """

    history: Ints
    day: Ints
    bought: np.ndarray
    chips: Floats
    window: int
    settings: CompletenessSettings = field(default_factory=CompletenessSettings)

    def __len__(self) -> int:
        return int(self.history[-1]) + 1 if len(self.history) else 0

    @classmethod
    def of(cls, tracing: Tracing, companies: Ints) -> StockHistories:
        """Lay out the inventories of some companies that sell what they bought.

        Parameters
        ----------
        tracing
            What :func:`chipflow.tracing.trace` returned.
        companies
            Codes of companies.
        """
        traced, transfers, sales = tracing.traced, tracing.transfers, tracing.sales
        # Where the stock of an open distributor comes from is no part of the question.
        companies = companies[~tracing.open_distributor[companies]]
        of_hop = sales["transfer"].to_numpy(dtype=np.int64)
        own = (transfers["kind"] == RECORDED).to_numpy()[of_hop]
        believed = own & (
            sales["probability"].to_numpy(dtype=float) > tracing.settings.tracer.believed
        )
        f = np.unique(sales["f"].to_numpy(dtype=np.int64)[believed])
        f = f[np.isin(traced.arrays.shipper[f], companies)]
        companies = np.unique(traced.arrays.shipper[f])
        followed = tracing.followed & ~traced.arrives & traced.arrays.named_consignee
        followed &= (traced.arrays.shipper != traced.arrays.consignee) & np.isin(
            traced.arrays.consignee, companies
        )
        e = np.flatnonzero(followed)
        per_item = np.where(np.isfinite(traced.cargo.per_item[f]), traced.cargo.per_item[f], 1.0)
        table = pd.DataFrame(
            {
                "company": np.r_[traced.arrays.consignee[e], traced.arrays.shipper[f]],
                "chip": np.r_[traced.cargo.carried[e], traced.cargo.carried[f]],
                # A month is read in favour of the company: bought early, sold late.
                "day": np.r_[traced.arrays.first[e], traced.arrays.last[f]],
                "sold": np.r_[np.zeros(len(e), dtype=bool), np.ones(len(f), dtype=bool)],
                "chips": np.r_[traced.supply[e], traced.arrays.items[f] * per_item],
                "counted": np.isfinite(np.r_[traced.arrays.items[e], traced.arrays.items[f]]),
            }
        )
        by = table.groupby(["company", "chip"])
        # A weight that is off would look like chips that were never bought.
        whole = by["counted"].transform("all") & (by["sold"].transform("nunique") == 2)
        table = table[whole].sort_values(["company", "chip", "day", "sold"], ignore_index=True)
        history = table.groupby(["company", "chip"]).ngroup().to_numpy(dtype=np.int64)
        usual = table["chips"].where(table["sold"]).groupby(history).transform("mean")
        return cls(
            history=history,
            day=table["day"].to_numpy(dtype=np.int64),
            bought=~table["sold"].to_numpy(dtype=bool),
            chips=(table["chips"] / usual).to_numpy(dtype=float),
            window=tracing.window,
            settings=tracing.settings.completeness,
        )

    def curves(self, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Shipments that fall short and shipments sold, by share taken away (rows) and history."""
        whole = np.ones((len(self.history), 1), dtype=bool)
        short, sold = ([one.mean(axis=1)] for one in self.shortfall(whole))
        at_once = max(min(AT_ONCE // len(self.history), self.settings.times), 1)
        for share in shares_taken(self.settings)[1:]:
            sums, times = np.zeros((2, len(self))), 0
            while times < self.settings.times:
                kept = rng.random((len(self.history), at_once)) >= share
                sums += [one.sum(axis=1) for one in self.shortfall(kept)]
                times += at_once
            short.append(sums[0] / times)
            sold.append(sums[1] / times)
        return np.stack(short), np.stack(sold)

    def shortfall(self, kept: np.ndarray) -> tuple[Floats, Floats]:
        """Shipments sold beyond what was bought before, and shipments sold.

        Parameters
        ----------
        kept
            Which entries are there, one column a case.

        Returns
        -------
        tuple
            One row a inventory and one column a case. A sale before which no purchase is kept
            would not have been found and is not counted.
        """
        starts = np.searchsorted(self.history, np.arange(len(self)))
        span = int(self.day.max(initial=0)) + self.window + 1
        when = (self.history * span + self.day)[:, None]
        begin = (self.history * span)[:, None]
        bought, chips = self.bought[:, None], self.chips[:, None]
        latest = np.maximum.accumulate(np.where(bought & kept, when, -1), axis=0)
        found = ~bought & kept & (latest >= np.maximum(begin, when - self.window))
        sold = np.where(found, chips, 0.0)
        owed = np.cumsum(sold - np.where(bought & kept, chips, 0.0), axis=0)
        before = np.vstack([np.zeros((1, owed.shape[1])), owed])[starts]
        # A stock from which is sold what is there falls short by the most that is ever owed.
        most = np.maximum.reduceat(owed, starts, axis=0) - before
        return np.where(most > ROUNDING, most, 0.0), np.add.reduceat(sold, starts, axis=0)
