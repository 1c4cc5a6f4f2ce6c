"""The results as an Excel workbook, for those who work in one.

Each sheet is an Excel table: filters, a frozen header, numbers and days as such. Cells that a
spreadsheet would run as a formula are made text, as in the CSV files.
"""

from __future__ import annotations

import datetime
import math
import os
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from chipflow._version import __version__
from chipflow.errors import OutputError
from chipflow.leads.coincidence import in_steps
from chipflow.leads.verdict import followed, looked_for, verdict
from chipflow.tables import defuse
from chipflow.views import world
from chipflow.views.port_places import having_ports
from chipflow.views.wording import joined, parameter_text, shortened
from chipflow.views.workbook_columns import COMPANIES, EVIDENCE, LEADS, RECORDS, SET_ASIDE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chipflow.leads import Leads

# Limits of Excel ("Excel specifications and limits").
MOST_ROWS = 1_048_576  # rows of a sheet, the header counted
MOST_CHARACTERS = 32_000  # characters of a cell; 32,767 less room for what says that it was cut
MOST_LINKS = 60_000  # links of a sheet; 65,530 less some room
FIRST_DAY = pd.Timestamp("1900-03-01")  # before it Excel's days are off by one, or text
LINE_HEIGHT = 13.5  # points of a line of 10-point text
PRINTED_WIDTH = 220  # characters across an A4 page that are still read, at some 60 % of their size
ABOUT_WIDTHS = (26, 100)  # characters of the two columns of the first sheet
PAPER_A4 = 9  # xlsxwriter's number of the paper size
# A fixed day of making: the same leads give the same bytes.
MADE = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC).replace(tzinfo=None)
STYLE = "Table Style Light 1"

FORMATS = {
    "text": "@",
    "whole": "#,##0",
    "amount": "#,##0.##",
    "weight": "#,##0.0",
    "money": "#,##0",
    "score": "#,##0.00",
    "probability": "[<0.001]0.0E+00;0.0##",
    "day": "yyyy-mm-dd",
    "month": "yyyy-mm",
    "year": "yyyy",
}


@dataclass(frozen=True)
class Column:
    """One column of a sheet.

    Attributes
    ----------
    header
        Its name; each once in a sheet.
    values
        Its cells.
    kind
        A key of ``FORMATS``.
    width
        Characters.
    links
        For each cell where it leads to inside the workbook, None for nowhere.
    precisions
        For days: ``day``, ``month`` or ``year`` for each cell.
    """

    header: str
    values: pd.Series
    kind: str = "text"
    width: int = 14
    links: Sequence[str | None] | None = None
    precisions: pd.Series | None = None


def workbook(leads: Leads, path: str | os.PathLike[str]) -> Path:
    """Write leads with their records, evidence, companies and parameters as an Excel workbook.

    Parameters
    ----------
    leads
        What :func:`chipflow.find_leads` returned.
    path
        The ``.xlsx`` file to write; one that exists is replaced.

    Returns
    -------
    pathlib.Path
        The file written. The same leads give the same bytes.

    Raises
    ------
    OutputError
        The file cannot be written there.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import XlsxFileError

    target = Path(path)
    book = xlsxwriter.Workbook(
        os.fspath(target),
        {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    book.set_properties(
        {"title": "chipflow: leads", "created": MADE, "comments": _simulated(leads)}
    )
    writer = _Writer(book, leads.searched.records.simulated)
    steps = _steps(leads)
    _about(writer, leads)
    writer.sheet("Leads", _lead_columns(leads, steps))
    writer.sheet("Records", _record_columns(leads, steps))
    writer.sheet("Evidence", _evidence_columns(leads))
    writer.sheet("Companies", _company_columns(leads))
    writer.sheet("Set aside", _set_aside_columns(leads))
    writer.sheet("Sheets", _sheet_columns(leads))
    try:
        book.close()
    except (XlsxFileError, OSError) as error:
        raise OutputError(f"{target}: cannot write the workbook; choose another file") from error
    return target


class _Writer:
    """Writes columns as Excel tables."""

    def __init__(self, book: Any, simulated: bool) -> None:
        self.book, self.simulated = book, simulated
        common = {"font_name": "Calibri", "font_size": 10, "valign": "top"}
        # Set off from the numbers that stand at the right of the column before.
        words = {**common, "align": "left", "indent": 1}
        self.formats = {
            kind: book.add_format({**(words if kind == "text" else common), "num_format": shape})
            for kind, shape in FORMATS.items()
        }
        self.link = book.add_format({**words, "font_color": "#0B62A8", "underline": 1})
        head = {"bold": True, "bottom": 1, "text_wrap": True}
        self.head = book.add_format({**words, **head})
        self.head_of_numbers = book.add_format({**common, **head, "align": "right"})
        self.name = book.add_format({**common, "bold": True})
        self.title = book.add_format({**common, "bold": True, "font_size": 16})
        self.warning = book.add_format({**common, "bold": True, "bg_color": "#FFF2CF"})
        self.plain = book.add_format({**common, "text_wrap": True})

    def add(self, name: str) -> Any:
        sheet = self.book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(PAPER_A4)
        # In headers "&" starts a code; these texts have none.
        sheet.set_header(f"&L{'SIMULATED RECORDS' if self.simulated else 'chipflow'}&R{name}")
        sheet.set_footer("&RPage &P of &N")
        return sheet

    def sheet(self, name: str, columns: list[Column]) -> None:
        sheet = self.add(name)
        rows = min(len(columns[0].values), MOST_ROWS - 1)
        for place, column in enumerate(columns):
            self._column(sheet, place, column, rows)
        # A table has at least one row; where there is nothing it stays empty.
        sheet.add_table(
            0, 0, max(rows, 1), len(columns) - 1,
            {
                "name": name.replace(" ", "_"),
                "style": STYLE,
                "columns": [
                    {
                        "header": one.header,
                        "header_format": self.head if one.kind == "text" else self.head_of_numbers,
                    }
                    for one in columns
                ],
            },
        )  # fmt: skip
        # Programs do not all work out the height of wrapped lines themselves.
        lines = max(math.ceil((len(one.header) + 2) / one.width) for one in columns)
        sheet.set_row(0, lines * LINE_HEIGHT)
        sheet.freeze_panes(1, 1)
        sheet.repeat_rows(0)
        sheet.repeat_columns(0)
        across = math.ceil(sum(one.width for one in columns) / PRINTED_WIDTH)
        sheet.fit_to_pages(across, 0)

    def _column(self, sheet: Any, place: int, column: Column, rows: int) -> None:
        shape = self.formats[column.kind]
        sheet.set_column(place, place, column.width, shape)
        values = column.values.head(rows)
        if column.kind in ("day", "month", "year"):
            self._days(sheet, place, column, values)
        elif column.kind == "text":
            texts = defuse(values.astype(object).map(_text).astype("str")).fillna("").tolist()
            links = column.links or [None] * rows
            for row, (text, link) in enumerate(zip(texts, links, strict=False), start=1):
                if not text:
                    continue
                if link is None or row > MOST_LINKS:
                    sheet.write_string(row, place, text, shape)
                else:
                    sheet.write_url(row, place, link, self.link, text)
        else:
            numbers = pd.to_numeric(values, errors="coerce").astype("Float64")
            for row, number in enumerate(numbers, start=1):
                if not pd.isna(number) and abs(number) != float("inf"):
                    sheet.write_number(row, place, float(number), shape)

    def _days(self, sheet: Any, place: int, column: Column, values: pd.Series) -> None:
        days = pd.to_datetime(values, errors="coerce")
        known = column.precisions
        precisions = ["day"] * len(days) if known is None else known.head(len(days)).tolist()
        cells = zip(days.notna(), days, precisions, strict=True)
        for row, (there, day, precision) in enumerate(cells, start=1):
            if not there:
                continue
            if day < FIRST_DAY:
                sheet.write_string(row, place, f"{day:%Y-%m-%d}", self.formats["text"])
            else:
                shape = self.formats.get(str(precision), self.formats["day"])
                sheet.write_datetime(row, place, day.to_pydatetime(), shape)


def _text(value: Any) -> str | None:
    """A cell's text, cut where a cell could not hold it."""
    text = joined(value)
    return None if text is None else shortened(text, MOST_CHARACTERS)


def _simulated(leads: Leads) -> str:
    return "SIMULATED RECORDS" if leads.searched.records.simulated else ""


def _about(writer: _Writer, leads: Leads) -> None:
    sheet = writer.add("About")
    sheet.fit_to_pages(1, 0)
    for place, width in enumerate(ABOUT_WIDTHS):
        sheet.set_column(place, place, width)
    records = leads.searched.records
    counts, said = records.counts, verdict(leads)
    lines: list[tuple[str, str]] = [
        ("Looked for", looked_for(leads.destination, followed(leads))),
        ("Found", leads.chance if len(leads.table) else said.heading),
        ("Looked at", said.text),
        (
            "How to read it",
            "A lead is a pattern in records that is consistent with controlled goods moving on. It "
            "is a question to ask, and no finding about any company. Records do not show licences, "
            "what was in the box, or what anybody knew.",
        ),
        *((name.replace("_", " ").capitalize(), f"{counts[name]:,}") for name in counts),
        *(("Not read", one.sentence) for one in records.unread),
        *((name, parameter_text(value)) for name, value in sorted(leads.parameters.items())),
        ("chipflow", __version__),
        *(
            (f"Input {number}", f"{one['path']} (SHA-256 {one['sha256']})")
            for number, one in enumerate(
                sorted(leads.searched.records.inputs, key=lambda one: str(one["path"])), start=1
            )
        ),
    ]
    row = 0
    if writer.simulated:
        sheet.merge_range(
            row, 0, row, 1, "SIMULATED RECORDS: no company here is real", writer.warning
        )
        row += 1
    places = ", ".join(world.country_name(code) for code in leads.destination)
    sheet.set_row(row, 2 * LINE_HEIGHT)
    sheet.write_string(row, 0, f"Routes of controlled chips towards {places}", writer.title)
    texts = defuse(pd.Series([_text(value) or "" for _, value in lines], dtype="str"))
    for (name, _), text in zip(lines, texts, strict=True):
        row += 1
        sheet.set_row(row, max(math.ceil(len(text) / ABOUT_WIDTHS[1]), 1) * LINE_HEIGHT)
        sheet.write_string(row, 0, name, writer.name)
        sheet.write_string(row, 1, text, writer.plain)


def _steps(leads: Leads) -> pd.DataFrame:
    """The records of the leads in the order of rank, hop and day."""
    rank = leads.table.set_index("lead_id")["rank"]
    steps = leads.steps[["lead_id", "record_id", "hop", "stage", "units"]]
    steps = steps.rename(columns={"units": "units_followed"})
    steps = steps.merge(leads.shipments, on="record_id", how="inner", validate="m:1")
    steps["rank"] = steps["lead_id"].map(rank)
    return having_ports(steps).sort_values(["rank", "hop", "date", "record_id"], ignore_index=True)


def _columns(
    table: pd.DataFrame,
    said: Sequence[tuple[str, str, str, int]],
    links: Mapping[str, Sequence[str | None]] = MappingProxyType({}),
    precisions: Mapping[str, pd.Series] = MappingProxyType({}),
) -> list[Column]:
    """Return columns as they are listed in :mod:`chipflow.views.workbook_columns`."""
    return [
        Column(header, table[name], kind, width, links.get(name), precisions.get(name))
        for header, name, kind, width in said
    ]


def _lead_columns(leads: Leads, steps: pd.DataFrame) -> list[Column]:
    table = leads.table.assign(in_steps=leads.table["no_coincidence"].map(in_steps))
    first = steps.drop_duplicates("lead_id")
    rows = dict(zip(first["lead_id"], first.index + 2, strict=True))
    links = [
        f"internal:'Records'!A{rows[one]}" if one in rows else None for one in table["lead_id"]
    ]
    return _columns(table, LEADS, links={"lead_id": links})


def _record_columns(leads: Leads, steps: pd.DataFrame) -> list[Column]:
    rows = dict(zip(leads.table["lead_id"], range(2, len(leads.table) + 2), strict=True))
    links = [f"internal:'Leads'!A{rows[one]}" for one in steps["lead_id"]]
    return _columns(
        steps, RECORDS, links={"lead_id": links}, precisions={"date": steps["date_precision"]}
    )


def _evidence_columns(leads: Leads) -> list[Column]:
    rank = leads.table.set_index("lead_id")["rank"]
    evidence = leads.evidence.assign(rank=leads.evidence["lead_id"].map(rank))
    evidence = evidence.sort_values(
        ["rank", "kind", "part"], ascending=[True, False, True], ignore_index=True
    )
    return _columns(evidence, EVIDENCE)


def _company_columns(leads: Leads) -> list[Column]:
    table = leads.companies
    order = pd.to_numeric(table["throughput"]).fillna(0).sort_values(ascending=False, kind="stable")
    table = table.loc[order.index].reset_index(drop=True)
    return _columns(table, COMPANIES)


def _set_aside_columns(leads: Leads) -> list[Column]:
    table = leads.set_aside
    return _columns(table, SET_ASIDE)


def _sheet_columns(leads: Leads) -> list[Column]:
    sheets = leads.searched.records.sheets

    def column(values: Iterable[Any]) -> pd.Series:
        return pd.Series(list(values), dtype=object)

    return [
        Column("Sheet", column(one.source for one in sheets), width=60),
        Column("Kind", column(one.kind for one in sheets), width=12),
        Column("Rows", column(one.rows for one in sheets), "whole", 10),
        Column("Why not used", column(one.reason for one in sheets), width=60),
        Column("Remarks", column("; ".join(one.warnings) for one in sheets), width=60),
    ]
