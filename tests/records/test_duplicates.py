"""The same rows shuffled, duplicated or split are the same records."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflow.records import read_records

HEADER = "date;shipper;consignee;description;quantity;weight"
PLACES = ["source", "source_row", "other_sources"]


def content(records):
    return records.table.drop(columns=PLACES).to_csv(index=False)


def read(*files):
    with tempfile.TemporaryDirectory() as folder:
        for i, text in enumerate(files):
            (Path(folder) / f"part{i}.csv").write_text(text, encoding="utf-8")
        records = read_records(folder)
        records.table  # noqa: B018  # computed before the folder goes
        return records


def rows_of(frame):
    return [f"{d};{s};{c};{g};{q};{w}" for d, s, c, g, q, w in frame]


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["13/02/2024", "01/03/2024", "04/05/2024", "11/12/2023"]),
        st.sampled_from(["ACME INC", "BETA GMBH", "ÇELİK A.Ş."]),
        st.sampled_from(["NEWCO PTE", "SHELL SDN BHD", "-"]),
        st.sampled_from(["GPU", "computer parts", ""]),
        st.sampled_from(["1.200,5", "7", "0", "12,5", "-3", "1.000"]),
        st.sampled_from(["1,5", "20", "N/A"]),
    ),
    min_size=3,
    max_size=9,
    unique=True,
)
# Rows by which day order and decimal sign can be told, so that a part without them asks the rest.
TELLING = [("31/01/2024", "ACME INC", "NEWCO PTE", "GPU", "0,25", "0,5")]


@given(ROWS, st.randoms(use_true_random=False))
@settings(max_examples=3, deadline=None)
def test_order_duplication_and_splitting_change_nothing(rows, random):
    lines = rows_of([*TELLING, *[r for r in rows if r != TELLING[0]]])
    whole = content(read("\n".join([HEADER, *lines])))
    shuffled = lines[:]
    random.shuffle(shuffled)
    assert content(read("\n".join([HEADER, *shuffled]))) == whole
    cut = random.randint(1, len(lines) - 1)
    parts = ["\n".join([HEADER, *shuffled[:cut]]), "\n".join([HEADER, *shuffled[cut:]])]
    assert content(read(*parts)) == whole
    assert content(read("\n".join([HEADER, *lines]), "\n".join([HEADER, *shuffled]))) == whole
    twice = read("\n".join([HEADER, *lines, *shuffled]))
    if len(lines) >= 3:
        good = twice.counts["used"]
        if good >= 3:
            assert content(twice) == whole


def test_equal_rows_without_numbers_are_different_shipments(write):
    row = "2024-01-01,A CO,B CO,GPU\n"
    other = "2024-01-02,A CO,B CO,GPU\n"
    path = write("e.csv", "date,shipper,consignee,description\n" + row + row + other)
    records = read_records(path)
    assert records.counts["used"] == 3 and records.counts["duplicate"] == 0
    ids = list(records.table["record_id"])
    assert len(set(ids)) == 3 and sum(i.endswith("~2") for i in ids) == 1


def test_a_sheet_pasted_twice_is_read_once(write):
    rows = [f"2024-01-0{i},A CO,B CO,GPU\n" for i in (1, 2, 3)]
    once = rows + rows[:1]  # one row stands there twice already
    head = "date,shipper,consignee,description\n"
    single = read_records(write("one/s.csv", head + "".join(once)))
    double = read_records(write("two/s.csv", head + "".join(once * 2)))
    assert double.counts == {"rows_in": 8, "used": 4, "rejected": 0, "duplicate": 4}
    assert content(single) == content(double)
    assert len(double.duplicates) == 4


def test_rows_with_a_number_that_are_equal_in_all_cells_are_one_record(write):
    head = "declaration number,item,date,shipper,consignee,quantity\n"
    path = write(
        "n.csv",
        head + "D1,1,2024-01-01,A,B,5\nD1,1,2024-01-01,A,B,5\nD1,2,2024-01-01,A,B,5\n"
        "D1,3,2024-01-01,A,B,6\nD2,1,2024-01-02,A,B,5\n",
    )
    records = read_records(path)
    assert records.counts == {"rows_in": 5, "used": 4, "rejected": 0, "duplicate": 1}
    ids = sorted(records.table["record_id"])
    assert ids[-1] == "D2" and all(i.startswith("D1~") for i in ids[:-1])
    assert len(set(ids)) == 4
    duplicate = records.duplicates.iloc[0]
    assert (duplicate["source_row"], duplicate["kept_source_row"]) == (3, 2)
    kept = records.table.loc[records.table["source_row"] == 2].iloc[0]
    assert kept["record_id"] == duplicate["record_id"]
    assert kept["other_sources"].endswith("n.csv:3")


def test_the_same_declaration_from_two_files_is_kept_once(canonical):
    first = canonical("D1,2024-03-01,A,US,B,SG,847150,H100,64,1,2", name="a.csv")
    second = canonical(
        "D9,2024-03-09,A,US,B,SG,847150,H100,1,1,2",
        "D1,2024-03-01,A,US,B,SG,8471.50,H100,64.0,1,2",
        name="b.csv",
    )
    one = read_records(first, second)
    other = read_records(second, first)
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.counts["used"] == 2 and one.counts["duplicate"] == 1
    kept = one.table.set_index("record_id").loc["D1"]
    assert kept["source"] == first.as_posix()
    assert kept["other_sources"] == f"{second.as_posix()}:3"


def test_a_number_shared_by_different_records_gets_part_of_their_content(canonical):
    path = canonical(
        "D1,2024-03-01,A,US,B,SG,847150,H100,64,1,2",
        "D1,2024-03-01,A,US,B,SG,847150,CABLES,64,1,2",
    )
    ids = read_records(path).table["record_id"]
    assert ids.str.match(r"^D1~[0-9a-f]{8}$").all() and ids.is_unique
