"""Controlled chips that went straight to the destination by name: no route, but a question.

So are those that went to any other country where they were presumed to be denied, whatever
destination was asked about: servers to Russia are no matter of routes to China. Most sales to the
destination may have had a licence, which trade records do not show. They are listed so that nobody
takes a list of routes for a list of everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.goods.controls.status import DENIED, LICENCE, licences_granted
from chipflow.goods.text.licences import quotes_licence
from chipflow.network.columns import total
from chipflow.schemas import DIRECT_EXPORTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chipflow.goods.catalogue.load import Catalogue


def direct_sales(
    shipments: pd.DataFrame,
    destination: tuple[str, ...],
    on_routes: Iterable[str],
    *,
    granted: bool = False,
    catalogue: Catalogue | None = None,
) -> pd.DataFrame:
    """List what was sent by the name of a chip to where it needed a licence, or was denied.

    Parameters
    ----------
    shipments
        :attr:`chipflow.Network.shipments`.
    destination
        ISO 3166 alpha-2 codes of the countries that the rules guard: what needed a licence there is
        listed, and of what went to others that which was presumed to be denied.
    on_routes
        Ids of the records of leads and of routes that were set aside; these are left out.
    granted
        List those for which licences were being granted that day, and not all others.
    catalogue
        Tables of chips and rules to use instead of the shipped ones.

    Returns
    -------
    pandas.DataFrame
        One row a pair of companies and countries, the most chips first: ``shipper_id, shipper,
        from_country, consignee_id, consignee, to_country, chips`` (names), ``units`` (chips;
        missing where no record counts them), ``value_usd, first_date, last_date, status`` (of the
        rule of the day: presumed_denied if it was for any record, else licence), ``records``
        (number), ``quote_licence`` (number of these whose text quotes a licence), ``record_ids``.
    """
    there = shipments["to_country"].isin(destination)
    status = shipments["control_status"]
    asked = (
        ((there & (status == LICENCE)) | (status == DENIED)).fillna(False).astype(bool)
        & ~shipments["record_id"].isin(on_routes)
        & shipments["to_country"].notna()
    )
    found = shipments[asked].sort_values("record_id")
    may_have_had_one = licences_granted(
        found.rename(
            columns={
                "to_country": "destination",
                "from_country": "origin",
                "date": "day",
                "control_rule": "rule",
            }
        )[["chip", "destination", "day", "origin", "rule"]],
        catalogue=catalogue,
    )
    found = found[may_have_had_one == granted]
    if found.empty:
        return DIRECT_EXPORTS.empty()
    found = found.assign(
        quote_licence=quotes_licence(found["description"]),
        from_country=found["from_country"].fillna(""),
        day=found["date"].dt.strftime("%Y-%m-%d"),
    )
    pairs = found.groupby(["shipper_id", "from_country", "consignee_id", "to_country"])
    table = pairs.agg(
        shipper=("shipper", "first"),
        consignee=("consignee", "first"),
        chips=("chip", lambda names: " | ".join(sorted(set(names)))),
        units=("units", _total),
        value_usd=("value_usd", _total),
        first_date=("day", "min"),
        last_date=("day", "max"),
        status=("control_status", lambda all_of: DENIED if (all_of == DENIED).any() else LICENCE),
        records=("record_id", "size"),
        quote_licence=("quote_licence", "sum"),
        record_ids=("record_id", ";".join),
    ).reset_index()
    table = table.sort_values(
        ["units", "records", "record_ids"], ascending=[False, False, True], ignore_index=True
    )
    return DIRECT_EXPORTS.conform(table)


def denied_elsewhere(direct: pd.DataFrame, destination: tuple[str, ...]) -> int:
    """Count the records of sales that were presumed to be denied in countries not asked about.

    Parameters
    ----------
    direct
        What :func:`direct_sales` returned.
    destination
        ISO 3166 alpha-2 codes of the countries that were asked about.
    """
    return int(direct.loc[~direct["to_country"].isin(destination), "records"].sum())


def _total(numbers: pd.Series) -> float:
    return total(numbers.to_numpy(dtype=float, na_value=np.nan))
