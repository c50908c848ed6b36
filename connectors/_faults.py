"""Name what went wrong with a request, in words that say the remedy; opens nothing, waits never."""

import ssl
from dataclasses import dataclass

import httpx

from connectors import _reply
from connectors._contract import Access
from connectors._errors import (
    AddressForbidden,
    AuthRejected,
    BadPayload,
    BadRequest,
    BudgetSpent,
    ConnectorError,
    DeadlineExceeded,
    PermissionMissing,
    RateLimited,
    RedirectBlocked,
    SourceBroken,
    SourceTimeout,
    SourceUnreachable,
    TlsRejected,
)

KEPT_BYTES = 1 << 20
SHORTEST_SECRET = 8


@dataclass(frozen=True)
class Faults:
    """Make the errors of one source; no message or kept byte holds a credential."""

    source: str
    access: Access

    @property
    def host(self) -> str:
        """Return the host the settings name."""
        return httpx.URL(self.access.base_url).host

    def refused(self, status: int, body: bytes, *, stream: str, url: httpx.URL) -> ConnectorError:
        """Return the error for a status of 400 and above."""
        said = self.hide(_reply.spoken_message(body))
        detail = f"HTTP {status}{f': {said}' if said else ''}"
        names = {"source": self.source, "stream": stream}
        if status == 401:
            return AuthRejected(f"the token was rejected ({detail}); {self.access.remedy}", **names)
        if status == 403:
            return PermissionMissing(
                f"the token may not read {url.path} ({detail}); {self.access.remedy}", **names
            )
        if status >= 500 or status == 408:
            return SourceBroken(f"the source fails ({detail}); try again later", **names)
        return BadRequest(
            f"{url.path} was refused ({detail}); check the settings of this source",
            status=status,
            **names,
        )

    def transport(self, error: httpx.TransportError, *, stream: str) -> ConnectorError:
        """Return the error for a connection that was not made or did not last."""
        kind, names = type(error).__name__, {"source": self.source, "stream": stream}
        if isinstance(error, httpx.TimeoutException):
            return SourceTimeout(
                f"{self.host} did not answer in time ({kind}); try again later", **names
            )
        if _is_tls(error):
            return TlsRejected(
                f"the certificate of {self.host} is not trusted; if your own authority signed "
                "it, name that authority's file as ca_bundle in the settings of this source",
                **names,
            )
        return SourceUnreachable(
            f"no lasting connection to {self.host} ({kind}); check base_url", **names
        )

    def login_page(self, *, stream: str) -> AuthRejected:
        """Return the error for a web page in place of data."""
        return AuthRejected(
            f"a web page came in place of data, most often a login; {self.access.remedy}",
            source=self.source,
            stream=stream,
        )

    def payload(
        self, why: str, *, stream: str, url: httpx.URL, body: bytes = b"", is_final: bool = False
    ) -> BadPayload:
        """Return the error for bytes that are no usable JSON, with the first megabyte of them."""
        return BadPayload(
            f"the reply of {url.path} is no usable JSON ({self.hide(why)[:160]})",
            source=self.source,
            stream=stream,
            body=self._hide_bytes(body[:KEPT_BYTES]),
            url=str(url),
            is_final=is_final,
        )

    def late(self, seconds: float, *, stream: str) -> DeadlineExceeded:
        """Return the error for a reply that does not end."""
        return DeadlineExceeded(
            f"a reply of {self.host} took longer than {seconds:g} s; ask for smaller pages",
            source=self.source,
            stream=stream,
        )

    def limited(self, wait: float, *, stream: str) -> RateLimited:
        """Return the error for a limit, with the wait the source asks for."""
        return RateLimited(
            f"the source asks to wait {wait:.0f} s; the next run goes on from here",
            source=self.source,
            stream=stream,
            retry_after=wait,
        )

    def budget(self, requests: int, *, stream: str) -> BudgetSpent:
        """Return the error for a run that used up its own limit."""
        return BudgetSpent(
            f"the budget of {requests} requests is used up; the next run goes on from here",
            source=self.source,
            stream=stream,
        )

    def foreign(self, host: str, *, stream: str) -> RedirectBlocked:
        """Return the error for a redirect or a next link to another host."""
        return RedirectBlocked(
            f"{self.host} points to {host}, and credentials do not go there; "
            "if that is the right host, set it as base_url",
            source=self.source,
            stream=stream,
        )

    def private(self, *, stream: str) -> AddressForbidden:
        """Return the error for a host whose address is private and not allowed."""
        return AddressForbidden(
            f"{self.host} has a private address; if that is right, name the host or its network "
            "below network: private_hosts in leadline.yml",
            source=self.source,
            stream=stream,
        )

    def hide(self, text: str) -> str:
        """Return the text without any credential of this source."""
        for secret in self._secrets():
            text = text.replace(secret, "[hidden]")
        return text

    def _hide_bytes(self, content: bytes) -> bytes:
        for secret in self._secrets():
            content = content.replace(secret.encode(), b"[hidden]")
        return content

    def _secrets(self) -> list[str]:
        values = [secret.get_secret_value() for secret in self.access.headers.values()]
        words = [word for value in values for word in value.replace("token=", "").split()]
        return [word for word in words if len(word) >= SHORTEST_SECRET]


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
