"""The k likeliest chains, worked by hand and against every chain there is."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chipflow as cf
from chipflow.routes.best_paths import best_paths
from tests.conftest import BYSTANDERS, ROUTE, leads_of


def links_of(rows):
    columns = ["from_record", "to_record", "log_odds", "units"]
    return pd.DataFrame(rows, columns=columns).assign(kind="recorded")


def test_the_likeliest_chain_comes_first():
    links = links_of([("a", "b", 3, 5), ("b", "d", 2, 4), ("a", "c", 1, 9), ("c", "d", 4, 8)])
    paths = best_paths(links, 2)
    assert paths["record_ids"].tolist() == ["a > b > d", "a > c > d"]
    assert paths["units"].tolist() == [4, 8] and paths["hops"].tolist() == [3, 3]
    p = [1 / (1 + np.exp(-one)) for one in (3, 2)]
    assert paths["log_odds"].iloc[0] == pytest.approx(np.log(p[0] * p[1] / (1 - p[0] * p[1])))


def test_a_circle_ends():
    links = links_of([("s", "a", 1, 1), ("a", "b", 1, 1), ("b", "a", 1, 1), ("b", "t", 1, 1)])
    assert best_paths(links, 1)["record_ids"].tolist() == ["s > a > b > t"]


def test_nothing_gives_nothing_and_k_is_checked():
    assert len(best_paths(links_of([]))) == 0
    with pytest.raises(cf.ParameterError, match="at least 1"):
        best_paths(links_of([]), 0)


edges = st.lists(
    st.tuples(st.integers(0, 6), st.integers(1, 7), st.floats(-4, 4)), min_size=1, max_size=14,
    unique_by=lambda edge: edge[:2],
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(edges, st.integers(1, 4))
def test_no_chain_is_likelier_than_those_found(rows, k):
    rows = [(str(a), str(b), odds, 1) for a, b, odds in rows if a < b]
    if not rows:
        return
    graph = nx.DiGraph()
    for a, b, odds, _ in rows:
        graph.add_edge(a, b, log_p=-np.logaddexp(0, -odds))
    starts = [one for one in graph if not graph.in_degree(one)]
    ends = [one for one in graph if not graph.out_degree(one)]
    every = [
        sum(graph.edges[edge]["log_p"] for edge in pairwise(way))
        for a in starts
        for b in ends
        for way in nx.all_simple_paths(graph, a, b)
    ]
    found = best_paths(links_of(rows), k)["log_odds"]
    log_p = -np.logaddexp(0, -found.to_numpy())
    assert log_p.tolist() == pytest.approx(sorted(every, reverse=True)[:k])


def test_a_lead_says_its_ways():
    lead = leads_of([*ROUTE, *BYSTANDERS])[0]
    ways = lead.ways(3)
    assert ways["record_ids"].tolist() == ["R1 > R2 > R3"]
    assert ways["units"].tolist() == [64] and ways["inferred"].tolist() == [0]


def test_countries_have_a_throughput():
    leads = leads_of([*ROUTE, *BYSTANDERS])
    table = leads.countries.set_index("country")
    assert table.loc["SG", "throughput"] == 64 and table.loc["MY", "throughput"] == 64
    assert table.loc["CN", "units_in"] == 64 and table.loc["US", "throughput"] == 0
    assert (table["leads"] == 1).all()
