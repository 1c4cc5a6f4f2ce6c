"""From understood sheets to records: clean, find duplicates, name, count."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from chipflow.engine import fetch, materialise
from chipflow.records.both_sides import seen_from_both
from chipflow.records.cleaning.clean import DATE_MISSING, NO_DATE, clean, content_of
from chipflow.records.cleaning.decide import decide
from chipflow.records.cleaning.sheet_parameters import sheet_parameters
from chipflow.records.cleaning.unread import CellCounts
from chipflow.records.duplicates import (
    OTHER_SIDE,
    SAME_RECORD,
    all_differ,
    all_numbered,
    identify,
    joined_records,
    name_records,
    pasted,
)
from chipflow.records.io.sheets import Body
from chipflow.records.mapping.gather import first_cells
from chipflow.records.mapping.slots import (
    END,
    PART,
    Usable,
    raw_rows,
    text_table,
    widths,
)
from chipflow.records.schema import (
    COLUMNS,
    CONTENT_COLUMNS,
    DUPLICATE_COLUMNS,
    KINDS,
    REJECTED_COLUMNS,
    Sheet,
)
from chipflow.records.vocabulary.layouts import Layout
from chipflow.records.vocabulary.words import read_header

BELOW = "stands below the table: a total or a remark"
# Rows at the end of a sheet that may be a footer; longer ones are a table of their own.
_LONGEST_FOOTER = 50
_FEWEST_CELLS = 2
_NARROW = 3
# A rejected cell is shown up to here; a cell may hold a megabyte.
_LONGEST_VALUE = 300

_MARKS = ("sheet", "row", "content", "k", "first", "record_id")
Result = tuple[Any, pd.DataFrame, pd.DataFrame, CellCounts]


def assemble(
    backend: Any,
    sheets: list[Sheet],
    usable: list[Usable],
    others: list[tuple[Sheet, Body]],
    group_of: dict[int, int],
    layout: Layout,
) -> Result:
    """Read the rows of all usable sheets together.

    Returns
    -------
    tuple
        The canonical expression, the rejected and the duplicate rows, and how many cells of each
        field were not read. The counts of the sheets are filled in.
    """
    import ibis

    rejected: list[pd.DataFrame] = [_all_rows(sheet, body) for sheet, body in others]
    if not usable:
        return (
            _nothing(backend),
            _rejects(rejected),
            _frame([], DUPLICATE_COLUMNS),
            CellCounts.none(),
        )
    needed = widths(usable)
    cells, usual, errors = text_table(usable)
    texts = _memtable(cells)
    made = decide(texts, needed, usable, group_of, layout, partial(fetch, session=backend), usual)
    made.errors = errors
    for number, sentences in made.warnings.items():
        sheets[number].warnings += sentences
    known = sheet_parameters(usable, layout, made)
    cleaned = materialise(clean(texts, known, needed, made), backend)
    used = cleaned.filter(cleaned.lost.isnull())
    records = _told_apart(used, usable)
    lost = fetch(
        cleaned.filter(cleaned.lost.notnull()).select("sheet", "row", "lost", "lost_value")
    )
    last = fetch(used.group_by("sheet").agg(last=used.row.max()))
    last_row = {int(s): int(r) for s, r in zip(last["sheet"], last["last"], strict=True)}
    by_number = {u.number: u for u in usable}
    footers = _footers(lost, by_number, last_row)
    below = pd.MultiIndex.from_frame(lost[["sheet", "row"]]).isin(footers)
    lost["lost"] = lost["lost"].mask(below, BELOW)
    gone = _lost_rows(lost, by_number)
    problems = _problems(cleaned, by_number)
    rejected += [gone, *(_ragged_rows(u, last_row.get(u.number, 0)) for u in usable), problems]
    no_date = gone[gone["reason"] == NO_DATE].assign(field="date")
    cells = CellCounts.of(_read_cells(used, by_number), pd.concat([problems, no_date]))
    sources = [sheet.source for sheet in sheets]
    if records is None:
        duplicates = _frame([], DUPLICATE_COLUMNS)
        counted = used.group_by("sheet").agg(used=used.count(), rows=used.count())
        whole = used.mutate(other_sources=ibis.null("string"))
    else:
        marked, names = records
        duplicates, others_of = _duplicates(marked, names, sources)
        counted = marked.group_by("sheet").agg(used=marked["first"].sum(), rows=marked.count())
        whole = _named(cleaned, marked, names, others_of)
    _count(fetch(counted), lost, by_number)
    expr = _placed(whole, sources)
    if records is not None:
        expr = materialise(expr, backend)
    return expr, _rejects(rejected), duplicates, cells


def _told_apart(used: Any, usable: list[Usable]) -> tuple[Any, Any] | None:
    """Find the rows that are the same record, and name the records.

    Returns
    -------
    tuple or None
        Rows with their record, and the names of records; None in the usual case, in which each
        row is a record with a number of its own and nothing has to be compared.
    """
    import ibis

    two_sided = _goes_both_ways(usable)
    if not two_sided and all_numbered(used):
        return None
    rows = used.select("sheet", "row", "record_id", "has_id", content=content_of(used))
    repeating = [item for item in usable if _repeats_numbers(item)]
    if repeating:
        raw = _memtable(raw_rows(repeating))
        here = [rows.sheet == raw.raw_sheet, rows.row == raw.raw_at]
        rows = rows.left_join(raw, here).drop("raw_sheet", "raw_at")
        rows = rows.mutate(raw_row=rows.raw.hexdigest("md5")).drop("raw")
    else:
        rows = rows.mutate(raw_row=ibis.null("string"))
    rows = materialise(rows)
    if all_differ(rows):
        columns = {"k": 0, "first": True}
        marked = materialise(rows.mutate(**columns).select(*_MARKS))
    else:
        marked = materialise(identify(rows, pasted(rows)).select(*_MARKS))
    marked = marked.mutate(other_side=False)
    if two_sided:
        marked = _without_other_side(used, marked, usable)
    return marked, materialise(name_records(marked))


def _goes_both_ways(usable: list[Usable]) -> bool:
    """Tell if some sheets hold imports and others exports."""
    if any("direction" in item.mapping.columns for item in usable):
        return len(usable) > 1
    return {"import", "export"} <= {item.sheet.direction for item in usable}


def _without_other_side(used: Any, marked: Any, usable: list[Usable]) -> Any:
    """Let each shipment that both customs saw be one record."""
    first = marked.filter(marked["first"]).select("sheet", "row", "content", "k")
    kept = used.inner_join(first, ["sheet", "row"])
    reporters = {item.number: item.sheet.reporting_country for item in usable}
    pairs = seen_from_both(kept, reporters)
    if not len(pairs):
        return marked
    return materialise(joined_records(marked, pairs))


def _memtable(table: Any) -> Any:
    import ibis

    return ibis.memtable(table)


def _frame(rows: Iterable[tuple[object, ...]], columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns))


def _rejects(parts: list[pd.DataFrame]) -> pd.DataFrame:
    full = [part for part in parts if len(part)]
    table = pd.concat(full, ignore_index=True) if full else _frame([], REJECTED_COLUMNS)
    table = table[list(REJECTED_COLUMNS)]
    for name in ("source", "column", "value", "reason"):
        table[name] = table[name].astype("str")
    table["source_row"] = table["source_row"].astype("int64")
    table["value"] = table["value"].where(
        ~(table["value"].str.len() > _LONGEST_VALUE), table["value"].str[:_LONGEST_VALUE] + "…"
    )
    keys = ["source", "source_row", "column", "reason"]
    return table.sort_values(keys, kind="stable", ignore_index=True)


def _all_rows(sheet: Sheet, body: Body) -> pd.DataFrame:
    rows = np.concatenate([body.rows, np.array([r for r, _, _ in body.ragged], dtype=np.int64)])
    sheet.rejected = len(rows)
    return pd.DataFrame(
        {"source": sheet.source, "source_row": rows, "column": None, "value": None,
         "reason": sheet.reason}
    )  # fmt: skip


def _footers(
    lost: pd.DataFrame, by_number: dict[int, Usable], last_row: dict[int, int]
) -> set[tuple[int, int]]:
    """Find rows after the last record that sum up or comment on the table."""
    found: set[tuple[int, int]] = set()
    for number, item in by_number.items():
        if item.body.table.num_columns <= _NARROW:
            continue
        ends = lost["row"].to_numpy()[(lost["sheet"] == number).to_numpy()]
        for row in np.sort(ends[ends > last_row.get(number, 0)])[-_LONGEST_FOOTER:]:
            cells = first_cells(item.body, int(np.searchsorted(item.body.rows, row)))
            sums = bool(cells) and read_header(cells[0]).parts[:1] == ("total",)
            if len(cells) <= _FEWEST_CELLS or sums:
                found.add((number, int(row)))
    return found


def _lost_rows(lost: pd.DataFrame, by_number: dict[int, Usable]) -> pd.DataFrame:
    of_date = lost["lost"].isin([NO_DATE, DATE_MISSING])
    header = lost["sheet"].map({n: u.header("date") for n, u in by_number.items()})
    return pd.DataFrame(
        {
            "source": lost["sheet"].map({n: u.sheet.source for n, u in by_number.items()}),
            "source_row": lost["row"],
            "column": header.where(of_date, None),
            "value": lost["lost_value"],
            "reason": lost["lost"],
        }
    )


def _ragged_rows(item: Usable, last: int) -> pd.DataFrame:
    """Rows that do not fit the header; short ones after the last record are a footer."""
    kept = []
    for row, text, reason in item.body.ragged:
        cells = [c for c in text.replace(";", ",").replace("\t", ",").split(",") if c.strip(' "')]
        if row > last and len(cells) <= _FEWEST_CELLS and item.body.table.num_columns > _NARROW:
            reason = BELOW
        kept.append((item.sheet.source, row, None, text, reason))
    item.sheet.rejected += len(kept)
    return _frame(kept, REJECTED_COLUMNS)


def _problems(cleaned: Any, by_number: dict[int, Usable]) -> pd.DataFrame:
    """One line for each field that was left out of a row that is used."""
    wrong = fetch(
        cleaned.filter(cleaned.problems.notnull() & cleaned.lost.isnull()).select(
            "sheet", "row", "problems"
        )
    )
    if not len(wrong):
        return _frame([], (*REJECTED_COLUMNS, "field"))
    wrong["problem"] = wrong["problems"].str.split(END)
    each = wrong.explode("problem")
    each = each[each["problem"].str.len() > 0]
    parts = each["problem"].str.split(PART, n=2, expand=True)
    # The text of the cell may hold anything, so its end is looked for from the right.
    text = parts[2].str.rsplit(PART, n=1, expand=True)
    headers = {
        (n, name, str(k)): u.header(name, k)
        for n, u in by_number.items()
        for name in u.mapping.columns
        for k in range(len(u.positions(name)))
    }
    keys = zip(each["sheet"], parts[0], parts[1], strict=True)
    return pd.DataFrame(
        {
            "source": each["sheet"].map({n: u.sheet.source for n, u in by_number.items()}),
            "source_row": each["row"],
            "column": [headers.get((int(s), f, k), f) for s, f, k in keys],
            "value": text[0],
            "reason": text[1],
            "field": parts[0],
        }
    )


def _read_cells(used: Any, by_number: dict[int, Usable]) -> pd.DataFrame:
    """Count the cells of each sheet and field that were read: ``source, field, given``."""
    fields = sorted(
        {name for item in by_number.values() for name in item.mapping.columns}
        & set(CONTENT_COLUMNS)
    )

    def own(name: str) -> Any:
        # A country that the name of a file says stands in no cell.
        mark = f"own_{name}"
        return used[mark] if mark in used.columns else used[name].notnull()

    counted = fetch(used.group_by("sheet").agg(**{name: own(name).sum() for name in fields}))
    long = counted.melt("sheet", var_name="field", value_name="given")
    mapped = [
        field in by_number[int(sheet)].mapping.columns
        for sheet, field in zip(long["sheet"], long["field"], strict=True)
    ]
    kept = long[np.array(mapped, dtype=bool)]
    sources = {number: item.sheet.source for number, item in by_number.items()}
    return pd.DataFrame(
        {
            "source": kept["sheet"].map(sources),
            "field": kept["field"],
            "given": kept["given"].fillna(0).astype("int64"),
        }
    )


def _duplicates(marked: Any, names: Any, sources: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    again = marked.filter(~marked["first"]).select("content", "k", "sheet", "row", "other_side")
    first = marked.filter(marked["first"]).select(
        "content", "k", kept_sheet=marked.sheet, kept_row=marked.row
    )
    found = fetch(again.inner_join(first, ["content", "k"]).inner_join(names, ["content", "k"]))
    names_of = pd.Series(sources, dtype="str")
    table = pd.DataFrame(
        {
            "source": found["sheet"].map(names_of).astype("str"),
            "source_row": found["row"].astype("int64"),
            "record_id": found["record_id"].astype("str"),
            "kept_source": found["kept_sheet"].map(names_of).astype("str"),
            "kept_source_row": found["kept_row"].astype("int64"),
            "reason": found["other_side"].map({True: OTHER_SIDE, False: SAME_RECORD}).astype("str"),
        }
    ).sort_values(["source", "source_row"], ignore_index=True)
    place = table["source"] + ":" + table["source_row"].astype("str")
    joined = place.groupby(table["record_id"]).agg(";".join)
    return table, joined.rename("other_sources").rename_axis("other_id").reset_index()


def _count(
    counted: pd.DataFrame,
    lost: pd.DataFrame,
    by_number: dict[int, Usable],
) -> None:
    for row in counted.to_dict("records"):
        sheet = by_number[int(row["sheet"])].sheet
        sheet.used = int(row["used"])
        sheet.duplicate = int(row["rows"]) - sheet.used
    for number, n in lost["sheet"].value_counts().items():
        by_number[int(str(number))].sheet.rejected += int(n)


def _repeats_numbers(item: Usable) -> bool:
    """Only rows that share a record number can be equal in all cells."""
    import pyarrow.compute as pc

    if "record_id" not in item.mapping.columns:
        return False
    column = item.body.table.column(item.mapping.columns["record_id"])
    return bool(pc.count_distinct(column).as_py() < len(column))


def _named(cleaned: Any, marked: Any, names: Any, others_of: pd.DataFrame) -> Any:
    """Join kept rows with their names and the other places they were found in."""
    import ibis
    import pyarrow as pa

    first = marked.filter(marked["first"]).select("sheet", "row", "content", "k")
    named = first.inner_join(names, ["content", "k"]).select("sheet", "row", "record_id")
    whole = cleaned.drop("record_id").inner_join(named, ["sheet", "row"])
    other = ibis.memtable(
        pa.table(
            {
                "other_id": pa.array(others_of["other_id"].tolist(), pa.string()),
                "other_sources": pa.array(others_of["other_sources"].tolist(), pa.string()),
            }
        )
    )
    return whole.left_join(other, whole.record_id == other.other_id)


def _placed(whole: Any, sources: list[str]) -> Any:
    """Add where each record stands, and put the columns in order."""
    import ibis
    import pyarrow as pa

    places = ibis.memtable(
        pa.table({"sheet": pa.array(range(len(sources)), pa.int32()), "source": sources})
    )
    placed = whole.inner_join(places, "sheet")
    return placed.mutate(source_row=placed.row).select(*COLUMNS)


def _nothing(backend: Any) -> Any:
    import ibis

    kinds = {"date": "date", "number": "float64", "row": "int64"}
    schema = {name: kinds.get(KINDS[name], "string") for name in COLUMNS}
    return backend.create_table("records", schema=ibis.schema(schema), temp=True)
