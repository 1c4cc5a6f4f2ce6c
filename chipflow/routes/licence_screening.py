"""Whether goods needed a licence where they arrived, on the day on which they did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.goods.controls import FREE, UNKNOWN, timeline
from chipflow.routes.exclusion import Exclusion

if TYPE_CHECKING:
    from chipflow.network.arrays import Ints
    from chipflow.tracing.shipments import TracedShipments


@dataclass(frozen=True)
class LicenceScreening:
    """What the rules say of shipments that arrive at the destination.

    Attributes
    ----------
    table
        Shipments by record id.
    traced
        The same as arrays.
    """

    table: pd.DataFrame
    traced: TracedShipments

    def status_of(self, at: Ints, chip: np.ndarray) -> pd.DataFrame:
        """Look up the rule for shipments that arrive, on their last possible day.

        Parameters
        ----------
        at
            Positions of the shipments that are asked about.
        chip
            What each of them carries.

        Returns
        -------
        pandas.DataFrame
            ``status, rule``, one row for each of ``at``, both empty where no rule names the chip.
        """
        arrays = self.traced.arrays
        longest = (arrays.last[at] - arrays.first[at]).astype("timedelta64[D]")
        asked = pd.DataFrame(
            {
                "chip": chip,
                "destination": self.traced.arrival[at],
                "day": self.table["date"].iloc[at].to_numpy().astype("datetime64[D]") + longest,
                "row": np.arange(len(at)),
            }
        )
        nothing = pd.DataFrame({"status": "", "rule": ""}, index=asked.index, dtype=object)
        known = asked[asked["destination"].notna()]
        if known.empty:
            return nothing
        rules = timeline(
            sorted(known["chip"].unique()),
            sorted(known["destination"].unique()),
            catalogue=self.traced.catalogue,
        )
        found = known.merge(rules, on=["chip", "destination"])
        found = found[(found["first_day"] <= found["day"]) & (found["day"] <= found["last_day"])]
        nothing.loc[found["row"], "status"] = found["status"].to_numpy(dtype=object)
        nothing.loc[found["row"], "rule"] = found["rule"].fillna("").to_numpy(dtype=object)
        return nothing

    def exclusion_of(self, at: Ints, status: np.ndarray) -> list[Exclusion | None]:
        """Say why shipments that arrive make no lead, or nothing.

        What is sold by name under a licence that the text quotes is for the authority to check;
        it would be a lead against everybody who has a licence.

        Parameters
        ----------
        at
            Positions of the shipments.
        status
            What :meth:`status_of` said of each.
        """
        reasons = (
            None,
            Exclusion.NO_LICENCE_ASKED,
            Exclusion.RULE_UNKNOWN,
            Exclusion.UNDER_LICENCE,
        )
        cases = [
            status == FREE,
            (status == "") | (status == UNKNOWN),
            self.traced.under_licence[at],
        ]
        return [reasons[one] for one in np.select(cases, [1, 2, 3], 0).tolist()]

    def makes_lead(self, at: Ints, chip: np.ndarray) -> np.ndarray:
        """Say of shipments that arrive whether the rules and their papers leave them a lead.

        Parameters
        ----------
        at
            Positions of the shipments.
        chip
            What each of them carries.
        """
        status = self.status_of(at, chip)["status"].to_numpy()
        return np.array([reason is None for reason in self.exclusion_of(at, status)], dtype=bool)
