"""Which routes that were weighed are no leads, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.routes.exclusion import Exclusion

if TYPE_CHECKING:
    from chipflow.settings import ExclusionSettings


def exclusions(rows: pd.DataFrame, settings: ExclusionSettings) -> pd.DataFrame:
    """Say what makes a route that was weighed no lead.

    Parameters
    ----------
    rows
        One row a route: ``excludes`` (what a part of the evidence settled), ``score,
        weakest_log_odds, unrecorded_fdr, local_fdr, no_coincidence, innocent_explanations``.
    settings
        The numbers of the method.

    Returns
    -------
    pandas.DataFrame
        ``reason, sentence`` on the index of ``rows``, empty for a lead.
    """
    cases: list[tuple[pd.Series, pd.Series | Exclusion, pd.Series | list[str]]] = [
        (rows["excludes"].notna(), rows["excludes"], rows["innocent_explanations"]),
        (
            rows["score"] <= settings.least_score,
            Exclusion.OUTWEIGHED,
            rows["innocent_explanations"],
        ),
        (
            rows["weakest_log_odds"] <= settings.least_log_odds,
            Exclusion.WEAK_TRANSFER,
            [
                "At the weakest step of its best way the odds that the goods that left are those "
                f"that had arrived are {odds:.1f} to 1"
                for odds in np.exp(rows["weakest_log_odds"].clip(upper=0))
            ],
        ),
        (
            rows["unrecorded_fdr"] > settings.most_by_chance,
            Exclusion.UNRECORDED_BY_CHANCE,
            [
                "No record shows one of its steps: of steps as weak in these records, "
                f"{share:.0%} are expected to be chance"
                for share in rows["unrecorded_fdr"]
            ],
        ),
        (
            rows["local_fdr"] > settings.most_by_chance,
            Exclusion.BY_CHANCE,
            [
                f"The evidence is weak (score {score:.1f}): of routes as weak in these records, "
                f"{share:.0%} are expected to be chance"
                for score, share in zip(rows["score"], rows["local_fdr"], strict=True)
            ],
        ),
        (
            rows["no_coincidence"] < 1 - settings.most_by_chance,
            Exclusion.BY_CHANCE,
            [
                f"The evidence is weak (score {score:.1f}) and no record shows one of its steps: "
                f"of such routes in these records, {1 - share:.0%} are expected to be chance"
                for score, share in zip(rows["score"], rows["no_coincidence"], strict=True)
            ],
        ),
    ]
    found = pd.DataFrame({"reason": "", "sentence": ""}, index=rows.index, dtype=object)
    for applies, exclusion, sentences in reversed(cases):
        which = applies.to_numpy(dtype=bool)
        if isinstance(exclusion, Exclusion):
            found.loc[which, "reason"] = exclusion.reason
        else:
            found.loc[which, "reason"] = [one.reason for one in exclusion[which]]
        found.loc[which, "sentence"] = np.asarray(sentences, dtype=object)[which]
    return found
