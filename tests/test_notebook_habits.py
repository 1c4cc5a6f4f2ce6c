"""Cells as people write them who know pandas, geopandas and networkx, on one small network."""

from __future__ import annotations

import datetime as dt
import inspect
import json
import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import chipflow as cf
from tests.conftest import BYSTANDERS, ROUTE, table


@pytest.fixture(scope="module")
def network():
    return cf.build_network(cf.read_records(table([*ROUTE, *BYSTANDERS])))


@pytest.fixture(scope="module")
def leads(network):
    return cf.find_leads(network)


def test_slices_ids_and_head_as_in_pandas(leads):
    lead_id = leads.table["lead_id"][0]
    assert leads[lead_id].rank == leads[0].rank == leads[np.int64(0)].rank == leads[-1].rank == 1
    assert isinstance(leads[:3], cf.Leads) and len(leads[:3]) == len(leads.head()) == 1
    assert len(leads[1:]) == 0 and [lead.lead_id for lead in leads] == [lead_id]
    assert lead_id in leads and leads[0] in leads and "L-none" not in leads
    with pytest.raises(KeyError, match="L-none"):
        leads["L-none"]
    with pytest.raises(IndexError, match="rank 1"):
        leads[7]
    with pytest.raises(TypeError, match=r"leads\.filter"):
        leads[1.5]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"chip": "H100"}, 1),
        ({"chip": "nvidia h100 pcie"}, 1),
        ({"chip": ["A100", "H100"]}, 1),
        ({"chip": "H200"}, 0),
        ({"country": "MY"}, 1),
        ({"country": "Malaysia"}, 1),
        ({"country": "VN"}, 0),
        ({"company": "Selangor Peak"}, 1),
        ({"company": "harbour distribution pte. ltd."}, 0),
        ({"q": 0.05}, 0),
        ({"chip": "H100", "country": "VN"}, 0),
        ({}, 1),
    ],
)
def test_filter_by_chip_country_company_and_q(leads, asked, found):
    some = leads.filter(**asked)
    assert len(some) == found and some.whole is leads
    assert set(some.steps["lead_id"]) == set(some.evidence["lead_id"]) == set(some.table["lead_id"])
    said = some._repr_html_()
    assert f"{found} of 1 leads were chosen" in said and "No lead. chipflow" not in said


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"chip": "H1OO"}, "H100"),
        ({"country": "Atlantis"}, "Atlantis"),
        ({"company": "Selanger Peek"}, "Selangor Peak"),
        ({"q": 5}, "between 0 and 1"),
    ],
)
def test_filter_by_what_is_not_known_is_an_error_and_no_empty_list(leads, asked, word):
    with pytest.raises(cf.ParameterError, match=word):
        leads.filter(**asked)


def test_frames_hold_lists_and_days(leads):
    frame = leads.to_pandas()
    assert frame["countries"][0] == ["US", "SG", "MY", "CN"]
    assert frame["companies"][0][2] == "Selangor Peak Sdn Bhd" and len(frame["companies"][0]) == 4
    assert frame["record_ids"][0] == ["R1", "R2", "R3"]
    assert frame["first_date"].dt.year.tolist() == [2024]
    assert len(frame["reasons"][0]) == (leads.evidence["kind"] == "reason").sum()
    assert frame.explode("record_ids")["record_ids"].tolist() == ["R1", "R2", "R3"]
    assert leads.table["countries"][0] == "US > SG > MY > CN", "the table itself stays"


def test_a_name_that_looks_like_a_list_stays_one_name():
    rows = [(*ROUTE[0][:4], "A > B | C Pte Ltd", *ROUTE[0][5:]),
            (*ROUTE[1][:2], "A > B | C Pte Ltd", *ROUTE[1][3:]), ROUTE[2]]  # fmt: skip
    leads = cf.find_leads(cf.build_network(cf.Records.from_frame(table(rows))))
    assert leads.to_pandas()["companies"][0][1] == "A > B | C Pte Ltd"


def test_to_csv_is_text_or_a_file(leads, tmp_path):
    text = leads.to_csv()
    assert text.startswith("rank,lead_id,") and "US > SG > MY > CN" in text
    leads.to_csv(tmp_path / "plain.csv")
    leads.to_csv(tmp_path / "excel.csv", excel=True)
    assert (tmp_path / "plain.csv").read_bytes() == text.encode()
    assert (tmp_path / "excel.csv").read_bytes().startswith(b"\xef\xbb\xbfrank,lead_id,")
    with pytest.raises(cf.OutputError, match="cannot be written"):
        leads.to_csv(tmp_path / "no" / "folder.csv")


def test_a_lead_draws_reports_and_gives_itself(leads, tmp_path):
    lead = leads[0]
    said = json.loads(json.dumps(lead.to_dict(), allow_nan=False))
    assert said["companies"] == leads.to_pandas()["companies"][0]
    assert [one["record_id"] for one in said["records"]] == ["R1", "R2", "R3"]
    assert said["p_value"] is None and said["first_date"] == "2024-03-01"
    page = lead.map()
    page.save(tmp_path / "lead.html")
    assert lead.lead_id in page.html
    assert "1 of 1 leads" in lead.report(tmp_path / "lead-report.html").html


def test_leads_network_is_the_network_and_draws_when_viewed(leads, network):
    assert leads.network.shipments is network.shipments
    assert len(leads.network.companies) == len(network.companies)
    drawn = leads.network.view().html
    assert leads[0].lead_id in drawn and leads[0].lead_id not in network.view().html
    assert leads.network().html == drawn == leads.plot.network().html, "the former names"


def test_company_by_any_of_its_names(network):
    company = network.company("selangor peak")
    assert company.name == "Selangor Peak Sdn Bhd" and "Selangor Peak Sdn. Bhd." in company.aliases
    assert company.country == "MY" and len(company.sent) == 1 and len(company.received) == 8
    assert network.company(company.company_id).to_dict() == company.to_dict()
    assert company.customers["name"].tolist() == ["Pudong Harvest Co Ltd"]
    assert "Pudong Harvest" in company._repr_html_()
    with pytest.raises(cf.ParameterError, match="near: Selangor"):
        network.company("Selanger Peek")
    with pytest.raises(cf.ParameterError, match=r"4 companies are called 't'.*give an id"):
        network.company("t")


def test_paths_run_forward_in_time(network):
    found = network.paths("Northfield", "Pudong Harvest")
    ways = found["companies"].tolist()
    assert ["Northfield Semiconductor Inc", "Harbour Distribution Pte Ltd",
            "Pudong Harvest Co Ltd"] in ways  # fmt: skip
    route = found[found["hops"].eq(3) & found["record_ids"].map(lambda ids: ["R1"] in ids)]
    assert route["record_ids"].tolist() == [[["R1"], ["R2"], ["R3"]]]
    assert route["countries"].tolist() == [["US", "SG", "MY", "CN"]]
    assert found["hops"].is_monotonic_increasing
    assert len(network.paths("Pudong Harvest", "Northfield")) == 0, "nothing goes back"
    assert network.paths("Northfield", "Pudong Harvest", max_hops=2)["hops"].tolist() == [2]
    h100 = network.paths("Northfield", "Pudong Harvest", chip="H100")
    assert h100["record_ids"].tolist() == [[["R1"], ["R2"], ["R3"]]], "keyboards carry none"
    with pytest.raises(cf.ParameterError, match="max_hops"):
        network.paths("Northfield", "Pudong Harvest", max_hops=0)
    with pytest.raises(cf.ParameterError, match="to itself"):
        network.paths("Northfield", "NORTHFIELD SEMICONDUCTOR")


def test_more_ways_than_are_listed_are_said(network):
    with pytest.warns(UserWarning, match="more than 1 ways"):
        found = network.paths("Northfield", "Pudong Harvest", most=1)
    assert len(found) == 1 and found.attrs["complete"] is False


def test_subgraph_between_and_countries(network):
    pair = network.subgraph(["Straits Bright", "Selangor Peak"])
    assert pair.shipments["record_id"].tolist() == ["R2"] and len(pair.companies) == 2
    assert len(network.subgraph("Straits Bright", around=1).companies) == 3
    march = network.between("2024-03-01", dt.date(2024, 3, 31))
    assert march.shipments["date"].dt.month.unique().tolist() == [3]
    assert len(network.between(until="2020-01-01")) == 0
    countries = network.countries().set_index("country")
    assert countries.loc["US", "sent"] == 8 and countries.loc["MY", "companies"] == 1
    assert countries["sent"].sum() == countries["received"].sum() == len(network)
    assert len(network) == len(network.to_networkx().edges)
    with pytest.raises(cf.ParameterError, match="is no day"):
        network.between("2024-13-45")


def test_records_from_any_frame(network):
    frame = table([*ROUTE, *BYSTANDERS])
    wanted = cf.read_records(frame).table.drop(columns="source")

    def same(given):
        read = cf.read_records(given).table.drop(columns="source")
        pd.testing.assert_frame_equal(read, wanted)

    same(pa.Table.from_pandas(frame))
    duckdb = pytest.importorskip("duckdb")
    same(duckdb.connect().from_df(frame))
    assert cf.read_records(frame).inputs[0]["sha256"]
    mixed = frame.assign(quantity=frame["quantity"].astype(object))
    mixed.loc[0, "quantity"] = "64"
    same(mixed)
    both = cf.read_records(frame.head(3), frame.tail(20))
    assert {sheet.source for sheet in both.sheets} == {"frame 1", "frame 2"}
    with pytest.raises(cf.ParameterError, match="a dict cannot be read"):
        cf.read_records({"a": 1})
    with pytest.raises(cf.ParameterError, match="no database"):
        cf.read_records(frame, query="select 1")


def test_records_from_polars():
    polars = pytest.importorskip("polars", reason="polars is not installed")
    frame = table([*ROUTE, *BYSTANDERS])
    for given in (polars.from_pandas(frame), polars.from_pandas(frame).lazy()):
        assert len(cf.read_records(given)) == 23


def test_records_from_postgresql():
    address = os.environ.get("CHIPFLOW_TEST_POSTGRESQL")
    if not address:
        pytest.skip("no server: set CHIPFLOW_TEST_POSTGRESQL to the address of an empty database")
    dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi", reason="no driver")
    rows = pa.Table.from_pandas(table([*ROUTE, *BYSTANDERS]), preserve_index=False)
    with dbapi.connect(address) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest("chipflow_habits", rows, mode="replace")
        connection.commit()
    read = cf.read_records(address, query="select * from chipflow_habits where shipper is not null")
    assert len(read) == 23 and "@" not in read.table["source"][0]
    with pytest.raises(cf.InputError, match="the database says"):
        cf.read_records(address, query="select * from no_such_table")


def test_a_database_needs_a_query():
    with pytest.raises(cf.ParameterError, match=r"postgresql://host/db: a database needs query="):
        cf.read_records("postgresql://somebody:secret@host/db")


def test_tab_and_help_show_what_there_is(leads, network):
    shown = dir(cf)
    assert {"goods", "views", "read_records", "Leads"} <= set(shown)
    assert "status" in dir(cf.goods) and cf.goods.status and cf.views.route_map
    for owner in (leads, leads[0], leads.plot, network):
        for name in dir(owner):
            method = getattr(type(owner), name, None)
            if name.startswith("_") or not inspect.isfunction(method):
                continue
            kinds = {one.kind for one in inspect.signature(method).parameters.values()}
            assert inspect.Parameter.VAR_KEYWORD not in kinds, f"{type(owner).__name__}.{name}"
    assert {"to_dict", "map", "countries", "chips"} <= set(dir(leads[0]))
