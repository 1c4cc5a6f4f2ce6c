"""Goods handed over inside a country, with no record between the two companies.

One company brings goods in, another one sends them out. A sender whose goods look like chips
that somebody in its country bought, and that itself bought none in the records, has them from
somebody: from one of these buyers, or from a source that no record shows. Whether its goods are
those chips at all is asked first, against the purchases of the whole country; then which buyer
fits best, by numbers, weights, prices and days. Where no buyer stands out, no link is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from chipflow.network.arrays import Floats, Ints
from chipflow.threads import for_each
from chipflow.tracing.background import normal
from chipflow.tracing.comparisons import (
    InboundFeatures,
    OutboundFeatures,
    partial_ratio,
    within_chip_ratio,
)
from chipflow.tracing.inventory import (
    TO_DESTINATION,
    CompanyPairs,
    InventoryModel,
    PairScores,
    share_nodes,
)
from chipflow.tracing.screening import prototypes

if TYPE_CHECKING:
    from chipflow.settings import TransferSettings
    from chipflow.tracing.shipments import TracedShipments

SHIPMENTS_AT_ONCE = 50_000  # bounds the memory, to about 10 MB a thread
BUYER_NODES = 24  # of the quadrature over the share of sales that one buyer supplies


def import_coverage(traced: TracedShipments) -> Floats:
    """Probability that the purchase behind chips that leave a country is in the records.

    Of the companies that send chips by name out of a country, those of whose purchases of these
    chips the records hold one, beside a few as usual elsewhere (a beta distribution); and no more
    than the share of the chips that leave for which what came in suffices. Where nothing of the
    kind came in on record, no source can be shown.

    Parameters
    ----------
    traced
        All shipments.

    Returns
    -------
    numpy.ndarray
        One probability a country, by its code in the arrays.
    """
    arrays, settings = traced.arrays, traced.settings.transfers
    crosses = (traced.family >= 0) & (arrays.from_country != arrays.to_country)
    chips = np.where(np.isfinite(traced.supply), traced.supply, 0.0)
    countries = 1 + int(max(arrays.from_country.max(initial=0), arrays.to_country.max(initial=0)))
    came, left = (
        np.bincount(side[at], weights=chips[at], minlength=countries)
        for side in (arrays.to_country, arrays.from_country)
        for at in [np.flatnonzero(crosses & (side >= 0))]
    )
    families = max(len(traced.families), 1)
    out, into = (
        np.flatnonzero(crosses & named & (side >= 0))
        for side, named in (
            (arrays.from_country, arrays.named_shipper),
            (arrays.to_country, arrays.named_consignee),
        )
    )
    sold = np.unique(arrays.shipper[out] * families + traced.family[out], return_index=True)
    bought = np.unique(arrays.consignee[into] * families + traced.family[into])
    home = arrays.from_country[out[sold[1]]]
    supplied = np.bincount(home[np.isin(sold[0], bought)], minlength=countries)
    usual, weight = settings.coverage
    share = (weight * usual + supplied) / (weight + np.bincount(home, minlength=countries))
    suffices = np.clip(came / np.maximum(left, 1.0), 0.0, 1.0)
    return np.asarray(np.where(came > 0, np.minimum(share, suffices), 0.0))


def domestic_candidates(traced: TracedShipments, stock: np.ndarray) -> np.ndarray:
    """Find the shipments that leave a country and look like chips that it holds in stock.

    Parameters
    ----------
    traced
        All shipments.
    stock
        Which of them are purchases in stock.

    Returns
    -------
    numpy.ndarray
        One truth value a shipment.
    """
    arrays = traced.arrays
    leaves = (arrays.from_country >= 0) & (arrays.from_country != arrays.to_country)
    out = np.flatnonzero(leaves & arrays.named_shipper)
    out = out[np.argsort(arrays.from_country[out], kind="stable")]
    home = arrays.from_country[out]
    at = np.flatnonzero(stock & (arrays.to_country >= 0))
    countries, models = prototypes(traced, at, arrays.to_country[at])
    of_country = [(one, models[countries == one]) for one in np.unique(countries).tolist()]
    found = np.zeros(len(traced), dtype=bool)

    def compare_all(asked: tuple[int, Ints]) -> None:
        country, chosen = asked
        low, high = np.searchsorted(home, [country, country + 1])
        bought = InboundFeatures.of(traced, chosen)
        for begin in range(low, high, SHIPMENTS_AT_ONCE):
            f = out[begin : min(begin + SHIPMENTS_AT_ONCE, high)]
            found[f] = _alike(traced, bought, f)

    for_each(of_country, compare_all)
    return found


def _alike(traced: TracedShipments, bought: InboundFeatures, f: Ints) -> np.ndarray:
    """Say which shipments are like any of some purchases, or name the chip of one."""
    screen = traced.settings.transfers.screen
    found = np.zeros(len(f), dtype=bool)
    left, sold = np.arange(len(f)), OutboundFeatures.of(traced, f)
    for e in range(len(bought.carried)):
        model = bought.take([e])
        # What names a chip that is in stock is asked about, whatever it weighs.
        like = (partial_ratio(model, sold) >= screen) | (sold.family == model.carried)
        found[left[like]] = True
        left, sold = left[~like], sold.take(~like)
    return found


def candidate_senders(traced: TracedShipments, candidates: np.ndarray) -> CompanyPairs:
    """Pair each country with the companies that send candidates out of it."""
    at = np.flatnonzero(candidates)
    pairs = np.unique(np.stack([traced.arrays.from_country[at], traced.arrays.shipper[at]]), axis=1)
    return CompanyPairs(pairs[0], pairs[1])


class DomesticShare:
    """How common it is that goods which look like a country's chips are chips of its buyers.

    Learned from all senders that were asked, by expectation and maximisation from a beta
    distribution, so that where nobody's goods go on unseen hardly any are taken to.

    Attributes
    ----------
    recorded
        Share of such transfers of which the source is a buyer in these records, as
        :func:`likely_buyers` learned it.
    """

    def __init__(self, scores: PairScores, supply: Floats, settings: TransferSettings) -> None:
        final = (scores.groups["place"] == TO_DESTINATION).to_numpy()
        log_lr = scores.groups["log_lr"].to_numpy(dtype=float)
        usual = {True: settings.domestic, False: settings.domestic_onward}
        others = scores.unlike.groupby(scores.unlike["place"] == TO_DESTINATION)["number"].sum()
        self.recorded = settings.source_recorded[0]
        self.of_place = {
            place: learned_share(
                log_lr[final == place],
                supply[final == place],
                int(others.get(place, 0)),
                (share, settings.domestic_prior),
            )
            for place, share in usual.items()
        }

    def log_odds(self, groups: pd.DataFrame, supply: Floats) -> Floats:
        """Log odds of each group of sales before it is looked at.

        Parameters
        ----------
        groups
            :attr:`chipflow.tracing.inventory.PairScores.groups`.
        supply
            Probability that the purchase behind it is in the records.
        """
        final = (groups["place"] == TO_DESTINATION).to_numpy()
        share = np.where(final, self.of_place[True], self.of_place[False]) * supply
        return np.asarray(logit(share))


def learned_share(
    log_lr: Floats, supply: Floats, others: int, prior: tuple[float, float], rounds: int = 50
) -> float:
    """Share of senders that have the goods from buyers in their country.

    Parameters
    ----------
    log_lr
        Log-likelihood ratio of each that was compared.
    supply
        Probability that its source is in the records, if it has one there.
    others
        How many were unlike anything.
    prior
        Expected share, and how many senders that expectation counts as.
    """
    usual, weight = prior
    share = usual
    for _ in range(rounds):
        found = float(expit(log_lr + logit(share * supply)).sum())
        share = (usual * weight + found) / (weight + len(log_lr) + others)
    return share


def likely_buyers(
    inventory: InventoryModel,
    asked: CompanyPairs,
    believed: pd.DataFrame,
    odds: Floats,
    coverage: Floats,
    related: dict[tuple[int, int], float],
    recorded: float | None = None,
) -> tuple[pd.DataFrame, float]:
    """Say which buyer of the country each sender's goods fit best.

    Parameters
    ----------
    inventory
        The inventories of countries.
    asked
        Countries and senders.
    believed
        Sales that are taken for chips of the country: rows of
        :attr:`chipflow.tracing.inventory.PairScores.sales`.
    odds
        Log odds of each group of sales that they are.
    coverage
        What :func:`import_coverage` returned.
    related
        Pairs of companies that share an address, telephone or agent, and one over the number of
        others that each shares it with.
    recorded
        Share of such transfers of which the source is in the records; learned without it.

    Returns
    -------
    tuple
        ``group, pair, buyer, e, f, share, buyer_probability, buyers``: the pairs of shipments of
        the likeliest buyer of each group of sales, its probability, and among how many it was
        found. Of a buyer that had less than was sold, or in no such form, there are none. And the
        share of them whose source is in the records.
    """
    traced = inventory.traced
    pairs = inventory.continuations(asked, believed)
    pairs["buyer"] = traced.arrays.consignee[pairs["e"].to_numpy()]
    pairs = _of_the_chip_named(traced, pairs)
    # Who turns out to have had too little, or another form, was as likely before that.
    before = pairs.groupby("group")["buyer"].nunique()
    pairs = pairs[_of_one_form(traced, pairs["e"].to_numpy(), pairs["f"].to_numpy())]
    pairs = _that_suffice(traced, pairs.reset_index(drop=True), believed)
    if pairs.empty:
        usual, _ = traced.settings.transfers.source_recorded
        return pairs.assign(buyer_probability=[], buyers=[]), recorded or usual
    ratios = within_chip_ratio(
        traced, pairs["e"].to_numpy(), pairs["f"].to_numpy(), inventory.window
    )
    held = traced.holds(pairs["e"].to_numpy(), pairs["f"].to_numpy())
    by_buyer = _by_buyer(pairs, ratios, held, share_nodes(BUYER_NODES))
    by_buyer["log"] += _same_size(inventory, by_buyer) + _newness(inventory, by_buyer)
    asked_by = believed.drop_duplicates("group").set_index("group")["pair"]
    pair = asked_by.reindex(by_buyer["group"]).to_numpy()
    sender = asked.sender[pair]
    parties = zip(by_buyer["buyer"].tolist(), sender.tolist(), strict=True)
    near = np.array([related.get(pair, 0.0) for pair in parties])
    buyers = by_buyer["group"].map(before)
    by_buyer["log"] += np.log(np.maximum(traced.settings.transfers.related * buyers * near, 1.0))
    by_buyer["weight"] = np.exp(np.minimum(by_buyer["log"].to_numpy(), 500.0)) / buyers
    whole = by_buyer.groupby("group")["weight"].transform("sum")
    # Beside the buyers, each as likely before it is looked at, stands a source that no record
    # shows: as likely as it is learned to be, and as the records lack purchases of this country.
    first = ~by_buyer["group"].duplicated().to_numpy()
    if recorded is None:
        real = expit(odds[by_buyer["group"].to_numpy()[first]])
        recorded = source_recorded(
            whole.to_numpy()[first], real, traced.settings.transfers.source_recorded
        )
    found = np.minimum(recorded, coverage[asked.buyer[pair]])
    by_buyer["buyer_probability"] = found * by_buyer["weight"] / (found * whole + 1 - found)
    by_buyer["buyers"] = np.where(near > 0, 1, buyers)
    best = by_buyer.sort_values(["buyer_probability", "buyer"], ascending=[False, True])
    best = best.drop_duplicates("group").set_index("group")[
        ["buyer", "buyer_probability", "buyers"]
    ]
    # Of each group the pairs of its best buyer; there are far more of the others.
    group = pairs["group"].to_numpy()
    likeliest = np.full(1 + int(group.max()), -1)
    likeliest[best.index] = best["buyer"]
    own = pairs[pairs["buyer"].to_numpy() == likeliest[group]]
    named: pd.DataFrame = own.join(best[["buyer_probability", "buyers"]], on="group")
    return named.reset_index(drop=True), recorded


def source_recorded(
    ratio: Floats, real: Floats, prior: tuple[float, ...], rounds: int = 50
) -> float:
    """Share of transfers inside a country of which the source is a buyer in the records.

    Parameters
    ----------
    ratio
        Mean likelihood ratio of the buyers of each group of sales, against another source.
    real
        Probability of each group that its goods are chips of the country at all.
    prior
        Expected share, and how many transfers that expectation counts as.
    """
    usual, weight = prior
    share = usual
    for _ in range(rounds):
        from_buyers = real * share * ratio / (share * ratio + 1 - share)
        share = (usual * weight + float(from_buyers.sum())) / (weight + float(real.sum()))
    return share


def _of_one_form(traced: TracedShipments, e: Ints, f: Ints) -> np.ndarray:
    """Whether two shipments hold the chip in one form, of about one weight a piece."""
    per_item = traced.cargo.per_item
    named = (traced.family[f] >= 0) & np.isfinite(per_item[e]) & np.isfinite(per_item[f])
    other_form = traced.singly(e, f) | (named & (per_item[e] != per_item[f]))
    apart = abs(traced.arrays.kg[f] - traced.arrays.kg[e])
    return np.asarray(~other_form & ~(apart > np.log(traced.settings.evidence.far_apart)))


def _that_suffice(
    traced: TracedShipments, pairs: pd.DataFrame, believed: pd.DataFrame
) -> pd.DataFrame:
    """Pairs of shipments of buyers that bought as many chips as the sales are expected to hold."""
    if pairs.empty:
        return pairs
    e, f = pairs["e"].to_numpy(), pairs["f"].to_numpy()
    counted = np.isfinite(traced.cargo.units[f]) | np.isfinite(traced.arrays.items[f])
    doubt = traced.settings.unit_intervals.by_weight
    held = traced.holds(e, f) / np.where(counted, 1.0, np.exp(2 * doubt))
    probability = believed.set_index(["group", "f"])["probability"]
    of_sale = probability.reindex(pd.MultiIndex.from_frame(pairs[["group", "f"]])).to_numpy()
    told = pairs.assign(
        sold=np.where(np.isfinite(held), held * of_sale, 0.0), bought=traced.supply[e]
    )
    keys = ["group", "buyer"]
    sold = told.groupby([*keys, "f"])["sold"].mean().groupby(keys).sum()
    bought = told.drop_duplicates([*keys, "e"]).groupby(keys)["bought"].sum()
    suffices = sold <= bought + traced.settings.comparisons.equal
    kept = suffices.reindex(pd.MultiIndex.from_frame(pairs[keys])).to_numpy(dtype=bool)
    return pairs[kept].reset_index(drop=True)


def _of_the_chip_named(traced: TracedShipments, pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs of shipments of buyers that had a chip which the sender names, where it names any.

    Whoever names a chip names the one that it has: who bought others is not asked, and does not
    make the search longer.
    """
    named = traced.family[pairs["f"].to_numpy()]
    same = named == traced.cargo.carried[pairs["e"].to_numpy()]
    told = pairs[["group", "buyer"]].assign(same=same, named=named >= 0)
    had = told.groupby(["group", "buyer"])["same"].transform("any").to_numpy(dtype=bool)
    asks = told.groupby("group")["named"].transform("any").to_numpy(dtype=bool)
    kept: pd.DataFrame = pairs[((named < 0) | same) & (had | ~asks)]
    return kept.reset_index(drop=True)


def _by_buyer(
    pairs: pd.DataFrame, ratios: tuple[Floats, ...], held: Floats, nodes: Floats
) -> pd.DataFrame:
    """Log-likelihood ratio of each buyer as the source of each group of sales.

    Parameters
    ----------
    pairs
        ``group, buyer, f`` of pairs of shipments.
    ratios
        Likelihood ratios of each pair if the sender cuts all its shipments anew, and if some go
        whole: that is a habit, as likely one as the other.
    held
        The chips in the later shipment if it is what the earlier one became; infinite where nothing
        tells.
    nodes
        Shares of the sender's sales over which is summed.

    Returns
    -------
    pandas.DataFrame
        ``group, buyer, log, sold`` (chips in the sales that the buyer can have supplied; missing
        where nothing tells), in the order of the first two.
    """
    group, buyer = pairs["group"].to_numpy(), pairs["buyer"].to_numpy()
    f, known = pd.factorize(pairs["f"], sort=True)
    buyers, number = 1 + int(buyer.max()), len(known)
    sales_of = np.bincount(np.unique(group * number + f) // number)
    # Of a sale each purchase of the buyer is as likely to be the one.
    sale, of_sale, count = np.unique(
        (group * buyers + buyer) * number + f, return_inverse=True, return_counts=True
    )
    means = [np.bincount(of_sale, weights=ratio) / count for ratio in ratios]
    told = np.isfinite(held)
    chips = np.bincount(of_sale, weights=np.where(told, held, 0.0)) / np.maximum(
        np.bincount(of_sale, weights=told), 1
    )
    pair, starts, sales = np.unique(sale // number, return_index=True, return_counts=True)
    missed = sales_of[pair // buyers] - sales
    # What share of the sender's shipments is from this buyer is open, as in all books.
    by_share = [
        np.add.reduceat(np.log1p(share * (mean - 1)), starts) + missed * np.log1p(-share)
        for share in nodes
        for mean in means
    ]
    log = np.logaddexp.reduce(by_share, axis=0) - np.log(len(by_share))
    sold = np.add.reduceat(chips, starts)
    return pd.DataFrame(
        {
            "group": pair // buyers,
            "buyer": pair % buyers,
            "log": log,
            "sold": np.where(sold > 0, sold, np.nan),
        }
    )


def _same_size(inventory: InventoryModel, pairs: pd.DataFrame) -> Floats:
    """Log-likelihood ratio of the chips that each buyer bought and each group of sales holds."""
    traced, at = inventory.traced, inventory.followed.at
    supply = np.where(np.isfinite(inventory.supply[at]), inventory.supply[at], np.nan)
    bought = pd.Series(supply).groupby(traced.arrays.consignee[at]).sum(min_count=1)
    apart = np.log(pairs["sold"].to_numpy() / bought.reindex(pairs["buyer"]).to_numpy())
    settings = traced.settings.transfers
    share, spread = settings.same_size
    part = ((apart < 0) & (apart > np.log(0.2))) / np.log(5)
    ratio = (share * normal(apart, spread) + (1 - share) * part + 1e-3) / normal(
        apart, settings.any_size
    )
    return np.where(np.isfinite(ratio), np.log(np.clip(ratio, 0.05, 20.0)), 0.0)


def _newness(inventory: InventoryModel, pairs: pd.DataFrame) -> Floats:
    """Log-likelihood ratio of being new to the records, against all buyers of chips."""
    traced, at = inventory.traced, inventory.followed.at
    bought = np.full(traced.arrays.companies, np.iinfo(np.int64).max)
    np.minimum.at(bought, traced.arrays.consignee[at], traced.arrays.first[at])
    buyers = np.unique(traced.arrays.consignee[at])
    # Where the records begin too late, nothing can be said of what was before.
    settings = traced.settings.transfers
    told = bought[buyers] >= settings.new_for
    new = bought[buyers] - traced.arrays.first_seen[buyers] < settings.new_for
    share = (new[told].sum() + 1) / (told.sum() + 2)
    ratio = np.where(
        new,
        np.log(settings.new_if_diverted / share),
        np.log((1 - settings.new_if_diverted) / (1 - share)),
    )
    by_company = pd.Series(np.where(told, ratio, 0.0), index=buyers)
    return by_company.reindex(pairs["buyer"]).to_numpy()
