"""How well two shipments agree: the later is what the earlier became, or one taken by chance.

Every answer is a likelihood ratio against a shipment taken by chance from the same records. What
cannot be compared says nothing (ratio 1) and never counts against a pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from chipflow.tracing.background import SAME_CHIP, normal, word_class
from chipflow.tracing.cargo import taken_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from chipflow.settings import ComparisonSettings
    from chipflow.tracing.shipments import TracedShipments

Ints = np.ndarray
Floats = np.ndarray

FARTHEST = 25.0  # standard deviations; beyond, the density of a value is zero


@dataclass(frozen=True)
class Comparison:
    """Comparison of pairs of shipments, one entry a pair.

    Attributes
    ----------
    weight, number, waiting
        Likelihood ratios.
    apart, rarity
        How far apart their values are in logs, and one over the density of the later one's.
    word
        SAME_CHIP, VAGUE, SOMETHING_ELSE or ANOTHER_CHIP.
    word_share
        Share of shipments taken by chance with words like these.
    """

    weight: Floats
    number: Floats
    waiting: Floats
    apart: Floats
    rarity: Floats
    word: Ints
    word_share: Floats
    settings: ComparisonSettings

    @property
    def value(self) -> Floats:
        """Likelihood ratios of the values, one column for each of the declared shares."""
        return _by_price_habit(self.apart, self.rarity, self.settings)

    @property
    def value_over_habits(self) -> Floats:
        """Likelihood ratios of the values, over all habits."""
        return _ratio(
            self.apart, self.rarity, _usual_value_density, self.settings, self.settings.wrong_value
        )

    @property
    def words_over_habits(self) -> Floats:
        """Likelihood ratios of the words, over all habits."""
        usual = self.settings.shares_of_habits @ self.settings.habits_of_words
        return np.asarray(usual[self.word] / self.word_share)


@dataclass(frozen=True)
class InboundFeatures:
    """What is compared of earlier shipments, gathered once for all their comparisons.

    Attributes
    ----------
    kg, usd, usd_kg
        Logs of weight and value per piece and of value per weight, or what the chips in the
        shipment make likely instead.
    built_in
        Log of the number of chips in each piece; 0 where it is one or unknown.
    kg_single
        Log of the weight of one such chip by itself.
    carried
        Family of the chip in it.
    other_low, other_high
        Logs of least and most weight of a piece of the other forms that hold as many of these
        chips: of the boards in a server, of the servers that boards are built into; missing where
        there are none.
    """

    kg: Floats
    usd: Floats
    usd_kg: Floats
    built_in: Floats
    kg_single: Floats
    carried: Ints
    other_low: Floats
    other_high: Floats

    @classmethod
    def of(cls, traced: TracedShipments, e: Ints) -> InboundFeatures:
        """Gather some shipments."""
        kg, usd, usd_kg = (traced.like(name, e) for name in ("kg", "usd", "usd_kg"))
        built_in = np.log(np.fmax(traced.cargo.per_item[e], 1.0))
        kg_single, carried = traced.cargo.kg_single[e], traced.cargo.carried[e]
        other_low, other_high = traced.other_forms(e)
        return cls(kg, usd, usd_kg, built_in, kg_single, carried, other_low, other_high)

    def take(self, which: Ints | list[int]) -> InboundFeatures:
        """Return some of them."""
        return InboundFeatures(
            self.kg[which],
            self.usd[which],
            self.usd_kg[which],
            self.built_in[which],
            self.kg_single[which],
            self.carried[which],
            self.other_low[which],
            self.other_high[which],
        )


@dataclass(frozen=True)
class OutboundFeatures:
    """What is compared of later shipments, gathered once for all their comparisons.

    Attributes
    ----------
    kg, usd, usd_kg
        Logs of weight and value per piece and of value per weight, as declared.
    rarity
        One over the density of ``kg, usd, usd_kg`` among shipments taken by chance.
    family, per_item
        Of the chip that is named, or -1; and the number of chips in each piece, as far as the
        text says.
    word, word_share
        ANOTHER_CHIP, VAGUE or SOMETHING_ELSE, for any earlier shipment of which the chip is not the
        one that is named; and the share of shipments taken by chance with words like these.
    same_chip_share
        The share of shipments taken by chance that name this chip.
    """

    kg: Floats
    usd: Floats
    usd_kg: Floats
    rarity: dict[str, Floats]
    family: Ints
    per_item: Floats
    word: Ints
    word_share: Floats
    same_chip_share: Floats
    settings: ComparisonSettings

    @classmethod
    def of(cls, traced: TracedShipments, f: Ints) -> OutboundFeatures:
        """Gather some shipments."""
        own = traced.family[f]
        return cls(
            traced.arrays.kg[f],
            traced.arrays.usd[f],
            traced.arrays.usd_kg[f],
            {name: traced.background.inverse_density[name][f] for name in ("kg", "usd", "usd_kg")},
            own,
            np.where(own >= 0, traced.cargo.per_item[f], np.nan),
            word_class(traced.names_chip[f], traced.arrays.vague[f]),
            traced.background.words_share[f],
            traced.background.chip_share[f],
            traced.settings.comparisons,
        )

    def take(self, which: Ints) -> OutboundFeatures:
        """Return some of them."""
        return OutboundFeatures(
            self.kg[which],
            self.usd[which],
            self.usd_kg[which],
            {name: rarity[which] for name, rarity in self.rarity.items()},
            self.family[which],
            self.per_item[which],
            self.word[which],
            self.word_share[which],
            self.same_chip_share[which],
            self.settings,
        )


def compare(
    traced: TracedShipments,
    e: Ints,
    f: Ints,
    window: int,
    *,
    bought: InboundFeatures | None = None,
    sold: OutboundFeatures | None = None,
) -> Comparison:
    """Compare pairs of shipments, the first of which carries a chip that is traced.

    Parameters
    ----------
    shipments
        All shipments.
    e, f
        Positions of the earlier and the later shipment of each pair.
    window
        Days within which a continuation is looked for.
    bought, sold
        The same shipments, where they were gathered already.
    """
    bought = InboundFeatures.of(traced, e) if bought is None else bought
    sold = OutboundFeatures.of(traced, f) if sold is None else sold
    weight, usd, rarity = _compared(bought, sold)
    same = same_chip(bought.carried, sold)
    return Comparison(
        weight=weight,
        number=_number(traced, e, f),
        waiting=waiting(traced, e, f, window),
        apart=usd,
        rarity=rarity,
        word=np.where(same, SAME_CHIP, sold.word),
        word_share=np.where(same, sold.same_chip_share, sold.word_share),
        settings=sold.settings,
    )


def within_chip_ratio(
    traced: TracedShipments, e: Ints, f: Ints, window: int
) -> tuple[Floats, Floats]:
    """Likelihood ratio of pairs against another shipment of the same chip, not of any goods.

    Weight and price of a piece are those of the chip, whoever bought it, and say nothing here.

    Parameters
    ----------
    shipments, e, f, window
        As in :func:`compare`.

    Returns
    -------
    tuple of numpy.ndarray
        That of all but the number, and with it.
    """
    uncounted = waiting(traced, e, f, window)
    return uncounted, uncounted * _number(traced, e, f, *traced.lots_of_chips.chances(e, f))


def partial_ratio(bought: InboundFeatures, sold: OutboundFeatures) -> Floats:
    """Likelihood ratio of weight, value and words of pairs of shipments, over all habits.

    Cheaper than :func:`compare`.

    Parameters
    ----------
    bought, sold
        The earlier and the later shipment of each pair; or one earlier shipment for all later ones.
    """
    settings = sold.settings
    weight, value = _measures(bought, sold)
    habit = settings.shares_of_habits @ settings.habits_of_words
    same = habit[SAME_CHIP] / sold.same_chip_share
    words = np.where(same_chip(bought.carried, sold), same, habit[sold.word] / sold.word_share)
    return np.asarray(weight * value * words)


def chip_ratio(
    apart: Floats, rarity: Floats, settings: ComparisonSettings, *, wrong: float
) -> Floats:
    """Likelihood ratio of a weight or value that is usual for a chip, against shipments by chance.

    Parameters
    ----------
    apart
        How far it is from the usual one in logs.
    rarity
        One over its density among shipments taken by chance.
    """
    return _ratio(apart, rarity, _chip_density, settings, wrong)


def weight_ratio(apart: Floats, rarity: Floats, settings: ComparisonSettings) -> Floats:
    """Likelihood ratio of a weight, against shipments by chance.

    Parameters
    ----------
    apart
        How far it is from that of the purchase in logs.
    rarity
        One over its density among shipments taken by chance.
    """
    return _ratio(apart, rarity, _weight_density, settings, settings.wrong_weight)


def other_form_ratio(
    kg: Floats, low: Floats, high: Floats, width: Floats, rarity: Floats
) -> Floats:
    """Likelihood ratio of a weight if a board was taken out of a server, or built into one.

    Within the weights of that form, in logs, each is as likely; elsewhere there is none.

    Parameters
    ----------
    kg, rarity
        Of the later shipment: log of the weight of a piece, and one over its density among
        shipments taken by chance.
    low, high, width
        Logs of least and most weight of the other form, and what is between; missing where there
        is none.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        ratio = ((kg >= low) & (kg <= high)) * rarity / width
    return np.asarray(np.where(np.isfinite(ratio), ratio, 0.0))


def price_habit_shares(settings: ComparisonSettings) -> Floats:
    """How common each of the declared shares is."""
    density = value_density(settings.declared_shares, settings)
    return np.asarray(density / density.sum())


def compare_competing(
    traced: TracedShipments, e: Ints, f: Ints, window: int
) -> tuple[Floats, np.ndarray]:
    """Compare pairs of shipments, the first of which is any purchase that is not traced.

    Parameters
    ----------
    shipments, e, f, window
        As in :func:`compare`.

    Returns
    -------
    tuple of numpy.ndarray
        Likelihood ratios of all but the words, one column for each of the declared shares; and
        whether the later shipment is called the same.
    """
    kg, usd, rarity = _apart_as_declared(traced, e, f)
    settings = traced.settings.comparisons
    ratio = _by_price_habit(usd, rarity, settings)
    weight = weight_ratio(kg, traced.background.inverse_density["kg"][f], settings)
    ratio *= (weight * waiting(traced, e, f, window))[:, None]
    return ratio, _same_words(traced, e, f)


def competing_words(traced: TracedShipments, f: Ints) -> tuple[Floats, Floats]:
    """Likelihood ratios of the words of shipments that continue a purchase which is not traced.

    Parameters
    ----------
    shipments
        All shipments.
    f
        Positions of some.

    Returns
    -------
    tuple of numpy.ndarray
        For shipments that are called otherwise than the purchase, and the same; one row a shipment,
        one column for each of the habits of words.
    """
    habits = traced.settings.comparisons.habits_of_words
    word = word_class(traced.names_chip[f], traced.arrays.vague[f])
    otherwise = habits[:, word] / traced.background.words_share[f]
    same = habits[:, [SAME_CHIP]] / traced.background.goods_share[f]
    return otherwise.T, same.T


def same_goods_ratio(traced: TracedShipments, e: Ints, f: Ints) -> Floats:
    """Likelihood ratio of pairs being the same goods that are not traced, at any time.

    Parameters
    ----------
    shipments, e, f
        As in :func:`compare`.
    """
    weight, value = _measures(InboundFeatures.of(traced, e), OutboundFeatures.of(traced, f))
    same = _same_words(traced, e, f)
    keeps = traced.settings.comparisons.keeps_words
    words = np.where(same, keeps / traced.background.goods_share[f], 1 - keeps)
    return np.asarray(weight * value * words)


def _apart_as_declared(traced: TracedShipments, e: Ints, f: Ints) -> tuple[Floats, Floats, Floats]:
    """:func:`_apart` of shipments of which nothing is known but what they declare."""
    kg, usd, rarity = (
        traced.arrays.kg[f] - traced.arrays.kg[e],
        traced.arrays.usd[f] - traced.arrays.usd[e],
        traced.background.inverse_density["usd"][f],
    )
    rest = np.flatnonzero(~(np.isfinite(kg) | np.isfinite(usd)))
    e, f = e[rest], f[rest]
    usd[rest] = traced.arrays.usd_kg[f] - traced.arrays.usd_kg[e]
    rarity[rest] = traced.background.inverse_density["usd_kg"][f]
    return kg, usd, rarity


def _same_words(traced: TracedShipments, e: Ints, f: Ints) -> np.ndarray:
    # Two customs offices may put the same words under two codes.
    alike = (traced.background.goods[f] == traced.background.goods[e]) | (
        traced.background.wording[f] == traced.background.wording[e]
    )
    return np.asarray(np.where(traced.family[f] >= 0, traced.family[f] == traced.family[e], alike))


def same_chip(carried: Ints, sold: OutboundFeatures) -> np.ndarray:
    """Say whether each later shipment names the chip of the family carried by the earlier one."""
    return np.asarray((sold.family == carried) & (sold.family >= 0))


def _measures(bought: InboundFeatures, sold: OutboundFeatures) -> tuple[Floats, Floats]:
    """Weight and value, over all habits."""
    weight, usd, rarity = _compared(bought, sold)
    return weight, _ratio(
        usd, rarity, _usual_value_density, sold.settings, sold.settings.wrong_value
    )


def _by_price_habit(apart: Floats, rarity: Floats, settings: ComparisonSettings) -> Floats:
    """Likelihood ratios of values, one column for each of the declared shares."""
    broad = value_density(apart, settings)
    with np.errstate(over="ignore", invalid="ignore"):
        by_chance = (1 - settings.wrong_value) * rarity
        ratio = _habitual_density(apart, settings)
        ratio *= (settings.keeps_price_habit * by_chance)[:, None]
        ratio += ((1 - settings.keeps_price_habit) * broad * by_chance + settings.wrong_value)[
            :, None
        ]
    ratio[~np.isfinite(ratio)] = 1.0
    return ratio


def _habitual_density(distance: Floats, settings: ComparisonSettings) -> Floats:
    """Density of a value at each of the habits: normal distributions in equal steps.

    The ratio of two neighbours is exponential in the distance, so that two exponentials give all.
    """
    at = np.clip(distance / settings.habit_spread, -FARTHEST, FARTHEST)
    habits = settings.declared_shares / settings.habit_spread
    step = habits[1] - habits[0]
    density = np.empty((len(at), len(habits)))
    density[:, 0] = normal(at - habits[0], 1.0) / settings.habit_spread
    growth = np.exp(step * at)
    for k in range(1, len(habits)):
        density[:, k] = density[:, k - 1] * growth * np.exp(-step * (habits[k] + habits[k - 1]) / 2)
    return density


def _compared(bought: InboundFeatures, sold: OutboundFeatures) -> tuple[Floats, Floats, Floats]:
    """Likelihood ratio of the weight, how far values are apart in logs, and how rare the later is.

    Per piece where both shipments are counted; else by value per weight.
    """
    kg, usd, rarity = _apart(bought, sold)
    weight = weight_ratio(kg, sold.rarity["kg"], sold.settings)
    singly, built_in, kg_single, chips = _rebuilt(bought, sold)
    apart = sold.kg[singly] - kg_single
    rebuilt = sold.settings.rebuilt
    weight[singly] = rebuilt * chip_ratio(
        apart, sold.rarity["kg"][singly], sold.settings, wrong=sold.settings.wrong_weight
    )
    usd[singly] += chips
    # What single chips were built into may weigh anything.
    weight[built_in] = rebuilt
    low, high = bought.other_low, bought.other_high
    weight += rebuilt * other_form_ratio(sold.kg, low, high, high - low, sold.rarity["kg"])
    usd[built_in] -= np.log(sold.per_item[built_in])
    return weight, usd, rarity


def _rebuilt(bought: InboundFeatures, sold: OutboundFeatures) -> tuple[Ints, Ints, Floats, Floats]:
    """Pairs in which chips would have been taken out of something, or built into it.

    The former as :func:`chipflow.tracing.shipments.taken_out`, the latter by the name. Of the
    former also the log of the weight of a single chip, and of how many were built in.
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
    same = same_chip(bought.carried, sold) & (built_in == 0) & (sold.per_item > 1)
    at = at[singly]
    return at, np.flatnonzero(same & heavier), single[at], built_in[at]


def _apart(bought: InboundFeatures, sold: OutboundFeatures) -> tuple[Floats, Floats, Floats]:
    kg, usd = sold.kg - bought.kg, sold.usd - bought.usd
    counted = np.isfinite(kg) | np.isfinite(usd)
    usd = np.where(counted, usd, sold.usd_kg - bought.usd_kg)
    return kg, usd, np.where(counted, sold.rarity["usd"], sold.rarity["usd_kg"])


def _usual_value_density(distance: Floats, settings: ComparisonSettings) -> Floats:
    """Density of a value at any habit, read from a table."""
    at, density = _value_table(settings)
    return np.asarray(np.interp(distance, at, density, left=0.0, right=0.0))


@cache
def _value_table(settings: ComparisonSettings) -> tuple[Floats, Floats]:
    low, high = settings.log_value_range
    at = np.linspace(low - 4 * settings.habit_spread, high + 4 * settings.value_spread[1], 400)
    apart = at[:, None] - settings.declared_shares[None, :]
    habitual = normal(apart, settings.habit_spread) @ price_habit_shares(settings)
    keeps = settings.keeps_price_habit
    return at, keeps * habitual + (1 - keeps) * value_density(at, settings)


def _ratio(
    distance: Floats,
    rarity: Floats,
    density: Callable[[Floats, ComparisonSettings], Floats],
    settings: ComparisonSettings,
    wrong: float,
) -> Floats:
    """Likelihood ratio of a distance, of which some are wrong altogether and say nothing."""
    with np.errstate(over="ignore", invalid="ignore"):
        ratio = (1 - wrong) * density(distance, settings) * rarity + wrong
    return np.asarray(np.where(np.isfinite(ratio), ratio, 1.0))


def _weight_density(distance: Floats, settings: ComparisonSettings) -> Floats:
    density = [share * normal(distance, spread) for share, spread in settings.weight_spreads]
    return np.asarray(np.sum(density, axis=0))


def _chip_density(distance: Floats, settings: ComparisonSettings) -> Floats:
    return normal(distance, settings.chip_spread)


def value_density(distance: Floats, settings: ComparisonSettings) -> Floats:
    """Density of the log of a declared value around that of the purchase."""
    share, spread = settings.value_spread
    low, high = settings.log_value_range
    inside = ((distance >= low) & (distance <= high)) / (high - low)
    return np.asarray(share * normal(distance, spread) + (1 - share) * inside)


def _number(
    traced: TracedShipments,
    e: Ints,
    f: Ints,
    number_share: Floats | None = None,
    total_density: Floats | None = None,
) -> Floats:
    """Whether the shipment went on whole: by its number of pieces, or else by its whole weight.

    Parameters
    ----------
    traced, e, f
        As in :func:`compare`.
    number_share, total_density
        How common number and whole weight of the later shipments are by chance; as among all
        shipments without them.
    """
    settings = traced.settings.comparisons
    sold = traced.cargo.units[f]
    uncounted = np.flatnonzero(~np.isfinite(sold))
    in_piece = traced.in_piece(e[uncounted], f[uncounted])
    sold[uncounted] = traced.arrays.items[f[uncounted]] * in_piece
    bought = traced.cargo.units[e]
    chance = traced.background.number_share[f] if number_share is None else number_share
    rare_total = traced.background.inverse_density["total"][f]
    rare_total = rare_total if total_density is None else 1 / total_density
    equal, near = (
        abs(sold - bought) <= bound for bound in (settings.equal, settings.near_number * bought)
    )
    by_chance = 2 * settings.near_number * traced.background.number_density[f]
    whole = np.where(
        equal, settings.equal_number / chance, near * (1 - settings.equal_number) / by_chance
    )
    rest = np.flatnonzero(~(np.isfinite(sold) & np.isfinite(bought) & np.isfinite(chance)))
    e, f = e[rest], f[rest]
    by_weight = _weight_density(np.log(traced.arrays.weight[f] / traced.arrays.weight[e]), settings)
    whole[rest] = by_weight * rare_total[rest]
    return np.asarray(
        np.where(np.isfinite(whole), settings.whole * whole + 1 - settings.whole, 1.0)
    )


def waiting(traced: TracedShipments, e: Ints, f: Ints, window: int) -> Floats:
    """Wait of a continuation against any day of the window, averaged over the days possible.

    Parameters
    ----------
    shipments, e, f, window
        As in :func:`compare`.
    """
    shortest = np.maximum(traced.arrays.first[f] - traced.arrays.last[e], 0)
    longest = np.minimum(traced.arrays.last[f] - traced.arrays.first[e], window)
    # Of most pairs both days are known.
    open_too = np.flatnonzero(longest > shortest)
    low, high = shortest[open_too], longest[open_too] + 1
    found = np.zeros(len(shortest))
    for share, mean in traced.settings.comparisons.waits:
        by_day = np.exp(-np.arange(1 + int(shortest.max(initial=0))) / mean) / mean
        density = by_day[shortest]
        density[open_too] = (np.exp(-low / mean) - np.exp(-high / mean)) / (high - low)
        found += share * density / -np.expm1(-(window + 1) / mean)
    return np.asarray(found * (window + 1))
