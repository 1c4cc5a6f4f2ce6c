"""Text tables that are damaged: quotes, code pages, letters lost on the way."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chipflow.records import read_records
from chipflow.records.io.delimited import read_text

HEAD = "Date,Shipper,Consignee,HS Code,Goods Description,Quantity"


def row(i, goods="GRAPHICS CARD", shipper=None):
    return (
        f"2024-01-{i % 28 + 1:02},{shipper or f'Alder {i} Inc'},Borvane {i} Ltd,847150,{goods},{i}"
    )


def table_of(lines, head=HEAD, end="\n"):
    return end.join([head, *lines]) + end


def adds_up(records):
    counts = records.counts
    return counts["rows_in"] == counts["used"] + counts["rejected"] + counts["duplicate"]


@pytest.mark.parametrize("at", [[0], [20], [39], [5, 20], [5, 12, 30]])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_quote_that_is_never_closed_costs_no_other_row(write, at, end):
    lines = [row(i, '"GRAPHICS CARD') if i in at else row(i) for i in range(40)]
    records = read_records(write("open.csv", table_of(lines, end=end)))
    assert records.counts == {"rows_in": 40, "used": 40, "rejected": 0, "duplicate": 0}
    assert list(records.table.sort_values("source_row")["source_row"]) == list(range(2, 42))
    (warning,) = records.sheets[0].warnings
    assert "never closed" in warning and f"row {at[0] + 2}" in warning


def test_an_open_quote_in_a_row_that_does_not_fit_either_way_is_named(write):
    lines = [row(i) for i in range(9)]
    lines[4] = '2024-01-05,"Alder, Inc,Borvane'
    records = read_records(write("open.csv", table_of(lines)))
    assert records.counts == {"rows_in": 9, "used": 8, "rejected": 1, "duplicate": 0}
    (reject,) = records.rejected.to_dict("records")
    assert reject["source_row"] == 6 and reject["value"] == lines[4]
    assert reject["reason"] == "opens a quote that is never closed"


def test_line_ends_within_quoted_cells_are_no_damage(write):
    lines = [row(i, f'"CARD\n{i}, ""NEW""\nBOXED"' if i % 3 else '"CARD"') for i in range(30)]
    records = read_records(write("multi.csv", table_of(lines)))
    assert records.counts["used"] == 30 and not records.sheets[0].warnings
    said = set(records.table["description"])
    assert 'CARD 4, "NEW" BOXED' in said


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        (r'"Alder \"Deep, Sea\" Inc"', 'Alder "Deep, Sea" Inc'),
        ('"Alder ""Deep, Sea"" Inc"', 'Alder "Deep, Sea" Inc'),
        ('Alder 2.5" DISK', 'Alder 2.5" DISK'),
        (r'"Alder C:\"', "Alder C:\\"),
        ("Alder Trading Co., Ltd", "Alder Trading Co., Ltd"),
    ],
)
def test_quotes_and_delimiters_in_names(write, cell, read):
    lines = [row(i, shipper=cell) if i % 2 else row(i) for i in range(20)]
    records = read_records(write("names.csv", table_of(lines)))
    assert records.counts["used"] == 20
    assert (records.table["shipper"] == read).sum() == 10


def test_empty_cells_beyond_the_last_column_say_nothing(write):
    lines = [row(i) + ",,," if i == 3 else row(i) for i in range(9)]
    assert read_records(write("wide.csv", table_of(lines))).counts["used"] == 9


_TEXT = st.text(st.sampled_from('abXY ,;"\n.ü电\\'), max_size=12)
_DAMAGE = st.sampled_from(["open", "cut", "delimiter", "quote"])


def _damaged(line, kind, at):
    at = 1 + at % (len(line) - 1)
    if kind == "open":
        date, rest = line.split(",", 1)
        return f'{date},"{rest}'
    if kind == "cut":
        return line[:at]
    return line[:at] + {"delimiter": ",", "quote": '"'}[kind] + line[at:]


@given(
    st.lists(_TEXT, min_size=12, max_size=40),
    st.dictionaries(st.integers(0, 39), st.tuples(_DAMAGE, st.integers(0, 99)), max_size=4),
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_damage_to_some_rows_loses_no_other(goods, damage):
    lines = []
    for i, text in enumerate(goods):
        quoted = '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n') else text
        lines.append(row(i, quoted))
        if i in damage:
            lines[i] = _damaged(lines[i], *damage[i])
    (sheet,) = read_text(table_of(lines).encode(), "damaged.csv", "damaged")
    body = sheet.load(0)
    numbers = [*body.rows.tolist(), *(number for number, _, _ in body.ragged)]
    assert len(numbers) == len(set(numbers)) == body.table.num_rows + len(body.ragged)
    names = set(body.table.column("c1").to_pylist())
    # The row right behind an opened quote may be a part of that cell: then it is among those that
    # are rejected as they stand, and never gone.
    rejected = " ".join(text for _, text, _ in body.ragged)
    behind = {i + 1 for i in damage}
    for i in set(range(len(goods))) - damage.keys():
        assert f"Alder {i} Inc" in names or (i in behind and f"Alder {i} Inc" in rejected)


@pytest.mark.parametrize(
    ("page", "country", "names"),
    [
        ("cp1254", "TR", ["Yıldız Işık Şirketi", "BİLGİSAYAR DIŞ TİCARET"]),
        ("cp1254", "TR", ["Ege Gıda"]),
        ("cp1250", "PL", ["Łódzka Spółka Górnicza", "Przedsiębiorstwo Śląsk"]),
        ("cp1250", "HU", ["Tűzvarázs Kft.", "Őrség Zrt."]),
        ("cp1250", "CZ", ["Železářství Říčany"]),
        ("cp1251", "RS", ["Ђорђевић Трговина"]),
        ("cp1252", "BR", ["Computação São João Ltda – Três"]),
        ("cp1253", "GR", ["Ελληνική Εταιρεία"]),
        ("cp1255", "IL", ["חברת אור מחשבים"]),
        ("cp1256", "EG", ["شركة النيل للحاسبات"]),
        ("cp1257", "LT", ["Žalgirio Prekyba", "Šiaulių Įranga"]),
        ("cp1258", "VN", ["Công ty Dây Đien"]),
        ("cp874", "TH", ["บริษัท ไทยคอมพิวเตอร์ จำกัด"]),
        ("mac_roman", "PE", ["Compañía Peruana de Cómputo"]),
        ("koi8_r", "KZ", ["ООО Северный ветер"]),
        ("gbk", "CN", ["深圳市远航科技有限公司"]),
        ("big5", "TW", ["台北電腦股份有限公司"]),
        ("shift_jis", "JP", ["株式会社ヤマト電機"]),
        ("euc_kr", "KR", ["주식회사 한빛전자"]),
    ],
)
def test_code_pages(write, page, country, names):
    lines = [f"2024-01-{i + 1:02},{names[i % len(names)]},{country},B CO,SG" for i in range(6)]
    text = table_of(lines, head="date,shipper,shipper country,consignee,consignee country")
    records = read_records(write("page.csv", text.encode(page)))
    assert set(records.table["shipper"]) == set(names)


def test_one_byte_that_is_not_utf8_makes_one_damaged_cell(write):
    lines = [row(i, shipper="Compañía Ñandú") for i in range(500)]
    data = table_of(lines).encode()
    at = data.index("Ñ".encode(), len(data) // 2)
    records = read_records(write("one.csv", data[:at] + b"\xd1" + data[at + 2 :]))
    assert records.counts["used"] == 500
    assert (records.table["shipper"] == "Compañía Ñandú").sum() == 499
    assert any("lost in a wrong encoding" in warning for warning in records.sheets[0].warnings)


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        (b"COMPA\xd1IA SUR", "COMPAÑIA SUR"),
        (b"M\xfcller GmbH", "Müller GmbH"),
        (b"SOCI\xc9T\xc9 NORD", "SOCIÉTÉ NORD"),
    ],
)
def test_one_odd_byte_in_a_file_of_ascii_is_of_western_europe(write, cell, read):
    data = table_of([row(i) for i in range(90)]).encode()
    data += b"2024-02-01," + cell + b",Borvane 90 Ltd,847150,CARD,1\n"
    assert read in set(read_records(write("ascii.csv", data)).table["shipper"])


def test_text_read_once_too_often_is_turned_back_and_good_text_is_not(write):
    names = ["COMPAÃ‘IA ORBELLA", "SociÃ©tÃ© RÃ©unie", "SÃO JOÃO", "MÃ ANH", "COMPA\ufffdIA SUR"]
    lines = [f"2024-01-0{i + 1},{name}," for i, name in enumerate(names)]
    records = read_records(write("twice.csv", table_of(lines, head="date,importer,exporter")))
    read = records.table.sort_values("source_row")["consignee"]
    wanted = ["COMPAÑIA ORBELLA", "Société Réunie", "SÃO JOÃO", "MÃ ANH", "COMPA\ufffdIA SUR"]
    assert list(read) == wanted
    assert adds_up(records)
