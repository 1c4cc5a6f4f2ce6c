"""The canonical record: which columns there are and what they hold."""

from __future__ import annotations

from dataclasses import dataclass, field

# Canonical column -> kind of value. The order is that of every table chipflow writes.
KINDS: dict[str, str] = {
    "record_id": "text",
    "date": "date",
    "date_precision": "text",
    "shipper": "text",
    "shipper_address": "text",
    "shipper_country": "country",
    "consignee": "text",
    "consignee_address": "text",
    "consignee_country": "country",
    "origin_country": "country",
    "export_country": "country",
    "import_country": "country",
    "destination_country": "country",
    "hs_code": "text",
    "description": "text",
    "quantity": "number",
    "quantity_unit": "text",
    "weight_kg": "number",
    "value_usd": "number",
    "value": "number",
    "currency": "text",
    "source": "text",
    "source_row": "row",
    "other_sources": "text",
    "export_port": "text",
    "import_port": "text",
}
COLUMNS: tuple[str, ...] = tuple(KINDS)
# Where a record stands in the input; never part of what makes two records the same.
PLACE_COLUMNS: tuple[str, ...] = ("source", "source_row", "other_sources")
# Places of loading and of unlading, as written; behind the others, so that these keep their order.
PORT_FIELDS: tuple[str, ...] = ("export_port", "import_port")
# Columns that say what was shipped: the content of a record.
CONTENT_COLUMNS: tuple[str, ...] = tuple(c for c in COLUMNS if c not in PLACE_COLUMNS)
PARTY_FIELDS: tuple[str, ...] = ("shipper", "consignee")
COUNTRY_FIELDS: tuple[str, ...] = tuple(c for c, kind in KINDS.items() if kind == "country")
NUMBER_FIELDS: tuple[str, ...] = tuple(c for c, kind in KINDS.items() if kind == "number")
TEXT_FIELDS: tuple[str, ...] = (
    "shipper",
    "shipper_address",
    "consignee",
    "consignee_address",
    "description",
)
# What a column of an input may be: the content, and three helpers that are used to read it.
FIELDS: tuple[str, ...] = (*CONTENT_COLUMNS, "direction", "weight_unit")
HELPER_FIELDS: tuple[str, ...] = ("direction", "weight_unit")

# The two countries of a hop. What is stated of the party comes first, then what the declaration
# says of the border, then the origin, which says least about the seller.
HOP_COUNTRIES: dict[str, tuple[str, ...]] = {
    "from_country": ("shipper_country", "export_country", "origin_country"),
    "to_country": ("consignee_country", "import_country", "destination_country"),
}

REJECTED_COLUMNS: tuple[str, ...] = ("source", "source_row", "column", "value", "reason")
DUPLICATE_COLUMNS: tuple[str, ...] = (
    "source",
    "source_row",
    "record_id",
    "kept_source",
    "kept_source_row",
    "reason",
)


def one_line(text: str, most: int = 40) -> str:
    """Return untrusted text for a terminal: one line, no control characters, not too long.

    Control characters can move the cursor, change colours or turn the order of letters round.
    """
    # A cell may hold a megabyte, of which the end is not even looked at.
    seen = text[: 4 * most]
    flat = " ".join("".join(c if c.isprintable() else " " for c in seen).split())
    return flat if len(flat) <= most and len(seen) == len(text) else flat[: most - 1] + "…"


@dataclass
class Sheet:
    """What was understood of one table: a text file, or one sheet of a workbook.

    Attributes
    ----------
    source
        The path as given; for a workbook ``PATH#SHEET``.
    kind
        ``records`` (trade with parties), ``aggregate`` (totals without parties) or ``other``.
    header_row
        The row of the column names as a spreadsheet program numbers it; None without one.
    rows
        Rows of data: neither blank nor a footer.
    columns
        Canonical field -> (header, confidence between 0 and 1).
    also
        Canonical field -> further headers, used in rows where the first is empty.
    by_direction
        Canonical field -> ``import`` and ``export`` -> the header it is read from in rows of that
        direction, where one column is now this side and now the other (the domestic party, the
        country of the other side).
    could_be
        Canonical field that no column is known to be -> headers of unused columns whose values
        look like it; ``samples`` has the values.
    unknown
        Headers that stay unused.
    warnings
        What a reader of the result should know, one sentence each.
    banner
        The text above the header row.
    direction
        ``import`` or ``export`` if all rows go one way, else None.
    reporting_country
        ISO 3166 alpha-2 of the country whose customs wrote the records, if stated.
    reason
        Why the sheet is not used; None if it is.
    used, rejected, duplicate
        How many of the rows went where; they add up to ``rows``.
    samples
        Header -> up to three values as they stand in the file.
    """

    source: str
    kind: str = "records"
    header_row: int | None = None
    rows: int = 0
    columns: dict[str, tuple[str, float]] = field(default_factory=dict)
    also: dict[str, list[str]] = field(default_factory=dict)
    by_direction: dict[str, dict[str, str]] = field(default_factory=dict)
    could_be: dict[str, list[str]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    banner: str = ""
    direction: str | None = None
    reporting_country: str | None = None
    reason: str | None = None
    used: int = 0
    rejected: int = 0
    duplicate: int = 0
    samples: dict[str, list[str]] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """Rows in, used, rejected and duplicate; the last three add up to the first."""
        return {
            "rows_in": self.rows,
            "used": self.used,
            "rejected": self.rejected,
            "duplicate": self.duplicate,
        }
