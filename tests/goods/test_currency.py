"""Values in US dollars by the month of the record, from the shipped table of rates."""

import datetime as dt
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pytest

from chipflow.errors import TableError
from chipflow.goods.measures.currency import in_dollars, rates

HEADER = "month,currency,usd,source\n"


def one(**cells: Any) -> pd.Series:
    row = {"date": dt.date(2024, 1, 15), "value_usd": None, "value": None, "currency": None}
    table = pd.DataFrame([row | cells]).astype(
        {"date": "datetime64[s]", "value_usd": "Float64", "value": "Float64", "currency": "str"}
    )
    return in_dollars(ibis.memtable(table)).execute().iloc[0]


def test_dollars_stay_as_they_are() -> None:
    row = one(value_usd=5.0, value=9.0, currency="EUR")
    assert row.usd == 5.0
    assert pd.isna(row.usd_note)


def test_value_in_dollars_needs_no_rate() -> None:
    assert one(value=7.0, currency="usd").usd == 7.0


def test_rate_of_the_month_is_used_and_named() -> None:
    # ECB reference rates of January 2024: 1 EUR = 1.0905 USD in the mean.
    row = one(value=100.0, currency="EUR")
    assert row.usd == pytest.approx(109.05, rel=1e-3)
    assert "EUR" in row.usd_note
    assert "2024-01" in row.usd_note
    assert "ECB" in row.usd_note


def test_december_is_no_month_of_the_next_year() -> None:
    assert "2023-12" in one(date=dt.date(2023, 12, 31), value=1.0, currency="CNY").usd_note


@pytest.mark.parametrize(
    ("currency", "day", "dollars", "source"),
    [
        # Central bank rates of the day, within the few per cent that quarters leave open.
        ("AED", dt.date(2017, 6, 1), 1 / 3.6725, "peg"),
        ("AED", dt.date(2024, 1, 15), 1 / 3.6725, "US Treasury"),
        ("RUB", dt.date(2024, 1, 15), 1 / 88.7, "US Treasury"),
        ("RUB", dt.date(2021, 1, 15), 1 / 74.2, "ECB"),
        ("VND", dt.date(2023, 6, 15), 1 / 23500, "US Treasury"),
        ("KZT", dt.date(2024, 6, 15), 1 / 455, "US Treasury"),
        ("UZS", dt.date(2024, 6, 15), 1 / 12600, "US Treasury"),
        ("PKR", dt.date(2024, 1, 15), 1 / 280, "US Treasury"),
        ("TWD", dt.date(2024, 1, 15), 1 / 31.2, "Federal Reserve"),
    ],
)
def test_currencies_that_the_ecb_does_not_quote(
    currency: str, day: dt.date, dollars: float, source: str
) -> None:
    row = one(value=1.0, currency=currency, date=day)
    assert row.usd == pytest.approx(dollars, rel=0.05)
    assert source in row.usd_note


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"currency": "IRR"}, "no rate of IRR in 2024-01"),
        ({"currency": "KZT", "date": dt.date(2019, 5, 1)}, "no rate of KZT in 2019-05"),
        ({"currency": None}, "no currency stated"),
        ({"currency": "EUR", "date": None}, "no date stated"),
    ],
)
def test_what_cannot_be_converted_is_said(cells: dict[str, Any], why: str) -> None:
    row = one(value=100.0, **cells)
    assert pd.isna(row.usd)
    assert why in row.usd_note


def test_no_value_is_no_complaint() -> None:
    row = one(value=0.0, currency="AED")
    assert pd.isna(row.usd)
    assert pd.isna(row.usd_note)


def test_shipped_rates_are_sane() -> None:
    table = rates().to_pandas()
    assert (table["rate"] > 0).all()
    assert not table.duplicated(["rate_month", "rate_currency"]).any()
    # A slip in a rate shows as a leap between two months; currencies have fallen by half at most.
    ordered = table.sort_values(["rate_currency", "rate_month"])
    leap = ordered.groupby("rate_currency")["rate"].pct_change().abs()
    assert leap.max() < 0.5


@pytest.mark.parametrize(
    "row",
    ["2024-13,EUR,1.1,x", "2024-01,EUR,nothing,x", "2024-01,EUR,-1,x", "2024-01,EUR,1.1,",
     "2024-01,EUR,1,x\n2024-01,EUR,2,x"],
)  # fmt: skip
def test_wrong_rates_name_the_row(tmp_path: Path, row: str) -> None:
    file = tmp_path / "rates.csv"
    file.write_text(HEADER + row + "\n", encoding="utf-8")
    with pytest.raises(TableError, match="row"):
        rates(file)
