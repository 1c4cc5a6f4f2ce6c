"""Value per kilogram and per unit by corridor, as both sides report it.

Where both sides count the same units and give other values, one of them is wrong about the value:
servers that Malaysia sold to China in 2024 and 2025 were 17,000 dollars each for one side and
106,000 for the other. Where unit values rise after an event, a corridor carries other goods than
before (Chupilkin, Javorcik and Plekhanov 2023).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from chipflow.flows.areas import members
from chipflow.flows.corridors import ALL_GOODS
from chipflow.flows.mirror import SAME_UNITS
from chipflow.flows.results import LEVEL, Result

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chipflow.flows.corridors import Corridors
    from chipflow.flows.panel import Floats
    from chipflow.flows.series import Flows

COLUMNS = [
    "exporter", "importer", "period", "hs", "export_usd_per_kg", "import_usd_per_kg",
    "export_usd_per_unit", "import_usd_per_unit", "quantity_unit", "export_quantity",
    "import_quantity", "times_apart", "units_agree", "change", "low", "high", "p_value",
]  # fmt: skip
_MEASURES = (
    "export_usd_per_unit",
    "import_usd_per_unit",
    "export_usd_per_kg",
    "import_usd_per_kg",
)
_FEWEST = 3  # periods before the event


def unit_values(
    flows: Flows,
    *,
    exporters: Any = None,
    importers: Any = None,
    event: str | None = None,
    hs: Iterable[str] = (),
) -> Result:
    """Compare values per kg and per unit between both sides, and with the corridor's own past.

    Parameters
    ----------
    flows
        Country statistics with weights or quantities.
    exporters, importers
        Countries to show; all without.
    event
        Day before which a corridor's unit values are its past.
    hs
        Beginnings of HS codes; mixed goods have no unit value, so give some.

    Returns
    -------
    Result
        ``exporter, importer, period, hs``, USD per kg and per unit of both sides,
        ``quantity_unit``, both quantities, ``times_apart`` (import over export unit value),
        ``units_agree`` (quantities within a quarter), then ``change`` of the unit value against
        the mean before the event (0.5: half as much again) with ``low, high`` (90%) and
        ``p_value`` (two-sided t on the spread of the periods before; three at least).

    Notes
    -----
    Estimated weights and quantities are not used: they are made from the value. Zero of no unit
    means that none was reported.
    """
    from chipflow.flows.surge import event_month

    day = None if event is None else event_month(event)
    corridors = flows.corridors(hs)
    flows.coverage  # noqa: B018  # makes the table of broken periods
    notes: list[str] = []
    empty = pd.DataFrame(columns=COLUMNS)
    goods = corridors.connection.execute(
        "SELECT count(DISTINCT hs), min(hs) FROM series"
    ).fetchall()
    if not corridors.hs and (goods[0][0] > 1 or goods[0][1] == ALL_GOODS):
        notes.append("all goods together have no unit value worth the name: give --hs")
        return Result("unit_values", empty, tuple(notes))
    table = _both_sides(corridors)
    if not len(table):
        return Result(
            "unit_values", empty, ("no row has a weight or a quantity that was not estimated",)
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        for word in ("export", "import"):
            for name, unit in (("weight", "kg"), ("quantity", "unit")):
                amount = table[f"{word}_{name}"].where(table[f"{word}_{name}"] > 0)
                table[f"{word}_usd_per_{unit}"] = table[f"{word}_value"] / amount
        same = (table["export_unit"] == table["import_unit"]).fillna(False).astype(bool)
        by_unit = (table["import_usd_per_unit"] / table["export_usd_per_unit"]).where(same)
        by_kg = table["import_usd_per_kg"] / table["export_usd_per_kg"]
        units = pd.Series(np.abs(np.log(table["import_quantity"] / table["export_quantity"])))
        weights = pd.Series(np.abs(np.log(table["import_weight"] / table["export_weight"])))
    apart = units.where(same).fillna(weights)
    table = table.assign(
        times_apart=by_unit.fillna(by_kg),
        units_agree=(apart <= SAME_UNITS).astype("boolean").where(apart.notna()),
        quantity_unit=table["export_unit"].fillna(table["import_unit"]),
        **_changes(table, day),
    )
    for column, asked, option in (
        ("exporter", exporters, "--origin"),
        ("importer", importers, "--third"),
    ):
        if asked is not None:
            table = table[table[column].isin(members(asked, option))]
    return Result("unit_values", table[COLUMNS].reset_index(drop=True), tuple(notes))


def _both_sides(corridors: Corridors) -> pd.DataFrame:
    """Return what both sides report of each corridor, or the one that reports an amount."""
    side = (
        "SELECT {0} AS exporter, {1} AS importer, frequency, period, hs, value_usd AS value, "
        "weight_kg AS weight, quantity, quantity_unit AS unit FROM amounts WHERE flow = '{2}'"
    )
    columns = ", ".join(
        f"{short}.{name} AS {word}_{name}"
        for short, word in (("x", "export"), ("m", "import"))
        for name in ("value", "weight", "quantity", "unit")
    )
    return corridors.frame(
        f"WITH amounts AS (SELECT * FROM {corridors.name} ANTI JOIN broken "
        "USING (reporter, flow, period) WHERE partner <> 'WORLD' AND "
        "(weight_kg > 0 OR quantity > 0)), "
        f"x AS ({side.format('reporter', 'partner', 'X')}), "
        f"m AS ({side.format('partner', 'reporter', 'M')}) "
        f"SELECT exporter, importer, frequency, period, hs, {columns}, "
        "dense_rank() OVER (ORDER BY exporter, importer, hs, frequency) - 1 AS corridor "
        "FROM x FULL JOIN m USING (exporter, importer, frequency, period, hs) "
        "ORDER BY exporter, importer, hs, period"
    )


def _changes(table: pd.DataFrame, day: str | None) -> dict[str, Floats]:
    """Return the change of the unit value against the periods before the event.

    One measure a corridor (that which is there most often), so that kinds are never mixed.
    """
    values = table[list(_MEASURES)].to_numpy(dtype=float)
    nothing = np.full(len(table), np.nan)
    if day is None:
        return dict.fromkeys(("change", "low", "high", "p_value"), nothing)
    corridor = table["corridor"].to_numpy(dtype=np.int64)
    size = int(corridor.max()) + 1
    seen = np.array([np.bincount(corridor, np.isfinite(one), size) for one in values.T])
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(values[np.arange(len(table)), seen.argmax(axis=0)[corridor]])
    period, yearly = table["period"], (table["frequency"] == "A").to_numpy()
    early = (period < day[:7]).to_numpy() & ~(yearly & (period >= day[:4]).to_numpy())
    known = early & np.isfinite(logs)
    count = np.bincount(corridor[known], minlength=size).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(corridor[known], logs[known], size) / count
        squares = np.bincount(corridor[known], (logs[known] - mean[corridor[known]]) ** 2, size)
        # The error of one period against a mean of n: s times the root of 1 + 1/n.
        spread = np.sqrt(squares / (count - 1) * (1 + 1 / count))[corridor]
        change = logs - mean[corridor]
        degrees = np.maximum(count[corridor] - 1, 1)
        shown = (count[corridor] >= _FEWEST) & ~early & np.isfinite(change) & (spread > 0)
        reach = stats.t.ppf(0.5 + LEVEL / 2, degrees) * spread
        p_value = np.full(len(table), np.nan)
        p_value[shown] = 2 * stats.t.sf(np.abs(change / spread)[shown], degrees[shown])
    return {
        "change": np.where(shown, np.expm1(change), np.nan),
        "low": np.where(shown, np.expm1(change - reach), np.nan),
        "high": np.where(shown, np.expm1(change + reach), np.nan),
        "p_value": p_value,
    }
