"""The network of companies and countries as one page, made with pyvis.

pyvis holds the graph and the options; its own template is not used, since it loads bootstrap
from a CDN whatever ``cdn_resources`` says. vis-network comes out of the installed pyvis package.
"""

from __future__ import annotations

import importlib.resources
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chipflow.leads.verdict import verdict
from chipflow.views import world
from chipflow.views.page import Page, assemble, source
from chipflow.views.spec import codes_of, days, each_row, measure_of, numbers
from chipflow.views.wording import MEASURES, label, shortened

if TYPE_CHECKING:
    import networkx as nx

    from chipflow.leads import Leads
    from chipflow.network import Network

VIS_NETWORK = ("lib", "vis-9.1.2", "vis-network.min.js")
# A picture with more marks than this is not read any more, and opens slowly.
MOST_NODES = 500  # companies and countries
MOST_EDGES = 2_000  # pairs of companies
MOST_LEADS = 5_000  # leads in the list, as many as on the map
# What the size and the colour of a company may show: a column of the table of companies, or two of
# which the sum counts, and what a reader calls it.
MEASURES_OF_COMPANIES = {
    "throughput": ("chips passed on towards the destination", ("throughput",)),
    "betweenness": ("betweenness centrality", ("betweenness",)),
    "pagerank": ("PageRank", ("pagerank",)),
    "shipments": ("shipments in and out", ("in_strength", "out_strength")),
}
MEASURE_DIGITS = 6  # decimals: PageRank sums to one over all companies
MOST_GOODS = 3  # named on one edge
SIZES = (7.0, 22.0)  # radius of the smallest and the largest company, canvas pixels
WIDTHS = (1.2, 8.0)  # of the thinnest and the thickest edge, canvas pixels
SEED = 0
ROUNDS = 40  # of the spring layout, which only gives directions
MOST_PUSHES = 400  # rounds of pushing countries apart
MAP_SCALE = 130.0  # canvas pixels for one unit of the Equal Earth plane
RING = 64.0  # radius of the first ring of companies around a country, canvas pixels
SPACE = 74.0  # between two companies on a ring: room for a short name, canvas pixels
ROOM = 40.0  # around the outermost ring, canvas pixels

# What the table of companies calls a role -> what the legend calls it, and its colour.
ROLES = {
    "seller": ("first seller on a lead", "source"),
    "middle": ("in the middle of a lead", "middle"),
    "buyer": ("last buyer on a lead", "final"),
}
NOT_NAMED = "not named"  # the role of a side that a record leaves open
OTHER = ("other company", "other")
NO_PHYSICS = {
    "physics": {"enabled": False},
    "layout": {"improvedLayout": False, "randomSeed": SEED},
    "edges": {"smooth": {"enabled": True, "type": "curvedCW", "roundness": 0.12}},
    "interaction": {
        "hover": True,
        "tooltipDelay": 120,
        "hideEdgesOnDrag": False,
        "keyboard": {"enabled": True, "bindToWindow": False},
    },
}


def network_view(leads_or_network: Leads | Network, *, seed: int = SEED) -> Page:
    """Draw companies, countries and the goods between them.

    Parameters
    ----------
    leads_or_network
        What :func:`chipflow.find_leads` or :func:`chipflow.build_network` returned.
    seed
        Of the layout; the same seed gives the same picture.

    Returns
    -------
    Page
        Above ``MOST_NODES`` companies and countries only those on leads and around them (without
        leads: those of the largest flows) are shown, and the page says so.
    """
    graph = _Graph.of(leads_or_network)
    drawn = _pyvis(graph, _layout(graph, seed))
    nodes, edges, *_, options = drawn.get_network_data()
    return assemble(
        "network.html.j2",
        title="chipflow: network of companies",
        styles=[source("base.css"), source("network.css")],
        scripts=[_vis_network(), source("dom.js"), source("network.js")],
        data={
            "strings": [],
            "nodes": nodes,
            "edges": edges,
            "options": json.loads(options),
            # Companies on leads that the picture has no room for: they come with their lead.
            "reserve": _reserve(graph),
            "leads": graph.leads,
            "measures": {name: text for name, (text, _) in MEASURES_OF_COMPANIES.items()},
            "measure_name": MEASURES[graph.measure],
            "roles": {name: text for name, (text, _) in {**ROLES, "other": OTHER}.items()},
        },
        simulated=graph.simulated,
        shown=len(graph.companies),
        in_reserve=len(graph.reserve),
        companies=graph.all_companies,
        countries=len(graph.countries),
        pairs=len(graph.edges),
        pairs_left_out=graph.pairs_left_out,
        lead_count=len(graph.leads),
        heading=graph.heading,
    )


KEYS = ["shipper_id", "consignee_id", "inferred"]


class _Graph:
    """The part of a network that fits on the page, as tables."""

    companies: pd.DataFrame
    edges: pd.DataFrame
    reserve: pd.DataFrame
    reserve_edges: pd.DataFrame
    countries: list[str]
    leads: list[dict[str, Any]]
    lead_places: dict[str, int]
    measure: str
    simulated: bool
    all_companies: int
    pairs_left_out: int
    # Of a search that found nothing; empty where leads were found, or none was made.
    heading: str

    @classmethod
    def of(cls, given: Any) -> _Graph:
        graph = cls()
        leads = given if hasattr(given, "searched") else None
        network = given.searched if leads is not None else given
        graph.heading = verdict(leads).heading if leads is not None and not len(leads) else ""
        shipments = given.shipments
        companies = given.companies.drop_duplicates("company_id").set_index("company_id")
        graph.simulated = bool(network.records.simulated)
        graph.measure = measure_of(shipments)
        graph.all_companies = len(companies)
        pairs = _pairs(shipments, graph.measure)
        steps, links = _lead_pairs(leads)
        pairs["leads"] = _joined_ids(pairs, steps)
        inferred = links.drop_duplicates(["shipper_id", "consignee_id"])
        edges = pd.concat([pairs.assign(inferred=False), inferred], ignore_index=True)
        edges["on_lead"] = edges["leads"] != ""
        unnamed = set(companies.index[companies["role"] == NOT_NAMED])
        kept = _chosen(edges, codes_of(companies["country"]).to_dict(), unnamed)
        inside = edges[edges["shipper_id"].isin(kept) & edges["consignee_id"].isin(kept)]
        order = inside.sort_values(
            ["on_lead", "size", "shipper_id", "consignee_id", "inferred"],
            ascending=[False, False, True, True, True],
        )
        graph.edges = order.head(MOST_EDGES).reset_index(drop=True)
        lead_companies = {
            *edges.loc[edges["on_lead"], "shipper_id"],
            *edges.loc[edges["on_lead"], "consignee_id"],
        } & set(companies.index)
        drawn = pd.MultiIndex.from_frame(graph.edges[KEYS])
        on_leads = edges[edges["on_lead"]]
        beyond = ~pd.MultiIndex.from_frame(on_leads[KEYS]).isin(drawn)
        graph.reserve_edges = on_leads[beyond].sort_values(KEYS, ignore_index=True)
        goods = _goods(shipments, kept | lead_companies)
        for table in (graph.edges, graph.reserve_edges):
            pair = pd.MultiIndex.from_frame(table[KEYS[:2]])
            known = pd.Series(goods.reindex(pair).to_numpy(dtype=object), index=table.index)
            table["goods"] = known.where(~table["inferred"].astype(bool), None)
        graph.pairs_left_out = len(edges) - len(graph.edges) - len(graph.reserve_edges)
        table = companies.reindex(sorted(kept | lead_companies)).reset_index()
        table["on_lead"] = table["company_id"].isin(lead_companies)
        table["code"] = codes_of(table["country"])
        table["radius"] = _radii(table)
        for name, (_, columns) in MEASURES_OF_COMPANIES.items():
            amounts = [pd.to_numeric(table[column], errors="coerce") for column in columns]
            table[f"measure_{name}"] = numbers(sum(one.fillna(0.0) for one in amounts),
                                               MEASURE_DIGITS)  # fmt: skip
        chosen = table["company_id"].isin(kept)
        graph.companies = table[chosen].reset_index(drop=True)
        graph.reserve = table[~chosen].reset_index(drop=True)
        graph.countries = sorted(graph.companies["code"].unique())
        graph.leads = [] if leads is None else _lead_list(leads)
        graph.lead_places = {one["id"]: place for place, one in enumerate(graph.leads)}
        return graph


def _pairs(shipments: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Every pair of companies with what went from one to the other."""
    table = shipments[["shipper_id", "consignee_id", "units", "value_usd", "date"]].assign(
        units=pd.to_numeric(shipments["units"]), value_usd=pd.to_numeric(shipments["value_usd"])
    )
    grouped = table.groupby(["shipper_id", "consignee_id"], as_index=False, sort=True)
    pairs = grouped.agg(
        shipments=("date", "size"),
        units=("units", "sum"),
        value_usd=("value_usd", "sum"),
        first=("date", "min"),
        last=("date", "max"),
    )
    pairs["size"] = pairs[measure].astype(float)
    return pairs


def _goods(shipments: pd.DataFrame, companies: set[str]) -> pd.Series:
    """What each of some companies sent to another: chips by name, other goods by kind."""
    among = shipments["shipper_id"].isin(companies) & shipments["consignee_id"].isin(companies)
    shipments = shipments.loc[among, ["shipper_id", "consignee_id", "goods", "chip"]]
    kind = shipments["goods"].astype(object).where(shipments["goods"].notna(), "goods")
    called = (
        shipments["chip"]
        .astype(object)
        .where(shipments["chip"].notna(), kind.astype(str).str.replace("_", " "))
    )
    counted = (
        shipments[["shipper_id", "consignee_id"]]
        .assign(called=called, named=shipments["chip"].notna())
        .groupby(["shipper_id", "consignee_id", "called"], as_index=False)
        .agg(named=("named", "max"), shipments=("named", "size"))
        .sort_values(["named", "shipments", "called"], ascending=[False, False, True])
    )
    by_pair = counted.groupby(["shipper_id", "consignee_id"])["called"]
    joined: pd.Series = by_pair.agg(lambda names: _listed(names.tolist()))
    return joined


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_GOODS
    return ", ".join(names[:MOST_GOODS]) + (f" and {more} more" if more > 0 else "")


def _lead_pairs(leads: Leads | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pairs of companies on leads by record, and those joined by inference only."""
    columns = ["shipper_id", "consignee_id", "lead_id"]
    if leads is None or not len(leads.table):
        empty = pd.DataFrame(columns=columns)
        return empty, pd.DataFrame(columns=[*columns[:2], "leads", "size", "units", "inferred"])
    ends = leads.shipments.set_index("record_id")
    steps = leads.steps.join(ends[["shipper_id", "consignee_id"]], on="record_id")[columns]
    links = leads.links[leads.links["kind"] != "recorded"]
    inferred = pd.DataFrame(
        {
            "shipper_id": ends["consignee_id"].reindex(links["from_record"]).to_numpy(),
            "consignee_id": ends["shipper_id"].reindex(links["to_record"]).to_numpy(),
            "lead_id": links["lead_id"].to_numpy(),
            "units": pd.to_numeric(links["units"]).to_numpy(),
        }
    )
    inferred = inferred[inferred["shipper_id"] != inferred["consignee_id"]]
    grouped = inferred.groupby(["shipper_id", "consignee_id"], as_index=False, sort=True)
    merged = grouped.agg(units=("units", "sum"), shipments=("units", "size"))
    merged["leads"] = _joined_ids(merged, inferred)
    merged["size"] = merged["units"].astype(float)
    return steps, merged.assign(inferred=True)


def _joined_ids(pairs: pd.DataFrame, found: pd.DataFrame) -> pd.Series:
    unique = found[["shipper_id", "consignee_id", "lead_id"]].drop_duplicates()
    if not len(unique) or not len(pairs):
        return pd.Series("", index=pairs.index)
    ids = unique.sort_values("lead_id").groupby(["shipper_id", "consignee_id"])["lead_id"]
    joined = ids.agg(" ".join)
    keys = pd.MultiIndex.from_frame(pairs[["shipper_id", "consignee_id"]])
    return pd.Series(joined.reindex(keys).fillna("").to_numpy(dtype=object), index=pairs.index)


def _chosen(edges: pd.DataFrame, country: dict[Any, Any], unnamed: set[str]) -> set[str]:
    """The companies to show: those on leads first, then along the largest edges."""
    order = edges.assign(
        named=~edges["shipper_id"].isin(unnamed) & ~edges["consignee_id"].isin(unnamed)
    ).sort_values(
        ["on_lead", "named", "size", "shipper_id", "consignee_id"],
        ascending=[False, False, False, True, True],
    )
    around = {
        *edges.loc[edges["on_lead"], "shipper_id"],
        *edges.loc[edges["on_lead"], "consignee_id"],
    }
    if around:
        near = order["shipper_id"].isin(around) | order["consignee_id"].isin(around)
        order = pd.concat([order[near], order[~near]])
    ranked = pd.unique(order[["shipper_id", "consignee_id"]].to_numpy(dtype=object).ravel())
    kept: set[str] = set()
    countries: set[str] = set()
    for company in ranked:
        if company not in country:
            continue
        if len(kept) + len(countries | {_country_id(country[company])}) + 1 > MOST_NODES - 1:
            break
        kept.add(str(company))
        countries.add(_country_id(country[company]))
    return kept


def _lead_list(leads: Leads) -> list[dict[str, Any]]:
    shown = leads.table.head(MOST_LEADS)
    return [
        {"id": str(lead_id), "rank": int(rank), "countries": shortened(str(countries), 80)}
        for lead_id, rank, countries in zip(
            shown["lead_id"], shown["rank"], shown["countries"], strict=True
        )
    ]


def _layout(graph: _Graph, seed: int) -> _Places:
    """Countries about as on a map, companies in rings around theirs; the same every time.

    A spring layout with the countries held fast says in which direction a company's partners
    lie; rings then keep every mark and name apart, which springs do not.
    """
    import networkx as nx

    companies = graph.companies
    members = companies.groupby("code")["company_id"].agg(list).to_dict()
    reach = np.array([_rings(len(members[code]))[-1] + ROOM for code in graph.countries])
    centres = _apart(_on_the_map(graph.countries), reach)
    start = dict(zip(map(_country_id, graph.countries), centres, strict=True))
    held = list(start)
    drawing: nx.Graph = nx.Graph()
    drawing.add_nodes_from(held)
    random = np.random.default_rng(seed)
    for company, code in zip(companies["company_id"], companies["code"], strict=True):
        drawing.add_edge(_country_id(code), company, weight=1.0)
        start[company] = start[_country_id(code)] + random.normal(0, RING, 2)
    pairs = graph.edges[["shipper_id", "consignee_id"]]
    drawing.add_edges_from(pairs[pairs["shipper_id"] != pairs["consignee_id"]].to_numpy(object))
    places = {}
    if len(drawing) > len(held):
        pulled = nx.spring_layout(
            drawing, pos=start, fixed=held, k=RING, iterations=ROUNDS, seed=seed
        )
        for code, centre in zip(graph.countries, centres, strict=True):
            places.update(_around(centre, members[code], pulled))
    places.update(zip(held, centres, strict=True))
    return _Places(
        at={name: (round(float(x)), round(float(y))) for name, (x, y) in places.items()},
        reach={code: round(float(r)) for code, r in zip(graph.countries, reach, strict=True)},
    )


@dataclass(frozen=True)
class _Places:
    """Where every mark is, and how far a country's companies reach; canvas pixels."""

    at: dict[str, tuple[int, int]]
    reach: dict[str, int]


def _on_the_map(codes: list[str]) -> np.ndarray:
    points = world.label_points()
    spots = np.array([points.get(code, world.UNKNOWN_POINT) for code in codes], dtype=float)
    if not len(spots):
        return np.zeros((0, 2))
    # Europe and Asia in the middle: most goods then run from left to right.
    x, y = world.project(world.wrapped(spots[:, 0], 60.0), spots[:, 1], 60.0)
    return np.column_stack([x, -1.25 * y]) * MAP_SCALE


def _apart(centres: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Push circles apart until none covers another, each from where it would like to be."""
    placed: np.ndarray = (
        centres + np.arange(len(centres))[:, None] * 1e-3
    )  # two on one spot have a direction
    for _ in range(MOST_PUSHES):
        gap = placed[:, None, :] - placed[None, :, :]
        far = np.linalg.norm(gap, axis=2)
        np.fill_diagonal(far, np.inf)
        short = np.maximum(reach[:, None] + reach[None, :] - far, 0)
        if not (short > 0.5).any():
            break
        push = gap / np.maximum(far, 1e-6)[:, :, None] * short[:, :, None]
        placed = placed + 0.4 * push.sum(axis=1) / np.maximum((short > 0).sum(axis=1), 1)[:, None]
    return placed


def _rings(count: int) -> list[float]:
    """Return the radii of the rings that hold so many companies."""
    radii: list[float] = []
    held = 0
    while held < count or not radii:
        radii.append(RING * (1 + 0.8 * len(radii)))
        held += _capacity(radii[-1])
    return radii


def _capacity(radius: float) -> int:
    return max(1, int(2 * np.pi * radius / SPACE))


def _around(
    centre: np.ndarray, companies: list[str], pulled: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Put a country's companies on rings, each near the direction in which it is pulled."""
    wish = {one: pulled[one] - centre for one in companies}
    near = sorted(companies, key=lambda one: (-float(np.hypot(*wish[one])), one))
    places: dict[str, np.ndarray] = {}
    # The outermost ring takes those that are pulled hardest.
    radii = _rings(len(companies))
    held = [_capacity(radius) for radius in radii]
    held[-1] = len(companies) - sum(held[:-1])
    for radius, room in zip(reversed(radii), reversed(held), strict=True):
        ring, near = near[:room], near[room:]
        angle = {one: float(np.arctan2(wish[one][1], wish[one][0])) for one in ring}
        ring = sorted(ring, key=lambda one: (angle[one], one))
        even = 2 * np.pi * np.arange(len(ring)) / max(len(ring), 1)
        turn = np.angle(np.exp(1j * (np.array([angle[one] for one in ring]) - even)).sum())
        for one, direction in zip(ring, even + turn, strict=True):
            places[one] = centre + radius * np.array([np.cos(direction), np.sin(direction)])
    return places


def _radii(companies: pd.DataFrame) -> np.ndarray:
    """Radius of each company's mark: by chips passed on, else by the chips that it handled."""
    moved = companies["throughput"].astype("Float64").to_numpy(dtype=float, na_value=0.0)
    if not moved.any():
        handled = companies[["units_in", "units_out"]].apply(pd.to_numeric)
        moved = handled.max(axis=1).fillna(0).to_numpy(dtype=float)
    share = np.sqrt(moved / moved.max()) if moved.size and moved.max() > 0 else np.zeros(len(moved))
    return np.round(SIZES[0] + (SIZES[1] - SIZES[0]) * share, 1)


def _pyvis(graph: _Graph, places: _Places) -> Any:
    from pyvis.network import Network as PyvisNetwork

    drawn = PyvisNetwork(directed=True, cdn_resources="in_line")
    drawn.set_options(json.dumps(NO_PHYSICS))
    for mark in _company_marks(graph.companies):
        x, y = places.at[mark["id"]]
        drawn.add_node(mark.pop("id"), shape="dot", x=x, y=y, **mark)
    for code in graph.countries:
        x, y = places.at[_country_id(code)]
        mark = _country_mark(code, places.reach[code])
        drawn.add_node(mark.pop("id"), shape="square", size=9, x=x, y=y, **mark)
    for edge in _edge_marks(graph, graph.edges):
        drawn.add_edge(edge.pop("from"), edge.pop("to"), **edge)
    return drawn


def _reserve(graph: _Graph) -> dict[str, Any]:
    """Companies and goods of leads that are drawn only while their lead is chosen."""
    codes = sorted(set(graph.reserve["code"].unique()) - set(graph.countries))
    spots = zip(codes, _on_the_map(codes).tolist(), strict=True)
    return {
        "nodes": _company_marks(graph.reserve)
        + [{**_country_mark(code, round(RING)), "x": round(x), "y": round(y)}
           for code, (x, y) in spots],
        "edges": _edge_marks(graph, graph.reserve_edges),
    }  # fmt: skip


def _company_marks(companies: pd.DataFrame) -> list[dict[str, Any]]:
    columns = {
        name: numbers(companies[name], 1) for name in ("units_in", "units_out", "throughput")
    }
    marks = []
    for place, row in enumerate(each_row(companies)):
        role = str(row.role)
        name = shortened(str(row.name) if isinstance(row.name, str) else str(row.company_id))
        code = str(row.code)
        marks.append(
            {
                "id": row.company_id,
                "label": label(name),
                "title": _company_title(name, code, role),
                "group": ROLES.get(role, OTHER)[1],
                "size": float(row.radius),
                "kind": "company",
                "name": name,
                "aliases": shortened(str(row.aliases)) if isinstance(row.aliases, str) else "",
                "country": world.country_name(code),
                "country_id": _country_id(code),
                "role": ROLES.get(role, (role, ""))[0],
                "amounts": {key: column[place] for key, column in columns.items()},
                "measures": {one: getattr(row, f"measure_{one}") for one in MEASURES_OF_COMPANIES},
                "on_lead": bool(row.on_lead),
                "named": role != NOT_NAMED,
            }
        )
    return marks


def _country_mark(code: str, reach: int) -> dict[str, Any]:
    name = world.country_name(code)
    return {
        "id": _country_id(code),
        "label": label(name),
        "title": name,
        "group": "country",
        "kind": "country",
        "name": name,
        "reach": reach,
    }


def _edge_marks(graph: _Graph, edges: pd.DataFrame) -> list[dict[str, Any]]:
    largest = float(graph.edges["size"].max()) if len(graph.edges) else 0.0
    sizes = edges["size"].astype(float).fillna(0).to_numpy()
    share = np.sqrt(np.minimum(sizes / largest, 1.0)) if largest > 0 else np.zeros(len(edges))
    widths = np.round(WIDTHS[0] + (WIDTHS[1] - WIDTHS[0]) * share, 2)
    everybody = pd.concat([graph.companies, graph.reserve])
    names = dict(zip(everybody["company_id"], everybody["name"], strict=True))
    first, last = days(edges["first"]), days(edges["last"])
    marks = []
    for place, (width, row) in enumerate(zip(widths, each_row(edges), strict=True)):
        units = 0.0 if pd.isna(row.units) else float(row.units)
        when = "" if pd.isna(row.first) else f", {row.first:%Y-%m-%d} to {row.last:%Y-%m-%d}"
        amount = f"{units:,.0f} chips, " if units else ""
        goods = str(row.goods) if isinstance(row.goods, str) else ""
        what = (
            "inferred, no record states it" if row.inferred else f"{row.shipments:,.0f} shipments"
        )
        on = [graph.lead_places[one] for one in row.leads.split() if one in graph.lead_places]
        marks.append(
            {
                "from": row.shipper_id,
                "to": row.consignee_id,
                "width": float(width),
                "title": label(
                    f"{label(names.get(row.shipper_id), 40)} \u2192 "
                    f"{label(names.get(row.consignee_id), 40)}: {amount}{what}"
                    f"{f' of {label(goods, 80)}' if goods else ''}{when}",
                    280,
                ),
                "dashes": bool(row.inferred),
                "kind": "inferred" if row.inferred else "shipments",
                "leads": sorted(on),
                "units": units,
                "goods": shortened(goods, 200),
                "shipments": None if row.inferred else int(row.shipments),
                "first": first[place],
                "last": last[place],
            }
        )
    return marks


def _company_title(name: str, code: str, role: str) -> str:
    return f"{label(name, 80)}\n{world.country_name(code)} \u00b7 {ROLES.get(role, (role, ''))[0]}"


def _country_id(code: str) -> str:
    return f"country:{code}"


def _vis_network() -> str:
    place = importlib.resources.files("pyvis")
    for part in VIS_NETWORK:
        place = place / part
    return place.read_text(encoding="utf-8")
