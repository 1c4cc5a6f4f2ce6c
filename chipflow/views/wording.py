"""Words that every view uses, and texts from records made fit for where they go."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pandas as pd

# What an amount means, by the column it comes from.
MEASURES = {"units": "chips", "value_usd": "US dollars", "shipments": "shipments"}
# A text cell longer than this is cut in pages: no name or description that says something is.
MOST_CHARACTERS = 600
# Embeddings, overrides and isolates of writing direction (Unicode 16, 23.2).
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
LEAST_PROBABILITY = 1e-3  # what is smaller says no more than "very rarely"
LABEL_CHARACTERS = 20  # beside a mark in a picture


def shortened(text: str, most: int = MOST_CHARACTERS) -> str:
    """Cut a very long text and say how long it was."""
    if len(text) <= most:
        return text
    return f"{text[:most]}\u2026 ({len(text):,} characters)"


def label(text: Any, most: int = LABEL_CHARACTERS) -> str:
    """Return a name fit for a picture: one line, no control or direction characters, cut."""
    kept = str(text)[: 20 * most]
    if not kept.isprintable():
        kept = "".join(
            " " if one.isspace() else one
            for one in kept
            if one.isspace() or unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Co")
        )
    kept = " ".join(kept.split()) or "(no name)"
    return kept if len(kept) <= most else kept[: most - 1] + "\u2026"


def visible(text: str) -> str:
    """Write out the characters that turn the order of letters round, so that none is hidden."""
    return TURNING.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def number(value: Any, digits: int = 0) -> str:
    """Return a number with thousands apart, an em dash for a missing one."""
    if value is None or value != value:
        return "\u2014"
    return f"{float(value):,.{digits}f}"


def probability(value: Any) -> str:
    """Return a p- or q-value with two digits; a small one is only said to be small."""
    if value is None or value != value:
        return "\u2014"
    if float(value) < LEAST_PROBABILITY:
        return f"< {LEAST_PROBABILITY:g}"
    return f"{float(value):.2g}"


def parameter_text(value: Any) -> str:
    """Return a parameter as a person would write it."""
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "not set" if value is None else str(value)


def joined(value: Any) -> str | None:
    """Return a cell that may hold a list as one text, None where it is missing."""
    if isinstance(value, (list, tuple)):
        return " > ".join(map(str, value))
    return None if pd.isna(value) else str(value)
