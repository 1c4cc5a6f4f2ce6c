"""That there is no lead is said with what was looked at, and only where something was."""

from __future__ import annotations

import json

import pytest

from tests.conftest import BYSTANDERS, ROUTE, table


@pytest.fixture
def analyzed(run, tmp_path):
    """Analyze a frame; return status, both streams and run.json."""

    def call(frame, *options):
        path, out = tmp_path / "records.csv", tmp_path / "out"
        frame.to_csv(path, index=False)
        status, said, warned = run("analyze", path, "--out", out, *options)
        summary = json.loads((out / "run.json").read_text("utf-8")) if status == 0 else None
        return status, said, warned, summary, out

    return call


def test_no_lead_counts_what_was_looked_at(analyzed):
    rows = table(BYSTANDERS)
    rows.loc[0, "consignee_country"] = "Wakanda"
    status, said, warned, summary, out = analyzed(rows)
    assert status == 0
    sentence = (
        "No lead. chipflow looked for accelerators that reached China, Hong Kong or Macao through "
        "a third country when a licence was needed. Goods were read in 20 of 20 records; 0 name a "
        "chip; 19 have both countries. 1 cell was not read: consignee country 1."
    )
    assert sentence in said
    assert summary["verdict"]["kind"] == "no lead" and summary["verdict"]["sentence"] == sentence
    assert summary["counts"]["cells_unread"] == 1
    assert summary["unread"][0]["commonest"] == [["Wakanda", 1]]
    assert "Wakanda" in warned
    for page in ("report.html", "map.html"):
        assert "1 of 20 not understood" in (out / page).read_text("utf-8")


def test_leads_are_said_with_what_was_not_read(analyzed):
    rows = table([*ROUTE, *BYSTANDERS])
    rows["quantity"] = rows["quantity"].astype(object)
    rows.loc[5, "quantity"] = "some"
    status, said, _, summary, out = analyzed(rows)
    assert status == 0 and summary["verdict"]["kind"] == "leads"
    assert "1 names a chip" in said and "1 cell was not read: quantity 1." in said
    assert "1 of 23 not understood" in (out / "report.html").read_text("utf-8")


def test_without_a_goods_column_there_is_no_verdict(analyzed):
    rows = table(ROUTE).drop(columns=["description", "hs_code"])
    status, said, warned, summary, out = analyzed(rows)
    assert status == 0 and "No lead" not in said
    assert "No verdict: no column says what the goods were" in warned
    assert summary["verdict"]["kind"] == "no verdict"
    page = (out / "report.html").read_text("utf-8")
    assert "No verdict" in page and "nothing was ruled out" in page
    assert "No verdict" in (out / "network.html").read_text("utf-8")


def test_an_unused_column_that_holds_the_goods_is_named(analyzed):
    rows = table(ROUTE).rename(columns={"description": "Thing"}).drop(columns="hs_code")
    *_, warned, _, _ = analyzed(rows)
    assert "'Thing' holds 'NVIDIA H100 80GB PCIE GPU CARD' and was not used" in warned


def test_most_destinations_unread_is_no_all_clear(analyzed):
    rows = table([*ROUTE, *BYSTANDERS])
    rows["consignee_country"] = "Wakanda"
    status, said, warned, summary, _ = analyzed(rows)
    assert status == 0 and "No lead" not in said
    assert "the country that the goods went to was read in only 0 of 23 records" in warned
    assert summary["verdict"]["kind"] == "no verdict"


def test_no_record_in_the_days_asked_about_is_no_all_clear(analyzed):
    status, said, warned, summary, _ = analyzed(table(ROUTE), "--since", "2030-01-01")
    assert status == 0 and "No lead" not in said
    assert (
        "no record lies between 2030-01-01 and the last day "
        "(the records go from 2024-03-01 to 2024-04-05)" in warned
    )
    assert summary["verdict"]["kind"] == "no verdict"
    assert analyzed(table(ROUTE), "--since", "2030-01-01", "--strict")[0] == 1


def test_quiet_keeps_the_warning(analyzed):
    status, said, warned, *_ = analyzed(table(ROUTE), "--since", "2030-01-01", "--quiet")
    assert status == 0 and said == "" and "No verdict" in warned
