"""What two companies share without being one: an address, a telephone, an agent, a name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from chipflow.companies.names import address_key, read_name

if TYPE_CHECKING:
    from chipflow.companies.names import CompanyName

AGENT = "agent"  # the kind of link by a forwarder in common
LINK_COLUMNS = ["company_id", "other_id", "kind", "value", "companies"]
# More companies than this at one address or with one agent are customers of a mailbox or a
# forwarder; that they share it says nothing about any two of them.
MOST_LINKED = 50  # companies
# A number that stands behind such a word is a telephone and no post code.
_PHONE = re.compile(
    r"\b(?:tel|telephone|phone|ph|mob|mobile|cell|fax|whatsapp|contact)\b[\s.:#no-]*"
    r"(\+?\d[\d\s().-]{5,}\d)",
    re.IGNORECASE,
)
_SHORTEST_PHONE = 7  # digits


def shared(mentions: pd.DataFrame) -> pd.DataFrame:
    """Find what companies share.

    Parameters
    ----------
    mentions
        ``company_id, name, address, country`` and ``read`` (the name taken apart); one row a
        distinct way to be named.

    Returns
    -------
    pandas.DataFrame
        ``company_id, other_id`` (each pair once, the first before the second), ``kind``
        (``address``, ``phone``, ``agent`` or ``name``), ``value`` (what is shared, in a form in
        which spellings are equal), ``companies`` (how many share it).
    """
    known = mentions.dropna(subset=["address"])
    texts = known["address"].astype("str")
    keys = {text: _without_phone(text) for text in texts.unique()}
    phones = {text: phone(text) for text in texts.unique()}
    told = pd.Series([_telling(name) for name in mentions["read"]], mentions.index, dtype="str")
    agents = pd.Series([_agent(name) for name in mentions["read"]], mentions.index, dtype="str")
    of = [
        known.assign(kind="address", value=known["country"].fillna("") + " " + texts.map(keys))[
            texts.map(keys).astype(bool)
        ],
        known.assign(kind="phone", value=texts.map(phones)),
        mentions.assign(kind=AGENT, value=agents),
        # One name in two countries: offices of one business, or two that happen to be called so.
        mentions.assign(kind="name", value=told),
    ]
    met = pd.concat([one[["company_id", "kind", "value"]] for one in of]).drop_duplicates()
    met = met[met["value"].astype(bool)]
    met["companies"] = met.groupby(["kind", "value"])["company_id"].transform("size")
    met = met[(met["companies"] > 1) & (met["companies"] <= MOST_LINKED)]
    other = met.rename(columns={"company_id": "other_id"}).drop(columns="companies")
    pairs = met.merge(other, on=["kind", "value"])
    pairs = pairs[pairs["company_id"] < pairs["other_id"]]
    return pairs[LINK_COLUMNS].sort_values(LINK_COLUMNS, ignore_index=True)


def _telling(name: CompanyName) -> str:
    """Return what a name says without its legal form, or nothing where that is one short word."""
    return name.key if len(name.words) > 1 else ""


def phone(text: str) -> str:
    """Return the digits of a telephone number that a text names as one, or ``""``."""
    found = _PHONE.search(text)
    digits = "".join(char for char in found[1] if char.isdigit()) if found else ""
    return digits if len(digits) >= _SHORTEST_PHONE else ""


def _without_phone(address: str) -> str:
    return address_key(_PHONE.sub(" ", address))


def _agent(name: CompanyName) -> str:
    return read_name(name.agent).key if name.agent else ""
