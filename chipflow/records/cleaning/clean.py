"""From text to typed canonical columns, as one Ibis expression over all rows."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from chipflow.records.cleaning.amounts import is_missing, read_numbers, step, surroundings
from chipflow.records.cleaning.country_columns import NATIONAL_NUMBER, NUMBER, CountryColumn
from chipflow.records.cleaning.dates import read_dates
from chipflow.records.cleaning.decide import NUMBER_OF_PARTY, Decisions
from chipflow.records.io.garbled import GARBLED
from chipflow.records.mapping.content import ERROR_CELL
from chipflow.records.mapping.content import is_missing as says_nothing
from chipflow.records.mapping.places import direction_of
from chipflow.records.mapping.slots import END, PART, field_of, slot
from chipflow.records.schema import (
    CONTENT_COLUMNS,
    COUNTRY_FIELDS,
    KINDS,
    NUMBER_FIELDS,
    PARTY_FIELDS,
    PORT_FIELDS,
)
from chipflow.records.vocabulary.currencies import column_choices, currency_code, why_no_currency
from chipflow.records.vocabulary.meaning import NO_REGISTER
from chipflow.records.vocabulary.units import weight_unit

if TYPE_CHECKING:
    import ibis.expr.types as ir

_BLANK = r"\s\x{00a0}\x{200b}\x{feff}\x{2007}\x{202f}\x00-\x1f\x7f"
_BLANKS = rf"[{_BLANK}]+"
# One look finds the few texts that need any of the above.
_UNUSUAL = rf"\s\s|[\t\n\r\f{_BLANK[2:]}]|{GARBLED}"
_LOST = "\ufffd"
_WORDS = tuple(
    name
    for name in CONTENT_COLUMNS
    if KINDS[name] == "text" and name not in {"date_precision", "hs_code", "currency"}
)
# Without a letter; a formula or an error of a spreadsheet; a day by the name of its month.
_NO_NAME = (
    r"(?i)^(?:[^\p{L}]*|=.*|#[a-z/0-9]+[!?]?|\d{4}-\d\d-\d\dT[\d:.]+Z?"
    r"|\d{1,2}[-/. ]\p{L}{3,9}\.?[-/., ]+\d{2,4})$"
)
_SOME_NUMBER = r"[1-9\p{L}]"
_PRECISIONS = ("day", "month", "year")
# Said of a unit that is asked for, not of one that is left out.
_ASKED = "?"
_NO_UNIT = "its unit is not given, and not all of the column are kilograms"

NOT_READABLE = "not readable in the file's encoding"
NOT_A_NAME = "no name of a party: a number, a date, a formula or signs"
AN_ERROR = "an error of the spreadsheet, not a value"
NO_DIRECTION = "says import or export nowhere in its row, so whose it is stays open"
NO_PARTY = "names no shipper and no consignee"
NO_DATE = "no such date, and a record without a date cannot be placed in time"
DATE_MISSING = "no date given, and a record without a date cannot be placed in time"


def clean(texts: ir.Table, params: Any, needed: dict[str, int], made: Decisions) -> ir.Table:
    """Return typed records with what is wrong in each row.

    Parameters
    ----------
    texts
        Text table of all sheets (``sheet``, ``row``, slots).
    params
        Arrow table of what is known about each sheet.
    needed
        Field -> number of slots.
    made
        What whole columns told.

    Returns
    -------
    ibis.Table
        ``sheet``, ``row``, the content columns, ``own_COLUMN`` (whether the country stands in
        the row, not in the name of the file), ``way`` (import or export), ``has_id``, ``lost``
        (why the row cannot be used; missing if it can), ``lost_value``, ``problems`` (fields
        left out: name, slot, text and reason, with :data:`PART` and :data:`END` between them).

    Notes
    -----
    Written in steps (``mutate`` upon ``mutate``) that must not be merged into one ``SELECT``:
    each names what the next uses more than once.
    """
    import ibis

    known = ibis.memtable(params)
    table = texts.inner_join(known, texts.sheet == known.p_sheet)
    countries = sorted({country or "" for country in params["p_home"].to_pylist()})
    table = table.mutate(p_country=table.p_home.fill_null(""))
    table = _look_up(table, needed, made)
    table = _currencies(table, needed, made, countries)
    table = _weight_units(table, needed, made)
    table = _codes(table, made)
    slots = {name: [slot(name, k) for k in range(n)] for name, n in needed.items()}
    table = _said(table, slots, made.errors)
    numbers = [s for name in NUMBER_FIELDS for s in slots.get(name, [])]
    around_of = {
        s: surroundings(field_of(s), sorted(made.shapes[s]), countries)
        for s in numbers
        if s in made.shapes
    }
    table = read_numbers(table, numbers, around_of, made.usual)
    table = read_dates(table, slots.get("date", []), made)
    table = _texts_and_codes(table, slots, made)
    table = _merged(table, slots)
    table = _units_and_money(table, slots)
    table = _error_cells(table, slots, made.errors)
    return _finish(table, slots)


def content_of(cleaned: ir.Table) -> ir.StringValue:
    """Return the MD5 of what the columns of the file say, whatever the file is called.

    A record that names no port is called what it was called before ports were read.
    """
    import ibis

    pieces = []
    for name in CONTENT_COLUMNS:
        if name in PORT_FIELDS:
            continue
        text = cleaned[name].cast("string")
        if f"own_{name}" in cleaned.columns:
            text = ibis.ifelse(cleaned[f"own_{name}"], text, ibis.null("string"))
        pieces.append(text.fill_null(""))
    said = ibis.literal(PART).join(pieces)
    ports = [cleaned[name] for name in PORT_FIELDS]
    named = said.concat(*[part for port in ports for part in (PART, port.fill_null(""))])
    some = reduce(or_, (port.notnull() for port in ports))
    return ibis.ifelse(some, named, said).hexdigest("md5")


def _look_up(table: ir.Table, needed: dict[str, int], made: Decisions) -> ir.Table:
    """Add ``code_SLOT`` for columns whose different values are few: countries and the like.

    Also ``odd_SLOT`` (why a text is no country) and ``empty_SLOT`` (says nothing; missing for
    an empty cell).
    """
    import ibis
    import pyarrow as pa

    for name in (*COUNTRY_FIELDS, "direction"):
        for k in range(needed.get(name, 0)):
            where = slot(name, k)
            column = made.countries.get(where, CountryColumn())
            if name in COUNTRY_FIELDS:
                values = sorted(column.codes)
                codes = [column.codes[value] for value in values]
            else:
                values = made.different.get(where, [])
                codes = [direction_of(value) for value in values]
            odd = [column.reasons.get(value) for value in values]
            pairs = pa.table(
                {
                    f"text_{where}": pa.array(values, pa.string()),
                    f"code_{where}": pa.array(codes, pa.string()),
                    f"odd_{where}": pa.array(odd, pa.string()),
                    f"empty_{where}": pa.array([*map(says_nothing, values)], pa.bool_()),
                }
            )
            found = ibis.memtable(pairs)
            joined = table.left_join(found, table[where] == found[f"text_{where}"])
            table = joined.drop(f"text_{where}")
            if column.national:
                number = table.sheet.isin(sorted(column.national)) & table[where].re_search(NUMBER)
                code, why = f"code_{where}", f"odd_{where}"
                table = table.mutate(
                    **{code: ibis.ifelse(number, ibis.null("string"), table[code])},
                    **{why: ibis.ifelse(number, NATIONAL_NUMBER, table[why])},
                )
    return table


def _currencies(
    table: ir.Table, needed: dict[str, int], made: Decisions, countries: list[str]
) -> ir.Table:
    """Add ``code_currency`` and ``reason_currency``: a sign may mean the reporting country's."""
    import ibis
    import pyarrow as pa

    if not needed.get("currency"):
        return table
    values = [v for v in made.different.get("currency", []) if not says_nothing(v)]
    pairs = [(value, country) for value in values for country in countries]
    choices = {value: column_choices(value) for value in values}
    codes = [currency_code(value, country or None, choices[value]) for value, country in pairs]
    whys = [why_no_currency(value, country or None, choices[value]) for value, country in pairs]
    found = ibis.memtable(
        pa.table(
            {
                "money": pa.array([value for value, _ in pairs], pa.string()),
                "money_in": pa.array([country for _, country in pairs], pa.string()),
                "code_currency": pa.array(codes, pa.string()),
                "reason_currency": pa.array(whys, pa.string()),
            }
        )
    )
    here = [table["currency"] == found.money, table.p_country == found.money_in]
    return table.left_join(found, here).drop("money", "money_in")


def _weight_units(table: ir.Table, needed: dict[str, int], made: Decisions) -> ir.Table:
    """Add ``kilograms_weight_unit`` and ``why_weight_unit`` for the column of units."""
    import ibis
    import pyarrow as pa

    if not needed.get("weight_unit"):
        return table
    values = made.different.get("weight_unit", [])
    # A blank is a weight in kilograms only where no cell has another unit; "?" is no unit.
    units = {v: weight_unit(v) for v in values if not says_nothing(v) or v == _ASKED}
    mixed = any(unit.kilograms != 1.0 for unit in units.values())
    blank = [None, _NO_UNIT] if mixed else [None, None]
    rows = [
        [unit.kilograms, f"its unit {v!r} {unit.reason}" if unit.reason else None]
        for v, unit in units.items()
    ]
    others = [v for v in {"", *values} if v not in units]
    found = ibis.memtable(
        pa.table(
            {
                "weighed_in": pa.array([*units, *others], pa.string()),
                "kilograms_weight_unit": pa.array(
                    [*(row[0] for row in rows), *(blank[0] for _ in others)], pa.float64()
                ),
                "why_weight_unit": pa.array(
                    [*(row[1] for row in rows), *(blank[1] for _ in others)], pa.string()
                ),
            }
        )
    )
    joined = table.left_join(found, table["weight_unit"].fill_null("") == found.weighed_in)
    return joined.drop("weighed_in")


def _codes(table: ir.Table, made: Decisions) -> ir.Table:
    """Add ``whole_SLOT`` and ``unread_SLOT`` (why not wholly read) of unusual HS codes."""
    import ibis
    import pyarrow as pa

    for where, codes in made.codes.items():
        sheets, texts, whole, told = zip(*codes, strict=True) if codes else ((), (), (), ())
        found = ibis.memtable(
            pa.table(
                {
                    "code_sheet": pa.array(sheets, pa.int32()),
                    "code_text": pa.array(texts, pa.string()),
                    f"whole_{where}": pa.array(whole, pa.string()),
                    f"unread_{where}": pa.array(told, pa.string()),
                    f"odd_{where}": pa.array([True] * len(codes), pa.bool_()),
                }
            )
        )
        here = [table.sheet == found.code_sheet, table[where] == found.code_text]
        table = table.left_join(found, here).drop("code_sheet", "code_text")
    return table


def _said(table: ir.Table, slots: dict[str, list[str]], errors: set[str]) -> ir.Table:
    """Add ``said_SLOT``: the text of a cell, missing if it says nothing or is an error."""
    import ibis

    every = [(name, s) for name, places in slots.items() for s in places]
    said = {}
    for name, s in every:
        text = table[s]
        if f"empty_{s}" in table.columns:
            nothing = table[f"empty_{s}"].fill_null(True)
        else:
            nothing = is_missing(text, parties=name in PARTY_FIELDS)
        if name in COUNTRY_FIELDS:
            nothing = ibis.ifelse(text.upper() == "NA", table[f"full_{s}"], nothing)
        if f"register_{s}" in table.columns:
            kept = table[f"register_{s}"]
            # A bare number is no company's name, but it is one's number.
            no_number = is_missing(text) | ~text.re_search(_SOME_NUMBER)
            nothing = ibis.ifelse(kept.notnull(), no_number, nothing)
            text = ibis.ifelse(kept.notnull(), _numbered(text, kept), text)
        if f"way_{s}" in table.columns:
            nothing |= table[f"way_{s}"].notnull() & ~(table[f"way_{s}"] == _way(table)).fill_null(
                False
            )
        if s in errors:
            nothing |= table[s].re_search(ERROR_CELL)
        said[f"said_{s}"] = ibis.ifelse(nothing, ibis.null("string"), text)
    return step(table, said, ("full_", "empty_", "register_"))


def _numbered(text: Any, register: Any) -> Any:
    """Return the number of a company with its register, as the name it is known by.

    Numbers of no register that hold letters name the company well enough.
    """
    import ibis

    number = text.re_replace(r"\.0$", "")
    own = (register == NO_REGISTER) & number.re_search(r"\p{L}")
    # "IEC 0388012345" says its register itself.
    own |= number.upper().startswith(register.concat(" "))
    return ibis.ifelse(own, number, register.concat(" ", number))


def _way(table: ir.Table) -> Any:
    """Return the direction of each row: its own, else that of its sheet."""
    import ibis

    stated = table["p_direction"]
    if "code_direction" not in table.columns:
        return stated
    return ibis.coalesce(table["code_direction"], stated)


def _texts_and_codes(table: ir.Table, slots: dict[str, list[str]], made: Decisions) -> ir.Table:
    """Add ``clean_SLOT`` and ``reason_SLOT`` for every kind of column."""
    import ibis

    no_text = ibis.null("string")
    words = [s for name in _WORDS for s in slots.get(name, [])]
    unusual = [s for s in words if s not in made.usual]
    codes = slots.get("hs_code", [])
    parties = [s for name in PARTY_FIELDS for s in slots.get(name, [])]
    table = table.mutate(
        **{f"odd_text_{s}": table[f"said_{s}"].re_search(_UNUSUAL) for s in unusual},
        **{f"nameless_{s}": _nameless(table, s, made.by_number.get(s, set())) for s in parties},
    )
    flat = {}
    for s in words:
        text = table[f"said_{s}"]
        one_line = text
        if s in unusual:
            flattened = text.re_replace(_BLANKS, " ").strip().nullif("")
            one_line = ibis.ifelse(table[f"odd_text_{s}"], flattened, text)
        if s == "record_id":
            whole = text.re_replace(r"\.0$", "")
            is_float = text.endswith(".0") & whole.re_search(r"^\d+$")
            one_line = ibis.ifelse(is_float, whole, one_line)
        flat[f"flat_{s}"] = one_line
    table = table.mutate(**flat)
    reasons, ready = {}, {}
    for s in unusual:
        # A name with one garbled letter is still a name; one without two good of three is none.
        flagged = table[f"odd_text_{s}"] & table[f"flat_{s}"].re_search(GARBLED)
        text = ibis.ifelse(flagged, table[f"flat_{s}"], no_text)
        without = text.re_replace(GARBLED, "")
        good = without.re_replace(r"[^\p{L}\p{N}]", "").length()
        lost = text.re_replace(GARBLED, _LOST).length() - without.length()
        bad = (2 * lost > good).fill_null(False)
        reasons[f"reason_{s}"] = ibis.ifelse(bad, NOT_READABLE, no_text)
    for s in parties:
        before = reasons.get(f"reason_{s}", no_text)
        reasons[f"reason_{s}"] = ibis.ifelse(table[f"nameless_{s}"], NOT_A_NAME, before)
    for s in codes:
        ready[f"clean_{s}"] = table[f"said_{s}"]
        # Without a look-up every code of the column is plain.
        if f"whole_{s}" in table.columns:
            odd = table[f"odd_{s}"].fill_null(False)
            ready[f"clean_{s}"] = ibis.ifelse(odd, table[f"whole_{s}"], table[f"said_{s}"])
            reasons[f"reason_{s}"] = table[f"unread_{s}"]
    for name in COUNTRY_FIELDS:
        for s in slots.get(name, []):
            said = table[f"said_{s}"].notnull()
            reasons[f"reason_{s}"] = ibis.ifelse(said, table[f"odd_{s}"], no_text)
            ready[f"clean_{s}"] = ibis.ifelse(said, table[f"code_{s}"], no_text)
    reasons |= _no_direction(table, slots, reasons)
    table = step(table, reasons, ("odd_text_", "nameless_", "way_"))
    for s in words:
        ready[f"clean_{s}"] = table[f"flat_{s}"]
    for s in dict.fromkeys((*unusual, *parties)):
        good = table[f"reason_{s}"].isnull()
        ready[f"clean_{s}"] = ibis.ifelse(good, table[f"flat_{s}"], no_text)
    table = _weights(table, slots)
    for name in NUMBER_FIELDS:
        for s in slots.get(name, []):
            # "1.5 million" below "thousands of dollars" says its own thousands.
            factor = ibis.ifelse(table[f"worded_{s}"].fill_null(False), 1.0, table[f"factor_{s}"])
            ready[f"clean_{s}"] = table[f"number_{s}"] * factor
            if name == "value_usd":
                ready |= _dollars_only(table, s, ready[f"clean_{s}"])
    if "currency" in slots:
        ready["clean_currency"] = table["code_currency"]
    done = ("flat_", "number_", "factor_", "odd_", "whole_", "unread_", "worded_", "named_")
    return step(table, ready, done)


def _dollars_only(table: ir.Table, s: str, amount: Any) -> dict[str, Any]:
    """Take amounts out of a column of US dollars that name another currency, or may."""
    import ibis

    other = (table[f"currency_{s}"] != "USD").fill_null(False)
    unsure = table[f"open_currency_{s}"].notnull()
    no_number = ibis.null("float64")
    return {
        f"clean_{s}": ibis.ifelse(other | unsure, no_number, amount),
        f"abroad_{s}": ibis.ifelse(other, amount, no_number),
        f"reason_{s}": ibis.coalesce(table[f"reason_{s}"], table[f"open_currency_{s}"]),
    }


def _weights(table: ir.Table, slots: dict[str, list[str]]) -> ir.Table:
    """Turn weights into kilograms; one in a unit that is not known is left out, and said.

    What the cell says stands above the column of units, and that above the header.
    """
    import ibis

    changed: dict[str, Any] = {}
    for s in slots.get("weight_kg", []):
        within = table[f"kilograms_{s}"]
        if "weight_unit" in slots:
            beside, why = table["kilograms_weight_unit"], table["why_weight_unit"]
            why = ibis.ifelse((why == _NO_UNIT) & table[f"named_{s}"], ibis.null("string"), why)
            known = within.notnull() | why.isnull()
            factor = ibis.coalesce(within, beside, table[f"factor_{s}"])
            number = table[f"number_{s}"]
            bad = number.notnull() & ~known
            changed[f"number_{s}"] = ibis.ifelse(bad, ibis.null("float64"), number)
            changed[f"reason_{s}"] = ibis.ifelse(bad, why, table[f"reason_{s}"])
        else:
            factor = ibis.coalesce(within, table[f"factor_{s}"])
        changed[f"factor_{s}"] = factor
    return step(table, changed, ("kilograms_", "why_weight_unit"))


def _nameless(table: ir.Table, where: str, by_number: set[int]) -> ir.BooleanValue:
    """Tell if a party's cell holds no name; a number may be one where parties go by numbers."""
    import ibis

    text = table[f"said_{where}"]
    # Most names begin with a capital of ASCII, and are no day.
    named = (text >= "A") & (text < "[")
    found = ibis.ifelse(named, ibis.literal(False), text.re_search(_NO_NAME)).fill_null(False)
    if by_number:
        found &= ~(table.sheet.isin(sorted(by_number)) & text.re_search(NUMBER_OF_PARTY))
    return found


def _no_direction(
    table: ir.Table, slots: dict[str, list[str]], reasons: dict[str, Any]
) -> dict[str, Any]:
    """Return the reasons of cells that are read by a direction that the row does not say.

    Such a cell is now one field and now another; that it was not read is said for one of them.
    """
    import ibis

    found = {}
    for s in (s for places in slots.values() for s in places):
        if f"way_{s}" in table.columns:
            unsaid = (table[f"way_{s}"] == "import") & _way(table).isnull() & ~is_missing(table[s])
            other = reasons.get(f"reason_{s}", ibis.null("string"))
            found[f"reason_{s}"] = ibis.ifelse(unsaid, NO_DIRECTION, other)
    return found


def _merged(table: ir.Table, slots: dict[str, list[str]]) -> ir.Table:
    """Add ``v_FIELD``: the first column of a field that says something."""
    import ibis

    no_text = ibis.null("string")
    columns: dict[str, Any] = {}
    for name in CONTENT_COLUMNS:
        places = slots.get(name, [])
        if name in {"date", "date_precision"}:
            continue
        if name == "currency":
            columns["v_currency"] = table["code_currency"] if places else no_text
            continue
        values = [table[f"clean_{s}"] for s in places]
        if not values:
            kind = "float64" if KINDS[name] == "number" else "string"
            columns[f"v_{name}"] = ibis.null(kind)
        else:
            columns[f"v_{name}"] = ibis.coalesce(*values) if len(values) > 1 else values[0]
    dates = slots.get("date", [])
    said = [table[f"said_{s}"] for s in dates]
    # A damaged date is not replaced by another kind of date of the same row.
    pairs = [(text.notnull(), (table[f"date_{s}"], table[f"precision_{s}"])) for s, text in
             zip(dates, said, strict=True)]  # fmt: skip
    columns["v_date"] = (
        ibis.cases(*[(test, day) for test, (day, _) in pairs], else_=ibis.null("date"))
        if pairs
        else ibis.null("date")
    )
    found = (
        ibis.cases(*[(test, precise) for test, (_, precise) in pairs], else_=no_text)
        if pairs
        else no_text
    )
    if "date_precision" in slots:
        told = table["said_date_precision"].lower()
        found = ibis.ifelse(told.isin(_PRECISIONS) & found.notnull(), told, found)
    columns["v_date_precision"] = found
    columns["date_text"] = ibis.coalesce(*said) if said else no_text
    return step(table, columns, ("said_", "date_date", "precision_"))


def _units_and_money(table: ir.Table, slots: dict[str, list[str]]) -> ir.Table:
    """A unit within the number, the header's currency, US dollars among the currencies."""
    import ibis

    changed: dict[str, Any] = {}
    if "quantity" in slots:
        changed["v_quantity_unit"] = ibis.coalesce(
            table["unit_quantity"], table["v_quantity_unit"], table["p_unit"]
        )
    if "value" in slots:
        by_header = ibis.ifelse(
            table["v_value"].notnull(), table["p_currency"], ibis.null("string")
        )
        beside = ibis.ifelse(
            table["p_own_currency"], by_header, ibis.coalesce(table["v_currency"], by_header)
        )
        changed["v_currency"] = ibis.coalesce(table["currency_value"], beside)
        # "$" is what the column says it is; where no column says it, it is said.
        unsure = table["open_currency_value"].notnull() & changed["v_currency"].isnull()
        changed["reason_value"] = ibis.ifelse(
            unsure & table["v_value"].notnull(), table["open_currency_value"], table["reason_value"]
        )
    table = table.mutate(**changed)
    for s in slots.get("value_usd", []):
        table = _other_money(table, s)
    if "value" in slots:
        dollars = ibis.ifelse(table["v_currency"] == "USD", table["v_value"], ibis.null("float64"))
        table = table.mutate(v_value_usd=ibis.coalesce(table["v_value_usd"], dollars))
    return table


def _error_cells(table: ir.Table, slots: dict[str, list[str]], errors: set[str]) -> ir.Table:
    """Give error cells of a spreadsheet as the reason why nothing is read from them."""
    import ibis

    reasons = {}
    for s in (s for places in slots.values() for s in places if s in errors):
        known = f"reason_{s}"
        other = table[known] if known in table.columns else ibis.null("string")
        reasons[known] = ibis.ifelse(table[s].re_search(ERROR_CELL), AN_ERROR, other)
    if "date" in errors:
        # It is shown beside the reason why the row is lost.
        error = ibis.ifelse(table["date"].re_search(ERROR_CELL), table["date"], ibis.null("string"))
        reasons["date_text"] = ibis.coalesce(table["date_text"], error)
    return table.mutate(**reasons) if reasons else table


def _other_money(table: ir.Table, s: str) -> ir.Table:
    """Let an amount of another currency in a column of US dollars be the value of its row."""
    import ibis

    amount, free = table[f"abroad_{s}"], table["v_value"].isnull()
    moved = amount.notnull() & free
    left = ibis.literal("in ").concat(table[f"currency_{s}"], ibis.literal(", not in US dollars"))
    return table.mutate(
        v_value=ibis.ifelse(moved, amount, table["v_value"]),
        v_currency=ibis.ifelse(moved, table[f"currency_{s}"], table["v_currency"]),
        **{f"reason_{s}": ibis.ifelse(amount.notnull() & ~free, left, table[f"reason_{s}"])},
    )


def _problem_text(table: ir.Table, slots: dict[str, list[str]]) -> Any:
    """Join what is wrong in a row; a later column is only asked where earlier ones are silent."""
    import ibis

    problems, wrong = [], []
    for name in CONTENT_COLUMNS:
        earlier: list[Any] = []
        for k, s in enumerate(slots.get(name, [])):
            if f"reason_{s}" not in table.columns:
                continue
            said = ibis.literal(f"{name}{PART}{k}{PART}").concat(
                table[s], PART, table[f"reason_{s}"], END
            )
            asked = table[f"reason_{s}"].notnull()
            for before in earlier:
                asked &= before.isnull()
            problems.append(ibis.ifelse(asked, said, ""))
            wrong.append(asked)
            if f"clean_{s}" in table.columns:
                earlier.append(table[f"clean_{s}"])
    if not problems:
        return ibis.null("string")
    # Most rows are in order: nothing is joined for them.
    joined = ibis.literal("").join(problems)
    return ibis.ifelse(reduce(or_, wrong), joined, ibis.null("string"))


def _finish(table: ir.Table, slots: dict[str, list[str]]) -> ir.Table:
    import ibis

    said = {name: table[f"v_{name}"] for name in CONTENT_COLUMNS}
    way = table["p_direction"]
    if "direction" in slots:
        way = ibis.coalesce(table["code_direction"], way)
    table = table.mutate(way=way, problems=_problem_text(table, slots))
    own = {}
    for direction, side in (("import", "consignee"), ("export", "shipper")):
        stated = ibis.ifelse(table["way"] == direction, table["p_reporter"], ibis.null("string"))
        trade = table[f"v_{direction}_country"]
        # What a row says itself stands above the name of its file.
        fits = trade.isnull() | (trade == stated)
        here = ibis.ifelse(fits, stated, ibis.null("string"))
        for name, country in ((f"{direction}_country", stated), (f"{side}_country", here)):
            said[name] = ibis.coalesce(table[f"v_{name}"], country)
            own[f"own_{name}"] = table[f"v_{name}"].notnull()
    date, date_text = table["v_date"], table["date_text"]
    lost = ibis.cases(
        (date.isnull() & date_text.notnull(), NO_DATE),
        (date.isnull(), DATE_MISSING),
        (table["v_shipper"].isnull() & table["v_consignee"].isnull(), NO_PARTY),
        else_=ibis.null("string"),
    )
    return table.select(
        "sheet",
        "row",
        **said,
        **own,
        way=table["way"],
        has_id=table["p_has_id"],
        lost=lost,
        lost_value=ibis.ifelse(date.isnull(), date_text, ibis.null("string")),
        problems=table["problems"],
    )
