"""Country outlines and label points, the same for the page and for figures.

The outlines are Natural Earth 1:50m (public domain) in the TopoJSON build of world-atlas 2.0.2,
see ``static/LICENSES.md``. Countries are addressed by ISO 3166-1 alpha-2.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from chipflow.records.vocabulary import countries

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from numpy.typing import ArrayLike

ATLAS = "world-atlas-2.0.2-countries-50m.json"
# Natural Earth draws these without an ISO number; XK is the code in common use for Kosovo.
UNNUMBERED = {"Kosovo": "XK"}
# A spot in the South Pacific for records that name no country, and how it is called.
UNKNOWN = "??"
UNKNOWN_POINT = (-125.0, -38.0)
UNKNOWN_NAME = "country not recorded"
# Two ways to cut the globe: through the Bering Strait, or down the middle of the Atlantic.
CENTRES = (11.0, 150.0)
# Equal Earth projection: Savric, Patterson, Jenny (2018), doi 10.1080/13658816.2018.1504949
EQUAL_EARTH = (1.340264, -0.081106, 0.000893, 0.003796)


def static(name: str) -> Traversable:
    """Return a file of the package's static folder."""
    return importlib.resources.files("chipflow.views") / "static" / name


@functools.cache
def topology() -> dict[str, Any]:
    """Return the outlines as TopoJSON whose geometries carry ``id`` = ISO alpha-2 and no name.

    Returns
    -------
    dict
        One object ``countries``; geometries without a code keep no ``id``.
    """
    source = json.loads(static(ATLAS).read_text(encoding="utf-8"))
    geometries = []
    for geometry in source["objects"]["countries"]["geometries"]:
        code = iso2_of(geometry)
        kept = {"type": geometry["type"], "arcs": geometry["arcs"]}
        geometries.append({**kept, "id": code} if code else kept)
    return {
        "type": "Topology",
        "transform": source["transform"],
        "arcs": source["arcs"],
        "objects": {"countries": {"type": "GeometryCollection", "geometries": geometries}},
    }


@functools.cache
def label_points() -> dict[str, tuple[float, float]]:
    """Return longitude and latitude in degrees of one point for every country, by code."""
    lines = static("label-points.csv").read_text(encoding="utf-8").splitlines()[1:]
    rows = (line.split(",", 3) for line in lines)
    return {code: (float(longitude), float(latitude)) for code, longitude, latitude, _ in rows}


@functools.cache
def country_name(code: str) -> str:
    """Return the English short name of a country, or the code itself if there is none."""
    return UNKNOWN_NAME if code == UNKNOWN else countries.country_name(code)


def iso2_of(geometry: dict[str, Any]) -> str | None:
    """Return the ISO alpha-2 code of one outline, None where it has no code of its own."""
    import pycountry

    if "id" not in geometry:
        return UNNUMBERED.get(geometry.get("properties", {}).get("name", ""))
    country = pycountry.countries.get(numeric=str(geometry["id"]).zfill(3))
    return country.alpha_2 if country else None


def decode_arcs(source: dict[str, Any]) -> list[np.ndarray]:
    """Return the arcs of a quantised topology as arrays of (longitude, latitude) degrees."""
    scale = np.array(source["transform"]["scale"])
    shift = np.array(source["transform"]["translate"])
    return [np.cumsum(np.array(arc), axis=0) * scale + shift for arc in source["arcs"]]


def geometry_rings(geometry: dict[str, Any], arcs: list[np.ndarray]) -> list[list[np.ndarray]]:
    """Return the polygons of one outline, each a list of closed rings, the outer ring first."""

    def ring(indices: list[int]) -> np.ndarray:
        # A negative index means the arc backwards (TopoJSON 2.1.4); shared ends are dropped.
        parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indices]
        return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])

    if geometry["type"] == "Polygon":
        return [[ring(part) for part in geometry["arcs"]]]
    if geometry["type"] == "MultiPolygon":
        return [[ring(part) for part in polygon] for polygon in geometry["arcs"]]
    return []


@functools.cache
def outlines() -> tuple[np.ndarray, ...]:
    """Return every outer ring of every country as an array of (longitude, latitude) degrees.

    Longitudes go on beyond 180 where a ring crosses that meridian; a ring around a pole is
    closed along it.
    """
    source = topology()
    arcs = decode_arcs(source)
    return tuple(
        _unrolled(polygon[0])
        for geometry in source["objects"]["countries"]["geometries"]
        for polygon in geometry_rings(geometry, arcs)
    )


def _unrolled(ring: np.ndarray) -> np.ndarray:
    longitude = np.unwrap(ring[:, 0], period=360.0)
    whole = np.column_stack([longitude, ring[:, 1]])
    if abs(longitude[-1] - longitude[0]) < 180:
        return whole
    pole = np.copysign(90.0, ring[:, 1].mean())
    return np.vstack([whole, [longitude[-1], pole], [longitude[0], pole], whole[:1]])


def project(longitude: Any, latitude: Any, centre: float) -> tuple[np.ndarray, np.ndarray]:
    """Project degrees onto the Equal Earth plane with a meridian in the middle.

    Longitudes are taken as they are (not wrapped), so that an outline that crosses the edge can
    be drawn twice, once on either side.
    """
    a1, a2, a3, a4 = EQUAL_EARTH
    theta = np.arcsin(np.sqrt(3) / 2 * np.sin(np.radians(np.asarray(latitude, dtype=float))))
    turned = np.radians(np.asarray(longitude, dtype=float) - centre)
    slope = a1 + 3 * a2 * theta**2 + theta**6 * (7 * a3 + 9 * a4 * theta**2)
    x = 2 * np.sqrt(3) * turned * np.cos(theta) / (3 * slope)
    y = theta * (a1 + a2 * theta**2 + theta**6 * (a3 + a4 * theta**2))
    return x, y


def wrapped(longitude: Any, centre: float) -> np.ndarray:
    """Return longitudes moved by whole turns to within half a turn of a meridian."""
    return (np.asarray(longitude, dtype=float) - centre + 180.0) % 360.0 - 180.0 + centre


def best_centre(from_longitude: ArrayLike, to_longitude: ArrayLike, weight: ArrayLike) -> float:
    """Choose the cut of the globe that sends the fewest arcs the long way round.

    Arcs are never torn at the edge of the map, so one across the cut is drawn over the middle.

    Parameters
    ----------
    from_longitude, to_longitude
        Ends of each arc in degrees.
    weight
        How much each arc counts, for example its units.

    Returns
    -------
    float
        The meridian in the middle of the map; the first of ``CENTRES`` when there is no arc.
    """
    start, end = np.asarray(from_longitude, dtype=float), np.asarray(to_longitude, dtype=float)
    share = np.asarray(weight, dtype=float)
    long_way = [
        float((share * (np.abs(wrapped(end, centre) - wrapped(start, centre)) > 180)).sum())
        for centre in CENTRES
    ]
    return CENTRES[int(np.argmin(long_way))]
