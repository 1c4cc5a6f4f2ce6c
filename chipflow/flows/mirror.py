"""What exporters and importers report of the same trade, and where they disagree unusually.

The Growth Lab's way (Bustos and Yildirim; harvard-growth-lab/comtrade-mirroring): the ratio of
imports (with freight) to exports is predicted by distance and held between 1 and 1.20, and each
reporter's reliability is learned from all its pairs. A gap counts only beyond the pair's own past:
differences of a fifth are ordinary (Ferrantino and Wang 2008, doi 10.1016/j.chieco.2008.02.003).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from chipflow.flows.areas import EU, EU_MEMBERS, members
from chipflow.flows.distance import distances
from chipflow.flows.results import LEVEL, Result

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chipflow.flows.corridors import Corridors
    from chipflow.flows.panel import Floats
    from chipflow.flows.series import Flows

COLUMNS = [
    "exporter", "importer", "period", "hs", "exports_usd", "imports_usd", "log_gap",
    "additional_usd", "unrecorded_usd", "unrecorded_share", "low", "high", "status",
]  # fmt: skip
AGREES, UNITS_AGREE = "agrees", "values differ, units agree"
UNRECORDED, ORPHAN = "unrecorded on arrival", "orphan import"
INCOMPLETE = "reporter incomplete"
# Freight and insurance: OECD and IMF studies find 5 to 10% of value; the Growth Lab holds the
# predicted ratio between these.
USUAL_FREIGHT, LEAST_RATIO, MOST_RATIO = 1.07, 1.0, 1.20
# Spread of log gaps where a pair has no past and too few others have one: a difference of more
# than twofold is then one in ten.
_PRIOR_SPREAD = float(np.log(2) / stats.norm.ppf(0.5 + LEVEL / 2))
_PRIOR_PERIODS = 4.0
_FEWEST_PAIRS, _FEWEST_FOR_FREIGHT = 8, 30
_NORMAL = 1.4826
# Units agree when they differ by no more than values ordinarily do.
SAME_UNITS = float(np.log(1.25))
_THOUSAND = float(np.log(1000.0))


def mirror(
    flows: Flows,
    *,
    exporters: Any = None,
    importers: Any = None,
    event: str | None = None,
    hs: Iterable[str] = (),
) -> Result:
    """Compare exports with the partner's imports.

    Parameters
    ----------
    flows
        Country statistics with both sides.
    exporters, importers
        Countries to show; all without. Spreads and freight are learned from all pairs anyway.
    event
        Day before which a pair's gap counts as its own past; without one, all other periods do.
    hs
        Beginnings of HS codes; all goods without any.

    Returns
    -------
    Result
        ``exporter, importer, period, hs, exports_usd, imports_usd, log_gap`` (log of imports over
        exports), ``additional_usd`` (trade above the mean of the pair's past, on the side that
        recorded more), ``unrecorded_usd`` (what one side recorded and the other did not, beyond
        the pair's usual gap; ``low, high`` 90%), ``unrecorded_share`` (of the additional),
        ``status``: ``agrees``; ``values differ, units agree``; ``unrecorded on arrival`` (exports
        without imports); ``orphan import`` (imports without exports); ``reporter incomplete``.
    """
    from chipflow.flows.surge import event_month

    day = None if event is None else event_month(event)
    corridors = flows.corridors(hs)
    flows.coverage  # noqa: B018  # makes the table of broken periods
    pairs, notes = pairs_of(corridors)
    empty = pd.DataFrame(columns=COLUMNS)
    if not len(pairs):
        return Result("mirror", empty, (*notes, _why_none(corridors)))
    if flows.reconciled:
        notes.append(
            "the source made both sides agree (BACI, Growth Lab Atlas): gaps here are of its making"
        )
    freight = _freight(pairs, flows)
    judged = _judge(pairs, freight, day, notes)
    reliability = _reliability(pairs)
    table = judged
    for column, asked, option in (
        ("exporter", exporters, "--origin"),
        ("importer", importers, "--third"),
    ):
        if asked is not None:
            codes = set(members(asked, option))
            codes |= {EU} if set(EU_MEMBERS) <= codes else set()
            table = table[table[column].isin(codes)]
    table = table.sort_values(["exporter", "importer", "hs", "period"]).reset_index(drop=True)
    details: dict[str, Any] = {
        "pairs": int(pairs.groupby(["exporter", "importer"]).ngroups),
        "freight": freight.said,
        "reliability": reliability,
    }
    if len(reliability) >= 10:
        worst = sorted(reliability, key=lambda code: (reliability[code], code))
        named = ", ".join(worst[: max(1, len(worst) // 10)])
        notes.append(f"the reporters that agree least with all their partners: {named}")
    return Result("mirror", table, tuple(notes), details)


def _why_none(corridors: Corridors) -> str:
    found = dict(
        corridors.connection.execute(
            f"SELECT flow, count(DISTINCT reporter) FROM {corridors.name} GROUP BY 1"
        ).fetchall()
    )
    if not found.get("M"):
        return "the files hold exports only: no mirror without the import figures of partners"
    if not found.get("X"):
        return "the files hold imports only: no mirror without the export figures of partners"
    return "no pair of countries reports the same trade in the same periods from both sides"


def pairs_of(corridors: Corridors) -> tuple[pd.DataFrame, list[str]]:
    """Return both sides of each corridor where both countries report at that time."""
    notes: list[str] = []
    listed = ", ".join(f"'{code}'" for code in EU_MEMBERS)
    columns = (
        "sum(value_usd) AS value, CASE WHEN count(weight_kg) = count(*) THEN sum(weight_kg) END AS "
        "weight, CASE WHEN count(quantity) = count(*) AND min(quantity_unit) = max(quantity_unit) "
        "THEN sum(quantity) END AS quantity, min(quantity_unit) AS unit"
    )
    corridors.connection.execute(
        "CREATE OR REPLACE TEMP TABLE sides AS WITH own AS (SELECT flow, "
        "CASE WHEN flow = 'X' THEN reporter ELSE partner END AS exporter, "
        "CASE WHEN flow = 'X' THEN partner ELSE reporter END AS importer, "
        "b.reporter IS NOT NULL AS broken, c.* EXCLUDE (flow) "
        f"FROM {corridors.name} c LEFT JOIN broken b USING (reporter, flow, period) "
        "WHERE frequency <> 'part' AND value_usd IS NOT NULL) "
        "SELECT flow, exporter, importer, frequency, period, hs, value_usd, weight_kg, quantity, "
        "quantity_unit, broken FROM own WHERE exporter <> 'WORLD' AND importer <> 'WORLD'"
    )
    kinds = corridors.connection.execute("SELECT DISTINCT flow, frequency FROM sides").fetchall()
    if {("X", "A"), ("M", "M")} <= {*kinds} or {("M", "A"), ("X", "M")} <= {*kinds}:
        # One side by months and the other by years: months that make a whole year are one.
        corridors.connection.execute(
            "INSERT INTO sides SELECT y.* FROM (SELECT flow, exporter, importer, 'A' AS frequency, "
            "left(period, 4) AS period, hs, sum(value_usd), "
            "CASE WHEN count(weight_kg) = 12 THEN sum(weight_kg) END, "
            "CASE WHEN count(quantity) = 12 AND count(DISTINCT quantity_unit) = 1 THEN "
            "sum(quantity) END, min(quantity_unit), bool_or(broken) FROM sides "
            "WHERE frequency = 'M' GROUP BY flow, exporter, importer, left(period, 4), hs "
            "HAVING count(DISTINCT period) = 12) y ANTI JOIN sides "
            "USING (flow, exporter, importer, frequency, period, hs)"
        )
    for role, flow in (("exporter", "X"), ("importer", "M")):
        other = "M" if flow == "X" else "X"
        has_group = corridors.connection.execute(
            f"SELECT count(*) FROM sides WHERE {role} = '{EU}'"
        ).fetchall()[0][0]
        if not has_group:
            continue
        _without_members(corridors, role, listed)
        for one in (flow, other):
            corridors.connection.execute(
                "INSERT INTO sides SELECT flow, "
                + ", ".join(
                    f"'{EU}'" if name == role else name for name in ("exporter", "importer")
                )
                + ", frequency, period, hs, sum(value_usd), NULL, NULL, NULL, bool_or(broken), "
                f"false FROM sides s WHERE flow = '{one}' AND {role} IN ({listed}) AND NOT EXISTS "
                f"(SELECT 1 FROM sides g WHERE g.{role} = '{EU}' AND g.flow = s.flow "
                f"AND g.period = s.period AND g.hs = s.hs AND g.{_other(role)} = s.{_other(role)}) "
                f"GROUP BY flow, {_other(role)}, frequency, period, hs"
            )
        corridors.connection.execute(
            "CREATE OR REPLACE TEMP TABLE sides AS SELECT * EXCLUDE (alone) FROM sides "
            "WHERE NOT alone"
        )
    frame = corridors.frame(
        f"WITH s AS (SELECT flow, exporter, importer, frequency, period, hs, {columns}, "
        "bool_or(broken) AS broken FROM sides GROUP BY flow, exporter, importer, frequency, "
        "period, hs), "
        "x AS (SELECT * FROM s WHERE flow = 'X'), m AS (SELECT * FROM s WHERE flow = 'M'), "
        "rx AS (SELECT DISTINCT exporter, period, hs FROM x), "
        "rm AS (SELECT DISTINCT importer, period, hs FROM m), "
        "j AS (SELECT coalesce(x.exporter, m.exporter) AS exporter, "
        "coalesce(x.importer, m.importer) AS importer, coalesce(x.frequency, m.frequency) AS "
        "frequency, coalesce(x.period, m.period) AS period, coalesce(x.hs, m.hs) AS hs, "
        "x.value AS exports, m.value AS imports, x.weight AS export_weight, m.weight AS "
        "import_weight, x.quantity AS export_quantity, m.quantity AS import_quantity, "
        "x.unit AS export_unit, m.unit AS import_unit, "
        "coalesce(x.broken, false) OR coalesce(m.broken, false) AS broken FROM x FULL JOIN m ON "
        "x.exporter = m.exporter AND x.importer = m.importer AND x.period = m.period "
        "AND x.hs = m.hs AND x.frequency = m.frequency) "
        "SELECT j.* FROM j SEMI JOIN rx USING (exporter, period, hs) "
        "SEMI JOIN rm USING (importer, period, hs) WHERE exporter <> importer ORDER BY ALL"
    )
    return frame, notes


def _without_members(corridors: Corridors, role: str, listed: str) -> None:
    """Leave members out of a comparison whose other side names their group only."""
    other = _other(role)
    same = f"{{0}}.{other} = s.{other} AND {{0}}.period = s.period AND {{0}}.hs = s.hs"
    corridors.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE grouped AS SELECT DISTINCT flow, {other}, period, hs "
        f"FROM sides WHERE {role} = '{EU}'"
    )
    corridors.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE single AS SELECT DISTINCT flow, {other}, period, hs "
        f"FROM sides WHERE {role} IN ({listed})"
    )
    corridors.connection.execute(
        "CREATE OR REPLACE TEMP TABLE sides AS SELECT *, "
        f"{role} IN ({listed}) AND EXISTS (SELECT 1 FROM grouped g WHERE g.flow <> s.flow AND "
        f"{same.format('g')}) AND NOT EXISTS (SELECT 1 FROM single m WHERE m.flow <> s.flow AND "
        f"{same.format('m')}) AS alone FROM sides s"
    )


def _other(role: str) -> str:
    return "importer" if role == "exporter" else "exporter"


@dataclass(frozen=True)
class _Freight:
    ratio: Floats
    said: str


def _freight(pairs: pd.DataFrame, flows: Flows) -> _Freight:
    """Predict the ratio of imports to exports of each row by distance."""
    far = distances(flows.distances).rename(columns={"km": "km_apart"})
    merged = pairs[["exporter", "importer"]].merge(far, on=["exporter", "importer"], how="left")
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.log(pairs["imports"].to_numpy(float) / pairs["exports"].to_numpy(float))
        distance = np.log(merged["km_apart"].to_numpy(float))
    near = np.nan_to_num(merged["contiguous"].to_numpy(float))
    where = "CEPII" if flows.distances else "points in the middle of countries"
    # Twofold differences are no freight.
    usable = np.isfinite(gap) & np.isfinite(distance) & (np.abs(gap) < np.log(2))
    usual = np.full(len(pairs), USUAL_FREIGHT)
    if usable.sum() < _FEWEST_FOR_FREIGHT:
        return _Freight(
            usual,
            f"imports are taken to be {USUAL_FREIGHT} times exports: too few pairs to learn from",
        )
    design = np.column_stack([np.ones(usable.sum()), distance[usable], near[usable]])
    within = _demeaned(
        np.column_stack([gap[usable], design[:, 1:]]),
        pairs["exporter"].to_numpy()[usable],
        pairs["importer"].to_numpy()[usable],
    )
    slope = np.linalg.lstsq(within[:, 1:], within[:, 0], rcond=None)[0]
    level = float(np.mean(gap[usable] - design[:, 1:] @ slope))
    predicted = np.exp(level + slope[0] * distance + slope[1] * near)
    ratio = np.where(
        np.isfinite(predicted), np.clip(predicted, LEAST_RATIO, MOST_RATIO), USUAL_FREIGHT
    )
    return _Freight(
        ratio,
        f"ratio of imports to exports by log distance ({where}): slope {slope[0]:.3f}, held "
        f"between {LEAST_RATIO} and {MOST_RATIO}, median {np.median(ratio):.3f}",
    )


def _demeaned(values: Floats, first: np.ndarray, second: np.ndarray) -> Floats:
    """Take the effects of both reporters out, by turns (two-way within transformation)."""
    frame = pd.DataFrame(values)
    one, other = pd.factorize(first)[0], pd.factorize(second)[0]
    for _ in range(20):
        frame = frame - frame.groupby(one).transform("mean")
        frame = frame - frame.groupby(other).transform("mean")
    return np.asarray(frame.to_numpy())


def _judge(
    pairs: pd.DataFrame, freight: _Freight, day: str | None, notes: list[str]
) -> pd.DataFrame:
    both = pairs.assign(ratio=freight.ratio)
    with np.errstate(divide="ignore", invalid="ignore"):
        both["log_gap"] = np.log(both["imports"] / both["exports"])
    both.loc[~np.isfinite(both["log_gap"]), "log_gap"] = np.nan
    broken = both["broken"].to_numpy(dtype=bool)
    keys = ["exporter", "importer", "hs", "frequency"]
    past = ~broken if day is None else (both["period"] < day[:7]) & ~broken
    if day is not None:
        past &= ~((both["frequency"] == "A") & (both["period"] >= day[:4]))
    before = both[past]
    grouped = before.groupby(keys)
    known = grouped["log_gap"].agg(base="median", periods="count")
    spread = (before["log_gap"] - grouped["log_gap"].transform("median")).abs()
    known["own"] = _NORMAL * spread.groupby([before[key] for key in keys]).median()
    known["usual_exports"] = grouped["exports"].mean()
    known["usual_imports"] = grouped["imports"].mean()
    settled = known.loc[known["periods"] >= 3, "own"]
    prior = float(settled.median()) if len(settled) >= _FEWEST_PAIRS else _PRIOR_SPREAD
    if len(settled) < _FEWEST_PAIRS:
        notes.append(
            "too few pairs have a past to learn how far both sides usually differ: a difference of "
            "more than twofold is taken for unusual"
        )
    # Without an event a period is in the pair's own past too: three are needed to outvote it.
    known = known[known["periods"] >= (3 if day is None else 1)]
    both = both.merge(known.reset_index(), on=keys, how="left")
    periods = both["periods"].fillna(0).to_numpy(float)
    own = both["own"].where(both["periods"] >= 2).fillna(prior).to_numpy(float)
    seen = np.where(periods >= 2, periods, 0.0)
    scale = np.sqrt((_PRIOR_PERIODS * prior**2 + seen * own**2) / (_PRIOR_PERIODS + seen))
    base = both["base"].fillna(np.log(both["ratio"])).to_numpy(float)
    reach = stats.t.ppf(0.5 + LEVEL / 2, _PRIOR_PERIODS + seen) * scale
    # A fifth is ordinary, however close both sides were before.
    reach = np.maximum(reach, np.log(MOST_RATIO))
    exports, imports = both["exports"].to_numpy(float), both["imports"].to_numpy(float)
    thousands = _in_thousands(both, broken, notes)
    x, m = np.nan_to_num(exports), np.nan_to_num(imports)
    gap = both["log_gap"].to_numpy(float)
    with np.errstate(invalid="ignore"):
        more_exports = np.where(np.isfinite(gap), gap < base - reach, x > m)
        more_imports = np.where(np.isfinite(gap), gap > base + reach, m > x)
    same_units = _same_units(both)
    status = np.full(len(both), AGREES, dtype=object)
    status[more_exports] = UNRECORDED
    status[more_imports] = ORPHAN
    status[(more_exports | more_imports) & same_units] = UNITS_AGREE
    incomplete = broken | thousands
    status[incomplete] = INCOMPLETE
    side = m > x * np.exp(base)

    def unrecorded(level: Floats) -> Floats:
        # In the exporter's values: imports without the pair's usual ratio.
        return np.asarray(np.where(side, m * np.exp(-level) - x, x - m * np.exp(-level)))

    middle, one, other = unrecorded(base), unrecorded(base - reach), unrecorded(base + reach)
    low, high = np.minimum(one, other), np.maximum(one, other)
    more = np.where(
        side, m - both["usual_imports"].to_numpy(float), x - both["usual_exports"].to_numpy(float)
    )
    hide = incomplete
    return pd.DataFrame(
        {
            "exporter": both["exporter"],
            "importer": both["importer"],
            "period": both["period"],
            "hs": both["hs"],
            "exports_usd": exports,
            "imports_usd": imports,
            "log_gap": gap,
            "additional_usd": np.where(hide, np.nan, more),
            "unrecorded_usd": np.where(hide, np.nan, np.maximum(middle, 0.0)),
            "unrecorded_share": np.where(
                hide | ~(more > 0) | (status == AGREES),
                np.nan,
                np.maximum(middle, 0.0) / np.where(more > 0, more, np.nan),
            ),
            "low": np.where(hide, np.nan, np.maximum(low, 0.0)),
            "high": np.where(hide, np.nan, np.maximum(high, 0.0)),
            "status": status,
        }
    )


def _same_units(both: pd.DataFrame) -> np.ndarray:
    same = (both["export_unit"] == both["import_unit"]).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        units = np.abs(
            np.log(
                both["import_quantity"].to_numpy(float) / both["export_quantity"].to_numpy(float)
            )
        )
        weights = np.abs(
            np.log(both["import_weight"].to_numpy(float) / both["export_weight"].to_numpy(float))
        )
    by_units = same & (units <= SAME_UNITS)
    return np.asarray(by_units | (~np.isfinite(units) & (weights <= SAME_UNITS)))


def _in_thousands(both: pd.DataFrame, broken: np.ndarray, notes: list[str]) -> np.ndarray:
    """Tell rows of reporters whose values are about a thousand times off with every partner."""
    wrong = np.zeros(len(both), dtype=bool)
    gaps = both.loc[~broken & both["log_gap"].notna()]
    for role, sign in (("exporter", 1), ("importer", -1)):
        by = gaps.groupby(role)["log_gap"].agg(["median", "count"])
        partners = gaps.groupby(role)[_other(role)].nunique()
        for code, row in zip(by.index.astype(str), by.itertuples(index=False), strict=True):
            off = abs(abs(float(row[0])) - _THOUSAND) < np.log(2)
            if off and (partners[code] >= 2 or row[1] >= 3):
                small = (float(row[0]) > 0) == (sign > 0)
                notes.append(
                    f"{code}'s {'exports' if role == 'exporter' else 'imports'} are about a "
                    f"thousand times {'smaller' if small else 'larger'} than its partners' figures "
                    "all along: one side is likely in thousands; its gaps are not counted"
                )
                wrong |= (both[role] == code).to_numpy()
    return wrong


def _reliability(pairs: pd.DataFrame) -> dict[str, float]:
    """Return each reporter's reliability 1 - a, where |X - M| / (X + M) = a_j + a_k."""
    known = pairs.dropna(subset=["exports", "imports"])
    if not len(known):
        return {}
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        apart = (known["exports"] - known["imports"]).abs() / (known["exports"] + known["imports"])
    apart = apart.groupby([known["exporter"], known["importer"]]).median()
    codes = sorted({code for pair in apart.index for code in pair})
    place = {code: at for at, code in enumerate(codes)}
    first = np.array([place[pair[0]] for pair in apart.index])
    second = np.array([place[pair[1]] for pair in apart.index])
    distance = np.nan_to_num(apart.to_numpy(float))
    own = np.full(len(codes), distance.mean() / 2)
    seen = np.bincount(first, minlength=len(codes)) + np.bincount(second, minlength=len(codes))
    for _ in range(50):
        # Damped, for two reporters that have only each other.
        new = (
            np.bincount(first, distance - own[second], len(codes))
            + np.bincount(second, distance - own[first], len(codes))
        ) / seen
        own = np.clip(0.5 * own + 0.5 * new, 0.0, 1.0)
    return {code: round(float(1 - own[at]), 3) for code, at in place.items()}
