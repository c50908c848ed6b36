"""Decisions are appended, chained and never edited."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.checkout import ROOT
from transforms.decisions import (
    FIRST_HASH,
    Decision,
    DecisionsAltered,
    append_decision,
    attribution_subject,
    decisions_file,
    endings,
    read_decisions,
    verdict_subject,
    verify,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _append(lake: Path, subject: str = "deployment:a", *, minute: int = 0) -> Decision:
    return append_decision(
        lake,
        kind="verdict",
        subject=subject,
        verdict="failed",
        reason="Seen by users: ä",
        who="Ada",
        decided_at=NOON + timedelta(minutes=minute),
        incident_ids=["servicenow:1"],
    )


def append_many(lake: Path, worker: int) -> None:
    """Append ten decisions, as one of several processes."""
    for number in range(10):
        _append(lake, f"deployment:{worker}-{number}")


def test_what_was_appended_is_read_again(tmp_path: Path) -> None:
    assert read_decisions(tmp_path) == []
    assert verify(tmp_path) == FIRST_HASH
    first, second = _append(tmp_path), _append(tmp_path, minute=1)
    assert read_decisions(tmp_path) == [first, second]
    assert (first.decision_id, second.decision_id) == ("verdict-1", "verdict-2")
    assert second.prev_hash == first.hash
    assert verify(tmp_path) == second.hash
    assert decisions_file(tmp_path).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_changed_word_is_found_in_its_line(tmp_path: Path, place: int) -> None:
    for minute in range(3):
        _append(tmp_path, minute=minute)
    file = decisions_file(tmp_path)
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[place] = lines[place].replace('"failed"', '"not_failed"')
    file.write_text("".join(lines), encoding="utf-8")
    with pytest.raises(DecisionsAltered, match=f"line {place + 1} "):
        verify(tmp_path)
    with pytest.raises(DecisionsAltered):
        _append(tmp_path)


def test_a_line_that_was_removed_moved_or_put_in_is_found(tmp_path: Path) -> None:
    for minute in range(3):
        _append(tmp_path, minute=minute)
    file = decisions_file(tmp_path)
    first, second, third = file.read_bytes().splitlines(keepends=True)
    for content in (second + third, first + third, first + third + second, first + first + second):
        file.write_bytes(content)
        with pytest.raises(DecisionsAltered):
            verify(tmp_path)


def test_a_line_with_a_hash_of_its_own_does_not_fit_the_chain(tmp_path: Path) -> None:
    _append(tmp_path / "one")
    _append(tmp_path / "other", "deployment:b")
    foreign = _append(tmp_path / "other", minute=1)
    file = decisions_file(tmp_path / "one")
    content = decisions_file(tmp_path / "other").read_bytes().splitlines(keepends=True)[1]
    assert json.loads(content)["hash"] == foreign.hash
    file.write_bytes(file.read_bytes() + content)
    with pytest.raises(DecisionsAltered, match="line 2 "):
        verify(tmp_path / "one")


def test_a_torn_last_line_was_never_confirmed_and_is_cut_off(tmp_path: Path) -> None:
    first = _append(tmp_path)
    file = decisions_file(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:-1])
    assert read_decisions(tmp_path) == [first]
    second = _append(tmp_path, minute=1)
    assert read_decisions(tmp_path) == [first, second]


def test_processes_that_decide_at_once_wait_for_each_other(tmp_path: Path) -> None:
    code = "import sys, pathlib; from tests.transforms.test_decisions import append_many; "
    code += "append_many(pathlib.Path(sys.argv[1]), int(sys.argv[2]))"
    workers = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(number)], cwd=ROOT)
        for number in range(4)
    ]
    assert [worker.wait(timeout=60) for worker in workers] == [0] * 4
    decisions = read_decisions(tmp_path)
    assert len({one.subject for one in decisions}) == 40
    assert [one.sequence for one in decisions] == list(range(1, 41))


def _decide(lake: Path, *, minute: int, on: str, says: str, names: tuple[str, ...] = ()) -> str:
    return append_decision(
        lake,
        kind="attribution" if on.startswith("incident:") else "verdict",
        subject=on,
        verdict=says,
        reason="Seen by users",
        who="Ada",
        decided_at=NOON + timedelta(minutes=minute),
        incident_ids=names,
    ).decision_id


def test_the_decision_that_counts_on_a_subject_is_the_one_decided_last(tmp_path: Path) -> None:
    late = _append(tmp_path, minute=9)
    early = _append(tmp_path, minute=1)
    _append(tmp_path, "deployment:b")
    assert endings(read_decisions(tmp_path)) == {early.decision_id: late}


def test_a_decision_ends_when_a_later_one_contradicts_it(tmp_path: Path) -> None:
    a, b = attribution_subject("i", "a"), attribution_subject("i", "b")
    none = attribution_subject("i", None)
    said = [
        _decide(tmp_path, minute=minute, on=on, says=says, names=names)
        for minute, (on, says, names) in enumerate(
            [
                (a, "confirmed", ()),
                (b, "rejected", ()),
                (none, "no_deployment", ()),  # ends the confirmation, agrees with the rejection
                (verdict_subject("a"), "not_failed", ()),
                (a, "confirmed", ()),  # ends that none did, and that a did not fail
                (verdict_subject("b"), "failed", ("i", "j")),  # ends the rejection
                (attribution_subject("j", "b"), "rejected", ()),  # b failed all the same
                (verdict_subject("a"), "not_failed", ()),
                (attribution_subject("k", "a"), "rejected", ()),
            ]
        )
    ]
    ended = {one: by.decision_id for one, by in endings(read_decisions(tmp_path)).items()}
    assert ended == {
        said[0]: said[2],
        said[1]: said[5],
        said[2]: said[4],
        said[3]: said[4],
        said[4]: said[7],
    }


def test_an_instant_without_a_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="zone"):
        append_decision(
            tmp_path,
            kind="verdict",
            subject="deployment:a",
            verdict="failed",
            reason="x",
            who="Ada",
            decided_at=NOON.replace(tzinfo=None),
        )
