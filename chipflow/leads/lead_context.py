"""One lead as the parts of the evidence see it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chipflow.goods.controls.status import Status, status
from chipflow.goods.text.accelerators import says_accelerator
from chipflow.goods.text.conflicts import conflicts, unusual_codes
from chipflow.network.arrays import arrival_country
from chipflow.network.columns import Columns
from chipflow.routes.find import source_shares
from chipflow.tracing.cargo import families_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chipflow.goods.catalogue.load import Catalogue
    from chipflow.leads.company_profiles import CompanyProfiles
    from chipflow.settings import Settings

_ENDS = ("to_record", "from_record")

CONTEXT_COLUMNS = [
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
    "hs_code",
    "goods",
    "items",
    "units",
    "weight_kg",
    "value_usd",
    "declared",
    "mentions_return",
]


@dataclass(frozen=True)
class LeadContext:
    """One lead as the parts see it.

    Attributes
    ----------
    shipments
        Its shipments, in the order of hops: columns of :attr:`chipflow.Network.shipments`
        (their ``units`` as ``entered_units``), those of
        :attr:`chipflow.routes.find.Routes.steps`, and ``arrival_country``.
    continuations
        Its links: columns of :attr:`chipflow.routes.find.Routes.continuations` and ``kg_apart,
        usd_apart`` (log of weight and value per piece, later over earlier; per chip where these
        were taken out of what they were built into, whose weight says nothing), ``to_units``,
        ``by_name`` (share of the later shipment that names its chip or was bought by name, or as
        an accelerator).
    middle
        Ids of the companies through which the goods passed, in order.
    buyers
        Ids of the companies that received them at the destination.
    names
        Company id to name.
    profiles
        What the records say about each company, and about all.
    listed
        Company id to its best possible match: the row of :func:`chipflow.companies.screen`.
    joins
        Company id and spelling to the reason for which the spelling was taken for that company,
        for spellings that differ in more than legal form, case and punctuation.
    settings, catalogue
        The numbers of the method, and the tables of chips and rules.
    """

    steps: Columns
    continuations: Columns
    middle: tuple[str, ...]
    buyers: tuple[str, ...]
    names: dict[str, str]
    profiles: CompanyProfiles
    listed: dict[str, dict[str, Any]]
    joins: dict[tuple[str, str], str]
    settings: Settings
    catalogue: Catalogue

    @cached_property
    def finals(self) -> Columns:
        """The shipments that arrive at the destination."""
        return self.steps.take(self.steps["stage"] == "final")

    @cached_property
    def sources(self) -> Columns:
        """The purchases of the chip."""
        return self.steps.take(self.steps["stage"] == "source")

    @cached_property
    def ruling(self) -> Status:
        """What the rules say of the chip that arrived last, on its day and destination."""
        finals = self.finals
        at = max(
            range(len(finals)), key=lambda row: (finals["date"][row], finals["record_id"][row])
        )
        day = pd.Timestamp(finals["date"][at]).date()
        return status(
            str(finals["chip"][at]),
            day,
            str(finals["arrival_country"][at]),
            catalogue=self.catalogue,
        )

    def received_by(self, companies: Iterable[str]) -> np.ndarray:
        """Record ids of the shipments that some companies received."""
        return self._with("consignee_id", companies)

    def sent_by(self, companies: Iterable[str]) -> np.ndarray:
        """Record ids of the shipments that some companies sent."""
        return self._with("shipper_id", companies)

    def _with(self, side: str, companies: Iterable[str]) -> np.ndarray:
        asked = set(companies)
        return self.steps["record_id"][[one in asked for one in self.steps[side]]]


def lead_contexts(
    steps: Columns,
    continuations: Columns,
    profiles: CompanyProfiles,
    names: dict[str, str],
    listed: dict[str, dict[str, Any]],
    joins: dict[tuple[str, str], str],
    settings: Settings,
    catalogue: Catalogue,
) -> Iterator[tuple[int, LeadContext]]:
    """Lay out each cluster for the parts.

    Parameters
    ----------
    shipments, continuations
        Of all clusters, as in :class:`LeadContext`, with ``cluster``.
    profiles, names, listed, joins
        As in :class:`LeadContext`.
    settings, catalogue
        As in :class:`LeadContext`.

    Yields
    ------
    tuple
        Number of the cluster, and its case.
    """
    continuations_of = continuations.split("cluster")
    for cluster, own in steps.split("cluster").items():
        arrives = own["stage"] == "final"
        buyers = tuple(dict.fromkeys(own["consignee_id"][arrives]))
        through = [*own["consignee_id"][~arrives], *own["shipper_id"][own["stage"] != "source"]]
        yield (
            int(str(cluster)),
            LeadContext(
                steps=own,
                continuations=continuations_of[cluster],
                middle=tuple(one for one in dict.fromkeys(through) if one not in buyers),
                buyers=buyers,
                names=names,
                profiles=profiles,
                listed=listed,
                joins=joins,
                settings=settings,
                catalogue=catalogue,
            ),
        )


def with_shipments(
    steps: pd.DataFrame,
    shipments: pd.DataFrame,
    destination: tuple[str, ...],
    catalogue: Catalogue,
) -> pd.DataFrame:
    """Join the shipments of clusters with what their records say, by cluster, hop and day."""
    known = shipments.loc[shipments["record_id"].isin(steps["record_id"]), CONTEXT_COLUMNS]
    known = known.rename(columns={"units": "entered_units"})
    known["entered_chip"] = shipments.loc[known.index, "chip"]
    known["said"] = says_accelerator(known["description"]) & known["entered_chip"].isna()
    known["mentions_return"] = known["mentions_return"].fillna(False).astype(bool)
    for number in ("items", "entered_units", "weight_kg", "value_usd"):
        known[number] = known[number].astype("float64")
    joined = steps.merge(known, on="record_id", how="left")
    # Under the name of another chip the goods are as hidden as under vague words.
    own, entered = (
        joined[name].map(families_of(joined[name].dropna().unique(), catalogue))
        for name in ("chip", "entered_chip")
    )
    joined["named"] = joined["entered_chip"].notna() & (own == entered)
    joined["declared"] = joined["declared"].fillna(False).astype(bool) & joined["named"]
    clashes = conflicts(joined["description"].tolist(), catalogue=catalogue)
    joined["conflict"] = [None if one is None else one.sentence() for one in clashes]
    unusual = unusual_codes(joined["hs_code"].tolist(), catalogue=catalogue)
    joined["wrong_code"] = np.array(unusual, dtype=bool) & joined["declared"]
    joined["arrival_country"] = arrival_country(joined, destination)
    return joined.sort_values(["cluster", "hop", "date", "record_id"], ignore_index=True)


def with_distances(continuations: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Say of each link how far apart its two shipments are; ``steps`` as :func:`with_shipments`."""
    of = steps.drop_duplicates("record_id").set_index("record_id")
    with np.errstate(divide="ignore", invalid="ignore"):
        per_piece = pd.DataFrame(
            {name: np.log(of[name] / of["items"]) for name in ("weight_kg", "value_usd")}
        )
    later, earlier = (per_piece.reindex(continuations[end]) for end in _ENDS)
    apart = later.to_numpy() - earlier.to_numpy()
    taken_out = continuations["taken_out"].to_numpy(dtype=bool)
    in_piece = (of["entered_units"] / of["items"]).reindex(continuations["from_record"])
    apart[taken_out, 0] = np.nan
    apart[taken_out, 1] += np.log(in_piece.to_numpy()[taken_out])
    carried = of["units"].astype("float64").reindex(continuations["to_record"]).to_numpy()
    told = of["named"] | of["said"]
    named = [
        one.reindex(continuations[end]).to_numpy(dtype=bool)
        for one, end in zip((of["named"], told), _ENDS, strict=True)
    ]
    by_name = source_shares(continuations).where(named[0] | named[1], 0.0)
    by_name = by_name.groupby([continuations["cluster"], continuations["to_record"]]).transform(
        "sum"
    )
    return continuations.assign(
        kg_apart=apart[:, 0], usd_apart=apart[:, 1], to_units=carried, by_name=by_name
    )
