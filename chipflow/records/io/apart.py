"""Workbooks of the binary formats, read in a process of their own.

The reader believes the sizes that such a file claims: a damaged one can make it ask for more
memory than there is, which ends the process. So it is not this one.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

from chipflow.records.io import bookcells
from chipflow.records.io.bookcells import DAMAGED, DONE, FRAME, SHEET, BookError, Cells

# A workbook of the largest size is read in a minute; a reader that takes longer never ends.
PATIENCE = 300.0  # seconds


class _Reader:
    """The process, which reads one workbook after the other."""

    def __init__(self) -> None:
        # It finds the same libraries as this process; -P keeps the folder of the program itself
        # out of the search, whose modules have everyday names.
        paths = os.pathsep.join(path for path in sys.path if path)
        self.process = subprocess.Popen(
            [sys.executable, "-P", bookcells.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": paths},
        )

    def read(self, data: bytes) -> Iterator[Cells]:
        assert self.process.stdin is not None
        timer = threading.Timer(PATIENCE, self.process.kill)
        timer.daemon = True
        timer.start()
        try:
            self.process.stdin.write(FRAME.pack(SHEET, len(data)))
            self.process.stdin.write(data)
            self.process.stdin.flush()
            while True:
                kind, body = self._frame()
                if kind == DONE:
                    return
                if kind != SHEET:
                    raise BookError(*json.loads(body))
                yield _cells(body)
        except (BrokenPipeError, EOFError) as error:
            raise BookError(DAMAGED) from error
        finally:
            timer.cancel()

    def _frame(self) -> tuple[bytes, bytes]:
        assert self.process.stdout is not None
        head = self.process.stdout.read(FRAME.size)
        if len(head) < FRAME.size:
            raise EOFError
        kind, length = FRAME.unpack(head)
        body = self.process.stdout.read(length)
        if len(body) < length:
            raise EOFError
        return kind, body

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except BrokenPipeError:
                pass


_reader: _Reader | None = None
_one_at_a_time = threading.Lock()


def read_cells_apart(data: bytes) -> list[Cells]:
    """Return the sheets of a workbook, read by another process.

    Raises
    ------
    BookError
        As :func:`chipflow.records.io.bookcells.read_cells`; also if that process ended or took
        longer than :data:`PATIENCE`.
    """
    global _reader
    with _one_at_a_time:
        try:
            _reader = _reader or _Reader()
        except OSError:
            # No process can be started here: better read at a risk than not at all.
            return list(bookcells.read_cells(data))
        try:
            sheets = list(_reader.read(data))
        except BookError as error:
            if error.__cause__ is not None:
                _close()
            raise
        except BaseException:
            # Half of an answer may still be in the pipe.
            _close()
            raise
        return sheets


def _close() -> None:
    global _reader
    if _reader is not None:
        _reader.close()
        _reader = None


atexit.register(_close)


def _cells(body: bytes) -> Cells:
    import pyarrow as pa

    table: Any = pa.ipc.open_stream(pa.py_buffer(body)).read_all()
    title, row, column, merged, hidden = json.loads(table.schema.metadata[b"facts"])
    places = tuple((a, b, c, d) for a, b, c, d in merged)
    return Cells(title, row, table.replace_schema_metadata(None), column, places, hidden)
