from __future__ import annotations

import pandas as pd
import pytest

from chipflow.errors import InputError
from chipflow.simulate import score, simulate


@pytest.fixture(scope="module")
def truth_dir(tmp_path_factory):
    out = tmp_path_factory.mktemp("world")
    simulate(records=3000, seed=11, out=out)
    return out / "truth"


@pytest.fixture(scope="module")
def truth(truth_dir):
    return pd.read_csv(truth_dir / "records.csv")


def leads_of(groups: list[list[str]], path) -> object:
    table = pd.DataFrame(
        {
            "rank": range(1, len(groups) + 1),
            "lead_id": [f"L{at}" for at in range(len(groups))],
            "record_ids": [";".join(group) for group in groups],
        }
    )
    table.to_csv(path, index=False)
    return path


def schemes_of(truth, *, innocent: bool) -> list[list[str]]:
    rows = truth[truth["innocent"] == innocent]
    return [group["record_id"].tolist() for _, group in rows.groupby("scheme_id")]


def test_perfect_leads_score_one(truth_dir, truth, tmp_path):
    groups = schemes_of(truth, innocent=False) + schemes_of(truth, innocent=True)
    result = score(truth_dir, leads_of(groups, tmp_path / "leads.csv"))
    assert result.n == len(schemes_of(truth, innocent=False))
    assert (result.precision, result.recall, result.records_found) == (1.0, 1.0, 1.0)
    assert (result.lookalikes, result.repeated) == (0, 0)
    assert (result.by_kind["recall"] == 1).all()
    assert "recall@n                        1.000" in str(result)
    assert "one_shell" in result._repr_html_()


def test_no_leads_score_zero(truth_dir, tmp_path):
    result = score(truth_dir, leads_of([], tmp_path / "leads.csv"))
    assert (result.precision, result.recall, result.records_found) == (0.0, 0.0, 0.0)
    assert result.n > 0


def test_lookalikes_before_schemes_are_counted(truth_dir, truth, tmp_path):
    innocent, guilty = schemes_of(truth, innocent=True), schemes_of(truth, innocent=False)
    result = score(truth_dir, leads_of(innocent + guilty, tmp_path / "leads.csv"))
    found = result.n - len(innocent)
    assert result.lookalikes == len(innocent)
    assert result.recall == pytest.approx(found / result.n)
    assert result.precision == pytest.approx(found / result.n)
    assert result.by_lookalike["in_top"].sum() == len(innocent)


def test_a_second_lead_on_one_scheme_is_false(truth_dir, truth, tmp_path):
    guilty = schemes_of(truth, innocent=False)
    result = score(truth_dir, leads_of([guilty[0], guilty[0]], tmp_path / "leads.csv"))
    assert result.leads["verdict"].tolist() == ["right", "repeated"]
    assert result.precision == 0.5
    assert result.recall == pytest.approx(1 / result.n)


def test_a_lead_must_hold_the_route_and_little_else(truth_dir, truth, tmp_path):
    rows = truth[truth["kind"] == "one_shell"]
    into = rows[rows["role"] == "source"]["record_id"].tolist()
    out = rows[rows["role"] == "final"]["record_id"].tolist()
    n = len(into + out)
    bystanders = [f"BL9{at:07d}" for at in range(n)]
    groups = [
        into,  # only the way in
        out,  # only the last leg
        into + out + bystanders,  # just half of it belongs to the scheme
        [*into, *out, *bystanders, "BL99999999"],  # less than half
    ]
    result = score(truth_dir, leads_of(groups, tmp_path / "leads.csv"))
    assert result.leads["verdict"].tolist() == ["false", "false", "right", "false"]


def test_less_than_thirty_per_cent_of_a_scheme_does_not_count(truth_dir, truth, tmp_path):
    rows = truth[truth["kind"] == "collector"]
    few = [rows[rows["role"] == role]["record_id"].iloc[0] for role in ("source", "final")]
    assert len(few) / len(rows) < 0.3
    result = score(truth_dir, leads_of([few], tmp_path / "leads.csv"))
    assert result.recall == 0


def test_a_lead_on_two_schemes_finds_both(truth_dir, truth, tmp_path):
    guilty = schemes_of(truth, innocent=False)
    result = score(truth_dir, leads_of([guilty[0] + guilty[1]], tmp_path / "leads.csv"))
    assert result.recall == pytest.approx(2 / result.n)
    assert result.precision == 1


def test_records_without_their_number_are_matched_by_file_and_row(truth_dir, truth, tmp_path):
    rows = truth[truth["kind"] == "one_shell"]
    names = "some/folder/" + rows["source"] + ":" + rows["source_row"].astype("str")
    result = score(truth_dir, leads_of([names.tolist()], tmp_path / "leads.csv"))
    assert result.recall == pytest.approx(1 / result.n)

    other = tmp_path / "beside"
    other.mkdir()
    ids = [f"r{at}" for at in range(len(rows))]
    pd.DataFrame(
        {
            "record_id": ids,
            "source": ("/x/" + rows["source"]).tolist(),
            "source_row": rows["source_row"].tolist(),
        }
    ).to_parquet(other / "shipments.parquet")
    result = score(truth_dir, leads_of([ids], other / "leads.csv"))
    assert result.recall == pytest.approx(1 / result.n)


def test_schemes_that_lost_a_whole_leg_are_not_asked_for(truth_dir, truth, tmp_path):
    lost = tmp_path / "truth"
    lost.mkdir()
    truth[~((truth["kind"] == "one_shell") & (truth["role"] == "final"))].to_csv(
        lost / "records.csv", index=False
    )
    (lost / "schemes.csv").write_bytes((truth_dir / "schemes.csv").read_bytes())
    leads = leads_of([], tmp_path / "leads.csv")
    before, after = score(truth_dir, leads), score(lost, leads)
    assert after.n == before.n - truth[truth["kind"] == "one_shell"]["scheme_id"].nunique()


def test_a_table_that_is_not_one_is_refused(truth_dir, tmp_path):
    with pytest.raises(InputError, match="leads"):
        score(truth_dir, tmp_path / "leads.csv")
    (tmp_path / "leads.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="rank"):
        score(truth_dir, tmp_path / "leads.csv")
