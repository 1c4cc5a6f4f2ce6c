"""What is in shipments: the chip, how many, and what one of them weighs and costs.

Read from the text where that names a chip, filled from other shipments of the chip and from the
catalogue, and inferred for shipments that are believed to continue others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.network.arrays import Floats, Ints

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chipflow.goods.catalogue.facts import Figure
    from chipflow.goods.catalogue.load import Catalogue
    from chipflow.settings import CargoSettings


@dataclass(frozen=True)
class Cargo:
    """What shipments carry, one entry a shipment: as stated, else as inferred.

    Attributes
    ----------
    carried
        Code of the family of the chip inside; -1 where none is known.
    chip
        Catalogue name of the chip inside; empty where none is known.
    per_item, units
        Chips in a piece, and in the shipment; missing where not known.
    kg_unit, usd_unit
        Natural logs of weight and value per chip: the shipment's own, else what shipments of its
        family show, else the catalogue's.
    kg_single
        Natural log of the weight of one chip by itself, also where it is built in.
    """

    carried: Ints
    chip: np.ndarray
    per_item: Floats
    units: Floats
    kg_unit: Floats
    usd_unit: Floats
    kg_single: Floats


def taken_out(
    kg: Floats,
    per_item: Floats,
    kg_bought: Floats,
    built_in: Floats,
    kg_single: Floats,
    *,
    named: np.ndarray,
) -> np.ndarray:
    """Say whether shipments would be single chips, taken out of what was bought.

    By the name, if there is one, unless a piece weighs like what was bought; else by whether it
    weighs more like a single chip than like that.

    Parameters
    ----------
    kg, per_item, named
        Of the later shipments: log of the weight of a piece, chips in it as far as the text says,
        and whether a chip is named.
    kg_bought, built_in, kg_single
        Of what was bought: logs of the weight of a piece, of the number of chips in it, and of the
        weight of one of them by itself.
    """
    by_name = (per_item == 1) & ~(kg > kg_bought - built_in / 2)
    return np.asarray(np.where(named, by_name, 2 * kg < kg_single + kg_bought))


def families_of(chips: Iterable[str], catalogue: Catalogue) -> dict[str, str]:
    """Family of each chip: a text that names only the family may mean any of its variants."""
    known = catalogue.by_chip
    return {chip: known[chip].family if chip in known else chip for chip in chips}


def catalogue_kg(families: np.ndarray, family: Ints, catalogue: Catalogue) -> Floats:
    """Log of the catalogue's middle weight of a chip of each shipment's family.

    Missing where no family is named (-1), or the catalogue has no weight.
    """
    middle = [_middle(catalogue.ranges(name, "kg")) for name in families]
    return np.asarray(np.append(middle, np.nan)[family])


def catalogue_usd(families: np.ndarray, family: Ints, years: Ints, catalogue: Catalogue) -> Floats:
    """Log of the catalogue's middle price, in the year of each shipment, of a chip of its family.

    Missing where no family is named (-1), or the catalogue has no price.
    """
    named = np.flatnonzero(family >= 0)
    asked, code = np.unique(np.stack([family[named], years[named]]), axis=1, return_inverse=True)
    middle = [_middle(catalogue.ranges(families[at], "usd", year)) for at, year in asked.T.tolist()]
    found = np.full(len(family), np.nan)
    found[named] = np.array(middle, dtype=float)[code.ravel()]
    return found


def _middle(ranges: list[tuple[float, float]]) -> float:
    """Middle of ranges in logs; missing without any."""
    return float(np.mean(np.log(ranges))) if ranges else np.nan


def of_family(own: Floats, family: Ints, kind: Ints, catalogue: Floats) -> Floats:
    """Figures of shipments, and in their place what named shipments of their family and kind show.

    The kind says whether the chips are built in, too. ``catalogue`` stands in for shipments whose
    family and kind no shipment shows.
    """
    at = np.flatnonzero(family >= 0)
    named = pd.Series(own[at])
    usual = named.groupby([family[at], kind[at]]).transform("median").to_numpy()
    filled = np.where(np.isfinite(own[at]), own[at], usual)
    result = own.copy()
    result[at] = np.where(np.isfinite(filled), filled, catalogue[at])
    return result


def under_false_name(
    chip: pd.Series,
    weak: set[str],
    kg: Floats,
    usd: Floats,
    years: Ints,
    catalogue: Catalogue,
    settings: CargoSettings,
) -> np.ndarray:
    """Say of shipments that name a weak card whether they weigh or cost too much to be it.

    Against the catalogue's highest figures, prices of the year of the shipment; where it has none,
    or the shipment, nothing is said. ``kg`` and ``usd`` are for each chip.
    """
    found = np.zeros(len(chip), dtype=bool)
    at = np.flatnonzero(chip.isin(weak))
    asked = pd.MultiIndex.from_arrays([chip.iloc[at], years[at]])
    code, different = asked.factorize()
    figures: tuple[tuple[Floats, Figure, float], ...] = (
        (kg, "kg", settings.too_heavy),
        (usd, "usd", settings.too_dear),
    )
    for values, figure, factor in figures:
        highest = [
            max((high for _, high in catalogue.ranges(name, figure, year)), default=np.nan)
            for name, year in different
        ]
        found[at] |= values[at] > factor * np.array(highest, dtype=float)[code]
    return found


def kg_of_singles(
    chip: pd.Series,
    kg: Floats,
    per_item: Floats,
    catalogue: Catalogue,
    settings: CargoSettings,
) -> Floats:
    """Log weight of a single chip by name: as single ones show, near the catalogue's."""
    named = chip.notna().to_numpy()
    single = pd.Series(np.where(per_item == 1, kg, np.nan)[named])
    seen = single.groupby(chip[named].to_numpy()).median()
    of_chip: dict[str, float] = {}
    outside = float(np.log(settings.singles_outside))
    for name, usual in zip(seen.index, seen.to_numpy(), strict=True):
        ranges = np.log(catalogue.ranges(str(name), "kg"))
        if len(ranges):
            # A board that is taken for a single chip would be like what it was taken out of.
            low, high = ranges.min() - outside, ranges.max() + outside
            usual = ranges.mean() if np.isnan(usual) else np.clip(usual, low, high)
        of_chip[str(name)] = float(usual)
    found = np.full(len(chip), np.nan)
    found[named] = chip[named].map(of_chip)
    return found
