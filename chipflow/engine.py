"""Where the columns are computed: DuckDB in the process, or Spark.

All differences between engines belong in this file; every other module writes Ibis
expressions that mean the same on each.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from chipflow.errors import ChipflowError, MissingDependencyError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ibis.expr.types as ir
    import pandas as pd
    from ibis.backends import BaseBackend

ENGINES = ("duckdb", "spark")


def connect(engine: str = "duckdb") -> BaseBackend:
    """Open a fresh in-process session of an engine.

    Parameters
    ----------
    engine
        ``"duckdb"`` (embedded, the default) or ``"spark"`` (needs the ``spark`` extra).

    Returns
    -------
    ibis.backends.BaseBackend

    Raises
    ------
    ParameterError
        The engine is unknown.
    MissingDependencyError
        Spark was asked for and is not installed.
    """
    if engine not in ENGINES:
        raise ParameterError(f"unknown engine {engine!r}: choose one of {', '.join(ENGINES)}")
    import ibis

    if engine == "duckdb":
        connection = ibis.duckdb.connect()
        # Row order is never relied upon, and keeping it costs memory on large inputs.
        connection.raw_sql("SET preserve_insertion_order = false")
        return connection
    try:
        return ibis.pyspark.connect()
    except (ImportError, AttributeError) as error:
        raise MissingDependencyError(
            "Spark is not installed; run: pip install 'chipflow-trade[spark]'"
        ) from error


@contextmanager
def unfused() -> Iterator[None]:
    """Let Ibis write each step as a SELECT of its own.

    Merging steps into one SELECT takes Ibis longer the more steps there are, and repeats the
    expressions of shared steps; the engines' own optimisers do it better.
    """
    import ibis

    before = ibis.options.sql.fuse_selects
    ibis.options.sql.fuse_selects = False
    try:
        yield
    finally:
        ibis.options.sql.fuse_selects = before


def materialise(expression: ir.Table) -> ir.Table:
    """Compute a table once and return it as one that every later step reads.

    Parameters
    ----------
    expression
        Bound to an engine.

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

    session = expression.get_backend()
    with _engine_errors():
        return session.create_table(util.gen_name("chipflow"), expression, temp=True)


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


def fetch(expression: ir.Table) -> pd.DataFrame:
    """Compute an Ibis table and return it as pandas, text as ``str`` and truth as ``boolean``.

    Parameters
    ----------
    expression
        Bound to an engine, or of memory tables only.

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
    with _engine_errors():
        table: pd.DataFrame = expression.to_pyarrow().to_pandas(types_mapper=kinds.get)
    return table
