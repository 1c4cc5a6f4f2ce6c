"""Two published models are reproduced, and what a file says wrongly is said of it."""

from __future__ import annotations

import numpy as np
import pytest

import chipflow as cf
from chipflow.estimate import estimate, load_model
from chipflow.estimate.distributions import Prior

DRAWS = 20_000


def row(made, quantity):
    return made.table.set_index("quantity").loc[quantity]


def above(made, size):
    return float((made.draws["result"] > size).mean())


@pytest.fixture(scope="module")
def epoch():
    return estimate("epoch-2026", draws=DRAWS, seed=3)


def test_cnas_2025_is_reproduced():
    # Published: median about 140,000 chips in 2024, more than 100,000 likelier than not.
    made = estimate("cnas-2025", draws=DRAWS, seed=3)
    assert 125_000 <= row(made, "total")["median"] <= 160_000
    assert 0.55 <= above(made, 100_000) <= 0.67
    assert f"P(more than 100,000) = {above(made, 100_000):.2f}" in row(made, "total")["statement"]


def test_epoch_2026_is_reproduced(epoch):
    # Published: 660,000 H100 equivalents, 90% from 290,000 to 1.6 million.
    total = row(epoch, "total")
    assert 600_000 <= total["median"] <= 720_000
    assert 260_000 <= total["low"] <= 330_000
    assert 1_400_000 <= total["high"] <= 1_800_000
    assert 165_000 <= row(epoch, "observed")["median"] <= 182_000
    assert total["unit"] == "H100 equivalents"


def test_it_hangs_most_on_detection(epoch):
    first = epoch.inputs.iloc[0]
    assert first["name"] == "detection"
    assert first["rank_correlation"] == pytest.approx(-0.64, abs=0.02)
    assert epoch.draws["prior: detection"].min() >= 0.05 - 1e-6
    assert (epoch.inputs["source"] != "").all() and (epoch.inputs["date"] != "").all()


def test_cases_are_shown_in_equivalents(epoch):
    # 350 to 500 A100 of 0.315 H100 each: a median of sqrt(350 x 500) x 0.315.
    case = row(epoch, "case: smaller case 3")
    assert case["median"] == pytest.approx(np.sqrt(350 * 500) * 0.315, rel=0.01)


def test_the_package_and_its_function_have_one_name():
    import chipflow.estimate

    made = cf.estimate("cnas-2025", draws=1_000)
    again = cf.estimate("cnas-2025", draws=1_000)
    assert made.table.equals(again.table)
    assert chipflow.estimate.load_model("cnas-2025").name == "cnas-2025"


@pytest.mark.parametrize(
    ("distribution", "numbers", "level", "low", "median", "high"),
    [
        ("lognormal", (10, 1_000), 0.90, 10, 100, 1_000),
        ("lognormal", (204, 12_000), 0.95, 283.06, 1_564.6, 8_648.3),
        ("uniform", (0, 100), 0.9, 5, 50, 95),
        ("loguniform", (1, 100), 0.9, 100**0.05, 10, 100**0.95),
        ("expnormal", (0, 0.5), 0.9, np.exp(-0.5 * 1.6449), 1, np.exp(0.5 * 1.6449)),
        ("normal", (10, 1), 0.9, 8.355, 10, 11.645),
        ("normal", (0, 1), 0.9, 0.0627, 0.6745, 1.960),  # half of it is below 0
        ("beta", (1, 1), 0.9, 0.05, 0.5, 0.95),
        ("constant", (7,), 0.9, 7, 7, 7),
    ],
)
def test_distributions(distribution, numbers, level, low, median, high):
    prior = Prior("x", distribution, numbers, level)
    expected = [low, median, high]
    assert prior.quantiles(np.array([0.05, 0.5, 0.95])) == pytest.approx(expected, rel=2e-3)
    drawn = prior.draw(40_000, seed=1)
    assert np.quantile(drawn, [0.05, 0.5, 0.95]) == pytest.approx(expected, rel=0.05)


GOOD = """
name = "own"
result = "total"
[chips]
H100 = 1.0
[priors.a]
distribution = "uniform"
low = 1
high = 3
[priors.w]
distribution = "uniform"
low = 0
high = 1
[quantities.twice]
product = ["a", 4]
divided_by = [2]
[quantities.mixed]
blend = ["twice", "a"]
weights = ["w", "rest"]
[quantities.one]
choice = ["twice", "a"]
weights = [0.25, 0.75]
[quantities.total]
sum = ["mixed", "one", 1000]
"""


def written(tmp_path, text):
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_forms_of_quantities(tmp_path):
    from chipflow.estimate.draw import Draws

    drawn = Draws(load_model(written(tmp_path, GOOD)), 20_000, 0)
    a, w = drawn["a"], drawn["w"]
    assert drawn["twice"] == pytest.approx(2 * a)
    assert drawn["mixed"] == pytest.approx(w * 2 * a + (1 - w) * a)
    is_twice = np.isclose(drawn["one"], 2 * a)
    assert (is_twice | np.isclose(drawn["one"], a)).all()
    assert is_twice.mean() == pytest.approx(0.25, abs=0.01)
    assert drawn["total"] == pytest.approx(drawn["mixed"] + drawn["one"] + 1000)


def test_many_alike_add_up(tmp_path):
    # A hundred with mean exp(s^2 / 2): independent ones hardly vary, equal ones as one does.
    many = '[priors.each]\ndistribution = "lognormal"\nlow = 10\nhigh = 1000\n' + GOOD.replace(
        "[quantities.total]",
        '[quantities.free]\neach = "each"\ncount = 100\n[quantities.same]\neach = "each"\n'
        "count = 100\ncorrelation = 1\n[quantities.total]",
    )
    # TOML wants the keys of the top first.
    many = 'name = "own"\nresult = "total"\n' + many.replace('name = "own"\nresult = "total"\n', "")
    from chipflow.estimate.draw import Draws

    drawn = Draws(load_model(written(tmp_path, many)), 5_000, 0)
    assert np.median(drawn["same"]) == pytest.approx(100 * 100, rel=0.06)
    spread = np.log(100) / 2 / 1.6449
    assert np.median(drawn["free"]) == pytest.approx(100 * 100 * np.exp(spread**2 / 2), rel=0.12)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'distribution = "uniform"\nlow = 1',
            'distribution = "gauss"\nlow = 1',
            "[priors.a], dist",
        ),
        ("low = 1\nhigh = 3", "low = 3\nhigh = 1", "[priors.a], low: 3 is not below high"),
        ("low = 1\nhigh = 3", "low = 1", "[priors.a], high: is missing"),
        ("low = 1\nhigh = 3", "low = 1\nhigh = 3\nhihg = 4", "[priors.a], hihg: is not known"),
        ("low = 1\n", 'low = "1"\n', "[priors.a], low: '1' is no number"),
        ("low = 1\n", "low = nan\n", "[priors.a], low: nan is out of range"),
        ('["a", 4]', '["b", 4]', "[quantities.twice], product: 'b' is no chip"),
        ('["a", 4]', '["total"]', "hangs on itself"),
        ("[0.25, 0.75]", "[0.25, 0.5]", "[quantities.one], weights"),
        ("[0.25, 0.75]", "[1]", "[quantities.one], weights: 1 for 2 terms"),
        (
            '["w", "rest"]',
            '["w", "w"]',
            '[quantities.mixed], weights: one of them has to be "rest"',
        ),
        ('sum = ["mixed"', 'eval = "1"\nsum = ["mixed"', "[quantities.total], eval: is not known"),
        ('result = "total"', 'result = "totel"', "result: 'totel' is no prior"),
        ("H100 = 1.0", "H100 = 0", "[chips], H100: 0 is out of range"),
        ("H100 = 1.0", "H100 = 1.0\na = 2.0", "[a], name: names two things"),
        ("[chips]", "[chips", "no TOML"),
    ],
)
def test_what_a_file_says_wrongly(tmp_path, old, new, said):
    assert old in GOOD
    path = written(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(cf.InputError) as error:
        load_model(path)
    assert said in str(error.value) and "own.toml" in str(error.value)


def test_priors_without_a_source_are_named(tmp_path):
    said = estimate(written(tmp_path, GOOD), draws=1_000).notes
    assert "priors without a source and its date: a, w" in said


def test_a_model_that_is_not_there():
    with pytest.raises(cf.ParameterError, match="neither cnas-2025 nor epoch-2026 nor a file"):
        load_model("epoch-2027")
