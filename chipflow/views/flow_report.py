"""The report of country statistics: what was asked, what cannot be said, what the figures show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from chipflow._version import __version__
from chipflow.flows.areas import area_name
from chipflow.views.figure import svg
from chipflow.views.flow_map import group_name, heading
from chipflow.views.flow_plots import plot_flow_result
from chipflow.views.page import Page, assemble, source

if TYPE_CHECKING:
    from chipflow.flows import Result

MOST_COUNTRIES, MOST_ROWS = 40, 60


def flow_report(spec: dict[str, Any]) -> Page:
    """Write the report of country statistics.

    Parameters
    ----------
    spec
        As :func:`chipflow.views.flow_map.flow_map` takes it.

    Returns
    -------
    Page
        HTML without any script; the same results give the same bytes.
    """
    results: dict[str, Result] = spec["results"]
    parameters, flows = spec["parameters"], spec["flows"]
    notes = [(name, note) for name, result in results.items() for note in result.notes]
    figures = {
        name: svg(plot_flow_result, results[name], size=(9.2, 4.2))
        for name in ("surge", "divert", "mirror")
        if len(results[name].table)
    }
    mirror = results["mirror"].table
    unusual = mirror[~mirror["status"].isin(["agrees", "reporter incomplete"])]
    coverage = results["coverage"].table
    return assemble(
        "flows_report.html.j2",
        title="chipflow: report of country statistics",
        styles=[source("base.css"), source("report.css")],
        heading=heading(parameters),
        origin=group_name(parameters["origin"]),
        destination=group_name(parameters["destination"]),
        event=parameters["event"],
        details=results["surge"].details,
        counts=flows.counts,
        warnings=flows.warnings,
        notes=notes,
        figures=figures,
        countries=_rows(results["surge"].table.head(MOST_COUNTRIES)),
        countries_left=max(len(results["surge"].table) - MOST_COUNTRIES, 0),
        routes=_rows(results["divert"].table.head(MOST_ROWS)),
        totals=results["divert"].details.get("total", {}),
        mirror=_rows(unusual.head(MOST_ROWS)),
        mirror_counts=_counted(mirror["status"]),
        units=_rows(results["unit_values"].table.dropna(subset=["times_apart"]).head(MOST_ROWS)),
        gravity=_rows(results["gravity"].table),
        coverage=_rows(coverage[coverage["status"] != "complete"].head(MOST_ROWS)),
        inputs=sorted(flows.inputs, key=lambda one: str(one["path"])),
        sheets=sorted(flows.sheets, key=lambda one: str(one["source"]))[:MOST_ROWS],
        left_out=_rows(flows.left_out.sort_values("rows", ascending=False, kind="stable").head(20)),
        name=lambda code: ", ".join(area_name(one) for one in str(code).split("+")),
        version=__version__,
    )


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            str(key): None if not isinstance(value, list) and pd.isna(value) else value
            for key, value in row.items()
        }
        for row in table.to_dict("records")
    ]


def _counted(values: pd.Series) -> list[tuple[str, int]]:
    counted = values.value_counts().sort_index()
    return list(zip(counted.index.astype(str), counted.astype(int), strict=True))
