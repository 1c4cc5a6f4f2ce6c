"""Whether chips could lawfully go where they arrived, on the day on which they did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.goods.controls import FREE, timeline

if TYPE_CHECKING:
    from chipflow.network.lots import Ints, Lots


def verdicts(
    table: pd.DataFrame, lots: Lots, chip: np.ndarray, at: Ints, destination: tuple[str, ...]
) -> pd.DataFrame:
    """Look up the rule for lots that arrive at the destination, on their last possible day.

    Parameters
    ----------
    table
        Shipments by record id.
    lots
        The same as arrays.
    chip
        What each lot carries.
    at
        Positions of the lots that are asked about.
    destination
        ISO 3166 alpha-2 codes.

    Returns
    -------
    pandas.DataFrame
        ``status, rule``, one row for each of ``at``, both empty where no rule names the chip.
    """
    place = pd.Series(pd.NA, index=table.index[at], dtype="str")
    for name in ("import_country", "destination_country", "to_country"):
        own = table[name].iloc[at]
        place = own.where(own.isin(destination), place)
    longest = (lots.last[at] - lots.first[at]).astype("timedelta64[D]")
    asked = pd.DataFrame(
        {
            "chip": chip[at],
            "destination": place.to_numpy(dtype=object),
            "day": table["date"].iloc[at].to_numpy().astype("datetime64[D]") + longest,
            "row": np.arange(len(at)),
        }
    )
    nothing = pd.DataFrame({"status": "", "rule": ""}, index=asked.index, dtype=object)
    known = asked[asked["destination"].notna()]
    if known.empty:
        return nothing
    rules = timeline(sorted(known["chip"].unique()), sorted(known["destination"].unique()))
    found = known.merge(rules, on=["chip", "destination"])
    found = found[(found["first_day"] <= found["day"]) & (found["day"] <= found["last_day"])]
    nothing.loc[found["row"], "status"] = found["status"].to_numpy(dtype=object)
    nothing.loc[found["row"], "rule"] = found["rule"].fillna("").to_numpy(dtype=object)
    return nothing


def lawful_arrivals(table: pd.DataFrame, lots: Lots, destination: tuple[str, ...]) -> np.ndarray:
    """Say of each lot whether it names a chip and was free to arrive at the destination.

    Parameters
    ----------
    table, lots, destination
        As for :func:`verdicts`.
    """
    lawful = np.zeros(len(lots), dtype=bool)
    at = np.flatnonzero(lots.arrives & (lots.family >= 0))
    lawful[at] = verdicts(table, lots, lots.chip, at, destination)["status"] == FREE
    return lawful
