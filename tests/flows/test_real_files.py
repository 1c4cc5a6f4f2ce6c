"""The right answers that public statistics give: Eurostat 2010-2024, UN Comtrade 2013-2024."""

from __future__ import annotations

from pathlib import Path

import pytest

from chipflow.flows import read_flows

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
EUROSTAT, COMTRADE = DATA / "eurostat", DATA / "flows"
EVENT = "2022-03-01"

pytestmark = pytest.mark.skipif(not EUROSTAT.is_dir(), reason="needs ../shared/data")


@pytest.fixture(scope="module")
def months():
    folders = [EUROSTAT / f"{name}_export_eurostat" for name in ("russia", "kazakhstan", "armenia")]
    return read_flows(*folders)


@pytest.fixture(scope="module")
def years():
    return read_flows(EUROSTAT / "eu_year_export")


def test_totals_of_the_eu(months, years):
    series = months.series
    after = series[(series["period"] >= "2022-03") & (series["period"] <= "2024-08")]
    after = after[after["reporter"] != "GB"].groupby("partner")["value"].sum() / 1e9
    assert after.to_dict() == pytest.approx({"RU": 100.44, "KZ": 29.12, "AM": 5.22}, abs=0.005)
    series = years.series
    wide = series.pivot_table(index="partner", columns="period", values="value") / 1e9
    right = {
        "RU": (89.17, 55.01, 38.18), "KZ": (5.49, 10.35, 12.11), "AM": (0.757, 1.886, 2.162)
    }  # fmt: skip
    for partner, values in right.items():
        found = wide.loc[partner, ["2021", "2022", "2023"]].tolist()
        assert found == pytest.approx(values, abs=0.005)
    assert set(series["reporter"]) == {"EU27"}


def test_ratios_to_the_months_before(months):
    table = months.surge("EU", EVENT, destination="RU", third="AM,KZ").table.set_index("country")
    ratios = table["ratio_to_past"].to_dict()
    assert ratios == pytest.approx({"RU": 0.45, "KZ": 2.0, "AM": 2.7}, rel=0.05)


def test_share_of_the_fall_that_reappears(years):
    found = years.divert("EU", "RU", EVENT, third="AM,KZ,KG")
    share = {method: total["share"] for method, total in found.details["total"].items()}
    assert 0.06 <= share["partners' growth"] <= 0.15
    assert share["own past"] == pytest.approx(0.20, abs=0.03)
    assert share["synthetic control"] == pytest.approx(0.08, abs=0.03)
    total = found.details["total"]["partners' growth"]
    assert total["low"] < 0.10 < total["high"]


def test_few_stand_out_and_the_right_ones_fell(years):
    table = years.surge("EU", EVENT, destination="RU", third="AM,KZ,KG").table
    assert (table["q_value"] <= 0.1).sum() <= len(table) / 8
    change = table.set_index("country")["change"]
    assert (change[["RU", "BY", "TM"]] < 0).all() and (change[["AM", "KZ", "KG"]] > 0.4).all()
    asked = table.set_index("country")["q_value"][["RU", "AM", "KG"]]
    assert (asked < 0.05).all()


@pytest.mark.parametrize("event", ["2016-01-01", "2018-01-01", "2019-01-01"])
def test_nobody_stands_out_where_nothing_happened(years, event):
    table = years.surge("EU", event).table
    assert not (table["q_value"] <= 0.1).any()
    assert (table["p_value"] <= 0.05).mean() < 0.1


@pytest.fixture(scope="module")
def chips():
    return read_flows(COMTRADE / "comtrade_8542_exports_yearly.csv")


def test_exports_of_chips(chips):
    series = chips.series
    assert len(series) == 1686 and series["reporter"].nunique() == 180
    exports = series[series["period"] == "2022"].set_index("reporter")["value_usd"] / 1e6
    right = {"AM": 13.5, "KZ": 19.0, "HK": 213_801}
    assert exports[list(right)].to_dict() == pytest.approx(right, rel=0.005)


def test_whose_exports_of_chips_grew_most(chips):
    found = chips.surge(None, EVENT, hs=["8542"])
    assert found.details["after"] == "2022/2023"
    table = found.table.dropna(subset=["change"])
    assert len(table) >= 140
    # Of a few thousand dollars any order makes a multiple.
    table = table[table["after_usd"] / 2 >= 1e6]
    first = table.sort_values("change", ascending=False)["country"].head(3)
    assert set(first) == {"AM", "KZ", "KG"}


def test_a_national_import_file_against_eurostat():
    imports = COMTRADE / "uzbek_import_yearly.csv"
    flows = read_flows(EUROSTAT / "eu_year_export", imports, COMTRADE / "dist_cepii.dta")
    table = flows.mirror(event=EVENT).table
    assert table["period"].tolist() == ["2019", "2020", "2021", "2022", "2023"]
    assert set(table["exporter"]) == {"EU27"} and set(table["importer"]) == {"UZ"}
    assert table["log_gap"].between(-0.2, 0.5).all() and (table["status"] == "agrees").all()
