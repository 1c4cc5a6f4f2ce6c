"""Check the knowledge tables: keys, dates, citations, and figures that must agree.

Exit status 0: the tables hold together. 1: they do not; every problem is printed.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import TYPE_CHECKING

from chipflow.errors import TableError
from chipflow.goods.catalogue.load import check_shipped
from chipflow.goods.measures.currency import rates
from chipflow.goods.watchlist import load_watchlist, shipped_lists

if TYPE_CHECKING:
    from chipflow.goods.catalogue.load import Catalogue, Clause


def overlapping(clauses: tuple[Clause, ...]) -> list[str]:
    """Name clauses of one rule that differ in nothing but their days and share a day."""
    problems = []
    spans: dict[object, list[Clause]] = {}
    for clause in clauses:
        test = (
            clause.rule, clause.destinations, clause.headquarters, clause.origins, clause.parts,
            clause.makers, clause.end_uses, clause.parties, clause.tpp_min, clause.tpp_below,
            clause.density_min, clause.density_below, clause.link_min, clause.memory_min,
            clause.total_min, clause.datacentre,
        )  # fmt: skip
        if clause.first_day is not None:
            spans.setdefault(test, []).append(clause)
    for same in spans.values():
        ordered = sorted(same, key=lambda clause: (clause.first_day, clause.clause))
        for before, after in pairwise(ordered):
            if after.first_day is not None and after.first_day <= before.last_day:
                problems.append(
                    f"rules.csv: {before.rule}: clauses {before.clause} and {after.clause} ask "
                    f"the same on {after.first_day}"
                )
    return problems


def unsourced(catalogue: Catalogue) -> list[str]:
    """Name figures that stand without a word on where they come from."""
    return [
        f"chips.csv: {chip.chip}: an estimate without a note on how it was made"
        for chip in catalogue.chips
        if chip.estimate and not chip.note
    ]


def watched() -> list[str]:
    """Load every shipped watch list and the rates; name what is wrong in them."""
    problems = []
    for name in shipped_lists():
        try:
            clauses = load_watchlist(name).rules.clauses
        except TableError as error:
            problems.append(str(error))
        else:
            problems += overlapping(clauses)
    try:
        rates()
    except TableError as error:
        problems.append(str(error))
    return problems


def main() -> int:
    """Print all problems and return the exit status."""
    try:
        # Keys, columns, dates, citations, groups, density and patterns.
        catalogue = check_shipped()
    except TableError as error:
        print(error, file=sys.stderr)
        return 1
    problems = [*overlapping(catalogue.clauses), *unsourced(catalogue), *watched()]
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print(
            f"tables hold together: {len(catalogue.chips)} chips, {len(catalogue.systems)} "
            f"systems, {len(catalogue.clauses)} clauses, {len(catalogue.memberships)} memberships"
        )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
