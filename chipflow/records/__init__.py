"""What do the files say? Any layout of trade records in, one canonical table out."""

from __future__ import annotations

from chipflow.records.read import read_records
from chipflow.records.records import Records
from chipflow.records.schema import COLUMNS, Sheet
from chipflow.records.vocabulary.layouts import Layout, layout_names, load_layout

__all__ = ["COLUMNS", "Layout", "Records", "Sheet", "layout_names", "load_layout", "read_records"]
