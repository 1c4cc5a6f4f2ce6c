"""Time and memory of tracing, as ratios to a plain read of the same CSV in the same run."""

from __future__ import annotations

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reading import peak_mb

SEED = 3000  # of the world that is timed
WINDOW = 60  # days
# How many continuations a shipment of a simulated world has varies with the seed, so the sweep is
# timed on the same records with companies drawn anew: their sizes are log-normal, and spread so
# far that a shipment has as many possible continuations as in the trial that set the bars.
PAIRS_EACH = 40.0  # pairs a shipment
SMALLER = 10  # growth is judged from a world so many times smaller
# Bars, all as ratios in one run.
MOST_SWEEP = 3.0  # ranges and one sweep, times the read
LEAST_GRAPH = 10.0  # graph and search in Python, times ranges and sweep
MOST_LEADS = 15.0  # tracing, null draws, leads and intervals, times the read
MOST_GROWTH = 12.0  # time for ten times the rows
MOST_MB = 2_000.0  # peak memory of finding leads

CSV, FRAMES = "records/bills_of_lading.csv", "network.pickle"
REDRAWN_CSV, MOVES = "redrawn.csv", "moves.parquet"
Facts = dict[str, Any]


def prepare(folder: Path, rows: int) -> Facts:
    """Make a world as one CSV file, the network of its records, and the redrawn trade."""
    import numpy as np
    import pandas as pd

    import chipflow as cf
    from chipflow.simulate import simulate

    begin = time.perf_counter()
    made = simulate(records=rows, seed=SEED, noise=0.01, layouts=("bill_of_lading",))
    made.write(folder)
    del made
    network = cf.build_network(cf.read_records(folder / "records"))
    shipments = network.shipments
    frames = (shipments, network.directory, network.spellings, network.links)
    with (folder / FRAMES).open("wb") as file:
        pickle.dump(frames, file)
    at_destination = shipments["to_country"].isin(("CN", "HK", "MO"))
    columns = ["record_id", "date", "date_precision", "units"]
    moves = shipments[columns].assign(
        source=shipments["chip"].notna() & ~at_destination, target=at_destination
    )
    rng = np.random.default_rng(SEED)
    number = len(network.directory)
    days = (moves["date"].max() - moves["date"].min()).days + 1
    share = _sizes(number, PAIRS_EACH * days / ((WINDOW + 1) * len(moves)))
    for side in ("shipper", "consignee"):
        who = rng.choice(number, len(moves), p=share)
        moves[f"{side}_id"] = network.directory["company_id"].to_numpy()[who]
        shipments[side] = network.directory["name"].to_numpy()[who]
    moves.to_parquet(folder / MOVES)
    named = pd.read_csv(folder / CSV, skiprows=1, nrows=0).columns
    words = {
        "BL_NO": "record_id",
        "ARRIVAL_DATE": "date",
        "SHIPPER_NAME": "shipper",
        "CONSIGNEE_NAME": "consignee",
        "COUNTRY_OF_ORIGIN": "origin_country",
        "GOODS_DESCRIPTION": "description",
        "UNIT": "quantity_unit",
        "GROSS_WEIGHT_KG": "weight_kg",
    }
    written = shipments[[words.get(name, name.lower()) for name in named]].set_axis(named, axis=1)
    with (folder / REDRAWN_CSV).open("w", encoding="utf-8", newline="") as file:
        file.write("SIMULATED RECORDS\n")
        written.to_csv(file, index=False, date_format="%Y-%m-%d")
    return {"rows": len(shipments), "seconds": time.perf_counter() - begin}


def _sizes(number: int, alike: float) -> Any:
    """Shares of trade of companies, so log-normal that two lots are of one at odds ``alike``."""
    import numpy as np
    from scipy.optimize import brentq
    from scipy.stats import norm

    at = norm.ppf((np.arange(number) + 0.5) / number)

    def share(spread: float) -> Any:
        size = np.exp(spread * at)
        return size / size.sum()

    return share(brentq(lambda spread: float((share(spread) ** 2).sum()) - alike, 0.0, 5.0))


def read_and_group(folder: Path, rows: int) -> Facts:
    """Have DuckDB read the world's CSV and sum up what each pair of companies traded."""
    return _read_and_group(folder / CSV)


def read_and_group_redrawn(folder: Path, rows: int) -> Facts:
    """Do the same with the redrawn trade."""
    return _read_and_group(folder / REDRAWN_CSV)


def _read_and_group(path: Path) -> Facts:
    import duckdb

    begin = time.perf_counter()
    with duckdb.connect() as connection:
        # Every column, as anything needs them that looks at goods.
        connection.execute(
            "CREATE TABLE records AS SELECT * FROM read_csv(?, skip = 1, header = true)",
            [path.as_posix()],
        )
        connection.execute(
            "CREATE TABLE trade AS SELECT SHIPPER_NAME, CONSIGNEE_NAME, count(*) AS lots, "
            "min(ARRIVAL_DATE) AS first, max(ARRIVAL_DATE) AS last, sum(GROSS_WEIGHT_KG) AS kg, "
            "sum(VALUE_USD) AS usd FROM records GROUP BY ALL"
        )
        rows = connection.execute("SELECT sum(lots) FROM trade").fetchall()[0][0]
    return {"seconds": time.perf_counter() - begin, "rows": int(rows)}


def _moves(folder: Path, rows: int) -> Any:
    import pandas as pd

    moves = pd.read_parquet(folder / MOVES)
    return moves.astype({"date": "datetime64[s]"}).head(rows)


def ranges_and_sweep(folder: Path, rows: int) -> Facts:
    """Time candidate ranges and one sweep with chipflow, from the table of shipments on."""
    from chipflow.network.sweep import Moves, candidate_ranges, sweep

    moves = _moves(folder, rows)
    begin = time.perf_counter()
    ranges = candidate_ranges(Moves.of(moves), WINDOW)
    total = ranges.total
    found = sweep(moves, moves["source"], moves["target"], WINDOW)
    seconds = time.perf_counter() - begin
    return {
        "seconds": seconds,
        "pairs": total,
        "rows": len(moves),
        "tainted": int(found["tainted"].notna().sum()),
        "reaches": int(found["reaches"].notna().sum()),
    }


def graph_and_search(folder: Path, rows: int) -> Facts:
    """Do the same with a networkx graph of all rows and a search along its edges in Python."""
    import networkx as nx

    from chipflow.network.sweep import MOST_HOPS

    moves = _moves(folder, rows)
    begin = time.perf_counter()
    day = (moves["date"].to_numpy().astype("datetime64[D]").astype(int)).tolist()
    shippers, consignees = moves["shipper_id"].tolist(), moves["consignee_id"].tolist()
    graph = nx.MultiDiGraph()
    for at, (shipper, consignee) in enumerate(zip(shippers, consignees, strict=True)):
        graph.add_edge(shipper, consignee, key=at, day=day[at])
    built = time.perf_counter() - begin
    nobody = [name for name in graph if name.startswith("unknown:")]

    def search(edges_of: Callable[..., Any], ends: list[str], start: list[int], way: int) -> int:
        """Go from edge to edge in time, each seen once; edges of a company sorted by day."""
        by_day = {
            name: sorted((when, key) for _, _, key, when in edges_of(name, keys=True, data="day"))
            for name in graph
        }
        by_day.update({name: [] for name in nobody})
        seen, new = set(start), start
        for _ in range(MOST_HOPS):
            after = []
            for e in new:
                near = by_day[ends[e]]
                low = (day[e], -1) if way > 0 else (day[e] - WINDOW, -1)
                high = (day[e] + WINDOW, len(day)) if way > 0 else (day[e], len(day))
                for _, f in near[bisect_left(near, low) : bisect_right(near, high)]:
                    if f not in seen:
                        seen.add(f)
                        after.append(f)
            new = after
        return len(seen)

    source = moves["source"].to_numpy().nonzero()[0].tolist()
    target = moves["target"].to_numpy().nonzero()[0].tolist()
    tainted = search(graph.out_edges, consignees, source, 1)
    reaches = search(graph.in_edges, shippers, target, -1)
    return {
        "seconds": time.perf_counter() - begin,
        "built": built,
        "rows": len(moves),
        "tainted": tainted,
        "reaches": reaches,
    }


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
        read_and_group_redrawn,
        ranges_and_sweep,
        graph_and_search,
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
            if not (where / MOVES).exists():
                where.mkdir(parents=True, exist_ok=True)
                made = _fresh(prepare, where, rows)
                print(f"a world of {rows:,} records, network built in {made['seconds']:.0f} s")
        return _report(options, large, small)


def _report(options: argparse.Namespace, large: Path, small: Path) -> int:
    rows, runs = options.rows, options.runs
    read = _fresh(read_and_group, large, rows, runs)
    redrawn = _fresh(read_and_group_redrawn, large, rows, runs)
    swept = _fresh(ranges_and_sweep, large, rows, runs)
    graph_rows = min(options.graph_rows or rows, rows)
    graph = _fresh(graph_and_search, large, graph_rows)
    same = swept if graph_rows == rows else _fresh(ranges_and_sweep, large, graph_rows, runs)
    found = _fresh(leads, large, rows)
    before = _fresh(leads, small, rows // SMALLER, runs)
    each = swept["pairs"] / swept["rows"]
    print(f"\n{swept['rows']:,} shipments, {swept['pairs']:,} pairs within {WINDOW} days", end="")
    print(f" ({each:.0f} a shipment) in the redrawn trade")
    for name, one in (
        ("a  DuckDB reads and groups the redrawn trade", redrawn),
        ("b  ranges and one sweep", swept),
        (f"c  networkx and search, {graph['rows']:,} rows", graph),
        ("a  DuckDB reads and groups the world", read),
        (f"d  find_leads, 200 null draws, {found['leads']} leads", found),
        (f"d  the same, {before['rows']:,} rows, {before['leads']} leads", before),
    ):
        print(f"  {name:<48} {one['seconds']:>8.2f} s  {one['peak_mb']:>7,.0f} MB")
    print(f"  (loading the network for d takes {found['loaded_mb']:,.0f} MB of its peak)")
    if (graph["tainted"], graph["reaches"]) != (same["tainted"], same["reaches"]):
        print(f"  the search in Python finds another world: {graph}, {same}")
        return 1
    print(f"  b and c agree: {same['tainted']:,} tainted, {same['reaches']:,} reach")
    if graph_rows < rows:
        print(f"  c/b is taken on the first {graph_rows:,} rows alone")
    missed = 0
    for name, value, bar, least in (
        ("b/a", swept["seconds"] / redrawn["seconds"], MOST_SWEEP, False),
        ("c/b", graph["seconds"] / same["seconds"], LEAST_GRAPH, True),
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
