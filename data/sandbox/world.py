"""The sample company as its systems of record would show it at any instant.

`open_world` draws the history once; `World` answers what each system held at an instant.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from data.sandbox.catalogue import Settings, catalogue
from data.sandbox.history import simulate
from data.sandbox.junit_reports import write_reports
from data.sandbox.model import History
from data.sandbox.policy import policy
from data.sandbox.records import Streams, build_streams
from data.sandbox.truth import incident_truths
from data.sandbox.versions import Versioned
from data.sandbox.worktime import DAY

DEFAULT_END = datetime(2026, 11, 22, 8, tzinfo=UTC)
DEFAULT_SEED = 1
_SYNC_DAYS_BEFORE_END = (45, 14, 3, 0)


@dataclass(frozen=True)
class Tokens:
    """What each system expects in the Authorization header."""

    github: str = "sandbox-github-token"
    servicenow_user: str = "leadline"
    servicenow_password: str = "sandbox-servicenow-password"
    pagerduty: str = "sandbox-pagerduty-token"


@dataclass(frozen=True)
class World:
    """One drawn history and its records by (source, stream) and parent."""

    seed: int
    start: datetime
    end: datetime
    history: History
    streams: Streams
    tokens: Tokens = Tokens()

    def steps(self) -> tuple[datetime, ...]:
        """Return the simulated instants at which the sample company is synced."""
        return tuple(_instant(t) for t in _looks(int(self.end.timestamp())))

    def catalogue(self) -> Settings:
        """Return what belongs into the company's configuration."""
        return catalogue(self.end)

    def policy(self) -> Settings:
        """Return what belongs into the company's policy."""
        return policy(self.end)

    def truth(self) -> list[dict[str, object]]:
        """Return the true cause of every incident, one row each."""
        return incident_truths(self.history)

    def write_junit_reports(self, folder: Path, at: datetime) -> int:
        """Write the test reports that existed at an instant; return how many."""
        moment = int(at.timestamp())
        return write_reports(self.history, folder, seed=self.seed, at=moment)

    def records(self, source: str, stream: str, parent: str = "") -> list[Versioned]:
        """Return a stream's records below one parent, in the order in which they were made."""
        return self.streams.get((source, stream), {}).get(parent, [])

    def every(self, source: str, stream: str) -> Iterator[Versioned]:
        """Yield all records of a stream."""
        for records in self.streams.get((source, stream), {}).values():
            yield from records

    def record_at(self, source: str, stream: str, key: str, at: datetime) -> object:
        """Return one record as it looked at an instant, or None before it existed.

        Errors: KeyError when no such record ever exists.
        """
        found = next((r for r in self.every(source, stream) if r.key == key), None)
        if found is None:
            raise KeyError(key)
        body = found.body_at(int(at.timestamp()))
        return None if body is None else orjson.loads(body)


def _instant(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def _looks(end: int) -> tuple[int, ...]:
    return tuple(end - days * DAY for days in _SYNC_DAYS_BEFORE_END)


def open_world(*, seed: int = DEFAULT_SEED, end: datetime = DEFAULT_END, days: int = 400) -> World:
    """Return the sample company; equal arguments give equal bytes."""
    last = int(end.timestamp())
    start = last - days * DAY
    history = simulate(seed=seed, start=start, end=last, looks=_looks(last))
    return World(seed, _instant(start), _instant(last), history, build_streams(history, start))
