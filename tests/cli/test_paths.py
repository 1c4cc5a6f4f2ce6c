from __future__ import annotations

import io
import json

import pandas as pd
import pytest

import chipflow as cf
from tests.conftest import BYSTANDERS, ROUTE, table


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("paths")
    rows = table([*ROUTE, *BYSTANDERS])
    rows.loc[rows["shipper"].str.startswith("Harbour"), "shipper"] = "=Harbour Pte Ltd"
    rows.loc[rows["consignee"].str.startswith("Harbour"), "consignee"] = "=Harbour Pte Ltd"
    rows.to_csv(made / "records.csv", index=False)
    cf.analyze(made / "records.csv", made / "results")
    return made / "results"


def test_paths_by_name_in_time_order(folder, run):
    asked = ("paths", folder, "--from", "northfield semiconductor", "--to", "Pudong Harvest")
    status, said, _ = run(*asked)
    assert status == 0
    assert "US > SG > MY > CN; 2024-03-01 to 2024-04-05; shipments 1 + 1 + 1, at most 64" in said
    status, said, _ = run(*asked, "--chip", "H100", "--format", "json")
    (way,) = json.loads(said)["paths"]
    assert way["record_ids"] == [["R1"], ["R2"], ["R3"]] and way["first_date"] == "2024-03-01"
    status, said, _ = run(*asked, "--format", "csv", "--max-hops", 2)
    read = pd.read_csv(io.StringIO(said))
    assert len(read) == 1 and read["hops"].tolist() == [2] and "\n=" not in said
    status, said, error = run(*asked, "--most", 1)
    assert status == 0 and said.count("\n") == 2 and "more than 1 ways" in error


def test_no_path_and_no_such_company(folder, run):
    status, said, _ = run("paths", folder, "--from", "Pudong Harvest", "--to", "Northfield")
    assert status == 0 and said == "No way of up to 4 shipments in time order\n"
    status, _, error = run("paths", folder, "--from", "Nobody", "--to", "Northfield")
    assert status == 2 and "no company is called 'Nobody'" in error
