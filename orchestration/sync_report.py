"""Say how reading the sources went; values only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from orchestration.lake_run import RunTotals

Status = Literal["complete", "incomplete", "failed"]


@dataclass(frozen=True)
class StreamReport:
    """Say how reading one stream went.

    Units: bytes as received after decompression. `error` is one sentence with the remedy.
    """

    source: str
    kind: str
    stream: str
    status: Status
    pages: int = 0
    rows: int = 0
    calls: int = 0
    bytes: int = 0
    quarantined: int = 0
    reported_total: int | None = None
    error_class: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class SyncReport:
    """Say how reading all sources went, a report per stream in the order of the settings."""

    streams: tuple[StreamReport, ...]

    @property
    def is_complete(self) -> bool:
        """Return whether every stream was read to its end."""
        return all(report.status == "complete" for report in self.streams)

    @property
    def totals(self) -> RunTotals:
        """Return the pages, rows, calls and bytes of all streams."""
        return RunTotals(
            pages=sum(report.pages for report in self.streams),
            rows=sum(report.rows for report in self.streams),
            calls=sum(report.calls for report in self.streams),
            bytes=sum(report.bytes for report in self.streams),
        )


Progress = Callable[[StreamReport], None]
