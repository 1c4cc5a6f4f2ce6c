"""What stands around a number in a cell: sign, currency, number word, unit.

A million cells have few different surroundings, so each is understood once. The surroundings of
``USD 1,5 Mio`` are ``USD # Mio``: the cell with each number in it written as :data:`MARK`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from chipflow.records.vocabulary.currencies import currency_choices, currency_code, why_no_currency
from chipflow.records.vocabulary.numerals import NUMERAL, chinese_number, number_words
from chipflow.records.vocabulary.units import weight_unit

MARK = "#"
# A number between its first and its last digit, with the signs that may stand within.
NUMBER = r"[0-9](?:[0-9.,' ]*[0-9])?"
# Longer cells are sentences; a unit of more letters is none.
LONGEST, LONGEST_UNIT = 80, 20
NOT_A_NUMBER, NEGATIVE = "not a number", "negative"
RANGE = "a range, not one number"
BOUND = "a bound, not a number"
SEVERAL = "more than one number"
SHARE = "a percentage, not an amount"
KILO_OR_THOUSAND = "may be kilograms or thousands"
MONEY_FIELDS = ("value", "value_usd")
_DOLLAR = "USD"
_PIECES = "pcs"

_RANGE = re.compile(
    rf"(?:de|from|von|от|từ|du)?\s*\D{{0,5}}{MARK}\s*[^\d{MARK}]{{0,8}}?\s*"
    rf"(?:-|–|—|~|\.\.+|…|\bto\b|\ba\b|\bà\b|\bbis\b|\bдо\b|\bđến\b|\bhingga\b|至|到|から|ila)\s*"
    rf"\D{{0,5}}{MARK}\s*[^\d{MARK}]*",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"(?:~|≈|≃|±|\+/-|about|approx(?:imately)?\b\.?|appr\.|circa|cca\.?|ca\.|c\.|est\.|estimated|"
    r"около|примерно|прибл\.?|ориентировочно|близько|приблизно|aprox(?:imadamente)?\b\.?|cerca de|"
    r"unos|environ|env\.|etwa|ungefähr|ung\.|khoảng|sekitar|kurang lebih|yaklaşık|takriben|"
    r"约|約|大约|大約|大概|약)\s*",
    re.IGNORECASE,
)
_ABOUT_AFTER = re.compile(
    r"\s*\(?\s*(?:approx\.?|est\.?|estimated|左右|上下|приблизительно)\s*\)?$"
)
_BOUND_BEFORE = re.compile(
    r"(?:[<>≤≥]=?|up to|at least|at most|min\.?|max\.?|over|under|more than|less than|"
    r"до|более|менее|свыше|hasta|até|más de|mais de|jusqu'à|plus de|moins de|über|"
    r"超过|不少于|至少)\s*$",
    re.IGNORECASE,
)
_BOUND_AFTER = re.compile(r"\s*(?:\+|以上|以下|or more|or less|max\.?|min\.?)\s*$", re.IGNORECASE)
_NO_CENTS = re.compile(r"^[.,]?\s*(?:-|–|—|--)(?=$|\s)")
_WORD = re.compile(r"[^\W\d_]+(?:\(s\))?\.?")
# A unit is letters with few signs; a colon or an equals sign makes a sentence.
_UNIT = re.compile(r"[^\d\s:;=#\"+\-][^:;=#\"]*")
# Thousands in a quantity, kilograms in a weight.
_KILO = ("k", "K")
# Delivery terms beside an amount of money say nothing of its currency.
_TERMS = re.compile(
    r"\b(?:EXW|FCA|FAS|FOB|CFR|CIF|CNF|C&F|CPT|CIP|DAP|DPU|DDP|DAT)\b", re.IGNORECASE
)
# Words before a count that are no currency.
_COUNT = frozenset(
    {
        "pcs", "pce", "pc", "pieces", "piece", "units", "unit", "u", "un", "und", "unid",
        "nos", "no", "nmb", "ea", "each", "set", "sets", "qty", "шт", "штук", "adet", "ctn", "ctns",
        "pkgs", "pkg", "台", "个", "件", "只", "套", "qtd", "cant", "unidades",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Around:
    """What the surroundings of a number say.

    Attributes
    ----------
    times
        What the number is multiplied with; below zero for one that is written as negative, None
        where the cell is no one number.
    alone
        The number itself where it is written without digits ("两千").
    unit
        The unit of a quantity, as written.
    kilograms
        What a weight in the cell's unit is multiplied with; None without a unit.
    currency
        ISO 4217 code of an amount of money; None where the cell names none, or names "$" where
        the column may be in dollars.
    open_currency
        Why the cell's currency cannot be told.
    worded
        Whether a number word stands in the cell ("1.5 million").
    about
        Whether the number is said to be approximate.
    reason
        Why the cell is no one number.
    """

    times: float | None = None
    alone: float | None = None
    unit: str | None = None
    kilograms: float | None = None
    currency: str | None = None
    open_currency: str | None = None
    worded: bool = False
    about: bool = False
    reason: str | None = None


@cache
def _number_words(field: str) -> dict[str, float]:
    """Return the number words of an amount: of any, and of money, or dozens of pieces."""
    words = number_words("everywhere")
    if field in MONEY_FIELDS:
        words = words | number_words("of_money")
    return words | number_words("of_pieces") if field == "quantity" else words


@lru_cache(maxsize=50_000)
def around(shape: str, field: str, country: str | None = None) -> Around:
    """Understand what stands around a number.

    Parameters
    ----------
    shape
        The cell with each number as :data:`MARK`.
    field
        ``quantity``, ``weight_kg``, ``value`` or ``value_usd``.
    country
        ISO 3166 alpha-2 of the country whose customs wrote the file, see
        :func:`~chipflow.records.vocabulary.currencies.currency_code`.

    Examples
    --------
    >>> around("USD # Mio", "value_usd").times, around("#-#", "quantity").reason
    (1000000.0, 'a range, not one number')
    """
    if len(shape) > LONGEST:
        return Around(reason=NOT_A_NUMBER)
    numbers = shape.count(MARK)
    if numbers == 0:
        return _in_characters(shape, field, country)
    if numbers > 1:
        is_range = numbers == 2 and _RANGE.fullmatch(shape.strip())
        return Around(reason=RANGE if is_range else SEVERAL)
    before, after = (part.strip() for part in shape.split(MARK))
    if "%" in shape:
        return Around(reason=SHARE)
    return _one(before, after, field, country)


def _in_characters(shape: str, field: str, country: str | None) -> Around:
    """A number without digits: a Chinese numeral at the begin of the cell."""
    found = NUMERAL.match(shape)
    number = chinese_number(found[0]) if found else None
    if found is None or number is None:
        return Around(reason=NOT_A_NUMBER)
    told = _one("", shape[found.end() :].strip(), field, country)
    if told.times is None:
        return told
    return replace(told, alone=float(number))


def _one(before: str, after: str, field: str, country: str | None) -> Around:
    sign = 1.0
    if before.startswith("(") and after.endswith(")") and "(" not in after:
        before, after, sign = before[1:].strip(), after[:-1].strip(), -1.0
    about = _ABOUT.match(before)
    before = before[about.end() :].strip() if about else before
    later = _ABOUT_AFTER.search(after)
    after = after[: later.start()] if later else after
    if _BOUND_BEFORE.search(before) or _BOUND_AFTER.search(after):
        return Around(reason=BOUND)
    if before.endswith("-") or before.startswith("-"):
        before, sign = before.strip("-").strip(), -1.0
    before = before.removesuffix("+").strip()
    if after == "-":
        after, sign = "", -1.0
    after = _NO_CENTS.sub("", after).strip()
    money = field in MONEY_FIELDS
    said = f"{before} {after}"
    times, after = _counted_in(after, field)
    worded = times != 1.0
    if not worded and before:
        # "Mio. 1,5" is as good as "1,5 Mio.".
        times, rest = _counted_in(before, field)
        worded, before = times != 1.0, rest if times != 1.0 else before
    after = after.strip().lstrip(".,").strip()
    if after.startswith("(") and after.endswith(")"):
        after = after[1:-1].strip()
    if money:
        told = _money(before, after, field, country)
    elif field == "weight_kg":
        told = _weighed(before, after)
    else:
        told = _quantity(before, after)
        if told.unit is None and _in_dozens(said):
            # The count is one of pieces now, whatever a column of units says.
            told = replace(told, unit=_PIECES)
    if told.reason is not None:
        return told
    return replace(told, times=sign * times, worded=worded, about=bool(about or later))


def _in_dozens(text: str) -> bool:
    dozens = number_words("of_pieces")
    return any(word.casefold().removesuffix(".") in dozens for word in _WORD.findall(text))


def _counted_in(text: str, field: str) -> tuple[float, str]:
    """Return the product of the number words a text begins with, and the rest."""
    # "千克" is a kilogram and no thousand of grams; "K" may count the pieces in a quantity.
    if field not in MONEY_FIELDS and text not in _KILO and weight_unit(text).kilograms is not None:
        return 1.0, text
    words = _number_words(field)
    times, rest = 1.0, text
    while True:
        bare = rest.strip()
        found = _WORD.match(bare)
        if found is None:
            return times, rest
        word = found[0].casefold()
        known = words.get(word) or words.get(word.removesuffix("."))
        size = found.end()
        if known is None and not word.isascii():
            # Scripts without blanks: "万台" is ten thousand pieces.
            size, known = next(
                ((n, words[word[:n]]) for n in range(min(3, len(word)), 0, -1)
                 if word[:n] in words and not _alphabetic(word)), (0, None),
            )  # fmt: skip
        if known is None and field == "quantity" and word == "k":
            size, known = 1, 1000.0
        if known is None:
            return times, rest
        times, rest = times * known, bare[size:]


def _alphabetic(word: str) -> bool:
    """Tell if a script writes words apart (Latin, Greek, Cyrillic), so that none is a prefix."""
    return ord(word[0]) < 0x590


def _money(before: str, after: str, field: str, country: str | None) -> Around:
    named = [part for side in (before, after) if (part := _TERMS.sub("", side).strip(" :,"))]
    if not named:
        return Around()
    found: set[str] = set()
    unsure: list[str] = []
    for part in named:
        choices = currency_choices(part)
        if not choices:
            return Around(reason=f"{NOT_A_NUMBER} of money")
        if field == "value_usd" and _DOLLAR in choices:
            found.add(_DOLLAR)
            continue
        code = currency_code(part, country)
        if code is None:
            unsure.append(part)
        else:
            found.add(code)
    if len(found) > 1:
        return Around(reason="more than one currency")
    if found:
        return Around(currency=found.pop())
    return Around(open_currency=f"its currency {why_no_currency(unsure[0], country)}")


def _weighed(before: str, after: str) -> Around:
    if before and after:
        return Around(reason=NOT_A_NUMBER)
    written = before or after
    if not written:
        return Around()
    if written == "k":
        return Around(reason=KILO_OR_THOUSAND)
    unit = weight_unit(written)
    if unit.kilograms is None:
        return Around(reason=f"its unit {unit.reason}" if unit.reason else NOT_A_NUMBER)
    return Around(kilograms=unit.kilograms)


def _quantity(before: str, after: str) -> Around:
    if before:
        plain = before.rstrip(".:").casefold()
        if plain in _COUNT and not after:
            return Around(unit=None if plain in {"qty", "no", "qtd", "cant"} else before)
        # The price stands beside the count in some sheets, its currency is no unit.
        if not currency_choices(before):
            return Around(reason=NOT_A_NUMBER)
    if not after:
        return Around()
    if len(after) > LONGEST_UNIT or not _UNIT.fullmatch(after):
        return Around(reason=NOT_A_NUMBER)
    return Around(unit=after)
