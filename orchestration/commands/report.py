"""The command report: a published build as a report for people who do not open the pages."""

import errno
import sys
from pathlib import Path

from orchestration.builds import read_builds
from orchestration.commands.terminal import err, open_context, say
from orchestration.errors import ConfigurationError, LeadlineError, NothingToRead
from transforms.home import Home
from transforms.published import (
    NothingPublished,
    Published,
    open_build,
    open_published,
    read_build,
)


def report(*, format: str, team: str, period: str, file: Path | None, build_id: str | None) -> None:
    """Write the report of the current or a named build to a file; `-` is standard output.

    Errors: NothingToRead when nothing is published, ConfigurationError for a team, period, build or
    file that cannot be used, LeadlineError where PDF needs a package that is missing.
    """
    from streamlit.logger import set_log_level

    # Without a server Streamlit keeps its caches in memory, and would say so for each of them.
    set_log_level("error")
    from dashboards.exports import stamp
    from dashboards.reports import ENDINGS, PangoMissing, UnknownChoice, render

    published = _open(open_context().home, build_id)
    try:
        with err.status("Writing the report"):
            content = render(published, format, team=team, period=period)
    except UnknownChoice as error:
        raise ConfigurationError(f"{_sentence(error)}.") from None
    except PangoMissing as error:
        raise LeadlineError(f"{_sentence(error)}.") from None
    if file == Path("-"):
        sys.stdout.buffer.write(content)
        return
    to = file or Path(f"leadline_report_{stamp(published.build)}.{ENDINGS[format]}")
    _write(to, content)
    say(f"The report of build {published.build.build_id} is in {to}.")


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[0].upper() + text[1:]


def _open(home: Home, build_id: str | None) -> Published:
    try:
        if build_id is None:
            return open_published(home)
        if build_id not in [path.name for path in read_builds(home.builds)]:
            raise ConfigurationError(f"There is no build {build_id!r} in {home.builds}.")
        return open_build(read_build(home.builds / build_id))
    except NothingPublished as error:
        raise NothingToRead(f"{_sentence(error)}.") from None


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(
            f"{file} cannot be written ({reason}); give another file with --out."
        ) from None
