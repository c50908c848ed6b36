"""Deployed in the same hour: Fisher's test on one service, every table on two, statsmodels."""

from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact, hypergeom

from transforms.statistics.codeployment_table import codeployment_table, first_counted
from transforms.statistics.multiple import benjamini_hochberg
from transforms.statistics.neighbours import near_events
from transforms.statistics.together import judge, lift

GROUP = st.tuples(st.integers(1, 40), st.integers(1, 40)).flatmap(
    lambda sizes: st.tuples(
        st.integers(0, sizes[0]), st.just(sizes[0]), st.integers(0, sizes[1]), st.just(sizes[1])
    )
)


@settings(max_examples=100, deadline=None)
@given(GROUP)
def test_one_service_is_fishers_exact_test(group: tuple[int, int, int, int]) -> None:
    a, n, c, other = group
    p = lift([[a]], [[n]], [[c]], [[other]]).p[0]
    if a + c == 0:
        assert np.isnan(p)
    else:
        assert p == pytest.approx(fisher_exact([[a, n - a], [c, other - c]])[1], rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(GROUP, GROUP), min_size=1, max_size=4))
def test_two_services_are_every_pair_of_tables(
    pairs: list[tuple[tuple[int, int, int, int], tuple[int, int, int, int]]],
) -> None:
    found = lift(*([[one[i] for one in pair] for pair in pairs] for i in range(4)))
    for place, pair in enumerate(pairs):
        laws = [hypergeom(n + other, a + c, n).pmf(np.arange(81)) for a, n, c, other in pair]
        law = np.convolve(laws[0], laws[1])
        seen = sum(one[0] for one in pair)
        if sum(one[0] + one[2] for one in pair):
            expected = law[law <= law[seen] * (1 + 1e-7)].sum()
            assert found.p[place] == pytest.approx(min(expected, 1.0), rel=1e-5)


def test_the_lift_is_the_pooled_ratio_of_rates() -> None:
    found = lift([[6, 3]], [[30, 40]], [[5, 8]], [[100, 200]])
    over, under = 6 * 100 / 130 + 3 * 200 / 240, 5 * 30 / 130 + 8 * 40 / 240
    assert found.ratio[0] == pytest.approx(over / under)
    assert found.low[0] < found.ratio[0] < found.high[0]
    # One service: the log-binomial interval of a ratio of two rates.
    alone = lift([[6]], [[30]], [[5]], [[100]])
    reach = 1.959964 * np.sqrt(1 / 6 - 1 / 30 + 1 / 5 - 1 / 100)
    assert np.log(alone.high[0] / alone.ratio[0]) == pytest.approx(reach, rel=1e-5)


def test_two_chances_to_fail_are_no_lift() -> None:
    found = lift([[4, 4]], [[40, 40]], [[20, 20]], [[200, 200]])
    assert found.ratio[0] == pytest.approx(1.0)
    assert found.p[0] > 0.9


def test_pairs_are_tested_from_twenty_on_and_adjusted_together() -> None:
    found = lift(
        [[9, 8], [9, 8], [1, 2], [0, 0]], [[20, 20], [19, 19], [20, 20], [20, 20]],
        [[2, 3], [2, 3], [5, 6], [0, 0]], [[60, 60]] * 4,
    )  # fmt: skip
    said, adjusted = judge(found, [20, 19, 20, 20])
    assert said.tolist() == ["associated", "too_little_data", "not_established", "too_little_data"]
    np.testing.assert_allclose(
        adjusted, benjamini_hochberg([found.p[0], np.nan, found.p[2], np.nan])
    )


def test_no_pairs_are_no_answer() -> None:
    nothing = np.zeros((0, 2))
    assert lift(nothing, nothing, nothing, nothing).p.size == 0


EVENTS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40), st.booleans()), max_size=30).map(
    lambda rows: sorted(rows, key=lambda row: row[1])
)


@settings(max_examples=150, deadline=None)
@given(EVENTS, st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=6))
def test_neighbours_agree_with_a_look_at_every_pair(
    events: list[tuple[int, int, bool]], links: list[tuple[int, int]]
) -> None:
    links = [(a, b) for a, b in links if max(a, b) < len(events)]
    owner, at, blamed = ([row[i] for row in events] for i in range(3))
    found = near_events(owner, at, blamed, ([a for a, _ in links], [b for _, b in links]),
                        service_count=4, reach=3)  # fmt: skip
    for one, other in product(range(4), repeat=2):
        near = failed = alone = 0
        for i, row in enumerate(events):
            close = [j for j, two in enumerate(events)
                     if two[0] == other and abs(two[1] - row[1]) <= 3]  # fmt: skip
            if one == other or row[0] != one or not close:
                continue
            near += 1
            alone += row[2]
            failed += row[2] or any((i, j) in links for j in close)
        assert found.near[one, other] == near
        assert found.failed[one, other] == failed
        assert found.blamed[one, other] == alone


def test_where_too_many_are_near_each_other_the_latest_are_counted() -> None:
    exposed = np.array([0.0, 10.0, 20.0, 90_000.0, 90_010.0])
    # Looking at itself and its neighbours, each of the first three sees 3 and each of the rest 2.
    assert [first_counted(exposed, most=most) for most in (13, 12, 4, 3)] == [0, 1, 3, 4]
    events = pl.DataFrame(
        {
            "service_id": ["a", "b"] * 8,
            "exposed_seconds": [
                float(hour * 86_400 + side) for hour in range(8) for side in (0, 60)
            ],
            "is_blamed": [False] * 16,
            "shared_with": [[]] * 15 + [[1, 14]],
        },
        schema_overrides={"shared_with": pl.List(pl.Int64)},
    )
    whole = codeployment_table(events)
    assert whole["codeployment_count"].to_list() == [8]
    assert whole["counted_from_seconds"].to_list() == [0.0]


def test_a_cut_counts_the_same_as_if_nothing_had_been_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = pl.DataFrame(
        {
            "service_id": ["a", "b"] * 8,
            "exposed_seconds": [
                float(hour * 86_400 + side) for hour in range(8) for side in (0, 60)
            ],
            "is_blamed": [False, True] * 8,
            "shared_with": [[], [0]] * 8,
        },
        schema_overrides={"shared_with": pl.List(pl.Int64)},
    )
    monkeypatch.setattr("transforms.statistics.codeployment_table.MOST_NEAR", 24)
    cut = codeployment_table(events)
    assert cut["codeployment_count"].to_list() == [6]
    assert cut["counted_from_seconds"].to_list() == [2 * 86_400.0]
