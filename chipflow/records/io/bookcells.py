"""The cells of a workbook's sheets as text.

This file is also run as a program of its own, by :mod:`chipflow.records.io.apart`, and for that
imports nothing else of chipflow.
"""

from __future__ import annotations

import datetime as dt
import io
import struct
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

# A float holds whole numbers exactly up to here.
_LARGEST_WHOLE = 2**53
# Sheets of more cells do not fit into the memory of a laptop: the reader takes 24 bytes for
# each, said or not.
MAX_CELLS = 100_000_000
# Twice what a spreadsheet can hold; more is not a table of trade but a broken file.
MAX_COLUMNS = 32_768
# Rows made into text at once; all at once would take the memory of the sheet twice.
_ROWS_AT_ONCE = 50_000
# The most memory that the program of its own may take, where the system can limit it.
MAX_BYTES = 8 << 30

DAMAGED = "a workbook that is cut off or damaged"
DAMAGED_SHEET = "a sheet that is cut off or damaged"
PROTECTED = "a password-protected workbook"
# A message before it: kind of frame, length of what follows.
FRAME = struct.Struct("<cQ")
SHEET, ERROR, DONE = b"S", b"E", b"D"


class BookError(Exception):
    """A workbook that cannot be read: ``what`` was found, in which ``sheet`` if in one."""

    def __init__(self, what: str, sheet: str | None = None) -> None:
        super().__init__(what)
        self.what, self.sheet = what, sheet


class Cells(NamedTuple):
    """A sheet that holds cells.

    Attributes
    ----------
    title
        Its name.
    first_row
        The number of the first row with a cell; 1 for the first of the sheet.
    table
        Text columns ``c0``, ``c1`` ...
    first_column
        The number of the first column with a cell, from 0.
    merged
        First row, first column, last row, last column of merged cells, as places in ``table``.
    hidden
        Whether a spreadsheet program does not show the sheet.
    """

    title: str
    first_row: int
    table: Any
    first_column: int = 0
    merged: tuple[tuple[int, int, int, int], ...] = ()
    hidden: bool = False


def read_cells(data: bytes) -> Iterator[Cells]:
    """Give the sheets of a workbook that hold cells; charts and macros hold none.

    Raises
    ------
    BookError
        Password-protected, damaged, or a sheet that is too large.
    """
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        titles = list(book.sheet_names)
        shown = {
            sheet.name: sheet.visible == calamine.SheetVisibleEnum.Visible
            for sheet in book.sheets_metadata
        }
    except calamine.PasswordError as error:
        raise BookError(PROTECTED) from error
    except BaseException as error:
        raise BookError(PROTECTED if _is_encrypted(data) else _damage(error, DAMAGED)) from error
    for title in titles:
        try:
            sheet = book.get_sheet_by_name(title)
            start = sheet.start
            if start is None or not sheet.height:
                continue
            height, width = int(sheet.height), int(sheet.width)
            if height * width > MAX_CELLS or width > MAX_COLUMNS:
                raise BookError(too_large(height, width), title)
            table = _table(sheet, width)
            merged = _merged(sheet, height, width)
        except BookError:
            raise
        except BaseException as error:
            if any(word in str(error).lower() for word in ("not found", "chart")):
                continue
            raise BookError(_damage(error, DAMAGED_SHEET), title) from error
        hidden = not shown.get(title, True)
        yield Cells(title, int(start[0]) + 1, table, int(start[1]), merged, hidden)


def too_large(height: int, width: int) -> str:
    """Return what is wrong with a sheet of so many rows and columns."""
    return f"a sheet of {height:,} by {width:,} cells"


def _damage(error: BaseException, what: str) -> str:
    """Return what to say; the reader panics on some damage, which is no ``Exception``."""
    if isinstance(error, Exception) or type(error).__name__ == "PanicException":
        return what
    raise error


def _is_encrypted(data: bytes) -> bool:
    """An encrypted .xlsx is a compound file with a stream of this name (MS-OFFCRYPTO 2.3.4.4)."""
    name = "EncryptedPackage".encode("utf-16-le")
    return data.startswith(b"\xd0\xcf\x11\xe0") and name in data


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


def _table(sheet: Any, width: int) -> Any:
    import pyarrow as pa

    names = [f"c{i}" for i in range(width)]
    batches = []
    rows: list[Any] = []

    def flush() -> None:
        columns = zip(*rows, strict=True) if rows else ([] for _ in names)
        texts = [pa.array([cell_text(v) for v in column], pa.string()) for column in columns]
        batches.append(pa.RecordBatch.from_arrays(texts, names=names))
        rows.clear()

    # Rows above the first cell are given as well, with nothing in them.
    for row in islice(sheet.iter_rows(), int(sheet.start[0]), None):
        rows.append(row)
        if len(rows) == _ROWS_AT_ONCE:
            flush()
    if rows or not batches:
        flush()
    return pa.Table.from_batches(batches)


def _merged(sheet: Any, height: int, width: int) -> tuple[tuple[int, int, int, int], ...]:
    """Return the merged cells that lie within the table, as places in it."""
    up, left = sheet.start
    found = []
    for (top, first), (bottom, last) in sheet.merged_cell_ranges or []:
        place = (top - up, first - left, min(bottom - up, height - 1), min(last - left, width - 1))
        if 0 <= place[0] <= place[2] and 0 <= place[1] <= place[3]:
            found.append(place)
    return tuple(sorted(found))


def serve(source: BinaryIO, target: BinaryIO) -> None:
    """Read workbooks from a pipe, each behind its length, and write frames of sheets."""
    import json

    import pyarrow as pa

    while len(head := source.read(FRAME.size)) == FRAME.size:
        data = source.read(FRAME.unpack(head)[1])
        last = (DONE, b"")
        try:
            for cells in read_cells(data):
                out = pa.BufferOutputStream()
                facts = json.dumps([*cells[:2], *cells[3:]])
                table = cells.table.replace_schema_metadata({b"facts": facts.encode()})
                with pa.ipc.new_stream(out, table.schema) as stream:
                    stream.write_table(table)
                body = out.getvalue()
                target.write(FRAME.pack(SHEET, len(body)))
                target.write(body)
        except BookError as error:
            last = (ERROR, json.dumps([error.what, error.sheet]).encode())
        except MemoryError:
            last = (ERROR, json.dumps(["a workbook that does not fit in memory", None]).encode())
        target.write(FRAME.pack(last[0], len(last[1])) + last[1])
        target.flush()


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:
        return
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES))
        # A reader that gives up leaves no image of its memory behind.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        return


if __name__ == "__main__":
    _limit_memory()
    serve(sys.stdin.buffer, sys.stdout.buffer)
