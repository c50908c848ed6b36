"""What doctor finds when it asks the systems: scopes, tokens, clocks."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from connectors._contract import Access
from connectors._http import HttpClient
from orchestration.checks import Check
from orchestration.checks.systems import check_systems
from orchestration.run import Context
from orchestration.settings import Environment, Settings, parse_settings
from tests.connectors.fakes import CANARY, START, FakeTime, Handler, http_date, json_reply
from tests.connectors.fakes import open_client as fake_client
from transforms.home import Home


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "key").write_text(CANARY, encoding="utf-8")
    return parse_settings(
        f"sources:\n  pager:\n    kind: pagerduty\n    token: file:{tmp_path / 'key'}\n"
    )


def _checks(settings: Settings, handler: Handler, tmp_path: Path) -> dict[str, Check]:
    context = Context(
        home=Home(root=tmp_path / "data"), environment=Environment(), clock=lambda: START
    )

    def open_client(access: Access, source: str) -> HttpClient:
        return fake_client(access, handler, source=source, time=FakeTime(START), budget=3)

    found = check_systems(context, settings, open_client=open_client)
    return {check.name: check for check in found}


def _answer(**headers: str) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        name = request.url.path.strip("/")
        return json_reply({name: [], "more": False}, headers=headers)

    return answer


def test_a_token_that_may_read_everything_passes(settings: Settings, tmp_path: Path) -> None:
    check = _checks(settings, _answer(), tmp_path)["Access to pager"]
    assert check.verdict == "pass"
    count = check.found.split()[0]
    assert check.found == f"{count} of {count} streams can be read"


def test_a_stream_that_the_token_may_not_read_is_named_with_the_remedy(
    settings: Settings, tmp_path: Path
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/incidents":
            return json_reply({"error": {"message": "no scope"}}, 403)
        return _answer()(request)

    check = _checks(settings, answer, tmp_path)["Access to pager"]
    assert check.verdict == "fail"
    assert "incidents: the token may not read /incidents" in check.found
    assert "services:" not in check.found
    assert "read-only REST API key" in check.remedy


def test_a_rejected_token_is_told_without_its_value(settings: Settings, tmp_path: Path) -> None:
    answer = json_reply({"error": {"message": f"bad key {CANARY}"}}, 401)
    check = _checks(settings, lambda _: answer, tmp_path)["Access to pager"]
    assert check.verdict == "fail"
    assert "rejected" in check.found
    assert CANARY not in check.found + check.remedy


@pytest.mark.parametrize(
    ("minutes", "verdict"), [(0, "pass"), (1, "pass"), (15, "warn"), (-15, "warn")]
)
def test_a_clock_that_differs_is_told(
    settings: Settings, tmp_path: Path, minutes: int, verdict: str
) -> None:
    date = http_date(START + timedelta(minutes=minutes))
    check = _checks(settings, _answer(date=date), tmp_path)["Clock of pager"]
    assert check.verdict == verdict
    assert check.found.startswith(f"{abs(minutes) * 60} s")


def test_a_system_without_a_clock_is_not_judged(settings: Settings, tmp_path: Path) -> None:
    assert "Clock of pager" not in _checks(settings, _answer(), tmp_path)
