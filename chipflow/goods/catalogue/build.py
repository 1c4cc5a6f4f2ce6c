"""From rows to objects: one function for each table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from chipflow.goods.catalogue.facts import (
    LAST_DAY,
    Chip,
    Clause,
    Form,
    Kind,
    LicenceException,
    Membership,
    Part,
    Price,
    Regime,
    System,
    Word,
)
from chipflow.goods.catalogue.rows import Cells, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Made = TypeVar("Made")

# What a clause may lead to, each in the words that reports use.
OUTCOMES = (
    "licence",
    "case by case",
    "being granted",
    "presumed denied",
    "policy of denial",
    "not enforced",
    "open",
)
# Statuses that stood in this column before outcomes had words of their own.
FORMER_OUTCOMES = {"presumed_denied": "presumed denied", "unknown": "open"}
STATES = ("rules", "nothing found", "not covered")
# The ways in which chips travel: alone, on a board with others, in a server, in a rack.
FORMS = (
    "die", "module", "card", "retail box", "superchip", "board", "tray", "server", "rack",
)  # fmt: skip
# What a maker asks, what shops ask, and what is asked where goods may not be sold.
PRICE_KINDS = ("list", "street", "grey")
BASES = ("maker", "derived", "measured", "estimate")
CONFIDENCES = ("high", "medium", "low")
CONTEXT_ROLES = (
    "prior", "threshold", "part", "amount", "word", "hs", "grammar", "accessory", "itself",
    "itself hs", "nothing inside", "prefix", "suffix", "number", "count", "unit",
    "bare name", "other name",
)  # fmt: skip
# Roles whose rows carry log-odds.
SCORED_ROLES = (
    "prior", "threshold", "part", "amount", "word", "hs", "itself", "itself hs", "nothing inside",
)  # fmt: skip
# Roles whose rows need no words of their own.
WORDLESS_ROLES = ("threshold", "part", "amount", "itself", "itself hs")
# Columns of chips.csv that may hold an estimate.
FIGURES = (
    "tpp",
    "die_mm2",
    "performance_density",
    "link_gb_s",
    "memory_gb_s",
    "launched",
    "kg",
    "usd",
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


def build(
    rows: Sequence[Row], make: Callable[[Cells], Made | None], problems: list[str]
) -> tuple[Made, ...]:
    """Turn rows into objects; what cannot be turned is added to the problems."""
    made = (make(Cells(row, problems)) for row in rows)
    return tuple(one for one in made if one is not None)


def chip(cells: Cells) -> Chip:
    """Return a row of ``chips.csv``."""
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
        usd_year=cells.text("usd_year"),
        maker_class=cells.text("maker_class"),
        pattern=cells.regex("pattern", needed=True),
        variant=cells.regex("variant"),
        ambiguous=int(ambiguous) if ambiguous in ("0", "1", "2") else 2,
        estimate=cells.some_of("estimate", FIGURES),
        source=cells.text("source", needed=True),
        note=cells.text("note"),
        tops=cells.number("tops"),
        bits=cells.number("bits"),
        sparse_tops=cells.number("sparse_tops"),
        basis=cells.choice("basis", ("", *BASES)),
        dies=_whole(cells, "dies"),
    )


def _whole(cells: Cells, column: str) -> int | None:
    value = cells.number(column)
    if value is not None and (value < 1 or value != int(value)):
        cells.wrong(column, "is not a whole number of at least 1")
        return None
    return None if value is None else int(value)


def system(cells: Cells) -> System:
    """Return a row of ``systems.csv``."""
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


def part(cells: Cells) -> Part:
    """Return a row of ``parts.csv``."""
    number = cells.text("part", needed=True)
    if number and not re.fullmatch("[A-Z0-9][A-Z0-9 ./+-]{3,}", number):
        cells.wrong("part", f"{number!r} is not a part number in capital letters and digits")
    return Part(
        part=number,
        name=cells.text("name", needed=True),
        source=cells.text("source", needed=True),
        note=cells.text("note"),
    )


def word(cells: Cells) -> Word:
    """Return a row of ``context.csv``."""
    role = cells.choice("role", CONTEXT_ROLES)
    scored = role in SCORED_ROLES
    return Word(
        role=role,
        name=cells.text("name", needed=True),
        pattern=cells.regex("pattern", needed=role not in WORDLESS_ROLES),
        unless=cells.regex("unless"),
        log_odds=cells.number("log_odds", needed=scored) or 0.0,
        reason=cells.text("reason", needed=True),
    )


def kind(cells: Cells) -> Kind:
    """Return a row of ``kinds.csv``."""
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


def clause(cells: Cells) -> Clause:
    """Return a row of ``rules.csv``."""
    first, last = cells.day("first_day"), cells.day("last_day")
    if first is None:
        cells.wrong("first_day", "is empty")
    if first is not None and last is not None and last < first:
        cells.wrong("last_day", "lies before first_day")
    destinations = cells.names("destinations")
    if not any(not part.startswith("-") for part in destinations):
        cells.wrong("destinations", "names no destination (use * for any)")
    flag = cells.flag("datacentre")
    outcome = cells.row.cells["outcome"]
    cells.row.cells["outcome"] = FORMER_OUTCOMES.get(outcome, outcome)
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
        regime=cells.text("regime"),
        makers=cells.names("makers"),
        end_uses=cells.names("end_uses"),
        parties=cells.names("parties"),
        total_min=cells.number("total_min"),
    )
    for low, high in (("tpp_min", "tpp_below"), ("density_min", "density_below")):
        least, below = getattr(clause, low), getattr(clause, high)
        if least is not None and below is not None and below <= least:
            cells.wrong(high, f"is not above {low}")
    return clause


def exception(cells: Cells) -> LicenceException | None:
    """Return a row of ``exceptions.csv``; None where its first day cannot be read."""
    first, last = cells.day("first_day"), cells.day("last_day")
    if first is None:
        cells.wrong("first_day", "is empty")
        return None
    return LicenceException(
        exception=cells.text("exception", needed=True),
        rules=cells.names("rules"),
        clauses=cells.names("clauses"),
        destinations=cells.names("destinations"),
        headquarters=cells.names("headquarters"),
        first_day=first,
        last_day=last or LAST_DAY,
        condition=cells.text("condition", needed=True),
        citation=cells.text("citation", needed=True),
        source=cells.text("source", needed=True),
    )


def form(cells: Cells) -> Form | None:
    """Return a row of ``forms.csv``; None where a weight cannot be read."""
    bounds = [
        cells.number(name, needed=True)
        for name in ("kg_low", "kg_high", "packed_low", "packed_high")
    ]
    chips = _whole(cells, "chips")
    if chips is None or any(bound is None for bound in bounds):
        return None
    low, high, packed_low, packed_high = (float(bound or 0) for bound in bounds)
    if not (0 < low <= high and low <= packed_low <= packed_high and high <= packed_high):
        cells.wrong("kg_low", "weights do not rise from net to packed")
    return Form(
        of=cells.text("of", needed=True),
        form=cells.choice("form", FORMS),
        chips=chips,
        kg=(low, high),
        packed=(packed_low, packed_high),
        basis=cells.choice("basis", BASES),
        source=cells.text("source", needed=True),
        note=cells.text("note"),
    )


def price(cells: Cells) -> Price | None:
    """Return a row of ``prices.csv``; None where a figure cannot be read."""
    low, high = cells.number("usd_low", needed=True), cells.number("usd_high", needed=True)
    first, last = _whole(cells, "first_year"), _whole(cells, "last_year")
    chips = _whole(cells, "chips")
    if None in (low, high, first, last, chips):
        return None
    if not 0 < float(low or 0) <= float(high or 0):
        cells.wrong("usd_high", "usd_low and usd_high are no range")
    if int(last or 0) < int(first or 0):
        cells.wrong("last_year", "lies before first_year")
    return Price(
        of=cells.text("of", needed=True),
        form=cells.choice("form", FORMS),
        chips=int(chips or 1),
        first_year=int(first or 0),
        last_year=int(last or 0),
        kind=cells.choice("kind", PRICE_KINDS),
        usd=(float(low or 0), float(high or 0)),
        place=cells.text("place", needed=True),
        basis=cells.choice("basis", BASES),
        source=cells.text("source", needed=True),
    )


def regime(cells: Cells) -> Regime:
    """Return a row of ``regimes.csv``."""
    return Regime(
        regime=cells.text("regime", needed=True),
        country=cells.text("country", needed=True),
        state=cells.choice("state", STATES),
        title=cells.text("title", needed=True),
        about=cells.text("about", needed=True),
        first_day=cells.day("first_day"),
        last_day=cells.day("last_day") or LAST_DAY,
        citation=cells.text("citation"),
        source=cells.text("source", needed=True),
    )


def membership(cells: Cells) -> Membership | None:
    """Return a row of ``country_groups.csv``; None where its first day cannot be read."""
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
