"""Shared by all tests: the worked example, and where real data may lie."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
import pytest

from chipflow import Leads, Network, build_network, cli, cli_progress, find_leads
from chipflow.engine import connect, in_memory, materialise
from chipflow.records import Records, Sheet
from chipflow.records.schema import DUPLICATE_COLUMNS, KINDS, REJECTED_COLUMNS

mpl.use("Agg")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_customs() -> Path:
    """Real workbooks to try on; they are not part of the repository."""
    folder = ROOT.parent / "shared" / "data" / "customs"
    if not folder.is_dir():
        pytest.skip("the real workbooks are not on this machine")
    return folder


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command in this process: exit status, standard output, error output."""

    # Nobody watches: how fast the machine is must not change what a command says.
    monkeypatch.setattr(cli_progress, "EVERY", 3_600.0)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["chipflow", *map(str, arguments)])
        status = 0
        try:
            cli.main()
        except SystemExit as stop:
            status = stop.code or 0
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


COLUMNS = [
    "record_id",
    "date",
    "shipper",
    "shipper_country",
    "consignee",
    "consignee_country",
    "hs_code",
    "description",
    "quantity",
    "quantity_unit",
    "weight_kg",
    "value_usd",
]

# 64 H100 to a new company in Singapore, on to Malaysia as computer parts of the same weight, and
# on to China: the example that the documentation works by hand.
ROUTE = [
    ("R1", "2024-03-01", "Northfield Semiconductor Inc", "US", "Straits Bright Pte Ltd", "SG",
     "847330", "NVIDIA H100 80GB PCIE GPU CARD", 64, "PCS", 108.8, 1856000.0),
    ("R2", "2024-03-20", "STRAITS BRIGHT PTE. LTD.", "SG", "Selangor Peak Sdn Bhd", "MY",
     "847330", "COMPUTER PARTS", 64, "PCS", 109.0, 1900000.0),
    ("R3", "2024-04-05", "Selangor Peak Sdn. Bhd.", "MY", "Pudong Harvest Co Ltd", "CN",
     "847330", "COMPUTER PARTS", 64, "PCS", 108.6, 2100000.0),
]  # fmt: skip

# Honest trade around it: a distributor that deals with some of the same companies and countries.
BYSTANDERS = [
    (f"B{n:02d}", f"2024-{2 + n % 4:02d}-{3 + n:02d}", *pair, "851762", what, 10 + 7 * n, "PCS",
     round((10 + 7 * n) * kg, 1), round((10 + 7 * n) * usd, 2))
    for n in range(20)
    for pair, what, kg, usd in [[
        (("Harbour Distribution Pte Ltd", "SG", "Selangor Peak Sdn Bhd", "MY"),
         "NETWORK CABLES CAT6", 0.4, 3.0),
        (("Northfield Semiconductor Inc", "US", "Harbour Distribution Pte Ltd", "SG"),
         "NETWORK SWITCHES", 2.5, 140.0),
        (("Harbour Distribution Pte Ltd", "SG", "Pudong Harvest Co Ltd", "CN"),
         "COMPUTER KEYBOARDS", 0.7, 9.0),
    ][n % 3]]
]  # fmt: skip


def table(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    """Rows under the canonical headers."""
    return pd.DataFrame(rows, columns=COLUMNS)


Rows = pd.DataFrame | list[tuple[object, ...]]


def records_of(rows: Rows) -> Records:
    """Rows under the canonical headers as the records that reading them gives, without reading.

    For tests of what is done with records: to read a file takes longer than what they test.
    """
    frame = rows if isinstance(rows, pd.DataFrame) else table(rows)
    frame = frame.reindex(columns=list(KINDS))
    numbers = [name for name, kind in KINDS.items() if kind == "number"]
    texts = [name for name, kind in KINDS.items() if kind in {"text", "country"}]
    frame[numbers] = frame[numbers].astype("float64")
    frame = frame.assign(
        date=pd.to_datetime(frame["date"]).astype("datetime64[s]"),
        date_precision="day",
        source="records.csv",
        source_row=range(2, len(frame) + 2),
    )
    frame[texts] = frame[texts].astype("str")
    sheet = Sheet("records.csv", "records", rows=len(frame), used=len(frame))
    session = connect()
    expr = in_memory(frame)
    return Records(
        materialise(expr.mutate(date=expr.date.cast("date")), session),
        backend=session,
        sheets=[sheet],
        rejected=pd.DataFrame(columns=REJECTED_COLUMNS),
        duplicates=pd.DataFrame(columns=DUPLICATE_COLUMNS),
        inputs=[],
    )


def network_of(rows: Rows, **options: Any) -> Network:
    """Return the network of rows under the canonical headers."""
    return build_network(records_of(rows), **options)


def leads_of(rows: Rows) -> Leads:
    """Return the leads to China, Hong Kong and Macau among rows under the canonical headers."""
    return find_leads(network_of(rows), destination="CN HK MO")


@pytest.fixture
def write_csv(tmp_path):
    """Write rows as a CSV file under the canonical headers and return its path."""

    def write(rows: list[tuple[object, ...]], name: str = "records.csv") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        table(rows).to_csv(path, index=False)
        return path

    return write
