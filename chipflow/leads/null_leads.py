"""Decoy transfers laid out as routes, so that they are scored as leads are.

What a company bought is set beside what another one sold; the route ends in that transfer. It
begins where the purchase came from, with all transfers before it, and the seller stands in the
place of the company that bought, whose words, partners and age speak for or against it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.leads.lead_context import with_distances, with_shipments
from chipflow.schemas import ROUTE_STEPS
from chipflow.tracing.transfers import DOMESTIC

if TYPE_CHECKING:
    from chipflow.network.arrays import Ints
    from chipflow.tracing.decoys import NullDistribution
    from chipflow.tracing.trace import Tracing

NULL_TRANSFER = -1  # number of a transfer that was drawn, beside those that were found


def null_routes(
    null: dict[tuple[str, bool], NullDistribution], tracing: Tracing
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Lay out decoy transfers to the destination as routes.

    Parameters
    ----------
    null
        What :func:`chipflow.tracing.decoys.null_distributions` returned.
    tracing
        What they were drawn from.

    Returns
    -------
    tuple of pandas.DataFrame
        The decoys, one row each (``cluster, kind, pair``); their shipments as
        :attr:`chipflow.routes.find.Routes.steps`, and ``sender``, the code of the company that is
        taken to have bought where that was another one, else -1; and their links with the columns
        of continuations that the evidence asks for.
    """
    tables = [of_kind.lots.assign(kind=kind) for (kind, final), of_kind in null.items() if final]
    names = ["cluster", "kind", "pair"]
    lots = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    if lots.empty:
        nothing = pd.DataFrame(columns=[*ROUTE_STEPS.names, "sender"])
        return pd.DataFrame(columns=names), nothing, pd.DataFrame()
    lots["cluster"] = lots.groupby(["kind", "pair"], sort=False).ngroup()
    lots = lots.astype({"e": "int64", "f": "int64"})
    last = _links(lots, tracing)
    before = _before(last, tracing)
    links = pd.concat([*before, last], ignore_index=True)
    # Hops are counted from the purchase that begins the longest way.
    links["step"] = links["step"] - links.groupby("cluster")["step"].transform("min") + 1
    steps = _steps(links, tracing)
    bought = last[last["kind"] != DOMESTIC].drop_duplicates(["cluster", "e"])
    seller = bought.set_index(["cluster", "e"])["sender"]
    at = pd.MultiIndex.from_frame(steps[["cluster", "at"]])
    steps["sender"] = seller.reindex(at).fillna(-1).to_numpy(dtype=np.int64)
    decoys = lots.drop_duplicates("cluster")[names].reset_index(drop=True)
    return decoys, steps.drop(columns="at"), links.drop(columns=["e", "f", "sender", "step"])


def laid_out(
    steps: pd.DataFrame, links: pd.DataFrame, shipments: pd.DataFrame, tracing: Tracing
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join what the records say, as for leads; the seller stands for the company that bought."""
    sender = steps.set_index(["cluster", "record_id"])["sender"]
    joined = with_shipments(
        steps.drop(columns="sender"), shipments, tracing.destination, tracing.traced.catalogue
    )
    seller = sender.reindex(pd.MultiIndex.from_frame(joined[["cluster", "record_id"]])).to_numpy()
    stands_in = seller >= 0
    company = joined["consignee_id"].to_numpy(dtype=object, copy=True)
    company[stands_in] = np.asarray(tracing.traced.arrays.ids, dtype=object)[seller[stands_in]]
    joined["consignee_id"] = company
    return joined, with_distances(links, joined)


def _links(lots: pd.DataFrame, tracing: Tracing) -> pd.DataFrame:
    """Last links of decoys, with what each sale can hold of what was bought."""
    traced = tracing.traced
    e, f = lots["e"].to_numpy(), lots["f"].to_numpy()
    held = np.minimum(traced.holds(e, f), traced.supply[e])
    return pd.DataFrame(
        {
            "cluster": lots["cluster"],
            "sender": lots["sender"].astype("int64"),
            "e": e,
            "f": f,
            "from_record": traced.arrays.record[e],
            "to_record": traced.arrays.record[f],
            "units": np.where(np.isfinite(held), held, np.nan),
            "days": 0.0,
            "taken_out": traced.singly(e, f),
            "rebuilt": traced.rebuilt(e, f),
            "kind": lots["kind"],
            "transfer": NULL_TRANSFER,
            "log_odds": lots["log_odds"].astype("float64"),
            "shipment_log_odds": lots["log_odds"].astype("float64"),
            "chance": 0.0,
            "searched": 1,
            "step": 0,
        }
    )


def _before(last: pd.DataFrame, tracing: Tracing) -> list[pd.DataFrame]:
    """Links by which purchases came that are no chips by themselves, the strongest of each."""
    strongest = tracing.continuations.drop_duplicates("f").set_index("f", drop=False)
    found: list[pd.DataFrame] = []
    ahead = last[["cluster", "e"]]
    for step in range(1, tracing.most_hops):
        known = ahead["e"].isin(strongest.index).to_numpy() & ~tracing.certain[ahead["e"]]
        ahead = ahead[known].drop_duplicates()
        if ahead.empty:
            break
        links = strongest.loc[ahead["e"]].reset_index(drop=True)
        links = links.assign(
            cluster=ahead["cluster"].to_numpy(), sender=-1, chance=0.0, searched=1, step=-step
        )
        found.insert(0, links[last.columns])
        ahead = links[["cluster", "e"]]
    return found


def _steps(links: pd.DataFrame, tracing: Tracing) -> pd.DataFrame:
    """Shipments of the links of decoys, each once."""
    traced = tracing.traced
    bought = links.assign(at=links["e"], hop=links["step"], units=traced.supply[links["e"]])
    sold = links.assign(at=links["f"], hop=links["step"] + 1)
    # What an earlier link sold is bought by the next one: it stands once, where it was sold.
    both = pd.concat([sold, bought])[["cluster", "at", "hop", "units", "e"]]
    steps = both.drop_duplicates(["cluster", "at"]).sort_values(["cluster", "hop", "at"])
    at = steps["at"].to_numpy(dtype=np.int64)
    chip = _chip(at, steps["e"].to_numpy(dtype=np.int64), tracing)
    stage = np.select(
        [traced.arrives[at], ~steps["at"].isin(links["f"]).to_numpy()],
        ["final", "source"],
        "middle",
    )
    return steps.assign(
        record_id=traced.arrays.record[at],
        stage=stage.astype(object),
        chip=chip,
        units=np.where(np.isfinite(steps["units"]), steps["units"], np.nan),
        status="",
        rule="",
    )[[*ROUTE_STEPS.names, "at"]].reset_index(drop=True)


def _chip(at: Ints, e: Ints, tracing: Tracing) -> np.ndarray:
    """Chip that each shipment names, else that of the purchase before it."""
    traced = tracing.traced
    return np.asarray(
        np.where(traced.family[at] >= 0, traced.cargo.chip[at], traced.cargo.chip[e]), dtype=object
    )
