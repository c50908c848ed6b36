"""Read ServiceNow: incidents, changes and their tasks, problems, approvals, the CMDB; audit logs.

API: Table API, https://developer.servicenow.com/dev.do#!/reference/api/latest/rest/c_TableAPI,
read November 2026.
Auth: basic (user and password) or a bearer token; the user needs read access to the tables.
Limits: per instance; 429 with Retry-After, X-RateLimit-Reset is an epoch.
Traps: every value is text, null is "", instants are UTC without a zone (with display values off);
access rules hide rows after they were counted, so pages may be short or empty before the end and
X-Total-Count may be larger than what arrives; many rows can share one second; a deleted row is just
gone, only sys_audit_delete tells; sys_audit names a person by user name and a row by its sys_id,
needs the role to read it, and is slow to ask without an index on sys_created_on.
Tested: recorded records, and a real incident audit log of 198 rows.
"""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, model_validator

from connectors._contract import Access, LimitRule, Page, Refusal, Resume, Since, State, Stream
from connectors._http import HttpClient
from connectors._servicenow_audit import audit_pages
from connectors._servicenow_tables import start_of, table_pages

KIND = "servicenow"
HOUR = 3600
TABLES = {
    "incident": "One row per incident.",
    "change_request": "One row per change request.",
    "change_task": "One row per task of a change request.",
    "problem": "One row per problem.",
    "sysapproval_approver": "One row per approval asked of one person.",
    "cmdb_ci": "One row per configuration item.",
    "cmdb_rel_ci": "One row per relation between two configuration items.",
}
# Read only where the settings name them: few users may.
RECORDS = {
    "sys_audit": "One row per change of a field that says how a record fares.",
    "sys_audit_delete": "One row per record that was deleted.",
}
AUDIT = Stream(
    "incident_audit_log",
    "One row per recorded version of an incident, from an exported audit log.",
    format="ndjson",
    key=("number", "sys_updated_at", "row_ordinal"),
    versions_from_source=True,
    deletes="kept",
)


def _table(name: str, description: str) -> Stream:
    return Stream(
        name,
        description,
        format="object",
        records_path="$.result",
        key=("sys_id",),
        cursor="created" if name in RECORDS else "updated",
        overlap_seconds=HOUR,
        deletes="kept" if name in RECORDS else "reconciled",
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
        if unknown := set(self.tables) - set(TABLES | RECORDS):
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
        return tuple(_table(name, (TABLES | RECORDS)[name]) for name in tables) + log

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
        yield from table_pages(
            client,
            stream=stream,
            source=self.name,
            size=self.config.page_size,
            start=start_of(stream, cursor=cursor, since=self.config.since),
            reached=resume.checkpoints.get("", {}),
            are_totals_exact=self.config.are_totals_exact,
            now=now,
        )

    def reads_from(self, stream: Stream, *, cursor: State | None, now: datetime) -> datetime | None:
        """Return the instant before which nothing is asked for."""
        return None if stream.name == AUDIT.name else self.config.since

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return the latest update that was read, or the stamp of the audit log."""
        reached = checkpoints.get("")
        return reached["cursor"] if reached else cursor


def connect(config: Config, *, name: str) -> ServiceNowConnector:
    """Return the connector for one configured source."""
    return ServiceNowConnector(config=config, name=name)
