"""The conformance events of CDEvents go through HTTP; with a required field removed none does."""

import copy
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors._push_cdevents import fault_of
from connectors.push import Config
from tests.orchestration.pushing import hub
from tests.transforms.models import build_models, rows
from transforms.home import Home

Event = dict[str, Any]
MAPPED = {
    "service.deployed": "deployments",
    "service.upgraded": "deployments",
    "service.rolledback": "deployments",
    "service.removed": "deployments",
    "incident.detected": "incidents",
    "incident.reported": "incidents",
    "incident.resolved": "incidents",
    "pipelinerun.queued": "pipeline_runs",
    "pipelinerun.started": "pipeline_runs",
    "pipelinerun.finished": "pipeline_runs",
    "taskrun.started": "pipeline_jobs",
    "taskrun.finished": "pipeline_jobs",
    "change.created": "changes",
    "change.merged": "changes",
    "change.abandoned": "changes",
    "testsuiterun.finished": "quality_measures",
    "testcaserun.finished": "test_results",
    "testcaserun.skipped": "test_results",
}


@pytest.fixture(scope="module")
def folder(conformance: Path) -> Path:
    return conformance / "data/cdevents/v0.5.1"


def events_in(folder: Path) -> dict[str, Event]:
    """Return the 45 events by their type without its version."""
    found = {}
    for file in sorted((folder / "conformance").glob("*.json")):
        event = json.loads(file.read_text())
        found[".".join(event["context"]["type"].split(".")[2:4])] = event
    return found


def required_fields(
    schema: dict[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Yield every required field of a schema, nested ones with the fields above them."""
    for name in schema.get("required", []):
        yield (*path, name)
    for name, part in schema.get("properties", {}).items():
        yield from required_fields(part, (*path, name))


def without(event: Event, path: tuple[str, ...]) -> Event | None:
    """Return the event without a field, or None where it has none."""
    changed = copy.deepcopy(event)
    holder = changed
    for name in path[:-1]:
        holder = holder.get(name, {})
    return changed if isinstance(holder, dict) and holder.pop(path[-1], None) else None


def test_the_45_conformance_events_are_kept_through_http(folder: Path, tmp_path: Path) -> None:
    events = events_in(folder)
    assert len(events) == 45
    with hub(tmp_path, events=Config(vendor="cdevents")) as receiver:
        for event in events.values():
            assert fault_of(event) is None
            assert receiver.post("events", event).status_code == 202
        assert len(receiver.lines("events")) == 45
        custom = json.loads((folder / "custom/conformance.json").read_text())
        assert receiver.post("events", custom).status_code == 202
        wrapped = {
            "specversion": "1.0",
            "id": "1",
            "source": "/s",
            "type": custom["context"]["type"],
            "data": custom | {"context": custom["context"] | {"id": "another"}},
        }
        assert receiver.post("events", wrapped).status_code == 202


def test_with_any_required_field_removed_each_is_refused_and_set_aside(
    folder: Path, tmp_path: Path
) -> None:
    removed = 0
    with hub(tmp_path, events=Config(vendor="cdevents")) as receiver:
        for name, event in events_in(folder).items():
            schema = json.loads((folder / "schemas" / f"{name.replace('.', '')}.json").read_text())
            for path in required_fields(schema):
                changed = without(event, path)
                if changed is None:
                    continue
                removed += 1
                reply = receiver.post("events", changed)
                assert reply.status_code == 422, (name, path)
                assert ".".join(path) in reply.json()["error"], (name, path)
        aside = list(receiver.lake.quarantined("events", "events"))
        assert receiver.lines("events") == []
    assert len(aside) == removed
    assert removed > 45 * 8
    sys.stdout.write(
        f"{removed} required fields removed, {len(aside)} events refused and set aside\n"
    )


def test_each_event_that_tells_a_fact_becomes_one_and_the_rest_are_kept(
    folder: Path, tmp_path: Path
) -> None:
    home = Home(root=tmp_path)
    events = events_in(folder)
    with hub(home.lake, events=Config(vendor="cdevents")) as receiver:
        for event in events.values():
            receiver.post("events", event)
    build_models(home, "received_events", *set(MAPPED.values()))
    received = {row["event_type"]: row for row in rows(home, "received_events")}
    assert len(received) == 45
    mapped = {name for name, row in received.items() if row["outcome"] == "mapped"}
    assert mapped == set(MAPPED)
    told = {table: rows(home, table) for table in set(MAPPED.values())}
    count = {table: len(found) for table, found in told.items()}
    sys.stdout.write(f"45 events: {len(mapped)} mapped, {45 - len(mapped)} kept; rows: {count}\n")
    assert count == {
        "deployments": 4,
        # Three events about the subject incident-123; versions of one incident.
        "incidents": 3,
        # The conformance events of runs, tasks and changes share one subject each.
        "pipeline_runs": 1,
        "pipeline_jobs": 1,
        "changes": 1,
        "quality_measures": 1,
        "test_results": 2,
    }
    deployed = {row["deployment_id"].split()[-1].split(".")[3]: row for row in told["deployments"]}
    assert deployed["deployed"]["status"] == "succeeded"
    assert deployed["deployed"]["artifact_digest"].startswith("sha256:0b31b1c02ff4")
    assert deployed["deployed"]["environment_id"] == "test123"
    assert deployed["deployed"]["service_name"] == "mySubject123"
    assert (deployed["rolledback"]["is_rollback"], deployed["deployed"]["is_rollback"]) == (
        True,
        False,
    )
    assert (deployed["removed"]["task"], deployed["removed"]["status"]) == ("remove", "superseded")
    (incident,) = [row for row in told["incidents"] if row["is_current"]]
    assert (incident["service_name"], incident["status"]) == ("myApp", "resolved")
    (run,) = told["pipeline_runs"]
    assert run["name"] == "myPipeline"
    (job,) = told["pipeline_jobs"]
    assert (job["pipeline_run_id"], job["name"]) == ("events:mySubject123", "myTask")
    (measure,) = told["quality_measures"]
    assert (measure["metric"], measure["verdict"]) == ("Auth TestSuite", "fail")
