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
from scipy.stats import binom, nbinom, t

from chipflow.goods.catalogue import load_catalogue
from chipflow.goods.controls import DENIED, LICENCE
from chipflow.leads.evidence import BIS_2023, BIS_2025, BIS_FLAGS, TRI_SEAL
from chipflow.leads.trade import Trade, middle_and_spread
from chipflow.network.handover import NEW_FOR
from chipflow.network.lots import partners

if TYPE_CHECKING:
    from chipflow.leads.trade import Floats, Ints, Truths

# What one flag can say at most: no model of trade is believed beyond one in a thousand, and no
# single oddity makes a company stand out as two or three of them do.
LEAST_P = 1e-3  # probability
# A flag is put into words from here on: nineteen companies in twenty show less.
TOLD = 0.05  # probability
# Prices have tails that are heavier than a normal curve's (errors, rare models): Student's t with
# few degrees of freedom is the usual robust choice (Lange, Little and Taylor, 1989).
TAIL = 4  # degrees of freedom
# A lot is dense when a curve through its class shows as much in one lot of fifty.
DENSE = 0.02  # probability
# What is measured on all lots counts as if so many more had been seen.
PRIOR_LOTS = 20  # lots
# Before its lots are seen, a company buys like the others; that counts as one lot would, since
# companies differ much (gamma-Poisson shrinkage as in DuMouchel, 1999).
PRIOR_BUYS = 1.0  # lots
# What a company bought is no promise of what it will buy: its past is discounted to so many lots,
# by which its rate moves by about a half (as in the discounting of West and Harrison, 1997).
STEADY = 3.0  # lots
# One lot of which supplier and customer agree says nothing, since it has only one of each.
LEAST_BOTH_WAYS = 2  # lots in and lots out
# A way by another country rests on so many lots more at no surprise, so that one lot says little.
PRIOR_WAYS = 2.0  # lots
# Sizes by which papers, fees and questions change are round: 2,500 USD for export declarations
# in the United States, 1,000 and 10,000 in much of the world, 100 and 1,000 kg in freight rates.
ROUND = (1.0, 2.0, 2.5, 5.0)  # times a power of ten
NEAR = 0.05  # share of a size that counts as just below or just above it
LEAST_NEAR = 5  # lots near a size; with fewer no share can stand out
EVEN = 0.5  # share of lots just below a size where amounts run smoothly through it


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
    find: Callable[[Trade], Answers]


def dense_p(trade: Trade) -> Floats:
    """Return how often a lot of its own class is declared as dense in value as each shipment.

    By kilogram and by piece, in logarithms around the median of the class. The mean of both
    distances spreads no more than each of them, so that the probability is rather too large.
    """
    apart = []
    for values in (trade.usd_kg, trade.usd_item):
        middle, spread = middle_and_spread(values, trade.goods)
        apart.append((values - middle) / spread)
    by_kg, by_item = apart
    either = np.where(np.isfinite(by_kg), by_kg, by_item)
    both = np.where(np.isfinite(by_item), (either + by_item) / 2, either)
    return np.asarray(t.sf(both, TAIL), dtype=float)


def _density(trade: Trade) -> Answers:
    p = dense_p(trade)
    known = np.isfinite(p)
    dense = known & (p <= DENSE)
    share = (dense.sum() + PRIOR_LOTS * DENSE) / (known.sum() + PRIOR_LOTS)
    sent, bought = trade.count(trade.shipper, known), trade.count(trade.consignee, known)
    # Who sends goods says what they are; what a company received counts if it sends nothing.
    sends = sent > 0
    lots = np.where(sends, sent, bought)
    many = np.where(sends, trade.count(trade.shipper, dense), trade.count(trade.consignee, dense))

    def say(company: int) -> str:
        return (
            f"{many[company]:,} of {lots[company]:,} shipments that it "
            f"{'sent' if sends[company] else 'received'} are declared at a value by kg and "
            f"by piece that at most {DENSE:.0%} of their class of goods would show; {share:.1%} "
            "of all shipments are"
        )

    return Answers(np.where(lots > 0, binom.sf(many - 1, lots, share), np.nan), say)


def rule_days(trade: Trade) -> dict[int, str]:
    """Return the first days of rules that have 180 days of records on either side, with titles."""
    first: dict[str, tuple[int, str]] = {}
    for clause in load_catalogue().clauses:
        if clause.first_day is None or clause.outcome not in (LICENCE, DENIED):
            continue
        day = int(np.datetime64(clause.first_day, "D").astype(np.int64))
        first[clause.rule] = min(first.get(clause.rule, (day, clause.title)), (day, clause.title))
    begin, end = trade.span
    told = dict(sorted(first.values(), reverse=True))
    return {day: told[day] for day in sorted(told) if begin + NEW_FOR <= day <= end - NEW_FOR}


def _growth(trade: Trade) -> Answers:
    days = rule_days(trade)
    size = trade.companies
    best, at = np.full(size, np.nan), np.zeros(size, dtype=np.int64)
    counts: dict[int, tuple[Ints, Ints, float]] = {}
    for day in days:
        before = trade.computing & (trade.day >= day - NEW_FOR) & (trade.day < day)
        after = trade.computing & (trade.day >= day) & (trade.day < day + NEW_FOR)
        had, has = trade.count(trade.consignee, before), trade.count(trade.consignee, after)
        buyers = (had + has) > 0
        trend = (has.sum() + 1) / (had.sum() + 1)
        usual = (had.sum() + 1) / (buyers.sum() + 1)
        # A company's rate is drawn to the others'; what follows is negative binomial.
        shape, rate = PRIOR_BUYS + had, PRIOR_BUYS / usual + 1.0
        trusted = np.minimum(1.0, STEADY / shape)
        shape, rate = shape * trusted, rate * trusted
        p = np.where(buyers, nbinom.sf(has - 1, shape, rate / (rate + trend)), np.nan)
        better = np.isfinite(p) & ~(p >= best)
        best, at = np.where(better, p, best), np.where(better, day, at)
        counts[day] = (had, has, trend)
    # The strongest of several days is looked at: Sidak (1967).
    p = -np.expm1(len(days) * np.log1p(-np.minimum(best, 1 - LEAST_P)))

    def say(company: int) -> str:
        day = int(at[company])
        had, has, trend = counts[day]
        return (
            f"bought {has[company]:,} lots of computing goods in the {NEW_FOR} days from "
            f"{trade.date(day)} ({days[day]}) after {had[company]:,} in the {NEW_FOR} days before; "
            f"all buyers together bought {trend:.2f} times as many as before"
        )

    return Answers(p, say)


def is_new(trade: Trade) -> Truths:
    """Return which companies are first seen so late that they were unknown before."""
    return np.asarray(trade.first_day - trade.span[0] >= NEW_FOR)


def _new_company(trade: Trade) -> Answers:
    if trade.span[1] - trade.span[0] < NEW_FOR:
        return _unknown(trade)
    seen = np.append(trade.first_day, np.inf)[trade.consignee]
    early = trade.computing & (trade.day - seen < NEW_FOR)
    orders = trade.total(trade.consignee, early, trade.worth)
    buyers = trade.count(trade.consignee, trade.computing) > 0
    size = np.where(is_new(trade), orders, 0.0)
    p = np.where(buyers, _tail(size, buyers), np.nan)

    def say(company: int) -> str:
        return (
            f"first seen in the records on {trade.date(trade.first_day[company])}, it received "
            f"computing goods worth {orders[company]:,.0f} USD in its first {NEW_FOR} days; "
            f"{p[company]:.1%} of all buyers are new with as much or more"
        )

    return Answers(p, say)


def _single_partners(trade: Trade) -> Answers:
    known = (trade.shipper >= 0) & (trade.consignee >= 0) & (trade.shipper != trade.consignee)
    suppliers, customers = partners(trade.shipper[known], trade.consignee[known], trade.companies)
    sold, bought = trade.count(trade.shipper, known), trade.count(trade.consignee, known)
    traders = (customers > 0) & (suppliers > 0)
    both = np.minimum(sold, bought)
    alone = (customers == 1) & (suppliers == 1) & (both >= LEAST_BOTH_WAYS)
    p = np.where(traders, _tail(np.where(alone, both, 0.0), traders), np.nan)

    def say(company: int) -> str:
        return (
            f"one supplier ({bought[company]:,} lots in) and one customer ({sold[company]:,} lots "
            f"out); {p[company]:.1%} of all traders have one of each over as many lots"
        )

    return Answers(p, say)


def _detour(trade: Trade) -> Answers:
    ways = _ways(trade)
    if ways.empty:
        return _unknown(trade)
    weight = ways["through"] * ways["surprise"]
    by = ways.assign(weight=weight).groupby("company")[["through", "weight"]].sum()
    score = (by["weight"] / (by["through"] + PRIOR_WAYS)).reindex(range(trade.companies))
    traders = score.notna().to_numpy()
    statistic = score.fillna(0.0).to_numpy()
    p = np.where(traders, _tail(statistic, traders), np.nan)
    order = ways.assign(weight=weight).sort_values(
        ["company", "weight", "start", "end"], ascending=[True, False, True, True]
    )
    longest = order.drop_duplicates("company").set_index("company")

    def say(company: int) -> str:
        way: Any = longest.loc[company]
        start, by_way, end = (trade.countries[int(way[one])] for one in ("start", "home", "end"))
        return (
            f"goods of one class come from {start} to {by_way} and go on to {end} "
            f"({way['through']:,.0f} lots), where {way['direct']:,.0f} lots of that class go from "
            f"{start} to {end} directly and {way['all_through']:,.0f} by {by_way}"
        )

    return Answers(p, say)


def _ways(trade: Trade) -> pd.DataFrame:
    """Ways from one country to another by a company's own: how many lots, and how odd that is.

    ``surprise`` is the natural log of (direct + through) / through, all in lots of the broad class:
    nought where nobody goes directly, large where nearly all do. Geography is not asked: what
    counts as a detour is what this trade itself shows.
    """
    abroad = (trade.from_country >= 0) & (trade.to_country >= 0)
    abroad &= trade.from_country != trade.to_country
    table = pd.DataFrame(
        {
            "shipper": trade.shipper,
            "consignee": trade.consignee,
            "kind": trade.kind,
            "start": trade.from_country,
            "end": trade.to_country,
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


def _structuring(trade: Trade) -> Answers:
    near = pd.concat([_near(trade, "value", trade.value), _near(trade, "weight", trade.weight)])
    if near.empty:
        return _unknown(trade)
    pooled = near.groupby("measure")["below"]
    share = ((pooled.sum() + EVEN * PRIOR_LOTS) / (pooled.count() + PRIOR_LOTS)).clip(lower=EVEN)
    counted = near.groupby(["company", "measure", "size"])["below"].agg(["sum", "count"])
    counted = counted[counted["count"] >= LEAST_NEAR].reset_index()
    if counted.empty:
        return _unknown(trade)
    usual = counted["measure"].map(share).to_numpy(dtype=float)
    counted["p"] = binom.sf(counted["sum"] - 1, counted["count"], usual)
    counted = counted.sort_values(["company", "p", "measure", "size"])
    best = counted.drop_duplicates("company").set_index("company")
    # The strongest of several sizes is looked at: Bonferroni.
    tried = counted.groupby("company").size()
    p = (best["p"] * tried).clip(upper=1.0).reindex(range(trade.companies)).to_numpy()

    def say(company: int) -> str:
        row: Any = best.loc[company]
        unit = "USD" if row["measure"] == "value" else "kg"
        return (
            f"{row['sum']:,.0f} of {row['count']:,.0f} shipments near {row['size']:,g} {unit} are "
            f"up to {NEAR:.0%} below it, where {share[row['measure']]:.0%} would be usual"
        )

    return Answers(p, say)


def _near(trade: Trade, measure: str, amounts: Floats) -> pd.DataFrame:
    """Shipments just below and just above round sizes, once for either party."""
    known = np.isfinite(amounts)
    amount = amounts[known]
    power = 10.0 ** np.floor(np.log10(amount))
    found = []
    for size in (*ROUND, 10.0):
        ratio = amount / (power * size)
        close = (ratio >= 1 - NEAR) & (ratio < 1 + NEAR)
        at = np.flatnonzero(known)[close]
        apart = trade.shipper[at] != trade.consignee[at]
        table = pd.DataFrame({"size": (power * size)[close], "below": ratio[close] < 1})
        found += [
            table.assign(company=trade.shipper[at], measure=measure),
            table.assign(company=trade.consignee[at], measure=measure)[apart],
        ]
    near: pd.DataFrame = pd.concat(found, ignore_index=True).query("company >= 0")
    return near


def _unknown(trade: Trade) -> Answers:
    return Answers(np.full(trade.companies, np.nan), lambda _: "")


def _tail(values: Floats, among: Truths) -> Floats:
    """Share of the companies ``among`` that show at least as much, itself counted.

    That is one added to the count of the others that do and to the count of all others: never
    nought, and it holds its level for any distribution (Phipson and Smyth, 2010; Bates and others,
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
