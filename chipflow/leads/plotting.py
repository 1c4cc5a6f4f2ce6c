"""Drawings of leads, in one place: ``leads.plot.flows()``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chipflow.leads.dossier import Leads


class LeadsPlot:
    """What can be drawn of leads; each method is a function of :mod:`chipflow.views`."""

    def __init__(self, leads: Leads) -> None:
        self._leads = leads

    def map(self, **options: Any) -> Any:
        """Draw the leads on a map page; see :func:`chipflow.views.route_map`."""
        return self._view("route_map", **options)

    def network(self, **options: Any) -> Any:
        """Draw companies and shipments as a page; see :func:`chipflow.views.network_view`."""
        return self._view("network_view", **options)

    def timeline(self, rank: int = 1, **options: Any) -> Any:
        """Plot the shipments of one lead by day; see :func:`chipflow.views.plot_timeline`."""
        from chipflow._shows import view

        return view("plot_timeline", self._leads[rank - 1], **options)

    def flows(self, **options: Any) -> Any:
        """Plot units by month with the rules' days; see :func:`chipflow.views.plot_flows`."""
        return self._view("plot_flows", **options)

    def ledger(self, company: str, **options: Any) -> Any:
        """Plot goods in against goods out of a company; see :func:`chipflow.views.plot_ledger`."""
        return self._view("plot_ledger", company, **options)

    def density(self, **options: Any) -> Any:
        """Plot value against weight of shipments; see :func:`chipflow.views.plot_density`."""
        return self._view("plot_density", **options)

    def countries(self, **options: Any) -> Any:
        """Plot countries against countries; see :func:`chipflow.views.plot_countries`."""
        return self._view("plot_countries", **options)

    def routes(self, **options: Any) -> Any:
        """Plot the routes on a map with matplotlib; see :func:`chipflow.views.plot_map`."""
        return self._view("plot_map", **options)

    def report(self, path: str | None = None, **options: Any) -> Any:
        """Write the report; see :func:`chipflow.views.report`.

        Parameters
        ----------
        path
            Where it is saved; without one the page is only returned.
        """
        page = self._view("report", **options)
        if path is not None:
            page.save(path)
        return page

    def workbook(self, path: str) -> Any:
        """Write an Excel workbook; see :func:`chipflow.views.workbook`."""
        return self._view("workbook", path)

    def _view(self, name: str, *arguments: Any, **options: Any) -> Any:
        from chipflow._shows import view

        return view(name, self._leads, *arguments, **options)
