"""Text tables: which encoding, which delimiter, where the rows are."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import replace
from typing import Any

import numpy as np

from chipflow.errors import InputError
from chipflow.records.io.codepages import decode, guess_page
from chipflow.records.io.files import is_wide
from chipflow.records.io.quoting import Mended, mend_quotes
from chipflow.records.io.sheets import MAX_COLUMNS, TOP_ROWS, Body, RawSheet, without_blank_rows

_HEAD_BYTES = 1 << 18
_LARGEST_HEAD = 1 << 26
_DELIMITERS = (",", ";", "\t", "|", "^", "~")
_SEPARATOR_LINE = re.compile(r"^sep=(.)\r?$", re.IGNORECASE)
_BLOCK_BYTES = 1 << 22
_LARGEST_BLOCK = 1 << 30
OPEN_QUOTE = "opens a quote that is never closed"


def read_text(data: bytes, source: str, name: str) -> list[RawSheet]:
    """Return the one table of a text file.

    Raises
    ------
    InputError
        The text has no columns, or more than a table can have.
    """
    mended = _mended(to_utf8(data))
    data = mended.data
    delimiter, top, lines, cut = _top(data, source)
    widest = max(map(len, top), default=0)
    if widest < 2:
        raise InputError(
            "text without columns",
            file=source,
            hint="separate the columns by commas, semicolons or tabs",
        )
    if widest > MAX_COLUMNS:
        raise InputError(
            f"a row of {widest:,} columns (at most {MAX_COLUMNS:,})",
            file=source,
            hint="check that the file is a table",
        )

    def load(header: int) -> Body:
        line = lines[header] if header >= 0 else 0
        body = _body(data, source, delimiter, top, header, line, cut)
        return replace(body, ragged=_explained(body.ragged, mended), warnings=_said(mended))

    return [RawSheet(source, name, top[:TOP_ROWS], load)]


def _mended(data: bytes) -> Mended:
    csv.field_size_limit(_LARGEST_BLOCK)
    if b'"' not in data:
        return Mended(data)
    text = data[:_HEAD_BYTES].decode("utf-8", "ignore")
    separator = _SEPARATOR_LINE.match(text.split("\n", 1)[0])
    return mend_quotes(data, separator[1] if separator else _delimiter(text))


def _said(mended: Mended) -> list[str]:
    """Return what the user should know about quotes that were mended."""
    if not mended.opened:
        return []
    count, first = len(mended.opened), mended.opened[0]
    what = "1 line opens a quote that is" if count == 1 else f"{count:,} lines open a quote that is"
    where = f"row {first:,}" if count == 1 else f"the first is row {first:,}"
    return [f"{what} never closed ({where}): the lines below are read by themselves"]


def _explained(ragged: list[tuple[int, str, str]], mended: Mended) -> list[tuple[int, str, str]]:
    """Name the quote where it is what keeps a line from being a row."""
    if not mended.broken:
        return ragged
    return [
        (row, mended.broken[text], OPEN_QUOTE) if text in mended.broken else (row, text, reason)
        for row, text, reason in ragged
    ]


def to_utf8(data: bytes) -> bytes:
    """Return text as UTF-8; bytes that its encoding does not know become U+FFFD."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            data = data[len(mark) :]
            if encoding == "utf-8":
                break
            return data.decode(encoding, "replace").replace("\0", "").encode()
    if b"\0" in data:
        if is_wide(data):
            return _wide(data)
        data = data.replace(b"\0", b"")
    if data.isascii():
        return data
    if _is_utf8(data):
        return data
    return decode(data, guess_page(data)).encode()


def _wide(data: bytes) -> bytes:
    little = data[1:4096:2].count(0) >= data[:4096:2].count(0)
    return data.decode("utf-16-le" if little else "utf-16-be", "replace").encode()


def _is_utf8(data: bytes) -> bool:
    import pyarrow as pa

    # Arrow looks at the bytes where they are, several at a time; decoding them would copy all.
    offsets = pa.array([0, len(data)], pa.int64()).buffers()[1]
    whole = pa.Array.from_buffers(pa.large_binary(), 1, [None, offsets, pa.py_buffer(data)])
    try:
        whole.cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def _top(data: bytes, source: str) -> tuple[str, list[list[str]], list[int], bool]:
    """Return delimiter, first rows, the line each row ends on, and if there is more."""
    size = _HEAD_BYTES
    while True:
        cut = len(data) > size
        text = data[:size].decode("utf-8", "ignore")
        separator = _SEPARATOR_LINE.match(text.split("\n", 1)[0])
        delimiter = separator[1] if separator else _delimiter(text)
        rows, lines = _rows(text, delimiter)
        if cut and rows:
            rows, lines = rows[:-1], lines[:-1]
        if len(rows) >= TOP_ROWS or not cut or size >= _LARGEST_HEAD:
            break
        size *= 4
    if not rows:
        raise InputError(
            "a row that never ends (an open quote?)", file=source, hint="check the quotes"
        )
    return delimiter, rows, lines, cut


def _rows(text: str, delimiter: str, most: int = 4 * TOP_ROWS) -> tuple[list[list[str]], list[int]]:
    csv.field_size_limit(_LARGEST_BLOCK)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num)
            if len(rows) >= most:
                break
    except csv.Error:
        pass
    return rows, lines


def _delimiter(text: str) -> str:
    """Take the delimiter that gives the most rows of the same, largest width."""
    best: tuple[float, int, str] = (0.0, 0, ",")
    for delimiter in _DELIMITERS:
        widths = [len(row) for row in _rows(text, delimiter)[0] if any(row)]
        wide = [width for width in widths if width > 1]
        if not wide:
            continue
        common = max(set(wide), key=lambda width: (wide.count(width) * min(width, 8), width))
        score = wide.count(common) / len(widths)
        candidate = (round(score, 2) * min(common, 4), common, delimiter)
        if candidate[:2] > best[:2]:
            best = candidate
    return best[2]


def _width(top: list[list[str]], header: int) -> int:
    """Return how many cells most rows below the header have."""
    widths = [len(row) for row in top[header + 1 :] if any(cell.strip() for cell in row)]
    usual = len(top[header]) if header >= 0 else 0
    if not widths or usual in widths:
        return usual
    return max(set(widths), key=lambda width: (widths.count(width), width))


def _body(
    data: bytes,
    source: str,
    delimiter: str,
    top: list[list[str]],
    header: int,
    line: int,
    cut: bool,
) -> Body:
    import pyarrow as pa

    width = _width(top, header)
    names = [f"c{i}" for i in range(width)]
    if not cut and header == len(top) - 1:
        empty = pa.table({name: pa.array([], pa.string()) for name in names})
        return Body(empty, np.empty(0, np.int64))
    ragged: list[tuple[int | None, str, int]] = []
    table = _parse(data, source, delimiter, names, line, ragged, threads=True)
    numbers = np.arange(table.num_rows, dtype=np.int64) + header + 2
    reports: list[tuple[int, str, str]] = []
    if ragged:
        ragged = []
        table = _parse(data, source, delimiter, names, line, ragged, threads=False)
        shift = header + 1 - line
        bad = np.array([int(n or 0) + shift for n, _, _ in ragged], dtype=np.int64)
        every = np.arange(table.num_rows + len(bad), dtype=np.int64) + header + 2
        numbers = np.setdiff1d(every, bad)[: table.num_rows]
        usual = [row for row in top[header + 1 :] if len(row) == width]
        bare = not any(cell[:1] == " " for row in usual for cell in row)
        fitting, places = [], []
        for at, (_, text, cells) in zip(bad.tolist(), ragged, strict=True):
            fit = _fitted(text, delimiter, width, bare)
            if fit is not None:
                fitting.append(fit)
                places.append(at)
            elif text.strip(delimiter + ' \t\r\n"'):
                reports.append((at, text, f"has {cells} cells where the header has {width}"))
        if fitting:
            columns = zip(*fitting, strict=True)
            more = pa.table([pa.array(column, pa.string()) for column in columns], names=names)
            numbers = np.concatenate([numbers, np.array(places, np.int64)])
            order = np.argsort(numbers, kind="stable")
            table = pa.concat_tables([table, more]).take(pa.array(order))
            numbers = numbers[order]
    table, numbers = without_blank_rows(table, numbers)
    return Body(table, numbers, reports)


def _fitted(text: str, delimiter: str, width: int, bare: bool) -> list[str] | None:
    """Return the cells of a row that is too wide in a way that leaves no doubt, else None.

    Cells beyond the last column that are all empty say nothing. Where no cell of the table
    begins with a blank (``bare``), a delimiter with a blank behind it belongs to the text, as
    in ``Borvane Trading Co., Ltd``.
    """
    try:
        cells = next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return None
    if len(cells) <= width:
        return None
    if not any(cell.strip() for cell in cells[width:]):
        return cells[:width]
    if not bare or delimiter in " \t":
        return None
    joined = cells[:1]
    for cell in cells[1:]:
        if cell[:1] == " " and cell.strip():
            joined[-1] += delimiter + cell
        else:
            joined.append(cell)
    return joined if len(joined) == width else None


def _parse(
    data: bytes,
    source: str,
    delimiter: str,
    names: list[str],
    skip: int,
    ragged: list[tuple[int | None, str, int]],
    threads: bool,
) -> Any:
    import pyarrow as pa
    import pyarrow.csv as pv

    def keep(row: Any) -> str:
        ragged.append((row.number, row.text, row.actual_columns))
        return "skip"

    block = _BLOCK_BYTES
    while True:
        try:
            return pv.read_csv(
                pa.BufferReader(data),
                read_options=pv.ReadOptions(
                    use_threads=threads, block_size=block, column_names=names, skip_rows=skip
                ),
                parse_options=pv.ParseOptions(
                    delimiter=delimiter,
                    newlines_in_values=b'"' in data,
                    ignore_empty_lines=False,
                    invalid_row_handler=keep,
                ),
                convert_options=pv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid as error:
            if "straddl" in str(error) and block < _LARGEST_BLOCK:
                block *= 8
                ragged.clear()
                continue
            if "Empty CSV" in str(error):
                return pa.table({name: pa.array([], pa.string()) for name in names})
            raise InputError(
                "not a readable table of text", file=source, hint="check quotes and delimiters"
            ) from error
