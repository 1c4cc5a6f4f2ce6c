"""Shipments as arrays: who, whom, when, what kind of goods, how much."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

Ints = np.ndarray
Floats = np.ndarray


@dataclass(frozen=True)
class ShipmentArrays:
    """Shipments as arrays, one entry a shipment, in the order of ``record``.

    What the records state, and nothing that is inferred: tracing adds to it what is usual
    (:class:`chipflow.tracing.background.Background`) and what is inside
    (:class:`chipflow.tracing.cargo.Cargo`).

    Attributes
    ----------
    record
        Record ids, sorted.
    shipper, consignee
        Codes of companies.
    ids
        Their ids, by code.
    named_shipper, named_consignee
        Whether the record names that side.
    from_country, to_country
        Codes of countries; -1 where missing.
    countries
        ISO 3166 alpha-2 by code, sorted.
    epoch
        First day of all, in days since 1970.
    first, last
        First and last day that a date may stand for, in days after ``epoch``.
    kind
        Code of the kind of goods.
    vague
        Whether the text names nothing in particular.
    items, weight, value
        Counted pieces, kilograms, USD; missing where not above zero.
    """

    record: np.ndarray
    shipper: Ints
    consignee: Ints
    ids: np.ndarray
    named_shipper: np.ndarray
    named_consignee: np.ndarray
    from_country: Ints
    to_country: Ints
    countries: np.ndarray
    epoch: int
    first: Ints
    last: Ints
    kind: Ints
    vague: np.ndarray
    items: Floats
    weight: Floats
    value: Floats

    def __len__(self) -> int:
        return len(self.record)

    @classmethod
    def of(cls, shipments: pd.DataFrame) -> ShipmentArrays:
        """Arrange shipments.

        Parameters
        ----------
        shipments
            :attr:`chipflow.Network.shipments`, in any order.
        """
        table = in_order(shipments)
        size = len(table)
        parties, ids = pd.factorize(pd.concat([table["shipper_id"], table["consignee_id"]]))
        countries = sorted(
            {*table["from_country"].dropna().unique(), *table["to_country"].dropna().unique()}
        )
        first, last = day_range(table)
        epoch = int(first.min()) if size else 0
        return cls(
            record=table["record_id"].to_numpy(dtype=object),
            shipper=parties[:size],
            consignee=parties[size:],
            ids=np.asarray(ids, dtype=object),
            named_shipper=table["shipper"].notna().to_numpy(),
            named_consignee=table["consignee"].notna().to_numpy(),
            from_country=codes(table["from_country"], countries),
            to_country=codes(table["to_country"], countries),
            countries=np.asarray(countries, dtype=object),
            epoch=epoch,
            first=first - epoch,
            last=last - epoch,
            kind=pd.factorize(table["goods"], use_na_sentinel=False)[0],
            vague=table["vague"].to_numpy(dtype=bool, na_value=False),
            items=positive(table["items"]),
            weight=positive(table["weight_kg"]),
            value=positive(table["value_usd"]),
        )

    def at(self, records: Iterable[str]) -> Ints:
        """Positions of records, all of which are here."""
        # In order, each search begins where the last one ended, and what it reads is at hand.
        code, known = pd.factorize(np.asarray(records, dtype=object), sort=True)
        return np.asarray(np.searchsorted(self.record, known)[code], dtype=np.int64)

    @cached_property
    def kg(self) -> Floats:
        """Natural log of weight per piece, in kilograms."""
        return np.asarray(np.log(self.weight / self.items))

    @cached_property
    def usd(self) -> Floats:
        """Natural log of value per piece, in USD."""
        return np.asarray(np.log(self.value / self.items))

    @cached_property
    def usd_kg(self) -> Floats:
        """Natural log of value per weight, in USD per kilogram."""
        return np.asarray(np.log(self.value / self.weight))

    @cached_property
    def years(self) -> Ints:
        """Calendar year of the first day that each date may stand for: prices are of a year."""
        days = (self.first + self.epoch).astype("datetime64[D]")
        return np.asarray(days.astype("datetime64[Y]").astype(np.int64) + 1970)

    @cached_property
    def longest(self) -> int:
        """Days that the least precise date may be off."""
        return int((self.last - self.first).max(initial=0))

    @cached_property
    def span(self) -> int:
        """More days than the records cover: who times this, and a day, sort by who and day."""
        return 2 + int(self.last.max(initial=0))

    @cached_property
    def sent(self) -> tuple[Ints, Ints]:
        """Shipments with a named shipper, sorted by shipper and first day, and the sort key."""
        at = np.flatnonzero(self.named_shipper)
        key = self.shipper[at] * self.span + self.first[at]
        order = np.argsort(key, kind="stable")
        return at[order], key[order]

    @cached_property
    def received(self) -> Ints:
        """Shipments with a named consignee that moved, sorted by consignee and first day."""
        # What a company sends to itself is no purchase.
        at = np.flatnonzero(self.named_consignee & (self.shipper != self.consignee))
        return at[np.argsort(self.consignee[at] * self.span + self.first[at], kind="stable")]

    @cached_property
    def companies(self) -> int:
        """Number of codes of companies."""
        return 1 + int(max(self.shipper.max(initial=0), self.consignee.max(initial=0)))

    @cached_property
    def first_seen(self) -> Ints:
        """First day of each company's first shipment, by its code, whichever side it is on."""
        first = np.full(self.companies, int(self.last.max(initial=0)))
        np.minimum.at(first, self.shipper, self.first)
        np.minimum.at(first, self.consignee, self.first)
        return first


def arrival_country(shipments: pd.DataFrame, destination: Iterable[str]) -> pd.Series:
    """Say where among some countries shipments arrive, by whatever their records say of it.

    Parameters
    ----------
    shipments
        ``to_country, destination_country, import_country``; of several that are asked about the
        first one counts.
    destination
        ISO 3166 alpha-2 codes of the countries asked about.

    Returns
    -------
    pandas.Series
        ISO 3166 alpha-2, on the index of ``shipments``; missing where they arrive elsewhere.
    """
    targets = set(destination)
    arrival = pd.Series(pd.NA, index=shipments.index, dtype="str")
    for name in ("import_country", "destination_country", "to_country"):
        arrival = shipments[name].where(shipments[name].isin(targets), arrival)
    return arrival


def positive(values: pd.Series) -> Floats:
    """Return numbers above zero; zero and less are no measure of goods."""
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    return np.where(numbers > 0, numbers, np.nan)


def codes(values: pd.Series, categories: list[str]) -> Ints:
    """Return the place of each value among categories, -1 where missing."""
    code, found = pd.factorize(values)
    # The last is for what is missing.
    return np.append(pd.Index(categories).get_indexer(found), -1)[code]


def partners(shipper: Ints, consignee: Ints, companies: int) -> tuple[Ints, Ints]:
    """Count the companies from which each one buys, and those to which it sells.

    Parameters
    ----------
    shipper, consignee
        Codes of companies, one pair a shipment.
    companies
        How many codes there are.

    Returns
    -------
    tuple of numpy.ndarray
        Suppliers and customers by code.
    """
    sellers, buyers = np.divmod(np.unique(shipper * companies + consignee), max(companies, 1))
    return np.bincount(buyers, minlength=companies), np.bincount(sellers, minlength=companies)


def entries(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Spell out some ranges, of which those that end before they begin are empty.

    Parameters
    ----------
    low, high
        Where each range begins, and where it has ended.

    Returns
    -------
    tuple of numpy.ndarray
        For each entry of each range, in order: the number of the range, and the place.
    """
    count = np.maximum(high - low, 0)
    row = np.repeat(np.arange(len(count)), count)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(count) - count - low, count)


def in_order(shipments: pd.DataFrame) -> pd.DataFrame:
    """Shipments by record id; themselves where they stand so already, as in a network."""
    if shipments["record_id"].is_monotonic_increasing:
        return shipments.reset_index(drop=True)
    return shipments.sort_values("record_id", ignore_index=True)


def day_range(table: pd.DataFrame) -> tuple[Ints, Ints]:
    """First and last day that a date may stand for, in days since 1970."""
    date = table["date"]
    day = date.to_numpy().astype("datetime64[D]")
    first = day.astype(np.int64)
    month_end = (day.astype("datetime64[M]") + 1).astype("datetime64[D]").astype(np.int64) - 1
    year_end = (day.astype("datetime64[Y]") + 1).astype("datetime64[D]").astype(np.int64) - 1
    of_month, of_year = (
        (table["date_precision"] == name).to_numpy(dtype=bool, na_value=False)
        for name in ("month", "year")
    )
    return first, np.select([of_month, of_year], [month_end, year_end], first)
