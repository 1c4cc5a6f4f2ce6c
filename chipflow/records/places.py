"""Countries by any of their names, and what a file name or banner says about a sheet."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from chipflow.records.files import SUFFIXES
from chipflow.records.layouts import vocabulary
from chipflow.records.words import fold

# Codes that data vendors use for "not a country" (ISO 3166 user-assigned or reserved), and
# groups of countries, which are no place that goods can be followed to.
_NO_COUNTRY = frozenset(
    {"ZZ", "XX", "QZ", "QU", "QX", "QQ", "XZ", "EU", "EUROPEAN UNION", "UNDECLARED", "UNKNOWN"}
)
# In use beside ISO 3166-1: the United Kingdom, Greece and Kosovo (European Union), and initials.
_OTHER_CODES = {
    "UK": "GB",
    "EL": "GR",
    "XK": "XK",
    "RSA": "ZA",
    "UAE": "AE",
    "KSA": "SA",
    "ROK": "KR",
    "PRC": "CN",
}
_IN_BRACKETS = re.compile(r"^(?P<name>.+?)\s*[(\[](?P<code>[A-Za-z]{2})[)\]]$")
_CODE_FIRST = re.compile(r"^(?P<code>[A-Za-z]{2,3}|\d{3})\s*[-:/]\s*(?P<name>.{3,})$")
_CUT_OFF = re.compile(r"\s+OF(\s+T(HE?)?)?$")
_LONGEST_COUNTRY_NAME = 80
_LANGUAGES = ("es", "pt", "pt_BR", "fr", "ru", "uk", "tr", "vi", "id", "zh_CN", "zh_TW", "de", "it")
# Short words of file names that look like country codes.
_NOT_A_CODE = frozenset(
    [
        "in",
        "to",
        "by",
        "de",
        "la",
        "no",
        "my",
        "is",
        "at",
        "it",
        "me",
        "so",
        "am",
        "as",
        "be",
        "do",
        "et",
        "es",
        "se",
        "ma",
        "al",
        "bl",
        "id",
    ]
)


@cache
def _codes() -> dict[str, str]:
    import pycountry

    table: dict[str, str] = {}
    for country in pycountry.countries:
        table[country.alpha_2] = table[country.alpha_3] = table[country.numeric] = country.alpha_2
        for name in ("name", "official_name", "common_name"):
            text = getattr(country, name, None)
            if text:
                table[text.upper()] = country.alpha_2
    table |= _OTHER_CODES
    return table


@cache
def _translated() -> dict[str, str]:
    """Names of ISO 3166-1 in the vocabulary's languages, from pycountry's translations."""
    import gettext

    import pycountry

    table: dict[str, str] = {}
    for language in _LANGUAGES:
        words = gettext.translation(
            "iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True
        )
        for country in pycountry.countries:
            for name in ("name", "common_name"):
                text = getattr(country, name, None)
                if text:
                    table.setdefault(fold(words.gettext(text)), country.alpha_2)
    return table


def is_country_code_or_official_name(text: str) -> bool:
    """Tell if a text is an ISO code or an ISO name; quick, for columns of company names."""
    return " ".join(text.split()).upper() in _codes()


@lru_cache(maxsize=100_000)
def country_code(text: str) -> str | None:
    """Return the ISO 3166 alpha-2 code of a country named in any usual way, or None.

    Parameters
    ----------
    text
        A code (alpha-2, alpha-3, numeric) or a name in one of many languages, such as
        ``KOREA, REPUBLIC OF``, ``SPAIN (ES)``, ``Viet Nam`` or ``КАЗАХСТАН``.

    Returns
    -------
    str or None
        None for what is no country (``ZZ``, ``UNDECLARED``) or is not recognised.

    Notes
    -----
    Names are those of pycountry (ISO 3166-1) and, in other languages and spellings, of
    ``rigour.territories``.

    Examples
    --------
    >>> country_code("SPAIN (ES)"), country_code("NA"), country_code("ZZ")
    ('ES', 'NA', None)
    """
    name = " ".join(text.split()).upper().strip(" .,;")
    if not name or name in _NO_COUNTRY or len(name) > _LONGEST_COUNTRY_NAME:
        return None
    found = _codes().get(name)
    if found is not None:
        return found
    for pattern in (_IN_BRACKETS, _CODE_FIRST):
        match = pattern.match(name)
        if match:
            code = _codes().get(match["code"])
            by_name = country_code(match["name"])
            if by_name is not None or code is not None:
                return by_name or code
    if (name.isascii() and len(name) <= 2) or not any(char.isalpha() for char in name):
        return None
    code = _territory(name)
    if code is None and _CUT_OFF.search(name):
        # "CONGO, THE DEMOCRATIC REPUBLIC OF": the end did not fit into a field.
        code = _territory(_CUT_OFF.sub("", name))
    if code is None and name.count(",") == 1:
        # "VIRGIN ISLANDS, UNITED STATES" is written the other way round elsewhere.
        code = _territory(" ".join(reversed([p.strip() for p in name.split(",")])))
    if code is None:
        return _translated().get(fold(name))
    return _codes().get(code)


def _territory(name: str) -> str | None:
    """Return the code of a territory that rigour knows by this name."""
    from rigour.territories.util import normalize_territory_name

    return _territories().get(normalize_territory_name(name))


@cache
def _territories() -> dict[str, str]:
    """Names as rigour normalises them, written by ``scripts/territory_names.py``."""
    text = files("chipflow.records").joinpath("tables/territories.txt").read_text("utf-8")
    return {line[3:]: line[:2] for line in text.splitlines()}


def is_no_country(text: str) -> bool:
    """Tell if a text says on purpose that there is no one country (ZZ, European Union)."""
    return text.strip().upper() in _NO_COUNTRY


@cache
def local_currency(country: str | None) -> str | None:
    """Return the ISO 4217 code of a country's own currency, or None.

    ISO 4217 gives a currency the number of its country where it can, and otherwise codes that
    begin with the country's; a country without a currency of its own gives None.
    """
    import pycountry

    record: Any = pycountry.countries.get(alpha_2=country) if country else None
    if record is None:
        return None
    currency: Any = pycountry.currencies.get(numeric=record.numeric)
    if currency is not None:
        return str(currency.alpha_3)
    own = [c.alpha_3 for c in pycountry.currencies if c.alpha_3.startswith(record.alpha_2)]
    return own[0] if len(own) == 1 else None


@cache
def currency_codes() -> frozenset[str]:
    """Return the ISO 4217 alphabetic codes in use."""
    import pycountry

    return frozenset(currency.alpha_3 for currency in pycountry.currencies)


@lru_cache(maxsize=10_000)
def currency_code(text: str) -> str | None:
    """Return the ISO 4217 code for a code, its number, ``US$`` or ``$US``; None if unknown."""
    import pycountry

    name = text.strip().upper()
    if name in currency_codes():
        return name
    if name in {"US$", "$US", "U$S", "US DOLLAR", "US DOLLARS", "US"}:
        return "USD"
    number = name.removesuffix(".0")
    if number.isdigit():
        found: Any = pycountry.currencies.get(numeric=number.zfill(3))
        return None if found is None else str(found.alpha_3)
    return None


@cache
def _direction_words() -> dict[str, str]:
    table = vocabulary()["directions"]
    return {fold(word): way for way, words in table.items() for word in words}


def direction_of(cell: str) -> str | None:
    """Return ``import`` or ``export`` if a cell says so (also ``IM4``, ``EX1000``), else None."""
    words = fold(cell).split()
    if not words:
        return None
    found = {_direction_words()[w] for w in words if w in _direction_words() and len(w) > 1}
    if not found and len(words) == 1:
        found = {_direction_words()[w] for w in words if w in _direction_words()}
    return found.pop() if len(found) == 1 else None


_EXTENSION = re.compile(
    "|".join(re.escape(suffix) + r"\b" for suffix in sorted(SUFFIXES, key=len, reverse=True))
)


def place_words(text: str) -> tuple[str | None, str | None]:
    """Return direction and reporting country that a file name or banner states.

    The country is the one nearest before the word for import or export (``India Export USA``:
    India), else nearest after it, else the only one named.
    """
    words = _with_phrases(fold(_EXTENSION.sub("", text)).split())
    ways = [(i, _direction_words()[w]) for i, w in enumerate(words) if _says_direction(w)]
    direction = ways[0][1] if ways and len({way for _, way in ways}) == 1 else None
    if not ways:
        return None, _only_country(words)
    at = ways[0][0]
    before = _only_country(words[:at])
    if before:
        return direction, before
    for length in range(min(4, at), 0, -1):
        code = _country_words(words[at - length : at], near=True)
        if code:
            return direction, code
    for length in range(min(4, len(words) - at - 1), 0, -1):
        code = _country_words(words[at + 1 : at + 1 + length], near=True)
        if code:
            return direction, code
    return direction, _only_country(words[at + 1 :])


def _with_phrases(words: list[str]) -> list[str]:
    """Join words that say import or export together ("nhap khau")."""
    joined: list[str] = []
    for word in words:
        if joined and " ".join((joined[-1], word)) in _direction_words():
            joined[-1] += f" {word}"
        else:
            joined.append(word)
    return joined


def _says_direction(word: str) -> bool:
    return len(word) > 2 and word in _direction_words()


def _country_words(words: list[str], near: bool) -> str | None:
    text = " ".join(words)
    if text in _NOT_A_CODE or text.isdigit():
        return None
    if len(text) > 3 or near or text.upper() in {"USA", "UAE", "UK"}:
        return country_code(text)
    return None


def _only_country(words: list[str]) -> str | None:
    found: list[str] = []
    at = 0
    while at < len(words):
        for length in range(min(5, len(words) - at), 0, -1):
            code = _country_words(words[at : at + length], near=False)
            if code:
                found.append(code)
                at += length
                break
        else:
            at += 1
    return found[0] if len(set(found)) == 1 else None
