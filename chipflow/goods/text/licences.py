"""Whether a text quotes an export licence: the word for it, and a number."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

# A year, a number of users or a tariff number behind the word is no number of a licence.
_LICENCE = re.compile(
    r"(?i)(?:\b(?:licen[cs]e|lic|permit|licencia)\b|genehmigung|лицензи\w*|许可证号?|許可證號?)"
    r"\W*(?:no\b|nr\b|number)?\W*(?:[a-z]{1,3}\W?\d{4,}|\d{6,9}(?!\d))"
)
_OF_SOFTWARE = re.compile(r"(?i)software|subscription|\busers?\b|\bvgpu\b")


def quotes_licence(descriptions: Iterable[object]) -> np.ndarray:
    """Say of each text whether it quotes a licence by its number.

    Parameters
    ----------
    descriptions
        Texts; anything else is a missing one.

    Returns
    -------
    numpy.ndarray
        Truth values, in the same order. That a licence is quoted does not say that there is one.
    """
    return np.array([isinstance(text, str) and _quotes(text) for text in descriptions], dtype=bool)


def _quotes(text: str) -> bool:
    return _LICENCE.search(text) is not None and _OF_SOFTWARE.search(text) is None
