"""Forms of documented cases, and the innocents beside them: what is found, and who is named."""

from __future__ import annotations

import argparse
from typing import Any

import pandas as pd
from tracing_worlds import Kind, over_seeds, world

import chipflow as cf
from chipflow.simulate.documented import WATCHED
from chipflow.simulate.score import INTO_MIDDLE, OUT_OF_MIDDLE

CHINA, RUSSIA, LIST = ("CN", "HK", "MO"), "RU", "chpl_russia"
OF_SCHEME = 0.5  # share of a row's records that are of schemes, for it to be right


def judge(kind: Kind, seed: int) -> dict[str, pd.DataFrame]:
    """Return for each list of one world which schemes it holds and what its rows are."""
    with world(kind, seed) as built:
        truth = pd.read_csv(built.truth / "records.csv", dtype={"record_id": "str"})
        china = cf.find_leads(built.network, CHINA)
        russia = cf.find_leads(built.network, RUSSIA, watch=LIST)
    return {
        "leads to CN, HK, MO": _rows(china.table, truth),
        "unnamed.csv": _rows(china.unnamed, truth),
        "leads to RU with --watch chpl_russia": _rows(russia.table, truth),
        "schemes": truth[~truth["innocent"]].drop_duplicates("scheme_id")[["scheme_id", "kind"]],
    }


def _rows(table: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """One row a row of a list: ``kind`` of most of its records, ``right``, ``schemes`` held."""
    known = truth.set_index("record_id")
    rows: list[dict[str, Any]] = []
    for ids in table["record_ids"].str.split(";"):
        own = known.reindex(ids)
        guilty = own[own["innocent"].eq(False)]
        held = [
            scheme
            for scheme, lots in guilty.groupby("scheme_id")
            if lots["role"].isin(INTO_MIDDLE).any() and lots["role"].isin(OUT_OF_MIDDLE).any()
        ]
        right = len(guilty) >= OF_SCHEME * len(own) and bool(held)
        most = own["kind"].fillna("honest trade").mode()
        rows.append({"kind": most.iloc[0], "right": right, "schemes": held if right else []})
    return pd.DataFrame(rows, columns=["kind", "right", "schemes"])


def run(options: argparse.Namespace) -> int:
    """Print recall by kind and false rows by kind, for each list over all seeds."""
    kind = Kind(options.records, "documented", options.hard, lookalikes="documented,every")
    answers = [answer for _, answer in over_seeds(judge, kind, options)]
    for name in [one for one in answers[0] if one != "schemes"]:
        there, found, false = [], [], []
        for answer in answers:
            rows = answer[name]
            there.append(answer["schemes"].groupby("kind").size())
            held = {scheme for schemes in rows["schemes"] for scheme in schemes}
            own = answer["schemes"]
            found.append(own[own["scheme_id"].isin(held)].groupby("kind").size())
            false.append(rows.loc[~rows["right"].astype(bool), "kind"])
        wanted = [
            one for one in pd.concat(there).index.unique() if (one in WATCHED) == ("RU" in name)
        ]
        schemes = pd.concat(there).groupby(level=0).sum().reindex(wanted)
        hit = pd.concat(found).groupby(level=0).sum().reindex(wanted).fillna(0).astype(int)
        rows_in_all = sum(len(answer[name]) for answer in answers)
        wrong = pd.concat(false)
        print(f"\n{name}: {rows_in_all} rows in {len(answers)} worlds, {len(wrong)} not right")
        print(pd.DataFrame({"schemes": schemes, "found": hit, "recall": hit / schemes}).to_string())
        if len(wrong):
            print(
                "not right, by what they are: "
                + wrong.value_counts().to_string().replace("\n", ", ")
            )
    return 0
