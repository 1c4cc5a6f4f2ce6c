"""The classic measures of place in a graph, as networkx defines them.

They stand beside the leads for comparison: on trade graphs they find the big distributors, not
the routes (the reason why chipflow traces goods). networkit computes betweenness and PageRank, in
C++; hubs and authorities are singular vectors, which SciPy finds.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.linalg import svds

if TYPE_CHECKING:
    from collections.abc import Iterator

# Exact betweenness costs companies x edges; above this many steps sources are sampled
# (Brandes and Pich, "Centrality estimation in large networks", 2007), so that the cost stays
# in proportion to the records.
EXACT_STEPS = 200_000_000  # companies x edges: about 2 seconds of one core
# Damping as in networkx.pagerank, so that the answers are equal.
DAMPING = 0.85  # share of steps that follow an edge
TOLERANCE = 1e-12  # change of a whole iteration
SEED = 1  # of the sources that are sampled: the same records give the same bytes
SMALL = 20  # companies; smaller matrices are decomposed whole

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
    :data:`EXACT_STEPS` betweenness is an estimate from sampled sources.
    """
    both = pd.concat([shipments["shipper_id"], shipments["consignee_id"]])
    code, ids = pd.factorize(both, sort=True)
    if not len(ids):
        return pd.DataFrame(columns=list(MEASURES), dtype="float64")
    tail, head = code[: len(shipments)], code[len(shipments) :]
    shape = (len(ids), len(ids))
    weights = sparse.csr_matrix((np.ones(len(tail)), (tail, head)), shape=shape)
    hub, authority = _hits(weights)
    with _one_thread():
        betweenness, pagerank = _betweenness(weights), _pagerank(weights)
    return pd.DataFrame(
        {
            "in_strength": np.asarray(weights.sum(axis=0)).ravel(),
            "out_strength": np.asarray(weights.sum(axis=1)).ravel(),
            "betweenness": betweenness,
            "pagerank": pagerank,
            "hub": hub,
            "authority": authority,
        },
        index=pd.Index(ids, name="company_id"),
    )


@cache
def _networkit() -> Any:
    """Import networkit, without the plots of its own where nothing else plots.

    With matplotlib it imports seaborn and IPython, which takes ten times as long as the rest.
    """
    pyplot = "matplotlib.pyplot"
    hidden = pyplot not in sys.modules
    if hidden:
        sys.modules[pyplot] = None  # type: ignore[assignment]  # as the import system marks it
    try:
        import networkit
    finally:
        if hidden:
            del sys.modules[pyplot]
    return networkit


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let sums be taken in one order, so that the same records give the same bytes."""
    networkit = _networkit()
    threads = networkit.getMaxNumberOfThreads()
    networkit.setNumberOfThreads(1)
    networkit.setSeed(SEED, False)
    try:
        yield
    finally:
        networkit.setNumberOfThreads(threads)


def _graph(weights: sparse.csr_matrix, *, loops: bool) -> Any:
    edges = weights.tocoo()
    kept = np.ones(edges.nnz, dtype=bool) if loops else edges.row != edges.col
    ends = edges.row[kept], edges.col[kept]
    return _networkit().GraphFromCoo(
        (edges.data[kept], ends), n=weights.shape[0], weighted=loops, directed=True
    )


def _betweenness(weights: sparse.csr_matrix) -> np.ndarray:
    measures = _networkit().centrality
    count = weights.shape[0]
    if count < 3:
        return np.zeros(count)
    graph = _graph(weights, loops=False)
    sources = max(1, EXACT_STEPS // max(graph.numberOfEdges(), 1))
    if sources >= count:
        measure = measures.Betweenness(graph, normalized=True)
    else:
        measure = measures.EstimateBetweenness(graph, sources, normalized=True, parallel=False)
    return np.asarray(measure.run().scores(), dtype=float)


def _pagerank(weights: sparse.csr_matrix) -> np.ndarray:
    measures = _networkit().centrality
    measure = measures.PageRank(
        _graph(weights, loops=True),
        damp=DAMPING,
        tol=TOLERANCE,
        distributeSinks=measures.SinkHandling.DistributeSinks,
    )
    return np.asarray(measure.run().scores(), dtype=float)


def _hits(weights: sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """Hubs and authorities: the first left and right singular vectors, each summing to 1."""
    count = weights.shape[0]
    if count <= SMALL:
        left, _, right = np.linalg.svd(weights.toarray())
        hub, authority = left[:, 0], right[0]
    else:
        left, _, right = svds(weights, k=1, v0=np.full(count, 1 / count))
        hub, authority = left[:, 0], right[0]
    return tuple(np.abs(one) / np.abs(one).sum() for one in (hub, authority))
