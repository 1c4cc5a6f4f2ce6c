"""Units that pass along each link: no shipment passes on more than it holds.

A transport problem: as many units as possible are where they are expected. Pieces of few links are
solved exactly, as one sparse linear program (HiGHS); larger ones, and those with a shipment of
which no number is known, from the likeliest link down, which is exact for shipments that match one
to one.
"""

from __future__ import annotations

from math import inf, isfinite, isinf, nan

import numpy as np
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse.csgraph import connected_components

from chipflow.network.arrays import Floats, Ints
from chipflow.settings import AllocationSettings

LEAST_UNITS = 1e-6  # units below this are rounding


def allocate(
    supply: Floats,
    holds: Floats,
    e: Ints,
    f: Ints,
    share: Floats,
    settings: AllocationSettings | None = None,
) -> Floats:
    """Allocate units to links.

    Parameters
    ----------
    supply
        Chips that each shipment can pass on, by its position; infinite where not known.
    holds
        For each link the chips of the earlier shipment's kind that the later shipment can hold;
        infinite where not known.
    e, f
        Positions of the earlier and the later shipment of each link, the likeliest link first.
    share
        How likely each link is, between 0 and 1.
    settings
        The numbers of the method.

    Returns
    -------
    numpy.ndarray
        Chips, one number a link; missing where neither shipment says how many it holds.
    """
    settings = settings or AllocationSettings()
    units = np.zeros(len(e))
    if not len(e):
        return units
    exact = _small_components(supply, holds, e, f, settings)
    if exact.any():
        at = np.flatnonzero(exact)
        units[at] = _solve(supply, holds[at], e[at], f[at], share[at], settings.any_continuation)
    rest = np.flatnonzero(~exact)
    units[rest] = _from_the_likeliest(supply, holds[rest], e[rest], f[rest])
    return units


def _small_components(
    supply: Floats, holds: Floats, e: Ints, f: Ints, settings: AllocationSettings
) -> np.ndarray:
    """Say which links belong to pieces that are small and of which every number is known."""
    nodes, ends = np.unique(np.stack([2 * e, 2 * f + 1]), return_inverse=True)
    tails, heads = ends.reshape(2, -1)
    graph = sparse.coo_array((np.ones(len(e)), (tails, heads)), shape=(len(nodes), len(nodes)))
    piece = connected_components(graph, directed=False)[1][tails]
    size = np.bincount(piece)
    unknown = np.bincount(piece, weights=~np.isfinite(supply[e] + holds), minlength=len(size)) > 0
    fits = (size <= settings.largest_exact) & ~unknown
    # The smallest pieces first, as many as can be solved at once.
    order = np.lexsort((np.arange(len(size)), size))
    room = np.cumsum(np.where(fits, size, 0)[order]) <= settings.most_exact
    taken = np.zeros(len(size), dtype=bool)
    taken[order] = fits[order] & room
    return np.asarray(taken[piece])


def _solve(supply: Floats, holds: Floats, e: Ints, f: Ints, share: Floats, least: float) -> Floats:
    givers, giver = np.unique(e, return_inverse=True)
    takers, taker = np.unique(f, return_inverse=True)
    links = np.arange(len(e))
    # What a shipment can hold depends on what it is filled with: each link takes a share of its
    # room.
    limits = sparse.vstack(
        [
            sparse.coo_array((np.ones(len(e)), (giver, links)), shape=(len(givers), len(e))),
            sparse.coo_array((1 / holds, (taker, links)), shape=(len(takers), len(e))),
        ]
    ).tocsr()
    bounds = np.concatenate([supply[givers], np.ones(len(takers))])
    gain = least + share
    answer = linprog(  # type: ignore[call-overload]
        -gain, A_ub=limits, b_ub=bounds, bounds=(0, None), method="highs"
    )
    if answer.x is None:
        return _from_the_likeliest(supply, holds, e, f)
    return np.where(answer.x > LEAST_UNITS, answer.x, 0.0)


def _from_the_likeliest(supply: Floats, holds: Floats, e: Ints, f: Ints) -> Floats:
    # One link decides what is left for the next: plain numbers are faster there than arrays.
    givers, giver = np.unique(e, return_inverse=True)
    takers, taker = np.unique(f, return_inverse=True)
    left = supply[givers].tolist()
    taken = [0.0] * len(takers)  # share of each shipment's room
    units = []
    for a, b, room in zip(giver.tolist(), taker.tolist(), holds.tolist(), strict=True):
        passing = min(left[a], room * (1 - taken[b]) if isfinite(room) else inf)
        if isinf(passing):
            units.append(nan)  # neither shipment says how much it holds: linked, number not known
        elif passing > LEAST_UNITS:
            units.append(passing)
            left[a] -= passing
            taken[b] += passing / room
        else:
            units.append(0.0)
    return np.array(units)
