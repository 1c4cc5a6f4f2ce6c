"""Results in a folder, and back: what ``chipflow analyze`` wrote becomes leads again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from chipflow.companies.screen import SCREENING_COLUMNS
from chipflow.errors import InputError
from chipflow.leads import Leads
from chipflow.network import Network
from chipflow.records import Records
from chipflow.records.cleaning.unread import UnreadCells
from chipflow.records.schema import COLUMNS, Sheet
from chipflow.schemas import COMPANIES, DEAD_ENDS, LEADS, UNNAMED
from chipflow.settings import Settings
from chipflow.tables import as_written, write_parquet

# What leads rest on, beside the tables that people open: attribute of Leads -> file.
FINDINGS = {
    "steps": "lead_steps.parquet",
    "links": "lead_links.parquet",
    "evidence": "evidence.parquet",
}
AGAIN = "run chipflow analyze again to write it"
# Parts of what ``run.json`` says of a sheet; older folders hold fewer.
SHEET_FIELDS = (
    "source", "kind", "header_row", "rows", "unknown", "warnings", "reporting_country",
    "direction", "reason", "used", "rejected", "duplicate", "could_be", "samples",
)  # fmt: skip


def save_findings(leads: Leads, folder: Path) -> None:
    """Write the tables from which :func:`read_leads` makes leads again.

    Parameters
    ----------
    leads
        What :func:`chipflow.find_leads` returned.
    folder
        A folder that is there; the other tables are written by :func:`chipflow.run.analyze`.
    """
    for name, file in FINDINGS.items():
        write_parquet(getattr(leads, name), folder / file)


def read_leads(folder: str | Path) -> Leads:
    """Read the leads that ``chipflow analyze`` wrote.

    Parameters
    ----------
    folder
        The folder given with ``--out``.

    Returns
    -------
    Leads
        With everything that a map, a network, a report and a workbook show. The search itself
        cannot be taken up again: the records are there as far as they became shipments.

    Raises
    ------
    InputError
        The folder is none of results, or a file in it is missing or cannot be read.
    """
    place = Path(folder)
    if not (place / "run.json").is_file():
        raise InputError(
            "no run.json in this folder", file=place,
            hint="name a folder that chipflow analyze wrote",
        )  # fmt: skip
    run = _json(place / "run.json")
    companies = _csv(place / "companies.csv")
    shipments = _parquet(place / "shipments.parquet")
    records = _SavedRecords(place, run, shipments)
    network = _SavedNetwork(
        shipments=shipments,
        directory=companies[["company_id", "name", "aliases", "country", "addresses"]],
        spellings=_csv(place / "spellings.csv"),
        records=records,
        saved=COMPANIES.read(companies),
    )
    screening = place / "screening.csv"
    # Older folders hold fewer.
    apart = {
        name: table.read(_csv(place / table.file))
        for name, table in (("dead_ends", DEAD_ENDS), ("unnamed", UNNAMED))
        if (place / table.file).is_file()
    }
    return Leads(
        # Older folders do not say how many leads like each one are no coincidence.
        table=_parquet(place / "leads.parquet").reindex(columns=LEADS.names),
        searched=network,
        destination=tuple(run["parameters"]["destination"]),
        **{name: _parquet(place / file) for name, file in FINDINGS.items()},
        set_aside=_csv(place / "set_aside.csv"),
        throughput=network.saved.set_index("company_id")["throughput"],
        parameters=run["parameters"],
        settings=_settings(run, place / "run.json"),
        screening=_csv(screening)
        if screening.is_file()
        else pd.DataFrame(columns=SCREENING_COLUMNS),
        **apart,
    )


def _settings(run: dict[str, Any], path: Path) -> Settings:
    """Return the numbers of a run; those that this version has no more are left out."""
    usual = Settings().as_dict()
    numbers = {
        part: {name: value for name, value in own.items() if name in usual[part]}
        for part, own in run.get("settings", {}).get("numbers", {}).items()
        if part in usual
    }
    return Settings.from_dict(numbers, path)


@dataclass(frozen=True, repr=False)
class _SavedNetwork(Network):
    """A network whose table of companies was worked out before."""

    saved: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)

    @cached_property
    def companies(self) -> pd.DataFrame:
        return self.saved


class _SavedRecords(Records):
    """The story of the records; the records themselves are in the shipments."""

    def __init__(self, folder: Path, run: dict[str, Any], shipments: pd.DataFrame) -> None:
        self.rejected = _csv(folder / "rejected.csv")
        self.duplicates = _csv(folder / "duplicates.csv")
        self.sheets = [_sheet(one, simulated=bool(run.get("simulated"))) for one in run["sheets"]]
        self.inputs = run["inputs"]
        self.warnings = list(run.get("warnings", []))
        self._unread = [UnreadCells.from_dict(one) for one in run.get("unread", [])]
        self._needs = {str(name): int(n) for name, n in run.get("lead_needs", {}).items()}
        self._shipments = shipments
        self._counts = run["counts"]

    @property
    def counts(self) -> dict[str, int]:
        names = ("rows_in", "used", "rejected", "duplicate")
        return {name: int(self._counts[name]) for name in names}

    @property
    def unread(self) -> list[UnreadCells]:
        return self._unread

    @cached_property
    def needs(self) -> dict[str, int]:
        return self._needs

    @cached_property
    def table(self) -> pd.DataFrame:
        return self._shipments[[name for name in COLUMNS if name in self._shipments]]


def _sheet(said: dict[str, Any], *, simulated: bool) -> Sheet:
    known = {name: said[name] for name in SHEET_FIELDS if name in said}
    if "rows_in" in said:
        known.setdefault("rows", said["rows_in"])
    return Sheet(**known, banner="SIMULATED RECORDS" if simulated else "")


def _json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("this file cannot be read", file=path, hint=AGAIN) from error
    return found


def _parquet(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputError("this file is missing", file=path, hint=AGAIN)
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise InputError("this is no Parquet file", file=path, hint=AGAIN) from error


def _csv(path: Path) -> pd.DataFrame:
    """Read a table of texts, with the apostrophes taken off that kept cells from being formulas."""
    if not path.is_file():
        raise InputError("this file is missing", file=path, hint=AGAIN)
    try:
        table = pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""])
    except ValueError as error:
        raise InputError("this is no CSV file", file=path, hint=AGAIN) from error
    return table.apply(as_written)
