"""The pages of an estate's code and deployments, as JSON lines."""

from collections.abc import Iterator

import numpy as np

from data.sandbox.byte_rows import (
    Part,
    Whole,
    choices,
    digits,
    instants,
    lines,
    only_where,
    scrambled,
    side_by_side,
)
from data.sandbox.estate_draw import Deployments
from data.sandbox.estate_graph import Commits
from data.sandbox.estate_keys import (
    Offsets,
    Page,
    chunks,
    deployment_ids,
    quoted,
    repository,
    shas,
)

_AUTHORS = 400
_SUBJECTS = tuple(
    f'"{verb} {thing}"'
    for verb in ("Add", "Fix", "Tighten", "Extract", "Document")
    for thing in ("retry budget", "list paging", "event schema", "timeouts", "health checks")
)


def commit_pages(rows: Commits, offsets: Offsets) -> Iterator[Page]:
    """Yield commits as the git connector decodes them."""
    for place in chunks(len(rows.service)):
        count, service = len(place), rows.service[place]
        first, second = rows.first_parent[place], rows.second_parent[place]
        one = quoted(shas(np.maximum(first, 0), service, offsets))
        two = quoted(shas(np.maximum(second, 0), service, offsets))
        comma = only_where(second >= 0, side_by_side(b",", two, count=count))
        author = scrambled(place // 7, 3).astype(np.int64) % _AUTHORS
        author_digits = digits(np.abs(author), 3)
        parts: list[Part] = [
            b'{"sha":"',
            shas(place, service, offsets),
            b'","parents":[',
            only_where(first >= 0, one),
            comma,
            b'],"authored_at":',
            digits(rows.authored_at[place], 10),
            b',"committed_at":',
            digits(rows.committed_at[place], 10),
            b',"author_name":"Author ',
            author_digits,
            b'","author_email":"author',
            author_digits,
            b'@estate.example","committer_email":"author',
            author_digits,
            b'@estate.example","subject":',
            choices(_SUBJECTS, place % len(_SUBJECTS)),
            b',"reverts":[',
            only_where(rows.is_revert[place], one),
            b'],"patch_id":null,"_context":{',
            *repository(service),
            b"}}",
        ]
        yield Page("git", "commits", lines(parts, count), count)


def deployment_pages(rows: Deployments, offsets: Offsets) -> Iterator[Page]:
    """Yield deployments and their statuses as GitHub's lists hold them, cut to what is used."""
    for place in chunks(len(rows.service)):
        yield _deployments(rows, place, offsets)
        yield _statuses(rows, place, offsets)


def _deployments(rows: Deployments, place: Whole, offsets: Offsets) -> Page:
    count, service, tip = len(place), rows.service[place], rows.tip[place]
    own = digits(deployment_ids(place, offsets), 10)
    sha, created = shas(tip, service, offsets), instants(rows.created_at[place])
    is_rollback, is_production = rows.is_rollback[place], rows.is_production[place]
    parts: list[Part] = [
        b'{"id":',
        own,
        b',"sha":"',
        sha,
        b'","ref":"main","task":',
        choices(('"deploy"', '"deploy:rollback"'), is_rollback.astype(np.int64)),
        b',"environment":',
        choices(('"staging"', '"production"'), is_production.astype(np.int64)),
        b',"payload":{"version":"1.',
        digits(tip + offsets.commits, 8),
        b'","artifact_digest":"sha256:',
        sha,
        b'","strategy":"rolling","is_rollback":',
        choices(("false", "true"), is_rollback.astype(np.int64)),
        b',"config_hash":"c0"},"creator":{"login":"deployer"},"url":"https://estate.example/d/',
        own,
        b'","created_at":"',
        created,
        b'","updated_at":"',
        instants(rows.finished_at[place]),
        b'","_context":{',
        *repository(service),
        b"}}",
    ]
    return Page("github", "deployments", lines(parts, count), count)


def _statuses(rows: Deployments, place: Whole, offsets: Offsets) -> Page:
    """Return two statuses of each deployment: under way, and the result."""
    twice = np.repeat(place, 2)
    is_end = np.arange(len(twice)) % 2
    own = deployment_ids(twice, offsets)
    at = np.where(is_end, rows.finished_at[twice], rows.created_at[twice] + 5)
    state = np.where(is_end, 1 + ~rows.is_success[twice], 0)
    parts: list[Part] = [
        b'{"id":',
        digits(own * 2 + is_end, 11),
        b',"state":',
        choices(('"in_progress"', '"success"', '"failure"'), state),
        b',"description":"","created_at":"',
        instants(at),
        b'","_context":{',
        *repository(rows.service[twice]),
        b',"deployment_id":"',
        digits(own, 10),
        b'"}}',
    ]
    return Page("github", "deployment_statuses", lines(parts, len(twice)), len(twice))
