"""What only a column of countries as a whole can tell: whose numbers it holds, what is a slip."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from typing import Any

from chipflow.records.mapping.content import is_missing
from chipflow.records.vocabulary.countries import (
    are_iso_numbers,
    country_code,
    guessed_country,
    is_group,
    is_no_country,
    padded_number,
)

NOT_A_COUNTRY = "not a country that is known"
NOT_ONE_COUNTRY = "a group of countries or the sea, not one country"
NATIONAL_NUMBER = "a number that may be of another table of countries than ISO 3166"

NUMBER = r"^\d{1,4}(?:\.0)?$"
_NUMBER = re.compile(NUMBER)
_MOST_SHOWN = 3
_FEW_NUMBERS = 2  # different ones, too few to tell a table by


@dataclass
class CountryColumn:
    """How the texts of one column are read.

    Attributes
    ----------
    codes
        Text -> ISO 3166 alpha-2, None where it is not read.
    reasons
        Text -> why it is not read, None where nothing is wrong.
    national
        Sheets whose numbers are not read, as they may be of another table.
    warnings
        Sheet -> sentences on guesses and numbers.
    """

    codes: dict[str, str | None] = field(default_factory=dict)
    reasons: dict[str, str | None] = field(default_factory=dict)
    national: set[int] = field(default_factory=set)
    warnings: dict[int, list[str]] = field(default_factory=dict)


def read_country_column(
    cells: Any, group_of: dict[int, int], name: str, iso: Set[int] = frozenset()
) -> CountryColumn:
    """Read the different texts of a column.

    Parameters
    ----------
    cells
        A pandas DataFrame: ``sheet``, ``value`` (text), ``n`` (cells that hold it).
    group_of
        Sheet number -> group of sheets with the same headers, whose numbers are judged together.
    name
        The field, for warnings.
    iso
        What :func:`groups_of_iso` returned: there too few numbers to tell are those of ISO 3166.

    Returns
    -------
    CountryColumn

    Notes
    -----
    A slip of one letter is read only where most other texts of the column are countries, and a
    warning says what it was read as.
    """
    found = CountryColumn()
    texts = sorted(set(cells["value"]))
    for text in texts:
        number = _NUMBER.match(text)
        found.codes[text] = country_code(padded_number(text) if number else text)
    said = [t for t in texts if not (is_missing(t) or is_no_country(t) or is_group(t))]
    guesses: dict[str, str] = {}
    if 2 * sum(found.codes[t] is not None for t in said) >= len(said):
        unread = (t for t in said if found.codes[t] is None)
        guesses = {t: code for t in unread if (code := guessed_country(t)) is not None}
        found.codes |= guesses
    for text in texts:
        found.reasons[text] = _reason(text, found.codes[text])
    label = name.replace("_", " ")
    for sheet, part in cells[cells["value"].isin(guesses)].groupby("sheet"):
        shown = _shown(part, lambda text: f"{text!r} as {guesses[text]}")
        found.warnings.setdefault(int(sheet), []).append(
            f"{label}: {part['n'].sum():,} cells read as a guess: {shown}"
        )
    _judge_numbers(cells, group_of, label, found, iso)
    return found


def _reason(text: str, code: str | None) -> str | None:
    if code is not None or is_no_country(text):
        return None
    return NOT_ONE_COUNTRY if is_group(text) else NOT_A_COUNTRY


def groups_of_iso(cells: Any, group_of: dict[int, int]) -> set[int]:
    """Return the groups of sheets of which any column of countries holds numbers of ISO 3166.

    ``cells`` are those of all such columns, as in :func:`read_country_column`, with their ``slot``.
    """
    numbers = cells[cells["value"].str.match(NUMBER)]
    parts = numbers.groupby([numbers["sheet"].map(group_of), numbers["slot"]])
    return {int(group) for (group, _), part in parts if are_iso_numbers(part["value"])}


def _judge_numbers(
    cells: Any, group_of: dict[int, int], label: str, found: CountryColumn, iso: Set[int]
) -> None:
    numbers = cells[cells["value"].str.match(NUMBER)]
    for group, part in numbers.groupby(numbers["sheet"].map(group_of)):
        known = all(found.codes[number] is not None for number in part["value"])
        if are_iso_numbers(part["value"]) or (
            group in iso and known and part["value"].nunique() <= _FEW_NUMBERS
        ):
            continue
        for sheet, own in part.groupby("sheet"):
            found.national.add(int(sheet))
            found.warnings.setdefault(int(sheet), []).append(
                f"{label}: {own['n'].sum():,} cells hold numbers that may be of a national table "
                f"and not of ISO 3166, not read: {_shown(own, repr)}"
            )


def _shown(part: Any, say: Any) -> str:
    ordered: Iterable[tuple[str, int]] = sorted(
        zip(part["value"], part["n"], strict=True), key=lambda pair: (-pair[1], pair[0])
    )
    texts = [say(text) for text, _ in ordered]
    more = ", …" if len(texts) > _MOST_SHOWN else ""
    return ", ".join(texts[:_MOST_SHOWN]) + more
