"""Emergency against normal changes: the example, scipy as oracle, and groups that are empty."""

import polars as pl
import pytest
from scipy.stats import boschloo_exact, fisher_exact

from transforms.statistics.emergencies import emergency_failures


def compared(failed: int, n: int, normal_failed: int, normal_n: int) -> dict[str, object]:
    counts = {
        "n": n, "failed_count": failed, "normal_n": normal_n, "normal_failed_count": normal_failed,
    }  # fmt: skip
    return emergency_failures(pl.DataFrame([counts])).row(0, named=True)


def test_5_of_30_against_4_of_120_is_an_odds_ratio_of_5_8_and_clearly_more() -> None:
    found = compared(5, 30, 4, 120)
    assert found["odds_ratio"] == pytest.approx(5.8)
    assert found["p_fisher"] == pytest.approx(0.0163, abs=5e-5)
    assert found["p_boschloo"] == pytest.approx(0.0099, abs=5e-5)


@pytest.mark.parametrize("cells", [(3, 12, 1, 20), (1, 9, 6, 30), (0, 5, 4, 40), (7, 7, 2, 15)])
def test_the_one_sided_tests_are_those_of_scipy(cells: tuple[int, int, int, int]) -> None:
    failed, n, normal_failed, normal_n = cells
    found = compared(*cells)
    table = [[failed, n - failed], [normal_failed, normal_n - normal_failed]]
    assert found["p_fisher"] == pytest.approx(fisher_exact(table, alternative="greater")[1])
    # scipy takes the groups as columns and searches its maximum less finely
    columns = [[failed, normal_failed], [n - failed, normal_n - normal_failed]]
    oracle = boschloo_exact(columns, alternative="greater", n=128).pvalue
    assert found["p_boschloo"] == pytest.approx(oracle, abs=2e-4)


def test_without_an_emergency_nothing_is_compared() -> None:
    found = compared(0, 0, 4, 120)
    assert (found["rate"], found["odds_ratio"], found["p_boschloo"]) == (None, None, None)
    assert found["is_enough"] is False


def test_without_any_failure_there_is_no_ratio_and_no_difference() -> None:
    found = compared(0, 10, 0, 20)
    assert (found["odds_ratio"], found["p_boschloo"]) == (None, 1.0)
