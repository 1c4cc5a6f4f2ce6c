"""Whether a text says that there are accelerators in the goods, without saying which."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

_BUILT_IN = r"(?:servers?|systems?|nodes?|chassis(?: with| w/)|clusters?|workstations?|computers?)"
_ACCELERATOR = re.compile(
    r"(?i)\b(?:(?:gp)?gpu\w*|graphics? process(?:ors?|ing)(?: units?)?)\b"
    r"|\baccelerators? (?:cards?|modules?|boards?|units?|servers?)\b"
    r"|\bai[ -](?:chips?|accelerators?|cards?|modules?|boards?|processors?|comput\w+)\b"
    rf"|\b(?:ai|deep learning|machine learning|ai training|inference)[ -]{_BUILT_IN}\b"
    rf"|\b(?:hpc|high[ -]performance comput\w+|supercomput\w+)[ -]{_BUILT_IN}\b"
    r"|\b(?:carte|tarjeta|placa|scheda)s? (?:accélératrice|aceleradora|acceleratrice)s?\b"
    r"|\bускорител\w+|\bграфическ\w+ процессор\w*"
    r"|加速卡|算力卡|算力服务器|智算服务器|(?:gpu|ai|人工智能) ?(?:服务器|伺服器|芯片|模组)"
)
# Goods of other makers' accelerators, goods around an accelerator, and goods without one.
_OF_SOMETHING_ELSE = re.compile(
    r"(?i)\b(?:fpgas?|xilinx|alveo|versal|altera|stratix|agilex|dpus?|smartnics?|asics?|npus?)\b"
    r"|\b(?:probe|test|burn[ -]in|evaluation|development|demo) (?:cards?|boards?|kits?)\b"
    r"|\b(?:cables?|brackets?|holders?|supports?|coolers?|cooling|heat ?sinks?|fans?|risers?"
    r"|backplanes?|power suppl\w+|psus?|adapt[eo]rs?|bridges?|screws?|thermal|water ?blocks?"
    r"|cold ?plates?|enclosures?|housings?|covers?|stickers?|software|licen[cs]es?"
    r"|particle|crypto\w*|bare(?: dies?)?|wafers?)\b"
    r"|\b(?:without|w/o|no|ex|excl\w*) gpus?\b|散热|水冷|支架|线缆"
)


def says_accelerator(descriptions: Iterable[object]) -> np.ndarray:
    """Say of each text whether it says "accelerator", "GPU" or "AI server", whichever is meant.

    Parameters
    ----------
    descriptions
        Texts that name no chip; anything else is a missing one.

    Returns
    -------
    numpy.ndarray
        Truth values, in the same order. A card for games is called a GPU too: which one is meant,
        price and weight may say.
    """
    return np.array([isinstance(text, str) and _says(text) for text in descriptions], dtype=bool)


def _says(text: str) -> bool:
    return _ACCELERATOR.search(text) is not None and _OF_SOMETHING_ELSE.search(text) is None
