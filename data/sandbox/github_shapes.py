"""The parts that repeat in GitHub's replies: accounts, repositories and links.

Source: https://docs.github.com/rest (API version 2022-11-28).
"""

import base64
from functools import cache

import orjson

from data.sandbox.company import ORGANISATION, Service
from data.sandbox.model import Person

HTML = "https://github.fairwater.example"
API = "https://github.fairwater.example/api/v3"
FIRST_REPOSITORY_ID = 510_000_000

# Templates in a repository's addresses, as (field, path).
_REPOSITORY_LINKS = (
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
)


def node_id(kind: str, number: int) -> str:
    """Return an opaque global identifier."""
    return base64.b64encode(f"0:{kind}{number}".encode()).decode()


def account(login: str, number: int, kind: str) -> dict[str, object]:
    """Return an account as the API embeds it everywhere."""
    url = f"{API}/users/{login.replace('[', '%5B').replace(']', '%5D')}"
    return {
        "login": login,
        "id": number,
        "node_id": node_id("User", number),
        "avatar_url": f"{HTML}/avatars/u/{number}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{HTML}/{'apps/' if kind == 'Bot' else ''}{login.replace('[bot]', '')}",
        "followers_url": f"{url}/followers",
        "following_url": url + "/following{/other_user}",
        "gists_url": url + "/gists{/gist_id}",
        "starred_url": url + "/starred{/owner}{/repo}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": url + "/events{/privacy}",
        "received_events_url": f"{url}/received_events",
        "type": kind,
        "site_admin": False,
    }


@cache
def person_fragment(person: Person) -> orjson.Fragment:
    """Return a person's account, serialised once."""
    kind = "Bot" if person.is_bot else "User"
    return orjson.Fragment(orjson.dumps(account(person.login, 4_100_000 + person.index, kind)))


def repository(service: Service, *, created_at: str, pushed_at: str) -> dict[str, object]:
    """Return a repository as lists and pull requests embed it."""
    full_name, number = service.repository, FIRST_REPOSITORY_ID + service.index
    url = f"{API}/repos/{full_name}"
    body: dict[str, object] = {
        "id": number,
        "node_id": node_id("Repository", number),
        "name": service.service_id,
        "full_name": full_name,
        "owner": account(ORGANISATION, 4_000_000, "Organization"),
        "private": True,
        "html_url": f"{HTML}/{full_name}",
        "description": f"{service.name} of the {service.team_id} team",
        "fork": False,
        "url": url,
    }
    body |= {name: url + path for name, path in _REPOSITORY_LINKS}
    body |= {
        "git_url": f"git://github.fairwater.example/{full_name}.git",
        "ssh_url": f"git@github.fairwater.example:{full_name}.git",
        "clone_url": f"{HTML}/{full_name}.git",
        "svn_url": f"{HTML}/{full_name}",
        "mirror_url": None,
        "homepage": None,
        "language": ("Python", "Kotlin", "TypeScript", "Go")[service.index % 4],
        "forks_count": 0,
        "stargazers_count": service.index % 5,
        "watchers_count": service.index % 5,
        "size": 1200 + 37 * service.index,
        "default_branch": "main",
        "open_issues_count": 0,
        "topics": [f"tier-{service.tier}"],
        "has_issues": True,
        "has_projects": False,
        "has_wiki": False,
        "has_pages": False,
        "has_downloads": True,
        "has_discussions": False,
        "archived": False,
        "disabled": False,
        "visibility": "private",
        "pushed_at": pushed_at,
        "created_at": created_at,
        "updated_at": pushed_at,
        "permissions": {
            "admin": False,
            "maintain": False,
            "push": False,
            "triage": False,
            "pull": True,
        },
        "license": None,
        "forks": 0,
        "network_count": 0,
        "subscribers_count": 1,
        "open_issues": 0,
        "watchers": service.index % 5,
    }
    return body
