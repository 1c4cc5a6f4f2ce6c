"""Records that contradict themselves: a wrong code is no veto, and two readings are both said."""

from __future__ import annotations

import pytest

import chipflow as cf
from tests.conftest import BYSTANDERS, ROUTE

BOUGHT, *ONWARD = ROUTE


@pytest.fixture
def found(write_csv):
    def of(bought):
        network = cf.build_network(cf.read_records(write_csv([bought, *ONWARD, *BYSTANDERS])))
        return cf.find_leads(network, null_draws=20)

    return of


@pytest.mark.parametrize("code", ["853690", "8536", "903090"])
def test_a_chip_by_name_under_a_wrong_code_is_a_lead_that_says_so(found, code):
    lead = found((*BOUGHT[:6], code, "NVIDIA H100 80GB PCIE", *BOUGHT[8:]))[0]
    assert lead.record_ids == "R1;R2;R3"
    assert f"under an HS code that is not for computing goods ({code})" in lead.reasons


def test_the_usual_code_is_no_reason(found):
    lead = found((*BOUGHT[:6], "847330", "NVIDIA H100 80GB PCIE", *BOUGHT[8:]))[0]
    assert "HS code" not in lead.reasons


def test_a_name_against_its_part_number_is_said_with_both_readings(found):
    lead = found((*BOUGHT[:7], "NVIDIA L20 900-21010-0000-000", *BOUGHT[8:]))[0]
    said = lead.innocent_explanations
    assert "stands for H100 PCIe" in said and "the words name L20" in said
