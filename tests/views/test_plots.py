from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from chipflow.errors import ParameterError
from chipflow.views import (
    palette,
    plot_countries,
    plot_density,
    plot_flows,
    plot_ledger,
    plot_map,
    plot_timeline,
)
from chipflow.views.plots import rule_days
from tests.views.made_leads import hop, leads_of, no_leads, small_leads

DRAWN = {
    "timeline": lambda leads, ax=None: plot_timeline(leads[0], ax=ax),
    "ledger": lambda leads, ax=None: plot_ledger(leads, leads.companies["company_id"].iloc[0], ax),
    "flows": plot_flows,
    "map": plot_map,
    "density": plot_density,
    "countries": plot_countries,
}


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_draws_on_given_axes_or_new_ones(name):
    leads = small_leads()
    _, ax = plt.subplots()
    assert DRAWN[name](leads, ax=ax) is ax
    made = DRAWN[name](leads)
    assert isinstance(made, Axes)
    assert made is not ax
    made.figure.canvas.draw()


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_every_figure_says_in_words_what_it_shows(name):
    words = DRAWN[name](small_leads()).get_label()
    assert 40 < len(words) < 600
    assert words.endswith(".")


@pytest.mark.parametrize("draw", [plot_flows, plot_map, plot_density, plot_countries])
def test_figures_of_nothing(draw):
    ax = draw(leads_of([]))
    ax.figure.canvas.draw()
    assert ax.get_label()


def test_style_sheet_has_the_colours_of_the_palette():
    with plt.style.context("chipflow.views.chipflow"):
        style = dict(plt.rcParams)
    cycle = [one.lower() for one in style["axes.prop_cycle"].by_key()["color"]]
    roles = palette.ROLES
    assert cycle == ["#" + one.lstrip("#").lower() for one in cycle]
    assert cycle[:4] == [roles["source"], roles["middle"], roles["final"], roles["other"]]
    assert cycle[4:] == [palette.OUTGOING, palette.ACCENT]
    assert style["grid.color"].lower() == palette.LIGHT["line"]
    assert style["axes.titlecolor"].lower() == palette.LIGHT["ink"]
    assert style["axes.labelcolor"].lower() == palette.LIGHT["muted"]


def test_density_marks_what_names_no_chip_and_moved_one():
    leads = small_leads()
    leads.shipments["items"] = leads.shipments["units"]
    # Tracing gives a lot of "computer parts" on a lead the chip that it may hold.
    hidden = leads.shipments["description"] == "computer parts"
    leads.shipments.loc[hidden, "chip"] = "H100"
    leads.shipments.loc[hidden, "declared"] = False
    plain, named, odd = plot_density(leads).collections
    assert len(odd.get_offsets()) == hidden.sum() == 12
    assert len(named.get_offsets()) == 62
    assert len(plain.get_offsets()) == 0
    assert list(odd.get_offsets()[0]) == pytest.approx([1.7, 29_000.0])


def test_density_marks_lots_without_a_name():
    leads = no_leads()
    leads.shipments["items"] = leads.shipments["units"]
    leads.shipments["declared"] = False
    leads.unnamed.loc[0, "record_ids"] = leads.shipments["record_id"].iloc[3]
    assert [len(one.get_offsets()) for one in plot_density(leads).collections][-1] == 1


def test_countries_known_answer():
    ax = plot_countries(small_leads())
    rows = [label.get_text() for label in ax.get_yticklabels()]
    columns = [label.get_text() for label in ax.get_xticklabels()]
    grid = ax.images[0].get_array()
    assert grid[rows.index("Netherlands"), columns.index("T\u00fcrkiye")] == 40
    assert grid[rows.index("Malaysia"), columns.index("China")] == 64
    assert grid.count() == len({*zip(*grid.nonzero(), strict=True)})
    assert "256, went from Taiwan to United Arab Emirates" in ax.get_label()
    everything = plot_countries(small_leads(), of="all")
    assert "Brazil" in [label.get_text() for label in everything.get_xticklabels()]
    with pytest.raises(ParameterError, match="'some' is not known; choose leads or all"):
        plot_countries(small_leads(), of="some")


def test_timeline_has_a_row_for_each_company_in_order():
    ax = plot_timeline(small_leads()[0])
    rows = [label.get_text().split("  ")[0] for label in ax.get_yticklabels()]
    assert rows == ["Cedar Compute Inc", "Merlion Data Pte Ltd", "Kancil Sdn Bhd", "Jade River Co"]
    assert ax.get_ylim() == (3.5, -0.5)


def test_timeline_dashes_what_is_inferred():
    ax = plot_timeline(small_leads()[1])
    lines = [one for one in ax.collections if isinstance(one, LineCollection)]
    dashed = [one for one in lines if one.get_linestyle()[0][1] is not None]
    assert [len(one.get_segments()) for one in dashed] == [1]


def test_ledger_known_answer():
    # 40 came in on 20 November, 20 went out on 5 January and 20 on 15 January.
    ax = plot_ledger(small_leads(), "tulip parts bv")
    into, out = ax.get_lines()
    assert list(into.get_ydata()) == [40, 40, 40]
    assert list(out.get_ydata()) == [0, 20, 40]


def test_ledger_of_nobody():
    with pytest.raises(
        ParameterError, match=r"no company is called 'Tulip Part'; near: .*Tulip Parts BV"
    ):
        plot_ledger(small_leads(), "Tulip Part")


def test_flows_without_leads_and_rules():
    assert plot_flows(no_leads()).get_ylabel() == "chips"
    assert plot_map(no_leads()).get_title(loc="left").startswith("No lead")
    assert plot_flows(leads_of([])).get_title(loc="left")


def test_rule_days_are_those_of_the_tables():
    # The October 2023 rule took effect on 17 November 2023 for chips such as H100 and H800.
    assert pd.Timestamp("2023-11-17") in rule_days(small_leads()) or pd.Timestamp(
        "2023-11-16"
    ) in rule_days(small_leads())


HOSTILE = ["$a^b$", "\u6df1\u5733\u82af\u7247", "\u202eevil", "a\nb", "\U0001f600", "x" * 9_999,
           "%s {0}"]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_in_figures(name):
    leads = leads_of([(3.0, [
        hop("2024-01-01", name, "US", "B", "SG", 5, "H100"),
        hop("2024-02-01", "B", "SG", name, "CN", 5),
    ])])  # fmt: skip
    for draw in DRAWN.values():
        draw(leads).figure.canvas.draw()
