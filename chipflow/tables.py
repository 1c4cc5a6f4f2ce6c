"""Writing tables: the same bytes for the same content, and inert in a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from chipflow.errors import OutputError

if TYPE_CHECKING:
    import os
    from pathlib import Path

# A spreadsheet program runs a cell that begins with one of these as a formula
# (OWASP, "CSV Injection"); an apostrophe before it makes it text.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_CSV: Any = {"index": False, "lineterminator": "\n", "date_format": "%Y-%m-%d"}


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


def write_csv(frame: pd.DataFrame, path: str | os.PathLike[str], *, bom: bool = False) -> None:
    """Write a table as UTF-8 CSV with cells defused and the same bytes every time.

    Parameters
    ----------
    frame
        Any table.
    path
        The file; one that exists is replaced.
    bom
        Whether to begin with a byte order mark, by which Excel reads UTF-8 right.

    Raises
    ------
    OutputError
        The file cannot be written there.
    """
    try:
        _inert(frame).to_csv(path, encoding="utf-8-sig" if bom else "utf-8", **_CSV)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror}); name another file"
        ) from error


def csv_text(frame: pd.DataFrame) -> str:
    """Return a table as the text of a CSV file, as :func:`write_csv` writes it."""
    return _inert(frame).to_csv(None, **_CSV)


def _inert(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.apply(defuse, axis=0) if len(frame) else frame


def as_json(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON can hold them.

    Parameters
    ----------
    frame
        Texts, numbers, truth values, days, and lists of these.

    Returns
    -------
    list of dict
        One a row; missing values are None and days ISO texts.
    """
    plain: dict[str, list[Any]] = {}
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_datetime64_any_dtype(column.dtype):
            column = column.dt.strftime("%Y-%m-%d")
        missing = column.isna()
        plain[str(name)] = [
            None if gone else value
            for value, gone in zip(column.astype(object).tolist(), missing.tolist(), strict=True)
        ]
    return [dict(zip(plain, values, strict=True)) for values in zip(*plain.values(), strict=True)]


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet, without the index."""
    frame.to_parquet(path, index=False, engine="pyarrow", compression="zstd")
