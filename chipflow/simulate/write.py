"""A simulated world as files: two layouts of records, the truth, and a README."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chipflow.errors import OutputError
from chipflow.simulate import market
from chipflow.simulate.lookalikes import LOOKALIKES
from chipflow.simulate.schemes import SCHEMES
from chipflow.simulate.world import (
    BANNER_ROWS,
    EVERY,
    EVERY_LOOKALIKE,
    EVERY_SCHEME,
    LAYOUTS,
    NONE,
    SHEET,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chipflow.simulate.world import World

RECORDS, TRUTH = "records", "truth"

# A workbook says when it was made; a fixed day keeps its bytes the same.
MADE_ON = dt.datetime(2025, 1, 1)

NET_WEIGHT = (0.9, 0.97)  # net over gross weight, drawn for each declaration
_NET_STREAM = 101  # child of the seed for what only the files hold


def banner(seed: int) -> str:
    """Return the line that stands above the header of every file of a world."""
    return f"SIMULATED RECORDS - written by chipflow simulate, seed {seed} - no real company"


def command(world: World, out: str = "OUT") -> str:
    """Return the command line that writes this world again."""
    given = world.parameters
    parts = [f"chipflow simulate --seed {given['seed']} --records {given['records']}"]
    for name, usual, complete in (
        ("schemes", SCHEMES, EVERY_SCHEME),
        ("lookalikes", LOOKALIKES, EVERY_LOOKALIKE),
        ("layouts", LAYOUTS, LAYOUTS),
    ):
        kinds = given[name]
        assert isinstance(kinds, tuple)
        if kinds != tuple(usual):
            words = EVERY if kinds == tuple(complete) else ",".join(kinds) or NONE
            parts.append(f"--{name} {words}")
    parts += [f"--{name} {given[name]}" for name in ("missing", "noise") if given[name]]
    parts += ["--hard"] if given["hard"] else []
    return " ".join([*parts, f"--out {out}"])


def write_world(world: World, out: Path) -> list[Path]:
    """Write a world; see :meth:`chipflow.simulate.World.write`."""
    try:
        (out / RECORDS).mkdir(parents=True, exist_ok=True)
        (out / TRUTH).mkdir(parents=True, exist_ok=True)
        written = []
        for source, records in world.records.groupby("source", sort=True):
            path = out / RECORDS / str(source).partition("#")[0]
            if path.name == "bills_of_lading.csv":
                _write_text(_bills_of_lading(records), path, world.seed, ",")
            elif path.suffix == ".csv":
                _write_text(_declarations(world, records), path, world.seed, ";")
            else:
                _write_workbook(_declarations(world, records), path, world.seed)
            written.append(path)
        for name, frame in (
            ("records.csv", world.truth),
            ("schemes.csv", world.schemes),
            ("companies.csv", world.companies),
        ):
            path = out / TRUTH / name
            frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
            written.append(path)
        path = out / "README.md"
        path.write_text(_readme(world), encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error.strerror})") from error
    return [*written, path]


def _bills_of_lading(records: pd.DataFrame) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "BL_NO": records["record_id"],
            "ARRIVAL_DATE": records["date"].dt.strftime("%Y-%m-%d"),
            "SHIPPER_NAME": records["shipper"],
            "SHIPPER_ADDRESS": records["shipper_address"],
            "SHIPPER_COUNTRY": records["shipper_country"],
            "CONSIGNEE_NAME": records["consignee"],
            "CONSIGNEE_ADDRESS": records["consignee_address"],
            "CONSIGNEE_COUNTRY": records["consignee_country"],
            "COUNTRY_OF_ORIGIN": records["origin_country"],
            "HS_CODE": records["hs_code"],
            "GOODS_DESCRIPTION": records["description"],
            "QUANTITY": records["quantity"].astype("Int64"),
            "UNIT": records["quantity_unit"],
            "GROSS_WEIGHT_KG": records["weight_kg"],
            "VALUE_USD": records["value_usd"],
        }
    )
    if _touch_others(records):
        table["COUNTRY_OF_EXPORT"] = records["export_country"]
        table["COUNTRY_OF_DESTINATION"] = records["destination_country"]
    return table


def _touch_others(records: pd.DataFrame) -> bool:
    """Tell whether goods leave or reach other countries than those of the companies."""
    return bool(
        (records["export_country"] != records["shipper_country"]).any()
        or (records["import_country"] != records["consignee_country"]).any()
    )


def _declarations(world: World, records: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng([world.seed, _NET_STREAM])
    n = len(records)
    names = market.countries().set_index("code")["name"]
    code = records["hs_code"]
    national = pd.Series(rng.integers(0, 9, n) * 10, index=records.index).astype("str").str.zfill(2)
    net = records["weight_kg"] * rng.uniform(*NET_WEIGHT, n)
    # An office's own clerks and agents: a column that says nothing about the parties.
    agent = "AGENT " + pd.Series(rng.integers(100, 400, n), index=records.index).astype("str")
    table = pd.DataFrame(
        {
            "DECLARATION NUMBER": records["record_id"],
            "DECLARATION DATE": records["date"].dt.strftime("%d/%m/%Y"),
            "DECLARANT": agent,
            "IMPORTER NAME EN": records["consignee"],
            "IMPORTER ADDRESS": records["consignee_address"],
            "EXPORTER NAME EN": records["shipper"],
            "EXPORTER ADDRESS": records["shipper_address"],
            "ORIGIN COUNTRY": records["origin_country"].map(names),
            "EXPORT COUNTRY": records["export_country"].map(names),
            "DESTINATION COUNTRY": records["destination_country"].map(names),
            "HS CODE": code.str[:4] + "." + code.str[4:6] + "." + national,
            "PRODUCT DESCRIPTION": records["description"],
            "QTY": records["quantity"].astype("Int64"),
            "UNIT": records["quantity_unit"],
            "NET WEIGHT KG": net.round(2),
            "GROSS WEIGHT KG": records["weight_kg"],
            "FOB USD": records["value_usd"],
            "%GTTOTALVALUE": (records["value_usd"] / records["value_usd"].sum()).round(9),
        }
    )
    if _touch_others(records):
        table["EXPORTER COUNTRY"] = records["shipper_country"].map(names)
        table["IMPORTER COUNTRY"] = records["consignee_country"].map(names)
    return table


def _write_text(table: pd.DataFrame, path: Path, seed: int, separator: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(banner(seed) + "\n")
        table.to_csv(file, index=False, sep=separator, lineterminator="\n")


def _write_workbook(table: pd.DataFrame, path: Path, seed: int) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False})
    book.set_properties(
        {"title": "Simulated customs declarations", "comments": banner(seed), "created": MADE_ON}
    )
    sheet = book.add_worksheet(SHEET)
    head: Sequence[str] = (
        "CUSTOMS DECLARATIONS - IMPORT",
        banner(seed),
        "Values FOB in USD, weights in kilograms, dates day/month/year",
        "",
    )
    assert len(head) == BANNER_ROWS[path.name]
    for at, line in enumerate(head):
        sheet.write_string(at, 0, line)
    sheet.write_row(len(head), 0, list(table.columns))
    # The writer's format has no columns: cells go out one by one, and a missing one not at all.
    columns = [table[name].astype(object).where(table[name].notna(), None) for name in table]
    for at, row in enumerate(zip(*columns, strict=True), start=len(head) + 1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(at, column, value)
            elif value is not None:
                sheet.write_number(at, column, value)
    book.close()


def _readme(world: World) -> str:
    counts = world.schemes.groupby(["innocent", "kind"], sort=True).size().rename("n")
    table = counts.reset_index()
    parts = {
        innocent: "\n".join(
            f"- {row.kind}: {row.n}" for row in table[table["innocent"] == innocent].itertuples()
        )
        or "- none"
        for innocent in (False, True)
    }
    return f"""# Simulated trade records

{banner(world.seed)}.

Every company, address, person and shipment in this folder is invented. Chip makers' brands
stand in descriptions of goods only because traders write them there. The files show what
chipflow finds and what it must leave alone; they say nothing about anybody.

Written by

    {command(world)}

- `records/`: {len(world.records)} records, what `chipflow analyze` is given
- `truth/records.csv`: the records of schemes and look-alikes, with their part in them
- `truth/schemes.csv`: the schemes and look-alikes (`innocent`), with the chips they moved
- `truth/companies.csv`: every way in which each company is named, for scoring the joining of names

Schemes:

{parts[False]}

Innocent look-alikes:

{parts[True]}
"""
