"""The commands run, sync, build and publish."""

import gc
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from orchestration import run as chain
from orchestration.commands.alerts import after_run
from orchestration.commands.terminal import open_context, say
from orchestration.errors import AuditBlocked, ConfigurationError, SyncIncomplete
from orchestration.locks import run_lock
from orchestration.progress import describe_failures
from orchestration.publish import Publication, roll_back
from orchestration.run import Context
from orchestration.settings import Settings, git_settings, read_settings


def run(
    *,
    config: Path | None,
    git: Path | None,
    tag_pattern: str | None,
    only: Sequence[str],
    full_refresh: bool,
    reconciles: bool = False,
) -> None:
    """Read every source, build, audit and publish."""
    context = open_context()
    if git is not None and config is not None:
        raise ConfigurationError("Give either --git or --config, not both.")
    if tag_pattern is not None and git is None:
        raise ConfigurationError("--tag-pattern goes with --git PATH; else set it in leadline.yml.")
    settings = (
        git_settings(git, tag_pattern=tag_pattern) if git else _settings(context, config=config)
    )
    gc.disable()
    try:
        report = chain.refresh(
            context, settings=settings, only=only, full_refresh=full_refresh, reconciles=reconciles
        )
    except AuditBlocked as exc:
        after_run(context, settings, blocked=str(exc))
        raise
    tell_publication(report.publication)
    after_run(context, settings)
    if not report.sync.is_complete:
        raise SyncIncomplete(
            f"{describe_failures(report.sync)}. What was read is published; mend the source "
            "and run `leadline run` again."
        )


def sync(*, config: Path | None, only: Sequence[str], reconciles: bool = False) -> None:
    """Read the sources into the lake."""
    context = open_context()
    settings = _settings(context, config=config)
    with run_lock(context.home.work, now=context.clock()):
        report = chain.sync_sources(context, settings=settings, only=only, reconciles=reconciles)
    totals = report.totals
    say(f"{totals.pages} pages, {totals.rows} rows, {totals.calls} calls; `leadline build` builds.")
    if not report.is_complete:
        raise SyncIncomplete(
            f"{describe_failures(report)}. Mend the source and run `leadline sync` again."
        )


def build(*, as_of: datetime | None, full_refresh: bool) -> None:
    """Build from the lake, audit and publish."""
    context = open_context()
    gc.disable()
    with run_lock(context.home.work, now=context.clock()):
        publication = chain.build_and_publish(
            context, as_of=as_of, full_refresh=full_refresh, moves_current=as_of is None
        )
    tell_publication(publication, moves_current=as_of is None)


def publish(*, to: str | None) -> None:
    """Audit and publish the finished build, or make an earlier one current."""
    context = open_context()
    with run_lock(context.home.work, now=context.clock()):
        if to is not None:
            manifest = roll_back(context.home, to=to)
            say(f"Build {manifest.build_id} is current again, as of {manifest.as_of}.")
            return
        chain.audit_candidate(context)
        publication = chain.publish_candidate(context)
    tell_publication(publication)


def tell_publication(publication: Publication, *, moves_current: bool = True) -> None:
    """Say in one or two lines what was published."""
    manifest = publication.manifest
    rows = sum(manifest.tables.values())
    where = f"build {manifest.build_id}, as of {manifest.as_of[:16]}Z"
    if not publication.is_new:
        say(f"Nothing changed: {where} already holds exactly this.")
    elif moves_current:
        say(f"Published {where}: {rows} rows in {len(manifest.tables)} tables.")
    else:
        say(f"Stored {where}; current is as it was. `leadline sql --build` asks it.")
    if publication.is_new and manifest.restated:
        say(describe_restated(manifest.restated))
    warned = manifest.audit.get("warned", 0)
    if manifest.tables.get("fct_deployments") == 0:
        say(
            "No deployment was found; where tags are deployments, give their pattern with "
            "--tag-pattern or tag_pattern in leadline.yml."
        )
    if warned:
        say(f"{warned} check(s) warn; see Data health or v1.audit_results.")


def describe_restated(restated: Mapping[str, int]) -> str:
    """Return one sentence: how many numbers of past periods changed, and why."""
    causes = "; ".join(f"{count} by {cause}" for cause, count in restated.items())
    return (
        f"Restated {sum(restated.values())} numbers of past periods ({causes}); "
        "see Data health or v1.restatements."
    )


def _settings(context: Context, *, config: Path | None) -> Settings:
    environment = context.environment
    return read_settings(config or environment.config, policy=environment.policy)
