"""What is known about each sheet, as a table that its rows are joined to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chipflow.records.mapping.slots import slot, widths
from chipflow.records.schema import COUNTRY_FIELDS, NUMBER_FIELDS, PARTY_FIELDS
from chipflow.records.vocabulary.currencies import currency_code, currency_codes, home_currency

if TYPE_CHECKING:
    from chipflow.records.cleaning.decide import Decisions
    from chipflow.records.mapping.slots import Usable
    from chipflow.records.vocabulary.layouts import Layout


def sheet_parameters(usable: list[Usable], layout: Layout, made: Decisions) -> Any:
    """Return what is known about each sheet as an Arrow table with one row for each.

    Columns: ``p_sheet``, ``p_direction``, ``p_reporter``, ``p_home`` (whose currency
    is meant), ``p_currency`` (of ``value``),
    ``p_unit`` (of ``quantity``), ``p_has_id``; for each slot ``comma_``, ``day_first_``,
    ``shifted_``, ``calendar_``, ``monthly_``, ``factor_``, ``named_`` (the header names a unit)
    and ``full_`` (country names in full, so that NA says nothing), and where any sheet has it
    ``way_`` (direction of the rows that it is read in) and ``register_`` (of which a party's
    number is).
    """
    import pyarrow as pa

    needed = widths(usable)
    by_way, by_number = _of_some_rows(usable, needed)
    rows: list[dict[str, object]] = []
    for item in usable:
        amounts, columns = item.mapping.amounts, item.mapping.columns
        of_value = amounts.get(columns.get("value", -1))
        currency = of_value.currency if of_value else None
        if currency == "LOCAL":
            currency = home_currency(item.home)
        elif currency is not None and currency not in currency_codes():
            currency = currency_code(currency, item.home)
        row: dict[str, object] = {
            "p_sheet": item.number,
            "p_direction": item.sheet.direction,
            "p_reporter": item.sheet.reporting_country,
            "p_home": item.home,
            "p_currency": currency,
            "p_own_currency": bool(of_value and of_value.currency),
            "p_unit": "packages" if item.mapping.packages else None,
            "p_has_id": "record_id" in columns,
        }
        for name, count in needed.items():
            places = item.positions(name)
            for k in range(count):
                where, at = slot(name, k), places[k] if k < len(places) else -1
                if (name, k) in by_way:
                    row[f"way_{where}"] = item.way(name, k)
                if (name, k) in by_number:
                    row[f"register_{where}"] = item.mapping.registers.get(at)
                if name in NUMBER_FIELDS:
                    row[f"comma_{where}"] = made.commas.get((item.number, where), False)
                    row[f"factor_{where}"] = amounts[at].factor if at in amounts else 1.0
                    row[f"named_{where}"] = at in amounts and amounts[at].unit_named
                elif name == "date":
                    chosen = made.day_first.get((item.number, where), True)
                    told = layout.day_first
                    row[f"day_first_{where}"] = chosen if told is None else told
                    row[f"shifted_{where}"] = made.shifted.get((item.number, where), False)
                    row[f"calendar_{where}"] = made.calendars.get((item.number, where))
                    row[f"monthly_{where}"] = (item.number, where) in made.monthly
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


_SHEET_TEXTS = ("p_direction", "p_reporter", "p_home", "p_currency", "p_unit")


def _of_some_rows(
    usable: list[Usable], needed: dict[str, int]
) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
    """Return the slots that are read by the row's direction, and those that hold numbers."""
    slots = [(name, k) for name, count in needed.items() for k in range(count)]
    by_way = {(name, k) for name, k in slots if any(u.way(name, k) for u in usable)}
    by_number = {
        (name, k)
        for name, k in slots
        if name in PARTY_FIELDS and any(u.numbered(name, k) for u in usable)
    }
    return by_way, by_number


def _kind(column: str) -> Any:
    import pyarrow as pa

    if column.startswith(("calendar_", "way_", "register_")):
        return pa.string()
    return pa.float64() if column.startswith("factor_") else pa.bool_()
