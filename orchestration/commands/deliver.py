"""Send everything that is to be sent, for a schedule: it says what it did and never fails."""

from orchestration.commands.alerts import plan_new
from orchestration.commands.send_report import plan_reports
from orchestration.errors import LeadlineError
from orchestration.locks import run_lock
from orchestration.notify.alerts import deliver, put_into_outbox
from orchestration.run import Context
from orchestration.settings import Settings
from transforms.published import PublishedError


def deliver_everything(context: Context, settings: Settings) -> list[str]:
    """Put new alerts and due reports into the outbox, send what waits there, and say so."""
    said: list[str] = []
    try:
        with run_lock(context.home.work, now=context.clock()):
            for plan in (plan_new, plan_reports):
                try:
                    put_into_outbox(context.home.lake, plan(context, settings))
                except (LeadlineError, PublishedError) as exc:
                    said.append(f"Not made: {exc}")
            delivery = deliver(settings, lake=context.home.lake, clock=context.clock)
    except (LeadlineError, OSError) as exc:
        return [*said, f"Nothing was sent ({exc}); the next run tries again."]
    said += [f"Sent to {one.channel}: {one.message.subject}" for one in delivery.sent]
    said += [f"Not sent: {reason}" for _, reason in delivery.failed]
    return said or ["Nothing was to be sent."]
