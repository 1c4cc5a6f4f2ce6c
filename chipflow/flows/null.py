"""How large a change is by chance: own spread, placebos in place and time, their tail."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy import stats

from chipflow.flows.panel import Floats, Panel
from chipflow.flows.windows import Design, log_changes

# From so many partners on the median partner is a counterfactual, and the spread of partners in
# the window of the event shows how restless that time was for everybody.
FEWEST_PARTNERS = 8
# A partner's own spread is drawn towards the middle of all, as if so many years had been seen.
PRIOR_YEARS = 4.0
_NORMAL = 1.4826  # makes the median absolute deviation a standard deviation
_KEPT = 0.8
# Mean size of a standard normal value among those within its central four fifths.
_MEAN_OF_KEPT = 0.5586
_DEGREES = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 30.0, 100.0)


@dataclass(frozen=True)
class Null:
    """What changes look like when nothing happened.

    Attributes
    ----------
    change
        Log change of each partner after the event, against the counterfactual.
    common
        Log change that all partners share (the median partner's; 0 for the own past).
    spread
        Half-width unit of each partner's change: its own year-to-year spread, times how restless
        the time after the event was, times the scale of the placebos.
    degrees
        Degrees of freedom of the Student t that fits the placebos, for each partner: partners
        whose trade is irregular have a tail of their own.
    placebos
        Scaled changes of the placebo windows (windows x partners).
    """

    change: Floats
    common: float
    common_error: float
    spread: Floats
    degrees: Floats
    placebos: Floats

    @property
    def p_values(self) -> Floats:
        """Two-sided p-values; NaN where no spread is known."""
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.abs(self.change) / self.spread
        return np.asarray(2 * stats.t.sf(z, self.degrees), dtype=float)

    def interval(self, level: float) -> tuple[Floats, Floats]:
        """Return low and high log change."""
        reach = stats.t.ppf(0.5 + level / 2, self.degrees) * self.spread
        return self.change - reach, self.change + reach

    def draws(self, at: list[int], number: int, random: np.random.Generator) -> Floats:
        """Draw log errors of the counterfactuals of some partners; partners x draws."""
        each = (
            random.standard_t(self.degrees[at, None], size=(len(at), number))
            * self.spread[at, None]
        )
        return np.asarray(each + random.standard_normal(number)[None, :] * self.common_error)


def null_of(
    panel: Panel,
    plan: Design,
    treated: list[int],
    regular: list[int],
    *,
    against_partners: bool,
) -> Null:
    """Measure how large changes are when nothing happened.

    Parameters
    ----------
    panel
        Trade.
    plan
        The windows.
    treated
        Rows that an event is known to touch: they are left out of the median partner.
    regular
        Rows whose trade is regular enough to be compared with: the median is theirs.
    against_partners
        Whether changes are against the median partner, or against the own past.

    Returns
    -------
    Null

    Notes
    -----
    The change of a partner is scaled by its own year-to-year spread (robust, drawn towards the
    middle of all partners), and by how restless the partners are in the same window (placebos in
    place), so that a stormy time makes nobody stand out. The same is done at every other time
    before the event (placebos in time; a window's own years do not enter the spread that it is
    scaled by), and a Student t is fitted to the pooled result. Abadie, Diamond, Hainmueller (2010)
    for placebos; Smyth (2004), doi 10.2202/1544-6115.1027, for drawing spreads together.
    """
    change = log_changes(panel, plan.event, plan.before, plan.after)
    free = np.zeros(len(change), dtype=bool)
    free[regular] = True
    free[treated] = False
    odd = np.ones(len(change), dtype=bool)
    odd[regular] = False
    odd[treated] = False
    common, error = _common(change, free) if against_partners else (0.0, 0.0)
    yearly = _yearly(panel, free, plan.event, against_partners)
    own = _spread(yearly, np.arange(plan.event), panel.season)
    change = change - common
    restless = _restless(change / own, free)
    rows = []
    for at in plan.placebos:
        one = log_changes(panel, at, plan.placebo_before, plan.placebo_after)
        shift = _common(one, free)[0] if against_partners else 0.0
        outside = np.setdiff1d(np.arange(plan.event), np.arange(at, at + plan.placebo_after))
        scaled = (one - shift) / _spread(yearly, outside, panel.season)
        rows.append(scaled / _restless(scaled, free))
    placebos = np.array(rows) if rows else np.empty((0, len(change)))
    pool = placebos[:, free] if free.sum() >= 2 else placebos
    tail = _tail(pool[np.isfinite(pool)], plan, int(free.sum()))
    degrees, scale = np.full(len(change), tail[0]), np.full(len(change), tail[1])
    irregular = np.ones(len(change), dtype=bool)
    irregular[regular] = False
    if odd.any():
        wild = placebos[:, odd]
        wilder = _tail(wild[np.isfinite(wild)], plan, int(odd.sum()))
        degrees[irregular] = min(wilder[0], tail[0])
        scale[irregular] = np.fmax(wilder[1], tail[1])
    longer = 1.0
    if free.sum() < FEWEST_PARTNERS and plan.placebo_after:
        # Without partners to tell, errors grow as those of a random walk: with the root of time.
        longer = float(np.sqrt(plan.after / plan.placebo_after))
    spread = own * restless * scale * longer
    return Null(change, common, error, spread, degrees, placebos)


def _common(change: Floats, free: np.ndarray) -> tuple[float, float]:
    known = change[free & np.isfinite(change)]
    if not len(known):
        return float("nan"), float("nan")
    middle = float(np.median(known))
    mad = _NORMAL * float(np.median(np.abs(known - middle)))
    # Standard error of a median of normal values: 1.2533 times that of their mean.
    return middle, 1.2533 * mad / np.sqrt(len(known))


def _yearly(panel: Panel, free: np.ndarray, until: int, against_partners: bool) -> Floats:
    """Return log changes to the same month a year before, against the median partner."""
    season = panel.season
    values = np.where(panel.values > 0, panel.values, np.nan)
    yearly = np.full(values.shape, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yearly[:, season:] = np.log(values[:, season:] / values[:, :-season])
        if against_partners:
            yearly = yearly - np.nanmedian(np.where(free[:, None], yearly, np.nan), axis=0)
    return yearly[:, :until]


def _spread(yearly: Floats, columns: np.ndarray, season: int) -> Floats:
    """Return each partner's spread from year to year, drawn towards the middle of all."""
    here = yearly[:, columns]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        own = _NORMAL * np.nanmedian(np.abs(here), axis=1)
        years = np.isfinite(here).sum(axis=1) / season
        middle = float(np.nanmedian(own)) if np.isfinite(own).any() else float("nan")
    own = np.where(np.isfinite(own), own, middle)
    mixed = (PRIOR_YEARS * middle**2 + years * own**2) / (PRIOR_YEARS + years)
    return np.asarray(np.sqrt(np.maximum(mixed, 1e-12)))


def _restless(scaled: Floats, free: np.ndarray) -> float:
    """Return how widely the partners are spread in one window; 1 with few partners."""
    known = scaled[free & np.isfinite(scaled)]
    if len(known) < FEWEST_PARTNERS:
        return 1.0
    size = np.sort(np.abs(known - np.median(known)))
    # The mean of the lower four fifths: twice as steady as a median of 50, and as deaf to the few
    # partners that an event may have touched.
    return max(float(size[: max(1, round(_KEPT * len(size)))].mean()) / _MEAN_OF_KEPT, 1e-6)


def _tail(pool: Floats, plan: Design, partners: int) -> tuple[float, float]:
    """Fit a Student t around zero: degrees of freedom and scale."""
    if len(pool) < 2 or not plan.placebos:
        return 1.0, float("nan")
    size = np.abs(pool)
    middle = max(float(np.median(size)), 1e-9)
    fits = []
    for degrees in _DEGREES:
        scale = middle / stats.t.ppf(0.75, degrees)
        fits.append(
            (
                float(stats.t.logpdf(pool / scale, degrees).sum() - len(pool) * np.log(scale)),
                degrees,
                scale,
            )
        )
    _, degrees, scale = max(fits)
    # Windows that overlap, and few partners, hold less than they seem to.
    independent = max(partners, 1) * plan.apart
    return float(min(degrees, max(1.0, independent - 1.0))), float(scale)
