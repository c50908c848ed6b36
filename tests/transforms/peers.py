"""What other tools would show, computed in plain Python from the records a test wrote down."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import fmean, median
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)
Number = float | None


@dataclass(frozen=True)
class Deployed:
    """A production deployment that changed something; `is_whole` when every target was updated."""

    deployment_id: str
    service: str
    sha: str
    started: datetime
    finished: datetime
    is_whole: bool = True


@dataclass(frozen=True)
class Committed:
    """A commit; `in_branch` as pushed to the branch, `is_original` as somebody wrote it."""

    authored: datetime
    committed: datetime
    in_branch: bool = True
    is_original: bool = True
    is_merge: bool = False


@dataclass(frozen=True)
class Merged:
    """A pull request (without `created` a commit of its own) and the deployment it went with."""

    service: str
    title: str
    commits: tuple[Committed, ...]
    created: datetime | None
    merged: datetime
    deployment_id: str
    is_baseline: bool = False
    first_review: datetime | None = None
    approved: bool = False
    branch: str = "feature"


@dataclass(frozen=True)
class Broken:
    """An incident record as its source keeps it."""

    service: str
    created: datetime
    resolved: datetime | None
    closed: datetime | None
    named_deployment: str | None = None


@dataclass
class Books:
    """Everything a test wrote, in order."""

    deployments: list[Deployed] = field(default_factory=list)
    changes: list[Merged] = field(default_factory=list)
    incidents: list[Broken] = field(default_factory=list)

    def of(self, service: str | None) -> "Books":
        """Return what one service has, or everything."""
        if service is None:
            return self
        return Books(
            [one for one in self.deployments if one.service == service],
            [one for one in self.changes if one.service == service],
            [one for one in self.incidents if one.service == service],
        )

    def deployment(self, deployment_id: str) -> Deployed:
        """Return one deployment."""
        return next(one for one in self.deployments if one.deployment_id == deployment_id)

    def whole_after(self, deployment: Deployed) -> Deployed | None:
        """Return the deployment, or when it was partial the next whole one of its service."""
        later = [
            one
            for one in self.deployments
            if one.is_whole
            and one.service == deployment.service
            and one.finished >= deployment.finished
        ]
        return min(later, key=lambda one: one.finished, default=None)

    def last_before(
        self, moment: datetime, when: Callable[[Deployed], datetime]
    ) -> Deployed | None:
        """Return the last whole deployment at or before an instant."""
        earlier = [one for one in self.deployments if one.is_whole and when(one) <= moment]
        return max(earlier, key=when, default=None)


def local(moment: datetime) -> date:
    """Return the day in the report zone."""
    return moment.astimezone(ZONE).date()


def seconds(start: datetime, end: datetime) -> float:
    """Return the seconds between two instants."""
    return (end - start).total_seconds()


def lower_median(values: Iterable[float | None]) -> Number:
    """Return `max(value) where percent_rank <= 0.5`, null ranked first, as MySQL would."""
    ranked = list(values)
    if not ranked:
        return None
    keys = [-math.inf if value is None else value for value in ranked]
    low = [
        value
        for value, key in zip(ranked, keys, strict=True)
        if len(keys) == 1 or sum(other < key for other in keys) / (len(keys) - 1) <= 0.5
    ]
    return max((value for value in low if value is not None), default=None)


def middle(values: list[float]) -> Number:
    """Return the interpolated median, or nothing."""
    return median(values) if values else None


@dataclass(frozen=True)
class Question:
    """The days asked for (until excluded), and how far the data reach."""

    since: date
    until: date
    first: date
    last: date

    def holds(self, moment: datetime | None) -> bool:
        """Return whether an instant lies on the days asked for."""
        return moment is not None and self.since <= local(moment) < self.until

    @property
    def days(self) -> list[date]:
        """Return the days asked for that are known."""
        first, last = max(self.since, self.first), min(self.until - DAY, self.last)
        return [first + DAY * number for number in range((last - first).days + 1)]


def _week_counts(books: Books, asked: Question, days_before_monday: int) -> list[int]:
    active = {local(one.finished) for one in books.deployments if one.is_whole}
    weeks: dict[date, int] = {}
    for day in asked.days:
        start = day - DAY * ((day.weekday() + days_before_monday) % 7)
        weeks[start] = weeks.get(start, 0) + (day in active)
    return list(weeks.values())


def _per_week(books: Books, asked: Question, *, counts_partial: bool) -> float:
    counted = [
        one
        for one in books.deployments
        if (one.is_whole or counts_partial) and asked.holds(one.finished)
    ]
    return len(counted) * 7 / len(asked.days)


def _minutes_up(start: datetime, end: datetime) -> int:
    return math.ceil(seconds(start, end) / 60)


def devlake(books: Books, asked: Question) -> dict[str, Number]:
    """Return what DevLake would show."""
    cycles: list[float] = []
    for change in books.changes:
        whole = books.whole_after(books.deployment(change.deployment_id))
        if change.created is None or change.is_baseline or whole is None:
            continue
        if asked.holds(whole.finished):
            first = min(commit.authored for commit in change.commits if commit.is_original)
            coding = max(0, _minutes_up(first, change.created))
            review = _minutes_up(change.created, change.merged)
            cycles.append(60.0 * (coding + review + _minutes_up(change.merged, whole.finished)))
    linked = [
        (books.last_before(one.created, lambda deployed: deployed.finished), one)
        for one in books.incidents
    ]
    units = [one for one in books.deployments if one.is_whole and asked.holds(one.finished)]
    blamed = {blame.deployment_id for blame, _ in linked if blame}
    failed = [one for one in units if one.deployment_id in blamed]
    recoveries: list[float | None] = [
        60.0 * int(seconds(blame.finished, one.resolved) / 60)
        for blame, one in linked
        if blame and one.resolved and asked.holds(blame.finished) and asked.holds(one.resolved)
    ]
    restorations = [
        60.0 * int(seconds(one.created, one.resolved) / 60) if one.resolved else None
        for one in books.incidents
        if asked.holds(one.created)
    ]
    return {
        "deployment_frequency": _per_week(books, asked, counts_partial=False),
        "deployment_days_per_week": lower_median(_week_counts(books, asked, 0)),
        "lead_time_for_changes": lower_median(cycles),
        "change_failure_rate": len(failed) / len(units) if units else None,
        "failed_deployment_recovery_time": lower_median(recoveries),
        "time_to_restore": lower_median(restorations),
    }


def gitlab(books: Books, asked: Question) -> dict[str, Number]:
    """Return what GitLab would show: medians of the medians of a day and project."""
    leads: dict[tuple[str, date], list[float]] = {}
    for change in books.changes:
        whole = books.whole_after(books.deployment(change.deployment_id))
        if change.created and whole and asked.holds(whole.finished):
            key = (change.service, local(whole.finished))
            leads.setdefault(key, []).append(seconds(change.merged, whole.finished))
    closings: dict[tuple[str, date], list[float]] = {}
    for one in books.incidents:
        if one.closed and asked.holds(one.closed):
            key = (one.service, local(one.closed))
            closings.setdefault(key, []).append(seconds(one.created, one.closed))
    units = [one for one in books.deployments if one.is_whole and asked.holds(one.finished)]
    opened = [one for one in books.incidents if asked.holds(one.created)]
    return {
        "deployment_frequency": _per_week(books, asked, counts_partial=False),
        "lead_time_for_changes": middle([median(values) for values in leads.values()]),
        "change_failure_rate": len(opened) / max(len(units), 1) if units or opened else None,
        "time_to_restore": middle([median(values) for values in closings.values()]),
    }


def four_keys(books: Books, asked: Question) -> dict[str, Number]:
    """Return what Four Keys would show."""
    minutes: list[float] = []
    for change in books.changes:
        whole = books.whole_after(books.deployment(change.deployment_id))
        if whole and asked.holds(whole.finished):
            spans = [
                int(seconds(commit.committed, whole.finished) / 60)
                for commit in change.commits
                if commit.in_branch
            ]
            minutes += [60.0 * span for span in spans if span > 0]
    hours: list[float] = []
    for one in books.incidents:
        start = one.created
        if one.named_deployment:
            start = min(start, books.deployment(one.named_deployment).finished)
        if one.resolved and asked.holds(start):
            hours.append(3600.0 * int(seconds(start, one.resolved) / 3600))
    units = [one for one in books.deployments if one.is_whole and asked.holds(one.finished)]
    named = {one.named_deployment for one in books.incidents}
    failed = [one for one in units if one.deployment_id in named]
    weeks = _week_counts(books, asked, 1)
    return {
        "deployment_days_per_week": float(median(weeks)) if weeks else None,
        "lead_time_for_changes": middle(minutes),
        "change_failure_rate": len(failed) / len(units) if units else None,
        "time_to_restore": middle(hours),
    }


def datadog(books: Books, asked: Question) -> dict[str, Number]:
    """Return what Datadog would show; services are judged one by one."""
    repaired: dict[str, datetime] = {}
    late: set[str] = set()
    for service in {one.service for one in books.deployments}:
        own = sorted(books.of(service).deployments, key=lambda one: one.finished)
        for place, one in enumerate(own):
            if place and one.finished - own[place - 1].finished > 60 * DAY:
                late.add(one.deployment_id)
            for failed in _remedied(own, place, books.of(service).changes):
                known = repaired.get(failed.deployment_id, one.finished)
                repaired[failed.deployment_id] = min(known, one.finished)
    leads = [
        seconds(commit.authored, books.deployment(change.deployment_id).finished)
        for change in books.changes
        for commit in change.commits
        if commit.is_original
        and not commit.is_merge
        and not change.is_baseline
        and change.deployment_id not in late
        and asked.holds(books.deployment(change.deployment_id).finished)
    ]
    units = [one for one in books.deployments if asked.holds(one.finished)]
    failures = [one for one in units if one.deployment_id in repaired]
    recoveries = [seconds(one.finished, repaired[one.deployment_id]) for one in failures]
    return {
        "deployment_frequency": _per_week(books, asked, counts_partial=True),
        "lead_time_for_changes": middle(leads),
        "change_failure_rate": len(failures) / len(units) if units else None,
        "failed_deployment_recovery_time": middle(recoveries),
    }


def _remedied(own: list[Deployed], place: int, changes: list[Merged]) -> list[Deployed]:
    """Return the deployments that the one at a place repairs: by rollback, hotfix or revert."""
    found: list[Deployed] = []
    same = [earlier for earlier in range(place) if own[earlier].sha == own[place].sha]
    if same and same[-1] != place - 1:
        found.append(own[same[-1] + 1])
    carried = [one for one in changes if one.deployment_id == own[place].deployment_id]
    for change in carried:
        if "hotfix" in f"{change.title} {change.branch}".lower() and place:
            found.append(own[place - 1])
        if change.title.startswith('Revert "'):
            original = change.title.removeprefix('Revert "').removesuffix('"')
            carriers = {one.deployment_id for one in changes if one.title == original}
            found += [one for one in own[:place] if one.deployment_id in carriers][-1:]
    return found


def middleware(books: Books, asked: Question) -> dict[str, Number]:
    """Return what Middleware would show."""
    whole = sorted((one for one in books.deployments if one.is_whole), key=lambda one: one.started)
    leads = []
    for change in books.changes:
        runs = [
            one for one in whole if one.service == change.service and one.started >= change.merged
        ]
        if change.created is None or not runs or not asked.holds(change.merged):
            continue
        first = min(commit.authored for commit in change.commits if commit.is_original)
        total = max(0.0, seconds(first, change.created))
        if change.approved:
            total += seconds(change.created, change.merged)
        elif change.first_review:
            total += seconds(change.created, change.first_review)
        leads.append(total + seconds(change.merged, runs[0].started))
    units = [one for one in whole if asked.holds(one.finished)]
    opened = [one for one in books.incidents if asked.holds(one.created)]
    failed = [
        one
        for one in units
        if any(
            books.last_before(incident.created, lambda deployed: deployed.started) is one
            for incident in opened
        )
    ]
    resolved = [
        seconds(one.created, one.resolved)
        for one in books.incidents
        if one.resolved and asked.holds(one.resolved)
    ]
    weeks = {day - DAY * day.weekday() for day in asked.days}
    return {
        "deployment_frequency": float(len(units) // len(weeks)),
        "lead_time_for_changes": fmean(leads) if leads else None,
        "change_failure_rate": len(failed) / len(units) if units else None,
        "time_to_restore": fmean(resolved) if resolved else None,
    }


PEERS: dict[str, Callable[[Books, Question], dict[str, Number]]] = {
    "datadog": datadog,
    "devlake": devlake,
    "four_keys": four_keys,
    "gitlab": gitlab,
    "middleware": middleware,
}
