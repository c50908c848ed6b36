"""Walk a table of ServiceNow in the order of its updates, second by second where many share one."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors._contract import Page, State, Stream
from connectors._errors import PaginationLoop
from connectors._http import HttpClient
from connectors._paging import MOST_PAGES, Record, make_page, newest, records_of
from connectors._reply import Reply

FORM = "%Y-%m-%d %H:%M:%S"
BEGINNING = "1970-01-01 00:00:00"
_OF_TABLES = "tablenameINincident,change_request,change_task,problem"
# What of a large table is asked for: the records that we read, the fields that tell their state.
ONLY = {
    "sys_audit": f"{_OF_TABLES}^fieldnameINstate,incident_state,approval,priority,assigned_to",
    "sys_audit_delete": _OF_TABLES,
}


def start_of(stream: Stream, *, cursor: State | None, since: datetime | None) -> str:
    """Return the first instant to ask for: the cursor minus the overlap, or the settings'."""
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

    def after(self, moments: list[str], *, size: int) -> "_Position":
        """Return the next position: the last row's second, or further inside the same second."""
        last = max(moments, default="")
        return _Position(last) if last > self.since else _Position(self.since, self.offset + size)


def table_pages(
    client: HttpClient,
    *,
    stream: Stream,
    source: str,
    size: int,
    start: str,
    reached: Mapping[str, Any],
    are_totals_exact: bool,
    now: datetime,
) -> Iterator[Page]:
    """Yield a table's rows in the order of their last update.

    Errors: PaginationLoop and every error of a request.
    """
    at = _Position(*reached.get("next", (start,)))
    latest = str(reached.get("cursor", {}).get("updated_at", ""))
    counts_total = are_totals_exact and not reached
    moment = _moment(stream)
    digest = b""
    for number in range(MOST_PAGES):
        reply = _ask(client, stream=stream, at=at, size=size)
        digest, previous = hashlib.sha256(reply.body).digest(), digest
        records = records_of(reply, source=source, stream=stream.name, path=stream.records_path)
        if records and at.offset and digest == previous:
            raise PaginationLoop(
                "the same rows came again at a later offset; reading stops here, report this to "
                "the source's support",
                source=source,
                stream=stream.name,
            )
        moments = [str(record.get(moment, "")) for record in records]
        latest = newest(moments, before=latest, now=now, form=FORM)
        is_end = _is_end(reply, records, at=at, size=size)
        at = at.after(moments, size=size)
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
        source=source,
        stream=stream.name,
    )


def _moment(stream: Stream) -> str:
    """Return the column by which a table is read; a record of an audit is never updated."""
    return "sys_created_on" if stream.cursor == "created" else "sys_updated_on"


def _ask(client: HttpClient, *, stream: Stream, at: _Position, size: int) -> Reply:
    moment = _moment(stream)
    query = f"{moment}>={at.since}^ORDERBY{moment}^ORDERBYsys_id"
    if stream.name in ONLY:
        query = f"{ONLY[stream.name]}^{query}"
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
