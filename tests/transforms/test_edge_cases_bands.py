"""Bands, scores and own history by edge case, from raw pages to published rows."""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from tests.transforms.conftest import build_estate
from tests.transforms.estate import Estate, at
from transforms.published import Published

HOUR, DAY, WEEK = 3600.0, 86400.0, 604800.0
APRIL = date(2026, 4, 1)
EDITIONS = (2021, 2022, 2023, 2024)


def _deploy(
    estate: Estate, service: str, count: int, *, hours: float, first: str = "2026-04-01 12:00"
) -> list[str]:
    """Deploy `count` commits of one lead time, one every 30 hours or as fast as a month allows."""
    step = timedelta(hours=min(30.0, 24.0 * 29 / count))
    deployments = []
    for number in range(count):
        moment = at(first) + number * step
        sha = estate.commit(service, moment - timedelta(hours=hours))
        deployments.append(estate.deploy(service, sha, moment, artifact_digest=sha))
    return deployments


def _service(estate: Estate, name: str, *, parents: str = "2026-01-02 09:00") -> str:
    """Declare a service with a first deployment, so that later changes have a baseline."""
    service = estate.service(name)
    sha = estate.commit(service, at(parents) - timedelta(hours=1))
    estate.deploy(service, sha, at(parents), artifact_digest=f"{name}-0")
    return service


def _fail(estate: Estate, service: str, deployments: Sequence[str]) -> None:
    for number, deployment in enumerate(deployments):
        began = at("2026-04-20 10:00") + timedelta(hours=5 * number)
        estate.incident(service, began, began + timedelta(hours=1), caused_by=deployment)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Return one build in which each case is a service and April is the latest whole month."""
    estate = Estate()
    service = _service(estate, "case-30")
    _fail(estate, service, _deploy(estate, service, 20, hours=2)[:2])
    for name, count, hours in (
        ("half-an-hour-19", 19, 0.5),
        ("half-an-hour-20", 20, 0.5),
        ("three-hours", 20, 3.0),
        ("ten-days", 20, 240.0),
        ("sixty", 60, 2.0),
    ):
        _deploy(estate, _service(estate, name), count, hours=hours)
    _deploy(estate, _service(estate, "asleep"), 12, hours=2, first="2026-02-02 12:00")
    for name, latest in (("faster", 1.0), ("steady", 10.0), ("slower", 40.0)):
        service = _service(estate, name, parents="2025-12-02 09:00")
        for month in ("2026-01", "2026-02", "2026-03"):
            for day, hours in enumerate((8, 9, 9, 10, 10, 10, 10, 10, 11, 11, 12, 14), start=1):
                moment = at(f"{month}-{day:02d} 12:00")
                sha = estate.commit(service, moment - timedelta(hours=hours))
                estate.deploy(service, sha, moment, artifact_digest=sha)
        _deploy(estate, service, 12, hours=latest)
    return build_estate(
        tmp_path_factory.mktemp("bands"), estate, "metric_bands", "metric_baselines"
    )


def _bands(published: Published, metric: str, service: str) -> dict[int, dict[str, Any]]:
    """Return a service's rows of its latest month by edition."""
    frame = published.rows(
        "metric_bands",
        filters={"metric": metric, "scope": "service", "scope_id": service, "grain": "month"},
    )
    return {row["edition"]: row for row in frame.iter_rows(named=True)}


def _baseline(published: Published, metric: str, service: str) -> dict[str, Any]:
    return published.rows(
        "metric_baselines",
        filters={"metric": metric, "scope": "service", "scope_id": service, "grain": "month"},
    ).row(0, named=True)


def test_case_30_two_of_twenty_failed_is_a_range_and_not_a_level(published: Published) -> None:
    found = _bands(published, "change_failure_rate", "case-30")
    z, share, n = 1.959964, 2 / 20, 20
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    for edition in EDITIONS:
        row = found[edition]
        assert (row["value"], row["n"], row["period_start_date"]) == (0.1, 20, APRIL)
        assert row["ci_low"] == pytest.approx(middle - reach)
        assert row["ci_high"] == pytest.approx(middle + reach)
        assert (round(row["ci_low"], 3), round(row["ci_high"], 3)) == (0.028, 0.301)
        assert row["band_state"] == "range"
    assert {edition: found[edition]["band_word"] for edition in EDITIONS} == {
        2021: "elite to low", 2022: "high to low", 2023: "elite to medium", 2024: "elite to low",
    }  # fmt: skip
    assert (found[2024]["band_low"], found[2024]["band_high"]) == ("elite", "low")
    assert (found[2025]["band_word"], found[2025]["score"]) == ("scores_only", pytest.approx(9))


def test_a_level_is_named_from_twenty_on(published: Published) -> None:
    few = _bands(published, "lead_time_for_changes", "half-an-hour-19")
    enough = _bands(published, "lead_time_for_changes", "half-an-hour-20")
    assert (few[2021]["n"], enough[2021]["n"]) == (19, 20)
    for edition, level in ((2021, "elite"), (2022, "high"), (2023, "elite"), (2024, "elite")):
        assert (few[edition]["band_state"], few[edition]["band_word"]) == ("insufficient",) * 2
        assert (few[edition]["band_low"], few[edition]["band_high"]) == (level, level)
        assert (enough[edition]["band_state"], enough[edition]["band_word"]) == ("single", level)


def test_a_level_that_only_a_derived_range_names_says_so(published: Published) -> None:
    found = _bands(published, "lead_time_for_changes", "three-hours")
    assert (found[2021]["band_word"], found[2021]["is_derived"]) == ("high", True)
    assert (found[2023]["band_word"], found[2023]["is_derived"]) == ("elite", False)


def test_levels_that_an_edition_does_not_tell_apart_are_a_range(published: Published) -> None:
    found = _bands(published, "lead_time_for_changes", "ten-days")
    assert found[2023]["n"] == 20
    assert (found[2023]["band_word"], found[2023]["band_state"]) == ("medium to low", "range")
    assert (found[2024]["band_word"], found[2024]["band_state"]) == ("medium", "single")


def test_a_frequency_of_zero_is_measured_and_has_no_level(published: Published) -> None:
    found = _bands(published, "deployment_frequency", "asleep")
    assert (found[2021]["value"], found[2021]["n"], found[2021]["band_low"]) == (0, 0, "low")
    assert {found[edition]["band_word"] for edition in EDITIONS} == {"insufficient"}
    assert (found[2025]["score"], found[2025]["score_low"]) == (0, 0)
    assert 0 < found[2025]["score_high"] < 5


def test_two_deployments_a_day_are_on_demand_by_the_rate_of_covered_days(
    published: Published,
) -> None:
    found = _bands(published, "deployment_frequency", "sixty")
    assert found[2021]["value"] == pytest.approx(60 / 30)
    assert {edition: found[edition]["band_word"] for edition in EDITIONS} == {
        2021: "elite", 2022: "high", 2023: "elite", 2024: "elite",
    }  # fmt: skip


@pytest.mark.parametrize("metric", ["change_failure_rate", "lead_time_for_changes", "rework_rate"])
def test_nothing_to_count_has_neither_level_nor_score(published: Published, metric: str) -> None:
    for row in _bands(published, metric, "asleep").values():
        assert row["band_word"] in ("no_data", "scores_only")
        assert (row["value"], row["score"], row["band_low"], row["is_derived"]) == (None,) * 4


@pytest.mark.parametrize(
    ("service", "metric", "score", "step"),
    [
        ("half-an-hour-20", "lead_time_for_changes", 10 - 0.5, 10),
        ("three-hours", "lead_time_for_changes", 9 - 2 * math.log(3, 24), 8),
        ("ten-days", "lead_time_for_changes", 5 - 2 * math.log(10 / 7, 30.44 / 7), 4),
        ("sixty", "deployment_frequency", 7 + 2 * math.log(2, 24), 8),
        ("case-30", "change_failure_rate", 9.0, None),
        ("sixty", "rework_rate", 10.0, None),
    ],
)
def test_a_score_runs_evenly_between_the_published_steps(
    published: Published, service: str, metric: str, score: float, step: float | None
) -> None:
    row = _bands(published, metric, service)[2025]
    assert row["score"] == pytest.approx(score)
    assert row["score_step"] == step
    assert row["score_low"] <= row["score"] <= row["score_high"]
    if step is not None:
        assert abs(row["score"] - step) <= 1


def test_every_metric_of_the_bands_has_each_edition_once(published: Published) -> None:
    frame = published.rows("metric_bands", filters={"scope": "organisation", "grain": "month"})
    counted = frame.group_by("metric").len().sort("metric")
    assert dict(counted.iter_rows()) == {
        "change_failure_rate": 5, "deployment_frequency": 5, "failed_deployment_recovery_time": 5,
        "lead_time_for_changes": 5, "rework_rate": 1,
    }  # fmt: skip
    assert frame.filter(pl.col("edition") == 2025)["industry_score_mean"].null_count() == 0


@pytest.mark.parametrize(
    ("service", "verdict"),
    [("faster", "better"), ("steady", "no_clear_change"), ("slower", "worse")],
)
def test_a_metric_is_compared_with_its_own_past(
    published: Published, service: str, verdict: str
) -> None:
    row = _baseline(published, "lead_time_for_changes", service)
    assert (row["verdict"], row["reason"], row["n"]) == (verdict, None, 12)
    assert (row["baseline_period_count"], row["baseline_observation_count"]) == (3, 36)
    assert row["baseline_median"] == row["baseline_low"] == row["baseline_high"] == 10 * HOUR
    assert row["baseline_start_date"] == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("service", "metric", "reason"),
    [
        ("asleep", "lead_time_for_changes", "no_data"),
        ("asleep", "deployment_frequency", "few_observations"),
        ("sixty", "lead_time_for_changes", "few_periods"),
    ],
)
def test_too_little_data_is_said_with_its_reason(
    published: Published, service: str, metric: str, reason: str
) -> None:
    row = _baseline(published, metric, service)
    assert (row["verdict"], row["reason"]) == ("too_little_data", reason)
