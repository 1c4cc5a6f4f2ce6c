"""How long reading descriptions takes, as a multiple of one regular expression over them.

Makes a million descriptions (seven in ten of them distinct, one in twenty with the name of
a chip or of something that looks like one), then times in fresh processes DuckDB's
``regexp_matches`` with 20 alternatives and ``chipflow.goods.text.classify``. Prints the ratio of
the medians; exit status 1 if it is above the bar.

    python benchmarks/classify.py [--rows 1000000]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

# The bar of the issue: classifying may cost ten times what one plain regular expression costs.
BAR = 10.0
RUNS = 3
SEED = 20260101
# Share of descriptions that name a chip or look like it, far above that of customs records.
NAMED_SHARE = 1 / 20

GOODS = (
    "HYDRAULIC PUMP", "TAPER ROLLER BEARING", "STAINLESS STEEL SCREWS", "COTTON YARN", "LED LAMP",
    "CERAMIC TILES", "COMPUTER PARTS", "SPARE PARTS", "ELECTRONIC COMPONENTS", "MOTHERBOARD",
    "SSD 1TB NVME", "NETWORK SWITCH", "OFFICE CHAIR", "PLASTIC GRANULES", "MOBILE PHONE",
    "AUTO PARTS BRAKE PADS", "PAPER ROLLS", "INTEGRATED CIRCUIT", "POWER SUPPLY UNIT", "TOYS",
    "MEN'S T-SHIRTS", "FROZEN SHRIMPS", "WOODEN FURNITURE", "GRAPHICS CARD", "SERVER",
    "LAPTOP 14 INCH", "SERVIDOR", "ВИДЕОКАРТА", "НАСОС ВОДЯНОЙ", "服务器配件", "显卡", "轴承",
)  # fmt: skip
NAMED = (
    "NVIDIA H100 80GB PCIE", "RTX 4090 24GB", "H100 HYDRAULIC PUMP", "GPU SERVER 8*H100 SXM5",
    "TESLA T4 16GB", "SYS-821GE-TNHR", "A100 PAPER", "HGX H200 8-GPU BASEBOARD",
)  # fmt: skip
ALTERNATIVES = (
    "H100", "H200", "A100", "A800", "H800", "H20", "L40S", "B200", "MI300", "RTX ?4090",
    "RTX ?5090", "TESLA", "NVIDIA", "GEFORCE", "HGX", "DGX", "GPU", "GRAPHIC", "ACCELERATOR",
    "XE9680",
)  # fmt: skip


def descriptions(rows: int) -> pa.Table:
    """Make records in the manner of traders."""
    rng = np.random.default_rng(SEED)
    goods = rng.choice(np.array(GOODS, dtype=object), rows)
    named = rng.choice(np.array(NAMED, dtype=object), rows)
    model = rng.integers(0, 4_000_000, rows).astype(str).astype(object)
    letters = rng.choice(np.array(list("ABCDEFGHKLMNPRSTX"), dtype=object), rows)
    packed = rng.choice(
        np.array([" NEW", " USED", " IN CARTONS", "", "", " 10 PCS"], dtype=object), rows
    )
    text = np.where(
        rng.random(rows) < NAMED_SHARE,
        named + " P/N " + model + packed,
        goods + " MODEL " + letters + model + packed,
    )
    # Traders repeat themselves: three in ten texts are copies of others.
    copies = rng.random(rows) < 0.3
    text[copies] = text[rng.integers(0, max(rows // 50, 1), int(copies.sum()))]
    codes = rng.choice(np.array(["847330", "847150", "841350", "848220", "854231", "731815"]), rows)
    return pa.table(
        {
            "record_id": pa.array(np.arange(rows)),
            "description": pa.array(text.tolist(), pa.string()),
            "hs_code": pa.array(codes.tolist(), pa.string()),
            "quantity": pa.array(rng.integers(1, 500, rows).astype(float)),
            "quantity_unit": pa.array(np.full(rows, "PCS").tolist(), pa.string()),
        }
    )


def plain(path: Path) -> float:
    """Time one regular expression over all descriptions."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"CREATE TABLE t AS SELECT * FROM read_parquet('{path}')")
    pattern = "(" + "|".join(ALTERNATIVES) + ")"
    began = time.perf_counter()
    # The records with one column more, as classify gives them back, in letters of either case.
    connection.execute(
        "CREATE TABLE done AS SELECT *, regexp_matches(description, $1, 'i') AS hit FROM t",
        [pattern],
    )
    return time.perf_counter() - began


def classified(path: Path) -> float:
    """Time the reading of all descriptions, to a table in the engine."""
    # Imported before the clock runs, like the rest.
    import ibis.formats.pyarrow  # noqa: F401
    import pandas as pd  # noqa: F401
    import pyarrow.compute
    import pyarrow.dataset  # noqa: F401

    from chipflow.engine import connect, materialise
    from chipflow.goods.text.classify import classify

    connection = connect()
    connection.raw_sql(f"CREATE TABLE t AS SELECT * FROM read_parquet('{path}')")
    began = time.perf_counter()
    # As the main job does it.
    materialise(classify(connection.table("t")))
    return time.perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--one", choices=("plain", "classified"), help=argparse.SUPPRESS)
    parser.add_argument("--file", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        timed = plain if given.one == "plain" else classified
        print(json.dumps(timed(Path(given.file))))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "descriptions.parquet"
        table = descriptions(given.rows)
        pq.write_table(table, path)
        medians = {}
        for name in ("plain", "classified"):
            command = [sys.executable, __file__, "--one", name, "--file", str(path)]
            times = [
                json.loads(
                    subprocess.run(command, check=True, capture_output=True, text=True).stdout
                )
                for _ in range(RUNS)
            ]
            medians[name] = statistics.median(times)
    ratio = medians["classified"] / medians["plain"]
    distinct = len(table["description"].unique())
    print(f"{given.rows:,} descriptions, {distinct:,} distinct")
    print(f"one regexp_matches with {len(ALTERNATIVES)} alternatives: {medians['plain']:.2f} s")
    print(f"classify: {medians['classified']:.2f} s")
    print(f"ratio: {ratio:.1f} (bar: {BAR:.0f})")
    return 1 if ratio > BAR else 0


if __name__ == "__main__":
    sys.exit(main())
