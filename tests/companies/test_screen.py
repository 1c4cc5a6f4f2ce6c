"""Lists of every shape are read, possible matches are found and explained, and no more is said."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chipflow import cli
from chipflow.companies import screen
from chipflow.companies.alike import compare_names
from chipflow.companies.lists import read_list
from chipflow.companies.lookup import candidate_pairs
from chipflow.companies.screen import SCREENING_COLUMNS, THRESHOLD
from chipflow.errors import InputError, ParameterError
from tests.conftest import BYSTANDERS, ROUTE

LISTS = Path(__file__).parent / "lists"
SIMPLE, FTM = LISTS / "targets.simple.csv", LISTS / "entities.ftm.json"
CSL, OWN, NAMES = LISTS / "consolidated.csv", LISTS / "own-list.csv", LISTS / "names-only.csv"
ALL = (SIMPLE, FTM, CSL, OWN, NAMES)


def companies(*rows):
    """Rows of name, and where wanted country, addresses and aliases."""
    padded = [(*row, *("",) * (4 - len(row))) for row in rows]
    frame = pd.DataFrame(padded, columns=["name", "country", "addresses", "aliases"], dtype="str")
    frame = frame.replace("", pd.NA).astype("str")
    return frame.assign(company_id=[f"c-{place}" for place in range(len(rows))])


def found(path, *row):
    return screen(companies(row), path)


@pytest.mark.parametrize(
    ("path", "shape", "entries", "skipped"),
    [
        (SIMPLE, "OpenSanctions", 3, 1),
        (FTM, "FollowTheMoney", 2, 0),
        (CSL, "Consolidated Screening List", 3, 1),
        (OWN, "table", 2, 0),
        (NAMES, "table", 1, 0),
    ],
)
def test_the_shape_of_a_list_is_recognised_by_what_it_holds(path, shape, entries, skipped):
    read = read_list(path)
    assert (read.shape, len(read.entries), read.skipped) == (shape, entries, skipped)


def test_a_name_changes_nothing_about_the_shape(tmp_path):
    for path in ALL:
        moved = tmp_path / f"{path.name}.txt.gz"
        moved.write_bytes(gzip.compress(path.read_bytes()))
        assert read_list(moved).shape == read_list(path).shape


@pytest.mark.parametrize(
    ("path", "company", "entry", "kind"),
    [
        (SIMPLE, "NORDHAVEN ELECTRONICS TRADING COMPANY LIMITED", "NK-invented01", "name"),
        (SIMPLE, "Nordhaven Microsystems", "NK-invented01", "alias"),
        (SIMPLE, "Nordhaven; Sons and Partners", "NK-invented01", "alias"),
        (SIMPLE, "44 Institute of Applied Kites", "NK-invented02", "name"),
        (SIMPLE, "NHVT", "NK-invented01", "weak alias"),
        (FTM, "Zephyr Line Computing L.L.C.", "iv-1", "name"),
        (FTM, "Zefirlain Kompyuting", "iv-1", "alias"),
        (FTM, "MARMOT DATA WORKS FZE", "iv-1", "former name"),
        (FTM, "ZLC", "iv-1", "weak alias"),
        (CSL, "Tamarind Peak Semi-Conductor Research Sdn. Bhd.", "iv0001", "name"),
        (CSL, "M/S Lantern Gorge Import & Export Co", "iv0002", "name"),
        (CSL, "Quick Forwarders c/o Lantern Gorge Import and Export", "iv0002", "name"),
        (OWN, "OSTRICH & FJORD NETWORKS", None, "name"),
        (OWN, "深圳市灯笼山谷电子", None, "name"),
        (NAMES, "Velvet Harier Logistics", None, "name"),
    ],
)
def test_names_of_every_kind_are_found(path, company, entry, kind):
    match = found(path, company)
    assert len(match) == 1, "one row a company and entry"
    row = match.iloc[0]
    assert row["list"] == path.name and row["company"] == company
    assert entry is None or row["entry_id"] == entry
    assert THRESHOLD <= row["score"] <= 1
    assert row["why"].startswith("possible match: ") and f"the {kind} “" in row["why"]


@pytest.mark.parametrize(
    "company",
    [
        "Straits Bright Pte Ltd",
        "Nordhaven Ceramics GmbH",
        "Electronics Trading Co Ltd",
        "Institute 45 of Applied Kites",
        "Velvet Ceramics Sdn Bhd",
        "Grey Pelican",
        "Pelican Cousin Holdings",
        "ZLD",
        "Ltd",
        "...",
    ],
)
def test_others_are_not(company):
    assert screen(companies([company]), *ALL).empty


def test_a_person_matches_only_a_trader_under_the_whole_name():
    assert set(screen(companies(["Orlando Quillfeather"]), *ALL)["entry_id"]) == {
        "NK-invented03",
        "iv-2",
        "iv0003",
    }
    for other in ("Orlando Quillfeather Trading Ltd", "Quillfeather", "Orlando Quilfeather"):
        assert screen(companies([other]), *ALL).empty, other


def test_country_and_address_raise_or_lower_the_score():
    def score(*row):
        return found(CSL, "Tamarind Peak Semiconductor", *row)["score"].iloc[0]

    plain, here, there = score(), score("MY"), score("PE")
    assert there < plain < here
    assert score("MY", "88 Invented Ave, Penang 10000") > here
    assert score("MY", "1 Other Street, Kuching") == here, "a second address is no contradiction"
    exact = found(CSL, "Tamarind Peak Semiconductor Research", "PE")
    assert exact["score"].iloc[0] == 0.85 and "PE in the records, MY on the list" in exact["why"][0]
    assert found(SIMPLE, "Nordhaven Electronics Trading Co Ltd", "HK")["score"].iloc[0] == 1, (
        "Hong Kong is part of China"
    )


def test_aliases_of_a_company_are_looked_up_too():
    match = found(FTM, "Brand New Name", "AE", "", "Other Name | Marmot Data Works")
    assert match["company"].tolist() == ["Brand New Name"]
    assert "“Marmot Data Works”" in match["why"].iloc[0]


def test_the_result_is_the_same_for_any_order_of_rows(tmp_path):
    rows = [["Nordhaven Electronic Trading"], ["ZLC"], ["Velvet Harrier"], ["Ostrich and Fjord"]]
    table = companies(*rows)
    first = screen(table, *ALL)
    turned = []
    for path in ALL:
        lines = path.read_text(encoding="utf-8").splitlines()
        head = {OWN: 2, FTM: 0}.get(path, 1)
        turned.append(tmp_path / path.name)
        text = "\n".join([*lines[:head], *reversed(lines[head:])])
        turned[-1].write_text(text, encoding="utf-8")
    again = screen(table.iloc[::-1], *turned[::-1])
    assert list(first.columns) == SCREENING_COLUMNS and len(first) == 4
    pd.testing.assert_frame_equal(first, again)


def test_the_companies_given_are_not_changed():
    table = companies(["ZLC", "AE"])
    before = table.copy()
    screen(table, *ALL)
    pd.testing.assert_frame_equal(table, before)


def test_nothing_to_look_up_is_an_empty_table():
    for result in (screen(companies().iloc[:0], SIMPLE), screen(companies(["ZLC"]))):
        assert result.empty and list(result.columns) == SCREENING_COLUMNS


def test_two_lists_of_one_name_are_told_apart(tmp_path):
    copy = tmp_path / NAMES.name
    copy.write_bytes(NAMES.read_bytes())
    named = screen(companies(["Velvet Harrier Logistics"]), NAMES, copy, NAMES)["list"]
    assert set(named) == {str(NAMES), str(copy)}


def test_rows_of_one_id_are_one_entry(tmp_path):
    path = tmp_path / "by-name.csv"
    path.write_text("uid,name,country\n7,Umber Kettle Works,SG\n7,Kettle Umber GmbH,DE\n")
    read = read_list(path)
    assert read.entries["countries"].tolist() == [frozenset({"SG", "DE"})]
    assert len(read.names) == 2


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("missing.csv", None, "No such file"),
        ("empty.csv", b"", "empty"),
        ("nameless.csv", b"code,amount\n1,2\n", "no column of names"),
        ("blank.csv", b"name,country\n,US\n ,SG\n", "without a single name"),
        ("header.csv", b"name,country\n", "without a single name"),
        ("prose.txt", b"Dear all,\nnothing here\n", "no column of names"),
        ("cut.json", b'{"id": "a", "schema": "Company", "proper', "no JSON"),
        ("other.json", b'{"a": 1}\n', "no FollowTheMoney"),
        ("array.json", b'[{"id": "a"}]\n', "no FollowTheMoney"),
        ("people.json", b'{"id":"a","schema":"Company","properties":{}}\n', "without a single"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "PNG"),
        ("book.csv", b"PK\x03\x04 and more", "workbook"),
        ("page.csv", b"<!doctype html><html></html>", "HTML"),
        ("cut.csv.gz", b"\x1f\x8b\x08\x00 cut off", "damaged"),
    ],
)
def test_a_list_that_cannot_be_used_is_one_clear_line(tmp_path, name, content, word):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        screen(companies(["ZLC"]), path)
    message = str(refused.value)
    assert name in message and word in message and ";" in message and "\n" not in message


def test_a_folder_and_a_threshold_without_meaning_are_refused(tmp_path):
    with pytest.raises(InputError, match="a folder"):
        screen(companies(["ZLC"]), tmp_path)
    for threshold in (0, 1.5, float("nan")):
        with pytest.raises(ParameterError, match="threshold"):
            screen(companies(["ZLC"]), SIMPLE, threshold=threshold)


WORDS = ["Amber", "Kite", "Harbour", "Semiconductor", "Trading", "Intl", "7", "Ltd", "GmbH", "№"]


@settings(max_examples=60, deadline=None)
@given(*[st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)] * 2)
@example("Harbour Harbour", "Harbour Trading GmbH Amber")
def test_likeness_is_a_score_and_the_same_both_ways(one, other):
    forth, back = compare_names(one, other).score, compare_names(other, one).score
    assert 0 <= forth <= 1
    assert forth == pytest.approx(back)
    assert compare_names(one, one).score in {0.0, 1.0}


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_can_be_compared(one, other):
    assert 0 <= compare_names(one, other).score <= 1


def test_common_words_do_not_make_every_pair_a_candidate():
    ours = [f"Vendor{number:04d} Trading Ltd" for number in range(300)]
    theirs = [f"Listed{number:04d} Trading Ltd" for number in range(300)] + [ours[17]]
    pairs = candidate_pairs(sorted(ours), sorted(theirs))
    assert len(pairs) < 1000
    assert (sorted(ours).index(ours[17]), sorted(theirs).index(ours[17])) in set(
        pairs.itertuples(index=False, name=None)
    )


@pytest.fixture
def analyze(monkeypatch, capsys, write_csv, tmp_path):
    def call(*arguments):
        path = write_csv([*ROUTE, *BYSTANDERS])
        out = tmp_path / "out"
        words = ["chipflow", "analyze", path, "--out", out, *arguments]
        monkeypatch.setattr(sys, "argv", [str(word) for word in words])
        status = 0
        try:
            cli.main()
        except SystemExit as stop:
            status = stop.code or 0
        said = capsys.readouterr()
        return status, said.out, said.err, out

    return call


def test_analyze_writes_what_may_match(analyze, tmp_path):
    path = tmp_path / "ours.csv"
    path.write_text(
        "id,name,country\n=1+1,Selangor Peak,MY\nX2,Straits Brigth Pte Ltd,SG\nX3,Nobody,SG\n"
    )
    status, said, _, out = analyze("--list", path, "--list", NAMES)
    assert status == 0 and "possible matches on a list: 2" in said
    table = pd.read_csv(out / "screening.csv")
    assert list(table.columns) == SCREENING_COLUMNS
    assert set(table["company"]) == {"Selangor Peak Sdn Bhd", "STRAITS BRIGHT PTE. LTD."}
    assert set(table["entry_id"]) == {"'=1+1", "X2"}, "inert in a spreadsheet"
    listed = pd.read_csv(out / "companies.csv").set_index("name")["listed"].dropna()
    assert listed.to_dict() == dict.fromkeys(table["company"], "ours.csv")
    lead = pd.read_csv(out / "leads.csv").iloc[0]
    assert "may be “" in lead["reasons"] and "possible match" in lead["reasons"]
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert [one["possible_matches"] for one in run["screening"]] == [2, 0]
    assert "screening.csv" in run["tables"]


def test_without_a_list_nothing_is_said_about_lists(analyze):
    status, said, _, out = analyze()
    assert status == 0 and "on a list" not in said
    assert not (out / "screening.csv").exists()
    assert pd.read_csv(out / "companies.csv")["listed"].isna().all()


def test_a_list_that_cannot_be_read_stops_the_run_before_it_starts(analyze, tmp_path):
    (tmp_path / "bad.csv").write_text("code\n1\n")
    status, said, error, out = analyze("--list", tmp_path / "bad.csv")
    assert (status, said) == (1, "") and error.count("\n") == 1 and "bad.csv" in error
    assert not out.exists()
