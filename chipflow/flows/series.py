"""The table of series: who reports how much trade with whom, and what can be asked of it."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from chipflow.flows.areas import EU, EU_CHANGING, EU_MEMBERS, WORLD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chipflow.flows.corridors import Corridors
    from chipflow.flows.read import LeftOut
    from chipflow.flows.results import Result

SERIES_COLUMNS = (
    "reporter", "partner", "flow", "period", "hs", "value_usd", "weight_kg", "quantity",
    "quantity_unit", "source",
)  # fmt: skip
# What stands behind the columns of the contract: the amount before conversion.
KEPT_BESIDE = ("value", "currency", "revision")
LEFT_COLUMNS = ("source", "source_row", "column", "value", "reason", "rows")
_KEY = "reporter, partner, flow, period, hs"


@dataclass(frozen=True)
class Flows:
    """Country statistics, each amount once, in an embedded DuckDB.

    Attributes
    ----------
    connection
        DuckDB with the table ``series``: the columns of ``series.parquet``, with ``frequency``
        (``M``, ``A`` or ``part``), ``digits`` (length of the HS code, 0 for all goods) and
        ``rows`` (rows of the files behind a cell).
    left_out
        ``source, source_row, column, value, reason, rows``: what is not in the series, equal
        reasons counted together with the first row they stand in.
    sheets, inputs
        What was understood of each table; path, SHA-256 and size of each file.
    counts
        Rows ``rows_in, used, rejected, repeated, aggregates, parts_of_totals``; they add up.
    warnings
        What a reader of any result should know, one sentence each.
    distances
        Files of distances between countries.
    """

    connection: Any
    left_out: pd.DataFrame
    sheets: list[dict[str, Any]]
    inputs: list[dict[str, Any]]
    counts: dict[str, int]
    warnings: list[str]
    distances: list[Path] = field(default_factory=list)
    _corridors: dict[tuple[str, ...], Any] = field(default_factory=dict, repr=False)

    @property
    def series(self) -> pd.DataFrame:
        """All series in a stated order: the columns of ``series.parquet``."""
        columns = ", ".join((*SERIES_COLUMNS, *KEPT_BESIDE))
        frame: pd.DataFrame = self.connection.execute(
            f"SELECT {columns} FROM series ORDER BY ALL"
        ).df()
        return frame

    @property
    def reconciled(self) -> bool:
        """Whether any source made both sides agree, so that a mirror says nothing of it."""
        return any(sheet.get("reconciled") for sheet in self.sheets)

    def __len__(self) -> int:
        return int(self.connection.execute("SELECT count(*) FROM series").fetchall()[0][0])

    def __repr__(self) -> str:
        found = self.connection.execute(
            "SELECT count(DISTINCT reporter), count(DISTINCT partner), min(period), max(period) "
            "FROM series"
        ).fetchall()[0]
        return (
            f"<Flows: {len(self):,} amounts, {found[0]} reporters, {found[1]} partners, "
            f"{found[2]} to {found[3]}>"
        )

    @cached_property
    def common(self) -> dict[str, str | None]:
        """The one ``currency`` and the one ``quantity_unit`` of all amounts; None for several.

        A unit is empty where nothing is counted.
        """
        currencies, units = self.connection.execute(
            "SELECT list(DISTINCT coalesce(currency, '')), "
            "list(DISTINCT coalesce(quantity_unit, '')) FILTER (quantity IS NOT NULL) FROM series"
        ).fetchall()[0]
        return {
            "currency": currencies[0] if currencies and len(currencies) == 1 else None,
            "quantity_unit": (units or [""])[0] if len(units or [""]) == 1 else None,
        }

    def corridors(self, hs: Iterable[str] = ()) -> Corridors:
        """Return trade by reporter, partner, flow and period, added up for the goods asked about.

        Parameters
        ----------
        hs
            Beginnings of HS codes; all goods without any.
        """
        from chipflow.flows.corridors import Corridors, hs_codes

        wanted = hs_codes(hs)
        if wanted not in self._corridors:
            self._corridors[wanted] = Corridors(self, wanted)
        found: Corridors = self._corridors[wanted]
        return found

    @cached_property
    def coverage(self) -> Result:
        """Which reporter is there in which period, and where its figures break off.

        Returns
        -------
        Result
            ``reporter, period, rows, total, status, flow``; see
            :mod:`chipflow.flows.coverage`.
        """
        from chipflow.flows.coverage import coverage

        return coverage(self.corridors())

    def mirror(self, **options: Any) -> Result:
        """Compare what exporters and importers report; see :func:`chipflow.flows.mirror.mirror`."""
        from chipflow.flows.mirror import mirror

        return mirror(self, **options)

    def surge(self, origin: Any, event: str, **options: Any) -> Result:
        """Compare trade after an event with before; see :func:`chipflow.flows.surge.surge`."""
        from chipflow.flows.surge import surge

        return surge(self, origin, event, **options)

    def divert(self, origin: Any, destination: Any, event: str, **options: Any) -> Result:
        """Estimate which share of a fall reappears; see :func:`chipflow.flows.divert.divert`."""
        from chipflow.flows.divert import divert

        return divert(self, origin, destination, event, **options)

    def unit_values(self, **options: Any) -> Result:
        """Compare values per kg and unit; see :func:`chipflow.flows.unit_values.unit_values`."""
        from chipflow.flows.unit_values import unit_values

        return unit_values(self, **options)

    def gravity(self, origin: Any, event: str, **options: Any) -> Result:
        """Estimate hubs after an event; see :func:`chipflow.flows.gravity.gravity`."""
        from chipflow.flows.gravity import gravity

        return gravity(self, origin, event, **options)


def build(
    parts: list[Any],
    ready: list[Path],
    *,
    left: LeftOut,
    sheets: list[dict[str, Any]],
    inputs: list[dict[str, Any]],
    errors: list[str],
    distances: list[Path],
) -> Flows:
    """Add up the tables of all files, each amount once.

    Parameters
    ----------
    parts
        Arrow tables as :class:`chipflow.flows.read.Converter` makes them.
    ready
        ``series.parquet`` files of earlier runs.
    left, sheets, inputs, errors, distances
        What was left out, understood, read and not read so far.

    Returns
    -------
    Flows
    """
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")
    warnings = list(errors)
    _cells(connection, parts)
    aggregates = 0
    if parts:
        _one_export(connection)
        warnings += _one_source(connection, left)
        aggregates = _without_groups(connection, left)
    if parts:
        _rates(connection)
    _series(connection, ready)
    warnings += _said_of(connection, sheets)
    rejected = sum(
        rows for (_, _, _, reason), (_, rows) in left.found.items() if not reason.startswith("[")
    )
    used = connection.execute("SELECT coalesce(sum(rows), 0)::BIGINT FROM series").fetchall()[0][0]
    repeated = sum(sheet["repeated"] for sheet in sheets)
    split = sum(sheet["parts_of_totals"] for sheet in sheets)
    rows_in = sum(sheet["rows"] for sheet in sheets) + sum(
        connection.execute(f"SELECT count(*) FROM read_parquet('{_quoted(path)}')").fetchall()[0][0]
        for path in ready
    )
    counts = {
        "rows_in": int(rows_in),
        "used": int(used),
        "rejected": int(rejected - repeated - split),
        "repeated": int(repeated),
        "aggregates": int(aggregates),
        "parts_of_totals": int(split),
    }
    rows: list[tuple[Any, ...]] = [
        (source, row or None, column, value, reason.lstrip("["), number)
        for (source, column, value, reason), (row, number) in left.found.items()
    ]
    rows.sort(key=lambda row: (row[0], row[2], row[4], row[3]))
    frame = pd.DataFrame(rows, columns=list(LEFT_COLUMNS))
    frame["source_row"] = frame["source_row"].astype("Int64")
    return Flows(connection, frame, sheets, inputs, counts, warnings, distances)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _cells(connection: Any, parts: list[Any]) -> None:
    import pyarrow as pa

    if not parts:
        return
    connection.register("parts", pa.concat_tables(parts))
    whole = "CASE WHEN count({0}) = count(*) THEN sum({0}) END AS {0}"
    connection.execute(
        "CREATE TABLE cells AS SELECT reporter, reporter_kind, partner, partner_kind, flow, "
        "period, frequency, hs, revision, currency, quantity_unit, source, agency, "
        f"sum(value) AS value, {whole.format('weight_kg')}, {whole.format('quantity')}, "
        "count(*) AS rows FROM parts WHERE reporter <> partner GROUP BY ALL "
    )
    # What a country trades with itself (returned goods, US goods back) is kept out of corridors.
    connection.unregister("parts")


def _one_export(connection: Any) -> None:
    """Use exports with re-exports; add domestic exports and re-exports only without a total."""
    for total, parts in (("X", ("RX", "DX")), ("M", ("RM", "DM"))):
        listed = ", ".join(f"'{part}'" for part in parts)
        connection.execute(
            f"CREATE OR REPLACE TABLE cells AS WITH whole AS (SELECT DISTINCT reporter, source "
            f"FROM cells WHERE flow = '{total}') "
            "SELECT c.* REPLACE (CASE WHEN c.flow IN "
            f"({listed}) AND w.reporter IS NULL THEN '{total}' ELSE c.flow END AS flow) "
            "FROM cells c LEFT JOIN whole w USING (reporter, source)"
        )
    found = connection.execute("SELECT count(*) FROM cells WHERE flow IN ('X', 'M')").fetchall()
    keys = (
        "reporter, reporter_kind, partner, partner_kind, flow, period, frequency, hs, revision, "
        "currency, quantity_unit, source, agency"
    )
    distinct = connection.execute(
        f"SELECT count(*) FROM (SELECT DISTINCT {keys} FROM cells WHERE flow IN ('X', 'M'))"
    ).fetchall()
    if found != distinct:
        whole = "CASE WHEN count({0}) = count(*) THEN sum({0}) END AS {0}"
        connection.execute(
            f"CREATE OR REPLACE TABLE cells AS SELECT {keys}, sum(value) AS value, "
            f"{whole.format('weight_kg')}, {whole.format('quantity')}, sum(rows)::BIGINT AS rows "
            "FROM cells GROUP BY ALL"
        )


def _one_source(connection: Any, left: LeftOut) -> list[str]:
    """Where several files or HS revisions give the same cell, use one of them."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE rivals AS WITH each AS ("
        f"SELECT {_KEY}, source, revision, agency, currency, sum(value) AS value FROM cells "
        "GROUP BY ALL), "
        "ranked AS (SELECT agency, count(*) AS size FROM cells GROUP BY ALL), "
        f"many AS (SELECT {_KEY}, count(*) AS n FROM each GROUP BY ALL HAVING count(*) > 1) "
        "SELECT each.*, row_number() OVER (PARTITION BY "
        "each.reporter, each.partner, each.flow, each.period, each.hs "
        "ORDER BY size DESC, source DESC, revision DESC NULLS LAST, currency) AS place, "
        "max(value) OVER (PARTITION BY each.reporter, each.partner, each.flow, each.period, "
        "each.hs) > 1.000001 * min(value) OVER (PARTITION BY each.reporter, each.partner, "
        "each.flow, each.period, each.hs) AS differ "
        f"FROM each JOIN many USING ({_KEY}) JOIN ranked USING (agency)"
    )
    found = connection.execute(
        "SELECT count(*) FILTER (place > 1), count(*) FILTER (place > 1 AND differ) FROM rivals"
    ).fetchall()[0]
    if not found[0]:
        return []
    lost = (
        "FROM cells c JOIN rivals r ON r.place > 1 AND c.reporter = r.reporter AND "
        "c.partner = r.partner AND c.flow = r.flow AND c.period = r.period AND c.hs = r.hs AND "
        "c.source = r.source AND c.revision IS NOT DISTINCT FROM r.revision AND "
        "c.currency = r.currency"
    )
    for source, differ, rows in connection.execute(
        f"SELECT c.source, r.differ, sum(c.rows)::BIGINT {lost} GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        reason = (
            "another file gives this cell too, with another value"
            if differ
            else "another file gives this cell too, with the same value"
        )
        left.add(source, "", "", reason, 0, int(rows))
    connection.execute(
        "CREATE OR REPLACE TABLE cells AS SELECT c.* FROM cells c ANTI JOIN "
        "(SELECT * FROM rivals WHERE place > 1) r ON c.reporter = r.reporter AND "
        "c.partner = r.partner AND c.flow = r.flow AND c.period = r.period AND c.hs = r.hs AND "
        "c.source = r.source AND c.revision IS NOT DISTINCT FROM r.revision AND "
        "c.currency = r.currency"
    )
    if not found[1]:
        return []
    return [
        f"{found[1]:,} amounts stand in several files (or HS revisions) with different values; "
        "the agency with more rows is used, then the file whose name comes last"
    ]


def _without_groups(connection: Any, left: LeftOut) -> int:
    """Leave out groups of countries where their members are there; return how many rows."""
    members = ", ".join(f"'{code}'" for code in EU_MEMBERS)
    # Which (reporter, flow, period, hs) have country partners, and which EU members report.
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE alone AS SELECT reporter, flow, period, hs FROM cells "
        "WHERE partner_kind IN ('country', 'former') GROUP BY ALL"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE reporting AS SELECT partner, flow, period, hs FROM cells "
        f"WHERE reporter IN ({members}) GROUP BY ALL"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE cells AS SELECT c.*, CASE "
        f"WHEN reporter_kind = 'group' AND reporter <> '{EU}' THEN 'reporter' "
        f"WHEN reporter = '{EU}' AND EXISTS (SELECT 1 FROM reporting r WHERE "
        "r.partner = c.partner AND r.flow = c.flow AND r.period = c.period AND r.hs = c.hs) "
        "THEN 'reporter' "
        f"WHEN partner_kind = 'group' AND partner NOT IN ('{WORLD}', '{EU}') THEN 'partner' "
        "WHEN partner_kind = 'group' AND EXISTS (SELECT 1 FROM alone a WHERE "
        "a.reporter = c.reporter AND a.flow = c.flow AND a.period = c.period AND a.hs = c.hs) "
        "THEN 'partner' WHEN flow NOT IN ('X', 'M') THEN 'flow' END AS dropped FROM cells c"
    )
    total = 0
    for source, role, name, rows in connection.execute(
        "SELECT source, dropped, CASE dropped WHEN 'reporter' THEN reporter WHEN 'partner' "
        "THEN partner ELSE flow END, sum(rows)::BIGINT FROM cells WHERE dropped IS NOT NULL "
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        what = {
            "reporter": "a group of reporters whose members are used, or whose members change",
            "partner": "a group of partners whose members are used, or whose members change",
            "flow": "a part of exports or imports that are in the table too",
        }[role]
        left.add(source, role, _group_name(name), "[" + what, 0, int(rows))
        total += int(rows)
    connection.execute("DELETE FROM cells WHERE dropped IS NOT NULL")
    return total


def _group_name(code: str) -> str:
    return "European Union as it was in each year" if code == EU_CHANGING else code


def _rates(connection: Any) -> None:
    from chipflow.flows.read import rates_text

    foreign = connection.execute("SELECT count(*) FROM cells WHERE currency <> 'USD'").fetchall()
    if not foreign[0][0]:
        connection.execute("CREATE TABLE rates (month VARCHAR, currency VARCHAR, usd DOUBLE)")
        return
    rates = pd.read_csv(io.StringIO(rates_text()))
    yearly = rates.assign(month=rates["month"].str[:4]).groupby(["month", "currency"])
    full = yearly["usd"].agg(["mean", "size"]).reset_index()
    full = full[full["size"] == 12].rename(columns={"mean": "usd"})  # a part of a year is no year
    both = pd.concat([rates[["month", "currency", "usd"]], full[["month", "currency", "usd"]]])
    connection.register("both_rates", both.reset_index(drop=True))
    connection.execute("CREATE TABLE rates AS SELECT * FROM both_rates")
    connection.unregister("both_rates")


def _series(connection: Any, ready: list[Path]) -> None:
    selects = []
    has_cells = connection.execute(
        "SELECT count(*) FROM information_schema.tables WHERE table_name = 'cells'"
    ).fetchall()[0][0]
    if has_cells:
        selects.append(
            "SELECT reporter, partner, flow, c.period, hs, CASE WHEN c.currency = 'USD' THEN value "
            "ELSE value * usd END AS value_usd, weight_kg, quantity, quantity_unit, source, value, "
            "c.currency AS currency, revision, rows FROM cells c LEFT JOIN rates r "
            "ON r.month = left(c.period, 7) AND r.currency = c.currency"
        )
    for path in ready:
        import pyarrow.parquet as pq

        names = pq.read_schema(path).names
        amount = "value" if "value" in names else "value_usd"
        money = "currency" if "currency" in names else "'USD'"
        version = "revision" if "revision" in names else "CAST(NULL AS VARCHAR)"
        selects.append(
            f"SELECT {', '.join(SERIES_COLUMNS)}, {amount} AS value, {money} AS currency, "
            f"{version} AS revision, 1 AS rows FROM read_parquet('{_quoted(path)}')"
        )
    connection.execute(
        "CREATE TABLE series AS SELECT *, CASE WHEN length(period) = 4 THEN 'A' "
        "WHEN length(period) = 7 THEN 'M' ELSE 'part' END AS frequency, "
        "CASE WHEN hs = 'TOTAL' THEN 0 ELSE length(hs) END::UTINYINT AS digits FROM "
        f"({' UNION ALL '.join(selects)})"
    )
    if has_cells:
        connection.execute("DROP TABLE cells")


def _said_of(connection: Any, sheets: list[dict[str, Any]]) -> list[str]:
    said = []
    unconverted = connection.execute(
        "SELECT currency, count(*), min(period), max(period) FROM series "
        "WHERE value_usd IS NULL AND value IS NOT NULL GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for currency, rows, first, last in unconverted:
        said.append(
            f"{rows:,} amounts in {currency} between {first} and {last} could not be converted: "
            "no rate of the European Central Bank; they are used in shares and changes only where "
            "all amounts have that currency"
        )
    revisions = connection.execute(
        "SELECT list(DISTINCT revision ORDER BY revision) FROM series "
        "WHERE digits >= 6 AND revision LIKE 'H%'"
    ).fetchall()[0][0]
    if revisions and len(revisions) > 1:
        said.append(
            f"codes of {len(revisions)} HS revisions ({', '.join(revisions)}) are mixed: at six "
            "digits a code may mean other goods in another revision, so that a change at a change "
            "of revision may be none; four digits of chapters 84 and 85 are steadier"
        )
    parts = connection.execute(
        "SELECT list(DISTINCT period ORDER BY period) FROM series WHERE frequency = 'part'"
    ).fetchall()[0][0]
    if parts:
        said.append(
            f"periods that are a part of a year ({', '.join(parts[:5])}) are compared with nothing"
        )
    if any(sheet.get("reconciled") for sheet in sheets):
        said.append(
            "a source whose two sides were made to agree (BACI, Growth Lab Atlas) is among the "
            "files: its mirror gaps say nothing"
        )
    return said
