"""Ratios and attributable fractions: the example, scipy, a minute-by-minute count, simulations."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from transforms.statistics.causation import (
    Fraction,
    Ratio,
    attributable_fraction,
    pooled_fraction,
    pooled_rate_ratio,
    rate_ratio,
    statements,
)
from transforms.statistics.exposure import (
    DAY,
    HOUR,
    WEEK,
    Watched,
    Weekly,
    Windows,
    exposure_windows,
    weekly_counts,
)
from transforms.statistics.shifts import shift_test
from transforms.statistics.sums import binomial_sum

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
WEEKS = 104


def watched(*weeks: int) -> Watched:
    return Watched(starts=-np.array(weeks, float) * WEEK, ends=np.zeros(len(weeks)))


def test_the_example_of_the_definitions() -> None:
    found = rate_ratio(12, 200, 20, 1960)
    assert (found.ratio[0], found.low[0], found.high[0]) == pytest.approx(
        (5.88, 2.62, 12.63), abs=0.005
    )
    assert found.p[0] == pytest.approx(1.5e-5, abs=5e-7)
    assert 1 - 1 / found.ratio[0] == pytest.approx(0.83, abs=0.005)


def test_the_excess_of_the_example() -> None:
    # One week of 2,160 hours' worth: 12 incidents in 200 hours, 20 in the other 1,960.
    weekly = Weekly(*(np.array([[one]], float) for one in (12, 200 * HOUR, 20, 1960 * HOUR)))
    found = attributable_fraction(weekly, _ratio_of(weekly), generator=np.random.default_rng(1))
    assert found.excess[0] == pytest.approx(9.96, abs=0.005)
    assert found.fraction[0] == pytest.approx(9.96 / 32, abs=0.0005)
    assert 0 < found.low[0] < found.fraction[0] < found.high[0]


def test_ratios_without_events_inside_outside_or_at_all() -> None:
    found = rate_ratio([0, 4, 0, 1], [10, 10, 10, 0], [5, 0, 0, 2], [90, 90, 90, 100])
    assert found.ratio[0] == found.low[0] == 0
    assert found.high[0] == pytest.approx((1 - 0.025 ** (1 / 5)) / 0.025 ** (1 / 5) * 9)
    assert np.isinf(found.ratio[1]) and np.isinf(found.high[1]) and found.low[1] > 1
    assert np.isnan(found.ratio[2:]).all() and np.isnan(found.p[2:]).all()


def test_one_service_pooled_is_that_service() -> None:
    alone, pooled = rate_ratio([12], [200], [20], [1960]), _pooled([12], [32], [200 / 2160])
    for name in ("low", "high", "p"):
        assert getattr(pooled, name) == pytest.approx(getattr(alone, name), rel=1e-4)
    assert pooled.ratio == pytest.approx(5.88, rel=1e-4)


def test_a_busy_and_fragile_service_is_no_evidence_where_the_pooled_counts_would_be() -> None:
    # Ten times as many deployments and incidents on one of two services; independent on both.
    inside, total, share = [60, 1], [200, 20], [0.3, 0.03]
    pooled = _pooled(inside, total, share)
    raw = rate_ratio(sum(inside), 0.33, sum(total) - sum(inside), 2 - 0.33)
    assert pooled.low[0] < 1 < pooled.high[0]
    assert raw.low > 1


def _pooled(inside: list[int], total: list[int], share: list[float]) -> Ratio:
    return pooled_rate_ratio(*(np.array(one, float) for one in (inside, total, share)))


def test_the_law_of_a_sum_is_the_convolution_of_its_parts() -> None:
    random = np.random.default_rng(1)
    n, p = random.integers(0, 40, 60), random.random(60) * 0.4
    law = np.ones(1)
    for size, chance in zip(n, p, strict=True):
        law = np.convolve(law, stats.binom(size, chance).pmf(np.arange(size + 1)))
    found = binomial_sum(n.astype(float), p)
    for count in (0, 100, 180, 240, 300, int(n.sum())):
        assert found.at_least(count) == pytest.approx(law[count:].sum(), abs=1e-12)
        assert found.at_most(count) == pytest.approx(law[: count + 1].sum(), abs=1e-12)


def test_what_a_transform_cannot_tell_from_nothing_is_not_told_as_less() -> None:
    law = binomial_sum(np.array([200.0]), np.array([0.01]))
    assert law.at_least(150) == law.as_unlikely(150) == 1e-15
    assert law.at_least(0) == 1.0


MINUTES = st.lists(st.integers(-3 * 7 * 1440 - 200, 200), max_size=25)


@settings(max_examples=60, deadline=None)
@given(changes=MINUTES, incidents=MINUTES, weeks=st.tuples(st.integers(0, 3), st.integers(0, 3)))
def test_windows_agree_with_a_count_of_every_minute(
    changes: list[int], incidents: list[int], weeks: tuple[int, int]
) -> None:
    seen = watched(*weeks)
    at = 60.0 * np.array(changes, float)
    owner = np.arange(at.size) % 2
    moments = 60.0 * np.array(incidents, float) + 30
    whose = np.arange(moments.size) % 2
    windows = exposure_windows(owner, at, watched=seen)
    weekly = weekly_counts(windows, whose, moments)
    for one in (0, 1):
        minute = np.arange(-weeks[one] * 7 * 1440, 0)
        is_exposed = np.zeros(minute.size, bool)
        for start in at[owner == one] / 60:
            is_exposed |= (minute >= start) & (minute < start + 120)
        assert weekly.inside_seconds[one].sum() == pytest.approx(60 * is_exposed.sum())
        by_week = is_exposed.reshape(weeks[one], 7 * 1440).sum(axis=1)
        assert weekly.inside_seconds[one, seen.longest - weeks[one] :] == pytest.approx(
            60 * by_week
        )
        mine = np.floor(moments[whose == one] / 60).astype(int)
        mine = mine[(mine >= -weeks[one] * 7 * 1440) & (mine < 0)]
        assert weekly.inside[one].sum() == is_exposed[mine].sum()
        assert weekly.inside[one].sum() + weekly.outside[one].sum() == mine.size
        whole = weekly.inside_seconds[one].sum() + weekly.outside_seconds[one].sum()
        assert whole == pytest.approx(weeks[one] * WEEK)


def test_the_shift_test_counts_every_combination_of_shifts() -> None:
    random = np.random.default_rng(3)
    seen = watched(3)
    deployed = -random.random(9) * 3 * WEEK
    windows = exposure_windows(np.zeros(9, int), deployed, watched=seen, reach=8 * HOUR)
    moments = np.array([-1.2, -2.4, -2.45, -9.3, -9.9, -15.2, -20.01]) * DAY
    day = np.floor(moments / DAY).astype(int) % 7
    observed = windows.has(np.zeros(7, int), moments).sum()
    days = np.unique(day)
    as_many = []
    for shifts in product(range(3), repeat=days.size):
        moved = -3 * WEEK + (moments + 3 * WEEK + np.array(shifts)[np.searchsorted(days, day)]
                             * WEEK) % (3 * WEEK)  # fmt: skip
        as_many.append(windows.has(np.zeros(7, int), moved).sum() >= observed)
    found = shift_test(windows, np.zeros(7, int), moments)
    assert found.p[0] == pytest.approx(np.mean(as_many))
    assert found.pooled_p == pytest.approx(np.mean(as_many))
    assert found.shifts[0] == pytest.approx(3**7)


def test_the_pooled_shift_test_is_the_sum_over_services() -> None:
    random = np.random.default_rng(4)
    seen = watched(6, 9, 0)
    owner, whose = random.integers(0, 2, 60), random.integers(0, 2, 40)
    windows = exposure_windows(owner, -random.random(60) * 9 * WEEK, watched=seen)
    moments = -random.random(40) * 6 * WEEK
    draws = np.zeros(4000, int)
    days = np.floor(moments / DAY).astype(int) % 7
    start = -seen.weeks[whose] * WEEK
    for draw in range(draws.size):
        shift = np.stack([random.integers(0, weeks, 7) for weeks in (6, 9)])[whose, days]
        moved = start + (moments - start + shift * WEEK) % (seen.weeks[whose] * WEEK)
        draws[draw] = windows.has(whose, moved).sum()
    drawn = (draws >= windows.has(whose, moments).sum()).mean()
    assert shift_test(windows, whose, moments).pooled_p == pytest.approx(drawn, abs=0.03)


def test_a_habit_of_deploying_at_the_hours_of_incidents_is_not_evidence() -> None:
    # Both only ever between 10:00 and 12:00 on working days: the plain ratio cries wolf.
    random = np.random.default_rng(5)
    services = 40
    deployed, moments = (
        [(-(random.integers(0, WEEKS, size) + 1) * WEEK + random.integers(0, 5, size) * DAY
          + (10 + 2 * random.random(size)) * HOUR) for _ in range(services)]
        for size in (100, 60)
    )  # fmt: skip
    windows = exposure_windows(
        np.repeat(np.arange(services), 100), np.concatenate(deployed),
        watched=watched(*[WEEKS] * services),
    )  # fmt: skip
    whose, at = np.repeat(np.arange(services), 60), np.concatenate(moments)
    weekly = weekly_counts(windows, whose, at)
    plain = _ratio_of(weekly)
    shifted = shift_test(windows, whose, at)
    assert (plain.p < 0.05).mean() > 0.9
    assert (shifted.p < 0.05).mean() < 0.15
    said, _ = statements([60] * services, [100] * services, shifted.p, [1.0] * services)
    assert (said == "evidence").sum() <= 2


def _ratio_of(weekly: Weekly) -> Ratio:
    names = ("inside", "inside_seconds", "outside", "outside_seconds")
    return rate_ratio(*(getattr(weekly, name).sum(axis=1) for name in names))


def simulated(seeds: int, *, caused: float, independent: float) -> tuple[Windows, Integers, Floats]:
    """Return `seeds` estates of one service, two years, three deployments a week, as services."""
    deployed, owner, moments, whose = [], [], [], []
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        span = WEEKS * WEEK
        at = -random.random(random.poisson(3 * WEEKS)) * span
        alone = -random.random(random.poisson(independent * WEEKS)) * span
        bad = at[random.random(at.size) < caused]
        after = bad + random.lognormal(np.log(40 * 60), 0.8, bad.size)
        deployed.append(at)
        owner.append(np.full(at.size, seed))
        moments.append(np.concatenate([alone, after]))
        whose.append(np.full(moments[-1].size, seed))
    windows = exposure_windows(
        np.concatenate(owner), np.concatenate(deployed), watched=watched(*[WEEKS] * seeds)
    )
    return windows, np.concatenate(whose), np.concatenate(moments)


def judged(windows: Windows, whose: Integers, moments: Floats) -> tuple[Fraction, Floats]:
    weekly = weekly_counts(windows, whose, moments)
    fraction = attributable_fraction(weekly, _ratio_of(weekly), generator=np.random.default_rng(1))
    return fraction, shift_test(windows, whose, moments).p


def test_without_causation_the_interval_covers_0_on_at_least_93_of_100_seeds() -> None:
    fraction, p = judged(*simulated(100, caused=0.0, independent=1.0))
    assert (fraction.low <= 0).sum() >= 93
    assert (fraction.high > 0).all()
    assert (p <= 0.05).mean() <= 0.09


@pytest.mark.parametrize(("caused", "least"), [(0.05, 90), (0.15, 100)])
def test_planted_causes_are_found_and_their_share_is_held(caused: float, least: int) -> None:
    fraction, p = judged(*simulated(100, caused=caused, independent=0.5))
    assert (fraction.low > 0).sum() >= least
    assert (p <= 0.05).sum() >= least
    # What falls within two hours of the deployment is what a window can see.
    within = stats.lognorm(0.8, scale=40 * 60).cdf(7200)
    planted = 3 * caused * within / (3 * caused + 0.5)
    assert fraction.fraction.mean() == pytest.approx(planted, rel=0.15)
    assert ((fraction.low <= planted) & (planted <= fraction.high)).sum() >= 90


def test_the_whole_of_many_independent_services_covers_0_on_at_least_93_of_100_seeds() -> None:
    covered = 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        deployed, happened = random.integers(20, 400, 12), random.integers(2, 60, 12)
        at, moments = (-random.random(size.sum()) * 52 * WEEK for size in (deployed, happened))
        owner, whose = (np.repeat(np.arange(12), size) for size in (deployed, happened))
        windows = exposure_windows(owner, at, watched=watched(*[52] * 12))
        weekly = weekly_counts(windows, whose, moments)
        inside = weekly.inside.sum(axis=1)
        exposed = weekly.inside_seconds.sum(axis=1)
        ratio = pooled_rate_ratio(inside, happened.astype(float), exposed / (52 * WEEK))
        found = pooled_fraction(weekly, ratio, generator=random, resamples=400)
        covered += bool(found.low[0] <= 0)
        assert found.low[0] <= found.fraction[0] <= found.high[0]
    assert covered >= 93


def test_no_incident_inside_leaves_the_upper_end_open() -> None:
    windows = exposure_windows([0] * 20, -np.arange(1, 21) * WEEK, watched=watched(30))
    weekly = weekly_counts(windows, [0] * 6, -np.arange(1, 7) * WEEK + DAY)
    found = attributable_fraction(weekly, _ratio_of(weekly), generator=np.random.default_rng(1))
    assert found.fraction[0] == found.low[0] == 0
    assert 0.2 < found.high[0] < 0.5
    assert found.excess[0] < 0


def test_what_may_be_said_needs_data_a_test_and_an_interval() -> None:
    said, adjusted = statements(
        [5, 4, 50, 50, 50], [20, 900, 19, 30, 30], [0.001, 0.001, 0.001, 0.02, 0.9],
        [0.1, 0.1, 0.1, 0.0, 0.1],
    )  # fmt: skip
    assert said.tolist() == ["evidence", "too_little_data", "too_little_data", "no_evidence",
                             "no_evidence"]  # fmt: skip
    np.testing.assert_allclose(adjusted, [0.003, np.nan, np.nan, 0.03, 0.9])


def test_a_service_is_watched_until_its_own_end() -> None:
    seen = Watched(starts=np.array([-3, -2.0]) * WEEK, ends=np.array([-1, 0.0]) * WEEK)
    at = -WEEK + np.array([-HOUR, -HOUR, HOUR, HOUR])
    windows = exposure_windows([0, 1, 0, 1], at, watched=seen)
    weekly = weekly_counts(windows, [0, 1, 0, 1], at + 60)
    assert (weekly.inside_seconds / HOUR).tolist() == [[0, 1, 0], [0, 1, 3]]
    assert weekly.outside_seconds.sum(axis=1).tolist() == [2 * WEEK - HOUR, 2 * WEEK - 4 * HOUR]
    assert (weekly.inside + weekly.outside).tolist() == [[0, 1, 0], [0, 1, 1]]


def test_nothing_at_all_is_too_little() -> None:
    seen = watched(0, 0)
    windows = exposure_windows([], [], watched=seen)
    weekly = weekly_counts(windows, [], [])
    ratio = _ratio_of(weekly)
    found = attributable_fraction(weekly, ratio, generator=np.random.default_rng(1))
    assert np.isnan(found.fraction).all()
    assert np.isnan(shift_test(windows, [], []).p).all()
    assert statements([0, 0], [0, 0], [np.nan] * 2, found.low)[0].tolist() == [
        "too_little_data"
    ] * 2  # fmt: skip
