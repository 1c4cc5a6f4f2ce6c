"""One company's purchases against one company's sales, which may continue them.

Goods leave in other shipments than they came: split, merged, pooled in stock, kept in part. So
sales are not matched to purchases one by one. Each sale of a sender is what some purchase in the
window became, or it is not; which purchase, at what habit of naming goods and of declaring values,
and what share of the sender's sales are such, is summed over. Purchases that are not traced explain
sales too. The sum is the likelihood of the sales with the traced purchases over that without.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chipflow.network.arrays import Floats, Ints, entries
from chipflow.threads import for_each
from chipflow.tracing.background import SAME_CHIP
from chipflow.tracing.comparisons import (
    Comparison,
    InboundFeatures,
    OutboundFeatures,
    compare,
    compare_competing,
    competing_words,
    price_habit_shares,
    same_goods_ratio,
)
from chipflow.tracing.screening import StockRanges, longest_wait_ratio

if TYPE_CHECKING:
    from chipflow.settings import InventorySettings, Settings
    from chipflow.tracing.shipments import TracedShipments

PAIRS_AT_ONCE = 100_000  # bounds the memory, to about 20 MB a thread
UNCOUNTED = 1e9  # chips, more than there are
LARGEST_RATIO = 1e12  # of one sale; keeps sums of exponentials finite
FACTORS_AT_ONCE = 16  # each below 4 * LARGEST_RATIO, so that their product stays finite

TO_DESTINATION = -1  # the place of all sales that arrive at the destination, as one


@dataclass(frozen=True)
class CompanyPairs:
    """Pairs of companies: what ``buyer`` bought may have left with what ``sender`` sold.

    The two are one company, or two between which no record stands.
    """

    buyer: Ints
    sender: Ints

    def __len__(self) -> int:
        return len(self.buyer)

    def take(self, which: np.ndarray) -> CompanyPairs:
        """Return some of them."""
        return CompanyPairs(self.buyer[which], self.sender[which])


@dataclass(frozen=True)
class PairScores:
    """What the inventories say.

    Attributes
    ----------
    sales
        One row a sale that was weighed: ``pair, place`` (TO_DESTINATION or the consignee),
        ``f`` (shipment), ``probability`` that it continues a traced purchase, ``log_lr`` (how far
        the sale itself speaks for that, given what share of the group's sales does), ``group``.
    groups
        One row a question and place: ``pair, place, log_lr`` (natural log of the likelihood
        of its sales with the traced purchases over that without), ``sales`` (number),
        ``expected`` (sum of probabilities), ``names`` (whether a sale names a chip).
    unlike
        How many more questions and places there are none of whose sales was like what was
        bought: ``place`` (TO_DESTINATION, or 0 for any other), ``names, number``.
    """

    sales: pd.DataFrame
    groups: pd.DataFrame
    unlike: pd.DataFrame


class Purchases:
    """Some shipments by who receives them, a company or a country, in order of days."""

    def __init__(
        self, traced: TracedShipments, which: np.ndarray, owner: Ints, latest: int | None = None
    ) -> None:
        self.traced, self.owner = traced, owner
        self.latest = traced.settings.inventory.latest if latest is None else latest
        self.at = traced.arrays.received[which[traced.arrays.received]]
        if owner is not traced.arrays.consignee:
            at = np.sort(self.at[owner[self.at] >= 0])
            self.at = at[
                np.argsort(owner[at] * traced.arrays.span + traced.arrays.first[at], kind="stable")
            ]
        self.key = owner[self.at] * traced.arrays.span + traced.arrays.first[self.at]

    def before(self, owner: Ints, f: Ints, window: int) -> tuple[Ints, Ints]:
        """Return the range of purchases from which their owner can have sold each shipment."""
        traced, limit = self.traced, self.traced.arrays.span - 1
        earliest = np.clip(traced.arrays.first[f] - window - traced.arrays.longest, 0, limit)
        low = np.searchsorted(self.key, owner * traced.arrays.span + earliest)
        latest = np.clip(traced.arrays.last[f], 0, limit)
        high = np.searchsorted(self.key, owner * traced.arrays.span + latest, side="right")
        return low, high

    def pairs(self, low: Ints, high: Ints, f: Ints, window: int) -> tuple[Ints, Ints]:
        """Return the latest purchases of each range: row of ``f``, and place in ``at``."""
        traced = self.traced
        row, place = entries(np.maximum(low, high - self.latest), high)
        e, sent = self.at[place], f[row]
        able = (traced.arrays.last[e] >= traced.arrays.first[sent] - window) & (e != sent)
        # What a company bought itself is in its own books, not in those of its country.
        if self.owner is not traced.arrays.consignee:
            able &= traced.arrays.consignee[e] != traced.arrays.shipper[sent]
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
            Where the run begins and has ended, of the latest and shortest (both zero: none), and
            how many runs were looked at.
        """
        begin, end, looked_at = (np.zeros(len(low), dtype=np.int64) for _ in range(3))
        open_too = np.flatnonzero(np.isfinite(chips) & (high - low > 1))
        settings, equal = self.traced.settings.inventory, self.traced.settings.comparisons.equal
        for back, size in product(
            range(settings.latest_of_run), range(2, settings.most_pooled + 1)
        ):
            last = high[open_too] - back
            first = last - size
            inside = first >= low[open_too]
            at, first, last = open_too[inside], first[inside], last[inside]
            looked_at[at] += 1
            pooled = self.held[last] - self.held[first]
            found = (abs(pooled - chips[at]) <= equal) & (end[at] == 0)
            found &= self.kinds[last - 1] == self.kinds[first]
            begin[at[found]], end[at[found]] = first[found], last[found]
        return begin, end, looked_at

    @cached_property
    def held(self) -> Floats:
        """Chips in all purchases before each place."""
        chips = self.traced.cargo.units[self.at]
        # A purchase that is not counted makes every sum that holds it too large.
        return np.concatenate([[0.0], np.cumsum(np.where(np.isfinite(chips), chips, UNCOUNTED))])

    @cached_property
    def kinds(self) -> Ints:
        """How often the chip has changed up to each place."""
        carried = self.traced.cargo.carried[self.at]
        return np.cumsum(np.diff(carried, prepend=carried[:1]) != 0)

    @cached_property
    def bought(self) -> InboundFeatures:
        """What is compared of them."""
        return InboundFeatures.of(self.traced, self.at)


class InventoryModel:
    """Purchases and sales of all companies, of which pairs can be scored.

    Parameters
    ----------
    traced
        All shipments.
    followed
        Which of them are traced.
    window
        Days within which a continuation is looked for.
    doubt
        Probability that a traced shipment is no chips after all.
    stock
        Purchases that may be in stock; by default all that are traced and go to third countries.
    by_country
        Whether all purchases of a country are one inventory, not those of a company.
    open_distributor
        Companies that sell chips openly.
    """

    def __init__(
        self,
        traced: TracedShipments,
        followed: np.ndarray,
        window: int,
        *,
        doubt: Floats,
        stock: np.ndarray | None = None,
        by_country: bool = False,
        open_distributor: np.ndarray | None = None,
    ) -> None:
        arrays = traced.arrays
        self.traced, self.window, self.settings = traced, window, traced.settings
        self._made_of: dict[str, Any] = {
            "followed": followed,
            "doubt": doubt,
            "stock": stock,
            "by_country": by_country,
            "open_distributor": open_distributor,
        }
        # Shipments in which the name of a chip says nothing of where it is from.
        self.usual = np.zeros(len(traced), dtype=bool)
        if open_distributor is not None:
            self.usual = open_distributor[arrays.shipper] & (traced.family >= 0) & ~traced.arrives
        self.of_strangers = by_country
        owner = arrays.to_country if by_country else arrays.consignee
        stock = followed & ~traced.arrives if stock is None else stock
        latest = self.settings.transfers.latest_of_country if by_country else None
        self.followed = Purchases(traced, stock, owner, latest)
        # What only looks like a chip may as well be goods that are sold on under their own words.
        self.competing = np.where(followed, doubt, 1.0)
        self.others = Purchases(traced, self.competing > 0, arrays.consignee)
        self.sent, self.sent_key = arrays.sent
        self.supply = traced.supply
        self.owners = 1 + int(owner.max(initial=0))
        self.places = 1 + int(arrays.consignee.max(initial=0))
        self.begins, self.ends, self.bought = self._purchases()

    def with_cargo(self, traced: TracedShipments) -> InventoryModel:
        """Return the same inventories of the same shipments with what is known of their cargo now.

        Parameters
        ----------
        traced
            The same shipments, of which more is inferred.
        """
        return InventoryModel(traced, window=self.window, **self._made_of)

    def _purchases(self) -> tuple[Ints, Ints, Floats]:
        """First and last day of each company's traced purchases, and chips in them."""
        traced, at = self.traced, self.followed.at
        owner = self.followed.owner[at]
        begins = np.full(self.owners, traced.arrays.span)
        np.minimum.at(begins, owner, traced.arrays.first[at])
        ends = np.full(self.owners, -1)
        np.maximum.at(ends, owner, traced.arrays.last[at])
        bought = np.bincount(owner, weights=self.supply[at], minlength=self.owners)
        return begins, ends, bought

    def sales_of(self, asked: CompanyPairs) -> tuple[Ints, Ints]:
        """Sales of the senders while the buyers' purchases can be in stock: question, shipment."""
        span, limit = self.traced.arrays.span, self.traced.arrays.span - 1
        first = np.clip(self.begins[asked.buyer], 0, limit)
        last = np.clip(self.ends[asked.buyer] + self.window, 0, limit)
        first = np.maximum(first - self.traced.arrays.longest, 0)
        low = np.searchsorted(self.sent_key, asked.sender * span + first)
        high = np.searchsorted(self.sent_key, asked.sender * span + last, side="right")
        pair, place = entries(low, high)
        return pair, self.sent[place]

    def score(self, asked: CompanyPairs, unlike: np.ndarray | None = None) -> PairScores:
        """Weigh the sales of senders as what became of the purchases of buyers.

        Parameters
        ----------
        asked
            Pairs of a buyer, or a country of buyers, and a sender.
        unlike
            Shipments that are known to be something else.
        """
        traced = self.traced
        pair, f = self.sales_of(asked)
        # What stays in the sender's hands is no sale.
        sold = traced.arrays.consignee[f] != traced.arrays.shipper[f]
        pair, f = pair[sold], f[sold]
        key = pair * (self.places + 1) + np.where(
            traced.arrives[f], 0, traced.arrays.consignee[f] + 1
        )
        like = np.ones(len(f), dtype=bool) if unlike is None else ~unlike[f]
        open_too = np.flatnonzero(like)
        like[open_too] = self._passes_screen(asked.buyer[pair[open_too]], f[open_too])
        # Sales that are unlike what was bought are counted, not compared: they continue nothing.
        groups, of_group = np.unique(key[like], return_inverse=True)
        at = np.searchsorted(groups, key)
        known = np.append(groups, -1)[at] == key
        number = np.bincount(at[known], minlength=len(groups))
        traced_too, competes = self._explicable(asked, pair, f)
        left = known & ~like & (traced_too | competes)
        others, competing_others = (
            np.bincount(at[of], minlength=len(groups)) for of in (left, left & competes)
        )
        named = traced.family[f] >= 0
        names = np.bincount(at[known & named], minlength=len(groups)) > 0
        uncompared = self._uncompared(key[~known], named[~known])
        order = np.lexsort((f[like], of_group))
        chosen = np.flatnonzero(like)[order]
        pair, f, group = pair[chosen], f[chosen], of_group[order]
        traced_too, competes = traced_too[chosen], competes[chosen]
        buyer, sender = asked.buyer[pair], asked.sender[pair]
        chips, competing, without = self._ratios(buyer, sender, f)
        usual = self._sender_baseline(asked, pair, f)
        chips /= usual[:, None, None]
        competing /= usual[:, None, None]
        without /= usual[:, None, None]
        chips *= self._supply_share(pair, f, buyer, chips, competing, len(asked))[:, None, None]
        starts = np.searchsorted(group, np.arange(len(groups)))
        weighed = _Weighed(
            chips, competing, without, traced_too | competes, competes,
            starts, others, competing_others,
        )  # fmt: skip
        log_lr, probability, own_log_lr = _weigh(weighed, self.settings)
        place = groups % (self.places + 1) - 1
        sales = pd.DataFrame(
            {
                "pair": pair,
                "place": place[group],
                "f": f,
                "probability": probability,
                "log_lr": own_log_lr,
                "group": group,
            }
        )
        table = pd.DataFrame(
            {
                "pair": groups // (self.places + 1),
                "place": place,
                "log_lr": log_lr,
                "sales": number,
                "expected": np.bincount(group, weights=probability, minlength=len(groups)),
                "names": names,
            }
        )
        return PairScores(sales, table, uncompared)

    def _explicable(
        self, asked: CompanyPairs, pair: Ints, f: Ints
    ) -> tuple[np.ndarray, np.ndarray]:
        """Say of sales whether they can continue a traced purchase, and whether another one."""
        low, high = self.followed.before(asked.buyer[pair], f, self.window)
        low_other, high_other = self.others.before(asked.sender[pair], f, self.window)
        return np.asarray(high > low), np.asarray(high_other > low_other)

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

    def _passes_screen(self, owner: Ints, f: Ints) -> np.ndarray:
        """Say which sales can be like anything that the owner bought, at any habit."""
        stock, traced = self.stock, self.traced
        low, high = stock.first[owner], stock.first[owner + 1]
        # What an open distributor names is compared by number and wait alone.
        found = self.usual[f] & (high > low)
        best = np.zeros(len(f))
        sold = OutboundFeatures.of(traced, f)
        screen = self.settings.inventory.screen
        most_waits = longest_wait_ratio(self.settings.comparisons, self.window)

        def compare(part: slice) -> None:
            row, form = entries(low[part], high[part])
            row += part.start
            partial = stock.bound(form, sold.take(row)) * most_waits
            np.fmax.at(best, row, partial)
            # Numbers that agree may speak for what is unlike; most are unlike beyond that.
            number = stock.number_bound(traced, owner[row], form, f[row])
            found[row[partial * number >= screen]] = True

        for_each(_chunks(high - low), compare)
        self._pass_pooled(owner, f, best, found)
        return np.asarray(found)

    def _pass_pooled(self, owner: Ints, f: Ints, best: Floats, found: np.ndarray) -> None:
        """Let sales pass whose number is that of several purchases in a row."""
        pooled = self.settings.inventory.pooled / self.traced.background.number_share[f]
        left = np.flatnonzero(~found & (best * (1 + pooled) >= self.settings.inventory.screen))
        low, high = self.followed.before(owner[left], f[left], self.window)
        begin, end, more = self._pooled_purchases(low, high, f[left])
        found[left[(end > begin) & (best[left] * (1 + more) >= self.settings.inventory.screen)]] = (
            True
        )

    @cached_property
    def stock(self) -> StockRanges:
        """What the owners' traced purchases are, by their forms."""
        at = self.followed.at
        return StockRanges.of(self.traced, at, self.followed.owner[at], self.owners)

    def _ratios(self, buyer: Ints, sender: Ints, f: Ints) -> tuple[Floats, Floats, Floats]:
        """Likelihood ratios of each sale: by habits for traced purchases, and for all others.

        The last result is that of the others if there were no traced purchases.
        """
        window = self.window
        low, high = self.followed.before(buyer, f, window)
        low_other, high_other = self.others.before(sender, f, window)
        possible, others = high - low, high_other - low_other
        settings = self.settings
        habits = settings.comparisons.habits_of_words
        shape = (len(f), len(habits), settings.comparisons.price_habits)
        chips, competing = np.zeros(shape), np.zeros(shape)
        latest = self.followed.latest
        size = np.minimum(possible, latest) + np.minimum(others, settings.inventory.latest)

        def compare(part: slice) -> None:
            row, place = self.followed.pairs(low[part], high[part], f[part], window)
            if len(row):
                more = self._pooled_purchases(low[part], high[part], f[part])
                chips[part] = self._by_habit(row, place, f[part], more)
            row, place = self.others.pairs(low_other[part], high_other[part], f[part], window)
            if len(row):
                competing[part] = self._competing_by_habit(row, self.others.at[place], f[part])

        for_each(_chunks(size), compare)
        # Of what lies in the window each purchase is as likely to be the one; of more than are
        # compared, the latest stand for all.
        chips /= np.maximum(np.minimum(possible, latest), 1)[:, None, None]
        competing /= np.maximum(np.minimum(others, settings.inventory.latest), 1)[:, None, None]
        without = np.minimum(competing, LARGEST_RATIO)
        share = possible / np.maximum(possible + others, 1)
        if self.of_strangers:
            share = np.where(others > 0, np.minimum(share, settings.inventory.of_strangers), 1.0)
        chips = np.minimum(chips * share[:, None, None], LARGEST_RATIO)
        return chips, without * (1 - share)[:, None, None], without

    def _sender_baseline(self, asked: CompanyPairs, pair: Ints, f: Ints) -> Floats:
        """How much likelier each sale is by chance, given what its sender sells anyway.

        That is what it sold before the first of the buyer's purchases can have been in stock, and
        after the last one must be gone: in between its sales may be what is looked for.
        """
        span, limit, traced = self.traced.arrays.span, self.traced.arrays.span - 1, self.traced
        begin = np.clip(self.begins[asked.buyer] - traced.arrays.longest, 0, limit)
        end = np.clip(self.ends[asked.buyer] + self.window + 1, 0, limit)
        own = asked.sender * span
        first, before, after, last = np.searchsorted(
            self.sent_key, [own, own + begin, own + end, own + span]
        )
        near = self.settings.inventory.baseline_shipments
        low = np.stack([np.maximum(first, before - near), after])[:, pair]
        high = np.stack([before, np.minimum(last, after + near)])[:, pair]
        number = (high - low).sum(axis=0)
        found = np.zeros(len(f))
        known = np.flatnonzero(number)

        def compare(part: slice) -> None:
            sales = known[part]
            for side in range(len(low)):
                row, place = entries(low[side, sales], high[side, sales])
                ratio = same_goods_ratio(traced, self.sent[place], f[sales][row])
                found[sales] += np.bincount(row, weights=ratio, minlength=len(sales))

        for_each(_chunks(number[known]), compare)
        weight = number / (number + self.settings.inventory.baseline_prior)
        return np.asarray(1 + weight * (found / np.maximum(number, 1) - 1))

    def _pooled_purchases(self, low: Ints, high: Ints, f: Ints) -> tuple[Ints, Ints, Floats]:
        """Find for sales the purchases that hold as many chips in sum, and what that adds.

        Returns
        -------
        tuple of numpy.ndarray
            Where the purchases begin and have ended, and what is added to their likelihood ratio
            of the number.
        """
        traced = self.traced
        if self.of_strangers or not len(self.followed.at):
            return np.zeros_like(low), np.zeros_like(low), np.zeros(len(f))
        feed = self.followed.at[np.maximum(high - 1, 0)]
        by_pieces = traced.arrays.items[f] * traced.in_piece(feed, f)
        chips = np.where(traced.family[f] >= 0, traced.cargo.units[f], by_pieces)
        begin, end, looked_at = self.followed.runs(low, high, chips)
        by_chance = np.maximum(looked_at, 1) * traced.background.number_share[f]
        pooled = self.settings.inventory.pooled
        return begin, end, pooled * np.maximum(1 / by_chance - 1, 0)

    def _by_habit(
        self, row: Ints, place: Ints, f: Ints, pooled: tuple[Ints, Ints, Floats]
    ) -> Floats:
        """Sum over purchases of the likelihood ratios of sales, by habits of words and prices."""
        sold = OutboundFeatures.of(self.traced, f)
        found = self._agreement(row, place, f, sold)
        same = found.word == SAME_CHIP
        number_and_wait = _number(found, row, place, pooled) * found.waiting
        number_and_wait *= 1 - self.competing[self.followed.at[place]]
        weighed = (number_and_wait * found.weight)[:, None] * found.value
        # An open distributor sells the chip by name, at its usual weight and price, whatever it
        # buys.
        usual = self.usual[f]
        openly = np.flatnonzero(same & usual[row])
        weighed[openly] = number_and_wait[openly, None]
        # Words depend on the sale alone, but for whether they name the chip that was bought.
        habits = self.settings.comparisons.habits_of_words
        words = (habits[:, sold.word] / sold.word_share).T
        total: Floats = words[:, :, None] * _sums(row, weighed, len(f), ~same)[:, None, :]
        if same.any():
            named = np.where(usual, 1.0, habits[:, [SAME_CHIP]] / sold.same_chip_share).T
            total += named[:, :, None] * _sums(row, weighed, len(f), same)[:, None, :]
        return total

    def _competing_by_habit(self, row: Ints, e: Ints, f: Ints) -> Floats:
        """Sum over purchases that is not traced of the likelihood ratios of sales, by habits."""
        ratio, same = compare_competing(self.traced, e, f[row], self.window)
        unsure = np.flatnonzero(self.competing[e] < 1)
        ratio[unsure] *= self.competing[e[unsure], None]
        otherwise, kept = competing_words(self.traced, f)
        total: Floats = otherwise[:, :, None] * _sums(row, ratio, len(f), ~same)[:, None, :]
        total += kept[:, :, None] * _sums(row, ratio, len(f), same)[:, None, :]
        return total

    def _agreement(self, row: Ints, place: Ints, f: Ints, sold: OutboundFeatures) -> Comparison:
        """Compare sales with traced purchases, by their places."""
        receipts = self.followed
        return compare(
            self.traced,
            receipts.at[place],
            f[row],
            self.window,
            bought=receipts.bought.take(place),
            sold=sold.take(row),
        )

    def _supply_share(
        self, pair: Ints, f: Ints, buyer: Ints, chips: Floats, competing: Floats, asked: int
    ) -> Floats:
        """Share of the sales for which purchases suffice: none supplies more than it holds."""
        settings = self.settings.comparisons
        mean, others = (
            np.einsum("rwp,w,p->r", ratio, words, price_habit_shares(settings))
            for ratio, words in (
                (chips, settings.shares_of_habits),
                (competing, settings.competing_shares),
            )
        )
        like = mean > 1 + others
        wanted = np.bincount(
            pair[like], weights=self._chips_in(f[like], buyer[like]), minlength=asked
        )
        bought = np.bincount(pair, minlength=asked) * 0.0
        np.maximum.at(bought, pair, self.bought[buyer])
        share = np.where(wanted > 0, bought / np.maximum(wanted, 1e-9), 1.0)
        share = np.clip(np.nan_to_num(share, nan=1.0, posinf=1.0), 0.0, 1.0)
        return np.asarray(share[pair])

    def _chips_in(self, f: Ints, buyer: Ints) -> Floats:
        """Chips that sales would hold if they were what the buyer bought last before them."""
        if not len(f):
            return np.empty(0)
        _, high = self.followed.before(buyer, f, self.window)
        feed = self.followed.at[np.maximum(high - 1, 0)]
        held = self.traced.holds(feed, f)
        return np.where(np.isfinite(held), held, 0.0)

    def continuations(self, asked: CompanyPairs, believed: pd.DataFrame) -> pd.DataFrame:
        """Say of believed sales which purchases they may continue.

        Parameters
        ----------
        asked
            The questions that were asked.
        believed
            Rows of :attr:`PairScores.sales`.

        Returns
        -------
        pandas.DataFrame
            ``pair, group, e, f, share`` (of the sale's probability), one row a pair.
        """
        f = believed["f"].to_numpy()
        pair = believed["pair"].to_numpy()
        buyer = asked.buyer[pair]
        low, high = self.followed.before(buyer, f, self.window)
        parts = _chunks(np.minimum(high - low, self.followed.latest))
        nothing = low[:0], low[:0], np.empty(0)
        found: list[tuple[Ints, Ints, Floats]] = [nothing] * (1 + len(parts))

        def compare(numbered: tuple[int, slice]) -> None:
            number, part = numbered
            row, place = self.followed.pairs(low[part], high[part], f[part], self.window)
            pooled = self._pooled_purchases(low[part], high[part], f[part])
            ratio = self._usual_ratio(row, place, f[part], pooled)
            whole = np.bincount(row, weights=ratio, minlength=len(f[part]))
            found[number] = row + part.start, self.followed.at[place], ratio / whole[row]

        for_each(list(enumerate(parts)), compare)
        row, e, share = (np.concatenate(one) for one in zip(*found, strict=True))
        group = believed["group"].to_numpy()
        share = _by_chip(
            row, group, pd.factorize(self.traced.cargo.chip[e])[0], share, self.settings.inventory
        )
        return pd.DataFrame(
            {
                "pair": pair[row],
                "group": group[row],
                "e": e,
                "f": f[row],
                "share": share,
            }
        )

    def _usual_ratio(
        self, row: Ints, place: Ints, f: Ints, pooled: tuple[Ints, Ints, Floats]
    ) -> Floats:
        """Likelihood ratio of each pair over all habits."""
        found = self._agreement(row, place, f, OutboundFeatures.of(self.traced, f))
        ratio = found.weight * _number(found, row, place, pooled) * found.waiting
        return np.asarray(ratio * found.words_over_habits * found.value_over_habits)


def _number(found: Comparison, row: Ints, place: Ints, pooled: tuple[Ints, Ints, Floats]) -> Floats:
    """Likelihood ratio of the number of pairs, by themselves and with purchases beside them."""
    begin, end, more = pooled
    inside = (place >= begin[row]) & (place < end[row])
    return np.asarray(found.number + np.where(inside, more[row], 0.0))


def _by_chip(
    row: Ints, group: Ints, chip: Ints, share: Floats, settings: InventorySettings
) -> Floats:
    """Weigh the purchases behind each sale by what chips the group's sales are as a whole.

    A mixture whose weights are found by expectation and maximisation (Dempster, Laird and Rubin,
    1977): of two chips that fit one sale alike, the one that fits its neighbours is meant.

    Parameters
    ----------
    row
        Sale of each pair of shipments.
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
    for _ in range(settings.mixing_rounds):
        meant = alone * weight[part]
        meant /= np.bincount(sale, weights=meant, minlength=sales)[sale]
        number = np.bincount(part, weights=meant, minlength=len(parts)) + settings.chip_prior
        weight = number / np.bincount(of_group, weights=number, minlength=len(groups))[of_group]
    return np.asarray(share * (meant / alone)[cell])


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
def share_nodes(number: int) -> Floats:
    """Return nodes of the Gauss-Chebyshev quadrature, which weigh alike under Jeffreys' prior."""
    at = (2 * np.arange(1, number + 1) - 1) * np.pi / (4 * number)
    return np.asarray(np.sin(at) ** 2)


def nodes_needed(sales: Ints, settings: InventorySettings) -> Ints:
    """Nodes that the likelihood of so many sales needs: the more, the narrower it is.

    Doubled from step to step, so that groups of about one size are weighed together.
    """
    least, by_root = settings.share_nodes
    steps = np.ceil(np.log2(np.maximum(by_root * np.sqrt(sales) / least, 1.0)))
    return np.asarray(np.round(least * 2.0**steps), dtype=np.int64)


@dataclass(frozen=True)
class _Weighed:
    """Groups of sales to be weighed, as far as they were compared.

    Attributes
    ----------
    chips, competing, without
        What :meth:`InventoryModel._ratios` returned, in the order of groups.
    explicable, competes
        Whether each sale can continue any purchase, and any that is not traced.
    starts
        First row of each group.
    others, competing_others
        Number of sales in each group that were not compared, and of these that can continue a
        purchase that is not traced.
    """

    chips: Floats
    competing: Floats
    without: Floats
    explicable: np.ndarray
    competes: np.ndarray
    starts: Ints
    others: Ints
    competing_others: Ints

    def __len__(self) -> int:
        return len(self.starts)

    @cached_property
    def sales(self) -> Ints:
        """Number of sales in each group that were compared."""
        return np.diff([*self.starts, len(self.competing)])

    def take(self, groups: Ints) -> tuple[_Weighed, Ints]:
        """Return some groups, and the rows of their sales."""
        sizes = self.sales[groups]
        _, rows = entries(self.starts[groups], self.starts[groups] + sizes)
        return (
            _Weighed(
                self.chips[rows],
                self.competing[rows],
                self.without[rows],
                self.explicable[rows],
                self.competes[rows],
                np.cumsum(sizes) - sizes,
                self.others[groups],
                self.competing_others[groups],
            ),
            rows,
        )


def _weigh(asked: _Weighed, settings: Settings) -> tuple[Floats, Floats, Floats]:
    """Return the log likelihood ratio of each group of sales, and what each sale says.

    Returns
    -------
    tuple of numpy.ndarray
        By group the log likelihood ratio; by sale the probability that it continues a purchase,
        and the log of how much likelier that is made by the sale itself: of a company that sells
        chips anything is likely to be chips, whatever it looks like.
    """
    log_lr = np.empty(len(asked))
    probability, own_log_lr = np.empty((2, len(asked.competing)))
    needed = nodes_needed(asked.sales + asked.others, settings.inventory)
    for number in np.unique(needed).tolist():
        groups = np.flatnonzero(needed == number)
        part, rows = asked.take(groups) if len(groups) < len(asked) else (asked, slice(None))
        log_lr[groups], probability[rows], own_log_lr[rows] = _weigh_by_nodes(
            part, share_nodes(number), settings
        )
    return log_lr, probability, own_log_lr


@dataclass(frozen=True)
class _LogProducts:
    """Logs of products over the rows of each group: of some factors at once, for logs are slow.

    Attributes
    ----------
    parts
        First rows of the parts that are multiplied.
    groups
        First part of each group.
    """

    parts: Ints
    groups: Ints

    @classmethod
    def of(cls, starts: Ints, rows: int) -> _LogProducts:
        """Part groups that begin at ``starts`` of so many rows."""
        sizes = np.diff([*starts.tolist(), rows])
        number = -(-sizes // FACTORS_AT_ONCE)
        groups = np.cumsum(number) - number
        nth = np.arange(int(number.sum())) - np.repeat(groups, number)
        return cls(np.repeat(starts, number) + nth * FACTORS_AT_ONCE, groups)

    def of_factors(self, factors: Floats) -> Floats:
        """Add up the logs of positive factors, by group and column."""
        products = np.log(np.multiply.reduceat(factors, self.parts, axis=0))
        return np.asarray(np.add.reduceat(products, self.groups, axis=0))


def _weigh_by_nodes(
    asked: _Weighed, nodes: Floats, settings: Settings
) -> tuple[Floats, Floats, Floats]:
    """Weigh groups of sales, summed over these shares of sales that continue purchases."""
    comparisons, rows, starts = settings.comparisons, len(asked.competing), asked.starts
    habits, competing, without = (
        one.reshape(rows, -1) for one in (asked.chips, asked.competing, asked.without)
    )
    prior, prior_without = (
        np.log(np.outer(words, price_habit_shares(comparisons)).reshape(-1) / len(nodes))
        for words in (comparisons.shares_of_habits, comparisons.competing_shares)
    )
    # What cannot continue any purchase is no example of how many sales do.
    explicable, competes = asked.explicable[:, None], asked.competes[:, None]
    group = np.repeat(np.arange(len(asked)), asked.sales)
    by_share, plain = [], []
    sums = _LogProducts.of(starts, rows)
    for share in nodes:
        nothing = asked.others * np.log1p(-share)
        mixed = sums.of_factors(1 + share * (habits + competing - explicable))
        by_share.append(mixed + prior + nothing[:, None])
        nothing = asked.competing_others * np.log1p(-share)
        mixed = sums.of_factors(1 + share * (without - competes))
        plain.append(mixed + prior_without + nothing[:, None])
    joint = np.stack(by_share)
    top = joint.max(axis=(0, 2))
    weight = np.exp(joint - top[None, :, None])
    total = weight.sum(axis=(0, 2))
    against = np.logaddexp.reduce(np.stack(plain), axis=(0, 2))
    log_lr = top + np.log(total) - against
    weight /= total[:, None]
    unlike, expected = np.zeros(rows), np.zeros(len(asked))
    for share, part in zip(nodes, weight, strict=True):
        plain_sale = 1 + share * (competing - explicable)
        unlike += np.einsum("rh,rh->r", plain_sale / (plain_sale + share * habits), part[group])
        expected += share * part.sum(axis=1)
    return log_lr, 1 - unlike, np.log1p(-expected)[group] - np.log(unlike)
