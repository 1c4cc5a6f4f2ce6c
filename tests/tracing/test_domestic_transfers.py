"""Hand-overs inside a country that no record shows: who is named as the source, and who is not."""

from __future__ import annotations

import numpy as np
import pytest

import chipflow as cf
from chipflow.tracing.domestic_transfers import learned_share, source_recorded
from chipflow.tracing.shipments import TracedShipments
from tests.conftest import BYSTANDERS, ROUTE, network_of

BOUGHT, PASSED, ARRIVED = ROUTE
OTHER = "Jurong Sunrise Pte Ltd"
# What one company of Singapore bought, another one sends on: no record stands between the two.
HANDED_OVER = (*PASSED[:2], OTHER, *PASSED[3:])


@pytest.fixture
def found():
    def of(*rows):
        network = network_of([*rows, *BYSTANDERS])
        return cf.find_leads(network, null_draws=20)

    return of


def pieces(row, number, kg=1.7, words=None, usd=29_000.0):
    """The same shipment of another number of pieces of another weight."""
    return (*row[:7], words or row[7], number, "PCS", round(number * kg, 1), number * usd)


def buyer(name, number, **other):
    return pieces(("P2", "2024-03-02", *BOUGHT[2:4], name, "SG", *BOUGHT[6:]), number, **other)


def test_a_source_is_named_among_the_buyers_of_these_records(found):
    lead = found(BOUGHT, HANDED_OVER, ARRIVED)[0]
    assert lead.record_ids == "R1;R2;R3"
    assert set(lead.links["kind"]) == {"recorded", "domestic hand-over"}
    assert "among the buyers in these records" in lead.innocent_explanations
    assert "a source that they do not hold may fit as well" in lead.innocent_explanations
    assert "100%" not in lead.innocent_explanations and "99%" not in lead.innocent_explanations


def test_nobody_is_named_who_bought_less_than_was_sold(found):
    leads = found(pieces(BOUGHT, 40), HANDED_OVER, ARRIVED)
    assert "domestic hand-over" not in set(leads.links["kind"])
    assert not leads.table["companies"].str.contains("Straits Bright").any()


def test_nobody_is_named_who_bought_another_form(found):
    server = pieces(BOUGHT, 64, 130.0, "8X NVIDIA H100 80GB SXM5 HGX SERVER", 270_000.0)
    leads = found(server, HANDED_OVER, ARRIVED)
    assert "domestic hand-over" not in set(leads.links["kind"])


def test_of_two_buyers_alike_neither_is_named(found):
    leads = found(BOUGHT, buyer("Tampines Data Pte Ltd", 64), HANDED_OVER, ARRIVED)
    assert "domestic hand-over" not in set(leads.links["kind"])


def test_where_nobody_hands_over_the_share_is_learned_to_be_small():
    supply = np.full(200, 0.7)
    nobody = learned_share(np.full(200, -3.0), supply, 0, (0.05, 20))
    many = learned_share(np.r_[np.full(150, -3.0), np.full(50, 9.0)], supply, 0, (0.05, 20))
    assert nobody < 0.01 < 0.05 < many
    assert many == pytest.approx(51 / 220, abs=0.03)


def test_where_no_buyer_fits_the_source_is_learned_to_be_unrecorded():
    real = np.full(30, 0.9)
    strangers = source_recorded(np.full(30, 0.4), real, (0.3, 10.0))
    theirs = source_recorded(np.r_[np.full(20, 0.4), np.full(10, 1e4)], real, (0.3, 10.0))
    assert strangers < 0.15 < 0.3 < theirs


def test_a_number_that_every_lot_of_the_chip_has_points_to_nobody():
    """Sixteen boards each, bought by five companies: that sixteen are sold says little."""
    lots = [
        pieces((f"L{n}", "2024-03-02", *BOUGHT[2:4], f"Tuas {n} Pte Ltd", "SG", *BOUGHT[6:]), 16)
        for n in range(5)
    ]
    rare = pieces(("P9", "2024-03-02", *BOUGHT[2:4], OTHER, "SG", *BOUGHT[6:]), 37)
    sold = [pieces((f"S{n}", *HANDED_OVER[1:]), n) for n in (16, 37)]
    network = network_of([*lots, rare, *sold, *BYSTANDERS])
    traced = TracedShipments.of(network.shipments, ("CN",))
    at = {record: row for row, record in enumerate(traced.arrays.record.tolist())}
    e, f = (np.array([at[one] for one in side]) for side in (("L0", "P9"), ("S16", "S37")))
    usual, unusual = traced.lots_of_chips.chances(e, f)[0]
    assert usual > 2 * unusual
