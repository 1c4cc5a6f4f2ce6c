"""What each spelling of a name stands for, as tables that texts are joined to."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from chipflow.goods.patterns import patterns_of
from chipflow.goods.spellings import spellings

if TYPE_CHECKING:
    import pyarrow as pa

    from chipflow.goods.facts import Catalogue


class Lookups(NamedTuple):
    """Arrow tables (or tables of an engine made of them).

    Attributes
    ----------
    names
        ``name_key, own_family``.
    parts
        ``part_key, part_name, part_chip, part_family, part_system``.
    systems
        ``system_key, system_name``.
    boxes
        ``system, system_family, system_chips, system_probability``.
    """

    names: pa.Table
    parts: pa.Table
    systems: pa.Table
    boxes: pa.Table


@lru_cache(maxsize=8)
def lookups_of(tables: Catalogue) -> Lookups:
    """List the spellings of a catalogue."""
    import pyarrow as pa

    patterns = patterns_of(tables)
    names = _listed(patterns.families)
    systems = _listed(patterns.systems)
    numbers = {_plain(part.part): part.name for part in tables.parts}
    boxes = {system.system: system for system in tables.systems}
    text = pa.string()
    parts = [
        (
            number,
            name,
            name if name in tables.by_chip else None,
            _family(name, tables),
            name if name in boxes else None,
        )
        for number, name in sorted(numbers.items())
    ]
    keys = ("part_key", "part_name", "part_chip", "part_family", "part_system")
    ordered = sorted(boxes.items())
    return Lookups(
        names=pa.table(
            {"name_key": pa.array(names, text), "own_family": pa.array(names.values(), text)}
        ),
        parts=pa.table(
            {key: pa.array([row[n] for row in parts], text) for n, key in enumerate(keys)}
        ),
        systems=pa.table(
            {"system_key": pa.array(systems, text), "system_name": pa.array(systems.values(), text)}
        ),
        boxes=pa.table(
            {
                "system": pa.array([name for name, _ in ordered], text),
                "system_family": pa.array([box.family for _, box in ordered], text),
                "system_chips": pa.array([box.chips for _, box in ordered], pa.int64()),
                "system_probability": pa.array(
                    [box.probability for _, box in ordered], pa.float64()
                ),
            }
        ),
    )


def endless(pairs: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """Return the pairs whose patterns have no list of spellings and must be tried."""
    return [(pattern, name) for pattern, name in pairs if spellings(pattern) is None]


def _listed(pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    known: dict[str, str] = {}
    for pattern, name in pairs:
        for spelling in sorted(spellings(pattern) or ()):
            known.setdefault(spelling, name)
    return dict(sorted(known.items()))


def _family(name: str, tables: Catalogue) -> str | None:
    if name in tables.by_chip:
        return tables.by_chip[name].family
    return name if name in tables.by_family else None


def _plain(number: str) -> str:
    return "".join(sign for sign in number if sign.isalnum())
