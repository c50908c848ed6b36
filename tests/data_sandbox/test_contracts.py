"""The sandbox's replies against the vendors' own API descriptions."""

import json
from collections.abc import Mapping
from os import environ
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from data.sandbox import World

_SAMPLE = 60


def _problems(specification: Mapping[str, Any], schema: Mapping[str, Any], body: Any) -> list[str]:
    registry: Registry[Any] = Registry().with_resource(
        "urn:api", DRAFT4.create_resource(specification)
    )
    text = json.dumps(schema).replace('"#/components', '"urn:api#/components')
    validator = OAS30Validator(json.loads(text), registry=registry)
    return [f"{list(e.absolute_path)}: {e.message[:200]}" for e in validator.iter_errors(body)]


def _fixed(description: dict[str, Any]) -> Mapping[str, Any]:
    """Return GitHub's description with what it means where it says something else."""
    commit = description["components"]["schemas"]["commit"]["properties"]
    for name in ("author", "committer"):
        # "nullable" beside "oneOf" has no effect in OpenAPI 3.0, though null is what is meant
        # and what the host sends for an address that belongs to no account.
        commit[name]["oneOf"].append({"enum": [None]})
    return description


def _reply_schema(specification: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    reply = specification["paths"][path]["get"]["responses"]["200"]
    schema: Mapping[str, Any] = reply["content"]["application/json"]["schema"]
    return schema


@pytest.fixture(scope="module")
def github_api(contracts: Path) -> Mapping[str, Any]:
    """Return GitHub's description, cut to the paths that are read."""
    loaded: dict[str, Any] = json.loads((contracts / "github.subset.json").read_text("utf-8"))
    return _fixed(loaded)


@pytest.fixture(scope="module")
def pagerduty_api(contracts: Path) -> Mapping[str, Any]:
    """Return PagerDuty's description without two of its own contradictions."""
    loaded: dict[str, Any] = json.loads((contracts / "pagerduty.json").read_text("utf-8"))
    schemas = loaded["components"]["schemas"]
    # A channel of any type satisfies several of the alternatives, of which one is allowed.
    schemas["Channel"].pop("oneOf", None)
    # An entry's type is "acknowledge_log_entry" in the general schema and in every recording.
    schemas["AcknowledgeLogEntry"]["allOf"][1]["properties"]["type"]["enum"] = [
        "acknowledge_log_entry"
    ]
    return loaded


_GITHUB_LISTS = (
    ("/repos/{owner}/{repo}", ""),
    ("/repos/{owner}/{repo}/commits", "/commits"),
    ("/repos/{owner}/{repo}/pulls", "/pulls?state=all"),
    ("/repos/{owner}/{repo}/deployments", "/deployments"),
    ("/repos/{owner}/{repo}/actions/runs", "/actions/runs"),
    ("/repos/{owner}/{repo}/releases", "/releases"),
)


@pytest.mark.conformance
@pytest.mark.parametrize(("path", "tail"), _GITHUB_LISTS)
@pytest.mark.parametrize("repository", ["checkout-web", "orders", "supplier-portal"])
def test_github_lists_match_the_official_description(
    github: httpx.Client, github_api: Mapping[str, Any], path: str, tail: str, repository: str
) -> None:
    sign = "&" if "?" in tail else "?"
    body = github.get(f"/repos/fairwater/{repository}{tail}{sign}per_page={_SAMPLE}").json()
    assert body
    assert _problems(github_api, _reply_schema(github_api, path), body) == []


@pytest.mark.conformance
def test_github_children_match_the_official_description(
    github: httpx.Client, github_api: Mapping[str, Any]
) -> None:
    own = "/repos/fairwater/orders"
    pull = github.get(f"{own}/pulls?state=closed").json()[0]["number"]
    deployment = github.get(f"{own}/deployments").json()[0]["id"]
    run = github.get(f"{own}/actions/runs").json()["workflow_runs"][0]["id"]
    prefix = "/repos/{owner}/{repo}"
    for path, address in (
        (f"{prefix}/pulls/{{pull_number}}/commits", f"{own}/pulls/{pull}/commits"),
        (
            f"{prefix}/deployments/{{deployment_id}}/statuses",
            f"{own}/deployments/{deployment}/statuses",
        ),
        (f"{prefix}/actions/runs/{{run_id}}/jobs", f"{own}/actions/runs/{run}/jobs"),
        ("/rate_limit", "/rate_limit"),
    ):
        body = github.get(address).json()
        assert body
        assert _problems(github_api, _reply_schema(github_api, path), body) == []


@pytest.mark.conformance
@pytest.mark.parametrize("stream", ["incidents", "log_entries", "services"])
def test_pagerduty_pages_match_the_official_description(
    pagerduty: httpx.Client, pagerduty_api: Mapping[str, Any], world: World, stream: str
) -> None:
    since = world.end.replace(month=6).isoformat()
    body = pagerduty.get(
        f"/{stream}", params={"since": since, "until": world.end.isoformat(), "limit": _SAMPLE}
    ).json()
    assert body[stream]
    assert _problems(pagerduty_api, _reply_schema(pagerduty_api, f"/{stream}"), body) == []


@pytest.fixture(scope="module")
def whole_github_api() -> Mapping[str, Any]:
    """Return GitHub's whole description from the npm package, or skip."""
    folder = environ.get("LEADLINE_NPM", "")
    file = Path(folder) / "@octokit" / "openapi" / "generated" / "api.github.com.json"
    if not folder or not file.is_file():
        pytest.skip("set LEADLINE_NPM to a folder with @octokit/openapi to run this")
    loaded: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return _fixed(loaded)


@pytest.mark.npm
def test_reviews_and_repositories_match_the_whole_description(
    github: httpx.Client, whole_github_api: Mapping[str, Any]
) -> None:
    own = "/repos/fairwater/checkout-web"
    pulls = github.get(f"{own}/pulls?state=closed&per_page=20").json()
    for path, address in (
        ("/orgs/{org}/repos", "/orgs/fairwater/repos?per_page=100"),
        (
            "/repos/{owner}/{repo}/branches/{branch}/protection",
            f"{own}/branches/main/protection",
        ),
        ("/repos/{owner}/{repo}/codeowners/errors", "/repos/fairwater/orders/codeowners/errors"),
        *(
            ("/repos/{owner}/{repo}/pulls/{pull_number}/reviews", f"{own}/pulls/{n}/reviews")
            for n in (pull["number"] for pull in pulls)
        ),
    ):
        body = github.get(address).json()
        assert _problems(whole_github_api, _reply_schema(whole_github_api, path), body) == []
