"""Windows and vendors in policy.yml: what they may say, and what is refused with its line."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from orchestration.errors import ConfigurationError
from orchestration.policy import Policy
from orchestration.policy.reading import read_policy
from transforms.calendars.recurrences import Recurrence, occurrences

CALENDAR = """BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
SUMMARY:Release of the card scheme
DTSTART;VALUE=DATE:20261201
END:VEVENT
END:VCALENDAR
"""


def policy(folder: Path, text: str) -> Policy:
    """Return what a policy.yml in a folder says."""
    file = folder / "policy.yml"
    file.write_text(text)
    return read_policy(file)


def test_hours_of_days_become_an_expression_and_a_duration(tmp_path: Path) -> None:
    window = policy(
        tmp_path,
        "calendar:\n  office:\n    kind: allow\n    hours: 09:30-16:00\n"
        "    days: [mon, tue, wed, thu]\n    zone: Europe/Berlin\n",
    ).calendar["office"]
    assert (window.recurrence, window.duration_seconds) == ("30 9 * * 1,2,3,4", 6.5 * 3600)


def test_hours_without_days_are_those_of_a_working_week(tmp_path: Path) -> None:
    window = policy(
        tmp_path, "calendar:\n  office:\n    kind: allow\n    hours: 09:00-16:00\n"
    ).calendar["office"]
    assert window.recurrence == "0 9 * * 1,2,3,4,5"


def test_a_calendar_file_beside_the_policy_is_read_in_the_vendors_zone(tmp_path: Path) -> None:
    (tmp_path / "scheme.ics").write_text(CALENDAR)
    window = policy(
        tmp_path,
        "calendar:\n  scheme:\n    kind: vendor_freeze\n    vendor: scheme\n"
        "    ics: scheme.ics\n    zone: America/New_York\n",
    ).calendar["scheme"]
    found = occurrences(
        Recurrence(ZoneInfo("America/New_York"), window.recurrence),
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
    )
    assert found == [(datetime(2026, 12, 1, 5, tzinfo=UTC), datetime(2026, 12, 2, 5, tzinfo=UTC))]


def test_a_calendar_file_gives_its_times_and_neither_people_nor_words(tmp_path: Path) -> None:
    private = "SUMMARY:Meet Ada\nATTENDEE;CN=Ada:\n mailto:ada@example.org\nUID:ada@example.org\n"
    (tmp_path / "own.ics").write_text(CALENDAR.replace("UID:1\n", private))
    text = "calendar:\n  own:\n    kind: freeze\n    ics: own.ics\n"
    kept = policy(tmp_path, text).calendar["own"].recurrence or ""
    assert "DTSTART;VALUE=DATE:20261201" in kept
    assert "ada" not in kept.lower()
    assert "card scheme" not in kept.lower()


def test_a_kind_of_window_that_is_new_is_taken(tmp_path: Path) -> None:
    text = "calendar:\n  r:\n    kind: reservation\n    starts_at: 2026-12-01T00:00:00Z\n"
    assert policy(tmp_path, text).calendar["r"].kind == "reservation"


def test_a_vendor_says_what_its_contract_promises(tmp_path: Path) -> None:
    text = "vendors:\n  cloud:\n    services: [shop, pay*]\n    sla_ratio: 0.999\n"
    vendor = policy(tmp_path, text).vendors["cloud"]
    assert (vendor.services, vendor.sla_ratio) == (("shop", "pay*"), 0.999)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("", "says no time"),
        ("    starts_at: 2026-12-01T00:00:00\n", "needs its zone"),
        ("    recurrence: 0 23 * * 5\n", "needs duration_seconds or recurrence_end"),
        ("    hours: 09:00-16:00\n    recurrence: 0 9 * * 1\n", "say the same thing"),
        ("    ics: nowhere.ics\n", "nowhere.ics cannot be read"),
        ("    hours: 16:00-09:00\n", "ends before it begins"),
        (
            "    starts_at: 2026-12-02T00:00:00Z\n    ends_at: 2026-12-01T00:00:00Z\n",
            "ends before it begins",
        ),
    ],
)
def test_a_window_that_cannot_be_is_refused_with_its_line(
    tmp_path: Path, lines: str, words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words) as refused:
        policy(tmp_path, f"calendar:\n  w:\n    kind: freeze\n{lines}")
    assert "policy.yml line" in str(refused.value)
