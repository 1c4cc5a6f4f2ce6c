"""Amounts, currencies, HS codes and dates as customs offices and analysts write them.

``cells.csv`` was labelled before the cells were read: a sheet of each name has a column ``header``
(and one named in ``beside``, with its cell), ``right`` is what ``field`` must hold (missing: not
read), and ``said`` is "yes" where the cell must be listed in ``Records.rejected``.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflow.records import read_records
from chipflow.records.mapping.content import is_missing

CELLS = list(csv.DictReader((Path(__file__).parent / "cells.csv").open(encoding="utf-8")))
SHEETS = list(dict.fromkeys(row["sheet"] for row in CELLS))


def read(write, name):
    """Read all cells of a sheet as one file; return its rows with what was made of each."""
    rows = [row for row in CELLS if row["sheet"] == name]
    header, beside = rows[0]["header"], rows[0]["beside"].partition("=")[0]
    names = ["Shipper", "Consignee", "Goods", header, *([beside] if beside else [])]
    names += [] if header in {"Date", "Month", "Shipment Month"} else ["Date"]
    lines = [names]
    for row in rows:
        line = ["Brightmoor Devices Ltd", "Quillon Data Pte Ltd", "GPU", row["cell"]]
        line += [row["beside"].partition("=")[2]] if beside else []
        lines.append(line + ["2024-03-05"] * (len(names) - len(line)))
    path = write(f"{name}.csv", "")
    with path.open("w", newline="", encoding="utf-8") as to:
        csv.writer(to).writerows(lines)
    records = read_records(path)
    table = records.table.set_index("source_row")
    return [(row, table, records.rejected, at) for at, row in enumerate(rows, start=2)]


def same(right, got):
    if right == "":
        return got is None or pd.isna(got)
    if got is None or pd.isna(got):
        return False
    if isinstance(got, float):
        return got == pytest.approx(float(right), rel=1e-9)
    return str(got)[: len(right)] == right if hasattr(got, "year") else got == right


def faults(write, name):
    found = []
    for row, table, rejected, at in read(write, name):
        got = table[row["field"]].get(at)
        told = rejected[rejected["source_row"] == at]
        if not same(row["right"], got):
            found.append(f"{row['cell']!r} {row['beside']}: {row['field']} is {got!r}")
        elif (len(told) == 1) != (row["said"] == "yes"):
            found.append(f"{row['cell']!r} {row['beside']}: said {told['reason'].tolist()}")
    return found


PIECES = [
    "1",
    "23",
    "456",
    "7.5",
    "1,5",
    ".",
    ",",
    " ",
    "-",
    "~",
    "k",
    "m",
    "t",
    "kg",
    "%",
    "#",
    "(",
]
PIECES += [")", "$", "EUR", "万", "千克", "٣", "４", "doz", "CWT", "?", "to", "e", "/", "'"]


@settings(max_examples=5, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(PIECES), max_size=5).map("".join), min_size=40, max_size=80)
)
def test_every_amount_is_read_or_said_once(tmp_path_factory, cells):
    path = tmp_path_factory.mktemp("amounts") / "amounts.csv"
    fields = {"Quantity": "quantity", "Gross weight": "weight_kg", "Value USD": "value_usd"}
    with path.open("w", newline="", encoding="utf-8") as to:
        out = csv.writer(to)
        out.writerow(["Date", "Shipper", "Consignee", "Goods", *fields])
        out.writerows(["2024-03-05", "Brightmoor Devices Ltd", f"C{i}", "GPU", cell, cell, cell]
                      for i, cell in enumerate(cells))  # fmt: skip
    records = read_records(path)
    table = records.table.set_index("source_row")
    for header, field in fields.items():
        if field not in records.sheets[0].columns:
            continue
        told = records.rejected[records.rejected["column"] == header]["source_row"].value_counts()
        for row, cell in enumerate(cells, start=2):
            read = pd.notna(table[field].get(row)) or (
                field == "value_usd" and pd.notna(table["value"].get(row))
            )
            said = int(told.get(row, 0))
            assert said <= 1, cell
            assert read or said or is_missing(cell), (header, cell)
            assert not (read and said), (header, cell)


@pytest.mark.parametrize("name", SHEETS)
def test_cells_are_read_or_said(write, name):
    assert faults(write, name) == []
