"""What GitHub lets happen to a default branch: what is not protected is told apart from unknown."""

import json
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors import github
from connectors._contract import Page, Refusal
from connectors._errors import AuthRejected
from tests.connectors.fakes import json_reply, next_cursor, pages_of, read, resume_from

REPOSITORY = "acme/checkout"
STREAM = "branch_protections"
BRANCH = "release/2026"
PROTECTED = {"required_pull_request_reviews": {"required_approving_review_count": 1}}
RULES = [{"type": "pull_request", "parameters": {"required_approving_review_count": 2}}]
NOT_PROTECTED = {"message": "Branch not protected", "status": "404"}
NO_SCOPE = {"message": "Resource not accessible by personal access token", "status": "403"}


class FakeBranch:
    """A repository whose answers about its default branch are set; others are known unchanged."""

    def __init__(self, *, branch: str | None = BRANCH) -> None:
        self.branch = branch
        self.asked: list[str] = []
        self.answers: dict[str, tuple[Any, int]] = {
            "branches/release%2F2026/protection": (PROTECTED, 200),
            "rules/branches/release%2F2026": (RULES, 200),
            "codeowners/errors": ({"errors": []}, 200),
        }

    def __call__(self, request: httpx.Request) -> httpx.Response:
        raw = request.url.raw_path.decode().partition("?")[0]
        path = raw.removeprefix(f"/repos/{REPOSITORY}").strip("/")
        self.asked.append(path)
        if not path:
            about = {"full_name": REPOSITORY, "default_branch": self.branch}
            return json_reply(about)
        body, status = self.answers[path]
        etag = f'"{hash(json.dumps(body))}"'
        if request.headers.get("if-none-match") == etag:
            return httpx.Response(304, headers={"ETag": etag})
        return json_reply(body, status, headers={"ETag": etag} if status == 200 else {})


def _connector(*repositories: str) -> github.GitHubConnector:
    config = github.Config(token=SecretStr("secret"), repositories=repositories or (REPOSITORY,))
    return github.connect(config, name="github")


def _records(items: list[Page | Refusal]) -> dict[str, Any]:
    """Return the one record of each page by what was asked."""
    return {
        page.context["aspect"]: json.loads(page.decoded or b"")[0]
        for page in pages_of(items, STREAM)
    }


def _refused(items: list[Page | Refusal]) -> dict[str, str]:
    return {one.context["aspect"]: one.reason for one in items if isinstance(one, Refusal)}


def test_three_questions_are_asked_of_the_default_branch_whatever_it_is_called() -> None:
    fake = FakeBranch()
    items = read(_connector(), STREAM, fake)
    assert _records(items) == {
        "protection": PROTECTED, "rules": {"rules": RULES}, "code_owners": {"errors": []},
    }  # fmt: skip
    assert {page.context["branch"] for page in pages_of(items, STREAM)} == {BRANCH}
    assert fake.asked[1:] == list(fake.answers)


def test_a_page_keeps_the_bytes_that_came() -> None:
    pages = pages_of(read(_connector(), STREAM, FakeBranch()), STREAM)
    assert [json.loads(page.body) for page in pages] == [PROTECTED, RULES, {"errors": []}]


def test_that_a_branch_is_not_protected_is_an_answer_and_no_refusal() -> None:
    fake = FakeBranch()
    fake.answers["branches/release%2F2026/protection"] = (NOT_PROTECTED, 404)
    fake.answers["codeowners/errors"] = ({"message": "Not Found"}, 404)
    items = read(_connector(), STREAM, fake)
    assert _refused(items) == {}
    assert _records(items)["protection"] == NOT_PROTECTED
    assert _records(items)["code_owners"] == {"message": "Not Found"}


@pytest.mark.parametrize("answer", [(NO_SCOPE, 403), ({"message": "Not Found"}, 404)])
def test_what_may_not_be_read_is_told_and_the_other_questions_are_asked(
    answer: tuple[Any, int],
) -> None:
    fake = FakeBranch()
    fake.answers["rules/branches/release%2F2026"] = answer
    items = read(_connector(), STREAM, fake)
    assert list(_refused(items)) == ["rules"]
    assert all(one.is_final for one in items if isinstance(one, Refusal))
    assert set(_records(items)) == {"protection", "code_owners"}


def test_a_token_that_is_not_known_ends_the_stream() -> None:
    fake = FakeBranch()
    fake.answers["codeowners/errors"] = ({"message": "Bad credentials"}, 401)
    with pytest.raises(AuthRejected):
        read(_connector(), STREAM, fake)


def test_what_has_not_changed_is_not_stored_again_and_what_has_is() -> None:
    fake = FakeBranch()
    fake.answers["rules/branches/release%2F2026"] = (NO_SCOPE, 403)
    connector = _connector()
    cursor = next_cursor(connector, STREAM, read(connector, STREAM, fake))
    assert pages_of(read(connector, STREAM, fake, cursor=cursor), STREAM) == []
    fake.answers["codeowners/errors"] = ({"message": "Not Found"}, 404)
    again = read(connector, STREAM, fake, cursor=cursor)
    assert set(_records(again)) == {"code_owners"}
    kept = next_cursor(connector, STREAM, again)
    assert set(_records(read(connector, STREAM, fake, cursor=kept))) == {"code_owners"}


def test_a_killed_walk_asks_again_and_ends_where_a_whole_one_does() -> None:
    connector, fake = _connector(), FakeBranch()
    begun = read(connector, STREAM, fake, stop_after=1)
    rest = read(connector, STREAM, fake, resume=resume_from(begun))
    whole = read(connector, STREAM, fake)
    assert _records([*begun, *rest]) == _records(whole)
    assert next_cursor(connector, STREAM, [*begun, *rest]) == next_cursor(connector, STREAM, whole)


def test_a_repository_without_a_default_branch_is_asked_nothing() -> None:
    fake = FakeBranch(branch=None)
    assert read(_connector(), STREAM, fake) == []
    assert fake.asked == [""]


def test_a_web_page_in_place_of_an_answer_is_a_refusal() -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path == f"/repos/{REPOSITORY}":
            return json_reply({"full_name": REPOSITORY, "default_branch": "main"})
        return httpx.Response(404, text="<html>Sign in</html>")

    items = read(_connector(), STREAM, serve)
    assert _records(items) == {}
    assert set(_refused(items)) == {"protection", "rules", "code_owners"}
