"""What a shipment taken by chance looks like, as the records themselves show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from chipflow.settings import MAD_TO_SD
from chipflow.threads import for_each

if TYPE_CHECKING:
    from chipflow.network.arrays import ShipmentArrays
    from chipflow.settings import BackgroundSettings

Ints = np.ndarray
Floats = np.ndarray

# Scripts that put no blank between words.
UNPARTED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}"
# Classes of words: what the words of a shipment may be, to one who looks for a chip.
SAME_CHIP, VAGUE, SOMETHING_ELSE, ANOTHER_CHIP = range(4)


@dataclass(frozen=True)
class Background:
    """How common what shipments show is among shipments taken by chance (the u distributions).

    Attributes
    ----------
    goods, wording
        Codes of the class of goods (kind by HS heading) and of the first words of the text.
    inverse_density
        One over the density of ``kg, usd, usd_kg`` and of the log of the whole weight (``total``)
        among shipments taken by chance.
    number_share, words_share, chip_share, goods_share
        Share of shipments taken by chance with the same number of pieces, words of the same class,
        the same chip named, the same class of goods or the same wording.
    number_density
        Density of shipments taken by chance at the log of the number of pieces.
    """

    goods: Ints
    wording: Ints
    inverse_density: dict[str, Floats]
    number_share: Floats
    number_density: Floats
    words_share: Floats
    chip_share: Floats
    goods_share: Floats

    @classmethod
    def of(
        cls,
        arrays: ShipmentArrays,
        *,
        hs_code: pd.Series,
        description: pd.Series,
        family: Ints,
        families: int,
        names_chip: np.ndarray,
        settings: BackgroundSettings,
    ) -> Background:
        """Measure shipments against each other.

        Parameters
        ----------
        arrays
            The shipments.
        hs_code, description
            Their codes and texts; missing where there is none.
        family, families
            Family of the chip that each names and that is traced, or -1; and how many there are.
        names_chip
            Whether it names any chip.
        settings
            The numbers of the method.
        """
        goods = goods_classes(arrays.kind, hs_code, settings)
        wordings = Wordings.of(description, arrays.shipper, settings)
        measured = {
            "kg": (arrays.kg, settings.kg_of_anything),
            "usd": (arrays.usd, settings.usd_of_anything),
            "usd_kg": (arrays.usd_kg, settings.usd_kg_of_anything),
            "total": (np.log(arrays.weight), settings.total_kg_of_anything),
        }
        inverse: dict[str, Floats] = dict.fromkeys(measured, arrays.kg)

        def measure(name: str) -> None:
            values, (middle, spread) = measured[name]
            anything = (float(np.log(middle)), spread)
            inverse[name] = inverse_density_of(values, goods, wordings, anything, settings)

        for_each(list(measured), measure)
        number_share, number_density = number_background(arrays.items, goods, arrays.usd, settings)
        words_share, chip_share = word_shares(family, names_chip, arrays.vague, families, settings)
        return cls(
            goods=goods,
            wording=wordings.words,
            inverse_density=inverse,
            number_share=number_share,
            number_density=number_density,
            words_share=words_share,
            chip_share=chip_share,
            goods_share=np.minimum(share_of_code(goods) + share_of_code(wordings.words), 1.0),
        )


@dataclass(frozen=True)
class Wordings:
    """Which shipments are described by the same first words, and who sends them.

    Attributes
    ----------
    words
        Code of the first words, by shipment.
    sent
        Code of words and sender together, by shipment.
    words_sent
        Code of the words, by code of ``sent``.
    """

    words: Ints
    sent: Ints
    words_sent: Ints
    settings: BackgroundSettings

    @classmethod
    def of(cls, description: pd.Series, shipper: Ints, settings: BackgroundSettings) -> Wordings:
        """Read the first words of texts.

        Parameters
        ----------
        description
            Texts; missing where there is none.
        shipper
            Codes of companies.
        settings
            The numbers of the method.
        """
        code, texts = pd.factorize(description.fillna(""))
        plain = pc.utf8_upper(pa.array(texts, pa.large_string()))
        # Models, orders and numbers go; where words are not parted, only what holds the figure.
        for pattern in (r"[^\pL\pM\pN]+", rf"[^\s{UNPARTED}]*\pN[^\s{UNPARTED}]*"):
            plain = pc.replace_substring_regex(plain, pattern, " ")
        first = r"^\s*" + r"(\S*)\s*" * settings.first_words + r"(?s:.*)$"
        parts = " ".join(rf"\{number}" for number in range(1, settings.first_words + 1))
        words, known = pd.factorize(pd.Series(pc.replace_substring_regex(plain, first, parts)))
        empty = np.array([not text.strip() for text in known], dtype=bool)
        # Texts without a word have nothing in common: each sender has a wording of its own.
        words, wordless = words[code], empty[words][code]
        words = pd.factorize(np.where(wordless, len(known) + shipper, words))[0]
        companies = 1 + int(shipper.max(initial=0))
        sent, pairs = pd.factorize(words * companies + shipper)
        return cls(words, sent, np.asarray(pairs) // companies, settings)

    def density(self, values: Floats) -> tuple[Floats, Floats]:
        """Density of each shipment's value among what other senders call the same, and its weight.

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
                "spread": (MAD_TO_SD * apart.groupby(words).median()).clip(
                    lower=self.settings.least_spread
                ),
                "others": (by_words.count() - 1).clip(lower=0),
            }
        ).reindex(np.arange(1 + int(self.words.max(initial=0))))
        middles, spreads, others = table.to_numpy().T[:, self.words]
        found = normal(values - middles, spreads)
        known = np.isfinite(found)
        weight = np.where(known, others / (others + self.settings.prior_senders), 0.0)
        return np.where(known, found, 0.0), weight


def inverse_density_of(
    values: Floats,
    classes: Ints,
    wordings: Wordings,
    anything: tuple[float, float],
    settings: BackgroundSettings,
) -> Floats:
    """One over the density of each shipment's value among shipments taken by chance.

    By what others call the same, by its own class of goods, by all trade, by anything. Normal in
    logarithms around the median, its spread from the median absolute deviation (Rousseeuw and
    Croux, 1993), so that errors and hidden goods do not move it. What is expected of anything
    counts as ``prior_shipments`` shipments more.
    """
    known = pd.Series(values)
    grouped = known.groupby(classes)
    middle = grouped.transform("median")
    spread = MAD_TO_SD * (known - middle).abs().groupby(classes).transform("median").to_numpy()
    lots = grouped.transform("count").to_numpy(dtype=float)
    own = normal(values - middle.to_numpy(), np.maximum(spread, settings.least_spread))
    of_all = float(known.median()) if known.notna().any() else anything[0]
    spread_of_all = MAD_TO_SD * float((known - of_all).abs().median()) if len(known) else 1.0
    all_trade = normal(values - of_all, max(np.nan_to_num(spread_of_all), 1.0))
    broad = normal(values - anything[0], anything[1])
    same, weight = wordings.density(values)
    trust = lots / (lots + settings.prior_shipments)
    by_words, by_class, by_all, by_any = settings.mixture
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


def number_background(
    items: Floats, goods: Ints, usd: Floats, settings: BackgroundSettings
) -> tuple[Floats, Floats]:
    """How often other shipments have just this number of pieces, and a number near it.

    Of shipments of the same class of goods, and of shipments that are worth about as much a piece:
    the mean of the two. What is dear comes in tens and what is cheap in thousands, under one name.

    Parameters
    ----------
    items
        Pieces of each shipment.
    goods
        Code of the class of goods.
    usd
        Natural log of the value per piece; where it is missing the class alone counts.
    settings
        The numbers of the method.

    Returns
    -------
    tuple of numpy.ndarray
        Share of shipments with the same number, and density of shipments by the log of their
        number. Of hundreds of pieces no two shipments may have the same number, so that the share
        is never less than the density makes it.
    """
    pieces = pd.Series(np.round(items))
    of_class = _number_background(pieces, pd.Series(goods), settings)
    priced = np.isfinite(usd)
    band = pd.Series(np.floor(np.where(priced, usd, 0.0) / np.log(settings.price_band)))
    of_price = _number_background(pieces.where(priced), band, settings)
    same, density = (
        (one + np.where(priced, other, one)) / 2
        for one, other in zip(of_class, of_price, strict=True)
    )
    return np.maximum(same, density / np.maximum(pieces.to_numpy(), 1)), density


def _number_background(
    pieces: pd.Series, kind: pd.Series, settings: BackgroundSettings
) -> tuple[Floats, Floats]:
    lots = pieces.notna().groupby(kind).transform("sum") - 1 + settings.prior_shipments
    band = np.floor(np.log(np.maximum(pieces, 1)) / np.log(settings.number_band))
    by_chance = settings.prior_shipments / np.log(settings.largest_number)
    same = pieces.groupby([kind, pieces]).transform("size") - 1
    near = pieces.groupby([kind, band]).transform("size") - 1
    same_share = (same + by_chance / np.maximum(pieces, 1)) / lots
    return same_share.to_numpy(float), (
        (near / np.log(settings.number_band) + by_chance) / lots
    ).to_numpy(float)


def word_shares(
    family: Ints,
    names_chip: np.ndarray,
    vague: np.ndarray,
    families: int,
    settings: BackgroundSettings,
) -> tuple[Floats, Floats]:
    """Share of shipments whose text is of the same class, and of those that name the same chip.

    Parameters
    ----------
    family
        Family of the chip that each shipment names and that is traced, or -1.
    names_chip
        Whether it names any.
    vague
        Whether the text names nothing in particular.
    families
        How many there are.
    settings
        The numbers of the method.
    """
    word, prior = (
        word_class(names_chip, vague),
        settings.prior_words * np.array(settings.words_of_anything),
    )
    total = len(family) + settings.prior_words
    words = np.bincount(word, minlength=len(prior)) + prior
    chips = np.bincount(family[family >= 0], minlength=max(families, 1))
    named = (chips + prior[SAME_CHIP])[np.maximum(family, 0)]
    return (words / total)[word], np.where(family >= 0, named / total, 1.0)


def share_of_code(code: Ints) -> Floats:
    """Share of all shipments that have the same code as each."""
    kind = code - code.min(initial=0)
    return np.asarray((np.bincount(kind)[kind] + 1) / (len(code) + 1))


def word_class(names_chip: np.ndarray, vague: np.ndarray) -> Ints:
    """Say of each shipment whether its words are ANOTHER_CHIP, VAGUE or SOMETHING_ELSE.

    A chip that a text names is the same chip only to one who compares it with a purchase.
    """
    return np.select([names_chip, vague], [ANOTHER_CHIP, VAGUE], SOMETHING_ELSE)


def goods_classes(kind: Ints, hs_code: pd.Series, settings: BackgroundSettings) -> Ints:
    """Class of each shipment: kind of goods by HS heading, or kind alone where that is rare.

    Parameters
    ----------
    kind
        Code of the kind of goods.
    hs_code
        HS codes; missing where there is none.
    settings
        The numbers of the method.
    """
    first = hs_code.str.slice(0, settings.heading_digits)
    heading = pd.factorize(first, use_na_sentinel=False)[0]
    fine = kind * (1 + int(heading.max(initial=0))) + heading
    code = pd.factorize(fine)[0]
    few = settings.smallest_class
    rare = np.bincount(code)[code] < few if len(code) else np.empty(0, dtype=bool)
    return np.asarray(np.where(rare, -1 - kind, code), dtype=np.int64)
