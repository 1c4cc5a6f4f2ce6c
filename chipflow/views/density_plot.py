"""What boxes weigh and cost: goods that their words do not fit stand apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.views import palette
from chipflow.views.figure import INK, MUTED, axes_of, describe, dress, simulated_mark, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflow.leads import Leads

MOST_POINTS = 20_000  # drawn in grey; a picture shows no more
MOST_NAMED = 6  # odd ones whose words are written beside them
ROOM = (1.8, 0.45)  # that such words take across and upwards, in powers of ten
SEED = 0


def plot_density(leads: Leads, ax: Axes | None = None) -> Axes:
    """Plot value against weight of every piece, with those marked that are not what they say.

    Parameters
    ----------
    leads
        What :func:`chipflow.find_leads` returned.
    ax
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes
        One point a shipment with weight, value and number of pieces, on logarithmic axes: those
        that name a controlled chip (blue), those that name none but may have moved one on a lead
        or are lots without a name (ringed), and all others (grey).
    """
    ax = axes_of(ax, (7.6, 4.6))
    table = _pieces(leads)
    odd, named = table["odd"].to_numpy(), table["named"].to_numpy() & ~table["odd"].to_numpy()
    plain = np.flatnonzero(~odd & ~named)
    if len(plain) > MOST_POINTS:
        plain = np.random.default_rng(SEED).choice(plain, MOST_POINTS, replace=False)
    others = ~odd & ~named
    for rows, size, fill, edge, words in (
        (plain, 9, "#b9bfc6", "none", f"other goods ({others.sum():,})"),
        (np.flatnonzero(named), 16, palette.INCOMING, "none", f"name a chip ({named.sum():,})"),
        (
            np.flatnonzero(odd),
            42,
            "none",
            palette.ACCENT,
            f"name none, may hold one ({odd.sum():,})",
        ),
    ):
        shown = table.iloc[rows]
        ax.scatter(shown["kg"], shown["usd"], s=size, facecolor=fill, edgecolor=edge,
                   linewidth=1.3 if edge != "none" else 0, label=words, zorder=2)  # fmt: skip
    if len(table):
        ax.set_xscale("log")
        ax.set_yscale("log")
        _name(ax, table[odd])
        ax.legend(loc="upper left", bbox_to_anchor=(0, -0.13), ncols=3, frameon=False, fontsize=8.5)
    else:
        ax.text(0.5, 0.5, "No record holds weight, value and number of pieces",
                transform=ax.transAxes, ha="center", color=MUTED)  # fmt: skip
        ax.set_xticks([])
        ax.set_yticks([])
    dress(ax, "Value against weight of a piece", y="US dollars a piece", note="kilograms a piece")
    if leads.searched.records.simulated:
        simulated_mark(ax, above=True)
    return describe(
        ax,
        f"Points of {len(table):,} shipments by weight and value of a piece. {named.sum():,} name "
        f"a chip; {odd.sum():,} name none and may have moved one on a lead or "
        "weigh and cost like one.",
    )


def _pieces(leads: Leads) -> pd.DataFrame:
    shipments = leads.shipments
    numbers = {
        name: pd.to_numeric(shipments[name], errors="coerce").astype("Float64")
        for name in ("weight_kg", "value_usd", "items", "quantity", "chip_probability")
    }
    pieces = numbers["items"].fillna(numbers["quantity"])
    declared = shipments["declared"].fillna(False).astype(bool)
    on_a_lead = shipments["record_id"].isin(leads.steps["record_id"])
    unnamed = {*leads.unnamed["record_ids"].str.split(";").explode().dropna()}
    odd = ~declared & (
        (on_a_lead & shipments["chip"].notna()) | shipments["record_id"].isin(unnamed)
    )
    table = pd.DataFrame(
        {
            "kg": (numbers["weight_kg"] / pieces).to_numpy(dtype=float, na_value=np.nan),
            "usd": (numbers["value_usd"] / pieces).to_numpy(dtype=float, na_value=np.nan),
            "odd": odd.to_numpy(dtype=bool),
            "named": (declared & shipments["chip"].notna()).to_numpy(dtype=bool),
            "description": shipments["description"].astype(object).to_numpy(),
            "record_id": shipments["record_id"].to_numpy(),
        }
    )
    usable = np.isfinite(table["kg"]) & np.isfinite(table["usd"])
    usable &= (table["kg"] > 0) & (table["usd"] > 0)
    kept: pd.DataFrame = table[usable].reset_index(drop=True)
    return kept


def _name(ax: Axes, odd: pd.DataFrame) -> None:
    """Write the words of the dearest odd ones beside them, where there is room."""
    from matplotlib import patheffects

    halo = patheffects.withStroke(linewidth=2.5, foreground="white")
    dearest = odd.sort_values(["usd", "record_id"], ascending=[False, True])
    written: list[tuple[float, float]] = []
    for kg, usd, words in zip(dearest["kg"], dearest["usd"], dearest["description"], strict=True):
        spot = (float(np.log10(kg)), float(np.log10(usd)))
        if any(abs(spot[0] - x) < ROOM[0] and abs(spot[1] - y) < ROOM[1] for x, y in written):
            continue
        written.append(spot)
        ax.annotate(text(words, 26), xy=(kg, usd), xytext=(6, 3), textcoords="offset points",
                    fontsize=7.5, color=INK, zorder=4, path_effects=[halo])  # fmt: skip
        if len(written) == MOST_NAMED:
            return
