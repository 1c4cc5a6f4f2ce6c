"""Which agency or vendor a table of country statistics comes from, and which column is which."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from chipflow.errors import InputError, LayoutError
from chipflow.given_files import given_text

_SIGNS = re.compile(r"[^\w]+|_")
_CURRENCY = re.compile(r"(?<![A-Z])(USD|EUR|GBP|JPY|CNY|RMB|TWD|KRW|INR|RUB|SGD|MYR|HKD|THB|US\$)")
_VALUE_WORD = re.compile(
    r"(value|amount|valeur|valor|wert|стоимость|金额|金額|(?<![a-z])(usd|eur)(?![a-z])|"
    r"trade ?usd|us ?\$)",
    re.I,
)
_THOUSAND = re.compile(
    r"(thousand|thous\b|\b1[ ,.]?000\b|1000|'000|тыс|千|\bk\s?(usd|eur)\b)", re.I
)
_NO_AMOUNT = re.compile(r"(unit|per |year.to|ytd|growth|%|share|gap)", re.I)
_WAY_WORD = re.compile(r"(exports?|imports?)(?![a-z])", re.I)
_MILLION = re.compile(r"(million|\bmn\b|\bmio\b|млн|百萬|百万)", re.I)
ROLES = (
    "reporter", "partner", "exporter", "importer", "flow", "period", "year", "month", "hs",
    "revision", "weight", "quantity", "unit",
)  # fmt: skip
_LAYOUT_KEYS = {*ROLES, "value"}
_HINT_KEYS = {"reporter", "partner", "flow", "currency", "factor", "roc", "hs", "unit"}
GENERIC = "national statistics"


@dataclass(frozen=True)
class Value:
    """A column of values: where it is, its currency, and what a number in it is multiplied by."""

    at: int
    currency: str
    factor: float = 1.0
    flow: str | None = None


@dataclass(frozen=True)
class Source:
    """How one table is read.

    Attributes
    ----------
    name
        The agency or vendor; ``national statistics`` where no other is recognised.
    columns
        Role -> positions of columns, in the order in which they are believed.
    values
        Columns of value: one, or one for each flow.
    totals
        Position -> texts (upper case) that mean the total in a column that splits one.
    weight_factor
        Kilograms in one unit of the weight column.
    reporter, partner, flow, hs, unit
        What holds for all rows where no column says it.
    roc
        Whether years are those of the Republic of China.
    reconciled
        Whether both sides were made to agree by the source, so that a mirror says nothing.
    """

    name: str
    columns: dict[str, tuple[int, ...]]
    values: tuple[Value, ...]
    totals: dict[int, frozenset[str]] = field(default_factory=dict)
    weight_factor: float = 1.0
    reporter: str | None = None
    partner: str | None = None
    flow: str | None = None
    hs: str | None = None
    unit: str | None = None
    roc: bool = False
    reconciled: bool = False


@cache
def knowledge() -> dict[str, Any]:
    """Return the tables of column names, flows and units."""
    text = files("chipflow.flows").joinpath("tables/sources.toml").read_text("utf-8")
    return tomllib.loads(text)


def folded(header: str) -> str:
    """Return a header without case, blanks, brackets and signs.

    >>> folded("Trade Value (US$)"), folded("美元(千元)")
    ('tradevalueus', '美元千元')
    """
    return _SIGNS.sub("", header.strip().lower())


def header_score(cells: Sequence[str], layout: Layout) -> int:
    """Return how many roles a row of column names would fill."""
    names = {folded(cell) for cell in cells}
    told = sum(any(folded(name) in names for name in wanted) for wanted in layout.columns.values())
    known = knowledge()
    roles = sum(bool(names & set(known["columns"][role])) for role in ROLES)
    return max(told, roles + bool(_values(cells)))


def recognise(headers: Sequence[str], layout: Layout | None = None) -> Source | str:
    """Tell what a table's columns are.

    Parameters
    ----------
    headers
        The column names, in order.
    layout
        What the user says; believed before anything else.

    Returns
    -------
    Source or str
        How to read the table; or, where a column that is needed is missing, which.
    """
    told = layout or Layout()
    known = knowledge()
    names = [folded(header) for header in headers]
    origin: dict[str, Any] = next(
        (s for s in known["sources"] if set(s["needs"]) <= set(names)), {}
    )
    columns: dict[str, tuple[int, ...]] = {}
    for role in (*ROLES, "estimated", "weight_estimated"):
        wanted = [folded(name) for name in told.columns.get(role, ())] or known["columns"][role]
        at = [names.index(name) for name in wanted if name in names]
        if at:
            columns[role] = tuple(at)
    values = _told_values(told, headers) or _values(headers)
    if not origin and {"exporter", "importer"} <= columns.keys():
        columns.pop("partner", None)
    if "month" in columns and not {"year", "period"} & columns.keys():
        # A column called "Month" may hold the year too.
        columns["period"] = columns.pop("month")
    source = Source(
        name=origin.get("name", GENERIC),
        columns=columns,
        values=values,
        totals={
            at: frozenset(text.upper() for text in known["totals"][name])
            for at, name in enumerate(names)
            if name in known["totals"]
        },
        weight_factor=_weight_factor(columns, names),
        reporter=told.hints.get("reporter", origin.get("reporter")),
        partner=told.hints.get("partner"),
        flow=told.hints.get("flow"),
        hs=told.hints.get("hs"),
        unit=told.hints.get("unit"),
        roc=bool(told.hints.get("roc", origin.get("roc", False))),
        reconciled=bool(origin.get("reconciled", False)),
    )
    return _missing(source) or source


def _weight_factor(columns: dict[str, tuple[int, ...]], names: list[str]) -> float:
    at = columns.get("weight", ())
    return float(knowledge()["weight_factors"].get(names[at[0]], 1.0)) if at else 1.0


def _missing(source: Source) -> str | None:
    columns = source.columns
    sides = "partner" in columns or {"exporter", "importer"} <= columns.keys() or source.partner
    lacking = [
        what
        for what, there in (
            ("a partner country", sides),
            ("a period or year", "period" in columns or "year" in columns),
            ("a value", source.values),
        )
        if not there
    ]
    return f"no column names {' or '.join(lacking)}" if lacking else None


def _values(headers: Sequence[str]) -> tuple[Value, ...]:
    names = [folded(header) for header in headers]
    found = [
        Value(names.index(one["header"]), one["currency"], one.get("factor", 1.0), one.get("flow"))
        for one in knowledge()["values"]
        if one["header"] in names
    ]
    if found:
        by_flow: dict[str | None, Value] = {}
        for value in found:
            by_flow.setdefault(value.flow, value)
        # A column for both ways is used before columns for one way each.
        return (by_flow[None],) if None in by_flow else tuple(by_flow.values())
    worded = [
        _by_words(at, header)
        for at, header in enumerate(headers)
        if _VALUE_WORD.search(header) and not _NO_AMOUNT.search(header)
    ]
    ways = {value.flow: value for value in reversed(worded)}
    if {"X", "M"} <= ways.keys():
        return ways["X"], ways["M"]
    # One column of either kind holds for all rows, whatever it is called.
    return tuple(replace(value, flow=None) for value in worded[:1])


def _by_words(at: int, header: str) -> Value:
    named = _CURRENCY.search(header.upper())
    currency = {"US$": "USD", "RMB": "CNY"}.get(named[1], named[1]) if named else "USD"
    if not named and "€" in header:
        currency = "EUR"
    way = _WAY_WORD.search(header)
    flow = None if way is None else "X" if way[1].lower().startswith("ex") else "M"
    factor = 1000.0 if _THOUSAND.search(header) else 1e6 if _MILLION.search(header) else 1.0
    return Value(at, currency, factor, flow)


@dataclass(frozen=True)
class Layout:
    """What a user says about a file of country statistics.

    Attributes
    ----------
    columns
        Role -> header names.
    hints
        ``reporter``, ``partner``, ``flow`` (X or M), ``currency``, ``factor``, ``roc``, ``hs``,
        ``unit`` for all rows.
    """

    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    hints: dict[str, Any] = field(default_factory=dict)


def load_layout(path: str | Path | None) -> Layout:
    """Read a layout of country statistics.

    Parameters
    ----------
    path
        A TOML file with ``[fields]`` (role = header, or a list of headers) and ``[hints]``
        (``reporter = "UZ"``, ``flow = "M"``, ``currency = "EUR"``, ``factor = 1000``).

    Returns
    -------
    Layout

    Raises
    ------
    LayoutError
        The file cannot be read, or names what is no role.
    """
    if path is None:
        return Layout()
    try:
        told = tomllib.loads(given_text(path, "the layout"))
    except InputError as error:
        raise LayoutError(error.what, file=path, hint=error.hint) from error
    except tomllib.TOMLDecodeError as error:
        raise LayoutError(f"no TOML: {error}", file=path) from error
    fields, hints = told.get("fields", {}), told.get("hints", {})
    wrong = sorted({*fields} - _LAYOUT_KEYS) + sorted({*hints} - _HINT_KEYS)
    if wrong or {*told} - {"fields", "hints"}:
        named = wrong[0] if wrong else sorted({*told} - {"fields", "hints"})[0]
        raise LayoutError(
            f"{named!r} is not known",
            file=path,
            hint=f"[fields] may name {', '.join(sorted(_LAYOUT_KEYS))}; "
            f"[hints] may give {', '.join(sorted(_HINT_KEYS))}",
        )
    if hints.get("flow") not in {None, "X", "M"}:
        raise LayoutError("flow is X (exports) or M (imports)", file=path)
    columns = {
        role: (names,) if isinstance(names, str) else tuple(names) for role, names in fields.items()
    }
    return Layout(columns, hints)


def _told_values(told: Layout, headers: Sequence[str]) -> tuple[Value, ...]:
    names = [folded(header) for header in headers]
    for wanted in told.columns.get("value", ()):
        if folded(wanted) in names:
            at = names.index(folded(wanted))
            guessed = _by_words(at, headers[at])
            return (
                Value(
                    at,
                    str(told.hints.get("currency", guessed.currency)),
                    float(told.hints.get("factor", guessed.factor)),
                ),
            )
    found = _values(headers)
    if found and {"currency", "factor"} & told.hints.keys():
        return tuple(
            Value(
                one.at,
                str(told.hints.get("currency", one.currency)),
                float(told.hints.get("factor", one.factor)),
                one.flow,
            )
            for one in found
        )
    return ()
