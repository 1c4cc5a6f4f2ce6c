"""The page of an estimate: the number, what it hangs on, each prior with its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from chipflow._version import __version__
from chipflow.views.estimate_plots import KINDS, plot_estimate
from chipflow.views.figure import svg
from chipflow.views.page import Page, assemble, source

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflow.estimate import Estimate


def estimate_report(made: Estimate) -> Page:
    """Write the page of an estimate.

    Parameters
    ----------
    made
        From :func:`chipflow.estimate.estimate`.

    Returns
    -------
    Page
        HTML without any script; the same estimate gives the same bytes.
    """
    figures = {}
    if made.identified:
        for kind in KINDS:

            def draw(subject: Estimate, ax: Axes, kind: str = kind) -> Axes:
                return plot_estimate(subject, kind, ax)

            figures[kind] = svg(draw, made, size=(9.2, 4.2))
    is_case = made.table["quantity"].str.startswith("case: ")
    return assemble(
        "estimate.html.j2",
        title="chipflow: estimate",
        styles=[source("base.css"), source("report.css")],
        model=made.model,
        entity=made.parameters["entity"],
        quantities=_rows(made.table[~is_case]),
        cases=_rows(made.table[is_case]),
        inputs=_rows(made.inputs),
        notes=list(made.notes),
        figures=figures,
        draws=made.parameters["draws"],
        seed=made.parameters["seed"],
        files=made.inputs_read,
        version=__version__,
    )


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(key): None if pd.isna(value) else value for key, value in row.items()}
        for row in table.to_dict("records")
    ]
