"""Leads as people meet them: a ranked table, and a dossier for each."""

from __future__ import annotations

import copy
import operator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

import numpy as np
import pandas as pd
from scipy.special import expit

from chipflow.companies.screen import SCREENING_COLUMNS, listed_by_company
from chipflow.errors import ParameterError
from chipflow.leads.anomaly import Anomalies, anomalies
from chipflow.leads.choice import matching
from chipflow.leads.coincidence import of_one_lead_in_full, of_the_list, weakest_step
from chipflow.leads.direct_exports import direct_sales
from chipflow.leads.frame import leads_frame
from chipflow.leads.licensed import licensed_sales
from chipflow.leads.plotting import LeadsPlot
from chipflow.leads.verdict import Verdict, verdict
from chipflow.leads.watched_goods import is_watched
from chipflow.routes.best_paths import best_paths
from chipflow.schemas import DEAD_ENDS, LEADS, UNNAMED
from chipflow.settings import Settings
from chipflow.tables import arrow_table, as_json, csv_text, write_csv
from chipflow.tracing.transfers import RECORDED

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from chipflow._shows import Page
    from chipflow.given_files import Given
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
        The network in which they were found; :attr:`network` is the name to use.
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
    whole
        All leads of the search where these are some of them (``leads[:3]``), else None.

    Examples
    --------
    ``leads[0]`` and ``leads["L-1a2b3c4d"]`` are dossiers, ``leads[:3]`` and
    ``leads.filter(chip="H100", q=0.05)`` are leads again.
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
    whole: Leads | None = field(default=None, init=False, repr=False)

    @property
    def vanished(self) -> pd.DataFrame:
        """:attr:`dead_ends`, by its former name."""
        return self.dead_ends

    def __len__(self) -> int:
        """Return the number of leads."""
        return len(self.table)

    @overload
    def __getitem__(self, which: SupportsIndex | str) -> Lead: ...

    @overload
    def __getitem__(self, which: slice) -> Leads: ...

    def __getitem__(self, which: SupportsIndex | str | slice) -> Lead | Leads:
        """Return the dossier of one lead by place or id, or several leads by a slice.

        ``leads[0]`` is the first, ``leads["L-1a2b3c4d"]`` the one of that id, ``leads[:3]`` the
        first three.

        Raises
        ------
        IndexError, KeyError
            There is no lead at that place, or of that id.
        """
        if isinstance(which, slice):
            return self._at(np.arange(len(self))[which])
        if isinstance(which, str):
            places = np.flatnonzero(self.table["lead_id"] == which)
            if not len(places):
                raise KeyError(f"no lead {which!r}; leads.table['lead_id'] lists them")
            return self._dossier(int(places[0]))
        try:
            place = operator.index(which)
        except TypeError as error:
            raise TypeError(
                f"leads[{which!r}]: give a place (leads[0]), an id (leads['L-...']) or a slice "
                "(leads[:3]); leads.filter() chooses by what they are"
            ) from error
        if not -len(self) <= place < len(self):
            raise IndexError(f"there are {len(self)} leads; leads[0] is rank 1")
        return self._dossier(place)

    def __contains__(self, lead: object) -> bool:
        """Whether there is a lead of that id, or that dossier."""
        lead_id = lead.row["lead_id"] if isinstance(lead, Lead) else lead
        return bool((self.table["lead_id"] == lead_id).any())

    def head(self, n: int = 5) -> Leads:
        """Return the first ``n`` leads; they keep rank, p- and q-value."""
        if n < 0:
            raise ParameterError(f"n: {n}; give 0 or more leads")
        return self[:n]

    def filter(
        self,
        *,
        chip: str | Iterable[str] | None = None,
        country: str | Iterable[str] | None = None,
        company: str | Iterable[str] | None = None,
        q: float | None = None,
    ) -> Leads:
        """Return the leads that are about something; all conditions must hold.

        Parameters
        ----------
        chip
            Chip or family as people write it ("H100" finds "H100 PCIe" too), or several of which
            any will do.
        country
            Country that the goods met, origin and destination included: ISO 3166 alpha-2 or
            name, or several.
        company
            Company that takes part, or several; names as :meth:`chipflow.Network.company` takes
            them.
        q
            Largest q-value. Leads whose q-value could not be computed are left out.

        Returns
        -------
        Leads
            With the ranks, p- and q-values that they have among all leads; :attr:`whole` holds
            these.

        Raises
        ------
        ParameterError
            A chip, country or company is not known, so that "none" would say nothing; or ``q``
            is no probability.
        """
        found = matching(self, chip=chip, country=country, company=company, q=q)
        return self._at(np.flatnonzero(found))

    def to_pandas(self) -> pd.DataFrame:
        """Return the table with lists as lists and days as days.

        Returns
        -------
        pandas.DataFrame
            A copy; see :func:`chipflow.leads.frame.leads_frame`.
        """
        return leads_frame(self)

    def to_csv(
        self, path: str | os.PathLike[str] | None = None, *, excel: bool = False
    ) -> str | None:
        """Write the table as ``leads.csv`` has it: lists joined, cells inert in a spreadsheet.

        Parameters
        ----------
        path
            The file to write; without one the text is returned.
        excel
            Whether Excel is to open it right; see :func:`chipflow.tables.write_csv`.

        Raises
        ------
        OutputError
            The file cannot be written.
        """
        if path is None:
            return csv_text(self.table)
        write_csv(self.table, path, excel=excel)
        return None

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Hand :meth:`to_pandas` on as an Arrow stream, to polars, DuckDB, pyarrow and others."""
        return arrow_table(self.to_pandas()).__arrow_c_stream__(requested_schema)

    def _dossier(self, place: int) -> Lead:
        row = self.table.iloc[place].to_dict()
        return Lead(self, {str(name): value for name, value in row.items()})

    def _at(self, places: np.ndarray) -> Leads:
        """Return the leads at some places."""
        table = self.table.iloc[places].reset_index(drop=True)

        def own(rows: pd.DataFrame) -> pd.DataFrame:
            return rows[rows["lead_id"].isin(table["lead_id"])].reset_index(drop=True)

        whole = self if self.whole is None else self.whole
        steps = own(self.steps)
        shipper = self.searched.shipments[["record_id", "shipper_id"]]
        some = replace(
            self,
            table=table,
            steps=steps,
            links=own(self.links),
            evidence=own(self.evidence),
            throughput=throughput_of(steps.merge(shipper, on="record_id")),
            # Said wherever the parameters are: in the report and in the workbook.
            parameters={**whole.parameters, "chosen": f"{len(table):,} of {len(whole):,} leads"},
        )
        object.__setattr__(some, "whole", whole)
        return some

    def __iter__(self) -> Iterator[Lead]:
        return (self[place] for place in range(len(self)))

    def __repr__(self) -> str:
        of = "" if self.whole is None else f" of {len(self.whole):,}"
        return f"<Leads: {len(self):,}{of} to {' '.join(self.destination)}>"

    @cached_property
    def network(self) -> Network:
        """The network in which they were found; ``leads.network.view()`` draws it with them."""
        network = copy.copy(self.searched)
        object.__setattr__(network, "leads", self)
        return network

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
        lead_id = joined.pop("lead_id")
        return {str(lead): rows.reset_index(drop=True) for lead, rows in joined.groupby(lead_id)}

    @cached_property
    def links_by_lead(self) -> dict[str, pd.DataFrame]:
        """Lead id to its links; see :attr:`Leads.links`."""
        return {
            str(lead): rows.reset_index(drop=True) for lead, rows in self.links.groupby("lead_id")
        }

    @cached_property
    def anomalies(self) -> Anomalies:
        """What stands out without a route; see :func:`chipflow.leads.anomalies`."""
        if self.whole is not None:
            return self.whole.anomalies
        return anomalies(self.searched, settings=self.settings)

    @cached_property
    def direct(self) -> pd.DataFrame:
        """Controlled chips that went straight there by name, or where they were denied.

        See :func:`direct_sales`.
        """
        if self.whole is not None:
            return self.whole.direct
        return self._direct(granted=False)

    @cached_property
    def licensed(self) -> pd.DataFrame:
        """Routes and direct sales for which licences were being granted: no leads.

        See :func:`chipflow.leads.licensed.licensed_sales`.
        """
        if self.whole is not None:
            return self.whole.licensed
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
        if self.whole is None:
            return verdict(self)
        said = self.whole.verdict
        chosen = f"{len(self):,} of {len(self.whole):,} leads were chosen. "
        return replace(said, sentence=chosen + said.sentence)

    @property
    def chance(self) -> str:
        """How many of these leads are expected to be coincidence, and at most."""
        return of_the_list(self.table["no_coincidence"], self.parameters)

    def _repr_html_(self) -> str:
        from chipflow._shows import leads_table

        return leads_table(self)

    @cached_property
    def plot(self) -> LeadsPlot:
        """What can be drawn: ``leads.plot.flows()``."""
        return LeadsPlot(self)

    def map(self, *, marks: str | os.PathLike[str] | None = None) -> Page:
        """Draw them on a map page; see :func:`chipflow.views.route_map`."""
        return self.plot.map(marks=marks)

    def report(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        template: str | os.PathLike[str] | None = None,
        notes: Given | Sequence[Given] | None = None,
    ) -> Page:
        """Write the report; see :meth:`LeadsPlot.report`."""
        return self.plot.report(path, template=template, notes=notes)

    def workbook(self, path: str | os.PathLike[str]) -> Path:
        """Write an Excel workbook; see :func:`chipflow.views.workbook`."""
        return self.plot.workbook(path)

    # Former names of what `plot` draws.

    def plot_flows(self, ax: Axes | None = None) -> Axes:
        """``plot.flows``."""
        return self.plot.flows(ax)

    def plot_ledger(self, company: str, ax: Axes | None = None) -> Axes:
        """``plot.ledger``."""
        return self.plot.ledger(company, ax)

    def plot_density(self, ax: Axes | None = None) -> Axes:
        """``plot.density``."""
        return self.plot.density(ax)

    def plot_countries(self, ax: Axes | None = None, *, of: str | None = None) -> Axes:
        """``plot.countries``."""
        return self.plot.countries(ax, of=of)

    def plot_map(self, ax: Axes | None = None) -> Axes:
        """``plot.routes``."""
        return self.plot.routes(ax)


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
        found = self.leads.links_by_lead.get(self.row["lead_id"])
        return self.leads.links.head(0) if found is None else found

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
    def chance(self) -> str:
        """How many leads like it are no coincidence, its weakest step, and what nobody can see."""
        weakest = weakest_step(self.links, self.records)
        return of_one_lead_in_full(self.row["no_coincidence"], weakest)

    @property
    def settle(self) -> list[str]:
        """Which records, not in these files, would settle the question."""
        # As arrays: a map asks this of every lead.
        stage, company, spelling = (
            self.records[name].astype(object).to_numpy()
            for name in ("stage", "consignee_id", "consignee")
        )
        final = stage == "final"
        named = []
        for at in (final, stage == "source"):
            # Of the spellings of a company the first.
            names: dict[str, str] = {}
            for one, called in zip(company[at], spelling[at], strict=True):
                if isinstance(called, str):
                    names.setdefault(one, called)
            named.append(", ".join(list(names.values())[:3]))
        buyers, first = named[0] or "the buyer", named[1] or "the first consignee"
        wanted = [
            f"A licence or end-user statement for the goods sold to {first}",
            f"The import declaration and serial numbers of what {buyers} received",
            f"Stock or data-centre records of {first} that show the goods still there",
        ]
        if (self.links["kind"] != RECORDED).any():
            wanted.append(
                "An invoice or a waybill for the goods between the companies of each inferred link"
            )
        if any(
            self.records[name].isna().to_numpy()[final].any() for name in ("weight_kg", "units")
        ):
            wanted.append("The weight and number of pieces that some of these records leave out")
        return wanted

    def to_dict(self) -> dict[str, Any]:
        """Return all that is known of it as JSON can hold it.

        Returns
        -------
        dict
            The columns of ``leads.csv`` with lists as lists, days as ISO texts and missing
            numbers as None; ``sentence``, ``chance``, ``settle`` (list), and ``records``,
            ``links``, ``evidence`` (lists of dicts).
        """
        row = self._alone.to_pandas()
        return {
            **as_json(row)[0],
            "sentence": self.sentence,
            "chance": self.chance,
            "settle": self.settle,
            "records": as_json(self.records),
            "links": as_json(self.links),
            "evidence": as_json(self.evidence),
        }

    @cached_property
    def _alone(self) -> Leads:
        """The leads that are this one only."""
        places = np.flatnonzero(self.leads.table["lead_id"] == self.row["lead_id"])
        return self.leads._at(places)

    def map(self) -> Page:
        """Draw this lead alone on a map page; see :func:`chipflow.views.route_map`."""
        return self._alone.map()

    def report(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        template: str | os.PathLike[str] | None = None,
        notes: Given | Sequence[Given] | None = None,
    ) -> Page:
        """Write the report of this lead alone; see :meth:`LeadsPlot.report`."""
        return self._alone.report(path, template=template, notes=notes)

    def _repr_html_(self) -> str:
        from chipflow._shows import dossier

        return dossier(self)

    def plot_timeline(self, ax: Axes | None = None) -> Axes:
        """Plot its shipments in time; see :func:`chipflow.views.plot_timeline`."""
        from chipflow._shows import view

        axes: Axes = view("plot_timeline", self, ax)
        return axes


def throughput_of(steps: pd.DataFrame) -> pd.Series:
    """Return the chips that each company passes on to the destination.

    Parameters
    ----------
    steps
        ``stage, units`` (chips) and ``shipper_id`` of the shipments of leads.

    Returns
    -------
    pandas.Series
        What it sends of the traced goods, chips, by ``company_id``.
    """
    sent = steps[steps["stage"] != "source"].groupby("shipper_id")["units"].sum()
    return sent.rename("throughput").rename_axis("company_id").sort_index()
