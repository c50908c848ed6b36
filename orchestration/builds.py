"""The published folder: which builds exist, which one is current, what each manifest says."""

import contextlib
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from orchestration.errors import PublishFailed

WAREHOUSE = "warehouse.duckdb"
MANIFEST = "manifest.json"
AUDIT = "audit.json"


@dataclass(frozen=True)
class Manifest:
    """What a build is, from what it was made and what it holds.

    Units: `built_at` and `as_of` are ISO 8601 in UTC. `moves_current` is false for a build of a
    past instant, which was stored without being shown. `restated` counts the numbers of past
    periods that are not what the build before said, by cause. `scopes` names the teams whose rows
    are in each file of a row scope.
    """

    build_id: str
    built_at: str
    as_of: str
    sample_data: bool
    code_version: str
    definition_version: str
    report_timezone: str
    fingerprint: str
    tables: dict[str, int]
    audit: dict[str, int]
    previous_build: str | None
    configuration_id: str = ""
    pseudonym_key_id: str = ""
    table_fingerprints: dict[str, str] = field(default_factory=dict)
    moves_current: bool = True
    restated: dict[str, int] = field(default_factory=dict)
    scopes: dict[str, list[str]] = field(default_factory=dict)

    def as_json(self) -> str:
        """Return the manifest as the text that is stored."""
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"


def read_manifest(build: Path) -> Manifest:
    """Return the manifest of a build directory; unknown fields are left out.

    Errors: PublishFailed when it is missing or not a manifest.
    """
    try:
        fields: dict[str, Any] = json.loads((build / MANIFEST).read_text(encoding="utf-8"))
        known = Manifest.__dataclass_fields__
        return Manifest(**{name: value for name, value in fields.items() if name in known})
    except (OSError, ValueError, TypeError, AttributeError) as exc:
        raise PublishFailed(
            f"{build.name} has no readable manifest; choose another build with "
            "`leadline publish --to <build>`."
        ) from exc


def read_builds(builds: Path) -> list[Path]:
    """Return the build directories, oldest first; half-written ones are hidden by their dot."""
    if not builds.is_dir():
        return []
    found = [path for path in builds.iterdir() if path.is_dir() and not path.name.startswith(".")]
    return sorted(found, key=lambda path: path.name)


def read_pointer(current: Path) -> Path | None:
    """Return the build directory that `current` names (a link, or a file where links are missing).

    None when nothing was published, or when it names a directory that is gone.
    """
    if current.is_symlink() or current.is_dir():
        target = current.resolve()
    elif current.is_file():
        named = current.read_text(encoding="utf-8").strip()
        target = (current.parent / named).resolve()
    else:
        return None
    return target if (target / WAREHOUSE).is_file() else None


def point(current: Path, build: Path) -> None:
    """Make `current` name a build in one step: readers see the old one or the new one.

    Where the file system knows no symbolic links, `current` becomes a file that holds the path.
    """
    named = os.path.relpath(build, current.parent)
    aside = current.parent / f".current.{os.getpid()}"
    aside.unlink(missing_ok=True)
    try:
        aside.symlink_to(named, target_is_directory=True)
    except (OSError, NotImplementedError):
        aside.write_text(named + "\n", encoding="utf-8")
        sync_file(aside)
    aside.replace(current)
    sync_directory(current.parent)


def sync_file(path: Path) -> None:
    """Force a file's content to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Force a directory's entries to the disk."""
    sync_file(path)


def prune(builds: Path, *, protected: Iterable[Path | None], keep: int) -> list[str]:
    """Remove the oldest builds beyond `keep`, never a protected one; return what went.

    Builds that were shown and builds of past instants are counted apart, so that the latter take
    no place among what can be rolled back to. A build that cannot be removed stays for the next
    time. A reader that still has an old file open keeps it until it closes it.
    """
    found = read_builds(builds)
    shown = [path for path in found if _was_shown(path)]
    stored = [path for path in found if path not in shown]
    kept = {path.name for kind in (shown, stored) for path in kind[-keep:]} if keep > 0 else set()
    kept |= {path.name for path in protected if path}
    gone = []
    for path in found:
        if path.name not in kept:
            aside = builds / f".{path.name}.tmp"
            with contextlib.suppress(OSError):
                path.rename(aside)
                gone.append(path.name)
                shutil.rmtree(aside)
    return gone


def _was_shown(build: Path) -> bool:
    try:
        return read_manifest(build).moves_current
    except PublishFailed:
        return True


def remove_leftovers(published: Path) -> None:
    """Remove what a killed run left half-written."""
    for path in published.glob("builds/.*.tmp"):
        shutil.rmtree(path, ignore_errors=True)
    for path in published.glob(".current.*"):
        path.unlink()
