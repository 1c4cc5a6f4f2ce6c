"""One lead as the parts of the evidence see it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chipflow.goods.accelerators import says_accelerator
from chipflow.goods.controls import Status, status
from chipflow.network.columns import Columns
from chipflow.network.lots import families_of
from chipflow.network.routes import shares_of_feeds

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from chipflow.leads.facts import Facts

_ENDS = ("to_record", "from_record")

CASE_COLUMNS = [
    "record_id",
    "date",
    "shipper",
    "shipper_id",
    "shipper_country",
    "consignee",
    "consignee_id",
    "from_country",
    "to_country",
    "import_country",
    "destination_country",
    "description",
    "goods",
    "items",
    "units",
    "weight_kg",
    "value_usd",
    "declared",
    "mentions_return",
]


@dataclass(frozen=True)
class Case:
    """One lead as the parts see it.

    Attributes
    ----------
    lots
        Its shipments, in the order of hops: columns of :attr:`chipflow.Network.shipments`
        (their ``units`` as ``entered_units``), those of
        :attr:`chipflow.network.routes.Routes.lots`, and ``arrival_country``.
    links
        Its links: columns of :attr:`chipflow.network.routes.Routes.links` and ``kg_apart,
        usd_apart`` (log of weight and value per piece, later over earlier; per chip where these
        were taken out of what they were built into, whose weight says nothing), ``to_units``,
        ``by_name`` (share of the later lot that names its chip or was bought by name, or as
        an accelerator).
    middle
        Ids of the companies through which the goods passed, in order.
    buyers
        Ids of the companies that received them at the destination.
    names
        Company id to name.
    facts
        What the records say about each company, and about all.
    listed
        Company id to its best possible match: the row of :func:`chipflow.companies.screen`.
    joins
        Company id and spelling to the reason for which the spelling was taken for that company,
        for spellings that differ in more than legal form, case and punctuation.
    p_value
        How often chance does as much, as :func:`chipflow.leads.significance.lead_p_values` says;
        missing where that is not known.
    """

    lots: Columns
    links: Columns
    middle: tuple[str, ...]
    buyers: tuple[str, ...]
    names: dict[str, str]
    facts: Facts
    listed: dict[str, dict[str, Any]]
    joins: dict[tuple[str, str], str]
    p_value: float

    @cached_property
    def finals(self) -> Columns:
        """The shipments that arrive at the destination."""
        return self.lots.take(self.lots["stage"] == "final")

    @cached_property
    def sources(self) -> Columns:
        """The purchases of the chip."""
        return self.lots.take(self.lots["stage"] == "source")

    @cached_property
    def ruling(self) -> Status:
        """What the rules say of the chip that arrived last, on its day and destination."""
        finals = self.finals
        at = max(
            range(len(finals)), key=lambda row: (finals["date"][row], finals["record_id"][row])
        )
        day = pd.Timestamp(finals["date"][at]).date()
        return status(str(finals["chip"][at]), day, str(finals["arrival_country"][at]))

    def received_by(self, companies: Iterable[str]) -> np.ndarray:
        """Record ids of the lots that some companies received."""
        return self._with("consignee_id", companies)

    def sent_by(self, companies: Iterable[str]) -> np.ndarray:
        """Record ids of the lots that some companies sent."""
        return self._with("shipper_id", companies)

    def _with(self, side: str, companies: Iterable[str]) -> np.ndarray:
        asked = set(companies)
        return self.lots["record_id"][[one in asked for one in self.lots[side]]]


def cases(
    lots: Columns,
    links: Columns,
    facts: Facts,
    names: dict[str, str],
    listed: dict[str, dict[str, Any]],
    joins: dict[tuple[str, str], str],
    p_values: Mapping[Hashable, float],
) -> Iterator[tuple[int, Case]]:
    """Lay out each scheme for the parts.

    Parameters
    ----------
    lots, links
        Of all schemes, as in :class:`Case`, with ``scheme``.
    facts, names, listed, joins
        As in :class:`Case`.
    p_values
        By number of the scheme.

    Yields
    ------
    tuple
        Number of the scheme, and its case.
    """
    links_of = links.split("scheme")
    for scheme, own in lots.split("scheme").items():
        arrives = own["stage"] == "final"
        buyers = tuple(dict.fromkeys(own["consignee_id"][arrives]))
        through = [*own["consignee_id"][~arrives], *own["shipper_id"][own["stage"] != "source"]]
        yield (
            int(str(scheme)),
            Case(
                lots=own,
                links=links_of[scheme],
                middle=tuple(one for one in dict.fromkeys(through) if one not in buyers),
                buyers=buyers,
                names=names,
                facts=facts,
                listed=listed,
                joins=joins,
                p_value=p_values.get(scheme, float("nan")),
            ),
        )


def with_shipments(
    lots: pd.DataFrame, shipments: pd.DataFrame, destination: tuple[str, ...]
) -> pd.DataFrame:
    """Join the lots of schemes with what their records say, by scheme, hop and day."""
    known = shipments.loc[shipments["record_id"].isin(lots["record_id"]), CASE_COLUMNS]
    known = known.rename(columns={"units": "entered_units"})
    known["entered_chip"] = shipments.loc[known.index, "chip"]
    known["said"] = says_accelerator(known["description"]) & known["entered_chip"].isna()
    known["mentions_return"] = known["mentions_return"].fillna(False).astype(bool)
    for number in ("items", "entered_units", "weight_kg", "value_usd"):
        known[number] = known[number].astype("float64")
    joined = lots.merge(known, on="record_id", how="left")
    # Under the name of another chip the goods are as hidden as under vague words.
    own, entered = (
        joined[name].map(families_of(joined[name].dropna().unique()))
        for name in ("chip", "entered_chip")
    )
    joined["named"] = joined["entered_chip"].notna() & (own == entered)
    joined["declared"] = joined["declared"].fillna(False).astype(bool) & joined["named"]
    arrival = pd.Series(pd.NA, index=joined.index, dtype="str")
    for name in ("import_country", "destination_country", "to_country"):
        arrival = joined[name].where(joined[name].isin(destination), arrival)
    joined["arrival_country"] = arrival
    return joined.sort_values(["scheme", "hop", "date", "record_id"], ignore_index=True)


def with_agreement(links: pd.DataFrame, lots: pd.DataFrame) -> pd.DataFrame:
    """Say of each link how far apart its two lots are; ``lots`` as :func:`with_shipments`."""
    of = lots.drop_duplicates("record_id").set_index("record_id")
    with np.errstate(divide="ignore", invalid="ignore"):
        per_piece = pd.DataFrame(
            {name: np.log(of[name] / of["items"]) for name in ("weight_kg", "value_usd")}
        )
    later, earlier = (per_piece.reindex(links[end]) for end in _ENDS)
    apart = later.to_numpy() - earlier.to_numpy()
    taken_out = links["taken_out"].to_numpy(dtype=bool)
    in_piece = (of["entered_units"] / of["items"]).reindex(links["from_record"])
    apart[taken_out, 0] = np.nan
    apart[taken_out, 1] += np.log(in_piece.to_numpy()[taken_out])
    carried = of["units"].astype("float64").reindex(links["to_record"]).to_numpy()
    told = of["named"] | of["said"]
    named = [
        one.reindex(links[end]).to_numpy(dtype=bool)
        for one, end in zip((of["named"], told), _ENDS, strict=True)
    ]
    by_name = shares_of_feeds(links).where(named[0] | named[1], 0.0)
    by_name = by_name.groupby([links["scheme"], links["to_record"]]).transform("sum")
    return links.assign(
        kg_apart=apart[:, 0], usd_apart=apart[:, 1], to_units=carried, by_name=by_name
    )
