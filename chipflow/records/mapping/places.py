"""Directions, and what a file name or banner says about a sheet."""

from __future__ import annotations

import re
from functools import cache

from chipflow.records.io.files import SUFFIXES
from chipflow.records.vocabulary.countries import country_code
from chipflow.records.vocabulary.layouts import vocabulary
from chipflow.records.vocabulary.words import fold

# Short words of file names that look like country codes.
_NOT_A_CODE = frozenset(
    [
        "in",
        "to",
        "by",
        "de",
        "la",
        "no",
        "my",
        "is",
        "at",
        "it",
        "me",
        "so",
        "am",
        "as",
        "be",
        "do",
        "et",
        "es",
        "se",
        "ma",
        "al",
        "bl",
        "id",
    ]
)


@cache
def _direction_words() -> dict[str, str]:
    table = vocabulary()["directions"]
    return {fold(word): way for way, words in table.items() for word in words}


def direction_of(cell: str) -> str | None:
    """Return ``import`` or ``export`` if a cell says so (also ``IM4``, ``EX1000``), else None."""
    words = _with_phrases(fold(cell).split())
    if not words:
        return None
    found = {_direction_words()[w] for w in words if w in _direction_words() and len(w) > 1}
    if not found and len(words) == 1:
        found = {_direction_words()[w] for w in words if w in _direction_words()}
    return found.pop() if len(found) == 1 else None


_EXTENSION = re.compile(
    "|".join(re.escape(suffix) + r"\b" for suffix in sorted(SUFFIXES, key=len, reverse=True))
)


def place_words(text: str) -> tuple[str | None, str | None]:
    """Return direction and reporting country that a file name or banner states.

    The country is the one nearest before the word for import or export (``India Export USA``:
    India), else nearest after it, else the only one named.
    """
    words = _with_phrases(fold(_EXTENSION.sub("", text)).split())
    ways = [(i, _direction_words()[w]) for i, w in enumerate(words) if _says_direction(w)]
    direction = ways[0][1] if ways and len({way for _, way in ways}) == 1 else None
    if not ways:
        return None, _only_country(words)
    at = ways[0][0]
    before = _only_country(words[:at])
    if before:
        return direction, before
    for length in range(min(4, at), 0, -1):
        code = _country_words(words[at - length : at], near=True)
        if code:
            return direction, code
    for length in range(min(4, len(words) - at - 1), 0, -1):
        code = _country_words(words[at + 1 : at + 1 + length], near=True)
        if code:
            return direction, code
    return direction, _only_country(words[at + 1 :])


def _with_phrases(words: list[str]) -> list[str]:
    """Join words that say import or export together ("nhap khau")."""
    joined: list[str] = []
    for word in words:
        if joined and " ".join((joined[-1], word)) in _direction_words():
            joined[-1] += f" {word}"
        else:
            joined.append(word)
    return joined


def _says_direction(word: str) -> bool:
    return len(word) > 2 and word in _direction_words()


def _country_words(words: list[str], near: bool) -> str | None:
    text = " ".join(words)
    # A number beside a word is a date or a part of the file here, not a code beside its country.
    if text in _NOT_A_CODE or any(word.isdigit() for word in words):
        return None
    if len(text) > 3 or near or text.upper() in {"USA", "UAE", "UK"}:
        return country_code(text)
    return None


def _only_country(words: list[str]) -> str | None:
    found: list[str] = []
    at = 0
    while at < len(words):
        for length in range(min(5, len(words) - at), 0, -1):
            code = _country_words(words[at : at + length], near=False)
            if code:
                found.append(code)
                at += length
                break
        else:
            at += 1
    return found[0] if len(set(found)) == 1 else None
