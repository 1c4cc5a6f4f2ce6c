"""How alike two company names are, part by part, and why.

Names are taken apart by `rigour <https://opensanctions.github.io/rigour/>`_: legal forms, places,
numbers, trades and words of all trades are known for what they are in many languages and scripts.
rigour also pairs the parts of two names, by what they mean and by how they are spelled. What is
decided here is how much each part says. It is the approach of OpenSanctions' matcher (logic-v2)
with one difference: a word that only one of the names has counts against both alike, for a
branch, a fund or a namesake is another company.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from rigour.names import (
    Name,
    NamePartTag,
    NameTypeTag,
    Symbol,
    analyze_names,
    compare_parts,
    pair_symbols,
)

from chipflow.companies.names import LONGEST_NAME

if TYPE_CHECKING:
    from rigour.names import Alignment, NamePart

# How much a part of a name says about whose name it is; a word of its own says 1. Estimates:
# docs/decisions/0002-screening.md says how they were chosen and what others would change.
WEIGHTS = {
    Symbol.Category.ORG_CLASS: 0.2,  # "Ltd": left out or mistaken in half of all records
    Symbol.Category.SYMBOL: 0.4,  # "International", "Trading": in names of all kinds
    Symbol.Category.DOMAIN: 0.7,  # "Electronics": the trade, shared by many
    Symbol.Category.LOCATION: 0.8,  # "Shenzhen": many firms, but another branch
    Symbol.Category.NUMERIC: 1.3,  # "No. 2": all that tells plants and funds apart
}
STOP_WORD = 0.4  # "of", "and"
# A part that only one name has; records are cut off, so it says less than two that differ.
ONLY_ONE_SIDE = 0.8
# Two words for one thing ("Intl", "International") are nearly the same word.
SAME_MEANING = 0.9
# Of legal forms of several words rigour knows the last; what is left of "Pvt. Ltd." and "Company
# Limited" tells companies apart as little as the form does.
LEGAL_REMAINDER = frozenset({"co", "company", "private", "pvt"})
# How many analysed names are kept; a name is met again and again among candidates.
_REMEMBERED = 1 << 19

# Legal forms written without a space after the name, as rigour knows them when they stand alone.
_EAST_ASIAN_FORM = re.compile(
    r"(有限責任公司|有限责任公司|股份有限公司|有限公司|株式会社|有限会社|주식회사)"
)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two names are: ``score`` from 0 to 1, and the parts that were paired.

    ``turned`` tells that the parts of the second name stand first in each pair.
    """

    score: float
    parts: tuple[Alignment, ...]
    turned: bool = False


@dataclass(frozen=True, slots=True)
class TakenApart:
    """A company name taken apart: rigour's analysis, and what each part weighs by its place."""

    name: Name
    weights: dict[int, float]


@lru_cache(maxsize=_REMEMBERED)
def taken_apart(text: str) -> TakenApart | None:
    """Take a company name apart; None where nothing can be read from it."""
    spaced = _EAST_ASIAN_FORM.sub(r" \1 ", text[:LONGEST_NAME])
    names = analyze_names(NameTypeTag.ORG, [spaced], phonetics=False, consolidate=False)
    name = next(iter(names), None)
    return None if name is None else TakenApart(name, _weights(name))


def _weights(name: Name) -> dict[int, float]:
    meanings: dict[int, float] = {}
    for span in name.spans:
        weight = WEIGHTS.get(span.symbol.category, 1.0)
        for part in span.parts:
            meanings.setdefault(part.index, weight)
    return {part.index: _weight(part, meanings.get(part.index, 1.0)) for part in name.parts}


def _weight(part: NamePart, meaning: float) -> float:
    if is_legal(part):
        return WEIGHTS[Symbol.Category.ORG_CLASS]
    return min(meaning, STOP_WORD) if part.tag == NamePartTag.STOP else meaning


def is_legal(part: NamePart) -> bool:
    """Whether a part of a name belongs to its legal form."""
    return bool(part.tag == NamePartTag.LEGAL or part.comparable in LEGAL_REMAINDER)


def compare_names(one: str, other: str) -> Likeness:
    """Compare two company names.

    Parameters
    ----------
    one, other
        Names as a record or a list spells them, in any script.

    Returns
    -------
    Likeness
        Score 1 for names equal but for case, accents and punctuation; otherwise the weighted
        share of parts that agree.
    """
    # Where a word stands twice, who is compared with whom changes which of them is paired.
    turned = other < one
    first, second = (taken_apart(name) for name in sorted((one, other)))
    if first is None or second is None:
        return Likeness(0.0, ())
    if first.name.comparable == second.name.comparable:
        return Likeness(1.0, ())
    best = Likeness(0.0, ())
    for edges in pair_symbols(first.name, second.name):
        way = _likeness(first, second, edges)
        if way.score > best.score:
            best = way
    return replace(best, turned=turned)


def _likeness(first: TakenApart, second: TakenApart, edges: tuple[Alignment, ...]) -> Likeness:
    """Likeness of two names if the given parts mean the same."""
    ours = {part.index for edge in edges for part in edge.qps}
    theirs = {part.index for edge in edges for part in edge.rps}
    left = [part for part in first.name.parts if part.index not in ours]
    right = [part for part in second.name.parts if part.index not in theirs]
    pairs = (*edges, *(compare_parts(left, right) if left or right else ()))
    total = agreed = 0.0
    for pair in pairs:
        weight, agreement = _says(pair, first.weights, second.weights)
        total += weight
        agreed += weight * agreement
    return Likeness(agreed / total if total else 0.0, pairs)


def _says(pair: Alignment, ours: dict[int, float], theirs: dict[int, float]) -> tuple[float, float]:
    """Weight of a pair of parts, and how far they agree (0 to 1)."""
    one, other, symbol = pair.qps, pair.rps, pair.symbol
    if not other:
        return ONLY_ONE_SIDE * _mean(one, ours), 0.0
    if not one:
        return ONLY_ONE_SIDE * _mean(other, theirs), 0.0
    weight = max(_mean(one, ours), _mean(other, theirs))
    if symbol is None:
        return weight, pair.score
    if symbol.category != Symbol.Category.SYMBOL:
        weight = WEIGHTS.get(symbol.category, 1.0)
    return weight, 1.0 if pair.qstr == pair.rstr else SAME_MEANING


def _mean(parts: tuple[NamePart, ...], weights: dict[int, float]) -> float:
    if len(parts) == 1:
        return weights[parts[0].index]
    return sum(weights[part.index] for part in parts) / len(parts)


def reason(likeness: Likeness) -> str:
    """Say in plain words which parts of two names agree and which do not."""
    if not likeness.parts:
        return "the names are equal but for spelling habits"
    same = [p.qstr for p in likeness.parts if p.qps and p.rps and p.qstr == p.rstr]
    unlike = [(p.qstr, p.rstr) for p in likeness.parts if p.qps and p.rps and p.qstr != p.rstr]
    ours = [p.qstr for p in likeness.parts if p.qps and not p.rps]
    theirs = [p.rstr for p in likeness.parts if p.rps and not p.qps]
    if likeness.turned:
        ours, theirs, unlike = theirs, ours, [(b, a) for a, b in unlike]
    near = [f"{a} ~ {b}" for a, b in unlike]
    said = [
        f"{label}: {', '.join(words)}"
        for label, words in (
            ("the same", same),
            ("alike", near),
            ("only in the records", ours),
            ("only on the list", theirs),
        )
        if words
    ]
    return "; ".join(said)
