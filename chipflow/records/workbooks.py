"""Workbooks: every sheet of .xlsx, .xlsb, .xls and .ods, cells as text."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from chipflow.errors import InputError
from chipflow.records.apart import read_cells_apart
from chipflow.records.bookcells import (
    MAX_CELLS,
    PROTECTED,
    BookError,
    Cells,
    read_cells,
    too_large,
)
from chipflow.records.sheets import TOP_ROWS, Body, RawSheet, without_blank_rows
from chipflow.records.unpack import Archive

_HINTS = {PROTECTED: "open it in a spreadsheet program and save it without a password"}
_TOO_LARGE = "a sheet of"
_TOO_LARGE_HINT = "delete the rows and columns outside the table, or save it as CSV"
_AGAIN = "copy or download it again"
# Where a cell of an .xlsx stands, such as r="AB12".
_REFERENCE = rb"\br\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7})"
_COLUMN = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{1,3})\d")
_FAR_ROW = re.compile(rb"\br\s*=\s*[\"'][A-Za-z]{1,3}(\d{6,7})")
_NEAR_ROWS = 99_999
# A reference that the border between two pieces cuts through is shorter than this.
_OVERLAP = 40
_SHARED_TEXT = "sharedstrings"


def read_workbook(data: bytes, source: str, name: str) -> list[RawSheet]:
    """Return the sheets of a workbook that hold cells.

    Raises
    ------
    InputError
        Password-protected, damaged, not a workbook, too large, or without any cell.
    """
    try:
        sheets = [
            _sheet(cells, f"{source}#{cells.title}", f"{name} {cells.title}")
            for cells in _cells(data, source)
        ]
    except BookError as error:
        place = source if error.sheet is None else f"{source}#{error.sheet}"
        hint = _TOO_LARGE_HINT if error.what.startswith(_TOO_LARGE) else _AGAIN
        raise InputError(error.what, file=place, hint=_HINTS.get(error.what, hint)) from error
    if not sheets:
        raise InputError("a workbook without any cell", file=source, hint="give one with a table")
    return sheets


def _cells(data: bytes, source: str) -> Iterable[Cells]:
    if not data.startswith(b"PK"):
        return read_cells_apart(data)
    archive = Archive(data, source)
    names = archive.names
    if not any(n.startswith("xl/") or n == "content.xml" for n in names):
        raise InputError(
            "a ZIP archive, not a workbook", file=source, hint="unpack it and give the files inside"
        )
    is_xlsx = any(n.startswith("xl/") and n.endswith(".xml") for n in names) and not any(
        n.endswith(".bin") and n.startswith("xl/w") for n in names
    )
    for number, member in enumerate(names):
        _check_member(archive, number, looked_at=is_xlsx and _SHARED_TEXT not in member.lower())
    return read_cells(data) if is_xlsx else read_cells_apart(data)


def _check_member(archive: Archive, number: int, looked_at: bool) -> None:
    """Unpack a member without keeping it; refuse a sheet that reaches too far.

    The reader takes memory for the whole rectangle between the first and the last cell before
    it can be asked how large that is, and ends the process if there is not so much.
    """
    columns: set[bytes] = set()
    far = 0
    tail = b""
    for chunk in archive.chunks(number):
        if not looked_at:
            continue
        text = tail + chunk
        columns.update(_COLUMN.findall(text))
        far = max(far, max(map(int, _FAR_ROW.findall(text)), default=0))
        tail = text[-_OVERLAP:]
    width = max(map(_column_number, columns), default=0)
    if width * max(far, _NEAR_ROWS) <= MAX_CELLS:
        return
    height, width = _extent(archive.read(number))
    if height * width > MAX_CELLS:
        place = f"{archive.name} ({archive.names[number]})"
        raise InputError(too_large(height, width), file=place, hint=_TOO_LARGE_HINT)


def _extent(text: bytes) -> tuple[int, int]:
    """Return how many rows and columns lie between the first and the last cell."""
    places = re.findall(_REFERENCE, text)
    if not places:
        return 0, 0
    rows = [int(row) for _, row in places]
    columns = [_column_number(column) for column in {column for column, _ in places}]
    return max(rows) - min(rows) + 1, max(columns) - min(columns) + 1


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _sheet(cells: Cells, source: str, name: str) -> RawSheet:
    table = cells.table
    top = [list(row.values()) for row in table.slice(0, TOP_ROWS).to_pylist()]

    def load(header: int) -> Body:
        below = table.slice(header + 1)
        rows = np.arange(below.num_rows, dtype=np.int64) + cells.first_row + header + 1
        return Body(*without_blank_rows(below, rows))

    return RawSheet(source, name, top, load, cells.first_row)
