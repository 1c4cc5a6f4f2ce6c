"""How often chance alone would produce a hand-over as strong as this one.

The null world is made of the records themselves: what one company bought is set beside what
another one sold, in the same days and with all their lots, and the same question is asked. Only
the pairing is broken. Of such pairs, those that would have passed for a hand-over are kept; the
p-value of a hand-over is the share of them that is as strong (a p-value given that it is listed
at all; Fithian, Sun and Taylor, "Optimal inference after model selection", 2014).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.network.chance import MAD_TO_SD, normal
from chipflow.network.columns import Columns
from chipflow.network.follow import likeliest_feeds
from chipflow.network.handover import LIKELIEST, senders
from chipflow.network.ledger import TO_DESTINATION, Ledgers, Questions
from chipflow.network.linked import PASSED_TO_LINKED, LinkedPairs
from chipflow.network.routes import shares_of_feeds
from chipflow.network.trace import HAND_OVER, LINKED, RECORDED, what_lots_say
from chipflow.threads import for_each

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from chipflow.network.trace import Tracing
    from chipflow.network.verdicts import Verdicts

Floats = np.ndarray
Ints = np.ndarray

NULL_DRAWS = 200  # pairs drawn for each hand-over
# Drawing goes on in rounds of this size until each kind has enough pairs that would be listed.
ROUND = 1_000  # pairs
ENOUGH_LISTED = 30  # pairs that would be listed
ROUNDS_AT_ONCE = 2  # of each kind; the last of them may turn out not to be needed
MOST_DRAWS = 60_000  # pairs; bounds the time
# A sender whose own hand-over is this clear is no example of chance: its goods are others' chips.
CLEAR = 4.0  # log-likelihood ratio
# Of all others, those that buy chips and sell are the chance to compare with, unless so few.
FEWEST_LISTED = 20  # companies
# Beyond the strongest tenth of the null pairs their excess is taken to be exponential, so that
# the number of draws puts no floor under a p-value (Knijnenburg et al., "Fewer permutations,
# more accurate P-values", 2009).
TAIL = 0.1  # share of the null pairs
FEWEST_IN_TAIL = 10  # pairs
# Nobody has drawn enough to know that the tail goes on like that for ever.
LEAST_P = 1e-6
# Leads that are more than chance seldom have a larger p-value; of the others half have.
LARGE_P = 0.5
FEWEST_LEADS = 20  # leads; fewer do not tell how many of them are chance
# Half of all routes of goods have at least this score, and two thirds are within a factor of e of
# it; counts as so many routes beside those that were found.
USUAL_SCORE = (float(np.log(20.0)), 1.0)  # mean and standard deviation of log score
USUAL_ROUTES = 4.0  # routes
LEAST_SCORE = 1e-6  # scores and densities of scores below it are as good as nought
# Where few null pairs would be listed, they are taken to be as strong as such pairs are elsewhere;
# counts as so many beside those that were drawn, each of a sender of its own.
USUAL_STRENGTH = 3.0  # mean log odds
USUAL_PAIRS = 4.0  # pairs
# That none of the pairs drawn would be listed does not mean that none ever is (Jeffreys' prior).
ANY_PAIR = 0.5  # pairs
# Where so few different pairs can be drawn, that none of them would be listed tells nothing.
FEWEST_PAIRS = 100  # pairs


@dataclass(frozen=True)
class Null:
    """Null hand-overs of one kind that would have been listed.

    Attributes
    ----------
    strength
        Their log odds, in order.
    sender
        Code of the company that sells, of each.
    expected
        How many of the pairs that were asked about would be listed by chance.
    pairs
        How many different pairs can be drawn.
    least
        Log odds from which a hand-over is listed.
    """

    strength: Floats
    sender: Ints
    expected: float
    pairs: int
    least: float

    def density(self, strength: Floats) -> Floats:
        """How many hand-overs of each strength are expected by chance, per unit of log odds.

        Few are strong: their strength is taken to be exponential.

        Parameters
        ----------
        strength
            Log odds.
        """
        size = len(self.strength)
        mean = float(np.median(self.strength)) / np.log(2) if size else 0.0
        mean = (size * mean + USUAL_PAIRS * USUAL_STRENGTH) / (size + USUAL_PAIRS)
        return np.asarray(self.expected / mean * np.exp(-np.maximum(strength, 0) / mean))

    def p_value(self, strength: Floats) -> Floats:
        """Share of listed null hand-overs that is at least so strong.

        The scale of the tail is known from few pairs only, which is allowed for: the excess of
        the next one is Pareto distributed (the predictive distribution of an exponential one).
        What one sender sells does as well beside many buyers, so senders count, not pairs.

        Parameters
        ----------
        strength
            Log odds.

        Returns
        -------
        numpy.ndarray
            Between 0 and 1; missing where no pair would be listed of fewer than FEWEST_PAIRS.
        """
        size = len(self.strength)
        if not size and self.pairs < FEWEST_PAIRS:
            return np.full(len(strength), np.nan)
        above = size - np.searchsorted(self.strength, strength, side="left")
        p = (above + 1) / (size + 1)
        tail = min(max(int(TAIL * size), FEWEST_IN_TAIL), size)
        # Where all are tail, it starts where pairs begin to be listed.
        start = self.strength[size - tail] if tail < size else self.least
        senders = len(np.unique(self.sender[size - tail :]))
        excess = USUAL_PAIRS * USUAL_STRENGTH
        if tail:
            excess += senders * float((self.strength[size - tail :] - start).mean())
        beyond = np.maximum(strength - start, 0) / excess
        share = tail / size if size else 1.0
        p = np.where(beyond > 0, share * (1 + beyond) ** -(senders + USUAL_PAIRS), p)
        return np.clip(p, LEAST_P, 1.0)


def nulls(
    tracing: Tracing, verdicts: Verdicts, *, draws: int = NULL_DRAWS, seed: int = 0
) -> dict[tuple[str, bool], Null]:
    """Draw null hand-overs of every kind that was found.

    Parameters
    ----------
    tracing
        What :func:`chipflow.network.trace` returned.
    verdicts
        What the rules say of the same shipments: of a null pair counts what a lead would be made
        of, as of a hand-over that was found.
    draws
        Most null pairs for each hand-over.
    seed
        Of the draws.

    Returns
    -------
    dict
        By kind (recorded, linked companies, domestic hand-over) and whether it reaches the
        destination.
    """
    hops = tracing.hops
    final = hops["place"] == TO_DESTINATION
    drawing: dict[tuple[str, bool], _Rounds] = {}
    for number, (kind, drawn_by) in enumerate(DRAWN_BY.items()):
        wanted = final[hops["kind"] == kind].value_counts()
        if wanted.empty:
            continue
        draw = drawn_by(tracing, verdicts)
        for to_destination in (True, False):
            most = min(draws * int(wanted.get(to_destination, 0)), MOST_DRAWS)
            if most:
                seeds = (seed, number, int(to_destination))
                drawing[kind, to_destination] = _Rounds(draw, to_destination, most, seeds)
    while open_still := [rounds for rounds in drawing.values() if not rounds.enough]:
        ahead = [(rounds, at) for rounds in open_still for at in rounds.next()]
        for_each(ahead, lambda one: one[0].draw_round(one[1]))
    return {kind: rounds.null() for kind, rounds in drawing.items()}


class _Rounds:
    """Rounds of draws of one kind: as many as are needed, in the order of their numbers.

    Each has random numbers of its own, so that several can be drawn at once, and one more than
    needed changes nothing.
    """

    def __init__(self, draw: _Draw, final: bool, most: int, seeds: tuple[int, ...]) -> None:
        self.draw, self.final, self.seeds = draw, final, seeds
        self.sizes = [min(ROUND, most - drawn) for drawn in range(0, most, ROUND)]
        self.found: dict[int, pd.DataFrame] = {}

    @property
    def needed(self) -> int:
        """Rounds drawn until enough pairs would be listed, or all."""
        listed = np.cumsum([len(self.found[at]) for at in range(len(self.found))])
        return min(int(np.searchsorted(listed, ENOUGH_LISTED)) + 1, len(self.sizes))

    @property
    def enough(self) -> bool:
        return self.needed <= len(self.found)

    def next(self) -> range:
        """Numbers of the rounds to be drawn now."""
        first = len(self.found)
        return range(first, min(first + ROUNDS_AT_ONCE, len(self.sizes)))

    def draw_round(self, at: int) -> None:
        """Draw one round, and keep how strong the pairs are that would be listed."""
        # Seeds that end in noughts are those without them; a round of its own number is none.
        rng = np.random.default_rng([*self.seeds, 1 + at])
        self.found[at] = self.draw.listed(rng, self.sizes[at], final=self.final)

    def null(self) -> Null:
        """Return what was drawn."""
        needed = range(self.needed)
        listed = pd.concat([self.found[at] for at in needed]).sort_values(["strength", "sender"])
        drawn = sum(self.sizes[at] for at in needed)
        share = (len(listed) + ANY_PAIR) / drawn
        return Null(
            listed["strength"].to_numpy(dtype=float),
            listed["sender"].to_numpy(dtype=np.int64),
            share * self.draw.asked(final=self.final),
            self.draw.pairs(final=self.final),
            self.draw.least,
        )


def _clear(hops: pd.DataFrame) -> Ints:
    """Senders of which it is clear that they sell chips, from wherever they have them."""
    return hops.loc[hops["log_lr"] > CLEAR, "sender"].unique()


class _Draw(ABC):
    """Draws pairs of one kind and judges them.

    Of each, what a lead would be made of counts: not what was free to go, what nobody knows the
    rule of or what was sold under a quoted licence; and on the way only what has no name, since
    what is sold by name is followed from there, whatever it may continue.
    """

    least = 0.0  # log odds from which a hand-over is listed: likelier than not

    def __init__(self, tracing: Tracing, verdicts: Verdicts) -> None:
        self.follower, self.hops, self.lots = tracing.follower, tracing.hops, tracing.lots
        self.verdicts = verdicts

    @abstractmethod
    def asked(self, *, final: bool) -> int:
        """Count the pairs that were asked about and are like those that are drawn."""

    @abstractmethod
    def pairs(self, *, final: bool) -> int:
        """Count the different pairs that can be drawn."""

    @abstractmethod
    def drawn(self, rng: np.random.Generator, number: int, *, final: bool) -> Questions:
        """Draw pairs, of which the sender sells to the destination or not."""

    @abstractmethod
    def judged(self, asked: Questions) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Judge pairs as those that were asked about: groups, pairs of lots, and sales."""

    def listed(self, rng: np.random.Generator, number: int, *, final: bool) -> pd.DataFrame:
        """Draw pairs, and say how strong those are that would be listed: ``sender, strength``."""
        nothing = pd.DataFrame({"sender": np.empty(0, np.int64), "strength": np.empty(0)})
        if not self.pairs(final=final):
            return nothing
        groups, feeds, sales = self.judged(self.drawn(rng, number, final=final))
        groups = groups[
            ((groups["place"] == TO_DESTINATION) == final)
            & (groups["believed"] > 0)
            & (groups["buyer"] >= 0)
        ]
        feeds = feeds[feeds["group"].isin(groups.index)]
        if feeds.empty:
            return nothing
        best = likeliest_feeds(feeds, ["group", "f"])
        own = best[self._of_leads(best["e"].to_numpy(), best["f"].to_numpy(), final=final)]
        said, whole = what_lots_say(sales[sales["group"].isin(groups.index)], "group")
        part = said.reindex(pd.MultiIndex.from_frame(own[["group", "f"]])).groupby("group").sum()
        kept = groups.loc[part.index]
        share = (part / whole.reindex(part.index)).to_numpy()
        return pd.DataFrame(
            {
                "sender": kept["sender"].to_numpy(dtype=np.int64),
                "strength": kept["log_odds"].to_numpy(dtype=float) * share,
            }
        )

    def _of_leads(self, e: Ints, f: Ints, *, final: bool) -> np.ndarray:
        """Whether a lead would be made of lots, if they are what others became."""
        lots = self.lots
        if not final:
            return np.asarray(lots.family[f] < 0)
        chip = np.where(lots.family[f] >= 0, lots.chip[f], lots.chip[e])
        status = self.verdicts.of(f, chip)["status"].to_numpy()
        return np.asarray(self.verdicts.why_no_lead(f, status) == "")


class _Recorded(_Draw):
    """Pairs of what one company bought and another one sold."""

    def __init__(self, tracing: Tracing, verdicts: Verdicts) -> None:
        super().__init__(tracing, verdicts)
        self.books = self._books()
        self.buyers = np.unique(tracing.lots.consignee[self.books.followed.at])
        self.senders = {final: self._senders(final) for final in (True, False)}
        self.sides = {final: self._sides(final) for final in (True, False)}

    def _books(self) -> Ledgers:
        return self.follower.company_books()

    def _senders(self, final: bool) -> Ints:
        lots = self.lots
        home = np.isin(lots.from_country, np.unique(lots.to_country[lots.arrives]))
        senders = np.unique(lots.shipper[(lots.arrives == final) & ~home & lots.named_shipper])
        return senders[~np.isin(senders, _clear(self.hops))]

    def _sides(self, final: bool) -> tuple[Ints, Ints]:
        """Buyers and senders that are drawn: like for like, companies that are both.

        All others only if these are few.
        """
        both = np.intersect1d(self.senders[final], self.buyers)
        return (both, both) if len(both) >= FEWEST_LISTED else (self.buyers, self.senders[final])

    def asked(self, *, final: bool) -> int:
        """Count companies that bought chips and sell."""
        return int(np.isin(self.senders[final], self.buyers).sum())

    def pairs(self, *, final: bool) -> int:
        """Count buyers by senders."""
        buyers, senders = self.sides[final]
        return len(buyers) * len(senders)

    def drawn(self, rng: np.random.Generator, number: int, *, final: bool) -> Questions:
        """Draw a buyer and another sender."""
        buyers, senders = self.sides[final]
        buyer, sender = rng.choice(buyers, number), rng.choice(senders, number)
        apart = buyer != sender
        return Questions(buyer[apart], sender[apart])

    def judged(self, asked: Questions) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Judge them as one company."""
        groups, sales = self.follower.judge(self.books, asked)
        return groups, self.books.feeds(asked, sales[sales["believed"]]), sales


class _Linked(_Recorded):
    """Pairs of companies, as if they shared an address."""

    def _books(self) -> Ledgers:
        books, self.explained = self.follower.books_of_linked
        return books

    def asked(self, *, final: bool) -> int:
        """Count pairs that share something, of which the one bought and the other sells."""
        pairs = self.follower.linked.of(self.buyers).pairs
        return int(np.isin(pairs.sender, self.senders[final]).sum())

    def judged(self, asked: Questions) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Judge them as if they shared an address with no other."""
        pairs = LinkedPairs(asked, np.full(len(asked), PASSED_TO_LINKED))
        return self.follower.judge_linked(self.books, pairs, explained=self.explained)


class _Across(_Draw):
    """Pairs of what one country bought and a company of another one sold."""

    # Likelier than not, times the probability of the buyer that is named.
    least = float(np.log(LIKELIEST))

    def __init__(self, tracing: Tracing, verdicts: Verdicts) -> None:
        super().__init__(tracing, verdicts)
        self.books, self.candidates = self.follower.books_of_countries
        # Whose own hand-over is clear sells chips: they agree with chips bought anywhere.
        clear = _clear(self.hops)
        self.senders = {final: self._senders(final, clear) for final in (True, False)}

    def _senders(self, final: bool, clear: Ints) -> Questions:
        """Companies that sell candidates to the destination, or to others, and from where."""
        asked = senders(self.lots, self.candidates & (self.lots.arrives == final))
        return asked.take(~np.isin(asked.sender, clear))

    def asked(self, *, final: bool) -> int:
        """Count companies that sell what is like the stock of their country."""
        return len(self.senders[final])

    def pairs(self, *, final: bool) -> int:
        """Count countries by senders."""
        return len(np.unique(self.senders[final].buyer)) * len(self.senders[final])

    def drawn(self, rng: np.random.Generator, number: int, *, final: bool) -> Questions:
        """Draw the country of one sender, and a sender of another one with all that it sells.

        So each country is drawn as often as it is asked about: where many buy, some buyer fits.
        """
        at_home = self.senders[final]
        country = rng.choice(at_home.buyer, number)
        drawn = at_home.take(rng.integers(0, len(at_home), number))
        # A sender is asked beside its own country; of others it is a stranger.
        apart = drawn.buyer != country
        return Questions(country[apart], drawn.sender[apart])

    def judged(self, asked: Questions) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Judge them as if the sender were of that country."""
        return self.follower.judge_across(self.books, self.candidates, asked)


DRAWN_BY: dict[str, Callable[[Tracing, Verdicts], _Draw]] = {
    RECORDED: _Recorded,
    LINKED: _Linked,
    HAND_OVER: _Across,
}


def q_values(p: Floats) -> Floats:
    """Turn p-values into q-values: the share of leads up to each one that chance alone explains.

    Parameters
    ----------
    p
        p-values; missing ones stay missing.

    Returns
    -------
    numpy.ndarray
        Benjamini and Hochberg (1995), with the share of leads that are chance read from the large
        p-values (Storey, Taylor and Siegmund, "Strong control, conservative point estimation and
        simultaneous conservative consistency of false discovery rates", 2004): where few p-values
        are large, few leads can be chance. Fewer leads than FEWEST_LEADS may all be chance.
    """
    from scipy.stats import false_discovery_control

    q = np.full(len(p), np.nan)
    known = np.isfinite(p)
    if known.any():
        leads = int(known.sum())
        large = (1 + (p[known] > LARGE_P).sum()) / (1 - LARGE_P)
        by_chance = min(large / leads, 1.0) if leads >= FEWEST_LEADS else 1.0
        q[known] = by_chance * false_discovery_control(p[known], method="bh")
    return q


def shares_of_chance(scores: Floats, null: dict[tuple[str, bool], Null]) -> Floats:
    """Share of the routes of each score that chance is expected to make.

    A local false discovery rate (Efron, "Microarrays, empirical Bayes and the two-groups model",
    2008). How many hand-overs to the destination chance makes is known from the null pairs, and
    that few of them are strong: their strength is taken to be exponential. How strong routes of
    goods are is known from those that were found: the log of their score is taken to be normal.
    So a weak route among strong ones is likely chance, and among weak ones not.

    Parameters
    ----------
    scores
        Scores of all routes that were weighed.
    null
        What :func:`nulls` returned.
    """
    by_chance = np.zeros(len(scores))
    for (_, final), of_kind in null.items():
        if final:
            by_chance += of_kind.density(scores)
    return _share_of_chance(by_chance, scores, scores, int((scores > 0).sum()))


def _share_of_chance(by_chance: Floats, strength: Floats, known: Floats, number: int) -> Floats:
    """Local false discovery rate at each strength.

    Parameters
    ----------
    by_chance
        How many are expected by chance, per unit of strength.
    strength
        Where this is asked.
    known
        How strong goods are that were followed: the log of it is taken to be normal.
    number
        How many of those that are asked about were found.
    """
    logs = np.log(known[known > 0])
    middle = float(np.median(logs)) if len(logs) else 0.0
    spread = MAD_TO_SD * float(np.median(abs(logs - middle))) if len(logs) else 0.0
    trust = len(logs) / (len(logs) + USUAL_ROUTES)
    middle = trust * middle + (1 - trust) * USUAL_SCORE[0]
    spread = np.sqrt(trust * spread**2 + (1 - trust) * USUAL_SCORE[1] ** 2)
    positive = np.maximum(strength, LEAST_SCORE)
    found = number * normal(np.log(positive) - middle, spread) / positive
    return np.asarray(by_chance / np.maximum(by_chance + found, LEAST_SCORE))


def lead_p_values(
    links: pd.DataFrame, tracing: Tracing, null: dict[tuple[str, bool], Null]
) -> pd.DataFrame:
    """Give each scheme its p-value: that of the weakest hand-over of its strongest way.

    A hand-over rests on what most of its evidence rests on: where that is purchases which came by
    another hand-over, not on a purchase by name that gives little of it. That goods went the whole
    way is refuted if any hand-over of it is chance, so a way is only as significant as its weakest
    hand-over (an intersection-union test; Berger, "Multiparameter hypothesis testing and acceptance
    sampling", 1982). A lead with several last hand-overs is as significant as its best one, paid
    for by their number (Sidak, 1967).

    Parameters
    ----------
    links
        Links of schemes: ``scheme, hop, from_record, to_record, e, units, lot_log_odds``.
    tracing
        What they are from.
    null
        What :func:`nulls` returned.

    Returns
    -------
    pandas.DataFrame
        By scheme: ``p_value``, missing where no null pair would be listed; ``weakest``, the log
        odds of the weakest hand-over of the strongest way; ``unseen_by_chance``, the share of
        hand-overs like the one that no record shows, before the last of the way, that are
        expected to be chance (nought where there is a way without one).
    """
    columns = ["p_value", "weakest", "unseen_by_chance"]
    if links.empty:
        none = pd.DataFrame({name: [] for name in columns}, dtype="float64")
        return none.rename_axis("scheme")
    own = links.assign(certain=tracing.follower.certain[links["e"].to_numpy()])
    # What a lead's own lots say is what it has of a hand-over's strength.
    lots = own.drop_duplicates(["scheme", "hop", "to_record"]).groupby(["scheme", "hop"])
    table = lots["lot_log_odds"].sum().rename("strength").reset_index()
    table = table.merge(tracing.hops[["place", "kind"]], left_on="hop", right_index=True)
    table["final"] = table["place"] == TO_DESTINATION
    table["p"] = np.nan
    for (kind, final), of_kind in null.items():
        those = (table["kind"] == kind) & (table["final"] == final)
        table.loc[those, "p"] = of_kind.p_value(table.loc[those, "strength"].to_numpy(float))
    # A missing p-value shows nothing.
    table["doubt"] = table["p"].fillna(1.0).where(~table["final"], table["p"])
    table["against"] = -table["strength"]
    table["chance"] = _unseen_by_chance(table, null)
    # Of what a lot says, each of its feeds has what it gives of the goods.
    own = own.assign(weight=shares_of_feeds(own) * own["lot_log_odds"].abs())
    doubts_of = ["doubt", "against", "chance"]
    hops = Columns.of(table[["scheme", "hop", "final", *doubts_of]]).split("scheme")
    pairs = Columns.of(own[["scheme", "hop", "from_record", "to_record", "weight", "certain"]])
    found = {}
    for scheme, rows in pairs.split("scheme").items():
        ways = _Ways(hops[scheme], rows)
        doubts = ways.best("doubt", certainty=0.0, nothing=1.0)
        against = ways.best("against", certainty=-np.inf, nothing=np.inf)
        unseen = ways.best("chance", certainty=0.0, nothing=1.0)
        found[scheme] = (
            _sidak(doubts),
            -min(against, default=np.nan),
            min(unseen, default=np.nan),
        )
    return pd.DataFrame.from_dict(
        found, orient="index", columns=columns, dtype="float64"
    ).rename_axis("scheme")


def _unseen_by_chance(hops: pd.DataFrame, null: dict[tuple[str, bool], Null]) -> Floats:
    """Share by chance of hand-overs like each one, for those that no record shows.

    That unnamed goods were sold on to the destination shows where they went, not what they are,
    however well the lots agree. So where no record shows how chips became those goods, the last
    hand-over cannot lend its strength to the one before: that is compared with chance by itself.
    """
    share = np.zeros(len(hops))
    strength = hops["strength"].to_numpy(dtype=float)
    for (kind, final), of_kind in null.items():
        those = ((hops["kind"] == kind) & ~hops["final"]).to_numpy()
        if kind == RECORDED or final or not those.any():
            continue
        by_chance = of_kind.density(strength[those])
        share[those] = _share_of_chance(by_chance, strength[those], strength, int(those.sum()))
    return share


class _Ways:
    """The ways that goods can have gone in a scheme, from hand-over to hand-over.

    Parameters
    ----------
    hops
        Hand-overs of the scheme: ``hop, final`` and the doubts of each by itself.
    rows
        Its pairs of lots: ``hop, from_record, to_record, certain`` (the former is chips by
        itself) and ``weight``, what they say of the strength of their hand-over.
    """

    def __init__(self, hops: Columns, rows: Columns) -> None:
        self.hops = hops
        names = ("from_record", "to_record", "weight", "certain")
        self.pairs = {
            hop: list(zip(*(of_hop[name].tolist() for name in names), strict=True))
            for hop, of_hop in rows.split("hop").items()
        }

    def best(self, doubt: str, *, certainty: float, nothing: float) -> list[float]:
        """Doubt of the best way to each last hand-over: that of its weakest hand-over.

        ``certainty`` is the doubt that a lot which names a chip is one, ``nothing`` that of what no
        way leads to.
        """
        own = dict(zip(self.hops["hop"].tolist(), self.hops[doubt].tolist(), strict=True))
        sure = (lot for pairs in self.pairs.values() for lot, _, _, certain in pairs if certain)
        reached = dict.fromkeys(sure, certainty)
        found: dict[Hashable, float] = {}
        # A way passes each hand-over once, so that as many rounds as there are of them suffice.
        for _ in own:
            before = dict(found)
            for hop, pairs in self.pairs.items():
                fed = _middle([(reached.get(lot, nothing), weight) for lot, _, weight, _ in pairs])
                found[hop] = max(fed, own[hop])
                for _, lot, _, _ in pairs:
                    reached[lot] = min(found[hop], reached.get(lot, nothing))
            if found == before:
                break
        finals = zip(self.hops["hop"].tolist(), self.hops["final"].tolist(), strict=True)
        return [found[hop] for hop, final in finals if final and not np.isnan(own[hop])]


def _middle(doubts: list[tuple[float, float]]) -> float:
    """Doubt up to which half of the weight lies: of most that a hand-over rests on."""
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
