"""What a company name is once spelling habits are taken away."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from rigour.addresses import address_fingerprint
from rigour.names import NamePartTag, NameTypeTag, analyze_names
from rigour.text.translit import ascii_text

from chipflow.companies.beside import (
    ADDRESS,
    CITY,
    COUNTRY,
    DEPARTMENT,
    ends_own_name,
    is_address,
    is_own_city,
    is_own_country,
    without_beside,
)
from chipflow.companies.words import phrases, table

if TYPE_CHECKING:
    from rigour.names import Name

# What stands behind in a cell is an address or a list of goods; the longest name in the
# registers of 26 countries' customs records has 160 letters.
LONGEST_NAME = 200  # characters
# Of messages and forms: 35 letters (UN/EDIFACT, NAD), 30, 40; a blank at the end is lost.
FULL_FIELDS = frozenset({29, 30, 34, 35, 39, 40})  # characters
_SHORTEST_POST_CODE = 5  # digits
# A stop with no blank behind it parts two words, but not the letters of an abbreviation.
_STOP_BETWEEN_WORDS = re.compile(r"(?<=[^\W\d_]{2})\.(?=[^\W\d_]{2})")
# "(P) Ltd" for a private company in India, "(M) Sdn Bhd" in Malaysia, "(S) Pte Ltd" in Singapore.
_LETTER_OF_FORM = re.compile(
    r"(?:(?<=\w{3})|(?<=\d))\W+(?:\([pmsit]\)|p\b\.?)\W*(?=(?:ltd|limited|pte|pvt|private|sdn)\b)",
    re.IGNORECASE,
)
# The same, quicker and too often: a letter and no letter on both sides.
_MAY_HOLD_LETTER_OF_FORM = re.compile(r"\W[pmsit]\W|\Wp\b", re.IGNORECASE)
# "S/B", "A/S", "S/A" at the end: the letters of a form and no "either, or".
_FORM_WITH_STROKE = re.compile(r"(?<=\s)([SAsa])/([ABSabs])\.?(?=$|[\s,(])")
_HAN_OR_HANGUL = re.compile(r"([\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]+)")
_NO_LETTER = re.compile(r"[\W_]+")
# Kinds of words that rigour knows in many languages ("Technology", "Tech", "Técnica").
_TRADE_WORDS = ("SYMBOL", "DOMAIN")
_PLACES = "LOC"
_FORM = "ORGCLS"
_NO_TRADE_WORDS = frozenset({"CO", "PRIVATE", "CORP", "PUBLIC"})
# Without "I", "V" and "X", which are letters of their own more often than numbers.
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
# "Marlovasystems": a trade word is told from the end of another word by its length.
_SHORTEST_TRADE_WORD, _SHORTEST_STEM = 6, 3  # letters
_MOST_WORDS_OF_A_PLACE = 4  # words
# "Kestrovan Oil Comp" is a company, "Kestrovan Comp Ltd" makes components or computers.
_AT_END_ONLY = frozenset({("comp",)})
_CODES_IN_NAMES = frozenset({"hk", "uk", "uae", "usa", "prc", "nig", "ksa"})
_BEFORE_A_NAME_OF_A_PLACE = frozenset({"of", "de", "do", "da", "del", "di", "von", "fur", "for"})


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a name: Latin letters or digits, and what it means where that is known.

    ``sound`` is its sound where the country has several ways to write one in Latin letters.
    """

    text: str
    meaning: str = ""
    sound: str = ""

    @property
    def is_own(self) -> bool:
        """Whether the word is no trade, no word of all trades and no place."""
        return not self.meaning


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
        In plain words what else was taken away: ``branch``, ``agent``, ``own country`` ...
    form
        Kind of body that the legal form stands for (``LLC``, ``JSC`` ...), or ``""``.
    length
        Characters of the name as it stands in the record, 0 where it ends in a legal form or in
        what was set aside: such a name was not cut off. A form in front says nothing of the end.
    """

    words: tuple[Word, ...]
    agent: str = ""
    set_aside: tuple[str, ...] = ()
    form: str = ""
    length: int = 0

    @property
    def key(self) -> str:
        """The words as one text."""
        return " ".join(word.text for word in self.words)


def read_name(name: str, country: str = "") -> CompanyName:
    """Take a company name apart.

    Parameters
    ----------
    name
        The name as a record spells it, in any script; what is longer than ``LONGEST_NAME`` is
        cut.
    country
        ISO 3166 alpha-2 of the company's country, which is no part of its name; ``""`` if
        unknown.

    Returns
    -------
    CompanyName

    Notes
    -----
    Legal forms of all jurisdictions, transliteration and the meaning of trade words come from
    `rigour <https://opensanctions.github.io/rigour/>`_ (OpenSanctions).
    """
    cut = unicodedata.normalize("NFKC", name[:LONGEST_NAME])
    owner, agent = _owner_and_agent(_lead_in().sub("", cut))
    words, form, beside = _words(owner, country, len(name))
    if not words:
        words, form, beside = _words(cut, country, len(name))
    whole = beside or agent
    if not words:
        words = (Word(ascii_text(cut).strip().lower() or cut.strip().lower()),)
    aside = (*(one for one in beside if one), *(("agent",) if agent else ()))
    return CompanyName(words, agent, aside, form, 0 if whole else len(name))


def name_key(name: str, country: str = "") -> str:
    """Return the part of a company name by which it is told from others.

    Parameters
    ----------
    name
        The name as a record spells it, in any script.
    country
        ISO 3166 alpha-2 of the company's country, ``""`` if unknown.

    Returns
    -------
    str
        Latin letters and digits in words, without punctuation, accents, legal form, branch or
        agent; the name itself where nothing else would be left.
    """
    return read_name(name, country).key


@lru_cache(maxsize=1 << 18)
def address_key(address: str) -> str:
    """Return an address in the form in which two spellings of it are equal."""
    return address_fingerprint(address) or ""


def building_key(address: str, country: str = "") -> str:
    """Return house number and street of an address, by which two spellings of it are known.

    Country, city, post code and unit are left out, since every second record leaves them out.

    Parameters
    ----------
    address
        As a record spells it.
    country
        ISO 3166 alpha-2 of the country where it lies, ``""`` if unknown.

    Returns
    -------
    str
        The whole address, normalised, where it has no house number and street.
    """
    whole = address_key(address)
    house, streets, skip = "", [], False
    words = whole.split()
    for word, after in zip(words, [*words[1:], ""], strict=True):
        if skip:
            skip = word.isalpha()  # "Unit No 5"
        elif word in phrases("unit"):
            skip = True
        elif word[0].isdigit():
            is_floor = after in {"f", "fl", "floor"}
            if not house and not is_floor and len(word) < _SHORTEST_POST_CODE:
                house = word
        elif word != country.lower() and not is_own_city(word, country) and word != "f":
            streets.append(word)
    return " ".join([house, *streets]) if house and streets else whole


@cache
def _lead_in() -> re.Pattern[str]:
    words = "|".join(map(re.escape, phrases("lead_in")))
    # "M/S" needs no colon behind it; "To" without one may begin a name.
    return re.compile(rf"^\s*(?:(?:{words})\s*:+\s*|(?:m/s|messrs)[\s.-]+)", re.IGNORECASE)


@cache
def _between() -> tuple[re.Pattern[str], re.Pattern[str]]:
    after, before = (
        "|".join(map(re.escape, phrases(name))) for name in ("owner_after", "owner_before")
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
def _legal() -> tuple[dict[tuple[str, ...], str], int]:
    """Legal forms that rigour leaves, as words, with their kind; words of the longest."""
    forms = {
        tuple(phrase.split()): "" if kind == "other" else "LLC" if kind == "OY" else kind
        for kind in table()["legal"]
        for phrase in phrases("legal", kind)
    }
    return forms, max(map(len, forms))


def meaning_of(word: str) -> str:
    """Return what a trade word means, ``""`` for other words."""
    return _meanings().get(word, "")


def forms_of(meaning: str) -> tuple[str, ...]:
    """Return how a trade word of a meaning is written."""
    return phrases("meaning", meaning)


@cache
def _meanings() -> dict[str, str]:
    return {word: meaning for meaning in table()["meaning"] for word in phrases("meaning", meaning)}


@dataclass(slots=True)
class _Part:
    """A word of a name while it is taken apart."""

    text: str
    legal: bool
    meaning: str
    form: str


def _words(text: str, country: str, length: int) -> tuple[tuple[Word, ...], str, tuple[str, ...]]:
    """Words of a name without its legal form; the kind of that; what else was set aside."""
    if _HAN_OR_HANGUL.search(text):
        text = _in_words(text)
    text, aside = without_beside(text, country)
    spaced = text
    if "." in spaced:
        spaced = _STOP_BETWEEN_WORDS.sub(". ", spaced)
    if "/" in spaced:
        spaced = _FORM_WITH_STROKE.sub(r"\1\2", spaced)
    if _MAY_HOLD_LETTER_OF_FORM.search(spaced):
        spaced = _LETTER_OF_FORM.sub(" ", spaced)
    # rigour gives one reading of a text without a comma-separated alias.
    found = next(iter(analyze_names(NameTypeTag.ORG, [spaced])), None)
    if found is None:
        return (), "", ()
    parts, branch = _parts(found, country)
    if branch >= 0:
        parts = _without_branch(parts, branch)
        aside = ("branch", *aside)
    if length in FULL_FIELDS:
        parts = _without_cut_form(parts)
    parts, ends = _without_ends(parts, country)
    words = tuple(Word(part.text, part.meaning, _sound(part, country)) for part in parts)
    return words, ends.form, tuple(dict.fromkeys((*aside, *ends.aside)))


def _parts(found: Name, country: str) -> tuple[list[_Part], int]:
    """Words of a name as rigour reads them; which of them says "branch", or -1."""
    meaning: dict[int, str] = {}
    form: dict[int, str] = {}
    branch = -1
    for span in found.spans:
        kind, _, value = str(span.symbol).strip("[]").partition(":")
        if value == "BRANCH":
            branch = span.parts[0].index
        elif kind in _TRADE_WORDS and value not in _NO_TRADE_WORDS:
            # Of a word that stands alone and in a phrase, what it means alone.
            for part in span.parts:
                if len(span.parts) == 1 or part.index not in meaning:
                    meaning[part.index] = value
        elif kind == _PLACES and value != "zz":
            for part in span.parts:
                meaning.setdefault(part.index, f"{kind} {value}")
        elif kind == _FORM:
            form.update((part.index, value) for part in span.parts)
    parts: list[_Part] = []
    says_branch = -1
    for part in found.parts:
        text, at = part.ascii or part.form, part.index
        if at == branch:
            says_branch = len(parts)
        if text in _ROMAN:
            parts.append(_Part(_ROMAN[text], False, "", ""))
        elif part.tag == NamePartTag.LEGAL:
            parts.append(_Part(text, True, "", form.get(at, "")))
        elif not _only_joins(found, at):
            parts += _in_trade_words(text, meaning.get(at, ""))
    return _translated(parts, country), says_branch


def _only_joins(name: Name, at: int) -> bool:
    """Tell if a word is an "and"."""
    text = name.parts[at].ascii
    if text not in phrases("joiners"):
        return False
    beside = name.parts[max(at - 1, 0) : at + 2]
    # One letter is an "and" between trade words: "Industria e Comercio".
    return len(text) > 1 or (
        len(beside) == 3 and all(one is beside[1] or meaning_of(one.ascii or "") for one in beside)
    )


def _in_trade_words(text: str, meaning: str) -> list[_Part]:
    """Return a word, and a trade word that is written together with it, each by itself."""
    known = _meanings()
    meaning = known.get(text) or meaning
    if not meaning:
        for size in range(len(text) - _SHORTEST_STEM, _SHORTEST_TRADE_WORD - 1, -1):
            if known.get(text[-size:]):
                stem, trade = text[:-size], text[-size:]
                if stem in known:
                    break
                return [_Part(stem, False, "", ""), _Part(trade, False, known[trade], "")]
    return [_Part(text, False, meaning, "")]


def _translated(parts: list[_Part], country: str) -> list[_Part]:
    """Put English trade words for those of the country's language, which keep their meaning."""
    known = _trade_phrases(country)
    if not known:
        return parts
    done: list[_Part] = []
    at = 0
    while at < len(parts):
        for size in (3, 2, 1):
            english = known.get(tuple(part.text for part in parts[at : at + size]))
            if english and not any(part.legal for part in parts[at : at + size]):
                done += [_Part(word, False, _meanings().get(word, ""), "") for word in english]
                at += size
                break
        else:
            done.append(parts[at])
            at += 1
    return done


@cache
def _trade_phrases(country: str) -> dict[tuple[str, ...], list[str]]:
    return {
        tuple(phrase.split()): english.split()
        for english in table()["trade"].get(country, {})
        for phrase in phrases("trade", country, english)
    }


def _without_branch(parts: list[_Part], place: int) -> list[_Part]:
    """Leave out a branch and its town: what follows the legal form, or the word before it."""
    legal, _ = _legal()
    forms = [i for i in range(place) if parts[i].legal or (parts[i].text,) in legal]
    start = forms[-1] + 1 if forms and forms[-1] > 0 else max(place - 1, 1)
    return parts[:start] if start > 0 else parts


def _without_cut_form(parts: list[_Part]) -> list[_Part]:
    """Leave out the beginning of a legal form at the end of a full field ("... Co., L")."""
    texts = tuple(part.text for part in parts)
    for size in range(min(_legal()[1], len(texts) - 1), 0, -1):
        if texts[-size:] in _cut_forms() and texts[-size:] not in _legal()[0]:
            return parts[:-size]
    return parts


@cache
def _cut_forms() -> frozenset[tuple[str, ...]]:
    """Beginnings of legal forms."""
    return frozenset(
        (*form[:at], word[:size])
        for form in _legal()[0]
        for at, word in enumerate(form)
        for size in range(1, len(word))
    )


_IN_FRONT = "legal form in front"


@dataclass(slots=True)
class _Ends:
    """What was taken from the ends of a name."""

    form: str = ""
    aside: tuple[str, ...] = ()


def _without_ends(parts: list[_Part], country: str) -> tuple[list[_Part], _Ends]:
    """Leave out legal forms, and at the end place, department and address.

    As long as a word stays by which the name is told from others.
    """
    ends = _Ends()
    if not _tells(parts) and len(parts) > 1 and parts[0].legal and any(p.meaning for p in parts):
        parts[0].legal = False  # "AS Electronics"
    parts, address = _without_address(parts)
    if address:
        ends.aside = (ADDRESS,)
    kept, shortened = parts, True
    behind_form = False
    while shortened:
        shortened = False
        for less, form, kind in _shorter(kept, country, behind_form):
            if _tells(less) or not _tells(kept):
                kept, shortened = less, True
                ends.form = ends.form or form
                behind_form = kind in {"legal", _IN_FRONT}
                # "" stands for a form: nothing of what is behind it is missing.
                if kind != _IN_FRONT:
                    ends.aside = (*ends.aside, "" if kind == "legal" else kind)
                break
    # A form in the middle ("Acme Ltd Trading") says as little as one at the end.
    if not ends.form:
        ends.form = next((part.form for part in kept if part.legal and part.form), "")
    return [part for part in kept if not part.legal], ends


def _tells(parts: list[_Part]) -> bool:
    """Tell if a word is left that is neither a trade nor a legal form."""
    return any(
        not part.meaning
        and not part.legal
        and len(part.text) > 1
        and part.text not in phrases("in_front")
        for part in parts
    )


def _shorter(
    parts: list[_Part], country: str, behind_form: bool
) -> list[tuple[list[_Part], str, str]]:
    """Ways to take something from an end of a name: what is left, the form, what was taken."""
    legal, longest = _legal()
    texts = tuple(part.text for part in parts)
    most = min(longest, len(parts) - 1)
    found: list[tuple[list[_Part], str, str]] = []
    lasts, firsts = _outer_words()
    if most > 0 and (parts[-1].legal or texts[-1] in lasts):
        for size in range(most, 0, -1):
            if texts[-size:] in legal and not (behind_form and texts[-size:] in _AT_END_ONLY):
                found.append((parts[:-size], legal[texts[-size:]], "legal"))
            if size == 1 and parts[-1].legal:
                found.append((parts[:-1], parts[-1].form, "legal"))
            if " ".join(texts[-size:]) in phrases("department"):
                found.append((parts[:-size], "", DEPARTMENT))
    if country:
        ends_in_country = ends_own_name(texts[-1], country)
        for size in range(min(most, _MOST_WORDS_OF_A_PLACE), 0, -1):
            behind = _is_behind_form(parts, size)
            if not (ends_in_country or behind):
                continue
            phrase = " ".join(texts[-size:])
            if _is_own_place(parts, size, phrase, country):
                found.append((parts[:-size], "", COUNTRY))
            elif behind and is_own_city(phrase, country):
                found.append((parts[:-size], "", CITY))
    if most > 0 and (parts[0].legal or texts[0] in firsts):
        for size in range(most, 0, -1):
            if texts[:size] in legal:
                found.append((parts[size:], legal[texts[:size]], _IN_FRONT))
            if size == 1 and parts[0].legal:
                found.append((parts[1:], parts[0].form, _IN_FRONT))
    return found


@cache
def _outer_words() -> tuple[frozenset[str], frozenset[str]]:
    """Last words of legal forms and departments, and first words of legal forms."""
    forms = _legal()[0]
    ends = {form[-1] for form in forms} | {one.split()[-1] for one in phrases("department")}
    return frozenset(ends), frozenset(form[0] for form in forms)


def _is_own_place(parts: list[_Part], size: int, phrase: str, country: str) -> bool:
    if not is_own_country(phrase, country):
        return False
    if parts[-size - 1].text in _BEFORE_A_NAME_OF_A_PLACE:
        return False  # "Bank of China"
    # Codes and single letters say a country only where the name is at its end.
    return len(phrase) > 3 or phrase in _CODES_IN_NAMES or _is_behind_form(parts, size)


def _is_behind_form(parts: list[_Part], size: int) -> bool:
    before = parts[-size - 1]
    return before.legal or (before.text,) in _legal()[0]


def _without_address(parts: list[_Part]) -> tuple[list[_Part], bool]:
    """Cut an address off that follows the legal form."""
    texts = [part.text for part in parts]
    if not any(text[:1].isdigit() for text in texts):
        return parts, False
    forms = [
        at
        for at, part in enumerate(parts)
        if part.legal or ((part.text,) in _legal()[0] and (part.text,) not in _AT_END_ONLY)
    ]
    # Without a form before it, a house number begins it.
    numbers = [
        at - 1
        for at in range(2, len(texts))
        if texts[at].isdigit() and texts[at - 1] not in phrases("unit") and _tells(parts[:at])
    ]
    for at in (*forms, *numbers):
        numbered = at in forms and at < len(parts) - 1 and texts[at + 1].isdigit()
        if 0 < at < len(parts) - 2 and (numbered or is_address(texts[at + 1 :])):
            return parts[: at + 1], True
    return parts, False


def _sound(part: _Part, country: str) -> str:
    ways = _ways_to_write(country)
    if ways is None or part.meaning or not part.text.isalpha():
        return ""
    written, spoken = ways
    return written.sub(lambda found: spoken[found[0]], part.text)


@cache
def _ways_to_write(country: str) -> tuple[re.Pattern[str], dict[str, str]] | None:
    for sounds in table()["sounds"].values():
        if country in sounds["countries"]:
            spoken = dict(pair.split() for pair in sounds["written"].split(","))
            longest = sorted(spoken, key=lambda one: (-len(one), one))
            return re.compile("|".join(longest)), spoken
    return None


def _in_words(text: str) -> str:
    """Write Han and Hangul names in words.

    The own name comes in Latin letters as one word, trade words in English.
    """
    han = table()["han"]
    for form in han["legal"]:
        text = text.replace(form, " ")
    for words in (han["words"], table()["hangul"]):
        for english, endings in words.items():
            for ending in endings:
                text = text.replace(ending, f" {english} ")
    for place in han["places"]:
        text = re.sub(rf"(?<=[\u3400-\u9fff]{{2}}){place}", " ", text)
    # Every second piece is what the pattern has found.
    return " ".join(
        _NO_LETTER.sub("", ascii_text(run)) if at % 2 else run
        for at, run in enumerate(_HAN_OR_HANGUL.split(text))
    )
