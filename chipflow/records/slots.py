"""All usable sheets as one text table: a column for each field, whatever it was called."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

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


def text_table(usable: list[Usable], with_raw: set[int]) -> Any:
    """Return one Arrow table of all usable sheets: ``sheet``, ``row``, slots, ``raw``.

    ``raw`` is the whole row as text, filled only for the sheets in ``with_raw``.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    needed = widths(usable)
    tables = []
    for item in usable:
        body = item.body.table
        n = body.num_rows
        nothing = pa.nulls(n, pa.string())
        columns: dict[str, Any] = {
            "sheet": pa.repeat(pa.scalar(item.number, pa.int32()), n),
            "row": pa.array(item.body.rows, pa.int64()),
        }
        for name, count in needed.items():
            places = item.positions(name)
            for k in range(count):
                columns[slot(name, k)] = body.column(places[k]) if k < len(places) else nothing
        if item.number in with_raw and body.num_columns:
            columns["raw"] = pc.binary_join_element_wise(*body.columns, "\x1f")
        else:
            columns["raw"] = nothing
        tables.append(pa.table(columns))
    return pa.concat_tables(tables)


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
