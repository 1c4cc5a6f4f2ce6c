"""One company behind many spellings.

Spellings that are equal once legal form, punctuation, case, accents, script, branch and agent
are taken away are one company in one country. Beyond that names join when the odds that they
are one company are high (:mod:`chipflow.companies.odds`), each to the centre of its group
and not to a neighbour, so that strangers do not chain. A user's word stands above all of this.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.companies.links import shared
from chipflow.companies.names import building_key, read_name
from chipflow.companies.odds import BEST_ODDS, Difference, Odds, other_form
from chipflow.companies.pairs import Entities, likely_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chipflow.companies.judgements import Judgements
    from chipflow.companies.names import CompanyName

SAME_NAME = "same name once legal form, case and punctuation are set aside"
BY_HAND = "joined by the user's list"
SPELLING_COLUMNS = ["name", "country", "company_id", "reason"]


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
    links
        What companies share without being one; see :func:`chipflow.companies.links.shared`.
    unknown
        Names of the user's lists that no record holds.
    """

    table: pd.DataFrame
    spellings: pd.DataFrame
    links: pd.DataFrame
    unknown: tuple[str, ...] = ()


def resolve(mentions: pd.DataFrame, judgements: Judgements | None = None) -> Companies:
    """Join the spellings of companies.

    Parameters
    ----------
    mentions
        One row a distinct way to be named: ``name`` (text), ``country`` (ISO 3166 alpha-2 or
        missing), ``likely_country`` (where its goods come from or go to, used where no country
        is stated), ``address`` (text or missing), ``records`` (how many records say so).
    judgements
        Names that a user knows to be one company, or not to be.

    Returns
    -------
    Companies
        The same for any order of rows.

    Notes
    -----
    Odds after Fellegi and Sunter (1969), with the frequencies of words counted in the names
    themselves (Winkler 1989).
    """
    spelled = mentions.groupby(["name", "country"], as_index=False, dropna=False).agg(
        records=("records", "sum")
    )
    read = _read(spelled["name"], spelled["country"].fillna(""))
    spelled["key"] = pd.Series([one.key for one in read], index=spelled.index, dtype="str")
    spelled["place"] = _place(spelled, mentions)
    guessed = spelled["country"].isna() & (spelled["place"] != "")
    # A name without a country is read again with the one where its goods are seen.
    again = iter(_read(spelled.loc[guessed, "name"], spelled.loc[guessed, "place"]))
    read = [next(again) if anew else one for one, anew in zip(read, guessed, strict=True)]
    if guessed.any():
        spelled["key"] = pd.Series([one.key for one in read], index=spelled.index, dtype="str")
    spelled["read"] = pd.Series(read, index=spelled.index, dtype=object)
    # A name that one spelling shows whole was not cut off in the others.
    spelled["length"] = [one.length for one in read]
    spelled["apart"] = judgements.apart(spelled) if judgements else 0
    spelled = spelled.sort_values(["place", "key", "apart", "name"], ignore_index=True)
    by = spelled.groupby(["place", "key", "apart"], as_index=False)
    nodes = by.agg(
        records=("records", "sum"), spelling=("name", "first"), read=("read", "first"),
        length=("length", "max"), shortest=("length", "min"),
    )  # fmt: skip
    nodes["length"] = nodes["length"].where(nodes["shortest"] > 0, 0)
    spelled = spelled.merge(
        nodes[["place", "key", "apart"]].assign(node=nodes.index), on=["place", "key", "apart"]
    )
    entities = Entities(
        place=nodes["place"].tolist(),
        name=nodes["read"].tolist(),
        records=nodes["records"].to_numpy(dtype=float),
        length=nodes["length"].to_numpy(dtype=np.int64),
        forms=_forms(spelled, len(nodes)),
        addresses=_addresses(spelled, mentions, len(nodes)),
    )
    groups = _Groups(entities)
    if judgements:
        groups.obey(*judgements.by_node(spelled))
    groups.join()
    centre = np.array([groups.centre_of(at) for at in range(len(nodes))], dtype=np.int64)
    identity = nodes["place"] + "|" + nodes["key"]
    identity = identity.where(nodes["apart"] == 0, identity + "|" + nodes["spelling"])
    ids = identity.iloc[np.unique(centre)].map(_company_id)
    spelled["company_id"] = pd.Series(centre[spelled["node"]], index=spelled.index).map(ids)
    spelled["company_place"] = nodes["place"].to_numpy()[centre[spelled["node"]]]
    spelled = spelled.sort_values(
        ["company_id", "records", "name"], ascending=[True, False, True], ignore_index=True
    )
    shown = spelled.groupby("company_id")["read"].transform("first")
    spelled["reason"] = [
        _reason(groups.why[node], name.set_aside, other_form(_form(name), _form(its), place))
        for node, name, its, place in zip(
            spelled["node"], spelled["read"], shown, spelled["company_place"], strict=True
        )
    ]
    known = ["name", "country", "company_id", "company_place", "read"]
    named = mentions.merge(spelled[known], on=["name", "country"])
    return Companies(
        table=_company_table(spelled, named),
        spellings=spelled[SPELLING_COLUMNS],
        # A side without a country of its own stands where its company does.
        links=shared(named.assign(country=named["company_place"])),
        unknown=tuple(judgements.unknown(spelled["name"])) if judgements else (),
    )


def _read(names: pd.Series, places: pd.Series) -> list[CompanyName]:
    """Take names apart, each in its place."""
    return [read_name(*one) for one in zip(names.tolist(), places.tolist(), strict=True)]


def _form(name: CompanyName) -> frozenset[str]:
    return frozenset({name.form} - {""})


def _forms(spelled: pd.DataFrame, nodes: int) -> list[frozenset[str]]:
    """Kinds of body that the spellings of each node state."""
    forms = [read.form for read in spelled["read"]]
    return _sets(
        [(node, form) for node, form in zip(spelled["node"].tolist(), forms, strict=True) if form],
        nodes,
    )


def _sets(told: Iterable[tuple[int, str]], nodes: int) -> list[frozenset[str]]:
    """What is told of each node, without repetition."""
    nothing: frozenset[str] = frozenset()
    found: dict[int, set[str]] = {}
    for node, one in told:
        found.setdefault(node, set()).add(one)
    return [frozenset(found[node]) if node in found else nothing for node in range(nodes)]


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


def _addresses(spelled: pd.DataFrame, mentions: pd.DataFrame, nodes: int) -> list[frozenset[str]]:
    known = mentions.dropna(subset=["address"])[["name", "country", "address"]]
    at = known.merge(spelled[["name", "country", "node", "place"]], on=["name", "country"])
    asked = list(zip(at["address"].astype(str).tolist(), at["place"].tolist(), strict=True))
    keys = {one: building_key(*one) for one in dict.fromkeys(asked)}
    told = zip(at["node"].tolist(), [keys[one] for one in asked], strict=True)
    return _sets([(node, key) for node, key in told if key], nodes)


class _Groups:
    """Names joined into groups, each with the name that is seen most as its centre."""

    def __init__(self, entities: Entities) -> None:
        self.entities = entities
        self.odds = Odds(entities)
        self.centre = list(range(len(entities)))
        self.members = [[at] for at in range(len(entities))]
        self.why: list[tuple[str, ...]] = [()] * len(entities)
        self.barred: dict[int, set[int]] = {}

    def centre_of(self, at: int) -> int:
        return self.centre[at]

    def obey(self, same: Iterable[tuple[int, int]], different: Iterable[tuple[int, int]]) -> None:
        """Join and part what a user knows."""
        for a, b in different:
            self.barred.setdefault(a, set()).add(b)
            self.barred.setdefault(b, set()).add(a)
        for a, b in same:
            if self.centre[a] != self.centre[b]:
                self._merge(a, b, (BY_HAND,))

    def join(self) -> None:
        """Join names by the odds, the surest first.

        Done again once it is known which names are one company, for those count as one name
        where it is asked how common a word is.
        """
        pairs = likely_pairs(self.entities)
        differ = [
            (a, b, differences)
            for a, b in zip(pairs["a"].tolist(), pairs["b"].tolist(), strict=True)
            # Names without a difference are two nodes only where the user says so.
            if (differences := self.odds.differences(a, b))
        ]
        self._join_surest(differ)
        self.odds = Odds(self.entities, self.centre, before=self.odds)
        self._join_surest([one for one in differ if self.centre[one[0]] != self.centre[one[1]]])

    def _join_surest(self, differ: list[tuple[int, int, list[Difference]]]) -> None:
        surest = [
            (-odds, a, b, differences)
            for a, b, differences in differ
            if (odds := self.odds.log_odds(a, b, differences)) > BEST_ODDS
        ]
        for _, a, b, differences in sorted(surest, key=lambda one: one[:3]):
            one, other = self.centre[a], self.centre[b]
            if one == other or self._is_barred(one, other):
                continue
            if {one, other} == {a, b} or self._agree(one, other):
                self._merge(a, b, tuple(map(str, differences)))

    def _agree(self, a: int, b: int) -> bool:
        """Tell if two centres, compared themselves, are more likely one company than not."""
        differences = self.odds.differences(a, b)
        return differences is not None and self.odds.log_odds(a, b, differences) > 0

    def _is_barred(self, one: int, other: int) -> bool:
        if not self.barred:
            return False
        theirs = set(self.members[other])
        return any(self.barred.get(at, set()) & theirs for at in self.members[one])

    def _merge(self, a: int, b: int, why: tuple[str, ...]) -> None:
        one, other = self.centre[a], self.centre[b]
        if self._standing(other) < self._standing(one):
            one, other, a, b = other, one, b, a
        # What joins keeps the reason for which it joined.
        for at in self.members[other]:
            self.why[at] = tuple(dict.fromkeys((*self.why[at], *why)))
            self.centre[at] = one
        self.members[one] += self.members[other]
        self.members[other] = []

    def _standing(self, at: int) -> tuple[float, str, str]:
        return (-self.entities.records[at], self.entities.name[at].key, self.entities.place[at])


def _reason(why: tuple[str, ...], set_aside: tuple[str, ...], form: str) -> str:
    said = [*why] or ([] if form else [SAME_NAME])
    said += [form] if form else []
    return "; ".join([*said, *(f"{one} set aside" for one in set_aside)])


def _company_table(spelled: pd.DataFrame, named: pd.DataFrame) -> pd.DataFrame:
    shown = spelled.drop_duplicates("company_id").set_index("company_id")
    names = spelled.drop_duplicates(["company_id", "name"])
    others = names[names["name"] != names["company_id"].map(shown["name"])]
    addressed = named.dropna(subset=["address"])
    addressed = addressed.groupby(["company_id", "address"]).agg(records=("records", "sum"))
    addressed = addressed.reset_index()
    addressed = addressed.sort_values(
        ["company_id", "records", "address"], ascending=[True, False, True]
    )
    table = pd.DataFrame(
        {
            "name": shown["name"],
            "aliases": _joined(others["company_id"], others["name"]),
            "country": shown["company_place"].replace("", pd.NA),
            "addresses": _joined(addressed["company_id"], addressed["address"]),
        },
        index=shown.index,
    )
    return table.rename_axis("company_id").reset_index().astype({"country": "str"})


def _joined(companies: pd.Series, texts: pd.Series) -> pd.Series:
    """Texts of each company in the order given, as one."""
    found: dict[str, list[str]] = {}
    for company, one in zip(companies.tolist(), texts.tolist(), strict=True):
        found.setdefault(company, []).append(str(one))
    return pd.Series({company: " | ".join(own) for company, own in found.items()}, dtype="str")
