"""The real trackers, where they are installed: what we read is what they were given."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connectors import icinga, redmine, request_tracker, roundup
from connectors._contract import Connector
from connectors._errors import AuthRejected, PermissionMissing, TlsRejected, UnexpectedShape
from connectors._http import HttpClient
from orchestration.lake import Lake
from orchestration.sync import sync
from orchestration.sync_report import StreamReport
from tests.connectors import itsm_servers as servers
from tests.connectors.fakes import FakeTime, read_all
from tests.transforms.estate import Estate
from tests.transforms.models import build_models, rows
from transforms.home import Home

pytestmark = pytest.mark.system

TIE = "2026-10-09 12:00:00"


def sync_into(home: Home, connector: Connector) -> dict[str, StreamReport]:
    """Read a source into the lake as a run does; every stream must come to its end."""
    report = sync(
        [connector], Lake(home.lake), clock=lambda: datetime.now(UTC), private_hosts=["127.0.0.1"]
    )
    assert report.is_complete, [stream.error for stream in report.streams]
    return {stream.stream: stream for stream in report.streams}


def new_home(folder: Path) -> Home:
    """Return a home whose company has a service named pay."""
    home, estate = Home(root=folder), Estate()
    estate.service("pay")
    estate.write(home.lake, read_at=datetime.now(UTC))
    return home


def current(home: Home, entity: str, key: str) -> dict[str, dict[str, Any]]:
    """Return the newest versions of an entity by the end of their key."""
    return {row[key].split(":", 1)[1]: row for row in rows(home, entity, where="is_current")}


def naive(text: str) -> datetime:
    """Return an instant as tables hold it."""
    return datetime.fromisoformat(text)


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Return what writes a line where it is seen, although output is captured."""

    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{line}")

    return write


def second_sync(folder: Path, connector: Connector, tell: Callable[[str], None]) -> dict[str, int]:
    """Read an unchanged server twice and return the second reading's requests by stream."""
    home = new_home(folder)
    first, second = sync_into(home, connector), sync_into(home, connector)
    for name, report in second.items():
        tell(f"  {connector.kind} {name}: {first[name].calls} requests, then {report.calls}")
    return {name: report.calls for name, report in second.items()}


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Tracker]:
    with servers.request_tracker(tmp_path_factory.mktemp("rt")) as running:
        running.seed_request_tracker()
        yield running


def _rt(tracker: servers.Tracker, **more: Any) -> request_tracker.RequestTrackerConnector:
    settings = {
        "base_url": tracker.url,
        "plain_http_hosts": ("127.0.0.1",),
        "username": "root",
        "password": SecretStr("password"),
        "incident_queues": ("Incidents",),
        "change_queues": ("Changes",),
        "service_field": "Service",
        **more,
    }
    return request_tracker.connect(request_tracker.Config(**settings), name="rt")


def test_request_tracker_incidents_are_what_its_tickets_say(
    tracker: servers.Tracker, tmp_path: Path
) -> None:
    home = new_home(tmp_path)
    reports = sync_into(home, _rt(tracker))
    assert reports["incidents"].rows >= 3 + servers.TIED
    build_models(home, "incidents", "change_requests", now=datetime.now(UTC) + timedelta(minutes=1))
    incidents = current(home, "incidents", "incident_id")
    assert len(incidents) == 3 + servers.TIED
    new, taken, done = (incidents[number] for number in ("1", "2", "3"))
    assert (new["status"], new["acknowledged_at"], new["resolved_at"]) == ("open", None, None)
    assert (new["service_name"], new["service_id"]) == ("pay", "pay")
    assert new["detected_at"] == naive("2026-10-01 10:00:00")
    assert (taken["status"], taken["severity"]) == ("acknowledged", 3)
    assert taken["acknowledged_at"] == naive("2026-10-02 11:00:00")
    assert taken["service_name"] == "Incidents"
    assert (done["status"], done["resolved_at"]) == ("resolved", naive("2026-10-05 12:00:00"))
    (change,) = current(home, "change_requests", "change_request_id").values()
    assert change["planned_start_at"] == naive("2026-10-10 20:00:00")
    assert change["planned_end_at"] == naive("2026-10-10 22:00:00")
    assert change["work_started_at"] is None
    assert change["requester_id"] not in (None, "root")


def test_request_tracker_is_asked_once_a_stream_when_nothing_changed(
    tracker: servers.Tracker, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    assert second_sync(tmp_path, _rt(tracker), tell) == {
        "incidents": 1,
        "transactions": 1,
        "change_requests": 1,
    }


def test_what_happens_to_request_tracker_tickets_is_seen(
    tracker: servers.Tracker, tmp_path: Path
) -> None:
    home = new_home(tmp_path)
    sync_into(home, _rt(tracker))
    numbers = [
        tracker.send("POST", "/REST/2.0/ticket", Queue="Incidents", Subject=subject)["id"]
        for subject in ("reopened", "deleted", "moved")
    ]
    reopened, deleted, moved = numbers
    for status in ("open", "resolved", "open"):
        tracker.send("PUT", f"/REST/2.0/ticket/{reopened}", Status=status)
    sync_into(home, _rt(tracker))
    tracker.send("PUT", f"/REST/2.0/ticket/{deleted}", Status="deleted")
    tracker.send("PUT", f"/REST/2.0/ticket/{moved}", Queue="Changes")
    sync_into(home, _rt(tracker))
    build_models(home, "incidents", now=datetime.now(UTC) + timedelta(minutes=1))
    incidents = current(home, "incidents", "incident_id")
    assert [incidents[number]["status"] for number in numbers] == [
        "acknowledged", "invalid", "invalid",
    ]  # fmt: skip
    again = incidents[reopened]
    assert again["reopen_count"] == 1
    assert again["resolved_at"] is None
    assert again["last_resolved_at"] <= again["reopened_at"]
    versions = rows(home, "incidents", where=f"incident_id = 'rt:{deleted}'")
    assert sorted(row["status"] for row in versions) == ["invalid", "open"]


def test_a_request_tracker_account_in_another_zone_is_refused_or_stated(
    tracker: servers.Tracker, tmp_path: Path
) -> None:
    tracker.send("PUT", "/REST/2.0/user/root", Timezone="America/New_York")
    try:
        with pytest.raises(UnexpectedShape, match="time zone"):
            read_all(_rt(tracker), "incidents")
        found = read_all(_rt(tracker, timezone="America/New_York"), "incidents")
    finally:
        tracker.send("PUT", "/REST/2.0/user/root", Timezone="")
    numbers = {row["id"] for page in found for row in json.loads(page.body)["items"]}
    assert {"1", "2", "3"} < numbers


def test_a_single_request_tracker_ticket_that_did_not_change_is_not_sent_again(
    tracker: servers.Tracker,
) -> None:
    access, clock = _rt(tracker).access, FakeTime()
    client = HttpClient(
        access, source="rt", clock=clock.clock, sleep=clock.sleep, monotonic=clock.monotonic,
        jitter=lambda: 0.5,
    )  # fmt: skip
    known = client.fetch("/REST/2.0/ticket/1", stream="incidents")
    again = client.fetch("/REST/2.0/ticket/1", stream="incidents", etag=known.etag)
    client.close()
    assert (again.is_unchanged, client.unchanged, again.body) == (True, 1, b"")


@pytest.fixture(scope="module")
def issues(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Tracker]:
    with servers.redmine(tmp_path_factory.mktemp("redmine")) as running:
        running.seed_redmine()
        yield running


def _redmine(issues: servers.Tracker, **more: Any) -> redmine.RedmineConnector:
    settings = {
        "base_url": issues.url,
        "plain_http_hosts": ("127.0.0.1",),
        "token": SecretStr(servers.REDMINE_KEY),
        "incident_trackers": ("Bug",),
        "change_trackers": ("Support",),
        "service_field": "Service",
        **more,
    }
    return redmine.connect(redmine.Config(**settings), name="redmine")


def test_redmine_incidents_are_what_its_issues_and_journals_say(
    issues: servers.Tracker, tmp_path: Path
) -> None:
    home = new_home(tmp_path)
    sync_into(home, _redmine(issues))
    build_models(home, "incidents", "change_requests", now=datetime.now(UTC) + timedelta(minutes=1))
    incidents = current(home, "incidents", "incident_id")
    assert len(incidents) == 4 + servers.TIED
    new, solved, closed, again = (incidents[number] for number in ("1", "2", "3", "4"))
    assert (new["status"], new["severity"], new["acknowledged_at"]) == ("open", 1, None)
    assert (new["service_name"], new["service_id"]) == ("pay", "pay")
    assert (solved["status"], solved["service_name"]) == ("resolved", "Ops")
    assert new["detected_at"] <= solved["acknowledged_at"] <= solved["resolved_at"]
    assert solved["closed_at"] is None
    assert closed["status"] == "closed"
    assert closed["closed_at"] is not None
    assert abs(closed["closed_at"] - closed["resolved_at"]) <= timedelta(seconds=1)
    assert (again["status"], again["reopen_count"], again["resolved_at"]) == (
        "acknowledged", 1, None,
    )  # fmt: skip
    assert again["last_resolved_at"] <= again["reopened_at"]
    (change,) = current(home, "change_requests", "change_request_id").values()
    assert change["planned_start_at"] == naive("2026-10-10 00:00:00")
    assert change["planned_end_at"] == naive("2026-10-12 00:00:00")
    assert change["requester_id"] not in (None, "Redmine Admin")


def test_redmine_is_asked_once_a_stream_when_nothing_changed(
    issues: servers.Tracker, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    calls = second_sync(tmp_path, _redmine(issues), tell)
    assert calls == {"issue_statuses": 1, "incidents": 1, "journals": 0, "change_requests": 1}


def test_redmine_sends_nothing_again_that_is_as_it_was(
    issues: servers.Tracker, tmp_path: Path
) -> None:
    home = new_home(tmp_path)
    for _ in range(2):
        sync_into(home, _redmine(issues))
    third = sync_into(home, _redmine(issues))
    assert {name: report.rows for name, report in third.items()} == {
        "issue_statuses": 0, "incidents": 0, "journals": 0, "change_requests": 0,
    }  # fmt: skip


def test_only_the_journals_of_a_redmine_issue_that_changed_are_read_again(
    issues: servers.Tracker, tmp_path: Path
) -> None:
    home = new_home(tmp_path)
    sync_into(home, _redmine(issues))
    time.sleep(1.1)  # instants are shown without their fractions
    issues.send("PUT", "/issues/1.json", issue={"notes": "Looking at it"})
    report = sync_into(home, _redmine(issues))
    assert (report["incidents"].calls, report["journals"].pages) == (2, 1)


@pytest.fixture
def monitoring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Icinga]:
    with servers.icinga(tmp_path_factory.mktemp("icinga")) as running:
        yield running


def _icinga(monitoring: servers.Icinga, **more: Any) -> icinga.IcingaConnector:
    settings = {
        "base_url": monitoring.url,
        "username": "reader",
        "password": SecretStr("reader-password"),
        "ca_bundle": monitoring.authority,
        "service_variable": "service",
        **more,
    }
    return icinga.connect(icinga.Config(**settings), name="icinga")


def _alerts(home: Home) -> dict[str, dict[str, Any]]:
    build_models(home, "alerts", now=datetime.now(UTC) + timedelta(minutes=1))
    return {row["fingerprint"]: row for row in rows(home, "alerts")}


def test_hard_problems_of_icinga_are_alerts_and_soft_ones_are_none(
    monitoring: servers.Icinga, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    home = new_home(tmp_path)
    monitoring.check("web-1!hard", 2, times=3)
    monitoring.check("web-1!soft", 2)
    monitoring.check("web-1!fine", 0, times=3)
    monitoring.check("db-1", 1)
    reports = sync_into(home, _icinga(monitoring))
    alerts = _alerts(home)
    assert set(alerts) == {"web-1!hard", "db-1"}
    hard = alerts["web-1!hard"]
    assert (hard["name"], hard["severity"], hard["service_id"]) == ("hard", "critical", "pay")
    assert hard["ended_at"] is None
    age = datetime.now(UTC).replace(tzinfo=None) - hard["started_at"]
    assert timedelta(0) <= age < timedelta(minutes=1)
    assert (alerts["db-1"]["severity"], alerts["db-1"]["service_id"]) == ("down", None)
    assert "of the check" not in str(hard["labels"])
    monitoring.check("web-1!hard", 0)
    again = sync_into(home, _icinga(monitoring))
    for name, report in again.items():
        tell(f"  icinga {name}: {reports[name].calls} requests, then {report.calls}")
        assert report.calls == 1
    alerts = _alerts(home)
    assert not alerts["web-1!hard"]["ended_at_is_bound"]
    assert alerts["web-1!hard"]["started_at"] < alerts["web-1!hard"]["ended_at"]
    assert alerts["db-1"]["ended_at"] is None


def test_downtimes_of_icinga_are_windows_of_the_calendar(
    monitoring: servers.Icinga, tmp_path: Path
) -> None:
    home = new_home(tmp_path)
    begin = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    span = {
        "start_time": begin.timestamp(),
        "end_time": (begin + timedelta(hours=2)).timestamp(),
        "author": "ada@example.org",
        "comment": "Patch the kernel",
    }
    monitoring.act("schedule-downtime", "web-1!fine", fixed=True, **span)
    monitoring.act("schedule-downtime", "web-1", fixed=False, duration=600, **span)
    sync_into(home, _icinga(monitoring))
    build_models(home, "calendar_windows", now=datetime.now(UTC) + timedelta(minutes=1))
    windows = {row["service_name"]: row for row in rows(home, "calendar_windows")}
    assert set(windows) == {"pay", "shop"}
    pay, shop = windows["pay"], windows["shop"]
    assert (pay["kind"], pay["title"], pay["state"]) == ("downtime", "Patch the kernel", "planned")
    assert (pay["starts_at"], pay["ends_at"]) == (
        begin.replace(tzinfo=None), begin.replace(tzinfo=None) + timedelta(hours=2),
    )  # fmt: skip
    assert (pay["duration_seconds"], shop["duration_seconds"]) == (None, 600.0)
    assert pay["service_id"] == "pay"


def test_an_icinga_without_its_authority_named_is_not_trusted(monitoring: servers.Icinga) -> None:
    with pytest.raises(TlsRejected, match="ca_bundle"):
        read_all(_icinga(monitoring, ca_bundle=None), "services")
    (page,) = read_all(_icinga(monitoring), "services")
    assert page.row_count == 0


def test_what_an_icinga_account_may_not_do_is_said(monitoring: servers.Icinga) -> None:
    stranger = {"username": "stranger", "password": SecretStr("stranger-password")}
    with pytest.raises(PermissionMissing, match="objects/query/Service"):
        read_all(_icinga(monitoring, **stranger), "services")
    with pytest.raises(AuthRejected):
        read_all(_icinga(monitoring, password=SecretStr("wrong-password")), "services")


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Tracker]:
    with servers.roundup(tmp_path_factory.mktemp("roundup")) as running:
        for item in ({"title": "Down", "priority": "critical", "component": "pay"}, {"title": "B"}):
            running.send("POST", "/rest/data/issue", **item, status="unread")
        plan = {"planned_start": "2026-10-10.20:00:00", "planned_end": "2026-10-10.22:00:00"}
        running.send("POST", "/rest/data/change", title="Upgrade", **plan)
        yield running


def _roundup(items: servers.Tracker, **more: Any) -> roundup.RoundupConnector:
    settings = {
        "base_url": items.url,
        "plain_http_hosts": ("127.0.0.1",),
        "username": "admin",
        "password": SecretStr("secret"),
        "change_class": "change",
        "service_property": "component",
        "planned_start_property": "planned_start",
        "planned_end_property": "planned_end",
        **more,
    }
    return roundup.connect(roundup.Config(**settings), name="roundup")


def _set_status(items: servers.Tracker, number: int, status: str) -> None:
    place = f"/rest/data/issue/{number}/status"
    etag = items.writer.get(place).headers["etag"]
    reply = items.writer.put(place, json={"data": status}, headers={"if-match": etag})
    assert reply.status_code == 200, reply.text


def test_roundup_incidents_are_what_its_reads_saw(items: servers.Tracker, tmp_path: Path) -> None:
    home = new_home(tmp_path)
    sync_into(home, _roundup(items))
    for status in ("in-progress", "resolved", "chatting"):
        time.sleep(1.1)  # instants are shown without their fractions
        _set_status(items, 2, status)
        sync_into(home, _roundup(items))
    build_models(home, "incidents", "change_requests", now=datetime.now(UTC) + timedelta(minutes=1))
    incidents = current(home, "incidents", "incident_id")
    down, again = incidents["1"], incidents["2"]
    assert (down["status"], down["severity"], down["service_id"]) == ("open", 1, "pay")
    assert (again["status"], again["reopen_count"]) == ("acknowledged", 1)
    assert again["resolved_at"] is None
    times = [again[name] for name in ("detected_at", "acknowledged_at", "last_resolved_at")]
    assert [*times, again["reopened_at"]] == sorted({*times, again["reopened_at"]})
    versions = rows(home, "incidents", where="incident_id = 'roundup:2'")
    assert {row["status"] for row in versions} == {"open", "acknowledged", "resolved"}
    (change,) = current(home, "change_requests", "change_request_id").values()
    assert change["planned_start_at"] == naive("2026-10-10 20:00:00")
    assert change["planned_end_at"] == naive("2026-10-10 22:00:00")
    assert change["requester_id"] not in (None, "admin")


def test_roundup_is_asked_once_a_stream_when_nothing_changed(
    items: servers.Tracker, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    assert second_sync(tmp_path, _roundup(items), tell) == {"incidents": 1, "change_requests": 1}


def test_roundup_limits_are_obeyed_and_all_items_come(
    tmp_path_factory: pytest.TempPathFactory, tell: Callable[[str], None]
) -> None:
    folder = tmp_path_factory.mktemp("limited")
    with servers.roundup(folder, calls=3, seconds=9) as limited:
        insert = "insert into _issue (id, _title, _activity, _creation, __retired__) "
        for number in range(1, 61):
            moment = f"202611{number % 20 + 1:02d}10{number % 60:02d}00.000"
            limited.sql(f"{insert} values (?, 'x', ?, ?, 0)", number, moment, moment)
        spent = [limited.writer.get("/rest/data/status") for _ in range(6)]
        assert {reply.status_code for reply in spent} == {200, 429}
        assert float(spent[-1].headers["retry-after"]) > 0
        before = time.monotonic()
        pages = read_all(_roundup(limited, page_size=20), "incidents")
        waited = time.monotonic() - before
    found = {row["id"] for page in pages for row in json.loads(page.body)["data"]["collection"]}
    tell(f"  roundup allows 3 requests in 9 s: {len(pages)} pages in {waited:.1f} s")
    assert len(found) == 60
    assert waited >= (len(pages) - 1) * 3 - 1
