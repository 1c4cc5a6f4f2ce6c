"""Country statistics in, a folder of tables and pages out."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chipflow import _shows
from chipflow._version import __version__
from chipflow.errors import MissingDependencyError
from chipflow.flows.areas import members
from chipflow.flows.coverage import COLUMNS as COVERAGE_COLUMNS
from chipflow.flows.mirror import COLUMNS as MIRROR_COLUMNS
from chipflow.flows.results import Result
from chipflow.progress import silent
from chipflow.records.save import (
    input_hashes,
    refuse_other_results,
    run_json_writer,
    write_all,
)
from chipflow.tables import write_csv, write_parquet

if TYPE_CHECKING:
    from chipflow.flows.series import Flows
    from chipflow.progress import Progress

COUNTRY_COLUMNS = [
    "country", "role", "change", "low", "high", "p_value", "q_value", "reasons",
    "innocent_explanations",
]  # fmt: skip
ROUTE_COLUMNS = [
    "rank", "origin", "third", "destination", "period", "value_usd", "low", "high", "share",
    "p_value", "q_value",
]  # fmt: skip
SIGNIFICANT_DIGITS = 12
LIBRARIES = ("duckdb", "jinja2", "matplotlib", "numpy", "pandas", "pyarrow", "pyfixest", "scipy")


@dataclass(frozen=True)
class FlowRun:
    """What :func:`write_flows` did.

    Attributes
    ----------
    folder
        Where the results are.
    results
        Method -> its answer.
    summary
        What ``run.json`` says.
    """

    folder: Path
    results: dict[str, Result]
    summary: dict[str, Any]


def write_flows(
    flows: Flows,
    out: str | Path,
    *,
    origin: Any,
    destination: Any,
    event: str,
    third: Any = None,
    hs: Iterable[str] = (),
    seed: int = 0,
    force: bool = False,
    progress: Progress = silent,
) -> FlowRun:
    """Run every method and write tables and pages into a folder.

    Parameters
    ----------
    flows
        Country statistics.
    out
        Folder for the results; files of the same names are replaced when all are complete.
    origin, destination, event, third, hs, seed
        As in :func:`chipflow.flows.divert.divert`.
    force
        Whether results of other files may be replaced.
    progress
        Who is told how the work goes on.

    Returns
    -------
    FlowRun

    Raises
    ------
    ParameterError
        An option has no meaning.
    OutputError
        The folder cannot be written, or holds results that must not be replaced.
    """
    if not force:
        refuse_other_results(Path(out), {"inputs": flows.inputs}, "series.parquet", input_hashes)
    codes = tuple(hs)
    asked = {"destination": destination, "third": third, "hs": codes}
    home = None if origin is None else members(origin, "--origin")
    goal = members(destination, "--destination")
    results: dict[str, Result] = {}
    with progress.stage("comparing", total=6) as step:
        results["coverage"] = flows.coverage
        step.advance()
        results["surge"] = flows.surge(origin, event, **asked)
        step.advance()
        if origin is None:
            results["divert"] = Result(
                "divert", _no_routes(), ("no --origin: no route is asked about",)
            )
        else:
            results["divert"] = flows.divert(
                origin, destination, event, third=third, hs=codes, seed=seed
            )
        step.advance()
        between = (
            tuple(members(third, "--third"))
            if third
            else tuple(results["divert"].table["third"].unique())
        )
        sides = {
            "exporters": None if home is None else (*home, *between),
            "importers": (*between, *goal),
        }
        results["mirror"] = flows.mirror(event=event, hs=codes, **sides)
        step.advance()
        results["unit_values"] = flows.unit_values(event=event, hs=codes, **sides)
        step.advance()
        results["gravity"] = _gravity(flows, origin, event, destination, between, codes)
        step.advance()
    folder = Path(out)
    parameters = {
        "origin": origin if isinstance(origin, str | None) else list(origin),
        "destination": destination if isinstance(destination, str) else list(destination),
        "event": event,
        "third": third if isinstance(third, str | None) else list(third),
        "hs": list(flows.corridors(codes).hs),
        "seed": seed,
    }
    results = {
        name: replace(result, table=steady(result.table)) for name, result in results.items()
    }
    countries = results["surge"].table[COUNTRY_COLUMNS]
    routes = _default_routes(results["divert"])
    tables: dict[str, Callable[[Path], object]] = {
        "countries.csv": lambda path: write_csv(countries, path),
        "routes.csv": lambda path: write_csv(routes, path),
        "mirror.csv": lambda path: write_csv(results["mirror"].table[MIRROR_COLUMNS], path),
        "unit_values.csv": lambda path: write_csv(results["unit_values"].table, path),
        "gravity.csv": lambda path: write_csv(results["gravity"].table, path),
        "coverage.csv": lambda path: write_csv(results["coverage"].table[COVERAGE_COLUMNS], path),
        "counterfactuals.csv": lambda path: write_csv(_side_by_side(results), path),
        "rejected.csv": lambda path: write_csv(flows.left_out, path),
        "series.parquet": lambda path: write_parquet(steady(flows.series), path),
    }
    spec = {"parameters": parameters, "results": results, "flows": flows, "routes": routes}
    with progress.stage("drawing the map and the report"):
        pages = {
            "map.html": _shows.view("flow_map", spec),
            "report.html": _shows.view("flow_report", spec),
        }
    summary = _summary(flows, results, parameters)
    writers: dict[Path, Callable[[Path], object]] = {
        **{folder / name: write for name, write in tables.items()},
        **{folder / name: page.save for name, page in pages.items()},
        folder / "run.json": run_json_writer(summary, tables, default=_plain),
    }
    with progress.stage("writing the tables"):
        write_all(writers)
    return FlowRun(folder, results, summary)


def steady(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose numbers are the same bytes whatever order they were added up in.

    Parameters
    ----------
    table
        Any table.

    Returns
    -------
    pandas.DataFrame
        Numbers with a fraction are rounded to twelve significant digits.
    """
    rounded = {}
    for name in table.columns:
        if pd.api.types.is_float_dtype(table[name].dtype):
            values = table[name].to_numpy(dtype=float)
            with np.errstate(divide="ignore", invalid="ignore"):
                size = np.floor(np.log10(np.abs(values)))
            places = np.where(np.isfinite(size), SIGNIFICANT_DIGITS - 1 - size, 0.0)
            factor = 10.0 ** np.clip(places, -300, 300)
            rounded[name] = np.rint(values * factor) / factor
    return table.assign(**rounded)


def _gravity(
    flows: Flows, origin: Any, event: str, destination: Any, third: Any, hs: tuple[str, ...]
) -> Result:
    from chipflow.flows.gravity import COLUMNS

    if origin is None:
        return Result(
            "gravity", pd.DataFrame(columns=COLUMNS), ("no --origin: no gravity equation",)
        )
    try:
        return flows.gravity(origin, event, destination=destination, third=third, hs=hs)
    except MissingDependencyError as error:
        return Result("gravity", pd.DataFrame(columns=COLUMNS), (str(error),))


def _no_routes() -> pd.DataFrame:
    from chipflow.flows.divert import COLUMNS

    return pd.DataFrame(columns=COLUMNS)


def _default_routes(found: Result) -> pd.DataFrame:
    """Return the routes by the default counterfactual."""
    table = found.table
    if len(table):
        table = table[table["counterfactual"] == found.details["default"]]
    return table[ROUTE_COLUMNS].reset_index(drop=True)


def _side_by_side(results: dict[str, Result]) -> pd.DataFrame:
    """Return all routes by all counterfactuals."""
    return results["divert"].table


def _summary(
    flows: Flows, results: dict[str, Result], parameters: dict[str, Any]
) -> dict[str, Any]:
    return {
        "chipflow": __version__,
        "python": platform.python_version(),
        "libraries": {name: _version_of(name) for name in LIBRARIES},
        "parameters": parameters,
        "inputs": sorted(flows.inputs, key=lambda one: str(one["path"])),
        "sheets": flows.sheets,
        "counts": flows.counts,
        "warnings": flows.warnings,
        "notes": {name: list(result.notes) for name, result in results.items()},
        "details": {name: result.details for name, result in results.items()},
    }


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)


def _version_of(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
