"""Runs that are made again and again: ids that stay, what is new, options in a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pandas as pd
import pytest

import chipflow as cf
from chipflow.cli_config import read_config
from tests.conftest import BYSTANDERS, ROUTE, table


def route(name, month, *companies, chip="NVIDIA H100 80GB PCIE GPU CARD", number=64):
    """Three shipments from the US by Singapore and Malaysia to China."""
    first, second, third = companies
    hops = [("Northfield Semiconductor Inc", "US", first, "SG", chip, 1.7, 29_000),
            (first, "SG", second, "MY", "COMPUTER PARTS", 1.703, 29_700),
            (second, "MY", third, "CN", "COMPUTER PARTS", 1.697, 32_800)]  # fmt: skip
    return [
        (f"{name}{hop}", f"2024-{month:02d}-{8 * hop:02d}", *pair, "847330", what, number, "PCS",
         round(number * kg, 1), float(number * usd))
        for hop, (*pair, what, kg, usd) in enumerate(hops, start=1)
    ]  # fmt: skip


GONE = route("G", 3, "Merlion Quartz Pte Ltd", "Johor Tin Sdn Bhd", "Suzhou Orchard Co Ltd")
NEW = route("N", 6, "<b>Katong</b> Reef Pte Ltd", "Penang Slate Sdn Bhd", "=Wuxi Willow Co Ltd",
            number=48)  # fmt: skip
GROWN = route("W", 5, "Straits Bright Pte Ltd", "Selangor Peak Sdn Bhd", "Pudong Harvest Co Ltd",
              number=40)  # fmt: skip


@pytest.fixture(scope="module")
def weeks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weeks")
    for week, rows in (("old", [*ROUTE, *GONE]), ("new", [*ROUTE, *GROWN, *NEW])):
        table([*rows, *BYSTANDERS]).to_csv(folder / f"{week}.csv", index=False)
        cf.analyze(folder / f"{week}.csv", folder / week)
    return folder


def by_records(folder):
    leads = pd.read_csv(folder / "leads.csv")
    return {ids[:2]: lead for lead, ids in zip(leads["lead_id"], leads["record_ids"], strict=True)}


def test_a_lead_keeps_its_id_when_records_are_added(weeks):
    old, new = by_records(weeks / "old"), by_records(weeks / "new")
    assert set(old) == {"G1", "R1"} and set(new) == {"N1", "R1"}
    assert old["R1"] == new["R1"]
    assert len({*old.values(), *new.values()}) == 3
    for table_of in ("lead_steps", "lead_links", "evidence"):
        found = pd.read_parquet(weeks / "new" / f"{table_of}.parquet")
        assert set(found["lead_id"]) == set(new.values())


def test_ids_are_unique_where_companies_and_chips_are_the_same():
    from chipflow.leads.lead_id import unique_ids

    leads = pd.DataFrame({
        "lead_id": ["L-1", "L-1", "L-2", "L-1"],
        "first_date": ["2024-03-01", "2024-01-01", "2024-01-01", "2024-03-01"],
        "record_ids": ["b", "c", "d", "a"],
    })  # fmt: skip
    assert unique_ids(leads).tolist() == ["L-1-3", "L-1", "L-2", "L-1-2"]


def test_diff_says_what_is_new_and_why(weeks, run):
    status, said, _ = run("diff", weeks / "old", weeks / "new", "--format", "json")
    news = json.loads(said)
    assert status == 1 and news["news"]
    assert news["counts"] == {"new": 1, "grown": 1, "changed": 0, "gone": 1, "unchanged": 0}
    leads = {lead["change"]: lead for lead in news["leads"]}
    assert leads["new"]["reasons"] == ["3 records of 3 not in the older records"]
    assert leads["grown"]["records_added"] == 3 and leads["grown"]["records_lost"] == 0
    assert leads["grown"]["reasons"][0] == "3 records added"
    assert leads["grown"]["old_units"] == 64 and leads["grown"]["units"] == 104
    assert leads["gone"]["reasons"] == ["3 records of 3 not in the newer records"]
    assert leads["gone"]["lead_id"] is None and leads["gone"]["units"] is None


def test_diff_as_text_csv_and_page_is_inert(weeks, run, tmp_path):
    status, said, _ = run("diff", weeks / "old", weeks / "new")
    assert status == 1 and said.startswith("News: 1 new, 1 grown, 0 changed, 1 gone")
    status, said, _ = run("diff", weeks / "old", weeks / "new", "--format", "csv")
    assert status == 1 and said.startswith("change,lead_id,") and "\n=" not in said
    page = tmp_path / "news.html"
    status, said, _ = run("diff", weeks / "old", weeks / "new", "--format", "html", "--out", page)
    assert status == 1 and said == ""
    text = page.read_text("utf-8")
    assert "<b>Katong" not in text and "Katong" in text and "default-src" in text


def test_no_news_and_errors_have_their_own_exit_status(weeks, run, tmp_path):
    status, said, _ = run("diff", weeks / "new", weeks / "new")
    assert status == 0 and said.startswith("No news: 0 new, 0 grown, 0 changed, 0 gone, 2 unch")
    status, _, error = run("diff", weeks / "new", tmp_path)
    assert status == 2 and "run.json" in error
    assert run("diff", weeks / "new", weeks / "new", "--format", "xml")[0] == 2


def test_a_lead_set_aside_later_says_so(weeks):
    old = cf.diff(weeks / "old", weeks / "old")
    assert not old and len(old) == 0 and old.unchanged == 2
    leads = cf.diff.__globals__["read_leads"](weeks / "old")
    asked = cf.find_leads(leads.network, until="2024-03-10")
    gone = cf.diff(weeks / "old", asked)
    assert gone.counts["gone"] == 2 and "until was not set, now 2024-03-10" in gone.to_text()


def test_out_never_replaces_results_of_other_records(weeks, run, tmp_path):
    before = (weeks / "old" / "leads.csv").read_bytes()
    status, _, error = run("analyze", weeks / "new.csv", "--out", weeks / "old", "-q")
    assert status == 1 and "old.csv" in error and "--force" in error and error.count("\n") == 1
    assert (weeks / "old" / "leads.csv").read_bytes() == before
    (tmp_path / "leads.csv").write_text("my own")
    status, _, error = run("analyze", weeks / "new.csv", "--out", tmp_path, "-q")
    assert status == 1 and (tmp_path / "leads.csv").read_text() == "my own"


def test_config_holds_all_options_and_json_is_alone_on_stdout(weeks, run, tmp_path):
    (tmp_path / "run.toml").write_text(
        'records = ["*.csv"]\nout = "results"\ndestination = ["CN"]\nwindow = 90\nmax-hops = 3\n'
        'seed = 5\nsince = 2024-01-01\nformat = "json"\n'
    )
    table([*ROUTE, *BYSTANDERS]).to_csv(tmp_path / "week.csv", index=False)
    status, said, _ = run("analyze", "--config", tmp_path / "run.toml", "--seed", 7)
    outline = json.loads(said)
    assert status == 0 and outline["folder"] == str(tmp_path / "results")
    asked = outline["parameters"]
    assert (asked["window_days"], asked["most_hops"], asked["seed"]) == (90, 3, 7)
    assert asked["destination"] == ["CN"] and asked["since"] == "2024-01-01"
    assert [lead["countries"] for lead in outline["leads"]] == [["US", "SG", "MY", "CN"]]
    assert outline["counts"]["leads"] == 1 and outline["verdict"]["kind"] == "leads"
    # The same records again: their results are replaced without being asked.
    assert run("analyze", "--config", tmp_path / "run.toml", "-q")[0] == 0


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("windows = 3", "did you mean window"),
        ("window = 'long'", "give a whole number"),
        ("window = 0", "from 1 on"),
        ("records = [1]", "records"),
        ("strict = 1", "true or false"),
        ("= 3", "no TOML"),
    ],
)
def test_a_config_without_meaning_is_a_usage_error(run, tmp_path, line, word):
    (tmp_path / "run.toml").write_text(line)
    status, _, error = run("analyze", "--config", tmp_path / "run.toml")
    assert status == 2 and word in error and "run.toml" in error and error.count("\n") == 1


def test_every_option_of_analyze_can_be_in_a_config():
    import typer.main

    from chipflow.cli import app

    command = typer.main.get_command(app).commands["analyze"]
    names = {one.opts[-1].lstrip("-").replace("-", "_") for one in command.params}
    names = {max((o for o in one.opts), key=len).lstrip("-").replace("-", "_")
             for one in command.params}  # fmt: skip
    from chipflow.cli_config import OPTIONS

    assert names - {"config", "help"} == set(OPTIONS)


def test_paths_in_a_config_are_beside_it(tmp_path):
    (tmp_path / "run.toml").write_text(
        f'records = ["in/*.csv", "{tmp_path}/x.csv", "postgresql://h/d"]\nlayout = "generic"\n'
    )
    read = read_config(tmp_path / "run.toml")
    assert read["records"] == [f"{tmp_path}/in/*.csv", f"{tmp_path}/x.csv", "postgresql://h/d"]
    assert read["layout"] == "generic"


def test_the_shell_completes():
    # As bash asks when the Tab key is pressed behind "chipflow an".
    asked = {"_CHIPFLOW_COMPLETE": "complete_bash", "COMP_WORDS": "chipflow an", "COMP_CWORD": "1"}
    code = "import sys; sys.argv = ['chipflow']; from chipflow.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **asked}
    )
    assert done.returncode == 0 and done.stdout.split() == ["analyze"]
