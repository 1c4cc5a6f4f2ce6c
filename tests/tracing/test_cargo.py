"""What stands in for figures that shipments do not state."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chipflow.goods.catalogue.load import load_catalogue
from chipflow.settings import Settings
from chipflow.tracing.cargo import catalogue_usd, under_false_name

PRICES = """of,form,chips,first_year,last_year,kind,usd_low,usd_high,place,basis,source
H100,card,1,2030,2031,list,100000,100000,US,measured,made up for this test
H100,card,1,2032,2033,list,1000,1000,US,measured,made up for this test
RTX 3060,card,1,2030,2031,grey,5000,9000,CN,measured,made up for this test
"""


@pytest.fixture
def catalogue(tmp_path):
    path = tmp_path / "prices.csv"
    path.write_text(PRICES, encoding="utf-8")
    return load_catalogue(prices=path)


def test_a_shipment_is_priced_by_its_own_year(catalogue):
    families = np.array(["H100"], dtype=object)
    family, years = np.array([0, 0, -1]), np.array([2030, 2033, 2030])
    middle = np.exp(catalogue_usd(families, family, years, catalogue))
    assert middle[:2] == pytest.approx([100_000, 1_000])
    assert np.isnan(middle[2])


def test_a_card_is_too_dear_by_the_prices_of_its_own_year(catalogue):
    chips = pd.Series(["RTX 3060", "RTX 3060"])
    nothing = np.full(2, np.nan)
    found = under_false_name(
        chips,
        {"RTX 3060"},
        nothing,
        np.full(2, 9_000.0),
        np.array([2022, 2030]),
        catalogue,
        Settings().cargo,
    )
    assert found.tolist() == [True, False]
