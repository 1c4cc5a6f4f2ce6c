"""The notebooks run from top to bottom."""

from __future__ import annotations

import warnings

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import ROOT


def test_the_walk_through_runs_and_shows_its_results():
    notebook = nbformat.read(ROOT / "notebooks" / "sample.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "kept without results"
    with warnings.catch_warnings():
        # The notebook's own machinery, not chipflow, is behind these.
        warnings.simplefilter("ignore")
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(ROOT)}}).execute()
    shown = [
        output["data"]["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    ]
    assert len(shown) >= 8
    assert any("SIMULATED RECORDS" in page for page in shown)
    assert sum("<iframe" in page for page in shown) == 3, "map, network and report"


# The walk-through above is run by a notebook's own machinery, and the one on estimates by
# tests/estimate/test_page.py; these are run here, which takes no kernel.
@pytest.mark.parametrize("name", ["lead", "countries", "your-own", "weekly"])
def test_the_other_notebooks_run(name, monkeypatch):
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.get("outputs") for cell in cells), "kept without results"
    assert any("simulated" in cell.source for cell in notebook.cells)
    monkeypatch.chdir(ROOT / "notebooks")
    known: dict[str, object] = {"__name__": "notebook"}
    for cell in cells:
        exec(compile(cell.source, name, "exec"), known)
