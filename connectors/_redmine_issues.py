"""Walk Redmine's issues, and the journals of those that changed.

Source: https://www.redmine.org/projects/redmine/wiki/Rest_Issues.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from connectors._contract import Page, Refusal, Resume, State, Stream
from connectors._errors import BadRequest, BudgetSpent, UnexpectedShape
from connectors._http import HttpClient
from connectors._keyset import Position, Row, UpdateWalk
from connectors._paging import Record, go_on_after, make_page, records_of
from connectors._reply import Reply

if TYPE_CHECKING:
    from connectors.redmine import Config

FORM = "%Y-%m-%dT%H:%M:%SZ"
PER_PAGE = 100


@dataclass
class IssueWalk:
    """Walk the issues of some trackers; what changed and is an incident brings its journals."""

    config: "Config"
    client: HttpClient
    source: str
    stream: Stream
    journals: Stream | None
    names: tuple[str, ...]
    known: State
    resume: Resume
    now: datetime
    trackers: dict[str, int] = field(default_factory=dict)
    # By number: the update whose journals were read, and their entity tag.
    read: dict[str, list[str | None]] = field(default_factory=dict)
    asked: int = 0

    def pages(self) -> Iterator[Page | Refusal]:
        """Yield the issues since the cursor, each page after the journals of its issues.

        Errors: any ConnectorError.
        """
        config, reached = self.config, self.resume.checkpoints.get("", {})
        memory = reached.get("cursor") or self.known
        self.read = dict(memory.get("read", {}))
        self.trackers = self._numbers(memory.get("trackers", {}))
        walk = UpdateWalk(
            source=self.source,
            stream=self.stream,
            now=self.now,
            form=FORM,
            ask=lambda at: self._ask(at, walk),
            row=_row,
            is_end=_is_end,
            slack_seconds=1,
            context={
                "service_field": config.service_field,
                "severity_field": config.severity_field,
                "statuses": json.dumps(config.statuses, sort_keys=True),
                "base_url": config.base_url.rstrip("/"),
            },
        )
        begin = walk.start(self.known, since=config.since)
        yield from walk.pages(begin, reached=reached, before=self._journals, rest=self._memory)

    def _memory(self) -> dict[str, Any]:
        """Return what the cursor keeps; updates that no later list brings are forgotten."""
        if not self.journals:
            return {"trackers": self.trackers}
        newest = max((update for update, _ in self.read.values() if update), default="")
        if newest:
            kept = timedelta(seconds=2 * self.stream.overlap_seconds)
            oldest = (datetime.strptime(newest, FORM).replace(tzinfo=UTC) - kept).strftime(FORM)
            self.read = {key: row for key, row in self.read.items() if (row[0] or "") >= oldest}
        return {"trackers": self.trackers, "read": self.read}

    def _numbers(self, known: Mapping[str, int]) -> dict[str, int]:
        """Return the numbers of the configured trackers; asked for once.

        Errors: UnexpectedShape for a tracker that there is not.
        """
        names = self.names
        if set(names) == set(known):
            return dict(known)
        reply = self.client.fetch("/trackers.json", stream=self.stream.name)
        records = records_of(reply, source=self.source, stream=self.stream.name, path="$.trackers")
        found = {str(record.get("name")): int(record.get("id", 0)) for record in records}
        if missing := set(names) - set(found):
            raise UnexpectedShape(
                f"there is no tracker {', '.join(sorted(missing))}; check the settings",
                source=self.source,
                stream=self.stream.name,
                body=reply.body,
                url=reply.url,
            )
        return {name: found[name] for name in names}

    def _ask(self, at: Position, walk: UpdateWalk) -> Reply:
        project = self.config.project
        within = f"/projects/{quote(project, safe='')}" if project else ""
        span = f">={at.since}" if at.after is None else f"><{at.since}|{walk.until(at)}"
        numbers = {} if at.after is None else {"issue_id": f">={at.after}"}
        etag, walk.etag = walk.etag, None
        return self.client.fetch(
            f"{within}/issues.json",
            stream=self.stream.name,
            params={
                "tracker_id": "|".join(str(number) for number in sorted(self.trackers.values())),
                "status_id": "*",
                "updated_on": span,
                **numbers,
                "sort": "updated_on,id" if at.after is None else "id",
                "limit": PER_PAGE,
            },
            etag=etag,
        )

    def _journals(self, issues: list[Record]) -> Iterator[Page | Refusal]:
        """Yield the journals of issues that changed since theirs were read.

        Errors: BudgetSpent, and every error of a request.
        """
        journals = self.journals
        if journals is None:
            return
        for issue in issues:
            number, updated = str(issue["id"]), str(issue["updated_on"])
            child = f"{number}:{updated}"
            is_known = self.read.get(number, [""])[0] == updated
            if is_known or child in self.resume.children:
                self.read.setdefault(number, [updated, None])[0] = updated
                continue
            if self.asked >= self.config.journal_budget:
                raise BudgetSpent(
                    f"the budget of {self.asked} issues' journals is used up; the next run goes "
                    "on from here",
                    source=self.source,
                    stream=self.stream.name,
                )
            self.asked += 1
            yield from go_on_after(
                partial(self._journal_page, journals, number, updated, child=child),
                stream=journals.name,
                read_at=self.now,
                context={"issue_id": number},
                is_final=True,
            )
            self.read.setdefault(number, [updated, None])[0] = updated

    def _journal_page(
        self, journals: Stream, number: str, updated: str, *, child: str
    ) -> Iterator[Page]:
        """Yield the journals of one issue unless they are those that were read before."""
        known = self.read.get(number, [None, None])[1]
        try:
            reply = self.client.fetch(
                f"/issues/{number}.json",
                stream=journals.name,
                params={"include": "journals"},
                etag=known,
            )
        except BadRequest as exc:
            if exc.status == 404:  # deleted since it was listed
                return
            raise
        self.read[number] = [updated, reply.etag or known]
        if reply.is_unchanged:
            return
        issue = reply.data.get("issue") if isinstance(reply.data, dict) else None
        changes = issue.get("journals") if isinstance(issue, dict) else None
        if not isinstance(changes, list):
            raise UnexpectedShape(
                "the issue has no journals; the source may have changed its interface",
                source=self.source,
                stream=journals.name,
                body=reply.body,
                url=reply.url,
            )
        yield make_page(
            reply,
            stream=journals,
            row_count=len(changes),
            context={"issue_id": number},
            checkpoint={"child": child},
        )


def _row(record: Record) -> Row:
    updated = str(record["updated_on"])
    datetime.strptime(updated, FORM).replace(tzinfo=UTC)
    return updated, int(record["id"])


def _is_end(reply: Reply, records: list[Record]) -> bool:
    return int(reply.data["offset"]) + len(records) >= int(reply.data["total_count"])
