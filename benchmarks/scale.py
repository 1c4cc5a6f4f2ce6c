"""How long the whole analysis takes, as a multiple of DuckDB reading and grouping the same file.

Simulates records of several sizes. For each, times in fresh processes the command
``chipflow analyze`` and DuckDB, which reads the same CSV and counts its pairs of companies; prints
the ratio, the processor time, the peak memory and the stages (from ``run.json``), and how the time
grows from one size to the next. The exit status is 1 if a bar is missed.

    python benchmarks/scale.py [--sizes 5000 50000 500000]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

SIZES = (5_000, 50_000, 500_000)
SEED = 11
RUNS_OF_DUCKDB = 3  # the fastest counts
# Bars: of a small file the seconds from the shell, of a million records the ratio and the memory.
SMALL, SMALL_SECONDS = 10_000, 5.0
LARGE, LARGE_RATIO, LARGE_MB = 900_000, 25.0, 2_048
GROWTH = 11.0  # of the time, for ten times the records
START = 5.0  # seconds below which growth is start-up

# The second line of a simulated bill of lading names its columns.
DUCKDB = """
import sys, time, duckdb
begin = time.perf_counter()
duckdb.execute(
    "select shipper_name, consignee_name, count(*) "
    "from read_csv(?, skip = 1, header = true, all_varchar = true) group by all", [sys.argv[1]]
).fetchall()
print(time.perf_counter() - begin)
"""


def duckdb_seconds(file: Path) -> float:
    """Seconds in which DuckDB reads a file and counts the records of each pair of companies."""
    command = [sys.executable, "-c", DUCKDB, str(file)]
    return min(
        float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        for _ in range(RUNS_OF_DUCKDB)
    )


def analyze(file: Path, out: Path) -> dict[str, Any]:
    """Run the command on a file, and say what it took."""
    command = [sys.executable, "-c", "from chipflow.cli import main; main()", "analyze"]
    begin, before = time.perf_counter(), os.times()
    subprocess.run([*command, str(file), "--out", str(out), "--quiet"], check=True)
    seconds, after = time.perf_counter() - begin, os.times()
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    peaks = [one["peak_mb"] for one in run["stages"] if one["peak_mb"]]
    return {
        "rows": run["counts"]["rows_in"],
        "leads": run["counts"]["leads"],
        "seconds": seconds,
        "processor": (after.children_user - before.children_user)
        + (after.children_system - before.children_system),
        "peak_mb": max(peaks, default=float("nan")),
        "stages": {one["stage"]: one["seconds"] for one in run["stages"]},
    }


def measure(size: int) -> dict[str, Any]:
    """Simulate so many records, and time both."""
    from chipflow.simulate import simulate

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate(records=size, seed=SEED, layouts=("bill_of_lading",)).write(folder)
        (file,) = (folder / "records").glob("*.csv")
        found = analyze(file, folder / "out")
        return {**found, "duckdb": duckdb_seconds(file)}


def report(results: list[dict[str, Any]]) -> bool:
    """Print what was measured; True if a bar is missed."""
    missed = False
    print("     rows  seconds  processor  DuckDB  ratio  peak MB  leads")
    for one in results:
        ratio = one["seconds"] / one["duckdb"]
        print(
            f"{one['rows']:>9,}  {one['seconds']:>7.1f}  {one['processor']:>9.1f}  "
            f"{one['duckdb']:>6.2f}  {ratio:>5.0f}  {one['peak_mb']:>7,.0f}  {one['leads']:>5,}"
        )
        small, large = one["rows"] <= SMALL, one["rows"] >= LARGE
        missed |= small and one["seconds"] > SMALL_SECONDS
        missed |= large and (ratio > LARGE_RATIO or one["peak_mb"] > LARGE_MB)
    for one in results:
        print(f"\n{one['rows']:,} rows, seconds of each stage")
        for name, seconds in one["stages"].items():
            print(f"  {name:<48} {seconds:>7.2f}")
    for less, more in pairwise(results):
        times = more["rows"] / less["rows"]
        factor = more["seconds"] / max(less["seconds"], START)
        print(f"\n{times:.1f} times the rows take {factor:.1f} times as long")
        missed |= factor > GROWTH * times / 10
    return missed


def main() -> None:
    """Measure every size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    sys.exit(report([measure(size) for size in parser.parse_args().sizes]))


if __name__ == "__main__":
    main()
