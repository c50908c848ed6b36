"""The command report: a published build as a report for people who do not open the pages."""

import sys
from pathlib import Path

from orchestration.commands.chosen import open_chosen, sentence, writing
from orchestration.commands.terminal import err, open_context, say
from orchestration.errors import ConfigurationError, LeadlineError


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

    published = open_chosen(open_context().home, build_id)
    try:
        with err.status("Writing the report"):
            content = render(published, format, team=team, period=period)
    except UnknownChoice as error:
        raise ConfigurationError(f"{sentence(error)}.") from None
    except PangoMissing as error:
        raise LeadlineError(f"{sentence(error)}.") from None
    if file == Path("-"):
        sys.stdout.buffer.write(content)
        return
    to = file or Path(f"leadline_report_{stamp(published.build)}.{ENDINGS[format]}")
    with writing(to):
        to.write_bytes(content)
    say(f"The report of build {published.build.build_id} is in {to}.")
