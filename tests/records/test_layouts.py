"""Layouts of many sources, labelled before they were read for the first time."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path

import pytest

from chipflow.records import read_records
from chipflow.records.schema import Sheet

HERE = Path(__file__).parent
TABLE = tomllib.loads((HERE / "layouts.toml").read_text("utf-8"))
# A layout passes where this share of its fields is read from the right column, and none from a
# wrong one.
LEAST_RIGHT = 0.95
_MARCH = "03"


def columns_of(layout: dict[str, str]) -> list[tuple[str, list[str], list[str]]]:
    """Return header, fields and values of each column."""
    found = []
    for line in layout["columns"].strip().splitlines():
        header, fields, values = (part.strip() for part in line.split("|", 2))
        listed = [v.strip() for v in values.split(";")] if values else [""]
        whole = []
        for value in listed:
            named = TABLE["values"].get(value[1:]) if value.startswith("$") else None
            whole += [v.strip() for v in named.split(";")] if named else [value]
        found.append((header, [f.strip() for f in fields.split(",") if f.strip()], whole))
    return found


def write(layout: dict[str, str], folder: Path) -> Path:
    """Write a layout's rows as CSV."""
    path = folder / layout["file"]
    columns = columns_of(layout)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(header for header, _, _ in columns)
        for n in range(TABLE["rows"]):
            quantity, price = 3 + n * n, 40 + 7 * n
            known = {
                "n": 10 + n, "d": f"{2 * n + 3:02}", "month": _MARCH, "q": quantity, "p": price,
                "v": quantity * price, "c": round(quantity * price * 1.07, 2),
                "w": round(quantity * 1.3, 1), "m": round(quantity * 1.1, 1),
            }  # fmt: skip
            rows.writerow(values[n % len(values)].format(**known) for _, _, values in columns)
    return path


def score(layout: dict[str, str], sheet: Sheet) -> tuple[int, int, list[str]]:
    """Return how many fields are needed, how many of them are right, and what is wrong."""
    right: dict[str, set[str]] = {}
    needed: set[str] = set()
    for header, fields, _ in columns_of(layout):
        for field in fields:
            right.setdefault(field.rstrip("?"), set()).add(header)
            needed |= set() if field.endswith("?") else {field}
    got = {name: header for name, (header, _) in sheet.columns.items()}
    notes = [f"{f}: {got[f]!r}" for f in got if got[f] not in right.get(f, set())]
    notes += [f"{f}: missed {right[f]}" for f in needed if f not in got]
    good = sum(got.get(field) in right[field] for field in needed)
    return len(needed), good, notes


@pytest.fixture(scope="module")
def sheets(tmp_path_factory):
    """Return what was understood of each file, all read together."""
    folder = tmp_path_factory.mktemp("layouts")
    for layout in TABLE["layout"]:
        write(layout, folder)
    return {Path(sheet.source).name: sheet for sheet in read_records(folder).sheets}


@pytest.mark.parametrize("layout", TABLE["layout"], ids=lambda layout: layout["name"])
def test_layout_is_read(layout, sheets):
    sheet = sheets[layout["file"]]
    assert sheet.kind == "records", sheet.reason
    needed, good, notes = score(layout, sheet)
    wrong = [note for note in notes if "missed" not in note]
    assert good >= LEAST_RIGHT * needed, notes
    assert not wrong, notes
