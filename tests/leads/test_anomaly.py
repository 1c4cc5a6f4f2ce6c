"""What stands out without a route: flags worked by hand, and records that leave much out."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest

import chipflow as cf
from chipflow.leads import FLAGS, anomalies
from chipflow.leads.anomaly import combined
from chipflow.settings import RedFlagSettings
from tests.conftest import BYSTANDERS, ROUTE, network_of

PARTS = "COMPUTER PARTS"
# Honest traders: many buyers in Singapore and Taiwan, many sellers in the United States.
SELLERS = [f"{name} Supplies Inc" for name in ("Ashgrove", "Brentwood", "Calder", "Dunmore")]
BUYERS = [
    f"{name} Trading Pte Ltd"
    for name in ("Kestrel", "Larkspur", "Merlin", "Nightjar", "Osprey", "Plover", "Quail", "Rook")
]


def trade_of(rng, number, start="2022-01-01", days=1000, prefix="H"):
    """Computer parts at about 20 USD a piece and 0.4 kg, by anybody to anybody."""
    rows = []
    for at in range(number):
        day = pd.Timestamp(start) + pd.Timedelta(days=int(days * (at + 0.5) / number))
        pieces = rng.randint(20, 90)
        kg = pieces * 0.4 * rng.uniform(0.8, 1.25)
        rows.append(
            (f"{prefix}{at:04d}", f"{day:%Y-%m-%d}", SELLERS[at % 4], "US", BUYERS[at % 8], "SG",
             "847330", PARTS, pieces, "PCS", round(kg, 2),
             round(pieces * 20 * rng.uniform(0.7, 1.4), 2))
        )  # fmt: skip
    return rows


def row(number, day, seller, start, buyer, end, *, pieces=40, kg=16.0, usd=800.0, what=PARTS):
    return (number, day, seller, start, buyer, end, "847330", what, pieces, "PCS", kg, usd)


@pytest.fixture
def honest():
    return trade_of(random.Random(5), 240)


@pytest.fixture
def found():
    def of(rows):
        network = network_of(rows)
        return network, anomalies(network)

    return of


def company(network, result, name):
    ids = network.directory.set_index("name")["company_id"]
    at = next(one for one in ids.index if one.casefold().startswith(name.casefold()))
    row = result.companies.set_index("company_id").loc[ids[at]]
    return row, result.p_values.loc[ids[at]]


def test_dense_goods_are_flagged_at_their_sender_and_the_shipment_is_told(honest, found):
    rows = [
        row(f"D{n}", f"2023-0{n}-10", "Velvet Sdn Bhd", "MY", BUYERS[n], "SG", kg=60, usd=1_000_000)
        for n in range(1, 5)
    ]
    network, result = found([*honest, *rows])
    sender, p = company(network, result, "Velvet")
    assert p["value density"] < 0.001
    assert "4 of 4 shipments that it sent" in sender["flags"]
    assert set(result.shipments["record_id"]) == {"D1", "D2", "D3", "D4"}
    assert result.shipments["score"].is_monotonic_decreasing
    assert (result.shipments["score"] >= RedFlagSettings().least_score).all()
    assert "16,667 USD/kg and 25,000 USD a piece" in result.shipments["sentence"].iloc[0]
    assert "computer parts of HS 8473" in result.shipments["sentence"].iloc[0]
    others = result.p_values["value density"].drop(sender.name)
    assert (others > 0.05).all()


def test_growth_after_the_day_of_a_rule(honest, found):
    steady = [
        row(f"S{n:02d}", f"2023-{n:02d}-20", SELLERS[0], "US", "Tarn Pte Ltd", "SG")
        for n in range(5, 13)
    ]
    grown = [
        row(f"G{n:02d}", f"2023-11-{n:02d}", SELLERS[n % 4], "US", "Upland Pte Ltd", "SG")
        for n in range(18, 31)
    ]
    early = row("G00", "2022-02-01", SELLERS[0], "US", "Upland Pte Ltd", "SG")
    network, result = found([*honest, *steady, *grown, early])
    upland, p = company(network, result, "Upland")
    _, usual = company(network, result, "Tarn")
    assert p["growth after a rule"] < 0.05 < usual["growth after a rule"]
    assert "bought 13 lots" in upland["flags"] and "after 0 in the 180 days" in upland["flags"]
    assert "2023-1" in upland["flags"], "the day of the rule is named"


def test_a_new_company_with_large_orders(honest, found):
    large = [
        row(f"N{n}", f"2023-09-{n:02d}", SELLERS[n % 4], "US", "Wharf Pte Ltd", "SG",
            pieces=4000, kg=1600, usd=80_000)
        for n in range(10, 20)
    ]  # fmt: skip
    small = [row("M1", "2023-09-02", SELLERS[0], "US", "Yarrow Pte Ltd", "SG", usd=500)]
    network, result = found([*honest, *large, *small])
    wharf, p = company(network, result, "Wharf")
    _, little = company(network, result, "Yarrow")
    _, old = company(network, result, "Kestrel")
    name = "new company with large orders"
    # Ten buyers: one of them is new with as much, two are new with as little as the other.
    assert p[name] == pytest.approx(1 / 10)
    assert little[name] == pytest.approx(2 / 10)
    assert old[name] == 1.0
    assert wharf["score"] > 0


def test_one_supplier_and_one_customer_over_many_lots(honest, found):
    onward = [
        row(f"O{n:02d}", f"2023-03-{1 + n:02d}", BUYERS[n % 8], "SG", f"Vale {'ABC'[n % 3]}", "VN")
        for n in range(24)
    ]  # fmt: skip
    between = [
        one
        for n in range(1, 6)
        for one in (
            row(f"P{n}", f"2023-04-{n:02d}", SELLERS[0], "US", "Zephyr Sdn Bhd", "MY"),
            row(f"Q{n}", f"2023-05-{n:02d}", "Zephyr Sdn Bhd", "MY", "Harvest Co Ltd", "TH"),
        )
    ]
    network, result = found([*honest, *onward, *between])
    zephyr, p = company(network, result, "Zephyr")
    _, usual = company(network, result, "Kestrel")
    name = "one supplier and one customer"
    assert p[name] == pytest.approx(1 / 9), "nine traders, one of them like that"
    assert usual[name] == 1.0
    assert pd.isna(company(network, result, "Ashgrove")[1][name]), "it buys nothing"
    assert zephyr["score"] > 0


def test_a_detour_is_measured_by_what_others_do(honest, found):
    straight = [
        row(f"E{n:02d}", f"2023-02-{1 + n % 28:02d}", SELLERS[n % 4], "US", "Vale A Co", "VN")
        for n in range(60)
    ]
    round_about = [
        one
        for n in range(1, 5)
        for one in (
            row(f"P{n}", f"2023-04-{n:02d}", SELLERS[0], "US", "Zephyr LLC", "KZ"),
            row(f"Q{n}", f"2023-05-{n:02d}", "Zephyr LLC", "KZ", "Vale B Co", "VN"),
        )
    ]
    nobody_goes = [row("Z1", "2023-05-02", BUYERS[0], "SG", "Yonder Co", "TH")]
    network, result = found([*honest, *straight, *round_about, *nobody_goes])
    zephyr, p = company(network, result, "Zephyr")
    _, usual = company(network, result, "Kestrel")
    assert p["detour"] == pytest.approx(1 / 2), "two traders, one of them on a detour"
    assert usual["detour"] == 1.0
    flag = next(one for one in FLAGS if one.name == "detour")
    from chipflow.leads.company_activity import CompanyActivity

    activity = CompanyActivity.of(network.shipments)
    sentence = flag.find(activity).say(list(activity.ids).index(zephyr.name))
    assert "from US to KZ and go on to VN (4 lots)" in sentence
    assert "60 lots of that class go from US to VN directly and 4 by KZ" in sentence


def test_many_shipments_just_below_a_round_value(honest, found):
    below = [
        row(f"U{n:02d}", f"2023-06-{1 + n:02d}", "Velvet Sdn Bhd", "MY", BUYERS[n % 8], "SG",
            pieces=120, usd=2400 + 4 * n)
        for n in range(20)
    ]  # fmt: skip
    network, result = found([*honest, *below])
    velvet, p = company(network, result, "Velvet")
    assert p["structuring below a size"] < 1e-4
    assert "20 of 20 shipments near 2,500 USD are up to 5% below it" in velvet["flags"]


def test_exactly_round_values_are_not_below(honest, found):
    at = [
        row(f"U{n:02d}", f"2023-06-{1 + n:02d}", "Velvet Sdn Bhd", "MY", BUYERS[n % 8], "SG",
            pieces=120, kg=50, usd=2500)
        for n in range(20)
    ]  # fmt: skip
    network, result = found([*honest, *at])
    assert company(network, result, "Velvet")[1]["structuring below a size"] == 1.0


def test_no_flag_alone_says_more_than_its_bound():
    p = np.array([[1e-30, np.nan], [1e-3, 1.0], [1e-3, 1e-3], [np.nan, np.nan], [1.0, 1.0]])
    score = combined(p, RedFlagSettings().least_p)
    assert score[0] == score[1], "bounded, and what is not known is no surprise"
    assert score[2] > score[1]
    assert np.isnan(score[3])
    assert score[4] == 0 and not np.signbit(score[4])
    # Fisher: -2 (ln 0.001 + ln 1) = 13.8 with four degrees of freedom has p = 0.0079.
    assert score[1] == pytest.approx(-np.log10(0.00791), abs=0.002)


def test_every_flag_is_declared_in_full_and_gives_probabilities(honest, found):
    _, result = found([*honest, *ROUTE, *BYSTANDERS])
    assert list(result.p_values.columns) == [flag.name for flag in FLAGS]
    for flag in FLAGS:
        assert flag.question.endswith("?") and flag.source
    values = result.p_values.to_numpy()
    assert ((values[np.isfinite(values)] >= 0) & (values[np.isfinite(values)] <= 1)).all()
    assert result.companies["company_id"].is_unique
    assert "unknown:" not in " ".join(result.companies["company_id"])
    words = " ".join([*result.companies["flags"], *result.shipments["sentence"]]).lower()
    assert not any(word in words for word in ("smuggl", "illegal", "guilty", "nan"))


def test_rows_in_any_order_give_the_same(honest, found):
    rows = [*honest, *ROUTE, *BYSTANDERS]
    _, first = found(rows)
    random.Random(3).shuffle(rows)
    network, second = found(rows)
    turned = anomalies(
        cf.network.Network(
            network.shipments.iloc[::-1].reset_index(drop=True),
            network.directory,
            network.spellings,
            network.records,
        )
    )
    for other in (second, turned):
        pd.testing.assert_frame_equal(first.companies, other.companies)
        pd.testing.assert_frame_equal(first.shipments, other.shipments)


def test_one_record_and_none_and_one_country(found):
    network, result = found(ROUTE[:1])
    assert len(result.companies) == 2 and result.shipments.empty
    assert (result.companies["flags"] == "").all()
    empty = cf.network.Network(
        network.shipments.iloc[:0], network.directory.iloc[:0], network.spellings, network.records
    )
    nothing = anomalies(empty)
    assert nothing.companies.empty and nothing.shipments.empty
    assert nothing.companies.dtypes.equals(result.companies.dtypes)
    home = [(*one[:3], "SG", one[4], "SG", *one[6:]) for one in BYSTANDERS]
    _, alone = found(home)
    assert alone.p_values["detour"].isna().all()


def test_missing_weights_values_and_dates_apart_drop_nothing(honest, found):
    gaps = [
        (*one[:10], None if n % 3 == 0 else one[10], None if n % 4 == 0 else one[11])
        for n, one in enumerate(honest)
    ]
    bare = [(*one[:8], None, None, None, None) for one in honest]
    for rows in (gaps, bare):
        network, result = found(rows)
        assert len(result.companies) == len(network.directory)
        assert not result.companies["flags"].str.contains("nan").any()
    assert result.p_values["value density"].isna().all(), "without figures no answer is made up"


def test_the_table_of_companies_and_the_files_say_it(honest, write_csv, tmp_path):
    rows = [
        row(f"D{n}", f"2023-0{n}-10", "Velvet Sdn Bhd", "MY", BUYERS[n], "SG", kg=60, usd=1_000_000)
        for n in range(1, 5)
    ]
    done = cf.analyze(write_csv([*honest, *rows]), tmp_path / "out")
    table = pd.read_csv(done.folder / "companies.csv")
    columns = list(table.columns)
    assert columns[columns.index("anomaly") + 1] == "anomaly_reasons"
    highest = table.sort_values("anomaly", ascending=False).iloc[0]
    assert "Velvet" in highest["name"] and "4 of 4 shipments" in highest["anomaly_reasons"]
    told = pd.read_csv(done.folder / "anomalies.csv")
    assert list(told.columns) == ["record_id", "score", "sentence"]
    assert set(told["record_id"]) == {"D1", "D2", "D3", "D4"}
    assert "anomalies.csv" in done.summary["tables"]
