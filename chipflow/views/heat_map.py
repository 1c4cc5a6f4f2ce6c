"""Country to country as a table of colours: who sends to whom, at one glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.errors import ParameterError
from chipflow.views import palette, world
from chipflow.views.figure import INK, MUTED, axes_of, describe, dress, simulated_mark, text
from chipflow.views.spec import codes_of, measure_of
from chipflow.views.wording import MEASURES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflow.leads import Leads

MOST_COUNTRIES = 16  # rows and columns; more cannot be read
OTHERS = "all others"
SHORTENED = 1e4  # amounts from which a letter stands for zeros
SIZES = ((1e9, "B"), (1e6, "M"), (1e3, "k"))
OF = ("leads", "all")


def plot_countries(leads: Leads, ax: Axes | None = None, *, of: str | None = None) -> Axes:
    """Plot what went from country to country as a heat map.

    Parameters
    ----------
    leads
        What :func:`chipflow.find_leads` returned.
    ax
        Where to draw; a new figure without it.
    of
        ``"leads"`` for the chips that may have reached the destination on a lead, ``"all"`` for
        all trade in the records; without it leads where there are any.

    Returns
    -------
    matplotlib.axes.Axes
        Rows send, columns receive; the colour grows with the logarithm of the amount, which
        stands in each field. The largest countries have their own row, the rest one together.

    Raises
    ------
    ParameterError
        ``of`` is neither of the two.
    """
    if of is not None and of not in OF:
        raise ParameterError(f"of: {of!r} is not known; choose {' or '.join(OF)}")
    on_leads = len(leads.table) > 0 if of is None else of == "leads"
    flows, what = _flows(leads, on_leads=on_leads)
    grid = _grid(flows)
    ax = axes_of(ax, (1.9 + 0.52 * max(grid.shape[1], 4), 1.5 + 0.34 * max(grid.shape[0], 3)))
    _draw(ax, grid)
    kind = "on leads" if on_leads else "in these records"
    dress(ax, f"From country to country: {what} {kind}", y="from", note="to")
    ax.grid(visible=False)
    if leads.searched.records.simulated:
        simulated_mark(ax, above=True)
    if not len(flows):
        return describe(ax, f"An empty table: no {what} went from country to country {kind}.")
    largest = flows.iloc[int(flows["amount"].argmax())]
    return describe(
        ax,
        f"Heat map of {what} {kind} from {len(grid)} countries or groups to {grid.shape[1]}. The "
        f"most, {largest['amount']:,.0f}, went from {world.country_name(str(largest['origin']))} "
        f"to {world.country_name(str(largest['target']))}.",
    )


def _flows(leads: Leads, *, on_leads: bool) -> tuple[pd.DataFrame, str]:
    shipments = leads.shipments
    if on_leads:
        steps = leads.steps[["record_id", "units"]]
        ends = shipments[["record_id", "from_country", "to_country"]]
        table, measure = steps.merge(ends, on="record_id"), "units"
    else:
        table, measure = shipments, measure_of(shipments)
    amount = (
        pd.Series(1.0, index=table.index)
        if measure == "shipments"
        else pd.to_numeric(table[measure], errors="coerce").astype("float64")
    )
    flows = pd.DataFrame(
        {
            "origin": codes_of(table["from_country"]),
            "target": codes_of(table["to_country"]),
            "amount": amount,
        }
    )
    summed = flows.groupby(["origin", "target"], as_index=False)["amount"].sum()
    return summed[summed["amount"] > 0].reset_index(drop=True), MEASURES[measure]


def _grid(flows: pd.DataFrame) -> pd.DataFrame:
    """Senders in rows and receivers in columns, the largest first and the rest together."""
    if not len(flows):
        return pd.DataFrame()
    shown = flows.copy()
    for side in ("origin", "target"):
        totals = shown.groupby(side)["amount"].sum()
        order = totals.sort_values(ascending=False, kind="stable").index
        if len(order) > MOST_COUNTRIES:
            shown[side] = shown[side].where(shown[side].isin(order[: MOST_COUNTRIES - 1]), OTHERS)
    grid = shown.pivot_table(index="origin", columns="target", values="amount", aggfunc="sum")
    rows = grid.sum(axis=1).sort_values(ascending=False, kind="stable").index
    columns = grid.sum(axis=0).sort_values(ascending=False, kind="stable").index
    return grid.loc[_rest_last(rows), _rest_last(columns)]


def _rest_last(names: pd.Index) -> list[str]:
    return [
        *(name for name in names if name != OTHERS),
        *(name for name in names if name == OTHERS),
    ]


def _draw(ax: Axes, grid: pd.DataFrame) -> None:
    from matplotlib.colors import LinearSegmentedColormap, LogNorm

    if not grid.size:
        ax.text(0.5, 0.5, "Nothing to show", transform=ax.transAxes, ha="center", color=MUTED)
        ax.set_xticks([])
        ax.set_yticks([])
        return
    amounts = grid.to_numpy(dtype=float)
    low, high = float(np.nanmin(amounts)), float(np.nanmax(amounts))
    scale = LogNorm(low, high if high > low else low * 1.001)
    colours = LinearSegmentedColormap.from_list("evidence", list(palette.EVIDENCE_LIGHT))
    ax.imshow(np.ma.masked_invalid(amounts), cmap=colours, norm=scale, aspect="auto")
    for row, column in np.argwhere(np.isfinite(amounts)):
        amount = amounts[row, column]
        ax.text(column, row, _short(amount), ha="center", va="center", fontsize=7.5,
                color=_ink_on(colours(scale(amount))))  # fmt: skip
    ax.set_xticks(range(grid.shape[1]), [text(_label(one), 14) for one in grid.columns],
                  rotation=40, ha="right", rotation_mode="anchor")  # fmt: skip
    ax.set_yticks(range(grid.shape[0]), [text(_label(one), 22) for one in grid.index])


def _label(code: str) -> str:
    return code if code == OTHERS else world.country_name(code)


def _short(amount: float) -> str:
    if amount < 1:
        return f"{amount:.1g}"
    if amount < SHORTENED:
        return f"{amount:,.0f}"
    size, letter = next(pair for pair in SIZES if amount >= pair[0])
    return f"{amount / size:.3g}{letter}"


def _ink_on(colour: tuple[float, float, float, float]) -> str:
    """Dark or white, whichever is read better (relative luminance, WCAG 2.2)."""
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in colour]
    return INK if 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.183 else "white"
