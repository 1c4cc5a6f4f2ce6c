"""How results show themselves: the one place where they reach up to the views.

Imports go from records to views only. Results that draw themselves (``leads.map()``, a table in
Jupyter) ask here, by name and at the time of drawing, so that nothing is loaded before.
"""

from __future__ import annotations

import html
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chipflow.leads.dossier import Lead, Leads
    from chipflow.network.build import Network
    from chipflow.network.company import Company
    from chipflow.views.page import Page as Page

# A notebook cell shows this many rows; the whole table is in `leads.table`.
ROWS_SHOWN = 20


def view(name: str, *arguments: Any, **options: Any) -> Any:
    """Call a function of :mod:`chipflow.views` by name."""
    return getattr(import_module("chipflow.views"), name)(*arguments, **options)


def network_summary(network: Network) -> str:
    """Show a network as a line and its busiest companies."""
    companies = network.companies
    busiest = companies.assign(shipments=companies["in_strength"] + companies["out_strength"])
    busiest = busiest.sort_values(["shipments", "company_id"], ascending=[False, True])
    columns = ["name", "country", "role", "shipments", "units_in", "units_out"]
    return (
        f"<p><b>{len(network):,}</b> shipments between <b>{len(companies):,}</b> companies"
        f"{_label(network)}</p>" + _table(busiest[columns].head(10))
    )


def company(found: Company) -> str:
    """Show a company: its names, and from whom and to whom it shipped."""
    others = "; ".join(found.aliases)
    facts = [found.country or "no country stated", f"{len(found.received):,} shipments received",
             f"{len(found.sent):,} sent", found.company_id]  # fmt: skip
    return (
        f"<h3>{html.escape(found.name)}</h3><p>{html.escape(', '.join(facts))}</p>"
        + (f"<p>Also spelled {html.escape(others)}</p>" if others else "")
        + "".join(
            f"<p><b>{title}</b></p>{_table(table.head(ROWS_SHOWN))}"
            for title, table in (
                ("Received from", found.suppliers),
                ("Sent to", found.customers),
            )
            if len(table)
        )
    )


def leads_table(leads: Leads) -> str:
    """Show leads as a table."""
    asked = html.escape(" ".join(leads.destination))
    looked_at = f"<p>{html.escape(leads.verdict.text)}</p>"
    if not len(leads) and leads.whole is not None:
        return f"<p><b>No lead is as asked</b>{_label(leads.searched)}.</p>{looked_at}"
    if not len(leads):
        return (
            f"<p><b>{leads.verdict.heading}</b> (destination {asked}, "
            f"{len(leads.searched):,} shipments){_label(leads.searched)}. "
            f"{len(leads.set_aside):,} routes were looked at and set aside.</p>{looked_at}"
        )
    columns = ["rank", "no_coincidence", "chips", "units", "units_low", "units_high"]
    columns += ["countries", "companies", "first_date", "last_date"]
    more = f", the first {ROWS_SHOWN} shown" if len(leads) > ROWS_SHOWN else ""
    return (
        f"<p><b>{html.escape(leads.chance)}</b>; to {asked}{more}{_label(leads.searched)}. A lead "
        "is a question to ask, not a finding: <code>leads[0]</code> shows the first with its "
        f"reasons, innocent explanations and records.</p>{looked_at}"
        + _table(leads.table[columns].head(ROWS_SHOWN))
    )


def dossier(lead: Lead) -> str:
    """Show one lead: what it says, why, what else may explain it, and its records."""
    evidence = lead.evidence
    sides = [
        (title, evidence.loc[evidence["kind"] == kind, "sentence"])
        for title, kind in (
            ("Reasons", "reason"),
            ("What may explain it innocently", "innocent"),
        )
    ]
    columns = ["hop", "date", "shipper", "consignee", "description", "quantity", "weight_kg"]
    columns += ["value_usd", "record_id", "source", "source_row"]
    parts = [
        f"<h3>Lead {lead.rank}: {html.escape(lead.countries)}</h3>",
        f"<p>{html.escape(lead.sentence)}{_label(lead.leads.searched)}</p>",
        f"<p>{html.escape(lead.chance)}</p>",
        *(_list(title, list(sentences)) for title, sentences in sides),
        _list("What would settle it", lead.settle),
        _table(lead.records[columns]),
    ]
    return "\n".join(parts)


def _label(network: Network) -> str:
    return " — <b>SIMULATED RECORDS</b>" if network.records.simulated else ""


def _list(title: str, sentences: list[str]) -> str:
    items = "".join(f"<li>{html.escape(one)}</li>" for one in sentences)
    return f"<p><b>{title}</b></p><ul>{items}</ul>" if items else ""


def _table(frame: Any) -> str:
    return str(frame.to_html(index=False, escape=True, na_rep="", float_format="{:,.6g}".format))
