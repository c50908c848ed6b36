"""Sources are read beside each other; what fails is said, what was read stays."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors import github, servicenow
from connectors._contract import Access, Connector, Page, Refusal, Resume, State, Stream
from connectors._errors import AuthRejected, ConnectorError, RateLimited, UnexpectedShape
from connectors._http import HttpClient
from orchestration.lake import Lake
from orchestration.lake_run import LakeUnwritable
from orchestration.sync import StreamReport, SyncReport, sync
from tests.connectors.fakes import CANARY, FakeTime, Handler, json_reply, open_client
from tests.connectors.test_servicenow import FakeInstance

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def _clock() -> datetime:
    return NOW


@dataclass
class ListedSource:
    """A source whose pages are prepared; an error in the list is raised when it is reached."""

    name: str
    items: Mapping[str, Sequence[Page | Refusal | ConnectorError]]
    kind: str = "listed"
    access: Access | None = None
    asked: list[tuple[str, State | None, Resume]] = field(default_factory=list)

    @property
    def streams(self) -> tuple[Stream, ...]:
        child = Stream("children", "One row per child.", parent="items")
        return (*(Stream(name, "One row per thing.") for name in self.items), child)

    def pages(
        self, stream: Stream, *, cursor: State | None, resume: Resume, client: object, now: datetime
    ) -> Iterator[Page | Refusal]:
        self.asked.append((stream.name, cursor, resume))
        for item in self.items[stream.name]:
            if isinstance(item, ConnectorError):
                raise item
            yield item

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        return {"reached": {name: dict(state) for name, state in checkpoints.items()}}


def _page(number: int, *, stream: str = "items", **more: Any) -> Page:
    body = json.dumps([{"id": number}]).encode()
    checkpoint: State = {"child": str(number)} if stream == "children" else {"next": number}
    return Page(stream, body, f"u{number}", NOW, 1, checkpoint=checkpoint, **more)


def _statuses(report: SyncReport) -> dict[tuple[str, str], str]:
    return {(one.source, one.stream): one.status for one in report.streams}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def test_a_complete_run_moves_the_cursor_and_counts_what_it_read(lake: Lake) -> None:
    source = ListedSource("a", {"items": [_page(1, stream="children"), _page(1), _page(2)]})
    report = sync([source], lake, _clock)
    assert report.is_complete
    assert [(one.stream, one.pages, one.rows) for one in report.streams] == [
        ("items", 2, 2),
        ("children", 1, 1),
    ]
    assert lake.cursor("a", "items") == {"reached": {"": {"next": 2}}}
    runs = {line["run_id"] for line in lake.lines()}
    assert len(runs) == 1


@dataclass
class BoundedSource(ListedSource):
    """A source that is not asked for anything before an instant."""

    since: datetime | None = None

    def reads_from(self, stream: Stream, *, cursor: State | None, now: datetime) -> datetime | None:
        return self.since if cursor is None else None


def test_the_journal_says_from_which_instant_on_a_run_read(lake: Lake) -> None:
    since = datetime(2026, 4, 1, tzinfo=UTC)
    source = BoundedSource("a", {"items": [_page(1, stream="children"), _page(1)]}, since=since)
    for _ in range(2):
        sync([source, ListedSource("b", {"items": [_page(1)]})], lake, _clock)
    started = [line for line in lake.lines() if line["event"] == "run_started"]
    bounds = {
        stream: [one["window_from"] for one in started if (one["source"], one["stream"]) == stream]
        for stream in (("a", "items"), ("a", "children"), ("b", "items"))
    }
    first = "2026-04-01T00:00:00.000000Z"
    assert bounds == {
        ("a", "items"): [first, None],
        ("a", "children"): [first, None],
        ("b", "items"): [None, None],
    }


def test_one_failing_stream_and_one_failing_source_leave_the_rest_alone(lake: Lake) -> None:
    broken = ListedSource(
        "broken", {"items": [AuthRejected("expired")], "others": [_page(1, stream="others")]}
    )
    whole = ListedSource("whole", {"items": [_page(1)]})
    report = sync([broken, whole], lake, _clock)
    statuses = _statuses(report)
    assert statuses["broken", "items"] == "failed"
    assert statuses["broken", "others"] == "complete"
    assert statuses["whole", "items"] == "complete"
    assert not report.is_complete
    (failed,) = [one for one in report.streams if (one.source, one.stream) == ("broken", "items")]
    assert (failed.error_class, failed.error) == ("AuthRejected", "expired")


def test_sources_are_read_at_the_same_time(lake: Lake) -> None:
    meeting = Barrier(2, timeout=5)

    class Meeting(ListedSource):
        def pages(self, stream: Stream, **more: Any) -> Iterator[Page | Refusal]:
            meeting.wait()
            return super().pages(stream, **more)

    sources = [Meeting(name, {"items": [_page(1)]}) for name in ("a", "b")]
    assert sync(sources, lake, _clock).is_complete


def test_an_expired_token_keeps_the_pages_before_it_and_the_next_run_goes_on(lake: Lake) -> None:
    source = ListedSource("a", {"items": [*map(_page, range(1, 7)), AuthRejected("expired")]})
    report = sync([source], lake, _clock)
    assert report.streams[0].pages == 6
    source.items = {"items": [_page(7)]}
    assert sync([source], lake, _clock).is_complete
    assert source.asked[1][1] is None
    assert source.asked[1][2].checkpoints == {"": {"next": 6}}
    pages = [line for line in lake.journal("a", "items") if line["event"] == "page"]
    assert [page["request"]["url"] for page in pages] == [f"u{number}" for number in range(1, 8)]


def test_a_limit_leaves_the_run_incomplete_and_not_failed(lake: Lake) -> None:
    source = ListedSource("a", {"items": [_page(1), RateLimited("later", retry_after=3600)]})
    assert _statuses(sync([source], lake, _clock))["a", "items"] == "incomplete"


def test_a_page_of_another_shape_is_set_aside_and_the_run_is_incomplete(lake: Lake) -> None:
    broken = UnexpectedShape("no list", stream="items", body=b"{}", url="u2")
    source = ListedSource("a", {"items": [_page(1), broken]})
    report = sync([source], lake, _clock)
    assert (report.streams[0].status, report.streams[0].quarantined) == ("incomplete", 1)
    (line,) = lake.quarantined("a", "items")
    assert (line["reason"], line["request"]) == ("unexpected_shape", {"url": "u2"})


def test_what_is_refused_for_good_does_not_make_a_run_incomplete(lake: Lake) -> None:
    refused = Refusal("items", "bad_payload", "foreign", "f", NOW, body=b"<x/>", is_final=True)
    source = ListedSource("a", {"items": [refused, _page(1)]})
    report = sync([source], lake, _clock)
    assert report.is_complete
    assert report.streams[0].quarantined == 1


def test_a_refused_part_keeps_its_old_cursor_while_the_others_move_on(lake: Lake) -> None:
    def part(name: str, number: int) -> Page:
        page = _page(number)
        return Page(**{**vars(page), "checkpoint": {"partition": name, "next": number}})

    refused = Refusal("items", "bad_request", "gone", "u", NOW, partition="b")
    source = ListedSource("a", {"items": [part("a", 1), part("b", 2), refused]})
    report = sync([source], lake, _clock)
    assert report.streams[0].status == "incomplete"
    assert (report.streams[0].error or "").endswith("what could not be used: gone")
    cursor = lake.cursor("a", "items")
    assert cursor is not None
    assert set(cursor["reached"]) == {"a"}


def test_a_row_lost_on_the_way_makes_the_run_incomplete(lake: Lake) -> None:
    pages = [_page(1, reported_total=3, total_of="w"), _page(2, reported_total=3, total_of="w")]
    report = sync([ListedSource("a", {"items": pages})], lake, _clock)
    assert report.streams[0].status == "incomplete"
    assert report.streams[0].reported_total == 3
    assert "1 rows more than arrived" in (report.streams[0].error or "")
    last = list(lake.journal("a", "items"))[-1]
    assert (last["status"], last["error"]["class"]) == ("incomplete", "TotalMismatch")
    assert last["cursor_after"] == {"reached": {}}


def test_a_total_that_agrees_is_complete(lake: Lake) -> None:
    pages = [_page(number, reported_total=2, total_of="w") for number in (1, 2)]
    assert sync([ListedSource("a", {"items": pages})], lake, _clock).is_complete


def test_pages_of_the_journal_add_up_to_what_the_run_reports(lake: Lake) -> None:
    source = ListedSource("a", {"items": [_page(number) for number in range(5)]})
    report = sync([source], lake, _clock).streams[0]
    pages = [line for line in lake.journal("a", "items") if line["event"] == "page"]
    assert report.pages == len(pages)
    assert report.rows == sum(page["row_count"] for page in pages)
    assert report.bytes == sum(page["bytes"] for page in pages)


def test_progress_is_told_after_every_page_and_at_the_end(lake: Lake) -> None:
    told: list[StreamReport] = []
    sync(
        [ListedSource("a", {"items": [_page(1), _page(2)]})], lake, _clock, on_progress=told.append
    )
    items = [one for one in told if one.stream == "items"]
    assert [(one.status, one.pages) for one in items] == [
        ("incomplete", 1),
        ("incomplete", 2),
        ("complete", 2),
    ]


def test_a_stop_ends_every_stream_after_the_page_at_hand(lake: Lake) -> None:
    stop = Event()
    source = ListedSource("a", {"items": [_page(1), _page(2), _page(3)]})
    report = sync([source], lake, _clock, on_progress=lambda _: stop.set(), stop=stop)
    assert report.streams[0].status == "incomplete"
    assert report.streams[0].error_class == "Stopped"
    assert report.streams[0].pages == 2
    assert lake.resume("a", "items")[0] is not None


def test_a_full_disk_is_said_with_its_path_and_what_is_free(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: str, target: Path) -> None:
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(LakeUnwritable, match=r"No space left on device; \d+ MB are free"):
        sync([ListedSource("a", {"items": [_page(1)]})], lake, _clock)
    monkeypatch.undo()
    assert sync([ListedSource("a", {"items": [_page(1)]})], lake, _clock).is_complete


def _open(handler: Handler, time: FakeTime | None = None) -> Any:
    def opened(access: Access, source: str) -> HttpClient:
        return open_client(access, handler, source=source, time=time)

    return opened


def _instance() -> servicenow.ServiceNowConnector:
    config = servicenow.Config(
        base_url="https://acme.service-now.test",
        token=SecretStr(CANARY),
        tables=("incident",),
        page_size=100,
    )
    return servicenow.connect(config, name="servicenow")


def test_a_table_of_many_pages_agrees_with_the_total_its_first_page_states(lake: Lake) -> None:
    config = _instance().config.model_copy(update={"are_totals_exact": True})
    source = servicenow.connect(config, name="servicenow")
    moments = [f"2026-11-22 08:{number // 60:02d}:{number % 60:02d}" for number in range(300)]
    fake = FakeInstance(
        [{"sys_id": f"{at:05d}", "sys_updated_on": moment} for at, moment in enumerate(moments)]
    )
    report = sync([source], lake, _clock, open_client=_open(fake))
    assert report.is_complete
    assert report.streams[0].reported_total == 300
    assert lake.cursor("servicenow", "incident") == {"updated_at": moments[-1]}


def _rows_in(lake: Lake, source: str, stream: str) -> list[str]:
    return [
        row["sys_id"]
        for line in lake.journal(source, stream)
        if line["event"] == "page"
        for row in json.loads(lake.body(line))["result"]
    ]


def test_a_crash_inside_a_tie_loses_no_row_and_repeats_one_page_at_most(lake: Lake) -> None:
    rows = [{"sys_id": f"{n:05d}", "sys_updated_on": "2026-11-22 08:00:00"} for n in range(300)]
    fake = FakeInstance(rows)
    whole = Lake(lake.root.parent / "whole")
    sync([_instance()], whole, _clock, open_client=_open(fake))
    needed = len(fake.asked)
    fake.asked.clear()
    stop = Event()
    sync(
        [_instance()],
        lake,
        _clock,
        open_client=_open(fake),
        on_progress=lambda _: stop.set(),
        stop=stop,
    )
    sync([_instance()], lake, _clock, open_client=_open(fake))
    assert set(_rows_in(lake, "servicenow", "incident")) == {row["sys_id"] for row in rows}
    assert len(fake.asked) <= needed + 1
    assert lake.cursor("servicenow", "incident") == whole.cursor("servicenow", "incident")


def test_the_same_pages_twice_leave_the_same_records_and_the_same_cursor(lake: Lake) -> None:
    fake = FakeInstance([{"sys_id": "1", "sys_updated_on": "2026-11-22 08:00:00"}])
    for _ in range(3):
        assert sync([_instance()], lake, _clock, open_client=_open(fake)).is_complete
    pages = [line for line in lake.journal("servicenow", "incident") if line["event"] == "page"]
    assert len({page["sha256"] for page in pages}) == 1
    assert len({page["page_id"] for page in pages}) == 3
    assert lake.cursor("servicenow", "incident") == {"updated_at": "2026-11-22 08:00:00"}


CONNECTORS: list[Connector] = [
    github.connect(github.Config(token=SecretStr(CANARY), repositories=("acme/a",)), name="github"),
    _instance(),
]
FAULTS: dict[str, httpx.Response] = {
    "rejected": json_reply({"message": f"unknown token {CANARY}"}, 401),
    "forbidden": json_reply({"message": f"token {CANARY} lacks scope"}, 403),
    "bad": json_reply({"message": CANARY}, 422),
    "truncated": httpx.Response(200, text=f'{{"echo": "Bearer {CANARY}"'),
    "login": httpx.Response(200, html=f"<html>{CANARY}</html>"),
    "redirect": httpx.Response(302, headers={"Location": "https://evil.test/"}),
    "limited": httpx.Response(429, headers={"Retry-After": "3600"}),
    "broken": httpx.Response(500, text=CANARY),
    "empty": json_reply([]),
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_no_fault_leaves_a_token_in_the_lake_or_the_log(
    fault: str, lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    answer = FAULTS[fault]

    def serve(_: httpx.Request) -> httpx.Response:
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    with caplog.at_level("DEBUG"):
        report = sync(CONNECTORS, lake, _clock, open_client=_open(serve))
    assert CANARY not in repr(report)
    assert CANARY not in caplog.text
    for path in lake.root.rglob("*.jsonl"):
        assert CANARY not in path.read_text()
    for line in lake.quarantined("github", "commits"):
        if line["raw_file"]:
            assert CANARY.encode() not in lake.body(line | {"records_file": line["raw_file"]})


KILLED = """
    import json, sys, time
    from datetime import UTC, datetime
    from pathlib import Path
    from orchestration.lake import Lake
    from orchestration.sync import sync
    from tests.orchestration.test_sync import ListedSource, _page

    class Slow(ListedSource):
        def pages(self, stream, *, resume, **more):
            first = resume.checkpoints.get("", {}).get("next", 0) + 1
            for number in range(first, 41):
                print(number, flush=True)
                time.sleep(0.005)
                yield _page(number)

    print("ready", flush=True)
    sync([Slow("a", {"items": []})], Lake(Path(sys.argv[1])), lambda: datetime.now(UTC))
"""


def test_a_killed_process_goes_on_where_it_was_and_repeats_one_page_at_most(tmp_path: Path) -> None:
    asked: list[int] = []
    for attempt in range(6):
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path / "lake")],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        assert process.stdout is not None
        for count, line in enumerate(process.stdout):
            if line.strip().isdigit():
                asked.append(int(line))
            if attempt < 5 and count >= 5 + attempt:
                process.send_signal(signal.SIGKILL)
                asked += [int(rest) for rest in process.stdout if rest.strip().isdigit()]
                break
        process.wait()
    lake = Lake(tmp_path / "lake")
    pages = [line for line in lake.journal("a", "items") if line["event"] == "page"]
    stored = [json.loads(lake.body(page))[0]["id"] for page in pages]
    assert sorted(set(stored)) == list(range(1, 41))
    assert len(stored) == 40
    assert len(asked) <= 40 + 5
    assert list(lake.journal("a", "items"))[-1]["status"] == "complete"
