"""How long work tells what it is doing, without deciding how that is shown."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class Stage(Protocol):
    """One piece of work that is under way."""

    def advance(self, steps: int = 1) -> None:
        """Say that so many more steps are done."""


class Progress(Protocol):
    """Somebody who wants to know how the work goes on."""

    def stage(self, name: str, total: int | None = None) -> AbstractContextManager[Stage]:
        """Open a piece of work of ``total`` steps (unknown: None)."""


class _Silent:
    def advance(self, steps: int = 1) -> None:
        """Say nothing."""

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Stage]:
        """Open a piece of work that nobody watches."""
        yield self


silent: Progress = _Silent()


class Timed:
    """Progress that somebody else watches, with the time and memory that each stage took.

    Parameters
    ----------
    watcher
        Who is told how the work goes on.

    Attributes
    ----------
    stages
        One dict for each name in the order of their beginnings: ``stage, seconds`` (of all stages
        of the name; one inside another counts in both) and ``peak_mb``, the most memory that the
        process had held by its end, in 2^20 bytes (None where the system does not say).
    """

    def __init__(self, watcher: Progress) -> None:
        self._watcher = watcher
        self._told: dict[str, dict[str, Any]] = {}

    @property
    def stages(self) -> list[dict[str, Any]]:
        """Every stage so far."""
        return list(self._told.values())

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Stage]:
        """Open a piece of work, and take its time."""
        told = self._told.setdefault(name, {"stage": name, "seconds": 0.0, "peak_mb": None})
        began = time.perf_counter()
        with self._watcher.stage(name, total) as step:
            yield step
        told["seconds"] = round(told["seconds"] + time.perf_counter() - began, 3)
        told["peak_mb"] = peak_memory()


def peak_memory() -> float | None:
    """Return the most memory that this process has held, in 2^20 bytes; None where not known."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # In kilobytes, on macOS in bytes.
    return round(most / (1 << 20 if sys.platform == "darwin" else 1 << 10), 1)
