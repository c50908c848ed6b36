"""Read test reports in JUnit XML from a folder, a file once and again when it changed.

Format: the dialects of pytest, jest, mocha, node, PHPUnit, Surefire, ctest and others; see
_junit_decode. Reports in other formats (TRX, NUnit, JSON) are refused with the reason.
Auth: none. Limits: none; a report may have 50 MB, entities and DTDs are refused.
Linking: <properties> may name commit_sha, service and pipeline_run_id.
Tested: reports that eleven test tools wrote.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from connectors._contract import Access, Page, Refusal, Resume, State, Stream
from connectors._errors import SourceUnreachable
from connectors._junit_decode import Report, decode_report, encode_lines

KIND = "junit"
MOST_BYTES = 50 * 1024 * 1024

RESULTS = Stream(
    "test_results",
    "One row per test case of a report.",
    format="ndjson",
    key=("report_file", "suite", "classname", "name"),
    cursor="updated",
)
SUITES = Stream(
    "test_suites",
    "One row per report, with counts made from its cases.",
    format="ndjson",
    key=("report_file",),
    parent="test_results",
)


STREAMS = (RESULTS, SUITES)


class Config(BaseModel):
    """Say in which folder the reports are and how their files are called."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path
    patterns: tuple[str, ...] = ("**/*.xml",)

    def files(self) -> list[Path]:
        """Return the reports in the order of their names; a `path` that is a file is the report."""
        if self.path.is_file():
            return [self.path]
        found = {file for pattern in self.patterns for file in self.path.glob(pattern)}
        return sorted(file for file in found if file.is_file())


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
        if not self.config.path.exists():
            raise SourceUnreachable(
                f"{self.config.path} does not exist; set path to the folder of the reports",
                source=self.name,
                stream=stream.name,
            )
        known = dict((cursor or {}).get("files", {}))
        known |= {file: state["stamp"] for file, state in resume.checkpoints.items()}
        root = self.config.path if self.config.path.is_dir() else self.config.path.parent
        for file in self.config.files():
            report_file = file.relative_to(root).as_posix()
            try:
                found = _read_changed(file, known=str(known.get(report_file, "")))
            except OSError as exc:
                raise SourceUnreachable(
                    f"{file} cannot be read ({exc.strerror}); check its rights",
                    source=self.name,
                    stream=stream.name,
                ) from exc
            if found is not None:
                body, stamp = found
                yield from _file_pages(
                    body,
                    report_file=report_file,
                    stamp=stamp,
                    finished=resume.children,
                    now=now,
                )

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return the stamp of each report that was read."""
        files = dict((cursor or {}).get("files", {}))
        files |= {file: state["stamp"] for file, state in checkpoints.items()}
        return {"files": files}


def _read_changed(file: Path, *, known: str) -> tuple[bytes, str] | None:
    """Return a report and its stamp, or None if its content is the known one.

    The stamp is size, time of writing and digest: a file that was only written again is read to
    see that, and one that was not touched is not even opened. One too large comes without bytes.
    """
    status = file.stat()
    written = f"{status.st_size}:{status.st_mtime_ns}:"
    if known.startswith(written):
        return None
    body = file.read_bytes() if status.st_size <= MOST_BYTES else None
    digest = hashlib.sha256(body).hexdigest() if body is not None else "too large"
    return None if known.endswith(f":{digest}") else (body or b"", written + digest)


def _file_pages(
    body: bytes,
    *,
    report_file: str,
    stamp: str,
    finished: frozenset[str],
    now: datetime,
) -> Iterator[Page | Refusal]:
    checkpoint = {"partition": report_file, "stamp": stamp}
    try:
        report = decode_report(body, report_file=report_file)
    except ValueError as exc:
        is_too_large = stamp.endswith(":too large")
        why = f"larger than {MOST_BYTES} bytes" if is_too_large else str(exc)
        yield Refusal(
            stream=RESULTS.name,
            reason="bad_payload",
            detail=f"{report_file} is no JUnit report ({why})",
            url=f"file:{report_file}",
            read_at=now,
            body=body,
            context={"file": report_file},
            checkpoint=checkpoint,
            is_final=True,
        )
        return
    key = f"{report_file}@{stamp}"
    if key not in finished:
        yield _summary_page(report, report_file=report_file, key=key, now=now)
    yield Page(
        stream=RESULTS.name,
        body=body,
        url=f"file:{report_file}",
        method="FILE",
        media_type="application/xml",
        read_at=now,
        row_count=len(report.cases),
        context={"file": report_file},
        format="ndjson",
        decoded=encode_lines(report.cases),
        checkpoint=checkpoint,
    )


def _summary_page(report: Report, *, report_file: str, key: str, now: datetime) -> Page:
    return Page(
        stream=SUITES.name,
        body=encode_lines([report.summary]),
        url=f"file:{report_file}",
        method="FILE",
        media_type="application/x-ndjson",
        read_at=now,
        row_count=1,
        context={"file": report_file},
        format="ndjson",
        checkpoint={"child": key},
    )


def connect(config: Config, *, name: str) -> JUnitConnector:
    """Return the connector for one configured source."""
    return JUnitConnector(config=config, name=name)
