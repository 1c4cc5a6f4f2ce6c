"""The walk-through runs from top to bottom."""

from __future__ import annotations

import warnings

import nbformat
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
    assert sum("<iframe" in page for page in shown) == 2, "map and network"
