"""Checks of the data: the lake, the models, what is published and how old it is."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from orchestration.build import newest_read_at, read_decisions
from orchestration.builds import read_builds, read_manifest, read_pointer
from orchestration.checks import Check
from orchestration.dbt import PARSED, run_dbt
from orchestration.errors import BuildFailed, LeadlineError, NothingToRead, PublishFailed
from orchestration.journal import parse_instant
from orchestration.keys import pseudonym_key
from orchestration.lake import Lake
from orchestration.publish import verify
from orchestration.run import Context
from orchestration.settings import process_environment

STALE_AFTER = timedelta(hours=36)


def check_data(context: Context) -> Iterator[Check]:
    """Yield the checks of lake, models and published builds."""
    yield _lake(context)
    yield _decisions(context)
    yield _quarantine(context)
    yield _models(context)
    yield _pointer(context)
    yield _fingerprint(context)
    yield _age(context)
    yield _leftovers(context)


def _lake(context: Context) -> Check:
    try:
        newest = newest_read_at(Lake(context.home.lake))
    except NothingToRead as exc:
        return Check("Lake", "no_data", str(exc), "")
    except BuildFailed:
        return Check("Lake", "fail", "no build can be made of it", "see Decisions below")
    except (ValueError, KeyError) as exc:
        remedy = "put the journal back from a backup, or remove that stream and read it again"
        return Check("Lake", "fail", f"a journal cannot be read ({exc})", remedy)
    return Check("Lake", "pass", f"last read {newest:%Y-%m-%d %H:%M} UTC", "")


def _decisions(context: Context) -> Check:
    try:
        known = read_decisions(context.home.lake)
    except BuildFailed as exc:
        return Check("Decisions", "fail", str(exc), "put the file back from a copy")
    told = f"{len(known)} in an unbroken chain" if known else "none yet"
    return Check("Decisions", "pass", told, "")


def _quarantine(context: Context) -> Check:
    lake = Lake(context.home.lake)
    counts = {
        f"{source} {stream}": sum(1 for _ in lake.quarantined(source, stream))
        for source, stream in lake.streams()
    }
    held = {name: count for name, count in counts.items() if count}
    told = ", ".join(f"{name}: {count}" for name, count in held.items())
    return Check(
        "Quarantine",
        "warn" if held else "pass",
        told or "empty",
        "see Data health, or v1.quarantined_records, for the reasons",
    )


def _models(context: Context) -> Check:
    target = Path(tempfile.mkdtemp(prefix="leadline-parse-"))
    # dbt reads again only what differs from the last build, which is still read in whole
    with contextlib.suppress(OSError):
        shutil.copy(context.home.work / "dbt" / PARSED, target)
    try:
        key = pseudonym_key(context.home, environment=context.environment)
        with process_environment(context.home, lake=context.home.lake, key=key):
            run_dbt("parse", target=target)
    except LeadlineError as exc:
        return Check("Models", "fail", str(exc), "correct the file that dbt names")
    finally:
        shutil.rmtree(target, ignore_errors=True)
    return Check("Models", "pass", "dbt can parse them", "")


def _pointer(context: Context) -> Check:
    current = read_pointer(context.home.current)
    known = read_builds(context.home.builds)
    if current is not None:
        return Check("Published", "pass", f"{current.name}, {len(known)} build(s) kept", "")
    if not known:
        return Check("Published", "no_data", "nothing yet", "run `leadline run`")
    remedy = f"run `leadline publish --to {known[-1].name}`"
    return Check("Published", "fail", "current points to no build", remedy)


def _fingerprint(context: Context) -> Check:
    current = read_pointer(context.home.current)
    if current is None:
        return Check("Fingerprint", "no_data", "nothing published", "")
    try:
        manifest = verify(current)
    except PublishFailed as exc:
        return Check("Fingerprint", "fail", str(exc), "go back with `leadline publish --to`")
    return Check("Fingerprint", "pass", manifest.fingerprint[:16], "")


def _age(context: Context) -> Check:
    current = read_pointer(context.home.current)
    if current is None:
        return Check("Age", "no_data", "nothing published", "")
    try:
        manifest = read_manifest(current)
    except PublishFailed as exc:
        return Check("Age", "fail", str(exc), "run `leadline build`")
    age = context.clock() - parse_instant(manifest.as_of)
    if manifest.sample_data:
        return Check("Age", "pass", f"sample data, as of {manifest.as_of[:16]}Z", "")
    found = f"as of {manifest.as_of[:16]}Z, {age.total_seconds() / 3600:.0f} h ago"
    return Check("Age", "warn" if age > STALE_AFTER else "pass", found, "run `leadline run`")


def _leftovers(context: Context) -> Check:
    left = [*context.home.published.glob("builds/.*.tmp")]
    found = f"{len(left)} half-written build(s)" if left else "nothing half-written"
    return Check("Leftovers", "warn" if left else "pass", found, "the next publish removes them")
