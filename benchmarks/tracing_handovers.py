"""Hand-overs inside a country that no record shows: who is named as the source, and was it so.

Asked of worlds that hold the source's imports and of worlds from which these were taken away, so
that whoever is named there is a bystander.
"""

from __future__ import annotations

import argparse
import copy

import pandas as pd
from scipy.special import expit
from tracing_worlds import Kind, world

import chipflow as cf
from chipflow.tracing.transfers import DOMESTIC

SCHEME = "domestic_handover"
BINS = (0.0, 0.5, 0.7, 0.9, 1.0)  # of the odds that a named buyer is the source


def judge(kind: Kind, seed: int, *, without_imports: bool) -> pd.DataFrame:
    """Return one row a sender and lead with a named buyer: ``said`` and whether it is ``right``.

    The last row counts instead: ``schemes`` that there are, and those ``found``.
    """
    with world(kind, seed) as built:
        truth = pd.read_csv(built.truth / "records.csv", dtype={"record_id": "str"})
        network = built.network
    own = truth[(truth["kind"] == SCHEME) & ~truth["innocent"].astype(bool)]
    if without_imports:
        gone = own.loc[own["role"] == "source", "record_id"]
        kept = network.shipments[~network.shipments["record_id"].isin(gone)]
        network = copy.copy(network)
        object.__setattr__(network, "shipments", kept.reset_index(drop=True))
    leads = cf.find_leads(network)
    scheme = truth[~truth["innocent"].astype(bool)].set_index("record_id")["scheme_id"]
    links = leads.links[leads.links["kind"] == DOMESTIC]
    sender = network.shipments.set_index("record_id")["shipper_id"]
    same = (
        scheme.reindex(links["from_record"]).to_numpy()
        == scheme.reindex(links["to_record"]).to_numpy()
    )
    links = links.assign(right=same, sender=links["to_record"].map(sender))
    named = links.groupby(["lead_id", "sender"]).agg(
        said=("log_lr", "max"), right=("right", "mean")
    )
    named = named.assign(said=expit(named["said"]), right=named["right"] > 0.5)
    held = {one for ids in leads.table["record_ids"] for one in ids.split(";")}
    ends = own[own["role"] == "final"].groupby("scheme_id")["record_id"]
    found = int(ends.agg(lambda ids: bool(held & set(ids))).sum()) if len(own) else 0
    count = {"schemes": own["scheme_id"].nunique(), "found": found}
    return pd.concat([named.reset_index(drop=True), pd.DataFrame([count])], ignore_index=True)


def run(options: argparse.Namespace) -> int:
    """Print how many buyers were named, and how many of them were the source, by odds."""
    kind = Kind(options.records, options.schemes, options.hard)
    rows = []
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        rows.append(judge(kind, seed, without_imports=options.without_imports))
        print(f"seed {seed}: {len(rows[-1]) - 1} buyers named", flush=True)
    table = pd.concat(rows, ignore_index=True)
    named = table.dropna(subset="said")
    print(f"\nhand-overs {table['schemes'].sum():.0f}, in a lead {table['found'].sum():.0f}")
    print(f"buyers named {len(named)}, of them the source {int(named['right'].sum())}")
    bands = pd.cut(named["said"].astype(float), list(BINS), include_lowest=True)
    shown = named["right"].astype(int).groupby(bands, observed=True).agg(["size", "sum"])
    print(shown.rename(columns={"size": "named", "sum": "right"}).to_string())
    return 0
