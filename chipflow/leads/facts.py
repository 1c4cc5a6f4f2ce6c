"""What the records say about each company, and how common that is among all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from chipflow.companies import address_key
from chipflow.network.build import UNKNOWN_PREFIX


@dataclass(frozen=True)
class Facts:
    """Measured once for all leads.

    Attributes
    ----------
    companies
        Indexed by company id: ``first_day``; ``suppliers, customers, lots_in, lots_out``.
    begin
        First day of the records.
    share_new
        Share of shipments that go to a company first seen less than the given days before;
        None where the records are too short to tell.
    share_single
        Share of traders (companies that receive and send) with one supplier and one customer.
    addresses
        Company id to its most frequent address in comparable form, for those asked about.
    """

    companies: pd.DataFrame
    begin: pd.Timestamp
    share_new: float | None
    share_single: float | None
    addresses: pd.Series

    @classmethod
    def of(cls, shipments: pd.DataFrame, *, asked: list[str], new_for: int) -> Facts:
        """Measure the companies of a network.

        Parameters
        ----------
        shipments
            :attr:`chipflow.Network.shipments`.
        asked
            Ids of the companies whose addresses are wanted.
        new_for
            Days for which a company counts as new.
        """
        named = shipments[
            ~shipments["shipper_id"].str.startswith(UNKNOWN_PREFIX)
            & ~shipments["consignee_id"].str.startswith(UNKNOWN_PREFIX)
        ]
        out, into = named.groupby("shipper_id"), named.groupby("consignee_id")
        seen = pd.concat(
            [
                shipments[[side, "date"]].set_axis(["company_id", "date"], axis=1)
                for side in ("shipper_id", "consignee_id")
            ]
        )
        first = seen.groupby("company_id")["date"].min()
        table = pd.DataFrame(
            {
                "first_day": first,
                "suppliers": into["shipper_id"].nunique().reindex(first.index).fillna(0),
                "customers": out["consignee_id"].nunique().reindex(first.index).fillna(0),
                "lots_in": into.size().reindex(first.index).fillna(0),
                "lots_out": out.size().reindex(first.index).fillna(0),
            }
        )
        traders = table[(table["suppliers"] > 0) & (table["customers"] > 0)]
        single = (traders["suppliers"] == 1) & (traders["customers"] == 1)
        return cls(
            companies=table,
            begin=shipments["date"].min(),
            share_new=share_new(shipments, first, new_for),
            share_single=_share(int(single.sum()), len(traders)),
            addresses=_addresses(shipments, asked),
        )

    def first_day(self, company: str) -> pd.Timestamp:
        """Day on which a company is first seen."""
        first: pd.Timestamp = self.companies.at[company, "first_day"]  # type: ignore[assignment]
        return first

    def is_single(self, company: str) -> bool:
        """Whether a company has one supplier and one customer."""
        row = self.companies.loc[company]
        return bool(row["suppliers"] == 1 and row["customers"] == 1)

    def is_established(self, company: str, lots_out: int, partners: int, share: float) -> bool:
        """Whether a company has many partners and ``lots_out`` is a small share of its trade."""
        row = self.companies.loc[company]
        many = min(row["suppliers"], row["customers"]) >= partners
        return bool(many and lots_out < share * row["lots_out"])


def _share(part: int, whole: int) -> float | None:
    # One more of each, so that a share measured on few is never none or all.
    return (part + 1) / (whole + 2) if whole else None


def share_new(shipments: pd.DataFrame, first: pd.Series, new_for: int) -> float | None:
    """Return the share of shipments that go to a company seen first less than so many days before.

    Parameters
    ----------
    shipments
        Needs ``date, consignee_id``.
    first
        Company id to the day on which it is first seen.
    new_for
        Days.

    Returns
    -------
    float or None
        None where the records are too short to tell.
    """
    window = pd.Timedelta(days=new_for)
    begin = shipments["date"].min()
    later = shipments[shipments["date"] - begin >= window]
    if later.empty:
        return None
    age = later["date"] - later["consignee_id"].map(first)
    return _share(int((age < window).sum()), len(later))


def _addresses(shipments: pd.DataFrame, asked: list[str]) -> pd.Series:
    sides = [
        shipments.loc[shipments[f"{side}_id"].isin(asked), [f"{side}_id", f"{side}_address"]]
        .dropna()
        .set_axis(["company_id", "address"], axis=1)
        for side in ("shipper", "consignee")
    ]
    stated = pd.concat(sides).value_counts().rename("records").reset_index()
    stated = stated.sort_values(["company_id", "records", "address"], ascending=[True, False, True])
    most = stated.drop_duplicates("company_id").set_index("company_id")["address"]
    keys = most.map({text: address_key(str(text)) for text in most.unique()})
    return keys.replace("", np.nan).dropna()
