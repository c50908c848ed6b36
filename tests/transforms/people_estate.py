"""Who did what, in the sources' own formats: changes with authors and reviews, requests, grants."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.transforms.estate import Estate, Record


def iso(instant: datetime) -> str:
    """Return an instant as GitHub writes it."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def desk(instant: datetime) -> str:
    """Return an instant as ServiceNow writes it."""
    return instant.strftime("%Y-%m-%d %H:%M:%S")


@dataclass(frozen=True)
class Review:
    """A review; `on` counts the change's commits from 0, `after` is the time from the merge."""

    login: str
    on: int = -1
    state: str = "APPROVED"
    after: timedelta = timedelta(hours=-1)


@dataclass
class People:
    """Adds records of people to an estate; every change builds on the last of its service."""

    estate: Estate
    last: dict[str, str] = field(default_factory=dict)

    def service(self, name: str, *, tier: int | None = 2, team: str | None = None) -> str:
        """Declare a service of a tier and return its id."""
        self.estate.service(name, team=team)
        row = next(one for one in self.estate.catalogue if one.get("service_id") == name)
        row["tier"] = tier
        return name

    def first(self, service: str, when: datetime) -> str:
        """Deploy what was there before anything is known."""
        sha = self.estate.commit(service, when - timedelta(days=30))
        self.last[service] = sha
        return self.estate.deploy(service, sha, when, minutes=5)

    def change(
        self,
        service: str,
        merged: datetime,
        *,
        authors: tuple[str, ...] = ("ada",),
        opener: str = "",
        reviews: tuple[Review, ...] = (Review("bob"),),
        message: str = "Work",
        is_by_address: bool = False,
    ) -> str:
        """Merge a pull request of one commit an author, squashed; return the sha of the merge."""
        estate, repository = self.estate, f"acme/{service}"
        number = estate.number()
        parents = (self.last[service],) if service in self.last else ()
        merge = estate.commit(service, merged, parents=parents, title="Squashed")
        opener = opener or authors[0]
        begun = merged - timedelta(hours=6)
        estate.add(
            "github",
            "pulls",
            {
                "number": number,
                "title": "A change",
                "html_url": f"https://example.org/pull/{number}",
                "state": "closed",
                "user": {"login": opener, "type": "Bot" if "[bot]" in opener else "User"},
                "head": {"ref": "feature"},
                "base": {"ref": "main"},
                "labels": [],
                "merge_commit_sha": merge,
                "created_at": iso(begun),
                "updated_at": iso(merged),
                "merged_at": iso(merged),
                "closed_at": iso(merged),
            },
            repository=repository,
        )
        shas = []
        for place, author in enumerate(authors):
            shas.append(f"{estate.number():040x}")
            stamp = {
                "name": author,
                "email": f"{author}@example.org",
                "date": iso(begun + timedelta(minutes=place)),
            }
            estate.add(
                "github",
                "pull_commits",
                {
                    "sha": shas[-1],
                    "parents": [{"sha": "0" * 40}],
                    "commit": {"author": stamp, "committer": stamp, "message": message},
                    "author": None
                    if is_by_address
                    else {"login": author, "type": "Bot" if "[bot]" in author else "User"},
                },
                repository=repository,
                pull_number=number,
            )
        for review in reviews:
            estate.add(
                "github",
                "pull_reviews",
                {
                    "id": estate.number(),
                    "user": {"login": review.login, "type": "User"},
                    "state": review.state,
                    "commit_id": shas[review.on],
                    "submitted_at": iso(merged + review.after),
                    "html_url": "https://example.org/review",
                },
                repository=repository,
                pull_number=number,
            )
        self.last[service] = merge
        return merge

    def deploy(
        self, service: str, finished: datetime, *, actor: str = "deploy[bot]", **payload: Any
    ) -> str:
        """Deploy the last change of a service, started by somebody, and return its id."""
        sha = self.last[service]
        deployment = self.estate.deploy(service, sha, finished, minutes=5, **payload)
        record, _ = self.estate.streams["github", "deployments"][-1]
        record["creator"] = {"login": actor}
        return deployment

    def request(self, service: str, deployment: str, opened: datetime, **fields: Any) -> str:
        """Add a change request for a deployment and return its sys_id."""
        key = self.estate.change_request(service, opened, deployment)
        record, _ = self.estate.streams["servicenow", "change_request"][-1]
        record.update({"short_description": "Release", **fields})
        return key

    def approval(self, request: str, approver: str, decided: datetime) -> None:
        """Add an approval of a change request."""
        self.estate.add(
            "servicenow",
            "sysapproval_approver",
            {
                "sys_id": f"ap-{self.estate.number()}",
                "sysapproval": {"value": request},
                "approver": {"value": approver},
                "state": "approved",
                "sys_created_on": desk(decided - timedelta(minutes=30)),
                "sys_updated_on": desk(decided),
            },
        )

    def run_approval(self, service: str, run: int, approver: str) -> None:
        """Add an approval of a pipeline run for production."""
        self.estate.add(
            "github",
            "workflow_approvals",
            {
                "state": "approved",
                "user": {"login": approver},
                "environments": [{"name": "production"}],
            },
            repository=f"acme/{service}",
            run_id=run,
        )

    def protection(self, service: str, **rules: Any) -> None:
        """Add the production environment of a service's repository with its rules."""
        reviewers: Record = {
            "type": "required_reviewers",
            "prevent_self_review": rules.get("prevents_self", True),
            "reviewers": [{"type": "User", "reviewer": {"login": "carla"}}],
        }
        self.estate.add(
            "github",
            "environments",
            {
                "name": "production",
                "html_url": "https://example.org/environment",
                "protection_rules": [reviewers] if rules.get("is_reviewed", True) else [],
                "can_admins_bypass": rules.get("can_bypass", False),
                "created_at": "2026-01-01T00:00:00Z",
                "updated_at": "2026-01-01T00:00:00Z",
            },
            repository=f"acme/{service}",
        )
