from __future__ import annotations

import hashlib
import json

import numpy as np
import pycountry
import pytest
from matplotlib.path import Path

from chipflow.views import world


def test_every_country_has_a_label_point():
    points = world.label_points()
    assert {country.alpha_2 for country in pycountry.countries} <= set(points)
    assert all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in points.values())


def test_label_point_of_a_country_on_the_date_line_is_on_it():
    longitude, latitude = world.label_points()["FJ"]
    assert 176 < longitude < 180
    assert -19 < latitude < -16


@pytest.mark.parametrize("code", ["SG", "HK", "MO", "BH", "MT", "TW", "US", "CN", "AE"])
def test_label_points_lie_inside_their_country(code):
    source = world.topology()
    arcs = world.decode_arcs(source)
    geometry = next(
        one for one in source["objects"]["countries"]["geometries"] if one.get("id") == code
    )
    rings = [polygon[0] for polygon in world.geometry_rings(geometry, arcs)]
    assert any(Path(ring).contains_point(world.label_points()[code]) for ring in rings)


def test_vendored_files_are_the_published_ones():
    lines = world.static("SHA256SUMS").read_text(encoding="utf-8").split("\n")
    for digest, name in (line.split() for line in lines if line):
        assert hashlib.sha256(world.static(name).read_bytes()).hexdigest() == digest
    text = world.static("LICENSES.md").read_text(encoding="utf-8")
    for library in ("world-atlas 2.0.2", "d3-geo 3.1.2", "d3-array 3.2.5", "topojson-client 3.1.0"):
        assert library in text


def test_outlines_cross_no_edge():
    # A ring that jumped from 180 to -180 would draw a stripe over the whole map.
    assert all(np.abs(np.diff(ring[:, 0])).max() < 180 for ring in world.outlines()
               if abs(ring[0, 0] - ring[-1, 0]) < 1 and ring[:, 1].min() > -80)  # fmt: skip
    assert json.dumps(world.topology())


def test_centre_follows_the_arcs():
    # United States to Singapore is shorter over the Pacific, to Germany over the Atlantic.
    us, sg, de = -98.5, 103.8, 10.0
    assert world.best_centre([us], [sg], [1]) == 150.0
    assert world.best_centre([us], [de], [1]) == 11.0
    assert world.best_centre([us, us], [sg, de], [10, 1]) == 150.0
    assert world.best_centre([], [], []) == 11.0


def test_projection_is_equal_earth():
    # Savric, Patterson, Jenny (2018): the equator is 2 * 2.7066 wide, the pole at 1.3173.
    x, y = world.project([180.0, 0.0], [0.0, 90.0], 0.0)
    assert x[0] == pytest.approx(2.7066, abs=1e-3)
    assert y[1] == pytest.approx(1.3173, abs=1e-3)


def test_unknown_codes_keep_a_name():
    assert world.country_name("TW") == "Taiwan"
    assert world.country_name(world.UNKNOWN) == "country not recorded"
    assert world.country_name("ZZ") == "ZZ"
