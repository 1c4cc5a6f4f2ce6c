"""What the records say about each company, and how common that is among all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.companies import address_key
from chipflow.network.arrays import ShipmentArrays, partners

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class CompanyProfiles:
    """Measured once for all leads.

    Attributes
    ----------
    begin
        First day of the records.
    share_new
        Share of shipments that go to a company first seen less than the given days before;
        None where the records are too short to tell.
    share_single
        Share of traders (companies that receive and send) with one supplier and one customer.
    first_day, suppliers, customers, shipments_out
        By company id, of those asked about: the day on which it is first seen, its partners on
        either side and the shipments that it sends.
    addresses
        Company id to its most frequent address in comparable form, for those asked about.
    """

    begin: pd.Timestamp
    share_new: float | None
    share_single: float | None
    first_day: dict[str, pd.Timestamp]
    suppliers: dict[str, int]
    customers: dict[str, int]
    shipments_out: dict[str, int]
    addresses: dict[str, str]

    @classmethod
    def of(
        cls, shipments: pd.DataFrame, arrays: ShipmentArrays, *, asked: Iterable[str], new_for: int
    ) -> CompanyProfiles:
        """Measure the companies of a network.

        Parameters
        ----------
        shipments
            :attr:`chipflow.Network.shipments`, by record id.
        arrays
            The same as arrays.
        asked
            Ids of the companies about which questions will be asked.
        new_for
            Days for which a company counts as new.
        """
        ids = pd.Index(sorted(asked), dtype=object)
        named = arrays.named_shipper & arrays.named_consignee
        shipper, consignee = arrays.shipper[named], arrays.consignee[named]
        suppliers, customers = partners(shipper, consignee, arrays.companies)
        traders = (suppliers > 0) & (customers > 0)
        single = traders & (suppliers == 1) & (customers == 1)
        code = pd.Index(arrays.ids).get_indexer(ids)
        begin = shipments["date"].min()

        def of_asked(counts: np.ndarray) -> dict[str, int]:
            return dict(zip(ids, counts[code].tolist(), strict=True))

        days = begin + pd.to_timedelta(arrays.first_seen[code], unit="D")
        return cls(
            begin=begin,
            share_new=share_new(arrays, new_for),
            share_single=_share(int(single.sum()), int(traders.sum())),
            first_day=dict(zip(ids, days, strict=True)),
            suppliers=of_asked(suppliers),
            customers=of_asked(customers),
            shipments_out=of_asked(np.bincount(shipper, minlength=arrays.companies)),
            addresses=_addresses(shipments, arrays, code),
        )

    def is_single(self, company: str) -> bool:
        """Whether a company has one supplier and one customer."""
        return self.suppliers[company] == 1 and self.customers[company] == 1

    def is_established(self, company: str, shipments_out: int, partners: int, share: float) -> bool:
        """Whether it has many partners and ``shipments_out`` is a small share of its trade."""
        many = min(self.suppliers[company], self.customers[company]) >= partners
        return many and shipments_out < share * self.shipments_out[company]


def _share(part: int, whole: int) -> float | None:
    # One more of each, so that a share measured on few is never none or all.
    return (part + 1) / (whole + 2) if whole else None


def share_new(arrays: ShipmentArrays, new_for: int) -> float | None:
    """Return the share of shipments that go to a company seen first less than so many days before.

    Parameters
    ----------
    arrays
        Shipments as arrays.
    new_for
        Days.

    Returns
    -------
    float or None
        None where the records are too short to tell.
    """
    later = arrays.first >= new_for
    age = arrays.first[later] - arrays.first_seen[arrays.consignee[later]]
    return _share(int((age < new_for).sum()), len(age))


def _addresses(
    shipments: pd.DataFrame, arrays: ShipmentArrays, codes: np.ndarray
) -> dict[str, str]:
    sides = [
        pd.DataFrame(
            {
                "company_id": arrays.ids[side[of]],
                "address": shipments.loc[of, name].to_numpy(dtype=object),
            }
        )
        for side, name in (
            (arrays.shipper, "shipper_address"),
            (arrays.consignee, "consignee_address"),
        )
        for of in [np.isin(side, codes)]
    ]
    stated = pd.concat(sides).dropna().value_counts().rename("records").reset_index()
    stated = stated.sort_values(["company_id", "records", "address"], ascending=[True, False, True])
    most = stated.drop_duplicates("company_id")
    keys = {text: address_key(str(text)) for text in most["address"].unique()}
    return {
        str(company): keys[text]
        for company, text in zip(most["company_id"], most["address"], strict=True)
        if keys[text]
    }
