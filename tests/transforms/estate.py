"""Write small estates in the sources' own formats, so that models are tested from raw pages on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from orchestration.lake import Lake
from orchestration.lake_run import BulkPage

Record = dict[str, Any]
Streams = dict[tuple[str, str], list[tuple[Record, Record]]]


def at(text: str) -> datetime:
    """Return an instant written as `2026-03-01 10:00`, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _instant(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _desk(instant: datetime | None) -> str:
    return "" if instant is None else instant.strftime("%Y-%m-%d %H:%M:%S")


@dataclass
class Estate:
    """Collect records by source and stream; `write` makes pages of them.

    Every service owns one repository `acme/<service>` unless `shared` names another.
    """

    catalogue: list[Record] = field(default_factory=list)
    streams: Streams = field(default_factory=dict)
    numbers: int = 0

    def __post_init__(self) -> None:
        """Start with the organisation and its production environment."""
        self.catalogue += [
            {"record_type": "organisation", "name": "Acme", "report_timezone": "Europe/Berlin"},
            {"record_type": "environment", "name": "production", "tier": "production"},
            {"record_type": "environment", "name": "staging", "tier": "staging"},
        ]

    def number(self) -> int:
        """Return a number that no record has yet."""
        self.numbers += 1
        return self.numbers

    def add(self, source: str, stream: str, record: Record, **context: object) -> None:
        """Keep one record of a source's stream with the context of its page."""
        texts = {key: str(value) for key, value in context.items()}
        self.streams.setdefault((source, stream), []).append((record, texts))

    def service(self, name: str, *, team: str | None = None, repository: str = "") -> str:
        """Declare a service and return its id."""
        self.catalogue.append(
            {
                "record_type": "service",
                "service_id": name,
                "name": name,
                "team_id": team,
                "tier": 2,
                "repositories": [repository or f"acme/{name}"],
                "aliases": [],
            }
        )
        if team and not any(row.get("team_id") == team for row in self.catalogue[:-1]):
            self.catalogue.append({"record_type": "team", "team_id": team, "name": team})
        return name

    def policy(self, section: str, key: str, settings: Record) -> None:
        """Write one entry of a section of policy.yml."""
        self.catalogue.append(
            {
                "record_type": "policy",
                "name": section,
                "key": key,
                "value": json.dumps(settings, sort_keys=True),
            }
        )

    def row(self, entity: str, **fields: object) -> None:
        """Add a row of a table of somebody's own, in the words of its contract."""
        told = {
            name: _instant(value) if isinstance(value, datetime) else value
            for name, value in fields.items()
        }
        record = {"entity": entity, "row_key": str(fields["id"]), "reason": None, "fields": told}
        self.add("files", "rows", record)

    def commit(
        self,
        service: str,
        authored: datetime,
        *,
        parents: tuple[str, ...] = (),
        title: str = "Change something",
        committed: datetime | None = None,
        repository: str = "",
        is_bot: bool = False,
    ) -> str:
        """Add a commit to a service's repository and return its sha."""
        sha = f"{self.number():040x}"
        person = {"name": "Ada", "email": "ada@example.org"}
        self.add(
            "github",
            "commits",
            {
                "sha": sha,
                "parents": [{"sha": parent} for parent in parents],
                "commit": {
                    "author": {**person, "date": _iso(authored)},
                    "committer": {**person, "date": _iso(committed or authored)},
                    "message": title,
                },
                "author": {"login": "ada", "type": "Bot" if is_bot else "User"},
                "html_url": f"https://example.org/{sha}",
            },
            repository=repository or f"acme/{service}",
        )
        return sha

    def deploy(
        self,
        service: str,
        sha: str,
        finished: datetime,
        *,
        state: str = "success",
        minutes: int = 0,
        description: str = "",
        environment: str = "production",
        repository: str = "",
        task: str = "deploy",
        source: str = "github",
        **payload: object,
    ) -> str:
        """Add a deployment with its statuses and return its id; a source begins with its kind."""
        number = self.number()
        repository = repository or f"acme/{service}"
        started = finished - timedelta(minutes=minutes)
        self.add(
            source,
            "deployments",
            {
                "id": number,
                "sha": sha,
                "ref": "main",
                "task": task,
                "environment": environment,
                "payload": {"service": service, **payload},
                "creator": {"login": "deployer"},
                "url": f"https://example.org/deployments/{number}",
                "created_at": _iso(started),
                "updated_at": _iso(finished),
            },
            repository=repository,
        )
        for word, instant in (("in_progress", started), (state, finished)):
            self.add(
                source,
                "deployment_statuses",
                {
                    "id": self.number(),
                    "state": word,
                    "description": description if word == state else "",
                    "created_at": _iso(instant),
                },
                repository=repository,
                deployment_id=number,
            )
        return f"{source}:{number}"

    def squash(
        self,
        service: str,
        authored: list[datetime],
        merged: datetime,
        *,
        parents: tuple[str, ...],
    ) -> str:
        """Add a squash-merged pull request with its original commits; return the merge sha."""
        merge = self.commit(service, merged, parents=parents, title="Squashed")
        originals = [(f"{self.number():040x}", instant, "Work") for instant in authored]
        self.pull(service, merge, merged, originals)
        return merge

    def pull(
        self,
        service: str,
        merge_sha: str,
        merged: datetime,
        originals: list[tuple[str, datetime, str]],
    ) -> None:
        """Add a merged pull request with its original commits (sha, authored, title)."""
        repository, number = f"acme/{service}", self.number()
        self.add(
            "github",
            "pulls",
            {
                "number": number,
                "title": "A change",
                "html_url": f"https://example.org/pull/{number}",
                "state": "closed",
                "user": {"login": "ada", "type": "User"},
                "head": {"ref": "feature"},
                "base": {"ref": "main"},
                "labels": [],
                "merge_commit_sha": merge_sha,
                "created_at": _iso(max(instant for _, instant, _ in originals)),
                "updated_at": _iso(merged),
                "merged_at": _iso(merged),
                "closed_at": _iso(merged),
            },
            repository=repository,
        )
        for sha, instant, title in originals:
            stamp = {"name": "Ada", "email": "ada@example.org", "date": _iso(instant)}
            self.add(
                "github",
                "pull_commits",
                {
                    "sha": sha,
                    "parents": [{"sha": "0" * 40}],
                    "commit": {"author": stamp, "committer": stamp, "message": title},
                    "author": {"login": "ada", "type": "User"},
                },
                repository=repository,
                pull_number=number,
            )

    def configuration_item(self, service: str) -> Record:
        """Return the reference to a service's configuration item, adding it when it is new."""
        key = f"ci-{service}"
        known = self.streams.get(("servicenow", "cmdb_ci"), [])
        if all(record["sys_id"] != key for record, _ in known):
            self.add("servicenow", "cmdb_ci", {"sys_id": key, "name": service})
        return {"link": f"https://example.org/{key}", "value": key}

    def incident(
        self,
        service: str,
        began: datetime,
        restored: datetime | None,
        *,
        severity: int = 1,
        caused_by: str = "",
        parent: str = "",
        close_code: str = "",
    ) -> str:
        """Add an incident; `caused_by` is a change request or the deployment a new one names."""
        key = f"inc-{self.number()}"
        request: object = ""
        if caused_by.startswith("chg-"):
            request = {"link": "", "value": caused_by}
        elif caused_by:
            request = {"link": "", "value": self.change_request(service, began, caused_by)}
        self.add(
            "servicenow",
            "incident",
            {
                "sys_id": key,
                "number": key.upper(),
                "short_description": "Something is broken",
                "state": "7" if restored else "2",
                "severity": str(severity),
                "cmdb_ci": self.configuration_item(service),
                "caused_by": request,
                "parent_incident": {"link": "", "value": parent.split(":")[-1]} if parent else "",
                "close_code": close_code,
                "opened_at": _desk(began),
                "u_impact_started_at": _desk(began),
                "resolved_at": _desk(restored),
                "closed_at": _desk(restored),
                "sys_updated_on": _desk(restored or began),
            },
        )
        return f"servicenow:{key}"

    def change_request(self, service: str, opened: datetime, deployment: str) -> str:
        """Add a change request that stands for a deployment and return its sys_id."""
        key = f"chg-{self.number()}"
        self.add(
            "servicenow",
            "change_request",
            {
                "sys_id": key,
                "number": key.upper(),
                "type": "normal",
                "state": "3",
                "correlation_id": deployment,
                "cmdb_ci": self.configuration_item(service),
                "sys_created_on": _desk(opened),
                "sys_updated_on": _desk(opened),
            },
        )
        return key

    def run_with_jobs(self, service: str, jobs: Mapping[str, str]) -> int:
        """Add a green pipeline run with jobs by name and conclusion; return its number."""
        number, repository = self.number(), f"acme/{service}"
        self.add(
            "github",
            "workflow_runs",
            {"id": number, "name": "Deploy", "status": "completed", "conclusion": "success"},
            repository=repository,
        )
        for name, conclusion in jobs.items():
            self.add(
                "github",
                "workflow_jobs",
                {
                    "id": self.number(),
                    "run_id": number,
                    "name": name,
                    "status": "completed",
                    "conclusion": conclusion,
                },
                repository=repository,
                run_id=number,
            )
        return number

    def job(
        self,
        service: str,
        run: int,
        name: str,
        finished: datetime,
        *,
        conclusion: str = "success",
        attempt: int = 1,
    ) -> None:
        """Add a job of one minute to a pipeline run."""
        self.add(
            "github",
            "workflow_jobs",
            {
                "id": self.number(),
                "run_id": run,
                "name": name,
                "status": "completed",
                "conclusion": conclusion,
                "run_attempt": attempt,
                "started_at": _iso(finished - timedelta(minutes=1)),
                "completed_at": _iso(finished),
            },
            repository=f"acme/{service}",
            run_id=run,
        )

    def tag(self, service: str, sha: str, created: datetime, name: str) -> str:
        """Add a release tag of a service's repository, read by git, and return its deployment."""
        repository = f"acme/{service}"
        self.add(
            "git",
            "tags",
            {
                "name": name,
                "commit_sha": sha,
                "created_at": str(int(created.timestamp())),
                "is_annotated": "true",
            },
            repository=repository,
        )
        return f"git:{repository}@{name}"

    def incident_edit(self, incident: str, updated: datetime, **fields: object) -> None:
        """Add a later version of an incident: its last one with some fields changed."""
        records = [record for record, _ in self.streams["servicenow", "incident"]]
        last = [one for one in records if one["sys_id"] == incident.split(":")[-1]][-1]
        texts = {
            key: _desk(value) if isinstance(value, datetime) else value
            for key, value in fields.items()
        }
        self.add("servicenow", "incident", {**last, **texts, "sys_updated_on": _desk(updated)})

    def write(self, root: Path, *, read_at: datetime, window_from: datetime | None = None) -> None:
        """Write everything as bulk pages, read at one instant, and forget it.

        A source named `github-old` is of the kind github.
        """
        lake = Lake(root)
        lake.write_catalogue(list(self.catalogue), read_at=read_at)
        for (source, stream), records in self.streams.items():
            lines = [json.dumps({**record, "_context": texts}) for record, texts in records]
            page = BulkPage(body="\n".join(lines).encode(), row_count=len(lines), read_at=read_at)
            lake.append_bulk(
                source,
                stream,
                kind=source.split("-")[0],
                pages=[page],
                read_at=read_at,
                window_from=window_from,
            )
        self.streams.clear()
