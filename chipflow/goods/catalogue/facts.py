"""What the knowledge tables hold: chips, systems, words, rules and country groups, as objects."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

# The largest field that a lithography scanner exposes at once, 26 mm x 33 mm: no die is larger.
RETICLE = 858.0  # mm2
FIRST_DAY = dt.date(2000, 1, 1)
LAST_DAY = dt.date(2099, 12, 31)
# Chips that were made to stay below a limit stay within a tenth of it.
NEAR_LIMIT = 0.9  # share of the limit


Figure = Literal["kg", "usd"]


@dataclass(frozen=True, slots=True)
class Chip:
    """One part.

    Attributes
    ----------
    tpp
        Total processing performance: dense operations per second in 10^12 x bit length.
    die_mm2, performance_density
        Area of logic on non-planar nodes, and TPP per mm2.
    link_gb_s, memory_gb_s
        Chip-to-chip (all directions) and memory bandwidth. None: not known, as for all figures.
    kg_low, kg_high, usd_low, usd_high, usd_year
        Typical weight and price of one piece as traded, and the year or years of the price.
    maker_class
        The number under which the maker itself classifies the part for export, if published.
    pattern
        How the family's name is written, as a regular expression on folded text.
    variant
        Words that mark this member of the family; after ``!`` words that rule it out. Empty: the
        member that text without such words means.
    ambiguous
        0 to 2: how many other goods carry the same code (see the priors in ``context.csv``).
    estimate
        Names of the figures that were computed or taken over and not found stated (``note`` says
        how each was made).
    tops, bits
        The dense rate in 10^12 operations per second and the bit length whose product is the TPP:
        those of the bit length that gives most.
    sparse_tops
        The rate that the maker states for sparse matrices at that bit length; rules do not use it.
    basis
        How sure the TPP is: ``maker`` (classified or stated as such by the maker), ``derived``
        (from a rate that the maker states), ``measured``, ``estimate``; empty where none is known.
    dies
        Number of dies that the area counts, if known.
    """

    chip: str
    family: str
    vendor: str
    tpp: float | None
    die_mm2: float | None
    performance_density: float | None
    link_gb_s: float | None
    memory_gb_s: float | None
    datacentre: bool
    launched: str
    kg_low: float | None
    kg_high: float | None
    usd_low: float | None
    usd_high: float | None
    usd_year: str
    maker_class: str
    pattern: str
    variant: str
    ambiguous: int
    estimate: tuple[str, ...]
    source: str
    note: str
    tops: float | None = None
    bits: float | None = None
    sparse_tops: float | None = None
    basis: str = ""
    dies: int | None = None

    @property
    def total_gb_s(self) -> float | None:
        """Memory and link bandwidth together."""
        if self.memory_gb_s is None or self.link_gb_s is None:
            return None
        return self.memory_gb_s + self.link_gb_s

    @property
    def least(self) -> dict[str, float]:
        """Figures that are at least so much, where they are not known themselves.

        Density: a die is no larger than a reticle. Memory and link together: no less than either.
        """
        bounds: dict[str, float] = {}
        if self.performance_density is None and self.tpp and self.dies:
            bounds["performance_density"] = self.tpp / (RETICLE * self.dies)
        one = max((v for v in (self.memory_gb_s, self.link_gb_s) if v is not None), default=None)
        if self.total_gb_s is None and one is not None:
            bounds["total_gb_s"] = one
        return bounds


@dataclass(frozen=True, slots=True)
class System:
    """A server or board that carries chips of a family."""

    system: str
    vendor: str
    family: str
    chips: int
    probability: float
    pattern: str
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Form:
    """A way in which chips of a family travel, and what one piece weighs.

    Attributes
    ----------
    of, form, chips
        The chip or family, the form and the number of chips in one piece.
    kg, packed
        Lowest and highest weight of one piece, net and with what it is packed in.
    basis
        How sure: ``maker``, ``derived``, ``measured`` or ``estimate``.
    """

    of: str
    form: str
    chips: int
    kg: tuple[float, float]
    packed: tuple[float, float]
    basis: str
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Price:
    """What one piece of a form cost in some years.

    Attributes
    ----------
    kind
        ``list`` (of the maker or its dealers), ``street`` (shops and listings) or ``grey`` (where
        the goods may not be sold).
    usd
        Lowest and highest price of one piece in US dollars.
    place
        Country of the price.
    """

    of: str
    form: str
    chips: int
    first_year: int
    last_year: int
    kind: str
    usd: tuple[float, float]
    place: str
    basis: str
    source: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part number, or how the part numbers of one product begin.

    Attributes
    ----------
    part
        As printed, with its hyphens; a trader's number may go on after it.
    name
        The chip or system that it stands for.
    """

    part: str
    name: str
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Word:
    """A row of ``context.csv``: words and the log-odds that they speak for a chip.

    Attributes
    ----------
    unless
        Words beside which these say nothing.
    """

    role: str
    name: str
    pattern: str
    unless: str
    log_odds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A row of ``kinds.csv``: words or an HS prefix and the kind of goods they mean."""

    role: str
    kind: str
    pattern: str
    hs: tuple[str, ...]
    vague: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of one rule: on which days, for whom, with which test, and what follows.

    Attributes
    ----------
    regime
        The law that it belongs to, a row of ``regimes.csv``.
    makers
        Makers of the chip to whom it was addressed; empty: all.
    end_uses, parties
        Uses and kinds of buyers on which it turns: such a clause is asked only where a question
        names one of them.
    total_min
        Least sum of memory and link bandwidth.
    outcome
        What follows for goods that meet the test (``OUTCOMES`` of
        :mod:`chipflow.goods.catalogue.build`).
    """

    rule: str
    clause: str
    title: str
    paragraph: str
    first_day: dt.date | None
    last_day: dt.date
    destinations: tuple[str, ...]
    headquarters: tuple[str, ...]
    origins: tuple[str, ...]
    tpp_min: float | None
    tpp_below: float | None
    density_min: float | None
    density_below: float | None
    link_min: float | None
    memory_min: float | None
    datacentre: bool | None
    parts: tuple[str, ...]
    outcome: str
    citation: str
    source: str
    confidence: str
    note: str
    regime: str = "US"
    makers: tuple[str, ...] = ()
    end_uses: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    total_min: float | None = None


@dataclass(frozen=True, slots=True)
class LicenceException:
    """What may stand in for a licence that a rule asks for.

    Attributes
    ----------
    exception
        Its short name ("NAC").
    rules, clauses
        For which it may stand in; no clauses: all of the rule.
    destinations, headquarters
        Where the goods go and, if named, where the buyer has its headquarters.
    condition
        What it asks for, as the end of a sentence: of the parties, the use, the goods.
    """

    exception: str
    rules: tuple[str, ...]
    clauses: tuple[str, ...]
    destinations: tuple[str, ...]
    headquarters: tuple[str, ...]
    first_day: dt.date
    last_day: dt.date
    condition: str
    citation: str
    source: str


@dataclass(frozen=True, slots=True)
class Regime:
    """A body of law, and how far these tables hold it.

    Attributes
    ----------
    regime
        Its key.
    country
        ISO 3166 alpha-2 of the country whose law it is ("EU" for the Union), or "*".
    state
        ``rules`` (clauses of it are in ``rules.csv`` or a watch list), ``nothing found`` (it was
        looked for and no rule on such goods was found) or ``not covered``.
    title
        As a sentence names it.
    about
        What is held, or why nothing is.
    """

    regime: str
    country: str
    state: str
    title: str
    about: str
    first_day: dt.date | None
    last_day: dt.date
    citation: str
    source: str


@dataclass(frozen=True, slots=True)
class Membership:
    """A country's time in a country group; ``certain`` is false where sources differ."""

    group: str
    country: str
    first_day: dt.date
    last_day: dt.date
    certain: bool
    source: str
    note: str


@dataclass(frozen=True)
class Catalogue:
    """All knowledge about goods and rules, checked.

    Parameters
    ----------
    chips, systems, parts, words, kinds, clauses, memberships, exceptions, regimes, forms, prices
        The rows of the tables.
    """

    chips: tuple[Chip, ...]
    systems: tuple[System, ...]
    parts: tuple[Part, ...]
    words: tuple[Word, ...]
    kinds: tuple[Kind, ...]
    clauses: tuple[Clause, ...]
    memberships: tuple[Membership, ...]
    exceptions: tuple[LicenceException, ...] = ()
    regimes: tuple[Regime, ...] = ()
    forms: tuple[Form, ...] = ()
    prices: tuple[Price, ...] = ()
    by_chip: Mapping[str, Chip] = field(init=False, repr=False, compare=False)
    by_family: Mapping[str, tuple[Chip, ...]] = field(init=False, repr=False, compare=False)
    by_country: Mapping[str, tuple[Membership, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        families: dict[str, list[Chip]] = {}
        for chip in sorted(self.chips, key=lambda chip: chip.chip):
            families.setdefault(chip.family, []).append(chip)
        object.__setattr__(self, "by_chip", {chip.chip: chip for chip in self.chips})
        object.__setattr__(
            self, "by_family", {name: tuple(chips) for name, chips in sorted(families.items())}
        )
        groups: dict[str, list[Membership]] = {}
        for member in self.memberships:
            groups.setdefault(member.country, []).append(member)
        object.__setattr__(
            self, "by_country", {name: tuple(members) for name, members in groups.items()}
        )

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Worked out once: tables are asked for by what is kept of their answers."""
        return hash(tuple(getattr(self, one.name) for one in fields(self) if one.compare))

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that :func:`chipflow.goods.text.classify` can give: chips and families."""
        return tuple(sorted({*self.by_chip, *self.by_family}))

    @cached_property
    def watched(self) -> frozenset[str]:
        """Names that may mean a chip that a rule could cover: for data centres, or strong."""
        return self._stronger(min(one.tpp_min for one in self.clauses if one.tpp_min is not None))

    @cached_property
    def near_limit(self) -> frozenset[str]:
        """Names that may mean a chip for data centres, or one nearly as strong as any may be."""
        limits = (one.tpp_min for one in self.clauses if one.density_min is None)
        # Without any limit, as in a watch list, nothing is near it.
        least = min((one for one in limits if one is not None), default=math.inf)
        return self._stronger(NEAR_LIMIT * least)

    def _stronger(self, tpp: float) -> frozenset[str]:
        return frozenset(
            name
            for name in self.names
            if any(one.datacentre or (one.tpp or 0.0) >= tpp for one in self.variants(name))
        )

    def variants(self, name: str) -> tuple[Chip, ...]:
        """Return the chips that a name of the catalogue can mean; empty if it is unknown.

        Parameters
        ----------
        name
            A chip ("H100 SXM") or a family ("H100"). A family with a member of the same name
            ("RTX 4090", besides "RTX 4090 Laptop") means that member.

        Returns
        -------
        tuple of Chip
        """
        if name in self.by_chip:
            return (self.by_chip[name],)
        return self.by_family.get(name, ())

    def ranges(
        self, name: str, figure: Figure, year: int | None = None
    ) -> list[tuple[float, float]]:
        """Lowest and highest weight or price of each chip that a name can mean, where known.

        Parameters
        ----------
        name
            A chip or family.
        figure
            "kg" or "usd".
        year
            For prices: the year of the shipment, if those of that year are to be taken where the
            tables hold any; without it the band over all years.
        """
        if figure == "usd" and year is not None:
            dated = self.dated_prices(name, year)
            if dated:
                return [(min(low for low, _ in dated), max(high for _, high in dated))]
        bounds = [
            (getattr(one, f"{figure}_low"), getattr(one, f"{figure}_high"))
            for one in self.variants(name)
        ]
        return [(low, high) for low, high in bounds if low and high]

    def dated_prices(self, name: str, year: int) -> list[tuple[float, float]]:
        """Prices of one chip alone in a year, as the table of prices holds them; empty if none."""
        names = {name, *(chip.family for chip in self.variants(name))}
        return [
            price.usd
            for price in self.prices
            if price.of in names
            and price.chips == 1
            and price.first_year <= year <= price.last_year
        ]

    def words_of(self, role: str) -> tuple[Word, ...]:
        """Return the context rows of one role, in a fixed order."""
        return tuple(sorted((w for w in self.words if w.role == role), key=lambda w: w.name))

    def word(self, role: str, name: str) -> Word:
        """Return one context row by role and name."""
        return next(w for w in self.words if w.role == role and w.name == name)

    def groups_of(self, country: str) -> tuple[Membership, ...]:
        """Return the country-group memberships of a country (ISO 3166 alpha-2)."""
        return self.by_country.get(country, ())
