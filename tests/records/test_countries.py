"""Countries as customs offices write them, and parties that are none."""

import csv
from pathlib import Path

import pytest

from chipflow.records import read_records
from chipflow.records.vocabulary.countries import (
    country_code,
    guessed_country,
    is_group,
    is_no_country,
)
from chipflow.records.vocabulary.layouts import missing_texts

HERE = Path(__file__).parent


def labelled(name):
    with (HERE / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_countries_are_read_in_the_spellings_of_customs_offices():
    # Labelled before they were first read, from memory of the lists of many offices and vendors.
    rows = [row for row in labelled("country_spellings.csv") if row["manner"] != "guess"]
    read = {row["text"]: country_code(row["text"]) for row in rows}
    wrong = {row["text"]: read[row["text"]] for row in rows if read[row["text"]] != row["code"]}
    assert all(code is None for code in wrong.values())
    assert len(wrong) <= len(rows) // 100


def test_what_names_no_one_country_is_not_read():
    texts = [row["text"] for row in labelled("no_countries.csv")]
    assert len(texts) > 100
    assert {text: code for text in texts if (code := country_code(text))} == {}
    assert {text: code for text in texts if (code := guessed_country(text))} == {}


@pytest.mark.parametrize(
    "text, code",
    [
        ("CHINA - HONG KONG", "HK"),  # the narrower place
        ("Macao, China", "MO"),
        ("Puerto Rico, USA", "PR"),
        ("Taiwan, Province of China", "TW"),
        ("GEORGIA", "GE"),
        ("US, Georgia", "US"),
        ("Tbilisi, Georgia", "GE"),
        ("USA/CANADA", None),  # two countries
        ("BELGIUM-LUXEMBOURG", None),
        ("REPUBLIC OF CHINA", "TW"),
        ("CHINA REP", None),  # either
        ("156 CHINA", "CN"),
        ("160 - CHINA", "CN"),  # the number of another table beside a name
        ("NA", "NA"),
        ("N/A", None),
        ("EMIR. ARABES UNIDOS", "AE"),
        ("BOLIVIA, EST. PLURINACIONAL", "BO"),
        ("BOSN. HERZEG.", "BA"),
        ("DOMINIC. REP.", "DO"),
        ("SAN MAR", None),  # too short to be San Marino
        ("PORT SAID", None),
    ],
)
def test_places_within_places(text, code):
    assert country_code(text) == code


def test_no_text_for_not_given_is_a_country():
    read = {text for text in missing_texts() if country_code(text)}
    assert read <= {"na"}  # Namibia, where the column writes codes
    assert is_no_country("NOT SPECIFIED") and is_no_country("ZZ") and not is_no_country("NA")
    assert is_group("European Union") and is_group("EU") and not is_group("ES")


HEADER = "Date,Shipper,Consignee,Country of Destination,Country of Origin,Description,Quantity\n"


def read(write, rows):
    body = "".join(
        f"2024-01-{1 + n % 28:02},Brightmoor Devices Ltd,{party},{to},{origin},graphics card,{n}\n"
        for n, (party, to, origin) in enumerate(rows, start=1)
    )
    records = read_records(write("a.csv", HEADER + body))
    return records, records.table.sort_values("source_row")


def codes(table, column):
    return [None if value != value else value for value in table[column]]


def test_a_guess_is_said_and_what_is_not_understood_stands_in_rejected_once(write):
    names = ["India", "Bahrian", "Narnia", "NOT SPECIFIED", "European Union", "Japan", "Spain"]
    records, table = read(write, [(f"Buyer {n} GmbH", to, "US") for n, to in enumerate(names)])
    assert codes(table, "destination_country") == ["IN", "BH", None, None, None, "JP", "ES"]
    assert records.sheets[0].warnings == [
        "destination country: 1 cells read as a guess: 'Bahrian' as BH"
    ]
    assert list(records.rejected["value"]) == ["Narnia", "European Union"]
    assert list(records.rejected["source_row"]) == [4, 6]


def test_numbers_of_a_national_table_are_not_read_as_those_of_iso(write):
    # Brazil: 160 China, 249 the United States, 023 Germany, 399 Japan; 156, 380 and 040 of ISO
    # 3166 are China, Italy and Austria.
    national = ["160", "249", "023", "399", "156", "741"]
    records, table = read(write, [(f"Buyer {n} SA", "Peru", c) for n, c in enumerate(national)])
    assert codes(table, "origin_country") == [None] * 6
    assert sorted(records.rejected["value"]) == sorted(national)
    assert "national table" in " ".join(records.sheets[0].warnings)
    records, table = read(
        write, [(f"Buyer {n} SA", "Peru", c) for n, c in enumerate(["156", "380", "040", "076"])]
    )
    assert codes(table, "origin_country") == ["CN", "IT", "AT", "BR"]
    assert not len(records.rejected)


NOT_GIVEN = [
    "NO DISPONIBLE", "NÃO INFORMADO", "N/D", "NOT AVAILABLE FROM COUNTRY", "CONFIDENTIAL", "未知",
    "TO ORDER", "TO THE ORDER OF BANK OF CHINA", "A LA ORDEN DE BANCO DE CHILE", "BELİRTİLMEMİŞ",
    "НЕ УКАЗАН", "ПО ПРИКАЗУ БАНКА", "NON RENSEIGNÉ", "KHÔNG XÁC ĐỊNH", "TIDAK DIKETAHUI",
    "凭银行指示", "غير معروف", "(UNKNOWN)", "NICHT ANGEGEBEN", "*** NO DECLARADO ***",
]  # fmt: skip
NO_NAME = ['""""', '",,"', "2024-05-01", "12-Jan-2024", "=A1+B2", "#NUM!", "12345", "---/---"]
FIRMS = [
    "ORDER DYNAMICS LTD", "Unknown Worlds Entertainment", "3M", "Confidential Systems LLC",
    "No Limit Trading", "Private Label GmbH", "Bank of China", "Emirates Order Management",
    "深圳指示灯有限公司", "Sin Datos Consulting SA", "7-Eleven", "Order of Malta",
]  # fmt: skip


def test_what_names_no_party_is_none_and_firms_stay(write):
    parties = [*NOT_GIVEN, *NO_NAME]
    records, table = read(write, [(party, "Japan", "US") for party in parties])
    assert codes(table, "consignee") == [None] * len(parties)
    # Words for "not given" say nothing; what says something that is no name is shown.
    assert list(records.rejected["source_row"]) == [*range(22, 30)]
    _, table = read(write, [(party, "Japan", "US") for party in FIRMS])
    assert codes(table, "consignee") == FIRMS


def test_parties_that_go_by_numbers_keep_them(write):
    numbers = [f"03881{n}5678" for n in range(6)]
    _, table = read(write, [(number, "Japan", "US") for number in numbers])
    assert set(codes(table, "consignee")) == {f"ID {number}" for number in numbers}
