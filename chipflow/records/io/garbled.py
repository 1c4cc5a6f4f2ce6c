"""Letters that a program before us read in the wrong encoding, and those that are lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

# Bytes of UTF-8 read as Windows-1252 or ISO 8859-1: two or more characters for one.
_HIGH = (
    r"[\x{0080}-\x{00bf}\x{0152}\x{0153}\x{0160}\x{0161}\x{0178}\x{017d}\x{017e}\x{0192}"
    r"\x{02c6}\x{02dc}\x{2013}-\x{203a}\x{20ac}\x{2122}]"
)
GARBLED = (
    rf"\x{{fffd}}|\x{{00c3}}{_HIGH}|(?:[\x{{00d0}}\x{{00d1}}]{_HIGH}){{2}}|\x{{00e2}}\x{{20ac}}"
)
# Any letter that begins a character of UTF-8 read as Windows-1252 or a sister of it, before one
# that goes on with it: what is shown to ftfy, which decides.
_SUSPECT = rf"[\x{{00c2}}-\x{{00f4}}\x{{0102}}\x{{0103}}\x{{0139}}\x{{013a}}]{_HIGH}"


def names_turned_back(names: list[str]) -> list[str]:
    """Undo for names of columns what :func:`turned_back` undoes for cells."""
    if all(name.isascii() for name in names):
        return names
    from ftfy import fix_encoding

    return [fix_encoding(name) for name in names]


def turned_back(column: Any) -> tuple[Any, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Undo that text in UTF-8 was read once too often.

    Parameters
    ----------
    column
        Arrow column of text.

    Returns
    -------
    tuple
        The column, the positions of cells that were turned back, and of cells in which a
        letter stays garbled.

    Notes
    -----
    ``ftfy.fix_encoding`` (Speer 2019) changes only what is far likelier to be a wrong reading
    than text; nothing else of ftfy is used.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    nowhere: npt.NDArray[np.int64] = np.empty(0, np.int64)
    marks = pc.match_substring_regex(column, rf"{_SUSPECT}|{GARBLED}")
    places = np.flatnonzero(np.asarray(pc.fill_null(marks, False)))
    if not len(places):
        return column, nowhere, nowhere
    from ftfy import fix_encoding

    texts = column.take(pa.array(places)).to_pylist()
    new = {text: fix_encoding(text) for text in set(texts)}
    changed = np.array([new[text] != text for text in texts], dtype=bool)
    if changed.any():
        mask = np.zeros(len(column), dtype=bool)
        mask[places[changed]] = True
        fixed = [new[text] for text in texts if new[text] != text]
        whole = column.combine_chunks() if hasattr(column, "combine_chunks") else column
        column = pa.chunked_array(
            [pc.replace_with_mask(whole, pa.array(mask), pa.array(fixed, pa.string()))]
        )
    left = pc.match_substring_regex(pa.array([new[text] for text in texts]), GARBLED)
    return column, places[changed], places[np.asarray(left)]
