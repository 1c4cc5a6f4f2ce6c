"""Columns in fewer characters: what repeats is written once.

A page holds its tables as columns. A column with one value throughout becomes ``{"all": value,
"times": length}``, one with few values ``{"of": values, "at": places}``; ``dom.js`` unpacks both.
"""

from __future__ import annotations

from typing import Any

# A column is packed where its values repeat at least so often on average.
REPEATS = 3.0


def packed(columns: dict[str, list[Any]]) -> dict[str, Any]:
    """Return a table with its repetitive columns packed.

    Parameters
    ----------
    columns
        Equally long lists of numbers, texts, booleans and None.

    Returns
    -------
    dict
        The same names; every column as it is or packed.

    Examples
    --------
    >>> packed({"a": [7, 7], "b": [1, 2]})
    {'a': {'all': 7, 'times': 2}, 'b': [1, 2]}
    """
    return {name: _packed(values) for name, values in columns.items()}


def _packed(values: list[Any]) -> Any:
    # True equals 1 in Python and is another thing in a page.
    places: dict[tuple[type, Any], int] = {}
    at = [places.setdefault((type(value), value), len(places)) for value in values]
    if len(values) > 1 and len(places) == 1:
        return {"all": values[0], "times": len(values)}
    if len(places) * REPEATS > len(values):
        return values
    # The values are never longer than the places that stand for them only by chance: try it.
    short = {"of": [value for _, value in places], "at": at}
    return (
        short
        if _characters(short["at"]) + _characters(short["of"]) < _characters(values)
        else values
    )


def _characters(values: list[Any]) -> int:
    return sum(len(str(value)) for value in values)
