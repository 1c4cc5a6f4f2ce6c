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

from chipflow.network.follow import (
    BELIEVED,
    HAND_OVER,
    LINKED,
    MOST_ROUNDS,
    RECORDED,
    Follower,
)
from chipflow.network.ledger import TO_DESTINATION
from chipflow.network.linked import Linked
from chipflow.network.lots import Lots
from chipflow.progress import silent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chipflow.progress import Progress

__all__ = [
    "HAND_OVER",
    "LINKED",
    "MOST_HOPS",
    "RECORDED",
    "WINDOW",
    "Tracing",
    "trace",
    "what_lots_say",
]

WINDOW = 120  # days between arrival and departure; documented re-exports took weeks
# What each lot of a hand-over says for it at the least, so that the parts make up the whole.
LEAST_SAID = 0.01  # log-likelihood ratio
MOST_HOPS = 6  # shipments in a row; documented routes have two to four

LINK_COLUMNS = {
    "from_record": "str",
    "to_record": "str",
    "e": "int64",
    "f": "int64",
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
    "taken_out": "bool",
    "hop": "int64",
    "hop_log_odds": "float64",
    "lot_log_odds": "float64",
}


@dataclass(frozen=True)
class Tracing:
    """What continues as what.

    Attributes
    ----------
    links
        One row a link, the strongest first: ``from_record, to_record``, and ``e, f``, their
        positions in ``lots``; ``units`` (chips that pass along it); ``log_odds`` (natural log of
        the odds that the one continues as the other) and its parts ``words, weight, value,
        number, waiting, prior``; ``kind`` (recorded, linked companies or domestic hand-over);
        ``chip`` that is followed; ``days`` between; ``taken_out`` (whether chips that were bought
        built in would have been sold singly); ``hop`` (row of ``hops``), its ``hop_log_odds``, and
        ``lot_log_odds``, the part of them that the later lot brings.
    hops
        One row a hand-over between two companies, all its lots taken together: ``buyer,
        sender`` (codes of companies in ``lots``; equal where a company sells what it bought),
        ``place`` (code of the consignee, or TO_DESTINATION), ``log_lr, log_odds``, ``sales``
        weighed, ``expected`` and ``believed`` number of them that continue purchases,
        ``searched`` (companies among which the buyer was found), ``kind``.
    sales
        One row a sale that was weighed for a hand-over: ``hop, f`` (position in ``lots``),
        ``probability`` that it continues a purchase, ``log_lr`` (how far it speaks for that
        itself).
    lots
        The shipments as arrays.
    follower
        Who followed the goods, and can be asked about other pairs of companies.
    window, most_hops, destination
        What was asked.
    """

    links: pd.DataFrame
    hops: pd.DataFrame
    sales: pd.DataFrame
    lots: Lots = field(repr=False)
    follower: Follower = field(repr=False)
    window: int
    most_hops: int
    destination: tuple[str, ...]


def trace(
    shipments: pd.DataFrame,
    destination: Iterable[str],
    *,
    window: int = WINDOW,
    most_hops: int = MOST_HOPS,
    linked: pd.DataFrame | None = None,
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
    linked
        What companies share (:attr:`chipflow.Network.links`): of such pairs the one is likelier
        to sell what the other bought.
    progress
        Who is told how the work goes on.

    Returns
    -------
    Tracing
        The same for any order of rows.

    Notes
    -----
    The books of companies are weighed by :mod:`chipflow.network.ledger`, hand-overs inside a
    country by :mod:`chipflow.network.handover`; units are allocated by
    :mod:`chipflow.network.allocate`. ``docs/method.md`` has the formulas.
    """
    targets = tuple(sorted(set(destination)))
    lots = Lots.of(shipments, targets)
    follower = Follower(lots, window, Linked(lots, linked))
    with progress.stage("following the goods", total=most_hops) as stage:
        # Named chips, hidden ones and each round of unrecorded hand-overs are followed so far.
        for _ in range((2 + MOST_ROUNDS) * most_hops):
            stage.advance()
            if not follower.step():
                break
    links = follower.allocated()
    links["from_record"] = lots.record[links["e"].to_numpy()]
    links["to_record"] = lots.record[links["f"].to_numpy()]
    links["chip"] = lots.chip[links["e"].to_numpy()]
    links["taken_out"] = lots.singly(links["e"].to_numpy(), links["f"].to_numpy())
    hops, sales = follower.hops()
    links = _with_hops(lots, links, hops, sales)
    table = links[list(LINK_COLUMNS)].astype(LINK_COLUMNS).reset_index(drop=True)
    return Tracing(table, hops, sales, lots, follower, window, most_hops, targets)


def _with_hops(
    lots: Lots, links: pd.DataFrame, hops: pd.DataFrame, sales: pd.DataFrame
) -> pd.DataFrame:
    """Tell each link which hand-over it is part of: between whom, to where; and how strong."""
    e, f = links["e"].to_numpy(), links["f"].to_numpy()
    keys = ["buyer", "sender", "place", "kind"]
    parties = links.assign(
        buyer=lots.consignee[e],
        sender=lots.shipper[f],
        place=np.where(lots.arrives[f], TO_DESTINATION, lots.consignee[f]),
    )
    known = hops.reset_index()[["hop", *keys, "log_odds"]]
    known = known.astype({"buyer": "int64", "sender": "int64", "place": "int64"})
    found = parties.merge(known.rename(columns={"log_odds": "hop_log_odds"}), on=keys, how="left")
    said, whole = what_lots_say(sales.astype({"hop": "int64", "f": "int64"}), "hop")
    found["said"] = said.reindex(pd.MultiIndex.from_frame(found[["hop", "f"]])).to_numpy()
    of_links = found.drop_duplicates(["hop", "f"]).groupby("hop")["said"].sum()
    whole = whole.reindex(of_links.index).fillna(0.0).clip(lower=of_links)
    found["lot_log_odds"] = found["hop_log_odds"] * found["said"] / found["hop"].map(whole)
    return found.drop(columns=["buyer", "sender", "place", "said"])


def what_lots_say(sales: pd.DataFrame, hop: str) -> tuple[pd.Series, pd.Series]:
    """Say how far each sale speaks for its hand-over itself, and all that are believed together.

    A hand-over is judged by all its lots together; each has of it what it says itself, also where
    what was bought does not suffice for all.

    Parameters
    ----------
    sales
        ``f, probability, log_lr`` of sales that were weighed, and the hand-over of each.
    hop
        Name of the column that tells the hand-overs apart.

    Returns
    -------
    tuple of pandas.Series
        Log-likelihood ratios by hand-over and ``f``, and by hand-over.
    """
    said = sales.set_index([hop, "f"])["log_lr"].clip(lower=LEAST_SAID)
    believed = (sales["probability"] > BELIEVED).to_numpy()
    return said, said[believed].groupby(hop).sum()
