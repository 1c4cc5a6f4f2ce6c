"""Purchases that name no chip, at companies that deal in chips by name.

Whoever buys an H100 under its name in May may buy it as "computer parts" in June. A purchase
without a name is followed like one with a name where its weight and value are those of the chips
that the same company buys or sells by name around that time, and hardly those of other goods.
"""

from __future__ import annotations

import numpy as np

from chipflow.network.agreement import Bought, Sold, likeness
from chipflow.network.ledger import LATEST
from chipflow.network.lots import Floats, Ints, Lots, entries

# Of the purchases without a name at companies that deal in chips by name, so many are chips.
HIDDEN = 0.03  # share of purchases
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
