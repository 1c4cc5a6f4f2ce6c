"""What a lot taken by chance looks like, as the records themselves show."""

from __future__ import annotations

import numpy as np
import pandas as pd

Ints = np.ndarray
Floats = np.ndarray

# What a lot taken by chance looks like is measured in the records; where they are few, broad
# expectations count as much as this many lots would.
PRIOR_LOTS = 20  # lots
# Broad expectations: from screws to machines, and from cents to engines, per piece; from a
# gram of chips to a ton of steel in USD per kilogram; from a parcel to a container.
KG_OF_ANYTHING = (0.0, 2.5)  # mean and standard deviation of log kg
USD_OF_ANYTHING = (float(np.log(50.0)), 3.0)  # mean and standard deviation of log USD
USD_KG_OF_ANYTHING = (float(np.log(30.0)), 2.5)  # mean and standard deviation of log USD per kg
TOTAL_KG_OF_ANYTHING = (float(np.log(200.0)), 2.5)  # mean and standard deviation of log kg
LARGEST_NUMBER = 1e6  # pieces; numbers up to it are as likely in each power of ten
# A lot taken by chance is of its own class of goods, of all trade, or of anything at all: the
# last bounds what one strange figure (a typing error, a rare machine) can prove.
CHANCE_SHARES = (0.60, 0.25, 0.15)  # own class, all trade, anything
# What the words of a lot may be, to one who looks for a chip.
SAME_CHIP, VAGUE, SOMETHING_ELSE, ANOTHER_CHIP = range(4)
# Words of lots taken by chance, before the records are counted; as many lots as PRIOR_LOTS say.
WORDS_OF_ANYTHING = (0.002, 0.15, 0.80, 0.05)  # one chip, vague, something else, any chip
WORDS_PRIOR_LOTS = 20  # lots
# Even the most uniform goods differ by this much between declarations.
LEAST_SPREAD = 0.25  # log kg or log USD
# 1.4826 makes the median absolute deviation estimate a normal standard deviation.
MAD_TO_SD = 1.4826


def rarity_of(values: Floats, classes: Ints, anything: tuple[float, float]) -> Floats:
    """One over the density of each lot's value among lots taken by chance.

    By its own class of goods, by all trade, by anything. Normal in logarithms around the median,
    its spread from the median absolute deviation (Rousseeuw and Croux, 1993), so that errors and
    hidden goods do not move it. What is expected of anything counts as :data:`PRIOR_LOTS` lots
    more.
    """
    known = pd.Series(values)
    grouped = known.groupby(classes)
    middle = grouped.transform("median")
    spread = MAD_TO_SD * (known - middle).abs().groupby(classes).transform("median").to_numpy()
    lots = grouped.transform("count").to_numpy(dtype=float)
    own = normal(values - middle.to_numpy(), np.maximum(spread, LEAST_SPREAD))
    of_all = float(known.median()) if known.notna().any() else anything[0]
    spread_of_all = MAD_TO_SD * float((known - of_all).abs().median()) if len(known) else 1.0
    all_trade = normal(values - of_all, max(np.nan_to_num(spread_of_all), 1.0))
    broad = normal(values - anything[0], anything[1])
    trust = lots / (lots + PRIOR_LOTS)
    by_class, by_all, by_any = CHANCE_SHARES
    density = trust * (by_class * own + by_all * all_trade + by_any * broad) + (1 - trust) * broad
    with np.errstate(divide="ignore"):
        return np.asarray(1 / density)


def normal(distance: Floats, spread: Floats | float) -> Floats:
    """Density of a normal distribution."""
    density = distance * (np.sqrt(0.5) / spread)
    density *= -density
    return np.asarray(np.exp(density) / (np.sqrt(2 * np.pi) * spread))


def share_of_number(items: Floats, goods: Ints) -> Floats:
    """Share of other lots of the same class of goods that have just this number of pieces."""
    pieces = pd.Series(np.round(items))
    kind = pd.Series(goods)
    others = pieces.groupby([kind, pieces]).transform("size") - 1
    lots = pieces.notna().groupby(kind).transform("sum") - 1
    expected = PRIOR_LOTS / (np.maximum(pieces, 1) * np.log(LARGEST_NUMBER))
    return np.asarray((others + expected) / (lots + PRIOR_LOTS), dtype=float)


def shares_of_words(family: Ints, vague: np.ndarray, families: int) -> tuple[Floats, Floats]:
    """Share of lots whose text is of the same sort as each lot's, and that name the same chip.

    Parameters
    ----------
    family
        Family of the chip that each lot names, or -1.
    vague
        Whether the text names nothing in particular.
    families
        How many there are.
    """
    word, prior = words_of(family, vague), WORDS_PRIOR_LOTS * np.array(WORDS_OF_ANYTHING)
    total = len(family) + WORDS_PRIOR_LOTS
    words = np.bincount(word, minlength=len(prior)) + prior
    chips = np.bincount(family[family >= 0], minlength=max(families, 1))
    named = (chips + prior[SAME_CHIP])[np.maximum(family, 0)]
    return (words / total)[word], np.where(family >= 0, named / total, 1.0)


def share_of_code(code: Ints) -> Floats:
    """Share of all lots that have the same code as each."""
    kind = code - code.min(initial=0)
    return np.asarray((np.bincount(kind)[kind] + 1) / (len(code) + 1))


def words_of(family: Ints, vague: np.ndarray) -> Ints:
    """Say of each lot whether its words are ANOTHER_CHIP, VAGUE or SOMETHING_ELSE.

    A chip that a text names is the same chip only to one who compares it with a purchase.
    """
    return np.select([family >= 0, vague], [ANOTHER_CHIP, VAGUE], SOMETHING_ELSE)
