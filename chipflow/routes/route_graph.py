"""Continuations as a graph of shipments: components, what leads where, units that arrive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chipflow.routes.exclusion import Exclusion
    from chipflow.tracing.trace import Tracing


@dataclass(frozen=True)
class Component:
    """A connected piece of the route graph: positions of its shipments, rows of its continuations.

    Attributes
    ----------
    exclusion
        Why its goods make no lead, if they make none.
    """

    shipments: tuple[int, ...]
    continuations: tuple[int, ...]
    exclusion: Exclusion | None = None


class RouteGraph:
    """Shipments as nodes and continuations as edges.

    Attributes
    ----------
    graph
        Nodes are positions of shipments; an edge has its ``row`` in the table of continuations,
        the strongest first, and the ``units`` that pass along it.
    """

    def __init__(self, tracing: Tracing) -> None:
        self.traced, self.most_hops = tracing.traced, tracing.most_hops
        table = tracing.continuations
        self.tail, self.head = table["e"].to_numpy(), table["f"].to_numpy()
        units = table["units"].to_numpy(dtype=float)
        self.graph = nx.DiGraph()
        self.graph.add_edges_from(
            (e, f, {"row": row, "units": passing})
            for row, (e, f, passing) in enumerate(
                zip(self.tail.tolist(), self.head.tolist(), units.tolist(), strict=True)
            )
        )

    def components(self, finals: Iterable[int]) -> list[Component]:
        """Return the connected pieces of what leads to some arrivals, in order of positions."""
        edges = self._upstream(finals)
        upstream = nx.DiGraph()
        upstream.add_nodes_from(sorted({node for edge in edges for node in edge[:2]}))
        upstream.add_weighted_edges_from(edges, weight="row")
        found = []
        for nodes in nx.weakly_connected_components(upstream):
            rows = (row for _, _, row in upstream.edges(nodes, data="row"))
            found.append(Component(tuple(sorted(nodes)), tuple(sorted(rows))))
        return found

    def _upstream(self, finals: Iterable[int]) -> set[tuple[int, int, int]]:
        edges: set[tuple[int, int, int]] = set()
        frontier = {node for node in finals if node in self.graph}
        for _ in range(self.most_hops):
            found = set(self.graph.in_edges(frontier, data="row")) - edges
            edges |= found
            frontier = {tail for tail, _, _ in found}
        return edges

    def sources(self, component: Component) -> list[int]:
        """Return the shipments of a component that continue none of its others."""
        heads = {int(self.head[row]) for row in component.continuations}
        return [node for node in component.shipments if node not in heads]

    def hops(self, component: Component) -> dict[int, int]:
        """Return the number of each shipment in the row, 1 being the purchase."""
        own = self._own(component)
        sources = [node for node in self.sources(component) if node in own]
        layers = nx.bfs_layers(own, sources) if sources else ()
        hop = {node: step for step, layer in enumerate(layers, start=1) for node in layer}
        return {
            node: step if (step := hop.get(node, self.most_hops)) <= self.most_hops + 1
            else self.most_hops
            for node in component.shipments
        }  # fmt: skip

    def units(self, component: Component, hop: dict[int, int]) -> dict[int, float]:
        """Return the chips that each shipment of a component carries on to the destination.

        Forward, no shipment passes on more than came into it; backward, only what arrives counts.
        """
        own, arrays, cargo = self._own(component), self.traced.arrays, self.traced.cargo
        held = {one: float(cargo.units[one]) for one in component.shipments if hop[one] == 1}
        moved: dict[tuple[int, int], float] = {}
        order = sorted(component.shipments, key=lambda one: (hop[one], int(arrays.first[one]), one))
        for node in order:
            if own.in_degree(node) and hop[node] > 1:
                into = self._by_row(own.in_edges(node, data="row"))
                held[node] = float(sum(moved.get(edge, 0.0) for edge in into))
            left = held.get(node, 0.0)
            for edge in self._by_row(own.out_edges(node, data="row")):
                moved[edge] = float(np.fmin(self.graph.edges[edge]["units"], left))
                left = max(left - moved[edge], 0.0) if np.isfinite(left) else left
        reaching: dict[int, float] = {}
        for node in reversed(order):
            if self.traced.arrives[node]:
                reaching[node] = held.get(node, 0.0)
                continue
            share = [
                moved.get(edge, 0.0) * _ratio(reaching.get(edge[1], 0.0), held.get(edge[1]))
                for edge in self._by_row(own.out_edges(node, data="row"))
            ]
            reaching[node] = float(np.sum(share)) if share else 0.0
        return reaching

    def _own(self, component: Component) -> nx.DiGraph:
        own = nx.DiGraph()
        own.add_nodes_from(component.shipments)
        own.add_weighted_edges_from(
            (
                (int(self.tail[row]), int(self.head[row]), row)
                for row in component.continuations
            ),
            weight="row",
        )  # fmt: skip
        return own

    @staticmethod
    def _by_row(edges: Iterable[tuple[int, int, int]]) -> list[tuple[int, int]]:
        """Edges in the order of their strength."""
        return [(tail, head) for tail, head, _ in sorted(edges, key=lambda edge: edge[2])]


def _ratio(part: float, whole: float | None) -> float:
    return part / whole if whole else 0.0
