"""Lots that no record names: ranked apart, explained by what others send under the same words."""

from __future__ import annotations

import pytest

import chipflow as cf
from chipflow.saved import read_leads
from chipflow.schemas import UNNAMED
from tests.conftest import BYSTANDERS, network_of


def lot(number, day, seller, start, buyer, end, what, hs, count, kg, usd):
    return (number, day, seller, start, buyer, end, hs, what, count, "PCS", kg * count, usd * count)


def route(what, hs, kg, usd, days=("2024-05-01", "2024-05-19"), prefix="N"):
    lots = [(1, 24), (2, 37)]
    return [
        row
        for at, count in lots
        for row in (
            lot(f"{prefix}{at}I", days[0], "Pacific Realty LLC", "US", "Straits Bright", "MY",
                what, hs, count, kg, usd),
            lot(f"{prefix}{at}O", days[1], "Straits Bright", "MY", "Pudong Harvest", "CN",
                what, hs, count, kg * 1.01, usd * 1.1),
        )
    ]  # fmt: skip


# What others send: adapters for some dollars, and probe cards as dense and dear as accelerators.
OTHERS = [
    row
    for at in range(14)
    for row in (
        lot(f"A{at}", f"2024-0{1 + at % 9}-11", f"Plain Power {chr(65 + at)} Ltd", "TW",
            f"Retail {chr(65 + at)} GmbH", "DE", "ADAPTER MODULES", "853690", 300 + at,
            0.3 + at / 40, 7 + at / 2),
        lot(f"B{at}", f"2024-0{1 + at % 9}-12", f"Fine Probe {chr(65 + at)} KK", "JP",
            f"Fab {chr(65 + at)} Inc", "US", "PROBE CARD", "903090", 3 + at,
            0.9 + at / 10, 21_000 + 1000 * at),
    )
]  # fmt: skip


@pytest.fixture
def found():
    def of(rows):
        network = network_of([*BYSTANDERS, *OTHERS, *rows])
        return cf.find_leads(network, null_draws=20)

    return of


def test_adapters_that_weigh_and_cost_what_an_h100_does_stand_in_a_list_of_their_own(found):
    leads = found(route("ADAPTER MODULES", "853690", 1.5, 28_000))
    assert not len(leads)
    assert list(leads.unnamed.columns) == UNNAMED.names
    row = leads.unnamed.iloc[0]
    assert len(leads.unnamed) == 1
    assert (row["company"], row["countries"]) == ("Straits Bright", "US > MY > CN")
    assert row["pieces"] == 61
    assert row["record_ids"] == "N1I;N1O;N2I;N2O"
    assert "H100 card" in row["could_be"]
    assert "No record names a chip" in row["reasons"]
    assert "PROBE CARD" in row["fits_as_well"]
    assert "PROBE CARD" in row["innocent_explanations"]
    assert row["score"] > 0 and 0.5 < row["probability"] < 1


def test_what_others_send_alike_under_the_same_words_is_not_listed(found):
    assert found(route("PROBE CARD", "903090", 1.5, 28_000)).unnamed.empty


def test_a_card_that_goes_at_a_price_of_adapters_or_before_the_rule_is_not_listed(found):
    assert found(route("ADAPTER MODULES", "853690", 1.5, 40)).unnamed.empty
    early = ("2022-01-10", "2022-01-29")
    assert found(route("ADAPTER MODULES", "853690", 1.5, 14_000, early)).unnamed.empty


def test_the_list_is_written_and_read_again(write_csv, tmp_path):
    rows = [*BYSTANDERS, *OTHERS, *route("ADAPTER MODULES", "853690", 1.5, 28_000)]
    run = cf.analyze(write_csv(rows), tmp_path / "out", null_draws=20)
    assert run.summary["counts"]["unnamed"] == 1
    again = read_leads(tmp_path / "out").unnamed
    assert again["record_ids"].tolist() == run.leads.unnamed["record_ids"].tolist()
    assert again["score"].tolist() == pytest.approx(run.leads.unnamed["score"].tolist())
