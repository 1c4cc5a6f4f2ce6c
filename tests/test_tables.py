"""Cells of a CSV are inert in a spreadsheet of any country, and come back as they were."""

from __future__ import annotations

import pandas as pd
import pytest

from chipflow.tables import as_written, defuse


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+2", "'=1+2"),
        ("\uff1dcmd()", "'\uff1dcmd()"),
        ("  @sum", "'  @sum"),
        ("\n=1", "'\n'=1"),
        # Where the separator is a semicolon, what follows one is a cell.
        ("Acme;=1+24", "Acme;'=1+24"),
        ("a\t-2+3", "a\t'-2+3"),
        ("Acme - Boards; Parts", "Acme - Boards; Parts"),
        ("R1;R2", "R1;R2"),
    ],
)
def test_formulas_are_made_texts_and_come_back(cell, safe):
    made = defuse(pd.Series([cell, None]))
    assert made[0] == safe and pd.isna(made[1])
    assert as_written(made.astype("str"))[0] == cell
