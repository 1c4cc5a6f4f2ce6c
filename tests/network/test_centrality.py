"""Classic measures are networkx's, and the graph goes out to networkx and comes back."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chipflow as cf
from chipflow.network import centrality, from_networkx
from tests.conftest import BYSTANDERS, ROUTE, network_of

edges = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=30)


def collapsed(shipments):
    graph = nx.DiGraph()
    for tail, head in zip(shipments["shipper_id"], shipments["consignee_id"], strict=True):
        weight = graph.edges[tail, head]["weight"] + 1 if graph.has_edge(tail, head) else 1
        graph.add_edge(tail, head, weight=weight)
    return graph


@given(edges)
@settings(max_examples=60, deadline=None)
def test_equal_to_networkx(pairs):
    shipments = pd.DataFrame(
        [(f"c{a}", f"c{b}") for a, b in pairs], columns=["shipper_id", "consignee_id"]
    )
    ours, graph = centrality(shipments), collapsed(shipments)
    # networkx counts no path through a loop either; with fewer than three companies both give 0.
    betweenness = pd.Series(nx.betweenness_centrality(graph))
    pd.testing.assert_series_equal(
        ours["betweenness"], betweenness.reindex(ours.index), check_names=False
    )
    rank = pd.Series(nx.pagerank(graph, tol=1e-12, max_iter=1000)).reindex(ours.index)
    np.testing.assert_allclose(ours["pagerank"], rank, atol=1e-8)
    np.testing.assert_allclose(
        ours["in_strength"], [graph.in_degree(one, weight="weight") for one in ours.index]
    )
    np.testing.assert_allclose(
        ours["out_strength"], [graph.out_degree(one, weight="weight") for one in ours.index]
    )


def test_hits_equal_networkx():
    pairs = [("a", "b"), ("a", "c"), ("b", "c"), ("d", "c"), ("d", "b"), ("c", "a"), ("a", "b")]
    shipments = pd.DataFrame(pairs, columns=["shipper_id", "consignee_id"])
    ours = centrality(shipments)
    hubs, authorities = nx.hits(collapsed(shipments), max_iter=2000, tol=1e-12)
    np.testing.assert_allclose(ours["hub"], pd.Series(hubs).reindex(ours.index), atol=1e-6)
    np.testing.assert_allclose(
        ours["authority"], pd.Series(authorities).reindex(ours.index), atol=1e-6
    )


def test_no_shipments_no_measures():
    empty = pd.DataFrame({"shipper_id": [], "consignee_id": []}, dtype="str")
    assert centrality(empty).empty


@pytest.fixture
def network():
    return network_of([*ROUTE, *BYSTANDERS])


def test_every_shipment_is_an_edge_with_its_record(network):
    graph = network.to_networkx()
    assert isinstance(graph, nx.MultiDiGraph)
    assert graph.number_of_edges() == len(network) == 23
    _, _, edge = next(one for one in graph.edges(data=True) if one[2].get("chip"))
    assert edge["date"] == "2024-03-01" and edge["units"] == 64
    keys = {key for _, _, key in graph.edges(keys=True)}
    assert {"R1", "R2", "R3"} <= keys


def test_the_graph_can_be_written_by_networkx(network, tmp_path):
    nx.write_graphml(network.to_networkx(), tmp_path / "network.graphml")
    assert nx.read_graphml(tmp_path / "network.graphml").number_of_edges() == 23


def test_there_and_back_gives_the_same_leads(network):
    records = cf.Records.from_frame(from_networkx(network.to_networkx()))
    again = cf.find_leads(cf.build_network(records)).table
    leads = cf.find_leads(network).table
    columns = ["countries", "chips", "units", "record_ids"]
    pd.testing.assert_frame_equal(again[columns], leads[columns])


def test_companies_are_joined_over_spelling_and_keep_aliases(network):
    companies = network.companies
    straits = companies[companies["name"].str.contains("straits", case=False)]
    assert len(straits) == 1
    assert straits["aliases"].iloc[0]
