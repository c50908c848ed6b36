"""Checks of the channels: do their settings hold, do mail servers let us in, and what waits."""

from collections.abc import Iterator

from orchestration.checks import Check
from orchestration.errors import ConfigurationError
from orchestration.notify.channels import open_channel
from orchestration.notify.outbox import GIVEN_UP_AFTER, read_outbox
from orchestration.notify.undelivered import Undelivered
from orchestration.run import Context
from orchestration.settings import Settings


def check_channels(
    context: Context, settings: Settings, *, is_offline: bool = False
) -> Iterator[Check]:
    """Yield a check of every channel and one of the outbox; nothing is sent."""
    used = {name for alert in settings.company.alerts for name in alert.channels}
    used |= {name for report in settings.company.reports for name in report.channels}
    for name in settings.company.channels:
        try:
            channel = open_channel(settings, name, clock=context.clock)
            found = "settings usable" if is_offline else channel.check()
        except ConfigurationError as exc:
            remedy = "correct that line, or set what it refers to"
            yield Check(f"Channel {name}", "fail", str(exc), remedy, is_configuration=True)
            continue
        except Undelivered as exc:
            remedy = "correct the channel in leadline.yml, or mend its server"
            yield Check(f"Channel {name}", "fail", exc.reason, remedy)
            continue
        if name not in used:
            remedy = "name it in an alert or a report, or remove it"
            yield Check(f"Channel {name}", "warn", f"{found}; nothing uses it", remedy)
            continue
        yield Check(f"Channel {name}", "pass", found, "")
    yield from _outbox(context)


def _outbox(context: Context) -> Iterator[Check]:
    entries, now = read_outbox(context.home.lake), context.clock()
    if not entries:
        return
    unsent = [one for one in entries if not one.sent_at]
    lost = [one for one in unsent if now - one.queued_at >= GIVEN_UP_AFTER]
    failed = [one for one in unsent if one.failed_at and one not in lost]
    sent = len(entries) - len(unsent)
    if failed:
        found = f"{len(failed)} message(s) not taken: {failed[-1].failure}"
        yield Check("Outbox", "warn", found, "mend the channel; then `leadline alerts send`")
        return
    told = f"{sent} message(s) sent, {len(unsent) - len(lost)} waiting, {len(lost)} given up"
    yield Check("Outbox", "pass", told, "")
