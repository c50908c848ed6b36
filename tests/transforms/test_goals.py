"""Goals and signals of a small company, from raw pages to rows, against plain arithmetic."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from dashboards.goal_words import goal_verdict
from dashboards.reading import reading
from orchestration.goals import Goal, goal_record
from tests.transforms.conftest import METRICS, READ_AT, build_estate
from tests.transforms.estate import Estate, at
from transforms.published import Published

START = at("2025-11-03 08:00")
WEEKS = 25
SLOW_FROM = 24


def _company(goals: tuple[Goal, ...]) -> Estate:
    """Two services that deploy three changes a week; the lead time leaps in the last week."""
    estate = Estate()
    for name in ("pay-api", "shop-api"):
        service = estate.service(name, team=name.partition("-")[0])
        parent = estate.commit(service, START - timedelta(days=2))
        estate.deploy(service, parent, START - timedelta(days=1))
        for week in range(WEEKS):
            for number in range(3):
                moment = START + timedelta(days=7 * week, hours=5 + 12 * number)
                hours = 90 if week >= SLOW_FROM else 4 + (week + number) % 3
                parent = estate.commit(service, moment - timedelta(hours=hours), parents=(parent,))
                estate.deploy(service, parent, moment)
    estate.catalogue += [goal_record(goal) for goal in goals]
    return estate


GOALS = (
    Goal(metric="lead_time_for_changes", target="1 d", owner="Releases"),
    Goal(metric="lead_time_for_changes", target="2 h", team="pay"),
    Goal(metric="lead_time_for_changes", target="5 h", service="shop-api",
         effective_from=START.date() + timedelta(days=100)),
    Goal(metric="deployment_frequency", target="4 per week"),
    Goal(metric="time_to_restore", target="4 h"),
    Goal(metric="rework_rate", target="90 %", effective_to=START.date() + timedelta(days=60)),
)  # fmt: skip


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    yield build_estate(
        tmp_path_factory.mktemp("goals"),
        _company(GOALS),
        "goal_states",
        "signals",
        "control_limits",
        METRICS,
    )


def _states(published: Published, goal: Goal, grain: str = "month") -> list[dict[str, Any]]:
    frame = published.rows(
        "goal_states", filters={"goal_id": goal.goal_id, "grain": grain}, order="period_start_date"
    )
    return frame.to_dicts()


def test_goals_are_published_as_they_were_written(published: Published) -> None:
    (row,) = published.rows("goals", filters={"goal_id": GOALS[0].goal_id}).to_dicts()
    assert (row["target_value"], row["target_words"], row["owner"]) == (86400.0, "1 d", "Releases")
    assert published.rows("goals").height == 6


def test_every_verdict_follows_from_interval_and_target(published: Published) -> None:
    rows = published.rows("goal_states").to_dicts()
    assert {row["verdict"] for row in rows} >= {"on_target", "off_target", "no_data"}
    for row in rows:
        low, high, target = row["ci_low"], row["ci_high"], row["target_value"]
        if row["state"] in ("no_data", "uncovered"):
            expected = "no_data"
        elif row["n"] < 10 or (low is None and high is None):
            expected = "too_little_data"
        else:
            ends = (low or 0.0, float("inf") if high is None else high)
            good = [end <= target if row["direction"] == "lower" else end >= target
                    for end in ends]  # fmt: skip
            expected = {2: "on_target", 1: "watch", 0: "off_target"}[sum(good)]
        assert row["verdict"] == expected, row
        shown = reading(defaultdict(lambda: None, row))  # as a card would have the same number
        assert goal_verdict(shown, target=target, direction=row["direction"]) == expected, row


def test_a_number_of_a_goal_is_the_metrics_own(published: Published) -> None:
    for row in _states(published, GOALS[1]):
        metric = published.metric(
            "lead_time_for_changes", grain="month", scope="team", scope_id="pay",
            since=row["period_start_date"], until=row["period_start_date"] + timedelta(days=1),
        ).row(0, named=True)  # fmt: skip
        assert (row["value"], row["n"], row["ci_high"]) == (
            metric["value"], metric["n"], metric["ci_high"],
        )  # fmt: skip


def test_the_last_90_days_are_those_of_the_pages(published: Published) -> None:
    until = READ_AT.date() + timedelta(days=1)
    for goal, teams, services in (
        (GOALS[0], None, None), (GOALS[1], ["pay"], None), (GOALS[2], None, ["shop-api"]),
    ):  # fmt: skip
        (row,) = _states(published, goal, "last_90_days")
        window = published.window(
            "lead_time_for_changes", since=until - timedelta(days=90), until=until,
            team_ids=teams, service_ids=services,
        ).row(0, named=True)  # fmt: skip
        assert (row["value"], row["n"]) == (window["value"], window["n"])
        assert row["n"] > 10


def test_a_goal_is_judged_in_the_periods_that_begin_while_it_holds(published: Published) -> None:
    since = GOALS[2].effective_from
    assert since is not None
    assert min(row["period_start_date"] for row in _states(published, GOALS[2])) >= since
    until = GOALS[5].effective_to
    assert until is not None
    assert max(row["period_start_date"] for row in _states(published, GOALS[5])) <= until
    assert _states(published, GOALS[5], "last_90_days") == []


def test_what_was_never_measured_is_no_data_and_no_failure(published: Published) -> None:
    verdicts = {row["verdict"] for row in _states(published, GOALS[4])}
    assert verdicts == {"no_data"}


def test_a_leap_out_of_the_limits_is_a_signal_with_its_numbers(published: Published) -> None:
    found = published.rows(
        "signals",
        filters={"rule": "beyond_limit", "metric": "lead_time_for_changes",
                 "scope": "organisation", "grain": "week"},
    ).to_dicts()  # fmt: skip
    (row,) = found
    monday = (START + timedelta(days=7 * SLOW_FROM)).date()
    assert row["period_start_date"] == monday
    assert (row["word"], row["value"], row["n"]) == ("above", 90 * 3600.0, 6)
    assert row["upper"] < row["value"]
    assert row["signal_id"] == f"beyond_limit:lead_time_for_changes:organisation:all:week:{monday}"


def test_each_signal_is_what_its_chart_shows(published: Published) -> None:
    limits = {
        (row["metric"], row["grain"], row["scope"], row["scope_id"], row["period_start_date"]): row
        for row in published.rows("control_limits").to_dicts()
    }
    rows = published.rows("signals", filters={"rule": ["beyond_limit", "run_of_8"]}).to_dicts()
    assert rows
    for row in rows:
        chart = limits[row["metric"], row["grain"], row["scope"], row["scope_id"],
                       row["period_start_date"]]  # fmt: skip
        assert chart["is_firm"]
        assert chart["is_beyond_limit" if row["rule"] == "beyond_limit" else "is_run_of_8"]
