"""An exported audit log proves itself: what was taken out, changed or cut off is found."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.commands import audit_events as command
from orchestration.errors import ConfigurationError, NothingToRead
from orchestration.evidence.event_chain import chain
from orchestration.run import Context
from orchestration.settings import Environment
from transforms.decisions import read_decisions
from transforms.home import Home

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BUILD = "20261122T090000Z-0000aaaa"
COUNT = 1000
COLUMNS = (
    "audit_event_id varchar, event_type varchar, occurred_at timestamp, place varchar, "
    "origin varchar, outcome varchar, actor_id varchar, object_name varchar, "
    "environment_name varchar, service_name varchar, service_id varchar, source varchar, "
    "page_id varchar, ordinal bigint, read_at timestamp"
)


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    """A published build with the log of a host, which was read last first, and a small one."""
    home = Home(root=tmp_path / "data")
    folder = home.published / "builds" / BUILD
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(f"create schema v1; create table v1.audit_events ({COLUMNS})")
        connection.execute(
            f"""insert into v1.audit_events
            select 'host:' || lpad(n::varchar, 4, '0'), 'deployment.start',
                timestamp '2026-11-01' + n * interval 1 minute, 'deployer',
                case when n % 10 > 0 then '10.0.0.1' end, 'success', 'p' || n % 7, 'shop',
                'production', 'shop', 'shop', 'host', 'page-' || n, n, timestamp '2026-11-20'
            from range({COUNT}, 0, -1) as t(n)
            union all
            select 'vpn:1', 'sign-in', null, 'vpn', null, 'success', 'p1', null, null, null,
                null, 'vpn', 'page', 0, timestamp '2026-11-20'"""
        )
    manifest = {
        "build_id": BUILD, "built_at": "2026-11-22T09:02:00.000000Z",
        "as_of": "2026-11-22T09:00:00.000000Z", "sample_data": False, "code_version": "0.1.0",
        "definition_version": "1.0.0", "report_timezone": "UTC", "fingerprint": "0000",
        "tables": {}, "audit": {"passed": 1, "warned": 0, "blocked": 0}, "previous_build": None,
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "audit.json").write_text("[]")
    (home.published / "current").symlink_to(Path("builds") / BUILD)
    context = Context(home=home, environment=Environment(), clock=lambda: NOW)
    opened: Callable[[], Context] = lambda: context  # noqa: E731
    monkeypatch.setattr(command, "open_context", opened)
    return context


@pytest.fixture
def file(context: Context, tmp_path: Path) -> Path:
    """The exported log of the host."""
    target = tmp_path / "events.jsonl"
    command.export(out=target, source="host", who="grace")
    return target


def test_a_file_that_was_exported_is_what_was_written(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    command.verify(file)
    told = " ".join(capsys.readouterr().err.split())
    assert "is what was written: 1,000 event(s), exported by grace at 2026-11-22 12:00Z" in told


def test_m26_without_event_500_the_chain_fails_at_501(file: Path) -> None:
    """M2.6: delete event 500 and the verification of the chain fails at 501."""
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:499] + lines[500:]))
    with pytest.raises(command.EventsAltered, match="event 501 does not follow"):
        command.verify(file)


def test_an_event_that_was_changed_is_named(file: Path) -> None:
    lines = file.read_text().splitlines(keepends=True)
    lines[299] = lines[299].replace('"success"', '"failure"')
    file.write_text("".join(lines))
    with pytest.raises(command.EventsAltered, match="event 300 does not follow"):
        command.verify(file)


def test_a_file_that_ends_too_early_is_no_export(file: Path) -> None:
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:-1]))
    with pytest.raises(command.EventsAltered, match="of no export of this folder"):
        command.verify(file)


def test_a_file_that_was_chained_anew_is_no_export(file: Path) -> None:
    told = [json.loads(line) for line in file.read_text().splitlines()]
    kept = [one["event"] for one in told if one["number"] != 500]
    hashes = chain(kept)
    file.write_text(
        "\n".join(
            json.dumps({"number": at, "event": event, "hash": one})
            for at, (event, one) in enumerate(zip(kept, hashes, strict=True), start=1)
        )
    )
    with pytest.raises(command.EventsAltered, match="of no export of this folder"):
        command.verify(file)


@pytest.mark.parametrize("text", ["", "no json\n", '{"number": 1}\n', "[]\n"])
def test_what_holds_no_chain_is_refused(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(command.EventsAltered):
        command.verify(file)


def test_a_file_that_is_not_there_is_named(context: Context, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="give the file of an export"):
        command.verify(tmp_path / "nothing.jsonl")


def test_events_stand_in_the_order_of_time_with_what_is_known_of_them(file: Path) -> None:
    told = [json.loads(line) for line in file.read_text().splitlines()]
    assert [one["number"] for one in told] == list(range(1, COUNT + 1))
    first, tenth = told[0]["event"], told[9]["event"]
    moment = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=1)
    assert first["occurred_at"] == f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"
    assert "origin" in first
    assert "origin" not in tenth
    assert "page_id" not in first


def test_an_export_is_an_entry_of_the_audit_log_with_its_last_hash(
    context: Context, file: Path
) -> None:
    (entry,) = read_decisions(context.home.lake)
    last = json.loads(file.read_text().splitlines()[-1])
    assert (entry.kind, entry.who) == ("export", "grace")
    assert json.loads(entry.reason) == {
        "build_id": BUILD, "filters": {"source": "host"}, "row_count": COUNT, "head": last["hash"],
    }  # fmt: skip


def test_without_a_source_every_log_is_in_the_file(context: Context, tmp_path: Path) -> None:
    target = tmp_path / "all.jsonl"
    command.export(out=target, source=None, who=None)
    told = [json.loads(line) for line in target.read_text().splitlines()]
    assert len(told) == COUNT + 1
    assert told[0]["event"]["source"] == "vpn"
    command.verify(target)


def test_a_source_without_events_writes_nothing(context: Context, tmp_path: Path) -> None:
    target = tmp_path / "none.jsonl"
    with pytest.raises(NothingToRead, match="No event of other"):
        command.export(out=target, source="other", who=None)
    assert not target.exists()
    assert read_decisions(context.home.lake) == []
