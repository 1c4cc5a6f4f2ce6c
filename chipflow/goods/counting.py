"""How many chips a record moves: pieces counted, and chips in each piece.

What is counted is the box where the text speaks of servers, else the card. A count in the text
("8*H100", "64 PCS") says what a box holds or stands in for a missing quantity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis

from chipflow.goods.patterns import patterns_of, whole

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from chipflow.goods.facts import Catalogue

# Counts that are written on an X after a name; X2 and X3 are names of coolers.
JOINED = (4, 8, 16)


def counting_units(units: ir.Table, column: str, tables: Catalogue) -> ir.Table:
    """Say of each unit, as written, whether it ``counts``: no weight, size or package."""
    amounts = "|".join(w.pattern for w in tables.words_of("unit"))
    written = units[column].upper().re_replace("[ .]+", "")
    return units.mutate(counts=~written.re_search(whole(amounts)))


def is_count(records: ir.Table) -> ir.BooleanValue:
    """Whether the quantity counts pieces: it is above 0, and its unit counts."""
    return (records.quantity > 0).fill_null(False) & records.counts


def counted(records: ir.Table) -> ir.FloatingValue:
    """Return the pieces that the quantity counts, missing where it counts none."""
    return ibis.ifelse(is_count(records), records.quantity.cast("float64"), ibis.null("float64"))


def count(judged: ir.Table, tables: Catalogue) -> ir.Table:
    """Add ``items``, ``chips_per_item`` and ``units``.

    Parameters
    ----------
    judged
        Records with what was read from their text, and ``is_chip``.
    tables
        The catalogue.

    Returns
    -------
    ibis.Table
    """
    patterns = patterns_of(tables)
    none = ibis.null("int64")

    def plausible(number: Any) -> Any:
        return ibis.ifelse(number.isin(patterns.plausible), number, none)

    step = judged.mutate(
        items=counted(judged),
        said=ibis.coalesce(
            plausible(judged.n_cards),
            plausible(judged.n_rack),
            plausible(judged.n_before),
            plausible(judged.n_after),
            ibis.ifelse(judged.n_joined.isin(JOINED), judged.n_joined, none),
        ),
        said_inside=ibis.coalesce(plausible(judged.n_inside), plausible(judged.n_in_server)),
        listed=ibis.coalesce(judged.n_before, judged.n_after),
    )
    per_item = ibis.ifelse(step.is_chip, _chips_per_item(step), none).cast("float64")
    done = step.mutate(chips_per_item=per_item, in_text=_items_in_text(step))
    done = done.mutate(items=ibis.coalesce(done.items, done.in_text))
    return done.mutate(units=done.items * done.chips_per_item)


def _chips_per_item(step: ir.Table) -> Any:
    # "8*H100" beside a quantity of 8 says the same thing twice; beside 10 it is what each holds.
    twice = (step.items == step.said).fill_null(False)
    board = step.n_cards.notnull() | step.n_rack.notnull()
    card = ibis.cases(
        (step.said.isnull() | twice, 1),
        (board, step.said),
        (step.n_pieces.notnull() | step.items.isnull(), 1),
        else_=step.said,
    )
    server = ibis.coalesce(step.said, step.said_inside, step.system_chips)
    return ibis.ifelse(step.server_like, server, card)


def _items_in_text(step: ir.Table) -> Any:
    """Return the pieces that the text counts, for records without a quantity."""
    none = ibis.null("int64")
    # What a server's text counts by name is inside; only pieces ("2 SETS") and boxes are items.
    inside = step.n_inside.notnull() & step.said.isnull()
    boxes = ibis.coalesce(step.n_boxes, ibis.ifelse(inside, none, step.n_pieces))
    return ibis.ifelse(step.server_like, boxes, ibis.coalesce(step.n_pieces, step.listed)).cast(
        "float64"
    )
