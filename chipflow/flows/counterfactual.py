"""What trade would have been without an event: a synthetic control, and the own trend.

A synthetic control (Abadie, Diamond, Hainmueller 2010, doi 10.1198/jasa.2009.ap08746) is a weighted
mean of other partners that moved alike before. With as many donors as there are years it fits any
past and says nothing; so the pool of donors is small, the weights are drawn towards equal ones
(ridge), how strongly is chosen on years that were held out, and the error on those is shown.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from chipflow.flows.panel import Floats, Panel
from chipflow.flows.windows import Design, seasonal_mean

# Three periods of the past at least for each donor, and no more donors than this.
_PERIODS_A_DONOR, _MOST_DONORS = 3, 8
_FEWEST_DONORS = 2
_RIDGES = (0.01, 0.1, 1.0, 10.0, 100.0)
# Years of the past that weights are fitted on, at most.
_MOST_YEARS = 12


@dataclass(frozen=True)
class Synthetic:
    """Changes against a synthetic control.

    Attributes
    ----------
    change
        Log of trade after the event against the synthetic control; NaN without one.
    error
        Root mean square log error on the periods held out before the event.
    ridge
        How strongly weights are drawn towards equal ones, relative to the variance of donors.
    donors
        Donors in the pool of each partner.
    held_out
        Periods held out.
    """

    change: Floats
    error: Floats
    ridge: float
    donors: int
    held_out: int


def synthetic_control(
    panel: Panel, plan: Design, rows: list[int], pool: list[int]
) -> Synthetic | str:
    """Compare partners after an event with a weighted mean of others.

    Parameters
    ----------
    panel
        Trade.
    plan
        The windows.
    rows
        Partners to compare.
    pool
        Partners that may be donors: untouched by the event and regular.

    Returns
    -------
    Synthetic or str
        Changes in the order of ``rows``; or a sentence on why there is none.
    """
    start = max(0, plan.event - _MOST_YEARS * panel.season)
    past = plan.event - start
    held = max(1, min(plan.after, past // 3))
    train = past - held
    donors = min(_MOST_DONORS, train // _PERIODS_A_DONOR)
    until = plan.event + plan.after
    values = _indexed(panel, plan)[:, start:until]
    full = [at for at in pool if np.isfinite(values[at]).all() and (values[at] > 0).all()]
    donors = min(donors, len(full) - bool({*rows} & {*full}))
    if donors < _FEWEST_DONORS:
        return (
            f"no synthetic control: {train} periods to fit on and {len(full)} complete donors are "
            "too few"
        )
    logs = np.log(np.where(values > 0, values, np.nan))
    chosen = {at: _nearest(logs[:, :train], at, full, donors) for at in rows}
    usable = [at for at in rows if np.isfinite(values[at, :past]).all()]
    errors = {
        ridge: np.array([_error(values, at, chosen[at], train, past, ridge) for at in usable])
        for ridge in _RIDGES
    }
    if not usable:
        return "no synthetic control: no partner has all periods before the event"
    ridge = min(_RIDGES, key=lambda one: (float(np.nanmedian(errors[one])), -one))
    change, error = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    for place, at in enumerate(rows):
        if at not in usable:
            continue
        weights = _weights(values[at, :past], values[chosen[at], :past], ridge)
        ahead = weights @ values[chosen[at], past:]
        there = np.isfinite(values[at, past:])
        with np.errstate(divide="ignore", invalid="ignore"):
            change[place] = np.log(values[at, past:][there].sum() / ahead[there].sum())
        error[place] = errors[ridge][usable.index(at)]
    return Synthetic(np.where(np.isfinite(change), change, np.nan), error, ridge, donors, held)


def _indexed(panel: Panel, plan: Design) -> Floats:
    """Return values against the seasonal mean before the event."""
    usual = seasonal_mean(panel, plan.event, plan.before)
    months = (panel.first + np.arange(panel.values.shape[1])) % panel.season
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(panel.values / usual[:, months])


def _nearest(logs: Floats, at: int, pool: list[int], donors: int) -> list[int]:
    """Return the donors whose past moved most alike."""
    others = [one for one in pool if one != at]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        apart = np.nanmean((logs[others] - logs[at]) ** 2, axis=1)
    order = np.lexsort((np.array(others), np.where(np.isfinite(apart), apart, np.inf)))
    return [others[place] for place in order[:donors]]


def _weights(target: Floats, donors: Floats, ridge: float) -> Floats:
    """Return weights that add up to one, drawn towards equal ones."""
    count = len(donors)
    equal = np.full(count, 1.0 / count)
    # Weights = equal + free @ rest, whose columns add up to zero: no constraint is left.
    free = np.vstack([np.eye(count - 1), -np.ones(count - 1)])
    moved = donors.T @ free
    scale = ridge * max(float(np.var(donors, axis=1).mean()) * donors.shape[1], 1e-12)
    rest = np.linalg.solve(
        moved.T @ moved + scale * (free.T @ free), moved.T @ (target - donors.T @ equal)
    )
    return np.asarray(equal + free @ rest)


def _error(
    values: Floats, at: int, donors: list[int], train: int, past: int, ridge: float
) -> float:
    weights = _weights(values[at, :train], values[donors, :train], ridge)
    ahead = weights @ values[donors, train:past]
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.sqrt(np.mean(np.log(values[at, train:past] / ahead) ** 2)))


def own_trend(panel: Panel, plan: Design) -> Floats:
    """Return the log of trade after an event against the partner's own straight line of growth.

    Parameters
    ----------
    panel
        Trade.
    plan
        The windows; the line is fitted on the periods before.

    Returns
    -------
    numpy.ndarray
        One number a partner; NaN where a value is missing in half of the periods.
    """
    values = _indexed(panel, plan)
    before = slice(plan.event - plan.before, plan.event)
    after = slice(plan.event, plan.event + plan.after)
    logs = np.log(np.where(values > 0, values, np.nan))
    time = np.arange(values.shape[1], dtype=float) / panel.season
    change = np.full(len(values), np.nan)
    for at, row in enumerate(logs):
        known = np.isfinite(row[before])
        ahead = np.isfinite(row[after])
        if known.sum() < 3 or 2 * known.sum() < plan.before or 2 * ahead.sum() < plan.after:
            continue
        slope, level = np.polyfit(time[before][known], row[before][known], 1)
        line = np.exp(level + slope * time[after][ahead])
        change[at] = np.log(values[at, after][ahead].sum() / line.sum())
    return change
