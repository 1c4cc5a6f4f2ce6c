"""What ``docs/estimate.md`` says is what the commands give."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat

import chipflow as cf
from chipflow.estimate import estimate, load_model

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "estimate.md").read_text("utf-8")


def test_what_it_says_of_the_rules():
    rows = re.findall(r"^\| (\w+) \| (\d{4}-\d\d-\d\d) \| (\w+) \|$", PAGE, re.M)
    assert len(rows) == 9
    for chip, day, said in rows:
        assert cf.status(chip, day, "CN").status == said, (chip, day)


def test_what_it_says_of_the_models():
    cnas = estimate("cnas-2025").table.set_index("quantity").loc["total"]
    assert round(cnas["median"], -4) == 140_000
    assert "P(more than 100,000) = 0.60" in cnas["statement"]
    made = estimate("epoch-2026")
    total = made.table.set_index("quantity").loc["total"]
    assert [round(total["median"], -4), round(total["low"], -3), round(total["high"], -4)] == [
        660_000, 295_000, 1_590_000,
    ]  # fmt: skip
    assert round(made.inputs.set_index("name").loc["detection", "rank_correlation"], 2) == -0.64
    assert "median 660,000, 90% 295,000 to 1.59 million" in PAGE


def test_its_file_of_your_own_is_read(tmp_path):
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.S)
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    assert load_model(path).result == "total"
    assert estimate(path, draws=1_000).table["quantity"].tolist()[-1] == "total"


def test_the_notebook_runs_from_top_to_bottom():
    notebook = nbformat.read(ROOT / "notebooks" / "estimate.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.get("outputs") for cell in cells), "kept without results"
    known: dict[str, object] = {}
    for cell in cells:
        exec(compile(cell.source, "notebook", "exec"), known)
    plt.close("all")
    assert round(known["days"]) == 57
    assert not known["one"].identified
