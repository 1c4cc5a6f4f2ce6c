"""How often chance alone would produce a transfer as strong as this one.

The null world is made of the records themselves: what one company bought is set beside what
another one sold, in the same days and with all their shipments, and the same question is asked.
Only the pairing is broken. Of such pairs, those that would have passed for a transfer are kept; the
p-value of a transfer is the share of them that is as strong (a p-value given that it is listed at
all; Fithian, Sun and Taylor, "Optimal inference after model selection", 2014).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.settings import DecoySettings
from chipflow.threads import for_each
from chipflow.tracing.domestic_transfers import candidate_senders
from chipflow.tracing.inventory import TO_DESTINATION, CompanyPairs, InventoryModel
from chipflow.tracing.related_parties import RelatedPairs
from chipflow.tracing.transfers import (
    DOMESTIC,
    RECORDED,
    RELATED,
    Judged,
    evidence_by_sale,
    judge_domestic,
    judge_recorded,
    judge_related,
    likeliest_sources,
)

if TYPE_CHECKING:
    from chipflow.tracing.trace import Tracing

Floats = np.ndarray
Ints = np.ndarray
MakesLead = Callable[[Ints, np.ndarray], np.ndarray]

ROUND = 1_000  # pairs drawn together; each round has random numbers of its own
ROUNDS_AT_ONCE = 2  # of each kind; the last of them may turn out not to be needed


NULL_LOTS = ["pair", "sender", "strength", "e", "f", "log_odds"]


@dataclass(frozen=True)
class NullDistribution:
    """Decoy transfers of one kind that would have been listed.

    Attributes
    ----------
    lots
        One row a sale of a decoy pair: ``pair`` (number, from 0), ``sender`` (code of the company
        that sells), ``strength`` (log odds of the pair), ``e, f`` (positions of the purchase and
        of the sale), ``log_odds`` (the part of the strength that the sale brings).
    asked
        How many pairs were asked about that are like those drawn.
    drawn
        How many pairs were drawn.
    pairs
        How many different pairs can be drawn.
    settings
        The numbers of the method.
    """

    lots: pd.DataFrame
    asked: int
    drawn: int
    pairs: int
    settings: DecoySettings = field(default_factory=DecoySettings)

    @cached_property
    def listed(self) -> pd.DataFrame:
        """Decoy transfers that would have been listed, one row each: ``sender, strength``."""
        return self.lots.drop_duplicates("pair").set_index("pair")[["sender", "strength"]]

    def expected(self, at_least: Floats, strength: Floats | None = None) -> Floats:
        """How many of the pairs that were asked about chance makes at least so strong.

        A rate by counts: of the pairs drawn, those that would be listed and are as strong. What
        one sender sells agrees alike with many buyers, so of the pairs that would be listed each
        sender counts once, however many of them are its own, and half a sender more, with as many
        pairs as a sender has of them (Jeffreys' prior of a rate).

        Parameters
        ----------
        at_least
            Where this is asked.
        strength
            How strong each pair of ``listed`` is, on the same scale; missing for one of which no
            lead would be made. Its log odds without it.
        """
        own = self.listed["strength"].to_numpy(dtype=float) if strength is None else strength
        senders, sender, pairs = np.unique(
            self.listed["sender"].to_numpy(dtype=np.int64), return_inverse=True, return_counts=True
        )
        weight = 1 / (max(len(senders), 1) * pairs[sender])
        made = np.isfinite(own)
        order = np.argsort(own[made])
        below = np.append(0.0, np.cumsum(weight[made][order]))
        at = np.searchsorted(own[made][order], at_least, side="left")
        rate = len(own) / max(self.drawn, 1) * (below[-1] - below[at])
        own_pairs = len(own) / len(senders) if len(senders) else 1.0
        unseen = self.settings.any_sender * own_pairs / max(min(self.drawn, self.pairs), 1)
        return np.asarray(self.asked * (rate + unseen))


def null_distributions(
    tracing: Tracing, makes_lead: MakesLead, *, seed: int = 0
) -> dict[tuple[str, bool], NullDistribution]:
    """Draw decoy transfers of every kind that was found.

    Parameters
    ----------
    tracing
        What :func:`chipflow.tracing.trace` returned.
    makes_lead
        Says of shipments that arrive, by position, and the chips in them, whether a lead would be
        made of them: of a decoy pair counts what counts of a transfer that was found.
    seed
        Of the draws.

    Returns
    -------
    dict
        By kind (recorded, related parties, domestic transfer) and whether it reaches the
        destination.
    """
    transfers = tracing.transfers
    final = transfers["place"] == TO_DESTINATION
    drawing: dict[tuple[str, bool], _Rounds] = {}
    settings = tracing.settings.decoys
    for number, (kind, drawn_by) in enumerate(DRAWN_BY.items()):
        wanted = final[transfers["kind"] == kind].value_counts()
        if wanted.empty:
            continue
        draw = drawn_by(tracing, makes_lead)
        for to_destination in (True, False):
            asked = int(wanted.get(to_destination, 0))
            most = min(settings.draws * asked, settings.most_draws)
            if most:
                seeds = (seed, number, int(to_destination))
                drawing[kind, to_destination] = _Rounds(draw, to_destination, most, seeds)
    while open_still := [rounds for rounds in drawing.values() if not rounds.enough]:
        ahead = [(rounds, at) for rounds in open_still for at in rounds.next()]
        for_each(ahead, lambda one: one[0].draw_round(one[1]))
    return {kind: rounds.null() for kind, rounds in drawing.items()}


class _Rounds:
    """Rounds of draws of one kind: as many as are needed, in the order of their numbers.

    Each has random numbers of its own, so that several can be drawn at once, and one more than
    needed changes nothing.
    """

    def __init__(self, draw: _Draw, final: bool, most: int, seeds: tuple[int, ...]) -> None:
        self.draw, self.final, self.seeds = draw, final, seeds
        self.sizes = [min(ROUND, most - drawn) for drawn in range(0, most, ROUND)]
        self.found: dict[int, pd.DataFrame] = {}

    @property
    def needed(self) -> int:
        """Rounds drawn until enough pairs would be listed, or all."""
        listed = np.cumsum([self.found[at]["pair"].nunique() for at in range(len(self.found))])
        return min(
            int(np.searchsorted(listed, self.draw.settings.enough_listed)) + 1, len(self.sizes)
        )

    @property
    def enough(self) -> bool:
        return self.needed <= len(self.found)

    def next(self) -> range:
        """Numbers of the rounds to be drawn now."""
        first = len(self.found)
        return range(first, min(first + ROUNDS_AT_ONCE, len(self.sizes)))

    def draw_round(self, at: int) -> None:
        """Draw one round, and keep how strong the pairs are that would be listed."""
        # Seeds that end in noughts are those without them; a round of its own number is none.
        rng = np.random.default_rng([*self.seeds, 1 + at])
        self.found[at] = self.draw.listed(rng, self.sizes[at], final=self.final)

    def null(self) -> NullDistribution:
        """Return what was drawn."""
        needed = range(self.needed)
        lots = pd.concat([self.found[at].assign(round=at) for at in needed])
        number = lots.groupby(["round", "pair"]).ngroup()
        return NullDistribution(
            lots.assign(pair=number)[NULL_LOTS].reset_index(drop=True),
            self.draw.asked(final=self.final),
            sum(self.sizes[at] for at in needed),
            self.draw.pairs(final=self.final),
            self.draw.settings,
        )


def _clear(transfers: pd.DataFrame, least: float) -> Ints:
    """Senders of which it is clear that they sell chips, from wherever they have them."""
    return transfers.loc[transfers["log_lr"] > least, "sender"].unique()


class _Draw(ABC):
    """Draws pairs of one kind and judges them.

    Of each, what a lead would be made of counts: not what was free to go, what nobody knows the
    rule of or what was sold under a quoted licence; and on the way only what has no name, since
    what is sold by name is traced from there, whatever it may continue.
    """

    def __init__(self, tracing: Tracing, makes_lead: MakesLead) -> None:
        self.inventories, self.settings = tracing.inventories, tracing.settings.decoys
        self.transfers, self.traced = tracing.transfers, tracing.traced
        self.makes_lead = makes_lead

    @abstractmethod
    def asked(self, *, final: bool) -> int:
        """Count the pairs that were asked about and are like those that are drawn."""

    @abstractmethod
    def pairs(self, *, final: bool) -> int:
        """Count the different pairs that can be drawn."""

    @abstractmethod
    def drawn(self, rng: np.random.Generator, number: int, *, final: bool) -> CompanyPairs:
        """Draw pairs, of which the sender sells to the destination or not."""

    @abstractmethod
    def judged(self, asked: CompanyPairs) -> Judged:
        """Judge pairs as those that were asked about: groups, pairs of shipments, and sales."""

    def listed(self, rng: np.random.Generator, number: int, *, final: bool) -> pd.DataFrame:
        """Draw pairs, and return the sales of those that would be listed: :data:`NULL_LOTS`."""
        nothing = pd.DataFrame(np.empty((0, len(NULL_LOTS))), columns=NULL_LOTS)
        if not self.pairs(final=final):
            return nothing
        judged = self.judged(self.drawn(rng, number, final=final))
        groups, continuations, sales = judged.groups, judged.continuations, judged.sales
        groups = groups[
            ((groups["place"] == TO_DESTINATION) == final)
            & (groups["believed"] > 0)
            & (groups["buyer"] >= 0)
        ]
        continuations = continuations[continuations["group"].isin(groups.index)]
        if continuations.empty:
            return nothing
        best = likeliest_sources(continuations, ["group", "f"])
        own = best[self._of_leads(best["e"].to_numpy(), best["f"].to_numpy(), final=final)]
        said, whole = evidence_by_sale(
            sales[sales["group"].isin(groups.index)],
            "group",
            believed=self.traced.settings.tracer.believed,
            least=self.traced.settings.tracer.least_said,
        )
        of_sale = said.reindex(pd.MultiIndex.from_frame(own[["group", "f"]])).to_numpy()
        group = own["group"].to_numpy()
        per_said = groups["log_odds"] / whole.reindex(groups.index)
        lots = pd.DataFrame(
            {
                "pair": group,
                "sender": groups["sender"].reindex(group).to_numpy(dtype=np.int64),
                "e": own["e"].to_numpy(dtype=np.int64),
                "f": own["f"].to_numpy(dtype=np.int64),
                "log_odds": of_sale * per_said.reindex(group).to_numpy(dtype=float),
            }
        )
        lots["strength"] = lots.groupby("pair")["log_odds"].transform("sum")
        return lots[NULL_LOTS].sort_values(["pair", "f"], ignore_index=True)

    def _of_leads(self, e: Ints, f: Ints, *, final: bool) -> np.ndarray:
        """Whether a lead would be made of shipments, if they are what others became."""
        traced = self.traced
        if not final:
            return np.asarray(traced.family[f] < 0)
        chip = np.where(traced.family[f] >= 0, traced.cargo.chip[f], traced.cargo.chip[e])
        return self.makes_lead(f, chip)


class _Recorded(_Draw):
    """Pairs of what one company bought and another one sold."""

    def __init__(self, tracing: Tracing, makes_lead: MakesLead) -> None:
        super().__init__(tracing, makes_lead)
        self.inventory = self._inventory()
        self.buyers = np.unique(tracing.traced.arrays.consignee[self.inventory.followed.at])
        self.senders = {final: self._senders(final) for final in (True, False)}
        self.sides = {final: self._sides(final) for final in (True, False)}

    def _inventory(self) -> InventoryModel:
        return self.inventories.of_companies

    def _senders(self, final: bool) -> Ints:
        traced = self.traced
        home = np.isin(
            traced.arrays.from_country, np.unique(traced.arrays.to_country[traced.arrives])
        )
        senders = np.unique(
            traced.arrays.shipper[(traced.arrives == final) & ~home & traced.arrays.named_shipper]
        )
        return senders[~np.isin(senders, _clear(self.transfers, self.settings.clear))]

    def _sides(self, final: bool) -> tuple[Ints, Ints]:
        """Buyers and senders that are drawn: like for like, companies that are both.

        All others only if these are few.
        """
        both = np.intersect1d(self.senders[final], self.buyers)
        return (
            (both, both)
            if len(both) >= self.settings.fewest_listed
            else (self.buyers, self.senders[final])
        )

    def asked(self, *, final: bool) -> int:
        """Count companies that bought chips and sell."""
        return int(np.isin(self.senders[final], self.buyers).sum())

    def pairs(self, *, final: bool) -> int:
        """Count buyers by senders."""
        buyers, senders = self.sides[final]
        return len(buyers) * len(senders)

    def drawn(self, rng: np.random.Generator, number: int, *, final: bool) -> CompanyPairs:
        """Draw a buyer and another sender."""
        buyers, senders = self.sides[final]
        buyer, sender = rng.choice(buyers, number), rng.choice(senders, number)
        apart = buyer != sender
        return CompanyPairs(buyer[apart], sender[apart])

    def judged(self, asked: CompanyPairs) -> Judged:
        """Judge them as one company."""
        return judge_recorded(self.inventory, asked, self.inventories.prior)


class _Linked(_Recorded):
    """Pairs of companies, as if they shared an address."""

    def _inventory(self) -> InventoryModel:
        return self.inventories.of_related

    def asked(self, *, final: bool) -> int:
        """Count pairs that share something, of which the one bought and the other sells."""
        pairs = self.inventories.related.of(self.buyers).pairs
        return int(np.isin(pairs.sender, self.senders[final]).sum())

    def judged(self, asked: CompanyPairs) -> Judged:
        """Judge them as if they shared an address with no other."""
        share = self.traced.settings.transfers.passed_to_related
        pairs = RelatedPairs(asked, np.full(len(asked), share))
        return judge_related(self.inventory, pairs, explained=self.inventories.explained)


class _Across(_Draw):
    """Pairs of what one country bought and a company of another one sold."""

    def __init__(self, tracing: Tracing, makes_lead: MakesLead) -> None:
        super().__init__(tracing, makes_lead)
        self.inventory = self.inventories.of_countries
        self.candidates = self.inventories.candidates
        # Whose own transfer is clear sells chips: they agree with chips bought anywhere.
        clear = _clear(self.transfers, self.settings.clear)
        self.senders = {final: self._senders(final, clear) for final in (True, False)}

    def _senders(self, final: bool, clear: Ints) -> CompanyPairs:
        """Companies that sell candidates to the destination, or to others, and from where."""
        asked = candidate_senders(self.traced, self.candidates & (self.traced.arrives == final))
        asked = asked.take(self.inventories.coverage[asked.buyer] > 0)
        return asked.take(~np.isin(asked.sender, clear))

    def asked(self, *, final: bool) -> int:
        """Count companies that sell what is like the stock of their country."""
        return len(self.senders[final])

    def pairs(self, *, final: bool) -> int:
        """Count countries by senders."""
        return len(np.unique(self.senders[final].buyer)) * len(self.senders[final])

    def drawn(self, rng: np.random.Generator, number: int, *, final: bool) -> CompanyPairs:
        """Draw the country of one sender, and a sender of another one with all that it sells.

        So each country is drawn as often as it is asked about: where many buy, some buyer fits.
        """
        at_home = self.senders[final]
        country = rng.choice(at_home.buyer, number)
        drawn = at_home.take(rng.integers(0, len(at_home), number))
        # A sender is asked beside its own country; of others it is a stranger.
        apart = drawn.buyer != country
        return CompanyPairs(country[apart], drawn.sender[apart])

    def judged(self, asked: CompanyPairs) -> Judged:
        """Judge them as if the sender were of that country."""
        known = self.inventories
        return judge_domestic(
            self.inventory,
            self.candidates,
            asked,
            known.coverage,
            known.related,
            known.domestic_share,
        )[0]


DRAWN_BY: dict[str, Callable[[Tracing, MakesLead], _Draw]] = {
    RECORDED: _Recorded,
    RELATED: _Linked,
    DOMESTIC: _Across,
}
