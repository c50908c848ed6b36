"""Jenkins as documented: ranges of all builds, builds that end out of order, stages by build."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors import jenkins
from connectors._contract import Page, Refusal
from connectors._errors import PermissionMissing
from tests.connectors.ci_servers import FakeJenkins
from tests.connectors.fakes import (
    START,
    FakeTime,
    json_reply,
    next_cursor,
    pages_of,
    read,
    resume_from,
)

JOB = "acme/pay"


def _connector(**more: Any) -> jenkins.JenkinsConnector:
    config = jenkins.Config(
        base_url="https://jenkins.test/ci", user="reader", token=SecretStr("secret"), **more
    )
    return jenkins.connect(config, name="jenkins")


def _build(number: int, *, result: str | None = "SUCCESS", kind: str = "WorkflowRun") -> Any:
    return {
        "_class": f"org.jenkinsci.{kind}",
        "number": number,
        "timestamp": int((START - timedelta(days=3000 - number)).timestamp() * 1000),
        "duration": 1000 if result else 0,
        "building": result is None,
        "result": result,
    }


def _server(*builds: Any, job: str = JOB) -> FakeJenkins:
    stages = {f"{job}#{one['number']}": [{"id": "6", "name": "deploy"}] for one in builds}
    return _below({job: list(builds)}, stages)


class _Below(FakeJenkins):
    """The same below a path, as Jenkins often is."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path.startswith("/ci/")
        return super().__call__(
            httpx.Request("GET", str(request.url).replace("/ci/", "/", 1), headers=request.headers)
        )


def _below(builds: dict[str, list[Any]], stages: dict[str, list[Any]] | None = None) -> _Below:
    return _Below(builds, stages)


def _numbers(items: list[Page | Refusal]) -> list[int]:
    return [
        row["number"]
        for page in pages_of(items, "builds")
        for row in json.loads(page.decoded or page.body)["allBuilds"]
    ]


def test_more_than_a_hundred_builds_are_read_in_ranges_until_an_empty_one() -> None:
    server = _server(*[_build(number, kind="FreeStyleBuild") for number in range(1, 251)])
    items = read(_connector(), "builds", server)
    assert _numbers(items) == list(range(250, 0, -1))
    ranges = [text.split(" ")[1] for text in server.asked if "allBuilds" in text]
    assert [text.removeprefix("allBuilds") for text in ranges] == [
        "{0,100}",
        "{100,200}",
        "{200,300}",
        "{300,400}",
    ]


def test_a_job_without_builds_is_one_empty_page() -> None:
    (page,) = pages_of(read(_connector(), "builds", _server()), "builds")
    assert page.row_count == 0


def test_jobs_are_found_in_folders_and_an_escaped_branch_keeps_its_name() -> None:
    server = _below({"acme/pay/feature%2Fone": [_build(1)], "acme/web": [], "other": []})
    items = read(_connector(jobs=("acme",)), "builds", server)
    assert {page.context["job"] for page in pages_of(items, "builds")} == {
        "acme/pay/feature%2Fone",
        "acme/web",
    }


def test_a_job_can_be_named_itself() -> None:
    items = read(_connector(jobs=(JOB,)), "builds", _server(_build(1)))
    assert _numbers(items) == [1]


def test_the_second_sync_asks_for_one_range_and_the_stages_of_new_builds() -> None:
    server, connector = _server(*[_build(number) for number in range(1, 150)]), _connector()
    cursor = next_cursor(connector, "builds", read(connector, "builds", server))
    server.builds[JOB].append(_build(150))
    server.stages[f"{JOB}#150"] = [{"id": "6", "name": "deploy"}]
    server.asked.clear()
    second = read(connector, "builds", server, cursor=cursor)
    assert server.asked == [
        "/job/acme/job/pay/api/json allBuilds{0,100}",
        "/job/acme/job/pay/150/wfapi/describe ",
    ]
    assert [page.context["number"] for page in pages_of(second, "stages")] == ["150"]


def test_a_build_that_ends_after_later_ones_is_read_when_it_has_ended() -> None:
    slow = _build(1, result=None)
    server, connector = _server(slow, *[_build(number) for number in range(2, 300)]), _connector()
    cursor = next_cursor(connector, "builds", read(connector, "builds", server))
    assert cursor is not None
    assert cursor["parts"][JOB]["unfinished"] == [1]
    slow.update(result="FAILURE", building=False)
    second = read(connector, "builds", server, cursor=cursor)
    assert 1 in _numbers(second)
    assert [page.context["number"] for page in pages_of(second, "stages")] == ["1"]
    settled = next_cursor(connector, "builds", second, cursor)
    assert settled is not None
    assert settled["parts"][JOB]["unfinished"] == []


def test_an_unfinished_build_that_was_deleted_is_asked_for_once() -> None:
    server, connector = _server(_build(1, result=None), _build(300)), _connector()
    cursor = next_cursor(connector, "builds", read(connector, "builds", server))
    server.builds[JOB] = [_build(number) for number in range(200, 301)]
    second = read(connector, "builds", server, cursor=cursor)
    assert not [item for item in second if isinstance(item, Refusal)]
    settled = next_cursor(connector, "builds", second, cursor)
    assert settled is not None
    assert settled["parts"][JOB]["unfinished"] == []


def test_a_job_that_was_made_anew_is_read_though_its_numbers_are_lower() -> None:
    server, connector = _server(_build(90)), _connector()
    cursor = next_cursor(connector, "builds", read(connector, "builds", server))
    anew = _build(1) | {"timestamp": _build(91)["timestamp"]}
    server.builds[JOB], server.stages[f"{JOB}#1"] = [anew], [{"id": "6"}]
    second = read(connector, "builds", server, cursor=cursor)
    assert [page.context["number"] for page in pages_of(second, "stages")] == ["1"]


def test_only_finished_pipelines_are_asked_for_stages() -> None:
    server = _server(_build(1, kind="FreeStyleBuild"), _build(2, result=None), _build(3))
    items = read(_connector(), "builds", server)
    assert [page.context["number"] for page in pages_of(items, "stages")] == ["3"]


def test_stages_can_be_kept_to_the_jobs_that_deploy() -> None:
    server = _below({"deploy-pay": [_build(1)], "test-pay": [_build(1)]}, {"deploy-pay#1": []})
    items = read(_connector(stage_job_pattern="^deploy"), "builds", server)
    assert [page.context["job"] for page in pages_of(items, "stages")] == ["deploy-pay"]


def test_stages_that_are_gone_are_set_aside_for_good() -> None:
    server = _below({JOB: [_build(1), _build(2)]}, {f"{JOB}#1": [{"id": "6"}]})
    items = read(_connector(), "builds", server)
    (refused,) = [item for item in items if isinstance(item, Refusal)]
    assert (refused.stream, refused.is_final) == ("stages", True)
    assert _numbers(items) == [2, 1]


def test_a_killed_walk_goes_on_where_it_was() -> None:
    server, connector = _server(*[_build(number) for number in range(1, 131)]), _connector()
    whole = read(connector, "builds", server)
    for killed_after in (1, 50, 101, 120, len(whole) - 1):
        begun = read(connector, "builds", server, stop_after=killed_after)
        server.asked.clear()
        rest = read(connector, "builds", server, resume=resume_from(begun))
        asked_again = [text for text in server.asked if "wfapi" in text]
        assert len(pages_of(begun, "stages")) + len(asked_again) == 130
        both = [*begun, *rest]
        assert sorted(_numbers(both)) == list(range(1, 131))
        assert next_cursor(connector, "builds", both) == next_cursor(connector, "builds", whole)


def test_a_job_that_refuses_does_not_stop_the_others() -> None:
    server = _below({"a": [_build(1)], "b": [_build(2)]}, {"b#2": []})
    connector = _connector()
    read(connector, "builds", server)
    server.refused.add("a")
    items = read(connector, "builds", server)
    assert _numbers(items) == [2]
    assert [item.partition for item in items if isinstance(item, Refusal)] == ["a"]


def test_a_token_that_may_read_no_job_is_an_error() -> None:
    server, connector = _below({"a": [], "b": []}), _connector()
    read(connector, "builds", server)
    server.refused.update(("a", "b"))
    with pytest.raises(PermissionMissing):
        read(connector, "builds", server)


@pytest.mark.parametrize("odd", [{"number": 1}, {"number": "one", "timestamp": 1}, []])
def test_a_build_that_cannot_be_understood_is_set_aside_with_its_reply(odd: Any) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        if b"allBuilds" in request.url.query:
            return json_reply({"allBuilds": [odd]})
        return json_reply({"jobs": [{"_class": "Job", "fullName": "pay"}]})

    (refused,) = read(_connector(), "builds", serve)
    assert isinstance(refused, Refusal)
    assert refused.reason == "unexpected_shape"
    assert b"allBuilds" in refused.body


def test_nothing_before_the_day_of_the_settings_is_asked_for() -> None:
    server = _server(*[_build(number, kind="FreeStyleBuild") for number in range(1, 350)])
    since = START - timedelta(days=2700)
    items = read(_connector(since=since), "builds", server, time=FakeTime())
    assert min(_numbers(items)) == 250


def test_user_and_token_are_sent_as_basic() -> None:
    header = _connector().access.headers["authorization"].get_secret_value()
    assert header == "Basic cmVhZGVyOnNlY3JldA=="
