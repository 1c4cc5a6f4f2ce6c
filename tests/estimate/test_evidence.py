"""Leads, statistics and cases beside a model: blended or bounds, never added, never stretched."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import chipflow as cf
from chipflow.estimate import estimate
from chipflow.estimate.recapture import recapture

# A model that says 1,000 chips for certain, or nearly, and priors of evidence that are known.
KNOWN = """
name = "own"
title = "A made-up model"
date = 2026-01-01
source = "made up for a test"
result = "total"
[chips]
A100 = 0.315
[priors.total]
distribution = "lognormal"
low = 900
high = 1100
[priors.coverage]
distribution = "constant"
value = 0.5
[priors.lead_detection]
distribution = "constant"
value = 0.25
[priors.lead_accuracy]
distribution = "constant"
value = 1
[priors.value_per_chip]
distribution = "constant"
value = 20_000
"""
LEADS = [
    # lead_id, companies, chips, units, low, high, no_coincidence, records
    ("L1", "Acme Chips Ltd > <b>Évil</b> | Straits Bright Pte. Ltd.", "H100 SXM", 100, 100, 100,
     1.0, "R1;R2"),
    ("L2", "Acme Chips Ltd > Selangor Peak Sdn Bhd", "A100", 200, 100, 400, 1.0, "R3"),
    ("L3", "Straits Bright Pte. Ltd. > Pudong Harvest", "H100 SXM", 60, 60, 60, 1.0, "R2;R9"),
]  # fmt: skip


def leads_folder(folder, rows=LEADS):
    table = pd.DataFrame(
        rows,
        columns=["lead_id", "companies", "chips", "units", "units_low", "units_high",
                 "no_coincidence", "record_ids"],
    )  # fmt: skip
    folder.mkdir(exist_ok=True)
    table.to_csv(folder / "leads.csv", index=False)
    return folder


def flows_folder(folder, rows):
    folder.mkdir(exist_ok=True)
    columns = ["exporter", "importer", "period", "hs", "status", "unrecorded_usd", "low", "high"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "mirror.csv", index=False)
    return folder


@pytest.fixture
def known(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(KNOWN, encoding="utf-8")
    return path


def rows_of(made):
    return made.table.set_index("quantity")


def test_leads_are_divided_by_coverage_and_detection_and_blended(known, tmp_path):
    made = estimate(known, leads=leads_folder(tmp_path / "leads"), draws=4_000)
    rows = rows_of(made)
    # L1 and L3 share R2: the larger counts. 100 H100 + 200 A100 of 0.315 = 163.
    assert rows.loc["in leads", "median"] == pytest.approx(163, rel=0.02)
    assert rows.loc["in leads", "low"] == pytest.approx(100 + 100 * 0.315, rel=0.02)
    assert rows.loc["in leads", "high"] == pytest.approx(100 + 400 * 0.315, rel=0.02)
    assert rows.loc["by leads", "median"] == pytest.approx(163 / (0.5 * 0.25), rel=0.02)
    # A blend lies between the two views; a sum would be 2,304.
    assert 1_000 < rows.loc["blended", "median"] < 1_304
    said = " ".join(made.notes)
    assert "never added" in said and "share records" in said


def test_a_lead_that_is_chance_counts_as_often_as_it_is_real(known, tmp_path):
    rows = [(*LEADS[0][:6], 0.7, "R1")]
    made = estimate(known, leads=leads_folder(tmp_path / "leads", rows), draws=4_000)
    assert rows_of(made).loc["in leads", "mean"] == pytest.approx(70, rel=0.05)


def test_leads_of_an_earlier_version_are_chance_with_their_q_value(known, tmp_path):
    folder = leads_folder(tmp_path / "leads", [(*LEADS[0][:6], 0.3, "R1")])
    text = (folder / "leads.csv").read_text().replace("no_coincidence", "q_value")
    (folder / "leads.csv").write_text(text)
    made = estimate(known, leads=folder, draws=4_000)
    assert rows_of(made).loc["in leads", "mean"] == pytest.approx(70, rel=0.05)


def test_what_no_lead_says_is_left_out_and_said(known, tmp_path):
    rows = [
        ("L1", "A > B", "H100 SXM", "", "", "", "", "R1"),
        ("L2", "A > B", "QUANTUM 9000", 5, 5, 5, "", "R2"),
    ]
    made = estimate(known, leads=leads_folder(tmp_path / "leads", rows), draws=1_000)
    said = " ".join(made.notes)
    assert "1 of 2 leads name no number" in said and "QUANTUM 9000" in said
    assert "the leads change nothing" in said
    assert list(made.table["quantity"]) == ["total"]


def test_gaps_bound_corridors_and_change_no_estimate(known, tmp_path):
    alone = estimate(known, draws=2_000)
    gaps = [
        # 3.15 bn USD at 20,000 a chip are 157,500 chips at most; the finer code is inside it.
        ("MY", "CN", "2025", "8471", "values differ, units agree", 3.15e9, 3.0e9, 3.3e9),
        ("MY", "CN", "2025", "847150", "values differ, units agree", 3.0e9, 2.9e9, 3.1e9),
        ("SG", "MY", "2025", "8471", "unrecorded on arrival", 2e6, 1e6, 3e6),
        ("DE", "FR", "2025", "8471", "agrees", 9e9, 0, 9e9),
        ("AE", "CN", "2025", "8471", "reporter incomplete", 9e9, 0, 9e9),
    ]
    made = estimate(known, flows=flows_folder(tmp_path / "flows", gaps), draws=2_000)
    rows = rows_of(made)
    assert rows.loc["at most, corridor MY > CN", "median"] == pytest.approx(157_500, rel=0.01)
    assert rows.loc["at most, corridor SG > MY", "median"] == pytest.approx(100, rel=0.02)
    assert "above it in 100%" in rows.loc["at most, corridor SG > MY", "statement"]
    assert sum(name.startswith("at most") for name in rows.index) == 2
    assert rows.loc["total"].equals(rows_of(alone).loc["total"])
    assert "not added up" in " ".join(made.notes)


def test_one_firm_is_answered_from_leads_that_name_it(known, tmp_path):
    folder = leads_folder(tmp_path / "leads")
    made = estimate(known, leads=folder, entity="acme chips", draws=2_000)
    row = made.table.iloc[0]
    assert len(made.table) == 1
    assert row["median"] == pytest.approx(163, rel=0.02)  # as recorded: not scaled up
    assert "Acme Chips Ltd" in row["statement"]  # who was taken for it
    one = estimate(known, leads=folder, entity="Selangor Peak Limited", draws=2_000)
    assert one.table.iloc[0]["median"] == pytest.approx(63, rel=0.02)


@pytest.mark.parametrize("entity", ["DeepSeek", "Acm", "Acme Peak", "Ltd", "Pte. Ltd.", "", "***"])
def test_other_firms_are_not_identified(known, tmp_path, entity):
    made = estimate(known, leads=leads_folder(tmp_path / "leads"), entity=entity, draws=1_000)
    row = made.table.iloc[0]
    assert row["statement"].startswith("not identified by these data")
    assert np.isnan(row["median"]) and np.isnan(row["high"])
    assert not made.identified and len(made.table) == 1


def test_without_leads_no_firm_is_identified():
    made = estimate(entity="DeepSeek", draws=1_000)
    assert "not identified by these data: no leads were given" in made.table.iloc[0]["statement"]
    assert not made.identified


def cases(one, two, both, third=()):
    names = [("court", f"c{n}") for n in range(one)]
    names += [("customs", f"c{n}") for n in range(one - both, one - both + two)]
    names += [("fair", name) for name in third]
    return pd.DataFrame(names, columns=["source", "case"])


def test_a_folder_with_no_lead(known, tmp_path):
    made = estimate(known, leads=leads_folder(tmp_path / "leads", []), draws=1_000)
    assert "the leads change nothing" in " ".join(made.notes)
    named = estimate(known, leads=tmp_path / "leads", entity="Acme", draws=1_000)
    assert not named.identified


def test_chapman():
    # Chapman: 21 x 31 / 11 - 1 = 58.18.
    found = recapture(cases(20, 30, 10), independent=["court", "customs"])
    assert found.method == "Chapman" and found.seen == 40
    assert found.estimate == pytest.approx(58.18, abs=0.01)
    assert 40 < found.low < 58.18 < found.high
    assert "lower bound" in found.sentence and "not chips" in found.sentence


def test_chao():
    # Seen once 29, twice 9, three times 2: 40 + 2/3 x 29 x 28 / (2 x 10) = 67.07.
    third = ["c10", "c11", "c0"]
    table = cases(20, 30, 10, third)
    times = table.groupby("case")["source"].nunique()
    once, twice = (times == 1).sum(), (times == 2).sum()
    assert (once, twice) == (29, 9)
    found = recapture(table, independent=["court", "customs", "fair"])
    assert found.method == "Chao"
    assert found.estimate == pytest.approx(40 + 2 / 3 * 29 * 28 / 20, abs=0.01)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (cases(20, 30, 10), "does not say which sources are independent"),
        (cases(20, 30, 10).assign(after=["court"] * 50), "customs followed court in 30 rows"),
        (cases(20, 0, 0).assign(after=""), "takes two sources"),
        (cases(20, 30, 10).assign(after="police"), "court and customs both followed police"),
    ],
)
def test_no_recapture_of_sources_that_follow_each_other(table, said):
    found = recapture(table)
    assert found.estimate is None and found.high is None
    assert said in found.sentence and found.sentence.startswith("no capture-recapture")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("leads.csv", "lead_id,companies\nL1,A\n", "column chips: is missing"),
        (
            "leads.csv",
            "lead_id,companies,chips,record_ids,units,units_low,units_high,q_value\n"
            "L1,A,H100,R1,many,,,\n",
            "row 2, column units: 'many' is no number",
        ),
        (
            "leads.csv",
            "lead_id,companies,chips,record_ids,units,units_low,units_high,q_value\n"
            "L1,A,H100,R1,-5,,,\n",
            "row 2, column units: is below 0",
        ),
    ],
)
def test_tables_that_cannot_be_used(known, tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    with pytest.raises(cf.InputError) as error:
        estimate(known, leads=tmp_path, draws=1_000)
    assert said in str(error.value) and name in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("value = 0.5", "value = 0", "[priors.coverage]: has draws of 0"),
        ("value = 0.25", "value = 1.5", "[priors.lead_detection]: is a share"),
    ],
)
def test_shares_have_to_be_shares(tmp_path, old, new, said):
    path = tmp_path / "own.toml"
    path.write_text(KNOWN.replace(old, new), encoding="utf-8")
    with pytest.raises(cf.InputError) as error:
        estimate(path, leads=leads_folder(tmp_path / "leads"), draws=1_000)
    assert said in str(error.value)


def test_folders_without_tables(known, tmp_path):
    with pytest.raises(cf.InputError, match="chipflow analyze wrote"):
        estimate(known, leads=tmp_path)
    with pytest.raises(cf.InputError, match="chipflow flows wrote"):
        estimate(known, flows=tmp_path)
    with pytest.raises(cf.ParameterError, match="--draws: 10 is too few"):
        estimate(known, draws=10)
