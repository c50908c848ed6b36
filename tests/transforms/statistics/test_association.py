"""Two rates, whole and within strata: the examples, scipy, statsmodels, and what may be said."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, boschloo_exact
from statsmodels.stats.contingency_tables import StratifiedTable

from transforms.statistics.association import associations, is_enough
from transforms.statistics.multiple import benjamini_hochberg
from transforms.statistics.two_rates import boschloo, fisher, stratified


def test_the_example_of_canary_and_rolling_in_two_strata() -> None:
    found = stratified([2, 1], [40, 60], [6, 4], [40, 60])
    assert found.odds_ratio == pytest.approx(0.273, abs=0.0005)
    assert found.chi2 == pytest.approx(2.97, abs=0.005)
    assert found.p == pytest.approx(0.085, abs=0.0005)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 30), st.integers(1, 30), st.integers(1, 30), st.integers(1, 30)),
        min_size=2, max_size=6,
    )
)  # fmt: skip
def test_strata_agree_with_statsmodels(cells: list[tuple[int, int, int, int]]) -> None:
    a, b, c, d = np.array(cells, float).T
    tables = [np.array([[one[0], one[1]], [one[2], one[3]]], float) for one in cells]
    oracle = StratifiedTable(tables)
    found = stratified(a, a + b, c, c + d)
    assert found.odds_ratio == pytest.approx(oracle.oddsratio_pooled)
    assert (found.low, found.high) == pytest.approx(oracle.oddsratio_pooled_confint())
    if abs((a - (a + b) * (a + c) / (a + b + c + d)).sum()) >= 0.5:
        assert found.p == pytest.approx(oracle.test_null_odds(correction=True).pvalue)
    if abs(found.odds_ratio - 1) > 1e-6:
        homogeneity = oracle.test_equal_odds(adjust=True).pvalue
        assert found.homogeneity_p == pytest.approx(homogeneity, rel=1e-6, abs=1e-9)


def test_a_difference_below_one_half_is_no_difference() -> None:
    assert stratified([3], [30], [3], [30]).p == 1.0


@pytest.mark.parametrize(
    "table",
    [(3, 10, 1, 12), (12, 80, 20, 300), (0, 25, 5, 25), (7, 12, 8, 60), (1, 10, 1, 10),
     (30, 120, 9, 90), (10, 10, 5, 10)],
)  # fmt: skip
def test_boschloo_agrees_with_scipy(table: tuple[int, int, int, int]) -> None:
    k, n, other_k, other_n = table
    oracle = boschloo_exact([[k, other_k], [n - k, other_n - other_k]]).pvalue
    assert boschloo(*table) == pytest.approx(min(oracle, 1.0), rel=1e-4)
    assert boschloo(*table) <= fisher(*table) * 1.5


def test_boschloo_keeps_its_level_whatever_the_rate() -> None:
    # Every table of two groups of 7 and 9: the chance to reject never exceeds the level.
    p = np.array([[boschloo(a, 7, b, 9) for b in range(10)] for a in range(8)])
    for rate in np.linspace(0.02, 0.98, 25):
        ours, theirs = binom.pmf(np.arange(8), 7, rate), binom.pmf(np.arange(10), 9, rate)
        assert float((np.outer(ours, theirs) * (p <= 0.05)).sum()) <= 0.05 + 1e-9


def test_no_failure_and_no_success_at_all_are_no_evidence() -> None:
    assert boschloo(0, 20, 0, 30) == 1.0
    assert boschloo(20, 20, 30, 30) == 1.0
    assert np.isnan(stratified([0, 5], [20, 5], [0, 5], [30, 5]).p)


def test_the_floor_is_ten_in_both_groups_and_one_expected_failure() -> None:
    assert is_enough(10, 1, 90, 9)
    assert not is_enough(9, 1, 90, 9)
    assert not is_enough(10, 0, 90, 9)
    assert not is_enough(0, 0, 0, 0)


def _counts(*rows: tuple[str, str, int, str, int, int]) -> pl.DataFrame:
    return pl.DataFrame(
        rows, schema=["factor", "level", "level_order", "stratum", "n", "failed_count"],
        orient="row",
    )  # fmt: skip


def test_a_mixture_of_strata_alone_is_not_an_association() -> None:
    # Fridays are mostly tier 1, which fails more often on every day: crude yes, within strata no.
    found = associations(
        _counts(
            ("day", "friday", 2, "1", 200, 60), ("day", "other", 1, "1", 50, 15),
            ("day", "friday", 2, "2", 50, 2), ("day", "other", 1, "2", 400, 16),
        ), references={"day": "other"},
    )  # fmt: skip
    row = found.row(by_predicate=pl.col("level") == "friday", named=True)
    assert row["p_value"] < 0.001
    assert row["risk_difference_low"] > 0
    assert row["odds_ratio"] == pytest.approx(1.0)
    assert (row["test"], row["statement"]) == ("cmh", "not_established")
    reference = found.row(by_predicate=pl.col("level") == "other", named=True)
    assert (reference["statement"], reference["p_value"]) == ("reference", None)


def test_every_comparison_belongs_to_one_family() -> None:
    found = associations(
        _counts(
            ("size", "1", 1, "a", 300, 15), ("size", "6", 2, "a", 200, 30),
            ("size", "9", 3, "a", 100, 16), ("size", "20", 4, "a", 8, 4),
            ("day", "friday", 2, "a", 150, 15), ("day", "other", 1, "a", 400, 36),
        ), references={"size": "1", "day": None},
    )  # fmt: skip
    said = {(row["factor"], row["level"]): row for row in found.iter_rows(named=True)}
    assert said["day", "friday"]["reference_level"] == "other"
    assert said["size", "20"]["statement"] == "too_little_data"
    assert said["size", "20"]["p_adjusted"] is None
    assert said["size", "6"]["statement"] == "associated"
    assert said["day", "friday"]["statement"] == "not_established"
    tested = found.filter(pl.col("p_decisive").is_not_null())
    assert tested.height == 3
    np.testing.assert_allclose(tested["p_adjusted"], benjamini_hochberg(tested["p_decisive"]))


def test_a_stratum_below_twenty_does_not_speak() -> None:
    found = associations(
        _counts(
            ("day", "friday", 2, "a", 12, 6), ("day", "other", 1, "a", 7, 0),
            ("day", "friday", 2, "b", 60, 6), ("day", "other", 1, "b", 90, 9),
        ), references={"day": "other"},
    )  # fmt: skip
    row = found.row(by_predicate=pl.col("level") == "friday", named=True)
    assert row["stratum_count"] == 1
    assert row["odds_ratio"] == pytest.approx(1.0)


def test_large_groups_are_told_to_be_tested_by_fisher() -> None:
    found = associations(
        _counts(("day", "friday", 2, "a", 3000, 100), ("day", "other", 1, "a", 9000, 300)),
        references={"day": "other"},
    )
    row = found.row(by_predicate=pl.col("level") == "friday", named=True)
    assert row["unstratified_test"] == "fisher"
    assert row["p_value"] == row["p_fisher"]


def test_a_stated_reference_that_never_occurs_leaves_nothing_to_compare_with() -> None:
    found = associations(_counts(("day", "friday", 2, "a", 50, 5)), references={"day": "other"})
    assert found["statement"].to_list() == ["too_little_data"]


def test_no_deployments_give_no_rows() -> None:
    empty = pl.DataFrame(
        schema={"factor": pl.String, "level": pl.String, "level_order": pl.Int64,
                "stratum": pl.String, "n": pl.Int64, "failed_count": pl.Int64}
    )  # fmt: skip
    assert associations(empty, references={}).height == 0
