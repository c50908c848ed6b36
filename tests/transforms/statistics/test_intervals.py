"""Intervals: against the examples of the definitions, statsmodels, scipy, binomial sums."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from transforms.statistics.intervals import (
    bootstrap_bca,
    bootstrap_percentile,
    interpolated_median_rank,
    median_interval,
    median_rank,
    newcombe_difference,
    poisson_score,
    quantiles,
    wilson,
)


@pytest.mark.parametrize(
    ("k", "n", "percent"),
    [(5, 40, (5.5, 26.1)), (0, 8, (0.0, 32.4)), (12, 48, (14.9, 38.8)), (2, 20, (2.8, 30.1))],
)
def test_wilson_gives_the_published_examples(k: int, n: int, percent: tuple[float, float]) -> None:
    low, high = wilson(k, n)
    assert (round(100 * float(low), 1), round(100 * float(high), 1)) == percent


def test_twelve_escaped_defects_of_sixty_are_a_fifth_within_12_and_32_percent() -> None:
    low, high = wilson(12, 60)
    assert (round(100 * float(low), 1), round(100 * float(high), 1)) == (11.8, 31.8)


def test_wilson_agrees_with_statsmodels_everywhere() -> None:
    for n in (1, 2, 7, 40, 999):
        k = np.arange(n + 1)
        low, high = wilson(k, np.full(n + 1, n))
        expected_low, expected_high = proportion_confint(k, n, method="wilson")
        np.testing.assert_allclose(low, expected_low, atol=1e-12)
        np.testing.assert_allclose(high, expected_high, atol=1e-12)


def test_a_share_of_nothing_has_no_interval() -> None:
    low, high = wilson([0, 1], [0, 1])
    assert np.isnan(low[0])
    assert np.isnan(high[0])
    assert not np.isnan(low[1])


def test_the_ends_of_a_poisson_interval_solve_the_score_equation() -> None:
    count, exposure = np.arange(30), 4.0
    for end in poisson_score(count, exposure):
        mean = end * exposure
        np.testing.assert_allclose((count - mean) ** 2, 1.959963984540054**2 * mean, atol=1e-9)


def test_newcombe_agrees_with_statsmodels() -> None:
    low, high = newcombe_difference(9, 100, 1, 100)
    expected = confint_proportions_2indep(9, 100, 1, 100, method="newcomb", compare="diff")
    np.testing.assert_allclose((low, high), expected, atol=1e-9)


def test_the_rank_of_a_median_stays_close_to_the_interpolated_order_statistics() -> None:
    n = np.arange(6, 1500)
    exact = np.array([interpolated_median_rank(int(one)) for one in n])
    assert np.abs(median_rank(n) - exact).max() < 0.14
    assert np.isnan(median_rank([1, 5])).all()
    assert np.isnan(interpolated_median_rank(5))


def test_by_the_approximation_of_its_authors_the_rank_covers_95_percent() -> None:
    for n in range(8, 400):
        rank = float(median_rank(n))
        whole, part = int(rank), rank - int(rank)
        outer = 1 - 2 * stats.binom.cdf(whole - 1, n, 0.5)
        inner = 1 - 2 * stats.binom.cdf(whole, n, 0.5)
        share = part * whole / ((n - whole) - part * (n - 2 * whole))
        assert 0.945 < outer - share * (outer - inner) < 0.9585, n


def test_the_interval_of_a_median_lies_between_neighbouring_order_statistics() -> None:
    values = np.arange(1.0, 9.0)
    low, high = median_interval(np.random.default_rng(3).permutation(values))
    # rank (8 + 1) / 2 - 0.98 sqrt(8) + 0.5 / sqrt(8) = 1.905 from either end
    np.testing.assert_allclose((low[0], high[0]), (1.905, 7.095), atol=5e-4)
    assert np.isnan(median_interval(values[:5])).all()


def test_quantiles_interpolate_as_numpy_does() -> None:
    values = np.random.default_rng(4).exponential(size=(20, 11))
    for p in (0.0, 0.1, 0.5, 0.9, 1.0):
        np.testing.assert_allclose(quantiles(values, p), np.quantile(values, p, axis=1))


@pytest.mark.parametrize("p", [0.5, 0.9])
def test_bootstraps_agree_with_scipy_up_to_their_own_chance(p: float) -> None:
    sample = np.random.default_rng(5).lognormal(size=60)
    for ours, method in ((bootstrap_percentile, "percentile"), (bootstrap_bca, "BCa")):
        low, high = ours(sample, p, generator=np.random.default_rng(6), resamples=9000)
        theirs = stats.bootstrap(
            (sample,),
            lambda values, axis: np.quantile(values, p, axis=axis),
            n_resamples=9000,
            method=method,
            rng=np.random.default_rng(7),
        ).confidence_interval
        np.testing.assert_allclose((low[0], high[0]), theirs, rtol=0.08)


def test_the_same_seed_gives_the_same_bootstrap() -> None:
    sample = np.random.default_rng(8).normal(size=12)
    runs = [bootstrap_bca(sample, 0.5, generator=np.random.default_rng(9)) for _ in range(2)]
    np.testing.assert_array_equal(runs[0], runs[1])
