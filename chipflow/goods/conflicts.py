"""Texts in which the name of the goods and a part number mean different chips.

``classify`` goes by the part number, which is the maker's own. That the name beside it says another
chip is worth telling: a slip, a number taken over from another quotation, or a name that hides what
the number gives away. Neither reading is preferred here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chipflow.goods.catalogue import Catalogue, load_catalogue
from chipflow.goods.classify import classify_texts

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two readings of one text.

    Attributes
    ----------
    part
        The part number as the table prints it.
    by_part, by_name
        The chip or family that the number stands for, and the one that the rest of the text names.
    """

    part: str
    by_part: str
    by_name: str

    def sentence(self) -> str:
        """Say both readings."""
        return (
            f"The part number {self.part} stands for {self.by_part}, the words name "
            f"{self.by_name}: one of the two is wrong."
        )


def conflicts(
    descriptions: Iterable[object], *, catalogue: Catalogue | None = None
) -> list[Conflict | None]:
    """Say of each text whether a part number in it stands for another chip than its words.

    Parameters
    ----------
    descriptions
        Texts; anything else is a missing one. Distinct texts are read once.
    catalogue
        Tables to use instead of the shipped ones.

    Returns
    -------
    list of Conflict or None
        In the same order; None where number and words agree, or one of them says nothing.

    Examples
    --------
    >>> found = conflicts(["900-21010-0000-000 NVIDIA A100 80GB PCIE"])[0]
    >>> found.by_part, found.by_name
    ('H100 PCIe', 'A100')
    """
    tables = catalogue or load_catalogue()
    texts = [text if isinstance(text, str) else "" for text in descriptions]
    numbers = {_plain(part.part): part for part in tables.parts}
    longest = sorted(numbers, key=lambda number: (-len(number), number))
    written = re.compile(
        "|".join(r"[\s./+-]*".join(map(re.escape, number)) + r"[0-9A-Z.+-]*" for number in longest)
    )
    found = {}
    for text in dict.fromkeys(texts):
        match = written.search(text.upper())
        if match is not None:
            number = next(one for one in longest if _plain(match.group()).startswith(one))
            rest = f"{text[: match.start()]} , {text[match.end() :]}"
            found[text] = numbers[number], rest
    readings = classify_texts(
        [(rest, None, None, None) for _, rest in found.values()], catalogue=tables
    )
    told = {
        text: _compared(part.part, part.name, reading.chip, tables)
        for (text, (part, _)), reading in zip(found.items(), readings, strict=True)
    }
    return [told.get(text) for text in texts]


def _plain(number: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", number.upper())


def _compared(part: str, name: str, said: str | None, tables: Catalogue) -> Conflict | None:
    if said is None:
        return None
    system = next((one for one in tables.systems if one.system == name), None)
    meant = name if system is None else system.family
    chips = {chip.chip for chip in tables.variants(meant)}
    others = {chip.chip for chip in tables.variants(said)}
    if system is not None:
        # A board or server holds the family; which member, its number does not say.
        chips = {chip.chip for chip in tables.chips if chip.family == meant}
    return None if chips & others else Conflict(part, name, said)
