"""How many leads chance is expected to make: p-values, q-values and local false discovery rates."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression
from scipy.special import pdtr

from chipflow.network.columns import Columns
from chipflow.routes.find import source_shares
from chipflow.tracing.inventory import TO_DESTINATION
from chipflow.tracing.transfers import RECORDED

if TYPE_CHECKING:
    from collections.abc import Hashable

    from chipflow.settings import Settings
    from chipflow.tracing.decoys import NullDistribution
    from chipflow.tracing.trace import Tracing

Floats = np.ndarray

OF_EACH = ["local_fdr", "no_coincidence", "q_value", "p_value"]
TRANSFERS_OF_LEADS = ["cluster", "transfer", "strength", "place", "kind", "final", "chance"]


@dataclass(frozen=True)
class ByChance:
    """How far chance explains routes that were weighed.

    Attributes
    ----------
    of_each
        In the order of the routes: ``local_fdr``, the share by chance of routes of its score;
        ``no_coincidence``, the share that is none, also of its transfer that no record shows;
        ``q_value``, the share by chance of the list down to it; ``p_value``, how often chance,
        where it makes a route, makes one as strong, paid for by the number of its last transfers
        (Sidak, 1967). All are missing where too few different pairs can be drawn to know.
    asked
        How many companies were asked whether they send to the destination what was bought.
    expected
        How many of them look like a lead by chance.
    """

    of_each: pd.DataFrame
    asked: int
    expected: float


def shares_by_chance(strength: Floats, expected: Floats) -> Floats:
    """Share of those of each strength that chance is expected to have made.

    A local false discovery rate (Efron, "Microarrays, empirical Bayes and the two-groups model",
    2008) by counts. From each one found to the next weaker one chance is expected to make some
    more: that rises as strength falls, by isotonic regression, and so are pooled those between
    which nothing can be told. Of *n* pooled ones, of which chance is expected to make *E*, how
    many are none is not known beforehand (a mean with Jeffreys' prior), so that the share is

        r(n) = E / (n - 1/2 + E - (n - 1) r(n - 1)),   r(1) = E / (1/2 + E),

    the mean of E / (E + mean) given that *n* were found (Poisson counts, as of a signal over a
    known background): about E / n of many, and never all or nothing of one.

    Parameters
    ----------
    strength
        How strong each one is that was found; those missing have no share.
    expected
        How many chance makes that are at least so strong.
    """
    found = np.full(len(strength), np.nan)
    known = np.flatnonzero(np.isfinite(strength) & np.isfinite(expected))
    if not len(known):
        return found
    levels, level, number = np.unique(-strength[known], return_inverse=True, return_counts=True)
    more = np.zeros(len(levels))
    more[level] = expected[known]
    more = np.diff(more, prepend=0.0)
    pooled = isotonic_regression(more / number, weights=number)
    shares = [
        _share_of(int(number[start:end].sum()), float(more[start:end].sum()))
        for start, end in pairwise(pooled.blocks.tolist())
    ]
    found[known] = np.maximum.accumulate(np.repeat(shares, np.diff(pooled.blocks)))[level]
    return found


def _share_of(found: int, by_chance: float) -> float:
    """Share of so many found that chance made, where it makes so many in the mean."""
    share = 0.0
    for number in range(1, found + 1):
        share = by_chance / (number - 0.5 + by_chance - (number - 1) * share)
    return share


def q_values(strength: Floats, expected: Floats) -> Floats:
    """Share of the list down to each one that chance is expected to have made.

    Parameters
    ----------
    strength, expected
        As in :func:`shares_by_chance`.

    Returns
    -------
    numpy.ndarray
        The tail-area false discovery rate: how many chance makes at least so strong over how many
        were found; the least of it down to each one, so that "q up to 0.1" is a beginning of the
        list (Efron 2008; Storey and Tibshirani, 2003).
    """
    found = np.full(len(strength), np.nan)
    known = np.flatnonzero(np.isfinite(strength) & np.isfinite(expected))
    if not len(known):
        return found
    ordered = np.sort(strength[known])
    number = len(known) - np.searchsorted(ordered, strength[known], side="left")
    order = np.argsort(strength[known], kind="stable")
    rates = np.minimum(expected[known] / number, 1.0)[order]
    found[known[order]] = np.minimum.accumulate(rates)
    # Equal ones have one place in the list.
    return _of_equals(strength, found)


def _of_equals(strength: Floats, values: Floats) -> Floats:
    least = pd.Series(values).groupby(strength).transform("min")
    return least.to_numpy(dtype=float)


def chance_of_leads(
    score: Floats,
    ways: Floats,
    unrecorded: Floats,
    null: dict[tuple[str, bool], NullDistribution],
    decoys: pd.DataFrame,
    settings: Settings,
) -> ByChance:
    """Say of each route that was weighed how far chance explains routes like it.

    Parameters
    ----------
    score
        Of each route.
    ways
        Its number of last transfers: each had its chance.
    unrecorded
        The share by chance of the transfer that no record shows, on its best way.
    null
        What :func:`chipflow.tracing.decoys.null_distributions` returned.
    decoys
        Decoy transfers to the destination, scored as routes are: ``kind, pair, score`` (missing
        for one of which no lead would be made).
    settings
        The numbers of the method.

    Returns
    -------
    ByChance
    """
    kinds = {kind: of_kind for (kind, final), of_kind in null.items() if final}
    expected, in_all = np.zeros(len(score)), 0.0
    for kind, of_kind in kinds.items():
        own = decoys.loc[decoys["kind"] == kind].sort_values("pair")["score"].to_numpy(dtype=float)
        own = np.where(own > settings.exclusion.least_score, own, np.nan)
        expected += of_kind.expected(score, own)
        in_all += float(of_kind.expected(np.array([-np.inf]), own)[0])
    asked = sum(of_kind.asked for of_kind in kinds.values())
    pairs = sum(of_kind.pairs for of_kind in kinds.values())
    if not len(decoys) and pairs < settings.decoys.fewest_pairs:
        unknown = pd.DataFrame(np.nan, index=range(len(score)), columns=OF_EACH)
        return ByChance(unknown, asked, in_all)
    local = shares_by_chance(score, expected)
    share = np.clip(expected / in_all if in_all else expected, 0.0, 1 - 1e-12)
    of_each = pd.DataFrame(
        {
            "local_fdr": local,
            # Each is sure only as far as the other one is.
            "no_coincidence": (1 - local) * (1 - np.nan_to_num(unrecorded)),
            "q_value": q_values(score, expected),
            "p_value": -np.expm1(ways * np.log1p(-share)),
        }
    )
    return ByChance(of_each[OF_EACH], asked, in_all)


def most_by_chance(expected: float, level: float = 0.95) -> int:
    """Return how many chance makes at the most, in so many lists of a hundred: a Poisson count."""
    most = 0
    while pdtr(most, expected) < level:
        most += 1
    return most


def best_ways(links: pd.DataFrame, tracing: Tracing, of_leads: pd.DataFrame) -> pd.DataFrame:
    """Say of each cluster how weak the weakest transfer of its strongest way is.

    A transfer rests on what most of its evidence rests on: where that is purchases which came by
    another transfer, not on a purchase by name that gives little of it. That goods went the whole
    way is refuted if any transfer of it is chance, so a way is only as sure as its weakest
    transfer (an intersection-union test; Berger, "Multiparameter hypothesis testing and acceptance
    sampling", 1982).

    Parameters
    ----------
    links
        Links of clusters: ``cluster, transfer, from_record, to_record, e, units,
        shipment_log_odds``.
    tracing
        What they are from.
    of_leads
        What :func:`transfers_of_leads` said of these.

    Returns
    -------
    pandas.DataFrame
        By cluster: ``weakest_log_odds``, the log odds of the weakest transfer of the strongest
        way; ``unrecorded_fdr``, the share of transfers like the one that no record shows that are
        expected to be chance (zero where there is a way without one); ``ways``, the number of last
        transfers.
    """
    columns = ["weakest_log_odds", "unrecorded_fdr", "ways"]
    if links.empty:
        none = pd.DataFrame({name: [] for name in columns}, dtype="float64")
        return none.rename_axis("cluster")
    own = links.assign(certain=tracing.certain[links["e"].to_numpy()])
    table = of_leads.assign(against=-of_leads["strength"])
    # Of what a shipment says, each of its feeds has what it gives of the goods.
    own = own.assign(weight=source_shares(own) * own["shipment_log_odds"].abs())
    transfers = Columns.of(table[["cluster", "transfer", "final", "against", "chance"]])
    pairs = Columns.of(
        own[["cluster", "transfer", "from_record", "to_record", "weight", "certain"]]
    )
    transfers_of = transfers.split("cluster")
    found = {}
    for cluster, rows in pairs.split("cluster").items():
        ways = _Ways(transfers_of[cluster], rows)
        against = ways.best("against", certainty=-np.inf, nothing=np.inf)
        unseen = ways.best("chance", certainty=0.0, nothing=1.0)
        found[cluster] = (
            -min(against, default=np.nan),
            min(unseen, default=np.nan),
            len(against),
        )
    return pd.DataFrame.from_dict(
        found, orient="index", columns=columns, dtype="float64"
    ).rename_axis("cluster")


def transfers_of_leads(
    links: pd.DataFrame, tracing: Tracing, null: dict[tuple[str, bool], NullDistribution]
) -> pd.DataFrame:
    """Say how strong each transfer of each cluster is, and how far chance explains it.

    Parameters
    ----------
    links, tracing
        As in :func:`best_ways`.
    null
        What :func:`chipflow.tracing.decoys.null_distributions` returned.

    Returns
    -------
    pandas.DataFrame
        One row a cluster and transfer: ``strength`` (log odds, the part of them that the
        cluster's own shipments say), ``kind, place, final`` (whether it reaches the destination)
        and ``chance``, the share of transfers like it that are expected to be chance, for those
        that no record shows; zero for recorded ones.
    """
    if links.empty:
        return pd.DataFrame(columns=TRANSFERS_OF_LEADS)
    # What a lead's own shipments say is what it has of a transfer's strength.
    lots = links.drop_duplicates(["cluster", "transfer", "to_record"]).groupby(
        ["cluster", "transfer"]
    )
    table = lots["shipment_log_odds"].sum().rename("strength").reset_index()
    table = table.merge(tracing.transfers[["place", "kind"]], left_on="transfer", right_index=True)
    table["final"] = table["place"] == TO_DESTINATION
    table["chance"] = _unrecorded_fdr(table, null)
    return table[TRANSFERS_OF_LEADS]


def _unrecorded_fdr(
    transfers: pd.DataFrame, null: dict[tuple[str, bool], NullDistribution]
) -> Floats:
    """Share by chance of transfers like each one, for those that no record shows.

    That unnamed goods were sold on to the destination shows where they went, not what they are,
    however well the shipments agree. So where no record shows how chips became those goods, no
    other transfer of the way can lend its strength to that one: it is compared with chance by
    itself.
    """
    share = np.zeros(len(transfers))
    strength = transfers["strength"].to_numpy(dtype=float)
    for (kind, final), of_kind in null.items():
        those = ((transfers["kind"] == kind) & (transfers["final"] == final)).to_numpy()
        if kind == RECORDED or not those.any():
            continue
        share[those] = shares_by_chance(strength[those], of_kind.expected(strength[those]))
    return share


class _Ways:
    """The ways that goods can have gone in a cluster, from transfer to transfer.

    Parameters
    ----------
    transfers
        Transfers of the cluster: ``transfer, final`` and the doubts of each by itself.
    rows
        Its pairs of shipments: ``transfer, from_record, to_record, certain`` (the former is chips
        by itself) and ``weight``, what they say of the strength of their transfer.
    """

    def __init__(self, transfers: Columns, rows: Columns) -> None:
        self.transfers = transfers
        names = ("from_record", "to_record", "weight", "certain")
        self.pairs = {
            transfer: list(zip(*(of_hop[name].tolist() for name in names), strict=True))
            for transfer, of_hop in rows.split("transfer").items()
        }

    def best(self, doubt: str, *, certainty: float, nothing: float) -> list[float]:
        """Doubt of the best way to each last transfer: that of its weakest transfer.

        ``certainty`` is the doubt that a shipment which names a chip is one, ``nothing`` that of
        what no way leads to.
        """
        own = dict(
            zip(self.transfers["transfer"].tolist(), self.transfers[doubt].tolist(), strict=True)
        )
        sure = (lot for pairs in self.pairs.values() for lot, _, _, certain in pairs if certain)
        reached = dict.fromkeys(sure, certainty)
        found: dict[Hashable, float] = {}
        # A way passes each transfer once, so that as many rounds as there are of them suffice.
        for _ in own:
            before = dict(found)
            for transfer, pairs in self.pairs.items():
                fed = _middle([(reached.get(lot, nothing), weight) for lot, _, weight, _ in pairs])
                found[transfer] = max(fed, own[transfer])
                for _, lot, _, _ in pairs:
                    reached[lot] = min(found[transfer], reached.get(lot, nothing))
            if found == before:
                break
        finals = zip(
            self.transfers["transfer"].tolist(), self.transfers["final"].tolist(), strict=True
        )
        return [
            found[transfer] for transfer, final in finals if final and not np.isnan(own[transfer])
        ]


def _middle(doubts: list[tuple[float, float]]) -> float:
    """Doubt up to which half of the weight lies: of most that a transfer rests on."""
    ordered = sorted(doubts)
    half = sum(weight for _, weight in ordered) / 2
    so_far = 0.0
    for doubt, weight in ordered:
        so_far += weight
        if so_far >= half:
            return doubt
    return ordered[-1][0]
