"""Whether goods could lawfully go where they arrived, on the day on which they did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.goods.controls import FREE, UNKNOWN, timeline

if TYPE_CHECKING:
    from chipflow.network.lots import Ints, Lots


@dataclass(frozen=True)
class Verdicts:
    """What the rules say of lots that arrive at the destination.

    Attributes
    ----------
    table
        Shipments by record id.
    lots
        The same as arrays.
    destination
        ISO 3166 alpha-2 codes.
    """

    table: pd.DataFrame
    lots: Lots
    destination: tuple[str, ...]

    def of(self, at: Ints, chip: np.ndarray) -> pd.DataFrame:
        """Look up the rule for lots that arrive, on their last possible day.

        Parameters
        ----------
        at
            Positions of the lots that are asked about.
        chip
            What each of them carries.

        Returns
        -------
        pandas.DataFrame
            ``status, rule``, one row for each of ``at``, both empty where no rule names the chip.
        """
        table, lots = self.table, self.lots
        place = pd.Series(pd.NA, index=table.index[at], dtype="str")
        for name in ("import_country", "destination_country", "to_country"):
            own = table[name].iloc[at]
            place = own.where(own.isin(self.destination), place)
        longest = (lots.last[at] - lots.first[at]).astype("timedelta64[D]")
        asked = pd.DataFrame(
            {
                "chip": chip,
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

    def why_no_lead(self, at: Ints, status: np.ndarray) -> np.ndarray:
        """Say why lots that arrive make no lead, or nothing.

        What is sold by name under a licence that the text quotes is for the authority to check;
        it would be a lead against everybody who has a licence.

        Parameters
        ----------
        at
            Positions of the lots.
        status
            What :meth:`of` said of each.
        """
        reasons = {
            "lawful on that day": status == FREE,
            "rule of that day unknown": (status == "") | (status == UNKNOWN),
            "under a quoted licence": self.lots.under_licence[at],
        }
        return np.select(list(reasons.values()), list(reasons), "")
