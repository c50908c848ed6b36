"""Freezes, allowed hours, vendors and concurrency: what the controls say of each deployment."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

from orchestration.warehouse import warehouse
from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models, rows
from transforms.decisions import append_details
from transforms.home import Home

READ_AT = at("2026-12-01 06:00")
MINUTE = timedelta(minutes=1)
WEEKEND = {
    "kind": "freeze",
    "recurrence": "0 23 * * 5",
    "recurrence_end": "0 8 * * 1",
    "zone": "UTC",
}


@dataclass
class World:
    """A home with the controls of the calendar, and its deployments by name."""

    home: Home
    estate: Estate = field(default_factory=Estate)
    ids: dict[str, str] = field(default_factory=dict)

    def service(self, name: str, **more: Any) -> None:
        """Add a service whose first commit is by ada."""
        self.estate.service(name, **more)

    def deploy(self, name: str, service: str, started: str, *, minutes: int = 0) -> None:
        """Add a deployment by when it begins."""
        begins = at(started)
        sha = self.estate.commit(service, begins - timedelta(days=1))
        self.ids[name] = self.estate.deploy(
            service, sha, begins + minutes * MINUTE, minutes=minutes
        )

    def approve(self, service: str, who: str, moment: str, **details: Any) -> None:
        """Approve an override of a service's hours."""
        told = {"service_id": service, "environment_id": "production", "reason": "Fire",
                "link": "https://example.org/INC1", **details}  # fmt: skip
        append_details(
            self.home.lake, kind="override_approval",
            subject=f"service:{service} environment:production", verdict="approved",
            details=told, who=who, decided_at=at(moment),
        )  # fmt: skip

    def exempt(self, service: str, granted: str, approved: str) -> None:
        """Grant and approve an exemption from the freezes of a service."""
        entry = append_details(
            self.home.lake, kind="exemption", subject="exemption:freeze_violations",
            verdict="granted", who="grace", decided_at=at(granted),
            details={
                "control_ids": ["freeze_violations"], "subject_type": "service",
                "subject_id": service, "reason": "Fire",
                "expires_at": (at(granted) + timedelta(hours=12)).isoformat(),
            },
        )  # fmt: skip
        append_details(
            self.home.lake, kind="exemption_approval",
            subject=f"exemption:{entry.decision_id}", verdict="approved", details={},
            who="linus", decided_at=at(approved),
        )  # fmt: skip

    def said(self, control: str, *names: str) -> list[str]:
        """Return verdict and reason of a control for deployments, as one word each."""
        found = {
            row["subject_id"]: row
            for row in rows(self.home, "control_results", where=f"control_id = '{control}'")
        }
        return [
            f"{found[self.ids[name]]['verdict']} {found[self.ids[name]]['reason_code']}"
            for name in names
        ]

    def asked(self, control: str, service: str, moment: str) -> str:
        """Return what a control says of a deployment that has not happened."""
        with warehouse(self.home.warehouse_file) as connection:
            (row,) = connection.execute(
                f"select verdict, reason_code from v1.control_{control}_at(?, ?, ?, ?)",
                [service, "f" * 40, "production", datetime.fromisoformat(moment)],
            ).fetchall()
        return " ".join(row)


FROZEN = {
    "before": "2026-11-20 22:59:59",
    "first": "2026-11-20 23:00:00",
    "middle": "2026-11-21 12:00:00",
    "last": "2026-11-23 07:59:59",
    "after": "2026-11-23 08:00:00",
}


def _freezes(world: World) -> None:
    estate = world.estate
    for name in ("frozen", "office", "free", "cross", "cross-ok", "cross-late", "edited", "roomy"):
        world.service(name)
    estate.policy("calendar", "weekend", {**WEEKEND, "title": "Weekend", "services": ["frozen"]})
    estate.policy("calendar", "office", {
        "kind": "allow", "recurrence": "0 10 * * 1-4", "duration_seconds": 21600,
        "zone": "Europe/Berlin", "services": ["office"],
    })  # fmt: skip
    night = {"kind": "blackout", "title": "Year end", "starts_at": "2026-11-10T00:00:00Z",
             "ends_at": "2026-11-11T00:00:00Z"}  # fmt: skip
    estate.policy("calendar", "night", {**night, "services": ["cross*"]})
    estate.policy("calendar", "gentle", {**night, "services": ["roomy"], "allows_overrun": True})
    for name, moment in FROZEN.items():
        world.deploy(name, "frozen", moment)
    world.deploy("winter", "office", "2026-10-26 15:30")
    world.deploy("friday", "office", "2026-10-23 13:30")
    world.deploy("summer", "office", "2026-10-22 13:30")
    world.deploy("free", "free", "2026-11-21 12:00")
    for name in ("cross", "cross-ok", "cross-late", "roomy"):
        world.deploy(name, name, "2026-11-09 22:00", minutes=240)
    world.exempt("cross-ok", "2026-11-09 20:00", "2026-11-09 21:30")
    world.exempt("cross-late", "2026-11-09 20:00", "2026-11-09 22:30")
    estate.row("calendar_windows", id="edited", kind="freeze", service="edited",
               created_at=at("2026-11-02 00:00"), starts_at=at("2026-11-03 00:00"),
               ends_at=at("2026-11-05 00:00"))  # fmt: skip
    world.deploy("as_planned", "edited", "2026-11-04 10:00")
    world.deploy("not_yet_moved", "edited", "2026-11-12 10:00")
    world.deploy("moved_to", "edited", "2026-11-19 10:00")


def _hours(world: World) -> None:
    names = ("hours", "two", "twice", "late", "author", "stale", "bare", "stranger", "default")
    for name in names:
        world.service(name, team="berlin")
    world.service("abroad", team="newyork")
    for team in world.estate.catalogue:
        if team.get("team_id") == "newyork" and team["record_type"] == "team":
            team["timezone"] = "America/New_York"
    world.estate.policy("calendar", "hours", {
        "kind": "business_hours", "recurrence": "0 9 * * 1,2,3,4,5", "duration_seconds": 25200,
        "zone": "Europe/Berlin", "services": [*names[:-1]],
    })  # fmt: skip
    world.estate.policy("approvers", "override", {"people": ["x", "y", "ada"]})
    world.deploy("cet", "hours", "2026-03-27 08:30")
    world.deploy("cest", "hours", "2026-03-30 07:30")
    world.deploy("evening", "hours", "2026-03-30 14:30")
    for name in names[1:-1]:
        world.deploy(name, name, "2026-10-07 18:00", minutes=10)
    for name, first, second in (
        ("two", ("x", "17:30"), ("y", "17:50")),
        ("twice", ("x", "17:30"), ("x", "17:50")),
        ("late", ("x", "17:30"), ("y", "18:01")),
        ("author", ("x", "17:30"), ("ada", "17:50")),
        ("stale", ("x", "13:59"), ("y", "17:50")),
        ("stranger", ("x", "17:30"), ("zoe", "17:50")),
    ):
        for who, moment in (first, second):
            world.approve(name, who, f"2026-10-07 {moment}")
    for who in ("x", "y"):
        world.approve("bare", who, "2026-10-07 17:30", link="")
    world.deploy("thursday", "default", "2026-10-08 13:59")
    world.deploy("closed", "default", "2026-10-08 14:00")
    world.deploy("default_friday", "default", "2026-10-09 09:00")
    world.deploy("there", "abroad", "2026-10-08 19:59")


def _vendors(world: World) -> None:
    for name in ("payer", "orphan", "deaf"):
        world.service(name)
    world.estate.policy("vendors", "paypal", {"services": ["pay*"], "sla_ratio": 0.999})
    world.estate.policy("vendors", "mute", {"services": ["deaf"], "source": "statuspage-mute"})
    world.estate.policy("calendar", "paypal", {
        "kind": "vendor_maintenance", "vendor": "PayPal", "starts_at": "2026-11-03T23:30:00Z",
        "ends_at": "2026-11-04T01:00:00Z",
    })  # fmt: skip
    world.deploy("near", "payer", "2026-11-03 22:00", minutes=90)
    world.deploy("clear", "payer", "2026-11-03 21:00", minutes=90)
    world.deploy("orphan", "orphan", "2026-11-03 22:00", minutes=90)
    world.deploy("deaf", "deaf", "2026-11-03 22:00", minutes=90)


def _contracts(world: World) -> None:
    """Two vendors with status pages; one was down twice at once, and moved its maintenance."""
    world.service("shop")
    world.estate.policy("vendors", "cloud", {
        "services": ["shop"], "source": "statuspage-cloud", "sla_ratio": 0.999, "notice_days": 5,
    })  # fmt: skip
    world.estate.policy("vendors", "mail", {
        "services": ["shop"], "source": "statuspage-mail", "sla_ratio": 0.9995,
        "excludes_maintenance": True,
    })  # fmt: skip
    for source in ("cloud", "mail"):
        for began, ended in (("01:00", "01:40"), ("01:20", "02:00")):
            world.estate.add(f"statuspage-{source}", "incidents", {
                "id": f"{source}-{began}", "name": "Down", "status": "resolved",
                "impact": "critical", "created_at": f"2026-09-10T{began}:00Z",
                "started_at": f"2026-09-10T{began}:00Z", "resolved_at": f"2026-09-10T{ended}:00Z",
                "components": [],
            }, is_vendor="true")  # fmt: skip
        for key, created, starts in (
            ("early", "2026-09-01T00:00:00Z", "2026-09-10T00:30:00Z"),
            ("late", "2026-09-18T00:00:00Z", "2026-09-20T00:30:00Z"),
        ):
            world.estate.add(f"statuspage-{source}", "scheduled_maintenances", {
                "id": f"{source}-{key}", "name": "Work", "status": "completed",
                "created_at": created, "scheduled_for": starts,
                "scheduled_until": starts.replace("00:30", "01:30"), "components": [],
            }, is_vendor="true")  # fmt: skip
    world.estate.add("servicenow", "change_request", {
        "sys_id": "chg-planned", "number": "CHG1", "type": "normal", "state": "-2",
        "short_description": "Renew", "cmdb_ci": world.estate.configuration_item("frozen"),
        "start_date": "2026-12-05 10:00:00", "end_date": "2026-12-05 11:00:00",
        "sys_created_on": "2026-10-01 10:00:00", "sys_updated_on": "2026-10-01 10:00:00",
    })  # fmt: skip


def _costs(world: World) -> None:
    """Two changes are merged before and inside a freeze and deployed after it."""
    world.service("costly")
    world.estate.policy("calendar", "costly", {
        "kind": "freeze", "title": "Audit", "services": ["costly"],
        "starts_at": "2026-08-10T00:00:00Z", "ends_at": "2026-08-14T00:00:00Z",
    })  # fmt: skip
    base = world.estate.commit("costly", at("2026-08-01 08:00"))
    world.estate.deploy("costly", base, at("2026-08-01 09:00"))
    first = world.estate.squash(
        "costly", [at("2026-08-08 08:00")], at("2026-08-09 00:00"), parents=(base,)
    )
    second = world.estate.squash(
        "costly", [at("2026-08-11 08:00")], at("2026-08-12 00:00"), parents=(first,)
    )
    world.estate.deploy("costly", second, at("2026-08-20 09:00"), minutes=5)


def _concurrency(world: World) -> None:
    world.service("busy")
    world.service("caller")
    world.estate.catalogue.append(
        {"record_type": "dependency", "service_id": "caller", "depends_on": "busy"}
    )
    world.deploy("A", "busy", "2026-11-02 10:00", minutes=20)
    world.deploy("B", "busy", "2026-11-02 10:20", minutes=10)
    world.deploy("C", "busy", "2026-11-02 10:10", minutes=15)
    world.deploy("alone", "busy", "2026-11-02 12:00", minutes=15)
    world.deploy("beside", "caller", "2026-11-02 12:05", minutes=5)
    began = at("2026-11-02 10:00")
    for number, (wait, run) in enumerate(((0, 20), (10, 10), (5, 15))):
        world.estate.row("lock_events", id=f"lock-{number}", resource="production/busy",
                         queued_at=began, acquired_at=began + wait * MINUTE,
                         released_at=began + (wait + run) * MINUTE)  # fmt: skip
    world.estate.row("lock_events", id="kept", resource="production/forgotten",
                     queued_at=began, acquired_at=began)  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return everything above in one build; one freeze was moved in November."""
    found = World(Home(root=tmp_path_factory.mktemp("calendar")))
    for part in (_freezes, _hours, _vendors, _contracts, _costs, _concurrency):
        part(found)
    found.estate.write(found.home.lake, read_at=at("2026-11-02 06:00"))
    found.estate.row("calendar_windows", id="edited", kind="freeze", service="edited",
                     created_at=at("2026-11-02 00:00"), starts_at=at("2026-11-12 00:00"),
                     ends_at=at("2026-11-20 00:00"))  # fmt: skip
    found.estate.write(found.home.lake, read_at=at("2026-11-15 06:00"))
    found.estate.write(found.home.lake, read_at=READ_AT)
    build_models(
        found.home, "control_results", "deployment_collisions", "lock_contention",
        "vendor_attainment", "vendor_bounds", "planned_conflicts", "freeze_costs", now=READ_AT,
    )  # fmt: skip
    yield found


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


# -- what is planned, and what a freeze costs -----------------------------------------------------


def test_a_planned_change_request_that_meets_a_freeze_is_told(world: World) -> None:
    (conflict,) = rows(world.home, "planned_conflicts", where="number = 'CHG1'")
    assert (conflict["conflict"], conflict["window_title"]) == ("blackout", "Weekend")
    assert not conflict["is_new_since_planned"]


def test_a_freeze_costs_the_days_that_merged_changes_waited_inside_it(world: World) -> None:
    (cost,) = rows(world.home, "freeze_costs", where="service_id = 'costly'")
    assert (cost["change_count"], cost["frozen_days"]) == (2, 4)
    assert cost["item_days"] == pytest.approx(4 + 2)


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


def _lock(world: World, resource: str) -> dict[str, Any]:
    where = f"control_id = 'lock_contention' and subject_id = '{resource}@2026-11'"
    (row,) = rows(world.home, "control_results", where=where)
    return row


def test_a_quarter_of_the_time_spent_waiting_is_contention(world: World) -> None:
    found = _lock(world, "production/busy")
    assert (found["value"], found["threshold"]) == (pytest.approx(0.25), 0.15)
    assert (found["verdict"], found["reason_code"]) == ("fail", "contention")


def test_a_lock_that_is_never_given_back_is_leaked(world: World) -> None:
    found = _lock(world, "production/forgotten")
    assert (found["verdict"], found["reason_code"]) == ("warn", "leaked")
    assert found["evidence"] == ["lock_events:files:kept"]
