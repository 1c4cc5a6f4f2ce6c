"""Figures with matplotlib, in the look of the pages: timeline, ledger, flows and map.

Each function draws on the axes it is given, or on new ones, and returns them.
"""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chipflow.errors import ParameterError
from chipflow.views import palette, world
from chipflow.views.figure import (
    INK,
    MUTED,
    axes_of,
    date_axis,
    describe,
    dress,
    first_and_last,
    simulated_mark,
    text,
)
from chipflow.views.spec import each_row, view_spec
from chipflow.views.wording import label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chipflow.leads import Lead, Leads
    from chipflow.views.spec import ViewSpec

MOST_COMPANIES = 18  # rows of a timeline that can be read
MOST_RULE_DAYS = 8  # marked in a figure of flows
RULE_LEVELS = 4  # heights at which the dates of rules are written
RULE_LABEL = 0.16  # width of such a date, as a share of the time shown
FIGURE_GRID = 0.1  # degrees between two points of an outline in a figure
MOST_ARCS = 200  # drawn on a map figure, the strongest leads first
ARROW_HEAD = 8  # points, of a shipment in a timeline
# How long a date lasts that is not known to the day.
PRECISIONS = {"month": 1, "year": 12}  # months
STAGE_COLOURS = {
    "source": palette.ROLES["source"],
    "middle": palette.ROLES["middle"],
    "final": palette.ROLES["final"],
}


def plot_timeline(lead: Lead, ax: Axes | None = None) -> Axes:
    """Plot the shipments of a lead in time, company by company.

    Parameters
    ----------
    lead
        ``leads[0]`` or another one.
    ax
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes
        One row a company; an arrow is a shipment, a line along a row the time that goods stay,
        a dashed line a link that no record states. A pale bar is a date known to the month.
    """
    from matplotlib.dates import date2num
    from matplotlib.transforms import offset_copy

    records = lead.records.sort_values(["hop", "date", "record_id"], ignore_index=True)
    rows, left_out = _rows_of(records, _names(lead.leads))
    ax = axes_of(ax, (7.6, 1.15 + 0.44 * max(len(rows), 2)))
    place = {company: number for number, company in enumerate(rows)}
    dated = records[records["date"].notna()].reset_index(drop=True)
    ends: dict[str, tuple[float, int | None, int | None]] = {}
    arrows: list[tuple[float, int, int, str]] = []
    # Numbers are written where they do not run into each other.
    labelled: dict[tuple[int, int], pd.Timestamp] = {}
    crowded = (dated["date"].max() - dated["date"].min()) * 0.045
    beside_arrow = offset_copy(ax.transData, ax.get_figure(root=True), x=4, units="points")
    for one in each_row(dated):
        start, end = place.get(one.shipper_id), place.get(one.consignee_id)
        day = float(date2num(one.date))  # type: ignore[no-untyped-call]
        ends[one.record_id] = (day, start, end)
        if start is None or end is None:
            continue
        colour = STAGE_COLOURS.get(str(one.stage), MUTED)
        if one.date_precision in PRECISIONS:
            until = one.date + pd.DateOffset(months=PRECISIONS[one.date_precision])
            low, high = sorted((start, end))
            ax.fill_betweenx([low, high], one.date, until, color=colour, alpha=0.12, lw=0)
        arrows.append((day, start, end, colour))
        beside = labelled.get((start, end))
        if pd.notna(one.units) and (beside is None or abs(one.date - beside) > crowded):
            labelled[start, end] = one.date
            ax.text(
                day, (start + end) / 2, f"{one.units:,.0f}", transform=beside_arrow,
                va="center", fontsize=8, color=INK,
            )  # fmt: skip
    _draw_arrows(ax, arrows, len(rows))
    _draw_stays(ax, lead.links, ends)
    names = [f"{text(name, 28)}  {text(country, 3)}" for name, country in rows.values()]
    ax.set_yticks(range(len(rows)), names)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    date_axis(ax, *first_and_last(dated["date"]))
    title = f"Lead {lead.rank}: {text(lead.countries, 60)}"
    dress(ax, title, note=f"{left_out} more companies are not drawn" if left_out else "")
    ax.grid(axis="y", visible=False)
    if lead.leads.searched.records.simulated:
        simulated_mark(ax, above=True)
    return describe(
        ax,
        f"Timeline of lead {lead.rank}: {len(records)} shipments between {len(rows)} companies "
        f"from {lead.first_date} to {lead.last_date}, on the route {label(lead.countries, 80)}.",
    )


def _draw_arrows(ax: Axes, arrows: list[tuple[float, int, int, str]], rows: int) -> None:
    """Draw shipments, each ``(day, from row, to row, colour)``, as one set of lines and heads.

    matplotlib works out the path of an arrow of its own several times over; of a set it does not.
    """
    from matplotlib.collections import LineCollection
    from matplotlib.transforms import offset_copy

    if not arrows:
        return
    figure = ax.get_figure(root=True)
    # A line ends in the middle of its head, so that the tip is sharp.
    short = ARROW_HEAD / 2 * rows / max(ax.bbox.height / ax.figure.dpi * 72, 1.0)
    lines = [
        [(day, start), (day, end + (short if end < start else -short))]
        for day, start, end, _ in arrows
    ]
    ax.add_collection(
        LineCollection(
            lines, colors=[colour for *_, colour in arrows], linewidths=2, zorder=3, capstyle="butt"
        )
    )
    for marker, upward, shift in (("v", False, ARROW_HEAD / 2), ("^", True, -ARROW_HEAD / 2)):
        own = [one for one in arrows if (one[2] < one[1]) == upward]
        if own:
            # The tip touches the row.
            tip = offset_copy(ax.transData, figure, y=shift, units="points")
            ax.scatter(
                [one[0] for one in own], [one[2] for one in own], s=ARROW_HEAD**2, marker=marker,
                c=[one[3] for one in own], linewidths=0, transform=tip, zorder=3,
            )  # fmt: skip


def _draw_stays(
    ax: Axes, links: pd.DataFrame, ends: dict[str, tuple[float, int | None, int | None]]
) -> None:
    """Draw the time that goods stay between two shipments, dashed where no record states it."""
    from matplotlib.collections import LineCollection

    drawn: dict[bool, list[list[tuple[float, int]]]] = {True: [], False: []}
    for link in each_row(links):
        before, after = ends.get(link.from_record), ends.get(link.to_record)
        if before is None or after is None or before[2] is None or after[1] is None:
            continue
        drawn[link.kind != "recorded"].append([(before[0], before[2]), (after[0], after[1])])
    for inferred, lines in drawn.items():
        if not lines:
            continue
        ax.add_collection(
            LineCollection(
                lines, colors=MUTED, linewidths=1.4 if inferred else 2.2,
                linestyles=[(0, (4, 3))] if inferred else "solid",
                alpha=0.9 if inferred else 0.45, capstyle="round", zorder=1,
            )
        )  # fmt: skip


def plot_ledger(leads: Leads, company: str, ax: Axes | None = None) -> Axes:
    """Plot the chips that came into a company against those that went out.

    Parameters
    ----------
    leads
        What :func:`chipflow.find_leads` returned.
    company
        Company id, name or another spelling.
    ax
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes
        Running totals of chips; the area between them is what should be in stock.

    Raises
    ------
    ParameterError
        No company, or more than one, is called so.
    """
    found = _company(leads, company)
    ax = axes_of(ax, (7.6, 3.2))
    shipments = leads.shipments
    totals = {}
    for side, own in (("in", "consignee_id"), ("out", "shipper_id")):
        mine = shipments[(shipments[own] == found["company_id"]) & shipments["date"].notna()]
        totals[side] = pd.to_numeric(mine["units"]).groupby(mine["date"]).sum().sort_index()
    dates = totals["in"].index.union(totals["out"].index)
    running = {side: one.reindex(dates).fillna(0).cumsum() for side, one in totals.items()}
    if len(dates) and (running["in"].iloc[-1] or running["out"].iloc[-1]):
        for side, colour in (("in", palette.INCOMING), ("out", palette.OUTGOING)):
            ax.step(dates, running[side], where="post", color=colour, lw=2,
                    label=f"chips {side} ({running[side].iloc[-1]:,.0f})",
                    ls="-" if side == "in" else (0, (6, 2)), marker="o", ms=3.5)  # fmt: skip
        ax.fill_between(dates, running["in"], running["out"], step="post", color=MUTED,
                        alpha=0.14, lw=0, label="in stock, as far as records show")  # fmt: skip
        ax.legend(loc="upper left", bbox_to_anchor=(0, -0.12), ncols=3, frameon=False, fontsize=8.5)
        ax.set_ylim(bottom=0)
    else:
        ax.text(0.5, 0.5, "No counted chips in its records", transform=ax.transAxes, ha="center",
                color=MUTED)  # fmt: skip
        ax.set_yticks([])
    date_axis(ax, *first_and_last(dates.to_series()))
    name = found["name"] if isinstance(found["name"], str) else found["company_id"]
    dress(ax, f"Goods ledger: {text(name, 50)}", y="chips, running total")
    if leads.searched.records.simulated:
        simulated_mark(ax, above=True)
    came, went = (float(one.iloc[-1]) if len(one) else 0.0 for one in running.values())
    return describe(
        ax,
        f"Goods ledger of {label(name, 80)}: running totals of chips; {came:,.0f} came in and "
        f"{went:,.0f} went out as far as these records show.",
    )


def plot_flows(leads: Leads, ax: Axes | None = None) -> Axes:
    """Plot chips by month, all of them and those on leads, with the days on which rules changed.

    Parameters
    ----------
    leads
        What :func:`chipflow.find_leads` returned.
    ax
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes
        Bars of a month: every counted chip in the records (grey), and those that may have
        arrived on a lead (coloured). Where no chip is counted: shipments.
    """
    ax = axes_of(ax, (7.6, 3.2))
    marked: list[pd.Timestamp] = []
    shipments = leads.shipments
    counted = pd.to_numeric(shipments["units"]).sum() > 0
    amount = pd.to_numeric(shipments["units"]) if counted else pd.Series(1.0, shipments.index)
    month = _month(shipments["date"])
    everything = amount.groupby(month).sum()
    final = leads.steps[leads.steps["stage"] == "final"]
    arrivals = final[["record_id", "units"]].merge(
        shipments[["record_id", "date"]].drop_duplicates("record_id"), on="record_id"
    )
    arrived = pd.to_numeric(arrivals["units"]).groupby(_month(arrivals["date"])).sum()
    what = "chips" if counted else "shipments"
    if len(everything):
        ax.bar(everything.index, everything, width=24, align="edge", color="#b9bfc6",
               label=f"all {what} in the records")  # fmt: skip
    if len(arrived) and counted:
        ax.bar(arrived.index, arrived, width=24, align="edge", color=palette.ACCENT,
               label="chips that may have arrived on a lead")  # fmt: skip
    if len(everything):
        low, high = everything.index.min(), everything.index.max() + pd.offsets.MonthEnd(1)
        top = float(everything.max()) or 1.0
        ax.set_ylim(0, top * 1.3)
        marked = [day for day in rule_days(leads) if low <= day <= high][-MOST_RULE_DAYS:]
        _mark_rules(ax, marked, top, high - low)
        ax.legend(loc="upper left", bbox_to_anchor=(0, -0.12), ncols=2, frameon=False, fontsize=8.5)
    date_axis(
        ax,
        *first_and_last(month + pd.offsets.MonthEnd(1) if len(month) else month, everything.index),
    )
    dress(ax, f"{what.capitalize()} by month", y=what)
    if leads.searched.records.simulated:
        simulated_mark(ax, above=True)
    rules = f" Rules changed on {', '.join(f'{day:%Y-%m-%d}' for day in marked)}." if marked else ""
    most = ""
    if len(everything):
        most = f" The most, {everything.max():,.0f}, in {everything.idxmax():%B %Y}."
    return describe(
        ax,
        f"Bars of {what} in the records by month, all of them and those that may have arrived on "
        f"a lead.{most}{rules}",
    )


def _mark_rules(ax: Axes, days: list[pd.Timestamp], top: float, whole: pd.Timedelta) -> None:
    """Draw the days of rules, with their dates where one does not run into another."""
    free = [pd.Timestamp.min] * RULE_LEVELS
    for day in days:
        at: Any = day  # axvline takes dates, its types do not say so
        ax.axvline(at, color=palette.RULE_DAY, lw=1.1, ls=(0, (3, 3)), zorder=3)
        level = next((place for place, until in enumerate(free) if until <= day), None)
        if level is None:
            continue
        free[level] = day + whole * RULE_LABEL
        ax.annotate(f"rule of {day:%d %b %Y}", xy=(day, top * (1.28 - 0.075 * level)),
                    xytext=(3, 0), va="top", textcoords="offset points", fontsize=7.5,
                    color=MUTED)  # fmt: skip


def plot_map(leads: Leads, ax: Axes | None = None) -> Axes:
    """Plot the routes on a map with the outlines of the page.

    Parameters
    ----------
    leads
        What :func:`chipflow.find_leads` returned.
    ax
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes
        Equal Earth projection; width = chips, colour = evidence score, dashed = inferred. Without
        leads the largest flows between countries.
    """
    return draw_map(view_spec(leads), axes_of(ax, (9.2, 4.7)))


def draw_map(spec: ViewSpec, ax: Axes) -> Axes:
    """Draw the map of a specification; see :func:`plot_map`."""
    from matplotlib.collections import PolyCollection
    from matplotlib.patches import FancyArrowPatch

    centre = spec.centre
    ax.add_collection(
        PolyCollection(
            _projected_outlines(centre), facecolors=palette.LIGHT["land"],
            edgecolors=palette.LIGHT["page"], linewidths=0.35, zorder=0,
            # As a picture inside an SVG: as paths the outlines alone would be 2 MB.
            rasterized=True,
        )
    )  # fmt: skip
    x, y = world.project(
        world.wrapped([*spec.countries["lon"], *spec.ports["lon"]], centre),
        [*spec.countries["lat"], *spec.ports["lat"]],
        centre,
    )
    lands = len(spec.countries["code"])  # ports stand behind the countries
    arcs = _map_arcs(spec)
    most = max((arc["amount"] for arc in arcs), default=0.0)
    for arc in reversed(arcs):
        start, end = ((x[arc[side]], y[arc[side]]) for side in ("from", "to"))
        width = 0.8 + (3.4 * np.sqrt(arc["amount"] / most) if most > 0 else 0.0)
        looks = {
            "arrowstyle": f"-|>,head_length={3 + width:.2f},head_width={1.6 + 0.6 * width:.2f}",
            "color": arc["colour"], "lw": width, "alpha": 0.92 if arc["on_lead"] else 0.5,
            "ls": (0, (3, 2)) if arc["inferred"] else "-", "shrinkA": 2, "shrinkB": 3,
            "mutation_scale": 1, "zorder": 2,
        }  # fmt: skip
        if arc["from"] == arc["to"]:
            side = 0.03
            small = {**looks, "lw": 1.2, "arrowstyle": "-|>,head_length=3,head_width=1.8"}
            ax.add_artist(FancyArrowPatch(
                (start[0] - side, start[1]), (start[0] + side, start[1]),
                connectionstyle="arc3,rad=-1.6", **small))  # fmt: skip
        else:
            bend = 0.2 + 0.05 * min(arc["fan"], 8)
            ax.add_artist(FancyArrowPatch(start, end, connectionstyle=f"arc3,rad={bend}", **looks))
    used = sorted({arc[end] for arc in arcs for end in ("origin", "target")})
    marks = sorted({arc[end] for arc in arcs for end in ("from", "to")})
    known = [one for one in marks if one >= lands or spec.countries["known"][one]]
    for shape, size, chosen in (
        ("o", 16, [one for one in marks if one < lands]),
        ("s", 9, [one for one in marks if one >= lands]),
    ):
        ax.scatter(
            x[chosen],
            y[chosen],
            s=size,
            marker=shape,
            color=INK,
            edgecolor="white",
            lw=0.8,
            zorder=4,
        )
    _frame(ax, x[known], y[known], centre)
    names = [*spec.countries["name"], *spec.ports["name"]]
    _name_places(ax, [(x[i], y[i], names[i]) for i in marks])
    ax.set_aspect("equal")
    ax.set_facecolor(palette.LIGHT["water"])
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    if spec.leads["id"]:
        found = spec.counts["leads"]
        title = f"{found:,} lead{'s' if found != 1 else ''}: routes of chips"
    else:
        title = "No lead: the largest flows between countries"
    ax.set_title(title, loc="left", fontsize=11, fontweight="bold", color=INK, pad=8)
    if spec.simulated:
        simulated_mark(ax)
    if spec.leads["id"]:
        shown = f"Map of the routes of {len(spec.leads['id'])} leads between {len(used)} countries."
    else:
        shown = "Map of the largest flows between countries in these records; no lead was found."
    return describe(ax, shown)


def rule_days(leads: Leads) -> list[pd.Timestamp]:
    """Return the days on which the rules changed for the chips and destinations of a search.

    Parameters
    ----------
    leads
        What :func:`chipflow.find_leads` returned.

    Returns
    -------
    list of pandas.Timestamp
        In order, each once.
    """
    from chipflow.goods.controls.status import chip_name, timeline

    chips: set[str] = set()
    for chip in sorted(leads.shipments["chip"].dropna().unique()):
        with contextlib.suppress(ParameterError):
            chips.add(chip_name(str(chip), leads.searched.catalogue))
    if not chips or not leads.destination:
        return []
    tables = leads.searched.catalogue
    intervals = timeline(sorted(chips), leads.destination, catalogue=tables)
    later = intervals["status"].ne(
        intervals.groupby(["chip", "destination"])["status"].shift()
    ) & intervals.groupby(["chip", "destination"]).cumcount().gt(0)
    return sorted(pd.to_datetime(intervals.loc[later, "first_day"]).unique().tolist())


def _month(dates: pd.Series) -> pd.Series:
    days = pd.to_datetime(dates).astype("datetime64[s]")
    return pd.Series(days.dt.to_period("M").dt.to_timestamp(), index=days.index)


def _names(leads: Leads) -> dict[str, str]:
    companies = leads.companies
    return dict(zip(companies["company_id"], companies["name"].astype(str), strict=True))


def _rows_of(
    records: pd.DataFrame, names: dict[str, str]
) -> tuple[dict[str, tuple[str, str]], int]:
    """Companies in the order in which goods reach them: id -> (name, country)."""
    found: dict[str, tuple[str, str]] = {}
    sides = records[["shipper_id", "shipper", "from_country", "consignee_id", "consignee",
                     "to_country"]].astype(object)  # fmt: skip
    for shipper, name, country, consignee, other, place in sides.itertuples(index=False):
        for company, called, where in ((shipper, name, country), (consignee, other, place)):
            known = names.get(company, called if isinstance(called, str) else "(not named)")
            found.setdefault(company, (known, where if isinstance(where, str) else "??"))
    kept = dict(list(found.items())[:MOST_COMPANIES])
    return kept, len(found) - len(kept)


def _company(leads: Leads, wanted: str) -> pd.Series:
    companies = leads.companies
    by_id = companies[companies["company_id"] == wanted]
    if len(by_id):
        return by_id.iloc[0]
    folded = str(wanted).casefold().strip()
    names = companies["name"].astype(object).map(lambda name: str(name).casefold().strip())
    others = (
        companies["aliases"]
        .astype(object)
        .map(lambda names: folded in {one.strip() for one in str(names).casefold().split(" | ")})
    )
    found = companies[(names == folded) | others.astype(bool)]
    if len(found) == 1:
        return found.iloc[0]
    if len(found) > 1:
        ids = ", ".join(map(str, found["company_id"].head(5)))
        raise ParameterError(f"{len(found)} companies are called {wanted!r}: give an id ({ids})")
    from rapidfuzz import process

    near = [match for match, *_ in process.extract(folded, names.unique().tolist(), limit=3)]
    called = dict(zip(names, companies["name"], strict=True))
    hint = f"; near: {', '.join(label(called[name], 60) for name in near)}" if near else ""
    raise ParameterError(f"no company is called {label(wanted, 60)!r}{hint}")


@functools.cache
def _projected_outlines(centre: float) -> tuple[np.ndarray, ...]:
    shapes = []
    low, high = centre - 180.0, centre + 180.0
    for whole in world.outlines():
        coarse = np.round(whole / FIGURE_GRID) * FIGURE_GRID
        ring = coarse[np.append(True, (np.diff(coarse, axis=0) != 0).any(axis=1))]
        if len(ring) < 4:
            continue
        for turn in (-360.0, 0.0, 360.0):
            longitude = ring[:, 0] + turn
            if longitude.max() <= low or longitude.min() >= high:
                continue
            inside = np.clip(longitude, low, high)
            shapes.append(np.column_stack(world.project(inside, ring[:, 1], centre)))
    return tuple(shapes)


def _score_steps(scores: np.ndarray) -> np.ndarray:
    """Sort scores into colours with about equally many leads each, as the page does."""
    steps = len(palette.EVIDENCE_LIGHT)
    if scores.min() == scores.max():
        return np.full(len(scores), steps - 2)
    weaker = np.searchsorted(np.sort(scores), scores)
    return np.minimum(steps * weaker // max(len(scores) - 1, 1), steps - 1)


def _map_arcs(spec: Any) -> list[dict[str, Any]]:
    fan: dict[tuple[int, int], int] = {}
    arcs = []
    lands = len(spec.countries["code"])
    if spec.leads["id"]:
        scores = np.array([0.0 if one is None else one for one in spec.leads["score"]])
        step_of = _score_steps(scores)
        for row in spec.rows("arcs")[:MOST_ARCS]:
            # Between ports where they are known, which stand behind the countries.
            ends = [
                row[land] if row[port] is None else lands + row[port]
                for land, port in (("origin", "from_port"), ("target", "to_port"))
            ]
            key = (ends[0], ends[1])
            fan[key] = fan.get(key, -1) + 1
            arcs.append({
                "origin": row["origin"], "target": row["target"], "from": ends[0], "to": ends[1],
                "amount": row["units"] or 0.0,
                "colour": palette.EVIDENCE_LIGHT[step_of[row["lead"]]], "inferred": row["inferred"],
                "on_lead": True, "fan": fan[key],
            })  # fmt: skip
        return arcs
    flows = pd.DataFrame(spec.flows)
    if not len(flows):
        return []
    totals = flows.groupby(["origin", "target"], as_index=False)[spec.measure].sum()
    totals = totals.sort_values([spec.measure, "origin", "target"], ascending=[False, True, True])
    return [
        {"origin": int(origin), "target": int(target), "from": int(origin), "to": int(target),
         "amount": float(amount), "colour": palette.LIGHT["flow"], "inferred": False,
         "on_lead": False, "fan": 0}
        for origin, target, amount in totals.head(60).itertuples(index=False)
    ]  # fmt: skip


def _name_places(ax: Axes, places: list[tuple[float, float, str]]) -> None:
    """Write names where they do not cover one another, trying each side of the point."""
    from matplotlib import patheffects

    edges = ax.get_xlim()
    taken = [(x - 0.02, y - 0.02, x + 0.02, y + 0.02) for x, y, _ in places]
    for x, y, name in places:
        wide, tall = 0.030 * len(name), 0.075
        spots = (("left", 0.035, 0.0), ("right", -0.035, 0.0), ("center", 0, -0.085),
                 ("center", 0, 0.085), ("left", 0.03, -0.06), ("right", -0.03, -0.06),
                 ("left", 0.03, 0.06), ("right", -0.03, 0.06))  # fmt: skip
        for align, dx, dy in spots:
            left = {"left": x + dx, "right": x + dx - wide, "center": x - wide / 2}[align]
            box = (left, y + dy - tall / 2, left + wide, y + dy + tall / 2)
            if box[0] < edges[0] or box[2] > edges[1]:
                continue
            if any(b[0] < box[2] and b[2] > box[0] and b[1] < box[3] and b[3] > box[1]
                   for b in taken):  # fmt: skip
                continue
            taken.append(box)
            ax.text(x + dx, y + dy, text(name, 30), ha=align, va="center", fontsize=7.5, color=INK,
                    zorder=5, path_effects=[patheffects.withStroke(
                        linewidth=2, foreground=palette.LIGHT["water"])])  # fmt: skip
            break


def _frame(ax: Axes, x: np.ndarray, y: np.ndarray, centre: float) -> None:
    """Show the places with room around, never less than a continent or more than the world."""
    edge_x, edge_y = world.project([centre - 180, centre + 180, centre], [0, 0, 78], centre)
    low, high = float(world.project(centre, -50, centre)[1]), float(edge_y[2])
    if not len(x):
        ax.set_xlim(edge_x[0], edge_x[1])
        ax.set_ylim(low, high)
        return
    wide = max(float(np.ptp(x)) * 1.3, 1.6)
    tall = max(float(np.ptp(y)) * 1.6, wide * 0.46)
    middle_x, middle_y = (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
    ax.set_xlim(max(middle_x - wide / 2, edge_x[0]), min(middle_x + wide / 2, edge_x[1]))
    ax.set_ylim(max(middle_y - tall / 2, low), min(middle_y + tall / 2, high))
