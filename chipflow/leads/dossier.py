"""Leads as people meet them: a ranked table, and a dossier for each."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd
from scipy.special import expit

from chipflow.companies.screen import SCREENING_COLUMNS, listed_by_company
from chipflow.leads.anomaly import Anomalies, anomalies
from chipflow.leads.direct_exports import direct_sales
from chipflow.leads.licensed import licensed_sales
from chipflow.leads.plotting import LeadsPlot
from chipflow.leads.verdict import Verdict, verdict
from chipflow.leads.watched_goods import is_watched
from chipflow.routes.best_paths import best_paths
from chipflow.schemas import DEAD_ENDS, LEADS, UNNAMED
from chipflow.settings import Settings
from chipflow.tracing.transfers import RECORDED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chipflow.network.build import Network

# Parties of a lead as companies.csv names them, the strongest first.
ROLES = ("middle", "buyer", "seller")


@dataclass(frozen=True)
class Leads:
    """Routes that stand out, ranked. A lead is a question to ask, never an accusation.

    Attributes
    ----------
    table
        One row a lead, rank 1 first; the columns of ``leads.csv``.
    searched
        The network in which they were found.
    destination
        ISO 3166 alpha-2 codes of the countries that were asked about.
    steps
        One row a shipment of a lead: ``lead_id, record_id, hop, stage`` (source, middle,
        final), ``chip`` traced, ``units`` that reach the destination, ``status, rule``.
    links
        One row a link: ``lead_id, from_record, to_record, units, log_lr, kind`` (recorded,
        related parties or domestic transfer), ``sentence``, and the parts of ``log_lr``.
    evidence
        One row an answer: ``lead_id, part, kind`` (reason or innocent), ``log_lr, sentence,
        record_ids``.
    set_aside
        Routes that were looked at and are no leads, with ``reason`` and ``sentence``.
    throughput
        Chips that each company passed on to the destination, by company id.
    parameters
        What was asked.
    settings
        The numbers of the method by which they were found.
    screening
        Possible matches of companies on lists, as :func:`chipflow.companies.screen` returns them;
        empty where no list was given.
    dead_ends
        Companies at which controlled goods arrived and after which nothing is recorded, ranked
        apart from the leads; see :func:`chipflow.leads.dead_ends.dead_ends`.
    unnamed
        Companies that passed on lots which no record names and which could be accelerators,
        weaker than leads and ranked apart; see :func:`chipflow.leads.unnamed.unnamed_lots`.
    """

    table: pd.DataFrame
    searched: Network
    destination: tuple[str, ...]
    steps: pd.DataFrame = field(repr=False)
    links: pd.DataFrame = field(repr=False)
    evidence: pd.DataFrame = field(repr=False)
    set_aside: pd.DataFrame = field(repr=False)
    throughput: pd.Series = field(repr=False)
    parameters: dict[str, Any]
    settings: Settings = field(default_factory=Settings, repr=False)
    screening: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=SCREENING_COLUMNS), repr=False
    )
    dead_ends: pd.DataFrame = field(default_factory=DEAD_ENDS.empty, repr=False)
    unnamed: pd.DataFrame = field(default_factory=UNNAMED.empty, repr=False)

    @property
    def vanished(self) -> pd.DataFrame:
        """:attr:`dead_ends`, by its former name."""
        return self.dead_ends

    def __len__(self) -> int:
        """Return the number of leads."""
        return len(self.table)

    def __getitem__(self, place: int) -> Lead:
        """Return the dossier of one lead; ``leads[0]`` is rank 1."""
        if not -len(self) <= place < len(self):
            raise IndexError(f"there are {len(self)} leads; leads[0] is rank 1")
        row = self.table.iloc[place].to_dict()
        return Lead(self, {str(name): value for name, value in row.items()})

    def __iter__(self) -> Iterator[Lead]:
        return (self[place] for place in range(len(self)))

    def __repr__(self) -> str:
        return f"<Leads: {len(self):,} to {' '.join(self.destination)}>"

    @cached_property
    def shipments(self) -> pd.DataFrame:
        """The shipments of the network, with what tracing found out about those of the leads.

        A shipment whose text hides the goods gets the ``chip`` and ``units`` that it may carry,
        the probability of that and ``declared`` false.
        """
        table = self.searched.shipments.copy()
        best = self.links.sort_values(["log_lr", "from_record"], ascending=[False, True])
        odds = best.drop_duplicates("to_record").set_index("to_record")["log_lr"]
        steps = self.steps.drop_duplicates("record_id").set_index("record_id")
        hidden = table["record_id"].isin(steps.index) & table["chip"].isna()
        record = table.loc[hidden, "record_id"]
        table.loc[hidden, "chip"] = record.map(steps["chip"])
        table.loc[hidden, "units"] = record.map(steps["units"]).astype("float64")
        table.loc[hidden, "chip_probability"] = expit(record.map(odds).astype("float64"))
        table.loc[hidden, "declared"] = False
        for name, found in (("control_status", "status"), ("control_rule", "rule")):
            known = record.map(steps[found]).replace("", pd.NA)
            table.loc[hidden, name] = known.fillna(table.loc[hidden, name])
        return table

    @cached_property
    def own_shipments(self) -> pd.DataFrame:
        """The shipments of the leads alone, with the columns of :attr:`shipments`."""
        table = self.shipments
        return table[table["record_id"].isin(self.steps["record_id"])].reset_index(drop=True)

    @cached_property
    def records_by_lead(self) -> dict[str, pd.DataFrame]:
        """Lead id to its shipments in the order of hops; see :attr:`Lead.records`."""
        steps = self.steps[["lead_id", "record_id", "hop", "stage"]]
        joined = steps.merge(self.own_shipments, on="record_id")
        joined = joined.sort_values(["hop", "date", "record_id"])
        return {
            str(lead): rows.drop(columns="lead_id").reset_index(drop=True)
            for lead, rows in joined.groupby("lead_id")
        }

    @cached_property
    def links_by_lead(self) -> dict[str, pd.DataFrame]:
        """Lead id to its links; see :attr:`Leads.links`."""
        return {
            str(lead): rows.reset_index(drop=True) for lead, rows in self.links.groupby("lead_id")
        }

    @cached_property
    def anomalies(self) -> Anomalies:
        """What stands out without a route; see :func:`chipflow.leads.anomalies`."""
        return anomalies(self.searched, settings=self.settings)

    @cached_property
    def direct(self) -> pd.DataFrame:
        """Controlled chips that went straight there by name, or where they were denied.

        See :func:`direct_sales`.
        """
        return self._direct(granted=False)

    @cached_property
    def licensed(self) -> pd.DataFrame:
        """Routes and direct sales for which licences were being granted: no leads.

        See :func:`chipflow.leads.licensed.licensed_sales`.
        """
        return licensed_sales(self.set_aside, self._direct(granted=True))

    def _direct(self, *, granted: bool) -> pd.DataFrame:
        aside = self.set_aside["record_ids"].str.split(";").explode()
        on_routes = {*self.steps["record_id"], *aside.dropna()}
        return direct_sales(
            self.searched.shipments,
            self.destination,
            on_routes,
            granted=granted,
            catalogue=self.searched.catalogue,
        )

    @cached_property
    def companies(self) -> pd.DataFrame:
        """The companies of the network, with their role in the leads, throughput and anomaly."""
        table = self.searched.companies.copy()
        lots = self.steps.merge(
            self.searched.shipments[["record_id", "shipper_id", "consignee_id"]], on="record_id"
        )
        source, final = lots["stage"] == "source", lots["stage"] == "final"
        middle = {*lots.loc[~source, "shipper_id"], *lots.loc[~final, "consignee_id"]}
        parties = {
            "middle": middle,
            "buyer": set(lots.loc[final, "consignee_id"]) - middle,
            "seller": set(lots.loc[source, "shipper_id"]) - middle,
        }
        for role in reversed(ROLES):
            table.loc[table["company_id"].isin(parties[role]), "role"] = role
        passed = table["company_id"].map(self.throughput)
        table["throughput"] = passed.astype("float64").fillna(0.0)
        # Results that come back from a folder have been scored before.
        if table["anomaly"].isna().all():
            odd = self.anomalies.companies.set_index("company_id")
            table["anomaly"] = table["company_id"].map(odd["score"]).astype("float64")
            reasons = table["company_id"].map(odd["flags"]).replace("", pd.NA)
            table["anomaly_reasons"] = reasons.astype("str")
        table["listed"] = table["company_id"].map(listed_by_company(self.screening)).astype("str")
        return table

    @cached_property
    def countries(self) -> pd.DataFrame:
        """Countries that the goods of the leads met.

        Returns
        -------
        pandas.DataFrame
            ``country`` (ISO 3166 alpha-2), ``throughput`` (chips that left it towards the
            destination and had come from elsewhere), ``units_in`` (chips that came in),
            ``leads`` (number of leads); the largest throughput first.
        """
        lots = self.steps.merge(
            self.searched.shipments[["record_id", "from_country", "to_country"]], on="record_id"
        )
        crosses = lots[lots["from_country"] != lots["to_country"]]
        onward = crosses[crosses["stage"] != "source"]
        table = pd.DataFrame(
            {
                "throughput": onward.groupby("from_country")["units"].sum(),
                "units_in": crosses.groupby("to_country")["units"].sum(),
                "leads": pd.concat(
                    [
                        lots[["lead_id", side]].set_axis(["lead_id", "country"], axis=1)
                        for side in ("from_country", "to_country")
                    ]
                )
                .drop_duplicates()
                .groupby("country")
                .size(),
            }
        )
        table = table.fillna(0.0).astype({"leads": "int64"}).rename_axis("country").reset_index()
        return table.sort_values(
            ["throughput", "units_in", "country"], ascending=[False, False, True], ignore_index=True
        )

    @cached_property
    def verdict(self) -> Verdict:
        """What may be said at the end of the search, with what was looked at."""
        return verdict(self)

    def _repr_html_(self) -> str:
        from chipflow._shows import leads_table

        return leads_table(self)

    @cached_property
    def plot(self) -> LeadsPlot:
        """What can be drawn: ``leads.plot.flows()``."""
        return LeadsPlot(self)

    # The former names of the same, for those who know them.

    def map(self, **options: Any) -> Any:
        """``plot.map``."""
        return self.plot.map(**options)

    def network(self, **options: Any) -> Any:
        """``plot.network``."""
        return self.plot.network(**options)

    def report(self, path: str | None = None, **options: Any) -> Any:
        """``plot.report``."""
        return self.plot.report(path, **options)

    def workbook(self, path: str) -> Any:
        """``plot.workbook``."""
        return self.plot.workbook(path)

    def plot_flows(self, **options: Any) -> Any:
        """``plot.flows``."""
        return self.plot.flows(**options)

    def plot_ledger(self, company: str, **options: Any) -> Any:
        """``plot.ledger``."""
        return self.plot.ledger(company, **options)

    def plot_density(self, **options: Any) -> Any:
        """``plot.density``."""
        return self.plot.density(**options)

    def plot_countries(self, **options: Any) -> Any:
        """``plot.countries``."""
        return self.plot.countries(**options)

    def plot_map(self, **options: Any) -> Any:
        """``plot.routes``."""
        return self.plot.routes(**options)


class Lead:
    """The dossier of one lead: its row of the table as attributes, and what it rests on."""

    def __init__(self, leads: Leads, row: dict[str, Any]) -> None:
        self.leads = leads
        self.row = row

    def __getattr__(self, name: str) -> Any:
        row = self.__dict__.get("row", {})
        if name in row:
            return row[name]
        raise AttributeError(f"a lead has no {name!r}; it has {', '.join(LEADS.names)}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *LEADS.names})

    def __repr__(self) -> str:
        return f"<Lead {self.row['rank']} {self.row['lead_id']}: {self.row['countries']}>"

    def _own(self, table: pd.DataFrame) -> pd.DataFrame:
        own: pd.DataFrame = table[table["lead_id"] == self.row["lead_id"]]
        return own.reset_index(drop=True)

    @cached_property
    def records(self) -> pd.DataFrame:
        """Its shipments in the order of hops: ``hop, stage`` and the columns of shipments."""
        return self.leads.records_by_lead[self.row["lead_id"]]

    @property
    def links(self) -> pd.DataFrame:
        """Its links; see :attr:`Leads.links`."""
        none = self.leads.links.head(0)
        return self.leads.links_by_lead.get(self.row["lead_id"], none)

    @property
    def evidence(self) -> pd.DataFrame:
        """What speaks for it and against it; see :attr:`Leads.evidence`."""
        return self._own(self.leads.evidence)

    def ways(self, k: int = 5) -> pd.DataFrame:
        """Return its k likeliest chains of shipments; see :mod:`chipflow.routes.best_paths`."""
        return best_paths(self.links, k)

    @property
    def sentence(self) -> str:
        """What the lead says, in one sentence that accuses nobody."""
        row = self.row
        number = "An unknown number of" if pd.isna(row["units"]) else f"{row['units']:,.0f}"
        chips, start, end = (row[name].split(" | ") for name in ("chips", "origin", "destination"))
        if any(is_watched(one, self.leads.parameters.get("watch", ())) for one in chips):
            number += " pieces of"
        met = row["countries"].replace(" > ", " | ").split(" | ")
        middle = [one for one in met if one and one not in {*start, *end}]
        through = f" through {', '.join(middle)}" if middle else ""
        records = row["record_ids"].count(";") + 1
        return (
            f"{number} {' and '.join(chips)} that left {', '.join(start)} on or after "
            f"{row['first_date']} may have reached {', '.join(end)}{through} by "
            f"{row['last_date']}; {records} records are consistent with that."
        )

    @property
    def settle(self) -> list[str]:
        """Which records, not in these files, would settle the question."""
        lots = self.records
        finals, sources = lots[lots["stage"] == "final"], lots[lots["stage"] == "source"]
        buyers = ", ".join(finals["consignee"].dropna().unique()[:3]) or "the buyer"
        first = ", ".join(sources["consignee"].dropna().unique()[:3]) or "the first consignee"
        wanted = [
            f"A licence or end-user statement for the goods sold to {first}",
            f"The import declaration and serial numbers of what {buyers} received",
            f"Stock or data-centre records of {first} that show the goods still there",
        ]
        if (self.links["kind"] != RECORDED).any():
            wanted.append(
                "An invoice or a waybill for the goods between the companies of each inferred link"
            )
        if finals["weight_kg"].isna().any() or finals["units"].isna().any():
            wanted.append("The weight and number of pieces that some of these records leave out")
        return wanted

    def _repr_html_(self) -> str:
        from chipflow._shows import dossier

        return dossier(self)

    def plot_timeline(self, **options: Any) -> Any:
        """Plot its shipments in time; see :func:`chipflow.views.plot_timeline`."""
        from chipflow._shows import view

        return view("plot_timeline", self, **options)
