"""The network in and out of networkx, and on to every format that networkx writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    import networkx as nx

    from chipflow.network.build import Network

EDGE_ATTRIBUTES = (
    "date",
    "date_precision",
    "goods",
    "chip",
    "chip_probability",
    "units",
    "quantity",
    "quantity_unit",
    "weight_kg",
    "value_usd",
    "hs_code",
    "description",
    "from_country",
    "to_country",
    "control_status",
    "control_rule",
    "source",
    "source_row",
)
NODE_ATTRIBUTES = ("name", "aliases", "country", "addresses", "role")


def to_networkx(network: Network) -> nx.MultiDiGraph:
    """Return the network as a directed multigraph.

    Parameters
    ----------
    network
        What :func:`chipflow.build_network` returned.

    Returns
    -------
    networkx.MultiDiGraph
        Nodes are company ids with name, aliases, country, addresses and role; an edge is a
        shipment from shipper to consignee, its key the record id, dates as ISO text. A missing
        value has no attribute, so that GraphML, GEXF and JSON writers take the graph as it is.
    """
    import networkx as nx

    companies, shipments = network.companies, network.shipments
    graph: nx.MultiDiGraph = nx.MultiDiGraph()
    graph.add_nodes_from(
        zip(companies["company_id"], _attributes(companies, NODE_ATTRIBUTES), strict=True)
    )
    graph.add_edges_from(
        zip(
            shipments["shipper_id"],
            shipments["consignee_id"],
            shipments["record_id"],
            _attributes(shipments, EDGE_ATTRIBUTES),
            strict=True,
        )
    )
    return graph


def from_networkx(graph: nx.MultiDiGraph) -> pd.DataFrame:
    """Return canonical records from a graph whose edges are shipments.

    Parameters
    ----------
    graph
        Edges carry at least ``date`` and go from shipper to consignee; node attributes ``name``
        and ``country`` name the companies (the node itself does where they are missing).

    Returns
    -------
    pandas.DataFrame
        Canonical columns as far as the graph holds them, one row an edge, made for
        :meth:`chipflow.Records.from_frame`.
    """
    rows = [
        {
            **data,
            "record_id": str(key),
            "shipper": str(graph.nodes[tail].get("name", tail)),
            "shipper_country": graph.nodes[tail].get("country"),
            "consignee": str(graph.nodes[head].get("name", head)),
            "consignee_country": graph.nodes[head].get("country"),
        }
        for tail, head, key, data in graph.edges(keys=True, data=True)
    ]
    derived = ["goods", "chip", "chip_probability", "units", "control_status", "control_rule"]
    derived += ["from_country", "to_country"]
    return pd.DataFrame(rows).drop(columns=derived, errors="ignore")


def _attributes(frame: pd.DataFrame, names: tuple[str, ...]) -> list[dict[str, object]]:
    text = frame[list(names)].copy()
    for name in names:
        if pd.api.types.is_datetime64_any_dtype(text[name]):
            text[name] = text[name].dt.strftime("%Y-%m-%d")
    return [
        {str(name): value for name, value in row.items() if not pd.isna(value)}
        for row in text.to_dict("records")
    ]
