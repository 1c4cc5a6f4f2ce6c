"""Country statistics of any agency become one table of series, each amount counted once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chipflow.errors import InputError
from chipflow.flows.areas import area
from chipflow.flows.files import Table, open_tables
from chipflow.flows.periods import from_year_and_month, parse_period
from chipflow.flows.sources import Source, Value, knowledge, load_layout, recognise
from chipflow.progress import silent
from chipflow.records.mapping.places import place_words

if TYPE_CHECKING:
    from chipflow.flows.series import Flows
    from chipflow.progress import Progress

_MISSING = frozenset(
    {"", "-", "--", ":", "..", "...", "n/a", "na", "nan", "null", "none", "c", "x"}
)
_DECIMAL_COMMA = r"^-?(\d{1,3}(\.\d{3})+|\d+),(\d{1,2}|\d{4,})$"
_TOTAL = re.compile(
    r"^(total|all|ag0|all (products|commodities)|合計|總計|tout|insgesamt|всего|999999)\b", re.I
)
_HS_FIRST = re.compile(r"^'?(\d[\d. ]*\d|\d)(?=$|\s*[-:]|\s+\D)")
_LONGEST_HS = 10
_WAYS = {"export": "X", "import": "M"}
_SHOWN_VALUE = 200
# Up to here pandas compares whole rows faster than DuckDB starts.
_SMALL = 50_000


@dataclass
class LeftOut:
    """Rows that are not in the series: where, why, how many; equal reasons are counted together."""

    found: dict[tuple[str, str, str, str], list[int]] = field(default_factory=dict)

    def add(self, source: str, column: str, value: str, reason: str, row: int, rows: int) -> None:
        """Count rows."""
        if rows:
            entry = self.found.setdefault((source, column, value[:_SHOWN_VALUE], reason), [row, 0])
            entry[0], entry[1] = min(entry[0], row), entry[1] + rows


def read_flows(
    *paths: str | Path,
    layout: str | Path | None = None,
    strict: bool = False,
    distances: str | Path | None = None,
    progress: Progress = silent,
) -> Flows:
    """Read country statistics: who reports how much trade with whom, by month or year.

    Parameters
    ----------
    *paths
        Files, folders or globs: UN Comtrade (CSV or JSON, new and old columns), Eurostat Comext
        (Relational View or bulk), CEPII BACI, US Census (JSON), Trade Data Monitor, Taiwan
        customs, Growth Lab Atlas, national files, ``series.parquet`` of an earlier run. A file of
        distances (CEPII GeoDist, ``.dta`` or CSV) among them is recognised.
    layout
        A TOML file that names columns; see :func:`chipflow.flows.sources.load_layout`.
    strict
        Stop at the first file that cannot be read, instead of leaving it out.
    distances
        A file of distances between countries; without any, distances between points in the middle
        of countries are taken.
    progress
        Who is told how the work goes on.

    Returns
    -------
    Flows
        ``flows.series`` is the table; ``flows.coverage`` says what is missing.

    Raises
    ------
    InputError
        No file can be used, or with ``strict`` any cannot.
    LayoutError
        The layout does not hold together.
    ParameterError
        No path.

    Notes
    -----
    Groups of countries (EU27, Euro area, World) are told from countries and never added to them:
    they are used only where no row of their members is there. Where a sheet splits a total (by a
    second partner, customs procedure or mode of transport) only the total is used. UN Comtrade's
    partner 490 ("Other Asia, nes") is Taiwan. Exports with re-exports are used; re-exports alone
    are added to domestic exports only where a reporter gives both and no total. Amounts in other
    currencies are converted at the mean rate of the month or year (European Central Bank).
    """
    from chipflow.flows.series import build

    told = load_layout(layout)
    with progress.stage("reading country statistics"):
        opened = open_tables(paths, told, strict)
    left = LeftOut()
    sheets: list[dict[str, Any]] = []
    parts: list[Any] = []
    with progress.stage("understanding tables", total=len(opened.tables)) as step:
        for table in opened.tables:
            source = recognise(table.headers, told)
            if isinstance(source, str):
                error = InputError(
                    source, file=table.source, hint="name the columns in a layout (--layout)"
                )
                if strict:
                    raise error
                opened.errors.append(error)
            else:
                try:
                    arrow, sheet = Converter(table, source, left).convert()
                except InputError as error:
                    if strict:
                        raise
                    opened.errors.append(error)
                else:
                    parts.append(arrow)
                    sheets.append(sheet)
            step.advance()
    if not parts and not opened.ready:
        raise _none_left(opened.errors)
    with progress.stage("adding up"):
        return build(
            parts,
            opened.ready,
            left=left,
            sheets=sheets,
            inputs=opened.inputs,
            errors=[str(error) for error in opened.errors],
            distances=[Path(distances)] if distances is not None else opened.distances,
        )


def _none_left(errors: list[InputError]) -> InputError:
    if len(errors) == 1:
        return errors[0]
    if not errors:
        return InputError("no file of country statistics", hint="give CSV, JSON, Excel or Parquet")
    shown = " | ".join(str(error) for error in errors[:3])
    return InputError(f"none of {len(errors)} inputs can be read: {shown}")


class Converter:
    """Turns one table of text into typed columns.

    Parameters
    ----------
    table
        The table.
    source
        Which column is which.
    left
        Takes what is left out.
    """

    def __init__(self, table: Table, source: Source, left: LeftOut) -> None:
        self.table, self.source, self.left = table, source, left
        self.size = table.table.num_rows
        self.keep: npt.NDArray[np.bool_] = np.ones(self.size, dtype=bool)
        self._encodings: dict[int, tuple[npt.NDArray[np.int64], list[str]]] = {}

    @cached_property
    def _banner(self) -> tuple[str | None, str | None]:
        """Direction and country that the file's name, or the text above the table, says."""
        return place_words(self.table.banner)

    def convert(self) -> tuple[Any, dict[str, Any]]:
        """Return an Arrow table of typed columns, and what was understood of the sheet.

        Raises
        ------
        InputError
            The table does not say who reports, or which way goods go.
        """
        import pyarrow as pa

        source = self.source
        for row, reason in self.table.ragged:
            self.left.add(self.table.source, "", "", f"a row that {reason}", row, 1)
        repeated = self._repeated()
        self._drop(repeated, "", "", "a row that stands in the table twice, counted once")
        split = self._totals()
        reporter, partner, flows = self._sides()
        period, frequency = self._periods()
        hs = self._hs()
        revision = self._texts("revision", lambda text: text.upper(), None)
        made = []
        by_side = "partner" not in source.columns and "exporter" in source.columns
        for value in source.values:
            flow = flows if value.flow is None else np.full(self.size, value.flow, dtype=object)
            made.append((flow, self._number(value.at, value.factor, "value"), value))
        weight = self._amount("weight", source.weight_factor, "weight_estimated")
        quantity, unit = self._quantity()
        counted = np.zeros(self.size, dtype=bool)
        tables = []
        for flow, amount, value in made:
            if by_side and value.flow == "M":
                # A column of imports in a table by exporter and importer: the importer reports.
                reporter, partner = partner, reporter
            good = self.keep & ~np.isnan(amount) & (flow != "")
            counted |= good
            where = np.flatnonzero(good)
            tables.append(
                pa.table(
                    {
                        "reporter": pa.array(reporter[0][where], pa.string()),
                        "reporter_kind": pa.array(reporter[1][where], pa.string()),
                        "partner": pa.array(partner[0][where], pa.string()),
                        "partner_kind": pa.array(partner[1][where], pa.string()),
                        "flow": pa.array(flow[where], pa.string()),
                        "period": pa.array(period[where], pa.string()),
                        "frequency": pa.array(frequency[where], pa.string()),
                        "hs": pa.array(hs[where], pa.string()),
                        "revision": pa.array(revision[where], pa.string()),
                        "value": amount[where],
                        "currency": pa.array([value.currency]).take(
                            pa.array(np.zeros(len(where), dtype=np.int64))
                        ),
                        "weight_kg": pa.array(weight[where], from_pandas=True),
                        "quantity": pa.array(quantity[where], from_pandas=True),
                        "quantity_unit": pa.array(unit[where], pa.string()),
                    }
                )
            )
        arrow = pa.concat_tables(tables)
        for name, text in (("source", self.table.source), ("agency", source.name)):
            filled = pa.array([text]).take(pa.array(np.zeros(arrow.num_rows, dtype=np.int64)))
            arrow = arrow.append_column(name, filled)
        self._drop_silent(counted)
        sheet = {
            "source": self.table.source,
            "agency": source.name,
            "rows": self.size + len(self.table.ragged),
            "used": int(counted.sum()),
            "repeated": int(repeated.sum()),
            "parts_of_totals": split,
            "reconciled": source.reconciled,
            "currency": source.values[0].currency,
            "factor": source.values[0].factor,
        }
        return arrow, sheet

    # What a row says ---------------------------------------------------------------------------

    def _sides(self) -> tuple[Any, Any, npt.NDArray[np.object_]]:
        columns = self.source.columns
        if {"exporter", "importer"} <= columns.keys() and "partner" not in columns:
            reporter, partner = self._areas("exporter"), self._areas("importer")
            both_ways = all(value.flow is not None for value in self.source.values)
            if both_ways or ("flow" not in columns and self.source.flow is None):
                return reporter, partner, np.full(self.size, "X", dtype=object)
            flows = self._flows()
            imports = flows == "M"
            return (
                tuple(np.where(imports, b, a) for a, b in zip(reporter, partner, strict=True)),
                tuple(np.where(imports, a, b) for a, b in zip(reporter, partner, strict=True)),
                flows,
            )
        if "reporter" in columns:
            reporter = self._areas("reporter")
        else:
            name = self.source.reporter or self._banner[1]
            known = area(name) if name else None
            if known is None:
                raise InputError(
                    "no column names the reporting country, and the file's name does not say it",
                    file=self.table.source,
                    hint="put the country into the file's name, or give a layout with [hints] "
                    'reporter = "UZ"',
                )
            reporter = self._same(known.code, known.kind)
        if self.source.partner is not None and "partner" not in columns:
            told = area(self.source.partner)
            partner = self._same(told.code, told.kind) if told else self._areas("partner")
        else:
            partner = self._areas("partner")
        return reporter, partner, self._flows()

    def _same(self, code: str, kind: str) -> tuple[Any, Any]:
        return np.full(self.size, code, dtype=object), np.full(self.size, kind, dtype=object)

    def _areas(self, role: str) -> tuple[Any, Any]:
        codes = np.full(self.size, None, dtype=object)
        kinds = np.full(self.size, None, dtype=object)
        places = self.source.columns[role]
        for at in places:
            open_rows = _unknown(codes)
            if not open_rows.any():
                break
            numbers, texts = self._encoded(at)
            found = [area(text) for text in texts]
            code = np.array([None, *(one.code if one else None for one in found)], dtype=object)
            kind = np.array([None, *(one.kind if one else None for one in found)], dtype=object)
            codes = np.where(open_rows, code[numbers + 1], codes)
            kinds = np.where(open_rows, kind[numbers + 1], kinds)
        self._reject(_unknown(codes), places[-1], f"not a known {role} country")
        groups = np.isin(kinds.astype(str), ["unspecified"])
        self._reject(groups, places[-1], f"{role} that is no country")
        return np.where(_unknown(codes), "", codes), np.where(_unknown(kinds), "", kinds)

    def _flows(self) -> npt.NDArray[np.object_]:
        columns = self.source.columns
        if self.source.flow is not None:
            return np.full(self.size, self.source.flow, dtype=object)
        if all(value.flow is not None for value in self.source.values):
            return np.full(self.size, "", dtype=object)
        if "flow" not in columns:
            if self._banner[0] is None:
                raise InputError(
                    "nothing says whether these are exports or imports",
                    file=self.table.source,
                    hint='put "exports" or "imports" into the file\'s name, or give a layout with '
                    '[hints] flow = "X" or "M"',
                )
            return np.full(self.size, _WAYS[self._banner[0]], dtype=object)
        return self._first_known("flow", _flow_of, "neither export nor import")

    def _first_known(
        self, role: str, read: Callable[[str], str | None], reason: str
    ) -> npt.NDArray[np.object_]:
        result = np.full(self.size, None, dtype=object)
        places = self.source.columns[role]
        for at in places:
            open_rows = _unknown(result)
            if not open_rows.any():
                break
            numbers, texts = self._encoded(at)
            values = np.array([None, *(read(text) for text in texts)], dtype=object)
            result = np.where(open_rows, values[numbers + 1], result)
        self._reject(_unknown(result), places[0], reason)
        return np.where(_unknown(result), "", result)

    def _texts(
        self, role: str, read: Callable[[str], str | None], empty: str | None
    ) -> npt.NDArray[np.object_]:
        if role not in self.source.columns:
            return np.full(self.size, empty, dtype=object)
        numbers, texts = self._encoded(self.source.columns[role][0])
        values = np.array([empty, *(read(text) if text else empty for text in texts)], dtype=object)
        return values[numbers + 1]

    def _periods(self) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
        columns, roc = self.source.columns, self.source.roc
        found = np.full(self.size, None, dtype=object)
        reads: list[tuple[npt.NDArray[np.int64], list[Any], int]] = []
        for at in columns.get("period", ()):
            numbers, texts = self._encoded(at)
            reads.append((numbers, [parse_period(text, roc) for text in texts], at))
        if "year" in columns:
            at = columns["year"][0]
            numbers, texts = self._encoded(at)
            if "month" in columns:
                month_numbers, month_texts = self._encoded(columns["month"][0])
                width = len(month_texts) + 1
                pairs, place = np.unique(numbers * width + month_numbers + 1, return_inverse=True)
                made = [
                    from_year_and_month(
                        texts[pair // width] if pair >= 0 else "",
                        month_texts[pair % width - 1] if pair % width else "",
                        roc,
                    )
                    for pair in pairs.tolist()
                ]
                reads.append((place.astype(np.int64), made, at))
            else:
                reads.append((numbers, [parse_period(text, roc) for text in texts], at))
        for numbers, parsed, _ in reads:
            values = np.array([None, *parsed], dtype=object)
            found = np.where(_unknown(found), values[numbers + 1], found)
        self._reject(_unknown(found), reads[0][2], "not a month or year")
        at_each, different = _distinct(found)
        names = np.array([one.text if one is not None else "" for one in different], object)
        kinds = np.array([one.frequency if one is not None else "" for one in different], object)
        return names[at_each], kinds[at_each]

    def _hs(self) -> npt.NDArray[np.object_]:
        if "hs" not in self.source.columns:
            return np.full(self.size, self.source.hs or "TOTAL", dtype=object)
        at = self.source.columns["hs"][0]
        numbers, texts = self._encoded(at)
        values = np.array([None, *(hs_of(text) for text in texts)], dtype=object)[numbers + 1]
        self._reject(_unknown(values), at, "not an HS code")
        return np.where(_unknown(values), "", values)

    def _quantity(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.object_]]:
        quantity = self._amount("quantity", 1.0, "estimated")
        unit = self._texts("unit", unit_of, None)
        if self.source.unit is not None:
            unit = np.full(self.size, unit_of(self.source.unit), dtype=object)
        # Zero of no unit means "not reported" (UN Comtrade), which is no quantity of zero.
        none = _unknown(unit) if "unit" in self.source.columns else np.isnan(quantity)
        quantity[none | ~(quantity > 0)] = np.nan
        unit[np.isnan(quantity)] = None
        return quantity, unit

    def _amount(self, role: str, factor: float, estimated: str) -> npt.NDArray[np.float64]:
        if role not in self.source.columns:
            return np.full(self.size, np.nan)
        amount = self._number(self.source.columns[role][0], factor, role)
        if estimated in self.source.columns:
            # An estimate is made from the value by an average price, so that it says nothing of it.
            numbers, texts = self._encoded(self.source.columns[estimated][0])
            guessed = np.array([False, *(text.lower() in {"true", "1"} for text in texts)])
            amount[guessed[numbers + 1]] = np.nan
        amount[~(amount > 0)] = np.nan
        return amount

    # Cells -------------------------------------------------------------------------------------

    def _encoded(self, at: int) -> tuple[npt.NDArray[np.int64], list[str]]:
        """Return for each row the number of its text (-1 for none), and the different texts."""
        if at in self._encodings:
            return self._encodings[at]
        import pyarrow as pa
        import pyarrow.compute as pc

        column = pc.utf8_trim_whitespace(pc.fill_null(self.table.table.column(at), ""))
        encoded = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        encoded = encoded.dictionary_encode()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.combine_chunks()
        texts = encoded.dictionary.to_pylist()
        numbers = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        self._encodings[at] = (numbers, texts)
        return self._encodings[at]

    def _number(self, at: int, factor: float, role: str) -> npt.NDArray[np.float64]:
        import pyarrow as pa
        import pyarrow.compute as pc

        column = pc.fill_null(self.table.table.column(at), "")
        column = pc.replace_substring_regex(column, r"[\s'\x{00a0}\x{202f}_]|^[$€]|^=?\"|\"$", "")
        text = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        lowered = pc.utf8_lower(text)
        missing = pc.is_in(lowered, pa.array(sorted(_MISSING)))
        if pc.any(pc.match_substring(text, ",")).as_py():
            comma = pc.sum(pc.match_substring_regex(text, _DECIMAL_COMMA)).as_py() or 0
            point = pc.sum(pc.match_substring_regex(text, r"\.\d*$")).as_py() or 0
            if comma > point:
                text = pc.replace_substring(pc.replace_substring(text, ".", ""), ",", ".")
            else:
                text = pc.replace_substring(text, ",", "")
        readable = pc.match_substring_regex(text, r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")
        number = pc.if_else(readable, text, None).cast(pa.float64())
        values: npt.NDArray[np.float64] = number.to_numpy(zero_copy_only=False).astype(np.float64)
        values = values * factor
        if role == "value":
            blank = np.asarray(missing.to_numpy(zero_copy_only=False), dtype=bool)
            self._reject(np.isnan(values) & ~blank, at, "not a number")
            self._reject(values < 0, at, "a negative value")
            if len(self.source.values) == 1:
                self._reject(blank, at, "no value given")
            values[values < 0] = np.nan
        return values

    # What is left out --------------------------------------------------------------------------

    def _repeated(self) -> npt.NDArray[np.bool_]:
        """Tell rows that are equal to an earlier one in every cell."""
        table = self.table.table
        if self.size <= _SMALL:
            return np.asarray(table.to_pandas().duplicated().to_numpy(), dtype=bool)
        import duckdb
        import pandas as pd

        names = ", ".join(f'"{name}"' for name in table.column_names)
        with duckdb.connect() as connection:
            connection.register("cells", table)
            hashed = connection.execute(f"SELECT hash({names}) AS h FROM cells").fetchnumpy()["h"]
        return np.asarray(pd.Series(np.asarray(hashed)).duplicated().to_numpy(), dtype=bool)

    def _totals(self) -> int:
        """Keep only the total where a column splits it; return how many rows that leaves out."""
        before = int(self.keep.sum())
        for at, totals in self.source.totals.items():
            numbers, texts = self._encoded(at)
            is_total = np.array(
                [False, *(t.upper() in totals or t.upper().split("-")[0] in totals for t in texts)]
            )[numbers + 1]
            if (is_total & self.keep).any():
                self._reject(~is_total, at, "a part of a total that is in the table too")
        return before - int(self.keep.sum())

    def _reject(self, bad: npt.NDArray[np.bool_], at: int, reason: str) -> None:
        """Leave out rows, and count them by what stands in a column."""
        bad = bad & self.keep
        if not bad.any():
            return
        where = np.flatnonzero(bad)
        numbers, texts = self._encoded(at)
        header = self.table.headers[at] if at < len(self.table.headers) else ""
        found, first, count = np.unique(numbers[where], return_index=True, return_counts=True)
        for number, place, rows in zip(found.tolist(), first.tolist(), count.tolist(), strict=True):
            text = texts[number] if number >= 0 else ""
            row = int(self.table.rows[where[place]])
            self.left.add(self.table.source, header, text, reason, row, rows)
        self.keep &= ~bad

    def _drop(self, bad: npt.NDArray[np.bool_], column: str, value: str, reason: str) -> None:
        bad = bad & self.keep
        if bad.any():
            first = int(self.table.rows[np.flatnonzero(bad)[0]])
            self.left.add(self.table.source, column, value, reason, first, int(bad.sum()))
            self.keep &= ~bad

    def _drop_silent(self, counted: npt.NDArray[np.bool_]) -> None:
        """Count rows of a table of two value columns in which neither says anything."""
        self._drop(~counted, "", "", "no value given")


def _unknown(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    import pandas as pd

    return np.asarray(pd.isna(pd.Series(values, dtype=object)).to_numpy(), dtype=bool)


def _distinct(values: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.int64], list[Any]]:
    import pandas as pd

    codes, uniques = pd.factorize(values, use_na_sentinel=False)
    return codes.astype(np.int64), [None if pd.isna(one) else one for one in uniques.tolist()]


@cache
def _flow_words() -> dict[str, str]:
    return {word: flow for flow, words in knowledge()["flows"].items() for word in words}


def _flow_of(text: str) -> str | None:
    low = re.sub(r"[()（）]", "", " ".join(text.lower().split()))
    found = _flow_words().get(low)
    if found is None and "-" in low:
        found = _flow_words().get(low.split("-")[0].strip()) or _flow_words().get(
            low.split("-", 1)[1].strip()
        )
    return {"FM": "DM"}.get(found, found) if found else None


@cache
def _unit_words() -> dict[str, str | None]:
    units = knowledge()["units"]
    named: dict[str, str | None] = dict.fromkeys(units["none"])
    return named | dict.fromkeys(units["pieces"], "pieces") | dict.fromkeys(units["kg"], "kg")


def unit_of(text: str) -> str | None:
    """Return the one spelling of a unit, None where it says that none is reported."""
    low = " ".join(text.lower().split())
    return _unit_words().get(low, low)


def hs_of(text: str) -> str | None:
    """Return an HS code of 2 to 10 digits, ``TOTAL`` for all goods, or None.

    >>> hs_of("8471.50.00"), hs_of("TOTAL-Total"), hs_of("101"), hs_of("854231 - Processors")
    ('84715000', 'TOTAL', '0101', '854231')
    """
    if not text or _TOTAL.match(text):
        return "TOTAL"
    match = _HS_FIRST.match(text)
    if match is None:
        return None
    digits = re.sub(r"\D", "", match[1])
    if len(digits) % 2:
        # A spreadsheet program takes the zero off chapters 01 to 09.
        digits = "0" + digits
    if len(digits) > _LONGEST_HS or digits.startswith("00"):
        return None
    return digits


def rates_text() -> str:
    """Return the tables of exchange rates: month, currency, US dollars, source."""
    root = files("chipflow")
    # The rates from 2015 on are those that records are converted with.
    recent = root.joinpath("goods/tables/rates.csv").read_text("utf-8")
    before = root.joinpath("flows/tables/rates_before_2015.csv").read_text("utf-8")
    return before + recent.split("\n", 1)[1]


__all__ = ["Converter", "LeftOut", "Value", "hs_of", "rates_text", "read_flows", "unit_of"]
