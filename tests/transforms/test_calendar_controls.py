"""Freezes, allowed hours, vendors and concurrency: what controls and commands say of each."""

import json
from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from holidays import country_holidays
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.errors import LeadlineError
from tests.transforms.calendar_world import FROZEN, PLANNED, World, make_world
from tests.transforms.estate import at
from tests.transforms.models import rows
from transforms.calendars.working_days import shift_working_days
from transforms.decisions import read_decisions

Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return the company, built once."""
    return make_world(tmp_path_factory.mktemp("calendar"))


# -- freezes --------------------------------------------------------------------------------------


def test_a_weekend_freeze_fails_what_begins_in_it_to_the_second(world: World) -> None:
    assert world.said("freeze_violations", *FROZEN) == [
        "pass no_window_denies",
        "fail blackout",
        "fail blackout",
        "fail blackout",
        "pass no_window_denies",
    ]


def test_allowed_times_go_by_the_clock_of_their_zone_and_deny_the_rest(world: World) -> None:
    assert world.said("freeze_violations", "winter", "friday", "summer") == [
        "fail not_in_allowed_window",
        "fail not_in_allowed_window",
        "pass in_allowed_window",
    ]


def test_a_service_that_no_window_is_for_is_free(world: World) -> None:
    assert world.said("freeze_violations", "free") == ["pass no_window_denies"]


def test_a_deployment_that_runs_into_a_freeze_violates_it_unless_approved_before_its_start(
    world: World,
) -> None:
    assert world.said("freeze_violations", "cross", "cross-ok", "cross-late") == [
        "fail blackout_overrun",
        "exempt blackout_overrun",
        "fail blackout_overrun",
    ]


def test_a_freeze_that_allows_overrun_lets_it_finish(world: World) -> None:
    assert world.said("freeze_violations", "roomy") == ["pass no_window_denies"]


def test_a_freeze_counts_as_it_stood_when_the_deployment_began(world: World) -> None:
    assert world.said("freeze_violations", "as_planned", "not_yet_moved", "moved_to") == [
        "fail blackout",
        "pass no_window_denies",
        "fail blackout",
    ]


def test_a_deployment_that_is_to_come_is_judged_by_the_same_windows(world: World) -> None:
    assert world.asked("freeze_violations", "frozen", "2026-12-05 12:00") == "fail blackout"
    assert world.asked("freeze_violations", "frozen", "2026-12-07 08:00") == (
        "pass no_window_denies"
    )


# -- authorised hours -----------------------------------------------------------------------------


def test_hours_go_through_a_change_of_clocks(world: World) -> None:
    assert world.said("authorised_hours", "cet", "cest", "evening") == [
        "pass on_hours",
        "pass on_hours",
        "fail off_hours",
    ]


def test_two_people_who_approve_in_time_override_the_hours(world: World) -> None:
    assert world.said("authorised_hours", "two") == ["pass overridden"]


@pytest.mark.parametrize("name", ["twice", "late", "author", "stale", "stranger"])
def test_an_override_without_two_people_in_time_is_a_violation(world: World, name: str) -> None:
    assert world.said("authorised_hours", name) == ["fail override_incomplete"]


def test_who_stands_in_for_an_approver_is_no_second_one(world: World) -> None:
    found = world.results("authorised_hours")[world.ids["stand_in"]]
    assert (found["verdict"], found["reason_code"]) == ("fail", "override_incomplete")
    assert found["reason"].endswith(
        "1 did in time, and who stands in for one of them is no second."
    )
    assert len([key for key in found["evidence"] if key.startswith("override_approvals:")]) == 2


def test_a_third_person_counts_beside_somebody_and_his_stand_in(world: World) -> None:
    found = world.results("authorised_hours")[world.ids["chain"]]
    assert (found["verdict"], found["value"]) == ("pass", 2)


def test_an_approval_without_a_link_is_none(world: World) -> None:
    assert world.said("authorised_hours", "bare") == ["fail off_hours"]


def test_without_a_calendar_the_policys_hours_hold_by_the_teams_clock(world: World) -> None:
    assert world.said("authorised_hours", "thursday", "closed", "default_friday", "there") == [
        "pass on_hours",
        "fail off_hours",
        "fail off_hours",
        "pass on_hours",
    ]


def test_hours_are_asked_before_a_deployment_too(world: World) -> None:
    assert world.asked("authorised_hours", "hours", "2026-12-02 09:00") == "pass on_hours"
    assert world.asked("authorised_hours", "two", "2026-10-07 18:00") == "pass overridden"
    assert world.asked("authorised_hours", "two", "2026-12-02 20:00") == "fail off_hours"


def test_hours_name_the_window_that_allowed_them_or_those_of_the_policy(world: World) -> None:
    found = world.results("authorised_hours")
    by_window, by_policy = (found[world.ids[name]]["evidence"] for name in ("cet", "thursday"))
    assert by_window == [
        f"fct_deployments:{world.ids['cet']}", "window_occurrences:policy:hours@1@20260327T080000Z",
    ]  # fmt: skip
    assert by_policy == [
        f"fct_deployments:{world.ids['thursday']}",
        *(f"thresholds:authorised_hours_{name}" for name in ("from", "last_weekday", "until")),
    ]


def test_times_that_were_closed_name_the_windows_that_are_stated(world: World) -> None:
    for control, name, window in (
        ("authorised_hours", "evening", "hours"), ("freeze_violations", "winter", "office"),
    ):  # fmt: skip
        evidence = world.results(control)[world.ids[name]]["evidence"]
        assert evidence[1:] == [f"calendar_windows:policy:{window}"]


# -- vendors --------------------------------------------------------------------------------------


def test_a_window_of_a_vendor_conflicts_from_an_hour_before_it(world: World) -> None:
    assert world.said("vendor_conflicts", "near", "clear") == [
        "fail vendor_window",
        "pass no_vendor_window",
    ]


def test_a_service_without_vendors_and_a_vendor_that_is_not_read_are_no_pass(world: World) -> None:
    assert world.said("vendor_conflicts", "orphan", "deaf") == [
        "not_applicable no_vendor",
        "no_data vendor_not_read",
    ]


def test_the_time_around_a_vendors_window_is_a_threshold(world: World) -> None:
    moment = "2026-11-03 23:29"
    change = "update v1.thresholds set value = ? where threshold_key = 'vendor_buffer_minutes'"
    assert world.asked("vendor_conflicts", "payer", moment) == "fail vendor_window"
    with duckdb.connect(str(world.home.warehouse_file)) as connection:
        connection.execute(change, [0])
    assert world.asked("vendor_conflicts", "payer", moment) == "pass no_vendor_window"
    with duckdb.connect(str(world.home.warehouse_file)) as connection:
        connection.execute(change, [60])


def test_outages_of_a_vendor_that_overlap_count_once_against_its_contract(world: World) -> None:
    where = "vendor_id = 'cloud' and month_start_date = '2026-09-01'"
    (month,) = rows(world.home, "vendor_attainment", where=where)
    assert (month["downtime_seconds"], month["outage_count"]) == (3600, 2)
    assert round(100 * month["attained_ratio"], 3) == 99.861
    assert month["verdict"] == "fail"


def test_a_contract_may_leave_announced_maintenance_out_of_the_downtime(world: World) -> None:
    where = "vendor_id = 'mail' and month_start_date = '2026-09-01'"
    (month,) = rows(world.home, "vendor_attainment", where=where)
    assert month["downtime_seconds"] == 1800


def test_a_maintenance_that_was_announced_too_late_lowers_the_notice(world: World) -> None:
    where = "vendor_id = 'cloud' and month_start_date = '2026-09-01'"
    (month,) = rows(world.home, "vendor_attainment", where=where)
    assert (month["announced_count"], month["timely_count"]) == (2, 1)
    assert month["notice_ratio"] == pytest.approx(0.5)


def test_two_vendors_in_a_row_are_up_at_most_as_often_as_their_product(world: World) -> None:
    (bound,) = rows(world.home, "vendor_bounds", where="service_id = 'shop'")
    assert round(100 * bound["availability_bound_ratio"], 3) == 99.850


def test_a_contact_acknowledges_five_of_its_working_days_ahead(world: World) -> None:
    """Thanksgiving 2026 is 26 November, so five working days before 2 December are six."""
    found = rows(world.home, "vendor_acknowledgements", where="service_id = 'caller-of-card'")
    told = {row["number"].removeprefix("CHG-"): row for row in found}
    holidays = set(country_holidays("US", years=(2026, 2027)))
    for key, starts in PLANNED.items():
        day = shift_working_days(at(starts).date(), -5, holidays=holidays)
        assert told[key]["due_date"] == day
    assert {key: row["status"] for key, row in told.items()} == {
        "timely": "acknowledged", "late": "acknowledged_late", "silent": "overdue",
        "replanned": "plan_moved", "far": "open",
    }  # fmt: skip


def test_a_vendor_without_a_contact_has_nobody_to_ask(world: World) -> None:
    vendors = {row["vendor_id"] for row in rows(world.home, "vendor_acknowledgements")}
    assert vendors == {"card"}


# -- what is planned, and what a freeze costs -----------------------------------------------------


def test_a_planned_change_request_that_meets_a_freeze_is_told(world: World) -> None:
    (conflict,) = rows(world.home, "planned_conflicts", where="number = 'CHG1'")
    assert (conflict["conflict"], conflict["window_title"]) == ("blackout", "Weekend")
    assert not conflict["is_new_since_planned"]


def test_a_window_that_was_moved_after_planning_is_told_with_what_it_was(world: World) -> None:
    (conflict,) = rows(world.home, "planned_conflicts", where="number = 'CHG-moved'")
    assert conflict["is_new_since_planned"]
    names = ("window_was_starts_at", "window_was_ends_at", "window_starts_at", "window_ends_at")
    assert [conflict[name].day for name in names] == [10, 11, 14, 15]


def test_a_freeze_costs_the_days_that_merged_changes_waited_inside_it(world: World) -> None:
    (cost,) = rows(world.home, "freeze_costs", where="service_id = 'costly'")
    assert (cost["change_count"], cost["frozen_days"]) == (2, 4)
    assert cost["item_days"] == pytest.approx(4 + 2)


def test_deployments_right_after_a_freeze_are_compared_with_the_others(world: World) -> None:
    where = "calendar_window_id = 'policy:costly'"
    (surge,) = rows(world.home, "freeze_surges", where=where)
    assert (surge["surge_count"], surge["baseline_count"]) == (1, 1)
    assert surge["is_insufficient"]
    assert surge["p_value"] == pytest.approx(1)


# -- concurrency ----------------------------------------------------------------------------------


def test_two_deployments_that_overlap_collide_and_those_that_touch_do_not(world: World) -> None:
    names = {key: name for name, key in world.ids.items()}
    pairs = {
        "-".join(sorted((names[row["deployment_id"]], names[row["other_deployment_id"]])))
        for row in rows(world.home, "deployment_collisions", where="kind = 'same_service'")
        if row["service_id"] == "busy"
    }
    assert pairs == {"A-C", "B-C"}


def test_every_deployment_of_a_collision_fails_and_a_neighbour_is_a_warning(world: World) -> None:
    assert world.said("deployment_concurrency", "A", "B", "C", "alone", "beside") == [
        *["fail ci_already_scheduled"] * 3,
        *["warn related_ci_already_scheduled"] * 2,
    ]


def test_a_deployment_that_met_no_other_names_itself(world: World) -> None:
    found = world.results("deployment_concurrency")
    assert found[world.ids["free"]]["evidence"] == [f"fct_deployments:{world.ids['free']}"]
    assert found[world.ids["A"]]["evidence"] == [
        f"fct_deployments:{world.ids[name]}" for name in ("A", "C")
    ]


def _lock(world: World, resource: str) -> dict[str, Any]:
    return world.results("lock_contention")[f"{resource}@2026-11"]


def test_a_quarter_of_the_time_spent_waiting_is_contention(world: World) -> None:
    found = _lock(world, "production/busy")
    assert (found["value"], found["threshold"]) == (pytest.approx(0.25), 0.15)
    assert (found["verdict"], found["reason_code"]) == ("fail", "contention")


def test_a_lock_that_is_never_given_back_is_leaked(world: World) -> None:
    found = _lock(world, "production/forgotten")
    assert (found["verdict"], found["reason_code"]) == ("warn", "leaked")
    assert found["evidence"] == ["lock_events:files:kept"]


# -- the commands ---------------------------------------------------------------------------------


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs a command on the published build: exit code and output."""
    monkeypatch.setenv("LEADLINE_HOME", str(world.home.root))
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, words)
        error = result.exception
        code = error.exit_code if isinstance(error, LeadlineError) else result.exit_code
        return code, result.output

    return invoke


@pytest.mark.parametrize(
    ("moment", "code"), [("2026-12-07T12:00", 0), ("2026-12-05T12:00", 1), ("2029-01-01", 2)]
)
def test_the_exit_code_says_whether_it_is_allowed(run: Run, moment: str, code: int) -> None:
    assert run("calendar", "check", "--service", "frozen", "--at", moment)[0] == code


def test_an_exemption_lifts_what_the_calendar_denies_while_it_lasts(run: Run) -> None:
    words = ("calendar", "check", "--service", "cross-ok", "--at")
    code, told = run(*words, "2026-11-10T08:30")
    assert (code, "Lifted by exemption-" in told) == (0, True)
    assert run(*words, "2026-11-10T12:00")[0] == 1


def test_an_exemption_from_freezes_lifts_no_hours(run: Run) -> None:
    code, told = run("calendar", "check", "--service", "cross-ok", "--at", "2026-11-10T03:00")
    assert code == 1
    assert "outside of allowed hours" in told
    assert "Year end" not in told


def test_an_unknown_service_is_a_wrong_argument(run: Run) -> None:
    assert run("calendar", "check", "--service", "nowhere")[0] == 2


def test_a_denial_tells_the_window_and_the_next_three_stretches(
    run: Run,
) -> None:
    told = run("calendar", "check", "--service", "frozen", "--at", "2026-12-05T12:00")[1]
    assert 'inside "Weekend"' in told
    assert "Mon 2026-12-07 08:00" in told
    assert told.count("Fri 20") == 3


def test_off_hours_tell_who_may_approve(run: Run) -> None:
    told = run("calendar", "check", "--service", "hours", "--at", "2026-12-03T20:00")[1]
    assert "Two of these may approve it" in told


def test_slots_are_as_long_as_asked(run: Run) -> None:
    told = run("calendar", "slots", "-s", "office", "--at", "2026-12-03T09:30", "--length", "340")
    assert told[1].count("09:00") == 3
    assert "2026-12-03" not in told[1]


def test_the_calendar_of_a_service_lists_its_windows_and_no_others(
    run: Run,
) -> None:
    told = run("calendar", "show", "-s", "frozen", "--at", "2026-12-01", "--days", "14")[1]
    assert told.count("Weekend") == 2
    assert "office" not in told


def test_an_override_is_kept_as_a_decision_with_its_reason_and_link(world: World, run: Run) -> None:
    words = ("override", "add", "-s", "hours", "--reason", "Fire", "--link", "https://e.org/1")
    assert run(*words, "--by", "x")[0] == 0
    kept = read_decisions(world.home.lake)[-1]
    assert (kept.kind, kept.who) == ("override_approval", "x")
    assert json.loads(kept.reason)["service_id"] == "hours"


def test_an_acknowledgement_is_kept_for_the_plan_as_it_stands(world: World, run: Run) -> None:
    words = ("calendar", "acknowledge", "chg-silent", "--vendor", "card", "--by", "desk")
    assert run(*words)[0] == 0
    kept = read_decisions(world.home.lake)[-1]
    assert (kept.kind, kept.who) == ("vendor_acknowledgement", "desk")
    assert json.loads(kept.reason) == {
        "change_request_id": "servicenow:chg-silent", "vendor_id": "card",
        "planned_start_at": "2026-12-03T10:00:00+00:00",
    }  # fmt: skip


def test_nobody_acknowledges_what_is_not_planned(run: Run) -> None:
    assert run("calendar", "acknowledge", "CHG9", "--vendor", "card")[0] == 2


def test_an_override_without_words_is_refused(run: Run) -> None:
    words = ("override", "add", "-s", "hours", "--reason", " ", "--link", "https://e.org/1")
    assert run(*words)[0] == 2
