"""Companies and shipments that stand out without any route.

A route needs every leg on record; what a company does on its own needs one. Each flag of
:data:`chipflow.leads.red_flags.FLAGS` gives a company the probability of as much by chance, and
they are put together by Fisher's method: the sum of their logarithms, with bounds on what one of
them can say, and with no surprise where a flag cannot be computed. The score is -log10 of the
combined probability. Flags that share a cause (a new company grows) are counted apart, so that the
score ranks, and is no calibrated probability. ``docs/decisions/0007-anomaly.md`` compares it with
the detectors of pyod.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.leads.company_activity import CompanyActivity
from chipflow.leads.red_flags import FLAGS, Flag, dense_p, is_new
from chipflow.leads.tail_probabilities import above_chi_squared, above_student_t
from chipflow.schemas import ANOMALIES, COMPANY_ANOMALIES

if TYPE_CHECKING:
    from chipflow.leads.company_activity import Floats
    from chipflow.leads.red_flags import Answers
    from chipflow.network.build import Network
    from chipflow.settings import Settings


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


def anomalies(
    network: Network, flags: tuple[Flag, ...] = FLAGS, *, settings: Settings | None = None
) -> Anomalies:
    """Score companies and shipments by what needs no route.

    Parameters
    ----------
    network
        What :func:`chipflow.build_network` returned.
    flags
        The flags to ask of companies.
    settings
        The numbers of the method; the shipped ones without it.

    Returns
    -------
    Anomalies
        The same for any order of rows.

    Notes
    -----
    Fisher, Statistical Methods for Research Workers (1932), section 21.1.
    """
    activity = CompanyActivity.of(network.shipments, settings, network.catalogue)
    answers = [flag.find(activity) for flag in flags]
    p = np.column_stack([np.empty((activity.companies, 0)), *(one.p for one in answers)])
    return Anomalies(
        companies=_companies(activity, answers, p),
        shipments=_shipments(activity),
        p_values=pd.DataFrame(
            p,
            index=pd.Index(activity.ids, name="company_id", dtype="str"),
            columns=[flag.name for flag in flags],
        ),
    )


def combined(p: Floats, least: float) -> Floats:
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
    score = -np.log10(above_chi_squared(surprise, 2 * max(p.shape[1], 1)))
    # Adding zero turns a negative zero into a plain one.
    return np.where(known.any(axis=1), np.round(score, DECIMALS) + 0.0, np.nan)


def _companies(activity: CompanyActivity, answers: list[Answers], p: Floats) -> pd.DataFrame:
    told = [
        (at, value, place, answer.say(int(at)))
        for place, answer in enumerate(answers)
        for at in np.flatnonzero(answer.p <= activity.settings.red_flags.told)
        for value in (answer.p[at],)
    ]
    said = pd.DataFrame(told, columns=["company", "p", "place", "sentence"])
    said = said.sort_values(["company", "p", "place"])
    joined = said.groupby("company")["sentence"].agg(" | ".join)
    table = pd.DataFrame(
        {"company_id": activity.ids, "score": combined(p, activity.settings.red_flags.least_p)}
    )
    table["flags"] = joined.reindex(table.index).fillna("")
    return COMPANY_ANOMALIES.conform(table)


def _shipments(activity: CompanyActivity) -> pd.DataFrame:
    dense, large, share = dense_p(activity), *_large_first_order(activity)
    score = combined(np.column_stack([dense, large]), activity.settings.red_flags.least_of_shipment)
    at = np.flatnonzero(score >= activity.settings.red_flags.least_score)
    at = at[np.lexsort((at, -score[at]))]
    usual = activity.usual_usd_kg
    sentences = [
        _sentence(
            activity,
            int(one),
            usual[one],
            dense[one] <= activity.settings.red_flags.told,
            large[one] <= activity.settings.red_flags.told,
            share,
        )
        for one in at
    ]
    table = pd.DataFrame(
        {"record_id": activity.arrays.record[at], "score": score[at], "sentence": sentences},
        columns=ANOMALIES.names,
    )
    return ANOMALIES.conform(table)


def _large_first_order(activity: CompanyActivity) -> tuple[Floats, float]:
    """How often a shipment goes to a new company and is as large for its class; share of new."""
    if not len(activity):
        return np.empty(0), 1.0
    named = activity.consignee >= 0
    seen = np.append(activity.first_day, np.inf)[activity.consignee]
    new = (
        named
        & np.append(is_new(activity), False)[activity.consignee]
        & (activity.day - seen < activity.settings.transfers.new_for)
    )
    share = float((new.sum() + 1) / (named.sum() + activity.settings.red_flags.prior_shipments))
    size = np.log(activity.arrays.value)
    middle, spread = activity.middle_and_spread(size)
    by_size = above_student_t((size - middle) / spread, activity.settings.red_flags.degrees)
    # Of two things that both have to be: one in so many is new, and of those so many are large.
    found = np.where(new, share * by_size, 1.0)
    return np.where(np.isfinite(by_size) & named, found, np.nan), share


def _sentence(
    activity: CompanyActivity, at: int, usual: float, dense: bool, large: bool, share: float
) -> str:
    goods = activity.names[activity.goods[at]]
    said = []
    if dense and np.isfinite(activity.usd_kg[at]):
        by_item = activity.usd_item[at]
        each = f" and {np.exp(by_item):,.0f} USD a piece" if np.isfinite(by_item) else ""
        said.append(
            f"declared at {np.exp(activity.usd_kg[at]):,.0f} USD/kg{each}, where {goods} has a "
            f"median of {np.exp(usual):,.0f} USD/kg"
        )
    elif dense:
        said.append(
            f"declared at {np.exp(activity.usd_item[at]):,.0f} USD a piece, far above {goods} in "
            "these records"
        )
    if large:
        first = activity.date(activity.first_day[activity.consignee[at]])
        said.append(
            f"{activity.arrays.value[at]:,.0f} USD of {goods} to a company first seen on {first}; "
            f"{share:.0%} of shipments go to a company that recent"
        )
    return " | ".join(said)
