"""Whether a sign-in still counts: not expired, not ended here, and confirmed by the provider.

Streamlit believes its own cookie for thirty days. So every run looks at the token's expiry, and
every few minutes the provider is asked for the user's claims: a group that was taken away, or a
session that was ended there, ends what is seen here.
"""

import hashlib
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

TIMEOUT_SECONDS = 10
LARGEST_REPLY = 1 << 20
MOST_SESSIONS = 10_000
Claims = Mapping[str, Any]


class SignInEnded(Exception):
    """The sign-in does not count any more; the message says why, for the viewer."""


@dataclass(frozen=True)
class _Answer:
    claims: Claims
    told: frozenset[str]
    at: float


class Sessions:
    """What is known of the sign-ins of this process; threads may share it."""

    def __init__(self, ask: Callable[[str, str], Claims | None]) -> None:
        """Hold how the provider is asked: metadata address and access token to claims."""
        self._ask = ask
        self._lock = threading.Lock()
        self._answers: dict[str, _Answer] = {}
        self._ended: dict[str, float] = {}
        self._seen: dict[str, bool] = {}

    def confirmed(
        self, claims: Claims, token: str, *, metadata_url: str, seconds: int, now: float
    ) -> Claims:
        """Return the claims as the provider states them now, or did at most `seconds` ago.

        A claim that it once stated and now leaves out is gone: some leave out an empty list of
        groups, and the token still has the old one.
        Units: `now` and the claim `exp` are seconds since 1970. Errors: SignInEnded.
        """
        session_id = session_of(claims)
        if not isinstance(claims.get("exp"), int | float) or claims["exp"] <= now:
            raise SignInEnded("Your sign-in has expired.")
        with self._lock:
            if session_id in self._ended:
                raise SignInEnded("You have signed out.")
            answer = self._answers.get(session_id)
        if answer is None or not 0 <= now - answer.at < seconds:
            stated = self._ask(metadata_url, token) or {}
            told = frozenset(stated) | (answer.told if answer else frozenset())
            kept = {name: value for name, value in claims.items() if name not in told}
            answer = _Answer(claims=kept | dict(stated), told=told, at=now)
            with self._lock:
                _keep(self._answers, session_id, answer)
        return answer.claims

    def is_first(self, session_id: str) -> bool:
        """Say whether a sign-in is seen for the first time by this process."""
        with self._lock:
            is_known = session_id in self._seen
            _keep(self._seen, session_id, True)
        return not is_known

    def end(self, claims: Claims, *, now: float) -> None:
        """Let a sign-in count no longer, in whatever window it is used."""
        with self._lock:
            self._answers.pop(session_of(claims), None)
            _keep(self._ended, session_of(claims), now)


def session_of(claims: Claims) -> str:
    """Return what tells one sign-in from another, without saying whose it is."""
    parts = [str(claims.get(one, "")) for one in ("iss", "sub", "iat", "nonce", "sid")]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def ask_provider(metadata_url: str, token: str) -> Claims | None:
    """Return what the provider says of a token's user; None when it has no such service.

    Errors: SignInEnded when it does not know the token any more, or does not answer.
    """
    try:
        address = str(_metadata(metadata_url).get("userinfo_endpoint") or "")
        return _fetched(address, token) if address else None
    except urllib.error.HTTPError as error:
        if error.code in (400, 401, 403):
            raise SignInEnded("Your sign-in has ended at the provider.") from None
        raise SignInEnded("The sign-in provider does not answer; try again.") from None
    except (OSError, ValueError, TypeError):
        raise SignInEnded("The sign-in provider does not answer; try again.") from None


@lru_cache(maxsize=4)
def _metadata(url: str) -> Claims:
    return _fetched(url, "")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A token goes to the address that the metadata names, and nowhere else."""

    def redirect_request(self, *_: object) -> None:
        return None


def _fetched(url: str, token: str) -> Claims:
    if not url.startswith(("https://", "http://127.0.0.1:", "http://localhost:", "http://[::1]:")):
        raise ValueError("no https address")
    request = urllib.request.Request(url, headers={"Accept": "application/json"})
    if token:
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    opener = urllib.request.build_opener(_NoRedirect)
    with opener.open(request, timeout=TIMEOUT_SECONDS) as reply:
        found = json.loads(reply.read(LARGEST_REPLY))
    return dict(found)


def _keep(held: dict[str, Any], name: str, value: Any) -> None:
    """Hold one more; the oldest goes when there are too many."""
    held[name] = value
    while len(held) > MOST_SESSIONS:
        held.pop(next(iter(held)))
