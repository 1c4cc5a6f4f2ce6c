"""Which bodies of law an answer rests on, and what it leaves out.

An answer that no rule asked for a licence is worth as much as the rules that were looked at, so it
names them (``regimes.csv``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from chipflow.goods.catalogue.load import Catalogue, Regime
    from chipflow.goods.controls.ruling import Question

EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Scope:
    """What was looked at for an answer, and what was not, each as a sentence names it."""

    looked_at: tuple[str, ...]
    not_looked_at: tuple[str, ...]

    def sentence(self) -> str:
        """Say both in two short sentences."""
        said = f" Looked at: {'; '.join(self.looked_at)}." if self.looked_at else ""
        return f"{said} Not looked at: {'; '.join(self.not_looked_at)}."


def scope_of(on: dt.date, question: Question, tables: Catalogue) -> Scope:
    """Return what was looked at for a question.

    Parameters
    ----------
    on, question
        Day and places.
    tables
        Rules and regimes.

    Returns
    -------
    Scope
    """
    looked: list[str] = []
    left: list[str] = []
    origin_found = question.origin is None
    for regime in tables.regimes:
        if not _held(regime, on):
            continue
        if regime.country == EVERYWHERE:
            if not _asked(regime, question):
                left.append(regime.title)
            continue
        if regime.country == question.destination and regime.state == "not covered":
            left.append(regime.title)
            continue
        at_home = question.origin is not None and _of(question.origin, regime.country, on, tables)
        origin_found = origin_found or at_home
        if regime.country == "US" or at_home:
            if regime.state == "rules":
                looked.append(regime.title)
            elif regime.state == "nothing found":
                looked.append(f"{regime.title} (no rule on such goods found)")
            else:
                left.append(regime.title)
    if not origin_found:
        left.append(f"the law of {question.origin}, from which the goods leave")
    left.append(
        "laws of other countries"
        if question.origin is not None
        else "laws of the country from which the goods leave, and of other countries"
    )
    return Scope(tuple(looked), tuple(left))


def _held(regime: Regime, on: dt.date) -> bool:
    """Whether what is said of a gap is about the day; a body of law that is held always is."""
    if regime.state != "not covered":
        return True
    return (regime.first_day is None or regime.first_day <= on) and on <= regime.last_day


def _asked(regime: Regime, question: Question) -> bool:
    """Whether a question names what a regime turns on: a use, or the buyer."""
    return (regime.regime == "end use" and question.end_use is not None) or (
        regime.regime == "parties" and question.party is not None
    )


def _of(country: str, law: str, on: dt.date, tables: Catalogue) -> bool:
    if country == law:
        return True
    return any(
        member.group == law and member.first_day <= on <= member.last_day
        for member in tables.groups_of(country)
    )
