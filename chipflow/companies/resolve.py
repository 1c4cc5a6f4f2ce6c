"""One company behind many spellings.

Spellings that are equal once legal form, punctuation, case, accents and script are taken away
are one company in one country. Beyond that, two names join only when they differ by a slip of
the keyboard inside a long word: "Jaya" and "Raya" are two companies, "Technolgy" and
"Technology" are one. Names join a centre, never a neighbour, so that strangers do not chain.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from rapidfuzz.distance import OSA

from chipflow.companies.names import name_keys

# A slip of the keyboard in a word shorter than this makes another word as often as not.
SHORTEST_WORD_WITH_SLIP = 6  # letters
# One slip (a letter lost, doubled, changed or swapped with its neighbour) in one word.
SLIPS = 1  # edits, optimal string alignment


@dataclass(frozen=True)
class Companies:
    """The companies of a set of records.

    Attributes
    ----------
    table
        One row a company: ``company_id, name, aliases, country, addresses``; ``aliases`` and
        ``addresses`` are joined by ``" | "``.
    spellings
        One row a spelling: ``name, country, company_id, reason`` (why it belongs there).
    """

    table: pd.DataFrame
    spellings: pd.DataFrame


def resolve(mentions: pd.DataFrame) -> Companies:
    """Join the spellings of companies.

    Parameters
    ----------
    mentions
        One row a distinct way to be named: ``name`` (text), ``country`` (ISO 3166 alpha-2 or
        missing), ``likely_country`` (where its goods come from or go to, used where no country
        is stated), ``address`` (text or missing), ``records`` (how many records say so).

    Returns
    -------
    Companies
        The same for any order of rows.
    """
    spelled = mentions.groupby(["name", "country"], as_index=False, dropna=False).agg(
        records=("records", "sum")
    )
    spelled["key"] = spelled["name"].map(name_keys(spelled["name"].unique())).astype("str")
    spelled["place"] = _place(spelled, mentions)
    entities = spelled.groupby(["place", "key"], as_index=False).agg(records=("records", "sum"))
    entities["centre"] = _centres(entities)
    spelled = spelled.merge(entities[["place", "key", "centre"]], on=["place", "key"])
    identity = spelled["place"] + "|" + spelled["centre"]
    spelled["company_id"] = identity.map({text: _company_id(text) for text in identity.unique()})
    spelled["reason"] = np.where(
        spelled["key"] == spelled["centre"],
        "same name once legal form, case and punctuation are set aside",
        "one slip of the keyboard from " + spelled["centre"],
    )
    spelled = spelled.sort_values(
        ["company_id", "records", "name"], ascending=[True, False, True], ignore_index=True
    )
    return Companies(
        table=_company_table(spelled, mentions),
        spellings=spelled[["name", "country", "company_id", "reason"]],
    )


def _company_id(identity: str) -> str:
    # Not for secrecy: a short name that stays the same whatever else is in the records.
    return "c-" + hashlib.sha256(identity.encode()).hexdigest()[:10]


def _place(spelled: pd.DataFrame, mentions: pd.DataFrame) -> pd.Series:
    """Country by which a spelling is identified; a name without one joins its only namesake."""
    stated = spelled["country"].notna()
    namesakes = spelled[stated].groupby("key")["country"].agg(["nunique", "first"])
    only = namesakes.loc[namesakes["nunique"] == 1, "first"]
    guess = _most_frequent(mentions[mentions["country"].isna()], "likely_country")
    place = spelled["country"].where(stated, spelled["key"].map(only))
    return place.where(place.notna(), spelled["name"].map(guess)).fillna("")


def _most_frequent(mentions: pd.DataFrame, column: str) -> pd.Series:
    counts = mentions.groupby(["name", column]).agg(records=("records", "sum")).reset_index()
    counts = counts.sort_values(["name", "records", column], ascending=[True, False, True])
    most: pd.Series = counts.drop_duplicates("name").set_index("name")[column]
    return most


def _centres(entities: pd.DataFrame) -> pd.Series:
    """Key of the company that each key belongs to: its own, or one a slip away, seen more often."""
    near = _near_pairs(entities)
    centre = entities["key"].copy()
    if near.empty:
        return centre
    order = entities.sort_values(["records", "key"], ascending=[False, True]).index
    standing = pd.Series(np.arange(len(order)), index=order)
    near["weight"] = near["more"].map(standing)
    joined: set[int] = set()
    pairs = near.sort_values(["weight", "less"])[["more", "less"]].itertuples(index=False)
    for more, less in pairs:
        # A name that has joined a centre is no centre itself: that is how strangers would chain.
        if more not in joined and less not in joined:
            centre.loc[less] = entities["key"].loc[more]
            joined.add(less)
    return centre


def _near_pairs(entities: pd.DataFrame) -> pd.DataFrame:
    """Pairs of rows (more, less) whose keys are a slip apart, the one seen more often first.

    Two words one edit apart share a word with one letter taken out (Garbe's symmetric delete),
    so that pairs are found by an equality join and not by comparing all with all.
    """
    shadows = entities["key"].map(_with_a_letter_out).explode()
    table = pd.DataFrame(
        {"row": shadows.index, "place": entities["place"].reindex(shadows.index), "shadow": shadows}
    ).dropna(subset=["shadow"])
    table = table[table.duplicated(["place", "shadow"], keep=False)]
    pairs = table.merge(table, on=["place", "shadow"], suffixes=("_a", "_b"))
    pairs = pairs.loc[pairs["row_a"] < pairs["row_b"], ["row_a", "row_b"]].drop_duplicates()
    key, records = entities["key"], entities["records"]
    near = [
        _same_but_for_a_slip(one, other)
        for one, other in zip(key.loc[pairs["row_a"]], key.loc[pairs["row_b"]], strict=True)
    ]
    pairs = pairs[np.array(near, dtype=bool)]
    a, b = pairs["row_a"].to_numpy(), pairs["row_b"].to_numpy()
    more_a, more_b = records.loc[a].to_numpy(), records.loc[b].to_numpy()
    first = (more_a > more_b) | (
        (more_a == more_b) & (key.loc[a].to_numpy() <= key.loc[b].to_numpy())
    )
    return pd.DataFrame({"more": np.where(first, a, b), "less": np.where(first, b, a)})


def _with_a_letter_out(key: str) -> list[str]:
    squeezed = key.replace(" ", "")
    if len(squeezed) < SHORTEST_WORD_WITH_SLIP:
        return []
    shadows = {squeezed}
    start = 0
    for word in key.split():
        if len(word) >= SHORTEST_WORD_WITH_SLIP and word.isalpha():
            shadows.update(
                squeezed[:at] + squeezed[at + 1 :] for at in range(start, start + len(word))
            )
        start += len(word)
    return sorted(shadows)


def _same_but_for_a_slip(one: str, other: str) -> bool:
    ours, theirs = one.split(), other.split()
    if len(ours) != len(theirs):
        return one.replace(" ", "") == other.replace(" ", "")
    differing = [(a, b) for a, b in zip(ours, theirs, strict=True) if a != b]
    return len(differing) == 1 and all(
        min(len(a), len(b)) >= SHORTEST_WORD_WITH_SLIP
        and a.isalpha()
        and b.isalpha()
        and OSA.distance(a, b, score_cutoff=SLIPS) <= SLIPS
        for a, b in differing
    )


def _company_table(spelled: pd.DataFrame, mentions: pd.DataFrame) -> pd.DataFrame:
    shown = spelled.drop_duplicates("company_id").set_index("company_id")
    names = spelled.drop_duplicates(["company_id", "name"])
    others = names[names["name"] != names["company_id"].map(shown["name"])]
    of = spelled.drop_duplicates(["name", "country"]).set_index(["name", "country"])["company_id"]
    addressed = mentions.dropna(subset=["address"]).merge(
        of.reset_index(), on=["name", "country"], how="left"
    )
    addressed = addressed.groupby(["company_id", "address"]).agg(records=("records", "sum"))
    addressed = addressed.reset_index()
    addressed = addressed.sort_values(
        ["company_id", "records", "address"], ascending=[True, False, True]
    )
    table = pd.DataFrame(
        {
            "name": shown["name"],
            "aliases": others.groupby("company_id")["name"].agg(" | ".join),
            "country": shown["place"].replace("", pd.NA),
            "addresses": addressed.groupby("company_id")["address"].agg(" | ".join),
        },
        index=shown.index,
    )
    return table.rename_axis("company_id").reset_index().astype({"country": "str"})
