"""Reading the knowledge tables: which columns there are, and what a cell may hold.

All problems of all tables are collected and shown together, each with file, row and column.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TABLES = Path(__file__).parents[1] / "tables"

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "chips": (
        "chip",
        "family",
        "vendor",
        "tpp",
        "die_mm2",
        "performance_density",
        "link_gb_s",
        "memory_gb_s",
        "datacentre",
        "launched",
        "kg_low",
        "kg_high",
        "usd_low",
        "usd_high",
        "usd_year",
        "maker_class",
        "pattern",
        "variant",
        "ambiguous",
        "estimate",
        "source",
        "note",
        "tops",
        "bits",
        "sparse_tops",
        "basis",
        "dies",
    ),
    "systems": ("system", "vendor", "family", "chips", "probability", "pattern", "source", "note"),
    "parts": ("part", "name", "source", "note"),
    "context": ("role", "name", "pattern", "unless", "log_odds", "reason"),
    "kinds": ("role", "kind", "pattern", "hs", "vague", "reason"),
    "rules": (
        "rule",
        "clause",
        "regime",
        "title",
        "paragraph",
        "first_day",
        "last_day",
        "destinations",
        "headquarters",
        "origins",
        "makers",
        "end_uses",
        "parties",
        "tpp_min",
        "tpp_below",
        "density_min",
        "density_below",
        "link_min",
        "memory_min",
        "total_min",
        "datacentre",
        "parts",
        "outcome",
        "citation",
        "source",
        "confidence",
        "note",
    ),
    "exceptions": (
        "exception",
        "row",
        "rules",
        "clauses",
        "destinations",
        "headquarters",
        "first_day",
        "last_day",
        "condition",
        "citation",
        "source",
    ),
    "forms": (
        "of",
        "form",
        "chips",
        "kg_low",
        "kg_high",
        "packed_low",
        "packed_high",
        "basis",
        "source",
        "note",
    ),
    "prices": (
        "of",
        "form",
        "chips",
        "first_year",
        "last_year",
        "kind",
        "usd_low",
        "usd_high",
        "place",
        "basis",
        "source",
    ),
    "regimes": (
        "regime",
        "country",
        "state",
        "title",
        "about",
        "first_day",
        "last_day",
        "citation",
        "source",
    ),
    "country_groups": ("group", "country", "first_day", "last_day", "certain", "source", "note"),
    "watchlist": (
        "item",
        "tier",
        "hs",
        "hs_2017",
        "listed",
        "words",
        "against",
        "usd_low",
        "usd_high",
        "source",
        "note",
    ),
}
# Columns that a whole table may lack: most rules ask neither for maker nor for use.
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "chips": ("tops", "bits", "sparse_tops", "basis", "dies"),
    "rules": ("regime", "makers", "end_uses", "parties", "total_min"),
    # Whoever writes a list of their own needs no more than names with codes or words.
    "watchlist": (
        "tier",
        "hs",
        "hs_2017",
        "listed",
        "words",
        "against",
        "usd_low",
        "usd_high",
        "source",
        "note",
    ),
}
# The tables of the catalogue; a watch list is a table of its own.
CATALOGUED = tuple(name for name in COLUMNS if name != "watchlist")
# Those that questions about rules need.
CONTROLS = ("chips", "rules", "country_groups", "exceptions", "regimes")
KEYS: Mapping[str, tuple[str, ...]] = {
    "chips": ("chip",),
    "systems": ("system",),
    "parts": ("part",),
    "context": ("role", "name"),
    "kinds": ("role", "kind", "pattern", "hs"),
    "rules": ("rule", "clause"),
    "exceptions": ("exception", "row"),
    "regimes": ("regime",),
    "forms": ("of", "form", "chips"),
    "prices": ("of", "form", "chips", "first_year", "kind"),
    "country_groups": ("group", "country", "first_day"),
    "watchlist": ("item",),
}


class Row(NamedTuple):
    """One line of a table and where it stands.

    Attributes
    ----------
    trusted
        Its patterns were checked before (see :class:`Cells`).
    """

    file: str
    number: int
    cells: dict[str, str]
    trusted: bool = False


def merged(
    name: str, path: Path | None, problems: list[str], *, trusted: bool = False
) -> list[Row]:
    """Read a shipped table with the user's own rows in place of those of the same key."""
    rows = [row._replace(trusted=trusted) for row in read(name, TABLES / f"{name}.csv", problems)]
    if path is None:
        return rows
    own = read(name, path, problems, partial=True)
    keyed = {key_of(name, row): row for row in rows}
    # A replaced row keeps its place, so that the order of kinds stays what the table says.
    keyed.update({key_of(name, row): row for row in own})
    return list(keyed.values())


def read(name: str, path: Path, problems: list[str], *, partial: bool = False) -> list[Row]:
    """Read a CSV file with the columns of a table; ``partial`` asks only for its key."""
    file = path.name
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            lines = list(csv.reader(stream))
    except FileNotFoundError:
        problems.append(f"{path}: no such file; give a CSV with the columns of {name}.csv")
        return []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        problems.append(f"{path}: cannot be read as UTF-8 CSV ({error})")
        return []
    header = [cell.strip() for cell in lines[0]] if lines else []
    allowed = ", ".join(COLUMNS[name])
    unknown = [column for column in header if column not in COLUMNS[name]]
    needed = KEYS[name] if partial else COLUMNS[name]
    optional = OPTIONAL.get(name, ())
    missing = [column for column in needed if column not in (*header, *optional)]
    if unknown:
        problems.append(f"{file}: row 1: unknown columns {', '.join(unknown)} (allowed: {allowed})")
    if missing:
        problems.append(f"{file}: row 1: columns {', '.join(missing)} are missing")
    if unknown or missing:
        return []
    rows: list[Row] = []
    seen: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) != len(header):
            problems.append(f"{file}: row {number}: {len(line)} cells instead of {len(header)}")
            continue
        cells = dict.fromkeys(COLUMNS[name], "")
        cells.update(zip(header, (cell.strip() for cell in line), strict=True))
        row = Row(file, number, cells)
        key = key_of(name, row)
        if key in seen:
            shown = " / ".join(part for part in key if part)
            problems.append(
                f"{file}: row {number}, column {KEYS[name][0]}: "
                f"{shown} stands already in row {seen[key]}"
            )
            continue
        seen[key] = number
        rows.append(row)
    return rows


def key_of(name: str, row: Row) -> tuple[str, ...]:
    """Return the cells by which a row of a table is known."""
    return tuple(row.cells[column] for column in KEYS[name])


class Cells:
    """The cells of one row, turned into values; what cannot be turned is a problem."""

    def __init__(self, row: Row, problems: list[str]) -> None:
        self.row = row
        self.problems = problems

    def wrong(self, column: str, what: str) -> None:
        """Add a problem of this row."""
        self.problems.append(f"{self.row.file}: row {self.row.number}, column {column}: {what}")

    def text(self, column: str, *, needed: bool = False) -> str:
        """Return a cell as text."""
        value = self.row.cells[column]
        if needed and not value:
            self.wrong(column, "is empty")
        return value

    def number(self, column: str, *, needed: bool = False) -> float | None:
        """Return a cell as a number, None where it is empty."""
        value = self.text(column, needed=needed)
        if not value:
            return None
        try:
            return float(value)
        except ValueError:
            self.wrong(column, f"{value!r} is not a number")
            return None

    def flag(self, column: str, *, default: bool | None = None) -> bool | None:
        """Return a cell of 0 or 1."""
        value = self.row.cells[column]
        if not value:
            if default is None:
                return None
            return default
        if value not in ("0", "1"):
            self.wrong(column, f"{value!r} is neither 0 nor 1")
            return default
        return value == "1"

    def day(self, column: str) -> dt.date | None:
        """Return a cell as a day, None where it is empty."""
        value = self.row.cells[column]
        if not value:
            return None
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            self.wrong(column, f"{value!r} is not a day like 2023-11-17")
            return None

    def names(self, column: str) -> tuple[str, ...]:
        """Return the names in a cell, which semicolons part."""
        return tuple(part.strip() for part in self.row.cells[column].split(";") if part.strip())

    def some_of(self, column: str, allowed: Iterable[str]) -> tuple[str, ...]:
        """Return the names in a cell, each of which must be allowed."""
        allowed = tuple(allowed)
        found = self.names(column)
        for name in found:
            if name not in allowed:
                self.wrong(column, f"{name!r} is not one of {', '.join(allowed)}")
        return found

    def choice(self, column: str, allowed: Iterable[str]) -> str:
        """Return a cell that must be one of the allowed."""
        value = self.row.cells[column]
        allowed = tuple(allowed)
        if value not in allowed:
            self.wrong(column, f"{value!r} is not one of {', '.join(allowed)}")
        return value

    def regex(self, column: str, *, needed: bool = False) -> str:
        """Return a cell as a regular expression that every engine can run.

        To try all shipped patterns takes longer than to read the tables, so that is left to
        ``scripts/check_tables.py``; patterns of a user's own are tried each time.
        """
        value = self.text(column, needed=needed)
        if self.row.trusted:
            return value
        for part in value.split("!") if column == "variant" else [value]:
            try:
                re.compile(part)
            except re.error as error:
                self.wrong(column, f"is no regular expression ({error})")
        if re.search(r"\(\?[=!<]", value):
            self.wrong(column, "looks ahead or behind, which not every engine can")
        return value
