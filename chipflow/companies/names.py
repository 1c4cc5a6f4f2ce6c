"""What a company name is once spelling habits are taken away."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from rigour.addresses import address_fingerprint
from rigour.names import NamePartTag, NameTypeTag, analyze_names
from rigour.text.translit import ascii_text

if TYPE_CHECKING:
    pass

# A stop with no blank behind it parts two words, but not the letters of an abbreviation.
_STOP_BETWEEN_WORDS = re.compile(r"(?<=[^\W\d_]{2})\.(?=[^\W\d_]{2})")
# "(P) Ltd" for a private company in India, "(M) Sdn Bhd" in Malaysia, "(S) Pte Ltd" in Singapore.
_LETTER_OF_FORM = re.compile(
    r"(?<=\w{3})\W+(?:\([pms]\)|p\b\.?)\W*(?=(?:ltd|limited|pte|pvt|private|sdn)\b)", re.IGNORECASE
)
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
# Kinds of words that rigour knows in many languages ("Technology", "Tech", "Técnica").
_TRADE_WORDS = ("SYMBOL", "DOMAIN")
_PLACES = "LOC"
_NO_TRADE_WORDS = frozenset({"CO", "PRIVATE"})


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a name: Latin letters or digits, and what it means where rigour knows."""

    text: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class CompanyName:
    """A name taken apart.

    Attributes
    ----------
    words
        Its words without the legal form, branch and agent.
    agent
        Whom the record names beside the company ("care of", "on behalf of"), or ``""``.
    set_aside
        In plain words what else was taken away: ``branch``, ``agent``.
    """

    words: tuple[Word, ...]
    agent: str = ""
    set_aside: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The words as one text."""
        return " ".join(word.text for word in self.words)


def read_name(name: str) -> CompanyName:
    """Take a company name apart.

    Parameters
    ----------
    name
        The name as a record spells it, in any script.

    Returns
    -------
    CompanyName

    Notes
    -----
    Legal forms of all jurisdictions, transliteration and the meaning of trade words come from
    `rigour <https://opensanctions.github.io/rigour/>`_ (OpenSanctions).
    """
    owner, agent = _owner_and_agent(name)
    words, branch = _words(owner)
    if not words:
        words, branch = _words(name)
    if not words:
        words = (Word(ascii_text(name).strip().lower() or name.strip().lower()),)
    aside = (*(("branch",) if branch else ()), *(("agent",) if agent else ()))
    return CompanyName(words, agent, aside)


def name_key(name: str) -> str:
    """Return the part of a company name by which it is told from others.

    Parameters
    ----------
    name
        The name as a record spells it, in any script.

    Returns
    -------
    str
        Latin letters and digits in words, without punctuation, accents, legal form, branch or
        agent; the name itself where nothing else would be left.
    """
    return read_name(name).key


def address_key(address: str) -> str:
    """Return an address in the form in which two spellings of it are equal."""
    return address_fingerprint(address) or ""


@cache
def _table() -> dict[str, Any]:
    text = files(__package__).joinpath("tables/names.toml").read_text("utf-8")
    return tomllib.loads(text)


def _phrases(text: str) -> list[str]:
    return sorted({part.strip() for part in text.split(";") if part.strip()}, key=len, reverse=True)


@cache
def _between() -> tuple[re.Pattern[str], re.Pattern[str]]:
    after, before = (
        "|".join(re.escape(phrase) for phrase in _phrases(_table()[name]))
        for name in ("owner_after", "owner_before")
    )
    return tuple(
        re.compile(rf"(?:^|[\s,;(])(?:{words})[\s:.,]+", re.IGNORECASE) for words in (after, before)
    )  # type: ignore[return-value]


def _owner_and_agent(name: str) -> tuple[str, str]:
    after, before = _between()
    agent = ""
    *others, owner = after.split(name)
    if others and owner.strip():
        agent = others[0].strip(" ,;()")
    else:
        owner = name
    first, *rest = before.split(owner)
    if rest and first.strip():
        owner, agent = first, agent or rest[0].strip(" ,;()")
    return owner, agent


@cache
def _legal() -> tuple[frozenset[tuple[str, ...]], int]:
    """Legal forms that rigour leaves, as words, and how many words the longest has."""
    phrases = frozenset(tuple(phrase.split()) for phrase in _phrases(_table()["legal"]))
    return phrases, max(map(len, phrases))


def _words(text: str) -> tuple[tuple[Word, ...], bool]:
    """Words of a name without its legal form and branch; whether a branch was named."""
    spaced = _STOP_BETWEEN_WORDS.sub(". ", _in_words(text) if _HAN.search(text) else text)
    spaced = _LETTER_OF_FORM.sub(" ", spaced)
    for found in analyze_names(NameTypeTag.ORG, [spaced]):
        meaning: dict[int, str] = {}
        branch = -1
        for span in found.spans:
            kind, _, value = str(span.symbol).strip("[]").partition(":")
            if value == "BRANCH":
                branch = span.parts[0].index
            elif kind in _TRADE_WORDS and value not in _NO_TRADE_WORDS:
                meaning.update((part.index, value) for part in span.parts)
            elif kind == _PLACES:
                for part in span.parts:
                    meaning.setdefault(part.index, f"{kind} {value}")
        parts = [
            (part.index, part.ascii or part.form, part.tag == NamePartTag.LEGAL)
            for part in found.parts
        ]
        if branch >= 0:
            parts = _without_branch(parts, branch)
        plain = [(at, word) for at, word, legal in parts if not legal]
        plain = _without_legal_ends(plain)
        short = _table()["short"]
        return (
            tuple(Word(word, meaning.get(at) or short.get(word, "")) for at, word in plain),
            branch >= 0,
        )
    return (), False


def _without_branch(parts: list[tuple[int, str, bool]], branch: int) -> list[tuple[int, str, bool]]:
    """Leave out a branch and its town: what follows the legal form, or the word before it."""
    place = next(i for i, part in enumerate(parts) if part[0] == branch)
    legal, _ = _legal()
    forms = [i for i in range(place) if parts[i][2] or (parts[i][1],) in legal]
    start = forms[-1] + 1 if forms and forms[-1] > 0 else max(place - 1, 1)
    return parts[:start] if start > 0 else parts


def _without_legal_ends(words: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Leave out legal forms at both ends, the longest first, as long as something stays."""
    legal, longest = _legal()
    start, end = 0, len(words)
    texts = tuple(text for _, text in words)
    shortened = True
    while shortened:
        shortened = False
        for size in range(min(longest, end - start - 1), 0, -1):
            if texts[end - size : end] in legal:
                end, shortened = end - size, True
                break
            if texts[start : start + size] in legal:
                start, shortened = start + size, True
                break
    return words[start:end]


def _in_words(text: str) -> str:
    """Write Han names in words: own name in Latin letters as one word, trade words in English."""
    han = _table()["han"]
    for form in han["legal"]:
        text = text.replace(form, " ")
    for english, endings in han["words"].items():
        for ending in endings:
            text = text.replace(ending, f" {english} ")
    for place in han["places"]:
        text = re.sub(rf"(?<=[\u3400-\u9fff]{{2}}){place}", " ", text)
    runs = re.split(r"([\u3400-\u9fff\uf900-\ufaff]+)", text)
    return " ".join(ascii_text(run).replace(" ", "") if _HAN.search(run) else run for run in runs)
