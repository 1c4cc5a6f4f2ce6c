"""Shipments as arrays for the flags that need no route: who, when, what goods, how much."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.network.build import UNKNOWN_PREFIX
from chipflow.network.chance import LEAST_SPREAD, MAD_TO_SD
from chipflow.network.lots import HEADING, SMALLEST_CLASS, in_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Truths = NDArray[np.bool_]

# Kinds of goods that are chips, hold chips, or are what chips are called where they are not named.
COMPUTING = ("accelerator", "server", "computer_parts", "computer", "integrated_circuit")


@dataclass(frozen=True)
class Trade:
    """The shipments of a network, one entry a shipment, in the order of ``record``.

    Attributes
    ----------
    record
        Record ids, sorted.
    ids
        Company ids by code, sorted; those of sides that no record names are left out.
    shipper, consignee
        Codes of companies; -1 where no company is named.
    day
        Days since 1970.
    from_country, to_country
        Codes of countries; -1 where missing.
    countries
        Countries by code.
    kind
        Code of the broad class: all of :data:`COMPUTING` are one, so that goods that change
        their name on the way stay in it; any other kind of goods is its own.
    computing
        Whether the goods are of :data:`COMPUTING`.
    goods
        Code of the class of goods: kind by HS heading, or kind alone where that is rare; -1
        where even the kind has fewer than 30 lots, so that there is nothing to compare with.
    names
        The class of goods in words, by code.
    weight, value, items
        Kilograms, USD, counted pieces; missing where not above nought.
    """

    record: np.ndarray
    ids: np.ndarray
    shipper: Ints
    consignee: Ints
    day: Ints
    from_country: Ints
    to_country: Ints
    countries: np.ndarray
    kind: Ints
    computing: Truths
    goods: Ints
    names: np.ndarray
    weight: Floats
    value: Floats
    items: Floats

    def __len__(self) -> int:
        return len(self.record)

    @classmethod
    def of(cls, shipments: pd.DataFrame) -> Trade:
        """Arrange shipments.

        Parameters
        ----------
        shipments
            :attr:`chipflow.Network.shipments`, in any order.
        """
        table = in_order(shipments)
        sides, ids = pd.factorize(
            pd.concat([table["shipper_id"], table["consignee_id"]], ignore_index=True), sort=True
        )
        places, countries = pd.factorize(
            pd.concat([table["from_country"], table["to_country"]], ignore_index=True), sort=True
        )
        named = ~pd.Series(ids, dtype="str").str.startswith(UNKNOWN_PREFIX).to_numpy(dtype=bool)
        code = np.append(np.where(named, np.cumsum(named) - 1, -1), -1)[sides]
        goods = table["goods"].fillna("other").astype("str")
        computing = goods.isin(COMPUTING).to_numpy(dtype=bool)
        broad = pd.factorize(goods.mask(computing, "computing goods"), sort=True)[0]
        classes, names = _classes(goods, table["hs_code"])
        size = len(table)
        return cls(
            record=table["record_id"].to_numpy(dtype=object),
            ids=np.asarray(ids, dtype=object)[named],
            shipper=code[:size],
            consignee=code[size:],
            day=table["date"].to_numpy().astype("datetime64[D]").astype(np.int64),
            from_country=places[:size],
            to_country=places[size:],
            countries=np.asarray(countries, dtype=object),
            kind=broad,
            computing=computing,
            goods=classes,
            names=names,
            weight=_positive(table["weight_kg"]),
            value=_positive(table["value_usd"]),
            items=_positive(table["items"]),
        )

    @property
    def companies(self) -> int:
        """Number of named companies."""
        return len(self.ids)

    @cached_property
    def span(self) -> tuple[int, int]:
        """First and last day of the records, in days since 1970."""
        return (int(self.day.min()), int(self.day.max())) if len(self) else (0, 0)

    @cached_property
    def first_day(self) -> Floats:
        """Day on which each company is first seen, in days since 1970."""
        first = np.full(self.companies, np.inf)
        for side in (self.shipper, self.consignee):
            known = side >= 0
            np.minimum.at(first, side[known], self.day[known])
        return first

    @cached_property
    def usd_kg(self) -> Floats:
        """Natural log of value by weight of each shipment, in USD per kg."""
        return np.log(self.value / self.weight)

    @cached_property
    def usd_item(self) -> Floats:
        """Natural log of value by piece of each shipment, in USD."""
        return np.log(self.value / self.items)

    @cached_property
    def usual_usd_kg(self) -> Floats:
        """Median of :attr:`usd_kg` in the class of each shipment."""
        return middle_and_spread(self.usd_kg, self.goods)[0]

    @cached_property
    def worth(self) -> Floats:
        """USD of each shipment: as stated, else its weight at its class' median value; else 0."""
        by_weight = self.weight * np.exp(self.usual_usd_kg)
        return np.nan_to_num(np.where(np.isfinite(self.value), self.value, by_weight))

    def count(self, side: Ints, which: Truths) -> Ints:
        """Return the number of shipments of ``which`` that each company has on a side."""
        return np.bincount(side[which & (side >= 0)], minlength=self.companies)

    def total(self, side: Ints, which: Truths, amounts: Floats) -> Floats:
        """Return the sum of ``amounts`` of ``which`` that each company has on a side."""
        kept = which & (side >= 0)
        sums = np.bincount(side[kept], weights=amounts[kept], minlength=self.companies)
        return sums.astype(np.float64)

    @staticmethod
    def date(day: float) -> str:
        """Write a day as ISO text."""
        return str(np.datetime64(int(day), "D"))


def middle_and_spread(values: Floats, classes: Ints) -> tuple[Floats, Floats]:
    """Return median and robust standard deviation of each entry's own class.

    The spread is 1.4826 times the median absolute deviation (Rousseeuw and Croux, 1993), and at
    least what the most uniform goods differ by between declarations. Missing for class -1 and for
    classes of which fewer than 30 values are known.
    """
    known = pd.Series(np.where(classes >= 0, values, np.nan))
    middle = known.groupby(classes).median()
    apart = (known - middle.reindex(classes).to_numpy()).abs()
    spread = (MAD_TO_SD * apart.groupby(classes).median()).clip(lower=LEAST_SPREAD)
    enough = known.groupby(classes).count() >= SMALLEST_CLASS
    middle, spread = middle.where(enough), spread.where(enough)
    of_each: list[Floats] = [
        np.asarray(one.reindex(classes), dtype=np.float64) for one in (middle, spread)
    ]
    return of_each[0], of_each[1]


def _classes(goods: pd.Series, hs_code: pd.Series) -> tuple[Ints, np.ndarray]:
    """Code of each shipment's class of goods, and the classes in words."""
    kind, kinds = pd.factorize(goods, sort=True)
    heading, headings = pd.factorize(hs_code.str.slice(0, HEADING), sort=True)
    fine = kind * (len(headings) + 1) + heading + 1
    code, within = np.unique(fine, return_inverse=True)
    within = within.reshape(-1)
    rare = np.bincount(within, minlength=len(code)) < SMALLEST_CLASS
    readable = ["other goods" if one == "other" else str(one).replace("_", " ") for one in kinds]
    own, place = np.divmod(code, len(headings) + 1)
    words = [
        readable[k] if few or not h else f"{readable[k]} of HS {headings[h - 1]}"
        for k, h, few in zip(own, place, rare, strict=True)
    ]
    labels, names = pd.factorize(pd.Series(words, dtype="str"), sort=True)
    classes = labels[within] if len(within) else np.empty(0, dtype=np.int64)
    lots = np.bincount(classes, minlength=len(names))
    few = lots[classes] < SMALLEST_CLASS
    return np.where(few, -1, classes), np.asarray(names, dtype=object)


def _positive(values: pd.Series) -> Floats:
    """Numbers above nothing; nought and less are no measure of goods."""
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    return np.where(numbers > 0, numbers, np.nan)
