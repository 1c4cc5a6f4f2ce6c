"""Drawings of leads, in one place: ``leads.plot.flows()``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from chipflow._shows import Page
    from chipflow.given_files import Given
    from chipflow.leads.dossier import Leads


class LeadsPlot:
    """What can be drawn of leads; each method is a function of :mod:`chipflow.views`.

    Methods with ``ax`` draw with matplotlib, on the axes given or a new figure; the others give
    a page that shows itself in a notebook and has ``.save(path)``.
    """

    def __init__(self, leads: Leads) -> None:
        self._leads = leads

    def map(self, *, marks: str | os.PathLike[str] | None = None) -> Page:
        """Draw the leads on a map page; see :func:`chipflow.views.route_map`."""
        return self._page("route_map", marks=marks)

    def network(self, *, seed: int = 0) -> Page:
        """Draw companies and shipments as a page; see :func:`chipflow.views.network_view`."""
        return self._page("network_view", seed=seed)

    def timeline(self, rank: int = 1, ax: Axes | None = None) -> Axes:
        """Plot the shipments of one lead by day; see :func:`chipflow.views.plot_timeline`."""
        return self._leads[rank - 1].plot_timeline(ax)

    def flows(self, ax: Axes | None = None) -> Axes:
        """Plot units by month with the rules' days; see :func:`chipflow.views.plot_flows`."""
        return self._axes("plot_flows", ax)

    def ledger(self, company: str, ax: Axes | None = None) -> Axes:
        """Plot goods in against goods out of a company; see :func:`chipflow.views.plot_ledger`."""
        return self._axes("plot_ledger", company, ax)

    def density(self, ax: Axes | None = None) -> Axes:
        """Plot value against weight of shipments; see :func:`chipflow.views.plot_density`."""
        return self._axes("plot_density", ax)

    def countries(self, ax: Axes | None = None, *, of: str | None = None) -> Axes:
        """Plot countries against countries; see :func:`chipflow.views.plot_countries`."""
        return self._axes("plot_countries", ax, of=of)

    def routes(self, ax: Axes | None = None) -> Axes:
        """Plot the routes on a map with matplotlib; see :func:`chipflow.views.plot_map`."""
        return self._axes("plot_map", ax)

    def report(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        template: str | os.PathLike[str] | None = None,
        notes: Given | Sequence[Given] | None = None,
    ) -> Page:
        """Write the report; see :func:`chipflow.views.report`.

        Parameters
        ----------
        path
            Where it is saved; without one the page is only returned.
        template
            A Jinja template of your own; ``docs/reports.md`` says what it is given.
        notes
            A Markdown file that is put in front, a ``.csv`` file of marks, or several of them.

        Raises
        ------
        InputError
            The template or the notes cannot be used.
        OutputError
            The file cannot be written.
        """
        page = self._page("report", template=template, notes=notes)
        if path is not None:
            page.save(path)
        return page

    def workbook(self, path: str | os.PathLike[str]) -> Path:
        """Write an Excel workbook; see :func:`chipflow.views.workbook`."""
        from chipflow._shows import view

        file: Path = view("workbook", self._leads, path)
        return file

    def _page(self, name: str, **options: Any) -> Page:
        from chipflow._shows import view

        page: Page = view(name, self._leads, **options)
        return page

    def _axes(self, name: str, *arguments: Any, **options: Any) -> Axes:
        from chipflow._shows import view

        axes: Axes = view(name, self._leads, *arguments, **options)
        return axes
