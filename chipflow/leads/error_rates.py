"""How many leads chance is expected to make: p-values, q-values and local false discovery rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.network.columns import Columns
from chipflow.routes.find import source_shares
from chipflow.settings import MAD_TO_SD, ErrorRateSettings
from chipflow.tracing.background import normal
from chipflow.tracing.inventory import TO_DESTINATION
from chipflow.tracing.transfers import RECORDED

if TYPE_CHECKING:
    from collections.abc import Hashable

    from chipflow.tracing.decoys import NullDistribution
    from chipflow.tracing.trace import Tracing

Floats = np.ndarray

TRANSFERS_OF_LEADS = ["cluster", "transfer", "strength", "place", "kind", "final", "chance"]
LEAST_SCORE = 1e-6  # scores and densities of scores below it are as good as zero


def q_values(p: Floats, settings: ErrorRateSettings | None = None) -> Floats:
    """Turn p-values into q-values: the share of leads up to each one that chance alone explains.

    Parameters
    ----------
    p
        p-values; missing ones stay missing.
    settings
        The numbers of the method.

    Returns
    -------
    numpy.ndarray
        Benjamini and Hochberg (1995), with the share of leads that are chance read from the large
        p-values (Storey, Taylor and Siegmund, "Strong control, conservative point estimation and
        simultaneous conservative consistency of false discovery rates", 2004): where few p-values
        are large, few leads can be chance. Of too few leads all may be chance.
    """
    settings = settings or ErrorRateSettings()
    q = np.full(len(p), np.nan)
    known = np.isfinite(p)
    if known.any():
        leads = int(known.sum())
        large = (1 + (p[known] > settings.large_p).sum()) / (1 - settings.large_p)
        by_chance = min(large / leads, 1.0) if leads >= settings.fewest_leads else 1.0
        q[known] = by_chance * _stepped_up(p[known])
    return q


def _stepped_up(p: Floats) -> Floats:
    """Return the least false discovery rate at which each p-value would be among the leads."""
    order = np.argsort(p)
    rates = p[order] * (len(p) / np.arange(1, len(p) + 1))
    found = np.empty(len(p))
    found[order] = np.minimum.accumulate(rates[::-1])[::-1].clip(max=1.0)
    return found


def local_false_discovery_rates(
    scores: Floats,
    null: dict[tuple[str, bool], NullDistribution],
    settings: ErrorRateSettings | None = None,
) -> Floats:
    """Share of the routes of each score that chance is expected to make.

    A local false discovery rate (Efron, "Microarrays, empirical Bayes and the two-groups model",
    2008). How many transfers to the destination chance makes is known from the decoy pairs, and
    that few of them are strong: their strength is taken to be exponential. How strong routes of
    goods are is known from those that were found: the log of their score is taken to be normal.
    So a weak route among strong ones is likely chance, and among weak ones not.

    Parameters
    ----------
    scores
        Scores of all routes that were weighed.
    null
        What :func:`null_distributions` returned.
    """
    by_chance = np.zeros(len(scores))
    for (_, final), of_kind in null.items():
        if final:
            by_chance += of_kind.density(scores)
    settings = settings or ErrorRateSettings()
    return _local_fdr(by_chance, scores, scores, int((scores > 0).sum()), settings)


def _local_fdr(
    by_chance: Floats, strength: Floats, known: Floats, number: int, settings: ErrorRateSettings
) -> Floats:
    """Local false discovery rate at each strength.

    Parameters
    ----------
    by_chance
        How many are expected by chance, per unit of strength.
    strength
        Where this is asked.
    known
        How strong goods are that were traced: the log of it is taken to be normal.
    number
        How many of those that are asked about were found.
    """
    logs = np.log(known[known > 0])
    middle = float(np.median(logs)) if len(logs) else 0.0
    spread = MAD_TO_SD * float(np.median(abs(logs - middle))) if len(logs) else 0.0
    trust = len(logs) / (len(logs) + settings.usual_routes)
    middle = trust * middle + (1 - trust) * float(np.log(settings.usual_score[0]))
    spread = np.sqrt(trust * spread**2 + (1 - trust) * settings.usual_score[1] ** 2)
    positive = np.maximum(strength, LEAST_SCORE)
    found = number * normal(np.log(positive) - middle, spread) / positive
    return np.asarray(by_chance / np.maximum(by_chance + found, LEAST_SCORE))


def lead_p_values(
    links: pd.DataFrame,
    tracing: Tracing,
    null: dict[tuple[str, bool], NullDistribution],
    of_leads: pd.DataFrame,
) -> pd.DataFrame:
    """Give each cluster its p-value: that of the weakest transfer of its strongest way.

    A transfer rests on what most of its evidence rests on: where that is purchases which came by
    another transfer, not on a purchase by name that gives little of it. That goods went the whole
    way is refuted if any transfer of it is chance, so a way is only as significant as its weakest
    transfer (an intersection-union test; Berger, "Multiparameter hypothesis testing and acceptance
    sampling", 1982). A lead with several last transfers is as significant as its best one, paid
    for by their number (Sidak, 1967).

    Parameters
    ----------
    links
        Links of clusters: ``cluster, transfer, from_record, to_record, e, units,
        shipment_log_odds``.
    tracing
        What they are from.
    null
        What :func:`null_distributions` returned.
    of_leads
        What :func:`transfers_of_leads` said of these.

    Returns
    -------
    pandas.DataFrame
        By cluster: ``p_value``, missing where no decoy pair would be listed; ``weakest_log_odds``,
        the log odds of the weakest transfer of the strongest way; ``unrecorded_fdr``, the share of
        transfers like the one that no record shows that are expected to be chance (zero where
        there is a way without one).
    """
    columns = ["p_value", "weakest_log_odds", "unrecorded_fdr"]
    if links.empty:
        none = pd.DataFrame({name: [] for name in columns}, dtype="float64")
        return none.rename_axis("cluster")
    own = links.assign(certain=tracing.certain[links["e"].to_numpy()])
    table = of_leads.assign(p=np.nan)
    for (kind, final), of_kind in null.items():
        those = (table["kind"] == kind) & (table["final"] == final)
        table.loc[those, "p"] = of_kind.p_value(table.loc[those, "strength"].to_numpy(float))
    # A missing p-value shows nothing.
    table["doubt"] = table["p"].fillna(1.0).where(~table["final"], table["p"])
    table["against"] = -table["strength"]
    # Of what a shipment says, each of its feeds has what it gives of the goods.
    own = own.assign(weight=source_shares(own) * own["shipment_log_odds"].abs())
    doubts_of = ["doubt", "against", "chance"]
    transfers = Columns.of(table[["cluster", "transfer", "final", *doubts_of]]).split("cluster")
    pairs = Columns.of(
        own[["cluster", "transfer", "from_record", "to_record", "weight", "certain"]]
    )
    found = {}
    for cluster, rows in pairs.split("cluster").items():
        ways = _Ways(transfers[cluster], rows)
        doubts = ways.best("doubt", certainty=0.0, nothing=1.0)
        against = ways.best("against", certainty=-np.inf, nothing=np.inf)
        unseen = ways.best("chance", certainty=0.0, nothing=1.0)
        found[cluster] = (
            _sidak(doubts),
            -min(against, default=np.nan),
            min(unseen, default=np.nan),
        )
    return pd.DataFrame.from_dict(
        found, orient="index", columns=columns, dtype="float64"
    ).rename_axis("cluster")


def transfers_of_leads(
    links: pd.DataFrame,
    tracing: Tracing,
    null: dict[tuple[str, bool], NullDistribution],
    settings: ErrorRateSettings | None = None,
) -> pd.DataFrame:
    """Say how strong each transfer of each cluster is, and how far chance explains it.

    Parameters
    ----------
    links, tracing, null
        As in :func:`lead_p_values`.

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
    table["chance"] = _unrecorded_fdr(table, null, settings or ErrorRateSettings())
    return table[TRANSFERS_OF_LEADS]


def _unrecorded_fdr(
    transfers: pd.DataFrame,
    null: dict[tuple[str, bool], NullDistribution],
    settings: ErrorRateSettings,
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
        by_chance = of_kind.density(strength[those])
        share[those] = _local_fdr(by_chance, strength[those], strength, int(those.sum()), settings)
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


def _sidak(p_values: list[float]) -> float:
    """p-value of the best of several."""
    if not p_values:
        return float("nan")
    best = min(*p_values, 1 - 1e-12)
    return float(-np.expm1(len(p_values) * np.log1p(-best)))
