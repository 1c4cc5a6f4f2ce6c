"""What was not read is counted, each cell once, and said."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflow.errors import InputError
from chipflow.records import Records, read_records

FIELDS = {
    "consignee_country": ("Wakanda", "Xyzzyland", "Nowhere at all"),
    "shipper_country": ("Wakanda", "Middle-earth"),
    "quantity": ("about ten boxes", "some"),
    "weight_kg": ("heavy", "n.k.g."),
    "hs_code": ("see list", "hs?"),
}


def rows(n):
    return pd.DataFrame(
        {
            "record_id": [f"R{i:03d}" for i in range(n)],
            "date": [f"2024-03-{1 + i % 28:02d}" for i in range(n)],
            "shipper": [f"Northfield Semiconductor {i % 7} Inc" for i in range(n)],
            "shipper_country": ["US"] * n,
            "consignee": [f"Straits Bright {i % 5} Pte Ltd" for i in range(n)],
            "consignee_country": ["SG"] * n,
            "hs_code": ["847330"] * n,
            "description": ["NVIDIA H100 80GB PCIE GPU CARD"] * n,
            "quantity": [str(8 + i) for i in range(n)],
            "weight_kg": [str(13.6 + i) for i in range(n)],
            "value_usd": [str(232_000 + i) for i in range(n)],
        }
    )


def test_each_field_says_how_many_cells_were_not_understood_and_the_commonest():
    table = rows(40)
    table.loc[:2, "consignee_country"] = "Wakanda"
    table.loc[3, "consignee_country"] = "Xyzzyland"
    table.loc[4, "consignee_country"] = ""
    read = Records.from_frame(table)
    (one,) = read.unread
    assert (one.field, one.given, one.unread) == ("consignee_country", 39, 4)
    assert one.commonest == (("Wakanda", 3), ("Xyzzyland", 1))
    wanted = "consignee country: 4 of 39 not understood: 'Wakanda' 3, 'Xyzzyland' 1"
    assert one.sentence == wanted
    assert wanted in read.explain()
    assert "4 cells not read" in repr(read) and "4 cells not read" in read._repr_html_()
    assert any(said.startswith(wanted) for said in read.doubts)


def test_what_a_lead_needs_is_counted():
    table = rows(30)
    table.loc[:4, "description"] = ""
    table.loc[5:7, "consignee_country"] = "Wakanda"
    table.loc[8, ["weight_kg", "value_usd"]] = ""
    needs = Records.from_frame(table).needs
    assert needs == {
        "records": 30, "goods": 25, "both_countries": 27, "weight_or_value": 29,
        "destination": 27, "day": 30, "all": 21,
    }  # fmt: skip


damage = st.lists(
    st.tuples(st.sampled_from(sorted(FIELDS)), st.integers(0, 39), st.integers(0, 2)),
    max_size=80,
)


@settings(max_examples=6, deadline=None)
@given(damage)
def test_every_damaged_cell_is_counted_exactly_once(hits):
    table = rows(40)
    damaged = {}
    for field, row, which in hits:
        texts = FIELDS[field]
        damaged[(field, row)] = texts[which % len(texts)]
    for (field, row), text in damaged.items():
        table.loc[row, field] = text
    read = Records.from_frame(table)
    listed = list(
        zip(read.rejected["column"], read.rejected["source_row"] - 2, read.rejected["value"],
            strict=True)
    )  # fmt: skip
    assert sorted(listed) == sorted((f, row, text) for (f, row), text in damaged.items())
    assert read.cells_unread == len(damaged)
    assert read.counts["used"] == 40


def test_strict_refuses_what_would_be_a_warning(canonical):
    good = "R1,2024-03-01,Northfield Inc,US,Straits Pte Ltd,SG,847330,H100,64,108.8,1856000"
    bad = "R2,2024-03-02,Northfield Inc,US,Straits Pte Ltd,Wakanda,847330,H100,64,108.8,1856000"
    assert len(read_records(canonical(good, name="good.csv"), strict=True)) == 1
    with pytest.raises(InputError, match="consignee country: 1 of 2 not understood: 'Wakanda' 1"):
        read_records(canonical(good, bad, name="bad.csv"), strict=True)


def test_the_command_says_it_beside_the_counts(run, canonical, tmp_path):
    bad = "R2,2024-03-02,Northfield Inc,US,Straits Pte Ltd,Wakanda,847330,H100,64,108.8,1856000"
    path = canonical(bad, bad.replace("R2", "R3"))
    wanted = "consignee country: 2 of 2 not understood: 'Wakanda' 2"
    status, said, warned = run("read", path, "--out", tmp_path / "r.parquet")
    assert status == 0 and "Cells not read: 2" in said and wanted in warned
    status, said, warned = run("read", path, "--out", tmp_path / "r.parquet", "--quiet")
    assert status == 0 and said == "" and wanted in warned, "quiet silences no warning"
    status, said, _ = run("read", path, "--explain", "--format", "json")
    (sheet,) = json.loads(said)
    assert sheet["unread"] == [
        {"field": "consignee_country", "given": 2, "unread": 2, "commonest": [["Wakanda", 2]]}
    ]
    assert run("read", path, "--explain", "--strict")[0] == 1
