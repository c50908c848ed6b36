"""Adjusted p-values: the example of the definitions and statsmodels."""

import numpy as np
from statsmodels.stats.multitest import multipletests

from transforms.statistics.multiple import benjamini_hochberg, holm

P = [0.001, 0.012, 0.021, 0.04, 0.3]


def test_the_example_by_benjamini_hochberg_and_by_holm() -> None:
    np.testing.assert_allclose(benjamini_hochberg(P), [0.005, 0.03, 0.035, 0.05, 0.3])
    np.testing.assert_allclose(holm(P), [0.005, 0.048, 0.063, 0.08, 0.3])


def test_both_agree_with_statsmodels_in_any_order_with_ties() -> None:
    random = np.random.default_rng(1)
    for size in (1, 2, 7, 40):
        p = np.round(random.random(size) ** 2, 2)
        np.testing.assert_allclose(benjamini_hochberg(p), multipletests(p, method="fdr_bh")[1])
        np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1])


def test_families_are_adjusted_apart_and_unknown_p_values_belong_to_none() -> None:
    p = np.array([0.04, 0.3, np.nan, 0.001, 0.012, 0.021])
    family = np.array([7, 1, 1, 1, 7, 1])
    expected = np.full(6, np.nan)
    for one in (1, 7):
        members = (family == one) & ~np.isnan(p)
        expected[members] = multipletests(p[members], method="fdr_bh")[1]
    np.testing.assert_allclose(benjamini_hochberg(p, family=family), expected)


def test_no_p_values_give_none() -> None:
    assert benjamini_hochberg([np.nan]).tolist() != [0.0]
    assert benjamini_hochberg(np.zeros(0)).size == 0
