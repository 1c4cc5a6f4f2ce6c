"""A table as it stands in a file: its top rows to find the header in, then its body as text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from chipflow.records.io.bookcells import MAX_COLUMNS as MAX_COLUMNS

# Rows above and around the header that are looked at.
TOP_ROWS = 60


@dataclass(frozen=True)
class Body:
    """The rows below the header.

    Attributes
    ----------
    table
        Arrow table of text columns ``c0``, ``c1`` ...; blank rows are left out.
    rows
        Row numbers as a spreadsheet program shows them, one for each row of ``table``.
    ragged
        (row number, text, reason) of rows that do not fit the header.
    warnings
        What a reader of the result should know, one sentence each.
    """

    table: Any
    rows: npt.NDArray[np.int64]
    ragged: list[tuple[int, str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class RawSheet:
    """One table of a file before anything is known about it.

    Attributes
    ----------
    source
        Path as given; ``PATH#SHEET`` for a workbook.
    name
        What the file and the sheet are called, to read direction and country from.
    top
        The first rows as text; ``top[0]`` is row ``first_row``.
    load
        Gives the body below the header at a position of ``top``; -1 for a header that the
        format itself holds.
    spans
        Position in ``top`` -> for each column the one whose merged cell covers it; rows
        without merged cells are left out.
    """

    source: str
    name: str
    top: list[list[str]]
    load: Callable[[int], Body]
    first_row: int = 1
    header_given: bool = False
    spans: dict[int, list[int]] = field(default_factory=dict)


def without_blank_rows(table: Any, rows: npt.NDArray[np.int64]) -> tuple[Any, Any]:
    """Leave out rows in which no cell says anything."""
    import pyarrow as pa
    import pyarrow.compute as pc

    suspects: npt.NDArray[np.int64] = np.arange(table.num_rows, dtype=np.int64)
    for column in table.columns:
        if not len(suspects):
            return table, rows
        part = column if len(suspects) == table.num_rows else column.take(pa.array(suspects))
        blank = pc.equal(pc.utf8_trim_whitespace(pc.fill_null(part, "")), "")
        suspects = suspects[np.asarray(blank.to_numpy(zero_copy_only=False), dtype=bool)]
    if not len(suspects):
        return table, rows
    keep = np.ones(table.num_rows, dtype=bool)
    keep[suspects] = False
    return table.filter(pa.array(keep)), rows[keep]
