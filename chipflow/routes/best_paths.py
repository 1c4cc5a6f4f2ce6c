"""The likeliest ways of goods: chains of links from a purchase to an arrival."""

from __future__ import annotations

from itertools import islice, pairwise

import networkx as nx
import numpy as np
import pandas as pd

from chipflow.schemas import BEST_PATHS

# Ends of the graph that no record is called: before every purchase, after every arrival.
START, END = 0, 1


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
    Yen's algorithm ("Finding the k shortest loopless paths in a network", 1971), as
    :func:`networkx.shortest_simple_paths`, on the negative log of each link's probability.
    """
    from chipflow.errors import ParameterError

    if k < 1:
        raise ParameterError(f"k: {k}; ask for at least 1 path")
    odds = links["log_odds" if "log_odds" in links else "log_lr"].to_numpy(dtype=float)
    # A chain is as likely as all its links together.
    costs = np.logaddexp(0.0, -odds)
    ends = links[["from_record", "to_record"]].astype("str").to_numpy(dtype=object)
    graph = nx.DiGraph()
    for at, ((tail, head), cost) in enumerate(zip(ends.tolist(), costs.tolist(), strict=True)):
        graph.add_edge(tail, head, cost=cost, at=at)
    starts = [one for one in graph if not graph.in_degree(one)]
    finals = [one for one in graph if not graph.out_degree(one)]
    graph.add_edges_from(((START, one) for one in starts), cost=0.0)
    graph.add_edges_from(((one, END) for one in finals), cost=0.0)
    if not starts or not nx.has_path(graph, START, END):
        return BEST_PATHS.empty()
    units = links["units"].to_numpy(dtype=float)
    inferred = (links["kind"] != "recorded").to_numpy()
    rows = []
    found = nx.shortest_simple_paths(graph, START, END, weight="cost")
    for rank, way in enumerate(islice(found, k), start=1):
        records = way[1:-1]
        own = [graph.edges[edge]["at"] for edge in pairwise(records)]
        known = units[own][np.isfinite(units[own])]
        rows.append(
            {
                "rank": rank,
                "record_ids": " > ".join(records),
                "hops": len(records),
                "log_odds": _odds(-float(costs[own].sum())),
                "units": float(known.min()) if len(known) else np.nan,
                "inferred": int(inferred[own].sum()),
            }
        )
    return BEST_PATHS.conform(pd.DataFrame(rows, columns=BEST_PATHS.names))


def _odds(log_probability: float) -> float:
    """Natural log of the odds of something so probable."""
    return float(log_probability - np.log(max(-np.expm1(log_probability), 1e-300)))
