"""What the sample company's GitHub asks for before a change enters a default branch.

Source: https://docs.github.com/en/rest/branches/branch-protection and
https://docs.github.com/en/rest/repos/repos#list-codeowners-errors.
"""

import hashlib

import orjson

from data.sandbox.company import SERVICES, Service
from data.sandbox.replies import Reply, error

DOCUMENTATION = "https://docs.github.com/rest"
# The youngest repository was never protected; two forgot to say who owns what.
UNPROTECTED = frozenset({len(SERVICES) - 1})
WITHOUT_OWNERS = frozenset({4, 9})


def branch_reply(service: Service, rest: str, *, root: str) -> Reply | None:
    """Return the answer to a question about a repository's branch; None where it is another."""
    if rest == "/rules/branches/main":
        return _told(b"[]")
    if rest == "/codeowners/errors":
        is_absent = service.index in WITHOUT_OWNERS
        return _absent("Not Found") if is_absent else _told(b'{"errors":[]}')
    if rest == "/branches/main/protection":
        if service.index in UNPROTECTED:
            return _absent("Branch not protected")
        return _told(orjson.dumps(_protection(service, root=root)))
    return None


def _protection(service: Service, *, root: str) -> dict[str, object]:
    """Return a protection that is strict on the first tiers and lets administrators pass below."""
    url = f"{root}/repos/{service.repository}/branches/main/protection"
    is_strict = service.tier <= 2
    return {
        "url": url,
        "enforce_admins": {"url": f"{url}/enforce_admins", "enabled": is_strict},
        "required_pull_request_reviews": {
            "url": f"{url}/required_pull_request_reviews",
            "dismiss_stale_reviews": True,
            "require_code_owner_reviews": is_strict,
            "require_last_push_approval": False,
            "required_approving_review_count": 1,
        },
        "required_linear_history": {"enabled": True},
        "allow_force_pushes": {"enabled": False},
        "allow_deletions": {"enabled": False},
    }


def _told(body: bytes) -> Reply:
    return Reply(body, 200, {"ETag": f'W/"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'})


def _absent(message: str) -> Reply:
    return error(404, {"message": message, "documentation_url": DOCUMENTATION, "status": "404"})
