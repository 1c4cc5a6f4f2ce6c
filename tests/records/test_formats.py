"""The same few records in every format, delimiter and encoding; archives; both customs."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chipflow.errors import InputError
from chipflow.records import both_sides, read_records
from chipflow.records.io import unpack

# plain.xls was written with xlwt 1.3.0, plain.xlsb with pyxlsbwriter 0.1.0.
BOOKS = Path(__file__).parent / "books"
ROWS = [
    ("Date", "Importer", "Supplier", "Quantity"),
    ("2024-03-01", "ПОЛУЧАТЕЛЬ", "B LTD", "8"),
    ("2024-03-02", "A LTD", "B LTD", "12.5"),
]
CSV = "\n".join(",".join(row) for row in ROWS) + "\n"
CANONICAL = "record_id,date,shipper,consignee,hs_code,quantity,weight_kg\n"


def zipped(members, path, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def plain_ods(path):
    """The least that a spreadsheet program takes for an OpenDocument table."""
    space = "urn:oasis:names:tc:opendocument:xmlns"
    rows = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p>'
            "</table:table-cell>"
            for cell in row
        )
        + "</table:table-row>"
        for row in [("Monthly report", "", "", ""), *ROWS]
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        f'xmlns:office="{space}:office:1.0" xmlns:table="{space}:table:1.0" '
        f'xmlns:text="{space}:text:1.0" office:version="1.2"><office:body><office:spreadsheet>'
        f'<table:table table:name="Import 2024">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="'
        f'{space}:manifest:1.0"><manifest:file-entry manifest:full-path="/" '
        f'manifest:media-type="{kind}"/><manifest:file-entry '
        'manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    members = [("mimetype", kind), ("META-INF/manifest.xml", manifest), ("content.xml", content)]
    return zipped(members, path)


def plain_xlsx(path, rows=ROWS, sheets=("Import 2024",)):
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for title in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def says(records):
    table = records.table.sort_values("date")
    return [table[name].tolist() for name in ("date", "consignee", "shipper", "quantity")]


@pytest.fixture
def expected(write):
    return says(read_records(write("expected/Import 2024.csv", CSV)))


def add_up(records):
    for sheet in records.sheets:
        assert sheet.rows == sheet.used + sheet.rejected + sheet.duplicate, sheet.source


@pytest.mark.parametrize("suffix", ["xls", "xlsb", "ods"])
def test_workbooks_of_each_kind(tmp_path, expected, suffix):
    path = plain_ods(tmp_path / "plain.ods") if suffix == "ods" else BOOKS / f"plain.{suffix}"
    records = read_records(path)
    assert says(records) == expected
    assert records.sheets[0].source == f"{path.as_posix()}#Import 2024"
    assert records.sheets[0].banner.startswith("Monthly report")
    assert sorted(records.table["source_row"]) == [3, 4]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(write, expected, delimiter, end):
    body = end.join(delimiter.join(row) for row in ROWS) + end
    assert says(read_records(write("Import.txt", body))) == expected


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "ПОЛУЧАТЕЛЬ ГРУЗА"), ("utf-8-sig", "ПОЛУЧАТЕЛЬ ГРУЗА"),
        ("utf-16", "ПОЛУЧАТЕЛЬ ГРУЗА"), ("utf-16-be", "GIẤY VÀ BÌA"),
        ("utf-32", "ПОЛУЧАТЕЛЬ ГРУЗА"),
        ("cp1251", "ОБЩЕСТВО С ОГРАНИЧЕННОЙ ОТВЕТСТВЕННОСТЬЮ"), ("latin-1", "SOCIÉTÉ GÉNÉRALE"),
        ("cp1252", "NIÑO Y CÍA ESPAÑA"), ("gb18030", "深圳市华强北电子科技有限公司"),
        ("big5", "台灣積體電路製造股份有限公司"), ("shift_jis", "株式会社日立製作所半導体"),
        ("euc_kr", "삼성전자주식회사반도체"),
    ],
)  # fmt: skip
def test_encodings(write, encoding, name):
    lines = [f"2024-03-{day:02},{name},B LTD,{day}" for day in range(1, 9)]
    body = "\n".join(["Date,Importer,Supplier,Quantity", *lines]) + "\n"
    records = read_records(write("x.csv", body.encode(encoding)))
    assert set(records.table["consignee"]) == {name}


def test_an_archive_is_read_like_a_folder(tmp_path, expected):
    plain_xlsx(tmp_path / "b.xlsx", sheets=("One", "Two"))
    members = [
        ("deep/Import 2024.csv", CSV),
        ("b.xlsx", (tmp_path / "b.xlsx").read_bytes()),
        ("c.csv.gz", gzip.compress(CSV.encode("utf-16"), mtime=0)),
        ("../../out.tsv", CSV.replace(",", "\t")),
        ("notes.pdf", b"%PDF"),
        ("__MACOSX/._c.csv", b"\0\0"),
        ("bad.parquet", b"PAR1nonsense"),
        ("empty/", b""),
    ]
    path = zipped(members, tmp_path / "a.zip")
    records = read_records(path)
    add_up(records)
    known = {sheet.source: sheet.kind for sheet in records.sheets}
    assert known == {
        f"{path.as_posix()}/{member}": kind
        for member, kind in {
            "deep/Import 2024.csv": "records", "b.xlsx#One": "records", "b.xlsx#Two": "records",
            "c.csv.gz": "records", "../../out.tsv": "records", "bad.parquet": "other",
        }.items()
    }  # fmt: skip
    assert says(records) == expected, "the same rows in all members are the same records"
    assert records.counts == {"rows_in": 10, "used": 2, "rejected": 0, "duplicate": 8}
    assert any("notes.pdf" in warning for warning in records.warnings)
    assert [one["path"] for one in records.inputs] == [path.as_posix()]
    made = {found.name for found in tmp_path.iterdir()}
    assert made == {"a.zip", "b.xlsx", "expected"}, "nothing is unpacked to disk"
    with pytest.raises(InputError, match=r"bad\.parquet"):
        read_records(path, strict=True)


def test_an_archive_says_what_its_members_do_not(tmp_path):
    path = zipped([("part-0001.csv", CSV)], tmp_path / "Kenya Import 2024.zip")
    sheet = read_records(path).sheets[0]
    assert (sheet.direction, sheet.reporting_country) == ("import", "KE")


def test_two_members_of_the_same_name_are_both_read(tmp_path):
    other = CSV.replace("A LTD", "C LTD")
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = zipped([("a.csv", CSV), ("a.csv", other)], tmp_path / "a.zip")
    records = read_records(path)
    assert [sheet.source[-9:] for sheet in records.sheets] == ["zip/a.csv", "a.csv (2)"]
    assert records.counts["used"] == 3


def encrypted(path):
    """Set the bit that says a member is encrypted (APPNOTE 4.4.4), in both headers."""
    data = bytearray(zipped([("a.csv", CSV)], path).read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    path.write_bytes(bytes(data))
    return path


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda p: zipped([("in.zip", zipped([("a.csv", CSV)], p).read_bytes())], p),
         "an archive inside an archive"),
        (lambda p: zipped([("x.docx", b"x"), ("y.exe", b"MZ")], p), "archive without record files"),
        (lambda p: zipped([], p), "an empty ZIP archive"),
        (encrypted, "encrypted"),
        (lambda p: p.write_bytes(zipped([("a.csv", CSV)], p).read_bytes()[:60]) and p, "damaged"),
    ],
    ids=["nested", "no records", "empty", "encrypted", "cut off"],
)  # fmt: skip
def test_archives_that_are_refused_with_a_reason(tmp_path, make, says):
    with pytest.raises(InputError, match=says) as caught:
        read_records(make(tmp_path / "a.zip"))
    assert "a.zip" in str(caught.value) and ";" in str(caught.value)


def bomb(path, megabytes=200, claimed=None):
    """Zeros: a thousand times smaller when packed; may claim to be small."""
    zipped([("a.csv", b"0" * (megabytes << 20))], path)
    if claimed is not None:
        data = bytearray(path.read_bytes())
        data[22:26] = struct.pack("<I", claimed)
        at = data.index(b"PK\x01\x02")
        data[at + 24 : at + 28] = struct.pack("<I", claimed)
        path.write_bytes(bytes(data))
    return path


def test_a_parquet_bomb_is_given_up_before_it_is_unpacked(tmp_path):
    # Five gigabytes of one text, which a dictionary holds once.
    name = pa.array(["A" * 1_000_000] * 5_000)
    table = pa.table({"shipper": name, "consignee": name, "date": ["2024-01-01"] * 5_000})
    pq.write_table(table, tmp_path / "bomb.parquet")
    with pytest.raises(InputError, match="unpacks to more than"):
        read_records(tmp_path / "bomb.parquet")


@pytest.mark.parametrize("claimed", [None, 10])
def test_a_zip_bomb_is_given_up_early_whatever_it_claims(tmp_path, claimed):
    with pytest.raises(InputError, match=r"times its size|damaged"):
        read_records(bomb(tmp_path / "bomb.zip", claimed=claimed))


def test_the_limit_counts_all_members_together(tmp_path, monkeypatch):
    monkeypatch.setattr(unpack, "MAX_UNPACKED_BYTES", 3 * len(CSV.encode()))
    zipped([(f"{i}.csv", CSV) for i in range(3)], tmp_path / "a.zip")
    assert read_records(tmp_path / "a.zip").counts["used"] == 2
    zipped([(f"{i}.csv", CSV) for i in range(4)], tmp_path / "a.zip")
    with pytest.raises(InputError, match="unpacks to more than"):
        read_records(tmp_path / "a.zip", strict=True)
    plain_xlsx(tmp_path / "b.xlsx")
    with pytest.raises(InputError, match="unpacks to more than"):
        read_records(tmp_path / "b.xlsx")


def test_a_stray_cell_in_the_last_corner_of_a_workbook_is_named(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(ROWS[0])
    book.active["XFD1048576"] = "stray"
    book.save(tmp_path / "b.xlsx")
    with pytest.raises(InputError, match=r"1,048,576 by 16,384 cells.*delete"):
        read_records(tmp_path / "b.xlsx")


# --- the same shipment, seen from both customs


def both(write, exports, imports, first="India Export.csv", second="Kenya Import.csv"):
    return [write(first, CANONICAL + exports), write(second, CANONICAL + imports)]


E1 = "E1,2024-03-01,Alba  Inc.,NAIROBI CHIPS LTD,84733020,64,108.8\n"
I1 = "K7,2024-03-20,ALBA INC,Nairobi Chips Ltd.,84733099,64,108.8\n"


def test_a_shipment_seen_from_both_customs_is_one_record(write):
    paths = both(write, E1, I1)
    one, other = read_records(*paths), read_records(*reversed(paths))
    add_up(one)
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.counts == {"rows_in": 2, "used": 1, "rejected": 0, "duplicate": 1}
    row = one.table.iloc[0]
    assert row["record_id"] == "E1" and row["other_sources"] == f"{paths[1].as_posix()}:2"
    listed = one.duplicates.iloc[0]
    assert (listed["record_id"], listed["kept_source"]) == ("E1", paths[0].as_posix())
    assert "customs of the other side" in listed["reason"]


def test_the_declaration_that_says_more_stays(write):
    exports = write("India Export.csv", CANONICAL + E1)
    head = CANONICAL.replace("\n", ",description,value_usd\n")
    imports = write("Kenya Import.csv", head + I1.replace("\n", ",GPU,9000\n"))
    assert read_records(exports, imports).table["record_id"].tolist() == ["K7"]


@pytest.mark.parametrize(
    ("imports", "why"),
    [
        (I1.replace("2024-03-20", "2024-02-20"), "before the export"),
        (I1.replace("2024-03-20", "2024-05-20"), "longer than a voyage"),
        (I1.replace("2024-03-20", "Mar 2024"), "not known to the day"),
        (I1.replace("64", "65"), "another quantity"),
        (I1.replace("108.8", "109"), "another weight"),
        (I1.replace("108.8", ""), "one number only"),
        (I1.replace("Nairobi", "Mombasa"), "another consignee"),
        (I1.replace("847330", "847150"), "other goods"),
    ],
    ids=lambda value: value if len(value) < 30 else "",
)
def test_truly_different_shipments_stay(write, imports, why):
    assert read_records(*both(write, E1, imports)).counts["used"] == 2, why


def test_numbers_that_many_shipments_have_prove_nothing(write):
    def plain(text):
        return text.replace(",64,108.8", ",100,50")

    assert read_records(*both(write, plain(E1), plain(I1))).counts["used"] == 2


def test_only_opposite_directions_and_different_offices(write):
    assert read_records(*both(write, E1, I1, second="Kenya Export.csv")).counts["used"] == 2
    assert read_records(*both(write, E1, I1, second="India Import.csv")).counts["used"] == 2
    assert read_records(*both(write, E1, I1, first="a.csv", second="b.csv")).counts["used"] == 2


def test_each_declaration_belongs_to_one_shipment(write):
    """Two exports of a standing order and one import: one of the exports was seen once."""
    later = E1.replace("E1", "E2").replace("03-01", "03-10")
    records = read_records(*both(write, later + E1, I1))
    assert records.counts["used"] == 2
    kept = records.table.set_index("record_id")["other_sources"]
    assert kept.notna().to_dict() == {"E1": True, "E2": False}


def test_shipments_that_are_alike_are_paired_one_to_one_in_any_order(write):
    days = [1, 1, 1, 5, 9]
    exports = [E1.replace("E1", f"E{i}").replace("03-01", f"03-{d:02}") for i, d in enumerate(days)]
    imports = [I1.replace("K7", f"K{i}").replace("03-20", f"03-{d + 15:02}")
               for i, d in enumerate(days[:-1])]  # fmt: skip
    one = read_records(*both(write, "".join(exports), "".join(imports)))
    assert one.counts["used"] == 5 and one.counts["duplicate"] == 4
    assert one.table["other_sources"].notna().sum() == 4
    other = read_records(*both(write, "".join(exports[::-1]), "".join(imports[::-1])))
    places = ["source_row", "other_sources"]
    pd.testing.assert_frame_equal(one.table.drop(columns=places), other.table.drop(columns=places))


def test_a_declaration_bought_twice_and_seen_from_both_sides(write):
    paths = [*both(write, E1, I1), write("more/Kenya Import.csv", CANONICAL + I1)]
    records = read_records(*paths)
    add_up(records)
    assert records.counts["used"] == 1 and records.counts["duplicate"] == 2
    assert records.table["other_sources"][0].count(";") == 1


def test_the_voyage_has_a_named_limit(write, monkeypatch):
    monkeypatch.setattr(both_sides, "LONGEST_VOYAGE_DAYS", 18)
    assert read_records(*both(write, E1, I1)).counts["used"] == 2


def test_bytes_of_an_archive_in_memory_only():
    archive = unpack.Archive(zip_bytes({"a.csv": CSV}), "a.zip")
    assert archive.names == ["a.csv"] and archive.read(0).decode() == CSV


def zip_bytes(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_what_a_row_says_stands_above_the_name_of_its_file(tmp_path):
    path = tmp_path / "gulf and India Export 2024.csv"
    path.write_text(
        "DATE,EXPORTER NAME,COUNTRY OF EXPORT,CONSIGNEE NAME,DESTINATION COUNTRY,GOODS\n"
        "2024-03-01,PEARL EPOCH FZE,AE,Delft Wafer BV,NL,PUMPS\n"
        "2024-03-02,PEARL EPOCH FZE,,Delft Wafer BV,NL,VALVES\n"
        "2024-03-03,Kaveri Exports Pvt Ltd,IN,Delft Wafer BV,NL,CABLES\n"
    )
    records = read_records(path)
    assert records.sheets[0].reporting_country == "IN"
    table = records.table.sort_values("date")
    assert table["export_country"].tolist() == ["AE", "IN", "IN"]
    assert table["shipper_country"].fillna("").tolist() == ["", "IN", "IN"]


def test_a_damaged_day_does_not_open_the_question_of_day_or_month(tmp_path):
    days = ["00/00/0000", *(f"{n:02d}-Jun-2022" for n in range(1, 7))]
    rows = [f"{day},A LTD,SG,B LTD,MY,PUMP{n}" for n, day in enumerate(days)]
    path = tmp_path / "days.csv"
    path.write_text("\n".join(["DATE,SHIPPER,FROM,CONSIGNEE,TO,GOODS", *rows]))
    records = read_records(path)
    assert records.counts["used"] == 6
    assert not any("day or month" in one for one in records.sheets[0].warnings)
