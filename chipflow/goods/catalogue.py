"""The knowledge tables: which chips, systems, words, rules and country groups there are.

Everything that chipflow knows about goods is a row with a source in ``goods/tables/*.csv``.
This module reads the tables, checks them as a whole and shows all problems together. A user's
own CSV is merged row by row: a row with the same key replaces the shipped one.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from chipflow.errors import TableError
from chipflow.goods import build
from chipflow.goods.checks import check
from chipflow.goods.facts import (
    FIRST_DAY,
    LAST_DAY,
    Catalogue,
    Chip,
    Clause,
    Kind,
    Membership,
    Part,
    System,
    Word,
)
from chipflow.goods.rows import CATALOGUED, TABLES, merged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = [
    "FIRST_DAY",
    "LAST_DAY",
    "TABLES",
    "Catalogue",
    "Chip",
    "Clause",
    "Kind",
    "Membership",
    "Part",
    "System",
    "Word",
    "check_shipped",
    "load_catalogue",
    "using",
]

_chosen: ContextVar[Catalogue | None] = ContextVar("catalogue", default=None)


def load_catalogue(
    *,
    chips: str | Path | None = None,
    systems: str | Path | None = None,
    parts: str | Path | None = None,
    context: str | Path | None = None,
    kinds: str | Path | None = None,
    rules: str | Path | None = None,
    country_groups: str | Path | None = None,
) -> Catalogue:
    """Read the shipped tables, with the user's own rows merged in, and check them.

    Parameters
    ----------
    chips, systems, parts, context, kinds, rules, country_groups
        CSV files with (some of) the columns of the shipped table of that name. A row whose key
        (chip; system; part; role and name; role, kind, pattern and hs; rule and clause; group,
        country and first_day) is already there replaces it, any other is added.

    Returns
    -------
    Catalogue
        Without arguments the shipped tables, or those that :func:`using` has set.

    Raises
    ------
    TableError
        The tables do not hold together; the message names file, row and column of every problem.
    """
    extra = {
        "chips": chips,
        "systems": systems,
        "parts": parts,
        "context": context,
        "kinds": kinds,
        "rules": rules,
        "country_groups": country_groups,
    }
    if not any(extra.values()):
        return _chosen.get() or _shipped()
    return _load({name: Path(path) for name, path in extra.items() if path is not None})


@contextmanager
def using(catalogue: Catalogue) -> Iterator[Catalogue]:
    """Let ``load_catalogue()`` return this catalogue for as long as the block lasts.

    For a whole run on tables of the user's own: every question about goods and rules then asks
    the same tables.

    Parameters
    ----------
    catalogue
        As :func:`load_catalogue` makes it.
    """
    token = _chosen.set(catalogue)
    try:
        yield catalogue
    finally:
        _chosen.reset(token)


@lru_cache(maxsize=1)
def _shipped() -> Catalogue:
    return _load({})


def check_shipped() -> Catalogue:
    """Read the shipped tables and check all of them, patterns too.

    Raises
    ------
    TableError
        As for :func:`load_catalogue`, which takes shipped patterns on trust.
    """
    return _load({}, trusted=False)


def _load(extra: Mapping[str, Path], *, trusted: bool = True) -> Catalogue:
    problems: list[str] = []
    rows = {name: merged(name, extra.get(name), problems, trusted=trusted) for name in CATALOGUED}
    # Rows cannot be understood when a whole table is: stop before a flood of messages.
    if any(not rows[name] for name in CATALOGUED):
        _raise(problems)
    catalogue = Catalogue(
        chips=build.build(rows["chips"], build.chip, problems),
        systems=build.build(rows["systems"], build.system, problems),
        parts=build.build(rows["parts"], build.part, problems),
        words=build.build(rows["context"], build.word, problems),
        kinds=build.build(rows["kinds"], build.kind, problems),
        clauses=build.build(rows["rules"], build.clause, problems),
        memberships=build.build(rows["country_groups"], build.membership, problems),
    )
    check(catalogue, rows, problems)
    _raise(problems)
    return catalogue


def _raise(problems: Sequence[str]) -> None:
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise TableError(f"knowledge tables: {count}: " + "; ".join(problems))
