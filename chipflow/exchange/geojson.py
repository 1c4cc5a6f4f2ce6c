"""The routes of leads as GeoJSON (RFC 7946), for QGIS, kepler.gl and geopandas."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from chipflow.views.spec import view_spec

if TYPE_CHECKING:
    from pathlib import Path

    from chipflow.leads import Leads

QUESTION = "A lead is a question, not a finding."


def write_geojson(leads: Leads, path: Path) -> None:
    """Write one line a hop of each lead, and one point a country or port that they meet."""
    text = json.dumps(collection(leads), ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def collection(leads: Leads) -> dict[str, Any]:
    """Return the routes as a FeatureCollection.

    Parameters
    ----------
    leads
        What :func:`chipflow.find_leads` returned.

    Returns
    -------
    dict
        Lines with ``lead_id, rank, hop, kind`` (recorded or inferred), ``from_country,
        to_country, from_port, to_port, units`` (chips), ``records, first_date, last_date, chips``;
        points with ``kind`` (country or port), ``code, name``. Degrees, WGS 84. A line that
        crosses the meridian of 180 degrees is cut there in two.
    """
    spec = view_spec(leads)
    countries, ports = _rows(spec.countries), _rows(spec.ports)
    found = spec.rows("leads")
    features = []
    for arc in spec.rows("arcs"):
        ends = [
            (ports[arc[port]] if arc[port] is not None else countries[arc[place]], arc[port])
            for place, port in (("origin", "from_port"), ("target", "to_port"))
        ]
        (start, from_port), (end, to_port) = ends
        lead = found[arc["lead"]]
        properties = {
            "lead_id": lead["id"],
            "rank": lead["rank"],
            "hop": arc["hop"],
            "kind": "inferred" if arc["inferred"] else "recorded",
            "from_country": countries[arc["origin"]]["code"],
            "to_country": countries[arc["target"]]["code"],
            "from_port": ports[from_port]["name"] if from_port is not None else None,
            "to_port": ports[to_port]["name"] if to_port is not None else None,
            "units": arc["units"],
            "records": arc["records"],
            "first_date": _day(arc["first"]),
            "last_date": _day(arc["last"]),
            "chips": lead["chips"],
        }
        line = _line((start["lon"], start["lat"]), (end["lon"], end["lat"]))
        features.append({"type": "Feature", "geometry": line, "properties": properties})
    met = {arc[place] for arc in spec.rows("arcs") for place in ("origin", "target")}
    points = [("country", countries[one]) for one in sorted(met)]
    points += [("port", one) for one in ports]
    features += [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [one["lon"], one["lat"]]},
            "properties": {"kind": kind, "code": one["code"], "name": one["name"]},
        }
        for kind, one in points
    ]
    said = "SIMULATED RECORDS: no real company is meant. " if spec.simulated else ""
    return {
        "type": "FeatureCollection",
        "name": "chipflow routes",
        "description": said + QUESTION,
        "features": features,
    }


def _line(start: tuple[float, float], end: tuple[float, float]) -> dict[str, Any]:
    """Return the shorter way round the world, cut at 180 degrees (RFC 7946, 3.1.9)."""
    (west, south), (east, north) = start, end
    if abs(east - west) <= 180:
        return {"type": "LineString", "coordinates": [[west, south], [east, north]]}
    edge = 180.0 if west > 0 else -180.0
    whole = 360 - abs(east - west)
    share = (180 - abs(west)) / whole if whole else 0.5
    crossing = south + share * (north - south)
    return {
        "type": "MultiLineString",
        "coordinates": [
            [[west, south], [edge, crossing]],
            [[-edge, crossing], [east, north]],
        ],
    }


def _rows(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _day(days: int | None) -> str | None:
    return None if days is None else str(dt.date(1970, 1, 1) + dt.timedelta(days=days))
