"""Mark a lake as holding the sample company, so that it never mixes with real systems."""

import contextlib
import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestration.builds import read_builds, read_manifest, read_pointer
from orchestration.errors import ConfigurationError, PublishFailed
from orchestration.journal import format_instant, parse_instant
from orchestration.lake import CATALOGUE_SOURCE, Lake
from transforms.home import Home

MARK = "sample.json"


@dataclass(frozen=True)
class Sample:
    """The sample company in this lake: its last instant, and up to when it was read."""

    as_of: datetime
    synced_until: datetime | None = None
    name: str = "company"

    @property
    def is_complete(self) -> bool:
        """Whether the company was read up to its last instant."""
        return self.synced_until == self.as_of


def read_sample(home: Home) -> Sample | None:
    """Return what the mark says, or None when the lake holds no sample company."""
    try:
        fields = json.loads((home.lake / MARK).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    until = fields.get("synced_until")
    return Sample(
        as_of=parse_instant(fields["as_of"]),
        synced_until=parse_instant(until) if until else None,
        name=str(fields["name"]),
    )


def mark_sample(home: Home, sample: Sample) -> None:
    """Mark the lake as holding the sample company.

    Errors: ConfigurationError when it already holds pages of real systems.
    """
    if read_sample(home) is None:
        held = sorted({source for source, _ in Lake(home.lake).streams()} - {CATALOGUE_SOURCE})
        if held:
            raise ConfigurationError(
                f"{home.root} holds data of {', '.join(held)}; give the sample company a folder of "
                "its own with `LEADLINE_HOME=data/demo leadline demo`."
            )
    home.lake.mkdir(parents=True, exist_ok=True, mode=0o700)
    until = format_instant(sample.synced_until) if sample.synced_until else None
    fields = {
        "sample_data": True,
        "name": sample.name,
        "as_of": format_instant(sample.as_of),
        "synced_until": until,
    }
    aside = home.lake / f".{MARK}"
    aside.write_text(json.dumps(fields) + "\n", encoding="utf-8")
    aside.replace(home.lake / MARK)


def remove_sample(home: Home) -> bool:
    """Remove the sample company's pages and builds; say whether there were any.

    The lake goes last and in one step, with its mark: what a kill leaves is still known as the
    sample company, and the next call removes it.
    """
    aside = home.root / ".lake.removed"
    shutil.rmtree(aside, ignore_errors=True)
    if read_sample(home) is None:
        return False
    for build in read_builds(home.builds):
        if _is_sample(build):
            shutil.rmtree(build)
    if read_pointer(home.current) is None:
        home.current.unlink(missing_ok=True)
    generated = home.root / "sandbox" / "generated"
    for folder in (home.work / "dbt", home.work / "as_of", generated):
        shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        generated.parent.rmdir()
    for name in ("warehouse.duckdb", "staging.duckdb", "candidate.json", "staging_version"):
        (home.work / name).unlink(missing_ok=True)
        (home.work / f"{name}.wal").unlink(missing_ok=True)
    home.lake.rename(aside)
    shutil.rmtree(aside)
    return True


def _is_sample(build: Path) -> bool:
    """Say whether a build beside the sample's lake is its own; one without a manifest is no use."""
    try:
        return read_manifest(build).sample_data
    except PublishFailed:
        return True


def refuse_sample(home: Home) -> None:
    """Refuse to read real systems into the lake of the sample company.

    Errors: ConfigurationError with the remedy.
    """
    if read_sample(home) is not None:
        raise ConfigurationError(
            f"{home.root} holds the sample company; remove it with `leadline demo --remove`, or "
            "set LEADLINE_HOME to another folder."
        )
