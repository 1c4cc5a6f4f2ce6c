"""Tables that are not one row of names above rows of values."""

from __future__ import annotations

import datetime as dt
import io
import json

import pandas as pd
import pytest
from openpyxl import Workbook

from chipflow.records import read_records

NAMES = [
    "Date",
    "Shipper",
    "Shipper Country",
    "Consignee",
    "HS Code",
    "Quantity",
    "Gross Weight KG",
]


def cells(i):
    return [dt.datetime(2024, 1, 1 + i), f"Alder {i % 3}", "US", f"Borvane {i}", "847150", i + 1, 9]


@pytest.fixture
def book(write):
    """Write a workbook that a function fills; return its path."""

    def writer(fill):
        made = Workbook()
        fill(made)
        out = io.BytesIO()
        made.save(out)
        return write("book.xlsx", out.getvalue())

    return writer


def columns(records):
    return {name: header for name, (header, _) in records.sheets[0].columns.items()}


def test_groups_above_the_names_of_columns_in_merged_cells(book):
    def fill(made):
        sheet = made.active
        sheet.append(["Export declarations"])
        sheet.append(["Declaration Date", "Exporter", None, "Consignee", None, "Goods", None])
        sheet.append([None, "Name", "Country", "Name", "Country", "Description", "Net Weight (kg)"])
        for place in ("A2:A3", "B2:C2", "D2:E2", "F2:G2"):
            sheet.merge_cells(place)
        for i in range(6):
            sheet.append([dt.datetime(2024, 1, 1 + i), "Alder", "TR", "Borvane", "SG", "CARD", 1.5])

    records = read_records(book(fill))
    assert records.counts == {"rows_in": 6, "used": 6, "rejected": 0, "duplicate": 0}
    assert records.sheets[0].header_row == 2
    row = records.table.iloc[0]
    assert (row["shipper"], row["shipper_country"]) == ("Alder", "TR")
    assert (row["consignee"], row["consignee_country"]) == ("Borvane", "SG")
    assert columns(records)["shipper_country"] == "Exporter / Country"
    assert row["weight_kg"] == 1.5


def test_the_same_names_in_two_languages(write):
    head = "Дата,Отправитель,Получатель,Описание товара\nDate,Shipper,Consignee,Goods description\n"
    body = "".join(f"2024-02-0{i},Alder LLC,Borvane AS,CARD {i}\n" for i in range(1, 8))
    records = read_records(write("two.csv", head + body))
    assert records.counts["rows_in"] == records.counts["used"] == 7
    assert columns(records)["shipper"] == "Отправитель"


def test_two_columns_of_one_name_are_told_apart_by_a_layout(write):
    body = "".join(f"2024-02-0{i},Alder,US,Borvane,SG,CARD\n" for i in range(1, 8))
    path = write("same.csv", "Date,Name,Country,Name,Country,Goods description\n" + body)
    layout = write(
        "same.toml",
        '[fields]\nshipper = "Name"\nshipper_country = "Country"\n'
        'consignee = "Name#2"\nconsignee_country = "Country#2"\n',
    )
    records = read_records(path, layout=layout)
    row = records.table.iloc[0]
    assert (row["shipper"], row["consignee"], row["consignee_country"]) == (
        "Alder",
        "Borvane",
        "SG",
    )
    assert any("'Name#2'" in warning for warning in records.sheets[0].warnings)


def test_values_are_repeated_down_merged_cells_only_and_amounts_never(book):
    def fill(made):
        sheet = made.active
        sheet.append(NAMES)
        for i in range(8):
            sheet.append(cells(i))
        for place in ("A2:A4", "G2:G4"):
            sheet.merge_cells(place)
        sheet["A8"] = None

    records = read_records(book(fill))
    assert records.counts == {"rows_in": 8, "used": 7, "rejected": 1, "duplicate": 0}
    table = records.table.set_index("source_row").sort_index()
    assert set(table.loc[2:4, "date"]) == {pd.Timestamp("2024-01-01")}
    assert table.loc[2:4, "weight_kg"].sum() == 9
    said = " ".join(records.sheets[0].warnings)
    assert "'Gross Weight KG': merged cells reach over 2 more rows" in said


def test_hidden_sheets_errors_and_formulas_without_values_are_named(book):
    def fill(made):
        sheet = made.active
        sheet.append(NAMES)
        for i in range(8):
            sheet.append(cells(i))
        for place, text in (("D4", "#N/A"), ("F5", "#REF!"), ("A6", "#VALUE!")):
            sheet[place] = text
            sheet[place].data_type = "e"
        sheet["G7"] = "=F7*2"
        sheet.sheet_state = "hidden"
        made.create_sheet("Notes").append(["nothing", "here"])

    records = read_records(book(fill))
    sheet = next(sheet for sheet in records.sheets if sheet.kind == "records")
    assert sheet.counts == {"rows_in": 8, "used": 7, "rejected": 1, "duplicate": 0}
    said = " ".join(sheet.warnings)
    assert "hidden" in said
    assert "3 cells hold an error" in said and "row 4: #N/A" in said
    assert "1 cell hold a formula" not in said and "1 cell holds a formula" in said
    listed = set(zip(records.rejected["source_row"], records.rejected["value"], strict=True))
    assert {(4, "#N/A"), (5, "#REF!"), (6, "#VALUE!")} <= listed
    assert records.table.set_index("source_row")["consignee"].isna()[4]


OBJECTS = [
    {"date": f"2024-03-0{i}", "shipper": {"name": "Alder", "country": "US"}, "consignee": f"B {i}"}
    for i in range(1, 8)
]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(OBJECTS),
        json.dumps(OBJECTS, indent=2, ensure_ascii=False),
        "[\n" + ",\n".join(map(json.dumps, OBJECTS)) + "\n]\n",
        json.dumps({"count": 7, "data": OBJECTS}, indent=1),
        "\n".join(map(json.dumps, OBJECTS)),
    ],
)
def test_json_however_it_is_laid_out(write, text):
    records = read_records(write("a.json", text))
    assert records.counts["used"] == 7
    table = records.table.sort_values("source_row")
    assert list(table["source_row"]) == list(range(2, 9))
    assert list(table["consignee"]) == [f"B {i}" for i in range(1, 8)]
    assert set(table["shipper"]) == {"Alder"} and set(table["shipper_country"]) == {"US"}


def test_a_json_array_that_is_cut_off_keeps_what_is_whole(write):
    records = read_records(write("cut.json", json.dumps([*OBJECTS, 17])[:-30]))
    counts = records.counts
    assert counts["used"] == 6 and counts["rejected"] == 1 and counts["rows_in"] == 7


@pytest.mark.parametrize(("hour", "factor", "day"), [(0, 1, 1), (9, 1000, 1), (16, 1000, 2)])
def test_seconds_and_milliseconds_since_1970(write, hour, factor, day):
    start = dt.datetime(2024, 3, 1, hour, tzinfo=dt.UTC).timestamp()
    times = [int(start + 86_400 * i) * factor for i in range(5)]
    body = "".join(f"{t},Alder,Borvane {i}\n" for i, t in enumerate(times))
    table = read_records(write("epoch.csv", "Date,Shipper,Consignee\n" + body)).table
    # 16:00 in UTC is midnight of the next day in China.
    assert table["date"].min() == pd.Timestamp(2024, 3, day)
    assert set(table["date_precision"]) == {"day"}
