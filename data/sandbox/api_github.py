"""GitHub's REST API as far as release metrics need it, answered from the sample company.

Source: https://docs.github.com/rest (API version 2022-11-28). Pages follow the Link header
only, and next links go by the repository's number, as on the real host.
"""

import hashlib
import re
from collections.abc import Callable

from data.sandbox.branch_rules import branch_reply
from data.sandbox.company import ORGANISATION, SERVICES
from data.sandbox.github_shapes import FIRST_REPOSITORY_ID
from data.sandbox.replies import Query, Reply, array, epoch, error, first, number, with_values
from data.sandbox.versions import Versioned
from data.sandbox.world import World

_MAX_RUNS = 1000
_DOCUMENTATION = "https://docs.github.com/rest"
_BY_NUMBER = {FIRST_REPOSITORY_ID + s.index: s.repository for s in SERVICES}
_BY_REPOSITORY = {service.repository: service for service in SERVICES}
_NUMBERS = {name: number for number, name in _BY_NUMBER.items()}
_REPOSITORY = re.compile(r"^/(?:repos/([^/]+/[^/]+)|repositories/(\d+))(/.*)?$")
_Lister = Callable[["GithubApi", str, str, Query, int], list[bytes] | None]


class GithubApi:
    """Answers GET requests below the API root."""

    def __init__(self, world: World) -> None:
        """Index what is asked for by number."""
        self.world = world
        self._sorted: dict[tuple[str, str, int], list[Versioned]] = {}

    def is_allowed(self, authorization: str) -> bool:
        """Return whether the Authorization header is right."""
        token = self.world.tokens.github
        return authorization in {f"Bearer {token}", f"token {token}"}

    @staticmethod
    def refusal() -> Reply:
        """Return the answer to a wrong or missing token."""
        body = {"message": "Bad credentials", "documentation_url": _DOCUMENTATION, "status": "401"}
        return error(401, body)

    def answer(self, path: str, query: Query, *, at: int, root: str) -> Reply:
        """Return the reply to one request as of a simulated instant."""
        if path == f"/orgs/{ORGANISATION}/repos":
            names = self._shown("repositories", "", at)
            return self._page(names, path, query, root)
        match = _REPOSITORY.match(path)
        if match is None:
            return _missing()
        name = match[1] or _BY_NUMBER.get(int(match[2] or 0), "")
        if name not in _NUMBERS:
            return _missing()
        return self._inside(name, match[3] or "", query, at, root)

    def _inside(self, name: str, rest: str, query: Query, at: int, root: str) -> Reply:
        if not rest:
            row = next(r for r in self.world.records("github", "repositories") if r.key == name)
            body = row.body_at(at)
            return Reply(body) if body else _missing()
        answered = branch_reply(_BY_REPOSITORY[name], rest, root=root)
        if answered is not None:
            return answered
        for pattern, lister, wrapper in _ROUTES:
            match = pattern.match(rest)
            if match is None:
                continue
            try:
                bodies = lister(self, name, match[1] if match.groups() else "", query, at)
            except ValueError:
                return error(422, {"message": "Validation Failed", "status": "422"})
            if bodies is None:
                return _missing()
            own = f"/repositories/{_NUMBERS[name]}{rest}"
            return self._page(bodies, own, query, root, wrapper=wrapper)
        return _missing()

    def _page(
        self, bodies: list[bytes], path: str, query: Query, root: str, *, wrapper: str = ""
    ) -> Reply:
        size = min(max(number(query, "per_page", 30), 1), 100)
        page = max(number(query, "page", 1), 1)
        total = len(bodies)
        last = max((total + size - 1) // size, 1)
        body = array(bodies[(page - 1) * size : page * size])
        if wrapper:
            body = b'{"total_count":%d,"%s":%s}' % (total, wrapper.encode(), body)
        headers = {"ETag": f'W/"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'}
        targets = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
        wanted = (["prev", "first"] if page > 1 else []) + (["next", "last"] if page < last else [])
        links = [
            f'<{root}{path}?{with_values(query, per_page=size, page=targets[rel])}>; rel="{rel}"'
            for rel in wanted
        ]
        if links:
            headers["Link"] = ", ".join(links)
        return Reply(body, 200, headers)

    def _rows(self, stream: str, parent: str, at: int) -> list[Versioned]:
        return [r for r in self.world.records("github", stream, parent) if r.changed_at(at)]

    def _shown(self, stream: str, parent: str, at: int) -> list[bytes]:
        return _bodies(self._rows(stream, parent, at), at)

    def commits(self, name: str, _: str, query: Query, at: int) -> list[bytes] | None:
        """Return the default branch's commits, newest committer date first."""
        branch = first(query, "sha", "main")
        if branch not in {"main", "HEAD", "refs/heads/main"}:
            return None
        rows = self._rows("commits", name, at)
        if first(query, "since"):
            since = epoch(first(query, "since"))
            rows = [r for r in rows if r.sort_at >= since]
        if first(query, "until"):
            until = epoch(first(query, "until"))
            rows = [r for r in rows if r.sort_at <= until]
        return _bodies(sorted(rows, key=lambda r: (-r.sort_at, r.key)), at)

    def pulls(self, name: str, _: str, query: Query, at: int) -> list[bytes] | None:
        """Return pull requests by state, sorted by creation or by last update."""
        state, order = first(query, "state", "open"), first(query, "sort", "created")
        if state not in {"open", "closed", "all"} or order not in {"created", "updated"}:
            raise ValueError(state)
        rows = self._rows("pulls", name, at)
        newest_first = first(query, "direction", "desc") == "desc"
        moved = {r.key: (r.changed_at(at) or 0) if order == "updated" else r.sort_at for r in rows}
        rows = sorted(rows, key=lambda r: (moved[r.key], r.sort_at), reverse=newest_first)
        bodies = _bodies(rows, at)
        if state == "all":
            return bodies
        mark = f'"state":"{state}"'.encode()
        return [body for body in bodies if mark in body]

    def children(self, stream: str, name: str, own: str, at: int) -> list[bytes] | None:
        """Return a pull request's reviews or commits, oldest first."""
        key = f"{name}#{own}"
        if not any(r.key == key for r in self._rows("pulls", name, at)):
            return None
        return self._shown(stream, key, at)

    def deployments(self, name: str, _: str, query: Query, at: int) -> list[bytes] | None:
        """Return deployments, newest first, filtered as the real list can be."""
        rows = sorted(self._rows("deployments", name, at), key=lambda r: -r.sort_at)
        bodies = _bodies(rows, at)
        for field in ("sha", "ref", "task", "environment"):
            wanted = first(query, field)
            if wanted and wanted != "none":
                mark = f'"{field}":"{wanted}"'.encode()
                bodies = [body for body in bodies if mark in body]
        return bodies

    def statuses(self, name: str, own: str, query: Query, at: int) -> list[bytes] | None:
        """Return a deployment's statuses, newest first."""
        if not any(r.key == own for r in self._rows("deployments", name, at)):
            return None
        rows = self._rows("deployment_statuses", own, at)
        return _bodies(sorted(rows, key=lambda r: -r.times[0]), at)

    def runs(self, name: str, _: str, query: Query, at: int) -> list[bytes] | None:
        """Return workflow runs, newest first; a query never yields more than a thousand."""
        rows = sorted(self._rows("workflow_runs", name, at), key=lambda r: -r.sort_at)
        low, high = _created(first(query, "created"))
        bodies = _bodies([r for r in rows if low <= r.sort_at <= high], at)
        for name_, field in (("status", "status"), ("event", "event"), ("head_sha", "head_sha")):
            wanted = first(query, name_)
            if wanted:
                marks = (f'"{field}":"{wanted}"'.encode(), f'"conclusion":"{wanted}"'.encode())
                bodies = [
                    b for b in bodies if marks[0] in b or (field == "status" and marks[1] in b)
                ]
        return bodies[:_MAX_RUNS]

    def jobs(self, name: str, own: str, query: Query, at: int) -> list[bytes] | None:
        """Return the jobs of a run's last attempt, or of all attempts."""
        if not any(r.key == own for r in self._rows("workflow_runs", name, at)):
            return None
        attempts: list[list[bytes]] = []
        for attempt in range(1, 9):
            shown = self._shown("workflow_jobs", f"{own}@{attempt}", at)
            if shown:
                attempts.append(shown)
        if first(query, "filter", "latest") == "all":
            return [body for shown in attempts for body in shown]
        return attempts[-1] if attempts else []

    def releases(self, name: str, _: str, query: Query, at: int) -> list[bytes] | None:
        """Return published releases, newest first."""
        rows = self._rows("releases", name, at)
        return _bodies(sorted(rows, key=lambda r: -r.times[0]), at)

    def nothing(self, name: str, _: str, query: Query, at: int) -> list[bytes] | None:
        """Return the empty list of a feature that the company does not use."""
        return []


def _bodies(rows: list[Versioned], at: int) -> list[bytes]:
    return [body for body in (row.body_at(at) for row in rows) if body is not None]


def _missing() -> Reply:
    return error(
        404, {"message": "Not Found", "documentation_url": _DOCUMENTATION, "status": "404"}
    )


def _created(text: str) -> tuple[int, int]:
    """Return the span of a `created` filter: `>=A`, `<=B`, `A..B`, or one day."""
    everything = (0, 1 << 40)
    if not text:
        return everything
    low, dots, high = text.partition("..")
    if dots:
        return (0 if low == "*" else epoch(low), everything[1] if high == "*" else _end_of(high))
    for sign, step in ((">=", 0), (">", 1)):
        if text.startswith(sign):
            return epoch(text[len(sign) :]) + step, everything[1]
    for sign, step in (("<=", 0), ("<", 1)):
        if text.startswith(sign):
            return 0, _end_of(text[len(sign) :]) - step
    return epoch(text), _end_of(text)


def _end_of(text: str) -> int:
    return epoch(text) + (86399 if len(text) == len("2026-01-01") else 0)


_ROUTES: tuple[tuple[re.Pattern[str], _Lister, str], ...] = (
    (re.compile(r"^/commits$"), GithubApi.commits, ""),
    (re.compile(r"^/pulls$"), GithubApi.pulls, ""),
    (
        re.compile(r"^/pulls/(\d+)/reviews$"),
        lambda api, name, own, _, at: api.children("pull_reviews", name, own, at),
        "",
    ),
    (
        re.compile(r"^/pulls/(\d+)/commits$"),
        lambda api, name, own, _, at: api.children("pull_commits", name, own, at),
        "",
    ),
    (re.compile(r"^/deployments$"), GithubApi.deployments, ""),
    (re.compile(r"^/deployments/(\d+)/statuses$"), GithubApi.statuses, ""),
    (re.compile(r"^/actions/runs$"), GithubApi.runs, "workflow_runs"),
    (re.compile(r"^/actions/runs/(\d+)/jobs$"), GithubApi.jobs, "jobs"),
    (re.compile(r"^/releases$"), GithubApi.releases, ""),
    (re.compile(r"^/environments$"), GithubApi.nothing, "environments"),
    (re.compile(r"^/code-scanning/alerts$"), GithubApi.nothing, ""),
    (re.compile(r"^/dependabot/alerts$"), GithubApi.nothing, ""),
)
