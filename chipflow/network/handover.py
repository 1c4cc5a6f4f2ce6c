"""Goods handed over inside a country, with no record between the two companies.

One company brings goods in, another one sends them out. A sender whose goods look like chips
that somebody in its country bought, and that itself bought none in the records, has them from
somebody: from one of these buyers, or from a source that no record shows. Whether its goods are
those chips at all is asked first, against the purchases of the whole country; then which buyer
fits best, by numbers, weights, prices and days. Where no buyer stands out, no link is made.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from chipflow.network.agreement import Bought, Sold, likeness, own_likeness
from chipflow.network.chance import normal
from chipflow.network.ledger import Ledgers, Questions, share_nodes, stand_ins
from chipflow.network.lots import Floats, Ints, Lots
from chipflow.threads import for_each

# Share of senders with goods like those chips that have them from a buyer in their country of
# whom the records know; the others are unlike by chance, or have an unrecorded source.
HANDED_OVER = 0.05  # share of senders
# Before goods reach the destination they change hands inside a country every day; that it is
# these goods is rarer.
HANDED_OVER_ONWARD = 0.01  # share of senders
# Where a country sends out far more chips than the records bring in, as where they are made,
# most come from sources that no record shows; never less than this share comes from a buyer.
LEAST_COVERED = 0.01  # share of the chips
# A buyer that alone shares an address, telephone or agent with the sender is so much more likely
# to be the source than all others of the country together; one of several that do, less so.
LINKED = 2.0  # times
# A lot is compared with the country's purchases if it is so much likelier to be chips than not.
WORTH_ASKING = 2.0  # likelihood ratio
LOTS_AT_ONCE = 50_000  # bounds the memory, to about 10 MB a thread
# So many of a country's latest purchases are compared with each lot; bounds time and memory.
LATEST_OF_COUNTRY = 120  # purchases
# A purchase is in stock for a hand-over if its buyer has not sold on more than this itself.
MOST_SOLD_ON = 0.7  # share of the chips
# What came in and what went out are of one size, more or less: part may stay, or come from
# elsewhere. Two strangers' books differ by any factor.
SAME_SIZE = (0.5, 0.3)  # (share of true hand-overs, standard deviation of log chips)
ANY_SIZE = 1.5  # standard deviation of log chips between strangers
# Most companies through which goods were diverted, in cases made public, were founded for it:
# seen for the first time so shortly before their first purchase of chips.
NEW_IF_DIVERTED = 0.6  # share of companies
NEW_FOR = 180  # days
# The likeliest buyer is named if it is at least so likely; the odds stand with the link.
LIKELIEST = 0.3  # probability


def covered(lots: Lots) -> Floats:
    """Share of the chips that leave each country for which what came in suffices.

    Parameters
    ----------
    lots
        All lots.

    Returns
    -------
    numpy.ndarray
        One share a country, by its code in the arrays.
    """
    crosses = (lots.family >= 0) & (lots.from_country != lots.to_country)
    chips = np.where(np.isfinite(lots.supply), lots.supply, 0.0)
    countries = 1 + int(max(lots.from_country.max(initial=0), lots.to_country.max(initial=0)))
    sums = [
        np.bincount(side[at], weights=chips[at], minlength=countries)
        for side in (lots.to_country, lots.from_country)
        for at in [np.flatnonzero(crosses & (side >= 0))]
    ]
    return np.clip(sums[0] / np.maximum(sums[1], 1.0), LEAST_COVERED, 1.0)


class Alike:
    """Finds the lots that leave a country and look like chips that it holds in stock."""

    def __init__(self, lots: Lots) -> None:
        self.lots = lots
        leaves = (lots.from_country >= 0) & (lots.from_country != lots.to_country)
        out = np.flatnonzero(leaves & lots.named_shipper)
        self.out = out[np.argsort(lots.from_country[out], kind="stable")]
        self.home = lots.from_country[self.out]
        self.found = np.zeros(len(lots), dtype=bool)
        self.asked: set[tuple[int, str]] = set()

    def to(self, stock: np.ndarray) -> np.ndarray:
        """Compare with more stock, and return one truth value a lot.

        Parameters
        ----------
        stock
            Whether each lot is a purchase in stock.
        """
        lots = self.lots
        at = np.flatnonzero(stock & (lots.to_country >= 0))
        countries, models = stand_ins(lots, at, lots.to_country[at])
        new: dict[int, list[int]] = {}
        for country, e in zip(countries.tolist(), models.tolist(), strict=True):
            if (country, lots.chip[e]) not in self.asked:
                self.asked.add((country, lots.chip[e]))
                new.setdefault(country, []).append(e)
        for_each(list(new.items()), self._compare_all)
        return self.found

    def _compare_all(self, asked: tuple[int, list[int]]) -> None:
        country, models = asked
        low, high = np.searchsorted(self.home, [country, country + 1])
        out, bought = self.out[low:high], Bought.of(self.lots, np.array(models))
        for at in range(0, len(out), LOTS_AT_ONCE):
            self._compare(bought, out[at : at + LOTS_AT_ONCE])

    def _compare(self, bought: Bought, f: Ints) -> None:
        f = f[~self.found[f]]
        sold = Sold.of(self.lots, f)
        for e in range(len(bought.carried)):
            model = bought.take([e])
            # What names a chip that is in stock is asked about, whatever it weighs.
            like = (likeness(model, sold) >= WORTH_ASKING) | (sold.family == model.carried)
            self.found[f[like]] = True
            f, sold = f[~like], sold.take(~like)


def senders(lots: Lots, candidates: np.ndarray) -> Questions:
    """Pair each country with the companies that send candidates out of it."""
    at = np.flatnonzero(candidates)
    pairs = np.unique(np.stack([lots.from_country[at], lots.shipper[at]]), axis=1)
    return Questions(pairs[0], pairs[1])


def sources(
    ledgers: Ledgers,
    asked: Questions,
    believed: pd.DataFrame,
    covered: Floats,
    linked: dict[tuple[int, int], float],
) -> pd.DataFrame:
    """Say which buyer of the country each sender's goods fit best.

    Parameters
    ----------
    ledgers
        The books of countries.
    asked
        Countries and senders.
    believed
        Sales that are taken for chips of the country: rows of
        :attr:`chipflow.network.ledger.Answers.sales`.
    covered
        What :func:`covered` returned.
    linked
        Pairs of companies that share an address, telephone or agent, and one over the number of
        others that each shares it with.

    Returns
    -------
    pandas.DataFrame
        ``group, question, buyer, e, f, share, odds_of_buyer, buyers``: the pairs of lots of the
        likeliest buyer of each group of sales, its probability, and among how many it was found.
    """
    lots = ledgers.lots
    pairs = ledgers.feeds(asked, believed)
    pairs["buyer"] = lots.consignee[pairs["e"].to_numpy()]
    pairs = _of_the_chip_named(lots, pairs)
    if pairs.empty:
        return pairs.assign(source=[], buyers=[])
    ratios = own_likeness(lots, pairs["e"].to_numpy(), pairs["f"].to_numpy(), ledgers.window)
    held = lots.holds(pairs["e"].to_numpy(), pairs["f"].to_numpy())
    by_buyer = _by_buyer(pairs, ratios, held)
    by_buyer["log"] += _same_size(ledgers, by_buyer) + _newness(ledgers, by_buyer)
    asked_by = believed.drop_duplicates("group").set_index("group")["question"]
    question = asked_by.reindex(by_buyer["group"]).to_numpy()
    sender = asked.sender[question]
    parties = zip(by_buyer["buyer"].tolist(), sender.tolist(), strict=True)
    near = np.array([linked.get(pair, 0.0) for pair in parties])
    buyers = by_buyer.groupby("group")["buyer"].transform("size")
    by_buyer["log"] += np.log(np.maximum(LINKED * buyers * near, 1.0))
    weight = np.exp(np.minimum(by_buyer["log"].to_numpy(), 500.0))
    # Beside the buyers stands a source that no record shows, as likely as all of them together
    # where what came into the country suffices for what leaves it, and else more so.
    unseen = buyers / covered[asked.buyer[question]]
    by_buyer["weight"] = weight
    whole = by_buyer.groupby("group")["weight"].transform("sum") + unseen
    by_buyer["source"] = by_buyer["weight"] / whole
    by_buyer["buyers"] = np.where(near > 0, 1, buyers)
    best = by_buyer.sort_values(["source", "buyer"], ascending=[False, True])
    best = best.drop_duplicates("group").set_index("group")[["buyer", "source", "buyers"]]
    # Of each group the pairs of its best buyer; there are far more of the others.
    group = pairs["group"].to_numpy()
    likeliest = np.full(1 + int(group.max()), -1)
    likeliest[best.index] = best["buyer"]
    own = pairs[pairs["buyer"].to_numpy() == likeliest[group]]
    sources: pd.DataFrame = own.join(best[["source", "buyers"]], on="group")
    return sources.reset_index(drop=True)


def _of_the_chip_named(lots: Lots, pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs of lots of buyers that had a chip which the sender names, where it names any.

    Whoever names a chip names the one that it has: who bought others is not asked, and does not
    make the search longer.
    """
    named = lots.family[pairs["f"].to_numpy()]
    same = named == lots.carried[pairs["e"].to_numpy()]
    told = pairs[["group", "buyer"]].assign(same=same, named=named >= 0)
    had = told.groupby(["group", "buyer"])["same"].transform("any").to_numpy(dtype=bool)
    asks = told.groupby("group")["named"].transform("any").to_numpy(dtype=bool)
    kept: pd.DataFrame = pairs[((named < 0) | same) & (had | ~asks)]
    return kept.reset_index(drop=True)


def _by_buyer(pairs: pd.DataFrame, ratios: tuple[Floats, ...], held: Floats) -> pd.DataFrame:
    """Log-likelihood ratio of each buyer as the source of each group of sales.

    Parameters
    ----------
    pairs
        ``group, buyer, f`` of pairs of lots.
    ratios
        Likelihood ratios of each pair if the sender cuts all its lots anew, and if some go whole:
        that is a habit, as likely one as the other.
    held
        The chips in the later lot if it is what the earlier one became; infinite where nothing
        tells.

    Returns
    -------
    pandas.DataFrame
        ``group, buyer, log, sold`` (chips in the sales that the buyer can have supplied; missing
        where nothing tells), in the order of the first two.
    """
    group, buyer = pairs["group"].to_numpy(), pairs["buyer"].to_numpy()
    f, known = pd.factorize(pairs["f"], sort=True)
    buyers, lot = 1 + int(buyer.max()), len(known)
    lots_of = np.bincount(np.unique(group * lot + f) // lot)
    # Of a sale each purchase of the buyer is as likely to be the one.
    sale, of_sale, count = np.unique(
        (group * buyers + buyer) * lot + f, return_inverse=True, return_counts=True
    )
    means = [np.bincount(of_sale, weights=ratio) / count for ratio in ratios]
    told = np.isfinite(held)
    chips = np.bincount(of_sale, weights=np.where(told, held, 0.0)) / np.maximum(
        np.bincount(of_sale, weights=told), 1
    )
    pair, starts, sales = np.unique(sale // lot, return_index=True, return_counts=True)
    missed = lots_of[pair // buyers] - sales
    # What share of the sender's lots is from this buyer is open, as in all books.
    by_share = [
        np.add.reduceat(np.log1p(share * (mean - 1)), starts) + missed * np.log1p(-share)
        for share in share_nodes()
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


def _same_size(ledgers: Ledgers, pairs: pd.DataFrame) -> Floats:
    """Log-likelihood ratio of the chips that each buyer bought and each group of sales holds."""
    lots, at = ledgers.lots, ledgers.followed.at
    supply = np.where(np.isfinite(ledgers.supply[at]), ledgers.supply[at], np.nan)
    bought = pd.Series(supply).groupby(lots.consignee[at]).sum(min_count=1)
    apart = np.log(pairs["sold"].to_numpy() / bought.reindex(pairs["buyer"]).to_numpy())
    share, spread = SAME_SIZE
    part = ((apart < 0) & (apart > np.log(0.2))) / np.log(5)
    ratio = (share * normal(apart, spread) + (1 - share) * part + 1e-3) / normal(apart, ANY_SIZE)
    return np.where(np.isfinite(ratio), np.log(np.clip(ratio, 0.05, 20.0)), 0.0)


def _newness(ledgers: Ledgers, pairs: pd.DataFrame) -> Floats:
    """Log-likelihood ratio of being new to the records, against all buyers of chips."""
    lots, at = ledgers.lots, ledgers.followed.at
    bought = np.full(lots.companies, np.iinfo(np.int64).max)
    np.minimum.at(bought, lots.consignee[at], lots.first[at])
    buyers = np.unique(lots.consignee[at])
    # Where the records begin too late, nothing can be said of what was before.
    told = bought[buyers] >= NEW_FOR
    new = bought[buyers] - lots.first_seen[buyers] < NEW_FOR
    share = (new[told].sum() + 1) / (told.sum() + 2)
    ratio = np.where(
        new, np.log(NEW_IF_DIVERTED / share), np.log((1 - NEW_IF_DIVERTED) / (1 - share))
    )
    by_company = pd.Series(np.where(told, ratio, 0.0), index=buyers)
    return by_company.reindex(pairs["buyer"]).to_numpy()
