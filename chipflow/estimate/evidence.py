"""Evidence of one's own beside a model: leads as a view, mirror gaps as bounds, never added.

Leads count chips in records somebody has; divided by the share of trade that the records hold
(coverage), the share of diverted chips that leads show (detection), and times the share of leads
that were diverted (accuracy), they are a view of the same chips as the model. Two views are
blended by the precision of their logarithms (a linear opinion pool; Stone 1961, doi
10.1214/aoms/1177704873): what is known less well weighs less.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from rigour.names.org_types import remove_org_types

from chipflow.estimate.distributions import Floats, random_of
from chipflow.goods.catalogue.load import load_controls

# What a lead or a gap is one hundred per cent of: the chip that others are counted in.
_UNIT_CHIP = "H100 SXM"
# Where the low, the middle and the high of an interval of 90% lie.
_AT = (0.05, 0.5, 0.95)
GAPS = ("unrecorded on arrival", "orphan import", "values differ, units agree")
_BETWEEN = re.compile(r" > | \| ")


@dataclass(frozen=True)
class LeadUnits:
    """Chips in leads.

    Attributes
    ----------
    draws
        Chips in all leads together, in the unit asked for.
    leads
        How many leads are counted.
    notes
        What was left out or counted once, in sentences.
    """

    draws: Floats
    leads: int
    notes: tuple[str, ...]


def lead_units(
    leads: pd.DataFrame, chips: dict[str, float] | None, draws: int, seed: int
) -> LeadUnits:
    """Draw how many chips the leads hold together.

    Parameters
    ----------
    leads
        As :func:`chipflow.estimate.tables.read_leads_table` returns them.
    chips
        Chip -> H100 equivalents that a model states; others are taken by total processing
        performance. None counts chips of any kind as one.
    draws, seed
        How many, and from where.

    Returns
    -------
    LeadUnits
        Leads move together inside their intervals, for their errors have common causes: the
        interval of the sum is as wide as it can be. A lead is chance alone with the
        probability that its table gives (``by_chance``).
        Of leads that share records the largest counts.
    """
    known = leads[leads["units"].notna()]
    notes = []
    if len(known) < len(leads):
        notes.append(
            f"{len(leads) - len(known):,} of {len(leads):,} leads name no number of chips: left out"
        )
    level = random_of("chips in leads", seed).random(draws)
    total = np.zeros(draws)
    counted = 0
    unknown: set[str] = set()
    groups = _sharing_records(known)
    for group in sorted(set(groups)):
        largest = np.zeros(draws)
        for place in np.flatnonzero(groups == group):
            lead = known.iloc[place]
            factor = _factor(str(lead["chips"]), chips, level, unknown)
            if factor is None:
                continue
            counted += 1
            ends = [lead["units_low"], lead["units"], lead["units_high"]]
            low, middle, high = (lead["units"] if one != one else one for one in ends)
            units = np.interp(level, _AT, np.maximum.accumulate([low, middle, high])) * factor
            by_chance = 0.0 if pd.isna(lead["by_chance"]) else lead["by_chance"]
            is_real = random_of(f"lead {lead['lead_id']}", seed).random(draws) >= by_chance
            largest = np.maximum(largest, units * is_real)
        total += largest
    if unknown:
        named = ", ".join(sorted(unknown)[:5])
        notes.append(f"leads with chips of no known performance are left out: {named}")
    if len(set(groups)) < len(known):
        shared = len(known) - len(set(groups))
        notes.append(
            f"{shared:,} of {len(known):,} leads share records with another one and are not "
            "counted beside it: the same chips would count twice"
        )
    return LeadUnits(total, counted, tuple(notes))


def naming(leads: pd.DataFrame, entity: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the leads that name a firm, and the names that were taken for it.

    Parameters
    ----------
    leads
        As :func:`chipflow.estimate.tables.read_leads_table` returns them.
    entity
        The firm. Its words, but for those of its legal form, have to stand one after another in
        the name of a company; a legal form alone names no firm.

    Returns
    -------
    tuple
        The leads, and the companies' names in them, for the reader to judge.
    """
    wanted = _words(remove_org_types(entity.casefold()))
    if not wanted:
        return leads.iloc[:0], ()

    def is_named(company: str) -> bool:
        words = _words(company)
        return any(
            wanted == words[start : start + len(wanted)]
            for start in range(len(words) - len(wanted) + 1)
        )

    found = leads["companies"].map(
        lambda companies: sorted({name for name in _BETWEEN.split(companies) if is_named(name)})
    )
    names = sorted({name for listed in found for name in listed})
    return leads[found.map(len).gt(0).astype(bool)], tuple(names)


def corridor_bounds(
    mirror: pd.DataFrame, value_per_chip: Floats, seed: int
) -> tuple[dict[str, Floats], tuple[str, ...]]:
    """Draw how many chips the gap of each corridor could hold at most.

    Parameters
    ----------
    mirror
        As :func:`chipflow.estimate.tables.read_mirror_table` returns it.
    value_per_chip
        Draws of USD a chip.
    seed
        Of the draws.

    Returns
    -------
    tuple
        Corridor (``MY > CN``) -> draws of the most that its gap holds if it were nothing but
        chips, the largest first; and notes. Reporters that are incomplete have no gap. Of codes
        that hold each other (8471 and 847150) the shorter counts. Corridors are never added:
        goods that pass two of them would count twice.
    """
    gaps = mirror[mirror["status"].isin(GAPS) & mirror["unrecorded_usd"].gt(0)]
    notes = []
    inside = _inside_another(gaps)
    if inside.any():
        notes.append(
            f"{int(inside.sum()):,} gaps of finer codes stand inside those of shorter ones and are "
            "not counted again"
        )
    gaps = gaps[~inside]
    level = random_of("gaps", seed).random(len(value_per_chip))
    found: dict[str, Floats] = {}
    for pair, rows in gaps.groupby(["exporter", "importer"], sort=True):
        value = np.zeros(len(value_per_chip))
        for low, middle, high in rows[["low", "unrecorded_usd", "high"]].to_numpy(dtype=float):
            ends = [middle if one != one else one for one in (low, middle, high)]
            value += np.interp(level, _AT, np.maximum.accumulate(ends))
        found[" > ".join(map(str, pair))] = value / value_per_chip
    size = {corridor: float(np.median(most)) for corridor, most in found.items()}
    ordered = sorted(found, key=lambda corridor: (-size[corridor], corridor))
    return {corridor: found[corridor] for corridor in ordered}, tuple(notes)


def precision_weight(view: Floats, other: Floats) -> float:
    """Return the weight of a view beside another: precisions of their logarithms."""
    here, there = (float(np.var(np.log(np.maximum(one, 1.0)))) for one in (view, other))
    return there / (here + there) if here + there > 0 else 0.5


def _factor(
    named: str, chips: dict[str, float] | None, level: Floats, unknown: set[str]
) -> Floats | float | None:
    """Return H100 equivalents a chip; evenly between the least and the most of several chips."""
    if chips is None:
        return 1.0
    performance = _performance()
    equivalents: list[float] = []
    for chip in filter(None, named.split(" | ")):
        if chip in chips:
            equivalents.append(chips[chip])
        elif chip in performance:
            equivalents += [one / performance[_UNIT_CHIP][0] for one in performance[chip]]
        else:
            unknown.add(chip)
    if not equivalents:
        if not named:
            unknown.add("no chip named")
        return None
    return min(equivalents) + level * (max(equivalents) - min(equivalents))


@cache
def _performance() -> dict[str, tuple[float, ...]]:
    """Return total processing performance by chip, and that of its members by family."""
    chips = [chip for chip in load_controls().chips if chip.tpp]
    families: dict[str, list[float]] = {}
    for chip in chips:
        families.setdefault(chip.family, []).append(float(chip.tpp or 0.0))
    members = {family: tuple(found) for family, found in families.items()}
    return {**members, **{chip.chip: (float(chip.tpp or 0.0),) for chip in chips}}


def _sharing_records(leads: pd.DataFrame) -> np.ndarray:
    """Return for each lead the number of its group: leads that share a record, or are linked so."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    records = leads["record_ids"].str.split(";").reset_index(drop=True).explode()
    records = records[records.notna() & (records != "")]
    codes, _ = pd.factorize(records)
    lead = records.index.to_numpy()
    size = len(leads) + (int(codes.max()) + 1 if len(codes) else 0)
    links = coo_array((np.ones(len(lead)), (lead, len(leads) + codes)), shape=(size, size))
    return np.asarray(connected_components(links, directed=False)[1][: len(leads)])


def _inside_another(gaps: pd.DataFrame) -> pd.Series:
    """Say which rows have a code that another row of the same corridor and period holds."""
    codes = gaps["hs"].str.replace("TOTAL", "", regex=False)
    corridor = gaps["exporter"] + ">" + gaps["importer"] + ">" + gaps["period"]
    there = set(zip(corridor, codes, strict=True))
    return pd.Series(
        [
            any((place, code[:length]) in there for length in range(len(code)))
            for place, code in zip(corridor, codes, strict=True)
        ],
        index=gaps.index,
        dtype=bool,
    )


def _words(name: str) -> list[str]:
    return re.findall(r"\w+", name.casefold())
