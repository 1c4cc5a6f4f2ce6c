"""Which leads are about a chip, a country or a company, or are strong enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chipflow.errors import ParameterError
from chipflow.goods.controls.status import expand_destination
from chipflow.leads.frame import JOINED, SIDE_BY_SIDE
from chipflow.network.company import company_id_of
from chipflow.network.selection import chips_called

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from chipflow.leads.dossier import Leads


def matching(
    leads: Leads,
    *,
    chip: str | Iterable[str] | None = None,
    country: str | Iterable[str] | None = None,
    company: str | Iterable[str] | None = None,
    q: float | None = None,
) -> np.ndarray:
    """Say for each lead whether it is as asked; see :meth:`chipflow.Leads.filter`."""
    table, kept = leads.table, np.ones(len(leads), dtype=bool)
    if chip is not None:
        own = _lists(table["chips"], JOINED["chips"])
        wanted = chips_called(chip, set().union(*own), leads.searched.catalogue)
        kept &= [not wanted.isdisjoint(one) for one in own]
    if country is not None:
        codes = set(expand_destination(country))
        own = _lists(table["countries"].str.replace(SIDE_BY_SIDE, JOINED["countries"]), " > ")
        kept &= [not codes.isdisjoint(one) for one in own]
    if company is not None:
        kept &= table["lead_id"].isin(_leads_of(leads, company)).to_numpy()
    if q is not None:
        if not 0 <= q <= 1:
            raise ParameterError(f"q: {q}; give the largest q-value, between 0 and 1")
        kept &= (table["q_value"] <= q).to_numpy(dtype=bool, na_value=False)
    return kept


def _lists(texts: pd.Series, between: str) -> list[set[str]]:
    return [set(str(one).split(between)) for one in texts.tolist()]


def _leads_of(leads: Leads, asked: str | Iterable[str]) -> set[str]:
    """Return the ids of the leads in which one of some companies takes part."""
    names = [asked] if isinstance(asked, str) else asked
    ids = {company_id_of(leads.searched.directory, name) for name in names}
    shipments = leads.searched.shipments[["record_id", "shipper_id", "consignee_id"]]
    steps = leads.steps[["lead_id", "record_id"]].merge(shipments, on="record_id")
    takes_part = steps["shipper_id"].isin(ids) | steps["consignee_id"].isin(ids)
    return set(steps.loc[takes_part, "lead_id"])
