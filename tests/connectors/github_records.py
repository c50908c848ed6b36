"""Replies of GitHub in small, as its documentation shows them, with the people left in."""

from typing import Any

REPOSITORY = "acme/checkout"
API = f"https://api.github.com/repos/{REPOSITORY}"
WEB = f"https://github.com/{REPOSITORY}"
SHA = "ce587453ced02b1526dfb4cb910479d431683101"
PERSON: dict[str, Any] = {
    "login": "octocat",
    "id": 1,
    "node_id": "MDQ6VXNlcjE=",
    "avatar_url": "https://github.com/images/error/octocat_happy.gif",
    "gravatar_id": "",
    "url": "https://api.github.com/users/octocat",
    "html_url": "https://github.com/octocat",
    "followers_url": "https://api.github.com/users/octocat/followers",
    "following_url": "https://api.github.com/users/octocat/following{/other_user}",
    "gists_url": "https://api.github.com/users/octocat/gists{/gist_id}",
    "starred_url": "https://api.github.com/users/octocat/starred{/owner}{/repo}",
    "subscriptions_url": "https://api.github.com/users/octocat/subscriptions",
    "organizations_url": "https://api.github.com/users/octocat/orgs",
    "repos_url": "https://api.github.com/users/octocat/repos",
    "events_url": "https://api.github.com/users/octocat/events{/privacy}",
    "received_events_url": "https://api.github.com/users/octocat/received_events",
    "type": "User",
    "site_admin": False,
}
TEAM: dict[str, Any] = {
    "id": 1,
    "node_id": "MDQ6VGVhbTE=",
    "url": "https://api.github.com/teams/1",
    "html_url": "https://github.com/orgs/acme/teams/justice-league",
    "name": "Justice League",
    "slug": "justice-league",
    "description": "A great team.",
    "privacy": "closed",
    "permission": "admin",
    "members_url": "https://api.github.com/teams/1/members{/member}",
    "repositories_url": "https://api.github.com/teams/1/repos",
    "parent": None,
}


def _environment(name: str, number: int, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": number,
        "node_id": "MDExOkVudmlyb25tZW50MTYxMDg4MDY4",
        "name": name,
        "url": f"{API}/environments/{name}",
        "html_url": f"{WEB}/deployments/activity_log?environments_filter={name}",
        "created_at": "2026-03-23T22:00:40Z",
        "updated_at": "2026-04-23T22:00:40Z",
        "protection_rules": rules,
        "deployment_branch_policy": None,
    }


ENVIRONMENTS: list[dict[str, Any]] = [
    {
        **_environment(
            "Production",
            161088068,
            [
                {"id": 3736, "node_id": "MDQ6R2F0ZTM3MzY=", "type": "wait_timer", "wait_timer": 30},
                {
                    "id": 3755,
                    "node_id": "MDQ6R2F0ZTM3NTU=",
                    "type": "required_reviewers",
                    "prevent_self_review": True,
                    "reviewers": [
                        {"type": "User", "reviewer": PERSON},
                        {"type": "Team", "reviewer": TEAM},
                    ],
                },
                {"id": 3756, "node_id": "MDQ6R2F0ZTM3NTY=", "type": "branch_policy"},
            ],
        ),
        "deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": False},
    },
    _environment("staging", 161088069, []),
]

APPROVALS: list[dict[str, Any]] = [
    {
        "state": state,
        "comment": "Ship it!",
        "user": PERSON,
        "environments": [
            {
                key: value
                for key, value in _environment(name, 161088068, []).items()
                if key not in ("protection_rules", "deployment_branch_policy")
            }
            for name in names
        ],
    }
    for state, names in (("approved", ("Production", "staging")), ("rejected", ("Production",)))
]


def check(number: int, conclusion: str | None, *, name: str = "unit tests") -> dict[str, Any]:
    """Return one check run of the commit."""
    return {
        "id": number,
        "head_sha": SHA,
        "node_id": "MDg6Q2hlY2tSdW40",
        "external_id": "",
        "url": f"{API}/check-runs/{number}",
        "html_url": f"{WEB}/runs/{number}",
        "details_url": "https://example.com",
        "status": "completed" if conclusion else "in_progress",
        "conclusion": conclusion,
        "started_at": "2026-05-04T01:14:52Z",
        "completed_at": "2026-05-04T01:16:52Z" if conclusion else None,
        "output": {
            "title": None,
            "summary": None,
            "text": None,
            "annotations_count": 0,
            "annotations_url": f"{API}/check-runs/{number}/annotations",
        },
        "name": name,
        "check_suite": {"id": 5},
        "app": None,
        "pull_requests": [],
    }


CODE_SCANNING: list[dict[str, Any]] = [
    {
        "number": number,
        "created_at": "2026-08-22T23:38:23Z",
        "updated_at": "2026-08-25T16:03:10Z",
        "url": f"{API}/code-scanning/alerts/{number}",
        "html_url": f"{WEB}/security/code-scanning/{number}",
        "instances_url": f"{API}/code-scanning/alerts/{number}/instances",
        "state": state,
        "fixed_at": fixed_at,
        "dismissed_by": PERSON if state == "dismissed" else None,
        "dismissed_at": None,
        "dismissed_reason": None,
        "dismissed_comment": None,
        "rule": {
            "id": "js/zipslip",
            "severity": "error",
            "description": "Arbitrary file write during zip extraction",
            "name": "js/zipslip",
            "tags": ["security", "external/cwe/cwe-022"],
            "security_severity_level": level,
        },
        "tool": {"name": "CodeQL", "guid": None, "version": "2.22.4"},
        "most_recent_instance": {
            "ref": "refs/heads/main",
            "analysis_key": ".github/workflows/codeql.yml:analyze",
            "environment": "{}",
            "category": "/language:javascript",
            "state": state,
            "commit_sha": SHA,
            "message": {"text": "This path depends on a user-provided value."},
            "location": {
                "path": "src/unpack.ts",
                "start_line": 917,
                "end_line": 917,
                "start_column": 7,
                "end_column": 18,
            },
            "classifications": [],
        },
    }
    for number, state, fixed_at, level in (
        (14, "fixed", "2026-08-25T16:03:09Z", "medium"),
        (13, "open", None, None),
        (12, "dismissed", None, "high"),
    )
]

_ADVISORY: dict[str, Any] = {
    "package": {"ecosystem": "pip", "name": "jinja2"},
    "severity": "medium",
    "vulnerable_version_range": "< 3.1.3",
    "first_patched_version": {"identifier": "3.1.3"},
}
DEPENDABOT: list[dict[str, Any]] = [
    {
        "number": number,
        "state": state,
        "dependency": {
            "package": _ADVISORY["package"],
            "manifest_path": "requirements/docs.txt",
            "scope": "runtime",
        },
        "security_advisory": {
            "ghsa_id": "GHSA-h5c8-rqwp-cp95",
            "cve_id": "CVE-2024-22195",
            "summary": "Jinja vulnerable to HTML attribute injection",
            "description": "The `xmlattr` filter accepts keys containing spaces.",
            "severity": "medium",
            "identifiers": [{"value": "CVE-2024-22195", "type": "CVE"}],
            "references": [{"url": "https://github.com/advisories/GHSA-h5c8-rqwp-cp95"}],
            "published_at": "2026-01-11T15:20:48Z",
            "updated_at": "2026-01-11T15:20:50Z",
            "withdrawn_at": None,
            "vulnerabilities": [_ADVISORY],
            "cvss": {"vector_string": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:L/I:L/A:N", "score": 5.4},
            "cwes": [{"cwe_id": "CWE-79", "name": "Cross-site Scripting"}],
        },
        "security_vulnerability": _ADVISORY,
        "url": f"{API}/dependabot/alerts/{number}",
        "html_url": f"{WEB}/security/dependabot/{number}",
        "created_at": "2026-01-20T17:12:38Z",
        "updated_at": "2026-01-20T22:04:00Z",
        "dismissed_at": None,
        "dismissed_by": None,
        "dismissed_reason": None,
        "dismissed_comment": None,
        "fixed_at": "2026-01-20T22:04:00Z" if state == "fixed" else None,
        "auto_dismissed_at": "2026-01-20T22:04:00Z" if state == "auto_dismissed" else None,
    }
    for number, state in ((3, "open"), (2, "fixed"), (1, "auto_dismissed"))
]


def asset(number: int, digest: str | None) -> dict[str, Any]:
    """Return one file of a release."""
    return {
        "id": number,
        "node_id": "MDEyOlJlbGVhc2VBc3NldDE=",
        "url": f"{API}/releases/assets/{number}",
        "browser_download_url": f"{WEB}/releases/download/v1.0.0/example-{number}.zip",
        "name": f"example-{number}.zip",
        "label": "",
        "state": "uploaded",
        "content_type": "application/zip",
        "size": 1024,
        "digest": digest,
        "download_count": 42,
        "created_at": "2026-02-27T19:35:32Z",
        "updated_at": "2026-02-27T19:35:33Z",
        "uploader": PERSON,
    }


RELEASE: dict[str, Any] = {
    "id": 1,
    "node_id": "MDc6UmVsZWFzZTE=",
    "url": f"{API}/releases/1",
    "html_url": f"{WEB}/releases/v1.0.0",
    "assets_url": f"{API}/releases/1/assets",
    "upload_url": f"https://uploads.github.com/repos/{REPOSITORY}/releases/1/assets",
    "tarball_url": f"{API}/tarball/v1.0.0",
    "zipball_url": f"{API}/zipball/v1.0.0",
    "tag_name": "v1.0.0",
    "target_commitish": "main",
    "name": "v1.0.0",
    "body": "Description of the release",
    "draft": False,
    "prerelease": False,
    "created_at": "2026-02-27T19:35:32Z",
    "published_at": "2026-02-27T19:35:32Z",
    "author": PERSON,
    "assets": [asset(1, f"sha256:{'2' * 64}"), asset(2, None)],
}


BRANCH = f"{API}/branches/main/protection"
BRANCH_PROTECTION: dict[str, Any] = {
    "url": BRANCH,
    "enforce_admins": {"url": f"{BRANCH}/enforce_admins", "enabled": True},
    "required_pull_request_reviews": {
        "url": f"{BRANCH}/required_pull_request_reviews",
        "dismissal_restrictions": {"users": [PERSON], "teams": [], "apps": []},
        "bypass_pull_request_allowances": {"users": [PERSON], "teams": [], "apps": []},
        "dismiss_stale_reviews": True,
        "require_code_owner_reviews": True,
        "require_last_push_approval": True,
        "required_approving_review_count": 2,
    },
    "allow_force_pushes": {"enabled": False},
}
BRANCH_RULES: list[dict[str, Any]] = [
    {
        "type": "pull_request",
        "ruleset_source_type": "Organization",
        "ruleset_source": "acme",
        "ruleset_id": 73,
        "parameters": {
            "required_approving_review_count": 3,
            "dismiss_stale_reviews_on_push": False,
            "require_code_owner_review": False,
            "require_last_push_approval": False,
            "required_review_thread_resolution": True,
        },
    },
    {
        "type": "deletion",
        "ruleset_source_type": "Repository",
        "ruleset_source": REPOSITORY,
        "ruleset_id": 42,
    },
]
CODE_OWNER_ERRORS: dict[str, Any] = {
    "errors": [
        {
            "line": 3, "column": 1, "kind": "Invalid pattern", "source": "***/*.rb @monalisa",
            "suggestion": None, "message": "Invalid pattern on line 3",
            "path": ".github/CODEOWNERS",
        }
    ]
}  # fmt: skip
