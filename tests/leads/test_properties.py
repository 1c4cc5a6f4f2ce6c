"""What must not change the leads, and what must hold of any of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import chipflow as cf
from chipflow.goods.catalogue.load import FIRST_DAY, LAST_DAY, load_catalogue
from chipflow.leads.coincidence import in_steps
from chipflow.leads.error_rates import (
    best_ways,
    q_values,
    shares_by_chance,
    transfers_of_leads,
)
from chipflow.network.arrays import in_order
from chipflow.routes.licence_screening import LicenceScreening
from chipflow.settings import Settings
from chipflow.simulate import score, simulate
from chipflow.tracing import trace
from chipflow.tracing.decoys import NullDistribution, null_distributions
from chipflow.tracing.inventory import TO_DESTINATION, PairScores
from chipflow.tracing.prior import Prior
from chipflow.tracing.transfers import DOMESTIC, RECORDED, RELATED


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    out = tmp_path_factory.mktemp("world")
    simulate(records=6000, seed=17, schemes="every", lookalikes="every", out=out)
    return out


@pytest.fixture(scope="module")
def network(world):
    return cf.build_network(cf.read_records(world / "records"))


@pytest.fixture(scope="module")
def leads(network):
    return cf.find_leads(network)


def with_shipments(network, shipments):
    return replace(network, shipments=shipments)


def test_schemes_are_found_and_look_alikes_are_not(world, leads, tmp_path):
    leads.table.to_csv(tmp_path / "leads.csv", index=False)
    result = score(world / "truth", tmp_path / "leads.csv")
    assert result.recall >= 0.9 and result.precision >= 0.9 and result.lookalikes <= 1


def test_the_order_of_rows_changes_nothing(network, leads):
    shuffled = network.shipments.sample(frac=1, random_state=3)
    again = cf.find_leads(with_shipments(network, shuffled))
    pd.testing.assert_frame_equal(again.table, leads.table)
    pd.testing.assert_frame_equal(again.links, leads.links)


def test_other_names_of_companies_change_no_ranking(network, leads):
    ids = network.directory["company_id"]
    known = ids[~ids.str.startswith("unknown:")]
    other = dict(zip(known, [f"x{n:06d}" for n in range(len(known))][::-1], strict=True))

    def renamed(values):
        return values.map(lambda one: other.get(one, one)).astype("str")

    shipments = network.shipments.assign(
        shipper_id=renamed(network.shipments["shipper_id"]),
        consignee_id=renamed(network.shipments["consignee_id"]),
    )
    links = network.shared_attributes
    again = cf.find_leads(
        replace(
            network,
            shipments=shipments,
            directory=network.directory.assign(company_id=renamed(ids)),
            spellings=network.spellings.assign(company_id=renamed(network.spellings["company_id"])),
            shared_attributes=links.assign(
                company_id=renamed(links["company_id"]), other_id=renamed(links["other_id"])
            ),
        )
    )
    assert again.table["record_ids"].tolist() == leads.table["record_ids"].tolist()
    assert again.table["score"].tolist() == pytest.approx(leads.table["score"].tolist())


def test_twice_as_many_of_everything_changes_no_lead(network, leads):
    numbers = ["quantity", "items", "units", "weight_kg", "value_usd"]
    shipments = network.shipments.assign(
        **{name: network.shipments[name] * 2 for name in numbers if name in network.shipments}
    )
    again = cf.find_leads(with_shipments(network, shipments))
    both = set(again.table["record_ids"]) & set(leads.table["record_ids"])
    # Round numbers of pieces are more common than others, so that a lead at the edge may move.
    assert len(both) >= 0.9 * len(leads)
    doubled = again.table.set_index("record_ids")["units"].reindex(sorted(both))
    assert np.allclose(
        doubled, 2 * leads.table.set_index("record_ids")["units"].reindex(sorted(both)), rtol=0.05
    )


def test_all_days_and_the_rules_moved_together_change_nothing(network, leads):
    weeks = dt.timedelta(days=7 * 13)

    def later(spans):
        return tuple(
            replace(
                one,
                first_day=one.first_day and max(min(one.first_day + weeks, LAST_DAY), FIRST_DAY),
                last_day=min(one.last_day, LAST_DAY - weeks) + weeks,
            )
            for one in spans
        )

    tables = load_catalogue()
    moved = replace(tables, clauses=later(tables.clauses), memberships=later(tables.memberships))
    shipments = network.shipments.assign(date=network.shipments["date"] + weeks)
    again = cf.find_leads(with_shipments(network, shipments), catalogue=moved)
    same = ["rank", "record_ids", "score", "p_value", "units"]
    pd.testing.assert_frame_equal(again.table[same], leads.table[same])
    first = pd.to_datetime(again.table["first_date"]) - weeks
    assert first.dt.strftime("%Y-%m-%d").tolist() == leads.table["first_date"].tolist()


def test_an_unrelated_trader_changes_no_leads_records(network, leads):
    stranger = network.shipments.head(40).assign(
        record_id=[f"ZZ{n:03d}" for n in range(40)],
        shipper_id="stranger-a",
        consignee_id="stranger-b",
        shipper="Stranger A",
        consignee="Stranger B",
        from_country="BR",
        to_country="AR",
        export_country="BR",
        import_country="AR",
        destination_country="AR",
        chip=np.nan,
        units=np.nan,
    )
    directory = pd.concat(
        [
            network.directory,
            network.directory.head(2).assign(company_id=["stranger-a", "stranger-b"]),
        ]
    )
    shipments = pd.concat([network.shipments, stranger], ignore_index=True)
    again = cf.find_leads(replace(network, shipments=shipments, directory=directory))
    assert set(again.table["record_ids"]) == set(leads.table["record_ids"])


def test_no_lot_passes_on_more_than_it_holds(leads):
    held = leads.shipments.set_index("record_id")["units"]
    out = leads.links.groupby("from_record")["units"].sum()
    known = held.reindex(out.index).notna()
    assert (out[known] <= held.reindex(out.index)[known] * 1.0001 + 1e-6).all()


def test_numbers_of_a_lead_hold_together(leads):
    table = leads.table
    assert (table["units_low"] <= table["units"]).all()
    assert (table["units"] <= table["units_high"]).all()
    told = table.dropna(subset="p_value")
    assert len(told) > len(table) / 2
    assert told[["p_value", "q_value", "no_coincidence"]].stack().between(0, 1).all()
    assert told["q_value"].is_monotonic_increasing, "q up to a level is a beginning of the list"
    assert told["no_coincidence"].min() >= 0.5, "what is likelier chance is set aside"
    assert table["rank"].tolist() == list(range(1, len(table) + 1))
    assert table["score"].is_monotonic_decreasing
    records = [set(ids.split(";")) for ids in table["record_ids"]]
    assert all(not a & b for n, a in enumerate(records) for b in records[:n]), (
        "one scheme, one lead"
    )


def test_the_seed_settles_what_is_drawn(network, leads):
    again = cf.find_leads(network)
    pd.testing.assert_frame_equal(again.table, leads.table)
    other = cf.find_leads(network, seed=5)
    assert other.table["record_ids"].tolist() == leads.table["record_ids"].tolist()
    assert not other.table["p_value"].equals(leads.table["p_value"])


def test_leads_without_schemes_are_few_and_weak(tmp_path):
    simulate(records=6000, seed=23, schemes="none", lookalikes="every", out=tmp_path)
    found = cf.find_leads(cf.build_network(cf.read_records(tmp_path / "records")))
    assert (found.table["q_value"] <= 0.1).sum() <= 1


def test_a_lead_that_chance_may_explain_says_so(tmp_path):
    simulate(records=6000, seed=17, schemes="every", hard=True, out=tmp_path)
    leads = cf.find_leads(cf.build_network(cf.read_records(tmp_path / "records")))
    said = leads.evidence[leads.evidence["part"] == "chance"].set_index("lead_id")["sentence"]
    doubtful = leads.table[leads.table["no_coincidence"] < 0.95].set_index("lead_id")
    assert len(said) and set(said.index) == set(doubtful.index)
    for lead, sentence in said.items():
        assert in_steps(doubtful.loc[lead, "no_coincidence"]) in sentence
        assert sentence in doubtful.loc[lead, "innocent_explanations"]


def null_of(strength, *, asked=20, drawn=200, pairs=10_000, sender=None):
    """Decoy pairs of one sale each, of these strengths; each of a sender of its own."""
    number = np.arange(len(strength))
    lots = pd.DataFrame(
        {
            "pair": number,
            "sender": number if sender is None else sender,
            "strength": np.asarray(strength, dtype=float),
            "e": 0,
            "f": 0,
            "log_odds": np.asarray(strength, dtype=float),
        }
    )
    return NullDistribution(lots, asked, drawn, pairs)


def test_what_chance_makes_is_counted():
    """Of 200 pairs drawn four would be listed; twenty companies were asked."""
    null = null_of([1.0, 2.0, 2.0, 5.0])
    # Half a pair more for each: 20 * (4 + 1/2) / 200, and so on down to none so strong.
    asked = np.array([0.0, 2.0, 5.0, 6.0])
    assert null.expected(asked).tolist() == pytest.approx([0.45, 0.35, 0.15, 0.05])
    of_one = null_of([1.0, 2.0, 2.0, 5.0], sender=[7, 7, 7, 8])
    # The three pairs of one sender count as much as the one of the other; half a sender more has
    # two pairs, as these have on average.
    assert of_one.expected(asked) == pytest.approx([0.5, 0.1 + 0.4 * 5 / 6, 0.3, 0.1])
    scored = null.expected(asked, np.array([3.0, np.nan, 0.5, 9.0]))
    assert scored.tolist() == pytest.approx([0.35, 0.25, 0.15, 0.15]), "one makes no lead"
    few = null_of([], pairs=10)
    assert few.expected(asked).tolist() == pytest.approx([1.0] * 4), "ten pairs tell no more"


def test_the_share_by_chance_of_few_and_of_many():
    # One found where chance makes half a one: as likely as not. Of many, E / n.
    assert shares_by_chance(np.array([3.0]), np.array([0.5])).tolist() == pytest.approx([0.5])
    two = shares_by_chance(np.array([3.0, 3.0]), np.array([0.5, 0.5]))
    assert two.tolist() == pytest.approx([0.5 / (1.5 + 0.5 - 0.5)] * 2)
    many = shares_by_chance(np.full(200, 4.0), np.full(200, 20.0))
    assert many == pytest.approx(0.1, rel=0.02)
    # Chance makes more of the weaker ones, and never fewer: the fourth and fifth are pooled.
    strength = np.array([9.0, 8.0, 7.0, 2.0, 1.0, np.nan])
    expected = np.array([0.01, 0.02, 0.03, 0.93, 1.03, np.nan])
    shares = shares_by_chance(strength, expected)
    assert (np.diff(shares[:5]) >= 0).all() and np.isnan(shares[5])
    assert shares[3] == shares[4] == pytest.approx(1 / (1.5 + 1 - 1 / 1.5))
    assert shares[2] < 0.02


def test_a_q_value_is_the_share_by_chance_of_the_list_down_to_it():
    strength, expected = np.array([9.0, 1.0, 4.0, np.nan]), np.array([0.3, 2.7, 0.4, np.nan])
    q = q_values(strength, expected)
    # 0.3 of 1, 0.4 of 2, 2.7 of 3: the first is in the list of two, of which fewer are chance.
    assert q[:3].tolist() == pytest.approx([0.2, 0.9, 0.2]) and np.isnan(q[3])
    assert q_values(np.array([1.0]), np.array([3.0])).tolist() == [1.0]


def test_null_pairs_are_made_of_what_leads_are_made_of(network):
    shipments = in_order(network.shipments)
    usual = Settings()
    settings = replace(usual, decoys=replace(usual.decoys, draws=2000))
    shared = network.shared_attributes
    tracing = trace(shipments, ("CN", "HK", "MO"), settings=settings, shared_attributes=shared)
    traced = tracing.traced
    licences = LicenceScreening(shipments, traced)
    drawn = null_distributions(tracing, licences.makes_lead)
    by_name = {int(one) for one in traced.arrays.shipper[~traced.arrives & (traced.family < 0)]}
    assert set(drawn[RECORDED, False].listed["sender"]) <= by_name, "a name begins a way of its own"
    licensed = set(drawn[RECORDED, True].listed["sender"].iloc[:1])
    quotes = traced.arrives & np.isin(traced.arrays.shipper, list(licensed))
    papers = replace(traced, under_licence=traced.under_licence | quotes)
    licences = LicenceScreening(shipments, papers)
    without = null_distributions(tracing, licences.makes_lead)[RECORDED, True]
    assert licensed and len(without.listed)
    assert not licensed & set(without.listed["sender"]), "no lead is made of what quotes a licence"


def test_a_hand_over_that_no_record_shows_borrows_no_strength_from_the_next():
    """Four ways of two hand-overs, all with a strong last one: what differs is the one before."""
    transfers = pd.DataFrame(
        {
            "place": [1, 1, 1, 1, *[TO_DESTINATION] * 4],
            "kind": [DOMESTIC, DOMESTIC, RECORDED, RELATED, *[RECORDED] * 4],
        }
    )
    links = pd.DataFrame(
        {
            "cluster": [0, 1, 2, 3, 0, 1, 2, 3],
            "transfer": range(8),
            "from_record": [*"aaaa", *"bcde"],
            "to_record": [*"bcde", *"fghi"],
            "units": 1,
            "shipment_log_odds": [2.0, 30.0, 2.0, 2.0, 40.0, 40.0, 40.0, 40.0],
        }
    )
    links["e"] = (links["from_record"] != "a").astype(int)
    tracing = SimpleNamespace(transfers=transfers, certain=np.array([True, False]))
    drawn = np.linspace(1.0, 9.0, 50)
    null = {(DOMESTIC, False): null_of(drawn), (RECORDED, False): null_of(drawn)}
    of_leads = transfers_of_leads(links, tracing, null)
    weak, strong, recorded, linked = best_ways(links, tracing, of_leads)["unrecorded_fdr"]
    assert weak > 0.5 > 0.1 > strong > 0
    assert recorded == 0, "a company's own books show what it had"
    assert linked == 0, "no null pair of that kind was asked about"


def test_how_common_it_is_that_goods_are_sold_on_is_counted():
    """Of ten groups of sales that name nothing one is clear; that most are, helps nobody."""
    columns = ["place", "names", "log_lr"]
    groups = pd.DataFrame([(3, False, 50.0), *[(TO_DESTINATION, True, 50.0)] * 9], columns=columns)
    unlike = pd.DataFrame(
        [(0, False, 9), (TO_DESTINATION, True, 0)], columns=["place", "names", "number"]
    )
    prior = Prior(PairScores(pd.DataFrame(), groups, unlike), Settings().prior)
    # Beside them stand two groups that are guessed, of which one is clear.
    assert np.exp(prior.of(groups)[:1]) == pytest.approx((2 / 12) / (10 / 12))
    assert prior.of(groups)[1:].tolist() == pytest.approx([0.0] * 9)


def test_a_way_is_as_strong_as_its_weakest_hand_over():
    """A to B to C and on; a second way that ends at B; and one that a named lot hardly feeds."""
    transfers = pd.DataFrame(
        {
            "buyer": [0, 1, 2, 1],
            "sender": [0, 1, 2, 1],
            "place": [1, 2, TO_DESTINATION, TO_DESTINATION],
            "kind": RECORDED,
        }
    )
    links = pd.DataFrame(
        {
            "cluster": [0, 0, 0, 1, 1, 2, 2, 2],
            "transfer": [0, 1, 2, 0, 3, 0, 3, 3],
            "from_record": ["a", "b", "c", "a", "b", "a", "b", "a"],
            "to_record": ["b", "c", "d", "b", "e", "b", "e", "e"],
            "units": [1, 1, 1, 1, 1, 1, 9, 1],
            "shipment_log_odds": [6.0, -0.5, 9.0, 6.0, 4.0, 2.0, 4.0, 4.0],
        }
    )
    links["e"] = links["from_record"].map({"a": 0, "b": 1, "c": 2})
    tracing = SimpleNamespace(transfers=transfers, certain=np.array([True, False, False]))
    found = best_ways(links, tracing, transfers_of_leads(links, tracing, {}))
    assert found["weakest_log_odds"].tolist() == [-0.5, 4.0, 2.0]
    assert found["ways"].tolist() == [1, 1, 1]
