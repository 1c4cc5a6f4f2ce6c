"""Goods of watch lists: found as chips are, apart from them, and never for their code alone."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import chipflow as cf
from chipflow.errors import ParameterError
from chipflow.leads.watched_goods import read_watchlists
from tests.conftest import BYSTANDERS, ROUTE, network_of


def lot(number, day, seller, start, buyer, end, what="MICROCONTROLLERS", *, count=2598, kg=5.2,
        usd=41_568.0, hs="854231"):  # fmt: skip
    return (number, day, seller, start, buyer, end, hs, what, count, "PCS", kg, usd)


# The documented form: 2,598 pieces in and out of Kazakhstan within a month.
PAIR = [
    lot("W1", "2024-01-05", "Bavaria Elektronik GmbH", "DE", "Almaty Steppe LLP", "KZ"),
    lot("W2", "2024-01-26", "Almaty Steppe LLP", "KZ", "Moskva Pribor OOO", "RU", usd=62_352.0),
]
# What an honest trader does who sells other goods of a watched heading to Russia.
HONEST = [
    lot("S1", "2024-01-05", "Bavaria Elektronik GmbH", "DE", "Bosporus Stok AS", "TR", count=9000,
        kg=18, usd=27_000.0),
    lot("S2", "2024-02-26", "Bosporus Stok AS", "TR", "Moskva Pribor OOO", "RU", "BALL BEARINGS",
        count=420, kg=190, usd=3_800.0, hs="848210"),
    lot("S3", "2024-03-11", "Bosporus Stok AS", "TR", "Neva Optika OOO", "RU", "STEEL SCREWS",
        count=20_000, kg=900, usd=2_600.0, hs="731815"),
]  # fmt: skip


@pytest.fixture
def found():
    def of(rows, destination="RU", watch="chpl_russia", **options):
        network = network_of(rows)
        return cf.find_leads(network, destination, watch=watch, null_draws=20, **options)

    return of


def test_one_pair_of_equal_pieces_is_a_lead_and_honest_trade_beside_it_is_none(found):
    leads = found([*BYSTANDERS, *HONEST, *PAIR])
    assert leads.table["record_ids"].tolist() == ["W1;W2"]
    row = leads.table.iloc[0]
    assert row["countries"] == "DE > KZ > RU"
    assert row["chips"] == "8542.31 (chpl_russia)"
    assert row["units"] == 2598
    assert "policy of denial" in row["reasons"]
    assert "2,598 pieces of 8542.31 (chpl_russia)" in leads[0].sentence
    own = leads[0].records
    assert own["declared"].all() and own["units"].tolist() == [2598, 2598]


def test_without_a_list_or_before_the_rule_there_is_no_lead(found):
    assert not len(found(PAIR, watch=()))
    early = [(one[0], one[1].replace("2024", "2021"), *one[2:]) for one in PAIR]
    leads = found(early)
    assert not len(leads)
    assert leads.set_aside["reason"].tolist() == ["no licence asked"]


def test_a_day_that_the_tables_leave_open_is_a_lead_that_says_so(found):
    leads = found([(one[0], one[1].replace("2024", "2023"), *one[2:]) for one in PAIR])
    assert len(leads) == 1
    assert "not known whether" in leads.table["reasons"].iloc[0]


def test_a_list_changes_no_lead_on_chips(found):
    rows = [*BYSTANDERS, *ROUTE]
    plain, both = (found([*rows, *PAIR], ("CN", "RU"), watch=one) for one in ((), "chpl_russia"))
    assert len(plain) == 1
    assert both.table["rank"].tolist() == [1, 2]
    assert both.table["score"].is_monotonic_decreasing
    same = both.table[both.table["record_ids"] != "W1;W2"].assign(rank=1).reset_index(drop=True)
    pd.testing.assert_frame_equal(plain.table, same)


def test_a_list_without_a_rule_for_the_destination_is_named_and_not_followed(found):
    leads = found(PAIR, "CN")
    assert not len(leads)
    assert leads.parameters["watch_without_rule_there"] == ["chpl_russia"]


def test_goods_leave_the_country_of_export_that_the_record_states(tmp_path):
    columns = ["record_id", "date", "shipper", "shipper_country", "consignee", "consignee_country",
               "export_country", "hs_code", "description", "quantity", "quantity_unit",
               "weight_kg", "value_usd"]  # fmt: skip
    rows = []
    for number, pieces in enumerate((2598, 1413, 3777, 921, 5119)):
        month = number + 1
        goods = ("854231", "MICROCONTROLLERS", pieces, "PCS", pieces / 500, pieces * 16)
        rows += [
            (f"I{number}", f"2024-0{month}-03", "Pearl Chips Ltd", "MY", "Male Cargo Pvt", "MV",
             "MY", *goods),
            (f"O{number}", f"2024-0{month}-19", "Thames Export Ltd", "GB", "Moskva Pribor OOO",
             "RU", "MV", *goods),
        ]  # fmt: skip
    path = tmp_path / "with_export.csv"
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    network = cf.build_network(cf.read_records(path))
    leads = cf.find_leads(network, "RU", watch="chpl_russia", null_draws=20)
    assert leads.table["countries"].tolist() == ["MY > MV > RU"]


@pytest.mark.parametrize("rules", [False, True])
def test_a_list_of_ones_own_works_in_the_main_job(write_csv, tmp_path, rules):
    own = tmp_path / "pumps.csv"
    own.write_text("item,hs,words\nPump,8414.10,vacuum pump\n", encoding="utf-8")
    if rules:
        (tmp_path / "pumps_rules.csv").write_text(
            "rule,clause,title,paragraph,first_day,last_day,destinations,headquarters,origins,"
            "tpp_min,tpp_below,density_min,density_below,link_min,memory_min,datacentre,parts,"
            "outcome,citation,source,confidence,note\n"
            "pumps,one,the pump rule,2B999,2023-02-01,,VN,,,,,,,,,,,licence,85 FR 1,here,high,\n",
            encoding="utf-8",
        )
    pumps = [
        lot("P1", "2024-01-05", "Bavaria Vakuum GmbH", "DE", "Selangor Peak", "MY",
            "TURBO VACUUM PUMP", count=37, kg=610, usd=310_000.0, hs="841410"),
        lot("P2", "2024-01-26", "Selangor Peak", "MY", "Hanoi Fab", "VN", "Vacuum pump", count=37,
            kg=612, usd=330_000.0, hs="841410"),
    ]  # fmt: skip
    run = cf.analyze(
        write_csv([*BYSTANDERS, *pumps]),
        tmp_path / "out",
        destination="VN",
        watch=["chpl_russia", own],
        null_draws=20,
    )
    assert run.leads.table["chips"].tolist() == ["Pump (pumps)"]
    said = "needed a licence for VN" if rules else "came without rules"
    assert said in run.leads.table["reasons"].iloc[0]
    summary = json.loads((tmp_path / "out" / "run.json").read_text())
    assert summary["parameters"]["watch"] == ["chpl_russia", "pumps"]
    assert [one["option"] for one in summary["own_files"]] == ["watch"]
    again = cf.saved.read_leads(tmp_path / "out")
    assert again[0].records["chip"].tolist() == ["Pump (pumps)"] * 2


def test_wrong_lists_are_named():
    with pytest.raises(ParameterError, match="chpl_russia"):
        read_watchlists("nonesuch")
    with pytest.raises(ParameterError, match="twice"):
        read_watchlists(["chpl_russia", "chpl_russia"])
