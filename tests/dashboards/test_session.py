"""Whether a sign-in still counts, with a clock and a provider of the test."""

from typing import Any

import pytest

from dashboards.session import Claims, Sessions, SignInEnded

CLAIMS: dict[str, Any] = {"iss": "i", "sub": "ada", "iat": 100, "exp": 1000, "groups": ["a"]}


class Provider:
    """Counts how often it is asked, and states what the test says."""

    def __init__(self) -> None:
        self.stated: Claims | None = {"groups": ["a"]}
        self.error: SignInEnded | None = None
        self.asked: list[tuple[str, str]] = []

    def ask(self, url: str, token: str) -> Claims | None:
        self.asked.append((url, token))
        if self.error:
            raise self.error
        return self.stated


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def sessions(provider: Provider) -> Sessions:
    return Sessions(provider.ask)


def _confirmed(sessions: Sessions, now: float, claims: Claims = CLAIMS) -> Claims:
    return sessions.confirmed(claims, "t", metadata_url="https://p", seconds=240, now=now)


def test_the_provider_is_asked_once_in_the_time_and_again_after_it(
    sessions: Sessions, provider: Provider
) -> None:
    for now in (200, 201, 439.9):
        _confirmed(sessions, now)
    assert provider.asked == [("https://p", "t")]
    _confirmed(sessions, 440)
    assert len(provider.asked) == 2


def test_what_the_provider_states_now_stands_instead_of_the_token(
    sessions: Sessions, provider: Provider
) -> None:
    _confirmed(sessions, 200)
    provider.stated = {"groups": []}
    assert _confirmed(sessions, 439)["groups"] == ["a"]
    assert _confirmed(sessions, 441)["groups"] == []


def test_groups_that_the_provider_leaves_out_are_gone_and_not_those_of_the_token(
    sessions: Sessions, provider: Provider
) -> None:
    _confirmed(sessions, 200)
    for now, stated in ((441, {"sub": "ada"}), (700, None)):
        provider.stated = stated
        assert "groups" not in _confirmed(sessions, now)


def test_a_provider_that_never_states_groups_leaves_those_of_the_token(
    sessions: Sessions, provider: Provider
) -> None:
    for now, stated in ((200, {"sub": "ada"}), (441, None)):
        provider.stated = stated
        assert _confirmed(sessions, now)["groups"] == ["a"]


@pytest.mark.parametrize("exp", [200, 199.5, None, "2030"])
def test_a_token_that_is_expired_or_does_not_say_when_counts_no_longer(
    sessions: Sessions, provider: Provider, exp: object
) -> None:
    with pytest.raises(SignInEnded, match="expired"):
        _confirmed(sessions, 200, CLAIMS | {"exp": exp})
    assert provider.asked == []


def test_a_provider_that_cannot_say_so_ends_what_is_seen_when_the_time_is_over(
    sessions: Sessions, provider: Provider
) -> None:
    _confirmed(sessions, 200)
    provider.error = SignInEnded("no answer")
    _confirmed(sessions, 430)
    with pytest.raises(SignInEnded, match="no answer"):
        _confirmed(sessions, 440)


def test_a_clock_that_is_put_back_asks_again(sessions: Sessions, provider: Provider) -> None:
    _confirmed(sessions, 500)
    _confirmed(sessions, 300)
    assert len(provider.asked) == 2


def test_signing_out_ends_this_sign_in_and_not_the_next(sessions: Sessions) -> None:
    _confirmed(sessions, 200)
    sessions.end(CLAIMS, now=210)
    with pytest.raises(SignInEnded, match="signed out"):
        _confirmed(sessions, 211)
    _confirmed(sessions, 220, CLAIMS | {"iat": 215})
    _confirmed(sessions, 220, CLAIMS | {"sub": "bob"})
