"""The sentence on a record whose price and weight are those of a chip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chipflow.goods.lots import STATES, alike, strongest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chipflow.goods.lots import Tests, Watched

WORDS = {
    "computer_parts": "computer parts",
    "computer": "computers",
    "server": "servers",
    "consumer_card": "graphics cards",
    "accelerator": "accelerators",
    "integrated_circuit": "integrated circuits",
    "telecom": "telecom equipment",
    "electronics": "electronics",
    "other": "other goods",
    "unknown": "goods of no stated kind",
}


# What to say of the tests that could not be made, in the order of STATES.
NOT_MADE = (
    "",
    "no weight: kilograms and value per kilogram could not be tested",
    "no value in dollars: value per unit and per kilogram could not be tested",
    "no count of pieces: only value per kilogram was tested",
)


def sentences(
    shipments: pd.DataFrame,
    tests: Tests,
    told: NDArray[np.bool_],
    best: NDArray[np.int64],
    watched: Sequence[Watched],
) -> pd.Series:
    """Write the sentence of each record that is worth one.

    Parameters
    ----------
    shipments
        The records, with ``_kind`` (of the goods declared), ``_named`` (a chip is), ``_tested``
        (the records hold clean goods to compare with) and ``_few`` (few of them are of this kind).
    tests
        What could be computed for each.
    told
        Which get a sentence.
    best
        Place in ``watched`` of the chip that fits best.
    watched
        The chips.

    Returns
    -------
    pandas.Series
        Text on the index of ``shipments``, missing where not told.
    """
    text = pd.Series(pd.NA, index=shipments.index, dtype="str")
    state = strongest(tests)
    groups = pd.DataFrame({"kind": shipments["_kind"].to_numpy(), "state": state, "best": best})
    unnamed = ~shipments["_named"].to_numpy(bool)
    for rows in groups[told].groupby(["kind", "state", "best"]).groups.values():
        some = rows.to_numpy()
        kind, how, place = groups.iloc[int(some[0])]
        same = unnamed & (groups["kind"] == kind).to_numpy() & (state == how)
        chip, lots = watched[place], shipments.iloc[some]
        doing = float(alike(tests.of(same), chip).mean())
        start = _start(lots, str(kind), tests.at(some), STATES[how])
        compared = _compared(lots, int(same.sum()), doing, chip)
        text.iloc[some] = (start + compared + _notes(lots, NOT_MADE[how], chip, STATES[how])).array
    return text


def _start(some: pd.DataFrame, kind: str, tests: Tests, state: str) -> pd.Series:
    declared = WORDS.get(kind, kind.replace("_", " "))
    index = some.index
    usd = pd.Series(_dollars(np.exp(tests.usd)), index=index, dtype="str")
    kg = pd.Series(_kilograms(np.exp(tests.kg)), index=index, dtype="str")
    if state == "usd_kg":
        per = pd.Series(_dollars(np.exp(tests.usd_kg)), index=index, dtype="str")
        return f"A lot declared as {declared} costs " + per + " USD a kilogram"
    items = pd.Series(_plain(some["items"].to_numpy(float)), index=index, dtype="str")
    pieces = items + " pieces declared as " + declared
    if state == "usd":
        return pieces + " cost " + usd + " USD each"
    if state == "kg":
        return pieces + " weigh " + kg + " kg each"
    return pieces + " weigh " + kg + " kg and cost " + usd + " USD each"


def _compared(lots: pd.DataFrame, size: int, doing: float, chip: Watched) -> NDArray[Any]:
    usual = f"; of {size:,} such declarations {_percent(doing)} do; {chip.chip} cards do"
    none = "; the records hold no clean goods "
    alone = (
        f"; {chip.chip} cards do{none}of this kind to compare with, so the test could not be made"
    )
    few = f"; {chip.chip} cards do{none}of this kind in number, so goods of all kinds were compared"
    tested, rare = lots["_tested"].to_numpy(bool), lots["_few"].to_numpy(bool)
    return np.select([~tested, rare], [alone, few], usual).astype(object)


def _notes(some: pd.DataFrame, missing: str, chip: Watched, state: str) -> pd.Series:
    used = {"both": ("price", "weight"), "usd": ("price",), "kg": ("weight",)}
    guessed = [word for word in chip.estimated if word in used.get(state, ("price", "weight"))]
    notes = [missing] if missing else []
    if guessed:
        verb = "are estimates" if len(guessed) > 1 else "is an estimate"
        notes.append(f"the {' and the '.join(guessed)} of the {chip.chip} {verb}")
    fixed = "".join(f"; {note}" for note in notes)
    text = pd.Series(fixed, index=some.index, dtype="str")
    if "usd_note" in some:
        note = some["usd_note"].astype("str")
        text = text + ("; " + note).fillna("")
    return text


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "fewer than 0.1%"


def _rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round to two digits that count."""
    power = 10.0 ** (np.floor(np.log10(values)) - 1)
    result: NDArray[np.float64] = np.round(values / power) * power
    return result


def _plain(values: NDArray[np.float64]) -> list[str]:
    return [f"{value:,.0f}" for value in values]


def _dollars(values: NDArray[np.float64]) -> list[str]:
    return [f"{value:,.0f}" if value >= 10 else f"{value:.2g}" for value in _rounded(values)]


def _kilograms(values: NDArray[np.float64]) -> list[str]:
    return [f"{value:.2g}" if value < 10 else f"{value:,.0f}" for value in values]
