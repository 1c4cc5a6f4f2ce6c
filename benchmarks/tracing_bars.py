"""Recall, precision and calibration of leads over simulated worlds."""

from __future__ import annotations

import argparse
from typing import Any

import pandas as pd
from tracing_worlds import (
    Kind,
    against_uniform,
    by_what_was_said,
    coincidences,
    over_seeds,
    weighed_p,
    world,
)

import chipflow as cf

Q = 0.1  # level at which q-values are judged
# What is wanted of the mean over seeds: (least, most) of each figure; None: no bound. A world
# of every kind: the figures that the project promises.
BARS: dict[str, dict[str, tuple[float | None, float | None]]] = {
    "every": {
        "recall": (0.95, None),
        "precision": (0.95, None),
        "lookalikes": (None, 0.0),
        "records": (0.90, None),
        "q recall": (0.85, None),
        "q false": (None, 0.10),
        "in interval": (0.90, None),
        "handover": (0.90, None),
        "relabelled less": (None, 0.05),
    },
    # Stock kept for weeks, disguise, sidelines.
    "hard": {"recall": (0.85, None), "precision": (0.85, None)},
    # A fifth of the records gone.
    "missing": {"recall": (0.70, None), "q false": (None, 0.10), "in interval": (0.90, None)},
    "none": {"q leads": (None, 1.0)},
}


def judge(kind: Kind, seed: int) -> dict[str, Any]:
    """Return the figures of one world."""
    with world(kind, seed) as built:
        leads = cf.find_leads(built.network)
        table = leads.table
        found = built.score(table)
        weighed = weighed_p(leads, built.truth) if kind.schemes == "none" else None
        right = found.leads.loc[found.leads["verdict"].isin(["right", "repeated"]), "rank"]
        chance = coincidences(table, right, built.truth)
    by_kind = found.by_kind.set_index("kind")["recall"].to_dict()
    calibration = found.calibration
    at_q = {"leads": 0, "false": 0.0, "recall": 0.0}
    if calibration is not None:
        at_q = calibration[calibration["q"] == Q].iloc[0].to_dict()
    null_p = found.null_p or {}
    return {
        "n": found.n,
        "leads": len(table),
        "recall": found.recall,
        "precision": found.precision,
        "lookalikes": found.lookalikes,
        "repeats": found.repeated,
        "records": found.records_found,
        "q leads": at_q["leads"],
        "q recall": at_q["recall"],
        "q false": at_q["false"],
        "in interval": found.units["within"] if found.units else None,
        "handover": by_kind.get("domestic_handover"),
        "relabelled less": by_kind.get("one_shell", 0.0) - by_kind.get("relabelled", 0.0),
        "said chance": float(chance["said"].sum()),
        "by chance": int(chance["coincidence"].sum()),
        "null leads": null_p.get("leads"),
        "null p": null_p.get("p_value"),
        "_by_kind": by_kind,
        "_weighed": weighed,
        "_chance": chance,
    }


def run(options: argparse.Namespace) -> int:
    """Print figures per seed and in the mean; exit status 1 where a bar is missed."""
    kind = Kind(options.records, options.schemes, options.hard, options.missing)
    rows, by_kind, weighed, chance = [], [], [], []
    for seed, row in over_seeds(judge, kind, options):
        by_kind.append(row.pop("_by_kind"))
        weighed.append(row.pop("_weighed"))
        chance.append(row.pop("_chance"))
        rows.append({"seed": seed, **row})
        if seed == options.first_seed:
            print("  ".join(f"{name:>10}" for name in rows[0]))
        print("  ".join(f"{_shown(value):>10}" for value in rows[-1].values()), flush=True)
    table = pd.DataFrame(rows).drop(columns="seed").astype(float)
    means = table.mean()
    print("  ".join(f"{_shown(one):>10}" for one in ["mean", *means]))
    if options.schemes != "none":
        print("\nrecall by kind, mean over seeds")
        print(pd.DataFrame(by_kind).mean().sort_index().to_string(float_format="{:.3f}".format))
    else:
        print("\np of the routes that were weighed, none of them right, against uniform")
        print("\n".join(f"  {line}" for line in against_uniform(pd.concat(weighed))))
    print("\nleads by how many like them were said to be no coincidence: said, and so")
    print(by_what_was_said(pd.concat(chance)))
    return _verdict(means, options)


def _shown(value: object) -> str:
    if value is None or value != value:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _verdict(means: pd.Series, options: argparse.Namespace) -> int:
    which = "every"
    if options.schemes == "none":
        which = "none"
    elif options.hard:
        which = "hard"
    elif options.missing:
        which = "missing"
    missed = 0
    print(f"\nbars ({which}), over {options.seeds} seeds from {options.first_seed}")
    for name, (least, most) in BARS[which].items():
        value = means[name]
        # Leads without schemes have to stay under the bar, all others may meet it.
        kept = (least is None or value >= least) and (most is None or value <= most)
        if which == "none":
            kept = bool(value < most)
        missed += not kept
        bound = f"at least {least}" if least is not None else f"at most {most}"
        print(f"  {name:<16} {value:.3f}  {bound}{'' if kept else '  MISSED'}")
    return 1 if missed else 0
