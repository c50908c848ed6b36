"""The pages of an estate's incidents and test results, as JSON lines."""

from collections.abc import Iterator

import numpy as np

from data.sandbox.byte_rows import (
    Part,
    Whole,
    choices,
    digits,
    instants,
    lines,
    numbers,
    only_where,
    scrambled,
)
from data.sandbox.estate_draw import Incidents
from data.sandbox.estate_graph import Commits
from data.sandbox.estate_keys import Offsets, Page, chunks, quoted, shas

_CASES = tuple(f'"test_case_{number:02d}"' for number in range(20))
_STATUSES = ('"passed"', '"failed"', '"skipped"')


def incident_pages(rows: Incidents, offsets: Offsets, *, end: int) -> Iterator[Page]:
    """Yield incidents and their log entries as PagerDuty's lists hold them, cut to what is used."""
    seen = np.nonzero(rows.detected_at <= end)[0]
    for chunk in chunks(len(seen)):
        place = seen[chunk]
        yield _incidents(rows, place, offsets, end)
        yield _entries(rows, place, offsets, end)


def _incidents(rows: Incidents, place: Whole, offsets: Offsets, end: int) -> Page:
    count, service = len(place), rows.service[place]
    number = digits(place + offsets.incidents, 12)
    is_over = rows.restored_at[place] <= end
    restored = quoted(instants(rows.restored_at[place]))
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
    for place in chunks(reports * size):
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
            shas(commit, service, offsets),
            b'","service":"service-',
            digits(service, 5),
            b'","pipeline_run_id":"',
            own,
            b'"}}',
        ]
        yield Page("junit", "test_results", lines(parts, len(place)), len(place))
