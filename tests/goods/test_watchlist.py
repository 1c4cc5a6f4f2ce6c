"""Watch lists of other goods: the shipped one, and one that a user makes."""

import datetime as dt
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pytest

from chipflow.errors import ParameterError, TableError
from chipflow.goods.watchlist import Watchlist, load_watchlist, shipped_lists, watch

RULES = (
    "rule,clause,title,paragraph,first_day,last_day,destinations,headquarters,origins,tpp_min,"
    "tpp_below,density_min,density_below,link_min,memory_min,datacentre,parts,outcome,citation,"
    "source,confidence,note\n"
    "pumps,one,the pump rule,2B999,2024-02-01,,D:5,,,,,,,,,,{parts},licence,85 FR 1,here,high,\n"
)
ITEMS = (
    "item,tier,hs,words,against,usd_low,usd_high,source,note\n"
    "Vacuum pump,A,841410,(VACUUM|TURBO) ?PUMPS?|真空泵,AQUARIUM|BREAST,800,90000,here,\n"
    "Valve,B,848180,BELLOWS VALVES?,,,,here,\n"
)


@pytest.fixture
def own(tmp_path: Path) -> Watchlist:
    return make(tmp_path)


def make(folder: Path, items: str = ITEMS, rules: str = RULES.format(parts="")) -> Watchlist:
    (folder / "pumps.csv").write_text(items, encoding="utf-8")
    (folder / "rules.csv").write_text(rules, encoding="utf-8")
    return load_watchlist(folder / "pumps.csv", folder / "rules.csv")


def watched(watchlist: Watchlist, **cells: Any) -> pd.Series:
    row = {"description": None, "hs_code": None} | cells
    schema = {"description": "string", "hs_code": "string"}
    schema |= {name: "float64" for name in ("usd", "items") if name in cells}
    table = ibis.memtable(pd.DataFrame([row]), schema=schema)
    return watch(table, watchlist).execute().iloc[0]


# ---------------------------------------------------------------- the shipped list


def test_shipped_list_has_fifty_headings() -> None:
    assert shipped_lists() == ("chpl_russia",)
    items = load_watchlist().items
    # BIS, Common High Priority List of 2024-02-23: 4, 5, 16, 9, 11 and 5 headings.
    tiers = pd.Series([item.tier for item in items]).value_counts().to_dict()
    assert tiers == {
        "Tier 1": 4, "Tier 2": 5, "Tier 3.A": 16, "Tier 3.B": 9, "Tier 4.A": 11, "Tier 4.B": 5,
    }  # fmt: skip
    assert all(item.source for item in items)


@pytest.mark.parametrize(
    ("day", "destination", "wanted"),
    [
        ("2021-06-01", "RU", "free"),
        ("2022-02-23", "RU", "free"),
        ("2022-02-24", "RU", "unknown"),
        ("2022-03-01", "BY", "free"),
        ("2022-03-02", "BY", "unknown"),
        ("2023-05-18", "RU", "unknown"),
        ("2023-05-19", "RU", "presumed_denied"),
        ("2024-02-22", "BY", "presumed_denied"),
        ("2024-02-23", "RU", "presumed_denied"),
        ("2026-01-01", "BY", "presumed_denied"),
        ("2024-02-23", "KZ", "free"),
    ],
)
def test_days_and_destinations(day: str, destination: str, wanted: str) -> None:
    answer = load_watchlist().status("8542.31", day, destination)
    assert answer.status == wanted
    assert "TPP" not in answer.sentence
    assert (answer.citation is None) == (wanted == "free")


def test_a_tier_is_asked_item_by_item() -> None:
    assert load_watchlist().status("Tier 1", "2024-06-01", "RU").status == "presumed_denied"


def test_days_for_many_records() -> None:
    table = load_watchlist().timeline(["8542.31"], ["RU"])
    assert table["status"].tolist() == ["free", "unknown", "presumed_denied", "presumed_denied"]


def test_only_the_code_of_another_chapter_stays_open_until_the_list() -> None:
    listed = load_watchlist()
    day = "2023-06-01"
    open_ones = [
        i.item for i in listed.items if listed.status(i.item, day, "RU").status != "presumed_denied"
    ]
    assert open_ones == ["8807.30"]
    assert listed.status("8807.30", "2024-02-23", "RU").status == "presumed_denied"


@pytest.mark.parametrize(
    ("day", "codes"),
    [("2023-05-18", 0), ("2023-05-19", 9), ("2023-09-20", 45), ("2024-02-23", 50)],
)
def test_versions_of_the_list(day: str, codes: int) -> None:
    assert len(load_watchlist().on(dt.date.fromisoformat(day))) == codes


def test_a_code_of_2017_says_less_than_one_of_2022() -> None:
    listed = load_watchlist()
    now = watched(listed, description=None, hs_code="852589")
    former = watched(listed, description=None, hs_code="852580")
    assert now.watch_item == former.watch_item == "8525.89"
    assert 0.5 < former.watch_probability < now.watch_probability
    assert "2017" in former.watch_reason and "2017" not in now.watch_reason


def test_unknown_items_name_near_ones() -> None:
    with pytest.raises(ParameterError, match=r"8542\.3"):
        load_watchlist().status("8542.34", "2024-06-01", "RU")


@pytest.mark.parametrize(
    ("description", "hs_code", "item"),
    [
        ("MICROCONTROLLERS STM32F4", "8542.31", "8542.31"),
        ("CHIPS", "85423190", "8542.31"),
        ("Танталовые конденсаторы 10мкФ", "853290", "8532.21"),
        ("钽电容", None, "8532.21"),
        ("VERTICAL MACHINING CENTER VMC850", "845929", "8457.10"),
        ("BALL BEARINGS 6204", "848210", "8482.10"),
        ("FRESH APPLES", "080810", None),
        ("COTTON T-SHIRTS", "610910", None),
    ],
)
def test_codes_and_words(description: str, hs_code: str | None, item: str | None) -> None:
    row = watched(load_watchlist(), description=description, hs_code=hs_code)
    if item is None:
        assert pd.isna(row.watch_item)
        assert pd.isna(row.watch_probability)
    else:
        assert row.watch_item == item
        assert row.watch_probability > 0.5


def test_code_and_words_say_more_than_either() -> None:
    listed = load_watchlist()
    both = watched(listed, description="MLCC 0402", hs_code="853224").watch_probability
    code = watched(listed, description="PARTS", hs_code="853224").watch_probability
    words = watched(listed, description="MLCC 0402", hs_code="851000").watch_probability
    assert both > code > words > 0.5


# ---------------------------------------------------------------- a list of one's own


def test_own_list_uses_values_and_country_groups(own: Watchlist) -> None:
    fits = watched(own, description="TURBO PUMP", hs_code="841490", usd=50_000.0, items=10.0)
    cheap = watched(own, description="TURBO PUMP", hs_code="841490", usd=500.0, items=10.0)
    untold = watched(own, description="TURBO PUMP", hs_code="841490")
    assert fits.watch_probability > untold.watch_probability > cheap.watch_probability
    assert "fits" in fits.watch_reason
    assert "does not fit" in cheap.watch_reason
    assert "value was not tested" in untold.watch_reason
    assert own.status("Vacuum pump", "2024-03-01", "CN").status == "licence"
    assert own.status("Vacuum pump", "2024-01-01", "CN").status == "free"
    assert own.status("Vacuum pump", "2024-03-01", "DE").status == "free"


def test_words_against_name_other_goods(own: Watchlist) -> None:
    row = watched(own, description="AQUARIUM VACUUM PUMP", hs_code="841370")
    assert row.watch_probability < 0.1
    assert "speak against" in row.watch_reason


def test_rules_may_be_for_a_part_of_the_list(tmp_path: Path) -> None:
    own = make(tmp_path, rules=RULES.format(parts="B"))
    assert own.status("Valve", "2024-03-01", "CN").status == "licence"
    assert own.status("Vacuum pump", "2024-03-01", "CN").status == "free"


def test_order_of_rows_does_not_matter(tmp_path: Path, own: Watchlist) -> None:
    head, *rows = ITEMS.strip().splitlines()
    (tmp_path / "other").mkdir()
    turned = make(tmp_path / "other", "\n".join([head, *reversed(rows)]) + "\n")
    assert turned.items == own.items


@pytest.mark.parametrize(
    ("items", "rules", "said"),
    [
        (ITEMS.replace("841410", "84A"), RULES.format(parts=""), "row 2, column hs"),
        (ITEMS.replace("90000", "1"), RULES.format(parts=""), "usd_high"),
        (ITEMS.replace("90000", ""), RULES.format(parts=""), "usd_high"),
        (ITEMS.replace("841410,(VACUUM|TURBO) ?PUMPS?|真空泵", ","), RULES, "nothing could be"),
        (ITEMS.replace("(VACUUM", "((VACUUM"), RULES.format(parts=""), "regular expression"),
        (ITEMS, RULES.format(parts="C"), "no item or tier"),
        (ITEMS.splitlines()[0] + "\n", RULES.format(parts=""), "at least one item"),
    ],
)
def test_wrong_tables_are_named(tmp_path: Path, items: str, rules: str, said: str) -> None:
    with pytest.raises(TableError, match=said):
        make(tmp_path, items, rules)


def test_no_such_list(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="chpl_russia"):
        load_watchlist("nonesuch")


def test_own_list_needs_no_more_than_names_and_codes_or_words(tmp_path: Path) -> None:
    (tmp_path / "pumps.csv").write_text("item,hs,words\nPump,8414.10,\nValve,,bellows valve\n")
    bare = load_watchlist(tmp_path / "pumps.csv")
    assert watched(bare, description="SPARES", hs_code="84141025").watch_item == "Pump"
    assert watched(bare, description="Bellows Valve DN40", hs_code=None).watch_item == "Valve"
    answer = bare.status("Pump", "2024-03-01", "CN")
    assert answer.status == "unknown"
    assert "came without rules" in answer.sentence


def test_rules_beside_the_list_are_used(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "rules.csv").rename(tmp_path / "pumps_rules.csv")
    assert load_watchlist(tmp_path / "pumps.csv").status("Valve", "2024-03-01", "CN").status == (
        "licence"
    )
