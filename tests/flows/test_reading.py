"""Country statistics in every shape become one table, each amount counted once."""

from __future__ import annotations

import json

import pytest

from chipflow.errors import InputError, LayoutError, ParameterError
from chipflow.flows import read_flows
from chipflow.flows.areas import area, members
from chipflow.flows.periods import parse_period
from tests.flows.shapes import AMOUNTS, SHAPES


@pytest.mark.parametrize("name", SHAPES)
def test_the_same_trade_in_every_shape(tmp_path, name):
    flows = read_flows(SHAPES[name](tmp_path / name))
    series = flows.series
    series = series[series["hs"] == "847150"]
    found = {
        (row.reporter, row.partner, row.flow, row.period): row.value_usd
        for row in series.itertuples(index=False)
    }
    assert found == pytest.approx(AMOUNTS)
    counts = dict(flows.counts)
    assert counts.pop("rows_in") == sum(counts.values())


def test_estimated_weights_and_quantities_of_no_unit_are_not_used(tmp_path):
    series = read_flows(SHAPES["comtrade_new.csv"](tmp_path / "new.csv")).series
    servers = series[series["hs"] == "847150"]
    assert servers["weight_kg"].isna().all()
    assert (servers["quantity"] == 10).all() and (servers["quantity_unit"] == "pieces").all()
    old = read_flows(SHAPES["comtrade_old.csv"](tmp_path / "old.csv")).series
    assert old["quantity"].isna().all()


def test_parts_by_mode_of_transport_are_not_added_to_their_total(tmp_path):
    flows = read_flows(SHAPES["comtrade_new.csv"](tmp_path / "new.csv"))
    assert flows.counts["parts_of_totals"] == 2 * len(AMOUNTS)


GERMANY = "Germany (incl. German Democratic Republic 'DD' from 1991)"
FRANCE = "\"France (incl. Mayotte 'YT' from 2014; incl. French Guiana 'GF')\""
UNION = '"European Union (AT-01/1995, GB-01/1973->01/2020)"'
GOODS = "Kazakhstan,TOTAL-Total,2-EXPORT,T-Total,{0}"
EUROSTAT = f"""REPORTER,PARTNER,PRODUCT,FLOW,STAT_PROCEDURE,PERIOD,VALUE_IN_EUR
{GERMANY},{GOODS},70
{FRANCE},{GOODS},30
"Euro area - 20 countries (AT, BE)",{GOODS},100
"Euro area (AT-01/1999, BE-01/1999)",{GOODS},100
"European Union - 27 countries (AT, BE)",{GOODS},100
{UNION},{GOODS},160
United Kingdom,{GOODS},60
"""


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("Aug. 2024", "2024-08"),
        ("202408-Aug. 2024", "2024-08"),
        ("Jan.-Dec. 2010", "2010"),
        ("201952-Jan.-Dec. 2019", "2019"),
        ("Y2019", "2019"),
        ("Janv.-Déc. 2016", "2016"),
    ],
)
def test_eurostat_periods_and_groups(tmp_path, text, period):
    path = tmp_path / "view.csv"
    path.write_text(EUROSTAT.replace("{0}", text))
    flows = read_flows(path)
    series = flows.series
    assert set(series["period"]) == {period}
    assert dict(zip(series["reporter"], series["value"], strict=True)) == {
        "DE": 70, "FR": 30, "GB": 60,
    }  # fmt: skip
    assert flows.counts["aggregates"] == 4


def test_a_group_is_used_where_no_member_is_there(tmp_path):
    path = tmp_path / "year.csv"
    path.write_text(
        "REPORTER,PARTNER,PRODUCT,FLOW,STAT_PROCEDURE,PERIOD,VALUE_IN_EUR\n"
        '"Union européenne - 27 pays (AT, BE)",Arménie,Total,EXPORTATION,Total,Jan.-Déc. 2016,9\n'
        '"Union européenne - 27 pays (AT, BE)",Intra-UE27 (à partir de 2020),Total,EXPORTATION,'
        "Total,Jan.-Déc. 2016,99\n"
    )
    series = read_flows(path).series
    assert series[["reporter", "partner", "value"]].to_numpy().tolist() == [["EU27", "AM", 9]]


def test_comext_bulk_codes(tmp_path):
    path = tmp_path / "full202208.dat.csv"
    path.write_text(
        "DECLARANT_ISO,PARTNER_ISO,PRODUCT_NC,FLOW,STAT_REGIME,PERIOD,VALUE_IN_EUROS,"
        "QUANTITY_IN_KG,SUP_QUANTITY\n"
        "GR,XS,84715000,2,1,202208,100,5,2\nGR,XS,84715000,2,2,202208,50,5,1\n"
        "GR,QS,84715000,2,1,202208,7,5,2\nGR,RU,84715000,1,1,202252,7,5,2\n"
    )
    flows = read_flows(path)
    series = flows.series
    exports = series[series["flow"] == "X"]
    # Two procedures without a total are parts of it; stores and provisions are no country.
    assert exports[["partner", "period", "value"]].to_numpy().tolist() == [["RS", "2022-08", 150]]
    assert series.loc[series["flow"] == "M", "period"].tolist() == ["2022"]
    assert flows.left_out["value"].tolist() == ["QS"]


def test_baci_is_thousand_dollars_and_tonnes_and_no_mirror(tmp_path):
    path = tmp_path / "BACI_HS17.csv"
    path.write_text("t,i,j,k,v,q\n2022,490,458,847150,12.5,0.5\n2022,842,458,10121,1,1\n")
    flows = read_flows(path)
    row = flows.series.set_index("reporter").loc["TW"]
    assert (row["value_usd"], row["weight_kg"], row["hs"]) == (12_500, 500, "847150")
    assert flows.series.set_index("reporter").loc["US", "hs"] == "010121"
    assert flows.reconciled


def test_us_census_list_of_lists(tmp_path):
    path = tmp_path / "census.json"
    path.write_text(
        json.dumps(
            [
                ["CTY_CODE", "CTY_NAME", "E_COMMODITY", "ALL_VAL_MO", "QTY_1_MO", "time"],
                ["-", "TOTAL FOR ALL COUNTRIES", "854231", "900", "0", "2024-05"],
                ["5570", "MALAYSIA", "854231", "600", "0", "2024-05"],
                ["0020", "USMCA (NAFTA)", "854231", "200", "0", "2024-05"],
                ["2010", "MEXICO", "854231", "200", "0", "2024-05"],
            ]
        )
    )
    series = read_flows(path).series
    assert set(series["reporter"]) == {"US"} and set(series["flow"]) == {"X"}
    assert dict(zip(series["partner"], series["value_usd"], strict=True)) == {"MY": 600, "MX": 200}


def test_taiwan_customs(tmp_path):
    path = tmp_path / "tw.csv"
    path.write_text(
        "進出口別,日期,貨品號列,中文貨名,英文貨名,美元(千元),國家\n"
        '出口,102年,847150,伺服器,Servers,"1,234",馬來西亞\n'
        "出口,114年1月,847150,伺服器,Servers,10,中國大陸\n"
        "出口,114年1月~114年7月(初步值),847150,伺服器,Servers,70,中國大陸\n"
        "進口,113年12月,847150,伺服器,Servers,5,全部國家\n"
    )
    flows = read_flows(path)
    found = {
        (row.reporter, row.partner, row.flow, row.period): row.value_usd
        for row in flows.series.itertuples(index=False)
    }
    assert found == {
        ("TW", "MY", "X", "2013"): 1_234_000,
        ("TW", "CN", "X", "2025-01"): 10_000,
        ("TW", "CN", "X", "2025-01/2025-07"): 70_000,
        ("TW", "WORLD", "M", "2024-12"): 5_000,
    }
    assert any("part of a year" in warning for warning in flows.warnings)


def test_growth_lab_atlas_has_both_ways_in_one_row(tmp_path):
    path = tmp_path / "atlas.csv"
    path.write_text(
        "country_iso3_code,partner_iso3_code,product_hs92_code,year,export_value,import_value\n"
        "TWN,MYS,8471,2024,4010,5\nTWN,MYS,8471,2023,830,\n"
    )
    series = read_flows(path).series
    found = {(row.flow, row.period): row.value_usd for row in series.itertuples(index=False)}
    assert found == {("X", "2023"): 830, ("X", "2024"): 4010, ("M", "2024"): 5}


def test_exporter_and_importer_with_a_column_for_each_side(tmp_path):
    path = tmp_path / "corridors.csv"
    path.write_text("exporter,importer,year,hs,exports_usd,imports_usd\nMYS,CHN,2024,847150,6,37\n")
    series = read_flows(path).series
    found = {(row.reporter, row.partner, row.flow): row.value_usd for row in series.itertuples()}
    assert found == {("MY", "CN", "X"): 6, ("CN", "MY", "M"): 37}


def test_re_exports_are_in_exports_already(tmp_path):
    path = tmp_path / "hk.csv"
    path.write_text(
        "reporterISO,partnerISO,flowCode,period,cmdCode,primaryValue\n"
        "HKG,CHN,X,2023,8542,100\nHKG,CHN,RX,2023,8542,95\nHKG,CHN,DX,2023,8542,5\n"
        "SGP,CHN,RX,2023,8542,40\nSGP,CHN,DX,2023,8542,60\n"
    )
    series = read_flows(path).series
    assert dict(zip(series["reporter"], series["value_usd"], strict=True)) == {"HK": 100, "SG": 100}


def test_two_levels_of_codes_are_not_added(tmp_path):
    path = tmp_path / "levels.csv"
    path.write_text(
        "reporterISO,partnerISO,flowCode,period,cmdCode,primaryValue\n"
        "DEU,KAZ,X,2023,TOTAL,1000\nDEU,KAZ,X,2023,85,100\nDEU,KAZ,X,2023,8542,60\n"
        "DEU,KAZ,X,2023,854231,40\nDEU,KAZ,X,2023,854232,20\nFRA,KAZ,X,2023,854231,7\n"
    )
    flows = read_flows(path)

    def by_reporter(hs):
        corridors = flows.corridors(hs)
        return dict(
            corridors.connection.execute(
                f"SELECT reporter, sum(value_usd) FROM {corridors.name} GROUP BY 1"
            ).fetchall()
        )

    assert by_reporter([]) == {"DE": 1000, "FR": 7}
    assert by_reporter(["85"]) == {"DE": 100, "FR": 7}
    assert by_reporter(["8542"]) == {"DE": 60, "FR": 7}
    assert by_reporter(["854231", "854232"]) == {"DE": 60, "FR": 7}


def test_a_row_that_repeats_is_counted_once_and_other_values_are_said(tmp_path):
    text = "reporterISO,partnerISO,flowCode,period,cmdCode,primaryValue\n"
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(
        text + "DEU,KAZ,X,2023,8542,60\nDEU,KAZ,X,2023,8542,60\nDEU,KAZ,X,2022,8542,5\n"
    )
    second.write_text(text + "DEU,KAZ,X,2023,8542,66\nDEU,KAZ,X,2022,8542,5\n")
    flows = read_flows(first, second)
    assert dict(zip(flows.series["period"], flows.series["value_usd"], strict=True)) == {
        "2022": 5, "2023": 66,
    }  # fmt: skip
    assert flows.counts["repeated"] == 1
    assert any("different values" in warning for warning in flows.warnings)
    counts = dict(flows.counts)
    assert counts.pop("rows_in") == sum(counts.values())


def test_a_revision_that_changes_is_said(tmp_path):
    path = tmp_path / "hs.csv"
    path.write_text(
        "reporterISO,partnerISO,flowCode,period,cmdCode,primaryValue,classificationCode\n"
        "DEU,KAZ,X,2021,854231,60,H5\nDEU,KAZ,X,2022,854231,60,H6\n"
    )
    assert any("revision" in warning for warning in read_flows(path).warnings)


def test_what_cannot_be_read_is_listed_with_its_row(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(
        "reporterISO,partnerISO,flowCode,period,cmdCode,primaryValue\n"
        "DEU,KAZ,X,2023,8542,60\nDEU,QQQ,X,2023,8542,1\nDEU,KAZ,Z,2023,8542,2\n"
        "DEU,KAZ,X,some day,8542,3\nDEU,KAZ,X,2022,chips,4\nDEU,KAZ,X,2021,8542,many\n"
        "DEU,KAZ,X,2020,8542,-5\nDEU,KAZ,X,2019,8542,\n"
    )
    flows = read_flows(path)
    assert len(flows.series) == 1 and flows.counts["rejected"] == 7
    assert flows.left_out["source_row"].tolist() and set(flows.left_out["source_row"]) == set(
        range(3, 10)
    )


def test_a_users_layout(tmp_path):
    path, layout = tmp_path / "einfuhr.csv", tmp_path / "layout.toml"
    path.write_text("Land;Jahr;Ware;Wert\nChina;2023;8542;1,5\nChina;2024;8542;2,5\n")
    layout.write_text(
        '[fields]\npartner = "Land"\nperiod = "Jahr"\nhs = "Ware"\nvalue = "Wert"\n'
        '[hints]\nreporter = "KZ"\nflow = "M"\ncurrency = "USD"\nfactor = 1000000\n'
    )
    series = read_flows(path, layout=layout).series
    assert series[["reporter", "partner", "flow", "value_usd"]].to_numpy().tolist() == [
        ["KZ", "CN", "M", 1_500_000], ["KZ", "CN", "M", 2_500_000],
    ]  # fmt: skip
    layout.write_text("[fields]\nvalu = 'Wert'\n")
    with pytest.raises(LayoutError, match="valu"):
        read_flows(path, layout=layout)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "not a table of country statistics"),
        ("partner,year,hs,flow\nKZ,2020,8542,X\n", "a value"),
        ("partner,year,hs,value usd\nKZ,2020,8542,5\n", "reporting country"),
    ],
)
def test_a_table_that_does_not_say_enough(tmp_path, text, said):
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read_flows(path)


def test_the_file_name_says_who_reports_and_which_way(tmp_path):
    path = tmp_path / "kazakhstan_imports_2023.csv"
    path.write_text("country,year,hs code,value usd\nChina,2023,8542,5\n")
    row = read_flows(path).series.iloc[0]
    assert (row["reporter"], row["partner"], row["flow"]) == ("KZ", "CN", "M")


def test_labels_that_begin_like_a_group():
    assert area("Republic of Korea").code == "KR"
    assert area("Netherlands Antilles").code == "AN"
    assert area("European Union - 27 countries (AT, BE)").kind == "group"
    assert area("Countries and territories not specified").kind == "unspecified"
    assert area("490").code == "TW" and area("Atlantis") is None
    assert len(members("EU", "--origin")) == 27
    assert members("CN, HK MO", "--destination") == ("CN", "HK", "MO")
    with pytest.raises(ParameterError, match="Atlantis"):
        members("Atlantis", "--third")


def test_periods_that_are_none():
    for text in ("", "13/2024", "Mon 2024", "total", "1850"):
        assert parse_period(text) is None
