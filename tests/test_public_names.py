"""What other people's code may rely on: a name that goes or comes is a decision, written down here.

docs/deprecation.md says what is kept and how something goes.
"""

from __future__ import annotations

import re

import pytest
import typer

import chipflow
from chipflow import views
from chipflow.cli import app
from tests.conftest import ROOT

NAMES = """
    ChipflowError Difference Estimate Flows InputError LayoutError Lead Leads
    MissingDependencyError Network OutputError ParameterError Records Run TableError __version__
    analyze build_network diff estimate find_leads read_flows read_records simulate status
"""
MODULES = """
    companies errors flows goods leads network records routes schemas settings tracing views
"""
VIEWS = """
    Page ViewSpec difference_page estimate_report flow_map flow_report network_view
    plot_countries plot_density plot_estimate plot_flow_result plot_flows plot_ledger plot_map
    plot_timeline report route_map view_spec workbook write_pdf
"""
COMMANDS = """
    analyze chip demo diff estimate export flows paths read report rules simulate
"""
# What people call on the results, beside what pandas habits ask for.
METHODS = {
    "Leads": "filter head map report to_csv to_pandas workbook",
    "Lead": "map plot_timeline report to_dict",
    "Network": "between company countries paths subgraph to_networkx view",
    "Records": "explain save save_layout to_pandas",
}


def public(thing: object) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


def test_the_public_names_are_these():
    assert set(chipflow.__all__) == set(NAMES.split())
    assert set(MODULES.split()) <= public(chipflow)
    assert set(views.__all__) == set(VIEWS.split())


@pytest.mark.parametrize("kind", METHODS)
def test_results_can_be_asked(kind):
    assert set(METHODS[kind].split()) <= public(getattr(chipflow, kind))


def test_the_commands_are_these():
    assert set(typer.main.get_command(app).commands) == set(COMMANDS.split())


def test_the_citation_names_this_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(r"^version: (\S+)$", citation, re.MULTILINE)[1] == chipflow.__version__
