"""The main job: record files in, a folder of leads, map, network and report out."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import tempfile
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from chipflow._version import __version__
from chipflow.companies.screen import read_lists, screen_lists
from chipflow.errors import InputError, OutputError
from chipflow.leads import Leads, find_leads
from chipflow.leads.direct_exports import denied_elsewhere
from chipflow.leads.watched_goods import read_watchlists
from chipflow.network import build_network
from chipflow.network.build import UNKNOWN_PREFIX
from chipflow.progress import Timed, silent
from chipflow.records import read_records
from chipflow.records.schema import one_line
from chipflow.schemas import COMPANIES
from chipflow.settings import Settings
from chipflow.tables import as_json, write_csv, write_parquet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chipflow.companies.lists import ScreeningList
    from chipflow.network import Network
    from chipflow.progress import Progress
    from chipflow.records import Records

LIBRARIES = (
    "duckdb",
    "ibis-framework",
    "jinja2",
    "markdown-it-py",
    "matplotlib",
    "networkit",
    "networkx",
    "numpy",
    "pandas",
    "pyarrow",
    "python-calamine",
    "pyvis",
    "rapidfuzz",
    "rigour",
    "scipy",
    "xlsxwriter",
)

# Results that are written only where they were asked for.
SOMETIMES = ("screening.csv",)
# Begin of the name of a folder that is being filled; behind it stands the number of the process.
UNFINISHED = ".chipflow-"
# Stands in a folder while its files are replaced.
MOVING = ".chipflow-moving"
MOST_NAMED = 3  # inputs that an error names
LONGEST_PATH = 100  # characters of each


@dataclass(frozen=True)
class Run:
    """What :func:`analyze` did.

    Attributes
    ----------
    folder
        Where the results are.
    records, leads
        The results as objects.
    summary
        What ``run.json`` says.
    """

    folder: Path
    records: Records
    leads: Leads
    summary: dict[str, Any]

    def outline(self) -> dict[str, Any]:
        """Return what ``chipflow analyze --format json`` prints.

        Returns
        -------
        dict
            ``folder, chipflow, simulated, verdict, counts, lead_needs, unread, warnings,
            parameters`` as in ``run.json``, and ``leads``: the columns of ``leads.csv`` but for
            records and sentences, with lists as lists.
        """
        kept = (
            "chipflow", "simulated", "verdict", "counts", "lead_needs", "unread", "warnings",
            "parameters",
        )  # fmt: skip
        long = ["record_ids", "reasons", "innocent_explanations"]
        leads = as_json(self.leads.to_pandas().drop(columns=long))
        said = {name: self.summary[name] for name in kept}
        return {"folder": str(self.folder), **said, "leads": leads}


def analyze(
    records: str | Path | Iterable[str | Path],
    out: str | Path,
    *,
    layout: str | Path | None = None,
    same: str | Path | None = None,
    different: str | Path | None = None,
    lists: str | Path | Iterable[str | Path] = (),
    chips: str | Path | None = None,
    rules: str | Path | None = None,
    watch: str | Path | Iterable[str | Path] = (),
    destination: str | Iterable[str] = ("CN", "HK", "MO"),
    since: str | None = None,
    until: str | None = None,
    window: int | None = None,
    most_hops: int | None = None,
    strict: bool = False,
    seed: int = 0,
    null_draws: int | None = None,
    settings: Settings | str | Path | None = None,
    force: bool = False,
    progress: Progress = silent,
) -> Run:
    """Read records, find leads and write everything into a folder.

    Parameters
    ----------
    records
        Files, folders or globs.
    out
        Folder for the results; made if it is not there. Results of the same inputs are replaced,
        all at once and only when every one is complete; those of other inputs only with
        ``force``.
    layout
        Name or TOML file of a layout, for files that are not understood by themselves.
    same, different
        CSV files of names that are one company, or are not; as in :func:`chipflow.build_network`.
    lists
        Lists of restricted parties to look companies up in, as :func:`chipflow.companies.screen`
        takes them; what may match is written to ``screening.csv``.
    chips, rules
        CSV files with rows of your own for the tables of chips and of rules, as
        :func:`chipflow.goods.load_catalogue` takes them.
    watch, destination, since, until, window, most_hops, seed, null_draws
        As in :func:`chipflow.find_leads`.
    settings
        The numbers of the method, or a file of them as :meth:`chipflow.settings.Settings.load`
        takes it: a TOML file, or the ``run.json`` of an earlier run.
    strict
        Whether a file that cannot be read, or anything else that would be a warning (cells that
        are not understood, no verdict), ends the run.
    force
        Whether files of the folder that are no results of these inputs may be replaced.
    progress
        Who is told how the work goes on.

    Returns
    -------
    Run

    Raises
    ------
    InputError
        No file can be read, or a list cannot be.
    TableError
        Rows of ``chips`` or ``rules``, or a watch list, do not hold together.
    ParameterError
        An option has no meaning.
    OutputError
        The folder cannot be written, or holds results of other inputs.
    """
    from chipflow.goods.catalogue.load import load_catalogue
    from chipflow.goods.controls.status import expand_destination

    tables = load_catalogue(chips=chips, rules=rules)
    folder = Path(out)
    targets = expand_destination(destination)
    paths = [records] if isinstance(records, str | Path) else list(records)
    listed = read_lists([lists] if isinstance(lists, str | Path) else lists)
    numbers = settings if isinstance(settings, Settings) else _settings(settings)
    watched = [watch] if isinstance(watch, str | Path) else list(watch)
    watchlists = read_watchlists(watched)
    progress = timed = Timed(progress)
    with _Results(folder) as results:
        read = read_records(*paths, layout=layout, strict=strict, progress=progress)
        if not read.counts["used"]:
            raise _nothing_used(read)
        if not force:
            results.refuse_others(read)
        network = build_network(
            read, same=same, different=different, catalogue=tables, progress=progress
        )
        screening = _screening(network, listed, progress) if listed else None
        leads = find_leads(
            network, targets, settings=numbers, since=since, until=until, window=window,
            most_hops=most_hops, seed=seed, null_draws=null_draws, screening=screening,
            watch=watchlists, progress=progress,
        )  # fmt: skip
        if strict and leads.verdict.kind == "no verdict":
            raise InputError(leads.verdict.text, hint="leave --strict out to see what was read")
        parameters = {**leads.parameters, "layout": layout and str(layout)}
        own_tables = {"chips": chips, "rules": rules}
        parameters |= {name: str(file) for name, file in own_tables.items() if file is not None}
        _write_tables(leads, results.folder, progress)
        _write_pages(leads, results.folder, progress)
        if screening is not None:
            write_csv(screening, results.folder / "screening.csv")
        summary = _summary(read, leads, parameters, results.folder)
        summary["own_files"] = _hashed(
            {
                "layout": layout,
                "same": same,
                "different": different,
                "chips": chips,
                "rules": rules,
                "settings": None if isinstance(settings, Settings) else settings,
            }
        )
        summary["own_files"] += [file for one in watched for file in _hashed({"watch": one})]
        summary["stages"] = timed.stages
        if screening is not None:
            summary["screening"] = _lists_summary(listed, screening)
        (results.folder / "run.json").write_text(
            json.dumps(summary, indent=2, ensure_ascii=False, sort_keys=True) + "\n",
            encoding="utf-8",
        )
        results.complete()
    return Run(folder, read, leads, summary)


def _settings(file: str | Path | None) -> Settings:
    return Settings() if file is None else Settings.load(file)


def _nothing_used(read: Records) -> InputError:
    """Without a record there is nothing to search, which must not look like an all-clear."""
    sheet = next((one for one in read.sheets if one.reason), read.sheets[0])
    return InputError(
        f"no row of {read.counts['rows_in']:,} can be used: "
        f"{sheet.reason or 'every row was rejected'}",
        file=sheet.source,
        hint="look at it with chipflow read --explain, and name its columns with --save-layout "
        "and --layout",
    )


def _hashed(files: dict[str, str | Path | None]) -> list[dict[str, str]]:
    """Name and SHA-256 of the files beside the records that a run was told to use."""
    return [
        {"option": option, "path": str(path), "sha256": _sha256(Path(path))}
        for option, path in files.items()
        if path is not None and Path(path).is_file()
    ]


class _Results:
    """A folder beside the one asked for, moved into it only when all is written."""

    def __init__(self, folder: Path) -> None:
        self.target = folder
        self.made = not folder.exists()

    def __enter__(self) -> _Results:
        if self.target.exists() and not self.target.is_dir():
            raise OutputError(f"{self.target}: is a file; name a folder with --out")
        try:
            self.target.mkdir(parents=True, exist_ok=True)
            self._clear()
            prefix = f"{UNFINISHED}{os.getpid()}-"
            self.folder = Path(tempfile.mkdtemp(prefix=prefix, dir=self.target))
        except OSError as error:
            raise OutputError(
                f"{self.target}: cannot be written ({error.strerror}); "
                "name another folder with --out"
            ) from error
        return self

    def refuse_others(self, read: Records) -> None:
        """Refuse to replace what is no result of these records.

        Raises
        ------
        OutputError
            The folder holds results of other inputs, or files of chipflow's names without a
            ``run.json`` that would say what they are.
        """
        earlier = self.target / "run.json"
        if (self.target / MOVING).exists():
            return
        if earlier.is_file():
            files = _inputs_of(earlier)
            if files is not None and set(files) == {str(one["sha256"]) for one in read.inputs}:
                return
            shown = ", ".join(list((files or {}).values())[:MOST_NAMED]) or "files not known"
            what = f"holds results of other records ({shown})"
        elif (self.target / "leads.csv").exists():
            what = "holds a leads.csv and no run.json that says what it was made from"
        else:
            return
        raise OutputError(
            f"{self.target}: {what}; name another folder with --out (chipflow diff compares two), "
            "or replace them with --force"
        )

    def complete(self) -> None:
        """Move the results into the folder, ``run.json`` last.

        A run that is ended in between leaves a folder without ``run.json``, which no command
        takes for results and the next run may replace.

        Raises
        ------
        OutputError
            A file cannot be replaced.
        """
        run_json = "run.json"
        try:
            (self.target / MOVING).touch()
            # What only some runs write must not be left over from another one.
            for name in (run_json, *SOMETIMES):
                (self.target / name).unlink(missing_ok=True)
            for path in sorted(self.folder.iterdir(), key=lambda one: one.name == run_json):
                path.replace(self.target / path.name)
            (self.target / MOVING).unlink()
        except OSError as error:
            raise OutputError(
                f"{error.filename2 or error.filename}: cannot be replaced ({error.strerror}); "
                "close or remove it and run again"
            ) from error

    def _clear(self) -> None:
        """Remove what runs that were ended from outside have left."""
        for left in self.target.glob(f"{UNFINISHED}*-*"):
            number = left.name.removeprefix(UNFINISHED).partition("-")[0]
            if left.is_dir() and number.isdigit() and not _runs(int(number)):
                shutil.rmtree(left, ignore_errors=True)

    def __exit__(self, *error: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.made and not any(self.target.iterdir()):
            self.target.rmdir()


def _runs(process: int) -> bool:
    """Tell if a process is running; where the system does not say so, it is taken to be."""
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _inputs_of(run_json: Path) -> dict[str, str] | None:
    """SHA-256 and path of the inputs of an earlier run; None where that cannot be read."""
    try:
        inputs = json.loads(run_json.read_text(encoding="utf-8"))["inputs"]
        return {str(one["sha256"]): one_line(str(one["path"]), LONGEST_PATH) for one in inputs}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _screening(network: Network, lists: list[ScreeningList], progress: Progress) -> pd.DataFrame:
    named = ~network.directory["company_id"].str.startswith(UNKNOWN_PREFIX)
    return screen_lists(network.directory[named], lists, progress=progress)


def _lists_summary(lists: list[ScreeningList], screening: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "list": one.name,
            "shape": one.shape,
            "sha256": one.sha256,
            "entries": len(one.entries),
            "skipped": one.skipped,
            "possible_matches": int((screening["list"] == one.name).sum()),
        }
        for one in lists
    ]


def _write_tables(leads: Leads, folder: Path, progress: Progress) -> None:
    from chipflow.saved import save_findings

    read = leads.searched.records
    with progress.stage("writing the tables"):
        write_csv(leads.table, folder / "leads.csv")
        write_parquet(leads.table, folder / "leads.parquet")
        write_csv(leads.companies[COMPANIES.names], folder / "companies.csv")
        write_csv(leads.searched.spellings, folder / "spellings.csv")
        if leads.searched.shared_attributes is not None:
            write_csv(leads.searched.shared_attributes, folder / "links.csv")
        write_csv(leads.set_aside, folder / "set_aside.csv")
        write_csv(leads.anomalies.shipments, folder / "anomalies.csv")
        write_csv(leads.dead_ends, folder / "vanished.csv")
        write_csv(leads.unnamed, folder / "unnamed.csv")
        write_csv(leads.direct, folder / "direct.csv")
        write_csv(leads.licensed, folder / "licensed.csv")
        write_parquet(leads.shipments, folder / "shipments.parquet")
        write_csv(read.rejected, folder / "rejected.csv")
        write_csv(read.duplicates, folder / "duplicates.csv")
        # What the report is written from again, without the records.
        save_findings(leads, folder)


def _write_pages(leads: Leads, folder: Path, progress: Progress) -> None:
    with progress.stage("drawing the map, the network and the report", total=3) as stage:
        leads.map().save(folder / "map.html")
        stage.advance()
        leads.network().save(folder / "network.html")
        stage.advance()
        leads.report().save(folder / "report.html")
        stage.advance()


def _summary(
    read: Records, leads: Leads, parameters: dict[str, Any], folder: Path
) -> dict[str, Any]:
    return {
        "chipflow": __version__,
        "python": platform.python_version(),
        "libraries": {name: _version_of(name) for name in LIBRARIES},
        "parameters": parameters,
        "settings": {
            "date": Settings.date(),
            "changed": leads.settings.changed(),
            "numbers": leads.settings.as_dict(),
        },
        "simulated": read.simulated,
        "inputs": sorted(read.inputs, key=lambda one: str(one["path"])),
        "sheets": [
            {
                "source": sheet.source,
                "kind": sheet.kind,
                "reason": sheet.reason,
                "warnings": list(sheet.warnings),
                "rows": sheet.rows,
                "header_row": sheet.header_row,
                "unknown": list(sheet.unknown),
                "could_be": {name: list(headers) for name, headers in sheet.could_be.items()},
                "samples": {
                    header: sheet.samples[header]
                    for headers in sheet.could_be.values()
                    for header in headers
                    if header in sheet.samples
                },
                "reporting_country": sheet.reporting_country,
                "direction": sheet.direction,
                **{name: int(count) for name, count in sheet.counts.items()},
            }
            for sheet in read.sheets
        ],
        "warnings": list(read.warnings),
        "verdict": {**asdict(leads.verdict), "heading": leads.verdict.heading},
        "unread": [one.to_dict() for one in read.unread],
        "lead_needs": read.needs,
        "counts": {
            **{name: int(count) for name, count in read.counts.items()},
            "cells_unread": read.cells_unread,
            "companies": len(leads.searched.directory),
            "leads": len(leads),
            "set_aside": len(leads.set_aside),
            "unnamed": len(leads.unnamed),
            "controlled_off_route": int(leads.direct["records"].sum()),
            "licences_granted": int(leads.licensed["records"].sum()),
            "denied_elsewhere": denied_elsewhere(leads.direct, leads.destination),
        },
        "tables": {path.name: _sha256(path) for path in sorted(folder.iterdir())},
    }


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _version_of(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def sample_records() -> list[Path]:
    """Return the files of the bundled sample (simulated records).

    Returns
    -------
    list of pathlib.Path
        Record files in two layouts, whether chipflow runs from an installed package or from a
        checkout.
    """
    package = Path(__file__).parent
    for folder in (package / "_sample", package.parent / "data" / "sample" / "records"):
        if folder.is_dir():
            return sorted(path for path in folder.iterdir() if path.suffix in {".csv", ".xlsx"})
    raise OutputError("the bundled sample is missing; install chipflow-trade again")


def copy_sample(folder: str | Path) -> list[Path]:
    """Copy the bundled sample into ``folder/records``, so that leads can be traced to its rows.

    Parameters
    ----------
    folder
        Made if it is not there.

    Returns
    -------
    list of pathlib.Path
        The copies.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    target = Path(folder) / "records"
    try:
        target.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.copy(path, target)) for path in sample_records()]
    except OSError as error:
        raise OutputError(
            f"{target}: cannot be written ({error.strerror}); name another folder with --out"
        ) from error


def first_places_to_look(leads: Leads, most: int = 3) -> pd.DataFrame:
    """Return the leads to look at first: what they are, and how far they are no chance."""
    return leads.table[
        ["rank", "countries", "units", "chips", "no_coincidence", "record_ids"]
    ].head(most)
