"""Which clauses of the rules hold for a place and a day, and which of them reach a chip.

Tests have three values: true, false and not known. What is not known stays not known: a figure
that the catalogue lacks, a membership or a starting day on which sources differ makes a clause
*possible*, and a status that hangs on a possible clause is ``unknown``, never ``free``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from chipflow.goods.catalogue.load import FIRST_DAY, Catalogue, Chip, Clause, LicenceException

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FREE, LICENCE, DENIED, UNKNOWN = "free", "licence", "presumed_denied", "unknown"
STATUSES = (FREE, LICENCE, DENIED, UNKNOWN)
NO_LICENCE, NOT_ENFORCED, OPEN = "no licence asked", "not enforced", "open"

# The status that each outcome of a clause comes to; one that is not enforced comes to none.
STATUS_OF = {
    "licence": LICENCE,
    "case by case": LICENCE,
    "being granted": LICENCE,
    "presumed denied": DENIED,
    "policy of denial": DENIED,
    OPEN: UNKNOWN,
}

# From free to strict; "unknown" has no place in this order.
STRICTNESS = {FREE: 0, LICENCE: 1, DENIED: 2}

# The figures of a chip that clauses test, each with the columns of a clause that test it.
TESTS = {
    "tpp": ("tpp_min", "tpp_below"),
    "performance_density": ("density_min", "density_below"),
    "link_gb_s": ("link_min",),
    "memory_gb_s": ("memory_min",),
    "total_gb_s": ("total_min",),
}
# How the classes under which a maker lists a part begin, and the paragraph that covers it.
CONTROLLED = ("3A090.", "4A090.")


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
    unenforced
        A clause that reaches the chip and that is not enforced.
    bounded
        Whether a figure that is not known was decided by a bound on it.
    classified
        Whether the class that the maker gives the part decided.
    """

    status: str
    clause: Clause | None
    possible: Clause | None = None
    estimates: tuple[str, ...] = ()
    unenforced: Clause | None = None
    bounded: bool = False
    classified: bool = False

    @property
    def outcome(self) -> str:
        """What follows, in the words of the rules."""
        if self.status == FREE:
            return NO_LICENCE if self.unenforced is None else NOT_ENFORCED
        return OPEN if self.status == UNKNOWN or self.clause is None else self.clause.outcome


@dataclass(frozen=True, slots=True)
class Question:
    """What rules turn on besides the goods: places as ISO 3166 alpha-2, use and kind of buyer."""

    destination: str
    headquarters: str | None
    origin: str | None
    end_use: str | None = None
    party: str | None = None


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


@lru_cache(maxsize=100_000)
def _in_scope(
    code: str | None, scope: tuple[str, ...], on: dt.date, tables: Catalogue
) -> bool | None:
    if not scope:
        return True
    if code is None:
        return False
    inside = _any(_is(code, name, on, tables) for name in scope if not name.startswith("-"))
    outside = _any(_is(code, name[1:], on, tables) for name in scope if name.startswith("-"))
    return _all((inside, _not(outside)))


@lru_cache(maxsize=1024)
def _dated(on: dt.date, tables: Catalogue) -> tuple[Clause, ...]:
    """Return the clauses in force on a day somewhere."""
    return tuple(
        clause
        for clause in tables.clauses
        if clause.first_day is not None and clause.first_day <= on <= clause.last_day
    )


def _reached(clause: Clause, on: dt.date, question: Question, tables: Catalogue) -> bool | None:
    """Whether a clause in force that day is so for the place, whatever the goods."""
    return _all(
        (
            _in_scope(question.destination, clause.destinations, on, tables),
            _in_scope(question.headquarters, clause.headquarters, on, tables),
            _in_scope(question.origin, clause.origins, on, tables),
            not clause.end_uses or question.end_use in clause.end_uses,
            not clause.parties or question.party in clause.parties,
        )
    )


def _at_least(value: float | None, limit: float | None) -> bool | None:
    if limit is None:
        return True
    return None if value is None else value >= limit


def _below(value: float | None, limit: float | None) -> bool | None:
    return True if limit is None else _not(_at_least(value, limit))


def _named(clause: Clause, chip: Chip) -> bool:
    """Whether a clause is about this chip by name, maker and use, whatever its figures."""
    if clause.parts and chip.chip not in clause.parts and chip.family not in clause.parts:
        return False
    if clause.makers and chip.vendor not in clause.makers:
        return False
    return clause.datacentre is None or clause.datacentre == chip.datacentre


def _caught(clause: Clause, chip: Chip) -> bool | None:
    """Whether the goods meet the test of a clause."""
    if not _named(clause, chip):
        return False
    found = _all(_passes(clause, chip, figure) for figure in TESTS)
    return _classified(clause, chip) if found is None else found


def _classified(clause: Clause, chip: Chip) -> bool | None:
    """Whether the class that the maker gives the part puts it under a paragraph of 3A090."""
    if not chip.maker_class or not clause.paragraph.startswith(CONTROLLED):
        return None
    return chip.maker_class.startswith(CONTROLLED) and chip.maker_class[6] == clause.paragraph[6]


def order(clause: Clause) -> tuple[int, dt.date, bool, str, str]:
    """Sort key of clauses: the strictest; of equals the latest, which says what held that day.

    Of those of one day, one that names the chip says more than one on its class.
    """
    strict = STRICTNESS.get(STATUS_OF.get(clause.outcome, LICENCE), STRICTNESS[LICENCE])
    return strict, clause.first_day or FIRST_DAY, bool(clause.parts), clause.rule, clause.clause


def in_force(
    on: dt.date, question: Question, tables: Catalogue
) -> list[tuple[Clause, bool | None]]:
    """Return the clauses in force for the place, each with whether that is certain."""
    reached = ((clause, _reached(clause, on, question, tables)) for clause in _dated(on, tables))
    return [(clause, verdict) for clause, verdict in reached if verdict is not False]


def _passes(clause: Clause, chip: Chip, figure: str) -> bool | None:
    """Whether one figure of a chip meets the limits of a clause."""
    limits = [getattr(clause, name) for name in TESTS[figure]]
    if not any(limit is not None for limit in limits):
        return True
    value, least = getattr(chip, figure), limits[0]
    below = limits[1] if len(limits) > 1 else None
    if value is None:
        return _bound_passes(chip.least.get(figure), least, below)
    return _all((_at_least(value, least), _below(value, below)))


def _bound_passes(bound: float | None, least: float | None, below: float | None) -> bool | None:
    """Whether a figure of which only a lower bound is known meets the limits of a clause."""
    if bound is None:
        return None
    if below is not None:
        return False if bound >= below else None
    return True if least is None or bound >= least else None


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
    """Say what the clauses in force ask for one chip.

    Where its area is not known, every density that it can have is asked: from what a die of the
    size of a reticle would give upwards, with the limits of the clauses as the steps.
    """
    if chip.tpp is None or chip.performance_density is not None or chip.maker_class:
        return _find(chip, in_force)
    least = chip.least.get("performance_density", 0.0)
    limits = {
        limit
        for clause, _ in in_force
        for limit in (clause.density_min, clause.density_below)
        if limit is not None and limit > least
    }
    found = [
        _find(replace(chip, performance_density=density), in_force)
        for density in (least, *sorted(limits))
    ]
    statuses = {finding.status for finding in found}
    strictest = max(found, key=lambda one: order(one.clause) if one.clause else (-1,))
    if len(statuses) == 1:
        same = {finding.clause for finding in found}
        return strictest if len(same) == 1 else replace(found[0], bounded=bool(least))
    if statuses <= {LICENCE, DENIED}:
        mildest = next(one for one in found if one.status == LICENCE)
        return replace(mildest, possible=strictest.clause, bounded=bool(least))
    return Finding(UNKNOWN, strictest.clause, strictest.clause, (), strictest.unenforced)


def _find(chip: Chip, in_force: Sequence[tuple[Clause, bool | None]]) -> Finding:
    sure: list[Clause] = []
    possible: list[Clause] = []
    tested: list[Clause] = []
    unenforced: list[Clause] = []
    for clause, reached in in_force:
        verdict = _all((reached, _caught(clause, chip)))
        if clause.outcome == NOT_ENFORCED:
            if verdict is not False:
                unenforced.append(clause)
            continue
        addressed = not clause.makers or chip.vendor in clause.makers
        if clause.tpp_min is not None and clause.outcome != OPEN and addressed:
            tested.append(clause)
        if verdict is False:
            continue
        (possible if verdict is None or clause.outcome == OPEN else sure).append(clause)
    strictest = max(possible, key=order, default=None)
    dormant = max(unenforced, key=order, default=None)
    if sure:
        clause = max(sure, key=order)
        stricter = strictest is not None and order(strictest)[0] > order(clause)[0]
        return Finding(
            STATUS_OF[clause.outcome],
            clause,
            strictest if stricter else None,
            _estimates(chip, [clause]),
            dormant,
            *_how_decided(chip, [clause]),
        )
    if strictest is not None:
        return Finding(UNKNOWN, strictest, strictest, (), dormant)
    # Free means that every test in force was passed, so each of them counts.
    return Finding(
        FREE,
        max(tested, key=order, default=None),
        None,
        _estimates(chip, tested),
        dormant,
        *_how_decided(chip, tested),
    )


def _how_decided(chip: Chip, clauses: Iterable[Clause]) -> tuple[bool, bool]:
    """Whether clauses were decided by a bound on a figure, and whether by the maker's class."""
    bounded = classified = False
    for clause in clauses:
        if not _named(clause, chip):
            continue
        missing = [
            figure
            for figure, limits in TESTS.items()
            if getattr(chip, figure) is None
            and any(getattr(clause, limit) is not None for limit in limits)
        ]
        passed = [_passes(clause, chip, figure) for figure in TESTS]
        known = [_passes(clause, chip, figure) for figure in TESTS if figure not in missing]
        if not missing or False in known:
            continue
        bounded = bounded or _all(passed) is not None
        classified = classified or _all(passed) is None
    return bounded, classified


def settle(found: Sequence[Finding]) -> tuple[str, str | None, str | None]:
    """Return status, rule and citation for several variants; ``unknown`` where they differ."""
    statuses = {finding.status for finding in found}
    kept = statuses.pop() if len(statuses) == 1 else UNKNOWN
    clauses = [finding.clause for finding in found if finding.clause is not None]
    decisive = max(clauses, key=order, default=None)
    if decisive is None:
        return kept, None, None
    return kept, decisive.rule, decisive.citation


def outcome_of(found: Sequence[Finding]) -> str:
    """Return the outcome for several variants: the strictest; ``open`` where statuses differ."""
    if len({finding.status for finding in found}) > 1:
        return OPEN
    best = max(found, key=lambda one: order(one.clause) if one.clause else (-1,))
    if best.status == FREE and any(one.unenforced for one in found):
        return NOT_ENFORCED
    return best.outcome


def exceptions_for(
    clause: Clause, on: dt.date, question: Question, tables: Catalogue
) -> tuple[LicenceException, ...]:
    """Return what could have stood in for the licence that a clause asks for."""
    return tuple(
        one
        for one in tables.exceptions
        if clause.rule in one.rules
        and (not one.clauses or clause.clause in one.clauses)
        and one.first_day <= on <= one.last_day
        and _in_scope(question.destination, one.destinations, on, tables) is not False
        and _in_scope(question.headquarters, one.headquarters, on, tables) is not False
    )
