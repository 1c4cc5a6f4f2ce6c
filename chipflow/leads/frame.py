"""Leads as a table for work in pandas: lists are lists and days are days.

``leads.csv`` can hold texts only; there lists are joined (:data:`JOINED`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from chipflow.network.columns import Columns
from chipflow.routes.itinerary import ITINERARY_COLUMNS, itinerary

if TYPE_CHECKING:
    from chipflow.leads.dossier import Leads

# Column of leads.csv -> what stands between the items of its list.
JOINED = {
    "destination": " | ",
    "countries": " > ",
    "companies": " > ",
    "chips": " | ",
    "record_ids": ";",
    "reasons": " | ",
    "innocent_explanations": " | ",
}
# Between companies, or countries, that stand side by side at one step of a route.
SIDE_BY_SIDE = " | "
DAYS = ("first_date", "last_date")


def leads_frame(leads: Leads) -> pd.DataFrame:
    """Return the table of leads with lists as lists and days as days.

    Parameters
    ----------
    leads
        What :func:`chipflow.find_leads` returned.

    Returns
    -------
    pandas.DataFrame
        The columns of ``leads.csv``. ``destination, countries, companies, chips, record_ids,
        reasons, innocent_explanations`` hold lists of texts, ``first_date, last_date`` are
        ``datetime64[s]``. Companies are taken from the shipments, so that a name that looks like
        a list stays one name.
    """
    table = leads.table.copy()
    for name, between in JOINED.items():
        table[name] = _split(table[name], between)
    table["countries"] = _flat(table["countries"])
    for name in DAYS:
        table[name] = pd.to_datetime(table[name]).astype("datetime64[s]")
    ids = table["lead_id"].tolist()
    found = companies_by_lead(leads)
    table["companies"] = _objects([found.get(one, []) for one in ids], table.index)
    for name, kind in (("reasons", "reason"), ("innocent_explanations", "innocent")):
        said = leads.evidence[leads.evidence["kind"] == kind].groupby("lead_id")["sentence"]
        sentences = {str(one): list(own) for one, own in said}
        table[name] = _objects([sentences.get(one, []) for one in ids], table.index)
    return table


def companies_by_lead(leads: Leads) -> dict[str, list[str]]:
    """Return for each lead the names of its companies in the order in which goods met them."""
    shipments = leads.own_shipments[ITINERARY_COLUMNS]
    steps = leads.steps[["lead_id", "record_id", "hop", "stage"]].merge(shipments, on="record_id")
    directory = leads.searched.directory.dropna(subset="name")
    names = dict(zip(directory["company_id"], directory["name"], strict=True))
    themselves = {one: one for one in names}
    found = {}
    for lead, own in Columns.of(steps).split("lead_id").items():
        met = itinerary(own, own["hop"], own["stage"] == "final", themselves)["companies"]
        ids = [one for step in met for one in step.split(SIDE_BY_SIDE)]
        found[str(lead)] = [str(names.get(one, one)) for one in ids]
    return found


def _split(texts: pd.Series, between: str) -> pd.Series:
    cells = texts.astype(object).tolist()
    return _objects(
        [one.split(between) if isinstance(one, str) and one else [] for one in cells], texts.index
    )


def _flat(lists: pd.Series) -> pd.Series:
    return _objects(
        [[one for step in steps for one in step.split(SIDE_BY_SIDE)] for steps in lists],
        lists.index,
    )


def _objects(lists: list[list[str]], index: pd.Index) -> pd.Series:
    return pd.Series(lists, index=index, dtype=object)
