"""Which clauses of the rules hold for a place and a day, and which of them reach a chip.

Tests have three values: true, false and not known. What is not known stays not known: a figure
that the catalogue lacks, a membership or a starting day on which sources differ makes a clause
*possible*, and a status that hangs on a possible clause is ``unknown``, never ``free``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chipflow.goods.catalogue import FIRST_DAY, Catalogue, Chip, Clause

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FREE, LICENCE, DENIED, UNKNOWN = "free", "licence", "presumed_denied", "unknown"
STATUSES = (FREE, LICENCE, DENIED, UNKNOWN)

# From free to strict; "unknown" has no place in this order.
STRICTNESS = {FREE: 0, LICENCE: 1, DENIED: 2}

# The figures of a chip that clauses test, each with the columns of a clause that test it.
TESTS = {
    "tpp": ("tpp_min", "tpp_below"),
    "performance_density": ("density_min", "density_below"),
    "link_gb_s": ("link_min",),
    "memory_gb_s": ("memory_min",),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What the clauses say about one variant.

    Attributes
    ----------
    status
        One of ``STATUSES``.
    clause
        The clause that decides; None where no rule was in force.
    possible
        A stricter clause that may hold too.
    estimates
        Figures of the chip that the answer rests on and that are estimates.
    """

    status: str
    clause: Clause | None
    possible: Clause | None = None
    estimates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """The places that rules turn on, as ISO 3166 alpha-2."""

    destination: str
    headquarters: str | None
    origin: str | None


def _any(values: Iterable[bool | None]) -> bool | None:
    seen: bool | None = False
    for value in values:
        if value:
            return True
        if value is None:
            seen = None
    return seen


def _all(values: Iterable[bool | None]) -> bool | None:
    seen: bool | None = True
    for value in values:
        if value is False:
            return False
        if value is None:
            seen = None
    return seen


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _is(code: str, name: str, on: dt.date, tables: Catalogue) -> bool | None:
    if name in ("*", code):
        return True
    for member in tables.groups_of(code):
        if member.group == name and member.first_day <= on <= member.last_day:
            return True if member.certain else None
    return False


def _in_scope(
    code: str | None, scope: Sequence[str], on: dt.date, tables: Catalogue
) -> bool | None:
    if not scope:
        return True
    if code is None:
        return False
    inside = _any(_is(code, name, on, tables) for name in scope if not name.startswith("-"))
    outside = _any(_is(code, name[1:], on, tables) for name in scope if name.startswith("-"))
    return _all((inside, _not(outside)))


def _reached(clause: Clause, on: dt.date, question: Question, tables: Catalogue) -> bool | None:
    """Whether a clause was in force for the place, whatever the goods."""
    if clause.first_day is None or not clause.first_day <= on <= clause.last_day:
        return False
    return _all(
        (
            _in_scope(question.destination, clause.destinations, on, tables),
            _in_scope(question.headquarters, clause.headquarters, on, tables),
            _in_scope(question.origin, clause.origins, on, tables),
        )
    )


def _at_least(value: float | None, limit: float | None) -> bool | None:
    if limit is None:
        return True
    return None if value is None else value >= limit


def _below(value: float | None, limit: float | None) -> bool | None:
    return True if limit is None else _not(_at_least(value, limit))


def _named(clause: Clause, chip: Chip) -> bool:
    """Whether a clause is about this chip by name and use, whatever its figures."""
    if clause.parts and chip.chip not in clause.parts and chip.family not in clause.parts:
        return False
    return clause.datacentre is None or clause.datacentre == chip.datacentre


def _caught(clause: Clause, chip: Chip) -> bool | None:
    """Whether the goods meet the test of a clause."""
    if not _named(clause, chip):
        return False
    return _all(_passes(clause, chip, figure) for figure in TESTS)


def order(clause: Clause) -> tuple[int, dt.date, str, str]:
    """Sort key of clauses: strictest first; of equals the latest, which says what held that day."""
    strict = STRICTNESS.get(clause.outcome, STRICTNESS[LICENCE])
    return strict, clause.first_day or FIRST_DAY, clause.rule, clause.clause


def in_force(
    on: dt.date, question: Question, tables: Catalogue
) -> list[tuple[Clause, bool | None]]:
    """Return the clauses in force for the place, each with whether that is certain."""
    reached = ((clause, _reached(clause, on, question, tables)) for clause in tables.clauses)
    return [(clause, verdict) for clause, verdict in reached if verdict is not False]


def _passes(clause: Clause, chip: Chip, figure: str) -> bool | None:
    """Whether one figure of a chip meets the limits of a clause."""
    value, limits = getattr(chip, figure), [getattr(clause, name) for name in TESTS[figure]]
    least = limits[0]
    below = limits[1] if len(limits) > 1 else None
    return _all((_at_least(value, least), _below(value, below)))


def _deciding_estimates(chip: Chip, clause: Clause) -> frozenset[str]:
    """Name the estimated figures on which it hangs whether a clause reaches a chip.

    A clause that reaches it hangs on every figure it tests. One that does not hangs on estimates
    only if no figure that is known, nor the name or use of the chip, fails it already.
    """
    tested = {
        figure
        for figure, limits in TESTS.items()
        if any(getattr(clause, limit) is not None for limit in limits)
    }
    verdict = _caught(clause, chip)
    if verdict:
        return frozenset(tested & set(chip.estimate))
    if not _named(clause, chip):
        return frozenset()
    failed = {figure for figure in tested if _passes(clause, chip, figure) is False}
    return frozenset(failed) if failed and failed <= set(chip.estimate) else frozenset()


def _estimates(chip: Chip, clauses: Iterable[Clause]) -> tuple[str, ...]:
    deciding = frozenset[str]().union(*(_deciding_estimates(chip, clause) for clause in clauses))
    return tuple(figure for figure in TESTS if figure in deciding)


def doubt(clause: Clause, on: dt.date, question: Question, tables: Catalogue) -> str:
    """Say which membership of a country group leaves it open whether a clause holds."""
    asked = (
        (question.destination, clause.destinations),
        (question.headquarters, clause.headquarters),
        (question.origin, clause.origins),
    )
    open_ones = [
        f"whether {code} was in {member.group} that day ({member.note})"
        for code, scope in asked
        if code is not None
        for member in tables.groups_of(code)
        if not member.certain
        and member.first_day <= on <= member.last_day
        and {member.group, f"-{member.group}"} & set(scope)
    ]
    return "; ".join(open_ones)


def find(chip: Chip, in_force: Sequence[tuple[Clause, bool | None]]) -> Finding:
    """Say what the clauses in force ask for one chip."""
    sure: list[Clause] = []
    possible: list[Clause] = []
    tested: list[Clause] = []
    for clause, reached in in_force:
        if clause.tpp_min is not None:
            tested.append(clause)
        verdict = _all((reached, _caught(clause, chip)))
        if verdict is False:
            continue
        (possible if verdict is None or clause.outcome == UNKNOWN else sure).append(clause)
    strictest = max(possible, key=order, default=None)
    if sure:
        clause = max(sure, key=order)
        stricter = strictest is not None and order(strictest)[0] > order(clause)[0]
        estimates = _estimates(chip, [clause])
        return Finding(clause.outcome, clause, strictest if stricter else None, estimates)
    if strictest is not None:
        return Finding(UNKNOWN, strictest, strictest)
    # Free means that every test in force was passed, so each of them counts.
    return Finding(FREE, max(tested, key=order, default=None), None, _estimates(chip, tested))


def settle(found: Sequence[Finding]) -> tuple[str, str | None, str | None]:
    """Return status, rule and citation for several variants; ``unknown`` where they differ."""
    statuses = {finding.status for finding in found}
    kept = statuses.pop() if len(statuses) == 1 else UNKNOWN
    clauses = [finding.clause for finding in found if finding.clause is not None]
    decisive = max(clauses, key=order, default=None)
    if decisive is None:
        return kept, None, None
    return kept, decisive.rule, decisive.citation
