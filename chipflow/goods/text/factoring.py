"""One pattern for many, in which what they begin with in common stands once.

An engine sets a pattern up once for each thread and each step of planning, and searches quickly
only while its automaton is small: both ask for short patterns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Stands where a pattern ends.
_END = ""


class _Node(dict[str, "_Node"]):
    """The pieces that may follow, each with what follows it."""


def factored(patterns: Iterable[str]) -> str:
    """Return a pattern that matches what any of the patterns does.

    Which of several matches is found first may differ, so this is for searches that ask only
    whether there is one.

    Parameters
    ----------
    patterns
        Without bars outside brackets.

    Examples
    --------
    >>> factored(["(RTX|GF) ?4070", "(RTX|GF) ?4080", "L4", "L40"])
    '(?:(RTX|GF) ?40(?:70|80)|L4(?:0)?)'
    """
    root = _Node()
    for pattern in patterns:
        node = root
        for piece in pieces(pattern):
            node = node.setdefault(piece, _Node())
        node[_END] = _Node()
    return _written(root)


def pieces(pattern: str) -> list[str]:
    """Split a pattern into brackets, classes and signs, each with what says how often it stands."""
    found, start = [], 0
    while start < len(pattern):
        end = _repeated(pattern, _closed(pattern, start))
        found.append(pattern[start:end])
        start = end
    return found


def _closed(pattern: str, start: int) -> int:
    if pattern[start] == "\\":
        return start + 2
    if pattern[start] == "[":
        return pattern.index("]", start + 1) + 1
    if pattern[start] != "(":
        return start + 1
    depth, place = 0, start
    while True:
        depth += (pattern[place] == "(") - (pattern[place] == ")")
        place = place + 2 if pattern[place] == "\\" else place + 1
        if not depth:
            return place


def _repeated(pattern: str, end: int) -> int:
    if pattern[end : end + 1] == "{":
        return pattern.index("}", end) + 1
    return end + 1 if pattern[end : end + 1] in ("?", "*", "+") else end


def _written(node: _Node) -> str:
    branches = [piece + _written(rest) for piece, rest in node.items() if piece != _END]
    if not branches:
        return ""
    if len(branches) == 1 and _END not in node:
        return branches[0]
    return f"(?:{'|'.join(branches)}){'?' if _END in node else ''}"
