"""Bound the whole time of a request: httpx's own limits are per read, so a drip never ends."""

import ssl
import threading
from collections.abc import Callable, Iterable
from typing import Any

import httpcore
import httpx

from connectors._addresses import AddressGuard

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
CONNECTIONS = 16

Monotonic = Callable[[], float]


class Deadline(threading.local):
    """Hold the instant at which this thread's request must be over.

    Units: seconds of the monotonic clock.
    """

    at: float = float("inf")


class _BoundedStream(httpcore.NetworkStream):
    def __init__(
        self, stream: httpcore.NetworkStream, deadline: Deadline, monotonic: Monotonic
    ) -> None:
        self._stream = stream
        self._deadline = deadline
        self._monotonic = monotonic

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._deadline.at - self._monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("deadline")
        return self._stream.read(max_bytes, min(left, timeout or left))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        inner = self._stream.start_tls(ssl_context, server_hostname, timeout)
        return _BoundedStream(inner, self._deadline, self._monotonic)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _BoundedBackend(httpcore.SyncBackend):
    def __init__(
        self, deadline: Deadline, monotonic: Monotonic, guard: AddressGuard | None
    ) -> None:
        self._deadline = deadline
        self._monotonic = monotonic
        self._guard = guard

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        if self._guard is not None:
            host = self._resolve(host, port)
        stream = super().connect_tcp(host, port, timeout, local_address, socket_options)
        return _BoundedStream(stream, self._deadline, self._monotonic)

    def _resolve(self, host: str, port: int) -> str:
        assert self._guard is not None
        try:
            return self._guard.choose(host, port)
        except OSError as exc:
            raise httpcore.ConnectError(str(exc)) from exc


def open_transport(
    deadline: Deadline,
    *,
    monotonic: Monotonic,
    ca_bundle: str | None,
    guard: AddressGuard | None = None,
) -> httpx.HTTPTransport:
    """Return httpx's transport over a pool whose reads end at the thread's deadline.

    With a guard, connections go only to addresses that it allows.
    """
    context = ssl.create_default_context(cafile=ca_bundle)
    transport = httpx.HTTPTransport(verify=context, trust_env=False)
    # httpx offers no way to name httpcore's network backend (encode/httpx 0.28.1, _transports).
    transport._pool = httpcore.ConnectionPool(
        ssl_context=context,
        max_connections=CONNECTIONS,
        max_keepalive_connections=CONNECTIONS,
        keepalive_expiry=30.0,
        network_backend=_BoundedBackend(deadline, monotonic, guard),
    )
    return transport
