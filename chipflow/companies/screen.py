"""Is a company perhaps one that is on a list? Possible matches, never findings."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd
from rigour.addresses import match_addresses
from rigour.names import NameTypeTag, analyze_names
from rigour.territories import territories_intersect

from chipflow.companies.alike import compare_names, reason
from chipflow.companies.lists import ScreeningList, read_list
from chipflow.companies.lookup import candidate_pairs, words
from chipflow.companies.names import LONGEST_NAME
from chipflow.errors import InputError, ParameterError
from chipflow.progress import silent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from chipflow.progress import Progress

SCREENING_COLUMNS = ["company_id", "company", "list", "entry_id", "entry_name", "score", "why"]
# Score from which a possible match is shown. On pairs that others labelled it is where precision
# and recall are both near their best; docs/decisions/0002-screening.md.
THRESHOLD = 0.66  # score, 0 to 1
# Namesakes live in different countries; a listed firm also trades through neighbours, so that an
# equal name in another country is still shown. Estimates: no labelled pairs have countries.
COUNTRIES_DIFFER = 0.15  # taken from the score
COUNTRIES_AGREE = 0.1  # share of what the score lacks to 1: only equal names reach 1
# An address in common is the best evidence there is beside the name; one that differs says
# nothing, for warehouses are not registered offices.
ADDRESSES_AGREE = 0.25  # share of what the score lacks to 1
SAME_ADDRESS = 0.7  # rigour's similarity of two addresses, 0 to 1, from which they are one
# Lists mark as weak what fits many ("Delta", "KTC"); such a name has to be equal, not alike.
WEAK = 0.8
SHORTEST_STRONG_ALIAS = 5  # letters; shorter aliases of one word are mostly initials
# A person on a list is a company of the records only if the whole name is equal: traders under
# their own name. Namesakes are more common among people than among companies.
PERSON = 0.85

# Records name two parties in one cell; each is looked up.
_TWO_PARTIES = re.compile(
    r"\s*(?:\b(?:on behalf of|care of|trading as|formerly known as|also known as)\b"
    r"|(?<!\w)(?:o/b/o|obo|c/o|t/a|d/b/a|dba|f/k/a|fka|a/k/a|aka)(?!\w))\s*[:.]?\s*",
    re.IGNORECASE,
)
_MESSRS = re.compile(r"^\s*m/s\.?\s+", re.IGNORECASE)
_KIND_WORDS = {
    "name": "name",
    "alias": "alias",
    "weak alias": "weak alias",
    "former name": "former name",
}


def screen(
    companies: pd.DataFrame,
    *lists: str | Path,
    threshold: float = THRESHOLD,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Look companies up in lists of restricted parties.

    Parameters
    ----------
    companies
        One row a company: ``company_id``, ``name``, and where known ``aliases`` and
        ``addresses`` (joined by ``" | "``) and ``country`` (ISO 3166 alpha-2); as
        :attr:`chipflow.companies.Companies.table`.
    *lists
        Files: OpenSanctions ``targets.simple.csv``, FollowTheMoney JSON lines, the US
        Consolidated Screening List as CSV, or any CSV with a column of names.
    threshold
        Least score, above 0 and at most 1, of what is returned.
    progress
        Who is told how the work goes on.

    Returns
    -------
    pandas.DataFrame
        One row a company and entry, sorted by company and score: ``company_id``; ``company``
        (its name); ``list`` (the file); ``entry_id`` (of the list, or made from the row's
        content where it has none); ``entry_name``; ``score`` (0 to 1, no probability);
        ``why`` (in words). The same for any order of rows. Every row is a possible match: that
        two names are alike does not make two companies one.

    Raises
    ------
    InputError
        A list cannot be read, is empty or names nobody.
    ParameterError
        The threshold is no score.

    Notes
    -----
    Names, aliases, weak aliases and former names are compared by
    :func:`chipflow.companies.alike.compare_names`, after the approach of OpenSanctions'
    logic-v2 and on the same library (`rigour <https://opensanctions.github.io/rigour/>`_).
    Country and address then raise or lower the score where both sides give them. A weak alias
    counts only if it is equal. Persons are matched only to a trader under exactly that name;
    vessels, aircraft and other things are left out.
    """
    if not 0 < threshold <= 1:
        raise ParameterError(f"threshold: {threshold!r} is no score; give one above 0, at most 1")
    return screen_lists(companies, read_lists(lists), threshold=threshold, progress=progress)


def read_lists(paths: Iterable[str | Path]) -> list[ScreeningList]:
    """Read lists, each once; two files of one name are told apart by their paths."""
    given = list(dict.fromkeys(str(path) for path in paths))
    read = [read_list(path) for path in given]
    names = [one.name for one in read]
    if len(set(names)) == len(names):
        return read
    from dataclasses import replace

    return [
        replace(one, name=path if names.count(one.name) > 1 else one.name)
        for one, path in zip(read, given, strict=True)
    ]


def screen_lists(
    companies: pd.DataFrame,
    lists: Sequence[ScreeningList],
    *,
    threshold: float = THRESHOLD,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Look companies up in lists that are read already; see :func:`screen`."""
    for column in ("company_id", "name"):
        if column not in companies:
            raise InputError("companies without the column", column=column, hint="add it")
    spelled = _spellings(companies)
    found = []
    with progress.stage("looking companies up in the lists", total=len(lists)) as stage:
        for one in lists:
            found.append(_matches(spelled, companies, one, threshold))
            stage.advance()
    table = pd.concat(found) if found else pd.DataFrame(columns=SCREENING_COLUMNS)
    return table.sort_values(
        ["company_id", "score", "list", "entry_id"],
        ascending=[True, False, True, True],
        ignore_index=True,
    )[SCREENING_COLUMNS]


def _spellings(companies: pd.DataFrame) -> pd.DataFrame:
    """One row a name of a company: ``company_id, text``; parties named together are taken apart."""
    texts = companies["name"].astype("str")
    if "aliases" in companies:
        texts = texts + " | " + companies["aliases"].astype("str").fillna("")
    spelled = pd.DataFrame(
        {"company_id": companies["company_id"], "text": texts.str.split(" | ", regex=False)}
    )
    spelled = spelled.explode("text")
    parties = spelled["text"].fillna("").str.replace(_MESSRS, "", regex=True)
    spelled["text"] = parties.str.split(_TWO_PARTIES, regex=True)
    spelled = spelled.explode("text")
    spelled["text"] = spelled["text"].str.strip()
    spelled = spelled[(spelled["text"] != "") & spelled["text"].notna()]
    spelled = spelled.astype({"text": "str"}).drop_duplicates()
    return spelled.sort_values(["company_id", "text"], ignore_index=True)


def _matches(
    spelled: pd.DataFrame, companies: pd.DataFrame, listed: ScreeningList, threshold: float
) -> pd.DataFrame:
    pairs = pd.concat(
        [_like_companies(spelled, listed, threshold), _same_persons(spelled, listed)],
        ignore_index=True,
    )
    # The best name of an entry for a company; among equals always the same one.
    pairs = pairs.sort_values(
        ["name_score", "kind_order", "text", "listed_as"], ascending=[False, True, True, True]
    ).drop_duplicates(["company_id", "entry_id"])
    stated = companies.drop_duplicates("company_id").set_index("company_id")
    pairs = pairs.join(stated[["name"]], on="company_id").join(
        listed.entries.set_index("entry_id"), on="entry_id"
    )
    for column in ("country", "addresses"):
        known = stated[column] if column in stated else pd.Series(pd.NA, index=stated.index)
        pairs[f"our_{column}"] = pairs["company_id"].map(known.astype("str")).fillna("")
    found = [
        _in_circumstances(*five)
        for five in zip(
            pairs["name_score"], pairs["our_country"], pairs["countries"],
            pairs["our_addresses"], pairs["addresses"], strict=True,
        )
    ]  # fmt: skip
    pairs["score"] = pd.Series([one for one, _ in found], index=pairs.index, dtype="float64")
    pairs["circumstances"] = pd.Series([said for _, said in found], index=pairs.index, dtype="str")
    kept = pairs[pairs["score"] >= threshold]
    return kept.assign(company=kept["name"], list=listed.name, why=_sentences(kept).astype("str"))[
        SCREENING_COLUMNS
    ].astype({"score": "float64"})


def _like_companies(spelled: pd.DataFrame, listed: ScreeningList, threshold: float) -> pd.DataFrame:
    """Pairs of spellings and listed names of companies, with the score of the names alone."""
    companies = listed.entries.loc[listed.entries["type"] == "company", "entry_id"]
    names = listed.names[listed.names["entry_id"].isin(companies)].drop_duplicates()
    ours, theirs = sorted(spelled["text"].unique()), sorted(names["text"].unique())
    pairs = candidate_pairs(ours, theirs)
    # What country and address can add at most decides which pairs are of no use any more.
    lacking = (1 - threshold) / ((1 - COUNTRIES_AGREE) * (1 - ADDRESSES_AGREE))
    alike = [
        (ours[one], theirs[other], likeness.score, reason(likeness))
        for one, other in zip(pairs["ours"], pairs["theirs"], strict=True)
        if (likeness := compare_names(ours[one], theirs[other])).score >= 1 - lacking
    ]
    found = pd.DataFrame(alike, columns=["text", "listed_as", "score", "reason"]).astype(
        {"text": "str", "listed_as": "str", "score": "float64", "reason": "str"}
    )
    met = found.merge(spelled, on="text").merge(
        names.rename(columns={"text": "listed_as"}), on="listed_as"
    )
    return _with_kinds(met)


def _with_kinds(met: pd.DataFrame) -> pd.DataFrame:
    """Let weak aliases count only where they are equal, and then less."""
    weak = (met["kind"] == "weak alias") | (
        (met["kind"] == "alias") & met["listed_as"].map(_is_initials).astype(bool)
    )
    equal = [
        words(one) == words(other) for one, other in zip(met["text"], met["listed_as"], strict=True)
    ]
    met = met.assign(
        name_score=met["score"].where(~weak, WEAK * met["score"]),
        kind=met["kind"].mask(weak, "weak alias"),
    )
    met = met[~weak | pd.Series(equal, index=met.index, dtype=bool)]
    order = {kind: place for place, kind in enumerate(_KIND_WORDS)}
    return met.assign(kind_order=met["kind"].map(order))[_PAIR_COLUMNS]


_PAIR_COLUMNS = [
    "company_id",
    "entry_id",
    "text",
    "listed_as",
    "kind",
    "kind_order",
    "name_score",
    "reason",
]


@cache
def _is_initials(alias: str) -> bool:
    found = words(alias)
    return len(found) == 1 and len(found[0]) < SHORTEST_STRONG_ALIAS


def _same_persons(spelled: pd.DataFrame, listed: ScreeningList) -> pd.DataFrame:
    """Traders whose whole name is that of a listed person, in any order of its words."""
    persons = listed.entries.loc[listed.entries["type"] == "person", "entry_id"]
    names = listed.names[
        listed.names["entry_id"].isin(persons) & (listed.names["kind"] != "weak alias")
    ]
    if names.empty:
        return pd.DataFrame(columns=_PAIR_COLUMNS)
    ours = spelled.assign(key=spelled["text"].map(_person_key)).dropna(subset=["key"])
    theirs = names.assign(key=names["text"].map(_person_key)).dropna(subset=["key"])
    theirs = theirs.rename(columns={"text": "listed_as"})
    met = ours.merge(theirs.drop_duplicates(), on="key")
    return met.assign(
        name_score=PERSON,
        kind_order=0,
        reason="the whole name is that of a listed person; namesakes are common",
    )[_PAIR_COLUMNS]


@cache
def _person_key(text: str) -> str | None:
    names = analyze_names(NameTypeTag.PER, [text[:LONGEST_NAME]], symbols=False, phonetics=False)
    found = sorted(part.comparable for name in names for part in name.parts)
    # One word is a name of many.
    return " ".join(found) if len(found) > 1 else None


def _in_circumstances(
    score: float, country: str, countries: frozenset[str], addresses: str, theirs: tuple[str, ...]
) -> tuple[float, str]:
    """The score after country and address have had their say, and what they said."""
    said = []
    if country and countries:
        if _countries_meet(country, countries):
            score += COUNTRIES_AGREE * (1 - score)
            said.append(f"country {country} agrees")
        else:
            score -= COUNTRIES_DIFFER
            listed = ", ".join(sorted(countries))
            said.append(f"country {country} in the records, {listed} on the list")
    ours = [one for one in addresses.split(" | ") if one]
    if ours and theirs:
        best = match_addresses(ours, list(theirs))
        if best is not None and best.score >= SAME_ADDRESS:
            score += ADDRESSES_AGREE * (1 - score)
            said.append(f"address alike ({best.query} ~ {best.result})")
    return round(max(score, 0.0), 3), "; ".join(said)


@cache
def _countries_meet(country: str, countries: frozenset[str]) -> bool:
    # rigour knows that Hong Kong is part of China; its codes are in lower case.
    return bool(territories_intersect([country.lower()], [one.lower() for one in countries]))


def _sentences(pairs: pd.DataFrame) -> pd.Series:
    """Why each pair is a possible match, in plain words."""
    named = "possible match: “" + pairs["text"] + "” and the "
    named = named + pairs["kind"].map(_KIND_WORDS) + " “" + pairs["listed_as"] + "”"
    source = (" (" + pairs["source"] + ")").where(pairs["source"] != "", "")
    more = ("; " + pairs["circumstances"]).where(pairs["circumstances"] != "", "")
    return named + source + ": " + pairs["reason"] + more


def listed_by_company(screening: pd.DataFrame) -> pd.Series:
    """Return the lists that each company may be on, joined by ``" | "``, by company id."""
    lists = screening.drop_duplicates(["company_id", "list"]).sort_values(["company_id", "list"])
    joined: pd.Series = lists.groupby("company_id")["list"].agg(" | ".join)
    return joined


def best_matches(screening: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return the best possible match of each company, as a row of the table, by company id."""
    ordered = screening.sort_values(
        ["company_id", "score", "list", "entry_id"], ascending=[True, False, True, True]
    )
    best = ordered.drop_duplicates("company_id")
    return {str(row["company_id"]): row for row in best.to_dict("records")}  # type: ignore[misc]
