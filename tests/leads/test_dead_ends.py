"""Goods that stop in the open: who is asked about, who is not, and what is said."""

from __future__ import annotations

import random

import pandas as pd
import pytest

import chipflow as cf
from tests.conftest import BYSTANDERS, ROUTE, network_of

H100 = "NVIDIA H100 80GB PCIE GPU CARD"


def buy(number, day, buyer="Straits Bright Pte Ltd", country="SG", *, chips=64, what=H100, by="A"):
    return (number, day, f"Northfield {by} Inc", "US", buyer, country, "847330", what, chips, "PCS",
            round(1.7 * chips, 1), 29_000.0 * chips)  # fmt: skip


# Honest trade over two years, so that it can be told who is new; buyers of a few chips among it.
AROUND = [
    (f"A{n:03d}", f"{pd.Timestamp('2022-06-01') + pd.Timedelta(days=6 * n):%Y-%m-%d}",
     f"Maple {'ABCD'[n % 4]} Ltd", "CA", f"Willow {'ABCDEFGH'[n % 8]} Pte Ltd", "SG", "847330",
     "COMPUTER KEYBOARDS", 30 + n, "PCS", 20.0 + n, 300.0 + 9 * n)
    for n in range(120)
]  # fmt: skip
FEW = [buy(f"F{n}", f"2023-1{n % 3}-0{n + 1}", f"Willow {'ABCDEFGH'[n]} Pte Ltd", chips=2)
       for n in range(8)]  # fmt: skip
STOPS = [buy("V1", "2024-02-01"), buy("V2", "2024-02-20")]


@pytest.fixture
def found():
    def of(rows, destination="CN HK MO", **options):
        network = network_of(rows)
        return cf.find_leads(network, destination=destination, null_draws=20, **options)

    return of


def test_large_lots_at_a_new_company_and_nothing_after(found):
    leads = found([*AROUND, *FEW, *STOPS])
    assert len(leads) == 0, "it is no route"
    table = leads.dead_ends
    assert table["company"].tolist() == ["Straits Bright Pte Ltd"]
    row = table.iloc[0]
    assert row["rank"] == 1 and row["score"] > 0
    assert row["record_ids"] == "V1;V2"
    assert row["units"] == 128
    assert row["value_usd"] == 128 * 29_000
    assert (row["country"], row["chips"]) == ("SG", "H100 PCIe")
    assert (row["first_date"], row["last_date"]) == ("2024-02-01", "2024-02-20")
    assert "128 H100 PCIe in 2 shipments would have needed a licence" in row["reasons"]
    assert "first seen in the records on 2024-02-01" in row["reasons"]
    assert "11.1% of all companies that receive chips received as many" in row["reasons"]
    assert "may use the goods itself" in row["innocent_explanations"]
    assert "air, road or rail" in row["innocent_explanations"]
    assert "smuggl" not in " ".join(row.astype(str)).lower()


def test_goods_that_are_seen_to_go_on_are_a_route_and_not_vanished(found):
    assert len(found([*AROUND, *FEW, *ROUTE]).dead_ends) == 0
    assert len(found([*AROUND, *FEW, *ROUTE])) == 1


def test_a_company_known_for_long_is_not_asked_about(found):
    old = ("O1", "2022-07-01", "Maple A Ltd", "CA", "Straits Bright Pte Ltd", "SG", "847330",
           "COMPUTER KEYBOARDS", 30, "PCS", 20.0, 300.0)  # fmt: skip
    assert len(found([*AROUND, *FEW, *STOPS, old]).dead_ends) == 0


@pytest.mark.parametrize(
    "lots",
    [
        [buy("V1", "2022-08-01"), buy("V2", "2022-08-20")],
        [buy("V1", "2024-02-01", chips=4)],
        [buy("V1", "2024-02-01", country="CN"), buy("V2", "2024-02-20", country="CN")],
        [buy("V1", "2024-02-01", what="NVIDIA TESLA K80 GPU CARD")],
        [buy("V1", "2024-02-01", country="US"), buy("V2", "2024-02-20", country="US")],
    ],
    ids=["free on that day", "few", "the destination itself", "free chip", "at home"],
)
def test_what_is_no_such_purchase(found, lots):
    assert len(found([*AROUND, *FEW, *lots]).dead_ends) == 0


def test_a_user_of_many_things_ranks_lower(found):
    many = [
        (f"W{n}", f"2024-02-{10 + n}", f"Maple {'ABCD'[n % 4]} Ltd", "CA", "Second Cloud Pte Ltd",
         "SG", "940320", "STEEL RACKS", 30, "PCS", 900.0, 6000.0)
        for n in range(6)
    ]  # fmt: skip
    second = [
        buy("U1", "2024-02-01", "Second Cloud Pte Ltd"),
        buy("U2", "2024-02-20", "Second Cloud Pte Ltd"),
    ]
    both = found([*AROUND, *FEW, *STOPS, *second]).dead_ends
    assert both["score"].nunique() == 1
    table = found([*AROUND, *FEW, *STOPS, *second, *many]).dead_ends.set_index("company")
    assert table["rank"].get("Straits Bright Pte Ltd") == 1
    assert "Second Cloud Pte Ltd" not in table.index or (
        table.at["Second Cloud Pte Ltd", "rank"] == 2
        and "6 other shipments" in table.at["Second Cloud Pte Ltd", "innocent_explanations"]
    )


def test_rows_in_any_order_give_the_same(found):
    rows = [*AROUND, *FEW, *STOPS, *ROUTE[:1], *BYSTANDERS]
    first = found(rows).dead_ends
    random.Random(2).shuffle(rows)
    pd.testing.assert_frame_equal(first, found(rows).dead_ends)


def test_missing_figures_one_record_and_one_country(found):
    bare = [(*one[:8], None, None, None, None) for one in STOPS]
    found([*AROUND, *FEW, *bare])
    assert len(found(STOPS[:1]).dead_ends) <= 1
    home = [(*one[:3], "SG", *one[4:]) for one in [*AROUND, *STOPS]]
    assert len(found(home).dead_ends) == 0
    assert len(found(BYSTANDERS).dead_ends) == 0
    assert len(found([*AROUND, *STOPS], since="2024-02-10").dead_ends) <= 1


def test_it_is_written_apart_and_read_back(write_csv, tmp_path):
    from chipflow.saved import read_leads, save_findings

    done = cf.analyze(write_csv([*AROUND, *FEW, *STOPS]), tmp_path / "out")
    table = pd.read_csv(done.folder / "vanished.csv")
    assert table["record_ids"].tolist() == ["V1;V2"]
    assert len(pd.read_csv(done.folder / "leads.csv")) == 0
    assert "vanished.csv" in done.summary["tables"]
    assert done.summary["counts"]["leads"] == 0
    save_findings(done.leads, done.folder)
    again = read_leads(done.folder).dead_ends
    assert again["units"].tolist() == [128.0] and again["rank"].tolist() == [1]
