"""Walk one GitHub repository: pull requests, deployments, commits, releases.

A page's children are read before the page itself is yielded, so that a page in the lake means
that its children are there too.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from connectors._contract import Page, Refusal, State, Stream
from connectors._errors import BadRequest
from connectors._github_checks import CheckBudget, check_pages, head_of
from connectors._github_refusals import Told, go_on_if_refused
from connectors._http import HttpClient
from connectors._paging import (
    Record,
    follow_links,
    go_on_after,
    make_page,
    newest,
    understanding,
)
from connectors._reply import Reply

FORM = "%Y-%m-%dT%H:%M:%SZ"
PER_PAGE = 100
NO_COMMITS = 409


@dataclass(frozen=True)
class Walk:
    """Carry what reading one stream of one repository needs.

    `known` is the repository's part of the cursor, `reached` its checkpoint of an interrupted
    run, `finished` the children that run had read.
    """

    client: HttpClient
    source: str
    stream: Stream
    children: Mapping[str, Stream]
    repository: str
    created_at: str
    branch: str
    known: State
    reached: State
    finished: frozenset[str]
    since: datetime | None
    now: datetime
    deploys: re.Pattern[str]
    checks: CheckBudget
    approvals: bool

    @property
    def context(self) -> dict[str, str]:
        """Return the context of the repository's pages."""
        return {"repository": self.repository}

    def floor(self, instant: str) -> str:
        """Return the instant minus the stream's overlap, and no earlier than the settings ask."""
        started = self.since.astimezone(UTC).strftime(FORM) if self.since else ""
        return max(started, shift(instant, seconds=-self.stream.overlap_seconds))

    def follow(
        self, address: str, *, etag: str | None = None, **params: str | int
    ) -> Iterator[tuple[Reply, list[Record]]]:
        """Yield replies along their links, from where an interrupted run was, if it was."""
        following = self.reached.get("next")
        if following:
            return follow_links(self.client, following, stream=self.stream, source=self.source)
        return follow_links(
            self.client,
            f"/repos/{self.repository}{address}",
            stream=self.stream,
            source=self.source,
            params={**params, "per_page": PER_PAGE},
            etag=etag,
        )

    def understanding(self, reply: Reply) -> AbstractContextManager[None]:
        """Keep the reply's bytes with the error when one of its records is not as documented."""
        return understanding(reply, source=self.source, stream=self.stream.name)

    def page(self, reply: Reply, records: list[Record], *, is_done: bool, cursor: State) -> Page:
        """Return the page of one reply with the checkpoint after it."""
        return make_page(
            reply,
            stream=self.stream,
            row_count=len(records),
            context=self.context,
            checkpoint={
                "partition": self.repository,
                "next": None if is_done else reply.next_url,
                "is_done": is_done,
                "cursor": cursor,
            },
        )

    def child(
        self,
        name: str,
        address: str,
        *,
        key: str,
        context: Mapping[str, str],
        etags: dict[str, Any] | None = None,
        is_optional: bool = False,
        per_page: int | None = PER_PAGE,
    ) -> Iterator[Page | Refusal]:
        """Yield the pages of one child list unless the interrupted run had them all.

        A child that is gone (404) is set aside for good, and so is an optional one that the token
        may not read. `etags` is read and filled by address.
        """
        if key in self.finished:
            return iter(())
        walk = partial(
            self._child,
            name,
            address,
            key=key,
            context=context,
            etags=etags,
            params={"per_page": per_page} if per_page else {},
        )
        told: Told = {
            "stream": name,
            "read_at": self.now,
            "context": {**self.context, **context},
            "partition": self.repository,
        }
        if is_optional:
            walk = partial(go_on_if_refused, walk, **told, is_final=True)
        return go_on_after(walk, **told, is_final=True)

    def _child(
        self,
        name: str,
        address: str,
        *,
        key: str,
        context: Mapping[str, str],
        etags: dict[str, Any] | None,
        params: Mapping[str, str | int],
    ) -> Iterator[Page | Refusal]:
        stream = self.children[name]
        for reply, records in follow_links(
            self.client,
            f"/repos/{self.repository}{address}",
            stream=stream,
            source=self.source,
            params=params,
            etag=etags.get(key) if etags is not None else None,
        ):
            if reply.is_unchanged:
                return
            if etags is not None and reply.etag and not reply.next_url:
                etags[key] = reply.etag
            yield make_page(
                reply,
                stream=stream,
                row_count=len(records),
                context={**self.context, **context},
                checkpoint=None if reply.next_url else {"child": key},
            )


def shift(instant: str, *, seconds: float) -> str:
    """Return one of GitHub's instants moved by some seconds; an empty one stays empty."""
    if not instant:
        return ""
    return (datetime.fromisoformat(instant) + timedelta(seconds=seconds)).strftime(FORM)


def commit_pages(walk: Walk) -> Iterator[Page | Refusal]:
    """Yield the default branch's commits since the cursor minus the overlap, newest first.

    Source: https://docs.github.com/en/rest/commits/commits (409 means an empty repository).
    """
    since = walk.floor(walk.known.get("committed_at", ""))
    latest = walk.reached.get("cursor", walk.known).get("committed_at", "")
    parameters = {"since": since} if since else {}
    etag = walk.known.get("etag") if walk.known.get("since") == since else None
    first_etag = walk.reached.get("cursor", {}).get("etag")
    try:
        for reply, records in walk.follow("/commits", etag=etag, **parameters):
            if reply.is_unchanged:
                return
            first_etag = first_etag or reply.etag
            with walk.understanding(reply):
                dates = [_committed_at(record) for record in records]
                latest = newest(dates, before=latest, now=walk.now, form=FORM)
            yield walk.page(
                reply,
                records,
                is_done=reply.next_url is None,
                cursor={"committed_at": latest, "since": since, "etag": first_etag},
            )
    except BadRequest as exc:
        if exc.status != NO_COMMITS:
            raise


def _committed_at(record: Record) -> str | None:
    """Return when a commit was made; a commit without a committer says nothing about that."""
    return (record["commit"].get("committer") or {}).get("date")


def pull_pages(walk: Walk) -> Iterator[Page | Refusal]:
    """Yield pull requests, last updated first, down to the cursor minus the overlap.

    Source: https://docs.github.com/en/rest/pulls/pulls (there is no "since").
    """
    floor = walk.floor(walk.known.get("updated_at", ""))
    cursor = dict(walk.reached.get("cursor") or {**walk.known, "etag": None})
    for reply, records in walk.follow(
        "/pulls", etag=walk.known.get("etag"), state="all", sort="updated", direction="desc"
    ):
        if reply.is_unchanged:
            return
        cursor["etag"] = cursor.get("etag") or reply.etag
        with walk.understanding(reply):
            recent = [record for record in records if record["updated_at"] >= floor]
            cursor["updated_at"] = newest(
                (record["updated_at"] for record in records),
                before=cursor.get("updated_at", ""),
                now=walk.now,
                form=FORM,
            )
            for record in recent:
                yield from _pull_children(walk, record)
        is_done = reply.next_url is None or len(recent) < len(records)
        yield walk.page(reply, records, is_done=is_done, cursor=dict(cursor))
        if is_done:
            return


def _pull_children(walk: Walk, record: Record) -> Iterator[Page | Refusal]:
    number = record["number"]
    key = f"{walk.repository}#{number}@{record['updated_at']}"
    context = {"pull_number": str(number)}
    is_merged = bool(record.get("merged_at"))
    if is_merged or record["state"] == "open":
        yield from walk.child(
            "pull_reviews", f"/pulls/{number}/reviews", key=f"{key}/reviews", context=context
        )
    if is_merged:
        yield from walk.child(
            "pull_commits", f"/pulls/{number}/commits", key=f"{key}/commits", context=context
        )
        yield from check_pages(walk, "pull_checks", head_of(record), key=f"{key}/checks")


def deployment_pages(walk: Walk) -> Iterator[Page | Refusal]:
    """Yield deployments, newest first, down to the cursor minus 14 days, with their statuses.

    Source: https://docs.github.com/en/rest/deployments (neither list knows a "since").
    """
    floor = walk.floor(walk.known.get("created_at", ""))
    cursor = dict(walk.reached.get("cursor") or walk.known)
    etags = dict(cursor.get("etags", {}))
    for reply, records in walk.follow("/deployments"):
        with walk.understanding(reply):
            recent = [record for record in records if record["created_at"] >= floor]
            cursor["created_at"] = newest(
                (record["created_at"] for record in records),
                before=cursor.get("created_at", ""),
                now=walk.now,
                form=FORM,
            )
            for record in recent:
                yield from walk.child(
                    "deployment_statuses",
                    f"/deployments/{record['id']}/statuses",
                    key=f"{record['created_at']}/{record['id']}",
                    context={"deployment_id": str(record["id"])},
                    etags=etags,
                )
                yield from check_pages(
                    walk,
                    "deployment_checks",
                    record.get("sha"),
                    key=f"{record['created_at']}/{record.get('sha')}",
                    etags=etags,
                )
            oldest = shift(cursor["created_at"], seconds=-walk.stream.overlap_seconds)
            cursor["etags"] = {key: tag for key, tag in etags.items() if key >= oldest}
        is_done = reply.next_url is None or len(recent) < len(records)
        yield walk.page(reply, records, is_done=is_done, cursor=dict(cursor))
        if is_done:
            return
