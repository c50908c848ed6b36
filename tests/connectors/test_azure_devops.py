"""Azure DevOps as documented: tokens in a header, builds by their end, requests by their close."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from connectors import azure_devops
from connectors._contract import Page, Refusal
from connectors._errors import PermissionMissing
from tests.connectors.ci_servers import FakeAzure, query_of
from tests.connectors.fakes import START, json_reply, next_cursor, pages_of, read, resume_from

PROJECT = "shop"


def _connector(**more: Any) -> azure_devops.AzureConnector:
    given = {"organisation": "acme", "token": SecretStr("secret"), "projects": (PROJECT,), **more}
    return azure_devops.connect(azure_devops.Config(**given), name="azure")


def _instant(days_ago: float) -> str:
    return (START - timedelta(days=days_ago)).strftime("%Y-%m-%dT%H:%M:%S.1234567Z")


def _build(number: int, *, days_ago: float, status: str = "completed") -> dict[str, Any]:
    return {
        "id": number,
        "status": status,
        "result": "succeeded" if status == "completed" else None,
        "queueTime": _instant(days_ago + 0.02),
        "startTime": _instant(days_ago + 0.01) if status != "notStarted" else None,
        "finishTime": _instant(days_ago) if status == "completed" else None,
        "definition": {"name": "deploy-pay"},
    }


def _pull(number: int, *, closed: float | None = None, commit: str = "c1") -> dict[str, Any]:
    return {
        "pullRequestId": number,
        "status": "active" if closed is None else "completed",
        "repository": {"id": "r1", "name": "pay"},
        "closedDate": None if closed is None else _instant(closed),
        "lastMergeSourceCommit": {"commitId": commit},
    }


def _rows(items: list[Page | Refusal], stream: str, key: str = "id") -> list[Any]:
    return [
        row[key]
        for page in pages_of(items, stream)
        for row in json.loads(page.body)["records" if stream == "timeline_records" else "value"]
    ]


def _server(*builds: dict[str, Any], **more: Any) -> FakeAzure:
    server = FakeAzure(builds=list(builds), **more)
    server.timelines = {str(one["id"]): [{"id": f"t{one['id']}"}] for one in builds}
    return server


def _asked(server: FakeAzure, ending: str) -> list[str]:
    return [path for path in server.asked if path.endswith(ending)]


def test_builds_are_followed_by_the_token_of_their_own_order() -> None:
    builds = [_build(number, days_ago=10 - number / 100) for number in range(1, 251)]
    running = [_build(number, days_ago=0, status="inProgress") for number in range(300, 302)]
    items = read(_connector(), "builds", _server(*builds, *running))
    assert _rows(items, "builds") == [300, 301, *range(1, 251)]
    assert len(_rows(items, "timeline_records")) == 250


def test_builds_that_wait_or_run_are_read_though_the_order_of_ending_hides_them() -> None:
    server = _server(_build(1, days_ago=1), _build(2, days_ago=0, status="notStarted"), page_size=1)
    items = read(_connector(), "builds", server)
    assert _rows(items, "builds") == [2, 1]
    assert [page.row_count for page in pages_of(items, "builds")] == [0, 1, 1]


def test_a_project_without_builds_is_three_empty_pages() -> None:
    items = read(_connector(), "builds", FakeAzure())
    assert [page.row_count for page in pages_of(items, "builds")] == [0, 0, 0]


def test_the_second_sync_asks_for_what_ended_since_the_cursor_minus_an_hour() -> None:
    server = _server(*[_build(number, days_ago=30 - number) for number in range(1, 29)])
    connector = _connector()
    cursor = next_cursor(connector, "builds", read(connector, "builds", server))
    server.asked.clear()
    second = read(connector, "builds", server, cursor=cursor)
    assert query_of(server.requests[-1])["minTime"] == "2026-11-20T09:00:00Z"
    assert _rows(second, "builds") == [28]
    assert not _asked(server, "timeline")


def test_a_build_whose_stage_is_run_again_is_read_again_with_its_timeline() -> None:
    server, connector = _server(_build(1, days_ago=9), _build(2, days_ago=1)), _connector()
    cursor = next_cursor(connector, "builds", read(connector, "builds", server))
    server.lists["builds"][0]["finishTime"] = _instant(0.5)
    second = read(connector, "builds", server, cursor=cursor)
    assert _rows(second, "timeline_records") == ["t1"]


def test_a_build_without_a_timeline_is_nothing_to_complain_of() -> None:
    server = _server(_build(1, days_ago=2), _build(2, days_ago=1))
    del server.timelines["1"]
    items = read(_connector(), "builds", server)
    assert _rows(items, "timeline_records") == ["t2"]
    assert not [item for item in items if isinstance(item, Refusal)]


def test_a_build_that_never_began_or_was_invalid_is_not_asked_for_its_timeline() -> None:
    never = _build(1, days_ago=2) | {"startTime": None}
    invalid = _build(2, days_ago=1) | {"validationResults": [{"result": "error"}]}
    server = _server(never, invalid)
    read(_connector(), "builds", server)
    assert not _asked(server, "timeline")


def test_timelines_can_be_kept_to_the_pipelines_that_deploy() -> None:
    other = _build(1, days_ago=2) | {"definition": {"name": "test-pay"}}
    server = _server(other, _build(2, days_ago=1))
    items = read(_connector(timeline_pipeline_pattern="^deploy"), "builds", server)
    assert _rows(items, "timeline_records") == ["t2"]


def test_a_killed_walk_goes_on_where_it_was() -> None:
    builds = [_build(number, days_ago=3 - number / 100) for number in range(1, 26)]
    server = _server(*builds, _build(30, days_ago=0, status="inProgress"), page_size=10)
    connector = _connector()
    whole = read(connector, "builds", server)
    for killed_after in range(1, len(whole)):
        begun = read(connector, "builds", server, stop_after=killed_after)
        server.asked.clear()
        rest = read(connector, "builds", server, resume=resume_from(begun))
        timelines = len(pages_of(begun, "timeline_records")) + len(_asked(server, "timeline"))
        assert timelines == 25
        both = [*begun, *rest]
        assert _rows(both, "builds") == _rows(whole, "builds")
        assert next_cursor(connector, "builds", both) == next_cursor(connector, "builds", whole)


def test_open_pull_requests_are_read_whole_and_closed_ones_since_the_cursor() -> None:
    pulls = [_pull(1), *[_pull(number, closed=number) for number in range(2, 20)]]
    server, connector = FakeAzure(pull_requests=pulls, page_size=5), _connector()
    first = read(connector, "pull_requests", server)
    assert sorted(_rows(first, "pull_requests", "pullRequestId")) == list(range(1, 20))
    cursor = next_cursor(connector, "pull_requests", first)
    second = read(connector, "pull_requests", server, cursor=cursor)
    assert _rows(second, "pull_requests", "pullRequestId") == [1, 2]


def test_commits_of_an_open_pull_request_are_read_when_its_head_moves() -> None:
    server, connector = FakeAzure(pull_requests=[_pull(1)]), _connector()
    server.commits = {"1": [{"commitId": "c1"}]}
    first = read(connector, "pull_requests", server)
    assert _rows(first, "pull_request_commits", "commitId") == ["c1"]
    cursor = next_cursor(connector, "pull_requests", first)
    server.asked.clear()
    read(connector, "pull_requests", server, cursor=cursor)
    assert not _asked(server, "/commits")
    server.lists["pull_requests"][0]["lastMergeSourceCommit"] = {"commitId": "c2"}
    read(connector, "pull_requests", server, cursor=cursor)
    assert len(_asked(server, "/commits")) == 1


def test_a_pull_request_that_closes_is_read_with_its_last_commits() -> None:
    server, connector = FakeAzure(pull_requests=[_pull(1)]), _connector()
    cursor = next_cursor(connector, "pull_requests", read(connector, "pull_requests", server))
    server.lists["pull_requests"] = [_pull(1, closed=0)]
    server.asked.clear()
    second = read(connector, "pull_requests", server, cursor=cursor)
    assert _rows(second, "pull_requests", "pullRequestId") == [1]
    assert len(_asked(server, "/commits")) == 1


def test_a_killed_walk_of_pull_requests_goes_on_where_it_was() -> None:
    pulls = [_pull(1), _pull(2), *[_pull(number, closed=number) for number in range(3, 12)]]
    server, connector = FakeAzure(pull_requests=pulls, page_size=3), _connector()
    whole = read(connector, "pull_requests", server)
    for killed_after in range(1, len(whole)):
        begun = read(connector, "pull_requests", server, stop_after=killed_after)
        rest = read(connector, "pull_requests", server, resume=resume_from(begun))
        both = [*begun, *rest]
        assert _rows(both, "pull_requests", "pullRequestId") == _rows(
            whole, "pull_requests", "pullRequestId"
        )
        assert next_cursor(connector, "pull_requests", both) == next_cursor(
            connector, "pull_requests", whole
        )


def _deployed(*numbers: int, open_numbers: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    return [
        {"id": number, "finishTime": None if number in open_numbers else _instant(1)}
        for number in numbers
    ]


def test_deployments_to_an_environment_are_read_down_to_what_is_known() -> None:
    server = FakeAzure(environments=[{"id": 7, "name": "production"}], page_size=10)
    server.deployed = {"7": _deployed(*range(50, 0, -1))}
    connector = _connector()
    first = read(connector, "environments", server)
    assert _rows(first, "environment_deployments") == list(range(50, 0, -1))
    cursor = next_cursor(connector, "environments", first)
    server.deployed["7"] = _deployed(52, 51) + server.deployed["7"]
    second = read(connector, "environments", server, cursor=cursor)
    assert _rows(second, "environment_deployments") == list(range(52, 42, -1))


def test_a_deployment_that_had_not_ended_is_read_until_it_has() -> None:
    server = FakeAzure(environments=[{"id": 7, "name": "production"}], page_size=10)
    server.deployed = {"7": _deployed(*range(50, 0, -1), open_numbers=(25,))}
    connector = _connector()
    cursor = next_cursor(connector, "environments", read(connector, "environments", server))
    second = read(connector, "environments", server, cursor=cursor)
    assert min(_rows(second, "environment_deployments")) == 21


def test_a_list_of_deployments_in_another_order_is_read_whole() -> None:
    server = FakeAzure(environments=[{"id": 7, "name": "production"}], page_size=10)
    server.deployed = {"7": _deployed(*range(1, 51))}
    connector = _connector()
    cursor = next_cursor(connector, "environments", read(connector, "environments", server))
    second = read(connector, "environments", server, cursor=cursor)
    assert _rows(second, "environment_deployments") == list(range(1, 51))


def test_releases_are_read_since_their_last_change_minus_an_hour_from_their_own_host() -> None:
    rows = [{"id": number, "lastModifiedOn": _instant(30 - number)} for number in range(1, 29)]
    server, connector = (
        FakeAzure(release_deployments=rows, page_size=10),
        _connector(area="releases"),
    )
    assert connector.access.base_url == "https://vsrm.dev.azure.com/acme"
    first = read(connector, "release_deployments", server)
    assert _rows(first, "release_deployments") == list(range(1, 29))
    cursor = next_cursor(connector, "release_deployments", first)
    second = read(connector, "release_deployments", server, cursor=cursor)
    assert query_of(server.requests[-1])["minModifiedTime"] == "2026-11-20T09:00:00Z"
    assert _rows(second, "release_deployments") == [28]


def test_each_area_has_its_streams() -> None:
    def names(**more: Any) -> set[str]:
        return {one.name for one in _connector(**more).streams if not one.parent}

    assert names() == {"builds", "environments", "pull_requests"}
    assert names(reads_environments=False) == {"builds", "pull_requests"}
    assert names(area="releases") == {"release_deployments"}
    everything = names(area="all", base_url="https://azure.acme.test")
    assert everything == {"builds", "environments", "pull_requests", "release_deployments"}


def test_projects_are_listed_when_none_is_named() -> None:
    items = read(_connector(projects=()), "builds", _server(_build(1, days_ago=1)))
    assert {page.context["project"] for page in pages_of(items, "builds")} == {PROJECT}


def test_a_project_that_is_unknown_does_not_stop_the_others() -> None:
    connector = _connector(projects=("gone", PROJECT))
    items = read(connector, "builds", _server(_build(1, days_ago=1)))
    assert _rows(items, "builds") == [1]
    assert [item.partition for item in items if isinstance(item, Refusal)] == ["gone"]


def test_a_token_without_the_scope_of_environments_is_told_what_to_do() -> None:
    with pytest.raises(PermissionMissing, match="reads_environments"):
        read(_connector(), "environments", lambda _: httpx.Response(403))


@pytest.mark.parametrize(
    "odd", [{"status": "completed"}, {"id": 1, "finishTime": 5}, {"id": 1, "definition": "x"}]
)
def test_a_build_that_cannot_be_understood_is_set_aside_with_its_reply(odd: Any) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        is_last = query_of(request).get("statusFilter") == "completed"
        return json_reply({"value": [odd] if is_last else []})

    refused = [item for item in read(_connector(), "builds", serve) if isinstance(item, Refusal)]
    assert [item.reason for item in refused] == ["unexpected_shape"]
    assert b"value" in refused[0].body


def test_the_token_is_sent_as_the_password_of_nobody() -> None:
    header = _connector().access.headers["authorization"].get_secret_value()
    assert header == "Basic OnNlY3JldA=="


@pytest.mark.parametrize("given", [{"area": "releases", "projects": ()}, {"area": "all"}])
def test_settings_that_cannot_be_reached_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        _connector(**given)
