"""Figures of an estimate with matplotlib: what it hangs on, and how far it reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chipflow.errors import ParameterError
from chipflow.views import palette
from chipflow.views.figure import INK, MUTED, axes_of, describe, dress, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflow.estimate import Estimate

MOST_BARS = 14
KINDS = ("tornado", "distribution")
UP, DOWN = palette.ROLES["middle"], palette.ROLES["source"]


def plot_estimate(made: Estimate, kind: str = "tornado", ax: Axes | None = None) -> Axes:
    """Draw an estimate.

    Parameters
    ----------
    made
        From :func:`chipflow.estimate.estimate`.
    kind
        ``tornado``: rank correlation of each prior with the result; ``distribution``: the result.
    ax
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ParameterError
        The kind is another one.
    """
    if kind not in KINDS:
        raise ParameterError(f"kind: {kind!r} is not known; choose {' or '.join(KINDS)}")
    axes = axes_of(ax, (7.6, 4.2))
    if not made.identified:
        axes.text(0.5, 0.5, "not identified by these data", ha="center", va="center", color=MUTED,
                  transform=axes.transAxes)  # fmt: skip
        axes.set_xticks([])
        axes.set_yticks([])
        dress(axes, kind.capitalize())
        return describe(axes, "Not identified by these data.")
    return _tornado(made, axes) if kind == "tornado" else _distribution(made, axes)


def _tornado(made: Estimate, ax: Axes) -> Axes:
    table = made.inputs.dropna(subset=["rank_correlation"]).head(MOST_BARS)
    place = np.arange(len(table))[::-1]
    values = table["rank_correlation"].to_numpy(dtype=float)
    ax.barh(place, values, color=[UP if value > 0 else DOWN for value in values], height=0.7)
    ax.axvline(0, color=INK, lw=0.8)
    ax.set_yticks(place, [text(name, 40) for name in table["name"]])
    dress(ax, "What the result hangs on", note="rank correlation with the result (Spearman)")
    said = ", ".join(
        f"{text(row.name, 40)} {row.rank_correlation:+.2f}"
        for row in table.head(5).itertuples(index=False)
    )
    return describe(ax, f"Rank correlation of the priors with the result: {said}.")


def _distribution(made: Estimate, ax: Axes) -> Axes:
    from matplotlib.ticker import LogLocator, NullLocator

    values = made.draws["result"].to_numpy(dtype=float)
    values = values[values > 0]
    if not len(values):
        dress(ax, "How many chips", note="none in any draw")
        return describe(ax, "No chips in any draw.")
    low, median, high = np.quantile(values, [0.05, 0.5, 0.95])
    ends = np.quantile(values, [0.001, 0.999])
    bins = np.geomspace(ends[0], max(ends[1], ends[0] * 1.01), 60)
    ax.hist(values, bins=list(bins), color=palette.ROLES["other"])
    ax.set_xscale("log")
    ax.axvspan(low, high, color=palette.EVIDENCE_LIGHT[0], alpha=0.35, lw=0)
    ax.axvline(median, color=palette.ACCENT, lw=1.6)
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    ax.set_yticks([])
    note = f"{text(made.model.unit, 40)}; line: median, band: 90% of the draws"
    dress(ax, "How many chips", note=note)
    return describe(
        ax, f"Distribution of the result: median {median:,.0f}, 90% from {low:,.0f} to {high:,.0f}."
    )
