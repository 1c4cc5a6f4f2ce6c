"""A whole simulated world: honest trade, known schemes and known look-alikes, shuffled."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from chipflow.errors import ParameterError
from chipflow.progress import Progress, silent
from chipflow.simulate import hard as hardening
from chipflow.simulate import market
from chipflow.simulate.bystanders import BYSTANDERS
from chipflow.simulate.documented import DOCUMENTED, DOCUMENTED_INNOCENTS
from chipflow.simulate.firms import (
    ADDRESS_SHARES,
    Directory,
    Firms,
    Texts,
    christen,
)
from chipflow.simulate.lookalikes import LOOKALIKES
from chipflow.simulate.market import FIRST_DAY, countries, country_codes
from chipflow.simulate.ruses import RUSES
from chipflow.simulate.scene import ROLES, Ledger, Scene
from chipflow.simulate.schemes import SCHEMES
from chipflow.simulate.spellings import FORMS
from chipflow.simulate.trade import Shipments, background, concatenate

#: Sets of kinds: the usual ones, which are the default and stay as they are; these and all that
#: hide better; the forms of documented cases, which are of their own.
ALL, EVERY, CASES, NONE = "all", "every", "documented", "none"
EVERY_SCHEME, EVERY_LOOKALIKE = SCHEMES | RUSES, LOOKALIKES | BYSTANDERS
KNOWN_SCHEMES = EVERY_SCHEME | DOCUMENTED
KNOWN_LOOKALIKES = EVERY_LOOKALIKE | DOCUMENTED_INNOCENTS
LAYOUTS = ("bill_of_lading", "customs_declaration")

#: Columns of ``World.records``, the canonical ones.
COLUMNS = (
    "record_id",
    "date",
    "date_precision",
    "shipper",
    "shipper_address",
    "shipper_country",
    "consignee",
    "consignee_address",
    "consignee_country",
    "origin_country",
    "export_country",
    "import_country",
    "destination_country",
    "hs_code",
    "description",
    "quantity",
    "quantity_unit",
    "weight_kg",
    "value_usd",
    "value",
    "currency",
    "source",
    "source_row",
    "other_sources",
)

# Above this a workbook is too slow to write and to open; declarations then come as CSV.
LARGEST_WORKBOOK = 100_000
NAMES_OF_FILES = {
    "bill_of_lading": "bills_of_lading.csv",
    "customs_declaration": "customs_declarations.xlsx",
    "customs_declaration_csv": "customs_declarations.csv",
}
SHEET = "Declarations"
BANNER_ROWS = {
    "bills_of_lading.csv": 1,
    "customs_declarations.csv": 1,
    "customs_declarations.xlsx": 4,
}
_NUMBERS = {"bill_of_lading": "BL", "customs_declaration": "CD"}

# Both grow with the records, slower than them: larger sets of records hold larger companies
# and, relative to their size, fewer schemes.
COMPANIES_AT_LEAST = 260
RECORDS_PER_COMPANY = 25
SCHEMES_OF_A_KIND = 2.0  # at ...
SCHEMES_AT_RECORDS = 5_000
SCHEMES_GROWTH = 0.75  # exponent over the number of records
LARGEST_PLANTED_SHARE = 0.6

NO_ADDRESS_IN_RECORD = 0.10  # share of records that leave out an address that is known
DECORATED_SHARE = 0.22  # share of records whose description says more than the goods

# One child of the seed for each part, so that a change in one leaves the others as they are.
_STREAMS = (
    "firms",
    "schemes",
    "lookalikes",
    "background",
    "names",
    "text",
    "order",
    "noise",
    "ruses",
    "bystanders",
    "hard",
    "packing",
    "gaps",
    "documented",
    "documented_innocents",
)

_DECORATIONS = (
    " - NEW",
    " BRAND NEW",
    " AS PER INVOICE",
    " AS PER PROFORMA INVOICE",
    " FREIGHT PREPAID",
    " IN CARTONS",
    " ON PALLETS",
    " 1 PALLET",
    " 2 PALLETS STC",
    " NOT RESTRICTED",
    " NON HAZARDOUS",
    " (FOR OWN USE)",
)
_NUMBERED_DECORATIONS = (" INV {}", " PO {}", " PO NO {}", " REF {}", " CONTRACT {}")


@dataclass(frozen=True)
class World:
    """Records whose truth is known.

    Attributes
    ----------
    records
        Canonical columns, one row for each record, in the order of the files.
    truth
        ``record_id, scheme_id, kind, innocent, role, source, source_row``: one row for each
        record of a scheme or look-alike; ``role`` is ``source`` (into the first middle
        company), ``middle`` (between middle companies), ``final`` (out of the last one) or
        ``other``. Records of background trade are not listed.
    schemes
        ``scheme_id, kind, innocent, chip, true_units, countries, companies``: ``true_units``
        are chips handed to the last company of the route, or brought in if they stay.
    companies
        ``company, name, country, address, records``: every way in which a company is named in
        the records, with its number in the truth.
    seed, parameters
        What the world was made from.
    """

    records: pd.DataFrame
    truth: pd.DataFrame
    schemes: pd.DataFrame
    companies: pd.DataFrame
    seed: int
    parameters: dict[str, object]

    def write(self, out: str | Path) -> list[Path]:
        """Write record files, truth and a README into a folder.

        Parameters
        ----------
        out
            Folder; made if it is not there.

        Returns
        -------
        list of pathlib.Path
            What was written: ``records/*``, ``truth/records.csv``, ``truth/schemes.csv``,
            ``truth/companies.csv``, ``README.md``.
        """
        from chipflow.simulate.write import write_world

        return write_world(self, Path(out))


def simulate(
    records: int = 5000,
    seed: int = 1,
    schemes: str | Sequence[str] = ALL,
    lookalikes: str | Sequence[str] = ALL,
    layouts: str | Sequence[str] = LAYOUTS,
    missing: float = 0.0,
    noise: float = 0.0,
    out: str | Path | None = None,
    *,
    hard: bool = False,
    progress: Progress = silent,
) -> World:
    """Make a world of trade records with known schemes and known look-alikes.

    Parameters
    ----------
    records
        Number of records, before any are taken away by ``missing``.
    seed
        The same seed and parameters give the same world.
    schemes, lookalikes
        Kinds to be played: ``"all"`` (the usual ones), ``"every"`` (these and all that hide
        better), ``"documented"`` (forms of documented cases and the innocents beside them),
        ``"none"``, a list, or words with commas between.
    layouts
        Kinds of files, of ``bill_of_lading`` and ``customs_declaration``. With both, the
        country of import decides which one a record is in.
    missing
        Share of the records that are taken away at random.
    noise
        Share of the records of which one field is lost or wrong.
    out
        Folder to write the world into; None: nothing is written.
    hard
        Stock is kept and sold weeks later in lots unlike those bought, part stays, shells
        and buyers also trade in honest goods, all goods are packed by piece, carton or
        pallet, values go down to a tenth of the price, weights are 15% off, a sixth of the
        weights and a fifth of the values are not given, and much trade in strong chips with
        China is lawful.
    progress
        Told how the work goes on.

    Returns
    -------
    World

    Raises
    ------
    ParameterError
        An unknown kind or layout, a share outside 0..1, or too few records for the kinds.
    """
    chosen_schemes = _kinds(
        schemes, KNOWN_SCHEMES, {ALL: SCHEMES, EVERY: EVERY_SCHEME, CASES: DOCUMENTED}, "schemes"
    )
    chosen_lookalikes = _kinds(
        lookalikes,
        KNOWN_LOOKALIKES,
        {ALL: LOOKALIKES, EVERY: EVERY_LOOKALIKE, CASES: DOCUMENTED_INNOCENTS},
        "lookalikes",
    )
    chosen_layouts = _kinds(layouts, LAYOUTS, {ALL: LAYOUTS, EVERY: LAYOUTS}, "layouts")
    _check(records, seed, missing, noise, chosen_layouts)
    streams = {name: np.random.default_rng([seed, at]) for at, name in enumerate(_STREAMS)}

    with progress.stage("playing schemes"):
        firms, planted, scenes = _play(streams, records, chosen_schemes, chosen_lookalikes, hard)
    with progress.stage("trading honestly"):
        everything = _trade(streams, firms, planted, records, hard)
    if missing:
        everything = everything.take(streams["noise"].random(len(everything)) >= missing)
    with progress.stage("writing down names and goods"):
        directory = christen(streams["names"], firms)
        table = _records(streams, everything, directory, chosen_layouts)
        order = table.pop("_order").to_numpy()
        everything = everything.take(order)
        if hard:
            table = hardening.with_gaps(streams["gaps"], table)
        if noise:
            table = _with_noise(streams["noise"], table, noise)
    with progress.stage("keeping the truth"):
        world = World(
            records=table,
            truth=_truth(table, everything, scenes),
            schemes=_schemes(scenes, directory),
            companies=_companies(table, everything, firms.owners()),
            seed=seed,
            parameters={
                "records": records,
                "seed": seed,
                "schemes": chosen_schemes,
                "lookalikes": chosen_lookalikes,
                "layouts": chosen_layouts,
                "missing": missing,
                "noise": noise,
                "hard": hard,
            },
        )
    if out is not None:
        with progress.stage("writing files"):
            world.write(out)
    return world


def _play(
    streams: dict[str, np.random.Generator],
    records: int,
    schemes: tuple[str, ...],
    lookalikes: tuple[str, ...],
    hard: bool,
) -> tuple[Firms, Shipments, list[Scene]]:
    """Found the companies and play every scheme and look-alike."""
    firms = Firms()
    firms.found_many(streams["firms"], COMPANIES_AT_LEAST + round(records / RECORDS_PER_COMPANY))
    ledger = Ledger()
    scenes: list[Scene] = []
    per_kind = max(1, round(SCHEMES_OF_A_KIND * (records / SCHEMES_AT_RECORDS) ** SCHEMES_GROWTH))
    for stream, innocent, kinds, plays in (
        ("schemes", False, schemes, SCHEMES),
        ("ruses", False, schemes, RUSES),
        ("lookalikes", True, lookalikes, LOOKALIKES),
        ("bystanders", True, lookalikes, BYSTANDERS),
        ("documented", False, schemes, DOCUMENTED),
        ("documented_innocents", True, lookalikes, DOCUMENTED_INNOCENTS),
    ):
        for kind in (kind for kind in kinds if kind in plays):
            for _ in range(per_kind):
                scene = Scene(
                    streams[stream], firms, ledger, len(scenes), kind, innocent, hard=hard
                )
                plays[kind](scene)
                scenes.append(scene)
                if not innocent and len(scene.steps) > 2:
                    middle = [firm for step in scene.steps[1:-1] for firm in step]
                    firms.routes.append((middle, scene.steps[-1]))
    planted = ledger.shipments()
    if len(planted) > LARGEST_PLANTED_SHARE * records:
        raise ParameterError(
            f"records: {records} are too few for {len(scenes)} schemes and look-alikes of "
            f"{len(planted)} records; ask for at least "
            f"{int(len(planted) / LARGEST_PLANTED_SHARE) + 1}, or for fewer kinds"
        )
    return firms, planted, scenes


def _trade(
    streams: dict[str, np.random.Generator],
    firms: Firms,
    planted: Shipments,
    records: int,
    hard: bool,
) -> Shipments:
    """Let honest companies trade around what was planted; return all, shuffled."""
    rng = streams["hard"]
    if hard or firms.alias:
        # Second names and goods that touch other countries are nothing special then.
        hardening.found_honest_aliases(rng, firms)
    goods = hardening.goods() if hard else market.goods()
    honest = background(streams["background"], firms, records - len(planted), goods)
    if hard:
        honest = hardening.with_sidelines(rng, honest, firms)
        honest = hardening.with_low_values(rng, honest, len(firms))
    if hard or (planted.lands >= 0).any() or (planted.leaves >= 0).any():
        honest = hardening.with_merchants(rng, honest)
    everything = concatenate(planted, honest)
    if hard:
        everything = hardening.packed(streams["packing"], everything, len(firms))
    return everything.take(streams["order"].permutation(len(everything)))


def _kinds(
    given: str | Sequence[str],
    known: Collection[str],
    sets: Mapping[str, Collection[str]],
    what: str,
) -> tuple[str, ...]:
    words = given.replace(",", " ").split() if isinstance(given, str) else list(given)
    named: dict[str, Collection[str]] = {**sets, NONE: ()}
    chosen: set[str] = set()
    for word in words:
        if word not in known and word not in named:
            allowed = ", ".join((*named, *known))
            raise ParameterError(f"{what}: {word!r} is not known; allowed are {allowed}")
        chosen.update(named.get(word, (word,)))
    return tuple(kind for kind in known if kind in chosen)


def _check(records: int, seed: int, missing: float, noise: float, layouts: tuple[str, ...]) -> None:
    if records < 1:
        raise ParameterError(f"records: {records}; ask for at least 1")
    if seed < 0:
        raise ParameterError(f"seed: {seed}; a seed is a whole number from 0 on")
    for name, share in (("missing", missing), ("noise", noise)):
        if not 0 <= share < 1:
            raise ParameterError(f"{name}: {share}; it is a share from 0 up to, not with, 1")
    if not layouts:
        raise ParameterError(f"layouts: none given; allowed are {', '.join(LAYOUTS)}")


def _records(
    streams: dict[str, np.random.Generator],
    shipments: Shipments,
    directory: Directory,
    layouts: tuple[str, ...],
) -> pd.DataFrame:
    """Turn shipments into canonical records, grouped by file and numbered within it.

    The column ``_order`` holds the position in ``shipments`` of each record.
    """
    rng = streams["text"]
    n = len(shipments)
    codes = np.array(country_codes(), dtype=object)
    buys_in = directory.country[shipments.consignee]
    sells_from = directory.country[shipments.shipper]
    reaches = np.where(shipments.lands >= 0, shipments.lands, buys_in)
    leaves = np.where(shipments.leaves >= 0, shipments.leaves, sells_from)
    if len(layouts) == 1:
        in_layout = np.zeros(n, dtype=np.int64)
    else:
        of_country = countries()["layout"].map(layouts.index).to_numpy(dtype=np.int64)
        in_layout = of_country[reaches]
    order = np.argsort(in_layout, kind="stable")
    counts = np.bincount(in_layout, minlength=len(layouts))

    record_id, source, source_row = [], [], []
    for layout, count in zip(layouts, counts, strict=True):
        name = file_of(layout, n)
        number = pd.Series(np.arange(1, count + 1)).astype("str").str.zfill(8)
        record_id.append(_NUMBERS[layout] + number)
        path = f"{name}#{SHEET}" if name.endswith(".xlsx") else name
        source.append(np.full(count, path, dtype=object))
        source_row.append(np.arange(count) + BANNER_ROWS[name] + 2)

    def spelt(firm: market.Ints) -> Texts:
        form = rng.choice(len(FORMS), size=n, p=list(FORMS.values()))
        return np.asarray(directory.names[form, firm])

    def address(firm: market.Ints) -> Texts:
        form = rng.choice(len(ADDRESS_SHARES), size=n, p=ADDRESS_SHARES)
        text = directory.addresses[form, firm]
        text[rng.random(n) < NO_ADDRESS_IN_RECORD] = None
        return np.asarray(text)

    columns: dict[str, object] = {
        "date": (FIRST_DAY + shipments.day).astype("datetime64[s]"),
        "shipper": spelt(shipments.shipper),
        "shipper_address": address(shipments.shipper),
        "shipper_country": codes[sells_from],
        "consignee": spelt(shipments.consignee),
        "consignee_address": address(shipments.consignee),
        "consignee_country": codes[buys_in],
        "export_country": codes[leaves],
        "import_country": codes[reaches],
        "origin_country": codes[shipments.origin],
        "hs_code": shipments.hs,
        "description": _described(rng, shipments, len(directory.country)),
        "quantity": shipments.quantity,
        "quantity_unit": shipments.unit,
        "weight_kg": np.maximum(np.round(shipments.kg, 2), 0.01),
        "value_usd": np.maximum(np.round(shipments.usd, 2), 0.01),
    }
    table = pd.DataFrame(columns).iloc[order].reset_index(drop=True)
    table["record_id"] = pd.concat(record_id, ignore_index=True)
    table["source"] = np.concatenate(source)
    table["source_row"] = np.concatenate(source_row).astype(np.int64)
    table["date_precision"] = "day"
    table["destination_country"] = table["import_country"]
    table["value"] = table["value_usd"]
    table["currency"] = "USD"
    table["other_sources"] = None
    text = [name for name in COLUMNS if not pd.api.types.is_numeric_dtype(table[name].dtype)]
    text.remove("date")
    table = table[list(COLUMNS)].astype(dict.fromkeys(text, "str"))
    table["_order"] = order
    return table


def file_of(layout: str, n: int) -> str:
    """Name of the file that holds a layout in a world of ``n`` records."""
    if layout == "customs_declaration" and n > LARGEST_WORKBOOK:
        return NAMES_OF_FILES["customs_declaration_csv"]
    return NAMES_OF_FILES[layout]


def _described(rng: np.random.Generator, shipments: Shipments, n_firms: int) -> Texts:
    """Goods as their shipper writes them: in capitals or not, with remarks or without."""
    n = len(shipments)
    spelled, distinct = pd.factorize(shipments.text)
    plain = np.array(list(distinct), dtype=object)
    by_habit = np.array(
        [plain, [text.capitalize() for text in plain], [text.title() for text in plain]],
        dtype=object,
    )
    habit = rng.choice(3, size=n_firms, p=[0.86, 0.06, 0.08])
    text = by_habit[habit[shipments.shipper], spelled]
    numbered = [
        _NUMBERED_DECORATIONS[at % len(_NUMBERED_DECORATIONS)].format(number)
        for at, number in enumerate(rng.integers(1000, 99999, 300))
    ]
    remarks = np.array([*(_DECORATIONS * 20), *numbered], dtype=object)
    decorated = np.flatnonzero(rng.random(n) < DECORATED_SHARE)
    text[decorated] += remarks[rng.integers(0, len(remarks), len(decorated))]
    return np.asarray(text)


def _with_noise(rng: np.random.Generator, table: pd.DataFrame, share: float) -> pd.DataFrame:
    """Lose or spoil one field of a share of the records."""
    hit = np.flatnonzero(rng.random(len(table)) < share)
    way = rng.choice(7, size=len(hit), p=[0.2, 0.2, 0.14, 0.1, 0.16, 0.12, 0.08])
    table = table.copy()
    at = {name: list(table.columns).index(name) for name in COLUMNS}
    for number, column in enumerate(("weight_kg", "value_usd", "quantity", "hs_code")):
        table.iloc[hit[way == number], at[column]] = np.nan
    off = hit[way == 4]
    table.iloc[off, at["weight_kg"]] = np.round(
        table["weight_kg"].to_numpy()[off] * np.exp(0.2 * rng.normal(size=len(off))), 2
    )
    table.iloc[hit[way == 5], at["description"]] = np.nan
    table.iloc[hit[way == 6], at["date"]] = pd.NaT
    table["value"] = table["value_usd"]
    return table


def _truth(table: pd.DataFrame, shipments: Shipments, scenes: list[Scene]) -> pd.DataFrame:
    rows = np.flatnonzero(shipments.scheme >= 0)
    number = shipments.scheme[rows]
    kinds = np.array([scene.kind for scene in scenes], dtype=object)
    innocent = np.array([scene.innocent for scene in scenes], dtype=bool)
    truth = pd.DataFrame(
        {
            "record_id": table["record_id"].to_numpy()[rows],
            "scheme_id": np.array([scheme_id(at) for at in range(len(scenes))], dtype=object)[
                number
            ],
            "kind": kinds[number],
            "innocent": innocent[number],
            "role": np.array(ROLES, dtype=object)[shipments.role[rows]],
            "source": table["source"].to_numpy()[rows],
            "source_row": table["source_row"].to_numpy()[rows],
        }
    )
    truth = truth.astype(dict.fromkeys(("record_id", "scheme_id", "kind", "role", "source"), "str"))
    return truth.sort_values(["scheme_id", "record_id"], ignore_index=True)


def scheme_id(number: int) -> str:
    """Identifier of a scheme or look-alike by its position."""
    return f"S{number + 1:05d}"


def _companies(table: pd.DataFrame, shipments: Shipments, owner: market.Ints) -> pd.DataFrame:
    sides = [
        pd.DataFrame(
            {
                "company": owner[firm],
                "name": table[side].to_numpy(),
                "country": table[f"{side}_country"].to_numpy(),
                "address": table[f"{side}_address"].to_numpy(),
            }
        )
        for side, firm in (("shipper", shipments.shipper), ("consignee", shipments.consignee))
    ]
    named = pd.concat(sides, ignore_index=True)
    columns = list(named.columns)
    counted = named.groupby(columns, dropna=False, sort=True).size().rename("records")
    return counted.reset_index()


def _schemes(scenes: list[Scene], directory: Directory) -> pd.DataFrame:
    codes = country_codes()

    def joined(step: list[int], of: list[str]) -> str:
        return ";".join(dict.fromkeys(of[at] for at in range(len(step))))

    rows = []
    for at, scene in enumerate(scenes):
        names = [[str(directory.names[0, firm]) for firm in step] for step in scene.steps]
        places = [[codes[directory.country[firm]] for firm in step] for step in scene.steps]
        rows.append(
            {
                "scheme_id": scheme_id(at),
                "kind": scene.kind,
                "innocent": scene.innocent,
                "chip": ";".join(scene.chips),
                "true_units": scene.units["final"] or scene.units["source"],
                "countries": " > ".join(map(joined, scene.steps, places)),
                "companies": " > ".join(map(joined, scene.steps, names)),
            }
        )
    frame = pd.DataFrame(
        rows,
        columns=["scheme_id", "kind", "innocent", "chip", "true_units", "countries", "companies"],
    )
    return frame.astype(
        {
            "scheme_id": "str",
            "kind": "str",
            "innocent": "bool",
            "chip": "str",
            "true_units": "int64",
            "countries": "str",
            "companies": "str",
        }
    )


__all__ = ["ALL", "COLUMNS", "EVERY", "LAYOUTS", "World", "simulate"]
