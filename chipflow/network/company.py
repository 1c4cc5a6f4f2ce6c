"""A company of a network, found by the name that a person gives it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from chipflow.companies.names import name_key
from chipflow.errors import ParameterError
from chipflow.records.schema import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chipflow.network.build import Network

# Stands for the side that a record does not name; no route passes through it.
UNKNOWN_PREFIX = "unknown:"
# Between the other spellings of a company in the table of companies.
BETWEEN_ALIASES = " | "
MOST_NAMED = 5  # companies that an error lists
LONGEST_NAME = 60  # characters of a company name in an error


@dataclass(frozen=True)
class Company:
    """A company of a network with its shipments.

    Attributes
    ----------
    company_id
        Its id in the network.
    name
        Its most frequent spelling.
    aliases
        Its other spellings.
    country
        ISO 3166 alpha-2, None where no record states it.
    sent, received
        Its shipments as shipper and as consignee, by date; the columns of
        :attr:`chipflow.Network.shipments`.
    """

    company_id: str
    name: str
    aliases: tuple[str, ...]
    country: str | None
    sent: pd.DataFrame = field(repr=False)
    received: pd.DataFrame = field(repr=False)

    @property
    def suppliers(self) -> pd.DataFrame:
        """Who sent to it: ``company_id, name, shipments, first_date, last_date``."""
        return _partners(self.received, "shipper")

    @property
    def customers(self) -> pd.DataFrame:
        """To whom it sent: ``company_id, name, shipments, first_date, last_date``."""
        return _partners(self.sent, "consignee")

    def to_dict(self) -> dict[str, Any]:
        """Return its id, names, country and number of shipments, as JSON can hold them."""
        return {
            "company_id": self.company_id,
            "name": self.name,
            "aliases": list(self.aliases),
            "country": self.country,
            "sent": len(self.sent),
            "received": len(self.received),
        }

    def _repr_html_(self) -> str:
        from chipflow._shows import company

        return company(self)


def company_of(network: Network, name: str, country: str | None = None) -> Company:
    """Return the company that is called so; see :meth:`chipflow.Network.company`."""
    company_id = company_id_of(network.directory, name, country)
    row = network.directory.set_index("company_id").loc[company_id]
    shipments = network.shipments.sort_values(["date", "record_id"])

    def of_side(side: str) -> pd.DataFrame:
        return shipments[shipments[f"{side}_id"] == company_id].reset_index(drop=True)

    return Company(
        company_id=company_id,
        name=company_id if pd.isna(row["name"]) else str(row["name"]),
        aliases=aliases_of(row["aliases"]),
        country=None if pd.isna(row["country"]) else str(row["country"]),
        sent=of_side("shipper"),
        received=of_side("consignee"),
    )


def company_id_of(directory: pd.DataFrame, name: str, country: str | None = None) -> str:
    """Return the id of the company that is called so.

    Parameters
    ----------
    directory
        ``company_id, name, aliases, country``: those among which it is looked for.
    name
        Its id, or any spelling of it. Where no company is spelled exactly so, letter case,
        punctuation and the legal form are left out ("Selangor Peak"); then a part of a name will
        do if it is a part of one company's names only.
    country
        ISO 3166 alpha-2, to tell companies of the same name apart.

    Raises
    ------
    ParameterError
        No company is called so, with those that are spelled nearly so; or several are, with
        their ids.
    """
    if (directory["company_id"] == name).any():
        return name
    asked = str(name).strip()
    if not asked:
        raise ParameterError("a company without a name: give a name, another spelling or an id")
    among = directory if country is None else directory[directory["country"] == country]
    spelled = _spellings(among)
    folded = spelled["spelling"].str.casefold()
    for found in (
        spelled[folded == asked.casefold()],
        spelled[_keys(spelled) == name_key(asked)] if name_key(asked) else spelled.head(0),
        spelled[folded.str.contains(asked.casefold(), regex=False)],
    ):
        ids = list(dict.fromkeys(found["company_id"]))
        if len(ids) == 1:
            return str(ids[0])
        if ids:
            raise _several(name, among[among["company_id"].isin(ids)])
    raise _none(asked, spelled["spelling"].drop_duplicates().tolist())


def aliases_of(joined: object) -> tuple[str, ...]:
    """Return the other spellings of a company as the directory joins them."""
    if not isinstance(joined, str):
        return ()
    return tuple(one for one in joined.split(BETWEEN_ALIASES) if one)


def _spellings(directory: pd.DataFrame) -> pd.DataFrame:
    """One row a spelling: ``company_id, spelling, country``; placeholders have none."""
    named = directory[~directory["company_id"].str.startswith(UNKNOWN_PREFIX)]
    names = named["name"].astype(object).where(named["name"].notna(), "")
    table = pd.DataFrame(
        {
            "company_id": named["company_id"].astype(object),
            "country": named["country"].astype(object),
            "spelling": [
                [str(first), *aliases_of(others)]
                for first, others in zip(names, named["aliases"].astype(object), strict=True)
            ],
        }
    ).explode("spelling", ignore_index=True)
    return table[table["spelling"] != ""].astype({"spelling": "str"})


def _keys(spelled: pd.DataFrame) -> pd.Series:
    countries = spelled["country"].where(spelled["country"].notna(), "")
    keys = [
        name_key(name, str(country))
        for name, country in zip(spelled["spelling"], countries, strict=True)
    ]
    return pd.Series(keys, index=spelled.index, dtype="str")


def _several(name: str, found: pd.DataFrame) -> ParameterError:
    shown = ", ".join(
        f"{one_line(str(row['name']), LONGEST_NAME)} ({row['country']}, {row['company_id']})"
        for row in found.head(MOST_NAMED).to_dict("records")
    )
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return ParameterError(
        f"{len(found)} companies are called {one_line(str(name), LONGEST_NAME)!r}: {shown}{more}; "
        "give an id or a longer part of the name"
    )


def _none(asked: str, names: Sequence[str]) -> ParameterError:
    from rapidfuzz import process, utils

    near = [
        one_line(match, LONGEST_NAME)
        for match, *_ in process.extract(asked, names, limit=3, processor=utils.default_process)
    ]
    hint = f"; near: {', '.join(near)}" if near else ""
    return ParameterError(f"no company is called {one_line(asked, LONGEST_NAME)!r}{hint}")


def _partners(shipments: pd.DataFrame, side: str) -> pd.DataFrame:
    table = shipments.groupby(f"{side}_id").agg(
        name=(side, "first"),
        shipments=("record_id", "size"),
        first_date=("date", "min"),
        last_date=("date", "max"),
    )
    table = table.rename_axis("company_id").reset_index()
    return table.sort_values(
        ["shipments", "company_id"], ascending=[False, True], ignore_index=True
    )
