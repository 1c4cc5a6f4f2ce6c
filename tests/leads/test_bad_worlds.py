"""Records that ask for trouble: an answer or nothing, never a crash."""

from __future__ import annotations

import pytest

from tests.conftest import leads_of
from tests.tracing.test_inventory import BUYER, SELLER, SHELL, card, lot, sale

A, B = ("Aldgate Parts Ltd", "GB"), ("Bergen Parts AS", "NO")


def test_goods_that_go_round_in_a_circle():
    rows = [
        card("P1", "2024-03-01", 64, buyer=A),
        card("C1", "2024-03-10", 64, seller=A, buyer=B),
        card("C2", "2024-03-20", 64, seller=B, buyer=A),
        card("C3", "2024-03-30", 64, seller=A, buyer=B),
        card("S1", "2024-04-10", 64, seller=B, buyer=BUYER),
    ]
    leads = leads_of(rows)
    assert len(leads) == 1 and {"P1", "S1"} <= set(leads[0].record_ids.split(";"))
    assert leads[0].units <= 64


def test_a_company_that_ships_to_itself():
    rows = [card("P1", "2024-03-01", 64), card("X1", "2024-03-05", 64, seller=SHELL, buyer=SHELL),
            sale("S1", "2024-03-20", 64)]  # fmt: skip
    leads = leads_of(rows)
    assert [lead.record_ids for lead in leads] == ["P1;S1"]


def test_in_and_out_on_one_day():
    rows = [card("P1", "2024-03-01", 64), sale("S1", "2024-03-01", 64)]
    assert [lead.record_ids for lead in leads_of(rows)] == ["P1;S1"]


def test_out_before_in_is_no_route():
    rows = [card("P1", "2024-03-02", 64), sale("S1", "2024-03-01", 64)]
    assert len(leads_of(rows)) == 0


@pytest.mark.parametrize("what", ["nothing", "zero"])
def test_lots_without_any_number(what):
    number = None if what == "nothing" else 0

    def bare(row):
        return (*row[:8], number, "PCS", number, number)

    rows = [bare(card("P1", "2024-03-01", 1)), bare(sale("S1", "2024-03-20", 1))]
    leads = leads_of(rows)
    for lead in leads:
        assert lead.record_ids == "P1;S1"


def test_one_country_only():
    here = [(name, "CN") for name in ("Alpha Co Ltd", "Beta Co Ltd", "Gamma Co Ltd")]
    rows = [card("P1", "2024-03-01", 64, seller=here[0], buyer=here[1]),
            sale("S1", "2024-03-20", 64, seller=here[1], buyer=here[2])]  # fmt: skip
    assert len(leads_of(rows)) == 0


def test_one_record():
    assert len(leads_of([card("P1", "2024-03-01", 64)])) == 0
    assert len(leads_of([sale("S1", "2024-03-01", 64)])) == 0


def test_everything_at_one_company():
    rows = [card(f"P{n}", f"2024-03-{1 + n:02d}", 10 + n) for n in range(20)]
    rows += [sale(f"S{n}", f"2024-04-{1 + n:02d}", 10 + n) for n in range(20)]
    leads = leads_of(rows)
    assert len(leads) == 1 and leads[0].units == sum(range(10, 30))


def test_a_company_with_ten_thousand_equal_lots():
    """Every purchase could be every sale: a hundred million pairs, of which few are compared."""
    day = [f"2024-{1 + n // 28 % 10:02d}-{1 + n % 28:02d}" for n in range(10_000)]
    rows = [lot(f"P{n:05d}", day[n], SELLER, SHELL, "GEFORCE RTX 4090 24GB", 10, kg=2.5, usd=1900)
            for n in range(5_000)]  # fmt: skip
    rows += [lot(f"S{n:05d}", day[n], SHELL, BUYER, "GEFORCE RTX 4090 24GB", 10, kg=2.5, usd=2000)
             for n in range(5_000)]  # fmt: skip
    leads = leads_of(rows)
    assert len(leads) == 1
    assert leads[0].units <= 50_000


def test_no_goods_that_a_rule_guards():
    rows = [card("P1", "2024-03-01", 64, words="GEFORCE GT 710 2GB"),
            sale("S1", "2024-03-20", 64, "GEFORCE GT 710 2GB")]  # fmt: skip
    leads = leads_of(rows)
    assert len(leads) == 0
    assert set(leads.set_aside["reason"]) <= {"no licence asked"}
