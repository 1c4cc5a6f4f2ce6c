"""Goods as they travel: what a card, a board, a server or a rack weighs and costs in a year.

A shipment says how many pieces it has, what they weigh and what they are worth; which form of
which chip that can be is looked up here, from ``forms.csv`` and ``prices.csv``. Where no price of a
form is known, it is the number of chips times the price of one, with what a board or server adds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chipflow.goods.catalogue.load import Catalogue, load_catalogue

if TYPE_CHECKING:
    from chipflow.goods.catalogue.facts import Form

# What one piece costs in chips: a board is sold for less than its chips one by one, a server adds
# processors, memory and power. Lowest and highest, set from the prices of both in prices.csv.
PRICE_IN_CHIPS = {"server": (1.0, 1.6), "tray": (1.0, 1.6), "rack": (1.0, 1.8)}
OTHERWISE = (0.75, 1.25)  # board, superchip
ALONE = ("die", "module", "card", "retail box")
# Declared weights are net or packed and rounded, declared values with or without freight.
SLACK = 1.1  # factor


@dataclass(frozen=True, slots=True)
class Fit:
    """A form that pieces can be.

    Attributes
    ----------
    of, form, chips
        Chip or family, form, and number of chips in one piece.
    distance
        How far weight and price are from the middle of its bands, in half widths (logarithms): 0
        in the middle of both, 1 at an edge.
    """

    of: str
    form: str
    chips: int
    distance: float


def price_range(
    name: str,
    form: str,
    chips: int = 1,
    year: int | None = None,
    *,
    catalogue: Catalogue | None = None,
) -> tuple[float, float] | None:
    """Return the lowest and highest price of one piece.

    Parameters
    ----------
    name, form, chips
        Chip or family, form ("card", "board", "server" ...) and number of chips in one piece.
    year
        Year of the shipment; without it the band over all years.
    catalogue
        Tables to use instead of the shipped ones.

    Returns
    -------
    tuple of float, or None
        In US dollars; None where no price is known.

    Examples
    --------
    >>> price_range("H100", "server", 8, 2023)
    (199000.0, 430000.0)
    """
    tables = catalogue or load_catalogue()
    own = [
        price.usd
        for price in tables.prices
        if price.of == name
        and price.form == form
        and price.chips == chips
        and (year is None or price.first_year <= year <= price.last_year)
    ]
    if own:
        return min(low for low, _ in own), max(high for _, high in own)
    single = tables.ranges(name, "usd", year)
    if not single:
        return None
    low, high = min(low for low, _ in single), max(high for _, high in single)
    if form in ALONE:
        return low, high
    least, most = PRICE_IN_CHIPS.get(form, OTHERWISE)
    return chips * low * least, chips * high * most


def forms_of(name: str, *, catalogue: Catalogue | None = None) -> tuple[Form, ...]:
    """Return the forms in which a chip or family travels, with their weights.

    Parameters
    ----------
    name
        A chip or family.
    catalogue
        Tables to use instead of the shipped ones.
    """
    tables = catalogue or load_catalogue()
    names = {name, *(chip.family for chip in tables.variants(name))}
    return tuple(form for form in tables.forms if form.of in names)


def fitting(
    kg: float | None,
    usd: float | None,
    year: int | None = None,
    *,
    catalogue: Catalogue | None = None,
) -> list[Fit]:
    """Say what pieces of some weight and value can be.

    Parameters
    ----------
    kg, usd
        Weight and value of one piece; None where the record does not say, and at least one of
        them must be given.
    year
        Year of the shipment, by whose prices it is judged.
    catalogue
        Tables to use instead of the shipped ones.

    Returns
    -------
    list of Fit
        The nearest first; empty if nothing of the tables fits.

    Examples
    --------
    >>> best = fitting(35.0, 120_000.0, 2023)[0]
    >>> best.form, best.chips
    ('board', 8)
    """
    tables = catalogue or load_catalogue()
    found = []
    for form in tables.forms:
        if year is not None and not _sold(form.of, year, tables):
            continue
        bands: list[tuple[float, tuple[float, float] | None]] = []
        if kg is not None:
            bands.append((kg, (form.kg[0], form.packed[1])))
        if usd is not None:
            prices = price_range(form.of, form.form, form.chips, year, catalogue=tables)
            bands.append((usd, prices))
        far = [_distance(value, band) for value, band in bands]
        if far and all(one is not None for one in far):
            distance = max(one for one in far if one is not None)
            found.append(Fit(form.of, form.form, form.chips, distance))
    return sorted(found, key=lambda fit: (fit.distance, fit.of, fit.form, fit.chips))


def _sold(name: str, year: int, tables: Catalogue) -> bool:
    """Whether a chip of the name had been launched by the end of a year."""
    return any(chip.launched[:4] <= str(year) for chip in tables.variants(name))


def _distance(value: float, band: tuple[float, float] | None) -> float | None:
    """Distance from the middle of a band in half widths; None outside of it."""
    if band is None or not value > 0:
        return None
    low, high = math.log(band[0] / SLACK), math.log(band[1] * SLACK)
    far = abs(math.log(value) - (low + high) / 2) / ((high - low) / 2)
    return far if far <= 1 else None
