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
from chipflow.goods.catalogue.load import load_catalogue
from chipflow.goods.controls.status import (
    STRICTNESS,
    chip_name,
    expand_destination,
    rules_in_force,
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
     ("H100 pcie", "H100 PCIe"), ("AMD MI300X", "MI300X"),
     ("NVIDIA GeForce RTX 4090 24GB GDDR6X", "RTX 4090"), ("Tesla V100", "V100"),
     ("NVIDIA H100 PCIe 80GB", "H100 PCIe"), ("H100 SXM5", "H100 SXM"), ("A100 80GB PCIe", "A100"),
     ("MI308X", "MI308"), ("GB200", "B200"), ("昆仑芯P800", "Kunlun P800")],
)  # fmt: skip
def test_chip_names_in_several_spellings(written, name):
    assert chip_name(written) == name


def test_sentence_where_no_licence_was_asked_says_what_was_looked_at():
    answer = status("H800 SXM", "2023-06-10", "CN")
    assert answer.sentence.startswith(
        "On 2023-06-10 no rule in these tables asked for a licence for an H800 SXM (TPP 15,832, "
        "link 400 GB/s) to CN; the advanced-computing rule was in force and does not reach it. "
        "Looked at: US export rules"
    )
    for left_out in ("entity lists", "end use", "laws of the country from which the goods leave"):
        assert left_out in answer.sentence.split("Not looked at:")[1]
    assert answer.outcome == "no licence asked"


@given(
    chip=st.sampled_from([chip.chip for chip in CATALOGUE.chips]),
    day=DAYS,
    place=st.sampled_from(PLACES),
    origin=st.sampled_from([None, "MY", "DE", "SG", "US", "KZ"]),
)
@settings(max_examples=60, deadline=None)
def test_no_sentence_calls_a_shipment_lawful(chip, day, place, origin):
    answer = status(chip, day, place, origin=origin)
    assert "lawful" not in answer.sentence
    assert ("Not looked at:" in answer.sentence) == (answer.status == "free")
    if answer.status == "free":
        assert answer.outcome in ("no licence asked", "not enforced")


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


def test_exceptions_go_by_destination_and_buyer():
    def names(*question, **more):
        return {text.split(" (")[0] for text in status(*question, **more).exceptions}

    assert names("RTX 4090", "2024-01-05", "CN") == {"NAC"}
    assert names("RTX 4090", "2024-01-05", "SG", "CN") == {"NAC"}
    assert names("RTX 4090", "2024-01-05", "AE") == {"NAC"}
    assert names("RTX 4090", "2024-05-01", "AE") == {"ACA"}
    assert "VEU" in names("H100", "2024-12-01", "AE")
    # Russia has a list of its own, and NAC is not on it.
    assert names("RTX 4090", "2024-01-05", "RU") == {"TMP", "GOV", "TSU", "BAG", "ENC"}
    assert names("HBM stack", "2025-01-15", "MY", "CN") == {"HBM"}
    assert names("H100", "2024-01-05", "CN") == set()


@pytest.mark.parametrize(
    ("question", "outcome"),
    [
        (("H800", "2023-06-15", "CN"), "no licence asked"),
        (("H100", "2024-12-01", "KZ"), "licence"),
        (("H200", "2026-02-01", "CN"), "case by case"),
        (("H20", "2025-09-01", "CN"), "being granted"),
        (("H100", "2024-04-05", "CN"), "presumed denied"),
        (("RTX 4060", "2024-04-05", "RU"), "policy of denial"),
        (("H100", "2025-06-01", "IN"), "not enforced"),
        (("H100", "2025-05-14", "IN"), "no licence asked"),
        (("RTX 5090D", "2025-06-15", "CN"), "open"),
        (("RTX 6000", "2024-01-05", "CN"), "open"),
    ],
)
def test_outcomes(question, outcome):
    assert status(*question).outcome == outcome


def test_sentence_says_on_which_variant_it_depends():
    sentence = status("RTX 6000", "2024-01-05", "CN").sentence
    assert "Quadro RTX 6000: no licence" in sentence
    assert "RTX 6000 Ada: licence" in sentence


def test_a_rule_that_is_not_enforced_is_named():
    answer = status("H100", "2025-05-20", "IN")
    assert answer.status == "free" and answer.rule is None
    assert "90 FR 4544" in answer.sentence and "not enforced" in answer.sentence
    assert "B-337935" in answer.sentence


def test_another_countrys_permit_is_asked_when_the_origin_is_given():
    assert status("H100", "2025-08-01", "SG").status == "free"
    assert status("H100", "2025-08-01", "SG", origin="MY").rule == "my_permit"
    assert status("H100", "2025-07-13", "SG", origin="MY").status == "free"


def test_the_country_that_goods_leave_is_asked():
    assert status("H100", "2023-03-01", "RU", origin="DE").rule in ("eu_russia", "russia_2022")
    assert status("H100", "2025-12-01", "TH", origin="DE").status == "unknown"
    assert status("H100", "2025-11-14", "TH", origin="DE").status == "free"
    # Within the Union nothing is exported.
    assert status("H100", "2025-12-01", "FR", origin="DE").status == "free"
    left = status("H100", "2025-12-01", "TH", origin="UZ").not_looked_at
    assert any("UZ" in text for text in left)
    assert "Singapore" in " ".join(status("H100", "2025-12-01", "TH", origin="SG").looked_at)


def test_uses_and_buyers_are_asked_when_they_are_named():
    assert status("T4", "2024-05-01", "CN").status == "free"
    assert status("T4", "2024-05-01", "CN", end_use="supercomputer").status == "presumed_denied"
    assert status("T4", "2025-10-15", "SG", party="affiliate").status == "licence"
    suspended = status("T4", "2025-12-15", "SG", party="affiliate")
    assert (suspended.status, suspended.outcome) == ("free", "not enforced")
    assert status("T4", "2026-11-10", "SG", party="affiliate").status == "unknown"
    assert status("T4", "2025-01-15", "SG", party="footnote 5").rule == "entity_list"
    with pytest.raises(ParameterError, match="supercomputer"):
        status("T4", "2024-05-01", "CN", end_use="gardening")


def test_letters_go_to_a_maker():
    assert status("H100", "2023-11-01", "VN").rule == "ac_2023_maker"
    assert status("H100", "2023-11-01", "VN", maker="AMD").status == "free"
    with pytest.raises(ParameterError, match="NVIDIA"):
        status("H100", "2023-11-01", "VN", maker="ACME")


def test_a_bound_decides_where_the_area_is_not_known():
    # 3,040 on one die of 858 mm2 or less: 3.5 or more, so a licence by either paragraph.
    answer = status("Inferentia 2", "2024-05-01", "CN")
    assert answer.status == "licence"
    assert "858 mm2" in answer.sentence and "3.5 or more" in answer.sentence
    chip = next(chip for chip in CATALOGUE.chips if chip.chip == "Inferentia 2")
    # On an unknown number of dies it may be thinner, and then the rule does not reach it.
    spread = dataclasses.replace(chip, chip="X", family="X", dies=None)
    tables = dataclasses.replace(CATALOGUE, chips=(*CATALOGUE.chips, spread))
    assert status("X", "2024-05-01", "CN", catalogue=tables).status == "unknown"


def test_rules_in_force_are_listed_with_citations():
    found = rules_in_force("2023-11-17", "AE")
    assert {"ac_2023", "entity_list"} <= {rule["rule"] for rule in found}
    assert all(rule["citation"] and rule["source"] for rule in found)
    assert "ac_2023_maker" not in {rule["rule"] for rule in found}
    assert {rule["rule"] for rule in rules_in_force("2023-11-16", "AE")} >= {"ac_2023_maker"}
    assert not [r for r in found if r["regime"] == "MY"]
    assert [r for r in rules_in_force("2025-08-01", "AE", origin="MY") if r["regime"] == "MY"]


# What the maker's own numbers mean for China on a day under the rule of 2023.
MAKER_MEANS = {
    "4A090.a": {"presumed_denied", "licence"},
    "4A090.b": {"licence"},
    "4A994.l": {"free"},
    "below 3A090": {"free"},
}


@pytest.mark.parametrize(
    "chip", [c for c in CATALOGUE.chips if c.maker_class], ids=lambda c: c.chip
)
def test_the_maker_classifies_its_part_alike(chip):
    found = status(chip.chip, "2024-06-01", "CN").status
    assert found in MAKER_MEANS[chip.maker_class]


def test_a_decision_on_an_estimate_says_so():
    sentence = status("Quadro RTX 8000", "2024-01-05", "CN").sentence
    assert "This rests on an estimate of TPP" in sentence
    assert "estimate" not in status("RTX 4090", "2024-01-05", "CN").sentence


def test_a_day_between_two_sources_names_both():
    sentence = status("MI308", "2025-04-12", "CN").sentence
    assert "2025-04-09" in sentence
    assert "2025-04-15" in sentence


def test_a_membership_in_doubt_is_named():
    assert "removed from ITAR 126.1 in 2025-11" in status("H100", "2025-12-01", "KH").sentence


def test_a_review_for_exports_from_one_country_asks_for_the_origin():
    assert status("H200", "2026-02-01", "CN").status == "licence"
    assert status("H200", "2026-02-01", "CN", origin="US").status == "licence"
    assert status("H200", "2026-02-01", "CN", origin="MY").status == "presumed_denied"


def test_the_codes_written_out_are_those_of_iso_3166():
    import pycountry

    from chipflow.goods.catalogue.names import CODES

    assert {entry.alpha_2 for entry in pycountry.countries} == CODES
