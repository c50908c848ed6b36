"""Check that a delivery comes from who holds the secret; pure, over the bytes as received.

Source: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries,
https://developer.pagerduty.com/docs/verifying-signatures,
https://docs.gitlab.com/user/project/integrations/webhooks/ (token and signing),
https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/,
https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/,
https://www.standardwebhooks.com (webhook-id, webhook-timestamp, webhook-signature).
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

TOLERANCE_SECONDS = 300

MISSING = "it carries no signature"
WRONG = "its signature does not fit its body"
OLD = f"its timestamp is more than {TOLERANCE_SECONDS} seconds away from now"


def refusal_of(
    vendor: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    secret: str,
    now: datetime,
    signature_header: str | None = None,
    timestamp_header: str | None = None,
) -> str | None:
    """Return why a delivery is not to be believed, or None; header names are in lower case."""
    if signature_header:
        signed, refusal = body, None
        if timestamp_header:
            stamp = headers.get(timestamp_header.lower(), "")
            signed, refusal = stamp.encode() + b"." + body, _timestamp_refusal(stamp, now=now)
        given = headers.get(signature_header.lower(), "").removeprefix("sha256=")
        return refusal or _compare([given], _hexadecimal(secret, signed))
    if "webhook-signature" in headers and vendor in _STANDARD:
        return _standard(headers, body, secret=secret, now=now)
    return _CHECKS.get(vendor, _authorization)(headers, body, secret, now)


def _compare(given: Iterable[str], expected: str) -> str | None:
    """Compare in constant time; an empty signature fits nothing."""
    offered = [one.strip() for one in given if one.strip()]
    if not offered:
        return MISSING
    fits = [hmac.compare_digest(one.encode(), expected.encode()) for one in offered]
    return None if any(fits) else WRONG


def _hexadecimal(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _timestamp_refusal(text: str, *, now: datetime) -> str | None:
    try:
        seconds = float(text)
    except ValueError:
        return MISSING
    # A stamp that is no number is no reason to believe it either.
    return None if abs(now.timestamp() - seconds) <= TOLERANCE_SECONDS else OLD


def _github(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> str | None:
    expected = f"sha256={_hexadecimal(secret, body)}"
    return _compare([headers.get("x-hub-signature-256", "")], expected)


def _gitea(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> str | None:
    if "x-hub-signature-256" in headers:
        return _github(headers, body, secret, now)
    return _compare([headers.get("x-gitea-signature", "")], _hexadecimal(secret, body))


def _bitbucket(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> str | None:
    expected = f"sha256={_hexadecimal(secret, body)}"
    return _compare([headers.get("x-hub-signature", "")], expected)


def _gitlab(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> str | None:
    return _compare([headers.get("x-gitlab-token", "")], secret)


def _pagerduty(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> str | None:
    offered = headers.get("x-pagerduty-signature", "").split(",")
    return _compare(offered, f"v1={_hexadecimal(secret, body)}")


def _grafana(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> str | None:
    given = headers.get("x-grafana-alerting-signature")
    if given is None:
        return _authorization(headers, body, secret, now)
    stamp = headers.get("x-grafana-alerting-timestamp")
    if stamp is None:
        return _compare([given], _hexadecimal(secret, body))
    signed = stamp.encode() + b":" + body
    return _timestamp_refusal(stamp, now=now) or _compare([given], _hexadecimal(secret, signed))


def _authorization(
    headers: Mapping[str, str], body: bytes, secret: str, now: datetime
) -> str | None:
    """Compare a bearer token, or the password of basic credentials, with the secret."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            value = base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return WRONG
    elif scheme.lower() != "bearer":
        return MISSING
    return _compare([value], secret)


def _standard(headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime) -> str | None:
    identity, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    try:
        is_encoded = secret.startswith("whsec_")
        key = base64.b64decode(secret.removeprefix("whsec_")) if is_encoded else secret.encode()
    except binascii.Error:
        key = secret.encode()
    signed = f"{identity}.{stamp}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    offered = headers.get("webhook-signature", "").split()
    return _timestamp_refusal(stamp, now=now) or _compare(offered, f"v1,{expected}")


_Check = Callable[[Mapping[str, str], bytes, str, datetime], str | None]
_CHECKS: dict[str, _Check] = {
    "github": _github,
    "gitea": _gitea,
    "bitbucket": _bitbucket,
    "gitlab": _gitlab,
    "pagerduty": _pagerduty,
    "grafana": _grafana,
}
_STANDARD = frozenset({"gitlab", "generic", "cdevents", "cloudevents", "argocd"})
