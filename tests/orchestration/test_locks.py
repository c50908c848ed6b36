"""One writer: a second run is kept out, a dead one is not waited for."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from orchestration.errors import LockHeld
from orchestration.locks import is_held, read_holder, run_lock, turn

HOLD = """
import sys, time
from pathlib import Path
from orchestration.locks import run_lock
with run_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def hold(work: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(work)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def test_a_second_process_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    child = hold(tmp_path)
    try:
        with pytest.raises(LockHeld) as caught, run_lock(tmp_path):
            pass
        assert f"pid {child.pid}, started 20" in str(caught.value)
        assert caught.value.exit_code == 75
        assert is_held(tmp_path / ".lock")
    finally:
        child.kill()
        child.wait()


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    child = hold(tmp_path)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    holder = read_holder(tmp_path / ".lock")
    assert holder is not None
    assert holder.pid == child.pid
    with run_lock(tmp_path) as mine:
        assert mine.pid == os.getpid()
        assert json.loads((tmp_path / ".lock").read_text())["pid"] == os.getpid()


def test_the_lock_is_free_after_the_body_even_if_it_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), run_lock(tmp_path):
        raise ZeroDivisionError
    began = time.monotonic()
    with run_lock(tmp_path):
        assert time.monotonic() - began < 1
    assert read_holder(tmp_path / ".lock") is None
    assert not is_held(tmp_path / ".lock")


def test_a_look_at_the_lock_keeps_no_run_out(tmp_path: Path) -> None:
    file = tmp_path / ".lock"
    with run_lock(tmp_path):
        assert is_held(file)
    with file.open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        assert not is_held(file)
        threading.Timer(0.03, lambda: fcntl.flock(looking, fcntl.LOCK_UN)).start()
        with run_lock(tmp_path):
            assert is_held(file)


def test_who_comes_second_waits_for_its_turn(tmp_path: Path) -> None:
    order: list[str] = []
    has_begun = threading.Event()

    def first() -> None:
        with turn(tmp_path / "here" / ".lock"):
            has_begun.set()
            time.sleep(0.1)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    has_begun.wait()
    with turn(tmp_path / "here" / ".lock"):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]
