"""What a company name is once spelling habits are taken away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd
from rigour.addresses import address_fingerprint
from rigour.names import normalize_name, remove_org_types
from rigour.text.translit import ascii_text

if TYPE_CHECKING:
    from collections.abc import Iterable

# What is left of a legal form of several words once rigour has taken its last word away
# ("Private Limited", "Company Limited", "FZ LLC", "and Sons Co"): they tell nobody apart.
_LEGAL_REMAINDER = frozenset(
    {"co", "company", "corp", "corporation", "fz", "fzc", "fzco", "fze", "inc", "limited", "llc"}
    | {"ltd", "private", "pte", "pty", "pvt", "the"}
)

# Between two companies that are named in one cell, the goods belong to the one after it.
_ON_BEHALF = re.compile(r"\b(?:on behalf of|o/b/o|obo)\b\s*", re.IGNORECASE)
# What follows it is an address to care of, not the company.
_CARE_OF = re.compile(r"\s*\b(?:c/o|care of)\b.*$", re.IGNORECASE)


def name_key(name: str) -> str:
    """Return the part of a company name by which it is told from others.

    Parameters
    ----------
    name
        The name as a record spells it, in any script.

    Returns
    -------
    str
        Latin letters and digits in words, without punctuation, accents or legal form; the
        normalised name itself where nothing else would be left.

    Notes
    -----
    Legal forms of all jurisdictions and transliteration come from `rigour
    <https://opensanctions.github.io/rigour/>`_ (OpenSanctions).
    """
    owner = _CARE_OF.sub("", _ON_BEHALF.split(name)[-1]) or name
    normal = normalize_name(owner) or ""
    bare = remove_org_types(normal)
    words = ascii_text(bare).lower().split()
    while len(words) > 1 and words[-1] in _LEGAL_REMAINDER:
        words.pop()
    while len(words) > 1 and words[0] in _LEGAL_REMAINDER:
        words.pop(0)
    return " ".join(words) or ascii_text(normal).lower() or name.strip().lower()


def name_keys(names: Iterable[str]) -> pd.Series:
    """Return :func:`name_key` of many distinct names, indexed by the names."""
    distinct = list(names)
    return pd.Series([name_key(name) for name in distinct], index=distinct, dtype="str")


def address_key(address: str) -> str:
    """Return an address in the form in which two spellings of it are equal."""
    return address_fingerprint(address) or ""
