"""The network for Neo4j: CSV files, and the Cypher that loads them.

No name goes into the Cypher text: it reads every value from a column, so that nothing in a record
can run as a query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from chipflow.tables import DEFUSED, write_csv

if TYPE_CHECKING:
    from pathlib import Path

    from chipflow.leads import Leads
    from chipflow.network import Network

COMPANY_COLUMNS = ["company_id", "name", "aliases", "country", "addresses"]
SHIPMENT_COLUMNS = [
    "record_id", "shipper_id", "consignee_id", "date", "date_precision", "from_country",
    "to_country", "description", "hs_code", "goods", "chip", "units", "weight_kg", "value_usd",
    "control_status", "control_rule", "source", "source_row",
]  # fmt: skip
LEAD_COLUMNS = [
    "lead_id", "rank", "no_coincidence", "score", "p_value", "q_value", "countries", "chips",
    "units", "first_date", "last_date",
]  # fmt: skip
STEP_COLUMNS = ["lead_id", "record_id", "hop", "stage"]
NUMBERS = {
    "units", "weight_kg", "value_usd", "no_coincidence", "score", "p_value", "q_value",
}  # fmt: skip
WHOLE = {"source_row", "rank", "hop"}
DATES = {"date", "first_date", "last_date"}


def write_neo4j(network: Network, leads: Leads, folder: Path) -> None:
    """Write ``companies.csv, shipments.csv, leads.csv, lead_shipments.csv, load.cypher``.

    Parameters
    ----------
    network, leads
        What is written.
    folder
        Made if it is not there. Put its files where Neo4j imports from, and run ``load.cypher``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shipments, kept = network.shipments, set(network.shipments["record_id"])
    steps = leads.steps[leads.steps["record_id"].isin(kept)]
    for name, table, columns in (
        ("companies", network.directory, COMPANY_COLUMNS),
        ("shipments", shipments, SHIPMENT_COLUMNS),
        ("leads", leads.table, LEAD_COLUMNS),
        ("lead_shipments", steps.drop_duplicates(["lead_id", "record_id"]), STEP_COLUMNS),
    ):
        write_csv(table[columns].apply(_escaped), folder / f"{name}.csv")
    (folder / "load.cypher").write_text(cypher(), encoding="utf-8", newline="\n")


def cypher() -> str:
    """Return the Cypher that loads the files; it is the same for all of them."""
    return "\n".join(
        [
            "// Put the CSV files of this folder into Neo4j's import folder, then run this file.",
            "CREATE CONSTRAINT company_id IF NOT EXISTS",
            "FOR (c:Company) REQUIRE c.company_id IS UNIQUE;",
            "CREATE CONSTRAINT lead_id IF NOT EXISTS",
            "FOR (l:Lead) REQUIRE l.lead_id IS UNIQUE;",
            "",
            "LOAD CSV WITH HEADERS FROM 'file:///companies.csv' AS row",
            "MERGE (c:Company {company_id: row.company_id})",
            _set("c", COMPANY_COLUMNS),
            "",
            "LOAD CSV WITH HEADERS FROM 'file:///shipments.csv' AS row",
            "MATCH (s:Company {company_id: row.shipper_id})",
            "MATCH (c:Company {company_id: row.consignee_id})",
            "MERGE (s)-[e:SHIPPED_TO {record_id: row.record_id}]->(c)",
            _set("e", [one for one in SHIPMENT_COLUMNS if not one.endswith("er_id")
                       and one != "consignee_id"]),
            "",
            "// A lead is a question, not a finding.",
            "LOAD CSV WITH HEADERS FROM 'file:///leads.csv' AS row",
            "MERGE (l:Lead {lead_id: row.lead_id})",
            _set("l", LEAD_COLUMNS),
            "",
            "LOAD CSV WITH HEADERS FROM 'file:///lead_shipments.csv' AS row",
            "MATCH (l:Lead {lead_id: row.lead_id})",
            "MATCH (s:Company)-[e:SHIPPED_TO {record_id: row.record_id}]->(c:Company)",
            "MERGE (l)-[m:MEETS {record_id: row.record_id}]->(c)",
            "SET m.hop = toInteger(row.hop), m.stage = row.stage;",
            "",
        ]
    )  # fmt: skip


def _set(variable: str, columns: list[str]) -> str:
    keys = {"company_id", "record_id", "lead_id"}
    parts = [f"{variable}.{name} = {_read(name)}" for name in columns if name not in keys]
    return "SET " + ",\n    ".join(parts) + ";"


def _read(name: str) -> str:
    if name in NUMBERS:
        return f"toFloat(row.{name})"
    if name in WHOLE:
        return f"toInteger(row.{name})"
    if name in DATES:
        return f"date(row.{name})"
    # The apostrophe that keeps a spreadsheet from running a cell is taken off again.
    # The s lets a dot stand for a line end, and Cypher reads backslashes once itself.
    begins = f"(?s){DEFUSED}.*".replace("\\", "\\\\")
    return f'CASE WHEN row.{name} =~ "{begins}" THEN substring(row.{name}, 1) ELSE row.{name} END'


def _escaped(column: pd.Series) -> pd.Series:
    """Double backslashes, by which Neo4j's reader of CSV escapes quotes."""
    if not (pd.api.types.is_string_dtype(column.dtype) or column.dtype == object):
        return column
    return column.map(lambda one: one.replace("\\", "\\\\") if isinstance(one, str) else one)
