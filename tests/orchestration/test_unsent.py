"""What readers are told of messages that were not taken; written by one room, read by another."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from dashboards.unsent import unsent_sentence
from orchestration.notify.messages import Message
from orchestration.notify.outbox import Entry, mark_failed, mark_sent, outbox_file, queue
from transforms.outbox import read_unsent

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def _queue(lake: Path, key: str) -> None:
    queue(lake, Entry("chat", Message(key, f"About {key}", ()), (key,), "b1", NOW))


def test_a_message_that_was_refused_is_told_until_it_is_taken(tmp_path: Path) -> None:
    assert read_unsent(tmp_path) == []
    _queue(tmp_path, "one")
    _queue(tmp_path, "two")
    assert read_unsent(tmp_path) == []
    mark_failed(tmp_path, "one", at=NOW, reason="Channel chat: *no* connection.")
    (unsent,) = read_unsent(tmp_path)
    assert (unsent.channel, unsent.subject, unsent.tried_at) == ("chat", "About one", NOW)
    said = unsent_sentence([unsent], zone=ZoneInfo("Europe/Berlin"))
    assert said.startswith("1 message was not sent, last tried 26 Nov 2026 13:00.")
    assert "\\*no\\*" in said
    mark_sent(tmp_path, "one", at=NOW + timedelta(hours=1))
    assert read_unsent(tmp_path) == []
    assert unsent_sentence([], zone=ZoneInfo("UTC")) == ""


def test_a_line_that_a_kill_tore_is_none(tmp_path: Path) -> None:
    _queue(tmp_path, "one")
    mark_failed(tmp_path, "one", at=NOW, reason="no")
    with outbox_file(tmp_path).open("ab") as file:
        file.write(b'{"event": "sent", "key": "one"')
    assert len(read_unsent(tmp_path)) == 1
