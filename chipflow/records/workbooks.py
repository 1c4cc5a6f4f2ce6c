"""Workbooks: every sheet of .xlsx, .xlsb, .xls and .ods, cells as text."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

import numpy as np

from chipflow.errors import InputError
from chipflow.records.files import MAX_UNPACKED_BYTES
from chipflow.records.sheets import (
    MAX_COLUMNS,
    TOP_ROWS,
    Body,
    RawSheet,
    text_column,
    without_blank_rows,
)

# A float holds whole numbers exactly up to here.
_LARGEST_WHOLE = 2**53
# A sheet that claims more cells than this would not fit in memory as text.
MAX_CELLS = 200_000_000
_DAMAGED = "a workbook that is cut off or damaged"
_AGAIN = "copy or download it again"


def read_workbook(data: bytes, source: str, name: str) -> list[RawSheet]:
    """Return the sheets of a workbook that hold cells.

    Raises
    ------
    InputError
        Password-protected, damaged, not a workbook, too large, or without any cell.
    """
    import python_calamine as calamine

    _check_archive(data, source)
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = list(book.sheet_names)
    except calamine.PasswordError as error:
        raise _protected(source) from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        if _is_encrypted(data):
            raise _protected(source) from error
        raise InputError(_DAMAGED, file=source, hint=_AGAIN) from error
    sheets: list[RawSheet] = []
    for title in names:
        try:
            sheet = book.get_sheet_by_name(title)
            start = sheet.start
            if start is None or not sheet.height:
                continue
            if sheet.height * sheet.width > MAX_CELLS or sheet.width > MAX_COLUMNS:
                raise InputError(
                    f"a sheet of {sheet.height:,} by {sheet.width:,} cells",
                    file=f"{source}#{title}",
                    hint="delete the empty rows and columns, or save it as CSV",
                )
            cells = sheet.to_python(skip_empty_area=True)
        except calamine.CalamineError as error:
            # Charts and macros are sheets too, and hold no cells.
            if "not found" in str(error).lower() or "chart" in str(error).lower():
                continue
            raise InputError(
                "a sheet that is cut off or damaged", file=f"{source}#{title}", hint=_AGAIN
            ) from error
        sheets.append(_sheet(cells, f"{source}#{title}", f"{name} {title}", int(start[0]) + 1))
    if not sheets:
        raise InputError("a workbook without any cell", file=source, hint="give one with a table")
    return sheets


def _check_archive(data: bytes, source: str) -> None:
    if not data.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(info.file_size for info in archive.infolist())
            members = archive.namelist()
    except (zipfile.BadZipFile, ValueError) as error:
        raise InputError(_DAMAGED, file=source, hint=_AGAIN) from error
    if size > MAX_UNPACKED_BYTES:
        raise InputError(
            f"unpacks to more than {MAX_UNPACKED_BYTES / 1e9:g} GB", file=source, hint="split it"
        )
    if not any(n.startswith("xl/") or n == "content.xml" for n in members):
        raise InputError(
            "a ZIP archive, not a workbook", file=source, hint="unpack it and give the files inside"
        )


def _is_encrypted(data: bytes) -> bool:
    """An encrypted .xlsx is a compound file with a stream of this name (MS-OFFCRYPTO 2.3.4.4)."""
    name = "EncryptedPackage".encode("utf-16-le")
    return data.startswith(b"\xd0\xcf\x11\xe0") and name in data


def _protected(source: str) -> InputError:
    return InputError(
        "a password-protected workbook",
        file=source,
        hint="open it in a spreadsheet program and save it without a password",
    )


def cell_text(value: object) -> str:
    """Return a cell as a person would read it: ISO dates, whole numbers without a point."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        if value.is_integer() and abs(value) <= _LARGEST_WHOLE:
            return str(int(value))
        return repr(value)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time.min
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    return "" if value is None else str(value)


def _sheet(cells: list[list[Any]], source: str, name: str, first_row: int) -> RawSheet:
    top = [[cell_text(cell) for cell in row] for row in cells[:TOP_ROWS]]

    def load(header: int) -> Body:
        import pyarrow as pa

        below = cells[header + 1 :]
        rows = np.arange(len(below), dtype=np.int64) + first_row + header + 1
        width = len(cells[max(header, 0)])
        columns = zip(*below, strict=True) if below else ([] for _ in range(width))
        table = pa.table(
            {
                f"c{i}": text_column([cell_text(cell) for cell in column])
                for i, column in enumerate(columns)
            }
        )
        table, rows = without_blank_rows(table, rows)
        return Body(table, rows)

    return RawSheet(source, name, top, load, first_row)
