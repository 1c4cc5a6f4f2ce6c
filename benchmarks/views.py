"""Time the map page with many leads, against folium and pyvis drawing the same arcs.

::

    python benchmarks/views.py
    python benchmarks/views.py --leads 500 --records 10

Prints for each library the seconds to make the page, its size, what it asks the network for when
it is opened, and the seconds until its first picture in a headless Chromium; then the ratios to
chipflow's map. For chipflow also the time that a change of a filter takes. Records are made up.
folium is in the ``bench`` extra; without it that part is left out.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from chipflow.leads import Leads
from chipflow.network import Network
from chipflow.views import route_map, world

HOPS = 5  # shipments from the first seller to the last buyer
MIDDLES = (
    "SG", "MY", "AE", "TR", "NL", "IN", "VN", "TH", "ID", "KZ",
    "AM", "GE", "JP", "KR", "TW", "DE", "PL", "PH", "KH", "QA",
)  # fmt: skip
STARTS, ENDS = ("US", "TW", "MX"), ("CN", "HK", "MO")
CHIPS = ("H100", "A100", "H200", "L40S", "A800")
FILTERS = (("country", "SG"), ("chip", "H100"), ("country", ""), ("chip", ""))
REPEATS = 3
PATIENCE = 90.0  # seconds a page may take to draw something
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
# Wanted of a page with 5,000 leads and 50,000 records on two cores.
BARS = {"megabytes": 15.0, "first picture, s": 3.0, "filter, ms": 100.0}


@dataclass
class Measured:
    """What one page took."""

    name: str
    made: float
    megabytes: float
    asked: int
    opened: float | None


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leads", type=int, default=5_000)
    parser.add_argument("--records", type=int, default=10, help="of each lead")
    parser.add_argument("--only", choices=["chipflow"], help="leave the others out")
    options = parser.parse_args()
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        print("no Chromium found: install one or set CHROMIUM to its path", file=sys.stderr)
        return 1
    leads = made_up(options.leads, options.records)
    print(f"{len(leads):,} leads, {len(leads.shipments):,} records (made up)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        browser = driver.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        ours = measure(browser, Path(folder), "chipflow", lambda path: route_map(leads).save(path))
        filters = filter_times(browser, Path(folder) / "chipflow.html")
        found = [ours]
        if options.only is None:
            found += [
                measure(browser, Path(folder), name, draw)
                for name, draw in (("folium", with_folium(leads)), ("pyvis", with_pyvis(leads)))
                if draw is not None
            ]
        browser.close()
    _print(found, filters)
    return 0


def made_up(count: int, each: int, seed: int = 5) -> Leads:
    """So many leads of five hops, each with so many records."""
    random = np.random.default_rng(seed)
    per_hop = np.full(HOPS, each // HOPS)
    per_hop[: each % HOPS] += 1
    lead = np.repeat(np.arange(count), each)
    hop = np.tile(np.repeat(np.arange(HOPS), per_hop), count)
    stops = np.column_stack(
        [
            random.choice(STARTS, count),
            *(random.choice(MIDDLES, (HOPS - 1, count))),
            random.choice(ENDS, count),
        ]
    )
    firms = np.column_stack(
        [
            [f"Maker {number % 40}" for number in range(count)],
            *(
                [f"Company {number} {letter} Pte Ltd" for number in range(count)]
                for letter in "ABCD"
            ),
            [f"Final buyer {number % 300}" for number in range(count)],
        ]
    )
    first = pd.Timestamp("2022-01-01") + pd.to_timedelta(random.integers(0, 900, count), "D")
    units = random.integers(4, 400, count).astype(float)
    chip = random.choice(CHIPS, count)
    place = np.arange(len(lead))
    shipments = pd.DataFrame(
        {
            "record_id": [f"r{number:06d}" for number in place],
            "date": first[lead] + pd.to_timedelta(25 * hop + random.integers(0, 9, len(lead)), "D"),
            "date_precision": "day",
            "shipper": firms[lead, hop], "consignee": firms[lead, hop + 1],
            "from_country": stops[lead, hop], "to_country": stops[lead, hop + 1],
            "hs_code": "847330", "goods": "accelerator", "declared": hop == 0,
            "items": units[lead] / per_hop[hop], "quantity": units[lead] / per_hop[hop],
            "description": [f"computer parts, order {number * 7}" for number in place],
            "chip": pd.Series(chip[lead]).where(pd.Series(hop == 0)),
            "units": units[lead] / per_hop[hop], "weight_kg": 1.7 * units[lead] / per_hop[hop],
            "value_usd": 29_000.0 * units[lead] / per_hop[hop],
            "control_status": "licence", "control_rule": "made-up rule",
            "source": "made-up.csv", "source_row": place + 2, "other_sources": None,
        }
    )  # fmt: skip
    for side, country in (("shipper", "from_country"), ("consignee", "to_country")):
        shipments[f"{side}_id"] = shipments[side]
        shipments[f"{side}_country"] = shipments[country]
    for field, country in (("export_port", "from_country"), ("import_port", "to_country")):
        shipments[field] = _ports(shipments[country], random)
    network = _network(shipments)
    ids = np.array([f"L{number:05d}" for number in range(count)])
    stage = np.array(["source", *["middle"] * (HOPS - 2), "final"])
    steps = pd.DataFrame(
        {"lead_id": ids[lead], "record_id": shipments["record_id"], "hop": hop + 1,
         "stage": stage[hop], "chip": chip[lead], "units": shipments["units"],
         "status": "licence", "rule": "made-up rule"}
    )  # fmt: skip
    table = pd.DataFrame(
        {
            "rank": np.arange(1, count + 1), "lead_id": ids,
            "score": np.round(np.linspace(20, 1, count), 3),
            "p_value": np.round(np.linspace(1e-5, 0.4, count), 6),
            "q_value": np.round(np.linspace(1e-3, 0.6, count), 6),
            "origin": stops[:, 0], "destination": stops[:, -1],
            "countries": [" > ".join(one) for one in stops],
            "companies": [" > ".join(one) for one in firms],
            "hops": HOPS, "chips": chip, "units": units, "units_low": np.floor(units * 0.9),
            "units_high": units, "value_usd": 29_000.0 * units,
            "first_date": shipments.groupby(lead)["date"].min(),
            "last_date": shipments.groupby(lead)["date"].max(),
            "record_ids": shipments.groupby(lead)["record_id"].agg(";".join),
            "reasons": "controlled that day", "innocent_explanations": "",
        }
    )  # fmt: skip
    evidence = pd.concat(
        [
            pd.DataFrame({"lead_id": ids, "part": part, "kind": kind, "log_lr": weight,
                          "sentence": text, "record_ids": ""})
            for part, kind, weight, text in (
                ("controlled that day", "reason", 3.1, "The chips were controlled that day."),
                ("continuation", "reason", 4.2, "Units and weight agree from hop to hop."),
                ("licence", "innocent", -1.0, "A licence may have been granted."),
            )
        ],
        ignore_index=True,
    )  # fmt: skip
    links = pd.DataFrame(
        columns=["lead_id", "from_record", "to_record", "units", "log_lr", "kind", "sentence"]
    )
    aside = ["reason", "sentence", "chips", "countries", "companies", "units", "record_ids"]
    return Leads(
        table=table, searched=network, destination=ENDS, steps=steps, links=links,
        evidence=evidence, set_aside=pd.DataFrame(columns=aside),
        throughput=pd.Series(dtype=float), parameters={"seed": seed},
    )  # fmt: skip


def _ports(countries: pd.Series, random: np.random.Generator) -> list[str | None]:
    """One of three ports of each record's country, by name; a place without one names none."""
    table = pd.read_csv(world.static("ports.csv").open("rb"), keep_default_na=False)
    names = table.groupby("country")["name"].agg(lambda one: sorted(one)[:: max(len(one) // 2, 1)])
    draws = random.random(len(countries))
    return [
        names[code][int(draw * len(names[code]))] if code in names.index else None
        for code, draw in zip(countries, draws, strict=True)
    ]


def _network(shipments: pd.DataFrame) -> Network:
    sides = pd.concat(
        [
            shipments[[f"{side}_id", side, f"{side}_country"]].set_axis(
                ["company_id", "name", "country"], axis=1
            )
            for side in ("shipper", "consignee")
        ]
    )
    directory = sides.drop_duplicates("company_id").sort_values("company_id", ignore_index=True)
    counts = {"rows_in": len(shipments), "used": len(shipments), "rejected": 0, "duplicate": 0}
    records: Any = SimpleNamespace(
        simulated=True, counts=counts, sheets=[], inputs=[],
        rejected=pd.DataFrame(columns=["source", "source_row", "column", "value", "reason"]),
    )  # fmt: skip
    return Network(
        shipments, directory.assign(aliases=None, addresses=None), pd.DataFrame(), records
    )


def measure(browser: Any, folder: Path, name: str, draw: Callable[[Path], object]) -> Measured:
    """Make a page, open it and see what it asks for and when it has drawn something."""
    path = folder / f"{name}.html"
    began = time.perf_counter()
    draw(path)
    made = time.perf_counter() - began
    times: list[float] = []
    asked = 0
    for _ in range(REPEATS):
        opened, asked = _open(browser, path)
        if opened is None:
            break
        times.append(opened)
    best = statistics.median(times) if len(times) == REPEATS else None
    return Measured(name, made, path.stat().st_size / 1e6, asked, best)


# A canvas with ink on it, or a drawn line of Leaflet: something of the data is to be seen.
DRAWN = """() => {
  const inked = (canvas) => {
    if (!canvas.width || !canvas.height) return false;
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    for (let i = 3; i < data.length; i += 4) if (data[i]) return true;
    return false;
  };
  if (document.querySelector('path.leaflet-interactive')) return true;
  const arcs = document.getElementById('arcs');
  return arcs ? inked(arcs) : [...document.querySelectorAll('canvas')].some(inked);
}"""


def _open(browser: Any, path: Path) -> tuple[float | None, int]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, offline=True)
    tab = context.new_page()
    outside: list[str] = []
    local = (path.as_uri(), "data:", "blob:")
    tab.on("request", lambda one: one.url.startswith(local) or outside.append(one.url))
    began = time.perf_counter()
    tab.goto(path.as_uri(), wait_until="commit")
    opened = None
    while time.perf_counter() - began < PATIENCE:
        if tab.evaluate(DRAWN):
            opened = time.perf_counter() - began
            break
        if outside and tab.evaluate("document.readyState") == "complete":
            time.sleep(1.0)  # what it asked for does not come: this machine is offline to it
            if not tab.evaluate(DRAWN):
                break
        time.sleep(0.02)
    context.close()
    return opened, len(outside)


def filter_times(browser: Any, path: Path) -> list[float]:
    """Milliseconds from a change of a filter until list and map are drawn again."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    tab = context.new_page()
    tab.goto(path.as_uri())
    while not tab.evaluate("document.documentElement.dataset.ready === 'true'"):
        time.sleep(0.05)
    spent = [
        tab.evaluate(
            """([id, value]) => new Promise((done) => {
              const began = performance.now();
              const field = document.getElementById(id);
              field.value = value;
              field.dispatchEvent(new Event('change'));
              requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
            })""",
            list(change),
        )
        for change in FILTERS * REPEATS
    ]
    context.close()
    return spent


def arcs_of(leads: Leads) -> pd.DataFrame:
    """One row for each lead, hop and pair of countries: what the map draws."""
    steps = leads.steps.merge(leads.shipments, on="record_id", suffixes=("_followed", ""))
    keys = ["lead_id", "hop", "from_country", "to_country"]
    return steps.groupby(keys, as_index=False).agg(units=("units_followed", "sum"))


def with_folium(leads: Leads) -> Callable[[Path], object] | None:
    """Return how folium draws the arcs, as straight lines with a tooltip."""
    try:
        import folium
    except ImportError:
        print("folium is not installed: left out (pip install 'chipflow-trade[bench]')")
        return None

    def draw(path: Path) -> None:
        points = world.label_points()
        drawn = folium.Map(location=[20, 60], zoom_start=2, tiles=None, prefer_canvas=True)
        for row in arcs_of(leads).itertuples(index=False):
            ends = [points[row.from_country][::-1], points[row.to_country][::-1]]
            folium.PolyLine(ends, weight=2, tooltip=f"{row.lead_id}: {row.units:.0f}").add_to(drawn)
        drawn.save(path)

    return draw


def with_pyvis(leads: Leads) -> Callable[[Path], object]:
    """Return how pyvis draws the arcs, between countries at their places."""

    def draw(path: Path) -> None:
        from pyvis.network import Network as PyvisNetwork

        points = world.label_points()
        drawn = PyvisNetwork(directed=True, cdn_resources="in_line")
        drawn.toggle_physics(False)
        arcs = arcs_of(leads)
        for code in sorted({*arcs["from_country"], *arcs["to_country"]}):
            longitude, latitude = points[code]
            drawn.add_node(code, x=10 * longitude, y=-10 * latitude)
        for row in arcs.itertuples(index=False):
            drawn.add_edge(
                row.from_country, row.to_country, title=f"{row.lead_id}: {row.units:.0f}"
            )
        path.write_text(drawn.generate_html(notebook=False), encoding="utf-8")

    return draw


def _print(found: list[Measured], filters: list[float]) -> None:
    print(f"{'':10}{'made, s':>9}{'MB':>8}{'requests':>10}{'first picture, s':>18}")
    for one in found:
        opened = "not drawn" if one.opened is None else f"{one.opened:.2f}"
        print(f"{one.name:10}{one.made:9.1f}{one.megabytes:8.1f}{one.asked:10}{opened:>18}")
    ours = found[0]
    for other in found[1:]:
        ratios = [
            f"made {other.made / ours.made:.2f}",
            f"size {other.megabytes / ours.megabytes:.2f}",
        ]
        if other.opened is not None and ours.opened is not None:
            ratios.append(f"first picture {other.opened / ours.opened:.2f}")
        print(f"{other.name} / chipflow: {', '.join(ratios)}")
    middle, worst = statistics.median(filters), max(filters)
    print(f"filter change: median {middle:.0f} ms, worst {worst:.0f} ms")
    reached = {
        "megabytes": ours.megabytes,
        "first picture, s": float("inf") if ours.opened is None else ours.opened,
        "filter, ms": worst,
    }
    for name, bar in BARS.items():
        verdict = "within" if reached[name] < bar else "over"
        print(f"{name}: {reached[name]:.3g}, {verdict} the bar of {bar:g}")


if __name__ == "__main__":
    raise SystemExit(main())
