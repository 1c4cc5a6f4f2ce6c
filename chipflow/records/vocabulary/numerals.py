"""Digits of all scripts as 0 to 9, and Chinese numerals."""

from __future__ import annotations

import csv
import re
import sys
import unicodedata
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

# Signs within numbers that are written otherwise beside other digits.
_SIGNS = {
    "٫": ".", "٬": ",", "،": ",", "，": ",", "．": ".", "。": ".", "：": ":", "／": "/", "－": "-",
    "−": "-", "‐": "-", "‑": "-", "（": "(", "）": ")", "％": "%", "٪": "%", "\u2019": "'",
    "\u02bc": "'", "\uff07": "'", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " ",
    "\u3000": " ", "～": "~", "〜": "~", "∼": "~",
}  # fmt: skip


@cache
def _plain() -> tuple[str, str]:
    table = dict(_SIGNS)
    for point in range(0x80, sys.maxunicode + 1):
        char = chr(point)
        digit = unicodedata.decimal(char, None)
        if digit is not None:
            table[char] = str(digit)
    return "".join(table), "".join(table.values())


def in_digits(text: ir.StringValue) -> ir.StringValue:
    """Write the digits of any script, and the signs beside them, in ASCII."""
    return text.translate(*_plain())


@cache
def number_words(kind: str) -> dict[str, float]:
    """Return words for numbers in any language, case-folded, with the number of each.

    Parameters
    ----------
    kind
        ``everywhere`` (``Mio``), ``of_money`` (``M``, which is metres or months elsewhere) or
        ``of_pieces`` (pairs and dozens, with the codes of UN/ECE Recommendation 20).

    Examples
    --------
    >>> number_words("of_pieces")["dzn"], number_words("everywhere")["lakh"]
    (12.0, 100000.0)
    """
    text = files("chipflow.records").joinpath("tables/number_words.csv").read_text("utf-8")
    return {
        word.casefold(): float(row["times"])
        for row in csv.DictReader(text.splitlines())
        for word in row[kind].split(";")
        if word
    }


# The figures, and those that banks write so that they cannot be changed.
_FIGURES = {
    **{char: n for n, char in enumerate("〇一二三四五六七八九")},
    **{char: n for n, char in enumerate("零壹贰叁肆伍陆柒捌玖")},
    "貳": 2, "參": 3, "陸": 6, "两": 2, "兩": 2, "俩": 2,
}  # fmt: skip
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
NUMERAL = re.compile(f"[{''.join([*_FIGURES, *_TENS, *_MYRIADS])}]+")


def chinese_number(text: str) -> int | None:
    """Return the value of a Chinese numeral, or None for what is none.

    Examples
    --------
    >>> chinese_number("三百二十"), chinese_number("两万五千"), chinese_number("二〇二四")
    (320, 25000, 2024)
    """
    if not NUMERAL.fullmatch(text):
        return None
    if all(char in _FIGURES for char in text):
        return int("".join(str(_FIGURES[char]) for char in text))
    whole = part = figure = 0
    for char in text:
        if char in _FIGURES:
            if figure:
                return None
            figure = _FIGURES[char]
        elif char in _TENS:
            part += (figure or 1) * _TENS[char]
            figure = 0
        elif not (whole or part or figure):
            # "万" alone counts what stands elsewhere.
            return None
        else:
            whole = (whole + part + figure) * _MYRIADS[char]
            part = figure = 0
    return whole + part + figure
