"""Red flags of one company that need no route, each with the chance of seeing as much.

Each flag is one declared part: a question, where it comes from, and a function that answers it
for all companies at once with an upper-tail probability (how often a company like the others
shows as much) and a sentence. To add one, write a function and put it in :data:`FLAGS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chipflow.goods.controls.status import DENIED, LICENCE
from chipflow.leads.company_activity import CompanyActivity
from chipflow.leads.evidence import BIS_2023, BIS_2025, BIS_FLAGS, TRI_SEAL
from chipflow.leads.tail_probabilities import (
    above_student_t,
    at_least_binomial,
    at_least_negative_binomial,
)
from chipflow.network.arrays import partners

if TYPE_CHECKING:
    from chipflow.leads.company_activity import Floats, Ints, Truths


@dataclass(frozen=True, slots=True)
class Answers:
    """What one flag says of all companies.

    Attributes
    ----------
    p
        Upper-tail probability by code of the company; missing where it cannot be computed.
    say
        Writes the sentence of one company, by its code.
    """

    p: Floats
    say: Callable[[int], str]


@dataclass(frozen=True)
class Flag:
    """One red flag."""

    name: str
    question: str
    source: str
    find: Callable[[CompanyActivity], Answers]


def dense_p(activity: CompanyActivity) -> Floats:
    """Return how often a shipment of its own class is declared as dense in value as each shipment.

    By kilogram and by piece, in logarithms around the median of the class. The mean of both
    distances spreads no more than each of them, so that the probability is rather too large.
    """
    apart = []
    for values in (activity.usd_kg, activity.usd_item):
        middle, spread = activity.middle_and_spread(values)
        apart.append((values - middle) / spread)
    by_kg, by_item = apart
    either = np.where(np.isfinite(by_kg), by_kg, by_item)
    both = np.where(np.isfinite(by_item), (either + by_item) / 2, either)
    return above_student_t(both, activity.settings.red_flags.degrees)


def _density(activity: CompanyActivity) -> Answers:
    settings = activity.settings.red_flags
    p = dense_p(activity)
    known = np.isfinite(p)
    dense = known & (p <= settings.dense)
    share = (dense.sum() + settings.prior_shipments * settings.dense) / (
        known.sum() + settings.prior_shipments
    )
    sent, bought = (
        activity.count(activity.shipper, known),
        activity.count(activity.consignee, known),
    )
    # Who sends goods says what they are; what a company received counts if it sends nothing.
    sends = sent > 0
    lots = np.where(sends, sent, bought)
    many = np.where(
        sends, activity.count(activity.shipper, dense), activity.count(activity.consignee, dense)
    )

    def say(company: int) -> str:
        return (
            f"{many[company]:,} of {lots[company]:,} shipments that it "
            f"{'sent' if sends[company] else 'received'} are declared at a value by kg and "
            f"by piece that at most {settings.dense:.0%} of their class of goods would show; "
            f"{share:.1%} of all shipments are"
        )

    return Answers(np.where(lots > 0, at_least_binomial(many, lots, share), np.nan), say)


def rule_days(activity: CompanyActivity) -> dict[int, str]:
    """Return the first days of rules that have 180 days of records on either side, with titles."""
    new_for = activity.settings.transfers.new_for
    first: dict[str, tuple[int, str]] = {}
    for clause in activity.catalogue.clauses:
        if clause.first_day is None or clause.outcome not in (LICENCE, DENIED):
            continue
        day = int(np.datetime64(clause.first_day, "D").astype(np.int64))
        first[clause.rule] = min(first.get(clause.rule, (day, clause.title)), (day, clause.title))
    begin, end = activity.span
    told = dict(sorted(first.values(), reverse=True))
    return {day: told[day] for day in sorted(told) if begin + new_for <= day <= end - new_for}


def _growth(activity: CompanyActivity) -> Answers:
    settings = activity.settings.red_flags
    new_for = activity.settings.transfers.new_for
    days = rule_days(activity)
    size = activity.companies
    best, at = np.full(size, np.nan), np.zeros(size, dtype=np.int64)
    counts: dict[int, tuple[Ints, Ints, float]] = {}
    for day in days:
        before = activity.computing & (activity.day >= day - new_for) & (activity.day < day)
        after = activity.computing & (activity.day >= day) & (activity.day < day + new_for)
        had, has = (
            activity.count(activity.consignee, before),
            activity.count(activity.consignee, after),
        )
        buyers = (had + has) > 0
        trend = (has.sum() + 1) / (had.sum() + 1)
        usual = (had.sum() + 1) / (buyers.sum() + 1)
        # A company's rate is drawn to the others'; what follows is negative binomial.
        shape, rate = (
            settings.prior_buys + had,
            settings.prior_buys / usual + 1.0,
        )
        trusted = np.minimum(1.0, settings.steady / shape)
        shape, rate = shape * trusted, rate * trusted
        more = at_least_negative_binomial(has, shape, rate / (rate + trend))
        p = np.where(buyers, more, np.nan)
        better = np.isfinite(p) & ~(p >= best)
        best, at = np.where(better, p, best), np.where(better, day, at)
        counts[day] = (had, has, trend)
    # The strongest of several days is looked at: Sidak (1967).
    p = -np.expm1(len(days) * np.log1p(-np.minimum(best, 1 - settings.least_p)))

    def say(company: int) -> str:
        day = int(at[company])
        had, has, trend = counts[day]
        return (
            f"bought {has[company]:,} lots of computing goods in the {new_for} days from "
            f"{activity.date(day)} ({days[day]}) after {had[company]:,} in the {new_for} days "
            f"before; all buyers together bought {trend:.2f} times as many as before"
        )

    return Answers(p, say)


def is_new(activity: CompanyActivity) -> Truths:
    """Return which companies are first seen so late that they were unknown before."""
    return np.asarray(activity.first_day - activity.span[0] >= activity.settings.transfers.new_for)


def _new_company(activity: CompanyActivity) -> Answers:
    new_for = activity.settings.transfers.new_for
    if activity.span[1] - activity.span[0] < new_for:
        return _unknown(activity)
    seen = np.append(activity.first_day, np.inf)[activity.consignee]
    early = activity.computing & (activity.day - seen < new_for)
    orders = activity.total(activity.consignee, early, activity.worth)
    buyers = activity.count(activity.consignee, activity.computing) > 0
    size = np.where(is_new(activity), orders, 0.0)
    p = np.where(buyers, _tail(size, buyers), np.nan)

    def say(company: int) -> str:
        seen_on = activity.date(activity.first_day[company])
        return (
            f"first seen in the records on {seen_on}, it received "
            f"computing goods worth {orders[company]:,.0f} USD in its first {new_for} days; "
            f"{p[company]:.1%} of all buyers are new with as much or more"
        )

    return Answers(p, say)


def _single_partners(activity: CompanyActivity) -> Answers:
    known = (
        (activity.shipper >= 0)
        & (activity.consignee >= 0)
        & (activity.shipper != activity.consignee)
    )
    suppliers, customers = partners(
        activity.shipper[known], activity.consignee[known], activity.companies
    )
    sold, bought = (
        activity.count(activity.shipper, known),
        activity.count(activity.consignee, known),
    )
    traders = (customers > 0) & (suppliers > 0)
    both = np.minimum(sold, bought)
    alone = (
        (customers == 1) & (suppliers == 1) & (both >= activity.settings.red_flags.least_both_ways)
    )
    p = np.where(traders, _tail(np.where(alone, both, 0.0), traders), np.nan)

    def say(company: int) -> str:
        return (
            f"one supplier ({bought[company]:,} lots in) and one customer ({sold[company]:,} lots "
            f"out); {p[company]:.1%} of all traders have one of each over as many lots"
        )

    return Answers(p, say)


def _detour(activity: CompanyActivity) -> Answers:
    ways = _ways(activity)
    if ways.empty:
        return _unknown(activity)
    weight = ways["through"] * ways["surprise"]
    by = ways.assign(weight=weight).groupby("company")[["through", "weight"]].sum()
    score = (by["weight"] / (by["through"] + activity.settings.red_flags.prior_ways)).reindex(
        range(activity.companies)
    )
    traders = score.notna().to_numpy()
    statistic = score.fillna(0.0).to_numpy()
    p = np.where(traders, _tail(statistic, traders), np.nan)
    order = ways.assign(weight=weight).sort_values(
        ["company", "weight", "start", "end"], ascending=[True, False, True, True]
    )
    longest = order.drop_duplicates("company").set_index("company")

    def say(company: int) -> str:
        way: Any = longest.loc[company]
        start, by_way, end = (
            activity.arrays.countries[int(way[one])] for one in ("start", "home", "end")
        )
        return (
            f"goods of one class come from {start} to {by_way} and go on to {end} "
            f"({way['through']:,.0f} lots), where {way['direct']:,.0f} lots of that class go from "
            f"{start} to {end} directly and {way['all_through']:,.0f} by {by_way}"
        )

    return Answers(p, say)


def _ways(activity: CompanyActivity) -> pd.DataFrame:
    """Ways from one country to another by a company's own: how many shipments, and how odd that is.

    ``surprise`` is the natural log of (direct + through) / through, all in shipments of the broad
    class: zero where nobody goes directly, large where nearly all do. Geography is not asked: what
    counts as a detour is what this trade itself shows.
    """
    abroad = (activity.arrays.from_country >= 0) & (activity.arrays.to_country >= 0)
    abroad &= activity.arrays.from_country != activity.arrays.to_country
    table = pd.DataFrame(
        {
            "shipper": activity.shipper,
            "consignee": activity.consignee,
            "kind": activity.kind,
            "start": activity.arrays.from_country,
            "end": activity.arrays.to_country,
        }
    )[abroad]
    direct = table.groupby(["kind", "start", "end"]).size().rename("direct")
    into = (
        table[table["consignee"] >= 0]
        .rename(columns={"consignee": "company", "end": "home"})
        .groupby(["company", "kind", "home", "start"])
        .size()
        .rename("in")
        .reset_index()
    )
    out = (
        table[table["shipper"] >= 0]
        .rename(columns={"shipper": "company", "start": "home"})
        .groupby(["company", "kind", "home", "end"])
        .size()
        .rename("out")
        .reset_index()
    )
    ways = into.merge(out, on=["company", "kind", "home"])
    ways = ways[ways["start"] != ways["end"]]
    ways = ways.join(direct, on=["kind", "start", "end"]).fillna({"direct": 0})
    ways["through"] = ways[["in", "out"]].min(axis=1)
    same = ways.groupby(["kind", "start", "home", "end"])["through"]
    ways["all_through"] = same.transform("sum")
    ways["surprise"] = np.log1p(ways["direct"] / ways["all_through"])
    return ways


def _structuring(activity: CompanyActivity) -> Answers:
    settings = activity.settings.red_flags
    near = pd.concat(
        [
            _near(activity, "value", activity.arrays.value),
            _near(activity, "weight", activity.arrays.weight),
        ]
    )
    if near.empty:
        return _unknown(activity)
    pooled = near.groupby("measure")["below"]
    share = (
        (pooled.sum() + settings.even * settings.prior_shipments)
        / (pooled.count() + settings.prior_shipments)
    ).clip(lower=settings.even)
    counted = near.groupby(["company", "measure", "size"])["below"].agg(["sum", "count"])
    counted = counted[counted["count"] >= settings.least_near].reset_index()
    if counted.empty:
        return _unknown(activity)
    usual = counted["measure"].map(share).to_numpy(dtype=float)
    counted["p"] = at_least_binomial(counted["sum"], counted["count"], usual)
    counted = counted.sort_values(["company", "p", "measure", "size"])
    best = counted.drop_duplicates("company").set_index("company")
    # The strongest of several sizes is looked at: Bonferroni.
    tried = counted.groupby("company").size()
    p = (best["p"] * tried).clip(upper=1.0).reindex(range(activity.companies)).to_numpy()

    def say(company: int) -> str:
        row: Any = best.loc[company]
        unit = "USD" if row["measure"] == "value" else "kg"
        return (
            f"{row['sum']:,.0f} of {row['count']:,.0f} shipments near {row['size']:,g} {unit} are "
            f"up to {settings.near:.0%} below it, where {share[row['measure']]:.0%} would be usual"
        )

    return Answers(p, say)


def _near(activity: CompanyActivity, measure: str, amounts: Floats) -> pd.DataFrame:
    """Shipments just below and just above round sizes, once for either party."""
    settings = activity.settings.red_flags
    known = np.isfinite(amounts)
    amount = amounts[known]
    power = 10.0 ** np.floor(np.log10(amount))
    found = []
    for size in (*settings.round_sizes, 10.0):
        ratio = amount / (power * size)
        close = (ratio >= 1 - settings.near) & (ratio < 1 + settings.near)
        at = np.flatnonzero(known)[close]
        apart = activity.shipper[at] != activity.consignee[at]
        table = pd.DataFrame({"size": (power * size)[close], "below": ratio[close] < 1})
        found += [
            table.assign(company=activity.shipper[at], measure=measure),
            table.assign(company=activity.consignee[at], measure=measure)[apart],
        ]
    near: pd.DataFrame = pd.concat(found, ignore_index=True).query("company >= 0")
    return near


def _unknown(activity: CompanyActivity) -> Answers:
    return Answers(np.full(activity.companies, np.nan), lambda _: "")


def _tail(values: Floats, among: Truths) -> Floats:
    """Share of the companies ``among`` that show at least as much, itself counted.

    That is one added to the count of the others that do and to the count of all others: never
    zero, and it holds its level for any distribution (Phipson and Smyth, 2010; Bates and others,
    2023, for outliers).
    """
    ordered = np.sort(values[among])
    least = np.searchsorted(ordered, values, side="left")
    return np.asarray((len(ordered) - least) / max(len(ordered), 1), dtype=float)


FLAGS: tuple[Flag, ...] = (
    Flag(
        "value density",
        "Are its goods worth more by weight and piece than their class of goods?",
        BIS_2025,
        _density,
    ),
    Flag(
        "growth after a rule",
        "Did it buy more computing goods once a rule had begun?",
        BIS_2023,
        _growth,
    ),
    Flag(
        "new company with large orders",
        "Was it unknown to the records, and its first orders large?",
        BIS_2023,
        _new_company,
    ),
    Flag(
        "one supplier and one customer",
        "Does it buy from one and sell to one, again and again?",
        TRI_SEAL,
        _single_partners,
    ),
    Flag(
        "detour",
        "Do its goods go by its country where others go directly?",
        BIS_FLAGS,
        _detour,
    ),
    Flag(
        "structuring below a size",
        "Are more of its shipments just below a round size than just above?",
        "McCrary, Manipulation of the running variable, 2008; chipflow",
        _structuring,
    ),
)
