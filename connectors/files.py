"""Read tables of your own: deployments, incidents, changes and more as CSV, JSON, Parquet or XLSX.

Format: CSV, JSON (a list of objects), JSON lines, Parquet and XLSX; the contract of each entity is
in _files_contract.csv, and `leadline template ENTITY` writes a table to fill in.
Auth: none, a folder is read. Limits: a file may have 50 MB and unpack to 500 MB.
Traps: a file is read again when its content changed, and a row that is gone from it stays; an
instant without a zone is meant in `timezone`; a row that cannot be used is set aside with its
line, the rest of its file counts; a file is of the entity its name or folder begins with, unless
`entity` says so.
Tested: files in five formats and the dialects of spreadsheets.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from connectors._contract import Access, Page, Refusal, Resume, State, Stream
from connectors._files import ChangedFile, FolderConfig, changed_files, stamps
from connectors._files_contract import contracts
from connectors._files_decode import FORMATS, decode

KIND = "files"
ROWS = Stream(
    "rows",
    "One row per row of a table.",
    format="ndjson",
    key=("entity", "row_key"),
    cursor="updated",
)
STREAMS = (ROWS,)
MEDIA_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _entity(name: str) -> str:
    if name not in contracts():
        raise ValueError(f"must be one of: {', '.join(contracts())}")
    return name


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is not a time zone such as Europe/Berlin or UTC")
    return name


class Config(FolderConfig):
    """Say in which folder the tables are, what they tell of, and how their columns are called."""

    patterns: tuple[str, ...] = tuple(f"**/*.{ending}" for ending in FORMATS)
    entity: Annotated[str, AfterValidator(_entity)] | None = None
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    encoding: str = "utf-8"
    sheet: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class FilesConnector:
    """Read the tables of one folder."""

    config: Config
    name: str
    kind: str = KIND
    streams: tuple[Stream, ...] = STREAMS
    access: Access | None = None

    def pages(
        self, stream: Stream, *, cursor: State | None, resume: Resume, client: object, now: datetime
    ) -> Iterator[Page | Refusal]:
        """Yield a page for each new or changed table.

        Errors: SourceUnreachable when the folder or a table cannot be read.
        """
        for file in changed_files(
            self.config, cursor=cursor, resume=resume, source=self.name, stream=stream.name
        ):
            yield self._page(file, now=now)

    def _page(self, file: ChangedFile, *, now: datetime) -> Page | Refusal:
        entity = self.config.entity or entity_of(file.name)
        if entity is None or file.is_too_large:
            why = f"name it after what it holds: {', '.join(contracts())}; or set entity"
            return file.refusal(why, stream=ROWS.name, what="table of a known kind", now=now)
        try:
            table = decode(
                file.body,
                name=file.name,
                entity=entity,
                zone=self.config.timezone,
                encoding=self.config.encoding,
                sheet=self.config.sheet,
                columns=self.config.columns,
            )
        except ValueError as exc:
            return file.refusal(str(exc), stream=ROWS.name, what=f"table of {entity}", now=now)
        kind = FORMATS[file.name.rsplit(".", 1)[-1].lower()]
        return Page(
            stream=ROWS.name,
            body=file.body,
            url=f"file:{file.name}",
            method="FILE",
            media_type=MEDIA_TYPES[kind],
            read_at=now,
            row_count=table.row_count,
            context={"file": file.name},
            format=ROWS.format,
            decoded=table.lines,
            checkpoint=file.checkpoint,
        )

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return the stamp of each table that was read."""
        return {"files": stamps(cursor, checkpoints)}


def entity_of(name: str) -> str | None:
    """Return what a file tells of, by the beginning of its name or of a folder above it."""
    for part in reversed(PurePosixPath(name.lower()).parts):
        plain = part.replace("-", "_").replace(" ", "_")
        found = [entity for entity in contracts() if plain.startswith(entity)]
        if found:
            return max(found, key=len)
    return None


def connect(config: Config, *, name: str) -> FilesConnector:
    """Return the connector for one configured source."""
    return FilesConnector(config=config, name=name)
