"""Add rates that the European Central Bank does not quote to the table of rates.

    python scripts/rates_table.py TREASURY.csv H10.csv

TREASURY.csv is the Treasury Reporting Rates of Exchange of the US Treasury (Fiscal Data, a work of
the US government) with the columns Record Date, Exchange Rate, Effective Date and ISO Currency
Code; H10.csv holds monthly means of the Federal Reserve's H.10 release as datahub.io/core/
exchange-rates packs them (Date, Country, Exchange rate). Rows of other sources in the table stay;
rows that this script wrote before are written again.

The Treasury gives a rate for the end of each quarter, and others where a currency moved: between
two of them a month gets the geometric mean weighted by days, at its middle.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import math
import sys
from pathlib import Path

RATES = Path(__file__).parent.parent / "chipflow" / "goods" / "tables" / "rates.csv"
TREASURY = "US Treasury, quarterly"
FED = "Federal Reserve H.10"
PEG = "peg to the dollar"
# Official rates of these are far from what traders paid, so their values stay unconverted.
OFFICIAL_ONLY = frozenset(
    (
        "IRR",
        "SYP",
        "LBP",
        "VES",
        "VEF",
        "ZWL",
        "ZWG",
        "ZIG",
        "CUP",
        "CUC",
        "SSP",
        "SDG",
        "ERN",
        "MMK",
        "TMT",
        "SLL",
        "SLE",
    )
)
H10_COUNTRIES = {"Taiwan": "TWD", "Sri Lanka": "LKR"}
# Pegged at one rate through all years of the table; the series shows it for 2021 to 2025.
PEGGED = frozenset(("AED", "BHD", "JOD", "OMR", "QAR", "SAR"))
# Factor by which a rate that goes and comes back is no rate.
SLIP = 2.0
FIRST, LAST = (2015, 1), (2026, 12)


def months(first: tuple[int, int], last: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the months from the first to the last."""
    start, end = (year * 12 + month - 1 for year, month in (first, last))
    return [divmod(n, 12) for n in range(start, end + 1)]


def treasury(path: Path) -> dict[str, dict[dt.date, float]]:
    """Read the points of each currency: units for one dollar on a day."""
    points: dict[str, dict[dt.date, float]] = {}
    with path.open(newline="", encoding="utf-8-sig") as stream:
        for line in csv.DictReader(stream):
            code = line["ISO Currency Code"].strip().upper()
            if code and code not in OFFICIAL_ONLY:
                day = dt.date.fromisoformat(line["Effective Date"])
                points.setdefault(code, {})[day] = float(line["Exchange Rate"])
    return {code: without_slips(one) for code, one in points.items()}


def without_slips(points: dict[dt.date, float]) -> dict[dt.date, float]:
    """Leave out a point that is far from both its neighbours: a slip in the series."""
    days = sorted(points)
    slips = {
        day
        for before, day, after in zip(days, days[1:], days[2:], strict=False)
        if min(points[before], points[after]) * SLIP < points[day]
        or max(points[before], points[after]) > SLIP * points[day]
        if (points[day] - points[before]) * (points[day] - points[after]) > 0
    }
    return {day: rate for day, rate in points.items() if day not in slips}


def between(points: dict[dt.date, float], day: dt.date) -> float | None:
    """Return the rate of a day between two points, None outside of them."""
    before = max((one for one in points if one <= day), default=None)
    after = min((one for one in points if one >= day), default=None)
    if before is None or after is None:
        return None
    if before == after:
        return points[before]
    share = (day - before).days / (after - before).days
    return math.exp((1 - share) * math.log(points[before]) + share * math.log(points[after]))


def rows(treasury_file: Path, h10: Path, held: set[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Return the rows to add: month, currency, dollars for one unit, source."""
    found: dict[tuple[str, str], tuple[float, str]] = {}
    with h10.open(newline="", encoding="utf-8-sig") as stream:
        for date, country, rate in list(csv.reader(stream))[1:]:
            if country in H10_COUNTRIES and date >= f"{FIRST[0]}" and rate:
                found[date[:7], H10_COUNTRIES[country]] = 1 / float(rate), FED
    for code, points in treasury(treasury_file).items():
        for year, month in months(FIRST, LAST):
            key = f"{year}-{month + 1:02d}", code
            rate = between(points, dt.date(year, month + 1, 15))
            if key in found or key in held:
                continue
            if rate is not None:
                found[key] = 1 / rate, TREASURY
            elif code in PEGGED:
                found[key] = 1 / points[max(points)], PEG
    return [
        (month, code, f"{usd:.6g}", source)
        for (month, code), (usd, source) in sorted(found.items())
    ]


def main() -> int:
    """Write the table again with the rows added."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("treasury", type=Path)
    parser.add_argument("h10", type=Path)
    given = parser.parse_args()
    with RATES.open(newline="", encoding="utf-8") as stream:
        head, *lines = csv.reader(stream)
    kept = [line for line in lines if line[3] not in (TREASURY, FED, PEG)]
    quoted = {line[1] for line in kept} - {"RUB"}
    held = {(line[0], line[1]) for line in kept}
    added = [row for row in rows(given.treasury, given.h10, held) if row[1] not in quoted | {"USD"}]
    with RATES.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(sorted([*map(tuple, kept), *added]))
    print(f"{len(kept)} rows kept, {len(added)} added: {len({row[1] for row in added})} currencies")
    return 0


if __name__ == "__main__":
    sys.exit(main())
