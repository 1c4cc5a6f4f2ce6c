"""Whether a text quotes an export licence: the word for it, and a number."""

from __future__ import annotations

import re

import pandas as pd

_LICENCE = re.compile(
    r"(?i)\b(?:licen[cs]e|lic|permit|genehmigung|licencia|лицензи\w*|许可证)\b\W*(?:no\b|nr\b|number)?"
    r"\W*[a-z]{0,3}\d{4,}"
)


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
    found = [_LICENCE.search(text) is not None for text in descriptions.fillna("").tolist()]
    return pd.Series(found, index=descriptions.index, dtype=bool)
