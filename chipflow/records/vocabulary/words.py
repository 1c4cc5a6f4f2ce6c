"""From a column's name to the meanings of its words, in any of the vocabulary's languages."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from chipflow.records.vocabulary.layouts import header_words, vocabulary

# Letters that Unicode does not split into a Latin letter and an accent.
_PLAIN = str.maketrans(
    {"ı": "i", "đ": "d", "ł": "l", "ø": "o", "ß": "ss", "æ": "ae", "ё": "е", "ə": "e"}
    | {"№": " no ", "%": " percent "}
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_DIGITS = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
# Vowels and tones of Indic scripts and Thai are marks, and no end of a word.
_APART = re.compile(r"(?:[^\w\u0900-\u0dff\u0e31-\u0e4e\u1000-\u109f\u1780-\u17ff]|_)+")
# Signs of currencies, and dollars of other countries. A bare "$" is the US dollar in English
# headers only: in Spanish and Portuguese it is as often the country's own peso.
_SIGNS = (
    (re.compile(r"US\s?\$|U\$S|U\$D|USD\$|\$US|\$ ?USD", re.IGNORECASE), " USD "),
    (re.compile(r"\bR\$"), " BRL "),
    (re.compile(r"\bC(?:AD?)?\$"), " CAD "),
    (re.compile(r"\bA(?:UD?)?\$"), " AUD "),
    (re.compile(r"\bS\$"), " SGD "),
    (re.compile(r"\bHK\$"), " HKD "),
    (re.compile(r"\bNT\$"), " TWD "),
    (re.compile(r"\bNRs\b", re.IGNORECASE), " NPR "),
    (re.compile("€"), " EUR "),
    (re.compile("£"), " GBP "),
    (re.compile("₹"), " INR "),
    (re.compile("₽"), " RUB "),
    (re.compile("₴"), " UAH "),
    (re.compile("₸"), " KZT "),
    (re.compile("₺"), " TRY "),
)
_PER = re.compile(
    r"\b(usd|eur|price|value|rate|fob|cif|precio|valor|prix) ?/ ?"
    r"(kgs?|units?|unid\w*|pcs?|mt|ton\w*|lbs?)\b",
    re.IGNORECASE,
)
_OWN_DOLLAR = re.compile(
    r"\b(?:valor|monto|precio|importe|pre[cç]o|costo|total en)\b", re.IGNORECASE
)
# Scripts that write no blank between words.
_UNSPACED = re.compile(r"[\u0e01-\u0e5b\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
# Letters whose accents many leave out: Latin, Greek, Hebrew, Arabic (with its forms of alef).
_WITHOUT_ACCENTS = re.compile(r"[\u0000-\u024f\u0370-\u03ff\u0590-\u06ff\u1e00-\u1fff]")
_ARTICLE = "ال"  # of Arabic, written together with its word
# A longer header is a sentence or a value, not a name.
MAX_HEADER_LENGTH = 120
# Shorter pieces fit by chance into nearly any unknown word.
_SHORTEST_PIECE = 3
_KNOWN_SHORT = frozenset({"of", "in", "hs", "us", "kg", "en", "gt", "no", "id", "fc", "lc", "de"})


def fold(text: str) -> str:
    """Return text in lower case, letters without accents, words apart by one blank."""
    spaced = _CAMEL.sub(" ", text) if not text.isupper() else text
    out: list[str] = []
    bare = False
    for char in unicodedata.normalize("NFKD", spaced.casefold().translate(_PLAIN)):
        if unicodedata.combining(char):
            if not bare:
                out.append(char)
            continue
        bare = _WITHOUT_ACCENTS.match(char) is not None
        out.append(char)
    folded = unicodedata.normalize("NFC", "".join(out).translate(_PLAIN))
    return " ".join(_APART.sub(" ", _DIGITS.sub(" ", folded)).split())


def _spelled(header: str) -> str:
    """Return a header with the signs of currencies as their codes, and a slash as "per"."""
    header = _PER.sub(r"\1 per \2", header)
    if header.isascii() and "$" not in header and "rs" not in header.lower():
        return header
    for sign, code in _SIGNS:
        header = sign.sub(code, header)
    return header if _OWN_DOLLAR.search(header) else header.replace("$", " USD ")


@dataclass(frozen=True, slots=True)
class Meaning:
    """The meanings found in a header, and how much of it was understood.

    Attributes
    ----------
    parts
        Meanings in the order of the header; an unknown word gives none.
    known
        Share of the letters of the header that belong to a known word.
    folded
        The header after :func:`fold`.
    """

    parts: tuple[str, ...]
    known: float
    folded: str

    def has(self, *meanings: str) -> bool:
        """Tell if any of the meanings is there."""
        return any(meaning in self.parts for meaning in meanings)


_Lexicon = tuple[
    dict[str, tuple[str, ...]],
    dict[tuple[str, ...], tuple[str, ...]],
    list[tuple[str, str]],
    int,
]


@cache
def _lexicon() -> _Lexicon:
    single: dict[str, tuple[str, ...]] = {}
    phrases: dict[tuple[str, ...], tuple[str, ...]] = {}
    stems: list[tuple[str, str]] = []
    for meaning, words in header_words():
        for word in words:
            if word.endswith("*"):
                stems.append((fold(word[:-1]), meaning))
                continue
            parts = tuple(fold(word).split())
            if len(parts) == 1 and meaning not in single.get(parts[0], ()):
                single[parts[0]] = (*single.get(parts[0], ()), meaning)
            elif len(parts) > 1 and meaning not in phrases.get(parts, ()):
                phrases[parts] = (*phrases.get(parts, ()), meaning)
    stems.sort(key=lambda stem: (-len(stem[0]), stem[0]))
    longest = max(map(len, phrases), default=1)
    return single, phrases, stems, longest


def _word(token: str) -> tuple[str, ...]:
    single, _, stems, _ = _lexicon()
    found = single.get(token) or single.get(token.removeprefix(_ARTICLE))
    if found is not None:
        return found
    return next(((meaning,) for stem, meaning in stems if token.startswith(stem)), ())


def _pieces(token: str) -> tuple[list[str], int]:
    """Cut a run-together token into known words; return their meanings and letters known.

    Dynamic programming: the most letters known first, the fewest pieces second.
    """
    single, _, _, _ = _lexicon()
    unspaced = bool(_UNSPACED.search(token))
    shortest = 1 if unspaced else _SHORTEST_PIECE
    best: list[tuple[int, int, tuple[str, ...]]] = [(0, 0, ())]
    for end in range(1, len(token) + 1):
        known, cuts, parts = best[end - 1]
        here = (known, cuts, parts)
        for start in range(max(0, end - 24), end):
            piece = token[start:end]
            if len(piece) < shortest and piece not in _KNOWN_SHORT:
                continue
            meaning = single.get(piece)
            if meaning is None:
                continue
            known, cuts, parts = best[start]
            candidate = (known + len(piece), cuts - 1, (*parts, *meaning))
            if candidate[:2] > here[:2]:
                here = candidate
        best.append(here)
    known, _, found = best[-1]
    # A Latin word of which a part stays unknown is another word that only looks like ours.
    if not unspaced and known < len(token):
        return [], 0
    return list(found), known


def _tells_apart(token: str) -> bool:
    return (token.isdigit() or (len(token) == 1 and token.isascii())) and not _word(token)


def _box(tokens: list[str]) -> tuple[tuple[str, ...], int]:
    """Return the meanings of the declaration's box that tokens begin with, and their number."""
    table = vocabulary()["boxes"]
    if len(tokens) < 2 or tokens[0] not in table["words"] or not tokens[1].isdigit():
        return (), 0
    for length in range(min(3, len(tokens)), 1, -1):
        key = "".join(tokens[1:length])
        found = table.get(key) or table.get(key.zfill(2))
        if found:
            return tuple(found), length
    return (), 0


@cache
def read_header(header: str) -> Meaning:
    """Return the meanings of a header's words.

    Parameters
    ----------
    header
        A column name, in any language of the vocabulary, with any separators or none.

    Returns
    -------
    Meaning

    Examples
    --------
    >>> read_header("SUMOFVALUE_IN_USD").parts
    ('total', 'value', 'usd')
    """
    folded = fold(_spelled(header[:MAX_HEADER_LENGTH]))
    tokens = folded.split()
    _, phrases, _, longest = _lexicon()
    parts: list[str] = []
    known = 0
    at = 0
    while at < len(tokens):
        box, length = _box(tokens[at:])
        if box:
            parts.extend(box)
            known += sum(map(len, tokens[at : at + length]))
            at += length
            continue
        for length in range(min(longest, len(tokens) - at), 1, -1):
            meaning = phrases.get(tuple(tokens[at : at + length]))
            if meaning is not None:
                parts.extend(meaning)
                known += sum(map(len, tokens[at : at + length]))
                at += length
                break
        else:
            token = tokens[at]
            at += 1
            meaning = _word(token)
            if meaning:
                parts.extend(meaning)
                known += len(token)
                continue
            found, letters = _pieces(token)
            parts.extend(found)
            known += letters
    # A number or letter that means nothing tells one column from the next ("ADDRESS 1").
    letters_in_all = sum(len(token) for token in tokens if not _tells_apart(token))
    share = min(1.0, known / letters_in_all) if letters_in_all else float(bool(parts))
    return Meaning(tuple(part for part in parts if part != "glue"), share, folded)
