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
from chipflow.leads.error_rates import (
    lead_p_values,
    local_false_discovery_rates,
    q_values,
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
    assert told["p_value"].between(Settings().decoys.least_p, 1).all()
    assert told["q_value"].between(0, 1).all()
    assert told.sort_values("p_value")["q_value"].is_monotonic_increasing
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
    by_chance = leads.table[leads.table["p_value"] >= 0.05].set_index("lead_id")
    assert len(said) and set(said.index) == set(by_chance.index)
    for lead, sentence in said.items():
        assert f"{by_chance.loc[lead, 'p_value']:.0%}" in sentence
        assert sentence in by_chance.loc[lead, "innocent_explanations"]


def test_q_values_are_those_of_benjamini_and_hochberg_where_all_may_be_chance():
    p = np.array([0.6, 0.01, np.nan, 0.04, 0.7, 0.03])
    # Two of five are above a half, so that all five may be chance: (1 + 2) / 0.5 > 5.
    q = q_values(p)
    assert q[[1, 3, 5]].tolist() == pytest.approx([0.05, 0.2 / 3, 0.2 / 3]) and np.isnan(q[2])
    assert q[[0, 4]].tolist() == pytest.approx([0.7, 0.7])
    assert q_values(np.array([0.2])).tolist() == [0.2], "of one lead nothing can be read"


def test_where_few_p_values_are_large_few_leads_are_chance():
    p = np.linspace(0.01, 0.4, 40)
    # None of forty is above a half: of forty, (1 + 0) / 0.5 = 2 are taken for chance.
    assert q_values(p).tolist() == pytest.approx([0.4 * 2 / 40] * 40)
    # Ten tell too little: all may be chance.
    assert q_values(p[:10]).tolist() == pytest.approx([p[9]] * 10)


def null_of(strength, expected=1.0, **how):
    """Null pairs of these strengths, each of a sender of its own."""
    how = {"sender": np.arange(len(strength)), "pairs": 10_000, "least": 0.0, **how}
    return NullDistribution(np.asarray(strength), expected=expected, **how)


def test_p_values_fall_with_strength_and_follow_the_tail():
    strength = np.sort(np.random.default_rng(1).exponential(2.0, 5000))
    null = null_of(strength)
    asked = np.array([0.0, 1.0, 5.0, 15.0, 40.0])
    p = null.p_value(asked)
    assert (np.diff(p) <= 0).all() and p[0] == 1
    assert np.log(p[1:4]) == pytest.approx(-asked[1:4] / 2, rel=0.12)
    assert p[4] == Settings().decoys.least_p, "nobody has drawn that many"
    few = null_of(strength[::1000]).p_value(asked)
    assert (np.diff(few) <= 0).all()
    assert few[4] > 10 * p[4], "few pairs tell less of the tail"
    lone = null_of([2.0]).p_value(asked)
    by_hand = (1 + asked / (2 + 4 * 3)) ** -5
    assert lone == pytest.approx(by_hand), "one pair of strength 2, and four of mean 3 beside it"


def test_where_chance_lists_nothing_pairs_from_elsewhere_say_how_strong_it_would_be():
    asked = np.array([-0.5, 0.0, 5.0, 15.0])
    usual = null_of([]).p_value(asked)
    assert usual == pytest.approx((1 + np.maximum(asked, 0) / 12) ** -4), "four pairs of mean 3"
    earlier = null_of([], least=-1.0).p_value(asked)
    assert earlier == pytest.approx((1 + (asked + 1) / 12) ** -4), "listed from -1 on"
    assert np.isnan(null_of([], pairs=99).p_value(asked)).all(), "nobody could be drawn"


def test_what_one_sender_does_beside_many_buyers_counts_once_in_the_tail():
    strength = np.sort(np.random.default_rng(3).exponential(2.0, 40))
    of_many, of_one = null_of(strength), null_of(strength, sender=np.zeros(40, dtype=int))
    asked = np.array([0.5, 1.0, 20.0])
    many, one = of_many.p_value(asked), of_one.p_value(asked)
    assert many[:2] == pytest.approx(one[:2]), "how often is as often"
    assert one[2] > 2 * many[2], "how much more there could be is less sure"


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
    assert set(drawn[RECORDED, False].sender.tolist()) <= by_name, "a name begins a way of its own"
    licensed = set(drawn[RECORDED, True].sender[:1].tolist())
    quotes = traced.arrives & np.isin(traced.arrays.shipper, list(licensed))
    papers = replace(traced, under_licence=traced.under_licence | quotes)
    licences = LicenceScreening(shipments, papers)
    without = null_distributions(tracing, licences.makes_lead)[RECORDED, True]
    assert licensed and len(without.strength)
    assert not licensed & set(without.sender.tolist()), "no lead is made of what quotes a licence"


def test_a_weak_route_among_strong_ones_is_likely_chance():
    # Half of the three null pairs are stronger than log 2, so that their mean is 1; beside them
    # count four of mean 3.
    null = {
        (RECORDED, True): null_of([0.1, np.log(2), 3.0], expected=2.0),
        (RECORDED, False): null_of([9.0], expected=1000.0),
    }
    strong, weak = np.geomspace(20, 80, 101), np.geomspace(1, 4, 101)
    of_strong = local_false_discovery_rates(np.append(strong, 2.0), null)[-1]
    of_weak = local_false_discovery_rates(np.append(weak, 2.0), null)[-1]
    assert of_strong > 0.9 > 0.1 > of_weak
    # By hand: 2 exp(-2) by chance, beside 102 routes of which the log score is normal.
    share = 102 / 106
    middle = share * np.log(2) + (1 - share) * np.log(20)
    apart = 1.4826 * np.median(abs(np.log(np.append(weak, 2.0)) - np.log(2)))
    spread = np.sqrt(share * apart**2 + (1 - share))
    density = np.exp(-(((np.log(2) - middle) / spread) ** 2) / 2) / (spread * np.sqrt(2 * np.pi))
    mean = (3 * 1 + 4 * 3) / 7
    chance = 2 / mean * np.exp(-2.0 / mean)
    assert of_weak == pytest.approx(chance / (chance + 102 * density / 2))
    assert local_false_discovery_rates(np.array([2.0]), {}).tolist() == [0.0], (
        "no null pair was listed"
    )
    alone = local_false_discovery_rates(np.array([0.5, 4.0, 60.0]), null)
    assert (np.diff(alone) < 0).all() and alone[0] > 0.5, "what is usual elsewhere counts then"


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
    drawn = np.sort(np.random.default_rng(2).exponential(2.0, 500))
    null = {(DOMESTIC, False): null_of(drawn, 0.5), (RECORDED, False): null_of(drawn, 50.0)}
    of_leads = transfers_of_leads(links, tracing, null)
    weak, strong, recorded, linked = lead_p_values(links, tracing, null, of_leads)["unrecorded_fdr"]
    assert weak > 0.9 > 0.1 > strong > 0
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
    strength = np.sort(np.random.default_rng(2).exponential(2.0, 500))
    null = {(RECORDED, final): null_of(strength) for final in (True, False)}
    found = lead_p_values(links, tracing, null, transfers_of_leads(links, tracing, null))
    assert found["weakest_log_odds"].tolist() == [-0.5, 4.0, 2.0]
    of_two, of_four = null[RECORDED, True].p_value(np.array([2.0, 4.0]))
    assert found["p_value"].tolist() == pytest.approx([1.0, of_four, of_two])
