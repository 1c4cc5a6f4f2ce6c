"""The knowledge tables: which chips, systems, words, rules and country groups there are.

Everything that chipflow knows about goods is a row with a source in ``goods/tables/*.csv``.
This module reads the tables, checks them as a whole and shows all problems together. A user's
own CSV is merged row by row: a row with the same key replaces the shipped one.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from chipflow.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Made = TypeVar("Made")

TABLES = Path(__file__).parent / "tables"

# TPP and area are published with three significant figures, so their quotient is good to 2 %.
DENSITY_TOLERANCE = 0.02

FIRST_DAY = dt.date(2000, 1, 1)
LAST_DAY = dt.date(2099, 12, 31)

OUTCOMES = ("licence", "presumed_denied", "unknown")
CONFIDENCES = ("high", "medium", "low")
CONTEXT_ROLES = ("prior", "threshold", "word", "hs", "prefix", "suffix", "count", "unit")
COUNT_ROWS = (
    "server words: a count is per item",
    "count before the name",
    "cards inside a server",
    "count of cards",
    "rack shorthand",
    "count after the name",
    "count of pieces",
    "plausible chips in one item",
)
KIND_ROLES = ("word", "hs", "return", "empty")
KINDS = (
    "accelerator",
    "server",
    "consumer_card",
    "computer_parts",
    "computer",
    "integrated_circuit",
    "telecom",
    "electronics",
    "other",
    "unknown",
)

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "chips": (
        "chip",
        "family",
        "vendor",
        "tpp",
        "die_mm2",
        "performance_density",
        "link_gb_s",
        "memory_gb_s",
        "datacentre",
        "launched",
        "kg_low",
        "kg_high",
        "usd_low",
        "usd_high",
        "pattern",
        "variant",
        "ambiguous",
        "estimate",
        "source",
        "note",
    ),
    "systems": ("system", "vendor", "family", "chips", "probability", "pattern", "source", "note"),
    "context": ("role", "name", "pattern", "log_odds", "reason"),
    "kinds": ("role", "kind", "pattern", "hs", "vague", "reason"),
    "rules": (
        "rule",
        "clause",
        "title",
        "paragraph",
        "first_day",
        "last_day",
        "destinations",
        "headquarters",
        "origins",
        "tpp_min",
        "tpp_below",
        "density_min",
        "density_below",
        "link_min",
        "memory_min",
        "datacentre",
        "parts",
        "outcome",
        "citation",
        "source",
        "confidence",
        "note",
    ),
    "country_groups": ("group", "country", "first_day", "last_day", "certain", "source", "note"),
}
KEYS: Mapping[str, tuple[str, ...]] = {
    "chips": ("chip",),
    "systems": ("system",),
    "context": ("role", "name"),
    "kinds": ("role", "kind", "pattern", "hs"),
    "rules": ("rule", "clause"),
    "country_groups": ("group", "country", "first_day"),
}


class Row(NamedTuple):
    """One line of a table and where it stands."""

    file: str
    number: int
    cells: dict[str, str]


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
    pattern
        How the family's name is written, as a regular expression on folded text.
    variant
        Words that mark this member of the family; after ``!`` words that rule it out. Empty: the
        member that text without such words means.
    ambiguous
        0 to 2: how many other goods carry the same code (see the priors in ``context.csv``).
    estimate
        A figure was computed or taken over and not found stated (see ``note``).
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
    pattern: str
    variant: str
    ambiguous: int
    estimate: bool
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
class Word:
    """A row of ``context.csv``: words and the log-odds that they speak for a chip."""

    role: str
    name: str
    pattern: str
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
    """One clause of one rule: on which days, for whom, with which test, and what follows."""

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
    chips, systems, words, kinds, clauses, memberships
        The rows of the six tables.
    """

    chips: tuple[Chip, ...]
    systems: tuple[System, ...]
    words: tuple[Word, ...]
    kinds: tuple[Kind, ...]
    clauses: tuple[Clause, ...]
    memberships: tuple[Membership, ...]
    by_chip: Mapping[str, Chip] = field(init=False, repr=False, compare=False)
    by_family: Mapping[str, tuple[Chip, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        families: dict[str, list[Chip]] = {}
        for chip in sorted(self.chips, key=lambda chip: chip.chip):
            families.setdefault(chip.family, []).append(chip)
        object.__setattr__(self, "by_chip", {chip.chip: chip for chip in self.chips})
        object.__setattr__(
            self, "by_family", {name: tuple(chips) for name, chips in sorted(families.items())}
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that :func:`chipflow.goods.classify` can give: chips and families."""
        return tuple(sorted({*self.by_chip, *self.by_family}))

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

    def words_of(self, role: str) -> tuple[Word, ...]:
        """Return the context rows of one role, in a fixed order."""
        return tuple(sorted((w for w in self.words if w.role == role), key=lambda w: w.name))

    def word(self, role: str, name: str) -> Word:
        """Return one context row by role and name."""
        return next(w for w in self.words if w.role == role and w.name == name)

    def groups_of(self, country: str) -> tuple[Membership, ...]:
        """Return the country-group memberships of a country (ISO 3166 alpha-2)."""
        return tuple(m for m in self.memberships if m.country == country)


def load_catalogue(
    *,
    chips: str | Path | None = None,
    systems: str | Path | None = None,
    context: str | Path | None = None,
    kinds: str | Path | None = None,
    rules: str | Path | None = None,
    country_groups: str | Path | None = None,
) -> Catalogue:
    """Read the shipped tables, with the user's own rows merged in, and check them.

    Parameters
    ----------
    chips, systems, context, kinds, rules, country_groups
        CSV files with (some of) the columns of the shipped table of that name. A row whose key
        (chip; system; role and name; role, kind, pattern and hs; rule and clause; group, country
        and first_day) is already there replaces it, any other is added.

    Returns
    -------
    Catalogue

    Raises
    ------
    TableError
        The tables do not hold together; the message names file, row and column of every problem.
    """
    extra = {
        "chips": chips,
        "systems": systems,
        "context": context,
        "kinds": kinds,
        "rules": rules,
        "country_groups": country_groups,
    }
    if not any(extra.values()):
        return _shipped()
    return _load({name: Path(path) for name, path in extra.items() if path is not None})


@lru_cache(maxsize=1)
def _shipped() -> Catalogue:
    return _load({})


def _load(extra: Mapping[str, Path]) -> Catalogue:
    problems: list[str] = []
    rows = {name: _merged(name, extra.get(name), problems) for name in COLUMNS}
    # Rows cannot be understood when a whole table is: stop before a flood of messages.
    if any(not rows[name] for name in COLUMNS):
        _raise(problems)
    catalogue = Catalogue(
        chips=_build(rows["chips"], _chip, problems),
        systems=_build(rows["systems"], _system, problems),
        words=_build(rows["context"], _word, problems),
        kinds=_build(rows["kinds"], _kind, problems),
        clauses=_build(rows["rules"], _clause, problems),
        memberships=_build(rows["country_groups"], _membership, problems),
    )
    _check(catalogue, rows, problems)
    _raise(problems)
    return catalogue


def _raise(problems: Sequence[str]) -> None:
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise TableError(f"knowledge tables: {count}: " + "; ".join(problems))


# ---------------------------------------------------------------- reading


def _merged(name: str, path: Path | None, problems: list[str]) -> list[Row]:
    rows = _read(name, TABLES / f"{name}.csv", problems)
    if path is None:
        return rows
    own = _read(name, path, problems, partial=True)
    keyed = {_key(name, row): row for row in rows}
    # A replaced row keeps its place, so that the order of kinds stays what the table says.
    keyed.update({_key(name, row): row for row in own})
    return list(keyed.values())


def _read(name: str, path: Path, problems: list[str], *, partial: bool = False) -> list[Row]:
    file = path.name
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            lines = list(csv.reader(stream))
    except FileNotFoundError:
        problems.append(f"{path}: no such file; give a CSV with the columns of {name}.csv")
        return []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        problems.append(f"{path}: cannot be read as UTF-8 CSV ({error})")
        return []
    header = [cell.strip() for cell in lines[0]] if lines else []
    allowed = ", ".join(COLUMNS[name])
    unknown = [column for column in header if column not in COLUMNS[name]]
    needed = KEYS[name] if partial else COLUMNS[name]
    missing = [column for column in needed if column not in header]
    if unknown:
        problems.append(f"{file}: row 1: unknown columns {', '.join(unknown)} (allowed: {allowed})")
    if missing:
        problems.append(f"{file}: row 1: columns {', '.join(missing)} are missing")
    if unknown or missing:
        return []
    rows: list[Row] = []
    seen: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) != len(header):
            problems.append(f"{file}: row {number}: {len(line)} cells instead of {len(header)}")
            continue
        cells = dict.fromkeys(COLUMNS[name], "")
        cells.update(zip(header, (cell.strip() for cell in line), strict=True))
        row = Row(file, number, cells)
        key = _key(name, row)
        if key in seen:
            shown = " / ".join(part for part in key if part)
            problems.append(
                f"{file}: row {number}, column {KEYS[name][0]}: "
                f"{shown} stands already in row {seen[key]}"
            )
            continue
        seen[key] = number
        rows.append(row)
    return rows


def _key(name: str, row: Row) -> tuple[str, ...]:
    return tuple(row.cells[column] for column in KEYS[name])


class _Cells:
    """The cells of one row, turned into values; what cannot be turned is a problem."""

    def __init__(self, row: Row, problems: list[str]) -> None:
        self.row = row
        self.problems = problems

    def wrong(self, column: str, what: str) -> None:
        self.problems.append(f"{self.row.file}: row {self.row.number}, column {column}: {what}")

    def text(self, column: str, *, needed: bool = False) -> str:
        value = self.row.cells[column]
        if needed and not value:
            self.wrong(column, "is empty")
        return value

    def number(self, column: str, *, needed: bool = False) -> float | None:
        value = self.text(column, needed=needed)
        if not value:
            return None
        try:
            return float(value)
        except ValueError:
            self.wrong(column, f"{value!r} is not a number")
            return None

    def flag(self, column: str, *, default: bool | None = None) -> bool | None:
        value = self.row.cells[column]
        if not value:
            if default is None:
                return None
            return default
        if value not in ("0", "1"):
            self.wrong(column, f"{value!r} is neither 0 nor 1")
            return default
        return value == "1"

    def day(self, column: str) -> dt.date | None:
        value = self.row.cells[column]
        if not value:
            return None
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            self.wrong(column, f"{value!r} is not a day like 2023-11-17")
            return None

    def names(self, column: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.row.cells[column].split(";") if part.strip())

    def choice(self, column: str, allowed: Iterable[str]) -> str:
        value = self.row.cells[column]
        allowed = tuple(allowed)
        if value not in allowed:
            self.wrong(column, f"{value!r} is not one of {', '.join(allowed)}")
        return value

    def regex(self, column: str, *, needed: bool = False) -> str:
        value = self.text(column, needed=needed)
        for part in value.split("!") if column == "variant" else [value]:
            try:
                re.compile(part)
            except re.error as error:
                self.wrong(column, f"is no regular expression ({error})")
        if re.search(r"\(\?[=!<]", value):
            self.wrong(column, "looks ahead or behind, which not every engine can")
        return value


def _build(
    rows: Sequence[Row], make: Callable[[_Cells], Made | None], problems: list[str]
) -> tuple[Made, ...]:
    made = (make(_Cells(row, problems)) for row in rows)
    return tuple(one for one in made if one is not None)


def _chip(cells: _Cells) -> Chip:
    ambiguous = cells.choice("ambiguous", ("0", "1", "2"))
    return Chip(
        chip=cells.text("chip", needed=True),
        family=cells.text("family", needed=True),
        vendor=cells.text("vendor", needed=True),
        tpp=cells.number("tpp"),
        die_mm2=cells.number("die_mm2"),
        performance_density=cells.number("performance_density"),
        link_gb_s=cells.number("link_gb_s"),
        memory_gb_s=cells.number("memory_gb_s"),
        datacentre=bool(cells.flag("datacentre", default=False)),
        launched=cells.text("launched"),
        kg_low=cells.number("kg_low"),
        kg_high=cells.number("kg_high"),
        usd_low=cells.number("usd_low"),
        usd_high=cells.number("usd_high"),
        pattern=cells.regex("pattern", needed=True),
        variant=cells.regex("variant"),
        ambiguous=int(ambiguous) if ambiguous in ("0", "1", "2") else 2,
        estimate=bool(cells.flag("estimate", default=False)),
        source=cells.text("source", needed=True),
        note=cells.text("note"),
    )


def _system(cells: _Cells) -> System:
    count = cells.number("chips", needed=True)
    probability = cells.number("probability", needed=True)
    if count is not None and (count < 1 or count != int(count)):
        cells.wrong("chips", "is not a whole number of at least 1")
    if probability is not None and not 0 < probability < 1:
        cells.wrong("probability", "is not between 0 and 1")
    return System(
        system=cells.text("system", needed=True),
        vendor=cells.text("vendor", needed=True),
        family=cells.text("family", needed=True),
        chips=int(count or 1),
        probability=probability or 0.0,
        pattern=cells.regex("pattern", needed=True),
        source=cells.text("source", needed=True),
        note=cells.text("note"),
    )


def _word(cells: _Cells) -> Word:
    role = cells.choice("role", CONTEXT_ROLES)
    scored = role in ("prior", "threshold", "word", "hs")
    return Word(
        role=role,
        name=cells.text("name", needed=True),
        pattern=cells.regex("pattern", needed=role != "threshold"),
        log_odds=cells.number("log_odds", needed=scored) or 0.0,
        reason=cells.text("reason", needed=True),
    )


def _kind(cells: _Cells) -> Kind:
    role = cells.choice("role", KIND_ROLES)
    hs = cells.names("hs")
    for prefix in hs:
        if not prefix.isdigit() or len(prefix) % 2:
            cells.wrong("hs", f"{prefix!r} is not an HS prefix of 2, 4 or 6 digits")
    return Kind(
        role=role,
        kind=cells.choice("kind", KINDS) if role in ("word", "hs") else "",
        pattern=cells.regex("pattern", needed=role != "hs"),
        hs=hs,
        vague=bool(cells.flag("vague", default=False)),
        reason=cells.text("reason", needed=True),
    )


def _clause(cells: _Cells) -> Clause:
    first, last = cells.day("first_day"), cells.day("last_day")
    if first is None and "never applied" not in cells.text("note"):
        cells.wrong("first_day", "is empty, and the note does not say 'never applied'")
    if first is not None and last is not None and last < first:
        cells.wrong("last_day", "lies before first_day")
    destinations = cells.names("destinations")
    if not any(not part.startswith("-") for part in destinations):
        cells.wrong("destinations", "names no destination (use * for any)")
    flag = cells.flag("datacentre")
    clause = Clause(
        rule=cells.text("rule", needed=True),
        clause=cells.text("clause", needed=True),
        title=cells.text("title", needed=True),
        paragraph=cells.text("paragraph", needed=True),
        first_day=first,
        last_day=last or LAST_DAY,
        destinations=destinations,
        headquarters=cells.names("headquarters"),
        origins=cells.names("origins"),
        tpp_min=cells.number("tpp_min"),
        tpp_below=cells.number("tpp_below"),
        density_min=cells.number("density_min"),
        density_below=cells.number("density_below"),
        link_min=cells.number("link_min"),
        memory_min=cells.number("memory_min"),
        datacentre=flag,
        parts=cells.names("parts"),
        outcome=cells.choice("outcome", OUTCOMES),
        citation=cells.text("citation", needed=True),
        source=cells.text("source", needed=True),
        confidence=cells.choice("confidence", CONFIDENCES),
        note=cells.text("note"),
    )
    for low, high in (("tpp_min", "tpp_below"), ("density_min", "density_below")):
        least, below = getattr(clause, low), getattr(clause, high)
        if least is not None and below is not None and below <= least:
            cells.wrong(high, f"is not above {low}")
    return clause


def _membership(cells: _Cells) -> Membership | None:
    country = cells.text("country", needed=True)
    if not re.fullmatch("[A-Z]{2}", country):
        cells.wrong("country", f"{country!r} is not an ISO 3166 alpha-2 code")
    first, last = cells.day("first_day"), cells.day("last_day")
    if first is None:
        if not cells.text("first_day"):
            cells.wrong("first_day", "is empty")
        return None
    if last is not None and last < first:
        cells.wrong("last_day", "lies before first_day")
    return Membership(
        group=cells.text("group", needed=True),
        country=country,
        first_day=first,
        last_day=last or LAST_DAY,
        certain=bool(cells.flag("certain", default=True)),
        source=cells.text("source", needed=True),
        note=cells.text("note"),
    )


# ---------------------------------------------------------------- the tables as a whole


def _check(catalogue: Catalogue, rows: Mapping[str, list[Row]], problems: list[str]) -> None:
    places = {
        name: {_key(name, row): f"{row.file}: row {row.number}" for row in rows[name]}
        for name in rows
    }
    _check_chips(catalogue, places["chips"], problems)
    _check_systems(catalogue, places["systems"], problems)
    _check_context(catalogue, problems)
    _check_rules(catalogue, places["rules"], problems)
    _check_groups(catalogue, problems)


def _check_chips(
    catalogue: Catalogue, places: Mapping[tuple[str, ...], str], problems: list[str]
) -> None:
    for chip in catalogue.chips:
        place = places[(chip.chip,)]
        if chip.tpp is not None and chip.die_mm2:
            expected = chip.tpp / chip.die_mm2
            stated = chip.performance_density
            if stated is None or abs(stated - expected) > DENSITY_TOLERANCE * expected:
                problems.append(
                    f"{place}, column performance_density: {stated} is not "
                    f"tpp / die_mm2 = {expected:.2f} within {DENSITY_TOLERANCE:.0%}"
                )
        for low, high in (("kg_low", "kg_high"), ("usd_low", "usd_high")):
            least, most = getattr(chip, low), getattr(chip, high)
            if least is not None and most is not None and most < least:
                problems.append(f"{place}, column {high}: is below {low}")
    for family, members in catalogue.by_family.items():
        place = places[(members[0].chip,)]
        if len({(m.pattern, m.ambiguous, m.vendor, m.datacentre) for m in members}) > 1:
            problems.append(
                f"{place}, column family: the chips of {family} differ in pattern, ambiguous, "
                "vendor or datacentre"
            )
        plain = [m.chip for m in members if not m.variant]
        if len(plain) > 1:
            problems.append(
                f"{place}, column variant: {' and '.join(plain)} of family {family} "
                "cannot be told apart"
            )
        # A family name that is also a chip must be the member that plain text means.
        if family in catalogue.by_chip and plain != [family]:
            problems.append(f"{place}, column chip: {family} is a family and not its plain member")


def _check_systems(
    catalogue: Catalogue, places: Mapping[tuple[str, ...], str], problems: list[str]
) -> None:
    problems.extend(
        f"{places[(system.system,)]}, column family: {system.family!r} is no family of chips.csv"
        for system in catalogue.systems
        if system.family not in catalogue.by_family
    )


def _check_context(catalogue: Catalogue, problems: list[str]) -> None:
    problems.extend(
        f"context.csv: no row with role count and name {name!r}"
        for name in COUNT_ROWS
        if not any(w.role == "count" and w.name == name for w in catalogue.words)
    )
    levels = {w.pattern for w in catalogue.words_of("prior")}
    if levels != {"0", "1", "2"}:
        problems.append("context.csv: priors for ambiguous 0, 1 and 2 are needed")
    if len(catalogue.words_of("threshold")) != 1:
        problems.append("context.csv: exactly one row with role threshold is needed")


def _check_rules(
    catalogue: Catalogue, places: Mapping[tuple[str, ...], str], problems: list[str]
) -> None:
    groups = {m.group for m in catalogue.memberships}
    known = set(catalogue.names)
    for clause in catalogue.clauses:
        place = places[(clause.rule, clause.clause)]
        for column in ("destinations", "headquarters", "origins"):
            for part in getattr(clause, column):
                name = part.removeprefix("-")
                if name not in groups and name != "*" and not re.fullmatch("[A-Z]{2}", name):
                    problems.append(
                        f"{place}, column {column}: {name!r} is neither a country group "
                        "nor an ISO 3166 alpha-2 code"
                    )
        problems.extend(
            f"{place}, column parts: {part!r} is neither chip nor family of chips.csv"
            for part in clause.parts
            if part not in known
        )


def _check_groups(catalogue: Catalogue, problems: list[str]) -> None:
    spans: dict[tuple[str, str], list[Membership]] = {}
    for member in catalogue.memberships:
        spans.setdefault((member.group, member.country), []).append(member)
    for (group, country), members in sorted(spans.items()):
        ordered = sorted(members, key=lambda m: m.first_day)
        for before, after in pairwise(ordered):
            if after.first_day <= before.last_day:
                problems.append(
                    f"country_groups.csv, column first_day: {country} is in {group} twice "
                    f"on {after.first_day}"
                )
