"""CircleCI as documented: page tokens, no dates to ask by, workflows that are run again."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from connectors import circleci
from connectors._contract import Page, Refusal
from connectors._errors import PaginationLoop
from tests.connectors.ci_servers import FakeCircle
from tests.connectors.fakes import (
    START,
    FakeTime,
    json_reply,
    next_cursor,
    pages_of,
    read,
    resume_from,
)

PROJECT = "gh/acme/pay"


def _connector(*projects: str, **more: Any) -> circleci.CircleConnector:
    config = circleci.Config(
        token=SecretStr("secret-token"), projects=projects or (PROJECT,), **more
    )
    return circleci.connect(config, name="circleci")


def _instant(days_ago: float) -> str:
    return (START - timedelta(days=days_ago)).strftime("%Y-%m-%dT%H:%M:%S.123Z")


def _server(*days_ago: float) -> FakeCircle:
    """Return a project with a pipeline of one finished workflow for each day."""
    pipelines = [{"id": f"p{day}", "created_at": _instant(day)} for day in days_ago]
    workflows = {f"p{day}": [_workflow(f"w{day}", f"p{day}")] for day in days_ago}
    jobs = {f"w{day}": [{"id": f"j{day}", "name": "deploy"}] for day in days_ago}
    return FakeCircle({PROJECT: pipelines}, workflows, jobs)


def _workflow(number: str, pipeline: str, status: str = "success") -> dict[str, Any]:
    stopped = None if status in ("running", "on_hold") else "2026-11-20T10:00:00Z"
    return {"id": number, "pipeline_id": pipeline, "status": status, "stopped_at": stopped}


def _ids(items: list[Page | Refusal], stream: str) -> list[str]:
    return [row["id"] for page in pages_of(items, stream) for row in json.loads(page.body)["items"]]


def test_pages_go_by_token_and_children_come_before_their_pipelines() -> None:
    server = _server(*range(1, 51))
    items = read(_connector(), "pipelines", server)
    assert _ids(items, "pipelines") == [f"p{day}" for day in range(1, 51)]
    assert sorted(_ids(items, "jobs")) == sorted(f"j{day}" for day in range(1, 51))
    assert [item.stream for item in items[:2]] == ["workflows", "jobs"]
    assert f"/project/{PROJECT}/pipeline token-40" in server.asked


def test_a_project_without_pipelines_is_one_empty_page() -> None:
    (page,) = pages_of(read(_connector(), "pipelines", _server()), "pipelines")
    assert page.row_count == 0


def test_the_second_sync_reads_no_pipeline_older_than_two_weeks_and_no_job_twice() -> None:
    server, connector = _server(*range(1, 101)), _connector()
    cursor = next_cursor(connector, "pipelines", read(connector, "pipelines", server))
    server.asked.clear()
    read(connector, "pipelines", server, cursor=cursor)
    assert [path for path in server.asked if path.startswith("/project")] == [
        f"/project/{PROJECT}/pipeline"
    ]
    assert len([path for path in server.asked if path.endswith("/workflow")]) == 15
    assert not [path for path in server.asked if path.endswith("/job")]


def test_a_workflow_that_is_run_again_is_found_though_its_pipeline_says_nothing() -> None:
    server, connector = _server(10), _connector()
    cursor = next_cursor(connector, "pipelines", read(connector, "pipelines", server))
    server.workflows["p10"].append(_workflow("again", "p10"))
    server.jobs["again"] = [{"id": "j-again", "name": "deploy"}]
    second = read(connector, "pipelines", server, cursor=cursor)
    assert _ids(second, "jobs") == ["j-again"]


def test_a_workflow_that_waits_for_approval_is_followed_for_longer_than_the_overlap() -> None:
    server, connector = _server(1, 60), _connector()
    server.workflows["p60"] = [_workflow("w60", "p60", "on_hold")]
    cursor = next_cursor(connector, "pipelines", read(connector, "pipelines", server))
    assert cursor is not None
    assert list(cursor["parts"][PROJECT]["open"]) == ["p60"]
    server.workflows["p60"] = [_workflow("w60", "p60")]
    second = read(connector, "pipelines", server, cursor=cursor)
    assert "w60" in _ids(second, "workflows")
    assert _ids(second, "jobs") == ["j60"]
    settled = next_cursor(connector, "pipelines", second, cursor)
    assert settled is not None
    assert settled["parts"][PROJECT]["open"] == {}


def test_what_waits_for_more_than_ninety_days_is_given_up() -> None:
    server, connector = _server(1, 95), _connector()
    server.workflows["p95"] = [_workflow("w95", "p95", "on_hold")]
    cursor = next_cursor(connector, "pipelines", read(connector, "pipelines", server))
    assert cursor is not None
    assert cursor["parts"][PROJECT]["open"] == {}


def test_a_killed_walk_goes_on_where_it_was() -> None:
    server, connector = _server(*range(1, 51)), _connector()
    whole = read(connector, "pipelines", server)
    for killed_after in (1, 30, 41, 60, len(whole) - 1):
        begun = read(connector, "pipelines", server, stop_after=killed_after)
        server.asked.clear()
        rest = read(connector, "pipelines", server, resume=resume_from(begun))
        again = [path for path in server.asked if path.endswith("/job")]
        assert len(pages_of(begun, "jobs")) + len(again) == 50
        both = [*begun, *rest]
        assert _ids(both, "pipelines") == _ids(whole, "pipelines")
        assert next_cursor(connector, "pipelines", both) == next_cursor(
            connector, "pipelines", whole
        )


def test_a_token_that_became_invalid_begins_the_list_anew() -> None:
    server, connector = _server(*range(1, 51)), _connector()
    begun = read(connector, "pipelines", server, stop_after=41)
    server.forgotten.add("token-20")
    rest = read(connector, "pipelines", server, resume=resume_from(begun))
    assert _ids(rest, "pipelines")[0] == "p1"
    server.forgotten.clear()
    assert not [item for item in begun if isinstance(item, Refusal)]


def test_a_project_that_is_unknown_does_not_stop_the_others() -> None:
    items = read(_connector("gh/acme/gone", PROJECT), "pipelines", _server(1))
    assert _ids(items, "pipelines") == ["p1"]
    (refused,) = [item for item in items if isinstance(item, Refusal)]
    assert (refused.partition, refused.is_final) == ("gh/acme/gone", False)


def test_a_source_that_names_the_same_page_for_ever_is_said() -> None:
    def serve(_: httpx.Request) -> httpx.Response:
        return json_reply({"items": [{"id": "p", "created_at": _instant(1)}], "next_page_token": 1})

    with pytest.raises(PaginationLoop):
        read(_connector(), "pipelines", serve)


@pytest.mark.parametrize("odd", [{"id": "p1"}, {"created_at": "2026-11-21T10:00:00Z"}])
def test_a_pipeline_that_cannot_be_understood_is_set_aside_with_its_reply(odd: Any) -> None:
    (refused,) = read(
        _connector(), "pipelines", lambda _: json_reply({"items": [odd], "next_page_token": None})
    )
    assert isinstance(refused, Refusal)
    assert refused.reason == "unexpected_shape"
    assert b"next_page_token" in refused.body


def test_nothing_before_the_day_of_the_settings_is_asked_for() -> None:
    server = _server(*range(1, 101))
    read(_connector(since=START - timedelta(days=10)), "pipelines", server, time=FakeTime())
    assert len([path for path in server.asked if path.endswith("/workflow")]) == 10


def test_the_token_is_sent_the_way_circleci_wants_it() -> None:
    assert _connector().access.headers["circle-token"].get_secret_value() == "secret-token"


def test_settings_without_a_project_are_refused() -> None:
    with pytest.raises(ValidationError):
        circleci.Config(token=SecretStr("secret"), projects=())
