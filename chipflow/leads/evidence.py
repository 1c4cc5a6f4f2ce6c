"""What speaks for a lead, and what speaks against it.

Each red flag and each innocent explanation is one declared part: a question, where the question
comes from, and a function that answers it for one lead with a log-likelihood ratio, a sentence
and the records it rests on. To add one, write a function and put it in :data:`PARTS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy.special import expit

from chipflow.goods.controls import Status, status
from chipflow.network.handover import NEW_FOR, NEW_IF_DIVERTED
from chipflow.network.trace import HAND_OVER

if TYPE_CHECKING:
    from chipflow.leads.facts import Facts

BIS_2023 = "BIS, Export Controls on Semiconductor Manufacturing Items and red flags, 2023-10"
BIS_2025 = "BIS, Industry guidance on diversion of advanced computing ICs, 2025-05-13"
BIS_FLAGS = "BIS, Know Your Customer guidance and red flags, 15 CFR 732 Supplement No. 3"
TRI_SEAL = "Departments of Commerce, Treasury and Justice, Tri-Seal compliance note, 2023-03-02"

# Share among companies through which goods were diverted, in cases made public, that bought from
# one and sold to one. Like NEW_IF_DIVERTED an estimate, not a measurement; what they are compared
# with is measured in the records themselves.
SINGLE_IF_DIVERTED = 0.4  # share of companies
# Diverted goods travel under words that do not name them about half of the time; goods sold on
# openly are named as they were bought, but for lax declarants.
HIDDEN_IF_DIVERTED, HIDDEN_IF_HONEST = 0.5, 0.15  # shares of lots
# Two companies at one address are common in office towers, more so in made-up companies.
SAME_ADDRESS = np.log(4)  # log-likelihood ratio
# Names that are alike by chance are common, and who is meant is looked up by hand before anything
# rests on it: a possible match counts as little as one small coincidence, times its score.
ON_A_LIST = np.log(2)  # log-likelihood ratio at score 1
# An established trader has this many partners on either side, and the goods of the lead are no
# more than this share of its lots.
PARTNERS, SHARE_OF_TRADE = 5, 0.2
ESTABLISHED = -np.log(4)  # log-likelihood ratio
FORWARDS = -np.log(3)  # log-likelihood ratio: a forwarder is named for somebody else's goods
REPAIRS = -np.log(8)  # log-likelihood ratio: repairs and returns say so in nearly all records
LICENSED = -np.log(8)  # log-likelihood ratio: few papers of diverted goods quote a licence
CONSUMER = -np.log(3)  # log-likelihood ratio: cards on free sale have many lawful buyers

_FORWARDER = re.compile(
    r"\b(?:forward\w*|freight|logisti\w*|cargo|shipping|express|courier|transit\w*|transport\w*)\b",
    re.IGNORECASE,
)


_LICENCE = re.compile(
    r"(?i)\b(?:licen[cs]e|lic|permit|genehmigung|licencia|лицензи\w*|许可证)\b\W*(?:no\b|nr\b|number)?"
    r"\W*[a-z]{0,3}\d{4,}"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one part for one lead."""

    log_lr: float
    sentence: str
    record_ids: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One lead as the parts see it.

    Attributes
    ----------
    lots
        Its shipments (columns of :attr:`chipflow.Network.shipments` and of
        :attr:`chipflow.network.routes.Routes.lots`), in the order of hops.
    links
        Its links.
    middle
        Ids of the companies through which the goods passed, in order.
    names
        Company id to name.
    facts
        What the records say about each company, and about all.
    listed
        Company id to its best possible match: the row of :func:`chipflow.companies.screen`.
    joins
        Company id and spelling to the reason for which the spelling was taken for that company,
        for spellings that differ in more than legal form, case and punctuation.
    """

    lots: pd.DataFrame
    links: pd.DataFrame
    middle: tuple[str, ...]
    buyers: tuple[str, ...]
    names: dict[str, str]
    facts: Facts
    listed: dict[str, dict[str, Any]] = field(default_factory=dict)
    joins: dict[tuple[str, str], str] = field(default_factory=dict)

    @cached_property
    def finals(self) -> pd.DataFrame:
        """The shipments that arrive at the destination."""
        return self.lots[self.lots["stage"] == "final"]

    @cached_property
    def sources(self) -> pd.DataFrame:
        """The purchases that name the chip."""
        return self.lots[self.lots["stage"] == "source"]

    @cached_property
    def ruling(self) -> Status:
        """What the rules say of the chip that arrived last, on its day and destination."""
        last = self.finals.sort_values(["date", "record_id"]).iloc[-1]
        return status(str(last["chip"]), last["date"].date(), str(last["arrival_country"]))


@dataclass(frozen=True)
class Part:
    """One red flag or one innocent explanation."""

    name: str
    kind: Literal["reason", "innocent"]
    question: str
    source: str
    find: Callable[[Case], Finding | None]


def _ids(lots: pd.DataFrame) -> tuple[str, ...]:
    return tuple(sorted(str(one) for one in lots["record_id"]))


def _controlled(case: Case) -> Finding | None:
    # The question that makes it a lead; it is asked of every route, so it weighs nothing.
    return Finding(0.0, case.ruling.sentence, _ids(case.finals))


def _continuation(case: Case) -> Finding | None:
    links = case.links
    # A hand-over is judged by all its lots together; what a lead has of them counts.
    lots = links.drop_duplicates(["hop", "to_record"])
    weight = float((lots["hop_log_odds"] / lots["hop_lots"]).sum())
    best = links.sort_values(["log_odds", "from_record"], ascending=[False, True]).iloc[0]
    return Finding(
        weight,
        f"{len(links)} {_plural('pair', len(links))} of lots in "
        f"{(number := links['hop'].nunique())} {_plural('hand-over', number)} where goods out "
        f"agree with goods in{', the closest' if len(links) > 1 else ''}: "
        f"{_agreement_sentence(best)}",
        tuple(sorted({*links["from_record"], *links["to_record"]})),
    )


def _agreement_sentence(link: pd.Series) -> str:
    number = "an unknown number of" if pd.isna(link["units"]) else f"{link['units']:,.0f}"
    said = [f"{number} units left {link['days']:,.0f} days after they arrived"]
    if np.isfinite(link["kg_apart"]):
        said.append(f"weight per piece {abs(np.expm1(link['kg_apart'])):.0%} apart")
    if np.isfinite(link["usd_apart"]):
        said.append(f"declared at {np.exp(link['usd_apart']):.0%} of the value per piece")
    return ", ".join(said)


def _disguise(case: Case) -> Finding | None:
    after = case.lots[case.lots["stage"] != "source"]
    hidden = after[~after["declared"].fillna(False).astype(bool)]
    if hidden.empty:
        return None
    chip = str(case.sources["chip"].iloc[0])
    words = hidden["description"].dropna()
    said = f"“{_clip(str(words.iloc[0]))}”" if len(words) else "no description"
    share = len(hidden) / len(after)
    return Finding(
        share * float(np.log(HIDDEN_IF_DIVERTED / HIDDEN_IF_HONEST)),
        f"{len(hidden)} of {len(after)} onward shipments do not name the {chip}, but say {said}",
        _ids(hidden),
    )


def _new_company(case: Case) -> Finding | None:
    facts = case.facts
    if facts.share_new is None:
        return None
    new = []
    for company in case.middle:
        received = case.lots.loc[case.lots["consignee_id"] == company, "date"]
        if received.empty:
            continue
        first = received.min()
        seen = facts.first_day(company)
        can_tell = first - facts.begin >= pd.Timedelta(days=NEW_FOR)
        if can_tell and first - seen < pd.Timedelta(days=NEW_FOR):
            new.append((company, seen))
    if not new:
        return None
    company, seen = new[0]
    ratio = float(np.log(NEW_IF_DIVERTED / facts.share_new))
    if ratio <= 0:
        return None
    return Finding(
        ratio * len(new),
        f"{case.names[company]} is first seen in the records on {seen:%Y-%m-%d}; "
        f"{facts.share_new:.0%} of all shipments go to a company that new",
        _ids(case.lots[case.lots["consignee_id"].isin([one for one, _ in new])]),
    )


def _single_partners(case: Case) -> Finding | None:
    facts = case.facts
    single = [one for one in case.middle if facts.is_single(one)]
    if not single or facts.share_single is None:
        return None
    ratio = float(np.log(SINGLE_IF_DIVERTED / facts.share_single))
    if ratio <= 0:
        return None
    names = ", ".join(case.names[one] for one in single[:3])
    return Finding(
        ratio * len(single),
        f"{names}: one supplier and one customer in the records; "
        f"{facts.share_single:.0%} of all traders are like that",
        _ids(case.lots[case.lots["consignee_id"].isin(single)]),
    )


def _shared_address(case: Case) -> Finding | None:
    parties = [*case.middle, *case.buyers]
    addresses = case.facts.addresses.reindex(parties).dropna()
    shared = addresses[addresses.duplicated(keep=False)]
    if shared.empty:
        return None
    same = shared.index[shared == shared.iloc[0]].tolist()
    involved = case.lots["shipper_id"].isin(same) | case.lots["consignee_id"].isin(same)
    return Finding(
        float(SAME_ADDRESS),
        f"{' and '.join(case.names[one] for one in same[:3])} give the same address",
        _ids(case.lots[involved]),
    )


def _on_a_list(case: Case) -> Finding | None:
    lots = case.lots
    parties = dict.fromkeys([*lots["shipper_id"], *lots["consignee_id"]])
    found = [case.listed[one] for one in parties if one in case.listed]
    if not found:
        return None
    best = max(found, key=lambda match: (match["score"], str(match["company_id"])))
    company = best["company_id"]
    return Finding(
        float(ON_A_LIST) * float(best["score"]),
        f"{case.names[company]} may be “{best['entry_name']}” of {best['list']}: a possible match "
        f"by name, score {best['score']:.2f}; compare address and numbers before relying on it",
        _ids(lots[(lots["shipper_id"] == company) | (lots["consignee_id"] == company)]),
    )


def _letter(case: Case) -> Finding | None:
    if " letter to " not in case.ruling.sentence:
        return None
    # Weighs nothing here: whom the letter binds, the records do not show.
    return Finding(
        0.0,
        "A letter binds the maker it was sent to and what is sold under its licences: a company "
        "that sold on what it had may not have needed one until a general rule said so",
        _ids(case.finals),
    )


def _joined_names(case: Case) -> Finding | None:
    lots = case.lots
    sides = pd.concat(
        [
            lots[["record_id", "shipper_id", "shipper"]].set_axis(["record", "id", "name"], axis=1),
            lots[["record_id", "consignee_id", "consignee"]].set_axis(
                ["record", "id", "name"], axis=1
            ),
        ]
    )
    pairs = zip(sides["id"], sides["name"], strict=True)
    own = [(str(one), str(name)) in case.joins for one, name in pairs]
    found = sides[own].drop_duplicates(["id", "name"])
    if found.empty:
        return None
    said = [
        f"“{_clip(str(row.name))}” is taken for {case.names[str(row.id)]} "
        f"({case.joins[(str(row.id), str(row.name))]})"
        for row in found.head(3).itertuples(index=False)
    ]
    # Weighs nothing here: names are joined only where that is much likelier than not.
    return Finding(
        0.0,
        f"{'; '.join(said)}: if they are two companies, the route is broken there",
        tuple(sorted(set(sides.loc[own, "record"].astype(str)))),
    )


def _licence(case: Case) -> Finding | None:
    return Finding(
        0.0,
        "A licence or a licence exception may have covered it: trade records do not show licences",
        _ids(case.finals),
    )


def _quotes_licence(case: Case) -> Finding | None:
    quoted = case.finals["description"].astype("str").str.contains(_LICENCE, regex=True)
    if not quoted.any():
        return None
    return Finding(
        float(LICENSED) * float(quoted.mean()),
        f"{quoted.sum()} of {len(quoted)} shipments to the destination quote a licence: ask the "
        "authority that would have given it",
        _ids(case.finals[quoted]),
    )


def _kept(case: Case) -> Finding | None:
    entered = case.sources["entered_units"].sum()
    arrived = case.finals["units"].sum()
    if not (entered > 0 and arrived < entered * 0.99):
        return None
    share = max(arrived / entered, 0.05)
    return Finding(
        float(np.log(share)),
        f"{entered - arrived:,.0f} of {entered:,.0f} units that were bought are not seen to go "
        "on: the buyer may use what it keeps",
        _ids(case.sources),
    )


def _established(case: Case) -> Finding | None:
    facts = case.facts
    large = []
    for company in case.middle:
        lots_out = int((case.lots["shipper_id"] == company).sum())
        if facts.is_established(company, lots_out, PARTNERS, SHARE_OF_TRADE):
            large.append(company)
    if not large:
        return None
    name = case.names[large[0]]
    return Finding(
        float(ESTABLISHED) * len(large),
        f"{name} trades with many others, and these goods are a small part of it: the agreement "
        "of lots may be chance",
        _ids(case.lots[case.lots["shipper_id"].isin(large)]),
    )


def _forwarder(case: Case) -> Finding | None:
    found = [one for one in case.middle if _FORWARDER.search(case.names[one])]
    if not found:
        return None
    return Finding(
        float(FORWARDS) * len(found),
        f"{case.names[found[0]]} may be a forwarder that is named for somebody else's goods",
        _ids(case.lots[case.lots["consignee_id"].isin(found)]),
    )


def _repair(case: Case) -> Finding | None:
    said = case.lots[case.lots["mentions_return"].fillna(False).astype(bool)]
    if said.empty:
        return None
    return Finding(
        float(REPAIRS),
        f"{len(said)} of {len(case.lots)} records speak of a repair or a return",
        _ids(said),
    )


def _consumer(case: Case) -> Finding | None:
    cards = case.sources[case.sources["goods"] == "consumer_card"]
    if cards.empty:
        return None
    return Finding(
        float(CONSUMER),
        f"{cards['chip'].iloc[0]} is a card on free sale in most countries, with lawful buyers",
        _ids(cards),
    )


def _unrecorded(case: Case) -> Finding | None:
    inferred = case.links[case.links["kind"] == HAND_OVER]
    if inferred.empty:
        return None
    ends = case.lots[case.lots["record_id"].isin(inferred["to_record"])]
    # Weighs nothing here: the rarity of hand-overs is already in the odds of the link.
    return Finding(
        0.0,
        f"No record shows how the goods came from one company to the other inside "
        f"{ends['from_country'].iloc[0]}: two separate trades may look alike, and another company "
        f"there may be the source (odds of this one: {expit(inferred['log_odds'].max()):.0%})",
        _ids(ends),
    )


PARTS: tuple[Part, ...] = (
    Part(
        "controlled that day",
        "reason",
        "Did the chip need a licence for the destination on the day it went there?",
        "15 CFR 734, 740, 742, 744; chipflow/goods/tables",
        _controlled,
    ),
    Part(
        "continuation",
        "reason",
        "Do goods out agree with goods in, within weeks?",
        BIS_2023,
        _continuation,
    ),
    Part("disguise", "reason", "Does the description stop naming the chip?", BIS_2025, _disguise),
    Part(
        "new company",
        "reason",
        "Was the middle company unknown to the records shortly before?",
        BIS_2023,
        _new_company,
    ),
    Part(
        "single supplier and customer",
        "reason",
        "Does the middle company buy from one and sell to one?",
        TRI_SEAL,
        _single_partners,
    ),
    Part(
        "shared address",
        "reason",
        "Do companies of the route share an address?",
        TRI_SEAL,
        _shared_address,
    ),
    Part(
        "party on a list",
        "reason",
        "May a company of the route be on a list of restricted parties?",
        BIS_FLAGS,
        _on_a_list,
    ),
    Part("licence", "innocent", "May a licence have covered it?", "15 CFR 748", _licence),
    Part(
        "licence quoted",
        "innocent",
        "Do the papers quote a licence?",
        "15 CFR 748",
        _quotes_licence,
    ),
    Part("letter to a maker", "innocent", "Is the rule a letter to one maker?", BIS_FLAGS, _letter),
    Part("joined names", "innocent", "Are two spellings one company?", "chipflow", _joined_names),
    Part("goods kept", "innocent", "Did part of the goods stay?", "chipflow", _kept),
    Part(
        "established trader",
        "innocent",
        "Is the middle company a trader with much else to do?",
        "chipflow",
        _established,
    ),
    Part("forwarder", "innocent", "Is a forwarder named for somebody else?", TRI_SEAL, _forwarder),
    Part("repair or return", "innocent", "Do records speak of repairs?", "chipflow", _repair),
    Part("consumer goods", "innocent", "Is it a card on free sale?", "15 CFR 740.25", _consumer),
    Part("unseen hand-over", "innocent", "Is a link inferred?", "chipflow", _unrecorded),
)


def weigh(case: Case, parts: tuple[Part, ...] = PARTS) -> pd.DataFrame:
    """Ask every part about one lead.

    Parameters
    ----------
    case
        The lead.
    parts
        The parts to ask.

    Returns
    -------
    pandas.DataFrame
        One row an answer: ``part, kind, log_lr, sentence, record_ids`` (joined by ``;``).
    """
    answers = [(part, part.find(case)) for part in parts]
    return pd.DataFrame(
        [
            {
                "part": part.name,
                "kind": part.kind,
                "log_lr": answer.log_lr,
                "sentence": answer.sentence,
                "record_ids": ";".join(answer.record_ids),
            }
            for part, answer in answers
            if answer is not None
        ],
        columns=["part", "kind", "log_lr", "sentence", "record_ids"],
    )


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def _clip(text: str, longest: int = 60) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
