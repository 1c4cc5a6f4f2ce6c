"""What a folder of leads or of country statistics holds, as far as an estimate uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from chipflow.errors import InputError

LEAD_TEXTS = ("lead_id", "companies", "chips", "record_ids")
LEAD_NUMBERS = ("units", "units_low", "units_high")
# A folder written before there was the first of them has only the second.
LEAD_CHANCES = ("no_coincidence", "q_value")
MIRROR_TEXTS = ("exporter", "importer", "period", "hs", "status")
MIRROR_NUMBERS = ("unrecorded_usd", "low", "high")


def read_leads_table(folder: str | Path) -> pd.DataFrame:
    """Read the leads that ``chipflow analyze`` wrote into a folder.

    Parameters
    ----------
    folder
        Holds ``leads.parquet`` or ``leads.csv``.

    Returns
    -------
    pandas.DataFrame
        ``lead_id, companies, chips, record_ids, units, units_low, units_high`` (chips),
        ``by_chance`` (probability that the lead is a coincidence; missing where not known), by
        ``lead_id``.

    Raises
    ------
    InputError
        There are no leads in the folder, or a column is missing or holds no numbers.
    """
    place = Path(folder)
    for name in ("leads.parquet", "leads.csv"):
        if (place / name).is_file():
            table = _lead_columns(place / name)
            return table.sort_values("lead_id", ignore_index=True, kind="stable")
    raise InputError(
        "no leads.parquet and no leads.csv in this folder", file=place,
        hint="name a folder that chipflow analyze wrote",
    )  # fmt: skip


def _lead_columns(file: Path) -> pd.DataFrame:
    written = _read(file)
    chance = next((name for name in LEAD_CHANCES if name in written), LEAD_CHANCES[-1])
    table = _columns(written, file, LEAD_TEXTS, (*LEAD_NUMBERS, chance), "chipflow analyze")
    known = table.pop(chance)
    return table.assign(by_chance=1 - known if chance == "no_coincidence" else known)


def is_simulated(folder: str | Path) -> bool:
    """Say whether the ``run.json`` of a folder says that its records are made up."""
    try:
        said = json.loads((Path(folder) / "run.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(said, dict) and bool(said.get("simulated"))


def read_mirror_table(folder: str | Path) -> pd.DataFrame:
    """Read the mirror gaps that ``chipflow flows`` wrote into a folder.

    Parameters
    ----------
    folder
        Holds ``mirror.csv``.

    Returns
    -------
    pandas.DataFrame
        ``exporter, importer, period, hs, status, unrecorded_usd, low, high`` (USD).

    Raises
    ------
    InputError
        There is no such file in the folder, or a column is missing or holds no numbers.
    """
    file = Path(folder) / "mirror.csv"
    if not file.is_file():
        raise InputError(
            "no mirror.csv in this folder", file=folder,
            hint="name a folder that chipflow flows wrote",
        )  # fmt: skip
    table = _columns(_read(file), file, MIRROR_TEXTS, MIRROR_NUMBERS, "chipflow flows")
    return table.sort_values(list(MIRROR_TEXTS), ignore_index=True, kind="stable")


def read_cases_table(file: str | Path) -> pd.DataFrame:
    """Read a table of cases by source.

    Parameters
    ----------
    file
        CSV with a row for each case that a source knows: ``case, source``, and ``after`` if it
        is known which source this one had the case from (blank: from none).

    Returns
    -------
    pandas.DataFrame
        Those columns as text; ``after`` only if the file has it.

    Raises
    ------
    InputError
        The file cannot be read, a column is missing, or a row names no case or no source.
    """
    table = _csv(Path(file))
    missing = {"case", "source"} - set(table.columns)
    if missing:
        raise InputError("is missing", file=file, column=sorted(missing)[0], hint="add it")
    table = table[[name for name in ("case", "source", "after") if name in table.columns]]
    for name in table.columns:
        table = table.assign(**{name: table[name].str.strip()})
    for name in ("case", "source"):
        blank = table.index[table[name] == ""]
        if len(blank):
            # The header is row 1.
            raise InputError("is empty", file=file, row=int(blank[0]) + 2, column=name)
    return table


def _csv(file: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(file, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", file=file) from error
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(f"no CSV in UTF-8 ({error})", file=file) from error


def _read(file: Path) -> pd.DataFrame:
    if file.suffix != ".parquet":
        return _csv(file)
    try:
        return pd.read_parquet(file)
    except (OSError, ValueError) as error:
        raise InputError(f"no Parquet file ({error})", file=file) from error


def _columns(
    table: pd.DataFrame, file: Path, texts: tuple[str, ...], numbers: tuple[str, ...], writer: str
) -> pd.DataFrame:
    for name in (*texts, *numbers):
        if name not in table.columns:
            raise InputError("is missing", file=file, column=name, hint=f"run {writer} again")
    made: dict[str, pd.Series] = {}
    for name in texts:
        made[name] = table[name].astype("str").where(table[name].notna(), "")
    for name in numbers:
        made[name] = pd.to_numeric(table[name].replace("", None), errors="coerce").astype(float)
        wrong = table.index[made[name].isna() & table[name].notna() & (table[name] != "")]
        if len(wrong):
            value = str(table[name].loc[wrong[0]])
            raise InputError(
                f"{value[:40]!r} is no number", file=file, row=int(wrong[0]) + 2, column=name
            )
        if (made[name] < 0).any():
            row = int((made[name] < 0).to_numpy().argmax()) + 2
            raise InputError("is below 0", file=file, row=row, column=name)
    return pd.DataFrame(made)
