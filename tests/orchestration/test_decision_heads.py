"""The audit log: six ways to change it, each found, with the first bad row named."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from orchestration.build import read_decisions
from orchestration.decision_heads import LogAltered, heads_file, read_heads, sign_head, verify_log
from transforms.decisions import append_decision, decisions_file
from transforms.home import Home

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
Lines = list[str]


def _append(home: Home, minute: int, *, who: str = "ada") -> None:
    append_decision(
        home.lake, kind="access", subject="role:analyst", verdict="signed_in", reason="",
        who=who, decided_at=NOON + timedelta(minutes=minute),
    )  # fmt: skip


@pytest.fixture
def signed(home: Home) -> Home:
    """Five entries, the first four of them signed in two heads."""
    for minute in range(5):
        _append(home, minute)
        if minute in (1, 3):
            assert sign_head(home, now=NOON + timedelta(minutes=minute)) is not None
    return home


def _edit(lines: Lines) -> Lines:
    return [*lines[:1], lines[1].replace("ada", "eve"), *lines[2:]]


def _insert(lines: Lines) -> Lines:
    return [*lines[:1], lines[0], *lines[1:]]


def _truncate(lines: Lines) -> Lines:
    return lines[:2]


@pytest.mark.parametrize(
    ("change", "row"),
    [
        (_edit, "line 2"),
        (lambda lines: [*lines[:1], *lines[2:]], "line 2"),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "line 2"),
        (_insert, "line 2"),
        (_truncate, "row 3"),
    ],
    ids=["edit", "delete", "swap", "insert", "truncate"],
)
def test_a_changed_log_is_found_and_its_first_bad_row_is_named(
    signed: Home, change: Callable[[Lines], Lines], row: str
) -> None:
    assert verify_log(signed)[0] == 5
    file = decisions_file(signed.lake)
    file.write_text("\n".join(change(file.read_text().splitlines())) + "\n")
    with pytest.raises(LogAltered) as caught:
        verify_log(signed)
    assert row in str(caught.value).lower()
    assert caught.value.exit_code == 1


def test_a_clock_that_was_put_back_is_found(signed: Home) -> None:
    _append(signed, 3)
    verify_log(signed)
    _append(signed, -60)
    with pytest.raises(LogAltered, match="Row 7 says an earlier instant"):
        verify_log(signed)
    assert verify_log(signed, follows_clock=False)[0] == 7


def test_a_log_that_was_written_anew_is_not_the_one_that_was_signed(signed: Home) -> None:
    decisions_file(signed.lake).unlink()
    for minute in range(5):
        _append(signed, minute, who="eve")
    with pytest.raises(LogAltered, match=r"Row 2 .* is not the one that was signed"):
        verify_log(signed)


def test_a_head_that_nobody_signed_is_found(signed: Home) -> None:
    file = heads_file(signed.lake)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    lines[1]["sequence"] = 2
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(LogAltered, match="Line 2"):
        read_heads(signed)


def test_nothing_new_is_not_signed_again(signed: Home) -> None:
    assert sign_head(signed, now=NOON) is not None
    assert sign_head(signed, now=NOON) is None
    assert [head.sequence for head in read_heads(signed)] == [2, 4, 5]
    assert heads_file(signed.lake).stat().st_mode & 0o777 == 0o600


def test_an_empty_log_is_what_was_written(home: Home) -> None:
    assert sign_head(home, now=NOON) is None
    assert verify_log(home) == (0, "")


def test_who_signed_in_is_none_of_a_builds_decisions(home: Home) -> None:
    _append(home, 1)
    append_decision(
        home.lake, kind="verdict", subject="deployment:d", verdict="failed", reason="r",
        who="ada", decided_at=NOON,
    )  # fmt: skip
    assert [one.kind for one in read_decisions(home.lake)] == ["verdict"]
