"""How fast the main job is, and how it grows.

Simulates records of three sizes, runs the main job on each in a fresh process, and prints rows
per second, peak memory and the ratio to `pandas.read_csv` of the same files in the same run.
n log n growth from one size to the next is a factor of about 12; more than that is an error.

    python benchmarks/main_job.py [--sizes 5000 50000 500000]
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

SIZES = (5_000, 50_000, 500_000)
# Timing below this is start-up, not work: growth is judged by what is above it.
NOISE = 0.5  # seconds
# A machine shared with others is this much slower now and then.
SLACK = 1.25  # times n log n


class Watch:
    """Records how long each stage takes."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def stage(self, name: str, total: int | None = None) -> Watch:
        self.name, self.began = name, time.perf_counter()
        return self

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *error: object) -> None:
        took = time.perf_counter() - self.began
        self.seconds[self.name] = self.seconds.get(self.name, 0.0) + took

    def advance(self, steps: int = 1) -> None:
        pass


def run_once(folder: Path) -> dict[str, object]:
    import pandas as pd

    from chipflow.run import analyze

    files = sorted(path for path in (folder / "records").iterdir() if path.suffix == ".csv")
    begin = time.perf_counter()
    for path in files:
        text = path.open(encoding="utf-8").read(4000)
        pd.read_csv(path, sep=";" if text.count(";") > text.count(",") else ",", skiprows=1)
    plain = time.perf_counter() - begin
    watch = Watch()
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as out:
        run = analyze(files, out, progress=watch)
    return {
        "rows": run.summary["counts"]["rows_in"],
        "leads": len(run.leads),
        "seconds": time.perf_counter() - begin,
        "pandas": plain,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "stages": watch.seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        print(json.dumps(run_once(options.run)))
        return
    results = []
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            from chipflow.simulate import simulate

            simulate(records=size, seed=11, layouts=("bill_of_lading",)).write(folder)
            done = subprocess.run(
                [sys.executable, __file__, "--run", folder], capture_output=True, text=True
            )
            if done.returncode:
                sys.exit(done.stderr)
            results.append(json.loads(done.stdout.splitlines()[-1]))
    report(results)


def report(results: list[dict[str, object]]) -> None:
    print("rows      seconds  rows/s   peak MB  x pandas.read_csv  leads")
    for one in results:
        print(
            f"{one['rows']:>8,}  {one['seconds']:>7.1f}  {one['rows'] / one['seconds']:>7,.0f}"
            f"  {one['peak_mb']:>7.0f}  {one['seconds'] / one['pandas']:>17.1f}  {one['leads']:>5}"
        )
    failed = False
    for small, large in pairwise(results):
        n, m = small["rows"], large["rows"]
        allowed = m * math.log(m) / (n * math.log(n)) * SLACK
        print(f"\n{n:,} to {m:,} rows: n log n allows a factor of {allowed:.1f}")
        for name, seconds in large["stages"].items():
            before = max(small["stages"].get(name, 0.0), NOISE)
            factor = seconds / before
            mark = "" if factor <= allowed else "  <- grows faster than n log n"
            failed |= bool(mark)
            print(f"  {name:<48} {seconds:>7.2f} s  x {factor:>5.1f}{mark}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
