"""How well a ranked table of leads finds the schemes that are known to be there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from chipflow.errors import InputError
from chipflow.simulate.schemes import FINDABLE

SCHEME_RECORDS_IN_LEAD = 0.5  # share of a lead's records that must belong to schemes
RECORDS_OF_SCHEME = 0.3  # share of a scheme's records that a lead must hold
SHORTEST_ROUTE = 2  # records: one into a middle company and another one out of it
INTO_MIDDLE, OUT_OF_MIDDLE = ("source", "middle"), ("middle", "final")


@dataclass(frozen=True)
class Score:
    """Leads against the truth.

    Attributes
    ----------
    n
        Number of schemes that can be found.
    precision, recall
        Share of the first n leads that is right (of those that there are, if fewer than n);
        share of the n schemes that they find. Both are 0 without leads.
    lookalikes
        Leads among the first n that are mostly records of an innocent look-alike.
    repeated
        Leads among the first n on a scheme that an earlier lead had found.
    records_found
        Mean share of a found scheme's records that its lead holds.
    by_kind
        ``kind, schemes, found, recall, records_found`` for each kind of scheme.
    by_lookalike
        ``kind, there, in_top`` for each kind of look-alike.
    leads
        ``rank, verdict, scheme_id, kind`` for each of the first n leads; ``verdict``
        is ``right | repeated | look-alike | false``.
    """

    n: int
    precision: float
    recall: float
    lookalikes: int
    repeated: int
    records_found: float
    by_kind: pd.DataFrame
    by_lookalike: pd.DataFrame
    leads: pd.DataFrame

    def __str__(self) -> str:
        lines = [
            f"schemes that can be found (n)   {self.n}",
            f"precision@n                     {self.precision:.3f}",
            f"recall@n                        {self.recall:.3f}",
            f"look-alikes in top n            {self.lookalikes}",
            f"repeats in top n                {self.repeated}",
            f"share of a scheme's records     {self.records_found:.3f}",
            "",
            self.by_kind.to_string(index=False, float_format="{:.3f}".format),
            "",
            self.by_lookalike.to_string(index=False),
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = (
            f"<p>n = {self.n}, precision@n {self.precision:.3f}, recall@n {self.recall:.3f}, "
            f"{self.lookalikes} look-alikes in the top n</p>"
        )
        return head + self.by_kind.to_html(index=False) + self.by_lookalike.to_html(index=False)


def score(truth_dir: str | Path, leads_csv: str | Path) -> Score:
    """Score a table of leads against the truth of a simulated world.

    A lead is right if at least half of its records belong to schemes and it holds the route
    of one: a record into a middle company, another one out of one, and 30% of the scheme's
    records. A lead may hold several schemes; one that holds only schemes which a lead before
    it has found is wrong.

    Parameters
    ----------
    truth_dir
        Folder with ``records.csv`` and ``schemes.csv`` as :meth:`World.write` leaves them.
    leads_csv
        Table with ``rank`` and ``record_ids`` (joined by ``;``), as ``chipflow analyze``
        writes it. If ``shipments.parquet`` stands beside it, records are matched by file and
        row as well as by number.

    Returns
    -------
    Score

    Raises
    ------
    InputError
        A file is not there or lacks a column.
    """
    folder, path = Path(truth_dir), Path(leads_csv)
    truth = _read(folder / "records.csv", ("record_id", "scheme_id", "kind", "innocent", "role"))
    schemes = _read(folder / "schemes.csv", ("scheme_id", "kind", "innocent"))
    leads = _read(path, ("rank", "record_ids"))
    held = _records_of_leads(leads, truth, path.parent / "shipments.parquet")

    findable = _findable(truth)
    n = len(findable)
    top = leads["rank"].astype(int).sort_values().head(n)
    verdicts, found = _verdicts(held[held["rank"].isin(top)], truth, findable)
    right = int((verdicts["verdict"] == "right").sum())

    there = schemes[schemes["scheme_id"].isin(findable.index)].groupby("kind").size()
    by_kind = pd.DataFrame({"schemes": there})
    by_kind["found"] = found.groupby("kind").size().reindex(there.index, fill_value=0)
    by_kind["recall"] = by_kind["found"] / by_kind["schemes"]
    by_kind["records_found"] = found.groupby("kind")["share"].mean().reindex(there.index)
    innocent = schemes[_true(schemes["innocent"])].groupby("kind").size()
    by_lookalike = pd.DataFrame({"there": innocent})
    looks = verdicts[verdicts["verdict"] == "look-alike"]
    by_lookalike["in_top"] = looks.groupby("kind").size().reindex(innocent.index, fill_value=0)
    return Score(
        n=n,
        precision=right / len(top) if len(top) else 0.0,
        recall=len(found) / n if n else 0.0,
        lookalikes=len(looks),
        repeated=int((verdicts["verdict"] == "repeated").sum()),
        records_found=float(found["share"].mean()) if len(found) else 0.0,
        by_kind=by_kind.reset_index(names="kind"),
        by_lookalike=by_lookalike.reset_index(names="kind"),
        leads=verdicts,
    )


def _read(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype="str", keep_default_na=False)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read as CSV ({error})", file=path) from error
    for column in columns:
        if column not in table.columns:
            raise InputError("column is not there", file=path, column=column)
    return table


def _true(values: pd.Series) -> pd.Series:
    return values.str.lower().isin(("true", "1"))


def _records_of_leads(leads: pd.DataFrame, truth: pd.DataFrame, shipments: Path) -> pd.DataFrame:
    """Return ``rank, record_id``, one row for each record of each lead, in terms of the truth."""
    held = leads[["rank", "record_ids"]].copy()
    held["rank"] = held["rank"].astype(int)
    held["record_id"] = held.pop("record_ids").str.split(";")
    held = held.explode("record_id").astype({"record_id": "str"})
    held["record_id"] = held["record_id"].str.strip()
    held = held[held["record_id"].fillna("") != ""]
    if {"source", "source_row"} <= set(truth.columns):
        place = truth["source"].map(_file_name) + ":" + truth["source_row"]
        known = dict(zip(place, truth["record_id"], strict=True))
        given = held["record_id"]
        # A record without a number of its own may be called by its place.
        at_place = given.map(lambda name: known.get(_place(name), name))
        if shipments.exists():
            table = pd.read_parquet(shipments, columns=["record_id", "source", "source_row"])
            table = table[table["record_id"].isin(given)]
            where = table["source"].map(_file_name) + ":" + table["source_row"].astype("str")
            alias = dict(zip(table["record_id"], where.map(known), strict=True))
            by_row = given.map(alias)
            at_place = by_row.where(by_row.notna(), at_place)
        held["record_id"] = at_place
    return held.drop_duplicates()


def _file_name(source: str) -> str:
    return source.replace("\\", "/").rpartition("/")[2].partition("#")[0]


def _place(name: str) -> str:
    source, _, row = name.rpartition(":")
    return f"{_file_name(source)}:{row}"


def _findable(truth: pd.DataFrame) -> pd.Series:
    """Return records in the files by scheme, for schemes whose route is still in them."""
    guilty = truth[~_true(truth["innocent"]) & truth["kind"].isin(FINDABLE)]
    enters = guilty[guilty["role"].isin(INTO_MIDDLE)].groupby("scheme_id").size()
    leaves = guilty[guilty["role"].isin(OUT_OF_MIDDLE)].groupby("scheme_id").size()
    counts = guilty.groupby("scheme_id").size()
    there = (
        counts.index.isin(enters.index)
        & counts.index.isin(leaves.index)
        & (counts >= SHORTEST_ROUTE)
    )
    return counts[there]


def _verdicts(
    held: pd.DataFrame, truth: pd.DataFrame, findable: pd.Series
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a verdict for each lead, and the schemes found with the first lead of each."""
    facts = truth[["record_id", "scheme_id", "kind", "role"]].assign(
        guilty=~_true(truth["innocent"])
    )
    known = held.merge(facts, on="record_id", how="inner")
    size = held.groupby("rank").size()
    share_of = {
        guilty: known[known["guilty"] == guilty]
        .groupby("rank")
        .size()
        .reindex(size.index, fill_value=0)
        / size
        for guilty in (True, False)
    }
    parts = known.assign(
        enters=known["role"].isin(INTO_MIDDLE), leaves=known["role"].isin(OUT_OF_MIDDLE)
    )
    parts = (
        parts.groupby(["rank", "scheme_id", "kind", "guilty"])
        .agg(records=("role", "size"), enters=("enters", "sum"), leaves=("leaves", "sum"))
        .reset_index()
        .sort_values(["rank", "records", "scheme_id"], ascending=[True, False, True])
    )
    routes = parts[parts["scheme_id"].isin(findable.index)].copy()
    routes["share"] = routes["records"] / findable.reindex(routes["scheme_id"]).to_numpy()
    routes = routes[
        (routes["enters"] > 0)
        & (routes["leaves"] > 0)
        & (routes["records"] >= SHORTEST_ROUTE)
        & (routes["share"] >= RECORDS_OF_SCHEME)
        & (routes["rank"].map(share_of[True]) >= SCHEME_RECORDS_IN_LEAD)
    ]
    found = routes.drop_duplicates("scheme_id")
    looks = parts[
        ~parts["guilty"] & (parts["rank"].map(share_of[False]) >= SCHEME_RECORDS_IN_LEAD)
    ].drop_duplicates("rank")

    leads = pd.DataFrame({"rank": size.index, "verdict": "false"})
    for verdict, those in (("look-alike", looks), ("repeated", routes), ("right", found)):
        leads.loc[leads["rank"].isin(those["rank"]), "verdict"] = verdict
    named = pd.concat([found, routes, looks]).drop_duplicates("rank")
    leads = leads.merge(named[["rank", "scheme_id", "kind"]], on="rank", how="left")
    return leads, found[["rank", "scheme_id", "kind", "share"]].reset_index(drop=True)


def score_names(truth: pd.DataFrame, company_id: pd.Series) -> tuple[float, float]:
    """Score the joining of names, pair by pair.

    Parameters
    ----------
    truth
        :attr:`World.companies`, or some of its rows: ``company`` is the true one.
    company_id
        The company that each of these rows was given, by the same index.

    Returns
    -------
    tuple of float
        Precision (of the pairs of rows that were joined, the share that is one company) and
        recall (of the pairs that are one company, the share that was joined).
    """
    table = pd.DataFrame({"true": truth["company"], "given": company_id})

    def pairs(by: list[str]) -> float:
        size = table.groupby(by).size()
        return float((size * (size - 1) / 2).sum())

    both = pairs(["true", "given"])
    return both / max(pairs(["given"]), 1.0), both / max(pairs(["true"]), 1.0)
