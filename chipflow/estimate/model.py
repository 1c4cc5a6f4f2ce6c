"""Models as data: priors, cases and quantities, read from a TOML file and checked.

A quantity is declared by one of these forms; its terms are names or numbers:

==============================  ==============================================================
``sum = [...]``                 of its terms
``product = [...]``             of its terms, over those of ``divided_by`` if there are any
``blend = [...], weights``      weighted mean in every draw: views of one thing, never added
``choice = [...], weights``     one of the terms in each draw: either one or another is true
``each, count, correlation``    sum over so many alike, each drawn anew from the prior ``each``
==============================  ==============================================================

A weight is a number, a name, or ``"rest"`` for what the others leave of 1.
Nothing in a file is run.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from chipflow.errors import InputError, ParameterError
from chipflow.estimate.distributions import PARAMETERS, USUAL_LEVEL, Prior
from chipflow.given_files import given_text

Term: TypeAlias = str | float

SHIPPED = ("cnas-2025", "epoch-2026")
EVIDENCE = "evidence"
EQUIVALENTS = "H100 equivalents"
REST = "rest"
RESERVED = (REST, "result")
CASES = "cases"  # the quantity that is the sum of all cases
_DEEPEST = 100
_FORMS = ("sum", "product", "blend", "choice", "each")
_BESIDE = {
    "sum": set(), "product": {"divided_by"}, "blend": {"weights"}, "choice": {"weights"},
    "each": {"count", "correlation"},
}  # fmt: skip
_TOP = {
    "name", "title", "date", "source", "unit", "result", "shown", "more_than", "published", "note",
    "chips", "priors", "quantities", "cases",
}  # fmt: skip
_TEXTS = ("unit", "source", "date", "note")
_CASE_KEYS = {"name", "status", "year", "chip", "low", "high", "level", "units", *_TEXTS}


@dataclass(frozen=True)
class Quantity:
    """What is computed of priors and other quantities: a form and its terms."""

    name: str
    form: str
    terms: tuple[Term, ...]
    divided_by: tuple[Term, ...] = ()
    weights: tuple[Term, ...] = ()
    count: Term = 1.0
    correlation: float = 0.0

    def names(self) -> list[str]:
        """Return the names it is computed of."""
        used = (*self.terms, *self.divided_by, *self.weights, self.count)
        return [one for one in used if isinstance(one, str) and one != REST]


@dataclass(frozen=True)
class Case:
    """One reported case: how many chips, of which kind, when, and how far it has come."""

    name: str
    units: str
    status: str = ""
    year: str = ""
    chip: str = ""
    source: str = ""
    date: str = ""


@dataclass(frozen=True)
class Model:
    """Priors and how they make an estimate.

    Attributes
    ----------
    name, title, date, source, unit, published, note
        For the reader; ``published`` is what the source says the result is.
    result
        The quantity that is asked for.
    shown
        Quantities that the table gives, the result among them.
    more_than
        Sizes for which the probability that the result is above them is given.
    chips
        Chip -> H100 equivalents.
    priors, quantities, cases
        By name; cases in the order of the file.
    """

    name: str
    title: str
    date: str
    source: str
    unit: str
    result: str
    shown: tuple[str, ...]
    more_than: tuple[float, ...] = ()
    published: str = ""
    note: str = ""
    chips: dict[str, float] = field(default_factory=dict)
    priors: dict[str, Prior] = field(default_factory=dict)
    quantities: dict[str, Quantity] = field(default_factory=dict)
    cases: tuple[Case, ...] = ()


def load_model(priors: str | Path) -> Model:
    """Read a model.

    Parameters
    ----------
    priors
        ``epoch-2026``, ``cnas-2025``, or a TOML file like theirs.

    Returns
    -------
    Model

    Raises
    ------
    ParameterError
        No such name and no such file.
    InputError
        The file is no TOML, or a table or key in it has no meaning; the message names both.
    """
    name = str(priors)
    if name in SHIPPED:
        return _shipped(name)
    path = Path(priors)
    if not path.is_file():
        raise ParameterError(f"--priors: {name!r} is neither {' nor '.join(SHIPPED)} nor a file")
    try:
        return _Reader(name).model(tomllib.loads(given_text(path, "the file of priors")))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"no TOML: {error}", file=name, hint="mend it there") from error


def evidence_model() -> Model:
    """Return the priors by which leads, statistics and a model are joined."""
    return _shipped(EVIDENCE)


def _shipped(name: str) -> Model:
    text = files("chipflow.estimate").joinpath(f"priors/{name}.toml").read_text("utf-8")
    return _Reader(name).model(tomllib.loads(text))


class _Reader:
    """Turns the tables of one file into a model; every complaint names file, table and key."""

    def __init__(self, file: str) -> None:
        self.file = file

    def model(self, said: dict[str, Any]) -> Model:
        self._known(said, _TOP, "the top of the file")
        chips = {
            str(chip): self._number(value, "[chips]", chip, above=0.0)
            for chip, value in self._table(said, "chips").items()
        }
        usual = {"source": self._text(said, "source"), "date": self._text(said, "date")}
        unit = self._text(said, "unit") or EQUIVALENTS
        priors = {
            name: self._prior(name, table, usual)
            for name, table in self._table(said, "priors").items()
        }
        quantities = {
            name: self._quantity(name, table)
            for name, table in self._table(said, "quantities").items()
        }
        cases = self._cases(
            said.get("cases", []), {**usual, "unit": unit}, chips, priors, quantities
        )
        names = [*chips, *priors, *quantities]
        for name in names:
            if names.count(name) > 1:
                self._bad(f"[{name}]", "name", "names two things; give each a name of its own")
            if name in RESERVED or name == "":
                self._bad(f"[{name}]", "name", f"has a meaning here; choose none of {RESERVED}")
        for quantity in quantities.values():
            self._check_names(quantity, chips, priors, quantities)
        self._check_circles(quantities)
        result = self._text(said, "result")
        shown = said.get("shown", [result])
        if not isinstance(shown, list) or not all(isinstance(one, str) for one in shown):
            self._bad("the top of the file", "shown", "has to be a list of names")
        for key, one in (("result", result), *(("shown", one) for one in shown)):
            if one not in priors and one not in quantities:
                self._bad("the top of the file", key, f"{one!r} is no prior and no quantity")
        more_than = said.get("more_than", [])
        if not isinstance(more_than, list):
            self._bad("the top of the file", "more_than", "has to be a list of numbers")
        return Model(
            name=self._text(said, "name") or self.file,
            title=self._text(said, "title") or self._text(said, "name") or self.file,
            unit=unit,
            result=result,
            shown=tuple(dict.fromkeys([*shown, result])),
            more_than=tuple(
                self._number(one, "the top of the file", "more_than") for one in more_than
            ),
            published=self._text(said, "published"),
            note=self._text(said, "note"),
            chips=chips,
            priors=priors,
            quantities=quantities,
            cases=cases,
            **usual,
        )

    def _prior(self, name: str, said: Any, usual: dict[str, str]) -> Prior:
        where = f"[priors.{name}]"
        table = self._is_table(said, where)
        kind = table.get("distribution")
        if not isinstance(kind, str) or kind not in PARAMETERS:
            self._bad(where, "distribution", f"{kind!r} is none of {', '.join(PARAMETERS)}")
        needed = PARAMETERS[kind]
        level = {"level"} if kind == "lognormal" else set()
        self._known(table, {"distribution", *needed, *level, "floor", "ceiling", *_TEXTS}, where)
        numbers = tuple(self._number(table.get(key), where, key) for key in needed)
        if needed == ("low", "high"):
            low, high = numbers
            if low >= high:
                self._bad(where, "low", f"{low:g} is not below high, {high:g}")
            if kind.startswith("log") and low <= 0:
                self._bad(where, "low", f"has to be above 0 for {kind}, not {low:g}")
        if kind == "beta" and min(numbers) <= 0:
            self._bad(where, "a", "a and b have to be above 0")
        if needed == ("mean", "sd") and numbers[1] <= 0:
            self._bad(where, "sd", f"has to be above 0, not {numbers[1]:g}")
        floor, ceiling = (
            self._number(table[key], where, key) if key in table else without
            for key, without in (("floor", -math.inf), ("ceiling", math.inf))
        )
        if floor >= ceiling:
            self._bad(where, "floor", "is not below ceiling")
        told = {key: self._text(table, key, where) for key in _TEXTS if key in table}
        holds = self._level(table, where)
        return Prior(name, kind, numbers, holds, floor, ceiling, **{**usual, **told})

    def _level(self, table: dict[str, Any], where: str) -> float:
        level = self._number(table.get("level", USUAL_LEVEL), where, "level")
        if not 0 < level < 1:
            self._bad(where, "level", f"has to be between 0 and 1, such as 0.90, not {level:g}")
        return level

    def _quantity(self, name: str, said: Any) -> Quantity:
        where = f"[quantities.{name}]"
        table = self._is_table(said, where)
        forms = [form for form in _FORMS if form in table]
        if len(forms) != 1:
            self._bad(where, " or ".join(_FORMS), "has to be there, and only one of them")
        form = forms[0]
        self._known(table, {form, *_BESIDE[form], "note"}, where)
        if form == "each":
            each = table["each"]
            if not isinstance(each, str):
                self._bad(where, "each", "has to be the name of a lognormal prior")
            correlation = self._number(table.get("correlation", 0.0), where, "correlation")
            if not 0 <= correlation <= 1:
                self._bad(where, "correlation", f"has to be from 0 to 1, not {correlation:g}")
            count = self._terms([table.get("count")], where, "count")[0]
            return Quantity(name, form, (each,), count=count, correlation=correlation)
        terms = self._terms(table[form], where, form)
        weights: tuple[Term, ...] = ()
        if form in ("blend", "choice"):
            weights = self._terms(table.get("weights"), where, "weights")
            self._check_weights(weights, len(terms), where)
        divided_by = self._terms(table.get("divided_by", []), where, "divided_by", empty=True)
        return Quantity(name, form, terms, divided_by, weights)

    def _check_weights(self, weights: tuple[Term, ...], terms: int, where: str) -> None:
        if len(weights) != terms:
            self._bad(where, "weights", f"{len(weights)} for {terms} terms")
        fixed = [one for one in weights if not isinstance(one, str)]
        rests = sum(one == REST for one in weights)
        whole = rests == 0 and len(fixed) == len(weights)
        if min(fixed, default=0.0) < 0 or (whole and abs(sum(fixed) - 1) > 1e-9):
            self._bad(where, "weights", "have to be 0 or more and to make 1 together")
        if rests > 1 or (rests == 0 and not whole):
            self._bad(where, "weights", f'one of them has to be "{REST}" where others are names')

    def _cases(
        self,
        said: Any,
        usual: dict[str, str],
        chips: dict[str, float],
        priors: dict[str, Prior],
        quantities: dict[str, Quantity],
    ) -> tuple[Case, ...]:
        """Read the cases; each adds what it is drawn from to priors and quantities."""
        if not isinstance(said, list):
            self._bad("[[cases]]", "cases", "has to be a list of tables, each under [[cases]]")
        cases: list[Case] = []
        for place, one in enumerate(said, 1):
            where = f"[[cases]] number {place}"
            table = self._is_table(one, where)
            self._known(table, _CASE_KEYS, where)
            name = self._text(table, "name", where)
            if not name or any(name == case.name for case in cases):
                self._bad(where, "name", "has to be there, another for each case")
            told = {
                **usual,
                **{key: self._text(table, key, where) for key in _TEXTS if key in table},
            }
            chip = self._text(table, "chip", where)
            if "units" in table:
                units = self._text(table, "units", where)
                if {"low", "high"} & set(table):
                    self._bad(where, "units", "stands beside low or high; leave one of them out")
            else:
                if chip not in chips and (chips or usual["unit"] == EQUIVALENTS):
                    self._bad(where, "chip", f"{chip!r} is none of [chips]: {', '.join(chips)}")
                units, drawn = f"case: {name}", f"units of {name}"
                low, high = (self._number(table.get(key), where, key) for key in ("low", "high"))
                if not 0 < low < high:
                    self._bad(where, "low", "has to be above 0 and below high")
                priors[drawn] = Prior(
                    drawn, "lognormal", (low, high), self._level(table, where), unit="chips",
                    source=told["source"], date=told["date"],
                )  # fmt: skip
                quantities[units] = Quantity(
                    units, "product", (drawn, chip) if chip in chips else (drawn,)
                )
            status, year = (self._text(table, key, where) for key in ("status", "year"))
            cases.append(Case(name, units, status, year, chip, told["source"], told["date"]))
        if cases:
            if CASES in quantities or CASES in priors or CASES in chips:
                self._bad("[[cases]]", CASES, "names the sum of all cases; rename the other one")
            quantities[CASES] = Quantity(CASES, "sum", tuple(case.units for case in cases))
        return tuple(cases)

    def _check_names(
        self,
        quantity: Quantity,
        chips: dict[str, float],
        priors: dict[str, Prior],
        quantities: dict[str, Quantity],
    ) -> None:
        where = f"[quantities.{quantity.name}]"
        for name in quantity.names():
            if name not in chips and name not in priors and name not in quantities:
                self._bad(where, quantity.form, f"{name!r} is no chip, prior or quantity")
        if quantity.form == "each":
            each = priors.get(str(quantity.terms[0]))
            if each is None or each.distribution != "lognormal":
                self._bad(where, "each", f"{quantity.terms[0]!r} is no lognormal prior")

    def _check_circles(self, quantities: dict[str, Quantity]) -> None:
        done: set[str] = set()

        def visit(name: str, above: tuple[str, ...]) -> None:
            if name in above:
                way = " > ".join([*above[above.index(name) :], name])
                self._bad(f"[quantities.{name}]", quantities[name].form, f"hangs on itself: {way}")
            if len(above) > _DEEPEST:
                self._bad(f"[quantities.{name}]", "name", f"is more than {_DEEPEST} steps down")
            if name in quantities and name not in done:
                for one in quantities[name].names():
                    visit(one, (*above, name))
                done.add(name)

        for name in quantities:
            visit(name, ())

    def _terms(self, said: Any, where: str, key: str, *, empty: bool = False) -> tuple[Term, ...]:
        if not isinstance(said, list) or not (said or empty):
            self._bad(where, key, "has to be a list of names and numbers")
        return tuple(one if isinstance(one, str) else self._number(one, where, key) for one in said)

    def _number(self, value: Any, where: str, key: str, *, above: float = -math.inf) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._bad(where, key, "is missing" if value is None else f"{value!r} is no number")
        if not math.isfinite(value) or value <= above:
            self._bad(where, key, f"{value!r} is out of range")
        return float(value)

    def _text(self, table: dict[str, Any], key: str, where: str = "the top of the file") -> str:
        value = table.get(key, "")
        if isinstance(value, dict | list):
            self._bad(where, key, "has to be a text")
        return str(value)

    def _table(self, said: dict[str, Any], key: str) -> dict[str, Any]:
        return self._is_table(said.get(key, {}), f"[{key}]")

    def _is_table(self, value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise InputError(f"{where} has to be a table", file=self.file)
        return value

    def _known(self, table: dict[str, Any], keys: set[str], where: str) -> None:
        for key in table:
            if key not in keys:
                self._bad(where, key, f"is not known there; there are {', '.join(sorted(keys))}")

    def _bad(self, where: str, key: str, what: str) -> NoReturn:
        raise InputError(f"{where}, {key}: {what}", file=self.file)
