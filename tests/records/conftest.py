from __future__ import annotations

import pytest

HEADER = (
    "record_id,date,shipper,shipper_country,consignee,consignee_country,hs_code,description,"
    "quantity,weight_kg,value_usd"
)


@pytest.fixture
def write(tmp_path):
    """Write a file of the given name and content; return its path."""

    def writer(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8", newline="")
        return path

    return writer


@pytest.fixture
def canonical(write):
    """Write rows below the canonical header."""

    def writer(*rows, name="records.csv"):
        return write(name, "\n".join([HEADER, *rows]) + "\n")

    return writer
