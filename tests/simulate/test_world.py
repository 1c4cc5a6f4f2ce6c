from __future__ import annotations

import filecmp
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from chipflow.errors import OutputError, ParameterError
from chipflow.simulate import LOOKALIKE_KINDS, SCHEME_KINDS, simulate
from chipflow.simulate.firms import invented_words
from chipflow.simulate.market import CHINA, items
from chipflow.simulate.world import COLUMNS

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
SAMPLE_SEED = 2025

# Makers, sellers, carriers and buyers that exist (brands of chips are allowed in goods only).
REAL_COMPANIES = """
alibaba amazon amd apex apple arrow asus avnet baidu boeing bytedance cisco dell dhl ericsson
fedex flex foxconn fujitsu gigabyte google hitachi hpe huawei hynix ibm ingram inspur intel
inventec kingston kuehne lenovo lg maersk mediatek megaspeed mellanox meta micron microsoft
nokia nvidia oracle orion panasonic pegatron philips qualcomm quanta samsung schenker seagate
siemens sony sugon supermicro synnex tencent tesla toshiba tsmc walmart wistron wiwynn xfusion
xiaomi zotac zte
"""


@pytest.fixture(scope="module")
def world():
    return simulate(records=5000, seed=1)


@pytest.fixture(scope="module")
def large():
    return simulate(records=40_000, seed=3)


def joined(world) -> pd.DataFrame:
    return world.truth.merge(
        world.records.drop(columns=["source", "source_row"]), on="record_id", validate="one_to_one"
    )


def test_the_same_seed_gives_the_same_world_and_another_seed_another_one(world):
    again = simulate(records=5000, seed=1)
    pd.testing.assert_frame_equal(world.records, again.records)
    pd.testing.assert_frame_equal(world.truth, again.truth)
    pd.testing.assert_frame_equal(world.schemes, again.schemes)
    other = simulate(records=5000, seed=2)
    assert not set(other.schemes["companies"]) & set(world.schemes["companies"])


def test_records_are_canonical_and_as_many_as_asked_for(world):
    records = world.records
    assert tuple(records.columns) == COLUMNS
    assert len(records) == 5000
    assert records["record_id"].is_unique
    assert records["date"].between("2022-01-01", "2025-06-30").all()
    for column in ("quantity", "weight_kg", "value_usd"):
        assert (records[column] > 0).all()
    assert (records["shipper_country"] != records["consignee_country"]).all()


def test_every_kind_is_there_and_has_its_parts(world):
    kinds = world.schemes.set_index("kind")["innocent"]
    assert set(kinds[~kinds].index) == set(SCHEME_KINDS)
    assert set(kinds[kinds].index) == set(LOOKALIKE_KINDS)
    assert (world.schemes["true_units"] > 0).all()
    assert set(world.truth["record_id"]) <= set(world.records["record_id"])
    roles = world.truth[~world.truth["innocent"]].groupby("scheme_id")["role"].agg(set)
    assert all({"source", "final"} <= each for each in roles)


def test_schemes_end_in_china_by_way_of_other_countries(large):
    rows = joined(large)
    guilty = rows[~rows["innocent"]]
    final = guilty[guilty["role"] == "final"]
    assert final["consignee_country"].isin(CHINA).all()
    assert not guilty[guilty["role"] != "final"]["consignee_country"].isin(CHINA).any()
    two = large.schemes[large.schemes["kind"] == "two_shells"]["countries"].str.split(" > ")
    assert all(len(set(places[1:3])) == 2 for places in two)


def test_a_domestic_handover_leaves_no_record_between_its_two_companies(large):
    schemes = large.schemes[large.schemes["kind"] == "domestic_handover"]
    rows = joined(large)
    for scheme in schemes.itertuples():
        mine = rows[rows["scheme_id"] == scheme.scheme_id]
        takes = mine[mine["role"] == "source"]["consignee_country"]
        sends = mine[mine["role"] == "final"]["shipper_country"]
        assert set(takes) == set(sends)
        assert scheme.companies.count(" > ") == 3
        assert set(mine["role"]) == {"source", "final"}


def test_relabelled_goods_are_named_on_the_way_in_and_not_on_the_way_out(large):
    rows = joined(large)
    rows = rows[rows["kind"] == "relabelled"]
    chips = "|".join(sorted({item.chip.replace(" ", "[ ]?") for item in items()}))
    named = rows["description"].str.upper().str.contains(chips.upper())
    assert named[rows["role"] == "source"].all()
    assert not named[rows["role"] == "final"].any()
    # ... while the weight of one item stays.
    each = (rows["weight_kg"] / rows["quantity"]).groupby([rows["scheme_id"], rows["role"]])
    assert each.median().groupby("scheme_id").agg(lambda kg: kg.max() / kg.min()).median() < 1.1


def test_before_rule_is_over_before_its_chip_is_barred(large):
    rows = joined(large)
    last = rows[rows["kind"] == "before_rule"].groupby("scheme_id")["date"].max()
    chip = large.schemes.set_index("scheme_id")["chip"]
    barred = {"A100": "2022-09-01", "A800": "2023-10-23", "H800": "2023-10-23"}
    checked = 0
    for scheme, day in last.items():
        for name in chip[scheme].split(";"):
            if name in barred:
                checked += 1
                assert day < pd.Timestamp(barred[name])
    assert checked


def test_honest_trade_ships_no_barred_chip_to_china(large):
    records = large.records[~large.records["record_id"].isin(large.truth["record_id"])]
    barred = records["description"].str.upper().str.contains("H100|H200|B200|MI300X")
    assert barred.sum() > 20
    assert not records[barred]["consignee_country"].isin(CHINA).any()


@settings(deadline=None, max_examples=6)
@given(seed=st.integers(0, 10_000))
def test_a_middle_company_never_sends_more_than_it_received(seed):
    world = simulate(records=4000, seed=seed, lookalikes=["before_rule", "consumer_cards"])
    rows = joined(world)
    assert len(rows)
    for _, scheme in rows.groupby("scheme_id"):
        stages = [("source", ("final", "other"))]
        if "middle" in set(scheme["role"]):
            stages = [("source", ("middle",)), ("middle", ("final",))]
        for into, out in stages:
            # Both on one time axis: what has left up to a day, against what came before it.
            step = np.where(
                scheme["role"] == into,
                scheme["quantity"],
                np.where(scheme["role"].isin(out), -scheme["quantity"], 0),
            )
            by_day = pd.Series(step, index=scheme["date"].to_numpy()).groupby(level=0).sum()
            assert by_day.sort_index().cumsum().min() >= 0


def test_true_units_are_the_chips_of_the_last_hop(large):
    rows = joined(large)
    units = large.schemes.set_index("scheme_id")
    cards = units[(~units["innocent"]) & units["chip"].isin(["RTX 4090", "L40S", "L4", "A100"])]
    final = rows[rows["role"] == "final"].groupby("scheme_id")["quantity"].sum()
    ratio = (cards["true_units"] / final.reindex(cards.index)).round(6)
    assert len(ratio) > 5
    assert ratio.isin([1.0, 8.0]).all()  # cards, or servers with eight chips


def test_no_real_companys_name_is_used(large):
    assert not {word.lower() for word in invented_words()} & set(REAL_COMPANIES.split())
    names = pd.concat([large.records["shipper"], large.records["consignee"]]).str.lower()
    words = set(names.str.findall(r"[a-z]+").explode())
    assert not words & set(REAL_COMPANIES.split())


def test_a_company_is_written_in_several_ways(large):
    names = large.records["consignee"]
    assert names.str.isupper().mean() > 0.1
    singapore = names[large.records["consignee_country"] == "SG"]
    for form in ("Pte. Ltd.", "PTE LTD", "Private Limited"):
        assert singapore.str.contains(form, regex=False).any()
    assert 0.02 < large.records["consignee_address"].isna().mean() < 0.3


def test_numbers_and_order_do_not_tell_schemes_from_the_rest(large):
    # Under chance the mean position of k of n records has this standard deviation.
    for source, rows in large.records.groupby("source"):
        n = len(rows)
        for guilty in (True, False):
            ids = large.truth[large.truth["innocent"] != guilty]["record_id"]
            mine = rows["record_id"].isin(ids).to_numpy()
            position = np.flatnonzero(mine) / n
            spread = 1 / np.sqrt(12 * len(position))
            assert len(position) > 50, source
            assert abs(position.mean() - 0.5) < 4 * spread
            neighbours = (mine[1:] & mine[:-1]).sum()
            expected = len(position) ** 2 / n
            assert neighbours < expected + 5 * np.sqrt(expected) + 1


def test_spelling_and_addresses_of_schemes_are_as_common_as_elsewhere(large):
    records = large.records
    guilty = records["record_id"].isin(large.truth[~large.truth["innocent"]]["record_id"])
    for column in ("shipper", "consignee"):
        for feature in (
            records[column].str.isupper(),
            records[column].str.contains(".", regex=False),
            records[column + "_address"].isna(),
        ):
            share = feature.mean()
            # Spelling goes with the legal forms of countries, so the bound is wide.
            assert abs(feature[guilty].mean() - share) < 0.15


def test_kinds_can_be_chosen():
    world = simulate(records=2000, seed=5, schemes="one_shell,relabelled", lookalikes="none")
    assert set(world.schemes["kind"]) == {"one_shell", "relabelled"}
    empty = simulate(records=1000, seed=5, schemes=(), lookalikes=())
    assert empty.schemes.empty and empty.truth.empty
    assert len(empty.records) == 1000


def test_one_layout_takes_all_records():
    world = simulate(records=1500, seed=5, layouts="customs_declaration")
    assert world.records["source"].unique().tolist() == ["customs_declarations.xlsx#Declarations"]


def test_both_layouts_hold_parts_of_routes(large):
    files = large.truth.groupby("scheme_id")["source"].nunique()
    assert (files == 2).mean() > 0.5


def test_missing_takes_records_away_and_noise_spoils_fields():
    whole = simulate(records=6000, seed=4)
    less = simulate(records=6000, seed=4, missing=0.2, noise=0.1)
    assert len(less.records) == pytest.approx(4800, rel=0.03)
    assert len(less.truth) == pytest.approx(0.8 * len(whole.truth), rel=0.1)
    assert set(less.truth["record_id"]) <= set(less.records["record_id"])
    lost = less.records[["weight_kg", "value_usd", "quantity"]].isna().any(axis=1).mean()
    assert 0.03 < lost < 0.08
    pd.testing.assert_series_equal(whole.schemes["true_units"], less.schemes["true_units"])


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"schemes": ["one_shel"]}, "one_shel"),
        ({"lookalikes": "repair"}, "repair"),
        ({"layouts": ["invoice"]}, "invoice"),
        ({"missing": 1.5}, "1.5"),
        ({"noise": -0.1}, "-0.1"),
        ({"records": 0}, "0"),
        ({"records": 50}, "50"),
        ({"seed": -1}, "-1"),
    ],
)
def test_a_parameter_without_meaning_is_refused(wrong, word):
    with pytest.raises(ParameterError, match=word):
        simulate(**{"records": 3000, **wrong})


def test_the_world_grows_with_the_records(world, large):
    assert len(large.schemes) > 2 * len(world.schemes)
    assert large.records["shipper"].nunique() > 2 * world.records["shipper"].nunique()


def test_files_have_the_same_bytes_every_time(tmp_path):
    for name in ("one", "two"):
        simulate(records=1500, seed=9, out=tmp_path / name)
    files = sorted(
        str(path.relative_to(tmp_path / "one"))
        for path in (tmp_path / "one").rglob("*")
        if path.is_file()
    )
    assert files == [
        "README.md",
        "records/bills_of_lading.csv",
        "records/customs_declarations.xlsx",
        "truth/companies.csv",
        "truth/records.csv",
        "truth/schemes.csv",
    ]
    same, _, _ = filecmp.cmpfiles(tmp_path / "one", tmp_path / "two", files, shallow=False)
    assert sorted(same) == files


def test_files_say_that_they_are_simulated_and_hold_what_the_world_holds(tmp_path):
    world = simulate(records=1500, seed=9, noise=0.05, out=tmp_path)
    banner = "SIMULATED RECORDS - written by chipflow simulate, seed 9 - no real company"
    path = tmp_path / "records" / "bills_of_lading.csv"
    assert path.read_text(encoding="utf-8").splitlines()[0] == banner
    bills = pd.read_csv(path, skiprows=1, dtype={"HS_CODE": "str"}, keep_default_na=False)
    records = world.records[world.records["source"] == "bills_of_lading.csv"]
    assert bills["BL_NO"].tolist() == records["record_id"].tolist()
    sheet = CalamineWorkbook.from_path(
        tmp_path / "records" / "customs_declarations.xlsx"
    ).get_sheet_by_name("Declarations")
    rows = sheet.to_python(skip_empty_area=False)
    assert rows[1][0] == banner
    header = rows[4]
    table = pd.DataFrame(rows[5:], columns=header)
    records = world.records[world.records["source"].str.contains("xlsx")].reset_index(drop=True)
    assert table["DECLARATION NUMBER"].tolist() == records["record_id"].tolist()
    # The spreadsheet's row numbers are those of the truth.
    at = int(records["source_row"].iloc[7]) - 1
    assert rows[at][0] == records["record_id"].iloc[7]
    given = records["value_usd"].notna()
    assert table["FOB USD"][given].astype(float).tolist() == records["value_usd"][given].tolist()
    assert "seed 9" in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_large_worlds_declare_in_text(tmp_path):
    world = simulate(records=100_500, seed=1, schemes="none", lookalikes="none", out=tmp_path)
    path = tmp_path / "records" / "customs_declarations.csv"
    with path.open(encoding="utf-8") as file:
        assert file.readline().startswith("SIMULATED RECORDS")
        assert file.readline().startswith("DECLARATION NUMBER;DECLARATION DATE;")
    assert (world.records["source"] == "customs_declarations.csv").sum() > 10_000


def test_a_folder_that_cannot_be_made_is_refused_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        simulate(records=1500, seed=9, out=tmp_path / "file" / "world")


def test_the_committed_sample_is_what_the_generator_writes(tmp_path):
    simulate(records=5000, seed=SAMPLE_SEED, out=tmp_path)
    for path in sorted(SAMPLE.rglob("*")):
        made = tmp_path / path.relative_to(SAMPLE)
        if path.suffix == ".xlsx":
            # Compressed bytes vary with the zlib of the machine; the cells do not.
            cells = [
                CalamineWorkbook.from_path(each).get_sheet_by_index(0).to_python()
                for each in (path, made)
            ]
            assert cells[0] == cells[1]
        elif path.is_file():
            assert path.read_bytes() == made.read_bytes(), path.name
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) < 1.5e6
