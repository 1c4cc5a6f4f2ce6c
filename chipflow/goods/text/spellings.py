"""All the ways in which a name's pattern can be written, so that a name is looked up and not tried.

The patterns of the tables use letters, classes, brackets, bars and question marks, so each
matches a finite number of words; blanks are dropped, since traders set them as they like. A
pattern of a user's own that repeats without end has no such list.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product

# More spellings than any sensible name has: such a pattern is tried, not listed.
MOST = 20_000
# Signs that stand for themselves, and once.
_LITERAL = re.compile(r"[^()\[\]|\\.^$?*+{]+(?![?*+{])")


class _EndlessError(Exception):
    """A pattern that repeats without end, or has too many spellings."""


@lru_cache(maxsize=2048)
def spellings(pattern: str) -> frozenset[str] | None:
    """List what a pattern matches, without blanks.

    Parameters
    ----------
    pattern
        A regular expression as in the tables.

    Returns
    -------
    frozenset of str, or None
        None if the pattern matches endlessly much or uses other signs.

    Examples
    --------
    >>> sorted(spellings("(RTX|GF) ?40[69]0( ?TI)?"))[:3]
    ['GF4060', 'GF4060TI', 'GF4090']
    """
    try:
        found, rest = _branches(pattern)
    except _EndlessError:
        return None
    return None if rest else found


def _branches(text: str) -> tuple[frozenset[str], str]:
    """Read alternatives up to a closing bracket or the end."""
    found: set[str] = set()
    while True:
        some, text = _sequence(text)
        found |= some
        if not text.startswith("|"):
            return frozenset(found), text
        text = text[1:]


def _sequence(text: str) -> tuple[set[str], str]:
    words = {""}
    while text and text[0] not in "|)":
        if run := _LITERAL.match(text):
            literal = run[0].replace(" ", "")
            words, text = {left + literal for left in words}, text[run.end() :]
            continue
        piece, text = _piece(text)
        if text.startswith("?"):
            piece, text = piece | {""}, text[1:]
        if text[:1] in ("*", "+", "{"):
            raise _EndlessError
        if len(words) * len(piece) > MOST:
            raise _EndlessError
        words = {left + right for left, right in product(words, piece)}
    return words, text


def _piece(text: str) -> tuple[frozenset[str], str]:
    sign = text[0]
    if sign == "(":
        inner = text[1:].removeprefix("?:")
        found, rest = _branches(inner)
        if not rest.startswith(")"):
            raise _EndlessError
        return found, rest[1:]
    if sign == "[":
        return _class(text)
    if sign == "\\":
        return frozenset({text[1]}), text[2:]
    if sign in ".^$":
        raise _EndlessError
    return frozenset({"" if sign == " " else sign}), text[1:]


def _class(text: str) -> tuple[frozenset[str], str]:
    end = text.index("]", 1)
    inner, found = text[1:end], set()
    if inner.startswith("^") or "\\" in inner:
        raise _EndlessError
    place = 0
    while place < len(inner):
        if inner[place + 1 : place + 2] == "-" and place + 2 < len(inner):
            first, last = ord(inner[place]), ord(inner[place + 2])
            found |= {chr(code) for code in range(first, last + 1)}
            place += 3
        else:
            found.add(inner[place])
            place += 1
    return frozenset("" if sign == " " else sign for sign in found), text[end + 1 :]
