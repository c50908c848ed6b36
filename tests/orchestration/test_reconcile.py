"""What a reconciling run reads, and what its journal says of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors._contract import Access, Deletes, Page, Refusal, Resume, State, Stream
from connectors._errors import ConnectorError, RateLimited
from orchestration.journal import Line
from orchestration.lake import Lake
from orchestration.sync import sync

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def _clock() -> datetime:
    return NOW


@dataclass
class ListedSource:
    """A source with prepared pages; an error in the list is raised when it is reached."""

    items: Sequence[Page | Refusal | ConnectorError]
    deletes: Deletes = "reconciled"
    child_deletes: Deletes = "reconciled"
    name: str = "a"
    kind: str = "listed"
    access: Access | None = None
    asked: list[tuple[State | None, Resume]] = field(default_factory=list)

    @property
    def streams(self) -> tuple[Stream, ...]:
        return (
            Stream("items", "One row per item.", cursor="updated", deletes=self.deletes),
            Stream("parts", "One row per part.", parent="items", deletes=self.child_deletes),
        )

    def pages(
        self, stream: Stream, *, cursor: State | None, resume: Resume, client: object, now: datetime
    ) -> Iterator[Page | Refusal]:
        self.asked.append((cursor, resume))
        for item in self.items:
            if isinstance(item, ConnectorError):
                raise item
            yield item

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        return {"reached": {name: dict(state) for name, state in checkpoints.items()}}


def _page(number: int, stream: str = "items") -> Page:
    checkpoint: State = {"child": str(number)} if stream == "parts" else {"next": number}
    return Page(stream, b'[{"id": 1}]', f"u{number}", NOW, 1, checkpoint=checkpoint)


def _limited() -> RateLimited:
    return RateLimited("later", retry_after=3600)


def _started(lake: Lake, stream: str = "items") -> list[Line]:
    return [line for line in lake.journal("a", stream) if line["event"] == "run_started"]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def test_a_normal_run_asks_for_what_is_new_and_is_not_whole(lake: Lake) -> None:
    source = ListedSource([_page(1)])
    for _ in range(2):
        sync([source], lake, _clock)
    assert [cursor for cursor, _ in source.asked] == [None, {"reached": {"": {"next": 1}}}]
    assert [line["is_whole"] for line in _started(lake)] == [False, False]


def test_a_reconciling_run_asks_for_everything_and_says_that_it_is_whole(lake: Lake) -> None:
    source = ListedSource([_page(1, "parts"), _page(1)])
    sync([source], lake, _clock)
    sync([source], lake, _clock, reconciles=True)
    assert [cursor for cursor, _ in source.asked] == [None, None]
    for stream in ("items", "parts"):
        assert [line["is_whole"] for line in _started(lake, stream)] == [False, True]
    assert lake.cursor("a", "items") == {"reached": {"": {"next": 1}}}


def test_what_a_source_keeps_is_not_read_again(lake: Lake) -> None:
    source = ListedSource([_page(1)], deletes="kept", child_deletes="kept")
    for reconciles in (False, True):
        sync([source], lake, _clock, reconciles=reconciles)
    assert source.asked[1][0] == {"reached": {"": {"next": 1}}}
    assert [line["is_whole"] for line in _started(lake)] == [False, False]


def test_a_kept_stream_is_read_again_for_its_children_but_judged_by_nobody(lake: Lake) -> None:
    source = ListedSource([_page(1, "parts"), _page(1)], deletes="kept")
    for reconciles in (False, True):
        sync([source], lake, _clock, reconciles=reconciles)
    assert source.asked[1][0] is None
    assert [line["is_whole"] for line in _started(lake)] == [False, False]
    assert [line["is_whole"] for line in _started(lake, "parts")] == [False, True]


def test_every_run_of_a_listed_stream_is_whole(lake: Lake) -> None:
    source = ListedSource([_page(1)], deletes="listed", child_deletes="kept")
    for _ in range(2):
        sync([source], lake, _clock)
    assert [line["is_whole"] for line in _started(lake)] == [True, True]


def test_an_interrupted_reconciliation_is_taken_up_as_parts_of_one_whole_run(lake: Lake) -> None:
    sync([ListedSource([_page(1)])], lake, _clock)
    sync([ListedSource([_page(1), _limited()])], lake, _clock, reconciles=True)
    again = ListedSource([_page(2)])
    sync([again], lake, _clock)
    assert again.asked == [(None, Resume(checkpoints={"": {"next": 1}}))]
    _, first, second = _started(lake)
    assert (first["is_whole"], second["is_whole"]) == (True, True)
    assert second["whole_run_id"] == first["whole_run_id"] == first["run_id"]
    assert second["resumed_from"] == first["run_id"]


def test_a_reconciliation_does_not_take_up_a_run_that_was_not_whole(lake: Lake) -> None:
    sync([ListedSource([_page(1)])], lake, _clock)
    sync([ListedSource([_page(2), _limited()])], lake, _clock)
    again = ListedSource([_page(1)])
    sync([again], lake, _clock, reconciles=True)
    assert again.asked == [(None, Resume())]
    assert [line["is_whole"] for line in _started(lake)] == [False, False, True]
    assert _started(lake)[-1]["resumed_from"] is None
