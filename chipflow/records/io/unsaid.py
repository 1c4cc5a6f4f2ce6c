"""What the cells of an .xlsx hold that is no value: errors, and formulas nobody computed."""

from __future__ import annotations

import html
import posixpath
import re
from dataclasses import dataclass, field

# A cell with its attributes and content (ECMA-376 part 1, 18.3.1.4); names may have a prefix.
_CELL = re.compile(rb"<(?:\w+:)?c\b([^<>]*[^/<>])>(.*?)</(?:\w+:)?c>", re.DOTALL)
_PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7})")
_IS_ERROR = re.compile(rb"\bt\s*=\s*[\"']e[\"']")
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^<>]*>([^<>]+)</")
_TEXT = re.compile(rb"<(?:\w+:)?is\b")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b")
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^<>]*>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^<>]*>")
_LONGEST_ERROR = 20
# What such a cell begins with, as programs write it.
_SIGNS = (b't="e"', b"t='e'", b"<f>", b"<f ", b":f>", b":f ")


@dataclass
class Unsaid:
    """Cells of a sheet without a value.

    Attributes
    ----------
    errors
        Row (from 1), column (from 0) and text, such as ``#N/A``.
    formulas
        Row and column of formulas without a saved value.
    """

    errors: list[tuple[int, int, str]] = field(default_factory=list)
    formulas: list[tuple[int, int]] = field(default_factory=list)


def may_be_unsaid(text: bytes) -> bool:
    """Tell quickly if a piece of a sheet may hold errors or formulas."""
    return any(sign in text for sign in _SIGNS)


def find_unsaid(text: bytes) -> Unsaid:
    """Return the cells of a sheet's XML that hold an error, or a formula without a value."""
    found = Unsaid()
    for match in _CELL.finditer(text):
        attributes, content = match.groups()
        is_error = _IS_ERROR.search(attributes)
        if not is_error and not _FORMULA.search(content):
            continue
        place = _PLACE.search(attributes)
        if place is None:
            continue
        row, column = int(place[2]), column_number(place[1]) - 1
        value = _VALUE.search(content)
        if is_error and value:
            error = html.unescape(value[1].decode("utf-8", "replace"))[:_LONGEST_ERROR]
            found.errors.append((row, column, error))
        elif value is None and not _TEXT.search(content):
            found.formulas.append((row, column))
    return found


def column_number(letters: bytes) -> int:
    """Return the number of a column from its letters: 1 for ``A``, 28 for ``AB``."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def sheet_members(book: bytes, relations: bytes) -> dict[str, str]:
    """Return the title of each sheet -> the member of the archive that holds it."""
    targets = {
        key: posixpath.normpath(posixpath.join("/xl", _attribute(tag, "Target"))).lstrip("/")
        for tag in _RELATION.findall(relations)
        if (key := _attribute(tag, "Id"))
    }
    return {
        _attribute(tag, "name"): targets.get(_attribute(tag, r"\w+:id"), "")
        for tag in _SHEET.findall(book)
    }


def _attribute(tag: bytes, name: str) -> str:
    match = re.search(rf"\s{name}\s*=\s*(?:\"([^\"]*)\"|'([^']*)')".encode(), tag)
    return (
        ""
        if match is None
        else html.unescape((match[1] or match[2] or b"").decode("utf-8", "replace"))
    )
