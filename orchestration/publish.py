"""Publish: copy the audited work file into a build directory, then swap `current` atomically.

Order of what reaches the disk: file, rename, pointer, directory. Until the pointer is swapped
nothing that a reader can see has changed.
"""

import errno
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import duckdb

from orchestration import builds
from orchestration.audit import AuditResult
from orchestration.builds import Manifest
from orchestration.errors import ConfigurationError, NothingToRead, PublishFailed
from orchestration.fingerprint import Fingerprint, read_fingerprint
from orchestration.first_seen import write_first_seen
from orchestration.restatement_table import PLACE, TABLE
from orchestration.restatements import Earlier, write_restatements
from orchestration.scopes import write_scope
from orchestration.warehouse import (
    PUBLISHED_SCHEMA,
    quoted,
    row_counts,
    scalar,
    views,
    warehouse,
)
from transforms.current import SCOPES
from transforms.home import Home

KEEP_BUILDS = 10
T = TypeVar("T")


@dataclass(frozen=True)
class Origin:
    """What a build was made from, as its manifest will say."""

    as_of: datetime
    sample_data: bool
    code_version: str
    definition_version: str
    report_timezone: str
    configuration_id: str = ""
    pseudonym_key_id: str = ""


@dataclass(frozen=True)
class Publication:
    """The result: the manifest, and whether readers see anything new."""

    manifest: Manifest
    path: Path
    is_new: bool
    removed: tuple[str, ...] = ()


def publish(
    home: Home,
    *,
    work_file: Path,
    origin: Origin,
    audit: Sequence[AuditResult],
    audit_counts: dict[str, int],
    built_at: datetime,
    run_id: str,
    keep: int = KEEP_BUILDS,
    moves_current: bool = True,
    scopes: Mapping[str, Sequence[str]] | None = None,
) -> Publication:
    """Write the work file as a new immutable build and, if asked, make it current.

    `scopes` names the teams of each row scope, for which the build gets a file of its own.

    A build equal to the current one (same fingerprint, as-of, code and configuration) is not
    written again. One that moves current is compared with what readers see until then, and carries
    what it restates. Errors: PublishFailed; then `current` is as it was.
    """
    home.builds.mkdir(parents=True, exist_ok=True)
    builds.remove_leftovers(home.published)
    _seal(work_file)
    previous = builds.read_pointer(home.current)
    with warehouse(work_file) as connection:
        fingerprint = read_fingerprint(connection)
        counts = row_counts(connection)
    manifest = Manifest(
        build_id=f"{built_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{run_id[:8]}",
        built_at=_instant(built_at),
        as_of=_instant(origin.as_of),
        sample_data=origin.sample_data,
        code_version=origin.code_version,
        definition_version=origin.definition_version,
        report_timezone=origin.report_timezone,
        fingerprint=fingerprint.whole,
        tables=counts,
        audit=audit_counts,
        previous_build=previous.name if previous else None,
        configuration_id=origin.configuration_id,
        pseudonym_key_id=origin.pseudonym_key_id,
        table_fingerprints=fingerprint.by_table,
        moves_current=moves_current,
        scopes={name: list(teams) for name, teams in (scopes or {}).items()},
    )
    same = _same_build(home, manifest, among_all=not moves_current)
    if same is not None:
        return Publication(manifest=builds.read_manifest(same), path=same, is_new=False)
    earlier = _earlier(previous) if moves_current else None
    target, manifest = _on_disk(
        home, lambda: _write_build(home, manifest, audit, work_file=work_file, earlier=earlier)
    )
    if moves_current:
        _on_disk(home, lambda: builds.point(home.current, target))
    removed = builds.prune(home.builds, protected=(target, previous), keep=keep)
    return Publication(manifest=manifest, path=target, is_new=True, removed=tuple(removed))


def roll_back(home: Home, *, to: str) -> Manifest:
    """Make an earlier build current again, after checking that it still verifies.

    Errors: ConfigurationError for an unknown build, PublishFailed for a broken one.
    """
    target = home.builds / to
    known = [path.name for path in builds.read_builds(home.builds)]
    if to not in known:
        newest = ", ".join(known[-3:]) or "none"
        raise ConfigurationError(f"There is no build {to!r}; the newest are: {newest}.")
    manifest = verify(target)
    _on_disk(home, lambda: builds.point(home.current, target))
    return manifest


def verify(build: Path) -> Manifest:
    """Return the manifest of a build whose rows still give its fingerprint.

    Errors: PublishFailed when the file is damaged, missing or holds other rows.
    """
    manifest = builds.read_manifest(build)
    remedy = "publish another build with `leadline publish --to <build>`"
    file = build / builds.WAREHOUSE
    if not file.is_file():
        raise PublishFailed(f"Build {build.name} has no {builds.WAREHOUSE}; {remedy}.")
    try:
        with warehouse(file) as connection:
            found: Fingerprint = read_fingerprint(connection)
    except duckdb.Error as exc:
        raise PublishFailed(f"Build {build.name} is damaged; {remedy}.") from exc
    if found.whole != manifest.fingerprint:
        raise PublishFailed(
            f"Build {build.name} does not hold what it was published with; {remedy}."
        )
    return manifest


def newest_verified(home: Home) -> Path:
    """Return the current build, or the newest one that verifies when current is broken.

    Errors: NothingToRead when no build verifies.
    """
    current = builds.read_pointer(home.current)
    rest = [path for path in reversed(builds.read_builds(home.builds)) if path != current]
    for candidate in [current, *rest] if current else rest:
        try:
            verify(candidate)
        except PublishFailed:
            continue
        return candidate
    raise NothingToRead("No published build can be read; run `leadline build`.")


def _same_build(home: Home, manifest: Manifest, *, among_all: bool) -> Path | None:
    """Return the current build (or any) when it already is what would be written."""

    def identity(one: Manifest) -> tuple[object, ...]:
        return (one.fingerprint, one.as_of, one.code_version, one.configuration_id,
                one.pseudonym_key_id, one.sample_data, one.audit, one.scopes)  # fmt: skip

    current = builds.read_pointer(home.current)
    candidates = builds.read_builds(home.builds) if among_all else [current] if current else []
    for candidate in candidates:
        try:
            if identity(builds.read_manifest(candidate)) == identity(manifest):
                return candidate
        except PublishFailed:
            continue
    return None


def _seal(work_file: Path) -> None:
    """Leave nothing of the work file in its write-ahead log."""
    with warehouse(work_file, read_only=False) as connection:
        connection.execute("checkpoint")
    log = work_file.with_name(work_file.name + ".wal")
    if log.exists():
        raise PublishFailed(
            f"{log} was not written back into its file; run `leadline build` again."
        )


def _earlier(previous: Path | None) -> Earlier | None:
    """Return what readers see until now; None when it has no readable manifest."""
    if previous is None:
        return None
    try:
        return Earlier(path=previous, manifest=builds.read_manifest(previous))
    except PublishFailed:
        return None


def _finish(file: Path, manifest: Manifest, *, earlier: Earlier | None) -> Manifest:
    """Leave only the published schema, and add what the build restates."""
    with warehouse(file, read_only=False) as connection:
        _strip(connection)
        restated = write_restatements(connection, manifest, earlier=earlier)
        write_first_seen(connection, manifest.build_id, earlier=earlier.path if earlier else None)
        count = int(str(scalar(connection, f"select count(*) from {PLACE}")))
        connection.execute("checkpoint")
        _check_views(connection)
    return replace(manifest, tables=manifest.tables | {TABLE: count}, restated=restated)


def _strip(connection: duckdb.DuckDBPyConnection) -> None:
    schemas = connection.execute(
        "select schema_name from duckdb_schemas() where not internal "
        "and database_name = current_database() and schema_name not in ('main', ?)",
        [PUBLISHED_SCHEMA],
    ).fetchall()
    for (schema,) in schemas:
        connection.execute(f"drop schema {quoted(str(schema))} cascade")


def _check_views(connection: duckdb.DuckDBPyConnection) -> None:
    """A published view must not need anything that stays behind."""
    for name in views(connection):
        try:
            connection.execute(
                f"select * from {PUBLISHED_SCHEMA}.{quoted(name)} limit 0"
            ).fetchall()
        except duckdb.Error as exc:
            reason = str(exc).splitlines()[0]
            raise PublishFailed(
                f"View {PUBLISHED_SCHEMA}.{name} cannot be read from the published file "
                f"({reason}); correct its model and run `leadline build`."
            ) from exc


def _write_build(
    home: Home,
    manifest: Manifest,
    audit: Sequence[AuditResult],
    *,
    work_file: Path,
    earlier: Earlier | None,
) -> tuple[Path, Manifest]:
    target = home.builds / manifest.build_id
    aside = home.builds / f".{manifest.build_id}.tmp"
    shutil.rmtree(aside, ignore_errors=True)
    try:
        aside.mkdir(parents=True)
        file = aside / builds.WAREHOUSE
        shutil.copyfile(work_file, file)
        manifest = _finish(file, manifest, earlier=earlier)
        file.chmod(0o444)
        _write_scopes(aside, manifest.scopes)
        results = json.dumps([asdict(row) for row in audit], indent=1, default=str)
        (aside / builds.AUDIT).write_text(results + "\n", encoding="utf-8")
        (aside / builds.MANIFEST).write_text(manifest.as_json(), encoding="utf-8")
        for name in (builds.WAREHOUSE, builds.AUDIT, builds.MANIFEST):
            builds.sync_file(aside / name)
        builds.sync_directory(aside)
        aside.rename(target)
        builds.sync_directory(home.builds)
    except (OSError, PublishFailed, duckdb.Error):
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return target, manifest


def _write_scopes(build: Path, scopes: Mapping[str, Sequence[str]]) -> None:
    """Write the file of each row scope; like the whole one it is called warehouse.duckdb."""
    for name, teams in scopes.items():
        scoped = build / SCOPES / name / builds.WAREHOUSE
        write_scope(build / builds.WAREHOUSE, scoped, teams=teams)
        scoped.chmod(0o444)
        builds.sync_file(scoped)
        builds.sync_directory(scoped.parent)
    if scopes:
        builds.sync_directory(build / SCOPES)


def _on_disk(home: Home, write: Callable[[], T]) -> T:
    try:
        return write()
    except OSError as exc:
        free = shutil.disk_usage(home.published).free
        reason = os.strerror(exc.errno) if exc.errno else str(exc)
        remedy = "make room" if exc.errno == errno.ENOSPC else "make it writable"
        raise PublishFailed(
            f"Could not write below {home.published} ({reason}, {free} bytes free); {remedy} "
            "and run `leadline publish`."
        ) from exc


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
