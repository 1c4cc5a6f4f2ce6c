"""The method is an object: printed, saved, loaded, varied, and refused where it has no meaning."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

import chipflow as cf
from chipflow.errors import ParameterError
from chipflow.settings import Settings
from tests.conftest import BYSTANDERS, ROUTE


def test_every_number_has_unit_meaning_and_source():
    for row in Settings().table():
        assert row["unit"] and row["meaning"] and row["source"], row


def test_saved_and_loaded_is_the_same(tmp_path):
    usual = Settings()
    other = replace(usual, tracer=replace(usual.tracer, window=40))
    other.save(tmp_path / "own.toml")
    assert Settings.load(tmp_path / "own.toml") == other
    assert other.changed() == {"tracer.window": 40}
    with pytest.raises(FrozenInstanceError):
        usual.tracer.window = 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tracer]\nwindows = 3\n", "tracer.windows is no setting"),
        ("[traces]\nwindow = 3\n", "is no part"),
        ("[tracer]\nwindow = 'long'\n", "is not like 210"),
        ("[comparisons]\nvalue_spread = [1.0]\n", "is not like"),
        ("[tracer\n", "no settings can be read"),
    ],
)
def test_what_has_no_meaning_is_refused(tmp_path, text, said):
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=said):
        Settings.load(path)


def test_a_run_is_repeated_from_its_run_json(write_csv, tmp_path):
    path = write_csv([*ROUTE, *BYSTANDERS])
    (tmp_path / "own.toml").write_text("[tracer]\nwindow = 2\n", encoding="utf-8")
    narrow = cf.analyze(path, tmp_path / "narrow", settings=tmp_path / "own.toml")
    assert len(narrow.leads) == 0, "nothing goes on within two days"
    assert narrow.summary["settings"]["changed"] == {"tracer.window": 2}
    again = cf.analyze(path, tmp_path / "again", settings=tmp_path / "narrow" / "run.json")
    assert again.summary["settings"] == narrow.summary["settings"]
