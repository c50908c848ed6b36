"""Read files of quality and supply chain from a folder, a file once and again when it changed.

Format: coverage (Cobertura XML, LCOV, coverage.py, istanbul's summary), SARIF 2.1, CycloneDX JSON
and XML with its vulnerabilities (VEX), SPDX 2 JSON and tag-value, Trivy JSON, k6 summaries,
OpenAPI 3 and Swagger 2 (JSON, YAML), in-toto statements, DSSE envelopes and Sigstore bundles. Each
file's content says which it is (see _report_formats); what is none of them is set aside.
Auth: none; `public_keys` are files of PEM by which signatures of attestations are verified.
Limits: none; a file may have 50 MB; document types, entities and YAML merges are refused.
Linking: what a file states of its service, repository, branch, commit and artifact holds; where it
states nothing, the groups that `path_pattern` finds in its path, then the settings.
Traps: files of one scanner and several commits are one series when `path_pattern` names the commit,
so that a finding is known again and one that the newest file no longer has counts as fixed; keys
that are added later are not tried on files that were read before.
Tested: 31 SARIF samples and 61 CycloneDX examples of their projects; coverage.py, pytest, ruff,
cyclonedx-py, npm and Trivy, run by the tests.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from pydantic import model_validator

from connectors._attestation import PublicKey, load_key
from connectors._contract import Access, Page, Pattern, Refusal, Resume, State, Stream
from connectors._document import LINKS, Document, Row
from connectors._errors import SourceUnreachable
from connectors._files import ChangedFile, FolderConfig, changed_files, stamps
from connectors._report_formats import decode_document
from connectors._test_report import encode_lines

KIND = "reports"
# What tells one file of a series from the next.
OCCASIONS = ("commit_sha", "artifact_digest")


def _child(name: str, description: str, *key: str) -> Stream:
    return Stream(name, description, format="ndjson", key=key, parent="documents", deletes="kept")


DOCUMENTS = Stream(
    "documents",
    "One row per file and content.",
    format="ndjson",
    key=("document_file", "document_digest"),
    cursor="updated",
    deletes="kept",
)
STREAMS = (
    DOCUMENTS,
    _child("findings", "One row per finding of a scanner.", "document_series", "finding_key"),
    _child("components", "One row per component.", "document_file", "component_key"),
    _child("quality_measures", "One row per measure.", "document_digest", "metric"),
    _child("attestations", "One row per subject of a statement.", "attestation_key"),
    _child("api_operations", "One row per operation.", "document_file", "operation_key"),
)


class Config(FolderConfig):
    """Say in which folder the files are, and to what they belong."""

    patterns: tuple[str, ...] = ("**/*",)
    service_name: str = ""
    repository: str = ""
    path_pattern: Pattern = ""
    public_keys: tuple[Path, ...] = ()

    @model_validator(mode="after")
    def _check_pattern(self) -> Self:
        """Refuse a pattern that names what no file can be linked to."""
        groups = re.compile(self.path_pattern).groupindex
        if unknown := sorted(groups.keys() - set(LINKS)):
            raise ValueError(f"path_pattern names {unknown}; its groups may be {list(LINKS)}")
        return self


@dataclass(frozen=True)
class ReportsConnector:
    """Read the files of one folder."""

    config: Config
    name: str
    kind: str = KIND
    streams: tuple[Stream, ...] = STREAMS
    access: Access | None = None

    def pages(
        self, stream: Stream, *, cursor: State | None, resume: Resume, client: object, now: datetime
    ) -> Iterator[Page | Refusal]:
        """Yield the pages of each new or changed file: what it says, then the file itself.

        Errors: SourceUnreachable when the folder, a file or a key cannot be read.
        """
        keys = self._keys(stream)
        for file in changed_files(
            self.config, cursor=cursor, resume=resume, source=self.name, stream=stream.name
        ):
            yield from self._file_pages(file, keys=keys, finished=resume.children, now=now)

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return the stamp of each file that was read."""
        return {"files": stamps(cursor, checkpoints)}

    def _keys(self, stream: Stream) -> list[PublicKey]:
        keys = []
        for path in self.config.public_keys:
            try:
                keys.append(load_key(path.read_bytes()))
            except (OSError, ValueError) as exc:
                raise SourceUnreachable(
                    f"{path} is no public key that can be read ({exc}); name a PEM file of an "
                    "Ed25519, ECDSA or RSA key in public_keys",
                    source=self.name,
                    stream=stream.name,
                ) from exc
        return keys

    def _file_pages(
        self,
        file: ChangedFile,
        *,
        keys: Sequence[PublicKey],
        finished: frozenset[str],
        now: datetime,
    ) -> Iterator[Page | Refusal]:
        try:
            document = decode_document(file.body, keys=keys)
        except ValueError as exc:
            yield file.refusal(str(exc), stream=DOCUMENTS.name, what="report", now=now)
            return
        shared = self._shared(file, document)
        for name, rows in document.rows.items():
            key = f"{name}:{file.key}"
            if rows and key not in finished:
                lines = encode_lines([_joined(row, shared) for row in rows])
                yield _page(name, lines, file=file, count=len(rows), now=now, child=key)
        about: dict[str, Any] = {**shared, "is_complete": document.is_complete}
        about |= {f"{name}_count": len(rows) for name, rows in document.rows.items()}
        yield Page(
            stream=DOCUMENTS.name,
            body=file.body,
            url=f"file:{file.name}",
            method="FILE",
            media_type="application/octet-stream",
            read_at=now,
            row_count=1,
            context={"file": file.name},
            format="ndjson",
            decoded=encode_lines([about]),
            checkpoint=file.checkpoint,
        )

    def _shared(self, file: ChangedFile, document: Document) -> Row:
        """Return what all rows of a file have in common."""
        pattern = re.compile(self.config.path_pattern)
        found = pattern.search(file.name) if self.config.path_pattern else None
        named = found.groupdict() if found else {}
        settings = {"service_name": self.config.service_name, "repository": self.config.repository}
        series = file.name
        for group in OCCASIONS:
            if found and named.get(group):
                series = series.replace(named[group], "*")
        return {
            "document_file": file.name,
            "document_series": series,
            "document_digest": file.stamp.rpartition(":")[2],
            "format": document.format,
            "tool": document.tool,
            "created_at": document.created_at,
            **{
                name: document.links.get(name) or named.get(name) or settings.get(name) or None
                for name in LINKS
            },
        }


def _joined(row: Row, shared: Row) -> Row:
    """Return a row with what its file says wherever it says nothing itself."""
    return {**shared, **{name: value for name, value in row.items() if value is not None}}


def _page(
    stream: str, lines: bytes, *, file: ChangedFile, count: int, now: datetime, child: str
) -> Page:
    return Page(
        stream=stream,
        body=lines,
        url=f"file:{file.name}",
        method="FILE",
        media_type="application/x-ndjson",
        read_at=now,
        row_count=count,
        context={"file": file.name},
        format="ndjson",
        checkpoint={"child": child},
    )


def connect(config: Config, *, name: str) -> ReportsConnector:
    """Return the connector for one configured source."""
    return ReportsConnector(config=config, name=name)
