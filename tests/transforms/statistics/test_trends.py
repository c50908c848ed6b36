"""Trends: against pymannkendall and scipy, one series at a time, with ties and holes."""

import numpy as np
import pymannkendall
import pytest
from scipy import stats

from transforms.statistics.change_points import find_changes
from transforms.statistics.limits import beyond_limits, laney_limits, runs_of_eight, xmr_limits
from transforms.statistics.series import pack
from transforms.statistics.trends import (
    direction_words,
    find_trends,
    hamed_rao_correction,
    mann_kendall_variance,
)


def _series() -> list[tuple[np.ndarray, np.ndarray]]:
    random = np.random.default_rng(1)
    found = []
    for n in (3, 8, 12, 26, 52):
        for slope in (0.0, 0.3):
            times = np.sort(random.permutation(70)[:n]).astype(float)
            noise = random.normal(size=n)
            noise[1:] += 0.7 * noise[:-1]
            found.append((times, slope * times + noise))
            found.append((times, np.round(slope * times + noise)))
    return found


def _matrix(rows: list[np.ndarray]) -> np.ndarray:
    width = max(map(len, rows))
    return np.array([np.r_[row, np.full(width - len(row), np.nan)] for row in rows])


def test_slopes_and_their_intervals_agree_with_scipy_when_nothing_is_autocorrelated() -> None:
    series = _series()
    found = find_trends(_matrix([times for times, _ in series]), _matrix([v for _, v in series]))
    for number, (times, values) in enumerate(series):
        expected = stats.theilslopes(values, times)
        assert found.n[number] == len(values)
        assert found.slope[number] == pytest.approx(expected.slope)
        without = values - expected.slope * times
        if float(hamed_rao_correction(without, [len(values)])[0]) <= 1.0:
            np.testing.assert_allclose(
                (found.slope_low[number], found.slope_high[number]),
                (expected.low_slope, expected.high_slope),
            )


def test_the_adjusted_p_value_agrees_with_pymannkendall() -> None:
    compared = 0
    for _, values in _series():
        n = len(values)
        expected = pymannkendall.hamed_rao_modification_test(values)
        found = find_trends(np.arange(n), values)
        plain = float(mann_kendall_variance(values)[0])
        assert plain == pytest.approx(pymannkendall.original_test(values).var_s)
        if expected.var_s >= plain:
            compared += 1
            assert found.p_value[0] == pytest.approx(expected.p, abs=1e-9)
        else:
            # negative autocorrelation is not taken for evidence
            assert found.p_value[0] == pytest.approx(pymannkendall.original_test(values).p)
    assert compared >= 10


def test_a_batch_gives_what_each_series_gives_alone() -> None:
    series = _series()
    batch = find_trends(_matrix([times for times, _ in series]), _matrix([v for _, v in series]))
    for number, (times, values) in enumerate(series):
        alone = find_trends(times, values)
        np.testing.assert_allclose(batch.p_value[number], alone.p_value[0])
        np.testing.assert_allclose(batch.slope_low[number], alone.slope_low[0])


def test_words_need_ten_points_and_a_clear_finding() -> None:
    times = _matrix([np.arange(9.0), np.arange(12.0), np.arange(12.0), np.arange(12.0)])
    alternating = np.array([1.0, 2.0] * 6)
    values = _matrix([np.arange(9.0), np.arange(12.0), -np.arange(12.0), alternating])
    found = find_trends(times, values)
    assert direction_words(found, found.p_value) == [
        "too_few_points",
        "rising",
        "falling",
        "no_clear_trend",
    ]


def test_a_constant_series_has_no_trend_and_a_short_one_nothing_at_all() -> None:
    found = find_trends(
        _matrix([np.arange(12.0), np.arange(2.0)]), _matrix([np.ones(12), np.ones(2)])
    )
    assert (found.slope[0], found.p_value[0]) == (0.0, 1.0)
    assert np.isnan([found.slope[1], found.p_value[1]]).all()


def test_rows_of_a_long_table_become_a_matrix_in_their_order() -> None:
    packed = pack(np.array([0, 0, 0, 1, 2, 2]))
    np.testing.assert_array_equal(
        packed.values(np.array([5, 4, 3, 2, 1, 0])),
        [[5, 4, 3], [2, np.nan, np.nan], [1, 0, np.nan]],
    )
    assert packed.counts.tolist() == [3, 1, 2]


def test_no_series_at_all_give_nothing() -> None:
    packed = pack(np.zeros(0, dtype=np.int64))
    nothing = packed.values(np.zeros(0))
    assert find_trends(nothing, nothing).slope.size == 0
    assert find_changes(nothing, nothing, law="binomial").place.size == 0
    assert find_changes(nothing, law="ranks").place.size == 0
    for limits in (xmr_limits(nothing), laney_limits(nothing, nothing)):
        assert limits.centre.size == 0
        assert not beyond_limits(nothing, limits).any()
        assert not runs_of_eight(nothing, limits).any()
