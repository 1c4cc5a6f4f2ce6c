"""In which code page a text is written that is not Unicode, by the letters that it gives.

The page is taken in which the words outside ASCII take the fewest bits to write down: a letter
costs the more the rarer it is in a language of that page, a language has to be named once, and
whatever is no letter of it costs most (the principle of minimum description length, Rissanen
1978). Languages of the countries that the file names are named more cheaply.
"""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from chipflow.records.vocabulary.countries import country_code

# Bytes of words outside ASCII, and different words, that are looked at.
_SAMPLE_BYTES = 1 << 21
_MOST_WORDS = 600
# What separates words in all pages; the second byte of no character is below "0".
_WORD = re.compile(rb"[^\x00-\x2f:;]*[\x80-\xff][^\x00-\x2f:;]*")
_CELL = re.compile(rb"[A-Z][A-Za-z ]{1,30}")
_MOST_CELLS = 2_000
# Bits: a letter of no language of the page, a sign within a word, a byte that the page lacks.
_FOREIGN, _SIGN, _NO_CHARACTER = 12.0, 16.0, 32.0
# A blank that does not break the line, as between thousands.
_NO_BREAK, _BLANK = "\u00a0", 2.0
# A sign that stands alone (a dash, a degree) is found in text of all pages.
_LONE_SIGN = 6.0
# A capital behind a small letter: rare in any language, the rule in a page read wrongly.
_CAPITAL_INSIDE = 5.0
# Letters of two scripts side by side, as in "\u0411lder"; a vowel sign of a script that has them.
_OTHER_SCRIPT, _VOWEL = 8.0, 2.0
# Naming a language, and one of the countries that the file names.
_LANGUAGE, _OWN_LANGUAGE = 12.0, 2.0
# A page that is neither of Windows nor of the Macintosh, and one of the Macintosh.
_OTHER_PAGE, _MACINTOSH = 8.0, 4.0
# Characters of the first level of the East Asian standards are those in daily use.
_DAILY, _KANA, _HANGUL, _SELDOM, _NEVER = 11.0, 7.0, 9.0, 16.0, 20.0


@dataclass(frozen=True)
class _Language:
    pages: tuple[str, ...]
    bits: dict[str, float]
    countries: frozenset[str]


@cache
def _languages() -> tuple[_Language, ...]:
    table = _table()
    found = []
    for entry in table["languages"].values():
        bits: dict[str, float] = {}
        letters = dict.fromkeys(entry["letters"])
        # Letters by rank: Zipf's law, so that the n-th takes log2(n) bits and a constant.
        whole = math.log2(sum(1 / n for n in range(1, len(letters) + 1)))
        for rank, letter in enumerate(letters, 1):
            for form in {letter, letter.upper()}:
                if len(form) == 1 and not form.isascii():
                    bits.setdefault(form, math.log2(rank) + whole)
        if "ı" in letters:
            bits["İ"] = bits["ı"]
        found.append(
            _Language(
                tuple(table["pages"][entry["pages"]]), bits, frozenset(entry["countries"].split())
            )
        )
    return tuple(found)


@cache
def _table() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(
        files("chipflow.records").joinpath("tables/letters.toml").read_text("utf-8")
    )


# Of texts in a code page of one byte some nine in ten are in that of Western Europe; what a page
# costs that no country in the file speaks for. One odd byte in ASCII says no more than that.
_USUAL_PAGE, _UNUSUAL = "cp1252", math.log2(10)  # bits


def guess_page(data: bytes) -> str:
    """Return the code page of a text that is not valid UTF-8, as Python calls it.

    Parameters
    ----------
    data
        The text.

    Returns
    -------
    str
        ``utf-8`` if most of what is not ASCII is valid UTF-8: such a file has damaged cells.
    """
    words: Counter[bytes] = Counter()
    for match in _WORD.finditer(data[:_SAMPLE_BYTES]):
        words[match[0]] += 1
    if not words:
        words.update(_WORD.findall(data)[:_MOST_WORDS])
    if _mostly_utf8(words):
        return "utf-8"
    # How often a word stands there says little: each different one counts once.
    chosen = [word for word, _ in sorted(words.items(), key=lambda w: (-w[1], w[0]))[:_MOST_WORDS]]
    countries = _countries(data)
    costs = {page: _cost_of_page(page, chosen, countries) for page in _single_pages()}
    for page, own in _table()["wide"].items():
        near = _OWN_LANGUAGE if countries & set(str(own).split()) else _LANGUAGE
        costs[page] = near + sum(_cost_wide(page, word) for word in chosen)
    return min(costs, key=lambda page: (costs[page], page))


def decode(data: bytes, page: str) -> str:
    """Return text of a code page; bytes that it does not know become U+FFFD."""
    text = data.decode(page, "replace")
    # Windows-1258 writes the tones of Vietnamese behind the letters.
    return unicodedata.normalize("NFC", text) if page == "cp1258" else text


def _mostly_utf8(words: Counter[bytes]) -> bool:
    good = bad = 0
    for word, count in words.items():
        decoded = word.decode("utf-8", "replace")
        wrong = decoded.count("\ufffd")
        bad += wrong * count
        good += (sum(not char.isascii() for char in decoded) - wrong) * count
    return good > bad


def _countries(data: bytes) -> set[str]:
    """Return the countries that cells in ASCII name."""
    cells = Counter(_CELL.findall(data[: _SAMPLE_BYTES >> 1]))
    named = {country_code(cell.decode().strip()) for cell, _ in cells.most_common(_MOST_CELLS)}
    return {code for code in named if code}


def _single_pages() -> Iterator[str]:
    return iter(dict.fromkeys(page for language in _languages() for page in language.pages))


def _cost_of_page(page: str, words: list[bytes], countries: set[str]) -> float:
    """Return the bits that the words take, with the languages that make them fewest."""
    texts = [decode(word, page) for word in words]
    languages = [language for language in _languages() if page in language.pages]
    # A page that is named first for its languages is that of Windows.
    first = any(language.pages[0] == page for language in languages)
    cost = 0.0 if first else _MACINTOSH if page.startswith("mac_") else _OTHER_PAGE
    at_home = any(language.countries & countries for language in languages)
    cost += 0.0 if page == _USUAL_PAGE or at_home else _UNUSUAL
    least = [_cost_of_word(text, {}) for text in texts]
    by_language = [[_cost_of_word(text, language.bits) for text in texts] for language in languages]
    left = list(range(len(languages)))
    while left:
        gains = []
        for k in left:
            own = languages[k].countries & countries
            gain = sum(max(0.0, a - b) for a, b in zip(least, by_language[k], strict=True))
            gains.append((gain - (_OWN_LANGUAGE if own else _LANGUAGE), -k))
        gain, k = max(gains)
        if gain <= 0:
            break
        least = [min(a, b) for a, b in zip(least, by_language[-k], strict=True)]
        cost += _OWN_LANGUAGE if languages[-k].countries & countries else _LANGUAGE
        left.remove(-k)
    return cost + sum(least)


def _cost_of_word(text: str, bits: dict[str, float]) -> float:
    cost = 0.0
    before = ""
    lone = not any(char.isalnum() for char in text)
    for char in text:
        if not char.isascii():
            if char == _NO_BREAK:
                cost += _BLANK
            elif char.isalpha() and before.isdigit() and _inside(text):
                # The blank between thousands is a letter in the pages of DOS.
                cost += _SIGN
            elif char in bits:
                cost += bits[char]
            elif char == "\ufffd" or unicodedata.category(char) in {"Cc", "Cn", "Co"}:
                cost += _NO_CHARACTER
            elif char.isalpha():
                cost += _FOREIGN
            elif unicodedata.combining(char):
                # Vowels of Hebrew, Arabic and Thai stand above and below the letters.
                vowel = before >= "\u0590" and "\u0590" <= char <= "\u0e7f"
                cost += _VOWEL if vowel else _SIGN
            else:
                cost += _LONE_SIGN if lone or before == "" or char == text[-1] else _SIGN
        if char.isupper() and before.islower():
            cost += _CAPITAL_INSIDE
        if char.isalpha() and before.isalpha() and _is_latin(char) != _is_latin(before):
            cost += _OTHER_SCRIPT
        before = char
    return cost


def _inside(text: str) -> bool:
    """Tell if a word is a number but for what is not ASCII."""
    return all(char.isdigit() or char in ".,-+" or not char.isascii() for char in text)


def _is_latin(letter: str) -> bool:
    return letter < "\u0250" or "\u1e00" <= letter < "\u1f00"


def _cost_wide(page: str, word: bytes) -> float:
    """Return the bits of a word whose characters have two bytes."""
    cost = 0.0
    for char in word.decode(page, "replace"):
        if char.isascii():
            continue
        if char == "\ufffd":
            cost += _NO_CHARACTER
            continue
        lead = char.encode(page, "replace")[0]
        if "\u3041" <= char <= "\u30fe":
            cost += _KANA if page in {"cp932", "euc_jp"} else _SELDOM
        elif "\uac00" <= char <= "\ud7a3":
            cost += _HANGUL if 0xB0 <= lead <= 0xC8 and page == "cp949" else _NEVER
        elif "\uff61" <= char <= "\uff9f":
            cost += _DAILY
        elif "\u4e00" <= char <= "\u9fff":
            cost += _DAILY if _in_first_level(page, lead) else _SELDOM
        elif "\uff01" <= char <= "\uff5e" or "\u3000" <= char <= "\u3020":
            cost += _DAILY
        else:
            cost += _NEVER
    return cost


def _in_first_level(page: str, lead: int) -> bool:
    """Tell if a lead byte is of the characters in daily use.

    GB 2312, Big5, JIS X 0208 and KS X 1001 all put these first.
    """
    if page == "gb18030":
        return 0xB0 <= lead <= 0xD7
    if page == "big5hkscs":
        return 0xA4 <= lead <= 0xC6
    if page == "cp932":
        return 0x88 <= lead <= 0x98
    return page == "euc_jp" and 0xB0 <= lead <= 0xCF
