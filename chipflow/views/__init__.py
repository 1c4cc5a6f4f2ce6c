"""What do people look at? Map, network, figures and report, all offline and in one look.

Loading this package loads no drawing library; each function loads its own when it is called.
"""

from chipflow.views.density_plot import plot_density
from chipflow.views.difference_page import difference_page
from chipflow.views.estimate_plots import plot_estimate
from chipflow.views.estimate_report import estimate_report
from chipflow.views.flow_map import flow_map
from chipflow.views.flow_plots import plot_flow_result
from chipflow.views.flow_report import flow_report
from chipflow.views.heat_map import plot_countries
from chipflow.views.network_view import network_view
from chipflow.views.page import Page
from chipflow.views.pdf import write_pdf
from chipflow.views.plots import plot_flows, plot_ledger, plot_map, plot_timeline
from chipflow.views.report import report
from chipflow.views.route_map import route_map
from chipflow.views.spec import ViewSpec, view_spec
from chipflow.views.workbook import workbook

__all__ = [
    "Page",
    "ViewSpec",
    "difference_page",
    "estimate_report",
    "flow_map",
    "flow_report",
    "network_view",
    "plot_countries",
    "plot_density",
    "plot_estimate",
    "plot_flow_result",
    "plot_flows",
    "plot_ledger",
    "plot_map",
    "plot_timeline",
    "report",
    "route_map",
    "view_spec",
    "workbook",
    "write_pdf",
]
