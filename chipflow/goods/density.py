"""What value and weight say of goods that no text names.

A card with an accelerator is worth more for its weight than almost anything that is declared
as "computer parts". Each kind of goods is a robust bell curve in the logarithms of value per
unit, weight per unit and value per weight, learned from the records that declare it; accelerators
are curves made of the catalogue's ranges of price and weight, drawn to what the records that name
a chip show. A mixture of both, fitted by EM for each kind, gives every record without a name the
probability that it is chips (Dempster, Laird and Rubin 1977; ``bells`` has the curves).

Probe cards and test boards are as dense as accelerators, so the probability alone is no evidence.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.goods.bells import Bell, fit
from chipflow.goods.catalogue import Catalogue, load_catalogue
from chipflow.goods.density_words import sentences
from chipflow.goods.lots import (
    STATES,
    Tests,
    Watched,
    alike,
    per_weight,
    strongest,
    tests_of,
    truth,
    watched_chips,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Truths = NDArray[np.bool_]
    Curves = Mapping[str, Bell | None]

COLUMNS = ("hidden_chip_probability", "hidden_chip", "density_sentence")
NEEDED = ("goods", "chip", "declared", "items", "weight_kg", "usd")

# One lot in a hundred is hidden chips before anything is seen, as if 100 declarations had said so.
PRIOR_SHARE = 0.01
PRIOR_SIZE = 100.0
# Lots that all watched chips together stand for before the records say which ones travel.
PRIOR_CHIPS = 1.0
# More than half of a kind cannot be "hidden in" it; the share is held below.
LARGEST_SHARE = 0.5
# Probability at the start for a record whose price and weight are near those of some chip.
FIRST_DOUBT = 0.2
# As many declarations of all kinds as draw the curve of a kind that has few of its own.
POOLED = 20.0
# A kind with fewer declarations unlike any chip gives too little to compare with.
FEW = 30
ROUNDS = 10
# The fit stands still when no probability moves by more.
STILL = 1e-3
# Odds so low that a record need not be weighed against each chip: about one in 20,000.
HOPELESS = -10.0
# Rows that are compared with all chips at once: bounds the memory, about 100 MB.
CHUNK = 100_000
# Below this no sentence is written: such a record is not worth a reader's time.
LEAST_TOLD = 0.05


def hidden_chips(shipments: pd.DataFrame, catalogue: Catalogue | None = None) -> pd.DataFrame:
    """Say of each record without a chip's name how likely it is chips, by price and weight.

    Parameters
    ----------
    shipments
        Records with the columns ``NEEDED`` (``usd`` as :func:`chipflow.goods.currency.in_dollars`
        gives it) and, if there, ``usd_note``.
    catalogue
        Tables to use instead of the shipped ones.

    Returns
    -------
    pandas.DataFrame
        On the index of ``shipments``: ``hidden_chip_probability`` (missing where a chip is named,
        where neither price nor weight can be computed, or where the records hold no clean goods
        to compare with), ``hidden_chip`` (the chip that fits best, missing with the probability)
        and ``density_sentence`` (missing below 0.05; where nothing clean is there to compare with
        and price and weight are a chip's, it says so).
    """
    tables = catalogue or load_catalogue()
    tests = tests_of(shipments)
    named = truth(shipments["declared"])
    watched = watched_chips(tables, shipments[named], tests.of(named))
    kinds = shipments["goods"].astype("string").fillna("unknown").to_numpy(dtype=object)
    chance, best = np.full(len(shipments), np.nan), np.full(len(shipments), -1)
    told, few = (np.zeros(len(shipments), dtype=bool) for _ in range(2))
    asked = ~named & (strongest(tests) >= 0)
    if watched and asked.any():
        likeness, best[asked], near = _likeness(tests.of(asked), watched)
        chance[asked] = _by_kind(tests.of(asked), kinds[asked], likeness, near, watched)
        few[asked] = _few_clean(kinds[asked], near)
        told[asked] = (chance[asked] >= LEAST_TOLD) | (np.isnan(chance[asked]) & near)
    known = np.isfinite(chance)
    names = np.array([*(chip.chip for chip in watched), ""], dtype=object)
    noted = shipments.assign(_kind=kinds, _named=named, _tested=known, _few=few)
    index = shipments.index
    return pd.DataFrame(
        {
            "hidden_chip_probability": pd.Series(chance, index=index).astype("Float64"),
            "hidden_chip": pd.Series(names[best], index=index, dtype="str").where(known),
            "density_sentence": sentences(noted, tests, told, best, watched),
        }
    )


def _by_kind(
    tests: Tests, kinds: NDArray[np.object_], likeness: Floats, near: Truths, watched: list[Watched]
) -> Floats:
    """Unmix each kind of goods; kinds with few clean records lean on all others."""
    chance = np.full(len(likeness), np.nan)
    pooled = _curves(tests, (~near).astype(float)) if (~near).sum() >= FEW else None
    for kind in sorted(set(kinds)):
        rows = kinds == kind
        clean = int((~near[rows]).sum())
        if pooled is None or (clean < FEW and near[rows].any() and (~near & ~rows).sum() < FEW):
            continue
        chance[rows] = _unmix(tests.of(rows), likeness[rows], near[rows], pooled, watched)
    return chance


def _few_clean(kinds: NDArray[np.object_], near: Truths) -> Truths:
    """Whether a record's kind has few records unlike any chip."""
    names, places = np.unique(kinds.astype(str), return_inverse=True)
    clean = np.bincount(places, weights=~near, minlength=len(names))
    result: Truths = (clean < FEW)[places]
    return result


# ---------------------------------------------------------------- the curves


def _likeness(tests: Tests, watched: list[Watched]) -> tuple[Floats, NDArray[np.int64], Truths]:
    """Return the log density as chips, the chip that fits best, and who is alike to any."""
    size = len(tests.usd)
    total, best, near = np.full(size, np.nan), np.full(size, -1), np.zeros(size, dtype=bool)
    for start in range(0, size, CHUNK):
        part = slice(start, start + CHUNK)
        some = Tests(tests.usd[part], tests.kg[part], tests.usd_kg[part])
        each = np.stack([_as_chip(some, chip) for chip in watched])
        total[part] = _log_mean(each, np.full(len(watched), 1 / len(watched)))
        best[part] = each.argmax(axis=0)
        near[part] = np.any([alike(some, chip) for chip in watched], axis=0)
    return total, best, near


def _log_mean(each: Floats, weights: Floats) -> Floats:
    top = each.max(axis=0)
    result: Floats = top + np.log(weights @ np.exp(each - top))
    return result


def _as_chip(tests: Tests, chip: Watched) -> Floats:
    usd, kg = chip.usd.log_density(tests.usd), chip.kg.log_density(tests.kg)
    return _joined(tests, usd + kg, usd, kg, per_weight(chip).log_density(tests.usd_kg))


def _joined(tests: Tests, both: Floats, usd: Floats, kg: Floats, usd_kg: Floats) -> Floats:
    """Take the strongest test that each record allows."""
    state = strongest(tests)
    conditions = [state == place for place, _ in enumerate(STATES)]
    result: Floats = np.select(conditions, [both, usd, kg, usd_kg], np.nan)
    return result


def _curves(tests: Tests, weights: Floats) -> dict[str, Bell | None]:
    return {name: fit(getattr(tests, name), weights) for name in ("usd", "kg", "usd_kg")}


def _as_goods(tests: Tests, curves: Curves) -> Floats:
    blank = np.full(len(tests.usd), np.nan)
    usd, kg, usd_kg = (
        curve.log_density(getattr(tests, name)) if curve else blank
        for name, curve in ((name, curves[name]) for name in ("usd", "kg", "usd_kg"))
    )
    # Value per weight hangs less on the size of the goods than value per unit does, so it is
    # taken with the weight: in these two the area is that of price and weight.
    return _joined(tests, kg + usd_kg, usd, kg, usd_kg)


# ---------------------------------------------------------------- the mixture


def _unmix(
    tests: Tests, likeness: Floats, near: Truths, pooled: Curves, watched: list[Watched]
) -> Floats:
    """Return the probability of chips for each record of one kind."""
    # Too many goods weigh what a card weighs: weight alone says nothing of how many are chips.
    telling = strongest(tests) != STATES.index("kg")
    # Records that look like chips begin in doubt, so that many of them do not pass for the kind.
    chance = np.where(near & telling, FIRST_DOUBT, PRIOR_SHARE)
    chips = likeness
    weights = np.full(len(watched), 1 / len(watched))
    each: Floats | None = None
    hope = np.empty(0, dtype=np.int64)
    for _ in range(ROUNDS):
        before = chance
        goods = _as_goods(tests, _pulled(_curves(tests, 1 - chance), pooled))
        seen = float(chance[telling].sum()) + PRIOR_SHARE * PRIOR_SIZE
        share = min(seen / (float(telling.sum()) + PRIOR_SIZE), LARGEST_SHARE)
        prior = math.log(share) - math.log1p(-share)
        chance = _chance(prior + chips - goods)
        if each is None:
            hope = np.flatnonzero(prior + likeness - goods > HOPELESS)[:CHUNK]
            each = np.stack([_as_chip(tests.at(hope), chip) for chip in watched])
        # Which chips travel under this name is learned from the records in question.
        if len(hope):
            chips = likeness.copy()
            chips[hope] = _log_mean(each, weights)
            part = weights[:, None] * np.exp(each - chips[hope]) * (chance * telling)[hope]
            weights = (part.sum(axis=1) + PRIOR_CHIPS / len(watched)) / (part.sum() + PRIOR_CHIPS)
            chance[hope] = _chance(prior + chips[hope] - goods[hope])
        if np.abs(chance - before).max() < STILL:
            break
    return chance


def _chance(odds: Floats) -> Floats:
    result: Floats = 1 / (1 + np.exp(-np.clip(odds, -50, 50)))
    return result


def _pulled(own: Curves, pooled: Curves) -> dict[str, Bell | None]:
    drawn: dict[str, Bell | None] = {}
    for name, curve in own.items():
        other = pooled[name]
        drawn[name] = curve.drawn_to(other, POOLED) if curve and other else curve or other
    return drawn
