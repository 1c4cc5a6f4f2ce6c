"""The chart of docs/controls.md: TPP against performance density, with the rule's regions.

The regions are found by asking the rules' engine at one point between each two limits that any
clause sets, so that a new clause shows without a change here.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
from matplotlib.patches import Patch

from chipflow.goods.controls.ruling import Question, find, in_force

if TYPE_CHECKING:
    from pathlib import Path

    from chipflow.goods.catalogue.load import Catalogue, Chip

# The day and place that the chart is about: the rule of 2023 in the form that holds longest.
DAY = dt.date(2025, 12, 1)
PLACE = "CN"

# What the axes show; limits lie inside.
DENSITY, TPP = (0.2, 60.0), (60.0, 70_000.0)
COLOURS = {"free": "#ffffff", "licence": "#fde3b5", "presumed_denied": "#f3b6a8"}
NAMES = {
    "free": "no licence",
    "licence": "licence",
    "presumed_denied": "licence, presumed denied",
}
INK, MUTED = "#1d2733", "#8a94a0"


def edges(limits: set[float], low: float, high: float) -> list[float]:
    """Return the limits between the ends of an axis, and the ends."""
    return [low, *sorted(limit for limit in limits if low < limit < high), high]


def regions(catalogue: Catalogue, ax: Any, *, datacentre: bool) -> None:
    """Shade what the rules ask of a chip by its figures alone."""
    question = Question(PLACE, None, None)
    clauses = [(c, sure) for c, sure in in_force(DAY, question, catalogue) if not c.parts]
    tpps = edges(_limits(clauses, "tpp"), *TPP)
    densities = edges(_limits(clauses, "density"), *DENSITY)
    model = catalogue.chips[0]
    for low, high in pairwise(tpps):
        for left, right in pairwise(densities):
            chip = replace(
                model,
                chip="", family="", tpp=(low * high) ** 0.5, link_gb_s=0.0, memory_gb_s=0.0,
                performance_density=(left * right) ** 0.5, datacentre=datacentre, estimate=(),
            )  # fmt: skip
            colour = COLOURS.get(find(chip, clauses).status, "#dddddd")
            ax.fill(
                [left, right, right, left], [low, low, high, high], color=colour, lw=0, zorder=0
            )
    for limit in tpps[1:-1]:
        ax.axhline(limit, color=MUTED, lw=0.6, ls=":", zorder=1)
        ax.text(DENSITY[0] * 1.06, limit * 1.02, f"TPP {limit:,.0f}", fontsize=7, color=MUTED)
    for limit in densities[1:-1]:
        ax.axvline(limit, color=MUTED, lw=0.6, ls=":", zorder=1)
        ax.text(limit * 1.02, TPP[0] * 1.08, f"{limit:g}", fontsize=7, color=MUTED)


def _limits(clauses: list[Any], name: str) -> set[float]:
    found = {getattr(c, f"{name}_{end}") for c, _ in clauses for end in ("min", "below")}
    return {limit for limit in found if limit is not None}


def points(shown: list[Chip], ax: Any) -> None:
    """Draw the chips: filled where the figures were found, hollow where one is an estimate."""
    for chip in shown:
        guessed = {"tpp", "performance_density"} & set(chip.estimate)
        ax.plot(
            chip.performance_density, chip.tpp, "o", ms=4.2, mec=INK, mew=0.8,
            mfc="none" if guessed else INK, zorder=3,
        )  # fmt: skip


def labels(shown: list[Chip], ax: Any) -> None:
    """Name the chips, strongest first, where a name covers no other."""
    figure = ax.get_figure()
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    taken = [ax.transData.transform((c.performance_density, c.tpp)) for c in shown]
    boxes: list[Any] = []
    for chip in sorted(shown, key=lambda c: (-(c.tpp or 0.0), c.chip)):
        for offset, side in (
            ((5, 0), "left"),
            ((-5, 0), "right"),
            ((0, 7), "center"),
            ((0, -7), "center"),
        ):
            text = ax.annotate(
                chip.chip, (chip.performance_density, chip.tpp), offset, fontsize=6.3, color=INK,
                textcoords="offset points", va="center", ha=side, zorder=4,
            )  # fmt: skip
            box = text.get_window_extent(renderer)
            covers = any(box.contains(*place) for place in taken)
            inside = ax.bbox.contains(box.x0, box.y0) and ax.bbox.contains(box.x1, box.y1)
            if inside and not covers and not any(box.overlaps(other) for other in boxes):
                boxes.append(box)
                break
            text.remove()


def draw(catalogue: Catalogue, path: Path) -> None:
    """Draw both panels and save them."""
    fig, axes = plt.subplots(1, 2, figsize=(13, 7), sharey=True, layout="constrained")
    for ax, datacentre in zip(axes, (True, False), strict=True):
        ax.set(xscale="log", yscale="log", xlim=DENSITY, ylim=TPP)
        ax.set_title(
            "made or marketed for data centres" if datacentre else "not for data centres",
            loc="left", fontsize=10, color=INK,
        )  # fmt: skip
        ax.set_xlabel("performance density (TPP by mm² of die)")
        regions(catalogue, ax, datacentre=datacentre)
        shown = [
            chip
            for chip in catalogue.chips
            if chip.datacentre is datacentre
            and chip.tpp is not None
            and chip.performance_density is not None
            and TPP[0] <= chip.tpp <= TPP[1]
            and DENSITY[0] <= chip.performance_density <= DENSITY[1]
        ]
        points(shown, ax)
        labels(shown, ax)
    axes[0].set_ylabel("TPP")
    handles = [Patch(fc=COLOURS[name], ec=MUTED, label=NAMES[name]) for name in COLOURS]
    handles.append(
        plt.Line2D([], [], ls="", marker="o", mfc=INK, mec=INK, ms=4, label="figures found")
    )
    handles.append(
        plt.Line2D([], [], ls="", marker="o", mfc="none", mec=INK, ms=4, label="estimate")
    )
    axes[0].legend(handles=handles, loc="upper left", fontsize=8)
    fig.suptitle(f"3A090 for {PLACE} on {DAY}, by the figures alone", x=0.01, ha="left", color=INK)
    fig.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(fig)
