"""Units of weight as customs offices and carriers write them (``tables/weight_units.csv``)."""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_UNKNOWN = "is no unit of weight that is known"


@dataclass(frozen=True)
class WeightUnit:
    """A unit in kilograms, or why it cannot be said how many it is."""

    kilograms: float | None
    reason: str | None = None


def _bare(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    letters = unicodedata.normalize("NFD", plain)
    bare = "".join(c for c in letters if not unicodedata.combining(c))
    return re.sub(r"[\s.]+", "", unicodedata.normalize("NFC", bare))


@cache
def _table() -> dict[str, WeightUnit]:
    text = files("chipflow.records").joinpath("tables/weight_units.csv").read_text("utf-8")
    units: dict[str, WeightUnit] = {}
    for row in csv.DictReader(text.splitlines()):
        many = row["kilograms"]
        unit = WeightUnit(float(many)) if many else WeightUnit(None, f"may be {row['source']}")
        units |= {_bare(written): unit for written in row["written"].split(";")}
    return units


def weight_unit(text: str) -> WeightUnit:
    """Return what a unit of weight is in kilograms.

    Parameters
    ----------
    text
        A unit in any of the usual languages, or its code in UN/ECE Recommendation 20.

    Returns
    -------
    WeightUnit
        Without kilograms where the unit is unknown, is none of weight, or may be several.

    Examples
    --------
    >>> weight_unit("M.T."), weight_unit("ST").reason
    (WeightUnit(kilograms=1000.0, reason=None), 'may be a stone or a short ton')
    """
    return _table().get(_bare(text), WeightUnit(None, _UNKNOWN))


_IN_BRACKETS = re.compile(r"[(\[（【]\s*([^()\[\]（）【】]{1,12}?)\s*[)\]）】]\s*$")
_BEHIND = re.compile(r"[,/]\s*([^\W\d_][\w./]{0,11})\s*$")


def bracketed(header: str) -> str | None:
    """Return what stands in brackets at the end of a header, or None."""
    found = _IN_BRACKETS.search(header)
    return found[1] if found else None


def unit_of_header(header: str) -> float | None:
    """Return the kilograms of a unit that stands apart at the end of a header, else None.

    Examples
    --------
    >>> unit_of_header("Weight (g)"), unit_of_header("Вес, т"), unit_of_header("Gross weight")
    (0.001, 1000.0, None)
    """
    for pattern in (_IN_BRACKETS, _BEHIND):
        found = pattern.search(header)
        if found:
            return weight_unit(found[1]).kilograms
    return None
