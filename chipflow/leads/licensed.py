"""Sales of a kind for which licences were being granted that day: a list of their own.

A licence was needed and may well have been there. Such routes and direct sales are no leads, and
are listed so that whoever can see licences can compare.
"""

from __future__ import annotations

import pandas as pd

from chipflow.routes.exclusion import Exclusion
from chipflow.schemas import LICENSED


def licensed_sales(set_aside: pd.DataFrame, direct: pd.DataFrame) -> pd.DataFrame:
    """List routes and direct sales for which licences were being granted.

    Parameters
    ----------
    set_aside
        Routes that are no leads (``set_aside.csv``).
    direct
        Direct sales of that kind: what :func:`chipflow.leads.direct_exports.direct_sales`
        returned with ``granted``.

    Returns
    -------
    pandas.DataFrame
        One row a route or a pair of companies, the most chips first: ``how`` (route or direct),
        ``reason, sentence, chips, countries, companies, units`` (chips), ``records`` (number),
        ``record_ids``.
    """
    granted = Exclusion.LICENCES_GRANTED
    routes = set_aside[set_aside["reason"] == granted.reason]
    routes = routes.assign(how="route", records=routes["record_ids"].str.count(";") + 1)
    ways = direct["from_country"].replace("", "?") + " > " + direct["to_country"]
    straight = pd.DataFrame(
        {
            "how": "direct",
            "reason": granted.reason,
            "sentence": direct["chips"] + " moved " + ways + f", and {granted.sentence}.",
            "chips": direct["chips"],
            "countries": ways,
            "companies": direct["shipper"].fillna("?") + " > " + direct["consignee"].fillna("?"),
            "units": direct["units"],
            "records": direct["records"],
            "record_ids": direct["record_ids"],
        }
    )
    found = pd.concat([one for one in (routes, straight) if len(one)] or [straight])
    found = found.sort_values(
        ["units", "record_ids"], ascending=[False, True], ignore_index=True, na_position="last"
    )
    return LICENSED.conform(found)
