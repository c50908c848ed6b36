"""Which build readers see now, and what its manifest says of it."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from transforms.home import Home

# The folder of a build that holds one file for each row scope, and what the id of such a file's
# build has between the build's own id and the scope's.
SCOPES = "scopes"
SCOPED = "+"


class PublishedError(Exception):
    """Published data cannot be read as asked; NothingPublished, UnknownMetric, UnknownTable."""


class UnknownMetric(PublishedError):
    """No metric of that name is in the build."""


class UnknownTable(PublishedError):
    """No table or column of that name is in the published schema."""


class NothingPublished(PublishedError):
    """There is no build to read yet; `leadline run` or `leadline demo` makes one."""


@dataclass(frozen=True)
class Build:
    """A published build, as its manifest describes it.

    Units: `as_of` and `built_at` are aware, UTC.
    """

    build_id: str
    path: Path
    as_of: datetime
    built_at: datetime
    sample_data: bool
    report_timezone: str
    definition_version: str
    code_version: str
    fingerprint: str
    previous_build: str | None


def current_build(home: Home) -> Build | None:
    """Return the build that readers see now, or None when nothing was published.

    Errors: NothingPublished when the pointer names a build that cannot be read.
    """
    directory = _resolve(home)
    if directory is None:
        return None
    return read_build(directory)


def read_build(directory: Path) -> Build:
    """Return the build in a directory. Errors: NothingPublished when its manifest is unreadable."""
    try:
        manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = (
            f"build {directory.name} has no readable manifest; choose another by `publish --to`"
        )
        raise NothingPublished(message) from error
    return Build(
        build_id=manifest["build_id"],
        path=directory,
        as_of=_instant(manifest["as_of"]),
        built_at=_instant(manifest["built_at"]),
        sample_data=manifest["sample_data"],
        report_timezone=manifest["report_timezone"],
        definition_version=manifest["definition_version"],
        code_version=manifest["code_version"],
        fingerprint=manifest["fingerprint"],
        previous_build=manifest.get("previous_build"),
    )


def retained_builds(home: Home) -> list[Build]:
    """Return the builds that are still there and can be read, the newest first."""
    if not home.builds.is_dir():
        return []
    found = []
    for directory in sorted(home.builds.iterdir(), reverse=True):
        if directory.is_dir() and not directory.name.startswith("."):
            try:
                found.append(read_build(directory))
            except (NothingPublished, KeyError, ValueError):
                continue
    return sorted(found, key=lambda one: (one.as_of, one.build_id), reverse=True)


def file_of(build: Build, *, scope: str = "") -> tuple[Build, Path]:
    """Return a build with the file to read: the whole, or only what one row scope may see.

    Errors: NothingPublished when there is no file of that scope.
    """
    file = build.path / "warehouse.duckdb"
    if not scope:
        return build, file
    file = build.path / SCOPES / scope / file.name
    if not file.is_file():
        message = "nothing is published for your teams yet; the next `leadline build` does it"
        raise NothingPublished(message)
    return replace(build, build_id=f"{build.build_id}{SCOPED}{scope}"), file


def _resolve(home: Home) -> Path | None:
    """Return the directory that `current` names: a link, or a file where links are missing."""
    if home.current.is_dir():
        return home.current.resolve()
    if home.current.is_file():
        directory = home.published / home.current.read_text(encoding="utf-8").strip()
        return directory if directory.is_dir() else None
    return None


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
