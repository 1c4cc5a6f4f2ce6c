"""Bounds that hold when records are missing, and what stock histories say of how many are."""

from __future__ import annotations

import numpy as np
import pytest

from chipflow.leads.completeness import StockHistories, missing_share, shares_taken
from chipflow.settings import CompletenessSettings
from tests.conftest import leads_of
from tests.tracing.test_inventory import card, sale

SHELLS = [
    "Amber", "Birch", "Cobalt", "Delphin", "Ember", "Falcon",
    "Granite", "Heron", "Indigo", "Juniper", "Kestrel", "Lotus",
    "Meridian", "Nimbus", "Orchid", "Pelican", "Quartz", "Raven",
    "Saffron", "Tamarind", "Umbra", "Violet", "Walnut", "Yarrow",
]  # fmt: skip
LOTS = 8  # bought and sold by each
PIECES = 16


def trade():
    """Each shell buys lots, and sends each on as it came."""
    rows = []
    for number, name in enumerate(SHELLS):
        shell = (f"{name} Trading Pte Ltd", "SG")
        buyer = (f"{SHELLS[number - 7]} Computing Co Ltd", "CN")
        for at in range(LOTS):
            month, day = 1 + at, 3 + number % 9
            bought = f"2024-{month:02d}-{day:02d}"
            sold = f"2024-{month:02d}-{day + 8 + at % 5:02d}"
            rows.append(card(f"P{number}-{at}", bought, PIECES, buyer=shell))
            rows.append(sale(f"S{number}-{at}", sold, PIECES, seller=shell, buyer=buyer))
    return rows


def bounds(leads):
    """Bounds of the leads on one shell each, upper and lower, over what it truly sent."""
    table = leads.table
    shells = [{one[1:].partition("-")[0] for one in ids.split(";")} for ids in table["record_ids"]]
    own = table[[len(one) == 1 for one in shells]]
    assert len(own) >= 0.9 * len(SHELLS)
    return own["units_high"] / (LOTS * PIECES), own["units_low"] / (LOTS * PIECES)


def test_bounds_are_narrow_where_nothing_is_missing():
    high, low = bounds(leads_of(trade()))
    assert (low <= 1).all() and (high >= 1).all()
    assert high.median() <= 1.3


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3])
def test_bounds_hold_what_missing_records_would_show(share):
    rows = trade()
    kept = np.random.default_rng(8).random(len(rows)) >= share
    seen = [row for row, there in zip(rows, kept, strict=True) if there]
    high, low = bounds(leads_of(seen))
    assert ((low <= 1) & (high >= 1)).mean() >= 0.9
    assert high.median() <= 2.5


def history(*entries, window=120):
    """One stock history of day and shipments, sales below zero."""
    days, chips = np.array(entries, dtype=float).T
    return StockHistories(
        history=np.zeros(len(days), dtype=np.int64),
        day=days.astype(np.int64),
        bought=chips > 0,
        chips=np.abs(chips),
        window=window,
    )


@pytest.mark.parametrize(
    ("entries", "short", "sold"),
    [
        ([(1, 2.0), (5, -1.0), (9, -1.0)], 0, 2),
        ([(1, 1.0), (5, -1.0), (9, -1.0)], 1, 2),
        # What is bought later was not there to be sold.
        ([(1, 1.0), (5, -1.0), (9, -1.0), (12, 2.0), (15, -1.0)], 1, 3),
        # A sale before any purchase, or long after the last, would not have been found.
        ([(1, -1.0), (5, 1.0), (9, -1.0), (300, -1.0)], 0, 1),
    ],
)
def test_what_falls_short_by_hand(entries, short, sold):
    found = history(*entries).shortfall(np.ones((len(entries), 1), dtype=bool))
    assert [float(one[0, 0]) for one in found] == [short, sold]


def test_the_way_back_by_hand():
    settings = CompletenessSettings()
    taken = np.array(shares_taken(settings))
    # 0.10 that grows by 0.02 with each tenth: none when half as much again was there.
    assert missing_share(np.stack([0.10 + 0.2 * taken]), settings)[0] == pytest.approx(1 / 3)
    assert missing_share(np.stack([0.2 * taken]), settings)[0] == 0
    assert missing_share(np.stack([0.3 + 0.0 * taken]), settings)[0] == settings.most_missing
