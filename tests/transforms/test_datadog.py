"""What Datadog says of incidents, changes, alerts and downtimes, in the tables."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connectors import datadog
from tests.connectors.datadog_records import (
    ONCE,
    WEEKLY,
    downtime,
    event,
    incident,
    monitor,
)
from tests.connectors.test_datadog import FakeDatadog
from tests.transforms.estate import Estate
from tests.transforms.models import NOW, build_models, rows
from tests.transforms.synced import sync_into
from transforms.home import Home

FIRST = NOW - timedelta(hours=2)
SECOND = NOW - timedelta(hours=1)
BEGAN = "2026-11-22T09:10:00+00:00"
LATER = "2026-11-22T10:40:00+00:00"
INCIDENTS = [
    incident(3, "2026-11-20T09:00:00.123+00:00", customer_impact_start="2026-11-20T08:50:00+00:00"),
    incident(
        2, "2026-11-19T09:00:00+00:00", state="resolved", resolved="2026-11-19T11:00:00+00:00"
    ),
    incident(1, "2026-11-18T09:00:00+00:00", state="odd", severity="UNKNOWN", is_test=True),
]
EVENTS = [
    event(1, "2026-11-20T10:00:00Z"),
    event(
        2,
        "2026-11-20T11:00:00Z",
        impacted_resources=[{"name": "checkout"}, {"name": "cart"}],
        author={"name": "terraform", "type": "automation"},
        changed_resource={"name": "timeouts", "type": "configuration"},
    ),
    event(3, "2026-11-20T12:00:00Z", impacted_resources=None, changed_resource=None),
]
BEFORE = [
    monitor(1, "Alert", BEGAN),
    monitor(2, "Alert", BEGAN),
    monitor(3, "Alert", BEGAN),
    monitor(4, "Alert", BEGAN),
    monitor(5, "OK", BEGAN),
]
AFTER = [
    monitor(1, "Alert", BEGAN),
    monitor(2, "OK", LATER),
    monitor(3, "Alert", LATER),
    monitor(5, "OK", BEGAN),
]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home into which two reads were made, an hour apart."""
    home = Home(root=Path(tmp_path_factory.mktemp("datadog")))
    estate = Estate()
    estate.service("checkout")
    estate.write(home.lake, read_at=FIRST)
    config = datadog.Config(api_key=SecretStr("a"), application_key=SecretStr("b"))
    connector = datadog.connect(config, name="datadog")
    lists: dict[str, list[dict[str, Any]]] = {
        "incidents": INCIDENTS,
        "events": EVENTS,
        "monitors": BEFORE,
        "downtimes": [downtime(1, ONCE), downtime(2, WEEKLY, message=None, scope="host:a")],
    }
    for now, monitors in ((FIRST, BEFORE), (SECOND, AFTER)):
        fake = FakeDatadog(**{**lists, "monitors": monitors})
        report = sync_into(home, connector, fake, now=now)
        assert {stream.status for stream in report.streams} == {"complete"}
    build_models(home, "incidents", "configuration_changes", "alerts", "calendar_windows")
    return home


def test_an_incident_has_the_first_of_its_services_its_severity_and_its_times(home: Home) -> None:
    by_number = {row["number"]: row for row in rows(home, "incidents", where="is_current")}
    assert [by_number[number]["status"] for number in "321"] == ["open", "resolved", "invalid"]
    assert [by_number[number]["severity"] for number in "321"] == [2, 2, None]
    assert {row["service_id"] for row in by_number.values()} == {"checkout"}
    assert by_number["3"]["stated_impact_started_at"] == _at("2026-11-20T08:50:00")
    assert by_number["2"]["resolved_at"] == _at("2026-11-19T11:00:00")


def test_what_was_read_twice_without_a_change_is_one_version(home: Home) -> None:
    assert len(rows(home, "incidents")) == 3
    assert len(rows(home, "calendar_windows")) == 3


def test_a_change_event_is_a_change_of_each_service_it_names(home: Home) -> None:
    found = rows(home, "configuration_changes")
    assert [(row["type"], row["service_name"]) for row in found] == [
        ("flag", "checkout"), ("configuration", "cart"), ("configuration", "checkout"),
        ("custom", "basket"),
    ]  # fmt: skip
    assert {row["environment_name"] for row in found} == {"production"}
    assert [row["actor_id"] is None for row in found] == [False, True, True, False]
    assert found[0]["changed_at"] == _at("2026-11-20T10:00:00")


def test_an_alert_goes_on_while_its_monitor_is_in_the_same_state(home: Home) -> None:
    (alert,) = rows(home, "alerts", where="fingerprint = '1'")
    assert (alert["started_at"], alert["ended_at"]) == (_at(BEGAN), None)
    assert alert["last_seen_at"] == SECOND.replace(tzinfo=None)
    assert (alert["service_id"], alert["severity"]) == ("checkout", "P2")
    assert '"team":"pay"' in alert["labels"]


def test_an_alert_ends_when_its_monitor_took_on_another_state(home: Home) -> None:
    (alert,) = rows(home, "alerts", where="fingerprint = '2'")
    assert (alert["ended_at"], alert["ended_at_is_bound"]) == (_at(LATER), False)


def test_an_alert_that_began_anew_between_two_reads_ended_somewhere_before(home: Home) -> None:
    first, second = rows(home, "alerts", where="fingerprint = '3'")
    assert (first["ended_at"], first["ended_at_is_bound"]) == (_at(LATER), True)
    assert (second["started_at"], second["ended_at"]) == (_at(LATER), None)


def test_an_alert_of_a_monitor_that_is_gone_ended_by_the_read_without_it(home: Home) -> None:
    (alert,) = rows(home, "alerts", where="fingerprint = '4'")
    assert alert["ended_at_is_bound"]
    assert alert["ended_at"] == SECOND.replace(tzinfo=None)


def test_a_monitor_that_never_alerted_is_no_alert(home: Home) -> None:
    assert rows(home, "alerts", where="fingerprint = '5'") == []


def test_a_downtime_is_a_window_and_each_of_its_rules_is_one(home: Home) -> None:
    once, weekly, daily = rows(home, "calendar_windows")
    assert (once["service_id"], once["environment_name"]) == ("checkout", "production")
    assert (once["duration_seconds"], once["recurrence"]) == (7200.0, None)
    assert (weekly["recurrence"], weekly["duration_seconds"]) == ("FREQ=WEEKLY;BYDAY=MO", 7200.0)
    assert (daily["recurrence"], daily["duration_seconds"]) == ("FREQ=DAILY", 1800.0)
    assert weekly["starts_at"] == _at("2026-11-02T05:00:00")
    assert daily["starts_at"] == _at("2026-07-01T04:00:00")
    assert (weekly["timezone"], weekly["title"]) == ("Europe/Berlin", "host:a")


def test_no_address_of_a_person_is_in_any_table(home: Home) -> None:
    tables = ("incidents", "configuration_changes", "alerts", "calendar_windows")
    assert "frog" not in str([rows(home, table) for table in tables])
