"""Upper tails equal those of scipy.stats, which takes too long to import."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from chipflow.leads import tail_probabilities as tails

shares = st.floats(0.001, 0.999)


@given(trials=st.integers(0, 5000), part=st.floats(0, 1), chance=shares)
def test_binomial(trials, part, chance):
    found = round(part * trials)
    expected = stats.binom.sf(found - 1, trials, chance)
    assert tails.at_least_binomial(found, trials, chance) == pytest.approx(expected, rel=1e-12)


@given(count=st.integers(0, 500), shape=st.floats(0.1, 50), chance=shares)
def test_negative_binomial(count, shape, chance):
    expected = stats.nbinom.sf(count - 1, shape, chance)
    found = tails.at_least_negative_binomial(count, shape, chance)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-300)


@given(st.floats(-50, 50), st.floats(0.1, 20))
def test_continuous(value, spread):
    assert tails.above_student_t(value, 4.0) == stats.t.sf(value, 4.0)
    assert tails.above_chi_squared(abs(value), 6) == pytest.approx(stats.chi2.sf(abs(value), 6))
    assert tails.above_normal(value, 1.0, spread) == pytest.approx(stats.norm.sf(value, 1, spread))
    inside = stats.norm.cdf(value + 1, 0, spread) - stats.norm.cdf(value, 0, spread)
    assert tails.between_normal(value, value + 1, 0.0, spread) == pytest.approx(inside)
