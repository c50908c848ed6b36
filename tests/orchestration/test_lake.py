"""Pages as received, journals that survive what can happen to them."""

import errno
import json
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors._contract import Page, Refusal
from orchestration import journal, lake_run
from orchestration.lake import BulkPage, Lake, Run, RunTotals
from orchestration.lake_run import LakeUnwritable

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
BODY = b'[{"id": 1}]'


def _page(number: int = 1, *, checkpoint: dict[str, Any] | None = None, **more: Any) -> Page:
    return Page(
        stream="items",
        body=b'[{"id": %d}]' % number,
        url=f"https://api.test/items?page={number}",
        read_at=NOW,
        row_count=1,
        context={"repository": "acme/checkout"},
        checkpoint=checkpoint,
        **more,
    )


def _start(lake: Lake, stream: str = "items", **more: Any) -> Run:
    return lake.start_run("github", stream, kind="github", read_at=NOW, **more)


def _finish(run: Run, *, status: str = "complete", **more: Any) -> None:
    run.finish(read_at=NOW, status=status, totals=RunTotals(pages=run.page_count), **more)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def test_a_page_is_kept_byte_for_byte_and_described(lake: Lake) -> None:
    run = _start(lake)
    page_id = run.add(_page())
    _finish(run, cursor_after={"at": 1})
    started, page, finished = lake.journal("github", "items")
    assert lake.body(page) == BODY
    assert page["page_id"] == page_id == f"{run.run_id}-000001"
    assert page["records_file"] == f"pages/github/items/{page_id}.json.zst"
    assert page["raw_file"] is None
    assert page["read_at"] == "2026-11-22T10:00:00.000000Z"
    assert page["context"] == {"repository": "acme/checkout"}
    assert (page["format"], page["records_path"], page["row_count"]) == ("array", "$", 1)
    assert started["event"] == "run_started"
    assert finished["cursor_after"] == {"at": 1}


def test_a_decoded_page_keeps_both_forms(lake: Lake) -> None:
    run = _start(lake)
    run.add(_page(format="ndjson", decoded=b'{"id":1}\n'))
    _finish(run)
    page = list(lake.journal("github", "items"))[1]
    assert page["records_file"].endswith(".ndjson.zst")
    assert page["raw_file"].endswith(".raw.zst")
    assert lake.body(page) == b'{"id":1}\n'
    assert lake.body(page, raw=True) == BODY


def test_files_are_for_their_owner_only(lake: Lake) -> None:
    run = _start(lake)
    run.add(_page())
    run.quarantine(Refusal("items", "bad_payload", "broken", "u", NOW, body=b"{"))
    _finish(run)
    for path in lake.root.rglob("*"):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_a_torn_line_is_ignored_and_cut_before_the_next(lake: Lake) -> None:
    run = _start(lake)
    run.add(_page())
    _finish(run)
    path = lake.journal_file("github", "items")
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"event":"page","torn')
    assert len(list(lake.journal("github", "items"))) == 3
    second = _start(lake)
    _finish(second)
    assert path.read_bytes().startswith(whole + b'{"event":"run_started"')
    assert len(list(lake.journal("github", "items"))) == 5


def test_the_cursor_is_that_of_the_last_run_that_came_to_an_end(lake: Lake) -> None:
    assert lake.cursor("github", "items") is None
    _finish(_start(lake), cursor_after={"at": 1})
    _finish(_start(lake), status="failed", is_resumable=True)
    assert lake.cursor("github", "items") == {"at": 1}


def test_an_interrupted_run_is_taken_up_at_its_last_checkpoint_of_each_part(lake: Lake) -> None:
    run = _start(lake)
    child = _start(lake, "children", run_id=run.run_id)
    child.add(_page(checkpoint={"child": "a#1"}))
    for number, part in enumerate(("a", "a", "b")):
        run.add(_page(number, checkpoint={"partition": part, "next": number}))
    _finish(run, status="failed", is_resumable=True)
    resumed_from, resume = lake.resume("github", "items", children=["children"])
    assert resumed_from == run.run_id
    assert {part: state["next"] for part, state in resume.checkpoints.items()} == {"a": 1, "b": 2}
    assert resume.children == {"a#1"}


def test_a_run_that_took_up_another_adds_to_it(lake: Lake) -> None:
    first = _start(lake)
    first.add(_page(1, checkpoint={"partition": "a", "next": 1}))
    _finish(first, status="failed", is_resumable=True)
    second = _start(lake, resumed_from=first.run_id)
    second.add(_page(2, checkpoint={"partition": "b", "next": 2}))
    _finish(second, status="failed", is_resumable=True)
    assert set(lake.resume("github", "items")[1].checkpoints) == {"a", "b"}


def test_a_complete_run_leaves_nothing_to_take_up(lake: Lake) -> None:
    run = _start(lake)
    run.add(_page(checkpoint={"next": 1}))
    _finish(run, cursor_after={})
    assert lake.resume("github", "items")[0] is None


def test_a_run_that_was_killed_is_sealed_and_can_be_taken_up(lake: Lake) -> None:
    run = _start(lake)
    run.add(_page(checkpoint={"next": 1}))
    orphan = lake.root / f"pages/github/items/{run.run_id}-000002.json.zst.tmp"
    orphan.write_bytes(b"half")
    assert lake.seal("github", "items", read_at=NOW) == run.run_id
    assert not orphan.exists()
    last = list(lake.journal("github", "items"))[-1]
    assert (last["status"], last["pages"], last["rows"]) == ("failed", 1, 1)
    assert lake.resume("github", "items")[1].checkpoints == {"": {"next": 1}}
    assert lake.seal("github", "items", read_at=NOW) is None


def test_what_a_power_cut_took_is_cut_off_when_the_run_is_sealed(lake: Lake) -> None:
    run = _start(lake)
    for number in range(4):
        run.add(_page(number, checkpoint={"next": number}))
    lines = list(lake.journal("github", "items"))
    (lake.root / lines[3]["records_file"]).write_bytes(b"")
    lake.seal("github", "items", read_at=NOW)
    events = [line["event"] for line in lake.journal("github", "items")]
    assert events == ["run_started", "page", "page", "run_finished"]
    assert lake.resume("github", "items")[1].checkpoints == {"": {"next": 1}}
    assert len(list((lake.root / "pages/github/items").iterdir())) == 2


def test_a_page_whose_children_a_power_cut_took_is_cut_off_too(lake: Lake) -> None:
    run = _start(lake)
    child = _start(lake, "children", run_id=run.run_id)
    for number in (1, 2):
        child.add(_page(number, checkpoint={"child": str(number)}))
        run.add(_page(number, checkpoint={"next": number}), needs={"children": number})
    path = lake.journal_file("github", "children")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    for stream in ("children", "items"):
        lake.seal("github", stream, read_at=NOW)
    resume = lake.resume("github", "items", children=["children"])[1]
    assert resume.checkpoints == {"": {"next": 1}}
    assert resume.children == {"1"}


def test_runs_at_the_same_instant_have_ids_of_their_own(lake: Lake) -> None:
    ids = set()
    for _ in range(3):
        run = _start(lake)
        ids.add(run.run_id)
        _finish(run)
    assert len(ids) == 3
    assert all(run_id.startswith("20261122T100000Z-") for run_id in ids)


def test_what_cannot_be_used_is_set_aside_with_the_reason_and_its_first_megabyte(
    lake: Lake,
) -> None:
    run = _start(lake)
    body = b"x" * (3 << 20)
    run.quarantine(Refusal("items", "bad_payload", "no JSON", "https://api.test/i", NOW, body=body))
    _finish(run, status="incomplete")
    (line,) = lake.quarantined("github", "items")
    assert (line["reason"], line["detail"], line["bytes"]) == ("bad_payload", "no JSON", 3 << 20)
    assert lake.body(line | {"records_file": line["raw_file"]}) == body[: 1 << 20]
    assert list(lake.journal("github", "items"))[-1]["quarantined"] == 1


def test_the_catalogue_is_written_only_when_it_changed(lake: Lake) -> None:
    records = [{"record_type": "team", "team_id": "payments"}]
    assert lake.write_catalogue(records, read_at=NOW) is not None
    assert lake.write_catalogue(records, read_at=NOW) is None
    assert lake.write_catalogue([*records, {"record_type": "team"}], read_at=NOW) is not None
    pages = [line for line in lake.journal("leadline", "catalogue") if line["event"] == "page"]
    assert [page["row_count"] for page in pages] == [1, 2]
    assert json.loads(lake.body(pages[0])) == records
    assert pages[0]["format"] == "array"


def test_a_catalogue_page_that_a_power_cut_tore_is_written_again(lake: Lake) -> None:
    records = [{"record_type": "service", "id": "checkout"}]
    lake.write_catalogue(records, read_at=NOW)
    path = lake.journal_file("leadline", "catalogue")
    journal.cut_lines(path, keep=2)
    (_, page) = lake.journal("leadline", "catalogue")
    (lake.root / page["records_file"]).write_bytes(b"")
    assert lake.write_catalogue(records, read_at=NOW) is not None
    pages = [line for line in lake.journal("leadline", "catalogue") if line["event"] == "page"]
    assert [json.loads(lake.body(page)) for page in pages] == [records]
    assert lake.write_catalogue(records, read_at=NOW) is None


def test_a_full_disk_is_said_when_the_catalogue_is_written(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str, target: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(LakeUnwritable, match=r"No space left on device; \d+ MB are free"):
        lake.write_catalogue([{"record_type": "team"}], read_at=NOW)
    monkeypatch.undo()
    assert lake.write_catalogue([{"record_type": "team"}], read_at=NOW) is not None


def test_pages_in_quantity_are_one_complete_run(lake: Lake) -> None:
    pages = (BulkPage(b'{"id":%d}\n' % number, 1, NOW) for number in range(5))
    totals = lake.append_bulk("github", "commits", kind="github", pages=pages, read_at=NOW)
    assert (totals.pages, totals.rows) == (5, 5)
    last = list(lake.journal("github", "commits"))[-1]
    assert (last["status"], last["pages"]) == ("complete", 5)
    assert lake.streams() == [("github", "commits")]
    assert lake.latest_read_at() == "2026-11-22T10:00:00.000000Z"


def test_the_disk_is_waited_for_before_a_run_says_that_it_ended(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    def note(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*arguments: Any) -> Any:
            steps.append(name)
            return call(*arguments)

        return noted

    monkeypatch.setattr(os, "replace", note("rename", os.replace))
    monkeypatch.setattr(lake_run, "sync_files", note("files", journal.sync_files))
    monkeypatch.setattr(lake_run, "sync_folder", note("folder", journal.sync_folder))
    monkeypatch.setattr(journal.JournalWriter, "write", note("line", journal.JournalWriter.write))
    monkeypatch.setattr(journal.JournalWriter, "sync", note("journal", journal.JournalWriter.sync))
    run = _start(lake)
    run.add(_page())
    _finish(run)
    before_the_end = ["line", "rename", "line", "files", "folder", "journal"]
    assert steps[: len(before_the_end)] == before_the_end
    assert steps[len(before_the_end)] == "line"
    assert steps[-1] == "journal"


class _Faulty:
    """Let the n-th call of any of the wrapped functions fail, as a full or broken disk does."""

    def __init__(self, fails_at: int) -> None:
        self.calls = 0
        self.fails_at = fails_at

    def wrap(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def faulty(*arguments: Any, **more: Any) -> Any:
            self.calls += 1
            if self.calls == self.fails_at:
                raise OSError(errno.ENOSPC, "No space left on device")
            return call(*arguments, **more)

        return faulty


def test_whichever_call_to_the_disk_fails_the_lake_holds_the_old_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = {name: getattr(os, name) for name in ("write", "replace", "fsync")}
    for fails_at in range(1, 100):
        lake = Lake(tmp_path / str(fails_at))
        _finish(_start(lake), cursor_after={"at": 1})
        faulty = _Faulty(fails_at)
        for name, call in real.items():
            monkeypatch.setattr(os, name, faulty.wrap(call))
        is_whole = True
        try:
            run = _start(lake)
            run.add(_page(checkpoint={"next": 1}))
            _finish(run, cursor_after={"at": 2})
        except OSError:
            is_whole = False
        for name, call in real.items():
            monkeypatch.setattr(os, name, call)
        lake.seal("github", "items", read_at=NOW)
        assert lake.cursor("github", "items") in ({"at": 1}, {"at": 2})
        for line in lake.journal("github", "items"):
            if line["event"] == "page":
                assert lake.body(line) == BODY
        if is_whole:
            assert fails_at > 5
            return
    pytest.fail("every call failed")
