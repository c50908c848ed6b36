"""Facts from what was pushed: in any order, once though polled too, in the words of each sender."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

from connectors.push import Config
from orchestration.catalogue import Company, render_catalogue
from orchestration.lake import Lake
from orchestration.lake_run import BulkPage
from tests.orchestration.pushing import NOW, Hub, hub
from tests.transforms.models import build_models, rows
from transforms.home import Home

Rows = dict[str, dict[str, Any]]
DEPLOY = {"tells": "deployment", "id": "$.run.id", "time": "$.at", "service": "$.app",
          "environment": "$.env", "status": "$.result", "version": "$.version",
          "commit": "$.sha", "type": "$.what", "only_type": "deploy"}  # fmt: skip
TICKET = {"tells": "incident", "id": "$.id", "time": "$.when", "title": "$.summary",
          "service": "$.service", "status": "$.state"}  # fmt: skip
SOURCES = {
    "pager": Config(vendor="pagerduty"),
    "pager_hook": Config(vendor="pagerduty"),
    "hub_hook": Config(vendor="github"),
    "alert_hook": Config(vendor="alertmanager"),
    "grafana": Config(vendor="grafana"),
    "argo": Config(vendor="argocd"),
    "own": Config.model_validate({"vendor": "generic", "mapping": DEPLOY}),
    "desk": Config.model_validate({"vendor": "generic", "mapping": TICKET}),
    "events": Config(vendor="cdevents"),
}
OF = {"pager_hook": "pagerduty", "hub_hook": "github", "alert_hook": "alertmanager"}


def instant(minute: int) -> str:
    """Return an instant so many minutes after nine."""
    return (NOW - timedelta(hours=1) + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(minute: int) -> datetime:
    return datetime.fromisoformat(instant(minute)).replace(tzinfo=None)


def paged(event_type: str, status: str, minute: int, *, identity: str, **more: Any) -> object:
    incident = {
        "id": identity, "type": "incident", "status": status, "title": "Checkout is down",
        "service": {"id": "PSVC", "summary": "checkout"}, "urgency": "high",
        "priority": {"summary": "P1"}, "html_url": "https://acme.pagerduty.com/incidents/1",
    }  # fmt: skip
    event = {"id": f"{identity}-{event_type}-{minute}", "event_type": event_type}
    data = incident | more
    return {"event": event | {"occurred_at": instant(minute), "data": data}}


def deployed(identity: int, state: str, minute: int) -> object:
    deployment = {
        "id": identity, "sha": "a" * 40, "ref": "v1.2.0", "task": "deploy",
        "environment": "Production", "created_at": instant(0),
        "payload": {"service": "checkout"}, "creator": {"login": "ada"},
    }  # fmt: skip
    status = {"state": state, "created_at": instant(minute), "description": None}
    return {
        "deployment": deployment,
        "deployment_status": status,
        "repository": {"full_name": "acme/checkout"},
    }


def alert(fingerprint: str, status: str, start: int, end: int | None) -> dict[str, Any]:
    return {
        "fingerprint": fingerprint, "status": status, "startsAt": instant(start),
        "endsAt": "0001-01-01T00:00:00Z" if end is None else instant(end),
        "labels": {"alertname": "ServiceDown", "service": "checkout", "severity": "critical"},
        "generatorURL": "https://prometheus.example.org/graph",
    }  # fmt: skip


def group(*alerts: Mapping[str, Any]) -> object:
    return {"version": "4", "receiver": "hook", "status": "firing", "alerts": list(alerts)}


def argo(phase: str, finished: int | None) -> object:
    operation = {"phase": phase, "startedAt": instant(3), "syncResult": {"revision": "c" * 40}}
    if finished is not None:
        operation["finishedAt"] = instant(finished)
    return {
        "kind": "Application",
        "metadata": {"name": "checkout"},
        "spec": {"destination": {"namespace": "production"}},
        "status": {"operationState": operation},
    }


def cdevent(kind: str, minute: int, subject: str, content: object) -> object:
    identity = f"{kind}-{minute}-{subject}"
    context = {"specversion": "0.5.1", "id": identity, "source": "/s", "timestamp": instant(minute)}
    return {
        "context": context | {"type": f"dev.cdevents.{kind}.0.3.0"},
        "subject": {"id": subject, "content": content},
    }


def poll(
    lake: Lake, source: str, stream: str, minute: int, *records: object, **context: str
) -> None:
    read_at = NOW - timedelta(hours=1) + timedelta(minutes=minute)
    page = BulkPage(body=json.dumps(records).encode(), row_count=len(records), read_at=read_at,
                    format="array", context=context)  # fmt: skip
    lake.append_bulk(source, stream, kind=source, pages=[page], read_at=read_at)


def push_everything(receiver: Hub) -> None:
    """Push what the tests look at; everything arrives at ten, an hour after the first event."""
    at_pager = [
        # Told backwards, so that only times say what came first.
        ("pager", paged("incident.resolved", "resolved", 30, identity="BACK")),
        ("pager", paged("incident.acknowledged", "acknowledged", 10, identity="BACK")),
        ("pager", paged("incident.triggered", "triggered", 5, identity="BACK")),
        # Only its end was told.
        ("pager", paged("incident.resolved", "resolved", 30, identity="END")),
        ("pager", paged("incident.triggered", "triggered", 1, identity="AGAIN")),
        ("pager", paged("incident.resolved", "resolved", 2, identity="AGAIN")),
        ("pager", paged("incident.reopened", "triggered", 3, identity="AGAIN")),
        # The same incident as the poll's; late, and news.
        ("pager_hook", paged("incident.triggered", "triggered", 5, identity="POLLED")),
        ("pager_hook", paged("incident.resolved", "resolved", 50, identity="POLLED")),
        ("pager_hook", paged("incident.triggered", "triggered", 5, identity="LATE")),
    ]
    checkout = {"id": "checkout", "source": "/c"}
    production = {"id": "production"}
    for name, body in [
        *at_pager,
        ("alert_hook", group(alert("f1", "firing", 5, None), alert("f2", "firing", 6, None))),
        ("alert_hook", group(alert("f1", "resolved", 5, 20))),
        ("grafana", group(alert("g1", "resolved", 7, 9))),
        ("grafana", group(alert("g1", "firing", 7, None))),
        ("grafana", {"status": "firing", "alerts": []}),
        ("argo", argo("Running", None)),
        ("argo", argo("Succeeded", 8)),
        ("argo", {"app": "checkout", "text": "synced"}),
        ("own", {"what": "deploy", "run": {"id": 7}, "at": instant(4), "app": "checkout",
                 "env": "production", "result": "FAILED", "version": "1.3", "sha": "d" * 40}),
        ("own", {"what": "lunch", "run": {"id": 8}, "at": instant(4)}),
        ("own", {"what": "deploy", "at": instant(4)}),
        ("desk", {"id": 1, "when": instant(2), "summary": "It burns", "service": "checkout",
                  "state": "new"}),
        ("desk", {"id": 1, "when": instant(12), "summary": "It burns", "state": "closed"}),
        ("events", cdevent("incident.resolved", 40, "i-1", {"environment": production})),
        ("events", cdevent("incident.detected", 15, "i-1",
                           {"environment": production, "service": checkout,
                            "description": "Slow"})),
        ("events", cdevent("service.deployed", 9, "stranger",
                           {"environment": production, "artifactId": "pkg:oci/a@1.0"})),
        ("events", cdevent("service.removed", 10, "stranger", {"environment": production})),
        ("events", cdevent("service.removed", 11, "stranger", {"environment": production})),
        ("events", cdevent("pipelinerun.finished", 9, "r-1", {"outcome": "failure"})),
        ("events", cdevent("pipelinerun.started", 2, "r-1",
                           {"pipelineName": "release", "uri": "https://ci.example.org/1"})),
    ]:  # fmt: skip
        receiver.post(name, body)
    for number, (identity, state, minute) in enumerate(
        [(71, "success", 9), (71, "in_progress", 1), (72, "success", 20), (73, "inactive", 50)]
    ):
        body = deployed(identity, state, minute)
        headers = {"x_github_event": "deployment_status", "x_github_delivery": f"d-{number}"}
        receiver.post("hub_hook", body, **headers)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(root=tmp_path_factory.mktemp("pushed"))
    with hub(home.lake, **SOURCES) as receiver:
        lake = receiver.lake
        company = Company.model_validate(
            {
                "services": [{"id": "checkout", "repositories": ["acme/checkout"]}],
                "environments": {"production": "production"},
            }
        )
        settings = {name: {"of": polled} for name, polled in OF.items()}
        lake.write_catalogue(render_catalogue(company, source_settings=settings), read_at=NOW)
        for identity, status in (("POLLED", "triggered"), ("LATE", "resolved")):
            incident = {
                "id": identity, "title": "Checkout is down", "status": status, "urgency": "high",
                "created_at": instant(5), "last_status_change_at": instant(25),
                "service": {"id": "PSVC", "summary": "checkout"},
            }  # fmt: skip
            poll(lake, "pagerduty", "incidents", 45, incident)
        record = {
            "id": 72, "sha": "a" * 40, "ref": "v1.2.0", "task": "deploy",
            "environment": "production", "created_at": instant(0), "payload": {},
        }  # fmt: skip
        poll(lake, "github", "deployments", 45, record, repository="acme/checkout")
        failure = {"id": 1, "state": "failure", "created_at": instant(40)}
        poll(lake, "github", "deployment_statuses", 46, failure,
             repository="acme/checkout", deployment_id="72")  # fmt: skip
        active = {"fingerprint": "f2", "labels": {"alertname": "ServiceDown"},
                  "startsAt": instant(6), "endsAt": instant(70)}  # fmt: skip
        poll(lake, "alertmanager", "alerts", 30, active)
        poll(lake, "alertmanager", "alerts", 55, active)
        push_everything(receiver)
    build_models(
        home, "received_events", "deployments", "incidents", "pipeline_runs", "alerts",
        "page_accounts", "int_deployments__grouped", now=NOW + timedelta(hours=1),
    )  # fmt: skip
    return home


@pytest.fixture(scope="module")
def incidents(home: Home) -> Rows:
    return {row["incident_id"]: row for row in rows(home, "incidents", where="is_current")}


@pytest.fixture(scope="module")
def deployments(home: Home) -> Rows:
    return {row["deployment_id"]: row for row in rows(home, "deployments", where="is_current")}


def test_an_incident_told_backwards_has_the_times_of_its_events(incidents: Rows) -> None:
    incident = incidents["pager:BACK"]
    assert (incident["status"], incident["severity"], incident["service_id"]) == (
        "resolved", 1, "checkout",
    )  # fmt: skip
    assert [incident[f"{moment}_at"] for moment in ("detected", "acknowledged", "resolved")] == [
        clock(5), clock(10), clock(30),
    ]  # fmt: skip
    assert incident["created_at"] == clock(5)


def test_an_end_without_a_beginning_is_kept_and_makes_no_incident(
    home: Home, incidents: Rows
) -> None:
    assert "pager:END" not in incidents
    assert rows(home, "received_events", where="subject = 'END'")


def test_a_reopened_incident_is_open_and_its_last_end_is_known(incidents: Rows) -> None:
    incident = incidents["pager:AGAIN"]
    assert (incident["status"], incident["resolved_at"]) == ("open", None)
    assert (incident["last_resolved_at"], incident["reopened_at"]) == (clock(2), clock(3))
    assert incident["reopen_count"] == 1


def test_a_record_that_is_polled_too_is_one_with_the_news_of_the_push(
    home: Home, incidents: Rows
) -> None:
    incident = incidents["pagerduty:POLLED"]
    assert (incident["status"], incident["resolved_at"]) == ("resolved", clock(50))
    assert "pager_hook:POLLED" not in incidents
    assert rows(home, "incidents", where="incident_id = 'pagerduty:POLLED' and not is_current")


def test_what_a_poll_had_seen_already_is_not_taken_back_by_a_late_push(incidents: Rows) -> None:
    assert incidents["pagerduty:LATE"]["status"] == "resolved"


def test_a_deployment_told_out_of_order_succeeded(deployments: Rows) -> None:
    deployment = deployments["github:71"]
    assert (deployment["status"], deployment["environment_id"]) == ("succeeded", "production")
    assert (deployment["started_at"], deployment["finished_at"]) == (clock(1), clock(9))
    assert (deployment["repository"], deployment["version"]) == ("acme/checkout", "v1.2.0")
    assert deployment["actor_id"]
    assert deployment["actor_id"] != "ada"


def test_a_deployment_that_is_polled_too_is_one(deployments: Rows) -> None:
    assert deployments["github:72"]["status"] == "failed"
    assert not [key for key in deployments if key.startswith("hub_hook")]


def test_a_deployment_of_which_only_the_end_was_told_never_succeeded(deployments: Rows) -> None:
    assert deployments["github:73"]["status"] == "superseded"


def test_an_application_of_argo_cd_is_a_deployment_a_sync(deployments: Rows) -> None:
    (deployment,) = [row for key, row in deployments.items() if key.startswith("argo:")]
    assert (deployment["status"], deployment["service_name"]) == ("succeeded", "checkout")
    assert (deployment["started_at"], deployment["finished_at"]) == (clock(3), clock(8))
    assert (deployment["environment_id"], deployment["commit_sha"]) == ("production", "c" * 40)


def test_deployments_of_unknown_services_hide_no_others(home: Home, deployments: Rows) -> None:
    with duckdb.connect(home.staging_file, read_only=True) as connection:
        found = connection.execute(
            "select deployment_id from staging.staging.int_deployments__grouped"
        ).fetchall()
    assert {row[0] for row in found} == set(deployments)


def test_json_of_somebodys_own_is_read_as_its_mapping_says(
    home: Home, deployments: Rows, incidents: Rows
) -> None:
    deployment = deployments["own:7"]
    assert (deployment["status"], deployment["version"]) == ("failed", "1.3")
    assert (deployment["service_name"], deployment["finished_at"]) == ("checkout", clock(4))
    assert "own:8" not in deployments
    ticket = incidents["desk:1"]
    assert (ticket["status"], ticket["title"]) == ("closed", "It burns")
    assert (ticket["created_at"], ticket["resolved_at"]) == (clock(2), clock(12))
    (account,) = [row for row in rows(home, "page_accounts", where="source = 'own'")
                  if row["quarantined_count"]]  # fmt: skip
    assert account["loaded_count"] == 0


def test_a_cdevent_of_an_incident_and_of_a_run_may_come_backwards(
    home: Home, incidents: Rows
) -> None:
    incident = incidents["events:i-1"]
    assert (incident["detected_at"], incident["resolved_at"]) == (clock(15), clock(40))
    assert (incident["title"], incident["service_id"]) == ("Slow", "checkout")
    (run,) = rows(home, "pipeline_runs")
    assert (run["pipeline_run_id"], run["name"]) == ("events:r-1", "release")
    assert (run["status"], run["conclusion"]) == ("completed", "failure")
    assert (run["started_at"], run["finished_at"]) == (clock(2), clock(9))


def test_an_alert_ends_as_its_webhook_says(home: Home) -> None:
    alerts = {(row["source"], row["fingerprint"]): row for row in rows(home, "alerts")}
    assert set(alerts) == {("alertmanager", "f1"), ("alertmanager", "f2"), ("grafana", "g1")}
    ended = alerts["alertmanager", "f1"]
    assert (ended["ended_at"], ended["ended_at_is_bound"]) == (clock(20), False)
    assert ended["service_id"] == "checkout"
    assert alerts["alertmanager", "f2"]["ended_at"] is None
    late = alerts["grafana", "g1"]
    assert (late["started_at"], late["ended_at"]) == (clock(7), clock(9))


def test_every_event_is_told_of_with_what_became_of_it(home: Home) -> None:
    events = rows(home, "received_events")
    outcomes = {(row["source"], row["outcome"]) for row in events}
    assert ("argo", "kept") in outcomes
    assert ("own", "kept") in outcomes
    assert len({row["event_key"] for row in events}) == len(events) == 34
