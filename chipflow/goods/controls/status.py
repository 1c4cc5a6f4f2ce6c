"""What dated rules, read from tables, asked for a chip on its way to a place on a day.

A rule is a set of clauses (``rules.csv``): days, destinations, headquarters, a test on the
chip's figures or its name, and what follows. Country groups have days of their own
(``country_groups.csv``). Nothing about any chip, country or rule stands in this package's code.

No answer says that a shipment was allowed: the tables hold some rules of some countries
(``regimes.csv``), and neither entity lists nor what goods were used for.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from chipflow.errors import ParameterError
from chipflow.goods.catalogue.load import (
    FIRST_DAY,
    LAST_DAY,
    Catalogue,
    Chip,
    Clause,
    Membership,
    load_catalogue,
)
from chipflow.goods.catalogue.names import chip_name, country, expand_destination
from chipflow.goods.controls.ruling import (
    DENIED,
    FREE,
    LICENCE,
    STATUSES,
    STRICTNESS,
    UNKNOWN,
    Question,
    doubt,
    exceptions_for,
    find,
    in_force,
    order,
    outcome_of,
    settle,
)
from chipflow.goods.controls.scope import Scope, scope_of
from chipflow.goods.controls.sentences import sentence, tested

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
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
    "rules_in_force",
    "scope",
    "status",
    "timeline",
]

ONE_DAY = dt.timedelta(days=1)

# Outcomes under which a sale that needed a licence may well have had one.
GRANTED = ("being granted", "case by case")


@dataclass(frozen=True, slots=True)
class Status:
    """What the rules asked for one chip on one day.

    Attributes
    ----------
    chip, day, destination, headquarters
        What was asked; destination and headquarters as ISO 3166 alpha-2 (headquarters may be
        None).
    status
        ``free`` (no rule in the tables asked for a licence), ``licence``, ``presumed_denied``
        (a licence under presumption or policy of denial) or ``unknown``.
    outcome
        The same in the words of the rules: ``no licence asked``, ``licence``, ``case by case``,
        ``being granted``, ``presumed denied``, ``policy of denial``, ``not enforced`` (a rule
        that asks for a licence is in the books and is not enforced; the status is ``free``) or
        ``open``.
    rule, citation
        The rule that decides. For ``free``: the rule that was in force for that destination and
        does not reach the chip; None where no rule was in force.
    exceptions
        What could have stood in for the licence, each with citation and condition.
    looked_at, not_looked_at
        The bodies of law that the answer rests on, and what it leaves out.
    sentence
        One sentence (with remarks on what sources leave open and on what was looked at) for a
        report.
    """

    chip: str
    day: dt.date
    destination: str
    headquarters: str | None
    status: str
    rule: str | None
    citation: str | None
    sentence: str
    outcome: str
    exceptions: tuple[str, ...]
    looked_at: tuple[str, ...]
    not_looked_at: tuple[str, ...]


def status(
    chip: str,
    day: dt.date | str,
    destination: str,
    headquarters: str | None = None,
    *,
    origin: str | None = None,
    maker: str | None = None,
    end_use: str | None = None,
    party: str | None = None,
    catalogue: Catalogue | None = None,
) -> Status:
    """Say what the rules in the tables asked for a chip to a destination on a day.

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
        Country from which the goods leave: its own rules are asked too, and those that treat
        exports and re-exports apart.
    maker
        Company that makes the chip, if not that of the catalogue: letters are addressed to makers.
    end_use, party
        A use or a kind of buyer on which rules turn; those that the tables know are named by the
        error for any other.
    catalogue
        Tables to use instead of the shipped ones.

    Returns
    -------
    Status

    Raises
    ------
    ParameterError
        The chip, a country, a maker, use or kind of buyer is unknown (near matches are named), or
        the day is no day.

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
        _known("end use", end_use, tables, "end_uses"),
        _known("kind of buyer", party, tables, "parties"),
    )
    variants = _made_by(tables.variants(name), maker, tables)
    clauses = in_force(on, question, tables)
    found = [find(variant, clauses) for variant in variants]
    kept, rule, citation = settle(found)
    doubts = {
        (clause.rule, clause.clause): doubt(clause, on, question, tables)
        for clause, certain in clauses
        if certain is None
    }
    deciding = max((one.clause for one in found if one.clause), key=order, default=None)
    asked = kept in (LICENCE, DENIED) and deciding is not None
    exceptions = exceptions_for(deciding, on, question, tables) if asked and deciding else ()
    scope = scope_of(on, question, tables)
    return Status(
        chip=name,
        day=on,
        destination=question.destination,
        headquarters=question.headquarters,
        status=kept,
        rule=rule,
        citation=citation,
        sentence=sentence(name, variants, found, kept, on, question, doubts, exceptions, scope),
        outcome=outcome_of(found),
        exceptions=tuple(f"{e.exception} ({e.citation}): {e.condition}" for e in exceptions),
        looked_at=scope.looked_at,
        not_looked_at=scope.not_looked_at,
    )


def _known(what: str, given: str | None, tables: Catalogue, column: str) -> str | None:
    """Return a use or a kind of buyer that rules turn on, or name those that there are."""
    if given is None:
        return None
    known = sorted({value for clause in tables.clauses for value in getattr(clause, column)})
    wanted = given.strip().lower()
    if wanted not in known:
        raise ParameterError(
            f"no rule of the tables turns on the {what} {given!r}; they know {', '.join(known)}"
        )
    return wanted


def _made_by(variants: Sequence[Chip], maker: str | None, tables: Catalogue) -> tuple[Chip, ...]:
    if maker is None:
        return tuple(variants)
    known = {chip.vendor.casefold(): chip.vendor for chip in tables.chips}
    name = known.get(maker.strip().casefold())
    if name is None:
        raise ParameterError(
            f"unknown maker {maker!r}; the tables know {', '.join(sorted(known.values()))}"
        )
    return tuple(replace(chip, vendor=name) for chip in variants)


def rules_in_force(
    day: dt.date | str,
    destination: str,
    headquarters: str | None = None,
    *,
    origin: str | None = None,
    catalogue: Catalogue | None = None,
) -> list[dict[str, str]]:
    """List the rules that were in force for a place on a day, whatever the goods.

    Parameters
    ----------
    day, destination, headquarters, origin, catalogue
        As for :func:`status`. Clauses on headquarters are listed only if headquarters are given,
        those on the origin only with an origin; those on a use or a kind of buyer always.

    Returns
    -------
    list of dict
        For each clause ``rule, clause, regime, title, paragraph, first_day, last_day, test,
        turns_on, outcome, certain, exceptions, citation, source, note``, all as text, the oldest
        first; an open end is empty.

    Raises
    ------
    ParameterError
        As for :func:`status`.
    """
    tables = catalogue or load_catalogue()
    on = _as_day(day)
    places = Question(
        country(destination),
        None if headquarters is None else country(headquarters),
        None if origin is None else country(origin),
    )
    found: dict[tuple[str, str], tuple[Clause, bool | None]] = {}
    for use, party in _askable(tables):
        for clause, certain in in_force(on, replace(places, end_use=use, party=party), tables):
            found[clause.rule, clause.clause] = clause, certain
    ordered = sorted(
        found.values(), key=lambda one: (one[0].first_day or FIRST_DAY, one[0].rule, one[0].clause)
    )
    return [_listed_rule(clause, certain, on, places, tables) for clause, certain in ordered]


def scope(
    day: dt.date | str,
    destination: str,
    headquarters: str | None = None,
    *,
    origin: str | None = None,
    catalogue: Catalogue | None = None,
) -> Scope:
    """Say which bodies of law an answer for a place and a day rests on, and what it leaves out.

    Parameters
    ----------
    day, destination, headquarters, origin, catalogue
        As for :func:`status`.

    Returns
    -------
    chipflow.goods.controls.scope.Scope

    Raises
    ------
    ParameterError
        As for :func:`status`.
    """
    tables = catalogue or load_catalogue()
    question = Question(
        country(destination),
        None if headquarters is None else country(headquarters),
        None if origin is None else country(origin),
    )
    return scope_of(_as_day(day), question, tables)


def _askable(tables: Catalogue) -> list[tuple[str | None, str | None]]:
    """Every use and kind of buyer that a clause turns on, and neither."""
    pairs: set[tuple[str | None, str | None]] = {(None, None)}
    for clause in tables.clauses:
        pairs |= {
            (use, party)
            for use in clause.end_uses or (None,)
            for party in clause.parties or (None,)
        }
    return sorted(pairs, key=lambda pair: (pair[0] or "", pair[1] or ""))


def _listed_rule(
    clause: Clause, certain: bool | None, on: dt.date, places: Question, tables: Catalogue
) -> dict[str, str]:
    turns_on = [f"end use: {use}" for use in clause.end_uses]
    turns_on += [f"buyer: {party}" for party in clause.parties]
    if clause.headquarters:
        turns_on.append(f"headquarters in {' '.join(clause.headquarters)}")
    if clause.origins:
        turns_on.append(f"shipped from {' '.join(clause.origins)}")
    exceptions = exceptions_for(clause, on, places, tables)
    return {
        "rule": clause.rule,
        "clause": clause.clause,
        "regime": clause.regime,
        "title": clause.title,
        "paragraph": clause.paragraph,
        "first_day": "" if clause.first_day is None else clause.first_day.isoformat(),
        "last_day": "" if clause.last_day >= LAST_DAY else clause.last_day.isoformat(),
        "test": tested(clause),
        "turns_on": "; ".join(turns_on),
        "outcome": clause.outcome,
        "certain": "yes" if certain else doubt(clause, on, places, tables) or "sources differ",
        "exceptions": "; ".join(f"{e.exception} ({e.citation}): {e.condition}" for e in exceptions),
        "citation": clause.citation,
        "source": clause.source,
        "note": clause.note,
    }


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
    kept, settled = _answered(tables), _settled(tables)
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
                kept[key] = _intervals(tables.variants(name), cuts, rules[alike], settled)
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


def licences_granted(asked: pd.DataFrame, *, catalogue: Catalogue | None = None) -> np.ndarray:
    """Say of sales whether licences of their kind were being granted on their day.

    Parameters
    ----------
    asked
        One row a sale: ``chip, destination, day``, ``rule`` (the one that decides, as
        :func:`timeline` says) and ``origin`` (country that it was sent from; missing: not known).
    catalogue
        As for :func:`status`.

    Returns
    -------
    numpy.ndarray
        One truth value a row: whether the outcome of the rules was ``being granted`` or ``case by
        case`` for what is sent from there.
    """
    import numpy as np
    import pandas as pd

    tables = catalogue or load_catalogue()
    rules = {clause.rule for clause in tables.clauses if clause.outcome in GRANTED}
    keys = ["chip", "destination", "day", "origin"]
    possible = asked["rule"].isin(rules).to_numpy(dtype=bool)
    found = np.zeros(len(asked), dtype=bool)
    own = asked.loc[possible, keys]
    own = own.assign(day=pd.to_datetime(own["day"]).dt.date, origin=own["origin"].fillna(""))
    number = own.groupby(keys, sort=False).ngroup().to_numpy()
    answers = [
        _outcome(str(chip), day, str(to), str(origin) or None, tables) in GRANTED
        for chip, to, day, origin in own.drop_duplicates(keys).to_numpy()
    ]
    found[possible] = np.array(answers, dtype=bool)[number]
    return found


@lru_cache(maxsize=100_000)
def _outcome(
    chip: str, day: dt.date, destination: str, origin: str | None, tables: Catalogue
) -> str:
    return status(chip, day, destination, origin=origin, catalogue=tables).outcome


def never_controlled(
    chips: Iterable[str], destinations: Iterable[str], catalogue: Catalogue | None = None
) -> set[str]:
    """Return the chips for which no rule asked a licence to any of the destinations, ever.

    Parameters
    ----------
    chips, destinations, catalogue
        As for :func:`timeline`.
    """
    names = set(chips)
    if not names:
        return names
    rules = timeline(names, destinations, catalogue=catalogue)
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


@lru_cache(maxsize=4)
def _settled(tables: Catalogue) -> dict[tuple[object, ...], tuple[str | None, ...]]:
    """Answers for a chip under the same clauses, whatever the day and the country."""
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
    settled: dict[tuple[object, ...], tuple[str | None, ...]],
) -> Spans:
    spans: Spans = []
    ends = [*(cut - ONE_DAY for cut in cuts[1:]), LAST_DAY]
    for first, last, clauses in zip(cuts, ends, rules, strict=True):
        # The tables of the answers hold chips and clauses: an identity stands for one of them.
        key = (*map(id, variants), *((id(clause), sure) for clause, sure in clauses))
        if key not in settled:
            settled[key] = settle([find(variant, clauses) for variant in variants])
        answer = settled[key]
        if spans and spans[-1][2] == answer:
            spans[-1] = (spans[-1][0], last, answer)
        else:
            spans.append((first, last, answer))
    return spans
