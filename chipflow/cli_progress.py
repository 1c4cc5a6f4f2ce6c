"""How long work shows on the error stream: bars, lines every ten seconds, or JSON lines."""

from __future__ import annotations

import json
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chipflow.progress import silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from chipflow.progress import Progress, Stage

EVERY = 10.0  # seconds between two lines of one stage


def progress_on(errors: Console, *, quiet: bool = False, log_json: bool = False) -> Progress:
    """Return what shows the progress of a command.

    Parameters
    ----------
    errors
        The error stream.
    quiet
        Whether nothing is shown; JSON lines that were asked for are.
    log_json
        Whether to write JSON lines: ``time, event`` (``begin``, ``progress``, ``end``), ``stage,
        seconds`` and, where the number of steps is known, ``done, total, left`` (seconds).
    """
    if log_json:
        return _Lines(_write_json, all_events=True)
    if quiet:
        return silent
    return _Bars(errors) if errors.is_terminal else _Lines(_write_text)


class _Bars:
    """Bars that vanish when a stage is done."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Stage]:
        from rich import progress as rich

        columns: list[rich.ProgressColumn] = [
            rich.SpinnerColumn(),
            rich.TextColumn("{task.description}"),
            rich.BarColumn(bar_width=24),
            rich.TimeElapsedColumn(),
        ]
        if total is not None:
            columns += [
                rich.MofNCompleteColumn(),
                rich.TimeRemainingColumn(),
                rich.TextColumn("left"),
            ]
        with rich.Progress(*columns, console=self._console, transient=True) as bars:
            task = bars.add_task(name, total=total)

            class _Step:
                def advance(self, steps: int = 1) -> None:
                    bars.advance(task, steps)

            yield _Step()


class _Lines:
    """A line now and then for logs; one stage may be inside another."""

    def __init__(self, write: Callable[[dict[str, Any]], None], all_events: bool = False) -> None:
        self._write = write
        self._all_events = all_events

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Stage]:
        began = time.monotonic()
        steps = _Steps()
        over = threading.Event()

        def say(event: str) -> None:
            seconds = time.monotonic() - began
            said: dict[str, Any] = {"event": event, "stage": name, "seconds": round(seconds, 1)}
            if total is not None:
                left = seconds * (total - steps.done) / steps.done if steps.done else None
                said |= {"done": steps.done, "total": total, "left": left and round(left, 1)}
            self._write(said)

        def keep_saying() -> None:
            while not over.wait(EVERY):
                say("progress")

        teller = threading.Thread(target=keep_saying, daemon=True)
        if self._all_events:
            say("begin")
        teller.start()
        try:
            yield steps
        finally:
            over.set()
            teller.join()
            if self._all_events:
                say("end")


class _Steps:
    def __init__(self) -> None:
        self.done = 0

    def advance(self, steps: int = 1) -> None:
        """Count so many more steps."""
        self.done += steps


def _write_json(said: dict[str, Any]) -> None:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    print(json.dumps({"time": now, **said}, ensure_ascii=False), file=sys.stderr, flush=True)


def _write_text(said: dict[str, Any]) -> None:
    steps = f", {said['done']:,} of {said['total']:,}" if said.get("total") else ""
    left = f", about {said['left']:,.0f} s left" if said.get("left") else ""
    line = f"chipflow: {said['stage']}, {said['seconds']:,.0f} s{steps}{left}"
    print(line, file=sys.stderr, flush=True)
