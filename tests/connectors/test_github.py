"""GitHub as documented: link paging, no "since" on pulls and deployments, capped runs."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from connectors import github
from connectors._contract import Refusal
from connectors._errors import AuthRejected, RateLimited
from tests.connectors.fakes import (
    FakeTime,
    json_reply,
    next_cursor,
    pages_of,
    read,
    resume_from,
)

REPOSITORY = "acme/checkout"
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


class FakeGitHub:
    """Lists by path, pages of two, newest first; counts what was asked."""

    page_size = 2

    def __init__(self, **lists: list[dict[str, Any]]) -> None:
        self.lists = {path.replace("__", "/"): rows for path, rows in lists.items()}
        self.asked: list[str] = []
        self.answers: dict[str, httpx.Response] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix(f"/repos/{REPOSITORY}").strip("/")
        query = parse_qs(request.url.query.decode())
        self.asked.append(f"{path}?page={query.get('page', ['1'])[0]}")
        if path in self.answers:
            return self.answers[path]
        if path == "repos/acme/checkout" or request.url.path == f"/repos/{REPOSITORY}":
            return json_reply(
                {"id": 1, "full_name": REPOSITORY, "created_at": "2026-01-01T00:00:00Z"}
            )
        rows = self.lists.get(path, [])
        if path == "actions/runs":
            low, high = query["created"][0].split("..")
            rows = [row for row in rows if low <= row["created_at"] <= high]
        page = int(query.get("page", ["1"])[0])
        shown = rows[(page - 1) * self.page_size : page * self.page_size]
        headers = {"ETag": f'"{hash(str(shown))}"'}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return httpx.Response(304, headers=headers)
        if page * self.page_size < len(rows):
            url = request.url.copy_merge_params({"page": str(page + 1)})
            headers["Link"] = f'<{url}>; rel="next"'
        if path == "actions/runs":
            return json_reply({"total_count": len(rows), "workflow_runs": shown}, headers=headers)
        if path.endswith("/jobs"):
            return json_reply({"total_count": len(rows), "jobs": shown}, headers=headers)
        return json_reply(shown, headers=headers)

    def count(self, pattern: str) -> int:
        return sum(bool(re.search(pattern, asked)) for asked in self.asked)


def _connector(**more: Any) -> github.GitHubConnector:
    config = github.Config(token=SecretStr("secret-token"), repositories=(REPOSITORY,), **more)
    return github.connect(config, name="github")


def _pull(number: int, day: int, *, state: str = "closed", merged: bool = True) -> dict[str, Any]:
    moment = f"2026-11-{day:02d}T09:00:00Z"
    return {
        "number": number,
        "state": state,
        "updated_at": moment,
        "merged_at": moment if merged else None,
    }


def _deployment(number: int, day: int) -> dict[str, Any]:
    return {"id": number, "created_at": f"2026-11-{day:02d}T09:00:00Z"}


def _run(number: int, moment: str, name: str = "Deploy", updated: str = "") -> dict[str, Any]:
    return {"id": number, "name": name, "created_at": moment, "updated_at": updated or moment}


def test_one_named_repository_is_stored_as_a_list() -> None:
    items = read(_connector(), "repositories", FakeGitHub())
    page = pages_of(items, "repositories")[0]
    assert page.decoded is not None
    assert page.decoded.startswith(b'[{"id":1')
    assert page.row_count == 1


def test_an_organisation_is_listed_and_its_repositories_are_walked() -> None:
    config = github.Config(token=SecretStr("secret-token"), organisation="acme")
    connector = github.connect(config, name="github")

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/orgs/acme/repos":
            return json_reply([{"full_name": "acme/a"}, {"full_name": "acme/b"}])
        return json_reply([])

    pages = pages_of(read(connector, "releases", serve), "releases")
    assert [page.context["repository"] for page in pages] == ["acme/a", "acme/b"]


@pytest.mark.parametrize("committer", [None, {}, {"date": None}])
def test_a_commit_without_a_committer_is_kept_like_any_other(committer: Any) -> None:
    whole = {"sha": "a", "commit": {"committer": {"date": "2026-11-20T09:00:00Z"}}}
    fake = FakeGitHub(commits=[whole, {"sha": "b", "commit": {"committer": committer}}])
    items = read(_connector(), "commits", fake)
    assert [page.row_count for page in pages_of(items, "commits")] == [2]
    cursor = next_cursor(_connector(), "commits", items)
    assert cursor is not None
    assert cursor["repositories"][REPOSITORY]["committed_at"] == "2026-11-20T09:00:00Z"


ODD_RECORDS = {
    "commits": {"sha": "a", "commit": None},
    "pulls": {"number": 1, "state": "open"},
    "deployments": {"id": 1, "created_at": None},
    "workflow_runs": {"run_number": 1, "created_at": "2026-11-20T09:00:00Z"},
}


@pytest.mark.parametrize("stream", sorted(ODD_RECORDS))
def test_an_odd_record_sets_its_reply_aside_and_stops_no_other_repository(stream: str) -> None:
    odd, config = (
        ODD_RECORDS[stream],
        github.Config(token=SecretStr("secret-token"), repositories=("acme/a", "acme/b")),
    )
    connector = github.connect(config, name="github")

    def serve(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.count("/") == 3:
            return json_reply({"full_name": path.removeprefix("/repos/")})
        rows = [odd] if path.startswith("/repos/acme/a/") else []
        if path.endswith("/runs"):
            return json_reply({"total_count": len(rows), "workflow_runs": rows})
        return json_reply(rows)

    items = read(connector, stream, serve)
    (refusal,) = [item for item in items if isinstance(item, Refusal)]
    assert (refusal.partition, refusal.reason) == ("acme/a", "unexpected_shape")
    assert not refusal.is_final
    assert b"2026-11-20" in refusal.body or b"null" in refusal.body or b"open" in refusal.body
    assert "not as documented" in refusal.detail
    assert [page.context["repository"] for page in pages_of(items, stream)] == ["acme/b"]


def test_children_come_before_the_page_that_names_them() -> None:
    fake = FakeGitHub(pulls=[_pull(2, 20), _pull(1, 19)])
    items = read(_connector(), "pulls", fake)
    assert [item.stream for item in items] == [
        "pull_reviews", "pull_commits", "pull_reviews", "pull_commits", "pulls",
    ]  # fmt: skip
    assert items[0].context == {"repository": REPOSITORY, "pull_number": "2"}


def test_commits_are_read_of_merged_and_reviews_of_open_pull_requests() -> None:
    rows = [_pull(3, 20, state="open", merged=False), _pull(2, 19, merged=False), _pull(1, 18)]
    fake = FakeGitHub(pulls=rows)
    read(_connector(), "pulls", fake)
    assert fake.count("pulls/3/reviews") == 1
    assert fake.count("pulls/3/commits") == 0
    assert fake.count("pulls/2/") == 0
    assert fake.count("pulls/1/") == 2


def test_pull_requests_are_read_down_to_the_cursor_only() -> None:
    fake = FakeGitHub(pulls=[_pull(number, number) for number in range(20, 0, -1)])
    connector = _connector()
    first = read(connector, "pulls", fake)
    cursor = next_cursor(connector, "pulls", first)
    fake.lists["pulls"].insert(0, _pull(21, 21))
    fake.asked.clear()
    second = read(connector, "pulls", fake, cursor=cursor)
    assert [page.row_count for page in pages_of(second, "pulls")] == [2, 2]
    assert fake.count("pulls/21/") == 2
    assert fake.count(r"pulls/\d+/reviews") == 2


def test_an_unchanged_first_page_ends_the_walk_of_a_repository() -> None:
    fake = FakeGitHub(pulls=[_pull(number, number) for number in range(8, 0, -1)])
    connector = _connector()
    cursor = next_cursor(connector, "pulls", read(connector, "pulls", fake))
    fake.asked.clear()
    assert read(connector, "pulls", fake, cursor=cursor) == []
    assert fake.count("pulls") == 1


def test_a_killed_walk_goes_on_with_the_next_page_and_asks_no_child_twice() -> None:
    fake = FakeGitHub(pulls=[_pull(number, number) for number in range(9, 0, -1)])
    connector = _connector()
    whole = read(connector, "pulls", fake)
    needed = len(fake.asked)
    for killed_after in range(1, len(whole)):
        fake.asked.clear()
        begun = read(connector, "pulls", fake, stop_after=killed_after)
        rest = read(connector, "pulls", fake, resume=resume_from(begun))
        bodies = {page.body for page in whole}
        assert {item.body for item in (*begun, *rest)} == bodies
        # One page again at most; the description of the repository is asked by each walk.
        assert len(fake.asked) <= needed + 2
        assert next_cursor(connector, "pulls", [*begun, *rest]) == next_cursor(
            connector, "pulls", whole
        )


def test_deployments_of_the_last_fourteen_days_are_read_again() -> None:
    fake = FakeGitHub(deployments=[_deployment(number, number) for number in range(20, 0, -1)])
    connector = _connector()
    cursor = next_cursor(connector, "deployments", read(connector, "deployments", fake))
    fake.asked.clear()
    fake.lists["deployments/10/statuses"] = [{"id": 1, "state": "success"}]
    second = read(connector, "deployments", fake, cursor=cursor)
    assert fake.count(r"deployments/\d+/statuses") == 15
    changed = pages_of(second, "deployment_statuses")
    assert [page.context["deployment_id"] for page in changed] == ["10"]


def test_a_deployment_that_is_gone_is_set_aside_and_the_rest_is_read() -> None:
    fake = FakeGitHub(deployments=[_deployment(2, 2), _deployment(1, 1)])
    fake.answers["deployments/2/statuses"] = json_reply({"message": "Not Found"}, 404)
    items = read(_connector(), "deployments", fake)
    refused = [item for item in items if isinstance(item, Refusal)]
    assert [(item.reason, item.is_final) for item in refused] == [("bad_request", True)]
    assert pages_of(items, "deployments")[0].row_count == 2


def test_a_window_with_more_runs_than_a_query_yields_is_halved() -> None:
    rows = [
        _run(number, f"2026-{1 + number // 300:02d}-{1 + number % 28:02d}T00:00:00Z", name="Tests")
        for number in range(2400)
    ]
    fake = FakeGitHub(actions__runs=sorted(rows, key=lambda row: row["created_at"], reverse=True))
    fake.page_size = 100
    items = read(_connector(), "workflow_runs", fake)
    pages = pages_of(items, "workflow_runs")
    assert sum(page.row_count for page in pages) == 2400
    totals = {page.total_of: page.reported_total for page in pages}
    assert sum(total or 0 for total in totals.values()) == 2400
    assert all((total or 0) <= 1000 for total in totals.values())


def test_jobs_are_read_of_runs_that_deploy() -> None:
    moment = "2026-11-20T00:00:00Z"
    fake = FakeGitHub(
        actions__runs=[_run(2, moment, "Deploy to production"), _run(1, moment, "CI")]
    )
    read(_connector(), "workflow_runs", fake)
    assert fake.count("runs/2/jobs") == 1
    assert fake.count("runs/1/jobs") == 0


def test_runs_of_the_last_32_days_are_read_again_and_jobs_of_those_that_changed() -> None:
    rows = [
        _run(3, "2026-11-20T00:00:00Z"),
        _run(2, "2026-11-01T00:00:00Z"),
        _run(1, "2026-10-01T00:00:00Z"),
    ]
    fake = FakeGitHub(actions__runs=rows)
    connector = _connector()
    cursor = next_cursor(connector, "workflow_runs", read(connector, "workflow_runs", fake))
    rows[1]["updated_at"] = "2026-11-22T09:00:00Z"
    fake.asked.clear()
    second = read(connector, "workflow_runs", fake, cursor=cursor)
    assert sum(page.row_count for page in pages_of(second, "workflow_runs")) == 2
    assert fake.count("jobs") == 1
    assert fake.count("runs/2/jobs") == 1


def test_an_empty_repository_has_no_commits() -> None:
    fake = FakeGitHub()
    fake.answers["commits"] = json_reply({"message": "Git Repository is empty."}, 409)
    assert read(_connector(), "commits", fake) == []


def test_a_repository_that_refuses_leaves_the_others_to_be_read() -> None:
    config = github.Config(token=SecretStr("secret-token"), organisation="acme")
    connector = github.connect(config, name="github")

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/orgs/acme/repos":
            return json_reply([{"full_name": "acme/a"}, {"full_name": "acme/b"}])
        if "/acme/a/" in request.url.path:
            return json_reply({"message": "Not Found"}, 404)
        return json_reply([])

    items = read(connector, "releases", serve)
    assert [type(item).__name__ for item in items] == ["Refusal", "Page"]
    assert items[0].context == {"repository": "acme/a"}


def test_a_changed_shape_sets_the_page_aside() -> None:
    fake = FakeGitHub()
    fake.answers["releases"] = json_reply({"message": "We moved"})
    items = read(_connector(), "releases", fake)
    assert isinstance(items[0], Refusal)
    assert (items[0].reason, items[0].is_final) == ("unexpected_shape", False)
    assert items[0].body


def test_an_expired_token_ends_the_stream() -> None:
    fake = FakeGitHub(pulls=[_pull(1, 1)])
    fake.answers["pulls"] = json_reply({"message": "Bad credentials"}, 401)
    with pytest.raises(AuthRejected, match="source 'github'"):
        read(_connector(), "pulls", fake)


def test_a_limit_that_lasts_too_long_keeps_what_was_read() -> None:
    fake = FakeGitHub(pulls=[_pull(number, number) for number in range(6, 0, -1)])
    reset = str(int(NOW.timestamp()) + 3600)
    limited = httpx.Response(
        403, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
    )
    fake.answers["pulls/3/reviews"] = limited
    connector, kept = _connector(), []
    with pytest.raises(RateLimited):
        for stop in range(1, 100):
            kept = read(connector, "pulls", fake, stop_after=stop, time=FakeTime(NOW))
    assert pages_of(kept, "pulls")


def test_a_configuration_names_what_to_read() -> None:
    with pytest.raises(ValidationError, match="organisation"):
        github.Config(token=SecretStr("x"))
    with pytest.raises(ValidationError, match="regular expression"):
        github.Config(token=SecretStr("x"), organisation="a", deploy_workflow_pattern="(")
