"""Read any number of files into one table of records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from chipflow.engine import connect, fetch_arrow
from chipflow.errors import InputError, ParameterError
from chipflow.progress import silent
from chipflow.records.assemble import assemble
from chipflow.records.io.files import Found, Part, find_files, kind_of, open_parts
from chipflow.records.io.frames import (
    arrow_of,
    content_hash,
    from_database,
    is_database,
    is_frame,
    without_secrets,
)
from chipflow.records.io.sheets import RawSheet
from chipflow.records.mapping.gather import NO_TABLE, SAMPLE_ROWS, Opening, open_sheet, understand
from chipflow.records.mapping.places import place_words
from chipflow.records.records import Records
from chipflow.records.schema import Sheet, one_line
from chipflow.records.vocabulary.layouts import Layout, load_layout

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd
    import pyarrow as pa

    from chipflow.progress import Progress
    from chipflow.records.io.frames import ArrowStream

_WANTED = "columns such as date, shipper, consignee, description, quantity"
_MOST_NAMED = 5
_LONGEST_NAME = 200


def read_records(
    *paths: str | Path | ArrowStream,
    query: str | None = None,
    layout: str | Path | None = None,
    strict: bool = False,
    progress: Progress = silent,
) -> Records:
    """Read customs declarations, bills of lading and the like, whatever their columns.

    Parameters
    ----------
    *paths
        Files (CSV and the like, .gz of it, .xlsx, .xlsb, .xls, .ods, Parquet, JSON, .zip
        of any of them), folders, globs. A folder or an archive gives the files in it with a
        known extension. Also tables at hand: a pandas or polars DataFrame, an Arrow table, a
        DuckDB relation, or whatever else hands on an Arrow stream; and the address of a
        PostgreSQL database (``postgresql://...``; needs the extra ``postgresql``).
    query
        What is asked of the database, in SQL.
    layout
        A layout's name or the path of a TOML file with the user's own mapping; without it the
        columns are found by their names and contents.
    strict
        Stop at the first file that cannot be read, instead of leaving it out with a warning, and
        at whatever else would be a warning: cells that are not understood, sheets that are not
        used.
    progress
        Somebody who is told how the work goes on.

    Returns
    -------
    Records
        One row for each shipment; ``print(records.explain())`` shows what was understood.

    Raises
    ------
    InputError
        No file can be used, or with ``strict`` any cannot or is read with a warning.
    ParameterError
        Unknown layout, or no path.

    Notes
    -----
    Weights are gross, net where gross is missing or zero. ``value_usd`` is FOB where there is a
    choice, CIF where FOB is missing or zero; amounts in other currencies, or in none that the
    file names, stand in ``value`` with ``currency``. Zero means "not given" in customs data and
    becomes missing. A row is lost only if it has no date or names no party; any other bad cell
    is left out and listed in ``Records.rejected``. Order of rows and files has no influence on
    the records.
    """
    if not paths:
        raise ParameterError("no file given: name files, folders or globs to read")
    told = load_layout(layout)
    backend = connect()
    tables, files = _tables_and_paths(paths, query)
    found, errors, ignored = find_files(tuple(files)) if files else ([], [], [])
    if strict and errors:
        raise errors[0]
    work = _Opened(errors=errors, ignored=ignored)
    for source, table in tables.items():
        work.take(source, table, told)
    with progress.stage("reading files", total=len(found)) as step:
        for file in found:
            work.open(file, told, strict)
            step.advance()
    if not work.openings:
        raise _none_left(errors)
    records = _build(backend, work.openings, told, progress, work.inputs, work.warnings())
    failed = [_left_out(error) for error in errors]
    records.sheets = sorted([*records.sheets, *failed], key=lambda sheet: sheet.source)
    usable = [sheet for sheet in records.sheets if sheet.kind != "other"]
    if not usable:
        raise _nothing_usable(records.sheets, errors)
    if strict:
        _refuse_doubts(records, usable)
    return records


def _tables_and_paths(
    given: tuple[str | Path | ArrowStream, ...], query: str | None
) -> tuple[dict[str, pa.Table], list[str | Path]]:
    """Return the tables at hand or in a database by what they are called, and the paths."""
    tables: dict[str, pa.Table] = {}
    paths: list[str | Path] = []
    frames = sum(map(is_frame, given))
    asked = False
    for one in given:
        if is_frame(one):
            number = len(tables) + 1
            source = "frame" if frames == 1 else f"frame {number}"
            tables[source] = arrow_of(one, source)
        elif is_database(one):
            asked = True
            tables[f"{without_secrets(str(one))}#{len(tables) + 1}"] = from_database(
                str(one), query
            )
        elif isinstance(one, str | Path):
            paths.append(one)
        else:
            raise ParameterError(
                f"a {type(one).__name__} cannot be read: give paths, DataFrames, Arrow tables, "
                "DuckDB relations or the address of a database"
            )
    if query is not None and not asked:
        raise ParameterError("query: there is no database to ask; give postgresql://... with it")
    return tables, paths


def _refuse_doubts(records: Records, usable: list[Sheet]) -> None:
    """With ``strict``, whatever would be said as a warning is an error."""
    bad = next((s for s in records.sheets if s.kind == "other" and s.rows), None)
    if bad is not None and not _beside_others(bad, usable):
        raise _nothing_usable([bad], [])
    said = [*records.warnings, *records.doubts]
    if said:
        more = len(said) - _MOST_NAMED
        raise InputError(
            "read with doubts, and --strict refuses them: "
            + " | ".join(said[:_MOST_NAMED])
            + (f" | and {more:,} more" if more > 0 else ""),
            hint="mend the files, name the columns in a layout, or leave --strict out",
        )


def read_frame(frame: pd.DataFrame, source: str) -> Records:
    """Read a DataFrame as if it were a file; see :meth:`Records.from_frame`."""
    told = Layout()
    work = _Opened(errors=[], ignored=[])
    work.take(source, arrow_of(frame, source), told)
    return _build(connect(), work.openings, told, silent, work.inputs, [])


@dataclass
class _Opened:
    """The files that were read so far, and those that could not be."""

    errors: list[InputError]
    ignored: list[str]
    openings: list[Opening] = field(default_factory=list)
    inputs: list[dict[str, Any]] = field(default_factory=list)

    def take(self, source: str, table: pa.Table, layout: Layout) -> None:
        """Read a table that is at hand; its content is named by a hash, as a file's bytes are."""
        from chipflow.records.io.columnar import table_sheet

        self.openings.append(open_sheet(table_sheet(table, source, ""), layout))
        self.inputs.append({"path": source, "sha256": content_hash(table), "bytes": table.nbytes})

    def open(self, file: Found, layout: Layout, strict: bool) -> None:
        """Read the tables of a file; their bytes are let go, one table after the other."""
        try:
            opened = open_parts(file)
        except InputError as error:
            self._refuse(error, strict)
            return
        self.inputs.append({"path": file.name, "sha256": opened.sha256, "bytes": opened.size})
        self.ignored += opened.ignored
        for part in opened.parts:
            try:
                sheets = read_part(part, _words_of(file, part))
                self.openings += [open_sheet(sheet, layout) for sheet in sheets]
            except InputError as error:
                self._refuse(error, strict)

    def _refuse(self, error: InputError, strict: bool) -> None:
        if strict:
            raise error
        self.errors.append(error)

    def warnings(self) -> list[str]:
        """Return one sentence for each file left out, and one for all that were ignored."""
        said = [str(error) for error in self.errors]
        if self.ignored:
            more = len(self.ignored) - _MOST_NAMED
            shown = (one_line(name, _LONGEST_NAME) for name in self.ignored[:_MOST_NAMED])
            names = ", ".join(shown)
            names += f" and {more} more" if more > 0 else ""
            said.append(f"ignored, not record files by their extension: {names}")
        return said


def _words_of(file: Found, part: Part) -> str:
    """Return what a table is called, to read direction and country from.

    A member of an archive is often called only by a number: then the archive's name speaks.
    """
    own = PurePosixPath(part.name).name
    if part.name == file.name or any(place_words(own)):
        return own
    return f"{file.path.stem} {own}"


def read_part(part: Part, name: str) -> list[RawSheet]:
    """Return the tables of one file or member of an archive.

    Raises
    ------
    InputError
        It is no table, damaged, or too large.
    """
    data = part.read()
    kind = kind_of(data, part.name)
    try:
        return _reader(kind)(data, part.name, name)
    except MemoryError as error:
        raise InputError("does not fit in memory", file=part.name, hint="split the file") from error


def _reader(kind: str) -> Callable[[bytes, str, str], list[RawSheet]]:
    if kind == "book":
        from chipflow.records.io.workbooks import read_workbook

        return read_workbook
    if kind == "parquet":
        from chipflow.records.io.columnar import read_parquet

        return read_parquet
    if kind == "json":
        from chipflow.records.io.columnar import read_json

        return read_json
    from chipflow.records.io.delimited import read_text

    return read_text


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
        expr, rejected, duplicates, cells = assemble(
            backend, sheets, usable, others, group_of, layout
        )
        step.advance()
    return Records(
        expr,
        backend=backend,
        sheets=sheets,
        rejected=rejected,
        duplicates=duplicates,
        inputs=inputs,
        warnings=warnings,
        cells=cells,
    )


def _sample(backend: Any, tables: list[Any]) -> Any:
    """Choose different rows by their content, so that order and repetition do not matter."""
    import ibis
    import pyarrow as pa

    names = tables[0].column_names
    whole = pa.concat_tables([table.rename_columns(names) for table in tables])
    if whole.num_rows <= SAMPLE_ROWS or not names:
        return whole
    numbered = whole.append_column("at", pa.array(np.arange(whole.num_rows)))
    table = ibis.memtable(numbered)
    row = ibis.struct({name: table[name] for name in names})
    marks = fetch_arrow(table.select("at", mark=row.hash()), backend)
    order, mark = marks["at"].to_numpy(), marks["mark"].to_numpy()
    chosen = np.zeros(whole.num_rows, dtype=bool)
    chosen[order[_smallest(mark, SAMPLE_ROWS)]] = True
    return whole.filter(pa.array(chosen))


def _smallest(mark: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.intp]:
    """Return where the smallest different values stand, each once."""
    among = np.arange(len(mark))
    # Sorting all of them takes longer; where they repeat more often than this, it is done.
    wide = 4 * most
    if len(mark) > wide:
        few = np.flatnonzero(mark <= np.partition(mark, wide)[wide])
        if len(np.unique(mark[few])) >= most:
            among = few
    _, first = np.unique(mark[among], return_index=True)
    return among[first[:most]]


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
