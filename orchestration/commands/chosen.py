"""What several commands let people choose: a published build to read, a file to write."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from orchestration.builds import read_builds
from orchestration.errors import ConfigurationError, NothingToRead
from transforms.home import Home
from transforms.published import (
    NothingPublished,
    Published,
    open_build,
    open_published,
    read_build,
)


def open_chosen(home: Home, build_id: str | None) -> Published:
    """Return a named build, or the current one, opened read-only.

    Errors: ConfigurationError for an unknown build, NothingToRead.
    """
    try:
        if build_id is None:
            return open_published(home)
        if build_id not in [path.name for path in read_builds(home.builds)]:
            raise ConfigurationError(f"There is no build {build_id!r} in {home.builds}.")
        return open_build(read_build(home.builds / build_id))
    except NothingPublished as error:
        raise NothingToRead(f"{sentence(error)}.") from None


@contextlib.contextmanager
def writing(file: Path) -> Iterator[None]:
    """Turn a place that cannot be written into one sentence; a full disk is no wrong argument."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(
            f"{file} cannot be written ({reason}); give another file with --out."
        ) from None


def sentence(error: Exception) -> str:
    """Return what an error says, with a capital letter."""
    text = str(error)
    return text[:1].upper() + text[1:]
