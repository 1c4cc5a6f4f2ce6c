"""Fetch the page libraries and outlines that chipflow ships, and the licences they come under.

The checker of accessibility that the tests use is fetched too, into ``tests/views/axe``.

Run by hand when a version changes (needs ``npm`` and a network); what it writes is committed::

    python scripts/vendor_static.py

Every file carries its version in its name and is written as published, apart from line ends.
``SHA256SUMS`` lets a reader compare it with the registry's copy, ``LICENSES.md`` keeps the
licence texts, ``label-points.csv`` holds one point a country where its name and arcs start.
"""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pycountry
from matplotlib.path import Path as Ring

STATIC = Path(__file__).resolve().parents[1] / "chipflow" / "views" / "static"
sys.path.insert(0, str(STATIC.parents[2]))

from chipflow.views.world import decode_arcs, geometry_rings, iso2_of  # noqa: E402

# package, version, file inside the package, file written (None: only the licence is kept)
VENDORED = (
    ("world-atlas", "2.0.2", "countries-50m.json", "world-atlas-2.0.2-countries-50m.json"),
    ("d3-array", "3.2.5", "dist/d3-array.min.js", "d3-array-3.2.5.min.js"),
    ("d3-geo", "3.1.2", "dist/d3-geo.min.js", "d3-geo-3.1.2.min.js"),
    ("topojson-client", "3.1.0", "dist/topojson-client.min.js", "topojson-client-3.1.0.min.js"),
    # Bundled into d3-array's own build; its licence asks to be kept.
    ("internmap", "2.0.3", None, None),
)

# Where the licences of the table of ports begin.
PORTS_MARK = "<!-- scripts/port_table.py: begin -->"

# The checker of accessibility that the tests run in the pages; it is not part of the package.
AXE = ("axe-core", "4.14.1", "axe.min.js")
AXE_FOLDER = Path(__file__).resolve().parents[1] / "tests" / "views" / "axe"

# Natural Earth 1:50m draws these as part of another country or not at all.
UNDRAWN = {
    "BQ": (-68.27, 12.18),
    "BV": (3.36, -54.42),
    "CC": (96.83, -12.17),
    "CX": (105.63, -10.45),
    "GF": (-53.13, 3.93),
    "GI": (-5.35, 36.14),
    "GP": (-61.55, 16.25),
    "MQ": (-61.02, 14.64),
    "RE": (55.54, -21.12),
    "SJ": (16.0, 78.6),
    "TK": (-171.85, -9.2),
    "TV": (179.2, -8.52),
    "UM": (166.63, 19.3),
    "YT": (45.15, -12.83),
}
# Where the widest spot of the largest piece of land is far from where people and ports are.
PREFERRED = {
    "AU": (145.0, -33.0), "BR": (-47.5, -15.5), "CA": (-97.0, 51.5), "CN": (109.5, 33.5),
    "CL": (-71.0, -34.0), "EG": (30.6, 28.5), "ID": (110.0, -7.2), "MY": (102.1, 4.4),
    "NO": (9.5, 61.0), "RU": (48.0, 56.5), "SE": (15.3, 60.0), "FI": (25.8, 62.3),
    "US": (-98.5, 39.5), "VN": (105.9, 20.8), "TH": (101.0, 15.5), "PH": (121.0, 15.2),
    "JP": (138.3, 36.2), "NZ": (175.2, -39.0), "DK": (9.3, 56.0), "OM": (57.5, 22.5),
    "KZ": (69.5, 48.5), "IN": (78.2, 21.8), "ZA": (25.5, -29.0), "TR": (33.5, 39.2),
}  # fmt: skip
GRID = 48  # Points a side when looking for the widest spot of a country.


def main() -> int:
    """Write every vendored file, the licences, the sums and the label points."""
    STATIC.mkdir(parents=True, exist_ok=True)
    sums: list[str] = []
    licences = [
        "# Licences of what is vendored in this folder",
        "",
        "Written by `scripts/vendor_static.py`. The outlines are Natural Earth's (public domain), "
        "as published in TopoJSON by world-atlas. vis-network is not vendored: it is read from the "
        "installed `pyvis` package and is under Apache-2.0 or MIT.",
        "",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for package, version, inside, name in VENDORED:
            unpacked = _unpack(package, version, Path(folder))
            licences += [f"## {package} {version}", "", "```text"]
            licences += [_text(unpacked / "LICENSE").strip(), "```", ""]
            if inside and name:
                content = _text(unpacked / inside)
                (STATIC / name).write_text(content, encoding="utf-8", newline="\n")
                sums.append(f"{hashlib.sha256(content.encode()).hexdigest()}  {name}")
        _vendor_axe(Path(folder))
    page = STATIC / "LICENSES.md"
    # What scripts/port_table.py wrote there stays.
    others = PORTS_MARK + _text(page).partition(PORTS_MARK)[2] if PORTS_MARK in _text(page) else ""
    page.write_text("\n".join(licences) + "\n" + others, encoding="utf-8", newline="\n")
    (STATIC / "SHA256SUMS").write_text("\n".join(sorted(sums)) + "\n", encoding="utf-8")
    atlas = next(name for package, _, _, name in VENDORED if package == "world-atlas" and name)
    points = label_points(json.loads((STATIC / atlas).read_text(encoding="utf-8")))
    with (STATIC / "label-points.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["country", "longitude", "latitude", "how"])
        writer.writerows(points)
    print(f"{len(sums)} files, {len(points)} label points in {STATIC}")
    return 0


def _vendor_axe(folder: Path) -> None:
    """Write the checker with its version in the name, and the licences it comes under."""
    package, version, inside = AXE
    unpacked = _unpack(package, version, folder)
    AXE_FOLDER.mkdir(parents=True, exist_ok=True)
    for source, name in (
        (inside, f"{package}-{version}.min.js"),
        ("LICENSE", "LICENSE"),
        ("LICENSE-3RD-PARTY.txt", "LICENSE-3RD-PARTY.txt"),
    ):
        (AXE_FOLDER / name).write_text(_text(unpacked / source), encoding="utf-8", newline="\n")


def label_points(topology: dict[str, Any]) -> list[tuple[str, float, float, str]]:
    """Return one point for each country of ISO 3166-1 (and XK), sorted by code."""
    arcs = decode_arcs(topology)
    found: dict[str, tuple[float, float, str]] = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        code = iso2_of(geometry)
        if not code or code in found:
            continue
        rings = [_unbroken(polygon[0]) for polygon in geometry_rings(geometry, arcs)]
        longitude, latitude = _widest_spot(max(rings, key=_area))
        found[code] = ((longitude + 180) % 360 - 180, latitude, "widest spot")
    for code, (longitude, latitude) in UNDRAWN.items():
        found[code] = (longitude, latitude, "by hand: not drawn at 1:50m")
    for code, (longitude, latitude) in PREFERRED.items():
        found[code] = (longitude, latitude, "by hand: nearer to people and ports")
    missing = {country.alpha_2 for country in pycountry.countries} - set(found)
    if missing:
        raise SystemExit(f"no label point for {sorted(missing)}: add them to UNDRAWN")
    return [
        (code, round(longitude, 2), round(latitude, 2), how)
        for code, (longitude, latitude, how) in sorted(found.items())
    ]


def _unbroken(ring: np.ndarray) -> np.ndarray:
    """A ring over the date line with its western part moved by a turn, so that it is one piece."""
    if np.ptp(ring[:, 0]) < 180:
        return ring
    return np.column_stack([ring[:, 0] % 360, ring[:, 1]])


def _area(ring: np.ndarray) -> float:
    """Area of a ring on an equal-area cylinder, unit free."""
    x, y = np.radians(ring[:, 0]), np.sin(np.radians(ring[:, 1]))
    return float(abs(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) / 2)


def _widest_spot(ring: np.ndarray) -> tuple[float, float]:
    """The grid point inside a ring that is farthest from its outline."""
    (west, south), (east, north) = ring.min(axis=0), ring.max(axis=0)
    step = (np.arange(GRID) + 0.5) / GRID
    grid = np.stack(
        np.meshgrid(west + (east - west) * step, south + (north - south) * step), axis=-1
    ).reshape(-1, 2)
    inside = grid[Ring(ring).contains_points(grid)]
    if not len(inside):
        return tuple(ring.mean(axis=0))
    squeeze = np.array([np.cos(np.radians((south + north) / 2)), 1.0])
    gaps = np.linalg.norm((inside[:, None, :] - ring[None, :, :]) * squeeze, axis=2).min(axis=1)
    return tuple(inside[int(gaps.argmax())])


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8").replace("\r\n", "\n").replace("\r", "\n")


def _unpack(package: str, version: str, folder: Path) -> Path:
    """Download one package with npm and return its unpacked folder."""
    packed = subprocess.run(
        ["npm", "pack", "--silent", f"{package}@{version}"],
        cwd=folder, check=True, capture_output=True, text=True,
    ).stdout.split()[-1]  # fmt: skip
    target = folder / f"{package}-{version}"
    with tarfile.open(folder / packed) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


if __name__ == "__main__":
    raise SystemExit(main())
