"""Change points: against PELT of ruptures and every possible partition."""

import itertools
from functools import cache

import numpy as np
import pytest
import ruptures
from ruptures.base import BaseCost
from scipy import stats

from transforms.statistics.change_points import (
    LEAST_SEGMENT,
    Law,
    find_changes,
    normal_scores,
    penalties,
)


class Likelihood(BaseCost):  # type: ignore[misc]
    """Minus twice the log likelihood of a level segment, from the density itself."""

    model = "likelihood"
    min_size = LEAST_SEGMENT

    def __init__(self, values: np.ndarray, units: np.ndarray, law: Law, scale: float) -> None:
        self.values, self.units, self.law, self.scale = values, units, law, scale

    def fit(self, signal: np.ndarray) -> "Likelihood":
        self.signal = signal
        return self

    def error(self, start: int, end: int) -> float:
        values, units = self.values[start:end], self.units[start:end]
        level = values.sum() / units.sum()
        if self.law == "poisson":
            likelihood = stats.poisson.logpmf(values, level * units)
        elif self.law == "binomial":
            likelihood = stats.binom.logpmf(values, units, level)
        else:
            likelihood = stats.norm.logpdf(values, level)
        return float(-2 * likelihood.sum() / self.scale)


def _case(law: Law, seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    level = np.where(np.arange(n) < n // 3, 1.0, np.where(np.arange(n) < 2 * n // 3, 2.2, 0.8))
    if law == "poisson":
        units = random.integers(3, 8, n).astype(float)
        return random.poisson(2 * level * units).astype(float), units
    if law == "binomial":
        units = random.integers(8, 40, n).astype(float)
        return random.binomial(units.astype(int), 0.2 * level).astype(float), units
    return level * random.lognormal(0, 0.4, n), np.ones(n)


def _scale(values: np.ndarray, units: np.ndarray, law: Law) -> float:
    level = values.sum() / units.sum()
    if law == "ranks":
        return float((values**2).mean())
    spread = level * units * (1 - level if law == "binomial" else 1)
    return float(max(1.0, ((values - level * units) ** 2 / spread).sum() / (len(values) - 1)))


@pytest.mark.parametrize("law", ["poisson", "binomial", "ranks"])
@pytest.mark.parametrize("n", [12, 30, 60])
def test_the_cuts_are_those_of_pelt(law: Law, n: int) -> None:
    found_any = 0
    for seed in range(6):
        values, units = _case(law, seed, n)
        ours = find_changes(values, units, law=law, penalty=6.0).place.tolist()
        counted = normal_scores(values[None, :])[0] if law == "ranks" else values
        cost = Likelihood(counted, units, law, _scale(counted, units, law))
        pelt = ruptures.Pelt(custom_cost=cost, min_size=LEAST_SEGMENT, jump=1).fit(values)
        assert ours == pelt.predict(pen=6.0)[:-1]
        found_any += len(ours)
    assert found_any > 0 or n == 12


def test_no_partition_is_cheaper_than_the_one_found() -> None:
    for seed in range(4):
        values, units = _case("poisson", seed, 18)
        cost = Likelihood(values, units, "poisson", _scale(values, units, "poisson"))
        error = cache(cost.error)

        def price(cuts: tuple[int, ...], error: object = error) -> float:
            edges = [0, *cuts, 18]
            return sum(error(a, b) for a, b in itertools.pairwise(edges)) + 5.0 * len(cuts)  # type: ignore[operator]

        every = [
            cuts
            for count in range(4)
            for cuts in itertools.combinations(range(4, 15), count)
            if all(b - a >= LEAST_SEGMENT for a, b in itertools.pairwise([0, *cuts, 18]))
        ]
        best = min(every, key=price)
        assert tuple(find_changes(values, units, law="poisson", penalty=5.0).place) == best


def test_a_doubling_is_found_with_its_levels_and_the_days_between_which_it_lies() -> None:
    before, after = [10, 9, 11, 10, 10, 9, 12, 10], [20, 21, 19, 20, 22, 18, 20, 20]
    found = find_changes(np.array([*before, *after], float), np.full(16, 7.0), law="poisson")
    assert found.place.tolist() == [8]
    assert found.before[0] == pytest.approx(sum(before) / 56)
    assert found.after[0] == pytest.approx(sum(after) / 56)
    assert found.earliest[0] <= 8 <= found.latest[0]
    assert found.latest[0] - found.earliest[0] <= 3


def test_a_batch_gives_what_each_series_gives_alone_whatever_their_lengths() -> None:
    rows = [_case("ranks", seed, n)[0] for seed, n in enumerate((60, 12, 30, 11, 45))]
    matrix = np.full((5, 60), np.nan)
    for number, row in enumerate(rows):
        matrix[number, : len(row)] = row
    found = find_changes(matrix, law="ranks")
    for number, row in enumerate(rows):
        alone = find_changes(row, law="ranks")
        mine = found.series == number
        assert found.place[mine].tolist() == alone.place.tolist()
        np.testing.assert_allclose(found.before[mine], alone.before)
        assert found.latest[mine].tolist() == alone.latest.tolist()
    assert 0 in found.series


def test_eleven_points_and_a_constant_series_have_no_change() -> None:
    assert find_changes(np.r_[np.ones(5), np.full(6, 99.0)], law="poisson").place.size == 0
    assert find_changes(np.ones(30), law="ranks").place.size == 0
    assert find_changes(np.zeros(30), np.full(30, 7.0), law="poisson").place.size == 0
    assert find_changes(np.zeros(30), np.full(30, 7.0), law="binomial").place.size == 0
    assert np.isinf(penalties(11, law="ranks"))
