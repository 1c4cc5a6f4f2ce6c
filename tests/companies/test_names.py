"""A name without what stands beside it, as records of many countries write it."""

from __future__ import annotations

import time

import pandas as pd
import pytest

from chipflow.companies import resolve
from chipflow.companies.names import building_key, read_name


def mentions(*rows):
    frame = pd.DataFrame(
        [(*row, None, 1)[:4] if len(row) == 2 else row for row in rows],
        columns=["name", "country", "address", "records"],
    )
    return frame.assign(likely_country=None)


def companies(*rows):
    return len(resolve(mentions(*rows)).table)


@pytest.mark.parametrize(
    ("country", "one", "other"),
    [
        ("HK", "NORYAN DATA LIMITED (HONG KONG)", "Noryan Data Ltd"),
        ("SG", "ACME TRADING (SINGAPORE) PTE LTD", "Acme Trading Pte. Ltd."),
        ("TR", "Selvan Lojistik A.Ş. - TÜRKİYE", "SELVAN LOJISTIK AS"),
        ("CN", "Vokuan Optics Co., Ltd., Shenzhen", "VOKUAN OPTICS CO LTD"),
        ("MY", "ORION DATA SDN BHD (1234567-X)", "Orion Data S/B"),
        ("UA", "Dremkor Ltd VAT 732402062", "DREMKOR LTD"),
        ("DE", "Destam Systeme GmbH 28 Harbour Street", "DESTAM SYSTEME GMBH"),
        ("HK", "Kestar Metals Limited LOGISTICS DEPT.", "Kestar Metals Ltd"),
        ("KR", "주식회사 푸른전자", "푸른전자(주)"),
        ("KR", "㈜광원전자", "Kwangwon Electronics Co., Ltd."),
        ("VN", "Công ty Cổ phần Hoa Sen Vàng", "CTCP Hoa Sen Vang"),
        ("VN", "Công ty TNHH Một Thành Viên Điện tử Hải Thịnh", "Hai Thinh Electronics Co Ltd"),
        ("KZ", "ТОО «Аксай Трейд»", "TOO Aksay Trade"),
        ("US", "Kestrovan Oil Comp", "Kestrovan Oil Company"),
        ("MX", "Ratelen Distribuidora S DE RL DE CV", "Ratelen Distribuidora S. de R.L. de C.V."),
        ("US", "ROL UNETWORKS LLC", "Rolu Networks LLC"),
        ("US", "Rolun Etworks LLC", "Rolu Networks LLC"),
        ("US", "Veozopath-Inds LLC", "VEOZOPATHINDUSTRIES LLC"),
        ("VN", "Minh Thinh Electronics Holdings Joi", "Minh Thinh Electronics Holdings JSC"),
    ],
)
def test_one_company(country, one, other):
    assert companies((one, country), (other, country)) == 1


@pytest.mark.parametrize(
    ("country", "one", "other"),
    [
        ("HK", "ACME (HONG KONG) LTD", "ACME (CHINA) CO LTD"),
        ("CN", "ACME (SHENZHEN) CO LTD", "ACME (SHANGHAI) CO LTD"),
        ("HK", "Hong Kong Data Ltd", "Data Ltd"),
        ("CN", "Bank of China", "Bank Ltd"),
        ("HK", "HK 88 LTD", "HK 89 LTD"),
        ("KR", "RAEDAE II ELECTRONICS CO LTD", "RAEDAE ELECTRONICS CO LTD"),
        ("TR", "Marlova Tekstil A.S.", "Martova Bilgisayar A.S."),
        ("IN", "AS Electronics Ltd", "SA Electronics Ltd"),
        ("SG", "Marwood Data Pte Ltd", "Marwood Data Logistics Pte Ltd"),
    ],
)
def test_two_companies(country, one, other):
    assert companies((one, country), (other, country)) == 2


def test_sister_companies_in_one_house_stay_two():
    house = "12 Jurong Street, Singapore 648310"
    rows = ("Marwood Data Pte Ltd", "Marwood Data Services Pte Ltd")
    assert companies(*((name, "SG", house, 5) for name in rows)) == 2


def test_another_legal_form_is_said():
    found = resolve(mentions(("Selvan Tekstil A.Ş.", "TR"), ("Selvan Tekstil Ltd. Şti.", "TR")))
    assert len(found.table) == 1
    assert found.spellings["reason"].str.contains("another legal form").sum() == 1


@pytest.mark.parametrize(
    "other",
    ["12 MAIN RD LONDON 12345", "Unit 5, 12 Main Road", "12 Main Road #5, LONDON 12345, UK"],
)
def test_a_house_is_one_in_any_spelling(other):
    assert building_key("12 Main Road, London", "GB") == building_key(other, "GB")


def test_a_name_of_a_million_letters_costs_no_more_than_a_long_one():
    begin = time.perf_counter()
    read = read_name("Aurelian " * 120_000, "SG")
    assert time.perf_counter() - begin < 1
    assert read.words[0].text == "aurelian"
