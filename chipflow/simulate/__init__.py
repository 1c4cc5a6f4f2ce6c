"""Worlds of trade records with known schemes and known look-alikes, and scores against them.

Everything here is invented. It answers one question: would chipflow find what is known to be
there, and leave alone what only looks like it?
"""

from __future__ import annotations

from chipflow.simulate.lookalikes import LOOKALIKES
from chipflow.simulate.schemes import SCHEMES
from chipflow.simulate.score import Score, score, score_names
from chipflow.simulate.world import (
    ALL,
    EVERY,
    EVERY_LOOKALIKE,
    EVERY_SCHEME,
    LAYOUTS,
    World,
    simulate,
)

#: Names of the usual scheme and look-alike kinds, and of all that there are.
SCHEME_KINDS = tuple(SCHEMES)
LOOKALIKE_KINDS = tuple(LOOKALIKES)
EVERY_SCHEME_KIND = tuple(EVERY_SCHEME)
EVERY_LOOKALIKE_KIND = tuple(EVERY_LOOKALIKE)

__all__ = [
    "ALL",
    "EVERY",
    "EVERY_LOOKALIKE_KIND",
    "EVERY_SCHEME_KIND",
    "LAYOUTS",
    "LOOKALIKE_KINDS",
    "SCHEME_KINDS",
    "Score",
    "World",
    "score",
    "score_names",
    "simulate",
]
