"""Do the anomaly scores find the companies of schemes: chipflow's flags against pyod.

Simulated worlds with every scheme and every look-alike; the companies to be found are those
between seller and buyer (of a route that vanishes: the buyer). ECOD and IsolationForest of pyod
get two tables of features: plain ones (lots, partners, USD, prices, days), as one would give them
to a general detector, and the logarithms of the flags' own probabilities. Average precision, and
how many innocent look-alikes are among the first n. Needs ``pip install chipflow-trade[bench]``;
without pyod only chipflow is run::

    python benchmarks/anomaly.py [--seeds 911 912 913] [--records 20000] [--hard] [--large 1000000]
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

import chipflow as cf
from chipflow.leads.anomaly import Anomalies, anomalies
from chipflow.leads.company_activity import CompanyActivity
from chipflow.leads.red_flags import FLAGS
from chipflow.network import Network
from chipflow.settings import Settings
from chipflow.simulate import simulate

SEED = 0  # of IsolationForest
Scorer = Callable[[np.ndarray], np.ndarray]


def world(seed: int, records: int, hard: bool) -> tuple[Network, set[str], set[str]]:
    """Return a network, the companies of its schemes and those of its look-alikes alone."""
    with tempfile.TemporaryDirectory() as folder:
        simulate(
            records=records, seed=seed, schemes="every", lookalikes="every", out=folder, hard=hard
        )
        network = cf.build_network(cf.read_records(Path(folder) / "records"))
        truth = pd.read_csv(Path(folder) / "truth" / "schemes.csv")
    ids = dict(zip(network.spellings["name"], network.spellings["company_id"], strict=True))
    innocent = truth["innocent"].astype(bool)
    schemes = _between(truth[~innocent], ids)
    return network, schemes, _between(truth[innocent], ids) - schemes


def _between(truth: pd.DataFrame, ids: dict[str, str]) -> set[str]:
    parts = truth["companies"].str.split(" > ")
    inner = parts.map(lambda groups: groups[1:-1] or groups[1:]).explode().dropna()
    names = inner.str.split(";").explode()
    return set(names.map(ids).dropna())


def features(network: Network) -> pd.DataFrame:
    """Return plain features of each company, in logarithms, missing ones at the median."""
    activity = CompanyActivity.of(network.shipments)
    every = np.ones(len(activity), dtype=bool)
    table = pd.DataFrame(index=activity.ids)
    for side, own, other in (
        ("in", activity.consignee, activity.shipper),
        ("out", activity.shipper, activity.consignee),
    ):
        pairs = pd.DataFrame(
            {"own": own, "other": other, "kg": activity.usd_kg, "each": activity.usd_item}
        )
        by = pairs[pairs["own"] >= 0].groupby("own")
        table[f"lots_{side}"] = np.log1p(activity.count(own, every))
        table[f"usd_{side}"] = np.log1p(activity.total(own, every, activity.worth))
        table[f"computing_{side}"] = np.log1p(
            activity.total(own, activity.computing, activity.worth)
        )
        table[f"partners_{side}"] = np.log1p(
            by["other"].nunique().reindex(range(activity.companies)).fillna(0).to_numpy()
        )
        for name in ("kg", "each"):
            middle = by[name].median().reindex(range(activity.companies)).to_numpy()
            table[f"usd_{name}_{side}"] = middle
    table["first_day"] = activity.first_day
    return table.fillna(table.median()).fillna(0.0)


def detectors() -> dict[str, Scorer]:
    """Return pyod's detectors by name; none where it is missing."""
    try:
        from pyod.models.ecod import ECOD
        from pyod.models.iforest import IForest
    except ImportError as missing:
        print(f"{missing}: only chipflow is run; pip install chipflow-trade[bench]")
        return {}
    return {
        "ECOD": lambda x: ECOD().fit(x).decision_scores_,
        "IsolationForest": lambda x: (
            IForest(n_estimators=300, random_state=SEED).fit(x).decision_scores_
        ),
    }


def average_precision(found: np.ndarray, scores: np.ndarray) -> float:
    """Mean of the precision at each company of a scheme, by score; ties in the order of ids."""
    right = found[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    return float(precision[right].mean()) if right.any() else float("nan")


def compared(network: Network, found: Anomalies) -> dict[str, np.ndarray]:
    """Return each way's scores of the companies."""
    flags = -np.log(found.p_values.fillna(1.0).clip(lower=Settings().red_flags.least_p)).to_numpy()
    scores = {"chipflow": found.companies["score"].fillna(0.0).to_numpy()}
    plain = features(network).to_numpy()
    for name, detect in detectors().items():
        scores[f"{name}, plain features"] = detect(plain)
        scores[f"{name}, chipflow's flags"] = detect(flags)
    for place, flag in enumerate(FLAGS):
        scores[f"only {flag.name}"] = flags[:, place]
        rest = tuple(one for one in FLAGS if one is not flag)
        without = anomalies(network, rest).companies["score"].fillna(0.0)
        scores[f"without {flag.name}"] = without.to_numpy()
    return scores


def large(network: Network, records: int) -> None:
    """Print the time for many records, made by repeating a world under other names."""
    base = network.shipments
    copies = []
    for copy in range(-(-records // max(len(base), 1))):
        names = {one: base[one] + f"-{copy}" for one in ("record_id", "shipper_id", "consignee_id")}
        copies.append(base.assign(**names))
    shipments = pd.concat(copies, ignore_index=True).head(records)
    start = time.perf_counter()
    found = anomalies(replace(network, shipments=shipments.sort_values("record_id")))
    took = time.perf_counter() - start
    print(f"{len(shipments):,} shipments, {len(found.companies):,} companies: {took:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[911, 912, 913])
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--hard", action="store_true")
    parser.add_argument("--large", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = []
    for seed in options.seeds:
        network, schemes, lookalikes = world(seed, options.records, options.hard)
        found = anomalies(network)
        ids = found.companies["company_id"]
        right, alike = ids.isin(schemes).to_numpy(), ids.isin(lookalikes).to_numpy()
        for way, scores in compared(network, found).items():
            first = np.argsort(-scores, kind="stable")[: right.sum()]
            rows.append(
                {
                    "way": way,
                    "average precision": average_precision(right, scores),
                    "precision@n": right[first].mean(),
                    "look-alikes@n": alike[first].mean(),
                    "chance": right.mean(),
                    "shipments told": len(found.shipments),
                }
            )
    print(pd.DataFrame(rows).groupby("way", sort=False).mean().round(3).to_string())
    if options.large:
        large(network, options.large)


if __name__ == "__main__":
    main()
