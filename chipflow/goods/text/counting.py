"""How many chips a record moves: pieces counted, and chips in each piece.

What is counted is the box where the text speaks of servers, else the card. A count in the text
("8*H100", "64 PCS") says what a box holds or stands in for a missing quantity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis

from chipflow.goods.text.patterns import patterns_of, whole
from chipflow.records.vocabulary.numerals import number_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

    from chipflow.goods.catalogue.facts import Catalogue

# Counts that are written on an X after a name; X2 and X3 are names of coolers.
JOINED = (4, 8, 16)
# Pieces that are counted without a word for pieces: larger numbers are of orders and invoices.
MOST_BARE = 999
# What :func:`counting_units` says of a unit.
UNITS = ("counts", "packages", "lots", "trays", "each")
# What :func:`count` reads of what a text says.
READ_COUNTED = (
    "server_like", "said", "board", "pieces", "pieces_after", "in_server", "in_text", "nodes",
    "boxes", "in_all", "packed", "in_tray", "beside", "station",
)  # fmt: skip
# What is needed of it once the items are known.
_LATER = (
    "is_chip", "server_like", "said", "board", "pieces", "pieces_after", "in_server", "nodes",
    "boxes", "in_all", "in_tray", "trays", "station",
)  # fmt: skip


def counting_units(units: ir.Table, column: str, tables: Catalogue) -> ir.Table:
    """Say of each unit, as written, what it stands for.

    Adds ``counts`` (no weight, size or package), ``packages`` (it counts packages), ``lots``
    (it counts lots, which hold one piece if the text says no other), ``trays`` (the same of trays)
    and ``each`` (the pieces in one of it: two in a pair).
    """
    counting = ("lots", "trays")
    amounts = "|".join(w.pattern for w in tables.words_of("unit") if w.name not in counting)
    # A step of its own: what is looked at twenty times would be written twenty times.
    units = units.mutate(_written=units[column].upper().re_replace("[ .]+", ""))
    written = units["_written"]
    packs: dict[int, set[str]] = {}
    for word, number in number_words("of_pieces").items():
        packs.setdefault(int(number), set()).add(word.upper().replace(".", ""))
    several = [(written.isin(sorted(words)), n) for n, words in packs.items()]
    return units.mutate(
        counts=~written.re_search(whole(amounts)),
        **{
            name: written.re_search(whole(tables.word("unit", name).pattern))
            for name in ("packages", *counting)
        },
        each=ibis.cases(*several, else_=1),
    )


def is_count(records: ir.Table) -> ir.BooleanValue:
    """Whether the quantity counts pieces: it is above 0, and its unit counts."""
    return (records.quantity > 0).fill_null(False) & records.counts


def counted(records: ir.Table) -> ir.FloatingValue:
    """Return the pieces that the quantity counts, missing where it counts none."""
    pieces = records.quantity.cast("float64") * records.each
    return ibis.ifelse(is_count(records), pieces, ibis.null("float64"))


def count_in_text(read: ir.Table, tables: Catalogue, keep: Sequence[str]) -> ir.Table:
    """Say what the numbers count that stand in a text.

    Parameters
    ----------
    read
        Texts with the numbers ``n_...`` that were found in them, ``server_like`` and
        ``system_chips``.
    tables
        The catalogue.
    keep
        Columns to hand on.

    Returns
    -------
    ibis.Table
        ``keep`` and ``said`` (number of chips that is said beside the name), ``board`` (as chips
        on a board), ``pieces`` (whether pieces are counted), ``pieces_after`` (pieces that are
        counted after the name), ``in_server`` (chips in a server), ``in_text`` (items, for
        records without a quantity), ``nodes`` (nodes in an item, where chips are counted by node),
        ``boxes`` (systems that are counted before the name), ``in_all`` (chips in all items),
        ``packed`` (pieces in a package), ``in_tray`` (pieces in a tray) and ``beside`` (pieces of
        other goods).
    """
    patterns = patterns_of(tables)
    none = ibis.null("int64")

    # As a text that is looked through: the engine would make a join of each list.
    chips = ibis.literal(f" {' '.join(map(str, patterns.plausible))} ")

    def plausible(number: Any) -> Any:
        written = ibis.literal(" ") + number.cast("string") + ibis.literal(" ")
        return ibis.ifelse(chips.contains(written), number, none)

    # "SET OF 4 A100" and "8 PER SERVER" say it of one item, whatever else is counted.
    said = ibis.coalesce(
        read.n_set_of,
        read.n_cards,
        read.n_rack,
        plausible(read.n_before),
        plausible(read.n_after),
        ibis.ifelse(read.n_joined.isin(JOINED), read.n_joined, none),
    )
    # "10 CARDS PER BOX" says how they are packed.
    loose = read.n_packed.isnull()
    # In a box of servers the cards are counted apart from the servers.
    apart = loose | (read.server_like & (said != read.n_packed))
    read = read.mutate(said=ibis.ifelse(apart, said, none), loose=loose)
    # "2 NODES H100" counts the nodes.
    inside = ibis.ifelse((read.n_inside == read.n_nodes).fill_null(False), none, read.n_inside)
    on_board = read.n_cards.notnull() | read.n_rack.notnull() | read.n_set_of.notnull()
    return read.select(
        *keep,
        "said",
        board=read.loose & on_board,
        pieces=read.n_pieces.notnull(),
        pieces_after=read.n_pieces_after,
        in_server=ibis.coalesce(
            read.n_each, read.said, inside, read.n_in_server, read.system_chips
        ),
        in_text=_items_in_text(read),
        nodes=ibis.ifelse(read.by_node, read.n_nodes, none),
        boxes=read.n_boxes,
        # What is said of each goes before what is said of all.
        in_all=ibis.ifelse(read.n_each.isnull(), read.n_in_all, none),
        packed=read.n_packed,
        in_tray=read.n_in_tray,
        beside=ibis.ifelse(read.server_like, none, read.n_beside),
    )


def _small(number: Any) -> Any:
    """Leave out what is rather the number of an order."""
    return ibis.ifelse(number <= MOST_BARE, number, ibis.null("int64"))


def _items_in_text(read: ir.Table) -> Any:
    none = ibis.null("int64")
    # What a server's text counts by name is inside; only pieces ("2 SETS") and boxes are items.
    inside = read.n_inside.notnull() & read.said.isnull()
    boxes = ibis.coalesce(read.n_boxes, ibis.ifelse(inside, none, read.n_pieces))
    cards = ibis.coalesce(
        read.n_pieces, read.n_quantity, read.n_before, read.n_after, _small(read.n_leading)
    )
    return ibis.ifelse(read.server_like, boxes, cards).cast("float64")


def count(judged: ir.Table, keep: Sequence[str]) -> ir.Table:
    """Say how many ``items`` and ``chips_per_item`` there are.

    Each step is a table of its own: an expression that is used by others is written out in each
    of them, and those of them in the next.

    Parameters
    ----------
    judged
        Records with ``UNITS``, ``READ_COUNTED``, ``quantity`` and ``is_chip``.
    keep
        Columns to hand on.

    Returns
    -------
    ibis.Table
        ``keep`` and the two columns.
    """
    none = ibis.null("float64")
    of_lots = judged.lots & judged.packed.notnull()
    # A quantity of packages counts pieces where the text says how many are in each.
    packages = ibis.ifelse(
        (judged.packages | of_lots) & (judged.quantity > 0), judged.quantity, None
    )
    told = judged.select(
        *keep, *_LATER, "in_text", "beside",
        counted=ibis.ifelse(of_lots, none, counted(judged)),
        unpacked=packages.cast("float64") * judged.packed,
    )  # fmt: skip
    # "H200 X 64, HEATSINK X 64" beside a quantity of 128, which counts both.
    both = (told.in_text + told.beside == told.counted).fill_null(False)
    of_quantity = ibis.ifelse(both, told.in_text, told.counted)
    items = ibis.coalesce(of_quantity, told.unpacked, told.in_text)
    itemised = told.select(*keep, *_LATER, "counted", items=items)
    chips = ibis.ifelse(itemised.is_chip, _chips_per_item(itemised), ibis.null("int64"))
    return itemised.select(*keep, "items", chips_per_item=chips.cast("float64"))


def _chips_per_item(judged: ir.Table) -> Any:
    """Return the chips in an item."""
    items = judged["items"]
    # "8*H100" beside a quantity of 8 says the same thing twice; beside 10 it is what each holds.
    twice = (items == judged.said).fill_null(False)
    card = ibis.cases(
        (judged.trays & judged.in_tray.notnull(), judged.in_tray),
        (judged.said.isnull() | twice, 1),
        (judged.board, judged.said),
        # Whether the record itself counts items.
        (judged.pieces | judged.counted.isnull(), 1),
        else_=judged.said,
    )
    # "SERVER WITH H100 8 PCS": beside a quantity of 2 the pieces are inside.
    repeated = (items == judged.pieces_after).fill_null(True)
    inside = ibis.ifelse(repeated, ibis.null("int64"), judged.pieces_after)
    least = ibis.ifelse(judged.station, 1, ibis.null("int64"))
    # "4 NODES, EACH NODE 2 X A100", but not where the nodes are what the quantity counts.
    nodes = ibis.ifelse((judged.nodes != items).fill_null(False), judged.nodes, 1)
    # "RACK WITH 4 DGX H100", of which there is one.
    boxes = ibis.ifelse((items == 1).fill_null(False), judged.boxes.fill_null(1), 1)
    server = ibis.coalesce(judged.in_server, inside, least) * nodes * boxes
    # "TOTAL 16 GPU" in two servers.
    share = ibis.ifelse((judged.in_all % items == 0).fill_null(False), judged.in_all / items, None)
    return ibis.coalesce(share.cast("int64"), ibis.ifelse(judged.server_like, server, card))
