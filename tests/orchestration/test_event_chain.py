"""The chain of audit events: what is missing, moved or altered is found where it begins."""

import hashlib
import json
from typing import Any

from orchestration.evidence.event_chain import START, chain, first_break

EVENTS: list[dict[str, Any]] = [
    {"what": "deployment.start", "who": f"p{number}", "number": number} for number in range(1, 1001)
]


def stated() -> list[tuple[int, dict[str, Any], str]]:
    return list(zip(range(1, 1001), EVENTS, chain(EVENTS), strict=True))


def test_a_whole_chain_holds() -> None:
    assert first_break(stated()) is None


def test_without_event_500_the_chain_fails_at_501() -> None:
    assert first_break([one for one in stated() if one[0] != 500]) == 501


def test_an_event_that_was_altered_is_named_itself() -> None:
    events = stated()
    number, event, digest = events[299]
    events[299] = (number, {**event, "who": "somebody else"}, digest)
    assert first_break(events) == 300


def test_two_events_that_changed_places_are_found_at_the_first() -> None:
    events = stated()
    events[10], events[11] = events[11], events[10]
    assert first_break(events) == 12


def test_a_hash_is_that_of_the_hash_before_a_newline_and_the_canonical_event() -> None:
    text = json.dumps(EVENTS[0], sort_keys=True, separators=(",", ":"))
    first = hashlib.sha256(START.encode() + b"\n" + text.encode()).hexdigest()
    text = json.dumps(EVENTS[1], sort_keys=True, separators=(",", ":"))
    second = hashlib.sha256(first.encode() + b"\n" + text.encode()).hexdigest()
    assert chain(EVENTS[:2]) == [first, second]


def test_the_order_of_an_events_fields_does_not_matter() -> None:
    assert chain([{"b": 1, "a": 2}]) == chain([{"a": 2, "b": 1}])


def test_a_chain_goes_on_from_the_last_hash_of_the_file_before() -> None:
    whole = chain(EVENTS[:4])
    assert chain(EVENTS[2:4], start=whole[1]) == whole[2:]
