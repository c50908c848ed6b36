"""What the pruned description of GitHub leaves out, against the whole one from npm."""

from os import environ
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors import github
from tests.conformance.contracts import Contract
from tests.connectors.fakes import read
from tests.connectors.github_records import (
    APPROVALS,
    BRANCH_PROTECTION,
    BRANCH_RULES,
    CODE_OWNER_ERRORS,
    CODE_SCANNING,
    DEPENDABOT,
    ENVIRONMENTS,
    RELEASE,
    REPOSITORY,
    check,
)
from tests.transforms.test_github_features import _serve

OWN = "/repos/{owner}/{repo}"
REPLIES: dict[str, Any] = {
    f"{OWN}/environments": {"total_count": 2, "environments": ENVIRONMENTS},
    f"{OWN}/actions/runs/{{run_id}}/approvals": APPROVALS,
    f"{OWN}/commits/{{ref}}/check-runs": {
        "total_count": 2,
        "check_runs": [check(1, "success"), check(2, None)],
    },
    f"{OWN}/code-scanning/alerts": CODE_SCANNING,
    f"{OWN}/dependabot/alerts": DEPENDABOT,
    f"{OWN}/releases": [RELEASE],
    f"{OWN}/branches/{{branch}}/protection": BRANCH_PROTECTION,
    f"{OWN}/rules/branches/{{branch}}": BRANCH_RULES,
    f"{OWN}/codeowners/errors": CODE_OWNER_ERRORS,
}

pytestmark = pytest.mark.npm


@pytest.fixture(scope="module")
def whole() -> Contract:
    """Return GitHub's whole description, or skip."""
    folder = environ.get("LEADLINE_NPM", "")
    file = Path(folder) / "@octokit" / "openapi" / "generated" / "api.github.com.json"
    if not folder or not file.is_file():
        pytest.skip("set LEADLINE_NPM to a folder with @octokit/openapi to run this")
    return Contract(file)


def test_every_request_is_one_that_the_whole_description_knows(whole: Contract) -> None:
    config = github.Config(token=SecretStr("t"), repositories=(REPOSITORY,))
    connector = github.connect(config, name="github")
    requests: list[httpx.Request] = []

    def listen(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return _serve(request)

    for stream in connector.streams:
        if stream.parent is None:
            read(connector, stream.name, listen)
    asked = {whole.template(request.url.path) for request in requests}
    assert set(REPLIES) <= asked
    assert [one for request in requests for one in whole.problems(request)] == []


@pytest.mark.parametrize("path", sorted(REPLIES))
def test_the_replies_of_the_tests_are_as_the_whole_description_says(
    whole: Contract, path: str
) -> None:
    assert whole.body_problems(path, REPLIES[path]) == []
