"""Read Roundup: the items of an incident class and of a change class.

API: https://www.roundup-tracker.org/docs/rest.html, read November 2026; tried with 2.6.
Auth: basic credentials of a user with the permission Rest Access who may view the class.
Limits: as the tracker is configured; X-RateLimit-Reset counts fractions of seconds from now, and
429 comes with Retry-After.
Traps: instants are written 2026-11-22.23:02:12, in UTC in answers and in the user's own zone in
questions (setting `timezone`, checked); a filter that is no date brings everything; the next page
is named with the tracker's own idea of its address; an item has no history here, so when it was
taken or resolved is known by the reads that saw it, and a retired item is not told of; after some
failed logins the account is refused for minutes.
Tested: a real Roundup 2.6, started by the tests.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, model_validator

from connectors._contract import Access, LimitRule, Page, Refusal, Resume, Since, State, Stream
from connectors._errors import BadRequest, PermissionMissing
from connectors._http import HttpClient
from connectors._keyset import Position, Row, Status, UpdateWalk
from connectors._monitoring import MonitoringConfig, access_to
from connectors._paging import Record
from connectors._reply import Reply

KIND = "roundup"
EXAMPLE = {"username": "reader", "password": "${ROUNDUP_PASSWORD}"}
FORM = "%Y-%m-%d.%H:%M:%S"
# So many items of one second are asked for at once, as no filter knows an order of numbers.
MOST_AT_ONCE = 5000
Name = Annotated[str, Field(pattern=r"^([A-Za-z_]+)?$")]


def _items(name: str, description: str) -> Stream:
    return Stream(
        name,
        description,
        format="object",
        records_path="$.data.collection",
        cursor="updated",
        overlap_seconds=3600,
    )


INCIDENTS = _items("incidents", "One row per item of the incident class.")
CHANGE_REQUESTS = _items("change_requests", "One row per item of the change class.")
STREAMS = (INCIDENTS, CHANGE_REQUESTS)


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is not a time zone such as Europe/Berlin or UTC")
    return name


class Config(MonitoringConfig):
    """Say which classes hold incidents and changes, and which properties say more.

    `base_url` is the tracker's address, `timezone` the zone set for the user (else the tracker's),
    `statuses` maps statuses of your own.
    """

    incident_class: Name = "issue"
    change_class: Name = ""
    service_property: Name = ""
    severity_property: Name = "priority"
    planned_start_property: Name = ""
    planned_end_property: Name = ""
    statuses: dict[str, Status] = Field(default_factory=dict)
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    page_size: int = Field(default=100, ge=1, le=MOST_AT_ONCE)
    since: Since | None = None

    @model_validator(mode="after")
    def _is_readable(self) -> Self:
        if self.password is None:
            raise ValueError("set username and password")
        if not self.incident_class and not self.change_class:
            raise ValueError("set incident_class, change_class or both")
        return self


@dataclass(frozen=True)
class RoundupConnector:
    """Read one tracker."""

    config: Config
    name: str
    kind: str = KIND

    @property
    def streams(self) -> tuple[Stream, ...]:
        """Return the streams of the classes that are configured."""
        incidents = (INCIDENTS,) if self.config.incident_class else ()
        return incidents + ((CHANGE_REQUESTS,) if self.config.change_class else ())

    @property
    def access(self) -> Access:
        """Return the address, the credentials' header and the limits of the tracker."""
        access = access_to(self.config, name=self.name)
        return Access(
            base_url=access.base_url,
            headers=access.headers,
            limit=LimitRule(
                remaining_header="x-ratelimit-remaining",
                reset_header="x-ratelimit-reset",
                reset_is="seconds",
            ),
            remedy=access.remedy,
            ca_bundle=access.ca_bundle,
        )

    def pages(
        self,
        stream: Stream,
        *,
        cursor: State | None,
        resume: Resume,
        client: HttpClient | None,
        now: datetime,
    ) -> Iterator[Page | Refusal]:
        """Yield items in the order of their last activity.

        Errors: any ConnectorError.
        """
        if client is None:
            raise TypeError("Roundup is read over HTTP and needs a client")
        reader = _Reader(self.config, client, stream)
        walk = UpdateWalk(
            source=self.name,
            stream=stream,
            now=now,
            form=FORM,
            ask=lambda at: reader.ask(at, walk),
            row=_row,
            is_end=lambda reply, _: not _has_next(reply),
            context=reader.context(),
        )
        begin = walk.start(cursor, since=self.config.since)
        yield from walk.pages(begin, reached=resume.checkpoints.get("", {}))
        reader.check_zone(walk)

    def reads_from(self, stream: Stream, *, cursor: State | None, now: datetime) -> datetime | None:
        """Return the instant before which nothing is asked for."""
        return self.config.since

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return the latest activity that was read."""
        reached = checkpoints.get("")
        return reached["cursor"] if reached else cursor


@dataclass(frozen=True)
class _Reader:
    config: Config
    client: HttpClient
    stream: Stream

    @property
    def item_class(self) -> str:
        of_incidents = self.stream.name == INCIDENTS.name
        return self.config.incident_class if of_incidents else self.config.change_class

    def fields(self) -> str:
        config = self.config
        more = (
            [config.severity_property]
            if self.stream.name == INCIDENTS.name
            else [config.planned_start_property, config.planned_end_property, "assignedto"]
        )
        wanted = ["title", "activity", "creation", "creator", "status", config.service_property]
        return ",".join(name for name in [*wanted, *more] if name)

    def context(self) -> dict[str, str]:
        config = self.config
        return {
            "item_class": self.item_class,
            "service_property": config.service_property,
            "severity_property": config.severity_property,
            "planned_start_property": config.planned_start_property,
            "planned_end_property": config.planned_end_property,
            "statuses": json.dumps(config.statuses, sort_keys=True),
            "base_url": config.base_url.rstrip("/"),
        }

    def ask(self, at: Position, walk: UpdateWalk) -> Reply:
        begin = self._in_zone(at.since, seconds=0)
        is_second = at.after is not None
        # An instant may have fractions, which are not shown.
        end = self._in_zone(at.since, seconds=1) if is_second else ""
        reply = self.client.fetch(
            f"/rest/data/{self.item_class}",
            stream=self.stream.name,
            params={
                "activity": f"{begin};{end}",
                "@sort": "id" if is_second else "activity,id",
                "@page_size": MOST_AT_ONCE if is_second else self.config.page_size,
                "@page_index": 1,
                "@fields": self.fields(),
                "@verbose": 2,
            },
        )
        if is_second and _has_next(reply):
            raise walk.misled(f"more than {MOST_AT_ONCE} items changed at {at.since}", reply)
        return reply

    def check_zone(self, walk: UpdateWalk) -> None:
        """Ask after an item that should have come: if it is unchanged, the zone is another.

        Errors: UnexpectedShape.
        """
        for number, instant in list(walk.owed.items())[:1]:
            try:
                reply = self.client.fetch(
                    f"/rest/data/{self.item_class}/{number}",
                    stream=self.stream.name,
                    params={"@fields": "activity"},
                )
            except (BadRequest, PermissionMissing):  # it is gone, or nobody may see it now
                return
            if f'"{instant}"'.encode() in reply.body:
                raise walk.misled(f"item {number}, changed at {instant}, was not found", reply)

    def _in_zone(self, instant: str, *, seconds: int) -> str:
        moment = datetime.strptime(instant, FORM).replace(tzinfo=UTC) + timedelta(seconds=seconds)
        return moment.astimezone(ZoneInfo(self.config.timezone)).strftime(FORM)


def _has_next(reply: Reply) -> bool:
    data = reply.data.get("data") if isinstance(reply.data, dict) else None
    links = data.get("@links") if isinstance(data, dict) else None
    return isinstance(links, dict) and "next" in links


def _row(record: Record) -> Row:
    updated = str(record["activity"])
    datetime.strptime(updated, FORM).replace(tzinfo=UTC)
    return updated, int(record["id"])


def connect(config: Config, *, name: str) -> RoundupConnector:
    """Return the connector for one configured source."""
    return RoundupConnector(config=config, name=name)
