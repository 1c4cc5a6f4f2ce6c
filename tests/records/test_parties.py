"""Which column is a party: by direction, by number, and never a rank or all countries together."""

from __future__ import annotations

import pytest

from chipflow.errors import LayoutError
from chipflow.records import read_records

NAMES = ("Brightmoor Devices Ltd", "Kestrel Pixel Co., Ltd.", "Orbanna Systems GmbH")
HOME = ("深圳市蓝岬电子有限公司", "东莞市远岚科技有限公司", "上海青桥贸易有限公司")


def read(tmp_path, head, rows, name="trade.csv", **options):
    path = tmp_path / name
    lines = [head, *(";".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return read_records(path, **options)


def cells(records, *columns):
    table = records.table.sort_values("source_row")
    return [
        tuple(v if isinstance(v, str) else None for v in row)
        for row in table[list(columns)].to_numpy()
    ]


def test_domestic_party_ships_exports_and_receives_imports(tmp_path):
    rows = [
        ("进口", "2024-01-05", HOME[0], NAMES[0], "显卡", 3),
        ("出口", "2024-01-06", HOME[1], NAMES[1], "显卡", 4),
        ("进口", "2024-01-07", HOME[2], NAMES[2], "显卡", 5),
    ]
    head = "进出口标志;申报日期;境内收发货人;境外收发货人;商品名称;数量"
    records = read(tmp_path, head, rows)
    assert cells(records, "shipper", "consignee") == [
        (NAMES[0], HOME[0]), (HOME[1], NAMES[1]), (NAMES[2], HOME[2]),
    ]  # fmt: skip
    assert records.sheets[0].by_direction["shipper"] == {
        "import": "境外收发货人", "export": "境内收发货人",
    }  # fmt: skip


def test_row_without_direction_says_that_its_party_was_not_read(tmp_path):
    rows = [
        ("Import", "2024-01-05", NAMES[0], "Hong Kong", "card"),
        ("Export", "2024-01-06", NAMES[1], "Singapore", "card"),
        *[("Import", "2024-01-07", NAMES[2], "Germany", "card")] * 20,
        ("?", "2024-01-08", NAMES[0], "Germany", "card"),
    ]
    records = read(tmp_path, "Flow;Date;Client;Country;Description", rows)
    first, second = cells(records, "shipper", "consignee", "origin_country", "destination_country")[
        :2
    ]
    assert first == (None, NAMES[0], "HK", None)
    assert second == (NAMES[1], None, None, "SG")
    lost = records.rejected[records.rejected["source_row"] == len(rows) + 1]
    assert len(lost) and records.sheets[0].rejected == 1


@pytest.mark.parametrize(
    ("header", "numbers", "names"),
    [
        ("IEC", ["0388012345", "0388012999"], ["IEC 0388012345", "IEC 0388012999"]),
        ("Exporter EORI", ["DE12345678", "NL98765432"], ["EORI DE12345678", "EORI NL98765432"]),
        ("Exporter_ID", ["EXP00ZB", "EXP01ZB"], ["EXP00ZB", "EXP01ZB"]),
        ("Exporter Code", ["410001", "410002"], ["ID 410001", "ID 410002"]),
    ],
)
def test_company_is_known_by_its_number_where_no_name_stands(tmp_path, header, numbers, names):
    rows = [(f"2024-03-0{n + 1}", numbers[n % 2], "card", n + 1, "DE") for n in range(4)]
    head = f"Date;{header};Description;Quantity;Country of destination"
    records = read(tmp_path, head, rows, name="exports 2024.csv")
    assert [name for (name,) in cells(records, "shipper")] == names * 2


def test_name_is_used_before_number(tmp_path):
    rows = [("2024-03-01", "0388012345", NAMES[0], "card"), ("2024-03-02", "0388012999", "", "ssd")]
    records = read(tmp_path, "Date;Exporter IEC;Exporter;Description", rows)
    assert [name for (name,) in cells(records, "shipper")] == [NAMES[0], "IEC 0388012999"]


@pytest.mark.parametrize("header", ["customer_tier", "Consignee Trade Roles", "Buyer segment"])
def test_rank_of_a_company_is_no_company(tmp_path, header):
    rows = [
        (f"2024-03-{n + 1:02}", NAMES[n % 3], ("gold", "silver")[n % 2], "card") for n in range(9)
    ]
    sheet = read(tmp_path, f"Date;Shipper;{header};Description", rows).sheets[0]
    assert "consignee" not in sheet.columns and "consignee" not in sheet.also
    assert header in sheet.unknown


def test_table_of_all_countries_together_is_totals(tmp_path):
    rows = [(2020 + n, "Export", "World", 847330, 100 + n) for n in range(5)]
    sheet = read(tmp_path, "Year;Trade Flow;Partner;HS Code;Value USD", rows).sheets[0]
    assert sheet.kind == "aggregate"


def test_records_without_a_known_party_are_records_and_name_what_it_could_be(tmp_path):
    rows = [(f"2024-03-{n + 1:02}", 7000 + n, NAMES[n % 3], "card x16", n + 1) for n in range(9)]
    records = read(tmp_path, "Date;Record No;Zxq;Description;Quantity", rows)
    sheet = records.sheets[0]
    assert sheet.kind == "records" and sheet.rejected == len(rows)
    assert sheet.could_be["consignee"] == ["Zxq"]
    assert any("'Zxq'" in warning and NAMES[0] in warning for warning in sheet.warnings)


def test_unused_columns_that_could_be_the_goods_or_the_day_are_named(tmp_path):
    rows = [
        (f"2024-03-{n + 1:02}", NAMES[n % 3], NAMES[(n + 1) % 3], f"NVIDIA H100 80GB module {n}")
        for n in range(6)
    ]
    sheet = read(tmp_path, "Date;Shipper;Consignee;Zxq", rows).sheets[0]
    assert sheet.could_be["description"] == ["Zxq"]
    assert sheet.samples["Zxq"][0] == "NVIDIA H100 80GB module 0"


def test_numbers_of_a_national_table_are_no_iso_countries(tmp_path):
    rows = [
        (f"2024-03-{n + 1:02}", NAMES[n % 3], NAMES[(n + 1) % 3], (160, 249, 351)[n % 3], "placa")
        for n in range(6)
    ]
    head = "Data;Exportador;Importador;Código País Destino;Descrição"
    records = read(tmp_path, head, rows, name="exportação.csv")
    assert records.table["destination_country"].isna().all()
    (unread,) = records.unread
    assert (unread.field, unread.given, unread.unread) == ("destination_country", 6, 6)
    assert "another table of countries" in records.rejected["reason"].iloc[0]


def test_layout_that_names_a_column_which_is_not_there_is_refused(tmp_path):
    layout = tmp_path / "mine.toml"
    layout.write_text('consignee = ["Consigne"]\nshipper = ["Sender", "Shipper"]\n', "utf-8")
    rows = [("2024-03-01", NAMES[0], NAMES[1], "card")]
    with pytest.raises(LayoutError, match=r"'Consigne' .*is not in .*near: 'Consignee'"):
        read(tmp_path, "Date;Shipper;Consignee;Description", rows, layout=layout)
    # Headers of a field are alternatives: one that is there is enough.
    layout.write_text('shipper = ["Sender", "Shipper"]\n', "utf-8")
    assert read(tmp_path, "Date;Shipper;Consignee;Description", rows, layout=layout).sheets[0].used
