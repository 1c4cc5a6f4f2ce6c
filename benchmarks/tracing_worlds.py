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

import numpy as np
import pandas as pd

import chipflow as cf
from chipflow.network import Network
from chipflow.simulate import simulate
from chipflow.simulate.score import INTO_MIDDLE, OUT_OF_MIDDLE, Score, score

STEPS_OF_CHANCE = ["fewer", "1 in 2", "3 in 4", "9 in 10", "19 in 20 or more"]
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
    told = both[["p_value"]].astype("float64")
    return told.assign(passed_on=passed_on(both["record_ids"], truth))


def passed_on(record_ids: pd.Series, truth: Path) -> pd.Series:
    """Say of routes whether somebody on them did pass goods on, whether innocent or not."""
    records = record_ids.reset_index(drop=True).str.split(";").explode().rename("record_id")
    known = records.reset_index().merge(pd.read_csv(truth / "records.csv"), on="record_id")
    into, out = (known[known["role"].isin(roles)] for roles in (INTO_MIDDLE, OUT_OF_MIDDLE))
    pairs = into.merge(out, on=["index", "scheme_id"])
    did = pairs.loc[pairs["record_id_x"] != pairs["record_id_y"], "index"]
    return pd.Series(np.isin(np.arange(len(record_ids)), did), index=record_ids.index)


def coincidences(leads: pd.DataFrame, right: pd.Series, truth: Path) -> pd.DataFrame:
    """Leads with what was said of chance and what is so.

    Parameters
    ----------
    leads
        ``rank, no_coincidence, record_ids``.
    right
        Ranks of the leads that are on a scheme.

    Returns
    -------
    pandas.DataFrame
        ``said``, the share that was said to be coincidence, and ``coincidence``: nobody on the
        route passed goods on, guilty or innocent.
    """
    none = ~(leads["rank"].isin(right) | passed_on(leads["record_ids"], truth))
    return pd.DataFrame(
        {"said": 1 - leads["no_coincidence"].astype("float64"), "coincidence": none}
    )


def by_what_was_said(leads: pd.DataFrame) -> str:
    """Count leads by how many of them were said to be no coincidence, beside how many were one."""
    steps = pd.cut(1 - leads["said"], [0, 0.5, 0.75, 0.9, 0.95, np.inf], right=False)
    rows = leads.groupby(steps.cat.rename_categories(STEPS_OF_CHANCE), observed=True)
    table = rows.agg(
        leads=("said", "size"), said=("said", "sum"), coincidence=("coincidence", "sum")
    )
    return table.to_string(float_format="{:.2f}".format)


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
