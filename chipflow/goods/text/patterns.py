"""Regular expressions put together from the tables, one set for each catalogue.

Patterns use neither look-around nor word boundaries, which the engines' regular expressions lack
or differ in; what may stand beside a word is spelled out instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from chipflow.goods.text.factoring import factored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chipflow.goods.catalogue.facts import Catalogue, Part

# Traders separate words by anything; digits keep their separators, times signs keep themselves.
# Characters that stay: letters, digits, * x . , and what other scripts write words with.
# Written as the characters themselves, not as their codes: engines read a short pattern sooner.
_SIGNS = (
    "\u00a0\u00a9\u00ae\u2010-\u2027\u2122\u3000-\u3003\u3008-\u301f"
    "\uff01-\uff09\uff0b-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
    "!-)+/:-@\\[-`{-~-"
)
SEPARATOR = f"[\\s{_SIGNS}]"
# All but a lone blank: to write each blank anew takes longer than all the rest.
PUNCTUATION = f" ?[\\t\\n\\r\\f{_SIGNS}]{SEPARATOR}*| {SEPARATOR}+"
# What may stand between words in text that is not folded: nearly the same, in a class that engines
# set up in half the time.
_APART = "[^A-Z0-9А-ЯЁ.,]"

# Letters of the Latin and Cyrillic scripts are written with blanks between words; others are not.
_LETTER = "A-Z0-9А-ЯЁ"
LEFT = f"[^{_LETTER}]"
RIGHT = f"[^{_LETTER}]"
_NOT_LATIN = "[^A-Z0-9]"
# In text without blanks at its ends.
_EDGE = f"(?:^|$|{LEFT})"
# What a pattern is made of: classes, escaped signs and other signs.
_PIECE = re.compile(r"\[(?:\\.|[^\]\\])*\]|\\x\{[0-9A-F]+\}|\\.|.", re.DOTALL)
_CODE = re.compile(r"\\x\{[0-9A-F]+\}")
# Capital letters, and ranges of them.
_CAPITALS = re.compile("[A-ZÀ-ÝА-ЯЁ](?:-[A-ZÀ-ÝА-ЯЁ])?")
# Small letters whose capital is that of another small letter.
_RARE = {"I": "ı", "S": "ſ"}
# Signs in the first block of a part number from which few other numbers begin alike.
_TELLING = 6
# Before a number also no decimal sign: the 5 of "0.5" is no count, that of "CARD,5" is one.
_NUMBER_LEFT = f"(?:[^{_LETTER}.,]|[A-ZА-ЯЁ][.,])"
# The 8 of "H100*8 MODULE" is no number of modules.
_PIECES_LEFT = f"[^{_LETTER}.,*×]"
# The only group that captures; it stands for <n> in the tables.
NUMBER = "([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,6})"
# Kana, Chinese characters, Hangul and Thai are written without blanks between words.
UNSPACED = re.compile("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3\u0e00-\u0e7f]")
# Prefixes that say that a count before them is of boxes.
_BOXES = ("HGX", "DGX")


# In a text that may be written in letters and digits of other alphabets than the names are.
_ALIKE = f"[АВКМНРТ]{_NOT_LATIN}?[0-9]"
_DIGITS = "[０-９٠-٩۰-۹]{2}"
# The letter O for a zero, in a number: "H1OO", "RTX 4O90"; small L for the one of a hundred:
# "Vl00".
_ZEROS = "[0-9]O[0-9O]"
# Names of one letter and a number that traders part by a hyphen: "P-40". Without it they are not
# read apart, since "A 40" is also "to 40". And initials with dots: "D.G.X", "R.T.X".
_PARTED_NAME = re.compile("[A-Z][0-9]{2,3}")
_INITIALS = "[A-Z](?:[.][A-Z]){2,3}"
_DOTTED = "[DHR][.][GT][.]X"
_ONES = "[AHPV]L[0O][0O]"
ZEROS = f"([0-9]+O[0-9O]+|{_ONES}){_NOT_LATIN}"

# Stands for a name once it is found, so that counts beside it need not look for it again.
MARK = "¤"


@dataclass(frozen=True, slots=True)
class Patterns:
    """Regular expressions for the names, part numbers and counts of one catalogue.

    Attributes
    ----------
    families, systems
        Pairs of a pattern that matches a whole name and what the name stands for.
    chips
        One pattern for each degree of ambiguity, with the name as its group.
    system, part
        The same for systems and part numbers.
    bare
        Pairs of a pattern with a number as its group and the word that is missing before it.
    others
        Matches names of other goods that are written as names of chips are.
    parted
        A name with a hyphen or dots in it as its group, in text in capitals.
    any
        Matches, in text that is not folded, where any of the above does, and in a few texts more.
    """

    families: tuple[tuple[str, str], ...]
    systems: tuple[tuple[str, str], ...]
    chips: tuple[str, ...]
    system: str
    part: str
    any: str
    bare: tuple[tuple[str, str], ...]
    others: str
    parted: str
    before: str
    inside: str
    in_server: str
    after: str
    joined: str
    cards: str
    rack: str
    boxes: str
    pieces: str
    pieces_after: str
    each: str
    nodes: str
    by_node: str
    in_all: str
    packed: str
    beside: str
    quantity: str
    leading: str
    set_of: str
    in_tray: str
    server: str
    no_server: str
    station: str
    for_box: str
    few: str
    plausible: tuple[int, ...]
    numbers: tuple[tuple[str, str], ...]
    marked: str


def quiet(pattern: str) -> str:
    """Make every group one that does not capture."""
    return re.sub(r"(?<!\\)\((?!\?)", "(?:", pattern)


def alternatives(pattern: str) -> list[str]:
    """Split a pattern at those of its bars that stand in no bracket."""
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(pattern):
        depth += (sign in "([") - (sign in ")]")
        if sign == "|" and not depth:
            parts.append(pattern[start:place])
            start = place + 1
    return [*parts, pattern[start:]]


def word(pattern: str) -> str:
    """Match whole words; words in scripts without blanks match anywhere."""
    parts = alternatives(quiet(pattern))
    joined = [part for part in parts if UNSPACED.search(part)]
    spaced = [part for part in parts if not UNSPACED.search(part)]
    found = [f"{LEFT}(?:{'|'.join(spaced)}){RIGHT}"] if spaced else []
    return "|".join([*found, *joined])


def whole(pattern: str) -> str:
    """Match nothing but the pattern."""
    return f"^(?:{quiet(pattern)})$"


def beginning(of: Sequence[str]) -> str:
    """Match the longest of some texts with which a text begins."""
    return f"^(?:{'|'.join(sorted(of, key=lambda text: (-len(text), text)))})"


def part_pattern(number: str) -> str:
    """Return how a part number may stand in a folded text: separators may be missing."""
    return " ?".join(re.split(r"[^A-Z0-9]+", number))


def unfolded(pattern: str) -> str:
    """Return a pattern for folded text as one for text as it is written, in capital letters.

    Finding the few texts that name something is cheaper than folding all of them.
    """
    apart = {" ": f"{_APART}+", "\0": f"{_APART}*"}
    return "".join(apart.get(piece, piece) for piece in _PIECE.findall(pattern.replace(" ?", "\0")))


@lru_cache(maxsize=256)
def as_written(pattern: str) -> str:
    """Return a pattern for text in capitals between blanks as one for text as it is.

    To write a text in capitals costs half of what it costs to search it.

    Examples
    --------
    >>> as_written("H[A-F]")
    '[Hh][a-fA-F]'
    """
    return "".join(map(_either_case, _PIECE.findall(pattern.replace(LEFT, _EDGE))))


@lru_cache(maxsize=4096)
def _either_case(piece: str) -> str:
    """Let one piece of a pattern match small letters too."""
    if piece.startswith("["):
        # Classes that rule letters out do without the rare ones, to keep the automaton small.
        small = str.lower if piece.startswith("[^") else _small
        start = "[^" if piece.startswith("[^") else "["
        found = _CAPITALS.findall(_CODE.sub("", piece))
        return start + "".join(map(small, found)) + piece.removeprefix(start)
    return f"[{piece}{_small(piece)}]" if piece.isupper() else piece


def _small(capitals: str) -> str:
    return capitals.lower() + _RARE.get(capitals, "")


def loose(pattern: str) -> str:
    """Return a short pattern that matches wherever ``unfolded(pattern)`` does.

    It takes any sign but letters and digits for a separator. Spelling out which signs separate
    would make the search for all names too large for the engines' quick automata.
    """
    kept = pattern.replace("[^ ]", "\0").replace(" ?", "\1").replace(" ", f"{_NOT_LATIN}+")
    return kept.replace("\1", f"{_NOT_LATIN}*").replace("\0", "[^ ]")


def _start(number: str) -> str:
    """Match how a part number begins: its first block, and two signs more if that is short."""
    first, *others = re.split(r"[^A-Z0-9]+", number)
    if len(first) >= _TELLING or not others:
        return first
    return f"{first}{_NOT_LATIN}*{others[0][:2]}"


@lru_cache(maxsize=8)
def patterns_of(tables: Catalogue) -> Patterns:
    """Put the patterns of a catalogue together."""
    # Where two names begin alike the longer one is tried first ("RTX 4090D" before "RTX 4090").
    ordered = sorted(tables.by_family.items(), key=lambda pair: (-len(pair[0]), pair[0]))
    families = tuple((members[0].pattern, family) for family, members in ordered)
    systems = tuple(
        sorted(
            ((system.pattern, system.system) for system in tables.systems),
            key=lambda pair: (-len(pair[0]), pair[1]),
        )
    )
    written = tables.words_of("prefix")
    prefix = "|".join(quiet(w.pattern) for w in written)
    plain = "|".join(p for w in written for p in quiet(w.pattern).split("|") if p not in _BOXES)
    suffix = "|".join(quiet(w.pattern) for w in tables.words_of("suffix"))
    # What is written on a found name, of which only the mark is left.
    marked = f"(?:{plain})? ?{MARK}(?:{suffix})*"

    def chip(ambiguous: int) -> str:
        names = [quiet(m[0].pattern) for _, m in ordered if m[0].ambiguous == ambiguous]
        return f"{LEFT}(?:{prefix})? ?({'|'.join(names) or 'NO CHIP'})(?:{suffix})*{RIGHT}"

    system = "|".join(quiet(pattern) for pattern, _ in systems)
    part = "|".join(part_pattern(part.part) for part in _by_length(tables)) or "NO PART"
    # What is printed after a part number (a revision, a bracket, a region) may be joined to it.
    part = f"({part})[0-9A-Z]*"
    counts = {w.name: w.pattern for w in tables.words_of("count")}
    found = f"(?:{prefix})? ?{_any_of(families)}(?:{suffix})*|{_any_of(systems)}"
    # Of a bare name only the number, which is the group.
    bare = tuple((w.pattern, w.name) for w in tables.words_of("bare name"))
    numbers = "|".join(
        re.findall(r"\((?!\?)([^)]*)\)", " ".join(p for p, _ in bare)) or ["NO NAME"]
    )
    starts = factored(sorted({_start(part.part) for part in tables.parts})) or "NO PART"

    parted = (
        factored(
            f"{name[0]}-{name[1:]}"
            for pattern, name in sorted(families, key=lambda pair: pair[1])
            if _PARTED_NAME.fullmatch(name) and name in pattern
        )
        or "NO NAME"
    )

    def number(name: str) -> str:
        return quiet(counts[name]).replace("<n>", NUMBER)

    # Only numbers of chips that are seen in one item; the longer first, so that 16 is no 1.
    plausible = sorted(counts["plausible chips in one item"].split(";"), key=lambda n: -len(n))
    chips_in_item = f"0?({'|'.join(plausible)})"

    def few(name: str) -> str:
        return quiet(counts[name]).replace("<n>", chips_in_item)

    def around(name: str, what: str) -> str:
        # The number stands at several places: it is looked for in what this finds.
        return f"{_NUMBER_LEFT}(?:{quiet(counts[name].replace('<n>', what))}){RIGHT}"

    return Patterns(
        families=families,
        systems=systems,
        chips=tuple(chip(level) for level in (0, 1, 2)),
        system=f"{LEFT}({system}){RIGHT}",
        part=f"{LEFT}{part}{RIGHT}",
        any=f"{LEFT}(?:(?:{loose(found)}){RIGHT}|{starts}|{_ALIKE}|"
        f"{_ONES}{RIGHT}|{parted}{RIGHT}|{_DOTTED})|{_DIGITS}|{_ZEROS}|"
        f"(?:^|[^0-9])(?:{numbers})(?:[^0-9]|$)",
        bare=bare,
        parted=f"[^A-Z0-9.-]({parted}|{_INITIALS})[^A-Z0-9-]",
        others=f" (?:{_others(tables)}){RIGHT}",
        before=f"{_NUMBER_LEFT}{number('count before the name')}{marked}{RIGHT}",
        inside=f"{_NUMBER_LEFT}{few('cards inside a server')}{marked}{RIGHT}",
        in_server=f"{_NUMBER_LEFT}{few('cards counted in a server')}{RIGHT}",
        after=f"{LEFT}{marked}{number('count after the name')}{RIGHT}",
        joined=f"{LEFT}{marked}{few('count joined to the name')}{RIGHT}",
        cards=f"{_NUMBER_LEFT}{few('count of cards')}{RIGHT}",
        rack=f"{LEFT}{few('rack shorthand')}{RIGHT}",
        boxes=f"{_NUMBER_LEFT}{few('boxes before the name')}",
        pieces=f"{_PIECES_LEFT}{number('count of pieces')}{RIGHT}",
        pieces_after=f"{LEFT}{marked}{few('pieces after the name')}{RIGHT}",
        each=around("chips in each server", chips_in_item),
        nodes=f"{_NUMBER_LEFT}{few('nodes in one item')}{RIGHT}",
        by_node=word(counts["counted by node"]),
        in_all=around("chips in all items", NUMBER),
        packed=around("pieces in a package", NUMBER),
        beside=f"[#&] [^@{MARK}#&0-9]*{NUMBER}{RIGHT}",
        quantity=f"{LEFT}{number('number of pieces')}{RIGHT}",
        leading=number("cards at the start"),
        set_of=around("set of cards", chips_in_item),
        in_tray=around("pieces in a tray", chips_in_item),
        server=word(counts["server words: a count is per item"]),
        no_server=quiet(counts["no server after all"]),
        station=word(counts["workstation with one card"]),
        for_box=quiet(counts["for a server"]),
        few=chips_in_item,
        plausible=tuple(map(int, plausible)),
        numbers=_numbers(tables),
        marked=marked,
    )


def _any_of(named: Sequence[tuple[str, str]]) -> str:
    return factored(part for pattern, _ in named for part in alternatives(quiet(pattern)))


def _by_length(tables: Catalogue) -> list[Part]:
    return sorted(tables.parts, key=lambda part: (-len(part.part), part.part))


def _others(tables: Catalogue) -> str:
    return "|".join(quiet(w.pattern) for w in tables.words_of("other name")) or "NO NAME"


def _numbers(tables: Catalogue) -> tuple[tuple[str, str], ...]:
    pairs = [entry.split("=") for w in tables.words_of("number") for entry in w.pattern.split(";")]
    return tuple((written.strip(), digits.strip()) for written, digits in pairs)
