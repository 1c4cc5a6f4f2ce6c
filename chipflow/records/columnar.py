"""Tables that name their own columns: Parquet and JSON lines."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np

from chipflow.errors import InputError
from chipflow.records.delimited import to_utf8
from chipflow.records.sheets import MAX_COLUMNS, Body, RawSheet, without_blank_rows

# A delimiter that no JSON text holds: control characters are escaped in JSON.
_NOT_IN_JSON = "\x01"


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
        table = pq.read_table(io.BytesIO(data))
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            "a Parquet file that is cut off or damaged", file=source, hint="copy it again"
        ) from error
    return [table_sheet(table, source, name)]


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


def read_json_lines(data: bytes, source: str, name: str) -> list[RawSheet]:
    """Return the table of a JSON lines file; line n is row n + 1, below the field names.

    Raises
    ------
    InputError
        No line holds a JSON object.
    """
    import duckdb
    import pyarrow as pa
    import pyarrow.csv as pv

    lines = pv.read_csv(
        pa.BufferReader(to_utf8(data)),
        read_options=pv.ReadOptions(column_names=["line"], block_size=1 << 24),
        parse_options=pv.ParseOptions(
            delimiter=_NOT_IN_JSON, quote_char=False, double_quote=False, ignore_empty_lines=False
        ),
        convert_options=pv.ConvertOptions(
            column_types={"line": pa.string()}, strings_can_be_null=False
        ),
    )
    numbered = lines.append_column("n", pa.array(np.arange(lines.num_rows, dtype=np.int64) + 2))
    with duckdb.connect() as connection:
        connection.register("lines", numbered)
        good = "(SELECT n, line FROM lines WHERE json_valid(line) AND json_type(line) = 'OBJECT')"
        keys = [
            row[0]
            for row in connection.execute(
                f"SELECT DISTINCT unnest(json_keys(line)) AS k FROM {good} ORDER BY k"
            ).fetchall()
        ]
        if not keys:
            raise InputError(
                "no line holds a JSON object", file=source, hint="write one object on each line"
            )
        if len(keys) > MAX_COLUMNS:
            raise InputError(f"objects of {len(keys):,} fields", file=source, hint="select fields")
        structure = json.dumps(dict.fromkeys(keys, "VARCHAR"))
        table: Any = connection.sql(
            f"SELECT n, unnest(json_transform(line, ?)) FROM {good} ORDER BY n",
            params=[structure],
        ).to_arrow_table()
        bad = connection.execute(
            "SELECT n, line FROM lines WHERE trim(line) <> '' AND n NOT IN "
            f"(SELECT n FROM {good}) ORDER BY n"
        ).fetchall()
    rows = table.column("n").to_numpy()
    fields = table.drop_columns(["n"])
    texts = {f"c{i}": _as_text(column) for i, column in enumerate(fields.columns)}
    ragged = [(int(n), str(line), "not a JSON object") for n, line in bad]

    def load(_: int) -> Body:
        kept, numbers = without_blank_rows(pa.table(texts), rows)
        return Body(kept, numbers, ragged)

    return [RawSheet(source, name, [keys], load, header_given=True)]
