"""Where the columns are computed: DuckDB in the process, or Spark.

All differences between engines belong in this file; every other module writes Ibis
expressions that mean the same on each.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chipflow.errors import MissingDependencyError, ParameterError

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
    expressions of shared steps; the engines' own optimisers do it better. The thousands of small
    objects that an expression is made of live until it has been run: to look among them for
    garbage meanwhile would take a third of the time, so Python's collector rests.
    """
    import ibis

    before, collecting = ibis.options.sql.fuse_selects, gc.isenabled()
    ibis.options.sql.fuse_selects = False
    gc.disable()
    try:
        yield
    finally:
        ibis.options.sql.fuse_selects = before
        if collecting:
            gc.enable()


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
    table: pd.DataFrame = expression.to_pyarrow().to_pandas(types_mapper=kinds.get)
    return table
