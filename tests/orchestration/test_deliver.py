"""Telling people never stands in the way of a run, and what was not taken is told by doctor."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.checks.channels import check_channels
from orchestration.commands.alerts import after_run
from orchestration.commands.deliver import deliver_everything
from orchestration.notify.outbox import read_outbox
from orchestration.run import Context
from orchestration.settings import Environment, Settings, parse_settings
from transforms.home import Home

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(home=Home(root=tmp_path), environment=Environment(), clock=lambda: NOW)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A channel at an address of this machine that nobody allowed."""
    monkeypatch.setenv("HOOK", "https://127.0.0.1:9/CANARY")
    return parse_settings(
        "channels: {chat: {kind: webhook, url: '${HOOK}'}}\nalerts: [{channels: [chat]}]\n"
    )


def test_a_blocked_audit_is_told_and_an_unreachable_channel_fails_nothing(
    context: Context, settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    after_run(context, settings, blocked="3 checks failed.")
    after_run(context, settings, blocked="3 checks failed.")
    (entry,) = read_outbox(context.home.lake)
    assert entry.subjects == ("audit_blocked:2026-11-26",)
    assert "3 checks failed." in entry.message.lines[0][0]
    assert entry.state == "failed"
    told = capfd.readouterr().err
    assert "Not sent: Channel chat" in told
    assert "CANARY" not in told


def test_without_anything_published_a_run_goes_on(
    context: Context, settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    after_run(context, settings)
    assert "Alerts were not sent (nothing is published yet" in capfd.readouterr().err
    assert "Not made: nothing is published yet" in deliver_everything(context, settings)[0]


def test_who_asks_for_no_alert_is_told_nothing(context: Context) -> None:
    after_run(context, parse_settings("organisation: {name: Acme}\n"), blocked="3 checks failed.")
    assert read_outbox(context.home.lake) == []
    assert list(context.home.root.iterdir()) == []


def test_doctor_says_what_a_channel_lacks_and_what_waits(
    context: Context, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_run(context, settings, blocked="3 checks failed.")
    found = {one.name: one for one in check_channels(context, settings)}
    assert found["Channel chat"].verdict == "pass"
    assert found["Outbox"].verdict == "warn"
    assert "private_hosts" in found["Outbox"].found
    monkeypatch.delenv("HOOK")
    found = {one.name: one for one in check_channels(context, settings, is_offline=True)}
    assert found["Channel chat"].verdict == "fail"
    assert "HOOK" in found["Channel chat"].found
