"""Text tables: which encoding, which delimiter, where the rows are."""

from __future__ import annotations

import codecs
import csv
import io
import re
from typing import Any

import numpy as np

from chipflow.errors import InputError
from chipflow.records.files import is_wide
from chipflow.records.sheets import MAX_COLUMNS, TOP_ROWS, Body, RawSheet, without_blank_rows

_HEAD_BYTES = 1 << 18
_LARGEST_HEAD = 1 << 26
_DELIMITERS = (",", ";", "\t", "|", "^", "~")
_SEPARATOR_LINE = re.compile(r"^sep=(.)\r?$", re.IGNORECASE)
# Bytes of lines outside ASCII that are shown to the encoding guesser.
_GUESS_BYTES = 100_000
_BLOCK_BYTES = 1 << 22
_LARGEST_BLOCK = 1 << 30
_REPLACEMENT = "\ufffd"
# Single bytes above ASCII between ASCII letters are accents of a Latin script; long runs of them
# are another script; anything else is damage.
_LATIN = ("cp1252", "cp1250", "cp1254", "cp1257")
_OTHER_SCRIPTS = (
    "cp1251", "koi8_r", "cp866", "gb18030", "big5", "shift_jis", "euc_kr", "cp1253", "cp1255",
    "cp1256", "cp874",
)  # fmt: skip
_ACCENTED = "[à-öø-ýÀ-ÖØ-Ýšžœ]"
# Turkish and Central European letters read as Windows-1252: what no Western word has.
_NOT_WESTERN = r"[ðþÞÐýÝ]|(?<=[A-Za-z])[³¹¿£¥±¼¾]|[³¹¿£¥±¼¾](?=[A-Za-z])"
_MOSTLY = 0.6
_LONG_RUN = 3


def read_text(data: bytes, source: str, name: str) -> list[RawSheet]:
    """Return the one table of a text file.

    Raises
    ------
    InputError
        The text has no columns, or more than a table can have.
    """
    data = to_utf8(data)
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
        return _body(data, source, delimiter, top, header, line, cut)

    return [RawSheet(source, name, top[:TOP_ROWS], load)]


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
    return data.decode(_guess(data), "replace").encode()


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


def _guess(data: bytes) -> str:
    """Guess the encoding of a text that is not valid UTF-8.

    A file that is UTF-8 nearly everywhere has damaged cells; it is not another encoding.
    """
    sample = b"\n".join(
        line for line in data[: 64 * _GUESS_BYTES].splitlines() if not line.isascii()
    )[:_GUESS_BYTES]
    decoded = sample.decode("utf-8", "replace")
    good = sum(1 for char in decoded if char > "\x7f" and char != _REPLACEMENT)
    bad = decoded.count(_REPLACEMENT)
    if good >= bad:
        return "utf-8"
    runs = re.findall(rb"[\x80-\xff]+", sample)
    above = sum(map(len, runs))
    text = sample.decode("cp1252", "replace")
    within = len(re.findall(rf"(?<=[A-Za-z]){_ACCENTED}|{_ACCENTED}(?=[A-Za-z])", text))
    if within >= _MOSTLY * above:
        odd = len(re.findall(_NOT_WESTERN, text))
        return (_best(sample, _LATIN) if odd else None) or _LATIN[0]
    if above >= _LONG_RUN * len(runs):
        return _best(sample, _OTHER_SCRIPTS) or "utf-8"
    return "utf-8"


def _best(sample: bytes, among: tuple[str, ...]) -> str | None:
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=list(among), threshold=0.4).best()
    return None if best is None else best.encoding


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
    if ragged:
        ragged = []
        table = _parse(data, source, delimiter, names, line, ragged, threads=False)
        shift = header + 1 - line
        bad = np.array([int(n or 0) + shift for n, _, _ in ragged], dtype=np.int64)
        every = np.arange(table.num_rows + len(bad), dtype=np.int64) + header + 2
        numbers = np.setdiff1d(every, bad)[: table.num_rows]
        reports = [
            (int(row), text, f"has {cells} cells where the header has {width}")
            for row, (_, text, cells) in zip(bad, ragged, strict=True)
            if text.strip(delimiter + ' \t\r\n"')
        ]
    else:
        reports = []
    table, numbers = without_blank_rows(table, numbers)
    return Body(table, numbers, reports)


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
