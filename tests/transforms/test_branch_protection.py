"""What GitHub asks for before a change enters a default branch, and what of it could be read."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors import github
from tests.connectors.fakes import json_reply
from tests.transforms.estate import Estate
from tests.transforms.models import NOW, build_models, rows
from tests.transforms.synced import sync_into
from transforms.home import Home

Answer = tuple[Any, int]
FREE = ({"message": "Branch not protected", "status": "404"}, 404)
ABSENT = ({"message": "Not Found", "status": "404"}, 404)
DENIED = ({"message": "Resource not accessible by personal access token"}, 403)
OWNED: Answer = ({"errors": []}, 200)


def classic(count: int = 1, *, admins: bool = True, **reviews: Any) -> Answer:
    """Return a protection as GitHub tells it; reviews are dismissed and owners asked."""
    asked = {
        "required_approving_review_count": count, "dismiss_stale_reviews": True,
        "require_code_owner_reviews": True, "require_last_push_approval": False, **reviews,
    }  # fmt: skip
    return {"required_pull_request_reviews": asked, "enforce_admins": {"enabled": admins}}, 200


def ruled(count: int = 1, **changed: Any) -> Answer:
    """Return the rules of a branch, one of which asks for reviews as the classic one does."""
    parameters = {
        "required_approving_review_count": count, "dismiss_stale_reviews_on_push": True,
        "require_code_owner_review": True, "require_last_push_approval": False, **changed,
    }  # fmt: skip
    return [{"type": "deletion"}, {"type": "pull_request", "parameters": parameters}], 200


NONE: Answer = ([], 200)
SOMEBODY = {"users": [{"login": "octocat"}], "teams": [], "apps": []}
# What each repository answers about its branch: protection, rules, code owners.
CASES: dict[str, tuple[Answer, Answer, Answer]] = {
    "classic": (classic(), NONE, OWNED),
    "both": (classic(1, admins=True), ruled(2), OWNED),
    "last-push": (
        classic(dismiss_stale_reviews=False, require_last_push_approval=True), NONE, OWNED
    ),
    "free": (FREE, NONE, OWNED),
    "checks-only": (({"enforce_admins": {"enabled": True}}, 200), NONE, OWNED),
    "nobody-asked": (classic(0), NONE, OWNED),
    "stale": (classic(dismiss_stale_reviews=False), NONE, OWNED),
    "admins": (classic(admins=False), NONE, OWNED),
    "named": (classic(bypass_pull_request_allowances=SOMEBODY), NONE, OWNED),
    "no-owners": (classic(), NONE, ABSENT),
    "owners-not-asked": (classic(require_code_owner_reviews=False), NONE, OWNED),
    "owners-wrong": (classic(), NONE, ({"errors": [{"line": 3}, {"line": 7}]}, 200)),
    "owners-denied": (classic(), NONE, DENIED),
    "rules-only": (FREE, ruled(), OWNED),
    "rules-and-admins": (classic(admins=False), ruled(), OWNED),
    "not-admin": (ABSENT, NONE, OWNED),
    "denied-with-rules": (DENIED, ruled(), OWNED),
    "free-rules-denied": (FREE, DENIED, OWNED),
    "denied": (DENIED, DENIED, OWNED),
}  # fmt: skip


def _serve(request: httpx.Request) -> httpx.Response:
    found = re.fullmatch(r"/repos/acme/([^/]+)(.*)", request.url.path)
    assert found is not None
    name, path = found.groups()
    if not path:
        return json_reply({"full_name": f"acme/{name}", "default_branch": "main"})
    if path == "/environments":
        return json_reply({"environments": []})
    if path == "/actions/runs":
        return json_reply({"total_count": 0, "workflow_runs": []})
    for place, ending in enumerate(("/protection", "/rules/branches/main", "/codeowners/errors")):
        if path.endswith(ending):
            return json_reply(*CASES[name][place])
    return json_reply([])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(root=tmp_path_factory.mktemp("branches"))
    estate = Estate()
    for name in (*CASES, "elsewhere"):
        estate.service(name, team="shop", repository=f"acme/{name}")
    estate.write(home.lake, read_at=NOW)
    names = tuple(f"acme/{name}" for name in CASES)
    config = github.Config(token=SecretStr("t"), repositories=names)
    sync_into(home, github.connect(config, name="github"), _serve, now=NOW)
    build_models(home, "branch_protections", "control_branch_protection", "control_results")
    yield home


def judged(home: Home, name: str) -> dict[str, Any]:
    """Return what the control says of the repository of a case."""
    where = f"subject_id = '{name}@acme/{name}' and control_id = 'branch_protection'"
    (found,) = rows(home, "control_results", where=where)
    return found


@pytest.mark.parametrize(
    ("name", "verdict", "reason"),
    [
        ("classic", "pass", "protected"),
        ("both", "pass", "protected"),
        ("last-push", "pass", "protected"),
        ("free", "fail", "not_protected"),
        ("checks-only", "fail", "no_review_required"),
        ("nobody-asked", "fail", "no_review_required"),
        ("stale", "fail", "stale_approval_counts"),
        ("admins", "warn", "bypass_allowed"),
        ("named", "warn", "bypass_allowed"),
        ("no-owners", "warn", "no_code_owners"),
        ("owners-not-asked", "warn", "code_owners_not_asked"),
        ("owners-wrong", "warn", "code_owners_wrong"),
        ("owners-denied", "inconclusive", "code_owners_unknown"),
        ("rules-only", "inconclusive", "bypass_unknown"),
        ("rules-and-admins", "inconclusive", "bypass_unknown"),
        ("not-admin", "inconclusive", "partly_unknown"),
        ("denied-with-rules", "inconclusive", "bypass_unknown"),
        ("free-rules-denied", "inconclusive", "partly_unknown"),
        ("denied", "no_data", "protection_unknown"),
        ("elsewhere", "no_data", "protection_unknown"),
    ],
)
def test_m82_the_preventive_state_of_a_branch(
    home: Home, name: str, verdict: str, reason: str
) -> None:
    """M8.2: branch protection and code owners are checked, and what is not known is no pass."""
    found = judged(home, name)
    assert (found["verdict"], found["reason_code"]) == (verdict, reason)


def test_the_stricter_of_protection_and_rules_counts(home: Home) -> None:
    assert judged(home, "both")["value"] == 2
    assert judged(home, "both")["threshold"] == 1


def test_a_verdict_rests_on_the_protection_that_was_read(home: Home) -> None:
    assert judged(home, "classic")["evidence"] == ["branch_protections:github:acme/classic:main"]
    assert judged(home, "elsewhere")["evidence"] == []


def test_every_repository_that_said_anything_is_in_the_table_and_names_nobody(home: Home) -> None:
    found = rows(home, "branch_protections")
    assert {one["repository"] for one in found} == {f"acme/{name}" for name in CASES} - {
        "acme/denied"
    }
    assert "octocat" not in str(found)


def test_what_is_said_names_branch_and_number(home: Home) -> None:
    assert judged(home, "nobody-asked")["reason"] == (
        "A change enters main with 0 approvals, which is fewer than asked for."
    )
    assert judged(home, "owners-wrong")["reason"].startswith("2 lines of the file of code owners")
