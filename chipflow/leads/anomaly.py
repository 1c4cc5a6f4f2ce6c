"""Companies and shipments that stand out without any route.

A route needs every leg on record; what a company does on its own needs one. Each flag of
:data:`chipflow.leads.flags.FLAGS` gives a company the probability of as much by chance, and they
are put together by Fisher's method: the sum of their logarithms, with bounds on what one of them
can say, and with no surprise where a flag cannot be computed. The score is -log10 of the combined
probability. Flags that share a cause (a new company grows) are counted apart, so that the score
ranks, and is no calibrated probability. ``docs/decisions/0007-anomaly.md`` compares it with the
detectors of pyod.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import chi2, t

from chipflow.leads.flags import (
    FLAGS,
    LEAST_P,
    PRIOR_LOTS,
    TAIL,
    TOLD,
    Flag,
    dense_p,
    is_new,
)
from chipflow.leads.trade import Trade, middle_and_spread
from chipflow.network.handover import NEW_FOR

if TYPE_CHECKING:
    from chipflow.leads.flags import Answers
    from chipflow.leads.trade import Floats
    from chipflow.network.build import Network

COMPANY_COLUMNS = {"company_id": "str", "score": "float64", "flags": "str"}
SHIPMENT_COLUMNS = {"record_id": "str", "score": "float64", "sentence": "str"}

# From this score on a shipment is told: at most one in a hundred would be by chance.
LEAST_SCORE = 2.0  # -log10 of a probability
# A single figure may be a typing error: it can say at most one in a million.
LEAST_OF_SHIPMENT = 1e-6  # probability
DECIMALS = 3  # of scores: more would show what the order of a sum does to it


@dataclass(frozen=True)
class Anomalies:
    """What stands out. An anomaly is a question to ask, never an accusation.

    Attributes
    ----------
    companies
        One row a named company, by id: ``company_id``; ``score``, -log10 of the combined
        probability (missing where no flag could be computed); ``flags``, the sentences of those
        flags that one company in twenty or fewer would show, the strongest first, joined by
        `` | ``.
    shipments
        The shipments with a score of at least 2, the highest first: ``record_id, score,
        sentence``.
    p_values
        Upper-tail probability of each flag for each company, indexed by company id, missing where
        it could not be computed.
    """

    companies: pd.DataFrame
    shipments: pd.DataFrame
    p_values: pd.DataFrame

    def __repr__(self) -> str:
        told = int((self.companies["flags"] != "").sum())
        return f"<Anomalies: {told:,} companies with flags, {len(self.shipments):,} shipments>"


def anomalies(network: Network, flags: tuple[Flag, ...] = FLAGS) -> Anomalies:
    """Score companies and shipments by what needs no route.

    Parameters
    ----------
    network
        What :func:`chipflow.build_network` returned.
    flags
        The flags to ask of companies.

    Returns
    -------
    Anomalies
        The same for any order of rows.

    Notes
    -----
    Fisher, Statistical Methods for Research Workers (1932), section 21.1.
    """
    trade = Trade.of(network.shipments)
    answers = [flag.find(trade) for flag in flags]
    p = np.column_stack([np.empty((trade.companies, 0)), *(one.p for one in answers)])
    return Anomalies(
        companies=_companies(trade, answers, p),
        shipments=_shipments(trade),
        p_values=pd.DataFrame(
            p,
            index=pd.Index(trade.ids, name="company_id", dtype="str"),
            columns=[flag.name for flag in flags],
        ),
    )


def combined(p: Floats, least: float = LEAST_P) -> Floats:
    """Return -log10 of the combined probability of each row, by Fisher's method.

    Parameters
    ----------
    p
        One row a company, one column a flag; missing where a flag could not be computed.
    least
        What one flag can say at most.

    Returns
    -------
    numpy.ndarray
        Missing where a row has no known flag.
    """
    known = np.isfinite(p)
    surprise = -2.0 * np.log(np.clip(np.where(known, p, 1.0), least, 1.0)).sum(axis=1)
    score = -chi2.logsf(surprise, 2 * max(p.shape[1], 1)) / np.log(10.0)
    # Adding nought turns a negative zero into a plain one.
    return np.where(known.any(axis=1), np.round(score, DECIMALS) + 0.0, np.nan)


def _companies(trade: Trade, answers: list[Answers], p: Floats) -> pd.DataFrame:
    told = [
        (at, value, place, answer.say(int(at)))
        for place, answer in enumerate(answers)
        for at in np.flatnonzero(answer.p <= TOLD)
        for value in (answer.p[at],)
    ]
    said = pd.DataFrame(told, columns=["company", "p", "place", "sentence"])
    said = said.sort_values(["company", "p", "place"])
    joined = said.groupby("company")["sentence"].agg(" | ".join)
    table = pd.DataFrame({"company_id": trade.ids, "score": combined(p)})
    table["flags"] = joined.reindex(table.index).fillna("")
    return table.astype(COMPANY_COLUMNS)


def _shipments(trade: Trade) -> pd.DataFrame:
    dense, large, share = dense_p(trade), *_large_first_order(trade)
    score = combined(np.column_stack([dense, large]), LEAST_OF_SHIPMENT)
    at = np.flatnonzero(score >= LEAST_SCORE)
    at = at[np.lexsort((at, -score[at]))]
    usual = trade.usual_usd_kg
    sentences = [
        _sentence(trade, int(one), usual[one], dense[one] <= TOLD, large[one] <= TOLD, share)
        for one in at
    ]
    table = pd.DataFrame(
        {"record_id": trade.record[at], "score": score[at], "sentence": sentences},
        columns=list(SHIPMENT_COLUMNS),
    )
    return table.astype(SHIPMENT_COLUMNS)


def _large_first_order(trade: Trade) -> tuple[Floats, float]:
    """How often a shipment goes to a new company and is as large for its class; share of new."""
    if not len(trade):
        return np.empty(0), 1.0
    named = trade.consignee >= 0
    seen = np.append(trade.first_day, np.inf)[trade.consignee]
    new = named & np.append(is_new(trade), False)[trade.consignee] & (trade.day - seen < NEW_FOR)
    share = float((new.sum() + 1) / (named.sum() + PRIOR_LOTS))
    size = np.log(trade.value)
    middle, spread = middle_and_spread(size, trade.goods)
    by_size = t.sf((size - middle) / spread, TAIL)
    # Of two things that both have to be: one in so many is new, and of those so many are large.
    found = np.where(new, share * by_size, 1.0)
    return np.where(np.isfinite(by_size) & named, found, np.nan), share


def _sentence(trade: Trade, at: int, usual: float, dense: bool, large: bool, share: float) -> str:
    goods = trade.names[trade.goods[at]]
    said = []
    if dense and np.isfinite(trade.usd_kg[at]):
        by_item = trade.usd_item[at]
        each = f" and {np.exp(by_item):,.0f} USD a piece" if np.isfinite(by_item) else ""
        said.append(
            f"declared at {np.exp(trade.usd_kg[at]):,.0f} USD/kg{each}, where {goods} has a "
            f"median of {np.exp(usual):,.0f} USD/kg"
        )
    elif dense:
        said.append(
            f"declared at {np.exp(trade.usd_item[at]):,.0f} USD a piece, far above {goods} in "
            "these records"
        )
    if large:
        first = trade.date(trade.first_day[trade.consignee[at]])
        said.append(
            f"{trade.value[at]:,.0f} USD of {goods} to a company first seen on {first}; "
            f"{share:.0%} of shipments go to a company that new"
        )
    return " | ".join(said)
