"""Events of an audit log chained by hashes, so that one that is missing or altered is found."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import rfc8785

Event = dict[str, Any]
START = ""


def chain(events: Iterable[Event], *, start: str = START) -> list[str]:
    """Return the hash of every event: sha256(hash before || newline || canonical JSON).

    Source: RFC 8785, JSON canonicalization scheme.
    Errors: rfc8785.CanonicalizationError for what JSON cannot hold, as NaN.
    """
    hashes, before = [], start
    for event in events:
        digest = hashlib.sha256(before.encode() + b"\n" + rfc8785.dumps(event))
        before = digest.hexdigest()
        hashes.append(before)
    return hashes


def first_break(events: Sequence[tuple[int, Event, str]], *, start: str = START) -> int | None:
    """Return the number of the first event whose stated hash does not follow from those before.

    None where the whole chain holds. After the event 499 the event 501 does not follow: where 500
    was taken out, 501 is what is returned.
    Shape: (number, event, stated hash), in the order of the log.
    """
    before = start
    for number, event, stated in events:
        if chain([event], start=before)[0] != stated:
            return number
        before = stated
    return None
