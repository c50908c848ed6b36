"""Goals of leadline.yml: targets in words, and what is refused with its line."""

import pytest

from orchestration.errors import ConfigurationError
from orchestration.goals import goal_record, metric_units, target_value
from orchestration.settings import parse_settings

HEAD = "teams: [{id: pay}]\nservices: [{id: pay-api, team: pay}]\ngoals:\n"


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("2 d", "seconds", 172800.0), ("90 min", "seconds", 5400.0), ("1.5 h", "seconds", 5400.0),
        ("15 %", "ratio", 0.15), ("15%", "ratio", 0.15), ("0 %", "ratio", 0.0),
        ("5 per week", "deployments per week", 5.0),
        ("5 deployments per week", "deployments per week", 5.0),
        ("3 per deployment", "changes per deployment", 3.0), ("36 h", "hours", 36.0),
    ],
)  # fmt: skip
def test_a_target_is_read_in_the_unit_of_its_metric(text: str, unit: str, value: float) -> None:
    assert target_value(text, unit=unit) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "unit"),
    [("2", "seconds"), ("2 %", "seconds"), ("2 d", "ratio"), ("0.15", "ratio"), ("150 %", "ratio"),
     ("5", "deployments per week"), ("5 per day", "deployments per week"), ("-2 d", "seconds")],
)  # fmt: skip
def test_a_target_without_the_right_unit_is_refused(text: str, unit: str) -> None:
    with pytest.raises(ValueError, match="figure with its unit"):
        target_value(text, unit=unit)


def test_every_metric_that_has_a_better_side_can_have_a_goal() -> None:
    tails = {"seconds": "d", "ratio": "%"}
    for measure in metric_units().values():
        assert target_value(f"2 {tails.get(measure.unit, measure.unit)}", unit=measure.unit) > 0
    assert len(metric_units()) > 25


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        ("{metric: lead_tme, target: 2 d}", "known are: .*lead_time_for_changes"),
        ("{metric: lead_time_for_changes, target: 2 %}", "2 d, 4 h or 30 min"),
        ("{metric: lead_time_for_changes, target: 2 d, team: nobody}", "known are: pay"),
        ("{metric: lead_time_for_changes, target: 2 d, service: x}", "known are: pay-api"),
        ("{metric: lead_time_for_changes, target: 2 d, team: pay, service: pay-api}", "one of"),
        ("{metric: incidents_without_deployment, target: 5 %}", "no goal fits"),
        ("{metric: rework_rate, target: 5 %, owner: ada@acme.example}", "a team or a role"),
        ("{metric: rework_rate, target: 5 %, effective_from: 2026-02-01, "
         "effective_to: 2026-01-01}", "before its effective_from"),
    ],
)  # fmt: skip
def test_a_goal_that_cannot_be_is_refused_with_its_line(goal: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"leadline\.yml line 5: .*{words}"):
        parse_settings(f"{HEAD}  - {{metric: rework_rate, target: 20 %}}\n  - {goal}\n")


def test_a_goal_stands_once_and_another_begins_on_a_day_of_its_own() -> None:
    one = "  - {metric: rework_rate, target: 20 %, team: pay}\n"
    with pytest.raises(ConfigurationError, match=r"line 5: goals\.1 is there twice"):
        parse_settings(HEAD + one + one)
    later = one.replace("20 %", "10 %, effective_from: 2026-07-01")
    goals = parse_settings(HEAD + one + later).company.goals
    assert [goal_record(goal)["goal_id"] for goal in goals] == [
        "rework_rate:team:pay", "rework_rate:team:pay:2026-07-01",
    ]  # fmt: skip


def test_goals_are_part_of_the_catalogue_and_channels_are_not() -> None:
    text = HEAD + "  - {metric: rework_rate, target: 20 %}\n"
    with_channel = text + "channels: {chat: {kind: webhook, url: '${HOOK}'}}\n"
    records = parse_settings(text).catalogue
    assert [one["target_value"] for one in records if one["record_type"] == "goal"] == [0.2]
    assert parse_settings(with_channel).catalogue == records
    other = parse_settings(text.replace("20 %", "10 %"))
    assert other.configuration_id != parse_settings(text).configuration_id
