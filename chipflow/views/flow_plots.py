"""Figures of country statistics with matplotlib: one for each method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chipflow.flows.areas import area_name
from chipflow.views import palette
from chipflow.views.figure import INK, MUTED, axes_of, describe, dress, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflow.flows import Result

MOST_BARS = 20
UP, DOWN, CHANCE = palette.ROLES["middle"], palette.ROLES["source"], palette.ROLES["other"]


def plot_flow_result(result: Result, ax: Axes | None = None) -> Axes:
    """Draw the answer of one method of country statistics.

    Parameters
    ----------
    result
        From a method of :class:`chipflow.flows.Flows`.
    ax
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes
        Changes, shares and gaps with their 90% intervals; coverage as a grid of reporters and
        periods.
    """
    axes = axes_of(ax, (7.6, 4.2))
    if not len(result.table):
        said = result.notes[0] if result.notes else "nothing to show"
        axes.text(0.5, 0.5, text(said, 90), ha="center", va="center", color=MUTED, wrap=True,
                  transform=axes.transAxes)  # fmt: skip
        axes.set_xticks([])
        axes.set_yticks([])
        dress(axes, result.method)
        return describe(axes, said)
    draw = {
        "surge": _changes,
        "gravity": _changes,
        "divert": _shares,
        "mirror": _gaps,
        "unit_values": _unit_values,
        "coverage": _coverage,
    }[result.method]
    return draw(result, axes)


def _name(code: Any) -> str:
    return text(", ".join(area_name(part) for part in str(code).split("+")), 28)


def _bars(ax: Axes, names: list[str], middle: Any, low: Any, high: Any, colours: list[str]) -> None:
    place = np.arange(len(names))[::-1]
    middle, low, high = (np.asarray(one, dtype=float) for one in (middle, low, high))
    ax.hlines(place, low, high, color=MUTED, lw=1.2)
    ax.scatter(middle, place, c=colours, s=34, zorder=3)
    ax.axvline(0, color=INK, lw=0.8)
    ax.set_yticks(place, names)
    ax.margins(y=0.04)


def _changes(result: Result, ax: Axes) -> Axes:
    table = result.table.dropna(subset=["change"])
    order = table["role"].map({"destination": 0, "third": 1}).fillna(2)
    table = table.assign(order=order).sort_values(["order", "p_value", "country"]).head(MOST_BARS)
    colours = [
        CHANCE if not p_value <= 0.05 else UP if change > 0 else DOWN
        for p_value, change in table[["p_value", "change"]].to_numpy(dtype=float)
    ]
    middle, low, high = (
        np.log1p(table[name].clip(lower=-0.999)) / np.log(2) for name in ("change", "low", "high")
    )
    _bars(ax, [_name(code) for code in table["country"]], middle, low, high, colours)
    ticks = ax.get_xticks()
    ax.set_xticks(ticks, [f"{2**tick:.3g}x" for tick in ticks])
    dress(
        ax,
        "Trade after the event against the counterfactual",
        note="times, with 90% interval; grey: within chance",
    )
    shown = ", ".join(
        f"{row.country} {row.change:+.0%}" for row in table.head(5).itertuples(index=False)
    )
    return describe(ax, f"Change of trade by country against the counterfactual: {shown}.")


def _shares(result: Result, ax: Axes) -> Axes:
    table = result.table
    value = "share" if table["share"].notna().any() else "value_usd"
    low, high = ("share_low", "share_high") if value == "share" else ("low", "high")
    scale = 100.0 if value == "share" else 1e-6
    table = table.head(MOST_BARS)
    names = [f"{_name(row.third)}, {row.counterfactual}" for row in table.itertuples(index=False)]
    colours = [
        UP if row.counterfactual == result.details["default"] else CHANCE
        for row in table.itertuples(index=False)
    ]
    _bars(ax, names, table[value] * scale, table[low] * scale, table[high] * scale, colours)
    what = (
        "% of the fall of direct trade"
        if value == "share"
        else "million USD above the counterfactual"
    )
    dress(ax, "What reappears through third countries", note=f"{what}, with 90% interval")
    total = result.details["total"][result.details["default"]].get("share")
    said = "no share is given" if total is None else f"together {total:.1%} of the fall"
    return describe(ax, f"Growth through third countries by counterfactual; {said}.")


def _gaps(result: Result, ax: Axes) -> Axes:
    table = result.table.dropna(subset=["log_gap"])
    sizes = table.groupby(["exporter", "importer"])["exports_usd"].sum().nlargest(8)
    colours = [*palette.EVIDENCE_LIGHT, *palette.ROLES.values()]
    for number, pair in enumerate(sizes.index):
        one = table[(table["exporter"] == pair[0]) & (table["importer"] == pair[1])]
        one = one.groupby("period")["log_gap"].mean()
        ax.plot(
            one.index, one.to_numpy(), marker="o", ms=3, lw=1.2,
            color=colours[number % len(colours)], label=text(f"{pair[0]} to {pair[1]}", 20),
        )  # fmt: skip
    ax.axhline(0, color=INK, lw=0.8)
    labels = sorted(table["period"].unique())
    ax.set_xticks(labels[:: max(1, len(labels) // 8)])
    if len(sizes):
        ax.legend(fontsize=8, frameon=False)
    dress(ax, "Mirror gaps", y="ln(imports / exports)", note="the largest pairs")
    return describe(
        ax, "Log of imports over exports by period, for the largest pairs of countries."
    )


def _unit_values(result: Result, ax: Axes) -> Axes:
    table = result.table
    names = {
        "export_usd_per_unit": "exporter, per unit", "import_usd_per_unit": "importer, per unit",
        "export_usd_per_kg": "exporter, per kg", "import_usd_per_kg": "importer, per kg",
    }  # fmt: skip
    colours = (UP, DOWN, palette.ACCENT, CHANCE)
    for (name, words), colour in zip(names.items(), colours, strict=True):
        middle = (
            pd.to_numeric(table[name], errors="coerce").groupby(table["period"]).median().dropna()
        )
        if len(middle):
            ax.plot(
                middle.index, middle.to_numpy(), marker="o", ms=3, lw=1.2, color=colour, label=words
            )
    ax.set_yscale("log")
    labels = sorted(table["period"].unique())
    ax.set_xticks(labels[:: max(1, len(labels) // 8)])
    ax.legend(fontsize=8, frameon=False)
    dress(ax, "Unit values as both sides report them", y="USD", note="median corridor")
    return describe(ax, "Unit values by period, of exporters and importers, per unit and per kg.")


def _coverage(result: Result, ax: Axes) -> Axes:
    table = result.table[result.table["period"].str.len() <= 7]
    wide = table.assign(bad=(table["status"] != "complete").astype(float)).pivot_table(
        index="reporter", columns="period", values="bad", aggfunc="max"
    )
    wide = wide.loc[wide.sum(axis=1).sort_values(ascending=False, kind="stable").index].head(30)
    from matplotlib.colors import ListedColormap

    ax.imshow(
        wide.to_numpy(),
        aspect="auto",
        cmap=ListedColormap([CHANCE, palette.ACCENT]),
        vmin=0,
        vmax=1,
    )
    ax.set_yticks(range(len(wide)), [_name(code) for code in wide.index])
    step = max(1, wide.shape[1] // 8)
    ax.set_xticks(range(0, wide.shape[1], step), list(wide.columns[::step]))
    dress(
        ax,
        "Who reports when",
        note="red: missing or broken; blank: before the first or after the last period",
    )
    ax.grid(visible=False)
    bad = int((table["status"] != "complete").sum())
    return describe(ax, f"Coverage by reporter and period; {bad} periods are missing or broken.")
