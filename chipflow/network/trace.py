"""Which shipment continues which: goods followed in time, in number and in weight.

A shipment *e* may continue as *f* when f leaves the company that e arrived at (or leaves its
country from another company: a hand-over that no record shows) no earlier than e arrived. How
well they agree in words, weight, value, number and waiting time is a likelihood ratio against a
lot taken by chance from the same records. What a lot carries on is then allocated so that no lot
supplies more than it holds. See ``docs/method.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.network.handover import hand_overs
from chipflow.network.lots import Lots, continuing_share, likelihood, pairs_by_group
from chipflow.progress import silent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chipflow.progress import Progress

Ints = np.ndarray
Floats = np.ndarray

WINDOW = 120  # days between arrival and departure; documented re-exports took weeks
MOST_HOPS = 6  # shipments in a row; documented routes have two to four
# Where no number of pieces is known, whole weights that differ by less than this are equal.
EQUAL_WEIGHT = 0.2  # log kg
RECORDED, HAND_OVER = "recorded", "domestic hand-over"

LINK_COLUMNS = {
    "from_record": "str",
    "to_record": "str",
    "units": "float64",
    "log_odds": "float64",
    "kind": "str",
    "chip": "str",
    "words": "float64",
    "weight": "float64",
    "value": "float64",
    "number": "float64",
    "waiting": "float64",
    "prior": "float64",
    "days": "float64",
}


@dataclass(frozen=True)
class Tracing:
    """What continues as what.

    Attributes
    ----------
    links
        One row a link, the strongest first: ``from_record, to_record``; ``units`` (chips that
        pass along it); ``log_odds`` (natural log of the odds that the one continues as the
        other) and its parts ``words, weight, value, number, waiting, prior``; ``kind``
        (recorded or domestic hand-over); ``chip`` that is followed; ``days`` between.
    lots
        The shipments as arrays.
    window, most_hops, destination
        What was asked.
    """

    links: pd.DataFrame
    lots: Lots = field(repr=False)
    window: int
    most_hops: int
    destination: tuple[str, ...]


def trace(
    shipments: pd.DataFrame,
    destination: Iterable[str],
    *,
    window: int = WINDOW,
    most_hops: int = MOST_HOPS,
    progress: Progress = silent,
) -> Tracing:
    """Follow the named chips through the shipments.

    Parameters
    ----------
    shipments
        :attr:`chipflow.Network.shipments`.
    destination
        ISO 3166 alpha-2 codes; goods that arrive there are followed no further.
    window
        Most days between the arrival of a lot and the departure of what continues it.
    most_hops
        Most shipments in a row.
    progress
        Who is told how the work goes on.

    Returns
    -------
    Tracing
        The same for any order of rows.

    Notes
    -----
    Expectation-maximisation of the share of onward lots that continue a purchase: Dempster,
    Laird and Rubin (1977). Allocation takes links from the strongest down while both lots have
    units left, a greedy solution of the transport problem.
    """
    targets = tuple(sorted(set(destination)))
    lots = Lots.of(shipments, targets)
    found: list[pd.DataFrame] = []
    frontier = np.flatnonzero((lots.family >= 0) & ~lots.arrives)
    seen = np.zeros(len(lots), dtype=bool)
    seen[lots.family >= 0] = True
    with progress.stage("following the goods", total=most_hops) as stage:
        for _ in range(most_hops - 1):
            stage.advance()
            if not len(frontier):
                break
            links = _links_from(lots, frontier, window)
            found.append(links)
            frontier = _next_frontier(lots, links, seen)
    if not found:
        return Tracing(_empty_links(), lots, window, most_hops, targets)
    links = pd.concat(found, ignore_index=True)
    links = links.sort_values(
        ["log_odds", "e", "f"], ascending=[False, True, True], ignore_index=True
    )
    links["units"] = _allocate(lots, links)
    links = _fed(lots, links[links["units"].isna() | (links["units"] > 0)])
    links["from_record"] = lots.record[links["e"].to_numpy()]
    links["to_record"] = lots.record[links["f"].to_numpy()]
    links["chip"] = lots.chip[links["e"].to_numpy()]
    table = links[list(LINK_COLUMNS)].astype(LINK_COLUMNS).reset_index(drop=True)
    return Tracing(table, lots, window, most_hops, targets)


def _fed(lots: Lots, links: pd.DataFrame) -> pd.DataFrame:
    """Links that hang on a lot which names a chip: others lost their feed in the allocation."""
    e, f = links["e"].to_numpy(), links["f"].to_numpy()
    kept = np.ones(len(links), dtype=bool)
    while True:
        fed = lots.family >= 0
        fed[f[kept]] = True
        still = kept & fed[e]
        if still.sum() == kept.sum():
            return links[kept]
        kept = still


def _empty_links() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in LINK_COLUMNS.items()})


def _links_from(lots: Lots, frontier: Ints, window: int) -> pd.DataFrame:
    """Links out of lots that are believed: more likely than not."""
    e, f = _pairs_at_company(lots, frontier, window)
    recorded = likelihood(lots, e, f, window)
    recorded["prior"] = _learned_prior(lots, recorded)
    recorded["kind"] = RECORDED
    recorded["log_odds"] = recorded["evidence"] + recorded["prior"]
    across = hand_overs(lots, frontier, window).assign(kind=HAND_OVER)
    links = pd.concat([recorded, across], ignore_index=True)
    return links[(links["log_odds"] > 0) & _measured(lots, links)]


def _measured(lots: Lots, links: pd.DataFrame) -> np.ndarray:
    """Whether anything but the days agrees: the chip's name, a number, or the whole weight."""
    e, f = links["e"].to_numpy(), links["f"].to_numpy()
    named = (lots.family[f] >= 0) & (lots.family[f] == lots.carried[e])
    numbers = (links[["weight", "value", "number"]] != 0).any(axis=1).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = np.abs(np.log(lots.weight[f] / lots.weight[e])) < EQUAL_WEIGHT
    return np.asarray(named | numbers | whole)


def _next_frontier(lots: Lots, links: pd.DataFrame, seen: np.ndarray) -> Ints:
    """Lots reached for the first time: what they carry is what their best feed carries."""
    best = links.sort_values(["log_odds", "e"], ascending=[False, True]).drop_duplicates("f")
    e, f = best["e"].to_numpy(), best["f"].to_numpy()
    new = ~seen[f]
    e, f = e[new], f[new]
    seen[f] = True
    lots.inherit(e, f)
    return np.sort(f[~lots.arrives[f]])


def _pairs_at_company(lots: Lots, frontier: Ints, window: int) -> tuple[Ints, Ints]:
    """All pairs (e, f) where f may leave the company that e arrived at, within the window."""
    e = frontier[lots.named_consignee[frontier]]
    order = np.lexsort((lots.first, lots.shipper))
    return pairs_by_group(lots, e, lots.consignee[e], order, lots.shipper[order], window)


def _learned_prior(lots: Lots, pairs: pd.DataFrame) -> Floats:
    """Log-odds, before the two lots are compared, that f continues e.

    At each company a share of the onward lots continues some purchase; which one is open, each
    purchase in the window being as likely. The share is learned from how well lots agree there.
    """
    f, purchases = np.unique(pairs["f"].to_numpy(), return_inverse=True)
    if not len(f):
        return np.empty(0)
    likelihoods = np.exp(np.minimum(pairs["evidence"].to_numpy(), 30.0))
    per_lot = np.bincount(purchases, weights=likelihoods)
    choices = np.bincount(purchases)
    agreement = per_lot / choices
    _, company = np.unique(lots.shipper[f], return_inverse=True)
    lots_of = np.bincount(company)
    share = continuing_share(agreement, company, lots_of)
    odds = np.log(share / (1 - share))
    return np.asarray(odds[company][purchases] - np.log(choices[purchases]))


def _allocate(lots: Lots, links: pd.DataFrame) -> Floats:
    """Units that pass along each link, from the strongest down, while both lots have some left."""
    e, f = links["e"].to_numpy(), links["f"].to_numpy()
    supply = lots.supply.copy()
    # What a lot of unlike number can hold of this chip, by its pieces or by its weight.
    holds = lots.holds(e, f)
    taken = np.zeros(len(lots))
    units = np.zeros(len(links))
    for at in range(len(links)):
        a, b = e[at], f[at]
        room = holds[at] - taken[b]
        passing = min(supply[a], room)
        if np.isinf(passing):
            units[at] = np.nan  # neither lot says how much it holds: linked, number not known
        elif passing > 0:
            units[at] = passing
            supply[a] -= passing
            taken[b] += passing
    return units
