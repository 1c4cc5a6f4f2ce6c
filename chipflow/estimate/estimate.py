"""The estimate: a model drawn many times, one's own evidence beside it, and what it hangs on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from chipflow import _shows
from chipflow.errors import InputError, ParameterError
from chipflow.estimate.distributions import Floats, Prior
from chipflow.estimate.draw import Draws
from chipflow.estimate.evidence import (
    LeadUnits,
    corridor_bounds,
    lead_units,
    naming,
    precision_weight,
)
from chipflow.estimate.model import CASES, EQUIVALENTS, Model, evidence_model, load_model
from chipflow.estimate.recapture import recapture
from chipflow.estimate.tables import (
    is_simulated,
    read_cases_table,
    read_leads_table,
    read_mirror_table,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DRAWS = 20_000
FEWEST_DRAWS, MOST_DRAWS = 1_000, 1_000_000
LOW, HIGH = 0.05, 0.95
COLUMNS = ["quantity", "unit", "median", "low", "high", "mean", "statement"]
INPUT_COLUMNS = [
    "name", "distribution", "unit", "low", "median", "high", "source", "date", "note",
    "rank_correlation",
]  # fmt: skip
NOT_IDENTIFIED = "not identified by these data"
# Corridors that are shown; all have a row of their own in none but the tables of flows.
_MOST_CORRIDORS = 10
_MOST_NAMES = 5
_SHARES = ("lead_accuracy", "coverage", "lead_detection")
_DIVISORS = ("coverage", "lead_detection", "value_per_chip")


@dataclass(frozen=True)
class Estimate:
    """How many chips, with an interval and what it hangs on.

    Attributes
    ----------
    table
        One row a quantity: ``quantity, unit, median, low, high`` (90%), ``mean, statement``.
    inputs
        One row a prior: ``name, distribution, unit, low, median, high, source, date, note,
        rank_correlation`` (Spearman, with the result), the strongest first.
    draws
        One row a draw: the priors, the quantities shown and ``result``.
    model
        What was drawn.
    notes
        What was left out, counted once or cannot be said.
    parameters
        What was asked.
    inputs_read
        Files and their SHA-256.
    """

    table: pd.DataFrame
    inputs: pd.DataFrame
    draws: pd.DataFrame
    model: Model
    notes: tuple[str, ...]
    parameters: dict[str, Any]
    inputs_read: list[dict[str, str]] = field(default_factory=list)

    @property
    def identified(self) -> bool:
        """Whether the data say anything on what was asked."""
        return "result" in self.draws

    def plot(self, kind: str = "tornado", ax: Axes | None = None) -> Axes:
        """Draw the rank correlations (``tornado``) or the result (``distribution``)."""
        return _shows.view("plot_estimate", self, kind, ax)  # type: ignore[no-any-return]

    def report(self) -> Any:
        """Return the page: numbers, figures, inputs with their sources."""
        return _shows.view("estimate_report", self)

    def _repr_html_(self) -> str:
        return str(self.table.to_html(index=False, escape=True, float_format="{:,.0f}".format))


def estimate(
    priors: str | Path = "epoch-2026",
    *,
    leads: str | Path | None = None,
    flows: str | Path | None = None,
    cases: str | Path | None = None,
    independent: str | Sequence[str] = (),
    entity: str | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Estimate:
    """Estimate how many chips were diverted.

    Parameters
    ----------
    priors
        ``epoch-2026``, ``cnas-2025``, or a TOML file; see ``docs/estimate.md``.
    leads
        Folder that ``chipflow analyze`` wrote: a view of its own, blended with the model.
    flows
        Folder that ``chipflow flows`` wrote: its mirror gaps bound what a corridor can hold.
    cases
        CSV of cases by source, for capture and recapture; in cases, not chips.
    independent
        Sources of ``cases`` that do not follow each other; a list, or names with commas.
    entity
        A firm: answered only from leads that name it.
    draws, seed
        How many draws, and of which random numbers; the same seed gives the same result.

    Returns
    -------
    Estimate

    Raises
    ------
    ParameterError
        An option has no meaning.
    InputError
        A file cannot be used.
    """
    if draws < FEWEST_DRAWS:
        raise ParameterError(f"--draws: {draws:,} is too few for 90% bounds; give {FEWEST_DRAWS:,}")
    if draws > MOST_DRAWS:
        raise ParameterError(f"--draws: {draws:,} is too many; give at most {MOST_DRAWS:,}")
    if seed < 0:
        raise ParameterError(f"--seed: {seed} is below 0")
    model = load_model(priors)
    sources = independent.split(",") if isinstance(independent, str) else list(independent)
    sources = [one.strip() for one in sources if one.strip()]
    parameters = {
        "priors": str(priors), "entity": entity, "draws": draws, "seed": seed,
        "independent": sources,
    }  # fmt: skip
    made = _Made(model, draws, seed)
    found = None if leads is None else read_leads_table(leads)
    if leads is not None and is_simulated(leads):
        made.notes.append(
            "SIMULATED RECORDS: the leads are made up, and so is what follows of them"
        )
    read = _files(priors, leads, flows, cases)
    if entity is not None:
        made.of_entity(found, entity)
        if flows is not None:
            made.notes.append("country statistics name no firm: --flows is not used with --entity")
    else:
        made.of_model()
        if found is not None:
            made.with_leads(found)
        if flows is not None:
            made.with_corridors(read_mirror_table(flows))
    if cases is not None:
        made.with_cases(read_cases_table(cases), sources)
    return made.done(parameters, read)


class _Made:
    """An estimate in the making: rows, draws and notes."""

    def __init__(self, model: Model, draws: int, seed: int) -> None:
        self.model, self.seed = model, seed
        self.drawn = Draws(model, draws, seed)
        self.evidence = evidence_model().priors
        self.priors: dict[str, Prior] = {}
        self.kept: dict[str, Floats] = {}
        self.rows: list[dict[str, Any]] = []
        self.notes: list[str] = []

    def of_model(self) -> None:
        model = self.model
        used = _reached(model)
        self.priors = {name: prior for name, prior in model.priors.items() if name in used}
        for name in model.shown:
            if name != model.result:
                self._row(name, self._keep(name, self.drawn[name]))
        for case in model.cases:
            said = ", ".join(filter(None, (case.status, case.year, case.chip)))
            self._row(f"case: {case.name}", self.drawn[case.units], said)
        result = self.drawn[model.result]
        if not np.isfinite(result).all():
            raise InputError(f"{model.result} is without bounds in some draws", file=model.name)
        if model.note:
            self.notes.append(model.note)
        if CASES in used and "resale" in used:
            self.notes.append(
                "cases and listings are two views of the same chips: blended, never added"
            )
        self._keep("result", result)
        self._row(model.result, result, self._above(result))

    def with_leads(self, leads: pd.DataFrame) -> None:
        units = self._units(leads)
        if not units.leads:
            self.notes.append("no lead holds a number of chips: the leads change nothing")
            return
        share = {name: self._evidence(name) for name in _SHARES}
        view = units.draws * share["lead_accuracy"] / share["coverage"] / share["lead_detection"]
        model = self.kept["result"]
        weight = precision_weight(view, model)
        result = (1 - weight) * model + weight * view
        self._row(
            "in leads", self._keep("in leads", units.draws),
            f"{_leads(units.leads)}, as recorded: neither scaled up nor found to be diverted",
        )  # fmt: skip
        self._row(
            "by leads", self._keep("by leads", view),
            "in leads x lead_accuracy / (coverage x lead_detection): a view of the same chips",
        )  # fmt: skip
        self._keep("result", result)
        self._row(
            "blended", result,
            f"{1 - weight:.0%} {self.model.result}, {weight:.0%} by leads, by the precision of "
            f"their logarithms. {self._above(result)}",
        )  # fmt: skip
        self.notes += [
            "leads and the model are views of the same chips: blended, never added. A case of the "
            "model may be a lead here too; adding them would count it twice",
            "the model speaks of its own period and destination; leads of other ones do not "
            "belong beside it",
        ]

    def with_corridors(self, mirror: pd.DataFrame) -> None:
        bounds, notes = corridor_bounds(mirror, self._evidence("value_per_chip"), self.seed)
        self.notes += notes
        if not bounds:
            self.notes.append("no corridor has a gap beyond its usual one: no bound")
            return
        result = self.kept["result"]
        for corridor, most in list(bounds.items())[:_MOST_CORRIDORS]:
            name = f"at most, corridor {corridor}"
            self._row(
                name, self._keep(name, most),
                "bound, not an estimate: the gap if it were nothing but chips; at least 0. The "
                f"result is above it in {np.mean(result > most):.0%} of the draws",
            )  # fmt: skip
        if len(bounds) > _MOST_CORRIDORS:
            self.notes.append(f"{len(bounds) - _MOST_CORRIDORS:,} smaller corridors are not shown")
        self.notes.append(
            "gaps of statistics bound single corridors and change no estimate; they are not added "
            "up, for goods that pass two corridors would count twice, nor do they bound what "
            "neither side recorded"
        )

    def of_entity(self, leads: pd.DataFrame | None, entity: str) -> None:
        mine, names = (None, ()) if leads is None else naming(leads, entity)
        name = f"in leads that name {entity}"
        units = None if mine is None or not len(mine) else self._units(mine)
        if units is None or not units.leads:
            why = "no leads were given" if leads is None else "no lead with chips names this firm"
            self._row(name, None, f"{NOT_IDENTIFIED}: {why}")
            self.notes.append(
                f"{NOT_IDENTIFIED}: an estimate of all diverted chips says nothing of one firm's "
                "share, and none is made up"
            )
            return
        self._keep("result", units.draws)
        self._row(
            name, units.draws,
            f"{_leads(units.leads)}, as recorded: what passed this firm or went to it. Taken for "
            f"it: {' | '.join(names[:_MOST_NAMES])}",
        )  # fmt: skip
        self.notes += [
            "not scaled up: coverage and detection are those of all trade and say nothing of one "
            "firm; what no record shows of it is not identified",
            "a lead is a question: a firm that is named in one may be a buyer in good faith",
        ]

    def with_cases(self, cases: pd.DataFrame, independent: Sequence[str]) -> None:
        unknown = sorted(set(independent) - set(cases["source"]))
        if unknown:
            there = ", ".join(sorted(set(cases["source"]))[:8])
            raise ParameterError(f"--independent: {unknown[0]!r} is no source; there are {there}")
        found = recapture(cases, independent)
        self.notes.append(found.sentence)
        self.rows.append(
            {
                "quantity": "cases, at least",
                "unit": "cases",
                "median": found.estimate,
                "low": found.low,
                "high": found.high,
                "mean": None,
                "statement": found.sentence,
            }
        )

    def _say_sources(self) -> None:
        bare = sorted(name for name, one in self.priors.items() if not (one.source and one.date))
        if bare:
            named = ", ".join(bare[:_MOST_NAMES])
            more = f" and {len(bare) - _MOST_NAMES:,} more" if len(bare) > _MOST_NAMES else ""
            self.notes.append(f"priors without a source and its date: {named}{more}")

    def done(self, parameters: dict[str, Any], read: list[dict[str, str]]) -> Estimate:
        self._say_sources()
        return Estimate(
            pd.DataFrame(self.rows, columns=COLUMNS).astype(
                dict.fromkeys(("median", "low", "high", "mean"), "float64")
            ),
            self._inputs(),
            pd.DataFrame({name: np.asarray(one, np.float32) for name, one in self.kept.items()}),
            self.model,
            tuple(dict.fromkeys(self.notes)),
            parameters,
            read,
        )

    def _units(self, leads: pd.DataFrame) -> LeadUnits:
        chips = self.model.chips if self.model.unit == EQUIVALENTS else None
        units = lead_units(leads, chips, self.drawn.draws, self.seed)
        self.notes += units.notes
        return units

    def _evidence(self, name: str) -> Floats:
        """Draw a prior of the evidence, the file's own where it has one."""
        prior = self.model.priors.get(name, self.evidence[name])
        self.priors[name] = prior
        drawn = prior.draw(self.drawn.draws, self.seed)
        if (drawn <= 0).any() and name in _DIVISORS:
            raise InputError(
                f"[priors.{name}]: has draws of 0, and is divided by; give it a floor",
                file=self.model.name,
            )
        if (drawn > 1).any() and name in _SHARES:
            raise InputError(
                f"[priors.{name}]: is a share with draws above 1; give it a ceiling of 1",
                file=self.model.name,
            )
        return drawn

    def _keep(self, name: str, values: Floats) -> Floats:
        self.kept[name] = values
        return values

    def _above(self, values: Floats) -> str:
        return "; ".join(
            f"P(more than {size:,.0f}) = {np.mean(values > size):.2f}"
            for size in self.model.more_than
        )

    def _row(self, name: str, values: Floats | None, statement: str = "") -> None:
        low, median, high, mean = (
            (None,) * 4
            if values is None
            else (*(float(one) for one in np.quantile(values, [LOW, 0.5, HIGH])), values.mean())
        )
        prior = self.model.priors.get(name)
        unit = self.model.unit if prior is None else prior.unit
        self.rows.append(
            dict(zip(COLUMNS, (name, unit, median, low, high, mean, statement), strict=True))
        )

    def _inputs(self) -> pd.DataFrame:
        result = self.kept.get("result")
        ranks = None if result is None or np.ptp(result) == 0 else stats.rankdata(result)
        alike = {one.terms[0] for one in self.model.quantities.values() if one.form == "each"}
        rows = []
        for name, prior in self.priors.items():
            values = prior.draw(self.drawn.draws, self.seed)
            low, median, high = np.quantile(values, [LOW, 0.5, HIGH])
            # Of many alike each has a draw of its own: no one value goes with the result.
            varies = name not in alike and np.ptp(values) > 0
            correlation = (
                np.corrcoef(stats.rankdata(values), ranks)[0, 1]
                if varies and ranks is not None
                else np.nan
            )
            self.kept.setdefault(f"prior: {name}", values)
            rows.append(
                (name, str(prior), prior.unit, low, median, high, prior.source, prior.date,
                 prior.note, round(float(correlation), 6))
            )  # fmt: skip
        table = pd.DataFrame(rows, columns=INPUT_COLUMNS)
        strength = table["rank_correlation"].astype(float).abs().fillna(-1.0)
        order = pd.DataFrame({"strength": -strength, "name": table["name"]})
        return table.loc[order.sort_values(["strength", "name"]).index].reset_index(drop=True)


def _leads(count: int) -> str:
    return f"{count:,} {'lead' if count == 1 else 'leads'}"


def _reached(model: Model) -> set[str]:
    """Return the names that the result and what is shown hang on."""
    found: set[str] = set()
    ahead = [*model.shown]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            if name in model.quantities:
                ahead += model.quantities[name].names()
    return found


def _files(*given: str | Path | None) -> list[dict[str, str]]:
    """Return the files that were read, with their SHA-256."""
    names = ("", "leads.parquet", "leads.csv", "mirror.csv")
    found = []
    for one in given:
        places = [] if one is None else [Path(one) / name if name else Path(one) for name in names]
        file = next((place for place in places if place.is_file()), None)
        if file is not None:
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            found.append({"path": str(file), "sha256": digest})
    return found
