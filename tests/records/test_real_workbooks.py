"""The 94 sample workbooks of 26 countries, where they are at hand (never copied)."""

from __future__ import annotations

from pathlib import Path

import pytest

from chipflow.records import read_records

CUSTOMS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "customs"
pytestmark = pytest.mark.skipif(
    not CUSTOMS.is_dir(), reason="the sample workbooks (../shared/data/customs) are not here"
)
# Words that stand in no header of these fields, whatever the country.
NEVER = {
    "shipper": ("FORWARDER", "AGENT", "BROKER", "DECLARANT", "BUYER", "IMPORTER", "CODE", "%"),
    "consignee": ("FORWARDER", "AGENT", "BROKER", "DECLARANT", "SUPPLIER", "EXPORTER", "NOTIFY"),
    "value_usd": ("UNIT", "TAX", "FREIGHT", "INSURANCE", "PERCENT", "%", "RATE", "AVG"),
    "value": ("UNIT", "TAX", "FREIGHT", "INSURANCE", "PERCENT", "%", "RATE", "AVG", "USD"),
    "weight_kg": ("%", "PERCENT", "PER_"),
    "quantity": ("%", "PERCENT", "UNIT", "SKU"),
    "hs_code": ("_2", "_4", "DESCRIPTION"),
    "origin_country": ("PORT", "PLACE", "DESTINATION"),
    "destination_country": ("PORT", "PLACE", "ORIGIN"),
    "record_id": ("TAG", "TIN", "PHONE", "ITEM"),
}


@pytest.fixture(scope="module")
def real():
    return read_records(CUSTOMS)


def test_every_row_is_accounted_for(real):
    assert len(real.sheets) == 94
    assert {sheet.kind for sheet in real.sheets} == {"records"}
    for sheet in real.sheets:
        assert sheet.rows == sheet.used + sheet.rejected + sheet.duplicate > 0, sheet.source
    assert len(real.table) == real.counts["used"]
    assert real.table["record_id"].is_unique
    assert real.table["date"].notna().all()


def test_no_field_is_read_from_a_column_of_another_kind(real):
    for sheet in real.sheets:
        for field, (header, _) in sheet.columns.items():
            wrong = [w for w in NEVER.get(field, ()) if w in header.upper()]
            assert not wrong, (sheet.source, field, header)


def test_direction_gives_the_reporting_side_its_country(real):
    known = [sheet for sheet in real.sheets if sheet.reporting_country]
    assert len(known) >= 93 and all(sheet.direction for sheet in real.sheets)
    imports = real.table[real.table["import_country"].notna()]
    assert imports["consignee_country"].notna().all()


def test_full_sheets_give_what_they_have(real):
    for sheet in real.sheets:
        assert "date" in sheet.columns and "hs_code" in sheet.columns
        assert {"shipper", "consignee"} & set(sheet.columns)
        assert {"value", "value_usd"} & set(sheet.columns)
    assert real.explain().count("header in row") == 94
