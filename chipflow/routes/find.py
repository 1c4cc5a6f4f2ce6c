"""Routes of goods: from a named purchase through third countries to the destination.

A continuation says that one shipment may continue as another. A route is a chain of them from a
shipment that names a chip to one that arrives at the destination on a day on which that chip needed
a licence there. Routes that share a middle company or a buyer are one cluster.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.network.columns import Columns
from chipflow.routes.clusters import Clusters
from chipflow.routes.exclusion import Exclusion
from chipflow.routes.itinerary import ITINERARY_COLUMNS, itinerary
from chipflow.routes.returns import Returns
from chipflow.routes.route_graph import Component, RouteGraph
from chipflow.schemas import EXCLUDED, ROUTE_STEPS

if TYPE_CHECKING:
    from chipflow.routes.licence_screening import LicenceScreening
    from chipflow.tracing.trace import Tracing


@dataclass(frozen=True)
class Routes:
    """What reached the destination, and what was looked at and set aside.

    Attributes
    ----------
    steps
        One row a shipment of a cluster: ``cluster`` (number), ``record_id``, ``hop`` (1 is the
        purchase), ``stage`` (source, middle, final), ``chip`` traced, ``units`` (chips of
        the cluster that it carries and that reach the destination), and for final shipments
        ``status, rule`` of the chip on that day and destination.
    continuations
        The continuations of :class:`chipflow.network.Tracing` on these routes, with ``cluster``.
    excluded
        Routes of the same shape that are no leads: ``reason, sentence, chips, countries,
        companies, units, p_value`` (missing: nothing was weighed), ``record_ids``.
    """

    steps: pd.DataFrame
    continuations: pd.DataFrame
    excluded: pd.DataFrame


def find_routes(tracing: Tracing, licences: LicenceScreening) -> Routes:
    """Find the routes along which traced goods reached the destination.

    Parameters
    ----------
    tracing
        What :func:`chipflow.tracing.trace` returned.
    licence screening
        What the rules say of the same shipments.

    Returns
    -------
    Routes
    """
    flow = _Flow(tracing, licences)
    clusters = Clusters(flow.graph, tracing.window)
    kept: list[Component] = []
    excluded: list[Component] = []
    for reason, finals in flow.finals.items():
        for component in flow.graph.components(finals):
            exclusion = reason or flow.exclusion_of(component)
            (excluded if exclusion else kept).append(replace(component, exclusion=exclusion))
    steps, continuations = flow.tables(clusters.joined(kept))
    return Routes(steps, continuations, flow.excluded_table(clusters.joined(excluded)))


class _Flow:
    """The route graph of traced goods, with what they are and why they make no lead."""

    def __init__(self, tracing: Tracing, licences: LicenceScreening) -> None:
        self.table = licences.table
        self.traced, self.settings = tracing.traced, tracing.settings.routes
        self.graph = RouteGraph(tracing)
        self.returns = Returns(tracing, self.table)
        self.continuation_table = tracing.continuations
        # What a purchase is taken for that names none, by its words, weight and value.
        certain = tracing.certain | (self.traced.family >= 0)
        self.chip = np.where(certain, self.traced.cargo.chip, "")
        # The strongest come first: the first one into a shipment without a name says what it holds.
        heads, first = np.unique(self.graph.head, return_index=True)
        unnamed = self.chip[heads] == ""
        carried = tracing.continuations["chip"].to_numpy(dtype=object)
        self.chip[heads[unnamed]] = carried[first[unnamed]]
        self.status, self.rule = (np.full(len(self.table), "", dtype=object) for _ in range(2))
        ends = heads[self.traced.arrives[heads]]
        found = licences.status_of(ends, self.chip[ends])
        self.status[ends], self.rule[ends] = found["status"], found["rule"]
        self.finals: dict[Exclusion | None, list[int]] = defaultdict(list)
        reasons = licences.exclusion_of(ends, found)
        for end, reason in zip(ends.tolist(), reasons, strict=True):
            self.finals[reason].append(end)
        self.repair = self.table["mentions_return"].to_numpy(dtype=bool, na_value=False)

    def exclusion_of(self, component: Component) -> Exclusion | None:
        """Say why goods that did come out of this component are no diversion, or nothing."""
        traced, came_back = self.traced, self.settings.came_back
        sources = self.graph.sources(component)
        if self.returns.home[sources].all():
            return Exclusion.FROM_DESTINATION
        sellers = set(traced.arrays.shipper[sources])
        finals = [at for at in component.shipments if traced.arrives[at]]
        own = list(component.shipments)
        if not ((traced.family[own] >= 0) | traced.says_accelerator[own]).any():
            return Exclusion.NO_CHIP_NAMED
        if all(traced.arrays.consignee[at] in sellers for at in finals):
            return Exclusion.BACK_TO_SENDER
        if self.returns.exchanged_share(finals, before=True) >= came_back:
            return Exclusion.FROM_DESTINATION
        if self._for_repair(sources) and self._for_repair(finals):
            return Exclusion.REPAIR
        if self.returns.exchanged_share(finals, before=False) >= came_back:
            return Exclusion.CAME_BACK
        if self.returns.returned_share(finals) >= came_back:
            return Exclusion.AMONG_RETURNS
        return None

    def _for_repair(self, at: list[int]) -> bool:
        """Whether most of these shipments speak of repair, return or warranty."""
        return bool(self.repair[at].mean() > self.settings.repairs)

    def tables(self, components: list[Component]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Steps and continuations of clusters, which are numbered in their order."""
        numbers = np.arange(len(components))
        found = [self._steps(one) for one in components]
        steps = {
            name: np.concatenate([one[name] for one in found]) if found else np.empty(0)
            for name in ROUTE_STEPS.dtypes
            if name != "cluster"
        }
        cluster = np.repeat(numbers, [len(one.shipments) for one in components])
        rows = np.array([row for one in components for row in one.continuations], dtype=np.int64)
        return (
            pd.DataFrame({"cluster": cluster, **steps}).astype(ROUTE_STEPS.dtypes),
            self.continuation_table.iloc[rows]
            .reset_index(drop=True)
            .assign(cluster=np.repeat(numbers, [len(one.continuations) for one in components])),
        )

    def _steps(self, component: Component) -> Columns:
        hop = self.graph.hops(component)
        units = self.graph.units(component, hop)
        at = list(component.shipments)
        arrives = self.traced.arrives[at]
        hops = np.array([hop[one] for one in at])
        stage = np.select([hops == 1, arrives], ["source", "final"], "middle").astype(object)
        return Columns(
            {
                "record_id": self.traced.arrays.record[at],
                "hop": hops,
                "stage": stage,
                "chip": self.chip[at],
                "units": np.array([units[one] for one in at]),
                "status": np.where(arrives, self.status[at], ""),
                "rule": np.where(arrives, self.rule[at], ""),
            },
            len(at),
        )

    def excluded_table(self, components: list[Component]) -> pd.DataFrame:
        """Routes that are no leads, one row a component."""
        at = np.array([one for part in components for one in part.shipments], dtype=np.int64)
        sides = Columns.of(self.table[ITINERARY_COLUMNS].iloc[at])
        rows, start = [], 0
        for part in components:
            if part.exclusion is None:
                continue
            steps = self._steps(part)
            finals = steps["stage"] == "final"
            own = sides.take(slice(start, start := start + len(steps)))
            path = itinerary(own, steps["hop"], finals)
            chips = sorted(set(steps["chip"]) - {""})
            goods, route = ", ".join(chips), " > ".join(path["countries"])
            rows.append(
                {
                    "reason": part.exclusion.reason,
                    "sentence": f"{goods} moved {route}, and {part.exclusion.sentence}.",
                    "chips": " | ".join(chips),
                    "countries": route,
                    "companies": " > ".join(path["companies"]),
                    "units": float(np.nansum(steps["units"][finals])),
                    "p_value": np.nan,
                    "record_ids": ";".join(sorted(steps["record_id"])),
                }
            )
        table = pd.DataFrame(rows, columns=EXCLUDED.names)
        return table.sort_values(["reason", "record_ids"], ignore_index=True)


def source_shares(continuations: pd.DataFrame) -> pd.Series:
    """Share of each later shipment that a continuation gives it, of all into it in its cluster.

    Parameters
    ----------
    continuations
        ``cluster, to_record, units``; where no units are known each gives as much.
    """
    into = continuations.groupby(["cluster", "to_record"])["units"]
    shares: pd.Series = continuations["units"] / into.transform("sum")
    return shares.fillna(1 / into.transform("size"))
