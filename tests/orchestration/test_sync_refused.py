"""What was refused or could not be understood is asked again, whatever ends the run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors._contract import Access, Page, Refusal, Resume, State, Stream
from connectors._errors import RateLimited
from orchestration.lake import Lake
from orchestration.sync import sync

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def _clock() -> datetime:
    return NOW


class Killed(BaseException):
    """The process is gone; nothing is recorded after it."""


@dataclass
class TwoParts:
    """Repositories a and b with a child each; whoever reads a part reads its child first."""

    refuses_a: bool = True
    fails_at_b: BaseException | None = None
    name: str = "parts"
    kind: str = "parts"
    access: Access | None = None
    streams: tuple[Stream, ...] = (
        Stream("items", "One row per thing."),
        Stream("children", "One row per child.", parent="items"),
    )
    asked: list[str] = field(default_factory=list)

    def pages(
        self, stream: Stream, *, cursor: State | None, resume: Resume, client: object, now: datetime
    ) -> Iterator[Page | Refusal]:
        for part in ("a", "b"):
            if resume.checkpoints.get(part, {}).get("is_done"):
                continue
            if part == "b" and self.fails_at_b:
                raise self.fails_at_b
            self.asked.append(part)
            if part == "a" and self.refuses_a:
                yield Refusal("children", "unexpected_shape", "odd", "u", NOW, partition="a")
            elif part not in resume.children:
                yield Page("children", b"[{}]", "u", NOW, 1, checkpoint={"child": part})
            done: State = {"partition": part, "is_done": True, "cursor": {"at": 1}}
            yield Page("items", b"[{}]", "u", NOW, 1, checkpoint=done)

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        return dict(cursor or {}) | {part: dict(at["cursor"]) for part, at in checkpoints.items()}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def _children(lake: Lake) -> list[str]:
    lines = lake.journal("parts", "children")
    return [line["checkpoint"]["child"] for line in lines if line["event"] == "page"]


def test_a_refused_child_is_asked_again_after_a_limit_ended_the_run(lake: Lake) -> None:
    source = TwoParts(fails_at_b=RateLimited("later"))
    sync([source], lake, _clock)
    source.fails_at_b = None
    assert not sync([source], lake, _clock).is_complete
    assert source.asked == ["a", "a", "b"]
    assert lake.cursor("parts", "items") == {"b": {"at": 1}}
    source.refuses_a = False
    assert sync([source], lake, _clock).is_complete
    assert "a" in _children(lake)
    assert lake.cursor("parts", "items") == {"a": {"at": 1}, "b": {"at": 1}}


def test_a_refused_child_is_asked_again_after_a_kill(lake: Lake) -> None:
    source = TwoParts(fails_at_b=Killed())
    with pytest.raises(Killed):
        sync([source], lake, _clock)
    source.refuses_a, source.fails_at_b = False, None
    assert sync([source], lake, _clock).is_complete
    assert _children(lake) == ["a", "b"]


@dataclass
class Stumbling(TwoParts):
    """A connector that meets what it was not made for, after its first page."""

    error: Exception = field(default_factory=Exception)

    def pages(self, stream: Stream, **more: Any) -> Iterator[Page | Refusal]:
        yield Page("items", b"[{}]", "u", NOW, 1, checkpoint={"at": 1})
        raise self.error


ODD = [
    AttributeError("'NoneType' object has no attribute 'get'"),
    IndexError("list index out of range"),
    KeyError("updated_at"),
    OverflowError("date value out of range"),
    TypeError("'NoneType' object is not subscriptable"),
    ValueError("Invalid isoformat string: 'yesterday'"),
]


@pytest.mark.parametrize("error", ODD, ids=lambda error: type(error).__name__)
def test_what_a_connector_stumbles_over_is_said_and_stops_no_other_source(
    error: Exception, lake: Lake
) -> None:
    others = TwoParts(refuses_a=False, name="others")
    report = sync([Stumbling(error=error), others], lake, _clock)
    (odd,) = [one for one in report.streams if (one.source, one.stream) == ("parts", "items")]
    assert (odd.status, odd.error_class, odd.pages) == ("incomplete", "UnexpectedShape", 1)
    assert f"parts has a record in items that is not as documented ({type(error).__name__}" in (
        odd.error or ""
    )
    assert "update Leadline or report it" in (odd.error or "")
    assert [line["reason"] for line in lake.quarantined("parts", "items")] == ["unexpected_shape"]
    assert lake.resume("parts", "items")[1].checkpoints == {"": {"at": 1}}
    assert lake.cursor("others", "items") == {"a": {"at": 1}, "b": {"at": 1}}


def test_a_part_that_was_read_whole_after_its_refusal_is_not_read_a_third_time(lake: Lake) -> None:
    source = TwoParts(fails_at_b=RateLimited("later"))
    sync([source], lake, _clock)
    source.refuses_a = False
    sync([source], lake, _clock)
    source.fails_at_b = None
    assert sync([source], lake, _clock).is_complete
    assert source.asked == ["a", "a", "b"]
    assert lake.cursor("parts", "items") == {"a": {"at": 1}, "b": {"at": 1}}
