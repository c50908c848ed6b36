"""Read what was checked on the commits of GitHub that were merged or deployed, within a budget.

The reading of check runs costs a request a commit, so each stream of each repository has a budget
of commits a run; what is left out is said. A token that may not read them is asked no further.
Source: https://docs.github.com/en/rest/checks/runs (latest run of each check).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors._contract import Page, Refusal
from connectors._errors import BudgetSpent, PermissionMissing

if TYPE_CHECKING:
    from connectors._github_walks import Walk


@dataclass
class CheckBudget:
    """Count the commits of one repository whose check runs were asked for, and those left out."""

    commits: int
    asked: set[str] = field(default_factory=set)
    left_out: dict[str, set[str]] = field(default_factory=dict)
    is_refused: bool = False


def check_pages(
    walk: "Walk", name: str, sha: object, *, key: str, etags: dict[str, Any] | None = None
) -> Iterator[Page | Refusal]:
    """Yield the check runs of one commit, once a walk and while the budget lasts."""
    budget = walk.checks
    if not isinstance(sha, str) or sha in budget.asked or budget.is_refused or not budget.commits:
        return
    if len(budget.asked) >= budget.commits:
        budget.left_out.setdefault(name, set()).add(sha)
        return
    budget.asked.add(sha)
    for item in walk.child(
        name,
        f"/commits/{sha}/check-runs",
        key=key,
        context={"commit_sha": sha},
        etags=etags,
        is_optional=True,
    ):
        if isinstance(item, Refusal) and item.reason == PermissionMissing.code:
            budget.is_refused = True
        yield item


def left_out(walk: "Walk") -> Iterator[Refusal]:
    """Yield what the budget kept from being read."""
    for name, commits in walk.checks.left_out.items():
        yield Refusal(
            stream=name,
            reason=BudgetSpent.code,
            detail=(
                f"the check runs of {len(commits)} older commits were not read, because "
                f"check_run_budget allows {walk.checks.commits} commits a run and repository"
            ),
            url="",
            read_at=walk.now,
            context=walk.context,
            partition=walk.repository,
            is_final=True,
        )


def head_of(record: Mapping[str, Any]) -> object:
    """Return the last commit of a pull request's branch, whose checks it was merged with."""
    return (record.get("head") or {}).get("sha")
