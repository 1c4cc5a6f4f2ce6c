"""The classic measures of place in a graph, as networkx defines them.

They stand beside the leads for comparison: on trade graphs they find the big distributors, not
the routes (the reason why chipflow traces goods). igraph computes betweenness, in C.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

# Exact betweenness costs companies x edges; above this many steps sources are sampled
# (Brandes and Pich, "Centrality estimation in large networks", 2007), so that the cost stays
# in proportion to the records.
EXACT_STEPS = 200_000_000  # companies x edges: about 2 seconds of one core
# Damping and tolerance as in networkx.pagerank, so that the answers are equal.
DAMPING = 0.85  # share of steps that follow an edge
TOLERANCE = 1e-10  # sum of absolute changes over all companies
MOST_ROUNDS = 500  # power iterations

MEASURES = ("in_strength", "out_strength", "betweenness", "pagerank", "hub", "authority")


def centrality(shipments: pd.DataFrame) -> pd.DataFrame:
    """Compute the classic centralities of every company.

    Parameters
    ----------
    shipments
        Needs ``shipper_id, consignee_id``; parallel shipments count as one edge whose weight is
        their number.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``company_id``: ``in_strength, out_strength`` (shipments), ``betweenness``
        (directed, unweighted, normalised), ``pagerank``, ``hub, authority`` (HITS, each sums
        to 1).

    Notes
    -----
    Freeman (1977) and Brandes (2001); Page and Brin (1998); Kleinberg (1999). Equal to
    ``networkx.betweenness_centrality``, ``pagerank`` and ``hits`` on the collapsed graph; above
    :data:`EXACT_STEPS` betweenness is an estimate from evenly spaced sources.
    """
    both = pd.concat([shipments["shipper_id"], shipments["consignee_id"]])
    code, ids = pd.factorize(both, sort=True)
    if not len(ids):
        return pd.DataFrame(columns=list(MEASURES), dtype="float64")
    tail, head = code[: len(shipments)], code[len(shipments) :]
    shape = (len(ids), len(ids))
    weights = sparse.csr_matrix((np.ones(len(tail)), (tail, head)), shape=shape)
    hub, authority = _hits(weights)
    return pd.DataFrame(
        {
            "in_strength": np.asarray(weights.sum(axis=0)).ravel(),
            "out_strength": np.asarray(weights.sum(axis=1)).ravel(),
            "betweenness": _betweenness(weights),
            "pagerank": _pagerank(weights),
            "hub": hub,
            "authority": authority,
        },
        index=pd.Index(ids, name="company_id"),
    )


def _betweenness(weights: sparse.csr_matrix) -> np.ndarray:
    import igraph

    count = weights.shape[0]
    if count < 3:
        return np.zeros(count)
    tail, head = weights.nonzero()
    loops = tail == head
    pairs = np.column_stack([tail[~loops], head[~loops]])
    graph = igraph.Graph(n=count, edges=pairs, directed=True)
    sources = max(1, EXACT_STEPS // max(len(pairs), 1))
    if sources >= count:
        raw = np.asarray(graph.betweenness(directed=True))
    else:
        chosen = np.unique(np.linspace(0, count - 1, sources).astype(int))
        raw = np.asarray(graph.betweenness(directed=True, sources=chosen.tolist()))
        raw *= count / len(chosen)
    return raw / ((count - 1) * (count - 2))


def _pagerank(weights: sparse.csr_matrix) -> np.ndarray:
    count = weights.shape[0]
    out = np.asarray(weights.sum(axis=1)).ravel()
    scale = np.divide(1.0, out, out=np.zeros_like(out), where=out > 0)
    step = (sparse.diags(scale) @ weights).T.tocsr()
    rank = np.full(count, 1 / count)
    for _ in range(MOST_ROUNDS):
        dangling = rank[out == 0].sum() / count
        following = DAMPING * (step @ rank + dangling) + (1 - DAMPING) / count
        change = np.abs(following - rank).sum()
        rank = following
        if change < TOLERANCE:
            break
    return rank


def _hits(weights: sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    count = weights.shape[0]
    authority = np.full(count, 1 / count)
    hub = authority
    for _ in range(MOST_ROUNDS):
        hub = weights @ authority
        hub = hub / max(hub.sum(), np.finfo(float).tiny)
        following = weights.T @ hub
        following = following / max(following.sum(), np.finfo(float).tiny)
        change = np.abs(following - authority).sum()
        authority = following
        if change < TOLERANCE:
            break
    return hub, authority
