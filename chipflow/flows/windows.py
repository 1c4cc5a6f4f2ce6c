"""Before and after an event, and the same windows at times at which nothing is known to happen."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from chipflow.flows.panel import Floats, Panel

# Years before an event that it is compared with, and years after it that are compared, at most.
YEARS_BEFORE, YEARS_AFTER = 4, 3
# Placebo windows that are wanted at least, if need be by making the windows shorter.
_FEWEST_PLACEBOS = 3


@dataclass(frozen=True)
class Design:
    """Which periods are compared.

    Attributes
    ----------
    event
        Column of the first period after the event.
    before, after
        Periods compared, before and after.
    placebo_before, placebo_after
        The same of the placebo windows: shorter where the past is short.
    placebos
        Columns at which placebo windows turn from before to after; none overlaps the event.
    """

    event: int
    before: int
    after: int
    placebo_before: int
    placebo_after: int
    placebos: tuple[int, ...]

    @property
    def apart(self) -> float:
        """How many of the placebo windows do not overlap."""
        if not self.placebos:
            return 0.0
        span = self.placebos[-1] - self.placebos[0] + self.placebo_after
        return max(1.0, span / self.placebo_after)


def design(panel: Panel, event: str) -> Design | str:
    """Choose the windows for an event.

    Parameters
    ----------
    panel
        Trade by partner and period.
    event
        A month or day (``2022-03-01``); in yearly figures its year counts as after.

    Returns
    -------
    Design or str
        Or a sentence on why nothing can be compared.
    """
    at, season = panel.position(event), panel.season
    length = panel.values.shape[1]
    if at >= length:
        return (
            f"the figures end in {panel.periods[-1]}, before the event ({event}): nothing after it "
            "can be compared"
        )
    if at < season:
        return (
            f"the figures begin in {panel.periods[0]}, less than a year before the event "
            f"({event}): what was usual before it is not known"
        )
    after = min(length - at, YEARS_AFTER * season)
    before = min(at, YEARS_BEFORE * season)
    short_after = min(after, max(1, (at // (3 * season)) * season if season > 1 else at // 3))
    if season > 1:
        short_after = max(1, min(after, max(at // 3, 1)))
    spare = (at - short_after - (_FEWEST_PLACEBOS - 1)) // season
    short_before = min(before // season, spare) * season
    if short_before < season:
        return Design(at, before, after, before, after, ())
    places = tuple(range(short_before, at - short_after + 1))
    return Design(at, before, after, short_before, short_after, places)


def log_changes(panel: Panel, at: int, before: int, after: int) -> Floats:
    """Return the log of trade after against the seasonal mean before, one number a partner.

    Parameters
    ----------
    panel
        Trade.
    at
        Column of the first period after.
    before, after
        Periods.

    Returns
    -------
    numpy.ndarray
        ``ln(sum after / sum expected)``, where the expected value of a month is the mean of the
        same months before; NaN where either is missing in half of the periods, or zero.
    """
    past, present = expected(panel, at, before, after)
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.log(present / past)
    return np.where(np.isfinite(change), change, np.nan)


def expected(panel: Panel, at: int, before: int, after: int) -> tuple[Floats, Floats]:
    """Return sums over the periods after: by the seasonal mean before, and as reported."""
    season = panel.season
    usual = seasonal_mean(panel, at, before)
    ahead = panel.values[:, at : at + after]
    months = (panel.first + np.arange(at, at + after)) % season
    match = usual[:, months]
    both = np.isfinite(ahead) & np.isfinite(match)
    enough = both.sum(axis=1) * 2 >= after
    past = np.where(enough, np.where(both, match, 0.0).sum(axis=1), np.nan)
    present = np.where(enough, np.where(both, ahead, 0.0).sum(axis=1), np.nan)
    return past, present


def seasonal_mean(panel: Panel, at: int, before: int) -> Floats:
    """Return the mean of each calendar month (or of the years) before a column."""
    season = panel.season
    block = panel.values[:, at - before : at]
    months = (panel.first + np.arange(at - before, at)) % season
    usual = np.full((len(block), season), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a month without any value is NaN
        for month in range(season):
            here = block[:, months == month]
            if here.shape[1]:
                known = np.isfinite(here).sum(axis=1) * 2 >= here.shape[1]
                usual[:, month] = np.where(known, np.nanmean(here, axis=1), np.nan)
    return usual
