"""Shrinkage: the examples of the definitions, and the priors of simulated portfolios."""

import numpy as np
import pytest
from scipy import stats

from transforms.statistics.ranking import (
    Prior,
    credible_interval,
    fit_prior,
    probability_above,
    shrunk_rate,
)

PRIOR = Prior(a=1.2, b=18.8)


def test_shrunk_rates_of_the_examples() -> None:
    assert np.round(100 * shrunk_rate([1, 5, 0], [2, 40, 8], prior=PRIOR), 1).tolist() == [
        10.0,
        10.3,
        4.3,
    ]


def test_interval_and_probability_are_those_of_the_posterior() -> None:
    law = stats.beta(1.2 + 5, 18.8 + 35)
    low, high = credible_interval(5, 40, prior=PRIOR)
    assert (low, high) == pytest.approx(law.interval(0.95))
    assert probability_above(0.1, 5, 40, prior=PRIOR) == pytest.approx(law.sf(0.1))


@pytest.mark.parametrize(("a", "b"), [(1.2, 18.8), (2.0, 8.0), (6.0, 6.0)])
def test_the_prior_of_a_large_portfolio_is_found_again(a: float, b: float) -> None:
    random = np.random.default_rng(1)
    n = random.integers(5, 60, 4000)
    prior = fit_prior(random.binomial(n, random.beta(a, b, 4000)), n)
    assert prior is not None
    assert prior.mean == pytest.approx(a / (a + b), rel=0.05)
    assert prior.strength == pytest.approx(a + b, rel=0.15)


def test_services_that_differ_by_chance_alone_are_pulled_as_hard_as_allowed() -> None:
    prior = fit_prior([2, 2, 2, 2, 2], [20, 20, 20, 20, 20])
    assert prior is not None
    assert (prior.mean, prior.strength) == pytest.approx((0.1, 50.0))


def test_services_that_are_all_or_nothing_keep_their_own_rate() -> None:
    prior = fit_prior([0, 10, 0, 10, 0], [10, 10, 10, 10, 10])
    assert prior is not None
    assert prior.strength == 1.0


def test_fewer_than_five_services_with_data_make_no_prior() -> None:
    assert fit_prior([1, 2, 3, 4, 0], [9, 9, 9, 9, 0]) is None


def test_a_portfolio_without_any_failure_still_has_an_upper_end() -> None:
    prior = fit_prior([0] * 6, [10] * 6)
    assert prior is not None
    low, high = credible_interval(0, 10, prior=prior)
    assert 0 <= low < high < 0.1
