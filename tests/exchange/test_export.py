"""Exports are read back by the libraries whose formats they are."""

from __future__ import annotations

import csv
import io
import json
import re

import networkx as nx
import pandas as pd
import pyarrow as pa
import pytest

import chipflow as cf
from chipflow.exchange import FORMATS, export
from chipflow.saved import read_leads
from tests.conftest import BYSTANDERS, ROUTE, table

# A name that is a formula, markup, a query and an escape of CSV at once.
HOSTILE = '@Straits "Bright"})<script>\\ DETACH DELETE n // Pte Ltd'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("exchange")
    rows = table([*ROUTE, *BYSTANDERS])
    rows.loc[0, "consignee"] = rows.loc[1, "shipper"] = HOSTILE
    rows.loc[4, "date"] = "2024-04"
    rows.loc[5, "record_id"] = "20240305000000000123"
    cf.analyze(_written(rows, made), made / "results")
    return made / "results"


def _written(rows, made):
    rows.to_csv(made / "records.csv", index=False)
    return made / "records.csv"


@pytest.fixture(scope="module")
def leads(folder):
    return read_leads(folder)


@pytest.mark.parametrize("to", FORMATS)
def test_the_command_writes_each_format_and_replaces_none(folder, run, to):
    status, said, _ = run("export", folder, "--to", to)
    written = folder / FORMATS[to]
    assert status == 0 and said.strip() == str(written) and written.exists()
    status, _, error = run("export", folder, "--to", to)
    assert status == 1 and "--force" in error
    before = _bytes(written)
    assert run("export", folder, "--to", to, "--force")[0] == 0
    assert _bytes(written) == before, "the same leads give the same bytes"


def _bytes(path):
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [file.read_bytes() for file in files]


def test_an_unknown_format_is_a_usage_error(folder, run):
    status, _, error = run("export", folder, "--to", "shapefile")
    assert status == 2 and "geojson" in error


@pytest.mark.parametrize(("to", "read"), [("graphml", nx.read_graphml), ("gexf", nx.read_gexf)])
def test_graphs_come_back_whole(leads, tmp_path, to, read):
    path = export(leads, to, tmp_path / f"g.{to}")
    graph = read(path)
    assert graph.number_of_nodes() == len(leads.network.companies)
    assert graph.number_of_edges() == len(leads.network) == 23
    names = {data["name"] for _, data in graph.nodes(data=True)}
    assert "Selangor Peak Sdn Bhd" in names and any("<script>" in name for name in names)
    marked = [data for *_, data in graph.edges(data=True) if data.get("leads")]
    assert {data["record_id"] for data in marked} == {"R1", "R2", "R3"}
    assert {data["leads"] for data in marked} == {leads[0].lead_id} and len(marked) == 3
    small = read(export(leads, to, tmp_path / f"small.{to}", only_leads=True))
    assert small.number_of_edges() == 3


@pytest.mark.parametrize(("to", "read"), [("graphml", nx.read_graphml), ("gexf", nx.read_gexf)])
def test_characters_that_xml_does_not_know_are_replaced(folder, tmp_path, to, read):
    leads = read_leads(folder)
    leads.searched.shipments.loc[0, "description"] = "A\x0bB"
    graph = read(export(leads, to, tmp_path / f"g.{to}"))
    said = {data.get("description") for *_, data in graph.edges(data=True)}
    assert "A\ufffdB" in said


def test_gexf_has_names_as_labels_and_days_as_times(leads, tmp_path):
    path = export(leads, "gexf", tmp_path / "g.gexf")
    graph = nx.read_gexf(path)
    labels = {data["label"] for _, data in graph.nodes(data=True)}
    assert "Selangor Peak Sdn Bhd" in labels
    text = path.read_text("utf-8")
    assert 'mode="dynamic"' in text and 'timeformat="date"' in text
    assert 'start="2024-04-01" end="2024-04-30"' in text, "a month without a day"


def test_followthemoney_entities_are_valid(leads, tmp_path):
    model = pytest.importorskip("followthemoney", reason="followthemoney is not installed").model
    path = export(leads, "ftm", tmp_path / "e.json")
    entities = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    proxies = {}
    for entity in entities:
        model.get(entity["schema"]).validate(entity)
        proxy = model.get_proxy(entity, cleaned=False)
        for name, values in entity["properties"].items():
            assert sorted(proxy.get(name)) == sorted(set(values)) or name in ("name", "alias",
                "description", "goodsDescription"), (name, values)  # fmt: skip
        proxies[proxy.id] = proxy
    companies = [one for one in proxies.values() if one.schema.name == "Company"]
    shipments = [one for one in proxies.values() if one.schema.name == "EconomicActivity"]
    assert (len(companies), len(shipments)) == (5, 23)
    (first,) = [one for one in shipments if one.first("recordId") == "R1"]
    assert proxies[first.first("sender")].caption == "Northfield Semiconductor Inc"
    assert first.get("destinationCountry") == ["sg"] and first.get("date") == ["2024-03-01"]
    assert "a question" in first.first("summary")
    assert "2024-04" in {day for one in shipments for day in one.get("date")}
    assert not any(one.get("topics", quiet=True) for one in companies)


def test_geojson_is_read_by_geopandas(leads, tmp_path):
    path = export(leads, "geojson", tmp_path / "routes.geojson")
    said = json.loads(path.read_text("utf-8"))
    assert "question" in said["description"]
    lines = [one for one in said["features"] if "Line" in one["geometry"]["type"]]
    hops = {(one["properties"]["from_country"], one["properties"]["to_country"]) for one in lines}
    assert hops == {("US", "SG"), ("SG", "MY"), ("MY", "CN")}
    assert all(one["properties"]["units"] == 64 for one in lines)
    geopandas = pytest.importorskip("geopandas", reason="geopandas is not installed")
    frame = geopandas.read_file(path)
    assert frame.geometry.is_valid.all() and frame.crs.to_epsg() == 4326
    west, south, east, north = frame.total_bounds
    assert west >= -180 and east <= 180 and south >= -90 and north <= 90
    (pacific,) = frame[frame["from_country"] == "US"].geometry
    assert pacific.geom_type == "MultiLineString", "the shorter way crosses 180 degrees"


def test_neo4j_files_and_their_cypher_fit_together(leads, tmp_path):
    folder = export(leads, "neo4j", tmp_path / "neo4j")
    cypher = (folder / "load.cypher").read_text("utf-8")
    assert "DETACH" not in cypher and "<script" not in cypher
    for block in cypher.split("LOAD CSV")[1:]:
        file = re.search(r"file:///([a-z_]+\.csv)", block).group(1)
        header = next(csv.reader((folder / file).open(encoding="utf-8", newline="")))
        assert set(re.findall(r"row\.(\w+)", block)) <= set(header), file
    # As Neo4j reads CSV: a backslash escapes what follows it.
    text = (folder / "companies.csv").read_text("utf-8")
    read = list(csv.DictReader(io.StringIO(text), escapechar="\\"))
    (hostile,) = [row["name"] for row in read if "script" in row["name"]]
    assert hostile[0] == "'" and "\\ DETACH" in hostile
    assert len(list(csv.DictReader((folder / "shipments.csv").open(encoding="utf-8")))) == 23


def test_csv_for_excel_keeps_letters_digits_and_formulas(leads, tmp_path):
    folder = export(leads, "csv", tmp_path / "csv")
    for file in folder.iterdir():
        assert file.read_bytes().startswith(b"\xef\xbb\xbf"), file.name
    companies = pd.read_csv(folder / "companies.csv", encoding="utf-8-sig")
    assert not companies["name"].str.startswith(("=", "@")).any()
    numbers = re.findall(r"\d+\.\d+", (folder / "companies.csv").read_text("utf-8-sig"))
    assert max(len(one.replace(".", "").strip("0")) for one in numbers) <= 12


@pytest.mark.parametrize("name", ["records.csv", "records.xlsx", "records.parquet"])
def test_records_are_read_back_as_they_were(run, tmp_path, name):
    rows = table([*ROUTE, *BYSTANDERS])
    rows.loc[0, "consignee"] = HOSTILE
    rows.loc[5, "record_id"] = "20240305000000000123"
    rows.to_csv(tmp_path / "in.csv", index=False)
    out = tmp_path / "out" / name
    assert run("read", tmp_path / "in.csv", "--out", out, "--excel", "-q")[0] == 0
    assert {"rejected.csv", "duplicates.csv", name} == {one.name for one in out.parent.iterdir()}
    again = cf.read_records(out).table
    assert len(again) == 23 and again["date"].min() == pd.Timestamp("2024-02-03")
    assert again["value_usd"].sum() == cf.read_records(rows).table["value_usd"].sum()
    if name.endswith("xlsx"):
        import openpyxl

        sheet = openpyxl.load_workbook(out).active
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    status, _, error = run("read", tmp_path / "in.csv", "--out", tmp_path / "x.ods")
    assert status == 2 and ".xlsx" in error


def test_records_and_leads_hand_themselves_on_as_arrow(leads):
    found = pa.table(leads)
    assert found.schema.field("countries").type == pa.list_(pa.string())
    assert found["countries"].to_pylist() == [["US", "SG", "MY", "CN"]]
    assert pa.table(leads[1:]).schema == found.schema
    records = cf.read_records(table(ROUTE))
    assert pa.table(records)["record_id"].to_pylist() == ["R1", "R2", "R3"]
    import duckdb

    arrow = pa.table(records)
    assert duckdb.sql("select count(*) from arrow").fetchall() == [(arrow.num_rows,)]
