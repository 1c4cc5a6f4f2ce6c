"""From raw sheets to sheets that are understood: header, direction, columns, kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chipflow.records.io.garbled import names_turned_back
from chipflow.records.io.sheets import Body, RawSheet
from chipflow.records.mapping.content import Content, is_missing
from chipflow.records.mapping.context import (
    direction_and_country,
    direction_column,
    home_country,
)
from chipflow.records.mapping.detect import Mapping, map_columns
from chipflow.records.mapping.header import banner_text, find_header, read_header_rows, same_names
from chipflow.records.mapping.slots import Usable
from chipflow.records.schema import (
    COUNTRY_FIELDS,
    HELPER_FIELDS,
    PARTY_FIELDS,
    Sheet,
    one_line,
)
from chipflow.records.vocabulary.layouts import Layout, check_named
from chipflow.records.vocabulary.meaning import field_scores

# Rows that a sheet's columns are judged by; all rows of a smaller sheet.
SAMPLE_ROWS = 4_000
TOTALS = (
    "a table of totals: no column names a shipper or a consignee "
    "(country statistics are read by: chipflow flows)"
)
NO_PARTY_COLUMN = "no column is known to name a shipper or a consignee"
NO_TABLE = "not a table of trade: no row names columns that a record has"
NO_DATE_COLUMN = "no column holds dates, so no record could be placed in time"
EMPTY_DATES = "its column of dates is empty, so no record can be placed in time"
OPEN = "it is open whether {!r} or {!r} is the {}: name one of them in a layout"
_OF_TRADE = (
    "date", "hs_code", "description", "quantity", "weight_kg", "value_usd", "value",
    *COUNTRY_FIELDS,
)  # fmt: skip
_MOST_SAMPLES = 3
# Share of different numbers among those of a table's rows from which they number records.
_MOSTLY_DIFFERENT = 0.5


@dataclass
class Opening:
    """A sheet with its header found and its rows as text; the file's bytes are let go.

    ``header`` is the first row of the header, counted from 0 at ``first_row``.
    """

    source: str
    name: str
    first_row: int
    header: int | None
    headers: list[str]
    body: Body
    banner: str


def open_sheet(raw: RawSheet, layout: Layout) -> Opening:
    """Find the header of a sheet and read the rows below it."""
    at = find_header(raw, layout)
    if at is None:
        body = raw.load(-1)
        names = [""] * body.table.num_columns
        return Opening(raw.source, raw.name, raw.first_row, None, names, body, banner_text(raw, 0))
    header = read_header_rows(raw, at)
    body = raw.load(header.last)
    names = names_turned_back(header.names)
    names = [*names, *[""] * body.table.num_columns][: body.table.num_columns]
    body.warnings.extend(same_names(names))
    banner = banner_text(raw, header.first)
    return Opening(raw.source, raw.name, raw.first_row, header.first, names, body, banner)


def understand(
    openings: list[Opening], layout: Layout, sample: Callable[[list[Any]], Any]
) -> tuple[list[Sheet], list[Usable], list[tuple[Sheet, Body]], dict[int, int]]:
    """Decide for every sheet what it is and which column is which.

    Sheets with the same headers are judged together, so that a file cut in two is read as the
    whole was.

    Parameters
    ----------
    openings
        Sheets in the order of their sources; their place is their number.
    layout
        What the user says.
    sample
        Chooses rows of many Arrow tables with the same columns, whatever their order.

    Returns
    -------
    tuple
        All sheets; the usable ones; the others with their rows; sheet number -> group.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for number, opening in enumerate(openings):
        if opening.header is not None:
            key = (*opening.headers, str(opening.body.table.num_columns))
            groups.setdefault(key, []).append(number)
    contents: dict[int, list[Content]] = {}
    group_of: dict[int, int] = {}
    for members in groups.values():
        chosen = sample([openings[number].body.table for number in members])
        found = [Content.of(column.to_pylist()) for column in chosen.columns]
        for number in members:
            contents[number], group_of[number] = found, members[0]
    made: dict[tuple[int, str | None, str | None], Mapping] = {}
    check_named(layout, [opening.headers for opening in openings], [o.source for o in openings])
    sheets: list[Sheet] = []
    usable: list[Usable] = []
    others: list[tuple[Sheet, Body]] = []
    for number, opening in enumerate(openings):
        sheet = Sheet(
            opening.source,
            header_row=_header_row(opening),
            rows=opening.body.table.num_rows + len(opening.body.ragged),
            banner=opening.banner,
            warnings=list(opening.body.warnings),
        )
        sheets.append(sheet)
        if opening.header is None:
            sheet.kind, sheet.reason = "other", NO_TABLE
            others.append((sheet, opening.body))
            continue
        seen = contents[number]
        own = _own(opening, seen)
        direction, country, warnings = direction_and_country(
            opening.name, opening.banner, opening.headers, seen, own
        )
        way = (group_of[number], direction, country)
        if way not in made:
            by_row = direction is None and direction_column(opening.headers, seen) == "both"
            made[way] = map_columns(opening.headers, seen, direction, country, layout, by_row)
        mapping = made[way]
        by_rows = direction_column(opening.headers, own)
        sheet.direction = direction or (by_rows if by_rows != "both" else None)
        sheet.reporting_country = country
        sheet.warnings += [*warnings, *mapping.warnings]
        _describe(sheet, opening, mapping, seen)
        sheet.kind, sheet.reason = _kind(mapping, seen)
        if sheet.kind == "records" and not any(side in mapping.columns for side in PARTY_FIELDS):
            _name_unknown_party(sheet, dict(zip(opening.headers, seen, strict=False)))
        if sheet.kind != "records":
            others.append((sheet, opening.body))
            continue
        full = {
            j
            for name in COUNTRY_FIELDS
            for j in [mapping.columns.get(name, -1), *mapping.also.get(name, [])]
            if j >= 0 and _in_full(seen[j])
        }
        home = home_country(opening.headers, seen, mapping.columns, sheet.direction, country)
        usable.append(Usable(number, sheet, opening.headers, opening.body, mapping, full, home))
    return sheets, usable, others, group_of


def _own(opening: Opening, seen: list[Content]) -> list[Content]:
    """Return what the sheet itself holds where sheets with the same headers may differ.

    That is a column of directions; the others are the same for the whole group.
    """
    own = list(seen)
    for j, header in enumerate(opening.headers):
        if seen[j].filled and "direction" in field_scores(header):
            different = opening.body.table.column(j).unique().to_pylist()
            own[j] = Content.of(different)
    return own


def _header_row(opening: Opening) -> int | None:
    if opening.header is None:
        return None
    return opening.header + opening.first_row


def _in_full(content: Content) -> bool:
    """Tell if a column writes countries as names: then NA is no code for Namibia."""
    others = [v for v in content.values if v.upper() != "NA"]
    return bool(others) and sum(len(v) > 3 for v in others) > len(others) / 2


def _kind(mapping: Mapping, contents: list[Content]) -> tuple[str, str | None]:
    if mapping.open:
        return "other", "; ".join(
            OPEN.format(first, second, name) for name, (first, second) in mapping.open.items()
        )
    of_trade = [name for name in _OF_TRADE if name in mapping.columns]
    if not any(side in mapping.columns for side in PARTY_FIELDS):
        if len(of_trade) >= 2:
            if _is_totals(mapping, contents):
                return "aggregate", TOTALS
            return "records", None
        return "other", NO_TABLE
    if "date" not in mapping.columns:
        return "other", NO_DATE_COLUMN
    dates = [mapping.columns["date"], *mapping.also.get("date", [])]
    if not any(contents[j].filled for j in dates):
        return "other", EMPTY_DATES
    return "records", None


def _is_totals(mapping: Mapping, contents: list[Content]) -> bool:
    """Tell if a table without parties sums up trade: by year or month, or of all countries.

    Records have a day, and most have a number of their own.
    """
    if "date" not in mapping.columns or any(content.totals for content in contents):
        return True
    number = mapping.columns.get("record_id", -1)
    if number >= 0 and contents[number].unique > _MOSTLY_DIFFERENT:
        return False
    return contents[mapping.columns["date"]].periods


def _name_unknown_party(sheet: Sheet, contents: dict[str, Content]) -> None:
    """Warn that a sheet of records has no party, and say which column could be one."""
    listed = sheet.could_be.get("shipper", [])
    if not listed:
        sheet.warnings.append(f"{NO_PARTY_COLUMN}: name one in a layout")
    for header in listed[:_MOST_SAMPLES]:
        shown = one_line(contents[header].values[0])
        sheet.warnings.append(
            f"{NO_PARTY_COLUMN}: {header!r} holds {shown!r} and was not used; name it in a layout"
        )


def _describe(sheet: Sheet, opening: Opening, mapping: Mapping, contents: list[Content]) -> None:
    headers = opening.headers
    sheet.columns = {
        name: (headers[j], mapping.confidence[name])
        for name, j in mapping.columns.items()
        if name not in HELPER_FIELDS
    }
    sheet.by_direction = {}
    for (name, j), way in sorted(mapping.ways.items()):
        sheet.by_direction.setdefault(name, {})[way] = headers[j]
    sheet.also = {
        name: kept
        for name, places in mapping.also.items()
        if (kept := [headers[j] for j in places if (name, j) not in mapping.ways])
    }
    sheet.could_be = mapping.could_be
    used = {*mapping.columns.values(), *(j for places in mapping.also.values() for j in places)}
    sheet.unknown = [h for j, h in enumerate(headers) if j not in used and h]
    for j, header in enumerate(headers):
        if header and header not in sheet.samples:
            sheet.samples[header] = list(contents[j].values[:_MOST_SAMPLES])


def first_cells(body: Body, at: int) -> list[str]:
    """Return the cells of one row that say something."""
    row = (str(column[at].as_py() or "") for column in body.table.columns)
    return [cell for cell in row if not is_missing(cell)]
