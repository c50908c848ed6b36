"""The chain: sync, build, audit, publish; one process, one step after the other, under the lock."""

import json
import random
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors._contract import Access
from connectors._http import HttpClient
from orchestration import audit
from orchestration.build import Parameters, build, dbt_results, newest_read_at
from orchestration.candidate import (
    Candidate,
    as_of_home,
    forget_candidate,
    read_candidate,
    write_candidate,
)
from orchestration.catalogue import configuration_id
from orchestration.dbt import DbtCallback, DbtEvent
from orchestration.errors import SyncIncomplete
from orchestration.lake import CATALOGUE_SOURCE, CATALOGUE_STREAM, Lake
from orchestration.locks import run_lock
from orchestration.publish import Origin, Publication, publish
from orchestration.sample import read_sample, refuse_sample
from orchestration.settings import (
    Environment,
    Settings,
    connect_sources,
    key_id,
    process_environment,
    pseudonym_key,
)
from orchestration.steps import SilentSteps, Steps, Tell
from orchestration.sync import StreamReport, SyncReport, sync
from orchestration.versions import code_version, definition_version
from transforms.home import Home

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the present instant; the one place where a run reads the clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Context:
    """Where and with what a run works: folder, environment, clock, and whom it tells."""

    home: Home
    environment: Environment
    clock: Clock = system_clock
    steps: Steps = field(default_factory=SilentSteps)


@dataclass(frozen=True)
class RunReport:
    """What a whole run did."""

    sync: SyncReport
    publication: Publication


def refresh(
    context: Context, *, settings: Settings, only: Sequence[str] = (), full_refresh: bool = False
) -> RunReport:
    """Read every source, build, audit and publish.

    A source that fails does not keep the others from being published; the caller sees it in
    `sync`. Errors: any LeadlineError; then readers still see the last build.
    """
    with run_lock(context.home.work, now=context.clock()):
        report = sync_sources(context, settings=settings, only=only)
        publication = build_and_publish(context, full_refresh=full_refresh)
    return RunReport(sync=report, publication=publication)


def sync_sources(
    context: Context,
    *,
    settings: Settings,
    only: Sequence[str] = (),
    is_sample: bool = False,
    environ: Mapping[str, str] | None = None,
) -> SyncReport:
    """Read the sources into the lake, after the catalogue; the caller holds the lock.

    Errors: ConfigurationError before anything is read; SyncIncomplete when nothing was read at all.
    """
    if not is_sample:
        refuse_sample(context.home)
    connectors = connect_sources(settings, only=only, environ=environ)
    lake = Lake(context.home.lake)
    lake.write_catalogue(list(settings.catalogue), read_at=context.clock())
    with context.steps.step("Reading the sources") as tell:
        report = sync(
            connectors,
            lake=lake,
            clock=context.clock,
            open_client=_open_client(context.clock),
            on_progress=_count_pages(tell),
        )
    if not report.totals.pages and not report.is_complete:
        raise SyncIncomplete(describe_failures(report))
    return report


def build_and_publish(
    context: Context,
    *,
    as_of: datetime | None = None,
    full_refresh: bool = False,
    moves_current: bool = True,
) -> Publication:
    """Build the models, audit them and publish; the caller holds the lock.

    A build for a past instant (`moves_current` false) has a work file of its own.
    Errors: NothingToRead, BuildFailed, AuditBlocked, PublishFailed.
    """
    work = context.home if moves_current else as_of_home(context.home)
    build_candidate(context, work=work, as_of=as_of, full_refresh=full_refresh)
    audit_candidate(context, work=work)
    return publish_candidate(context, work=work, moves_current=moves_current)


def build_candidate(
    context: Context,
    *,
    work: Home | None = None,
    as_of: datetime | None = None,
    full_refresh: bool = False,
    callback: DbtCallback | None = None,
    arguments: Sequence[str] = (),
) -> Candidate:
    """Let dbt fill the work file; as-of defaults to the newest instant in the lake.

    With `arguments` (a selection of models) the result is no candidate for publishing.
    """
    home, work = context.home, work or context.home
    origin, key = describe_origin(context, as_of=as_of)
    forget_candidate(work)
    parameters = Parameters(
        as_of=origin.as_of,
        report_timezone=origin.report_timezone,
        definition_version=origin.definition_version,
        code_version=origin.code_version,
        lake_path=home.lake,
        sample_data=origin.sample_data,
    )
    with (
        context.steps.step("Building the models") as tell,
        process_environment(work, lake=home.lake, key=key),
    ):
        report = build(
            work,
            parameters=parameters,
            full_refresh=full_refresh or work != home,
            key_id=origin.pseudonym_key_id,
            callback=callback or _count_nodes(tell),
            arguments=arguments,
        )
    tests = dbt_results(report.outcomes)
    if arguments:
        return Candidate(origin=origin, tests=tuple(tests))
    return write_candidate(work, origin=origin, tests=tests)


def evaluate_candidate(context: Context, *, work: Home | None = None) -> list[audit.AuditResult]:
    """Audit the work file, store the results in it and return them, without judging them."""
    work = work or context.home
    candidate = read_candidate(work)
    with context.steps.step("Auditing") as tell:
        results = [*candidate.tests, *audit.run_audit(work.warehouse_file)]
        audit.store_results(work.warehouse_file, results)
        tell(f"{len(results)} checks")
    return results


def audit_candidate(context: Context, *, work: Home | None = None) -> list[audit.AuditResult]:
    """Audit the work file and store the results in it.

    Errors: AuditBlocked; the results stay in the work file.
    """
    results = evaluate_candidate(context, work=work)
    audit.require_no_block(results)
    return results


def publish_candidate(
    context: Context, *, work: Home | None = None, moves_current: bool = True
) -> Publication:
    """Publish the audited work file.

    Errors: NotPublished when it is unfinished or unaudited, PublishFailed.
    """
    work = work or context.home
    candidate = read_candidate(work)
    results = audit.read_results(work.warehouse_file)
    audit.require_no_block(results)
    with context.steps.step("Publishing") as tell:
        publication = publish(
            context.home,
            work_file=work.warehouse_file,
            origin=candidate.origin,
            audit=results,
            audit_counts=audit.count_results(results),
            built_at=context.clock(),
            run_id=secrets.token_hex(4),
            keep=context.environment.keep_builds,
            moves_current=moves_current,
        )
        tell(publication.manifest.build_id)
    return publication


def describe_origin(context: Context, *, as_of: datetime | None = None) -> tuple[Origin, Any]:
    """Return from what a build will be made, and the pseudonym key (a SecretStr).

    Errors: NothingToRead when the lake is empty.
    """
    lake = Lake(context.home.lake)
    sample = read_sample(context.home)
    newest = newest_read_at(lake)
    key = pseudonym_key(context.home, environment=context.environment)
    catalogue = read_catalogue(lake)
    zones = [row["report_timezone"] for row in catalogue if row["record_type"] == "organisation"]
    origin = Origin(
        as_of=as_of or (sample.as_of if sample else newest),
        sample_data=sample is not None,
        code_version=code_version(),
        definition_version=definition_version(),
        report_timezone=str(zones[-1]) if zones else "UTC",
        configuration_id=configuration_id(catalogue),
        pseudonym_key_id=key_id(key),
    )
    return origin, key


def read_catalogue(lake: Lake) -> list[dict[str, Any]]:
    """Return the newest catalogue in the lake, which is the configuration that models see."""
    lines = lake.journal(CATALOGUE_SOURCE, CATALOGUE_STREAM)
    pages = [line for line in lines if line["event"] == "page"]
    return list(json.loads(lake.body(pages[-1]))) if pages else []


def describe_failures(report: SyncReport) -> str:
    """Return one sentence about the streams that were not read to their end."""
    failed = [stream for stream in report.streams if stream.status != "complete"]
    told = "; ".join(f"{one.source} {one.stream}: {one.error or one.status}" for one in failed[:3])
    more = f" and {len(failed) - 3} more" if len(failed) > 3 else ""
    return f"{len(failed)} stream(s) were not read to their end{more}: {told}"


def _open_client(clock: Clock) -> Callable[[Access, str], HttpClient]:
    def open_client(access: Access, source: str) -> HttpClient:
        return HttpClient(
            access,
            source=source,
            clock=clock,
            sleep=time.sleep,
            monotonic=time.monotonic,
            jitter=random.random,
        )

    return open_client


def _count_pages(tell: Tell) -> Callable[[StreamReport], None]:
    seen: dict[tuple[str, str], StreamReport] = {}

    def count(report: StreamReport) -> None:
        seen[report.source, report.stream] = report
        reports = list(seen.values())
        tell(
            f"{report.source} {report.stream}: {sum(one.pages for one in reports)} pages, "
            f"{sum(one.rows for one in reports)} rows"
        )

    return count


def _count_nodes(tell: Tell) -> DbtCallback:
    finished = 0

    def count(event: DbtEvent) -> None:
        nonlocal finished
        if event.info.name in ("LogModelResult", "LogTestResult", "LogSeedResult"):
            finished += 1
            tell(f"{finished} models and tests")

    return count
