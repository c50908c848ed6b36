"""Opsgenie, Statuspage, shifts and change events of PagerDuty from their replies to the tables."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.connectors import test_opsgenie as ops
from tests.connectors import test_pagerduty as pager
from tests.connectors import test_statuspage as status
from tests.connectors.fakes import START
from tests.transforms.desk_lake import declare, keep
from tests.transforms.models import build_models, rows
from transforms.home import Home

HOUR = timedelta(hours=1)
DAY = 24 * HOUR
MODELS = ("incidents", "alerts", "calendar_windows", "oncall_shifts", "configuration_changes")


def _naive(instant: datetime) -> datetime:
    return instant.replace(tzinfo=None)


def _keep_opsgenie(home: Home) -> None:
    reported = {"status": "closed", "report": {"closeTime": 90_000}, "lastOccurredAt": None}
    fake = ops.FakeOpsgenie(
        alerts=[
            ops.alert(1, START - DAY) | reported,
            ops.alert(2, START - DAY, updated=START) | {"status": "closed", "tags": []},
            ops.alert(3, START - DAY),
        ],
        incidents=[ops.incident(1, START - DAY, "open")],
    )
    assert keep(home, ops.connector(), fake).is_complete


def _keep_pages(home: Home) -> None:
    planned = status.maintenance(
        7, START + DAY, components=[{"id": "c1", "name": "Old"}, {"id": "c2", "name": "Cart"}]
    )
    fake = status.FakeStatuspage(
        incidents=[
            status.incident(1, START - DAY),
            status.incident(2, START - HOUR, status="identified", impact="critical",
                            resolved_at=None, components=[]),
            status.incident(3, START - DAY, impact="maintenance", status="completed"),
        ],
        scheduled_maintenances=[planned],
    )  # fmt: skip
    assert keep(home, status.connector(), fake).is_complete
    planned["components"] = planned["components"][:1]
    assert keep(home, status.connector(), fake, now=START + 3 * HOUR).is_complete
    vendor = status.FakeStatuspage(
        incidents=[status.incident(8, START)],
        scheduled_maintenances=[status.maintenance(9, START + DAY)],
    )
    assert keep(home, status.connector(name="cloud", is_vendor=True), vendor).is_complete


def _keep_pagerduty(home: Home) -> None:
    fake = pager.FakePagerDuty([])
    fake.rows["change_events"] = [pager.change_event(1, START - DAY)]
    fake.rows["oncalls"] = [
        pager.oncall("U1", None, None),
        pager.oncall("U2", START - 2 * DAY, START + 4 * DAY),
    ]
    assert keep(home, pager.account(), fake).is_complete
    fake.rows["oncalls"][1] = pager.oncall("U2", START - 2 * DAY, START + 5 * DAY)
    assert keep(home, pager.account(), fake, now=START + DAY).is_complete


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(root=tmp_path_factory.mktemp("desk"))
    declare(home, "checkout", "cart")
    _keep_opsgenie(home)
    _keep_pages(home)
    _keep_pagerduty(home)
    build_models(home, *MODELS, now=START + 3 * DAY)
    return home


def _alert(home: Home, number: int) -> dict[str, Any]:
    (row,) = rows(home, "alerts", where=f"fingerprint = 'a{number:05d}'")
    return row


def test_an_alert_ended_as_long_after_its_creation_as_its_report_says(home: Home) -> None:
    alert = _alert(home, 1)
    assert alert["ended_at"] == _naive(START - DAY + timedelta(seconds=90))
    assert alert["ended_at_is_bound"] is False
    assert (alert["service_id"], alert["severity"]) == ("checkout", "P3")


def test_a_closed_alert_without_report_ended_with_its_last_update_at_the_latest(
    home: Home,
) -> None:
    alert = _alert(home, 2)
    assert (alert["ended_at"], alert["ended_at_is_bound"]) == (_naive(START), True)
    assert alert["service_name"] is None


def test_an_open_alert_has_no_end(home: Home) -> None:
    assert _alert(home, 3)["ended_at"] is None


def test_an_incident_is_of_the_service_that_opsgenie_names_by_its_id(home: Home) -> None:
    (incident,) = rows(home, "incidents", where="source = 'opsgenie'")
    assert (incident["service_id"], incident["status"]) == ("checkout", "open")
    assert incident["resolved_at"] is None


def test_incidents_of_our_own_page_have_impact_start_and_end(home: Home) -> None:
    at = START - DAY + timedelta(milliseconds=125)
    (done,) = rows(home, "incidents", where="incident_id = 'status:p1'")
    assert (done["status"], done["severity"]) == ("resolved", 2)
    assert done["stated_impact_started_at"] == _naive(at - timedelta(minutes=10))
    assert done["resolved_at"] == _naive(at + HOUR)
    (going_on,) = rows(home, "incidents", where="incident_id = 'status:p2'")
    assert (going_on["status"], going_on["resolved_at"]) == ("acknowledged", None)


def test_a_component_goes_by_its_present_name(home: Home) -> None:
    (incident,) = rows(home, "incidents", where="incident_id = 'status:p1'")
    assert incident["service_id"] == "checkout"


def test_no_incident_of_a_vendor_and_no_maintenance_is_an_incident(home: Home) -> None:
    found = {row["incident_id"] for row in rows(home, "incidents")}
    assert found == {"opsgenie:i00001", "status:p1", "status:p2"}


def test_planned_maintenance_is_a_window_of_each_of_its_components(home: Home) -> None:
    windows = rows(home, "calendar_windows", where="kind = 'maintenance' and is_current")
    assert [(row["calendar_window_id"], row["service_id"], row["state"]) for row in windows] == [
        ("status:p7:c1", "checkout", "scheduled"),
        ("status:p7:c2", "cart", "withdrawn"),
    ]
    assert windows[0]["ends_at"] - windows[0]["starts_at"] == 2 * HOUR


def test_maintenance_of_a_vendor_is_a_window_of_no_service_of_ours(home: Home) -> None:
    (window,) = rows(home, "calendar_windows", where="kind = 'vendor_maintenance'")
    assert (window["calendar_window_id"], window["service_name"]) == ("cloud:p9", None)


def test_a_shift_is_of_every_service_of_its_policy_and_names_no_person(home: Home) -> None:
    shifts = rows(home, "oncall_shifts")
    assert [(row["service_id"], row["level"], row["policy_name"]) for row in shifts] == [
        ("checkout", 1, "Checkout first")
    ] * 2
    ended = {row["ends_at"] for row in shifts}
    assert ended == {None, _naive(START + 5 * DAY)}
    assert all(row["person_id"] not in (None, "U1", "U2") for row in shifts)


def test_a_change_event_is_a_change_of_configuration(home: Home) -> None:
    (change,) = rows(home, "configuration_changes")
    assert change["configuration_change_id"] == "pagerduty:CE1:S1"
    assert (change["service_id"], change["environment_name"]) == ("checkout", "production")
    assert change["changed_at"] == _naive(START - DAY)
