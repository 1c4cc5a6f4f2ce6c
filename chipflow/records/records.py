"""The records of any number of files, and how they were understood."""

from __future__ import annotations

import html
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from chipflow.engine import fetch, fetch_arrow
from chipflow.errors import ParameterError
from chipflow.records.cleaning.unread import CellCounts, UnreadCells, lead_needs, needs_sentence
from chipflow.records.schema import (
    COLUMNS,
    DUPLICATE_COLUMNS,
    KINDS,
    REJECTED_COLUMNS,
    Sheet,
    one_line,
)
from chipflow.tables import arrow_table, write_csv, write_parquet

if TYPE_CHECKING:
    import ibis.expr.types as ir

# Word in the banner of sheets that the simulator wrote.
SIMULATED = "SIMULATED"
_MOST_SHEETS_SHOWN = 30
# Paths and sentences are shown up to here.
_LONGEST_LINE = 500


class Records:
    """Canonical records with the story of where they came from.

    Attributes
    ----------
    expr : ibis.Table
        The canonical columns, one row for each record, on the engine that read them.
    rejected : pandas.DataFrame
        source, source_row, column, value, reason: a field that was left out, or a whole row
        (``column`` is missing, or the date's, without which a row cannot be used).
    duplicates : pandas.DataFrame
        source, source_row, record_id, kept_source, kept_source_row.
    sheets : list of Sheet
        One for each table found, used or not.
    inputs : list of dict
        path, sha256, bytes of each file.
    warnings : list of str
        What concerns no single sheet, such as files left out.
    cells : CellCounts
        How many cells of each sheet and field were given, and which were not understood.
    """

    def __init__(
        self,
        expr: ir.Table,
        *,
        backend: Any,
        sheets: list[Sheet],
        rejected: pd.DataFrame,
        duplicates: pd.DataFrame,
        inputs: list[dict[str, Any]],
        warnings: list[str] | None = None,
        cells: CellCounts | None = None,
    ) -> None:
        self.expr = expr
        self.rejected = rejected[list(REJECTED_COLUMNS)]
        self.duplicates = duplicates[list(DUPLICATE_COLUMNS)]
        self.sheets = sheets
        self.inputs = inputs
        self.warnings = warnings or []
        self.cells = cells or CellCounts.none()
        # An in-memory engine forgets its tables when its session is let go.
        self._backend = backend

    @cached_property
    def table(self) -> pd.DataFrame:
        """The records as a pandas DataFrame of the canonical columns, sorted by record_id."""
        return typed(fetch_arrow(self.expr.order_by("record_id")).to_pandas())

    @property
    def counts(self) -> dict[str, int]:
        """Rows in, used, rejected and duplicate; the last three add up to the first."""
        names = ("rows_in", "used", "rejected", "duplicate")
        return {name: sum(sheet.counts[name] for sheet in self.sheets) for name in names}

    @property
    def unread(self) -> list[UnreadCells]:
        """The fields with cells that say something and were not understood.

        Returns
        -------
        list of UnreadCells
            ``field, given, unread, commonest`` of each, and its ``sentence``. Empty
            where all that is said was understood.
        """
        return self.cells.fields

    @cached_property
    def needs(self) -> dict[str, int]:
        """How many records have what a lead needs.

        Returns
        -------
        dict of str to int
            ``records``; those with ``goods`` (a text that describes them), ``both_countries``,
            ``destination`` (the country that they went to), ``day`` (not only a month),
            ``weight_or_value``; ``all``: goods, both countries, and weight or value.
        """
        counted = fetch(self.expr.aggregate(**lead_needs(self.expr)))
        return {str(name): int(counted[name].iloc[0]) for name in counted.columns}

    @property
    def cells_unread(self) -> int:
        """How many cells say something that was not understood."""
        return sum(one.unread for one in self.unread)

    @property
    def doubts(self) -> list[str]:
        """What a reader of any result should know of how the sheets were read, a sentence each.

        Sheets that were not used, what was odd about those that were, and the cells that were
        not understood. Files that were left out stand in :attr:`warnings`.
        """
        said = []
        for sheet in self.sheets:
            place = one_line(sheet.source, _LONGEST_LINE)
            if sheet.kind != "records":
                said.append(f"not used: {place}: {sheet.reason}")
            said += [f"{place}: {warning}" for warning in sheet.warnings]
        said += [f"{one.sentence} (see rejected.csv)" for one in self.unread]
        return [one_line(one, 2 * _LONGEST_LINE) for one in said]

    @property
    def simulated(self) -> bool:
        """Whether any sheet says above its header that it is simulated."""
        return any(SIMULATED in sheet.banner.upper() for sheet in self.sheets)

    def __len__(self) -> int:
        """Return the number of records."""
        return self.counts["used"]

    def __repr__(self) -> str:
        counts = self.counts
        used = sum(sheet.kind == "records" for sheet in self.sheets)
        return (
            f"<Records: {counts['used']:,} records from {used} of {len(self.sheets)} sheets; "
            f"{counts['rejected']:,} rows rejected, {counts['duplicate']:,} duplicate; "
            f"{self.cells_unread:,} cells not read>"
        )

    def explain(self) -> str:
        """Return what was understood of each sheet, as text to read.

        For each field the header it was read from, the confidence (0 to 1) and three values;
        then the columns that stay unused, and the warnings.
        """
        warnings = (f"! {one_line(warning, _LONGEST_LINE)}" for warning in self.warnings)
        sheets = (explain_sheet(one, self.cells.of_source(one.source)) for one in self.sheets)
        needs = [needs_sentence(self.needs)] if len(self) else []
        return "\n\n".join([*sheets, *needs, *warnings])

    def explanation(self) -> list[dict[str, Any]]:
        """Return what was understood of each sheet, as lists and dicts that JSON can hold.

        Returns
        -------
        list of dict
            For each sheet ``source``, ``kind`` (``records``, ``aggregate`` or ``other``),
            ``header_row`` (None without one), ``rows``, ``columns`` (field -> ``header`` and
            ``confidence``), ``unknown`` (headers that stay unused), ``could_be`` (field that no
            column was read as -> unused headers that could be it), ``unread`` (fields with cells
            that were not understood: ``field, given, unread, commonest``) and ``warnings``, the
            first of which says why the sheet is not used if it is not.
        """
        return [
            {
                "source": sheet.source,
                "kind": sheet.kind,
                "header_row": sheet.header_row,
                "rows": sheet.rows,
                "columns": {
                    field: {"header": header, "confidence": float(confidence)}
                    for field, (header, confidence) in sheet.columns.items()
                },
                "unknown": list(sheet.unknown),
                "could_be": {name: list(headers) for name, headers in sheet.could_be.items()},
                "unread": [one.to_dict() for one in self.cells.of_source(sheet.source)],
                "warnings": [
                    *([f"not used: {sheet.reason}"] if sheet.reason else []),
                    *sheet.warnings,
                ],
            }
            for sheet in self.sheets
        ]

    def save(self, path: str | Path, *, excel: bool = False, replace: bool = True) -> list[Path]:
        """Write the records as a table, and ``rejected.csv`` and ``duplicates.csv`` beside it.

        Parameters
        ----------
        path
            The file: ``.parquet``, ``.csv`` or ``.xlsx``. Its folder is made if it is not there;
            files of these names are replaced, all at once and only when every one is complete.
        excel
            Whether Excel is to open CSV files right; see :func:`chipflow.tables.write_csv`.
        replace
            Whether a file of this name that holds something else may be replaced.

        Returns
        -------
        list of pathlib.Path
            The files that held something else, such as the ``rejected.csv`` of other records, and
            were replaced.

        Raises
        ------
        OutputError
            It cannot be written, has more rows than a workbook holds, or would replace what must
            not be replaced.
        ParameterError
            The name ends otherwise.
        """
        from chipflow.records.save import write_all, write_xlsx

        file = Path(path)
        table = {
            ".parquet": lambda to: write_parquet(self.table, to),
            ".csv": lambda to: write_csv(self.table, to, excel=excel),
            ".xlsx": lambda to: write_xlsx(self.table, to, simulated=self.simulated),
        }.get(file.suffix.lower())
        if table is None:
            raise ParameterError(f"{str(file)!r}: give a name that ends in .parquet, .csv or .xlsx")
        return write_all(
            {
                file: table,
                file.with_name("rejected.csv"): lambda to: write_csv(
                    self.rejected, to, excel=excel
                ),
                file.with_name("duplicates.csv"): lambda to: write_csv(
                    self.duplicates, to, excel=excel
                ),
            },
            kept=() if replace else (file,),
        )

    def to_pandas(self) -> pd.DataFrame:
        """Return a copy of :attr:`table`."""
        return self.table.copy()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Hand :attr:`table` on as an Arrow stream, to polars, DuckDB, pyarrow and others."""
        return arrow_table(self.table).__arrow_c_stream__(requested_schema)

    def save_layout(self, path: str | Path) -> None:
        """Write the mapping that was understood as a layout, to be corrected and used again.

        Parameters
        ----------
        path
            The TOML file, for ``read_records(..., layout=path)``.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        from chipflow.records.save import layout_text, write_all

        text = layout_text(self.sheets)
        write_all({Path(path): lambda to: to.write_text(text, encoding="utf-8", newline="\n")})

    def _repr_html_(self) -> str:
        counts = self.counts
        head = (
            f"<p><b>{counts['used']:,} records</b> from {len(self.sheets)} sheets "
            f"({counts['rows_in']:,} rows in, {counts['rejected']:,} rejected, "
            f"{counts['duplicate']:,} duplicate; {self.cells_unread:,} cells not read)"
            + (" · <b>simulated</b>" if self.simulated else "")
            + "</p>"
            + "".join(f"<p>{html.escape(one.sentence)}</p>" for one in self.unread)
        )
        rows = []
        for sheet in self.sheets[:_MOST_SHEETS_SHOWN]:
            read = ", ".join(f"{f} ← {h}" for f, (h, _) in sheet.columns.items())
            cells = (
                sheet.source,
                sheet.kind,
                f"{sheet.used:,} of {sheet.rows:,}",
                sheet.reason or read,
                "; ".join(sheet.warnings),
            )
            rows.append("<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in cells) + "</tr>")
        more = len(self.sheets) - _MOST_SHEETS_SHOWN
        names = ("sheet", "kind", "rows used", "understood", "warnings")
        return (
            head
            + "<table><thead><tr>"
            + "".join(f"<th>{name}</th>" for name in names)
            + "</tr></thead><tbody>"
            + "".join(rows)
            + "</tbody></table>"
            + (f"<p>… and {more} more sheets</p>" if more > 0 else "")
        )

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, source: str = "frame") -> Records:
        """Read a DataFrame as if it were a file.

        Parameters
        ----------
        frame
            Canonical columns, or any headers that :func:`read_records` would understand. It is
            not modified.
        source
            What to call it in ``source``.

        Returns
        -------
        Records
        """
        from chipflow.records.read import read_frame

        return read_frame(frame, source)


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with the canonical columns and their dtypes, in order."""
    out: dict[str, Any] = {}
    for name in COLUMNS:
        column = frame[name]
        kind = KINDS[name]
        if kind == "date":
            out[name] = pd.to_datetime(column).astype("datetime64[s]")
        elif kind == "number":
            out[name] = column.astype("float64")
        elif kind == "row":
            out[name] = column.astype("int64")
        else:
            out[name] = column.astype("str")
    return pd.DataFrame(out, columns=list(COLUMNS)).reset_index(drop=True)


def explain_sheet(sheet: Sheet, unread: list[UnreadCells]) -> str:
    """Return what was understood of one sheet, as text."""
    place = "no header" if sheet.header_row is None else f"header in row {sheet.header_row}"
    facts = [sheet.kind, place, f"{sheet.rows:,} rows"]
    if sheet.direction or sheet.reporting_country:
        facts.append(f"{sheet.direction or 'trade'} reported by {sheet.reporting_country or '?'}")
    lines = [f"{one_line(sheet.source, _LONGEST_LINE)}: {', '.join(facts)}"]
    lines.append(
        f"  rows: {sheet.used:,} used, {sheet.rejected:,} rejected, {sheet.duplicate:,} duplicate"
        f"; cells not read: {sum(one.unread for one in unread):,}"
    )
    lines += [f"    {one.sentence}" for one in unread]
    if sheet.reason:
        lines.append(f"  not used: {one_line(sheet.reason, _LONGEST_LINE)}")
    table = [("field", "column", "confidence", "examples")]
    for name, (header, confidence) in sheet.columns.items():
        examples = " | ".join(one_line(v) for v in sheet.samples.get(header, []))
        also = "".join(f" (then {one_line(other)})" for other in sheet.also.get(name, []))
        table.append((name, one_line(header) + also, f"{confidence:.2f}", examples))
    if len(table) > 1:
        sizes = [max(len(row[i]) for row in table) for i in range(3)]
        lines += [
            "  " + "  ".join(cell.ljust(size) for cell, size in zip(row, sizes, strict=False))
            + "  " + row[3]
            for row in table
        ]  # fmt: skip
    if sheet.unknown:
        lines.append("  unused: " + ", ".join(one_line(name) for name in sheet.unknown))
    for name, headers in sheet.could_be.items():
        lines.append(f"  could be {name}: " + ", ".join(one_line(header) for header in headers))
    lines += [f"  ! {one_line(warning, _LONGEST_LINE)}" for warning in sheet.warnings]
    return "\n".join(lines)
