"""Purchases that name no chip, at companies that deal in chips by name.

Whoever buys an H100 under its name in May may buy it as "computer parts" in June. A purchase
without a name is traced like one with a name where its weight and value are those of the chips
that the same company buys or sells by name around that time, and hardly those of other goods.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from chipflow.network.arrays import Floats, Ints, entries
from chipflow.tracing.comparisons import (
    InboundFeatures,
    OutboundFeatures,
    chip_ratio,
    partial_ratio,
)
from chipflow.tracing.shipments import TracedShipments


def undeclared_purchases(
    traced: TracedShipments, window: int, open_distributor: np.ndarray
) -> tuple[Ints, Ints, Floats]:
    """Find purchases that are chips by weight and value, and what chip they are like.

    Parameters
    ----------
    shipments
        All shipments.
    window
        Days within which a company's shipments are compared.
    open_distributor
        Companies that sell chips openly: where their stock comes from is no question.

    Returns
    -------
    tuple of numpy.ndarray
        Positions of purchases, of the named shipment that each is most like, and the probability
        that it is something else.
    """
    span = traced.arrays.span
    named = np.flatnonzero(traced.family >= 0)
    company = np.concatenate([traced.arrays.consignee[named], traced.arrays.shipper[named]])
    known = np.concatenate(
        [traced.arrays.named_consignee[named], traced.arrays.named_shipper[named]]
    )
    at = np.tile(named, 2)[known]
    key = company[known] * span + traced.arrays.first[at]
    order = np.lexsort((at, key))
    at, key = at[order], key[order]
    dealer = np.zeros(traced.arrays.companies, dtype=bool)
    dealer[company[known]] = True
    asked = (traced.family < 0) & ~traced.arrives & traced.arrays.named_consignee
    asked &= ~open_distributor[traced.arrays.consignee]
    asked &= dealer[traced.arrays.consignee] & np.isfinite(traced.arrays.usd_kg)
    e = np.flatnonzero(asked)
    begin = traced.arrays.consignee[e] * span + np.maximum(traced.arrays.first[e] - window, 0)
    end = traced.arrays.consignee[e] * span + np.minimum(traced.arrays.last[e] + window, span - 1)
    low, high = np.searchsorted(key, begin), np.searchsorted(key, end, side="right")
    row, place = entries(np.maximum(low, high - traced.settings.inventory.latest), high)
    model = at[place]
    if not len(row):
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, np.empty(0)
    ratio = partial_ratio(
        InboundFeatures.of(traced, model), OutboundFeatures.of(traced, e).take(row)
    )
    count = np.bincount(row, minlength=len(e))
    odds = np.bincount(row, weights=ratio, minlength=len(e)) / np.maximum(count, 1)
    settings = traced.settings.cargo
    odds *= settings.undeclared / (1 - settings.undeclared)
    found = odds > settings.believed / (1 - settings.believed)
    of_found = found[row]
    row, model, ratio = row[of_found], model[of_found], ratio[of_found]
    best = np.lexsort((model, -ratio, row))
    row, model = row[best], model[best]
    first = np.flatnonzero(np.diff(row, prepend=-1))
    return e[found], model[first], 1 / (1 + odds[found])


def unnamed_accelerators(traced: TracedShipments, window: int) -> tuple[Ints, Ints, Floats]:
    """Find purchases whose words say "accelerator" and whose price and weight say which one.

    A mixture of all chips that the records name, each as common as it is around that day, half by
    all shipments and half by those of the company itself, against goods taken by chance.

    Parameters
    ----------
    shipments, window
        As in :func:`undeclared_purchases`.

    Returns
    -------
    tuple of numpy.ndarray
        As of :func:`undeclared_purchases`; the named shipment is the next one of the likeliest
        chip.
    """
    asked = traced.says_accelerator & ~traced.arrives & traced.arrays.named_consignee
    asked &= np.isfinite(traced.arrays.usd) | np.isfinite(traced.arrays.usd_kg)
    e, named = np.flatnonzero(asked), np.flatnonzero(traced.family >= 0)
    if not len(e) or not len(named):
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, np.empty(0)
    kinds = _Kinds(traced, named)
    ratio = kinds.partial_ratio(e)
    share = kinds.shares(e, window)
    settings = traced.settings.cargo
    said = settings.says_accelerator
    odds = (share * ratio).sum(axis=1) * said / (1 - said)
    found = odds > settings.believed / (1 - settings.believed)
    e, best = e[found], (share * ratio)[found].argmax(axis=1)
    return e, kinds.next(e, best), 1 / (1 + odds[found])


class _Kinds:
    """Chips that are named in the records, singly and built in, as kinds of goods."""

    def __init__(self, traced: TracedShipments, named: Ints) -> None:
        self.traced = traced
        chip = pd.factorize(traced.cargo.chip[named])[0]
        kind = pd.factorize(2 * chip + (traced.cargo.per_item[named] > 1))[0]
        self.number = 1 + int(kind.max())
        # By kind and day.
        key = kind * traced.arrays.span + traced.arrays.first[named]
        order = np.argsort(key, kind="stable")
        self.at, self.kind, self.key = named[order], kind[order], key[order]
        self.middle = {
            name: pd.Series(traced.like(name, self.at)).groupby(self.kind).median().to_numpy()
            for name in ("kg", "usd", "usd_kg")
        }
        both = np.tile(self.at, 2)
        company = np.concatenate([traced.arrays.consignee[self.at], traced.arrays.shipper[self.at]])
        self.of_company = np.sort(
            (company * self.number + np.tile(self.kind, 2)) * traced.arrays.span
            + traced.arrays.first[both]
        )

    def partial_ratio(self, e: Ints) -> Floats:
        """Likelihood ratio of weight and value of shipments, one column a kind."""
        traced, settings = self.traced, self.traced.settings.comparisons
        counted = np.isfinite(traced.arrays.usd[e])
        ratio = np.ones((len(e), self.number))
        for name, known in (("kg", counted), ("usd", counted), ("usd_kg", ~counted)):
            own = getattr(traced.arrays, name)[e]
            one = chip_ratio(
                own[:, None] - self.middle[name],
                traced.background.inverse_density[name][e, None],
                settings,
                wrong=settings.wrong_weight if name == "kg" else settings.wrong_value,
            )
            ratio *= np.where(known[:, None], one, 1.0)
        return ratio

    def shares(self, e: Ints, window: int) -> Floats:
        """How common each kind is around the day of shipments, one column a kind."""
        traced = self.traced
        kinds = np.arange(self.number)
        usual = np.bincount(self.kind, minlength=self.number) / len(self.kind)
        around = usual + self._around(self.key, e, kinds[None, :], window)
        around /= around.sum(axis=1, keepdims=True)
        company = traced.arrays.consignee[e, None] * self.number + kinds
        own = self._around(self.of_company, e, company, window)
        whole = own.sum(axis=1, keepdims=True)
        return np.asarray(np.where(whole > 0, (around + own / np.maximum(whole, 1)) / 2, around))

    def _around(self, key: Ints, e: Ints, of: Ints, window: int) -> Floats:
        traced, limit = self.traced, self.traced.arrays.span - 1
        begin = np.clip(traced.arrays.first[e] - window, 0, limit)[:, None]
        end = np.clip(traced.arrays.last[e] + window, 0, limit)[:, None]
        low = np.searchsorted(key, of * traced.arrays.span + begin)
        high = np.searchsorted(key, of * traced.arrays.span + end, side="right")
        return np.asarray(high - low, dtype=float)

    def next(self, e: Ints, kind: Ints) -> Ints:
        """First named shipment of a kind from the day of each on, or else the last before it."""
        begins = np.searchsorted(self.kind, [kind, kind + 1])
        place = np.searchsorted(
            self.key, kind * self.traced.arrays.span + self.traced.arrays.first[e]
        )
        return np.asarray(self.at[np.clip(place, begins[0], begins[1] - 1)])
