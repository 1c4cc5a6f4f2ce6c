"""One company's purchases against one company's sales, which may continue them.

Goods leave in other lots than they came: split, merged, pooled in stock, kept in part. So sales
are not matched to purchases one by one. Each sale of a sender is what some purchase in the window
became, or it is not; which purchase, at what habit of naming goods and of declaring values, and
what share of the sender's sales are such, is summed over. Purchases that nobody follows explain
sales too. The sum is the likelihood of the sales with the followed purchases over that without.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise, product

import numpy as np
import pandas as pd

from chipflow.network.agreement import (
    EQUAL,
    INNOCENT_WORD_SHARES,
    PRICE_HABITS,
    WORD_HABIT_SHARES,
    WORD_HABITS,
    Agreement,
    Bought,
    Sold,
    agreement,
    habit_shares,
    innocent_agreement,
    innocent_words,
    likeness,
    same_goods,
)
from chipflow.network.chance import SAME_CHIP
from chipflow.network.lots import Floats, Ints, Lots, entries
from chipflow.threads import for_each

# The share of a sender's sales to one place that continue followed purchases is anything between
# none and all, and near either end more likely (Jeffreys' prior of a share, in its quadrature).
SHARE_NODES = 6  # nodes
# What a company bought itself is at least as likely behind a sale as all that strangers in its
# country bought, however many these are.
OF_STRANGERS = 0.5  # share of sales
# A sale is compared with so many of the latest purchases of either kind before it. A company
# with thousands of equal lots would otherwise cost their square; older stock is sold first.
LATEST = 24  # purchases
# One lot in ten is several purchases together, so many at the most: their sum is looked for among
# the runs that end with one of the latest few.
TOGETHER = 0.1  # share of lots
MOST_TOGETHER = 6  # purchases
LATEST_OF_RUN = 3  # purchases
# What a sender sold when nothing of the followed purchases can have been in stock shows what it
# sells anyway: its last lots before and the first ones after.
USUAL_LOTS = 12  # lots on either side
# Where the sender's usual trade is known from this many lots, half of what it sells by chance is
# taken to be like it.
PRIOR_USUAL = 12  # lots
# Sales that are so much less likely to be chips than chance, at any habit, are not compared.
WORTH_WEIGHING = 0.1  # likelihood ratio
# Which chips a group of sales holds is found in so many rounds, each chip that was bought counting
# as half a sale beforehand (Jeffreys' prior).
MIXING_ROUNDS = 20  # rounds
ANY_CHIP = 0.5  # sales
PAIRS_AT_ONCE = 100_000  # bounds the memory, to about 20 MB a thread
UNCOUNTED = 1e9  # chips, more than there are
LARGEST_RATIO = 1e12  # of one sale; keeps sums of exponentials finite

TO_DESTINATION = -1  # the place of all sales that arrive at the destination, as one


@dataclass(frozen=True)
class Questions:
    """Pairs of companies: what ``buyer`` bought may have left with what ``sender`` sold.

    The two are one company, or two between which no record stands.
    """

    buyer: Ints
    sender: Ints

    def __len__(self) -> int:
        return len(self.buyer)

    def take(self, which: np.ndarray) -> Questions:
        """Return some of them."""
        return Questions(self.buyer[which], self.sender[which])


@dataclass(frozen=True)
class Answers:
    """What the ledgers say.

    Attributes
    ----------
    sales
        One row a sale that was weighed: ``question, place`` (TO_DESTINATION or the consignee),
        ``f`` (lot), ``probability`` that it continues a followed purchase, ``log_lr`` (how far
        the sale itself speaks for that, given what share of the group's sales does), ``group``.
    groups
        One row a question and place: ``question, place, log_lr`` (natural log of the likelihood
        of its sales with the followed purchases over that without), ``sales`` (number),
        ``expected`` (sum of probabilities), ``names`` (whether a sale names a chip).
    unlike
        How many more questions and places there are none of whose sales was like what was
        bought: ``place`` (TO_DESTINATION, or 0 for any other), ``names, number``.
    """

    sales: pd.DataFrame
    groups: pd.DataFrame
    unlike: pd.DataFrame


class Receipts:
    """Some lots by who receives them, a company or a country, in order of days."""

    def __init__(self, lots: Lots, which: np.ndarray, owner: Ints, latest: int = LATEST) -> None:
        self.lots, self.owner, self.latest = lots, owner, latest
        self.at = lots.received[which[lots.received]]
        if owner is not lots.consignee:
            at = np.sort(self.at[owner[self.at] >= 0])
            self.at = at[np.argsort(owner[at] * lots.span + lots.first[at], kind="stable")]
        self.key = owner[self.at] * lots.span + lots.first[self.at]

    def before(self, owner: Ints, f: Ints, window: int) -> tuple[Ints, Ints]:
        """Return the range of purchases from which their owner can have sold each lot."""
        lots, limit = self.lots, self.lots.span - 1
        earliest = np.clip(lots.first[f] - window - lots.longest, 0, limit)
        low = np.searchsorted(self.key, owner * lots.span + earliest)
        latest = np.clip(lots.last[f], 0, limit)
        high = np.searchsorted(self.key, owner * lots.span + latest, side="right")
        return low, high

    def pairs(self, low: Ints, high: Ints, f: Ints, window: int) -> tuple[Ints, Ints]:
        """Return the latest purchases of each range: row of ``f``, and place in ``at``."""
        lots = self.lots
        row, place = entries(np.maximum(low, high - self.latest), high)
        e, sent = self.at[place], f[row]
        able = (lots.last[e] >= lots.first[sent] - window) & (e != sent)
        # What a company bought itself is in its own books, not in those of its country.
        if self.owner is not lots.consignee:
            able &= lots.consignee[e] != lots.shipper[sent]
        return row[able], place[able]

    def runs(self, low: Ints, high: Ints, chips: Floats) -> tuple[Ints, Ints, Ints]:
        """Find purchases in a row of one chip that hold as many chips as a sale, in sum.

        Parameters
        ----------
        low, high
            As :meth:`before` returns them.
        chips
            Chips in each sale; missing where they are not counted.

        Returns
        -------
        tuple of numpy.ndarray
            Where the run begins and has ended, of the latest and shortest (both nought: none), and
            how many runs were looked at.
        """
        begin, end, looked_at = (np.zeros(len(low), dtype=np.int64) for _ in range(3))
        open_too = np.flatnonzero(np.isfinite(chips) & (high - low > 1))
        for back, size in product(range(LATEST_OF_RUN), range(2, MOST_TOGETHER + 1)):
            last = high[open_too] - back
            first = last - size
            inside = first >= low[open_too]
            at, first, last = open_too[inside], first[inside], last[inside]
            looked_at[at] += 1
            together = self.held[last] - self.held[first]
            found = (abs(together - chips[at]) <= EQUAL) & (end[at] == 0)
            found &= self.kinds[last - 1] == self.kinds[first]
            begin[at[found]], end[at[found]] = first[found], last[found]
        return begin, end, looked_at

    @cached_property
    def held(self) -> Floats:
        """Chips in all purchases before each place."""
        chips = self.lots.units[self.at]
        # A purchase that is not counted makes every sum that holds it too large.
        return np.concatenate([[0.0], np.cumsum(np.where(np.isfinite(chips), chips, UNCOUNTED))])

    @cached_property
    def kinds(self) -> Ints:
        """How often the chip has changed up to each place."""
        carried = self.lots.carried[self.at]
        return np.cumsum(np.diff(carried, prepend=carried[:1]) != 0)

    @cached_property
    def bought(self) -> Bought:
        """What is compared of them."""
        return Bought.of(self.lots, self.at)


class Ledgers:
    """The books of all companies, of which pairs can be asked about."""

    def __init__(
        self,
        lots: Lots,
        followed: np.ndarray,
        window: int,
        *,
        doubt: Floats | None = None,
        stock: np.ndarray | None = None,
        owner: Ints | None = None,
        latest: int = LATEST,
        open_seller: np.ndarray | None = None,
    ) -> None:
        self.lots, self.window = lots, window
        # Lots in which the name of a chip says nothing of where it is from.
        self.usual = np.zeros(len(lots), dtype=bool)
        if open_seller is not None:
            self.usual = open_seller[lots.shipper] & (lots.family >= 0) & ~lots.arrives
        self.of_strangers = owner is not None
        owner = lots.consignee if owner is None else owner
        stock = followed & ~lots.arrives if stock is None else stock
        self.followed = Receipts(lots, stock, owner, latest)
        # What only looks like a chip may as well be goods that are sold on under their own words.
        self.innocent = np.where(followed, 0.0 if doubt is None else doubt, 1.0)
        self.others = Receipts(lots, self.innocent > 0, lots.consignee)
        self.sent, self.sent_key = lots.sent
        self.supply = lots.supply
        self.owners = 1 + int(owner.max(initial=0))
        self.places = 1 + int(lots.consignee.max(initial=0))
        self.begins, self.ends, self.bought = self._purchases()

    def _purchases(self) -> tuple[Ints, Ints, Floats]:
        """First and last day of each company's followed purchases, and chips in them."""
        lots, at = self.lots, self.followed.at
        owner = self.followed.owner[at]
        begins = np.full(self.owners, lots.span)
        np.minimum.at(begins, owner, lots.first[at])
        ends = np.full(self.owners, -1)
        np.maximum.at(ends, owner, lots.last[at])
        bought = np.bincount(owner, weights=self.supply[at], minlength=self.owners)
        return begins, ends, bought

    def sales_of(self, asked: Questions) -> tuple[Ints, Ints]:
        """Sales of the senders while the buyers' purchases can be in stock: question, lot."""
        span, limit = self.lots.span, self.lots.span - 1
        first = np.clip(self.begins[asked.buyer], 0, limit)
        last = np.clip(self.ends[asked.buyer] + self.window, 0, limit)
        first = np.maximum(first - self.lots.longest, 0)
        low = np.searchsorted(self.sent_key, asked.sender * span + first)
        high = np.searchsorted(self.sent_key, asked.sender * span + last, side="right")
        question, place = entries(low, high)
        return question, self.sent[place]

    def ask(self, asked: Questions, unlike: np.ndarray | None = None) -> Answers:
        """Weigh the sales of senders as what became of the purchases of buyers.

        Parameters
        ----------
        asked
            Pairs of a buyer, or a country of buyers, and a sender.
        unlike
            Lots that are known to be something else.
        """
        lots = self.lots
        question, f = self.sales_of(asked)
        # What stays in the sender's hands is no sale.
        sold = lots.consignee[f] != lots.shipper[f]
        question, f = question[sold], f[sold]
        key = question * (self.places + 1) + np.where(lots.arrives[f], 0, lots.consignee[f] + 1)
        like = np.ones(len(f), dtype=bool) if unlike is None else ~unlike[f]
        open_too = np.flatnonzero(like)
        like[open_too] = self._worth_weighing(asked.buyer[question[open_too]], f[open_too])
        # Sales that are unlike what was bought are counted, not compared: they continue nothing.
        groups, of_group = np.unique(key[like], return_inverse=True)
        at = np.searchsorted(groups, key)
        known = np.append(groups, -1)[at] == key
        number = np.bincount(at[known], minlength=len(groups))
        named = lots.family[f] >= 0
        names = np.bincount(at[known & named], minlength=len(groups)) > 0
        uncompared = self._uncompared(key[~known], named[~known])
        question, f = question[like], f[like]
        order = np.lexsort((f, of_group))
        question, f, group = question[order], f[order], of_group[order]
        others = number - np.bincount(group, minlength=len(groups))
        buyer, sender = asked.buyer[question], asked.sender[question]
        chips, innocent, without = self._ratios(buyer, sender, f)
        usual = self._usual_trade(asked, question, f)
        chips /= usual[:, None, None]
        innocent /= usual[:, None, None]
        without /= usual[:, None, None]
        chips *= self._enough(question, f, buyer, chips, innocent, len(asked))[:, None, None]
        starts = np.searchsorted(group, np.arange(len(groups)))
        log_lr, probability, own_log_lr = _weigh(chips, innocent, without, starts, others)
        place = groups % (self.places + 1) - 1
        sales = pd.DataFrame(
            {
                "question": question,
                "place": place[group],
                "f": f,
                "probability": probability,
                "log_lr": own_log_lr,
                "group": group,
            }
        )
        table = pd.DataFrame(
            {
                "question": groups // (self.places + 1),
                "place": place,
                "log_lr": log_lr,
                "sales": number,
                "expected": np.bincount(group, weights=probability, minlength=len(groups)),
                "names": names,
            }
        )
        return Answers(sales, table, uncompared)

    def _uncompared(self, key: Ints, named: np.ndarray) -> pd.DataFrame:
        """Count groups of sales, of which the keys and what is named are given sale by sale."""
        keys, with_name = pd.unique(key), pd.unique(key[named])
        home = [int((one % (self.places + 1) == 0).sum()) for one in (keys, with_name)]
        abroad = [len(one) - at_home for one, at_home in zip((keys, with_name), home, strict=True)]
        return pd.DataFrame(
            [
                (TO_DESTINATION, True, home[1]),
                (TO_DESTINATION, False, home[0] - home[1]),
                (0, True, abroad[1]),
                (0, False, abroad[0] - abroad[1]),
            ],
            columns=["place", "names", "number"],
        )

    def _worth_weighing(self, owner: Ints, f: Ints) -> np.ndarray:
        """Say which sales are like any chip that the owner bought, by one lot for each chip."""
        first, models = self.models
        low, high = first[owner], first[owner + 1]
        found = np.zeros(len(f), dtype=bool)
        sold = Sold.of(self.lots, f)

        def compare(part: slice) -> None:
            row, place = entries(low[part], high[part])
            row += part.start
            like = likeness(models.take(place), sold.take(row), best=True) >= WORTH_WEIGHING
            found[row[like]] = True

        for_each(_chunks(high - low), compare)
        return found

    @cached_property
    def models(self) -> tuple[Ints, Bought]:
        """For each owner the lots that stand for the chips in its stock, one for each chip."""
        at = self.followed.at
        owner, e = stand_ins(self.lots, at, self.followed.owner[at])
        return np.searchsorted(owner, np.arange(self.owners + 1)), Bought.of(self.lots, e)

    def _ratios(self, buyer: Ints, sender: Ints, f: Ints) -> tuple[Floats, Floats, Floats]:
        """Likelihood ratios of each sale: by habits for followed purchases, and for all others.

        The last result is that of the others if there were no followed purchases.
        """
        window = self.window
        low, high = self.followed.before(buyer, f, window)
        low_other, high_other = self.others.before(sender, f, window)
        possible, others = high - low, high_other - low_other
        shape = (len(f), WORD_HABITS.shape[0], len(PRICE_HABITS))
        chips, innocent = np.zeros(shape), np.zeros(shape)
        latest = self.followed.latest
        size = np.minimum(possible, latest) + np.minimum(others, LATEST)

        def compare(part: slice) -> None:
            row, place = self.followed.pairs(low[part], high[part], f[part], window)
            if len(row):
                more = self._together(low[part], high[part], f[part])
                chips[part] = self._by_habit(row, place, f[part], more)
            row, place = self.others.pairs(low_other[part], high_other[part], f[part], window)
            if len(row):
                innocent[part] = self._innocent_by_habit(row, self.others.at[place], f[part])

        for_each(_chunks(size), compare)
        # Of what lies in the window each purchase is as likely to be the one; of more than are
        # compared, the latest stand for all.
        chips /= np.maximum(np.minimum(possible, latest), 1)[:, None, None]
        innocent /= np.maximum(np.minimum(others, LATEST), 1)[:, None, None]
        without = np.minimum(innocent, LARGEST_RATIO)
        share = possible / np.maximum(possible + others, 1)
        if self.of_strangers:
            share = np.where(others > 0, np.minimum(share, OF_STRANGERS), 1.0)
        chips = np.minimum(chips * share[:, None, None], LARGEST_RATIO)
        return chips, without * (1 - share)[:, None, None], without

    def _usual_trade(self, asked: Questions, question: Ints, f: Ints) -> Floats:
        """How much likelier each sale is by chance, given what its sender sells anyway.

        That is what it sold before the first of the buyer's purchases can have been in stock, and
        after the last one must be gone: in between its sales may be what is looked for.
        """
        span, limit, lots = self.lots.span, self.lots.span - 1, self.lots
        begin = np.clip(self.begins[asked.buyer] - lots.longest, 0, limit)
        end = np.clip(self.ends[asked.buyer] + self.window + 1, 0, limit)
        own = asked.sender * span
        first, before, after, last = np.searchsorted(
            self.sent_key, [own, own + begin, own + end, own + span]
        )
        low = np.stack([np.maximum(first, before - USUAL_LOTS), after])[:, question]
        high = np.stack([before, np.minimum(last, after + USUAL_LOTS)])[:, question]
        number = (high - low).sum(axis=0)
        found = np.zeros(len(f))
        known = np.flatnonzero(number)

        def compare(part: slice) -> None:
            sales = known[part]
            for side in range(len(low)):
                row, place = entries(low[side, sales], high[side, sales])
                ratio = same_goods(lots, self.sent[place], f[sales][row])
                found[sales] += np.bincount(row, weights=ratio, minlength=len(sales))

        for_each(_chunks(number[known]), compare)
        weight = number / (number + PRIOR_USUAL)
        return np.asarray(1 + weight * (found / np.maximum(number, 1) - 1))

    def _together(self, low: Ints, high: Ints, f: Ints) -> tuple[Ints, Ints, Floats]:
        """Find for sales the purchases that hold as many chips in sum, and what that adds.

        Returns
        -------
        tuple of numpy.ndarray
            Where the purchases begin and have ended, and what is added to their likelihood ratio
            of the number.
        """
        lots = self.lots
        if self.of_strangers or not len(self.followed.at):
            return np.zeros_like(low), np.zeros_like(low), np.zeros(len(f))
        feed = self.followed.at[np.maximum(high - 1, 0)]
        by_pieces = lots.items[f] * lots.in_piece(feed, f)
        chips = np.where(lots.family[f] >= 0, lots.units[f], by_pieces)
        begin, end, looked_at = self.followed.runs(low, high, chips)
        by_chance = np.maximum(looked_at, 1) * lots.number_by_chance[f]
        return begin, end, TOGETHER * np.maximum(1 / by_chance - 1, 0)

    def _by_habit(
        self, row: Ints, place: Ints, f: Ints, together: tuple[Ints, Ints, Floats]
    ) -> Floats:
        """Sum over purchases of the likelihood ratios of sales, by habits of words and prices."""
        sold = Sold.of(self.lots, f)
        found = self._agreement(row, place, f, sold)
        same = found.word == SAME_CHIP
        number_and_wait = _number(found, row, place, together) * found.waiting
        number_and_wait *= 1 - self.innocent[self.followed.at[place]]
        weighed = (number_and_wait * found.weight)[:, None] * found.value
        # An open seller sells the chip by name, at its usual weight and price, whatever it buys.
        usual = self.usual[f]
        openly = np.flatnonzero(same & usual[row])
        weighed[openly] = number_and_wait[openly, None]
        # Words depend on the sale alone, but for whether they name the chip that was bought.
        words = (WORD_HABITS[:, sold.word] / sold.word_chance).T
        total: Floats = words[:, :, None] * _sums(row, weighed, len(f), ~same)[:, None, :]
        if same.any():
            named = np.where(usual, 1.0, WORD_HABITS[:, [SAME_CHIP]] / sold.same_chance).T
            total += named[:, :, None] * _sums(row, weighed, len(f), same)[:, None, :]
        return total

    def _innocent_by_habit(self, row: Ints, e: Ints, f: Ints) -> Floats:
        """Sum over purchases that nobody follows of the likelihood ratios of sales, by habits."""
        ratio, same = innocent_agreement(self.lots, e, f[row], self.window)
        unsure = np.flatnonzero(self.innocent[e] < 1)
        ratio[unsure] *= self.innocent[e[unsure], None]
        otherwise, kept = innocent_words(self.lots, f)
        total: Floats = otherwise[:, :, None] * _sums(row, ratio, len(f), ~same)[:, None, :]
        total += kept[:, :, None] * _sums(row, ratio, len(f), same)[:, None, :]
        return total

    def _agreement(self, row: Ints, place: Ints, f: Ints, sold: Sold) -> Agreement:
        """Compare sales with followed purchases, by their places."""
        receipts = self.followed
        return agreement(
            self.lots,
            receipts.at[place],
            f[row],
            self.window,
            bought=receipts.bought.take(place),
            sold=sold.take(row),
        )

    def _enough(
        self, question: Ints, f: Ints, buyer: Ints, chips: Floats, innocent: Floats, asked: int
    ) -> Floats:
        """Share of the sales for which purchases suffice: none supplies more than it holds."""
        mean, others = (
            np.einsum("rwp,w,p->r", ratio, words, habit_shares())
            for ratio, words in ((chips, WORD_HABIT_SHARES), (innocent, INNOCENT_WORD_SHARES))
        )
        like = mean > 1 + others
        wanted = np.bincount(
            question[like], weights=self._chips_in(f[like], buyer[like]), minlength=asked
        )
        bought = np.bincount(question, minlength=asked) * 0.0
        np.maximum.at(bought, question, self.bought[buyer])
        share = np.where(wanted > 0, bought / np.maximum(wanted, 1e-9), 1.0)
        share = np.clip(np.nan_to_num(share, nan=1.0, posinf=1.0), 0.0, 1.0)
        return np.asarray(share[question])

    def _chips_in(self, f: Ints, buyer: Ints) -> Floats:
        """Chips that sales would hold if they were what the buyer bought last before them."""
        if not len(f):
            return np.empty(0)
        _, high = self.followed.before(buyer, f, self.window)
        feed = self.followed.at[np.maximum(high - 1, 0)]
        held = self.lots.holds(feed, f)
        return np.where(np.isfinite(held), held, 0.0)

    def feeds(self, asked: Questions, believed: pd.DataFrame) -> pd.DataFrame:
        """Say of believed sales which purchases they may continue.

        Parameters
        ----------
        asked
            The questions that were asked.
        believed
            Rows of :attr:`Answers.sales`.

        Returns
        -------
        pandas.DataFrame
            ``question, group, e, f, share`` (of the sale's probability), one row a pair.
        """
        f = believed["f"].to_numpy()
        question = believed["question"].to_numpy()
        buyer = asked.buyer[question]
        low, high = self.followed.before(buyer, f, self.window)
        parts = _chunks(np.minimum(high - low, self.followed.latest))
        nothing = low[:0], low[:0], np.empty(0)
        found: list[tuple[Ints, Ints, Floats]] = [nothing] * (1 + len(parts))

        def compare(numbered: tuple[int, slice]) -> None:
            number, part = numbered
            row, place = self.followed.pairs(low[part], high[part], f[part], self.window)
            together = self._together(low[part], high[part], f[part])
            ratio = self._usual_ratio(row, place, f[part], together)
            whole = np.bincount(row, weights=ratio, minlength=len(f[part]))
            found[number] = row + part.start, self.followed.at[place], ratio / whole[row]

        for_each(list(enumerate(parts)), compare)
        row, e, share = (np.concatenate(one) for one in zip(*found, strict=True))
        group = believed["group"].to_numpy()
        share = _by_chip(row, group, pd.factorize(self.lots.chip[e])[0], share)
        return pd.DataFrame(
            {
                "question": question[row],
                "group": group[row],
                "e": e,
                "f": f[row],
                "share": share,
            }
        )

    def _usual_ratio(
        self, row: Ints, place: Ints, f: Ints, together: tuple[Ints, Ints, Floats]
    ) -> Floats:
        """Likelihood ratio of each pair over all habits."""
        found = self._agreement(row, place, f, Sold.of(self.lots, f))
        ratio = found.weight * _number(found, row, place, together) * found.waiting
        return np.asarray(ratio * found.usual_words * found.usual_value)


def _number(
    found: Agreement, row: Ints, place: Ints, together: tuple[Ints, Ints, Floats]
) -> Floats:
    """Likelihood ratio of the number of pairs, by themselves and with purchases beside them."""
    begin, end, more = together
    inside = (place >= begin[row]) & (place < end[row])
    return np.asarray(found.number + np.where(inside, more[row], 0.0))


def _by_chip(row: Ints, group: Ints, chip: Ints, share: Floats) -> Floats:
    """Weigh the purchases behind each sale by what chips the group's sales are as a whole.

    A mixture whose weights are found by expectation and maximisation (Dempster, Laird and Rubin,
    1977): of two chips that fit one sale alike, the one that fits its neighbours is meant.

    Parameters
    ----------
    row
        Sale of each pair of lots.
    group
        Group of each sale.
    chip
        Code of the chip in the purchase of each pair.
    share
        Of each sale's probability, by the pair alone.
    """
    if not len(row):
        return share
    chips = 1 + int(chip.max())
    cells, cell = np.unique(row * chips + chip, return_inverse=True)
    sale = cells // chips
    parts, part = np.unique(group[sale] * chips + cells % chips, return_inverse=True)
    groups, of_group = np.unique(parts // chips, return_inverse=True)
    alone = np.bincount(cell, weights=share, minlength=len(cells))
    weight = np.ones(len(parts))
    sales = 1 + int(row.max())
    for _ in range(MIXING_ROUNDS):
        meant = alone * weight[part]
        meant /= np.bincount(sale, weights=meant, minlength=sales)[sale]
        number = np.bincount(part, weights=meant, minlength=len(parts)) + ANY_CHIP
        weight = number / np.bincount(of_group, weights=number, minlength=len(groups))[of_group]
    return np.asarray(share * (meant / alone)[cell])


def stand_ins(lots: Lots, at: Ints, owner: Ints) -> tuple[Ints, Ints]:
    """Choose one lot for each owner and chip: the one whose weight is in the middle.

    Parameters
    ----------
    lots
        All lots.
    at
        Positions of those to choose from; such without a weight come last.
    owner
        Who has each of them.

    Returns
    -------
    tuple of numpy.ndarray
        Owner and position of each that was chosen, by owner.
    """
    chip = pd.factorize(lots.chip[at])[0]
    table = pd.DataFrame({"owner": owner, "chip": chip, "kg": lots.like("kg", at), "e": at})
    table = table.sort_values(["owner", "chip", "kg", "e"])
    groups = table.groupby(["owner", "chip"])
    middle = (groups["kg"].transform("count").clip(lower=1) - 1) // 2
    table = table[groups.cumcount() == middle]
    return table["owner"].to_numpy(), table["e"].to_numpy()


def _sums(row: Ints, values: Floats, rows: int, which: np.ndarray) -> Floats:
    """Sum some rows of values that stand in the order of the rows they belong to."""
    if not which.all():
        row, values = row[which], values[which]
    total = np.zeros((rows, values.shape[1]))
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    if len(starts):
        total[row[starts]] = np.add.reduceat(values, starts, axis=0)
    return total


def _chunks(size: Ints) -> list[slice]:
    """Runs of rows that together have so many pairs as are compared at once."""
    if not len(size):
        return []
    number = np.cumsum(size) // PAIRS_AT_ONCE
    edges = np.flatnonzero(np.diff(number, prepend=number[0]))
    ends = [0, *edges.tolist(), len(size)]
    return [slice(a, b) for a, b in pairwise(ends) if b > a]


@cache
def share_nodes() -> Floats:
    """Return nodes of the Gauss-Chebyshev quadrature, which weigh alike under Jeffreys' prior."""
    at = (2 * np.arange(1, SHARE_NODES + 1) - 1) * np.pi / (4 * SHARE_NODES)
    return np.asarray(np.sin(at) ** 2)


def _weigh(
    chips: Floats, innocent: Floats, without: Floats, starts: Ints, others: Ints
) -> tuple[Floats, Floats, Floats]:
    """Return the log likelihood ratio of each group of sales, and what each sale says.

    Parameters
    ----------
    chips, innocent, without
        What :meth:`Ledgers._ratios` returned, in the order of groups.
    starts
        First row of each group.
    others
        Number of sales in each group that were not compared.

    Returns
    -------
    tuple of numpy.ndarray
        By group the log likelihood ratio; by sale the probability that it continues a purchase,
        and the log of how much likelier that is made by the sale itself: of a company that sells
        chips anything is likely to be chips, whatever it looks like.
    """
    if not len(starts):
        return np.empty(0), np.empty(0), np.empty(0)
    rows = len(innocent)
    habits, innocent, without = (one.reshape(rows, -1) for one in (chips, innocent, without))
    prior, prior_without = (
        np.log(np.outer(words, habit_shares()).reshape(-1) / SHARE_NODES)
        for words in (WORD_HABIT_SHARES, INNOCENT_WORD_SHARES)
    )
    group = np.repeat(np.arange(len(starts)), np.diff([*starts, rows]))
    by_share, plain = [], []
    for share in share_nodes():
        nothing = others * np.log1p(-share)
        mixed = np.log1p(share * (habits + innocent - 1))
        by_share.append(np.add.reduceat(mixed, starts, axis=0) + prior + nothing[:, None])
        mixed = np.log1p(share * (without - 1))
        plain.append(np.add.reduceat(mixed, starts, axis=0) + prior_without + nothing[:, None])
    joint = np.stack(by_share)
    top = joint.max(axis=(0, 2))
    weight = np.exp(joint - top[None, :, None])
    total = weight.sum(axis=(0, 2))
    against = np.logaddexp.reduce(np.stack(plain), axis=(0, 2))
    log_lr = top + np.log(total) - against
    weight /= total[:, None]
    unlike, expected = np.zeros(rows), np.zeros(len(starts))
    for share, part in zip(share_nodes(), weight, strict=True):
        plain_sale = 1 + share * (innocent - 1)
        unlike += np.einsum("rh,rh->r", plain_sale / (plain_sale + share * habits), part[group])
        expected += share * part.sum(axis=1)
    return log_lr, 1 - unlike, np.log1p(-expected)[group] - np.log(unlike)
