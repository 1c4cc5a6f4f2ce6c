"""Sheets of a few rows, as an analyst types them: no lot is lost, and more truth lowers no lead."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

import chipflow as cf
from chipflow.settings import Settings
from chipflow.simulate import simulate
from chipflow.tracing import trace
from tests.conftest import BYSTANDERS, network_of

MAKER = ("Redwood Compute Inc", "US")
SHELL = ("Bintang Jaya Data Sdn Bhd", "MY")
BUYER = ("Harbour Star Trading Ltd", "HK")
MODULE = "NVIDIA H100 80GB SXM5 module"
MODULES_IN = (
    "P1", "2024-09-03", *MAKER, *SHELL, None, MODULE, 64, "PCS", 192.0, 1.92e6,
)  # fmt: skip
MODULES_OUT = (
    "S1", "2024-09-17", *SHELL, *BUYER, None, "H100 SXM5 80GB", 40, "PCS", 121.0, 1.39e6,
)  # fmt: skip
SERVERS_IN = (
    "P2", "2024-10-14", *MAKER, *SHELL, None, "8x H100 HGX server", 16, "PCS", 2080.0, 4.4e6,
)  # fmt: skip
SERVERS_OUT = (
    "S2", "2024-10-29", *SHELL, *BUYER, None, "Server parts (GPU)", 16, "PCS", 2080.0, 5.1e6,
)  # fmt: skip
SHEET = [MODULES_IN, MODULES_OUT, SERVERS_IN, SERVERS_OUT]


@pytest.fixture
def only_lead():
    """The one lead of some rows."""

    def find(rows, **how):
        leads = cf.find_leads(network_of(rows, **how))
        assert len(leads) == 1
        return leads[0]

    return find


@pytest.fixture
def of_the_sheet(only_lead):
    lead = only_lead(SHEET)
    assert (lead.record_ids, lead.units) == ("P1;P2;S1;S2", 168)
    return lead


def test_one_lot_by_itself(only_lead):
    lead = only_lead([SERVERS_IN, SERVERS_OUT])
    assert (lead.record_ids, lead.units) == ("P2;S2", 128)


def test_another_form_of_the_chip_hides_no_lot(of_the_sheet):
    """Modules of 3 kg were bought too: servers of 130 kg are still what came in as servers."""
    fed_by = of_the_sheet.links.set_index("to_record")["from_record"].to_dict()
    assert fed_by == {"S1": "P1", "S2": "P2"}


def test_naming_the_chip_makes_the_lead_no_smaller(of_the_sheet, only_lead):
    named = (*SERVERS_OUT[:7], "8x H100 HGX server", *SERVERS_OUT[8:])
    lead = only_lead([*SHEET[:3], named])
    assert lead.record_ids == of_the_sheet.record_ids
    assert lead.units >= of_the_sheet.units


@pytest.mark.parametrize("sold", [False, True], ids=["kept", "sold on"])
def test_an_earlier_lot_makes_the_lead_no_smaller(of_the_sheet, only_lead, sold):
    earlier = [
        ("P0", "2024-08-01", *MAKER, *SHELL, None, MODULE, 24, "PCS", 72.0, 7.2e5),
        ("S0", "2024-08-20", *SHELL, *BUYER, None, "Electronic modules", 24, "PCS", 72.4, 8.1e5),
    ]  # fmt: skip
    lead = only_lead([*earlier[: 1 + sold], *SHEET])
    assert set(of_the_sheet.record_ids.split(";")) <= set(lead.record_ids.split(";"))
    assert lead.units >= of_the_sheet.units + 24 * sold


def test_a_year_of_other_trade_makes_the_lead_no_smaller(of_the_sheet, only_lead):
    year = [
        (f"T{month}{n}", f"2024-{month:02d}-{3 + 7 * n:02d}", f"Weaver {n} Ltd", "VN",
         "Harbour Clothing Ltd", "GB", "610910", "T-SHIRTS", 900 + 31 * month + n, "PCS",
         210.0 + month, 4100.0 + n)
        for month in range(1, 13) for n in range(4)
    ]  # fmt: skip
    own = [
        (f"O{month}", f"2024-{month:02d}-11", *MAKER, *SHELL, "850440", "POWER CABLES", 300, "PCS",
         90.0, 1500.0)
        for month in range(1, 13)
    ]  # fmt: skip
    lead = only_lead([*SHEET, *year, *own, *BYSTANDERS])
    assert lead.record_ids == of_the_sheet.record_ids
    assert lead.units >= of_the_sheet.units


def test_joining_two_spellings_makes_the_lead_no_smaller(only_lead, tmp_path):
    """One name bought and sold modules, the other one servers: together they did both."""
    other = ("BJD Systems Sdn Bhd", "MY")
    rows = [
        MODULES_IN,
        (*MODULES_OUT[:8], 64, "PCS", 193.0, 2.2e6),
        ("P3", "2024-09-24", *MAKER, *SHELL, None, MODULE, 48, "PCS", 144.0, 1.44e6),
        ("S3", "2024-10-08", *SHELL, *BUYER, None, "H100 SXM5 80GB", 48, "PCS", 145.0, 1.6e6),
        (*SERVERS_IN[:4], *other, *SERVERS_IN[6:]),
        (*SERVERS_OUT[:2], *other, *SERVERS_OUT[4:]),
    ]  # fmt: skip
    apart = only_lead(rows)
    same = tmp_path / "same.csv"
    same.write_text(f"name,other\n{SHELL[0]},{other[0]}\n", encoding="utf-8")
    together = only_lead(rows, same=same)
    assert apart.units == together.units == 240
    assert together.record_ids == apart.record_ids


def test_what_is_screened_out_would_score_nothing(tmp_path):
    """Nothing is traced, and no strength changes by much, if all is compared with all."""
    simulate(records=2500, seed=8123, schemes="all", lookalikes="all", hard=True, out=tmp_path)
    shipments = cf.build_network(cf.read_records(tmp_path / "records")).shipments
    settings = Settings()
    nothing = replace(settings, inventory=replace(settings.inventory, screen=0.0))
    found = [trace(shipments, ("CN", "HK", "MO"), settings=one) for one in (settings, nothing)]
    screened, compared = (
        one.continuations.groupby(["to_record"])["transfer_log_odds"].max() for one in found
    )
    both = pd.concat([screened, compared], axis=1, join="inner")
    assert len(both) >= 0.97 * len(compared) > 0
    assert len(both) >= 0.97 * len(screened)
    assert both.diff(axis=1).iloc[:, 1].abs().median() < 0.1
