"""The same work on several parts at once: NumPy lets other threads run while it computes."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Part = TypeVar("Part")

# Arrays are read faster than memory gives them: more threads gain nothing.
MOST_THREADS = 4


_here = threading.local()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_THREADS), "chipflow", _begin)


def _begin() -> None:
    _here.is_part = True


def for_each(parts: Sequence[Part], work: Callable[[Part], None]) -> None:
    """Do some work for each part; what a part's own work does for each is done one by one.

    Parameters
    ----------
    parts
        Independent of each other.
    work
        Keeps its result itself, at a place of the part's own: then the order does not matter.
    """
    # A part that waits for other parts of the same pool could wait for ever.
    if len(parts) < 2 or getattr(_here, "is_part", False):
        for part in parts:
            work(part)
        return
    # What was chosen for this run, as its tables, holds in every thread of it.
    contexts = [copy_context() for _ in parts]
    for _ in _pool().map(lambda context, part: context.run(work, part), contexts, parts):
        pass
