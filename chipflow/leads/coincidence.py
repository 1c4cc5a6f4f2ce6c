"""What is said of a lead and of a list about chance: one number each, in words.

Frequencies and not percentages, since these are read rightly (Gigerenzer and Hoffrage, "How to
improve Bayesian reasoning without instruction", 1995), in steps, since more digits would say more
than the counts behind them do. It is no probability of guilt: goods that truly went on may have
had a licence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chipflow.leads.error_rates import most_by_chance
from chipflow.tracing.transfers import RECORDED

if TYPE_CHECKING:
    import pandas as pd

# From which share on it is said so, in words.
STEPS = ((0.95, "19 in 20 or more"), (0.9, "9 in 10"), (0.75, "3 in 4"), (0.5, "1 in 2"))
FEWER = "fewer than 1 in 2"
NOT_SHOWN = "Records cannot show licences or use."
# Below it a lead says among its innocent explanations that it may be chance.
CHANCE_SAID_BELOW = STEPS[0][0]


def in_steps(share: Any) -> str | None:
    """Return a share of leads in words; None where it is not known."""
    if share is None or share != share:
        return None
    return next((words for least, words in STEPS if share >= least), FEWER)


def of_one_lead(share: Any) -> str | None:
    """Say of one lead how many like it are no coincidence; None where that is not known."""
    words = in_steps(share)
    if words is None:
        return None
    about = "" if words in (STEPS[0][1], FEWER) else "About "
    said = f"{about}{words} leads like this were no coincidence."
    return said[0].upper() + said[1:]


def of_one_lead_in_full(share: Any, weakest: str | None) -> str:
    """Say of one lead all that is said about chance, and what no record can show."""
    known = of_one_lead(share) or "Too few records to say how many leads like this are coincidence."
    return " ".join(filter(None, (known, weakest, NOT_SHOWN)))


def chance_sentence(share: float) -> str:
    """Say as an innocent explanation how many leads like this one are no coincidence."""
    return (
        "Chance may have put these shipments beside each other: pairs of companies that have "
        f"nothing to do with each other make such routes too, and about {in_steps(share)} leads "
        "like this were no coincidence"
    )


def of_the_list(shares: pd.Series, asked: dict[str, Any]) -> str:
    """Say of a list how many of its leads are expected to be coincidence.

    Parameters
    ----------
    shares
        Column ``no_coincidence`` of the leads.
    asked
        :attr:`chipflow.Leads.parameters`: where too few records tell nothing about a lead, how
        many companies were asked, and how many of them are expected to look like this by chance.
    """
    number = len(shares)
    leads = f"{number:,} {'lead' if number == 1 else 'leads'}"
    if not number:
        return "No lead"
    if shares.isna().any():
        companies, expected = asked.get("companies_asked"), asked.get("expected_by_chance")
        few = f"{leads}; too few records to say how many of them are coincidence"
        if companies is None or expected is None:
            return few
        return (
            f"{few}: of {companies:,} {'company' if companies == 1 else 'companies'} asked, "
            f"{about(expected)} {'is' if about(expected) == '1' else 'are'} expected to look like "
            f"this by chance, at most {most_by_chance(expected):,}"
        )
    expected = float((1 - shares).sum())
    # No more can be coincidence than there are.
    most = min(most_by_chance(expected), number)
    return f"{leads}, about {about(expected)} expected to be coincidence, at most {most:,}"


def about(expected: float) -> str:
    """Return a number expected, without digits that nobody knows."""
    if expected < 0.05:
        return "0"
    return f"{expected:.1f}" if expected < 0.95 else f"{expected:,.0f}"


def weakest_step(links: pd.DataFrame, records: pd.DataFrame) -> str | None:
    """Name the step of a lead that its links support least; None without links.

    Parameters
    ----------
    links
        ``from_record, to_record, log_lr, kind`` of one lead.
    records
        ``record_id, shipper, consignee`` of its shipments.
    """
    names = {
        record: (shipper, consignee)
        for record, shipper, consignee in zip(
            records["record_id"], records["shipper"], records["consignee"], strict=True
        )
    }
    # Between the same companies the likeliest pair of shipments counts.
    strongest: dict[tuple[str, str, str], tuple[float, str]] = {}
    for earlier, later, log_lr, kind in zip(
        links["from_record"], links["to_record"], links["log_lr"], links["kind"], strict=True
    ):
        bought = _named(names.get(earlier, ("", ""))[1])
        sold, to = map(_named, names.get(later, ("", "")))
        before = strongest.get((bought, sold, to))
        if before is None or log_lr > before[0]:
            strongest[bought, sold, to] = (float(log_lr), str(kind))
    if not strongest:
        return None
    bought, sold, to = min(strongest, key=lambda step: (strongest[step][0], step))
    if strongest[bought, sold, to][1] != RECORDED:
        return f"Weakest step: from {bought} to {sold}, which no record shows."
    return f"Weakest step: that what {sold} sent to {to} is what it had received."


def _named(name: Any) -> str:
    """Return the name of a party, or words for one that the record does not name."""
    return name if isinstance(name, str) and name.strip() else "an unnamed company"
