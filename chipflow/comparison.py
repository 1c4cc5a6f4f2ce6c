"""What is new between two results of the same question: last week's leads and this week's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from chipflow.leads import Leads
from chipflow.records.schema import one_line
from chipflow.saved import read_leads
from chipflow.schemas import DIFFERENCES
from chipflow.tables import as_json, csv_text

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    from chipflow._shows import Page

# In the order in which they are listed.
CHANGES = ("new", "grown", "changed", "gone")
# What a lead says; where one of these differs it has changed. Score, p- and q-value differ with
# every record that is added anywhere, so that they are no news of a lead.
FACTS = {
    "companies": "companies",
    "countries": "countries",
    "chips": "chips",
    "units": "units",
    "value_usd": "value (USD)",
    "first_date": "first day",
    "last_date": "last day",
}
# What was asked, which explains differences that are none of the records.
QUESTION = (
    "destination", "since", "until", "window_days", "most_hops", "seed", "null_draws", "layout",
    "chips", "rules",
)  # fmt: skip
LONGEST_REASON = 600  # characters of a reason on a terminal
LONGEST_VALUE = 200  # characters of a fact that a reason quotes


@dataclass(frozen=True)
class Difference:
    """What differs between two results.

    Attributes
    ----------
    table
        One row a lead that is not the same in both; see :data:`chipflow.schemas.DIFFERENCES`.
    unchanged
        Number of leads that are the same in both.
    asked_differently
        Sentences: what differs in the question, not in the records.
    old, new
        What the two results are called.
    simulated
        Whether the records of either are simulated.
    """

    table: pd.DataFrame
    unchanged: int
    asked_differently: tuple[str, ...] = ()
    old: str = "old"
    new: str = "new"
    simulated: bool = False

    def __bool__(self) -> bool:
        """Whether there is news."""
        return len(self.table) > 0

    def __len__(self) -> int:
        """Return the number of leads that differ."""
        return len(self.table)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many leads are new, grown, changed, gone and unchanged."""
        found = self.table["change"].value_counts()
        counts = {change: int(found.get(change, 0)) for change in CHANGES}
        return {**counts, "unchanged": self.unchanged}

    def to_text(self) -> str:
        """Return it for a terminal: a line of counts, then each lead with its reasons."""
        said = [self._sentence()]
        if self.simulated:
            said.insert(0, "SIMULATED RECORDS: no real company is meant")
        said += [f"! {one}" for one in self.asked_differently]
        for row in self.table.to_dict("records"):
            places = "" if pd.isna(row["rank"]) else f", rank {row['rank']}"
            known = row["lead_id"] if isinstance(row["lead_id"], str) else row["old_lead_id"]
            said.append(f"{row['change']}: {known}{places}: {row['countries']}, {row['chips']}")
            said.append(f"    {one_line(str(row['companies']), LONGEST_VALUE)}")
            said += [f"    - {one_line(one, LONGEST_REASON)}" for one in row["reasons"]]
        return "\n".join(said)

    def to_csv(self) -> str:
        """Return the table as CSV, inert in a spreadsheet."""
        return csv_text(self.table.assign(reasons=self.table["reasons"].map(" | ".join)))

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it: ``news, counts, asked_differently, leads``."""
        return {
            "old": self.old,
            "new": self.new,
            "simulated": self.simulated,
            "news": bool(self),
            "counts": self.counts,
            "asked_differently": list(self.asked_differently),
            "leads": as_json(self.table),
        }

    def to_json(self) -> str:
        """Return :meth:`to_dict` as text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2, allow_nan=False)

    def to_html(self) -> Page:
        """Return a page, one file that loads nothing."""
        from chipflow._shows import view

        page: Page = view("difference_page", self)
        return page

    def _repr_html_(self) -> str:
        return self.to_html()._repr_html_()

    def __repr__(self) -> str:
        return f"<Difference: {self._sentence()}>"

    def _sentence(self) -> str:
        counts = ", ".join(f"{count:,} {change}" for change, count in self.counts.items())
        return f"{'News' if self else 'No news'}: {counts}"


def diff(old: Leads | str | os.PathLike[str], new: Leads | str | os.PathLike[str]) -> Difference:
    """Say what is new between two results.

    Parameters
    ----------
    old, new
        Folders that ``chipflow analyze`` wrote, or leads.

    Returns
    -------
    Difference
        A lead is the same one if both share records, the most shared first; of those without a
        common record, if they have the same id. It has *grown* if only records were added,
        *changed* if records were lost or what it says is otherwise; new and gone leads say why
        as far as the two results show it.

    Raises
    ------
    InputError
        A folder holds no results.
    """
    before, after = (one if isinstance(one, Leads) else read_leads(Path(one)) for one in (old, new))
    comparison = _Comparison(before, after)
    table = DIFFERENCES.conform(comparison.table())
    names = ("old" if isinstance(old, Leads) else str(Path(old)),
             "new" if isinstance(new, Leads) else str(Path(new)))  # fmt: skip
    return Difference(
        table,
        unchanged=comparison.unchanged,
        asked_differently=tuple(_asked_differently(before, after)),
        old=names[0],
        new=names[1],
        simulated=any(one.searched.records.simulated for one in (before, after)),
    )


class _Comparison:
    """Two lists of leads side by side."""

    def __init__(self, before: Leads, after: Leads) -> None:
        self.before, self.after = before, after
        self.rows = [_rows(before), _rows(after)]
        self.records = [_records(before), _records(after)]
        self.pairs = self._pairs()
        self.unchanged = 0

    def table(self) -> pd.DataFrame:
        old, new = self.rows
        found: list[dict[str, Any]] = []
        for lead in new:
            partner = self.pairs.get(lead)
            if partner is None:
                found.append(self._row("new", None, lead, self._why_new(lead)))
                continue
            change, reasons = self._compared(partner, lead)
            if change:
                found.append(self._row(change, partner, lead, reasons))
            else:
                self.unchanged += 1
        kept = set(self.pairs.values())
        found += [
            self._row("gone", lead, None, self._why_gone(lead)) for lead in old if lead not in kept
        ]
        found.sort(key=lambda row: CHANGES.index(row["change"]))
        columns = pd.DataFrame(found, columns=DIFFERENCES.names)
        return columns.astype({"rank": "Int64", "old_rank": "Int64"})

    def _pairs(self) -> dict[str, str]:
        """New lead to the old one that it is."""
        old, new = self.records
        holders: dict[str, list[str]] = {}
        for lead, records in old.items():
            for record in records:
                holders.setdefault(record, []).append(lead)
        shared: dict[tuple[str, str], int] = {}
        for lead, records in new.items():
            for record in records:
                for other in holders.get(record, ()):
                    shared[other, lead] = shared.get((other, lead), 0) + 1
        order = sorted(shared, key=lambda pair: (-shared[pair], pair[0] != pair[1], pair))
        same_id = [(lead, lead) for lead in self.rows[1] if lead in self.rows[0]]
        pairs: dict[str, str] = {}
        for before, after in [*order, *same_id]:
            if after not in pairs and before not in pairs.values():
                pairs[after] = before
        return pairs

    def _compared(self, before: str, after: str) -> tuple[str, list[str]]:
        added, lost = self._records_between(before, after)
        old, new = self.rows[0][before], self.rows[1][after]
        reasons = []
        if added:
            reasons.append(_count(added, "record") + " added")
        if lost:
            seen = set(self.after.searched.shipments["record_id"])
            still = sum(record in seen for record in lost)
            where = "" if not still else f" ({still:,} of them are in the records, off this lead)"
            reasons.append(_count(lost, "record") + f" no longer in it{where}")
        for name, called in FACTS.items():
            if _differs(old[name], new[name]):
                reasons.append(f"{called}: {_shown(old[name])}, now {_shown(new[name])}")
        if before != after:
            reasons.append(f"was {before}: its middle companies or chips were read otherwise")
        if not reasons:
            return "", []
        return ("grown" if added and not lost else "changed"), reasons

    def _why_new(self, lead: str) -> list[str]:
        known = set(self.before.searched.shipments["record_id"])
        fresh = self.records[1][lead] - known
        said = [
            f"{_count(fresh, 'record')} of {len(self.records[1][lead]):,} not in the older records"
        ]
        split = [old for old, own in self.records[0].items() if own & self.records[1][lead]]
        said += [f"shares records with {old}, which is another lead now" for old in split]
        if not fresh and not split:
            aside = _set_aside(self.before, self.records[1][lead])
            said += [f"was set aside before: {one}" for one in aside] or [
                "its records were there before, and did not make a lead"
            ]
        return said

    def _why_gone(self, lead: str) -> list[str]:
        own = self.records[0][lead]
        missing = own - set(self.after.searched.shipments["record_id"])
        said = []
        if missing:
            said.append(f"{_count(missing, 'record')} of {len(own):,} not in the newer records")
        joined = [new for new, records in self.records[1].items() if own & records]
        said += [f"shares records with {new}, which it is part of now" for new in joined]
        if not joined:
            aside = _set_aside(self.after, own)
            said += [f"set aside: {one}" for one in aside]
        return said or ["its records are there, and no longer make a lead"]

    def _row(
        self, change: str, before: str | None, after: str | None, reasons: list[str]
    ) -> dict[str, Any]:
        old = {} if before is None else self.rows[0][before]
        new = {} if after is None else self.rows[1][after]
        added, lost = self._records_between(before, after)
        shown = new or old
        return {
            **{name: shown[name] for name in ("countries", "companies", "chips", "first_date",
                                              "last_date")},
            "change": change,
            "lead_id": after,
            "old_lead_id": before,
            "rank": new.get("rank"),
            "old_rank": old.get("rank"),
            "units": new.get("units", float("nan")),
            "old_units": old.get("units", float("nan")),
            "records_added": len(added),
            "records_lost": len(lost),
            "reasons": reasons,
        }  # fmt: skip

    def _records_between(self, before: str | None, after: str | None) -> tuple[set[str], set[str]]:
        old = set() if before is None else self.records[0][before]
        new = set() if after is None else self.records[1][after]
        return new - old, old - new


def _rows(leads: Leads) -> dict[str, dict[str, Any]]:
    rows: Any = leads.table.to_dict("records")
    return {str(row["lead_id"]): row for row in rows}


def _records(leads: Leads) -> dict[str, set[str]]:
    own = leads.steps.groupby("lead_id")["record_id"]
    found = {str(lead): set(records) for lead, records in own}
    return {lead: found.get(lead, set()) for lead in _rows(leads)}


def _set_aside(leads: Leads, records: set[str]) -> list[str]:
    """Sentences of the routes set aside that rest on some of these records."""
    table = leads.set_aside
    return list(
        dict.fromkeys(
            str(sentence)
            for sentence, ids in zip(table["sentence"], table["record_ids"], strict=True)
            if isinstance(ids, str) and records & set(ids.split(";"))
        )
    )


def _asked_differently(before: Leads, after: Leads) -> Iterator[str]:
    for name in QUESTION:
        old, new = (_plain(one.parameters.get(name)) for one in (before, after))
        if old != new:
            yield f"{name.replace('_', ' ')} was {old or 'not set'}, now {new or 'not set'}"
    if before.settings != after.settings:
        yield "the numbers of the method differ (--settings)"


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return "" if value is None else str(value)


def _differs(old: Any, new: Any) -> bool:
    if pd.isna(old) or pd.isna(new):
        return bool(pd.isna(old) != pd.isna(new))
    return bool(old != new)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return "unknown" if value != value else f"{value:,.0f}"
    return one_line(str(value), LONGEST_VALUE) or "nothing"


def _count(items: Iterable[str], what: str) -> str:
    number = len(set(items))
    return f"{number:,} {what}{'' if number == 1 else 's'}"
