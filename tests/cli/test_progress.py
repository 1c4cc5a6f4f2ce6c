"""Long work says how far it is where there is no terminal, and how long it took afterwards."""

from __future__ import annotations

import json
import time

import pytest
from rich.console import Console

from chipflow import cli_progress
from chipflow.progress import Timed, silent
from tests.conftest import ROUTE


def test_without_a_terminal_a_line_comes_now_and_then(monkeypatch, capsys):
    monkeypatch.setattr(cli_progress, "EVERY", 0.05)
    watcher = cli_progress.progress_on(Console(stderr=True))
    with watcher.stage("counting", total=4) as step:
        step.advance(2)
        time.sleep(0.2)
    told = capsys.readouterr().err.splitlines()
    assert told and all(line.startswith("chipflow: counting, ") for line in told)
    assert "2 of 4" in told[0] and "left" in told[0]


def test_short_or_quiet_work_says_nothing(monkeypatch, capsys):
    with cli_progress.progress_on(Console(stderr=True)).stage("counting"):
        pass
    monkeypatch.setattr(cli_progress, "EVERY", 0.01)
    with cli_progress.progress_on(Console(stderr=True), quiet=True).stage("counting"):
        time.sleep(0.05)
    assert capsys.readouterr().err == ""


def test_json_lines_open_and_close_every_stage(capsys):
    watcher = cli_progress.progress_on(Console(stderr=True), quiet=True, log_json=True)
    with (
        watcher.stage("reading", total=1),
        pytest.raises(ValueError, match="broken"),
        watcher.stage("cleaning"),
    ):
        raise ValueError("broken")
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(one["event"], one["stage"]) for one in told] == [
        ("begin", "reading"), ("begin", "cleaning"), ("end", "cleaning"), ("end", "reading"),
    ]  # fmt: skip
    assert told[-1]["total"] == 1 and all(one["seconds"] >= 0 for one in told)


def test_stages_of_one_name_are_one_row_with_their_time_and_memory():
    timed = Timed(silent)
    for _ in range(2):
        with timed.stage("tracing"):
            time.sleep(0.02)
    (row,) = timed.stages
    assert row["stage"] == "tracing" and 0.04 <= row["seconds"] < 5
    assert row["peak_mb"] is None or row["peak_mb"] > 10


def test_run_json_says_how_long_each_stage_took(run, write_csv, tmp_path):
    status, _, error = run("analyze", write_csv(ROUTE), "--out", tmp_path / "out", "--log-json")
    assert status == 0
    stages = json.loads((tmp_path / "out" / "run.json").read_text())["stages"]
    assert stages[0]["stage"] == "reading files"
    events = [json.loads(line) for line in error.splitlines() if line.startswith("{")]
    assert {one["stage"] for one in events} == {one["stage"] for one in stages}
