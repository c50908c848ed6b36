"""Read test reports from a folder, a file once and again when it changed.

Format: JUnit XML in the dialects of pytest, jest, mocha, node, PHPUnit, Surefire, ctest, Swift,
Nette Tester and others; TRX, NUnit 2 and 3, xUnit v2; JSON of jest and vitest, mocha, RSpec,
pytest-json-report, `go test -json`, `dart test` and `flutter test --machine`. Each file's content
says which it is (see _test_formats); what is none of them is refused with the reason.
Auth: none. Limits: none; a report may have 50 MB, entities and DTDs are refused.
Linking: <properties> may name commit_sha, service and pipeline_run_id.
Traps: not every JSON file is a report, so `patterns` has to name those that are.
Tested: 41 real reports of many test tools, counted as their collectors count them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from connectors._contract import Access, Page, Refusal, Resume, State, Stream
from connectors._files import ChangedFile, FolderConfig, changed_files, in_utf8, stamps
from connectors._test_formats import decode_report, is_json
from connectors._test_report import Report, encode_lines

KIND = "junit"

RESULTS = Stream(
    "test_results",
    "One row per test case of a report.",
    format="ndjson",
    key=("report_file", "suite", "classname", "name", "attempt"),
    cursor="updated",
    deletes="kept",
)
SUITES = Stream(
    "test_suites",
    "One row per report, with counts made from its cases.",
    format="ndjson",
    key=("report_file",),
    parent="test_results",
    deletes="kept",
)


STREAMS = (RESULTS, SUITES)


class Config(FolderConfig):
    """Say in which folder the reports are and how their files are called."""

    patterns: tuple[str, ...] = ("**/*.xml", "**/*.trx")


@dataclass(frozen=True)
class JUnitConnector:
    """Read the reports of one folder."""

    config: Config
    name: str
    kind: str = KIND
    streams: tuple[Stream, ...] = STREAMS
    access: Access | None = None

    def pages(
        self, stream: Stream, *, cursor: State | None, resume: Resume, client: object, now: datetime
    ) -> Iterator[Page | Refusal]:
        """Yield two pages per new or changed report: its summary, then its cases.

        Errors: SourceUnreachable when the folder or a report cannot be read.
        """
        for file in changed_files(
            self.config, cursor=cursor, resume=resume, source=self.name, stream=stream.name
        ):
            yield from _file_pages(file, finished=resume.children, now=now)

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return the stamp of each report that was read."""
        return {"files": stamps(cursor, checkpoints)}


def _file_pages(
    file: ChangedFile, *, finished: frozenset[str], now: datetime
) -> Iterator[Page | Refusal]:
    try:
        report = decode_report(file.body, report_file=file.name)
    except ValueError as exc:
        yield file.refusal(str(exc), stream=RESULTS.name, what="test report", now=now)
        return
    if file.key not in finished:
        yield _summary_page(report, file=file, now=now)
    yield Page(
        stream=RESULTS.name,
        body=file.body,
        url=f"file:{file.name}",
        method="FILE",
        media_type="application/json" if is_json(in_utf8(file.body)) else "application/xml",
        read_at=now,
        row_count=len(report.cases),
        context={"file": file.name},
        format="ndjson",
        decoded=encode_lines(report.cases),
        checkpoint=file.checkpoint,
    )


def _summary_page(report: Report, *, file: ChangedFile, now: datetime) -> Page:
    return Page(
        stream=SUITES.name,
        body=encode_lines([report.summary]),
        url=f"file:{file.name}",
        method="FILE",
        media_type="application/x-ndjson",
        read_at=now,
        row_count=1,
        context={"file": file.name},
        format="ndjson",
        checkpoint={"child": file.key},
    )


def connect(config: Config, *, name: str) -> JUnitConnector:
    """Return the connector for one configured source."""
    return JUnitConnector(config=config, name=name)
