"""What a file says and what the records then are, worked by hand."""

from __future__ import annotations

import datetime as dt
import gzip

import pandas as pd
import pytest
from openpyxl import Workbook

import chipflow.records as records_module
from chipflow.records import COLUMNS, Records, read_records


def add_up(records):
    for sheet in records.sheets:
        assert sheet.rows == sheet.used + sheet.rejected + sheet.duplicate, sheet.source
    counts = records.counts
    assert counts["rows_in"] == counts["used"] + counts["rejected"] + counts["duplicate"]


def test_canonical_columns_and_dtypes(canonical):
    records = read_records(
        canonical("D1,2024-03-01,ACME INC,US,NEWCO LTD,SG,8471.50.00,H100 SXM5,64,1200.5,2000000")
    )
    table = records.table
    assert tuple(table.columns) == COLUMNS
    row = table.iloc[0]
    assert row["record_id"] == "D1"
    assert row["date"] == pd.Timestamp("2024-03-01") and row["date_precision"] == "day"
    assert row["hs_code"] == "84715000"
    assert row["quantity"] == 64.0 and row["weight_kg"] == 1200.5 and row["value_usd"] == 2e6
    assert row["source_row"] == 2 and row["source"].endswith("records.csv")
    assert pd.isna(row["currency"]) and pd.isna(row["other_sources"])
    assert str(table["date"].dtype) == "datetime64[s]"
    assert str(table["shipper"].dtype) == "str" and str(table["source_row"].dtype) == "int64"
    assert records.expr.columns == COLUMNS
    assert not records.simulated and len(records) == 1


def test_damaged_cells_lose_the_field_or_the_row_and_nothing_else(canonical):
    records = read_records(
        canonical(
            'a,2024-03-01,ACME,US,NEWCO,SG,847150,GPU,"1,200 PCS",-5,"=HYPERLINK(""x"")"',
            "b,31/31/2023,ACME,US,NEWCO,SG,847150,GPU,1,1,1",
            "c,2024-03-02,,US,NULL,SG,847150,GPU,1,1,1",
            "d,2024-03-03,ACME,US,,SG,84X,GPU,0,0,0",
            "e,,ACME,US,NEWCO,SG,847150,GPU,1,1,1",
        )
    )
    add_up(records)
    assert records.counts == {"rows_in": 5, "used": 2, "rejected": 3, "duplicate": 0}
    first, last = records.table.iloc[0], records.table.iloc[1]
    assert first["quantity"] == 1200 and first["quantity_unit"] == "PCS"
    assert pd.isna(first["weight_kg"]) and pd.isna(first["value_usd"])
    assert pd.isna(last["quantity"]) and pd.isna(last["consignee"]) and pd.isna(last["hs_code"])
    said = {
        (row.source_row, None if pd.isna(row.column) else row.column): (row.value, row.reason)
        for row in records.rejected.itertuples()
    }
    assert set(said) == {
        (2, "weight_kg"), (2, "value_usd"), (3, "date"), (4, None), (5, "hs_code"), (6, "date"),
    }  # fmt: skip
    assert said[(2, "weight_kg")] == ("-5", "negative")
    assert said[(2, "value_usd")] == ('=HYPERLINK("x")', "not a number")
    assert said[(3, "date")][0] == "31/31/2023" and "placed in time" in said[(3, "date")][1]
    assert said[(4, None)][1] == "names no shipper and no consignee"


def test_countries_in_any_usual_writing(write):
    names = {
        "KOREA, REPUBLIC OF": "KR", "SPAIN (ES)": "ES", "ANGOLA": "AO", "UK": "GB", "USA": "US",
        "Viet Nam": "VN", "КАЗАХСТАН": "KZ", "España": "ES", "ZZ": None, "UNDECLARED": None,
        "TAIWAN, PROVINCE OF CHINA": "TW", "中国": "CN", "CAMEROUN": "CM", "EUROPEAN UNION": None,
        "VIRGIN ISLANDS, UNITED STATES": "VI",
    }  # fmt: skip
    rows = "\n".join(f'2024-01-{i:02},S{i},C{i},"{n}"' for i, n in enumerate(names, 1))
    records = read_records(write("c.csv", "date,shipper,consignee,origin_country\n" + rows))
    got = [None if pd.isna(v) else v for v in records.table.sort_values("date")["origin_country"]]
    assert got == list(names.values())
    assert records.rejected["value"].tolist() == ["EUROPEAN UNION"], (
        "a group is no country, and said"
    )


def test_na_is_namibia_among_codes_and_nothing_among_names(write):
    head = "date,shipper,consignee,shipper_country\n"
    codes = read_records(write("a.csv", head + "2024-01-01,A,B,NA\n2024-01-02,A,B,ZA\n"))
    assert sorted(codes.table["shipper_country"]) == ["NA", "ZA"]
    names = read_records(write("b.csv", head + "2024-01-01,A,B,NA\n2024-01-02,A,B,NAMIBIA\n"))
    assert names.table["shipper_country"].isna().sum() == 1


@pytest.mark.parametrize(
    ("cells", "days", "precision"),
    [
        (["13/02/2024", "01/03/2024"], ["2024-02-13", "2024-03-01"], "day"),
        (["02/13/2024", "01/03/2024"], ["2024-02-13", "2024-01-03"], "day"),
        (["20240301"], ["2024-03-01"], "day"),
        (["45352"], ["2024-03-01"], "day"),
        (["Mar 2025", "Dec 2024"], ["2025-03-01", "2024-12-01"], "month"),
        (["2025-03"], ["2025-03-01"], "month"),
        (["12-Oct-25"], ["2025-10-12"], "day"),
        (["3 марта 2024"], ["2024-03-03"], "day"),
        (["2024年3月1日"], ["2024-03-01"], "day"),
        (["2024-03-01 10:30:00"], ["2024-03-01"], "day"),
        # Midnight in India, written in UTC: the day is the next one.
        (
            ["2024-12-31T18:30:00.000Z", "2025-03-28T18:30:00.000Z"],
            ["2025-01-01", "2025-03-29"],
            "day",
        ),
        (["2024-12-31T18:30:00Z", "2025-03-28T09:15:00Z"], ["2024-12-31", "2025-03-28"], "day"),
    ],
)
def test_dates(write, cells, days, precision):
    rows = "".join(f"{cell},S{i},C\n" for i, cell in enumerate(cells))
    table = read_records(write("d.csv", "date,shipper,consignee\n" + rows)).table
    table = table.sort_values("shipper")
    assert [day.strftime("%Y-%m-%d") for day in table["date"]] == days
    assert set(table["date_precision"]) == {precision}


def test_a_year_column_has_the_precision_of_a_year(write):
    table = read_records(write("y.csv", "year,shipper,consignee,hs_code\n2025,A,B,847150\n")).table
    assert table["date"].iloc[0] == pd.Timestamp("2025-01-01")
    assert table["date_precision"].iloc[0] == "year"


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1.234,56", "12,5", "1.000"], [1234.56, 12.5, 1000.0]),
        (["1,234.56", "12.5", "1,000"], [1234.56, 12.5, 1000.0]),
        (["1 234,56", "7"], [1234.56, 7.0]),
        (["1.234.567", "7"], [1234567.0, 7.0]),
        (["$ 1,500.00", "2 KG"], [1500.0, 2.0]),
    ],
)
def test_the_decimal_sign_is_decided_by_the_whole_column(write, cells, numbers):
    rows = "".join(f'2024-01-01;S{i};C;"{cell}"\n' for i, cell in enumerate(cells))
    table = read_records(write("n.csv", "date;shipper;consignee;quantity\n" + rows)).table
    assert list(table.sort_values("shipper")["quantity"]) == numbers


def test_weights_in_pounds_and_tonnes_become_kilograms(write):
    by_header = write("h.csv", "date,shipper,consignee,Weight (lbs)\n2024-01-01,A,B,1000\n")
    assert read_records(by_header).table["weight_kg"].iloc[0] == pytest.approx(453.59237)
    by_column = write(
        "u.csv",
        "date,shipper,consignee,weight,weight unit\n2024-01-01,A,B,2,MT\n2024-01-02,A,B,10,LB\n"
        "2024-01-03,A,B,5,KG\n",
    )
    weights = read_records(by_column).table.sort_values("date")["weight_kg"]
    assert list(weights) == pytest.approx([2000, 4.5359237, 5])
    inside = write("i.csv", "date,shipper,consignee,weight\n2024-01-01,A,B,1.5 tons\n")
    assert read_records(inside).table["weight_kg"].iloc[0] == pytest.approx(1500)


def test_gross_before_net_and_fob_before_cif_row_by_row(write):
    path = write(
        "w.csv",
        "date,exporter,importer,net weight,gross weight,CIF USD,FOB USD,unit price usd\n"
        "2024-01-01,A,B,90,100,55,50,1\n2024-01-02,A,B,90,0,55,0,1\n",
    )
    table = read_records(path).table.sort_values("date")
    assert list(table["weight_kg"]) == [100, 90]
    assert list(table["value_usd"]) == [50, 55]


def test_only_dollars_are_value_usd(write):
    path = write(
        "v.csv",
        "date,exporter,importer,invoice value,currency\n2024-01-01,A,B,100,EUR\n"
        "2024-01-02,A,B,200,USD\n",
    )
    table = read_records(path).table.sort_values("date")
    assert list(table["value"]) == [100, 200] and list(table["currency"]) == ["EUR", "USD"]
    assert pd.isna(table["value_usd"].iloc[0]) and table["value_usd"].iloc[1] == 200
    plain = write("p.csv", "date,exporter,importer,total value\n2024-01-01,A,B,100\n")
    row = read_records(plain).table.iloc[0]
    assert row["value"] == 100 and pd.isna(row["value_usd"]) and pd.isna(row["currency"])
    local = write("Peru Import.csv", "date,importer,supplier,value PEN\n2024-01-01,A,B,100\n")
    row = read_records(local).table.iloc[0]
    assert row["currency"] == "PEN" and pd.isna(row["value_usd"])


def test_direction_and_country_of_the_file_name(write):
    body = "IMP_DATE,IMPORTER_NAME,SUPPLIER_NAME\n2024-01-01,A LTD,B LTD\n"
    records = read_records(write("Kenya Import 2024.csv", body))
    row, sheet = records.table.iloc[0], records.sheets[0]
    assert (sheet.direction, sheet.reporting_country) == ("import", "KE")
    assert row["import_country"] == "KE" and row["consignee_country"] == "KE"
    assert pd.isna(row["export_country"]) and pd.isna(row["shipper_country"])
    body = "EXP_DATE,EXPORTER,BUYER,COUNTRY\n2024-01-01,A LTD,B LTD,USA\n"
    row = read_records(write("India Export USA (1).csv", body)).table.iloc[0]
    assert row["export_country"] == "IN" and row["shipper_country"] == "IN"
    assert row["destination_country"] == "US"


def test_a_direction_column_rules_row_by_row(write):
    body = "date,shipper,consignee,IMP_OR_EXP\n2024-01-01,A,B,Import\n2024-01-02,A,B,Export\n"
    table = read_records(write("Chile.csv", body)).table.sort_values("date")
    assert table["import_country"].iloc[0] == "CL" and pd.isna(table["export_country"].iloc[0])
    assert table["export_country"].iloc[1] == "CL" and pd.isna(table["import_country"].iloc[1])


def test_a_destination_that_the_values_deny_is_not_used(write):
    body = (
        "EXPORTER,BUYER,DATE,DESTINATION_COUNTRY,ORIGIN_COUNTRY\nA,B,2024-01-01,KENYA,CHINA\n"
        "A,C,2024-01-02,KENYA,CHINA\n"
    )
    records = read_records(write("Kenya Export.csv", body))
    assert "destination_country" not in records.sheets[0].columns
    assert any("DESTINATION_COUNTRY" in w for w in records.sheets[0].warnings)


def test_agents_are_no_side(write):
    body = (
        "DATE,FORWARDER,CONSIGNEE_NAME,NOTIFY PARTY,CUSTOMS BROKER,MANUFACTURER,DECLARANT NAME\n"
        "2024-01-01,F,C,N,B,M,D\n"
    )
    records = read_records(write("bl.csv", body))
    assert set(records.sheets[0].columns) == {"date", "consignee"}
    assert any("forwarder" in w for w in records.sheets[0].warnings)


def test_banner_footer_and_blank_rows_are_no_records(write):
    body = (
        "SIMULATED DATA - no real company\n\n"
        "date,shipper,consignee,description,quantity\n"
        "2024-01-01,A,B,GPU,5\n\n2024-01-02,A,B,GPU,6\n,,,,\nTotal,,,,11\nSource: nobody\n"
    )
    records = read_records(write("s.csv", body))
    assert records.simulated
    assert records.counts == {"rows_in": 4, "used": 2, "rejected": 2, "duplicate": 0}
    assert set(records.rejected["reason"]) == {"stands below the table: a total or a remark"}
    assert records.sheets[0].header_row == 3
    assert sorted(records.table["source_row"]) == [4, 6]


def test_ragged_rows_are_rejected_with_their_number(write):
    body = (
        "date,shipper,consignee,description\n2024-01-01,A,B,GPU\n2024-01-02,A\n"
        '2024-01-03,"A\nCO",B,GPU\n2024-01-04,A,B,GPU,9\n2024-01-05,A,B,GPU\n'
    )
    records = read_records(write("r.csv", body))
    add_up(records)
    assert list(records.rejected["source_row"]) == [3, 5]
    assert sorted(records.table["source_row"]) == [2, 4, 6]
    assert "A CO" in set(records.table["shipper"])


def test_workbook_with_several_sheets(tmp_path):
    book = Workbook()
    first = book.active
    first.title = "Imports"
    first.append(["A report"])
    first.append([])
    first.append(["Date", "Importer", "Supplier", "HS Code", "Quantity"])
    first.append([dt.datetime(2024, 3, 1), "A LTD", "B LTD", 84715000, 8.0])
    second = book.create_sheet("Notes")
    second.append(["written by hand"])
    third = book.create_sheet("More")
    third.append(["Date", "Importer", "Supplier", "Value USD"])
    third.append([dt.date(2024, 3, 2), "A LTD", "B LTD", 12.5])
    path = tmp_path / "book.xlsx"
    book.save(path)
    records = read_records(path)
    add_up(records)
    kinds = {sheet.source.split("#")[1]: sheet.kind for sheet in records.sheets}
    assert kinds == {"Imports": "records", "More": "records", "Notes": "other"}
    table = records.table.sort_values("date")
    assert list(table["source_row"]) == [4, 2]
    assert table["hs_code"].iloc[0] == "84715000" and table["quantity"].iloc[0] == 8
    assert records.sheets[0].banner == "A report"
    assert list(records.rejected["source"]) == [f"{path.as_posix()}#Notes"]


def test_totals_without_parties_are_an_aggregate(write):
    path = write("t.csv", "HS_CODE,COUNTRY_OF_ORIGIN,TOTAL_VALUE_USD,MONTH\n847150,CN,5,Mar 2025\n")
    records = read_records(path)
    assert [s.kind for s in records.sheets] == ["aggregate"]
    assert records.counts == {"rows_in": 1, "used": 0, "rejected": 1, "duplicate": 0}
    assert "no column names a shipper" in records.rejected["reason"].iloc[0]
    assert len(records.table) == 0 and tuple(records.table.columns) == COLUMNS


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv.gz"])
def test_other_formats_give_the_same_records(write, tmp_path, suffix):
    frame = pd.DataFrame(
        {
            "record_id": ["x1", "x2"],
            "date": pd.to_datetime(["2024-03-01", "2024-03-02"]),
            "shipper": ["A", "B"],
            "consignee": ["C", None],
            "quantity": [1.0, 2.5],
        }
    )
    path = tmp_path / f"f.{suffix}"
    if suffix == "parquet":
        frame.to_parquet(path)
    elif suffix == "jsonl":
        path.write_text(frame.to_json(orient="records", lines=True, date_format="iso"))
    else:
        path.write_bytes(gzip.compress(frame.to_csv(index=False).encode()))
    table = read_records(path).table
    assert list(table["record_id"]) == ["x1", "x2"]
    assert [d.day for d in table["date"]] == [1, 2]
    assert list(table["quantity"]) == [1.0, 2.5] and list(table["source_row"]) == [2, 3]


def test_what_it_wrote_it_reads_back(canonical, tmp_path):
    records = read_records(
        canonical(
            "D1,2024-03-01,ACME INC,US,NEWCO LTD,SG,847150,H100,64,1200.5,2000000",
            "D2,Mar 2024,ACME INC,US,NEWCO LTD,SG,847150,H100,64,,",
        )
    )
    path = tmp_path / "again.parquet"
    records.table.to_parquet(path)
    again, frame = read_records(path), Records.from_frame(records.table)
    places = ["source", "source_row", "other_sources"]
    for other in (again, frame):
        pd.testing.assert_frame_equal(
            other.table.drop(columns=places), records.table.drop(columns=places)
        )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings(write, encoding):
    body = "date;exporter;importer\n2024-01-01;SOCIÉTÉ GÉNÉRALE DE PIÈCES;NIÑO Y CÍA\n" * 1
    row = read_records(write("e.csv", body.encode(encoding))).table.iloc[0]
    assert row["shipper"] == "SOCIÉTÉ GÉNÉRALE DE PIÈCES" and row["consignee"] == "NIÑO Y CÍA"


def test_cyrillic_in_windows_1251(write):
    body = "Дата;Отправитель;Получатель\n01.03.2024;ООО Рога и копыта;ТОО Большая сеть\n"
    row = read_records(write("r.csv", body.encode("cp1251"))).table.iloc[0]
    assert row["shipper"] == "ООО Рога и копыта"


@pytest.mark.parametrize("bad", [b"ACM\xff\xfe\xff", b"\xef\xbf\xbd" * 3 + b"CO"])
def test_unreadable_text_loses_its_field(write, bad):
    whole = "2024-01-02,Ácido Elétrico,Ração Única\n".encode()
    body = b"date,shipper,consignee\n2024-01-01," + bad + b",B CO\n" + whole
    records = read_records(write("m.csv", body))
    assert records.counts["used"] == 2
    assert records.table["shipper"].isna().sum() == 1
    assert list(records.rejected["column"]) == ["shipper"]
    assert list(records.rejected["reason"]) == ["not readable in the file's encoding"]


def test_a_layout_of_the_user(write, tmp_path):
    data = write("odd.csv", "wer;wem;wann;kg\nA;B;01.02.2024;1,5\n")
    layout = tmp_path / "my.toml"
    layout.write_text(
        '[fields]\nshipper = ["wer"]\nconsignee = ["wem"]\ndate = ["wann"]\n'
        "[hints]\nday_first = false\ndecimal = ','\n"
    )
    row = read_records(data, layout=layout).table.iloc[0]
    assert row["shipper"] == "A" and row["date"] == pd.Timestamp("2024-01-02")
    assert row["weight_kg"] == 1.5


def test_explain_and_html_show_the_text_of_the_file_as_text(write):
    path = write("x.csv", "date,shipper,consignee,<b>odd</b>\n2024-01-01,<script>,B,1\n")
    records = read_records(path)
    text = records.explain()
    assert "shipper" in text and "<script>" in text and "unused: <b>odd</b>" in text
    html = records._repr_html_()
    assert "<script>" not in html and "1 records" in html


def test_input_facts(canonical):
    path = canonical("D1,2024-03-01,A,US,B,SG,847150,H100,64,1,2")
    facts = read_records(path).inputs[0]
    assert facts["path"] == path.as_posix() and facts["bytes"] == path.stat().st_size
    assert len(facts["sha256"]) == 64


def test_public_names_exist():
    assert all(hasattr(records_module, name) for name in records_module.__all__)
