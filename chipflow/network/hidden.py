"""Purchases that name no chip, at companies that deal in chips by name.

Whoever buys an H100 under its name in May may buy it as "computer parts" in June. A purchase
without a name is followed like one with a name where its weight and value are those of the chips
that the same company buys or sells by name around that time, and hardly those of other goods.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from chipflow.network.agreement import Bought, Sold, chip_likeness, likeness
from chipflow.network.ledger import LATEST
from chipflow.network.lots import Floats, Ints, Lots, entries

# Of the purchases without a name at companies that deal in chips by name, so many are chips.
HIDDEN = 0.03  # share of purchases
# Of the purchases whose words say "accelerator" so many are one of the chips that others name.
SAID = 0.5  # share of purchases
BELIEVED = 0.5  # probability from which a purchase is followed


def hidden_purchases(lots: Lots, window: int, open_seller: np.ndarray) -> tuple[Ints, Ints, Floats]:
    """Find purchases that are chips by weight and value, and what chip they are like.

    Parameters
    ----------
    lots
        All lots.
    window
        Days within which a company's lots are compared.
    open_seller
        Companies that sell chips openly: where their stock comes from is no question.

    Returns
    -------
    tuple of numpy.ndarray
        Positions of purchases, of the named lot that each is most like, and the probability that
        it is something else.
    """
    span = lots.span
    named = np.flatnonzero(lots.family >= 0)
    company = np.concatenate([lots.consignee[named], lots.shipper[named]])
    known = np.concatenate([lots.named_consignee[named], lots.named_shipper[named]])
    at = np.tile(named, 2)[known]
    key = company[known] * span + lots.first[at]
    order = np.lexsort((at, key))
    at, key = at[order], key[order]
    dealer = np.zeros(lots.companies, dtype=bool)
    dealer[company[known]] = True
    asked = (lots.family < 0) & ~lots.arrives & lots.named_consignee
    asked &= ~open_seller[lots.consignee]
    asked &= dealer[lots.consignee] & np.isfinite(lots.usd_kg)
    e = np.flatnonzero(asked)
    begin = lots.consignee[e] * span + np.maximum(lots.first[e] - window, 0)
    end = lots.consignee[e] * span + np.minimum(lots.last[e] + window, span - 1)
    low, high = np.searchsorted(key, begin), np.searchsorted(key, end, side="right")
    row, place = entries(np.maximum(low, high - LATEST), high)
    model = at[place]
    if not len(row):
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, np.empty(0)
    ratio = likeness(Bought.of(lots, model), Sold.of(lots, e).take(row))
    count = np.bincount(row, minlength=len(e))
    odds = np.bincount(row, weights=ratio, minlength=len(e)) / np.maximum(count, 1)
    odds *= HIDDEN / (1 - HIDDEN)
    found = odds > BELIEVED / (1 - BELIEVED)
    of_found = found[row]
    row, model, ratio = row[of_found], model[of_found], ratio[of_found]
    best = np.lexsort((model, -ratio, row))
    row, model = row[best], model[best]
    first = np.flatnonzero(np.diff(row, prepend=-1))
    return e[found], model[first], 1 / (1 + odds[found])


def unnamed_accelerators(lots: Lots, window: int) -> tuple[Ints, Ints, Floats]:
    """Find purchases whose words say "accelerator" and whose price and weight say which one.

    A mixture of all chips that the records name, each as common as it is around that day, half by
    all lots and half by those of the company itself, against goods taken by chance.

    Parameters
    ----------
    lots, window
        As in :func:`hidden_purchases`.

    Returns
    -------
    tuple of numpy.ndarray
        As of :func:`hidden_purchases`; the named lot is the next one of the likeliest chip.
    """
    asked = lots.says_accelerator & ~lots.arrives & lots.named_consignee
    asked &= np.isfinite(lots.usd) | np.isfinite(lots.usd_kg)
    e, named = np.flatnonzero(asked), np.flatnonzero(lots.family >= 0)
    if not len(e) or not len(named):
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, np.empty(0)
    kinds = _Kinds(lots, named)
    ratio = kinds.likeness(e)
    share = kinds.shares(e, window)
    odds = (share * ratio).sum(axis=1) * SAID / (1 - SAID)
    found = odds > BELIEVED / (1 - BELIEVED)
    e, best = e[found], (share * ratio)[found].argmax(axis=1)
    return e, kinds.next(e, best), 1 / (1 + odds[found])


class _Kinds:
    """Chips that are named in the records, singly and built in, as kinds of goods."""

    def __init__(self, lots: Lots, named: Ints) -> None:
        self.lots = lots
        chip = pd.factorize(lots.chip[named])[0]
        kind = pd.factorize(2 * chip + (lots.per_item[named] > 1))[0]
        self.number = 1 + int(kind.max())
        # By kind and day.
        key = kind * lots.span + lots.first[named]
        order = np.argsort(key, kind="stable")
        self.at, self.kind, self.key = named[order], kind[order], key[order]
        self.middle = {
            name: pd.Series(lots.like(name, self.at)).groupby(self.kind).median().to_numpy()
            for name in ("kg", "usd", "usd_kg")
        }
        both = np.tile(self.at, 2)
        company = np.concatenate([lots.consignee[self.at], lots.shipper[self.at]])
        self.of_company = np.sort(
            (company * self.number + np.tile(self.kind, 2)) * lots.span + lots.first[both]
        )

    def likeness(self, e: Ints) -> Floats:
        """Likelihood ratio of weight and value of lots, one column a kind."""
        lots = self.lots
        counted = np.isfinite(lots.usd[e])
        ratio = np.ones((len(e), self.number))
        for name, known in (("kg", counted), ("usd", counted), ("usd_kg", ~counted)):
            own = getattr(lots, name)[e]
            one = chip_likeness(own[:, None] - self.middle[name], lots.rarity[name][e, None])
            ratio *= np.where(known[:, None], one, 1.0)
        return ratio

    def shares(self, e: Ints, window: int) -> Floats:
        """How common each kind is around the day of lots, one column a kind."""
        lots = self.lots
        kinds = np.arange(self.number)
        usual = np.bincount(self.kind, minlength=self.number) / len(self.kind)
        around = usual + self._around(self.key, e, kinds[None, :], window)
        around /= around.sum(axis=1, keepdims=True)
        company = lots.consignee[e, None] * self.number + kinds
        own = self._around(self.of_company, e, company, window)
        whole = own.sum(axis=1, keepdims=True)
        return np.asarray(np.where(whole > 0, (around + own / np.maximum(whole, 1)) / 2, around))

    def _around(self, key: Ints, e: Ints, of: Ints, window: int) -> Floats:
        lots, limit = self.lots, self.lots.span - 1
        begin = np.clip(lots.first[e] - window, 0, limit)[:, None]
        end = np.clip(lots.last[e] + window, 0, limit)[:, None]
        low = np.searchsorted(key, of * lots.span + begin)
        high = np.searchsorted(key, of * lots.span + end, side="right")
        return np.asarray(high - low, dtype=float)

    def next(self, e: Ints, kind: Ints) -> Ints:
        """First named lot of a kind from the day of each lot on, or else the last before it."""
        begins = np.searchsorted(self.kind, [kind, kind + 1])
        place = np.searchsorted(self.key, kind * self.lots.span + self.lots.first[e])
        return np.asarray(self.at[np.clip(place, begins[0], begins[1] - 1)])
