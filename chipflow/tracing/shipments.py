"""Shipments as tracing sees them: what is recorded, what is usual, what is inside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.goods.catalogue.load import load_catalogue
from chipflow.goods.controls.status import never_controlled
from chipflow.goods.text.accelerators import says_accelerator
from chipflow.goods.text.licences import quotes_licence
from chipflow.network.arrays import (
    Floats,
    Ints,
    ShipmentArrays,
    arrival_country,
    codes,
    in_order,
    positive,
)
from chipflow.settings import MAD_TO_SD, Settings
from chipflow.tracing.background import Background, normal
from chipflow.tracing.cargo import (
    Cargo,
    catalogue_kg,
    catalogue_usd,
    families_of,
    kg_of_singles,
    of_family,
    taken_out,
    under_false_name,
)

if TYPE_CHECKING:
    from chipflow.goods.catalogue.load import Catalogue


@dataclass(frozen=True)
class TracedShipments:
    """Shipments that may be traced to a destination, one entry a shipment.

    Nothing in it changes: what tracing infers about cargo is another of these
    (:meth:`with_inherited`).

    Attributes
    ----------
    arrays
        What the records state.
    background
        How common that is among shipments taken by chance.
    cargo
        What is inside, as stated or inferred.
    families
        Families of the chips that are traced, by code.
    family
        Code of the chip's family that the text names; -1: none that a rule could cover.
    names_chip
        Whether the text names a chip, traced or not, that the goods may be.
    says_accelerator
        Whether the text says that it is accelerators and names none.
    arrival
        Country of the destination where it arrives; None elsewhere.
    under_licence
        Whether it arrives at the destination, names a chip and quotes a licence.
    settings
        The numbers of the method.
    catalogue
        Tables of chips and rules.
    """

    arrays: ShipmentArrays
    background: Background
    cargo: Cargo
    families: np.ndarray
    family: Ints
    names_chip: np.ndarray
    says_accelerator: np.ndarray
    arrival: np.ndarray
    under_licence: np.ndarray
    settings: Settings
    catalogue: Catalogue

    def __len__(self) -> int:
        return len(self.arrays)

    @classmethod
    def of(
        cls,
        shipments: pd.DataFrame,
        destination: tuple[str, ...],
        settings: Settings | None = None,
        catalogue: Catalogue | None = None,
    ) -> TracedShipments:
        """Arrange shipments for tracing.

        Parameters
        ----------
        shipments
            :attr:`chipflow.Network.shipments`.
        destination
            ISO 3166 alpha-2 codes.
        settings
            The numbers of the method.
        catalogue
            Tables of chips and rules to use instead of the shipped ones.
        """
        settings = settings or Settings()
        catalogue = catalogue or load_catalogue()
        table = in_order(shipments)
        arrays = ShipmentArrays.of(table)
        units, per_item = positive(table["units"]), _numbers(table["chips_per_item"])
        # A card that no rule covers is not traced, and under such a name stronger ones hide.
        weak = set(table["chip"].dropna().unique()) - catalogue.near_limit
        weak = never_controlled(weak, destination, catalogue)
        chip = table["chip"].mask(table["chip"].isin(weak))
        kg_each, usd_each = arrays.weight / units, arrays.value / units
        false_name = under_false_name(
            table["chip"], weak, kg_each, usd_each, arrays.years, catalogue, settings.cargo
        )
        names_chip = table["chip"].notna().to_numpy() & ~false_name
        named_family = chip.map(families_of(chip.dropna().unique(), catalogue))
        families = np.array(sorted(named_family.dropna().unique()), dtype=object)
        family = codes(named_family, list(families))
        asked = catalogue_usd(families, family, arrays.years, catalogue)
        # Boards and servers weigh more for each chip than cards do.
        built = 2 * arrays.kind + (per_item > 1)
        arrival = arrival_country(table, destination)
        under_licence = arrival.notna().to_numpy() & (family >= 0)
        named = np.flatnonzero(under_licence)
        under_licence[named] = quotes_licence(table["description"].iloc[named])
        says = (family < 0) & arrays.vague
        vaguely = np.flatnonzero(says)
        code, texts = pd.factorize(table["description"].iloc[vaguely])
        says[vaguely] = np.append(says_accelerator(texts), False)[code]
        return cls(
            arrays=arrays,
            background=Background.of(
                arrays,
                hs_code=table["hs_code"],
                description=table["description"],
                family=family,
                families=len(families),
                names_chip=names_chip,
                settings=settings.background,
            ),
            cargo=Cargo(
                carried=family,
                chip=chip.fillna("").to_numpy(dtype=object),
                per_item=per_item,
                units=units,
                kg_unit=of_family(
                    np.log(kg_each), family, built, catalogue_kg(families, family, catalogue)
                ),
                usd_unit=of_family(np.log(usd_each), family, built, asked),
                kg_single=kg_of_singles(chip, np.log(kg_each), per_item, catalogue, settings.cargo),
            ),
            families=families,
            family=family,
            names_chip=names_chip,
            says_accelerator=says,
            arrival=arrival.astype(object).where(arrival.notna(), None).to_numpy(dtype=object),
            under_licence=under_licence,
            settings=settings,
            catalogue=catalogue,
        )

    @cached_property
    def arrives(self) -> np.ndarray:
        """Whether each shipment arrives at the destination."""
        return np.asarray(pd.notna(self.arrival), dtype=bool)

    @cached_property
    def supply(self) -> Floats:
        """Chips that each shipment can pass on: as stated, else by weight, else by value.

        Infinite where nothing tells: there is no limit to state then.
        """
        arrays, cargo = self.arrays, self.cargo
        by_weight = arrays.weight / np.exp(cargo.kg_unit)
        by_value = arrays.value / np.exp(cargo.usd_unit)
        best = np.where(np.isfinite(cargo.units), cargo.units, np.maximum(np.round(by_weight), 1))
        best = np.where(np.isfinite(best), best, np.maximum(np.round(by_value), 1))
        return np.where(np.isfinite(best), best, np.inf)

    @cached_property
    def lots_of_chips(self) -> LotsOfChips:
        """How many chips lots hold, and what they weigh, of those that name them."""
        return LotsOfChips(self)

    def like(self, name: str, at: Ints) -> Floats:
        """Return ``kg``, ``usd`` or ``usd_kg``, or what the chips inside make likely instead."""
        cargo = self.cargo
        own = getattr(self.arrays, name)[at]
        if name == "usd_kg":
            usual = cargo.usd_unit[at] - cargo.kg_unit[at]
        else:
            per_item = np.log(np.where(np.isfinite(cargo.per_item[at]), cargo.per_item[at], 1.0))
            usual = (cargo.kg_unit if name == "kg" else cargo.usd_unit)[at] + per_item
        return np.asarray(np.where(np.isfinite(own), own, usual))

    def with_inherited(self, source: Ints, sink: Ints) -> TracedShipments:
        """Give shipments that name no chip what the shipments carry that they continue.

        Parameters
        ----------
        source, sink
            Positions of the earlier and the later shipment of each pair.
        """
        unnamed = self.family[sink] < 0
        source, sink = source[unnamed], sink[unnamed]
        old = self.cargo
        carried, chip = old.carried.copy(), old.chip.copy()
        carried[sink], chip[sink] = carried[source], chip[source]
        singly = self.singly(source, sink)

        def filled(own: Floats, inherited: Floats) -> Floats:
            values = own.copy()
            values[sink] = np.where(np.isfinite(values[sink]), values[sink], inherited)
            return values

        inherited = replace(
            self,
            cargo=replace(
                old,
                carried=carried,
                chip=chip,
                per_item=filled(old.per_item, np.where(singly, 1.0, old.per_item[source])),
                kg_unit=filled(
                    old.kg_unit, np.where(singly, old.kg_single[source], old.kg_unit[source])
                ),
                usd_unit=filled(old.usd_unit, old.usd_unit[source]),
                kg_single=filled(old.kg_single, old.kg_single[source]),
            ),
        )
        counted = inherited.holds(source, sink)
        units = filled(old.units, np.where(np.isfinite(counted), counted, np.nan))
        return replace(inherited, cargo=replace(inherited.cargo, units=units))

    def singly(self, source: Ints, sink: Ints) -> np.ndarray:
        """Whether chips that are built into what is in ``source`` would be single in ``sink``."""
        cargo = self.cargo
        found = cargo.per_item[source] > 1
        at = np.flatnonzero(found)
        source, sink = source[at], sink[at]
        found[at] = taken_out(
            self.arrays.kg[sink],
            cargo.per_item[sink],
            self.like("kg", source),
            np.log(cargo.per_item[source]),
            cargo.kg_single[source],
            named=self.family[sink] >= 0,
        )
        return np.asarray(found)

    def other_forms(self, at: Ints) -> tuple[Floats, Floats]:
        """Weights of the other forms that hold as many of the same chips as a piece does.

        A server holds a board with its chips; who takes it out sells as many boards as it bought
        servers.

        Returns
        -------
        tuple of numpy.ndarray
            Logs of the least and the most kg a piece; missing where the tables hold no such form.
        """
        low, high = np.full(len(at), np.nan), np.full(len(at), np.nan)
        built = np.flatnonzero(self.cargo.per_item[at] > 1)
        carried, chips = self.cargo.carried[at[built]], self.cargo.per_item[at[built]]
        kg = self.like("kg", at[built])
        own_low, own_high = np.full(len(built), np.nan), np.full(len(built), np.nan)
        for code, number, least, most in self._boards_and_servers:
            other = (carried == code) & (chips == number) & ((kg < least) | (kg > most))
            own_low[other] = np.fmin(own_low[other], least)
            own_high[other] = np.fmax(own_high[other], most)
        low[built], high[built] = own_low, own_high
        return low, high

    @cached_property
    def _boards_and_servers(self) -> list[tuple[int, int, float, float]]:
        """Forms with several chips: code of the family, chips in a piece, logs of its kg."""
        code = {str(family): number for number, family in enumerate(self.families)}
        named = families_of({form.of for form in self.catalogue.forms}, self.catalogue)
        return [
            (code[named[form.of]], form.chips, *np.log((form.kg[0], form.packed[1])).tolist())
            for form in self.catalogue.forms
            if form.chips > 1 and named[form.of] in code
        ]

    def rebuilt(self, source: Ints, sink: Ints) -> np.ndarray:
        """Whether ``sink`` weighs like another form with as many chips as ``source`` holds."""
        low, high = self.other_forms(source)
        kg = self.arrays.kg[sink]
        apart = abs(kg - self.like("kg", source)) > np.log(self.settings.evidence.far_apart)
        return np.asarray(apart & (kg >= low) & (kg <= high))

    def in_piece(self, source: Ints, sink: Ints) -> Floats:
        """Chips in a piece of ``sink`` if it is what ``source`` became."""
        return np.asarray(np.where(self.singly(source, sink), 1.0, self.cargo.per_item[source]))

    def holds(self, source: Ints, sink: Ints) -> Floats:
        """Chips of the kind in ``source`` that ``sink`` can hold; infinite where nothing tells."""
        arrays, cargo = self.arrays, self.cargo
        singly = self.singly(source, sink)
        kg_unit = np.where(singly, cargo.kg_single[source], cargo.kg_unit[source])
        by_text = cargo.units[sink]
        by_pieces = arrays.items[sink] * np.where(singly, 1.0, cargo.per_item[source])
        by_weight = np.maximum(np.round(arrays.weight[sink] / np.exp(kg_unit)), 1)
        by_value = np.maximum(np.round(arrays.value[sink] / np.exp(cargo.usd_unit[source])), 1)
        best = np.where(np.isfinite(by_text), by_text, by_pieces)
        best = np.where(np.isfinite(best), best, by_weight)
        best = np.where(np.isfinite(best), best, by_value)
        return np.where(np.isfinite(best) & (best > 0), best, np.inf)


class LotsOfChips:
    """How common numbers of pieces and whole weights are among the lots of each chip.

    Where everybody buys the same sixteen servers, that one company bought sixteen says little.
    """

    def __init__(self, traced: TracedShipments) -> None:
        self.traced = traced
        family, units = traced.family, traced.cargo.units
        lots = pd.DataFrame({"family": family, "units": units, "total": traced.arrays.weight})
        named = lots[lots["family"] >= 0]
        counted = named.dropna(subset="units")
        self.of_number = counted.round({"units": 0}).groupby(["family", "units"]).size()
        self.counted = counted.groupby("family").size()
        logs = np.log(named["total"])
        by_family = logs.groupby(named["family"])
        self.weighed, self.middle = by_family.count(), by_family.median()
        apart = (logs - by_family.transform("median")).abs().groupby(named["family"])
        spread = MAD_TO_SD * apart.median()
        self.spread = spread.clip(lower=traced.settings.background.least_spread)

    def chances(self, e: Ints, f: Ints) -> tuple[Floats, Floats]:
        """Share of lots with as many chips as each later shipment, and density of its weight.

        Of the chip that the earlier shipment carries, without this one; drawn to what is usual
        among all shipments as far as few lots of the chip are known.

        Parameters
        ----------
        e, f
            Positions of the earlier and the later shipment of each pair.
        """
        traced, prior = self.traced, self.traced.settings.background.prior_shipments
        family, sold = traced.cargo.carried[e], np.round(traced.holds(e, f))
        number = self.of_number.reindex(pd.MultiIndex.from_arrays([family, sold])).to_numpy()
        itself = np.round(traced.cargo.units[e]) == sold
        others = np.maximum(np.nan_to_num(number) - itself, 0)
        all_lots = np.nan_to_num(self.counted.reindex(family).to_numpy())
        by_number = (others + prior * traced.background.number_share[f]) / (
            np.maximum(all_lots - itself, 0) + prior
        )
        weighed = np.nan_to_num(self.weighed.reindex(family).to_numpy())
        middle, spread = (one.reindex(family).to_numpy() for one in (self.middle, self.spread))
        of_chip = np.nan_to_num(normal(np.log(traced.arrays.weight[f]) - middle, spread))
        anything = 1 / traced.background.inverse_density["total"][f]
        return by_number, (weighed * of_chip + prior * anything) / (weighed + prior)


def _numbers(values: pd.Series) -> Floats:
    return values.to_numpy(dtype=float, na_value=np.nan)
