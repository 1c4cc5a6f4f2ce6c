"""What a description says was shipped: chip, number of chips, or kind of goods.

Descriptions repeat, so each distinct text is read once, and remembered. All names, words and
weights are rows of ``goods/tables``.

The steps are ``texts`` (one text), headings (one HS code, here), the judgement that joins them
(here) and ``counting``. Everything is an Ibis expression.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import ibis

from chipflow.engine import fetch_arrow
from chipflow.goods.catalogue.load import Catalogue, load_catalogue
from chipflow.goods.text.counting import READ_COUNTED, UNITS, count, counting_units, is_count
from chipflow.goods.text.lookups import (
    NO_CODE,
    NO_WORD,
    OTHER_CODE,
    Lookups,
    headings_of,
    lookups_of,
    worded_headings,
)
from chipflow.goods.text.patterns import beginning
from chipflow.goods.text.texts import COLUMNS as READ
from chipflow.goods.text.texts import (
    TEXT,
    mentions_return,
    names_something,
    read_texts,
    says_nothing,
    tells_something,
    word_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import ibis.expr.types as ir
    import pyarrow as pa

COLUMNS = (
    "goods",
    "chip",
    "chip_probability",
    "chips_per_item",
    "items",
    "units",
    "declared",
    "vague",
    "mentions_return",
)

_HS, _UNIT, _READ, _ROWS = "_goods_hs", "_goods_unit", "_goods_read", "_goods_rows"
_TOLD, _TEXTS, _ANSWERS = "_goods_told", "_goods_texts", "_goods_answers"

# Texts with a name that are remembered, some 100 bytes each; more are read within the engine.
_MOST_TEXTS = 50_000


@dataclass(frozen=True, slots=True)
class Goods:
    """What one description says; the fields are the columns that :func:`classify` adds."""

    goods: str
    chip: str | None
    chip_probability: float | None
    chips_per_item: float | None
    items: float | None
    units: float | None
    declared: bool
    vague: bool
    mentions_return: bool


def classify(expr: ir.Table, catalogue: Catalogue | None = None) -> ir.Table:
    """Add what was shipped to a table of records.

    Parameters
    ----------
    expr
        Canonical records, of which the columns description, hs_code, quantity and quantity_unit
        are read. Bound to any backend, or in memory.
    catalogue
        Tables to use instead of the shipped ones.

    Returns
    -------
    ibis.Table
        The same rows in no particular order, with these columns in place of any of the same name
        (in letters of either case, since engines do not tell "Chip" from "chip")

        - ``goods``: accelerator, server, consumer_card, computer_parts, computer,
          integrated_circuit, telecom, electronics, other or unknown;
        - ``chip``: name of a chip in the catalogue, or of its family where the text does not
          tell the variant; missing if no chip is named or the probability is below the threshold;
        - ``chip_probability``: 0..1, missing without chip;
        - ``chips_per_item``: chips in each counted item, missing if not known;
        - ``items``: counted pieces, missing where the quantity is a weight, length, area, volume or
          number of packages and the text does not say how many are in each;
        - ``units``: chips in the shipment, missing if not known;
        - ``declared``: the text itself names the chip or a system that carries it;
        - ``vague``: no chip is named, but text or HS code could cover one;
        - ``mentions_return``: words of repair, return or warranty.

    Notes
    -----
    A quantity in a unit of weight, length, area or volume is no count; a count in the text
    ("64 PCS H100") stands in where the quantity is missing or none. Pairs and dozens are turned
    into pieces.
    """
    tables = catalogue or load_catalogue()
    rows, answers, said = _of_columns(expr.schema(), tables)
    tables_of_rows = {rows.op(): expr.op(), answers.op(): _answers(expr, tables).op()}
    return said.op().replace(tables_of_rows).to_expr()


@lru_cache(maxsize=8)
def _of_columns(columns: ibis.Schema, tables: Catalogue) -> tuple[ir.Table, ir.Table, ir.Table]:
    """Return a table of such columns, one of what its texts say, and what is said of its rows.

    To write it takes Ibis long.
    """
    rows = ibis.table(columns, name=_ROWS)
    answers = ibis.table(_reader(tables)[1].schema(), name=_ANSWERS)
    return rows, answers, _classified(rows, answers, tables, _in_memory(tables))


def _answers(expr: ir.Table, tables: Catalogue) -> ir.Table:
    """Return what the texts with a name say; they are few, and each is read once."""
    texts = expr.select(**{TEXT: _filled(expr.description)})
    named = texts.filter(names_something(texts[TEXT], tables)).distinct()
    found = fetch_arrow(named.limit(_MOST_TEXTS + 1))
    if found.num_rows <= _MOST_TEXTS:
        return ibis.memtable(_remembered(tables).of(found.column(TEXT)))
    asked, said = _reader(tables)
    return said.op().replace({asked.op(): named.op()}).to_expr()


@lru_cache(maxsize=8)
def _reader(tables: Catalogue) -> tuple[ir.Table, ir.Table]:
    """Return a table of texts, and what they say."""
    asked = ibis.table({TEXT: "string"}, name=_TEXTS)
    told = read_texts(asked, tables, _in_memory(tables), called=_READ)
    # One column for all that a text says: each step that hands twenty on takes Ibis longer.
    return asked, told.select(_READ, **{_TOLD: ibis.struct({name: told[name] for name in READ})})


class _Remembered:
    """What texts were found to say, so that the same text is not read again in this process."""

    def __init__(self, tables: Catalogue) -> None:
        self._asked, self._said = _reader(tables)
        self._known = self._said.schema().to_pyarrow().empty_table()

    def of(self, texts: pa.ChunkedArray) -> pa.Table:
        """Return what these different texts say, one row each."""
        import pyarrow as pa
        import pyarrow.compute as pc

        known = self._known
        new = texts.filter(pc.invert(pc.is_in(texts, value_set=known.column(_READ))))
        if len(new):
            asked = ibis.memtable(pa.table({TEXT: new}))
            read = self._said.op().replace({self._asked.op(): asked.op()}).to_expr()
            known = pa.concat_tables([known, fetch_arrow(read)])
        here = known.filter(pc.is_in(known.column(_READ), value_set=texts))
        self._known = known if known.num_rows <= _MOST_TEXTS else here
        return here


@lru_cache(maxsize=8)
def _remembered(tables: Catalogue) -> _Remembered:
    return _Remembered(tables)


@lru_cache(maxsize=8)
def _in_memory(tables: Catalogue) -> Lookups:
    # Kept, so that an engine which is asked again knows them already.
    return Lookups(*(ibis.memtable(table) for table in lookups_of(tables)))


def _classified(expr: ir.Table, answers: ir.Table, tables: Catalogue, lookups: Lookups) -> ir.Table:
    # Records may have columns of any name, also of those that are used here: they travel by number.
    carried = {
        f"_goods_own_{n}": name
        for n, name in enumerate(expr.columns)
        # Engines take "Chip" and "chip" for the same column.
        if name.lower() not in COLUMNS
    }
    text = _filled(expr.description)
    # HS codes, units and kinds of goods are few: each is judged once.
    keys = {_HS: _filled(expr.hs_code), _UNIT: _filled(expr.quantity_unit)}
    codes = _read_codes(expr.select(**keys).distinct(), tables)
    codes = counting_units(codes, _UNIT, tables)
    searched = expr.select(
        **{own: expr[name] for own, name in carried.items()},
        **{TEXT: text, **keys},
        quantity=expr.quantity,
    )
    joined = searched.join(codes, [_HS, _UNIT], how="inner")
    met = joined.left_join(answers, joined[TEXT] == answers[_READ])
    met = met.select(*searched.columns, "heading", "coded", "worded", *UNITS, _READ, _TOLD)
    text = met[TEXT]
    hit = met[_READ].notnull()
    # Words are looked for only under HS codes of which they may say more.
    found = ibis.ifelse(tells_something(text, tables), word_of(text, tables), NO_WORD)
    skimmed = met.select(
        *carried,
        "quantity",
        *UNITS,
        "heading",
        _TOLD,
        mentions_return=ibis.ifelse(hit, mentions_return(text, tables), False),
        word=ibis.ifelse(met.worded | hit, found, NO_WORD),
        # Only a text without a code can be empty.
        empty=ibis.ifelse(met.coded, False, says_nothing(text, tables)),
    )
    # What HS code and words mean together.
    worded = skimmed.join(lookups.headings, ["heading", "word"], how="inner")
    judged = _judge(worded, tables, keep=(*carried, *UNITS, "quantity"))
    kept = (name for name in COLUMNS if name in judged.columns)
    counted = count(judged, [*carried, *kept])
    said = {name: counted[own] for own, name in carried.items()}
    said |= {name: counted[name] for name in COLUMNS if name != "units"}
    said["units"] = counted["items"] * counted.chips_per_item
    names = [*carried.values(), *COLUMNS]
    return counted.select(**{name: said[name] for name in names})


def _filled(column: ir.Value) -> ir.StringValue:
    return column.cast("string").fill_null("")


def classify_text(
    description: str | None,
    hs_code: str | None = None,
    quantity: float | None = None,
    quantity_unit: str | None = None,
    *,
    catalogue: Catalogue | None = None,
) -> Goods:
    """Say what one description means, by the same expression as :func:`classify`.

    Parameters
    ----------
    description, hs_code, quantity, quantity_unit
        As in a record; None where missing.
    catalogue
        Tables to use instead of the shipped ones.

    Returns
    -------
    Goods

    Examples
    --------
    >>> classify_text("HGX H100 8-GPU BASEBOARD", "847330", 2, "PCS").units
    16.0
    """
    return classify_texts([(description, hs_code, quantity, quantity_unit)], catalogue=catalogue)[0]


def classify_texts(
    rows: Sequence[tuple[str | None, str | None, float | None, str | None]],
    *,
    catalogue: Catalogue | None = None,
) -> list[Goods]:
    """Say what several descriptions mean, in one query.

    Parameters
    ----------
    rows
        Tuples (description, hs_code, quantity, quantity_unit).
    catalogue
        Tables to use instead of the shipped ones.

    Returns
    -------
    list of Goods
        In the order of ``rows``.
    """
    import pyarrow as pa

    if not rows:
        return []
    columns = list(zip(*rows, strict=True))
    numbers = [None if value is None else float(value) for value in columns[2]]
    table = pa.table(
        {
            "record_id": pa.array(range(len(rows)), pa.int64()),
            "description": pa.array(columns[0], pa.string()),
            "hs_code": pa.array(columns[1], pa.string()),
            "quantity": pa.array(numbers, pa.float64()),
            "quantity_unit": pa.array(columns[3], pa.string()),
        }
    )
    said = fetch_arrow(classify(ibis.memtable(table), catalogue).order_by("record_id"))
    return [Goods(**row) for row in said.select(COLUMNS).to_pylist()]


# ---------------------------------------------------------------- one HS code


def _read_codes(codes: ir.Table, tables: Catalogue) -> ir.Table:
    """Say of each HS code under which ``heading`` it is, and whether words could change that."""
    read = codes.mutate(digits=codes[_HS].re_replace("[^0-9]", ""))
    missing = read.digits == NO_CODE
    found = read.digits.re_extract(beginning(headings_of(tables)), 0)
    return read.select(
        _HS,
        _UNIT,
        heading=ibis.ifelse(missing | (found != ""), found, OTHER_CODE),
        coded=~missing,
        worded=missing | read.digits.re_search(beginning(worded_headings(tables))),
    )


# ---------------------------------------------------------------- one record


def _judge(joined: ir.Table, tables: Catalogue, keep: Sequence[str]) -> ir.Table:
    threshold = tables.words_of("threshold")[0].log_odds
    told = {name: joined[_TOLD][name] for name in READ}
    named = told["family"].notnull()
    # A step of its own: the probability is looked at three times.
    weighed = joined.select(
        *keep, "word_kind", "mentions_return",
        **{name: told[name] for name in (*READ_COUNTED, "name", "datacentre")},
        # The search was for a little more than names.
        p=ibis.ifelse(named, _probability(joined, told, tables), 0.0),
        plain=ibis.ifelse(named, joined.plain_named, joined.plain),
        # Words or HS code could cover a chip without naming it.
        covers=joined.plain_vague | (joined.open & joined.empty),
    )  # fmt: skip
    is_chip = weighed.p >= threshold
    return weighed.select(
        *keep,
        *READ_COUNTED,
        "mentions_return",
        is_chip=is_chip,
        chip=ibis.ifelse(is_chip, weighed.name, ibis.null("string")),
        chip_probability=ibis.ifelse(is_chip, weighed.p, ibis.null("float64")),
        goods=ibis.ifelse(is_chip, _chip_goods(weighed), weighed.plain),
        declared=is_chip,
        vague=~is_chip & weighed.covers,
    )


def _probability(joined: ir.Table, told: Mapping[str, Any], tables: Catalogue) -> Any:
    """Turn the log-odds of text, heading and quantity into the probability of a chip.

    Two questions: whether the name means the chip, and whether the goods are the chip (or what
    carries it) and not an accessory of it. However sure the first is, it does not say the second.
    """
    named = told["score"] + joined.hs_score + _amount(joined, told["clear"], tables)
    itself = told["itself"] + joined.hs_itself
    return told["in_box"] / ((1 + (-named).exp()) * (1 + (-itself).exp()))


def _chip_goods(weighed: ir.Table) -> Any:
    consumer = ibis.ifelse(
        weighed.word_kind.isin(["server", "computer"]), weighed.word_kind, "consumer_card"
    )
    return ibis.ifelse(
        weighed.datacentre, ibis.ifelse(weighed.server_like, "server", "accelerator"), consumer
    )


def _amount(joined: ir.Table, clear: Any, tables: Catalogue) -> Any:
    """Weigh that the quantity is an amount (kilograms, metres) and not a count."""
    odds = sum(w.log_odds for w in tables.words_of("amount"))
    amount = joined.quantity.notnull() & ~is_count(joined)
    return ibis.ifelse(amount & ~clear, odds, 0.0)
