"""What a user knows of names: that two are one company, or that they are not."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from chipflow.companies.names import name_key
from chipflow.errors import InputError
from chipflow.given_files import given_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

_HEADERS = frozenset({"name", "names", "company", "name_a", "a", "one"})
_HINT = "write one row for each group of names, names apart by commas, in UTF-8"


@dataclass(frozen=True)
class Judgements:
    """Groups of names, each a tuple of two or more as a record may spell them.

    Attributes
    ----------
    same
        Names of one company, in whatever countries they stand.
    different
        Names of which no two are one company.
    """

    same: tuple[tuple[str, ...], ...] = ()
    different: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def read(
        cls, same: str | Path | None = None, different: str | Path | None = None
    ) -> Judgements:
        """Read CSV files with one group of names in each row.

        Parameters
        ----------
        same, different
            CSV in UTF-8, two or more names in a row; a first row that begins with ``name`` is a
            header.

        Returns
        -------
        Judgements

        Raises
        ------
        InputError
            A file cannot be read, a row has only one name, or both files speak of one pair.
        """
        read = cls(_groups(same), _groups(different))
        joined = {frozenset(pair) for pair in _pairs(read.same)}
        for pair in _pairs(read.different):
            if frozenset(pair) in joined:
                raise InputError(
                    f"{pair[0]!r} and {pair[1]!r} stand in {same} as well",
                    file=str(different),
                    hint="take them out of one of the two lists",
                )
        return read

    def __bool__(self) -> bool:
        """Tell if anything is known."""
        return bool(self.same or self.different)

    def apart(self, spelled: pd.DataFrame) -> pd.Series:
        """Number the spellings that must leave a company which would be theirs by their key.

        Parameters
        ----------
        spelled
            ``name, place, key``, one row a spelling.

        Returns
        -------
        pandas.Series
            0 for those that stay.
        """
        number = spelled["key"].map(lambda _: 0).astype("int64")
        folded = spelled["name"].map(_fold)
        for turn, (one, other) in enumerate(_pairs(self.different), start=1):
            here, there = spelled[folded == one], spelled[folded == other]
            both = there.merge(here[["place", "key"]].drop_duplicates(), on=["place", "key"])
            number[there.index[there["name"].isin(both["name"])]] = turn
        return number

    def by_node(self, spelled: pd.DataFrame) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return the pairs of nodes to be joined, and those to be kept apart.

        Parameters
        ----------
        spelled
            ``name, key, node``, one row a spelling.
        """
        nodes = _Nodes(spelled)
        same = [
            (first[0], node)
            for group in self.same
            if (first := nodes.called(group[0]))
            for name in group
            for node in nodes.called(name)
        ]
        different = [
            (a, b)
            for one, other in _pairs(self.different)
            for a in nodes.called(one)
            for b in nodes.called(other)
            if a != b
        ]
        return same, different

    def unknown(self, names: Iterable[str]) -> list[str]:
        """Return the names of the lists that no record holds."""
        folded = {_fold(name) for name in names}
        keys = {name_key(name) for name in names}
        asked = dict.fromkeys(name for group in (*self.same, *self.different) for name in group)
        return [name for name in asked if _fold(name) not in folded and name_key(name) not in keys]


class _Nodes:
    """Nodes by the names of their spellings; a name that no record holds goes by its key."""

    def __init__(self, spelled: pd.DataFrame) -> None:
        self.exact = spelled.groupby(spelled["name"].map(_fold))["node"].agg(
            lambda nodes: sorted(set(nodes))
        )
        self.alike = spelled.groupby("key")["node"].agg(lambda nodes: sorted(set(nodes)))

    def called(self, name: str) -> list[int]:
        if _fold(name) in self.exact.index:
            return list(self.exact[_fold(name)])
        return list(self.alike.get(name_key(name), []))


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())


def _pairs(groups: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    for group in groups:
        yield from combinations(map(_fold, group), 2)


def _groups(path: str | Path | None) -> tuple[tuple[str, ...], ...]:
    if path is None:
        return ()
    try:
        lines = csv.reader(io.StringIO(given_text(path, "the list of names"), newline=""))
        rows = [[cell.strip() for cell in row if cell.strip()] for row in lines]
    except csv.Error as error:
        raise InputError("not a CSV file", file=str(path), hint=_HINT) from error
    groups = []
    for number, row in enumerate(rows, start=1):
        if not row or (number == 1 and row[0].casefold() in _HEADERS):
            continue
        if len(row) < 2:
            raise InputError(f"only one name, {row[0]!r}", file=str(path), row=number, hint=_HINT)
        groups.append(tuple(row))
    if not groups:
        raise InputError("no names in it", file=str(path), hint=_HINT)
    return tuple(groups)
