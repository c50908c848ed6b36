"""What is asked of Sentry and how it answers, against its own description."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connectors import sentry
from tests.conformance.contracts import Contract
from tests.connectors.fakes import read
from tests.connectors.sentry_records import deploy, details, issue, release
from tests.connectors.test_sentry import ROOT, FakeSentry

OWN = "/api/0/organizations/{organization_id_or_slug}"
MOMENT = "2026-11-20T09:00:00.146Z"
LISTED = issue(1, MOMENT)
REPLIES: dict[str, Any] = {
    f"{OWN}/releases/": [release("1.0", MOMENT)],
    f"{OWN}/releases/{{version}}/deploys/": [deploy(1, MOMENT)],
    f"{OWN}/issues/": [LISTED],
    f"{OWN}/issues/{{issue_id}}/": details(LISTED, version="1.0", resolved=MOMENT),
}


@pytest.fixture(scope="module")
def contract(conformance: Path) -> Contract:
    """Return Sentry's description."""
    return Contract(conformance / "contracts" / "sentry.json")


def test_every_request_is_one_that_the_description_knows(contract: Contract) -> None:
    rows = [release(f"1.{n}", MOMENT, deployCount=1) for n in (3, 2, 1)]
    fake = FakeSentry(releases=rows, issues=[issue(n, MOMENT) for n in (3, 2, 1)])
    for number in (3, 2, 1):
        fake.lists[f"{ROOT}/issues/{number}/"] = LISTED
    config = sentry.Config(token=SecretStr("t"), organisation="acme", deploys=True)
    connector = sentry.connect(config, name="sentry")
    for stream in ("releases", "issues"):
        read(connector, stream, fake)
    assert {contract.template(request.url.path) for request in fake.requests} == set(REPLIES)
    assert [one for request in fake.requests for one in contract.problems(request)] == []


@pytest.mark.parametrize("path", sorted(REPLIES))
def test_the_replies_of_the_tests_are_as_the_description_says(
    contract: Contract, path: str
) -> None:
    assert contract.body_problems(path, REPLIES[path]) == []


def test_a_reply_that_is_not_as_described_is_noticed(contract: Contract) -> None:
    wrong = [{"version": "1.0"}]
    assert contract.body_problems(f"{OWN}/releases/", wrong) != []
