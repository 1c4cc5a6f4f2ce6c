"""Routes of goods: from a named purchase through third countries to the destination.

A link says that one lot may continue as another. A route is a chain of links from a lot that
names a chip to a lot that arrives at the destination on a day on which that chip could not
lawfully go there. Routes that share a middle company or a buyer are one scheme.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from chipflow.network.columns import Columns
from chipflow.network.waypoints import WAYPOINT_COLUMNS, waypoints

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chipflow.network.trace import Tracing
    from chipflow.network.verdicts import Verdicts

# Goods that were worked on at the destination come back to the sender: where so much of what
# arrived is sent back by the same buyers, it did not stay.
CAME_BACK = 0.5  # share of the weight, or of the value where weights are not known
ALIKE_IN_WORTH = 1.5  # log USD per kg
# Of a lot that was worked on some pieces fail; what comes back is near it in weight and number.
ALIKE_IN_SIZE = 0.25  # log kg or log pieces
# Goods of which most lots, on the way in and on the way out, speak of repair are under repair.
REPAIRS = 0.5  # share of lots
RETURN_WINDOW = 180  # days between the way out and the way back

# Routes are joined through a company only if the followed goods are at least this share of the
# lots that it sends: two schemes that use one big forwarder are still two.
OWN_TRADE = 0.05  # share of lots

LOT_COLUMNS = {
    "scheme": "int64",
    "record_id": "str",
    "hop": "int64",
    "stage": "str",
    "chip": "str",
    "units": "float64",
    "status": "str",
    "rule": "str",
}
ASIDE_COLUMNS = [
    "reason",
    "sentence",
    "chips",
    "countries",
    "companies",
    "units",
    "p_value",
    "record_ids",
]


@dataclass(frozen=True)
class Routes:
    """What reached the destination, and what was looked at and set aside.

    Attributes
    ----------
    lots
        One row a shipment of a scheme: ``scheme`` (number), ``record_id``, ``hop`` (1 is the
        purchase), ``stage`` (source, middle, final), ``chip`` followed, ``units`` (chips of
        the scheme that it carries and that reach the destination), and for final lots
        ``status, rule`` of the chip on that day and destination.
    links
        The links of :class:`chipflow.network.Tracing` on these routes, with ``scheme``.
    set_aside
        Routes of the same shape that are no leads: ``reason, sentence, chips, countries,
        companies, units, p_value`` (missing: nothing was weighed), ``record_ids``.
    """

    lots: pd.DataFrame
    links: pd.DataFrame
    set_aside: pd.DataFrame


def find_routes(tracing: Tracing, verdicts: Verdicts) -> Routes:
    """Find the routes along which followed goods reached the destination.

    Parameters
    ----------
    tracing
        What :func:`chipflow.network.trace` returned.
    verdicts
        What the rules say of the same shipments.

    Returns
    -------
    Routes
    """
    flow = _Flow(tracing, verdicts)
    kept: list[_Part] = []
    aside: list[_Part] = []
    for reason, finals in flow.finals_by_verdict.items():
        for part in flow.parts(finals):
            verdict = reason or flow.innocent_origin(part)
            (aside if verdict else kept).append(part.named(verdict))
    lots, links = flow.tables(flow.joined(kept))
    return Routes(lots, links, flow.aside_table(flow.joined(aside)))


@dataclass(frozen=True)
class _Part:
    """A connected piece of flow: positions of its lots and links."""

    lots: tuple[int, ...]
    links: tuple[int, ...]
    reason: str = ""

    def named(self, reason: str) -> _Part:
        return _Part(self.lots, self.links, reason)


class _Flow:
    """Links between lots by position, with what passes along them."""

    def __init__(self, tracing: Tracing, verdicts: Verdicts) -> None:
        self.table = verdicts.table
        self.arrays = tracing.lots
        self.destination = tracing.destination
        self.most_hops, self.window = tracing.most_hops, tracing.window
        self.link_table = tracing.links
        self.tail, self.head = (tracing.links[end].to_numpy() for end in ("e", "f"))
        self.passing = tracing.links["units"].to_numpy(dtype=float)
        self.into: dict[int, list[int]] = defaultdict(list)
        self.out: dict[int, list[int]] = defaultdict(list)
        for at in range(len(self.tail)):
            self.into[int(self.head[at])].append(at)
            self.out[int(self.tail[at])].append(at)
        # What a purchase is taken for that names none, by its words, weight and value.
        certain = tracing.follower.certain | (self.arrays.family >= 0)
        self.chip = np.where(certain, self.arrays.chip, "")
        # Links come strongest first: the first one into a lot without a name says what it holds.
        heads, first = np.unique(self.head, return_index=True)
        unnamed = self.chip[heads] == ""
        carried = tracing.links["chip"].to_numpy(dtype=object)
        self.chip[heads[unnamed]] = carried[first[unnamed]]
        self.status, self.rule = (np.full(len(self.table), "", dtype=object) for _ in range(2))
        ends = np.unique(self.head[self.arrays.arrives[self.head]])
        found = verdicts.of(ends, self.chip[ends])
        self.status[ends], self.rule[ends] = found["status"], found["rule"]
        reasons = verdicts.why_no_lead(ends, found["status"].to_numpy())
        self.finals_by_verdict: dict[str, list[int]] = defaultdict(list)
        for end, reason in zip(ends.tolist(), reasons.tolist(), strict=True):
            self.finals_by_verdict[reason].append(end)
        self.sent_back: dict[tuple[tuple[int, int], ...], float] = {}
        self.returned: dict[int, dict[int, bool]] = {}
        self.exchanged: dict[tuple[tuple[tuple[int, int], ...], tuple[int, ...], bool], float] = {}
        self.repair = self.table["mentions_return"].to_numpy(dtype=bool, na_value=False)
        self.home = self.table["from_country"].isin(self.destination).to_numpy()

    def parts(self, finals: list[int]) -> list[_Part]:
        """Connected pieces of the flow that ends in these lots."""
        links = self._upstream(finals)
        if not links:
            return []
        nodes = sorted({int(self.tail[a]) for a in links} | {int(self.head[a]) for a in links})
        place = {node: at for at, node in enumerate(nodes)}
        tails = [place[int(self.tail[a])] for a in links]
        heads = [place[int(self.head[a])] for a in links]
        label = _components(len(nodes), tails, heads)
        lots_of: dict[int, list[int]] = defaultdict(list)
        links_of: dict[int, list[int]] = defaultdict(list)
        for node in nodes:
            lots_of[int(label[place[node]])].append(node)
        for link, tail in zip(links, tails, strict=True):
            links_of[int(label[tail])].append(link)
        return [_Part(tuple(lots_of[one]), tuple(links_of[one])) for one in sorted(lots_of)]

    def _upstream(self, finals: list[int]) -> list[int]:
        links: set[int] = set()
        frontier = set(finals)
        for _ in range(self.most_hops):
            found = {link for lot in frontier for link in self.into.get(lot, ())} - links
            links |= found
            frontier = {int(self.tail[link]) for link in found}
        return sorted(links)

    def innocent_origin(self, part: _Part) -> str:
        """Say why goods that did come out of this piece are no diversion, or nothing."""
        lots = self.arrays
        sources = self._sources(part)
        if self.home[sources].all():
            return "came from the destination"
        sellers = set(lots.shipper[sources])
        finals = [at for at in part.lots if lots.arrives[at]]
        own = list(part.lots)
        if not ((lots.family[own] >= 0) | lots.says_accelerator[own]).any():
            return "no record names a chip"
        if all(lots.consignee[at] in sellers for at in finals):
            return "went back to its sender"
        if self._exchanged(finals, before=True) >= CAME_BACK:
            return "came from the destination"
        if self._for_repair(sources) and self._for_repair(finals):
            return "repair or return"
        if self._exchanged(finals, before=False) >= CAME_BACK:
            return "came back from the destination"
        if self._lots_sent_back(finals) >= CAME_BACK:
            return "among goods that came back"
        return ""

    def _for_repair(self, at: list[int]) -> bool:
        """Whether most of these lots speak of repair, return or warranty."""
        return bool(self.repair[at].mean() > REPAIRS)

    def _exchanged(self, finals: list[int], *, before: bool) -> float:
        """Share of what arrived that the buyers had sent out before, or sent back afterwards."""
        goods = {int(self.arrays.carried[at]) for at in finals}
        key = self._pairs(finals), tuple(sorted(goods)), before
        # Many pieces of flow may lie between the same companies.
        if key not in self.exchanged:
            self.exchanged[key] = self._share_exchanged(*key)
        return self.exchanged[key]

    def _pairs(self, finals: list[int]) -> tuple[tuple[int, int], ...]:
        """Who received some lots, and from whom."""
        lots = self.arrays
        return tuple(sorted({(int(lots.consignee[at]), int(lots.shipper[at])) for at in finals}))

    def _share_exchanged(
        self, pairs: tuple[tuple[int, int], ...], families: tuple[int, ...], before: bool
    ) -> float:
        """Share of some chips that companies received which they had sent or sent back.

        Goods count that may be the same: of the same chip, or without a name and worth about as
        much for their weight. By weight or by pieces, whichever says more; by number of lots
        where neither is known.
        """
        lots = self.arrays
        sent = [at for pair in pairs for at in self._between(*pair)]
        if not sent:
            return 0.0
        # All that one company sent to the other counts, whatever lead it belongs to.
        finals = sorted(
            lot
            for pair in pairs
            for lot in self.arrivals[pair]
            if int(lots.carried[lot]) in families
        )
        begin = min(int(lots.first[at]) for at in finals)
        end = max(int(lots.last[at]) for at in finals)
        begin, end = (begin - RETURN_WINDOW, end) if before else (begin, end + RETURN_WINDOW)
        worth = float(np.nanmedian(lots.like("usd_kg", np.array(finals))))
        back = [
            at
            for at in sent
            if begin <= lots.last[at]
            and lots.first[at] <= end
            and (
                int(lots.family[at]) in families
                or (lots.family[at] < 0 and not abs(lots.usd_kg[at] - worth) > ALIKE_IN_WORTH)
            )
        ]
        # A typing error in one figure does not hide that the goods came back.
        shares = [
            float(held[back].sum() / held[finals].sum())
            for held in (lots.weight, lots.items)
            if np.isfinite(held[finals]).all() and np.isfinite(held[back]).all()
        ]
        return max(shares, default=len(back) / len(finals))

    def _lots_sent_back(self, finals: list[int]) -> float:
        """Share of the lots of these senders that a lot of like size came back to them for.

        Of what they sent to these buyers, or of all that they sent there, whichever is more. It
        came back from the buyer under any name, since boards come back under that of what they
        were made into, or from another works under the name of the chip.
        """
        pairs = self._pairs(finals)
        if pairs not in self.sent_back:
            senders = sorted({shipper for _, shipper in pairs})
            back = {lot: found for one in senders for lot, found in self._returned(one).items()}
            own = [back[lot] for pair in pairs for lot in self.arrivals[pair]]
            self.sent_back[pairs] = max(float(np.mean(own)), float(np.mean(list(back.values()))))
        return self.sent_back[pairs]

    def _returned(self, sender: int) -> dict[int, bool]:
        """Say of each lot that one company sent there whether it came back."""
        if sender not in self.returned:
            self.returned[sender] = self._paired_returns(sender)
        return self.returned[sender]

    def _paired_returns(self, sender: int) -> dict[int, bool]:
        """Pair each lot with the first one like it that came back for no other, in order of days.

        A matching of all at once finds hardly more and takes minutes for thousands of equal lots.
        """
        lots = self.arrays
        sent = sorted(self.sent_there[sender], key=self._day)
        home, consignees = self.returns
        back = home[slice(*np.searchsorted(consignees, [sender, sender + 1]))]
        free = np.ones(len(back), dtype=bool)
        came = dict.fromkeys(sent, False)
        for at in sent:
            likely = free & (lots.last[back] >= lots.first[at])
            likely &= lots.first[back] <= lots.last[at] + RETURN_WINDOW
            apart = np.log([held[back] / held[at] for held in (lots.weight, lots.items)])
            likely &= ~(abs(apart) > ALIKE_IN_SIZE).any(axis=0) & np.isfinite(apart).any(axis=0)
            likely &= ~(abs(lots.usd_kg[back] - lots.usd_kg[at]) > ALIKE_IN_WORTH)
            by_buyer = lots.shipper[back] == lots.consignee[at]
            likely &= by_buyer | (lots.family[back] == lots.carried[at])
            if likely.any():
                came[at] = True
                preferred = likely & by_buyer
                free[(preferred if preferred.any() else likely).argmax()] = False
        return came

    @cached_property
    def sent_there(self) -> dict[int, list[int]]:
        """Followed lots that arrive at the destination, by shipper."""
        found: dict[int, list[int]] = defaultdict(list)
        for (_, shipper), lots in self.arrivals.items():
            found[shipper] += lots
        return found

    def _day(self, at: int) -> int:
        return int(self.arrays.first[at])

    @cached_property
    def arrivals(self) -> dict[tuple[int, int], list[int]]:
        """Followed lots that arrive at the destination, by consignee and shipper."""
        lots = self.arrays
        found: dict[tuple[int, int], list[int]] = defaultdict(list)
        for at in sorted({int(at) for at in self.head if lots.arrives[at]}):
            found[(int(lots.consignee[at]), int(lots.shipper[at]))].append(at)
        return found

    def _between(self, shipper: int, consignee: int) -> list[int]:
        """Lots of shipments that leave the destination from one company to another."""
        at, keys = self.departures
        key = shipper * self.arrays.companies + consignee
        low, high = np.searchsorted(keys, [key, key + 1])
        lots: list[int] = at[low:high].tolist()
        return lots

    @cached_property
    def departures(self) -> tuple[np.ndarray, np.ndarray]:
        """Lots that leave the destination, by shipper and consignee, and the key they sort by."""
        lots = self.arrays
        at = np.flatnonzero(self.home & lots.named_shipper & lots.named_consignee)
        key = lots.shipper[at] * lots.companies + lots.consignee[at]
        order = np.argsort(key, kind="stable")
        return at[order], key[order]

    @cached_property
    def returns(self) -> tuple[np.ndarray, np.ndarray]:
        """Lots that leave the destination, by consignee and first day, and their consignees."""
        lots = self.arrays
        at, _ = self.departures
        at = at[np.lexsort((at, lots.first[at], lots.consignee[at]))]
        return at, lots.consignee[at]

    def _sources(self, part: _Part) -> list[int]:
        heads = {int(self.head[link]) for link in part.links}
        return [lot for lot in part.lots if lot not in heads]

    def joined(self, parts: list[_Part]) -> list[_Part]:
        """Join pieces of one scheme: those that have enough in common.

        A company in common is not enough, since shells and buyers serve more than one scheme and
        trade honestly beside it. Pieces are joined that share a middle company and a buyer; a
        middle company of their own, and the goods or the time; the goods, the time and either a
        buyer or both a middle company and its supplier.
        """
        if not parts:
            return []
        own = self._own(parts)
        meets: dict[tuple[object, ...], list[int]] = defaultdict(list)
        at_once: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for number, part in enumerate(parts):
            middle, buyers, goods = self._parties(part)
            for one, buyer in product(middle, buyers):
                meets[part.reason, one, buyer].append(number)
            for one in middle & own:
                at_once[part.reason, "middle", one].append(number)
                for kind in goods:
                    meets[part.reason, "goods", one, kind].append(number)
            for one, seller in product(middle, self._sellers(part)):
                for kind in goods:
                    at_once[part.reason, "supplier", one, seller, kind].append(number)
            for buyer, kind in product(buyers, goods):
                at_once[part.reason, "buyer", buyer, kind].append(number)
        together = [*meets.values(), *self._at_once(parts, at_once.values())]
        pairs = [(group[0], other) for group in together for other in group[1:]]
        label = _components(len(parts), [one for one, _ in pairs], [other for _, other in pairs])
        groups: dict[int, list[_Part]] = defaultdict(list)
        for number, part in enumerate(parts):
            groups[int(label[number])].append(part)
        return [
            _Part(
                tuple(sorted({lot for one in group for lot in one.lots})),
                tuple(sorted({link for one in group for link in one.links})),
                group[0].reason,
            )
            for group in groups.values()
        ]

    def _sellers(self, part: _Part) -> set[int]:
        """Named companies from which the goods were bought."""
        lots = self.arrays
        return {int(lots.shipper[lot]) for lot in self._sources(part) if lots.named_shipper[lot]}

    def _parties(self, part: _Part) -> tuple[set[int], set[int], set[int]]:
        """Middle companies of a piece, its named buyers, and the families of its chips."""
        lots = self.arrays
        middle = {int(lots.consignee[lot]) for lot in part.lots if not lots.arrives[lot]}
        middle |= {int(lots.shipper[int(self.head[link])]) for link in part.links}
        buyers = {
            int(lots.consignee[lot])
            for lot in part.lots
            if lots.arrives[lot] and lots.named_consignee[lot]
        }
        return middle, buyers, {int(lots.carried[lot]) for lot in part.lots}

    def _own(self, parts: list[_Part]) -> set[int]:
        """Companies of whose sales the followed goods are no small share."""
        lots = self.arrays
        followed = np.unique([lot for part in parts for lot in part.lots])
        traded = np.bincount(lots.shipper, minlength=lots.companies)
        sent = np.bincount(lots.shipper[followed], minlength=lots.companies)
        return set(np.flatnonzero(sent >= OWN_TRADE * traded).tolist())

    def _at_once(self, parts: list[_Part], groups: Iterable[list[int]]) -> Iterator[list[int]]:
        """Split groups of pieces where more days lie between them than goods lie in stock."""
        lots = self.arrays
        begin = [min(int(lots.first[lot]) for lot in part.lots) for part in parts]
        end = [max(int(lots.last[lot]) for lot in part.lots) for part in parts]
        for group in groups:
            run: list[int] = []
            latest = 0
            for one in sorted(group, key=lambda part: begin[part]):
                if run and begin[one] > latest + self.window:
                    yield run
                    run = []
                latest = max(latest, end[one]) if run else end[one]
                run.append(one)
            yield run

    def hops(self, part: _Part) -> dict[int, int]:
        """Number of the shipment in the row, 1 being the purchase."""
        hop = dict.fromkeys(self._sources(part), 1)
        for step in range(2, self.most_hops + 2):
            reached = {
                int(self.head[link])
                for link in part.links
                if hop.get(int(self.tail[link])) == step - 1
            }
            hop.update({lot: step for lot in sorted(reached) if lot not in hop})
        return {lot: hop.get(lot, self.most_hops) for lot in part.lots}

    def carried(self, part: _Part, hop: dict[int, int]) -> dict[int, float]:
        """Chips that each lot of the piece carries on to the destination.

        Forward, no lot passes on more than came into it; backward, only what arrives counts.
        """
        held = {lot: float(self.arrays.units[lot]) for lot in part.lots if hop[lot] == 1}
        moved: dict[int, float] = {}
        inside = set(part.links)
        order = sorted(part.lots, key=lambda lot: (hop[lot], int(self.arrays.first[lot]), lot))
        for lot in order:
            feeds = [link for link in self.into.get(lot, ()) if link in inside]
            if feeds and hop[lot] > 1:
                held[lot] = float(sum(moved.get(link, 0.0) for link in feeds))
            left = held.get(lot, 0.0)
            for link in self.out.get(lot, ()):
                if link in inside:
                    moved[link] = float(np.fmin(self.passing[link], left))
                    left = max(left - moved[link], 0.0) if np.isfinite(left) else left
        reaching: dict[int, float] = {}
        for lot in reversed(order):
            if self.arrays.arrives[lot]:
                reaching[lot] = held.get(lot, 0.0)
                continue
            onward = [link for link in self.out.get(lot, ()) if link in inside]
            share = [
                moved.get(link, 0.0)
                * _ratio(reaching.get(int(self.head[link]), 0.0), held.get(int(self.head[link])))
                for link in onward
            ]
            reaching[lot] = float(np.sum(share)) if share else 0.0
        return reaching

    def tables(self, parts: list[_Part]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Lots and links of schemes, which are numbered in their order."""
        numbers = np.arange(len(parts))
        found = [self._lots(part) for part in parts]
        lots = {
            name: np.concatenate([one[name] for one in found]) if found else np.empty(0)
            for name in LOT_COLUMNS
            if name != "scheme"
        }
        links = np.array([link for part in parts for link in part.links], dtype=np.int64)
        return (
            pd.DataFrame(
                {"scheme": np.repeat(numbers, [len(part.lots) for part in parts]), **lots}
            ).astype(LOT_COLUMNS),
            self.link_table.iloc[links]
            .reset_index(drop=True)
            .assign(scheme=np.repeat(numbers, [len(part.links) for part in parts])),
        )

    def _lots(self, part: _Part) -> Columns:
        hop = self.hops(part)
        units = self.carried(part, hop)
        at = list(part.lots)
        arrives = self.arrays.arrives[at]
        hops = np.array([hop[lot] for lot in at])
        stage = np.select([hops == 1, arrives], ["source", "final"], "middle").astype(object)
        return Columns(
            {
                "record_id": self.arrays.record[at],
                "hop": hops,
                "stage": stage,
                "chip": self.chip[at],
                "units": np.array([units[lot] for lot in at]),
                "status": np.where(arrives, self.status[at], ""),
                "rule": np.where(arrives, self.rule[at], ""),
            },
            len(at),
        )

    def aside_table(self, parts: list[_Part]) -> pd.DataFrame:
        """Routes that are no leads, one row a part."""
        at = np.array([lot for part in parts for lot in part.lots], dtype=np.int64)
        sides = Columns.of(self.table[WAYPOINT_COLUMNS].iloc[at])
        rows, start = [], 0
        for part in parts:
            lots = self._lots(part)
            finals = lots["stage"] == "final"
            own = sides.take(slice(start, start := start + len(lots)))
            path = waypoints(own, lots["hop"], finals)
            chips = sorted(set(lots["chip"]) - {""})
            rows.append(
                {
                    "reason": part.reason,
                    "sentence": _aside_sentence(part.reason, chips, path),
                    "chips": " | ".join(chips),
                    "countries": " > ".join(path["countries"]),
                    "companies": " > ".join(path["companies"]),
                    "units": float(np.nansum(lots["units"][finals])),
                    "p_value": np.nan,
                    "record_ids": ";".join(sorted(lots["record_id"])),
                }
            )
        table = pd.DataFrame(rows, columns=ASIDE_COLUMNS)
        return table.sort_values(["reason", "record_ids"], ignore_index=True)


def _components(count: int, tails: list[int], heads: list[int]) -> np.ndarray:
    """Number of the connected piece that each of ``count`` nodes is in."""
    ends = (np.array(tails, dtype=np.int64), np.array(heads, dtype=np.int64))
    graph = sparse.coo_array((np.ones(len(tails)), ends), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1])


def shares_of_feeds(links: pd.DataFrame) -> pd.Series:
    """Share of each later lot that a link gives it, of all links to it in its scheme.

    Parameters
    ----------
    links
        ``scheme, to_record, units``; where no units are known each link gives as much.
    """
    of_lot = links.groupby(["scheme", "to_record"])["units"]
    shares: pd.Series = links["units"] / of_lot.transform("sum")
    return shares.fillna(1 / of_lot.transform("size"))


def _ratio(part: float, whole: float | None) -> float:
    return part / whole if whole else 0.0


def _aside_sentence(reason: str, chips: list[str], path: dict[str, list[str]]) -> str:
    goods, route = ", ".join(chips), " > ".join(path["countries"])
    because = {
        "lawful on that day": "needed no licence there by the tables: lawful on that day",
        "came from the destination": "had come from the destination before, as goods sent for "
        "repair do",
        "went back to its sender": "ended at the company that had sent them",
        "came back from the destination": "were for the most part sent back by those who received "
        "them, as boards sent out for assembly or repair are",
        "among goods that came back": "went between two companies of which the one sends most lots "
        "back to the other, as boards sent out for assembly or repair are",
        "under a quoted licence": "were sold by name under a licence that the records quote: "
        "whether there is one, the authority that would have given it can say",
        "no record names a chip": "are only like chips in weight and value: no record on the way "
        "names one",
        "repair or return": "speak of repair, return or warranty on the way in and on the way out",
        "rule of that day unknown": "meet a rule that the tables do not settle for that day",
    }[reason]
    return f"{goods} moved {route}, and {because}."
