"""Writing tables: the same bytes for the same content, and inert in a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from chipflow.errors import OutputError

if TYPE_CHECKING:
    import os
    from pathlib import Path

    import pyarrow as pa

# A spreadsheet program runs a cell that begins with one of these signs as a formula (OWASP, "CSV
# Injection"); an apostrophe before it makes it text. Some programs fold full-width signs, skip
# blanks and line ends before them, and cut cells at a semicolon or tab where that is the separator
# of their country.
_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_FORMULA = rf"(?:[\s\x00]*[{_SIGNS}]|[\t\r\n])"
#: How a cell begins that :func:`defuse` made inert, as a regular expression.
DEFUSED = f"'{_FORMULA}"
_RISKY_INSIDE = rf"(?<=[;\t\n\r])(?=[ \u00a0]*[{_SIGNS}])"
EXCEL_DIGITS = 12  # Excel shows no more of a number in a cell, and keeps 15
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
        The same length and index; an apostrophe stands before what would be a formula, also
        behind a separator within the cell.
    """
    if not (pd.api.types.is_string_dtype(values.dtype) or values.dtype == object):
        return values
    text = values.astype("str")
    there = values.notna()
    inside = text.str.contains(_RISKY_INSIDE, regex=True).fillna(False).astype(bool) & there
    if inside.any():
        text = text.mask(inside, text.str.replace(_RISKY_INSIDE, "'", regex=True))
    risky = text.str.contains(f"^{_FORMULA}", regex=True).fillna(False).astype(bool) & there
    changed = inside | risky
    return values.mask(changed, text.mask(risky, "'" + text)) if changed.any() else values


def as_written(values: pd.Series) -> pd.Series:
    """Return text cells as they were before :func:`defuse`."""
    bare = values.str.replace(f"^'(?={_FORMULA})", "", regex=True)
    kept: pd.Series = bare.str.replace(rf"(?<=[;\t\n\r])'(?=[ \u00a0]*[{_SIGNS}])", "", regex=True)
    return kept


def write_csv(frame: pd.DataFrame, path: str | os.PathLike[str], *, excel: bool = False) -> None:
    """Write a table as UTF-8 CSV with cells defused and the same bytes every time.

    Parameters
    ----------
    frame
        Any table.
    path
        The file; one that exists is replaced.
    excel
        Whether Excel is to open it right: it begins with a byte order mark, without which Excel
        takes UTF-8 for another encoding; numbers have twelve significant digits at most; and
        texts of twelve digits and more, which Excel would round, begin with an apostrophe.

    Raises
    ------
    OutputError
        The file cannot be written there.
    """
    safe = _inert(frame)
    more: Any = {"encoding": "utf-8"}
    if excel:
        safe = safe.apply(_kept_as_text, axis=0) if len(safe) else safe
        more = {"encoding": "utf-8-sig", "float_format": f"%.{EXCEL_DIGITS}g"}
    try:
        safe.to_csv(path, **_CSV, **more)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror}); name another file"
        ) from error


def csv_text(frame: pd.DataFrame) -> str:
    """Return a table as the text of a CSV file, as :func:`write_csv` writes it."""
    text: str = _inert(frame).to_csv(None, **_CSV)
    return text


def _inert(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.apply(defuse, axis=0) if len(frame) else frame


def _kept_as_text(values: pd.Series) -> pd.Series:
    if not (pd.api.types.is_string_dtype(values.dtype) or values.dtype == object):
        return values
    text = values.astype("str")
    number = text.str.fullmatch(rf"[0-9]{{{EXCEL_DIGITS},}}").fillna(False).astype(bool)
    return values.mask(number & values.notna(), "'" + text)


def arrow_table(frame: pd.DataFrame) -> pa.Table:
    """Return a table as Arrow; columns of lists of texts stay that without a row too.

    Parameters
    ----------
    frame
        Texts, numbers, truth values, days, and lists of texts.
    """
    import pyarrow as pa

    lists = {
        str(name)
        for name in frame.columns
        if frame[name].dtype == object
        and all(isinstance(one, list) for one in frame[name].tolist())
    }
    columns = {
        str(name): pa.array(frame[name].tolist(), pa.list_(pa.string()))
        if str(name) in lists
        else pa.Array.from_pandas(frame[name])
        for name in frame.columns
    }
    return pa.table(columns)


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
