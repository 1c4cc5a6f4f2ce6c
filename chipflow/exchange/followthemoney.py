"""Companies and shipments as FollowTheMoney entities, which OpenAleph and others read.

FollowTheMoney has no schema for a shipment. Its ``EconomicActivity`` is made for customs
declarations: sender, receiver, goods, countries, days. Companies are ``Company``, and carry no
topic: nothing here says that one of them did wrong. https://followthemoney.tech/explorer/
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from chipflow.network.company import UNKNOWN_PREFIX, aliases_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chipflow.leads import Leads
    from chipflow.network import Network

# Parts of an ISO date that say as much as the record does.
PRECISION = {"day": 10, "month": 7, "year": 4}
# Units of the amounts in a description.
WEIGHT, VALUE = "kg", "USD"


def write_entities(network: Network, leads: Leads, path: Path) -> None:
    """Write one JSON object a line: companies, then shipments."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for entity in entities(network, leads):
            file.write(json.dumps(entity, ensure_ascii=False, sort_keys=True) + "\n")


def entities(network: Network, leads: Leads) -> Iterator[dict[str, Any]]:
    """Yield companies and shipments as FollowTheMoney entities.

    Parameters
    ----------
    network
        Those that are written.
    leads
        Say of a shipment which leads it is part of, and that a lead is a question.

    Yields
    ------
    dict
        ``id, schema, properties``; properties are lists of texts.
    """
    for row in network.directory.to_dict("records"):
        if str(row["company_id"]).startswith(UNKNOWN_PREFIX):
            continue
        yield _entity(
            _id("company", row["company_id"]),
            "Company",
            name=[row["name"]],
            alias=list(aliases_of(row["aliases"])),
            country=_country(row["country"]),
            address=list(aliases_of(row["addresses"])),
        )
    own = leads.steps.groupby("record_id")["lead_id"].agg(lambda ids: sorted(set(ids))).to_dict()
    shipments: Any = network.shipments.to_dict("records")
    for row in shipments:
        yield _shipment(row, own.get(row["record_id"], []))


def _shipment(row: dict[str, Any], leads: list[str]) -> dict[str, Any]:
    size = PRECISION.get(str(row["date_precision"]), PRECISION["day"])
    said = [
        f"{row[name]:,.15g} {unit}"
        for name, unit in (("weight_kg", WEIGHT), ("value_usd", VALUE))
        if not pd.isna(row[name])
    ]
    parties = {
        role: [_id("company", row[f"{side}_id"])]
        for role, side in (("sender", "shipper"), ("receiver", "consignee"))
        if not str(row[f"{side}_id"]).startswith(UNKNOWN_PREFIX)
    }
    question = [f"chipflow lead {one}: a question, not a finding" for one in leads]
    return _entity(
        _id("shipment", row["record_id"]),
        "EconomicActivity",
        **parties,
        recordId=[row["record_id"]],
        date=[row["date"].strftime("%Y-%m-%d")[:size]],
        departureCountry=_country(row["from_country"]),
        destinationCountry=_country(row["to_country"]),
        originCountry=_country(row["origin_country"]),
        goodsDescription=[row["description"]],
        vedCode=[row["hs_code"]],
        description=["; ".join(said)] if said else [],
        summary=question,
    )


def _entity(entity_id: str, schema: str, **properties: list[Any]) -> dict[str, Any]:
    known = {
        name: texts
        for name, values in properties.items()
        if (texts := [str(one) for one in values if isinstance(one, str) and one.strip()])
    }
    return {"id": entity_id, "schema": schema, "properties": known}


def _id(kind: str, own: object) -> str:
    # Record ids may hold anything; ids of entities are letters, digits and hyphens.
    return f"chipflow-{kind}-{hashlib.sha256(str(own).encode()).hexdigest()[:20]}"


def _country(code: object) -> list[str]:
    return [code.lower()] if isinstance(code, str) else []
