"""Everything that chipflow raises on purpose.

::

    ChipflowError              anything chipflow refuses to do
      InputError               a file, sheet, row or cell cannot be used        exit 1
        LayoutError            a layout file contradicts itself or the sheet    exit 1
      OutputError              a result cannot be written                       exit 1
      TableError               a knowledge table (chips, rules) is wrong        exit 1
      MissingDependencyError   an optional package is needed and absent         exit 1
      ParameterError           an argument or option has no meaning             exit 2

Messages are one line: what was found, where, and what to do about it.
"""

from __future__ import annotations


class ChipflowError(Exception):
    """Anything that chipflow refuses to do, with a message made for the user."""

    exit_status = 1


class InputError(ChipflowError):
    """A file, sheet, row or cell that cannot be used.

    Parameters
    ----------
    what
        What was found, in a few words.
    file, row, column
        Where it was found; ``row`` is the number that a spreadsheet program shows.
    hint
        What the user can do about it.
    """

    def __init__(
        self,
        what: str,
        *,
        file: object | None = None,
        row: int | None = None,
        column: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.what, self.file, self.row, self.column, self.hint = what, file, row, column, hint
        places = [
            None if file is None else str(file),
            None if row is None else f"row {row}",
            None if column is None else f"column {column}",
        ]
        place = ", ".join(part for part in places if part)
        message = f"{place}: {what}" if place else what
        super().__init__(_one_line(f"{message}; {hint}" if hint else message))


class LayoutError(InputError):
    """A layout file that contradicts itself or the sheet it is used on."""


class OutputError(ChipflowError):
    """A result that cannot be written where it was asked for."""


class TableError(ChipflowError):
    """A knowledge table (chips, systems, rules) that does not hold together."""


class MissingDependencyError(ChipflowError):
    """An optional package that is needed for what was asked, and absent."""


class ParameterError(ChipflowError):
    """An argument or option that has no meaning: what came, what is allowed."""

    exit_status = 2


def _one_line(message: str) -> str:
    # What a file is called or says may hold characters that move the cursor or change colours.
    return " ".join("".join(c if c.isprintable() else " " for c in message).split())
