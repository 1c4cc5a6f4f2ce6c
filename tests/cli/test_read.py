"""`chipflow read`: what was understood, the layout to correct, the records as one table."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib

import pandas as pd
import pytest
from typer.testing import CliRunner

from chipflow import cli, cli_progress
from chipflow.errors import OutputError
from chipflow.records import read_records
from tests.conftest import BYSTANDERS, ROUTE

KEYS = [
    "source",
    "kind",
    "header_row",
    "rows",
    "columns",
    "unknown",
    "could_be",
    "unread",
    "warnings",
]
EXPORTS = (
    "SB NO,SB DATE,EXPORTER,BUYER,HS CODE,DESCRIPTION,QTY,GROSS WEIGHT KG,FOB USD\n"
    "E1,13/03/2024,ALBA INC,NAIROBI CHIPS LTD,84733020,PARTS,64,108.8,90000\n"
)
IMPORTS = (
    "BANNER OF AN OFFICE,,,,,\nDATE,IMPORTER,IMPORTER EN,SUPPLIER,CIF USD,[red]REMARK\n"
    "2024-03-20,НАЙРОБИ,NAIROBI,Alba Inc,99000,=1+1\n2024-03-21,МОМБАСА,,Alba Inc,5,\x1b[31mx\n"
)


@pytest.fixture
def run(monkeypatch, capfdbinary):
    """Run the command in this process: exit status, standard output, error output."""
    # Nobody watches: how fast the machine is must not change what a command says.
    monkeypatch.setattr(cli_progress, "EVERY", 3_600.0)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["chipflow", *map(str, arguments)])
        status = 0
        try:
            cli.main()
        except SystemExit as stop:
            status = stop.code or 0
        sys.stdout.flush()
        said = capfdbinary.readouterr()
        return status, said.out.decode(), said.err.decode()

    return call


@pytest.fixture
def two(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "India Export.csv").write_text(EXPORTS, encoding="utf-8")
    (folder / "Kenya Import.csv").write_text(IMPORTS, encoding="utf-8")
    return folder


def test_json_is_a_list_with_one_entry_for_each_sheet_and_nothing_else(run, two):
    status, said, error = run("read", two, "--explain", "--format", "json")
    assert (status, error) == (0, "")
    sheets = json.loads(said)
    assert [list(sheet) for sheet in sheets] == [KEYS, KEYS]
    exports, imports = sheets
    assert exports["source"].endswith("India Export.csv") and exports["kind"] == "records"
    assert (exports["header_row"], imports["header_row"]) == (1, 2)
    assert (exports["rows"], imports["rows"]) == (1, 2)
    column = imports["columns"]["consignee"]
    assert column["header"] == "IMPORTER EN" and 0.5 <= column["confidence"] <= 1
    assert imports["unknown"] == ["[red]REMARK"]
    assert sheets == read_records(two).explanation()


def test_explain_shows_columns_confidence_and_three_values_and_prints_markup_as_it_is(run, two):
    status, said, _ = run("read", two)
    assert status == 0
    line = next(line for line in said.splitlines() if line.split()[:1] == ["value_usd"])
    assert "FOB USD" in line and "90000" in line and "0." in line
    assert "[red]REMARK" in said and "\x1b" not in said
    assert run("read", two, "--explain", "--quiet")[1] == said


def test_control_characters_of_a_file_do_not_reach_the_terminal(run, tmp_path):
    path = tmp_path / "x.csv"
    header = "date,shipper,consignee,\x1b[2Jgone,\u202eturned,[/]x\n"
    path.write_text(f"{header}2024-01-01,A\x1b[31m,B\x07,1,2,3\n", encoding="utf-8")
    status, said, _ = run("read", path)
    assert status == 0 and not set(said) & {"\x1b", "\x07", "\u202e"} and "[/]x" in said
    status, said, _ = run("read", path, "--format", "json")
    assert json.loads(said)[0]["unknown"][0].startswith("\x1b") and "\x1b" not in said


def test_a_saved_layout_is_toml_that_gives_the_same_records(run, two, tmp_path):
    layout = tmp_path / "my.toml"
    assert run("read", two, "--save-layout", layout, "-q") == (0, "", "")
    text = layout.read_text(encoding="utf-8")
    fields = tomllib.loads(text)["fields"]
    assert fields["value_usd"] == ["FOB USD", "CIF USD"]
    assert set(fields["consignee"]) == {"BUYER", "IMPORTER EN", "IMPORTER"}
    assert fields["consignee"][-1] == "IMPORTER", "it speaks where the other says nothing"
    assert "Kenya Import.csv" in text and "REMARK" in text and "0.9" in text
    before, after = read_records(two), read_records(two, layout=layout)
    pd.testing.assert_frame_equal(before.table, after.table)
    assert {c for s in after.sheets for _, c in s.columns.values()} == {1.0}


def test_a_corrected_layout_is_believed(run, two, tmp_path):
    layout = tmp_path / "my.toml"
    run("read", two, "--save-layout", layout)
    text = layout.read_text(encoding="utf-8")
    layout.write_text(text.replace("# origin_country = []", 'origin_country = ["DESCRIPTION"]')
                      .replace('description = ["DESCRIPTION"]', ""), encoding="utf-8")  # fmt: skip
    said = json.loads(run("read", two, "--layout", layout, "--format", "json")[1])
    assert said[0]["columns"]["origin_country"] == {"header": "DESCRIPTION", "confidence": 1.0}


def test_a_header_that_means_two_fields_stands_under_one(tmp_path):
    (tmp_path / "a.csv").write_text("date,exporter,buyer,country\n2024-01-01,A,B,CN\n")
    (tmp_path / "b.csv").write_text("date,supplier,importer,COUNTRY\n2024-01-01,A,B,CN\n")
    records = read_records(tmp_path)
    records.sheets[0].columns["origin_country"] = ("country", 0.6)
    records.sheets[1].columns["destination_country"] = ("COUNTRY", 0.6)
    records.save_layout(tmp_path / "my.toml")
    read_records(tmp_path / "a.csv", layout=tmp_path / "my.toml")
    assert "for more rows it is" in (tmp_path / "my.toml").read_text()


def test_out_writes_the_records_and_what_was_rejected_beside_them(run, write_csv, tmp_path):
    bad = [("X1", "31/31/2024", *ROUTE[0][2:]), ROUTE[0]]
    path = write_csv([*ROUTE, *BYSTANDERS, *bad])
    out = tmp_path / "new" / "records.parquet"
    status, said, _ = run("read", path, "--out", out)
    assert status == 0 and "Rows: 25 in, 23 used, 1 rejected, 1 duplicate (1 sheet)" in said
    assert sorted(p.name for p in out.parent.iterdir()) == [
        "duplicates.csv", "records.parquet", "rejected.csv",
    ]  # fmt: skip
    written, read = pd.read_parquet(out), read_records(path)
    assert list(written.columns) == list(read.table.columns)
    assert written["record_id"].tolist() == read.table["record_id"].tolist()
    rejected = pd.read_csv(out.parent / "rejected.csv")
    assert rejected["value"].tolist() == ["31/31/2024"]
    duplicates = pd.read_csv(out.parent / "duplicates.csv")
    assert duplicates["record_id"].tolist() == ["R1"]
    again = tmp_path / "again" / "records.parquet"
    assert run("read", path, "--out", again, "--quiet")[:2] == (0, "")
    for name in ("records.parquet", "rejected.csv", "duplicates.csv"):
        assert (again.parent / name).read_bytes() == (out.parent / name).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "status", "word"),
    [
        (["missing.csv"], 1, "missing.csv"),
        (["empty.csv"], 1, "empty.csv"),
        (["good.csv", "--format", "xml"], 2, "xml"),
        (["good.csv", "--layout", "nothing"], 2, "nothing"),
        (["good.csv", "--layout", "bad.toml"], 1, "bad.toml"),
        (["good.csv", "--out", "records.docx"], 2, "records.docx"),
        (["good.csv", "empty.csv", "--strict"], 1, "empty.csv"),
        (["good.csv", "--out", "empty.csv/below/r.parquet"], 1, "empty.csv"),
        (["good.csv", "--save-layout", "empty.csv/my.toml"], 1, "empty.csv"),
        (["good.csv", "--save-layout", "folder"], 1, "folder"),
        (["empty.csv", "--out", "made/r.parquet"], 1, "empty.csv"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(
    run, write_csv, tmp_path, monkeypatch, arguments, status, word
):
    monkeypatch.chdir(tmp_path)
    write_csv(ROUTE, "good.csv")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "bad.toml").write_text("[fields]\nshiper = 'x'\n")
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.rglob("*"))
    got, said, error = run("read", *arguments)
    assert (got, said) == (status, "") and word in error and error.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_an_unreadable_file_among_others_is_said(run, write_csv, tmp_path):
    good = write_csv(ROUTE)
    (tmp_path / "empty.csv").write_text("")
    sheets = json.loads(run("read", good, tmp_path / "empty.csv", "--format", "json")[1])
    assert [sheet["kind"] for sheet in sheets] == ["other", "records"]
    assert sheets[0]["warnings"] == ["not used: an empty file; give a file with a table"]
    status, _, warned = run("read", good, tmp_path / "empty.csv", "--out", tmp_path / "r.parquet")
    assert status == 0 and "empty.csv" in warned


def test_in_a_terminal_that_knows_only_ascii(two):
    done = subprocess.run(
        [sys.executable, "-m", "chipflow", "read", str(two)],
        capture_output=True,
        env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": ":".join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    assert b"consignee" in done.stdout


def test_explain_names_ports(run, tmp_path):
    file = tmp_path / "Kenya Import.csv"
    text = "DATE,IMPORTER,SUPPLIER,POL,PORT OF DISCHARGE\n2024-03-20,NAIROBI,Alba,CNSHA,MOMBASA\n"
    file.write_text(text, encoding="utf-8")
    said = json.loads(run("read", file, "--explain", "--format", "json")[1])[0]
    ports = {name: said["columns"][name]["header"] for name in ("export_port", "import_port")}
    assert ports == {"export_port": "POL", "import_port": "PORT OF DISCHARGE"}
    assert said["unknown"] == []


def test_read_replaces_no_other_file_in_silence(tmp_path):
    def read(name, *options, out="records.csv"):
        source = tmp_path / f"{name}.csv"
        source.write_text(
            "shipper,consignee,description,date,shipper country,consignee country\n"
            f"{name} Ltd,B Pte,H100 CARD,2024-01-05,US,SG\n{name} Ltd,B Pte,CARD,no day,US,SG\n",
            encoding="utf-8",
        )  # fmt: skip
        path = str(tmp_path / "out" / out)
        return CliRunner().invoke(cli.app, ["read", str(source), "--out", path, "-q", *options])

    assert read("one").exit_code == 0
    assert read("one").exit_code == 0, "the same again"
    kept = (tmp_path / "out" / "records.csv").read_bytes()
    refused = read("two")
    assert isinstance(refused.exception, OutputError)
    assert "records.csv: is there and holds something else" in str(refused.exception)
    assert (tmp_path / "out" / "records.csv").read_bytes() == kept
    beside = read("two", out="two.csv")
    assert beside.exit_code == 0 and "rejected.csv of other records was replaced" in beside.stderr
    assert read("two", "--force").exit_code == 0
    assert (tmp_path / "out" / "records.csv").read_bytes() != kept
