"""The pages of an estate: JSON lines of commits, deployments, incidents and test results."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from data.sandbox.byte_rows import (
    Bytes,
    Part,
    Whole,
    choices,
    digits,
    instants,
    lines,
    numbers,
    only_where,
    scrambled,
    side_by_side,
    sixteen_hex,
)
from data.sandbox.estate_draw import Commits, Deployments, Incidents

PAGE_ROWS = 50_000
ORGANISATION = "estate"
_AUTHORS = 400
_FIRST_DEPLOYMENT_ID = 5_000_000_000
_SUBJECTS = tuple(
    f'"{verb} {thing}"'
    for verb in ("Add", "Fix", "Tighten", "Extract", "Document")
    for thing in ("retry budget", "list paging", "event schema", "timeouts", "health checks")
)
_CASES = tuple(f'"test_case_{number:02d}"' for number in range(20))
_STATUSES = ('"passed"', '"failed"', '"skipped"')


@dataclass(frozen=True)
class Page:
    """One page of a stream."""

    kind: str
    stream: str
    records: bytes
    row_count: int


@dataclass(frozen=True)
class Offsets:
    """How many rows the blocks before this one have; makes numbers unique across blocks."""

    seed: int
    commits: int
    deployments: int
    incidents: int
    reports: int


def service_id(number: int) -> str:
    """Return the identifier of a service; its repository bears the same name."""
    return f"service-{number:05d}"


def pager_service(number: int) -> str:
    """Return the on-call system's identifier of a service."""
    return f"PE{number:05d}"


def incident_key(number: int) -> str:
    """Return the on-call system's identifier of an incident."""
    return f"QE{number:012d}"


def deployment_ids(positions: Whole, offsets: Offsets) -> Whole:
    """Return the host's numbers of deployments."""
    return _FIRST_DEPLOYMENT_ID + offsets.deployments + positions


def _chunks(count: int) -> Iterator[Whole]:
    for at in range(0, count, PAGE_ROWS):
        yield np.arange(at, min(at + PAGE_ROWS, count))


def _shas(positions: Whole, service: Whole, offsets: Offsets) -> Bytes:
    """Return forty hexadecimal digits: sixteen mixed ones, the service, and zeros."""
    mixed = sixteen_hex(scrambled(positions + offsets.commits, offsets.seed))
    return side_by_side(mixed, digits(service, 8), b"0" * 16, count=len(positions))


def _repository(service: Whole) -> Sequence[Part]:
    return (b'"repository":"' + ORGANISATION.encode() + b"/service-", digits(service, 5), b'"')


def commit_pages(rows: Commits, offsets: Offsets) -> Iterator[Page]:
    """Yield commits as the git connector decodes them."""
    for place in _chunks(len(rows.service)):
        count, service = len(place), rows.service[place]
        first, second = rows.first_parent[place], rows.second_parent[place]
        one = _quoted(_shas(np.maximum(first, 0), service, offsets))
        two = _quoted(_shas(np.maximum(second, 0), service, offsets))
        comma = only_where(second >= 0, side_by_side(b",", two, count=count))
        author = scrambled(place // 7, 3).astype(np.int64) % _AUTHORS
        author_digits = digits(np.abs(author), 3)
        parts: list[Part] = [
            b'{"sha":"',
            _shas(place, service, offsets),
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
            *_repository(service),
            b"}}",
        ]
        yield Page("git", "commits", lines(parts, count), count)


def _quoted(block: Bytes) -> Bytes:
    return side_by_side(b'"', block, b'"', count=len(block))


def deployment_pages(rows: Deployments, offsets: Offsets) -> Iterator[Page]:
    """Yield deployments and their statuses as GitHub's lists hold them, cut to what is used."""
    for place in _chunks(len(rows.service)):
        yield _deployments(rows, place, offsets)
        yield _statuses(rows, place, offsets)


def _deployments(rows: Deployments, place: Whole, offsets: Offsets) -> Page:
    count, service, tip = len(place), rows.service[place], rows.tip[place]
    own = digits(deployment_ids(place, offsets), 10)
    sha, created = _shas(tip, service, offsets), instants(rows.created_at[place])
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
        *_repository(service),
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
        *_repository(rows.service[twice]),
        b',"deployment_id":"',
        digits(own, 10),
        b'"}}',
    ]
    return Page("github", "deployment_statuses", lines(parts, len(twice)), len(twice))


def incident_pages(rows: Incidents, offsets: Offsets, *, end: int) -> Iterator[Page]:
    """Yield incidents and their log entries as PagerDuty's lists hold them, cut to what is used."""
    seen = np.nonzero(rows.detected_at <= end)[0]
    for chunk in _chunks(len(seen)):
        place = seen[chunk]
        yield _incidents(rows, place, offsets, end)
        yield _entries(rows, place, offsets, end)


def _incidents(rows: Incidents, place: Whole, offsets: Offsets, end: int) -> Page:
    count, service = len(place), rows.service[place]
    number = digits(place + offsets.incidents, 12)
    is_over = rows.restored_at[place] <= end
    restored = _quoted(instants(rows.restored_at[place]))
    last = np.where(is_over, rows.restored_at[place], rows.detected_at[place])
    parts: list[Part] = [
        b'{"id":"QE',
        number,
        b'","incident_number":',
        numbers(place + offsets.incidents, 12),
        b',"title":"Degraded service","status":',
        choices(('"triggered"', '"resolved"'), is_over.astype(np.int64)),
        b',"urgency":',
        choices(('"high"', '"low"'), (rows.severity[place] > 3).astype(np.int64)),
        b',"priority":{"summary":"P',
        digits(rows.severity[place], 1),
        b'"},"service":{"id":"PE',
        digits(service, 5),
        b'","summary":"service-',
        digits(service, 5),
        b'"},"html_url":"https://estate.example/i/QE',
        number,
        b'","created_at":"',
        instants(rows.detected_at[place]),
        b'","resolved_at":',
        only_where(is_over, restored, otherwise=b"null"),
        b',"last_status_change_at":"',
        instants(last),
        b'"}',
    ]
    return Page("pagerduty", "incidents", lines(parts, count), count)


def _entries(rows: Incidents, place: Whole, offsets: Offsets, end: int) -> Page:
    thrice = np.repeat(place, 3)
    step = np.arange(len(thrice)) % 3
    course = (rows.detected_at, rows.acknowledged_at, rows.restored_at)
    at = np.choose(step, [column[thrice] for column in course])
    shown = at <= end
    thrice, step, at = thrice[shown], step[shown], at[shown]
    number = digits(thrice + offsets.incidents, 12)
    kinds = ('"trigger_log_entry"', '"acknowledge_log_entry"', '"resolve_log_entry"')
    parts: list[Part] = [
        b'{"id":"RE',
        number,
        digits(step, 1),
        b'","type":',
        choices(kinds, step),
        b',"created_at":"',
        instants(at),
        b'","incident":{"id":"QE',
        number,
        b'"}}',
    ]
    return Page("pagerduty", "log_entries", lines(parts, len(at)), len(at))


def result_pages(commits: Commits, offsets: Offsets, *, reports: int) -> Iterator[Page]:
    """Yield test results of reports spread evenly over the commits; one test in 150 fails."""
    size = len(_CASES)
    for place in _chunks(reports * size):
        report, case = place // size, place % size
        commit = report * len(commits.service) // max(reports, 1)
        service = commits.service[commit]
        own = digits(report + offsets.reports, 9)
        luck = scrambled(place + offsets.reports * size, 17).astype(np.int64) % 1000
        status = np.where(np.abs(luck) < 7, 1, np.where(np.abs(luck) < 20, 2, 0))
        parts: list[Part] = [
            b'{"report_file":"service-',
            digits(service, 5),
            b"/run-",
            own,
            b'.xml","suite":"unit","classname":"service","name":',
            choices(_CASES, case),
            b',"status":',
            choices(_STATUSES, status),
            b',"time_seconds":0.',
            digits(np.abs(luck), 3),
            b',"message":null,"started_at":"',
            instants(commits.committed_at[commit]),
            b'","attempt":1,"properties":{"commit_sha":"',
            _shas(commit, service, offsets),
            b'","service":"service-',
            digits(service, 5),
            b'","pipeline_run_id":"',
            own,
            b'"}}',
        ]
        yield Page("junit", "test_results", lines(parts, len(place)), len(place))
