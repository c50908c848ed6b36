"""Control limits: the examples of the definitions and charts computed point by point."""

import numpy as np
import pytest

from transforms.statistics.limits import (
    beyond_limits,
    laney_limits,
    p_limits,
    runs_of_eight,
    xmr_limits,
)


def test_the_plain_p_chart_of_the_example() -> None:
    low, high = p_limits(0.1, [[20]])
    assert (round(100 * float(low[0, 0]), 1), round(100 * float(high[0, 0]), 1)) == (0.0, 30.1)


def test_a_mean_of_41_67_and_a_moving_range_of_4_727_give_the_limits_of_the_example() -> None:
    # twelve weeks; ranges sum to 52, values to 500
    values = np.array([39, 45, 39, 44, 39, 44, 40, 44, 39, 44, 40, 43.0])
    assert np.abs(np.diff(values)).sum() == 52
    assert values.sum() == 500
    limits = xmr_limits(values)
    assert limits.centre[0, 0] == pytest.approx(41.67, abs=0.005)
    assert (limits.lower[0, 0], limits.upper[0, 0]) == pytest.approx((29.1, 54.2), abs=0.05)
    assert limits.range_limit[0] == pytest.approx(3.268 * 52 / 11)
    assert not limits.is_firm[0]


def test_limits_are_learned_from_the_first_twenty_points_and_stay() -> None:
    random = np.random.default_rng(1)
    calm = random.normal(10, 1, 20)
    wild = np.r_[calm, random.normal(30, 9, 15)]
    first, later = xmr_limits(calm), xmr_limits(wild)
    assert first.upper[0, 0] == later.upper[0, -1]
    assert later.is_firm[0]
    assert beyond_limits(wild, later)[0, 20:].all()


def test_eleven_points_have_no_limits_and_no_signals() -> None:
    values = np.arange(11.0)
    limits = xmr_limits(values)
    assert np.isnan(limits.upper).all()
    assert not beyond_limits(values, limits).any()
    assert not runs_of_eight(values, limits).any()


def test_laney_widens_the_binomial_limits_by_how_much_neighbours_differ() -> None:
    random = np.random.default_rng(2)
    n = random.integers(200, 900, 24)
    k = random.binomial(n, np.clip(random.normal(0.1, 0.04, 24), 0, 1))
    limits = laney_limits(k, n)
    mean = k[:20].sum() / n[:20].sum()
    z = [(k[i] / n[i] - mean) / (mean * (1 - mean) / n[i]) ** 0.5 for i in range(20)]
    sigma = sum(abs(z[i] - z[i - 1]) for i in range(1, 20)) / 19 / 1.128
    assert sigma > 1.5
    for i in (0, 10, 23):
        reach = 3 * sigma * (mean * (1 - mean) / n[i]) ** 0.5
        assert limits.upper[0, i] == pytest.approx(mean + reach)
        assert limits.lower[0, i] == pytest.approx(max(0.0, mean - reach))


def test_a_baseline_without_failures_has_limits_at_zero() -> None:
    limits = laney_limits(np.r_[np.zeros(19), 2], np.full(20, 30))
    assert limits.upper[0, 0] > 0
    nothing = laney_limits(np.zeros(14), np.full(14, 30))
    assert (nothing.lower[0, 0], nothing.upper[0, 0]) == (0.0, 0.0)
    assert not beyond_limits(np.zeros(14), nothing).any()


def test_the_eighth_point_on_one_side_is_a_signal_and_the_seventh_is_none() -> None:
    base = np.array([9.0, 11.0] * 10)
    values = np.r_[base, np.full(7, 10.5), 9.5, np.full(9, 10.5), 10.0, 10.5]
    found = runs_of_eight(values, xmr_limits(values))[0]
    # the last point of the baseline lies above too, so seven more make eight
    assert np.flatnonzero(found).tolist() == [26, 35, 36]
