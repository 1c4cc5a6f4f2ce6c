"""Shipments as arrays for the flags that need no route: who, when, what goods, how much."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.goods.catalogue.load import load_catalogue
from chipflow.network.arrays import ShipmentArrays, in_order
from chipflow.network.build import UNKNOWN_PREFIX
from chipflow.settings import MAD_TO_SD, Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chipflow.goods.catalogue.load import Catalogue
    from chipflow.settings import BackgroundSettings

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Truths = NDArray[np.bool_]

# Kinds of goods that are chips, hold chips, or are what chips are called where they are not named.
COMPUTING = ("accelerator", "server", "computer_parts", "computer", "integrated_circuit")


@dataclass(frozen=True)
class CompanyActivity:
    """The shipments of a network by what companies do, one entry a shipment.

    Attributes
    ----------
    arrays
        The shipments.
    ids
        Company ids by code, sorted; those of sides that no record names are left out.
    shipper, consignee
        Codes of companies; -1 where no company is named.
    kind
        Code of the broad class: all of :data:`COMPUTING` are one, so that goods that change
        their name on the way stay in it; any other kind of goods is its own.
    computing
        Whether the goods are of :data:`COMPUTING`.
    goods
        Code of the class of goods: kind by HS heading, or kind alone where that is rare; -1
        where even the kind has few shipments, so that there is nothing to compare with.
    names
        The class of goods in words, by code.
    settings
        The numbers of the method.
    catalogue
        Tables of chips and rules.
    """

    arrays: ShipmentArrays
    ids: np.ndarray
    shipper: Ints
    consignee: Ints
    kind: Ints
    computing: Truths
    goods: Ints
    names: np.ndarray
    settings: Settings
    catalogue: Catalogue

    def __len__(self) -> int:
        return len(self.arrays)

    @classmethod
    def of(
        cls,
        shipments: pd.DataFrame,
        settings: Settings | None = None,
        catalogue: Catalogue | None = None,
    ) -> CompanyActivity:
        """Arrange shipments.

        Parameters
        ----------
        shipments
            :attr:`chipflow.Network.shipments`, in any order.
        settings
            The numbers of the method; the shipped ones without it.
        catalogue
            Tables of chips and rules; the shipped ones without it.
        """
        table, settings = in_order(shipments), settings or Settings()
        arrays = ShipmentArrays.of(table)
        named = ~pd.Series(arrays.ids, dtype="str").str.startswith(UNKNOWN_PREFIX)
        ids = np.sort(arrays.ids[named.to_numpy(dtype=bool)])
        code = pd.Index(ids, dtype=object).get_indexer(arrays.ids)
        goods = table["goods"].fillna("other").astype("str")
        computing = goods.isin(COMPUTING).to_numpy(dtype=bool)
        broad = pd.factorize(goods.mask(computing, "computing goods"), sort=True)[0]
        classes, names = _classes(goods, table["hs_code"], settings.background)
        return cls(
            arrays=arrays,
            ids=ids,
            shipper=code[arrays.shipper],
            consignee=code[arrays.consignee],
            kind=broad,
            computing=computing,
            goods=classes,
            names=names,
            settings=settings,
            catalogue=catalogue or load_catalogue(),
        )

    @cached_property
    def day(self) -> Ints:
        """First day of each shipment, in days since 1970."""
        return np.asarray(self.arrays.first + self.arrays.epoch, dtype=np.int64)

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
        return self.arrays.usd_kg

    @cached_property
    def usd_item(self) -> Floats:
        """Natural log of value by piece of each shipment, in USD."""
        return self.arrays.usd

    @cached_property
    def usual_usd_kg(self) -> Floats:
        """Median of :attr:`usd_kg` in the class of each shipment."""
        return self.middle_and_spread(self.usd_kg)[0]

    @cached_property
    def worth(self) -> Floats:
        """USD of each shipment: as stated, else its weight at its class' median value; else 0."""
        value = self.arrays.value
        by_weight = self.arrays.weight * np.exp(self.usual_usd_kg)
        return np.nan_to_num(np.where(np.isfinite(value), value, by_weight))

    def count(self, side: Ints, which: Truths) -> Ints:
        """Return the number of shipments of ``which`` that each company has on a side."""
        return np.bincount(side[which & (side >= 0)], minlength=self.companies)

    def total(self, side: Ints, which: Truths, amounts: Floats) -> Floats:
        """Return the sum of ``amounts`` of ``which`` that each company has on a side."""
        kept = which & (side >= 0)
        sums = np.bincount(side[kept], weights=amounts[kept], minlength=self.companies)
        return sums.astype(np.float64)

    def middle_and_spread(self, values: Floats) -> tuple[Floats, Floats]:
        """Return median and robust standard deviation of each entry's own class.

        The spread is 1.4826 times the median absolute deviation (Rousseeuw and Croux, 1993), and
        at least what the most uniform goods differ by between declarations. Missing for class -1
        and for classes of which few values are known.

        Parameters
        ----------
        values
            One a shipment.
        """
        classes, settings = self.goods, self.settings.background
        known = pd.Series(np.where(classes >= 0, values, np.nan))
        middle = known.groupby(classes).median()
        apart = (known - middle.reindex(classes).to_numpy()).abs()
        spread = (MAD_TO_SD * apart.groupby(classes).median()).clip(lower=settings.least_spread)
        enough = known.groupby(classes).count() >= settings.smallest_class
        middle, spread = middle.where(enough), spread.where(enough)
        of_each: list[Floats] = [
            np.asarray(one.reindex(classes), dtype=np.float64) for one in (middle, spread)
        ]
        return of_each[0], of_each[1]

    @staticmethod
    def date(day: float) -> str:
        """Write a day as ISO text."""
        return str(np.datetime64(int(day), "D"))


def _classes(
    goods: pd.Series, hs_code: pd.Series, settings: BackgroundSettings
) -> tuple[Ints, np.ndarray]:
    """Code of each shipment's class of goods, and the classes in words."""
    kind, kinds = pd.factorize(goods, sort=True)
    heading, headings = pd.factorize(hs_code.str.slice(0, settings.heading_digits), sort=True)
    fine = kind * (len(headings) + 1) + heading + 1
    code, within = np.unique(fine, return_inverse=True)
    within = within.reshape(-1)
    rare = np.bincount(within, minlength=len(code)) < settings.smallest_class
    readable = ["other goods" if one == "other" else str(one).replace("_", " ") for one in kinds]
    own, place = np.divmod(code, len(headings) + 1)
    words = [
        readable[k] if few or not h else f"{readable[k]} of HS {headings[h - 1]}"
        for k, h, few in zip(own, place, rare, strict=True)
    ]
    labels, names = pd.factorize(pd.Series(words, dtype="str"), sort=True)
    classes = labels[within] if len(within) else np.empty(0, dtype=np.int64)
    lots = np.bincount(classes, minlength=len(names))
    few = lots[classes] < settings.smallest_class
    return np.where(few, -1, classes), np.asarray(names, dtype=object)
