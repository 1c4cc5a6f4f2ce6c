"""Goods that stop in the open: controlled chips arrive at a new company, and nothing is seen after.

Such a purchase is a lead of a kind of its own, ranked apart and never among the routes: no record
shows that the goods went on at all. The score is a sum of log-likelihood ratios in the manner of
:mod:`chipflow.leads.evidence`, and weaker than that of a route.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import expit

from chipflow.goods.controls import DENIED, LICENCE, timeline
from chipflow.leads.evidence import (
    CONSUMER,
    ESTABLISHED,
    SINGLE_IF_DIVERTED,
    plural,
)
from chipflow.leads.facts import share_new as share_new_of
from chipflow.leads.trade import COMPUTING
from chipflow.network.build import UNKNOWN_PREFIX
from chipflow.network.follow import BELIEVED
from chipflow.network.handover import NEW_FOR, NEW_IF_DIVERTED

if TYPE_CHECKING:
    from chipflow.network.build import Network
    from chipflow.network.lots import Lots
    from chipflow.network.trace import Tracing

VANISHED_COLUMNS = {
    "rank": "int64",
    "company_id": "str",
    "company": "str",
    "country": "str",
    "score": "float64",
    "chips": "str",
    "units": "float64",
    "value_usd": "float64",
    "first_date": "str",
    "last_date": "str",
    "record_ids": "str",
    "reasons": "str",
    "innocent_explanations": "str",
}

# One server holds eight accelerators: with fewer than two of them there is little to ask about.
LEAST_CHIPS = 16  # chips
# A user of many things buys at least as many other lots, and no fewer than this.
OTHER_LOTS = 5  # lots
# Who sends computing goods by name or not, none of which continues the purchase, may be a trader
# whose onward sales are under way.
SELLS = -np.log(2)  # log-likelihood ratio
# What is kept for use is at least this share, as for the routes' part "goods kept".
LEAST_LEFT = 0.05  # share of the chips
# -e p log p bounds how far a p-value can speak for its alternative (Sellke, Bayarri and Berger,
# 2001); beyond p = 1/e it says nothing.
SAYS_NOTHING = float(np.exp(-1))  # probability
DECIMALS = 3  # of scores


def vanished(network: Network, tracing: Tracing, destination: tuple[str, ...]) -> pd.DataFrame:
    """Find companies at which controlled chips arrived, and after which nothing is recorded.

    Parameters
    ----------
    network
        What :func:`chipflow.build_network` returned.
    tracing
        What :func:`chipflow.network.trace.trace` found in its shipments.
    destination
        ISO 3166 alpha-2 codes of the countries that the rules guard.

    Returns
    -------
    pandas.DataFrame
        One row a company, rank 1 first: ``rank, company_id, company, country, score, chips,
        units`` (chips), ``value_usd, first_date, last_date, record_ids, reasons,
        innocent_explanations``. Companies whose records show that they are not new, that passed
        on half of the chips or more, or of which as much speaks against as for it, are left out.
    """
    shipments = network.shipments
    # Copying a large table to leave nothing out costs more than the search.
    looked_at = (
        shipments
        if len(shipments) == len(tracing.lots)
        else shipments[shipments["record_id"].isin(tracing.lots.record)]
    )
    lots = _controlled_purchases(looked_at, destination)
    if lots.empty:
        return _empty()
    supply = np.where(np.isfinite(tracing.lots.supply), tracing.lots.supply, np.nan)
    lots = lots.assign(
        chips_in=supply[tracing.lots.at(lots["record_id"])],
        sold_on=lots["record_id"].map(_sold_on(tracing)).fillna(0.0),
    )
    named = looked_at.loc[looked_at["chip"].notna(), ["record_id", "consignee_id"]]
    chips = pd.Series(supply[tracing.lots.at(named["record_id"])], index=named.index)
    received = chips.groupby(named["consignee_id"]).sum()
    first = _first_seen(shipments)
    buyers = _with_habits(_buyers(lots), lots, shipments, first)
    buyers = _scored(buyers, shipments, tracing.lots, received)
    kept = buyers[
        (buyers["units"] >= LEAST_CHIPS)
        & (buyers["left"] > 1 - BELIEVED)
        & (buyers["new"] | ~buyers["can_tell"])
        & (buyers["score"] > 0)
    ]
    return _table(kept, network, shipments["date"].max(), destination)


def _empty() -> pd.DataFrame:
    return pd.DataFrame(columns=list(VANISHED_COLUMNS)).astype(VANISHED_COLUMNS)


def _controlled_purchases(shipments: pd.DataFrame, destination: tuple[str, ...]) -> pd.DataFrame:
    """Shipments of named chips from abroad to a third country that needed a licence for there."""
    named = shipments[shipments["chip"].notna()]
    arrives = np.logical_or.reduce(
        [
            named[name].isin(destination).to_numpy()
            for name in ("from_country", "to_country", "destination_country", "import_country")
        ]
    )
    bought: pd.DataFrame = named[
        named["to_country"].notna()
        & (named["from_country"] != named["to_country"]).fillna(False).astype(bool)
        & ~arrives
        & ~named["consignee_id"].str.startswith(UNKNOWN_PREFIX)
        & (named["shipper_id"] != named["consignee_id"])
    ]
    if bought.empty or not destination:
        return bought.head(0)
    rules = timeline(sorted(bought["chip"].unique()), sorted(destination))
    strict = rules[rules["status"].isin((LICENCE, DENIED))][["chip", "first_day", "last_day"]]
    asked = bought[["record_id", "chip", "date"]].merge(strict, on="chip")
    needed = (asked["first_day"] <= asked["date"]) & (asked["date"] <= asked["last_day"])
    found: pd.DataFrame = bought[bought["record_id"].isin(asked.loc[needed, "record_id"])]
    return found


def _sold_on(tracing: Tracing) -> pd.Series:
    """Chips of each purchase that are believed to have gone on, by record id."""
    links = tracing.links
    passed = links["units"].fillna(np.inf) * expit(links["hop_log_odds"])
    return passed.groupby(links["from_record"]).sum()


def _buyers(lots: pd.DataFrame) -> pd.DataFrame:
    table = lots.sort_values(["consignee_id", "record_id"])
    table["gone"] = table[["sold_on", "chips_in"]].min(axis=1)
    by = table.groupby("consignee_id")
    buyers = pd.DataFrame(
        {
            "lots": by.size(),
            "units": by["chips_in"].sum(min_count=1),
            "gone": by["gone"].sum(),
            "value_usd": by["value_usd"].sum(min_count=1),
            "first": by["date"].min(),
            "last": by["date"].max(),
            "country": _most_frequent(table, "to_country"),
            "chips": _each_once(table, "chip"),
            "record_ids": by["record_id"].agg(";".join),
            "suppliers": by["shipper_id"].nunique(),
            "cards": (table["goods"] == "consumer_card")
            .astype(float)
            .groupby(table["consignee_id"])
            .mean(),
        }
    )
    buyers["left"] = 1.0 - (buyers["gone"] / buyers["units"]).clip(0.0, 1.0)
    return buyers


def _most_frequent(lots: pd.DataFrame, name: str) -> pd.Series:
    """Most frequent value of a column by buyer, the first in order among equals."""
    counts = lots.groupby(["consignee_id", name]).size().rename("lots").reset_index()
    counts = counts.sort_values(["consignee_id", "lots", name], ascending=[True, False, True])
    most: pd.Series = counts.drop_duplicates("consignee_id").set_index("consignee_id")[name]
    return most


def _each_once(lots: pd.DataFrame, name: str) -> pd.Series:
    """Values of a column by buyer, each once and in order."""
    distinct = lots[["consignee_id", name]].drop_duplicates().sort_values(["consignee_id", name])
    joined: pd.Series = distinct.groupby("consignee_id")[name].agg(" | ".join)
    return joined


def _with_habits(
    buyers: pd.DataFrame, lots: pd.DataFrame, shipments: pd.DataFrame, first: pd.Series
) -> pd.DataFrame:
    """When each buyer is first seen, what else it buys, and what it sends."""
    by_shipper = shipments["shipper_id"].isin(buyers.index)
    sent = shipments.loc[by_shipper, ["shipper_id", "goods", "date"]]
    to_buyer = shipments["consignee_id"].isin(buyers.index)
    received = shipments.loc[to_buyer, ["record_id", "consignee_id"]]
    other = received[~received["record_id"].isin(lots["record_id"])]
    start = sent["shipper_id"].map(buyers["first"])
    later = sent[sent["goods"].isin(COMPUTING) & (sent["date"] >= start)]
    new_for = pd.Timedelta(days=NEW_FOR)
    seen = first.reindex(buyers.index)
    known_before = buyers["first"] - seen >= new_for
    reaches_back = buyers["first"] - shipments["date"].min() >= new_for
    return buyers.assign(
        seen=seen,
        other_lots=_count(other["consignee_id"], buyers.index),
        computing_out=_count(later["shipper_id"], buyers.index),
        new=reaches_back & ~known_before,
        # Known for long before is known, wherever the records begin.
        can_tell=reaches_back | known_before,
    )


def _count(ids: pd.Series, index: pd.Index) -> pd.Series:
    counts: pd.Series = ids.value_counts().reindex(index).fillna(0).astype("int64")
    return counts


def _first_seen(shipments: pd.DataFrame) -> pd.Series:
    """Day on which each company is first seen, in all of the records and not only the asked."""
    sides = [shipments.groupby(f"{side}_id")["date"].min() for side in ("shipper", "consignee")]
    first: pd.Series = pd.concat(sides).groupby(level=0).min()
    return first


def _scored(
    buyers: pd.DataFrame, shipments: pd.DataFrame, lots: Lots, chips: pd.Series
) -> pd.DataFrame:
    """Weigh each buyer against what is usual in all of the records.

    ``chips`` is what each company received of named chips, lawful or not.
    """
    share_new = share_new_of(lots, NEW_FOR)
    new = 0.0 if share_new is None else max(float(np.log(NEW_IF_DIVERTED / share_new)), 0.0)
    of_computing = shipments["goods"].isin(COMPUTING)
    computing = shipments.loc[of_computing, ["consignee_id", "shipper_id"]]
    partners = computing.groupby("consignee_id")["shipper_id"].agg(["nunique", "size"])
    partners = partners[partners["size"] > 1]
    # One more of each, so that a share measured on few is never none or all.
    share_single = (int((partners["nunique"] == 1).sum()) + 1) / (len(partners) + 2)
    single = max(float(np.log(SINGLE_IF_DIVERTED / share_single)), 0.0)
    ordered = np.sort(chips.to_numpy(dtype=float))
    as_large = len(ordered) - np.searchsorted(ordered, buyers["units"].to_numpy(dtype=float))
    tail = np.maximum(as_large, 1) / max(len(ordered), 1)
    bounded = np.minimum(tail, SAYS_NOTHING)
    user = (buyers["other_lots"] >= OTHER_LOTS) & (buyers["other_lots"] >= buyers["lots"])
    alone = (buyers["suppliers"] == 1) & (buyers["lots"] > 1)
    score = (
        np.where(buyers["new"], new, 0.0)
        + np.where(alone, single, 0.0)
        - np.log(-np.e * bounded * np.log(bounded))
        + np.log(buyers["left"].clip(lower=LEAST_LEFT).to_numpy(dtype=float))
        + np.where(user, ESTABLISHED, 0.0)
        + np.where(buyers["computing_out"] > 0, SELLS, 0.0)
        + float(CONSUMER) * buyers["cards"].to_numpy(dtype=float)
    )
    return buyers.assign(
        score=np.round(score, DECIMALS) + 0.0,
        share_new=np.nan if share_new is None else share_new,
        share_single=share_single,
        tail=tail,
        user=user,
        alone=alone,
    )


def _table(
    kept: pd.DataFrame, network: Network, end: pd.Timestamp, destination: tuple[str, ...]
) -> pd.DataFrame:
    names = network.directory.set_index("company_id")["name"]
    ordered = kept.rename_axis("company_id").reset_index()
    ordered = ordered.sort_values(["score", "company_id"], ascending=[False, True])
    rows = [{str(name): one for name, one in row.items()} for row in ordered.to_dict("records")]
    table = ordered.assign(
        rank=np.arange(1, len(ordered) + 1),
        company=ordered["company_id"].map(names),
        units=ordered["units"].round(2),
        first_date=ordered["first"].dt.strftime("%Y-%m-%d"),
        last_date=ordered["last"].dt.strftime("%Y-%m-%d"),
        reasons=[" | ".join(_reasons(row, destination)) for row in rows],
        innocent_explanations=[" | ".join(_innocent(row, end)) for row in rows],
    )
    return table[list(VANISHED_COLUMNS)].astype(VANISHED_COLUMNS).reset_index(drop=True)


def _reasons(row: dict[str, Any], destination: tuple[str, ...]) -> list[str]:
    said = [
        f"{row['units']:,.0f} {row['chips'].replace(' | ', ' and ')} in {row['lots']:,} "
        f"{plural('shipment', row['lots'])} would have needed a licence for "
        f"{' or '.join(destination)} on those days; {row['left']:.0%} of them are not seen to go on"
    ]
    if row["new"]:
        said.append(
            f"first seen in the records on {row['seen']:%Y-%m-%d}; {row['share_new']:.0%} of all "
            "shipments go to a company that new"
        )
    if row["tail"] < SAYS_NOTHING:
        said.append(f"{row['tail']:.1%} of all companies that receive chips received as many")
    if row["alone"]:
        said.append(
            f"one supplier over {row['lots']:,} shipments; {row['share_single']:.0%} of all buyers "
            "of computing goods have only one"
        )
    return said


def _innocent(row: dict[str, Any], end: pd.Timestamp) -> list[str]:
    days = (end - row["last"]).days
    said = [
        "The buyer may use the goods itself: a data centre keeps what it buys",
        "It may have sold them at home, or by a leg that is not recorded: many records leave out "
        "air, road or rail",
        "A sale to this country may have needed no licence, or had one: trade records do not show "
        "licences",
        f"The records end {days:,} {plural('day', days)} after the last purchase: what follows "
        "may be later",
    ]
    if row["user"]:
        said.append(f"It received {row['other_lots']:,} other shipments: it may be a user of many")
    if row["cards"] > 0:
        said.append(f"{row['cards']:.0%} of the shipments are cards on free sale in most countries")
    if row["computing_out"] > 0:
        said.append(
            f"It sent {row['computing_out']:,} {plural('shipment', row['computing_out'])} of "
            "computing goods later, of which none is tied to these: it may trade in the open"
        )
    if not row["can_tell"]:
        said.append(
            f"It may be an old company: the records reach back less than {NEW_FOR} days before its "
            "first purchase"
        )
    return said
