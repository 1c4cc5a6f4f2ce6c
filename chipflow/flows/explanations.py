"""What would look like diversion and be innocent: a dated table with sources."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Explanation:
    """One innocent reason for a country's trade to grow.

    Attributes
    ----------
    country
        ISO 3166-1 alpha-2.
    hs
        Beginnings of HS codes that it concerns; all goods without any.
    since, until
        Months (``2022-03``) between which it holds; empty where it always did.
    text, source
        What it is, and who says so.
    """

    country: str
    hs: tuple[str, ...]
    since: str
    until: str
    text: str
    source: str


@cache
def explanations() -> tuple[Explanation, ...]:
    """Return the table."""
    text = files("chipflow.flows").joinpath("tables/explanations.csv").read_text("utf-8")
    return tuple(
        Explanation(
            row["country"],
            tuple(filter(None, row["hs"].split(";"))),
            row["since"],
            row["until"],
            row["explanation"],
            row["source"],
        )
        for row in csv.DictReader(text.splitlines())
    )


def explained(country: str, hs: Iterable[str], first: str, last: str) -> list[str]:
    """Return what may innocently explain a surge.

    Parameters
    ----------
    country
        ISO 3166-1 alpha-2.
    hs
        Codes asked about; all goods without any.
    first, last
        First and last month or year after the event.

    Returns
    -------
    list of str
        Sentences with their source in brackets.
    """
    codes = tuple(hs)
    return [
        f"{one.text} ({one.source})"
        for one in explanations()
        if one.country == country
        and (not one.until or one.until >= first[:7])
        and (not one.since or one.since[: len(last)] <= last)
        and (not one.hs or not codes or any(_same_goods(a, b) for a in one.hs for b in codes))
    ]


def _same_goods(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
