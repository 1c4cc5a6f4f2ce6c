"""Layouts as data: the generic vocabulary, and a user's own mapping of headers to fields."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from chipflow.errors import InputError, LayoutError, ParameterError
from chipflow.given_files import given_text
from chipflow.records.schema import FIELDS

GENERIC = "generic"
DECIMAL_SIGNS = (".", ",")
# Columns that are named where one is missing: how many, and how alike (difflib's ratio).
_MOST_NEAR, _ALIKE = 3, 0.6


@dataclass(frozen=True)
class Layout:
    """What a user says about a file's columns; empty for the generic layout.

    Attributes
    ----------
    name
        Name or path, for messages.
    fields
        Canonical field -> header names, compared without case, accents and separators. The
        second column of one name is called ``NAME#2``, a name below a group ``GROUP / NAME``.
    day_first, decimal, header_row
        Hints; None lets the data decide. ``header_row`` is 1 for the first row.
    """

    name: str = GENERIC
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    day_first: bool | None = None
    decimal: str | None = None
    header_row: int | None = None


@cache
def vocabulary() -> dict[str, Any]:
    """Return the generic vocabulary: words, months, directions, texts for missing values."""
    text = files("chipflow.records").joinpath("layouts/generic.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def words_by_language() -> dict[str, dict[str, list[str]]]:
    """Return for each language (ISO 639) with words of its own what those of headers mean."""
    text = files("chipflow.records").joinpath("tables/header_words.toml").read_text("utf-8")
    return tomllib.loads(text)


def header_words() -> list[tuple[str, list[str]]]:
    """Return what words of headers mean: meaning and words, one language after the other."""
    by_language = [vocabulary()["words"], *words_by_language().values()]
    return [(meaning, words) for words_of in by_language for meaning, words in words_of.items()]


@cache
def missing_texts(parties: bool = False) -> tuple[str, ...]:
    """Return the lower-case texts that mean a cell says nothing."""
    missing = vocabulary()["missing"]
    cells = list(missing["cells"])
    return tuple(dict.fromkeys(cells + missing["parties"] if parties else cells))


@cache
def no_party() -> str:
    """Return a pattern, for RE2 and Python alike, of what stands for a party and names none.

    Words for "not given" and "to order", with any signs around them, and what goods are sent "to
    the order of": the bank that is named there does not receive them.
    """
    words = [re.escape(word) for word in missing_texts(parties=True) if any(map(str.isalpha, word))]
    said = "|".join((*words, *vocabulary()["missing"]["party_patterns"]))
    signs = r"""[\s"'*()\[\]<>.,;:!?#_/=-]*"""
    return f"(?is)^{signs}(?:{said}){signs}$"


@cache
def months() -> dict[str, int]:
    """Return the beginning of each month's name, lower case -> 1..12; longest first."""
    table = {start: int(n) for n, starts in vocabulary()["months"].items() for start in starts}
    return dict(sorted(table.items(), key=lambda item: (-len(item[0]), item[0])))


@cache
def month_names() -> dict[str, dict[str, int]]:
    """Return the folded names of months in each language of the Unicode CLDR."""
    text = files("chipflow.records").joinpath("tables/month_names.txt").read_text("utf-8")
    found: dict[str, dict[str, int]] = {}
    for line in text.splitlines():
        language, number, *names = line.split()
        found.setdefault(language, {}).update(dict.fromkeys(names, int(number)))
    return found


def layout_names() -> tuple[str, ...]:
    """Return the names of the layouts that come with chipflow."""
    folder = files("chipflow.records").joinpath("layouts")
    return tuple(sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".toml")))


def load_layout(layout: str | Path | None) -> Layout:
    """Read a layout by name or path.

    Parameters
    ----------
    layout
        A name from :func:`layout_names`, the path of a TOML file, or None for ``generic``.

    Returns
    -------
    Layout

    Raises
    ------
    ParameterError
        No such name and no such file.
    LayoutError
        The file is not TOML or contradicts itself.
    """
    if layout is None or str(layout) == GENERIC:
        return Layout()
    name = str(layout)
    path = Path(layout)
    if name in layout_names():
        content = files("chipflow.records").joinpath(f"layouts/{name}.toml").read_text("utf-8")
    elif path.is_file():
        try:
            content = given_text(path, "the layout")
        except InputError as error:
            raise LayoutError(error.what, file=name, hint=error.hint) from error
    else:
        near = get_close_matches(name, layout_names(), n=3, cutoff=0.4)
        meant = f"; did you mean {', '.join(near)}?" if near else ""
        raise ParameterError(
            f"unknown layout {name!r}: give one of {', '.join(layout_names())} "
            f"or the path of a TOML file{meant}"
        )
    try:
        parsed = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise LayoutError(f"not TOML: {error}", file=name, hint="correct that line") from error
    return _check(parsed, name)


def check_named(layout: Layout, headers: Sequence[Sequence[str]], sources: Sequence[str]) -> None:
    """Refuse a layout that names columns for a field of which no table has one.

    Parameters
    ----------
    layout
        What the user says.
    headers
        The column names of each table.
    sources
        What each table is called, in the same order.

    Raises
    ------
    LayoutError
        None of a field's columns is there; the message names columns that are spelled alike.
    """
    from chipflow.records.vocabulary.words import fold

    there = dict.fromkeys(name for table in headers for name in table if name)
    folded: dict[str, str] = {}
    for name in there:
        folded.setdefault(fold(name), name)
    problems = []
    for canonical, wanted in layout.fields.items():
        if not wanted or any(name in there or fold(name) in folded for name in wanted):
            continue
        near = dict.fromkeys(
            folded[found]
            for name in wanted
            for found in get_close_matches(fold(name), folded, n=_MOST_NEAR, cutoff=_ALIKE)
        )
        listed = " or ".join(repr(name) for name in wanted)
        said = f"{listed} ({canonical}) is not in {_places(sources)}"
        named = ", ".join(repr(name) for name in list(near)[:_MOST_NEAR])
        problems.append(f"{said}; near: {named}" if named else said)
    if problems:
        raise LayoutError(
            " | ".join(problems),
            file=layout.name,
            hint="correct the layout; chipflow read --explain shows the columns",
        )


def _places(sources: Sequence[str]) -> str:
    return sources[0] if len(sources) == 1 else f"any of {len(sources)} tables"


def _check(parsed: dict[str, Any], name: str) -> Layout:
    """Turn parsed TOML into a layout; all problems are told together."""
    problems: list[str] = []
    fields: dict[str, tuple[str, ...]] = {}
    owner: dict[str, str] = {}
    hints = parsed.get("hints", {})
    table = parsed.get("fields")
    if table is None:
        table = {key: value for key, value in parsed.items() if key != "hints"}
    for canonical, headers in table.items():
        if canonical not in FIELDS:
            near = get_close_matches(canonical, FIELDS, n=2, cutoff=0.5)
            meant = f" (did you mean {' or '.join(near)}?)" if near else ""
            problems.append(f"unknown field {canonical!r}{meant}")
            continue
        names = [headers] if isinstance(headers, str) else headers
        if not isinstance(names, list) or not all(isinstance(n, str) and n for n in names):
            problems.append(f"{canonical} must be a list of header names")
            continue
        for header in names:
            other = owner.setdefault(header.casefold(), canonical)
            if other != canonical:
                problems.append(f"{header!r} stands under both {other} and {canonical}")
        fields[canonical] = tuple(names)
    day_first, decimal, header_row = (hints.get(k) for k in ("day_first", "decimal", "header_row"))
    if day_first is not None and not isinstance(day_first, bool):
        problems.append("day_first must be true or false")
    if decimal is not None and decimal not in DECIMAL_SIGNS:
        problems.append("decimal must be '.' or ','")
    if header_row is not None and (
        not isinstance(header_row, int) or isinstance(header_row, bool) or header_row < 1
    ):
        problems.append("header_row must be a whole number from 1")
    problems += [f"unknown hint {h!r}" for h in set(hints) - {"day_first", "decimal", "header_row"}]
    if problems:
        raise LayoutError("; ".join(sorted(problems)), file=name, hint="correct the layout")
    return Layout(name, fields, day_first, decimal, header_row)
