"""GitLab as documented: lists by time of change, refusals by project, freezes with their zone."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from connectors import gitlab
from connectors._contract import Page, Refusal
from connectors._errors import AuthRejected, UnexpectedShape
from orchestration.lake import Lake
from orchestration.sync import sync
from tests.connectors.fakes import (
    START,
    FakeTime,
    json_reply,
    next_cursor,
    open_client,
    pages_of,
    read,
    resume_from,
)
from tests.transforms.models import build_models, rows
from transforms.home import Home

API = "/api/v4"
PERSON = {"id": 4, "username": "ada", "name": "Ada Lovelace"}
SHA = "99d03678b90d914dbb1b109132516d71a4a03ea8"


def _at(minutes: float) -> str:
    moment = START + timedelta(minutes=minutes)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _project(number: int = 1, path: str = "acme/pay", **more: Any) -> dict[str, Any]:
    return {"id": number, "path_with_namespace": path, "default_branch": "trunk", **more}


def _merge_request(number: int, *, changed: float, state: str = "closed") -> dict[str, Any]:
    return {
        "id": 1_000 + number,
        "iid": number,
        "title": f"Change {number}",
        "state": state,
        "author": PERSON,
        "source_branch": "topic",
        "target_branch": "trunk",
        "labels": ["backend"],
        "sha": "c" * 40,
        "merge_commit_sha": None,
        "squash_commit_sha": SHA if state == "merged" else None,
        "work_in_progress": False,
        "created_at": _at(-600),
        "updated_at": _at(changed),
        "merged_at": _at(changed) if state == "merged" else None,
        "closed_at": None,
        "web_url": f"https://gitlab.example.test/acme/pay/-/merge_requests/{number}",
    }


def _pipeline(number: int, *, changed: float | None, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "status": "success",
        "source": "push",
        "ref": "topic",
        "sha": SHA,
        "name": None,
        "created_at": _at(-600),
        "updated_at": None if changed is None else _at(changed),
        "web_url": f"https://gitlab.example.test/acme/pay/-/pipelines/{number}",
        **more,
    }


def _deployment(number: int, *, changed: float, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "iid": number,
        "ref": "v1.2.0",
        "sha": SHA,
        "status": "success",
        "user": PERSON,
        "environment": {"id": 9, "name": "Production"},
        "deployable": None,
        "created_at": _at(changed - 5),
        "updated_at": _at(changed),
        **more,
    }


class FakeGitLab:
    """Projects with lists; filters, orders and cuts them as documented, and states no totals."""

    def __init__(self, *projects: dict[str, Any], **lists: list[dict[str, Any]]) -> None:
        self.projects = list(projects) or [_project()]
        self.lists: dict[str, list[dict[str, Any]]] = {
            path.replace("__", "/"): found for path, found in lists.items()
        }
        self.refused: dict[str, int] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = unquote(request.url.raw_path.decode().split("?")[0]).removeprefix(API)
        query = {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}
        self.asked.append((path, query))
        for start, status in self.refused.items():
            if path.startswith(start):
                return json_reply({"message": f"{status} refused"}, status)
        if path.startswith("/groups/"):
            return self._cut(request, self.projects, query)
        head, _, rest = path.removeprefix("/projects/").partition("/")
        if not head.isdecimal():
            wanted = path.removeprefix("/projects/")
            named = [one for one in self.projects if one["path_with_namespace"] == wanted]
            return json_reply(named[0]) if named else json_reply({"message": "404"}, 404)
        if "updated_after" in query and query.get("order_by") != "updated_at":
            return json_reply({"message": "`updated_at` filter requires `updated_at` sort"}, 400)
        found = self.lists.get(rest, []) if head == "1" else []
        if rest == "pipelines":
            is_child = query.get("source") == "parent_pipeline"
            found = [one for one in found if (one["source"] == "parent_pipeline") is is_child]
        return self._cut(request, _changed(found, query), query)

    def _cut(
        self, request: httpx.Request, found: list[dict[str, Any]], query: dict[str, str]
    ) -> httpx.Response:
        page, size = int(query.get("page", "1")), int(query["per_page"])
        if page * size > 50_000:
            return json_reply({"error": "Offset pagination has a maximum allowed offset"}, 405)
        is_more = page * size < len(found)
        headers = {"x-next-page": str(page + 1) if is_more else ""}
        if is_more:
            following = request.url.copy_set_param("page", page + 1)
            headers["link"] = f'<{following}>; rel="next", <{request.url}>; rel="first"'
        return json_reply(found[(page - 1) * size : page * size], headers=headers)

    def queries(self, path: str) -> list[dict[str, str]]:
        """Return with what a list of the first project was asked for."""
        return [query for asked, query in self.asked if asked == f"/projects/1/{path}"]


def _changed(found: list[dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
    if after := query.get("updated_after"):
        floor = datetime.fromisoformat(after)
        found = [
            one
            for one in found
            if one["updated_at"] and datetime.fromisoformat(one["updated_at"]) >= floor
        ]
    if query.get("order_by") == "updated_at":
        is_down = query.get("sort") == "desc"
        found = sorted(found, key=lambda one: one["updated_at"] or "9", reverse=is_down)
    return found


def _connector(**more: Any) -> gitlab.GitLabConnector:
    wanted = {"group": "acme", **more}
    return gitlab.connect(
        gitlab.Config(base_url="https://gitlab.example.test", token=SecretStr("t"), **wanted),
        name="gitlab",
    )


def _ids(items: list[Page | Refusal], stream: str) -> list[int]:
    return [row["id"] for page in pages_of(items, stream) for row in json.loads(page.body)]


def test_an_empty_project_gives_an_empty_page() -> None:
    (page,) = read(_connector(), "deployments", FakeGitLab())
    assert isinstance(page, Page)
    assert page.row_count == 0
    assert dict(page.context) == {"project_id": "1", "repository": "acme/pay"}


def test_a_list_goes_on_from_the_last_change_and_loses_none_that_share_it() -> None:
    found = [_merge_request(number, changed=-500 + number // 3 * 1.0) for number in range(350)]
    fake = FakeGitLab(merge_requests=found)
    items = read(_connector(), "merge_requests", fake)
    assert set(_ids(items, "merge_requests")) == {one["id"] for one in found}
    assert {query["page"] for query in fake.queries("merge_requests")} == {"1"}


def test_more_rows_of_one_instant_than_a_page_holds_are_paged() -> None:
    found = [_merge_request(number, changed=-60) for number in range(250)]
    fake = FakeGitLab(merge_requests=found)
    assert len(set(_ids(read(_connector(), "merge_requests", fake), "merge_requests"))) == 250
    assert [query["page"] for query in fake.queries("merge_requests")] == ["1", "2", "3"]


def test_a_record_that_changes_while_it_is_walked_pushes_no_other_out_of_sight() -> None:
    found = [_merge_request(number, changed=-500 + number) for number in range(250)]
    fake = FakeGitLab(merge_requests=found)

    def moving(request: httpx.Request) -> httpx.Response:
        reply = fake(request)
        if len(fake.queries("merge_requests")) == 1:
            found[3]["updated_at"] = _at(-1)
        return reply

    seen = set(_ids(read(_connector(), "merge_requests", moving), "merge_requests"))
    assert seen == {one["id"] for one in found}


def test_the_second_run_asks_for_changes_since_minus_the_overlap() -> None:
    fake = FakeGitLab(deployments=[_deployment(1, changed=-600), _deployment(2, changed=-30)])
    first = read(_connector(), "deployments", fake)
    assert "updated_after" not in fake.queries("deployments")[0]
    fake.asked.clear()
    cursor = next_cursor(_connector(), "deployments", first)
    second = read(_connector(), "deployments", fake, cursor=cursor)
    (query,) = fake.queries("deployments")
    assert datetime.fromisoformat(query["updated_after"]) == START - timedelta(minutes=90)
    assert query["order_by"] == "updated_at"
    assert _ids(second, "deployments") == [2]


def test_an_instant_with_an_offset_is_the_same_instant() -> None:
    late = _deployment(1, changed=0) | {"updated_at": "2026-11-22T11:30:00.000+02:00"}
    items = read(_connector(), "deployments", FakeGitLab(deployments=[late]))
    cursor = next_cursor(_connector(), "deployments", items)
    assert cursor == {"projects": {"1": {"updated_at": "2026-11-22T09:30:00.000000Z"}}}


def test_pipelines_without_a_time_of_change_are_read_once() -> None:
    found = [_pipeline(1, changed=None), _pipeline(2, changed=-30)]
    fake = FakeGitLab(pipelines=found)
    first = read(_connector(since=START - timedelta(days=1)), "pipelines", fake)
    assert set(_ids(first, "pipelines")) == {1, 2}
    cursor = next_cursor(_connector(), "pipelines", first)
    fake.asked.clear()
    assert set(_ids(read(_connector(), "pipelines", fake, cursor=cursor), "pipelines")) == {2}


def test_child_pipelines_are_asked_for_by_themselves() -> None:
    found = [
        _pipeline(1, changed=-30),
        _pipeline(2, changed=-20, source="parent_pipeline"),
    ]
    assert set(_ids(read(_connector(), "pipelines", FakeGitLab(pipelines=found)), "pipelines")) == {
        1,
        2,
    }


def test_jobs_are_asked_for_where_a_pipeline_ended_on_what_is_deployed() -> None:
    fake = FakeGitLab(
        pipelines=[
            _pipeline(1, changed=-50),
            _pipeline(2, changed=-40, ref="trunk"),
            _pipeline(3, changed=-30, ref="v1.2.0"),
            _pipeline(4, changed=-20, ref="trunk", status="running"),
        ],
        pipelines__2__jobs=[{"id": 20, "name": "deploy", "status": "success"}],
    )
    items = read(_connector(), "pipelines", fake)
    asked = [page.context["pipeline_id"] for page in pages_of(items, "pipeline_jobs")]
    assert asked == ["2", "3"]
    assert _ids(items, "pipeline_jobs") == [20]


def test_notes_and_commits_are_asked_for_where_they_count_and_once_in_a_run() -> None:
    fake = FakeGitLab(
        merge_requests=[
            _merge_request(1, changed=-30, state="closed"),
            _merge_request(2, changed=-20, state="opened"),
            *(_merge_request(number, changed=-10, state="merged") for number in range(3, 130)),
        ]
    )
    read(_connector(), "merge_requests", fake)
    children = [path for path, _ in fake.asked if path.endswith(("/notes", "/commits"))]
    assert len(children) == len(set(children)) == 1 + 2 * 127


def test_a_killed_run_goes_on_in_the_project_where_it_was() -> None:
    found = [_deployment(number, changed=-500 + number) for number in range(250)]
    fake = FakeGitLab(_project(1), _project(2, "acme/web"), deployments=found)
    killed = read(_connector(), "deployments", fake, stop_after=2)
    fake.asked.clear()
    rest = read(_connector(), "deployments", fake, resume=resume_from(killed))
    both = set(_ids(killed, "deployments")) | set(_ids(rest, "deployments"))
    assert both == set(range(250))
    assert len(fake.queries("deployments")) == 1


def test_a_project_that_refuses_does_not_stop_the_others() -> None:
    fake = FakeGitLab(
        _project(2, "acme/secret"), _project(1), deployments=[_deployment(1, changed=-5)]
    )
    fake.refused["/projects/2/"] = 403
    refusal, page = read(_connector(), "deployments", fake)
    assert isinstance(refusal, Refusal)
    assert (refusal.partition, refusal.is_final) == ("2", False)
    assert _ids([page], "deployments") == [1]


def test_a_named_project_that_is_gone_is_told_in_every_stream() -> None:
    connector = _connector(group="", projects=("acme/gone", "acme/pay"))
    for stream in ("deployments", "releases"):
        refusal, page = read(connector, stream, FakeGitLab())
        assert isinstance(refusal, Refusal)
        assert (refusal.stream, refusal.partition) == (stream, "acme/gone")
        assert isinstance(page, Page)


def test_what_a_project_has_switched_off_is_not_asked_for() -> None:
    fake = FakeGitLab(_project(builds_access_level="disabled"))
    assert read(_connector(), "pipelines", fake) == []


def test_a_token_that_is_not_known_ends_the_run() -> None:
    fake = FakeGitLab()
    fake.refused["/"] = 401
    with pytest.raises(AuthRejected, match="read_api"):
        read(_connector(), "deployments", fake)


def test_the_limit_of_the_instance_is_obeyed() -> None:
    time, fake = FakeTime(), FakeGitLab()

    def limited(request: httpx.Request) -> httpx.Response:
        if not time.slept:
            return json_reply({"message": "slow down"}, 429, {"retry-after": "17"})
        return fake(request)

    read(_connector(), "deployments", limited, time=time)
    assert time.slept == [17.0]


def test_a_changed_shape_is_set_aside_with_its_bytes() -> None:
    fake = FakeGitLab()

    def changed(request: httpx.Request) -> httpx.Response:
        is_list = b"/deployments" in request.url.raw_path
        return json_reply({"deployments": []}) if is_list else fake(request)

    (refusal,) = read(_connector(), "deployments", changed)
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.body) == (UnexpectedShape.code, b'{"deployments":[]}')


def test_releases_that_have_not_changed_are_not_read_again() -> None:
    fake = FakeGitLab(releases=[{"tag_name": "v1"}])

    def tagged(request: httpx.Request) -> httpx.Response:
        reply = fake(request)
        if request.headers.get("if-none-match") == '"one"':
            return httpx.Response(304)
        reply.headers["etag"] = '"one"'
        return reply

    first = read(_connector(), "releases", tagged)
    cursor = next_cursor(_connector(), "releases", first)
    assert len(first) == 1
    assert read(_connector(), "releases", tagged, cursor=cursor) == []


@pytest.mark.parametrize("name", ["get_merge_requests", "get_merge_requests_author_username"])
def test_recorded_merge_requests_are_all_read_and_the_last_change_is_the_cursor(name: str) -> None:
    folder = os.environ.get("LEADLINE_CONFORMANCE_DATA")
    file = Path(folder or "") / f"data/payloads/gitlab_go/testdata/{name}.json"
    if not folder or not file.is_file():
        pytest.skip("LEADLINE_CONFORMANCE_DATA names no folder with recorded replies of GitLab")
    recorded = json.loads(file.read_text(encoding="utf-8"))
    items = read(_connector(), "merge_requests", FakeGitLab(merge_requests=recorded))
    assert set(_ids(items, "merge_requests")) == {one["id"] for one in recorded}
    latest = max(datetime.fromisoformat(one["updated_at"]) for one in recorded)
    known = next_cursor(_connector(), "merge_requests", items)
    assert known is not None
    assert datetime.fromisoformat(known["projects"]["1"]["updated_at"]) == latest
    asked = {page.context["merge_request"] for page in pages_of(items, "merge_request_notes")}
    assert asked == {str(one["iid"]) for one in recorded if one["state"] != "closed"}


def test_settings_name_a_group_or_projects() -> None:
    with pytest.raises(ValidationError, match="group"):
        gitlab.Config(token=SecretStr("t"))


# -- what becomes of it ----------------------------------------------------------------------------


def _note(number: int, body: str, *, who: str, is_system: bool, at: float) -> dict[str, Any]:
    author = {"id": 7, "username": who, "name": who.title()}
    return {
        "id": number, "body": body, "system": is_system, "author": author, "created_at": _at(at)
    }  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Two runs of a project; the second finds a deployment ended and a freeze gone."""
    fake = FakeGitLab(
        merge_requests=[_merge_request(7, changed=-90, state="merged")],
        merge_requests__7__notes=[
            _note(1, "Why?", who="bo", is_system=False, at=-120),
            _note(2, "approved this merge request", who="bo", is_system=True, at=-110),
            _note(3, "approved this merge request", who="cy", is_system=True, at=-109),
            _note(4, "unapproved this merge request", who="cy", is_system=True, at=-108),
            _note(5, "assigned to @ada", who="ada", is_system=True, at=-107),
        ],
        merge_requests__7__commits=[
            {
                "id": "d" * 40,
                "title": "Change 7",
                "author_name": "Ada Lovelace",
                "author_email": "ada@example.test",
                "authored_date": "2026-11-22T09:00:00.000+02:00",
                "committed_date": "2026-11-22T09:05:00.000+02:00",
                "parent_ids": ["e" * 40],
            }
        ],
        pipelines=[_pipeline(36, changed=-70, ref="trunk"), _pipeline(37, changed=None)],
        pipelines__36__jobs=[
            {
                "id": 657,
                "name": "deploy to prod",
                "status": "failed",
                "started_at": _at(-75),
                "finished_at": _at(-72),
                "web_url": "https://gitlab.example.test/acme/pay/-/jobs/657",
            }
        ],
        deployments=[
            _deployment(41, changed=-65),
            _deployment(
                42,
                changed=-20,
                status="running",
                ref="trunk",
                environment={"id": 10, "name": "gprd"},
                deployable={
                    "id": 657,
                    "tag": False,
                    "started_at": _at(-75),
                    "finished_at": None,
                    "pipeline": {"id": 36, "web_url": "https://gitlab.example.test/p/36"},
                },
            ),
        ],
        environments=[{"id": 10, "name": "gprd", "tier": "production"}],
        releases=[
            {
                "tag_name": "v1.2.0",
                "name": "One two",
                "created_at": _at(-70),
                "released_at": _at(-66),
                "upcoming_release": False,
                "_links": {"self": "https://gitlab.example.test/acme/pay/-/releases/v1.2.0"},
            }
        ],
        freeze_periods=[
            {
                "id": number,
                "freeze_start": start,
                "freeze_end": end,
                "cron_timezone": zone,
                "created_at": _at(-900),
            }
            for number, start, end, zone in (
                (1, "0 23 * * 5", "0 8 * * 1", "Europe/Berlin"),
                (2, "0 0 20 12 *", "0 6 3 1 *", "UTC"),
                (3, "0 22 * * *", "30 5 * * *", None),
                (4, "0 17 * * 1-5", "0 9 * * 1-5", "UTC"),
            )
        ],
    )
    found = Home(tmp_path_factory.mktemp("home"))
    lake = Lake(found.lake)
    time = FakeTime()
    for _ in range(2):
        report = sync(
            [_connector()],
            lake,
            time.clock,
            open_client=lambda access, source: open_client(access, fake, time=time, source=source),
        )
        assert report.is_complete
        time.pass_by(3_600)
        fake.lists["deployments"][1] |= {"status": "failed", "updated_at": _at(10)}
        fake.lists["deployments"][1]["deployable"] |= {"finished_at": _at(9)}
        fake.lists["freeze_periods"] = fake.lists["freeze_periods"][:3]
    build_models(
        found,
        *("changes", "change_commits", "reviews", "pipeline_runs", "pipeline_jobs"),
        *("deployments", "environments", "releases", "calendar_windows"),
        now=time.now.astimezone(UTC),
    )
    yield found


def _naive(minutes: float) -> datetime:
    return (START + timedelta(minutes=minutes)).replace(tzinfo=None)


def test_a_merge_request_is_a_change_with_its_squashed_commit(home: Home) -> None:
    (change,) = rows(home, "changes")
    assert change["change_id"] == "gitlab:acme/pay#7"
    assert (change["state"], change["is_merged"], change["merge_commit_sha"]) == (
        "closed",
        True,
        SHA,
    )
    assert change["labels"] == ["backend"]
    (commit,) = rows(home, "change_commits")
    assert commit["authored_at"] == _naive(-180)
    assert "ada" not in json.dumps([change, commit], default=str).lower()


def test_an_approval_that_was_taken_back_is_dismissed(home: Home) -> None:
    found = {row["review_id"]: row["state"] for row in rows(home, "reviews")}
    assert found == {
        "gitlab:1": "commented",
        "gitlab:2": "approved",
        "gitlab:3": "dismissed",
    }


def test_pipelines_and_jobs_speak_the_words_of_all_runs(home: Home) -> None:
    runs = {row["pipeline_run_id"]: row for row in rows(home, "pipeline_runs")}
    assert (runs["gitlab:36"]["conclusion"], runs["gitlab:36"]["finished_at"]) == (
        "success",
        _naive(-70),
    )
    assert runs["gitlab:37"]["finished_at"] is None
    (job,) = rows(home, "pipeline_jobs")
    assert (job["pipeline_run_id"], job["conclusion"]) == ("gitlab:36", "failure")


def test_every_version_of_a_deployment_is_kept(home: Home) -> None:
    found = [
        (row["deployment_id"], row["version_number"], row["status"], row["finished_at"])
        for row in rows(home, "deployments")
    ]
    assert sorted(found, key=lambda row: row[:2]) == [
        ("gitlab:41", 1, "succeeded", _naive(-65)),
        ("gitlab:42", 1, "in_progress", None),
        ("gitlab:42", 2, "failed", _naive(9)),
    ]
    (named,) = rows(home, "deployments", where="deployment_id = 'gitlab:41'")
    assert (named["version"], named["environment_id"], named["pipeline_run_id"]) == (
        "v1.2.0",
        "production",
        None,
    )


def test_an_environment_has_the_tier_that_its_host_states(home: Home) -> None:
    (found,) = rows(home, "environments", where="environment_id = 'gprd'")
    assert (found["tier"], found["is_declared"]) == ("production", False)


def test_a_release_has_its_tag(home: Home) -> None:
    (found,) = rows(home, "releases")
    assert (found["release_id"], found["tag"], found["published_at"]) == (
        "gitlab:acme/pay@v1.2.0",
        "v1.2.0",
        _naive(-66),
    )


def test_a_deploy_freeze_is_a_window_in_its_zone_and_is_removed_when_it_is_gone(
    home: Home,
) -> None:
    hours = {
        row["calendar_window_id"]: (row["timezone"], row["duration_seconds"], row["state"])
        for row in rows(home, "calendar_windows", where="is_current")
    }
    hour = 3_600.0
    assert hours == {
        "gitlab:1": ("Europe/Berlin", 57 * hour, "active"),
        "gitlab:2": ("UTC", (14 * 24 + 6) * hour, "active"),
        "gitlab:3": ("UTC", 7.5 * hour, "active"),
        "gitlab:4": ("UTC", None, "removed"),
    }
    versions = rows(home, "calendar_windows")
    assert len(versions) == 5
    assert {row["kind"] for row in versions} == {"freeze"}
