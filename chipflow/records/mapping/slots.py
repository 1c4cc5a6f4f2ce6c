"""All usable sheets as one text table: a column for each field, whatever it was called."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from chipflow.records.io.garbled import turned_back
from chipflow.records.io.sheets import Body
from chipflow.records.mapping.content import ERROR_CELL
from chipflow.records.mapping.detect import Mapping
from chipflow.records.schema import (
    FIELDS,
    Sheet,
    one_line,
)

if TYPE_CHECKING:
    pass

# Between the parts of a problem, and of a hashed row. A cell that holds one gets a blank there.
PART, END = MARKS = "\x1f", "\x1e"
# The first printable character of ASCII, and the one above the last.
_BLANK, _DELETE = 0x20, 0x7F
TURNED_BACK = "read in a wrong encoding before, turned back"
STAYS_GARBLED = "with letters lost in a wrong encoding, kept as far as readable"
# Slots beyond the first hold columns that speak where the first says nothing.
SLOT = "{}__{}"


def slot(name: str, n: int = 0) -> str:
    """Return the column of the text table that holds the n-th column of a field."""
    return name if n == 0 else SLOT.format(name, n)


def field_of(where: str) -> str:
    """Return the field of a slot."""
    return where.split("__", 1)[0]


@dataclass
class Usable:
    """A sheet that holds records, with all that is needed to read its rows."""

    number: int
    sheet: Sheet
    headers: list[str]
    body: Body
    mapping: Mapping
    full_names: set[int] = field(default_factory=set)
    home: str | None = None  # ISO 3166 alpha-2 codes, see context.home_country

    def positions(self, name: str) -> list[int]:
        """Return the columns of a field, the chosen one first."""
        if name not in self.mapping.columns:
            return []
        return [self.mapping.columns[name], *self.mapping.also.get(name, [])]

    def numbered(self, name: str, n: int) -> bool:
        """Tell if the n-th column of a side holds the numbers of companies, not their names."""
        places = self.positions(name)
        return n < len(places) and places[n] in self.mapping.registers

    def way(self, name: str, n: int) -> str | None:
        """Return the direction of the rows that the n-th column of a field is read in."""
        places = self.positions(name)
        return self.mapping.ways.get((name, places[n])) if n < len(places) else None

    def header(self, name: str, n: int = 0) -> str:
        """Return the header of the n-th column of a field."""
        places = self.positions(name)
        return self.headers[places[n]] if n < len(places) else name


def widths(usable: list[Usable]) -> dict[str, int]:
    """Return how many slots each field needs; fields that no sheet has are left out."""
    most = {name: max((len(u.positions(name)) for u in usable), default=0) for name in FIELDS}
    return {name: n for name, n in most.items() if n}


def text_table(usable: list[Usable]) -> tuple[Any, set[str], set[str]]:
    """Return one Arrow table of all usable sheets: ``sheet``, ``row``, slots.

    Cells have no blanks around them. Also returned are the slots without unusual text, see
    :func:`bare`, and those with error cells of a spreadsheet.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    needed = widths(usable)
    tables = []
    unusual: set[str] = set()
    errors: set[str] = set()
    with ThreadPoolExecutor() as pool:
        for item in usable:
            body = item.body.table
            nothing = pa.nulls(body.num_rows, pa.string())
            columns: dict[str, Any] = {
                "sheet": pa.repeat(pa.scalar(item.number, pa.int32()), body.num_rows),
                "row": pa.array(item.body.rows, pa.int64()),
            }
            columns |= {slot(name, k): nothing for name, n in needed.items() for k in range(n)}
            given = {
                slot(name, k): body.column(at)
                for name in needed
                for k, at in enumerate(item.positions(name))
            }
            for where, (column, usual) in zip(given, pool.map(bare, given.values()), strict=True):
                columns[where] = column
                # Few columns hold a "#" at all: the pattern is asked of those only.
                signs = column.filter(pc.starts_with(column, "#"))
                if pc.any(pc.match_substring_regex(signs, ERROR_CELL)).as_py():
                    errors.add(where)
                if usual:
                    continue
                unusual.add(where)
                columns[where], changed, left = turned_back(column)
                item.sheet.warnings += [
                    _about_cells(item, what, where, columns[where], at)
                    for what, at in ((TURNED_BACK, changed), (STAYS_GARBLED, left))
                    if len(at)
                ]
            tables.append(pa.table(columns))
    every = {slot(name, k) for name, count in needed.items() for k in range(count)}
    return pa.concat_tables(tables), every - unusual, errors


def _about_cells(item: Usable, what: str, where: str, column: Any, at: Any) -> str:
    """Return a sentence on some cells of a column, with the first of them."""
    name, _, n = where.partition("__")
    row, text = int(item.body.rows[at[0]]), one_line(column[int(at[0])].as_py())
    header, cells = item.header(name, int(n or 0)), "cell" if len(at) == 1 else "cells"
    return f"{header!r}: {len(at):,} {cells} {what} (row {row:,}: {text!r})"


def raw_rows(usable: list[Usable]) -> Any:
    """Return ``raw_sheet``, ``raw_at`` (row) and ``raw`` (the whole row as text) of sheets."""
    import pyarrow as pa
    import pyarrow.compute as pc

    tables = [
        pa.table(
            {
                "raw_sheet": pa.repeat(pa.scalar(item.number, pa.int32()), len(item.body.rows)),
                "raw_at": pa.array(item.body.rows, pa.int64()),
                "raw": pc.binary_join_element_wise(*item.body.table.columns, PART),
            }
        )
        for item in usable
    ]
    return pa.concat_tables(tables)


def bare(column: Any) -> tuple[Any, bool]:
    """Return cells without ASCII blanks around, and if nothing unusual stands in any of them.

    Usual are printable ASCII characters with single blanks between them. One look at the bytes
    of the whole column is far faster than one at each cell. Two blanks on both sides of the
    border between two cells count as unusual as well: that costs time only.
    """
    import pyarrow.compute as pc

    edges, usual = _look(column)
    if not edges:
        column = pc.ascii_trim_whitespace(column)
        usual = _look(column)[1]
    if not usual:
        for mark in MARKS:
            column = pc.replace_substring(column, mark, " ")
    return column, usual


def _look(column: Any) -> tuple[bool, bool]:
    """Tell if no cell has a blank at an end, and if all characters are usual."""
    edges = usual = True
    for chunk in column.chunks:
        _, offsets, text = chunk.buffers()
        if text is None or not len(chunk):
            continue
        at = np.frombuffer(offsets, np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
        letters = np.frombuffer(text, np.uint8)[at[0] : at[-1]]
        if not len(letters):
            continue
        ends = (at - at[0])[np.flatnonzero(np.diff(at))]
        starts_and_ends = letters[np.concatenate([ends, ends[1:] - 1, [len(letters) - 1]])]
        edges = edges and not (starts_and_ends <= _BLANK).any()
        if usual:
            blanks = letters == _BLANK
            usual = bool(letters.min() >= _BLANK and letters.max() < _DELETE)
            usual = usual and not (blanks[1:] & blanks[:-1]).any()
    return edges, usual
