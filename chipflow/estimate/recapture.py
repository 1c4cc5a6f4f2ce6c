"""How many cases nobody saw: capture and recapture by sources that are independent.

Two sources: Chapman (1951), with his variance (Seber 1970). More: Chao (1987, doi
10.2307/2531532), bias-corrected, a lower bound whatever the chances of being seen. Sources that
follow each other (press follows courts) see the same cases; the figure is then too low, or has
no meaning, and none is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

_NORMAL_90 = 1.6448536269514722


@dataclass(frozen=True)
class Recapture:
    """How many cases there are at least.

    Attributes
    ----------
    method
        ``Chapman`` or ``Chao``; empty if no figure is given.
    seen
        Distinct cases in the sources used.
    estimate, low, high
        Cases, with the 90% interval (lognormal for the unseen, Chao 1987); None without a figure.
    sentence
        What was done, or why not.
    """

    method: str
    seen: int
    estimate: float | None
    low: float | None
    high: float | None
    sentence: str


def recapture(cases: pd.DataFrame, independent: Sequence[str] = ()) -> Recapture:
    """Estimate the number of cases from those that several sources know.

    Parameters
    ----------
    cases
        ``case, source`` and perhaps ``after``, as
        :func:`chipflow.estimate.tables.read_cases_table` returns them.
    independent
        Sources that do not follow each other, as the one who asks says; without any, the column
        ``after`` has to be there and to be blank for all.

    Returns
    -------
    Recapture
    """
    rows = cases.drop_duplicates()
    if independent:
        rows = rows[rows["source"].isin(list(independent))]
    elif "after" not in rows:
        return _refused(
            rows, "the file does not say which sources are independent: add a column `after` with "
            "the source that each row followed, or name them with --independent",
        )  # fmt: skip
    if "after" in rows:
        follows = rows[rows["after"].isin(set(rows["source"])) & (rows["after"] != rows["source"])]
        if len(follows):
            first = follows.sort_values(["source", "after"]).iloc[0]
            return _refused(
                rows, f"{first['source']} followed {first['after']} in {len(follows):,} rows: "
                "these sources are not independent, and a figure would be too low",
            )  # fmt: skip
        told = rows[(rows["after"] != "") & (rows["after"] != rows["source"])]
        common = told.groupby("after")["source"].unique()
        for origin, both in common.items():
            if len(both) > 1:
                named = " and ".join(sorted(both)[:2])
                return _refused(
                    rows,
                    f"{named} both followed {origin}: these sources are not independent, and a "
                    "figure would be too low",
                )
    sources = sorted(set(rows["source"]))
    if len(sources) < 2:
        return _refused(rows, "it takes two sources that are independent")
    by_case = rows.groupby("case")["source"].nunique()
    seen = len(by_case)
    if len(sources) == 2:
        one, two = (int(rows.loc[rows["source"] == name, "case"].nunique()) for name in sources)
        both = int((by_case == 2).sum())
        estimate: float = (one + 1) * (two + 1) / (both + 1) - 1
        variance: float = (
            (one + 1) * (two + 1) * (one - both) * (two - both) / ((both + 1) ** 2 * (both + 2))
        )
        method = "Chapman"
    else:
        once, twice = int((by_case == 1).sum()), int((by_case == 2).sum())
        times = len(sources)
        share = (times - 1) / times
        estimate = float(seen) + share * once * (once - 1) / (2 * (twice + 1))
        variance = share * once * (once - 1) / (2 * (twice + 1))
        variance += share**2 * once * (2 * once - 1) ** 2 / (4 * (twice + 1) ** 2)
        variance += share**2 * once**2 * twice * (once - 1) ** 2 / (4 * (twice + 1) ** 4)
        method = "Chao"
    low, high = _interval(seen, estimate, variance)
    shared = [
        f"{a} and {b}"
        for a, b in combinations(sources, 2)
        if set(rows.loc[rows["source"] == a, "case"]) & set(rows.loc[rows["source"] == b, "case"])
    ]
    doubt = "" if shared else "; no two sources share a case, so that the upper end says little"
    return Recapture(
        method, seen, estimate, low, high,
        f"{method}, from {len(sources)} sources that are said to be independent: {seen:,} cases "
        f"seen, at least {estimate:,.0f} in all (90%: {low:,.0f} to {high:,.0f}){doubt}. Cases, "
        "not chips; a lower bound, for some cases are harder to see than others",
    )  # fmt: skip


def _interval(seen: int, estimate: float, variance: float) -> tuple[float, float]:
    """Return the 90% interval of Chao (1987): lognormal for the cases that nobody saw."""
    unseen = estimate - seen
    if unseen <= 0 or variance <= 0:
        return float(seen), max(float(seen), estimate)
    spread = float(np.exp(_NORMAL_90 * np.sqrt(np.log(1 + variance / unseen**2))))
    return seen + unseen / spread, seen + unseen * spread


def _refused(rows: pd.DataFrame, why: str) -> Recapture:
    return Recapture(
        "", int(rows["case"].nunique()), None, None, None, f"no capture-recapture: {why}"
    )
