"""Where the columns are computed: DuckDB, in the process.

What DuckDB alone needs belongs in this file; every other module writes Ibis expressions.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from chipflow.compiled import compiled, input_name
from chipflow.errors import ChipflowError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import ibis.expr.types as ir
    import pandas as pd
    import pyarrow as pa
    from ibis.backends import BaseBackend


def connect() -> BaseBackend:
    """Open a fresh session of the engine.

    Returns
    -------
    ibis.backends.BaseBackend
    """
    import duckdb
    import ibis

    connection = ibis.duckdb.connect()
    # Row order is never relied upon, and keeping it costs memory on large inputs.
    connection.raw_sql("SET preserve_insertion_order = false")
    # A bar of the engine's own would run into what a command prints. In a notebook without
    # ipywidgets there is none, and DuckDB refuses to be asked.
    with suppress(duckdb.Error):
        connection.raw_sql("SET enable_progress_bar = false")
    return connection


def materialise(expression: ir.Table, session: BaseBackend | None = None) -> ir.Table:
    """Compute a table once and return it as one that every later step reads.

    Parameters
    ----------
    expression
        Bound to an engine, or of memory tables only.
    session
        The session that computes it; by default the one that the expression is bound to.

    Returns
    -------
    ibis.expr.types.Table
        A temporary table of the same session, gone with it.

    Raises
    ------
    ChipflowError
        The engine cannot compute it.
    """
    from ibis import util

    session = session or expression.get_backend()
    name = util.gen_name("chipflow")
    with _engine_errors():
        # The types are stated: those of a query can be wider than Ibis says (sums of integers).
        types = session.compiler.type_mapper
        columns = ", ".join(
            f"{_quoted(column)} {types.to_string(kind)}"
            for column, kind in expression.schema().items()
        )
        with _query(expression, session) as query:
            session.con.execute(f"CREATE TEMP TABLE {_quoted(name)} ({columns})")
            session.con.execute(f"INSERT INTO {_quoted(name)} {query}")
        return session.table(name, database="temp.main")


@contextmanager
def _query(expression: ir.Table, session: BaseBackend) -> Iterator[str]:
    """Give the SQL of an expression while its tables stand where the query looks for them."""
    import ibis.expr.operations as ops

    query, inputs = compiled(expression, session)
    connection = session.con
    gone: list[Callable[[], object]] = []
    try:
        for number, table in enumerate(inputs):
            name = input_name(number)
            if isinstance(table, ops.InMemoryTable):
                connection.register(name, table.data.to_pyarrow(table.schema))
                gone.append(partial(connection.unregister, name))
            else:
                place = ".".join(
                    _quoted(part)
                    for part in (table.namespace.catalog, table.namespace.database, table.name)
                    if part
                )
                connection.execute(f"CREATE TEMP VIEW {name} AS FROM {place}")
                gone.append(partial(connection.execute, f"DROP VIEW {name}"))
        yield query
    finally:
        for let_go in gone:
            let_go()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _engine_errors() -> Iterator[None]:
    """Turn what an engine says when it cannot go on into a message for the user."""
    import duckdb
    import pyarrow as pa
    from ibis.common.exceptions import IbisError

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise ChipflowError(
            f"not enough memory for these records ({_first_line(error)}); read fewer files at "
            "once, or use a machine with more memory"
        ) from error
    except duckdb.IOException as error:
        raise ChipflowError(
            f"the engine cannot read or write on disk ({_first_line(error)}); is there room, and "
            "may the temporary folder be written?"
        ) from error
    except (duckdb.Error, IbisError, pa.ArrowException) as error:
        raise ChipflowError(
            f"the engine cannot go on ({_first_line(error)}); look at the records with "
            "chipflow read --explain"
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]


def in_memory(frame: pd.DataFrame) -> ir.Table:
    """Return a pandas table as an Ibis table, by way of Arrow.

    Parameters
    ----------
    frame
        Columns of text, numbers, truth values or dates; missing values stay missing.

    Returns
    -------
    ibis.expr.types.Table
        Not bound to an engine: it can be joined to tables of any.
    """
    import ibis
    import pyarrow as pa

    return ibis.memtable(pa.Table.from_pandas(frame, preserve_index=False))


def fetch_arrow(expression: ir.Table, session: BaseBackend | None = None) -> pa.Table:
    """Compute an Ibis table and return it as Arrow.

    Parameters
    ----------
    expression
        Bound to an engine, or of memory tables only.
    session
        The session that computes it; by default the one that the expression is bound to.

    Returns
    -------
    pyarrow.Table
        Of the types that the expression says.
    """
    session = session or expression.get_backend()
    with _engine_errors():
        with _query(expression, session) as query:
            found = session.con.sql(query).to_arrow_table()
        return found.cast(expression.schema().to_pyarrow())


def fetch(expression: ir.Table, session: BaseBackend | None = None) -> pd.DataFrame:
    """Compute an Ibis table and return it as pandas, text as ``str`` and truth as ``boolean``.

    Parameters
    ----------
    expression
        Bound to an engine, or of memory tables only.
    session
        The session that computes it; by default the one that the expression is bound to.

    Returns
    -------
    pandas.DataFrame
    """
    import pandas as pd
    import pyarrow as pa

    kinds = {
        pa.string(): pd.StringDtype(na_value=float("nan")),
        pa.large_string(): pd.StringDtype(na_value=float("nan")),
        pa.bool_(): pd.BooleanDtype(),
    }
    table: pd.DataFrame = fetch_arrow(expression, session).to_pandas(types_mapper=kinds.get)
    return table
