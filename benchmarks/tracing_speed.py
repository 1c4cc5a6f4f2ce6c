"""Time and memory of tracing, as ratios to a plain read of the same CSV in the same run."""

from __future__ import annotations

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reading import peak_mb

SEED = 3000  # of the world that is timed
SMALLER = 10  # growth is judged from a world so many times smaller
# Bars, all as ratios in one run.
MOST_LEADS = 15.0  # tracing, null draws, leads and intervals, times the read
MOST_GROWTH = 12.0  # time for ten times the rows
MOST_MB = 2_000.0  # peak memory of finding leads

CSV, FRAMES = "records/bills_of_lading.csv", "network.pickle"
Facts = dict[str, Any]


def prepare(folder: Path, rows: int) -> Facts:
    """Make a world as one CSV file, and the network of its records."""
    import chipflow as cf
    from chipflow.simulate import simulate

    begin = time.perf_counter()
    made = simulate(records=rows, seed=SEED, noise=0.01, layouts=("bill_of_lading",))
    made.write(folder)
    del made
    network = cf.build_network(cf.read_records(folder / "records"))
    shipments = network.shipments
    frames = (shipments, network.directory, network.spellings, network.shared_attributes)
    with (folder / FRAMES).open("wb") as file:
        pickle.dump(frames, file)
    return {"rows": len(shipments), "seconds": time.perf_counter() - begin}


def read_and_group(folder: Path, rows: int) -> Facts:
    """Have DuckDB read the world's CSV and sum up what each pair of companies traded."""
    import duckdb

    begin = time.perf_counter()
    with duckdb.connect() as connection:
        # Every column, as anything needs them that looks at goods.
        connection.execute(
            "CREATE TABLE records AS SELECT * FROM read_csv(?, skip = 1, header = true)",
            [(folder / CSV).as_posix()],
        )
        connection.execute(
            "CREATE TABLE trade AS SELECT SHIPPER_NAME, CONSIGNEE_NAME, count(*) AS lots, "
            "min(ARRIVAL_DATE) AS first, max(ARRIVAL_DATE) AS last, sum(GROSS_WEIGHT_KG) AS kg, "
            "sum(VALUE_USD) AS usd FROM records GROUP BY ALL"
        )
        grouped = connection.execute("SELECT sum(lots) FROM trade").fetchall()[0][0]
    return {"seconds": time.perf_counter() - begin, "rows": int(grouped)}


def leads(folder: Path, rows: int) -> Facts:
    """Trace, draw null pairs, weigh and bound, on a network that was built before."""
    from chipflow import find_leads
    from chipflow.network.build import Network

    with (folder / FRAMES).open("rb") as file:
        shipments, directory, spellings, links = pickle.load(file)
    network = Network(shipments, directory, spellings, None, links)
    loaded = peak_mb()
    begin = time.perf_counter()
    found = find_leads(network, null_draws=200)
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "rows": len(shipments), "leads": len(found), "loaded_mb": loaded}


STAGES: dict[str, Callable[[Path, int], Facts]] = {
    one.__name__: one
    for one in (
        prepare,
        read_and_group,
        leads,
    )
}


def run_stage(name: str, folder: Path, rows: int) -> int:
    """Run one stage in this process and print what it found as JSON."""
    print(json.dumps({**STAGES[name](folder, rows), "peak_mb": peak_mb()}))
    return 0


def _fresh(stage: Callable[..., Facts], folder: Path, rows: int, runs: int = 1) -> Facts:
    """Run a stage in fresh processes; others on the machine only ever make a run slower."""
    script = Path(__file__).with_name("tracing.py")
    command = [sys.executable, str(script), "stage", stage.__name__, str(folder), str(rows)]
    found = []
    for _ in range(runs):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        found.append(json.loads(done.stdout.splitlines()[-1]))
    fastest = min(found, key=lambda one: one["seconds"])
    return {**fastest, "peak_mb": max(one["peak_mb"] for one in found)}


def run(options: argparse.Namespace) -> int:
    """Print times, memory and ratios; exit status 1 where a bar is missed."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        large, small = folder / str(options.rows), folder / str(options.rows // SMALLER)
        for where, rows in ((large, options.rows), (small, options.rows // SMALLER)):
            if not (where / FRAMES).exists():
                where.mkdir(parents=True, exist_ok=True)
                made = _fresh(prepare, where, rows)
                print(f"a world of {rows:,} records, network built in {made['seconds']:.0f} s")
        return _report(options, large, small)


def _report(options: argparse.Namespace, large: Path, small: Path) -> int:
    rows, runs = options.rows, options.runs
    read = _fresh(read_and_group, large, rows, runs)
    found = _fresh(leads, large, rows)
    before = _fresh(leads, small, rows // SMALLER, runs)
    print()
    for name, one in (
        ("a  DuckDB reads and groups the world", read),
        (f"d  find_leads, 200 null draws, {found['leads']} leads", found),
        (f"d  the same, {before['rows']:,} rows, {before['leads']} leads", before),
    ):
        print(f"  {name:<48} {one['seconds']:>8.2f} s  {one['peak_mb']:>7,.0f} MB")
    print(f"  (loading the network for d takes {found['loaded_mb']:,.0f} MB of its peak)")
    missed = 0
    for name, value, bar, least in (
        ("d/a", found["seconds"] / read["seconds"], MOST_LEADS, False),
        (
            f"d for {SMALLER} times the rows",
            found["seconds"] / before["seconds"],
            MOST_GROWTH,
            False,
        ),
        ("peak memory of d in MB", found["peak_mb"], MOST_MB, False),
    ):
        kept = value >= bar if least else value <= bar
        missed += not kept
        bound = f"at {'least' if least else 'most'} {bar:,.0f}"
        print(f"{name:<28} {value:>9,.1f}  {bound}{'' if kept else '  MISSED'}")
    return 1 if missed else 0
