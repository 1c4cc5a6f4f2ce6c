"""All usable sheets as one text table: a column for each field, whatever it was called."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chipflow.records.detect import Mapping
from chipflow.records.layouts import Layout
from chipflow.records.places import local_currency
from chipflow.records.schema import (
    COUNTRY_FIELDS,
    FIELDS,
    NUMBER_FIELDS,
    Sheet,
)
from chipflow.records.sheets import Body

# Between the parts of a problem, and of a hashed row. A cell that holds one gets a blank there.
PART, END = MARKS = "\x1f", "\x1e"
# The first printable character of ASCII, and the one above the last.
_BLANK, _DELETE = 0x20, 0x7F
# Slots beyond the first hold columns that speak where the first says nothing.
SLOT = "{}__{}"


def slot(name: str, n: int = 0) -> str:
    """Return the column of the text table that holds the n-th column of a field."""
    return name if n == 0 else SLOT.format(name, n)


@dataclass
class Usable:
    """A sheet that holds records, with all that is needed to read its rows."""

    number: int
    sheet: Sheet
    headers: list[str]
    body: Body
    mapping: Mapping
    full_names: set[int] = field(default_factory=set)

    def positions(self, name: str) -> list[int]:
        """Return the columns of a field, the chosen one first."""
        if name not in self.mapping.columns:
            return []
        return [self.mapping.columns[name], *self.mapping.also.get(name, [])]

    def header(self, name: str, n: int = 0) -> str:
        """Return the header of the n-th column of a field."""
        places = self.positions(name)
        return self.headers[places[n]] if n < len(places) else name


def widths(usable: list[Usable]) -> dict[str, int]:
    """Return how many slots each field needs; fields that no sheet has are left out."""
    most = {name: max((len(u.positions(name)) for u in usable), default=0) for name in FIELDS}
    return {name: n for name, n in most.items() if n}


def text_table(usable: list[Usable]) -> tuple[Any, set[str]]:
    """Return one Arrow table of all usable sheets: ``sheet``, ``row``, slots.

    Cells have no blanks around them. Also returned are the slots without unusual text, see
    :func:`bare`.
    """
    import pyarrow as pa

    needed = widths(usable)
    tables = []
    unusual: set[str] = set()
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
                unusual |= set() if usual else {where}
            tables.append(pa.table(columns))
    every = {slot(name, k) for name, count in needed.items() for k in range(count)}
    return pa.concat_tables(tables), every - unusual


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


def parameters(
    usable: list[Usable], layout: Layout, commas: dict[tuple[int, str], bool],
    day_first: dict[tuple[int, str], bool], shifted: dict[tuple[int, str], bool],
) -> Any:  # fmt: skip
    """Return what is known about each sheet as an Arrow table with one row for each.

    Columns: ``p_sheet``, ``p_direction``, ``p_reporter``, ``p_currency`` (of ``value``),
    ``p_unit`` (of ``quantity``), ``p_has_id``; for each slot ``comma_``, ``day_first_``,
    ``shifted_``, ``factor_`` and ``full_`` (country names in full, so that NA says nothing).
    """
    import pyarrow as pa

    needed = widths(usable)
    rows: list[dict[str, object]] = []
    for item in usable:
        amounts, columns = item.mapping.amounts, item.mapping.columns
        of_value = amounts.get(columns.get("value", -1))
        currency = of_value.currency if of_value else None
        if currency == "LOCAL":
            currency = local_currency(item.sheet.reporting_country)
        row: dict[str, object] = {
            "p_sheet": item.number,
            "p_direction": item.sheet.direction,
            "p_reporter": item.sheet.reporting_country,
            "p_currency": currency,
            "p_own_currency": bool(of_value and of_value.currency),
            "p_unit": "packages" if item.mapping.packages else None,
            "p_has_id": "record_id" in columns,
        }
        for name, count in needed.items():
            places = item.positions(name)
            for k in range(count):
                where, at = slot(name, k), places[k] if k < len(places) else -1
                if name in NUMBER_FIELDS:
                    row[f"comma_{where}"] = commas.get((item.number, where), False)
                    row[f"factor_{where}"] = amounts[at].factor if at in amounts else 1.0
                elif name == "date":
                    chosen = day_first.get((item.number, where), True)
                    told = layout.day_first
                    row[f"day_first_{where}"] = chosen if told is None else told
                    row[f"shifted_{where}"] = shifted.get((item.number, where), False)
                elif name in COUNTRY_FIELDS:
                    row[f"full_{where}"] = at in item.full_names
        rows.append(row)
    schema = pa.schema(
        [
            ("p_sheet", pa.int32()),
            *[(k, pa.string()) for k in _SHEET_TEXTS],
            *[(k, _kind(k)) for k in rows[0] if k not in _SHEET_TEXTS and k != "p_sheet"],
        ]
    )
    return pa.Table.from_pylist(rows, schema=schema)


_SHEET_TEXTS = ("p_direction", "p_reporter", "p_currency", "p_unit")


def _kind(column: str) -> Any:
    import pyarrow as pa

    return pa.float64() if column.startswith("factor_") else pa.bool_()
