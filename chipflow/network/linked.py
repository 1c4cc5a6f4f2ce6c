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
from chipflow.network.ledger import Questions

if TYPE_CHECKING:
    from chipflow.network.lots import Floats, Ints, Lots

# Where one of two companies with something in common brings chips in, and the other sells what
# is like them, it is so likely that they are those: an estimate, as cases made public are few.
PASSED_TO_LINKED = 0.3  # probability for two companies of one country that share it with no other
# A leg between two countries that no record shows is rarer than a hand-over inside one.
UNSEEN_LEG = 0.1  # share of these probabilities


@dataclass(frozen=True)
class LinkedPairs:
    """Pairs of a buyer and a sender, and how likely the one sells what the other bought."""

    pairs: Questions
    share: Floats


class Linked:
    """What companies share, by their codes."""

    def __init__(self, lots: Lots, links: pd.DataFrame | None) -> None:
        self.lots = lots
        if links is None or links.empty:
            self.one = self.other = np.empty(0, dtype=np.int64)
            self.share = self.weight = np.empty(0)
            return
        index = pd.Index(lots.ids)
        one, other = (index.get_indexer(links[name]) for name in ("company_id", "other_id"))
        # Of many that share an address each other one may be the one.
        weight = 1 / (links["companies"].to_numpy() - 1.0)
        # A forwarder serves strangers: that two companies use the same one says nothing of goods
        # that go from one to the other unseen.
        share = np.where(links["kind"] == AGENT, 0.0, PASSED_TO_LINKED * weight)
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

    def of(self, buyers: Ints) -> LinkedPairs:
        """Return the pairs of which the first is one of some companies and the other sends."""
        lots = self.lots
        sent_from, bought_in = np.full((2, lots.companies), -1)
        sent_from[lots.shipper] = lots.from_country
        bought_in[lots.consignee] = lots.to_country
        abroad = bought_in[self.one] != sent_from[self.other]
        share = np.where(abroad, UNSEEN_LEG * self.share, self.share)
        asked = np.isin(self.one, buyers) & (sent_from[self.other] >= 0) & (share > 0)
        one, other, share = self.one[asked], self.other[asked], share[asked]
        return LinkedPairs(Questions(one, other), share)
