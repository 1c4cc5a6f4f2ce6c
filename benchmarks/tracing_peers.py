"""Other methods on the same worlds: joins, centrality, outliers and dense flows.

Each of them names companies. To be scored like chipflow's, what it names is made a lead in the
way that helps it most: the purchases of named chips by the company, and what it sold to the
destination within weeks of one. Only companies outside of the destination that have both are
ranked. All this is knowledge of the task that the methods themselves do not have.
"""

from __future__ import annotations

import argparse
import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from tracing_worlds import Built, Kind, over_seeds, world

import chipflow as cf
from chipflow.goods.catalogue.load import load_catalogue

DESTINATION = ("CN", "HK", "MO")
WITHIN = 120  # days from a purchase to a sale; the window in which chipflow traces too
TREES = 300  # of the isolation forest; more change nothing
# FlowScope's weight of what a middle account keeps or adds, as in the paper's experiments.
IMBALANCE = 4.0
MOST_BLOCKS = 400  # dense flows taken out one after another


class Trade:
    """Shipments of a world as seen by the other methods."""

    def __init__(self, built: Built) -> None:
        self.shipments = table = built.network.shipments
        family = {chip: known.family for chip, known in load_catalogue().by_chip.items()}
        self.final = table["to_country"].isin(DESTINATION) & ~table["from_country"].isin(
            DESTINATION
        )
        self.bought = table["chip"].notna() & ~table["to_country"].isin(DESTINATION)
        self.family = table["chip"].map(family)
        sold = table[self.final & table["shipper"].notna()]
        named = table[self.bought & table["consignee"].notna()]
        pairs = named[["consignee_id", "record_id", "date"]].merge(
            sold[["shipper_id", "record_id", "date"]],
            left_on="consignee_id",
            right_on="shipper_id",
            suffixes=("_in", "_out"),
        )
        days = (pairs["date_out"] - pairs["date_in"]).dt.days
        self.pairs = pairs[days.between(0, WITHIN)]
        self.companies = pd.Index(self.pairs["consignee_id"].unique())

    def leads(self, strength: pd.Series, pairs: pd.DataFrame | None = None) -> pd.DataFrame:
        """Make leads of companies, the strongest first."""
        used = self.pairs if pairs is None else pairs
        records = {
            company: sorted({*own["record_id_in"], *own["record_id_out"]})
            for company, own in used.groupby("consignee_id")
        }
        ranked = strength[strength.index.isin(list(records))].rename_axis("company")
        ranked = ranked.reset_index(name="strength").sort_values(
            ["strength", "company"], ascending=[False, True]
        )
        return pd.DataFrame(
            {
                "rank": np.arange(1, len(ranked) + 1),
                "record_ids": [";".join(records[one]) for one in ranked["company"]],
            }
        )


def joins(trade: Trade) -> pd.DataFrame:
    """Named chip into a third country, the same family named out of it to the destination."""
    family = trade.family.set_axis(trade.shipments["record_id"])
    pairs = trade.pairs
    same = family.reindex(pairs["record_id_in"]).to_numpy() == (
        family.reindex(pairs["record_id_out"]).to_numpy()
    )
    pairs = pairs[same]
    units = trade.shipments.set_index("record_id")["units"]
    sold = pairs.drop_duplicates("record_id_out")
    strength = units.reindex(sold["record_id_out"]).groupby(sold["consignee_id"].to_numpy()).sum()
    return trade.leads(strength, pairs)


def betweenness(trade: Trade) -> pd.DataFrame:
    """Companies on the most shortest ways, by networkit (equal to networkx in the tests)."""
    return trade.leads(cf.network.centrality(trade.shipments)["betweenness"])


def isolation_forest(trade: Trade) -> pd.DataFrame:
    """Companies whose trade is unlike that of others, by scikit-learn."""
    from sklearn.ensemble import IsolationForest

    features = _features(trade)
    forest = IsolationForest(n_estimators=TREES, random_state=0)
    outlying = -forest.fit(features.to_numpy()).score_samples(features.to_numpy())
    return trade.leads(pd.Series(outlying, index=features.index))


def _features(trade: Trade) -> pd.DataFrame:
    table = trade.shipments.assign(final=trade.final, named=trade.bought)
    table["usd_kg"] = np.log(table["value_usd"] / table["weight_kg"])
    sides = []
    for side, other, place in (
        ("shipper_id", "consignee_id", "to_country"),
        ("consignee_id", "shipper_id", "from_country"),
    ):
        own = table.groupby(side)
        features = own.agg(
            lots=("record_id", "size"),
            partners=(other, "nunique"),
            countries=(place, "nunique"),
            kg=("weight_kg", "sum"),
            usd=("value_usd", "sum"),
            usd_kg=("usd_kg", "median"),
            usd_kg_most=("usd_kg", "max"),
            final=("final", "mean"),
            named=("named", "mean"),
            vague=("vague", "mean"),
        )
        features[["lots", "partners", "countries", "kg", "usd"]] = np.log1p(
            features[["lots", "partners", "countries", "kg", "usd"]]
        )
        features["days"] = (own["date"].max() - own["date"].min()).dt.days
        features["since"] = (own["date"].min() - table["date"].min()).dt.days
        sides.append(features.add_prefix(f"{side} ").rename_axis("company"))
    joined = sides[0].join(sides[1], how="outer").astype(float)
    return joined.fillna(joined.median())


def flowscope(trade: Trade) -> pd.DataFrame:
    """Dense flows of value from sources through middle companies to the destination.

    After Li et al., "FlowScope: Spotting Money Laundering Based on Graphs", AAAI 2020: greedy
    removal of the account that adds least to the anomalousness of the flow, which is what
    passes through the middle less what it keeps or adds, over the number of accounts. The best
    set is taken out, and the rest is searched again.
    """
    table = trade.shipments
    flows = []
    for which, ends in ((trade.bought, ("S", "M")), (trade.final, ("M", "D"))):
        edges = table[which & table["shipper"].notna() & table["consignee"].notna()]
        usd = edges.groupby(["shipper_id", "consignee_id"])["value_usd"].sum().reset_index()
        flows += [
            ((ends[0], a), (ends[1], b), float(value))
            for a, b, value in usd.itertuples(index=False)
            if value > 0
        ]
    strength: dict[str, float] = {}
    for density, block in _dense_flows(flows):
        for company, passes in block.items():
            # Blocks come in order; within one the company that passes on most comes first.
            strength.setdefault(company, density + 1e-9 * passes)
    return trade.leads(pd.Series(strength, dtype=float))


Node = tuple[str, str]


def _dense_flows(flows: list[tuple[Node, Node, float]]) -> Iterator[tuple[float, dict[str, float]]]:
    left = flows
    for _ in range(MOST_BLOCKS):
        density, kept = _densest(left)
        if density <= 0:
            return
        came: dict[str, float] = defaultdict(float)
        went: dict[str, float] = defaultdict(float)
        for a, b, usd in left:
            if a in kept and b in kept:
                if b[0] == "M":
                    came[b[1]] += usd
                else:
                    went[a[1]] += usd
        yield density, {one: min(came[one], went[one]) for one in came if one in went}
        left = [(a, b, usd) for a, b, usd in left if not (a in kept and b in kept)]


def _densest(flows: list[tuple[Node, Node, float]]) -> tuple[float, set[Node]]:
    """Peel accounts off, the least weighty first, and return the best set on the way."""
    into: dict[Node, dict[Node, float]] = defaultdict(dict)
    out: dict[Node, dict[Node, float]] = defaultdict(dict)
    for a, b, usd in flows:
        out[a][b], into[b][a] = usd, usd
    nodes = set(into) | set(out)
    came = {one: sum(into[one].values()) for one in nodes}
    went = {one: sum(out[one].values()) for one in nodes}

    def weight(one: Node) -> float:
        if one[0] == "M":
            passes, larger = sorted((came[one], went[one]))
            return passes - IMBALANCE / (1 + IMBALANCE) * larger
        return came[one] + went[one]

    def adds(one: Node) -> float:
        passes, larger = sorted((came[one], went[one]))
        return passes - IMBALANCE * (larger - passes) if one[0] == "M" else 0.0

    total = sum(adds(one) for one in nodes)
    heap = [(weight(one), one) for one in sorted(nodes)]
    heapq.heapify(heap)
    kept, removed = set(nodes), []
    best, best_at = -np.inf, 0
    while kept:
        if total / len(kept) > best:
            best, best_at = total / len(kept), len(removed)
        known, one = heapq.heappop(heap)
        if one not in kept or known != weight(one):
            continue
        kept.remove(one)
        removed.append(one)
        total -= adds(one)
        for other, usd in (*into[one].items(), *out[one].items()):
            if other in kept:
                total -= adds(other)
                if other in into[one]:
                    went[other] -= usd
                else:
                    came[other] -= usd
                total += adds(other)
                heapq.heappush(heap, (weight(other), other))
    return float(best), nodes - set(removed[:best_at])


def compare(kind: Kind, seed: int) -> list[dict[str, Any]]:
    """Return one row a method for one world."""
    rows = []
    with world(kind, seed) as built:
        trade = Trade(built)
        for name, way in METHODS.items():
            try:
                leads = way(trade)
            except ImportError as error:
                rows.append({"method": name, "leads": None, "missing": str(error)})
                continue
            rows.append(_row(name, built, leads))
        rows.append(_row("chipflow", built, cf.find_leads(built.network).table))
    return rows


def _row(name: str, built: Built, leads: pd.DataFrame) -> dict[str, Any]:
    found = built.score(leads)
    return {
        "method": name,
        "n": found.n,
        "leads": len(leads),
        "precision": found.precision,
        "recall": found.recall,
        "lookalikes": found.lookalikes,
    }


METHODS: dict[str, Callable[[Trade], pd.DataFrame]] = {
    "joins of named chips": joins,
    "betweenness": betweenness,
    "isolation forest": isolation_forest,
    "FlowScope": flowscope,
}


def run(options: argparse.Namespace) -> int:
    """Print precision, recall and look-alikes of each method, per seed and in the mean."""
    rows: list[dict[str, Any]] = []
    for seed, answers in over_seeds(compare, Kind(options.records, hard=options.hard), options):
        rows += [{"seed": seed, **answer} for answer in answers]
        print(f"seed {seed} done", flush=True)
    table = pd.DataFrame(rows)
    if "missing" in table.columns:
        skipped = table[table["leads"].isna()].drop_duplicates("method")
        for name, why in zip(skipped["method"], skipped["missing"], strict=True):
            print(f"{name}: skipped ({why}); pip install scikit-learn")
        table = table[table["leads"].notna()].drop(columns="missing")
    table = table.astype({"n": int, "leads": int, "lookalikes": int})
    print(table.to_string(index=False, float_format="{:.3f}".format))
    means = table.drop(columns="seed").groupby("method", sort=False).mean()
    print("\nmeans\n" + means.to_string(float_format="{:.3f}".format))
    return 0
