"""Where goods can have gone and come from, over all shipments: goods may be disguised.

A shipment *e* may continue as *f* when f leaves the company that e arrived at, some day of f is
no earlier than some day of e, and no more than a window later. A million shipments have tens of
millions of such pairs, so none is written down: in order of company and day the shipments that
may come next lie side by side, and a sum over them is a difference of two running sums. One hop
of all shipments takes a few passes over the columns.

This says what is possible, not what is likely; :func:`chipflow.network.trace` says the latter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, Protocol

import numpy as np
import pandas as pd

from chipflow.errors import ParameterError
from chipflow.network.build import UNKNOWN_PREFIX
from chipflow.network.lots import Floats, Ints, day_range, entries

WINDOW = 60  # days between a shipment and what continues it; documented re-exports took weeks
MOST_HOPS = 6  # continuations in a row; documented routes have two to four
PAIRS_AT_ONCE = 1_000_000  # pairs written out together; about 16 MB


class Moved(Protocol):
    """Shipments as arrays: companies by number and days by number, one entry a shipment."""

    @property
    def shipper(self) -> Ints:
        """Number of the company that sends."""

    @property
    def consignee(self) -> Ints:
        """Number of the company that receives."""

    @property
    def first(self) -> Ints:
        """First day that the date may stand for."""

    @property
    def last(self) -> Ints:
        """Last day that the date may stand for."""


@dataclass(frozen=True)
class Moves:
    """The least that is needed of shipments to follow them; see :class:`Moved`."""

    shipper: Ints
    consignee: Ints
    first: Ints
    last: Ints

    def __len__(self) -> int:
        return len(self.shipper)

    @property
    def span(self) -> int:
        """Number of days from the first on, and one more that no shipment has."""
        return 2 + int(self.last.max(initial=0))

    @classmethod
    def of(cls, shipments: pd.DataFrame) -> Moves:
        """Arrange shipments in the order they are in.

        Parameters
        ----------
        shipments
            ``shipper_id, consignee_id, date, date_precision``; a date that is missing may be
            any day from the first to the last of all others. Who is not named is nobody in
            particular, and nothing passes through.
        """
        ids = pd.concat([shipments["shipper_id"], shipments["consignee_id"]], ignore_index=True)
        code, names = pd.factorize(ids)
        nobody = np.append(pd.Series(names).astype("str").str.startswith(UNKNOWN_PREFIX), True)
        n = len(shipments)
        # Two numbers that match each other no more than they match a company.
        shipper = np.where(nobody[code[:n]], len(names), code[:n])
        consignee = np.where(nobody[code[n:]], len(names) + 1, code[n:])
        dated = shipments["date"].notna().to_numpy()
        first, last = day_range(shipments)
        low = first[dated].min() if dated.any() else 0
        high = last[dated].max() if dated.any() else 0
        first, last = np.where(dated, first, low), np.where(dated, last, high)
        return cls(shipper, consignee, first - low, last - low)


@dataclass(frozen=True)
class Ranges:
    """What may continue each shipment, without a list of pairs.

    Attributes
    ----------
    order
        Positions of all shipments, sorted by length of the date (a day, a month, a year),
        shipper and first day.
    low, high
        One row a shipment, one column a length of dates: ``order[low:high]`` may continue it.
        Dates of one length are one range, and where all dates are days there is one column.
    itself
        Whether the ranges of a shipment hold the shipment: it came back to who sent it, and
        does not continue itself.
    """

    order: Ints
    low: Ints
    high: Ints
    itself: np.ndarray

    @property
    def counts(self) -> Ints:
        """Number of shipments that may continue each one."""
        return np.asarray((self.high - self.low).sum(axis=1) - self.itself, dtype=np.int64)

    @property
    def total(self) -> int:
        """Number of pairs."""
        return int(self.counts.sum())

    def pairs(self, at_once: int = PAIRS_AT_ONCE) -> Iterator[tuple[Ints, Ints]]:
        """Yield the pairs after all, some at a time.

        Parameters
        ----------
        at_once
            Most pairs to hold at once, if no shipment alone has more.

        Yields
        ------
        tuple of numpy.ndarray
            Positions of the earlier and the later shipment of each pair.
        """
        count = (self.high - self.low).sum(axis=1)
        part = np.cumsum(count) // max(at_once, 1)
        edges = np.flatnonzero(np.diff(part, prepend=-1, append=np.inf))
        for begin, end in pairwise(edges.tolist()):
            for low, high in zip(self.low[begin:end].T, self.high[begin:end].T, strict=True):
                row, place = entries(low, high)
                e, f = begin + row, self.order[place]
                yield e[e != f], f[e != f]


def candidate_ranges(moves: Moved, window: int = WINDOW) -> Ranges:
    """Find for each shipment the range of shipments that may continue it.

    Parameters
    ----------
    moves
        :class:`Moves`, or :class:`chipflow.network.lots.Lots`.
    window
        Most days between the two.

    Returns
    -------
    Ranges

    Raises
    ------
    ParameterError
        The window is negative.
    """
    _check(window, 0)
    first, last = moves.first, moves.last
    begin = int(first.min(initial=0))
    lengths, of_length = np.unique(last - first, return_inverse=True)
    companies = 1 + int(max(moves.shipper.max(initial=0), moves.consignee.max(initial=0)))
    span = 2 + int(last.max(initial=begin)) - begin
    key = (of_length.reshape(-1) * companies + moves.shipper) * span + (first - begin)
    order = np.argsort(key, kind="stable")
    key = key[order]
    low = np.empty((len(first), len(lengths)), dtype=np.int64)
    high = np.empty_like(low)
    by_asked = np.argsort(moves.consignee * span + first - begin, kind="stable")
    for number, length in enumerate(lengths):
        base = (number * companies + moves.consignee) * span
        since = np.clip(first - length - begin, 0, span - 1)
        until = np.clip(last + window - begin, 0, span - 1)
        low[:, number] = _places(key, base + since, by_asked)
        high[:, number] = _places(key, base + until, by_asked, side="right")
    return Ranges(order, low, high, moves.shipper == moves.consignee)


def sweep(
    shipments: pd.DataFrame,
    source: np.ndarray,
    target: np.ndarray,
    window: int = WINDOW,
    most_hops: int = MOST_HOPS,
    *,
    holds: np.ndarray | None = None,
) -> pd.DataFrame:
    """Say which shipments goods from some can have reached, and which can have led to others.

    Parameters
    ----------
    shipments
        :attr:`chipflow.Network.shipments`, in any order.
    source
        Whether each shipment carries what is followed.
    target
        Whether each shipment is one where goods should not be.
    window
        Most days between a shipment and what continues it.
    most_hops
        Most continuations in a row.
    holds
        Chips that each shipment can hold at most; its ``units`` if not given. Missing: no limit.

    Returns
    -------
    pandas.DataFrame
        One row a shipment, by the same index: ``record_id``; ``tainted`` (least number of
        continuations by which goods can have come from a source; 0 for a source, missing if
        none); ``reaches`` (the same to a target); ``units_at_most`` (chips in it that can have
        come from sources, at most; infinite where nothing limits them, missing if not tainted).

    Raises
    ------
    ParameterError
        The window or the number of hops is negative, or an array has another length.

    Notes
    -----
    Chips of a shipment from sources are at most those in all that may have fed it, since a
    company passes on no more than came in; at most what the shipment can hold; and at most
    what all sources sent out by then. The bound is for each shipment by itself: two shipments
    out of one stock can each be all of it, so that bounds do not add up.
    """
    _check(window, most_hops)
    own = shipments["units"] if holds is None else pd.Series(holds)
    source, target = _truth(source, len(shipments)), _truth(target, len(shipments))
    units = own.to_numpy(dtype=float, na_value=np.nan)
    if len(units) != len(shipments):
        raise ParameterError(f"holds: {len(units)} values for {len(shipments)} shipments")
    room = np.where(units > 0, units, np.inf)
    moves = Moves.of(shipments)
    sent, received = _Side.of(moves.shipper, moves), _Side.of(moves.consignee, moves)
    feeds = _Near.of(moves, received, sent, since=moves.first - window, until=moves.last)
    tainted = _hops(feeds, source, most_hops)
    bound = _at_most(feeds, moves, source, room, most_hops)
    onward = _Near.of(moves, sent, received, since=moves.first, until=moves.last + window)
    reaches = _hops(onward, target, most_hops)
    table = pd.DataFrame(
        {
            "tainted": pd.arrays.IntegerArray(tainted, tainted < 0),
            "reaches": pd.arrays.IntegerArray(reaches, reaches < 0),
            "units_at_most": np.where(tainted < 0, np.nan, bound),
        },
        index=shipments.index,
    )
    table.insert(0, "record_id", shipments["record_id"])
    return table


@dataclass(frozen=True)
class _Side:
    """One end of all shipments: who stands there, and the order by company and first day."""

    company: Ints
    order: Ints
    key: Ints

    @classmethod
    def of(cls, company: Ints, moves: Moves) -> _Side:
        return cls(company, *_sorted(company * moves.span + moves.first))


@dataclass(frozen=True)
class _Near:
    """For each shipment those at one of its ends that its dates allow, ready to be summed over.

    They are the ones at that company whose first day is no later than ``until``, less the ones
    whose last day is before ``since``: the latter are among the former, so that both are
    differences of running sums, whatever the lengths of dates are.
    """

    by_first: Ints
    by_last: Ints
    low: Ints
    high: Ints
    itself: np.ndarray

    @classmethod
    def of(cls, moves: Moves, there: _Side, asked: _Side, *, since: Ints, until: Ints) -> _Near:
        """Find for the company at the end ``asked`` the shipments it has at the end ``there``."""
        span, limit = moves.span, moves.span - 1
        own = asked.company * span
        by_first, key = there.order, there.key
        high = _places(key, own + np.clip(until, 0, limit), asked.order, side="right")
        by_last = by_first
        if not np.array_equal(moves.first, moves.last):
            by_last, key = _sorted(there.company * span + moves.last)
        low = _places(key, own + np.clip(since, 0, limit), asked.order)
        return cls(by_first, by_last, low, high, there.company == asked.company)

    def total(self, values: np.ndarray) -> np.ndarray:
        """Sum values of all that are near each shipment, itself left out."""
        running = _running(values[self.by_first])
        before = running if self.by_last is self.by_first else _running(values[self.by_last])
        return np.asarray(running[self.high] - before[self.low] - self.itself * values)


def _sorted(key: Ints) -> tuple[Ints, Ints]:
    order = np.argsort(key, kind="stable")
    return order, key[order]


def _places(key: Ints, asked: Ints, order: Ints, side: Literal["left", "right"] = "left") -> Ints:
    """Find keys by bisection, asked for in an order in which near ones follow each other.

    In any other order most steps would wait for memory.
    """
    places = np.empty(len(asked), dtype=np.int64)
    places[order] = np.searchsorted(key, asked[order], side=side)
    return places


def _running(values: np.ndarray) -> np.ndarray:
    """Sum of all values before each position."""
    sums = np.zeros(len(values) + 1, dtype=float if values.dtype == float else np.int64)
    np.cumsum(values, out=sums[1:])
    return sums


def _hops(near: _Near, start: np.ndarray, most: int) -> Ints:
    """Least number of steps from any start; -1 if there is no way."""
    hops = np.where(start, 0, -1).astype(np.int64)
    new = start
    for hop in range(1, most + 1):
        if not new.any():
            break
        new = (near.total(new) > 0) & (hops < 0)
        hops[new] = hop
    return hops


def _at_most(feeds: _Near, moves: Moves, source: np.ndarray, room: Floats, most: int) -> Floats:
    """Bound the chips from sources in each shipment by what came in, hop by hop."""
    order, day = _sorted(moves.first[source])
    sent = np.append(0.0, np.cumsum(room[source][order]))
    limit = np.minimum(room, sent[np.searchsorted(day, moves.last, side="right")])
    bound = np.where(source, room, 0.0)
    for _ in range(most):
        endless = np.isinf(bound)
        came = np.maximum(feeds.total(np.where(endless, 0.0, bound)), 0.0)
        if endless.any():
            came[feeds.total(endless) > 0] = np.inf
        new = np.where(source, room, np.minimum(came, limit))
        if np.array_equal(new, bound):
            break
        bound = new
    return bound


def _truth(values: np.ndarray, length: int) -> np.ndarray:
    given = pd.array(values, dtype="boolean").to_numpy(dtype=bool, na_value=False)
    if len(given) != length:
        raise ParameterError(f"{len(given)} truth values for {length} shipments")
    return np.asarray(given)


def _check(window: int, most_hops: int) -> None:
    if window < 0:
        raise ParameterError(f"window: {window}; days are counted from 0 on")
    if most_hops < 0:
        raise ParameterError(f"most_hops: {most_hops}; hops are counted from 0 on")
