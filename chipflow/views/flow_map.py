"""The map of country statistics: whose trade changed, and by which routes a fall reappears."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chipflow.flows.areas import EU_MEMBERS, area_name, members
from chipflow.views import world
from chipflow.views.page import Page, assemble, source
from chipflow.views.spec import numbers

if TYPE_CHECKING:
    import pandas as pd

SCRIPTS = (
    "d3-array-3.2.5.min.js",
    "d3-geo-3.1.2.min.js",
    "topojson-client-3.1.0.min.js",
    "flow-map.js",
)
# Countries that a list shows; the table file holds the rest.
MOST_COUNTRIES = 400


def flow_map(spec: dict[str, Any]) -> Page:
    """Draw the answers of all methods on a map of the world.

    Parameters
    ----------
    spec
        ``parameters``, ``results`` (method -> :class:`chipflow.flows.Result`), ``flows`` and
        ``routes`` (the table of ``routes.csv``), as :func:`chipflow.flows.folder.write_flows`
        gives them.

    Returns
    -------
    Page
        Self-contained: nothing is requested when it is opened.
    """
    results, parameters = spec["results"], spec["parameters"]
    origin = parameters["origin"]
    home = [] if origin is None else list(members(origin, "--origin"))
    goal = list(members(parameters["destination"], "--destination"))
    surge = results["surge"]
    data = {
        "world": world.topology(),
        "origin": _side(home, group_name(origin)),
        "destination": _side(goal, ", ".join(area_name(code) for code in goal)),
        "event": parameters["event"],
        "period": surge.details.get("after"),
        "counterfactual": surge.details.get("counterfactual"),
        "countries": _countries(surge.table.head(MOST_COUNTRIES), home),
        "routes": _routes(spec["routes"]),
        "notes": [*spec["flows"].warnings, *surge.notes, *results["divert"].notes],
    }
    return assemble(
        "flows_map.html.j2",
        title="chipflow: country statistics",
        styles=[source("base.css"), source("map.css"), source("flow-map.css")],
        scripts=[source(name) for name in SCRIPTS],
        data=data,
        height=720,
        heading=heading(parameters),
    )


def group_name(codes: Any) -> str:
    """Return how an origin or destination is called in a sentence."""
    if codes is None:
        return "all reporters"
    found = members(codes, "--origin")
    if set(found) == set(EU_MEMBERS):
        return "the EU"
    return ", ".join(area_name(code) for code in found)


def heading(parameters: dict[str, Any]) -> str:
    """Return what was asked, as a title."""
    goods = f", HS {', '.join(parameters['hs'])}" if parameters["hs"] else ""
    return (
        f"Exports of {group_name(parameters['origin'])} around {parameters['event']}: "
        f"towards {group_name(parameters['destination'])}{goods}"
    )


def _side(codes: list[str], name: str) -> dict[str, Any]:
    points = [world.label_points()[code] for code in codes if code in world.label_points()]
    point = np.mean(points, axis=0).tolist() if points else None
    return {"codes": codes, "name": name, "point": point}


def _countries(table: pd.DataFrame, home: list[str]) -> list[dict[str, Any]]:
    columns = {
        name: numbers(table[name], 4)
        for name in ("change", "low", "high", "p_value", "q_value", "ratio_to_past")
    } | {name: numbers(table[name], 0) for name in ("before_usd", "after_usd")}
    rows = []
    for at, row in enumerate(table.to_dict("records")):
        codes = str(row["country"]).split("+")
        rows.append(
            {
                "codes": codes,
                "name": ", ".join(area_name(code) for code in codes),
                "role": row["role"],
                **{name: values[at] for name, values in columns.items()},
                "reasons": _parts(row["reasons"]),
                "innocent": _parts(row["innocent_explanations"]),
                "point": _side(codes, "")["point"],
            }
        )
    return rows


def _parts(text: Any) -> list[str]:
    return [part for part in str(text).split(" | ") if part]


def _routes(table: pd.DataFrame) -> list[dict[str, Any]]:
    columns = {name: numbers(table[name], 4) for name in ("share", "p_value", "q_value")}
    columns |= {name: numbers(table[name], 0) for name in ("value_usd", "low", "high")}
    return [
        {
            "third": code,
            "name": area_name(code),
            "point": world.label_points().get(code),
            **{name: values[at] for name, values in columns.items()},
        }
        for at, code in enumerate(table["third"])
    ]
