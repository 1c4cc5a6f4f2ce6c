"""What is known of the words of company names, beyond what rigour knows: ``tables/names.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table() -> dict[str, Any]:
    """Return the table as it is."""
    text = files(__package__).joinpath("tables/names.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def phrases(*names: str) -> tuple[str, ...]:
    """Return a list of phrases of the table, the longest first; empty where there is none."""
    found: Any = table()
    for name in names:
        found = found.get(name, "")
    known = {one for part in found.split(";") if (one := part.strip())}
    return tuple(sorted(known, key=lambda one: (-len(one), one)))
