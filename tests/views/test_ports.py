"""Ports and airports by code and name, never in a country that nobody named."""

from __future__ import annotations

import csv

import pytest

from chipflow.views import world
from chipflow.views.ports import locate


@pytest.mark.parametrize(
    ("text", "countries", "code"),
    [
        ("SGSIN", ["SG"], "SGSIN"), ("SG SIN", ["SG"], "SGSIN"), ("SINGAPORE", ["SG"], "SGSIN"),
        ("HONG KONG, HKHKG", ["HK"], "HKHKG"), ("香港", ["HK"], "HKHKG"), ("上海", ["CN"], "CNSHA"),
        ("Port Klang", ["MY"], "MYPKG"), ("PORT KELANG", ["MY"], "MYPKG"),
        ("Port of Manila", ["PH"], "PHMNL"), ("NINOY AQUINO INT'L AIRPORT", ["PH"], "MNL"),
        ("Los Angeles International Airport", ["US"], "LAX"), ("LAX", ["US"], "LAX"),
        ("LOS ANGELES, CA", ["US"], "USLAX"), ("4601 - Newark", ["US"], "USEWR"),
        ("Savannah, Georgia", ["US"], "USSAV"), ("INNSA1", ["IN"], "INNSA"),
        ("INDEL4", ["IN"], "DEL"), ("NHAVA SHEVA SEA", ["IN"], "INNSA"),
        ("Hải Phòng", ["VN"], "VNHPH"), ("Rotterdaam", ["NL"], "NLRTM"),
        # The text names the country, by code or in words.
        ("NLRTM", ["CH"], "NLRTM"), ("SAN ANTONIO (CL)", ["BR"], "CLSAI"),
        ("Shanghai, China", ["SG"], "CNSHA"), ("HONG KONG", ["CN"], "HKHKG"),
    ],
)  # fmt: skip
def test_ports_that_are_found(text, countries, code):
    assert locate(text, countries).code == code


@pytest.mark.parametrize(
    ("text", "countries"),
    [
        ("Port Klang", ["SG"]), ("ROTTERDAM", ["CH"]), ("OSAKA", ["US"]), ("ROTTERDAM", []),
        ("SIN", ["MY"]), ("LAX", []), ("Portland", ["US"]), ("London Airport", ["GB"]),
        ("CHINA", ["CN"]), ("Gate 7", ["US"]), ("KAPS", ["PK"]), ("", ["US"]), (" - ", ["US"]),
        ("GENOA", ["US"]), ("N" * 10_000, ["US"]), ("<script>alert(1)</script>", ["US"]),
        ("=cmd|' /C calc'!A0", ["US"]), ("Valencia", ["ES", "VE"]), ("4601", ["US"]),
        ("Rotterdam", ["ZZ"]),
    ],
)  # fmt: skip
def test_what_is_ambiguous_or_unknown_has_no_place(text, countries):
    assert locate(text, countries) is None


def test_an_airport_is_one_only_if_the_text_says_so():
    assert not locate("Dubai", ["AE"]).is_airport
    assert locate("Dubai Airport", ["AE"]).is_airport
    # A city with several airports is drawn there and called by its own name.
    assert locate("Shanghai airport", ["CN"]).name == "Shanghai"


def test_the_table_is_whole():
    rows = list(csv.DictReader(world.static("ports.csv").read_text("utf-8").splitlines()))
    assert len({row["code"] for row in rows}) == len(rows) > 11_000
    assert all(len(row["code"]) in (3, 5) and len(row["country"]) == 2 for row in rows)
    assert all(row["code"][:2] == row["country"] for row in rows if len(row["code"]) == 5)
    assert all(-180 <= float(row["longitude"]) <= 180 for row in rows)
    assert all(-90 <= float(row["latitude"]) <= 90 for row in rows)
    licences = world.static("LICENSES.md").read_text("utf-8")
    assert "airportsdata 20260905" in licences and "searoute 1.6.0" in licences
