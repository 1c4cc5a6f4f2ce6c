"""Controlled chips sent straight to the destination by name: listed once, and nothing else is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import chipflow as cf
from chipflow.saved import read_leads
from chipflow.schemas import DIRECT_EXPORTS
from tests.conftest import BYSTANDERS, ROUTE, network_of

H100 = "NVIDIA H100 80GB PCIE GPU CARD"


def sale(number, day, what=H100, *, buyer="Hebei Compute", to="CN", count=8, unit="PCS"):
    return (number, day, "Lakeside Chips Inc", "US", buyer, to, "847330", what, count, unit, 13.6,
            29_000.0)  # fmt: skip


STRAIGHT = [
    sale("D1", "2024-03-01"),
    sale("D2", "2024-05-09", f"{H100} EXPORT LICENCE D1234567", count=4),
    sale("D3", "2024-05-10", "GEFORCE RTX 4090 24GB GRAPHICS CARD", buyer="Macau Play", to="MO"),
    sale("D4", "2021-05-10"),
    sale("D5", "2024-05-11", to="SG"),
    sale("D6", "2024-05-12", "GEFORCE RTX 4060 8GB GRAPHICS CARD"),
    sale("D7", "2024-05-13", "H100 HYDRAULIC PUMP"),
]


@pytest.fixture
def found():
    def of(rows):
        network = network_of(rows)
        return cf.find_leads(network, null_draws=20)

    return of


def test_what_needed_a_licence_is_listed_by_pairs_of_companies(found):
    leads = found([*BYSTANDERS, *STRAIGHT])
    table = leads.direct
    assert list(table.columns) == DIRECT_EXPORTS.names
    assert table["record_ids"].tolist() == ["D1;D2", "D3"], "no others"
    both = table.iloc[0]
    assert (both["shipper"], both["consignee"]) == ("Lakeside Chips Inc", "Hebei Compute")
    assert (both["from_country"], both["to_country"]) == ("US", "CN")
    assert both["chips"] == "H100 PCIe"
    assert both["units"] == 12
    assert both["value_usd"] == 58_000
    assert (both["first_date"], both["last_date"]) == ("2024-03-01", "2024-05-09")
    assert both["status"] == "presumed_denied"
    assert (both["records"], both["quote_licence"]) == (2, 1)
    assert table["status"].tolist()[1] == "licence"


def test_a_record_stands_in_one_place(found):
    leads = found([*BYSTANDERS, *ROUTE, *STRAIGHT])
    assert leads.table["record_ids"].tolist() == ["R1;R2;R3"]
    listed = {one for ids in leads.direct["record_ids"] for one in ids.split(";")}
    assert listed == {"D1", "D2", "D3"}
    aside = {one for ids in leads.set_aside["record_ids"] for one in ids.split(";")}
    assert not listed & aside


def test_order_of_rows_does_not_matter(found):
    rows = [*BYSTANDERS, *STRAIGHT]
    pd.testing.assert_frame_equal(found(rows).direct, found(rows[::-1]).direct)


def test_what_no_record_counts_stays_unknown(found):
    rows = [*BYSTANDERS, sale("K1", "2024-05-09", count=24, unit="KG")]
    table = found(rows).direct
    assert table["record_ids"].tolist() == ["K1"]
    assert np.isnan(table["units"].iloc[0])


def test_none_is_an_empty_table_of_the_same_columns(found):
    table = found(BYSTANDERS).direct
    assert table.empty
    assert list(table.columns) == DIRECT_EXPORTS.names


def test_it_is_written_and_counted(write_csv, tmp_path):
    done = cf.analyze(write_csv([*BYSTANDERS, *ROUTE, *STRAIGHT]), out=tmp_path / "out")
    table = pd.read_csv(done.folder / "direct.csv")
    assert table["record_ids"].tolist() == ["D1;D2", "D3"]
    assert done.summary["counts"]["controlled_off_route"] == 3
    again = read_leads(done.folder).direct
    assert again["record_ids"].tolist() == ["D1;D2", "D3"]
