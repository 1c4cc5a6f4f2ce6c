"""Trade by reporter, partner, flow and period in the goods asked about, at one level of codes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from chipflow.errors import ParameterError

if TYPE_CHECKING:
    import pandas as pd

    from chipflow.flows.series import Flows

ALL_GOODS = "TOTAL"


def hs_codes(hs: Iterable[str] | str | None) -> tuple[str, ...]:
    """Return beginnings of HS codes, each once and none the beginning of another.

    Raises
    ------
    ParameterError
        One is no beginning of an HS code.
    """
    parts = re.split(r"[,;\s]+", hs) if isinstance(hs, str) else list(hs or ())
    found = [part.replace(".", "") for part in parts if part]
    for part in found:
        if not re.fullmatch(r"\d{2,10}", part):
            raise ParameterError(
                f"--hs: {part!r} is no beginning of an HS code; give 2 to 10 digits, such as 8471"
            )
    kept = [one for one in found if not any(one != o and one.startswith(o) for o in found)]
    return tuple(dict.fromkeys(sorted(kept)))


def _quoted(text: str) -> str:
    return text.replace("'", "''")


class Corridors:
    """One aggregation of the series, which all methods share.

    Parameters
    ----------
    flows
        The series.
    hs
        Beginnings of HS codes as :func:`hs_codes` gives them.

    Attributes
    ----------
    name
        The table in DuckDB: ``reporter, partner, flow, frequency, period, hs, value, value_usd,
        weight_kg, quantity, quantity_unit, rows``; ``hs`` is the beginning asked about, or
        ``TOTAL``. Of two levels of codes that hold the same goods only one is added up.
    currency
        The one currency of ``value``; ``USD`` where there are several, and then ``value`` is
        ``value_usd``.
    """

    def __init__(self, flows: Flows, hs: tuple[str, ...]) -> None:
        self.flows, self.hs = flows, hs
        self.connection = flows.connection
        self.name = "corridors_" + ("_".join(hs) or "all")
        self.currency = flows.common["currency"] or "USD"
        self._make()

    def sql(self, query: str) -> Any:
        """Run a query."""
        return self.connection.execute(query)

    def frame(self, query: str) -> pd.DataFrame:
        """Run a query and return pandas."""
        found: pd.DataFrame = self.connection.execute(query).df()
        return found

    def _make(self) -> None:
        value = "value" if self.currency != "USD" else "value_usd"
        whole = "CASE WHEN count({0}) = count(*) THEN sum({0}) END AS {0}"
        wanted = f"'{self.hs[0] if self.hs else ALL_GOODS}'"
        if len(self.hs) > 1:
            cases = " ".join(f"WHEN starts_with(hs, '{one}') THEN '{one}'" for one in self.hs)
            wanted = f"CASE {cases} END"
        where = (
            "WHERE " + " OR ".join(f"starts_with(hs, '{one}')" for one in self.hs)
            if self.hs
            else ""
        )
        one_level = self.sql(f"SELECT min(digits) = max(digits) FROM series {where}").fetchall()
        source = f"(SELECT *, {wanted} AS wanted FROM series {where})"
        if one_level[0][0] is False:
            # The coarsest level that a reporter gives in a period: finer ones are its parts.
            connect = "reporter, flow, period, source, wanted"
            source = (
                f"(SELECT s.* FROM {source} s JOIN (SELECT {connect}, min(digits) AS digits FROM "
                f"{source} GROUP BY ALL) l USING ({connect}, digits))"
            )
        units = self.flows.common["quantity_unit"]
        same = "count(quantity) = count(*)"
        unit = f"'{_quoted(units)}'" if units else "NULL::VARCHAR"
        if units is None:
            same += " AND min(quantity_unit) = max(quantity_unit)"
            unit = "min(quantity_unit)"
        # One code stands in every row, and need not be grouped by.
        keys = "reporter, partner, flow, period" + (", wanted" if len(self.hs) > 1 else "")
        self.connection.execute(
            f'CREATE OR REPLACE TEMP TABLE "{self.name}" AS SELECT reporter, partner, flow, '
            "CASE length(period) WHEN 4 THEN 'A' WHEN 7 THEN 'M' ELSE 'part' END AS frequency, "
            f"period, {'wanted' if len(self.hs) > 1 else wanted} AS hs, sum({value}) AS value, "
            f"sum(value_usd) AS value_usd, {whole.format('weight_kg')}, "
            f"CASE WHEN {same} THEN sum(quantity) END AS quantity, "
            f"CASE WHEN {same} THEN {unit} END AS quantity_unit, sum(rows) AS rows "
            f"FROM {source} GROUP BY {keys}"
        )
        self.name = f'"{self.name}"'

    @property
    def empty(self) -> bool:
        """Whether no series has these goods."""
        return not self.sql(f"SELECT count(*) FROM {self.name}").fetchall()[0][0]
