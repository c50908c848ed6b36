"""Walk the lists of a GitHub repository that come whole or may be missing.

A feature that is off, or that the token may not read, answers 403 or 404: that is said for this
repository and stream, and everything else is read.
"""

from collections.abc import Iterator

from connectors._contract import Page, Refusal, Stream
from connectors._github_walks import FORM, PER_PAGE, Walk
from connectors._http import HttpClient
from connectors._paging import (
    Record,
    follow_links,
    make_page,
    newest,
    records_of,
    understanding,
)


def repository_pages(
    client: HttpClient,
    *,
    source: str,
    stream: Stream,
    organisation: str,
    repositories: tuple[str, ...],
) -> Iterator[tuple[Page, list[Record]]]:
    """Yield the pages that describe the repositories, with their records."""
    if organisation:
        params: dict[str, str | int] = {"type": "all", "sort": "full_name", "per_page": PER_PAGE}
        address = f"/orgs/{organisation}/repos"
        for reply, records in follow_links(
            client, address, stream=stream, source=source, params=params
        ):
            with understanding(reply, source=source, stream=stream.name):
                named = [(one["full_name"], one) for one in records]
            wanted = [one for name, one in named if not repositories or name in repositories]
            yield make_page(reply, stream=stream, row_count=len(records)), wanted
        return
    for repository in repositories:
        reply = client.fetch(f"/repos/{repository}", stream=stream.name)
        alone = reply.with_data([reply.data])
        records = records_of(alone, source=source, stream=stream.name)
        yield (
            make_page(reply, stream=stream, row_count=1, decoded=b"[" + reply.body + b"]"),
            records,
        )


def release_pages(walk: Walk) -> Iterator[Page | Refusal]:
    """Yield all releases with their assets whenever the first page of them has changed."""
    return _whole_list(walk, "/releases")


def environment_pages(walk: Walk) -> Iterator[Page | Refusal]:
    """Yield all environments with their protection rules whenever the first page has changed.

    Source: https://docs.github.com/en/rest/deployments/environments.
    """
    return _whole_list(walk, "/environments")


def _whole_list(walk: Walk, address: str) -> Iterator[Page | Refusal]:
    first_etag = walk.reached.get("cursor", {}).get("etag")
    for reply, records in walk.follow(address, etag=walk.known.get("etag")):
        if reply.is_unchanged:
            return
        first_etag = first_etag or reply.etag
        yield walk.page(reply, records, is_done=reply.next_url is None, cursor={"etag": first_etag})


def code_scanning_pages(walk: Walk) -> Iterator[Page | Refusal]:
    """Yield the alerts of code scanning on the default branch, last updated first.

    Source: https://docs.github.com/en/rest/code-scanning/code-scanning (sort, direction).
    """
    return _alert_pages(walk, "/code-scanning/alerts")


def dependabot_pages(walk: Walk) -> Iterator[Page | Refusal]:
    """Yield the alerts of Dependabot, last updated first; their links go by cursor, not by page.

    Source: https://docs.github.com/en/rest/dependabot/alerts (sort, direction).
    """
    return _alert_pages(walk, "/dependabot/alerts")


def _alert_pages(walk: Walk, address: str) -> Iterator[Page | Refusal]:
    floor = walk.floor(walk.known.get("updated_at", ""))
    cursor = dict(walk.reached.get("cursor") or {**walk.known, "etag": None})
    for reply, records in walk.follow(
        address, etag=walk.known.get("etag"), sort="updated", direction="desc"
    ):
        if reply.is_unchanged:
            return
        cursor["etag"] = cursor.get("etag") or reply.etag
        with walk.understanding(reply):
            times = [str(record.get("updated_at") or record["created_at"]) for record in records]
        cursor["updated_at"] = newest(
            times, before=cursor.get("updated_at", ""), now=walk.now, form=FORM
        )
        is_done = reply.next_url is None or any(time < floor for time in times)
        yield walk.page(reply, records, is_done=is_done, cursor=dict(cursor))
        if is_done:
            return
