"""Records that change over time: one body for each instant at which a source changed it."""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson

Body = Mapping[str, object]
Render = Callable[[int], Body]


def still(make: Callable[[], Body]) -> Render:
    """Return a renderer for a record that never changes once it exists."""

    def render(_: int) -> Body:
        return make()

    return render


def iso(instant: int) -> str:
    """Return an instant as ISO 8601 in UTC with a Z."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_or_none(instant: int | None, seen_at: int) -> str | None:
    """Return an instant, or nothing while it still lies ahead."""
    return None if instant is None or instant > seen_at else iso(instant)


def naive(instant: int) -> str:
    """Return an instant as ServiceNow writes it: UTC without a zone."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%d %H:%M:%S")


@dataclass(slots=True)
class Versioned:
    """One record of a stream; `times` are the instants at which the source changed it."""

    key: str
    parent: str
    times: tuple[int, ...]
    render: Render
    sort_at: int = 0
    _bodies: dict[int, bytes] = field(default_factory=dict)

    def changed_at(self, seen_at: int) -> int | None:
        """Return when the record last changed as of an instant; nothing before it existed."""
        place = bisect_right(self.times, seen_at)
        return self.times[place - 1] if place else None

    def body_at(self, seen_at: int) -> bytes | None:
        """Return the record's JSON as of an instant; nothing before it existed."""
        changed = self.changed_at(seen_at)
        if changed is None:
            return None
        body = self._bodies.get(changed)
        if body is None:
            body = orjson.dumps(self.render(changed))
            self._bodies[changed] = body
        return body


def versioned(
    key: str,
    parent: str,
    times: list[int | None],
    render: Render,
    *,
    sort_at: int = 0,
) -> Versioned:
    """Return a versioned record; instants that never come are left out, order does not matter."""
    known = sorted({time for time in times if time is not None})
    return Versioned(key, parent, tuple(known), render, sort_at or known[0])
