"""How well a ranked table of leads finds the schemes that are known to be there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from chipflow.errors import InputError
from chipflow.simulate.documented import DOCUMENTED
from chipflow.simulate.ruses import FINDABLE as _FINDABLE
from chipflow.simulate.schemes import VANISHED

SCHEME_RECORDS_IN_LEAD = 0.5  # share of a lead's records that must belong to schemes
RECORDS_OF_SCHEME = 0.3  # share of a scheme's records that a lead must hold
SHORTEST_ROUTE = 2  # records: one into a middle company and another one out of it
INTO_MIDDLE, OUT_OF_MIDDLE = ("source", "middle"), ("middle", "final")

# q-values up to which a table of leads is asked what it promises.
Q_LEVELS = (0.05, 0.1, 0.2)
FINDABLE = _FINDABLE | DOCUMENTED.keys()
UNIFORM_AT_LEAST = 8  # p-values of leads without schemes; fewer say nothing about their shape


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
        is ``right | repeated | vanished | look-alike | false``. A lead on a route that stops
        in the open holds no route, so that it counts as none; it is named apart.
    vanished
        ``schemes, found``: routes that stop in the open, and those that any lead holds.
    units
        ``told, within, width``: right leads with an interval of units, the share of these
        whose true units lie in it, the median of high over low; None without intervals.
    calibration
        ``q, leads, false, recall``: for each of Q_LEVELS the leads up to it, the share of
        them that is not right and the schemes they find; None without q-values.
    null_p
        ``leads, distance, p_value``: are the p-values of leads without any record of a scheme
        uniform (Kolmogorov-Smirnov)? None without p-values, or with fewer than
        UNIFORM_AT_LEAST of these.
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
    vanished: tuple[int, int] = (0, 0)
    units: dict[str, float] | None = None
    calibration: pd.DataFrame | None = None
    null_p: dict[str, float] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the score as plain values, ready for JSON."""

        def rows(table: pd.DataFrame) -> list[dict[Any, Any]]:
            return table.astype(object).where(table.notna(), None).to_dict("records")

        return {
            "n": self.n,
            "precision": self.precision,
            "recall": self.recall,
            "lookalikes": self.lookalikes,
            "repeated": self.repeated,
            "records_found": self.records_found,
            "by_kind": rows(self.by_kind),
            "by_lookalike": rows(self.by_lookalike),
            "vanished": dict(zip(("schemes", "found"), self.vanished, strict=True)),
            "units": self.units,
            "calibration": None if self.calibration is None else rows(self.calibration),
            "null_p": self.null_p,
            "leads": rows(self.leads),
        }

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
            *self._calibration_lines(),
        ]
        return "\n".join(lines)

    def _calibration_lines(self) -> list[str]:
        lines = []
        if self.vanished[0]:
            lines += ["", "vanished routes {1} of {0} held by some lead".format(*self.vanished)]
        if self.units is not None:
            lines += [
                "",
                "true units in the interval      {within:.3f} of {told:.0f} leads "
                "(median high/low {width:.2f})".format(**self.units),
            ]
        if self.calibration is not None:
            shown = self.calibration.to_string(index=False, float_format="{:.3f}".format)
            lines += ["", shown]
        if self.null_p is not None:
            lines += [
                "",
                "p of leads without schemes      KS distance {distance:.3f}, p {p_value:.3f}, "
                "{leads:.0f} leads".format(**self.null_p),
            ]
        return lines

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
    leads["rank"] = _whole(leads["rank"], path)
    held = _records_of_leads(leads, truth, path.parent / "shipments.parquet")

    findable = _findable(truth)
    n = len(findable)
    top = leads["rank"].sort_values().head(n)
    every_verdict, every_found = _verdicts(held, truth, findable)
    verdicts = every_verdict[every_verdict["rank"].isin(top)].reset_index(drop=True)
    found = every_found[every_found["rank"].isin(top)].reset_index(drop=True)
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
        vanished=_vanished(held, truth, schemes),
        units=_units(leads, schemes, found),
        calibration=_calibration(leads, every_verdict, every_found, n),
        null_p=_null_p(leads, held, truth),
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


def _whole(values: pd.Series, path: Path) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce")
    if numbers.isna().any() or (numbers % 1 != 0).any():
        raise InputError("ranks are whole numbers", file=path, column="rank")
    return numbers.astype("int64")


def _true(values: pd.Series) -> pd.Series:
    return values.str.lower().isin(("true", "1"))


def _records_of_leads(leads: pd.DataFrame, truth: pd.DataFrame, shipments: Path) -> pd.DataFrame:
    """Return ``rank, record_id``, one row for each record of each lead, in terms of the truth."""
    held = leads[["rank", "record_ids"]].copy()
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

    stopped = parts[
        parts["guilty"]
        & (parts["kind"] == VANISHED)
        & (parts["rank"].map(share_of[True]) >= SCHEME_RECORDS_IN_LEAD)
    ].drop_duplicates("rank")
    leads = pd.DataFrame({"rank": size.index, "verdict": "false"})
    for verdict, those in (
        ("vanished", stopped),
        ("look-alike", looks),
        ("repeated", routes),
        ("right", found),
    ):
        leads.loc[leads["rank"].isin(those["rank"]), "verdict"] = verdict
    named = pd.concat([found, routes, looks, stopped]).drop_duplicates("rank")
    leads = leads.merge(named[["rank", "scheme_id", "kind"]], on="rank", how="left")
    return leads, found[["rank", "scheme_id", "kind", "share"]].reset_index(drop=True)


def _vanished(held: pd.DataFrame, truth: pd.DataFrame, schemes: pd.DataFrame) -> tuple[int, int]:
    """Count the routes that stop in the open, and those that some lead holds."""
    there = schemes[(schemes["kind"] == VANISHED) & ~_true(schemes["innocent"])]["scheme_id"]
    records = truth[truth["scheme_id"].isin(there)]
    size = records.groupby("scheme_id").size()
    parts = held.merge(records, on="record_id").groupby(["rank", "scheme_id"]).size()
    enough = parts.reset_index(name="records")
    enough = enough[
        enough["records"] >= RECORDS_OF_SCHEME * size.reindex(enough["scheme_id"]).to_numpy()
    ]
    return len(there), int(enough["scheme_id"].nunique())


def _numbers(table: pd.DataFrame, *columns: str) -> pd.DataFrame | None:
    """Return columns by rank as numbers; nothing if one is not there or nowhere filled."""
    if not set(columns) <= set(table.columns):
        return None
    numbers = table.set_index("rank")[list(columns)].apply(pd.to_numeric, errors="coerce").dropna()
    return numbers if len(numbers) else None


def _units(
    leads: pd.DataFrame, schemes: pd.DataFrame, found: pd.DataFrame
) -> dict[str, float] | None:
    """Ask whether the true units of found schemes lie in the intervals of their leads."""
    told = _numbers(leads, "units_low", "units_high")
    if told is None or "true_units" not in schemes.columns:
        return None
    true = pd.to_numeric(schemes.set_index("scheme_id")["true_units"], errors="coerce")
    # A lead may hold several schemes, and then speaks of the units of all of them.
    units = found.assign(true=true.reindex(found["scheme_id"]).to_numpy())
    mine = told.join(units.groupby("rank")["true"].sum(), how="inner")
    if not len(mine):
        return None
    return {
        "told": float(len(mine)),
        "within": float(mine["true"].between(mine["units_low"], mine["units_high"]).mean()),
        "width": float((mine["units_high"] / mine["units_low"].clip(lower=1)).median()),
    }


def _calibration(
    leads: pd.DataFrame, verdicts: pd.DataFrame, found: pd.DataFrame, n: int
) -> pd.DataFrame | None:
    """Ask of the q-values what they promise: so many of the leads up to one are false."""
    told = _numbers(leads, "q_value")
    if told is None:
        return None
    right = verdicts[verdicts["verdict"] == "right"]["rank"]
    rows = []
    for level in Q_LEVELS:
        ranks = told.index[told["q_value"] <= level]
        false = 1 - float(ranks.isin(right).mean()) if len(ranks) else 0.0
        recall = float(found["rank"].isin(ranks).sum()) / n if n else 0.0
        rows.append({"q": level, "leads": len(ranks), "false": false, "recall": recall})
    return pd.DataFrame(rows)


def _null_p(
    leads: pd.DataFrame, held: pd.DataFrame, truth: pd.DataFrame
) -> dict[str, float] | None:
    told = _numbers(leads, "p_value")
    if told is None:
        return None
    guilty = truth[~_true(truth["innocent"])]["record_id"]
    touched = held[held["record_id"].isin(guilty)]["rank"]
    p = told["p_value"][~told.index.isin(touched)].to_numpy(dtype=np.float64)
    if len(p) < UNIFORM_AT_LEAST:
        return None
    from scipy.stats import kstest

    answer = kstest(p, "uniform")
    return {
        "leads": float(len(p)),
        "distance": float(answer.statistic),
        "p_value": float(answer.pvalue),
    }


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
