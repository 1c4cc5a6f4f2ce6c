"""The kinds beside the usual ones, and the hard setting."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflow.simulate import (
    EVERY_LOOKALIKE_KIND,
    EVERY_SCHEME_KIND,
    LOOKALIKE_KINDS,
    SCHEME_KINDS,
    hard,
    simulate,
)
from chipflow.simulate.market import CHINA, N_DAYS
from chipflow.simulate.scene import ROLES
from chipflow.simulate.trade import background
from chipflow.simulate.world import _STREAMS, _play

NEW_SCHEMES = tuple(kind for kind in EVERY_SCHEME_KIND if kind not in SCHEME_KINDS)
NEW_LOOKALIKES = tuple(kind for kind in EVERY_LOOKALIKE_KIND if kind not in LOOKALIKE_KINDS)


@pytest.fixture(scope="module")
def every():
    return simulate(records=20_000, seed=21, schemes="every", lookalikes="every")


@pytest.fixture(scope="module")
def hard_world():
    return simulate(records=20_000, seed=22, schemes="every", lookalikes="every", hard=True)


def joined(world) -> pd.DataFrame:
    return world.truth.merge(
        world.records.drop(columns=["source", "source_row"]), on="record_id", validate="one_to_one"
    )


def played(seed: int, *, harden: bool, records: int = 8000):
    streams = {name: np.random.default_rng([seed, at]) for at, name in enumerate(_STREAMS)}
    return _play(streams, records, EVERY_SCHEME_KIND, EVERY_LOOKALIKE_KIND, harden)


def test_sets_of_kinds_can_be_named_and_mixed():
    assert set(SCHEME_KINDS) < set(EVERY_SCHEME_KIND) and len(NEW_SCHEMES) == 6
    assert set(LOOKALIKE_KINDS) < set(EVERY_LOOKALIKE_KIND) and len(NEW_LOOKALIKES) == 5
    world = simulate(records=3000, seed=1, schemes="all,transit", lookalikes="none")
    assert set(world.schemes["kind"]) == {*SCHEME_KINDS, "transit"}


def test_every_kind_is_there_in_both_settings(every, hard_world):
    for world in (every, hard_world):
        kinds = world.schemes.groupby("innocent")["kind"].agg(set)
        assert kinds[False] == set(EVERY_SCHEME_KIND)
        assert kinds[True] == set(EVERY_LOOKALIKE_KIND)
        assert (world.schemes["true_units"] > 0).all()
        assert world.records["date"].between("2022-01-01", "2025-06-30").all()
        assert len(world.records) == 20_000


@pytest.mark.parametrize("harden", [False, True])
def test_the_same_seed_gives_the_same_world(harden):
    one, two = (
        simulate(records=4000, seed=9, schemes="every", lookalikes="every", hard=harden)
        for _ in range(2)
    )
    pd.testing.assert_frame_equal(one.records, two.records)
    pd.testing.assert_frame_equal(one.truth, two.truth)


@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 10_000), harden=st.booleans())
def test_no_middle_company_ever_sends_what_it_does_not_have(seed, harden):
    firms, planted, scenes = played(seed, harden=harden)
    assert planted.day.min() >= 0 and planted.day.max() < N_DAYS
    owner = firms.owners()
    for number, scene in enumerate(scenes):
        mine = planted.take(planted.scheme == number)
        if scene.innocent or scene.kind == "vanished":
            continue
        middle = {int(owner[firm]) for step in scene.steps[1:-1] for firm in step}
        if scene.kind == "domestic_handover":
            owner = owner.copy()
            takes, sends = (step[0] for step in scene.steps[1:-1])
            owner[sends], middle = takes, {takes}
        for company in middle:
            into, out = owner[mine.consignee] == company, owner[mine.shipper] == company
            # A seller that takes its own goods back had others before.
            step = np.where(into, mine.quantity, 0) - np.where(out, mine.quantity, 0)
            if company in scene.steps[0]:
                step = np.where(mine.role == ROLES.index("source"), 0, step)
            by_day = pd.Series(step).groupby(mine.day).sum()
            assert by_day.cumsum().min() >= 0, scene.kind


def test_an_alias_is_one_company_under_two_names(every):
    rows = joined(every)
    rows = rows[rows["kind"] == "alias"]
    company = every.companies.set_index(["name", "country"])["company"]
    company = company[~company.index.duplicated(keep=False)]

    def of(side: str, role: str) -> pd.Series:
        part = rows[rows["role"] == role]
        keys = pd.MultiIndex.from_frame(part[[side, f"{side}_country"]])
        known = pd.Series(company.reindex(keys).to_numpy(), index=part["scheme_id"])
        return known.dropna().groupby(level=0).agg(set)

    takes, sends = of("consignee", "source"), of("shipper", "final")
    assert len(takes) > 3
    for scheme in takes.index.intersection(sends.index):
        assert takes[scheme] == sends[scheme]
    names = every.schemes[every.schemes["kind"] == "alias"]["companies"].str.split(" > ").str[1]
    assert (names.str.count(";") == 1).all()


def test_a_chain_has_four_middle_companies_in_changing_countries(every):
    chains = every.schemes[every.schemes["kind"] == "chain_of_four"]["countries"].str.split(" > ")
    for places in chains:
        assert len(places) == 6
        assert all(one != two for one, two in pairwise(places[1:5]))


def test_a_vanishing_route_ends_at_its_shell(every):
    rows = joined(every)
    rows = rows[rows["kind"] == "vanished"]
    assert set(rows["role"]) == {"source"}
    assert not rows["consignee_country"].isin(CHINA).any()


def test_goods_in_transit_touch_another_country_than_the_companies(every, tmp_path):
    rows = joined(every)
    final = rows[(rows["kind"] == "transit") & (rows["role"] == "final")]
    assert (final["export_country"] != final["shipper_country"]).all()
    honest = every.records[~every.records["record_id"].isin(every.truth["record_id"])]
    other = honest["export_country"] != honest["shipper_country"]
    assert 0.004 < other.mean() < 0.02
    every.write(tmp_path)
    header = pd.read_csv(tmp_path / "records" / "bills_of_lading.csv", skiprows=1, nrows=2)
    assert {"COUNTRY_OF_EXPORT", "COUNTRY_OF_DESTINATION"} <= set(header.columns)


def test_returned_goods_go_back_before_they_are_sold_on(every):
    rows = joined(every)
    rows = rows[rows["kind"] == "sent_back"]
    assert {"source", "middle", "final"} <= set(rows["role"])
    back = rows[rows["role"] == "middle"]["description"].str.upper()
    assert (
        back.str.contains("RETURN|REPAIR|RMA|FAULTY").groupby(rows["scheme_id"]).any().mean() > 0.7
    )


def test_lots_that_were_swapped_keep_their_sum_and_not_their_sizes():
    _, planted, scenes = played(3, harden=False, records=20_000)
    shares = []
    for number, scene in enumerate(scenes):
        if scene.kind != "swapped":
            continue
        mine = planted.take(planted.scheme == number)
        into = mine.quantity[mine.role == ROLES.index("source")]
        out = mine.quantity[mine.role == ROLES.index("final")]
        assert 0.8 * into.sum() <= out.sum() <= into.sum()
        shares.append(np.isin(out, into).mean())
    assert np.mean(shares) < 0.3


def test_lawful_chips_and_dense_goods_go_to_china_by_way_of_others(every):
    rows = joined(every)
    for kind in ("vague_lawful", "dense_goods", "board_assembly", "honest_sideline"):
        mine = rows[rows["kind"] == kind]
        assert mine["innocent"].all()
        assert mine[mine["role"] == "final"]["consignee_country"].isin(CHINA).all()
        assert not mine[mine["role"] == "source"]["consignee_country"].isin(CHINA).any()
    home = rows[(rows["kind"] == "board_assembly") & (rows["role"] == "other")]
    assert home["shipper_country"].isin(CHINA).any()
    quoted = rows[rows["kind"] == "licensed_direct"]["description"].str.upper()
    assert quoted.str.contains(r"LIC\w* .*D\d{7}").all()


def test_shells_and_buyers_also_trade_in_honest_goods(every, hard_world):
    for world in (every, hard_world):
        rows = joined(world)
        named = set(rows[~rows["innocent"] & (rows["role"] == "final")]["shipper"])
        sideline = rows[rows["kind"] == "honest_sideline"]
        assert sideline["shipper"].isin(named).any()
    firms, _, _ = played(5, harden=True, records=20_000)
    honest = background(np.random.default_rng(1), firms, 15_000, hard.goods())
    after = hard.with_sidelines(np.random.default_rng(2), honest, firms)
    shells = sorted({shell for middle, _ in firms.routes for shell in middle})
    sells = pd.Series(after.shipper).value_counts().reindex(shells, fill_value=0)
    buys = pd.Series(after.consignee).value_counts().reindex(shells, fill_value=0)
    assert ((sells + buys) > 0).mean() > 0.8


def test_the_hard_setting_is_hard(hard_world):
    records = hard_world.records
    assert records["weight_kg"].isna().mean() == pytest.approx(1 / 6, abs=0.02)
    assert records["value_usd"].isna().mean() == pytest.approx(1 / 5, abs=0.02)
    guilty = records["record_id"].isin(hard_world.truth[~hard_world.truth["innocent"]]["record_id"])
    pieces = records["quantity_unit"].isin(["PCS", "SETS", "UNITS", "CTN", "PALLET"])
    packed = records["quantity_unit"].isin(["CTN", "PALLET"])
    # Schemes pack as others do.
    share = packed[pieces & ~guilty].mean()
    assert 0.3 < share < 0.6
    assert abs(packed[pieces & guilty].mean() - share) < 0.1
    # Waits reach beyond those of the usual setting.
    rows = joined(hard_world)
    rows = rows[rows["kind"] == "one_shell"]
    gap = rows[rows["role"] == "final"]["date"].max() - rows[rows["role"] == "source"]["date"].min()
    assert gap.days > 50


def test_much_trade_in_strong_chips_with_china_is_lawful_in_the_hard_setting():
    usual, harder = (
        simulate(records=20_000, seed=4, schemes="none", lookalikes="none", hard=each).records
        for each in (False, True)
    )

    def strong(records: pd.DataFrame) -> pd.Series:
        named = records["description"].str.upper().str.contains("A100|A800|H800|H20 |L20 |L40S")
        return named & records["consignee_country"].isin(CHINA)

    assert strong(harder).sum() > 3 * strong(usual).sum() > 0
    a100 = harder[harder["description"].str.upper().str.contains("A100")]
    late = a100[a100["date"] >= "2022-09-01"]
    assert len(late) and not late["consignee_country"].isin(CHINA).any()


def test_some_honest_companies_have_a_second_name_too():
    firms, _, _ = played(6, harden=True)
    before = len(firms.alias)
    hard.found_honest_aliases(np.random.default_rng(1), firms)
    assert len(firms.alias) > before
    assert set(firms.owners()[list(firms.alias)]) == set(firms.alias.values())
