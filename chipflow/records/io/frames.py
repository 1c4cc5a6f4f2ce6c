"""Tables that are at hand, or in a database: DataFrames, Arrow, DuckDB relations, PostgreSQL."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from chipflow.errors import InputError, MissingDependencyError, ParameterError

if TYPE_CHECKING:
    import pyarrow as pa

DATABASE = re.compile(r"postgres(?:ql)?://", re.IGNORECASE)
# Secrets of a connection are not written where results are.
_SECRET = re.compile(r"(?<=://)[^/@]*@|(?<=[?&])password=[^&]*&?", re.IGNORECASE)


@runtime_checkable
class ArrowStream(Protocol):
    """A table that hands itself on by the Arrow PyCapsule interface.

    pandas, polars, pyarrow, DuckDB and Ibis do; so do chipflow's own records and leads.
    """

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a capsule with an Arrow C stream."""


def is_frame(given: object) -> bool:
    """Tell a table at hand from a path."""
    return isinstance(given, ArrowStream) or hasattr(given, "collect_schema")


def is_database(given: object) -> bool:
    """Tell the address of a database from a path."""
    return isinstance(given, str) and DATABASE.match(given) is not None


def arrow_of(given: Any, source: str) -> pa.Table:
    """Return a table at hand as an Arrow table; it is not modified.

    Raises
    ------
    InputError
        It cannot be handed over as Arrow.
    """
    import pandas as pd
    import pyarrow as pa

    if isinstance(given, pa.Table):
        return given
    if isinstance(given, pd.DataFrame):
        return _of_pandas(given)
    # A lazy frame of polars has to be asked for its rows.
    if not isinstance(given, ArrowStream):
        given = given.collect()
    try:
        return pa.table(given)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InputError(
            f"a {type(given).__name__} that cannot be read as an Arrow table ({error})",
            file=source,
            hint="give a DataFrame, an Arrow table or a DuckDB relation",
        ) from error


def _of_pandas(frame: Any) -> pa.Table:
    import pyarrow as pa

    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowException, TypeError):
        # Columns of mixed types, as spreadsheets give them, are read by what their cells say.
        mixed = {
            name: frame[name].map(str).where(frame[name].notna(), None)
            for name in frame.columns
            if frame[name].dtype == object
        }
        return pa.Table.from_pandas(frame.assign(**mixed), preserve_index=False)


def content_hash(table: pa.Table) -> str:
    """Return the SHA-256 of a table's columns and cells, whatever its chunks are."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema.remove_metadata()) as stream:
        stream.write_table(table.replace_schema_metadata(None).combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()


def from_database(address: str, query: str | None) -> pa.Table:
    """Return what a query finds in a PostgreSQL database.

    Parameters
    ----------
    address
        ``postgresql://user@host/database``.
    query
        SQL. It runs as it is given: with the rights of the user of the address.

    Raises
    ------
    ParameterError
        No query is given.
    MissingDependencyError
        The extra ``postgresql`` is not installed.
    InputError
        The database cannot be reached, or refuses the query.
    """
    shown = without_secrets(address)
    if query is None:
        raise ParameterError(f"{shown}: a database needs query=, such as 'select * from imports'")
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError as error:
        raise MissingDependencyError(
            "reading from PostgreSQL needs the extra: pip install 'chipflow-trade[postgresql]'"
        ) from error
    try:
        with dbapi.connect(address) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            found: pa.Table = cursor.fetch_arrow_table()
            return found
    except dbapi.Error as error:
        said = str(error).replace(address, shown)
        raise InputError(
            f"the database says: {said}", file=shown, hint="check address, rights and query"
        ) from error


def without_secrets(address: str) -> str:
    """Return the address of a database without user and password."""
    return _SECRET.sub("", address)
