"""Which reporter is there in which period: seen before any gap is called one.

A year in which all imports of a reporter fall by nine tenths is missing data; it looks like a huge
mirror gap, or like an embargo. It is told from one by its partners: in a broken period most of them
fall together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.flows.periods import index_of, period_of
from chipflow.flows.results import Result

if TYPE_CHECKING:
    from chipflow.flows.corridors import Corridors

COLUMNS = ["reporter", "period", "rows", "total", "status", "flow"]
COMPLETE, MISSING, PART = "complete", "missing", "part of a year"
FELL, ROSE = "falls by nine tenths", "rises tenfold"
UNSURE = " with few partners: may be real"
BROKEN = (FELL, ROSE)
_TENTH = 0.1
# A break is this many times further out than the reporter's figures usually are.
_FAR = 4.0
_ALMOST_NOTHING = 1e-9
# Years on either side that a period is compared with.
_NEIGHBOURS = 2
_FEWEST_PARTNERS = 3
# A partner goes along with a break if it falls (or rises) by so much.
_ALONG = 0.25


def coverage(corridors: Corridors) -> Result:
    """Say for each reporter, flow and period what is there and whether it can be whole.

    Parameters
    ----------
    corridors
        Trade in all goods of the files.

    Returns
    -------
    Result
        ``reporter, period, rows, total`` (US dollars), ``status`` (``complete``, ``missing``
        between the first and last period, ``falls by nine tenths`` or ``rises tenfold`` against
        the two years around with most partners, ``... with few partners: may be real``, ``part of
        a year``), ``flow``.
    """
    found = corridors.frame(
        "SELECT reporter, flow, frequency, period, sum(rows)::BIGINT AS rows, "
        "coalesce(sum(value_usd), sum(value)) AS total "
        f"FROM {corridors.name} GROUP BY ALL ORDER BY ALL"
    )
    pieces = [
        _one(corridors, (str(keys[0]), str(keys[1]), str(keys[2])), group)
        for keys, group in found.groupby(["reporter", "flow", "frequency"], sort=True)
    ]
    table = pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=COLUMNS)
    table = table.sort_values(["reporter", "flow", "period"])[COLUMNS].reset_index(drop=True)
    broken = table.loc[table["status"].isin(BROKEN), ["reporter", "flow", "period"]]
    corridors.connection.register("broken_periods", broken.astype("object"))
    corridors.connection.execute(
        "CREATE OR REPLACE TEMP TABLE broken AS SELECT reporter::VARCHAR AS reporter, "
        "flow::VARCHAR AS flow, period::VARCHAR AS period FROM broken_periods"
    )
    corridors.connection.unregister("broken_periods")
    return Result("coverage", table, tuple(_notes(table)))


def _one(corridors: Corridors, keys: tuple[str, str, str], group: pd.DataFrame) -> pd.DataFrame:
    reporter, flow, frequency = keys
    if frequency == "part":
        return group.assign(status=PART)
    places = np.array([index_of(period, frequency) for period in group["period"]])
    first, last = int(places.min()), int(places.max())
    total = np.full(last - first + 1, np.nan)
    total[places - first] = group["total"].to_numpy(dtype=float)
    rows = np.zeros(len(total), dtype=np.int64)
    rows[places - first] = group["rows"].to_numpy()
    season = 12 if frequency == "M" else 1
    usual = _around(total, _NEIGHBOURS * season)
    status = np.where(np.isfinite(total), COMPLETE, MISSING).astype(object)
    with np.errstate(invalid="ignore", divide="ignore"):
        # A total of zero is as far down as can be; one that is not there is no number.
        apart = np.log(np.where(total == 0, _ALMOST_NOTHING, total) / usual)
    known = apart[np.isfinite(apart)]
    # What such a reporter's figures do anyway: those of a small one jump from month to month.
    restless = 1.4826 * float(np.median(np.abs(known))) if len(known) else 0.0
    far = max(-float(np.log(_TENTH)), _FAR * restless)
    for name, at in ((FELL, apart <= -far), (ROSE, apart >= far)):
        for place in np.flatnonzero(at):
            status[place] = name + _along(
                corridors, keys, period_of(first + int(place), frequency), name == FELL
            )
    return pd.DataFrame(
        {
            "reporter": reporter,
            "flow": flow,
            "period": [period_of(first + at, frequency) for at in range(len(total))],
            "rows": rows,
            "total": total,
            "status": status,
        }
    )


def _around(total: np.ndarray, reach: int) -> np.ndarray:
    """Return the median of the periods around each, itself left out; NaN with fewer than two."""
    padded = np.pad(total, reach, constant_values=np.nan)
    near = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).copy()
    near[:, reach] = np.nan
    known = np.isfinite(near).sum(axis=1) >= 2
    usual = np.full(len(total), np.nan)
    usual[known] = np.nanmedian(near[known], axis=1)
    return usual


def _along(corridors: Corridors, keys: tuple[str, str, str], period: str, fell: bool) -> str:
    """Return what to add to a break: nothing where most partners go along with it."""
    reporter, flow, frequency = keys
    sign = "<=" if fell else ">="
    factor = _ALONG if fell else 1 / _ALONG
    usual, along = corridors.connection.execute(
        "WITH each AS (SELECT partner, median(value) AS usual, "
        "coalesce(sum(value) FILTER (period = ?), 0) AS here FROM (SELECT partner, period, "
        f"sum(value) AS value FROM {corridors.name} WHERE reporter = ? AND flow = ? "
        "AND frequency = ? GROUP BY ALL) GROUP BY 1 HAVING count(*) > 1) "
        f"SELECT count(*), count(*) FILTER (here {sign} {factor} * usual) FROM each "
        "WHERE usual > 0",
        [period, reporter, flow, frequency],
    ).fetchall()[0]
    return "" if usual >= _FEWEST_PARTNERS and 2 * along >= usual else UNSURE


def _notes(table: pd.DataFrame) -> list[str]:
    notes = []
    for status in (*BROKEN, MISSING):
        found = table[table["status"] == status]
        if not len(found):
            continue
        shown = ", ".join(
            f"{row.reporter} {row.period}" for row in found.head(5).itertuples(index=False)
        )
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        what = {
            FELL: "the figures fall by nine tenths with most partners, which is missing data and "
            "no embargo: they are not used",
            ROSE: "the figures rise tenfold with most partners, which is another unit: they are "
            "not used",
            MISSING: "there is no row for a period between others",
        }[status]
        notes.append(f"{what} ({shown}{more})")
    reporters = table["reporter"].nunique()
    if reporters == 1:
        notes.append(
            "only one reporter: no mirror, and a break of its figures cannot be checked elsewhere"
        )
    return notes
