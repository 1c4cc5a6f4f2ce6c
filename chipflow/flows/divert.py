"""The share of a fall in direct trade that reappears through third countries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chipflow.flows.areas import members
from chipflow.flows.counterfactual import Synthetic
from chipflow.flows.null import PRIOR_YEARS, Null
from chipflow.flows.panel import Floats
from chipflow.flows.results import LEVEL, Result
from chipflow.flows.surge import Comparison, compare, families
from chipflow.flows.three_way import three_way
from chipflow.flows.windows import expected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chipflow.flows.series import Flows

COLUMNS = [
    "rank", "origin", "third", "destination", "period", "value_usd", "low", "high", "share",
    "p_value", "q_value", "share_low", "share_high", "counterfactual", "three_way", "onward_usd",
    "minimum_usd", "lag_months",
]  # fmt: skip
METHODS = ("partners' growth", "own past", "synthetic control")
_DRAWS = 4000
# Without countries named, those whose surge has a p-value up to this are listed.
_LISTED_P = 0.05
# The fall has to be there in all but this share of the draws, or no share of it is given.
_FALL_LEVEL = 0.05


def divert(
    flows: Flows,
    origin: Any,
    destination: Any,
    event: str,
    *,
    third: Any = None,
    hs: Iterable[str] = (),
    seed: int = 0,
) -> Result:
    """Estimate how much of the fall to a destination reappears as growth to third countries.

    Parameters
    ----------
    flows
        Country statistics.
    origin, destination
        Countries; several are added up (``"CN,HK,MO"``: Hong Kong re-exports).
    event
        Day of the event.
    third
        Countries it may have gone through; without any, those that grew more than by chance.
    hs
        Beginnings of HS codes; all goods without any.
    seed
        Same seed, same draws.

    Returns
    -------
    Result
        ``rank, origin, third, destination, period, value_usd`` (trade above the counterfactual
        over the period), ``low, high`` (90%), ``share`` (of the fall), ``p_value, q_value``, then
        ``share_low, share_high, counterfactual``, and where the second leg is known ``three_way``
        (whether the pattern is that of rerouting), ``onward_usd`` (growth of the second leg),
        ``minimum_usd`` (least of both legs by the finest code) and ``lag_months``. All three
        counterfactuals stand below each other, the default (partners' growth) first.
        ``details["total"]`` has the share of all named countries together.

    Notes
    -----
    share = sum of (trade - counterfactual) / (counterfactual - trade with the destination). The
    counterfactual of partners' growth is the seasonal mean before, times the median partner's
    growth; a country's excess over its own past counts growth that all share as diversion.
    Intervals are from draws of the errors that placebo windows show
    (:func:`chipflow.flows.null.null_of`). It is a share of value and an upper bound of diversion
    in so far as growth has innocent reasons. Chupilkin, Javorcik and Plekhanov (2023), EBRD working
    paper 283.
    """
    empty = pd.DataFrame(columns=COLUMNS)
    found = compare(flows, origin, event, destination=destination, third=third, hs=hs)
    if isinstance(found, str):
        return Result("divert", empty, (found,))
    goal = found.panel.at(found.destination or "")
    if goal is None:
        return Result(
            "divert", empty, (f"no row gives trade with the destination {found.destination}",)
        )
    named = bool(found.third)
    rows = _candidates(found)
    if not rows:
        why = (
            f"no row for {', '.join(found.third)}"
            if named
            else "no partner's trade grew more than by chance: nothing to divert through is seen"
        )
        return Result("divert", empty, (why,))
    notes: list[str] = []
    tables, totals = [], {}
    for method in METHODS:
        made = _by(found, method, goal, rows, seed)
        if isinstance(made, str):
            notes.append(made)
            continue
        table, total = made
        totals[method] = total
        tables.append(table)
    if not tables:
        return Result("divert", empty, tuple(notes))
    name = str(origin) if isinstance(origin, str) else "+".join(members(origin, "--origin"))
    whole = pd.concat(tables, ignore_index=True)
    default = tables[0]["counterfactual"].iloc[0]
    legs = three_way(flows, found, goal, rows, origin, destination, event, hs)
    for column in ("three_way", "onward_usd", "minimum_usd", "lag_months"):
        whole[column] = [legs.get(code, {}).get(column) for code in whole["third"]]
    whole["origin"], whole["destination"] = name, found.destination
    whole["period"] = found.period
    notes += legs.get("", {}).get("notes", [])
    if not named:
        notes.append(
            f"no third countries were named: those with a p-value up to {_LISTED_P} are listed; "
            "their q-values count how many partners were looked at"
        )
    if totals[default].get("share") is None:
        notes.insert(
            0,
            f"trade with {found.destination} did not fall by more than chance: there is no fall of "
            "which a share could reappear, so no share is given",
        )
    return Result("divert", whole[COLUMNS], tuple(notes), {"total": totals, "default": default})


def _candidates(found: Comparison) -> list[int]:
    if found.third:
        rows = [found.panel.at(code) for code in found.third]
        return [at for at in rows if at is not None and np.isfinite(found.main.change[at])]
    p_values, change = found.main.p_values, found.main.change
    return [
        at
        for at, code in enumerate(found.panel.partners)
        if code != found.destination
        and at in found.regular
        and np.isfinite(p_values[at])
        and p_values[at] <= _LISTED_P
        and change[at] > 0
    ]


def _by(
    found: Comparison, method: str, goal: int, rows: list[int], seed: int
) -> tuple[pd.DataFrame, dict[str, Any]] | str:
    """Return excess and share by one counterfactual."""
    panel, plan = found.panel, found.plan
    if method == METHODS[0] and found.few:
        return (
            "too few regular partners for the median partner's growth: shares are by the own past"
        )
    past, present = expected(panel, plan.event, plan.before, plan.after)
    every = [goal, *rows]
    errors: Floats | None
    if method == METHODS[2]:
        if isinstance(found.synthetic, str):
            return found.synthetic
        would, errors = _synthetic(found.synthetic, present, every, seed)
    else:
        null: Null = found.partners if method == METHODS[0] else found.past
        would = past[every] * np.exp(null.common)
        random = np.random.default_rng(seed)
        known = bool(plan.placebos) and np.isfinite(null.spread[every]).all()
        errors = null.draws(every, _DRAWS, random) if known else None
    usd = float(np.nanmean(panel.usd[plan.event : plan.event + plan.after]))
    excess = (present[rows] - would[1:]) * usd
    fall = (would[0] - present[goal]) * usd
    p_values = found.main.p_values[rows]
    q_values = _q_values(found, rows)
    low = high = share_low = share_high = np.full(len(rows), np.nan)
    total: dict[str, Any] = {"fall_usd": fall, "excess_usd": float(excess.sum())}
    falls = fall > 0
    if errors is not None:
        # An error of the counterfactual in logs, cut where no error of trade is that large.
        drawn = would[:, None] * np.exp(np.clip(errors, -5, 5))
        over = (present[rows][:, None] - drawn[1:]) * usd
        fell = (drawn[0] - present[goal]) * usd
        low, high = _interval(over)
        falls = falls and float((fell <= 0).mean()) <= _FALL_LEVEL
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = over / fell
        share_low, share_high = _interval(shares)
        all_low, all_high = _interval(shares.sum(axis=0)[None, :])
        if falls:
            total |= {"low": float(all_low[0]), "high": float(all_high[0])}
    nothing = np.full(len(rows), np.nan)
    total["share"] = float(excess.sum() / fall) if falls else None
    table = pd.DataFrame(
        {
            "third": [panel.partners[at] for at in rows],
            "value_usd": excess,
            "low": low,
            "high": high,
            "share": excess / fall if falls else nothing,
            "p_value": p_values,
            "q_value": q_values,
            "share_low": share_low if falls else nothing,
            "share_high": share_high if falls else nothing,
            "counterfactual": method,
        }
    ).sort_values(["value_usd", "third"], ascending=[False, True])
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return table.reset_index(drop=True), total


def _q_values(found: Comparison, rows: list[int]) -> Floats:
    roles = ["third" if code in found.third else "" for code in found.panel.partners]
    if found.destination and (at := found.panel.at(found.destination)) is not None:
        roles[at] = "destination"
    q_values: Floats = families(found.main.p_values, roles)[rows]
    return q_values


def _synthetic(
    synthetic: Synthetic, present: Floats, rows: list[int], seed: int
) -> tuple[Floats, Floats | None]:
    would = present[rows] / np.exp(synthetic.change[rows])
    error = synthetic.error[rows]
    if not np.isfinite(error).all():
        return would, None
    # A few held-out periods of one partner are little: its error is drawn towards the usual one.
    usual = float(np.nanmedian(synthetic.error))
    years = max(1.0, float(synthetic.held_out))
    error = np.sqrt((PRIOR_YEARS * usual**2 + years * error**2) / (PRIOR_YEARS + years))
    # The errors on held-out periods are few: five degrees of freedom keep the tails honest.
    random = np.random.default_rng(seed)
    return would, random.standard_t(5, size=(len(rows), _DRAWS)) * error[:, None]


def _interval(drawn: Floats) -> tuple[Floats, Floats]:
    low, high = np.nanquantile(drawn, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2], axis=1)
    return low, high
