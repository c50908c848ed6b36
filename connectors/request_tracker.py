"""Read Request Tracker: tickets of incident and change queues, and what happened to them.

API: REST 2.0, https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html, read November 2026; tried
with 5.0.3.
Auth: an authentication token, or basic credentials; the account needs SeeQueue, ShowTicket and
SeeCustomField in the queues.
Limits: none stated; a proxy's 429 or 403 with Retry-After is obeyed. A page holds at most 100 rows,
whatever is asked for.
Traps: dates that are not set are 1970-01-01; instants in queries are read in the account's own
time zone (setting `timezone`) whatever zone they state, while answers are in UTC, which is
checked; `=` on an instant means the whole day; many tickets share a second; next_page names the
address that RT believes to have; deleted tickets vanish from every search, and a moved ticket from
its queue, so both are learnt from the transactions, which are read by their number.
Tested: a real Request Tracker 5, started by the tests.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, SecretStr, model_validator

from connectors._contract import Access, LimitRule, Page, Refusal, Resume, Since, State, Stream
from connectors._errors import BadRequest, PermissionMissing
from connectors._http import HttpClient
from connectors._keyset import Position, Row, Status, UpdateWalk
from connectors._monitoring import MonitoringConfig, access_to
from connectors._paging import LoopGuard, Record, make_page, records_of
from connectors._reply import Reply

KIND = "request_tracker"
EXAMPLE = {"token": "${REQUEST_TRACKER_TOKEN}", "incident_queues": "[Incidents]"}
FORM = "%Y-%m-%dT%H:%M:%SZ"
PER_PAGE = 100
# A transaction gets its number before it can be seen: this many are asked for again.
LATE_NUMBERS = 100
FIELDS = "Subject,Status,Created,Started,Resolved,LastUpdated,Starts,Due,Queue,Priority,Owner,"
FIELDS += "Creator,CustomFields"
MOVES = "(Type = 'Set' AND Field = 'Queue')"


def _tickets(name: str, description: str) -> Stream:
    return Stream(
        name,
        description,
        format="object",
        records_path="$.items",
        cursor="updated",
        overlap_seconds=3600,
    )


INCIDENTS = _tickets("incidents", "One row per ticket of an incident queue.")
CHANGE_REQUESTS = _tickets("change_requests", "One row per ticket of a change queue.")
TRANSACTIONS = Stream(
    "transactions",
    "One row per change of a ticket's status or queue.",
    format="object",
    records_path="$.items",
    cursor="created",
)


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is not a time zone such as Europe/Berlin or UTC")
    return name


STREAMS = (INCIDENTS, TRANSACTIONS, CHANGE_REQUESTS)


class Config(MonitoringConfig):
    """Say which queues hold incidents and changes, and which custom fields say more.

    `timezone` is the zone set in the account's preferences (else the server's), `statuses` maps
    the words of a lifecycle of your own.
    """

    incident_queues: tuple[str, ...] = ()
    change_queues: tuple[str, ...] = ()
    service_field: str = ""
    severity_field: str = ""
    statuses: dict[str, Status] = Field(default_factory=dict)
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    since: Since | None = None

    @model_validator(mode="after")
    def _is_readable(self) -> Self:
        if self.token is None and self.password is None:
            raise ValueError("set token, or username and password")
        if not self.incident_queues and not self.change_queues:
            raise ValueError("set incident_queues, change_queues or both")
        return self


@dataclass(frozen=True)
class RequestTrackerConnector:
    """Read one Request Tracker."""

    config: Config
    name: str
    kind: str = KIND

    @property
    def streams(self) -> tuple[Stream, ...]:
        """Return the streams of the kinds of queue that are configured."""
        incidents = (INCIDENTS, TRANSACTIONS) if self.config.incident_queues else ()
        return incidents + ((CHANGE_REQUESTS,) if self.config.change_queues else ())

    @property
    def access(self) -> Access:
        """Return the address and the credentials' header."""
        access = replace(
            access_to(self.config, name=self.name), limit=LimitRule(is_403_a_limit=True)
        )
        if self.config.token is None:
            return access
        token = SecretStr(f"token {self.config.token.get_secret_value()}")
        return replace(access, headers={"authorization": token})

    def pages(
        self,
        stream: Stream,
        *,
        cursor: State | None,
        resume: Resume,
        client: HttpClient | None,
        now: datetime,
    ) -> Iterator[Page | Refusal]:
        """Yield tickets in the order of their last update, or transactions by number.

        Errors: any ConnectorError.
        """
        if client is None:
            raise TypeError("Request Tracker is read over HTTP and needs a client")
        reached = resume.checkpoints.get("", {})
        if stream.name == TRANSACTIONS.name:
            yield from _transaction_pages(client, self, cursor=cursor or {}, reached=reached)
        else:
            yield from _ticket_pages(
                client, self, stream=stream, cursor=cursor, reached=reached, now=now
            )

    def reads_from(self, stream: Stream, *, cursor: State | None, now: datetime) -> datetime | None:
        """Return the instant before which nothing is asked for."""
        return self.config.since

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return the latest update, or the highest number, that was read."""
        reached = checkpoints.get("")
        return reached["cursor"] if reached else cursor


def _ticket_pages(
    client: HttpClient,
    connector: RequestTrackerConnector,
    *,
    stream: Stream,
    cursor: State | None,
    reached: State,
    now: datetime,
) -> Iterator[Page | Refusal]:
    config = connector.config
    of_incidents = stream.name == INCIDENTS.name
    queues = config.incident_queues if of_incidents else config.change_queues

    def ask(at: Position) -> Reply:
        moment = _in_zone(at.since, config.timezone)
        asked = f"{_one_of('Queue', queues)} AND LastUpdated >= '{moment}'"
        if at.after is not None:
            asked += f" AND LastUpdated <= '{moment}' AND id >= {at.after}"
        return client.fetch(
            "/REST/2.0/tickets",
            stream=stream.name,
            params={
                "query": asked,
                "orderby": ["LastUpdated", "id"] if at.after is None else ["id"],
                "order": ["ASC", "ASC"] if at.after is None else ["ASC"],
                "per_page": PER_PAGE,
                "fields": FIELDS,
                "fields[Queue]": "Name",
            },
        )

    walk = UpdateWalk(
        source=connector.name,
        stream=stream,
        now=now,
        form=FORM,
        ask=ask,
        row=_row,
        is_end=lambda reply, _: "next_page" not in reply.data,
        context={
            "service_field": config.service_field,
            "severity_field": config.severity_field,
            "statuses": json.dumps(config.statuses, sort_keys=True),
            "base_url": config.base_url.rstrip("/"),
        },
    )
    yield from walk.pages(walk.start(cursor, since=config.since), reached=reached)
    _check_zone(client, walk)


def _check_zone(client: HttpClient, walk: UpdateWalk) -> None:
    """Ask after a ticket that should have come: if it is unchanged, the zone is not the stated one.

    Errors: UnexpectedShape.
    """
    for number, instant in list(walk.owed.items())[:1]:
        try:
            reply = client.fetch(f"/REST/2.0/ticket/{number}", stream=walk.stream.name)
        except (BadRequest, PermissionMissing):  # it is where this account sees nothing
            return
        found = reply.data if isinstance(reply.data, dict) else {}
        if found.get("LastUpdated") == instant and found.get("Status") != "deleted":
            raise walk.misled(
                f"ticket {number}, updated at {instant}, was not found by that", reply
            )


def _row(record: Record) -> Row:
    updated = str(record["LastUpdated"])
    datetime.strptime(updated, FORM).replace(tzinfo=UTC)
    return updated, int(record["id"])


def _in_zone(instant: str, zone: str) -> str:
    moment = datetime.strptime(instant, FORM).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _one_of(field: str, names: tuple[str, ...]) -> str:
    quoted = [name.replace("\\", "\\\\").replace("'", "\\'") for name in names]
    return "(" + " OR ".join(f"{field} = '{name}'" for name in quoted) + ")"


def _transaction_pages(
    client: HttpClient, connector: RequestTrackerConnector, *, cursor: State, reached: State
) -> Iterator[Page]:
    guard = LoopGuard(connector.name, TRANSACTIONS.name)
    highest = int(cursor.get("number", 0))
    after = max(0, highest - LATE_NUMBERS)
    if reached:
        after, highest = int(reached["next"]), int(reached["cursor"]["number"])
    of_queues = _one_of("TicketQueue", connector.config.incident_queues)
    # A ticket that was moved is in another queue now.
    wanted = f"((Type = 'Status' AND {of_queues}) OR {MOVES})"
    if not cursor and connector.config.since:
        moment = connector.config.since.astimezone(ZoneInfo(connector.config.timezone))
        wanted += f" AND Created >= '{moment.strftime('%Y-%m-%d %H:%M:%S')}'"
    is_more = True
    while is_more:
        reply = client.fetch(
            "/REST/2.0/transactions",
            stream=TRANSACTIONS.name,
            params={
                "query": f"{wanted} AND id > {after}",
                "orderby": "id",
                "order": "ASC",
                "per_page": PER_PAGE,
                "fields": "Type,Field,OldValue,NewValue,Created,ObjectId,ObjectType",
            },
        )
        records = records_of(reply, source=connector.name, stream=TRANSACTIONS.name, path="$.items")
        is_more = "next_page" in reply.data
        after = max([after, *(int(record["id"]) for record in records)])
        highest = max(highest, after)
        guard.check(reply, row_count=len(records), following=str(after) if is_more else None)
        yield make_page(
            reply,
            stream=TRANSACTIONS,
            row_count=len(records),
            checkpoint={"next": after, "cursor": {"number": highest}},
        )


def connect(config: Config, *, name: str) -> RequestTrackerConnector:
    """Return the connector for one configured source."""
    return RequestTrackerConnector(config=config, name=name)
