"""What a column holds, whatever its name says: shares of its values that look like something."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from chipflow.records.mapping.places import direction_of
from chipflow.records.vocabulary.countries import (
    are_iso_numbers,
    country_code,
    is_country_code_or_official_name,
)
from chipflow.records.vocabulary.currencies import currency_choices
from chipflow.records.vocabulary.layouts import missing_texts, month_names, months, vocabulary
from chipflow.records.vocabulary.units import weight_unit
from chipflow.records.vocabulary.words import fold

# Distinct values that are looked at: enough to know a column, and few enough for a wide sheet.
MOST_VALUES = 400
_SHARE_TOLERANCE = 0.02
# Characters of the longest name of a company or a port; a cell may hold a megabyte.
_LONGEST_NAME = 200
# Rows that a value stands in, on average, from which a column of few values holds no names.
_ROWS_OF_A_VALUE = 100
_MOSTLY = 0.5  # share of the values
# Prices are rounded to cents, so that price times quantity misses the total by a little.
_ROUNDING = 0.02
_NUMBER = re.compile(
    r"^[-+(]?\s*(?:[$€£¥]|us\$)?\s*\d[\d.,' \u00a0\u202f]*(?:e[-+]?\d+)?\)?"
    r"\s*(?:[^\W\d][\w.%/\u00b2\u00b3]{0,14}(?: [\w.]{1,12})?)?$",
    re.IGNORECASE,
)
_PLAIN_NUMBER = re.compile(r"^[-+]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?$", re.IGNORECASE)
_ISO = re.compile(r"^\d{4}(?:\. |[-/.])\d{1,2}((?:\. |[-/.])\d{1,2})?(\.|[T ].*)?$")
_DAY = re.compile(r"^\d{1,2}(?:\. |[-/. ])\d{1,2}(?:\. |[-/. ])(\d{4}|\d{2})(\.|[T ,].*)?$")
_COMPACT = re.compile(
    r"^(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])?$"
    r"|^(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])(19|20)\d{2}$"
)
# A day's number of a spreadsheet, seconds or milliseconds since 1970, or a stamp to the second.
_COUNTED_DAY = re.compile(
    r"^[2-6]\d{4}(\.\d+)?$|^[5-9]\d{8}(\d{3})?$|^[1-4]\d{9}(\d{3})?$"
    r"|^(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])\d{4}(\d{2})?$"
)
_YEAR = re.compile(r"^(19|20)\d{2}(\.0)?$")
# A year, a month by number or name, or the first day of a month.
_A_YEAR, _A_MONTH, _MONTH_NAME = r"(?:19|20)\d{2}", r"(?:0?[1-9]|1[0-2])", r"[^\W\d_]{3,12}\.?"
_PERIOD = re.compile(
    rf"^(?:{_A_YEAR}(?:[-/.]?{_A_MONTH})?|{_A_YEAR}[-/.]{_A_MONTH}[-/.]0?1(?:[T ]00:.*)?"
    rf"|0?1[-/.]{_A_MONTH}[-/.]{_A_YEAR}|{_A_MONTH}[-/. ]{_A_YEAR}"
    rf"|{_MONTH_NAME}[-/., ']*(?:{_A_YEAR}|\d{{2}})|{_A_YEAR}[-/., ]*{_MONTH_NAME}"
    rf"|{_A_YEAR}年\d{{1,2}}月)$"
)
_MONTH_YEAR = re.compile(r"^(0?[1-9]|1[0-2])[-/. ](19|20)\d{2}$")
_CJK_DATE = re.compile(r"^\d{4}年\d{1,2}月(\d{1,2}日)?$")
# A day or month by name: with a full year, or with a short one that is not set off by a blank
# ("MARBLE 20" is no date of March).
_NAMED = re.compile(
    r"^(?:\d{1,2}[-/. ]+(?:de )?)?([^\W\d_]{3,12})\.?[-/., ']*(?:de )?"
    r"(?:\d{1,2}(?:st|nd|rd|th)?,?[-/., ]+)?(?:19|20)\d{2}(?:\D.*)?$"
    r"|^\d{1,2}[-/. ]([^\W\d_]{3,12})\.?[-/. ']+\d{2}(?:\D.*)?$"
    r"|^([^\W\d_]{3,12})\.?[-/']\d{2}$"
    r"|^\d{1,2}([A-Za-z]{3})\d{2}(?:\d{2})?$"
    r"|^(?:19|20)\d{2}[-/., ]*([^\W\d_]{3,12})\.?$"
    r"|^(?:19|20)\d{2}\.?[-/. ]+(?:m\. ?)?([^\W\d_]{3,12})\.?[-/., ]+\d{1,2}(?:\D.*)?$"
)
# "6 VII 2024", as in Poland and Hungary.
_ROMAN = re.compile(r"^\d{1,2}[-/. ]+[IVX]{1,4}[-/. ]+(?:19|20)\d{2}(?:\D.*)?$")
_HS = re.compile(r"^\d{4,12}$")
_UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-", re.IGNORECASE)
_DOCUMENT_NUMBER = re.compile(r"^(?=.*\d)[A-Z0-9]+(?:[ /_.-]{1,3}[A-Z0-9]+)*$", re.IGNORECASE)
_SHORTEST_DOCUMENT_NUMBER, _NEARLY_ALL = 5, 0.9  # characters; share of the values
_CODE = re.compile(r"^(?=.*\d)[A-Z0-9][A-Z0-9/_.-]*$", re.IGNORECASE)
# What a spreadsheet writes into a cell that it could not compute (ECMA-376 part 1, 18.17.3, and
# those that came later).
ERROR_CELL = (
    r"^#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|BUSY!"
    r"|GETTING_DATA|UNKNOWN!|PYTHON!)$"
)
_ERROR = re.compile(ERROR_CELL)
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LETTER = re.compile(r"[^\W\d_]")


def looks_like_date(text: str) -> bool:
    """Tell if a text is written like a day, a month or a year (not whether it exists)."""
    if any(pattern.match(text) for pattern in (_ISO, _DAY, _COMPACT, _MONTH_YEAR, _CJK_DATE)):
        return True
    if _ROMAN.match(text):
        return True
    match = _NAMED.match(text)
    word = next((w for w in match.groups() if w), "") if match else ""
    return word.casefold().startswith(tuple(months())) or fold(word) in _month_words()


@cache
def _month_words() -> frozenset[str]:
    """Return the names of months in all languages."""
    return frozenset(name for names in month_names().values() for name in names)


def is_missing(text: str) -> bool:
    """Tell if a cell says nothing (empty, NULL, N/A ...)."""
    bare = text.strip()
    return bare.casefold() in _missing() or bool(_ERROR.match(bare))


@cache
def _missing() -> frozenset[str]:
    return frozenset(missing_texts())


@dataclass(frozen=True)
class Content:
    """The values of one column: how many say something, and the different ones.

    Attributes
    ----------
    filled, rows
        Cells that say something, and all cells, of the rows looked at.
    values
        Different values that say something, sorted, at most :data:`MOST_VALUES`.
    distinct
        How many different values there are before that limit.
    cells
        The rows looked at, in the order that all columns of the sheet share.
    """

    filled: int
    rows: int
    values: tuple[str, ...]
    distinct: int
    cells: tuple[str, ...] = field(default=(), repr=False, compare=False)

    @classmethod
    def of(cls, cells: Sequence[str]) -> Content:
        """Summarise the cells of a column; the order of the cells has no influence."""
        said = [text for cell in cells if not is_missing(text := cell.strip())]
        different = sorted(set(said))
        step = max(1, len(different) // MOST_VALUES)
        kept = tuple(different[::step][:MOST_VALUES])
        return cls(len(said), len(cells), kept, len(different), tuple(cells))

    def _share(self, test: object) -> float:
        if not self.values:
            return 0.0
        return sum(bool(test(v)) for v in self.values) / len(self.values)  # type: ignore[operator]

    @cached_property
    def dates(self) -> float:
        """Share of values written as dates; counts of days or seconds are nearly as good."""
        plain = self._share(looks_like_date)
        return plain if plain > 0 else 0.8 * self._share(_COUNTED_DAY.match)

    @cached_property
    def years(self) -> float:
        """Share of values that are years."""
        return self._share(_YEAR.match)

    @cached_property
    def periods(self) -> bool:
        """Tell if the values are years or months, or all the first days of months."""
        return bool(self.values) and all(map(_PERIOD.match, self.values))

    @cached_property
    def numbers(self) -> float:
        """Share of values that are numbers, with or without a unit."""
        return self._share(_NUMBER.match)

    @cached_property
    def plain_numbers(self) -> float:
        """Share of values that are numbers and nothing else."""
        return self._share(_PLAIN_NUMBER.match)

    @cached_property
    def magnitudes(self) -> list[float]:
        """The plain numbers as floats, sorted; signs are left out."""
        found: list[float] = []
        for text in self.values:
            if _PLAIN_NUMBER.match(text):
                try:
                    found.append(abs(float(text.replace(",", ""))))
                except ValueError:
                    continue
        return sorted(found)

    @cached_property
    def figures(self) -> npt.NDArray[np.float64]:
        """The cells as numbers, row by row; not a number where a cell is none."""
        return np.array([_plain(cell) for cell in self.cells], dtype=np.float64)

    @cached_property
    def all_zero(self) -> bool:
        """Tell if the column holds numbers and all are zero."""
        return bool(self.magnitudes) and self.magnitudes[-1] == 0.0 and self.plain_numbers == 1.0

    @cached_property
    def hs_codes(self) -> float:
        """Share of values that can be an HS code: 4 to 12 digits, dots and blanks left out."""

        def is_code(text: str) -> bool:
            digits = re.sub(r"\.0$", "", text).replace(".", "").replace(" ", "").replace("-", "")
            return bool(_HS.match(digits)) and 1 <= int(digits[:2] or 0) <= 99

        return self._share(is_code)

    @cached_property
    def countries(self) -> float:
        """Share of values that name a country, by code or name."""
        return self._share(lambda v: len(v) < 60 and country_code(v) is not None)

    @cached_property
    def official_countries(self) -> float:
        """Share of values that are ISO codes or names of countries."""
        return self._share(is_country_code_or_official_name)

    @cached_property
    def world(self) -> float:
        """Share of values that are countries, or all of them together, as statistics say."""
        return self._share(lambda v: is_country_code_or_official_name(v) or _is_world(v))

    @cached_property
    def totals(self) -> bool:
        """Tell if a value stands for all countries together: a row of it is a total."""
        return any(map(_is_world, self.values))

    @cached_property
    def national_codes(self) -> bool:
        """Tell if the values are numbers, but not those of countries in ISO 3166."""
        return self.plain_numbers > _MOSTLY and not are_iso_numbers(
            value for value in self.values if _PLAIN_NUMBER.match(value)
        )

    @cached_property
    def legal_forms(self) -> float:
        """Share of values that end or begin with the legal form of a company."""
        return self._share(_has_legal_form)

    @cached_property
    def ports(self) -> float:
        """Share of values with a word for a port or an airport."""
        words = _texts("ports", "values")
        spaced = {word for word in words if not _UNSPACED.search(word)}
        return self._share(
            lambda v: (
                len(v) <= _LONGEST_NAME
                and (bool(spaced & set(fold(v).split())) or any(w in v for w in words - spaced))
            )
        )

    @cached_property
    def weight_units(self) -> float:
        """Share of values that are a unit of weight and no number."""
        return self._share(lambda v: not v.isdigit() and weight_unit(v).kilograms is not None)

    @cached_property
    def currencies(self) -> float:
        """Share of values that name a currency, by code, sign or name."""
        return self._share(currency_choices)

    @cached_property
    def currency_codes(self) -> float:
        """Share of values that are ISO 4217 codes or their numbers."""
        return self._share(lambda v: v.isalnum() and len(v) <= 3 and len(currency_choices(v)) == 1)

    @cached_property
    def directions(self) -> float:
        """Share of values that say import or export."""
        return self._share(lambda v: len(v) < 40 and direction_of(v) is not None)

    @cached_property
    def letters(self) -> float:
        """Share of values with a letter of any script."""
        return self._share(_LETTER.search)

    @cached_property
    def codes(self) -> float:
        """Share of values that are one word with a digit: numbers of documents and the like."""
        return self._share(lambda v: _CODE.match(v) or _UUID.match(v))

    @cached_property
    def document_numbers(self) -> bool:
        """Tell if the values are numbers of documents, and no count of the rows."""
        counted = bool(self.magnitudes) and self.magnitudes[0] <= 1
        long_enough = self.mean_length >= _SHORTEST_DOCUMENT_NUMBER
        return (
            long_enough
            and not counted
            and not self.repeats
            and self.dates < _MOSTLY
            and self._share(_DOCUMENT_NUMBER.match) >= _NEARLY_ALL
        )

    @cached_property
    def mean_length(self) -> float:
        """Mean number of characters of a value."""
        return sum(map(len, self.values)) / len(self.values) if self.values else 0.0

    @cached_property
    def unique(self) -> float:
        """Different values for each filled cell; 1 if all differ."""
        return self.distinct / self.filled if self.filled else 0.0

    @cached_property
    def repeats(self) -> bool:
        """Tell if few values stand in very many rows each, as the ranks of companies do."""
        return self.filled >= _ROWS_OF_A_VALUE * self.distinct > 0

    @cached_property
    def fractions(self) -> bool:
        """Tell if the numbers look like shares of a whole: none above 1 and some below."""
        found = self.magnitudes
        return (
            len(found) >= 3
            and found[-1] <= 1 + _SHARE_TOLERANCE
            and 0 < found[len(found) // 2] < 0.5
        )


@cache
def _texts(table: str, key: str) -> frozenset[str]:
    """Return a list of the vocabulary, folded."""
    return frozenset(map(fold, vocabulary()[table][key]))


def _is_world(text: str) -> bool:
    return len(text) <= _LONGEST_NAME and fold(text) in _texts("world", "names")


def _has_legal_form(text: str) -> bool:
    from rigour.names.org_types import extract_org_types

    if len(text) > _LONGEST_NAME:
        return False
    if any(form in text for form in vocabulary()["companies"]["unspaced"]):
        return True
    return bool(extract_org_types(text.casefold().replace(".", ""), generic=True))


def same_share(one: Content, other: Content) -> tuple[float, float]:
    """Compare two columns row by row, whatever their case.

    Returns
    -------
    tuple of float
        Share of the rows in which both say something, and share of these in which both say the
        same; 1 if there are none.
    """
    pairs = [
        (a, b)
        for x, y in zip(one.cells, other.cells, strict=False)
        if not is_missing(a := x.strip().casefold()) and not is_missing(b := y.strip().casefold())
    ]
    if not pairs:
        return 0.0, 1.0
    return len(pairs) / max(1, one.filled), sum(a == b for a, b in pairs) / len(pairs)


def product_share(price: Content, quantity: Content, total: Content) -> tuple[int, float]:
    """Tell how far price times quantity gives the total, row by row.

    Returns
    -------
    tuple
        How many different prices are told by rows in which the quantity is not 1, and the share
        of these rows in which it holds within rounding.
    """
    one, many, whole = price.figures, quantity.figures, total.figures
    told = (one > 0) & (many > 0) & (whole > 0) & (np.abs(many - 1) > _ROUNDING)
    if not told.any():
        return 0, 0.0
    held = np.abs(one[told] * many[told] / whole[told] - 1) <= _ROUNDING
    return len(np.unique(one[told])), float(held.mean())


def _plain(text: str) -> float:
    bare = text.strip()
    if not _PLAIN_NUMBER.match(bare):
        return math.nan
    try:
        return float(bare.replace(",", ""))
    except ValueError:
        return math.nan
