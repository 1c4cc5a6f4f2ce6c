"""The command line: outputs, columns, exit statuses, and one clear line when input is refused."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

import chipflow
from chipflow import cli
from chipflow.run import sample_records
from chipflow.saved import read_leads
from chipflow.schemas import LEADS
from tests.conftest import BYSTANDERS, ROUTE, table

OUTPUTS = {
    "anomalies.csv",
    "companies.csv",
    "direct.csv",
    "duplicates.csv",
    "evidence.parquet",
    "lead_links.parquet",
    "lead_steps.parquet",
    "leads.csv",
    "leads.parquet",
    "licensed.csv",
    "links.csv",
    "map.html",
    "network.html",
    "rejected.csv",
    "report.html",
    "run.json",
    "set_aside.csv",
    "shipments.parquet",
    "spellings.csv",
    "unnamed.csv",
    "vanished.csv",
}


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The worked example, analyzed once: the folder and what was said."""
    folder = tmp_path_factory.mktemp("example")
    table([*ROUTE, *BYSTANDERS]).to_csv(folder / "records.csv", index=False)
    command = ["analyze", str(folder / "records.csv"), "--out", str(folder / "out")]
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(io.StringIO()) as said,
        contextlib.suppress(SystemExit),
    ):
        patch.setattr(sys, "argv", ["chipflow", *command])
        cli.main()
    return folder / "out", said.getvalue()


@pytest.fixture
def analyzed(example, tmp_path):
    out, said = example
    shutil.copy(out.parent / "records.csv", tmp_path)
    return shutil.copytree(out, tmp_path / "out"), said


def test_every_output_of_the_contract_is_written(analyzed):
    out, said = analyzed
    assert {path.name for path in out.iterdir()} == OUTPUTS
    words = ["rows in", "used", "rejected", "companies", "leads", "Where to look first"]
    words += ["too few records to say", "Records cannot show licences or use"]
    for word in words:
        assert word in " ".join(said.split())


def test_a_folder_of_an_earlier_version_is_read(analyzed):
    out, _ = analyzed
    run = json.loads((out / "run.json").read_text())
    run["settings"]["numbers"]["decoys"]["tail"] = 0.1
    run["settings"]["numbers"]["error_rates"] = {"large_p": 0.5}
    (out / "run.json").write_text(json.dumps(run))
    table = pd.read_parquet(out / "leads.parquet").drop(columns="no_coincidence")
    table.to_parquet(out / "leads.parquet")
    leads = read_leads(out)
    assert leads.table["no_coincidence"].isna().all()
    assert "Too few records to say" in leads[0].chance


def test_leads_csv_has_the_columns_of_the_contract(analyzed):
    leads = pd.read_csv(analyzed[0] / "leads.csv")
    assert list(leads.columns) == LEADS.names
    assert leads["rank"].tolist() == [1]
    assert leads["record_ids"].tolist() == ["R1;R2;R3"]
    assert leads[["p_value", "q_value"]].isna().all(axis=None), "too few records tell nothing"
    assert leads["units_low"][0] <= 64 <= leads["units_high"][0]
    assert " > " in leads["companies"][0] and " | " in leads["reasons"][0]


def test_shipments_hold_the_canonical_columns_and_what_was_found(analyzed):
    shipments = pd.read_parquet(analyzed[0] / "shipments.parquet").set_index("record_id")
    needed = (
        "date shipper consignee origin_country hs_code description quantity weight_kg value_usd"
    )
    needed += (
        " source source_row shipper_id consignee_id goods chip chip_probability units declared"
    )
    assert set(f"{needed} control_status control_rule".split()) <= set(shipments.columns)
    assert shipments.loc["R1", "declared"] and shipments.loc["R1", "units"] == 64
    hidden = shipments.loc["R3"]
    assert not hidden["declared"] and hidden["chip"] == "H100 PCIe" and hidden["units"] == 64
    assert 0.5 < hidden["chip_probability"] < 1
    assert hidden["control_status"] in {"licence", "presumed_denied"} and hidden["control_rule"]
    assert shipments["source_row"].min() == 2, "the header is row 1"


def test_run_json_adds_up_and_names_what_was_read(analyzed):
    out, _ = analyzed
    said = json.loads((out / "run.json").read_text(encoding="utf-8"))
    counts = said["counts"]
    assert counts["rows_in"] == 23
    assert counts["rows_in"] == counts["used"] + counts["rejected"] + counts["duplicate"]
    assert said["chipflow"] == chipflow.__version__
    assert said["parameters"]["destination"] == ["CN", "HK", "MO"]
    (read,) = said["inputs"]
    content = (out.parent / "records.csv").read_bytes()
    assert read["sha256"] == hashlib.sha256(content).hexdigest()
    for name, digest in said["tables"].items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest


def test_ports_go_with_the_goods_into_tables_and_map(run, tmp_path):
    """Ports are carried, drawn and inert, and the tables stay the same for any order of rows."""
    rows = table([*ROUTE, *BYSTANDERS]).drop(columns="record_id")
    rows["Port of Loading"] = ["USLAX", "Singapore", "<script>alert(1)</script>"] + [None] * 20
    rows["Port of Discharge"] = ["SINGAPORE, SGSIN", "Port Klang", "=1+1"] + [None] * 20
    for name, order in (("one", rows), ("two", rows[::-1])):
        file = tmp_path / "records.csv"
        order.to_csv(file, index=False)
        assert run("analyze", file, "--out", tmp_path / name, "-q")[0] == 0
    same = "leads.csv companies.csv set_aside.csv anomalies.csv leads.parquet evidence.parquet"
    for name in [*same.split(), "lead_links.parquet"]:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    shipments = pd.read_parquet(tmp_path / "one" / "shipments.parquet")
    assert set(shipments["import_port"].dropna()) == {"SINGAPORE, SGSIN", "Port Klang", "=1+1"}
    canonical = list(shipments.columns)
    assert canonical.index("export_port") == canonical.index("other_sources") + 1
    page = (tmp_path / "one" / "map.html").read_text("utf-8")
    assert '"ports":{"code":["MYPKG","SGSIN","USLAX"]' in page
    assert "<script>alert(1)" not in page
    assert run("report", tmp_path / "one", "--xlsx", tmp_path / "leads.xlsx", "-q")[0] == 0


def bad(tmp_path):
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "header.csv").write_text("date,shipper,consignee\n")
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "broken.csv.gz").write_bytes(b"\x1f\x8b\x08\x00 cut off")
    (tmp_path / "prose.csv").write_text("Dear all,\nplease find nothing here.\nBest\n")
    (tmp_path / "folder").mkdir()
    locked = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + "EncryptedPackage".encode("utf-16le")
    )
    (tmp_path / "locked.xlsx").write_bytes(locked + b"\0" * 4000)


@pytest.mark.parametrize(
    "name",
    [
        "empty.csv",
        "header.csv",
        "picture.csv",
        "broken.xlsx",
        "broken.parquet",
        "broken.csv.gz",
        "prose.csv",
        "folder",
        "locked.xlsx",
        "missing.csv",
    ],
)
def test_input_that_cannot_be_used_is_one_clear_line(run, tmp_path, name):
    bad(tmp_path)
    status, said, error = run("analyze", tmp_path / name, "--out", tmp_path / "out")
    assert status == 1 and said == ""
    assert error.count("\n") == 1 and error.startswith("chipflow: ") and name in error
    assert ";" in error, "says what to do"
    assert not (tmp_path / "out").exists(), "no half-written output"


def test_one_unreadable_file_is_left_out_and_no_lead_is_said_plainly(run, write_csv, tmp_path):
    bad(tmp_path)
    files = [tmp_path / "broken.xlsx", write_csv(BYSTANDERS)]
    status, said, warned = run("analyze", *files, "--out", tmp_path / "out")
    assert status == 0 and "broken.xlsx" in warned and "No lead" in said
    assert "No lead" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert pd.read_csv(tmp_path / "out" / "leads.csv").empty
    status, _, error = run("analyze", *files, "--out", tmp_path / "strict", "--strict")
    assert status == 1 and "broken.xlsx" in error


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--destination", "Atlantis"], "Atlantis"),
        (["--layout", "no-such-layout"], "no-such-layout"),
        (["--since", "2024-13-45"], "2024-13-45"),
    ],
)
def test_an_option_without_meaning_is_a_usage_error(run, write_csv, tmp_path, arguments, word):
    status, _, error = run("analyze", write_csv(ROUTE), "--out", tmp_path / "out", *arguments)
    assert status == 2 and word in error and error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_no_such_option_is_a_usage_error(run, write_csv, tmp_path):
    status, _, error = run("analyze", write_csv(ROUTE), "--out", tmp_path / "out", "--fast")
    assert status == 2 and "Traceback" not in error


def test_a_folder_that_cannot_be_written(run, write_csv, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    for out in (blocked, blocked / "below"):
        status, _, error = run("analyze", write_csv(ROUTE), "--out", out)
        assert status == 1 and str(blocked) in error and error.count("\n") == 1
    assert blocked.read_text() == "in the way"


def test_earlier_results_stay_when_the_input_is_refused(analyzed, run, tmp_path):
    out, _ = analyzed
    before = (out / "leads.csv").read_bytes()
    (tmp_path / "empty.csv").write_text("")
    assert run("analyze", tmp_path / "empty.csv", "--out", out)[0] == 1
    assert {path.name for path in out.iterdir()} == OUTPUTS
    assert (out / "leads.csv").read_bytes() == before


DAMAGED = [
    ("D1", "31/31/2023", "Alba Ltd", "US", "Borea Ltd", "SG", "847330", "CABLES", 1, "PCS",
     1.0, 5),
    ("D2", "2024-03-01", "Alba Ltd", "US", "Borea Ltd", "SG", "847330", "CABLES", 1, "PCS",
     -4.0, 5),
    ("D3", "2024-03-02", "Alba Ltd", "US", "Borea Ltd", "SG", "847330", "CABLES", 1, "PCS", 1.0,
     '=HYPERLINK("x")'),
    ("D4", "2024-03-02", "\ufffd\ufffdl\ufffd\ufffd", "US", "Borea Ltd", "SG", "847330", "CABLES",
     1, "PCS", 1.0, 5),
    ("D5", "2024-03-03", None, "US", None, "SG", "847330", "CABLES", 1, "PCS", 1.0, 5),
]  # fmt: skip


def test_damaged_cells_lose_that_row_or_field_and_nothing_else(run, write_csv, tmp_path):
    path = write_csv([*DAMAGED, *ROUTE, *BYSTANDERS])
    assert run("analyze", path, "--out", tmp_path / "out", "-q")[0] == 0
    rejected = pd.read_csv(tmp_path / "out" / "rejected.csv", dtype=str).fillna("")
    by_row = rejected.set_index("source_row")
    assert (rejected["reason"].str.len() > 5).all() and (rejected["source"] == str(path)).all()
    assert by_row.loc["2", "value"] == "31/31/2023" and by_row.loc["6", "column"] == ""
    assert by_row.loc["3", "column"] == "weight_kg" and by_row.loc["3", "value"] in {
        "-4.0",
        "'-4.0",
    }
    assert by_row.loc["4", "column"] == "value_usd" and "HYPERLINK" in by_row.loc["4", "value"]
    assert not by_row.loc["4", "value"].startswith("="), "inert in a spreadsheet"
    assert by_row.loc["5", "column"] == "shipper"
    counts = json.loads((tmp_path / "out" / "run.json").read_text())["counts"]
    assert (counts["rows_in"], counts["used"], counts["rejected"]) == (28, 26, 2)
    assert pd.read_csv(tmp_path / "out" / "leads.csv")["record_ids"].tolist() == ["R1;R2;R3"]


def test_hostile_names_are_inert_in_tables_and_pages(run, write_csv, tmp_path):
    hostile = ["<script>alert(1)</script>", "@cmd|' /C calc'!A0", '"><img src=x onerror=alert(1)>']
    rows = [
        (*ROUTE[0][:4], hostile[0], *ROUTE[0][5:]),
        (*ROUTE[1][:2], hostile[0], "SG", hostile[1], *ROUTE[1][5:]),
        (*ROUTE[2][:2], hostile[1], "MY", hostile[2], *ROUTE[2][5:]),
    ]
    out = tmp_path / "out"
    assert run("analyze", write_csv(rows), "--out", out, "--quiet") == (0, "", "")
    companies = pd.read_csv(out / "companies.csv")
    assert not companies["name"].str.startswith("@").any()
    assert len(pd.read_csv(out / "leads.csv")) == 1
    for page in ("map.html", "network.html", "report.html"):
        text = (out / page).read_text(encoding="utf-8")
        assert "<script>alert(1)" not in text and "<img src=x" not in text


def test_chip_answers_with_its_citation(run):
    status, said, _ = run("chip", "H800", "--on", "2023-06-15", "--to", "CN", "--format", "json")
    answer = json.loads(said)
    assert status == 0 and answer["status"] == "free" and "Looked at:" in answer["sentence"]
    assert set(answer) >= {"chip", "status", "outcome", "rule", "citation", "sentence"}
    status, said, _ = run("chip", "RTX 4090", "--on", "2024-01-05", "--to", "CN")
    assert status == 0 and "88 FR 73458" in said
    status, _, error = run("chip", "H1OO", "--on", "2024-01-05", "--to", "CN")
    assert status == 2 and "H100" in error


def test_simulate_writes_labelled_records_that_analyze_reads(run, tmp_path):
    assert run("simulate", "--seed", 3, "--records", 300, "--out", tmp_path / "world")[0] == 0
    status, said, _ = run("analyze", tmp_path / "world" / "records", "--out", tmp_path / "out")
    assert status == 0 and "SIMULATED RECORDS" in said
    for page in ("map.html", "network.html", "report.html"):
        assert "SIMULATED RECORDS" in (tmp_path / "out" / page).read_text(encoding="utf-8")
    assert json.loads((tmp_path / "out" / "run.json").read_text())["simulated"] is True


def test_the_sample_is_bundled_in_two_layouts():
    assert sorted(path.suffix for path in sample_records()) == [".csv", ".xlsx"]


def test_as_a_program_there_is_no_traceback(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "chipflow", "analyze", "missing.csv", "--out", "out"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "40"},
    )
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_version(run):
    assert run("--version") == (0, f"chipflow {chipflow.__version__}\n", "")


def test_a_run_that_is_ended_leaves_nothing_and_the_next_clears_up(write_csv, tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "chipflow", "analyze", write_csv([*ROUTE, *BYSTANDERS])]
    with subprocess.Popen([*command, "--out", out], stderr=subprocess.PIPE) as ended:
        while not (out.is_dir() and any(out.iterdir())):
            assert ended.poll() is None
            time.sleep(0.05)
        ended.terminate()
        ended.communicate()
    assert ended.returncode == 128 + signal.SIGTERM
    assert not out.exists()
    # What a run left that could not clear up itself: of no process that is running.
    (out / f".chipflow-{ended.pid}-abc").mkdir(parents=True)
    (out / "leads.csv").mkdir()
    done = subprocess.run([*command, "--out", out, "--force"], capture_output=True, text=True)
    assert done.returncode == 1 and "leads.csv: cannot be replaced" in done.stderr
    assert "Traceback" not in done.stderr
    assert not [
        path for path in out.iterdir() if path.name.startswith(".chipflow-") and path.is_dir()
    ]
