"""Whether goods needed a licence where they arrived, on the day on which they did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.goods.controls.status import FREE, UNKNOWN, licences_granted, timeline
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
            ``status, rule`` and ``granted`` (whether licences for such sales were being granted),
            one row for each of ``at``; both texts are empty where no rule names the chip.
        """
        arrays = self.traced.arrays
        longest = (arrays.last[at] - arrays.first[at]).astype("timedelta64[D]")
        asked = pd.DataFrame(
            {
                "chip": chip,
                "destination": self.traced.arrival[at],
                "origin": self.table["from_country"].iloc[at].to_numpy(dtype=object),
                "day": self.table["date"].iloc[at].to_numpy().astype("datetime64[D]") + longest,
                "row": np.arange(len(at)),
            }
        )
        nothing = pd.DataFrame({"status": "", "rule": ""}, index=asked.index, dtype=object)
        nothing["granted"] = False
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
        granted = licences_granted(found, catalogue=self.traced.catalogue)
        nothing.loc[found["row"], "granted"] = granted
        return nothing

    def exclusion_of(self, at: Ints, found: pd.DataFrame) -> list[Exclusion | None]:
        """Say why shipments that arrive make no lead, or nothing.

        What is sold by name under a licence that the text quotes, or on a day on which licences
        for it were being granted, is for the authority to check; it would be a lead against
        everybody who has a licence.

        Parameters
        ----------
        at
            Positions of the shipments.
        found
            What :meth:`status_of` said of each.
        """
        status = found["status"].to_numpy()
        reasons = (
            None,
            Exclusion.NO_LICENCE_ASKED,
            Exclusion.RULE_UNKNOWN,
            Exclusion.UNDER_LICENCE,
            Exclusion.LICENCES_GRANTED,
        )
        cases = [
            status == FREE,
            (status == "") | (status == UNKNOWN),
            self.traced.under_licence[at],
            found["granted"].to_numpy(dtype=bool),
        ]
        return [reasons[one] for one in np.select(cases, [1, 2, 3, 4], 0).tolist()]

    def makes_lead(self, at: Ints, chip: np.ndarray) -> np.ndarray:
        """Say of shipments that arrive whether the rules and their papers leave them a lead.

        Parameters
        ----------
        at
            Positions of the shipments.
        chip
            What each of them carries.
        """
        found = self.status_of(at, chip)
        return np.array([reason is None for reason in self.exclusion_of(at, found)], dtype=bool)
