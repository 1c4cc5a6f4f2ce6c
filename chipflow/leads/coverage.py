"""How many records are missing, as the ledgers of traders show it.

No company sells what it did not buy. Where the records say that it did, a purchase is missing in
them. How much of such a shortfall a missing share makes depends on the trade: in what lots it
buys and sells, how much it keeps, how long goods lie. So the ledgers are asked themselves: some
more of their records are taken away at random, and how the shortfall grows with that is followed
back to where there would be none (simulation-extrapolation; Cook and Stefanski, "Simulation-
extrapolation estimation in parametric measurement error models", JASA 1994).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.network.follow import BELIEVED
from chipflow.network.trace import RECORDED

if TYPE_CHECKING:
    from chipflow.network.trace import Tracing

Floats = np.ndarray
Ints = np.ndarray

# Shares of the records taken away besides. More than this says little of the small shares that
# are asked for, and leaves few ledgers in which anything is sold.
TAKEN = tuple(float(share) for share in np.linspace(0.0, 0.4, 9))
TIMES = 100  # times that each is taken away
AT_ONCE = 2_000_000  # entries of ledgers that are held at once; bounds the memory to about 100 MB
ROUNDING = 1e-6  # lots; less than this is the rounding of sums
RESAMPLES = 200  # of the ledgers, for how sure the estimate is
# Beyond this the way back is longer than what was followed of it.
MOST_MISSING = 0.5  # share of records
# No file is whole: rows are refused, filed late, or of a leg that is filed elsewhere. So a tenth
# is expected before any ledger is seen, as firmly as if five lots had been looked for.
EXPECTED_MISSING = 0.1  # share of records
EXPECTED_FROM = 5.0  # lots


@dataclass(frozen=True)
class Missing:
    """Share of the records that is missing, as a beta distribution.

    Attributes
    ----------
    share
        Its mean.
    lots
        Lots that would have to be looked for in another source to know it as well.
    """

    share: float
    lots: float

    def draw(self, rng: np.random.Generator, number: int) -> Floats:
        """Draw shares that it may be."""
        return rng.beta(self.share * self.lots, (1 - self.share) * self.lots, number)


def missing_records(tracing: Tracing, links: pd.DataFrame, *, seed: int = 0) -> Missing:
    """Estimate the share of the records of followed goods that is missing.

    Parameters
    ----------
    tracing
        What :func:`chipflow.network.trace` returned.
    links
        Links of the schemes, whose companies are asked: ``to_record``.
    seed
        Of what is taken away.

    Returns
    -------
    Missing
    """
    usual = Missing(EXPECTED_MISSING, EXPECTED_FROM)
    senders = np.unique(tracing.lots.shipper[links["f"].to_numpy()])
    ledgers = StockLedgers.of(tracing, senders)
    if not len(ledgers):
        return usual
    rng = np.random.default_rng([seed, 0])
    short, sold = ledgers.curves(rng)
    # Ledgers are the independent witnesses, not their lots (Rubin, "The Bayesian bootstrap", 1981).
    weights = rng.standard_exponential((RESAMPLES, short.shape[1]))
    weights = np.vstack([np.ones(short.shape[1]), weights])
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.nan_to_num(weights @ short.T / (weights @ sold.T))
    found = missing_share(shares)
    share, spread = float(found[0]), float(found[1:].var())
    # Taking more away shows how many lots fall short for each one that is missing; where there is
    # no shortfall, only as many were looked for as would have shown.
    shown = float(shares[0, -1] - shares[0, 0]) / TAKEN[-1] * float(sold[0].sum())
    lots = max(shown, 0.0)
    if spread > 0:
        lots = min(lots, share * (1 - share) / spread)
    total = EXPECTED_FROM + lots
    return Missing((EXPECTED_MISSING * EXPECTED_FROM + share * lots) / total, total)


def missing_share(shares: Floats) -> Floats:
    """Follow shortfalls back to where there is none.

    Parameters
    ----------
    shares
        Share of the lots sold that falls short: a row a curve, a column for each of TAKEN.

    Returns
    -------
    numpy.ndarray
        The share of the records that is missing already, for each curve.
    """
    square, slope, start = np.polyfit(TAKEN, shares.T, 2)
    line, level = np.polyfit(TAKEN, shares.T, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        # A shortfall that grows ever slower is a parabola that crosses nought once before; put so
        # that one which is straight but for rounding divides by no rounding error.
        bent = -2 * start / (slope + np.sqrt(np.maximum(slope**2 - 4 * square * start, 0)))
        straight = np.where(line > 0, -level / line, -np.inf)
    back = np.where((square < 0) & (start > 0), bent, straight)
    none = shares[:, 0] <= 0
    back = np.where(none, 0.0, np.minimum(back, 0.0))
    # Of what there is, 1 - t are left when t are taken; so of all that there was, 1 / (1 - t).
    return np.clip(1 - 1 / (1 - back), 0.0, MOST_MISSING)


@dataclass(frozen=True)
class StockLedgers:
    """Purchases and sales of one kind of chip by one company, ledger by ledger and day by day.

    Attributes
    ----------
    ledger
        Number of the ledger of each entry, from 0 on.
    day
        Days after the first of all.
    bought
        Whether it is a purchase.
    lots
        Chips, in lots of the usual size that the ledger sells.
    window
        Most days between a purchase and a sale.
    """

    ledger: Ints
    day: Ints
    bought: np.ndarray
    lots: Floats
    window: int

    def __len__(self) -> int:
        return int(self.ledger[-1]) + 1 if len(self.ledger) else 0

    @classmethod
    def of(cls, tracing: Tracing, companies: Ints) -> StockLedgers:
        """Lay out the ledgers of some companies that sell what they bought.

        Parameters
        ----------
        tracing
            What :func:`chipflow.network.trace` returned.
        companies
            Codes of companies.
        """
        lots, hops, sales = tracing.lots, tracing.hops, tracing.sales
        # Where the stock of an open seller comes from is no part of the question.
        companies = companies[~tracing.follower.open_seller[companies]]
        of_hop = sales["hop"].to_numpy(dtype=np.int64)
        own = (hops["kind"] == RECORDED).to_numpy()[of_hop]
        believed = own & (sales["probability"].to_numpy(dtype=float) > BELIEVED)
        f = np.unique(sales["f"].to_numpy(dtype=np.int64)[believed])
        f = f[np.isin(lots.shipper[f], companies)]
        companies = np.unique(lots.shipper[f])
        followed = tracing.follower.followed & ~lots.arrives & lots.named_consignee
        followed &= (lots.shipper != lots.consignee) & np.isin(lots.consignee, companies)
        e = np.flatnonzero(followed)
        per_item = np.where(np.isfinite(lots.per_item[f]), lots.per_item[f], 1.0)
        table = pd.DataFrame(
            {
                "company": np.r_[lots.consignee[e], lots.shipper[f]],
                "chip": np.r_[lots.carried[e], lots.carried[f]],
                # A month is read in favour of the company: bought early, sold late.
                "day": np.r_[lots.first[e], lots.last[f]],
                "sold": np.r_[np.zeros(len(e), dtype=bool), np.ones(len(f), dtype=bool)],
                "chips": np.r_[lots.supply[e], lots.items[f] * per_item],
                "counted": np.isfinite(np.r_[lots.items[e], lots.items[f]]),
            }
        )
        by = table.groupby(["company", "chip"])
        # A weight that is off would look like chips that were never bought.
        whole = by["counted"].transform("all") & (by["sold"].transform("nunique") == 2)
        table = table[whole].sort_values(["company", "chip", "day", "sold"], ignore_index=True)
        ledger = table.groupby(["company", "chip"]).ngroup().to_numpy(dtype=np.int64)
        usual = table["chips"].where(table["sold"]).groupby(ledger).transform("mean")
        return cls(
            ledger=ledger,
            day=table["day"].to_numpy(dtype=np.int64),
            bought=~table["sold"].to_numpy(dtype=bool),
            lots=(table["chips"] / usual).to_numpy(dtype=float),
            window=tracing.window,
        )

    def curves(self, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Lots that fall short and lots sold, by share taken away (rows) and ledger."""
        whole = np.ones((len(self.ledger), 1), dtype=bool)
        short, sold = ([one.mean(axis=1)] for one in self.shortfall(whole))
        at_once = max(min(AT_ONCE // len(self.ledger), TIMES), 1)
        for share in TAKEN[1:]:
            sums, times = np.zeros((2, len(self))), 0
            while times < TIMES:
                kept = rng.random((len(self.ledger), at_once)) >= share
                sums += [one.sum(axis=1) for one in self.shortfall(kept)]
                times += at_once
            short.append(sums[0] / times)
            sold.append(sums[1] / times)
        return np.stack(short), np.stack(sold)

    def shortfall(self, kept: np.ndarray) -> tuple[Floats, Floats]:
        """Lots sold beyond what was bought before, and lots sold.

        Parameters
        ----------
        kept
            Which entries are there, one column a case.

        Returns
        -------
        tuple
            One row a ledger and one column a case. A sale before which no purchase is kept
            would not have been found and is not counted.
        """
        starts = np.searchsorted(self.ledger, np.arange(len(self)))
        span = int(self.day.max(initial=0)) + self.window + 1
        when = (self.ledger * span + self.day)[:, None]
        begin = (self.ledger * span)[:, None]
        bought, lots = self.bought[:, None], self.lots[:, None]
        latest = np.maximum.accumulate(np.where(bought & kept, when, -1), axis=0)
        found = ~bought & kept & (latest >= np.maximum(begin, when - self.window))
        sold = np.where(found, lots, 0.0)
        owed = np.cumsum(sold - np.where(bought & kept, lots, 0.0), axis=0)
        before = np.vstack([np.zeros((1, owed.shape[1])), owed])[starts]
        # A stock from which is sold what is there falls short by the most that is ever owed.
        most = np.maximum.reduceat(owed, starts, axis=0) - before
        return np.where(most > ROUNDING, most, 0.0), np.add.reduceat(sold, starts, axis=0)
