"""Whether goods that name a chip are the chip, or something that belongs to it.

A bracket, an empty box or a manual names the card as clearly as the card does itself, so this is
asked apart from what the name means. What answers is where the words stand. Kinds of words are
marked first, each by one sign, so that a rule of grammar is a short pattern over the marks:

====  ==============================================
``¤``  the name
``@``  nouns of cards, and of what carries them
``#``  nouns of accessories
``>``  words that say "for"
``&``  words that say "with", "in" or "without"
====  ==============================================

The signs stand for nothing else: they separate words, and are folded to blanks before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis

from chipflow.goods.text.patterns import MARK, UNSPACED, alternatives, quiet, word

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

    from chipflow.goods.catalogue.facts import Catalogue

# In this order: "VIDEO ADAPTER" is a card before ADAPTER is an accessory.
_MARKS = (("attribute", " "), ("card", " @ "), ("for", " > "), ("with", " & "))
_ACCESSORY = " # "
# Signs in a pattern: one for all nouns would be too large for the engines' quick automata, and a
# search would take thirty times as long.
_LONGEST = 6000
# What follows the stem of a word that is declined.
_ENDING = "[^ ]*"
_LISTED = "(?:[^ ,>&\u00a4]+ ){0,5}#"
# Accessories that come with the goods or do not, and lists of them.
_BESIDES = f"& {_LISTED}(?: (?:[,&AEIOUY] )+{_LISTED})*"


def spoken_of(text: ir.StringValue, tables: Catalogue) -> ir.StringValue:
    """Mark the kinds of words in folded text in which the name is marked already."""
    marked: Any = text.replace(MARK, f" {MARK} ").replace(",", " , ").replace("  ", " ")
    for name, mark in _MARKS:
        marked = marked.re_replace(_words([tables.word("grammar", name).pattern]), mark)
    for nouns in _shared([row.pattern for row in tables.words_of("accessory")]):
        marked = marked.re_replace(_words(nouns), _ACCESSORY)
    marked = marked.re_replace("  +", " ").re_replace("#(?: #)+", "#")
    along = f"# ?(?:{quiet(tables.word('grammar', 'along').pattern)}) "
    return marked.re_replace(along, "").re_replace(_BESIDES, "&")


def _shared(patterns: Sequence[str]) -> list[list[str]]:
    """Share patterns out, so that each share is a small automaton."""
    shares: list[list[str]] = []
    length = _LONGEST
    for pattern in patterns:
        length += len(pattern)
        if length > _LONGEST:
            shares.append([])
            length = len(pattern)
        shares[-1].append(pattern)
    return shares


def score_itself(text: ir.StringValue, spoken: ir.StringValue, tables: Catalogue) -> Any:
    """Sum the log-odds that the goods are the chip itself, or what carries it."""
    total: Any = ibis.literal(0.0)
    for row in tables.words_of("nothing inside"):
        told: Any = text.re_search(word(row.pattern))
        if row.unless:
            told = told & ~text.re_search(word(row.unless))
        total = total + ibis.ifelse(told, row.log_odds, 0.0)
    for row in tables.words_of("itself"):
        seen: Any = spoken.re_search(quiet(row.pattern)) if row.pattern else ibis.literal(True)
        if row.unless:
            seen = seen & ~spoken.re_search(quiet(row.unless))
        total = total + ibis.ifelse(seen, row.log_odds, 0.0)
    return total


def _words(patterns: Sequence[str]) -> str:
    """Match one word after the other; those of scripts without blanks match anywhere."""
    parts = sorted(alternatives(quiet("|".join(patterns))), key=lambda part: -len(part))
    joined = [part for part in parts if UNSPACED.search(part)]
    spaced = [part for part in parts if not UNSPACED.search(part)]
    whole = [part for part in spaced if not part.endswith(_ENDING)]
    # Endings in any script make a large automaton: written once, not behind each stem.
    stems = "|".join(part.removesuffix(_ENDING) for part in spaced if part.endswith(_ENDING))
    if stems:
        whole.append(f"(?:{stems}){_ENDING}")
    found = [f" (?:(?:{'|'.join(whole)}) +)+"] if whole else []
    return "|".join([*found, f"(?:{'|'.join(joined)})+"] if joined else found)
