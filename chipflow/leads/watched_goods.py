"""Goods of watch lists as the tracing of chips sees them: each item is a kind of its own.

A shipment of watched goods names its item by its HS code or its words, as a shipment of chips names
its chip. So whatever tells whether one lot of chips continues as another (number, weight and value
of a piece, waiting time, how common such goods are in these records) tells it of watched goods too,
and the same null model says how often chance does as much.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.engine import fetch, in_memory
from chipflow.errors import ParameterError
from chipflow.goods.controls.status import FREE
from chipflow.goods.watchlist import Watchlist, load_watchlist, watch
from chipflow.routes.exclusion import Exclusion
from chipflow.routes.licence_screening import LicenceScreening

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chipflow.goods.catalogue.load import Catalogue
    from chipflow.network.arrays import Ints
    from chipflow.network.build import Network


def read_watchlists(
    watch: str | Path | Watchlist | Iterable[str | Path | Watchlist],
) -> list[Watchlist]:
    """Read the watch lists that a search was told to use.

    Parameters
    ----------
    watch
        Names of shipped lists, CSV files, lists that were read already, or several of these.

    Returns
    -------
    list of Watchlist
        Each once, in their order.

    Raises
    ------
    ParameterError
        There is no such list.
    TableError
        A list does not hold together.
    """
    asked = [watch] if isinstance(watch, str | Path | Watchlist) else list(watch)
    lists = [one if isinstance(one, Watchlist) else load_watchlist(one) for one in asked]
    names = [one.name for one in lists]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ParameterError(f"watch list given twice: {', '.join(twice)}")
    return lists


def label(item: str, watchlist: Watchlist) -> str:
    """Name of an item in leads: with that of its list, since lists may call items alike."""
    return f"{item} ({watchlist.name})"


def is_watched(name: str, watchlists: Iterable[str]) -> bool:
    """Say whether a name in the column ``chips`` is of an item of one of some lists."""
    return any(name.endswith(f" ({one})") for one in watchlists)


def watched_shipments(
    shipments: pd.DataFrame,
    watchlists: list[Watchlist],
    not_of: Iterable[str] = (),
    *,
    believed: float,
) -> pd.DataFrame:
    """Put watched goods in the place of chips.

    Parameters
    ----------
    shipments
        :attr:`chipflow.Network.shipments`.
    watchlists
        The lists. Goods that stand on several are those of the likeliest item.
    not_of
        Ids of records that are explained already, as those of leads on chips.
    believed
        Probability from which goods are those of an item.

    Returns
    -------
    pandas.DataFrame
        The same shipments. Those with watched goods have ``chip`` (the item),
        ``chip_probability, chips_per_item`` (one), ``units`` (pieces) and ``declared``, and leave
        the country of export where the record states one: traders of third countries are
        exporters of record of goods that never were in theirs. No other shipment has a chip, and
        those that name one are for the search for chips.
    """
    asked = shipments[["record_id", "description", "hs_code", "items"]].assign(
        usd=shipments["value_usd"]
    )
    best = pd.DataFrame({"chip": None, "probability": believed}, index=shipments.index)
    best["chip"] = best["chip"].astype(object)
    for one in watchlists:
        found = fetch(
            watch(in_memory(asked), one).select("record_id", "watch_item", "watch_probability")
        ).set_index("record_id")
        item = shipments["record_id"].map(found["watch_item"])
        probability = shipments["record_id"].map(found["watch_probability"]).astype("float64")
        likelier = (probability > best["probability"]).to_numpy()
        named = item[likelier].map({entry.item: label(entry.item, one) for entry in one.items})
        best.loc[likelier, "chip"] = named.to_numpy(dtype=object)
        best.loc[likelier, "probability"] = probability[likelier]
    known = shipments["chip"].notna() | shipments["record_id"].isin(set(not_of))
    watched = best["chip"].notna() & ~known
    units = shipments["items"].astype("float64").where(watched)
    left = shipments["export_country"].where(watched).fillna(shipments["from_country"])
    return shipments.assign(
        from_country=left,
        chip=best["chip"].where(watched).astype("str"),
        chip_probability=best["probability"].where(watched).astype("float64"),
        chips_per_item=np.where(watched, 1.0, np.nan),
        units=units,
        declared=watched,
    )


def with_watched_goods(network: Network, goods: pd.DataFrame, steps: pd.DataFrame) -> Network:
    """Return a network whose shipments on some leads say which watched goods they hold.

    Parameters
    ----------
    network
        The network that was searched.
    goods
        Its shipments as :func:`watched_shipments` returned them, or some of them.
    steps
        Steps of leads on watched goods: ``record_id, status, rule``.
    """
    if steps.empty:
        return network
    of = steps.drop_duplicates("record_id").set_index("record_id")
    goods = goods.set_index("record_id")
    table = network.shipments.copy()
    record = table["record_id"]
    held = record.isin(of.index) & record.map(goods["declared"]).fillna(False).astype(bool)
    own = record[held]
    for name in ("chip", "chip_probability", "chips_per_item", "units", "declared"):
        table.loc[held, name] = own.map(goods[name]).astype(table[name].dtype)
    for name, found in (("control_status", "status"), ("control_rule", "rule")):
        table.loc[held, name] = own.map(of[found]).replace("", pd.NA)
    return replace(network, shipments=table)


def watch_catalogue(watchlists: list[Watchlist], catalogue: Catalogue) -> Catalogue:
    """Return tables in which the items of lists stand for chips, each as a family of its own.

    Parameters
    ----------
    watchlists
        The lists.
    catalogue
        Tables of chips, of which those about words and countries are kept.
    """
    chips, clauses = [], []
    for one in watchlists:
        by_tier: dict[str, list[str]] = {}
        for entry in one.items:
            by_tier.setdefault(entry.tier, []).append(entry.item)
        for chip in one.rules.chips:
            name = label(chip.chip, one)
            chips.append(replace(chip, chip=name, family=name))
        for clause in one.rules.clauses:
            # A rule without items is about all of its own list, and about no other one.
            parts = clause.parts or tuple(by_tier)
            items = [item for part in parts for item in by_tier.get(part, [part])]
            clauses.append(
                replace(
                    clause,
                    parts=tuple(dict.fromkeys(label(item, one) for item in items)),
                    clause=f"{one.name} {clause.clause}",
                )
            )
    return replace(
        catalogue, chips=tuple(chips), clauses=tuple(clauses), systems=(), parts=(), exceptions=()
    )


def guarded(watchlists: list[Watchlist], destination: Iterable[str]) -> list[Watchlist]:
    """Return the lists that have a rule for any of some countries.

    Parameters
    ----------
    watchlists
        The lists.
    destination
        ISO 3166 alpha-2 codes.
    """
    targets = sorted(set(destination))
    if not targets:
        return []
    return [
        one
        for one in watchlists
        if (one.timeline([entry.item for entry in one.items], targets)["status"] != FREE).any()
    ]


class WatchScreening(LicenceScreening):
    """What the rules of watch lists say of shipments that arrive.

    A rule that the tables leave open is no reason to say nothing of goods that somebody watches:
    the lead says that it is open.
    """

    def exclusion_of(self, at: Ints, found: pd.DataFrame) -> list[Exclusion | None]:
        """Say why shipments that arrive make no lead, or nothing: see the base class."""
        status = found["status"].to_numpy()
        quoted = self.traced.under_licence[at]
        free = (status == FREE) | (status == "")
        return [
            Exclusion.NO_LICENCE_ASKED if no_rule else Exclusion.UNDER_LICENCE if paper else None
            for no_rule, paper in zip(free, quoted, strict=True)
        ]
