"""A small SMTP server on a loopback port: STARTTLS or TLS, a login, and what it was given."""

import base64
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path


@dataclass
class MailServer:
    """What a session may do, and every mail that came with whom it was for."""

    port: int = 0
    certificate: tuple[Path, Path] | None = None
    is_tls: bool = False
    password: str = ""
    answer: str = "250 ok"
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    def context(self) -> ssl.SSLContext:
        assert self.certificate is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificate)
        return context


@contextlib.contextmanager
def serving(server: MailServer) -> Iterator[MailServer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
        threading.Thread(target=_accept, args=(listener, server), daemon=True).start()
        yield server


def _accept(listener: socket.socket, server: MailServer) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with contextlib.suppress(OSError), connection:
            _talk(server.context().wrap_socket(connection, server_side=True)
                  if server.is_tls else connection, server)  # fmt: skip


def _talk(connection: socket.socket, server: MailServer) -> None:
    stream = connection.makefile("rwb", buffering=0)
    receivers: list[str] = []

    def say(text: str) -> None:
        stream.write(text.replace("\n", "\r\n").encode() + b"\r\n")

    say("220 test")
    while line := stream.readline().decode().strip():
        server.commands.append(line)
        verb = line.split()[0].upper()
        if verb == "EHLO":
            is_open = server.certificate and not isinstance(connection, ssl.SSLSocket)
            say("250-test\n250-AUTH PLAIN\n250 STARTTLS" if is_open else "250-test\n250 AUTH PLAIN")
        elif verb == "STARTTLS":
            say("220 go")
            connection = server.context().wrap_socket(connection, server_side=True)
            stream = connection.makefile("rwb", buffering=0)
        elif verb == "AUTH":
            word = base64.b64decode(line.split()[2]).decode().split("\0")[2]
            server.logins.append(word)
            say("235 in" if word == server.password else f"535 no such password {word}")
        elif verb == "RCPT":
            receivers.append(line.partition("<")[2].rstrip(">"))
            say("250 ok")
        elif verb == "DATA":
            say("354 go on")
            parts = []
            while (part := stream.readline()) != b".\r\n":
                parts.append(part[1:] if part.startswith(b"..") else part)
            if server.answer.startswith("250"):
                mail = message_from_bytes(b"".join(parts), policy=default)
                assert isinstance(mail, EmailMessage)
                server.mails.append((receivers, mail))
            receivers = []
            say(server.answer)
        elif verb == "QUIT":
            say("221 bye")
            return
        else:
            say("250 ok")
