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
from scipy import special, stats

from chipflow.flows.areas import members
from chipflow.flows.corridors import ALL_GOODS
from chipflow.flows.mirror import SAME_UNITS
from chipflow.flows.results import LEVEL, Result

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

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
    if not corridors.hs and _mixed(corridors):
        said = "all goods together have no unit value worth the name: give --hs"
        return Result("unit_values", pd.DataFrame(columns=COLUMNS), (said,))
    sides = "".join(
        f" AND {side} IN {(*members(asked, option), '')}"
        for side, asked, option in (
            ("exporter", exporters, "--origin"),
            ("importer", importers, "--third"),
        )
        if asked is not None
    )
    if not _compare(corridors, sides):
        said = "no row has a weight or a quantity that was not estimated"
        return Result("unit_values", pd.DataFrame(columns=COLUMNS), (said,))
    table = corridors.connection.sql(_SHOWN.format(*_past(day))).to_arrow_table().to_pandas()
    table = table.assign(units_agree=table["units_agree"].astype("boolean"), **_changes(table))
    return Result("unit_values", table[COLUMNS])


def _mixed(corridors: Corridors) -> bool:
    """Say whether the series hold more than one kind of goods."""
    kinds, first = corridors.sql("SELECT count(DISTINCT hs), min(hs) FROM series").fetchall()[0]
    return bool(kinds > 1 or first == ALL_GOODS)


# Each side's row, with its values per kg and unit; then what both say together.
_SIDE = (
    "SELECT {0} AS exporter, {1} AS importer, frequency, period, hs, quantity_unit AS {3}_unit, "
    "quantity AS {3}_quantity, weight_kg AS {3}_weight, "
    "value_usd / CASE WHEN weight_kg > 0 THEN weight_kg END AS {3}_usd_per_kg, "
    "value_usd / CASE WHEN quantity > 0 THEN quantity END AS {3}_usd_per_unit "
    "FROM amounts WHERE flow = '{2}'"
)
_BOTH = (
    "CREATE OR REPLACE TEMP TABLE compared AS WITH amounts AS (SELECT * FROM {0} ANTI JOIN broken "
    "USING (reporter, flow, period) WHERE partner <> 'WORLD' AND (weight_kg > 0 OR quantity > 0)), "
    "x AS ("
    + _SIDE.format("reporter", "partner", "X", "export")
    + "), m AS ("
    + _SIDE.format("partner", "reporter", "M", "import")
    + ") SELECT *, coalesce(export_unit = import_unit, false) AS same "
    "FROM x FULL JOIN m USING (exporter, importer, frequency, period, hs) WHERE true{1}"
)
_APART = "abs(ln(CASE WHEN import_{0} > 0 AND export_{0} > 0 THEN import_{0} / export_{0} END))"
_TIMES = "import_usd_per_{0} / nullif(export_usd_per_{0}, 0)"
# Units where both sides count the same, else weights.
_BY = "coalesce(CASE WHEN same THEN {0} END, {1})"
_SHOWN = (
    # Rows are sorted by the place of their corridor, which is quicker than by its names.
    "WITH past AS (SELECT exporter, importer, hs, frequency, dense_rank() OVER (ORDER BY exporter, "
    "importer, hs) AS place, {0} FROM compared GROUP BY exporter, importer, hs, frequency) "
    "SELECT exporter, importer, period, hs, export_usd_per_kg, import_usd_per_kg, "
    "export_usd_per_unit, import_usd_per_unit, coalesce(export_unit, import_unit) AS "
    "quantity_unit, export_quantity, import_quantity, "
    f"{_BY.format(_TIMES.format('unit'), _TIMES.format('kg'))} AS times_apart, "
    f"{_BY.format(_APART.format('quantity'), _APART.format('weight'))} <= {SAME_UNITS} "
    "AS units_agree, {1} "
    "FROM compared JOIN past USING (exporter, importer, hs, frequency) ORDER BY place, period"
)


def _compare(corridors: Corridors, sides: str) -> int:
    """Lay what both sides report of each corridor side by side; return the number of rows."""
    corridors.sql(_BOTH.format(corridors.name, sides))
    return int(corridors.sql("SELECT count(*) FROM compared").fetchall()[0][0])


def _past(day: str | None) -> tuple[str, str]:
    """Write what is worked out of a corridor's past, and what is shown of it in each row.

    ``count``, ``mean`` and ``spread`` (standard deviation) are of the logs of the unit value before
    the event, and ``log`` is that of the row; missing in rows before it.
    """
    if day is None:
        return "count(*) AS n", "NULL::DOUBLE AS log, 0 AS count, 0.0 AS mean, 0.0 AS spread"
    early = f"period < '{day[:7]}' AND NOT (frequency = 'A' AND period >= '{day[:4]}')"
    log = "ln(CASE WHEN {0} > 0 THEN {0} END)"
    worked_out = ", ".join(
        f"count({name}) AS {name}_n, count({one}) FILTER ({early}) AS {name}_count, "
        f"avg({one}) FILTER ({early}) AS {name}_mean, "
        f"stddev_samp({one}) FILTER ({early}) AS {name}_spread"
        for name in _MEASURES
        for one in (log.format(name),)
    )
    shown = [f"CASE WHEN NOT ({early}) THEN {_of_most(log.format('{0}'))} END AS log"]
    shown += [f"{_of_most('{0}_' + what)} AS {what}" for what in ("count", "mean", "spread")]
    return worked_out, ", ".join(shown)


def _of_most(written: str) -> str:
    """Write an expression for the measure that a corridor has most often."""
    most = ", ".join(f"{name}_n" for name in _MEASURES)
    cases = " ".join(f"WHEN {name}_n THEN {written.format(name)}" for name in _MEASURES)
    return f"CASE greatest({most}) {cases} END"


def _changes(table: pd.DataFrame) -> dict[str, Floats]:
    """Return the change of the unit value against the periods before the event."""
    count = table["count"].to_numpy(dtype=float)
    # The error of one period against a mean of n: s times the root of 1 + 1/n.
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = table["spread"].to_numpy(dtype=float) * np.sqrt(1 + 1 / count)
    change = (table["log"] - table["mean"]).to_numpy(dtype=float)
    shown = np.flatnonzero((count >= _FEWEST) & np.isfinite(change) & (spread > 0))
    change, spread, degrees = change[shown], spread[shown], count[shown] - 1
    # Corridors share few numbers of periods.
    different, code = np.unique(degrees, return_inverse=True)
    reach = np.asarray(stats.t.ppf(0.5 + LEVEL / 2, different))[code] * spread
    found = {
        "change": np.expm1(change),
        "low": np.expm1(change - reach),
        "high": np.expm1(change + reach),
        "p_value": 2 * special.stdtr(degrees, -np.abs(change / spread)),
    }
    return {name: _among(values, shown, len(table)) for name, values in found.items()}


def _among(values: Floats, at: npt.NDArray[np.intp], size: int) -> Floats:
    """Return values at their places among rows that have none."""
    whole = np.full(size, np.nan)
    whole[at] = values
    return whole
