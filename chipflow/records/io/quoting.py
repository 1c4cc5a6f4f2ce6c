"""Quotes of text tables that do not hold: never closed, or escaped by a backslash.

A quote that is never closed makes one cell of all the rows below it. Such a stretch is read
again line by line, so that only the line with the quote is in doubt.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

_QUOTE, _LINE_END, _RETURN = 0x22, 0x0A, 0x0D
# Bytes looked at together; what is kept of each piece is far smaller.
_PIECE = 1 << 24
# Lines from which the usual number of cells is learned.
_LEARNED = 500
# A cell of more lines is a quote that was not closed.
_MOST_LINES = 1_000
# Quotes of a line, from its end, that are tried as the one that was not closed.
_MOST_TRIES = 40
# Share of the rows that must begin a cell with a digit for a row to be known by it.
_MOSTLY = 0.9
_ESCAPED = re.compile(r"\\([\"\\])")
# Stands for a quote that is a character like any other while a line is split.
_PLAIN_QUOTE = "\x02"


@dataclass
class Mended:
    """Text in which each row can be told from the next.

    Attributes
    ----------
    data
        The text, with damaged lines written anew.
    broken
        Line as written anew -> line of the file, for lines that no reading makes a row of.
    opened
        Row numbers of lines with a quote that is never closed.
    """

    data: bytes
    broken: dict[str, str] = field(default_factory=dict)
    opened: list[int] = field(default_factory=list)


def mend_quotes(data: bytes, delimiter: str) -> Mended:
    """Write lines anew whose quotes would swallow other rows, or are escaped by a backslash.

    Parameters
    ----------
    data
        A table in UTF-8.
    delimiter
        The character between its cells.

    Notes
    -----
    Cells with line ends in them are left as they are, as long as no line within them is a row
    by itself: one with the usual number of cells, and digits where nearly all rows have them.
    """
    if b'"' not in data:
        return Mended(data)
    ends = b"\n"
    if b"\n" not in data and b"\r" in data:
        data, ends = data.replace(b"\r", b"\n"), b"\r"
    flagged = _unusual_lines(data, ord(delimiter))
    if not flagged:
        return Mended(data)
    rows = _Rows(data, delimiter)
    if _holds(data, ord(delimiter)) and not rows.swallowed():
        return Mended(data)
    mended = _walk(data, flagged, rows)
    if ends == b"\r":
        return Mended(mended.data, mended.broken, mended.opened)
    return mended


def _pieces(data: bytes) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
    """Give the text in pieces of whole lines, each with where it begins."""
    begin = 0
    while begin < len(data):
        end = min(len(data), begin + _PIECE)
        if end < len(data):
            cut = data.rfind(b"\n", begin, end)
            if cut < 0:
                cut = data.find(b"\n", end)
            end = len(data) if cut < 0 else cut + 1
        yield begin, np.frombuffer(data, np.uint8, end - begin, begin)
        begin = end


def _neighbours(
    piece: npt.NDArray[np.uint8], delimiter: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return where quotes stand, and if each could begin and could end a cell."""
    at: npt.NDArray[np.int64] = np.flatnonzero(piece == _QUOTE)
    border = np.array([_LINE_END], np.uint8)
    around = np.concatenate([border, piece, border])
    before, after = around[at], around[at + 2]
    begins = (before == delimiter) | (before == _LINE_END) | (before == _QUOTE)
    closes = (after == delimiter) | (after == _LINE_END) | (after == _RETURN) | (after == _QUOTE)
    return at, begins, closes


def _unusual_lines(data: bytes, delimiter: int) -> list[int]:
    """Return where lines begin whose quotes do not pair up, or stand in the middle of a cell."""
    found: list[int] = []
    for begin, piece in _pieces(data):
        at, begins, closes = _neighbours(piece, delimiter)
        if not len(at):
            continue
        ends: npt.NDArray[np.int64] = np.flatnonzero(piece == _LINE_END)
        line = np.searchsorted(ends, at)
        counts = np.bincount(line, minlength=len(ends) + 1)
        order = np.arange(len(at)) - (np.cumsum(counts) - counts)[line]
        wrong = np.where(order % 2 == 0, ~begins, ~closes)
        odd = (counts % 2 == 1) | (np.bincount(line[wrong], minlength=len(counts)) > 0)
        starts = np.concatenate([[0], ends + 1])
        found += (starts[np.flatnonzero(odd)] + begin).tolist()
    return found


def _holds(data: bytes, delimiter: int) -> bool:
    """Tell if quotes pair up over the whole text, each at the border of a cell."""
    before = 0
    for _, piece in _pieces(data):
        at, begins, closes = _neighbours(piece, delimiter)
        order = np.arange(len(at)) + before
        if np.where(order % 2 == 0, ~begins, ~closes).any():
            return False
        before += len(at)
    return before % 2 == 0


class _Rows:
    """What rows of this table look like: how many cells, and where digits begin one."""

    def __init__(self, data: bytes, delimiter: str) -> None:
        self.data, self.delimiter = data, delimiter
        found = []
        for line in data[: 1 << 20].decode("utf-8", "ignore").split("\n"):
            cells = self.alone(line.rstrip("\r"))
            if cells is not None and len(cells) > 1:
                found.append(cells)
            if len(found) == _LEARNED:
                break
        widths = [len(cells) for cells in found]
        self.width = max(set(widths), key=lambda w: (widths.count(w) * w, w), default=0)
        usual = [cells for cells in found if len(cells) == self.width][1:]
        self.digits = [
            j
            for j in range(self.width)
            if sum(cells[j][:1].isdigit() for cells in usual) > _MOSTLY * len(usual)
        ]

    def split(self, text: str) -> list[str]:
        """Return the cells of a text, read without protest."""
        try:
            return next(csv.reader(_lines(text), delimiter=self.delimiter), [])
        except csv.Error:
            return []

    def whole(self, text: str) -> list[str] | None:
        """Return the cells of a text whose quoted cells all end where they should, else None."""
        try:
            rows = list(csv.reader(_lines(text), delimiter=self.delimiter, strict=True))
        except csv.Error:
            return None
        return rows[0] if len(rows) == 1 else None

    def alone(self, text: str) -> list[str] | None:
        """Return the cells of a line that neither begins nor ends a cell of several lines."""
        if text.count('"') % 2:
            return None
        at = text.find('"')
        if at > 0 and text[at - 1] != self.delimiter and text[at + 1 : at + 2] == self.delimiter:
            # The first quote ends a cell: it began on a line above.
            return None
        return self.whole(text)

    def is_row(self, text: str) -> bool:
        """Tell if a line is a row by itself."""
        if self.width < 2 or text.count(self.delimiter) < self.width - 1:
            return False
        cells = self.alone(text)
        if cells is None or len(cells) != self.width:
            return False
        like = sum(cells[j][:1].isdigit() or not cells[j] for j in self.digits)
        return 2 * like >= len(self.digits)

    def is_open(self, text: str) -> bool:
        """Tell if a line ends within a quoted cell."""
        reader = csv.reader([*_lines(text), "\n"], delimiter=self.delimiter)
        try:
            next(reader, None)
        except csv.Error:
            return False
        return reader.line_num > text.count("\n") + 1

    def swallowed(self) -> bool:
        """Tell if a cell of a text whose quotes all hold has a row in it."""
        sign = self.delimiter.encode()
        inside = 0
        last = -1
        for begin, piece in _pieces(self.data):
            at = np.flatnonzero(piece == _QUOTE) + begin
            ends = np.flatnonzero(piece == _LINE_END) + begin
            edges = np.concatenate([[last] if inside else [], at]).astype(np.int64)
            if len(edges) % 2:
                inside, last = 1, int(edges[-1])
                edges = edges[:-1]
            else:
                inside = 0
            first, final = edges[::2], edges[1::2]
            lines = np.searchsorted(ends, final) - np.searchsorted(ends, first)
            for k in np.flatnonzero(lines > 1).tolist():
                low, high = int(first[k]), int(final[k])
                if self.data.count(sign, low, high) < self.width - 1:
                    continue
                within = self.data[low:high].decode("utf-8", "replace").split("\n")[1:-1]
                if any(self.is_row(line.rstrip("\r")) for line in within):
                    return True
        return inside == 1

    def escaped(self, text: str) -> list[str] | None:
        """Return the cells of a line in which backslashes escape quotes, if that makes a row."""
        if '\\"' not in text:
            return None
        cells = self.whole(_ESCAPED.sub(lambda m: '""' if m[1] == '"' else "\\", text))
        return cells if cells is not None and len(cells) == self.width else None

    def with_plain_quote(self, text: str) -> list[str] | None:
        """Return the cells of a line with one quote, or all, taken for a plain character."""
        places = [m.start() for m in re.finditer('"', text)][-_MOST_TRIES:]
        tries = [text[:p] + _PLAIN_QUOTE + text[p + 1 :] for p in reversed(places)]
        for one in (*tries, text.replace('"', _PLAIN_QUOTE)):
            if self.is_open(one):
                continue
            cells = self.split(one)
            if len(cells) == self.width:
                return [cell.replace(_PLAIN_QUOTE, '"') for cell in cells]
        return None

    def written(self, cells: list[str]) -> str:
        """Return cells as a line that every reader understands."""
        return self.delimiter.join('"' + cell.replace('"', '""') + '"' for cell in cells)


def _lines(text: str) -> list[str]:
    return [line + "\n" for line in text.split("\n")]


def _walk(data: bytes, flagged: list[int], rows: _Rows) -> Mended:
    """Go through the lines with unusual quotes, and past the cells that they open."""
    out: list[bytes] = []
    broken: dict[str, str] = {}
    opened: list[int] = []
    copied = 0  # up to here the text is in `out`
    done = 0  # up to here lines are judged
    counted, row = 0, 1  # the row number of the line that begins at `counted`
    for begin in flagged:
        if begin < done:
            continue
        line, end = _line(data, begin)
        done = end + 1
        row += data.count(b"\n", counted, begin)
        counted = begin
        cells = None
        if not rows.is_open(line):
            if rows.whole(line) is not None or len(rows.split(line)) == rows.width:
                cells = rows.escaped(line)
            else:
                cells = rows.escaped(line) or rows.with_plain_quote(line)
            if cells is None:
                continue
        else:
            cells = rows.escaped(line)
            if cells is None:
                closed = _closed(data, begin, rows)
                if closed is not None:
                    # The lines of one cell are one row.
                    done, counted = closed + 1, closed
                    continue
                cells = rows.with_plain_quote(line)
                opened.append(row)
        new = rows.written([line] if cells is None else cells)
        if cells is None:
            broken[new] = line
        out += [data[copied:begin], new.encode("utf-8", "surrogateescape")]
        copied = end - data[begin:end].endswith(b"\r")
    return Mended(b"".join([*out, data[copied:]]) if out else data, broken, opened)


def _line(data: bytes, begin: int) -> tuple[str, int]:
    """Return the line that begins here, and where it ends."""
    end = data.find(b"\n", begin)
    end = len(data) if end < 0 else end
    return data[begin:end].decode("utf-8", "surrogateescape").removesuffix("\r"), end


def _closed(data: bytes, begin: int, rows: _Rows) -> int | None:
    """Return where the row ends whose last cell goes on below, None if it never does."""
    text, end = _line(data, begin)
    for _ in range(_MOST_LINES):
        if end >= len(data):
            return None
        line, end = _line(data, end + 1)
        if rows.is_row(line):
            return None
        text += "\n" + line
        if '"' in line and not rows.is_open(text):
            return end if rows.whole(text) is not None else None
    return None
