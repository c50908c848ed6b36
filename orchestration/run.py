"""The chain: sync, build, audit, publish; one process, one step after the other, under the lock."""

import contextlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb

from orchestration import audit
from orchestration.access import read_access
from orchestration.build import Parameters, build, dbt_results
from orchestration.candidate import (
    Candidate,
    as_of_home,
    forget_candidate,
    read_candidate,
    write_candidate,
)
from orchestration.dbt import DbtCallback
from orchestration.decision_heads import sign_head
from orchestration.errors import NotPublished, SyncIncomplete
from orchestration.keys import key_id, pseudonym_key
from orchestration.lake import Lake
from orchestration.locks import run_lock
from orchestration.origin import describe_origin, read_bot_pattern
from orchestration.policy_use import note_policy
from orchestration.preload import preloading
from orchestration.progress import count_nodes, count_pages, describe_failures
from orchestration.publish import Publication, publish
from orchestration.sample import refuse_sample
from orchestration.settings import Environment, Settings, process_environment
from orchestration.sources import connect_sources
from orchestration.steps import SilentSteps, Steps
from orchestration.sync import SyncReport, sync
from transforms.home import Home

Clock = Callable[[], datetime]

# The sample company's systems are a server on this machine.
SAMPLE_HOSTS = ("127.0.0.1",)


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
    context: Context,
    *,
    settings: Settings,
    only: Sequence[str] = (),
    full_refresh: bool = False,
    reconciles: bool = False,
) -> RunReport:
    """Read every source, build, audit and publish.

    A source that fails does not keep the others from being published; the caller sees it in
    `sync`. Errors: any LeadlineError; then readers still see the last build.
    """
    with run_lock(context.home.work, now=context.clock()):
        with preloading(context.home):
            report = sync_sources(context, settings=settings, only=only, reconciles=reconciles)
        publication = build_and_publish(context, full_refresh=full_refresh)
    return RunReport(sync=report, publication=publication)


def sync_sources(
    context: Context,
    *,
    settings: Settings,
    only: Sequence[str] = (),
    is_sample: bool = False,
    environ: Mapping[str, str] | None = None,
    reconciles: bool = False,
) -> SyncReport:
    """Read the sources into the lake, after the catalogue; the caller holds the lock.

    With `reconciles` everything is read again where only that tells what was deleted.

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
            on_progress=count_pages(tell),
            private_hosts=SAMPLE_HOSTS if is_sample else settings.company.network.private_hosts,
            reconciles=reconciles,
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
    key = pseudonym_key(home, environment=context.environment)
    origin = describe_origin(home, key=key, as_of=as_of)
    bot_pattern = read_bot_pattern(Lake(home.lake), as_of=origin.as_of)
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
        process_environment(work, lake=home.lake, key=key, bot_pattern=bot_pattern),
    ):
        report = build(
            work,
            parameters=parameters,
            full_refresh=full_refresh or work != home,
            key_id=f"{origin.pseudonym_key_id} {key_id(key, of=bot_pattern)}",
            callback=callback or count_nodes(tell),
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
    with context.steps.step("Auditing") as tell, _open_work_file():
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
    access = read_access(context.environment.roles)
    with context.steps.step("Publishing") as tell, _open_work_file():
        results = audit.read_results(work.warehouse_file)
        audit.require_no_block(results)
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
            scopes=access[0].scopes if access else {},
        )
        if moves_current:
            note_policy(
                context.home,
                as_of=candidate.origin.as_of,
                build_id=publication.manifest.build_id,
                now=context.clock(),
            )
        sign_head(context.home, now=context.clock())
        tell(publication.manifest.build_id)
    return publication


@contextlib.contextmanager
def _open_work_file() -> Iterator[None]:
    """Turn what DuckDB says about the work file (full disk, foreign reader) into one sentence."""
    try:
        yield
    except duckdb.Error as exc:
        reason = str(exc).strip().splitlines()[0]
        raise NotPublished(
            f"The work file could not be used ({reason}); mend that and run `leadline build`."
        ) from exc
