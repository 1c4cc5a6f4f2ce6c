"""Small hand-made leads with the attributes that views rely on, and nothing else."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from chipflow import views
from chipflow.leads.coincidence import of_one_lead_in_full, of_the_list, weakest_step
from chipflow.leads.direct_exports import direct_sales
from chipflow.schemas import UNNAMED

SHIPMENT_COLUMNS = [
    "record_id", "date", "date_precision", "shipper", "shipper_address", "shipper_country",
    "consignee", "consignee_address", "consignee_country", "origin_country", "export_country",
    "import_country", "destination_country", "hs_code", "description", "quantity",
    "quantity_unit", "weight_kg", "value_usd", "value", "currency", "source", "source_row",
    "other_sources", "export_port", "import_port", "shipper_id", "consignee_id", "from_country",
    "to_country", "goods", "chip",
    "chip_probability", "chips_per_item", "items", "units", "declared", "vague",
    "mentions_return", "control_status", "control_rule",
]  # fmt: skip
NUMBERS = ["quantity", "weight_kg", "value_usd", "value", "source_row", "chip_probability",
           "chips_per_item", "items", "units"]  # fmt: skip
LEAD_COLUMNS = [
    "rank", "lead_id", "no_coincidence", "score", "p_value", "q_value", "origin", "destination",
    "countries",
    "companies", "hops", "chips", "units", "units_low", "units_high", "value_usd", "first_date",
    "last_date", "record_ids", "reasons", "innocent_explanations",
]  # fmt: skip


@dataclass
class Sheet:
    source: str
    kind: str = "records"
    header_row: int | None = 1
    rows: int = 10
    columns: dict = field(default_factory=dict)
    unknown: list = field(default_factory=list)
    warnings: list = field(default_factory=list)
    banner: str = ""
    direction: str | None = "import"
    reporting_country: str | None = None
    reason: str = ""
    could_be: dict = field(default_factory=dict)
    samples: dict = field(default_factory=dict)


@dataclass
class Records:
    simulated: bool = False
    counts: dict = field(default_factory=dict)
    sheets: list = field(default_factory=list)
    inputs: list = field(default_factory=list)
    rejected: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(
            columns=["source", "source_row", "column", "value", "reason"]
        )
    )
    duplicates: pd.DataFrame = field(default_factory=pd.DataFrame)
    unread: list = field(default_factory=list)


@dataclass
class Network:
    shipments: pd.DataFrame
    companies: pd.DataFrame
    records: Records
    catalogue: object = None


@dataclass
class Lead:
    leads: Leads
    row: pd.Series
    sentence: str
    settle = (
        "The end-user statement and the proof of delivery for the last hop.",
        "Serial numbers on the invoices of the first and the last hop.",
    )

    def _own(self, table):
        return table[table["lead_id"] == self.row["lead_id"]]

    @property
    def records(self):
        mine = self._own(self.leads.steps)[["record_id", "hop", "stage"]]
        return mine.merge(self.leads.shipments, on="record_id")

    @property
    def links(self):
        return self._own(self.leads.links)

    @property
    def evidence(self):
        return self._own(self.leads.evidence)

    @property
    def chance(self):
        return of_one_lead_in_full(
            self.row["no_coincidence"], weakest_step(self.links, self.records)
        )

    def __getattr__(self, name):
        try:
            return self.__dict__["row"][name]
        except KeyError as error:
            raise AttributeError(name) from error


@dataclass
class Leads:
    table: pd.DataFrame
    searched: Network
    destination: tuple[str, ...]
    steps: pd.DataFrame
    links: pd.DataFrame
    evidence: pd.DataFrame
    set_aside: pd.DataFrame
    parameters: dict
    sentences: list[str]
    unnamed: pd.DataFrame = field(default_factory=UNNAMED.empty)

    @property
    def shipments(self):
        return self.searched.shipments

    @property
    def chance(self):
        return of_the_list(self.table["no_coincidence"], self.parameters)

    @property
    def direct(self):
        return direct_sales(self.shipments, self.destination, self.steps["record_id"])

    @property
    def companies(self):
        lots = self.steps.merge(self.shipments, on="record_id")
        table = self.searched.companies.copy()
        for role, stage, side in (("buyer", "final", "consignee_id"),
                                  ("seller", "source", "shipper_id")):  # fmt: skip
            table.loc[table["company_id"].isin(lots.loc[lots["stage"] == stage, side]),
                      "role"] = role  # fmt: skip
        middle = set(lots.loc[lots["stage"] != "source", "shipper_id"])
        table.loc[table["company_id"].isin(middle), "role"] = "middle"
        table["throughput"] = table["units_out"].where(table["role"] == "middle", 0.0)
        return table

    def __len__(self):
        return len(self.table)

    def __iter__(self):
        return (self[place] for place in range(len(self)))

    def __getitem__(self, place):
        return Lead(self, self.table.iloc[place], self.sentences[place])


def hop(day, shipper, origin, consignee, target, units=64.0, chip=None, text="computer parts",
        **more):  # fmt: skip
    """One shipment of a route."""
    return {
        "date": day, "shipper": shipper, "from_country": origin, "consignee": consignee,
        "to_country": target, "units": units, "chip": chip, "description": text, **more,
    }  # fmt: skip


def network_of(hops, *, simulated=True, sheets=None, inputs=None) -> Network:
    """A network of the given hops; companies are told apart by name and country."""
    rows = []
    for number, one in enumerate(hops):
        row = {
            "record_id": f"r{number:05d}", "date_precision": "day", "hs_code": "847330",
            "weight_kg": 1.7 * (one["units"] or 0), "value_usd": 29_000.0 * (one["units"] or 0),
            "source": "bills.csv", "source_row": number + 2, "declared": one["chip"] is not None,
            "vague": one["chip"] is None, "mentions_return": False, "control_status": "licence",
            "control_rule": "made-up rule", "goods": "accelerator",
            "shipper_country": one["from_country"], "consignee_country": one["to_country"],
            "shipper_id": f"c:{one['shipper']}:{one['from_country']}",
            "consignee_id": f"c:{one['consignee']}:{one['to_country']}", **one,
        }  # fmt: skip
        rows.append(row)
    shipments = pd.DataFrame(rows, columns=SHIPMENT_COLUMNS)
    shipments["date"] = pd.to_datetime(shipments["date"])
    for name in NUMBERS:
        shipments[name] = pd.to_numeric(shipments[name])
    texts = set(SHIPMENT_COLUMNS) - set(NUMBERS) - {"date", "declared", "vague", "mentions_return"}
    shipments = shipments.astype(dict.fromkeys(sorted(texts), "str"))
    sides = pd.concat(
        [
            shipments[[f"{side}_id", side, f"{side}_country"]].set_axis(
                ["company_id", "name", "country"], axis=1
            )
            for side in ("shipper", "consignee")
        ]
    )
    companies = sides.drop_duplicates("company_id").sort_values("company_id", ignore_index=True)
    companies["aliases"] = pd.NA
    companies["addresses"] = pd.NA
    companies["role"] = "trader"
    for side, name in (("consignee", "units_in"), ("shipper", "units_out")):
        totals = shipments.groupby(f"{side}_id")["units"].sum()
        companies[name] = companies["company_id"].map(totals)
    for name in ("in_strength", "out_strength", "betweenness", "pagerank", "hub", "authority"):
        companies[name] = 0.1
    for name in ("throughput", "anomaly", "listed"):
        companies[name] = np.nan
    companies["first_date"] = shipments["date"].min()
    companies["last_date"] = shipments["date"].max()
    records = Records(
        simulated=simulated,
        counts={
            "rows_in": len(shipments) + 3, "used": len(shipments), "rejected": 2, "duplicate": 1,
        },
        sheets=sheets if sheets is not None else [
            Sheet("bills.csv", rows=len(shipments) + 3, reporting_country="US"),
            Sheet("totals.xlsx#Year", kind="aggregate", reason="yearly totals, no companies"),
        ],
        inputs=inputs or [{"path": "bills.csv", "sha256": "ab" * 32, "bytes": 12_345}],
    )  # fmt: skip
    return Network(shipments, companies, records)


def leads_of(routes, *, others=(), links=(), simulated=True, destination=("CN", "HK", "MO"),
             set_aside=(), sentences=None, **network_options) -> Leads:  # fmt: skip
    """Leads for the given routes (score, [hops]); ``links`` are (route, from hop, to hop, kind)."""
    hops = [one for _, route in routes for one in route] + list(others)
    network = network_of(hops, simulated=simulated, **network_options)
    table, steps, evidence, found_links, said = [], [], [], [], []
    at = 0
    for place, (score, route) in enumerate(routes):
        mine = network.shipments.iloc[at : at + len(route)]
        at += len(route)
        lead_id = f"L{place + 1:04d}"
        hop_numbers = [one.get("hop", number + 1) for number, one in enumerate(route)]
        last = max(hop_numbers)
        stages = ["source" if n == 1 else "final" if n == last else "middle" for n in hop_numbers]
        places = [mine["from_country"].iloc[0], *mine["to_country"]]
        countries = [place if isinstance(place, str) else "?" for place in places]
        names = [mine["shipper"].iloc[0], *mine["consignee"]]
        units = float(np.nanmin(mine["units"])) if mine["units"].notna().any() else np.nan
        chips = " | ".join(sorted(set(mine["chip"].dropna())))
        said.append(
            f"{units:,.0f} units of {chips or 'unnamed chips'} may have moved from {countries[0]} "
            f"to {countries[-1]} through {last - 1} companies in between."
        )
        table.append(
            {
                "rank": place + 1, "lead_id": lead_id, "no_coincidence": np.nan, "score": score,
                "p_value": np.nan,
                "q_value": np.nan, "origin": countries[0], "destination": countries[-1],
                "countries": " > ".join(countries), "companies": " > ".join(names), "hops": last,
                "chips": chips, "units": units, "units_low": np.nan, "units_high": np.nan,
                "value_usd": float(mine["value_usd"].iloc[0]),
                "first_date": mine["date"].min(), "last_date": mine["date"].max(),
                "record_ids": ";".join(mine["record_id"]),
                "reasons": "controlled that day | same units and weight move on",
                "innocent_explanations": "A licence may have been granted.",
            }
        )  # fmt: skip
        steps += [
            {
                "lead_id": lead_id,
                "record_id": record,
                "hop": number,
                "stage": stage,
                "chip": chips,
                "units": lot,
                "status": "licence",
                "rule": "made-up rule",
            }
            for record, number, stage, lot in zip(
                mine["record_id"], hop_numbers, stages, mine["units"], strict=True
            )
        ]
        for part, kind, weight, text in (
            (
                "controlled that day",
                "reason",
                3.1,
                "The chips were controlled for this destination on the day of the last hop.",
            ),
            (
                "continuation",
                "reason",
                4.2,
                "Units and weight per unit agree from hop to hop within 36 days.",
            ),
            (
                "licence",
                "innocent",
                -1.0,
                "A licence may have been granted; records do not show licences.",
            ),
        ):
            evidence.append(
                {"lead_id": lead_id, "part": part, "kind": kind, "log_lr": weight,
                 "sentence": text, "record_ids": ";".join(mine["record_id"])}
            )  # fmt: skip
        inferred = {(a, b): kind for r, a, b, kind in links if r == place}
        for first, second in zip(range(len(route)), range(1, len(route)), strict=False):
            kind = inferred.get((first, second), "recorded")
            same = mine["consignee_id"].iloc[first] == mine["shipper_id"].iloc[second]
            if kind == "recorded" and not same:
                continue
            found_links.append(
                {"lead_id": lead_id, "from_record": mine["record_id"].iloc[first],
                 "to_record": mine["record_id"].iloc[second], "units": units, "log_lr": 2.0,
                 "kind": kind, "sentence": f"The goods may have been handed on ({kind})."}
            )  # fmt: skip
    return Leads(
        table=pd.DataFrame(table, columns=LEAD_COLUMNS),
        searched=network,
        destination=tuple(destination),
        steps=pd.DataFrame(steps, columns=["lead_id", "record_id", "hop", "stage", "chip", "units",
                                          "status", "rule"]),
        links=pd.DataFrame(
            found_links,
            columns=["lead_id", "from_record", "to_record", "units", "log_lr", "kind", "sentence"],
        ),
        evidence=pd.DataFrame(
            evidence, columns=["lead_id", "part", "kind", "log_lr", "sentence", "record_ids"]
        ),
        set_aside=pd.DataFrame(
            list(set_aside),
            columns=["reason", "sentence", "chips", "countries", "companies", "units",
                     "record_ids"],
        ),
        parameters={"window_days": 120, "most_hops": 4, "destination": destination, "seed": 0},
        sentences=sentences or said,
    )  # fmt: skip


def small_leads() -> Leads:
    """Five routes: plain, two middle companies, hand-over inside a country, split, inside one."""
    routes = [
        (14.2, [
            hop("2024-03-01", "Cedar Compute Inc", "US", "Merlion Data Pte Ltd", "SG", 64, "H100",
                "NVIDIA H100 80GB PCIe accelerator"),
            hop("2024-03-20", "Merlion Data Pte Ltd", "SG", "Kancil Sdn Bhd", "MY", 64),
            hop("2024-04-05", "Kancil Sdn Bhd", "MY", "Jade River Co", "CN", 64),
        ]),
        (11.0, [
            hop("2024-01-10", "Formosa Boards", "TW", "Gulf Star FZE", "AE", 256, "A100",
                "A100 HGX 8-GPU baseboard"),
            hop("2024-02-14", "Desert Link LLC", "AE", "Harbour Trading", "HK", 250),
        ]),
        (9.3, [
            hop("2023-11-20", "Cedar Compute Inc", "US", "Tulip Parts BV", "NL", 40, "H100"),
            hop("2024-01-05", "Tulip Parts BV", "NL", "Bosphorus Bilisim", "TR", 20, hop=2),
            hop("2024-01-15", "Tulip Parts BV", "NL", "Levant Cloud", "TR", 20, hop=2),
            hop("2024-02-25", "Bosphorus Bilisim", "TR", "Jade River Co", "CN", 38, hop=3),
        ]),
        (6.4, [
            hop("2024-05-01", "Cedar Compute Inc", "US", "Kaveri Systems", "IN", 16, "H200"),
            hop("2024-06-11", "Kaveri Systems", "IN", "Lotus Exports", "IN", 16),
            hop("2024-07-02", "Lotus Exports", "IN", "Pearl Delta Ltd", "MO", 16),
        ]),
        (3.9, [
            hop("2024-06-01", "Han Systems", "KR", "Saigon Parts", "VN", 8, "L40S"),
            hop("2024-08-11", "Saigon Parts", "VN", "Jade River Co", "CN", 8),
        ]),
    ]  # fmt: skip
    others = [
        hop(f"2023-{month:02d}-15", "Cedar Compute Inc", "US", f"Buyer {place}", place, 10 * month,
            "RTX 4090", "graphics card")
        for month in range(1, 13)
        for place in ("DE", "JP", "BR", "MX", "AU")
    ]  # fmt: skip
    aside = [
        {"reason": "no licence asked", "sentence": "H800 was free to go to China until "
         "2023-11-16.", "chips": "H800", "countries": "US > SG > CN",
         "companies": "Cedar > Merlion > Jade", "units": 64.0, "record_ids": "r1;r2"},
    ]  # fmt: skip
    return leads_of(routes, others=others, links=[(1, 0, 1, "domestic hand-over")],
                    set_aside=aside)  # fmt: skip


def many_leads(routes: int, seed: int = 7) -> Leads:
    """So many made-up routes of three hops between twenty countries."""
    random = np.random.default_rng(seed)
    names = "SG MY AE TR NL IN VN TH ID KZ AM GE JP KR TW DE PL PH KH QA"
    middles = np.array(names.split())
    starts, ends = np.array(["US", "TW", "MX"]), np.array(["CN", "HK", "MO"])
    made = []
    for number in range(routes):
        first, second = random.choice(middles, 2, replace=False)
        start, end = random.choice(starts), random.choice(ends)
        units = float(random.integers(4, 400))
        day = pd.Timestamp("2023-01-01") + pd.Timedelta(days=int(random.integers(0, 600)))
        one, two = f"Middle {number} A", f"Middle {number} B"
        later = [str((day + pd.Timedelta(days=gap)).date()) for gap in (0, 25, 60)]
        made.append(
            (
                round(20 - 18 * number / routes, 3),
                [
                    hop(later[0], f"Maker {number % 9}", start, one, first, units, "H100"),
                    hop(later[1], one, first, two, second, units),
                    hop(later[2], two, second, f"Final {number % 40}", end, units),
                ],
            )
        )
    return leads_of(made)


def no_leads(simulated=False) -> Leads:
    """Records and no route."""
    base = small_leads()
    hops = base.shipments.to_dict("records")
    kept = [
        hop(str(row["date"].date()), row["shipper"], row["from_country"], row["consignee"],
            row["to_country"], row["units"], "H100")
        for row in hops
    ]  # fmt: skip
    return leads_of([], others=kept, simulated=simulated)


@functools.cache
def small_page(name: str):
    """A page of the small leads, made once: it is the same every time."""
    return getattr(views, name)(small_leads())
