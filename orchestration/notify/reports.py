"""Reports that are sent by themselves: when one is due, and the message that carries it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from orchestration.errors import ConfigurationError
from orchestration.journal import format_instant
from orchestration.notify.alerts import message_key
from orchestration.notify.messages import Attachment, Message
from orchestration.notify.outbox import Entry, read_outbox, told
from orchestration.notify.sections import Mail, ScheduledReport
from orchestration.settings import Settings

Render = Callable[[ScheduledReport, str], bytes]
# A report that was due longer ago (a machine that was off, settings that are new) is not made up.
DUE_FOR = timedelta(days=3)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FILES = {
    "pdf": ("pdf", "application/pdf"),
    "html": ("html", "text/html"),
    "markdown": ("md", "text/markdown"),
    "pptx": ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
}


def last_due(report: ScheduledReport, *, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the latest instant, not after now, at which a report was due."""
    local = now.astimezone(zone)
    hour, minute = map(int, report.at.split(":"))
    at = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if isinstance(report.day, int):
        due = at.replace(day=report.day)
        if due <= local:
            return due
        return (at.replace(day=1) - timedelta(days=1)).replace(day=report.day)
    due = at - timedelta(days=(local.weekday() - DAYS.index(report.day)) % 7)
    return due if due <= local else due - timedelta(days=7)


def find_report(settings: Settings, name: str) -> ScheduledReport:
    """Return a report by its name. Errors: ConfigurationError that lists the names."""
    for report in settings.company.reports:
        if report.name == name:
            return report
    names = ", ".join(report.name for report in settings.company.reports) or "none"
    raise ConfigurationError(f"There is no report {name!r} below `reports:`; it has: {names}.")


def subject_of(report: ScheduledReport, due: datetime) -> str:
    """Return what the outbox knows a report by: its name and the instant it was due."""
    return f"report:{report.name}:{format_instant(due)}"


def due_reports(settings: Settings, *, now: datetime) -> list[tuple[ScheduledReport, datetime]]:
    """Return the reports that became due in the last days, whether they were sent or not."""
    zone = ZoneInfo(settings.report_timezone)
    found = [(report, last_due(report, now=now, zone=zone)) for report in settings.company.reports]
    return [(report, due) for report, due in found if now - due < DUE_FOR]


def plan_report(
    settings: Settings,
    report: ScheduledReport,
    *,
    due: datetime,
    lake: Path,
    build_id: str,
    now: datetime,
    render: Render,
) -> list[Entry]:
    """Return a message for each channel that was not sent this report for this instant yet."""
    entries, subject = read_outbox(lake), subject_of(report, due)
    channels = [one for one in report.channels if subject not in told(entries, channel=one)]
    takes_files = {one: isinstance(settings.company.channels[one], Mail) for one in report.channels}
    files = (
        [_file(report, one, due=due, content=render(report, one)) for one in report.formats]
        if any(takes_files[one] for one in channels)
        else []
    )
    return [
        Entry(
            channel=channel,
            message=Message(
                key=message_key(subject, channel),
                subject=f"Leadline report: {report.name}",
                lines=_lines(settings, report, build_id=build_id, files=takes_files[channel]),
                attachments=tuple(files) if takes_files[channel] else (),
            ),
            subjects=(subject,),
            build_id=build_id,
            queued_at=now,
        )
        for channel in channels
    ]


def _lines(
    settings: Settings, report: ScheduledReport, *, build_id: str, files: bool
) -> tuple[tuple[str, str], ...]:
    team = next((one.name or one.id for one in settings.company.teams if one.id == report.team), "")
    about = f"Numbers of the last {report.period}{f' of team {team}' if team else ''}."
    pages = settings.company.organisation.pages_url or ""
    lines: Sequence[tuple[str, str]] = (
        (about, ""),
        ("The report is attached." if files else "The numbers stand on the pages.", pages),
        (f"From build {build_id}.", ""),
    )
    return tuple(lines)


def _file(report: ScheduledReport, form: str, *, due: datetime, content: bytes) -> Attachment:
    ending, media_type = FILES[form]
    stem = report.name.replace(" ", "-")
    return Attachment(f"leadline-{stem}-{due:%Y-%m-%d}.{ending}", media_type, content)
