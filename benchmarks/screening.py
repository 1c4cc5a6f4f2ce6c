"""Measure how well two company names are compared, on pairs that somebody else labelled.

Once each pair by itself, and once as ``analyze --list`` does it: all first names as companies,
all second ones as a list, so that what is not brought together is lost.

Usage: ``python benchmarks/screening.py PAIRS.csv [THRESHOLD]``, where the CSV has the columns
``name1``, ``name2`` and ``is_match`` (true or false), as ``contrib/name_bench/cases.csv`` of
OpenSanctions' nomenklatura has. With a column ``schema``, pairs of persons and vessels are left
out.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from chipflow.companies import screen
from chipflow.companies.alike import compare_names
from chipflow.companies.screen import THRESHOLD

COMPANIES = ("Company", "LegalEntity", "Organization", "PublicBody")


def read_pairs(path: Path) -> pd.DataFrame:
    pairs = pd.read_csv(path, dtype="str", keep_default_na=False)
    if "schema" in pairs:
        pairs = pairs[pairs["schema"].isin(COMPANIES)]
    return pairs.assign(truth=pairs["is_match"].str.lower() == "true")


def screened(pairs: pd.DataFrame, threshold: float) -> np.ndarray:
    """Tell which pairs are found when all second names are one list."""
    numbers = [str(at) for at in range(len(pairs))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        pd.DataFrame({"id": numbers, "name": pairs["name2"]}).to_csv(path, index=False)
        companies = pd.DataFrame({"company_id": numbers, "name": pairs["name1"].to_numpy()})
        found = screen(companies, path, threshold=threshold)
    met = set(zip(found["company_id"], found["entry_id"], strict=True))
    return np.array([(at, at) in met for at in numbers])


def main(path: Path, threshold: float) -> None:
    pairs = read_pairs(path)
    start = time.perf_counter()
    scores = np.array(
        [
            compare_names(one, other).score
            for one, other in zip(pairs["name1"], pairs["name2"], strict=True)
        ]
    )
    each = (time.perf_counter() - start) / max(len(pairs), 1)
    truth = pairs["truth"].to_numpy()
    print(f"{len(pairs)} pairs, {int(truth.sum())} of them one company, threshold {threshold}")
    for way, said in (("compared", scores >= threshold), ("screened", screened(pairs, threshold))):
        hits = int((truth & said).sum())
        print(
            f"{way}: precision {hits / max(said.sum(), 1):.3f}  "
            f"recall {hits / max(truth.sum(), 1):.3f}  "
            f"F1 {2 * hits / max(truth.sum() + said.sum(), 1):.3f}"
        )
    print(f"{each * 1e6:.0f} us a pair")


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else THRESHOLD)
