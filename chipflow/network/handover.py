"""Goods handed over inside a country, with no record between the two companies.

One company brings goods in, another one sends them out. A single pair of equal lots proves
nothing in a country of many companies; that the lots of one sender match the purchases of one
buyer again and again does. So pairs of companies are judged first, by all lots of the sender in
that time, those that match and those that do not; the price of having looked at every sender of
the country is paid once a pair. Where a pair is believed, all its lots are compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from chipflow.network.lots import (
    Floats,
    Ints,
    Lots,
    continuing_share,
    likelihood,
    pairs_by_group,
)

# Share of buyers that hand goods on inside their country, with no record between. Rare: among
# all that receive followed goods.
HANDED_OVER = 0.01  # share of companies
# Records show some of a country's companies only; equal lots are searched among this many.
LEAST_SENDERS = 50  # companies

COLUMNS = ["e", "f", "words", "weight", "value", "number", "waiting", "evidence", "days"]


def hand_overs(lots: Lots, followed: Ints, window: int) -> pd.DataFrame:
    """Find what lots became that another company of the same country sent out.

    Parameters
    ----------
    lots
        All lots.
    followed
        Positions of lots whose goods are followed.
    window
        Most days between arrival and departure.

    Returns
    -------
    pandas.DataFrame
        As :func:`chipflow.network.lots.likelihood`, with ``prior`` and ``log_odds``.
    """
    e, f = _equal_lots(lots, followed, window)
    met = likelihood(lots, e, f, window)
    sent = _Sent.of(lots)
    pairs = _judged(lots, met, followed, sent, window)
    believed = pairs[pairs["log_odds"] > 0].reset_index(drop=True)
    if believed.empty:
        return met.iloc[:0].assign(prior=0.0, log_odds=0.0)
    found = _all_lots(lots, believed, followed, sent, window)
    choices = found.groupby(["pair", "f"])["e"].transform("size").to_numpy(dtype=float)
    share = believed["share"].to_numpy()[found["pair"]]
    of_lot = found["evidence"].to_numpy() + np.log(share / (1 - share)) - np.log(choices)
    of_pair = believed["log_odds"].to_numpy()[found["pair"]]
    # Both must hold: the two companies hand over, and this lot is one that was handed over.
    odds = -np.logaddexp(np.logaddexp(-of_pair, -of_lot), -of_pair - of_lot)
    return found.drop(columns="pair").assign(log_odds=odds, prior=odds - found["evidence"])


@dataclass(frozen=True)
class _Sent:
    """Lots that leave a country, sorted by their shipper and day."""

    at: Ints
    key: Ints
    span: int
    senders: Ints  # companies that send anything out, by country

    @classmethod
    def of(cls, lots: Lots) -> _Sent:
        out = (lots.from_country >= 0) & (lots.from_country != lots.to_country)
        at = np.flatnonzero(out & lots.named_shipper)
        at = at[np.lexsort((lots.first[at], lots.shipper[at]))]
        span = 2 + int(lots.last.max(initial=0))
        different = np.unique(np.stack([lots.from_country[at], lots.shipper[at]]), axis=1)
        senders = np.bincount(different[0], minlength=1 + int(lots.from_country.max(initial=0)))
        return cls(at, lots.shipper[at] * span + lots.first[at], span, senders)

    def between(self, company: Ints, first: Ints, last: Ints) -> Ints:
        """Number of lots that companies sent in spans of days."""
        limit = self.span - 1
        low = np.searchsorted(self.key, company * self.span + np.clip(first, 0, limit))
        high = np.searchsorted(self.key, company * self.span + np.clip(last, 0, limit), "right")
        return np.asarray(high - low)


def _equal_lots(lots: Lots, followed: Ints, window: int) -> tuple[Ints, Ints]:
    """Pairs of equal numbers of pieces of nearly equal weight: by these, companies are found."""
    arrives = lots.comparable & lots.named_consignee & (lots.to_country >= 0)
    e = followed[arrives[followed]]
    leaves = lots.comparable & lots.named_shipper & (lots.from_country >= 0)
    out = np.flatnonzero(leaves & (lots.from_country != lots.to_country))
    left, right = [], []
    for shift in (-1, 0, 1):
        group_e = lots.hand_over_group(e, lots.to_country, shift)
        group_f = lots.hand_over_group(out, lots.from_country, 0)
        together = np.unique(np.concatenate([group_e, group_f]), return_inverse=True)[1]
        of_f = together[len(e) :]
        order = np.lexsort((lots.first[out], of_f))
        pair = pairs_by_group(lots, e, together[: len(e)], out[order], of_f[order], window)
        left.append(pair[0])
        right.append(pair[1])
    e, f = np.concatenate(left), np.concatenate(right)
    apart = _apart(lots, e, f)
    return e[apart], f[apart]


def _apart(lots: Lots, e: Ints, f: Ints) -> np.ndarray:
    """Whether the sender is neither the buyer himself nor his seller."""
    sender = lots.shipper[f]
    return np.asarray((sender != lots.consignee[e]) & (sender != lots.shipper[e]))


def _judged(
    lots: Lots, met: pd.DataFrame, followed: Ints, sent: _Sent, window: int
) -> pd.DataFrame:
    """Log-odds that a buyer hands goods to a sender, and the share of the sender's lots."""
    e, f = met["e"].to_numpy(), met["f"].to_numpy()
    pairs, of_link = np.unique(
        np.stack([lots.consignee[e], lots.shipper[f]]), axis=1, return_inverse=True
    )
    of_link = of_link.reshape(-1)
    buyer, sender = pairs
    lot, of_lot = np.unique(np.stack([of_link, f]), axis=1, return_inverse=True)
    pair_of, f_of = lot[0].astype(np.int64), lot[1].astype(np.int64)
    bought = _bought_before(lots, followed, buyer[pair_of], f_of, window)
    weights = np.exp(np.minimum(met["evidence"].to_numpy(), 30.0))
    agreement = np.bincount(of_lot.reshape(-1), weights=weights, minlength=len(f_of))
    agreement = agreement / np.maximum(bought, 1)
    first, last = _time_of(lots, followed, buyer)
    lots_met = np.bincount(pair_of, minlength=len(buyer))
    all_lots = np.maximum(sent.between(sender, first, last + window), lots_met)
    share = continuing_share(agreement, pair_of, all_lots)
    matched = np.bincount(
        pair_of,
        weights=np.log1p(share[pair_of] * (agreement - 1)),
        minlength=len(buyer),
    )
    others = all_lots - lots_met
    country = np.zeros(len(buyer), dtype=np.int64)
    country[of_link] = lots.from_country[f]
    search = np.log(np.maximum(sent.senders[country], LEAST_SENDERS))
    prior = np.log(HANDED_OVER / (1 - HANDED_OVER)) - search
    odds = prior + matched + others * np.log1p(-share)
    return pd.DataFrame({"buyer": buyer, "sender": sender, "share": share, "log_odds": odds})


def _bought_before(lots: Lots, followed: Ints, buyer: Ints, f: Ints, window: int) -> Floats:
    """Number of the buyer's followed purchases of which a lot may be one."""
    span = 2 + int(lots.last.max(initial=0)) + window
    key = np.sort(lots.consignee[followed] * span + lots.first[followed])
    low = np.searchsorted(key, buyer * span + np.maximum(lots.first[f] - window, 0))
    high = np.searchsorted(key, buyer * span + lots.last[f], side="right")
    return np.asarray(high - low, dtype=float)


def _time_of(lots: Lots, followed: Ints, buyer: Ints) -> tuple[Ints, Ints]:
    """First and last day on which buyers received what is followed."""
    days = pd.DataFrame({"buyer": lots.consignee[followed], "day": lots.first[followed]})
    span = days.groupby("buyer")["day"].agg(["min", "max"]).reindex(buyer)
    return span["min"].to_numpy(dtype=np.int64), span["max"].to_numpy(dtype=np.int64)


def _all_lots(
    lots: Lots, believed: pd.DataFrame, followed: Ints, sent: _Sent, window: int
) -> pd.DataFrame:
    """Compare all purchases of believed buyers with all lots of their senders."""
    pair = pd.DataFrame({"pair": believed.index, **believed[["buyer", "sender"]]})
    bought = pd.DataFrame({"buyer": lots.consignee[followed], "e": followed}).merge(pair)
    sold = pd.DataFrame({"sender": lots.shipper[sent.at], "f": sent.at}).merge(pair)
    sold = sold.assign(day=lots.first[sold["f"].to_numpy()]).sort_values(["pair", "day", "f"])
    e, f = pairs_by_group(
        lots,
        bought["e"].to_numpy(),
        bought["pair"].to_numpy(),
        sold["f"].to_numpy(),
        sold["pair"].to_numpy(),
        window,
    )
    keep = _apart(lots, e, f) & (lots.to_country[e] == lots.from_country[f])
    e, f = e[keep], f[keep]
    found = likelihood(lots, e, f, window)
    number = pair.set_index(["buyer", "sender"])["pair"]
    sides = pd.MultiIndex.from_arrays([lots.consignee[e], lots.shipper[f]])
    return found.assign(pair=number.reindex(sides).to_numpy(dtype=np.int64))
