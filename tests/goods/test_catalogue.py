"""The tables hold together, and one that does not is refused with every problem named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chipflow.errors import TableError
from chipflow.goods.catalogue.load import load_catalogue
from chipflow.goods.controls.status import status

ROOT = Path(__file__).parents[2]


def test_shipped_tables_pass_the_linter():
    done = subprocess.run(
        [sys.executable, "scripts/check_tables.py"], cwd=ROOT, capture_output=True, text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": ""}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_importing_goods_loads_neither_ibis_nor_pandas():
    code = (
        "import sys, chipflow.goods as g; g.load_catalogue(); "
        "assert not {'ibis', 'pandas'} & set(sys.modules), 'loaded'"
    )
    subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )  # fmt: skip


def test_every_row_has_a_source_and_rules_a_citation():
    tables = load_catalogue()
    assert all(chip.source for chip in tables.chips)
    assert all(clause.citation and clause.source for clause in tables.clauses)
    assert all(member.source for member in tables.memberships)


def test_all_problems_are_shown_together(tmp_path):
    chips = tmp_path / "mine.csv"
    chips.write_text(
        "chip,family,vendor,tpp,die_mm2,performance_density,datacentre,pattern,ambiguous,source\n"
        "Z1,Z1,Zed,fast,,,1,Z1,0,a test\n"
        "Z2,Z2,Zed,1000,100,3,1,Z2,0,a test\n"
        "Z3,Z3,Zed,1000,,,2,(Z3,7,\n"
        "Z1,Z1,Zed,,,,1,Z1,0,a test\n",
        encoding="utf-8",
    )
    rules = tmp_path / "rules.csv"
    rules.write_text(
        "rule,clause,title,paragraph,first_day,last_day,destinations,parts,outcome,citation,"
        "source,confidence\n"
        "r,a,t,p,2024-02-30,,Q:9,NOCHIP,maybe,,s,high\n",
        encoding="utf-8",
    )
    with pytest.raises(TableError) as caught:
        load_catalogue(chips=chips, rules=rules)
    message = str(caught.value)
    for part in (
        "mine.csv: row 2, column tpp: 'fast' is not a number",
        "mine.csv: row 3, column performance_density",
        "mine.csv: row 4, column datacentre",
        "mine.csv: row 4, column pattern",
        "mine.csv: row 4, column ambiguous",
        "mine.csv: row 4, column source",
        "mine.csv: row 5, column chip: Z1 stands already in row 2",
        "rules.csv: row 2, column first_day: '2024-02-30'",
        "rules.csv: row 2, column outcome: 'maybe'",
        "rules.csv: row 2, column citation: is empty",
        "rules.csv: row 2, column destinations: 'Q:9'",
        "rules.csv: row 2, column parts: 'NOCHIP'",
    ):
        assert part in message, part


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("chip,colour\nZ,red\n", "unknown columns colour"),
        ("family\nZ\n", "columns chip are missing"),
        ("chip,family\nZ\n", "1 cells instead of 2"),
    ],
)
def test_a_table_with_the_wrong_shape_is_refused(tmp_path, content, part):
    path = tmp_path / "own.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TableError, match=part):
        load_catalogue(chips=path)


def test_a_missing_table_is_refused(tmp_path):
    with pytest.raises(TableError, match="no such file"):
        load_catalogue(rules=tmp_path / "none.csv")


def test_a_users_rule_is_a_row_and_no_code(tmp_path):
    path = tmp_path / "rules.csv"
    path.write_text(
        "rule,clause,title,paragraph,first_day,last_day,destinations,parts,outcome,citation,"
        "source,confidence\n"
        "own_2027,named,a later rule,paragraph 1,2027-01-01,,SG,T4,licence,1 FR 1,a test,high\n",
        encoding="utf-8",
    )
    tables = load_catalogue(rules=path)
    assert status("T4", "2026-12-31", "SG", catalogue=tables).status == "free"
    found = status("T4", "2027-01-01", "SG", catalogue=tables)
    assert (found.status, found.rule) == ("licence", "own_2027")


def test_a_users_row_replaces_the_shipped_one(tmp_path):
    shipped = load_catalogue().by_chip["RTX 4090D"]
    path = tmp_path / "chips.csv"
    path.write_text(
        "chip,family,vendor,tpp,datacentre,pattern,ambiguous,source\n"
        f"RTX 4090D,RTX 4090D,NVIDIA,9999,0,{shipped.pattern},0,a test\n",
        encoding="utf-8",
    )
    tables = load_catalogue(chips=path)
    assert len(tables.chips) == len(load_catalogue().chips)
    assert status("RTX 4090D", "2024-01-05", "CN", catalogue=tables).status == "licence"
    assert status("RTX 4090D", "2024-01-05", "CN").status == "free"
