"""How far countries are from each other: what freight adds to the value of imports."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from chipflow.errors import InputError
from chipflow.flows.areas import area

_EARTH_KM = 6371.0
_FROM = ("exporter", "iso_o", "origin")
_TO = ("importer", "iso_d", "destination")
_KM = ("distw", "dist", "distcap", "distwces")


def distances(paths: list[Path]) -> pd.DataFrame:
    """Return distances between countries.

    Parameters
    ----------
    paths
        Files such as CEPII's GeoDist (Mayer and Zignago 2011), Stata or CSV; without any,
        great-circle distances between points in the middle of countries (Natural Earth).

    Returns
    -------
    pandas.DataFrame
        ``exporter, importer`` (ISO alpha-2), ``km``, ``contiguous``.

    Raises
    ------
    InputError
        A file has no columns of distances.
    """
    if not paths:
        return _middle_points()
    return pd.concat([_read(path) for path in paths], ignore_index=True).drop_duplicates(
        ["exporter", "importer"]
    )


def _read(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_stata(path) if path.suffix.lower() == ".dta" else pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError(f"no table of distances ({error})", file=path) from error
    names = {name.lower(): name for name in frame.columns}
    chosen = [next((names[n] for n in ways if n in names), None) for ways in (_FROM, _TO, _KM)]
    if None in chosen:
        raise InputError(
            "no columns of distances",
            file=path,
            hint="give CEPII's GeoDist (iso_o, iso_d, distw, contig), or a CSV with those columns",
        )
    codes = {
        label: (found.code if (found := area(str(label))) else None)
        for label in pd.unique(pd.concat([frame[chosen[0]], frame[chosen[1]]]).dropna())
    }
    made = pd.DataFrame(
        {
            "exporter": frame[chosen[0]].map(codes),
            "importer": frame[chosen[1]].map(codes),
            "km": pd.to_numeric(frame[chosen[2]], errors="coerce").astype(float),
            "contiguous": frame[names["contig"]].astype(float) if "contig" in names else np.nan,
        }
    )
    return made.dropna(subset=["exporter", "importer", "km"])


@cache
def _middle_points() -> pd.DataFrame:
    text = files("chipflow").joinpath("views/static/label-points.csv").read_text("utf-8")
    rows = [line.split(",", 3) for line in text.splitlines()[1:]]
    codes = np.array([row[0] for row in rows])
    longitude = np.radians([float(row[1]) for row in rows])
    latitude = np.radians([float(row[2]) for row in rows])
    # Haversine formula.
    half = (
        np.sin((latitude[:, None] - latitude) / 2) ** 2
        + np.cos(latitude)[:, None]
        * np.cos(latitude)
        * np.sin((longitude[:, None] - longitude) / 2) ** 2
    )
    km = 2 * _EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    first, second = np.meshgrid(np.arange(len(codes)), np.arange(len(codes)), indexing="ij")
    apart = first != second
    return pd.DataFrame(
        {
            "exporter": codes[first[apart]],
            "importer": codes[second[apart]],
            "km": km[apart],
            "contiguous": np.nan,
        }
    )
