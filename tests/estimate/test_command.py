"""``chipflow estimate``: a folder of tables and one page, the same bytes for the same seed."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest

from tests.estimate.test_evidence import KNOWN, leads_folder

FILES = {"estimate.csv", "inputs.csv", "draws.parquet", "estimate.html", "run.json"}
HOSTILE = '=HYPERLINK("x")<script>alert(1)</script>\x1b[31m\u202e'


def test_the_folder(run, tmp_path):
    status, out, err = run("estimate", "--draws", 2_000, "--out", tmp_path / "a")
    assert status == 0, err
    assert {path.name for path in (tmp_path / "a").iterdir()} == FILES
    head = (tmp_path / "a" / "estimate.csv").read_text().splitlines()[0]
    assert head == "quantity,unit,median,low,high,mean,statement"
    inputs = pd.read_csv(tmp_path / "a" / "inputs.csv")
    assert {"name", "distribution", "low", "median", "high", "source", "date"} <= set(inputs)
    draws = pd.read_parquet(tmp_path / "a" / "draws.parquet")
    assert len(draws) == 2_000 and {"result", "prior: detection"} <= set(draws)
    said = json.loads((tmp_path / "a" / "run.json").read_text())
    assert said["parameters"]["seed"] == 0 and said["model"]["name"] == "epoch-2026"
    assert "total: " in out and "hangs most on" in out and "never added" in err
    page = (tmp_path / "a" / "estimate.html").read_text()
    assert page.count("<img") == 2
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", page)


def test_same_seed_same_bytes_whatever_the_order_of_leads(run, tmp_path):
    from tests.estimate.test_evidence import LEADS

    (tmp_path / "own.toml").write_text(KNOWN)
    made = {}
    for name, rows, seed in (("a", LEADS, 1), ("b", LEADS[::-1], 1), ("c", LEADS, 2)):
        leads = leads_folder(tmp_path / f"leads-{name}", rows)
        done = run("estimate", "--priors", tmp_path / "own.toml", "--leads", leads, "--draws",
                   2_000, "--seed", seed, "--out", tmp_path / name)  # fmt: skip
        assert done[0] == 0, done[2]
        made[name] = {
            file: (tmp_path / name / file).read_bytes()
            for file in ("estimate.csv", "inputs.csv", "draws.parquet")
        }
    assert made["a"] == made["b"]
    assert made["a"]["draws.parquet"] != made["c"]["draws.parquet"]


@pytest.mark.parametrize("named", [True, False])
def test_hostile_names_are_inert_everywhere(run, tmp_path, named):
    (tmp_path / "own.toml").write_text(KNOWN)
    rows = [("L1", f"Acme > {HOSTILE}", "H100 SXM", 10, 5, 20, 0.0, "R1")] if named else []
    leads = leads_folder(tmp_path / "leads", rows or None) if named else None
    more = ["--leads", leads] if named else []
    status, out, err = run("estimate", "--priors", tmp_path / "own.toml", *more, "--entity",
                           HOSTILE, "--draws", 1_000, "--out", tmp_path / "a")  # fmt: skip
    assert status == 0, err
    page = (tmp_path / "a" / "estimate.html").read_text()
    assert "<script" not in page and "&lt;script&gt;" in page and "\u202e" not in page
    assert "\x1b" not in out and "\u202e" not in out
    table = pd.read_csv(tmp_path / "a" / "estimate.csv")
    assert not table["quantity"].str.startswith(("=", "+", "-", "@")).any()
    assert table["median"].notna().all() == named


def test_hostile_texts_of_a_priors_file(run, tmp_path):
    text = KNOWN.replace("A made-up model", "<img src=x onerror=alert(1)>").replace(
        'distribution = "lognormal"', 'note = "<script>1</script>"\ndistribution = "lognormal"'
    )
    (tmp_path / "own.toml").write_text(text.replace("[priors.total]", '["priors"."total"]'))
    status, _, err = run("estimate", "--priors", tmp_path / "own.toml", "--draws", 1_000, "--out",
                         tmp_path / "a")  # fmt: skip
    assert status == 0, err
    page = (tmp_path / "a" / "estimate.html").read_text()
    assert "<script" not in page and "<img src=x" not in page


def test_recapture_of_a_file(run, tmp_path):
    (tmp_path / "own.toml").write_text(KNOWN)
    file = tmp_path / "cases.csv"
    file.write_text("case,source\na,court\nb,court\na,customs\nc,customs\n")
    base = ["estimate", "--priors", tmp_path / "own.toml", "--draws", 1_000, "--cases", file]
    status, out, err = run(*base, "--out", tmp_path / "a", "--quiet")
    assert (status, out) == (0, ""), "quiet silences no warning"
    assert "does not say which sources are independent" in err
    status, out, _ = run(*base, "--independent", "court,customs", "--out", tmp_path / "b")
    # Chapman: 3 x 3 / 2 - 1 = 3.5.
    table = pd.read_csv(tmp_path / "b" / "estimate.csv").set_index("quantity")
    assert status == 0 and table.loc["cases, at least", "median"] == 3.5
    status, _, err = run(*base, "--independent", "court,press", "--out", tmp_path / "c")
    assert status == 2 and "'press' is no source" in err
    file.write_text("case,source\na,court\n,customs\n")
    status, _, err = run(*base, "--out", tmp_path / "d")
    assert status == 1 and "cases.csv, row 3, column case: is empty" in err


def test_wrong_options_are_said_in_one_line(run, tmp_path):
    status, _, err = run("estimate", "--priors", "rumour", "--out", tmp_path / "a")
    assert status == 2 and "'rumour'" in err and "Traceback" not in err
    assert not (tmp_path / "a").exists()


def test_another_estimate_is_not_replaced_in_silence(run, tmp_path):
    out = tmp_path / "a"
    assert run("estimate", "--draws", 1_000, "--out", out)[0] == 0
    assert run("estimate", "--draws", 1_000, "--seed", 2, "--out", out)[0] == 0, "the same model"
    kept = (out / "run.json").read_bytes()
    status, _, err = run("estimate", "--priors", "cnas-2025", "--draws", 1_000, "--out", out)
    assert status == 1 and "--force" in err
    assert (out / "run.json").read_bytes() == kept
    again = ("estimate", "--priors", "cnas-2025", "--draws", 1_000, "--out", out, "--force")
    assert run(*again)[0] == 0
