"""Pass connections on to a real server by plain sockets, and break them where a test says so."""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

Break = Literal["", "reset", "short", "drip"]
RESET_AT_CLOSE = struct.pack("ii", 1, 0)


@dataclass
class Relay:
    """A listener before a server; `breaks` is how the replies of `left` connections end."""

    upstream: tuple[str, int]
    context: ssl.SSLContext | None = None
    breaks: Break = ""
    left: int = 0
    port: int = 0
    _open: list[socket.socket] = field(default_factory=list)
    _listener: socket.socket | None = None

    @property
    def url(self) -> str:
        """Return the address to read from."""
        return f"{'https' if self.context else 'http'}://127.0.0.1:{self.port}"

    def listen(self) -> None:
        """Take connections from now on, always at the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def shut(self) -> None:
        """Refuse connections from now on and end those that are open."""
        if self._listener:
            # Closing alone does not wake the thread that waits in accept.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        """Pass one request on and its reply back, then close the connection."""
        with contextlib.suppress(OSError):
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            self._open.append(connection)
            request = b""
            while b"\r\n\r\n" not in request:
                part = connection.recv(65536)
                if not part:
                    return
                request += part
            request = request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
            with socket.create_connection(self.upstream) as server:
                server.sendall(request)
                reply = b"".join(iter(lambda: server.recv(65536), b""))
            self._answer(connection, reply)
        connection.close()

    def _answer(self, connection: socket.socket, reply: bytes) -> None:
        is_broken = bool(self.breaks) and self.left > 0
        self.left -= is_broken
        half = len(reply) // 2
        if not is_broken:
            connection.sendall(reply)
        elif self.breaks == "drip":
            for number in range(len(reply)):
                connection.sendall(reply[number : number + 1])
                time.sleep(0.02)
        else:
            connection.sendall(reply[:half])
            if self.breaks == "reset":
                time.sleep(0.2)  # what was sent arrives before the reset
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)


@contextmanager
def relay_to(url: str, *, context: ssl.SSLContext | None = None) -> Iterator[Relay]:
    """Run a relay before the server at a plain address."""
    host, port = url.removeprefix("http://").split(":")
    relay = Relay((host, int(port)), context)
    relay.listen()
    try:
        yield relay
    finally:
        relay.shut()
