"""Kaplan-Meier: against the example of the definitions, lifelines, and plain medians."""

import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times, restricted_mean_survival_time

from transforms.statistics.survival import (
    half_time,
    kaplan_meier,
    median,
    median_interval,
    restricted_mean,
    survival_at,
)

MINUTES = [30, 45, 60, 90, 120, 120, 240, 300]
CLOSED = [True, True, True, True, True, False, True, False]


def _samples() -> list[tuple[np.ndarray, np.ndarray]]:
    random = np.random.default_rng(1)
    found = []
    for n in (1, 2, 5, 9, 30, 80):
        for share in (0.0, 0.3, 0.8):
            # whole numbers, so that many are tied
            found.append((random.integers(1, 25, n).astype(float), random.random(n) >= share))
    return found


def test_the_example_reaches_one_half_at_90_and_its_median_lies_midway_to_120() -> None:
    curve = kaplan_meier(MINUTES, CLOSED)
    np.testing.assert_allclose(curve.survival[0, :4], [0.875, 0.75, 0.625, 0.5])
    assert median(curve)[0] == 105.0


def test_without_open_cases_the_median_is_the_ordinary_one() -> None:
    random = np.random.default_rng(2)
    for n in range(1, 30):
        times = random.integers(1, 12, (40, n)).astype(float)
        np.testing.assert_allclose(
            median(kaplan_meier(times, np.ones_like(times, dtype=bool))),
            np.median(times, axis=1),
        )


def test_a_median_that_the_curve_never_reaches_is_infinite() -> None:
    assert median(kaplan_meier([1.0, 2.0, 3.0], [True, False, False]))[0] == np.inf
    # exactly one half, and nothing ends later
    assert median(kaplan_meier([1.0, 2.0], [True, False]))[0] == np.inf


def test_half_of_four_actions_are_over_after_12_days_and_a_quarter_lasts_beyond_28() -> None:
    curve = kaplan_meier([5.0, 12.0, 28.0, 40.0], [True, True, True, False])
    assert half_time(curve)[0] == 12.0
    assert survival_at(curve, 28.0)[0] == pytest.approx(0.25)


@pytest.mark.parametrize("number", range(18))
def test_half_time_and_survival_agree_with_lifelines(number: int) -> None:
    times, closed = _samples()[number]
    curve, fitted = kaplan_meier(times, closed), KaplanMeierFitter().fit(times, closed)
    assert half_time(curve)[0] == pytest.approx(fitted.median_survival_time_)
    for moment in (0.5, float(times.min()), float(np.median(times)), float(times.max())):
        assert survival_at(curve, moment)[0] == pytest.approx(fitted.predict(moment))


def test_nobody_was_watched_longer_than_the_longest_still_open() -> None:
    assert np.isnan(survival_at(kaplan_meier([3.0, 9.0], [True, False]), 10.0)[0])
    assert survival_at(kaplan_meier([3.0, 9.0], [True, True]), 10.0)[0] == 0.0


@pytest.mark.parametrize("number", range(18))
def test_curve_and_bands_agree_with_lifelines(number: int) -> None:
    times, closed = _samples()[number]
    curve = kaplan_meier(times, closed)
    fitted = KaplanMeierFitter().fit(times, closed)
    at = curve.is_step[0]
    np.testing.assert_allclose(
        curve.survival[0, at], fitted.predict(curve.times[0, at]), atol=1e-12
    )
    low, high = curve.bands()
    bands = fitted.confidence_interval_survival_function_.loc[curve.times[0, at]].to_numpy()
    inside = at & (curve.survival[0] > 0) & (curve.survival[0] < 1)
    kept = inside[at]
    np.testing.assert_allclose(low[0, inside], bands[kept, 0], atol=1e-9)
    np.testing.assert_allclose(high[0, inside], bands[kept, 1], atol=1e-9)


def test_the_interval_of_the_median_is_where_lifelines_sees_the_bands_cross() -> None:
    compared = 0
    for times, closed in _samples():
        curve = kaplan_meier(times, closed)
        if (curve.survival[0] <= 0).any():
            # lifelines gives a curve that ends at 0 a band of its own there
            continue
        fitted = KaplanMeierFitter().fit(times, closed)
        expected = median_survival_times(fitted.confidence_interval_).to_numpy()[0]
        low, high = median_interval(curve)
        np.testing.assert_allclose((low[0], high[0]), expected)
        compared += 1
    assert compared == 8


@pytest.mark.parametrize("number", range(18))
def test_the_restricted_mean_and_its_error_agree_with_lifelines(number: int) -> None:
    times, closed = _samples()[number]
    limit = 12.0
    mean, error = restricted_mean(kaplan_meier(times, closed), limit=limit)
    fitted = KaplanMeierFitter().fit(times, closed)
    assert mean[0] == pytest.approx(restricted_mean_survival_time(fitted, t=limit), abs=1e-9)
    if (~closed).sum() == 0:
        # complete samples: the mean of what is cut off at the limit, Greenwood's error
        cut = np.minimum(times, limit)
        assert mean[0] == pytest.approx(cut.mean())
        assert error[0] == pytest.approx(cut.std() / np.sqrt(times.size))
