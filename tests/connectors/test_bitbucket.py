"""Bitbucket as documented: next links and lists without them, pipelines that wait for somebody."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from connectors import bitbucket
from connectors._contract import Page, Refusal
from tests.connectors.ci_servers import FakeBitbucket
from tests.connectors.fakes import START, json_reply, next_cursor, pages_of, read, resume_from


def _connector(**more: Any) -> bitbucket.BitbucketConnector:
    given = {"token": SecretStr("secret-token"), "repositories": ("acme/pay",), **more}
    return bitbucket.connect(bitbucket.Config(**given), name="bitbucket")


def _instant(days_ago: float) -> str:
    return (START - timedelta(days=days_ago)).strftime("%Y-%m-%dT%H:%M:%S.123456+00:00")


def _pull(number: int, *, days_ago: float, state: str = "MERGED") -> dict[str, Any]:
    return {"id": number, "state": state, "updated_on": _instant(days_ago)}


def _pipeline(number: int, *, days_ago: float, result: str | None = "SUCCESSFUL") -> dict[str, Any]:
    state: dict[str, Any] = {"name": "COMPLETED", "result": {"name": result}}
    if result is None:
        state = {"name": "IN_PROGRESS", "stage": {"name": "PAUSED"}}
    completed = _instant(days_ago - 0.01) if result else None
    created = _instant(days_ago)
    return {
        "uuid": f"{{{number}}}",
        "state": state,
        "created_on": created,
        "completed_on": completed,
    }


def _end(pipeline: dict[str, Any]) -> None:
    pipeline.update(
        state={"name": "COMPLETED", "result": {"name": "SUCCESSFUL"}}, completed_on=_instant(0)
    )


def _rows(items: list[Page | Refusal], stream: str) -> list[dict[str, Any]]:
    return [
        row
        for page in pages_of(items, stream)
        for row in json.loads(page.decoded or page.body)["values"]
    ]


def _asked(server: FakeBitbucket, ending: str) -> list[str]:
    return [path for path in server.asked if path.split(" ")[0].endswith(ending)]


def test_pull_requests_are_followed_along_their_links_with_commits_of_the_merged() -> None:
    pulls = [_pull(number, days_ago=number) for number in range(1, 121)]
    pulls[0]["state"] = "OPEN"
    server = FakeBitbucket(pull_requests=pulls)
    server.commits = {"2": [{"hash": "abc"}]}
    items = read(_connector(), "pull_requests", server)
    assert [row["id"] for row in _rows(items, "pull_requests")] == list(range(1, 121))
    assert len(_asked(server, "/commits")) == 119
    assert _rows(items, "pull_request_commits") == [{"hash": "abc"}]


def test_every_state_of_a_pull_request_is_asked_for() -> None:
    server = FakeBitbucket(
        pull_requests=[
            _pull(number, days_ago=number, state=state)
            for number, state in enumerate(("OPEN", "MERGED", "DECLINED", "SUPERSEDED"), start=1)
        ]
    )
    assert len(_rows(read(_connector(), "pull_requests", server), "pull_requests")) == 4


def test_the_second_sync_asks_for_pull_requests_since_the_cursor_minus_an_hour() -> None:
    server = FakeBitbucket(pull_requests=[_pull(number, days_ago=number) for number in range(1, 9)])
    connector = _connector()
    cursor = next_cursor(connector, "pull_requests", read(connector, "pull_requests", server))
    second = read(connector, "pull_requests", server, cursor=cursor)
    assert [row["id"] for row in _rows(second, "pull_requests")] == [1]
    wanted = [query["q"] for query in server.queries if "q" in query][-1]
    assert wanted.endswith("AND updated_on >= 2026-11-21T09:00:00+00:00")


def test_lists_without_a_next_link_are_read_by_their_size() -> None:
    pipelines = [_pipeline(number, days_ago=number / 10) for number in range(1, 251)]
    server = FakeBitbucket(pipelines=pipelines)
    server.steps = {one["uuid"]: [{"uuid": "{s}"}] for one in pipelines}
    items = read(_connector(), "pipelines", server)
    assert _asked(server, "pipelines/") == ["pipelines/ 1", "pipelines/ 2", "pipelines/ 3"]
    assert len(_rows(items, "pipelines")) == len(_rows(items, "pipeline_steps")) == 250


def test_a_repository_without_pipelines_is_one_empty_page_and_no_deployments() -> None:
    server = FakeBitbucket()
    (page,) = read(_connector(), "pipelines", server)
    assert isinstance(page, Page)
    assert page.row_count == 0
    assert server.asked == ["pipelines/ 1"]


def test_the_second_sync_of_a_quiet_repository_is_one_request() -> None:
    server = FakeBitbucket(
        pipelines=[_pipeline(number, days_ago=number) for number in range(1, 90)]
    )
    connector = _connector()
    cursor = next_cursor(connector, "pipelines", read(connector, "pipelines", server))
    server.asked.clear()
    second = read(connector, "pipelines", server, cursor=cursor)
    assert server.asked == ["pipelines/ 1"]
    assert next_cursor(connector, "pipelines", second, cursor) == cursor


def test_deployments_are_listed_whole_when_a_pipeline_is_not_as_it_was() -> None:
    deployments = [{"uuid": f"{{d{number}}}"} for number in range(150)]
    server = FakeBitbucket(
        pipelines=[_pipeline(1, days_ago=1)],
        deployments=deployments,
        environments=[{"uuid": "{e}", "name": "Production"}],
    )
    connector = _connector()
    first = read(connector, "pipelines", server)
    assert _rows(first, "deployments") == deployments
    assert [row["name"] for row in _rows(first, "environments")] == ["Production"]
    cursor = next_cursor(connector, "pipelines", first)
    server.lists["pipelines"][0]["completed_on"] = _instant(0.5)
    second = read(connector, "pipelines", server, cursor=cursor)
    assert len(_rows(second, "deployments")) == 150


def test_a_deployment_is_asked_for_with_the_name_of_its_environment() -> None:
    server = FakeBitbucket(pipelines=[_pipeline(1, days_ago=1)])
    read(_connector(), "pipelines", server)
    (fields,) = [query["fields"] for query in server.queries if "fields" in query]
    assert "values.environment.name" in fields.split(",")
    assert "next" in fields.split(",")


def test_a_pipeline_that_waits_for_somebody_is_followed_past_the_overlap() -> None:
    waiting = _pipeline(1, days_ago=40, result=None)
    others = [_pipeline(number, days_ago=number) for number in range(2, 30)]
    server = FakeBitbucket(pipelines=[waiting, *others], page_size=10)
    server.steps = {"{1}": [{"uuid": "{s}"}]}
    connector = _connector()
    cursor = next_cursor(connector, "pipelines", read(connector, "pipelines", server))
    server.asked.clear()
    read(connector, "pipelines", server, cursor=cursor)
    assert not _asked(server, "steps/")
    _end(waiting)
    second = read(connector, "pipelines", server, cursor=cursor)
    assert len(_asked(server, "{1}")) == 2
    assert "{1}" in [row["uuid"] for row in _rows(second, "pipelines")]
    assert len(_rows(second, "pipeline_steps")) == 1
    settled = next_cursor(connector, "pipelines", second, cursor)
    assert settled is not None
    assert settled["parts"]["acme/pay"]["open"] == {}


def test_a_waiting_pipeline_that_is_gone_is_done_with() -> None:
    server = FakeBitbucket(
        pipelines=[_pipeline(1, days_ago=40, result=None), _pipeline(2, days_ago=1)]
    )
    connector = _connector()
    cursor = next_cursor(connector, "pipelines", read(connector, "pipelines", server))
    del server.lists["pipelines"][0]
    second = read(connector, "pipelines", server, cursor=cursor)
    settled = next_cursor(connector, "pipelines", second, cursor)
    assert settled is not None
    assert settled["parts"]["acme/pay"]["open"] == {}


def test_a_killed_walk_goes_on_where_it_was() -> None:
    server = FakeBitbucket(
        pipelines=[_pipeline(number, days_ago=number / 10) for number in range(1, 25)],
        deployments=[{"uuid": "{d}"}],
        page_size=10,
    )
    connector = _connector()
    whole = read(connector, "pipelines", server)
    for killed_after in range(1, len(whole)):
        begun = read(connector, "pipelines", server, stop_after=killed_after)
        server.asked.clear()
        rest = read(connector, "pipelines", server, resume=resume_from(begun))
        steps = len(pages_of(begun, "pipeline_steps")) + len(_asked(server, "steps/"))
        assert steps == 24
        both = [*begun, *rest]
        assert len(_rows(both, "pipelines")) == 24
        assert _rows(both, "deployments")
        assert next_cursor(connector, "pipelines", both) == next_cursor(
            connector, "pipelines", whole
        )


def test_a_workspace_names_its_repositories() -> None:
    server = FakeBitbucket(pull_requests=[_pull(1, days_ago=1)])
    items = read(_connector(repositories=(), workspace="acme"), "pull_requests", server)
    assert [page.context for page in pages_of(items, "pull_requests")] == [
        {"repository": "acme/pay"}
    ]


def test_a_repository_that_is_unknown_does_not_stop_the_others() -> None:
    server = FakeBitbucket(pull_requests=[_pull(1, days_ago=1)])
    connector = _connector(repositories=("acme/gone", "acme/pay"))
    items = read(connector, "pull_requests", server)
    assert [row["id"] for row in _rows(items, "pull_requests")] == [1]
    assert [item.partition for item in items if isinstance(item, Refusal)] == ["acme/gone"]


@pytest.mark.parametrize("odd", [{"uuid": "{1}"}, {"created_on": 1, "state": {}}, {"uuid": 1}])
def test_a_pipeline_that_cannot_be_understood_is_set_aside_with_its_reply(odd: Any) -> None:
    (refused,) = read(_connector(), "pipelines", lambda _: json_reply({"values": [odd]}))
    assert isinstance(refused, Refusal)
    assert refused.reason == "unexpected_shape"
    assert b"values" in refused.body


def test_a_next_link_to_another_host_is_refused() -> None:
    def serve(_: httpx.Request) -> httpx.Response:
        link = "https://elsewhere.test/2.0/repositories/acme/pay/pullrequests?page=2"
        return json_reply({"values": [_pull(1, days_ago=1, state="OPEN")], "next": link})

    with pytest.raises(Exception, match="elsewhere"):
        read(_connector(), "pull_requests", serve)


def test_a_token_of_a_user_is_sent_with_its_address() -> None:
    assert _header() == "Bearer secret-token"
    assert _header(user="reader@acme.test").startswith("Basic ")


def _header(**more: Any) -> str:
    return _connector(**more).access.headers["authorization"].get_secret_value()


def test_settings_without_workspace_and_repositories_are_refused() -> None:
    with pytest.raises(ValidationError, match="set workspace"):
        bitbucket.Config(token=SecretStr("secret"))
