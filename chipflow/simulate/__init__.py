"""Worlds of trade records with known schemes and known look-alikes, and scores against them.

Everything here is invented. It answers one question: would chipflow find what is known to be
there, and leave alone what only looks like it?
"""

from __future__ import annotations

from chipflow.simulate.lookalikes import LOOKALIKES
from chipflow.simulate.schemes import SCHEMES
from chipflow.simulate.score import Score, score, score_names
from chipflow.simulate.world import ALL, LAYOUTS, World, simulate

#: Names of the scheme and look-alike kinds.
SCHEME_KINDS = tuple(SCHEMES)
LOOKALIKE_KINDS = tuple(LOOKALIKES)

__all__ = [
    "ALL",
    "LAYOUTS",
    "LOOKALIKE_KINDS",
    "SCHEME_KINDS",
    "Score",
    "World",
    "score",
    "score_names",
    "simulate",
]
