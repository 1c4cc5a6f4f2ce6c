"""Goods that came from the destination before, or went back: what was worked on does not stay."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from chipflow.tracing.trace import Tracing


class Returns:
    """Looks up what companies at the destination sent out before or sent back afterwards."""

    def __init__(self, tracing: Tracing, shipments: pd.DataFrame) -> None:
        self.traced, self.settings = tracing.traced, tracing.settings.routes
        self.head = tracing.continuations["f"].to_numpy()
        self.home = shipments["from_country"].isin(tracing.destination).to_numpy()
        self.sent_back: dict[tuple[tuple[int, int], ...], float] = {}
        self.returned: dict[int, dict[int, bool]] = {}
        self.exchanged: dict[tuple[tuple[tuple[int, int], ...], tuple[int, ...], bool], float] = {}

    def exchanged_share(self, finals: list[int], *, before: bool) -> float:
        """Share of what arrived that the buyers had sent out before, or sent back afterwards."""
        goods = {int(self.traced.cargo.carried[at]) for at in finals}
        key = self._pairs(finals), tuple(sorted(goods)), before
        # Many pieces of flow may lie between the same companies.
        if key not in self.exchanged:
            self.exchanged[key] = self._share_exchanged(*key)
        return self.exchanged[key]

    def _pairs(self, finals: list[int]) -> tuple[tuple[int, int], ...]:
        """Who received some shipments, and from whom."""
        traced = self.traced
        return tuple(
            sorted(
                {
                    (int(traced.arrays.consignee[at]), int(traced.arrays.shipper[at]))
                    for at in finals
                }
            )
        )

    def _share_exchanged(
        self, pairs: tuple[tuple[int, int], ...], families: tuple[int, ...], before: bool
    ) -> float:
        """Share of some chips that companies received which they had sent or sent back.

        Goods count that may be the same: of the same chip, or without a name and worth about as
        much for their weight. By weight or by pieces, whichever says more; by number of shipments
        where neither is known.
        """
        traced = self.traced
        sent = [at for pair in pairs for at in self._between(*pair)]
        if not sent:
            return 0.0
        # All that one company sent to the other counts, whatever lead it belongs to.
        finals = sorted(
            shipment
            for pair in pairs
            for shipment in self.arrivals[pair]
            if int(traced.cargo.carried[shipment]) in families
        )
        begin = min(int(traced.arrays.first[at]) for at in finals)
        end = max(int(traced.arrays.last[at]) for at in finals)
        window = self.settings.return_window
        begin, end = (begin - window, end) if before else (begin, end + window)
        worth = float(np.nanmedian(traced.like("usd_kg", np.array(finals))))
        back = [
            at
            for at in sent
            if begin <= traced.arrays.last[at]
            and traced.arrays.first[at] <= end
            and (
                int(traced.family[at]) in families
                or (
                    traced.family[at] < 0
                    and not abs(traced.arrays.usd_kg[at] - worth) > self.settings.alike_in_worth
                )
            )
        ]
        # A typing error in one figure does not hide that the goods came back.
        shares = [
            float(held[back].sum() / held[finals].sum())
            for held in (traced.arrays.weight, traced.arrays.items)
            if np.isfinite(held[finals]).all() and np.isfinite(held[back]).all()
        ]
        return max(shares, default=len(back) / len(finals))

    def returned_share(self, finals: list[int]) -> float:
        """Share of these senders' shipments for which one of like size came back to them.

        Of what they sent to these buyers, or of all that they sent there, whichever is more. It
        came back from the buyer under any name, since boards come back under that of what they
        were made into, or from another works under the name of the chip.
        """
        pairs = self._pairs(finals)
        if pairs not in self.sent_back:
            senders = sorted({shipper for _, shipper in pairs})
            back = {
                shipment: found
                for one in senders
                for shipment, found in self._returned(one).items()
            }
            own = [back[shipment] for pair in pairs for shipment in self.arrivals[pair]]
            self.sent_back[pairs] = max(float(np.mean(own)), float(np.mean(list(back.values()))))
        return self.sent_back[pairs]

    def _returned(self, sender: int) -> dict[int, bool]:
        """Say of each shipment that one company sent there whether it came back."""
        if sender not in self.returned:
            self.returned[sender] = self._paired_returns(sender)
        return self.returned[sender]

    def _paired_returns(self, sender: int) -> dict[int, bool]:
        """Pair each shipment, by day, with the first one like it that came back for no other.

        A matching of all at once finds hardly more and takes minutes for thousands of equal
        shipments.
        """
        traced, arrays, settings = self.traced, self.traced.arrays, self.settings
        sent = sorted(self.sent_there[sender], key=self._day)
        home, consignees = self.returns
        back = home[slice(*np.searchsorted(consignees, [sender, sender + 1]))]
        free = np.ones(len(back), dtype=bool)
        came = dict.fromkeys(sent, False)
        for at in sent:
            likely = free & (arrays.last[back] >= arrays.first[at])
            likely &= arrays.first[back] <= arrays.last[at] + settings.return_window
            apart = np.log([held[back] / held[at] for held in (arrays.weight, arrays.items)])
            likely &= ~(abs(apart) > settings.alike_in_size).any(axis=0)
            likely &= np.isfinite(apart).any(axis=0)
            likely &= ~(abs(arrays.usd_kg[back] - arrays.usd_kg[at]) > settings.alike_in_worth)
            by_buyer = arrays.shipper[back] == arrays.consignee[at]
            likely &= by_buyer | (traced.family[back] == traced.cargo.carried[at])
            if likely.any():
                came[at] = True
                preferred = likely & by_buyer
                free[(preferred if preferred.any() else likely).argmax()] = False
        return came

    @cached_property
    def sent_there(self) -> dict[int, list[int]]:
        """Traced shipments that arrive at the destination, by shipper."""
        found: dict[int, list[int]] = defaultdict(list)
        for (_, shipper), arrived in self.arrivals.items():
            found[shipper] += arrived
        return found

    def _day(self, at: int) -> int:
        return int(self.traced.arrays.first[at])

    @cached_property
    def arrivals(self) -> dict[tuple[int, int], list[int]]:
        """Traced shipments that arrive at the destination, by consignee and shipper."""
        traced = self.traced
        found: dict[tuple[int, int], list[int]] = defaultdict(list)
        for at in sorted({int(at) for at in self.head if traced.arrives[at]}):
            found[(int(traced.arrays.consignee[at]), int(traced.arrays.shipper[at]))].append(at)
        return found

    def _between(self, shipper: int, consignee: int) -> list[int]:
        """Shipments that leave the destination from one company to another."""
        at, keys = self.departures
        key = shipper * self.traced.arrays.companies + consignee
        low, high = np.searchsorted(keys, [key, key + 1])
        between: list[int] = at[low:high].tolist()
        return between

    @cached_property
    def departures(self) -> tuple[np.ndarray, np.ndarray]:
        """Shipments that leave the destination, by shipper and consignee, and the sort key."""
        traced = self.traced
        at = np.flatnonzero(self.home & traced.arrays.named_shipper & traced.arrays.named_consignee)
        key = traced.arrays.shipper[at] * traced.arrays.companies + traced.arrays.consignee[at]
        order = np.argsort(key, kind="stable")
        return at[order], key[order]

    @cached_property
    def returns(self) -> tuple[np.ndarray, np.ndarray]:
        """Shipments that leave the destination, by consignee and first day; their consignees."""
        traced = self.traced
        at, _ = self.departures
        at = at[np.lexsort((at, traced.arrays.first[at], traced.arrays.consignee[at]))]
        return at, traced.arrays.consignee[at]
