"""Decoys are scored as leads are, and what is said of chance follows from the counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chipflow.leads.coincidence import in_steps, of_one_lead, of_the_list, weakest_step
from chipflow.leads.error_rates import most_by_chance
from chipflow.leads.evidence import PARTS
from chipflow.leads.find import _Weighing, find_leads
from chipflow.leads.null_leads import laid_out, null_routes
from chipflow.network.arrays import in_order
from chipflow.tracing import trace
from chipflow.tracing.decoys import NullDistribution
from chipflow.tracing.transfers import DOMESTIC, RECORDED
from tests.conftest import BYSTANDERS, ROUTE, network_of


def test_a_decoy_of_a_leads_own_shipments_has_the_score_of_the_lead():
    network = network_of([*ROUTE, *BYSTANDERS])
    leads = find_leads(network)
    (lead,) = leads
    shipments = in_order(network.shipments)
    tracing = trace(shipments, leads.destination, shared_attributes=network.shared_attributes)
    last = tracing.continuations[tracing.traced.arrives[tracing.continuations["f"]]].iloc[0]
    sender = int(tracing.transfers.loc[last["transfer"], "sender"])
    odds = last["shipment_log_odds"]
    lots = pd.DataFrame(
        {"pair": [0], "sender": sender, "strength": odds, "e": last["e"], "f": last["f"],
         "log_odds": odds}
    )  # fmt: skip
    null = {(RECORDED, True): NullDistribution(lots, asked=1, drawn=10, pairs=10)}
    decoys, steps, links = null_routes(null, tracing)
    assert steps["record_id"].tolist() == lead.record_ids.split(";"), "with the way up to it"
    steps, links = laid_out(steps, links, shipments, tracing)
    companies = sorted({*steps["shipper_id"], *steps["consignee_id"]})
    weighing = _Weighing.of(network, shipments, companies, tracing, {}, PARTS)
    scores = weighing.scores(len(decoys), steps, links)
    assert scores.tolist() == pytest.approx([lead.score], abs=0.01)
    # A stranger that sells stands in the place of the company that bought.
    stranger = next(one for one in np.unique(tracing.traced.arrays.shipper) if one != sender)
    lots["sender"] = stranger
    null = {(RECORDED, True): NullDistribution(lots, asked=1, drawn=10, pairs=10)}
    steps, _ = laid_out(*null_routes(null, tracing)[1:], shipments, tracing)
    assert tracing.traced.arrays.ids[stranger] in set(steps["consignee_id"])


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (1.0, "19 in 20 or more leads like this were no coincidence."),
        (0.95, "19 in 20 or more leads like this were no coincidence."),
        (0.949, "About 9 in 10 leads like this were no coincidence."),
        (0.76, "About 3 in 4 leads like this were no coincidence."),
        (0.5, "About 1 in 2 leads like this were no coincidence."),
        (0.2, "Fewer than 1 in 2 leads like this were no coincidence."),
        (float("nan"), None),
    ],
)
def test_one_number_in_steps(share, said):
    assert of_one_lead(share) == said
    assert (in_steps(share) is None) == (said is None)


def test_one_count_for_the_list():
    # 3.1 expected: Poisson says at most 6 in 95 of 100 lists (0.96).
    shares = pd.Series([1 - 3.1 / 59] * 59)
    assert of_the_list(shares, {}) == "59 leads, about 3 expected to be coincidence, at most 6"
    assert most_by_chance(3.1) == 6 and most_by_chance(0.01) == 0
    assert of_the_list(pd.Series([0.6]), {}) == (
        "1 lead, about 0.4 expected to be coincidence, at most 1"
    )
    few = {"companies_asked": 1, "expected_by_chance": 0.08}
    assert of_the_list(pd.Series([np.nan]), few) == (
        "1 lead; too few records to say how many of them are coincidence: of 1 company asked, 0.1 "
        "are expected to look like this by chance, at most 1"
    )


def test_the_weakest_step_is_named():
    records = pd.DataFrame(
        [("a", "Maker", "Shell"), ("b", "Shell", "Peak"), ("c", "Peak", None)],
        columns=["record_id", "shipper", "consignee"],
    )
    links = pd.DataFrame(
        [("a", "b", 5.0, RECORDED), ("b", "c", 2.0, RECORDED), ("a", "c", 9.0, DOMESTIC)],
        columns=["from_record", "to_record", "log_lr", "kind"],
    )
    said = "Weakest step: that what Peak sent to an unnamed company is what it had received."
    assert weakest_step(links, records) == said
    links["log_lr"] = [5.0, 6.0, 1.0]
    assert (
        weakest_step(links, records) == "Weakest step: from Shell to Peak, which no record shows."
    )
    assert weakest_step(links.head(0), records) is None
