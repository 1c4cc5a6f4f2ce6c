"""Workbooks: every sheet of .xlsx, .xlsb, .xls and .ods, cells as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sized
from typing import Any

import numpy as np

from chipflow.errors import InputError
from chipflow.records.io.apart import read_cells_apart
from chipflow.records.io.bookcells import (
    MAX_CELLS,
    PROTECTED,
    BookError,
    Cells,
    read_cells,
    too_large,
)
from chipflow.records.io.sheets import TOP_ROWS, Body, RawSheet, without_blank_rows
from chipflow.records.io.unpack import Archive
from chipflow.records.io.unsaid import Unsaid, find_unsaid, may_be_unsaid, sheet_members
from chipflow.records.io.unsaid import column_number as _column_number
from chipflow.records.vocabulary.meaning import field_scores

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
# Where a workbook lists its sheets, and where these lie.
_BOOK = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
_AMOUNTS = ("quantity", "weight_kg", "value_usd", "value")
HIDDEN = "the sheet is hidden in the workbook, and read like any other"


def read_workbook(data: bytes, source: str, name: str) -> list[RawSheet]:
    """Return the sheets of a workbook that hold cells.

    Raises
    ------
    InputError
        Password-protected, damaged, not a workbook, too large, or without any cell.
    """
    try:
        sheets = [
            _sheet(cells, said.get(cells.title), f"{source}#{cells.title}", f"{name} {cells.title}")
            for cells, said in _cells(data, source)
        ]
    except BookError as error:
        place = source if error.sheet is None else f"{source}#{error.sheet}"
        hint = _TOO_LARGE_HINT if error.what.startswith(_TOO_LARGE) else _AGAIN
        raise InputError(error.what, file=place, hint=_HINTS.get(error.what, hint)) from error
    if not sheets:
        raise InputError("a workbook without any cell", file=source, hint="give one with a table")
    return sheets


def _cells(data: bytes, source: str) -> Iterator[tuple[Cells, dict[str, Unsaid]]]:
    if not data.startswith(b"PK"):
        yield from ((cells, {}) for cells in read_cells_apart(data))
        return
    archive = Archive(data, source)
    names = archive.names
    if not any(n.startswith("xl/") or n == "content.xml" for n in names):
        raise InputError(
            "a ZIP archive, not a workbook", file=source, hint="unpack it and give the files inside"
        )
    is_xlsx = any(n.startswith("xl/") and n.endswith(".xml") for n in names) and not any(
        n.endswith(".bin") and n.startswith("xl/w") for n in names
    )
    unsaid: dict[str, Unsaid] = {}
    for number, member in enumerate(names):
        looked_at = is_xlsx and _SHARED_TEXT not in member.lower()
        if _check_member(archive, number, looked_at):
            unsaid[member] = find_unsaid(archive.read(number))
    if not is_xlsx:
        yield from ((cells, {}) for cells in read_cells_apart(data))
        return
    by_title: dict[str, Unsaid] = {}
    if unsaid:
        members = {name: archive.read(n) for n, name in enumerate(names) if name in _BOOK}
        paths = sheet_members(*(members.get(name, b"") for name in _BOOK))
        by_title = {title: unsaid[path] for title, path in paths.items() if path in unsaid}
    yield from ((cells, by_title) for cells in read_cells(data))


def _check_member(archive: Archive, number: int, looked_at: bool) -> bool:
    """Unpack a member without keeping it; refuse a sheet that reaches too far.

    The reader takes memory for the whole rectangle between the first and the last cell before
    it can be asked how large that is, and ends the process if there is not so much.

    Returns
    -------
    bool
        Whether cells may hold errors or formulas, which the reader does not tell.
    """
    columns: set[bytes] = set()
    far = 0
    tail = b""
    suspect = False
    for chunk in archive.chunks(number):
        if not looked_at:
            continue
        text = tail + chunk
        columns.update(_COLUMN.findall(text))
        far = max(far, max(map(int, _FAR_ROW.findall(text)), default=0))
        suspect = suspect or may_be_unsaid(text)
        tail = text[-_OVERLAP:]
    width = max(map(_column_number, columns), default=0)
    if width * max(far, _NEAR_ROWS) <= MAX_CELLS:
        return suspect
    height, width = _extent(archive.read(number))
    if height * width > MAX_CELLS:
        place = f"{archive.name} ({archive.names[number]})"
        raise InputError(too_large(height, width), file=place, hint=_TOO_LARGE_HINT)
    return suspect


def _extent(text: bytes) -> tuple[int, int]:
    """Return how many rows and columns lie between the first and the last cell."""
    places = re.findall(_REFERENCE, text)
    if not places:
        return 0, 0
    rows = [int(row) for _, row in places]
    columns = [_column_number(column) for column in {column for column, _ in places}]
    return max(rows) - min(rows) + 1, max(columns) - min(columns) + 1


def _sheet(cells: Cells, unsaid: Unsaid | None, source: str, name: str) -> RawSheet:
    table = cells.table if unsaid is None else _with_errors(cells, unsaid)
    first = table.slice(0, TOP_ROWS)
    top = [list(row.values()) for row in first.to_pylist()]
    spans: dict[int, list[int]] = {}
    for up, left, down, right in cells.merged:
        for at in range(up, min(down + 1, len(top))):
            across = spans.setdefault(at, list(range(table.num_columns)))
            across[left : right + 1] = [left] * (right - left + 1)

    def load(header: int) -> Body:
        names = top[header] if header >= 0 else []
        filled, repeated = _filled_down(table, cells.merged, header, names)
        below = filled.slice(header + 1)
        rows = np.arange(below.num_rows, dtype=np.int64) + cells.first_row + header + 1
        kept, numbers = without_blank_rows(below, rows)
        said = [HIDDEN] if cells.hidden else []
        return Body(kept, numbers, [], [*said, *repeated, *_said(cells, unsaid, header)])

    return RawSheet(source, name, top, load, cells.first_row, spans=spans)


def _with_errors(cells: Cells, unsaid: Unsaid) -> Any:
    """Return the cells with the errors that the reader leaves empty."""
    import pyarrow as pa

    table = cells.table
    by_column: dict[int, list[tuple[int, str]]] = {}
    for row, column, text in unsaid.errors:
        at, j = row - cells.first_row, column - cells.first_column
        if 0 <= at < table.num_rows and 0 <= j < table.num_columns:
            by_column.setdefault(j, []).append((at, text))
    for j, places in by_column.items():
        texts = table.column(j).to_pylist()
        for at, text in places:
            texts[at] = text
        table = table.set_column(j, table.column_names[j], pa.array(texts, pa.string()))
    return table


def _filled_down(
    table: Any, merged: tuple[tuple[int, int, int, int], ...], header: int, names: list[str]
) -> tuple[Any, list[str]]:
    """Repeat the value of merged cells down the rows that they cover.

    Amounts are not repeated: one weight over three rows is that of the three together.
    """
    import pyarrow as pa

    down = [place for place in merged if place[0] > header and place[2] > place[0]]
    warnings = []
    for j in sorted({place[1] for place in down}):
        own = [place for place in down if place[1] == j]
        name = names[j] if j < len(names) else ""
        rows = sum(bottom - top for top, _, bottom, _ in own)
        if set(field_scores(name)) & set(_AMOUNTS):
            warnings.append(
                f"{name!r}: merged cells reach over {rows:,} more rows: the amount is that of all "
                "together and counted once, in the first row"
            )
            continue
        take = np.arange(table.num_rows)
        for top, _, bottom, _ in own:
            take[top : bottom + 1] = top
        column = table.column(j).take(pa.array(take))
        table = table.set_column(j, table.column_names[j], column)
        warnings.append(f"{name!r}: the value of merged cells is read in {rows:,} more rows")
    return table, warnings


def _said(cells: Cells, unsaid: Unsaid | None, header: int) -> list[str]:
    """Return what the user should know about errors and formulas below the header."""
    if unsaid is None:
        return []
    said = []
    first = cells.first_row + header + 1
    errors = [(row, text) for row, _, text in unsaid.errors if row >= first]
    if errors:
        row, text = min(errors)
        hold = "holds" if len(errors) == 1 else "hold"
        said.append(f"{_counted(errors)} {hold} an error, not a value (row {row:,}: {text})")
    formulas = [row for row, _ in unsaid.formulas if row >= first]
    if formulas:
        hold = "holds" if len(formulas) == 1 else "hold"
        said.append(
            f"{_counted(formulas)} {hold} a formula without its saved value, read as empty (row "
            f"{min(formulas):,}): open the file in a spreadsheet program and save it"
        )
    return said


def _counted(found: Sized) -> str:
    return f"{len(found):,} cell{'s' if len(found) != 1 else ''}"
