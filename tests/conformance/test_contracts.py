"""Every request our connectors make is one the official descriptions know."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors import github, jira, pagerduty
from connectors._contract import Connector
from tests.conformance.contracts import Contract
from tests.connectors.fake_jira import FakeJira, change, issue
from tests.connectors.fakes import START, FakeTime, next_cursor, read
from tests.connectors.test_github import FakeGitHub
from tests.connectors.test_pagerduty import FakePagerDuty

# The pruned description leaves these out; they are documented at
# https://docs.github.com/en/rest; test_github_whole.py compares them with the whole one.
NOT_IN_SUBSET = ("/reviews", "/check-runs", "/approvals", "/environments", "/alerts")


def _github_source() -> tuple[Connector, FakeGitHub]:
    moment = "2026-11-20T09:00:00Z"
    fake = FakeGitHub(
        pulls=[
            {"number": n, "state": "closed", "updated_at": moment, "merged_at": moment}
            for n in (3, 2, 1)
        ],
        deployments=[{"id": n, "created_at": moment} for n in (3, 2, 1)],
        actions__runs=[
            {"id": n, "name": "Deploy", "created_at": moment, "updated_at": moment}
            for n in (3, 2, 1)
        ],
        commits=[{"sha": str(n), "commit": {"committer": {"date": moment}}} for n in (3, 2, 1)],
        releases=[{"id": n} for n in (3, 2, 1)],
    )
    config = github.Config(token=SecretStr("t"), repositories=("acme/checkout",))
    return github.connect(config, name="github"), fake


def _pagerduty_source() -> tuple[Connector, FakePagerDuty]:
    created = (START - timedelta(days=9)).strftime("%Y-%m-%dT%H:%M:%SZ")
    rows: list[dict[str, Any]] = [
        {"id": f"P{n}", "created_at": created, "status": "triggered"} for n in range(120)
    ]
    later = (START + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    log = [{"type": "resolve_log_entry", "created_at": later, "incident": {"id": "POLD"}}]
    config = pagerduty.Config(token=SecretStr("t"))
    return pagerduty.connect(config, name="pagerduty"), FakePagerDuty(rows, log)


def _jira_source() -> tuple[Connector, FakeJira]:
    fake = FakeJira(*(issue(n, START - timedelta(days=n)) for n in range(1, 9)))
    fake.changes = {"10001": [change(1, START, status=("To Do", "Done"), assignee=(None, "A"))]}
    fake.versions = {"OPS": [{"id": "1", "name": "1.0"}]}
    config = jira.Config(base_url="https://acme.test", token=SecretStr("t"), page_size=2)
    return jira.connect(config, name="jira"), fake


# The description calls these texts; recorded replies of real sites have null and epoch
# milliseconds there.
NOT_AS_DESCRIBED = ("from", "fromString", "created")
SOURCES: dict[str, tuple[str, Callable[[], tuple[Connector, Any]]]] = {
    "github": ("github.subset.json", _github_source),
    "jira": ("jira_cloud_v3.json", _jira_source),
    "pagerduty": ("pagerduty.json", _pagerduty_source),
}


@pytest.mark.parametrize("kind", sorted(SOURCES))
def test_every_request_is_documented(kind: str, conformance: Path) -> None:
    file, make = SOURCES[kind]
    contract, (connector, fake) = Contract(conformance / "contracts" / file), make()
    requests: list[httpx.Request] = []

    def listen(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        answer: httpx.Response = fake(request)
        return answer

    for stream in connector.streams:
        if stream.parent is None:
            first = read(connector, stream.name, listen)
            cursor = next_cursor(connector, stream.name, first)
            later = FakeTime(START + timedelta(days=1))
            read(connector, stream.name, listen, cursor=cursor, time=later)
    assert len(requests) > 10
    problems = {
        problem
        for request in requests
        if not request.url.path.endswith(NOT_IN_SUBSET)
        for problem in contract.problems(request)
    }
    assert problems == set()


def test_a_request_that_is_not_documented_is_noticed(conformance: Path) -> None:
    contract = Contract(conformance / "contracts" / "github.subset.json")
    wrong = httpx.Request("GET", "https://api.github.com/repos/a/b/pulls?state=bogus&nonsense=1")
    assert len(contract.problems(wrong)) == 2


def test_what_our_jira_answers_is_as_described(conformance: Path) -> None:
    contract = Contract(conformance / "contracts" / "jira_cloud_v3.json")
    (connector, fake), problems = _jira_source(), set()

    def listen(request: httpx.Request) -> httpx.Response:
        answer = fake(request)
        problems.update(contract.reply_problems(request, answer.content))
        return answer

    for stream in ("versions", "issues"):
        assert read(connector, stream, listen)
    odd = {problem.split(": ")[0].split(".")[-1] for problem in problems}
    assert odd == set(NOT_AS_DESCRIBED)
