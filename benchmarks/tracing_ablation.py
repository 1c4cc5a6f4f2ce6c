"""What each part gives: leads without it, and plots of that and of the calibration."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from tracing_worlds import (
    Built,
    Kind,
    against_uniform,
    by_chance_or_all,
    over_seeds,
    weighed_p,
    world,
)

import chipflow as cf
from chipflow.leads import evidence, rank
from chipflow.network import agreement, handover, ledger

Q_GRID = tuple(np.round(np.linspace(0.01, 0.5, 50), 2))  # levels at which q-values are judged
EVERYTHING = "everything"
# The packages give the names of these modules to the functions in them.
SCORING = import_module("chipflow.simulate.score")


@contextmanager
def remembered() -> Iterator[None]:
    """Trace once: evidence changes only what is made of the routes."""
    with contextlib.ExitStack() as stack:
        for name in ("trace", "nulls", "find_routes", "lead_p_values", "unit_intervals"):
            stack.enter_context(patch.object(rank, name, _once(getattr(rank, name))))
        yield


def _once(function: Callable[..., Any]) -> Callable[..., Any]:
    answers: list[Any] = []

    def answer(*given: Any, **named: Any) -> Any:
        if not answers:
            answers.append(function(*given, **named))
        return answers[0]

    return answer


@contextmanager
def without_evidence(name: str) -> Iterator[None]:
    """Leave one part of the evidence out."""
    parts = tuple(part for part in evidence.PARTS if part.name != name)
    with patch.object(rank, "weigh", partial(evidence.weigh, parts=parts)):
        yield


@contextmanager
def without_agreement(name: str) -> Iterator[None]:
    """Let one part of the agreement of two lots say nothing: its likelihood ratios are 1."""
    with contextlib.ExitStack() as stack:
        for module, attribute, value in _silenced(name):
            stack.enter_context(patch.object(module, attribute, value))
        yield


def _silenced(name: str) -> list[tuple[Any, str, Any]]:
    def ones(lots: Any, e: Any, *_: Any) -> Any:
        return np.ones(len(e))

    if name == "number":
        return [(agreement, "_number", ones), (ledger, "TOGETHER", 0.0)]
    if name == "waiting":
        return [(agreement, "waiting", ones)]
    if name in ("weight", "value"):
        return _without_distance(name)
    assert name == "words"
    flat, gather = np.ones_like(agreement.WORD_HABITS), agreement.Sold.of

    def silent(lots: Any, f: Any) -> Any:
        return replace(gather(lots, f), word_chance=np.ones(len(f)), same_chance=np.ones(len(f)))

    def silent_words(lots: Any, f: Any) -> Any:
        return (np.ones((len(f), len(flat))),) * 2

    return [
        (agreement.Sold, "of", silent),
        (ledger, "innocent_words", silent_words),
        *((module, "WORD_HABITS", flat) for module in (agreement, ledger)),
    ]


def _without_distance(name: str) -> list[tuple[Any, str, Any]]:
    own = agreement.own_likeness

    def silenced(apart: Callable[..., Any]) -> Callable[..., Any]:
        def silent(*given: Any) -> Any:
            kg, usd, rarity = apart(*given)
            unknown = np.full_like(kg, np.nan)
            return (unknown, usd, rarity) if name == "weight" else (kg, unknown, rarity)

        return silent

    def by_number(lots: Any, e: Any, f: Any, window: int) -> Any:
        uncounted = agreement.waiting(lots, e, f, window)
        return uncounted, uncounted * agreement._number(lots, e, f)

    return [
        *(
            (agreement, apart, silenced(getattr(agreement, apart)))
            for apart in ("_apart", "_apart_as_declared")
        ),
        (handover, "own_likeness", by_number if name == "weight" else own),
    ]


AGREEMENT = ("words", "weight", "value", "number", "waiting")


def remove(kind: Kind, seed: int) -> dict[str, Any]:
    """Return recall and precision of one world with each part removed, and its q-values."""
    rows = []
    with world(kind, seed) as built:
        with remembered():
            rows.append(_row(EVERYTHING, "", built))
            with patch.object(SCORING, "Q_LEVELS", Q_GRID):
                calibration = built.score(cf.find_leads(built.network).table).calibration
            for part in evidence.PARTS:
                with without_evidence(part.name):
                    rows.append(_row(part.name, "evidence", built))
        for name in AGREEMENT:
            with without_agreement(name):
                rows.append(_row(name, "agreement", built))
    return {"rows": rows, "calibration": calibration}


def _row(name: str, of: str, built: Built) -> dict[str, Any]:
    found = built.score(cf.find_leads(built.network).table)
    return {
        "without": name,
        "of": of,
        "recall": found.recall,
        "precision": found.precision,
        "lookalikes": found.lookalikes,
    }


def weighed(kind: Kind, seed: int) -> pd.DataFrame:
    """Return the p-values of routes that were weighed in a world without schemes."""
    with world(kind, seed) as built:
        return weighed_p(cf.find_leads(built.network), built.truth)


def run(options: argparse.Namespace) -> int:
    """Print what each part gives, and draw it."""
    rows, calibrations = [], []
    for seed, answer in over_seeds(remove, Kind(options.records, hard=options.hard), options):
        rows += [{"seed": seed, **row} for row in answer["rows"]]
        if answer["calibration"] is not None:
            calibrations.append(answer["calibration"])
        print(f"seed {seed} done", flush=True)
    none = Kind(options.records, schemes="none", hard=options.hard)
    more = argparse.Namespace(**{**vars(options), "seeds": options.null_worlds})
    routes = pd.concat([found for _, found in over_seeds(weighed, none, more)])
    table = pd.DataFrame(rows).drop(columns="seed")
    means = table.groupby(["without", "of"], sort=False).mean().reset_index()
    whole = means[means["without"] == EVERYTHING].iloc[0]
    changes = means[means["without"] != EVERYTHING].copy()
    for name in ("recall", "precision", "lookalikes"):
        changes[name] -= whole[name]
    print(
        f"\nwith everything: recall@n {whole['recall']:.3f}, precision@n {whole['precision']:.3f}"
    )
    print(f"change without, mean over {options.seeds} seeds from {options.first_seed}")
    print(changes.to_string(index=False, float_format="{:+.3f}".format))
    print("\n".join(["p of routes in worlds without schemes", *against_uniform(routes)]))
    options.out.mkdir(parents=True, exist_ok=True)
    draw_ablation(changes, options.out / "ablation.png")
    draw_calibration(pd.concat(calibrations), routes, options.out / "calibration.png")
    return 0


def draw_ablation(changes: pd.DataFrame, path: Path) -> None:
    """Draw how recall and precision change without each part."""
    import matplotlib.pyplot as plt

    shown = changes.sort_values(["of", "recall", "precision"], ascending=[True, True, True])
    figure, axes = plt.subplots(figsize=(7, 0.3 * len(shown) + 1.2), layout="constrained")
    at = np.arange(len(shown))[::-1]
    axes.barh(at + 0.2, shown["recall"], 0.38, label="recall@n", color="#2f6f9f")
    axes.barh(at - 0.2, shown["precision"], 0.38, label="precision@n", color="#d98a29")
    axes.set_yticks(
        at, [f"{of}: {name}" for of, name in zip(shown["of"], shown["without"], strict=True)]
    )
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel("change when the part is removed")
    axes.legend(loc="best", frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def draw_calibration(calibration: pd.DataFrame, routes: pd.DataFrame, path: Path) -> None:
    """Draw the false share at each q, and p-values of routes in worlds without schemes."""
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
    means = calibration.groupby("q")["false"].mean()
    # Where no lead is false the line lies on the axis.
    left.plot(
        means.index,
        means,
        color="#2f6f9f",
        clip_on=False,
        zorder=3,
        label="observed, mean over worlds",
    )
    left.plot([0, 0.5], [0, 0.5], color="grey", linestyle=":", label="as promised, at most")
    left.set(xlabel="q-value up to", ylabel="share of leads that is false", ylim=(0, 0.5))
    left.legend(frameon=False)
    for (label, own), color in zip(
        by_chance_or_all(routes).items(), ("#2f6f9f", "#d98a29"), strict=True
    ):
        p = np.sort(own["p_value"])
        share = np.arange(len(p) + 1) / max(len(p), 1)
        right.step(
            [0, *p, 1], [*share, 1], where="post", color=color, label=f"{label}: {len(p)} routes"
        )
    right.plot([0, 1], [0, 1], color="grey", linestyle=":", label="uniform")
    right.set(xlabel="p-value up to", ylabel="share of routes weighed, no schemes")
    right.legend(frameon=False, loc="upper left")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)
    plt.close(figure)
