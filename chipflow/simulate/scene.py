"""What schemes and look-alikes have in common: lots that are bought, held and handed on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from chipflow.simulate import market
from chipflow.simulate.firms import Firms
from chipflow.simulate.market import CHINA, N_DAYS, Item, countries, country_codes
from chipflow.simulate.trade import (
    OTHER_WORDS_SHARE,
    PACKING,
    PACKING_SD,
    Shipments,
    goods_lines,
)

ROLES = ("other", "source", "middle", "final")

WAIT_DAYS = (2.0, 50.0)  # shortest and longest time that a lot stays with a company
HARD_WAIT_DAYS = 110.0  # ... in the hard setting
SLACK_DAYS = 240  # all waits on one route together stay within this in the hard setting
MERGE_DAYS = 18  # a lot may wait so long for the next one and leave with it
MERGED_WAIT_DAYS = 30.0  # ... and then leaves within this, so that no lot waits over WAIT_DAYS
CHINA_SHARES = (0.62, 0.36, 0.02)

# Concentration of the shares into which lots are cut: the higher, the more alike.
EVEN_CUT, UNEVEN_CUT = 4.0, 1.5

# Lines of goods whose words and codes hide a card or a server.
GUISES_OF_CARDS = (
    "computer parts",
    "computer parts",
    "power adapters",
    "contactors",
    "connectors",
    "telecom equipment",
    "network cards",
    "mainboards",
)
GUISES_OF_SERVERS = (
    "computer parts",
    "servers",
    "storage systems",
    "telecom equipment",
    "heat sinks and cases",
)


@dataclass(frozen=True)
class Lot:
    """Items of one kind that are somewhere on a day; kg and usd are for one item."""

    day: int
    item: Item
    quantity: int
    kg: float
    usd: float
    origin: str


@dataclass(frozen=True)
class Calendar:
    """When a scheme buys what: days of its purchases and the forms it deals in."""

    days: list[int]
    items: tuple[Item, ...]
    last: int

    @property
    def start(self) -> int:
        """Day of the first purchase."""
        return self.days[0]


@dataclass
class Ledger:
    """Shipments of schemes as they are planned, one entry in each list for a shipment."""

    day: list[int] = field(default_factory=list)
    shipper: list[int] = field(default_factory=list)
    consignee: list[int] = field(default_factory=list)
    origin: list[int] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    hs: list[str] = field(default_factory=list)
    unit: list[str] = field(default_factory=list)
    quantity: list[float] = field(default_factory=list)
    kg: list[float] = field(default_factory=list)
    usd: list[float] = field(default_factory=list)
    scheme: list[int] = field(default_factory=list)
    role: list[int] = field(default_factory=list)
    leaves: list[int] = field(default_factory=list)
    lands: list[int] = field(default_factory=list)

    def shipments(self) -> Shipments:
        """Return what was planned as columns."""

        def whole(values: list[int]) -> market.Ints:
            return np.array(values, dtype=np.int64)

        return Shipments(
            day=whole(self.day),
            shipper=whole(self.shipper),
            consignee=whole(self.consignee),
            origin=whole(self.origin),
            text=np.array(self.text, dtype=object),
            hs=np.array(self.hs, dtype=object),
            unit=np.array(self.unit, dtype=object),
            quantity=np.array(self.quantity, dtype=np.float64),
            kg=np.array(self.kg, dtype=np.float64),
            usd=np.array(self.usd, dtype=np.float64),
            scheme=whole(self.scheme),
            role=whole(self.role),
            leaves=whole(self.leaves),
            lands=whole(self.lands),
        )


@dataclass
class Scene:
    """One scheme or look-alike while it is played.

    Everything that a smuggler would vary is drawn once here, over a wide range: how long lots
    wait, how often they are split, merged, partly kept or relabelled, what they cost.

    Attributes
    ----------
    number
        Position of the scheme among all schemes and look-alikes.
    steps
        Companies by step of the route, for the table of schemes.
    units
        Chips by role.
    hard
        Stock is pooled, kept and sold weeks later at other prices.
    """

    rng: np.random.Generator
    firms: Firms
    ledger: Ledger
    number: int
    kind: str
    innocent: bool
    steps: list[list[int]] = field(default_factory=list)
    chips: list[str] = field(default_factory=list)
    units: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ROLES, 0))
    hard: bool = False

    def __post_init__(self) -> None:
        rng = self.rng
        self.wait_median = float(np.exp(rng.uniform(np.log(4), np.log(26))))
        self.wait_sd = float(rng.uniform(0.15, 0.7))
        self.splits = float(rng.uniform(0, 0.35))
        self.merges = float(rng.uniform(0, 0.2))
        self.keeps = float(rng.choice([0.0, 0.0, 0.15, 0.3]))
        self.relabels = float(rng.choice([0.0, 0.0, rng.uniform(0.1, 0.7)]))
        self.names_purchases = float(rng.choice([1.0, 1.0, rng.uniform(0.7, 1.0)]))
        self.markup = float(rng.uniform(1.0, 1.6))
        self.declared_share = float(np.exp(rng.uniform(np.log(0.25), np.log(1.1))))
        self.lot_factor = float(np.exp(rng.uniform(np.log(0.4), np.log(2.5))))
        self._item_kg: dict[Item, float] = {}
        self._item_usd: dict[Item, float] = {}
        self._usual: dict[tuple[int, Item], tuple[str, str]] = {}
        self._guise: dict[tuple[int, str], str] = {}
        self.keeps_guise = float(rng.uniform(0, 1))
        self.deals_in: tuple[Item, ...] = ()
        self.longest_wait = WAIT_DAYS[1]
        self.pools = False
        self.stays = 0.0
        if self.hard:
            self._harden()

    def _harden(self) -> None:
        """Draw the habits again, over the ranges of the hard setting."""
        rng = self.rng
        self.pools = True
        self.longest_wait = HARD_WAIT_DAYS
        self.wait_median = float(np.exp(rng.uniform(np.log(12), np.log(60))))
        self.wait_sd = float(rng.uniform(0.2, 0.8))
        self.stays = float(rng.choice([0.0, rng.uniform(0.02, 0.35), rng.uniform(0.02, 0.35)]))
        self.relabels = float(rng.choice([1.0, rng.uniform(0.4, 1.0), rng.uniform(0.0, 0.4)]))
        self.names_purchases = float(rng.choice([1.0, 1.0, rng.uniform(0.6, 1.0)]))
        self.declared_share = float(np.exp(rng.uniform(np.log(0.1), 0.0)))
        self.markup = float(rng.choice([self.declared_share, rng.uniform(0.7, 1.0)]))
        self.lot_factor = float(np.exp(rng.uniform(np.log(0.3), np.log(3.5))))

    # Who takes part -------------------------------------------------------------------------

    def one_of(self, options: Sequence[str], weights: Sequence[float] | None = None) -> str:
        """Draw one of several words."""
        if weights is None:
            return options[int(self.rng.integers(len(options)))]
        share = np.array(weights, dtype=float)
        return options[int(self.rng.choice(len(options), p=share / share.sum()))]

    def hub(self, *without: str) -> str:
        """Draw a country for a middle company."""
        table = countries()
        weight = np.where(table["code"].isin(without), 0.0, table["hub"].to_numpy())
        return self.one_of(country_codes(), list(weight))

    def sellers(self, n: int, start: int, *without: str) -> list[int]:
        """Pick companies that sell accelerators in the open."""
        table = countries()
        weight = np.where(table["code"].isin(without), 0.0, table["seller"].to_numpy())
        found = [
            self.firms.pick(
                self.rng,
                self.one_of(country_codes(), list(weight)),
                ("maker", "trader"),
                opens=start,
            )
            for _ in range(n)
        ]
        return list(dict.fromkeys(found))

    def shell(self, country: str, start: int) -> int:
        """Found a middle company: some shortly before the first lot, some long ago."""
        age = self.rng.integers(15, 400)
        opens = 0 if self.rng.random() < 0.3 else start - int(age)
        return self.firms.found(self.rng, country, kind="trader", opens=opens)

    def chinese_buyers(self, n: int, start: int) -> list[int]:
        """Pick or found the last companies of a route."""
        buyers: list[int] = []
        for _ in range(n):
            country = self.one_of(CHINA, CHINA_SHARES)
            known = self.rng.random() < 0.5
            buyer = self.firms.pick(self.rng, country, ("user", "trader", "maker"), opens=start)
            if not known or (buyer in self.firms.taken and not self.innocent):
                kind = self.one_of(("user", "trader"))
                opens = start - int(self.rng.integers(0, 500))
                buyer = self.firms.found(self.rng, country, kind=kind, opens=opens)
            if buyer not in buyers:
                buyers.append(buyer)
        if not self.innocent:
            self.firms.taken.update(buyers)
        return buyers

    def country_of(self, firm: int) -> str:
        """Alpha-2 code of a company's country."""
        return country_codes()[self.firms.country[firm]]

    def draw(self, firms: Sequence[int]) -> int:
        """Draw one of several companies."""
        return firms[int(self.rng.integers(len(firms)))]

    def draw_item(self, items: Sequence[Item]) -> Item:
        """Draw one of several items."""
        return items[int(self.rng.integers(len(items)))]

    # What and when ----------------------------------------------------------------------------

    def calendar(self, hops: int, lots: int, *, lawful: bool = False) -> Calendar:
        """Choose chips and days of purchase so that the last hop falls where it must.

        Parameters
        ----------
        hops
            Hand-overs after the purchase, each of which takes up to WAIT_DAYS.
        lots
            Number of purchases.
        lawful
            True: all is over before the chips' sale to China is restricted; False: all
            begins after it.
        """
        if self.hard and hops:
            self.longest_wait = min(self.longest_wait, SLACK_DAYS // hops)
        slack = hops * int(self.longest_wait)
        sold = list(self.deals_in) or [item for item in market.items() if item.smuggled > 0]
        rooms = []
        for item in sold:
            if lawful:
                first, last = item.sold[0], min(item.barred, N_DAYS) - 1
            else:
                first, last = max(item.sold[0], item.barred) + 3, N_DAYS - 1
            rooms.append((first, last, last - slack - first))
        liked = [1.0 if self.deals_in else item.smuggled for item in sold]
        weights = [likes * (room[2] >= 40) for likes, room in zip(liked, rooms, strict=True)]
        chosen = int(self.rng.choice(len(sold), p=np.array(weights) / sum(weights)))
        first, last, room = rooms[chosen]
        span = int(min(room, np.exp(self.rng.uniform(np.log(25), np.log(420)))))
        start = first + int(self.rng.integers(0, room - span + 1))
        days = sorted(start + self.rng.integers(0, span + 1, lots))
        also = [
            item
            for item, (opens, closes, _) in zip(sold, rooms, strict=True)
            if opens <= days[0]
            and closes >= days[-1] + slack
            and item is not sold[chosen]
            and item.consumer == sold[chosen].consumer
        ]
        items: tuple[Item, ...] = (sold[chosen],)
        if also and self.rng.random() < 0.25:
            items += (also[int(self.rng.integers(len(also)))],)
        return Calendar(days=[int(day) for day in days], items=items, last=last)

    def lot(self, day: int, item: Item, origin: str, *, factor: float = 1.0) -> Lot:
        """Draw one purchase of an item; all lots of one scheme hold the same boxes."""
        if item not in self._item_kg:
            self._item_kg[item] = float(self.rng.uniform(*item.kg))
            self._item_usd[item] = float(self.rng.uniform(*item.usd))
        median, spread = item.lot
        quantity = median * self.lot_factor * factor * np.exp(0.6 * spread * self.rng.normal())
        return Lot(
            day=day,
            item=item,
            quantity=max(1 if item.form == "server" else 2, round(quantity)),
            kg=self._item_kg[item],
            usd=self._item_usd[item] * float(np.exp(0.05 * self.rng.normal())),
            origin=origin,
        )

    def made_in(self, seller: int) -> str:
        """Country of origin of goods bought from a seller."""
        if self.rng.random() < 0.5:
            return self.country_of(seller)
        return self.one_of(("TW", "US", "CN", "MX", "MY"), (45, 20, 15, 12, 8))

    # What happens -----------------------------------------------------------------------------

    def ship(
        self,
        lot: Lot,
        shipper: int,
        consignee: int,
        role: str,
        *,
        vague: bool = False,
        price: float = 1.0,
        words: str = "{}",
        leaves: str = "",
        lands: str = "",
    ) -> Lot:
        """Write one shipment of a lot into the ledger and return the lot.

        Parameters
        ----------
        lot
            What leaves on its day.
        shipper, consignee
            Companies.
        role
            One of ROLES.
        vague
            True: under the words and code of other goods; items and weight stay.
        price
            Declared value relative to the purchase price.
        words
            Description with {} for the goods.
        leaves, lands
            Countries that the goods leave and reach; empty: those of the companies.
        """
        rng, item = self.rng, lot.item
        origin = lot.origin
        if vague:
            goods = market.goods()
            guises = GUISES_OF_SERVERS if item.form == "server" else GUISES_OF_CARDS
            # A shipper may keep to one guise or change it with every lot.
            usual = self._guise.setdefault((shipper, item.form), self.one_of(guises))
            chosen = usual if rng.random() < self.keeps_guise else self.one_of(guises)
            guise = goods_lines(rng, goods, np.array([goods.line(chosen)]))
            text, hs = str(guise["text"][0]), str(guise["hs"][0])
            unit = str(guise["unit"][0])
            if rng.random() < 0.3:
                origin = self.country_of(shipper)
        else:
            drawn = self.one_of(item.texts), self.one_of(item.hs)
            text, hs = self._usual.setdefault((shipper, item), drawn)
            if rng.random() < OTHER_WORDS_SHARE:
                text = self.one_of(item.texts)
            unit = self.one_of(item.units)
        weight = lot.quantity * lot.kg * np.exp(PACKING + PACKING_SD * rng.normal())
        ledger = self.ledger
        ledger.day.append(lot.day)
        ledger.shipper.append(shipper)
        ledger.consignee.append(consignee)
        ledger.origin.append(country_codes().index(origin))
        ledger.text.append(words.format(text))
        ledger.hs.append(hs)
        ledger.unit.append(unit)
        ledger.quantity.append(float(lot.quantity))
        ledger.kg.append(float(weight))
        ledger.usd.append(float(lot.quantity * lot.usd * price * np.exp(0.04 * rng.normal())))
        ledger.scheme.append(self.number)
        ledger.role.append(ROLES.index(role))
        ledger.leaves.append(country_codes().index(leaves) if leaves else -1)
        ledger.lands.append(country_codes().index(lands) if lands else -1)
        self.units[role] += lot.quantity * item.chips
        if item.chip and item.chip not in self.chips:
            self.chips.append(item.chip)
        return lot

    def sell_on(
        self, lot: Lot, shipper: int, consignee: int, role: str, *, leaves: str = ""
    ) -> Lot:
        """Ship a lot onward as this scheme does: at its price, relabelled or not."""
        vague = bool(self.rng.random() < self.relabels)
        return self.ship(
            lot,
            shipper,
            consignee,
            role,
            vague=vague,
            price=self.declared_share if vague else self.markup,
            leaves=leaves,
        )

    def buy(
        self,
        calendar: Calendar,
        sellers: list[int],
        buyer: int,
        *,
        factor: float = 1.0,
        lands: str = "",
    ) -> list[Lot]:
        """Let one company buy a lot on each day of a calendar."""
        lots = []
        for day in calendar.days:
            seller = self.draw(sellers)
            item = calendar.items[int(self.rng.integers(len(calendar.items)))]
            lot = self.lot(day, item, self.made_in(seller), factor=factor)
            vague = bool(self.rng.random() >= self.names_purchases)
            lots.append(self.ship(lot, seller, buyer, "source", vague=vague, lands=lands))
        return lots

    def wait(self, longest: float | None = None) -> int:
        """Days that a lot stays."""
        longest = self.longest_wait if longest is None else longest
        days = np.exp(np.log(self.wait_median) + self.wait_sd * self.rng.normal())
        return int(np.clip(days, WAIT_DAYS[0], longest))

    def hand_on(self, lots: list[Lot], *, parts: int = 0) -> list[Lot]:
        """Return what a company that received ``lots`` sends on, and when.

        Lots may be split, wait for the next one, or stay in part; what leaves up to a day
        never exceeds what came up to that day.

        Parameters
        ----------
        lots
            What came.
        parts
            Split each lot into so many parts; 0: as the scheme does.
        """
        if self.pools:
            return self._from_stock(lots, parts)
        rng = self.rng
        onward: list[Lot] = []
        waiting = 0
        ordered = sorted(lots, key=lambda lot: lot.day)
        for at, lot in enumerate(ordered):
            quantity = lot.quantity
            if rng.random() < self.keeps and quantity > 4:
                quantity -= max(1, int(quantity * rng.uniform(0.03, 0.2)))
            longest = MERGED_WAIT_DAYS if waiting else WAIT_DAYS[1]
            quantity += waiting
            can_wait = (
                not waiting
                and parts == 0
                and at + 1 < len(ordered)
                and ordered[at + 1].item is lot.item
                and ordered[at + 1].day - lot.day <= MERGE_DAYS
            )
            if can_wait and rng.random() < self.merges:
                waiting = quantity
                continue
            waiting = 0
            n = parts or (int(rng.integers(2, 4)) if rng.random() < self.splits else 1)
            onward += [
                replace(lot, day=lot.day + self.wait(longest), quantity=piece)
                for piece in self._cut(quantity, n)
            ]
        return onward

    def _from_stock(self, lots: list[Lot], parts: int) -> list[Lot]:
        """Sell from one stock for each kind of item, in lots unlike those that came.

        What leaves is cut anew out of all that came, first in first out, and a piece leaves
        only after the lot that holds its last unit: so no stock is ever below zero.
        """
        rng = self.rng
        onward: list[Lot] = []
        for item in dict.fromkeys(lot.item for lot in lots):
            mine = sorted((lot for lot in lots if lot.item is item), key=lambda lot: lot.day)
            came = np.cumsum([lot.quantity for lot in mine])
            leaves = max(1, round(int(came[-1]) * (1 - self.stays)))
            sales = parts * len(mine) or max(1, round(len(mine) * np.exp(rng.uniform(-0.7, 0.7))))
            left = np.cumsum(self._cut(leaves, sales, UNEVEN_CUT))
            for before, after in zip([0, *left[:-1]], left, strict=True):
                lot = mine[int(np.searchsorted(came, after))]
                onward.append(replace(lot, day=lot.day + self.wait(), quantity=int(after - before)))
        return sorted(onward, key=lambda lot: lot.day)

    def _cut(self, quantity: int, n: int, evenness: float = EVEN_CUT) -> list[int]:
        n = max(1, min(n, quantity // 2 or 1))
        if n == 1:
            return [quantity]
        shares = self.rng.dirichlet(np.full(n, evenness))
        pieces = 1 + self.rng.multinomial(quantity - n, shares)
        return [int(piece) for piece in pieces]

    def freight(self, shipper: int, n: int, days: tuple[int, int], china: float) -> None:
        """Let a company send honest goods of many kinds out, some of them to China.

        Parameters
        ----------
        shipper
            Who sends.
        n
            Number of shipments.
        days
            First and last day.
        china
            Share of shipments that goes to China.
        """
        goods = market.goods()
        computing = [at for at, name in enumerate(goods.family) if name == "computing"]
        plain = len(goods.names) - len(market.items())
        share = goods.share[:plain] * np.where(np.isin(np.arange(plain), computing), 3.0, 1.0)
        lines = self.rng.choice(plain, size=n, p=share / share.sum())
        drawn = goods_lines(self.rng, goods, lines, 0.6)
        home = self.country_of(shipper)
        ledger = self.ledger
        for at in range(n):
            if self.rng.random() < china:
                country = self.one_of(CHINA, CHINA_SHARES)
            else:
                table = countries()
                shut = table["code"].isin((home, *CHINA))
                weight = np.where(shut, 0.0, table["companies"].to_numpy())
                country = self.one_of(country_codes(), list(weight))
            day = int(self.rng.integers(days[0], days[1] + 1))
            consignee = self.firms.pick(
                self.rng,
                country,
                ("user", "trader", "maker"),
                opens=day,
                family=goods.family[int(lines[at])],
            )
            origin = home if self.rng.random() < 0.4 else self.one_of(("CN", "TW", "US", "DE"))
            ledger.day.append(day)
            ledger.shipper.append(shipper)
            ledger.consignee.append(consignee)
            ledger.origin.append(country_codes().index(origin))
            ledger.text.append(str(drawn["text"][at]))
            ledger.hs.append(str(drawn["hs"][at]))
            ledger.unit.append(str(drawn["unit"][at]))
            ledger.quantity.append(float(drawn["quantity"][at]))
            ledger.kg.append(float(drawn["kg"][at]))
            ledger.usd.append(float(drawn["usd"][at]))
            ledger.scheme.append(self.number)
            ledger.role.append(ROLES.index("other"))
            ledger.leaves.append(-1)
            ledger.lands.append(-1)
