"""All ways from one company to another along which goods could have gone in time order."""

from __future__ import annotations

import warnings
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chipflow.errors import ParameterError
from chipflow.network.arrays import day_range
from chipflow.schemas import PATHS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_HOPS = 4  # shipments in a row, unless more are asked for
MOST_PATHS = 1_000  # ways that are listed, unless more are asked for
# A day before and one after every record, as days since 1970.
NEVER, ALWAYS = np.iinfo(np.int64).min, np.iinfo(np.int64).max


def time_ordered_paths(
    shipments: pd.DataFrame,
    start: str,
    end: str,
    *,
    names: Mapping[str, str],
    max_hops: int = MOST_HOPS,
    most: int = MOST_PATHS,
) -> pd.DataFrame:
    """Find all ways from one company to another along which time never runs backwards.

    Parameters
    ----------
    shipments
        ``record_id, date, date_precision, shipper_id, consignee_id, from_country, to_country,
        chip, units`` of :attr:`chipflow.Network.shipments`.
    start, end
        Company ids.
    names
        Company id to the name to show.
    max_hops
        Most shipments in a row.
    most
        Most ways that are listed, those of fewer hops first; a ``UserWarning`` says if there are
        more.

    Returns
    -------
    pandas.DataFrame
        The columns of :data:`chipflow.schemas.PATHS`, one row a way: a row of different
        companies. ``attrs["complete"]`` says whether all ways are listed.

    Raises
    ------
    ParameterError
        Start and end are one company, or a number is below 1.

    Notes
    -----
    Time-respecting paths (Kempe, Kleinberg and Kumar, "Connectivity and inference problems for
    temporal networks", 2002). A shipment may follow another one if days can be found for both,
    within what their dates leave open, such that it does not leave before the other: two
    shipments of one day, or of one month where the records give no day, may follow each other.
    Shipments are not listed one by one: a way names its companies and every record that is on
    any row of shipments in time order along them.
    """
    if start == end:
        raise ParameterError(f"from {names.get(start, start)!r} to itself: name two companies")
    for what, number in (("max_hops", max_hops), ("most", most)):
        if number < 1:
            raise ParameterError(f"{what}: {number}; give at least 1")
    search = _Search.of(shipments, end, max_hops)
    ways: list[tuple[str, ...]] = []
    complete = True
    for way in search.ways(start):
        if len(ways) == most:
            complete = False
            break
        ways.append(way)
    table = PATHS.empty() if not ways else search.described(ways, names)
    table.attrs["complete"] = complete
    if not complete:
        warnings.warn(
            f"more than {most:,} ways: the shortest {most:,} are listed; ask for fewer hops, a "
            "chip or fewer days",
            stacklevel=3,
        )
    return table


@dataclass
class _Search:
    """Shipments by pair of companies, and how late one may leave each company."""

    table: pd.DataFrame
    first: np.ndarray
    last: np.ndarray
    most_hops: int
    # Shipper -> consignee -> rows of the table.
    pairs: dict[str, dict[str, np.ndarray]]
    # For each number of hops left: company -> last day on which goods may leave it for the end.
    deadline: list[dict[str, int]]

    @classmethod
    def of(cls, shipments: pd.DataFrame, end: str, most_hops: int) -> _Search:
        moved = shipments["shipper_id"] != shipments["consignee_id"]
        table = shipments[moved].sort_values(["date", "record_id"], ignore_index=True)
        first, last = day_range(table)
        tail, head = np.split(
            pd.factorize(pd.concat([table["shipper_id"], table["consignee_id"]]))[0], 2
        )
        ids = pd.unique(pd.concat([table["shipper_id"], table["consignee_id"]])).tolist()
        # Latest departures, hop by hop backwards from the end.
        late = np.full(len(ids), NEVER, dtype=np.int64)
        late[[at for at, one in enumerate(ids) if one == end]] = ALWAYS
        deadlines = [late]
        for _ in range(most_hops):
            arrives = deadlines[-1][head]
            leaves = np.where(first <= arrives, np.minimum(last, arrives), NEVER)
            step = np.full(len(ids), NEVER, dtype=np.int64)
            np.maximum.at(step, tail, leaves)
            deadlines.append(step)
        pairs: dict[str, dict[str, np.ndarray]] = defaultdict(dict)
        by_pair: Any = table.groupby(["shipper_id", "consignee_id"]).indices
        for (one, other), rows in by_pair.items():
            pairs[str(one)][str(other)] = np.sort(rows)
        named = [
            {one: int(day) for one, day in zip(ids, days.tolist(), strict=True) if day > NEVER}
            for days in deadlines
        ]
        return cls(table, first, last, most_hops, pairs, named)

    def ways(self, start: str) -> Iterator[tuple[str, ...]]:
        """Yield ways, those with fewer hops first; never more than one is held."""
        for hops in range(1, self.most_hops + 1):
            yield from self._onward((start,), NEVER, hops)

    def _onward(self, way: tuple[str, ...], day: int, left: int) -> Iterator[tuple[str, ...]]:
        """Yield the ways that begin so and have some hops left, those that leave earlier first."""
        if not left:
            yield way
            return
        steps = []
        for company, rows in self.pairs.get(way[-1], {}).items():
            # What arrives too late for what is left of the way is not followed.
            limit = self.deadline[left - 1].get(company, NEVER)
            if company in way or limit == NEVER:
                continue
            earliest = self._earliest(rows, day)
            if earliest is not None and earliest <= limit:
                steps.append((earliest, company))
        for earliest, company in sorted(steps):
            yield from self._onward((*way, company), earliest, left - 1)

    def _earliest(self, rows: np.ndarray, day: int) -> int | None:
        """First day on which one of some shipments may leave, not before a day."""
        days = np.maximum(self.first[rows], day)
        days = days[days <= self.last[rows]]
        return int(days.min()) if len(days) else None

    def described(self, ways: list[tuple[str, ...]], names: Mapping[str, str]) -> pd.DataFrame:
        rows = [self._row(rank, way, names) for rank, way in enumerate(ways, start=1)]
        return PATHS.conform(pd.DataFrame(rows))

    def _row(self, rank: int, way: tuple[str, ...], names: Mapping[str, str]) -> dict[str, Any]:
        kept = self._in_time(way)
        each = [self.table.iloc[rows] for rows in kept]
        countries: list[str] = []
        for hop in each:
            for side in ("from_country", "to_country"):
                for country in hop[side].dropna().unique():
                    if country not in countries:
                        countries.append(str(country))
        together = pd.concat(each)
        units = [hop["units"].sum(min_count=1) for hop in each]
        return {
            "rank": rank,
            "companies": [names.get(one, one) for one in way],
            "company_ids": list(way),
            "countries": countries,
            "hops": len(each),
            "first_date": each[0]["date"].min(),
            "last_date": each[-1]["date"].max(),
            "shipments": [len(hop) for hop in each],
            "chips": sorted(set(together["chip"].dropna())),
            # The least that any hop carries: no more can have gone the whole way.
            "units": min(units) if not pd.isna(units).any() else float("nan"),
            "record_ids": [list(hop["record_id"]) for hop in each],
        }

    def _in_time(self, way: tuple[str, ...]) -> list[np.ndarray]:
        """Shipments of each hop that are on a row of shipments in time order along a way."""
        hops = [self.pairs[one][other] for one, other in pairwise(way)]
        soonest, day = [], NEVER
        for rows in hops:
            at = np.maximum(self.first[rows], day)
            at = np.where(at <= self.last[rows], at, ALWAYS)
            soonest.append(at)
            day = int(at.min())
        kept, limit = [], ALWAYS
        for rows, at in zip(reversed(hops), reversed(soonest), strict=True):
            latest = np.where(self.first[rows] <= limit, np.minimum(self.last[rows], limit), NEVER)
            kept.append(rows[at <= latest])
            limit = int(latest[at <= latest].max())
        return kept[::-1]
