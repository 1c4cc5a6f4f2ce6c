"""Following goods hop by hop: what is believed to carry them is a purchase at the next hop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from chipflow.network.agreement import agreement
from chipflow.network.allocate import allocate
from chipflow.network.handover import (
    HANDED_OVER,
    HANDED_OVER_ONWARD,
    LATEST_OF_COUNTRY,
    LIKELIEST,
    MOST_SOLD_ON,
    Alike,
    covered,
    senders,
    sources,
)
from chipflow.network.hidden import hidden_purchases, unnamed_accelerators
from chipflow.network.ledger import TO_DESTINATION, Ledgers, Questions
from chipflow.network.prior import Prior

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chipflow.network.linked import Linked, LinkedPairs
    from chipflow.network.lots import Lots

# A company that sells chips by name to so many outside the destination is an open seller: where
# its stock comes from is no part of the question, whatever it buys.
OPEN_CUSTOMERS = 4  # companies
# Hand-overs inside a country are asked for so often: a route has one of them at most.
MOST_ROUNDS = 1
# A purchase that is so much less likely behind a lot than another one is not linked to it.
LEAST_SHARE = 0.001  # share of the likeliest one's probability
BELIEVED = 0.5  # probability from which a lot is followed as what the goods became
RECORDED, LINKED, HAND_OVER = "recorded", "linked companies", "domestic hand-over"

LINK_PARTS = ["words", "weight", "value", "number", "waiting"]
HOP_COLUMNS = [
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


SALES_COLUMNS = ["hop", "f", "probability", "log_lr"]


class Follower:
    """Follows goods hop by hop: what is believed to carry them is a purchase at the next hop.

    Attributes
    ----------
    followed, certain, doubt
        Whether each lot is followed; whether it is chips by itself, not by what it continues; and
        the probability that it is not, where only weight and value say so.
    books_of_linked, books_of_countries
        What linked companies and countries were asked from, once they were: the books, and the
        lots that are explained already or that may be what is in stock.
    """

    books_of_linked: tuple[Ledgers, np.ndarray]
    books_of_countries: tuple[Ledgers, np.ndarray]

    def __init__(self, lots: Lots, window: int, linked: Linked) -> None:
        self.lots, self.window, self.linked = lots, window, linked
        self.followed = lots.family >= 0
        self.open_seller, self.covered = _open_sellers(lots), covered(lots)
        self.doubt = np.zeros(len(lots))
        self.certain = self.followed.copy()
        self.new = np.flatnonzero(self.followed & ~lots.arrives & lots.named_consignee)
        self.guesses = iter([self._hidden, *[self._unrecorded] * MOST_ROUNDS])
        self.prior: Prior | None = None
        self.alike = Alike(lots)
        self.answers: list[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]] = []
        self.latest = np.full(lots.companies, -1)
        nothing = pd.DataFrame(columns=HOP_COLUMNS).astype({"buyer": "int64", "believed": "int64"})
        self.between_linked = self.across = nothing, pd.DataFrame(), pd.DataFrame()

    def step(self) -> bool:
        """Ask about companies that received something new; say whether to go on.

        Purchases that only look like chips are taken for such when it is known which lots named
        chips became: those need no guess. Hand-overs that no record shows are asked for when the
        recorded ones are known: what a company sells on itself is not for others to sell.
        """
        if len(self.new):
            buyers = np.unique(self.lots.consignee[self.new])
            self._follow(self._recorded(Questions(buyers, buyers)))
            return True
        guess = next(self.guesses, None)
        if guess is None:
            return False
        self._follow(guess())
        return True

    def _follow(self, reached: set[int]) -> None:
        lots = self.lots
        fresh = np.array(sorted(reached), dtype=np.int64)
        fresh = fresh[~self.followed[fresh]]
        self.followed[fresh] = True
        self.new = fresh[~lots.arrives[fresh] & lots.named_consignee[fresh]]

    def _hidden(self) -> set[int]:
        """Follow purchases that name no chip: by their words, or by what their buyer deals in."""
        lots, window = self.lots, self.window
        found = (
            unnamed_accelerators(lots, window),
            hidden_purchases(lots, window, self.open_seller),
        )
        reached: set[int] = set()
        for bought, like, doubt in found:
            fresh = ~self.followed[bought] & ~self.certain[bought]
            lots.inherit(like[fresh], bought[fresh])
            self.certain[bought[fresh]] = True
            self.doubt[bought[fresh]] = doubt[fresh]
            reached |= set(bought[fresh].tolist())
        return reached

    def _recorded(self, asked: Questions) -> set[int]:
        """Follow what companies sell of what they bought themselves."""
        ledgers = self.company_books()
        groups, sales = self.judge(ledgers, asked)
        believed = sales[sales["believed"]]
        feeds = ledgers.feeds(asked, believed)
        self._inherit(feeds)
        probability = believed.set_index("f")["probability"]
        feeds = feeds.assign(
            probability=probability.reindex(feeds["f"]).to_numpy(),
            kind=RECORDED,
            buyer=asked.buyer[feeds["question"]],
        )
        # A company that is asked again has a new answer, also where that is nothing.
        self.latest[asked.buyer] = len(self.answers)
        told = groups["believed"].to_numpy() > 0
        weighed = sales[told[sales["group"]]].assign(
            buyer=asked.buyer[sales["question"]][told[sales["group"]]]
        )
        self.answers.append((groups[told], feeds, weighed))
        return set(believed["f"].tolist())

    def company_books(self) -> Ledgers:
        """Return the books of companies, as far as goods are followed by now."""
        return self._books(open_seller=self.open_seller)

    def _books(self, **how: Any) -> Ledgers:
        return Ledgers(self.lots, self.followed, self.window, doubt=self.doubt, **how)

    def judge(self, ledgers: Ledgers, asked: Questions) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Weigh sales of companies against purchases of companies.

        Returns
        -------
        tuple of pandas.DataFrame
            Groups (:data:`HOP_COLUMNS`), and all sales, with the truth value ``believed``.
        """
        answers = ledgers.ask(asked)
        # The first ones asked are all who bought chips by name.
        self.prior = Prior(answers) if self.prior is None else self.prior
        groups = _with_parties(answers.groups, asked)
        odds = groups["log_lr"].to_numpy() + self.prior.of(groups)
        groups = groups.assign(log_odds=odds, kind=RECORDED, searched=1)
        sure = (groups["log_odds"] > 0).to_numpy()
        sales = answers.sales
        sales = sales.assign(believed=(sales["probability"] > BELIEVED) & sure[sales["group"]])
        return _counted(groups, sales[sales["believed"]]), sales

    def _unrecorded(self) -> set[int]:
        """Follow what companies sell that others bought, with no record between the two."""
        return self._between_linked() | self._across()

    def _between_linked(self) -> set[int]:
        """Follow what companies sell that others bought with which they share something."""
        self.books_of_linked = ledgers, explained = self._linked_books()
        buyers = np.unique(self.lots.consignee[ledgers.followed.at])
        groups, feeds, sales = self.judge_linked(
            ledgers, self.linked.of(buyers), explained=explained
        )
        self._inherit(feeds)
        self.between_linked = groups, feeds, sales
        return set(feeds["f"].tolist())

    def _linked_books(self) -> tuple[Ledgers, np.ndarray]:
        """Return the books of companies as far as they did not sell themselves, and what they did.

        The second result says of each lot whether it continues a purchase of its own sender.
        """
        stock, explained = self._in_stock([feeds for _, feeds, _ in self.recorded()])
        books = self._books(stock=stock, open_seller=self.open_seller)
        return books, explained | self.starts

    def judge_linked(
        self, ledgers: Ledgers, asked: LinkedPairs, *, explained: np.ndarray
    ) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Weigh sales of companies against purchases of those that they share something with.

        Returns
        -------
        tuple of pandas.DataFrame
            Groups (:data:`HOP_COLUMNS`), the pairs of lots that are believed, and all sales.
        """
        answers = ledgers.ask(asked.pairs, unlike=explained)
        groups = _with_parties(answers.groups, asked.pairs)
        odds = groups["log_lr"].to_numpy() + logit(asked.share[groups["question"].to_numpy()])
        groups = groups.assign(log_odds=odds, kind=LINKED, searched=1)
        sales, believed = _believed(answers.sales, odds)
        feeds = ledgers.feeds(asked.pairs, believed)
        feeds = feeds.assign(probability=_probability_of(feeds, believed), kind=LINKED)
        return _counted(groups, believed), feeds, sales

    def _across(self) -> set[int]:
        """Follow what companies sell that others in their country bought."""
        self.books_of_countries = ledgers, candidates = self._country_books()
        asked = senders(self.lots, candidates)
        groups, feeds, sales = self.judge_across(ledgers, candidates, asked)
        self._inherit(feeds)
        self.across = groups, feeds, sales
        return set(feeds["f"].tolist())

    def _in_stock(self, found: list[pd.DataFrame]) -> tuple[np.ndarray, np.ndarray]:
        """Say which purchases were not sold on by pairs of lots, and which lots these explain."""
        lots = self.lots
        links = self._links(found)
        sold = np.bincount(links["e"], weights=np.nan_to_num(links["units"]), minlength=len(lots))
        stock = self.followed & ~lots.arrives & (sold <= MOST_SOLD_ON * lots.supply)
        explained = np.zeros(len(lots), dtype=bool)
        explained[links["f"].to_numpy()] = True
        return stock, explained

    @property
    def starts(self) -> np.ndarray:
        """Lots that name a chip and go to a third country: purchases there by themselves.

        A guess where their seller had them from would only tie routes together that have nothing
        in common.
        """
        return np.asarray((self.lots.family >= 0) & ~self.lots.arrives)

    def _country_books(self) -> tuple[Ledgers, np.ndarray]:
        """Return the books of countries, and the lots that may be what is in stock there."""
        lots = self.lots
        found = [feeds for _, feeds, _ in (*self.recorded(), self.between_linked)]
        stock, explained = self._in_stock(found)
        # Who sells by name and under a licence hides nothing that a secret source would explain.
        open_sale = self.starts | lots.under_licence
        candidates = self.alike.to(stock) & ~explained & ~open_sale
        ledgers = self._books(stock=stock, owner=lots.to_country, latest=LATEST_OF_COUNTRY)
        return ledgers, candidates

    def judge_across(
        self, ledgers: Ledgers, candidates: np.ndarray, asked: Questions
    ) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Weigh sales of companies against all purchases of countries, and find the buyers.

        Returns
        -------
        tuple of pandas.DataFrame
            Groups (:data:`HOP_COLUMNS`), the pairs of lots that are believed, and all sales.
        """
        answers = ledgers.ask(asked, unlike=~candidates)
        groups = _with_parties(answers.groups, asked).assign(kind=HAND_OVER)
        share = np.where(groups["place"] == TO_DESTINATION, HANDED_OVER, HANDED_OVER_ONWARD)
        share = share * self.covered[asked.buyer[groups["question"]]]
        odds = groups["log_lr"].to_numpy() + logit(share)
        sales, believed = _believed(answers.sales, odds)
        feeds = sources(ledgers, asked, believed, self.covered, self.linked.both_ways)
        feeds = feeds[feeds["source"] > LIKELIEST]
        feeds = feeds.assign(
            probability=_probability_of(feeds, believed) * feeds["source"], kind=HAND_OVER
        )
        told = feeds.drop_duplicates("group").set_index("group").reindex(groups.index)
        groups = groups.assign(
            buyer=told["buyer"].fillna(-1).astype("int64"),
            searched=told["buyers"].fillna(1).astype("int64"),
            log_odds=odds + np.log(told["source"].astype("float64").fillna(1.0).to_numpy()),
        )
        return _counted(groups, feeds.drop_duplicates(["group", "f"])), feeds, sales

    def _inherit(self, feeds: pd.DataFrame) -> None:
        best = likeliest_feeds(feeds, ["f"])
        e, f = best["e"].to_numpy(dtype=np.int64), best["f"].to_numpy(dtype=np.int64)
        unseen = ~self.followed[f]
        self.lots.inherit(e[unseen], f[unseen])

    def recorded(self) -> Iterator[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]]:
        """Yield groups, pairs of lots and sales of recorded hand-overs, each company's latest."""
        for number, tables in enumerate(self.answers):
            groups, feeds, sales = (
                table[self.latest[table["buyer"].to_numpy(dtype=np.int64)] == number]
                for table in tables
            )
            yield groups, feeds, sales

    def found(self) -> Iterator[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]]:
        """Yield groups, pairs of lots and sales of all hand-overs, recorded or not."""
        yield from (*self.recorded(), self.between_linked, self.across)

    def hops(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return hand-overs that were believed, one row each, and the sales that were weighed."""
        tables, sales = [], []
        first = 0
        for groups, _, weighed in self.found():
            kept = groups[(groups["buyer"] >= 0) & (groups["believed"] > 0)]
            number = pd.Series(np.arange(first, first + len(kept)), index=kept.index)
            first += len(kept)
            own = weighed[weighed["group"].isin(kept.index)] if len(weighed) else weighed
            tables.append(kept[HOP_COLUMNS])
            if len(own):
                sales.append(own.assign(hop=own["group"].map(number))[SALES_COLUMNS])
        hops = pd.concat(tables, ignore_index=True).rename_axis("hop")
        none = pd.DataFrame(columns=SALES_COLUMNS)
        return hops, pd.concat(sales, ignore_index=True) if sales else none

    def allocated(self) -> pd.DataFrame:
        """Links with the units that pass along each, the likeliest first."""
        return self._links([feeds for _, feeds, _ in self.found()])

    def _links(self, tables: list[pd.DataFrame]) -> pd.DataFrame:
        if not any(len(feeds) for feeds in tables):
            names = ["e", "f", "units", "log_odds", "kind", "prior", "days", *LINK_PARTS]
            return pd.DataFrame(columns=names).astype({"e": "int64", "f": "int64"})
        lots = self.lots
        links = pd.concat(tables, ignore_index=True)
        e, f = links["e"].to_numpy(), links["f"].to_numpy()
        found = agreement(lots, e, f, self.window)
        words = np.log(found.usual_words)
        days = (lots.first[f] + lots.last[f] - lots.first[e] - lots.last[e]) / 2
        share = links["probability"] * links["share"]
        links = links.assign(
            log_odds=logit(links["probability"].clip(1e-9, 1 - 1e-9)),
            by_share=share,
            words=words,
            weight=np.log(found.weight),
            value=np.log(found.usual_value),
            number=np.log(found.number),
            waiting=np.log(found.waiting),
            days=np.maximum(days, 0),
        )
        links["prior"] = links["log_odds"] - links[LINK_PARTS].sum(axis=1)
        links = links.sort_values(["by_share", "e", "f"], ascending=[False, True, True])
        links = links.drop_duplicates(["e", "f"])
        best = links.groupby("f")["by_share"].transform("max")
        links = links[links["by_share"] >= LEAST_SHARE * best].reset_index(drop=True)
        e, f = links["e"].to_numpy(), links["f"].to_numpy()
        by_share = links["by_share"].to_numpy()
        links["units"] = allocate(lots.supply, lots.holds(e, f), e, f, by_share)
        return _fed(self.certain, links[links["units"].isna() | (links["units"] > 0)])


def _open_sellers(lots: Lots) -> np.ndarray:
    """Say of each company whether it sells chips by name to many outside the destination."""
    named = (lots.family >= 0) & ~lots.arrives & lots.named_shipper & lots.named_consignee
    pairs = np.unique(np.stack([lots.shipper[named], lots.consignee[named]]), axis=1)
    return np.bincount(pairs[0], minlength=lots.companies) >= OPEN_CUSTOMERS


def _counted(groups: pd.DataFrame, believed: pd.DataFrame) -> pd.DataFrame:
    """Groups with the number of their sales that are believed."""
    number = np.bincount(believed["group"].astype("int64"), minlength=len(groups))
    return groups.assign(believed=number)


def _believed(sales: pd.DataFrame, odds: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sales with their probability at the log odds of their groups, and those that it favours."""
    probability = sales["probability"].to_numpy() * expit(odds)[sales["group"]]
    judged = sales.assign(probability=probability)
    return judged, judged[probability > BELIEVED]


def likeliest_feeds(feeds: pd.DataFrame, of: list[str]) -> pd.DataFrame:
    """Pairs of lots with the likeliest purchase: one for each sale, or for each of a group.

    Parameters
    ----------
    feeds
        What :meth:`chipflow.network.ledger.Ledgers.feeds` returned.
    of
        Columns that tell the sales apart.
    """
    return feeds.sort_values(["share", "e"], ascending=[False, True]).drop_duplicates(of)


def _probability_of(feeds: pd.DataFrame, believed: pd.DataFrame) -> np.ndarray:
    """Probability of the sale in each pair of lots."""
    of_sale = believed.set_index(["group", "f"])["probability"]
    return of_sale.reindex(pd.MultiIndex.from_frame(feeds[["group", "f"]])).to_numpy()


def _with_parties(groups: pd.DataFrame, asked: Questions) -> pd.DataFrame:
    question = groups["question"].to_numpy()
    return groups.assign(buyer=asked.buyer[question], sender=asked.sender[question])


def _fed(own: np.ndarray, links: pd.DataFrame) -> pd.DataFrame:
    """Links that hang on a lot which is chips by itself: others lost their feed."""
    e, f = links["e"].to_numpy(), links["f"].to_numpy()
    kept = np.ones(len(links), dtype=bool)
    while True:
        fed = own.copy()
        fed[f[kept]] = True
        still = kept & fed[e]
        if still.sum() == kept.sum():
            return links[kept]
        kept = still
