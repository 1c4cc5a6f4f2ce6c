"""What a lot taken by chance looks like, as the records themselves show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

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
NUMBER_BAND = float(np.log(2.0))  # log pieces; within it numbers are as likely as their logs
PRICE_BAND = float(np.log(2.0))  # log USD a piece; within it lots are of like numbers
# A lot taken by chance is of what others send under the same words, of its own class of goods, of
# all trade, or of anything at all: the last bounds what one strange figure (a typing error, a rare
# machine) can prove.
CHANCE_SHARES = (0.30, 0.30, 0.25, 0.15)  # same words, own class, all trade, anything
# Goods are told by the first words of a text: what follows are models, orders and packing.
FIRST_WORDS = 2  # words without figures
# Scripts that put no blank between words.
UNPARTED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}"
# What is known of a wording from this many other senders counts as much as its class.
PRIOR_SENDERS = 5  # senders
# What the words of a lot may be, to one who looks for a chip.
SAME_CHIP, VAGUE, SOMETHING_ELSE, ANOTHER_CHIP = range(4)
# Words of lots taken by chance, before the records are counted; as many lots as PRIOR_LOTS say.
WORDS_OF_ANYTHING = (0.002, 0.15, 0.80, 0.05)  # one chip, vague, something else, any chip
WORDS_PRIOR_LOTS = 20  # lots
# Even the most uniform goods differ by this much between declarations.
LEAST_SPREAD = 0.25  # log kg or log USD
# 1.4826 makes the median absolute deviation estimate a normal standard deviation.
MAD_TO_SD = 1.4826


@dataclass(frozen=True)
class Wordings:
    """Which lots are described by the same first words, and who sends them.

    Attributes
    ----------
    words
        Code of the first words, by lot.
    sent
        Code of words and sender together, by lot.
    words_sent
        Code of the words, by code of ``sent``.
    """

    words: Ints
    sent: Ints
    words_sent: Ints

    @classmethod
    def of(cls, description: pd.Series, shipper: Ints) -> Wordings:
        """Read the first words of texts.

        Parameters
        ----------
        description
            Texts; missing where there is none.
        shipper
            Codes of companies.
        """
        code, texts = pd.factorize(description.fillna(""))
        plain = pc.utf8_upper(pa.array(texts, pa.large_string()))
        # Models, orders and numbers go; where words are not parted, only what holds the figure.
        for pattern in (r"[^\pL\pM\pN]+", rf"[^\s{UNPARTED}]*\pN[^\s{UNPARTED}]*"):
            plain = pc.replace_substring_regex(plain, pattern, " ")
        first = r"^\s*" + r"(\S*)\s*" * FIRST_WORDS + r"(?s:.*)$"
        parts = " ".join(rf"\{number}" for number in range(1, FIRST_WORDS + 1))
        words, known = pd.factorize(pd.Series(pc.replace_substring_regex(plain, first, parts)))
        empty = np.array([not text.strip() for text in known], dtype=bool)
        # Texts without a word have nothing in common: each sender has a wording of its own.
        words, wordless = words[code], empty[words][code]
        words = pd.factorize(np.where(wordless, len(known) + shipper, words))[0]
        companies = 1 + int(shipper.max(initial=0))
        sent, pairs = pd.factorize(words * companies + shipper)
        return cls(words, sent, np.asarray(pairs) // companies)

    def density(self, values: Floats) -> tuple[Floats, Floats]:
        """Density of each lot's value among what other senders call the same, and its weight.

        Each sender counts once, whatever it sends, so that none of them makes its own goods usual.
        """
        of_sender = pd.Series(values).groupby(self.sent).mean()
        words = self.words_sent[of_sender.index.to_numpy()]
        by_words = of_sender.groupby(words)
        middle = by_words.median()
        apart = (of_sender - middle.reindex(words).to_numpy()).abs()
        table = pd.DataFrame(
            {
                "middle": middle,
                "spread": (MAD_TO_SD * apart.groupby(words).median()).clip(lower=LEAST_SPREAD),
                "others": (by_words.count() - 1).clip(lower=0),
            }
        ).reindex(np.arange(1 + int(self.words.max(initial=0))))
        middles, spreads, others = table.to_numpy().T[:, self.words]
        found = normal(values - middles, spreads)
        known = np.isfinite(found)
        weight = np.where(known, others / (others + PRIOR_SENDERS), 0.0)
        return np.where(known, found, 0.0), weight


def rarity_of(
    values: Floats, classes: Ints, wordings: Wordings, anything: tuple[float, float]
) -> Floats:
    """One over the density of each lot's value among lots taken by chance.

    By what others call the same, by its own class of goods, by all trade, by anything. Normal in
    logarithms around the median, its spread from the median absolute deviation (Rousseeuw and
    Croux, 1993), so that errors and hidden goods do not move it. What is expected of anything
    counts as :data:`PRIOR_LOTS` lots more.
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
    same, weight = wordings.density(values)
    trust = lots / (lots + PRIOR_LOTS)
    by_words, by_class, by_all, by_any = CHANCE_SHARES
    same = weight * same + (1 - weight) * own
    mixed = by_words * same + by_class * own + by_all * all_trade + by_any * broad
    density = trust * mixed + (1 - trust) * broad
    with np.errstate(divide="ignore"):
        return np.asarray(1 / density)


def normal(distance: Floats, spread: Floats | float) -> Floats:
    """Density of a normal distribution."""
    density = distance * (np.sqrt(0.5) / spread)
    density *= -density
    return np.asarray(np.exp(density) / (np.sqrt(2 * np.pi) * spread))


def numbers_by_chance(items: Floats, goods: Ints, usd: Floats) -> tuple[Floats, Floats]:
    """How often other lots have just this number of pieces, and a number near it.

    Of lots of the same class of goods, and of lots that are worth about as much a piece: the
    mean of the two. What is dear comes in tens and what is cheap in thousands, under one name.

    Parameters
    ----------
    items
        Pieces of each lot.
    goods
        Code of the class of goods.
    usd
        Natural log of the value per piece; where it is missing the class alone counts.

    Returns
    -------
    tuple of numpy.ndarray
        Share of lots with the same number, and density of lots by the log of their number. Of
        hundreds of pieces no two lots may have the same number, so that the share is never less
        than the density makes it.
    """
    pieces = pd.Series(np.round(items))
    of_class = _numbers_by_chance(pieces, pd.Series(goods))
    priced = np.isfinite(usd)
    band = pd.Series(np.floor(np.where(priced, usd, 0.0) / PRICE_BAND))
    of_price = _numbers_by_chance(pieces.where(priced), band)
    same, density = (
        (one + np.where(priced, other, one)) / 2
        for one, other in zip(of_class, of_price, strict=True)
    )
    return np.maximum(same, density / np.maximum(pieces.to_numpy(), 1)), density


def _numbers_by_chance(pieces: pd.Series, kind: pd.Series) -> tuple[Floats, Floats]:
    lots = pieces.notna().groupby(kind).transform("sum") - 1 + PRIOR_LOTS
    band = np.floor(np.log(np.maximum(pieces, 1)) / NUMBER_BAND)
    by_chance = PRIOR_LOTS / np.log(LARGEST_NUMBER)
    same = pieces.groupby([kind, pieces]).transform("size") - 1
    near = pieces.groupby([kind, band]).transform("size") - 1
    same_share = (same + by_chance / np.maximum(pieces, 1)) / lots
    return same_share.to_numpy(float), ((near / NUMBER_BAND + by_chance) / lots).to_numpy(float)


def shares_of_words(
    family: Ints, names_chip: np.ndarray, vague: np.ndarray, families: int
) -> tuple[Floats, Floats]:
    """Share of lots whose text is of the same sort as each lot's, and that name the same chip.

    Parameters
    ----------
    family
        Family of the chip that each lot names and that is followed, or -1.
    names_chip
        Whether it names any.
    vague
        Whether the text names nothing in particular.
    families
        How many there are.
    """
    word, prior = words_of(names_chip, vague), WORDS_PRIOR_LOTS * np.array(WORDS_OF_ANYTHING)
    total = len(family) + WORDS_PRIOR_LOTS
    words = np.bincount(word, minlength=len(prior)) + prior
    chips = np.bincount(family[family >= 0], minlength=max(families, 1))
    named = (chips + prior[SAME_CHIP])[np.maximum(family, 0)]
    return (words / total)[word], np.where(family >= 0, named / total, 1.0)


def share_of_code(code: Ints) -> Floats:
    """Share of all lots that have the same code as each."""
    kind = code - code.min(initial=0)
    return np.asarray((np.bincount(kind)[kind] + 1) / (len(code) + 1))


def words_of(names_chip: np.ndarray, vague: np.ndarray) -> Ints:
    """Say of each lot whether its words are ANOTHER_CHIP, VAGUE or SOMETHING_ELSE.

    A chip that a text names is the same chip only to one who compares it with a purchase.
    """
    return np.select([names_chip, vague], [ANOTHER_CHIP, VAGUE], SOMETHING_ELSE)
