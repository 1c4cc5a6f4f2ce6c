"""From routes to leads: each scheme with its evidence, the strongest first."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chipflow.companies.resolve import SAME_NAME
from chipflow.companies.screen import best_matches
from chipflow.goods.controls import expand_destination
from chipflow.leads.case import cases, with_agreement, with_shipments
from chipflow.leads.coverage import missing_records
from chipflow.leads.dossier import TABLE_COLUMNS, Leads
from chipflow.leads.evidence import agreement_sentence, weigh
from chipflow.leads.facts import Facts
from chipflow.leads.intervals import unit_intervals
from chipflow.leads.significance import (
    NULL_DRAWS,
    lead_p_values,
    nulls,
    q_values,
    shares_of_chance,
)
from chipflow.leads.vanished import vanished
from chipflow.network.columns import Columns, total
from chipflow.network.handover import NEW_FOR
from chipflow.network.lots import in_order
from chipflow.network.routes import ASIDE_COLUMNS, Routes, find_routes
from chipflow.network.trace import MOST_HOPS, WINDOW, trace
from chipflow.network.verdicts import Verdicts
from chipflow.network.waypoints import waypoints
from chipflow.progress import silent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chipflow.leads.case import Case
    from chipflow.leads.evidence import Finding, Part
    from chipflow.leads.significance import Null
    from chipflow.network.build import Network
    from chipflow.network.trace import Tracing
    from chipflow.progress import Progress

DESTINATION = ("CN", "HK", "MO")

# A route is no lead where more than half of those of its strength, or of hand-overs like the one
# that no record shows on its way, are expected to be chance.
MOST_BY_CHANCE = 0.5  # share of routes

EVIDENCE_COLUMNS = ["lead_id", "part", "kind", "log_lr", "sentence", "record_ids"]
LINK_COLUMNS = [
    "lead_id",
    "from_record",
    "to_record",
    "units",
    "log_lr",
    "kind",
    "sentence",
    "chip",
    "days",
    "words",
    "weight",
    "value",
    "number",
    "waiting",
    "prior",
]


def find_leads(
    network: Network,
    destination: str | Iterable[str] = DESTINATION,
    *,
    since: str | None = None,
    until: str | None = None,
    window: int = WINDOW,
    most_hops: int = MOST_HOPS,
    seed: int = 0,
    null_draws: int = NULL_DRAWS,
    screening: pd.DataFrame | None = None,
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
    since, until
        First and last day (``YYYY-MM-DD``) of the shipments that are looked at.
    window
        Most days between the arrival of a lot and the departure of what continues it.
    most_hops
        Most shipments in a row.
    seed
        Of everything drawn by chance; recorded with the result.
    null_draws
        Most null pairs of companies drawn for each hand-over; see
        :mod:`chipflow.leads.significance`.
    screening
        Possible matches of companies on lists, as :func:`chipflow.companies.screen` returns them.
    progress
        Who is told how the work goes on.

    Returns
    -------
    Leads
        Ranked by score: the sum of the log-likelihood ratios of the evidence.

    Raises
    ------
    ParameterError
        A country or a day has no meaning.
    """
    targets = expand_destination(destination)
    shipments = in_order(_between(network.shipments, since, until))
    tracing = trace(
        shipments,
        targets,
        window=window,
        most_hops=most_hops,
        linked=network.links,
        progress=progress,
    )
    with progress.stage("weighing the evidence"):
        verdicts = Verdicts(shipments, tracing.lots, targets)
        routes = find_routes(tracing, verdicts)
        listed = {} if screening is None else best_matches(screening)
    with progress.stage("asking how often chance does as much"):
        chance = nulls(tracing, verdicts, draws=null_draws, seed=seed)
        p_values = lead_p_values(routes.links, tracing, chance)
        arrived = routes.lots[routes.lots["stage"] == "final"]
        missing = missing_records(tracing, routes.links, seed=seed)
        intervals = unit_intervals(arrived, routes.links, tracing, missing, seed=seed)
    with progress.stage("putting the leads together"):
        found = _Found.of(
            network, shipments, routes, tracing, listed, intervals.join(p_values), chance
        )
    with progress.stage("looking for goods that are not seen again"):
        stopped = vanished(network, tracing, targets)
    parameters = {
        "destination": list(targets),
        "since": since,
        "until": until,
        "window_days": window,
        "most_hops": most_hops,
        "seed": seed,
        "null_draws": null_draws,
        "share_of_records_missing": round(missing.share, 2),
    }
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
        vanished=stopped,
        **({} if screening is None else {"screening": screening}),
    )


def _between(shipments: pd.DataFrame, since: str | None, until: str | None) -> pd.DataFrame:
    from chipflow.errors import ParameterError

    kept = shipments
    limits: list[pd.Timestamp] = []
    for name, day in (("since", since), ("until", until)):
        if day is None:
            continue
        try:
            limit = pd.Timestamp(day)
        except ValueError as error:
            raise ParameterError(
                f"{name}: {day!r} is no day; write it as YYYY-MM-DD, for example 2023-10-17"
            ) from error
        limits.append(limit)
        kept = kept[kept["date"] >= limit] if name == "since" else kept[kept["date"] <= limit]
    if limits != sorted(limits):
        raise ParameterError(f"since {since} is after until {until}: no day lies between them")
    return kept


class _Found:
    """Tables of the leads, put together scheme by scheme."""

    def __init__(
        self,
        table: pd.DataFrame,
        steps: pd.DataFrame,
        links: pd.DataFrame,
        evidence: pd.DataFrame,
        set_aside: pd.DataFrame,
        throughput: pd.Series,
    ) -> None:
        self.table, self.steps, self.links = table, steps, links
        self.evidence, self.set_aside, self.throughput = evidence, set_aside, throughput

    @classmethod
    def of(
        cls,
        network: Network,
        shipments: pd.DataFrame,
        routes: Routes,
        tracing: Tracing,
        listed: dict[str, dict[str, Any]],
        told: pd.DataFrame,
        null: dict[tuple[str, bool], Null],
    ) -> _Found:
        lots = with_shipments(routes.lots, shipments, tracing.destination)
        links = with_agreement(routes.links, lots)
        involved = sorted({*lots["shipper_id"], *lots["consignee_id"]})
        facts = Facts.of(shipments, tracing.lots, asked=involved, new_for=NEW_FOR)
        directory = network.directory[network.directory["company_id"].isin(involved)]
        names = dict(zip(directory["company_id"], directory["name"], strict=True))
        rows, evidence = [], []
        p_values = told["p_value"].to_dict()
        joins = _joins(network, involved)
        for scheme, case in cases(
            Columns.of(lots), Columns.of(links), facts, names, listed, joins, p_values
        ):
            answers = weigh(case)
            row = _row(case, answers)
            rows.append({**row, "scheme": scheme})
            evidence += [
                (
                    row["lead_id"],
                    scheme,
                    part.name,
                    part.kind,
                    found.log_lr,
                    found.sentence,
                    ";".join(found.record_ids),
                )
                for part, found in answers
            ]
        ranked = _ranked(rows, told)
        # Weak ones count too: whoever leaves them out of the number of tests is too sure.
        ranked["q_value"] = q_values(ranked["p_value"].to_numpy())
        ranked["by_chance"] = shares_of_chance(ranked["score"].to_numpy(dtype=float), null)
        ranked = ranked.join(_why_no_lead(ranked))
        weak = ranked["reason"] != ""
        aside = pd.concat([routes.set_aside, ranked.loc[weak, ASIDE_COLUMNS]], ignore_index=True)
        kept = ranked[~weak].reset_index(drop=True)
        kept["rank"] = np.arange(1, len(kept) + 1)
        ids = kept.set_index("scheme")["lead_id"]
        weighed = pd.DataFrame(evidence, columns=["lead_id", "scheme", *EVIDENCE_COLUMNS[1:]])
        return cls(
            table=kept[TABLE_COLUMNS],
            steps=_steps(lots, ids),
            links=_link_table(links, ids),
            evidence=weighed.loc[weighed["scheme"].isin(ids.index), EVIDENCE_COLUMNS].reset_index(
                drop=True
            ),
            set_aside=aside,
            throughput=_throughput(lots[lots["scheme"].isin(ids.index)]),
        )


def _joins(network: Network, companies: list[str]) -> dict[tuple[str, str], str]:
    """Why spellings belong to some companies, where they are more than habits of writing."""
    table = network.spellings[network.spellings["company_id"].isin(companies)]
    told = table[~table["reason"].str.startswith(SAME_NAME)]
    keys = zip(told["company_id"].astype(str), told["name"].astype(str), strict=True)
    return dict(zip(keys, told["reason"].astype(str), strict=True))


def _row(case: Case, answers: list[tuple[Part, Finding]]) -> dict[str, object]:
    lots = case.lots
    ids = sorted(lots["record_id"])
    path = waypoints(lots, lots["hop"], lots["stage"] == "final", case.names)
    units = np.nansum(case.finals["units"])
    days = [pd.Timestamp(day).strftime("%Y-%m-%d") for day in lots["date"]]

    def said(kind: str) -> str:
        return " | ".join(found.sentence for part, found in answers if part.kind == kind)

    return {
        "lead_id": "L-" + hashlib.sha256(";".join(ids).encode()).hexdigest()[:8],
        "score": round(sum(found.log_lr for _, found in answers), 3),
        "origin": path["countries"][0] if path["countries"] else "",
        "destination": " | ".join(sorted(set(case.finals["arrival_country"]) - {None})),
        "countries": " > ".join(path["countries"]),
        "companies": " > ".join(path["companies"]),
        "hops": int(lots["hop"].max()),
        "chips": " | ".join(sorted(set(lots["chip"]) - {""})),
        "units": round(float(units), 2) if units > 0 else np.nan,
        "value_usd": total(case.sources["value_usd"]),
        "first_date": min(days),
        "last_date": max(days),
        "record_ids": ";".join(ids),
        "reasons": said("reason"),
        "innocent_explanations": said("innocent"),
        "settled": next((found.settles for _, found in answers if found.settles), ""),
    }


def _ranked(rows: list[dict[str, object]], chance: pd.DataFrame) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=[*TABLE_COLUMNS, "settled", "scheme"])
    for name in ("p_value", "weakest", "unseen_by_chance", "units_low", "units_high"):
        table[name] = table["scheme"].map(chance[name]).astype("float64")
    # The best guess is never outside of its own bounds.
    table["units_low"] = table[["units_low", "units"]].min(axis=1).round(2)
    table["units_high"] = table[["units_high", "units"]].max(axis=1).round(2)
    return table.astype({"score": "float64"}).sort_values(
        ["score", "lead_id"], ascending=[False, True], ignore_index=True
    )


def _why_no_lead(rows: pd.DataFrame) -> pd.DataFrame:
    """Say what makes a route that was weighed no lead; ``reason, sentence``, empty for a lead."""
    answers = [
        (rows["settled"] != "", rows["settled"], rows["innocent_explanations"]),
        (
            rows["score"] <= 0,
            "innocent explanations outweigh the evidence",
            rows["innocent_explanations"],
        ),
        (
            rows["weakest"] <= 0,
            "one hand-over on the way is less likely than not",
            [
                "At the weakest hand-over of its best way the odds that the goods that left are "
                f"those that had arrived are {odds:.1f} to 1"
                for odds in np.exp(rows["weakest"].clip(upper=0))
            ],
        ),
        (
            rows["unseen_by_chance"] > MOST_BY_CHANCE,
            "chance explains a hand-over on the way as well",
            [
                "No record shows one of the hand-overs before the last: of such as weak in these "
                f"records, {share:.0%} are expected to be chance"
                for share in rows["unseen_by_chance"]
            ],
        ),
        (
            rows["by_chance"] > MOST_BY_CHANCE,
            "chance explains it as well",
            [
                f"The evidence is weak (score {score:.1f}): of routes as weak in these records, "
                f"{share:.0%} are expected to be chance"
                for score, share in zip(rows["score"], rows["by_chance"], strict=True)
            ],
        ),
    ]
    cases, reasons, sentences = zip(*answers, strict=True)
    texts = {"reason": reasons, "sentence": sentences}
    return pd.DataFrame(
        {
            name: np.select(cases, [np.asarray(text, dtype=object) for text in said], "")
            for name, said in texts.items()
        },
        index=rows.index,
    )


def _steps(lots: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    kept = lots[lots["scheme"].isin(ids.index)]
    columns = ["lead_id", "record_id", "hop", "stage", "chip", "units", "status", "rule"]
    return kept.assign(lead_id=kept["scheme"].map(ids))[columns].reset_index(drop=True)


def _link_table(links: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    kept = links[links["scheme"].isin(ids.index)]
    columns = Columns.of(kept)
    table = kept.assign(
        lead_id=kept["scheme"].map(ids),
        log_lr=kept["log_odds"],
        sentence=[agreement_sentence(columns, row) for row in range(len(columns))],
    )
    return table[LINK_COLUMNS].sort_values(
        ["lead_id", "from_record", "to_record"], ignore_index=True
    )


def _throughput(lots: pd.DataFrame) -> pd.Series:
    """Chips that each company passes on to the destination: what it sends of the followed goods."""
    sent = lots[lots["stage"] != "source"].groupby("shipper_id")["units"].sum()
    return sent.rename("throughput").rename_axis("company_id").sort_index()
