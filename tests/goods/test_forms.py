"""Goods as they travel: weight and price of every form, by year."""

import dataclasses
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipflow.goods.catalogue.load import load_catalogue
from chipflow.goods.measures.forms import Fit, fitting, forms_of, price_range

TABLES = load_catalogue()
EIGHT_GPU = ("A100", "H100", "H200", "H20", "B200", "MI300X", "Gaudi 3")


def shapes(found: Iterable[Fit]) -> set[tuple[str, int]]:
    return {(fit.form, fit.chips) for fit in found}


def test_pieces_of_35_kg_at_120000_dollars_are_boards_with_eight() -> None:
    found = fitting(35.0, 120_000.0, 2024)
    assert [fit.form for fit in found[:5]] == ["board"] * 5
    assert [fit.chips for fit in found[:5]] == [8] * 5
    assert not {fit.form for fit in found if fit.distance < 0.9} & {"server", "rack"}
    assert "card" not in {fit.form for fit in found}


@pytest.mark.parametrize(
    ("kg", "usd", "year", "form"),
    [
        # 489,000 dollars for 150 kg in China in 2025 (Financial Times); a DGX H100 in 2023.
        (150.0, 489_000.0, 2025, ("server", 8)),
        (130.0, 250_000.0, 2023, ("server", 8)),
        (1.3, 30_000.0, 2023, ("card", 1)),
        (3.4, 2_000.0, 2023, ("retail box", 1)),
        (1_400.0, 3_000_000.0, 2025, ("rack", 72)),
    ],
)
def test_documented_goods_are_what_they_are(
    kg: float, usd: float, year: int, form: tuple[str, int]
) -> None:
    assert shapes(fitting(kg, usd, year)[:1]) == {form}


def test_a_shipment_is_judged_by_the_prices_of_its_year() -> None:
    assert price_range("RTX 4090", "card", 1, 2023) == (1599.0, 5480.0)
    assert price_range("H100", "server", 8, 2023) == (199_000.0, 430_000.0)
    low, high = TABLES.ranges("H100", "usd", 2023)[0]
    assert (low, high) == (25_000.0, 51_500.0)
    # No year: the bands of the catalogue, as before.
    assert TABLES.ranges("H100 PCIe", "usd") == [(28_000.0, 32_290.0)]


def test_nothing_fits_before_it_was_sold() -> None:
    assert not {"MI325X", "B200", "RTX 5090"} & {fit.of for fit in fitting(35.0, 120_000.0, 2023)}


@pytest.mark.parametrize("family", EIGHT_GPU)
def test_boards_and_servers_have_weight_and_price(family: str) -> None:
    forms = {(form.form, form.chips): form for form in forms_of(family)}
    assert ("board", 8) in forms and ("server", 8) in forms
    board, server = forms["board", 8], forms["server", 8]
    assert board.kg[1] < server.kg[1] and board.kg[0] < server.kg[0]
    for form in (board, server):
        assert price_range(family, form.form, 8) is not None
        assert form.source and form.basis


def test_a_form_without_a_known_price_is_priced_by_its_chips() -> None:
    board = price_range("A100", "board", 8, 2023)
    single = TABLES.ranges("A100", "usd", 2023)[0]
    assert board is not None
    assert single[0] * 8 * 0.5 < board[0] < board[1] < single[1] * 8 * 1.5


@given(
    kg=st.floats(0.01, 3000) | st.none(),
    usd=st.floats(1, 1e7) | st.none(),
    year=st.none() | st.integers(2018, 2026),
)
def test_what_fits_lies_in_its_bands(kg: float | None, usd: float | None, year: int | None) -> None:
    found = fitting(kg, usd, year)
    assert found == sorted(found, key=lambda fit: fit.distance)
    assert all(0 <= fit.distance <= 1 for fit in found)
    if kg is None and usd is None:
        assert found == []


def test_order_of_table_rows_is_irrelevant() -> None:
    turned = dataclasses.replace(TABLES, forms=TABLES.forms[::-1], prices=TABLES.prices[::-1])
    assert fitting(35.0, 120_000.0, 2024, catalogue=turned) == fitting(35.0, 120_000.0, 2024)
