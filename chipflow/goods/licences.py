"""Whether a text quotes an export licence: the word for it, and a number."""

from __future__ import annotations

import re

import pandas as pd

# A year, a number of users or a tariff number behind the word is no number of a licence.
_LICENCE = re.compile(
    r"(?i)(?:\b(?:licen[cs]e|lic|permit|licencia)\b|genehmigung|лицензи\w*|许可证号?|許可證號?)"
    r"\W*(?:no\b|nr\b|number)?\W*(?:[a-z]{1,3}\W?\d{4,}|\d{6,9}(?!\d))"
)
_OF_SOFTWARE = re.compile(r"(?i)software|subscription|\busers?\b|\bvgpu\b")


def quotes_licence(descriptions: pd.Series) -> pd.Series:
    """Say of each text whether it quotes a licence by its number.

    Parameters
    ----------
    descriptions
        Texts; missing where there is none.

    Returns
    -------
    pandas.Series
        Truth values by the same index. That a licence is quoted does not say that there is one.
    """
    found = [
        _LICENCE.search(text) is not None and _OF_SOFTWARE.search(text) is None
        for text in descriptions.fillna("").tolist()
    ]
    return pd.Series(found, index=descriptions.index, dtype=bool)
