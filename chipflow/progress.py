"""How long work tells what it is doing, without deciding how that is shown."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

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
