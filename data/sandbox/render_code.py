"""How GitHub shows the company's code, reviews and releases at an instant.

Source: https://docs.github.com/rest (API version 2022-11-28).
"""

import orjson

from data.sandbox.company import Service
from data.sandbox.draw import hexadecimal
from data.sandbox.github_shapes import (
    API,
    HTML,
    node_id,
    person_fragment,
)
from data.sandbox.model import Commit, Pull, Release, Review
from data.sandbox.versions import Body, iso, iso_or_none


def commit(item: Commit, service: Service) -> Body:
    """Return a commit as lists of commits show it."""
    url = f"{API}/repos/{service.repository}"
    is_web = item.kind in {"squash", "merge"}
    committer = (
        ("GitHub", "noreply@github.com") if is_web else (item.author.name, item.author.email)
    )
    login = person_fragment(item.author) if item.has_account else None
    tree = hexadecimal(40, item.sha, "tree")
    return {
        "sha": item.sha,
        "node_id": node_id("Commit", int(item.sha[:12], 16)),
        "commit": {
            "author": {
                "name": item.author.name,
                "email": item.author.email,
                "date": iso(item.authored_at),
            },
            "committer": {
                "name": committer[0],
                "email": committer[1],
                "date": iso(item.committed_at),
            },
            "message": item.message,
            "tree": {"sha": tree, "url": f"{url}/git/trees/{tree}"},
            "url": f"{url}/git/commits/{item.sha}",
            "comment_count": 0,
            "verification": {
                "verified": is_web,
                "reason": "valid" if is_web else "unsigned",
                "signature": None,
                "payload": None,
                "verified_at": iso(item.committed_at) if is_web else None,
            },
        },
        "url": f"{url}/commits/{item.sha}",
        "html_url": f"{HTML}/{service.repository}/commit/{item.sha}",
        "comments_url": f"{url}/commits/{item.sha}/comments",
        "author": login,
        "committer": login,
        "parents": [
            {
                "sha": parent,
                "url": f"{url}/commits/{parent}",
                "html_url": f"{HTML}/{service.repository}/commit/{parent}",
            }
            for parent in item.parents
        ],
    }


def pull_times(item: Pull) -> list[int | None]:
    """Return the instants at which the pull request's record changed."""
    reviews = [review.submitted_at for review in item.reviews]
    pushes = [c.committed_at for c in item.commits if c.committed_at > item.created_at]
    course = [item.created_at, item.ready_at, item.closed_at, item.edited_at]
    return [*course, *reviews, *pushes]


def pull(item: Pull, repository: orjson.Fragment, at: int) -> Body:
    """Return a pull request as the list shows it at an instant."""
    name, url = item.service.repository, f"{API}/repos/{item.service.repository}"
    issue, own = f"{url}/issues/{item.number}", f"{url}/pulls/{item.number}"
    html = f"{HTML}/{name}/pull/{item.number}"
    pushed = [c.sha for c in item.commits if c.committed_at <= at]
    head = pushed[-1] if pushed else item.commits[0].sha
    user = person_fragment(item.author)
    is_edited = item.edited_at is not None and item.edited_at <= at
    is_closed = item.closed_at is not None and item.closed_at <= at
    is_merged = item.merged_at is not None and item.merged_at <= at
    links = {
        "self": own,
        "html": html,
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{own}/comments",
        "review_comment": url + "/pulls/comments{/number}",
        "commits": f"{own}/commits",
        "statuses": f"{url}/statuses/{head}",
    }
    return {
        "url": own,
        "id": item.source_id,
        "node_id": node_id("PullRequest", item.source_id),
        "html_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "issue_url": issue,
        "number": item.number,
        "state": "closed" if is_closed else "open",
        "locked": False,
        "title": f"{item.title} (follow-up noted)" if is_edited else item.title,
        "user": user,
        "body": item.body or None,
        "created_at": iso(item.created_at),
        "updated_at": iso(at),
        "closed_at": iso_or_none(item.closed_at, at),
        "merged_at": iso_or_none(item.merged_at, at),
        "merge_commit_sha": item.merge_sha if is_merged else None,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "labels": [_label(name, label) for label in item.labels],
        "milestone": None,
        "draft": item.ready_at is not None and item.ready_at > at,
        "commits_url": links["commits"],
        "review_comments_url": links["review_comments"],
        "review_comment_url": links["review_comment"],
        "comments_url": links["comments"],
        "statuses_url": links["statuses"],
        "head": _end(item, item.branch, head, user, repository),
        "base": _end(item, "main", item.base_sha, user, repository),
        "_links": {rel: {"href": href} for rel, href in links.items()},
        "author_association": "CONTRIBUTOR" if item.author.is_bot else "MEMBER",
        "auto_merge": None,
        "active_lock_reason": None,
    }


def _end(
    item: Pull, ref: str, sha: str, user: orjson.Fragment, repository: orjson.Fragment
) -> dict[str, object]:
    label = f"{item.owner}:{ref}"
    return {"label": label, "ref": ref, "sha": sha, "user": user, "repo": repository}


def _label(repository: str, name: str) -> dict[str, object]:
    number = 7_000_000_000 + len(name)
    return {
        "id": number,
        "node_id": node_id("Label", number),
        "url": f"{API}/repos/{repository}/labels/{name}",
        "name": name,
        "color": "0366d6",
        "default": False,
        "description": "",
    }


def review(item: Review, of: Pull) -> Body:
    """Return a submitted review."""
    own = f"{API}/repos/{of.service.repository}/pulls/{of.number}"
    html = f"{HTML}/{of.service.repository}/pull/{of.number}#pullrequestreview-{item.source_id}"
    return {
        "id": item.source_id,
        "node_id": node_id("PullRequestReview", item.source_id),
        "user": person_fragment(item.reviewer),
        "body": "" if item.state == "APPROVED" else "See comments.",
        "state": item.state,
        "html_url": html,
        "pull_request_url": own,
        "author_association": "CONTRIBUTOR" if item.reviewer.is_bot else "MEMBER",
        "_links": {"html": {"href": html}, "pull_request": {"href": own}},
        "submitted_at": iso(item.submitted_at),
        "commit_id": item.commit_sha,
    }


def release(item: Release) -> Body:
    """Return a published release."""
    url = f"{API}/repos/{item.service.repository}"
    own, html = f"{url}/releases/{item.source_id}", f"{HTML}/{item.service.repository}"
    return {
        "url": own,
        "assets_url": f"{own}/assets",
        "upload_url": own + "/assets{?name,label}",
        "html_url": f"{html}/releases/tag/{item.tag}",
        "id": item.source_id,
        "author": person_fragment(item.author),
        "node_id": node_id("Release", item.source_id),
        "tag_name": item.tag,
        "target_commitish": item.sha,
        "name": item.tag,
        "draft": False,
        "prerelease": False,
        "created_at": iso(item.published_at - 20),
        "published_at": iso(item.published_at),
        "assets": [],
        "tarball_url": f"{url}/tarball/{item.tag}",
        "zipball_url": f"{url}/zipball/{item.tag}",
        "body": item.notes,
    }
