"""How honest and how fast the methods for country statistics are.

    python benchmarks/flows.py                # intervals, p-values, speed
    python benchmarks/flows.py --worlds 50 --rows 1000000
    python benchmarks/flows.py --real FOLDER  # p-values of Eurostat's yearly files

Prints (1) how often the 90% interval of the diverted share holds the truth in made-up worlds of
statistics where 0, 10, 50 and 100% of a fall were diverted, with noise, breaks and missing months;
(2) how p-values are spread in worlds without an event; (3) seconds of each method on a file of
monthly rows over the seconds of one aggregation of that file.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from chipflow.flows import Flows, read_flows
from chipflow.flows.areas import EU_MEMBERS

EVENT = "2022-03-01"
THIRDS = ("AM", "KG", "KZ")
SHARES = (0.0, 0.1, 0.5, 1.0)
REPORTERS = EU_MEMBERS[:6]
PARTNERS = [
     "AE", "AR", "AU", "AZ", "BA", "BD", "BR", "BY", "CA", "CH", "CL", "CN", "CO", "EG", "GE",
    "HK", "ID", "IL", "IN", "IR", "JP", "KE", "KR", "KW", "LB", "MA", "MD", "ME", "MK", "MX",
    "MY", "NG", "NO", "NZ", "PE", "PH", "PK", "QA", "RS", "SA", "SG", "TH", "TN", "TR", "TW",
    "UA", "US", "UY", "UZ", "VN", "ZA",
]  # fmt: skip


def made_up_values(
    seed: int, share: float, *, fall: float = 0.6, yearly: bool = False, first: int = 2014
) -> tuple[list[str], np.ndarray, float, np.random.Generator]:
    """Make trade by partner and period in which a known share of a fall is diverted.

    Parameters
    ----------
    seed
        Of everything drawn.
    share
        Share of the fall to RU that goes to AM, KG and KZ instead.
    fall
        Share of the trade with RU that falls away at the event; 0 for a world without one.
    yearly
        Years instead of months.
    first
        First year; the last is 2024.

    Returns
    -------
    tuple
        Partners; values (partners x periods); the fall in value; the generator, to go on with.
    """
    random = np.random.default_rng(seed)
    season = 1 if yearly else 12
    count = (2024 - first + 1) * season
    time_at = np.arange(count)
    event = (2022 - first) if yearly else (2022 - first) * 12 + 2
    partners = [*PARTNERS, *THIRDS, "RU"]
    level = np.exp(random.normal(17, 1.3, len(partners)))
    level[partners.index("RU")] = 4e8
    for code in THIRDS:
        level[partners.index(code)] = np.exp(random.normal(np.log(3e7), 0.3))
    common = np.cumsum(random.normal(0.04 / season, 0.05 / np.sqrt(season), count))
    own = np.cumsum(random.standard_t(5, (len(partners), count)) * 0.06 / np.sqrt(season), axis=1)
    noise = random.normal(0, 0.05 if yearly else 0.10, (len(partners), count))
    waves = 0.1 * np.sin(2 * np.pi * (time_at / season + random.random((len(partners), 1))))
    value = level[:, None] * np.exp(common + own + noise + (0 if yearly else waves))
    ru = partners.index("RU")
    lost = value[ru, event:] * fall
    value[ru, event:] -= lost
    split = random.dirichlet([2, 2, 2])
    for code, part in zip(THIRDS, split, strict=True):
        value[partners.index(code), event:] += share * part * lost
    return partners, value, float(lost.sum()), random


def made_up_world(
    seed: int, share: float, *, fall: float = 0.6, yearly: bool = False, first: int = 2014
) -> pd.DataFrame:
    """Make rows of statistics of six reporters from :func:`made_up_values`.

    Returns
    -------
    pandas.DataFrame
        Columns as UN Comtrade names them. One reporter's figures fall by 97% for half a year (or
        a year), and one cell in a hundred is missing.
    """
    partners, value, _, random = made_up_values(seed, share, fall=fall, yearly=yearly, first=first)
    season, count = (1 if yearly else 12), value.shape[1]
    event = (2022 - first) if yearly else (2022 - first) * 12 + 2
    parts = random.dirichlet(np.full(len(REPORTERS), 3.0), len(partners))
    periods = [
        f"{first + at}" if yearly else f"{first + at // 12}{at % 12 + 1:02d}" for at in range(count)
    ]
    broken = random.integers(season, event - season)
    rows = []
    for at, reporter in enumerate(REPORTERS):
        own_part = parts[:, at, None] * value
        if at == 0:
            own_part[:, broken : broken + max(1, season // 2)] *= 0.03
        place, when = np.nonzero(random.random(own_part.shape) > 0.01)
        rows.append(
            pd.DataFrame(
                {
                    "reporterISO": reporter,
                    "partnerISO": np.array(partners)[place],
                    "flowCode": "X",
                    "period": np.array(periods)[when],
                    "cmdCode": "8542",
                    "primaryValue": own_part[place, when].round(2),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def read(frame: pd.DataFrame) -> Flows:
    """Read made-up statistics as a file (as ``series.parquet``, which is read fastest)."""
    period = frame["period"]
    frame = pd.DataFrame(
        {
            "reporter": frame["reporterISO"],
            "partner": frame["partnerISO"],
            "flow": frame["flowCode"],
            "period": period.where(period.str.len() == 4, period.str[:4] + "-" + period.str[4:]),
            "hs": frame["cmdCode"],
            "value_usd": frame["primaryValue"],
            "weight_kg": np.nan,
            "quantity": np.nan,
            "quantity_unit": pd.Series([None] * len(frame), dtype="str"),
            "source": "made up",
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "series.parquet"
        frame.to_parquet(path, index=False)
        return read_flows(path)


def intervals(worlds: int, yearly: bool) -> None:
    """Print how often the interval holds the truth, for each diverted share."""
    every = "years" if yearly else "months"
    print(f"Diverted share, {worlds} made-up worlds each, {every} (90% intervals):")
    for share in SHARES:
        held, middles, without = 0, [], 0
        for seed in range(worlds):
            frame = made_up_world(1000 + seed, share, yearly=yearly)
            found = read(frame).divert(
                ",".join(REPORTERS), "RU", EVENT, third=",".join(THIRDS), hs=["8542"], seed=seed
            )
            total = found.details["total"]["partners' growth"]
            if total.get("share") is None or "low" not in total:
                without += 1
                continue
            held += total["low"] <= share <= total["high"]
            middles.append(total["share"])
        given = worlds - without
        print(
            f"  truth {share:4.0%}: held in {held / max(given, 1):.1%} of {given} "
            f"(no share given in {without}); median estimate {np.median(middles):.1%}"
        )


def uniform(worlds: int, yearly: bool) -> None:
    """Print how p-values are spread where nothing happened."""
    found = []
    for seed in range(worlds):
        frame = made_up_world(5000 + seed, 0.0, fall=0.0, yearly=yearly)
        table = read(frame).surge(",".join(REPORTERS), EVENT, hs=["8542"]).table
        found.append(table["p_value"].dropna().to_numpy())
    # One p-value a world for the test: those of one world share its median partner.
    firsts = np.array([values[seed % len(values)] for seed, values in enumerate(found)])
    pooled = np.concatenate(found)
    test = stats.kstest(firsts, "uniform")
    every = "years" if yearly else "months"
    shares = ", ".join(
        f"{level:.0%}: {(pooled <= level).mean():.1%}" for level in (0.01, 0.05, 0.1, 0.5)
    )
    print(f"p-values without an event, {worlds} worlds, {every}: at most {shares};")
    print(f"  Kolmogorov-Smirnov against uniform, one a world: p = {test.pvalue:.3f}")


def real(path: Path) -> None:
    """Print how p-values of real statistics are spread at days on which little happened."""
    flows = read_flows(path)
    for year in (2016, 2018, 2019, 2020, 2021, 2022):
        table = flows.surge("EU", f"{year}-01-01").table.dropna(subset=["p_value"])
        shares = ", ".join(
            f"{level:.0%}: {(table['p_value'] <= level).mean():.1%}" for level in (0.05, 0.1, 0.5)
        )
        print(f"{year}-01-01, {len(table)} partners: p at most {shares}")


def speed(rows: int) -> None:
    """Print seconds of each method over those of one aggregation."""
    import duckdb

    months, codes = 120, 12
    partners = max(10, rows // (len(EU_MEMBERS) * months * codes))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "series.parquet"
        _large(path, partners, months, codes)
        start = time.perf_counter()
        with duckdb.connect() as connection:
            size = connection.execute(
                "SELECT sum(n) FROM (SELECT reporter, partner, flow, period, sum(value_usd), "
                f"count(*) AS n FROM read_parquet('{path}') GROUP BY 1, 2, 3, 4)"
            ).fetchall()[0][0]
        print(
            f"one aggregation of {size:,} monthly rows: {time.perf_counter() - start:.2f} s (cold)"
        )
        flows = read_flows(path)
        once = _aggregation(flows)
        print(f"one aggregation in the engine: {once:.2f} s; methods in multiples of it:")
        for name, run in _methods(",".join(EU_MEMBERS)).items():
            flows = read_flows(path)
            if name != "coverage":
                _ = flows.coverage
            start = time.perf_counter()
            run(flows)
            seconds = time.perf_counter() - start
            print(f"  {name}: {seconds:.2f} s = {seconds / once:.1f} times")


def _methods(origin: str) -> dict[str, Callable[[Flows], object]]:
    return {
        "coverage": lambda flows: flows.coverage,
        "surge": lambda flows: flows.surge(origin, EVENT, destination="RU", third="AM,KZ"),
        "divert": lambda flows: flows.divert(origin, "RU", EVENT, third="AM,KZ"),
        "mirror": lambda flows: flows.mirror(event=EVENT),
        "unit_values": lambda flows: flows.unit_values(event=EVENT, hs=["8542"]),
    }


def _aggregation(flows: Flows) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        flows.connection.execute(
            "CREATE OR REPLACE TEMP TABLE once AS SELECT reporter, partner, flow, period, "
            "sum(value_usd) AS value, sum(weight_kg) AS weight, sum(quantity) AS quantity "
            "FROM series GROUP BY 1, 2, 3, 4"
        )
        best = min(best, time.perf_counter() - start)
    return best


def _large(path: Path, partners: int, months: int, codes: int) -> None:
    import duckdb
    import pycountry

    names = sorted(country.alpha_2 for country in pycountry.countries)
    others = [code for code in names if code not in EU_MEMBERS]
    chosen = sorted({*others[: partners - 3], "AM", "KZ", "RU"})
    frames = {
        "r": pd.DataFrame({"reporter": EU_MEMBERS}),
        "p": pd.DataFrame({"partner": chosen, "level": np.linspace(5, 9, len(chosen))}),
        "t": pd.DataFrame(
            {"period": [f"{2014 + at // 12}-{at % 12 + 1:02d}" for at in range(months)]}
        ),
        "h": pd.DataFrame({"hs": [f"8542{at:02d}" for at in range(codes)]}),
    }
    with duckdb.connect() as connection:
        for name, frame in frames.items():
            connection.register(name, frame)
        connection.execute(
            "COPY (SELECT reporter, partner, 'X' AS flow, period, hs, exp(level + random()) AS "
            "value_usd, random() AS weight_kg, 1 + random() AS quantity, 'pieces' AS "
            "quantity_unit, 'made up' AS source FROM r, p, t, h) TO '"
            + str(path)
            + "' (FORMAT parquet)"
        )


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--only", choices=["intervals", "p-values", "speed"])
    parser.add_argument("--yearly", action="store_true", help="years only")
    parser.add_argument("--real", type=Path, help="a folder of the EU's yearly exports")
    given = parser.parse_args()
    if given.real is not None:
        real(given.real)
        return
    for yearly in (True,) if given.yearly else (False, True):
        if given.only in (None, "intervals"):
            intervals(given.worlds, yearly)
        if given.only in (None, "p-values"):
            uniform(given.worlds, yearly)
    if given.only in (None, "speed"):
        speed(given.rows)


if __name__ == "__main__":
    main()
