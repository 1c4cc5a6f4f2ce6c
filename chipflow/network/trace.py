"""Which shipment continues which: goods followed in time, in number and in weight.

A shipment *e* may continue as *f* when f leaves the company that e arrived at (or leaves its
country from another company: a hand-over that no record shows) no earlier than e arrived. How
well they agree in words, weight, value, number and waiting time is a likelihood ratio against a
lot taken by chance from the same records. What a lot carries on is then allocated so that no lot
supplies more than it holds. See ``docs/method.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from chipflow.network.agreement import (
    WORD_HABIT_SHARES,
    WORD_HABITS,
    agreement,
    habit_shares,
)
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
from chipflow.network.hidden import hidden_purchases
from chipflow.network.ledger import TO_DESTINATION, Ledgers, Questions
from chipflow.network.lots import Lots
from chipflow.progress import silent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chipflow.progress import Progress

WINDOW = 120  # days between arrival and departure; documented re-exports took weeks
MOST_HOPS = 6  # shipments in a row; documented routes have two to four
# A company that sells chips by name to so many outside the destination is an open seller: where
# its stock comes from is no part of the question, whatever it buys.
OPEN_CUSTOMERS = 4  # companies
# Hand-overs inside a country are asked for so often: a route has one of them at most.
MOST_ROUNDS = 1
BELIEVED = 0.5  # probability from which a lot is followed as what the goods became
RECORDED, HAND_OVER = "recorded", "domestic hand-over"

LINK_COLUMNS = {
    "from_record": "str",
    "to_record": "str",
    "units": "float64",
    "log_odds": "float64",
    "kind": "str",
    "chip": "str",
    "words": "float64",
    "weight": "float64",
    "value": "float64",
    "number": "float64",
    "waiting": "float64",
    "prior": "float64",
    "days": "float64",
    "hop": "int64",
    "hop_log_odds": "float64",
    "hop_lots": "int64",
}


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


SALES_COLUMNS = ["hop", "f", "probability"]


@dataclass(frozen=True)
class Tracing:
    """What continues as what.

    Attributes
    ----------
    links
        One row a link, the strongest first: ``from_record, to_record``; ``units`` (chips that
        pass along it); ``log_odds`` (natural log of the odds that the one continues as the
        other) and its parts ``words, weight, value, number, waiting, prior``; ``kind``
        (recorded or domestic hand-over); ``chip`` that is followed; ``days`` between;
        ``hop`` (row of ``hops``), its ``hop_log_odds`` and ``hop_lots`` (lots that it moves).
    hops
        One row a hand-over between two companies, all its lots taken together: ``buyer,
        sender`` (codes of companies in ``lots``; equal where a company sells what it bought),
        ``place`` (code of the consignee, or TO_DESTINATION), ``log_lr, log_odds``, ``sales``
        weighed, ``expected`` and ``believed`` number of them that continue purchases,
        ``searched`` (companies among which the buyer was found), ``kind``.
    sales
        One row a sale that was weighed for a hand-over: ``hop, f`` (position in ``lots``),
        ``probability`` that it continues a purchase.
    lots
        The shipments as arrays.
    follower
        Who followed the goods, and can be asked about other pairs of companies.
    window, most_hops, destination
        What was asked.
    """

    links: pd.DataFrame
    hops: pd.DataFrame
    sales: pd.DataFrame
    lots: Lots = field(repr=False)
    follower: Follower = field(repr=False)
    window: int
    most_hops: int
    destination: tuple[str, ...]


def trace(
    shipments: pd.DataFrame,
    destination: Iterable[str],
    *,
    window: int = WINDOW,
    most_hops: int = MOST_HOPS,
    linked: pd.DataFrame | None = None,
    progress: Progress = silent,
) -> Tracing:
    """Follow the named chips through the shipments.

    Parameters
    ----------
    shipments
        :attr:`chipflow.Network.shipments`.
    destination
        ISO 3166 alpha-2 codes; goods that arrive there are followed no further.
    window
        Most days between the arrival of a lot and the departure of what continues it.
    most_hops
        Most shipments in a row.
    progress
        Who is told how the work goes on.

    Returns
    -------
    Tracing
        The same for any order of rows.

    Notes
    -----
    Expectation-maximisation of the share of onward lots that continue a purchase: Dempster,
    Laird and Rubin (1977). Allocation takes links from the strongest down while both lots have
    units left, a greedy solution of the transport problem.
    """
    targets = tuple(sorted(set(destination)))
    lots = Lots.of(shipments, targets)
    follower = Follower(lots, window, _linked_codes(shipments, lots, linked))
    with progress.stage("following the goods", total=most_hops) as stage:
        for _ in range((1 + MOST_ROUNDS) * most_hops):
            stage.advance()
            if not follower.step():
                break
    links = follower.allocated()
    links["from_record"] = lots.record[links["e"].to_numpy()]
    links["to_record"] = lots.record[links["f"].to_numpy()]
    links["chip"] = lots.chip[links["e"].to_numpy()]
    hops, sales = follower.hops()
    links = _with_hops(lots, links, hops)
    table = links[list(LINK_COLUMNS)].astype(LINK_COLUMNS).reset_index(drop=True)
    return Tracing(table, hops, sales, lots, follower, window, most_hops, targets)


def _linked_codes(
    shipments: pd.DataFrame, lots: Lots, linked: pd.DataFrame | None
) -> set[tuple[int, int]]:
    """Pairs of companies that share something, by their codes in the arrays, either way round."""
    if linked is None or linked.empty:
        return set()
    table = shipments.sort_values("record_id", ignore_index=True)
    code = dict(zip(table["shipper_id"], lots.shipper.tolist(), strict=True))
    code.update(zip(table["consignee_id"], lots.consignee.tolist(), strict=True))
    ends = zip(linked["company_id"], linked["other_id"], strict=True)
    pairs = {(code[a], code[b]) for a, b in ends if a in code and b in code}
    return pairs | {(b, a) for a, b in pairs}


class Follower:
    """Follows goods hop by hop: what is believed to carry them is a purchase at the next hop."""

    def __init__(self, lots: Lots, window: int, linked: set[tuple[int, int]]) -> None:
        self.lots, self.window, self.linked = lots, window, linked
        self.followed = lots.family >= 0
        self.open_seller, self.covered = _open_sellers(lots), covered(lots)
        bought, like = hidden_purchases(lots, window, self.open_seller)
        lots.inherit(like, bought)
        self.followed[bought] = True
        self.certain = self.followed.copy()
        self.new = np.flatnonzero(self.followed & ~lots.arrives & lots.named_consignee)
        self.rounds = 0
        self.alike = Alike(lots)
        self.answers: list[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]] = []
        companies = 1 + int(max(lots.shipper.max(initial=0), lots.consignee.max(initial=0)))
        self.latest = np.full(companies, -1)
        nothing = pd.DataFrame(columns=HOP_COLUMNS).astype({"buyer": "int64", "believed": "int64"})
        self.across = nothing, pd.DataFrame(), pd.DataFrame()

    def step(self) -> bool:
        """Ask about companies that received something new; say whether to go on.

        Hand-overs that no record shows are asked for when the recorded ones are known: what a
        company sells on itself is not for others to sell.
        """
        if len(self.new):
            buyers = np.unique(self.lots.consignee[self.new])
            self._follow(self._recorded(Questions(buyers, buyers)))
            return True
        if self.rounds == MOST_ROUNDS:
            return False
        self.rounds += 1
        self._follow(self._across())
        return bool(len(self.new))

    def _follow(self, reached: set[int]) -> None:
        lots = self.lots
        fresh = np.array(sorted(reached), dtype=np.int64)
        fresh = fresh[~self.followed[fresh]]
        self.followed[fresh] = True
        self.new = fresh[~lots.arrives[fresh] & lots.named_consignee[fresh]]

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
        return Ledgers(self.lots, self.followed, self.window, open_seller=self.open_seller)

    def judge(self, ledgers: Ledgers, asked: Questions) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Weigh sales of companies against purchases of companies.

        Returns
        -------
        tuple of pandas.DataFrame
            Groups (:data:`HOP_COLUMNS`), and all sales, with the truth value ``believed``.
        """
        answers = ledgers.ask(asked)
        groups = _with_parties(answers.groups, asked)
        groups = groups.assign(log_odds=groups["log_lr"], kind=RECORDED, searched=1)
        sure = (groups["log_odds"] > 0).to_numpy()
        sales = answers.sales
        sales = sales.assign(believed=(sales["probability"] > BELIEVED) & sure[sales["group"]])
        return _counted(groups, sales[sales["believed"]]), sales

    def _across(self) -> set[int]:
        """Follow what companies sell that others in their country bought."""
        ledgers, candidates = self.country_books()
        asked = senders(self.lots, candidates)
        groups, feeds, sales = self.judge_across(ledgers, candidates, asked)
        self._inherit(feeds)
        self.across = groups, feeds, sales
        return set(feeds["f"].tolist())

    def country_books(self) -> tuple[Ledgers, np.ndarray]:
        """Return the books of countries, and the lots that may be what is in stock there."""
        lots = self.lots
        links = self._links([feeds for _, feeds, _ in self.recorded()])
        sold = np.bincount(links["e"], weights=np.nan_to_num(links["units"]), minlength=len(lots))
        stock = self.followed & ~lots.arrives & (sold <= MOST_SOLD_ON * lots.supply)
        explained = np.zeros(len(lots), dtype=bool)
        explained[links["f"].to_numpy()] = True
        opens = self.open_seller[lots.shipper] & ~lots.arrives
        candidates = self.alike.to(stock) & ~explained & ~opens
        ledgers = Ledgers(
            lots,
            self.followed,
            self.window,
            stock=stock,
            owner=lots.to_country,
            latest=LATEST_OF_COUNTRY,
        )
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
        sales = answers.sales
        probability = sales["probability"].to_numpy() * expit(odds)[sales["group"]]
        sales = sales.assign(probability=probability)
        believed = sales[probability > BELIEVED]
        feeds = sources(ledgers, asked, believed, self.covered, self.linked)
        feeds = feeds[feeds["source"] > LIKELIEST]
        chance = believed.set_index(["group", "f"])["probability"]
        at = pd.MultiIndex.from_frame(feeds[["group", "f"]])
        feeds = feeds.assign(
            probability=chance.reindex(at).to_numpy() * feeds["source"], kind=HAND_OVER
        )
        told = feeds.drop_duplicates("group").set_index("group").reindex(groups.index)
        groups = groups.assign(
            buyer=told["buyer"].fillna(-1).astype("int64"),
            searched=told["buyers"].fillna(1).astype("int64"),
            log_odds=odds + np.log(told["source"].astype("float64").fillna(1.0).to_numpy()),
        )
        return _counted(groups, feeds.drop_duplicates(["group", "f"])), feeds, sales

    def _inherit(self, feeds: pd.DataFrame) -> None:
        best = feeds.sort_values(["share", "e"], ascending=[False, True]).drop_duplicates("f")
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

    def hops(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return hand-overs that were believed, one row each, and the sales that were weighed."""
        tables, sales = [], []
        first = 0
        for groups, _, weighed in (*self.recorded(), self.across):
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
        return self._links([feeds for _, feeds, _ in (*self.recorded(), self.across)])

    def _links(self, tables: list[pd.DataFrame]) -> pd.DataFrame:
        if not any(len(feeds) for feeds in tables):
            unfound = [name for name in LINK_COLUMNS if not name.startswith("hop")]
            return pd.DataFrame(columns=["e", "f", *unfound]).astype({"e": "int64", "f": "int64"})
        lots = self.lots
        links = pd.concat(tables, ignore_index=True)
        e, f = links["e"].to_numpy(), links["f"].to_numpy()
        found = agreement(lots, e, f, self.window)
        words = np.log(WORD_HABIT_SHARES @ WORD_HABITS[:, found.word] / found.word_chance)
        days = (lots.first[f] + lots.last[f] - lots.first[e] - lots.last[e]) / 2
        share = links["probability"] * links["share"]
        links = links.assign(
            log_odds=logit(links["probability"].clip(1e-9, 1 - 1e-9)),
            by_share=share,
            words=words,
            weight=np.log(found.weight),
            value=np.log(found.value @ habit_shares()),
            number=np.log(found.number),
            waiting=np.log(found.waiting),
            days=np.maximum(days, 0),
        )
        links["prior"] = links["log_odds"] - links[
            ["words", "weight", "value", "number", "waiting"]
        ].sum(axis=1)
        links = links.sort_values(["by_share", "e", "f"], ascending=[False, True, True])
        links = links.drop_duplicates(["e", "f"]).reset_index(drop=True)
        e, f = links["e"].to_numpy(), links["f"].to_numpy()
        by_share = links["by_share"].to_numpy()
        links["units"] = allocate(lots.supply, lots.holds(e, f), e, f, by_share)
        return _fed(self.certain, links[links["units"].isna() | (links["units"] > 0)])


def _with_hops(lots: Lots, links: pd.DataFrame, hops: pd.DataFrame) -> pd.DataFrame:
    """Tell each link which hand-over it is part of: between whom, to where."""
    e, f = links["e"].to_numpy(), links["f"].to_numpy()
    keys = ["buyer", "sender", "place", "kind"]
    parties = links.assign(
        buyer=lots.consignee[e],
        sender=lots.shipper[f],
        place=np.where(lots.arrives[f], TO_DESTINATION, lots.consignee[f]),
    )
    known = hops.reset_index()[["hop", *keys, "log_odds"]]
    known = known.astype({"buyer": "int64", "sender": "int64", "place": "int64"})
    found = parties.merge(known.rename(columns={"log_odds": "hop_log_odds"}), on=keys, how="left")
    found["hop_lots"] = found.groupby("hop")["f"].transform("nunique")
    return found.drop(columns=["buyer", "sender", "place"])


def _open_sellers(lots: Lots) -> np.ndarray:
    """Say of each company whether it sells chips by name to many outside the destination."""
    named = (lots.family >= 0) & ~lots.arrives & lots.named_shipper & lots.named_consignee
    pairs = np.unique(np.stack([lots.shipper[named], lots.consignee[named]]), axis=1)
    companies = 1 + int(max(lots.shipper.max(initial=0), lots.consignee.max(initial=0)))
    return np.bincount(pairs[0], minlength=companies) >= OPEN_CUSTOMERS


def _counted(groups: pd.DataFrame, believed: pd.DataFrame) -> pd.DataFrame:
    """Groups with the number of their sales that are believed."""
    number = np.bincount(believed["group"].astype("int64"), minlength=len(groups))
    return groups.assign(believed=number)


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
