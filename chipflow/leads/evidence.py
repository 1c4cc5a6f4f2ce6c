"""What speaks for a lead, and what speaks against it.

Each red flag and each innocent explanation is one declared part: a question, where the question
comes from, and a function that answers it for one lead with a log-likelihood ratio, a sentence
and the records it rests on. To add one, write a function and put it in :data:`PARTS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy.special import expit

from chipflow.goods.text.licences import quotes_licence
from chipflow.network.columns import total
from chipflow.routes.exclusion import Exclusion
from chipflow.tracing.transfers import RECORDED, RELATED

if TYPE_CHECKING:
    from chipflow.leads.lead_context import LeadContext
    from chipflow.network.columns import Columns

BIS_2023 = "BIS, Export Controls on Semiconductor Manufacturing Items and red flags, 2023-10"
BIS_2025 = "BIS, Industry guidance on diversion of advanced computing ICs, 2025-05-13"
BIS_FLAGS = "BIS, Know Your Customer guidance and red flags, 15 CFR 732 Supplement No. 3"
TRI_SEAL = "Departments of Commerce, Treasury and Justice, Tri-Seal compliance note, 2023-03-02"

_LETTER = re.compile(r" letter to (?P<maker>\w+)")
_FORWARDER = re.compile(
    r"\b(?:forward\w*|freight|logisti\w*|cargo|shipping|express|courier|transit\w*|transport\w*)\b",
    re.IGNORECASE,
)


# A share of all shipments below which something is called rare.
_RARE = 0.05


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one part for one lead.

    Attributes
    ----------
    log_lr
        Log-likelihood ratio.
    sentence
        What is said.
    record_ids
        What it rests on.
    excludes
        Why there is no lead if this is so, whatever the other parts say.
    """

    log_lr: float
    sentence: str
    record_ids: tuple[str, ...]
    excludes: Exclusion | None = None


@dataclass(frozen=True)
class Part:
    """One red flag or one innocent explanation."""

    name: str
    kind: Literal["reason", "innocent"]
    pair: str
    source: str
    find: Callable[[LeadContext], Finding | None]


def _ids(records: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(str(one) for one in records))


def _controlled(lead: LeadContext) -> Finding | None:
    # The question that makes it a lead; it is asked of every route, so it weighs nothing.
    return Finding(0.0, lead.ruling.sentence, _ids(lead.finals["record_id"]))


def _continuation(lead: LeadContext) -> Finding | None:
    links = lead.continuations
    # Of a transfer counts what the lead's own shipments say.
    steps = {(links["transfer"][row], links["to_record"][row]): row for row in range(len(links))}
    at = list(steps.values())
    said, by_name = links["shipment_log_odds"][at], links["by_name"][at]
    # That goods without a name went on shows where they went, and hardly what they are.
    hops, hop = np.unique(links["transfer"][at], return_inverse=True)
    onward = np.bincount(hop, weights=said * (1 - by_name), minlength=len(hops))
    weight = float(
        (said * by_name).sum() + np.minimum(onward, -np.log(lead.settings.evidence.goes_on)).sum()
    )
    best = min(
        range(len(links)), key=lambda row: (-links["log_odds"][row], links["from_record"][row])
    )
    number = len(set(links["transfer"].tolist()))
    sold = len(set(links["to_record"].tolist()))
    places = "one company" if number == 1 else f"{number} companies"
    match = comparison_sentence(links, best, lead.settings.evidence.far_apart)
    return Finding(
        weight,
        f"At {places}, {sold} outgoing {plural('shipment', sold)} "
        f"{'match' if sold > 1 else 'matches'} incoming ones. "
        f"{'Closest match' if len(links) > 1 else 'The match'}: {match}",
        _ids(np.union1d(links["from_record"], links["to_record"])),
    )


def comparison_sentence(links: Columns, row: int, far_apart: float) -> str:
    """Say in words how two shipments agree.

    Parameters
    ----------
    links
        Links as in :class:`chipflow.leads.lead_context.LeadContext`.
    row
        Which of them.
    far_apart
        Factor from which weights a piece do not agree.
    """
    units, kg, usd = (links[name][row] for name in ("units", "kg_apart", "usd_apart"))
    days = round(float(links["days"][row]))
    number = "an unknown number of" if np.isnan(units) else f"{units:,.0f}"
    said = [f"{number} chips left {days:,} {plural('day', days)} after arriving"]
    taken_out = links["taken_out"][row]
    if taken_out:
        said.append("singly, as chips taken out of what they were built into weigh")
    elif links["rebuilt"][row]:
        said.append(
            "in another form by weight, as boards taken out of servers are, or servers that boards "
            "were built into"
        )
    # What does not agree is no reason.
    if np.isfinite(kg) and abs(kg) < np.log(far_apart):
        said.append(f"weight per piece differs by {abs(np.expm1(kg)):.0%}")
    if np.isfinite(usd) and abs(usd) < np.log(far_apart):
        each = "chip" if taken_out else "piece"
        said.append(f"declared value per {each} differs by {abs(np.expm1(usd)):.0%}")
    return said[0] if len(said) == 1 else f"{said[0]}; {', '.join(said[1:])}"


def _vague_description(lead: LeadContext) -> Finding | None:
    after = lead.steps.take(lead.steps["stage"] != "source")
    chip = str(lead.sources["chip"][0])
    known = lead.catalogue.by_chip.get(chip)
    name = _written(chip if known is None else known.family)
    # A board of the chip, or a part for it, is called by its name and hides nothing.
    hides = [
        not said and name.search(text or "") is None
        for said, text in zip(after["declared"], after["description"], strict=True)
    ]
    hidden = after.take(np.array(hides, dtype=bool))
    if not len(hidden):
        return None
    share = len(hidden) / len(after)
    return Finding(
        share
        * float(
            np.log(
                lead.settings.evidence.hidden_if_diverted / lead.settings.evidence.hidden_if_honest
            )
        ),
        f"{len(hidden)} of {len(after)} onward shipments do not name the {chip}, but say "
        f"{_first_words(hidden)}",
        _ids(hidden["record_id"]),
    )


def _wrong_code(lead: LeadContext) -> Finding | None:
    wrong = lead.steps.take(lead.steps["wrong_code"].astype(bool))
    if not len(wrong):
        return None
    codes = ", ".join(sorted(set(wrong["hs_code"])))
    # Weighs nothing: how often honest declarants take a wrong code is not known.
    return Finding(
        0.0,
        f"{len(wrong)} of {len(lead.steps)} records name the chip under an HS code that is not for "
        f"computing goods ({codes})",
        _ids(wrong["record_id"]),
    )


def _two_readings(lead: LeadContext) -> Finding | None:
    clash = np.array([one is not None for one in lead.steps["conflict"]], dtype=bool)
    if not clash.any():
        return None
    said = list(dict.fromkeys(lead.steps["conflict"][clash]))
    # Weighs nothing: which of the two is wrong, the record does not say.
    return Finding(
        0.0,
        f"{clash.sum()} of {len(lead.steps)} records can be read in two ways. {said[0]} This lead "
        "goes by the part number",
        _ids(lead.steps["record_id"][clash]),
    )


def _new_company(lead: LeadContext) -> Finding | None:
    profiles = lead.profiles
    if profiles.share_new is None:
        return None
    new = []
    for company in lead.middle:
        received = lead.steps["date"][lead.steps["consignee_id"] == company]
        if not len(received):
            continue
        first = pd.Timestamp(received.min())
        seen = profiles.first_day[company]
        can_tell = first - profiles.begin >= pd.Timedelta(days=lead.settings.transfers.new_for)
        if can_tell and first - seen < pd.Timedelta(days=lead.settings.transfers.new_for):
            new.append((company, seen))
    if not new:
        return None
    company, seen = new[0]
    ratio = float(np.log(lead.settings.transfers.new_if_diverted / profiles.share_new))
    if ratio <= 0:
        return None
    return Finding(
        ratio * len(new),
        f"{lead.names[company]} first appears on {seen:%Y-%m-%d}"
        f"{_days_before(seen, lead, company)}. {how_common(profiles.share_new)}: "
        f"{profiles.share_new:.0%} of all shipments go to a company that recent",
        _ids(lead.received_by(one for one, _ in new)),
    )


def _days_before(seen: pd.Timestamp, lead: LeadContext, company: str) -> str:
    received = lead.steps["date"][lead.steps["consignee_id"] == company]
    days = (pd.Timestamp(received.min()) - seen).days
    return f", {days} {plural('day', days)} before" if days > 0 else " with this shipment"


def how_common(share: float) -> str:
    """Say in words how common a share of all shipments is."""
    return "This is rare" if share < _RARE else "This is common"


def _single_partners(lead: LeadContext) -> Finding | None:
    profiles = lead.profiles
    single = [one for one in lead.middle if profiles.is_single(one)]
    if not single or profiles.share_single is None:
        return None
    ratio = float(np.log(lead.settings.evidence.single_if_diverted / profiles.share_single))
    if ratio <= 0:
        return None
    names = ", ".join(lead.names[one] for one in single[:3])
    return Finding(
        ratio * len(single),
        f"{names}: one supplier and one customer in the records; "
        f"{profiles.share_single:.0%} of all traders are like that",
        _ids(lead.received_by(single)),
    )


def _shared_address(lead: LeadContext) -> Finding | None:
    at: dict[str, list[str]] = {}
    for party in dict.fromkeys([*lead.middle, *lead.buyers]):
        if party in lead.profiles.addresses:
            at.setdefault(lead.profiles.addresses[party], []).append(party)
    same = next((parties for parties in at.values() if len(parties) > 1), None)
    if same is None:
        return None
    return Finding(
        float(np.log(lead.settings.evidence.same_address)),
        f"{' and '.join(lead.names[one] for one in same[:3])} give the same address",
        _ids(np.union1d(lead.received_by(same), lead.sent_by(same))),
    )


def _on_a_list(lead: LeadContext) -> Finding | None:
    parties = dict.fromkeys([*lead.steps["shipper_id"], *lead.steps["consignee_id"]])
    found = [lead.listed[one] for one in parties if one in lead.listed]
    if not found:
        return None
    best = max(found, key=lambda match: (match["score"], str(match["company_id"])))
    company = str(best["company_id"])
    return Finding(
        float(np.log(lead.settings.evidence.on_a_list)) * float(best["score"]),
        f"{lead.names[company]} may be “{best['entry_name']}” of {best['list']}: a possible match "
        f"by name, score {best['score']:.2f}; compare address and numbers before relying on it",
        _ids(np.union1d(lead.received_by([company]), lead.sent_by([company]))),
    )


def _letter(lead: LeadContext) -> Finding | None:
    to = _LETTER.search(lead.ruling.sentence)
    if to is None:
        return None
    # The word, not letters inside of another one.
    maker = re.compile(rf"(?i)\b{re.escape(to['maker'])}\b")
    ids = _ids(lead.finals["record_id"])
    if any(maker.search(str(lead.names[one])) for one in lead.finals["shipper_id"]):
        return Finding(
            0.0, f"The rule is a letter to {to['maker']}, who is named as the seller", ids
        )
    return Finding(
        0.0,
        f"A letter binds {to['maker']}, to whom it was sent, and what is sold under its licences: "
        "a company that sold on what it had may not have needed one until a general rule said so",
        ids,
        excludes=Exclusion.LETTER_TO_MAKER,
    )


def _joined_names(lead: LeadContext) -> Finding | None:
    steps = lead.steps
    told: dict[tuple[str, str], set[str]] = {}
    for side in ("shipper", "consignee"):
        for pair, record in zip(
            zip(steps[f"{side}_id"], steps[side], strict=True), steps["record_id"], strict=True
        ):
            if pair in lead.joins:
                told.setdefault(pair, set()).add(record)
    if not told:
        return None
    said = [
        f"“{_clip(name)}” is taken for {lead.names[company]} ({lead.joins[company, name]})"
        for company, name in list(told)[:3]
    ]
    # Weighs nothing here: names are joined only where that is much likelier than not.
    return Finding(
        0.0,
        f"{'; '.join(said)}: if they are two companies, the route is broken there",
        tuple(sorted(set().union(*told.values()))),
    )


def _licence(lead: LeadContext) -> Finding | None:
    return Finding(
        0.0,
        "A licence or a licence exception may have covered it: trade records do not show licences",
        _ids(lead.finals["record_id"]),
    )


def _quotes_licence(lead: LeadContext) -> Finding | None:
    quoted = quotes_licence(lead.finals["description"])
    if not quoted.any():
        return None
    return Finding(
        -float(np.log(lead.settings.evidence.licensed)) * float(quoted.mean()),
        f"{quoted.sum()} of {len(quoted)} shipments to the destination quote a licence: ask the "
        "authority that would have given it",
        _ids(lead.finals["record_id"][quoted]),
    )


def _chip_inferred(lead: LeadContext) -> Finding | None:
    sources = lead.sources
    unnamed = sources.take(~sources["named"].astype(bool))
    if not len(unnamed):
        return None
    # Weighs nothing here: that it may be something else is counted in the transfer.
    return Finding(
        0.0,
        f"{len(unnamed)} of {len(sources)} purchases do not name the {unnamed['chip'][0]}, but say "
        f"{_first_words(unnamed)}: weight and value are those of this chip, and may be those of "
        "another one",
        _ids(unnamed["record_id"]),
    )


def _kept(lead: LeadContext) -> Finding | None:
    entered = total(lead.sources["entered_units"])
    arrived = np.nansum(lead.finals["units"])
    if not (entered > 0 and arrived < entered * 0.99):
        return None
    share = max(arrived / entered, lead.settings.evidence.least_kept)
    return Finding(
        float(np.log(share)),
        f"{entered - arrived:,.0f} of {entered:,.0f} units that were bought are not seen to go "
        "on: the buyer may use what it keeps",
        _ids(lead.sources["record_id"]),
    )


def _established(lead: LeadContext) -> Finding | None:
    profiles = lead.profiles
    large = []
    for company in lead.middle:
        shipments_out = int((lead.steps["shipper_id"] == company).sum())
        if profiles.is_established(
            company,
            shipments_out,
            lead.settings.evidence.partners,
            lead.settings.evidence.share_of_trade,
        ):
            large.append(company)
    if not large:
        return None
    name = lead.names[large[0]]
    return Finding(
        -float(np.log(lead.settings.evidence.established)) * len(large),
        f"{name} trades with many others, and these goods are a small part of it: the agreement "
        "of lots may be chance",
        _ids(lead.sent_by(large)),
    )


def _forwarder(lead: LeadContext) -> Finding | None:
    found = [one for one in lead.middle if _FORWARDER.search(lead.names[one])]
    if not found:
        return None
    return Finding(
        -float(np.log(lead.settings.evidence.forwards)) * len(found),
        f"{lead.names[found[0]]} may be a forwarder that is named for somebody else's goods",
        _ids(lead.received_by(found)),
    )


def _repair(lead: LeadContext) -> Finding | None:
    said = lead.steps["record_id"][lead.steps["mentions_return"]]
    if not len(said):
        return None
    return Finding(
        -float(np.log(lead.settings.evidence.repairs)),
        f"{len(said)} of {len(lead.steps)} records speak of a repair or a return",
        _ids(said),
    )


def _consumer(lead: LeadContext) -> Finding | None:
    cards = lead.sources.take(lead.sources["goods"] == "consumer_card")
    if not len(cards):
        return None
    return Finding(
        -float(np.log(lead.settings.evidence.consumer)),
        f"{cards['chip'][0]} is a card on free sale in most countries, with ordinary buyers",
        _ids(cards["record_id"]),
    )


def _unrecorded(lead: LeadContext) -> Finding | None:
    inferred = lead.continuations.take(lead.continuations["kind"] != RECORDED)
    if not len(inferred):
        return None
    at = {record: row for row, record in enumerate(lead.steps["record_id"])}
    best = int(np.argmax(inferred["log_odds"]))
    bought, sold = (at[inferred[end][best]] for end in ("from_record", "to_record"))
    there, here = lead.steps["to_country"][bought], lead.steps["from_country"][sold]
    where = f"inside {here}" if there == here else f"from {there} to {here}: a leg without a record"
    # What chance makes of such hand-overs is counted, and is in no other part of the odds.
    odds = expit(inferred["log_odds"][best]) * (1 - inferred["chance"][best])
    buyers, sender = int(inferred["searched"][best]), lead.names[lead.steps["shipper_id"][sold]]
    among = "it is the only one that fits" if buyers == 1 else f"it fits best of {buyers:,}"
    other = (
        f"among the buyers in these records that can have had these chips there, {among}, and a "
        "source that they do not hold may fit as well (odds of this one: "
        f"{odds * lead.settings.transfers.named_right:.0%})"
    )
    if inferred["kind"][best] == RELATED:
        other = (
            "they share something, but may be two businesses, and two separate trades may look "
            f"alike (odds of this one: {odds:.0%})"
        )
    # Weighs nothing here: the rarity of transfers is already in the odds of the link.
    return Finding(
        0.0,
        f"No record shows how the goods came from {lead.names[lead.steps['consignee_id'][bought]]} "
        f"to {sender} {where}: {other}",
        _ids(np.unique(inferred["to_record"])),
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
    Part(
        "vague description",
        "reason",
        "Does the description stop naming the chip?",
        BIS_2025,
        _vague_description,
    ),
    Part("wrong code", "reason", "Is the HS code one of other goods?", BIS_2025, _wrong_code),
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
    Part("chip inferred", "innocent", "Is the chip not named?", "chipflow", _chip_inferred),
    Part("two readings", "innocent", "Do name and part number agree?", "chipflow", _two_readings),
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


def weigh(lead: LeadContext, parts: tuple[Part, ...] = PARTS) -> list[tuple[Part, Finding]]:
    """Ask every part about one lead, and return those that answer, in their order."""
    answers = [(part, part.find(lead)) for part in parts]
    return [(part, answer) for part, answer in answers if answer is not None]


@lru_cache(maxsize=256)
def _written(family: str) -> re.Pattern[str]:
    """Return what finds the name of a chip's family in a text, as GEFORCE RTX4090 has RTX 4090."""
    words = re.split(r"[\W_]+", family)
    written = r"[\W_]*".join(re.escape(word) for word in words)
    return re.compile(rf"(?i)(?<![a-z0-9]){written}(?![0-9])")


def _first_words(steps: Columns) -> str:
    """Return the first description among some shipments, as it stands in a sentence."""
    words = next((one for one in steps["description"] if one is not None), None)
    return "no description" if words is None else f"“{_clip(words)}”"


def plural(word: str, count: int) -> str:
    """Return a word as it stands beside a number."""
    return word if count == 1 else f"{word}s"


def _clip(text: str, longest: int = 60) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
