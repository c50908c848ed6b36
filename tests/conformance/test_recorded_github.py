"""Real exchanges with GitHub, read by our client and our connector: nothing is lost or refused."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from os import environ
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors import github
from connectors._contract import Access, LimitRule, Refusal
from connectors._errors import (
    AuthRejected,
    BadPayload,
    BadRequest,
    ConnectorError,
    PermissionMissing,
    RateLimited,
    RedirectBlocked,
    SourceBroken,
)
from connectors._github_runs import MOST_RUNS
from connectors._http import HttpClient
from tests.conformance.recorded_github import Exchange, exchanges, in_folder
from tests.connectors.fakes import FakeTime, Script, json_reply, open_client, pages_of, read
from tests.transforms.estate import Estate
from tests.transforms.models import build_models, rows
from tests.transforms.synced import sync_into
from transforms.home import Home

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
HOST = "https://api.github.com"
OWN = r"^/repos/([^/]+/[^/]+)"
# A stream, the address of its list, where its records stand, and how many lists were recorded.
LISTS: dict[str, tuple[str, str, int]] = {
    "commits": (rf"{OWN}/commits$", "", 8),
    "pulls": (rf"{OWN}/pulls$", "", 5),
    "pull_reviews": (rf"{OWN}/pulls/(\d+)/reviews$", "", 2),
    "pull_commits": (rf"{OWN}/pulls/(\d+)/commits$", "", 3),
    "deployments": (rf"{OWN}/deployments$", "", 1),
    "deployment_statuses": (rf"{OWN}/deployments/(\d+)/statuses$", "", 1),
    "deployment_checks": (rf"{OWN}/commits/([0-9a-f]{{40}})/check-runs$", "check_runs", 4),
    "environments": (rf"{OWN}/environments$", "environments", 1),
    "workflow_runs": (rf"{OWN}/actions/runs$", "workflow_runs", 4),
    "workflow_jobs": (rf"{OWN}/actions/runs/(\d+)/jobs$", "jobs", 2),
    "releases": (rf"{OWN}/releases$", "", 2),
    "code_scanning_alerts": (rf"{OWN}/code-scanning/alerts$", "", 2),
    "dependabot_alerts": (rf"{OWN}/dependabot/alerts$", "", 2),
}
PARENTS = {
    stream.name: stream.parent
    for stream in github.STREAMS
    if stream.parent and stream.name in LISTS
}


@pytest.fixture(scope="session")
def recorded() -> Path:
    """Return the folder with PyGithub's recordings, or skip."""
    peers = Path(environ.get("LEADLINE_PEERS", ".cache/peers")) / "pygithub"
    found = sorted(peers.glob("**/tests/ReplayData"))
    if not found:
        pytest.skip(f"unpack the sdist of PyGithub into {peers} to run this")
    return found[0]


@pytest.fixture(scope="session")
def everything(recorded: Path) -> list[Exchange]:
    """Return all that was recorded."""
    return in_folder(recorded)


def _client(time: FakeTime, handler: Any, base_url: str = HOST) -> HttpClient:
    access = Access(
        base_url=base_url,
        limit=LimitRule(
            remaining_header="x-ratelimit-remaining",
            reset_header="x-ratelimit-reset",
            reset_is="epoch",
            is_403_a_limit=True,
        ),
    )
    return open_client(access, handler, time=time, source="github")


def _fetch(*answers: Exchange, etag: str | None = None, time: FakeTime | None = None) -> Any:
    first = answers[0]
    script = Script(*(one.reply() for one in answers))
    client = _client(time or FakeTime(NOW), script, f"{first.scheme}://{first.host}")
    return client.fetch(first.address, stream="any", etag=etag)


EXPECTED: Mapping[int, type[ConnectorError]] = {
    400: BadRequest,
    401: AuthRejected,
    403: PermissionMissing,
    404: BadRequest,
    409: BadRequest,
    422: BadRequest,
    500: SourceBroken,
    502: SourceBroken,
    503: SourceBroken,
}


def test_every_json_reply_is_read_as_it_is_and_every_refusal_has_its_class(
    everything: list[Exchange],
) -> None:
    seen: Counter[int] = Counter()
    for one in everything:
        kind = {key.lower(): value for key, value in one.headers.items()}.get("content-type", "")
        if one.verb != "GET" or one.status in (301, 302, 304) or "json" not in kind:
            continue
        if one.status == 403 and "rate" in one.body.lower():
            continue
        seen[one.status] += 1
        if not _is_json(one.body):
            with pytest.raises(BadPayload if one.status < 400 else EXPECTED[one.status]):
                _fetch(one)
        elif one.status < 400:
            assert _fetch(one).data == json.loads(one.body), one.file
        else:
            with pytest.raises(EXPECTED[one.status]):
                _fetch(one)
    assert seen[200] > 1_500
    assert sum(count for status, count in seen.items() if status >= 400) > 50


def _is_json(body: str) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def _is_one_query(body: str) -> bool:
    """Say whether runs come in one piece; more than a query yields never do."""
    total = json.loads(body).get("total_count")
    return isinstance(total, int) and total <= MOST_RUNS


class Recording:
    """Answers from one recorded list, whatever parameters are asked with first.

    What was not recorded (the repository itself, other children, later pages) is empty.
    """

    def __init__(self, said: list[Exchange], *, repository: str) -> None:
        self._first, self._is_begun = said[0], False
        self._later = {one.address: one for one in said[1:]}
        self._repository = repository

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        found = self._later.get(request.url.raw_path.decode())
        if path == self._first.path and not self._is_begun:
            self._is_begun, found = True, self._first
        if found is not None:
            return found.reply()
        if path == f"/repos/{self._repository}":
            return json_reply({"id": 1, "full_name": self._repository})
        for ending, key in (
            ("/jobs", "jobs"),
            ("/check-runs", "check_runs"),
            ("/environments", "environments"),
            ("/actions/runs", "workflow_runs"),
        ):
            if path.endswith(ending):
                return json_reply({"total_count": 0, key: []})
        return json_reply([])


class WithParent(Recording):
    """The same with the one record whose child was recorded."""

    def __init__(self, said: list[Exchange], *, repository: str, child: str) -> None:
        super().__init__(said, repository=repository)
        moment = "2020-10-23T03:05:08Z"
        number = int(child) if child.isdecimal() else 1
        self.parents: dict[str, Any] = {
            "/pulls": [
                {"number": number, "state": "closed", "updated_at": moment, "merged_at": moment}
            ],
            "/deployments": [
                {"id": number, "created_at": moment, "sha": "" if child.isdecimal() else child}
            ],
            "/actions/runs": {
                "total_count": 1,
                "workflow_runs": [
                    {"id": number, "name": "Deploy", "created_at": moment, "updated_at": moment}
                ],
            },
        }

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix(f"/repos/{self._repository}")
        if path in self.parents:
            return json_reply(self.parents[path])
        return super().__call__(request)


def _recordings(
    everything: list[Exchange], stream: str
) -> Iterator[tuple[str, Recording, list[dict[str, Any]]]]:
    """Yield for each recorded list its repository, its server and the records that were sent."""
    pattern, key, _ = LISTS[stream]
    by_file: dict[str, list[Exchange]] = {}
    for one in everything:
        by_file.setdefault(one.file, []).append(one)
    for said in by_file.values():
        good = [one for one in said if one.verb == "GET" and one.status == 200]
        first = next((one for one in good if re.match(pattern, one.path)), None)
        if first is None or "page=2" in first.address:
            continue
        matched = re.match(pattern, first.path)
        assert matched
        repository = matched[1]
        if stream == "workflow_runs" and not _is_one_query(first.body):
            continue
        chain = _chain(good, first)
        sent = [record for one in chain for record in _records(one.body, key)]
        if stream in PARENTS:
            yield repository, WithParent(chain, repository=repository, child=matched[2]), sent
        else:
            yield repository, Recording(chain, repository=repository), sent


def _chain(said: list[Exchange], first: Exchange) -> list[Exchange]:
    """Return the pages that lead from the first to the last that was recorded."""
    left, chain = {one.address: one for one in said if one is not first}, [first]
    while True:
        headers = {one.lower(): value for one, value in chain[-1].headers.items()}
        link = re.search(r'<https://[^/]+([^>]*)>; rel="next"', headers.get("link", ""))
        following = left.pop(link[1], None) if link else None
        if following is None:
            return chain
        chain.append(following)


def _records(body: str, key: str) -> list[dict[str, Any]]:
    data = json.loads(body)
    found: list[dict[str, Any]] = data[key] if key else data
    return found


def _connector(repository: str, name: str = "github") -> github.GitHubConnector:
    config = github.Config(token=SecretStr("t"), repositories=(repository,), approvals=False)
    return github.connect(config, name=name)


@pytest.mark.parametrize("stream", sorted(LISTS))
def test_every_recorded_list_arrives_whole(everything: list[Exchange], stream: str) -> None:
    lists = 0
    for repository, server, sent in _recordings(everything, stream):
        items = read(
            _connector(repository), PARENTS.get(stream) or stream, server, time=FakeTime(NOW)
        )
        assert [item for item in items if isinstance(item, Refusal)] == []
        _, key, _ = LISTS[stream]
        arrived = [
            record
            for page in pages_of(items, stream)
            for record in _records(page.body.decode(), key)
        ]
        assert arrived[: len(sent)] == sent
        lists += 1
    assert lists >= LISTS[stream][2]


def test_every_recorded_record_is_staged_and_none_is_quarantined(
    everything: list[Exchange], tmp_path: Path
) -> None:
    home = Home(root=tmp_path)
    estate = Estate()
    estate.service("any")
    estate.write(home.lake, read_at=NOW)
    expected: Counter[str] = Counter()
    for stream in sorted(LISTS):
        for number, (repository, server, sent) in enumerate(_recordings(everything, stream)):
            connector = _connector(repository, name=f"github-{stream}-{number}")
            sync_into(home, connector, server, now=NOW)
            expected[stream] += len(sent)
    staging = [f"stg_github__{stream}" for stream in LISTS]
    build_models(home, *staging, "quarantined_records", "page_accounts", now=NOW)
    # The one parent of a recorded child is made up; its source is named for the child.
    refused = [
        (row["stream"], row["reason"])
        for row in rows(home, "quarantined_records", where="kind = 'github'")
        if row["source"].split("-")[1] == row["stream"]
    ]
    assert refused == []
    fetched: Counter[str] = Counter()
    for row in rows(home, "page_accounts"):
        fetched[row["stream"]] += row["fetched_count"]
    assert {stream: fetched[stream] >= expected[stream] for stream in LISTS} == dict.fromkeys(
        LISTS, True
    )


def _said(recorded: Path, file: str) -> list[Exchange]:
    return list(exchanges(recorded / f"{file}.txt"))


def test_a_page_that_has_not_changed_is_said_by_304(recorded: Path) -> None:
    (one,) = _said(recorded, "ConditionalRequestUpdate.testDidNotUpdate")
    reply = _fetch(one, etag='"8600bedcb7fed1d8065e1693e05529ce"')
    assert reply.is_unchanged
    assert reply.etag == '"8600bedcb7fed1d8065e1693e05529ce"'


def test_a_repository_that_was_renamed_is_followed_by_its_number(recorded: Path) -> None:
    moved, found = _said(recorded, "Repository.testGetRepositoryWith301Redirect")[:2]
    assert (moved.status, found.path) == (301, "/repositories/112116543")
    assert _fetch(moved, found).data["full_name"] == "padima2/protoncoin"


@pytest.mark.parametrize("where", ["Host", "Scheme"])
def test_a_redirect_to_another_place_takes_no_token_along(recorded: Path, where: str) -> None:
    one = _said(recorded, f"Requester.testBaseUrl{where}Redirection")[0]
    assert one.status == 301
    with pytest.raises(RedirectBlocked):
        _fetch(one)


def test_a_redirect_to_the_same_place_written_with_its_port_is_followed(recorded: Path) -> None:
    moved = _said(recorded, "Requester.testBaseUrlPortRedirection")[0]
    assert moved.headers["Location"].startswith("https://api.github.com:443/")
    found = replace(moved, status=200, headers={}, body='{"id": 3544490}')
    assert _fetch(moved, found).data == {"id": 3544490}


def test_a_limit_of_abuse_is_waited_for_as_long_as_it_says(recorded: Path) -> None:
    good, limited = _said(recorded, "SpecificExceptions.testAuthenticatedRateLimitExceeded")[:2]
    assert (limited.status, limited.headers["Retry-After"]) == (403, "60")
    time = FakeTime(NOW)
    assert _fetch(limited, good, time=time).data["total_count"] == 31_140
    assert time.slept == [60.0]


def test_a_used_up_limit_without_a_reset_is_a_limit_and_no_missing_permission(
    recorded: Path,
) -> None:
    limited = _said(recorded, "SpecificExceptions.testRateLimitExceeded")[1]
    assert (limited.status, limited.headers["x-ratelimit-remaining"]) == (403, "0")
    time = FakeTime(NOW)
    with pytest.raises(RateLimited):
        _fetch(limited, time=time)
    assert set(time.slept) == {60.0}


def test_a_host_that_fails_three_times_is_asked_a_fourth_time(recorded: Path) -> None:
    said = _said(recorded, "Retry.testReturnsRepoAfter3Retries")
    assert [one.status for one in said][:4] == [502, 502, 502, 200]
    assert _fetch(*said[:4]).data["full_name"] == "PyGithub/PyGithub"
