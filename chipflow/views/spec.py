"""What a page shows, apart from how it is drawn: one frozen, JSON-able specification.

The map and the report are both made from it. It is columnar: a table is a dict of equally long
lists, a text is the place of that text in ``strings``, a day is the number of days since
1970-01-01, a missing value is None. The same leads give the same bytes.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from chipflow._version import __version__
from chipflow.leads.coincidence import in_steps
from chipflow.leads.verdict import followed, looked_for, verdict
from chipflow.views import world
from chipflow.views.port_places import NO_PORT, with_ports
from chipflow.views.wording import joined, parameter_text, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chipflow.leads import Leads

Columns: TypeAlias = dict[str, list[Any]]

SPEC_VERSION = 3
# A page with more opens slowly on a small machine; the table files hold all of them.
MOST_LEADS = 5_000  # leads
MOST_FLOWS = 250  # pairs of countries drawn as background
MOST_SET_ASIDE = 500  # routes
# Decimals kept, the same on every machine.
SCORE_DIGITS, UNIT_DIGITS, VALUE_DIGITS, CHANCE_DIGITS = 3, 2, 2, 4
RECORDED, INFERRED = "recorded", "inferred"

# Which columns hold places in ``strings``.
TEXTS: dict[str, frozenset[str]] = {
    "companies": frozenset({"id", "name", "aliases", "country", "role"}),
    "leads": frozenset(
        {
            "id", "origin", "destination", "countries", "companies", "chips", "sentence",
            "chance", "in_steps",
        }
    ),
    "chips": frozenset({"chip"}),
    "arcs": frozenset({"stage", "sentence"}),
    "records": frozenset(
        {
            "stage", "id", "precision", "shipper", "consignee", "export_port", "import_port",
            "description", "hs_code", "chip", "control", "rule", "source", "others",
        }
    ),
    "evidence": frozenset({"part", "text"}),
    "settle": frozenset({"text"}),
    "set_aside": frozenset(
        {"reason", "sentence", "chips", "countries", "companies", "record_ids"}
    ),
}  # fmt: skip


@dataclass(frozen=True)
class ViewSpec:
    """Everything that the map and the report show of a search for leads.

    Attributes
    ----------
    simulated
        True if any record says that it was made up.
    asked
        ``destination`` (codes), ``destination_names``, ``looked_for`` (sentence), ``parameters``.
    reading
        What may be said, and what was not read: ``verdict`` (kind), ``heading``, ``sentence``,
        ``hints``, ``unread`` (a sentence for each field), ``cells_unread``.
    source
        Where it comes from: ``files`` (names), ``version`` of chipflow, ``first`` and ``last`` day.
    counts
        Rows in, used, rejected, duplicate; shipments, companies, countries, leads.
    measure
        What the widths of the background flows mean: a key of ``wording.MEASURES``.
    centre
        Meridian in the middle of the map, degrees.
    strings
        Every text once.
    countries
        ``code, name, lon, lat`` (degrees), ``known`` (false for places that are no country).
    ports
        Those that hops are drawn from or to: ``code, name``, ``country`` (place among the
        countries), ``lon, lat``. A port that is not found has no row.
    companies
        ``id, name, aliases, country, role``.
    leads
        One row a lead, best first.
    chips
        ``lead, chip``: which chips a lead's records name.
    arcs
        One row for each lead, hop, pair of countries and pair of ports: ``lead, hop, stage, origin,
        target, from_port, to_port, units, first, last, kind, records``; a hop of x.5 is an inferred
        hand-over between the hops before and after it.
    records
        One row for each record of a lead, in the order of hops and days.
    evidence, settle
        ``lead, kind, weight, text`` and ``lead, text``.
    set_aside
        Routes that were looked at and not called leads.
    flows
        ``origin, target, month`` (12 * year + month - 1), ``units, value_usd, shipments``.
    """

    simulated: bool
    asked: dict[str, Any]
    reading: dict[str, Any]
    source: dict[str, Any]
    counts: dict[str, int]
    measure: str
    centre: float
    strings: tuple[str, ...]
    countries: Columns
    ports: Columns
    companies: Columns
    leads: Columns
    chips: Columns
    arcs: Columns
    records: Columns
    evidence: Columns
    settle: Columns
    set_aside: Columns
    flows: Columns
    left_out: dict[str, int]
    version: int = SPEC_VERSION

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return one of the tables as rows with their texts in place."""
        columns: Columns = getattr(self, name)
        filled = {
            column: [None if one is None else self.strings[one] for one in values]
            if column in TEXTS[name]
            else values
            for column, values in columns.items()
        }
        return [dict(zip(filled, row, strict=True)) for row in zip(*filled.values(), strict=True)]

    def to_dict(self) -> dict[str, Any]:
        """Return the specification as plain lists, dicts, texts and numbers."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}


class _Texts:
    """Every text once, in the order of its first appearance."""

    def __init__(self) -> None:
        self.place: dict[str, int] = {}

    def of(self, text: str) -> int:
        return self.place.setdefault(shortened(text), len(self.place))

    def column(self, values: Iterable[Any]) -> list[int | None]:
        """Return the places of a column's texts; None for a missing one."""
        codes, texts = pd.factorize(pd.Series(values, dtype="object"))
        places = np.array([self.of(str(text)) for text in texts] or [0], dtype=object)
        found = places[np.maximum(codes, 0)]
        found[codes < 0] = None
        return found.tolist()  # type: ignore[no-any-return]


def view_spec(leads: Leads) -> ViewSpec:
    """Build the specification of the views.

    Parameters
    ----------
    leads
        What :func:`chipflow.find_leads` returned.

    Returns
    -------
    ViewSpec
    """
    texts = _Texts()
    table = leads.table.head(MOST_LEADS).reset_index(drop=True)
    shown = [leads[place] for place in range(len(table))]
    places = pd.Series(table.index, index=table["lead_id"].astype(object))
    steps, found = with_ports(_steps(leads, places))
    arcs = pd.concat(
        [_recorded_arcs(steps), _inferred_arcs(leads, places, steps)], ignore_index=True
    )
    order = ["lead", "hop", "origin", "target", "from_port", "to_port"]
    arcs = arcs.sort_values(order, ignore_index=True, kind="stable")
    ports = [found[code] for code in sorted({*arcs["from_port"], *arcs["to_port"]} - {NO_PORT})]
    flows, measure = _flows(leads.shipments)
    kept, pairs_left_out = _largest(flows, measure)
    lands = pd.Series([port.country for port in ports], dtype="object")
    ends = [arcs["origin"], arcs["target"], kept["origin"], kept["target"], lands]
    codes = pd.unique(pd.concat(ends))
    countries = _countries(sorted(str(code) for code in codes))
    index = {code: place for place, code in enumerate(countries["code"])}
    port_place = {port.code: place for place, port in enumerate(ports)}
    companies, company_place = _companies(leads, steps, texts)
    return ViewSpec(
        simulated=bool(leads.searched.records.simulated),
        asked=_asked(leads),
        reading=_reading(leads),
        source=_source(leads),
        counts=_counts(leads, flows),
        measure=measure,
        centre=_centre(arcs, kept, countries, index, measure),
        countries=countries,
        ports={
            "code": [port.code for port in ports],
            "name": [port.name for port in ports],
            "country": [index[port.country] for port in ports],
            "lon": [port.longitude for port in ports],
            "lat": [port.latitude for port in ports],
        },
        companies=companies,
        leads=_lead_columns(table, shown, texts),
        chips=_chip_columns(steps, texts),
        arcs={
            "lead": arcs["lead"].astype(int).tolist(),
            "hop": numbers(arcs["hop"], 1),
            "stage": texts.column(arcs["stage"]),
            "origin": [index[code] for code in arcs["origin"]],
            "target": [index[code] for code in arcs["target"]],
            **{
                end: [port_place.get(code) for code in arcs[end]]
                for end in ("from_port", "to_port")
            },
            "units": numbers(arcs["units"], UNIT_DIGITS),
            "first": days(arcs["first"]),
            "last": days(arcs["last"]),
            "inferred": (arcs["kind"] == INFERRED).tolist(),
            "sentence": texts.column(arcs["sentence"]),
            "records": arcs["records"].astype(int).tolist(),
        },
        records=_record_columns(steps, index, company_place, port_place, texts),
        evidence=_evidence_columns(leads, places, texts),
        settle=_settle_columns(shown, texts),
        set_aside=_set_aside_columns(leads, texts),
        flows={
            "origin": [index[code] for code in kept["origin"]],
            "target": [index[code] for code in kept["target"]],
            "month": numbers(kept["month"], 0),
            "units": numbers(kept["units"], UNIT_DIGITS),
            "value_usd": numbers(kept["value_usd"], 0),
            "shipments": kept["shipments"].astype(int).tolist(),
        },
        left_out={"leads": max(len(leads.table) - len(table), 0), "flows": pairs_left_out},
        strings=tuple(texts.place),
    )


def _source(leads: Leads) -> dict[str, Any]:
    """Name the files, without the folders of whoever made the page, and the days they cover."""
    dates = pd.to_datetime(leads.shipments["date"]).dropna()
    first, last = days([dates.min(), dates.max()]) if len(dates) else (None, None)
    names = sorted({PurePath(str(one["path"])).name for one in leads.searched.records.inputs})
    return {
        "files": [shortened(name, 120) for name in names],
        "version": __version__,
        "first": first,
        "last": last,
    }


def each_row(table: pd.DataFrame) -> Iterator[Any]:
    """Go through a small table row by row, the columns as attributes."""
    return iter(table.itertuples(index=False))


def numbers(values: Any, digits: int) -> list[float | int | None]:
    """Return a column as rounded plain numbers, whole ones without a point, None for missing."""
    column = pd.to_numeric(pd.Series(values), errors="coerce")
    raw = np.round(column.astype("Float64").to_numpy(dtype=float, na_value=np.nan), digits)
    raw[~np.isfinite(raw)] = np.nan
    missing = np.isnan(raw)
    filled = np.where(missing, 0.0, raw)
    whole = np.all(filled == np.floor(filled))
    plain = (filled.astype(np.int64) if whole else filled).astype(object)
    plain[missing] = None
    return plain.tolist()  # type: ignore[no-any-return]


def days(values: Any) -> list[int | None]:
    """Return a column of dates as days since 1970-01-01, None for missing."""
    dates = pd.to_datetime(pd.Series(values)).astype("datetime64[s]")
    return numbers((dates - pd.Timestamp(0)) / pd.Timedelta(days=1), 0)  # type: ignore[return-value]


def codes_of(values: pd.Series) -> pd.Series:
    """Return country codes with the code for an unrecorded country where there is none."""
    column = values.astype(object)
    return column.where(column.notna() & (column != ""), world.UNKNOWN).astype(str)


def measure_of(shipments: pd.DataFrame) -> str:
    """Return what the shipments can be measured by: chips, else dollars, else their number."""
    for name in ("units", "value_usd"):
        if name in shipments and pd.to_numeric(shipments[name], errors="coerce").sum() > 0:
            return name
    return "shipments"


def _steps(leads: Leads, places: pd.Series) -> pd.DataFrame:
    """The records of every lead that is shown, with the columns of their shipments."""
    steps = leads.steps
    steps = steps.loc[
        steps["lead_id"].isin(places.index), ["lead_id", "record_id", "hop", "stage", "units"]
    ].rename(columns={"units": "followed_units"})
    steps = steps.merge(leads.shipments, on="record_id", how="inner", validate="m:1")
    steps["lead"] = places.reindex(steps["lead_id"].astype(object)).to_numpy()
    steps["origin"] = codes_of(steps["from_country"])
    steps["target"] = codes_of(steps["to_country"])
    return steps.sort_values(["lead", "hop", "date", "record_id"], ignore_index=True)


ARC_KEYS = ["lead", "hop", "stage", "origin", "target", "from_port", "to_port"]
ARC_COLUMNS = [*ARC_KEYS, "units", "first", "last", "records", "kind", "sentence"]


def _recorded_arcs(steps: pd.DataFrame) -> pd.DataFrame:
    grouped = steps.assign(stage=steps["stage"].astype(object).fillna("middle")).groupby(
        ARC_KEYS, sort=True, as_index=False
    )
    arcs = grouped.agg(first=("date", "min"), last=("date", "max"), records=("record_id", "size"))
    # Of each lot only what may have reached the destination, not all that was in the box.
    arcs["units"] = grouped["followed_units"].sum(min_count=1)["followed_units"]
    return arcs.assign(kind=RECORDED, sentence=None).reindex(columns=ARC_COLUMNS)


def _inferred_arcs(leads: Leads, places: pd.Series, steps: pd.DataFrame) -> pd.DataFrame:
    """Links that no record states, as arcs between the hop before and the hop after."""
    links = leads.links
    links = links[links["lead_id"].isin(places.index) & (links["kind"] != RECORDED)]
    if not len(links):
        return pd.DataFrame(columns=ARC_COLUMNS)
    ends = leads.shipments.set_index("record_id")
    ports = steps.drop_duplicates("record_id").set_index("record_id")[["from_port", "to_port"]]
    before = ends.reindex(links["from_record"])
    after = ends.reindex(links["to_record"])
    hops = leads.steps.set_index(["lead_id", "record_id"])["hop"].astype(float)
    hop = (
        hops.groupby(level=[0, 1])
        .min()
        .reindex(pd.MultiIndex.from_arrays([links["lead_id"], links["from_record"]]))
    )
    arcs = pd.DataFrame(
        {
            "lead": places.reindex(links["lead_id"].astype(object)).to_numpy(),
            "hop": hop.to_numpy() + 0.5,
            "stage": links["kind"].astype(object).to_numpy(),
            "origin": codes_of(before["to_country"]).to_numpy(),
            "target": codes_of(after["from_country"]).to_numpy(),
            "from_port": ports["to_port"].reindex(links["from_record"]).fillna(NO_PORT).to_numpy(),
            "to_port": ports["from_port"].reindex(links["to_record"]).fillna(NO_PORT).to_numpy(),
            "units": pd.to_numeric(links["units"]).to_numpy(),
            "first": before["date"].to_numpy(),
            "last": after["date"].to_numpy(),
            "sentence": links["sentence"].astype(object).to_numpy(),
        }
    )
    grouped = arcs.groupby(ARC_KEYS, sort=True, as_index=False, dropna=False)
    merged = grouped.agg(
        first=("first", "min"),
        last=("last", "max"),
        records=("lead", "size"),
        sentence=("sentence", "first"),
    )
    merged["units"] = grouped["units"].sum(min_count=1)["units"]
    return merged.assign(kind=INFERRED).reindex(columns=ARC_COLUMNS)


def _flows(shipments: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Trade between countries by month, whatever the goods."""
    dates = pd.to_datetime(shipments["date"])
    flows = pd.DataFrame(
        {
            "origin": codes_of(shipments["from_country"]),
            "target": codes_of(shipments["to_country"]),
            "month": dates.dt.year * 12 + dates.dt.month - 1,
            "units": pd.to_numeric(shipments["units"], errors="coerce"),
            "value_usd": pd.to_numeric(shipments["value_usd"], errors="coerce"),
        }
    )
    grouped = flows.groupby(["origin", "target", "month"], sort=True, dropna=False, as_index=False)
    summed = grouped.agg(
        units=("units", "sum"), value_usd=("value_usd", "sum"), shipments=("units", "size")
    )
    return summed, measure_of(shipments)


def _largest(flows: pd.DataFrame, measure: str) -> tuple[pd.DataFrame, int]:
    sizes = list(dict.fromkeys([measure, "shipments"]))
    totals = flows.groupby(["origin", "target"], as_index=False)[sizes].sum()
    order = totals.sort_values(
        [*sizes, "origin", "target"], ascending=[*[False] * len(sizes), True, True]
    )
    best = order.head(MOST_FLOWS)[["origin", "target"]]
    kept = flows.merge(best, on=["origin", "target"])
    return kept.sort_values(["origin", "target", "month"], ignore_index=True), len(order) - len(
        best
    )


def _countries(codes: list[str]) -> Columns:
    points = world.label_points()
    known = [code in points for code in codes]
    spots = [points.get(code, world.UNKNOWN_POINT) for code in codes]
    return {
        "code": codes,
        "name": [shortened(world.country_name(code), 60) for code in codes],
        "lon": [spot[0] for spot in spots],
        "lat": [spot[1] for spot in spots],
        "known": known,
    }


def _companies(leads: Leads, steps: pd.DataFrame, texts: _Texts) -> tuple[Columns, dict[str, int]]:
    ids = sorted({*steps["shipper_id"].dropna(), *steps["consignee_id"].dropna()})
    known = leads.companies.drop_duplicates("company_id").set_index("company_id").reindex(ids)
    named = known["name"].astype(object).where(known["name"].notna(), pd.Series(ids, index=ids))
    columns: Columns = {
        "id": texts.column(pd.Series(ids, dtype=object)),
        "name": texts.column(named),
        "aliases": texts.column(known["aliases"].astype(object)),
        "country": texts.column(known["country"].astype(object)),
        "role": texts.column(known["role"].astype(object)),
    }
    return columns, {company: place for place, company in enumerate(ids)}


def _lead_columns(table: pd.DataFrame, shown: list[Any], texts: _Texts) -> Columns:
    def column(name: str) -> list[int | None]:
        return texts.column([joined(value) for value in table[name]])

    return {
        "rank": numbers(table["rank"], 0),
        "id": texts.column(table["lead_id"].astype(object)),
        "no_coincidence": numbers(table["no_coincidence"], CHANCE_DIGITS),
        "chance": texts.column([str(lead.chance) for lead in shown]),
        "in_steps": texts.column([in_steps(share) for share in table["no_coincidence"]]),
        "score": numbers(table["score"], SCORE_DIGITS),
        "p_value": numbers(table["p_value"], 6),
        "q_value": numbers(table["q_value"], 6),
        "origin": column("origin"),
        "destination": column("destination"),
        "countries": column("countries"),
        "companies": column("companies"),
        "chips": column("chips"),
        "hops": numbers(table["hops"], 0),
        "units": numbers(table["units"], UNIT_DIGITS),
        "units_low": numbers(table["units_low"], UNIT_DIGITS),
        "units_high": numbers(table["units_high"], UNIT_DIGITS),
        "value_usd": numbers(table["value_usd"], VALUE_DIGITS),
        "first": days(table["first_date"]),
        "last": days(table["last_date"]),
        "sentence": texts.column([str(lead.sentence) for lead in shown]),
    }


def _chip_columns(steps: pd.DataFrame, texts: _Texts) -> Columns:
    pairs = steps[["lead", "chip"]].dropna().drop_duplicates().sort_values(["lead", "chip"])
    return {
        "lead": pairs["lead"].astype(int).tolist(),
        "chip": texts.column(pairs["chip"].astype(object)),
    }


def _record_columns(
    steps: pd.DataFrame,
    country: dict[str, int],
    company: dict[str, int],
    port: dict[str, int],
    texts: _Texts,
) -> Columns:
    def text(name: str) -> list[int | None]:
        return texts.column(steps[name].astype(object))

    precision = steps["date_precision"].astype(object).fillna("day")
    return {
        "lead": steps["lead"].astype(int).tolist(),
        "hop": numbers(steps["hop"], 0),
        "stage": text("stage"),
        "id": text("record_id"),
        "day": days(steps["date"]),
        "precision": texts.column(precision),
        "shipper": text("shipper"),
        "consignee": text("consignee"),
        "shipper_company": [company.get(one) for one in steps["shipper_id"]],
        "consignee_company": [company.get(one) for one in steps["consignee_id"]],
        "origin": [country[code] for code in steps["origin"]],
        "target": [country[code] for code in steps["target"]],
        "export_port": text("export_port"),
        "import_port": text("import_port"),
        **{end: [port.get(code) for code in steps[end]] for end in ("from_port", "to_port")},
        "description": text("description"),
        "hs_code": text("hs_code"),
        "chip": text("chip"),
        "units": numbers(steps["units"], UNIT_DIGITS),
        "weight_kg": numbers(steps["weight_kg"], 2),
        "value_usd": numbers(steps["value_usd"], VALUE_DIGITS),
        "control": text("control_status"),
        "rule": text("control_rule"),
        "source": text("source"),
        "row": numbers(steps["source_row"], 0),
        "others": text("other_sources"),
    }


def _evidence_columns(leads: Leads, places: pd.Series, texts: _Texts) -> Columns:
    evidence = leads.evidence
    evidence = evidence[evidence["lead_id"].isin(places.index)]
    lead = places.reindex(evidence["lead_id"].astype(object)).to_numpy()
    evidence = evidence.assign(lead=lead, strength=evidence["log_lr"].abs())
    evidence = evidence.sort_values(
        ["lead", "kind", "strength", "part", "sentence"], ascending=[True, False, False, True, True]
    )
    return {
        "lead": evidence["lead"].astype(int).tolist(),
        "innocent": (evidence["kind"] == "innocent").tolist(),
        "part": texts.column(evidence["part"].astype(object)),
        "weight": numbers(evidence["log_lr"], 2),
        "text": texts.column(evidence["sentence"].astype(object)),
    }


def _settle_columns(shown: list[Any], texts: _Texts) -> Columns:
    pairs = [(place, str(one)) for place, lead in enumerate(shown) for one in lead.settle]
    return {
        "lead": [place for place, _ in pairs],
        "text": texts.column([sentence for _, sentence in pairs]),
    }


def _set_aside_columns(leads: Leads, texts: _Texts) -> Columns:
    routes = leads.set_aside.head(MOST_SET_ASIDE)
    columns: Columns = {
        name: texts.column([joined(value) for value in routes[name]])
        for name in ("reason", "sentence", "chips", "countries", "companies", "record_ids")
    }
    columns["units"] = numbers(routes["units"], UNIT_DIGITS)
    return columns


def _asked(leads: Leads) -> dict[str, Any]:
    return {
        "destination": [str(code) for code in leads.destination],
        "destination_names": [world.country_name(code) for code in leads.destination],
        "looked_for": looked_for(leads.destination, followed(leads)),
        "parameters": {
            shortened(str(name)): shortened(parameter_text(value))
            for name, value in sorted(leads.parameters.items(), key=lambda pair: str(pair[0]))
        },
    }


def _reading(leads: Leads) -> dict[str, Any]:
    said = verdict(leads)
    unread = leads.searched.records.unread
    return {
        "verdict": said.kind,
        "heading": said.heading,
        "sentence": shortened(said.sentence),
        "hints": [shortened(one) for one in said.hints],
        "unread": [shortened(one.sentence) for one in unread],
        "cells_unread": sum(one.unread for one in unread),
    }


def _counts(leads: Leads, flows: pd.DataFrame) -> dict[str, int]:
    counts = leads.searched.records.counts
    known = set(flows["origin"]) | set(flows["target"])
    return {
        **{name: int(counts.get(name, 0)) for name in ("rows_in", "used", "rejected", "duplicate")},
        "shipments": len(leads.shipments),
        "companies": len(leads.companies),
        "countries": len(known - {world.UNKNOWN}),
        "leads": len(leads.table),
        "set_aside": len(leads.set_aside),
    }


def _centre(
    arcs: pd.DataFrame, flows: pd.DataFrame, countries: Columns, index: dict[str, int], measure: str
) -> float:
    if len(arcs):
        ends, weight = arcs, pd.to_numeric(arcs["units"]).fillna(1.0)
    else:
        ends, weight = flows, flows[measure]
    longitude = np.array([*countries["lon"], 0.0])
    start = longitude[[index[code] for code in ends["origin"]]]
    end = longitude[[index[code] for code in ends["target"]]]
    return world.best_centre(start, end, np.asarray(weight, dtype=float))
