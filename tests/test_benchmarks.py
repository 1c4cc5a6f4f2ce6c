"""The scripts whose figures the documentation quotes still run."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize("command", ["ablation", "peers", "bars"])
def test_tracing_runs_on_a_small_world(command, tmp_path):
    if command == "peers":
        pytest.importorskip("pyod", reason="one peer comes with the extra bench")
    small = ["--seeds", "1", "--records", "1500", "--processes", "1"]
    out = (
        ["--null-worlds", "1", "--part", "words", "--out", str(tmp_path)]
        if command == "ablation"
        else []
    )
    done = subprocess.run(
        [sys.executable, "benchmarks/tracing.py", command, *small, *out],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    # A bar that is missed on a small world is an answer; an error is none.
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    assert "recall" in done.stdout
    if command == "ablation":
        assert {path.name for path in tmp_path.iterdir()} == {"ablation.png", "calibration.png"}
