"""Records that contradict themselves: name against part number, name against HS code.

``classify`` goes by the part number, which is the maker's own. That the name beside it says another
chip is worth telling: a slip, a number taken over from another quotation, or a name that hides what
the number gives away. Neither reading is preferred here. A code under which no chips go is no veto
against the name: it is wrong, or the name is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chipflow.goods.catalogue.load import Catalogue, load_catalogue
from chipflow.goods.text.classify import classify_texts

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
    if not tables.parts:
        return [None] * len(texts)
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
    if not found:
        return [None] * len(texts)
    readings = classify_texts(
        [(rest, None, None, None) for _, rest in found.values()], catalogue=tables
    )
    told = {
        text: _compared(part.part, part.name, reading.chip, tables)
        for (text, (part, _)), reading in zip(found.items(), readings, strict=True)
    }
    return [told.get(text) for text in texts]


def unusual_codes(hs_codes: Iterable[object], *, catalogue: Catalogue | None = None) -> list[bool]:
    """Say of each HS code whether chips, and what carries them, do not go under it.

    Parameters
    ----------
    hs_codes
        Codes of goods whose text names a chip; anything but a text with digits is a missing one.
    catalogue
        Tables to use instead of the shipped ones; of those without part numbers, as of a watch
        list, nothing is said.

    Examples
    --------
    >>> unusual_codes(["8473.30", "853690", None])
    [False, True, False]
    """
    tables = catalogue or load_catalogue()
    odds = {row.pattern: row.log_odds for row in tables.words_of("itself hs") if row.pattern}

    def unusual(code: object) -> bool:
        digits = re.sub("[^0-9]", "", code) if isinstance(code, str) else ""
        if not digits or not tables.parts:
            return False
        known = [beginning for beginning in odds if digits.startswith(beginning)]
        return not known or odds[max(known, key=len)] < 0

    said: dict[object, bool] = {}
    return [said.setdefault(code, unusual(code)) for code in hs_codes]


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
