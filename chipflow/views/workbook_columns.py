"""Which columns the sheets of the workbook have.

For each: header, column of the table that it comes from, kind of its cells (a key of
``workbook.FORMATS``) and width in characters.
"""

from __future__ import annotations

LEADS = (
    ("Lead", "lead_id", "text", 13),
    ("Rank", "rank", "whole", 6),
    ("No coincidence", "in_steps", "text", 16),
    ("Route", "countries", "text", 30),
    ("Companies", "companies", "text", 60),
    ("Hops", "hops", "whole", 6),
    ("Chip", "chips", "text", 18),
    ("Chips", "units", "whole", 9),
    ("Chips, low", "units_low", "whole", 9),
    ("Chips, high", "units_high", "whole", 9),
    ("Value, USD", "value_usd", "money", 14),
    ("First day", "first_date", "day", 11),
    ("Last day", "last_date", "day", 11),
    ("Reasons", "reasons", "text", 60),
    ("Innocent explanations", "innocent_explanations", "text", 60),
    ("Records", "record_ids", "text", 30),
    ("Score", "score", "score", 9),
    ("p-value", "p_value", "probability", 9),
    ("q-value", "q_value", "probability", 9),
)
RECORDS = (
    ("Lead", "lead_id", "text", 13),
    ("Rank", "rank", "whole", 6),
    ("Hop", "hop", "whole", 5),
    ("Stage", "stage", "text", 8),
    ("Day", "date", "day", 11),
    ("Shipper", "shipper", "text", 32),
    ("From", "from_country", "text", 6),
    ("Consignee", "consignee", "text", 32),
    ("To", "to_country", "text", 6),
    ("Port of loading", "export_port", "text", 20),
    ("Port of unloading", "import_port", "text", 20),
    ("Goods as described", "description", "text", 40),
    ("HS code", "hs_code", "text", 11),
    ("Chip", "chip", "text", 16),
    ("Chips", "units", "amount", 9),
    ("Chips followed", "units_followed", "amount", 9),
    ("Weight, kg", "weight_kg", "weight", 11),
    ("Value, USD", "value_usd", "money", 14),
    ("Control that day", "control_status", "text", 16),
    ("Rule", "control_rule", "text", 24),
    ("Record", "record_id", "text", 18),
    ("Source", "source", "text", 32),
    ("Row", "source_row", "whole", 8),
    ("Also in", "other_sources", "text", 20),
)
EVIDENCE = (
    ("Lead", "lead_id", "text", 13),
    ("Rank", "rank", "whole", 6),
    ("Kind", "kind", "text", 10),
    ("Part", "part", "text", 24),
    ("Log-likelihood ratio", "log_lr", "score", 12),
    ("Sentence", "sentence", "text", 100),
    ("Records", "record_ids", "text", 30),
)
COMPANIES = (
    ("Company", "name", "text", 40),
    ("Country", "country", "text", 9),
    ("Role", "role", "text", 12),
    ("Chips in", "units_in", "whole", 10),
    ("Chips out", "units_out", "whole", 10),
    ("Passed on towards the destination", "throughput", "whole", 14),
    ("On a list", "listed", "text", 20),
    ("First day", "first_date", "day", 11),
    ("Last day", "last_date", "day", 11),
    ("Also written", "aliases", "text", 60),
    ("Id", "company_id", "text", 24),
)
SET_ASIDE = (
    ("Reason", "reason", "text", 24),
    ("Route", "countries", "text", 30),
    ("Companies", "companies", "text", 60),
    ("Chip", "chips", "text", 18),
    ("Chips", "units", "whole", 9),
    ("Why", "sentence", "text", 80),
    ("Records", "record_ids", "text", 30),
)
