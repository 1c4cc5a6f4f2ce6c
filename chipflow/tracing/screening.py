"""Which sales can continue what their owner bought at all: a bound on every comparison.

Most sales of a company are unlike anything that it bought, and need not be compared with each
purchase. What is screened out must be what would score nothing. So purchases are put together that
are of one chip, in one form and of about one weight, and a sale is held against the most
favourable purchase that such a group can hold, at the habits that suit it best.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.network.arrays import Floats, Ints
from chipflow.tracing.background import SAME_CHIP, normal
from chipflow.tracing.comparisons import (
    InboundFeatures,
    OutboundFeatures,
    chip_ratio,
    other_form_ratio,
    same_chip,
    weight_ratio,
)

if TYPE_CHECKING:
    from chipflow.settings import ComparisonSettings
    from chipflow.tracing.shipments import TracedShipments

MEASURES = ("kg", "usd", "usd_kg")
APART = 1e3  # keeps owners apart in one sorted array; logs of numbers and weights are far below it


def forms_of(traced: TracedShipments, at: Ints, owner: Ints) -> pd.DataFrame:
    """Tell the purchases of each owner apart as far as a comparison does.

    Parameters
    ----------
    traced
        All shipments.
    at
        Positions of purchases.
    owner
        Who has each of them.

    Returns
    -------
    pandas.DataFrame
        One row a purchase, by owner: ``owner, e`` (position) and ``form``, a number for each
        owner, chip, number of chips in a piece and weight a piece within a factor of two.
    """
    kg = traced.like("kg", at)
    parts = {
        "owner": owner,
        "chip": pd.factorize(traced.cargo.chip[at])[0],
        "built": np.round(np.fmax(np.nan_to_num(traced.cargo.per_item[at]), 1.0)),
        "octave": np.floor(np.where(np.isfinite(kg), kg / np.log(2), -APART)),
        **{f"has_{name}": np.isfinite(traced.like(name, at)) for name in MEASURES},
    }
    table = pd.DataFrame({**parts, "kg": kg, "e": at})
    table = table.sort_values([*parts, "kg", "e"], ignore_index=True)
    table["form"] = table.groupby(list(parts), sort=False).ngroup()
    return table


def prototypes(traced: TracedShipments, at: Ints, owner: Ints) -> tuple[Ints, Ints]:
    """Choose one shipment for each owner and form of a chip: the one of the middle weight.

    Parameters
    ----------
    traced, at, owner
        As in :func:`forms_of`.

    Returns
    -------
    tuple of numpy.ndarray
        Owner and position of each that was chosen, by owner.
    """
    table = forms_of(traced, at, owner)
    groups = table.groupby("form")
    middle = (groups["e"].transform("size") - 1) // 2
    table = table[groups.cumcount() == middle]
    return table["owner"].to_numpy(), table["e"].to_numpy()


@dataclass(frozen=True)
class StockRanges:
    """Least and most of what is compared of the purchases of each owner, one entry a form.

    Attributes
    ----------
    first
        By owner, and one more: the first of its forms.
    low, high
        Logs of weight and value a piece, of value per weight, of the weight of a single chip
        (``single``); and of the least and most weight of other forms with as many chips, with the
        width between.
    built_in
        Log of the number of chips in a piece.
    carried
        Family of the chip.
    counts, weights
        Chips in each counted purchase and log of the whole weight of each, by owner.
    """

    first: Ints
    low: dict[str, Floats]
    high: dict[str, Floats]
    built_in: Floats
    carried: Ints
    counts: _ByOwner
    weights: _ByOwner
    settings: ComparisonSettings

    @classmethod
    def of(cls, traced: TracedShipments, at: Ints, owner: Ints, owners: int) -> StockRanges:
        """Gather the purchases of all owners.

        Parameters
        ----------
        traced, at, owner
            As in :func:`forms_of`.
        owners
            How many there are.
        """
        table = forms_of(traced, at, owner)
        e, form = table["e"].to_numpy(), table["form"].to_numpy()
        starts = np.flatnonzero(np.diff(form, prepend=-1))
        bought = InboundFeatures.of(traced, e)
        figures = {name: getattr(bought, name) for name in MEASURES} | {
            "single": bought.kg_single,
            "other_low": bought.other_low,
            "other_high": bought.other_high,
            "other_width": bought.other_high - bought.other_low,
        }
        low, high = (
            {
                name: extreme.reduceat(own, starts) if len(e) else own
                for name, own in figures.items()
            }
            for extreme in (np.fmin, np.fmax)
        )
        whose = table["owner"].to_numpy()
        return cls(
            first=np.searchsorted(whose[starts], np.arange(owners + 1)),
            low=low,
            high=high,
            built_in=bought.built_in[starts],
            carried=bought.carried[starts],
            counts=_ByOwner.of(whose, traced.cargo.units[e]),
            weights=_ByOwner.of(whose, traced.arrays.weight[e]),
            settings=traced.settings.comparisons,
        )

    def bound(self, form: Ints, sold: OutboundFeatures) -> Floats:
        """Likelihood ratio of weight, value and words that no purchase of a form exceeds.

        Parameters
        ----------
        form
            Which form each sale is held against.
        sold
            The sales.
        """
        settings, built_in = self.settings, self.built_in[form]
        low, high = ({name: own[form] for name, own in of.items()} for of in (self.low, self.high))
        same = same_chip(self.carried[form], sold)
        by_weight = ~(np.isfinite(sold.kg - low["kg"]) | np.isfinite(sold.usd - low["usd"]))
        own = np.where(by_weight, sold.usd_kg, sold.usd)
        rarity = np.where(by_weight, sold.rarity["usd_kg"], sold.rarity["usd"])
        nearest = own - np.where(by_weight, high["usd_kg"], high["usd"])
        farthest = own - np.where(by_weight, low["usd_kg"], low["usd"])
        weight = weight_ratio(_outside(sold.kg, low["kg"], high["kg"]), sold.rarity["kg"], settings)
        weight += settings.rebuilt * other_form_ratio(
            sold.kg,
            low["other_low"],
            high["other_high"],
            low["other_width"],
            sold.rarity["kg"],
        )
        best = weight * _value_bound(nearest, farthest, rarity, settings)
        # Taken out of what was bought, or built into it: see comparisons.
        single = settings.rebuilt * chip_ratio(
            _outside(sold.kg, low["single"], high["single"]),
            sold.rarity["kg"],
            settings,
            wrong=settings.wrong_weight,
        )
        single *= _value_bound(nearest + built_in, farthest + built_in, rarity, settings)
        best = np.where(built_in > 0, np.maximum(best, single), best)
        pieces = np.log(np.fmax(sold.per_item, 1.0))
        rebuilt = settings.rebuilt * _value_bound(
            nearest - pieces, farthest - pieces, rarity, settings
        )
        best = np.where(same & (built_in == 0) & (pieces > 0), np.maximum(best, rebuilt), best)
        habit = settings.habits_of_words.max(axis=0)
        words = np.where(
            same, habit[SAME_CHIP] / sold.same_chip_share, habit[sold.word] / sold.word_share
        )
        return np.asarray(best * words)

    def number_bound(self, traced: TracedShipments, owner: Ints, form: Ints, f: Ints) -> Floats:
        """Likelihood ratio of the number that no single purchase of the owner exceeds.

        Parameters
        ----------
        traced
            All shipments.
        owner, form, f
            Whose stock, in which form, and which sale.
        """
        settings, background = self.settings, traced.background
        named = traced.cargo.units[f]
        pieces = traced.arrays.items[f]
        chance, density = background.number_share[f], background.number_density[f]
        near_by_chance = 2 * settings.near_number * density
        whole = np.zeros(len(f))
        for chips in (pieces * np.exp(self.built_in[form]), pieces):
            sold = np.where(np.isfinite(named), named, chips)
            bought = self.counts.nearest(owner, sold)
            apart = abs(sold - bought)
            equal = apart <= settings.equal
            near = apart <= settings.near_number * bought
            ratio = np.where(
                equal,
                settings.equal_number / chance,
                near * (1 - settings.equal_number) / near_by_chance,
            )
            whole = np.fmax(whole, ratio)
        kg = traced.arrays.weight[f]
        apart = np.log(kg / self.weights.nearest(owner, kg))
        density_of_same = weight_ratio(apart, background.inverse_density["total"][f], settings)
        whole = np.fmax(whole, np.where(np.isfinite(kg), density_of_same, 0.0))
        return np.asarray(np.fmax(settings.whole * whole + 1 - settings.whole, 1.0))


@dataclass(frozen=True)
class _ByOwner:
    """Positive numbers by owner, of which the nearest one can be found."""

    key: Floats
    value: Floats

    @classmethod
    def of(cls, owner: Ints, value: Floats) -> _ByOwner:
        known = np.isfinite(value) & (value > 0)
        key = owner[known] * APART + np.log(value[known])
        order = np.argsort(key, kind="stable")
        return cls(key[order], value[known][order])

    def nearest(self, owner: Ints, value: Floats) -> Floats:
        """Nearest number of each owner, in logs; missing where it has none."""
        if not len(self.key):
            return np.full(len(value), np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            wanted = owner * APART + np.log(value)
        at = np.searchsorted(self.key, wanted)
        before, after = (np.clip(at - back, 0, len(self.key) - 1) for back in (1, 0))
        closer = np.where(
            abs(self.key[before] - wanted) <= abs(self.key[after] - wanted), before, after
        )
        own = abs(self.key[closer] - wanted) < APART / 2
        return np.asarray(np.where(own, self.value[closer], np.nan))


def longest_wait_ratio(settings: ComparisonSettings, window: int) -> float:
    """Highest likelihood ratio that a wait can have: that of no wait at all."""
    days = window + 1
    return float(
        sum(share * days / mean / -np.expm1(-days / mean) for share, mean in settings.waits)
    )


def _outside(own: Floats, low: Floats, high: Floats) -> Floats:
    """How far figures are outside of a range; missing where either is."""
    return np.asarray(np.maximum(np.maximum(low - own, own - high), 0.0))


def _value_bound(
    nearest: Floats, farthest: Floats, rarity: Floats, settings: ComparisonSettings
) -> Floats:
    """Likelihood ratio of the value at the habit, and the distance within a range, that suit it."""
    habits, (least, most) = settings.declared_shares, settings.log_value_range
    beyond = np.maximum(np.maximum(nearest - habits.max(), habits.min() - farthest), 0.0)
    # Around the purchase's own value, and even over the range of declared ones.
    share, spread = settings.value_spread
    around = share * normal(np.clip(0.0, nearest, farthest), spread)
    even = (1 - share) / (most - least) * ((farthest >= least) & (nearest <= most))
    keeps = settings.keeps_price_habit
    with np.errstate(over="ignore", invalid="ignore"):
        density = keeps * normal(beyond, settings.habit_spread) + (1 - keeps) * (around + even)
        ratio = (1 - settings.wrong_value) * density * rarity + settings.wrong_value
    return np.asarray(np.where(np.isfinite(ratio), ratio, 1.0))
