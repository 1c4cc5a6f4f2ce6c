"""HS codes as cells hold them: dots, lists, lost zeros, damage by spreadsheet programs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

NOT_HS = "not an HS code"
MORE_CODES = "more than one HS code: only the first is read"
IN_POWERS = "an HS code in powers of ten, of which a spreadsheet lost digits"
SHORT_OF_DIGIT = "an HS code that is short of a digit"
# Two digits (chapter) to twelve (national lines).
HS = r"^\d{2,12}$"
_FEWEST, _MOST = 2, 12
# The last heading of chapters 01 to 09: only these lose a zero in a column of numbers.
_LAST_HEADING = (6, 10, 9, 10, 11, 4, 14, 14, 10)
# Codes that nobody writes with so many digits: the Harmonized System has two, four and six.
_NEVER = (3, 5, 7)
_APART = re.compile(
    r"\s*(?:[;|\n&+]|\s/\s|,\s|\band\b|\bor\b|\by\b|\be\b|\bи\b|[、，；])\s*", re.IGNORECASE
)
_TIGHT = re.compile(r"[,/]")
_LEAST_IN_LIST = 4
_WORDS_BEFORE = re.compile(
    r"^(?:h\.?\s?s\.?|hts(?:us)?|ncm|taric|тн\s?вэд|hsn|tariff|ex)(?![^\W\d_])(?:\s*(?:code|no\.?|код))?\s*[:.#]?\s*",
    re.IGNORECASE,
)
_WORDS_AFTER = re.compile(r"^([\d.\s]{4,18}?)\s*[-–:]\s+[^\W\d_].*$")
_POWERS = re.compile(r"^\d(?:[.,]\d+)?e\+?\d+$", re.IGNORECASE)
_LOST_LAST_ZERO = re.compile(r"^\d{4}\.\d$")
_INSIDE = re.compile(r"[\s.\-/']")
_BLANKS = re.compile(r"\s+")
_IN_ONE = 6


def has_heading(code: str) -> bool:
    """Tell if a code of the chapters 01 to 09 begins with a heading that there is."""
    return (
        code[0] == "0"
        and code[1] != "0"
        and 1 <= int(code[2:4] or 1) <= _LAST_HEADING[int(code[1]) - 1]
    )


def read_code(text: str, lengths: Mapping[int, int]) -> tuple[str | None, str | None]:
    """Read a cell of HS codes.

    Parameters
    ----------
    text
        The cell.
    lengths
        How many codes of the column have how many digits: a code that is one digit shorter than
        others and begins like chapters 01 to 09 without their zero has lost it.

    Returns
    -------
    tuple
        The digits of the code, or None; and why the cell is not wholly read, or None. A cell
        without a letter or digit gives neither.

    Examples
    --------
    >>> read_code("8471.50;8473.30", {})
    ('847150', 'more than one HS code: only the first is read')
    >>> read_code("805100000", {10: 5})
    ('0805100000', None)
    """
    written = _in_ascii(text)
    if not any(char.isalnum() for char in written):
        return None, None
    if _POWERS.match(written):
        return None, IN_POWERS
    pieces = _pieces(_WORDS_BEFORE.sub("", written))
    # "HS CODE", as where a header stands again among the rows, is words without a code.
    read = [_digits(piece, lengths) for piece in pieces] or [(None, NOT_HS)]
    first, reason = read[0]
    if first is None:
        return None, reason
    different = {code for code, _ in read}
    return first, MORE_CODES if len(different) > 1 else None


def _in_ascii(text: str) -> str:
    """Return text with its digits, of whatever script, as those of ASCII."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.isascii():
        return plain
    return "".join(str(unicodedata.decimal(c, c)) for c in plain)


def code_lengths(text: str) -> list[int]:
    """Return the digits of each code of a cell with dots, decimals or several codes."""
    written = _in_ascii(text)
    if _POWERS.match(written):
        return []
    pieces = _pieces(_WORDS_BEFORE.sub("", written))
    sizes = [len(code) for piece in pieces if (code := _bare(piece)) is not None]
    return sizes if len(sizes) == len(pieces) else []


def _pieces(written: str) -> list[str]:
    pieces = [piece for piece in _APART.split(written.rstrip(" ,;.")) if piece.strip()]
    found: list[str] = []
    for piece in pieces:
        for pattern in (_TIGHT, _BLANKS):
            parts = [part for part in pattern.split(piece) if part]
            least = _LEAST_IN_LIST if pattern is _TIGHT else _IN_ONE
            if len(parts) > 1 and all(len(_INSIDE.sub("", part)) >= least for part in parts):
                found += parts
                break
        else:
            found.append(piece)
    return found


def _bare(piece: str) -> str | None:
    worded = _WORDS_AFTER.match(piece)
    bare = re.sub(r"\.0$", "", worded[1] if worded else piece.strip())
    if _LOST_LAST_ZERO.match(bare):
        # "8471.50" as a number.
        bare += "0"
    code = _INSIDE.sub("", bare)
    return code if code.isascii() and code.isdigit() and _FEWEST <= len(code) <= _MOST else None


def _digits(piece: str, lengths: Mapping[int, int]) -> tuple[str | None, str | None]:
    code = _bare(piece)
    return (None, NOT_HS) if code is None else whole_code(code, lengths)


def whole_code(code: str, lengths: Mapping[int, int]) -> tuple[str | None, str | None]:
    """Give a code its lost zero back; see :func:`read_code`."""
    size = len(code)
    longer = lengths.get(size + 1, 0)
    odd = size % 2 == 1
    if not odd and not (longer and longer > lengths.get(size, 0)):
        return code, None
    # Nine digits are a code of their own where no code has ten.
    alone = not any(n % 2 == 0 for n in lengths if n >= size)
    if (
        (longer or (odd and alone and size in _NEVER))
        and code[0] != "0"
        and has_heading(f"0{code}")
    ):
        return f"0{code}", None
    if not odd or (not longer and size not in _NEVER):
        return code, None
    return None, SHORT_OF_DIGIT
