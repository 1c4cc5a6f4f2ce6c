"""Distributions of priors, as a file declares them.

Every prior has random numbers of its own, made from the seed and its name: adding one, or changing
the order, leaves the draws of all others as they were.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats: TypeAlias = NDArray[np.float64]

# What each distribution is given by. A range of `lognormal` holds `level` of it.
PARAMETERS = MappingProxyType(
    {
        "lognormal": ("low", "high"),
        "loguniform": ("low", "high"),
        "uniform": ("low", "high"),
        "normal": ("mean", "sd"),  # truncated below 0
        "expnormal": ("mean", "sd"),  # exp of a normal one
        "beta": ("a", "b"),
        "constant": ("value",),
    }
)
USUAL_LEVEL = 0.90


@dataclass(frozen=True)
class Prior:
    """One number that is not known, with its distribution and where that is from.

    Attributes
    ----------
    name
        How quantities call it.
    distribution
        A key of ``PARAMETERS``.
    numbers
        Its parameters, in the order there.
    level
        Share of a lognormal one between its low and its high.
    floor, ceiling
        Draws beyond are set to these.
    unit, source, date, note
        For the reader.
    """

    name: str
    distribution: str
    numbers: tuple[float, ...]
    level: float = USUAL_LEVEL
    floor: float = -np.inf
    ceiling: float = np.inf
    unit: str = ""
    source: str = ""
    date: str = ""
    note: str = ""

    def __str__(self) -> str:
        """Return the distribution in words."""
        given = ", ".join(
            f"{label} {value:,.6g}"
            for label, value in zip(PARAMETERS[self.distribution], self.numbers, strict=True)
        )
        words = f"{self.distribution}: {given}"
        if self.distribution == "lognormal":
            words += f" ({self.level:.0%} range)"
        if self.distribution == "normal":
            words += ", truncated at 0"
        if np.isfinite(self.floor):
            words += f", at least {self.floor:g}"
        if np.isfinite(self.ceiling):
            words += f", at most {self.ceiling:g}"
        return words

    def quantiles(self, at: Floats) -> Floats:
        """Return the values below which the shares ``at`` of the distribution lie."""
        first = self.numbers[0]
        second = self.numbers[-1]
        if self.distribution == "lognormal":
            middle, spread = self.log_parameters()
            values = np.exp(middle + spread * stats.norm.ppf(at))
        elif self.distribution == "loguniform":
            values = np.exp(np.log(first) + at * np.log(second / first))
        elif self.distribution == "uniform":
            values = first + at * (second - first)
        elif self.distribution == "normal":
            below = stats.norm.cdf(-first / second)
            values = first + second * stats.norm.ppf(below + at * (1.0 - below))
        elif self.distribution == "expnormal":
            values = np.exp(first + second * stats.norm.ppf(at))
        elif self.distribution == "beta":
            values = stats.beta.ppf(at, first, second)
        else:
            values = np.full(len(at), first)
        return np.asarray(np.clip(values, self.floor, self.ceiling), dtype=np.float64)

    def log_parameters(self) -> tuple[float, float]:
        """Return mean and standard deviation of the logarithm of a lognormal prior."""
        low, high = np.log(self.numbers)
        reach = stats.norm.ppf(0.5 + self.level / 2)
        return float((low + high) / 2), float((high - low) / 2 / reach)

    def draw(self, draws: int, seed: int) -> Floats:
        """Return ``draws`` values drawn at random."""
        # Never 0 or 1, whose quantiles may be infinite.
        return self.quantiles(
            (random_of(self.name, seed).random(draws) + 2.0**-54) / (1 + 2.0**-53)
        )


def random_of(name: str, seed: int) -> np.random.Generator:
    """Return the source of random numbers that belongs to a name."""
    return np.random.default_rng([seed, zlib.crc32(name.encode("utf-8"))])
