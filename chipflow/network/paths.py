"""The likeliest ways of goods: chains of links from a purchase to an arrival."""

from __future__ import annotations

from collections import defaultdict
from heapq import nlargest

import numpy as np
import pandas as pd

PATH_COLUMNS = ["rank", "record_ids", "hops", "log_odds", "units", "inferred"]
MOST_STEPS = 12  # links in a row; more than any tracing follows, so that cycles end


def best_paths(links: pd.DataFrame, k: int = 5) -> pd.DataFrame:
    """Find the k likeliest chains of links.

    Parameters
    ----------
    links
        ``from_record, to_record, log_odds`` (or ``log_lr``), ``units, kind``: links of one lead,
        or of :class:`chipflow.network.Tracing`.
    k
        How many, at least 1.

    Returns
    -------
    pandas.DataFrame
        ``rank, record_ids`` (joined by `` > ``), ``hops`` (shipments), ``log_odds`` (of the whole
        chain, links taken as independent), ``units`` (the least that passes along any of its
        links, missing where none is known), ``inferred`` (links that no record shows).

    Raises
    ------
    ParameterError
        ``k`` is below 1.

    Notes
    -----
    Links go forward in time, so that the k best chains into each lot are the best of those into
    the lots before it, each extended by one link (Viterbi's recursion with lists of k).
    """
    from chipflow.errors import ParameterError

    if k < 1:
        raise ParameterError(f"k: {k}; ask for at least 1 path")
    odds = links["log_odds" if "log_odds" in links else "log_lr"].to_numpy(dtype=float)
    # A chain is as likely as all its links together.
    weight = -np.logaddexp(0.0, -odds)
    ends = links[["from_record", "to_record"]].astype("str")
    out: dict[str, list[int]] = defaultdict(list)
    for at, record in enumerate(ends["from_record"]):
        out[record].append(at)
    heads = ends["to_record"].tolist()
    starts = sorted(set(ends["from_record"]) - set(heads))
    chains: list[tuple[float, tuple[int, ...]]] = []
    reached: dict[str, list[tuple[float, tuple[int, ...]]]] = {one: [(0.0, ())] for one in starts}
    for _ in range(MOST_STEPS):
        following: dict[str, list[tuple[float, tuple[int, ...]]]] = defaultdict(list)
        for record, ways in reached.items():
            for link in out[record]:
                following[heads[link]] += [(one + weight[link], (*way, link)) for one, way in ways]
        reached = {
            record: nlargest(k, ways, key=lambda way: (way[0], way[1]))
            for record, ways in following.items()
        }
        chains += [way for record, ways in reached.items() if not out[record] for way in ways]
        if not reached:
            break
    best = sorted(chains, key=lambda way: (-way[0], way[1]))[:k]
    units = links["units"].to_numpy(dtype=float)
    inferred = (links["kind"] != "recorded").to_numpy()
    rows = [
        {
            "rank": rank,
            "record_ids": " > ".join(
                [ends["from_record"].iloc[way[0]], *(heads[link] for link in way)]
            ),
            "hops": len(way) + 1,
            "log_odds": _odds(total),
            "units": float(np.nanmin(units[list(way)]))
            if np.isfinite(units[list(way)]).any()
            else np.nan,
            "inferred": int(inferred[list(way)].sum()),
        }
        for rank, (total, way) in enumerate(best, start=1)
    ]
    return pd.DataFrame(rows, columns=PATH_COLUMNS)


def _odds(log_probability: float) -> float:
    """Natural log of the odds of something so probable."""
    return float(log_probability - np.log(max(-np.expm1(log_probability), 1e-300)))
