"""Transfers between two companies, judged: how likely one sells what the other bought.

Three kinds are judged apart: what a company sells of what it bought itself (recorded), of what a
company bought with which it shares something (related parties), and of what others in its country
bought (domestic transfers). No record shows the latter two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from chipflow.tracing.domestic_transfers import DomesticShare, likely_buyers

if TYPE_CHECKING:
    from chipflow.network.arrays import Floats
    from chipflow.tracing.inventory import CompanyPairs, InventoryModel, PairScores
    from chipflow.tracing.prior import Prior
    from chipflow.tracing.related_parties import RelatedPairs, RelatedParties

# Kinds of transfers, as they stand in tables.
RECORDED, RELATED, DOMESTIC = "recorded", "linked companies", "domestic hand-over"

TRANSFER_COLUMNS = [
    "buyer",
    "sender",
    "place",
    "log_lr",
    "log_odds",
    "sales",
    "expected",
    "believed",
    "searched",
    "kind",
]
SALES_COLUMNS = ["transfer", "f", "probability", "log_lr"]


@dataclass(frozen=True)
class Judged:
    """What was found out about some pairs of companies.

    Attributes
    ----------
    groups
        One row a pair and place: :data:`TRANSFER_COLUMNS`.
    continuations
        One row a pair of shipments of which the later is believed to continue the earlier:
        ``group, e, f, share, probability, kind``.
    sales
        One row a sale that was weighed: ``group, f, probability, log_lr, pair``.
    """

    groups: pd.DataFrame
    continuations: pd.DataFrame
    sales: pd.DataFrame

    @classmethod
    def nothing(cls) -> Judged:
        """Return what is known before anything is asked."""
        groups = pd.DataFrame(columns=TRANSFER_COLUMNS)
        groups = groups.astype({"buyer": "int64", "believed": "int64"})
        return cls(groups, pd.DataFrame(), pd.DataFrame())

    def of(self, groups: np.ndarray, continuations: np.ndarray, sales: np.ndarray) -> Judged:
        """Return some rows of each table, by truth values."""
        return Judged(self.groups[groups], self.continuations[continuations], self.sales[sales])


def judge_recorded(
    inventory: InventoryModel, asked: CompanyPairs, prior: Prior, scores: PairScores | None = None
) -> Judged:
    """Weigh sales of companies against purchases of companies.

    Parameters
    ----------
    inventory
        Inventories of companies.
    asked
        Pairs of a buyer and a sender; of a real transfer both are one.
    prior
        How common it is that goods are sold on.
    scores
        What the inventories say of these pairs, where they were asked already.

    Returns
    -------
    Judged
        ``sales`` says of each whether it is ``believed``.
    """
    settings = inventory.settings
    scores = inventory.score(asked) if scores is None else scores
    groups = _with_parties(scores.groups, asked)
    odds = groups["log_lr"].to_numpy() + prior.of(groups)
    groups = groups.assign(log_odds=odds, kind=RECORDED, searched=1)
    sure = (groups["log_odds"] > 0).to_numpy()
    sales = scores.sales
    likely = sales["probability"] > settings.tracer.believed
    sales = sales.assign(believed=likely & sure[sales["group"]])
    believed = sales[sales["believed"]]
    found = inventory.continuations(asked, believed)
    found = found.assign(probability=_probability_of(found, believed), kind=RECORDED)
    return Judged(_counted(groups, believed), found, sales)


def judge_related(
    inventory: InventoryModel, asked: RelatedPairs, *, explained: np.ndarray
) -> Judged:
    """Weigh sales of companies against purchases of those that they share something with.

    Parameters
    ----------
    inventory
        Inventories of companies, as far as these did not sell themselves.
    asked
        Pairs of a buyer and a sender.
    explained
        Shipments that are known to be something else.
    """
    scores = inventory.score(asked.pairs, unlike=explained)
    groups = _with_parties(scores.groups, asked.pairs)
    odds = groups["log_lr"].to_numpy() + logit(asked.share[groups["pair"].to_numpy()])
    groups = groups.assign(log_odds=odds, kind=RELATED, searched=1)
    sales, believed = _believed(scores.sales, odds, inventory.settings.tracer.believed)
    found = inventory.continuations(asked.pairs, believed)
    found = found.assign(probability=_probability_of(found, believed), kind=RELATED)
    return Judged(_counted(groups, believed), found, sales)


def judge_domestic(
    inventory: InventoryModel,
    candidates: np.ndarray,
    asked: CompanyPairs,
    coverage: Floats,
    related: RelatedParties,
    share: DomesticShare | None = None,
) -> tuple[Judged, DomesticShare]:
    """Weigh sales of companies against all purchases of countries, and find the buyers.

    Parameters
    ----------
    inventory
        Inventories of countries.
    candidates
        Shipments that may be what is in stock there.
    asked
        Pairs of a country and a sender.
    coverage
        What :func:`chipflow.tracing.domestic_transfers.import_coverage` returned.
    related
        Who shares something with whom.
    share
        How common such transfers are, where that was learned already.

    Returns
    -------
    tuple
        What was found out, and how common such transfers are.
    """
    settings = inventory.settings
    scores = inventory.score(asked, unlike=~candidates)
    groups = _with_parties(scores.groups, asked).assign(kind=DOMESTIC)
    supply = coverage[asked.buyer[groups["pair"]]]
    learned = share is None
    share = share or DomesticShare(scores, supply, settings.transfers)
    odds = groups["log_lr"].to_numpy() + share.log_odds(groups, supply)
    sales, believed = _believed(scores.sales, odds, settings.tracer.believed)
    recorded = None if learned else share.recorded
    found, recorded = likely_buyers(
        inventory, asked, believed, odds, coverage, related.both_ways, recorded
    )
    if learned:
        share.recorded = recorded
    # Likelier than all others, the source that no record shows and chance, together, also once
    # what is known of such odds is allowed for.
    likelier = found["buyer_probability"] * expit(odds[found["group"].astype("int64")])
    likelier *= settings.transfers.named_right
    found = found[likelier > settings.tracer.believed]
    probability = _probability_of(found, believed) * found["buyer_probability"]
    found = found.assign(probability=probability, kind=DOMESTIC)
    told = found.drop_duplicates("group").set_index("group").reindex(groups.index)
    buyer_probability = told["buyer_probability"].astype("float64").fillna(1.0)
    groups = groups.assign(
        buyer=told["buyer"].fillna(-1).astype("int64"),
        searched=told["buyers"].fillna(1).astype("int64"),
        log_odds=odds + np.log(buyer_probability.to_numpy()),
    )
    return Judged(_counted(groups, found.drop_duplicates(["group", "f"])), found, sales), share


def likeliest_sources(continuations: pd.DataFrame, of: list[str]) -> pd.DataFrame:
    """Pairs of shipments with the likeliest purchase: one for each sale, or each of a group.

    Parameters
    ----------
    continuations
        What :meth:`chipflow.tracing.inventory.InventoryModel.continuations` returned.
    of
        Columns that tell the sales apart.
    """
    ordered = continuations.sort_values(["share", "e"], ascending=[False, True])
    return ordered.drop_duplicates(of)


def evidence_by_sale(
    sales: pd.DataFrame, transfer: str, *, believed: float, least: float
) -> tuple[pd.Series, pd.Series]:
    """Say how far each sale speaks for its transfer itself, and all that are believed together.

    A transfer is judged by all its shipments together; each has of it what it says itself, also
    where what was bought does not suffice for all.

    Parameters
    ----------
    sales
        ``f, probability, log_lr`` of sales that were weighed, and the transfer of each.
    transfer
        Name of the column that tells the transfers apart.
    believed
        Probability from which a sale counts.
    least
        What each says at the least.

    Returns
    -------
    tuple of pandas.Series
        Log-likelihood ratios by transfer and ``f``, and by transfer.
    """
    said = sales.set_index([transfer, "f"])["log_lr"].clip(lower=least)
    likely = (sales["probability"] > believed).to_numpy()
    return said, said[likely].groupby(transfer).sum()


def _counted(groups: pd.DataFrame, believed: pd.DataFrame) -> pd.DataFrame:
    """Groups with the number of their sales that are believed."""
    number = np.bincount(believed["group"].astype("int64"), minlength=len(groups))
    return groups.assign(believed=number)


def _believed(
    sales: pd.DataFrame, odds: np.ndarray, least: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sales with their probability at the log odds of their groups, and those that it favours."""
    probability = sales["probability"].to_numpy() * expit(odds)[sales["group"]]
    judged = sales.assign(probability=probability)
    return judged, judged[probability > least]


def _probability_of(continuations: pd.DataFrame, believed: pd.DataFrame) -> np.ndarray:
    """Probability of the sale in each pair of shipments."""
    of_sale = believed.set_index(["group", "f"])["probability"]
    return of_sale.reindex(pd.MultiIndex.from_frame(continuations[["group", "f"]])).to_numpy()


def _with_parties(groups: pd.DataFrame, asked: CompanyPairs) -> pd.DataFrame:
    pair = groups["pair"].to_numpy()
    return groups.assign(buyer=asked.buyer[pair], sender=asked.sender[pair])
