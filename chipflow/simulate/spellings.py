"""The ways in which a company's name is written in records.

Clerks shorten, translate, mistype and decorate names. Every company, honest or not, is written
by this one function, so that nothing in a spelling tells which is which.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Ways of writing and how often a record uses each; they add up to 1.
FORMS = {
    "registered": 0.520,
    "capitals": 0.150,
    "other form": 0.110,  # the same legal form, written otherwise
    "bare capitals": 0.080,  # without commas and stops
    "no form": 0.030,  # without a legal form
    "translated form": 0.020,  # with the legal form of another country
    "slip": 0.015,  # one slip of the keyboard in the first word
    "other slip": 0.005,  # one slip in another word
    "joined": 0.010,  # a blank lost between two words
    "abbreviated": 0.015,
    "branch": 0.010,
    "care of": 0.010,
    "on behalf": 0.010,
    "other script": 0.015,  # in the country's own letters, or romanised otherwise
}

_ABBREVIATIONS = {
    "Technology": "Tech",
    "International": "Intl",
    "Trading": "Trdg",
    "Import & Export": "Imp & Exp",
    "Industries": "Ind",
    "Services": "Svcs",
    "Engineering": "Engg",
    "Electronics": "Elec",
    "Enterprise": "Ent",
}
_CYRILLIC_COUNTRIES = frozenset({"RU", "KZ"})
_CYRILLIC_PAIRS = {"sh": "ш", "zh": "ж", "ch": "ч", "kh": "х", "ts": "ц", "th": "т", "ck": "к"}
_CYRILLIC = dict(zip("abcdefghijklmnopqrstuvw", "абкдефгхийклмнопкрстувв", strict=True)) | {
    "x": "кс",
    "y": "й",
    "z": "з",
}
# Pairs of letters that two clerks write for one sound.
_SOUNDS = (("sh", "sch"), ("v", "w"), ("k", "c"), ("i", "y"), ("ph", "f"), ("u", "oo"))


@dataclass(frozen=True)
class Registered:
    """A name as registered and what its other spellings are made of.

    ``stem`` is the part of ``core`` that is the company's own; ``forms`` are the ways of
    writing its legal form; ``leads`` tells a country that writes the form first.
    """

    country: str
    stem: str
    core: str
    forms: tuple[str, ...]
    foreign_form: str
    town: str
    agent: str
    leads: bool = False

    def written(self, core: str, form: str) -> str:
        """Return a core with a legal form where the country puts it."""
        return f"{form} {core}" if self.leads else f"{core} {form}"


def spellings(name: Registered, draw: tuple[float, float, float]) -> tuple[str, ...]:
    """Return a company's spellings, one for each of FORMS and in that order.

    Parameters
    ----------
    name
        The registered name.
    draw
        Three numbers from 0 up to 1: which other form, where a slip is, which kind of slip.
    """
    first, *more = name.forms
    other = more[int(draw[0] * len(more))] if more else first
    full = name.written(name.core, first)
    alike = name.written(name.core, other)
    slip = _slip(name.stem, int(draw[1] * 97), int(draw[2] * 3))
    return (
        full,
        full.upper(),
        alike,
        " ".join(alike.upper().replace(".", "").replace(",", " ").split()),
        name.core,
        f"{name.core} {name.foreign_form}",
        name.written(name.core.replace(name.stem, slip), first),
        name.written(_slip_in_last(name.core, draw), first),
        name.written(name.core.replace(" ", "", 1), first),
        name.written(_abbreviated(name.core), other),
        f"{full} {name.town.upper()} BRANCH" if draw[1] < 0.5 else f"{full} ({name.town} Branch)",
        f"{full} C/O {name.agent}",
        f"{name.agent} {'O/B/O' if draw[2] < 0.5 else 'ON BEHALF OF'} {full}",
        _other_script(name, int(draw[2] * 97)),
    )


def _slip(word: str, where: int, kind: int) -> str:
    at = 1 + where % max(1, len(word) - 2)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at] + word[at:]


def _slip_in_last(core: str, draw: tuple[float, float, float]) -> str:
    head, _, last = core.rpartition(" ")
    return f"{head} {_slip(last, int(draw[2] * 97), int(draw[1] * 3))}".strip()


def _abbreviated(core: str) -> str:
    for whole, short in _ABBREVIATIONS.items():
        core = core.replace(whole, short)
    return core


def _other_script(name: Registered, where: int) -> str:
    if name.country in _CYRILLIC_COUNTRIES:
        return f"ООО {_in_cyrillic(name.core)}"
    usual, other = _SOUNDS[where % len(_SOUNDS)]
    stem = name.stem.lower()
    here, there = (usual, other) if usual in stem else (other, usual)
    changed = stem.replace(here, there, 1).title() if here in stem else name.stem
    return name.written(name.core.replace(name.stem, changed), name.forms[0])


def _in_cyrillic(text: str) -> str:
    small = text.lower()
    for pair, letter in _CYRILLIC_PAIRS.items():
        small = small.replace(pair, letter)
    return "".join(_CYRILLIC.get(letter, letter) for letter in small).title()
