"""Where a port or airport lies that a record names: by code, or by name in a known country.

A port is looked for in the countries that the record itself or the port's own text names, and
nowhere else; one that is not found, or found in two places, has no place. The places come from
``static/ports.csv``, see ``scripts/port_table.py``.
"""

from __future__ import annotations

import csv
import functools
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from chipflow.records.vocabulary.countries import country_code, is_country_code_or_official_name
from chipflow.records.vocabulary.words import fold
from chipflow.views import world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# A longer text is no name of a port.
LONGEST_TEXT = 200  # characters
# Seaport and airports of one city count as one place; on a map of the world they are one.
SAME_PLACE_KM = 60.0
# Share of letters that agree between a misspelt name and the one meant, how much worse the next
# place has to be, and the shortest name that may be misspelt: below, too many names are alike.
ALIKE, APART, SHORTEST = 90.0, 5.0, 7
_MOST_ALIKE = 5
AIRPORT_CODE = 3  # letters of an IATA code; a UN/LOCODE has five characters
_EARTH_KM = 6371.0

_LOCODE = re.compile(r"([A-Z]{2})[ -]?([A-Z]{1}[A-Z0-9]{2})\d?")
_IATA = re.compile(r"[A-Z]{3}")
_PIECES = re.compile(r"[,;/|()\[\]]|\s[-–—]\s|:\s")
_BRACKETED = re.compile(r"[(\[]\s*([A-Z]{2})\s*[)\]]")
_AT_END = re.compile(r"\s+airport\s*$", re.IGNORECASE)
_AIR = re.compile(
    r"\b(?:airport|air|aeropuerto|aeroporto|aeroport|flughafen|bandara|san bay|havalimani)\b"
    r"|机场|機場|аэропорт|аеропорт"
)
# Words around a name that are no part of it.
_AROUND = frozenset([
    "port", "ports", "of", "the", "sea", "seaport", "harbour", "harbor", "terminal", "container",
    "containers", "cargo", "complex", "airport", "air", "aeropuerto", "aeroporto", "aeroport",
    "flughafen", "international", "intl", "int", "l", "regional", "municipal", "puerto", "pto",
    "porto", "de", "hafen", "pelabuhan", "liman", "limani", "cang", "acc", "icd",
])  # fmt: skip
# Cities that are ports and are named as countries, whatever they are called.
_CITIES = frozenset({"HK", "MO", "SG"})
# A state of the United States that is called like a country.
_STATES = frozenset({"georgia"})


@dataclass(frozen=True)
class Port:
    """A port or airport that was found.

    Attributes
    ----------
    code
        UN/LOCODE of a seaport, IATA code of an airport.
    country
        ISO 3166 alpha-2.
    name
        As the table has it.
    longitude, latitude
        Degrees.
    city
        Of an airport, if its name does not say it.
    """

    code: str
    country: str
    name: str
    longitude: float
    latitude: float
    city: str = ""

    @property
    def is_airport(self) -> bool:
        """Tell an airport from a seaport."""
        return len(self.code) == AIRPORT_CODE


@dataclass(frozen=True)
class _Table:
    by_code: dict[str, Port]
    # Whole names, then bare ones and the cities of airports: country -> key -> ports.
    tiers: tuple[dict[str, dict[str, list[Port]]], dict[str, dict[str, list[Port]]]]
    names: frozenset[str]


def locate(text: str, countries: Iterable[str]) -> Port | None:
    """Return the port or airport that a text means, or None.

    Parameters
    ----------
    text
        As a record has it: ``SGSIN``, ``HONG KONG, HKHKG``, ``4601 - Newark``, ``Port Klang``.
    countries
        ISO 3166 codes that the record gives for this side of the shipment.

    Examples
    --------
    >>> locate("Port Klang", ["MY"]).code, locate("Port Klang", ["SG"])
    ('MYPKG', None)
    """
    if len(text) > LONGEST_TEXT:
        return None
    known = tuple(dict.fromkeys(countries))
    pieces = [piece.strip() for piece in _PIECES.split(text) if piece.strip()]
    whole = [text.strip(), *(pieces if len(pieces) > 1 else [])]
    for piece in whole:
        found = _by_code(piece, known)
        if found is not None:
            return found
    air = bool(_AIR.search(fold(text)))
    named = _countries_in(text, whole, known)
    for find in (_by_name, _alike):
        places = [
            port
            for country in named or known
            if (port := _first(whole, functools.partial(find, country=country, air=air)))
        ]
        if places:
            return places[0] if _one_place(places) else None
    return None


def _first(names: list[str], find: Callable[[str], Port | None]) -> Port | None:
    """Return what the whole text is, else what its pieces are if they agree."""
    found = find(names[0])
    if found is not None:
        return found
    places = [port for name in names[1:] if (port := find(name)) is not None]
    return places[0] if places and _one_place(places) else None


def _by_code(piece: str, known: tuple[str, ...]) -> Port | None:
    table = _table()
    match = _LOCODE.fullmatch(piece)
    if match:
        country, place = match.groups()
        port = table.by_code.get(country + place) or table.by_code.get(f"{country}:{place}")
        # In another country than the record's, a word of five letters is believed to be a code
        # only if it is no name.
        if port is not None and (country in known or _key(piece) not in table.names):
            return port
    if _IATA.fullmatch(piece):
        for country in known:
            port = table.by_code.get(f"{country}:{piece}")
            if port is not None:
                return port
    return None


def _countries_in(text: str, pieces: list[str], known: tuple[str, ...]) -> list[str]:
    """Return the countries that a text names; two letters count in brackets only, as (CL)."""
    found = [code for code in _BRACKETED.findall(text) if country_code(code)]
    for piece in pieces:
        short = piece.isascii() and len(piece) <= AIRPORT_CODE
        if short or ("US" in known and fold(piece) in _STATES):
            continue
        code = country_code(piece)
        # A city may count as a name of its country there ("OSAKA"), but says no country here.
        if code in _CITIES or is_country_code_or_official_name(piece):
            found.append(str(code))
    return list(dict.fromkeys(found))


def _by_name(name: str, country: str, air: bool) -> Port | None:
    table = _table()
    spelled = [name]
    # Hong Kong and Singapore are countries and ports, in every language.
    if country_code(name) == country:
        spelled.append(world.country_name(country))
    keys = [k for one in spelled for k in (_key(one), _key(_AT_END.sub("", one)), _bare(one)) if k]
    # A text that says airport means one; else a seaport of that name goes before an airport.
    for wanted in (True,) if air else (False, True):
        for tier in table.tiers:
            of_country = tier.get(country, {})
            for key in keys:
                ports = [port for port in of_country.get(key, ()) if port.is_airport == wanted]
                if ports:
                    return _one_of(ports)
    return None


def _alike(name: str, country: str, air: bool) -> Port | None:
    """Return the port whose name differs by a slip of the pen, if only one does."""
    from rapidfuzz import fuzz, process

    found: list[tuple[float, Port]] = []
    for tier, key in zip(_table().tiers, (_key(name), _bare(name)), strict=False):
        if len(key) < SHORTEST:
            continue
        keys = tier.get(country, {})
        close = process.extract(key, list(keys), scorer=fuzz.ratio, limit=_MOST_ALIKE)
        found += [(score, port) for one, score, _ in close for port in keys[one]]
    found = [(score, port) for score, port in found if not air or port.is_airport]
    best = max((score for score, _ in found), default=0.0)
    if best < ALIKE:
        return None
    return _one_of([port for score, port in sorted(found, key=_by_score) if score > best - APART])


def _by_score(found: tuple[float, Port]) -> tuple[float, bool, str]:
    return -found[0], found[1].is_airport, found[1].code


def _one_of(ports: list[Port]) -> Port | None:
    """Return the first of ports in one place; several airports of a city are called after it."""
    if not _one_place(ports):
        return None
    several = len({port.code for port in ports}) > 1 and ports[0].is_airport
    return replace(ports[0], name=ports[0].city or ports[0].name) if several else ports[0]


def _one_place(ports: list[Port]) -> bool:
    first = ports[0]
    return all(_distance(first, other) <= SAME_PLACE_KM for other in ports[1:])


def _distance(one: Port, other: Port) -> float:
    """Great-circle distance in kilometres."""
    a, b = np.radians([one.latitude, other.latitude])
    turned = np.radians(one.longitude - other.longitude)
    half = np.sin((a - b) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(turned / 2) ** 2
    return float(2 * _EARTH_KM * np.arcsin(np.sqrt(half)))


def _key(name: str) -> str:
    """Return a name to compare: Latin letters and digits, without blanks and accents."""
    from rigour.text.translit import ascii_text

    latin = name if name.isascii() else ascii_text(name)
    return fold(latin).replace(" ", "")


def _bare(name: str) -> str:
    """Return the key of a name without the words around it and without numbers."""
    from rigour.text.translit import ascii_text

    latin = name if name.isascii() else ascii_text(name)
    words = [one for one in fold(latin).split() if one not in _AROUND and not one.isdigit()]
    return "".join(words)


@functools.cache
def _table() -> _Table:
    by_code: dict[str, Port] = {}
    tiers: tuple[dict[str, dict[str, list[Port]]], dict[str, dict[str, list[Port]]]] = ({}, {})
    names: set[str] = set()

    def add(tier: int, key: str, port: Port) -> None:
        if key:
            names.add(key)
            ports = tiers[tier].setdefault(port.country, {}).setdefault(key, [])
            if port not in ports:
                ports.append(port)

    text = world.static("ports.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        place = float(row["longitude"]), float(row["latitude"])
        also = [other for other in row["also"].split(" / ") if other]
        city = also[0] if also and len(row["code"]) == AIRPORT_CODE else ""
        port = Port(row["code"], row["country"], row["name"], *place, city)
        # Airports by IATA within their country, and by the UN/LOCODE that ends in it.
        by_code[f"{port.country}:{port.code}" if port.is_airport else port.code] = port
        spellings = [one.strip() for one in re.split(r"[(),/]", port.name) if one.strip()]
        for spelling in dict.fromkeys([port.name, *spellings]):
            add(0, _key(spelling), port)
            add(1, _bare(spelling), port)
        for other in also:
            if not port.is_airport:
                add(0, _key(other), port)
            add(1, _key(other), port)
            add(1, _bare(other), port)
    return _Table(by_code, tiers, frozenset(names))
