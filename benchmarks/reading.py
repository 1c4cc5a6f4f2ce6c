"""How fast records are read and cleaned, beside a plain read of the same file by DuckDB.

Simulates records as one CSV file, then in fresh processes (a) reads the file with
`read_records`, counts the records and writes them as Parquet, and (b) has DuckDB read every
column of it into a table. Each is done several times and the fastest run of each counts, since
a machine shared with others only ever makes a run slower. More than 6 times as long, or more
than 2 GB of memory, is an error.

    python benchmarks/reading.py [--records 1000000] [--runs 3] [--file records.csv]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RECORDS = 1_000_000
RUNS = 3
# What reading, understanding and cleaning may cost beside reading alone.
MOST_TIMES = 6.0
# A laptop of 4 GB has about this much left beside its desktop.
MOST_MB = 2_000.0


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
        self.seconds[self.name] = time.perf_counter() - self.began

    def advance(self, steps: int = 1) -> None:
        pass


def with_chipflow(path: Path, out: Path) -> dict[str, object]:
    # Loading the libraries is no part of either side.
    import ibis.backends.duckdb  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow.csv
    import pyarrow.parquet  # noqa: F401
    import scipy.optimize  # noqa: F401

    from chipflow.records import read_records

    watch = Watch()
    begin = time.perf_counter()
    records = read_records(path, progress=watch)
    with watch.stage("counting and writing Parquet"):
        rows = int(records.expr.count().execute())
        records.expr.to_parquet(out / "records.parquet")
    seconds = time.perf_counter() - begin
    return {"rows": rows, "seconds": seconds, "stages": watch.seconds}


def with_duckdb(path: Path) -> dict[str, object]:
    import duckdb

    begin = time.perf_counter()
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE records AS SELECT * FROM read_csv(?, skip = 1, header = true)",
            [path.as_posix()],
        )
        rows = connection.execute("SELECT count(*) FROM records").fetchall()[0][0]
    return {"rows": rows, "seconds": time.perf_counter() - begin}


def peak_mb() -> float:
    """Return the most memory this process has had, in megabytes."""
    status = Path("/proc/self/status")
    if status.is_file():
        # Unlike `ru_maxrss`, this starts anew with the process and holds nothing of its parent.
        lines = status.read_text(encoding="ascii", errors="replace").splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def run_once(way: str, path: Path) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, __file__, "--way", way, "--file", str(path)],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def best(found: list[dict[str, object]]) -> dict[str, object]:
    fastest = min(found, key=lambda one: one["seconds"])
    return {**fastest, "peak_mb": max(one["peak_mb"] for one in found)}


def report(ours: dict[str, object], plain: dict[str, object]) -> None:
    ratio = ours["seconds"] / plain["seconds"]
    print("              rows  seconds    rows/s  peak MB  CPU s")
    for name, one in (("DuckDB", plain), ("chipflow", ours)):
        print(
            f"{name:<8} {one['rows']:>9,}  {one['seconds']:>7.2f}  "
            f"{one['rows'] / one['seconds']:>8,.0f}  {one['peak_mb']:>7,.0f}  "
            f"{one['cpu']:>5.1f}"
        )
    for name, seconds in ours["stages"].items():
        print(f"  {name:<30} {seconds:>6.2f} s")
    print(f"{ratio:.1f} times DuckDB's own read (at most {MOST_TIMES:g})")
    failed = ratio > MOST_TIMES or ours["peak_mb"] > MOST_MB
    if failed:
        print(f"too slow or too large: at most {MOST_TIMES:g} times and {MOST_MB:,.0f} MB")
    sys.exit(1 if failed else 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--file", type=Path, help="a CSV file with one line above its header")
    parser.add_argument("--way", choices=("chipflow", "duckdb"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.way:
            work = Path(folder)
            done = (
                with_duckdb(options.file)
                if options.way == "duckdb"
                else with_chipflow(options.file, work)
            )
            print(json.dumps({**done, "peak_mb": peak_mb(), "cpu": time.process_time()}))
            return
        path = options.file
        if path is None:
            from chipflow.simulate import simulate

            world = simulate(records=options.records, seed=11, layouts=("bill_of_lading",))
            world.write(folder)
            (path,) = (Path(folder) / "records").glob("*.csv")
        # In turns, so that both meet the machine in the same moods.
        found = [
            (run_once("duckdb", path), run_once("chipflow", path)) for _ in range(options.runs)
        ]
        report(best([ours for _, ours in found]), best([plain for plain, _ in found]))


if __name__ == "__main__":
    main()
