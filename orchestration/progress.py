"""Tell how far a step is, and in one sentence what it left undone."""

from collections.abc import Callable

from orchestration.dbt import DbtCallback, DbtEvent
from orchestration.steps import Tell
from orchestration.sync import StreamReport, SyncReport


def describe_failures(report: SyncReport) -> str:
    """Return one sentence about the streams that were not read to their end."""
    streams: dict[str, list[str]] = {}
    for one in report.streams:
        if one.status != "complete":
            problem = f"{one.source}: {one.error or one.status}"
            streams.setdefault(problem, []).append(one.stream)
    told = "; ".join(f"{key} ({', '.join(names)})" for key, names in list(streams.items())[:3])
    count = sum(len(names) for names in streams.values())
    return f"{count} stream(s) were not read to their end: {told}"


def count_pages(tell: Tell) -> Callable[[StreamReport], None]:
    """Return a function that tells all pages and rows so far."""
    seen: dict[tuple[str, str], StreamReport] = {}

    def count(report: StreamReport) -> None:
        seen[report.source, report.stream] = report
        reports = list(seen.values())
        tell(
            f"{report.source} {report.stream}: {sum(one.pages for one in reports)} pages, "
            f"{sum(one.rows for one in reports)} rows"
        )

    return count


def count_nodes(tell: Tell) -> DbtCallback:
    """Return a callback that tells how many nodes dbt has finished."""
    finished = 0

    def count(event: DbtEvent) -> None:
        nonlocal finished
        if event.info.name in ("LogModelResult", "LogTestResult", "LogSeedResult"):
            finished += 1
            tell(f"{finished} models and tests")

    return count
