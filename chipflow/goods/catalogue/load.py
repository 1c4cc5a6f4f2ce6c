"""The knowledge tables: which chips, systems, words, rules and country groups there are.

Everything that chipflow knows about goods is a row with a source in ``goods/tables/*.csv``.
This module reads the tables, checks them as a whole and shows all problems together. A user's
own CSV is merged row by row: a row with the same key replaces the shipped one.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chipflow.errors import TableError
from chipflow.goods.catalogue import build
from chipflow.goods.catalogue.checks import check
from chipflow.goods.catalogue.facts import (
    FIRST_DAY,
    LAST_DAY,
    Catalogue,
    Chip,
    Clause,
    Form,
    Kind,
    LicenceException,
    Membership,
    Part,
    Price,
    Regime,
    System,
    Word,
)
from chipflow.goods.catalogue.rows import CATALOGUED, CONTROLS, TABLES, Cells, merged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "FIRST_DAY",
    "LAST_DAY",
    "TABLES",
    "Catalogue",
    "Chip",
    "Clause",
    "Form",
    "Kind",
    "LicenceException",
    "Membership",
    "Part",
    "Price",
    "Regime",
    "System",
    "Word",
    "check_shipped",
    "load_catalogue",
    "load_controls",
]

# For each table the field of a catalogue and what makes a row of it.
_BUILDERS: Mapping[str, tuple[str, Callable[[Cells], Any]]] = {
    "chips": ("chips", build.chip),
    "systems": ("systems", build.system),
    "parts": ("parts", build.part),
    "context": ("words", build.word),
    "kinds": ("kinds", build.kind),
    "rules": ("clauses", build.clause),
    "country_groups": ("memberships", build.membership),
    "exceptions": ("exceptions", build.exception),
    "regimes": ("regimes", build.regime),
    "forms": ("forms", build.form),
    "prices": ("prices", build.price),
}


def load_catalogue(
    *,
    chips: str | Path | None = None,
    systems: str | Path | None = None,
    parts: str | Path | None = None,
    context: str | Path | None = None,
    kinds: str | Path | None = None,
    rules: str | Path | None = None,
    country_groups: str | Path | None = None,
    exceptions: str | Path | None = None,
    regimes: str | Path | None = None,
    forms: str | Path | None = None,
    prices: str | Path | None = None,
) -> Catalogue:
    """Read the shipped tables, with the user's own rows merged in, and check them.

    Parameters
    ----------
    chips, systems, parts, context, kinds, rules, country_groups, exceptions, regimes, forms, prices
        CSV files with (some of) the columns of the shipped table of that name. A row whose key
        (chip; system; part; role and name; role, kind, pattern and hs; rule and clause; group,
        country and first_day; exception and row; regime; form of a chip; price of a form
        from a year) is already there replaces it, any other is added.

    Returns
    -------
    Catalogue
        Without arguments the shipped tables.

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
        "exceptions": exceptions,
        "regimes": regimes,
        "forms": forms,
        "prices": prices,
    }
    if not any(extra.values()):
        return _shipped()
    return _load({name: Path(path) for name, path in extra.items() if path is not None})


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


def load_controls(*, chips: str | Path | None = None, rules: str | Path | None = None) -> Catalogue:
    """Read what questions about rules need, and nothing that only texts and prices do.

    Parameters
    ----------
    chips, rules
        As for :func:`load_catalogue`.

    Returns
    -------
    Catalogue
        Without systems, parts, words, kinds, forms and prices.

    Raises
    ------
    TableError
        As for :func:`load_catalogue`.
    """
    extra = {"chips": chips, "rules": rules}
    return _load(
        {name: Path(path) for name, path in extra.items() if path is not None}, names=CONTROLS
    )


def _load(
    extra: Mapping[str, Path], *, trusted: bool = True, names: Sequence[str] = CATALOGUED
) -> Catalogue:
    problems: list[str] = []
    rows = {name: merged(name, extra.get(name), problems, trusted=trusted) for name in names}
    # Rows cannot be understood when a whole table is: stop before a flood of messages.
    if any(not rows[name] for name in names):
        _raise(problems)
    built = {
        field: build.build(rows[name], make, problems)
        for name, (field, make) in _BUILDERS.items()
        if name in rows
    }
    empty = dict.fromkeys((field for field, _ in _BUILDERS.values()), ())
    catalogue = Catalogue(**{**empty, **built})
    check(catalogue, rows, problems)
    _raise(problems)
    return catalogue


def _raise(problems: Sequence[str]) -> None:
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise TableError(f"knowledge tables: {count}: " + "; ".join(problems))
