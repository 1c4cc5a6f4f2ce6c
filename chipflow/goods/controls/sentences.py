"""The sentence that a report prints: what was asked for, under which rule, and what stays open."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from chipflow.goods.catalogue.facts import RETICLE
from chipflow.goods.controls.ruling import (
    DENIED,
    FREE,
    LICENCE,
    OPEN,
    UNKNOWN,
    Finding,
    Question,
    order,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chipflow.goods.catalogue.load import Chip, Clause, LicenceException
    from chipflow.goods.controls.scope import Scope

# Letters whose names begin with a vowel sound: "an H100", "an RTX 4090", but "a B200".
VOWEL_LETTERS = "AEFHILMNORSX"
VOWELS = "AEIOU"

# How a sentence calls the figures that may be estimates.
FIGURES = {
    "tpp": "TPP",
    "performance_density": "performance density",
    "link_gb_s": "link bandwidth",
    "memory_gb_s": "memory bandwidth",
    "total_gb_s": "memory and link bandwidth together",
}

# How a sentence puts the way in which applications for a licence were handled.
REVIEWS = {
    "presumed denied": ", with presumption of denial",
    "policy of denial": ", with a policy of denial",
}

REMARKS = {
    "case by case": " Applications were decided case by case.",
    "being granted": " Some licences were being granted.",
}

# How the remarks of a chip begin that say nothing on those figures.
NOT_TESTED = ("weight", "price", "link:")


def sentence(
    name: str,
    variants: Sequence[Chip],
    found: Sequence[Finding],
    kept: str,
    on: dt.date,
    question: Question,
    doubts: Mapping[tuple[str, str], str],
    exceptions: Sequence[LicenceException],
    scope: Scope,
) -> str:
    """Say in words what was found, and on which estimate it rests.

    Parameters
    ----------
    name, variants, found
        The name asked for, the chips it can mean and what was found for each.
    kept
        The status that was settled on.
    on, question
        Day and places.
    doubts
        For clauses (rule and name) of which it is open whether they held there that day, why.
    exceptions
        What could have stood in for the licence.
    scope
        What was looked at; said where no licence was asked for.

    Returns
    -------
    str
        One sentence, followed by remarks where sources leave something open.
    """
    goods = f"{_article(name)} {name}"
    place = question.destination
    if question.origin is not None:
        place += f" from {question.origin}"
    buyer = [] if question.headquarters is None else [f"headquarters in {question.headquarters}"]
    buyer += [] if question.party is None else [f"on record as {question.party}"]
    if buyer:
        place += (
            f" (buyer with {', '.join(buyer)})" if question.headquarters else f" (buyer {buyer[0]})"
        )
    if question.end_use is not None:
        place += f" for {question.end_use}"
    if kept == UNKNOWN:
        said = _open_sentence(goods, name, variants, found, on, place, doubts)
    elif kept == FREE:
        said = _free_sentence(f"{goods}{_figures(variants)}", found, on, place)
    else:
        said = _licence_sentence(goods, found, kept, on, place, doubts, exceptions)
    said += _estimate_remark(variants, found) + _bound_remark(variants, found)
    return said + scope.sentence() if kept == FREE else said


def _strictest(found: Sequence[Finding]) -> Finding:
    return max(found, key=lambda finding: order(finding.clause) if finding.clause else (-1,))


def _free_sentence(shown: str, found: Sequence[Finding], on: dt.date, place: str) -> str:
    clause = _strictest(found).clause
    said = f"On {on} no rule in these tables asked for a licence for {shown} to {place}"
    if clause is not None:
        said += f"; {clause.title} was in force and does not reach it"
    dormant = [one.unenforced for one in found if one.unenforced is not None]
    if not dormant:
        return f"{said}."
    rule = max(dormant, key=order)
    return (
        f"{said} but {rule.title} ({_without_day(rule.citation)}), which is in the books and not "
        f"enforced: {rule.note}."
    )


def _licence_sentence(
    goods: str,
    found: Sequence[Finding],
    kept: str,
    on: dt.date,
    place: str,
    doubts: Mapping[tuple[str, str], str],
    exceptions: Sequence[LicenceException],
) -> str:
    best = _strictest(found)
    clause = best.clause
    if clause is None:  # pragma: no cover - only a clause can ask for a licence
        raise AssertionError(goods)
    review = REVIEWS.get(clause.outcome, "")
    text = f"On {on} {goods} needed a licence for {place}{review} under {_cited(clause)}."
    text += REMARKS.get(clause.outcome, "")
    if best.possible is not None:
        text += (
            f" Presumption of denial under {_cited(best.possible)} is possible: "
            f"{_why(best.possible, doubts)}."
        )
    elif clause.confidence != "high" and clause.note:
        text += f" Confidence {clause.confidence}: {clause.note}."
    if exceptions:
        # An innocent explanation: such goods may have gone without a licence.
        named = "; ".join(
            f"{one.exception} ({one.citation}), {one.condition}" for one in exceptions
        )
        text += f" A licence exception may have stood in for the licence: {named}."
    return text


def _bound_remark(variants: Sequence[Chip], found: Sequence[Finding]) -> str:
    """Say where a bound, or the maker's own class, decided in place of a figure."""
    said = ""
    for chip, finding in zip(variants, found, strict=True):
        if finding.bounded and "performance_density" in chip.least:
            least = chip.least["performance_density"]
            said += (
                f" The area of {chip.chip} is not known; a die is no larger than {RETICLE:g} mm2, "
                f"so its performance density is {least:.1f} or more."
            )
        if finding.classified:
            listed = chip.maker_class.startswith("below")
            where = chip.maker_class if listed else f"under {chip.maker_class}"
            said += f" Its maker puts {chip.chip} {where}."
    return said


def tested(clause: Clause) -> str:
    """Say in short what goods a clause is about.

    Parameters
    ----------
    clause
        A clause of a rule.
    """
    parts = [", ".join(clause.parts)] if clause.parts else []
    if clause.makers:
        parts.append(f"made by {', '.join(clause.makers)}")
    for label, least, below in (
        ("TPP", clause.tpp_min, clause.tpp_below),
        ("density", clause.density_min, clause.density_below),
        ("link GB/s", clause.link_min, None),
        ("memory GB/s", clause.memory_min, None),
        ("memory and link GB/s", clause.total_min, None),
    ):
        if least is not None or below is not None:
            low = f"{least:g} <= " if least is not None else ""
            high = f" < {below:g}" if below is not None else ""
            parts.append(f"{low}{label}{high}")
    if clause.datacentre is not None:
        parts.append("for data centres" if clause.datacentre else "not for data centres")
    return "; ".join(parts) or "all goods of the list"


def _estimate_remark(variants: Sequence[Chip], found: Sequence[Finding]) -> str:
    """Name the estimates that decided, and how each was made."""
    made = [
        f"{' and '.join(FIGURES[name] for name in finding.estimates)} of {chip.chip} ({_how(chip)})"
        for chip, finding in zip(variants, found, strict=True)
        if finding.estimates
    ]
    return f" This rests on an estimate of {'; '.join(made)}." if made else ""


def _how(chip: Chip) -> str:
    """Return what a note says on the figures that rules test."""
    parts = chip.note.split("; ")
    return "; ".join(part for part in parts if not part.startswith(NOT_TESTED))


def _open_sentence(
    goods: str,
    name: str,
    variants: Sequence[Chip],
    found: Sequence[Finding],
    on: dt.date,
    place: str,
    doubts: Mapping[tuple[str, str], str],
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
    tests_tpp = clause.tpp_min is not None or clause.tpp_below is not None
    if tests_tpp and any(chip.tpp is None for chip in variants):
        why = f"the catalogue holds no TPP for {name}"
    else:
        why = _why(clause, doubts)
    return (
        f"On {on} it is not known whether {goods} needed a licence for {place} under "
        f"{_cited(clause)}: {why}."
    )


def _why(clause: Clause, doubts: Mapping[tuple[str, str], str]) -> str:
    if clause.outcome == OPEN and clause.note:
        return clause.note
    known = doubts.get((clause.rule, clause.clause))
    return f"it is open {known}" if known else "a figure that it depends on is not known"


def _words(status_: str) -> str:
    return {
        FREE: "no licence",
        LICENCE: "licence",
        DENIED: "licence with presumption of denial",
        UNKNOWN: "not known",
    }[status_]


def _cited(clause: Clause) -> str:
    citation = _without_day(clause.citation)
    return citation if citation == clause.paragraph else f"{clause.paragraph} ({citation})"


def _without_day(citation: str) -> str:
    """Cut the day in brackets at the end, which the sentence need not repeat."""
    return re.sub(r" \(\d{4}[^()]*\)$", "", citation)


def _article(name: str) -> str:
    # Items of a watch list may be called by the code of their heading.
    if name[0].isdigit():
        return "an item of"
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
    return f" ({', '.join(parts)})"
