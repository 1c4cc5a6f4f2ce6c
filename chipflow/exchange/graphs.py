"""The network as GraphML and GEXF, by networkx."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from chipflow.network.arrays import day_range

if TYPE_CHECKING:
    from chipflow.leads import Leads
    from chipflow.network import Network

# What XML 1.0 (2.2, "Characters") does not allow, whatever a record says.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACEMENT = "\ufffd"
# A fixed day of making: the same network gives the same bytes.
MADE = "2020-01-01"


def write_graphml(network: Network, leads: Leads, path: Path) -> None:
    """Write companies and shipments as GraphML; ids, names and dates are texts."""
    nx.write_graphml(graph_of(network, leads), path, named_key_ids=True)


def write_gexf(network: Network, leads: Leads, path: Path) -> None:
    """Write companies and shipments as GEXF 1.2.

    Labels are the names of companies; each shipment has the first and last day that its date may
    stand for (``start``, ``end``), and each company those of its shipments, so that Gephi's
    timeline works.
    """
    graph = graph_of(network, leads)
    graph.graph["mode"] = "dynamic"
    shipments = network.shipments
    first, last = (days.astype("datetime64[D]").astype(str) for days in day_range(shipments))
    spans: dict[str, tuple[str, str]] = {}
    for record, shipper, consignee, start, end in zip(
        shipments["record_id"], shipments["shipper_id"], shipments["consignee_id"], first, last,
        strict=True,
    ):  # fmt: skip
        graph.edges[shipper, consignee, record].update(start=start, end=end)
        for company in (shipper, consignee):
            since, until = spans.get(company, (start, end))
            spans[company] = min(since, start), max(until, end)
    for company, data in graph.nodes(data=True):
        data["label"] = data.get("name", company)
        if company in spans:
            data["start"], data["end"] = spans[company]
    lines = "\n".join(nx.generate_gexf(graph))
    # networkx writes the day on which the file is made.
    lines = re.sub(r'lastmodifieddate="[^"]*"', f'lastmodifieddate="{MADE}"', lines, count=1)
    path.write_text(lines + "\n", encoding="utf-8", newline="\n")


def graph_of(network: Network, leads: Leads) -> nx.MultiDiGraph:
    """Return the network as a graph whose texts XML can hold, with the leads of each shipment."""
    graph = network.to_networkx()
    own = leads.steps.groupby("record_id")["lead_id"].agg(lambda ids: " ".join(sorted(set(ids))))
    found = own.to_dict()
    for _, _, record, data in graph.edges(keys=True, data=True):
        data["record_id"], data["leads"] = record, found.get(record, "")
    for _, data in graph.nodes(data=True):
        _clean(data)
    for *_, data in graph.edges(keys=True, data=True):
        _clean(data)
    names = {one: _NO_XML.sub(_REPLACEMENT, str(one)) for one in graph}
    return nx.relabel_nodes(graph, names)


def _clean(data: dict[str, Any]) -> None:
    for name, value in data.items():
        if isinstance(value, str):
            data[name] = _NO_XML.sub(_REPLACEMENT, value)
        elif isinstance(value, np.generic):
            data[name] = value.item()
