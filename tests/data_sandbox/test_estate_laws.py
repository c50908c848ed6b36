"""Laws of failures: what is drawn is what the oracle is told."""

from dataclasses import replace

import numpy as np
import pytest

from data.sandbox.estate_arrays import Causes, Known, draw_arrays
from data.sandbox.estate_laws import DELAYS, LONGEST_SECONDS, NO_CAUSATION, FailureLaw
from data.sandbox.estates import SIZES, Size, draw_blocks, write_estate
from data.sandbox.worktime import HOUR

SMALL = Size("small", 40, 180, 60_000, 8_000, 3_000, 0)
EVERY_SECOND = np.arange(-5, LONGEST_SECONDS + 5)


@pytest.mark.parametrize("name", DELAYS)
def test_the_chances_of_all_seconds_sum_to_one(name: str) -> None:
    chance = DELAYS[name].chance(EVERY_SECOND)
    assert chance.sum() == pytest.approx(1.0)
    assert np.all(chance >= 0)
    assert chance[:5].sum() == 0
    assert chance[-4:].sum() == 0


@pytest.mark.parametrize("name", DELAYS)
def test_delays_are_drawn_as_often_as_their_chance_says(name: str) -> None:
    drawn = DELAYS[name].draw(np.random.default_rng(3), 40_000)
    assert drawn.min() >= 0
    assert drawn.max() <= LONGEST_SECONDS
    shown = np.cumsum(DELAYS[name].chance(np.arange(LONGEST_SECONDS + 1)))
    for hours in (0.25, 1, 3, 8, 16, 40):
        until = int(hours * HOUR)
        # Five standard deviations of a share of 40,000.
        assert np.mean(drawn <= until) == pytest.approx(shown[until], abs=0.0125)


def test_a_weibull_below_one_is_likeliest_at_once_and_above_one_later() -> None:
    early, late = (DELAYS[name].chance(EVERY_SECOND) for name in ("Weibull 0.6", "Weibull 1.6"))
    assert int(EVERY_SECOND[np.argmax(early)]) == 0
    assert 1800 < int(EVERY_SECOND[np.argmax(late)]) < 2 * HOUR


def test_the_oracle_is_told_as_many_failures_as_there_are() -> None:
    known, causes = draw_arrays(SMALL, seed=4)
    assert causes.failure.sum() == pytest.approx(np.sum(causes.cause >= 0), rel=0.02)
    assert causes.background.sum() == pytest.approx(np.sum(causes.cause < 0))
    assert np.all(causes.failure[causes.cause[causes.cause >= 0]] > 0)
    assert np.all(causes.failure <= 1)
    caused = np.isin(np.arange(len(causes.failure)), causes.cause)
    likely = causes.failure > np.quantile(causes.failure, 0.9)
    assert caused[likely].mean() == pytest.approx(causes.failure[likely].mean(), rel=0.15)
    assert known.observed[1] - known.observed[0] == SMALL.days * 24 * HOUR


def test_rates_of_the_oracle_are_the_chances_of_what_happened() -> None:
    known, causes = draw_arrays(SMALL, seed=4)
    incident = np.flatnonzero(causes.cause >= 0)
    event = causes.cause[incident]
    delay = (known.impact_at[incident] - known.finished_at[event]).astype(np.int64)
    expected = causes.failure[event] * causes.law.delay.chance(delay)
    assert causes.event_rate(known, incident, event) == pytest.approx(expected)
    assert np.all(expected > 0)
    others = (event + 5_000) % len(causes.failure)
    elsewhere = known.event_service[others] != known.incident_service[incident]
    assert np.all(causes.event_rate(known, incident, others)[elsewhere] == 0)
    seconds = known.observed[1] - known.observed[0]
    assert causes.background_rate(known) == pytest.approx(1_050 / 40 / seconds)


def test_without_causation_nothing_has_a_cause() -> None:
    known, causes = draw_arrays(SMALL, seed=4, law=NO_CAUSATION)
    assert len(known.impact_at) == SMALL.incidents
    assert np.all(causes.cause == -1)
    assert np.all(causes.failure == 0)


def test_failures_show_on_services_that_depend_on_the_failing_one() -> None:
    law = FailureLaw(propagated_ratio=0.3)
    known, causes = draw_arrays(SMALL, seed=4, law=law)
    incident = np.flatnonzero(causes.cause >= 0)
    event = causes.cause[incident]
    own, shown = known.event_service[event], known.incident_service[incident]
    moved = own != shown
    has_dependents = np.isin(own, known.reach_upstream[known.reach_hops == 1])
    assert moved[has_dependents].mean() == pytest.approx(0.3, abs=0.05)
    assert not moved[~has_dependents].any()
    number, other = own[moved] + 1, shown[moved] + 1
    assert np.all((other // 2 == number) | (other // 3 == number))
    assert np.all(causes.event_rate(known, incident, event) > 0)
    here = FailureLaw()
    _, same = draw_arrays(SMALL, seed=4, law=here)
    assert np.array_equal(same.cause, causes.cause)


def _rate_an_hour(known: Known, causes: Causes, at: float) -> float:
    once = replace(known, impact_at=np.array([at]), incident_service=np.array([0]))
    return float(causes.background_rate(once)[0]) * HOUR


def test_background_can_follow_working_hours_and_still_adds_up() -> None:
    known, causes = draw_arrays(SMALL, seed=4, law=FailureLaw(has_working_hours=True))
    anyway = known.impact_at[causes.cause < 0]
    hours = anyway // HOUR % 24
    assert np.mean((hours >= 7) & (hours < 19)) > 0.9
    edges = np.arange(*known.observed, HOUR) + HOUR / 2
    total = sum(_rate_an_hour(known, causes, at) for at in edges)
    assert total == pytest.approx(causes.background[0], rel=0.01)


def test_arrays_are_the_estate_that_is_written() -> None:
    size = replace(SIZES["S"], test_results=0)
    known, causes = draw_arrays(size, seed=2)

    written = write_estate(size, write=lambda *_, **__: None, seed=2)
    truth = written.truths[0]
    begun = truth.impact_started_at <= known.observed[1]
    assert begun.sum() >= size.incidents - 2
    assert np.array_equal(known.impact_at, truth.impact_started_at[begun])
    assert np.array_equal(known.incident_service + 1, truth.service_number[begun])
    assert np.array_equal(causes.cause >= 0, truth.deployment_id[begun] > 0)


def test_batches_count_what_was_not_in_production_before() -> None:
    known, causes = draw_arrays(SMALL, seed=4)
    first = np.isnan(known.batch)
    assert np.array_equal(known.event_service[first], np.unique(known.event_service))
    assert np.all(causes.failure[known.batch == 0] == 0)
    assert np.nanmin(known.batch) == 0
    blocks = list(draw_blocks(SMALL, seed=4))
    live = sum(
        int(np.sum(rows.is_production & rows.is_success))
        for rows in (block.drawn.deployments for block in blocks)
    )
    assert len(known.batch) == live


def test_services_reach_what_they_need_by_the_shortest_way() -> None:
    known, _ = draw_arrays(replace(SMALL, services=12, commits=20_000), seed=4)
    ways = set(
        zip(
            known.reach_service.tolist(),
            known.reach_upstream.tolist(),
            known.reach_hops.tolist(),
            strict=True,
        )
    )
    # Service 12 (place 11) needs 6 and 4; those need 3, 2 and 1.
    assert {way for way in ways if way[0] == 11} == {
        (11, 11, 0),
        (11, 5, 1),
        (11, 3, 1),
        (11, 2, 2),
        (11, 1, 2),
        (11, 0, 2),
    }
    assert {way for way in ways if way[0] == 0} == {(0, 0, 0)}


def test_size_l_is_drawn_block_by_block() -> None:
    block = next(draw_blocks(SIZES["L"]))
    assert len(block.plan.services) == 125
    assert len(block.commits.service) < 0.06 * SIZES["L"].commits
    assert len(block.truth.incident_number) == block.plan.incidents
