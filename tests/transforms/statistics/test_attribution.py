"""Which deployment caused it: shares that sum to 1, parameters that are found again."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.statistics.attribution import (
    Estate,
    attribute,
    background_per_week,
    fit_attribution,
    multipliers,
)
from transforms.statistics.attribution_frames import Frames, fit_of_rows, rows_of_fit
from transforms.statistics.attribution_model import batch_bin, profile_bin
from transforms.statistics.candidates import (
    HOUR,
    Candidates,
    ChangeEvents,
    Incidents,
    Reach,
    find_candidates,
)
from transforms.statistics.decay import first_guess, share_within, smoothed
from transforms.statistics.fixed_weights import attribute_by_fixed_weights, scores

DAY = 24 * HOUR
SERVICES, DAYS = 40, 365


def draw_estate(
    seed: int,
    *,
    caused_share: float = 0.06,
    delay_seconds: float = HOUR,
    upstream_share: float = 0.0,
    background_per_day: float = 0.02,
) -> tuple[Estate, np.ndarray]:
    """Return an estate of exponential delays, and each incident's true cause (-1: none).

    Service s depends on s - 1; batches of 16 and more cause incidents three times as often.
    """
    rng = np.random.default_rng(seed)
    count = SERVICES * DAYS
    service = np.repeat(np.arange(SERVICES), DAYS)
    started = rng.uniform(0, DAYS * DAY, count)
    batch = rng.choice([1.0, 20.0], count)
    fails = rng.random(count) < caused_share * np.where(batch > 16, 1.5, 0.5)
    cause = np.flatnonzero(fails)
    at = started[cause] + 600 + rng.exponential(delay_seconds, len(cause))
    moved = (rng.random(len(cause)) < upstream_share) & (service[cause] < SERVICES - 1)
    place = service[cause] + moved
    rest = rng.poisson(SERVICES * DAYS * background_per_day)
    impact = np.concatenate((at, rng.uniform(0, DAYS * DAY, rest)))
    incidents = Incidents(
        impact_at=impact,
        incident=np.arange(len(impact)),
        service=np.concatenate((place, rng.integers(0, SERVICES, rest))),
    )
    events = ChangeEvents(
        service, np.zeros(count, np.int64), started, started + 600, started + 600, batch
    )
    steps = [(s, s - hops, hops) for s in range(SERVICES) for hops in range(3) if s - hops >= 0]
    reach = Reach(*(np.array(column, np.int64) for column in zip(*steps, strict=True)))
    candidates = find_candidates(incidents, events, reach)
    tier = np.arange(SERVICES, dtype=np.int64) % 3
    estate = Estate(incidents, events, reach, candidates, tier, (0.0, DAYS * DAY))
    return estate, np.concatenate((cause, np.full(rest, -1)))


@pytest.fixture(scope="module")
def planted() -> tuple[Estate, np.ndarray]:
    return draw_estate(1, upstream_share=0.25)


def test_the_fit_finds_again_what_was_planted(planted: tuple[Estate, np.ndarray]) -> None:
    estate, cause = planted
    fit = fit_attribution(estate)
    assert fit.has_converged
    assert fit.log_likelihood > fit.null_log_likelihood
    assert share_within(fit.decay[0], np.array([HOUR * np.log(2)]))[0] == pytest.approx(
        0.5, abs=0.06
    )
    one, twenty = batch_bin(np.array([1.0, 20.0]))
    assert fit.batch[twenty] / fit.batch[one] == pytest.approx(3, rel=0.25)
    assert fit.hops[1] == pytest.approx(1 / 3, abs=0.08)
    assert fit.hops[2] < 0.05
    drawn = np.sum(cause < 0) / (SERVICES * DAYS)
    assert fit.background.mean() * DAY == pytest.approx(drawn, rel=0.15)
    found = attribute(fit, estate)
    assert found.none_probability.sum() == pytest.approx(np.sum(cause < 0), rel=0.12)


def test_probabilities_are_frequencies(planted: tuple[Estate, np.ndarray]) -> None:
    estate, cause = planted
    found = attribute(fit_attribution(estate), estate)
    is_cause = estate.candidates.event == cause[estate.candidates.incident]
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        rows = (found.probability >= low) & (found.probability < low + 0.2)
        assert is_cause[rows].mean() == pytest.approx(found.probability[rows].mean(), abs=0.1)


def test_of_incidents_that_no_change_causes_few_are_attributed() -> None:
    estate, _ = draw_estate(2, caused_share=0.0, background_per_day=0.06)
    found = attribute(fit_attribution(estate), estate)
    assert found.none_probability.mean() > 0.9
    assert np.mean(found.probability >= 0.5) < 0.001


def test_a_sample_of_the_incidents_leads_to_the_same_model_as_all(
    planted: tuple[Estate, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    estate, _ = planted
    whole = attribute(fit_attribution(estate), estate)
    monkeypatch.setattr("transforms.statistics.attribution._SAMPLE", 400)
    sampled = attribute(fit_attribution(estate), estate)
    assert sampled.none_probability == pytest.approx(whole.none_probability, abs=0.15)
    assert sampled.none_probability.mean() == pytest.approx(whole.none_probability.mean(), abs=0.02)


def test_shares_sum_to_one_and_nothing_depends_on_the_order_of_events(
    planted: tuple[Estate, np.ndarray],
) -> None:
    estate, _ = planted
    found = attribute(fit_attribution(estate), estate)
    total = found.none_probability + np.bincount(
        estate.candidates.incident, found.probability, minlength=estate.incidents.count
    )
    assert total == pytest.approx(1.0)
    shuffled = np.random.default_rng(3).permutation(len(estate.events.service))
    events = ChangeEvents(*(column[shuffled] for column in vars(estate.events).values()))
    candidates = find_candidates(estate.incidents, events, estate.reach)
    other = replace(estate, events=events, candidates=candidates)
    again = attribute(fit_attribution(other), other)
    assert again.none_probability == pytest.approx(found.none_probability, rel=1e-6)


def test_an_incident_is_judged_by_what_the_others_say(
    planted: tuple[Estate, np.ndarray],
) -> None:
    estate, _ = planted
    fit = fit_attribution(estate)
    alone = replace(fit, own=replace(fit.own, decay=np.ones_like(fit.own.decay)))
    usual, doubted = attribute(fit, estate), attribute(alone, estate)
    assert doubted.none_probability.mean() > usual.none_probability.mean()


def test_a_mark_that_only_causes_carry_raises_their_probability(
    planted: tuple[Estate, np.ndarray],
) -> None:
    estate, cause = planted
    rng = np.random.default_rng(5)
    is_cause = estate.candidates.event == cause[estate.candidates.incident]
    mark = np.where(is_cause, rng.random(len(is_cause)) < 0.8, rng.random(len(is_cause)) < 0.1)
    known = np.where(rng.random(len(mark)) < 0.5, mark.astype(float), np.nan)
    marked = replace(estate, marks={"new_signature": known})
    fit = fit_attribution(marked)
    caused, other = fit.marks["new_signature"]
    assert caused == pytest.approx(0.8, abs=0.08)
    assert other == pytest.approx(0.1, abs=0.03)
    without = attribute(fit_attribution(estate), estate)
    with_mark = attribute(fit, marked)
    seen = is_cause & (known == 1)
    assert with_mark.probability[seen].mean() > without.probability[seen].mean()


def test_each_type_of_change_event_has_a_rate_and_a_decay_of_its_own() -> None:
    estate, _ = draw_estate(7, delay_seconds=HOUR)
    flags, _ = draw_estate(8, delay_seconds=20 * HOUR, caused_share=0.02)
    shift = estate.incidents.count
    events = ChangeEvents(
        *(
            np.concatenate((getattr(estate.events, name), getattr(flags.events, name)))
            for name in ("service", "type", "started_at", "exposed_at", "finished_at", "batch")
        )
    )
    kinds = np.repeat([0, 1], [len(estate.events.service), len(flags.events.service)])
    events = replace(events, type=kinds)
    incidents = Incidents(
        np.concatenate((estate.incidents.impact_at, flags.incidents.impact_at)),
        np.concatenate((estate.incidents.incident, flags.incidents.incident + shift)),
        np.concatenate((estate.incidents.service, flags.incidents.service)),
    )
    candidates = find_candidates(incidents, events, estate.reach)
    both = replace(estate, incidents=incidents, events=events, candidates=candidates)
    fit = fit_attribution(both)
    within = [share_within(decay, np.array([4 * HOUR]))[0] for decay in fit.decay]
    assert within[0] > 0.85
    assert within[1] < 0.55
    assert fit.per_event[0] > 2 * fit.per_event[1]


def test_a_fit_survives_being_written_as_rows(planted: tuple[Estate, np.ndarray]) -> None:
    estate, _ = planted
    fit = fit_attribution(estate)
    services = pl.DataFrame({"service_id": [f"s{n:02d}" for n in range(SERVICES)]})
    nothing = pl.DataFrame()
    frames = Frames(services, nothing, nothing, nothing, nothing, ("deployment",), (0.0, 1.0))
    rows = rows_of_fit(fit, frames)
    again = fit_of_rows(rows)
    assert again is not None
    assert attribute(again, estate).probability == pytest.approx(attribute(fit, estate).probability)
    assert rows.filter(pl.col("part") == "background")["level"].to_list()[0] == "s00"
    assert fit_of_rows(rows_of_fit(None, frames)) is None


def test_background_and_multipliers_say_what_a_rate_is_made_of(
    planted: tuple[Estate, np.ndarray],
) -> None:
    estate, _ = planted
    fit = fit_attribution(estate)
    made_of = multipliers(fit, estate)
    assert set(made_of) == {"decay", "distance", "batch", "service"}
    assert set(np.unique(made_of["distance"])) <= set(fit.hops)
    assert background_per_week(fit, estate).mean() == pytest.approx(7 * 0.02, rel=0.2)


def _pair(minutes: list[float], hops: list[int]) -> Candidates:
    count = len(minutes)
    return Candidates(
        incident=np.zeros(count, np.int64),
        event=np.arange(count),
        hops=np.array(hops, np.int64),
        seconds_before=np.array(minutes) * 60,
        is_in_flight=np.zeros(count, np.bool_),
    )


def test_fixed_weights_give_the_published_numbers() -> None:
    pair = _pair([12, 50], [0, 1])
    new, overlap = np.array([1.0, 0.0]), np.array([1.0, 1.0])
    score = scores(pair, new_signature=new, region_overlap=overlap)
    assert score == pytest.approx([0.927, 0.449], abs=5e-4)
    found = attribute_by_fixed_weights(pair, 1, new_signature=new, region_overlap=overlap)
    assert found.probability == pytest.approx([0.570, 0.276], abs=5e-4)
    assert found.none_probability == pytest.approx([0.154], abs=5e-4)


def test_fixed_weights_earn_nothing_for_what_is_unknown() -> None:
    pair = _pair([12], [0])
    unknown = np.array([np.nan])
    assert scores(pair, new_signature=unknown, region_overlap=unknown) == pytest.approx(
        scores(pair)
    )


@settings(max_examples=50)
@given(
    minutes=st.lists(st.floats(0, 72 * 60), max_size=12),
    hops=st.lists(st.integers(0, 2), min_size=12, max_size=12),
)
def test_fixed_weights_sum_to_one_and_favour_the_nearer(
    minutes: list[float], hops: list[int]
) -> None:
    pair = _pair(minutes, hops[: len(minutes)])
    found = attribute_by_fixed_weights(pair, 1)
    assert found.probability.sum() + found.none_probability[0] == pytest.approx(1.0)
    same = np.flatnonzero(pair.hops == 0)
    order = same[np.argsort(pair.seconds_before[same])]
    assert np.all(np.diff(found.probability[order]) <= 1e-12)


@given(counts=st.lists(st.floats(0, 50), min_size=241, max_size=241))
def test_a_decay_is_a_distribution(counts: list[float]) -> None:
    decay, own = smoothed(np.array(counts))
    assert decay.sum() == pytest.approx(1.0)
    assert np.all(decay >= 0)
    assert np.all((own >= 0) & (own <= 1))
    shown = share_within(decay, np.linspace(-1, 72 * HOUR, 100))
    assert np.all(np.diff(shown) >= -1e-12)
    assert shown[0] == 0
    assert shown[-1] == pytest.approx(1.0)


def test_before_anything_is_known_most_trouble_shows_within_hours() -> None:
    shown = share_within(first_guess(), np.array([HOUR, 6 * HOUR]))
    assert 0.5 < shown[0] < 0.7
    assert shown[1] > 0.85


def test_hours_of_the_week_and_batches_fall_into_their_bins() -> None:
    thursday = 0.0
    assert profile_bin(np.array([thursday, thursday + 5 * HOUR])).tolist() == [0, 5]
    assert profile_bin(np.array([thursday + 2 * DAY + HOUR])).tolist() == [25]
    assert batch_bin(np.array([np.nan, 0, 1, 2, 3, 4, 64, 1000])).tolist() == [
        0,
        1,
        2,
        3,
        3,
        4,
        8,
        8,
    ]
