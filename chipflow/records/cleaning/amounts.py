"""Numbers as people write them: thousands apart, point or comma, words and units around."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chipflow.records.cleaning.around import MARK, NEGATIVE, NOT_A_NUMBER, NUMBER, Around, around
from chipflow.records.vocabulary.layouts import missing_texts, no_party
from chipflow.records.vocabulary.numerals import in_digits

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

# All that can be read with a decimal point, and with a decimal comma; blanks and apostrophes
# between thousands are taken out before. "1,234" can be both and is decided by its column. India
# sets hundreds of thousands apart in twos ("1,23,456.00").
POINT_DECIMAL = r"^(?:[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3}|\d+)(?:\.\d+)?$"
COMMA_DECIMAL = r"^(?:[1-9]\d{0,2}(?:\.\d{3})+|\d+)(?:,\d+)?$"
_SPACED = r"^\d{1,3}(?:[' ]\d{3})+(?:[.,]\d+)?$"
_SPACES = "[' ]"


# No quantity, weight or value of a shipment; also what an overflow becomes.
TOO_LARGE = 1e18


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
    nothing = text.isnull() | one_of(text, missing_texts())
    return nothing | text.re_search(no_party()) if parties else nothing


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


def odd_number(text: ir.StringValue) -> ir.BooleanValue:
    """Tell for each cell if it says something and is no plain number."""
    return (text != "") & text.try_cast("float64").isnull()


def shape_of(text: ir.StringValue, ascii_only: bool) -> ir.StringValue:
    """Write a cell with each of its numbers as one mark: what is left stands around them."""
    plain = text if ascii_only else in_digits(text)
    return plain.re_replace(NUMBER, MARK)


def first_number(text: ir.StringValue, ascii_only: bool) -> ir.StringValue:
    """Return the first number of a cell, with the signs within it."""
    plain = text if ascii_only else in_digits(text)
    return plain.re_extract(NUMBER, 0)


def unspaced(number: ir.StringValue) -> ir.StringValue:
    """Take the blanks and apostrophes between thousands out; what stands otherwise is no number."""
    import ibis

    spaced = number.contains(" ") | number.contains("'")
    bare = ibis.ifelse(number.re_search(_SPACED), number.re_replace(_SPACES, ""), "")
    return ibis.ifelse(spaced, bare, number)


def surroundings(field: str, shapes: Sequence[str], countries: Sequence[str]) -> pa.Table:
    """Return what each shape of a column says, as a table to be joined.

    Columns: ``shape``, ``country`` (empty where unknown), and those of
    :class:`~chipflow.records.cleaning.around.Around`.
    """
    import pyarrow as pa

    pairs = [(shape, country) for country in countries for shape in shapes]
    found = [around(shape, field, country or None) for shape, country in pairs]
    columns = {
        "shape": pa.array([shape for shape, _ in pairs], pa.string()),
        "country": pa.array([country for _, country in pairs], pa.string()),
    }
    for name in Around.__slots__:
        kind = pa.type_for_alias(_KINDS.get(name, "string"))
        columns[name] = pa.array([getattr(told, name) for told in found], kind)
    return pa.table(columns)


_KINDS = {"about": "bool", "worded": "bool"}
_KINDS |= dict.fromkeys(("times", "alone", "kilograms"), "float64")
# What is joined to a slot from :func:`surroundings`.
_TOLD = ("times", "alone", "unit", "kilograms", "currency", "open_currency", "worded", "reason")


def read_numbers(
    table: ir.Table, slots: Sequence[str], around_of: dict[str, pa.Table], usual: set[str]
) -> ir.Table:
    """Read columns of text as numbers above zero.

    Parameters
    ----------
    table
        Has for each slot ``said_SLOT`` (text, missing where nothing is said) and
        ``comma_SLOT`` (whether the decimal sign is a comma), and ``p_country``.
    slots
        Which columns to read.
    around_of
        Slot -> :func:`surroundings` of its cells; a slot of plain numbers has none.
    usual
        Slots that hold ASCII characters only.

    Returns
    -------
    ibis.Table
        With ``number_SLOT`` (missing for nothing, for zero, which customs data write for "not
        given", and for what is no number), ``unit_SLOT`` (a unit that stands in the cell),
        ``kilograms_SLOT`` (what a weight in that unit is multiplied with), ``currency_SLOT``,
        ``open_currency_SLOT`` (why the currency in the cell cannot be told), ``worded_SLOT``
        (whether a number word stands in it) and ``reason_SLOT`` (why a cell is no number of zero
        or more).

    Notes
    -----
    In steps, so that each part of an expression is computed once.
    """
    import ibis

    no_number, no_text = ibis.null("float64"), ibis.null("string")
    quick, rest, digits, number, ready = {}, {}, {}, {}, {}
    for s in slots:
        text = table[f"said_{s}"]
        # "1.234" is a thousand where the comma is the decimal sign.
        simple = ~(table[f"comma_{s}"] & text.contains("."))
        quick[f"quick_{s}"] = ibis.ifelse(simple, text.try_cast("float64"), no_number)
    table = table.mutate(**quick)
    for s in slots:
        rest[f"rest_{s}"] = ibis.ifelse(table[f"quick_{s}"].isnull(), table[f"said_{s}"], no_text)
    table = table.mutate(**rest)
    for s in slots:
        text = table[f"rest_{s}"]
        digits[f"found_{s}"] = first_number(text, s in usual)
        digits[f"shape_{s}"] = shape_of(text, s in usual) if s in around_of else no_text
    table = table.mutate(**digits)
    table = table.mutate(**{f"digits_{s}": unspaced(table[f"found_{s}"]) for s in slots})
    for s in slots:
        names = {c: f"{'told' if c == 'reason' else c}_{s}" for c in _TOLD}
        if s not in around_of:
            kinds = {c: _KINDS.get(c, "string").replace("bool", "boolean") for c in _TOLD}
            nothing = {names[c]: ibis.null(kind) for c, kind in kinds.items()}
            table = table.mutate(**{**nothing, f"times_{s}": ibis.literal(1.0)})
            continue
        told = ibis.memtable(around_of[s])
        told = told.select(
            **{f"key_{s}": told.shape, f"of_{s}": told.country},
            **{names[c]: told[c] for c in _TOLD},
        )
        here = [table[f"shape_{s}"] == told[f"key_{s}"], table.p_country == told[f"of_{s}"]]
        table = table.left_join(told, here).drop(f"key_{s}", f"of_{s}")
    for s in slots:
        text, comma = table[f"digits_{s}"], table[f"comma_{s}"]
        by_point = text.re_search(POINT_DECIMAL)
        by_comma = text.re_search(COMMA_DECIMAL)
        whole = ~(text.contains(",") | text.contains("."))
        plain = ibis.cases(
            (whole, text),
            (by_comma & (comma | ~by_point), text.replace(".", "").replace(",", ".")),
            (by_point, text.replace(",", "")),
            else_=no_text,
        )
        alone = table[f"alone_{s}"]
        slowly = ibis.coalesce(alone, plain.try_cast("float64")) * table[f"times_{s}"]
        number[f"all_{s}"] = ibis.coalesce(table[f"quick_{s}"], slowly)
    table = table.mutate(**number)
    for s in slots:
        found, text = table[f"all_{s}"], table[f"said_{s}"]
        good = found.notnull() & (found.abs() < TOO_LARGE)
        ready[f"number_{s}"] = ibis.ifelse(good & (found > 0), found, no_number)
        ready[f"reason_{s}"] = ibis.cases(
            (text.isnull(), no_text),
            (~good, ibis.coalesce(table[f"told_{s}"], ibis.literal(NOT_A_NUMBER))),
            (found < 0, NEGATIVE),
            else_=no_text,
        )
    made = (
        "quick_",
        "rest_",
        "digits_",
        "found_",
        "all_",
        "comma_",
        "shape_",
        "told_",
        "times_",
        "alone_",
    )
    return step(table, ready, made)
