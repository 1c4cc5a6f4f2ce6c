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

from chipflow.goods.controls.status import DENIED, LICENCE, timeline
from chipflow.leads.company_activity import COMPUTING
from chipflow.leads.company_profiles import share_new as share_new_of
from chipflow.leads.evidence import plural
from chipflow.network.arrays import arrival_country
from chipflow.network.build import UNKNOWN_PREFIX
from chipflow.schemas import DEAD_ENDS

if TYPE_CHECKING:
    from chipflow.network.build import Network
    from chipflow.tracing.shipments import TracedShipments
    from chipflow.tracing.trace import Tracing

# -e p log p bounds how far a p-value can speak for its alternative (Sellke, Bayarri and Berger,
# 2001); beyond p = 1/e it says nothing.
SAYS_NOTHING = float(np.exp(-1))  # probability
DECIMALS = 3  # of scores


def dead_ends(network: Network, tracing: Tracing) -> pd.DataFrame:
    """Find companies at which controlled chips arrived, and after which nothing is recorded.

    Parameters
    ----------
    network
        What :func:`chipflow.build_network` returned.
    tracing
        What :func:`chipflow.tracing.trace.trace` found in its shipments.

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
        if len(shipments) == len(tracing.traced)
        else shipments[shipments["record_id"].isin(tracing.traced.arrays.record)]
    )
    purchases = _controlled_purchases(looked_at, tracing)
    if purchases.empty:
        return _empty()
    supply = np.where(np.isfinite(tracing.traced.supply), tracing.traced.supply, np.nan)
    purchases = purchases.assign(
        chips_in=supply[tracing.traced.arrays.at(purchases["record_id"])],
        sold_on=purchases["record_id"].map(_sold_on(tracing)).fillna(0.0),
    )
    named = looked_at.loc[looked_at["chip"].notna(), ["record_id", "consignee_id"]]
    chips = pd.Series(supply[tracing.traced.arrays.at(named["record_id"])], index=named.index)
    received = chips.groupby(named["consignee_id"]).sum()
    first = _first_seen(shipments)
    buyers = _with_habits(
        _buyers(purchases), purchases, shipments, first, tracing.settings.transfers.new_for
    )
    buyers = _scored(buyers, shipments, tracing.traced, received)
    kept = buyers[
        (buyers["units"] >= tracing.settings.dead_ends.least_chips)
        & (buyers["left"] > 1 - tracing.settings.tracer.believed)
        & (buyers["new"] | ~buyers["can_tell"])
        & (buyers["score"] > 0)
    ]
    return _table(kept, network, shipments["date"].max(), tracing)


def _empty() -> pd.DataFrame:
    return DEAD_ENDS.empty()


def _controlled_purchases(shipments: pd.DataFrame, tracing: Tracing) -> pd.DataFrame:
    """Shipments of named chips from abroad to a third country that needed a licence for there."""
    named, destination = shipments[shipments["chip"].notna()], tracing.destination
    arrives = arrival_country(named, destination).notna() | named["from_country"].isin(destination)
    bought: pd.DataFrame = named[
        named["to_country"].notna()
        & (named["from_country"] != named["to_country"]).fillna(False).astype(bool)
        & ~arrives
        & ~named["consignee_id"].str.startswith(UNKNOWN_PREFIX)
        & (named["shipper_id"] != named["consignee_id"])
    ]
    if bought.empty or not destination:
        return bought.head(0)
    rules = timeline(
        sorted(bought["chip"].unique()), sorted(destination), catalogue=tracing.traced.catalogue
    )
    strict = rules[rules["status"].isin((LICENCE, DENIED))][["chip", "first_day", "last_day"]]
    asked = bought[["record_id", "chip", "date"]].merge(strict, on="chip")
    needed = (asked["first_day"] <= asked["date"]) & (asked["date"] <= asked["last_day"])
    found: pd.DataFrame = bought[bought["record_id"].isin(asked.loc[needed, "record_id"])]
    return found


def _sold_on(tracing: Tracing) -> pd.Series:
    """Chips of each purchase that are believed to have gone on, by record id."""
    links = tracing.continuations
    passed = links["units"].fillna(np.inf) * expit(links["transfer_log_odds"])
    return passed.groupby(links["from_record"]).sum()


def _buyers(purchases: pd.DataFrame) -> pd.DataFrame:
    table = purchases.sort_values(["consignee_id", "record_id"])
    table["gone"] = table[["sold_on", "chips_in"]].min(axis=1)
    by = table.groupby("consignee_id")
    buyers = pd.DataFrame(
        {
            "shipments": by.size(),
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


def _most_frequent(purchases: pd.DataFrame, name: str) -> pd.Series:
    """Most frequent value of a column by buyer, the first in order among equals."""
    counts = purchases.groupby(["consignee_id", name]).size().rename("shipments").reset_index()
    counts = counts.sort_values(["consignee_id", "shipments", name], ascending=[True, False, True])
    most: pd.Series = counts.drop_duplicates("consignee_id").set_index("consignee_id")[name]
    return most


def _each_once(purchases: pd.DataFrame, name: str) -> pd.Series:
    """Values of a column by buyer, each once and in order."""
    distinct = (
        purchases[["consignee_id", name]].drop_duplicates().sort_values(["consignee_id", name])
    )
    joined: pd.Series = distinct.groupby("consignee_id")[name].agg(" | ".join)
    return joined


def _with_habits(
    buyers: pd.DataFrame,
    purchases: pd.DataFrame,
    shipments: pd.DataFrame,
    first: pd.Series,
    days_new: int,
) -> pd.DataFrame:
    """When each buyer is first seen, what else it buys, and what it sends."""
    by_shipper = shipments["shipper_id"].isin(buyers.index)
    sent = shipments.loc[by_shipper, ["shipper_id", "goods", "date"]]
    to_buyer = shipments["consignee_id"].isin(buyers.index)
    received = shipments.loc[to_buyer, ["record_id", "consignee_id"]]
    other = received[~received["record_id"].isin(purchases["record_id"])]
    start = sent["shipper_id"].map(buyers["first"])
    later = sent[sent["goods"].isin(COMPUTING) & (sent["date"] >= start)]
    new_for = pd.Timedelta(days=days_new)
    seen = first.reindex(buyers.index)
    known_before = buyers["first"] - seen >= new_for
    reaches_back = buyers["first"] - shipments["date"].min() >= new_for
    return buyers.assign(
        seen=seen,
        other_shipments=_count(other["consignee_id"], buyers.index),
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
    buyers: pd.DataFrame, shipments: pd.DataFrame, traced: TracedShipments, chips: pd.Series
) -> pd.DataFrame:
    """Weigh each buyer against what is usual in all of the records.

    ``chips`` is what each company received of named chips, whether a licence was needed or not.
    """
    transfers, evidence = traced.settings.transfers, traced.settings.evidence
    settings = traced.settings.dead_ends
    share_new = share_new_of(traced.arrays, transfers.new_for)
    new = (
        0.0 if share_new is None else max(float(np.log(transfers.new_if_diverted / share_new)), 0.0)
    )
    of_computing = shipments["goods"].isin(COMPUTING)
    computing = shipments.loc[of_computing, ["consignee_id", "shipper_id"]]
    partners = computing.groupby("consignee_id")["shipper_id"].agg(["nunique", "size"])
    partners = partners[partners["size"] > 1]
    # One more of each, so that a share measured on few is never none or all.
    share_single = (int((partners["nunique"] == 1).sum()) + 1) / (len(partners) + 2)
    single = max(float(np.log(evidence.single_if_diverted / share_single)), 0.0)
    ordered = np.sort(chips.to_numpy(dtype=float))
    as_large = len(ordered) - np.searchsorted(ordered, buyers["units"].to_numpy(dtype=float))
    tail = np.maximum(as_large, 1) / max(len(ordered), 1)
    bounded = np.minimum(tail, SAYS_NOTHING)
    user = (buyers["other_shipments"] >= settings.other_shipments) & (
        buyers["other_shipments"] >= buyers["shipments"]
    )
    alone = (buyers["suppliers"] == 1) & (buyers["shipments"] > 1)
    score = (
        np.where(buyers["new"], new, 0.0)
        + np.where(alone, single, 0.0)
        - np.log(-np.e * bounded * np.log(bounded))
        + np.log(buyers["left"].clip(lower=evidence.least_kept).to_numpy(dtype=float))
        + np.where(user, -np.log(evidence.established), 0.0)
        + np.where(buyers["computing_out"] > 0, -np.log(settings.sells), 0.0)
        + -float(np.log(evidence.consumer)) * buyers["cards"].to_numpy(dtype=float)
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
    kept: pd.DataFrame, network: Network, end: pd.Timestamp, tracing: Tracing
) -> pd.DataFrame:
    names = network.directory.set_index("company_id")["name"]
    new_for = tracing.settings.transfers.new_for
    ordered = kept.rename_axis("company_id").reset_index()
    ordered = ordered.sort_values(["score", "company_id"], ascending=[False, True])
    rows = [{str(name): one for name, one in row.items()} for row in ordered.to_dict("records")]
    table = ordered.assign(
        rank=np.arange(1, len(ordered) + 1),
        company=ordered["company_id"].map(names),
        units=ordered["units"].round(2),
        first_date=ordered["first"].dt.strftime("%Y-%m-%d"),
        last_date=ordered["last"].dt.strftime("%Y-%m-%d"),
        reasons=[" | ".join(_reasons(row, tracing.destination)) for row in rows],
        innocent_explanations=[" | ".join(_innocent(row, end, new_for)) for row in rows],
    )
    return DEAD_ENDS.conform(table)


def _reasons(row: dict[str, Any], destination: tuple[str, ...]) -> list[str]:
    said = [
        f"{row['units']:,.0f} {row['chips'].replace(' | ', ' and ')} in {row['shipments']:,} "
        f"{plural('shipment', row['shipments'])} would have needed a licence for "
        f"{' or '.join(destination)} on those days; {row['left']:.0%} of them are not seen to go on"
    ]
    if row["new"]:
        said.append(
            f"first seen in the records on {row['seen']:%Y-%m-%d}; {row['share_new']:.0%} of all "
            "shipments go to a company that recent"
        )
    if row["tail"] < SAYS_NOTHING:
        said.append(f"{row['tail']:.1%} of all companies that receive chips received as many")
    if row["alone"]:
        said.append(
            f"one supplier over {row['shipments']:,} shipments; {row['share_single']:.0%} of all "
            "buyers of computing goods have only one"
        )
    return said


def _innocent(row: dict[str, Any], end: pd.Timestamp, new_for: int) -> list[str]:
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
        said.append(
            f"It received {row['other_shipments']:,} other shipments: it may be a user of many"
        )
    if row["cards"] > 0:
        said.append(f"{row['cards']:.0%} of the shipments are cards on free sale in most countries")
    if row["computing_out"] > 0:
        said.append(
            f"It sent {row['computing_out']:,} {plural('shipment', row['computing_out'])} of "
            "computing goods later, of which none is tied to these: it may trade in the open"
        )
    if not row["can_tell"]:
        said.append(
            f"It may be an old company: the records reach back less than {new_for} days before its "
            "first purchase"
        )
    return said
