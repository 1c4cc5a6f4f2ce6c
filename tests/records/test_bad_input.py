"""Whatever the bytes: records, or one clear line; no traceback, no hang, no row lost."""

from __future__ import annotations

import gzip
import io
import json
import random
import signal
import tempfile
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflow.errors import ChipflowError
from chipflow.records import read_records
from chipflow.records.io import apart

BOOKS = Path(__file__).parent / "books"
# No single input of these sizes may take longer; a shared machine is slow now and then.
PATIENCE = 20.0  # seconds
SUFFIXES = (
    "csv", "tsv", "txt", "xlsx", "xls", "xlsb", "ods", "parquet", "jsonl", "csv.gz", "zip",
)  # fmt: skip
HEADER = "record_id,date,shipper,consignee,hs_code,description,quantity,weight_kg,value_usd\n"
ROW = "D1,2024-03-01,A CO,B CO,847330,PARTS,5,1.5,100\n"


def survive(content, suffix="csv", again=False):
    """Read bytes as a file of that name; return the records, or the error that was raised."""
    begin = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"bad.{suffix}"
        path.write_bytes(content)
        try:
            read = read_records(path)
        except ChipflowError as error:
            read = error
            message = str(error)
            assert "\n" not in message and message.isprintable() and "bad." in message
        else:
            table = read.table
            counts = read.counts
            assert len(table) == counts["used"] and table["record_id"].is_unique
            for sheet in read.sheets:
                assert sheet.rows == sheet.used + sheet.rejected + sheet.duplicate
            assert "\x1b" not in read.explain()
            json.loads(json.dumps(read.explanation(), ensure_ascii=False).encode())
            read.save_layout(Path(folder) / "my.toml")
            if again:
                read_records(path, layout=Path(folder) / "my.toml")
    assert time.process_time() - begin < PATIENCE
    return read


def book(rows=2):
    from openpyxl import Workbook

    made = Workbook()
    made.active.append(HEADER.strip().split(","))
    for _ in range(rows):
        made.active.append(ROW.strip().split(","))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def parquet():
    import pandas as pd

    out = io.BytesIO()
    pd.read_csv(io.StringIO(HEADER + ROW)).to_parquet(out)
    return out.getvalue()


def archive(content, name="a.csv"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, content)
    return out.getvalue()


GOOD = {
    "csv": (HEADER + ROW).encode(),
    "xlsx": book(),
    "xls": (BOOKS / "plain.xls").read_bytes(),
    "xlsb": (BOOKS / "plain.xlsb").read_bytes(),
    "parquet": parquet(),
    "jsonl": b'{"date": "2024-03-01", "shipper": "A", "consignee": "B"}\n' * 3,
    "csv.gz": gzip.compress((HEADER + ROW).encode(), mtime=0),
    "zip": archive(HEADER + ROW),
}


@given(st.sampled_from(SUFFIXES), st.binary(max_size=600))
@settings(max_examples=15, deadline=None)
def test_random_bytes_under_any_name(suffix, content):
    survive(content, suffix)


@given(st.sampled_from(SUFFIXES), st.binary(max_size=200))
@settings(max_examples=10, deadline=None)
def test_random_bytes_below_a_good_header(suffix, content):
    survive(HEADER.encode() + content, suffix)


@pytest.mark.parametrize("suffix", GOOD)
def test_good_files_with_damaged_bytes(suffix):
    chance = random.Random(suffix)
    for _ in range(3):
        content = bytearray(GOOD[suffix])
        for _ in range(chance.choice([1, 3, 20])):
            content[chance.randrange(len(content))] = chance.randrange(256)
        survive(bytes(content), suffix)


@pytest.mark.parametrize("suffix", GOOD)
def test_good_files_that_are_cut_off(suffix):
    content = GOOD[suffix]
    for share in (0.02, 0.8):
        survive(content[: int(len(content) * share)], suffix)


@pytest.mark.parametrize("suffix", ["xlsx", "xlsb"])
def test_workbooks_with_damage_inside_the_archive(suffix):
    """The checksums of the archive are right, so that the reader meets the damage itself."""
    chance = random.Random(suffix)
    with zipfile.ZipFile(io.BytesIO(GOOD[suffix])) as good:
        members = {name: good.read(name) for name in good.namelist()}
    for _ in range(4):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
            for name, content in members.items():
                changed = bytearray(content)
                if "sheet" in name.lower() or "string" in name.lower():
                    for _ in range(chance.choice([1, 4, 30])):
                        changed[chance.randrange(len(changed))] = chance.randrange(256)
                made.writestr(name, bytes(changed))
        survive(out.getvalue(), suffix)


CELLS = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=15),
    st.sampled_from([
        "=1+1", '=HYPERLINK("http://x","y")', "\x00", "\x1b[31m", "\x1e\x1f\x1f", "1e999",
        "-1e-999", "nan", "inf", "9" * 400, "2024-02-30", "0000-00-00", "99999-12-31",
        "12/13/14", "1.2.3,4,5", "((((", "-", "−5", "٣", "１２", "\ufeff", "\u202e", "a" * 5000,
        "[red]", "%s%n", "'; DROP", "${x}", "\\", "2024-03-01", "A CO", "5", "", "31/12/9999",
        "1e308", "45352", "TRUE",
    ]),
)  # fmt: skip


@given(st.lists(st.lists(CELLS, min_size=9, max_size=9), min_size=1, max_size=25))
@settings(max_examples=5, deadline=None)
def test_cells_of_any_kind_lose_no_row(rows):
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    read = survive((HEADER + ROW + "\n".join(quoted)).encode())
    assert not isinstance(read, ChipflowError) and read.counts["used"] >= 1


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=30), min_size=1, max_size=8))
@settings(max_examples=5, deadline=None)
def test_headers_of_any_kind(headers):
    names = ["date", "shipper", "consignee", *headers]
    quoted = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    body = quoted + "\n2024-01-01,A,B" + ",x" * len(headers) + "\n"
    survive(body.encode(), again=True)


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
)  # fmt: skip
NAMES = st.sampled_from(["date", "Date", "shipper", "consignee", "quantity", "", "\ud800"])


@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=5), max_size=20), st.booleans())
@settings(max_examples=5, deadline=None)
def test_json_lines_of_mixed_types_and_lone_surrogates(objects, escaped):
    lines = [json.dumps(one, ensure_ascii=escaped) for one in objects]
    body = "\n".join([GOOD["jsonl"].decode().strip(), *lines])
    survive(body.encode("utf-8", "surrogatepass"), "jsonl")


@pytest.mark.parametrize(
    "content",
    [
        ",".join(f"c{i}" for i in range(1_000_000)).encode() + b"\n1,2\n",
        HEADER.encode() + b'D1,2024-03-01,"' + b"x" * (1 << 20) + b'",B,847330,"'
        + b"1 " * (1 << 19) + b'",5,1,1\n',
        HEADER.encode() + b'D1,2024-03-01,"never closed\n' + ROW.encode() * 2000,
        HEADER.encode() + b",".join([b"1" * (1 << 20)] * 9) + b"\n" + ROW.encode(),
        (HEADER.strip() + "," + "," * 5000 + "\n").encode() + ROW.encode(),
        b"\x00" * 5000 + HEADER.encode() + ROW.encode(),
        HEADER.encode().replace(b",", b"\x00,") + ROW.encode().replace(b"A CO", b"A\x00CO"),
        HEADER.encode() + b"D1,2024-03-01,\xed\xa0\x80,B,847330,P,5,1,1\n",
        b"\n" * 200_000 + HEADER.encode() + ROW.encode(),
        b'"' * 100_001,
        b"," * 1_000_000,
        b"date;shipper\n" + b"(" * 100_000 + b";" + b"1," * 100_000 + b"\n",
        HEADER.encode() + ROW.encode().replace(b"100", b"1" + b",000" * 50_000),
    ],
    ids=[
        "million columns", "megabyte cells", "open quote", "megabyte numbers", "empty columns",
        "zeros before", "zeros inside", "lone surrogate", "blank rows", "quotes", "commas",
        "brackets", "long number",
    ],
)  # fmt: skip
def test_extremes(content):
    survive(content)


def test_a_cell_that_is_a_formula_is_text_and_is_never_run(tmp_path):
    from openpyxl import Workbook

    made = Workbook()
    made.active.append(["date", "shipper", "consignee", "quantity"])
    made.active.append(["2024-01-01", "=1+1", "B CO", '=HYPERLINK("http://x")'])
    made.save(tmp_path / "f.xlsx")
    survive((tmp_path / "f.xlsx").read_bytes(), "xlsx")


def test_a_reader_of_workbooks_that_dies_or_hangs_is_replaced(monkeypatch):
    assert len(survive(GOOD["xls"], "xls")) == 2
    with monkeypatch.context() as patch:
        # Stopped, not merely slow: whatever the machine has to do, it will not answer.
        apart._reader.process.send_signal(signal.SIGSTOP)
        patch.setattr(apart, "PATIENCE", 0.2)
        assert "damaged" in str(survive(GOOD["xls"], "xls"))
    assert len(survive(GOOD["xls"], "xls")) == 2
    apart._reader.process.kill()
    assert "damaged" in str(survive(GOOD["xls"], "xls"))
    assert len(survive(GOOD["xls"], "xls")) == 2


def test_an_ods_that_repeats_a_cell_without_end():
    space = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{space}:office:1.0" '
        f'xmlns:table="{space}:table:1.0" xmlns:text="{space}:text:1.0"><office:body>'
        '<office:spreadsheet><table:table table:name="S">'
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell '
        'table:number-columns-repeated="16384" office:value-type="string"><text:p>x</text:p>'
        "</table:table-cell></table:table-row></table:table></office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr("content.xml", content)
    assert isinstance(survive(out.getvalue(), "ods"), ChipflowError)


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.xlsx", "\x1b[2J.csv", "../a.jsonl"]))
@settings(max_examples=6, deadline=None)
def test_archives_of_random_bytes(content, name):
    survive(archive(content, name), "zip")
