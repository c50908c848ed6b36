"""What a GitHub repository may lack: environments, alerts, checks within a budget, approvals."""

from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors import github
from connectors._contract import Page, Refusal
from connectors._errors import AuthRejected
from tests.connectors.fakes import json_reply, next_cursor, pages_of, read, resume_from
from tests.connectors.test_github import REPOSITORY, FakeGitHub, _connector, _pull, _run

DISABLED = {"message": "Dependabot alerts are disabled for this repository.", "status": "403"}
NO_ANALYSIS = {"message": "no analysis found", "status": "404"}
NO_SCOPE = {"message": "Resource not accessible by personal access token", "status": "403"}
MOMENT = "2026-11-20T09:00:00Z"


class FakeFeatures(FakeGitHub):
    """The same with the lists that come inside an object."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        reply = super().__call__(request)
        path = request.url.path.removeprefix(f"/repos/{REPOSITORY}").strip("/")
        for ending, key in (("environments", "environments"), ("check-runs", "check_runs")):
            if path.endswith(ending) and reply.status_code == 200 and path not in self.answers:
                rows = {"total_count": len(self.lists.get(path, [])), key: reply.json()}
                kept = {
                    name: reply.headers[name] for name in ("ETag", "Link") if name in reply.headers
                }
                return json_reply(rows, headers=kept)
        return reply


def _alert(number: int, day: int) -> dict[str, Any]:
    return {"number": number, "state": "open", "updated_at": f"2026-11-{day:02d}T09:00:00Z"}


def _check(number: int) -> dict[str, Any]:
    return {"id": number, "name": "unit tests", "head_sha": "a" * 40, "conclusion": "success"}


def _merged(number: int, day: int) -> dict[str, Any]:
    return {**_pull(number, day), "head": {"sha": f"{number:040x}"}}


def _refusals(items: list[Page | Refusal]) -> list[Refusal]:
    return [item for item in items if isinstance(item, Refusal)]


def test_environments_come_in_pages_and_only_when_they_have_changed() -> None:
    fake = FakeFeatures(environments=[{"id": n, "name": f"stage-{n}"} for n in range(3)])
    connector = _connector()
    first = read(connector, "environments", fake)
    assert [page.row_count for page in pages_of(first, "environments")] == [2, 1]
    cursor = next_cursor(connector, "environments", first)
    assert read(connector, "environments", fake, cursor=cursor) == []
    fake.lists["environments"][0]["protection_rules"] = [{"type": "wait_timer", "wait_timer": 5}]
    assert len(read(connector, "environments", fake, cursor=cursor)) == 2


@pytest.mark.parametrize("stream", ["code_scanning_alerts", "dependabot_alerts"])
def test_alerts_are_read_down_to_the_cursor_only(stream: str) -> None:
    path = stream.replace("_alerts", "").replace("_", "-") + "/alerts"
    fake = FakeFeatures()
    fake.lists[path] = [_alert(number, number) for number in range(20, 0, -1)]
    connector = _connector()
    first = read(connector, stream, fake)
    assert sum(page.row_count for page in pages_of(first, stream)) == 20
    cursor = next_cursor(connector, stream, first)
    fake.lists[path].insert(0, _alert(3, 21))
    fake.asked.clear()
    second = read(connector, stream, fake, cursor=cursor)
    assert [page.row_count for page in pages_of(second, stream)] == [2, 2]
    assert fake.count(path) == 2


@pytest.mark.parametrize("stream", ["code_scanning_alerts", "dependabot_alerts", "environments"])
def test_a_killed_walk_goes_on_with_the_page_after(stream: str) -> None:
    path = stream.replace("_alerts", "").replace("_", "-")
    path = path if stream == "environments" else f"{path}/alerts"
    fake = FakeFeatures()
    fake.lists[path] = [_alert(number, number) for number in range(5, 0, -1)]
    connector = _connector()
    begun = read(connector, stream, fake, stop_after=1)
    rest = read(connector, stream, fake, resume=resume_from(begun))
    assert [page.row_count for page in pages_of([*begun, *rest], stream)] == [2, 2, 1]
    whole = read(connector, stream, fake)
    assert next_cursor(connector, stream, [*begun, *rest]) == next_cursor(connector, stream, whole)


@pytest.mark.parametrize(
    ("stream", "answer"),
    [
        ("dependabot_alerts", json_reply(DISABLED, 403)),
        ("code_scanning_alerts", json_reply(NO_ANALYSIS, 404)),
        ("environments", json_reply({"message": "Not Found"}, 404)),
    ],
)
def test_a_feature_that_is_off_is_told_and_stops_no_other_repository(
    stream: str, answer: httpx.Response
) -> None:
    connector = github.connect(
        github.Config(token=SecretStr("secret-token"), repositories=("acme/a", "acme/b")),
        name="github",
    )
    said = answer.json()["message"]

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path.count("/") == 3:
            return json_reply({"full_name": request.url.path.removeprefix("/repos/")})
        if request.url.path.startswith("/repos/acme/a/"):
            return json_reply(answer.json(), answer.status_code)
        return json_reply(
            {"total_count": 0, "environments": []} if stream == "environments" else []
        )

    items = read(connector, stream, serve)
    (refusal,) = _refusals(items)
    assert refusal.is_final
    assert refusal.context == {"repository": "acme/a"}
    assert said in refusal.detail
    assert [page.context["repository"] for page in pages_of(items, stream)] == ["acme/b"]


def test_a_list_that_is_needed_and_may_not_be_read_leaves_its_repository_incomplete() -> None:
    fake = FakeFeatures()
    fake.answers["deployments"] = json_reply(NO_SCOPE, 403)
    (refusal,) = _refusals(read(_connector(), "deployments", fake))
    assert (refusal.reason, refusal.is_final) == ("forbidden", False)


def test_a_token_that_is_not_known_ends_an_optional_stream_too() -> None:
    fake = FakeFeatures()
    fake.answers["dependabot/alerts"] = json_reply({"message": "Bad credentials"}, 401)
    with pytest.raises(AuthRejected):
        read(_connector(), "dependabot_alerts", fake)


def test_checks_are_read_of_the_last_commit_of_merged_pull_requests() -> None:
    open_one = {**_merged(3, 20), "state": "open", "merged_at": None}
    fake = FakeFeatures(pulls=[open_one, _merged(2, 19)])
    fake.lists[f"commits/{2:040x}/check-runs"] = [_check(7)]
    items = read(_connector(), "pulls", fake)
    (page,) = pages_of(items, "pull_checks")
    assert (page.row_count, page.context["commit_sha"]) == (1, f"{2:040x}")
    assert fake.count("check-runs") == 1


def test_a_commit_that_is_deployed_twice_is_asked_for_its_checks_once() -> None:
    rows = [{"id": n, "created_at": MOMENT, "sha": "a" * 40} for n in (3, 2, 1)]
    fake = FakeFeatures(deployments=rows)
    fake.lists[f"commits/{'a' * 40}/check-runs"] = [_check(7)]
    connector = _connector()
    items = read(connector, "deployments", fake)
    assert fake.count("check-runs") == 1
    cursor = next_cursor(connector, "deployments", items)
    again = read(connector, "deployments", fake, cursor=cursor)
    assert pages_of(again, "deployment_checks") == []


def test_the_budget_of_checks_is_kept_and_what_is_left_out_is_told() -> None:
    fake = FakeFeatures(pulls=[_merged(number, number) for number in range(9, 0, -1)])
    items = read(_connector(check_run_budget=4), "pulls", fake)
    assert fake.count("check-runs") == 4
    (refusal,) = _refusals(items)
    assert (refusal.stream, refusal.reason, refusal.is_final) == (
        "pull_checks", "budget_spent", True,
    )  # fmt: skip
    assert "5 older commits" in refusal.detail
    assert sum(page.row_count for page in pages_of(items, "pulls")) == 9


def test_a_budget_of_none_asks_for_no_checks_and_tells_of_none_left_out() -> None:
    fake = FakeFeatures(pulls=[_merged(1, 1)])
    items = read(_connector(check_run_budget=0), "pulls", fake)
    assert fake.count("check-runs") == 0
    assert _refusals(items) == []


def test_a_token_that_may_not_read_checks_is_asked_once_and_reads_all_else() -> None:
    fake = FakeFeatures(pulls=[_merged(number, number) for number in (3, 2, 1)])
    for number in (3, 2, 1):
        fake.answers[f"commits/{number:040x}/check-runs"] = json_reply(NO_SCOPE, 403)
    items = read(_connector(), "pulls", fake)
    assert fake.count("check-runs") == 1
    (refusal,) = _refusals(items)
    assert (refusal.stream, refusal.reason) == ("pull_checks", "forbidden")
    assert len(pages_of(items, "pull_reviews")) == 3


def test_approvals_are_read_of_runs_that_deploy_and_again_when_the_run_has_changed() -> None:
    rows = [_run(2, MOMENT, "Deploy"), _run(1, MOMENT, "CI")]
    fake = FakeFeatures(actions__runs=rows)
    fake.lists["actions/runs/2/approvals"] = [{"state": "approved", "user": {"login": "ada"}}]
    connector = _connector()
    items = read(connector, "workflow_runs", fake)
    (page,) = pages_of(items, "workflow_approvals")
    assert page.context["run_id"] == "2"
    assert fake.count("approvals") == 1
    cursor = next_cursor(connector, "workflow_runs", items)
    read(connector, "workflow_runs", fake, cursor=cursor)
    assert fake.count("approvals") == 1
    rows[0]["updated_at"] = "2026-11-21T09:00:00Z"
    read(connector, "workflow_runs", fake, cursor=cursor)
    assert fake.count("approvals") == 2


def test_approvals_that_may_not_be_read_leave_the_runs_whole() -> None:
    fake = FakeFeatures(actions__runs=[_run(2, MOMENT, "Deploy")])
    fake.answers["actions/runs/2/approvals"] = json_reply(NO_SCOPE, 403)
    items = read(_connector(), "workflow_runs", fake)
    assert pages_of(items, "workflow_runs")[0].row_count == 1
    (refusal,) = _refusals(items)
    assert (refusal.stream, refusal.is_final) == ("workflow_approvals", True)
