"""How well two lots agree: the later one is what the earlier became, or a lot taken by chance.

Every answer is a likelihood ratio against a lot taken by chance from the same records. What
cannot be compared says nothing (ratio 1) and never counts against a pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from chipflow.network.chance import SAME_CHIP, normal, words_of
from chipflow.network.lots import Floats, Ints, Lots, taken_out

if TYPE_CHECKING:
    from collections.abc import Callable

# Weight of the same goods, shipped again: scales and packing differ by some per cent, and in
# four lots of ten by more (repacked, rounded, estimated).
WEIGHT_SPREADS = ((0.6, 0.06), (0.4, 0.22))  # (share, standard deviation of log kg)
# Value of the same goods: usually near the purchase, but declared values run from a tenth of it
# to half as much again.
VALUE_SPREAD = (0.6, 0.35)  # (share, standard deviation of log USD)
VALUE_RANGE = (float(np.log(0.1)), float(np.log(1.5)))  # log USD; the other four lots of ten
# A sender mostly declares the same share of the price; seven lots of ten keep to the habit.
PRICE_HABITS = np.linspace(VALUE_RANGE[0], VALUE_RANGE[1], 7)  # log of the declared share
KEEPS_HABIT = 0.7  # share of lots
HABIT_SPREAD = 0.25  # standard deviation of log USD
FARTHEST = 25.0  # standard deviations; beyond, the density of a value is nought
# Weights of two lots of one chip that have nothing to do with each other.
CHIP_SPREAD = 0.35  # standard deviation of log kg
# Chips that were bought built in are taken out and sold singly so often, or single ones built in.
REBUILT = 0.02  # share of lots, an estimate
# Share of lots whose weight or value is wrong altogether (typing errors, another unit).
WRONG = 0.05
# Four lots of ten go on as they came; the others are cut anew from what is in stock, and then
# their number is any other.
WHOLE = 0.4  # share of lots
# Of those that go on whole a few lose a piece, or are miscounted a little.
EQUAL_NUMBER = 0.9  # share of lots
EQUAL = 0.5  # chips; numbers of chips that differ by less are the same
NEAR_NUMBER = 0.01  # numbers of pieces that differ by a smaller share are near
# Half of all lots go on soon; the others lie in stock, and any day of the window is as likely.
WAITS_SHORT = 0.5  # share of lots
WAIT = 30.0  # days, mean of the short waits

# What a sender writes is a habit too. Cases made public name the chip, hide it under vague
# words, or relabel it as something else; how many do which is an estimate, not a measurement.
WORD_HABITS = np.array(
    [
        (0.90, 0.06, 0.03, 0.01),  # names it
        (0.08, 0.80, 0.11, 0.01),  # hides it
        (0.08, 0.17, 0.74, 0.01),  # relabels it
    ]
)
WORD_HABIT_SHARES = np.array([0.45, 0.35, 0.20])
# Whoever has no chips to hide keeps the words mostly.
INNOCENT_WORD_SHARES = np.array([0.80, 0.10, 0.10])
# Goods that nobody follows keep their words when they are sold on.
KEEPS_WORDS = 0.8  # share of lots


@dataclass(frozen=True)
class Agreement:
    """Comparison of pairs of lots, one entry a pair.

    Attributes
    ----------
    weight, number, waiting
        Likelihood ratios.
    apart, rarity
        How far apart their values are in logs, and one over the density of the later one's.
    word
        SAME_CHIP, VAGUE, SOMETHING_ELSE or ANOTHER_CHIP.
    word_chance
        Share of lots taken by chance with words like these.
    """

    weight: Floats
    number: Floats
    waiting: Floats
    apart: Floats
    rarity: Floats
    word: Ints
    word_chance: Floats

    @property
    def value(self) -> Floats:
        """Likelihood ratios of the values, one column for each of :data:`PRICE_HABITS`."""
        return _by_price_habit(self.apart, self.rarity)

    @property
    def usual_value(self) -> Floats:
        """Likelihood ratios of the values, over all habits."""
        return _ratio(self.apart, self.rarity, _usual_value_density)

    @property
    def usual_words(self) -> Floats:
        """Likelihood ratios of the words, over all habits."""
        return np.asarray((WORD_HABIT_SHARES @ WORD_HABITS)[self.word] / self.word_chance)


@dataclass(frozen=True)
class Bought:
    """What is compared of earlier lots, gathered once for all their comparisons.

    Attributes
    ----------
    kg, usd, usd_kg
        Logs of weight and value per piece and of value per weight, or what the chips in the
        lot make likely instead.
    built_in
        Log of the number of chips in each piece; 0 where it is one or unknown.
    kg_single
        Log of the weight of one such chip by itself.
    carried
        Family of the chip in it.
    """

    kg: Floats
    usd: Floats
    usd_kg: Floats
    built_in: Floats
    kg_single: Floats
    carried: Ints

    @classmethod
    def of(cls, lots: Lots, e: Ints) -> Bought:
        """Gather some lots."""
        kg, usd, usd_kg = (lots.like(name, e) for name in ("kg", "usd", "usd_kg"))
        built_in = np.log(np.fmax(lots.per_item[e], 1.0))
        return cls(kg, usd, usd_kg, built_in, lots.kg_single[e], lots.carried[e])

    def take(self, which: Ints | list[int]) -> Bought:
        """Return some of them."""
        return Bought(
            self.kg[which],
            self.usd[which],
            self.usd_kg[which],
            self.built_in[which],
            self.kg_single[which],
            self.carried[which],
        )


@dataclass(frozen=True)
class Sold:
    """What is compared of later lots, gathered once for all their comparisons.

    Attributes
    ----------
    kg, usd, usd_kg
        Logs of weight and value per piece and of value per weight, as declared.
    rarity
        One over the density of ``kg, usd, usd_kg`` among lots taken by chance.
    family, per_item
        Of the chip that is named, or -1; and the number of chips in each piece, as far as the
        text says.
    word, word_chance
        ANOTHER_CHIP, VAGUE or SOMETHING_ELSE, for any earlier lot of which the chip is not the
        one that is named; and the share of lots taken by chance with words like these.
    same_chance
        The share of lots taken by chance that name this chip.
    """

    kg: Floats
    usd: Floats
    usd_kg: Floats
    rarity: dict[str, Floats]
    family: Ints
    per_item: Floats
    word: Ints
    word_chance: Floats
    same_chance: Floats

    @classmethod
    def of(cls, lots: Lots, f: Ints) -> Sold:
        """Gather some lots."""
        own = lots.family[f]
        return cls(
            lots.kg[f],
            lots.usd[f],
            lots.usd_kg[f],
            {name: lots.rarity[name][f] for name in ("kg", "usd", "usd_kg")},
            own,
            np.where(own >= 0, lots.per_item[f], np.nan),
            words_of(lots.names_chip[f], lots.vague[f]),
            lots.words_by_chance[f],
            lots.chip_by_chance[f],
        )

    def take(self, which: Ints) -> Sold:
        """Return some of them."""
        return Sold(
            self.kg[which],
            self.usd[which],
            self.usd_kg[which],
            {name: rarity[which] for name, rarity in self.rarity.items()},
            self.family[which],
            self.per_item[which],
            self.word[which],
            self.word_chance[which],
            self.same_chance[which],
        )


def agreement(
    lots: Lots,
    e: Ints,
    f: Ints,
    window: int,
    *,
    bought: Bought | None = None,
    sold: Sold | None = None,
) -> Agreement:
    """Compare pairs of lots, the first of which carries a chip that is followed.

    Parameters
    ----------
    lots
        All lots.
    e, f
        Positions of the earlier and the later lot of each pair.
    window
        Days within which a continuation is looked for.
    bought, sold
        The same lots, where they were gathered already.
    """
    bought = Bought.of(lots, e) if bought is None else bought
    sold = Sold.of(lots, f) if sold is None else sold
    weight, usd, rarity = _compared(bought, sold)
    same = _same_chip(bought, sold)
    return Agreement(
        weight=weight,
        number=_number(lots, e, f),
        waiting=waiting(lots, e, f, window),
        apart=usd,
        rarity=rarity,
        word=np.where(same, SAME_CHIP, sold.word),
        word_chance=np.where(same, sold.same_chance, sold.word_chance),
    )


def own_likeness(lots: Lots, e: Ints, f: Ints, window: int) -> tuple[Floats, Floats]:
    """Likelihood ratio of pairs of lots against another lot of the same chip, not of any goods.

    Parameters
    ----------
    lots, e, f, window
        As in :func:`agreement`.

    Returns
    -------
    tuple of numpy.ndarray
        That of all but the number, and with it.
    """
    apart = lots.kg[f] - lots.kg[e]
    weight = (1 - WRONG) * _weight_density(apart) / normal(apart, CHIP_SPREAD) + WRONG
    weight = np.where(np.isfinite(weight) & ~lots.singly(e, f), weight, 1.0)
    uncounted = np.asarray(weight * waiting(lots, e, f, window))
    return uncounted, uncounted * _number(lots, e, f)


def likeness(bought: Bought, sold: Sold, *, best: bool = False) -> Floats:
    """Likelihood ratio of weight, value and words of pairs of lots, over all habits.

    Cheaper than :func:`agreement`: what is unlike by this is not compared any further.

    Parameters
    ----------
    bought, sold
        The earlier and the later lot of each pair; or one earlier lot for all later ones.
    best
        Take the habit of words that fits best, not the mean over habits.
    """
    weight, value = _measures(bought, sold)
    habit = WORD_HABITS.max(axis=0) if best else WORD_HABIT_SHARES @ WORD_HABITS
    same = habit[SAME_CHIP] / sold.same_chance
    words = np.where(_same_chip(bought, sold), same, habit[sold.word] / sold.word_chance)
    return np.asarray(weight * value * words)


def chip_likeness(apart: Floats, rarity: Floats) -> Floats:
    """Likelihood ratio of a weight or value that is usual for a chip, against lots by chance.

    Parameters
    ----------
    apart
        How far it is from the usual one in logs.
    rarity
        One over its density among lots taken by chance.
    """
    return _ratio(apart, rarity, lambda distance: normal(distance, CHIP_SPREAD))


def habit_shares() -> Floats:
    """How common each of :data:`PRICE_HABITS` is."""
    density = _value_density(PRICE_HABITS)
    return np.asarray(density / density.sum())


def innocent_agreement(lots: Lots, e: Ints, f: Ints, window: int) -> tuple[Floats, np.ndarray]:
    """Compare pairs of lots, the first of which is any purchase that nobody follows.

    Parameters
    ----------
    lots, e, f, window
        As in :func:`agreement`.

    Returns
    -------
    tuple of numpy.ndarray
        Likelihood ratios of all but the words, one column for each of :data:`PRICE_HABITS`; and
        whether the later lot is called the same.
    """
    kg, usd, rarity = _apart_as_declared(lots, e, f)
    ratio = _by_price_habit(usd, rarity)
    weight = _ratio(kg, lots.rarity["kg"][f], _weight_density)
    ratio *= (weight * waiting(lots, e, f, window))[:, None]
    return ratio, _same_words(lots, e, f)


def innocent_words(lots: Lots, f: Ints) -> tuple[Floats, Floats]:
    """Likelihood ratios of the words of lots that continue a purchase which nobody follows.

    Parameters
    ----------
    lots
        All lots.
    f
        Positions of some.

    Returns
    -------
    tuple of numpy.ndarray
        For lots that are called otherwise than the purchase, and the same; one row a lot, one
        column for each of :data:`WORD_HABITS`.
    """
    word = words_of(lots.names_chip[f], lots.vague[f])
    otherwise = WORD_HABITS[:, word] / lots.words_by_chance[f]
    same = WORD_HABITS[:, [SAME_CHIP]] / lots.goods_by_chance[f]
    return otherwise.T, same.T


def same_goods(lots: Lots, e: Ints, f: Ints) -> Floats:
    """Likelihood ratio of pairs of lots being the same goods, which nobody follows, at any time.

    Parameters
    ----------
    lots, e, f
        As in :func:`agreement`.
    """
    weight, value = _measures(Bought.of(lots, e), Sold.of(lots, f))
    same = _same_words(lots, e, f)
    words = np.where(same, KEEPS_WORDS / lots.goods_by_chance[f], 1 - KEEPS_WORDS)
    return np.asarray(weight * value * words)


def _apart_as_declared(lots: Lots, e: Ints, f: Ints) -> tuple[Floats, Floats, Floats]:
    """:func:`_apart` of lots of which nothing is known but what they declare."""
    kg, usd, rarity = lots.kg[f] - lots.kg[e], lots.usd[f] - lots.usd[e], lots.rarity["usd"][f]
    rest = np.flatnonzero(~(np.isfinite(kg) | np.isfinite(usd)))
    e, f = e[rest], f[rest]
    usd[rest] = lots.usd_kg[f] - lots.usd_kg[e]
    rarity[rest] = lots.rarity["usd_kg"][f]
    return kg, usd, rarity


def _same_words(lots: Lots, e: Ints, f: Ints) -> np.ndarray:
    # Two customs offices may put the same words under two codes.
    alike = (lots.goods[f] == lots.goods[e]) | (lots.wording[f] == lots.wording[e])
    return np.asarray(np.where(lots.family[f] >= 0, lots.family[f] == lots.family[e], alike))


def _same_chip(bought: Bought, sold: Sold) -> np.ndarray:
    return np.asarray((sold.family == bought.carried) & (sold.family >= 0))


def _measures(bought: Bought, sold: Sold) -> tuple[Floats, Floats]:
    """Weight and value, over all habits."""
    weight, usd, rarity = _compared(bought, sold)
    return weight, _ratio(usd, rarity, _usual_value_density)


def _by_price_habit(apart: Floats, rarity: Floats) -> Floats:
    """Likelihood ratios of values, one column for each of :data:`PRICE_HABITS`."""
    broad = _value_density(apart)
    with np.errstate(over="ignore", invalid="ignore"):
        by_chance = (1 - WRONG) * rarity
        ratio = _habitual_density(apart)
        ratio *= (KEEPS_HABIT * by_chance)[:, None]
        ratio += ((1 - KEEPS_HABIT) * broad * by_chance + WRONG)[:, None]
    ratio[~np.isfinite(ratio)] = 1.0
    return ratio


def _habitual_density(distance: Floats) -> Floats:
    """Density of a value at each of the habits: normal distributions in equal steps.

    The ratio of two neighbours is exponential in the distance, so that two exponentials give all.
    """
    at = np.clip(distance / HABIT_SPREAD, -FARTHEST, FARTHEST)
    habits = PRICE_HABITS / HABIT_SPREAD
    step = habits[1] - habits[0]
    density = np.empty((len(at), len(habits)))
    density[:, 0] = normal(at - habits[0], 1.0) / HABIT_SPREAD
    growth = np.exp(step * at)
    for k in range(1, len(habits)):
        density[:, k] = density[:, k - 1] * growth * np.exp(-step * (habits[k] + habits[k - 1]) / 2)
    return density


def _compared(bought: Bought, sold: Sold) -> tuple[Floats, Floats, Floats]:
    """Likelihood ratio of the weight, how far values are apart in logs, and how rare the later is.

    Per piece where both lots are counted; else by value per weight.
    """
    kg, usd, rarity = _apart(bought, sold)
    weight = _ratio(kg, sold.rarity["kg"], _weight_density)
    singly, built_in, kg_single, chips = _rebuilt(bought, sold)
    apart = sold.kg[singly] - kg_single
    weight[singly] = REBUILT * chip_likeness(apart, sold.rarity["kg"][singly])
    usd[singly] += chips
    # What single chips were built into may weigh anything.
    weight[built_in] = REBUILT
    usd[built_in] -= np.log(sold.per_item[built_in])
    return weight, usd, rarity


def _rebuilt(bought: Bought, sold: Sold) -> tuple[Ints, Ints, Floats, Floats]:
    """Pairs in which chips would have been taken out of something, or built into it.

    The former as :func:`chipflow.network.lots.taken_out`, the latter by the name. Of the former
    also the log of the weight of a single chip, and of how many were built in.
    """
    built_in, boxed, single = (
        np.broadcast_to(one, sold.kg.shape)
        for one in (bought.built_in, bought.kg, bought.kg_single)
    )
    at = np.flatnonzero(built_in > 0)
    singly = taken_out(
        sold.kg[at],
        sold.per_item[at],
        boxed[at],
        built_in[at],
        single[at],
        named=sold.family[at] >= 0,
    )
    heavier = sold.kg - boxed > np.log(sold.per_item) / 2
    same = _same_chip(bought, sold) & (built_in == 0) & (sold.per_item > 1)
    at = at[singly]
    return at, np.flatnonzero(same & heavier), single[at], built_in[at]


def _apart(bought: Bought, sold: Sold) -> tuple[Floats, Floats, Floats]:
    kg, usd = sold.kg - bought.kg, sold.usd - bought.usd
    counted = np.isfinite(kg) | np.isfinite(usd)
    usd = np.where(counted, usd, sold.usd_kg - bought.usd_kg)
    return kg, usd, np.where(counted, sold.rarity["usd"], sold.rarity["usd_kg"])


def _usual_value_density(distance: Floats) -> Floats:
    """Density of a value at any habit, read from a table."""
    at, density = _value_table()
    return np.asarray(np.interp(distance, at, density, left=0.0, right=0.0))


@cache
def _value_table() -> tuple[Floats, Floats]:
    at = np.linspace(VALUE_RANGE[0] - 4 * HABIT_SPREAD, VALUE_RANGE[1] + 4 * VALUE_SPREAD[1], 400)
    habitual = normal(at[:, None] - PRICE_HABITS[None, :], HABIT_SPREAD) @ habit_shares()
    return at, KEEPS_HABIT * habitual + (1 - KEEPS_HABIT) * _value_density(at)


def _ratio(distance: Floats, rarity: Floats, density: Callable[[Floats], Floats]) -> Floats:
    with np.errstate(over="ignore", invalid="ignore"):
        ratio = (1 - WRONG) * density(distance) * rarity + WRONG
    return np.asarray(np.where(np.isfinite(ratio), ratio, 1.0))


def _weight_density(distance: Floats) -> Floats:
    density = [share * normal(distance, spread) for share, spread in WEIGHT_SPREADS]
    return np.asarray(np.sum(density, axis=0))


def _value_density(distance: Floats) -> Floats:
    share, spread = VALUE_SPREAD
    low, high = VALUE_RANGE
    inside = ((distance >= low) & (distance <= high)) / (high - low)
    return np.asarray(share * normal(distance, spread) + (1 - share) * inside)


def _number(lots: Lots, e: Ints, f: Ints) -> Floats:
    """Whether the lot went on whole: by its number of pieces, or else by its whole weight."""
    sold = lots.units[f]
    uncounted = np.flatnonzero(~np.isfinite(sold))
    in_piece = lots.in_piece(e[uncounted], f[uncounted])
    sold[uncounted] = lots.items[f[uncounted]] * in_piece
    bought, chance = lots.units[e], lots.number_by_chance[f]
    equal, near = (abs(sold - bought) <= bound for bound in (EQUAL, NEAR_NUMBER * bought))
    by_chance = 2 * NEAR_NUMBER * lots.number_density[f]
    whole = np.where(equal, EQUAL_NUMBER / chance, near * (1 - EQUAL_NUMBER) / by_chance)
    rest = np.flatnonzero(~(np.isfinite(sold) & np.isfinite(bought) & np.isfinite(chance)))
    e, f = e[rest], f[rest]
    by_weight = _weight_density(np.log(lots.weight[f] / lots.weight[e]))
    whole[rest] = by_weight * lots.rarity["total"][f]
    return np.asarray(np.where(np.isfinite(whole), WHOLE * whole + 1 - WHOLE, 1.0))


def waiting(lots: Lots, e: Ints, f: Ints, window: int) -> Floats:
    """Wait of a continuation against any day of the window, averaged over the days possible.

    Parameters
    ----------
    lots, e, f, window
        As in :func:`agreement`.
    """
    shortest = np.maximum(lots.first[f] - lots.last[e], 0)
    longest = np.minimum(lots.last[f] - lots.first[e], window)
    by_day = np.exp(-np.arange(1 + int(shortest.max(initial=0))) / WAIT) / WAIT
    soon = by_day[shortest]
    # Of most pairs both days are known.
    open_too = np.flatnonzero(longest > shortest)
    low, high = shortest[open_too], longest[open_too] + 1
    soon[open_too] = (np.exp(-low / WAIT) - np.exp(-high / WAIT)) / (high - low)
    return np.asarray(WAITS_SHORT * (window + 1) * soon + 1 - WAITS_SHORT)
