"""The sentence that a report prints: what was asked for, under which rule, and what stays open."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from chipflow.goods.ruling import DENIED, FREE, LICENCE, UNKNOWN, Finding, Question, order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chipflow.goods.catalogue import Chip, Clause

# Letters whose names begin with a vowel sound: "an H100", "an RTX 4090", but "a B200".
VOWEL_LETTERS = "AEFHILMNORSX"
VOWELS = "AEIOU"

# How a sentence calls the figures that may be estimates.
FIGURES = {
    "tpp": "TPP",
    "performance_density": "performance density",
    "link_gb_s": "link bandwidth",
    "memory_gb_s": "memory bandwidth",
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

    Returns
    -------
    str
        One sentence, followed by remarks where sources leave something open.
    """
    goods = f"{_article(name)} {name}"
    place = question.destination
    if question.headquarters is not None:
        place += f" (buyer with headquarters in {question.headquarters})"
    if kept == UNKNOWN:
        said = _open_sentence(goods, name, variants, found, on, place, doubts)
    elif kept == FREE:
        said = _free_sentence(f"{goods}{_figures(variants)}", found, on, place)
    else:
        said = _licence_sentence(goods, found, kept, on, place, doubts)
    return said + _estimate_remark(variants, found)


def _strictest(found: Sequence[Finding]) -> Finding:
    return max(found, key=lambda finding: order(finding.clause) if finding.clause else (-1,))


def _free_sentence(shown: str, found: Sequence[Finding], on: dt.date, place: str) -> str:
    clause = _strictest(found).clause
    if clause is None:
        return (
            f"On {on} no rule in the tables asked for a licence for {shown} to {place}: "
            "lawful on that day."
        )
    return (
        f"On {on} {shown} could go to {place} without a licence under {clause.title}: "
        "lawful on that day."
    )


def _licence_sentence(
    goods: str,
    found: Sequence[Finding],
    kept: str,
    on: dt.date,
    place: str,
    doubts: Mapping[tuple[str, str], str],
) -> str:
    best = _strictest(found)
    clause = best.clause
    if clause is None:  # pragma: no cover - only a clause can ask for a licence
        raise AssertionError(goods)
    denial = ", with presumption of denial" if kept == DENIED else ""
    text = f"On {on} {goods} needed a licence for {place}{denial} under {_cited(clause)}."
    if best.possible is not None:
        text += (
            f" Presumption of denial under {_cited(best.possible)} is possible: "
            f"{_why(best.possible, doubts)}."
        )
    elif clause.confidence != "high" and clause.note:
        text += f" Confidence {clause.confidence}: {clause.note}."
    if clause.exception:
        # An innocent explanation: such goods may have gone lawfully without a licence.
        text += f" A licence exception may have stood in for the licence: {clause.exception}."
    return text


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
    if clause.outcome == UNKNOWN and clause.note:
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
    citation = clause.citation.split(" (")[0]
    return citation if citation == clause.paragraph else f"{clause.paragraph} ({citation})"


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
