"""Could this chip lawfully go there that day? Dated rules, read from tables.

A rule is a set of clauses (``rules.csv``): days, destinations, headquarters, a test on the
chip's figures or its name, and what follows. Country groups have days of their own
(``country_groups.csv``). Nothing about any chip, country or rule stands in this file.

What is not known stays not known: a figure that the catalogue lacks, a membership or a starting
day on which sources differ makes a clause *possible*, and a status that hangs on a possible
clause is ``unknown``, never ``free``.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from chipflow.errors import ParameterError
from chipflow.goods.catalogue import (
    FIRST_DAY,
    LAST_DAY,
    Catalogue,
    Chip,
    Clause,
    Membership,
    load_catalogue,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

FREE, LICENCE, DENIED, UNKNOWN = "free", "licence", "presumed_denied", "unknown"
STATUSES = (FREE, LICENCE, DENIED, UNKNOWN)

# From free to strict; "unknown" has no place in this order.
STRICTNESS = {FREE: 0, LICENCE: 1, DENIED: 2}

# Near matches shown to somebody who mistyped: enough to find the name, short enough to read.
NEAR_MATCHES = 5
NEAR_SCORE = 55

# Letters whose names begin with a vowel sound: "an H100", "an RTX 4090", but "a B200".
VOWEL_LETTERS = "AEFHILMNORSX"
VOWELS = "AEIOU"

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Status:
    """What the rules asked for one chip on one day.

    Attributes
    ----------
    chip, day, destination, headquarters
        What was asked; destination and headquarters as ISO 3166 alpha-2 (headquarters may be
        None).
    status
        ``free``, ``licence``, ``presumed_denied`` (a licence with presumption of denial) or
        ``unknown``.
    rule, citation
        The rule that decides. For ``free``: the rule that was in force for that destination and
        does not reach the chip; None where no rule was in force.
    sentence
        One sentence (with a remark where sources leave something open) for a report.
    """

    chip: str
    day: dt.date
    destination: str
    headquarters: str | None
    status: str
    rule: str | None
    citation: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class _Finding:
    """What the clauses say about one variant; ``clause`` decides, ``possible`` might too."""

    status: str
    clause: Clause | None
    possible: Clause | None = None


@dataclass(frozen=True, slots=True)
class _Question:
    destination: str
    headquarters: str | None
    origin: str | None


def status(
    chip: str,
    day: dt.date | str,
    destination: str,
    headquarters: str | None = None,
    *,
    origin: str | None = None,
    catalogue: Catalogue | None = None,
) -> Status:
    """Say whether a chip could go to a destination without a licence on a day.

    Parameters
    ----------
    chip
        A name of the catalogue: a chip ("H100 PCIe") or a family ("H100"). For a family every
        variant is asked; if they differ, the status is ``unknown`` and the sentence says on
        which variant it depends.
    day
        The day of the export, as a date or ISO text.
    destination
        Country, as ISO 3166 code or name.
    headquarters
        Country in which the buyer, or its ultimate parent, has its headquarters, if known.
    origin
        Country from which the goods leave, if other countries' permits shall be asked too.
    catalogue
        Tables to use instead of the shipped ones.

    Returns
    -------
    Status

    Raises
    ------
    ParameterError
        The chip or a country is unknown (near matches are named), or the day is no day.

    Examples
    --------
    >>> status("H800", "2023-06-10", "CN").status
    'free'
    >>> status("H800", "2023-12-01", "CN").rule
    'ac_2023'
    """
    tables = catalogue or load_catalogue()
    name = chip_name(chip, tables)
    on = _as_day(day)
    question = _Question(
        country(destination),
        None if headquarters is None else country(headquarters),
        None if origin is None else country(origin),
    )
    variants = tables.variants(name)
    in_force = _in_force(on, question, tables)
    found = [_find(variant, in_force) for variant in variants]
    kept, rule, citation = _settle(found)
    return Status(
        chip=name,
        day=on,
        destination=question.destination,
        headquarters=question.headquarters,
        status=kept,
        rule=rule,
        citation=citation,
        sentence=_sentence(name, variants, found, kept, on, question),
    )


def timeline(
    chips: Iterable[str],
    destinations: Iterable[str],
    headquarters: str | None = None,
    *,
    origin: str | None = None,
    catalogue: Catalogue | None = None,
) -> pd.DataFrame:
    """Return the status of every chip and destination on every day, as intervals.

    Parameters
    ----------
    chips, destinations
        Names as for :func:`status`.
    headquarters, origin, catalogue
        As for :func:`status`.

    Returns
    -------
    pandas.DataFrame
        Columns chip, destination, first_day, last_day (inclusive, datetime64), status, rule,
        citation (missing where no rule was in force), sorted by chip, destination and day. The
        intervals of a chip and destination touch without overlapping and cover
        2000-01-01..2099-12-31, so that any number of rows can be joined by range.

    Raises
    ------
    ParameterError
        As for :func:`status`.
    """
    import pandas as pd

    tables = catalogue or load_catalogue()
    names = sorted({chip_name(chip, tables) for chip in chips})
    countries = sorted({country(destination) for destination in destinations})
    head = None if headquarters is None else country(headquarters)
    start = None if origin is None else country(origin)
    cuts = _cuts(tables)
    listed = _listed(tables)
    kept: dict[tuple[object, ...], list[tuple[dt.date, dt.date, tuple[str | None, ...]]]] = {}
    rows: list[tuple[object, ...]] = []
    rules: dict[tuple[object, ...], list[list[tuple[Clause, bool | None]]]] = {}
    for destination in countries:
        question = _Question(destination, head, start)
        # Countries that no rule names and that share their groups share their answers.
        groups = sorted(
            (m.group, m.first_day, m.last_day, m.certain) for m in tables.groups_of(destination)
        )
        alike = (destination if destination in listed else "*", *groups)
        if alike not in rules:
            rules[alike] = [_in_force(cut, question, tables) for cut in cuts]
        for name in names:
            key = (name, *alike)
            if key not in kept:
                kept[key] = _intervals(tables.variants(name), cuts, rules[alike])
            rows.extend(
                (name, destination, first, last, *answer) for first, last, answer in kept[key]
            )
    columns = ["chip", "destination", "first_day", "last_day", "status", "rule", "citation"]
    table = pd.DataFrame(rows, columns=columns)
    for column in ("first_day", "last_day"):
        table[column] = pd.to_datetime(table[column]).astype("datetime64[s]")
    for column in ("chip", "destination", "status", "rule", "citation"):
        table[column] = table[column].astype("str")
    return table.sort_values(["chip", "destination", "first_day"], ignore_index=True)


# ---------------------------------------------------------------- names


def chip_name(name: str, catalogue: Catalogue | None = None) -> str:
    """Return the catalogue's name for a chip, or say which names are near.

    Parameters
    ----------
    name
        As a person writes it: "rtx4090", "NVIDIA H100 PCIe", "H100-NVL".
    catalogue
        Tables to use instead of the shipped ones.

    Returns
    -------
    str
        The name of a chip or family in the catalogue.

    Raises
    ------
    ParameterError
        No chip of the catalogue is called so.
    """
    tables = catalogue or load_catalogue()
    if not isinstance(name, str) or not name.strip():
        raise ParameterError(f"no chip named ({name!r}): give a name such as 'H100' or 'RTX 4090'")
    known = _plain_names(tables)
    plain = _plain(name)
    if plain in known:
        return known[plain]
    raise ParameterError(
        f"unknown chip {name!r}; {_near(name, tables.names)}; "
        "a chip of your own is a row in a CSV given as chips table"
    )


def _plain(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())


@lru_cache(maxsize=8)
def _known_names(names: tuple[tuple[str, str], ...]) -> dict[str, str]:
    known: dict[str, str] = {}
    for name, vendor in names:
        known[_plain(vendor + name)] = name
    for name, _ in names:
        known[_plain(name)] = name
    return known


def _plain_names(catalogue: Catalogue) -> dict[str, str]:
    pairs = {(chip.chip, chip.vendor) for chip in catalogue.chips}
    pairs |= {(chip.family, chip.vendor) for chip in catalogue.chips}
    return _known_names(tuple(sorted(pairs)))


def country(name: str) -> str:
    """Return the ISO 3166 alpha-2 code of a country, or say which names are near.

    Parameters
    ----------
    name
        Code or name in any usual spelling ("CN", "CHN", "China", "Hong Kong").

    Returns
    -------
    str

    Raises
    ------
    ParameterError
        There is no such country.
    """
    code = _code(name) if isinstance(name, str) else None
    if code is None:
        raise ParameterError(
            f"unknown country {name!r}; {_near(str(name), _country_names(len(str(name))))}; "
            "use ISO 3166 codes such as CN or names such as China"
        )
    return code


def expand_destination(destination: str | Iterable[str]) -> tuple[str, ...]:
    """Turn what a user calls the destination into country codes.

    Parameters
    ----------
    destination
        "CN HK MO", "CN,HK,MO", "China; Hong Kong", or a list of such.

    Returns
    -------
    tuple of str
        ISO 3166 alpha-2 codes in the order given, each once.

    Raises
    ------
    ParameterError
        Nothing was named, or something that is no country.
    """
    parts = [destination] if isinstance(destination, str) else list(destination)
    codes: list[str] = []
    for part in parts:
        for piece in re.split(r"[,;|/\n]+", str(part)):
            codes.extend(_codes(piece))
    if not codes:
        raise ParameterError("no destination was named: give country codes such as CN,HK,MO")
    return tuple(dict.fromkeys(codes))


def _codes(piece: str) -> list[str]:
    words = piece.split()
    codes: list[str] = []
    while words:
        # The longest name first: "Hong Kong" before "Hong".
        for length in range(len(words), 0, -1):
            code = _code(" ".join(words[:length]))
            if code is not None:
                codes.append(code)
                words = words[length:]
                break
        else:
            country(" ".join(words) if len(words) == 1 or len(words[0]) > 2 else words[0])
    return codes


@lru_cache(maxsize=4096)
def _code(name: str) -> str | None:
    import pycountry

    from chipflow.records.places import country_code

    text = name.strip()
    if len(text) == 2 and text.isascii():
        found = pycountry.countries.get(alpha_2=text.upper())
        return str(found.alpha_2) if found is not None else None
    return country_code(text)


# Codes are near to nearly any longer word, so they are offered to short ones only.
LONGEST_CODE = 3


@lru_cache(maxsize=8)
def _country_names(length: int) -> tuple[str, ...]:
    import pycountry

    codes = {str(entry.alpha_2) for entry in pycountry.countries if length <= LONGEST_CODE}
    names = {str(getattr(entry, "common_name", entry.name)) for entry in pycountry.countries}
    return tuple(sorted(codes | names))


def _near(name: str, names: Sequence[str]) -> str:
    from rapidfuzz import fuzz, process, utils

    found = process.extract(
        name, names, scorer=fuzz.WRatio, processor=utils.default_process, limit=NEAR_MATCHES
    )
    near = [str(match) for match, score, _ in found if score >= NEAR_SCORE]
    if not near:
        return "nothing like it is known"
    return "did you mean " + ", ".join(near) + "?"


def _as_day(day: dt.date | str) -> dt.date:
    try:
        # pandas' NaT is a datetime that has no date, not even an equal one.
        if day != day:
            raise ValueError(day)
        if isinstance(day, dt.datetime):
            on = day.date()
        elif isinstance(day, dt.date):
            on = day
        else:
            on = dt.date.fromisoformat(str(day).strip()[:10])
    except ValueError as error:
        raise ParameterError(f"{day!r} is not a day; write it as 2024-04-05") from error
    if not FIRST_DAY <= on <= LAST_DAY:
        raise ParameterError(f"{on} is outside {FIRST_DAY}..{LAST_DAY}, the days the tables cover")
    return on


# ---------------------------------------------------------------- three-valued tests


def _any(values: Iterable[bool | None]) -> bool | None:
    seen: bool | None = False
    for value in values:
        if value:
            return True
        if value is None:
            seen = None
    return seen


def _all(values: Iterable[bool | None]) -> bool | None:
    seen: bool | None = True
    for value in values:
        if value is False:
            return False
        if value is None:
            seen = None
    return seen


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _is(code: str, name: str, on: dt.date, tables: Catalogue) -> bool | None:
    if name in ("*", code):
        return True
    for member in tables.groups_of(code):
        if member.group == name and member.first_day <= on <= member.last_day:
            return True if member.certain else None
    return False


def _in_scope(
    code: str | None, scope: Sequence[str], on: dt.date, tables: Catalogue
) -> bool | None:
    if not scope:
        return True
    if code is None:
        return False
    inside = _any(_is(code, name, on, tables) for name in scope if not name.startswith("-"))
    outside = _any(_is(code, name[1:], on, tables) for name in scope if name.startswith("-"))
    return _all((inside, _not(outside)))


def _reached(clause: Clause, on: dt.date, question: _Question, tables: Catalogue) -> bool | None:
    """Whether a clause was in force for the place, whatever the goods."""
    if clause.first_day is None or not clause.first_day <= on <= clause.last_day:
        return False
    return _all(
        (
            _in_scope(question.destination, clause.destinations, on, tables),
            _in_scope(question.headquarters, clause.headquarters, on, tables),
            _in_scope(question.origin, clause.origins, on, tables),
        )
    )


def _at_least(value: float | None, limit: float | None) -> bool | None:
    if limit is None:
        return True
    return None if value is None else value >= limit


def _below(value: float | None, limit: float | None) -> bool | None:
    return True if limit is None else _not(_at_least(value, limit))


def _caught(clause: Clause, chip: Chip) -> bool | None:
    """Whether the goods meet the test of a clause."""
    if clause.parts and chip.chip not in clause.parts and chip.family not in clause.parts:
        return False
    if clause.datacentre is not None and clause.datacentre != chip.datacentre:
        return False
    return _all(
        (
            _at_least(chip.tpp, clause.tpp_min),
            _below(chip.tpp, clause.tpp_below),
            _at_least(chip.performance_density, clause.density_min),
            _below(chip.performance_density, clause.density_below),
            _at_least(chip.link_gb_s, clause.link_min),
            _at_least(chip.memory_gb_s, clause.memory_min),
        )
    )


def _order(clause: Clause) -> tuple[int, dt.date, str, str]:
    # Strictest first; of equals the latest, since it says what held that day; then by name.
    strict = STRICTNESS.get(clause.outcome, STRICTNESS[LICENCE])
    return strict, clause.first_day or FIRST_DAY, clause.rule, clause.clause


def _in_force(
    on: dt.date, question: _Question, tables: Catalogue
) -> list[tuple[Clause, bool | None]]:
    """Return the clauses in force for the place, each with whether that is certain."""
    reached = ((clause, _reached(clause, on, question, tables)) for clause in tables.clauses)
    return [(clause, verdict) for clause, verdict in reached if verdict is not False]


def _find(chip: Chip, in_force: Sequence[tuple[Clause, bool | None]]) -> _Finding:
    sure: list[Clause] = []
    possible: list[Clause] = []
    tested: list[Clause] = []
    for clause, reached in in_force:
        if clause.tpp_min is not None:
            tested.append(clause)
        verdict = _all((reached, _caught(clause, chip)))
        if verdict is False:
            continue
        (possible if verdict is None or clause.outcome == UNKNOWN else sure).append(clause)
    strictest = max(possible, key=_order, default=None)
    if sure:
        clause = max(sure, key=_order)
        stricter = strictest is not None and _order(strictest)[0] > _order(clause)[0]
        return _Finding(clause.outcome, clause, strictest if stricter else None)
    if strictest is not None:
        return _Finding(UNKNOWN, strictest, strictest)
    return _Finding(FREE, max(tested, key=_order, default=None))


def _settle(found: Sequence[_Finding]) -> tuple[str, str | None, str | None]:
    statuses = {finding.status for finding in found}
    kept = statuses.pop() if len(statuses) == 1 else UNKNOWN
    clauses = [finding.clause for finding in found if finding.clause is not None]
    decisive = max(clauses, key=_order, default=None)
    if decisive is None:
        return kept, None, None
    return kept, decisive.rule, decisive.citation


# ---------------------------------------------------------------- all days at once


@lru_cache(maxsize=8)
def _cuts_of(days: tuple[dt.date, ...]) -> tuple[dt.date, ...]:
    return tuple(sorted({FIRST_DAY, *(day for day in days if FIRST_DAY <= day <= LAST_DAY)}))


def _cuts(tables: Catalogue) -> tuple[dt.date, ...]:
    days: set[dt.date] = set()
    spans: list[Clause | Membership] = [*tables.clauses, *tables.memberships]
    for span in spans:
        if span.first_day is not None:
            days.add(span.first_day)
            if span.last_day < LAST_DAY:
                days.add(span.last_day + ONE_DAY)
    return _cuts_of(tuple(sorted(days)))


def _listed(tables: Catalogue) -> frozenset[str]:
    """Countries that a clause names by themselves."""
    return frozenset(
        name.removeprefix("-")
        for clause in tables.clauses
        for name in (*clause.destinations, *clause.origins)
    )


def _intervals(
    variants: Sequence[Chip],
    cuts: Sequence[dt.date],
    rules: Sequence[Sequence[tuple[Clause, bool | None]]],
) -> list[tuple[dt.date, dt.date, tuple[str | None, ...]]]:
    spans: list[tuple[dt.date, dt.date, tuple[str | None, ...]]] = []
    ends = [*(cut - ONE_DAY for cut in cuts[1:]), LAST_DAY]
    for first, last, in_force in zip(cuts, ends, rules, strict=True):
        answer = _settle([_find(variant, in_force) for variant in variants])
        if spans and spans[-1][2] == answer:
            spans[-1] = (spans[-1][0], last, answer)
        else:
            spans.append((first, last, answer))
    return spans


# ---------------------------------------------------------------- sentences


def _sentence(
    name: str,
    variants: Sequence[Chip],
    found: Sequence[_Finding],
    kept: str,
    on: dt.date,
    question: _Question,
) -> str:
    goods = f"{_article(name)} {name}"
    place = question.destination
    if question.headquarters is not None:
        place += f" (buyer with headquarters in {question.headquarters})"
    if kept == UNKNOWN:
        return _open_sentence(goods, name, variants, found, on, place)
    best = max(found, key=lambda finding: _order(finding.clause) if finding.clause else (-1,))
    clause = best.clause
    if kept == FREE:
        shown = f"{goods}{_figures(variants)}"
        if clause is None:
            return (
                f"On {on} no rule in the tables asked for a licence for {shown} to {place}: "
                "lawful on that day."
            )
        return (
            f"On {on} {shown} could go to {place} without a licence under {clause.title}: "
            "lawful on that day."
        )
    if clause is None:  # pragma: no cover - only a clause can ask for a licence
        raise AssertionError(name)
    denial = ", with presumption of denial" if kept == DENIED else ""
    text = f"On {on} {goods} needed a licence for {place}{denial} under {_cited(clause)}."
    if best.possible is not None:
        text += (
            f" Presumption of denial under {_cited(best.possible)} is possible: "
            f"{_why(best.possible)}."
        )
    elif clause.confidence != "high" and clause.note:
        text += f" Confidence {clause.confidence}: {clause.note}."
    return text


def _open_sentence(
    goods: str,
    name: str,
    variants: Sequence[Chip],
    found: Sequence[_Finding],
    on: dt.date,
    place: str,
) -> str:
    if len({finding.status for finding in found}) > 1:
        parts = "; ".join(
            f"{chip.chip}: {_words(finding.status)}"
            for chip, finding in zip(variants, found, strict=True)
        )
        return f"On {on} the answer for {goods} to {place} depends on the variant ({parts})."
    clause = found[0].possible
    if clause is None:  # pragma: no cover - unknown always has a possible clause
        raise AssertionError(name)
    if any(chip.tpp is None for chip in variants) and not clause.parts:
        why = f"the catalogue holds no TPP for {name}"
    else:
        why = _why(clause)
    return (
        f"On {on} it is not known whether {goods} needed a licence for {place} under "
        f"{_cited(clause)}: {why}."
    )


def _why(clause: Clause) -> str:
    if clause.outcome == UNKNOWN and clause.note:
        return clause.note
    return "a figure or a date that it depends on is not known"


def _words(status_: str) -> str:
    return {
        FREE: "no licence",
        LICENCE: "licence",
        DENIED: "licence with presumption of denial",
        UNKNOWN: "not known",
    }[status_]


def _cited(clause: Clause) -> str:
    citation = clause.citation.split(" (")[0]
    return citation if citation == clause.paragraph else f"{clause.paragraph} ({citation})"


def _article(name: str) -> str:
    first = name.split()[0]
    spelled = first.upper() == first
    return "an" if first[0].upper() in (VOWEL_LETTERS if spelled else VOWELS) else "a"


def _figures(variants: Sequence[Chip]) -> str:
    parts = []
    for label, values, unit in (
        ("TPP", [chip.tpp for chip in variants], ""),
        ("link", [chip.link_gb_s for chip in variants], " GB/s"),
    ):
        known = sorted({value for value in values if value is not None})
        if len(known) == 1:
            parts.append(f"{label} {known[0]:,.0f}{unit}")
        elif known:
            parts.append(f"{label} {known[0]:,.0f} to {known[-1]:,.0f}{unit}")
    if not parts:
        return ""
    if any(chip.estimate for chip in variants):
        parts.append("estimated")
    return f" ({', '.join(parts)})"
