"""Replies of Sentry in small, as its documentation shows them, with the people left in."""

from typing import Any

PERSON: dict[str, Any] = {"id": "1", "name": "Jane Doe", "email": "jane@example.com"}
SHA = "17642328ead24b51867165985996d04b29310337"


def release(version: str, created: str, **more: Any) -> dict[str, Any]:
    """Return one release as the list shows it."""
    return {
        "id": 1,
        "version": version,
        "shortVersion": version,
        "status": "open",
        "versionInfo": {
            "package": "checkout",
            "version": {"raw": version},
            "description": version,
            "buildHash": None,
        },
        "ref": None,
        "url": None,
        "dateReleased": None,
        "dateCreated": created,
        "data": {},
        "newGroups": 0,
        "owner": None,
        "commitCount": 0,
        "lastCommit": None,
        "deployCount": 0,
        "lastDeploy": None,
        "authors": [{"name": PERSON["name"], "email": PERSON["email"]}],
        "projects": [
            {
                "id": 1,
                "slug": "checkout",
                "name": "Checkout",
                "newGroups": 0,
                "platform": "python",
                "platforms": ["python"],
                "hasHealthData": False,
            }
        ],
        "firstEvent": None,
        "lastEvent": None,
        "currentProjectMeta": {},
        "userAgent": None,
        **more,
    }


def deploy(number: int, finished: str, *, environment: str = "production") -> dict[str, Any]:
    """Return one deploy of a release."""
    return {
        "id": str(number),
        "environment": environment,
        "dateStarted": None,
        "dateFinished": finished,
        "name": f"Deploy {number}",
        "url": "https://ci.example.com/7",
    }


_AS_LISTED: dict[str, Any] = {
    "filtered": None,
    "inbox": {"reason": 0, "reason_details": None, "date_added": "2026-11-06T21:19:55Z"},
    "integrationIssues": [],
    "latestEventHasAttachments": False,
    "lifetime": {"count": "150", "userCount": 12, "firstSeen": None, "lastSeen": None},
    "matchingEventEnvironment": None,
    "matchingEventId": None,
    "owners": {"type": "user", "owner": "1", "date_added": "2026-11-06T21:19:55Z"},
    "sentryAppIssues": [],
    "sessionCount": 0,
    "stats": {},
    "derivedData": {
        "blocker": "none",
        "progress": "fix_applied",
        "status": "open",
        "viewCount": 42,
        "hasOpenFixPr": False,
        "isAssigned": True,
        "hasRootCause": True,
        "lastCompletedAutofixStep": "pr_created",
        "lastProgressedAt": None,
    },
}


def issue(number: int, seen: str, *, status: str = "unresolved", **more: Any) -> dict[str, Any]:
    """Return one issue as the list shows it."""
    return {
        "id": str(number),
        "shareId": None,
        "shortId": f"CHECKOUT-{number}",
        "title": "KeyError: no basket of jane@example.com",
        "culprit": "checkout.basket in total",
        "permalink": f"https://acme.sentry.io/issues/{number}/",
        "logger": None,
        "level": "error",
        "status": status,
        "statusDetails": {},
        "substatus": "ongoing" if status == "unresolved" else None,
        "isPublic": False,
        "platform": "python",
        "priority": "medium",
        "priorityLockedAt": None,
        "seerFixabilityScore": None,
        "seerAutofixLastTriggered": None,
        "seerExplorerAutofixLastTriggered": None,
        "project": {"id": "2", "name": "Checkout", "slug": "checkout", "platform": "python"},
        "type": "error",
        "issueType": "error",
        "issueCategory": "error",
        "metadata": {"title": "KeyError"},
        "numComments": 0,
        "assignedTo": {"type": "user", **PERSON},
        "isBookmarked": False,
        "isSubscribed": False,
        "subscriptionDetails": None,
        "hasSeen": False,
        "annotations": [],
        "isUnhandled": False,
        "count": "150",
        "userCount": 12,
        "firstSeen": "2026-11-06T21:19:55Z",
        "lastSeen": seen,
        **_AS_LISTED,
        **more,
    }


def details(listed: dict[str, Any], *, version: str | None, resolved: str | None) -> dict[str, Any]:
    """Return one issue as it is shown by itself."""
    first = {"version": version, "shortVersion": version, "dateCreated": "2026-11-06T21:00:00Z"}
    kept: list[dict[str, Any]] = [
        {"id": "2", "type": "note", "dateCreated": "2026-11-19T10:00:00Z", "data": {}}
    ]
    if resolved:
        kept.append({"id": "1", "type": "set_resolved", "dateCreated": resolved, "data": {}})
    shown = {key: value for key, value in listed.items() if key not in _AS_LISTED}
    return {
        **shown,
        "firstRelease": first if version else None,
        "lastRelease": None,
        "activity": [{**one, "user": None, "sentry_app": None} for one in kept],
        "seenBy": [],
        "participants": [],
        "userReportCount": 0,
        "tags": [],
    }
