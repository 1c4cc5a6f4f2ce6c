"""Simulated worlds, read like any records, and leads scored against their truth."""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

import chipflow as cf
from chipflow.network import Network
from chipflow.simulate import simulate
from chipflow.simulate.score import INTO_MIDDLE, OUT_OF_MIDDLE, Score, score

MOST_PROCESSES = 2  # a world of 40,000 records takes about 1 GB while it is read and traced


@dataclass(frozen=True)
class Kind:
    """What a world is made with, beside its seed."""

    records: int
    schemes: str = "every"
    hard: bool = False
    missing: float = 0.0
    noise: float = 0.01  # share of records with a damaged field, as the bars say
    lookalikes: str = "every"


@dataclass(frozen=True)
class Built:
    """The network of a world, and where its truth lies."""

    network: Network
    truth: Path

    def score(self, leads: pd.DataFrame) -> Score:
        """Score a table of leads: ``rank, record_ids`` and what else it has."""
        path = self.truth / "leads.csv"
        leads.to_csv(path, index=False)
        return score(self.truth, path)


@contextmanager
def world(kind: Kind, seed: int) -> Iterator[Built]:
    """Make a world, write it down, and read it as anybody would."""
    with tempfile.TemporaryDirectory() as folder:
        made = simulate(
            records=kind.records,
            seed=seed,
            schemes=kind.schemes,
            lookalikes=kind.lookalikes,
            missing=kind.missing,
            noise=kind.noise,
            hard=kind.hard,
        )
        made.write(folder)
        records = cf.read_records(Path(folder) / "records")
        yield Built(cf.build_network(records), Path(folder) / "truth")


def weighed_p(leads: cf.Leads, truth: Path) -> pd.DataFrame:
    """p-values of all routes that were weighed: a list without the weak ones lacks large ones.

    Returns
    -------
    pandas.DataFrame
        ``p_value``, and ``passed_on``: whether somebody on the route did pass goods on, whether
        innocent or not. A p-value is about chance, and of such goods it may well be small.
    """
    columns = ["p_value", "record_ids"]
    both = pd.concat([leads.table[columns], leads.set_aside[columns]])
    both = both.dropna(subset="p_value").reset_index(drop=True)
    records = both["record_ids"].str.split(";").explode().rename("record_id").reset_index()
    known = records.merge(pd.read_csv(truth / "records.csv"), on="record_id")
    into, out = (known[known["role"].isin(roles)] for roles in (INTO_MIDDLE, OUT_OF_MIDDLE))
    pairs = into.merge(out, on=["index", "scheme_id"])
    passed_on = pairs.loc[pairs["record_id_x"] != pairs["record_id_y"], "index"]
    return both[["p_value"]].astype("float64").assign(passed_on=both.index.isin(passed_on))


def by_chance_or_all(routes: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return all routes, and those that only chance can have made, by name."""
    return {"all": routes, "nobody passed goods on": routes[~routes["passed_on"]]}


def against_uniform(routes: pd.DataFrame) -> list[str]:
    """Say how far p-values of routes in worlds without schemes are from uniform ones."""
    from scipy.stats import kstest

    said = []
    for name, own in by_chance_or_all(routes).items():
        if len(own):
            test = kstest(own["p_value"], "uniform")
            said.append(
                f"{name}, {len(own)}: KS distance {test.statistic:.3f}, p {test.pvalue:.3f}"
            )
    return said


def over_seeds(
    task: Callable[..., Any], kind: Kind, options: argparse.Namespace
) -> Iterator[tuple[int, Any]]:
    """Yield the answer of ``task(kind, seed)`` for each seed, as they come, in order."""
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    processes = min(options.processes, MOST_PROCESSES, len(seeds))
    if processes <= 1:
        yield from ((seed, task(kind, seed)) for seed in seeds)
        return
    # Fresh processes: DuckDB keeps threads, which a fork would not take along.
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from zip(seeds, pool.imap(partial(task, kind), seeds), strict=True)
