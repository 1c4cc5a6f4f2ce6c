"""Tables conform at the borders of stages, for no row, one row and rows in any order."""

from __future__ import annotations

import pandas as pd
import pytest

import chipflow as cf
from chipflow.errors import ChipflowError
from chipflow.schemas import (
    ANOMALIES,
    COMPANIES,
    CONTINUATIONS,
    DEAD_ENDS,
    DIRECT_EXPORTS,
    EVIDENCE,
    EXCLUDED,
    LEAD_LINKS,
    LEAD_STEPS,
    LEADS,
    LICENSED,
    TABLES,
    Table,
)
from chipflow.tracing import trace
from tests.conftest import BYSTANDERS, ROOT, ROUTE


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    from tests.conftest import table

    path = tmp_path_factory.mktemp("schemas") / "records.csv"
    table([*ROUTE, *BYSTANDERS]).to_csv(path, index=False)
    return cf.build_network(cf.read_records(path))


def written(leads) -> dict[Table, pd.DataFrame]:
    return {
        LEADS: leads.table,
        LEAD_STEPS: leads.steps,
        LEAD_LINKS: leads.links,
        EVIDENCE: leads.evidence,
        EXCLUDED: leads.set_aside,
        LICENSED: leads.licensed,
        DEAD_ENDS: leads.dead_ends,
        DIRECT_EXPORTS: leads.direct,
        ANOMALIES: leads.anomalies.shipments,
        COMPANIES: leads.companies,
    }


@pytest.mark.parametrize("rows", ["none", "one", "shuffled"])
def test_every_table_of_leads_conforms(network, rows):
    shipments = {
        "none": network.shipments.head(0),
        "one": network.shipments.head(1),
        "shuffled": network.shipments.sample(frac=1, random_state=1),
    }[rows]
    leads = cf.find_leads(cf.Network.from_shipments(shipments, directory=network.directory))
    assert len(leads) == (rows == "shuffled")
    for table, frame in written(leads).items():
        kept = table.conform(frame)
        assert list(kept.columns) == table.names
        assert not kept.duplicated(list(table.key)).any(), table.name
    tracing = trace(shipments, ("CN", "HK", "MO"))
    pd.testing.assert_frame_equal(
        CONTINUATIONS.conform(tracing.continuations), tracing.continuations
    )


def test_what_does_not_conform_is_named():
    with pytest.raises(ChipflowError, match="rank"):
        LEADS.conform(LEADS.empty().drop(columns="rank"))
    bad = DEAD_ENDS.empty().astype({"rank": "str"})
    bad.loc[0] = ["first", *[""] * 3, 1.0, "", 1.0, 1.0, *[""] * 5]
    with pytest.raises(ChipflowError, match="vanished"):
        DEAD_ENDS.conform(bad)


def test_pages_of_tables_and_settings_are_up_to_date():
    import runpy

    pages = runpy.run_path(str(ROOT / "scripts" / "tables_page.py"))
    for name in ("tables", "settings"):
        page = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
        assert page == pages[f"{name}_page"](), "run python scripts/tables_page.py"


def test_every_key_is_a_column_and_every_file_stands_once():
    for table in TABLES:
        assert set(table.key) <= set(table.names)
    files = [table.file for table in TABLES if table.file]
    assert len(files) == len(set(files))
