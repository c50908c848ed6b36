"""Name what can go wrong while a source is read, so that a caller can catch at any height.

ConnectorError                  anything below; knows source, stream and remedy
├── AuthRejected                401, or a login page in place of data
│   └── PermissionMissing       403 without a limit: the token lacks a scope
├── RateLimited                 the source asks for more patience than a run has (retry_after)
│   └── BudgetSpent             the run's own limit of requests is used up
├── SourceBroken                5xx after every retry
│   ├── SourceUnreachable       connection refused, host unknown, connection reset
│   ├── SourceTimeout           no answer in time
│   ├── DeadlineExceeded        an answer that never ends
│   └── TlsRejected             certificate expired, self-signed or for another host
├── UnexpectedShape             a reply that is not as documented (keeps the bytes)
│   └── BadPayload              bytes that are no JSON, or more of them than allowed
├── PaginationLoop              the source keeps naming pages that lead nowhere
├── RedirectBlocked             a redirect or a next link to another host
├── AddressForbidden            the host leads to a private address that nobody allowed
├── BadRequest                  400, 404, 422: this one request is wrong (status)
└── Stopped                     we were asked to stop; what was read stays
"""


class ConnectorError(Exception):
    """Say which source and stream failed and what to do about it."""

    code = "connector_error"

    def __init__(self, message: str, *, source: str = "", stream: str = "") -> None:
        """Keep the message beside the names of source and stream."""
        self.message = message
        self.source = source
        self.stream = stream
        super().__init__(f"{source} ({stream}): {message}" if source else message)


class AuthRejected(ConnectorError):
    """The source does not know our token, or no longer does."""

    code = "auth_expired"


class PermissionMissing(AuthRejected):
    """The token is valid but may not read this stream."""

    code = "forbidden"


class RateLimited(ConnectorError):
    """The source asks us to come back later than a run may wait.

    Units: retry_after in seconds from the reply that said so; None if it named no time.
    """

    code = "rate_limited"

    def __init__(
        self,
        message: str,
        *,
        source: str = "",
        stream: str = "",
        retry_after: float | None = None,
    ) -> None:
        """Keep the wait beside the message."""
        self.retry_after = retry_after
        super().__init__(message, source=source, stream=stream)


class BudgetSpent(RateLimited):
    """The run used up the number of requests it was allowed."""

    code = "budget_spent"


class SourceBroken(ConnectorError):
    """The source failed and kept failing."""

    code = "server_error"


class SourceUnreachable(SourceBroken):
    """No connection to the source could be made or kept."""

    code = "unreachable"


class SourceTimeout(SourceBroken):
    """The source accepted the request and fell silent."""

    code = "timeout"


class DeadlineExceeded(SourceBroken):
    """The reply was still arriving when its total time was over."""

    code = "deadline"


class TlsRejected(SourceBroken):
    """The source's certificate does not prove who it is."""

    code = "tls"


class UnexpectedShape(ConnectorError):
    """The reply does not look as documented; its bytes are kept for the quarantine."""

    code = "unexpected_shape"

    def __init__(
        self,
        message: str,
        *,
        source: str = "",
        stream: str = "",
        body: bytes = b"",
        url: str = "",
        is_final: bool = False,
    ) -> None:
        """Keep the bytes and the address; `is_final` if asking again cannot help."""
        self.body = body
        self.url = url
        self.is_final = is_final
        super().__init__(message, source=source, stream=stream)


# What Python says when a record has not the fields, or the kinds of value, that are documented.
ODD_RECORD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def odd_record(
    error: Exception, *, source: str = "", stream: str, body: bytes = b"", url: str = ""
) -> UnexpectedShape:
    """Return the error of a reply that holds a record nobody could make sense of."""
    whose = f"{source} has a record in {stream}" if source else f"there is a record in {stream}"
    return UnexpectedShape(
        f"{whose} that is not as documented ({type(error).__name__}: {str(error)[:200]}); "
        "the source may have changed its interface, update Leadline or report it",
        source=source,
        stream=stream,
        body=body,
        url=url,
    )


class BadPayload(UnexpectedShape):
    """The reply is no JSON, or larger than allowed."""

    code = "bad_payload"


class PaginationLoop(ConnectorError):
    """The source names next pages that lead nowhere."""

    code = "pagination_loop"


class RedirectBlocked(ConnectorError):
    """The source points to another host; credentials do not travel there."""

    code = "redirect_blocked"


class AddressForbidden(ConnectorError):
    """The source's host leads to a private address that the settings do not allow."""

    code = "address_blocked"


class BadRequest(ConnectorError):
    """The source refuses this one request."""

    code = "bad_request"

    def __init__(self, message: str, *, source: str = "", stream: str = "", status: int) -> None:
        """Keep the HTTP status beside the message."""
        self.status = status
        super().__init__(message, source=source, stream=stream)


class Stopped(ConnectorError):
    """The run was asked to stop between two replies."""

    code = "stopped"
