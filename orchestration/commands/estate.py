"""The hidden command estate: a generated company of a known size, straight into the lake."""

from collections.abc import Collection, Mapping
from datetime import datetime

import yaml

from connectors._contract import Page
from data.sandbox.estates import SIZES, write_estate
from data.sandbox.world import DEFAULT_END
from orchestration.commands.terminal import open_context, say
from orchestration.errors import ConfigurationError
from orchestration.lake import Lake, Run, RunTotals
from orchestration.locks import run_lock
from orchestration.sample import Sample, mark_sample, read_sample
from orchestration.settings import parse_settings


class BulkRuns:
    """Takes an estate's pages, one run per stream."""

    def __init__(self, lake: Lake) -> None:
        """Remember the lake; a run starts with its first page."""
        self._lake = lake
        self._runs: dict[tuple[str, str], Run] = {}

    def __call__(
        self,
        source: str,
        *,
        kind: str,
        stream: str,
        records: bytes,
        row_count: int,
        context: Mapping[str, str],
        read_at: datetime,
    ) -> None:
        """Store one page."""
        key = (source, stream)
        if key not in self._runs:
            self._runs[key] = self._lake.start_run(source, stream, kind=kind, read_at=read_at)
        self._runs[key].add(
            Page(
                stream=stream,
                body=records,
                url=f"estate:{stream}",
                method="WRITE",
                read_at=read_at,
                row_count=row_count,
                context=context,
                format="ndjson",
            )
        )

    def finish(self, read_at: datetime) -> None:
        """Record that every run ended well."""
        for run in self._runs.values():
            totals = RunTotals(pages=run.page_count, rows=run.row_count, bytes=run.byte_count)
            run.finish(read_at=read_at, status="complete", totals=totals)


def estate(*, size: str, without: Collection[str] = ()) -> None:
    """Write an estate into an empty lake, without some of its streams.

    Errors: ConfigurationError when the lake holds anything.
    """
    context = open_context()
    home, end = context.home, DEFAULT_END
    with run_lock(home.work, now=context.clock()):
        lake = Lake(home.lake)
        if read_sample(home) is not None or lake.streams():
            raise ConfigurationError(
                f"{home.root} holds data; set LEADLINE_HOME to an empty folder."
            )
        mark_sample(home, Sample(as_of=end, name=f"estate {size}"))
        runs = BulkRuns(lake)
        with context.steps.step(f"Writing estate {size}") as tell:
            written = write_estate(SIZES[size], write=runs, end=end, without=without)
            runs.finish(end)
            tell(f"{sum(written.row_counts.values())} rows")
        settings = parse_settings(yaml.safe_dump(written.catalogue), name="estate")
        lake.write_catalogue(list(settings.catalogue), read_at=end)
        mark_sample(home, Sample(as_of=end, synced_until=end, name=f"estate {size}"))
    say(f"{len(written.row_counts)} streams in {home.lake}; `leadline build` builds them.")
