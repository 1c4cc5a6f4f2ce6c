"""From text to typed canonical columns, as one Ibis expression over all rows."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from chipflow.records.amounts import is_missing, kilograms, read_numbers, step
from chipflow.records.content import is_missing as says_nothing
from chipflow.records.dates import read_dates
from chipflow.records.decide import Decisions
from chipflow.records.places import country_code, currency_code, direction_of, is_no_country
from chipflow.records.schema import (
    CONTENT_COLUMNS,
    COUNTRY_FIELDS,
    KINDS,
    NUMBER_FIELDS,
    PORT_FIELDS,
)
from chipflow.records.slots import END, PART, slot

if TYPE_CHECKING:
    import ibis.expr.types as ir

_BLANK = r"\s\x{00a0}\x{200b}\x{feff}\x{2007}\x{202f}\x00-\x1f\x7f"
_BLANKS = rf"[{_BLANK}]+"
# Bytes of UTF-8 read as Windows-1252 or ISO 8859-1: two or more characters for one.
_HIGH = (
    r"[\x{0080}-\x{00bf}\x{0152}\x{0153}\x{0160}\x{0161}\x{0178}\x{017d}\x{017e}\x{0192}"
    r"\x{02c6}\x{02dc}\x{2013}-\x{203a}\x{20ac}\x{2122}]"
)
_GARBLED = (
    rf"\x{{fffd}}|\x{{00c3}}{_HIGH}|(?:[\x{{00d0}}\x{{00d1}}]{_HIGH}){{2}}|\x{{00e2}}\x{{20ac}}"
)
# One look finds the few texts that need any of the above.
_UNUSUAL = rf"\s\s|[\t\n\r\f{_BLANK[2:]}]|{_GARBLED}"
_PARTIES = ("shipper", "consignee")
_WORDS = tuple(
    name
    for name in CONTENT_COLUMNS
    if KINDS[name] == "text" and name not in {"date_precision", "hs_code", "currency"}
)
# An HS code has two digits (chapter) to twelve (national lines).
_HS = r"^\d{2,12}$"
_PRECISIONS = ("day", "month", "year")

NOT_READABLE = "not readable in the file's encoding"
NOT_A_COUNTRY = "not a country that is known"
NOT_HS = "not an HS code"
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
    table = _look_up(table, needed, made)
    slots = {name: [slot(name, k) for k in range(n)] for name, n in needed.items()}
    table = _said(table, slots)
    numbers = [s for name in NUMBER_FIELDS for s in slots.get(name, [])]
    table = read_numbers(table, numbers)
    table = read_dates(table, slots.get("date", []), made.classes, made.month_words)
    table = _texts_and_codes(table, slots, made.usual)
    table = _merged(table, slots)
    table = _units_and_money(table, slots)
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

    Also ``odd_SLOT`` (no country that is known) and ``empty_SLOT`` (says nothing; missing for
    an empty cell).
    """
    import ibis
    import pyarrow as pa

    for name in (*COUNTRY_FIELDS, "currency", "direction"):
        country = name in COUNTRY_FIELDS
        find = country_code if country else currency_code if name == "currency" else direction_of
        for k in range(needed.get(name, 0)):
            where = slot(name, k)
            values = made.different.get(where, [])
            codes = [find(value) for value in values]
            odd = [
                country and code is None and not is_no_country(value)
                for value, code in zip(values, codes, strict=True)
            ]
            pairs = pa.table(
                {
                    f"text_{where}": pa.array(values, pa.string()),
                    f"code_{where}": pa.array(codes, pa.string()),
                    f"odd_{where}": pa.array(odd, pa.bool_()),
                    f"empty_{where}": pa.array([*map(says_nothing, values)], pa.bool_()),
                }
            )
            found = ibis.memtable(pairs)
            joined = table.left_join(found, table[where] == found[f"text_{where}"])
            table = joined.drop(f"text_{where}")
    return table


def _said(table: ir.Table, slots: dict[str, list[str]]) -> ir.Table:
    """Add ``said_SLOT``: the text of a cell, missing if it says nothing."""
    import ibis

    every = [(name, s) for name, places in slots.items() for s in places]
    said = {}
    for name, s in every:
        text = table[s]
        if f"empty_{s}" in table.columns:
            nothing = table[f"empty_{s}"].fill_null(True)
        else:
            nothing = is_missing(text, parties=name in _PARTIES)
        if name in COUNTRY_FIELDS:
            nothing = ibis.ifelse(text.upper() == "NA", table[f"full_{s}"], nothing)
        said[f"said_{s}"] = ibis.ifelse(nothing, ibis.null("string"), text)
    return step(table, said, ("full_", "empty_"))


def _texts_and_codes(table: ir.Table, slots: dict[str, list[str]], usual: set[str]) -> ir.Table:
    """Add ``clean_SLOT`` and ``reason_SLOT`` for every kind of column."""
    import ibis

    no_text = ibis.null("string")
    words = [s for name in _WORDS for s in slots.get(name, [])]
    unusual = [s for s in words if s not in usual]
    codes = slots.get("hs_code", [])
    table = table.mutate(
        **{f"odd_text_{s}": table[f"said_{s}"].re_search(_UNUSUAL) for s in unusual},
        **{f"plain_{s}": table[f"said_{s}"].re_search(_HS) for s in codes},
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
    for s in codes:
        text = table[f"said_{s}"]
        digits = text.re_replace(r"\.0$", "").re_replace(r"[\s.\-/']", "")
        flat[f"flat_{s}"] = ibis.ifelse(table[f"plain_{s}"], text, digits)
    table = table.mutate(**flat)
    reasons, ready = {}, {}
    for s in unusual:
        bad = table[f"odd_text_{s}"] & table[f"flat_{s}"].re_search(_GARBLED)
        reasons[f"reason_{s}"] = ibis.ifelse(bad, NOT_READABLE, no_text)
    for s in codes:
        text = table[f"flat_{s}"]
        good = table[f"plain_{s}"] | text.re_search(_HS)
        reasons[f"reason_{s}"] = ibis.ifelse(text.notnull() & ~good, NOT_HS, no_text)
    for name in COUNTRY_FIELDS:
        for s in slots.get(name, []):
            said = table[f"said_{s}"].notnull()
            odd = said & table[f"odd_{s}"].fill_null(False)
            reasons[f"reason_{s}"] = ibis.ifelse(odd, NOT_A_COUNTRY, no_text)
            ready[f"clean_{s}"] = ibis.ifelse(said, table[f"code_{s}"], no_text)
    table = step(table, reasons, ("odd_text_", "plain_"))
    for s in words:
        ready[f"clean_{s}"] = table[f"flat_{s}"]
    for s in (*unusual, *codes):
        good = table[f"reason_{s}"].isnull()
        ready[f"clean_{s}"] = ibis.ifelse(good, table[f"flat_{s}"], no_text)
    for name in NUMBER_FIELDS:
        for s in slots.get(name, []):
            factor = table[f"factor_{s}"]
            if name == "weight_kg":
                if "weight_unit" in slots:
                    factor = kilograms(table["said_weight_unit"], factor)
                factor = kilograms(table[f"unit_{s}"], factor)
            ready[f"clean_{s}"] = table[f"number_{s}"] * factor
    return step(table, ready, ("flat_", "number_", "factor_", "odd_"))


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
            columns["v_currency"] = (
                ibis.coalesce(table["code_currency"], table["said_currency"].upper())
                if places
                else no_text
            )
            # A text that is no code says nothing if the cell itself does not.
            if places:
                given = table["said_currency"].notnull()
                columns["v_currency"] = ibis.ifelse(given, columns["v_currency"], no_text)
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
        changed["v_currency"] = ibis.ifelse(
            table["p_own_currency"], by_header, ibis.coalesce(table["v_currency"], by_header)
        )
    table = table.mutate(**changed)
    if "value" in slots:
        dollars = ibis.ifelse(table["v_currency"] == "USD", table["v_value"], ibis.null("float64"))
        table = table.mutate(v_value_usd=ibis.coalesce(table["v_value_usd"], dollars))
    return table


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
