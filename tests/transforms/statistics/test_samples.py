"""Audit samples: bounds after clean items, and draws that anybody can repeat."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.statistics.intervals import wilson
from transforms.statistics.samples import audit_sample, clopper_pearson_upper

POPULATION = [f"deployment-{number}" for number in range(200)]


@pytest.mark.parametrize(("n", "percent"), [(25, 8.8), (45, 5.0), (60, 3.8)])
def test_so_many_clean_items_leave_so_much_that_may_be_wrong(n: int, percent: float) -> None:
    assert round(100 * clopper_pearson_upper(0, n), 1) == percent


def test_three_of_two_hundred_is_1_5_percent_between_0_5_and_4_3() -> None:
    low, high = wilson(3, 200)
    assert [round(100 * float(one), 1) for one in (3 / 200, low, high)] == [1.5, 0.5, 4.3]


@given(n=st.integers(1, 60), data=st.data())
def test_at_the_bound_so_few_failures_are_as_unlikely_as_the_confidence_says(
    n: int, data: st.DataObject
) -> None:
    failures = data.draw(st.integers(0, n - 1))
    bound = clopper_pearson_upper(failures, n)
    tail = sum(math.comb(n, k) * bound**k * (1 - bound) ** (n - k) for k in range(failures + 1))
    assert tail == pytest.approx(0.10, abs=1e-9)


def test_nothing_looked_at_bounds_nothing() -> None:
    assert clopper_pearson_upper(0, 0) == 1.0


@pytest.mark.parametrize(("failures", "n"), [(-1, 5), (6, 5)])
def test_more_failures_than_items_are_refused(failures: int, n: int) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        clopper_pearson_upper(failures, n)


def test_the_same_seed_draws_the_same_sample_however_the_population_is_listed() -> None:
    drawn = audit_sample(POPULATION, 25, seed="2026-Q4")
    assert drawn == audit_sample(reversed(POPULATION), 25, seed="2026-Q4")
    assert len(set(drawn)) == 25
    assert set(drawn) <= set(POPULATION)
    assert drawn != audit_sample(POPULATION, 25, seed="2026-Q3")


def test_a_larger_sample_begins_with_the_smaller_one() -> None:
    assert audit_sample(POPULATION, 45, seed="s")[:25] == audit_sample(POPULATION, 25, seed="s")


def test_no_item_is_likelier_to_be_drawn_than_another() -> None:
    counts = dict.fromkeys(POPULATION, 0)
    for seed in range(400):
        for one in audit_sample(POPULATION, 20, seed=str(seed)):
            counts[one] += 1
    # 400 draws with chance 0.1: mean 40, deviation 6; 200 items stay within 4.5 of them
    assert max(abs(count - 40) for count in counts.values()) < 27


def test_a_population_smaller_than_the_sample_is_drawn_whole() -> None:
    assert sorted(audit_sample(["b", "a"], 25, seed="s")) == ["a", "b"]
