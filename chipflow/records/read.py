"""Read any number of files into one table of records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from chipflow.engine import connect
from chipflow.errors import InputError
from chipflow.progress import silent
from chipflow.records.assemble import assemble
from chipflow.records.files import Found, find_files, open_file
from chipflow.records.gather import NO_TABLE, SAMPLE_ROWS, Opening, open_sheet, understand
from chipflow.records.layouts import Layout, load_layout
from chipflow.records.records import Records
from chipflow.records.schema import Sheet
from chipflow.records.sheets import RawSheet

if TYPE_CHECKING:
    import pandas as pd

    from chipflow.progress import Progress

_WANTED = "columns such as date, shipper, consignee, description, quantity"
_MOST_NAMED = 5


def read_records(
    *paths: str | Path,
    layout: str | Path | None = None,
    strict: bool = False,
    engine: str = "duckdb",
    progress: Progress = silent,
) -> Records:
    """Read customs declarations, bills of lading and the like, whatever their columns.

    Parameters
    ----------
    *paths
        Files (CSV and the like, .gz of it, .xlsx, .xls, .ods, Parquet, JSON lines), folders,
        globs. A folder gives the files in it with a known extension.
    layout
        A layout's name or the path of a TOML file with the user's own mapping; without it the
        columns are found by their names and contents.
    strict
        Stop at the first file that cannot be read, instead of leaving it out with a warning.
    engine
        ``duckdb`` or ``spark``.
    progress
        Somebody who is told how the work goes on.

    Returns
    -------
    Records
        One row for each shipment; ``print(records.explain())`` shows what was understood.

    Raises
    ------
    InputError
        No file can be used, or with ``strict`` any cannot.
    ParameterError
        Unknown layout or engine, or no path.

    Notes
    -----
    Weights are gross, net where gross is missing or zero. ``value_usd`` is FOB where there is a
    choice, CIF where FOB is missing or zero; amounts in other currencies, or in none that the
    file names, stand in ``value`` with ``currency``. Zero means "not given" in customs data and
    becomes missing. A row is lost only if it has no date or names no party; any other bad cell
    is left out and listed in ``Records.rejected``. Order of rows and files has no influence on
    the records.
    """
    from chipflow.errors import ParameterError

    if not paths:
        raise ParameterError("no file given: name files, folders or globs to read")
    told = load_layout(layout)
    backend = connect(engine)
    found, errors, ignored = find_files(paths)
    if strict and errors:
        raise errors[0]
    inputs: list[dict[str, Any]] = []
    openings: list[Opening] = []
    failed: list[Sheet] = [_left_out(error) for error in errors]
    with progress.stage("reading files", total=len(found)) as step:
        for file in found:
            try:
                raw_sheets, facts = _read_file(file)
                inputs.append(facts)
                openings += [open_sheet(raw, told) for raw in raw_sheets]
            except InputError as error:
                if strict:
                    raise
                errors.append(error)
                failed.append(_left_out(error))
            step.advance()
    if not openings:
        raise _none_left(errors)
    warnings = [str(error) for error in errors]
    if ignored:
        more = len(ignored) - _MOST_NAMED
        names = ", ".join(ignored[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        warnings.append(f"ignored, not record files by their extension: {names}")
    records = _build(backend, openings, told, progress, inputs, warnings)
    records.sheets = sorted([*records.sheets, *failed], key=lambda sheet: sheet.source)
    usable = [sheet for sheet in records.sheets if sheet.kind != "other"]
    if not usable:
        raise _nothing_usable(records.sheets, errors)
    if strict:
        bad = next((s for s in records.sheets if s.kind == "other" and s.rows), None)
        if bad is not None and not _beside_others(bad, usable):
            raise _nothing_usable([bad], [])
    return records


def read_frame(frame: pd.DataFrame, source: str) -> Records:
    """Read a DataFrame as if it were a file; see :meth:`Records.from_frame`."""
    import pyarrow as pa

    from chipflow.records.columnar import table_sheet

    table = pa.Table.from_pandas(frame, preserve_index=False)
    told = Layout()
    opening = open_sheet(table_sheet(table, source, ""), told)
    return _build(connect(), [opening], told, silent, [], [])


def _read_file(file: Found) -> tuple[list[RawSheet], dict[str, Any]]:
    opened = open_file(file)
    facts = {"path": file.name, "sha256": opened.sha256, "bytes": opened.size}
    name = Path(file.name).name
    if opened.kind == "book":
        from chipflow.records.workbooks import read_workbook

        return read_workbook(opened.data, file.name, name), facts
    if opened.kind == "parquet":
        from chipflow.records.columnar import read_parquet

        return read_parquet(opened.data, file.name, name), facts
    if opened.kind == "jsonl":
        from chipflow.records.columnar import read_json_lines

        return read_json_lines(opened.data, file.name, name), facts
    from chipflow.records.delimited import read_text

    return read_text(opened.data, file.name, name), facts


def _build(
    backend: Any,
    openings: list[Opening],
    layout: Layout,
    progress: Progress,
    inputs: list[dict[str, Any]],
    warnings: list[str],
) -> Records:
    openings = sorted(openings, key=lambda opening: opening.source)

    def sample(tables: list[Any]) -> Any:
        return _sample(backend, tables)

    with progress.stage("understanding columns", total=1) as step:
        sheets, usable, others, group_of = understand(openings, layout, sample)
        step.advance()
    with progress.stage("cleaning records", total=1) as step:
        expr, rejected, duplicates = assemble(backend, sheets, usable, others, group_of, layout)
        step.advance()
    return Records(
        expr,
        backend=backend,
        sheets=sheets,
        rejected=rejected,
        duplicates=duplicates,
        inputs=inputs,
        warnings=warnings,
    )


def _sample(backend: Any, tables: list[Any]) -> Any:
    """Choose different rows by their content, so that order and repetition do not matter."""
    import ibis
    import numpy as np
    import pyarrow as pa

    names = tables[0].column_names
    whole = pa.concat_tables([table.rename_columns(names) for table in tables])
    if whole.num_rows <= SAMPLE_ROWS or not names:
        return whole
    numbered = whole.append_column("at", pa.array(np.arange(whole.num_rows)))
    table = ibis.memtable(numbered)
    joined = ibis.literal("\x1f").join([table[name] for name in names])
    marks = backend.to_pyarrow(table.select("at", mark=joined.hash()))
    order, mark = marks["at"].to_numpy(), marks["mark"].to_numpy()
    different, first = np.unique(mark, return_index=True)
    return whole.take(pa.array(np.sort(order[first[: min(SAMPLE_ROWS, len(different))]])))


def _left_out(error: InputError) -> Sheet:
    reason = error.what if error.hint is None else f"{error.what}; {error.hint}"
    return Sheet(str(error.file), kind="other", reason=reason)


def _none_left(errors: list[InputError]) -> InputError:
    if len(errors) == 1:
        return errors[0]
    return InputError(
        f"none of {len(errors)} inputs can be read: " + " | ".join(map(str, errors[:_MOST_NAMED]))
    )


def _nothing_usable(sheets: list[Sheet], errors: list[InputError]) -> InputError:
    tables = [sheet for sheet in sheets if sheet.rows or sheet.header_row is not None]
    if not tables:
        return _none_left(errors) if errors else InputError(
            "no rows", file=sheets[0].source, hint=f"give a table with {_WANTED}"
        )  # fmt: skip
    first = tables[0]
    more = f" (and {len(tables) - 1} more sheets)" if len(tables) > 1 else ""
    return InputError(
        f"{first.reason or NO_TABLE}{more}",
        file=first.source,
        hint=f"give a table with {_WANTED}, or a layout that names its columns",
    )


def _beside_others(sheet: Sheet, usable: list[Sheet]) -> bool:
    """A sheet of notes in a workbook that also holds records is no reason to stop."""
    book = sheet.source.rsplit("#", 1)[0]
    return "#" in sheet.source and any(s.source.startswith(book + "#") for s in usable)
