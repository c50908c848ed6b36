"""The command send-report: make the reports that are due, or one by name, and send them."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from orchestration.commands.alerts import tell_delivery
from orchestration.commands.terminal import open_context, say
from orchestration.errors import LeadlineError
from orchestration.locks import run_lock
from orchestration.notify.alerts import deliver, put_into_outbox
from orchestration.notify.outbox import Entry
from orchestration.notify.reports import (
    Render,
    due_reports,
    find_report,
    last_due,
    plan_report,
)
from orchestration.notify.sections import ScheduledReport
from orchestration.run import Context
from orchestration.settings import Settings, read_settings
from transforms.published import Published, open_published


def send_report(*, name: str | None, config: Path | None, is_dry: bool, again: bool) -> int:
    """Send one report, or those that are due; return 1 when a channel did not take one."""
    context = open_context()
    settings = read_settings(config or context.environment.config)
    with run_lock(context.home.work, now=context.clock()):
        plans = plan_reports(context, settings, name=name, again=again)
        if not plans:
            say("No report is to be sent: each was sent for its day, or none is due.")
        for plan in plans:
            files = ", ".join(f"{one.name} ({len(one.content):,} bytes)"
                              for one in plan.message.attachments)  # fmt: skip
            say(f"{plan.message.subject} to {plan.channel}" + (f": {files}" if files else ""))
        if is_dry:
            return 0
        put_into_outbox(context.home.lake, plans)
        delivery = deliver(settings, lake=context.home.lake, clock=context.clock)
    tell_delivery(delivery)
    return 1 if delivery.failed else 0


def plan_reports(
    context: Context,
    settings: Settings,
    *,
    name: str | None = None,
    again: bool = False,
    render: Render | None = None,
) -> list[Entry]:
    """Return the messages with the report of that name, or with those that are due.

    Errors: ConfigurationError for an unknown name, NothingPublished, LeadlineError of a report
    that cannot be made.
    """
    now = context.clock()
    zone = ZoneInfo(settings.report_timezone)
    chosen: list[tuple[ScheduledReport, datetime]]
    if name is None:
        chosen = due_reports(settings, now=now)
    else:
        report = find_report(settings, name)
        chosen = [(report, now if again else last_due(report, now=now, zone=zone))]
    if not chosen:
        return []
    published = open_published(context.home)
    renders = render or renderer(published)
    return [
        plan
        for report, due in chosen
        for plan in plan_report(
            settings,
            report,
            due=due,
            lake=context.home.lake,
            build_id=published.build.build_id,
            now=now,
            render=renders,
        )
    ]


def renderer(published: Published) -> Render:
    """Return how a report becomes a file, by the pages' own renderer."""

    def render(report: ScheduledReport, form: str) -> bytes:
        # Streamlit, WeasyPrint and its fonts are loaded only when a report is made.
        from dashboards import reports

        try:
            return reports.render(published, form, team=report.team, period=report.period)
        except (OSError, ValueError, RuntimeError) as exc:
            raise LeadlineError(
                f"The report {report.name} could not be made as {form} ({type(exc).__name__}: "
                f"{exc}); `leadline doctor` says what is missing."
            ) from exc

    return render
