"""Pieces that weigh too little for the chips that are said to be in them."""

from __future__ import annotations

import pandas as pd
import pytest

from chipflow.goods.measures.pieces import weighed_pieces


@pytest.mark.parametrize(
    ("chips", "kg", "counted"),
    [
        (8.0, 2.1, 1),  # a card under the number of a board
        (8.0, 42.0, 8),  # the board
        (8.0, 131.0, 8),  # the server
        (8.0, 0.01, 8),  # no card weighs that: the weight is wrong
        (8.0, None, 8),
        (1.0, 2.1, 1),
    ],
)
def test_a_piece_that_weighs_as_much_as_a_card_is_one(chips, kg, counted):
    items = 10.0
    record = pd.DataFrame(
        {
            "chip": ["H100 SXM"],
            "chips_per_item": [chips],
            "items": [items],
            "units": [items * chips],
            "weight_kg": [None if kg is None else items * kg],
        }
    )
    found = weighed_pieces(record)
    assert found["chips_per_item"].tolist() == [counted]
    assert found["units"].tolist() == [items * counted]


def test_goods_without_a_chip_and_without_numbers_stay_as_they_are():
    record = pd.DataFrame(
        {
            "chip": [None, "H100", None],
            "chips_per_item": [None, 8.0, None],
            "items": [5.0, None, 2.0],
            "units": [None, None, None],
            "weight_kg": [10.0, 10.0, 1.0],
        }
    )
    found = weighed_pieces(record)
    assert found["chips_per_item"].tolist()[1] == 8.0
    assert found["units"].isna().all()
