"""From true events to the systems' records: what each stream holds, by parent."""

from collections import defaultdict
from functools import partial

import orjson

from data.sandbox import (
    render_cmdb,
    render_code,
    render_pagerduty,
    render_pipelines,
    render_servicenow,
)
from data.sandbox.company import SERVICES, Service
from data.sandbox.github_shapes import repository
from data.sandbox.model import Deployment, History, Pull, Run
from data.sandbox.versions import Body, Versioned, iso, still, versioned
from data.sandbox.worktime import DAY

Streams = dict[tuple[str, str], dict[str, list[Versioned]]]


def build_streams(history: History, start: int) -> Streams:
    """Return every record of every system, by (source, stream) and then by parent."""
    builder = _Builder(history, start)
    builder.github()
    builder.servicenow()
    builder.pagerduty()
    return {key: dict(parents) for key, parents in builder.streams.items()}


def _repository(service: Service, created_at: int, at: int) -> Body:
    return repository(service, created_at=iso(created_at), pushed_at=iso(at))


class _Builder:
    """Collects the records of one history."""

    def __init__(self, history: History, start: int) -> None:
        self.history, self.start = history, start
        self.streams: dict[tuple[str, str], dict[str, list[Versioned]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._born = start - 220 * DAY

    def _add(self, source: str, stream: str, row: Versioned) -> None:
        self.streams[source, stream][row.parent].append(row)

    def github(self) -> None:
        """Add the code host's records."""
        fragments = {}
        for service in SERVICES:
            body = _repository(service, self._born, self._born)
            fragments[service.service_id] = orjson.Fragment(orjson.dumps(body))
            self._code(service)
        for pull in self.history.pulls:
            self._pull(pull, fragments[pull.service.service_id])
        for run in self.history.runs:
            self._run(run, fragments[run.service.service_id])
        for deployment in self.history.deployments:
            self._deployment(deployment)
        for release in self.history.releases:
            render = still(partial(render_code.release, release))
            key, name = str(release.source_id), release.service.repository
            self._add("github", "releases", versioned(key, name, [release.published_at], render))

    def _code(self, service: Service) -> None:
        commits = self.history.commits[service.service_id]
        pushes: list[int | None] = [self._born, *(c.listed_at for c in commits)]
        render = partial(_repository, service, self._born)
        self._add("github", "repositories", versioned(service.repository, "", pushes, render))
        for item in commits:
            if item.listed_at is not None:
                shown = still(partial(render_code.commit, item, service))
                row = versioned(item.sha, service.repository, [item.listed_at], shown)
                row.sort_at = item.committed_at
                self._add("github", "commits", row)

    def _pull(self, pull: Pull, fragment: orjson.Fragment) -> None:
        name = pull.service.repository
        key = f"{name}#{pull.number}"
        times: list[int | None] = [
            t for t in render_code.pull_times(pull) if t and t >= pull.created_at
        ]
        row = versioned(key, name, times, partial(render_code.pull, pull, fragment))
        self._add("github", "pulls", row)
        for review in pull.reviews:
            render = still(partial(render_code.review, review, pull))
            row = versioned(str(review.source_id), key, [review.submitted_at], render)
            self._add("github", "pull_reviews", row)
        for commit in pull.commits:
            render = still(partial(render_code.commit, commit, pull.service))
            row = versioned(commit.sha, key, [commit.committed_at], render)
            self._add("github", "pull_commits", row)

    def _run(self, run: Run, fragment: orjson.Fragment) -> None:
        render = partial(render_pipelines.workflow_run, run, fragment)
        times = render_pipelines.run_times(run)
        row = versioned(str(run.source_id), run.service.repository, times, render)
        self._add("github", "workflow_runs", row)
        for job in run.jobs:
            course: list[int | None] = [job.started_at, job.completed_at]
            render = partial(render_pipelines.job, job, run)
            parent = f"{run.source_id}@{job.attempt}"
            self._add(
                "github", "workflow_jobs", versioned(str(job.source_id), parent, course, render)
            )

    def _deployment(self, item: Deployment) -> None:
        key = str(item.source_id)
        times: list[int | None] = [item.created_at, *(status[0] for status in item.statuses)]
        render = partial(render_pipelines.deployment, item)
        self._add("github", "deployments", versioned(key, item.service.repository, times, render))
        for place, status in enumerate(item.statuses):
            shown = still(partial(render_pipelines.deployment_status, item, place))
            row = versioned(f"{key}-{place}", key, [status[0]], shown)
            self._add("github", "deployment_statuses", row)

    def servicenow(self) -> None:
        """Add the service desk's records."""
        tables: dict[str, list[Versioned]] = {
            "incident": [
                render_servicenow.incident(item)
                for item in self.history.incidents
                if item.in_servicenow
            ],
            "change_request": [
                render_servicenow.change_request(item) for item in self.history.change_requests
            ],
            "sysapproval_approver": [
                render_servicenow.approval(item, request)
                for request in self.history.change_requests
                for item in request.approvals
            ],
            "cmdb_ci": render_cmdb.configuration_items(self.start),
            "cmdb_rel_ci": render_cmdb.relations(self.start),
        }
        for table, rows in tables.items():
            self.streams["servicenow", table][""] = rows

    def pagerduty(self) -> None:
        """Add the on-call system's records."""
        paged = [item for item in self.history.incidents if item.in_pagerduty]
        self.streams["pagerduty", "incidents"][""] = [render_pagerduty.incident(i) for i in paged]
        entries = [entry for item in paged for entry in render_pagerduty.log_entries(item)]
        self.streams["pagerduty", "log_entries"][""] = entries
        self.streams["pagerduty", "services"][""] = render_pagerduty.services(self.start)
