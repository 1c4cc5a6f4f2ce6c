"""From routes to leads: each cluster with its evidence, the strongest first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chipflow.companies.resolve import SAME_NAME
from chipflow.companies.screen import best_matches
from chipflow.goods.catalogue.load import load_catalogue
from chipflow.goods.controls.status import expand_destination
from chipflow.leads.coincidence import CHANCE_SAID_BELOW, chance_sentence
from chipflow.leads.company_profiles import CompanyProfiles
from chipflow.leads.completeness import missing_records
from chipflow.leads.dead_ends import dead_ends
from chipflow.leads.dossier import Leads, throughput_of
from chipflow.leads.error_rates import best_ways, chance_of_leads, transfers_of_leads
from chipflow.leads.evidence import PARTS, comparison_sentence, weigh
from chipflow.leads.exclusion import exclusions
from chipflow.leads.lead_context import lead_contexts, with_distances, with_shipments
from chipflow.leads.lead_id import lead_id_of, unique_ids
from chipflow.leads.null_leads import laid_out, null_routes
from chipflow.leads.unit_intervals import unit_intervals
from chipflow.leads.unnamed import unnamed_lots
from chipflow.leads.watched_goods import (
    WatchScreening,
    guarded,
    read_watchlists,
    watch_catalogue,
    watched_shipments,
    with_watched_goods,
)
from chipflow.network.arrays import in_order
from chipflow.network.columns import Columns, total
from chipflow.network.selection import between_days
from chipflow.progress import silent
from chipflow.routes.find import Routes, find_routes
from chipflow.routes.itinerary import itinerary
from chipflow.routes.licence_screening import LicenceScreening
from chipflow.schemas import EVIDENCE, EXCLUDED, LEAD_LINKS, LEAD_STEPS, LEADS
from chipflow.settings import Settings
from chipflow.tracing.decoys import null_distributions
from chipflow.tracing.trace import trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from chipflow.goods.catalogue.load import Catalogue
    from chipflow.goods.watchlist import Watchlist
    from chipflow.leads.completeness import Missing
    from chipflow.leads.error_rates import ByChance
    from chipflow.leads.evidence import Finding, Part
    from chipflow.leads.lead_context import LeadContext
    from chipflow.network.build import Network
    from chipflow.progress import Progress
    from chipflow.tracing.decoys import NullDistribution
    from chipflow.tracing.trace import Tracing

DESTINATION = ("CN", "HK", "MO")


def find_leads(
    network: Network,
    destination: str | Iterable[str] = DESTINATION,
    *,
    settings: Settings | None = None,
    catalogue: Catalogue | None = None,
    since: str | None = None,
    until: str | None = None,
    window: int | None = None,
    most_hops: int | None = None,
    seed: int = 0,
    null_draws: int | None = None,
    screening: pd.DataFrame | None = None,
    watch: str | Path | Watchlist | Iterable[str | Path | Watchlist] = (),
    parts: Iterable[Part] = (),
    progress: Progress = silent,
) -> Leads:
    """Find the routes by which controlled goods may have reached a destination.

    Parameters
    ----------
    network
        What :func:`chipflow.build_network` returned.
    destination
        Countries that the rules guard: ``"CN HK MO"``, ``"CN,HK,MO"`` or a list; ISO 3166
        alpha-2 codes or names.
    settings
        The numbers of the method; the shipped ones without it.
    catalogue
        Tables of chips and rules; those of the network without it.
    since, until
        First and last day (``YYYY-MM-DD``) of the shipments that are looked at.
    window, most_hops
        Most days between the arrival of a shipment and the departure of what continues it, and
        most shipments in a row; ``settings.tracer`` without them.
    seed
        Of everything drawn by chance; recorded with the result.
    null_draws
        Most decoy pairs of companies drawn for each transfer; ``settings.decoys.draws`` without
        it.
    screening
        Possible matches of companies on lists, as :func:`chipflow.companies.screen` returns them.
    watch
        Lists of other goods to follow, one or several: the name of a shipped one
        (``"chpl_russia"``), a CSV file, or what :func:`chipflow.goods.load_watchlist` returned.
        They are traced after the chips and by themselves, so that no lead on chips changes; their
        q-values are of their own list. A list none of whose rules is for the destination is not
        followed.
    parts
        Parts of the evidence of your own, asked of every route after
        :data:`chipflow.leads.evidence.PARTS`.
    progress
        Who is told how the work goes on.

    Returns
    -------
    Leads
        Ranked by score: the sum of the log-likelihood ratios of the evidence.

    Raises
    ------
    ParameterError
        A country or a day has no meaning, or there is no such watch list.
    TableError
        A watch list does not hold together.
    """
    targets = expand_destination(destination)
    settings = _with_options(settings or Settings(), window, most_hops, null_draws)
    catalogue = catalogue or network.catalogue or load_catalogue()
    shipments = in_order(between_days(network.shipments, since, until))
    searched = _Search(network, targets, settings, seed, screening, progress, (*PARTS, *parts))
    tracing, found, missing = searched.chips(shipments, catalogue)
    with progress.stage("looking for goods that are not seen again"):
        stopped = dead_ends(network, tracing)
    with progress.stage("looking for lots without a name"):
        unnamed = unnamed_lots(network, shipments, tracing, found.steps["record_id"])
    lists = read_watchlists(watch)
    if asked := guarded(lists, targets):
        goods, others = searched.watched(shipments, asked, catalogue, found)
        network = with_watched_goods(network, goods, others.steps)
        found = found.joined(others)
    parameters = {
        "destination": list(targets),
        "since": since,
        "until": until,
        "window_days": settings.tracer.window,
        "most_hops": settings.tracer.most_hops,
        "seed": seed,
        "null_draws": settings.decoys.draws,
        "share_of_records_missing": round(missing.share, 2),
        "companies_asked": found.by_chance.asked,
        "expected_by_chance": round(found.by_chance.expected, 2),
    }
    if lists:
        parameters["watch"] = [one.name for one in lists]
        parameters["watch_without_rule_there"] = [one.name for one in lists if one not in asked]
    return Leads(
        table=found.table,
        searched=network,
        destination=targets,
        steps=found.steps,
        links=found.links,
        evidence=found.evidence,
        set_aside=found.set_aside,
        throughput=found.throughput,
        parameters=parameters,
        settings=settings,
        dead_ends=stopped,
        unnamed=unnamed,
        **({} if screening is None else {"screening": screening}),
    )


@dataclass(frozen=True)
class _Search:
    """One search, for chips or for watched goods."""

    network: Network
    targets: tuple[str, ...]
    settings: Settings
    seed: int
    screening: pd.DataFrame | None
    progress: Progress
    parts: tuple[Part, ...]

    def chips(
        self, shipments: pd.DataFrame, catalogue: Catalogue
    ) -> tuple[Tracing, _Found, Missing]:
        """Follow the chips."""
        return self._found(shipments, catalogue, LicenceScreening)

    def watched(
        self,
        shipments: pd.DataFrame,
        lists: list[Watchlist],
        catalogue: Catalogue,
        explained: _Found,
    ) -> tuple[pd.DataFrame, _Found]:
        """Follow the goods of watch lists, as far as no lead on chips explains them.

        The first result is the shipments with these goods in the place of chips.
        """
        with self.progress.stage("looking for watched goods"):
            goods = watched_shipments(
                shipments,
                lists,
                explained.steps["record_id"],
                believed=self.settings.tracer.believed,
            )
        tables = watch_catalogue(lists, catalogue)
        return goods, self._found(goods, tables, WatchScreening, named_only=True)[1]

    def _found(
        self,
        shipments: pd.DataFrame,
        catalogue: Catalogue,
        rules: type[LicenceScreening],
        *,
        named_only: bool = False,
    ) -> tuple[Tracing, _Found, Missing]:
        progress, settings, seed = self.progress, self.settings, self.seed
        tracing = trace(
            shipments,
            self.targets,
            settings=settings,
            shared_attributes=self.network.shared_attributes,
            catalogue=catalogue,
            named_only=named_only,
            progress=progress,
        )
        with progress.stage("weighing the evidence"):
            licences = rules(shipments, tracing.traced)
            routes = find_routes(tracing, licences)
            listed = {} if self.screening is None else best_matches(self.screening)
        with progress.stage("asking how often chance does as much"):
            null = null_distributions(tracing, licences.makes_lead, seed=seed)
            links = routes.continuations
            transfers = transfers_of_leads(links, tracing, null)
            ways = best_ways(links, tracing, transfers)
            arrived = routes.steps[routes.steps["stage"] == "final"]
            missing = missing_records(tracing, links, seed=seed)
            intervals = unit_intervals(arrived, links, tracing, missing, seed=seed)
        with progress.stage("putting the leads together"):
            told = intervals.join(ways)
            found = _Found.of(
                self.network, shipments, routes, tracing, listed, told, transfers, null, self.parts
            )
        return tracing, found, missing


def _with_options(
    settings: Settings, window: int | None, most_hops: int | None, draws: int | None
) -> Settings:
    tracer = {"window": window, "most_hops": most_hops}
    given = {name: value for name, value in tracer.items() if value is not None}
    decoys = settings.decoys if draws is None else replace(settings.decoys, draws=draws)
    return replace(settings, tracer=replace(settings.tracer, **given), decoys=decoys)


@dataclass(frozen=True)
class _Weighing:
    """What the parts of the evidence are asked with, of leads and of decoys alike."""

    profiles: CompanyProfiles
    names: dict[str, str]
    listed: dict[str, dict[str, Any]]
    joins: dict[tuple[str, str], str]
    settings: Settings
    catalogue: Catalogue
    parts: tuple[Part, ...]

    @classmethod
    def of(
        cls,
        network: Network,
        shipments: pd.DataFrame,
        companies: list[str],
        tracing: Tracing,
        listed: dict[str, dict[str, Any]],
        parts: tuple[Part, ...],
    ) -> _Weighing:
        settings = tracing.settings
        profiles = CompanyProfiles.of(
            shipments, tracing.traced.arrays, asked=companies, new_for=settings.transfers.new_for
        )
        directory = network.directory[network.directory["company_id"].isin(companies)]
        names = dict(zip(directory["company_id"], directory["name"], strict=True))
        joins = _joins(network, companies)
        return cls(profiles, names, listed, joins, settings, tracing.traced.catalogue, parts)

    def answers(
        self, steps: pd.DataFrame, links: pd.DataFrame
    ) -> Iterator[tuple[int, LeadContext, list[tuple[Part, Finding]]]]:
        """Yield the number of each cluster, what the parts see of it, and what they answer."""
        for cluster, lead in lead_contexts(
            Columns.of(steps),
            Columns.of(links),
            self.profiles,
            self.names,
            self.listed,
            self.joins,
            self.settings,
            self.catalogue,
        ):
            yield cluster, lead, weigh(lead, self.parts)

    def scores(self, decoys: int, steps: pd.DataFrame, links: pd.DataFrame) -> np.ndarray:
        """Score of each decoy, missing where it would be no lead whatever its score."""
        scores = np.full(decoys, np.nan)
        if decoys:
            for cluster, _, answers in self.answers(steps, links):
                if not any(found.excludes for _, found in answers):
                    scores[cluster] = _score(answers)
        return scores


class _Found:
    """Tables of the leads, put together cluster by cluster."""

    def __init__(
        self,
        table: pd.DataFrame,
        steps: pd.DataFrame,
        links: pd.DataFrame,
        evidence: pd.DataFrame,
        set_aside: pd.DataFrame,
        throughput: pd.Series,
        by_chance: ByChance,
    ) -> None:
        self.table, self.steps, self.links = table, steps, links
        self.evidence, self.set_aside, self.throughput = evidence, set_aside, throughput
        self.by_chance = by_chance

    @classmethod
    def of(
        cls,
        network: Network,
        shipments: pd.DataFrame,
        routes: Routes,
        tracing: Tracing,
        listed: dict[str, dict[str, Any]],
        told: pd.DataFrame,
        transfers: pd.DataFrame,
        null: dict[tuple[str, bool], NullDistribution],
        parts: tuple[Part, ...],
    ) -> _Found:
        steps = with_shipments(
            routes.steps, shipments, tracing.destination, tracing.traced.catalogue
        )
        links = with_distances(_with_odds(routes.continuations, tracing, transfers), steps)
        settings = tracing.settings
        decoys, null_steps, null_links = null_routes(null, tracing)
        if len(decoys):
            null_steps, null_links = laid_out(null_steps, null_links, shipments, tracing)
        involved = sorted(
            {
                *steps["shipper_id"], *steps["consignee_id"],
                *null_steps.get("shipper_id", ()), *null_steps.get("consignee_id", ()),
            }
        )  # fmt: skip
        weighing = _Weighing.of(network, shipments, involved, tracing, listed, parts)
        rows, evidence = [], []
        finals_of: dict[int, list[str]] = {}
        for cluster, lead, answers in weighing.answers(steps, links):
            finals_of[cluster] = sorted(str(one) for one in lead.finals["record_id"])
            rows.append({**_row(lead, answers), "cluster": cluster})
            evidence += [
                (
                    cluster,
                    part.name,
                    part.kind,
                    found.log_lr,
                    found.sentence,
                    ";".join(found.record_ids),
                )
                for part, found in answers
            ]
        ranked = _ranked(rows, told)
        by_chance = chance_of_leads(
            ranked["score"].to_numpy(dtype=float),
            ranked["ways"].to_numpy(dtype=float),
            ranked["unrecorded_fdr"].to_numpy(dtype=float),
            null,
            decoys.assign(score=weighing.scores(len(decoys), null_steps, null_links)),
            settings,
        )
        ranked = ranked.join(by_chance.of_each)
        ranked = ranked.join(exclusions(ranked, settings.exclusion))
        weak = ranked["reason"] != ""
        aside = pd.concat([routes.excluded, ranked.loc[weak, EXCLUDED.names]], ignore_index=True)
        kept = ranked[~weak].reset_index(drop=True)
        kept["rank"] = np.arange(1, len(kept) + 1)
        kept["lead_id"] = unique_ids(kept)
        ids = kept.set_index("cluster")["lead_id"]
        # How often chance does as much is known once all are weighed.
        doubts = {
            cluster: chance_sentence(share)
            for cluster, share in zip(kept["cluster"], kept["no_coincidence"], strict=True)
            if share < CHANCE_SAID_BELOW
        }
        # An empty list would not be a column of text.
        more = [f" | {doubts[one]}" if one in doubts else "" for one in kept["cluster"]]
        kept["innocent_explanations"] += pd.Series(more, index=kept.index, dtype="str")
        evidence += [
            (cluster, "chance", "innocent", 0.0, sentence, ";".join(finals_of[cluster]))
            for cluster, sentence in doubts.items()
        ]
        weighed = pd.DataFrame(evidence, columns=["cluster", *EVIDENCE.names[1:]])
        weighed = weighed[weighed["cluster"].isin(ids.index)]
        return cls(
            table=kept[LEADS.names],
            steps=_steps(steps, ids),
            links=_link_table(links, ids, settings.evidence.far_apart),
            evidence=weighed.assign(lead_id=weighed["cluster"].map(ids))[
                EVIDENCE.names
            ].reset_index(drop=True),
            set_aside=aside,
            throughput=throughput_of(steps[steps["cluster"].isin(ids.index)]),
            by_chance=by_chance,
        )

    def joined(self, other: _Found) -> _Found:
        """Return the leads of two searches as one list, by score."""
        table = pd.concat([self.table, other.table], ignore_index=True)
        table = table.sort_values(
            ["score", "lead_id"], ascending=[False, True], ignore_index=True
        ).astype(self.table.dtypes)
        table["rank"] = np.arange(1, len(table) + 1)
        throughput = pd.concat([self.throughput, other.throughput]).groupby(level=0).sum()

        def both(name: str) -> pd.DataFrame:
            tables: list[pd.DataFrame] = [getattr(self, name), getattr(other, name)]
            return pd.concat(tables, ignore_index=True)

        return _Found(
            table=table,
            steps=both("steps"),
            links=both("links"),
            evidence=both("evidence"),
            set_aside=both("set_aside"),
            throughput=throughput.rename("throughput").rename_axis("company_id").sort_index(),
            by_chance=self.by_chance,
        )


def _with_odds(links: pd.DataFrame, tracing: Tracing, transfers: pd.DataFrame) -> pd.DataFrame:
    """Links with ``searched`` and ``chance`` of their transfers: see Tracing and error rates."""
    if links.empty:
        return links.assign(searched=1, chance=0.0)
    known = transfers[["cluster", "transfer", "chance"]]
    found = links.merge(known, on=["cluster", "transfer"], how="left").join(
        tracing.transfers["searched"], on="transfer"
    )
    return found.fillna({"chance": 0.0, "searched": 1})


def _joins(network: Network, companies: list[str]) -> dict[tuple[str, str], str]:
    """Why spellings belong to some companies, where they are more than habits of writing."""
    table = network.spellings[network.spellings["company_id"].isin(companies)]
    told = table[~table["reason"].str.startswith(SAME_NAME)]
    keys = zip(told["company_id"].astype(str), told["name"].astype(str), strict=True)
    return dict(zip(keys, told["reason"].astype(str), strict=True))


def _row(lead: LeadContext, answers: list[tuple[Part, Finding]]) -> dict[str, object]:
    steps = lead.steps
    ids = sorted(steps["record_id"])
    path = itinerary(steps, steps["hop"], steps["stage"] == "final", lead.names)
    units = np.nansum(lead.finals["units"])
    days = [pd.Timestamp(day).strftime("%Y-%m-%d") for day in steps["date"]]

    def said(kind: str) -> str:
        return " | ".join(found.sentence for part, found in answers if part.kind == kind)

    return {
        "lead_id": lead_id_of(steps),
        "score": _score(answers),
        "origin": path["countries"][0] if path["countries"] else "",
        "destination": " | ".join(sorted(set(lead.finals["arrival_country"]) - {None})),
        "countries": " > ".join(path["countries"]),
        "companies": " > ".join(path["companies"]),
        "hops": int(steps["hop"].max()),
        "chips": " | ".join(sorted(set(steps["chip"]) - {""})),
        "units": round(float(units), 2) if units > 0 else np.nan,
        "value_usd": total(lead.sources["value_usd"]),
        "first_date": min(days),
        "last_date": max(days),
        "record_ids": ";".join(ids),
        "reasons": said("reason"),
        "innocent_explanations": said("innocent"),
        "excludes": next((found.excludes for _, found in answers if found.excludes), None),
    }


def _score(answers: list[tuple[Part, Finding]]) -> float:
    return round(sum(found.log_lr for _, found in answers), 3)


def _ranked(rows: list[dict[str, object]], chance: pd.DataFrame) -> pd.DataFrame:
    by_chance = ("p_value", "q_value", "no_coincidence")
    own = [name for name in LEADS.names if name not in by_chance]
    table = pd.DataFrame(rows, columns=[*own, "excludes", "cluster"])
    for name in ("weakest_log_odds", "unrecorded_fdr", "ways", "units_low", "units_high"):
        table[name] = table["cluster"].map(chance[name]).astype("float64")
    # The best guess is never outside of its own bounds.
    table["units_low"] = table[["units_low", "units"]].min(axis=1).round(2)
    table["units_high"] = table[["units_high", "units"]].max(axis=1).round(2)
    return table.astype({"score": "float64"}).sort_values(
        ["score", "lead_id", "record_ids"], ascending=[False, True, True], ignore_index=True
    )


def _steps(steps: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    kept = steps[steps["cluster"].isin(ids.index)]
    return kept.assign(lead_id=kept["cluster"].map(ids))[LEAD_STEPS.names].reset_index(drop=True)


def _link_table(links: pd.DataFrame, ids: pd.Series, far_apart: float) -> pd.DataFrame:
    kept = links[links["cluster"].isin(ids.index)]
    columns = Columns.of(kept)
    table = kept.assign(
        lead_id=kept["cluster"].map(ids),
        log_lr=kept["log_odds"],
        sentence=[comparison_sentence(columns, row, far_apart) for row in range(len(columns))],
    )
    return table[LEAD_LINKS.names].sort_values(
        ["lead_id", "from_record", "to_record"], ignore_index=True
    )
