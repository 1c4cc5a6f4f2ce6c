"""Which shipment continues which: goods traced in time, in number and in weight.

A shipment *e* may continue as *f* when f leaves the company that e arrived at (or leaves its
country from another company: a transfer that no record shows) no earlier than e arrived. How
well they agree in words, weight, value, number and waiting time is a likelihood ratio against a
shipment taken by chance from the same records. What a shipment carries on is then allocated so that
no shipment supplies more than it holds. See ``docs/method.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.progress import silent
from chipflow.schemas import CONTINUATIONS
from chipflow.settings import Settings
from chipflow.tracing.inventory import TO_DESTINATION
from chipflow.tracing.related_parties import RelatedParties
from chipflow.tracing.shipments import TracedShipments
from chipflow.tracing.tracer import Inventories, Tracer
from chipflow.tracing.transfers import evidence_by_sale

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chipflow.goods.catalogue.load import Catalogue
    from chipflow.progress import Progress


@dataclass(frozen=True)
class Tracing:
    """What continues as what.

    Attributes
    ----------
    continuations
        One row a link, the strongest first: ``from_record, to_record``, and ``e, f``, their
        positions in ``traced``; ``units`` (chips that pass along it); ``log_odds`` (natural log of
        the odds that the one continues as the other) and its parts ``words, weight, value,
        number, waiting, prior``; ``kind`` (recorded, related parties or domestic transfer);
        ``chip`` that is traced; ``days`` between; ``taken_out`` (whether chips that were bought
        built in would have been sold singly); ``rebuilt`` (whether the later pieces weigh like
        another form with as many chips, as boards out of servers do); ``transfer`` (row of
        ``transfers``), its ``transfer_log_odds``, and ``shipment_log_odds``, the part of them that
        the later shipment brings.
    transfers
        One row a transfer between two companies, all its shipments taken together: ``buyer,
        sender`` (codes of companies in ``traced``; equal where a company sells what it bought),
        ``place`` (code of the consignee, or TO_DESTINATION), ``log_lr, log_odds``, ``sales``
        weighed, ``expected`` and ``believed`` number of them that continue purchases,
        ``searched`` (companies among which the buyer was found), ``kind``.
    sales
        One row a sale that was weighed for a transfer: ``transfer, f`` (position in ``traced``),
        ``probability`` that it continues a purchase, ``log_lr`` (how far it speaks for that
        itself).
    traced
        The shipments, with what has been inferred of their cargo.
    followed, certain
        Whether each shipment is traced, and whether it is chips by itself, not by what it
        continues.
    open_distributor
        Companies that sell chips by name to many: where their stock comes from is no question.
    inventories
        What pairs of companies were scored by; others can be scored by the same.
    window, most_hops, destination
        What was asked.
    """

    continuations: pd.DataFrame
    transfers: pd.DataFrame
    sales: pd.DataFrame
    traced: TracedShipments = field(repr=False)
    followed: np.ndarray = field(repr=False)
    certain: np.ndarray = field(repr=False)
    open_distributor: np.ndarray = field(repr=False)
    inventories: Inventories = field(repr=False)
    window: int
    most_hops: int
    destination: tuple[str, ...]

    @property
    def settings(self) -> Settings:
        """The numbers of the method by which goods were traced."""
        return self.traced.settings


def trace(
    shipments: pd.DataFrame,
    destination: Iterable[str],
    *,
    settings: Settings | None = None,
    shared_attributes: pd.DataFrame | None = None,
    catalogue: Catalogue | None = None,
    named_only: bool = False,
    progress: Progress = silent,
) -> Tracing:
    """Trace the named chips forward through the shipments.

    Parameters
    ----------
    shipments
        :attr:`chipflow.Network.shipments`.
    destination
        ISO 3166 alpha-2 codes; goods that arrive there are traced no further.
    settings
        The numbers of the method; the shipped ones without it.
    shared_attributes
        What companies share (:attr:`chipflow.Network.shared_attributes`): of such pairs the one
        is likelier to sell what the other bought.
    catalogue
        Tables of chips and rules to use instead of the shipped ones.
    named_only
        Whether only purchases that say what they are begin a route: no weight and value are taken
        for goods without a name.
    progress
        Who is told how the work goes on.

    Returns
    -------
    Tracing
        The same for any order of rows.

    Notes
    -----
    Inventories of companies are weighed by :mod:`chipflow.tracing.inventory`, transfers judged by
    :mod:`chipflow.tracing.transfers`, units allocated by :mod:`chipflow.tracing.allocation`.
    ``docs/method.md`` has the formulas.
    """
    settings = settings or Settings()
    targets = tuple(sorted(set(destination)))
    window, most_hops = settings.tracer.window, settings.tracer.most_hops
    traced = TracedShipments.of(shipments, targets, settings, catalogue)
    related = RelatedParties(traced.arrays, shared_attributes, settings.transfers)
    tracer = Tracer(traced, window, related, named_only=named_only)
    with progress.stage("following the goods", total=most_hops) as stage:
        # Named chips, undeclared ones and each round of unrecorded transfers are traced so far.
        for _ in range((2 + settings.tracer.unrecorded_rounds) * most_hops):
            stage.advance()
            if not tracer.step():
                break
    traced = tracer.traced
    found = tracer.continuations()
    e, f = found["e"].to_numpy(), found["f"].to_numpy()
    found["from_record"], found["to_record"] = traced.arrays.record[e], traced.arrays.record[f]
    found["chip"] = traced.cargo.chip[e]
    found["taken_out"] = traced.singly(e, f)
    found["rebuilt"] = traced.rebuilt(e, f)
    transfers, sales = tracer.transfers()
    found = _with_transfers(traced, found, transfers, sales)
    table = CONTINUATIONS.conform(found)
    return Tracing(
        table,
        transfers,
        sales,
        traced=traced,
        followed=tracer.followed,
        certain=tracer.certain,
        open_distributor=tracer.open_distributor,
        inventories=tracer.inventories(),
        window=window,
        most_hops=most_hops,
        destination=targets,
    )


def _with_transfers(
    traced: TracedShipments,
    continuations: pd.DataFrame,
    transfers: pd.DataFrame,
    sales: pd.DataFrame,
) -> pd.DataFrame:
    """Tell each link which transfer it is part of: between whom, to where; and how strong."""
    e, f = continuations["e"].to_numpy(), continuations["f"].to_numpy()
    keys = ["buyer", "sender", "place", "kind"]
    parties = continuations.assign(
        buyer=traced.arrays.consignee[e],
        sender=traced.arrays.shipper[f],
        place=np.where(traced.arrives[f], TO_DESTINATION, traced.arrays.consignee[f]),
    )
    known = transfers.reset_index()[["transfer", *keys, "log_odds"]]
    known = known.astype({"buyer": "int64", "sender": "int64", "place": "int64"})
    found = parties.merge(
        known.rename(columns={"log_odds": "transfer_log_odds"}), on=keys, how="left"
    )
    said, whole = evidence_by_sale(
        sales.astype({"transfer": "int64", "f": "int64"}),
        "transfer",
        believed=traced.settings.tracer.believed,
        least=traced.settings.tracer.least_said,
    )
    found["said"] = said.reindex(pd.MultiIndex.from_frame(found[["transfer", "f"]])).to_numpy()
    of_links = found.drop_duplicates(["transfer", "f"]).groupby("transfer")["said"].sum()
    whole = whole.reindex(of_links.index).fillna(0.0).clip(lower=of_links)
    found["shipment_log_odds"] = (
        found["transfer_log_odds"] * found["said"] / found["transfer"].map(whole)
    )
    return found.drop(columns=["buyer", "sender", "place", "said"])
