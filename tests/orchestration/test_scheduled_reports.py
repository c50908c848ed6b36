"""Scheduled reports: when one is due, once for its day, as a file or as a link."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from orchestration.errors import ConfigurationError
from orchestration.notify.alerts import put_into_outbox
from orchestration.notify.outbox import Entry
from orchestration.notify.reports import due_reports, find_report, last_due, plan_report
from orchestration.notify.sections import ScheduledReport
from orchestration.settings import Settings, parse_settings

BERLIN = ZoneInfo("Europe/Berlin")
HEAD = """\
organisation: {report_timezone: Europe/Berlin, pages_url: "https://leadline.acme.example/"}
teams: [{id: pay, name: Payments}]
channels:
  desk: {kind: mail, host: smtp.acme.example, sender: a@acme.example, to: [b@acme.example]}
  chat: {kind: webhook, url: "${HOOK}"}
reports:
"""


def _settings(report: str) -> Settings:
    return parse_settings(f"{HEAD}  - {report}\n")


@pytest.mark.parametrize(
    ("schedule", "now", "due"),
    [
        # 2026-11-26 is a Thursday
        ({"day": "mon", "at": "08:00"}, "2026-11-26T12:00", "2026-11-23T08:00"),
        ({"day": "thu", "at": "12:00"}, "2026-11-26T12:00", "2026-11-26T12:00"),
        ({"day": "thu", "at": "12:01"}, "2026-11-26T12:00", "2026-11-19T12:01"),
        ({"day": "fri", "at": "08:00"}, "2026-11-26T12:00", "2026-11-20T08:00"),
        ({"every": "month", "day": 1, "at": "08:00"}, "2026-11-26T12:00", "2026-11-01T08:00"),
        ({"every": "month", "day": 28, "at": "08:00"}, "2026-11-26T12:00", "2026-10-28T08:00"),
        ({"every": "month", "day": 28, "at": "08:00"}, "2027-01-02T12:00", "2026-12-28T08:00"),
        # clocks were set back on 25 October: the hour on the wall stays
        ({"day": "mon", "at": "08:00"}, "2026-10-26T08:30", "2026-10-26T08:00"),
    ],
)
def test_a_report_is_due_at_its_hour_in_the_report_zone(
    schedule: dict[str, object], now: str, due: str
) -> None:
    report = ScheduledReport.model_validate({"name": "r", "channels": ("desk",), **schedule})
    moment = datetime.fromisoformat(now).replace(tzinfo=BERLIN).astimezone(UTC)
    found = last_due(report, now=moment, zone=BERLIN)
    assert found.strftime("%Y-%m-%dT%H:%M") == due
    assert found.tzinfo is BERLIN


def test_a_report_that_was_due_long_ago_is_not_made_up() -> None:
    settings = _settings("{name: weekly, channels: [desk], day: mon}")
    tuesday, friday = (datetime(2026, 11, day, 12, tzinfo=UTC) for day in (24, 27))
    assert [report.name for report, _ in due_reports(settings, now=tuesday)] == ["weekly"]
    assert due_reports(settings, now=friday) == []


@pytest.fixture
def plan(tmp_path: Path) -> Callable[..., list[Entry]]:
    def planned(settings: Settings, *, day: int = 23) -> list[Entry]:
        plans = plan_report(
            settings,
            settings.company.reports[0],
            due=datetime(2026, 11, day, 8, tzinfo=BERLIN),
            lake=tmp_path,
            build_id="b1",
            now=datetime(2026, 11, 23, 9, tzinfo=UTC),
            render=lambda report, form: f"{report.period} {report.team} {form}".encode(),
        )
        put_into_outbox(tmp_path, plans)
        return plans

    return planned


def test_mail_carries_the_files_and_a_chat_the_address(
    plan: Callable[..., list[Entry]],
) -> None:
    mail, chat = plan(
        _settings("{name: weekly, channels: [desk, chat], formats: [pdf, markdown], team: pay}")
    )
    assert [(one.name, one.content) for one in mail.message.attachments] == [
        ("leadline-weekly-2026-11-23.pdf", b"90 days pay pdf"),
        ("leadline-weekly-2026-11-23.md", b"90 days pay markdown"),
    ]
    assert mail.message.lines[0][0] == "Numbers of the last 90 days of team Payments."
    assert chat.message.attachments == ()
    assert ("The numbers stand on the pages.", "https://leadline.acme.example") in (
        chat.message.lines
    )


def test_a_report_is_sent_once_for_the_day_it_was_due(plan: Callable[..., list[Entry]]) -> None:
    settings = _settings("{name: weekly, channels: [desk]}")
    assert len(plan(settings)) == 1
    assert plan(settings) == []
    assert len(plan(settings, day=30)) == 1


def test_an_unknown_report_is_told_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match="it has: weekly"):
        find_report(_settings("{name: weekly, channels: [desk]}"), "daily")


@pytest.mark.parametrize(
    ("report", "words"),
    [
        ("{name: weekly, channels: [fax]}", "known are: chat, desk"),
        ("{name: weekly, channels: [desk], team: x}", "known are: pay"),
        ("{name: weekly, channels: [desk], every: month}", "a day of the month"),
        ("{name: weekly, channels: [desk], day: 3}", "a weekday"),
        ("{name: weekly, channels: [desk], every: month, day: 31}", "day"),
        ('{name: "../x", channels: [desk]}', "short name"),
        ('{name: weekly, channels: [desk], at: "25:00"}', "time of day"),
    ],
)
def test_a_report_that_cannot_be_is_refused_with_its_line(report: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"line 7: .*{words}"):
        _settings(report)
