"""Intervals, trends, limits, changes and rankings of a small company, from raw pages to rows."""

import itertools
import statistics
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from math import floor, sqrt
from typing import Any

import polars as pl
import pytest

from tests.checkout import ROOT
from tests.transforms.conftest import METRICS, READ_AT, build_estate
from tests.transforms.estate import Estate, at
from transforms.published import Published

START = at("2025-07-07 08:00")
WEEKS = 42
WHOLE = (date(2025, 7, 1), date(2026, 5, 2))
MINUTE, HOUR = 60.0, 3600.0
SEVEN = [3.0, 1.5, 9.0, 4.0, 2.0, 30.0, 5.0]


def _deploy_weekly(
    estate: Estate, service: str, counts: list[int], *, hours: list[float]
) -> list[tuple[str, datetime]]:
    """Deploy a chain of commits, so many a week, each with its week's lead time."""
    parent = estate.commit(service, START - timedelta(days=2))
    estate.deploy(service, parent, START - timedelta(days=1))
    made = []
    for week, count in enumerate(counts):
        for number in range(count):
            moment = START + timedelta(days=7 * week, hours=5 + 12 * number)
            parent = estate.commit(
                service, moment - timedelta(hours=hours[week]), parents=(parent,)
            )
            made.append((estate.deploy(service, parent, moment), moment))
    return made


def _company() -> Estate:
    estate = Estate()
    flat = [2.0, 3.0] * (WEEKS // 2)
    for number in range(5):
        service = estate.service(f"steady-{number}", team="steady")
        made = _deploy_weekly(estate, service, [3, 4] * (WEEKS // 2), hours=flat)
        # 0, 6, 12, 18, 24 failures, late enough to lie in the latest six months
        for failed, moment in made[len(made) // 2 :: 2][: 6 * number]:
            began = moment + timedelta(hours=1)
            ended = began + timedelta(minutes=20)
            estate.incident(service, began, ended, severity=3, caused_by=failed)
    service = estate.service("doubling", team="doubling")
    _deploy_weekly(estate, service, [3, 4] * 10 + [8, 7] * 11, hours=flat)
    service = estate.service("slower", team="slower")
    rising = [2.0 + week + week % 2 for week in range(WEEKS)]
    _deploy_weekly(estate, service, [2] * WEEKS, hours=rising)
    service = estate.service("seven")
    _deploy_weekly(estate, service, [1] * 7, hours=SEVEN)
    service = estate.service("recovering")
    for number, minutes in enumerate((30, 45, 60, 90, 120, 240)):
        began = at("2026-04-06 10:00") + timedelta(days=number)
        estate.incident(service, began, began + timedelta(minutes=minutes))
    for minutes in (120, 300):
        estate.incident(service, READ_AT - timedelta(minutes=minutes), None)
    return estate


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    yield build_estate(
        tmp_path_factory.mktemp("uncertainty"),
        _company(),
        "change_points",
        "control_limits",
        "metric_trends",
        "service_rankings",
        METRICS,
    )


def _one(frame: pl.DataFrame, **keys: object) -> dict[str, Any]:
    return frame.row(
        by_predicate=pl.all_horizontal(pl.col(name) == value for name, value in keys.items()),
        named=True,
    )


def test_the_interval_of_a_median_interpolates_between_ordered_values(published: Published) -> None:
    row = published.window(
        "lead_time_for_changes", since=WHOLE[0], until=WHOLE[1], service_ids=["seven"]
    ).row(0, named=True)
    values = sorted(SEVEN)
    rank = (7 + 1) / 2 - 1.959964 / 2 * sqrt(7) + 0.5 / sqrt(7)
    whole, part = floor(rank), rank - floor(rank)
    low = values[whole - 1] + part * (values[whole] - values[whole - 1])
    high = values[7 - whole] - part * (values[7 - whole] - values[6 - whole])
    assert row["n"] == 7
    assert row["value"] / HOUR == pytest.approx(4.0)
    assert (row["ci_low"] / HOUR, row["ci_high"] / HOUR) == pytest.approx((low, high), rel=1e-5)


def test_five_values_have_a_median_but_no_interval(published: Published) -> None:
    row = published.window(
        "lead_time_for_changes",
        since=date(2025, 7, 7),
        until=date(2025, 8, 11),
        service_ids=["seven"],
    ).row(0, named=True)
    assert (row["n"], row["value"] / HOUR) == (5, pytest.approx(3.0))
    assert row["ci_low"] is None
    assert row["ci_high"] is None


def test_recovery_has_a_kaplan_meier_median_and_a_mean_restricted_to_a_day(
    published: Published,
) -> None:
    row = published.window(
        "time_to_restore", since=WHOLE[0], until=WHOLE[1], service_ids=["recovering"]
    ).row(0, named=True)
    assert row["value"] / MINUTE == pytest.approx(105.0)
    # survival 7/8 from 30, 6/8 from 45, 5/8 from 60, 4/8 from 90, 3/8 from 120, then 0.1875 from
    # 240 (two left) and level to the end of the day
    steps = [(0, 1.0), (30, 0.875), (45, 0.75), (60, 0.625), (90, 0.5), (120, 0.375), (240, 0.1875)]
    ends = [*[start for start, _ in steps[1:]], 1440]
    expected = sum(share * (end - start) for (start, share), end in zip(steps, ends, strict=True))
    assert row["restricted_mean"] / MINUTE == pytest.approx(expected)
    other = published.window("change_failure_rate", since=WHOLE[0], until=WHOLE[1])
    assert other["restricted_mean"].to_list() == [None]


def test_a_doubling_of_deployments_is_dated_with_its_levels(published: Published) -> None:
    changes = published.rows("change_points", filters={"scope": "team", "scope_id": "doubling"})
    row = _one(changes, metric="deployment_frequency")
    jump = (START + timedelta(days=140)).date()
    assert row["changed_date"] == jump
    assert row["earliest_date"] <= jump <= row["latest_date"]
    assert row["law"] == "poisson"
    assert (row["value_before"], row["value_after"]) == pytest.approx((3.5, 7.5))
    assert row["relative_change"] == pytest.approx(7.5 / 3.5 - 1)


def test_a_steady_team_has_no_change_and_no_trend(published: Published) -> None:
    steady = {"scope": "team", "scope_id": "steady"}
    changes = published.rows("change_points", filters=steady)
    assert "deployment_frequency" not in changes["metric"].to_list()
    trends = published.rows("metric_trends", filters=steady | {"grain": "week"})
    assert _one(trends, metric="deployment_frequency")["direction_word"] == "no_clear_trend"


def test_a_growing_lead_time_rises_by_its_slope_a_week(published: Published) -> None:
    trends = published.rows("metric_trends", filters={"scope_id": "slower", "grain": "week"})
    row = _one(trends, metric="lead_time_for_changes")
    series = published.metric(
        "lead_time_for_changes", grain="week", scope="team", scope_id="slower"
    )
    points = [
        (number, known["value"])
        for number, known in enumerate(series.rows(named=True))
        if known["value"] is not None and not known["is_partial"] and not known["is_provisional"]
    ]
    slopes = [
        (later[1] - earlier[1]) / (later[0] - earlier[0])
        for at_, earlier in enumerate(points)
        for later in points[at_ + 1 :]
    ]
    assert row["n"] == len(points)
    assert row["direction_word"] == "rising"
    assert row["slope"] == pytest.approx(statistics.median(slopes))
    assert row["slope_low"] <= row["slope"] <= row["slope_high"]
    assert row["p_value"] <= row["p_adjusted"] < 0.05


def test_limits_come_from_the_first_twenty_weeks_and_the_doubling_leaves_them(
    published: Published,
) -> None:
    limits = published.rows(
        "control_limits",
        filters={"metric": "deployment_frequency", "scope_id": "doubling", "grain": "week"},
        order="period_start_date",
    )
    baseline = limits["value"].to_list()[:20]
    steps = [abs(b - a) for a, b in itertools.pairwise(baseline)]
    middle, reach = statistics.mean(baseline), 2.66 * statistics.mean(steps)
    assert limits["centre"].unique().to_list() == [pytest.approx(middle)]
    assert limits["upper"][0] == pytest.approx(middle + reach)
    assert limits["lower"].min() == pytest.approx(max(0.0, middle - reach))
    assert limits["is_firm"].all()
    after = limits.filter(pl.col("period_start_date") > (START + timedelta(days=210)).date())
    assert after["is_run_of_8"].all()


def test_services_are_ranked_by_their_shrunk_rate_from_twenty_deployments_on(
    published: Published,
) -> None:
    ranks = published.rows("service_rankings", filters={"metric": "change_failure_rate"})
    rated = {row["service_id"]: row for row in ranks.rows(named=True)}
    steady = [rated[f"steady-{number}"] for number in range(5)]
    shrunk = [row["shrunk_rate"] for row in steady]
    assert shrunk == sorted(shrunk)
    order = [row["service_rank"] for row in steady]
    assert order == sorted(order)
    for row in steady:
        assert row["rate"] == row["numerator"] / row["n"]
        assert row["shrunk_low"] < row["shrunk_rate"] < row["shrunk_high"]
        assert 0 < row["prior_strength"] <= 50
        # between what the service showed and what is usual
        assert min(row["rate"], 0.02) <= row["shrunk_rate"] <= max(row["rate"], 0.2)
    assert steady[0]["probability_above"] < 0.05 < 0.95 < steady[4]["probability_above"]
    assert "seven" not in rated or rated["seven"]["service_rank"] is None
    few = ranks.filter(pl.col("n") < 20)
    assert few["service_rank"].is_null().all()
    assert (few["unranked_reason"] == "fewer_than_20_observations").all()


def test_every_metric_is_judged_without_being_listed(published: Published) -> None:
    judged = set(published.rows("metric_trends")["metric"])
    is_counted = ~pl.col("is_partial") & ~pl.col("is_provisional") & pl.col("value").is_not_null()
    measured = {
        name
        for name in published.definitions()["metric"]
        for grain in ("week", "month")
        if not published.metric(name, grain=grain).filter(is_counted).is_empty()
    }
    assert judged == measured
    for name in ("metric_trends", "control_limits", "change_points", "service_rankings"):
        for file in (ROOT / "transforms" / "models" / "insights").glob(f"{name}.*"):
            assert "deployment_frequency" not in file.read_text(encoding="utf-8")


def test_only_complete_and_mature_periods_are_judged(published: Published) -> None:
    ends = published.rows("control_limits")["period_end_date"].to_list()
    assert ends
    assert max(ends) <= (READ_AT - timedelta(hours=72)).date()
