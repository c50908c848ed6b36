"""Which code and which definitions made a build."""

import hashlib
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path

import yaml

from orchestration.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent
TRANSFORMS = ROOT / "transforms"
# What reads replies into rows and renders the company makes numbers as much as the models do.
_READING = (ROOT / "connectors", ROOT / "orchestration" / "catalogue.py")
_SUFFIXES = frozenset({".sql", ".yml", ".csv", ".py"})
_LEFT_OUT = frozenset({"target", "__pycache__", "logs", "dbt_packages"})


def code_version(project: Path = TRANSFORMS, *, reading: Sequence[Path] = _READING) -> str:
    """Return the version of Leadline and a hash of everything that makes numbers."""
    try:
        version = metadata.version("leadline")
    except metadata.PackageNotFoundError:
        version = "0"
    return f"{version}+{_hash(project, [project, *reading])}"


def definition_version(project: Path = TRANSFORMS) -> str:
    """Return the version of the definition set: the one dbt_project.yml states."""
    text = (project / "dbt_project.yml").read_text(encoding="utf-8")
    return str(yaml.safe_load(text)["version"])


def staging_version(project: Path = TRANSFORMS) -> str:
    """Return a hash of what makes staged rows: when it changes, staging is rebuilt."""
    parts = ["models/staging", "macros", "plugins"]
    return _hash(project, [project / part for part in parts])


def project_files(project: Path = TRANSFORMS) -> list[Path]:
    """Return the files of the dbt project that can change what it does, in a fixed order."""
    return _files([project])


def _files(folders: Iterable[Path]) -> list[Path]:
    found = [
        path
        for folder in folders
        for path in ([folder] if folder.is_file() else folder.rglob("*"))
        if path.suffix in _SUFFIXES and not _LEFT_OUT & set(path.parts)
    ]
    return sorted(found)


def _hash(project: Path, folders: Iterable[Path]) -> str:
    if not project.is_dir():
        raise ConfigurationError(f"{project} is missing; run Leadline from its checkout.")
    digest = hashlib.sha256()
    for path in _files(folders):
        inside = path.is_relative_to(project)
        digest.update((path.relative_to(project).as_posix() if inside else path.name).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
