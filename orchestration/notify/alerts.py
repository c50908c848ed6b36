"""Make one message a channel of what is new, put it into the outbox, and send what waits there."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from orchestration.errors import LeadlineError
from orchestration.notify.channels import open_channel
from orchestration.notify.messages import Message
from orchestration.notify.outbox import (
    Entry,
    mark_failed,
    mark_sent,
    queue,
    read_outbox,
    told,
    waiting,
)
from orchestration.notify.sections import Alert
from orchestration.notify.signals import Signal, not_told, wanted
from orchestration.settings import Settings

# How a signal is said: its sentence, and the address of the page that shows it ("" for none).
Say = Callable[[Signal], tuple[str, str]]
MOST_LINES = 20


@dataclass(frozen=True)
class Delivery:
    """What became of the messages that were to be sent."""

    sent: tuple[Entry, ...] = ()
    failed: tuple[tuple[Entry, str], ...] = ()


def plan_alerts(
    settings: Settings,
    signals: Sequence[Signal],
    *,
    lake: Path,
    build_id: str,
    now: datetime,
    say: Say,
) -> list[Entry]:
    """Return the messages about what no channel was told yet, at most one a channel."""
    entries = read_outbox(lake)
    plans = []
    for channel in settings.company.channels:
        known = told(entries, channel=channel)
        alerts = [one for one in settings.company.alerts if channel in one.channels]
        new: dict[str, Signal] = {}
        for alert in alerts:
            new |= {one.signal_id: one for one in not_told(wanted(alert, signals), known)}
        if not new:
            continue
        zone = ZoneInfo(settings.report_timezone)
        concerned = [one for one in alerts if wanted(one, list(new.values()))]
        ends = [end_of_quiet(alert, now=now, zone=zone) for alert in concerned]
        plans.append(
            Entry(
                channel=channel,
                message=_message(channel, list(new.values()), build_id=build_id, say=say),
                subjects=tuple(sorted(new)),
                build_id=build_id,
                queued_at=now,
                not_before=None if None in ends else min(end for end in ends if end),
            )
        )
    return plans


def end_of_quiet(alert: Alert, *, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when an alert's quiet hours end, or None outside them."""
    if alert.quiet_hours is None:
        return None
    local = now.astimezone(zone)
    begin, end = alert.quiet_hours.split("-")
    clock = local.strftime("%H:%M")
    is_quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
    if not is_quiet:
        return None
    hour, minute = map(int, end.split(":"))
    ends = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return ends if ends > local else ends + timedelta(days=1)


def deliver(settings: Settings, *, lake: Path, clock: Callable[[], datetime]) -> Delivery:
    """Send what waits in the outbox; what is not taken stays there, with the reason."""
    sent: list[Entry] = []
    failed: list[tuple[Entry, str]] = []
    for entry in waiting(read_outbox(lake), now=clock()):
        if entry.channel not in settings.company.channels:
            continue
        try:
            open_channel(settings, entry.channel, clock=clock).send(entry.message)
        except LeadlineError as exc:
            mark_failed(lake, entry.message.key, at=clock(), reason=str(exc))
            failed.append((entry, str(exc)))
        else:
            mark_sent(lake, entry.message.key, at=clock())
            sent.append(entry)
    return Delivery(sent=tuple(sent), failed=tuple(failed))


def put_into_outbox(lake: Path, plans: Sequence[Entry]) -> None:
    """Put planned messages into the outbox."""
    for plan in plans:
        queue(lake, plan)


def message_key(*parts: str) -> str:
    """Return the key of a message: the same for the same parts, and nothing can be read from it."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _message(channel: str, signals: Sequence[Signal], *, build_id: str, say: Say) -> Message:
    ids = sorted(one.signal_id for one in signals)
    lines = [say(one) for one in signals[:MOST_LINES]]
    if len(signals) > MOST_LINES:
        lines.append((f"{len(signals) - MOST_LINES} more; `leadline alerts list` shows all.", ""))
    lines.append((f"From build {build_id}.", "") if build_id else ("", ""))
    count = "1 signal" if len(signals) == 1 else f"{len(signals)} signals"
    subject = f"Leadline: {lines[0][0]}" if len(signals) == 1 else f"Leadline: {count}"
    return Message(
        key=message_key("alert", channel, *ids),
        subject=subject,
        lines=tuple(line for line in lines if line[0]),
    )
