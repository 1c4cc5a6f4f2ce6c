"""Ports and airports of loading and of unlading: read where a header plainly names them."""

from __future__ import annotations

import pandas as pd
import pytest

from chipflow.records import COLUMNS, read_records
from chipflow.records.vocabulary.meaning import field_scores

LOADING = [
    "Port of Loading", "PORT_OF_LADING", "Foreign Port of Lading", "LOADING_PORT", "POL",
    "Port of Shipment", "ORIGIN_PORT", "Airport of departure", "Port of Exit", "Port of Export",
    "起运港", "启运港", "装货港", "裝貨港", "装运港名称", "Puerto de embarque", "Puerto de carga",
    "Aeropuerto de salida", "Porto de embarque", "Port de chargement", "Ladehafen",
    "Порт погрузки", "Порт отгрузки", "Аэропорт отправления", "Порт навантаження", "Cảng đi",
    "Cảng xếp hàng", "Yükleme Limanı", "Pelabuhan Muat",
]  # fmt: skip
UNLOADING = [
    "Port of Unlading", "Port of Unloading", "PORT_OF_DISCHARGE", "U.S. Port of Unlading", "POD",
    "DESTINATION PORT", "Airport of destination", "Port of Arrival", "Port of Entry",
    "Discharge Port Code", "卸货港", "卸貨港", "目的港", "指运港", "Puerto de desembarque",
    "Puerto de descarga", "Porto de desembarque", "Port de déchargement", "Bestimmungshafen",
    "Порт выгрузки", "Порт назначения", "Аэропорт назначения", "Порт розвантаження", "Cảng đến",
    "Cảng dỡ hàng", "Varış limanı", "Boşaltma Limanı", "Pelabuhan Bongkar",
]  # fmt: skip
NO_PORTS = [
    "Customs office of departure", "CUSTOMS_PORT", "Port of Registry",
    "Port of Registration", "Port of Transshipment", "Transit port", "Last foreign port",
    "Port of Clearance", "Port charges", "LOADING_PORT_COUNTRY", "Port of loading date",
    "Destination station", "Terminal", "Place of Loading", "经停港", "VESSEL_PORT", "Port number",

]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "field"),
    [*((h, "export_port") for h in LOADING), *((h, "import_port") for h in UNLOADING)],
)
def test_headers_of_ports(header, field):
    assert list(field_scores(header)) == [field]
    assert field_scores(header)[field] >= 0.8


@pytest.mark.parametrize("header", NO_PORTS)
def test_what_is_no_port(header):
    for direction in (None, "import", "export"):
        assert not {"export_port", "import_port"} & set(field_scores(header, direction))


@pytest.mark.parametrize(
    ("header", "port"),
    [("Aduana", "export_port"), ("Customs office of exit", "export_port"),
     ("Aduana de ingreso", "import_port")],
)  # fmt: skip
def test_customs_office_stands_for_a_port_that_no_column_names(header, port):
    office = field_scores(header, "export")
    assert set(office) == {port}
    assert 0.5 <= office[port] < field_scores("Puerto", "export")["export_port"]


def test_a_port_without_a_role_is_that_of_the_customs_that_wrote_the_record():
    assert field_scores("INDIAN PORT") == {}
    assert set(field_scores("INDIAN PORT", "import")) == {"import_port"}
    assert set(field_scores("INDIAN PORT", "export")) == {"export_port"}
    assert set(field_scores("Foreign Port", "import")) == {"export_port"}
    assert field_scores("INDIAN PORT", "import")["import_port"] < 0.7, "less sure than a plain name"


BODY = (
    "DATE,EXPORTER,IMPORTER,PORT OF LOADING,PORT OF DISCHARGE,HS CODE,DESCRIPTION,NET WEIGHT\n"
    "2024-01-02,A CO,B CO,\" Port  Klang \",HKHKG,847330,CARDS,12\n"
    "2024-01-03,A CO,B CO,N/A,\"ROTTERDAM\u202e, =1+1\",847330,CARDS,12\n"
    "2024-01-04,A CO,B CO,,,847330,CARDS,12\n"
)  # fmt: skip


def test_ports_are_read_as_written(write):
    records = read_records(write("x.csv", BODY))
    table = records.table.sort_values("date", ignore_index=True)
    assert list(table.columns) == list(COLUMNS)
    assert list(COLUMNS[-2:]) == ["export_port", "import_port"], "behind the other columns"
    assert table["export_port"].tolist()[0] == "Port Klang"
    assert table["import_port"].tolist()[:2] == ["HKHKG", "ROTTERDAM\u202e, =1+1"]
    assert table["export_port"].isna().tolist() == [False, True, True]
    columns = records.sheets[0].columns
    assert columns["export_port"][0] == "PORT OF LOADING"
    assert "PORT OF DISCHARGE" not in records.sheets[0].unknown


def test_ports_are_no_countries(write):
    body = (
        "DATE,EXPORTER,IMPORTER,LOADING PORT,EXPORT COUNTRY,DESCRIPTION\n"
        "2024-01-02,A CO,B CO,CHINA,CN,CARDS\n2024-01-03,A CO,C CO,VIETNAM,VN,CARDS\n"
    )
    records = read_records(write("x.csv", body))
    assert records.sheets[0].columns["export_country"][0] == "EXPORT COUNTRY"
    assert records.table["export_port"].tolist() == ["CHINA", "VIETNAM"]


def test_records_that_differ_in_the_port_only_are_two(write):
    body = (
        "DATE,EXPORTER,IMPORTER,PORT OF LOADING,DESCRIPTION,NET WEIGHT\n"
        "2024-01-02,A CO,B CO,PENANG,CARDS,12\n2024-01-02,A CO,B CO,JOHOR,CARDS,12\n"
    )
    records = read_records(write("x.csv", body))
    assert records.counts["used"] == 2
    assert records.table["record_id"].nunique() == 2


def test_records_without_ports_keep_their_names(write):
    """A column of ports that says nothing changes no record's name."""
    plain = "DATE,EXPORTER,IMPORTER,DESCRIPTION\n2024-01-02,A CO,B CO,CARDS\n"
    silent = "DATE,EXPORTER,IMPORTER,DESCRIPTION,POL\n2024-01-02,A CO,B CO,CARDS,N/A\n"
    ids = [read_records(write(f"{n}.csv", body)).table["record_id"].tolist()
           for n, body in enumerate((plain, silent))]  # fmt: skip
    assert ids[0] == ids[1]


def test_ports_survive_writing_and_reading_again(write, tmp_path):
    first = read_records(write("x.csv", BODY)).table
    first.to_parquet(tmp_path / "records.parquet")
    again = read_records(tmp_path / "records.parquet").table
    for name in ("export_port", "import_port", "record_id"):
        pd.testing.assert_series_equal(again[name], first[name])


def test_a_layout_may_name_them(write):
    layout = write("own.toml", '[fields]\nimport_port = ["Gateway"]\n')
    body = "DATE,EXPORTER,IMPORTER,Gateway\n2024-01-02,A CO,B CO,Walvis Bay\n"
    records = read_records(write("x.csv", body), layout=layout)
    assert records.table["import_port"].tolist() == ["Walvis Bay"]
