"""Each method on statistics whose right answer is known by construction."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from chipflow.errors import ParameterError
from chipflow.flows import read_flows
from chipflow.flows.null import null_of
from chipflow.flows.panel import Panel
from chipflow.flows.windows import design
from tests.flows.worlds import written, yearly_exports

EVENT = "2022-03-01"


@pytest.fixture(scope="module")
def half_diverted(tmp_path_factory):
    path = tmp_path_factory.mktemp("flows") / "exports.csv"
    return read_flows(written(yearly_exports(), path))


def test_the_share_of_a_fall_that_reappears(half_diverted):
    found = half_diverted.divert("DE", "RU", EVENT, third="KZ")
    total = found.details["total"]
    assert found.details["default"] == "partners' growth"
    assert total["partners' growth"]["share"] == pytest.approx(0.5, abs=0.06)
    for method in total.values():
        assert method["low"] < 0.5 < method["high"]
    default = found.table[found.table["counterfactual"] == "partners' growth"]
    assert default["share"].sum() == pytest.approx(total["partners' growth"]["share"])
    assert default["period"].tolist() == ["2022/2023"]


def test_who_stands_out(half_diverted):
    table = half_diverted.surge("DE", EVENT, destination="RU", third="KZ").table.set_index(
        "country"
    )
    assert table.loc["RU", "change"] == pytest.approx(-0.7, abs=0.06)
    assert table.loc["RU", "role"] == "destination" and table.loc["KZ", "role"] == "third"
    assert (table.loc[["RU", "KZ"], "q_value"] < 0.05).all()
    others = table[table["role"] == "partner"]
    assert (others["q_value"] > 0.05).all()
    assert (others["low"] < others["change"]).all() and (others["change"] < others["high"]).all()
    assert "Direct" not in table.loc["RU", "innocent_explanations"]
    assert table.loc["KZ", "innocent_explanations"]


def test_own_past_counts_shared_growth_as_diversion(tmp_path):
    """The naive share overstates: with nothing diverted and 3% growth it is well above zero."""
    flows = read_flows(written(yearly_exports(diverted=0.0), tmp_path / "exports.csv"))
    total = flows.divert("DE", "RU", EVENT, third="KZ").details["total"]
    assert total["own past"]["share"] > total["partners' growth"]["share"] + 0.005
    assert total["partners' growth"]["low"] < 0 < total["partners' growth"]["high"]


def test_no_fall_no_share(tmp_path):
    flows = read_flows(written(yearly_exports(fall=0.0), tmp_path / "exports.csv"))
    found = flows.divert("DE", "RU", EVENT, third="KZ")
    assert found.table["share"].isna().all() and "did not fall" in found.notes[0]
    assert not (flows.surge("DE", EVENT).table["q_value"] < 0.05).any()


def test_p_values_are_uniform_where_nothing_happened():
    """Panels of 40 partners and 14 years without an event: p-values at levels."""
    found = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        steps = random.normal(0, 0.1, (40, 14)).cumsum(axis=1) + random.normal(0, 0.1, (40, 14))
        values = np.exp(15 + steps + random.normal(0, 0.1, 14).cumsum())
        codes = tuple(f"P{at:02d}" for at in range(40))
        panel = Panel(codes, 2010, "A", values, np.ones(14), "USD", "exports")
        plan = design(panel, EVENT)
        found.append(null_of(panel, plan, [], list(range(40)), against_partners=True).p_values)
    pooled = np.concatenate(found)
    for level in (0.05, 0.1, 0.5):
        assert (pooled <= level).mean() == pytest.approx(level, abs=0.03)


def test_a_synthetic_control_has_few_donors_and_says_its_error(half_diverted):
    """With as many donors as years it fits any past: the error shown is on held-out years."""
    details = half_diverted.surge("DE", EVENT, destination="RU").details
    assert details["synthetic_donors"] <= 4
    error = half_diverted.surge("DE", EVENT, destination="RU").table["synthetic_error"]
    # The noise put in is 5% a year in partner and donors; a perfect fit would show next to none.
    assert 0.03 < error.median() < 0.15


def test_a_synthetic_control_agrees_with_pysyncon():
    """Cross-check with another implementation where the donors explain the past exactly."""
    pysyncon = pytest.importorskip("pysyncon")
    from chipflow.flows.counterfactual import synthetic_control

    random = np.random.default_rng(1)
    years = np.arange(2010, 2024)
    donors = np.exp(random.normal(0, 0.2, (3, 14)).cumsum(axis=1) * 0.3) * 100
    target = donors.mean(axis=0) * np.where(years >= 2022, 1.5, 1.0)
    values = np.vstack([target, donors])
    panel = Panel(("A", "B", "C", "D"), 2010, "A", values, np.ones(14), "USD", "exports")
    plan = design(panel, EVENT)
    ours = synthetic_control(panel, plan, [0], [1, 2, 3])
    frame = pd.DataFrame(values.T, index=years, columns=list("ABCD"))
    made = pysyncon.Synth()
    long = frame.rename_axis("year").reset_index().melt("year", var_name="unit", value_name="y")
    made.fit(
        pysyncon.Dataprep(
            foo=long, predictors=["y"], predictors_op="mean", dependent="y", unit_variable="unit",
            time_variable="year", treatment_identifier="A", controls_identifier=list("BCD"),
            time_predictors_prior=range(2010, 2022), time_optimize_ssr=range(2010, 2022),
        )
    )  # fmt: skip
    theirs = frame[list("BCD")].loc[2022:2023].to_numpy() @ made.W
    expected = np.log(target[-2:].sum() / theirs.sum())
    assert ours.change[0] == pytest.approx(expected, abs=0.05)
    assert ours.change[0] == pytest.approx(np.log(1.5), abs=0.05)


def test_isolated_gaps_are_no_falls_and_a_blank_year_is_no_zero(tmp_path):
    frame = yearly_exports(diverted=0.0)
    lost = (frame["partnerISO"] == "JP") & (frame["period"] == 2022)
    flows = read_flows(written(frame[~lost], tmp_path / "exports.csv"))
    table = flows.surge("DE", EVENT, destination="RU").table.set_index("country")
    assert abs(table.loc["JP", "change"]) < 0.2
    # Nobody has 2023 yet: it is not there, and no fall.
    flows = read_flows(written(frame[frame["period"] < 2023], tmp_path / "short.csv"))
    table = flows.surge("DE", EVENT, destination="RU").table.set_index("country")
    assert table.loc["JP", "period"] == "2022" and abs(table.loc["JP", "change"]) < 0.2


def test_a_broken_year_is_no_fall(tmp_path):
    frame = yearly_exports(diverted=0.0)
    frame.loc[frame["period"] == 2022, "primaryValue"] *= 0.05
    flows = read_flows(written(frame, tmp_path / "exports.csv"))
    status = flows.coverage.table.set_index("period")["status"]
    assert status["2022"] == "falls by nine tenths" and status["2021"] == "complete"
    table = flows.surge("DE", EVENT, destination="RU").table.set_index("country")
    assert abs(table.loc["JP", "change"]) < 0.2


def test_an_embargo_is_no_break(tmp_path):
    frame = yearly_exports(fall=0.97, diverted=0.0)
    flows = read_flows(written(frame, tmp_path / "exports.csv"))
    assert set(flows.coverage.table["status"]) == {"complete"}
    only = frame[frame["partnerISO"] == "RU"]
    flows = read_flows(written(only, tmp_path / "only.csv"))
    assert "falls by nine tenths" not in set(flows.coverage.table["status"])


HEADER = "reporterISO,partnerISO,flowCode,period,cmdCode,qty,qtyUnitAbbr,netWgt,primaryValue\n"


def test_malaysia_to_china(tmp_path):
    """Epoch AI 2026: same units, values sixfold apart."""
    path = tmp_path / "servers.csv"
    path.write_text(
        HEADER + "MYS,CHN,X,2024,847150,36700,u,,600000000\n"
        "CHN,MYS,M,2024,847150,35500,u,,3750000000\n"
    )
    flows = read_flows(path)
    row = flows.mirror(hs=["847150"]).table.iloc[0]
    assert row["log_gap"] == pytest.approx(math.log(3.75 / 0.6)) == pytest.approx(1.83, abs=0.005)
    assert row["status"] == "values differ, units agree"
    assert row["low"] < row["unrecorded_usd"] < row["high"]
    units = flows.unit_values(hs=["847150"]).table.iloc[0]
    assert units["times_apart"] == pytest.approx(6.46, abs=0.01) and units["units_agree"]
    assert units["import_usd_per_unit"] == pytest.approx(105_634, abs=1)


def mirror_file(path, *, broken=None, thousand=False, orphan=False):
    """Exports of five members to UZ and KZ, and both countries' imports, 2015 to 2023."""
    random = np.random.default_rng(0)
    rows = []
    for importer in ("UZ", "KZ"):
        for at, exporter in enumerate(("DE", "FR", "IT", "PL", "NL")):
            for year in range(2015, 2024):
                value = 1e8 * (at + 1) * math.exp(random.normal(0, 0.1))
                rows.append((exporter, importer, "X", year, value))
                back = value * 1.07 * math.exp(random.normal(0, 0.03))
                if importer == "UZ" and year == broken:
                    back *= 0.05
                if importer == "UZ" and thousand:
                    back /= 1000
                if importer == "KZ" and exporter == "DE" and year >= 2022:
                    back *= 0.3
                rows.append((importer, exporter, "M", year, back))
    if orphan:
        rows = [row for row in rows if row[:4] != ("PL", "KZ", "X", 2023)]
    columns = ["reporterISO", "partnerISO", "flowCode", "period", "primaryValue"]
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    return path


def test_a_gap_counts_beyond_the_pairs_own_past(tmp_path):
    flows = read_flows(mirror_file(tmp_path / "both.csv"))
    table = flows.mirror(event=EVENT).table
    gap = table[(table["exporter"] == "DE") & (table["importer"] == "KZ")].set_index("period")
    assert gap.loc["2022", "status"] == "unrecorded on arrival"
    row = gap.loc["2022"]
    assert row["unrecorded_usd"] == pytest.approx(0.7 * row["exports_usd"], rel=0.1)
    assert row["low"] < row["unrecorded_usd"] < row["high"]
    others = table.drop(table.index[(table["exporter"] == "DE") & (table["importer"] == "KZ")])
    assert (others["status"] == "agrees").mean() > 0.95


def test_a_broken_import_year_is_no_gap(tmp_path):
    flows = read_flows(mirror_file(tmp_path / "both.csv", broken=2021))
    table = flows.mirror(event=EVENT).table
    lost = table[(table["importer"] == "UZ") & (table["period"] == "2021")]
    assert set(lost["status"]) == {"reporter incomplete"} and lost["unrecorded_usd"].isna().all()
    rest = table[(table["importer"] == "UZ") & (table["period"] != "2021")]
    assert (rest["status"] == "agrees").mean() > 0.95


def test_thousands_are_said_and_not_counted(tmp_path):
    flows = read_flows(mirror_file(tmp_path / "both.csv", thousand=True))
    found = flows.mirror(event=EVENT)
    assert any("thousand" in note for note in found.notes)
    assert set(found.table.loc[found.table["importer"] == "UZ", "status"]) == {
        "reporter incomplete"
    }


def test_an_import_that_no_exporter_reports(tmp_path):
    table = read_flows(mirror_file(tmp_path / "both.csv", orphan=True)).mirror(event=EVENT).table
    row = table[(table["exporter"] == "PL") & (table["importer"] == "KZ")].set_index("period")
    assert row.loc["2023", "status"] == "orphan import"


def test_one_side_has_no_mirror(half_diverted):
    found = half_diverted.mirror()
    assert not len(found) and "exports only" in found.notes[-1]


def test_monthly_exports_against_yearly_imports_of_a_group(tmp_path):
    """Members' months are added to years, and members to the group that the importer names."""
    path = tmp_path / "mixed.csv"
    rows = ["reporterISO,partnerISO,flowCode,period,primaryValue"]
    for year in (2020, 2021, 2022):
        rows += [
            f"{code},UZ,X,{year}{month:02d},{value}"
            for code, value in (("DE", 10), ("FR", 5))
            for month in range(1, 13)
        ]
        rows.append(f"UZ,EU27,M,{year},190")
    path.write_text("\n".join(rows))
    table = read_flows(path).mirror().table
    assert table[["exporter", "importer", "period"]].to_numpy().tolist() == [
        ["EU27", "UZ", str(year)] for year in (2020, 2021, 2022)
    ]
    assert (table["exports_usd"] == 180).all() and set(table["status"]) == {"agrees"}


def test_both_legs_and_the_least_of_them(tmp_path):
    """What KZ sells on grows by as much as what it buys more: the pattern of rerouting."""
    frame = yearly_exports(diverted=0.5).assign(cmdCode="854231")
    bought = frame[frame["partnerISO"] == "KZ"]
    onward = bought.assign(reporterISO="KZ", partnerISO="RU")
    onward["primaryValue"] -= 0.9 * bought.loc[bought["period"] < 2022, "primaryValue"].mean()
    onward["primaryValue"] = onward["primaryValue"].clip(lower=1e6)
    flows = read_flows(written(pd.concat([frame, onward]), tmp_path / "both.csv"))
    row = flows.divert("DE", "RU", EVENT, third="KZ").table.iloc[0]
    assert row["three_way"] and row["onward_usd"] > 0
    assert 0 < row["minimum_usd"] <= 1.1 * row["value_usd"]
    lower = onward.assign(primaryValue=1e6)
    flows = read_flows(written(pd.concat([frame, lower]), tmp_path / "none.csv"))
    assert not flows.divert("DE", "RU", EVENT, third="KZ").table.iloc[0]["three_way"]


def test_gravity_finds_the_hub(tmp_path):
    pytest.importorskip("pyfixest")
    frames = [yearly_exports(seed, first=2016, reporter=code) for seed, code in enumerate(
        ("DE", "FR", "IT", "NL", "PL"))]  # fmt: skip
    flows = read_flows(written(pd.concat(frames), tmp_path / "exports.csv"))
    table = flows.gravity("EU", EVENT, destination="RU", third="KZ").table.set_index("country")
    assert table.loc["RU", "change"] == pytest.approx(-0.7, abs=0.05)
    assert table.loc["KZ", "change"] > 2 and table.loc["KZ", "low"] > 1
    assert (table["q_value"] < 0.01).all()


def test_gravity_needs_several_exporters(half_diverted):
    found = half_diverted.gravity("DE", EVENT, destination="RU", third="KZ")
    assert not len(found) and "5 exporters" in found.notes[0]


def test_hong_kong_and_macao_are_asked_about_with_china(tmp_path):
    frame = yearly_exports(diverted=0.0)
    flows = read_flows(written(frame, tmp_path / "exports.csv"))
    table = flows.surge("DE", EVENT, destination="CN,HK,MO").table
    assert table.loc[table["role"] == "destination", "country"].tolist() == ["CN+HK+MO"]
    usual = frame[frame["period"].between(2018, 2021) & frame["partnerISO"].isin(["CN", "HK"])]
    before = table.loc[0, "before_usd"] / 2
    assert before == pytest.approx(usual["primaryValue"].sum() / 4, rel=1e-6)


@pytest.mark.parametrize(
    ("event", "first", "said"),
    [
        ("2030-01-01", 2010, "before the event"),
        ("2009-01-01", 2010, "less than a year before"),
        ("2022-03-01", 2021, "too few"),
    ],
)
def test_too_little_time(tmp_path, event, first, said):
    flows = read_flows(written(yearly_exports(first=first), tmp_path / "exports.csv"))
    found = flows.divert("DE", "RU", event, third="KZ")
    surge = flows.surge("DE", event, destination="RU", third="KZ")
    assert any(said in note for note in (*found.notes, *surge.notes))
    if len(surge):
        assert surge.table[["low", "high", "p_value", "q_value"]].isna().all().all()


def test_what_is_not_in_the_files(half_diverted):
    assert "no row" in half_diverted.divert("FR", "RU", EVENT).notes[0]
    assert "no row" in half_diverted.divert("DE", "KG", EVENT).notes[0]
    assert "no row" in half_diverted.divert("DE", "RU", EVENT, third="KG").notes[0]
    assert "these goods" in half_diverted.surge("DE", EVENT, hs=["0101"]).notes[0]
    with pytest.raises(ParameterError, match="--event"):
        half_diverted.surge("DE", "yesterday")
    with pytest.raises(ParameterError, match="--hs"):
        half_diverted.surge("DE", EVENT, hs=["chips"])


def test_few_partners_have_no_median(tmp_path):
    frame = yearly_exports(diverted=0.5)
    few = frame[frame["partnerISO"].isin(["RU", "KZ", "US"])]
    flows = read_flows(written(few, tmp_path / "few.csv"))
    found = flows.divert("DE", "RU", EVENT, third="KZ")
    assert found.details["default"] == "own past"
    assert any("too few regular partners" in note for note in found.notes)


def test_a_unit_value_that_rises_after_the_event(tmp_path):
    """Half as much again per unit from 2022 on, 5% noise before; estimates are not used."""
    random = np.random.default_rng(0)
    rows = ["reporterISO,partnerISO,flowCode,period,cmdCode,qty,qtyUnitAbbr,netWgt,primaryValue"]
    for year in range(2012, 2024):
        price = 1000 * math.exp(random.normal(0, 0.05)) * (1.5 if year >= 2022 else 1)
        rows.append(f"DEU,KAZ,X,{year},8471,500,u,0,{500 * price}")
    path = tmp_path / "servers.csv"
    path.write_text("\n".join(rows))
    found = read_flows(path).unit_values(event=EVENT, hs=["8471"])
    table = found.table.set_index("period")
    assert table.loc["2021", ["change", "p_value"]].isna().all()
    assert table.loc["2022", "change"] == pytest.approx(0.5, abs=0.2)
    assert table.loc["2022", "low"] > 0.2 and table.loc["2022", "p_value"] < 0.01
    total = tmp_path / "total.csv"
    total.write_text("\n".join(rows).replace("8471", "TOTAL"))
    assert "give --hs" in read_flows(total).unit_values(event=EVENT).notes[0]


@pytest.mark.parametrize("method", ["surge", "divert", "mirror", "unit_values", "coverage"])
def test_every_result_draws_itself_and_says_what(half_diverted, method):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    asked = {"surge": ("DE", EVENT), "divert": ("DE", "RU", EVENT)}
    result = (
        half_diverted.coverage if method == "coverage"
        else getattr(half_diverted, method)(*asked.get(method, ()))
    )  # fmt: skip
    axes = result.plot()
    assert axes.get_label()
    plt.close(axes.figure)
    assert method in result._repr_html_()
