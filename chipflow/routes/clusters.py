"""Clusters of routes: components that share enough to be one scheme."""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from chipflow.routes.route_graph import Component, RouteGraph

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Clusters:
    """Joins components of a route graph.

    Parameters
    ----------
    graph
        The graph that they are from.
    window
        Days for which goods lie in stock.
    """

    def __init__(self, graph: RouteGraph, window: int) -> None:
        self.graph, self.window = graph, window
        self.traced, self.head = graph.traced, graph.head

    def joined(self, parts: list[Component]) -> list[Component]:
        """Join components of one cluster: those that have enough in common.

        A company in common is not enough, since shells and buyers serve more than one cluster and
        trade honestly beside it. Pieces are joined that share a middle company and a buyer; a
        middle company of their own, and the goods or the time; the goods, the time and either a
        buyer or both a middle company and its supplier.
        """
        if not parts:
            return []
        own = self._own(parts)
        meets: dict[tuple[object, ...], list[int]] = defaultdict(list)
        at_once: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for number, part in enumerate(parts):
            middle, buyers, goods = self._parties(part)
            for one, buyer in product(middle, buyers):
                meets[part.exclusion, one, buyer].append(number)
            for one in middle & own:
                at_once[part.exclusion, "middle", one].append(number)
                for kind in goods:
                    meets[part.exclusion, "goods", one, kind].append(number)
            for one, seller in product(middle, self._sellers(part)):
                for kind in goods:
                    at_once[part.exclusion, "supplier", one, seller, kind].append(number)
            for buyer, kind in product(buyers, goods):
                at_once[part.exclusion, "buyer", buyer, kind].append(number)
        pooled = [*meets.values(), *self._at_once(parts, at_once.values())]
        alike = nx.Graph()
        alike.add_nodes_from(range(len(parts)))
        for group in pooled:
            nx.add_path(alike, group)
        groups = [[parts[one] for one in sorted(own)] for own in nx.connected_components(alike)]
        return [
            Component(
                tuple(sorted({shipment for one in group for shipment in one.shipments})),
                tuple(sorted({row for one in group for row in one.continuations})),
                group[0].exclusion,
            )
            for group in groups
        ]

    def _sellers(self, part: Component) -> set[int]:
        """Named companies from which the goods were bought."""
        traced = self.traced
        return {
            int(traced.arrays.shipper[shipment])
            for shipment in self.graph.sources(part)
            if traced.arrays.named_shipper[shipment]
        }

    def _parties(self, part: Component) -> tuple[set[int], set[int], set[int]]:
        """Middle companies of a piece, its named buyers, and the families of its chips."""
        traced = self.traced
        middle = {
            int(traced.arrays.consignee[shipment])
            for shipment in part.shipments
            if not traced.arrives[shipment]
        }
        middle |= {int(traced.arrays.shipper[int(self.head[row])]) for row in part.continuations}
        buyers = {
            int(traced.arrays.consignee[shipment])
            for shipment in part.shipments
            if traced.arrives[shipment] and traced.arrays.named_consignee[shipment]
        }
        return middle, buyers, {int(traced.cargo.carried[shipment]) for shipment in part.shipments}

    def _own(self, parts: list[Component]) -> set[int]:
        """Companies of whose sales the traced goods are no small share."""
        traced = self.traced
        followed = np.unique([shipment for part in parts for shipment in part.shipments])
        traded = np.bincount(traced.arrays.shipper, minlength=traced.arrays.companies)
        sent = np.bincount(traced.arrays.shipper[followed], minlength=traced.arrays.companies)
        return set(np.flatnonzero(sent >= self.traced.settings.routes.own_trade * traded).tolist())

    def _at_once(self, parts: list[Component], groups: Iterable[list[int]]) -> Iterator[list[int]]:
        """Split groups of pieces where more days lie between them than goods lie in stock."""
        traced = self.traced
        begin = [
            min(int(traced.arrays.first[shipment]) for shipment in part.shipments) for part in parts
        ]
        end = [
            max(int(traced.arrays.last[shipment]) for shipment in part.shipments) for part in parts
        ]
        for group in groups:
            run: list[int] = []
            latest = 0
            for one in sorted(group, key=lambda part: begin[part]):
                if run and begin[one] > latest + self.window:
                    yield run
                    run = []
                latest = max(latest, end[one]) if run else end[one]
                run.append(one)
            yield run
