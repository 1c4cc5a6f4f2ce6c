"""Forward tracing: what is believed to carry the goods is a purchase at the next hop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import logit

from chipflow.tracing.allocation import allocate
from chipflow.tracing.comparisons import compare
from chipflow.tracing.domestic_transfers import (
    DomesticShare,
    candidate_senders,
    domestic_candidates,
    import_coverage,
)
from chipflow.tracing.inventory import CompanyPairs, InventoryModel
from chipflow.tracing.prior import Prior
from chipflow.tracing.transfers import (
    SALES_COLUMNS,
    TRANSFER_COLUMNS,
    Judged,
    judge_domestic,
    judge_recorded,
    judge_related,
    likeliest_sources,
)
from chipflow.tracing.undeclared_cargo import undeclared_purchases, unnamed_accelerators

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chipflow.network.arrays import Floats
    from chipflow.tracing.related_parties import RelatedParties
    from chipflow.tracing.shipments import TracedShipments

# Parts of the log odds of a continuation.
CONTINUATION_PARTS = ["words", "weight", "value", "number", "waiting"]


@dataclass(frozen=True)
class Inventories:
    """What pairs of companies were scored by; others can be scored by the same.

    Attributes
    ----------
    of_companies
        Inventories of companies, as far as goods are traced.
    of_related, explained
        Those of companies as far as they did not sell on themselves, and the shipments that are
        explained already.
    of_countries, candidates
        Inventories of countries, and the shipments that may be what is in stock there.
    prior
        How common it is that goods are sold on.
    coverage
        Probability that the purchase behind chips that leave a country is in the records.
    domestic_share
        How common it is that these were handed over inside the country; None: never asked.
    related
        Who shares something with whom.
    """

    of_companies: InventoryModel
    of_related: InventoryModel
    explained: np.ndarray
    of_countries: InventoryModel
    candidates: np.ndarray
    prior: Prior
    coverage: Floats
    domestic_share: DomesticShare | None
    related: RelatedParties

    def with_cargo(self, traced: TracedShipments) -> Inventories:
        """Return the same with what is known of the cargo now."""
        return replace(
            self,
            of_companies=self.of_companies.with_cargo(traced),
            of_related=self.of_related.with_cargo(traced),
            of_countries=self.of_countries.with_cargo(traced),
        )


class Tracer:
    """Traces goods hop by hop.

    Attributes
    ----------
    traced
        The shipments, with what has been inferred of their cargo.
    followed, certain, doubt
        Whether each shipment is traced; whether it is chips by itself, not by what it continues;
        and the probability that it is not, where only weight and value say so.
    open_distributor
        Companies that sell chips by name to many.
    """

    def __init__(
        self,
        traced: TracedShipments,
        window: int,
        related: RelatedParties,
        *,
        named_only: bool = False,
    ) -> None:
        arrays = traced.arrays
        self.traced, self.window, self.related = traced, window, related
        self.settings = traced.settings
        self.followed = traced.family >= 0
        self.open_distributor = _open_distributors(traced)
        self.coverage = import_coverage(traced)
        self.doubt = np.zeros(len(traced))
        self.certain = self.followed.copy()
        self.new = np.flatnonzero(self.followed & ~traced.arrives & arrays.named_consignee)
        rounds = self.settings.tracer.unrecorded_rounds
        undeclared = [] if named_only else [self._undeclared]
        self.guesses = iter([*undeclared, *[self._unrecorded] * rounds])
        self.prior: Prior | None = None
        self.answers: list[Judged] = []
        self.latest = np.full(arrays.companies, -1)
        self.between_related = self.domestic = Judged.nothing()
        self.domestic_share: DomesticShare | None = None
        self.of_related: tuple[InventoryModel, np.ndarray] | None = None
        self.of_countries: tuple[InventoryModel, np.ndarray] | None = None

    def step(self) -> bool:
        """Ask about companies that received something new; say whether to go on.

        Purchases that only look like chips are taken for such when it is known which shipments
        named chips became: those need no guess. Transfers that no record shows are asked for when
        the recorded ones are known: what a company sells on itself is not for others to sell.
        """
        if len(self.new):
            buyers = np.unique(self.traced.arrays.consignee[self.new])
            self._follow(self._recorded(CompanyPairs(buyers, buyers)))
            return True
        guess = next(self.guesses, None)
        if guess is None:
            return False
        self._follow(guess())
        return True

    def inventories(self) -> Inventories:
        """Return what pairs of companies were scored by, with what is known of the cargo now."""
        of_related, explained = self.of_related or self._related_inventory()
        of_countries, candidates = self.of_countries or self._country_inventory()
        companies = self._inventory(open_distributor=self.open_distributor)
        nobody = np.empty(0, dtype=np.int64)
        asked = CompanyPairs(nobody, nobody)
        prior = self.prior or Prior(companies.score(asked), self.settings.prior)
        return Inventories(
            companies, of_related, explained, of_countries, candidates, prior,
            self.coverage, self.domestic_share, self.related,
        ).with_cargo(self.traced)  # fmt: skip

    def _follow(self, reached: set[int]) -> None:
        traced = self.traced
        fresh = np.array(sorted(reached), dtype=np.int64)
        fresh = fresh[~self.followed[fresh]]
        self.followed = self.followed.copy()
        self.followed[fresh] = True
        self.new = fresh[~traced.arrives[fresh] & traced.arrays.named_consignee[fresh]]

    def _undeclared(self) -> set[int]:
        """Trace purchases that name no chip: by their words, or by what their buyer deals in."""
        found = (
            unnamed_accelerators(self.traced, self.window),
            undeclared_purchases(self.traced, self.window, self.open_distributor),
        )
        self.certain, self.doubt = self.certain.copy(), self.doubt.copy()
        reached: set[int] = set()
        for bought, like, doubt in found:
            fresh = ~self.followed[bought] & ~self.certain[bought]
            self.traced = self.traced.with_inherited(like[fresh], bought[fresh])
            self.certain[bought[fresh]] = True
            self.doubt[bought[fresh]] = doubt[fresh]
            reached |= set(bought[fresh].tolist())
        return reached

    def _recorded(self, asked: CompanyPairs) -> set[int]:
        """Trace what companies sell of what they bought themselves."""
        inventory = self._inventory(open_distributor=self.open_distributor)
        scores = inventory.score(asked)
        # The first ones asked are all who bought chips by name.
        self.prior = self.prior or Prior(scores, self.settings.prior)
        judged = judge_recorded(inventory, asked, self.prior, scores)
        self._inherit(judged.continuations)
        # A company that is asked again has a new answer, also where that is nothing.
        self.latest = self.latest.copy()
        self.latest[asked.buyer] = len(self.answers)
        told = judged.groups["believed"].to_numpy() > 0
        sales = judged.sales[told[judged.sales["group"]]]
        found = judged.continuations
        self.answers.append(
            Judged(
                judged.groups[told],
                found.assign(buyer=asked.buyer[found["pair"]]),
                sales.assign(buyer=asked.buyer[sales["pair"]]),
            )
        )
        return set(judged.sales.loc[judged.sales["believed"], "f"].tolist())

    def _inventory(self, **how: Any) -> InventoryModel:
        return InventoryModel(self.traced, self.followed, self.window, doubt=self.doubt, **how)

    def _unrecorded(self) -> set[int]:
        """Trace what companies sell that others bought, with no record between the two."""
        return self._between_related() | self._domestic()

    def _between_related(self) -> set[int]:
        """Trace what companies sell that others bought with which they share something."""
        self.of_related = inventory, explained = self._related_inventory()
        buyers = np.unique(self.traced.arrays.consignee[inventory.followed.at])
        asked = self.related.of(buyers)
        self.between_related = judge_related(inventory, asked, explained=explained)
        self._inherit(self.between_related.continuations)
        return set(self.between_related.continuations["f"].tolist())

    def _related_inventory(self) -> tuple[InventoryModel, np.ndarray]:
        """Return inventories of companies as far as they did not sell on, and what they did.

        The second result says of each shipment whether it continues a purchase of its own sender.
        """
        stock, explained = self._in_stock([one.continuations for one in self.recorded()])
        inventory = self._inventory(stock=stock, open_distributor=self.open_distributor)
        return inventory, explained | self.starts

    def _domestic(self) -> set[int]:
        """Trace what companies sell that others in their country bought."""
        self.of_countries = inventory, candidates = self._country_inventory()
        asked = candidate_senders(self.traced, candidates)
        asked = asked.take(self.coverage[asked.buyer] > 0)
        self.domestic, self.domestic_share = judge_domestic(
            inventory, candidates, asked, self.coverage, self.related
        )
        self._inherit(self.domestic.continuations)
        return set(self.domestic.continuations["f"].tolist())

    def _in_stock(self, found: list[pd.DataFrame]) -> tuple[np.ndarray, np.ndarray]:
        """Say which purchases were not sold on by pairs of shipments, and what these explain."""
        traced = self.traced
        links = self._continuations(found)
        units = np.nan_to_num(links["units"])
        sold = np.bincount(links["e"], weights=units, minlength=len(traced))
        most = self.settings.transfers.most_sold_on
        stock = self.followed & ~traced.arrives & (sold <= most * traced.supply)
        explained = np.zeros(len(traced), dtype=bool)
        explained[links["f"].to_numpy()] = True
        return stock, explained

    @property
    def starts(self) -> np.ndarray:
        """Shipments that name a chip and go to a third country: purchases there by themselves.

        A guess where their seller had them from would only tie routes together that have nothing
        in common.
        """
        return np.asarray((self.traced.family >= 0) & ~self.traced.arrives)

    def _country_inventory(self) -> tuple[InventoryModel, np.ndarray]:
        """Return inventories of countries, and the shipments that may be what is in stock there."""
        judged = (*self.recorded(), self.between_related)
        stock, explained = self._in_stock([one.continuations for one in judged])
        # Who sells by name and under a licence hides nothing that a secret source would explain.
        open_sale = self.starts | self.traced.under_licence
        candidates = domestic_candidates(self.traced, stock) & ~explained & ~open_sale
        return self._inventory(stock=stock, by_country=True), candidates

    def _inherit(self, continuations: pd.DataFrame) -> None:
        best = likeliest_sources(continuations, ["f"])
        e, f = best["e"].to_numpy(dtype=np.int64), best["f"].to_numpy(dtype=np.int64)
        unseen = ~self.followed[f]
        self.traced = self.traced.with_inherited(e[unseen], f[unseen])

    def recorded(self) -> Iterator[Judged]:
        """Yield recorded transfers, each company's latest answer."""
        for number, judged in enumerate(self.answers):
            tables = (judged.groups, judged.continuations, judged.sales)
            yield judged.of(
                *(
                    self.latest[table["buyer"].to_numpy(dtype=np.int64)] == number
                    for table in tables
                )
            )

    def found(self) -> Iterator[Judged]:
        """Yield all transfers, recorded or not."""
        yield from (*self.recorded(), self.between_related, self.domestic)

    def transfers(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return transfers that were believed, one row each, and the sales that were weighed."""
        tables, sales = [], []
        first = 0
        for judged in self.found():
            groups, weighed = judged.groups, judged.sales
            kept = groups[(groups["buyer"] >= 0) & (groups["believed"] > 0)]
            number = pd.Series(np.arange(first, first + len(kept)), index=kept.index)
            first += len(kept)
            own = weighed[weighed["group"].isin(kept.index)] if len(weighed) else weighed
            tables.append(kept[TRANSFER_COLUMNS])
            if len(own):
                sales.append(own.assign(transfer=own["group"].map(number))[SALES_COLUMNS])
        transfers = pd.concat(tables, ignore_index=True).rename_axis("transfer")
        none = pd.DataFrame(columns=SALES_COLUMNS)
        return transfers, pd.concat(sales, ignore_index=True) if sales else none

    def continuations(self) -> pd.DataFrame:
        """Return pairs of shipments with the units that pass along each, the likeliest first."""
        return self._continuations([judged.continuations for judged in self.found()])

    def _continuations(self, tables: list[pd.DataFrame]) -> pd.DataFrame:
        if not any(len(found) for found in tables):
            names = ["e", "f", "units", "log_odds", "kind", "prior", "days", *CONTINUATION_PARTS]
            return pd.DataFrame(columns=names).astype({"e": "int64", "f": "int64"})
        traced, arrays = self.traced, self.traced.arrays
        links = pd.concat(tables, ignore_index=True)
        e, f = links["e"].to_numpy(), links["f"].to_numpy()
        found = compare(traced, e, f, self.window)
        days = (arrays.first[f] + arrays.last[f] - arrays.first[e] - arrays.last[e]) / 2
        share = links["probability"] * links["share"]
        links = links.assign(
            log_odds=logit(links["probability"].clip(1e-9, 1 - 1e-9)),
            by_share=share,
            words=np.log(found.words_over_habits),
            weight=np.log(found.weight),
            value=np.log(found.value_over_habits),
            number=np.log(found.number),
            waiting=np.log(found.waiting),
            days=np.maximum(days, 0),
        )
        links["prior"] = links["log_odds"] - links[CONTINUATION_PARTS].sum(axis=1)
        links = links.sort_values(["by_share", "e", "f"], ascending=[False, True, True])
        links = links.drop_duplicates(["e", "f"])
        best = links.groupby("f")["by_share"].transform("max")
        least = self.settings.tracer.least_share
        links = links[links["by_share"] >= least * best].reset_index(drop=True)
        e, f = links["e"].to_numpy(), links["f"].to_numpy()
        by_share = links["by_share"].to_numpy()
        links["units"] = allocate(
            traced.supply, traced.holds(e, f), e, f, by_share, self.settings.allocation
        )
        return _supplied(self.certain, links[links["units"].isna() | (links["units"] > 0)])


def _open_distributors(traced: TracedShipments) -> np.ndarray:
    """Say of each company whether it sells chips by name to many outside the destination."""
    arrays = traced.arrays
    named = (traced.family >= 0) & ~traced.arrives & arrays.named_shipper & arrays.named_consignee
    pairs = np.unique(np.stack([arrays.shipper[named], arrays.consignee[named]]), axis=1)
    customers = np.bincount(pairs[0], minlength=arrays.companies)
    return np.asarray(customers >= traced.settings.tracer.open_customers)


def _supplied(own: np.ndarray, links: pd.DataFrame) -> pd.DataFrame:
    """Continuations of a shipment that is chips by itself: others lost their source."""
    e, f = links["e"].to_numpy(), links["f"].to_numpy()
    kept = np.ones(len(links), dtype=bool)
    while True:
        supplied = own.copy()
        supplied[f[kept]] = True
        still = kept & supplied[e]
        if still.sum() == kept.sum():
            return links[kept]
        kept = still
