"""A query that is kept is the one that would be written, wherever it is kept."""

from __future__ import annotations

import os
import subprocess
import sys

import ibis
import pyarrow as pa
import pytest

from chipflow import compiled
from chipflow.engine import connect, fetch, materialise


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder for queries, and nothing in memory."""
    monkeypatch.setenv(compiled.FOLDER_VARIABLE, str(tmp_path / "kept"))
    monkeypatch.setattr(compiled, "_in_memory", {})
    compiled._folder.cache_clear()
    yield tmp_path / "kept"
    compiled._folder.cache_clear()


def doubled(numbers, more=0):
    session = connect()
    table = ibis.memtable(pa.table({"n": numbers}))
    kept = materialise(table.mutate(twice=table.n * 2 + more), session)
    return fetch(kept.order_by("n"))["twice"].tolist()


def test_the_same_question_of_other_records_is_compiled_once(folder):
    assert doubled([1, 2]) == [2, 4]
    first = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.sql")}
    assert len(first) == 2
    assert doubled([5]) == [10]
    assert {path.name: path.stat().st_mtime_ns for path in folder.glob("*.sql")} == first
    # Another number in the expression is another question.
    assert doubled([5], more=1) == [11]
    assert len(list(folder.glob("*.sql"))) > len(first)


def test_a_damaged_file_is_written_anew(folder, monkeypatch):
    assert doubled([1]) == [2]
    for path in folder.glob("*.sql"):
        path.write_text(path.read_text("utf-8")[:-70] + "DROP", "utf-8")
    monkeypatch.setattr(compiled, "_in_memory", {})
    assert doubled([1]) == [2]


def test_without_a_folder_all_goes_on(folder, monkeypatch):
    monkeypatch.setenv(compiled.FOLDER_VARIABLE, "")
    compiled._folder.cache_clear()
    assert doubled([3]) == [6]
    assert not folder.exists()


def test_the_key_of_a_query_is_the_same_in_every_process(folder):
    code = (
        "import ibis, pyarrow as pa\n"
        "from chipflow.engine import connect, fetch\n"
        "t = ibis.memtable(pa.table({name: ['a\\r'] for name in 'abcdefgh'}))\n"
        "fetch(t.filter(t.a != 'line\\r').drop(*'bcdefg'), connect())\n"
    )
    for seed in "0123":
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code], check=True, env=environment)
        assert len(list(folder.glob("*.sql"))) == 1
