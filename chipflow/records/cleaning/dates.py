"""Dates as people write them: which day, and how precisely it is known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chipflow.records.cleaning.amounts import step
from chipflow.records.vocabulary.layouts import month_names, months
from chipflow.records.vocabulary.numerals import in_digits
from chipflow.records.vocabulary.words import fold

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from chipflow.records.cleaning.decide import Decisions

# Trade records of other years are typing errors.
FIRST_YEAR, LAST_YEAR = 1950, 2100
# Two-digit years from here on belong to the last century.
_CENTURY = 70
# Day 0 of the day numbers of spreadsheets (the 1900 system, after its false leap day).
_SERIAL_START = "1899-12-30"
# Midnight east of Greenwich is written in UTC with an hour of the day before. Noon itself is what
# programs write for a day without a time.
_NOON = ("12", "00")

# Between the parts of a day (Hungarian "2024. 03. 05."), and what may follow it: the stop of an
# ordinal number (Serbian "05.03.2024."), or a time.
_BETWEEN, _BEHIND = r"(?:\. |[-/. ])", r"(?:\.|[T ,].*)?"
# Shape (digits written as 9) -> class of writing; the first that fits.
CLASSES: dict[str, re.Pattern[str]] = {
    "iso": re.compile(r"^9{4}-99-99([T ].*)?$"),
    "ymd": re.compile(rf"^9{{4}}{_BETWEEN}9{{1,2}}{_BETWEEN}9{{1,2}}{_BEHIND}$"),
    "dmy": re.compile(rf"^9{{1,2}}{_BETWEEN}9{{1,2}}{_BETWEEN}(9{{4}}|99){_BEHIND}$"),
    "roc": re.compile(r"^9{3}[-/.]9{1,2}[-/.]9{1,2}$"),
    "epoch_ms": re.compile(r"^9{13}$"),
    "epoch": re.compile(r"^9{10}$"),
    "stamp": re.compile(r"^9{12}(99)?$"),
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
    "ymd": (rf"^(\d{{4}}){_BETWEEN}(\d{{1,2}}){_BETWEEN}(\d{{1,2}}){_BEHIND}$", 1, 2, 3),
    "dmy": (rf"^(\d{{1,2}}){_BETWEEN}(\d{{1,2}}){_BETWEEN}(\d{{4}}|\d\d){_BEHIND}$", 3, 2, 1),
    "roc": (r"^(\d{3})[-/.](\d{1,2})[-/.](\d{1,2})$", 1, 2, 3),
    "epoch_ms": (r"^\d{13}$", None, None, None),
    "epoch": (r"^\d{10}$", None, None, None),
    "stamp": (r"^(\d{4})(\d\d)(\d\d)\d{4}(?:\d\d)?$", 1, 2, 3),
    # No eight digits are a day both from the left and from the right: no month is 19 or 20.
    "compact_dmy": (r"^(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])((?:19|20)\d\d)$", 3, 2, 1),
    "compact": (r"^(\d{4})(\d\d)(\d\d)$", 1, 2, 3),
    "compact_month": (r"^(\d{4})(\d\d)$", 1, 2, None),
    "serial": (r"^\d{5}(\.\d+)?$", None, None, None),
    "year": (r"^(\d{4})(\.0)?$", 1, None, None),
    "month": (r"^(\d{4})[-/.](0?[1-9]|1[0-2])$", 1, 2, None),
    "month_first": (r"^(\d{1,2})[-/. ](\d{4})$", 2, 1, None),
    "chinese": (r"^(\d{4}) ?年 ?(\d{1,2}) ?月(?: ?(\d{1,2}) ?日)?$", 1, 2, 3),
    "day_name": (
        r"^(\d{1,2})[-/. ]*(?:de )?([^\d\s./,'-]+)\.?[-/., ]*(?:de )?'?(\d{4}|\d\d)(\D.*)?$",
        3, 2, 1,
    ),
    "name_day": (
        r"^([^\d\s./,'-]+)\.?[-/. ]+(\d{1,2})(?:st|nd|rd|th)?,?[-/. ]+(\d{4})(\D.*)?$", 3, 1, 2,
    ),
    "name_year": (r"^([^\d\s./,'-]+)\.?[-/., ']*(?:de )?(\d{4}|\d\d)$", 2, 1, None),
    "year_name": (r"^(\d{4})[-/., ]*([^\d\s./,'-]+)\.?$", 1, 2, None),
    "year_name_day": (
        r"^(\d{4})\.?[-/. ]+(?:m\. ?)?([^\d\s./,'-]+)\.?[-/., ]+(\d{1,2})(\D.*)?$", 1, 2, 3,
    ),
}  # fmt: skip
_NAMED = ("day_name", "name_day", "name_year", "year_name", "year_name_day")
_NUMERALS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_ROMAN = {numeral: number for number, numeral in enumerate(_NUMERALS, 1)}
_MONTHS = ("compact_month", "month", "month_first", "name_year", "year_name")
_DAYS = ("iso", "serial", "epoch_ms", "epoch")
# Counts of seconds since the epoch, and how many make a day.
_COUNTED = {"epoch_ms": 86_400_000, "epoch": 86_400}
_EPOCH = "1970-01-01"
# Calendars by the years that only they can mean in trade records: years of the Buddhist era are
# 543 ahead, those of the Republic of China 1911 behind. A Persian year (1403) could be a lunar one
# as well: the country has to tell. Lunar years stay unread, since a day of that calendar is seen.
_BUDDHIST, _ROC = 543, -1911
_PERSIAN_YEARS, _PERSIAN_COUNTRIES = (1360, 1420), ("IR", "AF")
_ROC_YEARS = (60, 150)
DAY_MONTH = rf"^(\d{{1,2}}){_BETWEEN}(\d{{1,2}}){_BETWEEN}\d"


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
    return least == most and match is not None and (match[1], match[2]) > _NOON


def calendar_of(least: int, most: int, country: str | None) -> str | None:
    """Tell the calendar of a column by its years, or None for the common one.

    Parameters
    ----------
    least, most
        First and last year of the column, as written.
    country
        ISO 3166 alpha-2 of the country whose customs wrote it.
    """
    if least >= FIRST_YEAR + _BUDDHIST and most <= LAST_YEAR + _BUDDHIST:
        return "buddhist"
    if _ROC_YEARS[0] <= least and most <= _ROC_YEARS[1]:
        return "roc"
    if country in _PERSIAN_COUNTRIES and _PERSIAN_YEARS[0] <= least and most <= _PERSIAN_YEARS[1]:
        return "persian"
    return None


def _common_year(year: ir.StringValue, calendar: ir.StringValue) -> ir.StringValue:
    import ibis

    number = year.try_cast("int64")
    number = ibis.cases(
        (calendar == "buddhist", number - _BUDDHIST),
        (calendar == "roc", number - _ROC),
        else_=number,
    )
    return ibis.ifelse(calendar.isnull(), year, number.cast("string"))


def _from_persian(year: ir.StringValue, month: ir.StringValue, day: ir.StringValue) -> ir.DateValue:
    """Return the common date of a Persian one, by the cycle of 33 years (right 1244 to 1472).

    Source: M. Heydari-Malayeri, "A concise review of the Iranian calendar" (2004); the leap
    years are those of the remainders 1, 5, 9, 13, 17, 22, 26 and 30.
    """
    import ibis

    y, m, d = (part.try_cast("int64") for part in (year, month, day))
    since = y - 979
    days = 365 * since + (since // 33) * 8 + ((since % 33) + 3) // 4
    days += ibis.ifelse(m <= 7, (m - 1) * 31, (m - 1) * 30 + 6) + d - 1
    real = m.between(1, 12) & d.between(1, 31) & ((m <= 6) | (d <= 30))
    # Day 0 is 1 Farvardin 979.
    days = ibis.ifelse(real, days, ibis.null("int64"))
    return (ibis.date("1600-03-20") + days.cast("int32").as_interval("D")).cast("date")


def month_numbers(words: list[str]) -> dict[str, int]:
    """Return the number of each word of a column that names a month, in any language known.

    A name that is one month here and another there (``listopad``) is that of the languages in
    which most words of the column are months; where these differ, the word is none.
    """
    folded = {word: fold(word) for word in words}
    named = {
        language: sum(text in names for text in folded.values())
        for language, names in month_names().items()
    }
    most = max(named.values(), default=0)
    near = [month_names()[language] for language, count in named.items() if count == most > 0]
    found: dict[str, int] = {}
    for word, text in folded.items():
        number = _ROMAN.get(text)
        numbers = {names[text] for names in near if text in names}
        if len(numbers) == 1:
            number = numbers.pop()
        elif number is None:
            number = next((n for start, n in months().items() if text.startswith(start)), None)
        if number is not None:
            found[word] = number
    return found


def read_dates(table: ir.Table, slots: Sequence[str], made: Decisions) -> ir.Table:
    """Read columns of text as dates.

    Parameters
    ----------
    table
        Has for each slot ``said_SLOT`` (text, missing where nothing is said),
        ``day_first_SLOT`` (whether 01/02 is the first of February), ``shifted_SLOT`` (whether
        times are local midnights written in UTC of the day before), ``calendar_SLOT`` (see
        :func:`calendar_of`) and ``monthly_SLOT`` (whether full dates stand for months).
    slots
        Which columns to read.
    made
        What whole columns told: classes of writing that occur (see :func:`class_of`; others are
        not tried), month words, slots of ASCII text.

    Returns
    -------
    ibis.Table
        With ``date_SLOT`` (first day of what is meant) and ``precision_SLOT`` (day, month or
        year), both missing where the text is no day of the calendar.
    """
    import ibis

    no_text, no_date = ibis.null("string"), ibis.null("date")
    ways: dict[str, list[str]] = {}
    names = made.month_words
    others = {s for s in slots if any(where == s for _, where in made.calendars)}
    table = table.mutate(
        **{f"said_{s}": in_digits(table[f"said_{s}"]) for s in slots if s not in made.usual}
    )
    for s in slots:
        occur = set(made.classes.get(s, set()))
        # Years of other calendars are taken apart, whatever is written around them.
        occur = (occur - {"iso"}) | {"ymd"} if s in others and "iso" in occur else occur
        # "2025.0" has the shape of a year and month, and is a year made a fraction.
        occur |= {"year"} if "month" in occur else set()
        occur |= {"compact_dmy"} if "compact" in occur else set()
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
        if s in others:
            year = _common_year(year, table[f"calendar_{s}"])
        month = ibis.ifelse(way == "year", "1", month).lpad(2, "0")
        day = day.nullif("").fill_null("1").lpad(2, "0")
        written = ibis.ifelse(way == "iso", text.left(10), year.concat("-", month, "-", day))
        value = written.try_cast("date")
        if "iso" in ways[s]:
            later = (value + ibis.interval(days=1)).cast("date")
            value = ibis.ifelse((way == "iso") & table[f"shifted_{s}"], later, value)
        for name in _COUNTED:
            if name in ways[s]:
                value = ibis.ifelse(way == name, _counted(text, way, name, table, s), value)
        if any(made.calendars.get(key) == "persian" for key in made.calendars if key[1] == s):
            is_persian = (table[f"calendar_{s}"] == "persian").fill_null(False)
            value = ibis.ifelse(is_persian, _from_persian(year, month, day), value)
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
        monthly = table[f"monthly_{s}"]
        value = ibis.ifelse(monthly, value.truncate("M"), value)
        inside = value.year().between(FIRST_YEAR, LAST_YEAR).fill_null(False)
        ready[f"date_{s}"] = ibis.ifelse(inside, value, no_date)
        ready[f"precision_{s}"] = ibis.cases(
            (~inside, no_text),
            (way == "year", "year"),
            (table[f"by_month_{s}"] | monthly, "month"),
            else_=ibis.literal("day"),
        )
    done = ("way_", "y_", "m_", "d_", "any_", "by_month_", "day_first_", "shifted_")
    return step(table, ready, (*done, "calendar_", "monthly_"))


def _counted(
    text: ir.StringValue, way: ir.StringValue, name: str, table: ir.Table, s: str
) -> ir.DateValue:
    """Return the day of a count of seconds or milliseconds, in UTC or at its local midnight."""
    import ibis

    count = ibis.ifelse(way == name, text, ibis.null("string")).try_cast("int64")
    days = (count // _COUNTED[name]).cast("int32") + table[f"shifted_{s}"].cast("int32")
    return (ibis.date(_EPOCH) + days.as_interval("D")).cast("date")


def seconds_of_day(text: ir.StringValue) -> ir.IntegerValue:
    """Return the seconds after midnight in UTC of a count of milliseconds or seconds."""
    import ibis

    count = text.try_cast("int64")
    return ibis.ifelse(text.length() == 13, count // 1000, count) % _COUNTED["epoch"]
