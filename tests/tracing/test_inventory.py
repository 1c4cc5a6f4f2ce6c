"""Ledgers worked by hand: stock that is pooled, kept, explained by other goods, or comes back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import chipflow as cf
from chipflow.companies import screen
from chipflow.tracing import trace
from tests.conftest import BYSTANDERS, ROUTE, leads_of, network_of, table

SELLER = ("Northfield Semiconductor Inc", "US")
SHELL = ("Straits Bright Pte Ltd", "SG")
BUYER = ("Pudong Harvest Co Ltd", "CN")
KG, USD = 1.7, 29_000.0  # of one H100 card


def lot(name, day, seller, buyer, words, pieces, *, kg=KG, usd=USD, hs="847330", unit="PCS"):
    numbers = (pieces, unit, round(pieces * kg, 1), round(pieces * usd, 2))
    return (name, day, *seller, *buyer, hs, words, *numbers)


def card(name, day, pieces, seller=SELLER, buyer=SHELL, words="NVIDIA H100 80GB PCIE GPU", **told):
    return lot(name, day, seller, buyer, words, pieces, **told)


def sale(name, day, pieces, words="COMPUTER PARTS", seller=SHELL, buyer=BUYER, **told):
    return lot(name, day, seller, buyer, words, pieces, **told)


def test_stock_is_pooled_and_cut_anew():
    bought = [card("P1", "2024-03-01", 24), card("P2", "2024-03-08", 40)]
    sold = [sale("S1", "2024-03-20", 30), sale("S2", "2024-04-02", 34)]
    lead = leads_of([*bought, *sold, *BYSTANDERS])[0]
    assert lead.record_ids == "P1;P2;S1;S2"
    assert lead.units == 64
    out = lead.links.groupby("from_record")["units"].sum()
    assert out.to_dict() == {"P1": 24, "P2": 40}
    into = lead.links.groupby("to_record")["units"].sum()
    assert into.to_dict() == {"S1": 30, "S2": 34}


def test_what_is_kept_is_not_counted_and_is_said():
    rows = [card("P1", "2024-03-01", 64), sale("S1", "2024-03-20", 40)]
    lead = leads_of([*rows, *BYSTANDERS])[0]
    assert lead.units == 40
    assert "24 of 64 units" in lead.innocent_explanations
    assert lead.units_low <= 40 < 64 <= lead.units_high
    assert lead.units_high <= 2 * 64, "one more such purchase may be in no record"


def test_cartons_are_followed_by_value_and_weight():
    rows = [
        card("P1", "2024-03-01", 64),
        (*sale("S1", "2024-03-20", 64)[:8], 8, "CTN", 109.5, 64 * USD * 0.4),
        (*sale("S2", "2024-05-02", 12)[:8], 2, "CTN", 20.1, 12 * USD * 0.4),
        (*card("P2", "2024-04-10", 12)[:8], 2, "CTN", 20.2, 12 * USD),
    ]
    lead = leads_of([*rows, *BYSTANDERS])[0]
    assert set(lead.record_ids.split(";")) == {"P1", "P2", "S1", "S2"}
    assert lead.units_low <= 76 <= lead.units_high
    assert lead.units_high > lead.units_low, "what is in a carton is a guess"


def test_another_purchase_explains_dense_goods():
    """Probe cards as dense as accelerators pass through; the accelerator itself stays."""
    probes = [
        lot(f"Q{n}", f"2024-0{2 + n}-05", ("Alpine Test AG", "CH"), SHELL, "PROBE CARD ASSEMBLY",
            20 + n, kg=1.6, usd=15_000.0, hs="903090")
        for n in range(4)
    ]  # fmt: skip
    sold = [
        sale(f"S{n}", f"2024-0{2 + n}-25", 20 + n, "PROBE CARD ASSEMBLY", kg=1.6, usd=15_500.0,
             hs="903090")
        for n in range(4)
    ]  # fmt: skip
    rows = [card("P1", "2024-02-03", 12), *probes, *sold, *BYSTANDERS]
    assert len(leads_of(rows)) == 0


def test_what_only_looks_like_a_chip_may_be_sold_on_as_what_it_is():
    """A company deals in cards, and passes on test boards as heavy and nearly as dear."""

    def score(bought):
        boards = lot("Q1", "2024-03-05", SELLER, SHELL, bought, 60, usd=27_000.0)
        sales = [sale(f"S{n}", f"2024-03-{12 + 3 * n}", 15, "TEST BOARD") for n in range(4)]
        lead = leads_of([card("P1", "2024-03-08", 20), boards, *sales, *BYSTANDERS])[0]
        assert lead.record_ids == "P1;Q1;S0;S1;S2;S3"
        return lead.score

    named, looks = score("NVIDIA H100 80GB PCIE GPU"), score("TEST BOARD")
    assert looks < named / 2, "they may be boards, which left as they came"


def test_goods_that_others_send_under_the_same_words_are_less_of_a_sign():
    """Ten companies send test boards as heavy and as dear as accelerators: this one may too."""

    def score(words):
        others = [
            lot(f"O{n}", f"2024-02-{10 + n}", (f"Maker of Boards {n} GmbH", "DE"),
                (f"Tester {n} SpA", "IT"), f"{words} REV {n}", 10 + n, hs="903090")
            for n in range(10)
        ]  # fmt: skip
        # Under the same HS code goes everything else that measures.
        others += [
            lot(f"M{n}", f"2024-01-{10 + n % 20}", (f"Maker of Meters {n} AG", "CH"),
                ("Lab Supply SA", "FR"), "METER", 7, kg=2.0 ** (n % 11 - 5),
                usd=40.0 * 3 ** (n % 7), hs="903090")
            for n in range(50)
        ]  # fmt: skip
        rows = [
            card("P1", "2024-03-01", 64),
            sale("S1", "2024-03-20", 40, "TEST BOARD 4411", hs="903090"),
            sale("S2", "2024-04-02", 24, "TEST BOARD, 5512", hs="903090"),
        ]
        return leads_of([*rows, *others, *BYSTANDERS])[0].score

    assert score("TEST BOARD") < score("LOAD CELL") - 1


def test_a_large_number_is_no_more_of_a_sign_than_its_digits():
    """Of hundreds of pieces no two lots agree: equal numbers say much, near ones little."""

    def score(sold):
        others = [
            lot(f"N{n}", f"2024-02-{10 + n % 18}", (f"Maker {n % 12} Co Ltd", "TW"),
                ("Notebooks Direct GmbH", "DE"), "COMPUTER PARTS", 300 + 37 * n)
            for n in range(40)
        ]  # fmt: skip
        rows = [card("P1", "2024-03-01", 739), sale("S1", "2024-03-20", sold)]
        return leads_of([*rows, *others, *BYSTANDERS])[0].score

    assert score(739) - score(742) > 1.5


def test_what_does_not_suffice_for_all_is_no_evidence_for_one():
    """Six cards came in, and eight lots like them went out: one of them can be these."""
    bought = card("P1", "2024-03-01", 6)
    pieces = [42, 18, 16, 34, 20, 50, 6, 27]
    sold = [sale(f"S{n}", f"2024-03-{10 + n}", of, "TEST BOARD") for n, of in enumerate(pieces)]
    found = trace(network_of([bought, *sold, *BYSTANDERS]).shipments, ("CN", "HK", "MO"))
    sales = found.continuations.drop_duplicates(["transfer", "to_record"])
    assert len(sales) == 1
    assert sales["shipment_log_odds"].iloc[0] < sales["transfer_log_odds"].iloc[0] / 2


def test_goods_that_come_back_are_set_aside():
    rows = [
        card("P1", "2024-03-01", 64),
        sale("S1", "2024-03-20", 64, "H100 BOARD FOR ASSEMBLY"),
        sale("S2", "2024-04-25", 62, "NVIDIA H100 80GB PCIE GPU", seller=BUYER, buyer=SHELL),
    ]
    leads = leads_of([*rows, *BYSTANDERS])
    assert len(leads) == 0
    assert "came back from the destination" in set(leads.set_aside["reason"])
    assert "sent back" in leads.set_aside["sentence"].iloc[0]


def test_boards_that_come_back_under_other_names_are_set_aside():
    """Three of four lots came back, as what they were made into, and the fourth did not."""
    pieces = [64, 20, 33, 47]
    rows = [card(f"P{n}", f"2024-03-0{n + 1}", of) for n, of in enumerate(pieces)]
    rows += [sale(f"S{n}", f"2024-03-2{n}", of, "BARE BOARD") for n, of in enumerate(pieces)]
    back = [
        lot(f"B{n}", f"2024-04-2{n}", BUYER, SHELL, "NVIDIA L40S 48GB PCIE", of - 1, usd=3 * USD)
        for n, of in enumerate(pieces[:3])
    ]
    leads = leads_of([*rows, *back, *BYSTANDERS])
    assert len(leads) == 0
    assert "among goods that came back" in set(leads.set_aside["reason"])
    once = leads_of([*rows, back[0], *BYSTANDERS])
    assert [len(lead.records) for lead in once] == [8]


def test_chips_that_come_back_from_another_works_are_set_aside():
    """What one works received another one sent back: by the name of the chip, and as many."""
    works = ("Minhang Mounting Co Ltd", "CN")
    rows = [card("P1", "2024-03-01", 64), sale("S1", "2024-03-20", 64, "NVIDIA H100 80GB PCIE")]

    def leads(words, pieces):
        back = lot("B1", "2024-04-25", works, SHELL, words, pieces, usd=2 * USD)
        return leads_of([*rows, back, *BYSTANDERS])

    gone = leads("NVIDIA H100 80GB PCIE GPU", 60)
    assert len(gone) == 0 and "among goods that came back" in set(gone.set_aside["reason"])
    assert len(leads("NVIDIA H100 80GB PCIE GPU", 6)) == 1, "most did not"
    assert len(leads("PROJECTOR", 60)) == 1, "other goods"


def test_repairs_on_both_ways_are_set_aside():
    rows = [
        card("P1", "2024-03-01", 3, words="NVIDIA H100 80GB PCIE GPU RMA REPLACEMENT"),
        sale("S1", "2024-03-20", 3, "NVIDIA H100 80GB PCIE GPU RMA REPLACEMENT"),
    ]
    leads = leads_of([*rows, *BYSTANDERS])
    assert len(leads) == 0
    assert leads.set_aside["reason"].tolist() == ["repair or return"]


def test_a_purchase_that_hides_the_chip_is_followed_at_a_company_that_names_it():
    rows = [
        card("P1", "2024-03-01", 64),
        card("P2", "2024-03-15", 32, words="COMPUTER PARTS"),
        sale("S1", "2024-03-20", 64, "NVIDIA H100 80GB PCIE GPU"),
        sale("S2", "2024-04-05", 32, "NVIDIA H100 80GB PCIE GPU"),
    ]
    lead = leads_of([*rows, *BYSTANDERS])[0]
    assert lead.record_ids == "P1;P2;S1;S2" and lead.units == 96


def test_without_a_record_that_names_a_chip_there_is_no_lead():
    rows = [card("P1", "2024-03-01", 64, words="COMPUTER PARTS"), sale("S1", "2024-03-20", 64)]
    assert len(leads_of([*rows, *BYSTANDERS])) == 0


def test_a_quoted_licence_speaks_against_the_lead():
    plain = leads_of([*ROUTE, *BYSTANDERS])[0]
    row = (*ROUTE[2][:7], "COMPUTER PARTS LICENSE NO D1234567", *ROUTE[2][8:])
    quoted = leads_of([*ROUTE[:2], row, *BYSTANDERS])[0]
    assert "quote a licence" in quoted.innocent_explanations
    assert quoted.score < plain.score


def test_what_is_sold_by_name_under_a_licence_needs_no_secret_source():
    """One company buys, another one of the country sells as many: only if the papers are silent."""
    other = ("Jurong Sunrise Pte Ltd", "SG")
    words = "NVIDIA H100 80GB PCIE GPU"

    def found(words):
        rows = [card("P1", "2024-03-01", 64), sale("S1", "2024-03-20", 64, words, seller=other)]
        return [one.record_ids for one in leads_of([*rows, *BYSTANDERS])]

    assert found(words) == ["P1;S1"]
    assert found(f"{words} EXPORT LICENCE D8294252") == []
    assert found(f"{words} WITH VGPU LICENSE 2024") == ["P1;S1"]
    assert found(f"{words} LICENSE: 8471500000") == ["P1;S1"]


def test_what_is_sold_by_name_under_a_licence_is_for_the_authority_to_check():
    rows = [
        card("P1", "2024-03-01", 64),
        sale("S1", "2024-03-20", 30, "NVIDIA H100 80GB PCIE GPU EXPORT LICENCE D8294252"),
        sale("S2", "2024-03-25", 34, "NVIDIA H100 80GB PCIE GPU"),
    ]
    leads = leads_of([*rows[:2], *BYSTANDERS])
    assert len(leads) == 0
    assert leads.set_aside["reason"].tolist() == ["under a quoted licence"]
    assert leads.set_aside["record_ids"].tolist() == ["P1;S1"]
    both = leads_of([*rows, *BYSTANDERS])
    assert [lead.record_ids for lead in both] == ["P1;S2"], "a licence is for what quotes it"


def test_a_letter_to_the_maker_binds_nobody_else():
    """In September 2022 the A100 needed a licence by letters to NVIDIA alone."""

    def found(seller, year=2022):
        rows = [
            card("P1", f"{year}-09-03", 64, buyer=seller, words="NVIDIA A100 80GB PCIE GPU"),
            sale("S1", f"{year}-09-25", 64, seller=seller),
        ]
        return leads_of([*rows, *BYSTANDERS])

    others = found(SHELL)
    assert len(others) == 0
    aside = others.set_aside.set_index("reason").loc["by a letter to the maker only"]
    assert "A letter binds NVIDIA" in str(aside["sentence"])
    assert len(found(("Sanvidiam Trading Pte Ltd", "SG"))) == 0, "letters inside of a word"
    maker = found(("Nvidia Trading Pte Ltd", "SG"))[0]
    assert maker.record_ids == "P1;S1"
    assert "who is named as the seller" in maker.innocent_explanations
    assert len(found(SHELL, 2024)) == 1, "then a general rule said so"


def test_what_a_company_sold_before_it_had_chips_is_its_usual_trade():
    """The same goods to the same buyer for a year: a purchase of chips does not make them chips."""

    def score(words, **told):
        before = [
            sale(f"B{n:02d}", f"2023-{1 + n % 10:02d}-{3 + n:02d}", 20 + 3 * n, words, **told)
            for n in range(12)
        ]
        rows = [
            card("P1", "2024-03-01", 90),
            sale("S1", "2024-03-20", 31, "TEST BOARD"),
            sale("S2", "2024-03-30", 29, "TEST BOARD"),
            sale("S3", "2024-04-07", 25, "TEST BOARD"),
        ]
        leads = leads_of([*before, *rows, *BYSTANDERS])
        return leads[0].score if len(leads) else 0.0

    assert score("TEST BOARD") < score("RUBBER BOOTS", kg=1.1, usd=14.0) - 3


def test_which_chips_a_company_sends_is_asked_of_all_its_sales():
    """Lawful H800 and controlled A100 in stock: one lot between the two is what the others are."""

    def bought(name, day, pieces, words, kg, usd):
        return card(name, day, pieces, words=words, kg=kg, usd=usd)

    stock = [
        bought("A1", "2023-04-20", 30, "NVIDIA A100 80GB PCIE", 1.2, 12_000.0),
        bought("H1", "2023-05-01", 300, "NVIDIA H800 80GB PCIE", 1.7, 35_000.0),
    ]
    sold = [
        sale(f"S{n}", f"2023-06-{3 * n + 1:02d}", 21 + 2 * n, kg=1.7, usd=34_000.0)
        for n in range(8)
    ]
    between = sale("S8", "2023-06-28", 11, kg=1.43, usd=20_500.0)
    leads = leads_of([*stock, *sold, between, *BYSTANDERS])
    assert len(leads) == 0
    aside = leads.set_aside.set_index("reason").loc["no licence asked"]
    assert "S8" in str(aside["record_ids"])


def test_each_lot_has_of_a_hand_over_what_it_says_itself():
    rows = [
        card("P1", "2024-03-01", 90),
        sale("S1", "2024-03-20", 30, "NVIDIA H100 80GB PCIE GPU"),
        sale("S2", "2024-03-30", 30, "NVIDIA H100 80GB PCIE GPU"),
        sale("S3", "2024-04-07", 25, "OFFICE CHAIR PARTS", kg=2.3, usd=4_000.0),
    ]
    network = network_of([*rows, *BYSTANDERS])
    links = trace(network.shipments, ("CN",)).continuations.set_index("to_record")
    lots = links.loc[["S1", "S2"], "shipment_log_odds"]
    assert (lots > 1).all()
    if "S3" in links.index:
        assert links.loc["S3", "shipment_log_odds"] < lots.min() / 2
    assert links["shipment_log_odds"].sum() == pytest.approx(links["transfer_log_odds"].iloc[0])


def test_that_goods_without_a_name_went_on_says_little_of_what_they_are():
    network = network_of([*ROUTE, *BYSTANDERS])
    hops = trace(network.shipments, ("CN",)).continuations.set_index("to_record")[
        "shipment_log_odds"
    ]
    assert hops["R3"] > np.log(20), "what came in as computer parts left as such, and agrees"
    evidence = cf.find_leads(network, "CN").evidence.set_index("part")
    assert evidence.loc["continuation", "log_lr"] == pytest.approx(hops["R2"] + np.log(20))


def test_a_shared_address_makes_a_hand_over_likelier():
    """Two buyers could be the source; the one at the sender's address is named."""
    others = ("Merlion Data Pte Ltd", "SG")
    sender = ("Jurong Sunrise Pte Ltd", "SG")
    rows = [
        card("P1", "2024-03-01", 64),
        card("P2", "2024-03-02", 64, buyer=others),
        sale("S1", "2024-03-20", 64, "NVIDIA H100 80GB PCIE GPU", seller=sender),
    ]
    records = table([*rows, *BYSTANDERS]).set_index("record_id")
    address = "88 Tuas South Avenue 2, Unit 05-11, Singapore 637401"
    records.loc["P1", "consignee_address"] = records.loc["S1", "shipper_address"] = address
    leads = leads_of(records.reset_index())
    assert [lead.record_ids for lead in leads] == ["P1;S1"]
    assert set(leads[0].links["kind"]) == {"linked companies"}


def test_a_sender_that_names_its_chip_has_it_from_a_buyer_of_that_chip():
    """Nine companies of the country bought cards in the same number; one of them H100."""
    others = [
        card(f"O{n}", f"2024-03-{1 + n:02d}", 64, buyer=(f"Lion City {name} Pte Ltd", "SG"),
             words="NVIDIA L40S 48GB PCIE", usd=9_000.0)
        for n, name in enumerate(["Alpha", "Brook", "Cedar", "Delta", "Ember", "Fjord", "Grove",
                                  "Heron"])
    ]  # fmt: skip
    sold = sale("S1", "2024-03-20", 64, "NVIDIA H100 80GB PCIE GPU", seller=("Jurong Ltd", "SG"))
    rows = [card("P1", "2024-03-05", 64), *others, sold, *BYSTANDERS]
    leads = leads_of(rows)
    assert leads.table["record_ids"].tolist() == ["P1;S1"]


def test_one_more_piece_of_evidence_never_lowers_the_score(tmp_path):
    """More lots that agree, vaguer words, a new name on a list: each adds, none takes away."""
    bought = [card(f"P{n}", f"2024-0{n + 1}-01", 16 + 3 * n) for n in range(1, 6)]
    sold = [sale(f"S{n}", f"2024-0{n + 1}-20", 16 + 3 * n) for n in range(1, 6)]
    scores = []
    for number in range(1, 6):
        rows = [*bought[:number], *sold[:number], *BYSTANDERS]
        leads = leads_of(rows)
        assert len(leads) == 1
        scores.append(leads[0].score)
    assert scores == sorted(scores) and scores[-1] > scores[0] + 5

    open_words = [(*row[:7], "NVIDIA H100 80GB PCIE GPU", *row[8:]) for row in sold]
    named = leads_of([*bought, *open_words, *BYSTANDERS])[0]
    parts = named.evidence["part"].tolist(), leads[0].evidence["part"].tolist()
    assert "vague description" in parts[1] and "vague description" not in parts[0]

    network = network_of([*bought, *sold, *BYSTANDERS])
    entries = pd.DataFrame({"name": [BUYER[0]], "country": ["CN"]})
    entries.to_csv(tmp_path / "list.csv", index=False)
    listed = screen(network.directory, tmp_path / "list.csv")
    assert cf.find_leads(network, screening=listed)[0].score > leads[0].score


def test_a_leg_between_two_countries_that_no_record_shows():
    """One company's offices: bought in Singapore, sold from Malaysia, nothing in between."""
    there = ("Jurong Sunrise Pte Ltd", "SG")
    here = ("Jurong Sunrise Sdn Bhd", "MY")
    rows = [
        *(card(f"P{n}", f"2024-03-{n:02d}", 40 + n, buyer=there) for n in range(1, 7)),
        *(sale(f"S{n}", f"2024-04-{n:02d}", 40 + n, seller=here) for n in range(1, 7)),
    ]
    lead = leads_of([*rows, *BYSTANDERS])[0]
    assert set(lead.links["kind"]) == {"linked companies"}
    assert lead.countries == "US > SG > MY > CN"
    assert "from SG to MY: a leg without a record" in lead.innocent_explanations
    seen = [(*row[:2], *there, *row[4:]) if row[0].startswith("S") else row for row in rows]
    assert leads_of([*seen, *BYSTANDERS])[0].score > lead.score, "an unseen leg is paid for"


def test_one_buyer_of_two_schemes_makes_them_no_single_lead():
    """Other shell, other chip, a year apart: what they share is the buyer alone."""
    other = ("Penang Copper Sdn Bhd", "MY")
    maker = ("Delft Wafer BV", "NL")
    rows = [
        card("P1", "2024-03-01", 64),
        sale("S1", "2024-03-20", 64),
        card("P2", "2025-04-01", 24, maker, other, words="NVIDIA L40S 48GB PCIE", kg=1.1, usd=8e3),
        sale("S2", "2025-04-20", 24, seller=other, kg=1.1, usd=8e3),
    ]
    leads = leads_of([*rows, *BYSTANDERS])
    assert {lead.record_ids for lead in leads} == {"P1;S1", "P2;S2"}
    again = [(row[0], f"2024{row[1][4:]}", *row[2:]) for row in rows[2:]]
    same = [
        (*row[:2], *maker, *other, row[6], "NVIDIA H100 80GB PCIE GPU", *row[8:])
        if row[0] == "P2" else row for row in again
    ]  # fmt: skip
    same = [(*row[:10], round(row[8] * KG, 1), row[8] * USD) for row in same]
    leads = leads_of([*rows[:2], *same, *BYSTANDERS])
    assert [lead.record_ids for lead in leads] == ["P1;P2;S1;S2"], "one chip, one time, one buyer"


def test_what_names_the_chip_is_not_said_to_hide_it():
    row = (*ROUTE[2][:7], "H100 PCIE BOARD KIT", *ROUTE[2][8:])
    lead = leads_of([*ROUTE[:2], row, *BYSTANDERS])[0]
    assert "1 of 2 onward shipments do not name the H100 PCIe, but say “COMPUTER PARTS”" in (
        lead.reasons
    )


def test_leads_name_their_settings():
    network = network_of([*ROUTE, *BYSTANDERS])
    leads = cf.find_leads(network, seed=7, null_draws=3)
    assert leads.parameters["seed"] == 7 and leads.parameters["null_draws"] == 3
