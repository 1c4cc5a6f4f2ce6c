"""Descriptions in the manner of traders: chip, count, or not a chip."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflow.engine import connect
from chipflow.goods.catalogue.load import load_catalogue
from chipflow.goods.text.classify import COLUMNS, classify, classify_text, classify_texts
from chipflow.goods.text.lookups import lookups_of

HERE = Path(__file__).parent


def read(name):
    with (HERE / name).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def question(row):
    quantity = row.get("quantity")
    return (
        row["description"] or None,
        row["hs_code"] or None,
        float(quantity) if quantity else None,
        row.get("quantity_unit") or None,
    )


ALL = read("descriptions.csv")
# Written before the rules; nobody looks at single failures among the rows held apart.
DESCRIPTIONS = [row for row in ALL if row["held_out"] == "0"]
HELD_OUT = [row for row in ALL if row["held_out"] == "1"]
# Written later, by someone who had not seen the descriptions above: the first part was read
# before rules were changed for it; the second (held_out) was first read after that, with precision
# 0.92 and recall 0.98 (docs/decisions/0003-goods.md), and its causes of error mended since. So it
# was with the sets that were added later (their first readings are in the same place): nothing
# here is unseen any more, and the bars guard what was mended. What unseen descriptions give is the
# first reading of a new set.
FRESH = read("fresh.csv")
KINDS = read("kinds.csv")
# Written while the rules were: counts said in many ways and languages, and chips beside goods that
# bear their name (cooling, brackets, cables, packaging, licences, dummies, other makers' codes).
COUNTS = read("counts.csv")
NEIGHBOURS = read("neighbours.csv")

# The bars for what is held apart.
PRECISION, RECALL, COUNTED = 0.98, 0.95, 0.95


@pytest.fixture(scope="module")
def answers():
    return classify_texts([question(row) for row in DESCRIPTIONS])


def test_there_are_enough_cases():
    assert len(ALL) >= 300
    assert sum(row["group"] == "innocent" for row in ALL) >= 100
    assert 3 * len(HELD_OUT) >= len(ALL)
    assert sum(row["group"] == "innocent" for row in HELD_OUT) >= 50


@pytest.mark.parametrize(
    "n", range(len(DESCRIPTIONS)), ids=lambda n: DESCRIPTIONS[n]["description"]
)
def test_description(n, answers):
    row, found = DESCRIPTIONS[n], answers[n]
    assert (found.chip or "") == row["chip"]
    if row["chip"]:
        assert found.declared
        assert not found.vague
        assert 0.5 <= found.chip_probability <= 1
    else:
        assert not found.declared
        assert found.chip_probability is None
        assert found.units is None
    assert counted_right(row, found)
    assert found.mentions_return == (row["group"] == "return")


def counted_right(row, found):
    if not row["chips_per_item"]:
        return True
    units = float(row["units"]) if row["units"] else None
    return (found.chips_per_item, found.units) == (float(row["chips_per_item"]), units)


@pytest.mark.parametrize(
    "rows",
    [HELD_OUT, *([row for row in FRESH if row["held_out"] == part] for part in "01")],
    ids=["held apart", "fresh and seen", "fresh"],
)
def test_shares_of_right_answers(rows):
    found = classify_texts([question(row) for row in rows])
    pairs = [(row["chip"], one.chip or "") for row, one in zip(rows, found, strict=True)]
    right = sum(wanted == got for wanted, got in pairs if wanted)
    precision = right / sum(bool(got) for _, got in pairs)
    recall = right / sum(bool(wanted) for wanted, _ in pairs)
    counted = [
        counted_right(row, one)
        for row, one in zip(rows, found, strict=True)
        if row["chips_per_item"]
    ]
    report = f"precision {precision:.3f}, recall {recall:.3f}, counts {sum(counted)}/{len(counted)}"
    print(report)
    assert precision >= PRECISION, report
    assert recall >= RECALL, report
    assert sum(counted) >= COUNTED * len(counted), report


def test_a_label_names_something_in_the_catalogue():
    known = set(load_catalogue().names)
    assert {row["chip"] for row in (*ALL, *FRESH, *NEIGHBOURS) if row["chip"]} <= known


def test_counts_are_read_however_they_are_said():
    found = classify_texts([question(row) for row in COUNTS])
    wrong = [row for row, one in zip(COUNTS, found, strict=True) if not counted_right(row, one)]
    assert not wrong


def test_a_chip_is_told_from_goods_that_bear_its_name():
    found = classify_texts([(row["description"], row["hs_code"], 10, "PCS") for row in NEIGHBOURS])
    pairs = zip(NEIGHBOURS, found, strict=True)
    assert not [row for row, one in pairs if (one.chip or "") != row["chip"]]


def counted(description, quantity=None, unit=None):
    found = classify_text(description, "847150", quantity, unit)
    return found.items, found.chips_per_item, found.units


def test_what_each_server_holds_goes_before_what_all_hold():
    assert counted("SERVER, TOTAL 16 H100 GPUS, 8 PER SERVER", 2, "SET") == (2, 8, 16)
    assert counted("SERVER, TOTAL 16 H100 GPUS", 2, "SET") == (2, 8, 16)


def test_nodes_multiply_unless_they_are_what_is_counted():
    assert counted("CHASSIS WITH 4 NODES, EACH NODE 2 X A100", 3, "SET") == (3, 8, 24)
    assert counted("4 NODES, EACH NODE 2 X A100", 4, "PCS") == (4, 2, 8)


def test_packages_count_only_what_is_said_to_be_in_them():
    assert counted("RTX 4090 GRAPHICS CARDS", 3, "CTN") == (None, 1, None)
    assert counted("RTX 4090 GRAPHICS CARDS, 6 PCS PER CARTON", 3, "CTN") == (18, 1, 18)
    assert counted("RTX 4090 GRAPHICS CARDS, 6 PCS PER CARTON", 18, "PCS") == (18, 1, 18)
    assert counted("RTX 4090 GRAPHICS CARDS", 3, "PAIRS") == (6, 1, 6)


def test_cards_of_a_workstation_are_one_at_the_least_and_of_a_server_unknown():
    assert counted("WORKSTATION WITH RTX A6000", 5, "PCS") == (5, 1, 5)
    assert counted("SERVER WITH NVIDIA H100", 5, "PCS") == (5, None, None)


@pytest.mark.parametrize(
    "text", ["NVIDIA H100 80GB PCIE", "8X H100 SERVER", "BRACKET FOR RTX 4090"]
)
def test_a_long_number_says_nothing(text):
    plain = classify_text(text, "847330", 2, "PCS")
    for number in ("S/N 1234567", "S/N 7654321", "DATED 20240115 INV NO. 99887766554"):
        assert classify_text(f"{text} {number}", "847330", 2, "PCS") == plain


def test_a_part_number_may_be_one_long_number():
    assert classify_text("900210010000000", "847330").chip == "A100"
    assert classify_text("90021001000000012345 1234567", "847330").chip == "A100"


@pytest.mark.parametrize(
    "group, kind",
    [("card", "accelerator"), ("server", "server")],
)
def test_goods_of_a_group(group, kind, answers):
    tables = load_catalogue()
    datacentre = {name for name in tables.names if all(c.datacentre for c in tables.variants(name))}
    for row, found in zip(DESCRIPTIONS, answers, strict=True):
        if row["group"] == group and row["chip"] in datacentre:
            assert found.goods == kind, row["description"]


def test_kinds_and_vague_words():
    found = classify_texts([question(row) for row in KINDS])
    got = [(f.goods, str(int(f.vague)), str(int(f.mentions_return)), f.chip) for f in found]
    wanted = [(row["goods"], row["vague"], row["mentions_return"], None) for row in KINDS]
    for row, one, other in zip(KINDS, got, wanted, strict=True):
        assert one == other, row


def test_context_decides_and_heading_counts():
    bare = classify_text("A100")
    heading = classify_text("A100", "847330")
    words = classify_text("NVIDIA A100 80GB", "847330")
    assert bare.chip is None
    assert heading.chip == words.chip == "A100"
    assert heading.chip_probability < words.chip_probability


def records(rows):
    return pa.table(
        {
            "record_id": [f"r{n}" for n in range(len(rows))],
            "description": pa.array([row[0] for row in rows], pa.string()),
            "hs_code": pa.array([row[1] for row in rows], pa.string()),
            "quantity": pa.array([row[2] for row in rows], pa.float64()),
            "quantity_unit": pa.array([row[3] for row in rows], pa.string()),
            "weight_kg": [1.0] * len(rows),
        }
    )


# Ibis asks DuckDB for the schema by a call that DuckDB 2 calls deprecated.
@pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")
def test_every_row_stays_once_and_columns_are_kept():
    frame = records([question(row) for row in DESCRIPTIONS] * 2)
    connection = connect()
    connection.con.register("raw_rows", frame)
    found = connection.to_pyarrow(classify(connection.table("raw_rows")))
    assert found.column_names == [*frame.column_names, *COLUMNS]
    ids = found["record_id"].to_pylist()
    assert sorted(ids) == sorted(frame["record_id"].to_pylist())
    again = dict(zip(ids, found["chip"].to_pylist(), strict=True))
    for n in range(len(DESCRIPTIONS)):
        assert again[f"r{n}"] == again[f"r{n + len(DESCRIPTIONS)}"]


def test_no_rows():
    frame = records([("A", "84", 1.0, "PCS")])
    found = classify(ibis.memtable(frame).filter(ibis.literal(False)))
    table = connect().to_pyarrow(found)
    assert table.num_rows == 0
    assert table.column_names[-len(COLUMNS) :] == list(COLUMNS)


def test_a_second_pass_replaces_the_first():
    frame = records([("NVIDIA H100 PCIE", "847330", 4.0, "PCS")])
    twice = classify(classify(ibis.memtable(frame)))
    assert connect().to_pyarrow(twice)["units"].to_pylist() == [4.0]


def internal_names():
    """Every name that a step of the pipeline gives to a column."""
    connection = connect()
    connection.con.register("raw_names", records([("A", "84", 1.0, "PCS")]))
    query = str(connection.compile(classify(connection.table("raw_names"))))
    taken = {*records([]).column_names, *COLUMNS}
    return sorted(set(re.findall('"([A-Za-z_0-9]+)"', query)) - taken)


@pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")
def test_columns_of_ones_own_may_have_any_name():
    names = internal_names()
    assert {"name", "score", "heading", "word", "worded", "counts", "family", "plain"} <= {*names}
    rows = [question(row) for row in DESCRIPTIONS[:40]]
    frame = records(rows)
    for place, name in enumerate(names):
        frame = frame.append_column(name, pa.array([f"{place} {n}" for n in range(len(rows))]))
    connection = connect()
    connection.con.register("raw_own", frame)
    found = connection.to_pyarrow(classify(connection.table("raw_own"))).sort_by("record_id")
    assert found.column_names == [*frame.column_names, *COLUMNS]
    assert found.select(frame.column_names).equals(frame.sort_by("record_id"))
    usual = connection.to_pyarrow(classify(ibis.memtable(records(rows)))).sort_by("record_id")
    assert found.select(COLUMNS).equals(usual.select(COLUMNS))


@pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")
@pytest.mark.parametrize("name", ["Chip", "UNITS", "Declared"])
def test_a_column_named_like_an_answer_in_other_letters_gives_way(name):
    frame = records([("NVIDIA H100 PCIE", "847330", 4.0, "PCS")])
    own = frame.append_column(name, pa.array(["of the user"]))
    connection = connect()
    connection.con.register("raw_case", own)
    found = connection.to_pyarrow(classify(connection.table("raw_case")))
    assert found.column_names == [*frame.column_names, *COLUMNS]
    assert found["units"].to_pylist() == [4.0]


def test_tables_for_an_engine_have_no_missing_values():
    # Some ways into an engine write a missing text as "NaN".
    for name, table in lookups_of(load_catalogue())._asdict().items():
        assert not any(column.null_count for column in table.columns), name


ANY_ROW = st.tuples(
    st.none() | st.text(max_size=60),
    st.none() | st.text(max_size=8),
    st.none() | st.floats(-5, 1e6),
    st.none() | st.text(max_size=5),
)


@given(rows=st.lists(ANY_ROW, min_size=1, max_size=60))
@settings(max_examples=8, deadline=None)
def test_any_text_is_read(rows):
    found = classify_texts(rows)
    assert len(found) == len(rows)
    for one in found:
        assert (one.chip is None) == (one.chip_probability is None)
        assert one.declared == (one.chip is not None)
        assert one.units is None or one.units > 0


def test_a_users_chip_is_a_row_and_no_code(tmp_path):
    own = tmp_path / "chips.csv"
    own.write_text(
        "chip,family,vendor,tpp,die_mm2,performance_density,datacentre,pattern,ambiguous,source\n"
        "Z9000,Z9000,Zed,9000,600,15,1,Z ?9000,0,a test\n",
        encoding="utf-8",
    )
    tables = load_catalogue(chips=own)
    assert classify_text("ZED Z 9000 CARD", "847330", 2, "PCS", catalogue=tables).chip == "Z9000"
    assert classify_text("ZED Z 9000 CARD", "847330", 2, "PCS").chip is None


# Written in the manner of traders and customs before the tables were looked at: boards, trays,
# racks and option numbers among them. First reading of the first (196 rows): names 0.964, counts
# 0.929; of the second, written when the first read right: names 0.93, counts 0.91 (0.96 and
# 0.93 by labels that know of variants and of cartons). Two in three of the third are titles, bills
# of materials and inventories that sellers and owners published: docs/decisions/0011-controls.md.
@pytest.mark.parametrize("name", ["traders.csv", "unseen.csv", "listings.csv"])
def test_descriptions_of_traders(name):
    rows = read(name)
    found = classify_texts([question(row) for row in rows])
    # Where a text leaves the variant open, either name is right.
    named = [
        (one.chip or "") in row["chip"].split("/") for row, one in zip(rows, found, strict=True)
    ]
    counted = [
        one.units == float(row["units"])
        and (not row["chips_per_item"] or one.chips_per_item == float(row["chips_per_item"]))
        for row, one in zip(rows, found, strict=True)
        if row["units"]
    ]
    assert len(named) >= 100
    assert sum(named) / len(named) >= 0.95
    assert sum(counted) / len(counted) >= 0.9
