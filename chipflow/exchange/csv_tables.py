"""Tables as CSV files that a spreadsheet program opens right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chipflow.schemas import COMPANIES
from chipflow.tables import write_csv

if TYPE_CHECKING:
    from pathlib import Path

    from chipflow.leads import Leads


def write_tables(leads: Leads, folder: Path) -> None:
    """Write leads, their records, evidence and companies, and what was set aside.

    Parameters
    ----------
    leads
        What is written.
    folder
        Made if it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    records = leads.steps[["lead_id", "record_id", "hop", "stage"]].merge(
        leads.own_shipments, on="record_id"
    )
    for name, table in (
        ("leads", leads.table),
        ("records", records),
        ("evidence", leads.evidence),
        ("companies", leads.companies[COMPANIES.names]),
        ("set_aside", leads.set_aside),
    ):
        write_csv(table, folder / f"{name}.csv", excel=True)
