"""The command compare: our numbers beside what another tool would show for the same records."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Literal

import polars as pl
from rich.markup import escape

from orchestration.commands.chosen import open_chosen
from orchestration.commands.comparison import (
    Comparison,
    band_words,
    difference_words,
    our_words,
    read_comparisons,
    report_markdown,
    their_words,
)
from orchestration.commands.terminal import err, open_context, out, printable, say, show_table
from orchestration.errors import ConfigurationError, NothingToRead
from transforms.published import (
    Published,
    UnknownTable,
)

Output = Literal["table", "json", "markdown"]


@dataclass(frozen=True)
class Days:
    """The days that were asked for, as they were written."""

    since: str | None = None
    until: str | None = None
    month: str | None = None


def compare(
    peer: str, *, days: Days, service: str | None, output: Output, build_id: str | None
) -> None:
    """Write the comparison with one tool, or with all.

    Errors: ConfigurationError for an unknown tool, service, build or day; NothingToRead when
    nothing is published or nothing was counted on either side.
    """
    published = open_chosen(open_context().home, build_id)
    since, until = _range(published, days)
    chosen = None if service is None else _service(published, service)
    asked = _peers(published, peer)
    with err.status("Comparing"):
        comparisons = read_comparisons(
            published, asked, since=since, until=until, service_id=chosen
        )
    heading = f"{since} to {until - timedelta(days=1)}, {chosen or 'all services'}"
    if output == "json":
        build = published.build
        report = {
            "build": build.build_id,
            "as_of": build.as_of.isoformat(),
            "since": since.isoformat(),
            "until": until.isoformat(),
            "service_id": chosen,
            "comparisons": [asdict(one) for one in comparisons],
        }
        out.file.write(json.dumps(report, indent=1) + "\n")
    elif output == "markdown":
        out.file.write(report_markdown(comparisons, heading))
    else:
        _show(comparisons, heading)
    if not any(one.has_data for one in comparisons):
        raise NothingToRead(
            "There is nothing to compare on these days; choose others with --since and --until."
        )


def _peers(published: Published, peer: str) -> list[str]:
    """Return the tools asked for, in order."""
    try:
        known = published.rows("peer_differences")["peer"].unique().sort().to_list()
    except UnknownTable:
        raise NothingToRead(
            f"Build {published.build.build_id} is older than the comparison; run `leadline build`."
        ) from None
    if peer == "all":
        return known
    if peer not in known:
        raise ConfigurationError(
            f"There is no tool {peer!r} to compare with; choose {', '.join(known)} or all."
        )
    return [peer]


def _range(published: Published, days: Days) -> tuple[date, date]:
    """Return the days asked for, until excluded; without any, all that are known."""
    if days.month and (days.since or days.until):
        raise ConfigurationError("--month stands alone; give it or --since and --until.")
    if days.month:
        first = _day(f"{days.month}-01", "--month", "2026-09")
        return first, (first + timedelta(days=31)).replace(day=1)
    coverage = published.rows("coverage")
    if coverage.is_empty():
        raise NothingToRead("No deployment and no incident is known yet; nothing to compare.")
    firsts, lasts = coverage["first_date"].to_list(), coverage["last_date"].to_list()
    since = _day(days.since, "--since", "2026-09-01") if days.since else min(firsts)
    end = max(lasts) + timedelta(days=1)
    until = _day(days.until, "--until", "2026-10-01") if days.until else end
    if since >= until:
        raise ConfigurationError(
            f"--since {since} is not before --until {until}; --until is the day after the last."
        )
    return since, until


def _day(text: str, option: str, example: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{option} needs a day written as {example}.") from None


def _service(published: Published, wanted: str) -> str:
    services = published.services()
    for column in ("service_id", "name"):
        found = services.filter(pl.col(column).str.to_lowercase() == wanted.lower())
        if not found.is_empty():
            return str(found["service_id"][0])
    names = ", ".join(services["name"].head(5).to_list())
    raise ConfigurationError(f"There is no service {wanted!r}; there are {names} and others.")


def _show(comparisons: Sequence[Comparison], heading: str) -> None:
    for peer in dict.fromkeys(one.peer for one in comparisons):
        rows = [one for one in comparisons if one.peer == peer]
        out.print(f"[bold]Leadline and {escape(rows[0].peer_title)}[/bold], {escape(heading)}")
        show_table(
            ["Metric", "Leadline", rows[0].peer_title, "Its band", "Difference"],
            [
                [
                    one.title,
                    our_words(one),
                    their_words(one),
                    band_words(one),
                    difference_words(one),
                ]
                for one in rows
            ],
        )
        for one in rows:
            out.print(f"[bold]{escape(one.title)}:[/bold] {escape(printable(one.sentence))}")
            for cause in one.causes:
                out.print(f"  {escape(printable(cause))}", style="dim")
        out.print()
    say("v1.peer_differences has the address of each definition; --format markdown prints it.")
