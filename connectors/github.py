"""Read GitHub: what is changed, checked, approved, deployed and released, its rules and alerts.

API: https://docs.github.com/en/rest (repos, branches, commits, pulls, checks, deployments,
environments, actions, releases, code-scanning, dependabot), version 2022-11-28, read November 2026.
Works with GitHub Enterprise Server (base_url ends in /api/v3).
Auth: a token with read access to contents, pull requests, deployments and actions; with read access
to checks, code scanning alerts, Dependabot alerts and administration (for the protection of
branches) too, where those are wanted.
Limits: 5,000 requests an hour; x-ratelimit-reset is an epoch; both limits come as 403 or 429; a
reply that has not changed (304) is free.
Traps: pages go by the Link header only, and its addresses name repositories by number; pull
requests and deployments know no "since"; a query for runs ends after 1,000 of them; a run can be
started again for 32 days; a deployment's own updated_at is not when it finished; approvals state
neither a number nor a time; what is off in a repository answers 403 or 404; that a branch is not
protected is a 404, too, and so is its protection for who may not administer the repository.
Tested: the official description (OpenAPI), recorded and scripted replies.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from connectors._contract import (
    Access,
    LimitRule,
    Page,
    Pattern,
    Refusal,
    Resume,
    Since,
    State,
    Stream,
)
from connectors._github_branches import branch_pages
from connectors._github_checks import CheckBudget, left_out
from connectors._github_extras import (
    code_scanning_pages,
    dependabot_pages,
    environment_pages,
    release_pages,
    repository_pages,
)
from connectors._github_refusals import Told, go_on_if_refused
from connectors._github_runs import run_pages
from connectors._github_walks import Walk, commit_pages, deployment_pages, pull_pages
from connectors._http import HttpClient
from connectors._paging import go_on_after

KIND = "github"
DAY = 86_400

STREAMS = (
    Stream("repositories", "One row per repository of the organisation.", cursor="none"),
    Stream(
        "commits",
        "One row per commit of the default branch.",
        key=("sha",),
        cursor="updated",
        overlap_seconds=30 * DAY,
        deletes="kept",
    ),
    Stream("pulls", "One row per pull request.", cursor="updated", overlap_seconds=3600),
    Stream("pull_reviews", "One row per review of a pull request.", parent="pulls"),
    Stream(
        "pull_commits", "One row per commit of a merged pull request.", key=("sha",), parent="pulls"
    ),
    Stream(
        "pull_checks",
        "One row per check of a merged pull request's last commit.",
        format="object",
        records_path="$.check_runs",
        parent="pulls",
        deletes="kept",
    ),
    Stream("deployments", "One row per deployment.", cursor="created", overlap_seconds=14 * DAY),
    Stream("deployment_statuses", "One row per status of a deployment.", parent="deployments"),
    Stream(
        "deployment_checks",
        "One row per check of a deployed commit.",
        format="object",
        records_path="$.check_runs",
        parent="deployments",
        deletes="kept",
    ),
    Stream(
        "environments",
        "One row per environment of a repository, with its protection rules.",
        format="object",
        records_path="$.environments",
    ),
    Stream(
        "branch_protections",
        "One row per question about a default branch: its protection, its rules, code owners.",
        key=("aspect",),
    ),
    Stream(
        "workflow_runs",
        "One row per workflow run, in its last attempt.",
        format="object",
        records_path="$.workflow_runs",
        cursor="window",
        overlap_seconds=32 * DAY,
        deletes="kept",
    ),
    Stream(
        "workflow_jobs",
        "One row per job of a run that deploys or releases.",
        format="object",
        records_path="$.jobs",
        parent="workflow_runs",
        deletes="kept",
    ),
    Stream(
        "workflow_approvals",
        "One row per review of a run's deployments.",
        key=("state", "user"),
        parent="workflow_runs",
        deletes="kept",
    ),
    Stream("releases", "One row per release, with its assets.", cursor="none"),
    Stream(
        "code_scanning_alerts",
        "One row per alert of code scanning.",
        key=("number",),
        cursor="updated",
        overlap_seconds=3600,
    ),
    Stream(
        "dependabot_alerts",
        "One row per alert of Dependabot.",
        key=("number",),
        cursor="updated",
        overlap_seconds=3600,
    ),
)

PAGES_OF = {
    "commits": commit_pages,
    "pulls": pull_pages,
    "deployments": deployment_pages,
    "workflow_runs": run_pages,
    "releases": release_pages,
    "environments": environment_pages,
    "branch_protections": branch_pages,
    "code_scanning_alerts": code_scanning_pages,
    "dependabot_alerts": dependabot_pages,
}
OPTIONAL = frozenset({"environments", "code_scanning_alerts", "dependabot_alerts"})


class Config(BaseModel):
    """Say which organisation or repositories to read, and with which token."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: SecretStr
    base_url: str = "https://api.github.com"
    organisation: str = ""
    repositories: tuple[str, ...] = ()
    deploy_workflow_pattern: Pattern = "(?i)deploy|release"
    check_run_budget: int = Field(default=200, ge=0)
    approvals: bool = True
    since: Since | None = None
    ca_bundle: Path | None = None

    @model_validator(mode="after")
    def _names_repositories(self) -> "Config":
        if not self.organisation and not self.repositories:
            raise ValueError("set organisation, or repositories as a list of owner/name")
        return self


@dataclass(frozen=True)
class GitHubConnector:
    """Read one organisation, or the repositories that are named."""

    config: Config
    name: str
    kind: str = KIND
    streams: tuple[Stream, ...] = STREAMS
    # created_at and default_branch by repository
    _known: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def access(self) -> Access:
        """Return the address, the token's header and the limits of GitHub."""
        token = self.config.token.get_secret_value()
        return Access(
            base_url=self.config.base_url,
            headers={"authorization": SecretStr(f"Bearer {token}")},
            accept="application/vnd.github+json",
            limit=LimitRule(
                remaining_header="x-ratelimit-remaining",
                reset_header="x-ratelimit-reset",
                reset_is="epoch",
                is_403_a_limit=True,
            ),
            remedy=(
                f"set a valid token for source {self.name!r} that may read contents, pull "
                "requests, deployments and actions"
            ),
            ca_bundle=self.config.ca_bundle,
        )

    def pages(
        self,
        stream: Stream,
        *,
        cursor: State | None,
        resume: Resume,
        client: HttpClient | None,
        now: datetime,
    ) -> Iterator[Page | Refusal]:
        """Yield the stream's pages, a repository after the other, children before their parent.

        Errors: any ConnectorError; a repository that refuses is set aside and the next one read.
        """
        if client is None:
            raise TypeError("GitHub is read over HTTP and needs a client")
        if stream.name == "repositories":
            yield from self._list(client, stream=stream, now=now)
            return
        if not self._known:
            listing = self.streams[0]
            for _ in self._list(client, stream=listing, now=now):
                continue
        known: Mapping[str, State] = (cursor or {}).get("repositories", {})
        for repository, (created_at, branch) in sorted(self._known.items()):
            reached = resume.checkpoints.get(repository, {})
            if reached.get("is_done"):
                continue
            walk = Walk(
                client=client,
                source=self.name,
                stream=stream,
                children={child.name: child for child in STREAMS if child.parent == stream.name},
                repository=repository,
                created_at=created_at,
                branch=branch,
                known=known.get(repository, {}),
                reached=reached,
                finished=resume.children,
                since=self.config.since,
                now=now,
                deploys=re.compile(self.config.deploy_workflow_pattern),
                checks=CheckBudget(self.config.check_run_budget),
                approvals=self.config.approvals,
            )
            told: Told = {
                "stream": stream.name,
                "read_at": now,
                "context": walk.context,
                "partition": repository,
            }
            is_optional = stream.name in OPTIONAL
            pages = partial(PAGES_OF[stream.name], walk)
            yield from go_on_after(
                partial(go_on_if_refused, pages, **told, is_final=is_optional), **told
            )
            yield from left_out(walk)

    def reads_from(self, stream: Stream, *, cursor: State | None, now: datetime) -> datetime | None:
        """Return the instant before which nothing is asked for."""
        return self.config.since

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return what each repository's last page left, over what was known before."""
        known = dict((cursor or {}).get("repositories", {}))
        for repository, checkpoint in checkpoints.items():
            known[repository] = checkpoint.get("cursor", {})
        return {"repositories": known}

    def _list(self, client: HttpClient, *, stream: Stream, now: datetime) -> Iterator[Page]:
        for page, records in repository_pages(
            client,
            source=self.name,
            stream=stream,
            organisation=self.config.organisation,
            repositories=self.config.repositories,
        ):
            for record in records:
                self._known[str(record["full_name"])] = (
                    str(record.get("created_at") or ""),
                    str(record.get("default_branch") or ""),
                )
            yield page


def connect(config: Config, *, name: str) -> GitHubConnector:
    """Return the connector for one configured source."""
    return GitHubConnector(config=config, name=name)
