"""Every refusal is one clear line: which file, what was found, what to do."""

from __future__ import annotations

import gzip
import io
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from chipflow.companies.judgements import Judgements
from chipflow.companies.lists import read_list
from chipflow.errors import ChipflowError, InputError, LayoutError, ParameterError
from chipflow.records import read_records
from chipflow.records.io import unpack
from chipflow.records.vocabulary.layouts import load_layout


def workbook_bytes():
    book = Workbook()
    book.active.append(["date", "shipper", "consignee"])
    book.active.append(["2024-01-01", "A", "B"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


ENCRYPTED = (
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    + bytes(1500)
    + "EncryptedPackage".encode("utf-16-le")
    + bytes(500)
)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"", "an empty file"),
        ("b.csv", b" \n \n", "an empty file"),
        ("c.xlsx", workbook_bytes()[:300], "cut off or damaged"),
        ("d.xlsx", b"PK\x03\x04" + bytes(50), "cut off or damaged"),
        ("e.xlsx", ENCRYPTED, "password-protected workbook"),
        ("f.parquet", b"PAR1nonsense", "Parquet file that is cut off or damaged"),
        (
            "g.csv.gz",
            gzip.compress(b"date,shipper\n" * 500, mtime=0)[:40],
            "gzip file that is cut off",
        ),
        ("h.csv", b"\x89PNG\r\n\x1a\n" + bytes(100), "a PNG picture"),
        ("i.csv", b"%PDF-1.7\n", "a PDF document"),
        ("j.csv", bytes(range(256)) * 20, "binary data"),
        ("k.xls", b"<html><table></table></html>", "an HTML or XML page"),
        ("l.csv", b"only one column\nof text\n", "text without columns"),
        ("m.csv", b"a,b\n1,2\n", "no row names columns that a record has"),
        ("n.csv", b"shipper,consignee\nA,B\n", "no column holds dates"),
        ("o.csv", b"date,shipper,consignee\nNULL,A,B\n,C,D\n", "column of dates is empty"),
        ("p.jsonl", b"[1,2]\nnope\n", "no line holds a JSON object"),
    ],
)
def test_refused_with_one_clear_line(write, name, content, says):
    path = write(name, content)
    with pytest.raises(InputError) as caught:
        read_records(path)
    message = str(caught.value)
    assert says in message and name in message
    assert "\n" not in message and ";" in message
    assert caught.value.exit_status == 1


def test_missing_paths(tmp_path):
    with pytest.raises(InputError, match="no such file or folder"):
        read_records(tmp_path / "nothing.csv")
    with pytest.raises(InputError, match="no file matches"):
        read_records(tmp_path / "*.nothing")
    with pytest.raises(InputError, match="a folder without record files"):
        read_records(tmp_path)
    with pytest.raises(ParameterError, match="no file given"):
        read_records()


def test_an_unreadable_file_among_others_is_named_and_left_out(canonical, write, tmp_path):
    canonical("D1,2024-03-01,A,US,B,SG,847150,H100,64,1,2")
    write("bad.xlsx", b"PK\x03\x04" + bytes(50))
    write("picture.png", b"\x89PNG")
    records = read_records(tmp_path)
    assert records.counts["used"] == 1
    bad = next(sheet for sheet in records.sheets if sheet.source.endswith("bad.xlsx"))
    assert bad.kind == "other" and "damaged" in bad.reason and bad.rows == 0
    assert any("bad.xlsx" in w for w in records.warnings)
    assert any("picture.png" in w for w in records.warnings)
    with pytest.raises(InputError, match=r"bad\.xlsx"):
        read_records(tmp_path, strict=True)


def test_a_packed_file_over_the_limit_is_refused(write, monkeypatch):
    monkeypatch.setattr(unpack, "MAX_UNPACKED_BYTES", 1000)
    path = write("bomb.csv.gz", gzip.compress(b"0" * 100_000))
    with pytest.raises(InputError, match="unpacks to more than"):
        read_records(path)


def test_layouts_that_do_not_hold_together(canonical, tmp_path):
    path = canonical("D1,2024-03-01,A,US,B,SG,847150,H100,64,1,2")
    with pytest.raises(ParameterError, match="did you mean generic"):
        read_records(path, layout="genericc")
    bad = tmp_path / "bad.toml"
    bad.write_text('[fields]\nshiper = ["x"]\ndate = ["d"]\ndescription = ["d"]\n')
    with pytest.raises(LayoutError, match="did you mean shipper") as caught:
        read_records(path, layout=bad)
    assert "stands under both" in str(caught.value)
    bad.write_text("not toml")
    with pytest.raises(LayoutError, match="not TOML"):
        read_records(path, layout=bad)


@given(st.binary(max_size=400))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_random_bytes_never_crash(tmp_path, content):
    path = tmp_path / "random.csv"
    path.write_bytes(content)
    try:
        read_records(path)
    except ChipflowError as error:
        assert "\n" not in str(error)


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=3, max_size=3),
        max_size=8,
    )
)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_random_cells_are_all_accounted_for(tmp_path, rows):
    path = tmp_path / "cells.csv"
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    body = "date,shipper,consignee\n2024-01-01,A CO,B CO\n" + "\n".join(quoted)
    path.write_bytes(body.encode())
    records = read_records(path)
    counts = records.counts
    assert counts["rows_in"] == counts["used"] + counts["rejected"] + counts["duplicate"]
    assert counts["used"] >= 1
    assert len(records.table) == counts["used"]


def test_results_within_the_folder_of_records_are_no_input(tmp_path, write):
    write("records.csv", b"date,shipper,consignee\n2024-01-01,A LTD,B LTD\n")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "run.json").write_text('{"chipflow": "0.1.0"}')
    (tmp_path / "out" / "shipments.csv").write_text((tmp_path / "records.csv").read_text())
    records = read_records(tmp_path)
    assert [one["path"] for one in records.inputs] == [(tmp_path / "records.csv").as_posix()]
    assert any("results of chipflow" in sentence for sentence in records.warnings)
    # A folder of somebody else's run is read.
    (tmp_path / "out" / "run.json").write_text("[]")
    assert len(read_records(tmp_path).inputs) == 3


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_or_a_file_without_an_end_is_refused_at_once(tmp_path, write):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="no regular file"):
        read_list(pipe)
    for option in ("same", "different"):
        with pytest.raises(InputError, match="no regular file"):
            Judgements.read(**{"same": None, "different": None, option: pipe})
    sparse = tmp_path / "sparse.toml"
    with sparse.open("wb") as file:
        file.truncate(60_000_000_000)
    with pytest.raises(ChipflowError, match="larger than"):
        load_layout(sparse)
    with pytest.raises(InputError, match="larger than"):
        read_list(sparse)
