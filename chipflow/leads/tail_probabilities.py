"""How often a distribution gives as much or more: upper tails, as arrays.

``scipy.stats`` says the same and takes longer to import than a small search takes; these are the
special functions that it calls itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

Floats = np.ndarray


def at_least_binomial(successes: Any, trials: Any, chance: Any) -> Floats:
    """Return how often so many of some trials succeed, or more.

    Parameters
    ----------
    successes, trials
        Whole numbers, ``successes`` at most ``trials``.
    chance
        Of each trial, 0 to 1.
    """
    least, rest = np.asarray(successes, dtype=float), np.asarray(trials, dtype=float)
    with np.errstate(invalid="ignore"):
        tail = special.betainc(least, rest - least + 1.0, chance)
    return np.where(least <= 0, 1.0, tail)


def at_least_negative_binomial(count: Any, shape: Any, chance: Any) -> Floats:
    """Return how often a count is so large, or larger, whose rate is gamma distributed.

    Parameters
    ----------
    count
        Whole numbers.
    shape
        Of the gamma distribution, above 0.
    chance
        Of ending at each step: ``rate / (rate + exposure)``.
    """
    least = np.asarray(count, dtype=float)
    with np.errstate(invalid="ignore"):
        tail = special.betaincc(shape, least, chance)
    return np.where(least <= 0, 1.0, tail)


def above_student_t(value: Any, degrees: float) -> Floats:
    """Return how often Student's t is above a value."""
    return np.asarray(special.stdtr(degrees, -np.asarray(value, dtype=float)), dtype=float)


def above_chi_squared(value: Any, degrees: float) -> Floats:
    """Return how often chi-squared is above a value."""
    return np.asarray(special.chdtrc(degrees, value), dtype=float)


def between_normal(low: float, high: float, middle: float, spread: float) -> float:
    """Return how often a normal distribution gives a value between two."""
    return float(special.ndtr((high - middle) / spread) - special.ndtr((low - middle) / spread))


def above_normal(value: float, middle: float, spread: float) -> float:
    """Return how often a normal distribution gives more than a value."""
    return float(special.ndtr(-(value - middle) / spread))
