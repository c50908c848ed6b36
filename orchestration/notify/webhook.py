"""Send a message to a webhook as JSON, signed where a secret is given."""

import hashlib
import hmac
import json
import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from pydantic import SecretStr

from connectors._addresses import AddressGuard
from connectors._contract import Access
from connectors._errors import BadRequest, ConnectorError
from connectors._http import HttpClient
from orchestration.notify.messages import Message, one_line
from orchestration.notify.sections import Webhook
from orchestration.notify.undelivered import Undelivered

LONGEST_WAIT_SECONDS = 20.0
DEADLINE_SECONDS = 30.0
_WORDS = {
    "auth_expired": "the receiver refused it (401); check address and secret",
    "forbidden": "the receiver refused it (403); check address and secret",
    "rate_limited": "the receiver asks for patience; the next run tries again",
    "server_error": "the receiver fails; the next run tries again",
    "unreachable": "no lasting connection; check the address",
    "timeout": "no answer in time; the next run tries again",
    "deadline": "no answer in time; the next run tries again",
    "tls": "its certificate is not trusted; name your authority as ca_bundle",
    "redirect_blocked": "it points elsewhere, and messages do not follow; correct the address",
    "address_blocked": "it has a private address; if that is right, name the host below network: "
    "private_hosts in leadline.yml",
}


def send_webhook(
    webhook: Webhook,
    message: Message,
    *,
    channel: str,
    clock: Callable[[], datetime],
    private_hosts: Sequence[str] = (),
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Hand a message over to a webhook.

    Errors: Undelivered with the reason, never with the address, which may be a secret.
    """
    url = webhook.url.get_secret_value()
    check_address(url, channel=channel, private_hosts=private_hosts)
    body = compose_body(webhook, message)
    client = HttpClient(
        Access(
            base_url=url,
            headers=_headers(webhook, message, body),
            accept="*/*",
            ca_bundle=webhook.ca_bundle,
        ),
        source=channel,
        clock=clock,
        sleep=lambda seconds: sleep(min(seconds, LONGEST_WAIT_SECONDS)),
        monotonic=time.monotonic,
        jitter=random.random,
        deadline_seconds=DEADLINE_SECONDS,
        page_bytes=1 << 20,
        budget=4,
        guard=AddressGuard(tuple(private_hosts)),
    )
    try:
        client.deliver(body, stream="messages")
    except BadRequest as exc:
        raise Undelivered(channel, f"the receiver refused it (HTTP {exc.status})") from None
    except ConnectorError as exc:
        reason = _WORDS.get(exc.code, "it could not be delivered; the next run tries again")
        raise Undelivered(channel, reason) from None
    finally:
        client.close()


def check_address(url: str, *, channel: str, private_hosts: Sequence[str]) -> None:
    """Refuse an address that is not HTTPS; plain HTTP is for hosts that the settings name.

    Errors: Undelivered.
    """
    parts = urlsplit(url)
    is_plain = parts.scheme == "http" and parts.hostname in private_hosts
    if not parts.hostname or parts.username or not (parts.scheme == "https" or is_plain):
        raise Undelivered(channel, "its address does not begin with https://")


def compose_body(webhook: Webhook, message: Message) -> bytes:
    """Return the JSON: the whole message, or only the text that Slack and Teams show."""
    if webhook.format == "text":
        lines = [one_line(message.subject), *(_chat(*line) for line in message.lines)]
        return json.dumps({"text": "\n".join(lines)}, ensure_ascii=False).encode()
    whole = {
        "key": message.key,
        "subject": one_line(message.subject),
        "lines": [{"text": line, "url": link or None} for line, link in message.lines],
    }
    return json.dumps(whole, ensure_ascii=False).encode()


def sign(secret: SecretStr, body: bytes) -> str:
    """Return the signature of a body as the header carries it."""
    made = hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).hexdigest()
    return f"sha256={made}"


def _headers(webhook: Webhook, message: Message, body: bytes) -> dict[str, SecretStr]:
    headers = {"idempotency-key": SecretStr(message.key)}
    if webhook.secret:
        headers["x-leadline-signature"] = SecretStr(sign(webhook.secret, body))
    return headers


def _chat(line: str, link: str) -> str:
    """Return a line for a chat, whose own marks (`<!channel>`, `<@name>`) mean nothing in it."""
    text = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"{text} {link}" if link else text
