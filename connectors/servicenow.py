"""Read ServiceNow: incidents, change requests, approvals, configuration items; import audit logs.

API: Table API, https://developer.servicenow.com/dev.do#!/reference/api/latest/rest/c_TableAPI,
read November 2026.
Auth: basic (user and password) or a bearer token; the user needs read access to the tables.
Limits: per instance; 429 with Retry-After, X-RateLimit-Reset is an epoch.
Traps: every value is text, null is "", instants are UTC without a zone (with display values off);
access rules hide rows after they were counted, so pages may be short or empty before the end and
X-Total-Count may be larger than what arrives; many rows can share one second.
Tested: recorded records, and a real incident audit log of 198 rows.
"""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, model_validator

from connectors._contract import Access, LimitRule, Page, Refusal, Resume, Since, State, Stream
from connectors._errors import PaginationLoop
from connectors._http import HttpClient
from connectors._paging import MOST_PAGES, Record, make_page, newest, records_of
from connectors._reply import Reply
from connectors._servicenow_audit import audit_pages

KIND = "servicenow"
HOUR = 3600
FORM = "%Y-%m-%d %H:%M:%S"
BEGINNING = "1970-01-01 00:00:00"
TABLES = {
    "incident": "One row per incident.",
    "change_request": "One row per change request.",
    "sysapproval_approver": "One row per approval asked of one person.",
    "cmdb_ci": "One row per configuration item.",
    "cmdb_rel_ci": "One row per relation between two configuration items.",
}
AUDIT = Stream(
    "incident_audit_log",
    "One row per recorded version of an incident, from an exported audit log.",
    format="ndjson",
    key=("number", "sys_updated_at", "row_ordinal"),
    versions_from_source=True,
)


def _table(name: str, description: str) -> Stream:
    return Stream(
        name,
        description,
        format="object",
        records_path="$.result",
        key=("sys_id",),
        cursor="updated",
        overlap_seconds=HOUR,
    )


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is not a time zone such as Europe/Berlin or UTC")
    return name


STREAMS = (*(_table(name, description) for name, description in TABLES.items()), AUDIT)


class Config(BaseModel):
    """Say which instance and tables to read and as whom; or which exported audit log.

    `source_timezone` is the zone in which the audit log was exported; tables are in UTC.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str = ""
    username: str = ""
    password: SecretStr | None = None
    token: SecretStr | None = None
    tables: tuple[str, ...] = tuple(TABLES)
    page_size: int = 1000
    since: Since | None = None
    are_totals_exact: bool = False
    audit_log: Path | None = None
    source_timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    ca_bundle: Path | None = None

    @model_validator(mode="after")
    def _is_readable(self) -> Self:
        if not self.base_url and self.audit_log is None:
            raise ValueError("set base_url, or audit_log as the path of an exported file")
        if self.base_url and self.token is None and not (self.username and self.password):
            raise ValueError("set token, or username and password")
        if unknown := set(self.tables) - set(TABLES):
            raise ValueError(f"does not know the tables {', '.join(sorted(unknown))}")
        return self


@dataclass(frozen=True)
class ServiceNowConnector:
    """Read one instance, an exported audit log, or both."""

    config: Config
    name: str
    kind: str = KIND

    @property
    def streams(self) -> tuple[Stream, ...]:
        """Return a stream per table, and one for the audit log where there is one."""
        tables = self.config.tables if self.config.base_url else ()
        log = (AUDIT,) if self.config.audit_log else ()
        return tuple(_table(name, TABLES[name]) for name in tables) + log

    @property
    def access(self) -> Access | None:
        """Return the address, the credentials' header and the limits of the instance."""
        if not self.config.base_url:
            return None
        return Access(
            base_url=self.config.base_url,
            headers={"authorization": self._credentials()},
            limit=LimitRule(reset_header="x-ratelimit-reset", reset_is="epoch"),
            remedy=f"set a valid user or token for source {self.name!r} that may read its tables",
            ca_bundle=self.config.ca_bundle,
        )

    def _credentials(self) -> SecretStr:
        if self.config.token is not None:
            return SecretStr(f"Bearer {self.config.token.get_secret_value()}")
        password = self.config.password.get_secret_value() if self.config.password else ""
        pair = base64.b64encode(f"{self.config.username}:{password}".encode()).decode()
        return SecretStr(f"Basic {pair}")

    def pages(
        self,
        stream: Stream,
        *,
        cursor: State | None,
        resume: Resume,
        client: HttpClient | None,
        now: datetime,
    ) -> Iterator[Page | Refusal]:
        """Yield a table's rows in the order of their last update, or the audit log's.

        Errors: any ConnectorError.
        """
        if stream.name == AUDIT.name and self.config.audit_log is not None:
            known = str((cursor or {}).get("stamp", ""))
            yield from audit_pages(
                self.config.audit_log,
                stream=stream,
                zone=self.config.source_timezone,
                known=known,
                now=now,
            )
            return
        if client is None:
            raise TypeError("ServiceNow tables are read over HTTP and need a client")
        start = _start(stream, cursor=cursor, since=self.config.since)
        reached = resume.checkpoints.get("", {})
        yield from _table_pages(client, self, stream=stream, start=start, reached=reached, now=now)

    def reads_from(self, stream: Stream, *, cursor: State | None, now: datetime) -> datetime | None:
        """Return the instant before which nothing is asked for."""
        return None if stream.name == AUDIT.name else self.config.since

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return the latest update that was read, or the stamp of the audit log."""
        reached = checkpoints.get("")
        return reached["cursor"] if reached else cursor


def _start(stream: Stream, *, cursor: State | None, since: datetime | None) -> str:
    floor = since.astimezone(UTC).strftime(FORM) if since else BEGINNING
    if not cursor or not cursor.get("updated_at"):
        return floor
    seen = datetime.fromisoformat(cursor["updated_at"])
    return max(floor, (seen - timedelta(seconds=stream.overlap_seconds)).strftime(FORM))


@dataclass(frozen=True)
class _Position:
    """Where the walk stands: rows updated at or after `since`, of which `offset` are behind."""

    since: str
    offset: int = 0

    def after(self, records: list[Record], *, size: int) -> "_Position":
        """Return the next position: the last row's second, or further inside the same second."""
        last = max((str(record.get("sys_updated_on", "")) for record in records), default="")
        return _Position(last) if last > self.since else _Position(self.since, self.offset + size)


def _table_pages(
    client: HttpClient,
    connector: ServiceNowConnector,
    *,
    stream: Stream,
    start: str,
    reached: Mapping[str, Any],
    now: datetime,
) -> Iterator[Page]:
    size = connector.config.page_size
    at = _Position(*reached.get("next", (start,)))
    latest = str(reached.get("cursor", {}).get("updated_at", ""))
    counts_total = connector.config.are_totals_exact and not reached
    for number in range(MOST_PAGES):
        reply = _ask(client, stream=stream, at=at, size=size)
        records = records_of(
            reply, source=connector.name, stream=stream.name, path=stream.records_path
        )
        latest = newest(
            (str(record.get("sys_updated_on", "")) for record in records),
            before=latest,
            now=now,
            form=FORM,
        )
        is_end = _is_end(reply, records, at=at, size=size)
        at = at.after(records, size=size)
        total = _total(reply)
        yield make_page(
            reply,
            stream=stream,
            row_count=len(records),
            reported_total=total if counts_total and number == 0 else None,
            checkpoint={
                "next": [at.since, at.offset],
                "cursor": {"updated_at": latest or start},
            },
        )
        if is_end:
            return
    raise PaginationLoop(
        f"there are more than {MOST_PAGES} pages; set since to read less history",
        source=connector.name,
        stream=stream.name,
    )


def _ask(client: HttpClient, *, stream: Stream, at: _Position, size: int) -> Reply:
    query = f"sys_updated_on>={at.since}^ORDERBYsys_updated_on^ORDERBYsys_id"
    return client.fetch(
        f"/api/now/table/{stream.name}",
        stream=stream.name,
        params={
            "sysparm_query": query,
            "sysparm_display_value": "false",
            "sysparm_limit": size,
            "sysparm_offset": at.offset,
        },
    )


def _total(reply: Reply) -> int | None:
    text = reply.headers.get("x-total-count", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _is_end(reply: Reply, records: list[Record], *, at: _Position, size: int) -> bool:
    """Return whether nothing can follow; a short page alone says nothing (hidden rows)."""
    total = _total(reply)
    if total is not None:
        return at.offset + size >= total
    return not records and reply.next_url is None


def connect(config: Config, *, name: str) -> ServiceNowConnector:
    """Return the connector for one configured source."""
    return ServiceNowConnector(config=config, name=name)
