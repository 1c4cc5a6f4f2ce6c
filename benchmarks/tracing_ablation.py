"""What each part gives: leads without it, and plots of that and of the calibration."""

from __future__ import annotations

import argparse
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
from chipflow.settings import Settings

Q_GRID = tuple(np.round(np.linspace(0.01, 0.5, 50), 2))  # levels at which q-values are judged
EVERYTHING = "everything"
# The packages give the names of these modules to the functions in them.
SCORING = import_module("chipflow.simulate.score")

USUAL = Settings()
# By kind of part and part: the settings with which it says nothing. Likelihood ratios of 1 are
# neutral; a comparison is silent where every measure may be wrong, and words where every habit
# writes what shipments taken by chance say.
NEUTRAL: dict[tuple[str, str], dict[str, Any]] = {
    ("comparison", "words"): {
        "comparisons.word_habits": (USUAL.background.words_of_anything,) * 3,
    },
    ("comparison", "weight"): {"comparisons.wrong_weight": 1.0},
    ("comparison", "value"): {"comparisons.wrong_value": 1.0},
    ("comparison", "number"): {"comparisons.whole": 0.0, "inventory.pooled": 0.0},
    ("comparison", "waiting"): {"comparisons.waits": [[1.0, 1e6]]},
    ("tracing", "undeclared cargo"): {"cargo.undeclared": 1e-9, "cargo.says_accelerator": 1e-9},
    ("tracing", "unrecorded transfers"): {"tracer.unrecorded_rounds": 0},
    ("evidence", "vague description"): {
        "evidence.hidden_if_diverted": USUAL.evidence.hidden_if_honest
    },
    ("evidence", "single supplier and customer"): {"evidence.single_if_diverted": 1e-9},
    ("evidence", "shared address"): {"evidence.same_address": 1.0},
    ("evidence", "licence quoted"): {"evidence.licensed": 1.0},
    ("evidence", "goods kept"): {"evidence.least_kept": 1.0},
    ("evidence", "established trader"): {"evidence.established": 1.0},
    ("evidence", "forwarder"): {"evidence.forwards": 1.0},
    ("evidence", "repair or return"): {"evidence.repairs": 1.0},
    ("evidence", "consumer goods"): {"evidence.consumer": 1.0},
    ("exclusion", "routes by chance"): {"exclusion.most_by_chance": 1.0},
    ("exclusion", "returns"): {"routes.came_back": 1e9, "routes.repairs": 1.0},
}


def without(changes: dict[str, Any]) -> Settings:
    """Return the shipped settings with some numbers changed, by ``part.name``."""
    changed = USUAL
    for key, value in changes.items():
        part, name = key.split(".")
        changed = replace(changed, **{part: replace(getattr(changed, part), **{name: value})})
    return changed


def remove(kind: Kind, seed: int, parts: list[str] | None = None) -> dict[str, Any]:
    """Return recall and precision of one world with each part removed, and its q-values."""
    with world(kind, seed) as built:
        whole = cf.find_leads(built.network)
        rows = [_row(EVERYTHING, "", built, whole)]
        with patch.object(SCORING, "Q_LEVELS", Q_GRID):
            calibration = built.score(whole.table).calibration
        for (of, name), changes in NEUTRAL.items():
            if parts is not None and name not in parts:
                continue
            found = cf.find_leads(built.network, settings=without(changes))
            rows.append(_row(name, of, built, found))
    return {"rows": rows, "calibration": calibration}


def _row(name: str, of: str, built: Built, leads: cf.Leads) -> dict[str, Any]:
    found = built.score(leads.table)
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
    one = partial(remove, parts=options.parts)
    for seed, answer in over_seeds(one, Kind(options.records, hard=options.hard), options):
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
