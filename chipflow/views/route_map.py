"""The map of routes: one page with outlines, arcs, filters, time and dossiers inside.

Drawn with d3-geo on a canvas: no tile server, no WebGL, 61 kB of library, and the same
Natural Earth outlines as the figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chipflow.views import world
from chipflow.views.marks import columns_of, read_marks
from chipflow.views.packing import packed
from chipflow.views.page import Page, assemble, source
from chipflow.views.spec import view_spec
from chipflow.views.wording import MEASURES

if TYPE_CHECKING:
    import os

    from chipflow.leads import Leads

SCRIPTS = (
    "d3-array-3.2.5.min.js",
    "d3-geo-3.1.2.min.js",
    "topojson-client-3.1.0.min.js",
    "dom.js",
    "take-away.js",
    "svg-ink.js",
    "map-marks.js",
    "map-search.js",
    "map-scale.js",
    "map-ledger.js",
    "map-draw.js",
    "map-inset.js",
    "map-legend.js",
    "map-picture.js",
    "map-app.js",
)
# The tables of the specification that grow with the records.
TABLES = ("companies", "leads", "chips", "arcs", "records", "evidence", "settle", "flows")


def route_map(leads: Leads, *, marks: str | os.PathLike[str] | None = None) -> Page:
    """Draw leads on a map of the world.

    Parameters
    ----------
    leads
        What :func:`chipflow.find_leads` returned. Without any lead the page says so and shows
        the largest flows between countries instead.
    marks
        A file of marks that the map has saved: ``lead_id``, ``mark``, ``note``.

    Returns
    -------
    Page
        Self-contained: nothing is requested when it is opened.

    Raises
    ------
    InputError
        The file of marks cannot be used.
    """
    given = {} if marks is None else read_marks(marks)
    spec = view_spec(leads)
    data = {
        **spec.to_dict(),
        **{name: packed(getattr(spec, name)) for name in TABLES},
        "marks": columns_of(given.values()),
        "world": world.topology(),
        "measure_name": MEASURES[spec.measure],
    }
    return assemble(
        "map.html.j2",
        title="chipflow: map of routes",
        styles=[source("base.css"), source("map.css")],
        scripts=[source(name) for name in SCRIPTS],
        data=data,
        height=720,
        simulated=spec.simulated,
    )
