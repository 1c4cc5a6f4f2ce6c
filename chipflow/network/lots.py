"""Shipments as lots of goods: arrays to follow them by, and how well two lots agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.goods.catalogue import load_catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Ints = np.ndarray
Floats = np.ndarray

# How the words of a lot that does continue a purchase of chips relate to that purchase. Cases
# made public name the chip, hide it under vague words, or relabel it as something
# else; the last is the rarest. A lot that names another chip is hardly ever the same goods.
WORDS_IF_CONTINUED = {
    "same chip": 0.50,
    "vague": 0.40,
    "something else": 0.09,
    "another chip": 0.01,
}
# Weight per piece of the same goods, shipped again: scales and packing differ by some per cent,
# and in three lots of ten by more (repacked, rounded, estimated).
WEIGHT_SPREADS = ((0.7, 0.05), (0.3, 0.20))  # (share, standard deviation of log kg)
# Value per piece of the same goods: usually near the purchase, but declared values run from a
# tenth of it to half as much again.
VALUE_SPREAD = (0.6, 0.35)  # (share, standard deviation of log USD)
VALUE_RANGE = (np.log(0.1), np.log(1.5))  # log USD; the other four lots of ten
# Share of lots whose weight or value is wrong altogether (typing errors, another unit).
WRONG = 0.05
# A lot goes on whole, in parts, or together with others.
NUMBER_IF_CONTINUED = {"whole": 0.5, "part": 0.3, "more": 0.2}
LARGEST_MERGE = 10  # times the purchase
WAIT = 30.0  # days, mean of an exponential wait between arrival and departure
# What a lot taken by chance looks like is measured in the records; where they are few, broad
# expectations count as much as this many lots would.
PRIOR_LOTS = 20  # lots
# Broad expectations: from screws to machines, and from cents to engines, per piece.
KG_OF_ANYTHING = (0.0, 2.5)  # mean and standard deviation of log kg
USD_OF_ANYTHING = (np.log(50.0), 3.0)  # mean and standard deviation of log USD
LARGEST_NUMBER = 1e6  # pieces; numbers up to it are as likely in each power of ten
WORDS_OF_ANYTHING = {"vague": 0.15, "something else": 0.80, "another chip": 0.05, "one chip": 0.002}
# Even the most uniform goods differ by this much between declarations.
LEAST_SPREAD = 0.25  # log kg or log USD
# Two lots are compared for a hand-over inside a country only where their weights per piece fall
# into the same or neighbouring bins of this width.
HAND_OVER_BIN = 0.15  # log kg per piece
# Share of a sender's lots that continue a purchase, before its records are looked at: half a
# lot for and half a lot against (Jeffreys' prior of a share).
CONTINUES = (0.5, 0.5)  # lots that do, lots that do not
LEARNING_ROUNDS = 8  # rounds of expectation and maximisation; shares move by less than 0.01 then
# Numbers of pieces that differ by less than this are equal.
EQUAL_NUMBER = 0.01  # share


@dataclass
class Lots:
    """Shipments as arrays, one entry a shipment, in the order of ``record``."""

    record: np.ndarray
    shipper: Ints
    consignee: Ints
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
    vague: np.ndarray
    items: Floats
    per_item: Floats
    units: Floats
    weight: Floats
    value: Floats
    kg: Floats
    usd: Floats
    kg_of_kind: Floats
    usd_of_kind: Floats
    number_by_chance: Floats

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
        table = shipments.sort_values("record_id", ignore_index=True)
        parties, _ = pd.factorize(pd.concat([table["shipper_id"], table["consignee_id"]]))
        countries = sorted(set(table["from_country"].dropna()) | set(table["to_country"].dropna()))
        first, last = _day_range(table)
        epoch = first.min() if len(first) else 0
        named_family = table["chip"].map(_families(table["chip"].dropna().unique()))
        families = np.array(sorted(named_family.dropna().unique()), dtype=object)
        family = _codes(named_family, list(families))
        items = table["items"].to_numpy(dtype=float, na_value=np.nan)
        units = table["units"].to_numpy(dtype=float, na_value=np.nan)
        weight = table["weight_kg"].to_numpy(dtype=float, na_value=np.nan)
        value = table["value_usd"].to_numpy(dtype=float, na_value=np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            kg, usd = np.log(weight / items), np.log(value / items)
        goods = table["goods"].to_numpy(dtype=object)
        reaches = [
            table[name].isin(destination)
            for name in ("to_country", "destination_country", "import_country")
        ]
        return cls(
            record=table["record_id"].to_numpy(dtype=object),
            shipper=parties[: len(table)],
            consignee=parties[len(table) :],
            named_shipper=table["shipper"].notna().to_numpy(),
            named_consignee=table["consignee"].notna().to_numpy(),
            from_country=_codes(table["from_country"], countries),
            to_country=_codes(table["to_country"], countries),
            arrives=np.logical_or.reduce([one.to_numpy() for one in reaches]),
            first=first - epoch,
            last=last - epoch,
            longest=int((last - first).max(initial=0)),
            chip=table["chip"].fillna("").to_numpy(dtype=object).copy(),
            families=families,
            family=family,
            carried=family.copy(),
            vague=table["vague"].to_numpy(dtype=bool, na_value=False),
            items=items,
            per_item=table["chips_per_item"].to_numpy(dtype=float, na_value=np.nan).copy(),
            units=units.copy(),
            weight=weight,
            value=value,
            kg=np.where(np.isfinite(kg), kg, np.nan),
            usd=np.where(np.isfinite(usd), usd, np.nan),
            kg_of_kind=_by_chance(kg, goods, KG_OF_ANYTHING),
            usd_of_kind=_by_chance(usd, goods, USD_OF_ANYTHING),
            number_by_chance=_number_by_chance(items, goods),
        )

    @property
    def comparable(self) -> np.ndarray:
        """Lots whose pieces and weight per piece are known."""
        return np.asarray(np.isfinite(self.items) & np.isfinite(self.kg))

    @property
    def supply(self) -> Floats:
        """Chips that each lot can pass on; without any number there is no limit to state."""
        return np.where(np.isfinite(self.units), self.units, np.inf)

    def hand_over_group(self, lots: Ints, country: Ints, shift: int) -> Ints:
        """Return a number that equal lots of a country share: pieces and weight per piece."""
        weight_bin = np.floor(self.kg[lots] / HAND_OVER_BIN).astype(np.int64) + shift
        pieces = np.round(self.items[lots]).astype(np.int64)
        return np.asarray((country[lots] * 1_000_003 + weight_bin) * 10_000_019 + pieces)

    def inherit(self, feed: Ints, fed: Ints) -> None:
        """Give lots that name no chip what the lots that feed them carry."""
        self.carried[fed] = self.carried[feed]
        self.chip[fed] = self.chip[feed]
        unknown = ~np.isfinite(self.per_item[fed])
        self.per_item[fed] = np.where(unknown, self.per_item[feed], self.per_item[fed])
        counted = self.holds(feed, fed)
        missing = ~np.isfinite(self.units[fed])
        known = np.where(np.isfinite(counted), counted, np.nan)
        self.units[fed] = np.where(missing, known, self.units[fed])

    def holds(self, feed: Ints, fed: Ints) -> Floats:
        """Chips of the kind in ``feed`` that ``fed`` can hold; infinite where nothing tells."""
        by_text = self.units[fed]
        by_pieces = self.items[fed] * self.per_item[feed]
        with np.errstate(divide="ignore", invalid="ignore"):
            by_weight = self.weight[fed] / (self.weight[feed] / self.units[feed])
        best = np.where(np.isfinite(by_text), by_text, by_pieces)
        best = np.where(np.isfinite(best), best, np.round(by_weight))
        return np.where(np.isfinite(best) & (best > 0), best, np.inf)


def _families(chips: Iterable[str]) -> dict[str, str]:
    """Family of each chip: a text that names only the family may mean any of its variants."""
    known = load_catalogue().by_chip
    return {chip: known[chip].family if chip in known else chip for chip in chips}


def _codes(values: pd.Series, categories: list[str]) -> Ints:
    return pd.Categorical(values, categories=categories).codes.astype(np.int64)


def _day_range(table: pd.DataFrame) -> tuple[Ints, Ints]:
    """First and last day that a date may stand for, in days since 1970."""
    date = table["date"]
    day = date.to_numpy().astype("datetime64[D]")
    first = day.astype(np.int64)
    month_end = (day.astype("datetime64[M]") + 1).astype("datetime64[D]").astype(np.int64) - 1
    year_end = (day.astype("datetime64[Y]") + 1).astype("datetime64[D]").astype(np.int64) - 1
    precision = table["date_precision"].to_numpy(dtype=object)
    last = np.where(precision == "month", month_end, first)
    return first, np.where(precision == "year", year_end, last)


def _by_chance(values: Floats, goods: np.ndarray, anything: tuple[float, float]) -> Floats:
    """Log density of each lot's value: by its own kind of goods, by all trade, by anything.

    Normal in logarithms around the median, its spread from the median absolute deviation
    (Rousseeuw and Croux, 1993), so that errors and hidden goods do not move it. Own kind and
    all trade count half each; what is expected of anything counts as :data:`PRIOR_LOTS` lots.
    """
    known = pd.Series(np.where(np.isfinite(values), values, np.nan))
    by_kind = known.groupby(pd.Series(goods))
    lots = known.notna().groupby(pd.Series(goods)).transform("sum").to_numpy(dtype=float)
    own = _normal(
        values - by_kind.transform("median").to_numpy(),
        by_kind.transform(_robust_spread).to_numpy(),
    )
    middle = float(known.median()) if known.notna().any() else anything[0]
    all_trade = _normal(values - middle, max(_robust_spread(known), 1.0))
    broad = _normal(values - anything[0], anything[1])
    trust = lots / (lots + PRIOR_LOTS)
    density = trust * (own + all_trade) / 2 + (1 - trust) * broad
    return np.asarray(np.log(np.maximum(density, 1e-12)))


def _robust_spread(values: pd.Series) -> float:
    known = values.dropna().to_numpy()
    if not len(known):
        return LEAST_SPREAD
    # 1.4826 makes the median absolute deviation estimate a normal standard deviation.
    return max(1.4826 * float(np.median(np.abs(known - np.median(known)))), LEAST_SPREAD)


def _normal(distance: Floats, spread: Floats | float) -> Floats:
    return np.asarray(np.exp(-0.5 * (distance / spread) ** 2) / (np.sqrt(2 * np.pi) * spread))


def _number_by_chance(items: Floats, goods: np.ndarray) -> Floats:
    """Share of other lots of the same kind of goods that have just this number of pieces."""
    pieces = pd.Series(np.round(items))
    kind = pd.Series(goods)
    others = pieces.groupby([kind, pieces]).transform("size") - 1
    lots = pieces.notna().groupby(kind).transform("sum") - 1
    expected = PRIOR_LOTS / (np.maximum(pieces, 1) * np.log(LARGEST_NUMBER))
    return np.asarray((others + expected) / (lots + PRIOR_LOTS), dtype=float)


def pairs_by_group(
    lots: Lots,
    e: Ints,
    group_of_e: Ints,
    order: Ints,
    groups: Ints,
    window: int,
) -> tuple[Ints, Ints]:
    """Join by a sorted range: f of the same group whose days may lie 0..window after those of e.

    Parameters
    ----------
    lots
        All lots.
    e, group_of_e
        Positions of the earlier lots, and the group of each.
    order, groups
        Positions of the later lots and their groups, sorted by group and first day.
    window
        Days.

    Returns
    -------
    tuple
        Positions of e and f, one entry a pair.
    """
    span = 1 + int(lots.last.max(initial=0)) + window + lots.longest
    key = groups * span + lots.first[order]
    low = np.searchsorted(key, group_of_e * span + np.maximum(lots.first[e] - lots.longest, 0))
    high = np.searchsorted(key, group_of_e * span + lots.last[e] + window, side="right")
    count = high - low
    left = np.repeat(e, count)
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    right = order[np.repeat(low, count) + offset]
    possible = (lots.last[right] >= lots.first[left]) & (left != right)
    return left[possible], right[possible]


def continuing_share(agreement: Floats, group: Ints, lots_of: Ints) -> Floats:
    """Learn which share of each group's lots continue a purchase.

    Parameters
    ----------
    agreement
        For each lot that was compared, the mean likelihood ratio over what may have fed it.
    group
        The group of each of these lots: a company, or a pair of companies.
    lots_of
        Number of lots of each group, compared or not.

    Returns
    -------
    numpy.ndarray
        One share a group, between 0 and 1.

    Notes
    -----
    Expectation-maximisation: Dempster, Laird and Rubin (1977).
    """
    share = np.full(len(lots_of), 0.5)
    yes, no = CONTINUES
    for _ in range(LEARNING_ROUNDS):
        s = share[group]
        continues = s * agreement / (s * agreement + 1 - s)
        expected = np.bincount(group, weights=continues, minlength=len(lots_of))
        share = (yes + expected) / (yes + no + lots_of)
    return share


def likelihood(lots: Lots, e: Ints, f: Ints, window: int) -> pd.DataFrame:
    """Compare pairs of lots: f is what e became, or a lot taken by chance.

    Parameters
    ----------
    lots
        All lots.
    e, f
        Positions of the earlier and the later lot of each pair.
    window
        Days within which a continuation is looked for.

    Returns
    -------
    pandas.DataFrame
        One row a pair: ``e, f``; natural logs of the likelihood ratios ``words, weight, value,
        number, waiting`` (0 where nothing can be compared) and their sum ``evidence``;
        ``days`` between the two.
    """
    parts = {
        "words": _words(lots, e, f),
        "weight": _agreement(lots.kg[f] - lots.kg[e], lots.kg_of_kind[f], _weight_density),
        "value": _agreement(lots.usd[f] - lots.usd[e], lots.usd_of_kind[f], _value_density),
        "number": _number(lots, e, f),
        "waiting": _waiting(lots, e, f, window),
    }
    days = (lots.first[f] + lots.last[f] - lots.first[e] - lots.last[e]) / 2
    return pd.DataFrame(
        {"e": e, "f": f, **parts, "evidence": sum(parts.values()), "days": np.maximum(days, 0)}
    )


def _words(lots: Lots, e: Ints, f: Ints) -> Floats:
    named = lots.family >= 0
    counts = {
        "vague": int((lots.vague & ~named).sum()),
        "something else": int((~lots.vague & ~named).sum()),
        "another chip": int(named.sum()),
    }
    total = len(lots) + PRIOR_LOTS
    ratio = {
        name: float(
            np.log(
                WORDS_IF_CONTINUED[name] * total / (count + PRIOR_LOTS * WORDS_OF_ANYTHING[name])
            )
        )
        for name, count in counts.items()
    }
    of_chip = np.bincount(lots.family[named], minlength=len(lots.families))
    expected = of_chip + PRIOR_LOTS * WORDS_OF_ANYTHING["one chip"]
    carried = lots.carried[e]
    same = np.log(WORDS_IF_CONTINUED["same chip"] * total / expected[carried])
    return np.asarray(
        np.select(
            [lots.family[f] == carried, lots.family[f] >= 0, lots.vague[f]],
            [same, np.full(len(f), ratio["another chip"]), np.full(len(f), ratio["vague"])],
            ratio["something else"],
        )
    )


def _agreement(distance: Floats, log_chance: Floats, density: Callable[[Floats], Floats]) -> Floats:
    chance = np.exp(log_chance)
    with np.errstate(invalid="ignore"):
        ratio = np.log((1 - WRONG) * density(distance) / chance + WRONG)
    return np.asarray(np.where(np.isfinite(ratio), ratio, 0.0))


def _weight_density(distance: Floats) -> Floats:
    density = [share * _normal(distance, spread) for share, spread in WEIGHT_SPREADS]
    return np.asarray(np.sum(density, axis=0))


def _value_density(distance: Floats) -> Floats:
    share, spread = VALUE_SPREAD
    low, high = VALUE_RANGE
    inside = ((distance >= low) & (distance <= high)) / (high - low)
    return np.asarray(share * _normal(distance, spread) + (1 - share) * inside)


def _number(lots: Lots, e: Ints, f: Ints) -> Floats:
    bought, sold = lots.units[e], lots.holds(e, f)
    sold = np.where(np.isfinite(sold), sold, np.nan)
    chance = lots.number_by_chance[f]
    with np.errstate(divide="ignore", invalid="ignore"):
        equal = np.abs(np.log(sold / bought)) < EQUAL_NUMBER
        part = NUMBER_IF_CONTINUED["part"] / np.maximum(bought / lots.per_item[e], 1)
        more = NUMBER_IF_CONTINUED["more"] / np.maximum(
            LARGEST_MERGE * bought / lots.per_item[e], 1
        )
        expected = np.where(
            equal, NUMBER_IF_CONTINUED["whole"], np.where(sold < bought, part, more)
        )
        # A number beyond any merge is wrong, and then as likely as in any other lot.
        likely = np.where(sold > LARGEST_MERGE * bought, WRONG * chance, expected)
        ratio = np.log(likely / chance)
    return np.asarray(np.where(np.isfinite(ratio), ratio, 0.0))


def _waiting(lots: Lots, e: Ints, f: Ints, window: int) -> Floats:
    """Wait of the continuation against any day of the window, averaged over the days possible."""
    shortest = np.maximum(lots.first[f] - lots.last[e], 0)
    longest = np.minimum(lots.last[f] - lots.first[e], window)
    span = np.maximum(longest - shortest, 0)
    exact = np.exp(-shortest / WAIT) / WAIT
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = (np.exp(-shortest / WAIT) - np.exp(-(longest + 1) / WAIT)) / (span + 1)
    density = np.where(span > 0, spread, exact)
    return np.asarray(np.log(np.maximum(density, 1e-12) * (window + 1)))
