"""Channels: a real SMTP server and a real HTTP server on loopback; what they are told, and not."""

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from orchestration.errors import ConfigurationError
from orchestration.notify.channels import OpenChannel, open_channel
from orchestration.notify.messages import Attachment, Message
from orchestration.notify.undelivered import Undelivered
from orchestration.settings import parse_settings
from tests.connectors.certificates import make_certificate
from tests.orchestration.mail_server import MailServer, serving

CANARY = "CANARY_mail_password_0815"
MESSAGE = Message(
    key="0f3a",
    subject="Leadline: 2 signals",
    lines=(
        ("Lead time left its range.", "https://leadline.acme.example/delivery?team=a&period=b"),
        ("Jira & <b>co</b> are late.", ""),
    ),
)


def _channel(
    text: str, *, hosts: str = "[127.0.0.1]", environ: Mapping[str, str] | None = None
) -> OpenChannel:
    settings = parse_settings(
        f"network:\n  private_hosts: {hosts}\nchannels:\n  it:\n"
        + "".join(f"    {line}\n" for line in text.splitlines())
    )
    given = {"SECRET": CANARY, "HOOK": "", **(environ or {})}
    return open_channel(settings, "it", clock=lambda: datetime.now(UTC), environ=given)


def _mail(server: MailServer, more: str = "", *, hosts: str = "[127.0.0.1]") -> OpenChannel:
    bundle = f"ca_bundle: {server.certificate[0]}\n" if server.certificate else ""
    return _channel(
        f"kind: mail\nhost: 127.0.0.1\nport: {server.port}\nsender: leadline@acme.example\n"
        f"to: [ada@acme.example, bo@acme.example]\nusername: leadline\npassword: ${{SECRET}}\n"
        f"{bundle}{more}",
        hosts=hosts,
    )


@pytest.mark.parametrize("is_tls", [False, True])
def test_a_mail_goes_encrypted_after_a_login_to_every_receiver(
    tmp_path: Path, is_tls: bool
) -> None:
    server = MailServer(
        certificate=make_certificate(tmp_path, "mail"), is_tls=is_tls, password=CANARY
    )
    with serving(server):
        _mail(server, f"security: {'tls' if is_tls else 'starttls'}").send(MESSAGE)
    ((receivers, mail),) = server.mails
    assert receivers == ["ada@acme.example", "bo@acme.example"]
    assert server.logins == [CANARY]
    assert mail["Subject"] == "Leadline: 2 signals"
    assert mail["Message-ID"] == "<0f3a@acme.example>"
    plain = mail.get_body(("plain",))
    page = mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert "Jira & <b>co</b> are late." in plain.get_content()
    assert "Jira &amp; &lt;b&gt;co&lt;/b&gt; are late." in page.get_content()
    assert 'href="https://leadline.acme.example/delivery?team=a&amp;period=b"' in page.get_content()


def test_a_certificate_that_nobody_vouches_for_ends_before_the_login(tmp_path: Path) -> None:
    server = MailServer(certificate=make_certificate(tmp_path, "mail"), password=CANARY)
    with serving(server):
        channel = _channel(
            f"kind: mail\nhost: 127.0.0.1\nport: {server.port}\nsender: a@acme.example\n"
            "to: [b@acme.example]\nusername: leadline\npassword: ${SECRET}"
        )
        with pytest.raises(Undelivered, match="name your authority as ca_bundle"):
            channel.send(MESSAGE)
    assert server.logins == []


def test_a_server_without_encryption_is_told_no_password() -> None:
    server = MailServer(password=CANARY)
    with serving(server), pytest.raises(Undelivered, match="offers no STARTTLS"):
        _mail(server).send(MESSAGE)
    assert not any(line.startswith("AUTH") for line in server.commands)


def test_a_refused_login_is_told_without_what_the_server_repeats(tmp_path: Path) -> None:
    server = MailServer(certificate=make_certificate(tmp_path, "mail"), password="another")
    with serving(server), pytest.raises(Undelivered) as caught:
        _mail(server).send(MESSAGE)
    assert server.logins == [CANARY]
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "check username and password" in str(caught.value)


def test_a_server_that_refuses_the_message_leaves_it_undelivered(tmp_path: Path) -> None:
    server = MailServer(
        certificate=make_certificate(tmp_path, "mail"), password=CANARY, answer="554 no thanks"
    )
    with serving(server), pytest.raises(Undelivered, match="SMTP 554"):
        _mail(server).send(MESSAGE)


def test_nothing_in_a_message_becomes_a_header(tmp_path: Path) -> None:
    hostile = Message(
        key="1",
        subject="Checkout\r\nBcc: eve@evil.example\n\nbody",
        lines=(("text\r\n.\r\nMAIL FROM:<eve@evil.example>", ""),),
        attachments=(Attachment("a\r\nX-Evil: 1.pdf", "application/pdf", b"%PDF"),),
    )
    server = MailServer(certificate=make_certificate(tmp_path, "mail"), password=CANARY)
    with serving(server):
        _mail(server).send(hostile)
    ((receivers, mail),) = server.mails
    assert receivers == ["ada@acme.example", "bo@acme.example"]
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Checkout Bcc: eve@evil.example body"
    (file,) = mail.iter_attachments()
    assert file["X-Evil"] is None
    assert file.get_content() == b"%PDF"


@pytest.mark.parametrize("address", ['"a@b.example\\r\\nBcc: eve@evil.example"', "nobody", "a@b c"])
def test_an_odd_address_is_refused_with_its_line(address: str) -> None:
    with pytest.raises(ConfigurationError, match=r"line 9: channels\.it\.to\.0 ") as caught:
        _channel(f"kind: mail\nhost: smtp.acme.example\nsender: a@acme.example\nto:\n- {address}")
    assert "eve" not in str(caught.value)


def test_a_private_mail_server_must_be_named(tmp_path: Path) -> None:
    server = MailServer(certificate=make_certificate(tmp_path, "mail"), password=CANARY)
    with serving(server), pytest.raises(Undelivered, match="private_hosts"):
        _mail(server, hosts="[]").send(MESSAGE)
    assert server.commands == []


def test_a_check_of_a_mail_server_logs_in_and_sends_nothing(tmp_path: Path) -> None:
    server = MailServer(certificate=make_certificate(tmp_path, "mail"), password=CANARY)
    with serving(server):
        assert _mail(server).check() == "127.0.0.1 lets us in, 2 receiver(s)"
    assert server.logins == [CANARY]
    assert server.mails == []


# -- webhooks -------------------------------------------------------------------------------------


@dataclass
class Hook:
    """What came to a webhook, and how it answers: statuses in turn, the last one for ever."""

    port: int = 0
    statuses: list[int] = field(default_factory=lambda: [200])
    location: str = ""
    bodies: list[bytes] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)


@pytest.fixture
def hook() -> Iterator[Hook]:
    given = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            given.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            given.headers.append({key.lower(): value for key, value in self.headers.items()})
            status = given.statuses.pop(0) if len(given.statuses) > 1 else given.statuses[0]
            self.send_response(status)
            if given.location:
                self.send_header("location", given.location)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        given.port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield given
        server.shutdown()


@pytest.fixture
def open_hook(hook: Hook) -> Callable[..., OpenChannel]:
    def opened(more: str = "", **choices: str) -> OpenChannel:
        url = f"http://127.0.0.1:{hook.port}/{CANARY}"
        return _channel(f"kind: webhook\nurl: ${{HOOK}}\n{more}", environ={"HOOK": url}, **choices)

    return opened


def test_a_webhook_gets_signed_json_with_a_key_against_repeats(
    hook: Hook, open_hook: Callable[..., OpenChannel]
) -> None:
    open_hook("secret: ${SECRET}").send(MESSAGE)
    (body,), (headers,) = hook.bodies, hook.headers
    expected = hmac.new(CANARY.encode(), body, hashlib.sha256).hexdigest()
    assert headers["x-leadline-signature"] == f"sha256={expected}"
    assert headers["idempotency-key"] == "0f3a"
    assert headers["content-type"] == "application/json"
    assert json.loads(body)["lines"][1] == {"text": "Jira & <b>co</b> are late.", "url": None}


def test_a_chat_gets_text_in_which_names_call_nobody(
    hook: Hook, open_hook: Callable[..., OpenChannel]
) -> None:
    hostile = Message(key="1", subject="Two", lines=(("<!channel> & <https://x|y>", ""),))
    open_hook("format: text").send(hostile)
    text = "Two\n&lt;!channel&gt; &amp; &lt;https://x|y&gt;"
    assert json.loads(hook.bodies[0]) == {"text": text}


def test_a_webhook_that_fails_at_first_is_asked_again_with_the_same_key(
    hook: Hook, open_hook: Callable[..., OpenChannel]
) -> None:
    hook.statuses = [503, 200]
    open_hook().send(MESSAGE)
    assert [headers["idempotency-key"] for headers in hook.headers] == ["0f3a", "0f3a"]


@pytest.mark.parametrize(
    ("status", "words"), [(401, "401"), (403, "403"), (404, "HTTP 404"), (302, "points elsewhere")]
)
def test_a_webhook_that_refuses_is_told_without_its_address(
    hook: Hook, open_hook: Callable[..., OpenChannel], status: int, words: str
) -> None:
    hook.statuses, hook.location = [status], "https://elsewhere.example/" if status == 302 else ""
    with pytest.raises(Undelivered, match=words) as caught:
        open_hook("secret: ${SECRET}").send(MESSAGE)
    assert CANARY not in str(caught.value)
    assert len(hook.bodies) == 1


def test_a_private_or_plain_webhook_must_be_named(
    hook: Hook, open_hook: Callable[..., OpenChannel]
) -> None:
    with pytest.raises(Undelivered, match="https://"):
        open_hook(hosts="[]").send(MESSAGE)
    with pytest.raises(Undelivered, match="private_hosts"):
        _channel("kind: webhook\nurl: ${HOOK}", hosts="[]",
                 environ={"HOOK": f"https://127.0.0.1:{hook.port}/x"}).send(MESSAGE)  # fmt: skip
    assert hook.bodies == []


@pytest.mark.parametrize(
    "line", ["url: https://hooks.example/CANARY", "url: ${HOOK}\n    secret: CANARY"]
)
def test_a_secret_that_stands_there_itself_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(ConfigurationError, match=r"holds a secret itself") as caught:
        parse_settings(f"channels:\n  chat:\n    kind: webhook\n    {line}\n")
    assert "CANARY" not in str(caught.value)
