"""What stands beside a company's name in one cell and is no part of it.

The company's own country or city, a number in a register, a department, an address.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files

from rigour.text.translit import ascii_text

from chipflow.companies.words import phrases, table
from chipflow.records.vocabulary.countries import country_code, is_country_code_or_official_name

COUNTRY, CITY, NUMBER, ADDRESS, DEPARTMENT = (
    *("own country", "own city", "number in a register", "address", "department"),
)
# Digits of the shortest number in a register; shorter ones are of plants, streets and brands.
_SHORTEST_NUMBER = 6
_BRACKETS = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")
_BETWEEN = re.compile(r"\s*[,;/]\s*|\s+[-\u2013\u2014]+\s+")
_DIGIT = re.compile(r"\d")
_NOT_WORDS = re.compile(r"[\W_]+")
# "1234567-X", "12.345.678/0001-90", "91440300MA5EXAMPLE".
_NUMBER = rf"[A-Z]{{0,3}}-?(?=(?:[\s./-]?\w)*?(?:\d[\s./-]?){{{_SHORTEST_NUMBER}}})[\d][\w./-]*"
_PLAIN_NUMBER = re.compile(rf"(?:{_NUMBER})(?:\s?[A-Z])?", re.IGNORECASE)
_AT_END = re.compile(rf"[\s,;:#-]+(?:{_NUMBER})\s*$", re.IGNORECASE)
# Without letters before it: a name may begin with a short number and a word.
_AT_BEGIN = re.compile(rf"^\s*\d[\d./-]{{{_SHORTEST_NUMBER - 1},}}[\s,;:-]+(?=\S*[^\W\d_]{{2}})")


@cache
def _labelled() -> re.Pattern[str]:
    labels = "|".join(
        r"[\W_]*".join(map(re.escape, label.split())) for label in phrases("register")
    )
    # A label that stands alone in front of a number, to the number's end.
    return re.compile(
        rf"(?:^|[\s,;(\[-])(?:{labels})(?:\W{{0,3}}(?:no|nr|num|number|n[o\u00b0\u00ba])\b)?"
        rf"[\s.:#\u2116-]*(?=[\w./-]*\d{{4}})[\w./-]+\)?",
        re.IGNORECASE,
    )


def folded(text: str) -> str:
    """Return a text as words of Latin letters and digits in lower case."""
    return " ".join(
        _NOT_WORDS.sub(" ", text if text.isascii() else ascii_text(text)).lower().split()
    )


def without_beside(text: str, country: str) -> tuple[str, tuple[str, ...]]:
    """Take away what brackets, labels and commas tell from the name.

    Parameters
    ----------
    text
        A company's cell of a record.
    country
        ISO 3166 alpha-2 of the country in which the company stands, ``""`` if unknown.

    Returns
    -------
    tuple
        The rest (the text itself where nothing would be left), and what was taken away.
    """
    aside: list[str] = []

    def judged(found: re.Match[str]) -> str:
        inside = found[1].strip()
        kind = ""
        if _PLAIN_NUMBER.fullmatch(inside):
            kind = NUMBER
        elif is_own_country(inside, country):
            kind = COUNTRY
        elif not found.string[found.end() :].strip(" .") and all(
            is_own_city(part, country) or is_own_country(part, country)
            for part in inside.split(",")
        ):
            # In the middle it names the branch: "Acme (Shenzhen) Co., Ltd."
            kind = CITY
        if not kind:
            return found[0]
        aside.append(kind)
        return " "

    rest = text
    has_digit = _DIGIT.search(text) is not None
    if has_digit:
        rest, labelled = _labelled().subn(" ", rest)
        aside += [NUMBER] * bool(labelled)
    if "(" in rest or "[" in rest or "{" in rest:
        rest = _BRACKETS.sub(judged, rest)
    if has_digit:
        rest, numbers = _AT_BEGIN.subn("", rest)
        aside += [NUMBER] * bool(numbers)
    if has_digit and rest and rest[-1].isalnum():
        rest, numbers = _AT_END.subn("", rest)
        aside += [NUMBER] * bool(numbers)
    pieces = list(_BETWEEN.finditer(rest))
    while pieces:
        cut = pieces.pop()
        last = rest[cut.end() :].strip(" .,;()")
        kind = _kind_of_piece(last, country)
        if not kind or not folded(rest[: cut.start()]):
            break
        rest = rest[: cut.start()]
        aside += [kind] * (kind != "nothing")
    return (rest, tuple(dict.fromkeys(aside))) if folded(rest) else (text, ())


def _kind_of_piece(text: str, country: str) -> str:
    if not text:
        return "nothing"
    if is_own_country(text, country):
        return COUNTRY
    if is_own_city(text, country):
        return CITY
    words = folded(text).split()
    if is_address(words):
        return ADDRESS
    return DEPARTMENT if " ".join(words) in phrases("department") else ""


@lru_cache(maxsize=1 << 16)
def is_own_country(text: str, country: str) -> bool:
    """Tell if a text is a name or code of a country and nothing else."""
    if not country or len(text) > _LONGEST_PLACE:
        return False
    text = text.strip()
    words = folded(text)
    if words in _own_names(country) or words.replace(" ", "") in _own_names(country):
        return True
    return (is_country_code_or_official_name(text) or not text.isascii()) and country_code(
        text
    ) == country


_LONGEST_PLACE = 60  # characters


@lru_cache(maxsize=1 << 16)
def is_own_city(text: str, country: str) -> bool:
    """Tell if a text is a city, or a part, of a country and nothing else.

    A text that is the name of another country tells sister companies apart, whatever is called so.
    """
    if not country or len(text) > _LONGEST_PLACE or country_code(text) not in {None, country}:
        return False
    words = folded(text)
    if words in _cities().get(country, ()):
        return True
    without = " ".join(word for word in words.split() if word not in {"city", "shi", "province"})
    return without in _cities().get(country, ()) or (
        len(words) > 3 and country_code(text) == country
    )


def ends_own_name(word: str, country: str) -> bool:
    """Tell if a word in lower case can be the last one of a name of a country."""
    return word in _last_words(country)


@cache
def _last_words(country: str) -> frozenset[str]:
    return frozenset(name.split()[-1] for name in _own_names(country) if name)


@cache
def _own_names(country: str) -> frozenset[str]:
    import pycountry

    names = {country.lower()}
    record = pycountry.countries.get(alpha_2=country)
    if record is not None:
        known = (getattr(record, name, "") for name in ("alpha_3", "name", "common_name"))
        names |= {folded(name) for name in known if name}
    return frozenset({*names, *phrases("countries", country)})


@cache
def _cities() -> dict[str, frozenset[str]]:
    text = files(__package__).joinpath("tables/cities.txt").read_text("utf-8")
    found: dict[str, set[str]] = {}
    for line in text.splitlines()[1:]:
        found.setdefault(line[:2], set()).add(line[3:])
    for country, more in table()["cities"].items():
        found.setdefault(country, set()).update(part.strip() for part in more.split(";"))
    return {country: frozenset(names) for country, names in found.items()}


def is_address(words: list[str]) -> bool:
    """Tell if words are those of an address: a number, and what streets and houses are called."""
    return any(word[:1].isdigit() for word in words) and any(word in _streets() for word in words)


@cache
def _streets() -> frozenset[str]:
    return frozenset(phrases("street"))
