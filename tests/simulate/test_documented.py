"""Forms of documented cases: what no leg says, what is taken out, what goes to Russia."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chipflow.simulate import simulate
from chipflow.simulate.documented import DOCUMENTED, DOCUMENTED_INNOCENTS, WATCHED
from chipflow.simulate.market import CHINA


@pytest.fixture(scope="module")
def lots() -> pd.DataFrame:
    world = simulate(records=6000, seed=5, schemes="documented", lookalikes="documented")
    kinds = world.schemes.groupby("innocent")["kind"].agg(set)
    assert kinds[False] == set(DOCUMENTED) and kinds[True] == set(DOCUMENTED_INNOCENTS)
    return world.truth.merge(
        world.records.drop(columns=["source", "source_row"]), on="record_id", validate="one_to_one"
    )


def of(lots: pd.DataFrame, kind: str, role: str) -> pd.DataFrame:
    return lots[(lots["kind"] == kind) & (lots["role"] == role)]


def test_no_leg_of_a_nameless_route_names_a_chip(lots):
    own = lots[lots["kind"] == "false_words"]
    assert not own["description"].str.contains(r"(?i)nvidia|H100|H200|A100|RTX").any()
    # ... and what goes in comes out: pieces of the same weight.
    into, out = of(lots, "false_words", "source"), of(lots, "false_words", "final")
    for scheme, bought in into.groupby("scheme_id"):
        sold = out[out["scheme_id"] == scheme]
        assert bought["quantity"].sum() == sold["quantity"].sum()
        each = [np.log(one["weight_kg"] / one["quantity"]).median() for one in (bought, sold)]
        assert abs(each[0] - each[1]) < 0.1


def test_boards_leave_months_after_the_servers(lots):
    into, out = of(lots, "boards_out", "source"), of(lots, "boards_out", "final")
    assert into["description"].str.contains("8|HGX|DGX|SERVER").all()
    assert (out["weight_kg"] / out["quantity"]).between(25, 60).all()
    for scheme, bought in into.groupby("scheme_id"):
        sold = out[out["scheme_id"] == scheme]
        assert sorted(sold["quantity"]) == sorted(bought["quantity"])
        assert (sold["date"].min() - bought["date"].min()).days >= 70


@pytest.mark.parametrize("kind", sorted(WATCHED))
def test_watched_goods_reach_russia_and_no_more_than_came(lots, kind):
    into, out = of(lots, kind, "source"), of(lots, kind, "final")
    assert set(out["consignee_country"].dropna()) == {"RU"}
    bought, sold = (one.groupby("scheme_id")["quantity"].sum() for one in (into, out))
    assert (sold <= bought).all() and len(sold) == len(bought)


def test_dense_goods_are_truly_passed_on_to_china(lots):
    into, out = of(lots, "dense_stockist", "source"), of(lots, "dense_stockist", "final")
    assert set(out["consignee_country"].dropna()) <= set(CHINA)
    assert sorted(into["quantity"]) == sorted(out["quantity"])
