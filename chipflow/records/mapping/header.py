"""Find the row that names the columns."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chipflow.records.io.sheets import RawSheet
from chipflow.records.vocabulary.layouts import Layout
from chipflow.records.vocabulary.meaning import field_scores
from chipflow.records.vocabulary.words import MAX_HEADER_LENGTH, fold, read_header

# Header rows are looked for in the first rows only; real banners are shorter.
SEARCHED_ROWS = 50
_FEWEST_FIELDS = 2
_STRONG = 0.5
# Share of the names of a row that the same names in another language stand under.
_MOSTLY = 0.6
_SIDES = ("shipper", "consignee")
_DIGIT = re.compile(r"\d")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_LATER = re.compile(r"#\d+$")
_MOST_NAMED = 5
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


@dataclass(frozen=True)
class Header:
    """The names of the columns, and the rows of ``sheet.top`` that they stand in."""

    first: int
    last: int
    names: list[str]


def read_header_rows(sheet: RawSheet, at: int) -> Header:
    """Return the names of the columns, from one row or from two that belong together.

    Parameters
    ----------
    sheet
        The table.
    at
        The row that :func:`find_header` found.

    Notes
    -----
    Two rows are one header where the upper names groups of columns (``Shipper`` over ``Name``
    and ``Country``, read as ``Shipper / Name``), or where both name the same columns, in two
    languages say. A column that is named twice is called ``NAME#2`` the second time.
    """
    own = _cells(sheet, at)
    if sheet.header_given:
        return Header(at, at, _told_apart(own))
    above = _cells(sheet, at - 1) if at else []
    below = _cells(sheet, at + 1) if at + 1 < len(sheet.top) else []
    if _is_of_names(below):
        if _groups(own, below):
            return Header(at, at + 1, _told_apart(_joined(own, below, sheet.spans.get(at))))
        if _says_the_same(own, below):
            return Header(at, at + 1, _told_apart(_either(own, below)))
    if _is_of_names(above):
        if _groups(above, own):
            return Header(at - 1, at, _told_apart(_joined(above, own, sheet.spans.get(at - 1))))
        if _says_the_same(above, own):
            return Header(at - 1, at, _told_apart(_either(own, above)))
    return Header(at, at, _told_apart(own))


def _cells(sheet: RawSheet, at: int) -> list[str]:
    return [cell.strip() for cell in sheet.top[at]]


def _is_of_names(row: list[str]) -> bool:
    """Tell if a row holds names of columns only: no digits, no long texts, some words known."""
    cells = [cell for cell in row if cell]
    if len(cells) < _FEWEST_FIELDS:
        return False
    if any(
        len(cell) > MAX_HEADER_LENGTH or _DIGIT.search(_BRACKETS.sub("", cell)) for cell in cells
    ):
        return False
    known = sum(read_header(cell).known >= _STRONG for cell in cells)
    return known >= _FEWEST_FIELDS and 2 * known >= len(cells)


def _groups(upper: list[str], lower: list[str]) -> bool:
    """Tell if the upper row names groups: it is silent over some names of the lower row."""
    width = min(len(upper), len(lower))
    under = sum(bool(lower[j]) and not upper[j] for j in range(1, width))
    headed = sum(bool(lower[j]) and bool(upper[j]) for j in range(width))
    # Each column is named in one of the rows, but for those that are empty in both.
    return under > 0 and headed > 0


def _says_the_same(one: list[str], other: list[str]) -> bool:
    """Tell if two rows name the same columns, cell by cell."""
    pairs = [(a, b) for a, b in zip(one, other, strict=False) if a and b]
    if len(pairs) < max(_FEWEST_FIELDS, _MOSTLY * sum(map(bool, one))):
        return False
    fields = [(set(field_scores(a)), set(field_scores(b))) for a, b in pairs]
    both = [(a, b) for a, b in fields if a and b]
    return len(both) >= _FEWEST_FIELDS and 2 * sum(bool(a & b) for a, b in both) > len(both)


def _either(first: list[str], second: list[str]) -> list[str]:
    """Return the names of one row, of the other where that alone is understood."""
    names = []
    for j, name in enumerate(first):
        other = second[j] if j < len(second) else ""
        silent = not name or (not field_scores(name) and field_scores(other))
        names.append(other if silent and other else name)
    return [*names, *second[len(first) :]]


def _joined(upper: list[str], lower: list[str], spans: list[int] | None) -> list[str]:
    """Return the names of the lower row with their groups before them, where these matter.

    ``spans`` gives for each column the column whose cell of the upper row covers it, where
    the file says so; otherwise a group reaches as far as the upper row is silent.
    """
    width = max(len(upper), len(lower))
    upper = [*upper, *[""] * (width - len(upper))]
    lower = [*lower, *[""] * (width - len(lower))]
    names = []
    group = ""
    for j in range(width):
        if spans is not None:
            group = upper[spans[j]] if j < len(spans) else ""
        elif upper[j] or not lower[j]:
            group = upper[j]
        names.append(_name(group, lower[j], lower.count(lower[j]) > 1))
    return names


def _name(group: str, name: str, again: bool) -> str:
    if not name or not group or fold(group) == fold(name):
        return name or group
    joined = f"{group} / {name}"
    alone = {field for field, score in field_scores(name).items() if score >= _STRONG}
    together = {field for field, score in field_scores(joined).items() if score >= _STRONG}
    # "Date" needs no "Shipment" before it; "Country" needs its "Shipper".
    adds_a_side = any(field.startswith(_SIDES) for field in together - alone)
    return joined if adds_a_side or again or not alone else name


def _told_apart(names: list[str]) -> list[str]:
    """Return names with ``#2``, ``#3`` ... behind those that stood there before."""
    taken = set(names)
    seen: dict[str, int] = {}
    apart = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        new = name
        if name and seen[name] > 1:
            new = f"{name}#{seen[name]}"
            while new in taken:
                seen[name] += 1
                new = f"{name}#{seen[name]}"
        apart.append(new)
    return apart


def same_names(names: list[str]) -> list[str]:
    """Return a sentence that says which columns share a name, or nothing."""
    later = [name for name in names if _LATER.search(name) and _LATER.sub("", name) in names]
    if not later:
        return []
    firsts = dict.fromkeys(_LATER.sub("", name) for name in later)
    shared, called = ", ".join(map(repr, firsts)), ", ".join(map(repr, later[:_MOST_NAMED]))
    return [f"several columns are called {shared}: the later are {called}, here and in a layout"]


def banner_text(sheet: RawSheet, header: int | None) -> str:
    """Return the text above the header, cells apart by blanks and rows by line ends."""
    above = sheet.top[: header or 0]
    lines = (" ".join(cell.strip() for cell in row if cell.strip()) for row in above)
    return "\n".join(line for line in lines if line)
