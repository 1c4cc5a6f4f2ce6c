"""Months and years as statistics write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from chipflow.records.vocabulary.layouts import months
from chipflow.records.vocabulary.words import fold

FIRST_YEAR, LAST_YEAR = 1960, 2100
MONTHS = 12
# The first year of the Republic of China's calendar less one.
ROC_OFFSET = 1911
# What stands in the place of the month for a whole year (Comtrade, Comext).
_WHOLE_YEAR = {"52", "0", "00", "99", ""}
_TILDE = re.compile(r"\s*[~～至]\s*")


@dataclass(frozen=True, slots=True)
class Period:
    """A month, a year, or months that are no whole year.

    Attributes
    ----------
    text
        ``2024-08``, ``2024``, or ``2025-01/2025-07`` for a part of a year.
    frequency
        ``M``, ``A``, or ``part``.
    """

    text: str
    frequency: str


def _month(year: int, month: int) -> Period | None:
    if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= MONTHS):
        return None
    return Period(f"{year:04d}-{month:02d}", "M")


def _year(year: int) -> Period | None:
    return Period(f"{year:04d}", "A") if FIRST_YEAR <= year <= LAST_YEAR else None


def _span(year: int, first: int, last: int) -> Period | None:
    if first == last:
        return _month(year, first)
    if (first, last) == (1, MONTHS):
        return _year(year)
    start, end = _month(year, first), _month(year, last)
    return Period(f"{start.text}/{end.text}", "part") if start and end else None


@lru_cache(maxsize=100_000)
def parse_period(text: str, roc: bool = False) -> Period | None:
    """Read a period.

    Parameters
    ----------
    text
        Such as ``Aug. 2024``, ``202408-Aug. 2024``, ``Jan.-Dec. 2010``, ``201952-Jan.-Dec. 2019``,
        ``Y2019``, ``2024M08``, ``102年``, ``114年1月~114年7月(初步值)``.
    roc
        Whether bare numbers are years of the Republic of China (102 is 2013).

    Returns
    -------
    Period or None
        None where the text is no period.
    """
    cell = " ".join(text.strip().strip("\"'").split())
    if not cell:
        return None
    for reader in (_chinese, _digits, _words):
        found = reader(cell, roc)
        if found is not None:
            return found
    return None


def _chinese(cell: str, roc: bool) -> Period | None:
    if "年" not in cell:
        return None
    parts = [
        re.search(r"(\d{2,4})\s*年\s*(?:(\d{1,2})\s*月)?", part) for part in _TILDE.split(cell)
    ]
    if any(part is None for part in parts) or len(parts) > 2:
        return None
    ends = [
        (int(part[1]) + (ROC_OFFSET if len(part[1]) < 4 else 0), part[2]) for part in parts if part
    ]
    (year, first), (last_year, last) = ends[0], ends[-1]
    if len(ends) == 1:
        # "114年(1-7月)" would say a part of the year; a year alone is the whole of it.
        inside = re.search(r"(\d{1,2})\s*[-~至]\s*(\d{1,2})\s*月", cell)
        if first is None and inside:
            return _span(year, int(inside[1]), int(inside[2]))
        return _year(year) if first is None else _month(year, int(first))
    if year != last_year:
        return None
    return _span(year, int(first or 1), int(last or MONTHS))


def _digits(cell: str, roc: bool) -> Period | None:
    cell = cell.removesuffix(".0")
    if roc and (match := re.fullmatch(r"(\d{2,3})(?:[/.-]?(\d{2}))?", cell)):
        year = int(match[1]) + ROC_OFFSET
        return _year(year) if match[2] is None else _month(year, int(match[2]))
    if match := re.match(r"^(\d{4})(\d{2})(?:\d{2})?(?:-|$)", cell):
        if match[2] == "52":
            return _year(int(match[1]))
        return _after_code(cell) or _month(int(match[1]), int(match[2]))
    if match := re.fullmatch(r"[YA]?(\d{4})(?:[YA]|-?A1)?", cell, re.IGNORECASE):
        return _year(int(match[1]))
    if match := re.fullmatch(
        r"(\d{4})[-/. ]?[Mm]?[-/. ]?(\d{1,2})(?:[-/.]\d{1,2})?([T ].*)?", cell
    ):
        if match[2] in _WHOLE_YEAR:
            return _year(int(match[1]))
        return _month(int(match[1]), int(match[2]))
    if match := re.fullmatch(r"[Mm]?(\d{1,2})[-/. ](\d{4})", cell):
        return _month(int(match[2]), int(match[1]))
    if match := re.fullmatch(r"(\d{4})[- ]?Q([1-4])", cell, re.IGNORECASE):
        last = 3 * int(match[2])
        return _span(int(match[1]), last - 2, last)
    return None


def _after_code(cell: str) -> Period | None:
    """Read the words behind a code, which say if it is a part of a year ("202407-Jan.-Jul.")."""
    code, _, words = cell.partition("-")
    return _words(words, False) if code.isdigit() and re.search(r"[^\W\d]", words) else None


def _words(cell: str, roc: bool) -> Period | None:
    year = re.search(r"(?<!\d)(\d{4})(?!\d)", cell)
    if year is None:
        return None
    named = [_month_of(word) for word in re.findall(r"[^\W\d_]+", cell)]
    found = [month for month in named if month]
    if len(found) == 1:
        return _month(int(year[1]), found[0])
    if len(found) == 2 and found[0] <= found[1]:
        return _span(int(year[1]), found[0], found[1])
    return None


def _month_of(word: str) -> int | None:
    folded = fold(word)
    if len(folded) < 3:
        return None
    return next((number for start, number in months().items() if folded.startswith(start)), None)


def from_year_and_month(year: str, month: str, roc: bool = False) -> Period | None:
    """Read a year and a month that stand in two columns; no month, or 52, is the whole year."""
    month = month.strip().removesuffix(".0")
    whole = parse_period(year, roc)
    if whole is None or whole.frequency != "A":
        return whole
    if month in _WHOLE_YEAR or month.upper() in {"TOTAL", "ALL", "ANNUAL"}:
        return whole
    number = int(month) if month.isdigit() else _month_of(month)
    return None if number is None else _month(int(whole.text), number)


def index_of(period: str, frequency: str) -> int:
    """Return the number of a period, so that one after another differ by one."""
    if frequency == "A":
        return int(period[:4])
    return int(period[:4]) * MONTHS + int(period[5:7]) - 1


def period_of(index: int, frequency: str) -> str:
    """Return the text of a period from its number; the inverse of :func:`index_of`."""
    if frequency == "A":
        return f"{index:04d}"
    return f"{index // MONTHS:04d}-{index % MONTHS + 1:02d}"
