"""From records to a network: every shipment with its two companies, its goods and its rule."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from chipflow.companies import Judgements, resolve
from chipflow.companies.resolve import SAME_NAME
from chipflow.engine import fetch, in_memory, materialise
from chipflow.errors import ParameterError
from chipflow.goods.controls.status import timeline
from chipflow.goods.measures.currency import in_dollars
from chipflow.goods.measures.pieces import weighed_pieces
from chipflow.goods.text.classify import COLUMNS as GOODS_COLUMNS
from chipflow.goods.text.classify import classify
from chipflow.network.centrality import centrality
from chipflow.network.company import UNKNOWN_PREFIX as UNKNOWN_PREFIX
from chipflow.network.company import Company, company_id_of, company_of
from chipflow.network.paths import MOST_HOPS, MOST_PATHS, time_ordered_paths
from chipflow.network.selection import between_days, chips_called, may_carry
from chipflow.progress import silent
from chipflow.records.schema import COLUMNS, HOP_COUNTRIES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import ibis.expr.types as ir
    import networkx as nx

    from chipflow.goods.catalogue.load import Catalogue
    from chipflow.network.selection import Day
    from chipflow.progress import Progress
    from chipflow.records import Records

SHIPMENT_COLUMNS = (
    "shipper_id",
    "consignee_id",
    "from_country",
    "to_country",
    *GOODS_COLUMNS,
    "control_status",
    "control_rule",
)


@dataclass(frozen=True)
class Network:
    """A directed, time-stamped multigraph of companies and the shipments between them.

    Attributes
    ----------
    shipments
        One row a shipment: the canonical columns of a record, and ``shipper_id, consignee_id``;
        ``from_country, to_country`` (ISO 3166 alpha-2 of the hop); ``goods`` (kind), ``chip``,
        ``chip_probability``, ``chips_per_item``, ``items`` (counted pieces), ``units`` (chips),
        ``declared``, ``vague``, ``mentions_return``; ``control_status, control_rule`` for the
        shipment's own day and destination.
    spellings
        One row a spelling of a company: ``name, country, company_id, reason``.
    records
        What the shipments were read from.
    shared_attributes
        What companies share without being one: ``company_id, other_id, kind`` (address, phone,
        agent or name), ``value, companies`` (how many share it).
    unknown_names
        Names of the user's lists of same and different companies that no record holds.
    catalogue
        Tables of chips and rules by which goods were read; the shipped ones where it is None.
    leads
        What was found in it, where it is :attr:`chipflow.Leads.network`; drawings mark them.
    """

    shipments: pd.DataFrame
    directory: pd.DataFrame = field(repr=False)
    spellings: pd.DataFrame = field(repr=False)
    records: Records = field(repr=False)
    shared_attributes: pd.DataFrame | None = field(default=None, repr=False)
    unknown_names: tuple[str, ...] = ()
    catalogue: Catalogue | None = field(default=None, repr=False)
    leads: Any = field(default=None, repr=False, compare=False)

    @classmethod
    def from_shipments(
        cls,
        shipments: pd.DataFrame,
        *,
        directory: pd.DataFrame | None = None,
        catalogue: Catalogue | None = None,
    ) -> Network:
        """Make a network of shipments that are at hand, without reading records.

        Parameters
        ----------
        shipments
            The columns of :attr:`shipments`.
        directory
            ``company_id, name, aliases, country, addresses``; without it companies are called as
            their first records spell them.
        catalogue
            As in :func:`build_network`.
        """
        from chipflow.records import Records

        canonical = [name for name in COLUMNS if name in shipments]
        if directory is None:
            directory = _directory_of(shipments)
        spellings = directory[["name", "country", "company_id"]].assign(reason=SAME_NAME)
        return cls(
            shipments=shipments,
            directory=directory,
            spellings=spellings,
            records=Records.from_frame(shipments[canonical]),
            catalogue=catalogue,
        )

    @cached_property
    def companies(self) -> pd.DataFrame:
        """One row a company, with what it moved and its place in the graph.

        Returns
        -------
        pandas.DataFrame
            ``company_id, name, aliases, country, addresses, role, units_in, units_out`` (chips),
            the columns of :func:`chipflow.network.centrality`, ``throughput`` (chips; filled by
            :func:`chipflow.find_leads`), ``anomaly, anomaly_reasons`` (filled by
            :func:`chipflow.leads.anomalies`), ``listed`` (filled by screening),
            ``first_date, last_date``.
        """
        return _company_table(self.shipments, self.directory)

    def company(self, name: str, country: str | None = None) -> Company:
        """Return a company with its shipments, partners and other spellings.

        Parameters
        ----------
        name
            A company id, or a name: any spelling in the records; without regard to letter case,
            punctuation and legal form where none is spelled so; else a part that stands in the
            names of one company only.
        country
            ISO 3166 alpha-2, to tell companies of one name apart.

        Raises
        ------
        ParameterError
            No company is called so, with near names; or several are, with their ids.
        """
        return company_of(self, name, country)

    def paths(
        self,
        start: str,
        end: str,
        *,
        max_hops: int = MOST_HOPS,
        chip: str | Iterable[str] | None = None,
        since: Day | None = None,
        until: Day | None = None,
        most: int = MOST_PATHS,
    ) -> pd.DataFrame:
        """Find all ways from one company to another along which time never runs backwards.

        Parameters
        ----------
        start, end
            Names or ids, as :meth:`company` takes them.
        max_hops
            Most shipments in a row.
        chip
            Chip or family, or several: shipments that name it, or whose text is so vague that
            it may be inside. All shipments without it.
        since, until
            First and last day (``YYYY-MM-DD``) of the shipments.
        most
            Most ways that are listed; a warning says if there are more.

        Returns
        -------
        pandas.DataFrame
            One row a way; see :func:`chipflow.network.paths.time_ordered_paths`.

        Raises
        ------
        ParameterError
            A company, chip, day or number has no meaning.
        """
        ends = [company_id_of(self.directory, name) for name in (start, end)]
        kept = between_days(self.shipments, since, until)
        if chip is not None:
            known = set(kept["chip"].dropna())
            kept = kept[may_carry(kept, chips_called(chip, known, self.catalogue))]
        named = self.directory.dropna(subset="name")
        names = dict(zip(named["company_id"], named["name"], strict=True))
        return time_ordered_paths(kept, ends[0], ends[1], names=names, max_hops=max_hops, most=most)

    def subgraph(self, companies: str | Iterable[str], *, around: int = 0) -> Network:
        """Return the network of some companies: the shipments between them.

        Parameters
        ----------
        companies
            Names or ids, as :meth:`company` takes them.
        around
            How many hops further their partners are taken in too; 1 gives a company with all
            that it deals with.

        Raises
        ------
        ParameterError
            A company has no meaning, or ``around`` is below 0.
        """
        if around < 0:
            raise ParameterError(f"around: {around}; give 0 or more hops")
        asked = [companies] if isinstance(companies, str) else companies
        kept = {company_id_of(self.directory, name) for name in asked}
        table = self.shipments
        for _ in range(around):
            beside = table[table["shipper_id"].isin(kept) | table["consignee_id"].isin(kept)]
            kept |= {*beside["shipper_id"], *beside["consignee_id"]}
        inside = table["shipper_id"].isin(kept) & table["consignee_id"].isin(kept)
        return self.having(table[inside], kept)

    def between(self, since: Day | None = None, until: Day | None = None) -> Network:
        """Return the network of some days.

        Parameters
        ----------
        since, until
            First and last day, both included (``YYYY-MM-DD`` or a date); open without one.

        Raises
        ------
        ParameterError
            A text is no day, or the last day is before the first.
        """
        return self.having(between_days(self.shipments, since, until))

    def countries(self) -> pd.DataFrame:
        """Return what each country sent and received.

        Returns
        -------
        pandas.DataFrame
            ``country`` (ISO 3166 alpha-2), ``companies`` (number of those that stand there),
            ``sent, received`` (shipments across its border), ``inside`` (shipments that stay in
            it), ``units_out, units_in`` (chips across its border, as far as counted),
            ``value_out, value_in`` (USD); the one with most shipments first.
        """
        return _country_table(self.shipments, self.directory)

    def view(self, *, seed: int = 0) -> Any:
        """Draw companies, countries and the goods between them as a page.

        Parameters
        ----------
        seed
            Of the layout; the same seed gives the same picture.

        Returns
        -------
        chipflow.views.Page
            Shows itself in a notebook; ``.save("network.html")`` writes it. Leads are marked if
            this is :attr:`chipflow.Leads.network`.
        """
        from chipflow._shows import view

        return view("network_view", self if self.leads is None else self.leads, seed=seed)

    def __call__(self, *, seed: int = 0) -> Any:
        """:meth:`view`: what ``leads.network()`` did when it was a method that draws."""
        return self.view(seed=seed)

    def to_networkx(self) -> nx.MultiDiGraph:
        """Return the network as a networkx graph; see :func:`chipflow.network.to_networkx`."""
        from chipflow.network.export import to_networkx

        return to_networkx(self)

    def having(self, shipments: pd.DataFrame, companies: Iterable[str] = ()) -> Network:
        """Return the network of some of its shipments.

        Parameters
        ----------
        shipments
            Rows of :attr:`shipments`.
        companies
            Ids of companies that are kept though they have none of these shipments.
        """
        kept = {*shipments["shipper_id"], *shipments["consignee_id"], *companies}

        def own(table: pd.DataFrame) -> pd.DataFrame:
            return table[table["company_id"].isin(kept)].reset_index(drop=True)

        whole = {one.name: getattr(self, one.name) for one in fields(Network)}
        shared = self.shared_attributes
        if shared is not None:
            shared = own(shared[shared["other_id"].isin(kept)])
        parts = {
            "shipments": shipments.reset_index(drop=True),
            "directory": own(self.directory),
            "spellings": own(self.spellings),
            "shared_attributes": shared,
            "leads": None,
        }
        return Network(**{**whole, **parts})

    def __len__(self) -> int:
        """Return the number of shipments."""
        return len(self.shipments)

    def __repr__(self) -> str:
        return f"<Network: {len(self.shipments):,} shipments, {len(self.directory):,} companies>"

    def _repr_html_(self) -> str:
        from chipflow._shows import network_summary

        return network_summary(self)


def build_network(
    records: Records,
    *,
    same: str | Path | None = None,
    different: str | Path | None = None,
    catalogue: Catalogue | None = None,
    progress: Progress = silent,
) -> Network:
    """Join records, goods, companies and rules into a network.

    Parameters
    ----------
    records
        What :func:`chipflow.read_records` returned.
    same, different
        CSV files of names that are known to be one company, or not to be: two or more names in
        a row.
    catalogue
        Tables of chips and rules to use instead of the shipped ones, as
        :func:`chipflow.goods.load_catalogue` makes them.
    progress
        Who is told how the work goes on.

    Returns
    -------
    Network
        The same for any order of records.

    Raises
    ------
    InputError
        A file of names cannot be read, or both speak of one pair.
    """
    judgements = Judgements.read(same, different)
    with progress.stage("reading goods from the descriptions"):
        goods = materialise(classify(records.expr, catalogue))
    with progress.stage("joining the spellings of companies"):
        sides = _sides(goods)
        companies = resolve(_mentions(sides), judgements)
        joined = _with_companies(sides, companies.spellings)
    with progress.stage("asking the rules of each day and destination"):
        shipments = fetch(in_dollars(_with_controls(joined, catalogue)))
    # In one order before any sum is taken, so that the same records give the same bytes.
    shipments = shipments.sort_values("record_id", ignore_index=True)
    with progress.stage("weighing value and weight of goods"):
        shipments = shipments.assign(**weighed_pieces(shipments, catalogue))
    shipments = _in_order(shipments, list(records.expr.columns))
    return Network(
        shipments=shipments,
        directory=_with_placeholders(companies.table, shipments),
        spellings=companies.spellings,
        records=records,
        shared_attributes=companies.links,
        unknown_names=companies.unknown,
        catalogue=catalogue,
    )


def _sides(goods: ir.Table) -> ir.Table:
    import ibis

    return goods.mutate(
        **{
            side: ibis.coalesce(*(goods[name] for name in names))
            for side, names in HOP_COUNTRIES.items()
        }
    )


def _mentions(sides: ir.Table) -> pd.DataFrame:
    import ibis

    both = [
        sides.filter(sides[side].notnull()).select(
            name=sides[side],
            country=sides[f"{side}_country"],
            likely_country=sides[place],
            address=sides[f"{side}_address"],
        )
        for side, place in (("shipper", "from_country"), ("consignee", "to_country"))
    ]
    counted = ibis.union(*both).group_by(["name", "country", "likely_country", "address"])
    return fetch(counted.aggregate(records=lambda t: t.count()))


def _with_companies(sides: ir.Table, spellings: pd.DataFrame) -> ir.Table:
    import ibis

    # An empty text stands for "no country stated": a join on a missing value finds nothing.
    known = in_memory(
        pd.DataFrame(
            {
                "spelled_name": spellings["name"].astype("str"),
                "spelled_country": spellings["country"].fillna("").astype("str"),
                "company_id": spellings["company_id"].astype("str"),
            }
        )
    )
    for side, place in (("shipper", "from_country"), ("consignee", "to_country")):
        found = known.rename({f"{side}_id": "company_id"})
        country = sides[f"{side}_country"].coalesce("")
        sides = sides.left_join(
            found,
            [sides[side] == found.spelled_name, country == found.spelled_country],
        ).drop("spelled_name", "spelled_country")
        placeholder = ibis.literal(UNKNOWN_PREFIX) + sides[place].coalesce("?")
        sides = sides.mutate(**{f"{side}_id": sides[f"{side}_id"].coalesce(placeholder)})
    return sides


def _with_controls(shipments: ir.Table, catalogue: Catalogue | None) -> ir.Table:
    pairs = fetch(
        shipments.filter(shipments.chip.notnull() & shipments.to_country.notnull())
        .select("chip", "to_country")
        .distinct()
    )
    rules = timeline(
        sorted(pairs["chip"].unique()), sorted(pairs["to_country"].unique()), catalogue=catalogue
    )
    rules = in_memory(
        pd.DataFrame(
            {
                "rule_chip": rules["chip"].astype("str"),
                "rule_destination": rules["destination"].astype("str"),
                "first_day": rules["first_day"].astype("datetime64[s]"),
                "last_day": rules["last_day"].astype("datetime64[s]"),
                "control_status": rules["status"].astype("str"),
                "control_rule": rules["rule"].astype("str"),
            }
        )
    )
    day = shipments.date.cast("date")
    return shipments.left_join(
        rules,
        [
            shipments.chip == rules.rule_chip,
            shipments.to_country == rules.rule_destination,
            rules.first_day.cast("date") <= day,
            day <= rules.last_day.cast("date"),
        ],
    ).drop("rule_chip", "rule_destination", "first_day", "last_day")


def _in_order(shipments: pd.DataFrame, canonical: list[str]) -> pd.DataFrame:
    table = shipments[[*canonical, *SHIPMENT_COLUMNS]]
    return table.astype({"date": "datetime64[s]"})


def _with_placeholders(companies: pd.DataFrame, shipments: pd.DataFrame) -> pd.DataFrame:
    ids = pd.concat([shipments["shipper_id"], shipments["consignee_id"]]).unique()
    unknown = sorted(str(one) for one in ids if str(one).startswith(UNKNOWN_PREFIX))
    country = pd.Series([one.removeprefix(UNKNOWN_PREFIX) for one in unknown], dtype="str")
    placeholders = pd.DataFrame(
        {
            "company_id": unknown,
            "name": "(not named, " + country.replace("?", "no country") + ")",
            "aliases": pd.NA,
            "country": country.mask(country == "?"),
            "addresses": pd.NA,
        }
    )
    return pd.concat(
        [companies.astype("str"), placeholders.astype("str")], ignore_index=True
    ).sort_values("company_id", ignore_index=True)


def _directory_of(shipments: pd.DataFrame) -> pd.DataFrame:
    sides = [
        shipments[[f"{side}_id", side, f"{side}_country"]].set_axis(
            ["company_id", "name", "country"], axis=1
        )
        for side in ("shipper", "consignee")
    ]
    first = pd.concat(sides).drop_duplicates("company_id").sort_values("company_id")
    return first.assign(aliases=None, addresses=None).reset_index(drop=True)


def _country_table(shipments: pd.DataFrame, directory: pd.DataFrame) -> pd.DataFrame:
    crosses = shipments[shipments["from_country"] != shipments["to_country"]]
    stays = shipments[shipments["from_country"] == shipments["to_country"]]
    out, into = crosses.groupby("from_country"), crosses.groupby("to_country")
    named = directory[~directory["company_id"].str.startswith(UNKNOWN_PREFIX)]
    columns = {
        "companies": named.groupby("country").size(),
        "sent": out.size(),
        "received": into.size(),
        "inside": stays.groupby("from_country").size(),
        "units_out": out["units"].sum(min_count=1),
        "units_in": into["units"].sum(min_count=1),
        "value_out": out["value_usd"].sum(min_count=1),
        "value_in": into["value_usd"].sum(min_count=1),
    }
    counts = ["companies", "sent", "received", "inside"]
    table = pd.DataFrame(columns).rename_axis("country").reset_index()
    table[counts] = table[counts].fillna(0).astype("int64")
    busiest = table[["sent", "received", "inside"]].sum(axis=1)
    return (
        table.assign(busiest=busiest)
        .sort_values(["busiest", "country"], ascending=[False, True], ignore_index=True)
        .drop(columns="busiest")
    )


def _company_table(shipments: pd.DataFrame, directory: pd.DataFrame) -> pd.DataFrame:
    table = directory.set_index("company_id")
    out, into = shipments.groupby("shipper_id"), shipments.groupby("consignee_id")
    sends, receives = out.size().reindex(table.index), into.size().reindex(table.index)
    table["role"] = "trader"
    table.loc[receives.isna(), "role"] = "shipper"
    table.loc[sends.isna(), "role"] = "consignee"
    table.loc[table.index.str.startswith(UNKNOWN_PREFIX), "role"] = "not named"
    table["units_in"] = into["units"].sum(min_count=1).reindex(table.index)
    table["units_out"] = out["units"].sum(min_count=1).reindex(table.index)
    table = table.join(centrality(shipments))
    for empty in ("throughput", "anomaly", "anomaly_reasons", "listed"):
        kind = "str" if empty == "anomaly_reasons" else "Float64"
        table[empty] = pd.Series(pd.NA, index=table.index, dtype=kind)
    firsts = pd.concat([out["date"].min(), into["date"].min()]).groupby(level=0).min()
    lasts = pd.concat([out["date"].max(), into["date"].max()]).groupby(level=0).max()
    table["first_date"], table["last_date"] = firsts, lasts
    return table.rename_axis("company_id").reset_index()
