"""Sales for which licences were being granted that day: a list of their own, and no leads."""

from __future__ import annotations

import pytest

import chipflow as cf
from chipflow.run import analyze
from chipflow.saved import read_leads
from chipflow.schemas import LICENSED
from tests.conftest import BYSTANDERS

REASON = "licences were being granted that day"


def route(chip, days, mark, third="Kallang Compute Pte Ltd", country="SG"):
    """Goods from the US to China, by a company in another country."""
    goods = ("847330", f"NVIDIA {chip} GPU MODULE", 32, "PCS", 96.0, 32 * 12_000.0)
    return [
        (f"{mark}1", days[0], "Northfield Semiconductor Inc", "US", third, country, *goods),
        (f"{mark}2", days[1], third, country, f"Suzhou {mark} Harvest Co Ltd", "CN", *goods),
    ]


def sale(number, day, chip, seller=("Lakeside Chips Inc", "US")):
    goods = ("847330", f"NVIDIA {chip} GPU MODULE", 8, "PCS", 24.0, 96_000.0)
    return (number, day, *seller, "Hebei Compute", "CN", *goods)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    from tests.conftest import table

    rows = [
        *route("H20", ("2025-09-01", "2025-09-20"), "G"),
        *route("H20", ("2025-05-01", "2025-05-20"), "B", "Jurong Sunrise Pte Ltd"),
        *route("H200", ("2026-02-01", "2026-02-20"), "R", "Penang Data Sdn Bhd", "MY"),
        sale("D1", "2025-10-01", "H20"),
        sale("D2", "2025-06-01", "H20"),
        sale("D3", "2026-03-01", "H200", ("Redwood Boards Inc", "US")),
        sale("D4", "2026-03-01", "H200", ("Tampines Systems Pte Ltd", "SG")),
        *BYSTANDERS,
    ]
    folder = tmp_path_factory.mktemp("licensed")
    table(rows).to_csv(folder / "records.csv", index=False)
    return analyze([folder / "records.csv"], out=folder / "out")


def test_what_may_have_been_licensed_is_listed_and_is_no_lead(done):
    leads = done.leads
    listed = leads.licensed.set_index("record_ids")
    assert set(listed.index) == {"G1;G2", "D1", "D3"}
    assert listed["how"].to_dict() == {"G1;G2": "route", "D1": "direct", "D3": "direct"}
    assert set(listed["reason"]) == {REASON}
    assert listed.loc["G1;G2", "units"] == 32
    # Before the day, and from elsewhere than the United States, nothing was being granted.
    assert leads.table["record_ids"].tolist() == ["R1;R2"]
    reasons = leads.set_aside.set_index("record_ids")["reason"].to_dict()
    assert reasons == {"G1;G2": REASON, "B1;B2": "by a letter to the maker only"}
    assert set(leads.direct["record_ids"]) == {"D2", "D4"}
    assert done.summary["counts"]["licences_granted"] == 4


def test_the_list_comes_back_from_its_folder(done):
    assert list(done.leads.licensed.columns) == LICENSED.names
    again = read_leads(done.folder).licensed
    assert again["record_ids"].tolist() == done.leads.licensed["record_ids"].tolist()


@pytest.mark.parametrize(
    ("origin", "granted"), [("US", True), ("SG", False), (None, True)], ids=["US", "SG", "unknown"]
)
def test_it_depends_on_where_it_was_sent_from(origin, granted):
    from chipflow.goods.controls.status import licences_granted

    asked = cf.goods.timeline(["H200 SXM"], ["CN"])
    asked = asked[asked["first_day"] <= "2026-02-01"].tail(1)
    asked = asked.assign(day=asked["first_day"].max(), origin=origin)
    assert licences_granted(asked).tolist() == [granted]
