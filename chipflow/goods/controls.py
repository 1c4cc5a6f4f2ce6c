"""Could this chip lawfully go there that day? Dated rules, read from tables.

A rule is a set of clauses (``rules.csv``): days, destinations, headquarters, a test on the
chip's figures or its name, and what follows. Country groups have days of their own
(``country_groups.csv``). Nothing about any chip, country or rule stands in this package's code.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from chipflow.errors import ParameterError
from chipflow.goods.catalogue import (
    FIRST_DAY,
    LAST_DAY,
    Catalogue,
    Chip,
    Clause,
    Membership,
    load_catalogue,
)
from chipflow.goods.names import chip_name, country, expand_destination
from chipflow.goods.ruling import (
    DENIED,
    FREE,
    LICENCE,
    STATUSES,
    STRICTNESS,
    UNKNOWN,
    Question,
    doubt,
    find,
    in_force,
    settle,
)
from chipflow.goods.sentences import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

__all__ = [
    "DENIED",
    "FREE",
    "LICENCE",
    "STATUSES",
    "STRICTNESS",
    "UNKNOWN",
    "Status",
    "chip_name",
    "country",
    "expand_destination",
    "never_controlled",
    "status",
    "timeline",
]

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Status:
    """What the rules asked for one chip on one day.

    Attributes
    ----------
    chip, day, destination, headquarters
        What was asked; destination and headquarters as ISO 3166 alpha-2 (headquarters may be
        None).
    status
        ``free``, ``licence``, ``presumed_denied`` (a licence with presumption of denial) or
        ``unknown``.
    rule, citation
        The rule that decides. For ``free``: the rule that was in force for that destination and
        does not reach the chip; None where no rule was in force.
    sentence
        One sentence (with a remark where sources leave something open) for a report.
    """

    chip: str
    day: dt.date
    destination: str
    headquarters: str | None
    status: str
    rule: str | None
    citation: str | None
    sentence: str


def status(
    chip: str,
    day: dt.date | str,
    destination: str,
    headquarters: str | None = None,
    *,
    origin: str | None = None,
    catalogue: Catalogue | None = None,
) -> Status:
    """Say whether a chip could go to a destination without a licence on a day.

    Parameters
    ----------
    chip
        A name of the catalogue: a chip ("H100 PCIe") or a family ("H100"). For a family every
        variant is asked; if they differ, the status is ``unknown`` and the sentence says on
        which variant it depends.
    day
        The day of the export, as a date or ISO text.
    destination
        Country, as ISO 3166 code or name.
    headquarters
        Country in which the buyer, or its ultimate parent, has its headquarters, if known.
    origin
        Country from which the goods leave, if other countries' permits shall be asked too.
    catalogue
        Tables to use instead of the shipped ones.

    Returns
    -------
    Status

    Raises
    ------
    ParameterError
        The chip or a country is unknown (near matches are named), or the day is no day.

    Examples
    --------
    >>> status("H800", "2023-06-10", "CN").status
    'free'
    >>> status("H800", "2023-12-01", "CN").rule
    'ac_2023'
    """
    tables = catalogue or load_catalogue()
    name = chip_name(chip, tables)
    on = _as_day(day)
    question = Question(
        country(destination),
        None if headquarters is None else country(headquarters),
        None if origin is None else country(origin),
    )
    variants = tables.variants(name)
    clauses = in_force(on, question, tables)
    found = [find(variant, clauses) for variant in variants]
    kept, rule, citation = settle(found)
    doubts = {
        (clause.rule, clause.clause): doubt(clause, on, question, tables)
        for clause, certain in clauses
        if certain is None
    }
    return Status(
        chip=name,
        day=on,
        destination=question.destination,
        headquarters=question.headquarters,
        status=kept,
        rule=rule,
        citation=citation,
        sentence=sentence(name, variants, found, kept, on, question, doubts),
    )


def timeline(
    chips: Iterable[str],
    destinations: Iterable[str],
    headquarters: str | None = None,
    *,
    origin: str | None = None,
    catalogue: Catalogue | None = None,
) -> pd.DataFrame:
    """Return the status of every chip and destination on every day, as intervals.

    Parameters
    ----------
    chips, destinations
        Names as for :func:`status`.
    headquarters, origin, catalogue
        As for :func:`status`.

    Returns
    -------
    pandas.DataFrame
        Columns chip, destination, first_day, last_day (inclusive, datetime64), status, rule,
        citation (missing where no rule was in force), sorted by chip, destination and day. The
        intervals of a chip and destination touch without overlapping and cover
        2000-01-01..2099-12-31, so that any number of rows can be joined by range.

    Raises
    ------
    ParameterError
        As for :func:`status`.
    """
    import pandas as pd

    tables = catalogue or load_catalogue()
    names = sorted({chip_name(chip, tables) for chip in chips})
    countries = sorted({country(destination) for destination in destinations})
    head = None if headquarters is None else country(headquarters)
    start = None if origin is None else country(origin)
    cuts = _cuts(tables)
    listed = _listed(tables)
    kept = _answered(tables)
    rows: list[tuple[object, ...]] = []
    rules: dict[tuple[object, ...], list[list[tuple[Clause, bool | None]]]] = {}
    for destination in countries:
        question = Question(destination, head, start)
        # Countries that no rule names and that share their groups share their answers.
        groups = sorted(
            (m.group, m.first_day, m.last_day, m.certain) for m in tables.groups_of(destination)
        )
        alike = (destination if destination in listed else "*", *groups)
        if alike not in rules:
            rules[alike] = [in_force(cut, question, tables) for cut in cuts]
        for name in names:
            key = (name, head, start, *alike)
            if key not in kept:
                kept[key] = _intervals(tables.variants(name), cuts, rules[alike])
            rows.extend(
                (name, destination, first, last, *answer) for first, last, answer in kept[key]
            )
    columns = ["chip", "destination", "first_day", "last_day", "status", "rule", "citation"]
    table = pd.DataFrame(rows, columns=columns)
    for column in ("first_day", "last_day"):
        table[column] = pd.to_datetime(table[column]).astype("datetime64[s]")
    for column in ("chip", "destination", "status", "rule", "citation"):
        table[column] = table[column].astype("str")
    return table.sort_values(["chip", "destination", "first_day"], ignore_index=True)


def never_controlled(chips: Iterable[str], destinations: Iterable[str]) -> set[str]:
    """Return the chips that went to all of the destinations freely on every day of the tables.

    Parameters
    ----------
    chips, destinations
        As for :func:`timeline`.
    """
    names = set(chips)
    if not names:
        return names
    rules = timeline(names, destinations)
    return names - set(rules.loc[rules["status"] != FREE, "chip"])


def _as_day(day: dt.date | str) -> dt.date:
    try:
        # pandas' NaT is a datetime that has no date, not even an equal one.
        if day != day:
            raise ValueError(day)
        if isinstance(day, dt.datetime):
            on = day.date()
        elif isinstance(day, dt.date):
            on = day
        else:
            on = dt.date.fromisoformat(str(day).strip()[:10])
    except ValueError as error:
        raise ParameterError(f"{day!r} is not a day; write it as 2024-04-05") from error
    if not FIRST_DAY <= on <= LAST_DAY:
        raise ParameterError(f"{on} is outside {FIRST_DAY}..{LAST_DAY}, the days the tables cover")
    return on


# ---------------------------------------------------------------- all days at once


Spans = list[tuple[dt.date, dt.date, tuple[str | None, ...]]]


@lru_cache(maxsize=4)
def _answered(tables: Catalogue) -> dict[tuple[object, ...], Spans]:
    """Answers by some tables that were given before: the same are asked for again and again."""
    return {}


@lru_cache(maxsize=8)
def _cuts_of(days: tuple[dt.date, ...]) -> tuple[dt.date, ...]:
    return tuple(sorted({FIRST_DAY, *(day for day in days if FIRST_DAY <= day <= LAST_DAY)}))


def _cuts(tables: Catalogue) -> tuple[dt.date, ...]:
    days: set[dt.date] = set()
    spans: list[Clause | Membership] = [*tables.clauses, *tables.memberships]
    for span in spans:
        if span.first_day is not None:
            days.add(span.first_day)
            if span.last_day < LAST_DAY:
                days.add(span.last_day + ONE_DAY)
    return _cuts_of(tuple(sorted(days)))


def _listed(tables: Catalogue) -> frozenset[str]:
    """Countries that a clause names by themselves."""
    return frozenset(
        name.removeprefix("-")
        for clause in tables.clauses
        for name in (*clause.destinations, *clause.origins)
    )


def _intervals(
    variants: Sequence[Chip],
    cuts: Sequence[dt.date],
    rules: Sequence[Sequence[tuple[Clause, bool | None]]],
) -> Spans:
    spans: Spans = []
    ends = [*(cut - ONE_DAY for cut in cuts[1:]), LAST_DAY]
    for first, last, clauses in zip(cuts, ends, rules, strict=True):
        answer = settle([find(variant, clauses) for variant in variants])
        if spans and spans[-1][2] == answer:
            spans[-1] = (spans[-1][0], last, answer)
        else:
            spans.append((first, last, answer))
    return spans
