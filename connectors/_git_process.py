"""Run git as a child process: no shell, no network, no configuration of the user's own.

Source: https://git-scm.com/docs/git (GIT_NO_LAZY_FETCH, GIT_ALLOW_PROTOCOL), read November 2026.
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryFile

from connectors._errors import AuthRejected, ConnectorError, SourceBroken, SourceUnreachable

QUIET_CONFIG = (
    "log.mailmap=false",
    "mailmap.blob=",
    "log.showSignature=false",
    "i18n.logOutputEncoding=UTF-8",
    "core.fsmonitor=false",
    "core.quotePath=false",
)
BLOCK_BYTES = 1 << 20


def _environment() -> dict[str, str]:
    return {
        "PATH": os.pathsep.join((os.defpath, "/usr/local/bin", "/opt/homebrew/bin")),
        "HOME": str(Path.home()),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }


def _command(repository: Path, arguments: Sequence[str]) -> list[str]:
    settings = [part for setting in QUIET_CONFIG for part in ("-c", setting)]
    return ["git", "-C", str(repository), *settings, *arguments]


def _failure(repository: Path, arguments: Sequence[str], stderr: bytes) -> ConnectorError:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    said = lines[0][:200] if lines else "no message"
    if "dubious ownership" in said:
        return AuthRejected(
            f"git refuses {repository} because another user owns it; "
            f"run: git config --global --add safe.directory {repository}"
        )
    if "not a git repository" in said or "cannot change to" in said:
        return SourceUnreachable(
            f"{repository} is not a git repository; set the path of a clone or a bare repository"
        )
    return SourceBroken(f"git {arguments[0]} failed in {repository} ({said}); run git fsck there")


def run_git(
    repository: Path, arguments: Sequence[str], *, stdin: bytes = b"", may_fail: bool = False
) -> bytes:
    """Return the output of one short git command; empty if it failed and may.

    Errors: SourceUnreachable, AuthRejected, SourceBroken.
    """
    try:
        done = subprocess.run(
            _command(repository, arguments),
            input=stdin,
            capture_output=True,
            check=False,
            env=_environment(),
        )
    except FileNotFoundError as exc:
        raise SourceUnreachable("git is not installed; install git 2.30 or newer") from exc
    if done.returncode == 0:
        return done.stdout
    if may_fail:
        return b""
    raise _failure(repository, arguments, done.stderr)


def stream_git(repository: Path, arguments: Sequence[str], *, stdin: bytes) -> Iterator[bytes]:
    """Yield the output of a long git command in blocks as they come.

    Errors: SourceUnreachable, AuthRejected, SourceBroken (after the last block).
    """
    with TemporaryFile() as asked, TemporaryFile() as complaints:
        asked.write(stdin)
        asked.seek(0)
        try:
            process = subprocess.Popen(
                _command(repository, arguments),
                stdin=asked,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env=_environment(),
            )
        except FileNotFoundError as exc:
            raise SourceUnreachable("git is not installed; install git 2.30 or newer") from exc
        with process:
            try:
                if process.stdout is not None:
                    while block := process.stdout.read(BLOCK_BYTES):
                        yield block
            except GeneratorExit:
                process.kill()
                raise
        if process.returncode:
            complaints.seek(0)
            raise _failure(repository, arguments, complaints.read())


def pipe_git(
    repository: Path, producer: Sequence[str], consumer: Sequence[str], *, stdin: bytes
) -> bytes:
    """Return what one git command makes of the output of another, which is never held whole.

    Errors: SourceUnreachable, AuthRejected, SourceBroken.
    """
    with TemporaryFile() as asked, TemporaryFile() as complaints:
        asked.write(stdin)
        asked.seek(0)
        try:
            with subprocess.Popen(
                _command(repository, producer),
                stdin=asked,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env=_environment(),
            ) as first:
                second = subprocess.run(
                    _command(repository, consumer),
                    stdin=first.stdout,
                    capture_output=True,
                    check=False,
                    env=_environment(),
                )
        except FileNotFoundError as exc:
            raise SourceUnreachable("git is not installed; install git 2.30 or newer") from exc
        if first.returncode:
            complaints.seek(0)
            raise _failure(repository, producer, complaints.read())
    if second.returncode:
        raise _failure(repository, consumer, second.stderr)
    return second.stdout
