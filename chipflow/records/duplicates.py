"""Which rows are the same record, which name each record has, and what is kept."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING

from chipflow.engine import fetch, in_memory

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

# A sheet of fewer different rows may repeat itself by chance.
_LEAST_DIFFERENT = 3
_SHORT, _LONG = 8, 12
SAME_RECORD = "the same record again"
OTHER_SIDE = "the same shipment, declared to the customs of the other side"


def all_numbered(used: ir.Table) -> bool:
    """Tell if each row has a record number of its own, and so differs from every other."""
    seen = fetch(used.agg(rows=used.count(), numbers=used.record_id.nunique()))
    return int(seen["rows"].iloc[0]) == int(seen["numbers"].iloc[0])


def all_differ(used: ir.Table) -> bool:
    """Tell if no two usable rows are equal and none shares its name with another."""
    seen = fetch(
        used.agg(
            rows=used.count(), contents=used.content.nunique(), names=plain_name(used).nunique()
        )
    )
    rows, contents, names = (int(seen[c].iloc[0]) for c in ("rows", "contents", "names"))
    return rows == contents == names


def plain_name(records: ir.Table) -> ir.StringValue:
    """Return the record number of the file, or part of the content's hash."""
    import ibis

    return ibis.coalesce(records.record_id, ibis.literal("r-").concat(records.content.left(_LONG)))


def pasted(used: ir.Table) -> dict[int, int]:
    """Return how many times over a sheet holds the same rows, for sheets pasted repeatedly.

    Only sheets without record numbers are asked: there, equal-looking rows are different
    shipments, unless every different row stands there a multiple of m >= 2 times.

    Returns
    -------
    dict
        Sheet number -> m.
    """
    unnumbered = used.filter(~used.has_id)
    times = unnumbered.group_by("sheet", "content").agg(times=unnumbered.count())
    counted = fetch(times.group_by("sheet", "times").agg(different=times.count()))
    found: dict[int, int] = {}
    for sheet, part in counted.groupby("sheet"):
        common = gcd(*(int(n) for n in part["times"]))
        if common >= 2 and int(part["different"].sum()) >= _LEAST_DIFFERENT:
            found[int(str(sheet))] = common
    return found


def identify(used: ir.Table, times: dict[int, int]) -> ir.Table:
    """Give every usable row its record and say if it is kept.

    Parameters
    ----------
    used
        Usable rows: ``sheet`` (numbered in the order of their sources), ``row``,
        ``record_id``, ``has_id``, ``content`` (hash of what the row says), ``raw_row`` (hash of
        its text, missing where no record number repeats).
    times
        What :func:`pasted` found.

    Returns
    -------
    ibis.Table
        Usable rows with ``k`` (which of several equal-looking records of a sheet it is) and
        ``first`` (true for the row that is kept).
    """
    import ibis

    same = ibis.window(group_by=["sheet", "content", "raw_row"], order_by="row")
    # With record numbers, a row that is equal in every cell is the same record again.
    used = used.mutate(
        repeated=used.has_id & used.raw_row.notnull() & (ibis.row_number().over(same) > 0)
    )
    alike = ibis.window(
        group_by=["sheet", "content"],
        order_by=[used.repeated, used.raw_row, used.row],
    )
    used = used.mutate(place=ibis.row_number().over(alike))
    within = ibis.window(group_by=["sheet", "content"])
    used = used.mutate(alike=used.count().over(within))
    if times:
        cases = [(used.sheet == sheet, ibis.literal(m)) for sheet, m in sorted(times.items())]
        used = used.mutate(m=ibis.cases(*cases, else_=ibis.literal(1)))
        kept = (used.alike / used.m).floor().cast("int64")
        used = used.mutate(k=used.place % kept)
    else:
        used = used.mutate(k=used.place)
    if_same = ibis.window(group_by=["sheet", "content", "raw_row"])
    used = used.mutate(k=ibis.ifelse(used.repeated, used.k.min().over(if_same), used.k))
    over = ibis.window(group_by=["content", "k"], order_by=["sheet", "row"])
    return used.mutate(first=ibis.row_number().over(over) == 0)


def joined_records(marked: ir.Table, pairs: pd.DataFrame) -> ir.Table:
    """Let records be given up for others.

    Parameters
    ----------
    marked
        Table of :func:`identify`.
    pairs
        ``content``, ``k`` of a record and ``to_content``, ``to_k`` of the one that it is.

    Returns
    -------
    ibis.Table
        All rows of a record that is given up are further rows of the other.
    """
    import ibis

    moved = in_memory(pairs.rename(columns={"content": "from_content", "k": "from_k"}))
    both = marked.left_join(moved, [marked.content == moved.from_content, marked.k == moved.from_k])
    return both.mutate(
        content=ibis.coalesce(both.to_content, both.content),
        k=ibis.coalesce(both.to_k, both.k),
        first=both["first"] & both.to_content.isnull(),
        other_side=both.to_content.notnull(),
    ).select(*marked.columns)


def name_records(marked: ir.Table) -> ir.Table:
    """Give each kept row its ``record_id``.

    The record number of the file, if no other record has it; with a part of the content's hash
    behind it if one has; without a number, a part of the hash alone. Equal names are numbered
    in the order of their content, so that no name depends on the order of rows or files.

    Returns
    -------
    ibis.Table
        ``content``, ``k``, ``record_id``, one row for each record.
    """
    import ibis

    kept = marked.filter(marked.first).select("content", "k", declared=marked.record_id)
    sharing = ibis.window(group_by="declared")
    kept = kept.mutate(sharing=kept.count().over(sharing))
    name = ibis.cases(
        (kept.declared.isnull(), ibis.literal("r-").concat(kept.content.left(_LONG))),
        (kept.sharing == 1, kept.declared),
        else_=kept.declared.concat("~", kept.content.left(_SHORT)),
    )
    kept = kept.mutate(name=name)
    equal = ibis.window(group_by="name", order_by=["content", "k"])
    kept = kept.mutate(turn=ibis.row_number().over(equal) + 1)
    numbered = ibis.ifelse(
        kept.turn == 1, kept.name, kept.name.concat("~", kept.turn.cast("string"))
    )
    return kept.select("content", "k", record_id=numbered)
