"""Companies that share something: of such a pair the one may sell what the other bought.

An address or a telephone that two companies share, or one name in two countries, says that they
may be one business. Between them goods need no sale and no record: inside a country they are
handed over, and between two countries they travel on a leg that these records do not cover.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.companies.links import AGENT
from chipflow.tracing.inventory import CompanyPairs

if TYPE_CHECKING:
    from chipflow.network.arrays import Floats, Ints, ShipmentArrays
    from chipflow.settings import TransferSettings


@dataclass(frozen=True)
class RelatedPairs:
    """Pairs of a buyer and a sender, and how likely the one sells what the other bought."""

    pairs: CompanyPairs
    share: Floats


class RelatedParties:
    """What companies share, by their codes."""

    def __init__(
        self, arrays: ShipmentArrays, shared: pd.DataFrame | None, settings: TransferSettings
    ) -> None:
        self.arrays, self.settings = arrays, settings
        if shared is None or shared.empty:
            self.one = self.other = np.empty(0, dtype=np.int64)
            self.share = self.weight = np.empty(0)
            return
        index = pd.Index(arrays.ids)
        one, other = (index.get_indexer(shared[name]) for name in ("company_id", "other_id"))
        # Of many that share an address each other one may be the one.
        weight = 1 / (shared["companies"].to_numpy() - 1.0)
        # A forwarder serves strangers: that two companies use the same one says nothing of goods
        # that go from one to the other unseen.
        share = np.where(shared["kind"] == AGENT, 0.0, settings.passed_to_related * weight)
        table = pd.DataFrame(
            {
                "one": np.concatenate([one, other]),
                "other": np.concatenate([other, one]),
                "share": np.tile(share, 2),
                "weight": np.tile(weight, 2),
            }
        )
        table = table[(table["one"] >= 0) & (table["other"] >= 0)]
        best = table.groupby(["one", "other"]).max().reset_index()
        self.one, self.other = best["one"].to_numpy(), best["other"].to_numpy()
        self.share, self.weight = best["share"].to_numpy(), best["weight"].to_numpy()

    @cached_property
    def both_ways(self) -> dict[tuple[int, int], float]:
        """All pairs, either way round, and one over the number of others that share it."""
        pairs = zip(self.one.tolist(), self.other.tolist(), strict=True)
        return dict(zip(pairs, self.weight.tolist(), strict=True))

    def of(self, buyers: Ints) -> RelatedPairs:
        """Return the pairs of which the first is one of some companies and the other sends."""
        arrays = self.arrays
        sent_from, bought_in = np.full((2, arrays.companies), -1)
        sent_from[arrays.shipper] = arrays.from_country
        bought_in[arrays.consignee] = arrays.to_country
        abroad = bought_in[self.one] != sent_from[self.other]
        share = np.where(abroad, self.settings.unseen_leg * self.share, self.share)
        asked = np.isin(self.one, buyers) & (sent_from[self.other] >= 0) & (share > 0)
        one, other, share = self.one[asked], self.other[asked], share[asked]
        return RelatedPairs(CompanyPairs(one, other), share)
