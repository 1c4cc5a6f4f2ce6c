"""Companies and countries in the order in which goods met them."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from chipflow.network.build import UNKNOWN_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chipflow.network.columns import Columns

ITINERARY_COLUMNS = [
    "record_id",
    "date",
    "shipper",
    "shipper_id",
    "from_country",
    "consignee",
    "consignee_id",
    "to_country",
]


def itinerary(
    shipments: Columns,
    hop: np.ndarray,
    arrives: np.ndarray,
    names: Mapping[str, str] | None = None,
) -> dict[str, list[str]]:
    """Companies and countries in the order in which the goods met them.

    Parameters
    ----------
    shipments
        Shipments of one cluster: the :data:`ITINERARY_COLUMNS` of
        :attr:`chipflow.Network.shipments`.
    hop
        Their place in the row.
    arrives
        Whether they arrive at the destination, which stands last however short its branch is.
    names
        Company id to the name to show; the spelling of the record without it.

    Returns
    -------
    dict
        ``companies`` (names) and ``countries`` (ISO 3166 alpha-2), each once: one text a step of
        the route, those that stand side by side at a step joined by `` | ``.
    """
    # What receives at one hop and sends at the next stands at one place; where these are two
    # companies, as in a transfer, the receiver comes first.
    received = 2 * np.where(arrives, hop.max(initial=0) + 1, hop)
    sent = 2 * (hop - 1) + 1
    step = np.concatenate([received, sent]).tolist()
    day = np.tile(shipments["date"].astype("datetime64[D]").astype(np.int64), 2).tolist()
    record = [*shipments["record_id"], *shipments["record_id"]]

    def met(receiver: str, sender: str) -> list[str | None]:
        return [*shipments[receiver], *shipments[sender]]

    company, spelling = met("consignee_id", "shipper_id"), met("consignee", "shipper")
    country = met("to_country", "from_country")
    order = sorted(range(len(step)), key=lambda at: (step[at], day[at], record[at]))

    def shown(at: int) -> str:
        one = str(company[at])
        return names.get(one, one) if names is not None else str(spelling[at])

    companies = [at for at in order if not str(company[at]).startswith(UNKNOWN_PREFIX)]
    countries = [at for at in order if country[at] is not None]
    return {
        "companies": _by_step((step[at], shown(at)) for at in _first(companies, company)),
        "countries": _by_step((step[at], str(country[at])) for at in _first(countries, country)),
    }


def _first(order: list[int], values: list[str | None]) -> list[int]:
    """Positions, in order, at which each value stands for the first time."""
    found: dict[str | None, int] = {}
    for at in order:
        found.setdefault(values[at], at)
    return list(found.values())


def _by_step(met: Iterable[tuple[int, str]]) -> list[str]:
    return [
        " | ".join(name for _, name in together) for _, together in groupby(met, lambda one: one[0])
    ]
