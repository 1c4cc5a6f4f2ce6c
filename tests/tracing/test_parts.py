"""The parts of tracing on small arrays: comparisons, background, cargo, decoys, worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from chipflow.network.arrays import arrival_country, entries
from chipflow.settings import BackgroundSettings, ComparisonSettings, Settings
from chipflow.tracing.background import (
    ANOTHER_CHIP,
    SOMETHING_ELSE,
    VAGUE,
    Wordings,
    number_background,
    word_class,
    word_shares,
)
from chipflow.tracing.cargo import taken_out
from chipflow.tracing.comparisons import chip_ratio, price_habit_shares
from chipflow.tracing.inventory import (
    TO_DESTINATION,
    PairScores,
    _weigh,
    _Weighed,
    nodes_needed,
    share_nodes,
)
from chipflow.tracing.prior import Prior

COMPARISONS, BACKGROUND = ComparisonSettings(), BackgroundSettings()


def test_what_may_be_wrong_altogether_says_nothing():
    silent = replace(COMPARISONS, wrong_weight=1.0)
    apart, rarity = np.array([0.0, 3.0, np.nan]), np.ones(3)
    assert chip_ratio(apart, rarity, silent, wrong=silent.wrong_weight).tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("apart", "ratio"),
    [
        # A normal density at its middle is 0.3989 / 0.35; one in twenty is wrong.
        (0.0, 0.95 * 0.39894228 / 0.35 + 0.05),
        (0.35, 0.95 * 0.24197072 / 0.35 + 0.05),
        (50.0, 0.05),
        (np.nan, 1.0),
    ],
)
def test_weight_of_a_chip_by_hand(apart, ratio):
    found = chip_ratio(np.array([apart]), np.ones(1), COMPARISONS, wrong=0.05)
    assert found[0] == pytest.approx(ratio)


def test_habits_of_declaring_prices_are_a_distribution():
    shares = price_habit_shares(COMPARISONS)
    assert shares.sum() == pytest.approx(1) and len(shares) == COMPARISONS.price_habits
    assert COMPARISONS.declared_shares[shares.argmax()] == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize(
    ("names", "vague", "word"),
    [(True, False, ANOTHER_CHIP), (False, True, VAGUE), (False, False, SOMETHING_ELSE)],
)
def test_classes_of_words(names, vague, word):
    assert word_class(np.array([names]), np.array([vague])).tolist() == [word]


def test_words_are_as_common_as_they_are_counted():
    family = np.array([0, -1, -1, -1])
    names, vague = family >= 0, np.array([False, True, True, False])
    words, chip = word_shares(family, names, vague, 1, BACKGROUND)
    # Beside four shipments count twenty of which 15% are vague and 0.2% name one chip.
    assert words[1] == pytest.approx((2 + 20 * 0.15) / 24)
    assert chip[0] == pytest.approx((1 + 20 * 0.002) / 24) and chip[1:].tolist() == [1, 1, 1]


def test_common_numbers_are_less_telling_than_rare_ones():
    items = np.array([100.0] * 30 + [97.0])
    same, density = number_background(items, np.zeros(31, int), np.full(31, np.nan), BACKGROUND)
    assert same[0] > 10 * same[-1] > 0
    assert density[0] == pytest.approx(density[-1]), "both are of one size"


def test_texts_without_a_word_have_nothing_in_common():
    texts = pd.Series(["H100 BOARD 12", "BOARD 77", "123", "456", None])
    wordings = Wordings.of(texts, np.arange(5), BACKGROUND)
    assert wordings.words[0] == wordings.words[1]
    assert len(set(wordings.words[2:].tolist())) == 3


@pytest.mark.parametrize(
    ("kg", "single"),
    [(1.7, True), (130.0, False)],
)
def test_chips_taken_out_of_servers_weigh_like_single_ones(kg, single):
    found = taken_out(
        np.log([kg]), np.array([np.nan]), np.log([130.0]), np.log([8.0]), np.log([1.7]),
        named=np.array([False]),
    )  # fmt: skip
    assert found.tolist() == [single]


def test_a_sale_that_fits_speaks_for_its_group_and_one_that_does_not_against():
    habits = (len(COMPARISONS.word_habits), COMPARISONS.price_habits)
    nothing = np.zeros((1, *habits))

    def strength(ratio, others=0, *, competes=True):
        of, no = np.full((1, *habits), ratio), np.zeros(1, dtype=np.int64)
        asked = _Weighed(
            of, nothing, nothing, np.array([True]), np.array([competes]), no,
            np.array([others]), np.array([others * competes]),
        )  # fmt: skip
        log_lr, probability, _ = _weigh(asked, Settings())
        return float(log_lr[0]), float(probability[0])

    assert strength(100.0)[0] > strength(10.0)[0] > strength(0.1)[0]
    assert strength(100.0)[0] > strength(100.0, others=10)[0], "sales that are unlike count against"
    assert strength(100.0)[1] > 0.9 > 0.5 > strength(0.1)[1]
    # Half of all shares lie on either side of one half; and what bought nothing else has nothing
    # else to sell on.
    assert strength(100.0, competes=False)[0] == pytest.approx(np.log((1 + 100) / 2))
    assert strength(100.0)[0] == pytest.approx(np.log(1 + 100))


def test_quadrature_nodes_have_the_moments_of_the_prior():
    at = share_nodes(24)
    assert at.mean() == pytest.approx(1 / 2)
    assert at.var() == pytest.approx(1 / 8), "Beta(1/2, 1/2)"


@pytest.mark.parametrize(
    ("sales", "like", "ratio"),
    [(1, 1, 100.0), (50, 1, 100.0), (300, 3, 100.0), (1000, 1, 100.0), (1000, 20, 20.0)],
)
def test_nodes_suffice_for_companies_of_any_size(sales, like, ratio):
    def log_likelihood(nodes):
        at = share_nodes(nodes)
        by_share = like * np.log1p(at * (ratio - 1)) + (sales - like) * np.log1p(-at)
        return np.logaddexp.reduce(by_share) - np.log(nodes)

    needed = int(nodes_needed(np.array([sales]), Settings().inventory)[0])
    assert log_likelihood(needed) == pytest.approx(log_likelihood(20_000), abs=0.01)


def test_most_sales_of_a_sort_are_no_evidence_that_these_continue():
    groups = pd.DataFrame({"place": [TO_DESTINATION] * 5, "names": True, "log_lr": [30.0] * 5})
    unlike = pd.DataFrame({"place": [0], "names": [False], "number": [0]})
    prior = Prior(PairScores(pd.DataFrame(), groups, unlike), Settings().prior)
    assert prior.of(groups).tolist() == pytest.approx([0.0] * 5)


def test_entries_of_ranges_by_hand():
    row, place = entries(np.array([3, 5, 9]), np.array([5, 4, 10]))
    assert row.tolist() == [0, 0, 2] and place.tolist() == [3, 4, 9]


def test_a_shipment_arrives_by_whatever_its_record_says():
    shipments = pd.DataFrame(
        {
            "to_country": ["CN", "SG", "SG", None],
            "destination_country": ["HK", "HK", None, None],
            "import_country": [None, "CN", "CN", "US"],
        },
        dtype="str",
    )
    found = arrival_country(shipments, ("CN", "HK"))
    assert found.fillna("").tolist() == ["CN", "HK", "CN", ""]
