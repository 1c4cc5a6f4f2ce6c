"""Statuses worked by hand, and what must hold for any chip and day."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflow.errors import ParameterError
from chipflow.goods.catalogue import load_catalogue
from chipflow.goods.controls import (
    STRICTNESS,
    chip_name,
    expand_destination,
    status,
    timeline,
)

with (Path(__file__).parent / "statuses.csv").open(newline="", encoding="utf-8") as stream:
    STATUSES = list(csv.DictReader(stream))

CATALOGUE = load_catalogue()
PLACES = ["CN", "HK", "MO", "AE", "VN", "SG", "RU", "IR", "ET", "KH", "DE", "NI", "US", "BY"]
DAYS = st.dates(dt.date(2022, 1, 1), dt.date(2026, 12, 31))


def test_there_are_enough_cases():
    assert len(STATUSES) >= 150


@pytest.mark.parametrize(
    "case", STATUSES, ids=lambda c: f"{c['chip']}-{c['day']}-{c['destination']}-{c['headquarters']}"
)
def test_status_worked_by_hand(case):
    found = status(case["chip"], case["day"], case["destination"], case["headquarters"] or None)
    citation = (found.citation or "").split(" (")[0]
    assert (found.status, found.rule or "", citation) == (
        case["status"],
        case["rule"],
        case["citation"],
    )


def test_timeline_gives_the_same_answers_for_every_day():
    plain = [case for case in STATUSES if not case["headquarters"]]
    table = timeline({c["chip"] for c in plain}, {c["destination"] for c in plain})
    for case in plain:
        day = pd.Timestamp(case["day"])
        row = table[
            (table.chip == case["chip"])
            & (table.destination == case["destination"])
            & (table.first_day <= day)
            & (table.last_day >= day)
        ]
        assert len(row) == 1
        assert row.status.item() == case["status"], case
        rule = row.rule.item()
        assert ("" if pd.isna(rule) else rule) == case["rule"], case


def test_timeline_covers_all_days_once():
    table = timeline(["H100", "H20", "RTX 4090"], ["CN", "SG", "KH"])
    for _, spans in table.groupby(["chip", "destination"]):
        assert spans.first_day.iloc[0] == pd.Timestamp("2000-01-01")
        assert spans.last_day.iloc[-1] == pd.Timestamp("2099-12-31")
        gaps = spans.first_day.iloc[1:].to_numpy() - spans.last_day.iloc[:-1].to_numpy()
        assert (gaps == pd.Timedelta(days=1).to_timedelta64()).all()
    assert len(table[(table.chip == "H100") & (table.destination == "SG")]) == 1


def test_timeline_of_nothing_has_its_columns():
    table = timeline([], [])
    assert list(table.columns) == [
        "chip", "destination", "first_day", "last_day", "status", "rule", "citation",
    ]  # fmt: skip
    assert table.empty


@given(
    chip=st.sampled_from([c for c in CATALOGUE.chips if c.tpp is not None]),
    day=DAYS,
    place=st.sampled_from(PLACES),
    head=st.sampled_from([None, "CN", "US"]),
    factor=st.floats(1, 20),
    die=st.sampled_from([None, "fixed area", "fixed density"]),
)
@settings(max_examples=80, deadline=None)
def test_status_is_never_freer_when_tpp_rises(chip, day, place, head, factor, die):
    tpp = chip.tpp * factor
    density = chip.performance_density
    if die == "fixed area" and density is not None:
        density *= factor
    faster = dataclasses.replace(chip, chip="X", family="X", tpp=tpp, performance_density=density)
    plain = dataclasses.replace(chip, chip="X0", family="X0")
    tables = dataclasses.replace(CATALOGUE, chips=(*CATALOGUE.chips, faster, plain))
    before = status("X0", day, place, head, catalogue=tables).status
    after = status("X", day, place, head, catalogue=tables).status
    if before in STRICTNESS and after in STRICTNESS:
        assert STRICTNESS[after] >= STRICTNESS[before]


@given(seed=st.randoms(use_true_random=False), day=DAYS, place=st.sampled_from(PLACES))
@settings(max_examples=25, deadline=None)
def test_order_of_table_rows_is_irrelevant(seed, day, place):
    def shuffled(rows):
        mixed = list(rows)
        seed.shuffle(mixed)
        return tuple(mixed)

    mixed = dataclasses.replace(
        CATALOGUE,
        chips=shuffled(CATALOGUE.chips),
        clauses=shuffled(CATALOGUE.clauses),
        memberships=shuffled(CATALOGUE.memberships),
    )
    for chip in ("H100", "RTX 4090", "L40S", "MI308", "RTX 6000"):
        assert status(chip, day, place, catalogue=mixed) == status(chip, day, place)


@given(name=st.text(min_size=1, max_size=12))
@settings(max_examples=80, deadline=None)
def test_a_name_is_known_or_an_error_and_never_free(name):
    try:
        known = chip_name(name)
    except ParameterError:
        with pytest.raises(ParameterError):
            status(name, "2024-01-05", "CN")
    else:
        assert known in CATALOGUE.names


@pytest.mark.parametrize(
    ("chip", "place", "near"),
    [("H10O", "CN", "H100"), ("RTX 4009", "CN", "RTX 4090"), ("H100", "Chna", "China"),
     ("H100", "Hong Kng", "Hong Kong"), ("H100", "XQ", "use ISO 3166")],
)  # fmt: skip
def test_unknown_names_are_errors_that_name_near_matches(chip, place, near):
    with pytest.raises(ParameterError, match=near) as caught:
        status(chip, "2024-01-05", place)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("chip", [None, "", "   ", float("nan"), 100])
def test_no_name_is_an_error(chip):
    with pytest.raises(ParameterError):
        status(chip, "2024-01-05", "CN")


@pytest.mark.parametrize("day", ["2024-13-01", "yesterday", "", pd.NaT, "1999-12-31", None])
def test_no_day_is_an_error(day):
    with pytest.raises(ParameterError):
        status("H100", day, "CN")


@pytest.mark.parametrize("day", ["2024-01-05", dt.date(2024, 1, 5), pd.Timestamp("2024-01-05")])
def test_days_come_in_several_forms(day):
    assert status("H100", day, "CN").day == dt.date(2024, 1, 5)


@pytest.mark.parametrize(
    ("given_as", "codes"),
    [("CN HK MO", ("CN", "HK", "MO")), ("CN,HK,MO", ("CN", "HK", "MO")),
     (["CN", "HK"], ("CN", "HK")), ("China; Hong Kong", ("CN", "HK")),
     ("China Hong Kong Macau", ("CN", "HK", "MO")), ("cn cn", ("CN",)),
     ("United Arab Emirates", ("AE",)), ("RUS", ("RU",)), (("China, Macao",), ("CN", "MO"))],
)  # fmt: skip
def test_expand_destination(given_as, codes):
    assert expand_destination(given_as) == codes


@pytest.mark.parametrize("wrong", ["", " , ", [], "CN Atlantis", "CN,XX", ["CN", float("nan")]])
def test_expand_destination_refuses_what_is_no_country(wrong):
    with pytest.raises(ParameterError):
        expand_destination(wrong)


@pytest.mark.parametrize(
    ("written", "name"),
    [("h100", "H100"), ("NVIDIA H100", "H100"), ("RTX4090", "RTX 4090"), ("rtx-4090d", "RTX 4090D"),
     ("H100 pcie", "H100 PCIe"), ("AMD MI300X", "MI300X")],
)  # fmt: skip
def test_chip_names_in_several_spellings(written, name):
    assert chip_name(written) == name


def test_sentence_of_a_lawful_day():
    assert status("H800 SXM", "2023-06-10", "CN").sentence == (
        "On 2023-06-10 an H800 SXM (TPP 15,832, link 400 GB/s) could go to CN without a licence "
        "under the advanced-computing rule: lawful on that day."
    )


def test_sentence_of_a_presumed_denial():
    assert status("H100", "2024-04-05", "CN").sentence == (
        "On 2024-04-05 an H100 needed a licence for CN, with presumption of denial under 3A090.a "
        "(88 FR 73458)."
    )


def test_sentence_names_an_exception_that_may_stand_in_for_the_licence():
    sentence = status("RTX 4090", "2024-01-05", "CN").sentence
    assert "licence exception may have stood in for the licence: NAC (15 CFR 740.8)" in sentence
    assert "NAC" in status("RTX 4090", "2024-05-01", "AE").sentence
    # Nothing stands in for what is denied, and nothing is needed where goods are free.
    assert "exception" not in status("H100", "2024-01-05", "CN").sentence
    assert "exception" not in status("RTX 4090", "2024-01-05", "SG").sentence


def test_an_exception_has_a_source():
    clauses = [clause for clause in load_catalogue().clauses if clause.exception]
    assert clauses
    assert all(clause.exception_source for clause in clauses)
    assert all(clause.outcome == "licence" for clause in clauses)


def test_sentence_says_on_which_variant_it_depends():
    sentence = status("RTX 6000", "2024-01-05", "CN").sentence
    assert "Quadro RTX 6000: no licence" in sentence
    assert "RTX 6000 Ada: licence" in sentence


def test_a_rule_that_never_applied_has_no_day():
    (clause,) = [c for c in CATALOGUE.clauses if c.rule == "diffusion_2025"]
    assert clause.first_day is None
    assert status("H100", "2025-05-20", "IN").status == "free"


def test_another_countrys_permit_is_asked_when_the_origin_is_given():
    assert status("H100", "2025-08-01", "SG").status == "free"
    assert status("H100", "2025-08-01", "SG", origin="MY").rule == "my_permit"
    assert status("H100", "2025-07-13", "SG", origin="MY").status == "free"


# What the maker's own numbers mean for China on a day under the rule of 2023.
MAKER_MEANS = {
    "4A090.a": {"presumed_denied", "licence"},
    "4A090.b": {"licence"},
    "4A994.l": {"free", "unknown"},
}


@pytest.mark.parametrize(
    "chip", [c for c in CATALOGUE.chips if c.maker_class], ids=lambda c: c.chip
)
def test_the_maker_classifies_its_part_alike(chip):
    found = status(chip.chip, "2024-06-01", "CN").status
    allowed = MAKER_MEANS[chip.maker_class] | ({"unknown"} if chip.tpp is None else set())
    assert found in allowed


def test_a_decision_on_an_estimate_says_so():
    sentence = status("Quadro RTX 8000", "2024-01-05", "CN").sentence
    assert "This rests on an estimate of TPP" in sentence
    assert "estimate" not in status("RTX 4090", "2024-01-05", "CN").sentence


def test_a_day_between_two_sources_names_both():
    sentence = status("Gaudi 2", "2022-10-10", "CN").sentence
    assert "2022-10-07" in sentence
    assert "2022-10-21" in sentence


def test_a_membership_in_doubt_is_named():
    assert "removed from ITAR 126.1 in 2025-11" in status("H100", "2025-12-01", "KH").sentence


def test_a_review_for_exports_from_one_country_asks_for_the_origin():
    assert status("H200", "2026-02-01", "CN").status == "licence"
    assert status("H200", "2026-02-01", "CN", origin="US").status == "licence"
    assert status("H200", "2026-02-01", "CN", origin="MY").status == "presumed_denied"
