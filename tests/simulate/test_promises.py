"""Scores of what leads promise (intervals, p and q), and the commands."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from chipflow.errors import InputError
from chipflow.simulate import score, simulate


@pytest.fixture(scope="module")
def truth_dir(tmp_path_factory):
    out = tmp_path_factory.mktemp("world")
    simulate(records=6000, seed=13, schemes="every", lookalikes="every", out=out)
    return out / "truth"


@pytest.fixture(scope="module")
def leads(truth_dir) -> pd.DataFrame:
    """One lead for each scheme, right ones first, then as many of nothing."""
    truth = pd.read_csv(truth_dir / "records.csv")
    schemes = pd.read_csv(truth_dir / "schemes.csv")
    guilty = truth[~truth["innocent"]]
    ids = guilty.groupby("scheme_id")["record_id"].agg(";".join)
    stops = schemes.set_index("scheme_id")["kind"].reindex(ids.index) == "vanished"
    ids = pd.concat([ids[~stops.to_numpy()], ids[stops.to_numpy()]])
    nothing = [f"BL8{at:07d};BL9{at:07d}" for at in range(len(ids))]
    table = pd.DataFrame({"record_ids": [*ids, *nothing], "scheme_id": [*ids.index, *nothing]})
    table["rank"] = np.arange(1, len(table) + 1)
    return table.merge(schemes[["scheme_id", "true_units"]], on="scheme_id", how="left")


def test_columns_that_are_empty_are_not_judged(truth_dir, leads, tmp_path):
    table = leads[["rank", "record_ids"]].assign(
        p_value="", q_value="", units_low="", units_high=""
    )
    table.to_csv(tmp_path / "leads.csv", index=False)
    result = score(truth_dir, tmp_path / "leads.csv")
    assert (result.units, result.calibration, result.null_p) == (None, None, None)
    assert (result.precision, result.recall) == (1.0, 1.0)


def test_vanished_routes_are_no_routes_and_are_named_apart(truth_dir, leads, tmp_path):
    turned = leads.assign(rank=leads["rank"].to_numpy()[::-1])
    half = len(leads) // 2
    turned["rank"] = [*range(half, 0, -1), *range(half + 1, len(leads) + 1)]
    turned.to_csv(tmp_path / "leads.csv", index=False)
    result = score(truth_dir, tmp_path / "leads.csv")
    there, found = result.vanished
    assert there == found > 0
    assert (result.leads["verdict"] == "vanished").sum() == there
    assert "vanished" not in set(result.by_kind["kind"])
    assert result.n == half - there
    assert result.precision == pytest.approx(1 - there / result.n)
    assert f"vanished routes {there} of {there}" in str(result)


def test_true_units_are_looked_up_in_the_intervals(truth_dir, leads, tmp_path):
    wide = leads.assign(
        units_low=leads["true_units"] * 0.5, units_high=leads["true_units"] * 2.0
    ).drop(columns="true_units")
    wide.loc[wide["rank"] == 1, ["units_low", "units_high"]] = [0.001, 0.002]
    wide.to_csv(tmp_path / "leads.csv", index=False)
    result = score(truth_dir, tmp_path / "leads.csv")
    assert result.units["told"] == result.n
    assert result.units["within"] == pytest.approx(1 - 1 / result.n)
    assert result.units["width"] == pytest.approx(4, rel=0.1)


def test_q_is_asked_what_it_promises_and_p_whether_it_is_uniform(truth_dir, leads, tmp_path):
    half = len(leads) // 2
    n_null = len(leads) - half
    uniform = (np.arange(n_null) + 0.5) / n_null
    told = leads.assign(
        q_value=np.where(leads["rank"] <= half, 0.01, 0.5),
        p_value=np.r_[np.full(half, 1e-4), uniform],
    )
    told.loc[told["rank"] == half + 1, "q_value"] = 0.08
    told.to_csv(tmp_path / "leads.csv", index=False)
    result = score(truth_dir, tmp_path / "leads.csv")
    by_q = result.calibration.set_index("q")
    stopped = result.vanished[0]
    assert by_q.loc[0.05, "leads"] == half
    assert by_q.loc[0.1, "false"] == pytest.approx((1 + stopped) / (half + 1))
    assert (by_q["recall"] == 1).all()
    assert result.null_p["leads"] == n_null
    assert result.null_p["p_value"] > 0.99
    assert "KS distance" in str(result)


def test_the_command_scores_in_text_and_json(run, truth_dir, leads, tmp_path):
    path = tmp_path / "leads.csv"
    leads.assign(q_value=0.01, p_value=0.001).to_csv(path, index=False)
    status, said, _ = run("simulate", "score", truth_dir, path)
    assert status == 0 and "recall@n                        1.000" in said
    status, said, _ = run("simulate", "score", truth_dir, path, "--format", "json")
    answer = json.loads(said)
    assert status == 0 and answer["recall"] == 1.0 and answer["n"] > 10
    assert {row["kind"] for row in answer["by_kind"]} >= {"alias", "transit"}
    assert answer["calibration"][1]["q"] == 0.1
    assert run("simulate", "score", truth_dir, path, "--format", "yaml")[0] == 2
    status, _, error = run("simulate", "score", truth_dir, tmp_path / "none.csv")
    assert status == 1 and "none.csv" in error


def test_ranks_that_are_none_are_refused(truth_dir, tmp_path):
    (tmp_path / "leads.csv").write_text("rank,record_ids\nfirst,BL1\n")
    with pytest.raises(InputError, match="rank"):
        score(truth_dir, tmp_path / "leads.csv")


def test_the_command_writes_worlds_of_every_setting(run, tmp_path):
    out = tmp_path / "world"
    told = ("--schemes", "one_shell,alias", "--lookalikes", "repairs", "--missing", "0.2")
    more = ("--noise", "0.05", "--layouts", "bill_of_lading", "--hard", "--out", out)
    status, said, _ = run("simulate", "--seed", 3, "--records", 2000, *told, *more)
    assert status == 0 and "SIMULATED RECORDS" in said
    assert [path.name for path in (out / "records").iterdir()] == ["bills_of_lading.csv"]
    kinds = pd.read_csv(out / "truth" / "schemes.csv")["kind"]
    assert set(kinds) == {"one_shell", "alias", "repairs"}
    readme = (out / "README.md").read_text(encoding="utf-8")
    assert "--schemes one_shell,alias --lookalikes repairs --layouts bill_of_lading" in readme
    assert "--missing 0.2 --noise 0.05 --hard --out OUT" in readme
    rows = pd.read_csv(out / "records" / "bills_of_lading.csv", skiprows=1)
    assert 1500 < len(rows) < 1700


def test_the_command_says_what_is_wrong(run, tmp_path):
    status, _, error = run("simulate", "--seed", 3)
    assert status == 2 and "--out" in error
    status, _, error = run("simulate", "--schemes", "ghost", "--out", tmp_path / "x")
    assert status == 2 and "ghost" in error and "transit" in error
    assert not (tmp_path / "x").exists()
