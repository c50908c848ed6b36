"""Alerts: each signal once, one message a channel, nothing lost and nothing repeated by a crash."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from orchestration.errors import ConfigurationError
from orchestration.notify import alerts
from orchestration.notify.alerts import deliver, end_of_quiet, plan_alerts, put_into_outbox
from orchestration.notify.channels import OpenChannel
from orchestration.notify.messages import Message
from orchestration.notify.outbox import mark_sent, outbox_file, read_outbox
from orchestration.notify.sections import Alert
from orchestration.notify.signals import Signal
from orchestration.notify.undelivered import Undelivered
from orchestration.settings import Settings, parse_settings

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
TEXT = """\
organisation: {report_timezone: Europe/Berlin}
network: {private_hosts: [127.0.0.1]}
teams: [{id: pay}, {id: shop}]
channels:
  chat: {kind: webhook, url: "${HOOK}"}
  desk: {kind: webhook, url: "${HOOK}"}
alerts:
  - {channels: [chat, desk]}
  - {channels: [chat], teams: [pay], rules: [beyond_limit]}
"""


def signal(name: str, *, scope_id: str = "all", rule: str = "beyond_limit",
           metric: str = "rework_rate", day: str = "2026-11-16") -> Signal:  # fmt: skip
    scope = "organisation" if scope_id == "all" else "team"
    key = f"{rule}:{name}:{day}"
    return Signal(key, rule, metric, scope, scope_id, {})


def plan(
    settings: Settings, signals: Sequence[Signal], lake: Path, *, now: datetime = NOW
) -> dict[str, list[str]]:
    plans = plan_alerts(settings, signals, lake=lake, build_id="b1", now=now,
                        say=lambda one: (one.signal_id, ""))  # fmt: skip
    put_into_outbox(lake, plans)
    return {one.channel: list(one.subjects) for one in plans}


@pytest.fixture
def settings() -> Settings:
    return parse_settings(TEXT)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Message]]:
    """Collect what channels are given, in place of a network."""
    given: list[tuple[str, Message]] = []
    monkeypatch.setenv("HOOK", "https://hooks.acme.example/CANARY")
    monkeypatch.setattr(
        OpenChannel, "send", lambda self, message: given.append((self.name, message))
    )
    return given


def test_each_channel_gets_one_message_of_what_its_alerts_ask_for(
    settings: Settings, tmp_path: Path
) -> None:
    found = [
        signal("all"), signal("pay", scope_id="pay"), signal("shop", scope_id="shop"),
        signal("pay", scope_id="pay", rule="run_of_8"),
        signal("other", metric="coding_time"), signal("g", rule="late_source", metric=""),
    ]  # fmt: skip
    assert plan(settings, found, tmp_path) == {
        "chat": ["beyond_limit:all:2026-11-16", "beyond_limit:pay:2026-11-16",
                 "late_source:g:2026-11-16"],
        "desk": ["beyond_limit:all:2026-11-16", "late_source:g:2026-11-16"],
    }  # fmt: skip


def test_a_signal_is_told_once_and_a_new_one_by_itself(
    settings: Settings, tmp_path: Path, taken: list[tuple[str, Message]]
) -> None:
    plan(settings, [signal("all")], tmp_path)
    deliver(settings, lake=tmp_path, clock=lambda: NOW)
    assert plan(settings, [signal("all")], tmp_path) == {}
    deliver(settings, lake=tmp_path, clock=lambda: NOW)
    assert [name for name, _ in taken] == ["chat", "desk"]
    again = plan(settings, [signal("all"), signal("new")], tmp_path)
    assert again["chat"] == ["beyond_limit:new:2026-11-16"]


def test_a_change_that_another_build_sees_some_weeks_off_is_the_same(
    settings: Settings, tmp_path: Path
) -> None:
    def change(day: str) -> Signal:
        return signal("lead", rule="change_point", day=day)

    plan(settings, [change("2026-09-07")], tmp_path)
    assert plan(settings, [change("2026-09-21")], tmp_path) == {}
    assert "chat" in plan(settings, [change("2026-11-02")], tmp_path)


def test_after_a_kill_between_sending_and_marking_the_repeat_has_the_same_key(
    settings: Settings,
    tmp_path: Path,
    taken: list[tuple[str, Message]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    plan(settings, [signal("all")], tmp_path)
    monkeypatch.setattr(alerts, "mark_sent", killed)
    with pytest.raises(KeyboardInterrupt):
        deliver(settings, lake=tmp_path, clock=lambda: NOW)
    monkeypatch.setattr(alerts, "mark_sent", mark_sent)
    deliver(settings, lake=tmp_path, clock=lambda: NOW)
    deliver(settings, lake=tmp_path, clock=lambda: NOW)
    assert [name for name, _ in taken] == ["chat", "chat", "desk"]
    assert taken[0][1] == taken[1][1]


def test_a_message_that_is_torn_in_the_outbox_is_made_again(
    settings: Settings, tmp_path: Path
) -> None:
    plan(settings, [signal("all")], tmp_path)
    file = outbox_file(tmp_path)
    file.write_bytes(file.read_bytes()[:-40])
    assert [one.channel for one in read_outbox(tmp_path)] == ["chat"]
    assert list(plan(settings, [signal("all")], tmp_path)) == ["desk"]


def test_what_is_not_taken_waits_with_its_reason_and_is_given_up_after_a_week(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: OpenChannel, _: Message) -> None:
        raise Undelivered(self.name, "no lasting connection")

    monkeypatch.setenv("HOOK", "https://hooks.acme.example/CANARY")
    monkeypatch.setattr(OpenChannel, "send", refuse)
    plan(settings, [signal("all")], tmp_path)
    assert len(deliver(settings, lake=tmp_path, clock=lambda: NOW).failed) == 2
    first = read_outbox(tmp_path)[0]
    assert (first.state, first.failure) == ("failed", "Channel chat: no lasting connection.")
    later = NOW + timedelta(days=7)
    assert deliver(settings, lake=tmp_path, clock=lambda: later).failed == ()
    assert b"CANARY" not in outbox_file(tmp_path).read_bytes()


def test_a_secret_that_is_not_set_keeps_a_message_waiting(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOOK", raising=False)
    plan(settings, [signal("all")], tmp_path)
    ((_, reason), _) = deliver(settings, lake=tmp_path, clock=lambda: NOW).failed
    assert "needs the environment variable HOOK" in reason


@pytest.mark.parametrize(
    ("hours", "at", "ends"),
    [
        ("20:00-07:00", "2026-11-26T22:30", "2026-11-27T07:00"),
        ("20:00-07:00", "2026-11-27T06:59", "2026-11-27T07:00"),
        ("20:00-07:00", "2026-11-27T07:00", None),
        ("12:00-13:00", "2026-11-26T12:30", "2026-11-26T13:00"),
        ("12:00-13:00", "2026-11-26T11:59", None),
        ("22:00-03:30", "2026-10-25T01:00", "2026-10-25T03:30"),
    ],
)
def test_quiet_hours_are_of_the_report_zone(hours: str, at: str, ends: str | None) -> None:
    zone = ZoneInfo("Europe/Berlin")
    alert = Alert(channels=("chat",), quiet_hours=hours)
    now = datetime.fromisoformat(at).replace(tzinfo=zone).astimezone(UTC)
    found = end_of_quiet(alert, now=now, zone=zone)
    assert (found and found.astimezone(zone).strftime("%Y-%m-%dT%H:%M")) == ends


def test_what_comes_up_in_quiet_hours_waits_until_they_end(
    tmp_path: Path, taken: list[tuple[str, Message]]
) -> None:
    quiet = parse_settings(
        TEXT.partition("alerts:")[0]
        + "alerts:\n  - {channels: [chat], quiet_hours: '20:00-07:00'}\n"
    )
    night = datetime(2026, 11, 26, 22, tzinfo=UTC)
    plan(quiet, [signal("all")], tmp_path, now=night)
    deliver(quiet, lake=tmp_path, clock=lambda: night)
    assert taken == []
    deliver(quiet, lake=tmp_path, clock=lambda: night + timedelta(hours=8))
    assert len(taken) == 1


@pytest.mark.parametrize(
    ("alert", "words"),
    [("{channels: [mail]}", "known are: chat, desk"), ("{channels: [chat], teams: [x]}", "pay"),
     ("{channels: [chat], metrics: [x]}", "rework_rate"),
     ("{channels: [chat], rules: [x]}", "rules"),
     ("{channels: [chat], quiet_hours: 8-9}", "20:00-07:00")],
)  # fmt: skip
def test_an_alert_that_names_what_is_not_there_is_refused_with_its_line(
    alert: str, words: str
) -> None:
    with pytest.raises(ConfigurationError, match=rf"line 10: .*{words}"):
        parse_settings(f"{TEXT}  - {alert}\n")
