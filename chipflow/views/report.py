"""The report: what was asked, what was found and why, to be read, printed and passed on."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from chipflow._version import __version__
from chipflow.leads.coincidence import NOT_SHOWN
from chipflow.leads.direct_exports import denied_elsewhere
from chipflow.views import plots
from chipflow.views.figure import svg as _figure
from chipflow.views.marks import is_marks, read_marks
from chipflow.views.notes import read_notes, rendered
from chipflow.views.page import Page, assemble, source
from chipflow.views.spec import each_row, numbers, view_spec
from chipflow.views.wording import shortened

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from markupsafe import Markup

    from chipflow.given_files import Given
    from chipflow.leads import Lead, Leads
    from chipflow.views.marks import Mark
    from chipflow.views.spec import ViewSpec

# A report is read and printed: the table files hold the rest, and the report says so.
MOST_DOSSIERS = 10  # leads with a page of their own
MOST_LISTED = 1_000  # leads in the table
MOST_RECORDS = 60  # records of one lead
MOST_ASIDE = 100  # routes set aside
MOST_COMPANIES = 60  # companies
MOST_SHEETS = 400  # sheets
FIRST_ROWS = 12  # of a long table; the others unfold
MOST_REASONS = 15  # kinds of rejected cells and rows
COMPANY_ROLES = ("middle", "buyer", "seller")


def report(
    leads: Leads,
    *,
    template: str | os.PathLike[str] | None = None,
    notes: Given | Sequence[Given] | None = None,
) -> Page:
    """Write the report of a search.

    Parameters
    ----------
    leads
        What :func:`chipflow.find_leads` returned.
    template
        A Jinja template of your own; ``docs/reports.md`` says what it is given.
    notes
        A Markdown file that is put in front, as the words of whoever writes the report; or a
        ``.csv`` file of marks that the map has saved; or several of both.

    Returns
    -------
    Page
        HTML without any script; prints on A4, and :func:`chipflow.views.write_pdf` makes a PDF of
        it. Figures are SVG inside the page, each with a text that says what it shows. The same
        leads give the same bytes.

    Raises
    ------
    InputError
        The template or the notes cannot be used.
    """
    said, marks = _given(notes)
    spec = view_spec(leads)
    rows = {name: spec.rows(name) for name in ("leads", "records", "evidence", "settle")}
    shown = [leads[place] for place in range(min(len(rows["leads"]), MOST_DOSSIERS))]
    dossiers = [
        {
            **rows["leads"][place],
            "figure": _timeline(lead),
            "mark": marks.get(str(rows["leads"][place]["id"])),
            "reasons": _of(rows["evidence"], place, innocent=False),
            "innocent": _of(rows["evidence"], place, innocent=True),
            "settle": [row["text"] for row in rows["settle"] if row["lead"] == place],
            "records": [row for row in rows["records"] if row["lead"] == place][:MOST_RECORDS],
            "more_records": max(sum(r["lead"] == place for r in rows["records"]) - MOST_RECORDS, 0),
        }
        for place, lead in enumerate(shown)
    ]
    records = leads.searched.records
    return assemble(
        "report.html.j2",
        title="chipflow: report",
        styles=[source("base.css"), source("report.css")],
        simulated=spec.simulated,
        asked=spec.asked,
        counts=spec.counts,
        notes=said,
        marks=marks,
        first_rows=FIRST_ROWS,
        marks_elsewhere=len(set(marks) - {str(row["id"]) for row in rows["leads"]}),
        off_route=int(leads.direct["records"].sum()),
        unnamed=len(leads.unnamed),
        elsewhere=denied_elsewhere(leads.direct, leads.destination),
        chance=leads.chance,
        not_shown=NOT_SHOWN,
        with_chance=any(row["no_coincidence"] is not None for row in rows["leads"]),
        country_rows=_country_rows(spec),
        reading=spec.reading,
        map=_figure(plots.draw_map, spec, size=(9.2, 4.6)),
        rules=bool(plots.rule_days(leads)),
        flows=_figure(plots.plot_flows, leads, size=(9.2, 3.1)),
        dossiers=dossiers,
        leads=rows["leads"][:MOST_LISTED],
        leads_left_out=spec.counts["leads"] - min(len(rows["leads"]), MOST_LISTED),
        countries=spec.countries["name"],
        aside=spec.rows("set_aside")[:MOST_ASIDE],
        aside_reasons=_counted(leads.set_aside["reason"]),
        aside_total=len(leads.set_aside),
        companies=_companies(leads),
        companies_on_leads=bool(len(leads.table)),
        sheets=_sheets(records.sheets),
        rejected=_rejected(records.rejected),
        inputs=sorted(records.inputs, key=lambda one: str(one["path"])),
        version=__version__,
        day=_day,
        height=760,
        own_template=None if template is None else Path(template),
    )


def _given(
    notes: Given | Sequence[Given] | None,
) -> tuple[Markup | None, dict[str, Mark]]:
    """Return the notes in Markdown as markup, and the marks of leads, of all files given."""
    files: list[Given] = []
    if isinstance(notes, (str, PathLike)):
        files = [notes]
    elif notes is not None:
        files = list(notes)
    words = [read_notes(one) for one in files if not is_marks(one)]
    marks = {key: mark for one in files if is_marks(one) for key, mark in read_marks(one).items()}
    return (rendered("\n\n".join(words)) if words else None), marks


def _country_rows(spec: ViewSpec) -> list[dict[str, Any]]:
    """What each country saw of the leads; of all trade in the records where there is no lead."""
    if spec.leads["id"]:
        arcs = pd.DataFrame(spec.arcs)
        arcs = arcs[~arcs["inferred"].astype(bool)]
    else:
        arcs = pd.DataFrame(spec.flows).assign(lead=None)
        arcs["units"] = arcs[spec.measure]
    arcs["units"] = pd.to_numeric(arcs["units"], errors="coerce")
    into, out = arcs.groupby("target")["units"].sum(), arcs.groupby("origin")["units"].sum()
    ends = pd.concat(
        [arcs[["origin", "lead"]].set_axis(["place", "lead"], axis=1),
         arcs[["target", "lead"]].set_axis(["place", "lead"], axis=1)]
    ).astype({"lead": object})  # fmt: skip
    found = ends.groupby("place")["lead"].nunique()
    table = pd.DataFrame({"into": into, "out": out, "leads": found}).fillna(0.0)
    table["size"] = table["into"] + table["out"]
    table = table.sort_values(["leads", "size"], ascending=False, kind="stable")
    return [
        {"name": spec.countries["name"][place], "into": into, "out": out, "leads": int(leads)}
        for place, into, out, leads in zip(
            table.index.astype(int).tolist(), table["into"], table["out"], table["leads"],
            strict=True,
        )
    ]  # fmt: skip


def _of(evidence: list[dict[str, Any]], place: int, *, innocent: bool) -> list[dict[str, Any]]:
    return [row for row in evidence if row["lead"] == place and row["innocent"] == innocent]


def _day(days: int | None, precision: str = "day") -> str:
    if days is None:
        return "no date"
    day = pd.Timestamp(0) + pd.Timedelta(days=int(days))
    return day.strftime({"month": "%b %Y", "year": "%Y"}.get(precision, "%d %b %Y")).lstrip("0")


def _companies(leads: Leads) -> list[dict[str, Any]]:
    table = leads.companies
    if len(leads.table):
        table = table[table["role"].isin(COMPANY_ROLES)]
    amounts = ["throughput", "units_in", "units_out", "in_strength", "out_strength"]
    sizes = table[amounts].apply(pd.to_numeric, errors="coerce").fillna(0).astype(float)
    order = pd.DataFrame(
        {
            "passed": sizes["throughput"],
            "chips": sizes[["units_in", "units_out"]].max(axis=1),
            "shipments": sizes["in_strength"] + sizes["out_strength"],
            "id": table["company_id"],
        }
    ).sort_values(["passed", "chips", "shipments", "id"], ascending=[False, False, False, True])
    kept = table.loc[order.index].head(MOST_COMPANIES)
    texts = {
        name: [None if pd.isna(one) else shortened(str(one), 300) for one in kept[name]]
        for name in ("name", "aliases", "country", "role")
    }
    columns = {**texts, **{name: numbers(kept[name], 1) for name in amounts}}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _sheets(sheets: list[Any]) -> dict[str, Any]:
    used = [one for one in sheets if one.kind == "records" and not one.reason]
    others = [one for one in sheets if not (one.kind == "records" and not one.reason)]
    return {
        "used": used[:MOST_SHEETS],
        "others": others[:MOST_SHEETS],
        "used_total": len(used),
        "others_total": len(others),
    }


def _rejected(rejected: pd.DataFrame) -> list[dict[str, Any]]:
    if not len(rejected):
        return []
    column = rejected["column"].astype(object).where(rejected["column"].notna(), "whole row")
    counted = (
        pd.DataFrame({"column": column, "reason": rejected["reason"].astype(str)})
        .value_counts()
        .rename("count")
        .reset_index()
        .sort_values(["count", "column", "reason"], ascending=[False, True, True])
    )
    return [
        {"column": row.column, "reason": row.reason, "count": row.times}
        for row in each_row(counted.rename(columns={"count": "times"}).head(MOST_REASONS))
    ]


def _counted(values: pd.Series) -> list[tuple[str, int]]:
    counted = values.astype(str).value_counts().rename_axis("reason").reset_index(name="count")
    counted = counted.sort_values(["count", "reason"], ascending=[False, True])
    return list(zip(counted["reason"], counted["count"].astype(int), strict=True))


def _timeline(lead: Lead) -> dict[str, str]:
    from chipflow.views.plots import MOST_COMPANIES as MOST_ROWS

    records = lead.records
    rows = min(pd.concat([records["shipper_id"], records["consignee_id"]]).nunique(), MOST_ROWS)
    return _figure(plots.plot_timeline, lead, size=(9.2, 1.1 + 0.4 * max(rows, 2)))
