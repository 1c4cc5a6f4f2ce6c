"""Units along links: never more than a lot holds, and as many as possible where expected."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflow.settings import AllocationSettings
from chipflow.tracing.allocation import allocate


def units_of(supply, links):
    """Allocate links given as (e, f, holds, share), the likeliest first."""
    e, f, holds, share = (np.array(column) for column in zip(*links, strict=True))
    return allocate(np.array(supply, dtype=float), holds.astype(float), e, f, share.astype(float))


def test_a_lot_that_is_split_feeds_both_parts():
    assert units_of([64, 0, 0], [(0, 1, 40, 0.9), (0, 2, 24, 0.8)]).tolist() == [40, 24]


def test_two_lots_that_are_merged_fill_one():
    assert units_of([10, 6, 0], [(0, 2, 16, 0.9), (1, 2, 16, 0.8)]).tolist() == [10, 6]


def test_no_more_leaves_than_came():
    assert units_of([10, 0, 0], [(0, 1, 10, 0.9), (0, 2, 10, 0.8)]).tolist() == [10, 0]


def test_the_likeliest_way_is_taken_where_units_do_not_decide():
    assert units_of([8, 8, 0], [(0, 2, 8, 0.9), (1, 2, 8, 0.2)]).tolist() == [8, 0]


def test_two_unlikely_links_do_not_displace_a_likely_one():
    links = [(0, 2, 8, 0.9), (0, 3, 8, 0.001), (1, 2, 8, 0.0001)]
    assert units_of([8, 8, 0, 0], links).tolist() == [8, 0, 0]


def test_units_decide_between_links_of_like_likelihood():
    # From the likeliest down, the first lot would fill the only taker that the second one has.
    links = [(0, 2, 8, 0.9), (0, 3, 8, 0.8), (1, 2, 8, 0.7)]
    assert units_of([8, 8, 0, 0], links).tolist() == [0, 8, 8]


def test_a_taker_is_filled_by_shares_of_its_room():
    # It holds 10 of the one chip or 20 of the other.
    assert units_of([5, 20, 0], [(0, 2, 10, 0.9), (1, 2, 20, 0.8)]).tolist() == [0, 20]
    assert units_of([10, 10, 0], [(0, 2, 10, 0.9), (1, 2, 20, 0.1)]).tolist() == [10, 0]


def test_unknown_numbers_stay_unknown_and_known_ones_bound():
    inf = float("inf")
    assert np.isnan(units_of([inf, 0], [(0, 1, inf, 0.9)])).all()
    assert units_of([inf, 0], [(0, 1, 12, 0.9)]).tolist() == [12]
    assert units_of([7, 0], [(0, 1, inf, 0.9)]).tolist() == [7]


def test_nothing_is_nothing():
    assert len(allocate(np.ones(3), np.empty(0), *np.empty((2, 0), dtype=int), np.empty(0))) == 0


HUNDREDTHS = 100
worlds = st.lists(
    st.tuples(
        st.integers(0, 5), st.integers(6, 11), st.integers(1, HUNDREDTHS).map(lambda n: n / 100)
    ),
    min_size=1,
    max_size=14,
    unique_by=lambda link: link[:2],
)


@settings(deadline=None, max_examples=60)
@given(worlds, st.lists(st.integers(1, 30), min_size=12, max_size=12))
def test_as_many_units_are_expected_as_in_a_flow_of_least_cost(links, numbers):
    """Where each lot holds one number of units, the answer is networkx's network simplex."""
    links = sorted(links, key=lambda link: -link[2])
    gains = [
        round(HUNDREDTHS * (AllocationSettings().any_continuation + share)) for _, _, share in links
    ]
    units = units_of(numbers, [(e, f, numbers[f], share) for e, f, share in links])
    graph = nx.DiGraph()
    graph.add_edge("to", "from", weight=0)
    for (e, f, _), gain in zip(links, gains, strict=True):
        graph.add_edge("from", e, capacity=numbers[e], weight=0)
        graph.add_edge(e, f, capacity=numbers[e], weight=-gain)
        graph.add_edge(f, "to", capacity=numbers[f], weight=0)
    cost, _ = nx.network_simplex(graph)
    assert (units * gains).sum() == pytest.approx(-cost)


@settings(deadline=None, max_examples=60)
@given(worlds, st.lists(st.integers(1, 30), min_size=12, max_size=12), st.booleans())
def test_no_lot_passes_on_or_takes_more_than_it_holds(links, numbers, unknown):
    links = sorted(links, key=lambda link: -link[2])
    supply = [float("inf") if unknown and at == 0 else one for at, one in enumerate(numbers)]
    units = units_of(supply, [(e, f, numbers[f], share) for e, f, share in links])
    for at, held in enumerate(supply):
        out = sum(unit for unit, link in zip(units, links, strict=True) if link[0] == at)
        into = sum(unit for unit, link in zip(units, links, strict=True) if link[1] == at)
        assert out <= held + 1e-6
        assert into <= numbers[at] + 1e-6 or at < 6


def test_a_large_piece_is_bounded_as_well():
    many = AllocationSettings().largest_exact + 50
    links = [(0, 1 + at, 3, 1 - at / (2 * many)) for at in range(many)]
    units = units_of([1000, *([0] * many)], links)
    assert units.sum() == 1000 and units.max() == 3
