"""What each spelling of a name and each HS code stands for, as tables that records are joined to.

What follows from the knowledge tables alone is worked out here: an engine needs longer to be
told of a hundred cases than to join a table of them.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from chipflow.goods.text.patterns import patterns_of
from chipflow.goods.text.spellings import spellings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from chipflow.goods.catalogue.facts import Catalogue, Kind, Word

# Stand for an HS code where there is none, and where the tables say nothing of it.
NO_CODE, OTHER_CODE = "", "?"
# Stands for the place of a kind of goods in a text in whose words none is named.
NO_WORD = -1
# Whose rows weigh HS codes: for what a name means, and for what the goods are.
HS_ROLES = ("hs", "itself hs")


class Lookups(NamedTuple):
    """Arrow tables (or tables of an engine made of them), in which no value is missing.

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
    families
        ``family, prior`` (log-odds that its name means the chip), ``unmistakable, datacentre,
        family_name`` (the only chip of the family, or the family).
    headings
        What an HS code and a kind of goods in words mean together: ``heading`` (one of
        :func:`headings_of`), ``word`` (place in :func:`worded_kinds`, or ``NO_WORD``) and the
        fields of :class:`Heading`.
    """

    names: pa.Table
    parts: pa.Table
    systems: pa.Table
    boxes: pa.Table
    families: pa.Table
    headings: pa.Table


class Heading(NamedTuple):
    """What an HS code and words mean together.

    Attributes
    ----------
    word_kind
        The kind of goods that the words mean; empty without words.
    hs_score, hs_itself
        Log-odds that the code speaks for a name that means a chip, and for goods that are the chip
        and no accessory of it.
    plain, plain_named
        The kind of goods, in a text without a name and in one with a name that is no chip.
    plain_vague
        Whether words or code could cover a chip without naming it.
    open
        There is neither a code nor a word: an empty text could be anything.
    """

    word_kind: str
    hs_score: Decimal
    hs_itself: Decimal
    plain: str
    plain_named: str
    plain_vague: bool
    open: bool


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
            name if name in tables.by_chip else "",
            _family(name, tables),
            name if name in boxes else "",
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
        families=_families(tables),
        headings=_headings(tables),
    )


def worded_kinds(tables: Catalogue) -> list[Kind]:
    """Return the kinds of goods that words tell, in the order in which they are looked for."""
    return [kind for kind in tables.kinds if kind.role == "word"]


def headings_of(tables: Catalogue) -> list[str]:
    """Return what an HS code may begin with so that the tables say something of it."""
    weighed = {word.pattern for role in HS_ROLES for word in tables.words_of(role)} - {""}
    return sorted(weighed | {prefix for kind in tables.kinds for prefix in kind.hs})


def worded_headings(tables: Catalogue) -> list[str]:
    """Return with what an HS code begins under which words may say more than the code does."""
    return sorted({prefix for kind in worded_kinds(tables) for prefix in kind.hs})


def endless(pairs: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """Return the pairs whose patterns have no list of spellings and must be tried."""
    return [(pattern, name) for pattern, name in pairs if spellings(pattern) is None]


def _listed(pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    known: dict[str, str] = {}
    for pattern, name in pairs:
        for spelling in sorted(spellings(pattern) or ()):
            known.setdefault(spelling, name)
    return dict(sorted(known.items()))


def _families(tables: Catalogue) -> pa.Table:
    import pyarrow as pa

    levels = {int(word.pattern): _exact(word.log_odds) for word in tables.words_of("prior")}
    families = [(family, members[0], members) for family, members in tables.by_family.items()]
    text = pa.string()
    return pa.table(
        {
            "family": pa.array([family for family, _, _ in families], text),
            "prior": pa.array([levels[chip.ambiguous] for _, chip, _ in families]),
            "unmistakable": pa.array([not chip.ambiguous for _, chip, _ in families], pa.bool_()),
            "datacentre": pa.array([chip.datacentre for _, chip, _ in families], pa.bool_()),
            "family_name": pa.array(
                [chip.chip if len(chips) == 1 else family for family, chip, chips in families], text
            ),
        }
    )


def _exact(odds: float) -> Decimal:
    # As written and not as the nearest float: weights that stand in a query add up exactly.
    return Decimal(str(odds))


def _headings(tables: Catalogue) -> pa.Table:
    import pyarrow as pa

    kinds = [None, *worded_kinds(tables)]
    headings = [NO_CODE, OTHER_CODE, *headings_of(tables)]
    # Longer beginnings say it more closely.
    weights = [sorted(tables.words_of(role), key=lambda w: -len(w.pattern)) for role in HS_ROLES]
    begins = sorted(
        ((prefix, kind) for kind in tables.kinds if kind.role == "hs" for prefix in kind.hs),
        key=lambda pair: -len(pair[0]),
    )
    # Most codes mean the same: what they mean is written out once, and taken for each of them.
    meanings: dict[tuple[Any, ...], int] = {}
    told: list[Heading] = []
    places: list[int] = []
    for code in headings:
        odds = tuple(_odds(code, words) for words in weights)
        hs = next((kind for prefix, kind in begins if code.startswith(prefix)), None)
        fitting = tuple(_fits(code, kind) for kind in kinds)
        meaning = (code == NO_CODE, odds, hs, fitting)
        if meaning not in meanings:
            meanings[meaning] = len(told)
            told += [_together(code, odds, hs, kind) for kind in kinds]
        places += range(meanings[meaning], meanings[meaning] + len(kinds))
    meant = pa.table(
        {
            name: pa.array(values)
            for name, values in zip(Heading._fields, zip(*told, strict=True), strict=True)
        }
    ).take(pa.array(places, pa.int32()))
    words = range(NO_WORD, NO_WORD + len(kinds))
    return (
        meant.append_column("heading", pa.array([c for c in headings for _ in kinds], pa.string()))
        .append_column("word", pa.array([*words] * len(headings), pa.int32()))
        .select(["heading", "word", *Heading._fields])
    )


def _fits(code: str, word: Kind | None) -> bool:
    """Whether there are words for a kind of goods that say more than the HS code does."""
    return word is not None and (code == NO_CODE or code.startswith(word.hs))


def _odds(code: str, weights: Sequence[Word]) -> Decimal:
    """Return the weight of an HS code, by the longest of the beginnings that have one."""
    if code in (NO_CODE, OTHER_CODE):
        return Decimal()
    return _exact(next((w.log_odds for w in weights if code.startswith(w.pattern)), 0.0))


def _together(code: str, odds: Sequence[Decimal], hs: Kind | None, word: Kind | None) -> Heading:
    fits = _fits(code, word)
    by_code = hs.kind if hs else "unknown" if code == NO_CODE else "other"
    named = "other" if by_code == "unknown" else by_code
    # Words that say nothing ("goods", "spare parts") leave the kind to the HS code; a code that
    # many goods carry, in words that speak against the chip, is other goods.
    told = word.kind if word and fits and word.kind != "other" else None
    vague = word if fits else hs
    return Heading(
        word_kind=word.kind if word else "",
        hs_score=odds[0],
        hs_itself=odds[1],
        plain=told or (named if fits else by_code),
        # A name that is no chip there ("H100 PUMP") says as much as words do.
        plain_named=told or named,
        plain_vague=vague is not None and vague.vague,
        # No code and no words: an empty text could be anything.
        open=code == NO_CODE and not fits,
    )


def _family(name: str, tables: Catalogue) -> str:
    if name in tables.by_chip:
        return tables.by_chip[name].family
    return name if name in tables.by_family else ""


def _plain(number: str) -> str:
    return "".join(sign for sign in number if sign.isalnum())
