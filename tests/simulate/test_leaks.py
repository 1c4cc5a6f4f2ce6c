"""Numbers, order, remarks, addresses and spellings do not tell schemes from the rest.

A logistic regression on these alone, cross-validated over schemes and companies, stays at
chance. What goods are called and which countries they pass is no leak: that is the scheme.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import rankdata

from chipflow.simulate import simulate
from chipflow.simulate.world import _DECORATIONS

FOLDS = 5
RIDGE = 30.0  # penalty of the regression, in records
CHANCE = 0.06  # how far from one half an AUC may lie: a few hundred companies decide it
REMARKS = [word.strip(" -") for word in _DECORATIONS]


def features(records: pd.DataFrame) -> pd.DataFrame:
    """What a record says apart from its goods, countries, days and figures."""
    number = records["record_id"].str[2:].astype(int)
    position = records.groupby("source").cumcount() / records.groupby("source")[
        "record_id"
    ].transform("size")
    text = records["description"].fillna("")
    # Remarks stand behind the goods, in capitals whatever the goods' own case is.
    remark = pd.Series(False, index=records.index)
    for word in REMARKS:
        remark |= text.str.endswith(word)
    told = {
        "position": position,
        "position squared": (position - 0.5) ** 2,
        **{f"number mod {base}": (number % base) / base for base in (2, 3, 5, 7, 10, 64)},
        "remark": remark,
        "numbered remark": text.str.contains(r" (?:INV|PO|PO NO|REF|CONTRACT) \d+$"),
        "capitals": text.str.isupper(),
        "titles": text.str.istitle(),
    }
    for side in ("shipper", "consignee"):
        name, address = records[side], records[f"{side}_address"].fillna("")
        of_side = pd.DataFrame(
            {
                "length": name.str.len(),
                "words": name.str.count(" "),
                "capitals": name.str.isupper(),
                "stops": name.str.count(r"\."),
                "commas": name.str.count(","),
                "decorated": name.str.contains("C/O|BRANCH|Branch|ON BEHALF|O/B/O"),
                "digits": name.str.contains(r"\d"),
                "no address": address == "",
                "address capitals": address.str.isupper(),
                "floor": address.str.contains("#"),
                "address commas": address.str.count(","),
                "house": pd.to_numeric(address.str.extract(r"^(\d+)")[0]).fillna(240),
                "post code": pd.to_numeric(address.str.extract(r"(\d{5,})$")[0]).fillna(55_000),
            }
        ).astype(float)
        # Legal forms and streets go with countries, and schemes with theirs.
        country = records[f"{side}_country"]
        of_side -= of_side.groupby(country).transform("mean")
        told |= {f"{side} {column}": of_side[column] for column in of_side}
    return pd.DataFrame(told).astype(float)


def fit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    weight = np.where(y, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    sign = np.where(y, 1.0, -1.0)

    def loss(beta: np.ndarray) -> tuple[float, np.ndarray]:
        z = sign * (x @ beta)
        slope = -(x.T @ (weight * sign * expit(-z))) + RIDGE * beta
        return float(weight @ np.logaddexp(0, -z) + 0.5 * RIDGE * beta @ beta), slope

    return minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x


def auc(score: np.ndarray, y: np.ndarray) -> float:
    ranks = rankdata(score)
    n = int(y.sum())
    return float((ranks[y].sum() - n * (n + 1) / 2) / (n * (len(y) - n)))


def cross_validated_auc(world) -> float:
    """AUC of a regression whose folds hold whole schemes, and whole companies elsewhere."""
    innocent = world.truth[world.truth["innocent"]]["record_id"]
    records = world.records[~world.records["record_id"].isin(innocent)].reset_index(drop=True)
    scheme = records["record_id"].map(world.truth.set_index("record_id")["scheme_id"])
    y = scheme.notna().to_numpy()
    group = scheme.fillna(records["shipper"].str.lower().str[:8])
    fold = pd.util.hash_array(group.to_numpy(dtype=object)) % FOLDS
    table = features(records)
    x = ((table - table.mean()) / table.std().replace(0, 1)).to_numpy()
    # Folds are judged one by one: their intercepts differ.
    each = [auc(x[fold == k] @ fit(x[fold != k], y[fold != k]), y[fold == k]) for k in range(FOLDS)]
    return float(np.mean(each))


@pytest.mark.parametrize("harden", [False, True])
def test_a_classifier_on_what_should_say_nothing_is_at_chance(harden):
    world = simulate(records=40_000, seed=31, schemes="every", lookalikes="every", hard=harden)
    assert cross_validated_auc(world) == pytest.approx(0.5, abs=CHANCE)


def test_the_classifier_would_see_a_leak():
    world = simulate(records=8000, seed=32, schemes="every", lookalikes="every")
    guilty = world.records["record_id"].isin(world.truth[~world.truth["innocent"]]["record_id"])
    order = np.argsort(~guilty.to_numpy(), kind="stable")
    sorted_first = replace(world, records=world.records.iloc[order].reset_index(drop=True))
    assert cross_validated_auc(sorted_first) > 0.8
