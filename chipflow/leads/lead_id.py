"""A name for each lead that stays when records are added."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chipflow.network.columns import Columns


def lead_id_of(steps: Columns) -> str:
    """Return the id of a lead: of its middle companies and its chips, and of nothing else.

    Parameters
    ----------
    steps
        ``shipper_id, consignee_id, stage, chip`` of its shipments.

    Returns
    -------
    str
        The same for the same companies and chips, whatever their records are, so that notes on a
        lead, and ``chipflow diff``, find it again when next week's records are added.
    """
    stage = steps["stage"]
    middle = {*steps["shipper_id"][stage != "source"], *steps["consignee_id"][stage != "final"]}
    return _id_of(sorted(map(str, middle)), sorted(set(map(str, steps["chip"])) - {""}))


def unique_ids(leads: pd.DataFrame) -> pd.Series:
    """Return ids of which each stands once.

    Parameters
    ----------
    leads
        ``lead_id, first_date, record_ids``.

    Returns
    -------
    pandas.Series
        ``lead_id``; of leads with the same middle companies and chips the earliest keeps it, the
        others are numbered on: ``L-1a2b3c4d-2``.
    """
    order = leads.sort_values(["first_date", "record_ids"])
    number = order.groupby("lead_id").cumcount().reindex(leads.index) + 1
    numbered = leads["lead_id"] + "-" + number.astype("str")
    return leads["lead_id"].where(number == 1, numbered)


def _id_of(companies: Iterable[str], chips: Iterable[str]) -> str:
    text = "\n".join([*companies, "", *chips])
    return "L-" + hashlib.sha256(text.encode()).hexdigest()[:8]
