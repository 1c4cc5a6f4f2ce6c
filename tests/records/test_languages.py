"""What a sheet's language and the values of its columns tell: months, sides, currencies, units."""

from __future__ import annotations

import pytest

from chipflow.records import read_records

HEAD = "Exporter;Importer;Description;Quantity"
ROWS = [f"Alpha Ltd;Beta {n} GmbH;network card;{n + 1}" for n in range(4)]


def table_of(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    records = read_records(path)
    return records, records.table.sort_values("source_row")


def lines(head, column, values):
    """Put a column before the others."""
    rows = (f"{value};{row}" for value, row in zip(values, ROWS, strict=False))
    return "\n".join([f"{column};{head}", *rows]) + "\n"


@pytest.mark.parametrize(
    ("written", "days"),
    [
        (["6 VII 2024", "12 X 2024"], ["2024-07-06", "2024-10-12"]),
        (["2024. március 5.", "2024. szeptember 17."], ["2024-03-05", "2024-09-17"]),
        (["29. Aug. 2022", "09. Sept. 2022"], ["2022-08-29", "2022-09-09"]),
        (["25 مايو 2024", "5 يونيو 2024"], ["2024-05-25", "2024-06-05"]),
        (["3 avqust 2024", "9 iyun 2024"], ["2024-08-03", "2024-06-09"]),
        (["2 srpna 2024", "3 listopadu 2024"], ["2024-08-02", "2024-11-03"]),
        (["2 srpnja 2024", "3 listopada 2024"], ["2024-07-02", "2024-10-03"]),
        (["14NOV24", "02DEC24"], ["2024-11-14", "2024-12-02"]),
        (["2022 m. spalio 4 d.", "2022 m. gruodžio 11 d."], ["2022-10-04", "2022-12-11"]),
    ],
)
def test_months_are_read_in_the_language_that_explains_the_column(tmp_path, written, days):
    _, table = table_of(tmp_path / "a.csv", lines(HEAD, "Date", written))
    assert [str(day)[:10] for day in table["date"]] == days


def test_a_month_of_two_languages_is_not_read_and_is_said(tmp_path):
    # The tenth month in Croatian, the eleventh in Polish.
    text = lines(HEAD, "Date", ["2024-01-02", "3 listopada 2024", "4 listopada 2024"])
    records, table = table_of(tmp_path / "a.csv", text)
    assert len(table) == 1 and list(records.rejected["source_row"]) == [3, 4]


def test_a_blank_between_thousands_does_not_make_the_file_one_of_dos(tmp_path):
    rows = [f"2024-01-0{n};Réseau {n} SARL;Alpha Ltd;câble;{n} 669 391,17" for n in range(1, 9)]
    text = "\n".join(["Date;Importateur;Fournisseur;Désignation;Montant USD", *rows])
    _, table = table_of(tmp_path / "a.csv", text.replace(" 669 ", "\xa0669\xa0"), "cp1252")
    assert table["consignee"].iloc[0] == "Réseau 1 SARL"
    assert table["value_usd"].iloc[0] == pytest.approx(1_669_391.17)


def test_expediteur_is_a_forwarder_in_dutch_and_a_shipper_in_french(tmp_path):
    dutch = "Datum aangifte;Expediteur;Verzender;Geadresseerde;Omschrijving goederen;Aantal stuks"
    rows = [f"0{n}-12-2024;Trans BV;Noord {n} BV;Zuid {n} BV;kabel;{n}" for n in range(1, 5)]
    _, table = table_of(tmp_path / "nl.csv", "\n".join([dutch, *rows]))
    assert table["shipper"].iloc[0] == "Noord 1 BV"
    french = "Date;Expéditeur;Destinataire;Désignation;Quantité"
    rows = [f"0{n}-12-2024;Nord {n} SARL;Sud {n} SARL;câble;{n}" for n in range(1, 5)]
    _, table = table_of(tmp_path / "fr.csv", "\n".join([french, *rows]))
    assert table["shipper"].iloc[0] == "Nord 1 SARL"


@pytest.mark.parametrize(
    ("unit", "kilograms", "said"), [("q", 200.0, False), ("kg", 2.0, False), ("zxq", None, True)]
)
def test_a_short_unknown_unit_of_a_weight_header_is_no_kilogram(tmp_path, unit, kilograms, said):
    text = lines(HEAD, f"Date;Net weight ({unit})", [f"2024-01-0{n};2" for n in (1, 2)])
    records, table = table_of(tmp_path / "a.csv", text)
    weights = [None if w != w else w for w in table["weight_kg"]]
    assert weights == [kilograms] * 2
    assert any(f"'{unit}'" in warning for warning in records.sheets[0].warnings) == said


def test_a_column_of_units_beside_a_weight_is_known_by_its_values(tmp_path):
    values = ["2024-01-01;2;T", "2024-01-02;3;KG", "2024-01-03;500;G"]
    _, table = table_of(tmp_path / "a.csv", lines(HEAD, "Date;Net weight;Zxq", values))
    assert list(table["weight_kg"]) == [2000.0, 3.0, 0.5]


def test_the_direction_of_rows_is_known_by_values_whatever_the_header(tmp_path):
    head = "Datum;Zxq;Obchodní partner;Stát odeslání/určení;Popis zboží;Množství"
    rows = [
        "2024-01-02;přijetí;Alpha GmbH;Rakousko;kabel;3",
        "2024-01-03;odeslání;Beta SpA;Itálie;kabel;4",
    ]
    _, table = table_of(tmp_path / "a.csv", "\n".join([head, *rows]))
    assert table["shipper"].iloc[0] == "Alpha GmbH" and table["consignee"].iloc[1] == "Beta SpA"
    assert table["export_country"].iloc[0] == "AT" and table["destination_country"].iloc[1] == "IT"


@pytest.mark.parametrize(
    ("header", "country", "currency"),
    [
        ("Valeur (FCFA)", "Cameroun", "XAF"),
        ("Valeur (FCFA)", "Sénégal", "XOF"),
        ("Valeur DH", "Maroc", "MAD"),
        ("Valeur DH", "Emirats arabes unis", "AED"),
        ("Valeur (MT)", "Mozambique", "MZN"),
    ],
)
def test_a_shared_sign_is_the_currency_of_the_only_country_of_arrival(
    tmp_path, header, country, currency
):
    head = f"Date;Importateur;Fournisseur;Pays de destination;Désignation;{header}"
    rows = [f"2024-01-0{n};Sud {n} SARL;Alpha Ltd;{country};câble;900" for n in range(1, 5)]
    _, table = table_of(tmp_path / "a.csv", "\n".join([head, *rows]))
    assert set(table["currency"]) == {currency} and set(table["value"]) == {900.0}


def test_a_dollar_is_that_of_the_united_states_where_the_language_has_no_country_of_dollars(
    tmp_path,
):
    head = "თარიღი;გამგზავნი;მიმღები;საქონლის დასახელება;რაოდენობა;ღირებულება"
    rows = [f"2024-01-0{n};Alpha Ltd;შპს {n};კაბელი;{n};$ 90" for n in range(1, 5)]
    _, table = table_of(tmp_path / "a.csv", "\n".join([head, *rows]))
    assert set(table["currency"]) == {"USD"}


def test_few_numbers_of_countries_are_iso_where_another_column_holds_such(tmp_path):
    head = "Date;Exporter;Importer;Country of origin;Country of destination;Description"
    rows = [f"2024-01-0{n};A Ltd;B {n} Ltd;{c};860;card" for n, c in enumerate((156, 398, 784), 1)]
    _, table = table_of(tmp_path / "a.csv", "\n".join([head, *rows]))
    assert list(table["origin_country"]) == ["CN", "KZ", "AE"]
    assert set(table["destination_country"]) == {"UZ"}


def test_pct_is_a_tariff_or_a_percentage_by_its_values(tmp_path):
    for values, codes in (
        (["8473.3010", "8471.5000"], ["84733010", "84715000"]),
        (["17.00"] * 2, []),
    ):
        text = lines(HEAD, "Date;PCT", [f"2024-01-0{n};{v}" for n, v in enumerate(values, 1)])
        _, table = table_of(tmp_path / "a.csv", text)
        assert [code for code in table["hs_code"] if isinstance(code, str)] == codes


def test_a_permit_numbers_the_records_where_nothing_else_does(tmp_path):
    text = lines(HEAD, "Permit No;Permit Date", [f"IG4C12{n}K;2024-01-0{n}" for n in range(1, 5)])
    _, table = table_of(tmp_path / "a.csv", text)
    assert list(table["record_id"]) == [f"IG4C12{n}K" for n in range(1, 5)]


def test_a_cell_of_several_codes_is_one_cell(tmp_path):
    values = ["2024-01-01;8473.30|8471.50", "2024-01-02;8471.50"]
    records, table = table_of(tmp_path / "a.csv", lines(HEAD, "Date;HS Code", values))
    (unread,) = records.unread
    assert (unread.field, unread.given, unread.unread) == ("hs_code", 2, 1)
    assert list(table["hs_code"]) == ["847330", "847150"]


@pytest.mark.parametrize(
    "name", ["SIN PROVEEDOR", "NO CONSIGNADO", "тодорхойгүй", "sans fournisseur"]
)
def test_words_for_no_company_are_none(tmp_path, name):
    rows = [f"2024-01-02;{name};Beta Ltd;card", "2024-01-03;Sino Ltd;Beta Ltd;card"]
    text = "\n".join(["Date;Exporter;Importer;Description", *rows])
    _, table = table_of(tmp_path / "a.csv", text)
    assert [v if isinstance(v, str) else None for v in table["shipper"]] == [None, "Sino Ltd"]


@pytest.mark.parametrize(
    ("head", "country"),
    [
        ("Kuupäev;Saatja;Saaja;Vedaja;Sihtriik;Kauba kirjeldus;Kogus;Brutokaal (kg)", "Eesti"),
        ("Datums;Nosūtītājs;Saņēmējs;Pārvadātājs;Galamērķa valsts;Preces apraksts;Skaits;"
         "Bruto svars (kg)", "Igaunija"),
        ("Data;Siuntėjas;Gavėjas;Vežėjas;Paskirties šalis;Prekės aprašymas;Kiekis, vnt.;"
         "Bruto masė, kg", "Estija"),
    ],
)  # fmt: skip
def test_headers_of_the_baltic_languages(tmp_path, head, country):
    rows = [f"2024-03-0{n};Alfa {n} OU;Beta {n} UAB;Vedur;{country};H100;{n};12,5"
            for n in range(1, 6)]  # fmt: skip
    _, table = table_of(tmp_path / "a.csv", "\n".join([head, *rows]))
    first = table.iloc[0]
    assert (first["shipper"], first["consignee"]) == ("Alfa 1 OU", "Beta 1 UAB")
    assert (first["destination_country"], first["description"]) == ("EE", "H100")
    assert (first["quantity"], first["weight_kg"]) == (1, 12.5)


def test_a_header_that_stands_again_among_the_rows_is_no_record(tmp_path):
    head = "Date;Exporter;Importer;HS CODE;Description;Quantity"
    rows = [f"2024-03-0{n};Alpha Ltd;Beta {n} GmbH;847330;card;{n}" for n in range(1, 6)]
    records, table = table_of(tmp_path / "a.csv", "\n".join([head, *rows[:3], head, *rows[3:]]))
    assert list(table["hs_code"]) == ["847330"] * 5
    assert list(records.rejected["source_row"].unique()) == [5]


def test_of_a_lunar_and_a_solar_date_the_solar_one_is_read(tmp_path):
    head = "Hijri date;Gregorian date;Exporter;Importer;Description;Quantity"
    rows = [f"1445/09/2{n};0{n}/04/2024;Alpha Ltd;Beta {n} GmbH;card;{n}" for n in range(1, 6)]
    _, table = table_of(tmp_path / "a.csv", "\n".join([head, *rows]))
    assert str(table["date"].iloc[0])[:10] == "2024-04-01"
