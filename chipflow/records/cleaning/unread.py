"""What was not read: how many cells of each field say something that was not understood.

A search stands on what was read. Whatever was not is counted here, and said wherever a result is
said: in the summary, in ``run.json``, at the head of report and map.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from chipflow.records.cleaning.codes import MORE_CODES
from chipflow.records.schema import CONTENT_COLUMNS, HOP_COUNTRIES, one_line

if TYPE_CHECKING:
    import ibis.expr.types as ir

# The commonest texts that are shown of a field, and how much of each.
MOST_TEXTS = 3
LONGEST_TEXT = 40  # characters

GIVEN_COLUMNS = ("source", "field", "given")
TEXT_COLUMNS = ("source", "field", "value", "cells")


@dataclass(frozen=True)
class UnreadCells:
    """The cells of one field that say something, and those of them that were not understood.

    Attributes
    ----------
    field
        Canonical column.
    given
        Cells that say something, in the columns that were read as this field.
    unread
        How many of them were not understood; each stands in ``rejected.csv``.
    commonest
        Up to three of their texts as they stand in the file, each with its number of cells.
    """

    field: str
    given: int
    unread: int
    commonest: tuple[tuple[str, int], ...]

    @property
    def sentence(self) -> str:
        """Such as ``destination: 47 of 4,285 not understood: 'Korea, Rep.' 39, 'Bahrian' 8``."""
        texts = ", ".join(f"'{one_line(text, LONGEST_TEXT)}' {n:,}" for text, n in self.commonest)
        head = f"{field_label(self.field)}: {self.unread:,} of {self.given:,} not understood"
        return f"{head}: {texts}" if texts else head

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values that JSON can hold."""
        return {**asdict(self), "commonest": [list(pair) for pair in self.commonest]}

    @classmethod
    def from_dict(cls, said: dict[str, Any]) -> UnreadCells:
        """Make it again from what :meth:`to_dict` returned."""
        pairs = tuple((str(text), int(n)) for text, n in said["commonest"])
        return cls(str(said["field"]), int(said["given"]), int(said["unread"]), pairs)


def field_label(field: str) -> str:
    """Return what a field is called in a sentence: ``destination_country`` is the destination."""
    if field in ("origin_country", "destination_country"):
        field = field.removesuffix("_country")
    return field.removesuffix("_kg").removesuffix("_usd").replace("_", " ")


@dataclass(frozen=True)
class CellCounts:
    """Cells that were given and cells that were not read, by source and field.

    Attributes
    ----------
    given
        ``source, field, given``: cells that say something.
    texts
        ``source, field, value, cells``: what was not understood.
    """

    given: pd.DataFrame
    texts: pd.DataFrame

    @classmethod
    def none(cls) -> CellCounts:
        """Return the counts of records of which no cell was looked at."""
        return cls(
            pd.DataFrame({"source": [], "field": [], "given": []}).astype({"given": "int64"}),
            pd.DataFrame({"source": [], "field": [], "value": [], "cells": []}).astype(
                {"cells": "int64"}
            ),
        )

    @classmethod
    def of(cls, read: pd.DataFrame, wrong: pd.DataFrame) -> CellCounts:
        """Count.

        Parameters
        ----------
        read
            ``source, field, given``: cells that were read.
        wrong
            ``source, field, value, reason``: one row for each cell that was not, or not wholly.
        """
        keys = ["source", "field", "value"]
        each = wrong[keys].astype(object).assign(cells=1)
        texts = each.groupby(keys, dropna=False)["cells"].sum().to_frame().reset_index()
        # A cell of several codes is counted where its first code was read.
        unread = each[wrong["reason"] != MORE_CODES].groupby(["source", "field"])["cells"].sum()
        total = read.set_index(["source", "field"])["given"].add(unread, fill_value=0)
        given = total[total > 0].astype("int64").rename("given").reset_index()
        return cls(given, texts)

    def of_source(self, source: str) -> list[UnreadCells]:
        """Return the fields of one sheet with cells that were not understood."""
        return unread_fields(
            self.given[self.given["source"] == source], self.texts[self.texts["source"] == source]
        )

    @property
    def fields(self) -> list[UnreadCells]:
        """The fields with cells that were not understood, in the order of the columns."""
        return unread_fields(self.given, self.texts)


def unread_fields(given: pd.DataFrame, texts: pd.DataFrame) -> list[UnreadCells]:
    """Sum up counts by field; see :class:`CellCounts` for what goes in."""
    totals = given.groupby("field")["given"].sum()
    by_text = texts.groupby(["field", "value"], dropna=False)["cells"].sum().to_frame()
    by_text = by_text.reset_index().sort_values(
        ["field", "cells", "value"], ascending=[True, False, True], ignore_index=True
    )
    found = []
    for field, rows in by_text.groupby("field"):
        first = rows.dropna(subset="value").head(MOST_TEXTS)
        pairs = zip(first["value"].astype(str), first["cells"].astype(int), strict=True)
        unread = int(rows["cells"].sum())
        found.append(UnreadCells(str(field), int(totals.get(field, unread)), unread, tuple(pairs)))
    order = {name: place for place, name in enumerate(CONTENT_COLUMNS)}
    return sorted(found, key=lambda one: (order.get(one.field, len(order)), one.field))


def lead_needs(records: ir.Table) -> dict[str, Any]:
    """Return the expressions that count the records with what a lead needs.

    Parameters
    ----------
    records
        Canonical columns.

    Returns
    -------
    dict of str to ibis expression
        ``records``; ``goods`` (a text that describes them), ``both_countries`` (from which and to
        which they went), ``day`` (not only a month or a year), ``weight_or_value``; and ``all``
        of these, where a month will do as well as a day.
    """
    import ibis

    sent, received = (
        ibis.coalesce(*(records[name] for name in names)).notnull()
        for names in HOP_COUNTRIES.values()
    )
    has = {
        "goods": records.description.notnull(),
        "both_countries": sent & received,
        "weight_or_value": records.weight_kg.notnull()
        | records.value_usd.notnull()
        | records.value.notnull(),
    }
    complete = has["goods"] & has["both_countries"] & has["weight_or_value"]
    return {
        "records": records.count(),
        **{name: test.sum().fill_null(0) for name, test in has.items()},
        "destination": received.sum().fill_null(0),
        "day": (records.date_precision == "day").sum().fill_null(0),
        "all": complete.sum().fill_null(0),
    }


def needs_sentence(counts: dict[str, int]) -> str:
    """Say how many records have what a lead needs."""
    whole = counts["records"]
    parts = [
        f"{label} {counts[name]:,}"
        for label, name in (
            ("a text that describes the goods", "goods"),
            ("both countries", "both_countries"),
            ("a day", "day"),
            ("weight or value", "weight_or_value"),
        )
    ]
    return f"of {whole:,} records {counts['all']:,} have all that a lead needs ({', '.join(parts)})"
