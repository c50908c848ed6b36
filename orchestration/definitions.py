"""The wiring for Dagster: ingest, models, audit, publish; one job and its schedule, and one that
tells people, in one process."""

import dagster as dg

from orchestration.assets.audit import make_audit
from orchestration.assets.deliver import deliver_job, hourly
from orchestration.assets.ingest import ingest
from orchestration.assets.models import make_models, open_project
from orchestration.assets.publish import make_publish
from orchestration.assets.workplace import Workplace
from transforms.home import resolve_home

DAILY = "0 5 * * *"
MAX_RUN_SECONDS = 6 * 3600


@dg.definitions
def defs() -> dg.Definitions:
    """Return everything that Dagster shows and runs."""
    models = make_models(open_project(resolve_home()))
    refresh = dg.define_asset_job(
        "refresh",
        selection=dg.AssetSelection.all(),
        description="Read every source, build, audit and publish.",
        executor_def=dg.in_process_executor,
        tags={"dagster/max_runtime": str(MAX_RUN_SECONDS)},
    )
    return dg.Definitions(
        assets=[ingest, models, make_publish(models)],
        asset_checks=[make_audit(models)],
        jobs=[refresh, deliver_job],
        schedules=[
            dg.ScheduleDefinition(
                name="daily", job=refresh, cron_schedule=DAILY, execution_timezone="UTC"
            ),
            hourly(),
        ],
        resources={"workplace": Workplace()},
        executor=dg.in_process_executor,
    )
