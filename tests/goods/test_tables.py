"""The shipped tables: how much they hold, spellings, part numbers, and the page made of them."""

import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflow import cli
from chipflow.errors import TableError
from chipflow.goods import classify_text, load_catalogue, status
from chipflow.goods.text.spellings import spellings

ROOT = Path(__file__).parents[2]
CHIP = (
    "chip,family,vendor,tpp,performance_density,datacentre,launched,pattern,ambiguous,source\n"
    "Zeta 900,Zeta 900,ACME,9000,7,1,2027-01,ZETA ?900,0,the maker's sheet\n"
)
RULE = (
    "rule,clause,title,paragraph,first_day,destinations,tpp_min,outcome,citation,source,"
    "confidence\nnew,one,a new rule,3A099,2027-06-01,SG,4000,licence,92 FR 1,somewhere,high\n"
)


def test_as_many_rows_as_were_asked_for() -> None:
    tables = load_catalogue()
    assert len(tables.chips) >= 120
    assert len(tables.systems) >= 100
    assert len(tables.parts) >= 100
    assert all(row.source for row in (*tables.chips, *tables.systems, *tables.parts))


def test_estimates_say_how_they_were_made() -> None:
    assert all(chip.note for chip in load_catalogue().chips if chip.estimate)


def test_prices_have_a_year() -> None:
    assert all(chip.usd_year for chip in load_catalogue().chips if chip.usd_low is not None)


# ---------------------------------------------------------------- names


def test_every_name_can_be_looked_up() -> None:
    tables = load_catalogue()
    for row in (*tables.chips, *tables.systems):
        assert spellings(row.pattern), row.pattern


@pytest.mark.parametrize("pattern", ["RTX.*", "A+", "[^A]B", "X{2}", "^A", "(A", "A)"])
def test_endless_patterns_have_no_list(pattern: str) -> None:
    assert spellings(pattern) is None


@given(st.text("AB0 ", min_size=1, max_size=6), st.text("AB0", min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_spellings_are_what_the_pattern_matches(word: str, other: str) -> None:
    pattern = f"({word}|{other}) ?[0-2]?"
    found = spellings(pattern)
    assert found is not None
    for spelling in found:
        assert re.fullmatch(pattern.replace(" ?", "").replace(" ", ""), spelling)


@pytest.mark.parametrize("separator", ["-", " ", ""])
def test_part_numbers_with_any_separator(separator: str) -> None:
    part = next(part for part in load_catalogue().parts if part.part.startswith("900-"))
    written = part.part.replace("-", separator)
    read = classify_text(f"P/N {written}", "847330", 4, "PCS")
    tables = load_catalogue()
    meant = {chip.chip for chip in tables.variants(part.name)} | {part.name}
    assert read.chip in meant or read.chip in {c.family for c in tables.variants(part.name)}


# ---------------------------------------------------------------- tables of one's own


def test_own_chip_and_rule(tmp_path: Path) -> None:
    (tmp_path / "chips.csv").write_text(CHIP, encoding="utf-8")
    (tmp_path / "rules.csv").write_text(RULE, encoding="utf-8")
    own = load_catalogue(chips=tmp_path / "chips.csv", rules=tmp_path / "rules.csv")
    assert status("Zeta-900", "2027-07-01", "SG", catalogue=own).rule == "new"
    assert status("Zeta 900", "2027-05-01", "SG", catalogue=own).status == "free"
    assert classify_text("ZETA900 MODULE", "847330", catalogue=own).chip == "Zeta 900"


def test_command_takes_own_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "chips.csv").write_text(CHIP, encoding="utf-8")
    (tmp_path / "rules.csv").write_text(RULE, encoding="utf-8")
    words = ["chip", "Zeta 900", "--on", "2027-07-01", "--to", "SG"]
    own = ["--chips", str(tmp_path / "chips.csv"), "--rules", str(tmp_path / "rules.csv")]
    monkeypatch.setattr(sys, "argv", ["chipflow", *words, *own])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert not stop.value.code
    assert "92 FR 1" in capsys.readouterr().out


def test_wrong_own_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "chips.csv").write_text(CHIP.replace("9000", "many"), encoding="utf-8")
    with pytest.raises(TableError, match=r"chips\.csv: row 2, column tpp"):
        load_catalogue(chips=tmp_path / "chips.csv")


# ---------------------------------------------------------------- the page


def test_page_says_what_the_tables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import controls_page

    assert controls_page.PAGE.read_text(encoding="utf-8") == controls_page.page(load_catalogue())
    assert controls_page.CHART.is_file()
