"""Tables of country statistics as they stand in files: CSV, JSON, Excel, Parquet, ZIP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from chipflow.errors import InputError, ParameterError
from chipflow.flows.sources import Layout, header_score
from chipflow.records.io.files import Found, find_files, kind_of, open_parts
from chipflow.records.read import read_part

# Rows among which the row of column names is looked for.
_SEARCHED_ROWS = 40
_FEWEST_ROLES = 3
# A row that fills this many roles is the row of names; no row below is looked at.
_SURELY = 5
_DISTANCES = {"distw", "dist", "distcap"}
# Where the rows of a JSON answer stand.
_JSON_ROWS = ("data", "dataset", "results", "value", "rows")


@dataclass(frozen=True)
class Table:
    """One table of text.

    Attributes
    ----------
    source
        Path as given; ``PATH#SHEET`` for a workbook.
    headers
        Column names.
    table
        Arrow table of text columns ``c0``, ``c1`` and so on; there may be more than headers.
    rows
        Row numbers as a spreadsheet program shows them.
    banner
        The file's name and the text above the header.
    ragged
        (row number, reason) of rows that do not fit the header.
    """

    source: str
    headers: list[str]
    table: Any
    rows: npt.NDArray[np.int64]
    banner: str
    ragged: list[tuple[int, str]] = field(default_factory=list)


@dataclass
class Opened:
    """What the files hold.

    Attributes
    ----------
    tables
        Tables to read.
    ready
        Parquet files that chipflow itself wrote as ``series.parquet``.
    distances
        Files of distances between countries, as CEPII's GeoDist.
    inputs
        Path, SHA-256 and bytes of each file.
    errors
        Files that cannot be used.
    """

    tables: list[Table] = field(default_factory=list)
    ready: list[Path] = field(default_factory=list)
    distances: list[Path] = field(default_factory=list)
    inputs: list[dict[str, Any]] = field(default_factory=list)
    errors: list[InputError] = field(default_factory=list)


def open_tables(
    paths: tuple[str | Path, ...], layout: Layout | None = None, strict: bool = False
) -> Opened:
    """Open files of country statistics.

    Parameters
    ----------
    paths
        Files, folders or globs.
    layout
        What the user says of the columns.
    strict
        Whether the first file that cannot be used is an error.

    Returns
    -------
    Opened

    Raises
    ------
    InputError
        With ``strict``, the first file that cannot be used.
    ParameterError
        No path was given.
    """
    if not paths:
        raise ParameterError("no file given: name files, folders or globs of country statistics")
    opened = Opened()
    found, errors, _ = find_files(paths)
    extra = [p for path in paths if Path(path).is_dir() for p in Path(path).rglob("*.json")]
    found += [Found(p, p.as_posix()) for p in extra if p not in {one.path for one in found}]
    # A folder that holds nothing but JSON is no folder without tables.
    folders = {str(path) for path in paths if any(Path(path) in p.parents for p in extra)}
    opened.errors = [error for error in errors if str(error.file) not in folders]
    for one in sorted(found, key=lambda f: f.name):
        try:
            _open(one, opened, layout or Layout())
        except InputError as error:
            opened.errors.append(error)
    if strict and opened.errors:
        raise opened.errors[0]
    return opened


def _open(found: Found, opened: Opened, layout: Layout) -> None:
    if found.path.suffix.lower() == ".dta":
        opened.distances.append(found.path)
        return
    if found.path.suffix.lower() == ".parquet" and _is_series(found.path):
        import hashlib

        with found.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = found.path.stat().st_size
        opened.inputs.append({"path": found.name, "sha256": digest, "bytes": size})
        opened.ready.append(found.path)
        return
    unpacked = open_parts(found)
    opened.inputs.append({"path": found.name, "sha256": unpacked.sha256, "bytes": unpacked.size})
    for part in unpacked.parts:
        data = part.read()
        words = f"{found.path.stem} {Path(part.name).stem}"
        if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
            table = _json(data, part.name, words)
            if table is not None:
                opened.tables.append(table)
                continue
        kind_of(data, part.name)
        for sheet in read_part(part, words):
            made = _sheet(sheet, words, layout)
            if _DISTANCES & {header.lower() for header in made.headers}:
                opened.distances.append(found.path)
            else:
                opened.tables.append(made)


def _is_series(path: Path) -> bool:
    import pyarrow.parquet as pq

    from chipflow.flows.series import SERIES_COLUMNS

    try:
        names = pq.read_schema(path).names
    except Exception:  # Any damage: the usual way of reading says which.
        return False
    return set(SERIES_COLUMNS) <= set(names)


def _sheet(sheet: Any, words: str, layout: Layout) -> Table:
    if sheet.header_given:
        at = 0
        body = sheet.load(-1)
    else:
        scores: list[int] = []
        for row in sheet.top[:_SEARCHED_ROWS]:
            scores.append(header_score(row, layout))
            if scores[-1] >= _SURELY:
                break
        at = int(np.argmax(scores)) if scores else 0
        if not scores or scores[at] < _FEWEST_ROLES:
            raise InputError(
                "not a table of country statistics: no row names a partner country, a period and "
                "a value",
                file=sheet.source,
                hint="name its columns in a layout (--layout FILE.toml)",
            )
        body = sheet.load(at)
    headers = [cell.strip() for cell in sheet.top[at]]
    banner = " ".join([words, *(" ".join(filter(None, row)) for row in sheet.top[:at])])
    ragged = [(int(row), reason) for row, _, reason in body.ragged]
    return Table(sheet.source, headers, body.table, body.rows, banner, ragged)


def _json(data: bytes, source: str, words: str) -> Table | None:
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except (ValueError, UnicodeDecodeError):
        # JSON lines are read like other tables.
        return None
    if isinstance(content, dict):
        content = next(
            (content[key] for key in _JSON_ROWS if isinstance(content.get(key), list)), None
        )
    if not isinstance(content, list):
        raise InputError(
            "JSON without a list of rows",
            file=source,
            hint="give the answer of the Comtrade or Census API as it came",
        )
    if not content:
        raise InputError("JSON with no rows", file=source, hint="the query found nothing")
    headers, rows = _json_rows(content, source)
    return Table(
        source, headers, _as_table(headers, rows), np.arange(len(rows), dtype=np.int64) + 1, words
    )


def _json_rows(content: list[Any], source: str) -> tuple[list[str], list[list[str]]]:
    if isinstance(content[0], list):
        headers = [str(cell) for cell in content[0]]
        return headers, [[_text(cell) for cell in row] for row in content[1:]]
    if not isinstance(content[0], dict):
        raise InputError("JSON whose rows are neither lists nor objects", file=source)
    headers = list(dict.fromkeys(key for row in content for key in row))
    return headers, [[_text(row.get(key)) for key in headers] for row in content]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _as_table(headers: list[str], rows: list[list[str]]) -> Any:
    import pyarrow as pa

    padded: Iterator[list[str]] = ((row + [""] * len(headers))[: len(headers)] for row in rows)
    columns = list(zip(*padded, strict=True)) or [()] * len(headers)
    return pa.table({f"c{at}": pa.array(column, pa.string()) for at, column in enumerate(columns)})
