"""Hidden chips by value and weight, in worlds of which the truth is known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflow.goods.bells import FREEDOM, Bell, fit, of_range
from chipflow.goods.density import hidden_chips

PARTS = "computer_parts"


def ordinary(size: int, kind: str = PARTS, seed: int = 1) -> pd.DataFrame:
    """Goods of some dollars and grams, heavier ones dearer, in all sizes of lots."""
    rng = np.random.default_rng(seed)
    size_of_goods = rng.normal(size=size)
    items = rng.integers(1, 2000, size).astype(float)
    usd = np.exp(np.log(40) + 1.6 * (0.6 * size_of_goods + 0.8 * rng.normal(size=size)))
    kg = np.exp(np.log(0.6) + 1.2 * size_of_goods)
    return lots(items, kg, usd, kind)


def cards(size: int, kind: str = PARTS, seed: int = 2) -> pd.DataFrame:
    """Accelerators at 24,000 to 33,000 USD and 1.3 to 1.9 kg."""
    rng = np.random.default_rng(seed)
    items = rng.integers(10, 500, size).astype(float)
    return lots(items, rng.uniform(1.3, 1.9, size), rng.uniform(24e3, 33e3, size), kind, True)


def lots(
    items: np.ndarray, kg: np.ndarray, usd: np.ndarray, kind: str, truth: bool = False
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "goods": kind,
            "chip": None,
            "declared": False,
            "items": items,
            "weight_kg": kg * items,
            "usd": usd * items,
            "truth": truth,
        }
    )


def world(*tables: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True)


def test_the_example_of_the_issue() -> None:
    lot = lots(np.array([300.0]), np.array([1.7]), np.array([29_000.0]), PARTS, True)
    found = hidden_chips(world(ordinary(4205), cards(4), lot)).iloc[-1]
    assert found.hidden_chip_probability > 0.5
    assert found.density_sentence.startswith(
        "300 pieces declared as computer parts weigh 1.7 kg and cost 29,000 USD each; "
        "of 4,210 such declarations "
    )
    assert "cards do" in found.density_sentence
    # The weights of the catalogue are estimates, and nothing is decided on them in silence.
    assert "estimate" in found.density_sentence


@pytest.mark.parametrize(
    ("missing", "least", "said"),
    [
        ("weight_kg", 0.5, "no weight"),
        ("items", 0.5, "only value per kilogram was tested"),
        ("usd", 0.0, "no value in dollars"),
    ],
)
def test_less_is_known_less_is_claimed(missing: str, least: float, said: str) -> None:
    whole = world(ordinary(5000), cards(20))
    part = whole.assign(**{missing: np.nan})
    full, less = hidden_chips(whole), hidden_chips(part)
    truth = whole["truth"]
    assert least <= less["hidden_chip_probability"][truth].median()
    assert (
        less["hidden_chip_probability"][truth].median()
        < full["hidden_chip_probability"][truth].median()
    )
    told = less["density_sentence"].dropna()
    assert told.str.contains(said).all()
    assert (less["hidden_chip_probability"][~truth] > 0.5).mean() < 0.001


def test_nothing_to_compute_nothing_said() -> None:
    table = ordinary(50).assign(usd=np.nan, weight_kg=np.nan)
    found = hidden_chips(table)
    assert found["hidden_chip_probability"].isna().all()
    assert found["density_sentence"].isna().all()


@pytest.mark.parametrize("lots_of_cards", [1, 20, 1500])
def test_ordinary_goods_are_left_alone(lots_of_cards: int) -> None:
    table = world(ordinary(4000), cards(lots_of_cards))
    found = hidden_chips(table)["hidden_chip_probability"]
    assert (found[~table["truth"]] > 0.5).mean() < 0.001
    if lots_of_cards > 1:
        assert found[table["truth"]].median() > 0.9


def test_without_clean_goods_the_test_is_not_made() -> None:
    found = hidden_chips(cards(30))
    assert found["hidden_chip_probability"].isna().all()
    assert found["density_sentence"].str.contains("could not be made").all()


def test_a_kind_without_clean_goods_leans_on_the_others() -> None:
    found = hidden_chips(world(ordinary(4000), cards(25, "electronics"))).tail(25)
    assert (found["hidden_chip_probability"] > 0.5).all()
    assert found["density_sentence"].str.contains("goods of all kinds were compared").all()


def test_named_chips_are_not_hidden() -> None:
    named = cards(5).assign(declared=True, chip="H100 PCIe")
    found = hidden_chips(world(ordinary(500), named)).tail(5)
    assert found.isna().all().all()


def test_a_remark_on_the_currency_is_handed_on() -> None:
    note = "value converted from EUR at the mean rate of 2024-01 (ECB)"
    found = hidden_chips(world(ordinary(1000), cards(5)).assign(usd_note=note))
    assert found["density_sentence"].dropna().str.endswith(note).all()


def test_order_of_records_does_not_matter() -> None:
    table = world(ordinary(800), cards(8))
    mixed = table.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(hidden_chips(table), hidden_chips(mixed).sort_index(), atol=1e-6)


def test_index_is_kept() -> None:
    table = ordinary(40)
    table.index = pd.Index([f"r{n}" for n in range(40)])
    assert list(hidden_chips(table).index) == list(table.index)


@given(
    st.lists(st.floats(-5, 5), min_size=20, max_size=60),
    st.floats(-3, 3),
)
@settings(max_examples=30, deadline=None)
def test_bells_move_with_the_values(values: list[float], shift: float) -> None:
    x = np.array(values)
    here, there = fit(x), fit(x + shift)
    assert here is not None
    assert there is not None
    assert there.middle == pytest.approx(here.middle + shift, abs=1e-6)
    assert there.spread == pytest.approx(here.spread, abs=1e-6)


def test_far_values_do_not_move_a_bell() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(2.0, 0.5, 1000)
    x[:50] = 12.0
    bell = fit(x)
    assert bell is not None
    assert bell.middle == pytest.approx(2.0, abs=0.1)
    assert bell.spread == pytest.approx(0.5, abs=0.2)


def test_density_is_that_of_student() -> None:
    from scipy import stats

    bell = Bell(1.0, 0.7)
    x = np.linspace(-4, 6, 11)
    wanted = stats.t.logpdf(x, FREEDOM, loc=1.0, scale=0.7)
    np.testing.assert_allclose(bell.log_density(x), wanted)


def test_range_holds_nine_tenths() -> None:
    bell = of_range(100.0, 10_000.0)
    assert bell.middle == pytest.approx(np.log(1000))
    assert bell.spread == pytest.approx(np.log(10) / 1.645, rel=0.02)
