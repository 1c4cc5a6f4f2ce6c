"""Countries whose trade changed after an event more than others', and more than by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from chipflow.errors import ParameterError
from chipflow.flows.areas import members
from chipflow.flows.counterfactual import Synthetic, own_trend, synthetic_control
from chipflow.flows.explanations import explained
from chipflow.flows.null import FEWEST_PARTNERS, Null, null_of
from chipflow.flows.panel import Panel, exports_panel, frequency_of, reporters_panel
from chipflow.flows.periods import parse_period
from chipflow.flows.results import LEVEL, Result
from chipflow.flows.windows import Design, design, expected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chipflow.flows.series import Flows

COLUMNS = [
    "country", "role", "change", "low", "high", "p_value", "q_value", "reasons",
    "innocent_explanations", "before_usd", "after_usd", "ratio_to_past", "change_by_trend",
    "change_by_synthetic", "synthetic_error", "period",
]  # fmt: skip
# A partner whose trade doubles or halves in an ordinary year can show no surge.
_TOO_IRREGULAR = float(np.log(2.0))
# Largest q-value of a country that is said to stand out.
STANDS_OUT = 0.10


@dataclass(frozen=True)
class Comparison:
    """Trade before and after an event, with everything that it is compared with.

    Attributes
    ----------
    panel, plan
        Trade, and the windows.
    partners, past
        Changes against the median partner, and against the own past.
    synthetic
        Changes against a synthetic control, in the order of ``regular``; or why there is none.
    regular
        Rows whose trade is regular enough to show a change.
    destination, third
        Names of the rows asked about (``CN+HK+MO`` for a group).
    few
        Whether there are too few partners for a median partner.
    """

    panel: Panel
    plan: Design
    partners: Null
    past: Null
    synthetic: Synthetic | str
    regular: list[int]
    destination: str | None
    third: tuple[str, ...]
    few: bool

    @property
    def main(self) -> Null:
        """Against the median partner; against the own past where there are too few partners."""
        return self.past if self.few else self.partners

    @property
    def period(self) -> str:
        """The periods after the event."""
        texts = self.panel.periods[self.plan.event : self.plan.event + self.plan.after]
        return texts[0] if len(texts) == 1 else f"{texts[0]}/{texts[-1]}"


def event_month(event: str) -> str:
    """Return the month of an event.

    Raises
    ------
    ParameterError
        It is no day, month or year.
    """
    found = parse_period(str(event)[:10])
    if found is None or found.frequency == "part":
        raise ParameterError(f"--event: {event!r} is no day; give it as 2022-03-01")
    return found.text if found.frequency == "M" else f"{found.text}-01"


def compare(
    flows: Flows,
    origin: Any,
    event: str,
    *,
    destination: Any = None,
    third: Any = None,
    hs: Iterable[str] = (),
    one_code: str | None = None,
) -> Comparison | str:
    """Set trade after an event beside before, for every partner of an origin.

    Returns
    -------
    Comparison or str
        Or a sentence on why nothing can be compared.
    """
    day = event_month(event)
    corridors = flows.corridors(hs)
    flows.coverage  # noqa: B018  # makes the table of broken periods
    if corridors.empty:
        asked = ", ".join(corridors.hs) or "all goods"
        return f"no row of the files is about these goods ({asked})"
    home = None if origin is None else members(origin, "--origin")
    goal = () if destination is None else members(destination, "--destination")
    between = () if third is None or len(third) == 0 else members(third, "--third")
    panel = None
    if home is not None:
        frequency = frequency_of(corridors, home, goal)
        if frequency is not None:
            panel = exports_panel(
                corridors, home, frequency, together=(goal,) if len(goal) > 1 else (), hs=one_code
            )
    if panel is None:
        frequency = "A" if _only_years(corridors) else "M"
        panel = reporters_panel(corridors, frequency) if _only_world(corridors) else None
        if panel is None:
            who = "nobody" if home is None else "+".join(home)
            return (
                f"no row gives what {who} sold to a partner country: name another --origin, or "
                "files with its exports (or its partners' imports)"
            )
    plan = design(panel, day)
    if isinstance(plan, str):
        return plan
    between = tuple(code for code in between if code not in goal)
    return compare_panel(panel, plan, "+".join(goal) if goal else None, between)


def compare_panel(
    panel: Panel, plan: Design, name: str | None, between: tuple[str, ...]
) -> Comparison:
    """Set trade after an event beside before, for every partner of a panel.

    Parameters
    ----------
    panel, plan
        Trade, and the windows.
    name, between
        The destination and the third countries, as the panel calls them.
    """
    treated = [at for code in (name, *between) if code and (at := panel.at(code)) is not None]
    regular = _regular(panel, plan)
    few = len([at for at in regular if at not in treated]) < FEWEST_PARTNERS
    partners = null_of(panel, plan, treated, regular, against_partners=True)
    past = null_of(panel, plan, treated, regular, against_partners=False)
    pool = [at for at in regular if at not in treated]
    synthetic = synthetic_control(panel, plan, list(range(len(panel.partners))), pool)
    return Comparison(panel, plan, partners, past, synthetic, regular, name, between, few)


def _only_years(corridors: Any) -> bool:
    found = corridors.connection.execute(
        f"SELECT count(*) FILTER (frequency = 'M') FROM {corridors.name}"
    ).fetchall()[0]
    return not found[0]


def _only_world(corridors: Any) -> bool:
    found = corridors.connection.execute(
        "SELECT count(*) FILTER (partner = 'WORLD'), count(DISTINCT reporter) "
        f"FROM {corridors.name} WHERE flow = 'X'"
    ).fetchall()[0]
    return bool(found[0]) and found[1] > 1


def _regular(panel: Panel, plan: Design) -> list[int]:
    """Return rows whose trade before the event is regular enough to show a change."""
    season = panel.season
    values = panel.values[:, : plan.event]
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.where(values > 0, values, np.nan))
        yearly = np.abs(logs[:, season:] - logs[:, :-season])
    rows = []
    for at, row in enumerate(yearly):
        known = row[np.isfinite(row)]
        there = np.isfinite(values[at]) & (values[at] > 0)
        enough = there[-plan.before :].sum() * 2 >= plan.before
        if enough and (not len(known) or np.median(known) <= _TOO_IRREGULAR):
            rows.append(at)
    return rows


def surge(
    flows: Flows,
    origin: Any,
    event: str,
    *,
    destination: Any = None,
    third: Any = None,
    hs: Iterable[str] = (),
) -> Result:
    """Compare trade after an event with before, for each partner of an origin.

    Parameters
    ----------
    flows
        Country statistics.
    origin
        Countries whose exports are looked at (``"EU"`` for its 27 members). With None, or where
        files give exports to the world only, reporters are compared with each other.
    event
        Day from which on trade is compared with before.
    destination, third
        Countries that are asked about: they are kept out of the median partner, and judged as a
        family of their own.
    hs
        Beginnings of HS codes; all goods without any.

    Returns
    -------
    Result
        ``country, role, change`` (share above or below the counterfactual: 0.5 is half as much
        again), ``low, high`` (90%), ``p_value, q_value, reasons, innocent_explanations``, then the
        other counterfactuals side by side: ``ratio_to_past`` (trade after over the seasonal mean
        before), ``change_by_trend``, ``change_by_synthetic`` with its error on held-out periods.

    Notes
    -----
    The counterfactual is the growth of the median partner; the own seasonal mean where fewer than
    eight regular partners are there. p-values are two-sided, from the partner's own spread and
    placebos in place and time (:func:`chipflow.flows.null.null_of`). q-values are Benjamini and
    Hochberg's (1995), for countries asked about and for the others apart.
    """
    found = compare(flows, origin, event, destination=destination, third=third, hs=hs)
    if isinstance(found, str):
        return Result("surge", pd.DataFrame(columns=COLUMNS), (found,))
    return Result(
        "surge", _table(found, flows.corridors(hs).hs), tuple(_notes(found)), _details(found)
    )


def _table(found: Comparison, hs: tuple[str, ...]) -> pd.DataFrame:
    panel, plan, main = found.panel, found.plan, found.main
    low, high = main.interval(LEVEL)
    p_values = main.p_values
    past, present = expected(panel, plan.event, plan.before, plan.after)
    money = np.nanmean(panel.usd[plan.event : plan.event + plan.after])
    money_before = np.nanmean(panel.usd[plan.event - plan.before : plan.event])
    roles = [_role(found, code) for code in panel.partners]
    q_values = families(p_values, roles)
    synthetic = found.synthetic
    none = np.full(len(panel.partners), np.nan)
    by_synthetic = none if isinstance(synthetic, str) else synthetic.change
    error = none if isinstance(synthetic, str) else synthetic.error
    first, last = found.period[:7], found.period.split("/")[-1]
    table = pd.DataFrame(
        {
            "country": panel.partners,
            "role": roles,
            "change": np.expm1(main.change),
            "low": np.expm1(low),
            "high": np.expm1(high),
            "p_value": p_values,
            "q_value": q_values,
            "before_usd": past * money_before,
            "after_usd": present * money,
            "ratio_to_past": np.exp(found.past.change),
            "change_by_trend": np.expm1(own_trend(panel, plan)),
            "change_by_synthetic": np.expm1(by_synthetic),
            "synthetic_error": error,
            "period": found.period,
        }
    )
    table["reasons"] = [_reasons(found, row) for row in table.to_dict("records")]
    table["innocent_explanations"] = [
        " | ".join(explained(code, hs, first, last) if change > 0 else [])
        for code, change in zip(table["country"], table["change"], strict=True)
    ]
    order = {"destination": 0, "third": 1}
    table["order"] = table["role"].map(order).fillna(2)
    table = table.sort_values(["order", "p_value", "country"], na_position="last")
    return table.drop(columns="order")[COLUMNS].reset_index(drop=True)


def _role(found: Comparison, code: str) -> str:
    if code == found.destination:
        return "destination"
    if code in found.third:
        return "third"
    return "exporter" if found.panel.side == "exports to the world" else "partner"


def families(p_values: Any, roles: list[str]) -> Any:
    """Return Benjamini and Hochberg's q-values, for each role apart."""
    q_values = np.full(len(p_values), np.nan)
    for role in dict.fromkeys(roles):
        where = np.array([one == role for one in roles]) & np.isfinite(p_values)
        if where.any():
            q_values[where] = stats.false_discovery_control(p_values[where])
    return q_values


def _reasons(found: Comparison, row: dict[Any, Any]) -> str:
    if row["change"] != row["change"]:
        return "no number: half of the periods before or after are missing, or nothing was traded"
    said = []
    word = "above" if row["change"] > 0 else "below"
    against = "the own past" if found.few else "what the median partner's growth would give"
    said.append(f"trade in {found.period} was {abs(row['change']):.0%} {word} {against}")
    said.append(f"{row['ratio_to_past']:.2f} times the seasonal mean before")
    if row["q_value"] == row["q_value"]:
        if row["q_value"] <= STANDS_OUT:
            said.append("stands out from what happens by chance")
        else:
            said.append("does not stand out from what happens by chance")
    else:
        said.append("too few periods before the event to say what happens by chance")
    if row["change_by_synthetic"] == row["change_by_synthetic"]:
        agree = (row["change_by_synthetic"] > 0) == (row["change"] > 0)
        said.append(
            f"a synthetic control {'agrees' if agree else 'disagrees'} "
            f"({row['change_by_synthetic']:+.0%}, error before the event "
            f"{row['synthetic_error']:.0%})"
        )
    return " | ".join(said)


def _notes(found: Comparison) -> list[str]:
    panel, plan = found.panel, found.plan
    notes = []
    if panel.side == "imports":
        notes.append(
            "the origin reports no exports here: its partners' imports are used, with freight in "
            "their values"
        )
    if panel.side == "exports to the world":
        notes.append("the files give exports to the world only: reporters are compared")
    if found.few:
        notes.append(
            f"fewer than {FEWEST_PARTNERS} regular partners: there is no median partner, and trade "
            "is compared with its own past; growth that all share looks like a surge"
        )
    if not plan.placebos:
        notes.append(
            f"{plan.event} {_unit(panel)} before the event: too few to say how large a change "
            "happens by chance, so there is no interval and no p-value"
        )
    elif plan.placebo_after < plan.after:
        notes.append(
            f"the past is short: chance was measured on windows of {plan.placebo_before} and "
            f"{plan.placebo_after} {_unit(panel)}"
        )
    if isinstance(found.synthetic, str):
        notes.append(found.synthetic)
    if panel.filled:
        notes.append(
            f"{panel.filled:,} isolated gaps were filled with the mean of their neighbours"
        )
    asked = [code for code in (found.destination, *found.third) if code]
    gone = [code for code in asked if panel.at(code) is None]
    if gone:
        notes.append(f"no row for {', '.join(gone)}")
    return notes


def _unit(panel: Panel) -> str:
    return "months" if panel.frequency == "M" else "years"


def _details(found: Comparison) -> dict[str, Any]:
    plan, panel = found.plan, found.panel
    texts = panel.periods
    details: dict[str, Any] = {
        "frequency": panel.frequency,
        "side": panel.side,
        "before": f"{texts[plan.event - plan.before]}/{texts[plan.event - 1]}",
        "after": found.period,
        "partners": len(panel.partners),
        "placebo_windows": len(plan.placebos),
        "growth_of_the_median_partner": None
        if found.few
        else float(np.expm1(found.partners.common)),
        "counterfactual": "own past" if found.few else "median partner",
    }
    if isinstance(found.synthetic, Synthetic):
        details |= {"synthetic_donors": found.synthetic.donors, "ridge": found.synthetic.ridge}
    return details
