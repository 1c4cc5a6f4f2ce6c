"""What a search may say when it ends: leads, no lead, or no verdict at all.

"No lead" reads like an all-clear. It may only be said with what was looked at, and not at all
where the records do not hold what a lead is made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from chipflow.goods.text.classify import classify_texts
from chipflow.leads.watched_goods import is_watched
from chipflow.records.cleaning.unread import field_label
from chipflow.records.schema import one_line
from chipflow.records.vocabulary.countries import country_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chipflow.leads.dossier import Leads
    from chipflow.records import Records
    from chipflow.records.schema import Sheet

Kind = Literal["leads", "no lead", "no verdict"]
HEADINGS: dict[Kind, str] = {
    "leads": "Leads were found",
    "no lead": "No lead",
    "no verdict": "No verdict",
}
# Fields without which no lead can be found, and the canonical columns that give them.
GOODS_FIELDS = ("description",)
COUNTRY_FIELDS = (
    "consignee_country",
    "import_country",
    "destination_country",
    "shipper_country",
    "export_country",
    "origin_country",
)
_LONGEST_SAMPLE = 60  # characters
_MOST_HEADERS = 3  # unused columns named for a field


@dataclass(frozen=True)
class Verdict:
    """What may be said at the end of a search.

    Attributes
    ----------
    kind
        ``leads``; ``no lead`` (searched, and none found); ``no verdict`` (the records do not hold
        what a lead is made of, so that nothing can be said).
    sentence
        It in words, with what was looked at.
    looked_at
        ``records`` in the days asked about; those with ``goods`` (a text that describes them),
        that name a ``chip``, with ``both_countries``, with a ``destination``.
    reasons
        Why there is no verdict; empty otherwise.
    hints
        What could be done: unused columns that could be the missing ones.
    """

    kind: Kind
    sentence: str
    looked_at: dict[str, int]
    reasons: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()

    @property
    def heading(self) -> str:
        """The verdict in two or three words."""
        return HEADINGS[self.kind]

    @property
    def text(self) -> str:
        """The sentence with its reasons and hints."""
        return " ".join([self.sentence, *self.hints])


def verdict(leads: Leads) -> Verdict:
    """Say what a search may say when it ends.

    Parameters
    ----------
    leads
        What :func:`chipflow.find_leads` returned.

    Returns
    -------
    Verdict
    """
    records = leads.searched.records
    within = _within(leads)
    counts = looked_at(within)
    if len(leads):
        return Verdict("leads", looked_at_sentence(counts, records), counts)
    reasons, hints = _no_verdict(counts, leads, records)
    if reasons:
        return Verdict(
            "no verdict",
            f"No verdict: {'; '.join(reasons)}. {looked_at_sentence(counts, records)}",
            counts,
            tuple(reasons),
            tuple(hints),
        )
    return Verdict(
        "no lead",
        f"No lead. chipflow looked for {looked_for(leads.destination, followed(leads))}. "
        f"{looked_at_sentence(counts, records)}",
        counts,
    )


def looked_at(shipments: pd.DataFrame) -> dict[str, int]:
    """Count the shipments that hold what a lead is made of.

    Parameters
    ----------
    shipments
        The shipments of the days that were asked about, as in :class:`chipflow.network.Network`.

    Returns
    -------
    dict of str to int
        As :attr:`Verdict.looked_at`.
    """
    sent, received = shipments["from_country"].notna(), shipments["to_country"].notna()
    return {
        "records": len(shipments),
        "goods": int(shipments["description"].notna().sum()),
        "chip": int((shipments["chip"].notna() & shipments["declared"].astype(bool)).sum()),
        "both_countries": int((sent & received).sum()),
        "destination": int(received.sum()),
    }


def looked_at_sentence(counts: dict[str, int], records: Records) -> str:
    """Say what was looked at, and how much was not read."""
    whole = counts["records"]
    said = (
        f"Goods were read in {counts['goods']:,} of {whole:,} records; {counts['chip']:,} "
        f"{'names' if counts['chip'] == 1 else 'name'} a chip; {counts['both_countries']:,} have "
        "both countries"
    )
    unread = records.unread
    if not unread:
        return f"{said}."
    cells = ", ".join(f"{field_label(one.field)} {one.unread:,}" for one in unread)
    total = sum(one.unread for one in unread)
    return f"{said}. {total:,} {'cell was' if total == 1 else 'cells were'} not read: {cells}."


def looked_for(destination: Sequence[str], watched: Sequence[str] = ()) -> str:
    """Say in words what a search looks for.

    Parameters
    ----------
    destination
        ISO 3166 alpha-2 codes.
    watched
        Names of the watch lists that were followed.
    """
    goods = ", ".join(["accelerators", *(f"goods of the list {one}" for one in watched)])
    names = [country_name(code) for code in destination]
    places = " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return (
        f"{goods} that reached {places or 'a named destination'} through a third country "
        "when a licence was needed"
    )


def followed(leads: Leads) -> list[str]:
    """Name the watch lists whose goods were followed.

    Parameters
    ----------
    leads
        What :func:`chipflow.find_leads` returned.
    """
    left_out = leads.parameters.get("watch_without_rule_there", ())
    return [one for one in leads.parameters.get("watch", ()) if one not in left_out]


def _within(leads: Leads) -> pd.DataFrame:
    shipments = leads.searched.shipments
    # Watched goods stand in the place of chips, and are none.
    if lists := followed(leads):
        others = {one for one in shipments["chip"].dropna().unique() if is_watched(one, lists)}
        shipments = shipments.assign(chip=shipments["chip"].mask(shipments["chip"].isin(others)))
    kept = pd.Series(True, index=shipments.index)
    if leads.parameters.get("since"):
        kept &= shipments["date"] >= pd.Timestamp(leads.parameters["since"])
    if leads.parameters.get("until"):
        kept &= shipments["date"] <= pd.Timestamp(leads.parameters["until"])
    return shipments[kept]


def _no_verdict(
    counts: dict[str, int], leads: Leads, records: Records
) -> tuple[list[str], list[str]]:
    """Return why nothing can be said, and what could be done; empty where something can be."""
    reasons: list[str] = []
    hints: list[str] = []
    whole = counts["records"]
    used = [sheet for sheet in records.sheets if sheet.kind == "records"]
    if not whole:
        since, until = (leads.parameters.get(name) for name in ("since", "until"))
        days = leads.searched.shipments["date"].dropna()
        reasons.append(
            "there is no record"
            if not len(leads.searched.shipments)
            else f"no record lies between {since or 'the first day'} and {until or 'the last day'}"
            + (f" (the records go from {days.min():%Y-%m-%d} to {days.max():%Y-%m-%d})"
               if len(days) else "")
        )  # fmt: skip
        return reasons, hints
    if 2 * counts["goods"] < whole:
        said = "no column says what the goods were" if not counts["goods"] else (
            f"only {counts['goods']:,} of {whole:,} records say what the goods were"
        )  # fmt: skip
        reasons.append(said)
        hints += _unused(used, GOODS_FIELDS)
    if 2 * counts["destination"] < whole:
        reasons.append(
            f"the country that the goods went to was read in only {counts['destination']:,} of "
            f"{whole:,} records"
        )
    elif 2 * counts["both_countries"] < whole:
        reasons.append(
            f"both countries were read in only {counts['both_countries']:,} of {whole:,} records"
        )
    if 2 * counts["both_countries"] < whole:
        hints += _unused(used, COUNTRY_FIELDS)
    all_counts = records.counts
    if all_counts["rejected"] > all_counts["used"] + all_counts["duplicate"]:
        reasons.append(
            f"{all_counts['rejected']:,} of {all_counts['rows_in']:,} rows were rejected"
        )
    return reasons, hints


def _telling(samples: Sequence[str], field: str) -> str:
    """Return the sample that shows best what is missed: of goods, one that names a chip."""
    if not samples:
        return ""
    if field not in GOODS_FIELDS:
        return samples[0]
    read = classify_texts([(text, None, None, None) for text in samples])
    named = [text for text, goods in zip(samples, read, strict=True) if goods.chip is not None]
    return (named or [*samples])[0]


def _unused(sheets: list[Sheet], fields: Sequence[str]) -> list[str]:
    """Name the unused columns that could be a field, each with a text that stands in it."""
    said: dict[str, None] = {}
    for sheet in sheets:
        for field in fields:
            for header in sheet.could_be.get(field, [])[:_MOST_HEADERS]:
                example = _telling(sheet.samples.get(header, []), field)
                holds = f" holds '{one_line(example, _LONGEST_SAMPLE)}' and" if example else ""
                said[f"'{one_line(header)}'{holds} was not used"] = None
    if not said:
        return []
    return [
        "; ".join(list(said)[:_MOST_HEADERS])
        + ": name it in a layout (chipflow read --save-layout, then --layout)."
    ]
