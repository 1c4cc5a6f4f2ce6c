"""Options of ``chipflow analyze`` in a file, for runs that are made again and again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chipflow.errors import InputError, ParameterError
from chipflow.given_files import given_text

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="TOML file with any of these options, also records and out; those given here go "
        "first.",
        metavar="TOML",
    ),
]

# Option -> type of its value in the file; "path" and "paths" are relative to the file.
OPTIONS = {
    "records": "paths",
    "out": "path",
    "layout": "name or path",
    "same": "path",
    "different": "path",
    "list": "paths",
    "watch": "names or paths",
    "chips": "path",
    "rules": "path",
    "destination": "texts",
    "since": "day",
    "until": "day",
    "window": "whole number",
    "max_hops": "whole number",
    "strict": "true or false",
    "log_json": "true or false",
    "seed": "whole number",
    "null_draws": "whole number",
    "settings": "path",
    "force": "true or false",
    "format": "text",
    "quiet": "true or false",
}
# What an option is called in the code, where that is another name.
CALLED = {"list": "lists", "format": "output"}
# The least of each number, as on the command line.
LEAST = {"window": 1, "max_hops": 2, "null_draws": 1}


def from_config(
    context: typer.Context, config: Path | None, given: dict[str, Any]
) -> dict[str, Any]:
    """Return the options of a command with those of a file where none were typed.

    Parameters
    ----------
    context
        Of the command: it knows which options were typed.
    config
        The TOML file, or None.
    given
        Options as the command was called with.

    Raises
    ------
    ParameterError
        The file cannot be read, or holds an option or value without meaning.
    """
    if config is None:
        return given
    read = read_config(config)
    typed = {
        name
        for name in given
        if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    }
    return {**given, **{name: value for name, value in read.items() if name not in typed}}


def read_config(file: str | Path) -> dict[str, Any]:
    """Read a file of options.

    Parameters
    ----------
    file
        TOML with the options of ``chipflow analyze`` as keys, with ``_`` or ``-``, and ``records``
        and ``out``. Paths are relative to the file.

    Returns
    -------
    dict
        By the names of :func:`chipflow.analyze`'s parameters and of the command's.

    Raises
    ------
    ParameterError
        It cannot be read, or holds a key or a value without meaning.
    """
    # Loaded here, as no command without such a file needs them.
    import tomllib
    from difflib import get_close_matches

    path = Path(file)
    try:
        said = tomllib.loads(given_text(path, "the file of options"))
    except InputError as error:
        raise ParameterError(f"--config: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ParameterError(f"--config: {path}: no TOML ({error})") from error
    found: dict[str, Any] = {}
    for key, value in said.items():
        name = key.replace("-", "_")
        if name not in OPTIONS:
            near = get_close_matches(name, OPTIONS, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(OPTIONS)}"
            raise ParameterError(f"--config: {path}: {key!r} is no option{hint}")
        read = _value(value, OPTIONS[name], path.absolute().parent)
        if read is None or (name in LEAST and read < LEAST[name]):
            least = f" from {LEAST[name]} on" if name in LEAST else ""
            raise ParameterError(
                f"--config: {path}: {key} = {value!r}: give a {OPTIONS[name]}{least}"
            )
        found[CALLED.get(name, name)] = read
    return found


def _value(value: Any, kind: str, folder: Path) -> Any:
    """Return a value as the command would have it; None if it is not of its kind."""
    import datetime as dt

    is_texts = isinstance(value, list) and all(isinstance(one, str) for one in value)
    if kind == "true or false":
        return value if isinstance(value, bool) else None
    if kind == "whole number":
        return value if isinstance(value, int) and not isinstance(value, bool) else None
    if kind == "day" and isinstance(value, dt.date):
        return value.isoformat()[:10]
    if kind == "paths":
        texts = value if is_texts else [value] if isinstance(value, str) else None
        return texts and [_beside(one, folder) for one in texts]
    if kind == "names or paths":
        texts = value if is_texts else [value] if isinstance(value, str) else None
        return texts and [_beside(one, folder) if (folder / one).exists() else one for one in texts]
    if kind == "texts" and is_texts:
        return ",".join(value)
    if not isinstance(value, str):
        return None
    if kind == "path" or (kind == "name or path" and (folder / value).exists()):
        return _beside(value, folder)
    return value


def _beside(path: str, folder: Path) -> str:
    # An absolute path, and the address of a database, stay as they are.
    return path if "://" in path else str(folder / path)
