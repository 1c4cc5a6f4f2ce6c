"""Writing tables: the same bytes for the same content, and inert in a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

# A spreadsheet program runs a cell that begins with one of these as a formula
# (OWASP, "CSV Injection"); an apostrophe before it makes it text.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def defuse(values: pd.Series) -> pd.Series:
    """Return text cells with those that a spreadsheet would run as a formula made inert.

    Parameters
    ----------
    values
        Any column; one that does not hold text is returned as it is.

    Returns
    -------
    pandas.Series
        The same length and index; dangerous cells start with an apostrophe.
    """
    if not (pd.api.types.is_string_dtype(values.dtype) or values.dtype == object):
        return values
    text = values.astype("str")
    risky = text.str.startswith(FORMULA_STARTS).fillna(False).astype(bool) & values.notna()
    return values.mask(risky, "'" + text)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as UTF-8 CSV with cells defused and the same bytes every time."""
    safe = frame.apply(defuse, axis=0) if len(frame) else frame
    safe.to_csv(path, index=False, lineterminator="\n", encoding="utf-8", date_format="%Y-%m-%d")


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet, without the index."""
    frame.to_parquet(path, index=False, engine="pyarrow", compression="zstd")
