"""How often change points are found where there are none, and where there is one."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr

from transforms.statistics.change_points import Law, find_changes
from transforms.statistics.simulations.settings import Settings, generator
from transforms.statistics.trends import find_trends

Floats = NDArray[np.float64]
Sample = tuple[Floats, Floats | None]

STATIONARY_LENGTHS = (12, 20, 26, 52, 104)
WEEKS_BEFORE = 26
WEEKS_AFTER = (4, 6, 8, 13, 26)
TREND_LENGTHS = (12, 26, 52)
MEMORY = 0.3


@dataclass(frozen=True)
class Process:
    """A weekly series: its law, and how to draw it given the level of every cell."""

    name: str
    law: Law
    draw: Callable[[np.random.Generator, Floats], Sample]


@dataclass(frozen=True)
class Detection:
    """Of series whose level doubles: how many are found, and how well the week is known."""

    found: float
    exact: float
    held: float
    width: float


def remembering(random: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Return standard normal noise in which each week remembers 0.3 of the week before."""
    noise = random.standard_normal(shape)
    for week in range(1, shape[1]):
        noise[:, week] = MEMORY * noise[:, week - 1] + (1 - MEMORY**2) ** 0.5 * noise[:, week]
    return noise


def _counts(mean: float) -> Callable[[np.random.Generator, Floats], Sample]:
    return lambda random, level: (random.poisson(mean * level).astype(float), None)


def _wide_counts(mean: float) -> Callable[[np.random.Generator, Floats], Sample]:
    def draw(random: np.random.Generator, level: Floats) -> Sample:
        rates = mean * level * random.gamma(4.0, 0.25, level.shape)
        return random.poisson(rates).astype(float), None

    return draw


def _remembering_counts(mean: float) -> Callable[[np.random.Generator, Floats], Sample]:
    def draw(random: np.random.Generator, level: Floats) -> Sample:
        rates = mean * level * np.exp(0.4 * remembering(random, level.shape) - 0.08)
        return random.poisson(rates).astype(float), None

    return draw


def _shares(rate: float) -> Callable[[np.random.Generator, Floats], Sample]:
    def draw(random: np.random.Generator, level: Floats) -> Sample:
        units = np.maximum(random.poisson(30.0, level.shape), 1)
        return random.binomial(units, rate * level).astype(float), units.astype(float)

    return draw


def _wide_shares(
    rate: float, *, remembers: bool
) -> Callable[[np.random.Generator, Floats], Sample]:
    def draw(random: np.random.Generator, level: Floats) -> Sample:
        units = np.maximum(random.poisson(30.0, level.shape), 1)
        place = remembering(random, level.shape) if remembers else random.normal(size=level.shape)
        rates = betaincinv(15 * rate * level, 15 * (1 - rate * level), ndtr(place))
        return random.binomial(units, rates).astype(float), units.astype(float)

    return draw


def _times(spread: float, *, remembers: bool) -> Callable[[np.random.Generator, Floats], Sample]:
    def draw(random: np.random.Generator, level: Floats) -> Sample:
        noise = remembering(random, level.shape) if remembers else random.normal(size=level.shape)
        return level * np.exp(spread * noise), None

    return draw


PROCESSES = (
    Process("Poisson, 3 a week", "poisson", _counts(3.0)),
    Process("Poisson, 20 a week", "poisson", _counts(20.0)),
    Process("over-dispersed counts, 10 a week", "poisson", _wide_counts(10.0)),
    Process("AR(1) 0.3 counts, 10 a week", "poisson", _remembering_counts(10.0)),
    Process("binomial, 10 % of 30", "binomial", _shares(0.1)),
    Process("over-dispersed shares, 15 % of 30", "binomial", _wide_shares(0.15, remembers=False)),
    Process("AR(1) 0.3 shares, 15 % of 30", "binomial", _wide_shares(0.15, remembers=True)),
    Process("lognormal times, sigma 0.4", "ranks", _times(0.4, remembers=False)),
    Process("lognormal times, sigma 0.8", "ranks", _times(0.8, remembers=False)),
    Process("AR(1) 0.3 lognormal times, sigma 0.8", "ranks", _times(0.8, remembers=True)),
)


def false_alarms(settings: Settings, process: Process, weeks: int) -> float:
    """Return the share of series without any change that are given at least one."""
    random = generator(settings, "stationary", process.name, weeks)
    values, units = process.draw(random, np.ones((settings.series, weeks)))
    found = find_changes(values, units, law=process.law)
    return np.unique(found.series).size / settings.series


def detection(settings: Settings, process: Process, after: int) -> Detection:
    """Return what is found of a doubling after 26 weeks, when so many weeks have passed since."""
    random = generator(settings, "doubling", process.name, after)
    level = np.ones((settings.series, WEEKS_BEFORE + after))
    level[:, WEEKS_BEFORE:] = 2.0
    values, units = process.draw(random, level)
    found = find_changes(values, units, law=process.law)
    if found.series.size == 0:
        return Detection(found=0.0, exact=float("nan"), held=float("nan"), width=float("nan"))
    held = (found.earliest <= WEEKS_BEFORE) & (found.latest >= WEEKS_BEFORE)
    return Detection(
        found=np.unique(found.series).size / settings.series,
        exact=float((found.place == WEEKS_BEFORE).mean()),
        held=float(held.mean()),
        width=float((found.latest - found.earliest + 1).mean()),
    )


def trend_findings(settings: Settings, weeks: int, *, rise: float, remembers: bool) -> float:
    """Return the share of series with p below 0.05; they rise by this share of sigma a week."""
    random = generator(settings, "trend", weeks, rise, remembers)
    shape = (settings.series, weeks)
    noise = remembering(random, shape) if remembers else random.standard_normal(shape)
    times = np.broadcast_to(np.arange(weeks, dtype=float), shape)
    return float((find_trends(times, noise + rise * times).p_value < 0.05).mean())
