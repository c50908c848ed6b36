"""Argo CD as documented: whole lists, good syncs by the history, failed ones by the operation."""

import json
import os
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS30Validator
from pydantic import SecretStr

from connectors import argocd
from connectors._contract import Page, Refusal
from connectors._errors import AuthRejected, UnexpectedShape
from orchestration.lake import Lake
from orchestration.sync import sync
from tests.connectors.fakes import (
    START,
    FakeTime,
    Script,
    json_reply,
    open_client,
    read,
    resume_from,
)
from tests.transforms.models import build_models, rows
from transforms.home import Home

OLD, NEW = "a" * 40, "b" * 40
REPOSITORY = "https://git.example.test/acme/config.git"


def _at(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _entry(number: int, revision: str, *, ended: float, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "revision": revision,
        "deployStartedAt": _at(ended - 1),
        "deployedAt": _at(ended),
        "initiatedBy": {"username": "ada"},
        "source": {"repoURL": REPOSITORY, "path": "pay", "targetRevision": "main"},
        **more,
    }


def _application(name: str, *history: dict[str, Any], **operation: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "argocd", "labels": {"environment": "Production"}},
        "spec": {
            "project": "shop",
            "source": {"repoURL": REPOSITORY, "path": name, "targetRevision": "main"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "shop"},
        },
        "status": {
            "history": list(history),
            "operationState": operation
            or {"phase": "Succeeded", "startedAt": _at(-61), "operation": {"sync": {}}},
        },
    }


def _operation(phase: str, *, began: float, ended: float | None = None) -> dict[str, Any]:
    state = {
        "phase": phase,
        "startedAt": _at(began),
        "operation": {"initiatedBy": {"username": "bo"}, "sync": {"revision": NEW}},
    }
    return state if ended is None else state | {"finishedAt": _at(ended)}


DENY = {
    "kind": "deny",
    "schedule": "0 22 * * 5",
    "duration": "1h30m",
    "timeZone": "Europe/Berlin",
    "applications": ["pay"],
    "description": "Weekend",
    "syncOverrun": True,
}
ALLOW = {"kind": "allow", "schedule": "0 8 * * *", "duration": "8h", "applications": ["*"]}


def _list(*items: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"resourceVersion": "1"}, "items": list(items) or None}


def _project(*windows: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "shop"}, "spec": {"syncWindows": list(windows)}}


FIRST = _list(
    _application("pay", _entry(1, OLD, ended=-60), **_operation("Running", began=-2)),
    _application("web", _entry(1, OLD, ended=-60), **_operation("Failed", began=-9, ended=-8)),
    _application(
        "mail",
        _entry(1, "1.4.0", ended=-60, source={"repoURL": "https://c.test", "chart": "mail"}),
        _entry(
            2,
            "",
            ended=-30,
            revisions=["2.0.0", NEW],
            source={},
            sources=[{"repoURL": "https://c.test", "chart": "mail"}, {"repoURL": REPOSITORY}],
        ),
    ),
    _application("new"),
)
SECOND = _list(
    _application("pay", _entry(1, OLD, ended=-60), _entry(2, NEW, ended=-1)),
    *FIRST["items"][1:],
)
SECOND["items"][0]["status"]["history"][1]["deployStartedAt"] = _at(-2)


class FakeArgoCd:
    """Both lists as they are now; the token may not see the project named in `refused`."""

    def __init__(self) -> None:
        self.applications = deepcopy(FIRST)
        self.projects = _list(_project(DENY, ALLOW))
        self.refused = ""
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        project = request.url.params.get("projects", "")
        if self.refused and project == self.refused:
            return json_reply({"error": "permission denied", "code": 7}, 403)
        is_project = request.url.path.endswith("/projects")
        return json_reply(self.projects if is_project else self.applications)


def _connector(**more: Any) -> argocd.ArgoCdConnector:
    config = argocd.Config(base_url="https://argocd.example.test", token=SecretStr("t"), **more)
    return argocd.connect(config, name="argocd")


def test_the_whole_list_is_one_page() -> None:
    (page,) = read(_connector(), "applications", FakeArgoCd())
    assert isinstance(page, Page)
    assert (page.row_count, page.records_path) == (4, "$.items")


def test_no_applications_are_written_as_null() -> None:
    (page,) = read(_connector(), "applications", Script(json_reply(_list())))
    assert isinstance(page, Page)
    assert page.row_count == 0


def test_named_projects_are_asked_for_one_by_one() -> None:
    fake = FakeArgoCd()
    assert len(read(_connector(projects=("shop", "bank")), "applications", fake)) == 2
    assert [url.split("?")[1] for url in fake.asked] == ["projects=shop", "projects=bank"]


def test_a_project_that_refuses_does_not_stop_the_others() -> None:
    fake = FakeArgoCd()
    fake.refused = "bank"
    refusal, page = read(_connector(projects=("bank", "shop")), "applications", fake)
    assert isinstance(refusal, Refusal)
    assert refusal.partition == "bank"
    assert isinstance(page, Page)


def test_a_killed_run_goes_on_with_the_next_project() -> None:
    fake, connector = FakeArgoCd(), _connector(projects=("shop", "bank"))
    killed = read(connector, "applications", fake, stop_after=1)
    fake.asked.clear()
    read(connector, "applications", fake, resume=resume_from(killed))
    assert [url.split("?")[1] for url in fake.asked] == ["projects=bank"]


def test_a_changed_shape_is_set_aside_with_its_bytes() -> None:
    (refusal,) = read(_connector(), "applications", Script(json_reply({"apps": []})))
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.body) == (UnexpectedShape.code, b'{"apps":[]}')


def test_a_token_that_is_not_known_ends_the_run() -> None:
    with pytest.raises(AuthRejected, match="applications"):
        read(_connector(), "applications", Script(json_reply({"error": "no session"}, 401)))


def test_what_the_tests_reply_is_what_the_description_of_the_server_allows() -> None:
    folder = os.environ.get("LEADLINE_CONFORMANCE_DATA")
    file = Path(folder or "") / "contracts" / "argocd.json"
    if not folder or not file.is_file():
        pytest.skip("LEADLINE_CONFORMANCE_DATA names no folder with contracts/argocd.json")
    description = json.loads(file.read_text(encoding="utf-8"))
    for path, reply in (
        ("/api/v1/applications", FIRST),
        ("/api/v1/applications", SECOND),
        ("/api/v1/projects", _list(_project(DENY, ALLOW))),
    ):
        operation = description["paths"][path]["get"]
        schema = operation["responses"]["200"]["schema"]
        whole = {"definitions": description["definitions"], **schema}
        assert list(OAS30Validator(whole).iter_errors(reply)) == []
        _only_known_names(description, schema, reply)
    asked = {
        one["name"] for one in description["paths"]["/api/v1/applications"]["get"]["parameters"]
    }
    assert "projects" in asked


def _only_known_names(description: dict[str, Any], schema: Any, value: Any) -> None:
    """Fail where a reply has a key that the description does not know: a typing error of ours."""
    while "$ref" in schema:
        schema = description["definitions"][schema["$ref"].rpartition("/")[2]]
    if isinstance(value, dict) and "properties" in schema:
        assert set(value) <= set(schema["properties"])
        for name, part in value.items():
            _only_known_names(description, schema["properties"][name], part)
    if isinstance(value, list):
        for part in value:
            _only_known_names(description, schema.get("items", {}), part)


# -- what becomes of it ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Two reads: at the second a sync has ended, and a sync window is gone."""
    fake, time = FakeArgoCd(), FakeTime()
    found = Home(tmp_path_factory.mktemp("home"))
    lake = Lake(found.lake)
    for _ in range(2):
        report = sync(
            [_connector()],
            lake,
            time.clock,
            open_client=lambda access, source: open_client(access, fake, time=time, source=source),
        )
        assert report.is_complete
        time.pass_by(600)
        fake.applications = SECOND
        fake.projects = _list(_project(DENY))
    build_models(found, "deployments", "calendar_windows", now=time.now.astimezone(UTC))
    yield found


def _naive(minutes: float) -> datetime:
    return (START + timedelta(minutes=minutes)).replace(tzinfo=None)


def _deployments(home: Home, name: str) -> list[dict[str, Any]]:
    found = rows(home, "deployments", where=f"deployment_id like 'argocd:argocd/{name}@%'")
    return sorted(found, key=lambda row: (row["started_at"], row["version_number"]))


def test_a_sync_that_runs_and_then_ends_is_one_deployment(home: Home) -> None:
    found = [
        (row["version_number"], row["status"], row["commit_sha"], row["finished_at"])
        for row in _deployments(home, "pay")
    ]
    assert found == [
        (1, "succeeded", OLD, _naive(-60)),
        (1, "in_progress", NEW, None),
        (2, "succeeded", NEW, _naive(-1)),
    ]


def test_a_sync_that_failed_is_a_deployment_though_the_history_lacks_it(home: Home) -> None:
    good, failed = _deployments(home, "web")
    assert (failed["status"], failed["commit_sha"], failed["finished_at"]) == (
        "failed",
        NEW,
        _naive(-8),
    )
    assert {row["repository"] for row in (good, failed)} == {"acme/config"}
    assert {row["environment_id"] for row in (good, failed)} == {"production"}


def test_a_chart_has_a_version_and_several_sources_the_first_commit(home: Home) -> None:
    chart, several = _deployments(home, "mail")
    assert (chart["version"], chart["commit_sha"]) == ("1.4.0", None)
    assert (several["version"], several["commit_sha"]) == ("2.0.0", NEW)
    assert several["repository"] == "acme/config"


def test_an_application_that_was_never_synced_has_no_deployment(home: Home) -> None:
    assert _deployments(home, "new") == []


def test_no_name_of_a_person_is_in_a_deployment(home: Home) -> None:
    found = rows(home, "deployments")
    assert all(len(row["actor_id"]) == 24 for row in found)


def test_a_sync_window_denies_or_allows_in_its_zone(home: Home) -> None:
    windows = {
        row["kind"]: row for row in rows(home, "calendar_windows", where="version_number = 1")
    }
    assert set(windows) == {"freeze", "allow"}
    deny, allow = windows["freeze"], windows["allow"]
    assert (deny["recurrence"], deny["timezone"]) == ("0 22 * * 5", "Europe/Berlin")
    assert (deny["duration_seconds"], allow["duration_seconds"]) == (5_400.0, 28_800.0)
    assert (deny["allows_overrun"], deny["service_name"]) == (True, "pay")
    assert (allow["service_name"], allow["title"]) == (None, "Sync window of project shop")


def test_a_sync_window_that_its_project_lost_is_removed(home: Home) -> None:
    current = rows(home, "calendar_windows", where="is_current")
    assert {row["kind"]: row["state"] for row in current} == {
        "freeze": "active",
        "allow": "removed",
    }
