"""Shared by all tests: the worked example, and where real data may lie."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest

from chipflow import cli

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


@pytest.fixture
def write_csv(tmp_path):
    """Write rows as a CSV file under the canonical headers and return its path."""

    def write(rows: list[tuple[object, ...]], name: str = "records.csv") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        table(rows).to_csv(path, index=False)
        return path

    return write
