"""Small files that are given as options: lists of names, templates, layouts, notes, settings."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TypeAlias

from chipflow.errors import InputError

Given: TypeAlias = str | os.PathLike[str]

# Nobody writes a longer template or layout; a device or a sparse file has no end.
MAX_BYTES = 64_000_000


def is_regular(path: Path) -> bool:
    """Tell a file from a device, a pipe or a socket, which may never end."""
    return stat.S_ISREG(path.stat().st_mode)


def given_text(path: str | os.PathLike[str], what: str, *, hint: str = "name another file") -> str:
    """Return the text of a file that was given as an option.

    Parameters
    ----------
    path
        A UTF-8 text file.
    what
        What it is, for the message ("the template").
    hint
        What the user can do if it cannot be read.

    Returns
    -------
    str
        Without the mark of UTF-8; line ends as they are.

    Raises
    ------
    InputError
        It cannot be read, is no regular file, is too large, or is no UTF-8 text.
    """
    file = Path(path)
    try:
        if not is_regular(file):
            raise InputError(f"{what} is no regular file", file=path, hint=hint)
        size = file.stat().st_size
        if size > MAX_BYTES:
            limit = f"{MAX_BYTES / 1e6:g} MB"
            raise InputError(f"{what} is larger than {limit}", file=path, hint=hint)
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{what} is no UTF-8 text", file=path, hint="save it as UTF-8") from error
    except OSError as error:
        raise InputError(
            f"{what} cannot be read ({error.strerror})", file=path, hint=hint
        ) from error
