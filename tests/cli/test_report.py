from __future__ import annotations

import json

import pandas as pd
import pytest

from chipflow.cli_report import report_folder
from chipflow.errors import InputError, OutputError
from chipflow.run import analyze, sample_records
from chipflow.saved import FINDINGS, read_leads, save_findings


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    done = analyze(sample_records(), folder)
    save_findings(done.leads, folder)
    return done


def test_leads_come_back_as_they_were(run):
    saved = read_leads(run.folder)
    assert len(saved) == len(run.leads) > 0
    for name in ("table", "steps", "links", "evidence"):
        pd.testing.assert_frame_equal(getattr(saved, name), getattr(run.leads, name))
    columns = ["company_id", "name", "role", "throughput", "units_in", "first_date"]
    pd.testing.assert_frame_equal(
        saved.companies[columns], run.leads.companies[columns], check_dtype=False
    )
    assert saved.searched.records.counts == run.records.counts
    assert saved.searched.records.simulated
    assert saved[0].sentence == run.leads[0].sentence
    assert saved[0].settle == run.leads[0].settle


def test_report_from_a_folder_says_the_same(run, tmp_path):
    notes = tmp_path / "notes.md"
    notes.write_text("Read **this** first.", encoding="utf-8")
    xlsx = tmp_path / "leads.xlsx"
    (page, book) = report_folder(run.folder, out=tmp_path / "r.html", xlsx=xlsx, notes=notes)
    text = page.read_text("utf-8")
    assert "Read <strong>this</strong> first." in text
    before = (run.folder / "report.html").read_text("utf-8")
    for lead in run.leads.table["lead_id"].head(10):
        assert lead in text and lead in before
    figures = [part for part in before.split('"') if part.startswith("data:image/svg")]
    assert figures and all(figure in text for figure in figures)
    assert book == xlsx and len(pd.read_excel(xlsx, "Leads", engine="openpyxl")) == len(run.leads)


def test_what_is_missing_is_named(run, tmp_path):
    with pytest.raises(InputError, match=r"no run\.json in this folder; name a folder that"):
        report_folder(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps(run.summary), encoding="utf-8")
    with pytest.raises(InputError, match=r"companies\.csv: this file is missing; run chipflow"):
        report_folder(tmp_path)
    (tmp_path / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"run\.json: this file cannot be read"):
        read_leads(tmp_path)
    with pytest.raises(OutputError, match="there is no folder"):
        report_folder(run.folder, out=tmp_path / "nowhere" / "r.html")


def test_command_writes_what_was_asked_for(run, tmp_path):
    import typer
    from typer.testing import CliRunner

    from chipflow.cli_report import add_report_command
    from chipflow.progress import silent

    app = typer.Typer()
    app.callback()(lambda: None)
    add_report_command(app, lambda quiet: silent)
    out, xlsx = tmp_path / "r.html", tmp_path / "r.xlsx"
    done = CliRunner().invoke(app, ["report", str(run.folder), "--out", str(out), "--xlsx",
                                    str(xlsx)])  # fmt: skip
    assert done.exit_code == 0, done.output
    assert out.is_file() and xlsx.is_file()
    assert "r.xlsx" in done.output.replace("\n", "")


def test_findings_are_named_where_they_are_missing(run, tmp_path):
    for path in run.folder.iterdir():
        if path.is_file() and path.name not in FINDINGS.values():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(InputError, match=r"lead_steps\.parquet: this file is missing"):
        read_leads(tmp_path)


def test_guarded_cells_are_read_without_their_guard(run, tmp_path):
    for path in run.folder.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    table = pd.read_csv(tmp_path / "companies.csv", dtype=str, keep_default_na=False)
    table.loc[0, "name"] = "'=1+1"
    table.loc[1, "name"] = "'t Hooft BV"
    table.to_csv(tmp_path / "companies.csv", index=False)
    assert read_leads(tmp_path).companies["name"].head(2).tolist() == ["=1+1", "'t Hooft BV"]
