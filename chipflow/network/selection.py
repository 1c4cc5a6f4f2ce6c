"""A part of the shipments: those of some days, companies or chips."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from chipflow.errors import ParameterError
from chipflow.goods.catalogue.names import chip_name

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from chipflow.goods.catalogue.load import Catalogue

    Day = str | dt.date | pd.Timestamp


def between_days(
    shipments: pd.DataFrame, since: Day | None = None, until: Day | None = None
) -> pd.DataFrame:
    """Return the shipments of some days.

    Parameters
    ----------
    shipments
        Needs ``date``.
    since, until
        First and last day, both included: ``YYYY-MM-DD``, or a date; open without one.

    Raises
    ------
    ParameterError
        A text is no day, or the last day is before the first.
    """
    kept = shipments
    limits: list[pd.Timestamp] = []
    for name, day in (("since", since), ("until", until)):
        if day is None:
            continue
        try:
            limit = pd.Timestamp(day)
        except (TypeError, ValueError) as error:
            raise ParameterError(
                f"{name}: {day!r} is no day; write it as YYYY-MM-DD, for example 2023-10-17"
            ) from error
        limits.append(limit)
        kept = kept[kept["date"] >= limit] if name == "since" else kept[kept["date"] <= limit]
    if limits != sorted(limits):
        raise ParameterError(f"since {since} is after until {until}: no day lies between them")
    return kept


def chips_called(
    asked: str | Iterable[str], among: Iterable[str], catalogue: Catalogue | None = None
) -> set[str]:
    """Return the chips that a person means.

    Parameters
    ----------
    asked
        A chip or family as a person writes it ("H100", "rtx4090"), or several.
    among
        Catalogue names that there are.
    catalogue
        As in :func:`chipflow.build_network`.

    Returns
    -------
    set of str
        Those of ``among`` that are called so, or are a version of it: "H100" means "H100 PCIe"
        too, "H20" does not mean "H200". Empty where the catalogue knows the chip, but nothing
        among them is one.

    Raises
    ------
    ParameterError
        Neither the catalogue nor any of ``among`` is called so.
    """
    names = {str(one) for one in among}
    found: set[str] = set()
    for one in [asked] if isinstance(asked, str) else asked:
        wanted = _words(one)
        own = {name for name in names if wanted and wanted <= _words(name)}
        if not own:
            full = _words(chip_name(one, catalogue))
            own = {name for name in names if full <= _words(name)}
        found |= own
    return found


def may_carry(shipments: pd.DataFrame, chips: set[str]) -> pd.Series:
    """Say which shipments may carry one of some chips.

    Parameters
    ----------
    shipments
        ``chip, vague`` of :attr:`chipflow.Network.shipments`.
    chips
        Catalogue names.

    Returns
    -------
    pandas.Series
        Whether the text names one of them, or says so little that it may be one.
    """
    unnamed = shipments["chip"].isna()
    vague = shipments["vague"].astype("boolean").fillna(False).astype(bool)
    return shipments["chip"].isin(chips) | (unnamed & vague)


def _words(name: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", str(name).casefold()))
