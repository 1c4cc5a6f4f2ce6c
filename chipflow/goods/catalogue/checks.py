"""The tables as a whole: figures that must agree, names that must exist, days that may not meet.

A table that fails here is refused, with every problem named.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from chipflow.goods.catalogue.facts import RETICLE
from chipflow.goods.catalogue.rows import key_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chipflow.goods.catalogue.facts import Catalogue, Chip, Membership
    from chipflow.goods.catalogue.rows import Row

# TPP and area are published with three significant figures, so their quotient is good to 2 %.
DENSITY_TOLERANCE = 0.02

# TPP is published to four significant figures, a rate to three or four.
TPP_TOLERANCE = 0.005
# Sparse rates are at most twice the dense ones, as all makers count them.
SPARSE_FACTOR = 2.001

# Rows of context.csv that the counting of chips needs by name.
COUNT_ROWS = (
    "server words: a count is per item",
    "no server after all",
    "for a server",
    "workstation with one card",
    "count before the name",
    "cards inside a server",
    "cards counted in a server",
    "count of cards",
    "rack shorthand",
    "count after the name",
    "count joined to the name",
    "boxes before the name",
    "count of pieces",
    "pieces after the name",
    "plausible chips in one item",
    "chips in each server",
    "nodes in one item",
    "counted by node",
    "chips in all items",
    "pieces in a package",
    "number of pieces",
    "cards at the start",
    "set of cards",
)
# Rows of context.csv that the rules of grammar need by name.
GRAMMAR_ROWS = ("attribute", "card", "for", "with", "along")


def check(catalogue: Catalogue, rows: Mapping[str, list[Row]], problems: list[str]) -> None:
    """Add what is wrong with the tables as a whole to the problems."""
    places = {
        name: {key_of(name, row): f"{row.file}: row {row.number}" for row in rows[name]}
        for name in rows
    }
    _check_chips(catalogue, places["chips"], problems)
    # Questions about rules are asked without the tables of names and prices.
    if "systems" in rows:
        _check_systems(catalogue, places["systems"], problems)
        _check_parts(catalogue, places["parts"], problems)
        _check_context(catalogue, problems)
    _check_rules(catalogue, places["rules"], problems)
    _check_exceptions(catalogue, problems)
    _check_forms(catalogue, problems)
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
        if chip.tops is not None and chip.bits is not None:
            expected = chip.tops * chip.bits
            if chip.tpp is None or abs(chip.tpp - expected) > TPP_TOLERANCE * expected:
                problems.append(
                    f"{place}, column tpp: {chip.tpp} is not tops x bits = {expected:.0f} "
                    f"within {TPP_TOLERANCE:.1%}"
                )
        if (
            chip.sparse_tops is not None
            and chip.tops is not None
            and not chip.tops < chip.sparse_tops <= SPARSE_FACTOR * chip.tops
        ):
            problems.append(f"{place}, column sparse_tops: is no sparse rate of tops")
        if chip.die_mm2 and chip.dies and chip.die_mm2 > chip.dies * RETICLE and chip.dies > 1:
            problems.append(f"{place}, column die_mm2: is more than {chip.dies} reticles")
        if chip.dies == 1 and chip.die_mm2 and chip.die_mm2 > RETICLE:
            problems.append(f"{place}, column die_mm2: one die is larger than a reticle")
        if ("tpp" in chip.estimate) != (chip.basis == "estimate") and chip.basis:
            problems.append(f"{place}, column basis: does not agree with the column estimate")
        _check_years(chip, place, problems)
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


def _check_years(chip: Chip, place: str, problems: list[str]) -> None:
    """A price has a year or two, none before the part was sold."""
    if chip.usd_low is None:
        return
    if not re.fullmatch(r"\d{4}(-\d{4})?", chip.usd_year):
        problems.append(
            f"{place}, column usd_year: {chip.usd_year!r} is not like 2024 or 2022-2026"
        )
    elif chip.launched and chip.usd_year[:4] < chip.launched[:4]:
        problems.append(f"{place}, column usd_year: lies before the launch in {chip.launched}")


def _check_systems(
    catalogue: Catalogue, places: Mapping[tuple[str, ...], str], problems: list[str]
) -> None:
    problems.extend(
        f"{places[(system.system,)]}, column family: {system.family!r} is no family of chips.csv"
        for system in catalogue.systems
        if system.family not in catalogue.by_family
    )


def _check_parts(
    catalogue: Catalogue, places: Mapping[tuple[str, ...], str], problems: list[str]
) -> None:
    known = {*catalogue.names, *(system.system for system in catalogue.systems)}
    problems.extend(
        f"{places[(part.part,)]}, column name: {part.name!r} is neither chip, family nor system"
        for part in catalogue.parts
        if part.name not in known
    )


def _check_context(catalogue: Catalogue, problems: list[str]) -> None:
    problems.extend(
        f"context.csv: no row with role count and name {name!r}"
        for name in COUNT_ROWS
        if not any(w.role == "count" and w.name == name for w in catalogue.words)
    )
    problems.extend(
        f"context.csv: no row with role grammar and name {name!r}"
        for name in GRAMMAR_ROWS
        if not any(w.name == name for w in catalogue.words_of("grammar"))
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


def _check_exceptions(catalogue: Catalogue, problems: list[str]) -> None:
    clauses = {(clause.rule, clause.clause) for clause in catalogue.clauses}
    rules = {rule for rule, _ in clauses}
    regimes = {regime.regime for regime in catalogue.regimes}
    for one in catalogue.exceptions:
        problems.extend(
            f"exceptions.csv: {one.exception}: {rule!r} is no rule of rules.csv"
            for rule in one.rules
            if rule not in rules
        )
        problems.extend(
            f"exceptions.csv: {one.exception}: {clause!r} is no clause of {', '.join(one.rules)}"
            for clause in one.clauses
            if not any((rule, clause) in clauses for rule in one.rules)
        )
    problems.extend(
        f"rules.csv: {clause.rule} {clause.clause}: {clause.regime!r} is no row of regimes.csv"
        for clause in catalogue.clauses
        if clause.regime and clause.regime not in regimes
    )


def _check_forms(catalogue: Catalogue, problems: list[str]) -> None:
    for file, rows in (("forms.csv", catalogue.forms), ("prices.csv", catalogue.prices)):
        problems.extend(
            f"{file}: {row.of!r} is neither chip nor family of chips.csv"
            for row in rows
            if not catalogue.variants(row.of)
        )
    for price in catalogue.prices:
        launches = [chip.launched[:4] for chip in catalogue.variants(price.of) if chip.launched]
        if launches and str(price.first_year) < min(launches):
            problems.append(
                f"prices.csv: {price.of} {price.form} of {price.first_year}: before the launch"
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
