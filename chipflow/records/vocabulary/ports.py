"""Which headers name the port, or airport, where goods were loaded or unladen.

Only what a header says plainly counts: every word of it has to be understood. The port of a ship's
registry, of transshipment or of last call is none of the two. The customs office of a declaration
stands for the port of its own country where no column names one.
"""

from __future__ import annotations

import re
from functools import cache

from chipflow.records.vocabulary.countries import country_code
from chipflow.records.vocabulary.layouts import vocabulary
from chipflow.records.vocabulary.words import Meaning, fold, read_header

# Whole names of a port of loading or unlading; put together from words; the last port of a
# voyage, which may lie beyond the port of unlading, or the first; a code in place of a name.
_NAMED, _COMPOSED, _FARTHER, _LESS_FOR_CODE = 0.95, 0.92, 0.88, 0.05
# "FOREIGN PORT", and "PORT" alone or with its country, in records of one direction: the other
# side's port, and that of the side whose customs wrote the record.
_FOREIGN, _OWN = 0.75, 0.66
# The customs office where goods came in or went out, in records of one direction; and one that
# only values with the word for a port make more than an office.
OFFICE, _ONLY_OFFICE = 0.6, 0.45
_LOADING = ("departure", "origin", "export")
_UNLOADING = ("destination", "arrival", "import")
# What may stand beside a port without making it something else.
_BESIDE = {
    "port", "name", "code", "english", "language", "standard", "foreign", "local", "good_day",
    *_LOADING, *_UNLOADING,
}  # fmt: skip
# "US PORT": no amount of dollars.
_UNITED_STATES = re.compile(r"\b(?:u s(?: a)?|us)\b")


def port_score(m: Meaning, direction: str | None) -> dict[str, float]:
    """Return ``export_port`` or ``import_port`` with a score, or nothing.

    Parameters
    ----------
    m
        What the words of the header mean.
    direction
        ``import`` or ``export`` if the sheet goes one way: needed for a port of which the
        header does not say what happened there.
    """
    office = _offices().get(m.folded)
    if office is not None:
        named, score = office
        side = named or {"export": "export_port", "import": "import_port"}.get(direction or "")
        return {side: score} if side else {}
    text = _UNITED_STATES.sub("usa", m.folded)
    loading, unloading, beside, no_port = _names()
    rest, out = loading.subn(" ", text)
    rest, into = unloading.subn(" ", rest)
    if not out and not into and ("port" not in m.parts or set(text.split()) & no_port):
        return {}
    seen = {part for word in rest.split() for part in _parts(word, beside)}
    if not seen <= _BESIDE:
        return {}
    score = _NAMED if out or into else _COMPOSED
    if not out and not into:
        out, into = len(seen & {*_LOADING}), len(seen & {*_UNLOADING})
        if "origin" in seen or ("destination" in seen and not _discharges(text)):
            score = _FARTHER
        if not out and not into and direction:
            score = _FOREIGN if "foreign" in seen else _OWN
            out = int((direction == "export") != ("foreign" in seen))
            into = 1 - out
    if bool(out) == bool(into):
        return {}
    score -= _LESS_FOR_CODE if "code" in seen else 0.0
    return {"export_port" if out else "import_port": score}


def _parts(word: str, beside: frozenset[str]) -> tuple[str, ...]:
    """Return what a word beside a port means; ``unknown`` for one that is not understood."""
    if word in beside or country_code(word):
        return ()
    meaning = read_header(word)
    return meaning.parts if meaning.known == 1.0 else ("unknown",)


def _discharges(text: str) -> bool:
    return any(word in text for word in ("discharge", "unload", "descarga", "desembarque"))


@cache
def _names() -> tuple[re.Pattern[str], re.Pattern[str], frozenset[str], frozenset[str]]:
    """Return the vocabulary of ports: names of either kind, words beside, words that are none."""
    table = vocabulary()["ports"]
    loading, unloading = (_any_of(table[key]) for key in ("loading", "unloading"))
    return loading, unloading, frozenset(table["beside"]), frozenset(table["not_a_port"])


@cache
def _offices() -> dict[str, tuple[str, float]]:
    """Return names of customs offices: the port they stand for where they say which, a score."""
    table = vocabulary()["ports"]
    kinds = {
        "office": ("", _ONLY_OFFICE),
        "office_of_port": ("", OFFICE),
        "office_in": ("import_port", OFFICE),
        "office_out": ("export_port", OFFICE),
    }
    return {fold(name): kind for key, kind in kinds.items() for name in table[key]}


def _any_of(names: list[str]) -> re.Pattern[str]:
    """Return a pattern of whole names, the longest first."""
    folded = sorted({fold(name) for name in names}, key=lambda name: (-len(name), name))
    # Chinese, Japanese and Korean are written without blanks.
    spaced = [name.isascii() or "\u0400" <= name[0] <= "\u04ff" for name in folded]
    return re.compile(
        "|".join(
            rf"\b{re.escape(name)}\b" if apart else re.escape(name)
            for name, apart in zip(folded, spaced, strict=True)
        )
    )
