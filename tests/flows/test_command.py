"""``chipflow flows``: a folder of tables and pages, the same bytes for the same input."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from typer.testing import CliRunner

from chipflow.cli import app
from chipflow.errors import OutputError
from chipflow.flows import read_flows
from tests.flows.worlds import written, yearly_exports

FILES = {
    "countries.csv", "routes.csv", "mirror.csv", "unit_values.csv", "series.parquet",
    "coverage.csv", "map.html", "report.html", "run.json", "rejected.csv", "gravity.csv",
    "counterfactuals.csv",
}  # fmt: skip
COLUMNS = {
    "countries.csv": "country,role,change,low,high,p_value,q_value,reasons,innocent_explanations",
    "routes.csv": "rank,origin,third,destination,period,value_usd,low,high,share,p_value,q_value",
    "mirror.csv": "exporter,importer,period,hs,exports_usd,imports_usd,log_gap,additional_usd,"
    "unrecorded_usd,unrecorded_share,low,high,status",
}


def run(source, out, *more):
    arguments = [str(source), "--origin", "DE", "--destination", "RU", "--event", "2022-03-01"]
    return CliRunner().invoke(app, ["flows", *arguments, "--out", str(out), *more])


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flows")
    frame = yearly_exports()
    frame = pd.concat([frame, frame.assign(partnerISO="<b>", period=2020).head(1)])
    source = written(frame, folder / "exports.csv")
    result = run(source, folder / "out", "--third", "KZ,AM")
    assert result.exit_code == 0, result.output
    return folder, result, frame


def test_the_folder(done):
    folder, result, _ = done
    out = folder / "out"
    assert {path.name for path in out.iterdir()} == FILES
    for name, columns in COLUMNS.items():
        assert (out / name).read_text().splitlines()[0] == columns
    series = pd.read_parquet(out / "series.parquet")
    assert list(series.columns[:10]) == [
        "reporter", "partner", "flow", "period", "hs", "value_usd", "weight_kg", "quantity",
        "quantity_unit", "source",
    ]  # fmt: skip
    summary = json.loads((out / "run.json").read_text())
    counts = summary["counts"]
    assert counts.pop("rows_in") == sum(counts.values())
    assert summary["details"]["divert"]["total"]["partners' growth"]["share"] > 0.3
    assert "share of the fall" in result.output and "no proof" in result.output
    coverage = pd.read_csv(out / "coverage.csv")
    assert list(coverage.columns[:5]) == ["reporter", "period", "rows", "total", "status"]


def test_pages_ask_for_nothing_and_run_no_text_of_a_file(done):
    folder, _, _ = done
    for name in ("map.html", "report.html"):
        page = (folder / "out" / name).read_text()
        assert "Content-Security-Policy" in page
        assert not re.search(r'(?:src|href)="https?:', page)
        assert "<b>" not in page.split("<body>")[1].replace("<b>simulated", "")
    assert "&lt;b&gt;" in (folder / "out" / "report.html").read_text()


def test_pages_explain_their_colours_and_give_no_verdict(done):
    folder, _, _ = done
    drawing, report = ((folder / "out" / name).read_text() for name in ("map.html", "report.html"))
    for said in ("more trade than expected", "less trade than expected", "direct trade"):
        assert said in drawing
    assert "What would look the same and be innocent" in report
    assert not re.search(r"\b(un)?lawful\b", drawing + report)


def test_the_same_bytes_whatever_the_order_of_rows(done):
    folder, _, frame = done
    shuffled = frame.sample(frac=1.0, random_state=3)
    again = folder / "again"
    again.mkdir()
    source = written(shuffled, again / "exports.csv")
    result = run(source, again / "out", "--third", "KZ,AM", "--quiet")
    assert result.exit_code == 0 and not result.stdout and "! coverage:" in result.stderr
    for name in sorted(FILES - {"run.json", "rejected.csv", "report.html", "series.parquet"}):
        assert (again / "out" / name).read_bytes() == (folder / "out" / name).read_bytes(), name
    columns = ["reporter", "partner", "flow", "period", "hs", "value_usd"]
    tables = [
        pd.read_parquet(place / "out" / "series.parquet", columns=columns)
        for place in (folder, again)
    ]
    pd.testing.assert_frame_equal(*tables)


def test_series_can_be_read_again(done):
    folder, _, _ = done
    flows = read_flows(folder / "out" / "series.parquet")
    first = read_flows(folder / "exports.csv")
    assert len(flows) == len(first)
    again = flows.divert("DE", "RU", "2022-03-01", third="KZ").details["total"]
    for method, total in (
        first.divert("DE", "RU", "2022-03-01", third="KZ").details["total"].items()
    ):
        assert again[method] == pytest.approx(total)


def test_without_third_countries_named(done):
    folder, _, _ = done
    result = run(folder / "exports.csv", folder / "free")
    assert result.exit_code == 0, result.output
    routes = pd.read_csv(folder / "free" / "routes.csv")
    assert routes["third"].tolist()[0] == "KZ"


def test_nothing_to_compare_still_says_why(tmp_path):
    source = written(yearly_exports(first=2022), tmp_path / "exports.csv")
    result = run(source, tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "less than a year before" in result.output
    assert (tmp_path / "out" / "report.html").read_text().count("less than a year before") >= 1
    assert pd.read_csv(tmp_path / "out" / "routes.csv").empty


def test_wrong_options(tmp_path):
    from chipflow.errors import InputError, ParameterError

    source = written(yearly_exports(first=2022), tmp_path / "exports.csv")
    found = run(source, tmp_path / "out", "--third", "Atlantis").exception
    assert isinstance(found, ParameterError) and "Atlantis" in str(found)
    assert isinstance(run(tmp_path / "none.csv", tmp_path / "out").exception, InputError)


def test_results_of_other_files_are_not_replaced_in_silence(done, tmp_path):
    folder, _, frame = done
    out = tmp_path / "out"
    assert run(folder / "exports.csv", out).exit_code == 0
    before = (out / "run.json").read_bytes()
    other = written(frame.assign(primaryValue=frame["primaryValue"] * 2), tmp_path / "other.csv")
    refused = run(other, out)
    assert isinstance(refused.exception, OutputError)
    assert "exports.csv" in str(refused.exception) and "--force" in str(refused.exception)
    assert (out / "run.json").read_bytes() == before
    assert run(other, out, "--force").exit_code == 0
