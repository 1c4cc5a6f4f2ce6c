"""Numbers as people write them: units inside, thousands apart, point or comma."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chipflow.records.layouts import missing_texts, vocabulary
from chipflow.records.meaning import POUND_KG
from chipflow.records.words import fold

if TYPE_CHECKING:
    import ibis.expr.types as ir

# A number with a sign, a currency mark and a unit around it, and nothing else. Negated classes
# of single bytes: a class such as \p{L}, repeated, makes the pattern thousands of times larger.
_SIGN = r"(?:[-+(]\s*)?(?:[$€£¥₹₽₴₺₫₩]|US\$|R\$|[A-Z]{3}(?:\s|\$)?|Rs\.?)?\s*"
_DIGITS = r"[-+]?\d[\d.,'\s\x{00a0}\x{202f}]*"
_UNIT = r"[^\d\s.,;:=()'\"+\-][^;:=()\"]*"
WRITTEN = rf"^\s*({_SIGN}{_DIGITS})\s*({_UNIT})?\)?$"
LONGEST_UNIT = 20
_NOT_DIGITS = r"[^0-9.,-]"
_AROUND = r"[^\d.,]"
COMMA_DECIMAL = (
    rf"(^|{_AROUND})(\d+(\.\d{{3}})*,(\d{{1,2}}|\d{{4,}})|0,\d+|\d{{1,3}}(\.\d{{3}})+,\d+"
    rf"|\d{{1,3}}(\.\d{{3}}){{2,}})({_AROUND}|$)"
)
POINT_DECIMAL = (
    rf"(^|{_AROUND})(\d+(,\d{{3}})*\.(\d{{1,2}}|\d{{4,}})|0\.\d+|\d{{1,3}}(,\d{{3}})+\.\d+"
    rf"|\d{{1,3}}(,\d{{3}}){{2,}})({_AROUND}|$)"
)


# No quantity, weight or value of a shipment; also what an overflow becomes.
TOO_LARGE = 1e18
NOT_A_NUMBER, NEGATIVE = "not a number", "negative"


def step(table: ir.Table, new: dict[str, Any], done: Sequence[str] = ()) -> ir.Table:
    """Add columns and let go of those that begin with a prefix in ``done``.

    A statement carries every column through every step, so that planning it takes longer than
    running it if none is let go.
    """
    kept = [c for c in table.columns if not c.startswith(tuple(done)) and c not in new]
    return table.select(*kept, **new)


def one_of(text: ir.StringValue, words: Sequence[str]) -> ir.BooleanValue:
    """Tell for each cell if it is one of these words, whatever its case.

    A pattern, behind quick looks at the length and the first character: an engine turns a long
    list of values into a join.
    """
    import ibis

    pattern = "(?i)^(?:" + "|".join(re.escape(word) for word in words) + ")$"
    candidate = text.length() <= max(map(len, words))
    if not any(word[:1].isdigit() for word in words):
        # Dates, codes and numbers: in the order of characters ":" comes after the digits.
        candidate &= ~((text >= "0") & (text < ":"))
    return ibis.ifelse(candidate, text.re_search(pattern), ibis.literal(False))


def is_missing(text: ir.StringValue, parties: bool = False) -> ir.BooleanValue:
    """Tell for each cell, without blanks around, if it says nothing."""
    return text.isnull() | one_of(text, missing_texts(parties))


def decimal_comma(comma: int, point: int, elsewhere: tuple[int, int]) -> bool:
    """Decide for a whole column if the comma is its decimal sign.

    Parameters
    ----------
    comma, point
        Cells of the column that can only be read with a decimal comma, or point.
    elsewhere
        The same for all number columns of the sheet, asked if the column is undecided.
    """
    if comma != point:
        return comma > point
    return elsewhere[0] > elsewhere[1]


def read_numbers(table: ir.Table, slots: Sequence[str]) -> ir.Table:
    """Read columns of text as numbers above zero.

    Parameters
    ----------
    table
        Has for each slot ``said_SLOT`` (text, missing where nothing is said) and
        ``comma_SLOT`` (whether the decimal sign is a comma).
    slots
        Which columns to read.

    Returns
    -------
    ibis.Table
        With ``number_SLOT`` (missing for nothing, for zero, which customs data write for "not
        given", and for what is no number), ``unit_SLOT`` (a unit that stands in the cell) and
        ``reason_SLOT`` (why a cell is no number of zero or more).

    Notes
    -----
    In steps, so that each part of an expression is computed once.
    """
    import ibis

    no_number, no_text = ibis.null("float64"), ibis.null("string")
    quick, rest, digits, number, ready = {}, {}, {}, {}, {}
    for s in slots:
        text = table[f"said_{s}"]
        simple = ~text.contains(",") & ~table[f"comma_{s}"]
        quick[f"quick_{s}"] = ibis.ifelse(simple, text.try_cast("float64"), no_number)
    table = table.mutate(**quick)
    for s in slots:
        rest[f"rest_{s}"] = ibis.ifelse(table[f"quick_{s}"].isnull(), table[f"said_{s}"], no_text)
    table = table.mutate(**rest)
    for s in slots:
        text = table[f"rest_{s}"]
        written = text.re_extract(WRITTEN, 1).re_replace(_NOT_DIGITS, "")
        digits[f"digits_{s}"] = ibis.ifelse(text.isnull(), no_text, written.nullif(""))
        unit = text.re_extract(WRITTEN, 2).strip().nullif("")
        digits[f"unit_{s}"] = ibis.ifelse(text.isnull(), no_text, unit)
    table = table.mutate(**digits)
    for s in slots:
        text, comma = table[f"digits_{s}"], table[f"comma_{s}"]
        plain = ibis.ifelse(comma, text.replace(".", "").replace(",", "."), text.replace(",", ""))
        sign = ibis.ifelse(table[f"rest_{s}"].startswith("("), -1.0, 1.0)
        unusual = table[f"unit_{s}"].length() > LONGEST_UNIT
        slowly = ibis.ifelse(
            text.isnull() | unusual.fill_null(False), no_number, plain.try_cast("float64") * sign
        )
        number[f"all_{s}"] = ibis.coalesce(table[f"quick_{s}"], slowly)
    table = table.mutate(**number)
    for s in slots:
        found, text = table[f"all_{s}"], table[f"said_{s}"]
        good = found.notnull() & (found.abs() < TOO_LARGE)
        ready[f"number_{s}"] = ibis.ifelse(good & (found > 0), found, no_number)
        ready[f"reason_{s}"] = ibis.cases(
            (text.isnull(), no_text),
            (~good, NOT_A_NUMBER),
            (found < 0, NEGATIVE),
            else_=no_text,
        )
    return step(table, ready, ("quick_", "rest_", "digits_", "all_", "comma_"))


def kilograms(unit: ir.StringValue, otherwise: ir.FloatingValue) -> ir.FloatingValue:
    """Return what a weight in this unit is multiplied with; unknown units give ``otherwise``."""
    import ibis

    words = vocabulary()["words"]
    low = unit.strip().re_replace(r"[.\s]+$", "")

    def named(meaning: str, *more: str) -> list[str]:
        return [*(fold(w) for w in words[meaning] if not w.endswith("*")), *more]

    known = ibis.cases(
        (one_of(low, named("kilogram", "k")), 1.0),
        (one_of(low, named("pound", "l")), POUND_KG),
        (one_of(low, named("tonne")), 1000.0),
        (one_of(low, named("gram", "g", "gr")), 0.001),
        else_=otherwise,
    )
    return ibis.ifelse(unit.isnull(), otherwise, known)
