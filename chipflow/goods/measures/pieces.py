"""Pieces that weigh too little for the chips that their text says are in them.

A part number of a board with eight chips stands on a card as well, and "for 8-GPU servers" on what
goes into one. What weighs as much as a card and not as a board is a card.
"""

from __future__ import annotations

import pandas as pd

from chipflow.goods.catalogue.load import Catalogue, load_catalogue

# The catalogue's weights are of cards by themselves, and partly estimates: a piece may weigh half
# as much, or twice as much with what it is packed in.
OFF = 2.0  # factor


def weighed_pieces(shipments: pd.DataFrame, catalogue: Catalogue | None = None) -> pd.DataFrame:
    """Count a chip in each piece where more would weigh less than the catalogue's lightest.

    Parameters
    ----------
    shipments
        Records with the columns ``chip, chips_per_item, items, units, weight_kg``.
    catalogue
        Tables to use instead of the shipped ones.

    Returns
    -------
    pandas.DataFrame
        ``chips_per_item, units`` on the index of ``shipments``, equal but for pieces that weigh
        as much as one chip and less than half as much as so many chips.
    """
    tables = catalogue or load_catalogue()
    ranges = {name: tables.ranges(name, "kg") for name in shipments["chip"].dropna().unique()}
    lowest, highest = (
        {name: best(pair[at] for pair in pairs) for name, pairs in ranges.items() if pairs}
        for at, best in enumerate((min, max))
    )
    low, high = (shipments["chip"].map(bounds).astype("float64") for bounds in (lowest, highest))
    counted = shipments[["chips_per_item", "units"]].copy()
    chips, items, weight = (
        shipments[name].astype("float64") for name in ("chips_per_item", "items", "weight_kg")
    )
    piece = (weight / items).where((weight > 0) & (items > 0))
    single = (chips > 1) & (piece / chips < low / OFF) & piece.between(low / OFF, high * OFF)
    counted.loc[single, "chips_per_item"] = 1
    counted.loc[single, "units"] = items[single]
    return counted
