"""Shipments as lots of goods: the arrays by which they are followed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.goods.accelerators import says_accelerator
from chipflow.goods.catalogue import load_catalogue
from chipflow.goods.controls import never_controlled
from chipflow.goods.licences import quotes_licence
from chipflow.network.chance import (
    KG_OF_ANYTHING,
    TOTAL_KG_OF_ANYTHING,
    USD_KG_OF_ANYTHING,
    USD_OF_ANYTHING,
    Wordings,
    numbers_by_chance,
    rarity_of,
    share_of_code,
    shares_of_words,
)
from chipflow.threads import for_each

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chipflow.goods.facts import Figure

Ints = np.ndarray
Floats = np.ndarray

# Classes are kinds of goods by HS heading; smaller ones are taken with their kind.
SMALLEST_CLASS = 30  # lots
# Single chips may weigh so much less or more than the catalogue says, with what they are packed in.
OUTSIDE = float(np.log(2.0))  # log kg
# A card that is so much heavier or dearer than the one it is called is another one.
TOO_HEAVY, TOO_DEAR = 1.5, 2.5  # factors
# Share of the heading of an HS code that tells goods apart: its first four digits.
HEADING = 4  # digits


@dataclass
class Lots:
    """Shipments as arrays, one entry a shipment, in the order of ``record``.

    Attributes
    ----------
    shipper, consignee
        Codes of companies.
    ids
        Their ids, by code.
    first, last
        First and last day that a date may stand for, in days after the first of all.
    family, carried
        Code of the chip's family that the text names (-1: none that a rule could cover), and of
        the one that is followed in it.
    names_chip
        Whether the text names a chip, followed or not, that the goods may be.
    goods, wording
        Codes of the class of goods (kind by HS heading) and of the first words of the text.
    items, per_item, units
        Pieces, chips in a piece, chips; missing where not known.
    kg, usd, usd_kg
        Natural logs of weight and value per piece, and of value per weight.
    kg_unit, usd_unit
        Natural logs of weight and value per chip: the lot's own, else what lots of its family
        show, else the catalogue's.
    kg_single
        Natural log of the weight of one chip by itself, also where it is built in.
    rarity
        One over the density of ``kg, usd, usd_kg`` and of the log of the whole weight (``total``)
        among lots taken by chance.
    says_accelerator
        Whether the text says that it is accelerators and names none.
    under_licence
        Whether the lot arrives at the destination, names a chip and quotes a licence.
    number_by_chance, words_by_chance, chip_by_chance, goods_by_chance
        Share of lots taken by chance with the same number of pieces, words of the same sort, the
        same chip named, the same class of goods or the same wording.
    number_density
        Density of lots taken by chance at the log of the number of pieces.
    """

    record: np.ndarray
    shipper: Ints
    consignee: Ints
    ids: np.ndarray
    named_shipper: np.ndarray
    named_consignee: np.ndarray
    from_country: Ints
    to_country: Ints
    arrives: np.ndarray
    first: Ints
    last: Ints
    longest: int
    chip: np.ndarray
    families: np.ndarray
    family: Ints
    carried: Ints
    names_chip: np.ndarray
    vague: np.ndarray
    goods: Ints
    wording: Ints
    items: Floats
    per_item: Floats
    units: Floats
    weight: Floats
    value: Floats
    kg: Floats
    usd: Floats
    usd_kg: Floats
    kg_unit: Floats
    usd_unit: Floats
    kg_single: Floats
    rarity: dict[str, Floats]
    says_accelerator: np.ndarray
    under_licence: np.ndarray
    number_by_chance: Floats
    number_density: Floats
    words_by_chance: Floats
    chip_by_chance: Floats
    goods_by_chance: Floats

    def __len__(self) -> int:
        return len(self.record)

    @classmethod
    def of(cls, shipments: pd.DataFrame, destination: tuple[str, ...]) -> Lots:
        """Arrange shipments for tracing.

        Parameters
        ----------
        shipments
            :attr:`chipflow.Network.shipments`.
        destination
            ISO 3166 alpha-2 codes.
        """
        table = in_order(shipments)
        parties, ids = pd.factorize(pd.concat([table["shipper_id"], table["consignee_id"]]))
        countries = sorted(
            {*table["from_country"].dropna().unique(), *table["to_country"].dropna().unique()}
        )
        first, last = day_range(table)
        epoch = first.min() if len(first) else 0
        numbers = {
            name: table[name].to_numpy(dtype=float, na_value=np.nan)
            for name in ("items", "chips_per_item", "units", "weight_kg", "value_usd")
        }
        items, weight, value = (_positive(numbers[n]) for n in ("items", "weight_kg", "value_usd"))
        units = _positive(numbers["units"])
        # A card that no rule covers is not followed, and under such a name stronger ones hide.
        weak = set(table["chip"].dropna().unique()) - load_catalogue().near_limit
        weak = never_controlled(weak, destination)
        chip = table["chip"].mask(table["chip"].isin(weak))
        kg_each, usd_each = weight / units, value / units
        false_name = _under_false_name(table["chip"], weak, kg_each, usd_each)
        names_chip = table["chip"].notna().to_numpy() & ~false_name
        named_family = chip.map(families_of(chip.dropna().unique()))
        families = np.array(sorted(named_family.dropna().unique()), dtype=object)
        family = _codes(named_family, list(families))
        kg, usd, usd_kg = np.log(weight / items), np.log(value / items), np.log(value / weight)
        kind = pd.factorize(table["goods"], use_na_sentinel=False)[0]
        # Boards and servers weigh more for each chip than cards do.
        built = 2 * kind + (numbers["chips_per_item"] > 1)
        vague = table["vague"].to_numpy(dtype=bool, na_value=False)
        goods = _classes(kind, table["hs_code"])
        measured = {
            "kg": (kg, KG_OF_ANYTHING),
            "usd": (usd, USD_OF_ANYTHING),
            "usd_kg": (usd_kg, USD_KG_OF_ANYTHING),
            "total": (np.log(weight), TOTAL_KG_OF_ANYTHING),
        }
        wordings = Wordings.of(table["description"], parties[: len(table)])
        rarity: dict[str, Floats] = dict.fromkeys(measured, kg)

        def measure(name: str) -> None:
            values, anything = measured[name]
            rarity[name] = rarity_of(values, goods, wordings, anything)

        for_each(list(measured), measure)
        number_by_chance, number_density = numbers_by_chance(items, goods, usd)
        words_by_chance, chip_by_chance = shares_of_words(family, names_chip, vague, len(families))
        reaches = [
            table[name].isin(destination)
            for name in ("to_country", "destination_country", "import_country")
        ]
        arrives = np.logical_or.reduce([one.to_numpy() for one in reaches])
        under_licence = arrives & (family >= 0)
        named = np.flatnonzero(under_licence)
        under_licence[named] = quotes_licence(table["description"].iloc[named])
        says = (family < 0) & vague
        vaguely = np.flatnonzero(says)
        code, texts = pd.factorize(table["description"].iloc[vaguely])
        says[vaguely] = np.append(says_accelerator(texts), False)[code]
        return cls(
            record=table["record_id"].to_numpy(dtype=object),
            shipper=parties[: len(table)],
            consignee=parties[len(table) :],
            ids=np.asarray(ids, dtype=object),
            named_shipper=table["shipper"].notna().to_numpy(),
            named_consignee=table["consignee"].notna().to_numpy(),
            from_country=_codes(table["from_country"], countries),
            to_country=_codes(table["to_country"], countries),
            arrives=arrives,
            first=first - epoch,
            last=last - epoch,
            longest=int((last - first).max(initial=0)),
            chip=chip.fillna("").to_numpy(dtype=object).copy(),
            families=families,
            family=family,
            carried=family.copy(),
            names_chip=names_chip,
            vague=vague,
            goods=goods,
            wording=wordings.words,
            items=items,
            per_item=numbers["chips_per_item"].copy(),
            units=units,
            weight=weight,
            value=value,
            kg=kg,
            usd=usd,
            usd_kg=usd_kg,
            kg_unit=_of_family(np.log(kg_each), family, built, _catalogue_kg(families)),
            usd_unit=_of_family(np.log(usd_each), family, built, _catalogue_usd(families)),
            kg_single=_kg_of_singles(chip, np.log(kg_each), numbers["chips_per_item"]),
            rarity=rarity,
            says_accelerator=says,
            under_licence=under_licence,
            number_by_chance=number_by_chance,
            number_density=number_density,
            words_by_chance=words_by_chance,
            chip_by_chance=chip_by_chance,
            goods_by_chance=np.minimum(share_of_code(goods) + share_of_code(wordings.words), 1.0),
        )

    def at(self, records: Iterable[str]) -> Ints:
        """Positions of records, all of which are here."""
        # In order, each search begins where the last one ended, and what it reads is at hand.
        code, known = pd.factorize(np.asarray(records, dtype=object), sort=True)
        return np.asarray(np.searchsorted(self.record, known)[code], dtype=np.int64)

    @cached_property
    def sent(self) -> tuple[Ints, Ints]:
        """Lots with a named shipper, sorted by shipper and first day, and the key they sort by."""
        at = np.flatnonzero(self.named_shipper)
        key = self.shipper[at] * self.span + self.first[at]
        order = np.argsort(key, kind="stable")
        return at[order], key[order]

    @cached_property
    def span(self) -> int:
        """More days than the records cover: who times this, and a day, sort by who and day."""
        return 2 + int(self.last.max(initial=0))

    @cached_property
    def received(self) -> Ints:
        """Lots with a named consignee that moved, sorted by consignee and first day."""
        # What a company sends to itself is no purchase.
        at = np.flatnonzero(self.named_consignee & (self.shipper != self.consignee))
        return at[np.argsort(self.consignee[at] * self.span + self.first[at], kind="stable")]

    @cached_property
    def companies(self) -> int:
        """Number of codes of companies."""
        return 1 + int(max(self.shipper.max(initial=0), self.consignee.max(initial=0)))

    @cached_property
    def first_seen(self) -> Ints:
        """First day of each company's first shipment, by its code, whichever side it is on."""
        first = np.full(self.companies, int(self.last.max(initial=0)))
        np.minimum.at(first, self.shipper, self.first)
        np.minimum.at(first, self.consignee, self.first)
        return first

    @cached_property
    def supply(self) -> Floats:
        """Chips that each lot can pass on: as stated, else by weight, else by value.

        Infinite where nothing tells: there is no limit to state then. Computed anew when lots have
        inherited what they carry.
        """
        by_weight = self.weight / np.exp(self.kg_unit)
        by_value = self.value / np.exp(self.usd_unit)
        best = np.where(np.isfinite(self.units), self.units, np.maximum(np.round(by_weight), 1))
        best = np.where(np.isfinite(best), best, np.maximum(np.round(by_value), 1))
        return np.where(np.isfinite(best), best, np.inf)

    def like(self, name: str, lots: Ints) -> Floats:
        """Return ``kg``, ``usd`` or ``usd_kg`` of lots, or what their chips make likely instead."""
        own = getattr(self, name)[lots]
        if name == "usd_kg":
            usual = self.usd_unit[lots] - self.kg_unit[lots]
        else:
            per_item = np.log(np.where(np.isfinite(self.per_item[lots]), self.per_item[lots], 1.0))
            usual = (self.kg_unit if name == "kg" else self.usd_unit)[lots] + per_item
        return np.asarray(np.where(np.isfinite(own), own, usual))

    def inherit(self, feed: Ints, fed: Ints) -> None:
        """Give lots that name no chip what the lots that feed them carry."""
        self.__dict__.pop("supply", None)
        unnamed = self.family[fed] < 0
        feed, fed = feed[unnamed], fed[unnamed]
        self.carried[fed] = self.carried[feed]
        self.chip[fed] = self.chip[feed]
        singly = self.singly(feed, fed)
        for name, one in (("per_item", 1.0), ("kg_unit", self.kg_single[feed])):
            own = getattr(self, name)
            inherited = np.where(singly, one, own[feed])
            own[fed] = np.where(np.isfinite(own[fed]), own[fed], inherited)
        for name in ("usd_unit", "kg_single"):
            own = getattr(self, name)
            own[fed] = np.where(np.isfinite(own[fed]), own[fed], own[feed])
        counted = self.holds(feed, fed)
        missing = ~np.isfinite(self.units[fed])
        known = np.where(np.isfinite(counted), counted, np.nan)
        self.units[fed] = np.where(missing, known, self.units[fed])

    def singly(self, feed: Ints, fed: Ints) -> np.ndarray:
        """Whether chips that are built into what is in ``feed`` would be single in ``fed``."""
        found = self.per_item[feed] > 1
        at = np.flatnonzero(found)
        feed, fed = feed[at], fed[at]
        found[at] = taken_out(
            self.kg[fed],
            self.per_item[fed],
            self.like("kg", feed),
            np.log(self.per_item[feed]),
            self.kg_single[feed],
            named=self.family[fed] >= 0,
        )
        return np.asarray(found)

    def in_piece(self, feed: Ints, fed: Ints) -> Floats:
        """Chips in a piece of ``fed`` if it is what ``feed`` became."""
        return np.asarray(np.where(self.singly(feed, fed), 1.0, self.per_item[feed]))

    def holds(self, feed: Ints, fed: Ints) -> Floats:
        """Chips of the kind in ``feed`` that ``fed`` can hold; infinite where nothing tells."""
        singly = self.singly(feed, fed)
        kg_unit = np.where(singly, self.kg_single[feed], self.kg_unit[feed])
        by_text = self.units[fed]
        by_pieces = self.items[fed] * np.where(singly, 1.0, self.per_item[feed])
        by_weight = np.maximum(np.round(self.weight[fed] / np.exp(kg_unit)), 1)
        by_value = np.maximum(np.round(self.value[fed] / np.exp(self.usd_unit[feed])), 1)
        best = np.where(np.isfinite(by_text), by_text, by_pieces)
        best = np.where(np.isfinite(best), best, by_weight)
        best = np.where(np.isfinite(best), best, by_value)
        return np.where(np.isfinite(best) & (best > 0), best, np.inf)


def taken_out(
    kg: Floats,
    per_item: Floats,
    kg_bought: Floats,
    built_in: Floats,
    kg_single: Floats,
    *,
    named: np.ndarray,
) -> np.ndarray:
    """Say whether lots would be single chips, taken out of what was bought.

    By the name, if there is one, unless a piece weighs like what was bought; else by whether it
    weighs more like a single chip than like that.

    Parameters
    ----------
    kg, per_item, named
        Of the later lots: log of the weight of a piece, chips in it as far as the text says, and
        whether a chip is named.
    kg_bought, built_in, kg_single
        Of what was bought: logs of the weight of a piece, of the number of chips in it, and of the
        weight of one of them by itself.
    """
    by_name = (per_item == 1) & ~(kg > kg_bought - built_in / 2)
    return np.asarray(np.where(named, by_name, 2 * kg < kg_single + kg_bought))


def _positive(values: Floats) -> Floats:
    """Numbers above nothing; nought and less are no measure of goods."""
    return np.where(values > 0, values, np.nan)


def families_of(chips: Iterable[str]) -> dict[str, str]:
    """Family of each chip: a text that names only the family may mean any of its variants."""
    known = load_catalogue().by_chip
    return {chip: known[chip].family if chip in known else chip for chip in chips}


def _catalogue_kg(families: np.ndarray) -> Floats:
    return _catalogue_middle(families, "kg_low", "kg_high")


def _catalogue_usd(families: np.ndarray) -> Floats:
    return _catalogue_middle(families, "usd_low", "usd_high")


def _catalogue_middle(families: np.ndarray, low: str, high: str) -> Floats:
    """Middle of the catalogue's range for each family, in logs; missing where it has none."""
    known = load_catalogue().by_family
    middle = np.full(len(families), np.nan)
    for at, family in enumerate(families):
        ranges = [
            (getattr(chip, low), getattr(chip, high))
            for chip in known.get(family, ())
            if getattr(chip, low) and getattr(chip, high)
        ]
        if ranges:
            middle[at] = np.mean([np.log(one) for pair in ranges for one in pair])
    return middle


def _of_family(own: Floats, family: Ints, kind: Ints, catalogue: Floats) -> Floats:
    """Figures of lots, and in their place what named lots of their family and kind show.

    The kind says whether the chips are built in, too.
    """
    at = np.flatnonzero(family >= 0)
    named = pd.Series(own[at])
    usual = named.groupby([family[at], kind[at]]).transform("median").to_numpy()
    filled = np.where(np.isfinite(own[at]), own[at], usual)
    result = own.copy()
    result[at] = np.where(np.isfinite(filled), filled, catalogue[family[at]])
    return result


def _under_false_name(chip: pd.Series, weak: set[str], kg: Floats, usd: Floats) -> np.ndarray:
    """Say of lots that name a weak card whether they weigh or cost too much to be it.

    Against the catalogue's highest figures; where it has none, or the lot, nothing is said.
    ``kg`` and ``usd`` are for each chip.
    """
    found = np.zeros(len(chip), dtype=bool)
    at = np.flatnonzero(chip.isin(weak))
    name = chip.iloc[at].to_numpy()
    known = load_catalogue()
    figures: tuple[tuple[Floats, Figure, float], ...] = (
        (kg, "kg", TOO_HEAVY),
        (usd, "usd", TOO_DEAR),
    )
    for values, figure, factor in figures:
        highest = {
            one: max((high for _, high in known.ranges(one, figure)), default=np.nan)
            for one in weak
        }
        found[at] |= values[at] > factor * np.array([highest[one] for one in name])
    return found


def _kg_of_singles(chip: pd.Series, kg: Floats, per_item: Floats) -> Floats:
    """Log weight of a single chip by name: as lots of single ones show, near the catalogue's."""
    known = load_catalogue()
    named = chip.notna().to_numpy()
    single = pd.Series(np.where(per_item == 1, kg, np.nan)[named])
    seen = single.groupby(chip[named].to_numpy()).median()
    of_chip: dict[str, float] = {}
    for name, usual in zip(seen.index, seen.to_numpy(), strict=True):
        ranges = np.log(known.ranges(str(name), "kg"))
        if len(ranges):
            # A board that is taken for a single chip would be like what it was taken out of.
            low, high = ranges.min() - OUTSIDE, ranges.max() + OUTSIDE
            usual = ranges.mean() if np.isnan(usual) else np.clip(usual, low, high)
        of_chip[str(name)] = float(usual)
    found = np.full(len(chip), np.nan)
    found[named] = chip[named].map(of_chip)
    return found


def _codes(values: pd.Series, categories: list[str]) -> Ints:
    code, found = pd.factorize(values)
    # The last is for what is missing.
    return np.append(pd.Index(categories).get_indexer(found), -1)[code]


def _classes(kind: Ints, hs_code: pd.Series) -> Ints:
    """Class of each lot: kind of goods by HS heading, or kind alone where that is rare."""
    heading = pd.factorize(hs_code.str.slice(0, HEADING), use_na_sentinel=False)[0]
    fine = kind * (1 + int(heading.max(initial=0))) + heading
    code = pd.factorize(fine)[0]
    rare = np.bincount(code)[code] < SMALLEST_CLASS if len(code) else np.empty(0, dtype=bool)
    return np.asarray(np.where(rare, -1 - kind, code), dtype=np.int64)


def partners(shipper: Ints, consignee: Ints, companies: int) -> tuple[Ints, Ints]:
    """Count the companies from which each one buys, and those to which it sells.

    Parameters
    ----------
    shipper, consignee
        Codes of companies, one pair a shipment.
    companies
        How many codes there are.

    Returns
    -------
    tuple of numpy.ndarray
        Suppliers and customers by code.
    """
    sellers, buyers = np.divmod(np.unique(shipper * companies + consignee), max(companies, 1))
    return np.bincount(buyers, minlength=companies), np.bincount(sellers, minlength=companies)


def entries(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Spell out some ranges, of which those that end before they begin are empty.

    Parameters
    ----------
    low, high
        Where each range begins, and where it has ended.

    Returns
    -------
    tuple of numpy.ndarray
        For each entry of each range, in order: the number of the range, and the place.
    """
    count = np.maximum(high - low, 0)
    row = np.repeat(np.arange(len(count)), count)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(count) - count - low, count)


def in_order(shipments: pd.DataFrame) -> pd.DataFrame:
    """Shipments by record id; themselves where they stand so already, as in a network."""
    if shipments["record_id"].is_monotonic_increasing:
        return shipments.reset_index(drop=True)
    return shipments.sort_values("record_id", ignore_index=True)


def day_range(table: pd.DataFrame) -> tuple[Ints, Ints]:
    """First and last day that a date may stand for, in days since 1970."""
    date = table["date"]
    day = date.to_numpy().astype("datetime64[D]")
    first = day.astype(np.int64)
    month_end = (day.astype("datetime64[M]") + 1).astype("datetime64[D]").astype(np.int64) - 1
    year_end = (day.astype("datetime64[Y]") + 1).astype("datetime64[D]").astype(np.int64) - 1
    of_month, of_year = (
        (table["date_precision"] == name).to_numpy(dtype=bool, na_value=False)
        for name in ("month", "year")
    )
    return first, np.select([of_month, of_year], [month_end, year_end], first)
