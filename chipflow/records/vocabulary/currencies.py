"""Currencies by code, number, sign or name, in any language.

``tables/currency_signs.csv`` holds signs and words of trade ("RMB", "HK$", "Rs."),
``tables/currency_names.txt`` the names of the Unicode CLDR, written by
``scripts/currency_names.py``. What several currencies are called ("$", "peso") is decided by the
country whose customs wrote the file, or not at all.
"""

from __future__ import annotations

import csv
import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from chipflow.records.vocabulary.countries import country_code
from chipflow.records.vocabulary.layouts import vocabulary
from chipflow.records.vocabulary.words import fold

_CODE = re.compile(r"(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])")
_WORD = re.compile(r"[^\W\d_]{3,}")
_LONGEST_NAME = 60
_MOST_NAMED = 6
_SHORTEST_WORD = 3
_DOLLAR, _DOLLARS = "USD", ("dollar", "dollars")
_UNKNOWN = "not a currency that is known"
# Withdrawn since 2014 (ISO 4217, list three), and in older records.
_WITHDRAWN = frozenset({"BGN", "BYR", "CUC", "HRK", "LTL", "MRO", "SLL", "STD", "VEF", "ZWL"})
_NUMBER = re.compile(r"(\d{1,3})(?:\.0)?")


@cache
def local_currency(country: str | None) -> str | None:
    """Return the ISO 4217 code of a country's own currency, or None.

    ISO 4217 gives a currency the number of its country where it can, and otherwise codes that
    begin with the country's. A country that shares its currency with others (the euro, the CFA
    francs) has that of the Unicode CLDR, if it is the only one in use there.
    """
    import pycountry
    from babel.numbers import get_territory_currencies

    record: Any = pycountry.countries.get(alpha_2=country) if country else None
    if record is None:
        return None
    currency: Any = pycountry.currencies.get(numeric=record.numeric)
    if currency is not None:
        return str(currency.alpha_3)
    own = [c.alpha_3 for c in pycountry.currencies if c.alpha_3.startswith(record.alpha_2)]
    if len(own) == 1:
        return str(own[0])
    shared = [] if own else get_territory_currencies(record.alpha_2)
    return str(shared[0]) if len(shared) == 1 else None


def home_currency(home: str | None) -> str | None:
    """Return the currency of a country, or the one that several have in common, or None."""
    own = {local_currency(country) for country in (home or "").split()}
    return own.pop() if len(own) == 1 else None


@cache
def currency_codes() -> frozenset[str]:
    """Return the ISO 4217 alphabetic codes in use, and those withdrawn since 2014."""
    import pycountry

    return _WITHDRAWN.union(currency.alpha_3 for currency in pycountry.currencies)


@cache
def _signs() -> dict[str, tuple[str, ...]]:
    text = files("chipflow.records").joinpath("tables/currency_signs.csv").read_text("utf-8")
    return {
        _sign(written): tuple(row["codes"].split(","))
        for row in csv.DictReader(text.splitlines())
        for written in row["written"].split(";")
    }


@cache
def _plain_signs() -> dict[str, tuple[str, ...]]:
    """Return the words among the signs, without accents."""
    plain = ((fold(sign), codes) for sign, codes in _signs().items())
    return {sign: codes for sign, codes in plain if all(map(_WORD.fullmatch, sign.split()))}


def _sign(text: str) -> str:
    # Hebrew abbreviates with a sign between the last two letters.
    return " ".join(re.sub('["\u05f3\u05f4]', "", text.casefold()).split())


def sign_choices(text: str) -> tuple[str, ...]:
    """Return the ISO 4217 codes that a sign or a word of trade (``DH``) can stand for."""
    return _signs().get(_sign(text), ())


@cache
def _names() -> dict[str, tuple[str, ...]]:
    text = files("chipflow.records").joinpath("tables/currency_names.txt").read_text("utf-8")
    lines = (line.split(" ", 1) for line in text.splitlines())
    return {name: tuple(codes.split(",")) for codes, name in lines}


@lru_cache(maxsize=10_000)
def currency_choices(text: str) -> tuple[str, ...]:
    """Return the ISO 4217 codes that a text can stand for; none if it names no currency.

    Parameters
    ----------
    text
        A code (``EUR``), its number (``978``), a sign (``HK$``), a name in any language
        (``Доллар США``), or a code beside a name (``USD - US Dollar``).

    Examples
    --------
    >>> currency_choices("HK$"), currency_choices("980.0")
    (('HKD',), ('UAH',))
    """
    import pycountry

    written = text.strip()
    if not written or len(written) > _LONGEST_NAME:
        return ()
    if written.upper() in currency_codes():
        return (written.upper(),)
    number = _NUMBER.fullmatch(written)
    if number:
        found: Any = pycountry.currencies.get(numeric=number[1].zfill(3))
        return () if found is None else (str(found.alpha_3),)
    signed = _signs().get(_sign(written)) or _plain_signs().get(fold(written))
    if signed is not None:
        return signed
    named = _names().get(fold(written), ())
    if named:
        return named
    codes = {code for code in _CODE.findall(written) if code in currency_codes()}
    if len(codes) != 1:
        return ()
    (code,) = codes
    beside = _CODE.sub(" ", written).strip(" -–:/()[],.")
    words = (beside, *_WORD.findall(beside))
    agreed = not beside or any(code in currency_choices(word) for word in words)
    return (code,) if agreed else ()


@cache
def _by_word() -> dict[str, frozenset[str]]:
    """Return which currencies have a word in one of their names."""
    found: dict[str, set[str]] = {}
    for name, codes in _names().items():
        for word in name.split():
            found.setdefault(word, set()).update(codes)
    return {word: frozenset(codes) for word, codes in found.items()}


def column_choices(text: str) -> tuple[str, ...]:
    """Return the currencies that a cell of a column of currencies can stand for.

    As :func:`currency_choices`; and a name without the country in it ("злотий") is the one
    currency with such words in its names. Beside an amount such a word may be anything.
    """
    choices = currency_choices(text)
    words = fold(text).split()
    if choices or not words:
        return choices
    own = _of_country(words)
    if own or min(map(len, words)) < _SHORTEST_WORD:
        return own
    among = frozenset.intersection(*map(_named_so, words))
    return tuple(sorted(among))


def _of_country(words: list[str]) -> tuple[str, ...]:
    """Return the currency that a shared word and its country name ("dólar dos EUA")."""
    for word in words:
        shared = currency_choices(word) if len(word) >= _SHORTEST_WORD else ()
        others = [w for w in words if w != word and w not in vocabulary()["words"]["glue"]]
        country = country_code(" ".join(others)) if shared and others else None
        own = local_currency(country)
        if own is not None and own in shared:
            return (own,)
    return ()


@cache
def _named_so(word: str) -> frozenset[str]:
    """Return which currencies have a word in one of their names, or a longer form of it."""
    if word in _by_word():
        return _by_word()[word]
    longer = [codes for name, codes in _by_word().items() if name.startswith(word)]
    return frozenset().union(*longer)


def currency_code(
    text: str, country: str | None = None, choices: tuple[str, ...] | None = None
) -> str | None:
    """Return the ISO 4217 code of a currency, or None where it is unknown or not certain.

    Parameters
    ----------
    text
        See :func:`currency_choices`.
    country
        ISO 3166 alpha-2 of the country whose customs wrote the file, or of the few that may have:
        its own currency is meant by a name that several currencies share.
    choices
        What the text can stand for, where it is not :func:`currency_choices`.

    Examples
    --------
    >>> currency_code("US$"), currency_code("peso"), currency_code("peso", "MX")
    ('USD', None, 'MXN')
    """
    choices = currency_choices(text) if choices is None else choices
    if len(choices) == 1:
        return choices[0]
    own = {local_currency(one) for one in (country or "").split()} - {None}
    meant = own & {*choices}
    if len(meant) == 1:
        return meant.pop()
    # Where the country has no dollar of its own, "$" and its word for dollars are of the United
    # States; in English they are of any country.
    abroad = own and not meant and _DOLLAR in choices and fold(text) not in _DOLLARS
    return _DOLLAR if abroad else None


def why_no_currency(
    text: str, country: str | None = None, choices: tuple[str, ...] | None = None
) -> str | None:
    """Return why a text names no one currency; None where it does."""
    choices = currency_choices(text) if choices is None else choices
    if currency_code(text, country, choices) is not None:
        return None
    if not choices:
        return _UNKNOWN
    named = ", ".join(choices[:_MOST_NAMED])
    more = f" or {len(choices) - _MOST_NAMED} more" if len(choices) > _MOST_NAMED else ""
    return f"may be {named}{more}: not decided"
