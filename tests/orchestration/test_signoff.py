"""Sign-offs bind to an artifact, name what the policy asks for, and can be taken back."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.commands import signoff as command
from orchestration.errors import ConfigurationError, NothingToRead
from orchestration.run import Context
from orchestration.settings import Environment
from tests.orchestration.gated import READ_AT, publish_as
from tests.transforms.gates import digest
from transforms.decisions import Decision, read_decisions
from transforms.home import Home

SIGNED: dict[str, Any] = {"service": "pay", "digest": digest("6"), "words": "", "who": "grace"}


@pytest.fixture
def home(gated: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return a home of its own with the build, whose commands have a clock of the tests."""
    home = Home(root=tmp_path)
    publish_as(home, "b1", of=gated, built_at=READ_AT)
    _open(monkeypatch, home)
    return home


def _open(monkeypatch: pytest.MonkeyPatch, home: Home) -> None:
    context = Context(
        home=home,
        environment=Environment(_env_file=None),
        clock=lambda: READ_AT + timedelta(hours=1),
    )
    opened: Callable[[], Context] = lambda: context  # noqa: E731
    monkeypatch.setattr(command, "open_context", opened)


def kept(home: Home) -> tuple[Decision, dict[str, Any]]:
    """Return what was kept last, with its details."""
    last = read_decisions(home.lake)[-1]
    return last, json.loads(last.reason)


def score(item: str, *, evidence: str | None = None, **other: Any) -> None:
    """Score an item as fulfilled."""
    command.score(item=item, score="pass", evidence=evidence, **SIGNED | other)


def test_a_score_is_kept_for_one_artifact(home: Home) -> None:
    score("runbook", evidence="https://wiki.example.org/runbook")
    last, details = kept(home)
    assert (last.kind, last.verdict, last.who) == ("sign_off", "pass", "grace")
    assert last.subject == f"artifact:{digest('6')}"
    assert details == {
        "service_id": "pay",
        "artifact_key": digest("6"),
        "item": "runbook",
        "evidence": "https://wiki.example.org/runbook",
    }


def test_an_approval_names_its_role(home: Home) -> None:
    command.approve(role="ops", is_refused=False, **SIGNED)
    assert kept(home)[0].verdict == "approved"
    command.approve(role="ops", is_refused=True, **SIGNED)
    last, details = kept(home)
    assert (last.verdict, details["role"]) == ("refused", "ops")


@pytest.mark.parametrize(
    ("give", "says"),
    [
        (lambda: score("runbook"), "counts with evidence only"),
        (lambda: score("poem"), "There is no item 'poem'; known are: drill, gates, runbook"),
        (lambda: score("gates"), "is judged by control; nobody signs it"),
        (lambda: score("drill", digest=" "), "' ' is no digest; write it as sha256:HEX"),
        (lambda: score("drill", digest="latest"), "'latest' is no digest"),
        (lambda: score("drill", service="nothing"), "There is no service 'nothing'"),
        (
            lambda: command.approve(role="poet", is_refused=False, **SIGNED),
            "There is no role 'poet'; known are: ops",
        ),
        (lambda: command.withdraw("sign_off-9", who="grace"), "No sign-off 'sign_off-9' stands"),
    ],
)
def test_what_the_policy_does_not_ask_for_is_refused(
    home: Home, give: Callable[[], None], says: str
) -> None:
    with pytest.raises(ConfigurationError, match=says):
        give()
    assert read_decisions(home.lake) == []


def test_a_sign_off_is_taken_back_once(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    score("drill")
    given = kept(home)[0].decision_id
    command.withdraw(given, who="grace")
    last, details = kept(home)
    assert (last.verdict, details) == ("withdrawn", {"sign_off_id": given})
    with pytest.raises(ConfigurationError, match="stands"):
        command.withdraw(given, who="grace")
    command.show(service=None)
    assert "withdrawn" in capsys.readouterr().out


def test_without_a_build_nothing_is_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _open(monkeypatch, Home(root=tmp_path))
    with pytest.raises(NothingToRead):
        score("drill")
