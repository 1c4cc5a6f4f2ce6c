"""Write the table of ports and airports that the map looks places up in.

Run by hand when a version changes; what it writes is committed::

    pip install airportsdata==20260905 searoute==1.6.0
    python scripts/port_table.py

Seaports are those of searoute (UN/LOCODE, name, place), airports those of airportsdata with an
IATA code. Ports whose code says another country than their entry, or two places, are left out.
``also`` holds the city of an airport and other names of a seaport. The licences go into
``LICENSES.md`` beside the table.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path

STATIC = Path(__file__).resolve().parents[1] / "chipflow" / "views" / "static"
sys.path.insert(0, str(STATIC.parents[2]))

from chipflow.records.vocabulary.countries import country_code  # noqa: E402

# package, version, its licence file, what was taken
SOURCES = (
    ("airportsdata", "20260905", "LICENSE", "airports: IATA code, country, name, city, place"),
    ("searoute", "1.6.0", "LICENCE.txt", "data/ports.geojson: UN/LOCODE, name, place"),
)
COLUMNS = ("code", "country", "name", "also", "longitude", "latitude")
ALSO = " / "  # between names in one cell
ONE_PORT = 0.5  # degrees between two entries of one code that may be one port
# By hand: names in daily use that the sources do not have.
OTHER_NAMES = {
    "BEANR": ("Antwerp",), "CNCAN": ("Canton",), "DEBRE": ("Bremen",), "IDJKT": ("Jakarta",),
    "INMAA": ("Madras",), "KRPUS": ("Busan",), "MYPKG": ("Port Klang", "Klang"),
    "VNSGN": ("Cat Lai", "Saigon"),
}  # fmt: skip
OTHER_AIRPORT_NAMES = {"SIN": ("Changi",), "HKG": ("Hong Kong International",), "BOM": ("Bombay",)}
# Landing places that no freighter uses.
_SMALL = re.compile(r"seaplane|heliport|airstrip|water aerodrome|\bsky ?park\b", re.IGNORECASE)
DIGITS = 2  # decimals of a degree, about a kilometre: a mark on the map is wider
# What the map leaves out of names when it compares them, so that the city is in the name.
_RANK = re.compile(r" (International|Regional|Municipal)$")
_LOCODE = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
_BEGIN, _END = "<!-- scripts/port_table.py: begin -->", "<!-- scripts/port_table.py: end -->"


def main() -> int:
    """Write ``ports.csv`` and the licences of what it was made from."""
    for package, version, _, _ in SOURCES:
        found = distribution(package).version
        if found != version:
            raise SystemExit(f"{package} {found} is installed, {version} is asked for")
    rows = sorted({*_seaports(), *_airports()})
    with (STATIC / "ports.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    _write_licences()
    print(f"{len(rows)} ports and airports, {(STATIC / 'ports.csv').stat().st_size:,} bytes")
    return 0


def _seaports() -> Iterator[tuple[str, ...]]:
    """Give each seaport once, with the names of all its entries."""
    source = files("searoute").joinpath("data/ports.geojson").read_text("utf-8")
    entries: dict[str, list[tuple[str, float, float]]] = {}
    for feature in json.loads(source)["features"]:
        said, (longitude, latitude) = feature["properties"], feature["geometry"]["coordinates"]
        code, country = said["port"], country_code(said["cty"].replace("_", " "))
        if _LOCODE.fullmatch(code) and code[:2] == country:
            entries.setdefault(code, []).append((said["name"].strip(), longitude, latitude))
    for code, found in entries.items():
        name, longitude, latitude = found[0]
        if any(max(abs(x - longitude), abs(y - latitude)) > ONE_PORT for _, x, y in found):
            continue
        others = [other for other, _, _ in found[1:] if other != name]
        also = ALSO.join([*others, *OTHER_NAMES.get(code, ())])
        yield code, code[:2], name, also, *_place(longitude, latitude)


def _airports() -> Iterator[tuple[str, ...]]:
    import airportsdata

    for code, said in airportsdata.load("IATA").items():
        if _SMALL.search(said["name"]):
            continue
        # "Airport" at the end of nearly every name says what a code of three letters says.
        name = re.sub(r"\s+Airport$", "", said["name"].strip())
        others = OTHER_AIRPORT_NAMES.get(code, ())
        place = _place(said["lon"], said["lat"])
        bare = _RANK.sub("", name)
        also = ALSO.join(one for one in (said["city"].strip(), *others) if one not in (name, bare))
        yield code, said["country"], name, also, *place


def _place(longitude: float, latitude: float) -> tuple[str, str]:
    return f"{round(longitude, DIGITS):g}", f"{round(latitude, DIGITS):g}"


def _write_licences() -> None:
    lines = [_BEGIN, "", "`ports.csv` was made by `scripts/port_table.py` from:", ""]
    for package, version, licence, taken in SOURCES:
        text = distribution(package).read_text(f"licenses/{licence}")
        if text is None:
            raise SystemExit(f"{package} holds no {licence}")
        lines += [f"## {package} {version}", "", f"Taken and cut down: {taken}.", "", "```text"]
        lines += [line.rstrip() for line in text.strip().splitlines()]
        lines += ["```", ""]
    page = STATIC / "LICENSES.md"
    kept = page.read_text(encoding="utf-8").split(_BEGIN)[0].rstrip()
    page.write_text("\n".join([kept, "", *lines, _END, ""]), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    raise SystemExit(main())
