"""Find the row that names the columns."""

from __future__ import annotations

import re

from chipflow.records.layouts import Layout
from chipflow.records.meaning import field_scores
from chipflow.records.sheets import RawSheet
from chipflow.records.words import MAX_HEADER_LENGTH, fold, read_header

# Header rows are looked for in the first rows only; real banners are shorter.
SEARCHED_ROWS = 50
_FEWEST_FIELDS = 2
_STRONG = 0.5
_NUMERIC = re.compile(r"^[-+]?[\d.,:/ -]+%?$")


def find_header(sheet: RawSheet, layout: Layout) -> int | None:
    """Return the position in ``sheet.top`` of the row of column names, or None without one.

    The row that names the most fields wins; numbers and long texts speak against a row.
    """
    if sheet.header_given:
        return 0
    if layout.header_row is not None:
        at = layout.header_row - sheet.first_row
        return at if 0 <= at < len(sheet.top) else None
    wanted = {fold(name) for names in layout.fields.values() for name in names}
    best: tuple[float, int] | None = None
    for at, row in enumerate(sheet.top[:SEARCHED_ROWS]):
        cells = [cell.strip() for cell in row if cell.strip()]
        score, fields = _score(cells, wanted)
        if fields < _FEWEST_FIELDS or score <= 0:
            continue
        if best is None or score > best[0]:
            best = (score, at)
        if fields >= 3 and score >= _STRONG * len(cells):
            break
    return None if best is None else best[1]


def _score(cells: list[str], wanted: set[str]) -> tuple[float, int]:
    """Return how much a row looks like column names, and how many fields it names."""
    if len(cells) < _FEWEST_FIELDS:
        return 0.0, 0
    fields: set[str] = set()
    score = 0.0
    for cell in cells:
        if len(cell) > MAX_HEADER_LENGTH or _NUMERIC.match(cell):
            score -= 0.5
            continue
        if fold(cell) in wanted:
            fields.add(fold(cell))
            score += 1.0
            continue
        named = field_scores(cell, "import")
        strong = [name for name, value in named.items() if value >= _STRONG]
        if strong:
            fields.update(strong[:1])
            score += 1.0
        else:
            score += 0.6 * read_header(cell).known - 0.2
    return score, len(fields)


def banner_text(sheet: RawSheet, header: int | None) -> str:
    """Return the text above the header, cells apart by blanks and rows by line ends."""
    above = sheet.top[: header or 0]
    lines = (" ".join(cell.strip() for cell in row if cell.strip()) for row in above)
    return "\n".join(line for line in lines if line)
