"""Tables that name their own columns: Parquet and JSON lines."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from chipflow.errors import InputError
from chipflow.records.io.delimited import to_utf8
from chipflow.records.io.sheets import MAX_COLUMNS, Body, RawSheet, without_blank_rows
from chipflow.records.io.unpack import Budget

# A delimiter that no JSON text holds: control characters are escaped in JSON.
_NOT_IN_JSON = "\x01"
# A line is held in one block; a longer one is no record.
_JSON_BLOCK = 1 << 24
# How deep a list of records, or a field, is looked for within objects.
_DEPTH = 3
_ARRAY = re.compile(rb"\[\s*(\{|\[\s*\{)")
# A second object on a line of its own: the file is one object on each line.
_SECOND_LINE = re.compile(rb'\n[ \t]*\{\s*"[^\n]*\}[ \t]*\r?\n[ \t]*\{\s*"')
# Rows of a Parquet file that are unpacked before their size is asked.
_ROWS_AT_ONCE = 8_192
# Bytes that Arrow needs for each text beside its letters.
_OFFSET = 4
_BETWEEN_ITEMS = re.compile(r"[\s,]*")


def read_parquet(data: bytes, source: str, name: str) -> list[RawSheet]:
    """Return the table of a Parquet file; the header counts as row 1.

    Raises
    ------
    InputError
        The file is cut off or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names = [
            field.name
            for field in pq.read_schema(io.BytesIO(data))
            if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
        ]
        # Run lengths and dictionaries hold gigabytes in few bytes. Texts stay in their
        # dictionaries until their size as text, which is what every column becomes, is counted.
        file = pq.ParquetFile(io.BytesIO(data), read_dictionary=names)
        batches, budget = [], Budget(source, len(data))
        for batch in file.iter_batches(_ROWS_AT_ONCE):
            budget.take(_size_as_text(batch))
            batches.append(batch)
        table = pa.Table.from_batches(batches, batches[0].schema if batches else file.schema_arrow)
    except (pa.ArrowException, OSError, ValueError, KeyError, IndexError, MemoryError) as error:
        raise InputError(
            "a Parquet file that is cut off or damaged", file=source, hint="copy it again"
        ) from error
    return [table_sheet(table, source, name)]


def _size_as_text(batch: Any) -> int:
    """Return how many bytes the cells of a batch take once they are text, offsets included."""
    import pyarrow as pa
    import pyarrow.compute as pc

    size = 0
    for column in batch.columns:
        if pa.types.is_dictionary(column.type):
            lengths = pc.binary_length(column.dictionary)
            size += int(pc.sum(pc.take(lengths, column.indices)).as_py() or 0)
        else:
            size += column.nbytes
        size += _OFFSET * len(column)
    return size


def table_sheet(table: Any, source: str, name: str) -> RawSheet:
    """Return an Arrow table of any types as a sheet of text columns."""
    import pyarrow as pa

    headers = [str(column) for column in table.column_names]
    if len(headers) > MAX_COLUMNS:
        raise InputError(f"a table of {len(headers):,} columns", file=source, hint="select columns")

    def load(_: int) -> Body:
        texts = {f"c{i}": _as_text(column) for i, column in enumerate(table.columns)}
        rows = np.arange(table.num_rows, dtype=np.int64) + 2
        kept, rows = without_blank_rows(pa.table(texts), rows)
        return Body(kept, rows)

    return RawSheet(source, name, [headers], load, header_given=True)


def _as_text(column: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_timestamp(kind) and kind.tz is None:
        days = pc.floor_temporal(column, unit="day")
        if pc.all(pc.equal(days, column), min_count=0).as_py() is not False:
            column = column.cast(pa.timestamp("s")).cast(pa.date32())
    try:
        text = column.cast(pa.string())
    except pa.ArrowException:
        plain = [None if v is None else json.dumps(v, default=str) for v in column.to_pylist()]
        text = pa.chunked_array([pa.array(plain, pa.string())])
    if pa.types.is_floating(kind):
        text = pc.replace_substring_regex(text, r"\.0$", "")
        text = pc.if_else(pc.equal(text, "nan"), None, text)
    return pc.fill_null(text, "")


def read_json(data: bytes, source: str, name: str) -> list[RawSheet]:
    """Return the table of a JSON file; the n-th object is row n + 1, below the field names.

    The objects stand one on each line, in an array, or in an array within an object
    (``{"data": [...]}``). Fields of an object within an object are called ``OUTER / INNER``.

    Raises
    ------
    InputError
        There are no objects, or too many fields.
    """
    data = to_utf8(data)
    if _is_one_document(data):
        keys, table, bad = _items(data.decode("utf-8", "replace"))
        hint = "write the records as a list of objects"
    else:
        keys, table, bad = _json_lines(data, source)
        hint = "write one object on each line"
    if not keys:
        raise InputError("no line holds a JSON object", file=source, hint=hint)
    if len(keys) > MAX_COLUMNS:
        raise InputError(f"objects of {len(keys):,} fields", file=source, hint="select fields")
    rows = table.column("n").to_numpy()
    fields = table.drop_columns(["n"])
    texts = {f"c{i}": _as_text(column) for i, column in enumerate(fields.columns)}
    ragged = [(int(n), str(line), "not a JSON object") for n, line in bad]

    def load(_: int) -> Body:
        kept, numbers = without_blank_rows(pa.table(texts), rows)
        return Body(kept, numbers, ragged)

    import pyarrow as pa

    return [RawSheet(source, name, [keys], load, header_given=True)]


def _is_one_document(data: bytes) -> bool:
    """Tell a JSON text over many lines, or an array, from one object on each line."""
    first = data.lstrip()[:_JSON_BLOCK].split(b"\n", 1)[0]
    if first.startswith(b"["):
        # Lines that are arrays each are no records; an array holds objects.
        return bool(_ARRAY.match(data.lstrip()[:1000]))
    if not first.startswith(b"{"):
        return False
    try:
        parsed = json.loads(first)
    except (ValueError, RecursionError):
        return data.lstrip()[1:].lstrip()[:1] == b'"' and not _SECOND_LINE.search(data)
    return bool(_longest_list(parsed)) and data.strip() == first.strip()


def _longest_list(value: Any, depth: int = _DEPTH) -> list[Any]:
    """Return the longest list of objects within a JSON value."""
    if isinstance(value, list):
        return value if any(isinstance(item, dict) for item in value) else []
    if not isinstance(value, dict) or not depth:
        return []
    return max((_longest_list(inner, depth - 1) for inner in value.values()), key=len, default=[])


def _items(text: str) -> tuple[list[str], Any, list[tuple[int, str]]]:
    """Return the fields, the objects of an array as a table with ``n``, and what is none."""
    rest = ""
    try:
        items = _longest_list(json.loads(text))
    except (ValueError, RecursionError):
        items, rest = _until_damage(text)
    good = [(n, item) for n, item in enumerate(items, 2) if isinstance(item, dict)]
    bad = [(n, json.dumps(item)) for n, item in enumerate(items, 2) if not isinstance(item, dict)]
    if rest:
        bad.append((len(items) + 2, rest))
    return *_columns(good), bad


def _until_damage(text: str) -> tuple[list[Any], str]:
    """Return the items of the first array up to where it is cut off, and what is left."""
    decoder = json.JSONDecoder()
    items: list[Any] = []
    at = text.find("[") + 1
    while at:
        start = _BETWEEN_ITEMS.match(text, at)
        at = start.end() if start else at
        try:
            item, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            rest = text[at:].strip()
            return items, "" if rest.startswith("]") else rest
        items.append(item)
    return items, text


def _columns(objects: list[tuple[int, dict[str, Any]]]) -> tuple[list[str], Any]:
    """Return the fields, sorted, and the objects as a table."""
    import pyarrow as pa

    flat = [(n, dict(_flat(one))) for n, one in objects]
    keys = sorted({key for _, one in flat for key in one})
    columns = {
        f"c{i}": pa.array([_json_text(one.get(key)) for _, one in flat], pa.string())
        for i, key in enumerate(keys)
    }
    return keys, pa.table({"n": pa.array([n for n, _ in flat], pa.int64()), **columns})


def _flat(value: dict[str, Any], above: str = "", depth: int = _DEPTH) -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        name = f"{above}{_whole(key)}"
        if isinstance(inner, dict) and inner and depth:
            yield from _flat(inner, f"{name} / ", depth - 1)
        else:
            yield name, inner


def _json_lines(data: bytes, source: str) -> tuple[list[str], Any, list[tuple[int, str]]]:
    """Do what :func:`_items` does for one object on each line."""
    import duckdb
    import pyarrow as pa
    import pyarrow.csv as pv

    try:
        lines = pv.read_csv(
            pa.BufferReader(data),
            read_options=pv.ReadOptions(column_names=["line"], block_size=_JSON_BLOCK),
            parse_options=pv.ParseOptions(
                delimiter=_NOT_IN_JSON,
                quote_char=False,
                double_quote=False,
                ignore_empty_lines=False,
            ),
            convert_options=pv.ConvertOptions(
                column_types={"line": pa.string()}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise InputError(
            f"not JSON lines, or a line of more than {_JSON_BLOCK >> 20} MB",
            file=source,
            hint="write one object on each line",
        ) from error
    lines = lines.append_column("n", pa.array(np.arange(lines.num_rows, dtype=np.int64) + 2))
    try:
        keys, table, bad = _objects(lines)
    except duckdb.Error:
        # Names that are empty or differ only by case, halves of characters: valid, and rare.
        return _odd_objects(lines)
    if table is not None and any(_holds_objects(column) for column in table.columns):
        return _odd_objects(lines)
    return keys, table, bad


def _holds_objects(column: Any) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_string(column.type):
        return False
    return bool(pc.any(pc.starts_with(column, '{"'), min_count=0).as_py())


def _objects(lines: Any) -> tuple[list[str], Any, list[tuple[int, str]]]:
    """Return the names of fields, the objects as a table with ``n``, and lines that are none."""
    import duckdb

    with duckdb.connect() as connection:
        connection.register("lines", lines)
        good = "(SELECT n, line FROM lines WHERE json_valid(line) AND json_type(line) = 'OBJECT')"
        keys = [
            row[0]
            for row in connection.execute(
                f"SELECT DISTINCT unnest(json_keys(line)) AS k FROM {good} ORDER BY k"
            ).fetchall()
        ]
        if not keys or len(keys) > MAX_COLUMNS:
            return keys, None, []
        structure = json.dumps(dict.fromkeys(keys, "VARCHAR"))
        table: Any = connection.sql(
            f"SELECT n, unnest(json_transform(line, ?)) FROM {good} ORDER BY n",
            params=[structure],
        ).to_arrow_table()
        bad = connection.execute(
            "SELECT n, line FROM lines WHERE trim(line) <> '' AND n NOT IN "
            f"(SELECT n FROM {good}) ORDER BY n"
        ).fetchall()
    return keys, table, bad


def _odd_objects(lines: Any) -> tuple[list[str], Any, list[tuple[int, str]]]:
    """Do what :func:`_objects` does, slowly: for names the engine refuses, objects in objects."""
    good: list[tuple[int, dict[str, Any]]] = []
    bad: list[tuple[int, str]] = []
    for n, line in zip(lines["n"].to_pylist(), lines["line"].to_pylist(), strict=True):
        try:
            parsed = json.loads(line) if line.strip() else {}
        except (ValueError, RecursionError):
            parsed = None
        if not isinstance(parsed, dict):
            bad.append((n, line))
        elif parsed:
            good.append((n, parsed))
    keys, table = _columns(good)
    return keys, table, bad


def _json_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return None if value is None else _whole(value)
    return json.dumps(value)


def _whole(text: str) -> str:
    """Return text with a mark in place of halves of characters, which no encoding knows."""
    return text.encode("utf-8", "replace").decode()
