"""Lots in numbers: value and weight of a piece, and the chips they are compared with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.goods.bells import Bell, fit, of_range

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chipflow.goods.catalogue import Catalogue

    Floats = NDArray[np.float64]

# As many lots as the catalogue's range of a chip stands for against lots that name the chip.
CATALOGUED = 10.0
# How far from a chip's curve, in its spread, a lot still looks like the chip.
WIDTH = 2.0


@dataclass(frozen=True, slots=True)
class Watched:
    """A chip with the curves of the price and weight of one card.

    Attributes
    ----------
    chip
        Its name in the catalogue.
    usd, kg
        Curves over the logarithms of US dollars and kilograms a piece.
    estimated
        Which of "price", "weight" rest on an estimate.
    """

    chip: str
    usd: Bell
    kg: Bell
    estimated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tests:
    """Logarithms of what can be computed for each record; NaN where it cannot."""

    usd: Floats
    kg: Floats
    usd_kg: Floats

    def of(self, rows: NDArray[np.bool_]) -> Tests:
        """Return some of the records."""
        return Tests(self.usd[rows], self.kg[rows], self.usd_kg[rows])

    def at(self, places: NDArray[np.int64]) -> Tests:
        """Return the records at some places."""
        return Tests(self.usd[places], self.kg[places], self.usd_kg[places])

    @property
    def both(self) -> NDArray[np.bool_]:
        """Where price and weight of a piece are known."""
        return np.isfinite(self.usd) & np.isfinite(self.kg)


def strongest(tests: Tests) -> NDArray[np.int64]:
    """Say which of ``STATES`` each record allows; -1 for none."""
    return np.select(
        [tests.both, np.isfinite(tests.usd), np.isfinite(tests.kg), np.isfinite(tests.usd_kg)],
        [0, 1, 2, 3],
        -1,
    )


# Which tests can be made: price and weight of a piece, one of them, or only value per weight.
STATES = ("both", "usd", "kg", "usd_kg")


def per_weight(chip: Watched) -> Bell:
    """Return the curve of a chip's value per kilogram.

    Price and weight of a card say nothing of each other, so their variances add.
    """
    return Bell(chip.usd.middle - chip.kg.middle, math.hypot(chip.usd.spread, chip.kg.spread))


def alike(tests: Tests, chip: Watched) -> NDArray[np.bool_]:
    """Whether every test that can be made, and one at least, puts a record near a chip."""

    def near(values: Floats, bell: Bell) -> NDArray[np.bool_]:
        return ~np.isfinite(values) | (np.abs(values - bell.middle) <= WIDTH * bell.spread)

    fits: NDArray[np.bool_] = (
        (strongest(tests) >= 0)
        & near(tests.usd, chip.usd)
        & near(tests.kg, chip.kg)
        & near(tests.usd_kg, per_weight(chip))
    )
    return fits


def watched_chips(tables: Catalogue, declared: pd.DataFrame, tests: Tests) -> list[Watched]:
    """Make the curves of the chips that a rule could cover.

    Parameters
    ----------
    tables
        The catalogue: ranges of price and weight.
    declared
        The records that name a chip.
    tests
        What can be computed for them.

    Returns
    -------
    list of Watched
        By name; chips without range of price or weight only if enough records name them.
    """
    seen = declared["chip"].astype("string").fillna("").to_numpy(dtype=object)
    # A lot of boxes with several chips in each says nothing about one card.
    if "chips_per_item" in declared:
        seen = np.where(declared["chips_per_item"].fillna(1) > 1, "", seen)
    found = []
    for name, chip in sorted(tables.by_chip.items()):
        if name not in tables.watched:
            continue
        rows = seen == name
        usd = _drawn(fit(tests.usd[rows]), chip.usd_low, chip.usd_high)
        kg = _drawn(fit(tests.kg[rows]), chip.kg_low, chip.kg_high)
        if usd is None or kg is None:
            continue
        figures = {"usd": "price", "kg": "weight"}
        guessed = tuple(word for figure, word in figures.items() if figure in chip.estimate)
        found.append(Watched(name, usd, kg, guessed))
    return found


def _drawn(learned: Bell | None, low: float | None, high: float | None) -> Bell | None:
    if low is None or high is None:
        return learned if learned and learned.size >= CATALOGUED else None
    listed = of_range(low, high)
    return learned.drawn_to(listed, CATALOGUED) if learned else listed


def tests_of(shipments: pd.DataFrame) -> Tests:
    """Compute the ratios of each record."""
    items, kg, usd = (_numbers(shipments[column]) for column in ("items", "weight_kg", "usd"))
    return Tests(_ratio(usd, items), _ratio(kg, items), _ratio(usd, kg))


def _numbers(column: pd.Series) -> Floats:
    written = pd.to_numeric(column).astype("Float64")
    result: Floats = np.asarray(written.to_numpy(np.float64, na_value=np.nan), dtype=np.float64)
    return result


def _ratio(above: Floats, below: Floats) -> Floats:
    fine = (above > 0) & (below > 0)
    result: Floats = np.full(len(above), np.nan)
    result[fine] = np.log(above[fine]) - np.log(below[fine])
    return result


def truth(column: pd.Series) -> NDArray[np.bool_]:
    """Return truth values, missing as false."""
    return column.astype("boolean").fillna(False).to_numpy(bool)
