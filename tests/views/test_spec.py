from __future__ import annotations

import dataclasses
import json

import pandas as pd
import pytest

from chipflow.views import view_spec
from tests.views.cases import CASES
from tests.views.made_leads import hop, leads_of, many_leads, no_leads, small_leads


def text(spec):
    return json.dumps(spec.to_dict(), allow_nan=False, ensure_ascii=False)


@pytest.mark.parametrize("made", [small_leads, no_leads, lambda: many_leads(30)])
def test_tables_are_columnar_and_plain(made):
    spec = view_spec(made())
    assert text(spec)
    for field in dataclasses.fields(spec):
        value = getattr(spec, field.name)
        plain = ("asked", "reading", "source", "counts", "left_out")
        if field.name in plain or not isinstance(value, dict):
            continue
        assert len({len(column) for column in value.values()}) == 1, field.name


def test_arcs_of_the_known_route():
    spec = view_spec(small_leads())
    code = spec.countries["code"]
    mine = [
        (row["hop"], code[row["origin"]], code[row["target"]], row["units"], row["inferred"])
        for row in spec.rows("arcs")
        if row["lead"] == 0
    ]
    assert mine == [
        (1, "US", "SG", 64, False), (2, "SG", "MY", 64, False), (3, "MY", "CN", 64, False)
    ]  # fmt: skip
    inferred = [row for row in spec.rows("arcs") if row["inferred"]]
    assert [(row["lead"], row["hop"], code[row["origin"]], code[row["target"]], row["stage"])
            for row in inferred] == [(1, 1.5, "AE", "AE", "domestic hand-over")]  # fmt: skip


def test_two_lots_of_one_hop_are_one_arc():
    spec = view_spec(small_leads())
    split = [row for row in spec.rows("arcs") if row["lead"] == 2 and row["hop"] == 2]
    assert [(row["units"], row["records"]) for row in split] == [(40, 2)]


def test_only_followed_units_count():
    leads = small_leads()
    leads.steps.loc[leads.steps["lead_id"] == "L0001", "units"] = 10.0
    spec = view_spec(leads)
    assert {row["units"] for row in spec.rows("arcs") if row["lead"] == 0} == {10}
    assert {row["units"] for row in spec.rows("records") if row["lead"] == 0} == {64}


def test_same_bytes_in_any_order_and_inputs_untouched():
    leads, mixed = small_leads(), small_leads()
    mixed.searched.shipments = mixed.searched.shipments.sample(frac=1, random_state=3)
    mixed.searched.companies = mixed.searched.companies.sample(frac=1, random_state=4)
    mixed.steps = mixed.steps.sample(frac=1, random_state=5)
    mixed.links = mixed.links.sample(frac=1, random_state=6)
    mixed.evidence = mixed.evidence.sample(frac=1, random_state=7)
    before = [leads.shipments.copy(), leads.steps.copy(), leads.table.copy()]
    assert text(view_spec(leads)) == text(view_spec(mixed))
    for old, new in zip(before, [leads.shipments, leads.steps, leads.table], strict=True):
        pd.testing.assert_frame_equal(old, new)


def test_unknown_country_and_missing_date():
    leads = leads_of([(2.0, [
        hop("2024-01-01", "A", "US", "B", None, 5, "H100"),
        hop(None, "B", None, "C", "CN", None),
    ])])  # fmt: skip
    spec = view_spec(leads)
    assert "??" in spec.countries["code"]
    place = spec.countries["code"].index("??")
    assert spec.countries["known"][place] is False
    assert spec.arcs["first"][1] is None
    assert spec.arcs["units"][1] is None


def test_flows_without_chips_are_measured_otherwise():
    leads = no_leads()
    leads.searched.shipments["units"] = float("nan")
    assert view_spec(leads).measure == "value_usd"
    leads.searched.shipments["value_usd"] = float("nan")
    assert view_spec(leads).measure == "shipments"


def test_long_text_is_cut_and_says_so():
    leads = leads_of([(1.0, [hop("2024-01-01", "A" * 10_000, "US", "B", "CN")])])
    spec = view_spec(leads)
    assert max(map(len, spec.strings)) < 700
    assert any(one.endswith("(10,000 characters)") for one in spec.strings)


def test_hops_go_from_port_to_port_where_both_are_known():
    spec = view_spec(CASES["ports"]())
    named = [*spec.ports["code"], None]
    ends = [
        (row["lead"], row["hop"], *(named[-1 if row[end] is None else row[end]]
                                    for end in ("from_port", "to_port")))
        for row in spec.rows("arcs")
    ]  # fmt: skip
    assert sorted(ends, key=str) == sorted([
        (0, 1, "LAX", "SGSIN"), (0, 2, "SGSIN", "MYPKG"), (0, 2, "SGSIN", "MYPGU"),
        (0, 3, "MYPEN", "CNSHA"), (0, 3, None, "CNSZX"),
        (1, 1, None, None), (1, 1.5, None, "AEJEA"), (1, 2, "AEJEA", None),
    ], key=str)  # fmt: skip
    lands = [spec.countries["code"][place] for place in spec.ports["country"]]
    assert dict(zip(spec.ports["code"], lands, strict=True))["MYPKG"] == "MY"
    # What is not found stays as text with its record.
    assert "Gate 7 of nowhere" in [row["export_port"] for row in spec.rows("records")]


def test_shipments_of_before_ports_were_read_are_drawn_as_ever():
    leads = small_leads()
    plain = view_spec(leads)
    shipments = leads.searched.shipments.drop(columns=["export_port", "import_port"])
    leads.searched.shipments = shipments
    assert view_spec(leads) == plain
    assert plain.ports["code"] == []
