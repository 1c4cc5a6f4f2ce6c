"""Countries as customs offices, vendors and statistics write them.

A text is parsed, not only looked up: codes stand beside names, a territory stands inside its
country, forms of state are cut short or turned round, a city or a part stands beside its country.
What no word is left over from is read; all else stays unread, as a place that is read wrong sends
an analyst the wrong way.

Names come from ``tables/territories.txt`` (rigour, CLDR, ISO 3166) and ``tables/places.txt``
(ISO 3166-2, GeoNames), both written by ``scripts/territory_names.py``; how they are shortened and
combined from ``tables/country_words.toml``.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import islice, product
from typing import Any

from chipflow.records.vocabulary.layouts import missing_texts

# Codes in use beside ISO 3166-1: Greece, the United Kingdom and Kosovo (European Union), and
# initials.
_OTHER_CODES = {
    "UK": "GB",
    "EL": "GR",
    "XK": "XK",
    "XI": "GB",
    "RSA": "ZA",
    "UAE": "AE",
    "KSA": "SA",
    "ROK": "KR",
    "PRC": "CN",
}
LONGEST_NAME = 80
_LONGEST_CODE = 3
_MOST_WORDS = 14
# Ways of reading the short words of one text that are tried.
_MOST_VARIANTS = 96
_MOST_PIECES = 3
# Letters of a name that does not fit into a field and is cut off; shorter ones may be words.
_SHORTEST_CUT = 8
# Letters of a name in which one wrong letter is a slip and not another name.
_SHORTEST_SLIP = 6
# Letters from which on two and more words are too many to be another place by chance.
_LONG_NAME = 8
# Letters that a shortened word keeps ("EMIR. ARABES UNIDOS"); fewer begin too many words.
_SHORTEST_STUMP = 3

_APOSTROPHE = re.compile(r"['’ʻʼ`´‘]\s*")
_APART = re.compile(r"[\W_]+")
_INITIALS = re.compile(r"\b(?:[a-z]\b ?){2,}")
_REMARK = re.compile(r"[\s,(]+(?:INCL|EXCL)[A-Z]*\b.*$", re.IGNORECASE)
# A national code of a country or one of the United Nations before its name.
_CODE_BEFORE = re.compile(r"^\d{1,4}\s*[-–:./]?\s+(?=\D)")
# Letters that Arabic and Persian keyboards write differently, and vowel marks.
_ARABIC = str.maketrans("يىكةأإآٱۀ", "ییکهاااا" + "ه", "ـ" + "".join(map(chr, range(0x64B, 0x660))))
_DOTTED = re.compile(r"(?<!\w)(?:[^\W\d_]\.)+[^\W\d_]\.?(?!\w)")
_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+")
_CODE_IN_HAN = re.compile(
    r"(?<=[A-Za-z0-9])(?=[\u3400-\u9fff])|(?<=[\u3400-\u9fff])(?=[A-Za-z0-9])"
)
_NUMBER = re.compile(r"\d{1,4}")
# Where a text is cut into parts, the strongest first.
_CUTS = (
    re.compile(r"\s*(?:[/|;\n\\：；、→]|\s[-–—:]+\s)\s*"),
    re.compile(r"\s*[,，]\s*"),
    re.compile(r"\s*[()\[\]{}<>（）【】「」]+\s*"),
    re.compile(r"\s*[-–—:_.]+\s*"),
)


def name_key(text: str) -> str:
    """Return a name as the tables hold it: lower case, Latin letters, single blanks.

    Alphabets that can be are written in Latin letters; Chinese, Arabic and others are kept.
    Initials stand together (``U. S. A.`` is ``usa``).

    Examples
    --------
    >>> name_key("Côte d'Ivoire"), name_key("P.R. CHINA"), name_key("Гонконг")
    ('cote divoire', 'pr china', 'gonkong')
    """
    if not text.isascii():
        from rigour.text.scripts import can_latinize
        from rigour.text.translit import ascii_text

        if can_latinize(text):
            text = ascii_text(text)
        else:
            text = _LATIN.sub(lambda m: ascii_text(m[0]), text).translate(_ARABIC)
    folded = _APOSTROPHE.sub("", text.casefold())
    if folded.isascii():
        spaced = _APART.sub(" ", folded).strip()
    else:
        # Marks are vowels in many Asian scripts, and no end of a word.
        kept = (c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in folded)
        spaced = " ".join("".join(kept).split())
    if len(spaced) > 2 and "/" not in text and _INITIALS.search(spaced):
        spaced = _INITIALS.sub(lambda m: m[0].replace(" ", "") + " ", spaced).strip()
    return spaced


@dataclass(frozen=True)
class _Place:
    """What a piece of a text can be: countries by name or code, and countries it lies in."""

    countries: frozenset[str] = frozenset()
    within: frozenset[str] = frozenset()
    by_code: bool = False

    def fits(self, country: str, listed: bool) -> bool:
        """Tell if the piece says nothing else; in a list what names a country is no part."""
        inside = country in self.within and not (listed and self.countries)
        named = self.countries & {country, parents().get(country, "")}
        return inside or bool(named)


@dataclass(frozen=True)
class _Words:
    """``country_words.toml``, with its words as the tables hold them."""

    forms: dict[str, str]
    phrases: dict[str, str]
    short: dict[str, tuple[tuple[str, ...], ...]]
    idle: frozenset[str]
    joining: frozenset[str]
    remarks: frozenset[str]
    told_apart: dict[str, dict[str, str]]
    alone: dict[str, dict[str, str]]
    compass: dict[str, frozenset[str]]
    parts: frozenset[str]
    unclear: frozenset[str]
    groups: frozenset[str]
    nowhere: frozenset[str]


# Any word that joins two names.
_AND = "&"
_COMPASS = frozenset({"north", "south", "east", "west"})


@cache
def _toml() -> dict[str, Any]:
    text = files("chipflow.records").joinpath("tables/country_words.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def parents() -> dict[str, str]:
    """Return territory -> the country that customs write it within (HK: CN)."""
    return {part: country for country, parts in _toml()["within"].items() for part in parts}


@cache
def _words() -> _Words:
    table = _toml()
    forms: dict[str, str] = {}
    phrases: dict[str, str] = {}
    for meaning, words in table["forms"].items():
        for word in map(name_key, words):
            (phrases if " " in word else forms)[word] = meaning
    short = {
        name_key(word): tuple(tuple(name_key(text).split()) for text in texts)
        for word, texts in table["short"].items()
    }
    said = table["words"]
    return _Words(
        forms,
        phrases,
        short,
        frozenset(map(name_key, said["idle"])),
        frozenset(map(name_key, said["joining"])),
        frozenset(map(name_key, said["remarks"])),
        table["told_apart"],
        table["told_apart_alone"],
        {code: frozenset(ways) for code, ways in table["compass"].items()},
        frozenset(map(name_key, said["parts"])),
        frozenset(map(name_key, said["unclear"])),
        frozenset(map(name_key, table["groups"]["names"])),
        frozenset(map(name_key, table["no_country"]["names"])),
    )


@cache
def _codes() -> dict[str, str]:
    import pycountry

    table: dict[str, str] = {}
    for country in pycountry.countries:
        for code in (country.alpha_2, country.alpha_3, country.numeric):
            table[code] = country.alpha_2
    numbers: dict[str, str] = _toml()["numbers"]
    return table | _OTHER_CODES | numbers


@cache
def _official() -> dict[str, str]:
    import pycountry

    table: dict[str, str] = {}
    for country in pycountry.countries:
        for name in ("name", "official_name", "common_name"):
            text = getattr(country, name, None)
            if text:
                table[text.upper()] = country.alpha_2
    return table


@cache
def _countries() -> frozenset[str]:
    return frozenset(_codes().values())


def _table(name: str) -> str:
    return files("chipflow.records").joinpath(f"tables/{name}").read_text("utf-8")


@cache
def _names() -> dict[str, str]:
    """Names of countries -> code; codes of former countries are no longer in ISO 3166-1."""
    lines = _table("territories.txt").splitlines()
    table = {line[3:]: line[:2] for line in lines if line[:2].isupper()}
    table |= _toml_names()
    return {name: code for name, code in table.items() if name not in _words().unclear}


@cache
def _toml_names() -> dict[str, str]:
    return {name_key(name): code for code, names in _toml()["names"].items() for name in names}


@cache
def _own_places() -> dict[str, str]:
    """Places that may stand for their country alone ("DUBAI"), as rigour lists them."""
    lines = _table("territories.txt").splitlines()
    return {line[3:]: line[:2].upper() for line in lines if line[:2].islower()}


@cache
def _places() -> dict[str, str]:
    """Parts and cities -> the countries that have one of that name, such as ``AU CA``."""
    lines = _table("places.txt").splitlines()
    return {name: codes for name, _, codes in (line.partition("\t") for line in lines)}


def _within(key: str) -> frozenset[str]:
    """Return the countries that a part or a city of this name lies in."""
    found = frozenset(_places().get(key, "").split())
    if not found and " " in key:
        words = key.split()
        first, last = words[0] in _words().parts, words[-1] in _words().parts
        if first or last:
            # "GUANGDONG PROVINCE", "PROVINCIA DI MILANO"
            return _within(" ".join(words[1:] if first else words[:-1]))
    return found | {_own_places()[key]} if key in _own_places() else found


def place_countries(text: str) -> frozenset[str]:
    """Return the countries with a part or a city of this name; none for one that is not known.

    Examples
    --------
    >>> sorted(place_countries("Casablanca")), sorted(place_countries("Valencia"))
    (['MA'], ['ES', 'VE'])
    """
    return _within(name_key(text))


@cache
def _bags() -> dict[frozenset[str], str]:
    """Names as words in any order, forms of state in one language; "" where two countries fit."""
    found: dict[frozenset[str], str] = {}
    for name, code in _names().items():
        if " " in name:
            bag = _bag(_in_one_language(name))
            for words in {bag, bag - {_AND}}:
                if len(words) > 1 and found.setdefault(words, code) != code:
                    found[words] = ""
    return found


@cache
def _every_word() -> frozenset[str]:
    """Words that can stand in a text that is read; most other texts are told apart by them."""
    said = _words()
    more = (*_toml_names(), *said.forms, *said.phrases, *said.short, *said.remarks, *said.idle)
    texts = (_table("territories.txt"), _table("places.txt"), *more, *said.joining)
    return frozenset(" ".join((*texts, *(code.lower() for code in _codes()))).split())


@cache
def _han_letters() -> frozenset[str]:
    return frozenset(c for word in _every_word() if _HAN.search(word) for c in word)


@cache
def _sorted_names() -> list[str]:
    return sorted(_names())


@cache
def _phrases() -> re.Pattern[str]:
    longest = sorted(_words().phrases, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest))})\b")


def _in_one_language(key: str) -> tuple[str, ...]:
    """Return the words of a name with its forms of state as their meanings."""
    said = _words()
    if _phrases().search(key):
        key = _phrases().sub(lambda match: said.phrases[match[0]], key)
    return tuple(said.forms.get(word, word) for word in key.split())


def _bag(words: Iterable[str]) -> frozenset[str]:
    said = _words()
    return frozenset(_AND if w in said.joining else w for w in words if w not in said.idle)


def _variants(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Give the words as they are and with short ones written out, in each way."""
    said = _words()
    ways = [((word,), *said.short.get(word, ())) for word in words]
    for chosen in islice(product(*ways), _MOST_VARIANTS):
        yield _in_one_language(" ".join(word for words in chosen for word in words))


def _only_forms(key: str) -> bool:
    """Tell if a piece is nothing but a form of state ("REP. OF")."""
    said = _words()
    words = _in_one_language(key)
    meanings = {*said.forms.values()}
    return bool(words) and all(
        word in meanings
        or word in said.idle
        or any(set(way) <= meanings for way in said.short.get(word, ()))
        for word in words
    )


def _by_form(words: Sequence[str]) -> str | None:
    """Return the country that is left without forms of state; "" if they leave it open."""
    said = _words()
    meanings = {*said.forms.values()}
    forms = {word for word in words if word in meanings}
    base = [word for word in words if word not in forms and word not in said.idle]
    if len("".join(base)) < _LONGEST_CODE or len(base) == len(words):
        return None
    code = _names().get(" ".join(base)) or _bags().get(frozenset(base))
    if code is None or base[0] in said.joining or base[-1] in said.joining:
        return None
    for form, other in said.alone.get(code, {}).items():
        if forms == {form}:
            return other
    for form, other in said.told_apart.get(code, {}).items():
        if form in forms:
            return other
    return code if forms & _COMPASS <= said.compass.get(code, frozenset()) else None


@lru_cache(maxsize=20_000)
def _whole(key: str) -> _Place | None:
    """Read a piece as one name, code or place; None if it is none."""
    within = _within(key)
    code = _names().get(key)
    if code is not None and (len(key) > _LONGEST_CODE or not key.isascii()):
        return _Place(frozenset({code}), within)
    if len(key) <= _LONGEST_CODE and key.isascii():
        found = _codes().get(key.upper())
        if found is not None and not key.isdigit():
            return _Place(frozenset({found}), within, by_code=True)
        if code is not None:
            return _Place(frozenset({code}), within)
    words = key.split()
    if not words or len(words) > _MOST_WORDS:
        return None
    said = _words()
    if words[0] in said.joining or words[-1] in said.joining:
        return _Place(frozenset(), within) if within else None
    read: set[str] = set()
    for variant in _variants(words):
        by_form = _by_form(variant)
        if by_form == "":
            return None
        code = _bags().get(_bag(variant)) or by_form or _names().get(" ".join(variant))
        if code:
            read.add(code)
    if len(read) == 1:
        return _Place(frozenset(read), within)
    return _Place(frozenset(), within) if within else None


def _agreed(pieces: Sequence[_Place], apart: bool, listed: bool = False) -> _Place | None:
    """Return the one country that all pieces can stand for, the narrower one first.

    ``apart``: signs stand between the pieces, so that a city and a part may name a country that
    neither is called; ``listed``: the sign is one that stands between two countries as well.
    """
    named = {code for piece in pieces for code in piece.countries}
    fits = [code for code in named if all(piece.fits(code, listed) for piece in pieces)]
    fits = [code for code in fits if code not in {parents().get(other) for other in fits}] or fits
    if not fits and apart and len(pieces) > 1:
        places = {code for piece in pieces for code in piece.within}
        fits = [code for code in places if all(piece.fits(code, listed) for piece in pieces)]
    return _Place(frozenset(fits)) if len(fits) == 1 else None


def _parse(text: str) -> _Place | None:
    """Read a text whole, else by its parts, else by pieces that stand side by side."""
    key = name_key(text)
    found = _whole(key)
    if found is not None and found.countries:
        return found
    for cut in _CUTS:
        listed = cut in (_CUTS[0], _CUTS[-1])
        parts = [part for part in cut.split(text) if name_key(part)]
        if len(parts) < 2:
            continue
        joined: list[str] = []
        for part in parts:
            if joined and len(joined[-1]) > 2 and _only_forms(name_key(part)):
                joined[-1] += f" {part}"
            elif not _NUMBER.fullmatch(part.strip()):
                joined.append(part)
        if not joined or joined == [text]:
            continue
        read = [_parse(part) for part in joined]
        pieces = [piece for piece in read if piece is not None]
        if len(pieces) == len(read):
            return _agreed(pieces, True, listed) if len(pieces) > 1 else pieces[0]
    if _HAN.search(text):
        spaced = _CODE_IN_HAN.sub(" ", text).split()
        if len(spaced) > 1:
            read = [_parse(part) for part in spaced]
            pieces = [piece for piece in read if piece is not None]
            return _agreed(pieces, apart=True) if len(pieces) == len(read) else None
        return found or _side_by_side(list(key), "")
    return found or _side_by_side(key.split(), " ")


def _side_by_side(items: Sequence[str], between: str) -> _Place | None:
    """Read pieces without a sign between them: "CN CHINA", "GUANGDONG CHINA", "中国香港"."""
    if between and len(items) > 1:
        # A number says nothing beside a name; beside a code it may be a year ("Mar 2021").
        named = [item for item in items if not _NUMBER.fullmatch(item)]
        if len(named) < len(items) and len(named) == 1 and len(named[0]) <= _LONGEST_CODE:
            return None
        while items and _NUMBER.fullmatch(items[0]):
            items = items[1:]
        while items and _NUMBER.fullmatch(items[-1]):
            items = items[:-1]
    most = _MOST_WORDS * (1 if between else 2)
    if not 1 <= len(items) <= most:
        return None
    if len(items) == 1 and between:
        return _whole(items[0])
    for number in range(2, _MOST_PIECES + 1):
        found: set[str] = set()
        for pieces in _cut(items, number):
            keys = [between.join(piece) for piece in pieces]
            if not between:
                keys = [key for key in keys if key not in _words().forms]
            read = [piece for key in keys if (piece := _whole(key)) is not None]
            agreed = _agreed(read, apart=False) if read and len(read) == len(keys) else None
            if agreed is not None:
                found |= agreed.countries
        if found:
            return _Place(frozenset(found)) if len(found) == 1 else None
    return None


def _cut(items: Sequence[str], number: int) -> Iterator[list[Sequence[str]]]:
    if number == 1:
        yield [items]
        return
    for at in range(1, len(items) - number + 2):
        for rest in _cut(items[at:], number - 1):
            yield [items[:at], *rest]


def _without_remarks(text: str) -> str:
    """Leave out brackets that say nothing of the place, such as "(before 1981)"."""
    remarks = _words().remarks

    def kept(match: re.Match[str]) -> str:
        words = name_key(match[1]).split()
        return " " if words and words[0] in remarks else match[0]

    bare = _REMARK.sub("", re.sub(r"[(\[（]([^()\[\]（）]*)[)\]）]", kept, text))
    return _CODE_BEFORE.sub("", bare) if _CODE_BEFORE.sub("", bare).strip() else bare


def _cut_off(key: str) -> str | None:
    """Return the country of a name whose end did not fit into a field ("UNITED KINGDO")."""
    if len(key) < _SHORTEST_CUT or _HAN.search(key):
        return None
    names = _sorted_names()
    at = bisect_left(names, key)
    longer: list[str] = []
    while at < len(names) and names[at].startswith(key):
        longer.append(names[at])
        at += 1
    codes = {_names()[name] for name in longer}
    if len(codes) != 1 or 2 * len(key) < min(map(len, longer)):
        return None
    return codes.pop()


def _shortened(key: str) -> str | None:
    """Return the one country whose name begins each of its words so ("EMIR ARABES UNIDOS")."""
    words = [word for word in key.split() if word not in _words().idle]
    if len(words) < 2 or min(map(len, words)) < _SHORTEST_STUMP or _HAN.search(key):
        return None
    longer = (
        code
        for name, code in _by_stump().get((words[0][:_SHORTEST_STUMP], len(words)), ())
        if all(whole.startswith(word) for whole, word in zip(name, words, strict=True))
    )
    found = set(longer)
    return found.pop() if len(found) == 1 else None


@cache
def _by_stump() -> dict[tuple[str, int], list[tuple[list[str], str]]]:
    """Return the names of several words, by the beginning of the first and their number."""
    table: dict[tuple[str, int], list[tuple[list[str], str]]] = {}
    for name, code in _names().items():
        words = [word for word in name.split() if word not in _words().idle]
        if len(words) > 1:
            table.setdefault((words[0][:_SHORTEST_STUMP], len(words)), []).append((words, code))
    return table


def _understood(key: str) -> bool:
    """Tell if every word is one that names of countries are made of; quick."""
    if _HAN.search(key):
        return all(c in _han_letters() or not c.isalpha() or c.isascii() for c in key)
    known = _every_word()
    return all(word in known or word.isdigit() for word in key.split())


def is_country_code_or_official_name(text: str) -> bool:
    """Tell if a text is an ISO code or an ISO name; quick, for columns of company names."""
    name = " ".join(text.split()).upper()
    return name in _codes() or name in _official()


@lru_cache(maxsize=100_000)
def country_code(text: str) -> str | None:
    """Return the ISO 3166 alpha-2 code of a country named in any usual way, or None.

    Parameters
    ----------
    text
        A code (alpha-2, alpha-3, numeric), a name in any language of CLDR, or both together, in
        any order and cut short as customs offices do: ``KOREA, REPUBLIC OF``, ``CHINA P RP``,
        ``[ES] Spain``, ``156 CHINA``, ``US, California``, ``ГОНКОНГ (КИТАЙ)``, ``中国香港``.

    Returns
    -------
    str or None
        None for what is no one country (``ZZ``, ``EUROPEAN UNION``) and for what is not
        understood to the last word. A territory inside a country is the territory
        (``China - Hong Kong``: HK).

    Examples
    --------
    >>> country_code("SPAIN (ES)"), country_code("NA"), country_code("ZZ")
    ('ES', 'NA', None)
    """
    name = " ".join(text.split()).upper().strip(" .,;:\"'")
    if not name or len(name) > LONGEST_NAME or is_no_country(name) or is_group(name):
        return None
    if not name.isalnum() and text.strip().casefold() in missing_texts():
        return None
    found = _codes().get(name) or _official().get(name)
    if found is not None:
        return found
    if (name.isascii() and len(name) <= 2) or not any(char.isalpha() for char in name):
        return None
    if not name.isascii():
        # Initials of other alphabets may take two Latin letters each.
        name = _DOTTED.sub(lambda found: found[0].replace(".", ""), name)
    key = name_key(name)
    if len(key) <= 2 and name.isascii():
        return _codes().get(key.upper())
    if len(key) <= 2 and key.isascii() and not _LATIN.fullmatch(name):
        # Two letters of another alphabet may be another code ("ИМ": imports).
        return _toml_names().get(key)
    code = _names().get(key)
    if code is None and key not in _words().unclear:
        code = _read(name, key)
    return code if code in _countries() else None


def _read(name: str, key: str) -> str | None:
    bare = _without_remarks(name)
    if bare != name:
        name, key = bare, name_key(bare)
        if key in _names():
            return _names()[key]
    if not _understood(key):
        return _cut_off(key) or _shortened(key)
    place = _parse(name)
    if place is not None and len(place.countries) == 1:
        return next(iter(place.countries))
    if place is not None and len(place.within) == 1 and key in _own_places():
        return _own_places()[key]
    return _cut_off(key) or _shortened(key)


# Of the numbers with three digits 28 in 100 are those of a country in ISO 3166-1 (249 of 900), so
# that three different ones that all are stand in another table once in fifty times. The statistics
# of the United Nations also number groups ("world", "areas nes").
_FEWEST_NUMBERS, _NEARLY_ALL = 3, 0.9


def padded_number(text: str) -> str:
    """Return a country's number with the zeros that a spreadsheet takes from its beginning."""
    return text.removesuffix(".0").zfill(_LONGEST_CODE)


def are_iso_numbers(numbers: Iterable[str]) -> bool:
    """Tell if the numbers of a column are ISO 3166's, not those of a national table."""
    different = set(map(padded_number, numbers))
    known = sum(country_code(number) is not None for number in different)
    return len(different) >= _FEWEST_NUMBERS and known >= _NEARLY_ALL * len(different)


@lru_cache(maxsize=100_000)
def guessed_country(text: str) -> str | None:
    """Return the country that a text most likely means although it is not written so.

    One letter is wrong, lost, added or changed with its neighbour in a name of six letters or
    more and only one country has such a name (``Bahrian``); or a code stands in brackets behind
    words that are not understood. A guess is to be said where it is used.
    """
    if country_code(text) is not None or is_no_country(text) or is_group(text):
        return None
    key = name_key(text)
    if not _SHORTEST_SLIP <= len(key) <= LONGEST_NAME:
        return None
    # A short text of words that occur in names may be another place.
    if (len(key) < _LONG_NAME or " " not in key) and _understood(key):
        return None
    coded = re.fullmatch(r".{3,}?\s*[(\[]([A-Za-z]{2,3})[)\]]", text.strip())
    if coded:
        return _codes().get(coded[1].upper())
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    found: set[str] = set()
    for length in (len(key) - 1, len(key), len(key) + 1):
        near = process.extract(
            key, _by_length().get(length, []), scorer=OSA.distance, score_cutoff=1, limit=None
        )
        found |= {_names()[name] for name, _, _ in near}
    return found.pop() if len(found) == 1 and found <= _countries() else None


@cache
def _names_in_english() -> frozenset[str]:
    """Names of ISO 3166-1: among those of all languages any word is near to one of them."""
    import pycountry

    fields = ("name", "common_name", "official_name")
    return frozenset(
        name_key(str(getattr(country, field)))
        for country in pycountry.countries
        for field in fields
        if hasattr(country, field)
    )


@cache
def _by_length() -> dict[int, list[str]]:
    table: dict[int, list[str]] = {}
    for name in sorted(_names_in_english() & _names().keys()):
        if len(name) >= _SHORTEST_SLIP - 1:
            table.setdefault(len(name), []).append(name)
    return table


def is_no_country(text: str) -> bool:
    """Tell if a text says that no country is given (ZZ, NOT SPECIFIED, 国别不详)."""
    if text.isascii() and len(text) <= _LONGEST_CODE:
        return text.upper() in _toml()["no_country"]["codes"]
    return name_key(text) in _words().nowhere


def is_group(text: str) -> bool:
    """Tell if a text names no one country on purpose (EU, Areas nes, international waters)."""
    if text.isascii() and len(text) <= _LONGEST_CODE:
        return text.upper() in _toml()["groups"]["codes"]
    return name_key(text) in _words().groups


@cache
def country_name(code: str) -> str:
    """Return the English short name of an ISO 3166 alpha-2 code, or the code if it has none."""
    import pycountry

    if code == "XK":
        return "Kosovo"
    country: Any = pycountry.countries.get(alpha_2=code)
    if country is None:
        return code
    return str(getattr(country, "common_name", country.name)).split(",")[0]
