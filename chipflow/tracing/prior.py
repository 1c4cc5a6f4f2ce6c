"""How common it is that a company sells on what it bought, learned from the records themselves."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from chipflow.tracing.inventory import TO_DESTINATION, PairScores

if TYPE_CHECKING:
    from chipflow.network.arrays import Floats
    from chipflow.settings import PriorSettings


class Prior:
    """Share of the groups of sales that continue purchases, by where they go and what they say.

    A group is all that a company sells to the destination, or to one company elsewhere, while
    chips that it bought can be in stock. Learned by expectation and maximisation from how far
    each group speaks for it, as the share of true pairs is in record linkage (Winkler, "Using
    the EM algorithm for weight computation in the Fellegi-Sunter model of record linkage",
    1988): before goods that nothing names are taken for chips, it counts how many such goods
    the same companies sell.
    """

    def __init__(self, scores: PairScores, settings: PriorSettings) -> None:
        groups, unlike = scores.groups, scores.unlike
        final = groups["place"] == TO_DESTINATION
        self.log_odds = {}
        for to_destination, names in product((True, False), repeat=2):
            log_lr = groups.loc[(final == to_destination) & (groups["names"] == names), "log_lr"]
            others = unlike[
                ((unlike["place"] == TO_DESTINATION) == to_destination) & (unlike["names"] == names)
            ]
            share = _share(log_lr.to_numpy(dtype=float), int(others["number"].sum()), settings)
            self.log_odds[to_destination, names] = float(logit(min(share, settings.largest_share)))

    def of(self, groups: pd.DataFrame) -> Floats:
        """Log odds that each group of sales continues purchases, before it is looked at.

        Parameters
        ----------
        groups
            :attr:`chipflow.tracing.inventory.PairScores.groups`.
        """
        final = (groups["place"] == TO_DESTINATION).tolist()
        names = groups["names"].tolist()
        return np.array([self.log_odds[key] for key in zip(final, names, strict=True)], dtype=float)


def _share(log_lr: Floats, others: int, settings: PriorSettings) -> float:
    """Share of groups that are true, of which some are told apart and the others are not true."""
    true, guessed = settings.guessed_true, settings.guessed
    share = true / guessed
    for _ in range(settings.rounds):
        found = float(expit(log_lr + logit(share)).sum())
        share = (found + true) / (len(log_lr) + others + guessed)
    return share
