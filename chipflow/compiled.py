"""Queries that were compiled once: Ibis expression in, SQL out, kept in memory and on disk.

To turn the long expressions of chipflow into SQL takes Ibis longer than an engine needs to answer
them for a few thousand records, and the same records of next week ask the same.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import ibis.expr.operations as ops
    import ibis.expr.types as ir

#: Folder for compiled queries instead of the user's cache folder; empty for none.
FOLDER_VARIABLE = "CHIPFLOW_CACHE"

# Some 20 kB each; a new version of a library makes all of them anew.
_MOST_KEPT = 1000

_in_memory: dict[str, str] = {}


def compiled(expression: ir.Expr, session: Any) -> tuple[str, list[ops.PhysicalTable]]:
    """Turn an expression into SQL over tables called :func:`input_name`.

    Parameters
    ----------
    expression
        Over tables of the session and in memory.
    session
        The Ibis backend whose dialect is written.

    Returns
    -------
    tuple
        The query, and the tables that it reads in the order of their numbers.

    Notes
    -----
    The key is the expression itself, with the versions of what compiles it: a query that is found
    is the one that would be written.
    """
    import ibis.expr.operations as ops

    node = expression.op()
    inputs: list[ops.PhysicalTable] = list(
        dict.fromkeys(node.find((ops.InMemoryTable, ops.DatabaseTable)))
    )
    key = _key((node, session.name, _versions()), inputs)
    query = _in_memory.get(key) or _on_disk(key)
    if query is None:
        named = {
            table: ops.UnboundTable(name=input_name(number), schema=table.schema)
            for number, table in enumerate(inputs)
        }
        general = node.replace(named) if named else node
        with _one_select_a_step():
            query = str(session.compile(general.to_expr()))
        _keep(key, query)
    _in_memory[key] = query
    while len(_in_memory) > _MOST_KEPT:
        _in_memory.pop(next(iter(_in_memory)), None)
    return query, inputs


def input_name(number: int) -> str:
    """Return what the n-th table of a compiled query is called in it."""
    return f"chipflow_input_{number}"


class _Pickler(pickle.Pickler):
    """Writes tables as their numbers and columns, and sets in order.

    What a table is called and holds is no matter of the query; the order of sets differs from one
    process to the next.
    """

    def __init__(self, file: io.BytesIO, inputs: Iterable[ops.PhysicalTable]) -> None:
        super().__init__(file, protocol=5)
        self._numbers = {
            id(table): (number, tuple(table.schema.items())) for number, table in enumerate(inputs)
        }

    def persistent_id(self, part: Any) -> Any:
        """Return what stands for a table or a set of names; None for all else."""
        if type(part) is frozenset:
            return tuple(sorted(part))
        return self._numbers.get(id(part))


def _key(asked: object, inputs: Iterable[ops.PhysicalTable]) -> str:
    written = io.BytesIO()
    _Pickler(written, inputs).dump(asked)
    return hashlib.sha256(written.getbuffer()).hexdigest()


@contextmanager
def _one_select_a_step() -> Iterator[None]:
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


@cache
def _versions() -> tuple[str, ...]:
    from importlib.metadata import version

    return tuple(version(name) for name in ("ibis-framework", "sqlglot", "duckdb"))


@cache
def _folder() -> Path | None:
    from platformdirs import user_cache_path

    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen == "":
        return None
    folder = Path(chosen) if chosen else user_cache_path("chipflow-trade", appauthor=False)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        # Without a folder of its own chipflow only starts more slowly.
        return None
    return folder


def _on_disk(key: str) -> str | None:
    folder = _folder()
    if folder is None:
        return None
    path = folder / f"{key}.sql"
    try:
        # As bytes: a query may name a line end, which reading as text would change.
        text = path.read_bytes().decode("utf-8")
        # What is used is kept: the oldest are let go.
        os.utime(path)
    except (OSError, UnicodeDecodeError):
        return None
    # A file that was cut short is no query.
    query, _, mark = text.rpartition("\n-- ")
    return query if mark == _mark(query) else None


def _keep(key: str, query: str) -> None:
    folder = _folder()
    if folder is None:
        return
    path, draft = folder / f"{key}.sql", folder / f"{key}.{os.getpid()}.draft"
    with suppress(OSError):
        draft.write_bytes(f"{query}\n-- {_mark(query)}".encode())
        draft.replace(path)
        kept = sorted(folder.glob("*.sql"), key=lambda file: file.stat().st_mtime)
        for old in kept[:-_MOST_KEPT]:
            old.unlink()


def _mark(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()
