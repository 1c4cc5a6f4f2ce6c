"""Robust bell curves: the part of a mixture that a few far values do not move.

Student's t with few degrees of freedom, fitted by EM, in which a value far out counts little
(Lange, Little and Taylor 1989; in mixtures, Peel and McLachlan 2000).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Degrees of freedom: few enough that one value in a hundred may lie far out.
FREEDOM = 6.0
# Least spread of a logarithm. Traders round prices and weights by about a sixth.
LEAST_SPREAD = 0.15
# The fit changes by less than a thousandth after so many rounds, in trials with made goods.
ROUNDS = 20
# From the median absolute deviation to the standard deviation of a normal curve.
_MAD_TO_SD = 1.4826
_CONSTANT = (
    math.lgamma((FREEDOM + 1) / 2) - math.lgamma(FREEDOM / 2) - 0.5 * math.log(FREEDOM * math.pi)
)


@dataclass(frozen=True, slots=True)
class Bell:
    """A bell curve over a logarithm.

    Attributes
    ----------
    middle, spread
        In the logarithm's own unit.
    size
        Of how many values it was made.
    """

    middle: float
    spread: float
    size: float = 0.0

    def log_density(self, values: Floats) -> Floats:
        """Return the log density of values; missing where they are."""
        away = (values - self.middle) / self.spread
        tail = np.log1p(away**2 / FREEDOM)
        result: Floats = _CONSTANT - math.log(self.spread) - (FREEDOM + 1) / 2 * tail
        return result

    def drawn_to(self, other: Bell, strength: float) -> Bell:
        """Return this curve, drawn to another as if that rested on ``strength`` values."""
        total = self.size + strength
        if total <= 0:
            return other
        own = self.size / total
        middle = own * self.middle + (1 - own) * other.middle
        variance = own * self.spread**2 + (1 - own) * other.spread**2
        between = own * (1 - own) * (self.middle - other.middle) ** 2
        return Bell(middle, math.sqrt(variance + between), self.size)


def fit(values: Floats, weights: Floats | None = None) -> Bell | None:
    """Fit a bell curve to the values that are not missing.

    Parameters
    ----------
    values
        Logarithms, NaN where missing.
    weights
        How much each counts, 0..1.

    Returns
    -------
    Bell or None
        None without values.
    """
    known = np.isfinite(values)
    x = values[known]
    w = np.ones(len(x)) if weights is None else weights[known]
    size = float(w.sum())
    if not len(x) or size <= 0:
        return None
    middle = float(np.median(x))
    spread = max(_MAD_TO_SD * float(np.median(np.abs(x - middle))), LEAST_SPREAD)
    for _ in range(ROUNDS):
        near = w * (FREEDOM + 1) / (FREEDOM + ((x - middle) / spread) ** 2)
        middle = float((near * x).sum() / near.sum())
        spread = math.sqrt(float((near * (x - middle) ** 2).sum()) / size)
        spread = max(spread, LEAST_SPREAD)
    return Bell(middle, spread, size)


def of_range(low: float, high: float) -> Bell:
    """Return the curve of which nine tenths lie between two values (not logarithms)."""
    # 5 % of a normal curve lie beyond 1.645 standard deviations on either side.
    half = (math.log(high) - math.log(low)) / 2
    return Bell((math.log(low) + math.log(high)) / 2, math.hypot(half / 1.645, LEAST_SPREAD))
