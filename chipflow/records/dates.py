"""Dates as people write them: which day, and how precisely it is known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chipflow.records.amounts import step
from chipflow.records.layouts import months
from chipflow.records.words import fold

if TYPE_CHECKING:
    import ibis.expr.types as ir

# Trade records of other years are typing errors.
FIRST_YEAR, LAST_YEAR = 1950, 2100
# Two-digit years from here on belong to the last century.
_CENTURY = 70
# Day 0 of the day numbers of spreadsheets (the 1900 system, after its false leap day).
_SERIAL_START = "1899-12-30"
# Midnight at UTC+12 is written 12:00 of the day before in UTC; an hour from noon on is such.
_NOON = "12"

# Shape (digits written as 9) -> class of writing; the first that fits.
CLASSES: dict[str, re.Pattern[str]] = {
    "iso": re.compile(r"^9{4}-99-99([T ].*)?$"),
    "ymd": re.compile(r"^9{4}[-/.]9{1,2}[-/.]9{1,2}([T ,].*)?$"),
    "dmy": re.compile(r"^9{1,2}[-/. ]9{1,2}[-/. ](9{4}|99)([T ,].*)?$"),
    "compact": re.compile(r"^9{8}$"),
    "compact_month": re.compile(r"^9{6}$"),
    "serial": re.compile(r"^9{5}(\.9+)?$"),
    "year": re.compile(r"^9{4}(\.9)?$"),
    "month": re.compile(r"^9{4}[-/.]9{1,2}$"),
    "month_first": re.compile(r"^9{1,2}[-/. ]9{4}$"),
    "chinese": re.compile(r"^9{4} ?年 ?9{1,2} ?月( ?9{1,2} ?日)?$"),
}
# Class -> pattern, then the groups of year, month and day in it (None: not written).
_PARTS: dict[str, tuple[str, int | None, int | None, int | None]] = {
    "iso": (r"^\d{4}-\d\d-\d\d([T ].*)?$", None, None, None),
    "ymd": (r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})([T ,].*)?$", 1, 2, 3),
    "dmy": (r"^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d\d)([T ,].*)?$", 3, 2, 1),
    "compact": (r"^(\d{4})(\d\d)(\d\d)$", 1, 2, 3),
    "compact_month": (r"^(\d{4})(\d\d)$", 1, 2, None),
    "serial": (r"^\d{5}(\.\d+)?$", None, None, None),
    "year": (r"^(\d{4})(\.0)?$", 1, None, None),
    "month": (r"^(\d{4})[-/.](0?[1-9]|1[0-2])$", 1, 2, None),
    "month_first": (r"^(\d{1,2})[-/. ](\d{4})$", 2, 1, None),
    "chinese": (r"^(\d{4}) ?年 ?(\d{1,2}) ?月(?: ?(\d{1,2}) ?日)?$", 1, 2, 3),
    "day_name": (
        r"^(\d{1,2})[-/. ]+(?:de )?([^\d\s./,'-]+)\.?[-/., ]+(?:de )?'?(\d{4}|\d\d)(\D.*)?$",
        3, 2, 1,
    ),
    "name_day": (
        r"^([^\d\s./,'-]+)\.?[-/. ]+(\d{1,2})(?:st|nd|rd|th)?,?[-/. ]+(\d{4})(\D.*)?$", 3, 1, 2,
    ),
    "name_year": (r"^([^\d\s./,'-]+)\.?[-/., ']*(?:de )?(\d{4}|\d\d)$", 2, 1, None),
    "year_name": (r"^(\d{4})[-/., ]*([^\d\s./,'-]+)\.?$", 1, 2, None),
}  # fmt: skip
_NAMED = ("day_name", "name_day", "name_year", "year_name")
_MONTHS = ("compact_month", "month", "month_first", "name_year", "year_name")
_DAYS = ("iso", "serial")
DAY_MONTH = r"^(\d{1,2})[-/. ](\d{1,2})[-/. ]\d"


def class_of(shape: str) -> str:
    """Return the class of writing of a shape; ``named`` if it has letters, else ``unknown``."""
    for name, pattern in CLASSES.items():
        if pattern.match(shape):
            return name
    return "named" if re.search(r"[^\W\d_]", shape) else "unknown"


def is_shifted(least: str, most: str) -> bool:
    """Tell if a column's times are one local midnight written in UTC of the day before.

    Parameters
    ----------
    least, most
        First and last time part of the column in the order of text, such as
        ``T18:30:00.000Z`` for midnight in India.
    """
    match = re.match(r"^[T ](\d\d):(\d\d)(:\d\d)?(\.\d+)?(Z|\+00:?00)$", least)
    return least == most and match is not None and match[1] >= _NOON


def month_numbers(words: list[str]) -> dict[str, int]:
    """Return the number of each word that begins like a month, in any language known."""
    found: dict[str, int] = {}
    for word in words:
        folded = fold(word)
        number = next((n for start, n in months().items() if folded.startswith(start)), None)
        if number is not None:
            found[word] = number
    return found


def read_dates(
    table: ir.Table, slots: Sequence[str], classes: dict[str, set[str]], names: dict[str, int]
) -> ir.Table:
    """Read columns of text as dates.

    Parameters
    ----------
    table
        Has for each slot ``said_SLOT`` (text, missing where nothing is said),
        ``day_first_SLOT`` (whether 01/02 is the first of February) and ``shifted_SLOT``
        (whether times are local midnights written in UTC of the day before).
    slots
        Which columns to read.
    classes
        Slot -> classes of writing that occur (see :func:`class_of`); others are not tried.
    names
        Lower-case month words that occur -> 1..12.

    Returns
    -------
    ibis.Table
        With ``date_SLOT`` (first day of what is meant) and ``precision_SLOT`` (day, month or
        year), both missing where the text is no day of the calendar.
    """
    import ibis

    no_text, no_date = ibis.null("string"), ibis.null("date")
    ways: dict[str, list[str]] = {}
    for s in slots:
        occur = set(classes.get(s, set()))
        # "2025.0" has the shape of a year and month, and is a year made a fraction.
        occur |= {"year"} if "month" in occur else set()
        occur |= set(_NAMED) if "named" in occur and names else set()
        ways[s] = [name for name in _PARTS if name in occur]
    which, parts, whole, ready = {}, {}, {}, {}
    for s in slots:
        text = table[f"said_{s}"]
        tests = [(text.re_search(_PARTS[name][0]), ibis.literal(name)) for name in ways[s]]
        which[f"way_{s}"] = ibis.cases(*tests, else_=no_text) if tests else no_text
    table = table.mutate(**which)
    for s in slots:
        text, way, first = table[f"said_{s}"], table[f"way_{s}"], table[f"day_first_{s}"]
        for i, part in enumerate("ymd"):
            found = []
            for name in ways[s]:
                pattern, *groups = _PARTS[name]
                group = groups[i]
                if group is None:
                    continue
                value = text.re_extract(pattern, group)
                if name == "dmy" and part != "y":
                    other = text.re_extract(pattern, 3 - group)
                    value = ibis.ifelse(first, value, other)
                if part == "m" and name in _NAMED:
                    word = value.lower()
                    pairs = [(word == w, ibis.literal(str(n))) for w, n in sorted(names.items())]
                    value = ibis.cases(*pairs, else_=no_text)
                found.append((way == name, value))
            parts[f"{part}_{s}"] = ibis.cases(*found, else_=no_text) if found else no_text
    table = table.mutate(**parts)
    for s in slots:
        text, way = table[f"said_{s}"], table[f"way_{s}"]
        year, month, day = (table[f"{part}_{s}"] for part in "ymd")
        century = ibis.ifelse(year >= str(_CENTURY), "19", "20")
        year = ibis.ifelse(year.length() == 2, century.concat(year), year)
        month = ibis.ifelse(way == "year", "1", month).lpad(2, "0")
        day = day.nullif("").fill_null("1").lpad(2, "0")
        written = ibis.ifelse(way == "iso", text.left(10), year.concat("-", month, "-", day))
        value = written.try_cast("date")
        if "iso" in ways[s]:
            later = (value + ibis.interval(days=1)).cast("date")
            value = ibis.ifelse((way == "iso") & table[f"shifted_{s}"], later, value)
        if "serial" in ways[s]:
            is_serial = way == "serial"
            number = ibis.ifelse(is_serial, text, no_text).try_cast("float64").floor()
            start = ibis.date(_SERIAL_START)
            counted = (start + number.cast("int32").as_interval("D")).cast("date")
            value = ibis.ifelse(is_serial, counted, value)
        whole[f"any_{s}"] = value
        whole[f"by_month_{s}"] = (year.isnull() | way.isin(_MONTHS)) & ~way.isin(_DAYS)
        whole[f"by_month_{s}"] |= (way == "chinese") & (table[f"d_{s}"] == "")
    table = table.mutate(**whole)
    for s in slots:
        value, way = table[f"any_{s}"], table[f"way_{s}"]
        inside = value.year().between(FIRST_YEAR, LAST_YEAR).fill_null(False)
        ready[f"date_{s}"] = ibis.ifelse(inside, value, no_date)
        ready[f"precision_{s}"] = ibis.cases(
            (~inside, no_text),
            (way == "year", "year"),
            (table[f"by_month_{s}"], "month"),
            else_=ibis.literal("day"),
        )
    made = ("way_", "y_", "m_", "d_", "any_", "by_month_", "day_first_", "shifted_")
    return step(table, ready, made)
