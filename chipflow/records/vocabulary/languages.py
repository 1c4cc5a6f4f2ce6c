"""In which language the headers of a sheet are written, and in which countries it is official."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache

from chipflow.records.vocabulary.layouts import vocabulary, words_by_language
from chipflow.records.vocabulary.words import fold

# Headers with a word of one language only, from which a sheet is in that language.
_FEWEST_HEADERS = 3
# Shorter words are abbreviations, and spelled alike in many languages.
_SHORTEST = 4  # characters
# Tables of several languages, or of programs.
_NO_LANGUAGE = ("sh", "sv", "asycuda", "sunat", "dynamics")


@cache
def _own_words() -> dict[str, str]:
    """Return the words that only one language has, of those with a table of their own."""
    listed: dict[str, set[str]] = {}
    for language, meanings in words_by_language().items():
        for words in meanings.values():
            for word in words:
                listed.setdefault(fold(word.removesuffix("*")), set()).add(language)
    shared = {fold(word) for words in vocabulary()["words"].values() for word in words}
    return {
        word: next(iter(languages))
        for word, languages in listed.items()
        if len(languages) == 1 and word not in shared and len(word) >= _SHORTEST
    }


def language_of(headers: Sequence[str]) -> str | None:
    """Return the ISO 639 code of the language of a sheet's headers, or None.

    Examples
    --------
    >>> language_of(["თარიღი", "გამგზავნი", "მიმღები", "საქონლის დასახელება"])
    'ka'
    """
    return _language(tuple(headers))


@lru_cache(maxsize=1_000)
def _language(headers: tuple[str, ...]) -> str | None:
    found: Counter[str] = Counter()
    for header in headers:
        folded = fold(header)
        words = {folded, *folded.split()}
        known = {
            language
            for own, language in _own_words().items()
            if own in words or (not own.isascii() and any(w.startswith(own) for w in words))
        }
        found.update(known if len(known) == 1 else ())
    ranked = found.most_common(2)
    if not ranked or ranked[0][1] < _FEWEST_HEADERS or ranked[0][0] in _NO_LANGUAGE:
        return None
    return ranked[0][0] if len(ranked) == 1 or ranked[0][1] > ranked[1][1] else None


@cache
def countries_of(language: str) -> tuple[str, ...]:
    """Return the ISO 3166 alpha-2 codes of countries in which a language is official (CLDR)."""
    from babel.core import get_global
    from babel.languages import get_official_languages

    return tuple(
        sorted(
            territory
            for territory in get_global("territory_languages")
            if len(territory) == 2
            and territory.isalpha()
            and language in get_official_languages(territory)
        )
    )


def means_otherwise(header: str, language: str | None) -> str | None:
    """Return what a header means in one language and in no other, or None.

    Examples
    --------
    >>> means_otherwise("Expediteur", "nl"), means_otherwise("Expéditeur", "fr")
    ('agent', None)
    """
    table = vocabulary()["homonyms"].get(language or "", {})
    folded = fold(header)
    return next((meaning for meaning, words in table.items() if folded in words), None)
