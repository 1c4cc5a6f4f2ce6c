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

from chipflow.network.arrays import Floats, Ints
from chipflow.threads import for_each
from chipflow.tracing.background import normal
from chipflow.tracing.comparisons import (
    InboundFeatures,
    OutboundFeatures,
    partial_ratio,
    within_chip_ratio,
)
from chipflow.tracing.inventory import CompanyPairs, InventoryModel, share_nodes
from chipflow.tracing.screening import prototypes

if TYPE_CHECKING:
    from chipflow.tracing.shipments import TracedShipments

SHIPMENTS_AT_ONCE = 50_000  # bounds the memory, to about 10 MB a thread
BUYER_NODES = 24  # of the quadrature over the share of sales that one buyer supplies


def import_coverage(traced: TracedShipments) -> Floats:
    """Share of the chips that leave each country for which what came in suffices.

    Parameters
    ----------
    shipments
        All shipments.

    Returns
    -------
    numpy.ndarray
        One share a country, by its code in the arrays.
    """
    crosses = (traced.family >= 0) & (traced.arrays.from_country != traced.arrays.to_country)
    chips = np.where(np.isfinite(traced.supply), traced.supply, 0.0)
    countries = 1 + int(
        max(traced.arrays.from_country.max(initial=0), traced.arrays.to_country.max(initial=0))
    )
    sums = [
        np.bincount(side[at], weights=chips[at], minlength=countries)
        for side in (traced.arrays.to_country, traced.arrays.from_country)
        for at in [np.flatnonzero(crosses & (side >= 0))]
    ]
    return np.clip(
        sums[0] / np.maximum(sums[1], 1.0), traced.settings.transfers.least_coverage, 1.0
    )


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


def likely_buyers(
    inventory: InventoryModel,
    asked: CompanyPairs,
    believed: pd.DataFrame,
    coverage: Floats,
    related: dict[tuple[int, int], float],
) -> pd.DataFrame:
    """Say which buyer of the country each sender's goods fit best.

    Parameters
    ----------
    inventories
        The books of countries.
    asked
        Countries and senders.
    believed
        Sales that are taken for chips of the country: rows of
        :attr:`chipflow.tracing.inventory.PairScores.sales`.
    coverage
        What :func:`import_coverage` returned.
    related
        Pairs of companies that share an address, telephone or agent, and one over the number of
        others that each shares it with.

    Returns
    -------
    pandas.DataFrame
        ``group, pair, buyer, e, f, share, odds_of_buyer, buyers``: the pairs of shipments of the
        likeliest buyer of each group of sales, its probability, and among how many it was found.
    """
    traced = inventory.traced
    pairs = inventory.continuations(asked, believed)
    pairs["buyer"] = traced.arrays.consignee[pairs["e"].to_numpy()]
    pairs = _of_the_chip_named(traced, pairs)
    if pairs.empty:
        return pairs.assign(buyer_probability=[], buyers=[])
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
    buyers = by_buyer.groupby("group")["buyer"].transform("size")
    by_buyer["log"] += np.log(np.maximum(traced.settings.transfers.related * buyers * near, 1.0))
    weight = np.exp(np.minimum(by_buyer["log"].to_numpy(), 500.0))
    # Beside the buyers stands a source that no record shows, as likely as all of them together
    # where what came into the country suffices for what leaves it, and else more so.
    unseen = buyers / coverage[asked.buyer[pair]]
    by_buyer["weight"] = weight
    whole = by_buyer.groupby("group")["weight"].transform("sum") + unseen
    by_buyer["buyer_probability"] = by_buyer["weight"] / whole
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
    return named.reset_index(drop=True)


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
