"""Headers in ten languages, and the traps beside them."""

from __future__ import annotations

import pytest

from chipflow.records import read_records
from chipflow.records.vocabulary.meaning import field_scores
from chipflow.records.vocabulary.words import read_header

SIX = ("date", "shipper", "consignee", "origin_country", "hs_code", "description")
VALUES = "2024-03-05,ALPHA CO,BETA CO,China,84715000,SERVERS"
LANGUAGES = {
    "English": "Date,Exporter,Importer,Country of Origin,HS Code,Goods Description",
    "Spanish": "Fecha,Exportador,Importador,País de Origen,Partida Arancelaria,Descripción",
    "Portuguese": "Data,Exportador,Importador,País de Origem,NCM,Descrição da Mercadoria",
    "French": "Date,Exportateur,Importateur,Pays d'origine,Code SH,Désignation",
    "Russian": "Дата,Отправитель,Получатель,Страна происхождения,Код ТН ВЭД,Описание товара",
    "Ukrainian": "Дата,Відправник,Одержувач,Країна походження,Код УКТЗЕД,Опис товару",
    "Turkish": "Tarih,İhracatçı,İthalatçı,Menşe Ülke,GTİP,Eşya Tanımı",
    "Vietnamese": "Ngày,Người xuất khẩu,Người nhập khẩu,Nước xuất xứ,Mã HS,Mô tả",
    "Indonesian": "Tanggal,Eksportir,Importir,Negara Asal,Kode HS,Uraian Barang",
    "Chinese": "日期,出口商,进口商,原产国,商品编码,商品名称",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_six_columns_in_each_language(write, language):
    sheet = read_records(write("x.csv", f"{LANGUAGES[language]}\n{VALUES}\n")).sheets[0]
    headers = LANGUAGES[language].split(",")
    assert {f: h for f, (h, _) in sheet.columns.items()} == dict(zip(SIX, headers, strict=True))


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("SUMOFVALUE_IN_USD", "value_usd"), ("TOTALVALUEUSD", "value_usd"),
        ("USD_FOB", "value_usd"), ("FOB USD", "value_usd"), ("Valor CIF US$", "value_usd"),
        ("总价(美元)", "value_usd"), ("Статистическая стоимость, долл. США", "value_usd"),
        ("TOTALVALUE", "value"), ("FOB_INR", "value"), ("TOTAL PRICE_INV_FC", "value"),
        ("MONTHYEAR", "date"), ("G_WEIGHT", "weight_kg"), ("Вес нетто, кг", "weight_kg"),
        ("毛重(千克)", "weight_kg"), ("Peso Bruto (Kg)", "weight_kg"),
        ("STD_SUPPLIER_NAME", "shipper"), ("consigneeName", "consignee"),
        ("COUNTRY OF_ORIGIN", "origin_country"), ("PROCEDENCE", "export_country"),
        ("FROM_COUNTRY_NAME_EN", "export_country"), ("TO_COUNTRY_NAME", "destination_country"),
        ("País de Destino", "destination_country"), ("UNIT_OF_QUANTITY", "quantity_unit"),
        ("Số lượng", "quantity"), ("Đơn vị tính", "quantity_unit"),
        ("INVOICE_CURRENCY", "currency"), ("BL_NUMBER", "record_id"),
        ("Номер декларации", "record_id"),
    ],
)  # fmt: skip
def test_a_header_means_its_field_most(header, field):
    scores = field_scores(header)
    assert max(scores, key=scores.get) == field


@pytest.mark.parametrize(
    "header",
    [
        "%GTTOTALVALUE", "VALUE_IN_USDPERCENTAGE", "UNIT_PRICE_IN_USD", "AVGUNITPRICEUSD",
        "USD_PER_KG", "EXCHANGE_RATE", "USD EXCHANGE RATE", "TAX_IN_USD", "FREIGHT_USD",
        "INSURANCE_USD", "CUSTOMS_BROKER_NAME", "DECLARANT_NAME", "FORWARDER", "NORTIFY_PARTY_NAME",
        "GUARANTEE_NAME", "MANUFACTURER_EN", "CUSTOMER_TIER", "EXPORTER_PHONE", "RECORDS_TAG",
        "TRADING_COUNTRY", "VESSEL_NAME", "INCOTERMS",
        "Đơn giá", "单价", "ITEM_NUMBER", "TRANSPORT_COUNTRY", "CONTAINER_NUMBER",
    ],
)  # fmt: skip
def test_traps_are_no_field(header):
    assert not any(score >= 0.5 for score in field_scores(header, "import").values())


def test_english_before_the_original_and_the_original_where_english_is_missing(write):
    body = (
        "DATE,EXPORTER_NAME,EXPORTER_NAME_EN,IMPORTER_NAME\n"
        "2024-01-01,ООО Рога,HORNS LLC,A CO\n2024-01-02,ООО Копыта,NULL,A CO\n"
    )
    records = read_records(write("e.csv", body))
    assert records.sheets[0].columns["shipper"][0] == "EXPORTER_NAME_EN"
    assert list(records.table.sort_values("date")["shipper"]) == ["HORNS LLC", "ООО Копыта"]


def test_an_empty_column_gives_way_to_a_filled_one(write):
    body = (
        "DATE,EXPORTER,IMPORTER,FOB_USD,CIF_USD,GROSS WEIGHT,NET WEIGHT\n"
        "2024-01-01,A CO,B CO,0,55,NULL,10\n2024-01-02,A CO,B CO,0,65,NULL,11\n"
    )
    columns = read_records(write("z.csv", body)).sheets[0].columns
    assert columns["value_usd"][0] == "CIF_USD" and columns["weight_kg"][0] == "NET WEIGHT"


def test_full_code_before_chapter_and_goods_before_tariff_text(write):
    body = (
        "DATE,EXPORTER,IMPORTER,HS_CODE_2,HS_CODE,HS_CODE_DESCRIPTION,PRODUCT_DESCRIPTION\n"
        "2024-01-01,A CO,B CO,84,84715000,OTHER,H100 SERVER\n"
    )
    columns = read_records(write("h.csv", body)).sheets[0].columns
    assert columns["hs_code"][0] == "HS_CODE"
    assert columns["description"][0] == "PRODUCT_DESCRIPTION"


def test_the_unit_belongs_to_its_quantity(write):
    body = (
        "DATE,EXPORTER,IMPORTER,NUMBER_OF_PACKAGES,PACKAGE_TYPE,QUANTITY,UNIT\n"
        "2024-01-01,A CO,B CO,3,PALLET,64,PCS\n"
    )
    row = read_records(write("q.csv", body)).table.iloc[0]
    assert (row["quantity"], row["quantity_unit"]) == (64, "PCS")
    body = "DATE,EXPORTER,IMPORTER,NUMBER_OF_PACKAGES,UNIT\n2024-01-01,A CO,B CO,3,KG\n"
    row = read_records(write("p.csv", body)).table.iloc[0]
    assert (row["quantity"], row["quantity_unit"]) == (3, "packages")


def test_an_address_without_owner_belongs_to_the_party_before_it(write):
    body = "DATE,EXPORTER,ADDRESS,CONSIGNEE NAME,CONSIGNEE ADDRESS\n2024-01-01,A,1 St,B,2 St\n"
    columns = read_records(write("a.csv", body)).sheets[0].columns
    assert columns["shipper_address"][0] == "ADDRESS"
    assert columns["consignee_address"][0] == "CONSIGNEE ADDRESS"


def test_words_run_together_are_cut_apart():
    assert read_header("SUMOFVALUE_IN_USD").parts == ("total", "value", "usd")
    assert read_header("TOTALGROSS_WEIGHT").known == 1.0


def test_the_names_of_territories_are_those_that_rigour_knows():
    from rigour.territories import lookup_territory

    from chipflow.records.vocabulary.countries import country_code

    for name in (
        "Côte d’Ivoire",
        "Южная Корея",
        "ROYAUME-UNI",
        "越南",
        "Birma",
        "Turkiye",
        "Narnia",
    ):
        known = lookup_territory(name)
        assert country_code(name) == (known and known.code.upper())


def test_the_table_of_territories_is_up_to_date():
    import sys
    from pathlib import Path

    scripts = Path(__file__).resolve().parents[2] / "scripts"
    sys.path.insert(0, str(scripts))
    try:
        import territory_names
    finally:
        sys.path.remove(str(scripts))
    table = territory_names.TABLES / "territories.txt"
    assert table.read_text("utf-8").splitlines() == territory_names.lines()
