"""What a reader thinks of each lead: a mark and a note, kept in a CSV file beside the results.

The map writes the file and reads it; ``chipflow report --notes`` puts it into map and report.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chipflow.errors import InputError
from chipflow.given_files import given_text
from chipflow.tables import DEFUSED

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

COLUMNS = ("lead_id", "mark", "note")
# What a lead may be marked as; without a mark it has not been looked at.
MARKS = ("seen", "dismissed", "to ask")
MOST_CHARACTERS = 4_000  # of a note: longer ones belong into a document of their own
ENDING = ".csv"


@dataclass(frozen=True)
class Mark:
    """What a reader wrote about one lead: ``mark`` is one of ``MARKS`` or empty."""

    lead_id: str
    mark: str
    note: str


def is_marks(path: str | os.PathLike[str]) -> bool:
    """Tell a file of marks from notes in Markdown, by its ending."""
    return Path(path).suffix.lower() == ENDING


def read_marks(path: str | os.PathLike[str]) -> dict[str, Mark]:
    """Read a file of marks.

    Parameters
    ----------
    path
        UTF-8 CSV with the columns ``lead_id``, ``mark`` (``seen``, ``dismissed``, ``to ask`` or
        empty) and ``note`` (text). A column more is passed over.

    Returns
    -------
    dict
        lead_id -> Mark, in the order of the file; the last row counts where a lead has two.

    Raises
    ------
    InputError
        The file cannot be read, a column is missing, or a cell holds no mark.
    """
    text = given_text(path, "the file of marks")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or [])]
    if missing:
        raise InputError(
            f"the file of marks has no column {', '.join(missing)}", file=path,
            hint=f"save it with the map, or write the columns {', '.join(COLUMNS)}",
        )  # fmt: skip
    marks: dict[str, Mark] = {}
    try:
        for row in rows:
            cells = [_plain((row[name] or "").strip()) for name in COLUMNS]
            lead_id, mark, note = cells[0], cells[1].lower(), cells[2][:MOST_CHARACTERS]
            if not lead_id:
                continue
            if mark not in ("", *MARKS):
                raise InputError(
                    f"{mark!r} is no mark", file=path, row=rows.line_num, column="mark",
                    hint=f"write {', '.join(MARKS)}, or leave it empty",
                )  # fmt: skip
            marks[lead_id] = Mark(lead_id, mark, note)
    except csv.Error as error:
        raise InputError(f"the file of marks is no CSV ({error})", file=path) from error
    return marks


def columns_of(marks: Iterable[Mark]) -> dict[str, list[str]]:
    """Return marks as columns, for the data of a page."""
    rows = list(marks)
    return {name: [getattr(row, name) for row in rows] for name in COLUMNS}


def _plain(cell: str) -> str:
    """Take the apostrophe off that keeps a spreadsheet from running a cell as a formula."""
    return cell[1:] if re.match(DEFUSED, cell) else cell
