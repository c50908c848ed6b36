"""Find Leadline's folder; the one place that does."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """Name the places below Leadline's folder; nothing is created."""

    root: Path

    @property
    def lake(self) -> Path:
        """Return the folder of raw pages, journals, quarantine and decisions."""
        return self.root / "lake"

    @property
    def work(self) -> Path:
        """Return the folder of the build files, which can always be made again."""
        return self.root / "work"

    @property
    def published(self) -> Path:
        """Return the folder that readers see."""
        return self.root / "published"

    @property
    def staging_file(self) -> Path:
        """Return the file that holds the staging tables."""
        return self.work / "staging.duckdb"

    @property
    def warehouse_file(self) -> Path:
        """Return the file a build works on."""
        return self.work / "warehouse.duckdb"

    @property
    def builds(self) -> Path:
        """Return the folder of published builds."""
        return self.published / "builds"

    @property
    def current(self) -> Path:
        """Return the link to the build that readers see."""
        return self.published / "current"


def resolve_home(environment: Mapping[str, str] = os.environ) -> Home:
    """Return the folder named by LEADLINE_HOME, or `data` below the working directory."""
    return Home(root=Path(environment.get("LEADLINE_HOME") or "data").resolve())
