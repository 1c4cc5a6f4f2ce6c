"""One shipment that two customs offices saw: its export and its import declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from chipflow.engine import fetch
from chipflow.records.schema import CONTENT_COLUMNS

if TYPE_CHECKING:
    import ibis.expr.types as ir

# Longest time between the two declarations: sea freight round Africa with one transshipment and
# a wait for clearance takes about two months.
LONGEST_VOYAGE_DAYS = 60
# Numbers of which at least two must stand on both declarations and be equal.
_NUMBERS = ("quantity", "weight_kg", "value_usd")
_LEAST_EQUAL = 2
# The two of them that both offices count alike; values differ by freight and insurance.
_MUST_AGREE = ("quantity", "weight_kg")
# Significant digits that the equal numbers have in all. The same two companies may send each
# other the same goods again; that a number of d digits is then equal by chance happens about
# once in 10^d. "100 pieces, 50 kg" (two digits) says little, "64 pieces, 108.8 kg" (six) enough.
LEAST_DIGITS = 4
# Between the words of a company's name: blanks, and ASCII punctuation, which one office writes
# and the other leaves out. Ranges, since engines name such classes differently.
_BETWEEN_WORDS = r"[\s!-/:-@\[-`{-~]+"
_HS_DIGITS = 6
_PLACE = ("sheet", "row", "content", "k")


def seen_from_both(kept: ir.Table, reporters: dict[int, str | None]) -> pd.DataFrame:
    """Find pairs of an export and an import declaration of the same shipment.

    Parameters
    ----------
    kept
        Records with the columns of :func:`chipflow.records.cleaning.clean.clean`, ``content`` and
        ``k``.
    reporters
        Sheet number -> country whose customs wrote it, if known.

    Returns
    -------
    pandas.DataFrame
        ``content``, ``k`` of the record that is given up and ``to_content``, ``to_k`` of the
        one that stays: the one that says more, the export if both say as much.

    Notes
    -----
    Two declarations are of one shipment if they come from sheets of opposite directions and not
    from the same country's customs; shipper and consignee are the same but for case, blanks and
    punctuation, and the goods by six digits of the HS code; the import is not before the export
    and at most :data:`LONGEST_VOYAGE_DAYS` after it, both known to the day; quantity and weight
    do not differ where both say them, and at least two of quantity, weight and value are equal,
    with :data:`LEAST_DIGITS` significant digits together. Each belongs to one pair at most: the
    earliest export to the earliest import.
    """
    pairs = fetch(_candidates(kept))
    stated = pairs["e_sheet"].map(reporters), pairs["i_sheet"].map(reporters)
    same_office = (stated[0] == stated[1]) & stated[0].notna()
    enough = sum((_digits(pairs[f"same_{name}"]) for name in _NUMBERS), start=0) >= LEAST_DIGITS
    matched = _one_to_one(pairs[~same_office & enough])
    import_stays = matched["i_filled"] > matched["e_filled"]
    given_up = {name: matched[f"e_{name}"].where(import_stays, matched[f"i_{name}"]) for name in
                ("content", "k")}  # fmt: skip
    stays = {f"to_{name}": matched[f"i_{name}"].where(import_stays, matched[f"e_{name}"]) for name
             in ("content", "k")}  # fmt: skip
    return pd.DataFrame({**given_up, **stays})


def _candidates(kept: ir.Table) -> ir.Table:
    """Join exports to the imports that they may be, with the numbers that are equal."""
    import ibis

    usable = kept.filter(
        kept.way.notnull()
        & kept.shipper.notnull()
        & kept.consignee.notnull()
        & (kept.hs_code.length() >= _HS_DIGITS)
        & (kept.date_precision == "day")
    )
    filled = sum((usable[name].notnull().cast("int64") for name in CONTENT_COLUMNS), start=0)
    usable = usable.select(
        *_PLACE,
        "way",
        "date",
        *_NUMBERS,
        from_whom=_plain(usable.shipper),
        to_whom=_plain(usable.consignee),
        goods=usable.hs_code.left(_HS_DIGITS),
        filled=filled,
    )
    usable = usable.filter((usable.from_whom != "") & (usable.to_whom != ""))

    def side(way: str, letter: str) -> Any:
        part = usable.filter(usable.way == way).drop("way")
        return part.rename(lambda name: f"{letter}_{name}")

    exports, imports = side("export", "e"), side("import", "i")
    joined = exports.inner_join(
        imports,
        [
            exports.e_from_whom == imports.i_from_whom,
            exports.e_to_whom == imports.i_to_whom,
            exports.e_goods == imports.i_goods,
        ],
    )
    days = joined.i_date.delta(joined.e_date, unit="day")
    equal = {name: (joined[f"e_{name}"] == joined[f"i_{name}"]) for name in _NUMBERS}
    how_many = sum((equal[name].fill_null(False).cast("int64") for name in _NUMBERS), start=0)
    agree = joined.e_sheet != joined.i_sheet
    for name in _MUST_AGREE:
        agree &= equal[name].fill_null(True)
    joined = joined.filter(
        agree & days.between(0, LONGEST_VOYAGE_DAYS) & (how_many >= _LEAST_EQUAL)
    )
    said = {
        f"same_{name}": ibis.ifelse(
            joined[f"e_{name}"] == joined[f"i_{name}"],
            joined[f"e_{name}"].cast("string"),
            ibis.null("string"),
        )
        for name in _NUMBERS
    }
    places = [f"{letter}_{name}" for letter in "ei" for name in (*_PLACE, "date", "filled")]
    return joined.select(*places, **said)


def _plain(name: ir.StringValue) -> ir.StringValue:
    return name.upper().re_replace(_BETWEEN_WORDS, " ").strip()


def _digits(numbers: pd.Series) -> pd.Series:
    """Return how many significant digits numbers have as text; none where one is missing."""
    text = numbers.astype("str").str.replace(r"[eE].*$|\D", "", regex=True).str.strip("0")
    return text.str.len().fillna(0).astype("int64")


def _one_to_one(pairs: pd.DataFrame) -> pd.DataFrame:
    """Choose pairs so that each declaration stands in one at most, the earliest first.

    In rounds: a pair whose both sides have no better one is chosen, and the others of both
    sides are dropped, until none is left. Declarations that are alike in everything, even the
    day, are numbered, so that the first of them meets the first and all meet in one round.
    """
    names = ["e_date", "i_date", "apart", "e_content", "e_k", "i_content", "i_k"]
    pairs = pairs.assign(
        export=_codes(pairs, "e"), **{"import": _codes(pairs, "i")}, apart=_apart(pairs)
    )
    left = pairs.sort_values(names, kind="stable")
    chosen = []
    while len(left):
        first = ~left.duplicated("export") & ~left.duplicated("import")
        best = left[first]
        chosen.append(best)
        left = left[~left["export"].isin(best["export"]) & ~left["import"].isin(best["import"])]
    return pd.concat(chosen) if chosen else pairs


def _codes(pairs: pd.DataFrame, letter: str) -> pd.Series:
    """Number the declarations of one side in the order of day and content."""
    names = [f"{letter}_date", f"{letter}_content", f"{letter}_k"]
    return pairs.groupby(names, sort=True).ngroup()


def _apart(pairs: pd.DataFrame) -> pd.Series:
    """Return how far apart the numbers of both stand among those that share their pairs."""
    turn = {}
    for letter, other in (("e", "i"), ("i", "e")):
        within = [f"{other}_content", f"{other}_k", f"{letter}_date"]
        own = _codes(pairs, letter)
        turn[letter] = own.groupby([pairs[name] for name in within]).rank("dense")
    return (turn["e"] - turn["i"]).abs()
