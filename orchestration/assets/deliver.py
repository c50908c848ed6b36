"""Deliver: what waits in the outbox, what is new, and the reports that are due."""

import dagster as dg

from orchestration.commands.deliver import deliver_everything
from orchestration.run import Context
from orchestration.settings import read_environment, read_settings
from transforms.home import resolve_home

HOURLY = "10 * * * *"


@dg.op(description="Send new alerts and due reports to the channels of leadline.yml, each once.")
def send_messages(context: dg.OpExecutionContext) -> None:
    """Send everything; what a channel does not take waits for the next hour."""
    where = Context(home=resolve_home(), environment=read_environment())
    if not where.environment.config.exists():
        context.log.info("There is no leadline.yml, so nobody is told anything.")
        return
    for sentence in deliver_everything(
        where, read_settings(where.environment.config, policy=where.environment.policy)
    ):
        context.log.info(sentence)


@dg.job(
    name="deliver",
    description="Send new alerts and due reports; reads no source and builds nothing.",
    executor_def=dg.in_process_executor,
)
def deliver_job() -> None:
    """Send everything that is to be sent."""
    send_messages()


def hourly() -> dg.ScheduleDefinition:
    """Return the schedule: every hour, so that quiet hours and times of reports are kept."""
    return dg.ScheduleDefinition(
        name="deliver_hourly", job=deliver_job, cron_schedule=HOURLY, execution_timezone="UTC"
    )
