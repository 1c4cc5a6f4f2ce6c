"""Every table of results, once: columns with dtype, unit, whether they may be missing, and meaning.

Stages conform to it at their borders (:meth:`Table.conform`), CSV headers and the dtypes on reading
back come from it, and ``docs/tables.md`` is written from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chipflow.errors import ChipflowError

if TYPE_CHECKING:
    from typing import Any

    import pandas as pd

TEXT, WHOLE, NUMBER, DAY, TRUTH = "str", "int64", "float64", "datetime64[s]", "bool"
ANY = "any"  # as the records or the reading of goods gave it


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    name, dtype
        As in pandas; :data:`ANY` leaves the dtype as it is.
    unit
        Of its numbers; empty where it has none.
    nullable
        Whether values may be missing.
    meaning
        What it says.
    """

    name: str
    dtype: str
    unit: str
    nullable: bool
    meaning: str


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes
    ----------
    name, meaning
        What it is called, and what one row is.
    file
        File of a folder of results in which it is written; empty where it is not.
    key
        Columns that tell its rows apart.
    columns
        In their order.
    """

    name: str
    meaning: str
    file: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Names of the columns, in their order."""
        return [one.name for one in self.columns]

    @property
    def dtypes(self) -> dict[str, str]:
        """Dtype of each column that has one of its own."""
        return {one.name: one.dtype for one in self.columns if one.dtype != ANY}

    def empty(self) -> pd.DataFrame:
        """Return the table without a row."""
        import pandas as pd

        return pd.DataFrame(columns=self.names).astype(self.dtypes)

    def conform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the columns of this table in their order and dtypes.

        Parameters
        ----------
        frame
            May have other columns too.

        Raises
        ------
        ChipflowError
            A column is not there, cannot be of its dtype, or misses a value that it must have.
        """
        absent = [name for name in self.names if name not in frame]
        if absent:
            raise ChipflowError(f"table {self.name}: columns {', '.join(absent)} are not there")
        table = frame[self.names].reset_index(drop=True)
        try:
            table = table.astype(self.dtypes)
        except (TypeError, ValueError) as error:
            raise ChipflowError(f"table {self.name}: {error}") from error
        for one in self.columns:
            if not one.nullable and table[one.name].isna().any():
                raise ChipflowError(f"table {self.name}: values of {one.name} are missing")
        return table

    def read(self, texts: pd.DataFrame) -> pd.DataFrame:
        """Turn a table of texts, as a CSV file holds it, into one of these dtypes.

        Parameters
        ----------
        texts
            Columns of text; such as this table does not know stay text.
        """
        import pandas as pd

        def typed(column: pd.Series, dtype: str) -> pd.Series:
            if dtype == DAY:
                return pd.to_datetime(column)
            return column if dtype in (TEXT, ANY) else pd.to_numeric(column)

        known = {name: dtype for name, dtype in self.dtypes.items() if name in texts}
        read: dict[str, Any] = {name: typed(texts[name], dtype) for name, dtype in known.items()}
        return texts.assign(**read)


def _table(name: str, meaning: str, file: str, key: str, columns: str) -> Table:
    """Declare a table: a line a column, ``name | dtype | unit | meaning``; ``?`` may be missing."""
    rows = [[cell.strip() for cell in line.split("|")] for line in columns.strip().splitlines()]
    return Table(
        name,
        meaning,
        file,
        tuple(key.split()),
        tuple(
            Column(called, dtype.rstrip("?"), unit, dtype.endswith("?"), said)
            for called, dtype, unit, said in rows
        ),
    )


LEADS = _table(
    "leads",
    "One lead, the strongest first.",
    "leads.csv",
    "lead_id",
    """
    rank | int64 | | 1 is the strongest
    lead_id | str | | Of its middle companies and chips; stays when records are added
    no_coincidence | float64? | probability | Of leads like it, the share that is no coincidence
    score | float64 | log-likelihood ratio | Sum over the evidence; for ranking only
    p_value | float64? | probability | How often chance does as much; missing if not known
    q_value | float64? | probability | Share of the list down to this lead that chance makes
    origin | str | ISO 3166 alpha-2 | Where the goods were bought
    destination | str | ISO 3166 alpha-2 | Where they arrived
    countries | str | ISO 3166 alpha-2 | In the order in which goods met them, joined by " > "
    companies | str | | In the order in which goods met them, joined by " > "
    hops | int64 | shipments | In a row
    chips | str | | Catalogue names, joined by a bar
    units | float64? | chips | That reached the destination
    units_low | float64? | chips | Lower bound
    units_high | float64? | chips | Upper bound, with what the records leave out
    value_usd | float64? | USD | Of the purchases
    first_date | str | ISO date | Of its shipments
    last_date | str | ISO date | Of its shipments
    record_ids | str | | Every record that supports it, joined by ";"
    reasons | str | | Sentences, joined by a bar
    innocent_explanations | str | | Sentences, joined by a bar
""",
)
LEAD_STEPS = _table(
    "lead_steps",
    "One shipment of a lead.",
    "lead_steps.parquet",
    "lead_id record_id",
    """
    lead_id | str | | Lead
    record_id | str | | Record
    hop | int64 | shipments | Place in the row, 1 is the purchase
    stage | str | | source, middle or final
    chip | str | | Chip that is traced
    units | float64? | chips | That it carries on to the destination
    status | str | | Of the rule of that day, for final shipments
    rule | str | | For final shipments
""",
)
LEAD_LINKS = _table(
    "lead_links",
    "One continuation of a lead.",
    "lead_links.parquet",
    "lead_id from_record to_record",
    """
    lead_id | str | | Lead
    from_record | str | | Earlier shipment
    to_record | str | | Later shipment
    units | float64? | chips | That pass along it
    log_lr | float64 | log odds | That the one continues as the other
    kind | str | | recorded, linked companies or domestic hand-over
    sentence | str | | How the two shipments compare
    chip | str | | Chip that is traced
    days | float64 | days | Between the two
    words | float64 | log-likelihood ratio | Of the words
    weight | float64 | log-likelihood ratio | Of the weight
    value | float64 | log-likelihood ratio | Of the value
    number | float64 | log-likelihood ratio | Of the number
    waiting | float64 | log-likelihood ratio | Of the wait
    prior | float64 | log odds | What is left of log_lr
""",
)
EVIDENCE = _table(
    "evidence",
    "One answer of one part of the evidence.",
    "evidence.parquet",
    "lead_id part",
    """
    lead_id | str | | Lead
    part | str | | Name of the part
    kind | str | | reason or innocent
    log_lr | float64 | log-likelihood ratio | What it adds to the score
    sentence | str | | What is said
    record_ids | str | | What it rests on, joined by ";"
""",
)
EXCLUDED = _table(
    "set_aside",
    "One route that was looked at and is no lead.",
    "set_aside.csv",
    "record_ids",
    """
    reason | str | | Why it is none
    sentence | str | | The same in a sentence
    chips | str | | Catalogue names
    countries | str | ISO 3166 alpha-2 | In the order in which goods met them
    companies | str | | In the order in which goods met them
    units | float64? | chips | That reached the destination
    p_value | float64? | probability | Missing where nothing was weighed
    record_ids | str | | Joined by ";"
""",
)
LICENSED = _table(
    "licensed",
    "One route or pair of companies with sales for which licences were being granted.",
    "licensed.csv",
    "record_ids",
    """
    how | str | | route, or direct (straight to the destination)
    reason | str | | Why it is no lead
    sentence | str | | The same in a sentence
    chips | str | | Catalogue names
    countries | str | ISO 3166 alpha-2 | In the order in which goods met them
    companies | str | | In the order in which goods met them
    units | float64? | chips | That reached the destination
    records | int64 | shipments | Number
    record_ids | str | | Joined by ";"
""",
)
DEAD_ENDS = _table(
    "vanished",
    "One company at which goods stop in the open.",
    "vanished.csv",
    "company_id",
    """
    rank | int64 | | 1 is the strongest
    company_id | str | | Company
    company | str? | | Its name
    country | str? | ISO 3166 alpha-2 | Where the goods went
    score | float64 | log-likelihood ratio | For ranking only
    chips | str | | Catalogue names
    units | float64? | chips | That it bought
    value_usd | float64? | USD | Of these purchases
    first_date | str | ISO date | Of these purchases
    last_date | str | ISO date | Of these purchases
    record_ids | str | | Joined by ";"
    reasons | str | | Sentences
    innocent_explanations | str | | Sentences
""",
)
UNNAMED = _table(
    "unnamed",
    "One company that passed on lots which no record names, and which could be accelerators.",
    "unnamed.csv",
    "company_id",
    """
    rank | int64 | | 1 is the likeliest
    company_id | str | | Company that sent them to the destination
    company | str? | | Its name
    countries | str | ISO 3166 alpha-2 | In the order in which goods met them, joined by " > "
    score | float64 | log odds | That they are accelerators; weaker than a lead, for ranking only
    probability | float64 | probability | The same; it rests on estimates of how common this is
    by_chance | float64 | rows | Expected of this strength where strangers' lots are paired
    pieces | float64 | pieces | That reached the destination
    kg_piece | float64 | kg | Of one piece
    usd_piece | float64 | USD | Of one piece, as declared
    words | str | | Descriptions on the way, joined by a bar
    could_be | str | | Forms of accelerators that fit, the nearest price first
    fits_as_well | str? | | Words of others for goods that weigh and cost about as much
    first_date | str | ISO date | Of these shipments
    last_date | str | ISO date | Of these shipments
    record_ids | str | | Joined by ";"
    reasons | str | | Sentences
    innocent_explanations | str | | Sentences
""",
)
DIRECT_EXPORTS = _table(
    "direct",
    "One pair of companies with direct sales of controlled chips.",
    "direct.csv",
    "shipper_id from_country consignee_id to_country",
    """
    shipper_id | str | | Seller
    shipper | str? | | Its name
    from_country | str | ISO 3166 alpha-2 | Empty where not stated
    consignee_id | str | | Buyer
    consignee | str? | | Its name
    to_country | str | ISO 3166 alpha-2 | Destination
    chips | str | | Catalogue names
    units | float64? | chips | Missing where no record counts them
    value_usd | float64? | USD | Declared
    first_date | str | ISO date | Of these shipments
    last_date | str | ISO date | Of these shipments
    status | str | | presumed_denied if it was for any record, else licence
    records | int64 | shipments | Number
    quote_licence | int64 | shipments | Whose text quotes a licence
    record_ids | str | | Joined by ";"
""",
)
ANOMALIES = _table(
    "anomalies",
    "One shipment that stands out without a route.",
    "anomalies.csv",
    "record_id",
    """
    record_id | str | | Record
    score | float64 | -log10 of a probability | Combined by Fisher's method
    sentence | str | | What stands out
""",
)
COMPANY_ANOMALIES = _table(
    "company_anomalies",
    "One named company.",
    "",
    "company_id",
    """
    company_id | str | | Company
    score | float64? | -log10 of a probability | Missing where no flag could be computed
    flags | str | | Sentences of the strongest flags
""",
)
COMPANIES = _table(
    "companies",
    "One company of the network.",
    "companies.csv",
    "company_id",
    """
    company_id | str | | Company
    name | str? | | Its most frequent spelling
    aliases | str? | | Other spellings
    country | str? | ISO 3166 alpha-2 | Its country
    addresses | str? | | As stated
    role | str | | shipper, consignee, trader or not named; middle, buyer or seller of a lead
    units_in | float64? | chips | Received by name
    units_out | float64? | chips | Sent by name
    in_strength | float64? | shipments | Received
    out_strength | float64? | shipments | Sent
    betweenness | float64? | share | Of shortest paths that pass through it
    pagerank | float64? | share | Sums to 1
    hub | float64? | share | HITS, sums to 1
    authority | float64? | share | HITS, sums to 1
    throughput | float64? | chips | That it passed on to the destination
    anomaly | float64? | -log10 of a probability | What stands out without a route
    anomaly_reasons | str? | | Sentences
    listed | str? | | Possible matches on lists
    first_date | datetime64[s]? | | First shipment
    last_date | datetime64[s]? | | Last shipment
""",
)
CONTINUATIONS = _table(
    "continuations",
    "One pair of shipments of which the later may continue the earlier.",
    "",
    "from_record to_record",
    """
    from_record | str | | Earlier shipment
    to_record | str | | Later shipment
    e | int64 | position | Of the earlier
    f | int64 | position | Of the later
    units | float64? | chips | That pass along it
    log_odds | float64 | log odds | That the one continues as the other
    kind | str | | recorded, linked companies or domestic hand-over
    chip | str | | Chip that is traced
    words | float64 | log-likelihood ratio | Of the words
    weight | float64 | log-likelihood ratio | Of the weight
    value | float64 | log-likelihood ratio | Of the value
    number | float64 | log-likelihood ratio | Of the number
    waiting | float64 | log-likelihood ratio | Of the wait
    prior | float64 | log odds | What is left of log_odds
    days | float64 | days | Between the two
    taken_out | bool | | Whether chips bought built in would have been sold singly
    rebuilt | bool | | Whether the later pieces weigh like another form with as many chips
    transfer | int64 | | Row of the table of transfers
    transfer_log_odds | float64 | log odds | Of the whole transfer
    shipment_log_odds | float64 | log odds | The part of it that the later shipment brings
""",
)
ROUTE_STEPS = _table(
    "route_steps",
    "One shipment of a cluster of routes.",
    "",
    "cluster record_id",
    """
    cluster | int64 | | Number
    record_id | str | | Record
    hop | int64 | shipments | Place in the row, 1 is the purchase
    stage | str | | source, middle or final
    chip | str | | Chip that is traced
    units | float64? | chips | That it carries on to the destination
    status | str | | Of the rule of that day, for final shipments
    rule | str | | For final shipments
""",
)
BEST_PATHS = _table(
    "best_paths",
    "One chain of shipments, the likeliest first.",
    "",
    "rank",
    """
    rank | int64 | | 1 is the likeliest
    record_ids | str | | Joined by " > "
    hops | int64 | shipments | In a row
    log_odds | float64 | log odds | Of the whole chain
    units | float64? | chips | The least that passes along any of it
    inferred | int64 | continuations | That no record shows
""",
)
PATHS = _table(
    "paths",
    "One way from a company to another, those of fewer hops first, then those that leave earlier.",
    "",
    "company_ids",
    """
    rank | int64 | | 1 has the fewest hops, and of these leaves first
    companies | any | | List of names, in the order of the way
    company_ids | any | | List of their ids
    countries | any | ISO 3166 alpha-2 | List, in the order in which the way meets them
    hops | int64 | shipments | In a row
    first_date | datetime64[s] | | Of the first shipment
    last_date | datetime64[s] | | Of the last shipment
    shipments | any | shipments | List: how many of each hop are in time order with the others
    chips | any | | List of catalogue names
    units | float64? | chips | Of the hop that carries least; missing if one carries none known
    record_ids | any | | List of lists: the records of each hop
""",
)
DIFFERENCES = _table(
    "differences",
    "One lead that is in one of two results, or in both and not the same.",
    "",
    "lead_id old_lead_id",
    """
    change | str | | new, grown, changed or gone
    lead_id | str? | | In the newer results
    old_lead_id | str? | | In the older results
    rank | Int64? | | In the newer results
    old_rank | Int64? | | In the older results
    countries | str | ISO 3166 alpha-2 | As in leads.csv
    companies | str | | As in leads.csv
    chips | str | | As in leads.csv
    units | float64? | chips | In the newer results
    old_units | float64? | chips | In the older results
    records_added | int64 | records | In the newer lead, not in the older one
    records_lost | int64 | records | In the older lead, not in the newer one
    first_date | str | ISO date | Of its shipments
    last_date | str | ISO date | Of its shipments
    reasons | any | | List of sentences
""",
)

TABLES = (
    LEADS, LEAD_STEPS, LEAD_LINKS, EVIDENCE, EXCLUDED, LICENSED, DEAD_ENDS, UNNAMED,
    DIRECT_EXPORTS,
    COMPANIES, ANOMALIES, COMPANY_ANOMALIES, CONTINUATIONS, ROUTE_STEPS, BEST_PATHS,
    PATHS, DIFFERENCES,
)  # fmt: skip
