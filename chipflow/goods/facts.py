"""What the knowledge tables hold: chips, systems, words, rules and country groups, as objects."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    exception
        A licence exception that may stand in for the licence, as the end of a sentence.
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
    exception: str
    exception_source: str
    note: str


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
    chips, systems, parts, words, kinds, clauses, memberships
        The rows of the seven tables.
    """

    chips: tuple[Chip, ...]
    systems: tuple[System, ...]
    parts: tuple[Part, ...]
    words: tuple[Word, ...]
    kinds: tuple[Kind, ...]
    clauses: tuple[Clause, ...]
    memberships: tuple[Membership, ...]
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

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that :func:`chipflow.goods.classify` can give: chips and families."""
        return tuple(sorted({*self.by_chip, *self.by_family}))

    @cached_property
    def watched(self) -> frozenset[str]:
        """Names that may mean a chip that a rule could cover: for data centres, or strong."""
        return self._stronger(min(one.tpp_min for one in self.clauses if one.tpp_min is not None))

    @cached_property
    def near_limit(self) -> frozenset[str]:
        """Names that may mean a chip for data centres, or one nearly as strong as any may be."""
        limits = (one.tpp_min for one in self.clauses if one.density_min is None)
        return self._stronger(NEAR_LIMIT * min(one for one in limits if one is not None))

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

    def ranges(self, name: str, figure: Figure) -> list[tuple[float, float]]:
        """Lowest and highest weight or price of each chip that a name can mean, where known."""
        bounds = [
            (getattr(one, f"{figure}_low"), getattr(one, f"{figure}_high"))
            for one in self.variants(name)
        ]
        return [(low, high) for low, high in bounds if low and high]

    def words_of(self, role: str) -> tuple[Word, ...]:
        """Return the context rows of one role, in a fixed order."""
        return tuple(sorted((w for w in self.words if w.role == role), key=lambda w: w.name))

    def word(self, role: str, name: str) -> Word:
        """Return one context row by role and name."""
        return next(w for w in self.words if w.role == role and w.name == name)

    def groups_of(self, country: str) -> tuple[Membership, ...]:
        """Return the country-group memberships of a country (ISO 3166 alpha-2)."""
        return self.by_country.get(country, ())
