"""How a command ends: exit codes, one sentence for an expected error, a stop that is a stop."""

import atexit
import contextlib
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import typer

from orchestration.errors import LeadlineError

INTERRUPTED = 130
SECONDS_TO_STOP = 8.0
_interrupted = threading.Event()


def run_command(command: Callable[[], object]) -> None:
    """Run a command and end the process with its exit code; a bug keeps its traceback."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    code, sentence = _result(command)
    if code == INTERRUPTED or _interrupted.is_set():
        code, sentence = INTERRUPTED, "Interrupted; what was stored stays, run it again to go on."
    if sentence:
        typer.echo(sentence, err=True)
    _leave(code)


@contextlib.contextmanager
def serving() -> Iterator[None]:
    """Serve until interrupted: for a server that is how it ends, not a failure."""
    try:
        yield
    except KeyboardInterrupt:
        _interrupted.clear()


def _result(command: Callable[[], object]) -> tuple[int, str]:
    try:
        code = command()
    except typer.TyperException as exc:
        return exc.exit_code, f"{exc.format_message()} `leadline --help` lists what there is."
    except typer.Exit as exc:
        return exc.exit_code, ""
    except LeadlineError as exc:
        return exc.exit_code, str(exc)
    except OSError as exc:
        return 1, _describe(exc)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED, ""
    return (code if isinstance(code, int) else 0), ""


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Stop at once; what does not stop within some seconds is left, as after a kill."""
    _interrupted.set()
    timer = threading.Timer(SECONDS_TO_STOP, _stop_hard)
    timer.daemon = True
    timer.start()
    raise KeyboardInterrupt


def _stop_hard() -> None:
    if _interrupted.is_set():
        os._exit(INTERRUPTED)


def _describe(error: OSError) -> str:
    place = Path(str(error.filename or Path.cwd())).absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    reason = error.strerror or type(error).__name__
    return f"{reason}: {error.filename or place} ({free} bytes free); mend that and run it again."


def _leave(code: int) -> None:
    """End at once: after dbt the interpreter's last collection would take seconds."""
    sys.stdout.flush()
    sys.stderr.flush()
    if "duckdb" in sys.modules:
        atexit._run_exitfuncs()
        os._exit(code)
    raise SystemExit(code)
