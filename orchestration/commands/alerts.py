"""The command alerts, and what `leadline run` does after it published: tell who wants to know."""

from collections.abc import Sequence
from pathlib import Path

from orchestration.commands.alert_words import sayer
from orchestration.commands.terminal import open_context, say, show_table
from orchestration.errors import LeadlineError
from orchestration.locks import run_lock
from orchestration.notify.alerts import Delivery, deliver, plan_alerts, put_into_outbox
from orchestration.notify.outbox import Entry, outbox_file, read_outbox, waiting
from orchestration.notify.signals import Signal, blocked_signal, read_signals, wanted
from orchestration.run import Context
from orchestration.settings import Settings, read_settings
from transforms.published import PublishedError, open_published


def show(*, config: Path | None, shows_all: bool) -> None:
    """Show the signals of which somebody is told (or all), and the last messages."""
    context = open_context()
    settings = read_settings(config or context.environment.config)
    tell = sayer(None)
    rows = [
        (one.rule, tell(one)[0], ", ".join(_channels(settings, one)) or "nobody")
        for one in read_signals(open_published(context.home))
        if shows_all or _channels(settings, one)
    ]
    show_table(("rule", "signal", "told to"), rows)
    entries = read_outbox(context.home.lake)
    show_table(
        ("queued (UTC)", "channel", "message", "state", "why"),
        [
            (f"{one.queued_at:%Y-%m-%d %H:%M}", one.channel, one.message.subject, one.state,
             one.failure)
            for one in entries[-20:]
        ],
    )  # fmt: skip


def send(*, config: Path | None, is_dry: bool) -> int:
    """Send what is new and what waits, or show it; return 1 when something was not taken."""
    context = open_context()
    settings = read_settings(config or context.environment.config)
    with run_lock(context.home.work, now=context.clock()):
        if is_dry:
            _show_messages([*plan_new(context, settings), *_waiting(context)])
            return 0
        put_into_outbox(context.home.lake, plan_new(context, settings))
        delivery = deliver(settings, lake=context.home.lake, clock=context.clock)
    tell_delivery(delivery)
    return 1 if delivery.failed else 0


def after_run(context: Context, settings: Settings, *, blocked: str = "") -> None:
    """Tell what is new after a publish, or that the audit kept a build back; never fail a run.

    What could not be sent stays in the outbox; the next run tries again.
    """
    if not settings.company.alerts and not outbox_file(context.home.lake).exists():
        return
    try:
        with run_lock(context.home.work, now=context.clock()):
            plans = plan_new(context, settings, blocked=blocked)
            put_into_outbox(context.home.lake, plans)
            delivery = deliver(settings, lake=context.home.lake, clock=context.clock)
    except (LeadlineError, PublishedError, OSError) as exc:
        say(f"Alerts were not sent ({exc}); the next run tries again.")
        return
    tell_delivery(delivery)


def tell_delivery(delivery: Delivery) -> None:
    """Say what was sent and what was not."""
    for entry in delivery.sent:
        say(f"Sent to {entry.channel}: {entry.message.subject}")
    for _, reason in delivery.failed:
        say(f"Not sent: {reason} It waits in the outbox; the next run tries again.")


def plan_new(context: Context, settings: Settings, *, blocked: str = "") -> list[Entry]:
    """Return the messages about what is new in the published build, or about one kept back.

    Errors: PublishedError when nothing is published.
    """
    if blocked:
        signals: Sequence[Signal] = [blocked_signal(blocked, on=context.clock().date())]
        build_id = ""
    else:
        published = open_published(context.home)
        signals, build_id = read_signals(published), published.build.build_id
    return plan_alerts(
        settings,
        signals,
        lake=context.home.lake,
        build_id=build_id,
        now=context.clock(),
        say=sayer(settings.company.organisation.pages_url),
    )


def _waiting(context: Context) -> list[Entry]:
    return list(waiting(read_outbox(context.home.lake), now=context.clock()))


def _channels(settings: Settings, signal: Signal) -> list[str]:
    alerts = [one for one in settings.company.alerts if wanted(one, [signal])]
    return sorted({channel for one in alerts for channel in one.channels})


def _show_messages(entries: Sequence[Entry]) -> None:
    for entry in entries:
        say(f"To {entry.channel}: {entry.message.subject}")
        for line, link in entry.message.lines:
            say(f"  {line} {link}".rstrip())
        for file in entry.message.attachments:
            say(f"  {file.name}, {len(file.content):,} bytes")
    if not entries:
        say("There is nothing to send.")
