"""M7.1: which releases need a review, until when, what came of it, and of what it decided."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models, rows
from tests.transforms.rendering import create_model
from transforms.home import Home

NOW = at("2026-11-24 12:00")
FULL = {
    "summary": "Retries ran out",
    "impact": "412 checkouts failed in 37 minutes",
    "timeline": [f"14:{minute:02} something happened" for minute in range(5)],
    "contributing_factors": "A limit without an alert",
    "detection_gap": "11 minutes",
    "what_worked": "The roll-back",
    "cause_code": "Retry_Storm",
}


@dataclass
class Case:
    """An estate with the deployments of it by name."""

    estate: Estate = field(default_factory=Estate)
    ids: dict[str, str] = field(default_factory=dict)
    shas: dict[str, str] = field(default_factory=dict)

    def service(self, name: str, *, tier: int) -> None:
        """Declare a service of a tier."""
        self.estate.service(name, team="payments")
        next(row for row in self.estate.catalogue if row.get("service_id") == name)["tier"] = tier

    def release(self, name: str, service: str, finished: str, **payload: object) -> None:
        """Deploy a new commit on top of the last one of the service."""
        instant = at(finished)
        parents = (self.shas[service],) if service in self.shas else ()
        sha = self.estate.commit(service, instant - timedelta(hours=3), parents=parents)
        self.shas[service] = sha
        self.ids[name] = self.estate.deploy(service, sha, instant, minutes=10, **payload)  # type: ignore[arg-type]

    def review(
        self, key: str, subject: str, held: str | None, published: str | None, *,
        subject_type: str = "deployment", contents: dict[str, Any] | None = None,
        service: str | None = None,
    ) -> None:  # fmt: skip
        """Write a review record; a deployment is named as in `release`."""
        self.estate.row(
            "review_records", id=key, kind="post_implementation", subject_type=subject_type,
            subject_id=self.ids.get(subject, subject), service=service, person="grace",
            held_at=at(held) if held else None, published_at=at(published) if published else None,
            contents=json.dumps(contents) if contents else None,
        )  # fmt: skip

    def request(self, key: str, service: str, **fields: str) -> str:
        """Write a change request of ServiceNow and return its id."""
        self.estate.add("servicenow", "change_request", {
            "sys_id": key, "number": key.upper(), "type": "normal", "state": "3",
            "cmdb_ci": self.estate.configuration_item(service),
            "sys_created_on": "2026-10-01 08:00:00", "sys_updated_on": "2026-10-01 08:00:00",
            **fields,
        })  # fmt: skip
        return f"servicenow:{key}"


def _november(case: Case) -> None:
    """Write 12 that need a review: 8 on time, 2 late, 1 overdue, 1 not due."""
    case.service("pay", tier=1)
    case.service("shop", tier=1)
    case.release("friday", "shop", "2026-11-20 16:00")
    case.review("r-friday", "friday", "2026-11-23 15:59", "2026-11-23 18:00")
    case.release("minute late", "pay", "2026-11-20 16:00")
    case.review("r-minute", "minute late", "2026-11-23 16:01", "2026-11-23 16:30")
    for day in range(2, 9):
        name = f"day {day}"
        case.release(name, "pay", f"2026-11-{day:02} 10:00")
        case.review(f"r-{day}", name, f"2026-11-{day + 1:02} 10:00", f"2026-11-{day + 1:02} 12:00")
    case.release("late", "pay", "2026-11-09 10:00")
    case.review("r-late", "late", "2026-11-14 10:00", "2026-11-14 10:00")
    case.release("overdue", "pay", "2026-11-10 10:00")
    case.release("open", "pay", "2026-11-24 10:00")


def _october(case: Case) -> None:
    """Write what else decides whether a review is required, and what counts as one."""
    estate = case.estate
    case.service("search", tier=2)
    case.service("mail", tier=2)
    case.service("crawl", tier=1)
    case.service("stock", tier=1)
    case.release("ordinary", "search", "2026-10-05 10:00")
    case.release("failed", "search", "2026-10-06 10:00")
    case.release("harmless", "mail", "2026-10-05 10:00")
    case.release("minor", "mail", "2026-10-06 10:00")
    severe = estate.incident(
        "search", at("2026-10-06 10:30"), at("2026-10-06 11:00"), caused_by=case.ids["failed"]
    )
    estate.incident(
        "mail", at("2026-10-06 10:30"), at("2026-10-06 11:00"), severity=3,
        caused_by=case.ids["minor"],
    )  # fmt: skip
    case.review("r-incident", severe, "2026-10-07 10:00", "2026-10-07 12:00",
                subject_type="incident", contents=FULL)  # fmt: skip
    estate.row("action_items", id="a-whole", review="r-incident", title="Alert on retries",
               assignee="ada", cause="retry_storm", created_at=at("2026-10-07 10:00"),
               due_at=at("2026-10-30 10:00"), closed_at=at("2026-10-12 10:00"))  # fmt: skip
    # Two deployments of one release, and one of another service with the same version.
    case.release("first region", "stock", "2026-10-05 10:00", version="9.1.0")
    sha = case.shas["stock"]
    case.ids["second region"] = estate.deploy(
        "stock", sha, at("2026-10-07 10:00"), minutes=10, version="9.1.0", environment="eu"
    )
    estate.catalogue.append({"record_type": "environment", "name": "eu", "tier": "production"})
    case.release("namesake", "crawl", "2026-10-05 10:00", version="9.1.0")
    case.review("r-release", "9.1.0", "2026-10-08 09:00", "2026-10-08 09:30", service="stock",
                subject_type="release", contents={"summary": "It went well"})  # fmt: skip
    # A review of one region is one of the other, which deployed the same commit.
    case.service("quay", tier=1)
    case.release("west", "quay", "2026-10-05 10:00")
    case.ids["east"] = estate.deploy(
        "quay", case.shas["quay"], at("2026-10-05 11:00"), minutes=10, environment="eu"
    )
    case.review("r-west", "west", "2026-10-06 09:00", "2026-10-06 09:30")
    # A post-mortem that is an issue with a label, and names the incident in its title.
    case.service("queue", tier=2)
    case.release("queue before", "queue", "2026-10-05 10:00")
    case.release("queue", "queue", "2026-10-06 10:00")
    jam = estate.incident(
        "queue", at("2026-10-06 10:30"), at("2026-10-06 11:00"), caused_by=case.ids["queue"]
    )
    estate.row("work_items", id="w-1", key="OPS-1", status="done", status_category="done",
               title=f"Post-mortem: {jam.removeprefix('servicenow:').upper()}, jammed",
               labels=["Post-Mortem"], created_at=at("2026-10-07 10:00"),
               resolved_at=at("2026-10-08 10:00"))  # fmt: skip
    # Held and never published; held before the deployment ended.
    case.release("unpublished", "crawl", "2026-10-12 10:00", version="9.2.0")
    case.review("r-unpublished", "unpublished", "2026-10-13 10:00", None)
    case.release("too early", "crawl", "2026-10-19 10:00", version="9.3.0")
    case.review("r-early", "too early", "2026-10-19 09:00", "2026-10-19 09:30")
    # Emergencies without a deployment, on the clock of working hours: Friday 15:00 in Berlin.
    case.request("emergency", "mail", type="emergency", work_end="2026-10-16 13:00:00",
                 review_date="2026-10-20 12:59:00")  # fmt: skip
    case.request("called-off", "mail", type="emergency", state="4", work_end="2026-10-16 13:00:00")
    case.request("normal", "mail", work_end="2026-10-16 13:00:00")
    estate.policy("reviews", "emergency", {"clock": "business_hours", "due_hours": 16})


def _reopened(case: Case) -> None:
    """Write two incidents that were opened again; one got worse."""
    estate = case.estate
    for name in ("worse", "same"):
        case.service(name, tier=2)
        case.release(f"{name} before", name, "2026-09-01 10:00")
        case.release(name, name, "2026-09-07 10:00")
        incident = estate.incident(
            name, at("2026-09-07 10:10"), at("2026-09-07 11:00"), severity=2,
            caused_by=case.ids[name],
        )  # fmt: skip
        estate.incident_edit(
            incident, at("2026-09-09 10:00"), state="2", reopen_count="1", closed_at="",
            reopened_time=at("2026-09-09 09:00"), severity="1" if name == "worse" else "2",
        )  # fmt: skip
        estate.incident_edit(
            incident, at("2026-09-09 12:00"), state="7", reopen_count="1",
            reopened_time=at("2026-09-09 09:00"), resolved_at=at("2026-09-09 12:00"),
            closed_at=at("2026-09-09 12:00"), severity="1" if name == "worse" else "2",
        )  # fmt: skip
        case.review(f"r-{name}", name, "2026-09-08 10:00", "2026-09-08 12:00")


def _actions(case: Case) -> None:
    """Write actions closed after 5, 12 and 28 days, and one open for 40."""
    case.service("vault", tier=3)
    case.release("vault", "vault", "2026-06-01 10:00")
    case.review("r-vault", "vault", "2026-06-02 10:00", "2026-06-02 10:00", service="vault")
    begun = NOW - timedelta(days=40)
    for number, days in enumerate((5, 12, 28, None)):
        estate_row = {
            "id": f"a-{number}", "review": "r-vault", "title": "Do it", "cause": "Expired_Key",
            "assignee": "ada", "created_at": begun, "due_at": begun + timedelta(days=30),
        }  # fmt: skip
        if days is not None:
            estate_row["closed_at"] = begun + timedelta(days=days)
        case.estate.row("action_items", **estate_row)
    # The cause comes back while the last is open; another cause does not.
    case.release("key", "vault", "2026-11-01 10:00")
    again = case.estate.incident("vault", at("2026-11-01 12:00"), at("2026-11-01 13:00"))
    case.ids["again"] = again
    case.review("r-again", again, "2026-11-02 10:00", "2026-11-02 10:00", subject_type="incident",
                contents={"cause_code": "expired_key"})  # fmt: skip
    other = case.estate.incident("vault", at("2026-11-03 12:00"), at("2026-11-03 13:00"))
    case.review("r-other", other, "2026-11-04 10:00", "2026-11-04 10:00", subject_type="incident",
                contents={"cause_code": "disk_full"})  # fmt: skip


@dataclass(frozen=True)
class World:
    """What was built."""

    home: Home
    ids: dict[str, str]
    reviews: dict[str, dict[str, Any]]

    def of(self, name: str) -> dict[str, Any]:
        """Return the required review of a deployment."""
        return self.reviews[self.ids[name]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    case = Case()
    for write in (_november, _october, _reopened, _actions):
        write(case)
    home = Home(root=tmp_path_factory.mktemp("reviews"))
    case.estate.write(home.lake, read_at=NOW)
    build_models(
        home, "control_matrix", "post_implementation_reviews", "review_action_closure",
        "repeat_causes", now=NOW,
    )  # fmt: skip
    found = rows(home, "post_implementation_reviews")
    yield World(home, case.ids, {one["subject_id"]: one for one in found})


def _utc(text: str) -> datetime:
    return at(text).replace(tzinfo=None)


def test_a_review_is_due_72_hours_after_the_end_weekend_or_not(world: World) -> None:
    assert world.of("friday")["due_at"] == _utc("2026-11-23 16:00")


def test_a_minute_before_is_on_time_and_a_minute_after_is_late(world: World) -> None:
    assert world.of("friday")["state"] == "on_time"
    assert world.of("minute late")["state"] == "late"


def test_8_of_11_were_reviewed_in_time_when_one_of_12_is_not_due(world: World) -> None:
    [month] = rows(
        world.home,
        "control_matrix",
        where="control_id = 'post_implementation_review' and scope = 'organisation'"
        " and grain = 'month' and period_start_date = '2026-11-01'",
    )
    assert month["subject_count"] == 12
    assert (month["pass_count"], month["n"]) == (8, 11)
    assert month["pass_count"] / month["n"] == pytest.approx(0.727, abs=5e-4)
    assert (month["fail_count"], month["not_applicable_count"]) == (3, 1)


def test_open_past_due_is_a_failure_and_open_before_it_is_not_judged(world: World) -> None:
    found = {
        one["subject_id"]: one
        for one in rows(world.home, "control_results",
                        where="control_id = 'post_implementation_review'")
    }  # fmt: skip
    overdue = found[f"deployment:{world.ids['overdue']}"]
    assert (overdue["verdict"], overdue["reason_code"]) == ("fail", "not_held")
    still_open = found[f"deployment:{world.ids['open']}"]
    assert (still_open["verdict"], still_open["reason_code"]) == ("not_applicable", "not_due")


def test_an_ordinary_release_of_a_less_critical_service_needs_none(world: World) -> None:
    assert world.ids["ordinary"] not in world.reviews
    assert world.ids["harmless"] not in world.reviews


def test_a_failed_release_needs_one_and_says_why(world: World) -> None:
    assert world.of("failed")["triggers"] == ["degradation", "failed"]
    assert world.of("minor")["triggers"] == ["failed_low_severity"]


def test_a_review_of_an_incident_answers_for_the_deployment_that_caused_it(world: World) -> None:
    assert world.of("failed")["state"] == "on_time"
    assert world.of("failed")["review_id"] == "review_records:files:r-incident"


def test_a_labelled_issue_that_names_the_incident_is_a_review_when_it_is_closed(
    world: World,
) -> None:
    assert world.of("queue")["review_id"] == "work_items:files:w-1"
    assert world.of("queue")["state"] == "on_time"


def test_one_review_answers_for_all_deployments_of_a_release_of_its_service(world: World) -> None:
    assert world.of("first region")["review_record_id"] == "files:r-release"
    assert world.of("second region")["review_record_id"] == "files:r-release"
    assert world.of("first region")["state"] == "on_time"
    assert world.of("namesake")["state"] == "overdue"


def test_a_review_of_one_deployment_answers_for_the_others_of_its_commit(world: World) -> None:
    assert world.of("east")["review_record_id"] == "files:r-west"


def test_a_review_that_was_held_and_not_published_is_not_on_time(world: World) -> None:
    assert world.of("unpublished")["state"] == "unpublished"


def test_a_review_before_the_deployment_ended_is_none_of_it(world: World) -> None:
    assert world.of("too early")["state"] == "overdue"


def test_a_clock_of_working_hours_skips_the_night_and_the_weekend(world: World) -> None:
    """Friday 15:00 in Berlin and 16 hours: 2 on Friday, 8 on Monday, 6 until Tuesday 15:00."""
    emergency = world.reviews["servicenow:emergency"]
    assert emergency["due_at"] == _utc("2026-10-20 13:00")
    assert (emergency["state"], emergency["clock"]) == ("on_time", "business_hours")
    assert emergency["review_id"] == "change_requests:servicenow:emergency"


def test_only_emergencies_that_took_place_need_one_of_change_requests(world: World) -> None:
    requests = [one for one in world.reviews.values() if one["subject_type"] == "change_request"]
    assert [one["subject_id"] for one in requests] == ["servicenow:emergency"]


def test_an_incident_opened_again_starts_the_time_anew_only_when_it_got_worse(
    world: World,
) -> None:
    assert world.of("same")["due_at"] == _utc("2026-09-10 10:00")
    assert world.of("same")["state"] == "on_time"
    assert world.of("worse")["due_at"] == _utc("2026-09-12 09:00")
    assert world.of("worse")["state"] == "overdue"


def test_quality_counts_the_mandatory_fields_that_say_something(world: World) -> None:
    whole = world.of("failed")
    assert (whole["filled_field_count"], whole["quality_ratio"]) == (7, 1.0)
    assert whole["timeline_event_count"] == 5
    assert world.of("first region")["filled_field_count"] == 1
    assert world.reviews["servicenow:emergency"]["quality_ratio"] is None


def test_actions_closed_after_5_12_and_28_days_and_one_open_have_a_median_of_12(
    world: World,
) -> None:
    [closure] = rows(
        world.home, "review_action_closure", where="scope = 'service' and scope_id = 'vault'"
    )
    assert closure["median_days"] == pytest.approx(12)
    assert closure["open_share_30_days"] == pytest.approx(0.25)
    assert (closure["closed_in_time_count"], closure["judged_count"]) == (3, 4)
    assert (closure["open_count"], closure["overdue_count"]) == (1, 1)


def test_a_cause_that_returns_while_its_actions_are_open_is_a_repeat(world: World) -> None:
    found = rows(world.home, "repeat_causes")
    assert [(one["cause_code"], one["incident_id"], one["open_action_count"]) for one in found] == [
        ("expired_key", world.ids["again"], 2)
    ]
    assert found[0]["review_record_id"] == "files:r-vault"


REVIEWED = {
    "on_time": "2026-11-20 12:00", "late": "2026-11-23 12:00", "unpublished": "2026-11-20 12:00",
    "overdue": None, "open": None,
}  # fmt: skip


def _judged(*states: str) -> dict[str, tuple[str, str]]:
    """Return verdict and reason code of reviews in some states, by the text of the control."""
    with duckdb.connect() as connection:
        connection.execute(
            "create table post_implementation_reviews as select"
            " 'deployment:' || state as post_implementation_review_id,"
            " 'deployment' as subject_type, state as subject_id, 'pay' as service_id,"
            " 'payments' as team_id, 'production' as environment_id, state,"
            " timestamp '2026-11-19 12:00' as finished_at,"
            " timestamp '2026-11-22 12:00' as due_at, held_at::timestamp as held_at,"
            " case when held_at is not null then 'review_records:1' end as review_id"
            " from (select unnest(?) as state, unnest(?::varchar[]) as held_at)",
            [list(states), [REVIEWED[state] for state in states]],
        )
        create_model(connection, "controls/control_post_implementation_review")
        found = connection.execute(
            "select subject_id, verdict, reason_code, reason"
            " from control_post_implementation_review"
        ).fetchall()
    assert all(reason for *_, reason in found)
    return {key.removeprefix("deployment:"): (verdict, code) for key, verdict, code, _ in found}


def test_where_no_review_at_all_is_known_an_overdue_one_is_no_data_and_no_failure() -> None:
    assert _judged("overdue", "open") == {
        "overdue": ("no_data", "not_held"),
        "open": ("not_applicable", "not_due"),
    }


def test_where_reviews_are_known_a_missing_late_or_unpublished_one_fails() -> None:
    assert _judged(*REVIEWED) == {
        "on_time": ("pass", "held_on_time"),
        "late": ("fail", "held_late"),
        "unpublished": ("fail", "held_unpublished"),
        "overdue": ("fail", "not_held"),
        "open": ("not_applicable", "not_due"),
    }


def test_one_review_that_was_held_late_says_that_reviews_are_read() -> None:
    assert _judged("late", "overdue")["overdue"] == ("fail", "not_held")
